#!/bin/sh
# The running of the field, whole: forms go out, tablets are enrolled, addresses dealt, work arrives; then the
# monitoring on the command line and on the page, signing in, reviews, and the feed.
set -eu
trefoil=$(realpath "$1")
command -v curl >/dev/null && command -v perl >/dev/null || { echo "skipped: no curl or no perl"; exit 77; }
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
fail() { echo "field: $*"; exit 1; }
. "$here/field_study.sh.inc"
s=$work/study
make_fieldwork "$s"
refused() { if "$trefoil" "$@" --study "$s" >"$work/out" 2>"$work/err"; then fail "took: $*"; fi; }

# ---- forms ----
"$trefoil" field forms --study "$s" | grep -q '^XA .*contact .*open' || fail "contact is not out"
grep -q 'base64RsaPublicKey="MII' "$s/.trefoil/forms/XA/child/1.xml" || fail "the sealed form has no key"
grep -q base64RsaPublicKey "$s/.trefoil/forms/XA/talk/1.xml" && fail "a clear form has a key"
"$trefoil" field publish contact --country XA --study "$s" >/dev/null || fail "the same again was refused"
sed -i 's/| Door |/| Number of the door |/' "$s/children/contact.md"
refused field publish contact --country XA
grep -q "other content" "$work/err" || fail "other content under one version was taken"
contact_form "$s" 1
refused field publish nothing --country XA
refused field publish child --country XQ
cp "$s/study.yaml" "$work/study.yaml"
sed -i 's/self: own, clear: \[psu, household\]/self: own, clear: [psu, age]/' "$s/study.yaml"
refused field publish child --country XA
grep -q "answered alone" "$work/err" || fail "a field answered alone may stay clear"
sed 's/who: child, self: own/who: child, encrypted: false, self: own/' "$work/study.yaml" >"$s/study.yaml"
refused field forms2 --country XA
refused field publish child --country XA
grep -q "must be encrypted" "$work/err" || fail "a child's form may be clear"
sed 's/synthetic: true/synthetic: false/' "$work/study.yaml" >"$s/study.yaml"
refused field publish talk --country XA
grep -qi "approval" "$work/err" || fail "a form went out without an approval"
cp "$work/study.yaml" "$s/study.yaml"

# ---- tablets and addresses ----
"$trefoil" field enrol tab-9 --person I09 --team north --country XA --url https://collect.example.org \
    --qr "$work/tab.svg" --study "$s" >/dev/null
grep -q '<svg' "$work/tab.svg" || fail "no QR code"
refused field enrol tab-9 --person I09 --team north --country XA --url https://collect.example.org
"$trefoil" field revoke tab-9 --study "$s" >/dev/null
"$trefoil" field devices --study "$s" | grep -q '^tab-9 .*revoked' || fail "not revoked"
{ echo psu,household,start; for p in 1 2 3 4; do for h in 1 2 3 4 5 6 7 8 9; do echo "P$p,$h,gate $p"; done; done; } >"$work/drawn.csv"
"$trefoil" field assign "$work/drawn.csv" --country XA --team north,south --study "$s" | grep -q '^36 addresses' || fail "not dealt"

begin_server "$s"
status() { curl -s -o "$work/body" -D "$work/head" -w '%{http_code}' "$@"; }
key() { echo "$url/key/$(cat "$s/token-$1")"; }
[ "$(status -H 'X-OpenRosa-Version: 1.0' "$(key 1)/formList")" = 200 ] || fail "no form list"
manifest=$(sed -n 's|.*<manifestUrl>\([^<]*contact[^<]*\)</manifestUrl>.*|\1|p' "$work/body" | head -1)
[ -n "$manifest" ] || fail "the contact sheet has no manifest"
for k in 1 2 3 4; do
    [ "$(status -H 'X-OpenRosa-Version: 1.0' "$(echo "$manifest" | sed "s|/key/[^/]*|/key/$(cat "$s/token-$k")|")")" = 200 ] || fail "no manifest"
    media=$(sed -n 's|.*<downloadUrl>\([^<]*assignments.csv\)</downloadUrl>.*|\1|p' "$work/body")
    curl -s "$media" >"$work/own-$k"
    [ "$(wc -l <"$work/own-$k")" = 10 ] || fail "tablet $k has $(wc -l <"$work/own-$k") lines of addresses"
