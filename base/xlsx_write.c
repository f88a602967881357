/* Text sheets written as an .xlsx workbook: see xlsx.h.
 *
 * libxlsxwriter does the format. What is ours: the same cells give the same bytes on any day (the
 * time of creation is a constant, and the container's times are), the file appears whole or not
 * at all, and a text is never taken for a formula ("=1+1" stays what it says).
 *
 * Cells become numbers only where no digit is lost (tf_is_code). Sheet names are bent to what
 * spreadsheet programs accept: 31 characters, none of []:*?/\, no name twice. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/number.h"
#include "base/text.h"
#include "base/xlsx.h"

enum { MAX_NAME = 31, MIN_WIDTH = 8, MAX_WIDTH = 60 };
static const time_t created = 1577836800; /* 2020-01-01: a constant, not a date */

struct writing {
    struct tf_arena *arena;
    lxw_workbook *book;
    lxw_format *bold;
    const char *path, *beside;
    struct tf_err *reterr;
};

static enum tf_code cannot(const struct writing *w, const char *fact)
{
    (void)tf_fail_at(w->reterr, TF_E_IO, w->path, 0, 0, "cannot write '%s'", w->path);
    (void)tf_fact(w->reterr, "%s", fact);
    return tf_help(w->reterr, "Check the folder, its permissions and the space on the disk. The "
                              "old file stands.");
}

/* ---- Names -------------------------------------------------------------------------------- */

/* At most max characters of s, none of them forbidden, no quote at an end. */
static char *bend(struct tf_arena *arena, const char *s, size_t max)
{
    struct tf_buf out = {.arena = arena};
    size_t left = strlen(s), n = 0;
    uint32_t cp;
    tf_buf_add(&out, "");
    for (size_t len; n < max && (len = tf_utf8_next(s, left, &cp)) > 0; s += len, left -= len) {
        n += cp > 0xFFFF ? 2u : 1u; /* counted in UTF-16, as they do */
        if (n > max)
            break;
        if (cp < 0x20 || strchr("[]:*?/\\'", (int)(cp < 0x80 ? cp : 'a')) != NULL)
            tf_buf_char(&out, '_');
        else
            tf_buf_utf8(&out, cp);
    }
    return out.s;
}

static bool taken(char *const *name, size_t n, const char *candidate)
{
    for (size_t k = 0; k < n; k++)
        if (tf_casecmp(name[k], candidate) == 0)
            return true;
    return false;
}

static char **sheet_names(struct tf_arena *arena, const struct tf_sheet *sheet, size_t n)
{
    char **name = TF_NEW_N(arena, char *, n);
    for (size_t k = 0; k < n; k++) {
        const char *want = tf_is_blank(sheet[k].name) ? tf_printf(arena, "Sheet %zu", k + 1)
                                                      : sheet[k].name;
        name[k] = bend(arena, want, MAX_NAME);
        for (size_t again = 2; taken(name, k, name[k]); again++)
            name[k] = tf_printf(arena, "%s (%zu)", bend(arena, want, MAX_NAME - 7), again);
    }
    return name;
}

/* ---- Cells -------------------------------------------------------------------------------- */

