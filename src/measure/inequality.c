/* Inequality and poverty: Gini, quintile share ratio, at-risk-of-poverty threshold and rate,
 * median gap.
 *
 * Point estimates are those of R laeken, as shares (0..1, where laeken prints percent):
 *
 *     gini   (2 sum w y R - sum w^2 y) / (N Y) - 1, in order of y; R cumulated weight, N = sum w,
 *            Y = sum w y
 *     qsr    sum w y over y > q80, by sum w y over y <= q20
 *     arpt   0.6 x median;   arpr   share with y below it
 *     rmpg   (arpt - median of those below) / arpt
 *
 * A quantile is the first y whose cumulated share of weight exceeds p. In domains (`by`) the
 * threshold is that of all; gini and qsr are of the domain alone.
 *
 * Linearised variables by derivation of the functional in the weights (Deville 1999, Surv.
 * Methodol. 25, 193-203; Osier 2009, Surv. Res. Methods 3, 167-195; Langel & Tillé 2013, JRSS A
 * 176, 521-540):
 *
 *     quantile q_p   -(1(y <= q) - p) / (N f(q))
 *     gini           [2 (y R + Y - S) - (G + 1)(Y + N y)] / (N Y),  S the cumulated w y
 *     arpr           (1(y < t) - rate) / N_D  in the domain, + f_D(t) x that of t
 *     qsr            [y 1(y > q80) + q80 (1(y <= q80) - 0.8) - Q (y 1(y <= q20) - q20 (1(y <= q20)
 *                    - 0.2))] / low sum
 *
 * f is a Gaussian kernel density with bandwidth sd x N^(-1/5), sd and N weighted over all, as R
 * convey takes it. Replicate weights compute the measures again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/run.h"

enum measure { GINI, QSR, ARPT, ARPR, RMPG };
struct inequality {
    enum measure what;
    size_t n, p;
    double percent, level; /* 0.6 of the quantile 0.5 */
    const double *y;
    const bool *all;       /* [n] who the threshold is of */
    const bool **in;       /* [p][n] domains */
    uint32_t *order;       /* [n_order] rows of `all` by y */
    size_t n_order;
    const double *w;       /* the latest weights, and what they gave */
    double *theta, threshold, quantile, bandwidth, total;
    double *count, *poor_median, *low, *high; /* [p]; count N_D; QSR: quantiles */
    double *sum_low;       /* [p] */
};

/* ---- Pieces ------------------------------------------------------------------------------- */

static double sum_of(const struct inequality *s, const bool *in)
{
    struct tf_sum sum = {0};
    for (size_t k = 0; k < s->n_order; k++)
        if (in[s->order[k]])
            tf_sum_add(&sum, s->w[s->order[k]]);
    return tf_sum_of(&sum);
}

/* The first y in a domain (and below `under`) whose cumulated share exceeds p. */
static double quantile(const struct inequality *s, const bool *in, double p, double under)
{
    double total = 0, cumulated = 0, last = (double)NAN;
    for (size_t k = 0; k < s->n_order; k++)
        if (in[s->order[k]] && s->y[s->order[k]] < under)
            total += s->w[s->order[k]];
    for (size_t k = 0; k < s->n_order; k++) {
        const size_t row = s->order[k];
        if (!in[row] || !(s->y[row] < under) || !(s->w[row] > 0))
            continue;
        cumulated += s->w[row];
        last = s->y[row];
        if (cumulated / total > p)
            break;
    }
    return last;
}

/* Kernel density of a domain at x. */
static double density(const struct inequality *s, const bool *in, double x, double count)
{
    struct tf_sum sum = {0};
    for (size_t k = 0; k < s->n_order; k++) {
        const size_t row = s->order[k];
        const double u = (x - s->y[row]) / s->bandwidth;
        if (in[row])
            tf_sum_add(&sum, s->w[row] * exp(-u * u / 2));
    }
    return tf_sum_of(&sum) / (sqrt(2 * acos(-1)) * count * s->bandwidth);
}

static void set_bandwidth(struct inequality *s)
{
    struct tf_sum n = {0}, y = {0}, yy = {0};
    for (size_t k = 0; k < s->n_order; k++) {
        const size_t row = s->order[k];
        tf_sum_add(&n, s->w[row]);
        tf_sum_add(&y, s->w[row] * s->y[row]);
    }
    s->total = tf_sum_of(&n);
    const double mean = tf_sum_of(&y) / s->total;
    for (size_t k = 0; k < s->n_order; k++) {
        const double off = s->y[s->order[k]] - mean;
        tf_sum_add(&yy, s->w[s->order[k]] * off * off);
    }
    s->bandwidth = sqrt(tf_sum_of(&yy) / s->total) / pow(s->total, 0.2);
}

