#!/bin/sh
# The collecting server killed under load: every 201 is found again, none twice. KILLS=500 for the bench.
set -eu
trefoil=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
build=$(dirname "$trefoil")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$here/../.." && make --no-print-directory -s VARIANT="$(basename "$build")" B="$build" "$build/bench/collect_kill")
. "$here/collect_study.sh.inc"
make_study "$work/study"
bench_form "$work/study"
"$build/bench/collect_kill" "$trefoil" "$work/study" "/key/$token" "${KILLS:-20}" "${SEED:-1}"
