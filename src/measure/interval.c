/* Intervals, design effects and differences: from a variance to what is printed.
 *
 * Degrees of freedom are PSUs minus strata, both counted where the domain has cases, whether they
 * answered or not, as R's degf(subset(design, domain)). t is the quantile of Student's t with these
 * df at 1 - (1 - level) / 2.
 *
 *     t       m -+ t se, not cut at 0 or 1 (R confint(svymean, df = degf))
 *     logit   L = log(p / (1 - p)), se(L) = se / (p (1 - p)), back from L -+ t se(L)
 *             (R svyciprop(method = "xlogit"), and "logit" to the tolerance of its iteration)
 *
 * Where no case or every case is in the category the linearised variance is 0 and both intervals
 * would claim certainty. There the interval is Korn & Graubard's (1998, Survey Methodology 24,
 * 193-201), which is Clopper & Pearson's (1934) on an effective size, here one-sided:
 *
 *     n* = (sum w)^2 / sum w^2  x  (t_{n-1} / t_df)^2        Kish's size, less for few df
 *     none:  [0, 1 - a^{1/n*}]      all:  [a^{1/n*}, 1]       a = (1 - level) / 2
 *
 * Korn & Graubard's own n* divides n by the design effect, which does not exist here (0 / 0); Kish's
 * size keeps the part of it that unequal weights make. The estimate carries the flag zero or full.
 *
 * With no degree of freedom there is no interval: flag df0. The standard error stands as long as
 * the formula has something to say, since PSUs without a case of the domain count as 0; where those
 * that answered are all in one PSU, the deviations from a mean or share add up to 0 by construction,
 * and so do those of zero and full: NaN, where software is known to print 0.
 *
 * The design effect is V / (s^2 / n), s^2 = n / (n - 1) sum w (y - m)^2 / W: against simple random
 * sampling with replacement of the same n (Kish 1965, 8.2; R deff = "replace"). */
#include <math.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/inside.h"

static double t_quantile(double level, double df)
{
    return qt((1 - level) / 2, df, 0, 0);
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* No case, or every case, in the category. */
static void one_sided(struct tf_estimate *e, const struct tf_linear *l, double level)
{
    const double t = t_quantile(level, (double)l->n - 1) / t_quantile(level, e->df);
    const double n_eff = l->sum_w * l->sum_w / l->sum_w2 * t * t;
    const double edge = exp(log((1 - level) / 2) / n_eff);
    e->lo = e->n == 0 ? 0 : edge;
    e->hi = e->n == 0 ? 1 - edge : 1;
}

void tf_interval(struct tf_estimate *e, const struct tf_linear *l, enum tf_stat stat, enum tf_ci ci,
                 double level)
{
    e->psu = l->psu;
    e->estimate = l->value;
    e->base_weighted = l->sum_w;
    e->df = l->df;
    e->se = e->lo = e->hi = e->deff = (double)NAN;
    if (l->n == 0) {
        e->flags |= (unsigned)TF_EST_EMPTY << 8;
        return;
    }
    const bool zero = stat == TF_STAT_PROP && e->n == 0;
    const bool full = stat == TF_STAT_PROP && e->n == e->base;
    const bool thin = e->df < 1 || l->psu <= l->strata; /* one PSU a stratum has answers */
    const bool silent = thin && (!(l->var > 0) || (stat != TF_STAT_TOTAL && l->psu == 1));
    const bool df0 = e->df < 1 || silent;
    e->flags |= (unsigned)((zero ? TF_EST_ZERO : 0) | (full ? TF_EST_FULL : 0) |
                           (l->lonely ? TF_EST_LONELY : 0) | (df0 ? TF_EST_DF0 : 0))
                << 8;
    if (silent)
        return;
    e->se = sqrt(l->var);
    const double n = (double)l->n;
    const double srs = stat == TF_STAT_TOTAL ? l->unit_var * l->sum_w * l->sum_w / n
                                             : l->unit_var / n;
    if (srs > 0)
        e->deff = l->var / srs;
    if (df0)
        return;
    if (zero || full) {
        one_sided(e, l, level);
        return;
    }
    const double t = t_quantile(level, e->df), p = l->value;
    if (stat == TF_STAT_PROP && ci == TF_CI_LOGIT) {
        const double logit = log(p / (1 - p)), reach = t * e->se / (p * (1 - p));
        e->lo = logistic(logit - reach);
        e->hi = logistic(logit + reach);
    } else {
        e->lo = p - t * e->se;
        e->hi = p + t * e->se;
    }
}

/* The difference a - b has the linearised variable z_a - z_b, which carries the covariance of two
 * domains that share PSUs. df: PSUs minus strata with cases of either. When a side has no standard
 * error, or 0 because nobody or everybody is in the category, the test has nothing to stand on. */
struct tf_contrast tf_contrast_make(struct tf_work *work, double *scratch, struct tf_side a,
                                    struct tf_side b, double level)
{
    const unsigned silent = (unsigned)(TF_EST_ZERO | TF_EST_FULL | TF_EST_DF0 | TF_EST_EMPTY) << 8;
    struct tf_contrast c = {.difference = a.e->estimate - b.e->estimate, .se = (double)NAN,
                            .lo = (double)NAN, .hi = (double)NAN, .p = (double)NAN};
    size_t psus = 0, strata = 0;
    bool lonely;
    tf_work_mark_begin(work);
    tf_work_mark(work, a.rows.all, a.rows.n_all, &psus, &strata);
    tf_work_mark(work, b.rows.all, b.rows.n_all, &psus, &strata);
    c.df = (double)psus - (double)strata;
    tf_work_mark_begin(work); /* the variance looks at strata with answers */
    tf_work_mark(work, a.rows.row, a.rows.n, &psus, &strata);
    tf_work_mark(work, b.rows.row, b.rows.n, &psus, &strata);
    if (((a.e->flags | b.e->flags) & silent) != 0 || c.df < 1)
        return c;
    for (size_t i = 0; i < work->d->n_psu; i++)
        scratch[i] = a.z[i] - b.z[i];
    c.se = sqrt(tf_taylor_variance(work, scratch, &lonely));
    const double reach = t_quantile(level, c.df) * c.se;
    c.lo = c.difference - reach;
    c.hi = c.difference + reach;
    if (c.se > 0)
        c.p = 2 * pt(-fabs(c.difference / c.se), c.df, 1, 0);
    return c;
}
