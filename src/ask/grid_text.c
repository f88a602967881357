/* Sheets written as text: CSV and Markdown tables.
 *
 * In one file, the first column names the sheet, once; its rows follow, the first of them the head:
 *
 *     | survey |         |      |       |        survey,type,name,label
 *     |        | type    | name | label |        ,integer,age,Age
 *     |        | integer | age  | Age   |        choices
 *
 * A line beginning with # is a comment, and so is what follows a # behind the last bar. A bar inside a
 * cell is written \| . Rows of dashes only separate. Rows count without the empty ones, so a message's
 * row is the place below the head. In a folder each CSV is one sheet, its head in the first row.
 *
 * A CSV may be separated by commas, semicolons or tabs (spreadsheets of half of Europe write
 * semicolons); its rows may be of any length; quotes as in RFC 4180. */
#include <string.h>

#include "ask/grid_inside.h"

struct text {
    struct tf_arena *arena;
    const char *file;
    struct tf_grid *grid;
    struct tf_grid_rows sheet; /* being gathered */
    bool open;
    const char **cell; /* of the row being read */
    size_t n, cap;
    size_t line;
    struct tf_err *reterr;
};

static void add_cell(struct text *t, const char *s, size_t n)
{
    t->cell = tf_grow(t->arena, t->cell, t->n, &t->cap, sizeof *t->cell);
    t->cell[t->n++] = tf_strndup(t->arena, s, n);
}

/* ---- Rows into sheets -------------------------------------------------------------------------- */

static enum tf_code close_sheet(struct text *t)
{
    if (!t->open)
        return TF_OK;
    t->open = false;
    struct tf_grid_sheet *s = tf_grid_add(t->arena, t->grid);
    if (s == NULL)
        return TF_OK;
    return tf_grid_spread(t->arena, t->file, false, &t->sheet, s, t->reterr);
}

static void open_sheet(struct text *t, const char *name)
{
    t->open = true;
    t->sheet = (struct tf_grid_rows){.name = tf_trim(t->arena, name)};
}

/* Keep cells [from, n) of the row read as a row of the open sheet; an empty row is none. */
static void keep_row(struct text *t, size_t from)
{
    struct tf_grid_rows *s = &t->sheet;
    size_t n = t->n;
    while (n > from && tf_is_blank(t->cell[n - 1]))
        n--;
    if (n <= from || !t->open)
        return;
    const char **cell = TF_NEW_N(t->arena, const char *, n - from);
    memcpy(cell, t->cell + from, (n - from) * sizeof *cell);
    s->row = tf_grow(t->arena, s->row, s->n, &s->cap, sizeof *s->row);
    s->row[s->n] = (struct tf_grid_row){cell, n - from, s->n + 1};
    s->n++;
}

/* A row whose first cell may name the sheet. */
static enum tf_code take_row(struct text *t)
{
    if (t->n > 0 && !tf_is_blank(t->cell[0])) {
        TF_TRY(close_sheet(t));
        open_sheet(t, t->cell[0]);
    }
    keep_row(t, 1);
    return TF_OK;
}

/* ---- Markdown ---------------------------------------------------------------------------------- */

/* |---|:--:|, or cells of dashes. */
static bool is_separator(const char *s, size_t n)
{
    size_t dashes = 0;
    for (size_t k = 0; k < n; k++) {
        if (strchr("|-: ", s[k]) == NULL)
            return false;
        dashes += s[k] == '-';
    }
    return dashes >= 3;
}

static void split_bars(struct text *t, const char *s, size_t n)
{
    for (size_t from = 0; from <= n;) {
        size_t to = from;
        while (to < n && (s[to] != '|' || (to > 0 && s[to - 1] == '\\')))
            to++;
        add_cell(t, s + from, to - from);
        t->cell[t->n - 1] = tf_trim(t->arena, tf_replace(t->arena, t->cell[t->n - 1], "\\|", "|"));
        from = to + 1;
    }
}

static enum tf_code markdown_line(struct text *t, const char *s, size_t n)
{
    while (n > 0 && (*s == ' ' || *s == '\t')) {
        s++;
        n--;
    }
    while (n > 0 && strchr(" \t\r", s[n - 1]) != NULL)
        n--;
    size_t last = n;
    while (last > 0 && s[last - 1] != '|')
        last--;
    if (last < 2 || s[0] != '|' || is_separator(s, n)) /* text round the table, comments */
        return TF_OK;
    t->n = 0;
    split_bars(t, s + 1, last - 2);
    return take_row(t);
}

static enum tf_code read_markdown(struct text *t, const struct tf_bytes *b)
{
    for (size_t at = 0; at < b->n;) {
        const char *end = memchr(b->data + at, '\n', b->n - at);
        const size_t n = end == NULL ? b->n - at : (size_t)(end - (b->data + at));
        TF_TRY(markdown_line(t, b->data + at, n));
        at += n + 1;
    }
    return close_sheet(t);
}

