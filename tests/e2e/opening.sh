#!/bin/sh
# From a sealed submission to the analyst's file: a form is published, OpenSSL's command line seals
# records as a tablet would, the server takes them, keep open-submissions makes the dataset, keep export
# gives it out. Edits, split posts, tampering, a void item; doing it twice changes nothing.
set -eu
trefoil=$(realpath "$1")
for tool in curl openssl; do
    command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
here=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
fail() { echo "opening: $*"; exit 1; }
study=$work/study
mkdir -p "$study"
cat >"$study/study.yaml" <<'END'
trefoil: 1
id: test
title: A test
edition: "1"
findings: findings
synthetic: true
policies:
  - {name: dh, suppress_below: 0}
timeline:
  - {id: out, title: Release, to: 2026-01}
countries:
  - {code: XA, name: Country XA, status: active, ages: [12, 17], languages: [en], policy: dh}
datasets:
  - id: child
    title: Children
    strand: children
    kind: probability
    file: child.csv
    unit: child
    population: children
    source: Survey
    id_var: child_id
    language: language
    missing: {dont_know: [888], prefer_not_to_say: [999]}
    void: [{item: fun, language: km, reason: the translation asked about something else},
           {item: r_age, language: km, reason: read out wrongly}]
forms:
  - {id: child, file: child.md, who: child, dataset: child}
END
cat >"$study/child.md" <<'END'
| survey | | | | | |
| | type | name | label | relevant | parameters |
| | text | child_id | Code | | |
| | text | language | Language | | |
| | select_one freq | freq | How often? | | |
| | begin repeat | roster | Children | | |
| | integer | r_age | Age | | |
| | end repeat | | | | |
| | integer | fun | How much fun? | ${freq} = '2' | |
| | image | photo | A photo | | max-pixels=1024 |
| choices | | | |
| | list_name | name | label |
| | freq | 1 | Never |
| | freq | 2 | Daily |
| | freq | 999 | Prefer not to say |
| settings | | |
| | form_id | version | form_title |
| | child | 1 | Child |
END
"$trefoil" field publish child --country XA --study "$study" >"$work/out" || { cat "$work/out"; fail "not published"; }
token=$("$trefoil" field enrol tablet --country XA --team t1 --person p1 --url http://127.0.0.1 --study "$study" |
    sed -n 's#.*/key/\([A-Za-z0-9_-]*\).*#\1#p')
[ -n "$token" ] || fail "no token"

"$trefoil" serve "$study" --listen 127.0.0.1:0 >"$work/out" 2>"$work/log" &
pid=$!
tries=0
until grep -q 'http://127.0.0.1:[0-9]' "$work/out"; do
    tries=$((tries + 1)); [ $tries -lt 200 ] || fail "the server did not get ready"
    kill -0 "$pid" 2>/dev/null || { cat "$work/log"; fail "the server ended early"; }
    sleep 0.05
done
url=$(sed -n 's#.*\(http://127.0.0.1:[0-9]*\).*#\1#p' "$work/out" | head -n 1)/key/$token

