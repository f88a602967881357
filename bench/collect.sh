#!/bin/sh
# Submissions a second through the whole server, each on the disk before its 201: three rounds of each,
# clear (50 questions, 1.2 KB) and sealed (an ODK manifest with one encrypted file), then the server's
# peak memory. Client and server share the processors.
#   usage: bench/collect.sh build/release [REQUESTS]
set -eu
build=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
trefoil=$build/trefoil
(cd "$here/.." && make --no-print-directory -s VARIANT="$(basename "$build")" B="$build" "$build/bench/collect")
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
. "$here/../tests/e2e/collect_study.sh.inc"
make_study "$work/study" >/dev/null 2>&1
bench_form "$work/study"
"$trefoil" serve --listen 127.0.0.1:0 "$work/study" >"$work/out" &
pid=$!
until grep -q '^Collecting: ' "$work/out"; do kill -0 "$pid"; sleep 0.05; done
port=$(sed -n 's/^Collecting: .*:\([0-9]*\)$/\1/p' "$work/out")
n=${2:-20000}
for round in 1 2 3; do
    echo "round $round"
    for connections in 8 32; do
        "$build/bench/collect" 127.0.0.1 "$port" "/key/$token" $connections "$n"
        "$build/bench/collect" 127.0.0.1 "$port" "/key/$token" $connections "$n" sealed
    done
    grep VmHWM "/proc/$pid/status"
done
du -sh "$work/study/.trefoil/inbox" | cut -f 1
