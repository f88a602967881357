#!/bin/sh
# The two walks of docs/TOUR.md run as they stand there: files are written (a block of yaml with a name),
# commands run in their order, and the lines shown come in the answer in that order ("…": others lie
# between, or none of it is shown). usage: tour.sh path/to/trefoil
set -u
trefoil=$(realpath "$1")
page=$(realpath "$(dirname "$0")/../../docs/TOUR.md")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0 n=0 kind= command=
settle() {
    [ -n "$command" ] || return 0
    n=$((n + 1))
    sh -c "trefoil() { \"$trefoil\" \"\$@\"; }; $command" >"$work/.got" 2>&1 </dev/null ||
        { echo "'$command' does not run: $(cat "$work/.got")"; bad=1; }
    awk 'NR == FNR { if ($0 != "…") want[++m] = $0; else free = 1; next }
         k < m && $0 == want[k + 1] { k++; next }
         { other = 1 }
         END { if (k < m) { print "the answer has no line: " want[k + 1]; exit 1 }
               if (other && !free) { print "the answer has lines that the page does not show"; exit 1 } }' \
        "$work/.shown" "$work/.got" || { echo "  after '$command'"; bad=1; }
    command=
}
while IFS= read -r line; do
    case "$kind:$line" in
    :'```yaml '*) kind=yaml file=${line#???yaml }; : >"$file" ;;
    :'```console') kind=console ;;
    yaml:'```') kind= ;;
    console:'```') settle; kind= ;;
    yaml:*) printf '%s\n' "$line" >>"$file" ;;
    console:'$ '*) settle; command=${line#??}; : >"$work/.shown" ;;
    console:*) printf '%s\n' "$line" >>"$work/.shown" ;;
    esac
done <"$page"
[ "$n" -ge 14 ] || { echo "only $n commands were found"; exit 1; }
exit $bad
