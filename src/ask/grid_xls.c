/* Sheets of an .xls workbook: the records of Excel 97 to 2003 (BIFF8, MS-XLS).
 *
 * A workbook is a stream of records, each a type, a length and bytes. First come those of the whole: the
 * names and places of sheets, the texts (numbered, and cells name the number), the formats of cells; then
 * a run of records per sheet, in which every cell that is not empty has one. A record holds 8,224 bytes
 * at most; what is longer goes on in CONTINUE records, and a text that is cut there says anew how wide
 * its letters are.
 *
 * Every length is doubted: what does not lie in its record is not read.
 *
 * Does not: read workbooks with a password, or of Excel 95 and before; evaluate formulas. */
#include <string.h>

#include "ask/grid_inside.h"
#include "base/xlsx.h"

enum record {
    R_FORMULA = 0x0006, R_EOF = 0x000A, R_DATE_MODE = 0x0022, R_PASSWORD = 0x002F,
    R_CONTINUE = 0x003C, R_SHEET = 0x0085, R_MANY_RK = 0x00BD, R_RICH_LABEL = 0x00D6,
    R_FORMAT_OF_CELL = 0x00E0, R_TEXTS = 0x00FC, R_TEXT = 0x00FD, R_NUMBER = 0x0203,
    R_LABEL = 0x0204, R_BOOL = 0x0205, R_STRING = 0x0207, R_RK = 0x027E, R_FORMAT = 0x041E,
    R_BEGIN = 0x0809
};

struct piece { /* of bytes that may go on in other records */
    const unsigned char *at, *end;
};
struct bytes {
    struct piece *piece;
    size_t n, cap, now;
};
struct format {
    uint32_t id;
    const char *code;
};
struct sheet_place {
    const char *name;
    size_t at;
};
struct xls {
    struct tf_arena *arena;
    const char *path;
    const unsigned char *data;
    size_t n;
    bool from_1904;
    const char **text;
    size_t n_texts, cap_texts;
    struct format *format;
    size_t n_formats, cap_formats;
    uint32_t *cell_format; /* number of the format, by number of the cell's style */
    size_t n_cell_formats, cap_cell_formats;
    struct sheet_place *sheet;
    size_t n_sheets, cap_sheets;
    struct tf_grid_rows rows; /* of the sheet being read */
    size_t n_cells;
    struct tf_err *reterr;
};

static enum tf_code broken(const struct xls *x, const char *fact)
{
    (void)tf_fail_at(x->reterr, TF_E_INPUT, x->path, 0, 0,
                     "'%.200s' cannot be read as an .xls workbook", x->path);
    (void)tf_fact(x->reterr, "%s", fact);
    return tf_help(x->reterr, "Open it and save it as .xlsx, without a password.");
}