/* ---- CSV --------------------------------------------------------------------------------------- */

/* The separator that the beginning holds most of. */
static char separator_of(const struct tf_bytes *b)
{
    static const char kind[] = ",;\t";
    size_t count[3] = {0};
    bool quoted = false;
    char best = ',';
    for (size_t k = 0, most = 0; k < b->n && k < 5000; k++) {
        const char *hit = b->data[k] == '\0' ? NULL : strchr(kind, b->data[k]);
        quoted ^= b->data[k] == '"';
        if (hit != NULL && !quoted && ++count[hit - kind] > most) {
            most = count[hit - kind];
            best = *hit;
        }
    }
    return best;
}

/* One field from *at on; *at behind what ended it. */
static enum tf_code csv_field(struct text *t, const struct tf_bytes *b, char separator, size_t *at,
                              bool *ret_last)
{
    struct tf_buf out = {.arena = t->arena};
    const size_t line = t->line;
    bool quoted = *at < b->n && b->data[*at] == '"';
    size_t k = *at + (quoted ? 1 : 0);
    for (; k < b->n; k++) {
        const char c = b->data[k];
        t->line += c == '\n' && quoted;
        if (quoted && c == '"' && k + 1 < b->n && b->data[k + 1] == '"')
            tf_buf_char(&out, b->data[k++]);
        else if (quoted && c == '"')
            quoted = false;
        else if (!quoted && (c == separator || c == '\n'))
            break;
        else if (quoted || c != '\r')
            tf_buf_char(&out, c);
    }
    if (quoted) {
        (void)tf_fail_at(t->reterr, TF_E_INPUT, t->file, line, 0, "a quote is opened and not closed");
        return tf_help(t->reterr, "A quote inside a quoted cell is written twice.");
    }
    add_cell(t, tf_buf_text(&out), out.n);
    *ret_last = k >= b->n || b->data[k] == '\n';
    *at = k + 1;
    return TF_OK;
}

static enum tf_code csv_row(struct text *t, const struct tf_bytes *b, char separator, size_t *at)
{
    bool last = false;
    t->n = 0;
    while (!last) {
        TF_TRY(csv_field(t, b, separator, at, &last));
        if (t->n > TF_GRID_COLUMNS) {
            (void)tf_fail_at(t->reterr, TF_E_LIMIT, t->file, t->line, 0,
                             "a row has more than 2,000 cells");
            return tf_help(t->reterr, "Is it the right file?");
        }
    }
    t->line++;
    return TF_OK;
}

/* A sheet with its head in the first row: `type` stands there, and it is the survey. */
static bool begins_with_head(const struct text *t)
{
    for (size_t k = 0; k < t->n; k++)
        if (tf_casecmp(tf_trim(t->arena, t->cell[k]), "type") == 0)
            return tf_casecmp(tf_trim(t->arena, t->cell[0]), "survey") != 0 && t->cell[0][0] != '\0';
    return false;
}

static enum tf_code read_csv(struct text *t, const struct tf_bytes *b, const char *name)
{
    const char separator = separator_of(b);
    size_t rows = 0;
    for (size_t at = 0; at < b->n; rows++) {
        TF_TRY(csv_row(t, b, separator, &at));
        if (rows == 0 && name == NULL && begins_with_head(t))
            name = "survey";
        if (rows == 0 && name != NULL)
            open_sheet(t, name);
        if (name != NULL)
            keep_row(t, 0);
        else
            TF_TRY(take_row(t));
    }
    return close_sheet(t);
}

/* ---- Either ------------------------------------------------------------------------------------ */

/* Does the first line that says something begin with a bar? */
static bool is_markdown(const struct tf_bytes *b)
{
    for (size_t k = 0; k < b->n; k++) {
        if (strchr(" \t\r\n", b->data[k]) != NULL && b->data[k] != '\0')
            continue;
        if (b->data[k] != '#')
            return b->data[k] == '|';
        const char *end = memchr(b->data + k, '\n', b->n - k);
        if (end == NULL)
            return false;
        k = (size_t)(end - b->data);
    }
    return false;
}

enum tf_code tf_grid_text(struct tf_arena *arena, const char *file, const struct tf_bytes *bytes,
                          const char *name, struct tf_grid *ret, struct tf_err *reterr)
{
    struct text t = {
        .arena = arena, .file = file, .grid = ret, .line = 1, .reterr = reterr};
    if (memchr(bytes->data, '\0', bytes->n) != NULL) {
        (void)tf_fail_at(reterr, TF_E_INPUT, file, 0, 0, "'%.200s' is no form", file);
        (void)tf_fact(reterr, "it is neither a workbook nor text");
        return tf_help(reterr, "A form is an .xlsx, an .xls, a CSV, a Markdown table or a folder of CSVs.");
    }
    TF_TRY(name == NULL && is_markdown(bytes) ? read_markdown(&t, bytes)
                                              : read_csv(&t, bytes, name));
    return TF_OK;
}
