/* A CSV that a person wrote, with the place of every cell.
 *
 * tf_csv_read gives columns; whoever judges what stands in a cell also needs to say where it
 * stands. A sheet keeps the file's text beside the table (all columns as text, nothing guessed), so
 * that an error about a cell names file, line and column even when fields hold line ends. */
#ifndef TF_BASE_SHEET_H
#define TF_BASE_SHEET_H

#include "base/table.h"

struct tf_sheet {
    struct tf_arena *arena;
    const char *file;
    const char *data; /* the text, n bytes, without a byte-order mark */
    size_t n;
    struct tf_table *t; /* text columns only */
    size_t *line;       /* [t->n_rows] line of each row's first field */
};
/* The row number that means the header. */
#define TF_SHEET_HEAD SIZE_MAX

/* Read a file (at most 512 MB), or a text already in memory. Errors are those of tf_csv_read. */
TF_MUST_CHECK enum tf_code tf_sheet_read(struct tf_arena *arena, const char *path,
                                         struct tf_sheet **ret, struct tf_err *reterr);
/* The same of n bytes in memory; file is the name that messages give. The bytes must outlive it. */
TF_MUST_CHECK enum tf_code tf_sheet_parse(struct tf_arena *arena, const char *file,
                                          const char *data, size_t n, struct tf_sheet **ret,
                                          struct tf_err *reterr);
/* The column of this name; an error at the header that names the nearest. */
TF_MUST_CHECK enum tf_code tf_sheet_need(const struct tf_sheet *s, const char *name, size_t *ret,
                                         struct tf_err *reterr);
/* A cell as it stands, and without white space round it. "" where empty; col SIZE_MAX gives "". */
const char *tf_sheet_raw(const struct tf_sheet *s, size_t row, size_t col);
const char *tf_sheet_text(const struct tf_sheet *s, size_t row, size_t col);
/* Line and column (1-based, bytes) of a cell; row TF_SHEET_HEAD is the header. */
void tf_sheet_place(const struct tf_sheet *s, size_t row, size_t col, size_t *ret_line,
                    size_t *ret_column);
/* An error (TF_E_INPUT) at a cell. */
enum tf_code tf_sheet_fail(const struct tf_sheet *s, size_t row, size_t col, struct tf_err *reterr,
                           const char *format, ...) TF_PRINTF(5, 6);
/* A notice at a cell. */
void tf_sheet_notice(const struct tf_sheet *s, size_t row, size_t col, struct tf_notices *out,
                     enum tf_level level, const char *id, const char *help, const char *format,
                     ...) TF_PRINTF(8, 9);

#endif
