#!/bin/sh
# The collecting server, black box: every status that a client can get, and what is in the inbox after.
set -eu
trefoil=$(realpath "$1")
command -v curl >/dev/null || { echo "skipped: no curl"; exit 77; }
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
fail() { echo "openrosa: $*"; [ ! -f "$work/log" ] || tail -n 5 "$work/log"; exit 1; }
. "$here/collect_study.sh.inc"
study=$work/study
make_study "$study"
cd "$work"

start() { # start OPTIONS…: sets $pid and $base
    : >"$work/out"
    "$trefoil" serve --listen 127.0.0.1:0 --log "$@" "$study" >"$work/out" 2>"$work/log" &
    pid=$!
    tries=0
    until grep -q '^Collecting: ' "$work/out"; do
        tries=$((tries + 1)); [ $tries -lt 400 ] || fail "did not get ready"
        kill -0 "$pid" 2>/dev/null || { cat "$work/log"; fail "ended early"; }
        sleep 0.05
    done
    base=$(sed -n 's/^Collecting: //p' "$work/out")
    url=$base/key/$token
}
stop() { kill -"$1" "$pid"; code=0; wait "$pid" || code=$?; pid=; [ "$code" -eq 0 ] || fail "ended with $code"; }
ask() { curl -s -o "$work/body" -D "$work/head" -w '%{http_code}' --path-as-is "$@"; }
rosa() { ask -H 'X-OpenRosa-Version: 1.0' "$@"; }
post() { rosa -F "xml_submission_file=@$1;type=text/xml" "$url/submission"; }
is() { [ "$1" = "$2" ] || { cat "$work/body"; fail "$3: $1, not $2"; }; }
says() { grep -q "$1" "$work/body" || { cat "$work/body"; fail "the answer does not say '$1'"; }; }
xml() { # xml FILE INSTANCE [MORE] [VERSION] [FORM]
    printf '<data id="%s" version="%s"><cluster>PSU-7</cluster><visits>2</visits><remark>SENTINEL-ANSWER</remark>%s<meta><instanceID>%s</instanceID>%s</meta></data>' \
        "${5:-work}" "${4:-2}" "${3:-}" "$2" "${6:-}" >"$1"
}

# ---- where it may listen ----
for wrong in "--listen 0.0.0.0:0" "--listen 192.0.2.1:0" "--listen 127.0.0.1:0 --cert x"; do
    # shellcheck disable=SC2086
    if "$trefoil" serve $wrong "$study" >/dev/null 2>"$work/err"; then fail "took $wrong"; fi
    grep -q 'error:' "$work/err" || fail "no reason for $wrong"
done

start --max-bytes 300000
# ---- lists ----
is "$(rosa "$url/formList")" 200 "form list"
says '<formID>work</formID>'; says '<version>2</version>'; says "<downloadUrl>$url/forms/work.xml</downloadUrl>"
says '<hash>md5:[0-9a-f]\{32\}</hash>'; says "<manifestUrl>$url/forms/work/manifest</manifestUrl>"
grep -q trial "$work/body" && fail "a draft is in the list"
grep -qi '^x-openrosa-version: 1.0' "$work/head" && grep -qi '^date:' "$work/head" || fail "no OpenRosa headers"
grep -qi '^content-type: text/xml; charset=utf-8' "$work/head" || fail "the list is no XML"
is "$(rosa "$url/formList?formID=nothing")" 200 "form list of one"; grep -q '<xform>' "$work/body" && fail "formID is not looked at"
is "$(rosa "$url/formList?listAllVersions=true&verbose=true")" 200 "all versions"; says '<version>1</version>'; says descriptionText
is "$(rosa "$base/v1/key/$token/projects/1/formList")" 200 "as Central's clients ask"; says "$base/v1/key/$token/projects/1/forms/work.xml"
md5=$(sed -n 's|.*<formID>work</formID>.*<version>2</version><hash>md5:\([0-9a-f]*\)</hash>.*|\1|p' "$work/body")
is "$(ask "$url/forms/work.xml")" 200 "the form"; [ "$(md5sum <"$work/body" | cut -c1-32)" = "$md5" ] || fail "the form's hash differs"
is "$(ask "$url/forms/work/versions/1.xml")" 200 "an older version"
is "$(rosa "$url/forms/work/manifest")" 200 "manifest"; says '<filename>towns.csv</filename>'
media=$(sed -n 's|.*<downloadUrl>\(.*\)</downloadUrl>.*|\1|p' "$work/body")
is "$(ask "$media")" 200 "media"; cmp -s "$work/body" "$study/children/media/towns.csv" || fail "the media differ"
is "$(ask "$url/forms/work/attachments/none.csv")" 404 "media that are not there"
is "$(ask "$url/forms/work/attachments/..%2f..%2ffield.key")" 404 "a path out of the folder"
is "$(rosa "$url/forms/none/manifest")" 404 "manifest of no form"
is "$(ask "$url/forms/trial.xml")" 404 "a draft by a device"
is "$(ask "$base/nothing")" 404 "nothing"
is "$(rosa -X DELETE "$url/formList")" 405 "a method"

