#!/bin/sh
# Reading data files: a CSV of 1,000,000 x 110, and statistical files of 100,000 x 500, beside
# ReadStat alone, beside R (bench/read.R), and beside what memory allows.
# usage: bench/read.sh STOPWATCH BUILD-FOLDER WORK-FOLDER [ROWS]
set -eu
cd "$(dirname "$0")/.."
watch=$1 build=$2 work=$3 rows=${4:-1000000}
make --no-print-directory -s B="$build" "$build/bench/read_csv" "$build/bench/read_sav"
csv="$build/bench/read_csv" sav="$build/bench/read_sav"
"$csv" make "$work/m.csv" "$rows"
"$watch" "CSV of $rows x 110 to columns, all processors" 5 "$csv" 0 "$work/m.csv"
"$watch" "  the same, one thread" 5 "$csv" 1 "$work/m.csv"
"$watch" "  memory alone: its bytes read, its columns written" 5 "$csv" bytes "$work/m.csv"
command -v Rscript >/dev/null && "$watch" "  peer: R (data.table's fread where there is one)" 3 Rscript bench/read.R "$work/m.csv"
rm -f "$work/m.csv"
for kind in sav zsav dta xpt; do
    "$sav" make "$work/a.$kind" $((rows / 10)) 500
    "$watch" ".$kind of $((rows / 10)) x 500, caged and checked" 5 "$sav" ours "$work/a.$kind"
    "$watch" "  peer: ReadStat alone" 5 "$sav" alone "$work/a.$kind" $((rows / 10))
    if [ "$kind" = sav ] && command -v Rscript >/dev/null; then
        "$watch" "  peer: R, haven where there is one, else foreign" 1 Rscript bench/read.R "$work/a.$kind"
    fi
    rm -f "$work/a.$kind"
done
