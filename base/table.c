/* Tables: see table.h.
 *
 * A table is a row of columns, each a plain array. A value and the reason for its absence are kept
 * side by side: num (or text) holds what is there, miss says why not. Where miss is not TF_PRESENT
 * the value is NaN or "", so that code which forgets to look at miss gets a NaN, never a -99.
 *
 * Nothing here knows questionnaires. A code such as 9 becomes a typed missing value only when
 * somebody says so (tf_column_missing). */
#define _DEFAULT_SOURCE /* large pages */
#include "base/table.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>

#include "base/number.h"
#include "base/text.h"

/* ---- Missing reasons ---------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *word, *plain;
} reasons[TF_N_MISS] = {
    [TF_PRESENT]           = {"present",      "present"},
    [TF_MISS_SYSTEM]       = {"missing",      "missing"},
    [TF_MISS_DONT_KNOW]    = {"dont_know",    "don't know"},
    [TF_MISS_PREFER_NOT]   = {"prefer_not",   "prefer not to say"},
    [TF_MISS_REFUSED]      = {"refused",      "refused"},
    [TF_MISS_ROUTING]      = {"routing",      "not asked (routing)"},
    [TF_MISS_COUNTRY]      = {"country",      "not asked in this country"},
    [TF_MISS_AGE]          = {"age",          "not asked at this age"},
    [TF_MISS_VOID]         = {"void",         "void after fieldwork"},
    [TF_MISS_BROKEN_OFF]   = {"broken_off",   "interview broken off before"},
    [TF_MISS_LOST]         = {"lost",         "given, and lost"},
    [TF_MISS_NOT_RECORDED] = {"not_recorded", "not recorded by the source"},
    [TF_MISS_NOT_SUPPLIED] = {"not_supplied", "recorded, not supplied"},
    [TF_MISS_NO_CATEGORY]  = {"no_category",  "no such category in law"},
    [TF_MISS_WITHHELD]     = {"withheld",     "withheld by the source"},
    [TF_MISS_NOT_FOUND]    = {"not_found",    "searched for, not found"},
};
/* clang-format on */

const char *tf_miss_word(enum tf_miss why)
{
    return (unsigned)why < TF_N_MISS ? reasons[why].word : reasons[TF_MISS_SYSTEM].word;
}

const char *tf_miss_plain(enum tf_miss why)
{
    return (unsigned)why < TF_N_MISS ? reasons[why].plain : reasons[TF_MISS_SYSTEM].plain;
}

bool tf_miss_named(const char *word, enum tf_miss *ret)
{
    for (unsigned k = 0; word != NULL && k < TF_N_MISS; k++)
        if (strcmp(word, reasons[k].word) == 0) {
            *ret = (enum tf_miss)k;
            return true;
        }
    return false;
}

/* ---- Making and finding ------------------------------------------------------------------- */

struct tf_table *tf_table_new(struct tf_arena *arena, const char *name, size_t n_rows)
{
    struct tf_table *t = TF_NEW(arena, struct tf_table);
    t->arena = arena;
    t->name = tf_strdup(arena, name);
    t->n_rows = n_rows;
    return t;
}

size_t tf_table_add(struct tf_table *t, const char *name, enum tf_type type)
{
    struct tf_column c = {.name = tf_strdup(t->arena, name), .type = type};
    c.miss = TF_NEW_N(t->arena, uint8_t, t->n_rows);
    memset(c.miss, TF_MISS_SYSTEM, t->n_rows);
    if (type == TF_NUMBER) {
        c.num = TF_NEW_N(t->arena, double, t->n_rows);
        for (size_t row = 0; row < t->n_rows; row++)
            c.num[row] = (double)NAN;
    } else {
        c.text = TF_NEW_N(t->arena, const char *, t->n_rows);
        for (size_t row = 0; row < t->n_rows; row++)
            c.text[row] = "";
    }
    return tf_table_adopt(t, c);
}

size_t tf_table_adopt(struct tf_table *t, struct tf_column column)
{
    t->col = tf_grow(t->arena, t->col, t->n_cols, &t->cap_cols, sizeof *t->col);
    t->col[t->n_cols] = column;
    return t->n_cols++;
}

void *tf_table_memory(struct tf_arena *arena, size_t n, size_t size)
{
    char *p = tf_alloc_n(arena, n, size);
    const size_t page = (size_t)1 << 21, bytes = n * size;
    const size_t skip = (page - (uintptr_t)p % page) % page;
    if (bytes >= skip + page)
        (void)madvise(p + skip, (bytes - skip) / page * page, MADV_HUGEPAGE);
    return p;
}

