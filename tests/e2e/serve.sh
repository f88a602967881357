#!/bin/sh
# The reading room: what it serves, what it refuses, and that it stops cleanly.
set -eu
trefoil=$(realpath "$1")
command -v curl >/dev/null || { echo "skipped: no curl"; exit 77; }
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
fail() { echo "serve: $*"; exit 1; }
study=$work/study
"$trefoil" demo "$study" >/dev/null
"$trefoil" tell report XB --study "$study" >/dev/null

# only the loopback
for address in 0.0.0.0:0 192.0.2.1:0 127.0.0.2:0 example.org:0; do
    if "$trefoil" serve read --study "$study" --listen $address 2>"$work/err"; then fail "listened on $address"; fi
    grep -q "does not listen" "$work/err" || fail "no reason for $address"
done
if "$trefoil" serve read --study "$study" --listen 8080 2>"$work/err"; then fail "took 8080 for an address"; fi

"$trefoil" serve read --study "$study" --listen 127.0.0.1:0 >"$work/out" 2>"$work/log" &
pid=$!
tries=0
until grep -q '^Reading room: ' "$work/out"; do
    tries=$((tries + 1)); [ $tries -lt 200 ] || fail "did not get ready"
    kill -0 "$pid" 2>/dev/null || { cat "$work/log"; fail "ended early"; }
    sleep 0.05
done
url=$(sed -n 's/^Reading room: //p' "$work/out")
status() { curl -s -o "$work/body" -D "$work/head" -w '%{http_code}' --path-as-is "$@"; }

[ "$(status "$url")" = 200 ] || fail "no index"
grep -q 'href="/XB/report.html"' "$work/body" || fail "the index does not link the report"
grep -q '<html lang="en">' "$work/body" && grep -q '<main' "$work/body" || fail "the index is not accessible"
grep -qi '<script' "$work/body" && fail "a script on a page"
for header in "content-security-policy: default-src 'none'" "x-content-type-options: nosniff" "cache-control: no-store" "referrer-policy: no-referrer"; do
    grep -qi "^$header" "$work/head" || fail "no header $header"
done
[ "$(status "${url}XB/report.html")" = 200 ] || fail "no report"
cmp -s "$work/body" "$study/out/XB/report.html" || fail "the report differs from the file"
[ "$(status "${url}XB/report.pdf")" = 200 ] && grep -qi '^content-type: application/pdf' "$work/head" || fail "no PDF"
[ "$(status "${url}XB/")" = 200 ] || fail "no country page"
[ "$(status "${url}XB/evidence/")" = 200 ] || fail "no list of evidence"
card=$(grep -o '/XB/evidence/ev-[a-z0-9-]*' "$work/body" | head -n 1)
[ "$(status "${url}${card#/}")" = 200 ] || fail "no card $card"
grep -q 'Where it comes from' "$work/body" || fail "the card has no walk"
[ "$(status "${url}style.css")" = 200 ] || fail "no style"

for path in nothing XQ/ XB/nothing.html XB/../../study.yaml XB/tables/../report.html XB/..%2f..%2fstudy.yaml \
            XB/tables/..%2f..%2f..%2fstudy.yaml .trefoil/release.db XB/.trefoil ../../../../etc/passwd XB/evidence/ev-no-such; do
    [ "$(status "${url}$path")" = 404 ] || fail "$path was answered"
    grep -q 'no such page' "$work/body" || fail "$path has no page of its own"
done
[ "$(status -X POST -d x=1 "$url")" = 405 ] || fail "took a POST"
[ "$(status -X DELETE "${url}XB/report.html")" = 405 ] || fail "took a DELETE"
[ "$(status -I "$url")" = 200 ] || fail "no HEAD"
[ "$(status -H 'Host: attacker.example' "$url")" = 403 ] || fail "answered under another name"

kill -INT "$pid"
code=0; wait "$pid" || code=$?
pid=
[ $code -eq 0 ] || fail "ended with $code"
