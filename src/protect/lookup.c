/* Finding things in a release by the names that authors write.
 *
 * A reference is written by hand, so it is read kindly, but never by guess: each way of matching is
 * tried in turn, from the exact one to the kindest, and a way that fits several different rows or
 * columns fits none.
 *
 *     row   exp_a               as it is, then without regard to case
 *           ocsea-any           as a slug of its name or of its label
 *           a                   without the prefix that all rows share ("exp_", "b1.")
 *           b1.daily            variable and the slug of the category's label
 *     col   sex=2               by code
 *           sex=girl, girls     by the label "Girls", singular or plural
 *           2019                a period, as it is */
#include <string.h>

#include "protect/inside.h"

enum { SLUG = 160 };
static const size_t NONE = SIZE_MAX;

/* Lower case letters and digits, every other run one '-', none at the ends; as tf_slug, without
 * memory. Cut at the buffer's end. */
static void slug_into(char out[SLUG], const char *s, size_t len)
{
    size_t n = 0;
    bool gap = false;
    for (size_t k = 0; k < len && n + 2 < SLUG; k++) {
        const char c = s[k];
        const char low = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if ((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9')) {
            if (gap && n > 0)
                out[n++] = '-';
            out[n++] = low;
            gap = false;
        } else {
            gap = true;
        }
    }
    out[n] = '\0';
}

/* "boys" and "boy", "classes" and "class", "communities" and "community". */
static bool plural_of(const char *many, const char *one)
{
    const size_t m = strlen(many), n = strlen(one);
    if (m == n + 1 && many[n] == 's')
        return strncmp(many, one, n) == 0;
    if (m == n + 2 && strcmp(many + n, "es") == 0)
        return strncmp(many, one, n) == 0;
    return n > 1 && m == n + 2 && one[n - 1] == 'y' && strcmp(many + n - 1, "ies") == 0 &&
           strncmp(many, one, n - 1) == 0;
}

static bool same_words(const char *label, const char *s, size_t len)
{
    char a[SLUG], b[SLUG];
    if (label == NULL)
        return false;
    slug_into(a, label, strlen(label));
    slug_into(b, s, len);
    if (a[0] == '\0' || b[0] == '\0')
        return false;
    return strcmp(a, b) == 0 || plural_of(a, b) || plural_of(b, a);
}

static bool same_slug(const char *name, const char *s)
{
    char a[SLUG], b[SLUG];
    slug_into(a, name, strlen(name));
    slug_into(b, s, strlen(s));
    return a[0] != '\0' && strcmp(a, b) == 0;
}

static bool exact(const char *name, const char *label, const char *s)
{
    (void)label;
    return strcmp(name, s) == 0;
}
static bool any_case(const char *name, const char *label, const char *s)
{
    (void)label;
    return tf_casecmp(name, s) == 0;
}
static bool by_slug(const char *name, const char *label, const char *s)
{
    (void)label;
    return same_slug(name, s);
}
static bool by_label(const char *name, const char *label, const char *s)
{
    (void)name;
    return same_words(label, s, strlen(s));
}
/* The part after the last '.' or '_'. */
static bool without_prefix(const char *name, const char *label, const char *s)
{
    (void)label;
    const char *tail = NULL;
    for (const char *at = name; *at != '\0'; at++)
        if (*at == '.' || *at == '_')
            tail = at + 1;
    return tail != NULL && tf_casecmp(tail, s) == 0;
}
/* "var.label": the part before the '.' as it is, the part after it by the label's words. */
static bool var_and_label(const char *name, const char *label, const char *s)
{
    const char *dot = strchr(name, '.'), *given = strchr(s, '.');
    return dot != NULL && given != NULL && given - s == dot - name &&
           strncmp(name, s, (size_t)(dot - name)) == 0 &&
           same_words(label, given + 1, strlen(given + 1));
}
/* "var=value" where the value is the label's words; var without regard to case. */
static bool by_code_or_label(const char *name, const char *label, const char *s)
{
    const char *eq = strchr(name, '='), *given = strchr(s, '=');
    if (eq == NULL || given == NULL || given - s != eq - name)
        return false;
    for (const char *x = name, *y = s; x < eq; x++, y++)
        if ((*x | 32) != (*y | 32))
            return false;
    return tf_casecmp(eq + 1, given + 1) == 0 || same_words(label, given + 1, strlen(given + 1));
}

typedef bool match_fn(const char *name, const char *label, const char *s);
static match_fn *const row_ways[] = {exact, any_case, by_slug, by_label, without_prefix,
                                     var_and_label};
static match_fn *const col_ways[] = {exact, any_case, by_code_or_label, by_slug, by_label};

/* Index of a cell whose row (or column) is the one meant, NONE when none or several fit. */
static size_t find_name(const struct tf_figure *f, bool rows, const char *s)
{
    match_fn *const *way = rows ? row_ways : col_ways;
    const size_t n_ways = rows ? sizeof row_ways / sizeof row_ways[0]
                               : sizeof col_ways / sizeof col_ways[0];
    for (size_t w = 0; w < n_ways; w++) {
        size_t found = NONE;
        bool several = false;
        for (size_t k = 0; k < f->n_cells; k++) {
            const struct tf_cell *c = &f->cell[k];
            const char *name = rows ? c->row : c->col;
            if (!way[w](name, rows ? c->row_label : c->col_label, s))
                continue;
            if (found == NONE)
                found = k;
            else
                several = several ||
                          strcmp(name, rows ? f->cell[found].row : f->cell[found].col) != 0;
        }
        if (found != NONE)
            return several ? NONE : found;
    }
    return NONE;
}

/* The only column of a figure that has but one, where none is asked for. */
static const char *only_column(const struct tf_figure *f)
{
    const char *col = NULL;
    for (size_t k = 0; k < f->n_cells; k++) {
        if (strcmp(f->cell[k].col, "total") == 0)
            return f->cell[k].col;
        if (col != NULL && strcmp(col, f->cell[k].col) != 0)
            col = "";
        else if (col == NULL)
            col = f->cell[k].col;
    }
    return col == NULL || col[0] == '\0' ? NULL : col;
}

static const char *column_name(const struct tf_figure *f, const char *col)
{
    if (col == NULL || col[0] == '\0' || tf_casecmp(col, "total") == 0)
        return only_column(f);
    const size_t at = find_name(f, false, col);
    return at == NONE ? NULL : f->cell[at].col;
}

const struct tf_cell *tf_figure_cell(const struct tf_figure *f, const char *row, const char *col)
{
    if (f == NULL || row == NULL)
        return NULL;
    const size_t at = find_name(f, true, row);
    const char *col_name = column_name(f, col);
    if (at == NONE || col_name == NULL)
        return NULL;
    for (size_t k = 0; k < f->n_cells; k++)
        if (strcmp(f->cell[k].row, f->cell[at].row) == 0 && strcmp(f->cell[k].col, col_name) == 0)
            return &f->cell[k];
    return NULL;
}

const struct tf_contrast *tf_figure_contrast(const struct tf_figure *f, const char *row,
                                             const char *col_a, const char *col_b, bool *ret_swapped)
{
    const struct tf_cell *a = tf_figure_cell(f, row, col_a), *b = tf_figure_cell(f, row, col_b);
    if (a == NULL || b == NULL)
        return NULL;
    for (size_t k = 0; k < f->n_contrasts; k++) {
        const struct tf_contrast *c = &f->contrast[k];
        if (strcmp(c->row, a->row) != 0)
            continue;
        const bool straight = strcmp(c->col_a, a->col) == 0 && strcmp(c->col_b, b->col) == 0;
        const bool swapped = strcmp(c->col_a, b->col) == 0 && strcmp(c->col_b, a->col) == 0;
        if (!straight && !swapped)
            continue;
        if (ret_swapped != NULL)
            *ret_swapped = swapped;
        return c;
    }
    return NULL;
}

const struct tf_figure *tf_release_figure(const struct tf_release *r, const char *id)
{
    for (size_t k = 0; id != NULL && k < r->n_figures; k++)
        if (strcmp(r->figure[k].id, id) == 0)
            return &r->figure[k];
    return NULL;
}

const struct tf_quote *tf_release_quote(const struct tf_release *r, const char *id)
{
    for (size_t k = 0; id != NULL && k < r->n_quotes; k++)
        if (tf_casecmp(r->quote[k].id, id) == 0)
            return &r->quote[k];
    return NULL;
}

const struct tf_legal *tf_release_legal(const struct tf_release *r, const char *id)
{
    for (size_t k = 0; id != NULL && k < r->n_legal; k++)
        if (tf_casecmp(r->legal[k].id, id) == 0)
            return &r->legal[k];
    return NULL;
}

char *tf_release_card_id(struct tf_arena *arena, const char *figure, const char *row, const char *col)
{
    const bool total = col == NULL || strcmp(col, "total") == 0;
    return tf_printf(arena, "ev-%s-%s%s%s", tf_slug(arena, figure), tf_slug(arena, row),
                     total ? "" : "-", total ? "" : tf_slug(arena, col));
}

char *tf_release_quote_card_id(struct tf_arena *arena, const char *quote)
{
    return tf_printf(arena, "ev-quote-%s", tf_slug(arena, quote));
}

char *tf_release_law_card_id(struct tf_arena *arena, const char *law)
{
    return tf_printf(arena, "ev-law-%s", tf_slug(arena, law));
}

const struct tf_cell *tf_release_card(struct tf_arena *arena, const struct tf_release *r,
                                      const char *card_id, const struct tf_figure **ret_figure)
{
    for (size_t k = 0; k < r->n_figures; k++) {
        const struct tf_figure *f = &r->figure[k];
        const char *prefix = tf_printf(arena, "ev-%s-", tf_slug(arena, f->id));
        for (size_t j = 0; tf_starts(card_id, prefix) && j < f->n_cells; j++)
            if (strcmp(tf_release_card_id(arena, f->id, f->cell[j].row, f->cell[j].col), card_id) == 0) {
                *ret_figure = f;
                return &f->cell[j];
            }
    }
    return NULL;
}
