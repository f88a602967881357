#!/bin/sh
# The gold of ODK encryption: keys and sealed submissions made by OpenSSL's command line (seal.sh).
# Made with OpenSSL 3.0.22 25 Aug 2026 (Debian 12). RSA-OAEP is random, so another run makes other bytes
# of the same meaning. Keys, ids and answers are synthetic and protect nothing.
#
# usage: make_odk.sh        writes keys and cases beside itself
set -eu
cd "$(dirname "$0")"
openssl version
for k in key other; do
    openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out $k.pem
    openssl pkey -in $k.pem -pubout -out $k.pub.pem
done
answers() { # FORM VERSION INSTANCE EXTRA
    printf '<data xmlns:orx="http://openrosa.org/xforms" id="%s" version="%s"><age>14</age><note>%s</note><orx:meta><orx:instanceID>%s</orx:instanceID></orx:meta></data>' "$1" "$2" "$4" "$3"
}
case_() { # NAME FORM VERSION INSTANCE NOTE MEDIA…
    name=$1 form=$2 version=$3 instance=$4 note=$5
    shift 5
    rm -rf "$name"
    mkdir -p "$name/plain"
    answers "$form" "$version" "$instance" "$note" >"$name/plain/submission.xml"
    for m; do # NAME:BYTES, a file of that length
        head -c "${m#*:}" seal.sh >"$name/plain/${m%%:*}"
    done
    list=
    for m; do list="$list $name/plain/${m%%:*}"; done
    # shellcheck disable=SC2086
    sh ./seal.sh key.pub.pem "$form" "$version" "$instance" "$name" $list "$name/plain/submission.xml"
}
case_ plain child 2026112401 uuid:00000000-0000-4000-8000-000000000001 'no media'
case_ one child 2026112401 uuid:00000000-0000-4000-8000-000000000002 'one file, whole blocks' photo.jpg:64
case_ two child 2026112401 uuid:00000000-0000-4000-8000-000000000003 'Ngôi nhà ដី' photo.jpg:1000 audit.csv:15
case_ none child '' uuid:00000000-0000-4000-8000-000000000004 'no version, an empty file' empty.txt:0
# 18 files: the counter goes once round the 16 bytes of the seed and changes the first two again
many=
for k in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17; do many="$many m$k.bin:$((0x$k))"; done
# shellcheck disable=SC2086
case_ many child 2026112401 uuid:00000000-0000-4000-8000-000000000005 'eighteen files' $many
