/* The child's work: a statistical file, in memory, read by ReadStat and sent down a pipe.
 *
 * ReadStat hands over one value at a time, row by row, and for some formats nobody knows the
 * number of rows beforehand. So values go into chunks (some thousand rows of all columns, column
 * by column) and leave by column, when the whole file has proved readable:
 *
 * Where the file says how many rows it has, numbers go to their place in the memory shared with the
 * parent at once, and only texts wait in chunks.
 *
 *     chunk 0                 chunk 1
 *     [a a a a][b b b b]...   [a a . .][b b . .]...      ->  a a a a a a, b b b b b b, ...
 *
 * The file is mapped, not read: the input handlers below walk over its bytes, so the child needs
 * no file descriptor but its pipe. Every failure, of memory too, becomes one error message. */
#include <errno.h>
#include <math.h>
#include <readstat.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/import_inside.h"
#include "base/text.h"

enum { CELLS_A_CHUNK = 1 << 20, MAX_CHUNK_ROWS = 4096, MIN_CHUNK_ROWS = 16 };
enum { MAX_DECLARED = 255 };
static const size_t most_at_once = (size_t)128 * 1024 * 1024; /* cells */
static const size_t max_memory = (size_t)3584 * 1024 * 1024;

union cell {
    double num;
    const char *text; /* NULL where missing */
};

struct set {
    const char *name;
    bool is_text;
    struct tf_label *item;
    size_t n, cap;
};

struct declared { /* a code declared missing */
    double value;
    char tag; /* of Stata's .a to .z, else 0 */
};

struct var {
    const char *name, *label, *set;
    bool is_text;
    const char *last; /* the text before: answers repeat */
    size_t last_n, text_bytes; /* its length; of all texts so far, without their NULs */
    struct range {
        double low, high;
    } *range; /* numbers that the file declares missing */
    size_t n_ranges;
    struct declared *code;
    size_t n_codes, cap_codes;
};

struct shape { /* of a file, or of one reader's share of it */
    long rows, first; /* rows 0: all there are */
    int vars;
    bool none;        /* no rows at all: another reads them */
    double *field;    /* where numbers go, a column every all_rows cells; NULL: into chunks */
    size_t all_rows;
};

struct reading {
    struct tf_arena *arena;
    struct var *var;
    size_t n_vars, cap_vars;
    struct set *set;
    size_t n_sets, cap_sets;
    union cell **chunk;
    size_t n_chunks, cap_chunks, chunk_rows;
    size_t n_rows;
    long promised_rows; /* by the file's head; -1 = it does not say */
    struct shape share; /* of them ours */
    const char *limit;  /* which of ours was reached */
    char message[256];  /* ReadStat's */
};

/* ---- Input: bytes in memory --------------------------------------------------------------- */

struct input {
    const unsigned char *data;
    size_t n, at;
};

static int open_input(const char *path TF_UNUSED, void *ctx TF_UNUSED)
{
    return 0;
}

static int close_input(void *ctx TF_UNUSED)
{
    return 0;
}

static readstat_off_t seek_input(readstat_off_t offset, readstat_io_flags_t whence, void *ctx)
{
    struct input *in = ctx;
    const size_t from = whence == READSTAT_SEEK_SET ? 0 : whence == READSTAT_SEEK_CUR ? in->at : in->n;
    if (offset < 0 ? (size_t)-offset > from : (size_t)offset > in->n - from)
        return -1;
    in->at = offset < 0 ? from - (size_t)-offset : from + (size_t)offset;
    return (readstat_off_t)in->at;
}

static ssize_t read_input(void *to, size_t n, void *ctx)
{
    struct input *in = ctx;
    const size_t left = in->n - in->at, take = n < left ? n : left;
    if (take > 0)
        memcpy(to, in->data + in->at, take);
    in->at += take;
    return (ssize_t)take;
}

static readstat_error_t update_input(long size TF_UNUSED, readstat_progress_handler show TF_UNUSED,
                                     void *user TF_UNUSED, void *ctx TF_UNUSED)
{
    return READSTAT_OK;
}

/* ---- ReadStat's callbacks ----------------------------------------------------------------- */

static void on_error(const char *message, void *ctx)
{
    struct reading *r = ctx;
    (void)snprintf(r->message, sizeof r->message, "%s", message);
}