/* ---- Values ------------------------------------------------------------------------------- */

static double gini(const struct inequality *s, const bool *in)
{
    struct tf_sum n = {0}, y = {0}, twice = {0}, self = {0};
    for (size_t k = 0; k < s->n_order; k++) {
        const size_t row = s->order[k];
        const double w = s->w[row], wy = w * s->y[row];
        if (!in[row])
            continue;
        tf_sum_add(&n, w);
        tf_sum_add(&y, wy);
        tf_sum_add(&twice, wy * tf_sum_of(&n));
        tf_sum_add(&self, w * wy);
    }
    return (2 * tf_sum_of(&twice) - tf_sum_of(&self)) / (tf_sum_of(&n) * tf_sum_of(&y)) - 1;
}

static double share_ratio(struct inequality *s, size_t d)
{
    struct tf_sum low = {0}, high = {0};
    s->low[d] = quantile(s, s->in[d], 0.2, INFINITY);
    s->high[d] = quantile(s, s->in[d], 0.8, INFINITY);
    for (size_t k = 0; k < s->n_order; k++) {
        const size_t row = s->order[k];
        if (!s->in[d][row])
            continue;
        if (s->y[row] <= s->low[d])
            tf_sum_add(&low, s->w[row] * s->y[row]);
        if (s->y[row] > s->high[d])
            tf_sum_add(&high, s->w[row] * s->y[row]);
    }
    s->sum_low[d] = tf_sum_of(&low);
    return tf_sum_of(&high) / s->sum_low[d];
}

static double rate(const struct inequality *s, size_t d)
{
    struct tf_sum poor = {0};
    for (size_t k = 0; k < s->n_order; k++) {
        const size_t row = s->order[k];
        if (s->in[d][row] && s->y[row] < s->threshold)
            tf_sum_add(&poor, s->w[row]);
    }
    return tf_sum_of(&poor) / s->count[d];
}

static double one_value(struct inequality *s, size_t d)
{
    switch (s->what) {
    case GINI: return gini(s, s->in[d]);
    case QSR: return share_ratio(s, d);
    case ARPT: return s->threshold;
    case ARPR: return rate(s, d);
    default: /* RMPG */
        s->poor_median[d] = quantile(s, s->in[d], 0.5, s->threshold);
        return (s->threshold - s->poor_median[d]) / s->threshold;
    }
}

static enum tf_code value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct inequality *s = self;
    (void)reterr;
    s->w = w;
    set_bandwidth(s);
    s->quantile = quantile(s, s->all, s->level, INFINITY);
    s->threshold = s->percent * s->quantile;
    for (size_t d = 0; d < s->p; d++) {
        s->count[d] = sum_of(s, s->in[d]);
        theta[d] = s->theta[d] = s->count[d] > 0 ? one_value(s, d) : (double)NAN;
    }
    return TF_OK;
}

/* ---- Linearised variables, without the weight ----------------------------------------------- */

static void gini_linear(const struct inequality *s, size_t d, double *z)
{
    struct tf_sum all = {0}, income = {0}, r = {0}, cumulated = {0};
    for (size_t k = 0; k < s->n_order; k++) {
        const size_t row = s->order[k];
        if (s->in[d][row]) {
            tf_sum_add(&all, s->w[row]);
            tf_sum_add(&income, s->w[row] * s->y[row]);
        }
    }
    const double n = tf_sum_of(&all), t = tf_sum_of(&income);
    for (size_t k = 0; k < s->n_order;) { /* ties share the sums of their whole group */
        size_t end = k;
        for (; end < s->n_order && !(s->y[s->order[end]] > s->y[s->order[k]]); end++)
            if (s->in[d][s->order[end]]) {
                tf_sum_add(&r, s->w[s->order[end]]);
                tf_sum_add(&cumulated, s->w[s->order[end]] * s->y[s->order[end]]);
            }
        for (; k < end; k++) {
            const size_t row = s->order[k];
            const double y = s->y[row];
            if (s->in[d][row])
                z[row] = (2 * (y * tf_sum_of(&r) + t - tf_sum_of(&cumulated)) -
                          (s->theta[d] + 1) * (t + n * y)) / (n * t);
        }
    }
}

