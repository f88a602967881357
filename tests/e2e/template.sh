#!/bin/sh
# `trefoil init` writes a study that `trefoil check` finds no error in, and that holds the programme whole.
set -eu
trefoil=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$trefoil" init "$work/study" >/dev/null
"$trefoil" check "$work/study"
for country in Ethiopia Kenya Mozambique Namibia Rwanda "South Africa" Tanzania Uganda Cambodia Indonesia Malaysia Philippines Thailand "Viet Nam"; do
    grep -q "name: \"\?$country" "$work/study/study.yaml" || { echo "no $country in the template"; exit 1; }
done
for question in G1 G2 G3 G4 G5 G6 S1 S2 S3 S4 S5 S6; do
    grep -q "id: $question\b" "$work/study/study.yaml" || { echo "no question $question"; exit 1; }
done
if "$trefoil" init "$work/study" 2>"$work/err"; then echo "init wrote into a folder in use"; exit 1; fi
grep -q "error:" "$work/err"
