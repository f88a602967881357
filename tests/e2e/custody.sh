#!/bin/sh
# Custody, as people do it: custodians, unlocking by roles, survivors' words by two of three, new keys,
# backup and restore, withdrawal, retention, the ledger's head. usage: custody.sh path/to/trefoil
set -u
trefoil=$(realpath "$1")
work=$(mktemp -d)
study="$work/study"
trap '"$trefoil" keep lock --study "$study" >/dev/null 2>&1; rm -rf "$work"' EXIT
bad=0
say() { echo "custody: $*"; bad=1; }
ok() { "$@" >"$work/out" 2>&1 </dev/null || { say "failed: $*"; cat "$work/out"; }; }
refused() { # words, command…
    words=$1; shift
    if "$@" >"$work/out" 2>&1 </dev/null; then say "not refused: $*"; fi
    grep -qE -- "$words" "$work/out" || { say "no '$words' from: $*"; cat "$work/out"; }
}
keep() { part=$1; shift; "$trefoil" keep "$part" "$@" --study "$study"; }
cd "$work" || exit 1
"$trefoil" demo "$study" >/dev/null || exit 1
for who in ana ben chi; do ok "$trefoil" keep make-key "$who.key"; done
unlock() { ok keep unlock --as "$1" --key-file "$1.key" --purpose "a test" ${2:+--open "$2"}; }

# ---- a rehearsal becomes a study with custodians
ok keep import "$study/children/XA/child.csv" --as child --country XA
before=$(keep list)
ok keep rekey
[ "$(keep list)" = "$before" ] || say "rekeying changed what is kept"
ok keep verify
printf 'one for us both\none for us both\n' >both
refused "ben and chi were given the same passphrase" sh -c '"$0" keep init ben chi --passphrase-fd 3 --study "$1" 3<both' "$trefoil" "$study"
ok keep init ana=ana.key
[ -e "$study/.trefoil/vault.key" ] && say "the machine's key is still there"
refused "locked" keep list
refused "not the key of ana|no key file" keep unlock --as ana --key-file ben.key --purpose x
refused "say what for" keep unlock --as ana --key-file ana.key
unlock ana
[ "$(keep list)" = "$before" ] || say "custodians changed what is kept"
ok keep verify
mode=$(stat -c %a "$study/.trefoil/agent.sock")
[ "$mode" = 600 ] || say "the agent's socket has mode $mode"
pid=$(fuser "$study/.trefoil/agent.sock" 2>/dev/null | tr -d ' ')
if [ -n "$pid" ]; then
    grep -q '^CoreDumping:[[:space:]]*0' "/proc/$pid/status" || say "the agent may leave a core"
fi

# ---- roles
ok keep add-custodian ben=ben.key
printf 'correct horse battery\ncorrect horse battery\n' >pass
ok sh -c '"$0" keep add-custodian dora --role author --passphrase-fd 3 --study "$1" 3<pass' "$trefoil" "$study"
ok keep lock
printf 'wrong horse battery\n' >wrong
refused "passphrase" sh -c '"$0" keep unlock --as dora --purpose x --passphrase-fd 3 --study "$1" 3<wrong' "$trefoil" "$study"
ok sh -c '"$0" keep unlock --as dora --purpose x --passphrase-fd 3 --study "$1" 3<pass' "$trefoil" "$study"
refused "holds no key" keep export child --country XA --as csv -o "$work/child.csv"
ok keep lock

# ---- backup, loss of the machine, restore from backup and escrow copy
unlock ana
mkdir escrow
ok keep backup --keys escrow
ok keep backup backup1
grep -q "trefoil-backup-1" backup1/backup.list || say "no list in the backup"
find backup1 -name '*.key' -o -name '*.sealed' -o -name keyring | grep . && say "a key is in the backup"
head=$(keep ledger --head)
ok keep ledger --check "$head"
ok keep lock
cp -a "$study" other
rm -rf other/.trefoil
study_was=$study; study="$work/other"
refused "locked" keep restore backup1 --from-keys escrow
unlock ana
ok keep restore backup1
[ "$(keep list)" = "$before" ] || say "the restored study is another"
ok keep verify
ok keep lock
study=$study_was

# ---- a damaged backup, an older one, a rolled-back ledger
unlock ana
cp -a backup1 damaged
printf x >>damaged/vault/XA-children-response.db
refused "damaged" keep restore damaged
ok keep import "$study/children/XB/child.csv" --as child --country XB
refused "newer" keep restore backup1
ok keep backup backup2
cp -a backup1/register.db "$study/.trefoil/register.db"
refused "earlier state" keep verify
ok keep restore backup2
ok keep verify
refused "signature" keep ledger --check "$(echo "$head" | sed 's/ [0-9]* / 9999 /')"

# ---- withdrawal: here and in last week's backup
code=$(sed -n '2p' "$study/children/XA/child.csv" | cut -d, -f1)
ok keep withdraw "$code" --country XA --reason "asked to"
grep -q "still holds the code" "$work/out" || say "the imported file was not named"
ok keep export child --country XA --as csv -o after.csv --purpose "a test"
grep -q "$code" after.csv && say "the participant is still there"
ok keep restore backup2 --older
ok keep export child --country XA --as csv -o again.csv --purpose "a test"
grep -q "$code" again.csv && say "last week's backup brought the participant back"
[ "$(wc -l <after.csv)" = "$(wc -l <again.csv)" ] || say "others went with them"
ok keep verify

# ---- retention and removal
sed -i 's/^retention:$/&\n  - {id: early, purpose: response, strand: children, until: 2020-12-31, countries: [XB]}/' "$study/study.yaml"
ok keep retention --on 2020-01-01
grep -q "yes" "$work/out" && say "due too early"
ok keep retention --on 2021-01-01 --destroy
[ -e "$study/.trefoil/vault/XB-children-response.db" ] && say "what was due is still there"
unlock ana
refused "newer|no key|not signed|does not open" keep restore backup2
ok keep remove-custodian ben
ok keep verify
ok keep lock
refused "no custodian" keep unlock --as ben --key-file ben.key --purpose x

# ---- no release leaves while an approval is missing or lapsed
unlock ana
ok "$trefoil" tell report XA --study "$study" --out "$work/XA"
sed -i '/id: national_xa/s/status: granted/status: lapsed/' "$study/study.yaml"
refused "national_xa.*lapsed" "$trefoil" protect release XA --study "$study"
refused "national_xa.*lapsed" "$trefoil" tell report XA --study "$study"
sed -i '/id: national_xa/d' "$study/study.yaml"
refused "no national body" "$trefoil" tell report XA --study "$study"
exit $bad
