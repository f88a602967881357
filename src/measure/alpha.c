/* Cronbach's alpha: how well the items of a scale go together.
 *
 *     - {stat: alpha, vars: [a1, a2, a3, a4]}
 *
 *     alpha = k / (k - 1) (1 - sum_j s_j^2 / s^2)     s_j^2: variance of item j; s^2: of their sum
 *
 * with the weighted variances of the cases that answered every item (Cronbach 1951; R's svycralpha,
 * which gives no standard error). A variance s^2 = sum w (x - m)^2 / W has the linearised variable
 * w ((x - m)^2 - s^2) / W, since its derivative by m is 0; so alpha has
 *
 *     z = -k / (k - 1) (sum_j z_j - (sum_j s_j^2 / s^2) z_sum) / s^2,
 *
 * and for replicate weights is computed again under each. An item of no variance counts as one. */
#include <math.h>
#include <string.h>

#include "measure/run.h"

struct scale { /* the statistic */
    size_t n, k;
    double *const *x; /* [k] items [n] */
    bool *in;         /* [n] answered all, in the domain */
    const double *w;
    double total, *mean, *var; /* [k + 1] the last: of the sum */
};

static double answer(const struct scale *s, size_t j, size_t i)
{
    if (j < s->k)
        return s->x[j][i];
    double sum = 0;
    for (size_t m = 0; m < s->k; m++)
        sum += s->x[m][i];
    return sum;
}

/* Weighted mean of f(answer j), f: identity, or the squared distance to `from`. */
static double weighted(const struct scale *s, size_t j, double from, bool squared)
{
    struct tf_sum sum = {0};
    for (size_t i = 0; i < s->n; i++)
        if (s->in[i]) {
            const double x = answer(s, j, i) - from;
            tf_sum_add(&sum, s->w[i] * (squared ? x * x : x));
        }
    return tf_sum_of(&sum) / s->total;
}

static double items_variance(const struct scale *s)
{
    double sum = 0;
    for (size_t j = 0; j < s->k; j++)
        sum += s->var[j];
    return sum;
}

static enum tf_code value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct scale *s = self;
    const double k = (double)s->k;
    struct tf_sum total = {0};
    (void)reterr;
    s->w = w;
    for (size_t i = 0; i < s->n; i++)
        if (s->in[i])
            tf_sum_add(&total, w[i]);
    s->total = tf_sum_of(&total);
    for (size_t j = 0; j <= s->k; j++) {
        s->mean[j] = weighted(s, j, 0, false);
        s->var[j] = weighted(s, j, s->mean[j], true);
    }
    theta[0] =
        s->var[s->k] > 0 ? k / (k - 1) * (1 - items_variance(s) / s->var[s->k]) : (double)NAN;
    return TF_OK;
}

static void linear(void *self, size_t which, double *z)
{
    const struct scale *s = self;
    const double k = (double)s->k, all = s->var[s->k], ratio = items_variance(s) / all;
    (void)which;
    for (size_t i = 0; i < s->n; i++) {
        double sum = 0;
        for (size_t j = 0; j <= s->k && s->in[i]; j++) {
            const double x = answer(s, j, i) - s->mean[j];
            sum += (j < s->k ? 1 : -ratio) * (x * x - s->var[j]);
        }
        z[i] = -k / (k - 1) * s->w[i] * sum / (all * s->total);
    }
}

static const bool *domain(void *self, size_t which)
{
    (void)which;
    return ((const struct scale *)self)->in;
}

static enum tf_code one_domain(struct tf_runner *r, const struct tf_ask *ask, struct scale *s,
                               const struct tf_domain *d, struct tf_result *out,
                               struct tf_err *reterr)
{
    const struct tf_statistic statistic = {1, s, value, linear, domain};
    struct tf_fit fit;
    for (size_t i = 0; i < s->n; i++) {
        s->in[i] = d->in[i];
        for (size_t j = 0; j < s->k; j++)
            s->in[i] = s->in[i] && !isnan(s->x[j][i]);
    }
    TF_TRY(tf_survey_fit(r->arena, r->survey, &statistic, true, &fit, reterr));
    const struct tf_tally tally = tf_survey_count(r->arena, r->survey, s->in);
    struct tf_item *item = tf_result_item(r, out);
    item->term = "alpha";
    item->by = d->by;
    item->n_by = ask->n_by;
    item->estimate = fit.theta[0];
    item->se = sqrt(fit.v[0]);
    item->df = tf_ask_df(r, ask, d->in);
    item->n = item->base = tally.n;
    item->psu = tally.psu;
    item->base_weighted = 0;
    for (size_t i = 0; i < s->n; i++)
        item->base_weighted += s->in[i] ? r->survey->w[i] : 0;
    item->flags |= (unsigned)((fit.lonely ? TF_EST_LONELY : 0) | (tally.n == 0 ? TF_EST_EMPTY : 0) |
                              (item->df > 0 ? 0 : TF_EST_DF0))
                   << 8;
    if (item->df > 0 && !isnan(item->se))
        tf_item_interval(r, item, "t", ask->level);
    return TF_OK;
}

enum tf_code tf_run_alpha(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                          struct tf_err *reterr)
{
    struct tf_domain *d;
    size_t n;
    if (ask->n_vars < 2) {
        (void)tf_yaml_fail(ask->at, reterr, "alpha needs two items or more");
        return tf_help(reterr, "Name the questions of the scale: vars: [a1, a2, a3].");
    }
    double **x = TF_NEW_N(r->arena, double *, ask->n_vars);
    for (size_t j = 0; j < ask->n_vars; j++)
        TF_TRY(tf_ask_numbers(r, ask->at, ask->var[j], &x[j], reterr));
    struct scale s = {.n = r->survey->n, .k = ask->n_vars, .x = x};
    s.in = TF_NEW_N(r->arena, bool, s.n);
    s.mean = TF_NEW_N(r->arena, double, s.k + 1);
    s.var = TF_NEW_N(r->arena, double, s.k + 1);
    TF_TRY(tf_domains_make(r, ask, &d, &n, reterr));
    for (size_t k = 0; k < n; k++)
        TF_TRY(one_domain(r, ask, &s, &d[k], out, reterr));
    tf_result_note(r, out, "Alpha rests on the cases that answered every item; its standard error "
                           "is linearised, or by replicates (R svycralpha gives none).");
    return TF_OK;
}
