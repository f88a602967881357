/* Predictive margins (R survey svypredmeans): the average prediction if everybody had the value g,
 *
 *     m_g = sum_i w_i mu(x_i with g) / sum_i w_i,    V = D' V(b) D + V(mean of the predictions)
 *
 * with D the weighted mean of the slopes dmu/db. The second part is the design variance of the
 * mean of the predictions as if b were known; the two are added as if independent, as R does. A
 * variable that the formula does not use joins the model as a factor, and the model is fitted
 * again. */
#include "measure/glm_run.h"

#include <math.h>
#include <string.h>

#include "measure/glm_rows.h"

struct means { /* the mean of fixed predictions: a statistic */
    size_t n, p;
    double **mu; /* [p][n] */
    const bool *rows;
    const double *w;
    double total, *mean;
};

static enum tf_code means_value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct means *s = self;
    struct tf_sum all = {0};
    (void)reterr;
    s->w = w;
    for (size_t row = 0; row < s->n; row++)
        if (s->rows[row])
            tf_sum_add(&all, w[row]);
    s->total = tf_sum_of(&all);
    for (size_t g = 0; g < s->p; g++) {
        struct tf_sum sum = {0};
        for (size_t row = 0; row < s->n; row++)
            if (s->rows[row])
                tf_sum_add(&sum, w[row] * s->mu[g][row]);
        theta[g] = s->mean[g] = tf_sum_of(&sum) / s->total;
    }
    return TF_OK;
}

static void means_linear(void *self, size_t k, double *z)
{
    const struct means *s = self;
    for (size_t row = 0; row < s->n; row++)
        z[row] = s->rows[row] ? s->w[row] * (s->mu[k][row] - s->mean[k]) / s->total : 0;
}

static const bool *means_domain(void *self, size_t k)
{
    (void)k;
    return ((const struct means *)self)->rows;
}

/* The model with the variable in it: the one there is, or a larger one, fitted again. */
static enum tf_code margin_model(struct tf_glm_models *s, const struct tf_formula *formula,
                                 const struct tf_glm_one *o,
                                 size_t col, const struct tf_fit *fit, struct tf_glm_models *ret,
                                 struct tf_formula **ret_f, struct tf_fit *ret_fit,
                                 struct tf_err *reterr)
{
    struct tf_formula *f = TF_NEW(s->r->arena, struct tf_formula);
    *ret = *s;
    ret->one = TF_NEW_N(s->r->arena, struct tf_glm_one, 1);
    ret->n = 1;
    ret->one[0] = *o;
    *f = *formula;
    *ret_f = f;
    *ret_fit = *fit;
    if (tf_formula_uses(formula, col))
        return TF_OK;
    if (f->n_variables == TF_FORMULA_VARIABLES)
        return tf_formula_fail(f, 0, reterr, "has no room for a margin");
    struct tf_expr *e = TF_NEW(s->r->arena, struct tf_expr);
    *e = (struct tf_expr){.op = TF_OP_COLUMN, .col = col, .text = s->r->t->col[col].name};
    f->variable[f->n_variables] = (struct tf_variable){
        .name = s->r->t->col[col].name, .e = e, .factor = true};
    f->term = TF_NEW_N(s->r->arena, uint64_t, formula->n_terms + 1);
    memcpy(f->term, formula->term, formula->n_terms * sizeof *f->term);
    f->term[f->n_terms++] = (uint64_t)1 << f->n_variables++;
    ret->fitted = ret->kept = false;
    TF_TRY(tf_model_make(s->r->arena, f, s->r->t, o->rows, &ret->one[0].m, reterr));
    return tf_glm_models_fit(ret, ret_fit, reterr);
}

/* Predictions for everybody as row `as`, and the weighted mean of their slopes, D [p]. */
static void predict(const struct tf_glm_models *s, const struct tf_formula *f, size_t col,
                    size_t as, double *mu, double *slope)
{
    const struct tf_glm_one *o = &s->one[0];
    const struct tf_model *m = o->m;
    struct tf_arena *own = tf_arena_new("margins", (size_t)16 << 30);
    double **x = tf_model_with(own, f, s->r->t, m, col, as), total = 0;
    for (size_t row = 0; row < m->n; row++) {
        double eta = m->offset == NULL ? 0 : m->offset[row];
        if (!o->rows[row])
            continue;
        for (size_t j = 0; j < m->p; j++)
            if (!o->full.aliased[j])
                eta += o->full.beta[j] * x[j][row];
        const double w = s->r->survey->w[row], d = tf_link_slope(s->link, eta);
        mu[row] = tf_link_mean(s->link, eta);
        total += w;
        for (size_t j = 0; j < m->p; j++)
            if (!o->full.aliased[j])
                slope[j] += w * d * x[j][row];
    }
    for (size_t j = 0; j < m->p; j++)
        slope[j] /= total;
    tf_arena_free(own);
}

