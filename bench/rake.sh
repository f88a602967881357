#!/bin/sh
# Raking a million rows, beside R in one run. usage: bench/rake.sh [BUILD]
set -eu
cd "$(dirname "$0")/.."
build=${1:-build/release}
make --no-print-directory -s B="$build" "$build/bench/rake"
"$build/bench/rake"
command -v Rscript >/dev/null && Rscript bench/rake.R
