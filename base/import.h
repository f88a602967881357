/* Data files from elsewhere: .sav .zsav .dta .xpt (ReadStat) and .csv, told by name and first bytes.
 *
 * An untrusted binary file is parsed in child processes that have no other file open, may not open
 * any, and have limits on memory (4 GB) and processor time (120 s). A large file is read by two, half
 * of its rows each, where it says how many it has. They send the table through pipes in a format of
 * ours, and its numbers through shared memory; the parent reads both with its own bounds. A hostile file can so at worst end its child.
 * Dates stay numbers in the file's own unit. SPSS user-missing values and Stata .a-.z become
 * TF_MISS_SYSTEM, and stay known as the column's declared codes: tf_column_missing says more. */
#ifndef TF_BASE_IMPORT_H
#define TF_BASE_IMPORT_H

#include "base/table.h"

/* Read a data file whole, into a table of the arena, with its labels and missing values.
 * TF_E_IO cannot be read; TF_E_INPUT of no known kind, damaged, or over the limits (the fact says
 * which). */
TF_MUST_CHECK enum tf_code tf_import_file(struct tf_arena *arena, const char *path,
                                          struct tf_table **ret, struct tf_err *reterr);
/* The same; opt is how a .csv is read (threads, na_is_missing). */
TF_MUST_CHECK enum tf_code tf_import_file_as(struct tf_arena *arena, const char *path,
                                             struct tf_csv_opt opt, struct tf_table **ret,
                                             struct tf_err *reterr);

#endif
