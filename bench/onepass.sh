#!/bin/sh
# The one pass beside R in one run, with the physical limit of this machine, and the whole command as a
# user gives it. usage: onepass.sh BUILD (such as build/release) [quick]
set -eu
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -o "$work/stopwatch" bench/stopwatch.c
{
    echo "data: data.csv"
    echo "design: {weight: w, strata: [stratum], psu: [psu], nest: true}"
    echo "estimates:"
    echo "  - {id: all, stat: prop, by: [domain], vcov: false, vars: [$(seq -s ', ' -f 'q%g' 100)]}"
} >"$work/recipe.yaml"
echo "100 questions x 6 domains (min, median, max of 15)"
echo " 28,000 rows, 1,400 PSUs"
"$build/bench/onepass" 28000 1400 140 "$work/data.csv" 100
"$work/stopwatch" "  trefoil measure run, from CSV, 2 threads" 5 "$build/trefoil" measure run "$work/recipe.yaml" --threads 2 --json
command -v Rscript >/dev/null && Rscript bench/onepass.R "$work/data.csv" 3
if [ "${2:-}" != quick ]; then
    echo " 1,000,000 rows, 10,000 PSUs"
    "$build/bench/onepass" 1000000 10000 500 "$work/data.csv" 100
    "$work/stopwatch" "  trefoil measure run, from CSV, 2 threads" 3 "$build/trefoil" measure run "$work/recipe.yaml" --threads 2 --json
    cut -d, -f1-5 "$work/data.csv" >"$work/one.csv"
    command -v Rscript >/dev/null && Rscript bench/onepass.R "$work/one.csv" 1
    echo " 500 bootstrap replicates x 100 questions, 1,000,000 rows"
    "$build/bench/bootstrap" 1000000 10000 500
fi
echo " physical limit: the packed rows (3 and 58 MB) and the sums of PSUs (23 MB) read once"
"$build/bench/memory" 3 58 23
