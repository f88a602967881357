/* CSV files (RFC 4180) read into a table: the careful reader, which defines what a CSV is.
 *
 * Where numbers are wanted csv_fast.c tries first: it reads what is well, in a fraction of the time,
 * into the same table. What it will not read, and every fault, is read and named here.
 *
 * The text is walked twice: once to judge it and count its rows, then to fill columns of exactly
 * that length. Fields are not copied one by one: the table keeps one copy of the text, in which
 * every field is ended by a NUL and doubled quotes are closed up, and columns point into it.
 *
 * Strict where a guess could shift an answer into its neighbour's column: a quote inside an
 * unquoted field, text after a closing quote, a row of another length, a column name twice are
 * errors with line and column. Lenient where nothing can go wrong: line ends \n or \r\n, a
 * byte-order mark, a missing last line end; blank lines are skipped (a row of one empty field is
 * written "").
 *
 * A column becomes numbers only when no digit is lost: codes such as 007, or of more than 15
 * digits, keep their column text.
 *
 * Does not: other separators, other encodings, comments, a header of several rows. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/csv_inside.h"
#include "base/file.h"
#include "base/number.h"
#include "base/table.h"
#include "base/text.h"

static const size_t max_bytes = (size_t)4 << 30;
/* A header is looked for in so many bytes, a few at first, before the careful reader takes the whole text. */
static const size_t min_head = (size_t)16 << 10, max_head = (size_t)8 << 20;

struct reader {
    const char *file;
    char *data; /* our copy; data[n] is NUL */
    size_t n, at;
    size_t line, line_start; /* of the byte at `at` */
};

struct field {
    size_t start, n; /* between the quotes, where there are any */
    size_t line, column;
    bool doubled; /* holds doubled quotes */
    bool last;    /* the last of its row */
};

static enum tf_code fail_at(const struct reader *r, size_t line, size_t column,
                            struct tf_err *reterr, const char *what, const char *help)
{
    (void)tf_fail_at(reterr, TF_E_INPUT, r->file, line, column, "%s", what);
    return tf_help(reterr, "%s", help);
}

/* After a field: a comma, a line end, or the end of the text. False when it is none of these. */
static bool end_field(struct reader *r, struct field *f)
{
    if (r->at < r->n && r->data[r->at] == ',') {
        r->at++;
        return true;
    }
    f->last = true;
    if (r->at == r->n)
        return true;
    if (r->data[r->at] == '\r' && r->at + 1 < r->n && r->data[r->at + 1] == '\n')
        r->at++;
    if (r->data[r->at] != '\n')
        return r->at + 1 == r->n && r->data[r->at] == '\r' && r->at++ < r->n;
    r->at++;
    r->line++;
    r->line_start = r->at;
    return true;
}

static enum tf_code quoted_field(struct reader *r, struct field *f, struct tf_err *reterr)
{
    f->start = ++r->at;
    for (;;) {
        if (r->at == r->n)
            return fail_at(r, f->line, f->column, reterr, "a quote is opened and never closed",
                           "Close it, or double it (\"\") where it is part of the text.");
        const char c = r->data[r->at];
        if (c == '\n') {
            r->line++;
            r->line_start = r->at + 1;
        } else if (c == '"') {
            if (r->at + 1 == r->n || r->data[r->at + 1] != '"')
                break;
            f->doubled = true;
            r->at++;
        }
        r->at++;
    }
    f->n = r->at - f->start;
    r->at++;
    if (end_field(r, f))
        return TF_OK;
    return fail_at(r, r->line, r->at - r->line_start + 1, reterr,
                   "text follows the closing quote of a field",
                   "Put the whole field in quotes, and double (\"\") those inside it.");
}

static enum tf_code next_field(struct reader *r, struct field *f, struct tf_err *reterr)
{
    *f = (struct field){.start = r->at, .line = r->line, .column = r->at - r->line_start + 1};
    if (r->at < r->n && r->data[r->at] == '"')
        return quoted_field(r, f, reterr);
    while (r->at < r->n) {
        const char c = r->data[r->at];
        if (c == ',' || c == '\n' || c == '\r' || c == '"')
            break;
        r->at++;
    }
    f->n = r->at - f->start;
    if (end_field(r, f))
        return TF_OK;
    if (r->data[r->at] == '"')
        return fail_at(r, r->line, r->at - r->line_start + 1, reterr,
                       "a quote stands inside a field that does not begin with one",
                       "Put the whole field in quotes, and double (\"\") those inside it.");
    return fail_at(r, r->line, r->at - r->line_start + 1, reterr,
                   "a carriage return stands alone in a line",
                   "Save the file with line ends LF or CRLF.");
}

