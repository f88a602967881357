# Who may include whom. Usage: awk -f tools/arrows.awk ARROWS file.c file.h …
# A room's files may include base/, their own room, and what ARROWS lists; a listed room only through
# its one public header, a listed part (keep/evidence) only that header. Parts of a public face that
# have a header of their own (xform.h of ask, where.h of measure …) are named below. Prints each
# forbidden arrow; exit 1 when there is one.
FNR == NR {
    sub(/#.*/, "")
    if (NF) { rooms[$1] = 1; for (k = 2; k <= NF; k++) may[$1, $k] = 1 }
    next
}
FNR == 1 {
    file = FILENAME; sub(/^.*\/main\//, "", file)
    n = split(file, part, "/")
    room = part[1] == "src" ? part[2] : part[1]
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
    match($0, /"[^"]*"/); inc = substr($0, RSTART + 1, RLENGTH - 2)
    m = split(inc, p, "/")
    if (m < 2 || !(p[1] in rooms) || p[1] == room) next
    header = p[2]; sub(/\.h$/, "", header)
    if (p[1] == "base" ? may[room, "base"] : \
        may[room, p[1] "/" header] || (may[room, p[1]] && (header == p[1] || \
            (p[1] == "ask" && header ~ /^(xform|expr|words)$/) || \
            (p[1] == "keep" && header ~ /^(evidence|counts|seal|inbox|custody|approvals|export)$/) || \
            (p[1] == "measure" && header ~ /^(where|clean)$/)))) next
    printf "%s:%d: %s may not include \"%s\" (ARROWS)\n", file, FNR, room, inc
    bad = 1
}
END { exit bad }
