#!/bin/sh
# `trefoil ask convert` with the program alone: the same form from every notation is the same document;
# what is refused ends with 2 and says all of it; warnings are written whatever the outcome; nothing is
# half-written.
# usage: convert.sh path/to/trefoil
set -u
trefoil=$(realpath "$1")
old=$(realpath tests/ask/old.xls)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0
fail() { echo "convert: $1"; bad=1; }
says() { grep -qF -- "$2" "$1" || { fail "$1 does not say '$2'"; cat "$1"; }; }

cat >form.md <<'END'
| survey |                  |      |                     |               |
|        | type             | name | label::English (en) | choice_filter |
|        | text             | a    | A “question”        |               |
|        | select_one yn    | q    | Yes or no?          |               |
|        | select_one_external l | p | Where?            | a=${a}        |
| choices |                 |      |                     |
|        | list_name        | name | label::English (en) |
|        | yn               | y    | Yes                 |
| external_choices |        |      |      |   |
|        | list_name        | name | label | a |
|        | l                | 1    | One, two | x |
| settings |                |
|        | form_id          |
|        | same             |
END
mkdir sheets
printf 'type,name,label::English (en),choice_filter\ntext,a,A “question”,\nselect_one yn,q,Yes or no?,\nselect_one_external l,p,Where?,a=${a}\n' >sheets/survey.csv
printf 'list_name,name,label::English (en)\nyn,y,Yes\n' >sheets/choices.csv
printf 'list_name,name,label,a\nl,1,"One, two",x\n' >sheets/external_choices.csv
printf 'form_id\nsame\n' >sheets/settings.csv
for sheet in survey choices external_choices settings; do
    echo "$sheet"
    sed 's/^/,/' "sheets/$sheet.csv"
done >one.csv

for form in form.md sheets one.csv; do
    "$trefoil" ask convert "$form" -o "$form.xml" --warnings-json w.json 2>err || { fail "$form ends with $?"; cat err; }
    cmp -s form.md.xml "$form.xml" || fail "$form gives another document than form.md"
    [ "$(cat w.json)" = "[]" ] || fail "$form has warnings"
done
printf '"list_name","name","label","a"\r\n"l","1","One, two","x"\r\n' | cmp -s - itemsets.csv || fail "itemsets.csv"
"$trefoil" ask convert form.md --pretty --name root >pretty.xml 2>err || fail "to standard output"
says pretty.xml '<root id="same">'
says pretty.xml '<value>A "question"</value>'
xmllint --noout pretty.xml 2>/dev/null || fail "the document is no XML"

cp "$old" new.xlsx # told by its bytes
"$trefoil" ask convert new.xlsx -o new.xml 2>err || { fail "an .xls under another name"; cat err; }
says new.xml '<d>2026-01-31</d>'

printf '| survey |\n| | type | name | label |\n| | txt | a | A |\n| | image | b c | B |\n| | image | d | D |\n' >bad.md
"$trefoil" ask convert bad.md -o bad.xml --warnings-json w.json >out 2>err
[ $? -eq 2 ] || fail "a bad form does not end with 2"
[ -e bad.xml ] && fail "a bad form left a document"
says err "'txt' is no type of question"
says err "sheet 'survey', row 2, column 'type'"
says err "Did you mean 'text'?"
says err "'b c' is no name"
says w.json "the picture 'd' has no max-pixels and is kept at full size"
"$trefoil" ask convert nothing.md >out 2>err
[ $? -ne 0 ] || fail "a file that is not there"
"$trefoil" ask convert form.md --json -o json.xml >out 2>err || fail "--json"
says out '"id": "same"'
[ "$bad" -eq 0 ] && echo "convert: well"
exit "$bad"
