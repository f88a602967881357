#!/bin/sh
# Quantiles with intervals of a million rows, beside R in one run. usage: bench/quantile.sh [BUILD]
set -eu
cd "$(dirname "$0")/.."
build=${1:-build/release}
make --no-print-directory -s B="$build" "$build/bench/quantile"
data=$(mktemp)
trap 'rm -f "$data"' EXIT
"$build/bench/quantile" 1000000 "$data"
command -v Rscript >/dev/null && Rscript bench/quantile.R "$data"
