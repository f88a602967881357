/* Rows that belong together, and rows found by name, in files that people wrote.
 *
 * Listings and rosters hold the rows of a PSU (or a household) together. A group is such a run; if
 * its key comes a second time further down, the file is out of order and would be drawn twice, so
 * it is refused with the place of the second. Sorting the groups by key finds that without
 * comparing all. */
#include <stdlib.h>
#include <string.h>

#include "base/sheet.h"
#include "draw/inside.h"

struct named {
    const char *key[2];
    size_t at;
};

static int by_key(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    for (int k = 0; k < 2; k++) {
        const int order = strcmp(x->key[k], y->key[k]);
        if (order != 0)
            return order;
    }
    return (x->at > y->at) - (x->at < y->at);
}

static struct named name_row(const struct tf_sheet *s, const size_t *key, size_t n_keys, size_t row,
                             size_t at)
{
    struct named n = {{"", ""}, at};
    for (size_t k = 0; k < n_keys; k++)
        n.key[k] = tf_sheet_text(s, row, key[k]);
    return n;
}

static bool same(const struct named *a, const struct named *b)
{
    return strcmp(a->key[0], b->key[0]) == 0 && strcmp(a->key[1], b->key[1]) == 0;
}

enum tf_code draw_groups(const struct tf_sheet *s, const size_t *key, size_t n_keys,
                         const char *what, struct draw_group **ret, size_t *ret_n,
                         struct tf_err *reterr)
{
    const size_t rows = s->t->n_rows;
    struct draw_group *g = TF_NEW_N(s->arena, struct draw_group, rows);
    struct named *name = TF_NEW_N(s->arena, struct named, rows);
    size_t n = 0;
    for (size_t row = 0; row < rows; row++) {
        const struct named here = name_row(s, key, n_keys, row, n);
        if (n > 0 && same(&name[n - 1], &here)) {
            g[n - 1].to = row + 1;
            continue;
        }
        name[n] = here;
        g[n++] = (struct draw_group){row, row + 1};
    }
    if (n > 0)
        qsort(name, n, sizeof *name, by_key);
    size_t first = SIZE_MAX; /* the earliest second place of the file */
    for (size_t k = 1; k < n; k++)
        if (same(&name[k - 1], &name[k]) && (first == SIZE_MAX || name[k].at < first))
            first = name[k].at;
    if (first != SIZE_MAX) {
        const size_t row = g[first].from, col = key[n_keys - 1];
        (void)tf_sheet_fail(s, row, col, reterr, "%s '%s' stands in two places of the file", what,
                            tf_sheet_text(s, row, col));
        return tf_help(reterr, "Sort the file so that its rows stand together; else it would be "
                               "drawn twice.");
    }
    *ret = g;
    *ret_n = n;
    return TF_OK;
}

enum tf_code draw_index_new(const struct tf_sheet *s, const size_t *key, size_t n_keys,
                            struct draw_index *ret, struct tf_err *reterr)
{
    const size_t rows = s->t->n_rows;
    struct named *name = TF_NEW_N(s->arena, struct named, rows);
    struct draw_index x = {.s = s, .n_keys = n_keys, .row = TF_NEW_N(s->arena, size_t, rows)};
    for (size_t k = 0; k < n_keys; k++)
        x.key[k] = key[k];
    for (size_t row = 0; row < rows; row++)
        name[row] = name_row(s, key, n_keys, row, row);
    if (rows > 0)
        qsort(name, rows, sizeof *name, by_key);
    for (size_t k = 0; k < rows; k++) {
        x.row[k] = name[k].at;
        if (k > 0 && same(&name[k - 1], &name[k])) {
            (void)tf_sheet_fail(s, name[k].at, key[n_keys - 1], reterr,
                                "'%s' stands in line %zu already", name[k].key[n_keys - 1],
                                s->line[name[k - 1].at]);
            return tf_help(reterr, "Each is wanted once.");
        }
    }
    *ret = x;
    return TF_OK;
}

size_t draw_index_find(const struct draw_index *x, const char *first, const char *second)
{
    const char *const want[2] = {first, second};
    size_t low = 0, high = x->s->t->n_rows;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        int order = 0;
        for (size_t k = 0; k < x->n_keys && order == 0; k++)
            order = strcmp(tf_sheet_text(x->s, x->row[mid], x->key[k]), want[k]);
        if (order == 0)
            return x->row[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return SIZE_MAX;
}
