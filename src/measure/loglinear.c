/* Log-linear models of a table of categories, and tests between them.
 *
 *     - {stat: loglin, formula: "~ a + b", against: "~ a * b", tests: [F, saddlepoint]}
 *
 * The cells' shares p, times the number of cases n, are fitted as log(mu) = X b by Poisson
 * likelihood (Newton). Coefficients have
 *
 *     var(b) = A^-1 X' V X A^-1 / n^2,   A = X' P X,   P = (diag(m) - m m') / n,   m = mu / n
 *
 * X centred, V = var(p) by the design. A smaller model is tested against a larger one (`against`,
 * or the saturated one) by the difference of their deviances, and by the score n sum (m1 - m0)^2 /
 * m0; either is a sum of chi-squares weighted by the eigenvalues of
 *
 *     Delta = (W' P_sat W)^-1 W' V W,   W = X1 - X0 (X0' P1 X0)^-1 X0' P1 X1, independent columns
 *
 * (Rao & Scott 1984, section 3; R's svyloglin and anova.svyloglin). Cases that miss an answer
 * count for n, as in R. Two of R's readings of Delta, which is not symmetric, depend on how the
 * contrasts are coded: F takes the sum of its squared elements for the trace of its square, and
 * saddlepoint, for the score, the eigenvalues of its lower triangle. `effects: r` (the default)
 * does the same; `effects: exact` takes the eigenvalues of Delta throughout. */
#include <math.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/loglinear.h"

struct loglinear { /* one model, fitted */
    double *x; /* [cells x p] without the intercept, columns centred */
    const char **name;
    size_t p;
    double *beta; /* [p + 1] intercept first */
    double *mu;   /* [cells] sums to n */
    double deviance;
};

/* ---- Fitting ------------------------------------------------------------------------------- */

static double deviance_of(const double *y, const double *mu, size_t cells)
{
    double d = 0;
    for (size_t c = 0; c < cells; c++)
        d += 2 * ((y[c] > 0 ? y[c] * log(y[c] / mu[c]) : 0) - (y[c] - mu[c]));
    return d;
}

/* One step of weighted least squares: beta from mu. False when the model is singular. */
static bool step(struct tf_arena *arena, const struct loglinear *m, const double *y, size_t cells,
                 double *beta)
{
    const size_t p = m->p + 1;
    double *a = TF_NEW_N(arena, double, p * p);
    for (size_t i = 0; i < p; i++)
        beta[i] = 0;
    for (size_t c = 0; c < cells; c++) {
        const double z = m->mu[c] * log(m->mu[c]) + y[c] - m->mu[c]; /* weight x working response */
        for (size_t i = 0; i < p; i++) {
            const double xi = i == 0 ? 1 : m->x[c + (i - 1) * cells];
            beta[i] += xi * z;
            for (size_t j = 0; j <= i; j++)
                a[i + j * p] += xi * (j == 0 ? 1 : m->x[c + (j - 1) * cells]) * m->mu[c];
        }
    }
    if (!tf_cholesky(a, p))
        return false;
    tf_cholesky_solve(a, p, beta, 1);
    return true;
}

/* R's start and stopping rule; where no cell is empty, two steps more to the last digits. */
static bool fit_model(struct tf_arena *arena, const double *y, size_t cells, struct loglinear *m)
{
    double last = INFINITY, least = INFINITY;
    int more = 3;
    m->beta = TF_NEW_N(arena, double, m->p + 1);
    m->mu = TF_NEW_N(arena, double, cells);
    for (size_t c = 0; c < cells; c++) {
        m->mu[c] = y[c] + 0.1;
        least = y[c] < least ? y[c] : least;
    }
    for (int round = 0; round < 25 && more > 0; round++) {
        if (!step(arena, m, y, cells, m->beta))
            return false;
        for (size_t c = 0; c < cells; c++) {
            double eta = m->beta[0];
            for (size_t j = 0; j < m->p; j++)
                eta += m->x[c + j * cells] * m->beta[j + 1];
            m->mu[c] = exp(eta);
        }
        m->deviance = deviance_of(y, m->mu, cells);
        if (fabs(m->deviance - last) / (fabs(m->deviance) + 0.1) < 1e-8)
            more = least > 0 ? more - 1 : 0;
        last = m->deviance;
    }
    return isfinite(m->deviance);
}

static void centre(struct loglinear *m, size_t cells)
{
    for (size_t j = 0; j < m->p; j++) {
        double mean = 0;
        for (size_t c = 0; c < cells; c++)
            mean += m->x[c + j * cells] / (double)cells;
        for (size_t c = 0; c < cells; c++)
            m->x[c + j * cells] -= mean;
    }
}

