/* Sheets of an .xls workbook, by freexl (the BIFF records of Excel 5 to 2003 inside an OLE2 file).
 *
 * Freexl reads a file by its path and keeps it in memory of its own, so the file is bounded first (64
 * MB) and the handle is given to the arena, which closes it however the reading ends. Numbers lose
 * their ".0"; dates come as texts already, and are written as ISO 8601 has them.
 *
 * Does not: read a workbook with a password, formulas that were never computed, charts. */
#include <freexl.h>
#include <string.h>

#include "ask/grid_inside.h"

static void close_handle(void *handle)
{
    (void)freexl_close(handle);
}

static enum tf_code broken(const char *path, const char *fact, struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_INPUT, path, 0, 0, "'%.200s' cannot be read as an .xls workbook",
                     path);
    (void)tf_fact(reterr, "%s", fact);
    return tf_help(reterr, "Open it and save it as .xlsx, without a password.");
}

/* "2020-01-31 10:30:00" -> "2020-01-31T10:30:00"; without a time of day when that is midnight. */
static const char *iso_date(struct tf_arena *arena, const char *text)
{
    char *copy = tf_strdup(arena, text);
    if (strlen(copy) == 19 && copy[10] == ' ') {
        copy[10] = 'T';
        if (strcmp(copy + 10, "T00:00:00") == 0)
            copy[10] = '\0';
    }
    return copy;
}

static const char *cell_text(struct tf_arena *arena, const FreeXL_CellValue *v)
{
    switch (v->type) {
    case FREEXL_CELL_INT:
        return tf_double_text(arena, (double)v->value.int_value);
    case FREEXL_CELL_DOUBLE:
        return tf_double_text(arena, v->value.double_value);
    case FREEXL_CELL_TEXT:
    case FREEXL_CELL_SST_TEXT:
        return v->value.text_value == NULL ||
                       tf_utf8_valid(v->value.text_value, strlen(v->value.text_value)) !=
                           strlen(v->value.text_value)
                   ? ""
                   : tf_strdup(arena, v->value.text_value);
    case FREEXL_CELL_DATE:
    case FREEXL_CELL_DATETIME:
    case FREEXL_CELL_TIME:
        return v->value.text_value == NULL ? "" : iso_date(arena, v->value.text_value);
    default:
        return "";
    }
}

static enum tf_code read_sheet(struct tf_arena *arena, const char *path, const void *book,
                               unsigned short at, struct tf_grid *grid, struct tf_err *reterr)
{
    const char *name = NULL;
    unsigned int n_rows = 0;
    unsigned short n_cols = 0;
    struct tf_grid_rows rows = {.n = 0};
    struct tf_grid_sheet *sheet = tf_grid_add(arena, grid);
    if (sheet == NULL)
        return TF_OK;
    if (freexl_get_worksheet_name(book, at, &name) != FREEXL_OK ||
        freexl_select_active_worksheet(book, at) != FREEXL_OK ||
        freexl_worksheet_dimensions(book, &n_rows, &n_cols) != FREEXL_OK)
        return broken(path, "a sheet is damaged", reterr);
    rows.name = tf_strdup(arena, name == NULL ? "" : name);
    rows.row = TF_NEW_N(arena, struct tf_grid_row, n_rows);
    for (unsigned int r = 0; r < n_rows; r++) {
        const char **cell = TF_NEW_N(arena, const char *, n_cols);
        for (unsigned short c = 0; c < n_cols; c++) {
            FreeXL_CellValue v = {.type = FREEXL_CELL_NULL};
            cell[c] = freexl_get_cell_value(book, r, c, &v) == FREEXL_OK ? cell_text(arena, &v) : "";
        }
        rows.row[rows.n++] = (struct tf_grid_row){cell, n_cols, r + 1};
    }
    return tf_grid_spread(arena, path, true, &rows, sheet, reterr);
}

enum tf_code tf_grid_xls(struct tf_arena *arena, const char *path, struct tf_grid *grid,
                         struct tf_err *reterr)
{
    const void *book = NULL;
    unsigned int n_sheets = 0;
    struct tf_arena *holder = tf_arena_new("an .xls workbook", 4096);
    const int opened = freexl_open(path, &book);
    if (book != NULL) {
        void *handle;
        memcpy(&handle, &book, sizeof handle); /* freexl hands out a const pointer and takes it back */
        tf_arena_defer(holder, close_handle, handle);
    }
    enum tf_code code = TF_OK;
    if (opened != FREEXL_OK ||
        freexl_get_info(book, FREEXL_BIFF_SHEET_COUNT, &n_sheets) != FREEXL_OK)
        code = broken(path, "it is damaged, of a kind not known, or protected by a password", reterr);
    for (unsigned int k = 0; code == TF_OK && k < n_sheets && k < TF_GRID_SHEETS; k++)
        code = read_sheet(arena, path, book, (unsigned short)k, grid, reterr);
    tf_arena_free(holder);
    return code;
}
