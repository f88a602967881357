/* The rounds of a fit: steps to the optimum, or until R would stop (glm_fit.c says what a step is).
 *
 * Two rules stand here. To the optimum: on until a step is too short to matter. As R's glm.fit:
 * until a round changes the deviance by less than epsilon of it. */
#include "measure/glm_pass.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 200, HALVINGS = 30 };

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
enum tf_code tf_glm_fail_separated(const struct tf_fitting *f, const double *beta,
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
enum tf_code tf_glm_rounds(struct tf_fitting *f, double *beta, bool from_family, size_t every,
                           double enough, size_t *count, struct tf_glm *out, bool *done,
                           struct tf_err *reterr)
{
    const double still = 1e-18 * (double)f->n;
    double *step = TF_NEW_N(f->arena, double, f->p), *was = TF_NEW_N(f->arena, double, f->p);
    double before = (double)INFINITY, last = (double)INFINITY, length = 0;
    int slow = 0;
    if (from_family) {
        memset(beta, 0, f->p * sizeof *beta);
        if (f->started != every)
            tf_glm_pass(f, NULL, TF_GLM_START, every, NULL);
        if (!step_of(f, step, &length))
            return tf_glm_fail_separated(f, step, reterr);
        memcpy(beta, step, f->p * sizeof *beta);
    }
    for (size_t round = 0; round < ROUNDS; round++, (*count)++) {
        const bool keep = out != NULL && foresee(length, last) <= still;
        const double previous = length;
        tf_glm_pass(f, beta, keep ? TF_GLM_LAST : TF_GLM_ROUND, every, out);
        if (!settle_step(f, beta, was, before, every))
            return fail_rounds(f, reterr);
        if (!step_of(f, step, &length))
            return tf_glm_fail_separated(f, beta, reterr);
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
            return tf_glm_fail_separated(f, beta, reterr);
    }
    return fail_rounds(f, reterr);
}

/* R's rounds (glm.fit): the deviance of two rounds decides. *done: false when 25 do not do or the
 * estimate runs away. What is kept is R's: coefficients and residuals of the last round, weights
 * and their matrix (in f->all.h) of the one before. So the last round needs no matrix of its own;
 * the step before it tells what the deviance will lose, and where that is little enough, one pass
 * looks and writes at once. (Foreseen wrongly, it is made again as a whole round.) */
struct r_rounds {
    struct tf_fitting *f;
    struct tf_glm *ret;
    double *beta, *was, *h; /* h: of the round before */
    double part;            /* from given coefficients R's replicates have weights that add up to
                             * 1, which its rule feels */
    bool written;
};

static double change_of(const struct r_rounds *r, double before)
{
    const double now = r->f->all.deviance * r->part;
    return fabs(now - before) / (fabs(now) + 0.1);
}

/* Room for eta of this round and of the one before: columns of the result, written last. */
static void turn_eta(struct r_rounds *r)
{
    struct tf_fitting *f = r->f;
    f->eta_was = f->eta;
    f->eta = f->eta == r->ret->mu ? r->ret->residual : r->ret->mu;
}

/* The look at r->beta; *change is that of the deviance. False: no possible mean was found. */
static bool look(struct r_rounds *r, bool light, double before, double *change)
{
    struct tf_fitting *f = r->f;
    turn_eta(r);
    if (light) {
        tf_glm_pass(f, r->beta, TF_GLM_WRITE, 1, r->ret);
        *change = change_of(r, before);
        r->written = !f->all.invalid && *change < f->epsilon;
        if (r->written)
            return true;
        turn_eta(r); /* what stood there is written over */
        tf_glm_pass(f, r->was, TF_GLM_ROUND, 1, NULL);
        turn_eta(r);
    }
    tf_glm_pass(f, r->beta, TF_GLM_ROUND, 1, NULL);
    if ((f->all.invalid || !isfinite(f->all.deviance)) &&
        !settle_step(f, r->beta, r->was, (double)INFINITY, 1))
        return false;
    *change = change_of(r, before);
    return true;
}

static void write_last(struct r_rounds *r, bool moved)
{
    struct tf_fitting *f = r->f;
    if (!moved) { /* the start's weights are any round's */
        tf_glm_pass(f, r->beta, TF_GLM_LAST, 1, r->ret);
        return;
    }
    if (!r->written)
        tf_glm_pass(f, r->beta, TF_GLM_WRITE, 1, r->ret);
    memcpy(f->all.h, r->h, f->p * f->p * sizeof *r->h);
}

enum tf_code tf_glm_rounds_as_r(struct tf_fitting *f, double *beta, bool from_family,
                                struct tf_glm *ret, bool *done, struct tf_err *reterr)
{
    enum { R_ROUNDS = 25, RUNNING = 15 };
    const size_t p = f->p;
    struct r_rounds r = {f, ret, beta, TF_NEW_N(f->arena, double, p),
                         TF_NEW_N(f->arena, double, p * p),
                         from_family ? 1 : 1 / (double)f->n, false};
    double *step = TF_NEW_N(f->arena, double, p), length, change = (double)INFINITY;
    size_t round = 0;
    turn_eta(&r);
    if (!from_family)
        tf_glm_pass(f, beta, TF_GLM_ROUND, 1, NULL);
    else if (f->started != 1)
        tf_glm_pass(f, NULL, TF_GLM_START, 1, NULL);
    while (round < R_ROUNDS && !(change < f->epsilon)) {
        const double before = f->all.deviance * r.part;
        const bool newton = round > 0 || !from_family; /* g is the slope of the deviance */
        if (!step_of(f, step, &length))
            return tf_glm_fail_separated(f, beta, reterr);
        memcpy(r.h, f->all.h, p * p * sizeof *r.h);
        memcpy(r.was, beta, p * sizeof *beta);
        for (size_t j = 0; j < p; j++)
            beta[j] = (newton ? beta[j] : 0) + step[j];
        const bool light = newton && length * r.part < f->epsilon / 2 * (fabs(before) + 0.1);
        if (!look(&r, light, before, &change))
            return fail_rounds(f, reterr);
        round++;
    }
    *done = change < f->epsilon && (f->family == TF_GAUSSIAN || round < RUNNING);
    if (*done)
        write_last(&r, round > 1 || !from_family);
    f->eta = NULL;
    ret->iterations = *done ? round : ret->iterations;
    return TF_OK;
}
