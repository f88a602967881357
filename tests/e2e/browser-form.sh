#!/bin/sh
# The form in the browser against the collecting server itself: browser-form.mjs uses it as it is used
# in the field; what was posted is then opened with OpenSSL's command line alone, and its content held
# against what was entered.
set -eu
here=$(realpath "$(dirname "$0")")
trefoil=$(realpath "$1")
for tool in node openssl xmllint curl; do
    command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
[ -d "$here/../../third_party/node_modules/playwright-core" ] || { echo "skipped: no playwright-core"; exit 77; }
. "$here/browser-form-open.sh.inc"
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
fail() { echo "browser-form: $*"; exit 1; }
study=$work/study out=${SHOTS:-$work/out}

# a study whose form key is this test's, so that its private half is at hand
mkdir -p "$study/forms" "$study/.trefoil/public" "$out"
chmod 700 "$study/.trefoil"
openssl genrsa -out "$work/private.pem" 2048 2>/dev/null
openssl rsa -in "$work/private.pem" -pubout -out "$study/.trefoil/public/XA-children-response.pem" 2>/dev/null
cp -r "$here/forms/young.xml" "$here/forms/young-media" "$here/forms/worker.md" "$study/forms/"
sed 's/id="young" version/id="clear" version/' "$here/forms/young.xml" >"$study/forms/clear.xml"
cat >"$study/study.yaml" <<'YAML'
trefoil: 1
id: form-test
title: A study for the form page
synthetic: true
countries:
  - {code: XA, name: Country A, status: active, ages: [12, 17], languages: [en, km]}
forms:
  - {id: young, file: forms/young.xml, who: child, self: self, media: forms/young-media, clear: [area, audit]}
  - {id: worker, file: forms/worker.md, who: worker, strand: context, clear: [years]}
  - {id: clear, file: forms/clear.xml, who: worker, media: forms/young-media, encrypted: false}
YAML
for form in young worker clear; do
    "$trefoil" field publish $form --country XA --study "$study" >/dev/null
done
token=$("$trefoil" field enrol phone-1 --person int-1 --team T1 --country XA --url http://127.0.0.1 --json \
    --study "$study" | sed -n 's|.*/key/\([^"]*\)".*|\1|p')
[ -n "$token" ] || fail "no token"

"$trefoil" serve "$study" --listen 127.0.0.1:0 --log >"$work/ready" 2>"$work/log" &
pid=$!
tries=0
until grep -q 'http://' "$work/ready"; do
    tries=$((tries + 1)); [ $tries -lt 200 ] || fail "the server did not get ready"
    kill -0 "$pid" 2>/dev/null || { cat "$work/log"; fail "the server ended early"; }
    sleep 0.05
done
url=$(grep -o 'http://[^ ]*' "$work/ready" | head -n 1)
url=${url%/}

# ---- the page's addresses ----
status() { curl -s -o "$work/body" -D "$work/head" -w '%{http_code}' --path-as-is "$@"; }
[ "$(status "$url/f/$token/young")" = 200 ] || fail "no page"
for header in "content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" "cross-origin-opener-policy: same-origin" \
              "cross-origin-resource-policy: same-origin" "referrer-policy: no-referrer" "x-content-type-options: nosniff"; do
    grep -qi "^$header" "$work/head" || fail "no header $header"
done
grep -qE '(src|href)="(https?:)?//' "$work/body" && fail "the page names another origin"
script=$(grep -o '/f/static/[^"]*\.js' "$work/body" | head -n 1)
[ "$(status "$url$script")" = 200 ] && grep -qi '^cache-control: .*immutable' "$work/head" || fail "no script"
size=$(wc -c <"$work/body")
[ "$(curl -s --compressed "$url$script" | wc -c)" -eq "$size" ] || fail "the compressed script is another"
[ "$(status "$url/f/$token/young/km")" = 200 ] || fail "no page in a language"
[ "$(status "$url/f/licences.txt")" = 200 ] && grep -q 'Apache License' "$work/body" && grep -q '@noble/ciphers' "$work/body" || fail "no licences"
[ "$(status "$url/f/$token/young/media/often.wav")" = 200 ] && cmp -s "$work/body" "$here/forms/young-media/often.wav" || fail "no recorded label"
[ "$(status "$url/f/$token/clear")" = 403 ] && grep -q 'not encrypted' "$work/body" || fail "a form without a key was served"
[ "$(status "$url/f/no-such-token/young")" = 403 ] || fail "a wrong token was served"
for path in "$token/no-such" "$token/young/media/no.wav" "$token/young/media/..%2f1.xml" "$token/young/a/b" "static/nothing.js" "static/..%2findex.html" "$token"; do
    [ "$(status "$url/f/$path")" = 404 ] || fail "/f/$path was answered"