/* Step over blank lines; false at the end of the text. */
static bool next_row(struct reader *r)
{
    while (r->at < r->n) {
        const size_t skip = r->data[r->at] == '\r' && r->at + 1 < r->n;
        if (r->data[r->at + skip] != '\n')
            return true;
        r->at += skip + 1;
        r->line++;
        r->line_start = r->at;
    }
    return false;
}

/* End the field with a NUL and close up its doubled quotes. What follows it was read already. */
static char *settle(struct reader *r, const struct field *f)
{
    char *s = r->data + f->start;
    size_t n = f->n;
    if (f->doubled) {
        n = 0;
        for (size_t k = 0; k < f->n; k++) {
            s[n++] = s[k];
            k += s[k] == '"';
        }
    }
    s[n] = '\0';
    return s;
}

/* ---- Header ------------------------------------------------------------------------------- */

struct heading {
    const char *name;
    size_t at, line, column;
};

static int by_name_then_place(const void *a, const void *b)
{
    const struct heading *x = a, *y = b;
    const int c = strcmp(x->name, y->name);
    return c != 0 ? c : (x->at > y->at) - (x->at < y->at);
}

static enum tf_code check_names(const struct reader *r, const struct heading *head, size_t n,
                                struct tf_arena *scratch, struct tf_err *reterr)
{
    struct heading *sorted = TF_NEW_N(scratch, struct heading, n);
    const struct heading *twice = NULL, *first = NULL;
    for (size_t k = 0; k < n; k++)
        if (tf_is_blank(head[k].name))
            return fail_at(r, head[k].line, head[k].column, reterr, "a column has no name",
                           "Every column needs a name in the first row.");
    memcpy(sorted, head, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_name_then_place);
    for (size_t k = 1; k < n; k++)
        if (strcmp(sorted[k].name, sorted[k - 1].name) == 0 &&
            (twice == NULL || sorted[k].at < twice->at)) {
            twice = &sorted[k];
            first = &sorted[k - 1];
        }
    if (twice == NULL)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_INPUT, r->file, twice->line, twice->column,
                     "two columns are called '%s'", twice->name);
    (void)tf_fact(reterr, "they are columns %zu and %zu of the table", first->at + 1,
                  twice->at + 1);
    return tf_help(reterr, "Rename one of them.");
}

/* A name without blanks at its ends, and without byte-order marks, which nobody sees. */
static const char *clean_name(struct tf_arena *scratch, const char *s)
{
    for (;;) {
        s = tf_trim(scratch, s);
        if (!tf_starts(s, "\xEF\xBB\xBF"))
            return s;
        s += 3;
    }
}

static enum tf_code read_header(struct reader *r, struct tf_arena *scratch, struct heading **ret,
                                size_t *ret_n, struct tf_err *reterr)
{
    struct heading *head = NULL;
    size_t n = 0, cap = 0;
    struct field f;
    if (!next_row(r))
        return fail_at(r, 1, 1, reterr, "the file is empty",
                       "A table begins with a row of column names.");
    do {
        TF_TRY(next_field(r, &f, reterr));
        if (n == TF_CSV_MAX_COLUMNS) {
            (void)tf_fail_at(reterr, TF_E_LIMIT, r->file, f.line, f.column, "too many columns");
            return tf_fact(reterr, "the limit is %d", TF_CSV_MAX_COLUMNS);
        }
        head = tf_grow(scratch, head, n, &cap, sizeof *head);
        head[n] = (struct heading){clean_name(scratch, settle(r, &f)), n, f.line, f.column};
        n++;
    } while (!f.last);
    *ret = head;
    *ret_n = n;
    return check_names(r, head, n, scratch, reterr);
}

/* ---- Rows --------------------------------------------------------------------------------- */

/* Judge every row; count them. */
static enum tf_code count_rows(struct reader r, size_t n_cols, size_t *ret, struct tf_err *reterr)
{
    size_t rows = 0;
    for (; next_row(&r); rows++) {
        const size_t line = r.line;
        size_t n = 0;
        struct field f;
        do {
            TF_TRY(next_field(&r, &f, reterr));
            n++;
        } while (!f.last);
        if (n != n_cols) {
            (void)tf_fail_at(reterr, TF_E_INPUT, r.file, line, 1, "a row has %zu field%s", n,
                             n == 1 ? "" : "s");
            (void)tf_fact(reterr, "the header has %zu", n_cols);
            return tf_help(reterr, "Is a comma missing, or one too many? A comma inside a text "
                                   "needs quotes round the whole field.");
        }
        if (rows == TF_CSV_MAX_ROWS) {
            (void)tf_fail_at(reterr, TF_E_LIMIT, r.file, line, 1, "too many rows");
            return tf_fact(reterr, "the limit is %d", TF_CSV_MAX_ROWS);
        }
    }
    *ret = rows;
    return TF_OK;
}