done
cat "$work"/own-? | grep -v ^key | sort | uniq -d | grep -q . && fail "two tablets share an address"

# ---- work arrives ----
send_work "$s"
contact_xml late P1 2 2 complete 6 "10.90 103.10" >"$work/one.xml"
[ "$(post "$s" 1 "$work/one.xml")" = 201 ] || fail "the second visit was not taken"
"$trefoil" field monitor --country XA --study "$s" --json >"$work/m.json"
perl -MJSON::PP -0777 -e '
    my $m = decode_json(<>); my %f = map { $_->{id} => $_->{count} } @{$m->{flow}};
    $f{doors} == 40 or die "doors $f{doors}"; $f{complete} == 17 or die "complete $f{complete}";
    @{$m->{psus}} == 4 && $m->{psus}[0]{target} == 6 or die "psus";
    (grep { $_->{kind} eq "far" && $_->{person} eq "I01" } @{$m->{flags}}) == 1 or die "far";
    $m->{quotas}[0]{state} eq "closed" or die "quota";' "$work/m.json" || fail "the monitoring is wrong"
grep -q SEALED-WORD "$work/m.json" && fail "an answer in the monitoring"
"$trefoil" field monitor --country XA --study "$s" --csv "$work/csv" >/dev/null
[ "$(wc -l <"$work/csv/people.csv")" = 5 ] || fail "no people.csv"
"$trefoil" field backcheck --country XA --seed bc --share 0.2 --study "$s" | grep -q 'of 17 complete' || fail "no back-checks"

# ---- signing in ----
jar=$work/jar
[ "$(status "$url/fieldwork/XA")" = 303 ] || fail "the monitoring is open to all"
sign() { # sign ID PASSWORD CODE
    status -c "$jar" -H "Origin: $url" --data-urlencode "id=$1" --data-urlencode "password=$2" --data-urlencode "code=$3" "$url/sign-in"
}
[ "$(sign super wrong 000000)" = 401 ] || fail "a wrong password opened"
[ "$(sign nobody "four words make one" 000000)" = 401 ] || fail "nobody signed in"
code=$(code_of "$(cat "$s/totp-super")")
[ "$(sign super "four words make one" "$code")" = 303 ] || fail "the supervisor cannot sign in"
grep -qi '^set-cookie: .*HttpOnly; SameSite=Strict' "$work/head" || fail "the cookie is loose"
cp "$jar" "$work/super"
[ "$(sign super "four words make one" "$code")" = 401 ] || fail "a code opened twice"
[ "$(status -b "$work/super" "$url/fieldwork/XA")" = 200 ] || fail "no page for the supervisor"
grep -q 'team north' "$work/body" || fail "the supervisor's team is not named"
grep -q '>I03<' "$work/body" && fail "the supervisor sees another team"
grep -qi '<script\|style=' "$work/body" && fail "script or style in a page"
[ "$(status -b "$work/super" "$url/fieldwork/XA?team=south")" = 200 ] && grep -q '>I03<' "$work/body" && fail "a query opened another team"
[ "$(status -b "$work/super" "$url/fieldwork/XB")" = 403 ] || fail "the supervisor sees another country"
[ "$(sign lead "four words make one" "$(code_of "$(cat "$s/totp-lead")")")" = 303 ] || fail "the lead cannot sign in"
[ "$(status -b "$jar" "$url/fieldwork/XA/table/psus.csv")" = 200 ] || fail "no table"
[ "$(wc -l <"$work/body")" = 5 ] || fail "the table has not four rows"

# ---- reviews ----
[ "$(status -b "$jar" "$url/fieldwork/XA/review?form=talk")" = 200 ] || fail "no records"
token=$(sed -n 's/.*name="token" value="\([0-9a-f]*\)".*/\1/p' "$work/body" | head -1)
review() { # review TOKEN RECORD STATE COMMENT
    status -b "$jar" -H "Origin: $url" --data-urlencode "token=$1" --data-urlencode form=talk --data-urlencode "record=$2" \
        --data-urlencode "state=$3" --data-urlencode "comment=$4" "$url/fieldwork/XA/review"
}
[ "$(review 00 uuid:t-1-1 approved "")" = 403 ] || fail "a post without a token was taken"
[ "$(review "$token" uuid:t-1-1 rejected "")" = 400 ] || fail "a rejection without a reason was taken"
[ "$(review "$token" uuid:t-1-1 rejected "not this household")" = 303 ] || fail "the review was not kept"
[ "$(review "$token" uuid:t-1-3 approved "")" = 303 ] || fail "the approval was not kept"
[ "$(review "$token" uuid:none approved "")" = 404 ] || fail "a review of nothing was kept"
"$trefoil" field review --country XA --study "$s" | grep -q 'uuid:t-1-1 .*rejected' || fail "no list of reviews"
"$trefoil" field monitor --country XA --study "$s" | grep -q '1 rejected' || fail "the rejected one is counted"

