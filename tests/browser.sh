#!/bin/sh
# The tests that need a real browser: tests/e2e/browser-*.sh. Ends like tests/run.sh.
set -u
cd "$(dirname "$0")/.."
passed=0 failed=0 skipped=0
for way in $(find tests/e2e -name 'browser-*.sh' | LC_ALL=C sort); do
    timeout 300 sh "$way" "$1/trefoil"
    case $? in
    0) passed=$((passed + 1)) ;;
    77) skipped=$((skipped + 1)) ;;
    *) failed=$((failed + 1)); echo "FAILED: $way" ;;
    esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