# ---- submissions ----
is "$(rosa -I "$url/submission")" 204 "HEAD"; grep -qi '^x-openrosa-accept-content-length: 300000' "$work/head" || fail "no size announced"
xml a.xml uuid:a
is "$(post a.xml)" 201 "first POST"; says 'xmlns="http://openrosa.org/http/response"'; cp "$work/body" first
is "$(post a.xml)" 201 "the same again"; cmp -s "$work/body" first || fail "not the same answer again"
xml a2.xml uuid:a '<town>1</town>'
is "$(post a2.xml)" 409 "other XML"
xml e.xml uuid:e '' 2 work '<deprecatedID>uuid:a</deprecatedID>'
is "$(post e.xml)" 201 "an edit"; is "$(post e.xml)" 201 "the edit again"
xml e2.xml uuid:e2 '' 2 work '<deprecatedID>uuid:a</deprecatedID>'
is "$(post e2.xml)" 409 "an edit of what was edited"
xml e3.xml uuid:e3 '' 2 work '<deprecatedID>uuid:none</deprecatedID>'
is "$(post e3.xml)" 404 "an edit of nothing"
xml v.xml uuid:v '' 9
is "$(post v.xml)" 404 "an unknown version"; says version
xml f.xml uuid:f '' 1 other
is "$(post f.xml)" 404 "an unknown form"
xml old.xml uuid:old '' 1
is "$(post old.xml)" 201 "an older version"
is "$(ask -F 'xml_submission_file=@a.xml' "$url/submission")" 400 "no X-OpenRosa-Version"
is "$(ask -H 'X-OpenRosa-Version: 2.0' -F 'xml_submission_file=@a.xml' "$url/submission")" 400 "another X-OpenRosa-Version"
is "$(rosa -F 'submission=@a.xml' "$url/submission")" 400 "no xml_submission_file"; says xml_submission_file
is "$(rosa -F 'xml_submission_file=@a.xml' "$base/key/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/submission")" 403 "a wrong key"
is "$(rosa "$base/key/AAAA/formList")" 403 "a wrong key's list"
is "$(rosa -d 'x=1' "$url/submission")" 400 "no multipart"
printf '<data id="work" version="2"><cluster>x</cluster></data>' >n.xml
is "$(post n.xml)" 400 "no instanceID"
printf '<data id="work" version="2"><meta><instanceID>uuid:cut</instanceID></meta>' >cut.xml
is "$(post cut.xml)" 400 "XML cut short"
{ printf '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'; for k in 1 2 3 4 5 6 7 8 9; do printf '<!ENTITY a%s "&a;&a;&a;&a;&a;&a;&a;&a;&a;">' $k; done
  printf ']><data id="work" version="2"><cluster>&a9;</cluster><meta><instanceID>uuid:bomb</instanceID></meta></data>'; } >bomb.xml
is "$(post bomb.xml)" 400 "an XML bomb"
{ k=0; while [ $k -lt 5000 ]; do printf '<a>'; k=$((k + 1)); done; } >deep.xml
is "$(post deep.xml)" 400 "XML too deep"
head -c 400000 /dev/zero | tr '\0' x >big
is "$(rosa -F 'xml_submission_file=@a.xml' -F 'big=@big' "$url/submission")" 413 "too large"
is "$(rosa -H 'Transfer-Encoding: chunked' -H 'Expect:' -F 'xml_submission_file=@a.xml' -F 'big=@big' "$url/submission")" 413 "too large, in chunks"
xml c.xml uuid:chunks
is "$(rosa -H 'Transfer-Encoding: chunked' -F 'xml_submission_file=@c.xml' "$url/submission")" 201 "in chunks"