struct margin { /* the values of one variable */
    size_t col, n;
    const struct tf_codes *codes;
    size_t *code, *row; /* [n] a value that the cases have, and one of its rows */
};

static struct margin find_values(struct tf_runner *r, size_t col, const bool *rows)
{
    struct margin g = {.col = col, .codes = tf_codes_make(r->arena, r->t, col)};
    size_t *row_of = TF_NEW_N(r->arena, size_t, g.codes->n + 1);
    g.code = TF_NEW_N(r->arena, size_t, g.codes->n + 1);
    g.row = TF_NEW_N(r->arena, size_t, g.codes->n + 1);
    for (size_t row = 0; row < r->survey->n; row++)
        if (rows[row] && g.codes->of[row] != TF_NO_CODE)
            row_of[g.codes->of[row]] = row + 1;
    for (size_t k = 0; k < g.codes->n; k++)
        if (row_of[k] > 0) {
            g.code[g.n] = k;
            g.row[g.n++] = row_of[k] - 1;
        }
    return g;
}

static void margin_items(const struct tf_glm_models *s, const struct tf_ask *ask,
                         const struct margin *g,
                         const struct tf_fit *mean, double *v, struct tf_result *out)
{
    struct tf_runner *r = s->r;
    const struct tf_glm_one *o = &s->one[0];
    const struct tf_tally tally = tf_survey_count(r->arena, r->survey, o->rows);
    const double df = tf_ask_df(r, ask,
                                r->survey->kind == TF_BY_REPLICATES ? o->d->in : o->rows);
    const size_t n = g->n;
    for (size_t k = 0; k < n; k++) {
        struct tf_item *item = tf_result_item(r, out);
        item->var = g->codes->column->name;
        item->var_label = g->codes->column->label;
        item->category = g->codes->text[g->code[k]];
        item->label = tf_value_label(g->codes->column, g->codes->number[g->code[k]],
                                     item->category);
        item->term = "margin";
        item->by = o->d->by;
        item->n_by = ask->n_by;
        item->estimate = mean->theta[k];
        item->se = sqrt(v[k + k * n]);
        item->df = df;
        item->n = item->base = tally.n;
        item->psu = tally.psu;
        tf_item_interval(r, item, "t", ask->level);
    }
}

/* One variable's margins in one domain; v [n x n] of them. */
enum tf_code tf_margin_add(struct tf_glm_models *s, const struct tf_ask *ask,
                           const struct tf_formula *formula, const struct tf_glm_one *o,
                           const char *name, const struct tf_fit *fit, double **ret_v,
                           size_t *ret_n, struct tf_result *out, struct tf_err *reterr)
{
    struct tf_arena *arena = s->r->arena;
    struct tf_glm_models with;
    struct tf_formula *f;
    struct tf_fit coef, mean;
    size_t col;
    TF_TRY(tf_ask_column(s->r, tf_yaml_get(ask->at, "margins"), name, &col, reterr));
    TF_TRY(margin_model(s, formula, o, col, fit, &with, &f, &coef, reterr));
    const struct tf_glm_one *own = &with.one[0];
    const struct margin g = find_values(s->r, col, own->rows);
    if (g.n > 64)
        return tf_yaml_fail(tf_yaml_get(ask->at, "margins"), reterr,
                            "'%s' has more than 64 values, too many for margins", name);
    const size_t p = own->m->p;
    double *d = TF_NEW_N(arena, double, g.n * p + 1), *slope = TF_NEW_N(arena, double, p + 1);
    double *vb = TF_NEW_N(arena, double, p * p + 1), *v = TF_NEW_N(arena, double, g.n * g.n + 1);
    struct means means = {.n = s->r->survey->n, .p = g.n, .rows = own->rows};
    means.mu = TF_NEW_N(arena, double *, g.n + 1);
    means.mean = TF_NEW_N(arena, double, g.n + 1);
    for (size_t k = 0; k < g.n; k++) {
        memset(slope, 0, p * sizeof *slope);
        means.mu[k] = TF_NEW_N(arena, double, means.n);
        predict(&with, f, col, g.row[k], means.mu[k], slope);
        for (size_t j = 0; j < p; j++)
            d[k + j * g.n] = slope[j];
    }
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < p; i++) {
            const double x = coef.v[own->first + i + (own->first + j) * coef.p];
            vb[i + j * p] = isnan(x) ? 0 : x;
        }
    const struct tf_statistic statistic = {g.n, &means, means_value, means_linear, means_domain};
    TF_TRY(tf_survey_fit(arena, s->r->survey, &statistic, true, &mean, reterr));
    tf_sandwich(arena, d, vb, g.n, p, v);
    for (size_t k = 0; k < g.n * g.n; k++)
        v[k] += mean.v[k];
    margin_items(&with, ask, &g, &mean, v, out);
    *ret_v = v;
    *ret_n = g.n;
    return TF_OK;
}
