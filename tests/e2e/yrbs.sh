#!/bin/sh
# A real complex sample: the YRBS 2019 report with the published figures. Skipped without the file.
set -eu
trefoil=$(realpath "$1")
here=$(cd "$(dirname "$0")/../.." && pwd)
data=$here/../shared/data/yrbs2019.sav
[ -e "$data" ] || { echo "skipped: no ../shared/data/yrbs2019.sav"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
json=$("$trefoil" measure estimate --data "$data" --weight weight --stratum stratum --psu psu --var Q24,Q23 --json)
echo "$json" | grep -q '"n": *13677' || { echo "not 13,677 interviews"; exit 1; }
mkdir -p "$work/a/b/examples" "$work/a/shared/data"
cp -r "$here/examples/yrbs2019" "$work/a/b/examples/yrbs2019"
rm -rf "$work/a/b/examples/yrbs2019/.trefoil" "$work/a/b/examples/yrbs2019/out"
ln "$data" "$work/a/shared/data/yrbs2019.sav" 2>/dev/null || cp "$data" "$work/a/shared/data/yrbs2019.sav"
study="$work/a/b/examples/yrbs2019"
"$trefoil" check "$study"
"$trefoil" tell report US --study "$study"
pdftotext "$study/out/US/report.pdf" "$work/text"
grep -q '15\.7' "$work/text" && grep -q '19\.5' "$work/text" || { echo "the published figures are not in the report"; exit 1; }
sh "$here/tests/e2e/pdf.sh" "$study/out/US/report.pdf"
