/* Worksheets of an .xlsx workbook, read into text cells (libzip + libxml2, no network, no
 * entities; limits: 256 MB unpacked, ratio 200:1, 20,000 columns, 1,048,576 rows). */
#ifndef TF_BASE_XLSX_H
#define TF_BASE_XLSX_H

#include "base/arena.h"

struct tf_sheet {
    const char *name;
    size_t n_rows, n_cols;
    const char **cell; /* [n_rows * n_cols], "" where empty; numbers in shortest form */
};
struct tf_workbook {
    const char *file;
    size_t n_sheets;
    struct tf_sheet *sheet;
};
TF_MUST_CHECK enum tf_code tf_xlsx_read(struct tf_arena *arena, const char *path,
                                        struct tf_workbook **ret, struct tf_err *reterr);
/* The same, with what the number formats of cells mean: with TF_XLSX_DATES a number shown as a date or
 * a time is ISO 8601 ("2026-01-31", "2026-01-31T10:30:00", "10:30:00"), not a serial number. */
enum { TF_XLSX_DATES = 1 };
TF_MUST_CHECK enum tf_code tf_xlsx_read_cells(struct tf_arena *arena, const char *path,
                                              unsigned flags, struct tf_workbook **ret,
                                              struct tf_err *reterr);
/* Does a number format show a date or a time? code is NULL for built-in formats. */
bool tf_xlsx_date_format(unsigned id, const char *code);
/* A serial number as ISO 8601; NULL when no date has it. */
const char *tf_xlsx_date_text(struct tf_arena *arena, double serial, bool from_1904);
/* Write text sheets as a workbook (libxlsxwriter, constant creation time: same bytes each time).
 * Cells that read as numbers are written as numbers when numbers is set. The first row is bold. */
TF_MUST_CHECK enum tf_code tf_xlsx_write(const char *path, const struct tf_sheet *sheet,
                                         size_t n_sheets, bool numbers, struct tf_err *reterr);

#endif