# ---- files: split over posts, later, unnamed ----
printf 'event,node,start,end\nform start,,1764000000000,\nquestion,/data/cluster,1764000001000,1764000003500\nconstraint error,/data/visits,1764000004000,\nform exit,,1764000010000,\n' >audit.csv
head -c 1000 /dev/urandom >photo
xml s.xml uuid:split '<door>photo.jpg</door>' 2 work '<audit>audit.csv</audit>'
is "$(post s.xml)" 201 "XML first"
is "$(rosa -F 'xml_submission_file=@s.xml' -F 'photo.jpg=@photo;filename=photo.jpg' -F 'stray=@photo;filename=stray.jpg' "$url/submission")" 201 "then the photo"
is "$(rosa -F 'xml_submission_file=@s.xml' -F 'audit.csv=@audit.csv' "$url/submission")" 201 "then the log"
is "$(rosa -F 'xml_submission_file=@s.xml' -F 'audit.csv=@audit.csv' "$url/submission")" 201 "the log again"
xml s2.xml uuid:split '<door>photo.jpg</door>'
is "$(rosa -F 'xml_submission_file=@s2.xml' -F 'photo.jpg=@photo' "$url/submission")" 409 "a file with other XML"

# ---- a draft ----
is "$(rosa "$base/test/$draft/formList")" 200 "a draft's list"; says '<formID>trial</formID>'; grep -q '>work<' "$work/body" && fail "more than the draft"
is "$(ask "$base/v1/test/$draft/projects/1/forms/trial/draft.xml")" 200 "a draft's form"
xml d.xml uuid:d '' 1 trial
is "$(post d.xml)" 404 "a draft's record by a device"
is "$(rosa -F 'xml_submission_file=@d.xml' "$base/test/$draft/submission")" 201 "a draft's record"
is "$(rosa -F 'xml_submission_file=@d.xml' "$base/v1/test/$draft/projects/1/forms/trial/draft/submission")" 201 "the same as Central's clients send it"
is "$(rosa "$base/test/${draft}x/formList")" 404 "no draft"

# ---- sealed ----
manifest() { printf '<data xmlns="http://opendatakit.org/submissions" id="%s" version="1" encrypted="yes"><base64EncryptedKey>QQ==</base64EncryptedKey><encryptedXmlFile>submission.xml.enc</encryptedXmlFile><base64EncryptedElementSignature>QQ==</base64EncryptedElementSignature><meta xmlns="http://openrosa.org/xforms"><instanceID>%s</instanceID><clear xmlns="urn:trefoil:clear"><field name="cluster">PSU-9</field><field name="age">SENTINEL-AGE</field></clear></meta></data>' "$1" "$2"; }
manifest child uuid:m >m.xml
is "$(rosa -F 'xml_submission_file=@m.xml' -F 'submission.xml.enc=@photo' "$url/submission")" 201 "a sealed record"
manifest work uuid:m2 >m2.xml
is "$(post m2.xml)" 400 "a sealed record of a clear form"
xml clear.xml uuid:clear '' 1 child
is "$(post clear.xml)" 400 "a clear record of a sealed form"; says sealed

# ---- requests that could be read in two ways, or not at all ----
raw() { # the status line of whatever standard input gets
    printf '%s' "$1" | timeout 10 curl -s --max-time 8 "telnet://${base#http://}" 2>/dev/null | head -n 1 | tr -d '\r'
}
crlf=$(printf '\r\n.'); crlf=${crlf%.}
head="POST /key/$token/submission HTTP/1.1${crlf}Host: x${crlf}X-OpenRosa-Version: 1.0${crlf}Content-Type: multipart/form-data; boundary=b${crlf}Connection: close${crlf}"
case "$(raw "${head}Content-Length: 5${crlf}Transfer-Encoding: chunked${crlf}${crlf}0${crlf}${crlf}")" in *" 400 "*) ;; *) fail "a length and chunks" ;; esac
case "$(raw "${head}Content-Length: 5${crlf}Content-Length: 6${crlf}${crlf}12345")" in *" 400 "*) ;; *) fail "two lengths" ;; esac
case "$(raw "${head}Transfer-Encoding: gzip, chunked${crlf}${crlf}0${crlf}${crlf}")" in *" 400 "*) ;; *) fail "an encoding" ;; esac
case "$(raw "${head}Content-Length: -5${crlf}${crlf}")" in *" 400 "*) ;; *) fail "a negative length" ;; esac
case "$(raw "${head}Content-Length: 30${crlf}${crlf}--b${crlf}garbage without a colon${crlf}")" in *" 400 "*) ;; *) fail "a malformed body" ;; esac

