#!/bin/sh
# Same input, same bytes: two demo studies in two folders give byte-identical reports; the PDFs pass the
# outside checks; the HTML is well-formed.
set -eu
trefoil=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for side in one two; do
    (cd / && "$trefoil" demo "$work/$side/study" >/dev/null)
    for country in XA XB XC; do
        "$trefoil" tell report $country --study "$work/$side/study" --out "$work/$side/out/$country" >/dev/null
    done
done
diff -r "$work/one/out" "$work/two/out"
diff -r -x .trefoil "$work/one/study" "$work/two/study"
for country in XA XB XC; do
    sh "$here/pdf.sh" "$work/one/out/$country/report.pdf"

done
