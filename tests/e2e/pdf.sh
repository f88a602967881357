#!/bin/sh
# The outside tools' opinion of a report: tests/e2e/pdf.sh report.pdf [texts.txt]
#
# qpdf: the file is sound. pdfinfo: tagged, titled, its structure readable. pdffonts: every font is
# embedded, subset, with its text. pdftotext: no stray mark stands for a letter; and each
# line of texts.txt (a paragraph as written) comes back whole, line breaks aside.
# Exit 0 when all is well, 1 on any fault, 77 when a tool is missing (skipped).
# Given the program instead of a PDF (as tests/run.sh does), it looks at the press's sample report.
set -u
pdf=${1:?usage: tests/e2e/pdf.sh report.pdf [texts.txt]}
texts=${2:-}
for tool in qpdf pdfinfo pdffonts pdftotext perl; do
    command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
faults=0
case $(head -c 5 "$pdf") in
%PDF-) ;;
*)
    sampler=$(dirname "$pdf")/tests/tell/test_press_pdf
    [ -x "$sampler" ] || { echo "skipped: $sampler is not built"; exit 77; }
    "$sampler" --sample "$work" || { echo "fault: no sample report"; exit 1; }
    pdf=$work/sample.pdf
    texts=$work/texts.txt
    ;;
esac
fault() { echo "fault: $*"; faults=$((faults + 1)); }

qpdf --check "$pdf" >"$work/qpdf" 2>&1 || fault "qpdf: $(tail -1 "$work/qpdf")"
grep -q 'WARNING' "$work/qpdf" && fault "qpdf warns: $(grep -m1 WARNING "$work/qpdf")"

pdfinfo "$pdf" >"$work/info" 2>/dev/null || fault "pdfinfo cannot read the file"
grep -Eq '^Tagged: +yes' "$work/info" || fault "not tagged"
grep -Eq '^Title: +[^ ]' "$work/info" || fault "no title"
grep -Eq '^PDF version: +1\.7' "$work/info" || fault "not PDF 1.7"
pdfinfo -meta "$pdf" 2>/dev/null | grep -q 'pdfuaid:part>1<' || fault "does not declare PDF/UA-1"

# poppler 22.12 says "Suspects wrong type" of every file that leaves the entry out: not ours
pdfinfo -struct "$pdf" >"$work/struct" 2>"$work/complaints"
grep -v -e 'Suspects' -e '^$' "$work/complaints" >"$work/real" &&
    fault "structure: $(head -1 "$work/real")"
for type in Document Sect H1 P; do
    grep -q "^ *$type\b" "$work/struct" || fault "no $type in the structure"
done

pdffonts "$pdf" 2>/dev/null | tail -n +3 | while read -r line; do
    set -- $line
    shift $(($# - 5)) # emb sub uni object ID
    [ "$1 $2 $3" = "yes yes yes" ] || echo "$line"
done >"$work/fonts"
[ -s "$work/fonts" ] && fault "font not embedded, subset, mapped: $(head -1 "$work/fonts")"

pdftotext -enc UTF-8 "$pdf" "$work/text" 2>/dev/null || fault "pdftotext cannot read the file"
perl -CSD -ne 'exit 1 if /\x{FFFD}/' "$work/text" || fault "a glyph without its text"
if [ -n "$texts" ]; then
    perl -e '
        use utf8; use open qw(:std :utf8);
        my ($texts, $got) = @ARGV;
        open my $g, "<", $got or die; local $/; my $t = <$g>; $t =~ s/\f//g; close $g;
        open my $w, "<", $texts or die; my $bad = 0;
        for my $p (split /\n/, <$w>) {
            next if $p =~ /^\s*$/;
            my $re = join "\\n?", map { $_ eq " " ? "[ \\n]" : quotemeta } split //, $p;
            unless ($t =~ /$re/) { print substr($p, 0, 60), "\n"; $bad = 1 }
        }
        exit $bad' "$texts" "$work/text" >"$work/lost" ||
        fault "text does not come back: $(head -1 "$work/lost")"
fi
[ $faults -eq 0 ] && echo "ok: $pdf ($(awk '/^Pages:/{print $2}' "$work/info") pages)"
[ $faults -eq 0 ]
