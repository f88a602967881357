/* Sheets of a form, whatever they were written with.
 *
 * Forms come as .xlsx (a zip), as .xls (OLE2, even under the name .xlsx), as a folder with one CSV per
 * sheet, as one CSV or one Markdown table in which the first column names the sheet. What a file is,
 * its first bytes say; its name says nothing. All of them become the same thing: sheets of texts.
 *
 * Spreadsheets are untidy, and here is where it ends: white space round a cell, no-break spaces, empty
 * columns between and behind, thousands of formatted empty rows, several spaces in a head. What a cell
 * means is for the reader of the form. Source: what pyxform 4.5 does with the same files.
 *
 * Does not: evaluate formulas (their last value counts), guess encodings other than UTF-8. */
#include <stdio.h>
#include <string.h>

#include "ask/grid_inside.h"
#include "base/names.h"
#include "base/xlsx.h"

enum { EMPTY_ROWS = 60, EMPTY_COLUMNS = 20 };
static const size_t max_bytes = (size_t)64 << 20;

/* ---- Cells ------------------------------------------------------------------------------------- */

/* Bytes of the white space at s, 0 when there is none: ASCII's, and the no-break space. */
static size_t space_at(const char *s)
{
    if (*s == ' ' || (*s >= '\t' && *s <= '\r'))
        return 1;
    return s[0] == '\xC2' && s[1] == '\xA0' ? 2 : 0;
}

/* What no XML document can hold. */
static bool is_control(char c)
{
    return (unsigned char)c < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

/* A cell without white space round it, no-break spaces as spaces, without control characters; the same
 * pointer when nothing was to be done. */
static const char *clean_cell(struct tf_arena *arena, const char *s)
{
    const char *from = s, *to = s + strlen(s);
    for (size_t n; (n = space_at(from)) > 0;)
        from += n;
    while (to > from) {
        if (space_at(to - 1) == 1)
            to--;
        else if (to - from >= 2 && space_at(to - 2) == 2)
            to -= 2;
        else
            break;
    }
    const size_t n = (size_t)(to - from);
    size_t odd = 0;
    for (size_t k = 0; k < n; k++)
        odd += is_control(from[k]) || (from[k] == '\xC2' && from[k + 1] == '\xA0');
    if (odd == 0)
        return *to == '\0' ? from : tf_strndup(arena, from, n);
    char *copy = tf_strndup(arena, from, n), *put = copy;
    for (const char *at = copy; *at != '\0'; at++)
        if (at[0] == '\xC2' && at[1] == '\xA0') {
            *put++ = ' ';
            at++;
        } else if (!is_control(*at)) {
            *put++ = *at;
        }
    *put = '\0';
    return copy;
}

/* A head has single spaces. */
static const char *clean_head(struct tf_arena *arena, const char *s)
{
    const char *cell = clean_cell(arena, s);
    if (strstr(cell, "  ") == NULL)
        return cell;
    char *copy = tf_strdup(arena, cell), *put = copy;
    for (const char *at = cell; *at != '\0'; at++)
        if (at[0] != ' ' || at[1] != ' ')
            *put++ = *at;
    *put = '\0';
    return copy;
}

/* ---- Sheets ------------------------------------------------------------------------------------ */

static enum tf_code too_large(const char *file, const char *sheet, const char *limit,
                              struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_LIMIT, file, 0, 0, "the sheet '%.80s' is too large for a form",
                     sheet);
    (void)tf_fact(reterr, "the limit is %s", limit);
    return tf_help(reterr, "Is it the right file? Long lists belong into a CSV beside the form.");
}

static enum tf_code same_head(const char *file, const struct tf_grid_rows *rows, const char *head,
                              struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_INPUT, file, 1, 0, "the column '%.80s' stands twice", head);
    (void)tf_fact(reterr, "sheet '%.80s', row 1", rows->name);
    return tf_help(reterr, "Rename or remove one of them.");
}

/* Which columns have a head: their places in `from`, their heads in the sheet. */
static enum tf_code spread_head(struct tf_arena *arena, const char *file, bool workbook,
                                const struct tf_grid_rows *rows, struct tf_grid_sheet *s,
                                size_t *from, struct tf_err *reterr)
{
    const struct tf_grid_row *head = &rows->row[0];
    struct tf_names seen = {.arena = arena};
    size_t empty = 0;
    for (size_t c = 0; c < head->n && empty <= EMPTY_COLUMNS; c++) {
        const char *text = clean_head(arena, head->cell[c]);
        empty = text[0] == '\0' ? empty + 1 : 0;
        if (text[0] == '\0')
            continue;
        if (!tf_names_put(&seen, text, s->n_cols)) {
            if (workbook)
                return same_head(file, rows, text, reterr);
            from[tf_names_get(&seen, text)] = c; /* as in a text: the last one counts */
            (void)tf_names_put(&seen, text, s->n_cols);
            continue;
        }
        s->head[s->n_cols] = text;
        from[s->n_cols++] = c;
    }
    return TF_OK;
}

