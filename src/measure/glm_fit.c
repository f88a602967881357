/* Fitting a generalised linear model with weights: iteratively reweighted least squares.
 *
 * For a linear predictor eta = X beta (+ offset), mean mu(eta), variance function V(mu) and
 * weights w, a round solves
 *
 *     H d = g,    H = X' W X,  W = w (dmu/deta)^2 / V,    g = X' s,  s = w (y - mu) (dmu/deta) / V
 *
 * and sets beta = beta + d (McCullagh & Nelder 1989, 2.5; Fisher scoring). Written in steps,
 * rounding in H slows it down but does not move the end: g = 0 decides. d' H d is the squared
 * length of the step in standard errors (up to the dispersion) and tells when to stop.
 *
 * One round is one pass over the rows (glm_pass.c). With many rows the first looks at a quarter of
 * them only; the start is then so near that three full rounds are left, and the third foresees
 * that a fourth would move nothing, so that it can write the results.
 *
 * Columns are centred and scaled on the way in (when there is an intercept), by numbers with few
 * digits so that it costs no digit: a year such as 2019 would else take eight digits of H. A column
 * whose part beyond the earlier ones vanishes is examined by R's own pivoting QR at R's tolerance
 * 1e-11, and left out when that finds it dependent: aliased. */
#include "measure/glm_pass.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { SAMPLE = 4 };

/* ---- Getting ready ------------------------------------------------------------------------ */

static enum tf_code choose_rows(struct tf_fitting *f, struct tf_err *reterr)
{
    const struct tf_model *m = f->m;
    size_t n = 0, k = 0;
    double sum = 0, low = (double)INFINITY, high = -(double)INFINITY;
    bool fractional = false;
    for (size_t row = 0; row < m->n; row++) {
        if (!m->complete[row] || !(f->w[row] > 0))
            continue;
        const double y = m->y[row];
        n++;
        sum += f->w[row];
        low = y < low ? y : low;
        high = y > high ? y : high;
        fractional |= (y > 0) & (y < 1);
    }
    f->fractional = fractional;
    f->n = n;
    f->scale = sum / (double)n;
    if (n == 0) {
        (void)tf_fail(reterr, TF_E_DESIGN, "no case has all variables of the model of '%s'",
                      m->y_name);
        return tf_help(reterr, "Look at the missing answers, and at where: and by:.");
    }
    if (f->family == TF_BINOMIAL && (low < 0 || high > 1)) {
        (void)tf_fail(reterr, TF_E_INPUT, "'%s' goes from %g to %g, outside 0..1", m->y_name, low,
                      high);
        return tf_help(reterr, "Write a condition, for example: I(%s == 1) ~ …", m->y_name);
    }
    if ((f->family == TF_POISSON || f->family == TF_GAMMA) && low < 0)
        return tf_fail(reterr, TF_E_INPUT, "'%s' has negative values, which counts have not",
                       m->y_name);
    if (f->family == TF_BINOMIAL && !(high > 0 && low < 1)) {
        (void)tf_fail(reterr, TF_E_DESIGN, "%s has '%s': no model can be fitted",
                      high > 0 ? "every case" : "no case", m->y_name);
        return tf_help(reterr, "A share (stat: prop) has a one-sided interval for that.");
    }
    if (n < m->n) {
        f->row = TF_NEW_N(f->arena, uint32_t, n);
        for (size_t row = 0; row < m->n; row++)
            if (m->complete[row] && f->w[row] > 0)
                f->row[k++] = (uint32_t)row;
    }
    return TF_OK;
}

static double power_of_two(double x)
{
    int e;
    (void)frexp(x, &e);
    return x > 0 && isfinite(x) ? ldexp(1, e - 1) : 1;
}

/* Centre and unit of a column from some thousand rows spread over the file: they need not be exact,
 * only near, and have few digits. */
static void set_scale(struct tf_fitting *f, size_t j)
{
    const double *x = f->m->x[f->column[j]];
    const size_t step = f->n / 4096 + 1;
    double s = 0, ss = 0, n = 0;
    for (size_t k = 0; k < f->n; k += step, n++)
        s += x[tf_glm_row(f, k)];
    const double mean = s / n;
    for (size_t k = 0; k < f->n; k += step)
        ss += (x[tf_glm_row(f, k)] - mean) * (x[tf_glm_row(f, k)] - mean);
    const bool intercept = f->m->intercept && f->column[j] == 0;
    f->unit[j] = ss > 0 ? power_of_two(sqrt(ss / n)) : power_of_two(fabs(mean));
    f->centre[j] = f->m->intercept && !intercept && ss > 0
                       ? nearbyint(mean / f->unit[j]) * f->unit[j]
                       : 0;
    if (intercept)
        f->unit[j] = 1;
}

/* ---- Aliased columns ---------------------------------------------------------------------- */

