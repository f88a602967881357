#!/bin/sh
# Open a submission sealed as ODK does it, with OpenSSL's command line and nothing of ours. Made and run
# with OpenSSL 3.0.22 (Debian 12). Exit 1, and what is wrong, when a padding or the signature is.
#
# usage: open.sh PRIVATE.pem DIR OUT     DIR: xml_submission_file and the .enc files
set -eu
private=$1 dir=$2 out=$3
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
oaep="-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"
manifest=$dir/xml_submission_file
element() { tr -d '\n' <"$manifest" | sed -n "s/.*<$1>\([^<]*\)<.*/\1/p"; }
attribute() { tr -d '\n' <"$manifest" | sed -n "s/.*<data [^>]* $1=\"\([^\"]*\)\".*/\1/p"; }
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }

key64=$(element base64EncryptedKey) instance=$(element 'orx:instanceID')
form=$(attribute id) version=$(attribute version)
# shellcheck disable=SC2086
printf '%s' "$key64" | openssl base64 -d -A | openssl pkeyutl -decrypt -inkey "$private" $oaep -out "$work/key"
key=$(hex "$work/key")
{ printf '%s' "$instance"; cat "$work/key"; } >"$work/seed"
seed=$(openssl dgst -md5 -r "$work/seed" | cut -c1-32)
{
    printf '%s\n' "$form"
    [ -z "$version" ] || printf '%s\n' "$version"
    printf '%s\n%s\n' "$key64" "$instance"
} >"$work/text"
counter=0
for name in $(tr -d '\n' <"$manifest" | sed 's/<file>/\n<file>/g' | sed -n 's/^<file>\([^<]*\)<.*/\1/p') \
            "$(element encryptedXmlFile)"; do
    at=$((counter % 16 * 2))
    head=
    [ $at -eq 0 ] || head=$(printf '%s' "$seed" | cut -c1-$at)
    byte=$(printf '%s' "$seed" | cut -c$((at + 1))-$((at + 2)))
    seed=$head$(printf '%02x' $(((0x$byte + 1) % 256)))$(printf '%s' "$seed" | cut -c$((at + 3))-)
    counter=$((counter + 1))
    openssl enc -d -aes-256-cfb -K "$key" -iv "$seed" -in "$dir/$name" -out "$work/padded"
    size=$(wc -c <"$work/padded")
    pad=$(tail -c 1 "$work/padded" | od -An -tu1 | tr -d ' ')
    [ "$pad" -ge 1 ] && [ "$pad" -le 16 ] || { echo "open: the padding of $name is wrong"; exit 1; }
    head -c $((size - pad)) "$work/padded" >"$out/${name%.enc}"
    printf '%s::%s\n' "${name%.enc}" "$(openssl dgst -md5 -r "$out/${name%.enc}" | cut -c1-32)" >>"$work/text"
done
# shellcheck disable=SC2086
element base64EncryptedElementSignature | openssl base64 -d -A | openssl pkeyutl -decrypt -inkey "$private" $oaep -out "$work/signed"
openssl dgst -md5 -binary "$work/text" | cmp -s - "$work/signed" || { echo "open: the signature does not fit"; exit 1; }