size_t tf_table_find(const struct tf_table *t, const char *name)
{
    size_t like = SIZE_MAX;
    for (size_t k = 0; k < t->n_cols; k++) {
        if (strcmp(t->col[k].name, name) == 0)
            return k;
        if (tf_casecmp(t->col[k].name, name) == 0)
            like = like == SIZE_MAX ? k : SIZE_MAX - 1;
    }
    return like;
}

enum tf_code tf_table_need(const struct tf_table *t, const char *name, size_t *ret,
                           struct tf_err *reterr)
{
    const size_t at = tf_table_find(t, name);
    if (at < SIZE_MAX - 1) {
        *ret = at;
        return TF_OK;
    }
    if (at == SIZE_MAX - 1) {
        (void)tf_fail(reterr, TF_E_INPUT, "several columns of '%s' are called '%s'", t->name, name);
        return tf_help(reterr, "They differ in upper and lower case only: write the name exactly.");
    }
    const char **names = TF_NEW_N(t->arena, const char *, t->n_cols + 1);
    for (size_t k = 0; k < t->n_cols; k++)
        names[k] = t->col[k].name;
    const char *nearest = tf_nearest(name, names);
    (void)tf_fail(reterr, TF_E_INPUT, "'%s' has no column '%s'", t->name, name);
    (void)tf_fact(reterr, "it has %zu columns", t->n_cols);
    if (nearest != NULL)
        return tf_help(reterr, "Did you mean '%s'?", nearest);
    return tf_help(reterr, "Check the header of the file.");
}

const char *tf_column_label(const struct tf_column *c, double value)
{
    for (size_t k = 0; k < c->n_labels; k++)
        if (c->labels[k].text == NULL && c->labels[k].value == value)
            return c->labels[k].label;
    return NULL;
}

/* ---- Changing ----------------------------------------------------------------------------- */

/* The labels of a text column with numbers for their texts; false when one is no number. */
static bool labels_to_number(struct tf_arena *arena, const struct tf_column *c,
                             struct tf_label **ret, size_t *ret_n)
{
    struct tf_label *out = TF_NEW_N(arena, struct tf_label, c->n_labels);
    size_t n = 0;
    for (size_t k = 0; k < c->n_labels; k++) {
        const struct tf_label *l = &c->labels[k];
        double x;
        if (tf_is_blank(l->text)) /* a label of "nothing": nothing is missing now */
            continue;
        if (!tf_parse_double(l->text, &x))
            return false;
        out[n++] = (struct tf_label){.value = x, .label = l->label};
    }
    *ret = out;
    *ret_n = n;
    return true;
}

bool tf_column_to_number(struct tf_table *t, size_t col)
{
    struct tf_column *c = &t->col[col];
    double x;
    bool any = false;
    if (c->type == TF_NUMBER)
        return false;
    for (size_t row = 0; row < t->n_rows; row++) { /* look before anything is allocated */
        if (c->miss[row] != TF_PRESENT || tf_is_blank(c->text[row]))
            continue;
        if (tf_is_code(c->text[row]) || !tf_parse_double(c->text[row], &x))
            return false; /* "01" and "1" are two codes: as numbers they would be one */
        any = true;
    }
    struct tf_label *labels = NULL;
    size_t n_labels = 0;
    if (!any || !labels_to_number(t->arena, c, &labels, &n_labels))
        return false;
    double *num = TF_NEW_N(t->arena, double, t->n_rows);
    for (size_t row = 0; row < t->n_rows; row++) {
        num[row] = (double)NAN;
        if (c->miss[row] == TF_PRESENT && !tf_parse_double(c->text[row], &num[row]))
            c->miss[row] = TF_MISS_SYSTEM;
    }
    c->type = TF_NUMBER;
    c->num = num;
    c->text = NULL;
    c->labels = labels;
    c->n_labels = n_labels;
    return true;
}

static bool is_na(const struct tf_column *c, size_t row)
{
    return c->miss[row] == TF_PRESENT && strcmp(c->text[row], "NA") == 0;
}

bool tf_column_spells_numbers(const struct tf_column *c, size_t n_rows)
{
    bool any = false;
    double x;
    if (c->type == TF_NUMBER)
        return false;
    for (size_t row = 0; row < n_rows; row++) {
        const char *s = c->text[row];
        if (c->miss[row] != TF_PRESENT || is_na(c, row) || tf_is_blank(s))
            continue;
        s += strspn(s, " "); /* padded fields are no other codes */
        if (*s == '+' || *s == '\t' || tf_is_code(s) || !tf_parse_double(s, &x))
            return false;
        any = true;
    }
    return any;
}

void tf_column_na(struct tf_table *t, size_t col)
{
    struct tf_column *c = &t->col[col];
    for (size_t row = 0; c->type == TF_TEXT && row < t->n_rows; row++)
        if (is_na(c, row)) {
            c->miss[row] = TF_MISS_SYSTEM;
            c->text[row] = "";
        }
}

