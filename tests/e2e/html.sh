#!/bin/sh
# The page of the demo's report: well-formed, self-contained, the same bytes twice.
#   tests/e2e/html.sh build/release/trefoil
# The checks by axe-core in a browser are in browser-html.sh.
set -eu
cd "$(dirname "$0")/../.."
program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$program" demo "$work/study" >/dev/null
"$program" tell report XB --study "$work/study" --out "$work/one" >/dev/null
"$program" tell report XB --study "$work/study" --out "$work/two" >/dev/null
for file in report.html report.pdf tables.xlsx manifest.json; do
    cmp "$work/one/$file" "$work/two/$file"
done
page="$work/one/report.html"
for never in '<script' 'src="http' '@import' 'url(http' '{{'; do
    if grep -qF "$never" "$page"; then echo "the page holds $never"; exit 1; fi
done
grep -q 'SYNTHETIC DATA' "$page"
# every inner link has its target
grep -o 'href="#[^"]*"' "$page" | sed 's/href="#\(.*\)"/\1/' | LC_ALL=C sort -u >"$work/links"
grep -o ' id="[^"]*"' "$page" | sed 's/ id="\(.*\)"/\1/' | LC_ALL=C sort >"$work/ids"
LC_ALL=C uniq -d "$work/ids" >"$work/twice"
if [ -s "$work/twice" ]; then echo "ids used twice:"; cat "$work/twice"; exit 1; fi
LC_ALL=C comm -23 "$work/links" "$work/ids" >"$work/lost"
if [ -s "$work/lost" ]; then echo "links that lead nowhere:"; cat "$work/lost"; exit 1; fi
# a typed percentage stops the build, and the folder stays as it was
for file in "$work"/study/report/en/10-*.md; do
    printf '\nIn all, 37 %% told nobody ({{ est told.nobody }}).\n' >>"$file"
done
if "$program" tell report XB --study "$work/study" --out "$work/three" >"$work/said" 2>&1; then
    echo "a typed percentage was let through"; exit 1
fi
grep -q "37 %" "$work/said"
[ ! -e "$work/three" ]
echo "html: whole, alone, reproducible"
