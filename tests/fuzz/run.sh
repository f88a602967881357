#!/bin/sh
# Build each fuzz target with clang (fuzzer, address, undefined) in build/fuzz/ and run it for
# FUZZ_SECONDS (10) on a small corpus made here. Names of targets may be given: run.sh csv yaml.
# A finding stops the run and leaves its input in build/fuzz/found/.
set -eu
cd "$(dirname "$0")/../.."
seconds=${FUZZ_SECONDS:-10}
cc=${FUZZ_CC:-clang-14}
command -v "$cc" >/dev/null || cc=clang
out=build/fuzz
libs=$(pkg-config --libs libsodium libcrypto libxml-2.0 libzip xlsxwriter jansson yaml-0.1 \
    libcmark-gfm harfbuzz harfbuzz-subset icu-uc icu-i18n zlib libmicrohttpd libqrencode)
libs="$libs -lreadstat -lRmath -lcmark-gfm-extensions -lm -lpthread"
mkdir -p $out/found

seed() { # seed TARGET NAME FORMAT: a file of the corpus
    mkdir -p "$out/corpus/$1"
    # shellcheck disable=SC2059
    printf -- "$3" >"$out/corpus/$1/$2"
}
seed csv plain 'a,b\n1,x\n2,"y ""q"" z"\n'
seed csv odd '\357\273\277a,b\r\n\r\n"",""\r\n007,1e3'
seed csv broken 'a,b\n1,"x\n2,3\n'
seed csv bytes 'a,b\n\377,\000\n'
seed yaml study 'title: A study\ncountries: [XA, XB]\nages:\n  - from: 8\n    to: 17\n'
seed yaml quotes 'a: "x\\n\\u00e9"\nb: |\n  text\n  more\nc: >-\n  folded\n'
seed yaml refused 'a: &x 1\nb: *x\nc: !!str 1\n---\nd: 2\n'
seed import number 'TFI1T\001\000\000\000\002\000\000\000\000\000\000\000\000\000\000\000\001\000\000\000a\000\000\000\000\000\000\000\000\000\001\000\000\000\000\000\000\000\000\000\042\100\000\000\000\000\000\000\000\000\000\000\360\077\001\000\000\000\000\000\370\177END.'
seed import text 'TFI1T\001\000\000\000\002\000\000\000\000\000\000\000\000\000\000\000\001\000\000\000a\000\000\000\000\001\000\000\000\000\004\000\000\000\000\000\000\000ab\000\000END.'
seed import labels 'TFI1T\000\000\000\000\000\000\000\000\000\000\000\000\001\000\000\000\001\001\000\000\000\000\000\000\000\000\000\360\077\001\000\000\000x\001\000\000\000yEND.'
seed import error 'TFI1E\002\000\000\000\003\000\000\000bad'
seed xlsx sheet '1<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1"><v>1.5</v></c></row></sheetData></worksheet>'
seed xlsx inline '1<worksheet><sheetData><row><c t="inlineStr"><is><r><t>a_x000D_</t></r><rPh><t>b</t></rPh></is></c><c t="b"><v>1</v></c></row></sheetData></worksheet>'
seed xlsx doctype '1<!DOCTYPE a [<!ENTITY b "c">]><worksheet><sheetData/></worksheet>'
seed xlsx raw '2PK\003\004'

