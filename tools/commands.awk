# The table of commands (or, with -v part=verbs, their prototypes), made from the heads of cmd/*.c: a file whose first line reads
#     /* trefoil VERB: summary
# is a verb; the comment is its help, word for word; cmd_VERB is its function.
function quote(s,    k, c, out) { # by hand: awks differ in what a backslash in gsub means
    for (k = 1; k <= length(s); k++) {
        c = substr(s, k, 1)
        out = out (c == "\\" || c == "\"" ? "\\" : "") c
    }
    return "\"" out "\\n\""
}
FNR == 1 {
    verb = ""; help = ""
    if (match($0, /^\/\* trefoil [a-z]+: /)) {
        verb = $3; sub(/:$/, "", verb)
        summary = substr($0, RLENGTH + 1)
        head = 1
        decl = decl "enum tf_code cmd_" verb "(struct tf_run *run, struct tf_err *reterr);\n"
        line = $0; sub(/^\/\* /, "", line)
        help = "    " quote(line)
    } else head = 0
    next
}
head {
    line = $0
    end = (line ~ /\*\/[ \t]*$/)
    sub(/[ \t]*\*\/[ \t]*$/, "", line)
    sub(/^ \* ?/, "", line)
    help = help "\n    " quote(line)
    if (end) {
        head = 0
        table = table "    {\"" verb "\", " substr(quote(summary), 1, length(quote(summary)) - 3) "\", cmd_" verb ",\n" help "},\n"
    }
}
END {
    print "/* made from the heads of the verbs in cmd/ by tools/commands.awk */"
    if (part == "verbs") printf "%s", decl
    else printf "static const struct tf_command tf_commands[] = {\n%s    {NULL, NULL, NULL, NULL}};\n", table
}
