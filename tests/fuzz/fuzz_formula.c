/* Formulas: any text is refused or makes a matrix of named, distinct columns over the rows that have
 * all its variables; the same matrix each time, and again when everybody is as one row. */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "measure/model.h"

enum { ROWS = 6 };

static struct tf_table *people(struct tf_arena *arena)
{
    static const double age[ROWS] = {12, 15, 17.5, 0, 13, 14}, y[ROWS] = {1, 0, 1, 1, 0, 1};
    static const char *const sex[ROWS] = {"f", "m", "f", "x", "", "m"};
    struct tf_table *t = tf_table_new(arena, "fuzz", ROWS);
    const size_t a = tf_table_add(t, "a", TF_NUMBER), b = tf_table_add(t, "y", TF_NUMBER),
                 s = tf_table_add(t, "s", TF_TEXT), o = tf_table_add(t, "an odd name", TF_NUMBER);
    for (size_t row = 0; row < ROWS; row++) {
        t->col[a].num[row] = age[row];
        t->col[b].num[row] = y[row];
        t->col[o].num[row] = age[row] - 14;
        t->col[s].text[row] = sex[row];
        t->col[a].miss[row] = t->col[b].miss[row] = t->col[o].miss[row] = TF_PRESENT;
        t->col[s].miss[row] = *sex[row] == '\0' ? TF_MISS_REFUSED : TF_PRESENT;
    }
    t->col[a].num[3] = (double)NAN;
    t->col[a].miss[3] = TF_MISS_DONT_KNOW;
    return t;
}

static void check(const struct tf_model *m)
{
    for (size_t j = 0; j < m->p; j++) {
        if (m->term[j] > m->n_terms || m->name[j] == NULL)
            abort();
        for (size_t row = 0; row < m->n; row++)
            if (m->complete[row] && !isfinite(m->x[j][row]))
                abort();
    }
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    static const double w[ROWS] = {1, 2, 1, 1, 3, 1};
    const struct tf_yaml at = {.kind = TF_YAML_SCALAR, .file = "fuzz", .line = 1, .column = 1,
                               .text = tf_strndup(arena, data, n)};
    struct tf_table *t = people(arena);
    struct tf_formula *f;
    struct tf_model *m;
    struct tf_glm fit;
    struct tf_err err;
    if (tf_formula_read(arena, &at, t, &f, &err) != TF_OK)
        return;
    if (tf_model_make(arena, f, t, NULL, &m, &err) != TF_OK)
        return;
    check(m);
    double **x = tf_model_with(arena, f, t, m, 0, 0);
    for (size_t j = 0; j < m->p; j++) /* the row itself is as it was */
        if (m->complete[0] && memcmp(&x[j][0], &m->x[j][0], sizeof(double)) != 0)
            abort();
    if (m->y == NULL || m->p > 50)
        return;
    if (tf_glm_fit(arena, m, w, TF_GAUSSIAN, TF_LINK_IDENTITY, NULL, 1, &fit, &err) != TF_OK)
        return;
    for (size_t j = 0; j < m->p; j++)
        if (fit.aliased[j] != isnan(fit.beta[j]))
            abort();
}