/* x' P y with P = (diag(m) - m m') / n. */
static double *simple_product(struct tf_arena *arena, const double *x, size_t p, const double *y,
                              size_t q, const double *m, size_t cells, double n)
{
    double *out = TF_NEW_N(arena, double, p * q);
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < q; j++) {
            double xy = 0, xm = 0, ym = 0;
            for (size_t c = 0; c < cells; c++) {
                xy += x[c + i * cells] * y[c + j * cells] * m[c];
                xm += x[c + i * cells] * m[c];
                ym += y[c + j * cells] * m[c];
            }
            out[i + j * p] = (xy - xm * ym) / n;
        }
    return out;
}

/* x' V x. */
static double *design_product(struct tf_arena *arena, const double *x, size_t p, const double *v,
                              size_t cells)
{
    double *t = TF_NEW_N(arena, double, cells * p), *out = TF_NEW_N(arena, double, p * p);
    for (size_t c = 0; c < cells; c++)
        for (size_t j = 0; j < p; j++)
            t[j + c * p] = x[c + j * cells];
    tf_sandwich(arena, t, v, p, cells, out);
    return out;
}

/* ---- Results ------------------------------------------------------------------------------- */

struct asked { /* the keys */
    struct tf_grid grid;
    struct tf_terms small, large;
    enum tf_association which[TF_N_ASSOCIATIONS];
    size_t n_which;
    bool as_r;
};
struct run { /* one domain */
    struct tf_runner *r;
    const struct tf_ask *ask;
    const struct tf_domain *d;
    struct tf_grid *g;
    struct tf_tabulated t;
    double n, df;
    bool as_r; /* how F counts its degrees of freedom */
    struct loglinear small, large;
};

static double *fitted_shares(const struct run *u, const struct loglinear *m)
{
    double *share = TF_NEW_N(u->r->arena, double, u->g->cells);
    for (size_t c = 0; c < u->g->cells; c++)
        share[c] = m->mu[c] / u->n;
    return share;
}

static void make_items(const struct run *u, const struct tf_tally *tally, struct tf_result *out)
{
    struct tf_arena *arena = u->r->arena;
    const struct loglinear *m = &u->small;
    const double *share = fitted_shares(u, m);
    double *a = simple_product(arena, m->x, m->p, m->x, m->p, share, u->g->cells, u->n);
    const double *b = design_product(arena, m->x, m->p, u->t.v_share, u->g->cells);
    double *v = TF_NEW_N(arena, double, m->p * m->p);
    const bool sound = tf_invert(arena, a, m->p);
    if (sound)
        tf_sandwich(arena, a, b, m->p, m->p, v);
    for (size_t j = 0; j < m->p; j++) {
        struct tf_item *item = tf_result_item(u->r, out);
        item->term = m->name[j];
        item->by = u->d->by;
        item->n_by = u->ask->n_by;
        item->estimate = m->beta[j + 1];
        item->df = u->df;
        item->n = item->base = tally->n;
        item->psu = tally->psu;
        if (!sound || !(v[j + j * m->p] >= 0))
            continue;
        item->se = sqrt(v[j + j * m->p]) / u->n;
        if (u->df > 0)
            tf_item_interval(u->r, item, "t", u->ask->level);
    }
}

/* The columns of the larger model that the smaller one does not span, P1-orthogonal to it. */
static double *beyond(const struct run *u, size_t *ret_q)
{
    struct tf_arena *arena = u->r->arena;
    const struct loglinear *x0 = &u->small, *x1 = &u->large;
    const size_t cells = u->g->cells, p0 = x0->p, p1 = x1->p;
    const double *m1 = fitted_shares(u, x1);
    double *a = simple_product(arena, x0->x, p0, x0->x, p0, m1, cells, u->n);
    double *b = simple_product(arena, x0->x, p0, x1->x, p1, m1, cells, u->n);
    double *w = TF_NEW_N(arena, double, cells * p1), *spoilt = TF_NEW_N(arena, double, cells * p1);
    size_t *pivot = TF_NEW_N(arena, size_t, p1);
    *ret_q = 0;
    if (!tf_cholesky(a, p0))
        return w;
    tf_cholesky_solve(a, p0, b, p1);
    tf_multiply(x0->x, b, cells, p0, p1, w);
    for (size_t k = 0; k < cells * p1; k++) {
        w[k] = x1->x[k] - w[k];
        spoilt[k] = nearbyint(w[k] * 1e11) / 1e11; /* what is only rounding must be exactly 0 */
    }
    *ret_q = tf_rank(spoilt, cells, p1, 1e-7, pivot);
    double *kept = TF_NEW_N(arena, double, cells * (*ret_q + 1));
    for (size_t j = 0; j < *ret_q; j++)
        memcpy(kept + j * cells, w + pivot[j] * cells, cells * sizeof *w);
    return kept;
}

