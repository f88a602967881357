#!/bin/sh
# A survey is drawn from frame to weights with the program alone: plan, check, PSUs, segments, walk,
# households, Kish sheets, one child and one caregiver, the screened roster. Same name, same bytes; a
# set is written whole or not at all; what is wrong is told with file, line and column.
# usage: draw.sh path/to/trefoil
set -u
trefoil=$(realpath "$1")
here=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0
fail() { echo "draw: $1"; bad=1; }
runs() { "$trefoil" draw "$@" >out 2>err || { fail "'draw $*' ends with $?"; cat err; }; }
refuses() { # CODE TEXT ARGUMENTS…
    code=$1 text=$2
    shift 2
    "$trefoil" draw "$@" >out 2>err
    got=$?
    [ "$got" -eq "$code" ] || fail "'draw $*' ends with $got, not $code"
    grep -qF -- "$text" err || { fail "'draw $*' does not say '$text'"; cat err; }
}

# a frame of 90 PSUs in three strata, with places and an auxiliary column
awk 'BEGIN{print "psu,stratum,region,area,households,lat,lon,wealth,excluded,reason"
    for (i = 1; i <= 90; i++) printf "P%02d,S%d,R%d,%s,%d,%d.25,%d.5,%d,%d,%s\n", i, i % 3, i % 3,
        i % 2 ? "urban" : "rural", 60 + (i * 37) % 140, i % 10, i % 30, (i * 7) % 11,
        (i > 86), (i > 86 ? (i > 88 ? "floods" : "security") : "")}' >frame.csv

# how many
runs plan --share 0.1 --margin 0.03 --icc 0.05 --take 10 --response 0.8 --eligibility 0.2
grep -q '^| \*\*PSUs\*\* | 56 |' out || fail "the plan counts other PSUs"
runs plan --share 0.1 --compare 0.15 --power 0.8 --json
grep -q '"groups"' out || fail "the plan of a comparison has no groups"
printf 'stratum,size,share\nA,6000,0.1\nB,3000,0.4\n' >strata.csv
runs plan --share 0.2 --interviews 900 --strata strata.csv --allocation neyman
grep -q '^| A | 6,000 |' out || fail "the plan has no strata"
refuses 2 'one thing' plan --share 0.1 --margin 0.02 --interviews 10
refuses 2 '--share' plan --margin 0.02

# is the frame fit
runs check --frame frame.csv --take 10
runs coverage --frame frame.csv
grep -q '^floods,2,' out || fail "coverage does not count the floods"
sed '5s/,[0-9]*,4.25/,,4.25/' frame.csv >holed.csv
refuses 2 'holed.csv:5:17' sample --frame holed.csv --psus 12 --seed a
"$trefoil" draw check --frame holed.csv >out 2>err && fail "a frame with a hole passes"
grep -q 'holed.csv:5:17: error: households is missing' out || fail "the hole is not named"

# PSUs: the same name gives the same bytes, by every method
for method in pps_systematic srs systematic systematic_random pps_random sampford tille maxent brewer \
    cube pps_wr; do
    runs sample --frame frame.csv --psus 12 --seed XA --method $method
    mv out once
    runs sample --frame frame.csv --psus 12 --seed XA --method $method
    cmp -s out once || fail "$method draws another sample for the same name"
    awk -F, 'NR > 1 {n += $7; if ($6 <= 0 || $6 > 1) bad = 1} END {exit !(n == 12 && !bad)}' out ||
        fail "$method: not 12 selections with probabilities"
done
runs sample --frame frame.csv --psus 12 --seed XA --method cube --balance wealth,households
runs sample --frame frame.csv --psus 12 --seed XA --method sampford --json --joint
grep -q '"joint"' out || fail "--json --joint gives no pairs"
refuses 2 "did you mean sampford" sample --frame frame.csv --psus 12 --seed XA --method samford
refuses 2 "--balance is for" sample --frame frame.csv --psus 12 --seed XA --balance wealth

# the set
runs sample --frame frame.csv --psus 12 --seed XA --method sampford --joint --reserve 2 --take 8 --out set
for f in sample.csv allocation.csv coverage.csv joint.csv reserve.csv map.csv map.geojson sheets.html \
    report.md; do
    [ -s "set/$f" ] || fail "the set has no $f"
done
[ "$(head -n 1 set/joint.csv | tr ',' '\n' | wc -l)" -eq 13 ] || fail "joint.csv is not square"
refuses 2 'exists already' sample --frame frame.csv --psus 12 --seed XA --out set
runs sample --frame frame.csv --psus 12 --seed XA --out set --replace
[ ! -e set/joint.csv ] || fail "the replaced set keeps an old file"
[ ! -e set.part ] && [ ! -e set.old ] || fail "something is left beside the set"
if command -v xmllint >/dev/null; then
    xmllint --html --noout set/sheets.html 2>err || fail "the sheets are not HTML"
fi