static size_t characters(const char *s)
{
    size_t n = 0;
    for (; *s != '\0'; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static enum tf_code write_cell(const struct writing *w, lxw_worksheet *ws,
                               const struct tf_sheet *sheet, size_t row, size_t col, bool numbers)
{
    const char *s = sheet->cell[row * sheet->n_cols + col];
    lxw_format *format = row == 0 ? w->bold : NULL;
    lxw_error e = LXW_NO_ERROR;
    double x;
    if (s == NULL || s[0] == '\0')
        return TF_OK;
    if (row > 0 && numbers && !tf_is_code(s) && tf_parse_double(s, &x))
        e = worksheet_write_number(ws, (lxw_row_t)row, (lxw_col_t)col, x, format);
    else
        e = worksheet_write_string(ws, (lxw_row_t)row, (lxw_col_t)col, s, format);
    if (e == LXW_NO_ERROR)
        return TF_OK;
    (void)tf_fail_at(w->reterr, TF_E_LIMIT, w->path, row + 1, 0,
                     "a cell of the sheet '%s' cannot be written", sheet->name);
    return tf_fact(w->reterr, "row %zu, column %zu: %s", row + 1, col + 1, lxw_strerror(e));
}

static enum tf_code write_sheet(const struct writing *w, const struct tf_sheet *sheet,
                                const char *name, bool numbers)
{
    lxw_worksheet *ws = workbook_add_worksheet(w->book, name);
    if (ws == NULL)
        return cannot(w, "a sheet could not be added");
    if (sheet->n_rows > LXW_ROW_MAX || sheet->n_cols > LXW_COL_MAX) {
        (void)tf_fail_at(w->reterr, TF_E_LIMIT, w->path, 0, 0, "the sheet '%s' is too large", name);
        return tf_fact(w->reterr, "a workbook holds 1,048,576 rows and 16,384 columns a sheet");
    }
    for (size_t col = 0; col < sheet->n_cols; col++) {
        size_t width = MIN_WIDTH;
        for (size_t row = 0; row < sheet->n_rows; row++) {
            const char *s = sheet->cell[row * sheet->n_cols + col];
            const size_t n = s == NULL ? 0 : characters(s) + 1;
            width = n > width ? n : width;
        }
        (void)worksheet_set_column(ws, (lxw_col_t)col, (lxw_col_t)col,
                                   (double)(width > MAX_WIDTH ? MAX_WIDTH : width), NULL);
    }
    if (sheet->n_rows > 1)
        worksheet_freeze_panes(ws, 1, 0);
    for (size_t row = 0; row < sheet->n_rows; row++)
        for (size_t col = 0; col < sheet->n_cols; col++)
            TF_TRY(write_cell(w, ws, sheet, row, col, numbers));
    return TF_OK;
}

/* ---- The file ----------------------------------------------------------------------------- */

static void drop(void *thing)
{
    struct writing *w = thing;
    if (w->book != NULL)
        lxw_workbook_free(w->book);
    w->book = NULL;
    (void)unlink(w->beside); /* not there once it was renamed */
}

static enum tf_code write_book(struct writing *w, const struct tf_sheet *sheet, size_t n,
                               bool numbers)
{
    lxw_doc_properties properties;
    const int fd = open(w->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) /* asked here: the library would print its own complaint */
        return cannot(w, strerror(errno));
    (void)close(fd);
    memset(&properties, 0, sizeof properties);
    properties.created = created;
    w->book = workbook_new(w->beside);
    if (w->book == NULL)
        return tf_fail(w->reterr, TF_E_MEMORY, "out of memory while writing '%s'", w->path);
    (void)workbook_set_properties(w->book, &properties);
    w->bold = workbook_add_format(w->book);
    format_set_bold(w->bold);
    char **name = sheet_names(w->arena, sheet, n);
    for (size_t k = 0; k < n; k++)
        TF_TRY(write_sheet(w, &sheet[k], name[k], numbers));
    const lxw_error e = workbook_close(w->book); /* frees it, whatever happens */
    w->book = NULL;
    return e == LXW_NO_ERROR ? TF_OK : cannot(w, lxw_strerror(e));
}

enum tf_code tf_xlsx_write(const char *path, const struct tf_sheet *sheet, size_t n_sheets,
                           bool numbers, struct tf_err *reterr)
{
    struct tf_arena *arena = tf_arena_new("writing a workbook", (size_t)16 << 20);
    struct writing *w = TF_NEW(arena, struct writing);
    *w = (struct writing){.arena = arena, .path = path, .reterr = reterr};
    w->beside = tf_printf(arena, "%s.new", path);
    tf_arena_defer(arena, drop, w);
    enum tf_code code = write_book(w, sheet, n_sheets, numbers);
    if (code == TF_OK) {
        const int fd = open(w->beside, O_RDONLY | O_CLOEXEC);
        const bool good = fd >= 0 && fsync(fd) == 0;
        if (fd >= 0)
            (void)close(fd);
        if (!good || rename(w->beside, path) != 0)
            code = cannot(w, strerror(errno));
    }
    tf_arena_free(arena);
    return code;
}