/* Does elimination leave next to nothing of some column? (Gram matrix in f->all.h.) */
static bool looks_singular(const struct tf_fitting *f)
{
    const size_t p = f->p;
    double *a = TF_NEW_N(f->arena, double, p * p);
    memcpy(a, f->all.h, p * p * sizeof *a);
    for (size_t j = 0; j < p; j++) {
        if (!(a[j + j * p] > 1e-9 * f->all.h[j + j * p]))
            return true;
        for (size_t i = j + 1; i < p; i++) {
            const double ratio = a[i + j * p] / a[j + j * p];
            for (size_t k = i; k < p; k++)
                a[k + i * p] -= ratio * a[k + j * p];
        }
    }
    return false;
}

/* R's rank: QR with limited pivoting of the columns times the root of their working weights. */
static void drop_aliased(struct tf_fitting *f, struct tf_glm *ret)
{
    const size_t n = f->n, p = f->p;
    struct tf_arena *own = tf_arena_new("rank of a model", (size_t)16 << 30);
    double *a = TF_NEW_N(own, double, n * p);
    size_t *pivot = TF_NEW_N(own, size_t, p);
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < n; k++)
            a[k + j * n] = f->m->x[f->column[j]][tf_glm_row(f, k)] *
                           sqrt(ret->working[tf_glm_row(f, k)] / f->scale);
    const size_t rank = tf_rank(a, n, p, 1e-11, pivot);
    for (size_t k = rank; k < p; k++)
        ret->aliased[f->column[pivot[k]]] = true;
    tf_arena_free(own);
    size_t left = 0;
    for (size_t j = 0; j < p; j++)
        if (!ret->aliased[f->column[j]]) {
            f->centre[left] = f->centre[j];
            f->unit[left] = f->unit[j];
            f->column[left++] = f->column[j];
        }
    f->p = left;
    if (ret->aliased[0] && f->m->intercept) /* nothing to centre by */
        for (size_t j = 0; j < left; j++)
            f->centre[j] = 0;
}

/* ---- The fit ------------------------------------------------------------------------------ */

/* To the caller's columns and units: beta = T b, inverse = T H^-1 T'. */
static enum tf_code give_back(struct tf_fitting *f, const double *b, struct tf_glm *ret,
                              struct tf_err *reterr)
{
    const size_t p = f->p, full = f->full;
    const bool centred = f->m->intercept && p > 0 && f->column[0] == 0;
    double *inverse = TF_NEW_N(f->arena, double, p * p), *t = TF_NEW_N(f->arena, double, p * p),
           *out = TF_NEW_N(f->arena, double, p * p);
    memcpy(inverse, f->all.h, p * p * sizeof *inverse);
    if (!tf_invert(f->arena, inverse, p))
        return tf_glm_fail_separated(f, b, reterr);
    for (size_t j = 0; j < p; j++) {
        t[j + j * p] = 1 / f->unit[j];
        if (centred && j > 0)
            t[j * p] = -f->centre[j] / f->unit[j];
    }
    tf_sandwich(f->arena, t, inverse, p, p, out);
    for (size_t j = 0; j < full; j++)
        ret->beta[j] = ret->aliased[j] ? (double)NAN : 0;
    for (size_t j = 0; j < p; j++) {
        for (size_t k = 0; k < p; k++) {
            ret->beta[f->column[j]] += t[j + k * p] * b[k];
            ret->inverse[f->column[j] + f->column[k] * full] = out[j + k * p] / f->scale;
        }
    }
    return TF_OK;
}

/* What the logit's fast deviance leaves out: y log y + (1 - y) log(1 - y), 0 for yes and no. */
static double constant_deviance(const struct tf_fitting *f)
{
    double s = 0;
    const bool fast = f->family == TF_BINOMIAL && f->link == TF_LINK_LOGIT;
    for (size_t k = 0; k < f->n && f->fractional && fast; k++) {
        const size_t row = tf_glm_row(f, k);
        const double y = f->m->y[row];
        if (y > 0 && y < 1)
            s += 2 * f->w[row] / f->scale * (y * log(y) + (1 - y) * log(1 - y));
    }
    return s;
}

static void to_scaled(const struct tf_fitting *f, const double *beta0, double *b)
{
    for (size_t j = 0; j < f->p; j++)
        b[j] = beta0[f->column[j]] * f->unit[j];
    if (f->m->intercept && f->column[0] == 0)
        for (size_t j = 1; j < f->p; j++)
            b[0] += beta0[f->column[j]] * f->centre[j];
}

/* Links other than the logit reach the end of their range in few rounds when a predictor separates
 * the answers: the step ends because the slope is 0 there, not because the optimum is found. */
static bool at_the_edge(const struct tf_fitting *f, const struct tf_glm *ret)
{
    if (f->family != TF_BINOMIAL || f->link == TF_LINK_LOGIT)
        return false;
    for (size_t k = 0; k < f->n; k++) {
        const double mu = ret->mu[tf_glm_row(f, k)];
        if (mu < 10 * DBL_EPSILON || mu > 1 - 10 * DBL_EPSILON)
            return true;
    }
    return false;
}

