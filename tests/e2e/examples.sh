#!/bin/sh
# Help that teaches must be true: every example in a verb's help that names the demo study is run on one,
# and so are the examples of the README that need no other file. usage: examples.sh path/to/trefoil
set -u
trefoil=$(realpath "$1")
readme=$(realpath "$(dirname "$0")/../../README.md")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
"$trefoil" demo demo-study >/dev/null || exit 1
for country in XA XB XC; do "$trefoil" tell report $country --study demo-study >/dev/null || exit 1; done
{
    for verb in $("$trefoil" --help | awk '/^  [a-z]+ /{print $1}'); do
        "$trefoil" "$verb" --help | grep -E '^ +trefoil .*(demo-study|my-study)'
    done
    grep -E '^    build/release/trefoil (init|check my-study)' "$readme" | sed 's# build/release/trefoil# trefoil#'
} | grep -vE '\[|trefoil serve|trefoil demo' | sed 's/^ *//; s/   .*$//; s/  *# .*$//' >examples
n=0 bad=0
while read -r line; do
    n=$((n + 1))
    case "$line" in "trefoil init"*) rm -rf my-study ;; esac
    if ! sh -c "trefoil() { \"$trefoil\" \"\$@\"; }; $line" >out 2>&1 </dev/null; then
        echo "this example does not run: $line"; cat out; bad=1
    fi
done <examples
[ "$n" -ge 20 ] || { echo "only $n examples were found"; exit 1; }
exit $bad