static void qsr_linear(const struct inequality *s, size_t d, double *z)
{
    for (size_t k = 0; k < s->n_order; k++) {
        const size_t row = s->order[k];
        const double y = s->y[row];
        if (!s->in[d][row])
            continue;
        const double high = (y > s->high[d] ? y : 0) + s->high[d] * ((y <= s->high[d]) - 0.8);
        const double low = (y <= s->low[d] ? y : 0) - s->low[d] * ((y <= s->low[d]) - 0.2);
        z[row] = (high - s->theta[d] * low) / s->sum_low[d];
    }
}

/* += times x the linearised threshold. */
static void add_threshold(const struct inequality *s, double times, double *z)
{
    const double f = density(s, s->all, s->quantile, s->total);
    for (size_t k = 0; k < s->n_order; k++) {
        const size_t row = s->order[k];
        z[row] -= times * s->percent * ((s->y[row] <= s->quantile) - s->level) / (s->total * f);
    }
}

/* += times x the linearised rate. */
static void add_rate(const struct inequality *s, size_t d, double rate_d, double times, double *z)
{
    for (size_t k = 0; k < s->n_order; k++) {
        const size_t row = s->order[k];
        if (s->in[d][row])
            z[row] += times * ((s->y[row] < s->threshold) - rate_d) / s->count[d];
    }
    add_threshold(s, times * density(s, s->in[d], s->threshold, s->count[d]), z);
}

static void rmpg_linear(const struct inequality *s, size_t d, double *z)
{
    const double median = s->poor_median[d], f = density(s, s->in[d], median, s->count[d]);
    const double times = -1 / s->threshold; /* of the median of the poor */
    add_threshold(s, median / (s->threshold * s->threshold), z);
    add_rate(s, d, rate(s, d), times * 0.5 / f, z);
    for (size_t k = 0; k < s->n_order; k++) {
        const size_t row = s->order[k];
        if (s->in[d][row])
            z[row] -= times * ((s->y[row] <= median) - 0.5 * rate(s, d)) / (s->count[d] * f);
    }
}

static void linear(void *self, size_t d, double *z)
{
    const struct inequality *s = self;
    memset(z, 0, s->n * sizeof *z);
    switch (s->what) {
    case GINI: gini_linear(s, d, z); break;
    case QSR: qsr_linear(s, d, z); break;
    case ARPT: add_threshold(s, 1, z); break;
    case ARPR: add_rate(s, d, s->theta[d], 1, z); break;
    default: rmpg_linear(s, d, z);
    }
    for (size_t row = 0; row < s->n; row++)
        z[row] *= s->w[row];
}

static const bool *domain(void *self, size_t d)
{
    const struct inequality *s = self;
    return s->what == GINI || s->what == QSR ? s->in[d] : s->all;
}

/* ---- Running ------------------------------------------------------------------------------ */

struct ranked {
    double y;
    uint32_t row;
};

static int by_value(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->y < y->y || x->y > y->y)
        return x->y < y->y ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static void put_in_order(struct tf_arena *arena, struct inequality *s)
{
    struct ranked *rank = TF_NEW_N(arena, struct ranked, s->n + 1);
    for (size_t row = 0; row < s->n; row++)
        if (s->all[row])
            rank[s->n_order++] = (struct ranked){s->y[row], (uint32_t)row};
    qsort(rank, s->n_order, sizeof *rank, by_value);
    s->order = TF_NEW_N(arena, uint32_t, s->n_order + 1);
    for (size_t k = 0; k < s->n_order; k++)
        s->order[k] = rank[k].row;
}

static enum tf_code check_values(const struct inequality *s, const struct tf_ask *ask,
                                 struct tf_err *reterr)
{
    double sum = 0;
    for (size_t k = 0; k < s->n_order; k++)
        sum += s->y[s->order[k]];
    if (s->n_order == 0 || sum > 0)
        return TF_OK;
    return tf_yaml_fail(tf_yaml_get(ask->at, "var"), reterr,
                        "'%s' sums to nothing above 0; shares of it mean nothing", ask->var[0]);
}