/* The design effects of the difference, and what R makes of them. */
struct effects {
    double *lambda;  /* [q] eigenvalues of Delta */
    double *as_read; /* [q] of Delta read as if it were symmetric, NULL under `effects: exact` */
    double squares;  /* sum of squares of Delta's elements */
    size_t q;
};

static struct effects effects_of(const struct run *u)
{
    struct tf_arena *arena = u->r->arena;
    struct effects e = {.q = 0};
    const double *w = beyond(u, &e.q);
    const size_t q = e.q;
    double *a = simple_product(arena, w, q, w, q, u->t.share, u->g->cells, u->n);
    double *b = design_product(arena, w, q, u->t.v_share, u->g->cells);
    double *l = TF_NEW_N(arena, double, q * q + 1), *delta = TF_NEW_N(arena, double, q * q + 1);
    e.lambda = TF_NEW_N(arena, double, q + 1);
    memcpy(l, a, q * q * sizeof *l);
    memcpy(delta, b, q * q * sizeof *delta);
    if (q == 0 || !tf_cholesky(l, q) || !tf_eigen_of_ratio(a, b, q, e.lambda)) {
        e.q = 0;
        return e;
    }
    tf_cholesky_solve(l, q, delta, q);
    for (size_t k = 0; k < q * q; k++)
        e.squares += delta[k] * delta[k];
    if (u->as_r) {
        e.as_read = TF_NEW_N(arena, double, q);
        tf_eigen(delta, q, e.as_read, NULL);
    }
    return e;
}

static struct tf_tested test_of(const struct run *u, double value, const struct effects *e,
                                bool score, enum tf_association which)
{
    const bool saddle = which == TF_TEST_SADDLEPOINT || which == TF_TEST_LINCOM;
    const bool read = saddle && score && e->as_read != NULL;
    struct tf_tested t = tf_tested_by_effects(value, read ? e->as_read : e->lambda, e->q, u->df,
                                              false, which);
    double trace = 0;
    for (size_t k = 0; k < e->q; k++)
        trace += e->lambda[k];
    if (which == TF_TEST_F && e->as_read != NULL) {
        t.df = trace * trace / e->squares;
        t.ddf = t.df * u->df;
        t.p = u->df > 0 ? pf(value / trace, t.df, t.ddf, 0, 0) : (double)NAN;
    }
    t.statistic = value;
    return t;
}

static void add_tests(const struct run *u, const enum tf_association *which, size_t n_which,
                      struct tf_result *out)
{
    static const char *const TERM[] = {"deviance", "score"};
    const struct effects e = effects_of(u);
    double value[2] = {u->small.deviance - u->large.deviance, 0};
    for (size_t c = 0; c < u->g->cells; c++) {
        const double gap = u->large.mu[c] - u->small.mu[c];
        value[1] += gap * gap / u->small.mu[c]; /* n sum (gap / n)^2 / (mu / n) */
    }
    for (size_t k = 0; k < n_which; k++)
        for (size_t m = 0; m < 2; m++) {
            struct tf_test *test = tf_result_test(u->r, out, tf_association_word(which[k]));
            test->term = TERM[m];
            test->by = u->d->by;
            test->n_by = u->ask->n_by;
            if (e.q == 0)
                continue;
            const struct tf_tested tested = test_of(u, value[m], &e, m == 1, which[k]);
            test->statistic = tested.statistic;
            test->df = tested.df;
            test->ddf = tested.ddf;
            test->p = tested.p;
        }
}

