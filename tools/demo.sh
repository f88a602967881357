#!/bin/sh
# The demo: a synthetic study of three countries, through every room, to its reports.
#
#   tools/demo.sh build/release/trefoil
#
# Writes demo-study/ fresh, checks it, builds each country's report into out/<country>/ (HTML, PDF,
# tables), and says in five lines what was made.
set -eu
cd "$(dirname "$0")/.."
program=$1
study=demo-study
rm -rf "$study" out/XA out/XB out/XC
"$program" demo "$study" >/dev/null
"$program" check "$study" >"$study/check.txt" 2>&1 || { cat "$study/check.txt" >&2; exit 2; }
for country in XA XB XC; do
    "$program" tell report "$country" --study "$study" --out "out/$country" >/dev/null
done
faults=$(grep -cE '\[(duplicate-id|padded|no-weight|code-order|break-off-run|item-language)\]' "$study/check.txt" || true)
echo "made    $study/: a synthetic study of three countries; nothing in it is real"
echo "checked $faults faults seeded in its data were found ($study/check.txt), each handled by a declared rule (children/*.cleaning.yaml)"
echo "built   out/XA out/XB out/XC: report.html, report.pdf and the tables behind them"
echo "look    open out/XB/report.html in a browser, or out/XB/report.pdf; or run: $program serve --study $study"
echo "trace   any number back to its answers, for example: $program trace composite.ocsea_any --country XB --study $study"