static int on_metadata(readstat_metadata_t *m, void *ctx)
{
    struct reading *r = ctx;
    r->promised_rows = r->share.rows > 0 ? r->share.rows : readstat_get_row_count(m);
    if (readstat_get_var_count(m) > TF_IMPORT_MAX_VARS)
        r->limit = "20,000 variables";
    if (r->promised_rows > TF_IMPORT_MAX_ROWS)
        r->limit = "20 million rows";
    return r->limit == NULL ? READSTAT_HANDLER_OK : READSTAT_HANDLER_ABORT;
}

/* Asked once for each variable, not once for each value. */
static void keep_ranges(struct reading *r, readstat_variable_t *v, struct var *to)
{
    const int n = readstat_variable_get_missing_ranges_count(v);
    if (to->is_text || n <= 0)
        return;
    to->range = TF_NEW_N(r->arena, struct range, (size_t)n);
    for (int k = 0; k < n; k++) {
        struct range *one = &to->range[to->n_ranges++];
        one->low = readstat_double_value(readstat_variable_get_missing_range_lo(v, k));
        one->high = readstat_double_value(readstat_variable_get_missing_range_hi(v, k));
    }
}

static bool in_ranges(const struct var *v, double x)
{
    for (size_t k = 0; k < v->n_ranges; k++)
        if (x >= v->range[k].low && x <= v->range[k].high)
            return true;
    return false;
}

static int on_variable(int index, readstat_variable_t *v, const char *labels, void *ctx)
{
    struct reading *r = ctx;
    const char *label = readstat_variable_get_label(v), *name = readstat_variable_get_name(v);
    if (index < 0 || (size_t)index != r->n_vars)
        return READSTAT_HANDLER_ABORT;
    if (r->n_vars == TF_IMPORT_MAX_VARS) {
        r->limit = "20,000 variables";
        return READSTAT_HANDLER_ABORT;
    }
    r->var = tf_grow(r->arena, r->var, r->n_vars, &r->cap_vars, sizeof *r->var);
    r->var[r->n_vars++] = (struct var){
        .name = tf_strdup(r->arena, name == NULL ? "" : name),
        .label = tf_strdup(r->arena, label == NULL ? "" : label),
        .set = labels == NULL ? NULL : tf_strdup(r->arena, labels),
        .is_text = readstat_variable_get_type_class(v) == READSTAT_TYPE_CLASS_STRING,
    };
    keep_ranges(r, v, &r->var[r->n_vars - 1]);
    return READSTAT_HANDLER_OK;
}

static struct set *set_named(struct reading *r, const char *name)
{
    for (size_t k = r->n_sets; k-- > 0;) /* labels come set by set: the last is the likely one */
        if (strcmp(r->set[k].name, name) == 0)
            return &r->set[k];
    return NULL;
}

static const char *tag_text(struct tf_arena *arena, char tag)
{
    return tf_printf(arena, ".%c", tag);
}

static int on_value_label(const char *name, readstat_value_t value, const char *label, void *ctx)
{
    struct reading *r = ctx;
    struct set *s = set_named(r, name);
    const bool is_text = readstat_value_type_class(value) == READSTAT_TYPE_CLASS_STRING;
    if (s == NULL) {
        r->set = tf_grow(r->arena, r->set, r->n_sets, &r->cap_sets, sizeof *r->set);
        s = &r->set[r->n_sets++];
        *s = (struct set){.name = tf_strdup(r->arena, name), .is_text = is_text};
    }
    if (is_text != s->is_text)
        return READSTAT_HANDLER_OK;
    struct tf_label l = {.label = tf_strdup(r->arena, label == NULL ? "" : label)};
    if (is_text) {
        const char *text = readstat_string_value(value);
        l.text = tf_strdup(r->arena, text == NULL ? "" : text);
    } else if (readstat_value_is_tagged_missing(value)) {
        l.text = tag_text(r->arena, readstat_value_tag(value));
    } else {
        l.value = readstat_double_value(value);
        if (!isfinite(l.value))
            return READSTAT_HANDLER_OK;
    }
    s->item = tf_grow(r->arena, s->item, s->n, &s->cap, sizeof *s->item);
    s->item[s->n++] = l;
    return READSTAT_HANDLER_OK;
}

