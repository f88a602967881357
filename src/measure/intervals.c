/* Intervals: from a linearised variance to what is printed beside an estimate.
 *
 * With p the share, v its variance, t the quantile of Student's t with df at 1 - a, a = (1 -
 * level)/2, and n* = p (1 - p) / v the effective size, n' = n* (t_{n-1} / t_df)^2 that of Korn &
 * Graubard:
 *
 *     logit, xlogit  L = log(p / (1-p)), back from L -+ t sqrt(v) / (p (1-p))
 *     likelihood     all q with 2 [p log(p/q) + (1-p) log((1-p)/(1-q))] <= t^2 v/(p (1-p)) n/(n-1):
 *                    the binomial likelihood ratio against its Rao-Scott reference
 *     beta           Korn & Graubard (1998): Beta(n'p, n'(1-p) + 1) at a, Beta(n'p + 1, n'(1-p)) at
 *     1-a
 *     asin           sin^2(asin(sqrt p) -+ t sqrt(v) / (2 sqrt(p (1-p)))), the angle kept in
 *     0..pi/2
 *     wilson         (p + t^2/2n* -+ t sqrt(p (1-p)/n* + t^2/4n*^2)) / (1 + t^2/n*): as Dean &
 *     Pagano
 *                    (2015); with z in place of t and n* (z/t)^2 it is the same interval
 *     agresti        p~ -+ t sqrt(p~ (1-p~)/(n* + t^2)), p~ = (n*p + t^2/2) / (n* + t^2)
 *     jeffreys       Beta(n'p + 1/2, n'(1-p) + 1/2) at a and 1 - a
 *     t, mean        p -+ t sqrt(v), not cut at 0 or 1;  normal: with z
 *
 * logit and xlogit are one (R's "logit" to the stopping rule of its regression), except with
 * replicate weights, where logit and likelihood take the variance of log(p / (1-p)) over the
 * replicates. Where nobody or everybody is in the category v = 0 by construction and says nothing;
 * each method answers on Kish's size n_w = (sum w)^2 / sum w^2, one-sided (flags zero, full):
 *
 *     wilson, agresti   their formula with n_w        likelihood   1 - exp(-t^2 n / (2 n_w (n-1)))
 *     jeffreys          its formula with n_w'         all others   beta's: 1 - a^{1/n_w'}
 *
 * With no degree of freedom there is no interval (flag df0); the standard error stands as long as
 * the formula has something to say, since PSUs without a case of the domain count as 0. Where those
 * that answered are all in one PSU, deviations from a mean add up to 0 by construction: NaN, where
 * software is known to print 0.
 *
 * The design effect is v / (s^2/n), s^2 = n/(n-1) sum w (y - m)^2 / W ("replace", Kish 1965, 8.2),
 * or with s^2/n times (N - n)/N, N = sum w ("srs", R's deff = TRUE).
 *
 * Sources: Korn & Graubard (1998) Survey Methodology 24, 193-201; Dean & Pagano (2015) J. Surv.
 * Stat. Methodol. 3, 484-503; Rao & Scott (1984) Ann. Statist. 12, 46-60; R survey 4.1, svyciprop.
 * Coverage of each by simulation: docs/METHODS.md, bench/coverage.c. */
#include <math.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/groups.h"

static const double none = (double)NAN;

static double tail(double level)
{
    return (1 - level) / 2;
}

