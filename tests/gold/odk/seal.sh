#!/bin/sh
# Seal a submission as ODK Collect does, with OpenSSL's command line and nothing of ours: the other side
# of tests/keep/test_odk.c. Made and run with OpenSSL 3.0.22 (Debian 12).
#
# usage: seal.sh PUBLIC.pem FORM VERSION INSTANCE OUT MEDIA… ANSWERS.xml
#
# OUT gets xml_submission_file (the manifest) and one .enc for each file; VERSION may be "". KEY_HEX in
# the environment sets the record's key (64 hex digits) in place of a random one.
set -eu
public=$1 form=$2 version=$3 instance=$4 out=$5
shift 5
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
oaep="-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"

key=${KEY_HEX:-$(openssl rand -hex 32)}
unhex() { # hex digits as bytes
    h=$1
    while [ -n "$h" ]; do
        rest=${h#??}
        # shellcheck disable=SC2059
        printf "\\$(printf '%03o' "0x${h%"$rest"}")"
        h=$rest
    done
}
unhex "$key" >"$work/key"
# shellcheck disable=SC2086
openssl pkeyutl -encrypt -pubin -inkey "$public" $oaep -in "$work/key" | openssl base64 -A >"$work/key64"

{ printf '%s' "$instance"; cat "$work/key"; } >"$work/seed"
seed=$(openssl dgst -md5 -r "$work/seed" | cut -c1-32)
counter=0
next_iv() { # seed[counter mod 16] += 1; counter += 1
    at=$((counter % 16 * 2))
    head=$(printf '%s' "$seed" | cut -c1-$at 2>/dev/null || true)
    [ $at -gt 0 ] || head=
    byte=$(printf '%s' "$seed" | cut -c$((at + 1))-$((at + 2)))
    tail=$(printf '%s' "$seed" | cut -c$((at + 3))-)
    seed=$head$(printf '%02x' $(((0x$byte + 1) % 256)))$tail
    counter=$((counter + 1))
}
{
    printf '%s\n' "$form"
    [ -z "$version" ] || printf '%s\n' "$version"
    cat "$work/key64"
    printf '\n%s\n' "$instance"
} >"$work/text"
files='' last=''
for f; do
    name=${f##*/}
    next_iv
    size=$(wc -c <"$f")
    pad=$((16 - size % 16))
    { cat "$f"; k=0; while [ $k -lt $pad ]; do unhex "$(printf '%02x' $pad)"; k=$((k + 1)); done; } >"$work/padded"
    openssl enc -aes-256-cfb -K "$key" -iv "$seed" -in "$work/padded" -out "$out/$name.enc"
    printf '%s::%s\n' "$name" "$(openssl dgst -md5 -r "$f" | cut -c1-32)" >>"$work/text"
    [ -z "$last" ] || files="$files<file>$last.enc</file>"
    last=$name
done
openssl dgst -md5 -binary "$work/text" >"$work/digest"
# shellcheck disable=SC2086
signature=$(openssl pkeyutl -encrypt -pubin -inkey "$public" $oaep -in "$work/digest" | openssl base64 -A)
{
    printf '<?xml version="1.0" encoding="UTF-8"?>\n<data xmlns="http://opendatakit.org/submissions" id="%s"' "$form"
    [ -z "$version" ] || printf ' version="%s"' "$version"
    printf ' encrypted="yes"><base64EncryptedKey>%s</base64EncryptedKey>' "$(cat "$work/key64")"
    printf '<orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>%s</orx:instanceID></orx:meta>' "$instance"
    [ -z "$files" ] || printf '<media>%s</media>' "$files"
    printf '<encryptedXmlFile>%s.enc</encryptedXmlFile>' "$last"
    printf '<base64EncryptedElementSignature>%s</base64EncryptedElementSignature></data>\n' "$signature"
} >"$out/xml_submission_file"
