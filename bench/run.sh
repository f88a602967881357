#!/bin/sh
# What is promised about speed, measured as a user meets it, each beside its peer in one run.
# usage: bench/run.sh build/release/trefoil      (make bench)
set -eu
cd "$(dirname "$0")/.."
trefoil=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -o "$work/stopwatch" bench/stopwatch.c
watch="$work/stopwatch"
export WORK="$work" TREFOIL="$trefoil"
echo "what                                                            min   median      max       peak"
"$watch" "the demo: three countries, files to reports (make demo)" 3 tools/demo.sh "$trefoil"
cp -a demo-study "$work/study"
"$watch" "one country, vault to estimates, release, HTML and PDF" 5 sh -c 'rm -f "$WORK/study/.trefoil/release.db"; exec "$TREFOIL" tell report XB --study "$WORK/study" --out "$WORK/XB"'
"$watch" "  the same when nothing changed but a text" 5 "$trefoil" tell report XB --study "$work/study" --out "$work/XB"
command -v weasyprint >/dev/null && "$watch" "  peer: WeasyPrint, PDF only, from the same HTML" 1 weasyprint "$work/XB/report.html" "$work/peer.pdf"
for program in bench/press_*.c; do
    [ -e "$program" ] || continue
    name=$(basename "$program" .c)
    make --no-print-directory -s "build/release/bench/$name"
    sh "bench/$name.sh" "$watch" "build/release/bench/$name" "$work"
done
yrbs=../shared/data/yrbs2019.sav
if [ -e "$yrbs" ]; then
    "$watch" "20 questions by sex with intervals, from YRBS .sav" 5 sh bench/yrbs.sh "$trefoil" "$yrbs"
    command -v Rscript >/dev/null && "$watch" "  peer: R survey 4.1, one category of each" 1 Rscript bench/yrbs.R "$yrbs"
fi
make --no-print-directory -s "build/release/bench/convert"
sh bench/convert.sh "$watch" build/release "$work"
echo
echo "collection: received, opened, given out"
sh bench/collect.sh build/release
sh bench/odk.sh build/release
sh bench/export.sh build/release
echo
echo "measure and draw: each with R beside it"
build=$(dirname "$trefoil")
for name in onepass bootstrap memory logistic raoscott simulation; do
    make --no-print-directory -s B="$build" "$build/bench/$name"
done
sh bench/read.sh "$watch" "$build" "$work"
sh bench/onepass.sh "$build"
sh bench/quantile.sh "$build"
sh bench/rake.sh "$build"
"$build/bench/raoscott" 28000 1400 100 2 15
"$build/bench/raoscott" 1000000 50000 100 2 15
command -v Rscript >/dev/null && Rscript bench/raoscott.R 28000 1400 3
"$build/bench/logistic" 1000000 "$work/logistic.csv"
command -v Rscript >/dev/null && Rscript bench/logistic.R "$work/logistic.csv"
"$build/bench/simulation" 1000
