/* Inside the reading of .xlsx: what xlsx.c shares with xlsx_dates.c. Nobody else includes this, tests
 * apart. */
#ifndef TF_BASE_XLSX_INSIDE_H
#define TF_BASE_XLSX_INSIDE_H

#include <stdbool.h>

#include "base/xlsx.h"

/* Does a number format show a date or a time? code is NULL for built-in formats. */
bool tf_xlsx_date_format(unsigned id, const char *code);
/* A serial number as ISO 8601; NULL when no date has it. */
const char *tf_xlsx_date_text(struct tf_arena *arena, double serial, bool from_1904);

#endif
