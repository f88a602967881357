#!/bin/sh
# Every recipe of docs/RECIPES.md that begins with `# run` runs on the data in tests/gold, on one thread and
# on two with the same bytes. usage: recipes.sh path/to/trefoil
set -u
trefoil=$(realpath "$1")
root=$(realpath "$(dirname "$0")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$root"/tests/gold/*.csv "$work"
cd "$work" || exit 1
awk '/^```yaml$/ { getline; on = ($0 == "# run"); if (on) name = sprintf("recipe%02d.yaml", ++n) }
     /^```$/ { on = 0 }
     on { print > name }' "$root/docs/RECIPES.md"
n=0 bad=0
for recipe in recipe*.yaml; do
    n=$((n + 1))
    "$trefoil" measure run "$recipe" --json >one 2>err || { echo "$recipe:"; cat "$recipe" err; bad=1; continue; }
    "$trefoil" measure run "$recipe" --json --threads 2 >two 2>&1
    cmp -s one two || { echo "$recipe: two threads gave other digits"; bad=1; }
    "$trefoil" measure run "$recipe" >/dev/null || bad=1
done
[ "$n" -ge 15 ] || { echo "only $n recipes were found"; exit 1; }
exit $bad
