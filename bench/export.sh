#!/bin/sh
# Submissions to a dataset and out again: 10,000 of 50 questions, sealed as tablets do it, opened, exported.
# usage: bench/export.sh [BUILD] [SUBMISSIONS]
set -eu
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build/release}")
n=${2:-10000}
make --no-print-directory -s B="$build" "$build/trefoil" "$build/bench/export_fill" >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -o "$work/stopwatch" bench/stopwatch.c
"$build/bench/export_fill" "$work/study" "$n"
"$build/trefoil" field publish child --country XA --study "$work/study" >/dev/null
"$build/bench/export_fill" "$work/study" "$n" send
"$work/stopwatch" "open-submissions: $n sealed records" 1 "$build/trefoil" keep open-submissions --country XA --study "$work/study"
"$work/stopwatch" "  again, nothing new" 3 "$build/trefoil" keep open-submissions --country XA --study "$work/study"
for kind in csv sav dta xlsx; do
    "$work/stopwatch" "export as $kind" 5 "$build/trefoil" keep export child --country XA --as $kind -o "$work/child.$kind" --study "$work/study"
done
lines=$(wc -l <"$work/child.csv")
[ "$lines" -eq $((n + 1)) ] || { echo "the CSV has $lines lines"; exit 1; }