# seal INSTANCE ANSWERS [MEDIA…]: a sealed submission in $work/INSTANCE (without uuid:)
seal() {
    instance=$1 answers=$2 dir=$work/${1#uuid:}
    shift 2
    mkdir -p "$dir/plain"
    printf '<data id="child" version="1" xmlns:orx="http://openrosa.org/xforms">%s<orx:meta><orx:instanceID>%s</orx:instanceID></orx:meta></data>' \
        "$answers" "$instance" >"$dir/plain/submission.xml"
    sh "$here/gold/odk/seal.sh" "$study/.trefoil/public/XA-children-response.pem" child 1 "$instance" "$dir" "$@" \
        "$dir/plain/submission.xml"
}
# post STATUS INSTANCE FILE…: the manifest and these files
post() {
    want=$1 dir=$work/$2
    shift 2
    set -- "$@" --
    form="-F xml_submission_file=@$dir/xml_submission_file;type=text/xml"
    while [ "$1" != -- ]; do
        form="$form -F $1=@$dir/$1"
        shift
    done
    # shellcheck disable=SC2086
    got=$(curl -s -o "$work/body" -w '%{http_code}' -H 'X-OpenRosa-Version: 1.0' -H "Date: $(date -u '+%a, %d %b %Y %H:%M:%S GMT')" $form "$url/submission")
    [ "$got" = "$want" ] || { cat "$work/body"; fail "$dir: $got in place of $want"; }
}
open_all() { "$trefoil" keep open-submissions --country XA --study "$study" --json >"$work/opened" || fail "not opened"; }
number() { sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" "$work/opened" | head -n 1; }
expect() { [ "$(number "$1")" = "$2" ] || { cat "$work/opened"; fail "$1 is $(number "$1"), not $2"; }; }

seal uuid:1 '<child_id>AAAA0001</child_id><language>en</language><freq>2</freq><roster><r_age>12</r_age></roster><roster><r_age>15</r_age></roster><fun>7</fun><photo/>'
post 201 1 submission.xml.enc
seal uuid:2 '<child_id>AAAA0002</child_id><language>km</language><freq>2</freq><roster><r_age>13</r_age></roster><fun>3</fun><photo/>'
post 201 2 submission.xml.enc
head -c 50000 /dev/urandom >"$work/p.jpg"
seal uuid:3 '<child_id>AAAA0003</child_id><language>en</language><freq>999</freq><photo>p.jpg</photo>' "$work/p.jpg"
post 201 3 submission.xml.enc # the photo comes later
seal uuid:4 '<child_id>AAAA0004</child_id><language>en</language><freq>1</freq><photo/>'
printf x | dd of="$work/4/submission.xml.enc" bs=1 seek=70 conv=notrunc 2>/dev/null
post 201 4 submission.xml.enc

open_all
expect taken 4; expect records 2; expect waiting 1; expect bad 1; expect tables 2
grep -q 'record 4 (uuid:4): this file was altered' "$work/opened" || { cat "$work/opened"; fail "the altered record is not named"; }
grep -q 'record 3 (uuid:3) waits for 1 file: p.jpg.enc' "$work/opened" || fail "the waiting record is not named"

post 201 3 p.jpg.enc submission.xml.enc
open_all
expect records 3; expect waiting 0
evidence=$(sed -n 's/.*"evidence": *"\([^"]*\)".*/\1/p' "$work/opened" | head -n 1)
open_all
expect taken 0; expect records 3
grep -q "$evidence" "$work/opened" && grep -q '"changed": false' "$work/opened" || fail "doing it again changed something"

# out again
"$trefoil" keep export child --country XA --as csv -o "$work/child.csv" --study "$study" >"$work/out" 2>"$work/err" || { cat "$work/err"; fail "no export"; }
grep -q 'the answers of 3 persons' "$work/err" || fail "no warning with the number of persons"
cat >"$work/want.csv" <<'END'
KEY,FORM_VERSION,child_id,language,freq,fun,photo
uuid:1,1,AAAA0001,en,2,7,
uuid:2,1,AAAA0002,km,2,,
uuid:3,1,AAAA0003,en,999,,p.jpg
END
cut -d, -f1-7 "$work/child.csv" | cmp -s - "$work/want.csv" || { cat "$work/child.csv"; fail "other answers than were sealed"; }
"$trefoil" keep export child.roster --country XA --as csv -o "$work/roster.csv" --study "$study" >/dev/null 2>&1
grep -q '^uuid:1,uuid:1/roster\[2\],2,AAAA0001,15$' "$work/roster.csv" || { cat "$work/roster.csv"; fail "the roster differs"; }
grep -q '^uuid:2,uuid:2/roster\[1\],1,AAAA0002,$' "$work/roster.csv" || { cat "$work/roster.csv"; fail "a void item of a repeat is not masked"; }
for kind in sav dta xlsx codebook; do
    "$trefoil" keep export child --country XA --as $kind -o "$work/child.$kind" --study "$study" >/dev/null 2>&1 || fail "no $kind"
    [ -s "$work/child.$kind" ] || fail "an empty $kind"
    [ -z "$(find "$work/child.$kind" -perm /077)" ] || fail "$kind may be read by others"
done
"$trefoil" keep ledger --study "$study" --json | grep -q '"act": "export"' || fail "the ledger knows of no export"
"$trefoil" keep verify --study "$study" >/dev/null || fail "the vault is not whole"

# nothing of the answers lies anywhere in clear
if grep -rqa -e AAAA0001 -e 'child_id>' "$study/.trefoil" --include='*.db' --include='*.seg'; then fail "answers in clear"; fi
kill -INT "$pid"; wait "$pid" || true; pid=
echo "opening: sealed, sent, opened, exported"