static void add_items(struct tf_runner *r, const struct tf_ask *ask, const struct inequality *s,
                      const struct tf_domain *d, const struct tf_fit *fit, struct tf_result *out)
{
    const size_t col = tf_table_find(r->t, ask->var[0]);
    for (size_t k = 0; k < s->p; k++) {
        struct tf_item *item = tf_result_item(r, out);
        const struct tf_tally tally = tf_survey_count(r->arena, r->survey, s->in[k]);
        item->var = r->t->col[col].name;
        item->var_label = r->t->col[col].label;
        item->by = d[k].by;
        item->n_by = ask->n_by;
        item->n = item->base = tally.n;
        item->psu = tally.psu;
        item->base_weighted = s->count[k];
        item->estimate = fit->theta[k];
        item->se = sqrt(fit->v[k + k * fit->p]);
        item->df = tf_ask_df(r, ask, d[k].in);
        item->flags |= fit->lonely ? (unsigned)TF_EST_LONELY << 8 : 0;
        if (tally.n == 0)
            item->flags |= (unsigned)TF_EST_EMPTY << 8;
        else if (!(item->df > 0))
            item->flags |= (unsigned)TF_EST_DF0 << 8;
        else
            tf_item_interval(r, item, "t", ask->level);
    }
    out->vcov = fit->v;
}

static enum tf_code run(struct tf_runner *r, const struct tf_ask *ask, enum measure what,
                        struct tf_result *out, struct tf_err *reterr)
{
    struct inequality s = {.what = what, .n = r->survey->n};
    struct tf_domain *d;
    double *y;
    struct tf_fit fit;
    if (ask->n_vars != 1)
        return tf_yaml_fail(ask->at, reterr, "'%s' takes one variable: `var: income`", ask->stat);
    TF_TRY(tf_ask_numbers(r, ask->at, ask->var[0], &y, reterr));
    TF_TRY(tf_yaml_opt_number(ask->at, "percent", 0.6, &s.percent, reterr));
    TF_TRY(tf_yaml_opt_number(ask->at, "quantile", 0.5, &s.level, reterr));
    if (!(s.percent > 0 && s.percent <= 1 && s.level > 0 && s.level < 1))
        return tf_yaml_fail(ask->at, reterr, "'percent' and 'quantile' lie between 0 and 1");
    TF_TRY(tf_domains_make(r, ask, &d, &s.p, reterr));
    bool *all = TF_NEW_N(r->arena, bool, s.n + 1);
    s.y = y;
    s.all = all;
    s.in = TF_NEW_N(r->arena, const bool *, s.p + 1);
    for (size_t k = 0; k < s.p; k++) {
        bool *in = TF_NEW_N(r->arena, bool, s.n + 1);
        for (size_t row = 0; row < s.n; row++) {
            in[row] = d[k].in[row] && isfinite(y[row]) && r->survey->w[row] > 0;
            all[row] = all[row] || in[row];
        }
        s.in[k] = in;
    }
    double **each[] = {&s.theta, &s.count, &s.poor_median, &s.low, &s.high, &s.sum_low};
    for (size_t k = 0; k < sizeof each / sizeof each[0]; k++)
        *each[k] = TF_NEW_N(r->arena, double, s.p + 1);
    put_in_order(r->arena, &s);
    TF_TRY(check_values(&s, ask, reterr));
    const struct tf_statistic statistic = {s.p, &s, value, linear, domain};
    TF_TRY(tf_survey_fit(r->arena, r->survey, &statistic, true, &fit, reterr));
    add_items(r, ask, &s, d, &fit, out);
    tf_result_note(r, out, "Point estimate as R laeken (here a share, there in percent); "
                           "linearised variance (Deville 1999, Osier 2009), densities by a "
                           "Gaussian kernel of bandwidth sd N^(-1/5).");
    if (what != GINI && what != QSR)
        tf_result_note(r, out, tf_printf(r->arena, "The threshold is %g of the quantile %g of "
                                         "all cases of the estimate, also in domains.",
                                         s.percent, s.level));
    tf_result_note(r, out, tf_ask_df_note(r->arena, ask));
    return TF_OK;
}

enum tf_code tf_run_gini(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                         struct tf_err *reterr)
{
    return run(r, ask, strcmp(ask->stat, "qsr") == 0 ? QSR : GINI, out, reterr);
}

enum tf_code tf_run_arpr(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                         struct tf_err *reterr)
{
    return run(r, ask, strcmp(ask->stat, "arpt") == 0   ? ARPT
                       : strcmp(ask->stat, "rmpg") == 0 ? RMPG
                                                        : ARPR, out, reterr);
}
