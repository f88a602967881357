/* The child's work: a statistical file, in memory, read by ReadStat and sent down a pipe.
 *
 * ReadStat hands over one value at a time, row by row, and for some formats nobody knows the
 * number of rows beforehand. So values go into chunks (some thousand rows of all columns, column
 * by column) and leave by column, when the whole file has proved readable:
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
static const size_t max_memory = (size_t)1536 * 1024 * 1024;

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

struct var {
    const char *name, *label, *set;
    bool is_text;
    const char *last; /* the text before: answers repeat */
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
    r->promised_rows = readstat_get_row_count(m);
    if (readstat_get_var_count(m) > TF_IMPORT_MAX_VARS)
        r->limit = "20,000 variables";
    if (r->promised_rows > TF_IMPORT_MAX_ROWS)
        r->limit = "20 million rows";
    return r->limit == NULL ? READSTAT_HANDLER_OK : READSTAT_HANDLER_ABORT;
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
    return READSTAT_HANDLER_OK;
}

static struct set *set_named(struct reading *r, const char *name)
{
    for (size_t k = r->n_sets; k-- > 0;) /* labels come set by set: the last is the likely one */
        if (strcmp(r->set[k].name, name) == 0)
            return &r->set[k];
    return NULL;
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
    if (is_text != s->is_text || readstat_value_is_tagged_missing(value))
        return READSTAT_HANDLER_OK; /* Stata's .a has no number to label */
    struct tf_label l = {.label = tf_strdup(r->arena, label == NULL ? "" : label)};
    if (is_text) {
        const char *text = readstat_string_value(value);
        l.text = tf_strdup(r->arena, text == NULL ? "" : text);
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
    }
    union cell *c = TF_NEW_N(r->arena, union cell, r->n_vars * r->chunk_rows);
    for (size_t k = 0; k < r->n_vars; k++)
        for (size_t row = 0; row < r->chunk_rows; row++)
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
        return one;
    }
    if (v->last == NULL || strcmp(v->last, s) != 0)
        v->last = tf_strdup(r->arena, s);
    return v->last;
}

static int on_value(int row, readstat_variable_t *variable, readstat_value_t value, void *ctx)
{
    struct reading *r = ctx;
    const int index = readstat_variable_get_index(variable);
    if (row < 0 || index < 0 || (size_t)index >= r->n_vars)
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
    if (readstat_value_is_missing(value, variable))
        return READSTAT_HANDLER_OK;
    union cell *c = &r->chunk[at / r->chunk_rows][(size_t)index * r->chunk_rows + at % r->chunk_rows];
    const bool text = readstat_value_type_class(value) == READSTAT_TYPE_CLASS_STRING;
    if (text && v->is_text)
        c->text = keep_text(r, v, readstat_string_value(value));
    else if (!text && !v->is_text && isfinite(readstat_double_value(value)))
        c->num = readstat_double_value(value);
    return READSTAT_HANDLER_OK;
}

/* ---- Output ------------------------------------------------------------------------------- */

struct output {
    int fd;
    bool broken; /* the parent left: nothing more to say */
    size_t n;
    char piece[1 << 16];
};

static void flush(struct output *o)
{
    for (size_t done = 0; !o->broken && done < o->n;) {
        const ssize_t put = write(o->fd, o->piece + done, o->n - done);
        if (put > 0)
            done += (size_t)put;
        else if (put == 0 || errno != EINTR)
            o->broken = true;
    }
    o->n = 0;
}

static void put(struct output *o, const void *data, size_t n)
{
    const char *p = data;
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

static void put_column(struct output *o, const struct reading *r, size_t col, size_t set)
{
    const struct var *v = &r->var[col];
    uint64_t bytes = 0;
    size_t n;
    put_text(o, v->name);
    put_text(o, v->label);
    put_u8(o, v->is_text);
    put_u32(o, set);
    for (size_t k = 0; v->is_text && k < r->n_chunks; k++) {
        const union cell *c = rows_of(r, col, k, &n);
        for (size_t row = 0; row < n; row++)
            bytes += c[row].text == NULL ? 1 : strlen(c[row].text) + 1;
    }
    if (v->is_text)
        put_u64(o, bytes);
    for (size_t k = 0; k < r->n_chunks; k++) {
        const union cell *c = rows_of(r, col, k, &n);
        if (!v->is_text)
            put(o, c, n * sizeof *c);
        for (size_t row = 0; v->is_text && row < n; row++)
            put(o, c[row].text == NULL ? "" : c[row].text,
                c[row].text == NULL ? 1 : strlen(c[row].text) + 1);
    }
}

static void put_table(struct output *o, struct reading *r)
{
    put(o, TF_IMPORT_MAGIC "T", 5);
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

static readstat_error_t parse(enum tf_import_kind kind, struct input *in, struct reading *r)
{
    static readstat_error_t (*const parsers[])(readstat_parser_t *, const char *, void *) = {
        [TF_IMPORT_SPSS] = readstat_parse_sav,
        [TF_IMPORT_STATA] = readstat_parse_dta,
        [TF_IMPORT_XPORT] = readstat_parse_xport,
    };
    readstat_parser_t *p = readstat_parser_init();
    if (p == NULL)
        return READSTAT_ERROR_MALLOC;
    (void)readstat_set_open_handler(p, open_input);
    (void)readstat_set_close_handler(p, close_input);
    (void)readstat_set_seek_handler(p, seek_input);
    (void)readstat_set_read_handler(p, read_input);
    (void)readstat_set_update_handler(p, update_input);
    (void)readstat_set_io_ctx(p, in);
    (void)readstat_set_error_handler(p, on_error);
    (void)readstat_set_metadata_handler(p, on_metadata);
    (void)readstat_set_variable_handler(p, on_variable);
    (void)readstat_set_value_label_handler(p, on_value_label);
    (void)readstat_set_value_handler(p, on_value);
    const readstat_error_t e = parsers[kind](p, "the file", r);
    readstat_parser_free(p);
    return e;
}

void tf_import_send(enum tf_import_kind kind, const unsigned char *data, size_t n, int fd)
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
    const readstat_error_t e = parse(kind, &in, r);
    if (r->limit != NULL)
        put_error(&out, TF_E_LIMIT, tf_printf(r->arena, "the limit is %s", r->limit));
    else if (e == READSTAT_ERROR_MALLOC)
        put_error(&out, TF_E_LIMIT, "its parts ask for more memory than the limit of 2 GB");
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