# files TARGET FIRST FILE…: the beginnings of files of the demo, each after the byte that chooses
files() {
    t=$1 first=$2
    shift 2
    mkdir -p "$out/corpus/$t"
    for f; do
        [ -f "$f" ] || continue
        { printf '%s' "$first"; head -c 4000 "$f"; } >"$out/corpus/$t/demo-$first$(echo "$f" | tr / -)"
    done
}
seed where compare 'age >= 14 and q2 in (1, 3) and not missing(area)'
seed where text '(area = "urban" or area != "rural") and not age <> 2'
seed where broken 'q2 in (1, 3 or (age = "x'
files recipe '' demo/study/*/*.recipe.yaml
files claims '' demo/study/findings/*.md
seed claims exp '---\nid: F1\nkind: finding\ntitle: A title\nstrands: [children]\nlinks:\n  - {figure: "exp.exp_a", relation: SUPPORTS}\n  - {quote: Q-XA-01, relation: QUALIFIES}\n  - {law: L-XA-01, relation: CONTRADICTS}\n---\n\nBody.\n'
seed claims convergence '---\nid: C1\nkind: convergence\ntheme: t\ntitle: A title\ntogether: agree\nchildren: "{{ est exp.exp_a }}"\nthreats: "{{ count police.total 2019 }}"\n---\n'
seed claims recommendation '---\nid: I1\nkind: insight\ncountries: [XA]\ntitle: Of those aged 12–17\nbig: "exp.exp_a fmt=pct0"\n---\n'
files text '' demo/study/report/en/*.md
seed text numbers '# A {#a}\n\n{{ est exp.exp_a sex=girls }} and {{ count cybertips.total 2016 }}, {{ quote Q-XC-01 }} {{ law L-XC-03 }}[^1].\n\n[^1]: {{ est told.none }}\n'
seed text fences '::: figure exp\nkind: bar\n:::\n\n```figure\nexp\n```\n\n{{ if exp.exp_a sex=girls > exp.exp_a sex=boys }}x{{ end }}\n\n| a | b |\n|---|---|\n| 1 | {{ est freq.b1.2 }} |\n'
seed frame plain 'psu,stratum,region,area,households,excluded,reason\nP1,S1,R,urban,10,,\nP2,S1,R,rural,20,,\nP3,S2,R,urban,1e6,0,\nP4,S2,R,rural,1,0,\nP5,S2,R,rural,7,1,access\n'
seed frame tiny 'psu,stratum,region,area,households\nP1,S,R,urban,5e-324\nP2,S,R,urban,1e308\n'
seed contacts plain 'psu,door,visits,outcome\nP1,1,1,complete\nP1,2,3,no_contact\nP1,3,1,refused_caregiver\nP2,1,,complete\n'
seed transcript talk '1language: en\nINTERVIEWER: a\nPARTICIPANT: b\nmore\n\nPARTICIPANT: Ngôi nhà\n'
files transcript 1 demo/study/_make/transcripts/*
files transcript 2 demo/study/context/codebook.csv
files transcript 3 demo/study/context/X?/participants.csv
files transcript 4 demo/study/context/X?/legal*.csv
files study 0 demo/study/study.yaml src/ask/template/study.yaml
files study 1 demo/study/indicators.yaml
seed part sums 'trefoil-part\t1\nrecipe\tr.yaml\tx\tdata: a.csv\\ndesign: {weight: w, strata: [h], psu: [i], nest: true, lonely_psu: adjust}\\nestimates:\\n  - {id: a, stat: prop, vars: [q]}\\n  - {id: b, stat: mean, vars: [x], by: [s]}\ndata\ta.csv\ty\ndesign\tt\tpsu\t1\t0\nstratum-key\th\t1\npsu-key\ti\t1\nstratum\t0\t2\t\\-\t1\npsu\t0\t1\t1\npsu\t0\t1\t2\nestimate\ta\tprop\t-3\ndomain\nvar\tq\t\\-\t0\tcodes\ncategory\t1\tyes\ncategory\t2\t\\-\nsums\t0\t0\t1\t0:1:ff\nsums\t1\t0\t1\t1:1:a0\nsquares\t0\t0\t1f\nestimate\tb\tmean\t-3\nby\ts\t0\ndomain\tx\t\\-\nvar\tx\tlabel\t0\tnumber\nnumber\t0\t0\tf0\tff\t1\t2.5\nvalue\t0\t1\t0\t1\t80\t-a0\t0\t0\t0\nsums\t1\t0\t1\nend\n'
seed xlsform markdown '1| survey | | | | |\n| | type | name | label::English (en) | hint |\n| | begin repeat | r | R | |\n| | select_one yn or_other | q1 | Q | H |\n| | integer | age | ${q1} | |\n| | end repeat | | | |\n| choices | | | |\n| | list_name | name | label |\n| | yn | y | Yes |\n| settings | |\n| | form_id |\n| | f |\n'
seed xlsform columns '1| survey | | | | | | | |\n| | type | name | label | relevant | constraint | calculation | default | parameters | choice_filter | trigger | repeat_count | appearance | required | save_to | media::image |\n| | range | n | N | ${t}=1 | . > 1 | | 5 | start=1 end=9 step=0.5 | | | | vertical | yes | | a.png |\n| | calculate | t | | | | 1+1 | | | | ${n} | | | | p | |\n| | geopoint | g | G | | | | | capture-accuracy=5 | | | | | | | |\n| | select_multiple_from_file a.csv | s | S | | | | | randomize=true seed=3 value=v label=l | a=${n} | | | minimal | | | |\n| | audit | | | | | | | track-changes=true | | | | | | | |\n| entities | | | |\n| | list_name | label | entity_id | update_if |\n| | e | ${n} | ${t} | true() |\n'
seed xlsform csv '0survey\n,type,name,label\n,text,q,"a ""b"""\nsettings\n,form_id\n,x\n'
seed xlsform folder '2type;name;label\ntext;q;Q\nnote;n;"${q}"\n'
seed xlsform sheet '3<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>type</t></is></c><c r="B1" t="inlineStr"><is><t>name</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>text</t></is></c><c r="B2" t="inlineStr"><is><t>q</t></is></c></row></sheetData></worksheet>'
{ printf 4; cat tests/ask/old.xls; } >$out/corpus/xlsform/old
seed custody keyring '{"trefoil_keyring":1,"custodians":[{"name":"ana","role":"custodian","strand":"","countries":["XA"],"public":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}],"keys":[{"name":"register.db","need":1,"boxes":[]}],"seal":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}'
seed custody escrow '1TFESC1\n\000\011\000\000\000vault.key\003\000\000\000abc'
seed custody list '2trefoil-backup-1\n3 abc\n0000000000000000000000000000000000000000000000000000000000000000 12 vault/XA-children-response.db\nsigned AAAA\n'
seed custody consent '3trefoil-consent-1\ncountry XA\nparticipant a\nkind assent\nswitch audio yes\nsignature AAAA\n'
seed custody sealed '4TFSEAL1\n\012keys/inbox'
seed options plain '--by\nsex\nword\n--deep\n--by-all=x\n--\n--by\n'

targets=$*
if [ -z "$targets" ]; then
    for f in tests/fuzz/fuzz_*.c; do
        name=${f##*/fuzz_}
        targets="$targets ${name%.c}"
    done