# ---- the feed ----
feed=$url/odata/XA/talk.svc
[ "$(status "$feed/Submissions")" = 401 ] || fail "the feed is open to all"
[ "$(status -b "$jar" "$feed")" = 200 ] && grep -q '"Submissions"' "$work/body" || fail "no service document"
[ "$(status -b "$jar" "$feed/\$metadata")" = 200 ] && grep -q 'Property Name="household"' "$work/body" || fail "no metadata"
[ "$(status -b "$jar" "$feed/Submissions?%24top=5&%24count=true")" = 200 ] || fail "no rows"
cp "$work/body" "$work/page-1"
grep -q SEALED-WORD "$work/body" && fail "an answer in the feed"
seen=0 next=$feed/Submissions?%24top=5
while [ -n "$next" ]; do
    [ "$(status -b "$jar" "$next")" = 200 ] || fail "a page of the feed is missing"
    seen=$((seen + $(grep -o '"__id"' "$work/body" | wc -l)))
    next=$(sed -n 's/.*"@odata.nextLink": *"\([^"]*\)".*/\1/p' "$work/body")
    [ $seen -le 16 ] || fail "the feed does not end"
done
[ $seen = 16 ] || fail "the feed gave $seen of 16"
grep -q '"@odata.count":16' "$work/page-1" || fail "wrong count"
rows() { status -G -b "$jar" --data-urlencode "\$filter=$1" "$feed/Submissions" >"$work/code"; grep -o '"__id"' "$work/body" | wc -l; }
[ "$(rows "__system/reviewState eq 'rejected'")" = 1 ] || fail "filter by state"
[ "$(rows "__system/reviewState eq null")" = 14 ] || fail "filter by null"
[ "$(rows "__system/submissionDate ge 2020-01-01")" = 16 ] || fail "filter by date"
[ "$(rows "__system/submissionDate lt 2020-01-01 or __system/reviewState eq 'approved'")" = 1 ] || fail "filter by or"
[ "$(status -G -b "$jar" --data-urlencode "\$filter=secret eq 'x'" "$feed/Submissions")" = 400 ] || fail "an unknown field was skipped"
[ "$(status -b "$jar" "$url/odata/XA/none.svc")" = 404 ] || fail "a feed of nothing"
"$trefoil" field enrol dash --person dash --team feed --country XA --url http://127.0.0.1 --json --study "$s" |
    sed -n 's|.*/key/\([^"]*\)".*|\1|p' >"$work/feed"
tries=0
until [ "$(status -u "dash:$(cat "$work/feed")" "$feed/Submissions")" = 200 ]; do
    tries=$((tries + 1)); [ $tries -lt 100 ] || fail "a feed's token does not open"
    sleep 0.1
done
[ "$(status -u "tab-1:$(cat "$s/token-1")" "$feed/Submissions")" = 401 ] || fail "a tablet reads the feed"

# ---- out again ----
[ "$(status -b "$jar" -H "Origin: $url" --data-urlencode "token=$token" "$url/sign-out")" = 303 ] || fail "cannot sign out"
[ "$(status -b "$jar" "$url/fieldwork/XA")" = 303 ] || fail "still signed in"
wrong=0
while [ $wrong -lt 6 ]; do last=$(sign super "no no no" 111111); wrong=$((wrong + 1)); done
[ "$last" = 429 ] || fail "guessing is not slowed ($last)"
grep -qi '^retry-after:' "$work/head" || fail "no word how long to wait"
"$trefoil" field state talk closed --country XA --study "$s" >/dev/null || fail "cannot close a form"
kill "$pid"; wait "$pid" || fail "the server ended badly"
pid=
echo "field: ok"
