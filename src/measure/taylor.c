/* Taylor linearisation: the variance of an estimate from a stratified, clustered sample.
 *
 * An estimate that is a smooth function of weighted totals varies, to first order, as the total of
 * its linearised variable z_k does. With cases k of PSU i of stratum h, and domain D:
 *
 *     total   Y = sum_D w_k y_k             z_k = w_k y_k              in D, else 0
 *     mean    m = sum_D w_k y_k / W         z_k = w_k (y_k - m) / W    in D, else 0;  W = sum_D w_k
 *
 *     z_hi = sum of z_k in PSU i
 *     V    = sum_h  n_h / (n_h - 1)  sum_i (z_hi - mean_h z)^2
 *
 * A share is the mean of a 0/1 variable. The domain is a 0/1 variable on the whole sample: n_h counts
 * every PSU of the stratum, also those without a case of the domain, whose z_hi is 0. That is what
 * filtering first would lose. Sources: Woodruff (1971) JASA 66, 411-414; Särndal, Swensson & Wretman
 * (1992) 5.5, 5.8, 10.3; with-replacement first stage as R survey 4.1 without fpc.
 *
 * Strata with one PSU ("lonely") give no difference between PSUs. The rules, as in R survey 4.1
 * (survey:::onestrat), for lonely strata in which the domain has cases:
 *
 *     adjust      (z_h1 - 0)^2: around the grand mean of z, which is 0 for means and shares. For
 *                 totals R takes 0 as well, not the mean; so do we
 *     average     the stratum gets the average of the others:  V x (strata) / (strata not lonely),
 *                 both counted where the domain has cases
 *     remove, certainty   nothing
 *     error       refused when the design is made (design.c)
 *
 * A stratum with several PSUs of which one has cases of the domain is not lonely: it stands as it
 * is, like R with survey.adjust.domain.lonely = FALSE, its default. */
#include <math.h>
#include <string.h>

#include "measure/inside.h"

void tf_sum_add(struct tf_sum *sum, double x)
{
    const double t = sum->s + x;
    sum->c += fabs(sum->s) >= fabs(x) ? (sum->s - t) + x : (x - t) + sum->s;
    sum->s = t;
}

double tf_sum_of(const struct tf_sum *sum)
{
    return sum->s + sum->c;
}

struct tf_work *tf_work_new(struct tf_arena *arena, const struct tf_design *d)
{
    struct tf_work *w = TF_NEW(arena, struct tf_work);
    w->d = d;
    w->z = TF_NEW_N(arena, double, d->n_psu);
    w->mean = TF_NEW_N(arena, double, d->n_strata);
    w->square = TF_NEW_N(arena, double, d->n_strata);
    w->seen_psu = TF_NEW_N(arena, uint32_t, d->n_psu);
    w->seen_stratum = TF_NEW_N(arena, uint32_t, d->n_strata);
    return w;
}

void tf_work_mark_begin(struct tf_work *work)
{
    work->stamp++;
}

void tf_work_mark(struct tf_work *work, const uint32_t *row, size_t n, size_t *psus, size_t *strata)
{
    const struct tf_design *d = work->d;
    for (size_t k = 0; k < n; k++) {
        const uint32_t i = d->i[row[k]], h = d->h[row[k]];
        *psus += work->seen_psu[i] != work->stamp;
        *strata += work->seen_stratum[h] != work->stamp;
        work->seen_psu[i] = work->stamp;
        work->seen_stratum[h] = work->stamp;
    }
}

double tf_taylor_variance(struct tf_work *work, const double *z, bool *ret_lonely)
{
    const struct tf_design *d = work->d;
    memset(work->mean, 0, d->n_strata * sizeof *work->mean);
    memset(work->square, 0, d->n_strata * sizeof *work->square);
    for (size_t i = 0; i < d->n_psu; i++)
        work->mean[d->psu_stratum[i]] += z[i];
    for (size_t h = 0; h < d->n_strata; h++)
        work->mean[h] /= (double)d->stratum_psus[h];
    for (size_t i = 0; i < d->n_psu; i++) {
        const uint32_t h = d->psu_stratum[i];
        const bool centre = d->stratum_psus[h] > 1 || d->lonely != TF_LONELY_ADJUST;
        const double difference = z[i] - (centre ? work->mean[h] : 0);
        work->square[h] += difference * difference;
    }
    struct tf_sum v = {0};
    size_t strata = 0, lonely = 0;
    for (size_t h = 0; h < d->n_strata; h++) {
        const double n_h = (double)d->stratum_psus[h];
        if (work->seen_stratum[h] != work->stamp)
            continue;
        strata++;
        lonely += d->stratum_psus[h] == 1;
        tf_sum_add(&v, work->square[h] * (d->stratum_psus[h] > 1 ? n_h / (n_h - 1) : 1));
    }
    *ret_lonely = lonely > 0;
    if (d->lonely != TF_LONELY_AVERAGE || lonely == 0)
        return tf_sum_of(&v);
    return lonely == strata ? (double)NAN
                            : tf_sum_of(&v) * (double)strata / (double)(strata - lonely);
}

/* PSUs minus strata where the domain has cases. */
static double domain_df(struct tf_work *work, struct tf_rows r)
{
    size_t psus = 0, strata = 0;
    tf_work_mark_begin(work);
    tf_work_mark(work, r.all, r.n_all, &psus, &strata);
    return (double)psus - (double)strata;
}

struct tf_linear tf_linearise(struct tf_work *work, struct tf_rows r, const double *y,
                              enum tf_stat stat, double *z)
{
    const struct tf_design *d = work->d;
    const uint32_t *row = r.row;
    const size_t n = r.n;
    struct tf_linear l = {.n = n, .constant = true, .value = (double)NAN, .var = (double)NAN,
                          .unit_var = (double)NAN, .df = domain_df(work, r)};
    struct tf_sum sum_w = {0}, sum_w2 = {0}, sum_y = {0}, sum_d2 = {0};
    tf_work_mark_begin(work);
    tf_work_mark(work, row, n, &l.psu, &l.strata);
    for (size_t k = 0; k < n; k++) {
        const double w = d->w[row[k]];
        tf_sum_add(&sum_w, w);
        tf_sum_add(&sum_w2, w * w);
        tf_sum_add(&sum_y, w * y[k]);
        l.constant = l.constant && y[k] == y[0];
    }
    l.sum_w = tf_sum_of(&sum_w);
    l.sum_w2 = tf_sum_of(&sum_w2);
    if (n == 0)
        return l;
    const double mean = l.constant ? y[0] : tf_sum_of(&sum_y) / l.sum_w;
    memset(z, 0, d->n_psu * sizeof *z);
    for (size_t k = 0; k < n; k++) {
        const double w = d->w[row[k]], off = y[k] - mean;
        tf_sum_add(&sum_d2, w * off * off);
        z[d->i[row[k]]] += stat == TF_STAT_TOTAL ? w * y[k] : w * off / l.sum_w;
    }
    l.value = stat == TF_STAT_TOTAL ? tf_sum_of(&sum_y) : mean;
    l.var = tf_taylor_variance(work, z, &l.lonely);
    if (n > 1)
        l.unit_var = tf_sum_of(&sum_d2) / l.sum_w * (double)n / (double)(n - 1);
    return l;
}
