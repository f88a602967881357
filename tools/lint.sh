#!/bin/sh
# The house's checks: arrows, house rules, both compilers' warnings as errors, cppcheck.
set -eu
cd "$(dirname "$0")/.."
sources=$(git ls-files '*.c' '*.h' | grep -E '^(base|src|serve|demo|cmd)/')
echo "lint: arrows"
awk -f tools/arrows.awk ARROWS $sources
echo "lint: house rules"
tools/house.sh
echo "lint: shell"
for script in $(git ls-files '*.sh' .ci/run); do sh -n "$script"; done
echo "lint: gcc warnings are errors"
make --no-print-directory -s -j"$(nproc)" VARIANT=release EXTRA=-Werror build/release/libtrefoil.a
# (not -Wdouble-promotion: clang 14 counts the NAN of <math.h>, a float constant, against us)
echo "lint: clang warnings are errors"
clang_flags="-std=c17 -pedantic -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wformat=2 -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wcast-qual -Wimplicit-fallthrough -Werror -fsyntax-only -I. -Isrc -Ibuild -Ibuild/gen"
system=$(pkg-config --cflags-only-I libsodium libxml-2.0 libzip jansson yaml-0.1 libcmark-gfm harfbuzz harfbuzz-subset icu-uc libmicrohttpd | sed 's/-I/-isystem /g')
mc=third_party/node_modules/better-sqlite3-multiple-ciphers/deps/sqlite3
echo "$sources" | tr ' ' '\n' | grep '\.c$' | xargs -P "$(nproc)" -n 8 clang-14 $clang_flags -isystem $mc $system
echo "lint: cppcheck"
echo "$sources" | tr ' ' '\n' | grep '\.c$' | xargs cppcheck -j "$(nproc)" --quiet --std=c11 --enable=warning,performance,portability \
    --inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem --suppress=unknownMacro --suppress=arrayIndexThenCheck -I. -Isrc -Ibuild
echo "lint: all clean"
