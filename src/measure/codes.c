/* Codes: the distinct values of a column as dense numbers, and crossings of columns.
 *
 * Strata, PSUs, categories and domains are all the same thing to a survey: "the rows that share a
 * value". Here a column becomes an index 0..n-1 per row, in the order of its values (numbers by
 * size, texts by bytes), so that nothing later depends on the order of rows, and several columns
 * become one index over the combinations that occur.
 *
 * A column holds a million rows more often than a thousand different values, and the values are
 * mostly small whole numbers: those are counted in a table with a place for each. Others are met
 * through slots, and only the different ones are sorted. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/inside.h"

bool tf_value_missing(const struct tf_column *c, size_t row)
{
    return c->miss[row] != TF_PRESENT ||
           (c->type == TF_TEXT ? tf_is_blank(c->text[row]) : isnan(c->num[row]));
}

bool tf_value_number(const struct tf_column *c, size_t row, double *ret)
{
    if (tf_value_missing(c, row))
        return false;
    if (c->type == TF_TEXT)
        return tf_parse_double(c->text[row], ret);
    *ret = c->num[row];
    return true;
}

const char *tf_value_label(const struct tf_column *c, double number, const char *text)
{
    if (c->type == TF_NUMBER)
        return tf_column_label(c, number);
    for (size_t k = 0; k < c->n_labels; k++)
        if (c->labels[k].text != NULL && strcmp(c->labels[k].text, text) == 0)
            return c->labels[k].label;
    return NULL;
}

bool tf_spells_numbers(const struct tf_column *c, size_t n_rows)
{
    return tf_column_spells_numbers(c, n_rows);
}

/* ---- Distinct values ---------------------------------------------------------------------- */

/* Values met are kept in the order of their first row, and found again through slots (open addressing,
 * at most half of them taken). The caller sorts what was met, so nothing depends on the slots. */
struct distinct {
    struct tf_arena *arena;
    uint32_t *slot; /* 1 + index of a value, 0 = free */
    size_t n_slots;
    uint64_t *key;     /* [n] the values, or hashes of the texts */
    const char **text; /* [n] where values are texts */
    size_t n, cap;
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    return x ^ x >> 29;
}

static void more_slots(struct distinct *d)
{
    d->n_slots = d->n_slots == 0 ? 1024 : d->n_slots * 4;
    d->slot = TF_NEW_N(d->arena, uint32_t, d->n_slots);
    for (size_t k = 0; k < d->n; k++) {
        size_t at = mix(d->key[k]) & (d->n_slots - 1);
        while (d->slot[at] != 0)
            at = (at + 1) & (d->n_slots - 1);
        d->slot[at] = (uint32_t)k + 1;
    }
}

/* The index of a value, met before or now. text is NULL where the key is the value. */
static uint32_t meet(struct distinct *d, uint64_t key, const char *text)
{
    if (2 * d->n >= d->n_slots)
        more_slots(d);
    size_t at = mix(key) & (d->n_slots - 1);
    for (; d->slot[at] != 0; at = (at + 1) & (d->n_slots - 1)) {
        const uint32_t k = d->slot[at] - 1;
        if (d->key[k] == key && (text == NULL || strcmp(d->text[k], text) == 0))
            return k;
    }
    size_t cap = d->cap;
    d->key = tf_grow(d->arena, d->key, d->n, &d->cap, sizeof *d->key);
    if (text != NULL) {
        d->text = tf_grow(d->arena, d->text, d->n, &cap, sizeof *d->text);
        d->text[d->n] = text;
    }
    d->key[d->n] = key;
    d->slot[at] = (uint32_t)++d->n;
    return (uint32_t)d->n - 1;
}

/* ---- One column --------------------------------------------------------------------------- */

struct met { /* a value and its place among those met */
    double number;
    uint64_t key;
    const char *text;
    uint32_t at;
};

static int by_number(const void *a, const void *b)
{
    const struct met *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static int by_text(const void *a, const void *b)
{
    const struct met *x = a, *y = b;
    return strcmp(x->text, y->text);
}

static int by_key(const void *a, const void *b)
{
    const struct met *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

/* tf_value_missing of a number column. */
static inline bool no_number(const struct tf_column *c, size_t row)
{
    return c->miss[row] != TF_PRESENT || isnan(c->num[row]);
}

/* Tables of a direct address are made where they cost no more than the rows themselves. */
static bool is_small(uint64_t span, size_t n_rows)
{
    return span <= 65536 + (uint64_t)n_rows;
}

/* Whole numbers from *ret_low to *ret_high only? Answer codes nearly always are. */
static bool whole_range(const struct tf_column *c, size_t n_rows, double *ret_low, double *ret_high)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t row = 0; row < n_rows; row++) {
        const double x = c->num[row];
        if (no_number(c, row))
            continue;
        if (!(fabs(x) < 1e15) || x != (double)(int64_t)x)
            return false;
        low = x < low ? x : low;
        high = x > high ? x : high;
    }
    *ret_low = low <= high ? low : 0;
    *ret_high = low <= high ? high : 0;
    return true;
}

