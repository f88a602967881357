/* Codes: the distinct values of a column as dense numbers, and crossings of columns.
 *
 * Strata, PSUs, categories and domains are all the same thing to a survey: "the rows that share a
 * value". Here a column becomes an index 0..n-1 per row, in the order of its values (numbers by
 * size, texts by bytes), so that nothing later depends on the order of rows, and several columns
 * become one index over the combinations that occur. */
#include <float.h>
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

/* "1" and "-2.5" are numbers; "007" and "+1" are codes that a number would not give back. */
static bool is_plain_number(const char *s)
{
    double x;
    const char *digits = s + (*s == '-');
    if (!tf_parse_double(s, &x) || strlen(s) > 15 || strchr("+ \t", *s) != NULL)
        return false;
    return !(digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9');
}

/* How R writes what is missing. Among words it is a word, such as the code of a country. */
static bool is_na(const struct tf_column *c, size_t row)
{
    return !tf_value_missing(c, row) && strcmp(c->text[row], "NA") == 0;
}

bool tf_spells_numbers(const struct tf_column *c, size_t n_rows)
{
    bool any = false;
    if (c->type == TF_NUMBER)
        return false;
    for (size_t row = 0; row < n_rows; row++) {
        if (tf_value_missing(c, row) || is_na(c, row))
            continue;
        const char *s = c->text[row];
        while (*s == ' ') /* padded fields are no other codes */
            s++;
        if (!is_plain_number(s))
            return false;
        any = true;
    }
    return any;
}

/* ---- Distinct values ---------------------------------------------------------------------- */

/* A file has a million rows more often than a thousand different codes: values met are kept sorted,
 * new ones wait behind them and are sorted in when they have become as many. */
struct distinct {
    char *value;
    size_t n, size, sorted;
    int (*order)(const void *, const void *);
};

static void thin_out(struct distinct *d)
{
    size_t n = 0;
    qsort(d->value, d->n, d->size, d->order);
    for (size_t k = 0; k < d->n; k++)
        if (n == 0 || d->order(d->value + (n - 1) * d->size, d->value + k * d->size) < 0)
            memmove(d->value + n++ * d->size, d->value + k * d->size, d->size);
    d->n = n;
    d->sorted = n;
}

static void gather(struct distinct *d, const void *value)
{
    if (d->sorted > 0 && bsearch(value, d->value, d->sorted, d->size, d->order) != NULL)
        return;
    if (d->n >= 2 * d->sorted + 16)
        thin_out(d);
    memcpy(d->value + d->n++ * d->size, value, d->size);
}

/* ---- One column --------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void numbers_to_codes(struct tf_arena *arena, struct tf_codes *c, size_t n_rows)
{
    double *value = TF_NEW_N(arena, double, n_rows);
    struct distinct d = {(char *)value, 0, sizeof *value, 0, by_number};
    for (size_t row = 0; row < n_rows; row++)
        if (!tf_value_missing(c->column, row))
            gather(&d, &c->column->num[row]);
    thin_out(&d);
    c->n = d.n;
    c->number = value;
    c->text = TF_NEW_N(arena, const char *, c->n);
    for (size_t k = 0; k < c->n; k++)
        c->text[k] = tf_double_text(arena, value[k]);
    for (size_t row = 0; row < n_rows; row++) {
        if (tf_value_missing(c->column, row))
            continue;
        const double *at = bsearch(&c->column->num[row], value, c->n, sizeof *value, by_number);
        c->of[row] = (uint32_t)(at - value);
    }
}

static void texts_to_codes(struct tf_arena *arena, struct tf_codes *c, size_t n_rows)
{
    const char **value = TF_NEW_N(arena, const char *, n_rows);
    struct distinct d = {(char *)value, 0, sizeof *value, 0, by_text};
    for (size_t row = 0; row < n_rows; row++)
        if (!tf_value_missing(c->column, row))
            gather(&d, &c->column->text[row]);
    thin_out(&d);
    c->n = d.n;
    c->text = value;
    c->number = TF_NEW_N(arena, double, c->n);
    for (size_t k = 0; k < c->n; k++) {
        c->number[k] = (double)NAN;
        (void)tf_parse_double(value[k], &c->number[k]);
    }
    for (size_t row = 0; row < n_rows; row++) {
        if (tf_value_missing(c->column, row))
            continue;
        const char **at = bsearch(&c->column->text[row], value, c->n, sizeof *value, by_text);
        c->of[row] = (uint32_t)(at - value);
    }
}

struct tf_codes *tf_codes_make(struct tf_arena *arena, const struct tf_table *t, size_t col)
{
    struct tf_codes *c = TF_NEW(arena, struct tf_codes);
    c->column = &t->col[col];
    c->of = TF_NEW_N(arena, uint32_t, t->n_rows);
    memset(c->of, 0xFF, t->n_rows * sizeof *c->of);
    if (c->column->type == TF_NUMBER)
        numbers_to_codes(arena, c, t->n_rows);
    else
        texts_to_codes(arena, c, t->n_rows);
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

static int by_key(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Replace the keys of the rows in play by their rank among the distinct keys; returns how many. */
static size_t make_dense(struct tf_arena *arena, uint64_t *key, const uint32_t *of, size_t n_rows)
{
    uint64_t *value = TF_NEW_N(arena, uint64_t, n_rows);
    struct distinct d = {(char *)value, 0, sizeof *value, 0, by_key};
    for (size_t row = 0; row < n_rows; row++)
        if (of[row] != TF_NO_CODE)
            gather(&d, &key[row]);
    thin_out(&d);
    for (size_t row = 0; row < n_rows; row++) {
        if (of[row] == TF_NO_CODE)
            continue;
        const uint64_t *at = bsearch(&key[row], value, d.n, sizeof *value, by_key);
        key[row] = (uint64_t)(at - value);
    }
    return d.n;
}

struct tf_crossing tf_codes_cross(struct tf_arena *arena, const struct tf_codes *const *codes,
                                  size_t n_codes, const bool *mask, size_t n_rows)
{
    struct tf_crossing x = {.of = TF_NEW_N(arena, uint32_t, n_rows)};
    uint64_t *key = TF_NEW_N(arena, uint64_t, n_rows);
    for (size_t row = 0; row < n_rows; row++) {
        x.of[row] = mask == NULL || mask[row] ? 0 : TF_NO_CODE;
        for (size_t k = 0; k < n_codes; k++)
            if (codes[k]->of[row] == TF_NO_CODE)
                x.of[row] = TF_NO_CODE;
        x.n = x.n > 0 || x.of[row] != TF_NO_CODE;
    }
    for (size_t k = 0; k < n_codes; k++) { /* ranks stay below 2^32, so the product fits */
        for (size_t row = 0; row < n_rows; row++)
            if (x.of[row] != TF_NO_CODE)
                key[row] = key[row] * codes[k]->n + codes[k]->of[row];
        x.n = make_dense(arena, key, x.of, n_rows);
    }
    x.first = TF_NEW_N(arena, uint32_t, x.n);
    for (size_t row = n_rows; row-- > 0;)
        if (x.of[row] != TF_NO_CODE) {
            x.of[row] = (uint32_t)key[row];
            x.first[key[row]] = (uint32_t)row;
        }
    return x;
}

void tf_measure_tidy(struct tf_table *t, const char *const *name, size_t n)
{
    for (size_t k = 0; k < (name != NULL ? n : t->n_cols); k++) {
        const size_t col = name != NULL ? tf_table_find(t, name[k]) : k;
        if (col >= SIZE_MAX - 1 || !tf_spells_numbers(&t->col[col], t->n_rows))
            continue;
        for (size_t row = 0; row < t->n_rows; row++)
            if (is_na(&t->col[col], row))
                t->col[col].miss[row] = TF_MISS_SYSTEM;
        (void)tf_column_to_number(t, col);
    }
}