static void add_chunk(struct reading *r)
{
    if (r->n_chunks == 0) {
        r->chunk_rows = CELLS_A_CHUNK / r->n_vars;
        if (r->chunk_rows > MAX_CHUNK_ROWS)
            r->chunk_rows = MAX_CHUNK_ROWS;
        if (r->chunk_rows < MIN_CHUNK_ROWS)
            r->chunk_rows = MIN_CHUNK_ROWS;
        if (r->promised_rows > 0 && (size_t)r->promised_rows <= most_at_once / r->n_vars)
            r->chunk_rows = (size_t)r->promised_rows; /* one chunk: columns leave in one piece */
    }
    union cell *c = tf_table_memory(r->arena, r->n_vars * r->chunk_rows, sizeof *c);
    for (size_t k = 0; k < r->n_vars; k++)
        for (size_t row = 0; row < r->chunk_rows && r->share.field == NULL; row++)
            if (r->var[k].is_text)
                c[k * r->chunk_rows + row].text = NULL;
            else
                c[k * r->chunk_rows + row].num = (double)NAN;
    r->chunk = tf_grow(r->arena, r->chunk, r->n_chunks, &r->cap_chunks, sizeof(union cell *));
    r->chunk[r->n_chunks++] = c;
}

/* A copy of a text, or the one made for the row before, or a standing one of a single byte. */
static const char *keep_text(struct reading *r, struct var *v, const char *s)
{
    static char single[256][2];
    if (s == NULL || s[0] == '\0')
        return NULL;
    if (s[1] == '\0') {
        char *one = single[(unsigned char)s[0]];
        one[0] = s[0];
        v->text_bytes++;
        return one;
    }
    if (v->last == NULL || strcmp(v->last, s) != 0) {
        v->last_n = strlen(s);
        v->last = tf_strndup(r->arena, s, v->last_n);
    }
    v->text_bytes += v->last_n;
    return v->last;
}

/* A NaN whose lowest byte tells which of the variable's declared codes it was, while there is room. */
static double missing_number(struct reading *r, struct var *v, readstat_value_t value)
{
    struct declared code = {.value = (double)NAN};
    const uint64_t plain = UINT64_C(0x7FF8000000000000);
    uint64_t bits = plain;
    double x;
    size_t k = 0;
    if (readstat_value_is_tagged_missing(value))
        code.tag = readstat_value_tag(value);
    else if (!readstat_value_is_system_missing(value))
        code.value = readstat_double_value(value);
    if (code.tag != 0 || isfinite(code.value)) {
        while (k < v->n_codes && (v->code[k].tag != code.tag ||
                                  (code.tag == 0 && v->code[k].value != code.value)))
            k++;
        if (k == v->n_codes && k < MAX_DECLARED) {
            v->code = tf_grow(r->arena, v->code, v->n_codes, &v->cap_codes, sizeof *v->code);
            v->code[v->n_codes++] = code;
        }
        bits |= k < v->n_codes ? k + 1 : 0;
    }
    memcpy(&x, &bits, sizeof x);
    return x;
}

static int on_value(int row, readstat_variable_t *variable, readstat_value_t value, void *ctx)
{
    struct reading *r = ctx;
    const int index = readstat_variable_get_index(variable);
    if (row < 0 || index < 0 || (size_t)index >= r->n_vars)
        return READSTAT_HANDLER_ABORT;
    if (r->share.rows > 0 && row >= r->share.rows)
        return READSTAT_HANDLER_ABORT;
    if (row >= TF_IMPORT_MAX_ROWS) {
        r->limit = "20 million rows";
        return READSTAT_HANDLER_ABORT;
    }
    struct var *v = &r->var[index];
    const size_t at = (size_t)row;
    if (r->n_chunks == 0)
        add_chunk(r);
    while (at >= r->n_chunks * r->chunk_rows)
        add_chunk(r);
    if (at >= r->n_rows)
        r->n_rows = at + 1;
    union cell *c = &r->chunk[at / r->chunk_rows][(size_t)index * r->chunk_rows + at % r->chunk_rows];
    if (v->is_text) { /* (a number among texts has no string value, and a text no number) */
        if (!readstat_value_is_missing(value, variable))
            c->text = keep_text(r, v, readstat_string_value(value));
        return READSTAT_HANDLER_OK;
    }
    double *num = &c->num;
    if (r->share.field != NULL)
        num = r->share.field + (size_t)index * r->share.all_rows + (size_t)r->share.first + at;
    const double x = readstat_double_value(value);
    if (readstat_value_is_missing(value, NULL) || !isfinite(x) || in_ranges(v, x))
        *num = missing_number(r, v, value);
    else
        *num = x;
    return READSTAT_HANDLER_OK;
}

/* ---- Output ------------------------------------------------------------------------------- */

struct output {
    int fd;
    bool broken; /* the parent left: nothing more to say */
    size_t n;
    char piece[1 << 16];
};

static void write_all(struct output *o, const char *data, size_t n)
{
    for (size_t done = 0; !o->broken && done < n;) {
        const ssize_t put = write(o->fd, data + done, n - done);
        if (put > 0)
            done += (size_t)put;
        else if (put == 0 || errno != EINTR)
            o->broken = true;
    }
}

