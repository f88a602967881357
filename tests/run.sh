#!/bin/sh
# Run every test of a build: unit programs, then the whole ways (tests/e2e/*.sh). Ends with one line
# `N passed, N failed, N skipped`; exit 1 when one failed. A whole way that cannot run here (no browser,
# no survey file) exits 77 and is counted as skipped.
set -u
cd "$(dirname "$0")/.."
build=$1
passed=0 failed=0 skipped=0
logs="$build/tests/log"
mkdir -p "$logs"
count() { # cmocka's own lines: [       OK ] [  SKIPPED ] [  FAILED  ]
    p=$(grep -c '^\[       OK \]' "$1"); s=$(grep -c '^\[  SKIPPED \]' "$1")
    passed=$((passed + p)); skipped=$((skipped + s))
}
for source in $(find tests -name '*.c' -path 'tests/*/*' ! -path 'tests/fuzz/*' ! -path 'tests/gold/*' | LC_ALL=C sort); do
    program="$build/${source%.c}"
    log="$logs/$(echo "$source" | tr / -).log"
    if timeout 120 "$program" >"$log" 2>&1; then
        count "$log"
    else
        count "$log"
        n=$(grep -c '^\[  FAILED  \] [^0-9]' "$log"); [ "$n" -gt 0 ] || n=1
        failed=$((failed + n))
        echo "FAILED: $program"; grep -vE '^\[ RUN|^\[       OK' "$log" | tail -n 40
    fi
done
for way in $(find tests/e2e -name '*.sh' 2>/dev/null | LC_ALL=C sort); do
    case "$way" in
    *browser*) [ "${BROWSER:-}" = 1 ] || continue ;;
    esac
    log="$logs/$(echo "$way" | tr / -).log"
    timeout 300 sh "$way" "$build/trefoil" >"$log" 2>&1
    case $? in
    0) passed=$((passed + 1)) ;;
    77) skipped=$((skipped + 1)); tail -n 1 "$log" ;;
    *) failed=$((failed + 1)); echo "FAILED: $way"; tail -n 40 "$log" ;;
    esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