static enum tf_code one_domain(struct tf_runner *r, const struct tf_ask *ask, struct asked *a,
                               const struct tf_domain *d, struct tf_result *out,
                               struct tf_err *reterr)
{
    struct tf_grid *const g = &a->grid;
    struct run u = {.r = r, .ask = ask, .d = d, .g = g, .n = (double)d->n, .as_r = a->as_r};
    uint32_t *of = TF_NEW_N(r->arena, uint32_t, r->survey->n);
    bool *in = TF_NEW_N(r->arena, bool, r->survey->n);
    TF_TRY(tf_grid_make(r, ask, g, d, of, reterr));
    for (size_t i = 0; i < r->survey->n; i++)
        in[i] = of[i] != TF_NO_CODE;
    for (size_t v = 0; v < g->n_vars; v++)
        if (g->size[v] < 2) {
            tf_result_note(r, out, "No log-linear model where a variable has one category only.");
            return TF_OK;
        }
    const struct tf_tally tally = tf_survey_count(r->arena, r->survey, in);
    TF_TRY(tf_tabulate(r->arena, r->survey, of, g->cells, NULL, false, &u.t, reterr));
    u.df = tf_ask_df(r, ask, d->in);
    double *y = TF_NEW_N(r->arena, double, g->cells);
    for (size_t c = 0; c < g->cells; c++)
        y[c] = u.t.share[c] * u.n;
    u.small.x = tf_terms_matrix(r->arena, g, &a->small, &u.small.name, &u.small.p);
    u.large.x = tf_terms_matrix(r->arena, g, &a->large, &u.large.name, &u.large.p);
    if (!fit_model(r->arena, y, g->cells, &u.small) ||
        !fit_model(r->arena, y, g->cells, &u.large)) {
        tf_result_note(r, out, "The table has too many empty cells for the model: nothing to say.");
        return TF_OK;
    }
    centre(&u.small, g->cells);
    centre(&u.large, g->cells);
    make_items(&u, &tally, out);
    if (u.large.p > u.small.p)
        add_tests(&u, a->which, a->n_which, out);
    return TF_OK;
}

/* ---- The keys ------------------------------------------------------------------------------ */

static enum tf_code read_tests(const struct tf_runner *r, const struct tf_ask *ask,
                               enum tf_association *which, size_t *ret_n, struct tf_err *reterr)
{
    const char **word;
    size_t n;
    *ret_n = 0;
    TF_TRY(tf_yaml_opt_texts(r->arena, ask->at, "tests", &word, &n, reterr));
    if (n == 0)
        which[(*ret_n)++] = TF_TEST_F;
    for (size_t k = 0; k < n && *ret_n < TF_N_ASSOCIATIONS; k++) {
        enum tf_association *w = &which[(*ret_n)++];
        if (!tf_association_named(word[k], w) || *w == TF_TEST_WALD || *w == TF_TEST_ADJWALD) {
            (void)tf_yaml_fail(tf_yaml_get(ask->at, "tests"), reterr,
                               "no test of a log-linear model is called '%s'", word[k]);
            return tf_help(reterr, "Choose from F, Chisq, lincom, saddlepoint, exact.");
        }
    }
    return TF_OK;
}

static enum tf_code read_keys(struct tf_runner *r, const struct tf_ask *ask, struct asked *a,
                              struct tf_err *reterr)
{
    const struct tf_yaml *formula = tf_yaml_get(ask->at, "formula");
    const struct tf_yaml *against = tf_yaml_get(ask->at, "against");
    const char *effects;
    if (formula == NULL)
        return tf_yaml_fail(ask->at, reterr, "a log-linear model without its `formula`");
    TF_TRY(read_tests(r, ask, a->which, &a->n_which, reterr));
    TF_TRY(tf_yaml_opt_text(ask->at, "effects", "r", &effects, reterr));
    a->as_r = strcmp(effects, "r") == 0;
    if (!a->as_r && strcmp(effects, "exact") != 0) {
        (void)tf_yaml_fail(tf_yaml_get(ask->at, "effects"), reterr, "`effects` is not understood");
        return tf_help(reterr, "Write r (as R's anova.svyloglin) or exact (traces of Delta).");
    }
    TF_TRY(tf_terms_read(r, formula, &a->grid, &a->small, reterr));
    if (against != NULL)
        TF_TRY(tf_terms_read(r, against, &a->grid, &a->large, reterr));
    else
        tf_terms_all(&a->grid, &a->large);
    if (tf_terms_contain(&a->large, &a->small))
        return TF_OK;
    (void)tf_yaml_fail(against != NULL ? against : formula, reterr,
                       "the model in `against` must contain the one in `formula`");
    return tf_help(reterr, "Every term of `formula` must be in `against`.");
}

enum tf_code tf_run_loglin(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                           struct tf_err *reterr)
{
    struct asked *a = TF_NEW(r->arena, struct asked);
    struct tf_domain *d;
    size_t n;
    TF_TRY(read_keys(r, ask, a, reterr));
    TF_TRY(tf_domains_make(r, ask, &d, &n, reterr));
    for (size_t k = 0; k < n; k++)
        TF_TRY(one_domain(r, ask, a, &d[k], out, reterr));
    tf_result_note(r, out, "Coefficients are contrasts that sum to 0 over the categories; tests "
                           "compare with the larger model (R svyloglin, anova).");
    if (a->as_r)
        tf_result_note(r, out, "F counts its degrees of freedom, and saddlepoint the weights of "
                               "the score, as R's anova.svyloglin does, which reads a matrix that "
                               "is not symmetric as symmetric; `effects: exact` does not.");
    return TF_OK;
}
