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

enum { ROUNDS = 200, HALVINGS = 30, SAMPLE = 4 };

/* ---- Getting ready ------------------------------------------------------------------------ */

static enum tf_code choose_rows(struct tf_fitting *f, struct tf_err *reterr)
{
    const struct tf_model *m = f->m;
    size_t n = 0, k = 0;
    double sum = 0, low = INFINITY, high = -INFINITY;
    for (size_t row = 0; row < m->n; row++) {
        if (!m->complete[row] || !(f->w[row] > 0))
            continue;
        n++;
        sum += f->w[row];
        low = m->y[row] < low ? m->y[row] : low;
        high = m->y[row] > high ? m->y[row] : high;
        f->fractional = f->fractional || (m->y[row] > 0 && m->y[row] < 1);
    }
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

/* ---- Rounds ------------------------------------------------------------------------------- */

static bool step_of(struct tf_fitting *f, double *step, double *ret_length)
{
    const size_t p = f->p;
    double *l = TF_NEW_N(f->arena, double, p * p);
    memcpy(l, f->all.h, p * p * sizeof *l);
    memcpy(step, f->all.g, p * sizeof *step);
    if (!tf_cholesky(l, p))
        return false;
    tf_cholesky_solve(l, p, step, 1);
    *ret_length = 0;
    for (size_t j = 0; j < p; j++)
        *ret_length += step[j] * f->all.g[j];
    return isfinite(*ret_length);
}

/* The predictor that runs away: the largest coefficient, in standard deviations of its column. */
static enum tf_code fail_separated(const struct tf_fitting *f, const double *beta,
                                   struct tf_err *reterr)
{
    size_t worst = 0;
    double most = -1;
    for (size_t j = 0; j < f->p; j++)
        if (f->m->term[f->column[j]] > 0 && fabs(beta[j]) > most) {
            most = fabs(beta[j]);
            worst = j;
        }
    (void)tf_fail(reterr, TF_E_CONVERGE, "the model of '%s' has no finite estimate", f->m->y_name);
    if (most >= 0)
        (void)tf_fact(reterr, "'%s' separates the answers: at some of its values all are alike",
                      f->m->name[f->column[worst]]);
    return tf_help(reterr, "Merge or drop that category, or leave the predictor out.");
}

static enum tf_code fail_rounds(const struct tf_fitting *f, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_CONVERGE, "the model of '%s' did not converge in %d rounds",
                  f->m->y_name, ROUNDS);
    return tf_help(reterr, "Another link, or fewer predictors, may be needed.");
}

/* Half a step back until the deviance does not rise and every mean is possible (R glm.fit). */
static bool settle_step(struct tf_fitting *f, double *beta, const double *from, double before,
                        size_t every)
{
    for (int k = 0; k < HALVINGS; k++) {
        if (!f->all.invalid && isfinite(f->all.deviance) &&
            f->all.deviance <= before + 1e-7 * (fabs(before) + 0.1))
            return true;
        for (size_t j = 0; j < f->p; j++)
            beta[j] = (beta[j] + from[j]) / 2;
        tf_glm_pass(f, beta, TF_GLM_ROUND, every, NULL);
    }
    return !f->all.invalid && isfinite(f->all.deviance);
}

/* The squared length that Newton's next step will have, from the two before. */
static double foresee(double length, double last)
{
    return isfinite(last) && last > 0 ? length / last / last * length * length : (double)INFINITY;
}

/* Rounds from beta until a step is shorter than `enough`. Where the next round is foreseen to move
 * the predictors by less than 2e-9, it writes out what the fit gives (out, when not NULL),
 * and *done tells that no further look is needed. */
static enum tf_code rounds(struct tf_fitting *f, double *beta, bool from_family, size_t every,
                           double enough, size_t *count, struct tf_glm *out, bool *done,
                           struct tf_err *reterr)
{
    const double still = 1e-18 * (double)f->n;
    double *step = TF_NEW_N(f->arena, double, f->p), *was = TF_NEW_N(f->arena, double, f->p);
    double before = INFINITY, last = INFINITY, length = 0;
    int slow = 0;
    if (from_family) {
        memset(beta, 0, f->p * sizeof *beta);
        if (f->started != every)
            tf_glm_pass(f, NULL, TF_GLM_START, every, NULL);
        if (!step_of(f, step, &length))
            return fail_separated(f, step, reterr);
        memcpy(beta, step, f->p * sizeof *beta);
    }
    for (size_t round = 0; round < ROUNDS; round++, (*count)++) {
        const bool keep = out != NULL && foresee(length, last) <= still;
        const double previous = length;
        tf_glm_pass(f, beta, keep ? TF_GLM_LAST : TF_GLM_ROUND, every, out);
        if (!settle_step(f, beta, was, before, every))
            return fail_rounds(f, reterr);
        if (!step_of(f, step, &length))
            return fail_separated(f, beta, reterr);
        before = f->all.deviance;
        memcpy(was, beta, f->p * sizeof *beta);
        for (size_t j = 0; j < f->p; j++)
            beta[j] += step[j];
        *done = keep && length <= still;
        if (*done || length <= enough || (length < 1e-18 && length >= previous))
            return TF_OK;
        last = round > 0 ? previous : (double)INFINITY;
        slow = length > 0.2 * last && length < last && f->family != TF_GAUSSIAN ? slow + 1 : 0;
        double far = 0;
        for (size_t j = 0; j < f->p; j++)
            far = fabs(beta[j]) > far ? fabs(beta[j]) : far;
        /* by a constant share: the optimum is far off */
        if (slow >= 10 && length > 1e-12 && far > 6)
            return fail_separated(f, beta, reterr);
    }
    return fail_rounds(f, reterr);
}

