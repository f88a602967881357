/* Data files from elsewhere: .sav .zsav .dta .xpt (ReadStat) and .csv, told by name and first bytes.
 *
 * An untrusted binary file is parsed in a child process that has no other file open, may not
 * open any, and has limits on memory (2 GB) and processor time (120 s); it sends the table through
 * a pipe in a format of ours, which the parent reads with its own bounds. A hostile file can so
 * at worst end its child. Dates stay numbers in the file's own unit. SPSS user-missing values and
 * Stata .a-.z become TF_MISS_SYSTEM unless `missing` (tf_column_missing) says more. */
#ifndef TF_BASE_IMPORT_H
#define TF_BASE_IMPORT_H

#include "base/table.h"

/* Read a data file whole, into a table of the arena, with its labels and missing values.
 * TF_E_IO cannot be read; TF_E_INPUT of no known kind, damaged, or over the limits (the fact says
 * which). */
TF_MUST_CHECK enum tf_code tf_import_file(struct tf_arena *arena, const char *path,
                                          struct tf_table **ret, struct tf_err *reterr);

#endif
