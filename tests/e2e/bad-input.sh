#!/bin/sh
# Bad input gives one clear message (what, where, what to do) and exit status 2, and the study folder is
# as it was. usage: bad-input.sh path/to/trefoil
set -u
trefoil=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
refused() { # name, words that must stand in the message, command…
    name=$1 words=$2
    shift 2
    before=$(cd "$study" && find . -type f -exec cksum {} + | LC_ALL=C sort)
    "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    after=$(cd "$study" && find . -type f -exec cksum {} + | LC_ALL=C sort)
    cat "$work/out" "$work/err" >"$work/both"
    if [ "$status" -ne 2 ]; then echo "$name: exit status $status, not 2"; cat "$work/both"; bad=1; fi
    if ! grep -qE -- "$words" "$work/both"; then echo "$name: no '$words' in:"; cat "$work/both"; bad=1; fi
    if [ "$before" != "$after" ]; then echo "$name: the study folder changed"; bad=1; fi
}
study="$work/study"
"$trefoil" demo "$study" >/dev/null || exit 1
keep_copy() { rm -rf "$work/copy"; cp -a "$study" "$work/copy"; study_saved=$study; study="$work/copy"; }
restore() { study=$study_saved; }

# ---- data files for the estimator
printf 'w,s,p,y\n1,1,1,1\n1,1,2,0\n1,1,3,"0\n' >"$work/quote.csv"
refused "broken quote" 'quote\.csv:4:' "$trefoil" measure estimate --data "$work/quote.csv" --weight w --var y
printf 'w,y\n1,1\n1,\3770\n' >"$work/byte.csv"
refused "stray byte" 'byte\.csv:3:3' "$trefoil" measure estimate --data "$work/byte.csv" --weight w --var y
printf 'w,y\n1,1\n0,0\n1,1\n' >"$work/zero.csv"
refused "weight of zero" 'weight' "$trefoil" measure estimate --data "$work/zero.csv" --weight w --var y
printf 'w,y\n1,1\n-2,0\n1,1\n' >"$work/negative.csv"
refused "negative weight" 'weight' "$trefoil" measure estimate --data "$work/negative.csv" --weight w --var y
printf 'w,y\n1,1\n,0\n1,1\n' >"$work/missing.csv"
refused "missing weight" 'weight' "$trefoil" measure estimate --data "$work/missing.csv" --weight w --var y
printf 'w,s,p,y\n1,1,1,1\n1,2,2,0\n1,2,3,1\n' >"$work/lonely.csv"
refused "stratum with one PSU" 'PSU' "$trefoil" measure estimate --data "$work/lonely.csv" --weight w --stratum s --psu p --var y
refused "unknown variable" 'yy' "$trefoil" measure estimate --data "$work/lonely.csv" --weight w --var yy
refused "bad condition" 'character [0-9]' "$trefoil" measure estimate --data "$work/lonely.csv" --weight w --var y --where 'y = = 1'
printf '$FL2@(#) SPSS DATA FILE' >"$work/short.sav"
refused "truncated .sav" 'short\.sav' "$trefoil" measure estimate --data "$work/short.sav" --weight w --var y
head -c 3000 /dev/zero >"$work/zeros.sav"
refused "hostile .sav" 'zeros\.sav' "$trefoil" measure estimate --data "$work/zeros.sav" --weight w --var y
refused "no such file" 'nothing\.csv' "$trefoil" measure estimate --data "$work/nothing.csv" --weight w --var y
refused "unknown option" '--weight' "$trefoil" measure estimate --data "$work/zero.csv" --wieght w --var y
refused "unknown command" 'measure' "$trefoil" measur

# ---- the study's own files
keep_copy
printf 'colour: blue\n' >>"$study/study.yaml"
refused "unknown key" 'study\.yaml:[0-9]+:[0-9]+.*colour' "$trefoil" check "$study"
restore; keep_copy
sed -i 's/^  - code: XB/  - code: XA/' "$study/study.yaml"
refused "country twice" 'XA' "$trefoil" check "$study"
restore; keep_copy
sed -i '0,/^unit:/s/^unit:.*//' "$study/threats/"*.yaml
refused "series without a unit" 'unit' "$trefoil" check "$study"
restore

# ---- keys, claims and texts, on a study that has been built
"$trefoil" tell report XA --study "$study" >/dev/null 2>"$work/err" || { cat "$work/err"; exit 1; }
refused "sum across units" 'unit differs' "$trefoil" harmonise sum cybertips police --country XA --periods 2019 --study "$study"
refused "comparison across units" 'unit differs' "$trefoil" harmonise compare police hotline --country XA --periods 2019 --study "$study"
refused "sum over a missing cell" 'is missing' "$trefoil" harmonise sum police_tech --country XA --periods 2018,2019,2020 --study "$study"
keep_copy
chmod 644 "$study/.trefoil/vault.key"
refused "key open to others" 'vault\.key' "$trefoil" tell report XA --study "$study"
restore; keep_copy
chmod 600 "$study/.trefoil/vault.key"
size=$(stat -c %s "$study/.trefoil/vault.key")
head -c "$size" /dev/zero | tr '\0' 'a' >"$study/.trefoil/vault.key"
refused "wrong key" 'key' "$trefoil" tell report XA --study "$study"
restore; keep_copy
text=$(ls "$study"/report/en/*.md | head -n 1)
printf '\nA share of {{ est nothing.here }} of children.\n' >>"$text"
refused "unknown indicator" "$(basename "$text"):[0-9]+:[0-9]+" "$trefoil" tell report XA --study "$study"
restore

# ---- a full disk: files may not grow, the old report stands
keep_copy
mkdir "$work/full"
( ulimit -f 1; trap '' XFSZ; "$trefoil" tell report XA --study "$study" --out "$work/full" ) >"$work/out" 2>"$work/err"
[ $? -eq 2 ] || { echo "full disk: not status 2"; cat "$work/err"; bad=1; }
[ -z "$(find "$work/full" -name 'report.*' -size +0)" ] || { echo "full disk: half a report was written"; ls -la "$work/full"; bad=1; }
restore

# ---- ^C in the middle leaves everything readable
keep_copy
rm -rf "$study/.trefoil"
"$trefoil" tell report XB --study "$study" --progress=json >"$work/out" 2>"$work/progress" &
child=$!
until [ -s "$work/progress" ] || ! kill -0 $child 2>/dev/null; do :; done
kill -INT $child 2>/dev/null
wait $child
"$trefoil" tell report XB --study "$study" >/dev/null 2>"$work/err" || { echo "after ^C the study cannot be built"; cat "$work/err"; bad=1; }
"$trefoil" keep verify --study "$study" >/dev/null 2>"$work/err" || { echo "after ^C the vault is damaged"; cat "$work/err"; bad=1; }
restore
exit $bad
