#!/bin/sh
# axe-core over the three reports of the demo, at phone and desktop width, in a headless browser.
set -eu
cd "$(dirname "$0")/../.."
program=$(realpath "$1")
command -v node >/dev/null || { echo "skipped: no node"; exit 77; }
[ -d third_party/node_modules/axe-core ] || { echo "skipped: no axe-core"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$program" demo "$work/study" >/dev/null
for country in XA XB XC; do
    "$program" tell report "$country" --study "$work/study" --out "$work/$country" >/dev/null
    node tests/e2e/axe.mjs "$work/$country/report.html"
done