static void flush(struct output *o)
{
    write_all(o, o->piece, o->n);
    o->n = 0;
}

static void put(struct output *o, const void *data, size_t n)
{
    const char *p = data;
    if (n >= sizeof o->piece) { /* much at once goes as it is */
        flush(o);
        write_all(o, p, n);
        return;
    }
    while (n > 0) {
        const size_t room = sizeof o->piece - o->n, take = n < room ? n : room;
        memcpy(o->piece + o->n, p, take);
        o->n += take;
        p += take;
        n -= take;
        if (o->n == sizeof o->piece)
            flush(o);
    }
}

static void put_u8(struct output *o, bool x)
{
    const unsigned char byte = x;
    put(o, &byte, 1);
}

static void put_u32(struct output *o, size_t x)
{
    const uint32_t word = (uint32_t)x;
    put(o, &word, sizeof word);
}

static void put_u64(struct output *o, uint64_t x)
{
    put(o, &x, sizeof x);
}

static void put_text(struct output *o, const char *s)
{
    const size_t n = s == NULL ? 0 : strlen(s);
    put_u32(o, n);
    put(o, s, n);
}

static void put_error(struct output *o, enum tf_code code, const char *message)
{
    put(o, TF_IMPORT_MAGIC "E", 5);
    put_u32(o, code);
    put_text(o, message);
    flush(o);
}

static const union cell *rows_of(const struct reading *r, size_t col, size_t chunk, size_t *ret_n)
{
    const size_t left = r->n_rows - chunk * r->chunk_rows;
    *ret_n = left < r->chunk_rows ? left : r->chunk_rows;
    return r->chunk[chunk] + col * r->chunk_rows;
}

static void put_declared(struct output *o, const struct var *v)
{
    put_u32(o, v->n_codes);
    for (size_t k = 0; k < v->n_codes; k++) {
        const char text[3] = {'.', v->code[k].tag, '\0'};
        put(o, &v->code[k].value, sizeof(double));
        put_text(o, v->code[k].tag == 0 ? NULL : text);
    }
}

static void put_column(struct output *o, const struct reading *r, size_t col, size_t set)
{
    const struct var *v = &r->var[col];
    size_t n;
    put_text(o, v->name);
    put_text(o, v->label);
    put_u8(o, v->is_text);
    put_u32(o, set);
    if (v->is_text)
        put_u64(o, r->n_rows + v->text_bytes);
    else
        put_declared(o, v);
    for (size_t k = 0; k < r->n_chunks; k++) {
        const union cell *c = rows_of(r, col, k, &n);
        if (!v->is_text && r->share.field == NULL)
            put(o, c, n * sizeof *c);
        for (size_t row = 0; v->is_text && row < n; row++)
            put(o, c[row].text == NULL ? "" : c[row].text,
                c[row].text == NULL ? 1 : strlen(c[row].text) + 1);
    }
}

static void put_table(struct output *o, struct reading *r)
{
    put(o, r->share.field == NULL ? TF_IMPORT_MAGIC "T" : TF_IMPORT_MAGIC "F", 5);
    put_u32(o, r->n_vars);
    put_u64(o, r->n_rows);
    put_u32(o, r->n_sets);
    for (size_t k = 0; k < r->n_sets; k++) {
        put_u8(o, r->set[k].is_text);
        put_u32(o, r->set[k].n);
        for (size_t j = 0; j < r->set[k].n; j++) {
            put(o, &r->set[k].item[j].value, sizeof(double));
            put_text(o, r->set[k].item[j].text);
            put_text(o, r->set[k].item[j].label);
        }
    }
    for (size_t col = 0; col < r->n_vars; col++) {
        const struct set *s = r->var[col].set == NULL ? NULL : set_named(r, r->var[col].set);
        put_column(o, r, col, s == NULL || s->is_text != r->var[col].is_text
                                  ? 0
                                  : (size_t)(s - r->set) + 1);
    }
    put(o, TF_IMPORT_END, 4);
    flush(o);
}

/* ---- All of it ---------------------------------------------------------------------------- */

typedef readstat_error_t parser(readstat_parser_t *, const char *, void *);
static parser *const parsers[] = {
    [TF_IMPORT_SPSS] = readstat_parse_sav,
    [TF_IMPORT_STATA] = readstat_parse_dta,
    [TF_IMPORT_XPORT] = readstat_parse_xport,
};

