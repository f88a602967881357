#!/bin/sh
# Line coverage of the tests by folder, and the files that are covered least: tools/cover.sh build/cov
# Counts what gcov finds in the counters of the last run of the tests; a source without a counter was
# never run and counts as not covered. Lines of headers are left to the files that include them.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build/cov}
find "$build" -name '*.gcno' | LC_ALL=C sort | while read -r note; do
    source=${note#"$build"/}
    source=${source%.gcno}.c
    case "$source" in
    tests/*) continue ;;
    esac
    [ -f "$source" ] || continue # a file of an earlier day
    gcov -n "$note" 2>/dev/null | awk -v source="$source" '
        /^File / { here = index($0, source "'\''") > 0 }
        here && /^Lines executed:/ {
            split($0, part, /[:%]| of /)
            printf "%s %d %d\n", source, part[2] * part[4] / 100 + 0.5, part[4]
            here = 0
        }
        here && /^No executable lines/ { here = 0 }'
done >"$build/lines.txt"
[ -s "$build/lines.txt" ] || { echo "cover: no counters under $build; run \`make cover\`" >&2; exit 1; }
awk '{
    folder = $1; sub("/[^/]*$", "", folder)
    run[folder] += $2; all[folder] += $3; run["all"] += $2; all["all"] += $3
} END {
    for (f in all) printf "%d %-16s %6.1f %%  %6d of %6d lines\n", f == "all", f, 100 * run[f] / all[f], run[f], all[f]
}' "$build/lines.txt" | LC_ALL=C sort | cut -d ' ' -f 2-
echo "least covered:"
awk '$3 >= 20 { printf "%6.1f %%  %s\n", 100 * $2 / $3, $1 }' "$build/lines.txt" | LC_ALL=C sort -n | head -n 10
