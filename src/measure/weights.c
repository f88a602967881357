/* Weights, in declared steps.
 *
 *     base    1 / (p_psu x p_household x p_person): the inverse of the probability of being in the
 *             sample (Horvitz & Thompson 1952; tf_base_weight of the draw room)
 *     rake    to population totals (rake.c)
 *     scale   to a sum of n: shares stay, totals become numbers of cases
 *
 * The steps run in order on one column, the design's weight; the first is usually `base`, and where
 * it is not, the column must be there already. Each step leaves one line of diagnosis: the sum of
 * weights, their range, and Kish's 1 + cv^2, the price of unequal weights (Kish 1965, 11.2C). */
#include <math.h>
#include <string.h>

#include "draw/draw.h"
#include "measure/inside.h"

static enum tf_code base_step(const struct tf_recipe_step *s, const struct tf_table *t, double *w,
                              struct tf_err *reterr)
{
    size_t col[3];
    for (size_t k = 0; k < 3; k++)
        if (s->p[k] != NULL)
            TF_TRY(tf_table_need(t, s->p[k], &col[k], reterr));
    for (size_t row = 0; row < t->n_rows; row++) {
        double p[3] = {1, 1, 1};
        for (size_t k = 0; k < 3; k++) {
            if (s->p[k] == NULL || (tf_value_number(&t->col[col[k]], row, &p[k]) && p[k] > 0 &&
                                    p[k] <= 1))
                continue;
            (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no probability in '%s'",
                          row + 1, t->name, s->p[k]);
            return tf_help(reterr, "A probability lies above 0 and is at most 1.");
        }
        w[row] = tf_base_weight(p[0], p[1], p[2]);
    }
    return TF_OK;
}

/* Weights that were delivered, for steps that start from them. */
static enum tf_code take_weights(const struct tf_table *t, const char *name, double *w,
                                 struct tf_err *reterr)
{
    size_t col;
    TF_TRY(tf_table_need(t, name, &col, reterr));
    for (size_t row = 0; row < t->n_rows; row++)
        if (!tf_value_number(&t->col[col], row, &w[row]) || !(w[row] > 0)) {
            (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no weight above 0 in '%s'",
                          row + 1, t->name, name);
            return tf_help(reterr, "Correct it, or leave such cases out by a cleaning rule.");
        }
    return TF_OK;
}

static void scale_step(double *w, size_t n)
{
    struct tf_sum sum = {0};
    for (size_t row = 0; row < n; row++)
        tf_sum_add(&sum, w[row]);
    const double factor = (double)n / tf_sum_of(&sum);
    for (size_t row = 0; row < n; row++)
        w[row] *= factor;
}

static void diagnose(struct tf_buf *out, const char *step, const double *w, size_t n)
{
    struct tf_sum sum = {0}, square = {0};
    double low = w[0], high = w[0];
    for (size_t row = 0; row < n; row++) {
        tf_sum_add(&sum, w[row]);
        tf_sum_add(&square, w[row] * w[row]);
        low = w[row] < low ? w[row] : low;
        high = w[row] > high ? w[row] : high;
    }
    const double s = tf_sum_of(&sum);
    tf_buf_printf(out, "; %s: sum ", step);
    tf_buf_fixed(out, s, 0);
    tf_buf_add(out, ", ");
    tf_buf_fixed(out, low, 2);
    tf_buf_add(out, " to ");
    tf_buf_fixed(out, high, 2);
    tf_buf_add(out, ", effect of unequal weights ");
    tf_buf_fixed(out, (double)n * tf_sum_of(&square) / (s * s), 2);
}

static bool holds_for(const struct tf_recipe_step *s, const char *country)
{
    for (size_t k = 0; k < s->n_countries; k++)
        if (strcmp(s->country[k], country) == 0)
            return true;
    return s->n_countries == 0;
}

static enum tf_code run_step(struct tf_arena *arena, const struct tf_recipe_step *s,
                             const struct tf_table *t, double *w, struct tf_buf *diagnostics,
                             struct tf_err *reterr)
{
    double gap;
    size_t sweeps;
    switch (s->step) {
    case TF_STEP_BASE:
        TF_TRY(base_step(s, t, w, reterr));
        diagnose(diagnostics, "base weights", w, t->n_rows);
        break;
    case TF_STEP_RAKE:
        TF_TRY(tf_rake(arena, t, w, s->margin, s->n_margins, s->epsilon, s->max_sweeps, &gap,
                       &sweeps, reterr));
        diagnose(diagnostics, tf_printf(arena, "raked in %zu sweep%s", sweeps,
                                        sweeps == 1 ? "" : "s"), w, t->n_rows);
        break;
    case TF_STEP_SCALE:
        scale_step(w, t->n_rows);
        diagnose(diagnostics, "scaled to n", w, t->n_rows);
        break;
    }
    return TF_OK;
}

enum tf_code tf_weights_make(struct tf_arena *arena, const struct tf_recipe *recipe,
                             const char *country, struct tf_table *t, struct tf_buf *diagnostics,
                             struct tf_err *reterr)
{
    double *w = TF_NEW_N(arena, double, t->n_rows);
    bool begun = false;
    if (t->n_rows == 0)
        return TF_OK; /* the design will say so */
    for (size_t k = 0; k < recipe->n_steps; k++) {
        const struct tf_recipe_step *s = &recipe->step[k];
        if (!holds_for(s, country))
            continue;
        enum tf_code code = TF_OK;
        if (!begun && s->step != TF_STEP_BASE)
            code = take_weights(t, recipe->spec.weight, w, reterr);
        if (code == TF_OK)
            code = run_step(arena, s, t, w, diagnostics, reterr);
        if (code != TF_OK)
            return tf_recipe_place(s->at, code, reterr);
        begun = true;
    }
    if (!begun)
        return TF_OK;
    size_t col = tf_table_find(t, recipe->spec.weight);
    if (col >= SIZE_MAX - 1)
        col = tf_table_add(t, recipe->spec.weight, TF_NUMBER);
    t->col[col].type = TF_NUMBER; /* a delivered weight is replaced */
    t->col[col].num = w;
    for (size_t row = 0; row < t->n_rows; row++)
        t->col[col].miss[row] = TF_PRESENT;
    return TF_OK;
}
