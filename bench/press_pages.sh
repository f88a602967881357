#!/bin/sh
# press_pages.sh stopwatch program work-folder: promised are 100 pages with 200 charts in half a
# second and 64 MB.
"$2" "$3/press.pdf"
"$1" "the press alone: 216 charts, 12 long tables, 180 notes to PDF" 5 "$2" "$3/press.pdf"