/* Fill the columns; count_rows has judged the text, so no field fails. */
static void fill_rows(struct reader *r, struct tf_table *t, size_t *line)
{
    for (size_t row = 0; row < t->n_rows && next_row(r); row++) {
        if (line != NULL)
            line[row] = r->line;
        for (size_t k = 0; k < t->n_cols; k++) {
            struct field f;
            struct tf_column *c = &t->col[k];
            (void)next_field(r, &f, NULL);
            c->text[row] = settle(r, &f);
            c->miss[row] = c->text[row][0] == '\0' ? TF_MISS_SYSTEM : TF_PRESENT;
        }
    }
}

static void guess_numbers(struct tf_table *t, bool na_is_missing)
{
    for (size_t k = 0; k < t->n_cols; k++) {
        if (na_is_missing && tf_column_spells_numbers(&t->col[k], t->n_rows))
            tf_column_na(t, k);
        (void)tf_column_to_number(t, k);
    }
}

/* Parse r->data, which belongs to arena and is changed. */
static enum tf_code parse(struct tf_arena *arena, struct tf_arena *scratch, struct reader *r,
                          const char *name, struct tf_csv_opt opt, struct tf_table **ret,
                          struct tf_err *reterr)
{
    struct heading *head = NULL;
    size_t n_cols = 0, n_rows = 0, *line = NULL;
    TF_TRY(read_header(r, scratch, &head, &n_cols, reterr));
    TF_TRY(count_rows(*r, n_cols, &n_rows, reterr));
    struct tf_table *t = tf_table_new(arena, name, n_rows);
    for (size_t k = 0; k < n_cols; k++)
        (void)tf_table_add(t, head[k].name, TF_TEXT);
    if (opt.ret_line != NULL)
        line = TF_NEW_N(arena, size_t, n_rows);
    fill_rows(r, t, line);
    if (opt.guess_numbers)
        guess_numbers(t, opt.na_is_missing);
    if (opt.ret_line != NULL)
        *opt.ret_line = line;
    *ret = t;
    return TF_OK;
}

/* The text is UTF-8 without NUL; line and column of the first byte that is not. */
static enum tf_code check_bytes(const char *file, const char *data, size_t n,
                                struct tf_err *reterr)
{
    size_t bad = tf_utf8_valid(data, n), line = 1, start = 0;
    const char *nul = n == 0 ? NULL : memchr(data, '\0', n);
    if (nul != NULL && (size_t)(nul - data) < bad)
        bad = (size_t)(nul - data);
    if (bad == n)
        return TF_OK;
    for (size_t k = 0; k < bad; k++)
        if (data[k] == '\n') {
            line++;
            start = k + 1;
        }
    (void)tf_fail_at(reterr, TF_E_INPUT, file, line, bad - start + 1,
                     "the text holds a byte that is not UTF-8");
    (void)tf_fact(reterr, "byte 0x%02X", (unsigned)(unsigned char)data[bad]);
    return tf_help(reterr, "Save the file as UTF-8 and try again.");
}

static enum tf_code parse_copy(struct tf_arena *arena, const char *file, const char *name,
                               const char *data, size_t n, struct tf_csv_opt opt,
                               struct tf_table **ret, struct tf_err *reterr)
{
    struct reader r = {.file = file, .n = n, .line = 1};
    r.data = tf_strndup(arena, data, n);
    struct tf_arena *scratch = tf_arena_new("reading a table's header", (size_t)64 << 20);
    const enum tf_code code = parse(arena, scratch, &r, name, opt, ret, reterr);
    tf_arena_free(scratch);
    return code;
}

/* ---- The fast reader ---------------------------------------------------------------------- */

/* The names of the columns and where the rows begin, when the header stands whole and well in the
 * first n bytes. */
static bool find_header(struct tf_arena *scratch, const struct tf_csv_source *source, size_t n,
                        const char ***ret_names, size_t *ret_n, size_t *ret_from)
{
    struct heading *head = NULL;
    char *text = tf_alloc(scratch, n + 1);
    if (!tf_csv_fetch(source, 0, text, n))
        return false;
    const size_t bom = tf_starts(text, "\xEF\xBB\xBF") ? 3 : 0;
    struct reader r = {.n = n - bom, .line = 1};
    r.data = tf_strndup(scratch, text + bom, r.n); /* names are settled in it */
    if (read_header(&r, scratch, &head, ret_n, NULL) != TF_OK ||
        (r.at == r.n && n < source->n) || memchr(text, '\0', r.at + bom) != NULL ||
        tf_utf8_valid(text, r.at + bom) != r.at + bom)
        return false;
    *ret_names = TF_NEW_N(scratch, const char *, *ret_n);
    for (size_t k = 0; k < *ret_n; k++)
        (*ret_names)[k] = head[k].name;
    *ret_from = r.at + bom;
    return true;
}