/* Each whole number has a place of its own: marked when met, then numbered in order. */
static void count_codes(struct tf_arena *arena, struct tf_arena *scratch, struct tf_codes *c,
                        size_t n_rows, double low, size_t span)
{
    const double *num = c->column->num;
    uint32_t *rank = TF_NEW_N(scratch, uint32_t, span);
    for (size_t row = 0; row < n_rows; row++)
        if (!no_number(c->column, row))
            rank[(size_t)(num[row] - low)] = 1;
    for (size_t k = 0; k < span; k++)
        c->n += rank[k];
    c->number = TF_NEW_N(arena, double, c->n);
    for (size_t k = 0, n = 0; k < span; k++)
        if (rank[k] != 0) {
            c->number[n] = low + (double)k;
            rank[k] = (uint32_t)n++;
        }
    for (size_t row = 0; row < n_rows; row++)
        if (!no_number(c->column, row))
            c->of[row] = rank[(size_t)(num[row] - low)];
}
/* Any values: met, sorted, and each row given the rank of its own. */
static void sort_codes(struct tf_arena *arena, struct tf_arena *scratch, struct tf_codes *c,
                       size_t n_rows)
{
    struct distinct d = {.arena = scratch};
    const struct tf_column *column = c->column;
    const bool is_text = column->type == TF_TEXT;
    for (size_t row = 0; row < n_rows; row++) {
        uint64_t key = 0;
        if (tf_value_missing(column, row))
            continue;
        if (is_text) {
            for (const char *p = column->text[row]; *p != '\0'; p++)
                key = (key ^ (unsigned char)*p) * UINT64_C(0x100000001B3);
        } else {
            const double x = column->num[row] + 0.0; /* -0 and 0 are one value */
            memcpy(&key, &x, sizeof key);
        }
        c->of[row] = meet(&d, key, is_text ? column->text[row] : NULL);
    }
    struct met *met = TF_NEW_N(scratch, struct met, d.n);
    uint32_t *rank = TF_NEW_N(scratch, uint32_t, d.n);
    for (size_t k = 0; k < d.n; k++) {
        met[k] = (struct met){.at = (uint32_t)k, .text = is_text ? d.text[k] : NULL};
        memcpy(&met[k].number, &d.key[k], sizeof met[k].number);
    }
    if (d.n > 1)
        qsort(met, d.n, sizeof *met, is_text ? by_text : by_number);
    c->n = d.n;
    c->number = TF_NEW_N(arena, double, c->n);
    c->text = TF_NEW_N(arena, const char *, c->n);
    for (size_t k = 0; k < c->n; k++) {
        rank[met[k].at] = (uint32_t)k;
        c->number[k] = is_text ? (double)NAN : met[k].number;
        c->text[k] = met[k].text;
        if (is_text)
            (void)tf_parse_double(c->text[k], &c->number[k]);
    }
    for (size_t row = 0; row < n_rows; row++)
        if (c->of[row] != TF_NO_CODE)
            c->of[row] = rank[c->of[row]];
}

struct tf_codes *tf_codes_make(struct tf_arena *arena, const struct tf_table *t, size_t col)
{
    struct tf_codes *c = TF_NEW(arena, struct tf_codes);
    struct tf_arena *scratch = tf_arena_new("the codes of a column", (size_t)4 << 30);
    double low, high;
    c->column = &t->col[col];
    c->of = TF_NEW_N(arena, uint32_t, t->n_rows);
    memset(c->of, 0xFF, t->n_rows * sizeof *c->of);
    if (c->column->type == TF_NUMBER && whole_range(c->column, t->n_rows, &low, &high) &&
        is_small((uint64_t)(high - low), t->n_rows))
        count_codes(arena, scratch, c, t->n_rows, low, (size_t)(high - low) + 1);
    else
        sort_codes(arena, scratch, c, t->n_rows);
    if (c->column->type == TF_NUMBER) {
        c->text = TF_NEW_N(arena, const char *, c->n);
        for (size_t k = 0; k < c->n; k++)
            c->text[k] = tf_double_text(arena, c->number[k]);
    }
    tf_arena_free(scratch);
    return c;
}

