#!/bin/sh
# Bad days of the collecting server: a full disk, a client that trickles its headers, a second server, a
# server without keys; and TLS.
set -eu
trefoil=$(realpath "$1")
command -v curl >/dev/null || { echo "skipped: no curl"; exit 77; }
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
pid= slow=
trap 'for p in $pid $slow; do kill "$p" 2>/dev/null || true; done; rm -rf "$work"' EXIT
fail() { echo "collect-bad: $*"; [ ! -f "$work/log" ] || tail -n 5 "$work/log"; exit 1; }
. "$here/collect_study.sh.inc"
study=$work/study
make_study "$study"
cd "$work"
await() { # await FILE: the line that says ready; sets $base
    tries=0
    until grep -q '^Collecting: ' "$1"; do
        tries=$((tries + 1)); [ $tries -lt 400 ] || fail "did not get ready"
        kill -0 "$pid" 2>/dev/null || { cat log; fail "ended early"; }
        sleep 0.05
    done
    base=$(sed -n 's/^Collecting: //p' "$1")
}
start() { : >out; "$trefoil" serve --listen 127.0.0.1:0 "$@" "$study" >out 2>log & pid=$!; await out; }
stop() { kill -TERM "$pid"; code=0; wait "$pid" || code=$?; pid=; [ "$code" -eq 0 ] || fail "ended with $code"; }
xml() { printf '<data id="work" version="2"><remark>%s</remark><meta><instanceID>%s</instanceID></meta></data>' "$2" "$1" >"$1.xml"; }
post() { curl -s -k -o body -w '%{http_code}' -H 'X-OpenRosa-Version: 1.0' -F "xml_submission_file=@$1.xml" "$base/key/$token/submission"; }

# ---- a second server; and meanwhile somebody trickles a header ----
start
if "$trefoil" serve --listen 127.0.0.1:0 "$study" >/dev/null 2>err; then fail "two servers of one study"; fi
grep -q 'another process appends' err || fail "no reason for the second server"
began=$(date +%s)
{ printf 'GET /key/x/formList HTTP/1.1\r\nX-Slow: '; while kill -0 $$; do printf a; sleep 1; done; } 2>/dev/null |
    timeout 60 curl -s "telnet://${base#http://}" >/dev/null 2>&1 &
slow=$!
k=0; while [ $k -lt 5 ]; do xml "while-$k" x; [ "$(post "while-$k")" = 201 ] || fail "a slow client holds up others"; k=$((k + 1)); done
code=0; wait $slow || code=$?
slow=
took=$(($(date +%s) - began))
[ "$took" -ge 15 ] && [ "$took" -le 45 ] || fail "a trickled header was ended after $took s"
[ "$(post while-0)" = 201 ] || fail "the server does not go on"
stop

# ---- a full disk: no file may be larger than 64 KB ----
words=$(head -c 3000 /dev/zero | tr '\0' w)
(ulimit -f 128; exec "$trefoil" serve --listen 127.0.0.1:0 "$study" >out2 2>log) & pid=$!
await out2
k=0; while [ $k -lt 40 ]; do xml "full-$k" "$words"; post "full-$k" >>codes; echo >>codes; k=$((k + 1)); done
grep -q '^201$' codes || fail "nothing was stored before the disk was full"
grep -q '^503$' codes || fail "a full disk was not said"
[ "$(grep -cv '^201$\|^503$' codes)" = 0 ] || fail "another status than 201 and 503"
[ "$(post full-0)" = 201 ] || fail "what is here already is not acknowledged"
grep -q 'could not be written' log || fail "the log does not say it"
stop
start
k=0; while [ $k -lt 40 ]; do [ "$(post "full-$k")" = 201 ] || fail "full-$k is not taken with room again"; k=$((k + 1)); done
stop
k=0; while [ $k -lt 40 ]; do
    [ "$(cat "$study"/.trefoil/inbox/*.seg | grep -ao "full-$k[^0-9]" | wc -l)" = 1 ] || fail "full-$k is not there once"
    k=$((k + 1)); done

# ---- TLS ----
if command -v openssl >/dev/null; then
    openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 2 -subj /CN=localhost >/dev/null 2>&1
    if "$trefoil" serve --listen 0.0.0.0:0 --cert c.pem --key k.pem "$study" >/dev/null 2>err; then fail "every address without a public URL"; fi
    grep -q 'public-url' err || fail "no reason why a public URL is needed"
    if "$trefoil" serve --listen 127.0.0.1:0 --cert k.pem --key c.pem "$study" >/dev/null 2>err; then fail "certificate and key exchanged"; fi
    start --cert c.pem --key k.pem --public-url https://collect.example.org/
    [ "$base" = https://collect.example.org ] || fail "the public URL is not printed: $base"
    port=$(sed -n 's/^ *[0-9]*: [0-9A-F]*:\([0-9A-F]*\) 00000000:0000 0A .*/\1/p' "/proc/$pid/net/tcp" | while read -r hex; do
        p=$(printf '%d' "0x$hex"); curl -s -k -o /dev/null "https://127.0.0.1:$p/key/$token/submission" -I -H 'X-OpenRosa-Version: 1.0' && echo "$p" && break; done)
    [ -n "$port" ] || fail "TLS does not answer"
    curl -s -k -H 'X-OpenRosa-Version: 1.0' "https://127.0.0.1:$port/key/$token/formList" | grep -q "https://collect.example.org/key/$token/forms/work.xml" || fail "URLs are not the public ones"
    stop
fi

# ---- without the keys it needs ----
mv "$study/.trefoil/inbox.pub" pub
if "$trefoil" serve --listen 127.0.0.1:0 "$study" >/dev/null 2>err; then fail "served without inbox.pub"; fi
grep -q 'inbox.pub' err || fail "does not say which key"
mv pub "$study/.trefoil/inbox.pub"
mv "$study/.trefoil/vault.key" vault.key # the vault's key is not needed
start
[ "$(post while-0)" = 201 ] || fail "needs the vault's key"
stop