static double t_quantile(double level, double df)
{
    return qt(tail(level), df, 0, 0);
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* Korn & Graubard's correction of an effective size for few degrees of freedom. */
static double for_few_df(struct tf_share_case c, double size)
{
    const double t = t_quantile(c.level, c.n - 1) / t_quantile(c.level, c.df);
    return size * t * t;
}

static double effective_size(struct tf_share_case c)
{
    return c.p * (1 - c.p) / c.v;
}

/* ---- Shares between 0 and 1 --------------------------------------------------------------- */

static void xlogit(struct tf_share_case c, double *lo, double *hi)
{
    const double l = log(c.p / (1 - c.p));
    const double reach = t_quantile(c.level, c.df) * sqrt(c.v) / (c.p * (1 - c.p));
    *lo = logistic(l - reach);
    *hi = logistic(l + reach);
}

static void logit(struct tf_share_case c, double *lo, double *hi)
{
    if (c.v_logit > 0) { /* over replicates: the delta method turned round */
        const double slope = c.p * (1 - c.p);
        c.v = c.v_logit * slope * slope;
    }
    xlogit(c, lo, hi);
}

static void korn_graubard(struct tf_share_case c, double *lo, double *hi)
{
    const double n = for_few_df(c, effective_size(c)), a = tail(c.level);
    *lo = qbeta(a, n * c.p, n * (1 - c.p) + 1, 1, 0);
    *hi = qbeta(a, n * c.p + 1, n * (1 - c.p), 0, 0);
}

static void jeffreys_of(double p, double n, double level, double *lo, double *hi)
{
    *lo = p > 0 ? qbeta(tail(level), n * p + .5, n * (1 - p) + .5, 1, 0) : 0;
    *hi = p < 1 ? qbeta(tail(level), n * p + .5, n * (1 - p) + .5, 0, 0) : 1;
}

static void jeffreys(struct tf_share_case c, double *lo, double *hi)
{
    jeffreys_of(c.p, for_few_df(c, effective_size(c)), c.level, lo, hi);
}

static void arcsine(struct tf_share_case c, double *lo, double *hi)
{
    const double angle = asin(sqrt(c.p));
    const double reach = t_quantile(c.level, c.df) * sqrt(c.v) / (2 * sqrt(c.p * (1 - c.p)));
    const double low = sin(fmax(angle - reach, 0)), high = sin(fmin(angle + reach, M_PI_2));
    *lo = low * low;
    *hi = high * high;
}

static void wilson_of(double p, double n, double t, double *lo, double *hi)
{
    const double share = t * t / n;
    const double reach = t * sqrt(p * (1 - p) / n + share / (4 * n));
    *lo = p > 0 ? (p + share / 2 - reach) / (1 + share) : 0;
    *hi = p < 1 ? (p + share / 2 + reach) / (1 + share) : 1;
}

static void wilson(struct tf_share_case c, double *lo, double *hi)
{
    wilson_of(c.p, effective_size(c), t_quantile(c.level, c.df), lo, hi);
}

static void agresti_of(double p, double n, double t, double *lo, double *hi)
{
    const double size = n + t * t, middle = (n * p + t * t / 2) / size;
    const double reach = t * sqrt(middle * (1 - middle) / size);
    *lo = fmax(middle - reach, 0);
    *hi = fmin(middle + reach, 1);
}

static void agresti(struct tf_share_case c, double *lo, double *hi)
{
    agresti_of(c.p, effective_size(c), t_quantile(c.level, c.df), lo, hi);
}

/* Twice the Kullback-Leibler distance of q from p, as the deviance of one case. */
static double deviance(double p, double q)
{
    return 2 * (p * log(p / q) + (1 - p) * log((1 - p) / (1 - q)));
}

/* The q between p and the end (0 or 1) at which the deviance reaches the limit: bisection on the
 * logit, which is monotone there and never leaves the open interval. */
static double profile_limit(double p, double limit, double step)
{
    double near = log(p / (1 - p)), far = near;
    do {
        far += step;
        step *= 2;
    } while (deviance(p, logistic(far)) < limit && fabs(far) < 700);
    for (int k = 0; k < 200 && fabs(far - near) > 1e-14 * (1 + fabs(near)); k++) {
        const double middle = near + (far - near) / 2;
        if (deviance(p, logistic(middle)) < limit)
            near = middle;
        else
            far = middle;
    }
    return logistic(near);
}

static void likelihood(struct tf_share_case c, double *lo, double *hi)
{
    const double t = t_quantile(c.level, c.df);
    const double spread = c.p * (1 - c.p);
    const double v = c.v_logit > 0 ? c.v_logit * spread * spread : c.v;
    const double limit = t * t * v / spread * c.n / (c.n - 1);
    *lo = profile_limit(c.p, limit, -.5);
    *hi = profile_limit(c.p, limit, .5);
}

static void wald(struct tf_share_case c, double *lo, double *hi)
{
    const double reach = t_quantile(c.level, c.df) * sqrt(c.v);
    *lo = c.p - reach;
    *hi = c.p + reach;
}

static void normal(struct tf_share_case c, double *lo, double *hi)
{
    c.df = (double)INFINITY;
    wald(c, lo, hi);
}

/* ---- Nobody, or everybody: the upper end where nobody is -------------------------------- */

static double edge_beta(struct tf_share_case c)
{
    return 1 - exp(log(tail(c.level)) / for_few_df(c, c.kish));
}

static double edge_likelihood(struct tf_share_case c)
{
    const double t = t_quantile(c.level, c.df);
    return 1 - exp(-t * t * c.n / (2 * c.kish * (c.n - 1)));
}

static double edge_wilson(struct tf_share_case c)
{
    double lo, hi;
    wilson_of(0, c.kish, t_quantile(c.level, c.df), &lo, &hi);
    return hi;
}

static double edge_agresti(struct tf_share_case c)
{
    double lo, hi;
    agresti_of(0, c.kish, t_quantile(c.level, c.df), &lo, &hi);
    return hi;
}

static double edge_jeffreys(struct tf_share_case c)
{
    double lo, hi;
    jeffreys_of(0, for_few_df(c, c.kish), c.level, &lo, &hi);
    return hi;
}

/* ---- The table of methods ----------------------------------------------------------------- */

enum { SHARES = 1 << TF_OF_SHARE, NUMBERS = 1 << TF_OF_MEAN | 1 << TF_OF_TOTAL };
struct tf_interval_method {
    const char *word;
    unsigned of; /* bits 1 << enum tf_interval_of */
    void (*inside)(struct tf_share_case, double *, double *);
    double (*edge)(struct tf_share_case);
    const char *note;
};
/* clang-format off */
static const struct tf_interval_method methods[] = {
    {"logit", SHARES, logit, edge_beta,
     "logit: the Wald interval of log(p / (1 - p)), t with df; its variance by the delta method, "
     "with replicate weights over them"},
    {"xlogit", SHARES, xlogit, edge_beta,
     "xlogit: the Wald interval of log(p / (1 - p)) by the delta method, t with df"},
    {"likelihood", SHARES, likelihood, edge_likelihood,
     "likelihood: the binomial profile likelihood with a Rao-Scott reference"},
    {"beta", SHARES, korn_graubard, edge_beta,
     "beta: Korn and Graubard 1998, Clopper and Pearson on the effective size, less for few df"},
    {"asin", SHARES, arcsine, edge_beta,
     "asin: the Wald interval of asin(sqrt(p)), t with df"},
    {"arcsine", SHARES, arcsine, edge_beta,
     "arcsine: the Wald interval of asin(sqrt(p)), t with df"},
    {"wilson", SHARES, wilson, edge_wilson,
     "wilson: Wilson's score interval on the effective size p (1 - p) / v, t with df"},
    {"agresti", SHARES, agresti, edge_agresti,
     "agresti: Agresti and Coull on the effective size p (1 - p) / v, t with df"},
    {"jeffreys", SHARES, jeffreys, edge_jeffreys,
     "jeffreys: Jeffreys' prior on the effective size, less for few df"},
    {"t", SHARES | NUMBERS, wald, edge_beta, "t: estimate -+ t standard errors"},
    {"mean", SHARES | NUMBERS, wald, edge_beta, "mean: estimate -+ t standard errors"},
    {"normal", SHARES | NUMBERS, normal, edge_beta, "normal: estimate -+ z standard errors"},
};
/* clang-format on */
enum { N_METHODS = sizeof methods / sizeof methods[0] };
const char *const tf_share_methods[] = {"logit",    "xlogit",  "likelihood", "beta",
                                        "asin",     "arcsine", "wilson",     "agresti",
                                        "jeffreys", "t",       "mean",       "normal", NULL};

static const struct tf_interval_method *find_method(const char *word, enum tf_interval_of of)
{
    for (size_t k = 0; k < N_METHODS; k++)
        if (strcmp(methods[k].word, word) == 0 && (methods[k].of >> of & 1) != 0)
            return &methods[k];
    return NULL;
}

enum tf_code tf_intervals_asked(const struct tf_runner *r, const struct tf_ask *ask,
                                enum tf_interval_of of,
                                const struct tf_interval_method *const **ret, size_t *ret_n,
                                struct tf_err *reterr)
{
    const struct tf_interval_method **m =
        TF_NEW_N(r->arena, const struct tf_interval_method *, ask->n_ci + 1);
    m[0] = find_method(of == TF_OF_SHARE ? "logit" : "t", of);
    for (size_t k = 0; k < ask->n_ci; k++) {
        const struct tf_yaml *at = tf_yaml_get(ask->at, "ci");
        struct tf_buf b = {.arena = r->arena};
        m[k] = find_method(ask->ci[k], of);
        if (m[k] != NULL)
            continue;
        for (size_t j = 0; j < N_METHODS; j++)
            if ((methods[j].of >> of & 1) != 0)
                tf_buf_printf(&b, "%s%s", b.n > 0 ? ", " : "", methods[j].word);
        (void)tf_yaml_fail(at->kind == TF_YAML_LIST ? at->item[k] : at, reterr,
                           "there is no interval '%s' for `%s`", ask->ci[k], ask->stat);
        return tf_help(reterr, "Write one of: %s.", tf_buf_text(&b));
    }
    *ret = m;
    *ret_n = ask->n_ci > 0 ? ask->n_ci : 1;
    return TF_OK;
}

bool tf_intervals_by_logits(const struct tf_interval_method *const *method, size_t n_methods)
{
    for (size_t k = 0; k < n_methods; k++)
        if (method[k]->inside == logit || method[k]->inside == likelihood)
            return true;
    return false;
}

static void share_limits(const struct tf_interval_method *m, struct tf_share_case c, double *lo,
                         double *hi)
{
    *lo = *hi = c.p;
    if (c.p <= 0)
        *hi = m->edge(c);
    else if (c.p >= 1)
        *lo = 1 - m->edge(c);
    else if (c.v > 0) /* 0: the whole population was asked */
        m->inside(c, lo, hi);
}

bool tf_share_interval(const char *word, struct tf_share_case c, double *lo, double *hi)
{
    const struct tf_interval_method *m = find_method(word, TF_OF_SHARE);
    if (m != NULL)
        share_limits(m, c, lo, hi);
    return m != NULL;
}

/* ---- An item ------------------------------------------------------------------------------ */

static double design_effect(const struct tf_linear *l, enum tf_interval_of of, const char *kind)
{
    const double n = (double)l->n, scale = of == TF_OF_TOTAL ? l->sum_w * l->sum_w : 1;
    double srs = l->unit_var * scale / n;
    if (kind != NULL && strcmp(kind, "srs") == 0)
        srs *= (l->sum_w - n) / l->sum_w;
    return srs > 0 ? l->var / srs : none;
}

/* What a linearised statistic allows to be said. */
struct verdict {
    bool zero, full, silent, df0; /* silent: no standard error either */
    unsigned flags;
};

static struct verdict judge(const struct tf_linear *l, enum tf_interval_of of, size_t n_in)
{
    struct verdict v = {.zero = of == TF_OF_SHARE && n_in == 0 && l->n > 0,
                        .full = of == TF_OF_SHARE && n_in == l->n && l->n > 0};
    const bool thin = l->df < 1 || l->psu <= l->strata; /* one PSU a stratum has answers */
    v.silent = l->n == 0 || (thin && (!(l->var > 0) || (of != TF_OF_TOTAL && l->psu == 1)));
    v.df0 = l->df < 1 || v.silent;
    if (l->n == 0)
        v.flags = TF_EST_EMPTY;
    else
        v.flags = (v.zero ? TF_EST_ZERO : 0U) | (v.full ? TF_EST_FULL : 0U) |
                  (l->lonely ? TF_EST_LONELY : 0U) | (v.df0 ? TF_EST_DF0 : 0U);
    v.flags <<= 8;
    return v;
}

static void limits(const struct tf_interval_method *m, const struct tf_linear *l,
                   enum tf_interval_of of, struct verdict v, double level, double *lo, double *hi)
{
    *lo = *hi = none;
    if (v.df0)
        return;
    if (of == TF_OF_SHARE) {
        const struct tf_share_case c = {.p = v.zero ? 0 : v.full ? 1 : l->value, .v = l->var,
                                        .n = (double)l->n,
                                        .kish = l->sum_w * l->sum_w / l->sum_w2, .df = l->df,
                                        .level = level, .v_logit = l->var_logit};
        share_limits(m, c, lo, hi);
        return;
    }
    const double reach = t_quantile(level, m->inside == normal ? (double)INFINITY : l->df) *
                         sqrt(l->var);
    *lo = l->value - reach;
    *hi = l->value + reach;
}

void tf_item_finish(struct tf_runner *r, const struct tf_ask *ask, struct tf_item *item,
                    const struct tf_linear *l, enum tf_interval_of of,
                    const struct tf_interval_method *const *method, size_t n_methods)
{
    const struct verdict v = judge(l, of, item->n);
    item->psu = l->psu;
    item->estimate = l->value;
    item->base_weighted = l->sum_w;
    item->df = l->df;
    item->flags |= v.flags;
    if (!v.silent)
        item->se = sqrt(l->var);
    if (!v.silent && ask->deff)
        item->deff = design_effect(l, of, ask->deff_kind);
    for (size_t k = 0; k < n_methods; k++) {
        double lo, hi;
        limits(method[k], l, of, v, ask->level, &lo, &hi);
        tf_item_add_ci(r, item, method[k]->word, lo, hi);
    }
    tf_presentation(r->arena, ask->flags, item, of, l->sum_w * l->sum_w / l->sum_w2, ask->level);
}

/* ---- An estimate of a figure -------------------------------------------------------------- */

static const struct {
    enum tf_interval_of of;
} kinds_of[] = {[TF_STAT_PROP] = {TF_OF_SHARE}, [TF_STAT_MEAN] = {TF_OF_MEAN},
                [TF_STAT_TOTAL] = {TF_OF_TOTAL}, [TF_STAT_COUNT] = {TF_OF_SHARE}};

void tf_interval(struct tf_estimate *e, const struct tf_linear *l, enum tf_stat stat, enum tf_ci ci,
                 double level)
{
    const enum tf_interval_of of = kinds_of[stat].of;
    const struct verdict v = judge(l, of, e->n);
    const char *word = of == TF_OF_SHARE && ci == TF_CI_LOGIT ? "xlogit" : "t";
    e->psu = l->psu;
    e->estimate = l->value;
    e->base_weighted = l->sum_w;
    e->df = l->df;
    e->se = v.silent ? none : sqrt(l->var);
    e->deff = v.silent ? none : design_effect(l, of, NULL);
    e->flags |= v.flags;
    limits(find_method(word, of), l, of, v, level, &e->lo, &e->hi);
}

/* The difference a - b, whose variance carries the covariance of two domains that share PSUs. df:
 * PSUs minus strata with cases of either. When a side has no standard error, or 0 because nobody or
 * everybody is in the category, the test has nothing to stand on. */
struct tf_contrast tf_difference(const struct tf_estimate *a, const struct tf_estimate *b,
                                 double variance, double df, double level)
{
    const unsigned silent = (unsigned)(TF_EST_ZERO | TF_EST_FULL | TF_EST_DF0 | TF_EST_EMPTY) << 8;
    struct tf_contrast c = {.difference = a->estimate - b->estimate, .se = none, .lo = none,
                            .hi = none, .p = none, .df = df};
    if (((a->flags | b->flags) & silent) != 0 || df < 1)
        return c;
    c.se = sqrt(variance);
    const double reach = t_quantile(level, df) * c.se;
    c.lo = c.difference - reach;
    c.hi = c.difference + reach;
    if (c.se > 0)
        c.p = 2 * pt(-fabs(c.difference / c.se), df, 1, 0);
    return c;
}

/* ---- Notes -------------------------------------------------------------------------------- */

void tf_interval_notes(struct tf_runner *r, struct tf_result *out, const struct tf_ask *ask,
                       enum tf_interval_of of, const struct tf_interval_method *const *method,
                       size_t n_methods)
{
    bool edge = false;
    for (size_t k = 0; k < n_methods; k++)
        tf_result_note(r, out, method[k]->note);
    tf_result_note(r, out, tf_ask_df_note(r->arena, ask));
    for (size_t k = 0; k < out->n; k++)
        edge = edge || (out->item[k].flags & (unsigned)(TF_EST_ZERO | TF_EST_FULL) << 8) != 0;
    if (edge && of == TF_OF_SHARE)
        tf_result_note(r, out, "nobody or everybody in the category: a one-sided interval on "
                               "Kish's effective size (flags zero, full)");
    if (ask->deff)
        tf_result_note(r, out, strcmp(ask->deff_kind, "srs") == 0
                                   ? "deff: against simple random sampling without replacement"
                                   : "deff: against simple random sampling with replacement");
    if (ask->flags != NULL)
        tf_result_note(r, out, tf_presentation_text(ask->flags));
}
