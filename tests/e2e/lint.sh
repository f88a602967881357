#!/bin/sh
# `trefoil ask lint` and `ask check-submission` over the forms of a new study and over made-up ones: the
# program's own instruments have no fault but languages that are not complete; faults name file and row.
# usage: lint.sh path/to/trefoil
set -u
trefoil=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0
fail() { echo "lint: $1"; bad=1; }
says() { # FILE TEXT
    grep -qF -- "$2" "$1" || { fail "'$2' is not said"; cat "$1"; }
}

"$trefoil" init study >/dev/null || fail "no study"
for form in study/*/*.xlsx; do
    "$trefoil" ask lint "$form" --study study >out 2>err || { fail "$form is refused"; cat err; }
    # what stands in brackets is the rule; the template may lack translations, and nothing else
    grep -oE '\[[a-z-]+\]$' out | sort -u | grep -vE '\[(translation|form-warning|dataset|indicator|unfilled)\]' &&
        { fail "$form has a finding"; cat out; }
done
"$trefoil" ask lint study/children/child.xlsx --study study >out || fail "no table"
says out "English (en)"
says out "100%"
says out "[unfilled]" # the card of help lines, which each country fills in

mkdir form
printf 'type,name,label,relevant,constraint,sensitive\ninteger,age,Age,,. > 17 and . < 9,\ntext,why,Why,${age} > 3 and ${age} < 2,,yes\n' >form/survey.csv
"$trefoil" ask lint form >out 2>err || { fail "a form with warnings is refused"; cat err; }
says out "sheet survey, row 2: warning"
says out "the constraint of /data/age can never hold"
says out "/data/why can never be reached"
says out "/data/why is sensitive and is asked whatever was said to consent"
"$trefoil" ask lint form --json >out || fail "no JSON"
says out '"constraint-never"'

"$trefoil" ask convert form -o form.xml >/dev/null 2>&1 || fail "not converted"
printf '<data id="form"><age>12x</age></data>' >answers.xml
"$trefoil" ask check-submission form.xml answers.xml >out 2>err || { fail "not checked"; cat err; }
says out "/data/age is not of its type"
grep -q 12x out && fail "a value is said"
printf '<other id="other"/>' >answers.xml
"$trefoil" ask check-submission form.xml answers.xml >out 2>err
[ $? -eq 2 ] || fail "a submission of another form is taken"
says err "is a submission of the form 'other', not of 'form'"
sed 's/relevant="[^"]*"/relevant="nosuch(1)"/' form.xml >broken.xml
"$trefoil" ask lint broken.xml >out 2>err
[ $? -eq 2 ] || fail "a form that cannot be read is taken"
says err "there is no function nosuch()"
[ "$bad" -eq 0 ] && echo "lint: instruments and faults are told apart"
exit "$bad"