/* Find the header and leave the rest to csv_fast.c; false when it will not. */
static bool try_fast(struct tf_arena *arena, const struct tf_csv_source *source, const char *name,
                     size_t piece, struct tf_csv_opt opt, struct tf_table **ret)
{
    struct tf_arena *scratch = tf_arena_new("reading a table's header", (size_t)256 << 20);
    const char **names = NULL;
    size_t n_cols = 0, from = 0;
    bool found = false;
    for (size_t n = min_head; !found && n <= max_head; n *= 8) {
        const size_t most = n < source->n ? n : source->n;
        found = find_header(scratch, source, most, &names, &n_cols, &from);
        if (most == source->n)
            break;
    }
    const bool done =
        found && tf_csv_fast(arena, source, from, names, n_cols, name, piece, opt, ret);
    tf_arena_free(scratch);
    return done;
}

/* May the fast reader try? It knows no lines, and leaves texts alone only where there are some. */
static bool is_for_fast(struct tf_csv_opt opt)
{
    return opt.guess_numbers && opt.ret_line == NULL;
}

static void close_fd(void *fd)
{
    (void)close(*(int *)fd);
}

static bool try_fast_file(struct tf_arena *arena, const char *path, struct tf_csv_opt opt,
                          struct tf_table **ret)
{
    struct tf_arena *holder = tf_arena_new("reading a CSV file", 4096);
    struct tf_csv_source source = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat st;
    bool done = false;
    if (source.fd >= 0) {
        tf_arena_defer(holder, close_fd, &source.fd);
        if (fstat(source.fd, &st) == 0 && S_ISREG(st.st_mode) &&
            (unsigned long long)st.st_size <= max_bytes) {
            source.n = (size_t)st.st_size;
            done = try_fast(arena, &source, tf_path_name(path), 0, opt, ret);
        }
    }
    tf_arena_free(holder);
    return done;
}

bool tf_csv_try(struct tf_arena *arena, const char *name, const char *data, size_t n, size_t piece,
                struct tf_csv_opt opt, struct tf_table **ret)
{
    const struct tf_csv_source source = {.fd = -1, .data = data, .n = n};
    return try_fast(arena, &source, name, piece, opt, ret);
}

/* ---- Doors of the file -------------------------------------------------------------------- */

enum tf_code tf_csv_careful(struct tf_arena *arena, const char *name, const char *data, size_t n,
                            struct tf_csv_opt opt, struct tf_table **ret, struct tf_err *reterr)
{
    if (n > max_bytes) {
        (void)tf_fail_at(reterr, TF_E_LIMIT, name, 0, 0, "the table '%s' is too large", name);
        return tf_fact(reterr, "%zu bytes; the limit is %zu", n, max_bytes);
    }
    TF_TRY(check_bytes(name, data, n, reterr));
    if (n >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
        data += 3;
        n -= 3;
    }
    return parse_copy(arena, name, name, data, n, opt, ret, reterr);
}

enum tf_code tf_csv_parse(struct tf_arena *arena, const char *name, const char *data, size_t n,
                          struct tf_csv_opt opt, struct tf_table **ret, struct tf_err *reterr)
{
    if (n <= max_bytes && is_for_fast(opt) && tf_csv_try(arena, name, data, n, 0, opt, ret))
        return TF_OK;
    return tf_csv_careful(arena, name, data, n, opt, ret, reterr);
}

enum tf_code tf_csv_read(struct tf_arena *arena, const char *path, struct tf_csv_opt opt,
                         struct tf_table **ret, struct tf_err *reterr)
{
    struct tf_bytes text;
    if (is_for_fast(opt) && try_fast_file(arena, path, opt, ret))
        return TF_OK;
    struct tf_arena *scratch = tf_arena_new("reading a CSV file", max_bytes + 4096);
    enum tf_code code = tf_file_read_text(scratch, path, max_bytes, &text, reterr);
    if (code == TF_OK)
        code = parse_copy(arena, path, tf_path_name(path), text.data, text.n, opt, ret, reterr);
    tf_arena_free(scratch);
    return code;
}