/* Give a reason to the rows whose declared code is the k-th. */
static void declared_missing(struct tf_column *c, size_t n_rows, size_t k, enum tf_miss why)
{
    for (size_t row = 0; row < n_rows; row++)
        if (c->declared_of[row] == k + 1 && c->miss[row] == TF_MISS_SYSTEM)
            c->miss[row] = (uint8_t)why;
}

void tf_column_missing(struct tf_table *t, size_t col, double code, enum tf_miss why)
{
    struct tf_column *c = &t->col[col];
    if (c->type != TF_NUMBER || why == TF_PRESENT)
        return;
    for (size_t row = 0; row < t->n_rows; row++)
        if (c->miss[row] == TF_PRESENT && c->num[row] == code) {
            c->num[row] = (double)NAN;
            c->miss[row] = (uint8_t)why;
        }
    for (size_t k = 0; k < c->n_declared; k++)
        if (c->declared[k].text == NULL && c->declared[k].value == code)
            declared_missing(c, t->n_rows, k, why);
}

void tf_column_missing_text(struct tf_table *t, size_t col, const char *code, enum tf_miss why)
{
    struct tf_column *c = &t->col[col];
    for (size_t k = 0; k < c->n_declared && why != TF_PRESENT; k++)
        if (c->declared[k].text != NULL && strcmp(c->declared[k].text, code) == 0)
            declared_missing(c, t->n_rows, k, why);
}

void tf_table_keep_rows(struct tf_table *t, const bool *keep)
{
    size_t n = 0;
    for (size_t row = 0; row < t->n_rows; row++)
        n += keep[row];
    for (size_t k = 0; k < t->n_cols; k++) {
        struct tf_column *c = &t->col[k];
        for (size_t row = 0, to = 0; row < t->n_rows; row++) {
            if (!keep[row])
                continue;
            c->miss[to] = c->miss[row];
            if (c->declared_of != NULL)
                c->declared_of[to] = c->declared_of[row];
            if (c->type == TF_NUMBER)
                c->num[to] = c->num[row];
            else
                c->text[to] = c->text[row];
            to++;
        }
    }
    t->n_rows = n;
}

/* ---- Hash and CSV ------------------------------------------------------------------------- */

static void hash_column(struct tf_hasher *h, const struct tf_column *c, size_t n_rows)
{
    tf_hasher_text(h, c->name);
    tf_hasher_text(h, c->label);
    tf_hasher_u64(h, c->type);
    tf_hasher_u64(h, c->n_labels);
    for (size_t k = 0; k < c->n_labels; k++) {
        tf_hasher_double(h, c->labels[k].value);
        tf_hasher_text(h, c->labels[k].text);
        tf_hasher_text(h, c->labels[k].label);
    }
    tf_hasher_add(h, c->miss, n_rows);
    for (size_t row = 0; row < n_rows; row++) {
        if (c->miss[row] != TF_PRESENT)
            continue;
        if (c->type == TF_NUMBER)
            tf_hasher_double(h, c->num[row]);
        else
            tf_hasher_text(h, c->text[row]);
    }
}

struct tf_hash tf_table_hash(const struct tf_table *t)
{
    struct tf_hasher h;
    tf_hasher_begin(&h);
    tf_hasher_u64(&h, t->n_rows);
    tf_hasher_u64(&h, t->n_cols);
    for (size_t k = 0; k < t->n_cols; k++)
        hash_column(&h, &t->col[k], t->n_rows);
    return tf_hasher_end(&h);
}

static void csv_cell(struct tf_buf *out, const struct tf_column *c, size_t row)
{
    if (c->miss[row] != TF_PRESENT)
        return;
    if (c->type == TF_NUMBER)
        tf_buf_double(out, c->num[row]);
    else
        tf_buf_csv(out, c->text[row]);
}

void tf_table_csv(const struct tf_table *t, struct tf_buf *out)
{
    for (size_t k = 0; k < t->n_cols; k++) {
        if (k > 0)
            tf_buf_char(out, ',');
        tf_buf_csv(out, t->col[k].name);
    }
    tf_buf_char(out, '\n');
    for (size_t row = 0; row < t->n_rows; row++) {
        const size_t start = out->n;
        for (size_t k = 0; k < t->n_cols; k++) {
            if (k > 0)
                tf_buf_char(out, ',');
            csv_cell(out, &t->col[k], row);
        }
        if (out->n == start) /* a blank line is no row: an empty one is written so */
            tf_buf_add(out, "\"\"");
        tf_buf_char(out, '\n');
    }
}