fi
base=$(for f in base/*.c; do echo "$out/${f%.c}.o"; done)
# Built once, quietly; only what a compiler says is heard.
# shellcheck disable=SC2086,SC2046
make -s -j2 VARIANT=fuzz CC="$cc" EXTRA=-Wno-double-promotion $out/libtrefoil.a \
    $(for t in $targets; do echo "$out/tests/fuzz/fuzz_$t.o"; done) >/dev/null
for t in $targets; do
    # A target of the ground needs the ground only; one of a room the whole library.
    if grep -q '^#include "[a-z]*/' "tests/fuzz/fuzz_$t.c" &&
        grep '^#include "[a-z]*/' "tests/fuzz/fuzz_$t.c" | grep -qv '"base/'; then
        need=$out/libtrefoil.a
    else
        need="$base $out/sqlite3mc.o"
    fi
    # shellcheck disable=SC2086
    "$cc" -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o "$out/fuzz_$t" \
        "$out/tests/fuzz/fuzz_$t.o" $need $libs
    mkdir -p "$out/corpus/$t"
    log=$out/fuzz_$t.log
    if "$out/fuzz_$t" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2500 -print_final_stats=1 \
        -artifact_prefix="$out/found/$t-" "$out/corpus/$t" >"$log" 2>&1; then
        echo "fuzz $t: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, none found wanting"
    else
        tail -n 40 "$log"
        echo "fuzz $t: FAILED, see $log"
        exit 1
    fi
done
rm -rf /tmp/trefoil-fuzz-??????
