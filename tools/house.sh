#!/bin/sh
# House rules that no compiler knows. Each prints the lines that break it.
set -u
cd "$(dirname "$0")/.."
bad=0
rule() { # title, file list, pattern
    hits=$(printf '%s\n' "$2" | xargs -r grep -nE "$3" 2>/dev/null | grep -vE '^[^:]+:[0-9]+:[ \t]*(/?\*)' || true)
    if [ -n "$hits" ]; then echo "$1"; echo "$hits"; bad=1; fi
}
all=$(git ls-files 'base/*.c' 'src/*.c' 'serve/*.c' 'demo/*.c' 'cmd/*.c')
rooms=$(git ls-files 'src/*.c')
rule "banned function (see base/number.h, base/text.h, base/rng.h)" "$(printf '%s\n' "$all" | grep -v '^base/number.c')" '\b(strcpy|strcat|sprintf|vsprintf|atof|atoi|strtod|strtok|rand|srand|localtime|gmtime|setlocale|gets)\('
rule "rooms return, doors talk" "$rooms" '(^|[^a-z_])(printf|puts|putchar|perror|exit|abort)\('
rule "memory comes from arenas" "$(printf '%s\n' "$all" | grep -vE '^base/arena.c')" '(^|[^a-z_])(malloc|calloc|realloc|alloca)\('
rule "no clock in what is made" "$rooms" '(^|[^a-z_])(time|gettimeofday|clock)\('
rule "SQL stands in .sql files" "$rooms" '"(SELECT|INSERT|UPDATE|DELETE|CREATE TABLE) '
rule "unfinished" "$(git ls-files '*.c' '*.h' '*.sql' '*.sh')" '\b(TO''DO|FIX''ME|X''XX)\b'
tabs=$(printf '%s\n' "$all" | xargs -r grep -nP '\t' 2>/dev/null || true)
if [ -n "$tabs" ]; then echo "tabs in C"; echo "$tabs" | head; bad=1; fi
large=$(git ls-files | while read -r f; do [ -f "$f" ] && s=$(wc -c <"$f") && [ "$s" -gt 500000 ] && echo "$s $f"; done)
if [ -n "$large" ]; then echo "large files committed"; echo "$large"; bad=1; fi
exit $bad
