#!/bin/sh
# Conversion of an XLSForm to an XForm, the whole process, from a workbook on disk to a document on disk.
# usage: bench/convert.sh STOPWATCH BUILD WORK     (stopwatch: bench/stopwatch.c)
set -eu
watch=$1 build=$2 work=$3
for size in 50:2 500:3 2000:3; do
    questions=${size%:*} languages=${size#*:}
    form=$work/form-$questions.xlsx
    "$build/bench/convert" "$questions" "$languages" "$form"
    "$watch" "convert: $questions questions, $languages languages" 15 \
        "$build/trefoil" ask convert "$form" -o "$work/form-$questions.xml"
done