enum tf_code tf_grid_spread(struct tf_arena *arena, const char *file, bool workbook,
                            const struct tf_grid_rows *rows, struct tf_grid_sheet *s,
                            struct tf_err *reterr)
{
    *s = (struct tf_grid_sheet){.name = rows->name};
    if (rows->n == 0)
        return TF_OK;
    const size_t width = rows->row[0].n;
    if (width > TF_GRID_COLUMNS || rows->n > TF_GRID_ROWS || (rows->n - 1) * width > TF_GRID_CELLS)
        return too_large(file, rows->name, "2,000 columns, 200,000 rows, 8 million cells", reterr);
    size_t *from = TF_NEW_N(arena, size_t, width), empty = 0, last = 0;
    s->head = TF_NEW_N(arena, const char *, width);
    TF_TRY(spread_head(arena, file, workbook, rows, s, from, reterr));
    s->cell = TF_NEW_N(arena, const char *, (rows->n - 1) * s->n_cols);
    s->row = TF_NEW_N(arena, size_t, rows->n - 1);
    for (size_t r = 1; r < rows->n && empty <= EMPTY_ROWS; r++) {
        const struct tf_grid_row *row = &rows->row[r];
        bool any = false;
        for (size_t c = 0; c < s->n_cols; c++) {
            const char *text = from[c] < row->n ? clean_cell(arena, row->cell[from[c]]) : "";
            s->cell[(r - 1) * s->n_cols + c] = text;
            any = any || text[0] != '\0';
        }
        s->row[r - 1] = row->number;
        empty = any ? 0 : empty + (workbook ? 1 : 0);
        if (any)
            last = r;
    }
    s->n_rows = last;
    return TF_OK;
}

struct tf_grid_sheet *tf_grid_add(struct tf_arena *arena, struct tf_grid *grid)
{
    if (grid->sheet == NULL)
        grid->sheet = TF_NEW_N(arena, struct tf_grid_sheet, TF_GRID_SHEETS);
    return grid->n_sheets < TF_GRID_SHEETS ? &grid->sheet[grid->n_sheets++] : NULL;
}

/* ---- Notations --------------------------------------------------------------------------------- */

static enum tf_code read_xlsx(struct tf_arena *arena, const char *path, struct tf_grid *grid,
                              struct tf_err *reterr)
{
    struct tf_workbook *book;
    TF_TRY(tf_xlsx_read_cells(arena, path, TF_XLSX_DATES, &book, reterr));
    for (size_t k = 0; k < book->n_sheets; k++) {
        const struct tf_sheet *from = &book->sheet[k];
        struct tf_grid_rows rows = {.name = from->name, .n = from->n_rows};
        struct tf_grid_sheet *to = tf_grid_add(arena, grid);
        if (to == NULL)
            break; /* sheets of a form come first */
        if (from->n_rows > TF_GRID_ROWS) /* before rows are made of it */
            return too_large(path, from->name, "200,000 rows", reterr);
        rows.row = TF_NEW_N(arena, struct tf_grid_row, rows.n);
        for (size_t r = 0; r < rows.n; r++)
            rows.row[r] = (struct tf_grid_row){&from->cell[r * from->n_cols], from->n_cols, r + 1};
        TF_TRY(tf_grid_spread(arena, path, true, &rows, to, reterr));
    }
    return TF_OK;
}

static enum tf_code read_folder(struct tf_arena *arena, const char *path, struct tf_grid *grid,
                                struct tf_err *reterr)
{
    char **name;
    size_t n;
    TF_TRY(tf_dir_list(arena, path, &name, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        struct tf_bytes bytes;
        const char *file = tf_path_join(arena, path, name[k]);
        const size_t length = strlen(name[k]);
        if (length < 5 || tf_casecmp(name[k] + length - 4, ".csv") != 0)
            continue;
        TF_TRY(tf_file_read_text(arena, file, max_bytes, &bytes, reterr));
        TF_TRY(tf_grid_text(arena, file, &bytes, tf_path_stem(arena, name[k]), grid, reterr));
    }
    if (grid->n_sheets > 0)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_INPUT, path, 0, 0, "the folder '%.200s' holds no sheet", path);
    return tf_help(reterr, "A form as a folder has survey.csv, and choices.csv and settings.csv.");
}

/* In a workbook of one sheet, that one is the survey. */
static void name_only_sheet(struct tf_grid *grid)
{
    static const char *const known[] = {"survey",   "choices",  "settings", "external_choices",
                                        "entities", "osm", NULL};
    if (grid->n_sheets != 1)
        return;
    for (size_t k = 0; known[k] != NULL; k++)
        if (tf_casecmp(grid->sheet[0].name, known[k]) == 0)
            return;
    grid->sheet[0].name = "survey";
}

enum tf_code tf_grid_read(struct tf_arena *arena, const char *path, struct tf_grid **ret,
                          struct tf_err *reterr)
{
    struct tf_grid *grid = TF_NEW(arena, struct tf_grid);
    struct tf_bytes bytes;
    grid->file = tf_strdup(arena, path);
    if (tf_dir_exists(path)) {
        TF_TRY(read_folder(arena, path, grid, reterr));
        *ret = grid;
        return TF_OK;
    }
    TF_TRY(tf_file_read(arena, path, max_bytes, &bytes, reterr));
    if (bytes.n >= 4 && memcmp(bytes.data, "PK\x03\x04", 4) == 0) {
        TF_TRY(read_xlsx(arena, path, grid, reterr));
        name_only_sheet(grid);
    } else if (bytes.n >= 4 && memcmp(bytes.data, "\xD0\xCF\x11\xE0", 4) == 0) {
        TF_TRY(tf_grid_xls(arena, path, &bytes, grid, reterr));
        name_only_sheet(grid);
    } else {
        TF_TRY(tf_file_read_text(arena, path, max_bytes, &bytes, reterr));
        TF_TRY(tf_grid_text(arena, path, &bytes, NULL, grid, reterr));
    }
    *ret = grid;
    return TF_OK;
}