/* NaN in the rows that the fit does not use. */
static void mark_unused(const struct tf_fitting *f, struct tf_glm *ret)
{
    size_t k = 0;
    for (size_t row = 0; f->row != NULL && row < f->m->n; row++) {
        if (k < f->n && f->row[k] == row) {
            k++;
            continue;
        }
        ret->eta[row] = ret->mu[row] = ret->working[row] = ret->residual[row] = (double)NAN;
    }
}

static enum tf_code fit_in(struct tf_fitting *f, const double *beta0, struct tf_glm *ret,
                           struct tf_err *reterr)
{
    double *b = TF_NEW_N(f->arena, double, f->full + 1);
    bool known = beta0 != NULL, done = false;
    TF_TRY(choose_rows(f, reterr));
    mark_unused(f, ret);
    for (size_t j = 0; j < f->full; j++)
        f->column[j] = j;
    for (size_t j = 0; j < f->full; j++)
        set_scale(f, j);
    tf_glm_lay_out(f);
    for (size_t j = 0; known && j < f->full; j++)
        known = isfinite(beta0[j]);
    const bool many = f->n_groups >= TF_GLM_GROUPS && f->n > 50000 && !(f->epsilon > 0);
    tf_glm_pass(f, NULL, TF_GLM_START, many ? SAMPLE : 1, NULL);
    if (looks_singular(f)) {
        for (size_t k = 0; k < f->n; k++) /* of the family's start */
            ret->working[tf_glm_row(f, k)] = f->w[tf_glm_row(f, k)];
        drop_aliased(f, ret);
        tf_glm_lay_out(f);
        f->started = 0;
        known = false;
    }
    ret->rank = f->p;
    ret->n = f->n;
    ret->scale = f->scale;
    if (known)
        to_scaled(f, beta0, b);
    if (!known && many && f->family != TF_GAUSSIAN) {
        struct tf_err ignored;
        known = tf_glm_rounds(f, b, true, SAMPLE, 1000, &ret->iterations, NULL, &done,
                              &ignored) == TF_OK;
    }
    const bool canonical = (f->family == TF_BINOMIAL && f->link == TF_LINK_LOGIT) ||
                           (f->family == TF_POISSON && f->link == TF_LINK_LOG) ||
                           (f->family == TF_GAUSSIAN && f->link == TF_LINK_IDENTITY);
    ret->iterations = 0;
    if (f->epsilon > 0)
        TF_TRY(tf_glm_rounds_as_r(f, b, !known, ret, &done, reterr));
    if (!done)
        TF_TRY(tf_glm_rounds(f, b, !known, 1, canonical ? 1e-14 : 1e-22, &ret->iterations,
                             canonical ? ret : NULL, &done, reterr));
    if (!done)
        tf_glm_pass(f, b, TF_GLM_LAST, 1, ret);
    if (at_the_edge(f, ret))
        return tf_glm_fail_separated(f, b, reterr);
    ret->deviance = f->all.deviance + constant_deviance(f);
    ret->converged = true;
    return give_back(f, b, ret, reterr);
}

enum tf_code tf_glm_fit(struct tf_arena *arena, const struct tf_model *m, const double *w,
                        enum tf_family family, enum tf_link link, const double *beta0,
                        unsigned threads, struct tf_glm *ret, struct tf_err *reterr)
{
    return tf_glm_fit_rounds(arena, m, w, family, link, beta0, 0, threads, ret, reterr);
}

enum tf_code tf_glm_fit_rounds(struct tf_arena *arena, const struct tf_model *m, const double *w,
                               enum tf_family family, enum tf_link link, const double *beta0,
                               double epsilon, unsigned threads, struct tf_glm *ret,
                               struct tf_err *reterr)
{
    *ret = (struct tf_glm){.beta = TF_NEW_N(arena, double, m->p + 1),
                           .aliased = TF_NEW_N(arena, bool, m->p + 1),
                           .inverse = TF_NEW_N(arena, double, m->p * m->p + 1),
                           .eta = TF_NEW_N(arena, double, m->n + 1),
                           .mu = TF_NEW_N(arena, double, m->n + 1),
                           .working = TF_NEW_N(arena, double, m->n + 1),
                           .residual = TF_NEW_N(arena, double, m->n + 1)};
    struct tf_arena *scratch = tf_arena_new("fit of a model", (size_t)16 << 30);
    struct tf_fitting f = {.arena = scratch, .m = m, .w = w, .family = family, .link = link,
                    .threads = threads, .p = m->p, .full = m->p,
                    .epsilon = epsilon};
    f.column = TF_NEW_N(scratch, size_t, m->p + 1);
    f.centre = TF_NEW_N(scratch, double, m->p + 1);
    f.unit = TF_NEW_N(scratch, double, m->p + 1);
    const enum tf_code code = fit_in(&f, beta0, ret, reterr);
    tf_arena_free(scratch);
    return code;
}