# ---- a network cut in mid-upload leaves nothing ----
xml gone.xml uuid:gone
{ printf '%sContent-Length: 5000%s%s--b%sContent-Disposition: form-data; name="xml_submission_file"%s%s' "$head" "$crlf" "$crlf" "$crlf" "$crlf" "$crlf"; cat gone.xml; } |
    timeout 2 curl -s --max-time 1 "telnet://${base#http://}" >/dev/null 2>&1 || true

# ---- Digest ----
printf 'a long passphrase of a person\n' >pass
"$trefoil" field person add ana --role interviewer --team T1 --country XA --digest --passphrase-fd 3 --study "$study" 3<pass >/dev/null
tries=0
until [ "$(rosa --digest -u "ana:a long passphrase of a person" "$base/formList")" = 200 ]; do
    tries=$((tries + 1)); [ $tries -lt 60 ] || fail "Digest does not let a person in"; sleep 0.1
done
says '<formID>work</formID>'
is "$(rosa --digest -u ana:wrong "$base/formList")" 401 "a wrong password"
is "$(rosa "$base/formList")" 401 "nobody"; grep -qi '^www-authenticate: digest realm=' "$work/head" || fail "no challenge"
xml p.xml uuid:p
is "$(rosa --digest -u "ana:a long passphrase of a person" -F 'xml_submission_file=@p.xml' "$base/submission")" 201 "a person's record"

# ---- many at once, from a tablet that was offline ----
k=0; while [ $k -lt 500 ]; do xml "q$k.xml" "uuid:q$k"
    printf 'next\nurl = "%s/submission"\nheader = "X-OpenRosa-Version: 1.0"\nform = "xml_submission_file=@q%s.xml"\noutput = /dev/null\nwrite-out = "%%{http_code}\\n"\n' "$url" $k; k=$((k + 1)); done | sed '1d' >many
curl -s --no-progress-meter --parallel --parallel-max 50 -K many >codes
[ "$(grep -c '^201$' codes)" = 500 ] || fail "not all of 500 got 201"

# ---- closing, closed, revoked ----
"$trefoil" field state work closing --country XA --study "$study" >/dev/null
until_is() { tries=0; until [ "$(eval "$1")" = "$2" ]; do tries=$((tries + 1)); [ $tries -lt 60 ] || fail "$3"; sleep 0.1; done; }
until_is 'rosa "$url/formList" >/dev/null; grep -c ">work<" "$work/body" || true' 0 "closing: still in the list"
xml k.xml uuid:k
is "$(post k.xml)" 201 "closing: a new record"
xml w.xml uuid:waits '<door>photo.jpg</door>'
is "$(post w.xml)" 201 "a record that waits for a file"
"$trefoil" field state work closed --country XA --study "$study" >/dev/null
xml l.xml uuid:late
until_is 'xml l.xml uuid:late-$tries; post l.xml' 409 "closed: still takes records"; says closed
is "$(post k.xml)" 201 "closed: what is here already"
is "$(rosa -F 'xml_submission_file=@w.xml' -F 'photo.jpg=@photo' "$url/submission")" 201 "closed: a file that was missing"
"$trefoil" field revoke tablet-1 --study "$study" >/dev/null
until_is 'post k.xml' 403 "revoked: still let in"

# ---- the end, the log, and what lies on the disk ----
grep -q "$token" "$work/log" && fail "the log holds a token"
grep -q 'SENTINEL' "$work/log" && fail "the log holds an answer"
grep -q ' 201 POST submission tablet-1$' "$work/log" || fail "the log lacks a line"
stop TERM
grep -rq 'SENTINEL' "$study/.trefoil" && fail "an answer lies readable on the disk"
grep -rq 'uuid:gone' "$study/.trefoil" && fail "a partial upload was kept"
[ "$(grep -aho 'uuid:q[0-9]*' "$study"/.trefoil/inbox/*.seg | sort | uniq -d | wc -l)" = 0 ] || fail "a record was stored twice"
[ "$(grep -aho 'uuid:q[0-9]*' "$study"/.trefoil/inbox/*.seg | sort -u | wc -l)" = 500 ] || fail "a record is missing"
start
is "$(post a.xml)" 403 "after a restart: revoked"
stop INT