uint32_t tf_codes_find(const struct tf_codes *c, const char *value)
{
    double x;
    const bool number = tf_parse_double(value, &x);
    for (size_t k = 0; k < c->n; k++)
        if (strcmp(c->text[k], value) == 0 || (number && c->number[k] == x))
            return (uint32_t)k;
    return TF_NO_CODE;
}

/* ---- Several columns ---------------------------------------------------------------------- */

/* Replace the keys (below `bound`) of the rows in play by their rank among those that occur; returns
 * how many do. */
static size_t make_dense(struct tf_arena *scratch, uint64_t *key, const uint32_t *of, size_t n_rows,
                         uint64_t bound)
{
    size_t n = 0;
    if (is_small(bound, n_rows)) {
        uint32_t *rank = TF_NEW_N(scratch, uint32_t, bound);
        for (size_t row = 0; row < n_rows; row++)
            if (of[row] != TF_NO_CODE)
                rank[key[row]] = 1;
        for (size_t k = 0; k < bound; k++)
            if (rank[k] != 0)
                rank[k] = (uint32_t)n++;
        for (size_t row = 0; row < n_rows; row++)
            if (of[row] != TF_NO_CODE)
                key[row] = rank[key[row]];
        return n;
    }
    struct distinct d = {.arena = scratch};
    for (size_t row = 0; row < n_rows; row++)
        if (of[row] != TF_NO_CODE)
            key[row] = meet(&d, key[row], NULL);
    struct met *met = TF_NEW_N(scratch, struct met, d.n);
    uint32_t *rank = TF_NEW_N(scratch, uint32_t, d.n);
    for (size_t k = 0; k < d.n; k++)
        met[k] = (struct met){.key = d.key[k], .at = (uint32_t)k};
    if (d.n > 1)
        qsort(met, d.n, sizeof *met, by_key);
    for (size_t k = 0; k < d.n; k++)
        rank[met[k].at] = (uint32_t)k;
    for (size_t row = 0; row < n_rows; row++)
        if (of[row] != TF_NO_CODE)
            key[row] = rank[key[row]];
    return d.n;
}

struct tf_crossing tf_codes_cross(struct tf_arena *arena, const struct tf_codes *const *codes,
                                  size_t n_codes, const bool *mask, size_t n_rows)
{
    struct tf_crossing x = {.of = TF_NEW_N(arena, uint32_t, n_rows)};
    struct tf_arena *scratch = tf_arena_new("the crossing of columns", (size_t)4 << 30);
    uint64_t *key = TF_NEW_N(scratch, uint64_t, n_rows), bound = 1;
    for (size_t row = 0; mask != NULL && row < n_rows; row++)
        x.of[row] = mask[row] ? 0 : TF_NO_CODE;
    for (size_t k = 0; k < n_codes; k++)
        for (size_t row = 0; row < n_rows; row++)
            x.of[row] |= codes[k]->of[row] == TF_NO_CODE ? TF_NO_CODE : 0;
    for (size_t row = 0; row < n_rows && x.n == 0; row++)
        x.n = x.of[row] != TF_NO_CODE;
    for (size_t k = 0; k < n_codes; k++) { /* ranks stay below 2^32, so the product fits */
        const uint64_t n = codes[k]->n;
        for (size_t row = 0; row < n_rows; row++)
            if (x.of[row] != TF_NO_CODE)
                key[row] = key[row] * n + codes[k]->of[row];
        bound *= n;
        if (k + 1 < n_codes && is_small(bound, n_rows) &&
            is_small(bound * codes[k + 1]->n, n_rows))
            continue; /* the next column fits into the same table */
        bound = make_dense(scratch, key, x.of, n_rows, bound);
        x.n = bound;
    }
    x.first = TF_NEW_N(arena, uint32_t, x.n);
    for (size_t row = n_rows; row-- > 0;)
        if (x.of[row] != TF_NO_CODE) {
            x.of[row] = (uint32_t)key[row];
            x.first[key[row]] = (uint32_t)row;
        }
    tf_arena_free(scratch);
    return x;
}

void tf_measure_tidy(struct tf_table *t, const char *const *name, size_t n)
{
    for (size_t k = 0; k < (name != NULL ? n : t->n_cols); k++) {
        const size_t col = name != NULL ? tf_table_find(t, name[k]) : k;
        if (col >= SIZE_MAX - 1 || !tf_spells_numbers(&t->col[col], t->n_rows))
            continue;
        tf_column_na(t, col);
        (void)tf_column_to_number(t, col);
    }
}