# the pairs are what `measure` reads: the total of the measure of size is met exactly
cat >pairs.yaml <<'END'
data: first/sample.csv
design: {weight: w_psu, psu: [psu], strata: [stratum], pps: {joint: first/joint.csv}, variance: ht}
estimates:
  - {id: t, stat: total, vars: [households]}
END
runs sample --frame frame.csv --psus 24 --seed XA --method sampford --joint --out first
"$trefoil" measure run pairs.yaml --json >out 2>err || { fail "measure does not read the pairs"; cat err; }
want=$(awk -F, '$1 == "could be sampled" {print $3}' first/coverage.csv)
awk -v want="$want" -F'[:,]' '/"estimate"/ {d = $2 - want; ok = d < 1e-6 && d > -1e-6} END {exit !ok}' out ||
    fail "the estimate of the households is not $want"
awk -F'[:,]' '/"se"/ {ok = $2 > 0} END {exit !ok}' out || fail "the total has no standard error"

# within the PSUs
runs segments --sample set/sample.csv --standard 100 --seed XA
awk -F, 'BEGIN{print "psu,segment,households"} NR > 1 {h = int($5 / 2)
    print $1 ",1," h; print $1 ",2," $5 - h}' set/sample.csv >counted.csv
runs segments --segments counted.csv --seed XA
mv out segments.csv
runs walk --sample set/sample.csv --grid 8 --doors 20 --interval 3 --seed XA
runs kish --sample set/sample.csv --sheets 12 --seed XA
[ "$(wc -l <out)" -eq 145 ] || fail "not 12 sheets in 12 PSUs"
# the drawn segment of each PSU is listed
awk -F, 'NR > 1 {for (i = 1; i <= $4; i++) print $1 "," $1 "-H" i}' segments.csv | sed '1i psu,household' >listing.csv
runs households --listing listing.csv --sample set/sample.csv --take 8 --seed XA
mv out households.csv
awk -F, 'BEGIN{print "psu,household,person,role,sex,age,internet"}
    NR > 1 {n = split($2, h, "H"); for (i = 1; i <= h[n] % 4; i++)
        printf "%s,%s,%d,child,%d,%d,%d\n", $1, $2, i, i % 2 + 1, 11 + (i * 5 + h[n]) % 8, i % 2
        printf "%s,%s,9,caregiver,2,40,1\n", $1, $2}' households.csv >roster.csv
for rule in random kish; do
    runs dyads --roster roster.csv --rule $rule --seed XA
    [ "$(wc -l <out)" -gt 30 ] || fail "$rule draws too few children"
done
runs roster --roster roster.csv --sample set/sample.csv --households households.csv --segments segments.csv --ages 12-17
head -n 1 out | grep -q '^stratum,psu,household,person,sex,age,internet,children,p_psu,p_segment,p_household,p_person,weight$' ||
    fail "the roster has other columns: $(head -n 1 out)"
# with equal takes the children of each household carry 1 / (p p p); the sum estimates all children of the age
awk -F, 'NR > 1 {w = 1 / ($9 * $10 * $11); if (w / $13 > 1.0000001 || w / $13 < 0.9999999) bad = 1; n++}
    END {exit bad || n < 30}' out || fail "the roster's weights are not the inverse of the probabilities"
{ cat roster.csv; echo 'P99,H1,1,child,1,13,1'; } >strange.csv
refuses 2 "strange.csv:$(wc -l <strange.csv):1" roster --roster strange.csv --sample set/sample.csv --households households.csv
refuses 2 'say what to draw' houses

# docs/DRAW.md: its files, its commands, its answers ("…": the rest is not shown, or what stood before)
page=$(dirname "$0")/../../docs/DRAW.md
case $page in /*) ;; *) page=$here/$page ;; esac
mkdir page && cd page || exit 1
n=0 kind= command=
settle() { # compare the last command's answer with what the page shows
    [ -n "$command" ] || return 0
    n=$((n + 1))
    sh -c "trefoil() { \"$trefoil\" \"\$@\"; }; $command" >got 2>&1 </dev/null || fail "the page's '$command' does not run: $(cat got)"
    lines=$(wc -l <shown)
    case "$(head -n 1 shown)" in "…") tail -n +2 shown >want; tail -n $((lines - 1)) got >part ;;
    *) case "$(tail -n 1 shown)" in "…") sed '$d' shown >want; head -n $((lines - 1)) got >part ;;
        *) cp shown want; cp got part ;; esac ;; esac
    cmp -s want part || { fail "the page's '$command' answers otherwise"; diff want part | head -n 5; }
    command=
}
while IFS= read -r line; do
    case "$kind:$line" in
    :'```csv '*) kind=csv file=${line#???csv }; : >"$file" ;;
    :'```console') kind=console ;;
    csv:'```') kind= ;;
    console:'```') settle; kind= ;;
    csv:*) printf '%s\n' "$line" >>"$file" ;;
    console:'$ '*) settle; command=${line#??}; : >shown ;;
    console:*) printf '%s\n' "$line" >>shown ;;
    esac
done <"$page"
[ "$n" -ge 18 ] || fail "only $n examples were found in docs/DRAW.md"
exit $bad
