/* Inside the reading of sheets: grid.c tells notations apart, the others read one each. */
#ifndef TF_ASK_GRID_INSIDE_H
#define TF_ASK_GRID_INSIDE_H

#include "ask/xlsform.h"

/* Limits of a form, whatever its notation. A study's largest is some thousand rows. */
enum { TF_GRID_SHEETS = 64, TF_GRID_COLUMNS = 2000, TF_GRID_ROWS = 200000, TF_GRID_CELLS = 8000000 };

/* Rows of cells of one sheet, as they come; the first becomes the head. */
struct tf_grid_row {
    const char **cell;
    size_t n, number; /* cells; number of the row in its sheet */
};
struct tf_grid_rows {
    const char *name;
    struct tf_grid_row *row;
    size_t n, cap;
};
/* Spread rows over a sheet: cells without white space round them, no-break spaces as spaces, heads with
 * single spaces; columns without a head are left out, and so are rows behind 60 empty ones (a
 * spreadsheet often ends so); in a workbook the same head twice is an error. */
TF_MUST_CHECK enum tf_code tf_grid_spread(struct tf_arena *arena, const char *file, bool workbook,
                                          const struct tf_grid_rows *rows,
                                          struct tf_grid_sheet *ret, struct tf_err *reterr);

/* Texts: one file with the names of its sheets in the first column (Markdown when its first line
 * begins with a bar), or one CSV that is the sheet `name` when name is given. */
TF_MUST_CHECK enum tf_code tf_grid_text(struct tf_arena *arena, const char *file,
                                        const struct tf_bytes *bytes, const char *name,
                                        struct tf_grid *ret, struct tf_err *reterr);
/* An .xls workbook (BIFF in OLE2). */
TF_MUST_CHECK enum tf_code tf_grid_xls(struct tf_arena *arena, const char *path,
                                       const struct tf_bytes *file, struct tf_grid *ret,
                                       struct tf_err *reterr);
/* A stream of an OLE2 file by its name; false when it is not there or the file is damaged. */
bool tf_ole_stream(struct tf_arena *arena, const struct tf_bytes *file, const char *name,
                   struct tf_bytes *ret);
struct tf_grid_sheet *tf_grid_add(struct tf_arena *arena, struct tf_grid *grid);
#endif