static uint32_t u16(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t u32(const unsigned char *p)
{
    return u16(p) | u16(p + 2) << 16;
}

static double f64(const unsigned char *p)
{
    const uint64_t bits = u32(p) | (uint64_t)u32(p + 4) << 32;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- Bytes across records ---------------------------------------------------------------------- */

/* The next byte; -1 at the end. */
static int next_byte(struct bytes *b)
{
    while (b->now < b->n && b->piece[b->now].at == b->piece[b->now].end)
        b->now++;
    return b->now < b->n ? *b->piece[b->now].at++ : -1;
}

static bool next_number(struct bytes *b, size_t width, uint32_t *ret)
{
    *ret = 0;
    for (size_t k = 0; k < width; k++) {
        const int c = next_byte(b);
        if (c < 0)
            return false;
        *ret |= (uint32_t)c << 8 * k;
    }
    return true;
}

static bool skip(struct bytes *b, size_t n)
{
    while (n > 0 && b->now < b->n) {
        struct piece *p = &b->piece[b->now];
        const size_t here = (size_t)(p->end - p->at), step = here < n ? here : n;
        p->at += step;
        n -= step;
        if (p->at == p->end)
            b->now++;
    }
    return n == 0;
}

/* One letter of `wide` bytes; a record that begins in the midst of a text says the width anew. */
static bool next_letter(struct bytes *b, bool *wide, uint32_t *ret)
{
    if (b->now < b->n && b->piece[b->now].at == b->piece[b->now].end) {
        const int flags = next_byte(b);
        if (flags < 0)
            return false;
        *wide = (flags & 1) != 0;
    }
    return next_number(b, *wide ? 2 : 1, ret);
}

/* n letters as UTF-8; halves of letters that stand alone are shown as such. */
static bool letters(struct tf_arena *arena, struct bytes *b, size_t n, bool wide, const char **ret)
{
    struct tf_buf out = {.arena = arena};
    uint32_t c, high = 0;
    for (size_t k = 0; k < n; k++) {
        if (!next_letter(b, &wide, &c))
            return false;
        if (high != 0 && c >= 0xDC00 && c <= 0xDFFF) {
            tf_buf_utf8(&out, 0x10000 + ((high - 0xD800) << 10) + (c - 0xDC00));
            high = 0;
            continue;
        }
        if (high != 0)
            tf_buf_utf8(&out, 0xFFFD);
        high = c >= 0xD800 && c <= 0xDBFF ? c : 0;
        if (high == 0 && c != 0)
            tf_buf_utf8(&out, c >= 0xDC00 && c <= 0xDFFF ? 0xFFFD : c);
    }
    *ret = tf_buf_text(&out);
    return true;
}

/* A text with its length (of `width` bytes) before it. */
static bool next_text(struct tf_arena *arena, struct bytes *b, size_t width, const char **ret)
{
    uint32_t n, flags, runs = 0, extra = 0;
    if (!next_number(b, width, &n) || !next_number(b, 1, &flags) ||
        ((flags & 8) != 0 && !next_number(b, 2, &runs)) ||
        ((flags & 4) != 0 && !next_number(b, 4, &extra)))
        return false;
    return letters(arena, b, n, (flags & 1) != 0, ret) && skip(b, (size_t)runs * 4) &&
           skip(b, extra);
}

/* ---- Records ----------------------------------------------------------------------------------- */

struct record_at {
    uint32_t type;
    const unsigned char *data;
    size_t n, next; /* offset behind it */
};

static bool record_at(const struct xls *x, size_t at, struct record_at *ret)
{
    if (x->n < 4 || at > x->n - 4)
        return false;
    const size_t n = u16(x->data + at + 2);
    *ret = (struct record_at){u16(x->data + at), x->data + at + 4, n, at + 4 + n};
    return ret->next <= x->n;
}

static void add_piece(struct xls *x, struct bytes *b, const struct record_at *r, size_t from)
{
    b->piece = tf_grow(x->arena, b->piece, b->n, &b->cap, sizeof *b->piece);
    b->piece[b->n++] = (struct piece){r->data + from, r->data + r->n};
}

/* The record's bytes from `from` on, with those of the CONTINUE records behind it. */
static struct bytes bytes_of(struct xls *x, const struct record_at *r, size_t from)
{
    struct bytes b = {.n = 0};
    struct record_at more;
    if (from <= r->n)
        add_piece(x, &b, r, from);
    for (size_t at = r->next; record_at(x, at, &more) && more.type == R_CONTINUE; at = more.next)
        add_piece(x, &b, &more, 0);
    return b;
}

/* ---- The whole workbook ------------------------------------------------------------------------ */

static void read_texts(struct xls *x, const struct record_at *r)
{
    struct bytes b = bytes_of(x, r, 8);
    const char *text;
    for (uint32_t left = r->n < 8 ? 0 : u32(r->data + 4);
         left > 0 && next_text(x->arena, &b, 2, &text); left--) {
        x->text = tf_grow(x->arena, x->text, x->n_texts, &x->cap_texts, sizeof *x->text);
        x->text[x->n_texts++] = text;
    }
}

static void read_format(struct xls *x, const struct record_at *r)
{
    struct bytes b = bytes_of(x, r, 2);
    struct format f = {r->n < 2 ? 0 : u16(r->data), NULL};
    if (!next_text(x->arena, &b, 2, &f.code))
        return;
    x->format = tf_grow(x->arena, x->format, x->n_formats, &x->cap_formats, sizeof f);
    x->format[x->n_formats++] = f;
}

static void read_cell_format(struct xls *x, const struct record_at *r)
{
    x->cell_format = tf_grow(x->arena, x->cell_format, x->n_cell_formats, &x->cap_cell_formats,
                             sizeof *x->cell_format);
    x->cell_format[x->n_cell_formats++] = r->n < 4 ? 0 : u16(r->data + 2);
}

static void read_place(struct xls *x, const struct record_at *r)
{
    struct bytes b = bytes_of(x, r, 6);
    struct sheet_place s = {.at = r->n < 6 ? SIZE_MAX : u32(r->data)};
    if (r->n < 6 || r->data[5] != 0 || !next_text(x->arena, &b, 1, &s.name)) /* charts, macros */
        return;
    x->sheet = tf_grow(x->arena, x->sheet, x->n_sheets, &x->cap_sheets, sizeof s);
    x->sheet[x->n_sheets++] = s;
}

static enum tf_code read_globals(struct xls *x)
{
    struct record_at r;
    if (!record_at(x, 0, &r) || r.type != R_BEGIN || r.n < 2)
        return broken(x, "it does not begin as one");
    if (u16(r.data) != 0x0600)
        return broken(x, "it is of Excel 95 or before");
    for (size_t at = r.next; record_at(x, at, &r) && r.type != R_EOF; at = r.next)
        switch (r.type) {
        case R_PASSWORD: return broken(x, "it is protected by a password");
        case R_DATE_MODE: x->from_1904 = r.n >= 2 && u16(r.data) == 1; break;
        case R_TEXTS: read_texts(x, &r); break;
        case R_FORMAT: read_format(x, &r); break;
        case R_FORMAT_OF_CELL: read_cell_format(x, &r); break;
        case R_SHEET: read_place(x, &r); break;
        default: break;
        }
    return TF_OK;
}

/* ---- Cells ------------------------------------------------------------------------------------- */

static const char *number_text(struct xls *x, uint32_t style, double value)
{
    const char *code = NULL;
    const uint32_t id = style < x->n_cell_formats ? x->cell_format[style] : 0;
    for (size_t k = 0; k < x->n_formats; k++)
        if (x->format[k].id == id)
            code = x->format[k].code;
    const char *date = tf_xlsx_date_format(id, code)
                           ? tf_xlsx_date_text(x->arena, value, x->from_1904)
                           : NULL;
    return date != NULL ? date : tf_double_text(x->arena, value);
}

/* A number of 30 bits: whole or the upper half of a double, perhaps in hundredths. */
static double rk_value(uint32_t rk)
{
    double value;
    if ((rk & 2) != 0) {
        value = (double)((int32_t)(rk & ~3u) / 4);
    } else {
        const uint64_t bits = (uint64_t)(rk & ~3u) << 32;
        memcpy(&value, &bits, sizeof value);
    }
    return (rk & 1) != 0 ? value / 100 : value;
}

static void put_cell(struct xls *x, size_t row, size_t col, const char *text)
{
    if (text[0] == '\0' || col >= TF_GRID_COLUMNS || ++x->n_cells > TF_GRID_CELLS)
        return;
    while (x->rows.n <= row) {
        x->rows.row = tf_grow(x->arena, x->rows.row, x->rows.n, &x->rows.cap, sizeof *x->rows.row);
        x->rows.row[x->rows.n] = (struct tf_grid_row){.number = x->rows.n + 1};
        x->rows.n++;
    }
    struct tf_grid_row *r = &x->rows.row[row];
    if (col >= r->n) {
        const size_t wide = (col + 1) * 2 < 16 ? 16 : (col + 1) * 2;
        const char **cell = TF_NEW_N(x->arena, const char *, wide);
        for (size_t k = 0; k < wide; k++)
            cell[k] = k < r->n ? r->cell[k] : "";
        r->cell = cell;
        r->n = wide;
    }
    r->cell[col] = text;
}

static const char *formula_text(struct xls *x, const struct record_at *r)
{
    const unsigned char *value = r->data + 6;
    struct record_at more;
    const char *text = "";
    if (value[6] != 0xFF || value[7] != 0xFF)
        return number_text(x, u16(r->data + 4), f64(value));
    if (value[0] == 1)
        return value[2] != 0 ? "TRUE" : "FALSE";
    if (value[0] == 0) /* a text, in a record of its own; an array's may stand between */
        for (size_t at = r->next, k = 0; k < 3 && record_at(x, at, &more); at = more.next, k++)
            if (more.type == R_STRING) {
                struct bytes b = bytes_of(x, &more, 0);
                return next_text(x->arena, &b, 2, &text) ? text : "";
            }
    return "";
}

static void read_many(struct xls *x, const struct record_at *r)
{
    const size_t row = u16(r->data), first = u16(r->data + 2);
    for (size_t k = 0; 4 + 6 * (k + 1) + 2 <= r->n; k++) {
        const unsigned char *p = r->data + 4 + 6 * k;
        put_cell(x, row, first + k, number_text(x, u16(p), rk_value(u32(p + 2))));
    }
}

static const char *cell_text(struct xls *x, const struct record_at *r)
{
    struct bytes b;
    const char *text;
    switch (r->type) {
    case R_TEXT: /* an index into the texts */
        return r->n >= 10 && u32(r->data + 6) < x->n_texts ? x->text[u32(r->data + 6)] : "";
    case R_NUMBER:
        return r->n >= 14 ? number_text(x, u16(r->data + 4), f64(r->data + 6)) : "";
    case R_RK:
        return r->n >= 10 ? number_text(x, u16(r->data + 4), rk_value(u32(r->data + 6))) : "";
    case R_BOOL:
        return r->n < 8 || r->data[7] != 0 ? "" : r->data[6] != 0 ? "TRUE" : "FALSE";
    case R_FORMULA:
        return r->n >= 14 ? formula_text(x, r) : "";
    case R_LABEL:
    case R_RICH_LABEL:
        b = bytes_of(x, r, 6);
        return next_text(x->arena, &b, 2, &text) ? text : "";
    default:
        return "";
    }
}

static enum tf_code read_sheet(struct xls *x, const struct sheet_place *s, struct tf_grid *grid)
{
    struct record_at r;
    struct tf_grid_sheet *sheet = tf_grid_add(x->arena, grid);
    size_t depth = 0;
    if (sheet == NULL)
        return TF_OK;
    x->rows = (struct tf_grid_rows){.name = s->name};
    x->n_cells = 0;
    if (!record_at(x, s->at, &r) || r.type != R_BEGIN)
        return broken(x, "a sheet is damaged");
    for (size_t at = s->at; record_at(x, at, &r); at = r.next) {
        depth += r.type == R_BEGIN; /* a chart in the sheet is a run of its own */
        if (r.type == R_EOF && --depth == 0)
            break;
        if (depth > 1 || r.n < 6)
            continue;
        if (r.type == R_MANY_RK)
            read_many(x, &r);
        else
            put_cell(x, u16(r.data), u16(r.data + 2), cell_text(x, &r));
    }
    return tf_grid_spread(x->arena, x->path, true, &x->rows, sheet, x->reterr);
}

enum tf_code tf_grid_xls(struct tf_arena *arena, const char *path, const struct tf_bytes *file,
                         struct tf_grid *grid, struct tf_err *reterr)
{
    struct xls x = {.arena = arena, .path = path, .reterr = reterr};
    struct tf_bytes stream;
    if (!tf_ole_stream(arena, file, "Workbook", &stream))
        return broken(&x, "it is damaged, of Excel 95 or before, or protected by a password");
    x.data = (const unsigned char *)stream.data;
    x.n = stream.n;
    TF_TRY(read_globals(&x));
    for (size_t k = 0; k < x.n_sheets && k < TF_GRID_SHEETS; k++)
        TF_TRY(read_sheet(&x, &x.sheet[k], grid));
    return TF_OK;
}