done
[ "$(status -X POST -d x=1 "$url/f/$token/young")" = 405 ] || fail "took a POST"

# ---- in the browser ----
code=0
node "$here/browser-form.mjs" "$url" "$token" "$out" || code=$?
[ $code -eq 0 ] || exit $code

# ---- what arrived ----
n=0 complete=0 stopped=0 words=0 khmer=0
for post in "$out"/post-*; do
    grep -q 'id="worker"' "$post/xml_submission_file" && continue # under the study's own key: below
    open_post "$post" "$work/private.pem" || fail "$post does not open"
    n=$((n + 1))
    xml=$post/plain/submission.xml audit=$post/plain/audit.csv manifest=$post/xml_submission_file
    xmllint --noout "$xml" || fail "$post holds no XML"
    [ $(($(wc -c <"$xml") % 4096)) -eq 0 ] && [ $(($(wc -c <"$audit") % 4096)) -eq 0 ] || fail "a size tells something"
    [ "$(xmllint --xpath 'string(/data/meta/instanceID)' "$xml")" = "$(element instanceID "$manifest")" ] || fail "another instanceID"
    [ "$(xmllint --xpath 'string(/data/visit/interviewer)' "$xml" | head -c 1)" = Z ] || fail "an answer of the first part is lost"
    [ "$(xmllint --xpath 'string(/data/meta/audit)' "$xml")" = audit.csv ] || fail "the audit log is not named"
    head -n 1 "$audit" | grep -qx 'event,node,start,end' || fail "the audit log has another head"
    case $(grep -o '<field name="audit.completion">[a-z]*' "$manifest" | sed 's/.*>//') in
    complete) complete=$((complete + 1)); grep -q '^form finalize,' "$audit" || fail "no finalize" ;;
    stopped) stopped=$((stopped + 1)); grep -q '^form exit,' "$audit" || fail "no exit" ;;
    *) fail "$post does not say how it ended" ;;
    esac
    if grep -q Xylophonquartz "$xml"; then
        words=$((words + 1))
        [ "$(xmllint --xpath 'concat(/data/self/often,"|",/data/self/use,"|",count(/data/self/friend),"|",/data/self/friend[1]/met,/data/self/friend[2]/met,"|",/data/self/skill,"|",/data/self/whom,"|",/data/self/order,"|",/data/closing/talk,"|",/data/told)' "$xml")" = "1|2 3|2|21|4|2|2 1 3|0|1" ] ||
            fail "what was entered is not what arrived"
        grep -q '^question,/data/self/whom,' "$audit" || fail "the audit log lacks the part answered alone"
    fi
    grep -q '<field name="audit.language">km' "$manifest" && khmer=$((khmer + 1))
    # in clear: what was declared, nothing else
    fields=$(grep -o '<field name="[^"]*"' "$manifest" | cut -d'"' -f2 | grep -vxE 'area|audit\.(events|seconds|form_seconds|start_hour|constraint_errors|fast|completion|language)' || true)
    [ -z "$fields" ] || fail "in clear though not declared: $fields"
done
[ "$n/$complete/$stopped" = 9/5/4 ] || fail "opened $n: $complete complete, $stopped stopped early"
[ $words -eq 1 ] && [ $khmer -eq 2 ] || fail "$words with the word, $khmer in Khmer"

# one byte of a file changed: the signature does not hold
first=$(ls -d "$out"/post-* | head -n 1)
printf 'x' | dd of="$first/submission.xml.enc" bs=1 seek=100 conv=notrunc 2>/dev/null
if open_post "$first" "$work/private.pem"; then fail "a changed file was not noticed"; fi

# the server has each once, and said nothing of tokens
kill -INT "$pid"; wait "$pid" || true; pid=
[ "$(grep -c ' 201 POST submission' "$work/log")" -eq 11 ] || fail "not eleven posts with 201"
grep -q "$token" "$work/log" && fail "a token in the log"

# what the page sealed to the study's own key, the study opens
"$trefoil" keep open-submissions --country XA --form worker --study "$study" >"$work/opened" 2>"$work/err" ||
    { cat "$work/err"; fail "the study does not open what the page sealed"; }
grep -qE '^worker +1 +1 +0 +0 +0 ' "$work/opened" || { cat "$work/opened"; fail "not one record, whole"; }
[ "$(ls "$out"/post-*/*.png.enc | wc -l)" -eq 1 ] || fail "no sealed picture"
echo "ten interviews from the browser, each once; nine opened by OpenSSL alone, one by the study"
