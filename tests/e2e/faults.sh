#!/bin/sh
# Every fault of the demo's faults/ folder stops the build: exit 2, the expected words, and the report
# that was there before is as it was.
#
# One good study is built; each fault is copied over a copy of it.
set -u
program=$(realpath "${1:-build/release/trefoil}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$program" demo "$work/good" >/dev/null || { echo "the demo was not written"; exit 1; }
"$program" tell report XA --study "$work/good" >"$work/out" 2>&1 || {
    echo "the demo without a fault does not build:"; cat "$work/out"; exit 1; }
before=$(sha256sum <"$work/good/out/XA/report.html")
bad=0
for fault in "$work"/good/faults/*/; do
    name=$(basename "$fault")
    rm -rf "$work/broken"
    cp -r "$work/good" "$work/broken"
    cp -r "$fault." "$work/broken/"
    "$program" tell report XA --study "$work/broken" >"$work/out" 2>&1
    status=$?
    [ "$status" -eq 2 ] || { echo "$name: exit status $status, expected 2"; bad=1; }
    while IFS= read -r words; do
        grep -qF -- "$words" "$work/out" || { echo "$name: the message does not say: $words"; cat "$work/out"; bad=1; }
    done <"$fault/EXPECT"
    after=$(sha256sum <"$work/broken/out/XA/report.html")
    [ "$before" = "$after" ] || { echo "$name: the report was touched"; bad=1; }
done
exit "$bad"
