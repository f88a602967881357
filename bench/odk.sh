#!/bin/sh
# ODK submissions opened on one core, beside OpenSSL's own count of its RSA operations (each record
# takes two). usage: bench/odk.sh [BUILD]
set -eu
cd "$(dirname "$0")/.."
build=${1:-build/release}
make --no-print-directory -s B="$build" "$build/bench/odk"
"$build/bench/odk" 3000
command -v openssl >/dev/null && openssl speed -seconds 1 rsa2048 2>/dev/null | tail -n 1