static readstat_parser_t *new_parser(struct input *in)
{
    readstat_parser_t *p = readstat_parser_init();
    if (p == NULL)
        return NULL;
    in->at = 0;
    (void)readstat_set_open_handler(p, open_input);
    (void)readstat_set_close_handler(p, close_input);
    (void)readstat_set_seek_handler(p, seek_input);
    (void)readstat_set_read_handler(p, read_input);
    (void)readstat_set_update_handler(p, update_input);
    (void)readstat_set_io_ctx(p, in);
    return p;
}

static int on_row_count(readstat_metadata_t *m, void *ctx)
{
    struct shape *s = ctx;
    s->rows = readstat_get_row_count(m);
    s->vars = readstat_get_var_count(m);
    return READSTAT_HANDLER_ABORT; /* no more is wanted */
}

/* The rows of one of `shares` readers. A file that does not say how many it has, or has few, or more
 * cells than the field, is read by the first alone. */
static struct shape share_of(enum tf_import_kind kind, struct input *in, unsigned share,
                             unsigned shares, struct tf_import_field field)
{
    struct shape s = {.rows = -1};
    readstat_parser_t *p = field.n > 0 ? new_parser(in) : NULL;
    if (p != NULL) {
        (void)readstat_set_metadata_handler(p, on_row_count);
        (void)parsers[kind](p, "the file", &s);
        readstat_parser_free(p);
    }
    if (s.rows < (long)shares || s.vars <= 0 || s.rows > TF_IMPORT_MAX_ROWS ||
        (size_t)s.rows > field.n / (size_t)s.vars)
        return (struct shape){.none = share > 0};
    s.all_rows = (size_t)s.rows;
    s.field = field.cell;
    s.first = s.rows * (long)share / (long)shares;
    s.rows = s.rows * ((long)share + 1) / (long)shares - s.first;
    return s;
}

static readstat_error_t parse(enum tf_import_kind kind, struct input *in, struct reading *r,
                              const struct shape *share)
{
    readstat_parser_t *p = new_parser(in);
    if (p == NULL)
        return READSTAT_ERROR_MALLOC;
    (void)readstat_set_error_handler(p, on_error);
    (void)readstat_set_metadata_handler(p, on_metadata);
    (void)readstat_set_variable_handler(p, on_variable);
    (void)readstat_set_value_label_handler(p, on_value_label);
    if (!share->none)
        (void)readstat_set_value_handler(p, on_value);
    if (share->rows > 0) {
        (void)readstat_set_row_offset(p, share->first);
        (void)readstat_set_row_limit(p, share->rows);
    }
    const readstat_error_t e = parsers[kind](p, "the file", r);
    readstat_parser_free(p);
    return e;
}

void tf_import_send(enum tf_import_kind kind, const unsigned char *data, size_t n, int fd,
                    unsigned share, unsigned shares, struct tf_import_field field)
{
    static struct output out;
    struct tf_err err;
    struct tf_guard guard;
    struct input in = {.data = data, .n = n};
    out = (struct output){.fd = fd};
    if (tf_guard_begin(&guard, &err) != TF_OK) {
        out.n = 0;
        put_error(&out, TF_E_LIMIT, err.what);
        return;
    }
    struct reading *r = TF_NEW(tf_arena_new("a data file", max_memory), struct reading);
    r->arena = tf_arena_new("a data file", max_memory);
    r->promised_rows = -1;
    const struct shape mine = share_of(kind, &in, share, shares, field);
    r->share = mine;
    const readstat_error_t e = parse(kind, &in, r, &mine);
    if (mine.none)
        r->promised_rows = 0;
    if (r->limit != NULL)
        put_error(&out, TF_E_LIMIT, tf_printf(r->arena, "the limit is %s", r->limit));
    else if (e == READSTAT_ERROR_MALLOC)
        put_error(&out, TF_E_LIMIT, "its parts ask for more memory than the limit of 4 GB");
    else if (e != READSTAT_OK)
        put_error(&out, TF_E_INPUT, r->message[0] != '\0' ? r->message : readstat_error_message(e));
    else if (r->n_vars == 0)
        put_error(&out, TF_E_INPUT, "it has no variables");
    else if (r->promised_rows >= 0 && (size_t)r->promised_rows != r->n_rows)
        put_error(&out, TF_E_INPUT,
                  tf_printf(r->arena, "its head speaks of %ld rows and %zu are there",
                            r->promised_rows, r->n_rows));
    else
        put_table(&out, r);
    tf_guard_end(&guard);
    tf_arena_free(r->arena); /* the one that holds r goes with the child */
}
