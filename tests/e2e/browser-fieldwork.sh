#!/bin/sh
# The pages for people who run the fieldwork, in a headless browser.
set -eu
cd "$(dirname "$0")/../.."
trefoil=$(realpath "$1")
command -v node >/dev/null && command -v curl >/dev/null && command -v perl >/dev/null || { echo "skipped: no node, curl or perl"; exit 77; }
[ -d third_party/node_modules/axe-core ] || { echo "skipped: no axe-core"; exit 77; }
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
fail() { echo "browser-fieldwork: $*"; exit 1; }
. tests/e2e/field_study.sh.inc
make_fieldwork "$work/study"
begin_server "$work/study"
send_work "$work/study"
i=0
while [ $i -lt 7 ]; do
    i=$((i + 1))
    contact_xml "b-$i" P2 $((20 + i)) 1 broken_off 7 "10.20 103.10" >"$work/one.xml"
    [ "$(post "$work/study" 1 "$work/one.xml")" = 201 ] || fail "a contact sheet was not taken"
done
# the page tries a code once; a browser that begins slowly may see it grow old, so it is made last
node tests/e2e/browser-fieldwork.mjs "$url" super "four words make one" "$(code_of "$(cat "$work/study/totp-super")" 20)" ${2:+"$2"}