/* R's rounds (glm.fit): the deviance of two rounds decides. *done: false when 25 do not do or the
 * estimate runs away. The matrix of the round before the last stays in f->all.h. From given
 * coefficients R's replicates have weights that add up to 1, which its rule feels. */
static enum tf_code rounds_as_r(struct tf_fitting *f, double *beta, bool from_family,
                                struct tf_glm *ret, bool *done, struct tf_err *reterr)
{
    enum { R_ROUNDS = 25, RUNNING = 15 };
    const size_t p = f->p;
    const double part = from_family ? 1 : 1 / (double)f->n;
    double *step = TF_NEW_N(f->arena, double, p), *was = TF_NEW_N(f->arena, double, p);
    double *h = TF_NEW_N(f->arena, double, p * p), length, change = INFINITY;
    size_t round = 0;
    if (from_family)
        memset(beta, 0, p * sizeof *beta);
    tf_glm_pass(f, from_family ? NULL : beta, from_family ? TF_GLM_START : TF_GLM_ROUND, 1, NULL);
    while (round < R_ROUNDS && !(change < f->epsilon)) {
        const double before = f->all.deviance * part;
        if (!step_of(f, step, &length))
            return fail_separated(f, beta, reterr);
        memcpy(h, f->all.h, p * p * sizeof *h);
        memcpy(was, beta, p * sizeof *was);
        for (size_t j = 0; j < p; j++)
            beta[j] = (round == 0 && from_family ? 0 : beta[j]) + step[j];
        tf_glm_pass(f, beta, TF_GLM_ROUND, 1, NULL);
        if ((f->all.invalid || !isfinite(f->all.deviance)) &&
            !settle_step(f, beta, was, INFINITY, 1))
            return fail_rounds(f, reterr);
        const double now = f->all.deviance * part;
        change = fabs(now - before) / (fabs(now) + 0.1);
        round++;
    }
    *done = change < f->epsilon && (f->family == TF_GAUSSIAN || round < RUNNING);
    if (!*done)
        return TF_OK;
    double *working = TF_NEW_N(f->arena, double, f->m->n);
    const bool moved = round > 1 || !from_family; /* else the start's weights are any round's */
    tf_glm_pass(f, moved ? was : beta, TF_GLM_LAST, 1, ret);
    memcpy(working, ret->working, f->m->n * sizeof *working);
    tf_glm_pass(f, beta, TF_GLM_LAST, 1, ret);
    memcpy(ret->working, working, f->m->n * sizeof *working);
    if (moved)
        memcpy(f->all.h, h, p * p * sizeof *h);
    ret->iterations = round;
    return TF_OK;
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
        return fail_separated(f, b, reterr);
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
        known = rounds(f, b, true, SAMPLE, 1000, &ret->iterations, NULL, &done, &ignored) == TF_OK;
    }
    const bool canonical = (f->family == TF_BINOMIAL && f->link == TF_LINK_LOGIT) ||
                           (f->family == TF_POISSON && f->link == TF_LINK_LOG) ||
                           (f->family == TF_GAUSSIAN && f->link == TF_LINK_IDENTITY);
    ret->iterations = 0;
    if (f->epsilon > 0)
        TF_TRY(rounds_as_r(f, b, !known, ret, &done, reterr));
    if (!done)
        TF_TRY(rounds(f, b, !known, 1, canonical ? 1e-14 : 1e-22, &ret->iterations,
                  canonical ? ret : NULL, &done, reterr));
    if (!done)
        tf_glm_pass(f, b, TF_GLM_LAST, 1, ret);
    if (at_the_edge(f, ret))
        return fail_separated(f, b, reterr);
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
