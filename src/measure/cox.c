/* Proportional hazards of survey data (R survey svycoxph): Cox 1972 with design-based errors
 * (Binder 1992, Biometrika 79, 139-147; Lin 2000, Biometrika 87, 37-47).
 *
 * At an event time t with deaths of weights w_i the weighted log partial likelihood has, after
 * Efron (1977, JASA 72, 557-565), as R's coxph takes weights in,
 *
 *     sum w_i eta_i - wbar sum_(k=0)^(d-1) log(S0 - k/d D0)
 *
 * S0 = sum of w exp(eta) at risk, D0 that of the deaths, wbar the deaths' mean weight. Breslow's
 * takes k = 0 for all. Newton's method to the optimum. The linearised variable of the coefficients
 * is w times the row's score residual times the inverse information,
 *
 *     u_i = death (x_i - xbar(t_i)) - integral of exp(eta_i) (x_i - xbar(t)) dHazard(t),  t <= t_i
 *
 * gathered from running sums over time, so that a fit is linear in the rows. Not here: time-varying
 * covariates, strata with hazards of their own. */
#include <math.h>
#include <string.h>

#include "measure/formula.h"
#include "measure/model_run.h"
#include "measure/survival.h"

enum { ROUNDS = 100 };

struct cox {
    struct tf_runner *r;
    bool breslow;
    const struct tf_domain *d;
    const struct tf_survival *s;
    struct tf_model *m;
    struct tf_risk risk;
    size_t *column, p;
    double *theta, *inverse, *resid; /* [p], [p x p], [p][n] at the survey's weights */
    double loglik;
    const double *w;
    bool fitted;
};
/* Sums at risk, or of the deaths: S0, S1 [p], S2 [p x p]. */
struct moments {
    double s0, *s1, *s2;
};
struct pass { /* one look at the data */
    double *score;        /* [n] w exp(eta) is score x w */
    double *g, *h, loglik;
    struct moments at_risk, dead;
    double *bar;          /* [p] */
    /* per group of equal times, for the residuals */
    double *hazard, *hazard_dead, *mean; /* [groups], [groups], … see tally */
    double *moved, *moved_dead;          /* [groups x p] hazard x xbar */
    bool keep;
};

static double x_of(const struct cox *c, size_t j, size_t row)
{
    return c->m->x[c->column[j]][row];
}

static struct moments moments_new(struct tf_arena *arena, size_t p)
{
    return (struct moments){0, TF_NEW_N(arena, double, p + 1), TF_NEW_N(arena, double, p * p + 1)};
}

static void clear(struct moments *m, size_t p)
{
    m->s0 = 0;
    memset(m->s1, 0, p * sizeof *m->s1);
    memset(m->s2, 0, p * p * sizeof *m->s2);
}

static void add(const struct cox *c, struct moments *m, size_t row, double weight)
{
    m->s0 += weight;
    for (size_t j = 0; j < c->p; j++) {
        const double wx = weight * x_of(c, j, row);
        m->s1[j] += wx;
        for (size_t i = j; i < c->p; i++)
            m->s2[i + j * c->p] += wx * x_of(c, i, row);
    }
}

static struct pass pass_new(const struct cox *c, struct tf_arena *arena, bool keep)
{
    const size_t p = c->p, g = c->risk.n_groups;
    struct pass a = {.keep = keep};
    a.score = TF_NEW_N(arena, double, c->m->n);
    a.g = TF_NEW_N(arena, double, p + 1);
    a.h = TF_NEW_N(arena, double, p * p + 1);
    a.bar = TF_NEW_N(arena, double, p + 1);
    a.at_risk = moments_new(arena, p);
    a.dead = moments_new(arena, p);
    if (!keep)
        return a;
    a.hazard = TF_NEW_N(arena, double, g + 1);
    a.hazard_dead = TF_NEW_N(arena, double, g + 1);
    a.mean = TF_NEW_N(arena, double, g * p + 1);
    a.moved = TF_NEW_N(arena, double, g * p + 1);
    a.moved_dead = TF_NEW_N(arena, double, g * p + 1);
    return a;
}

/* What the deaths of one time say: n_dead of them, with weights that sum to w_dead. */
static void tally(const struct cox *c, struct pass *a, size_t group, size_t n_dead, double w_dead)
{
    const size_t p = c->p;
    const double mean = w_dead / (double)n_dead;
    for (size_t k = 0; k < n_dead; k++) {
        const double f = c->breslow ? 0 : (double)k / (double)n_dead;
        const double s0 = a->at_risk.s0 - f * a->dead.s0;
        a->loglik -= mean * log(s0);
        for (size_t j = 0; j < p; j++) {
            a->bar[j] = (a->at_risk.s1[j] - f * a->dead.s1[j]) / s0;
            a->g[j] -= mean * a->bar[j];
        }
        for (size_t j = 0; j < p; j++)
            for (size_t i = j; i < p; i++)
                a->h[i + j * p] += mean * ((a->at_risk.s2[i + j * p] -
                                            f * a->dead.s2[i + j * p]) / s0 -
                                           a->bar[i] * a->bar[j]);
        if (!a->keep)
            continue;
        a->hazard[group] += mean / s0;
        a->hazard_dead[group] += (1 - f) * mean / s0;
        for (size_t j = 0; j < p; j++) {
            a->mean[j + group * p] += a->bar[j] / (double)n_dead;
            a->moved[j + group * p] += a->bar[j] * mean / s0;
            a->moved_dead[j + group * p] += a->bar[j] * (1 - f) * mean / s0;
        }
    }
}

/* Score, information and log-likelihood at theta under the weights w. False when it overflows. */
static bool look(const struct cox *c, const double *w, const double *theta, struct pass *a)
{
    const size_t p = c->p;
    memset(a->g, 0, p * sizeof *a->g);
    memset(a->h, 0, p * p * sizeof *a->h);
    clear(&a->at_risk, p);
    a->loglik = 0;
    for (size_t g = c->risk.n_groups; g-- > 0;) {
        size_t n_dead = 0;
        double w_dead = 0;
        clear(&a->dead, p);
        for (size_t k = c->risk.from[g]; k < c->risk.from[g + 1]; k++) {
            const size_t row = c->risk.order[k];
            double eta = c->m->offset == NULL ? 0 : c->m->offset[row];
            n_dead += c->s->event[row]; /* also without a weight in this replicate, as R counts */
            if (!(w[row] > 0))
                continue;
            for (size_t j = 0; j < p; j++)
                eta += theta[j] * x_of(c, j, row);
            a->score[row] = exp(eta);
            if (!isfinite(a->score[row]))
                return false;
            add(c, &a->at_risk, row, w[row] * a->score[row]);
            if (!c->s->event[row])
                continue;
            add(c, &a->dead, row, w[row] * a->score[row]);
            w_dead += w[row];
            a->loglik += w[row] * eta;
            for (size_t j = 0; j < p; j++)
                a->g[j] += w[row] * x_of(c, j, row);
        }
        if (w_dead > 0)
            tally(c, a, g, n_dead, w_dead);
    }
    return isfinite(a->loglik);
}

/* Score residuals of all rows, from the first time to the last. */
static void residuals(const struct cox *c, const struct pass *a)
{
    const size_t p = c->p, n = c->m->n;
    double hazard = 0, *moved = TF_NEW_N(c->r->arena, double, p + 1);
    for (size_t g = 0; g < c->risk.n_groups; g++) {
        for (size_t k = c->risk.from[g]; k < c->risk.from[g + 1]; k++) {
            const size_t row = c->risk.order[k];
            const bool dead = c->s->event[row];
            const double own = hazard + (dead ? a->hazard_dead[g] : a->hazard[g]);
            for (size_t j = 0; j < p; j++) {
                const double x = x_of(c, j, row);
                const double b = moved[j] + (dead ? a->moved_dead : a->moved)[j + g * p];
                c->resid[row + j * n] = (dead ? x - a->mean[j + g * p] : 0) -
                                        a->score[row] * (x * own - b);
            }
        }
        hazard += a->hazard[g];
        for (size_t j = 0; j < p; j++)
            moved[j] += a->moved[j + g * p];
    }
}

/* ---- Newton's method ---------------------------------------------------------------------- */

static enum tf_code fail_fit(const struct cox *c, const double *theta, struct tf_err *reterr)
{
    size_t worst = 0;
    for (size_t j = 1; j < c->p; j++)
        worst = fabs(theta[j]) > fabs(theta[worst]) ? j : worst;
    (void)tf_fail(reterr, TF_E_CONVERGE, "the hazards model has no finite estimate");
    if (c->p > 0)
        (void)tf_fact(reterr, "'%s' separates those with an event from the others",
                      c->m->name[c->column[worst]]);
    return tf_help(reterr, "Merge or drop that category, or leave the predictor out.");
}

static enum tf_code climb(const struct cox *c, const double *w, double *theta, struct pass *a,
                          struct tf_err *reterr)
{
    const size_t p = c->p;
    struct tf_arena *arena = c->r->arena;
    double *l = TF_NEW_N(arena, double, p * p + 1), *step = TF_NEW_N(arena, double, p + 1),
           *next = TF_NEW_N(arena, double, p + 1);
    double scale = 0, last = INFINITY;
    int slow = 0;
    for (size_t row = 0; row < c->m->n; row++)
        scale += c->risk.rows[row] ? w[row] : 0;
    if (!look(c, w, theta, a))
        return fail_fit(c, theta, reterr);
    for (size_t round = 0; round < ROUNDS && p > 0; round++) {
        double length = 0, share = 1;
        const double value = a->loglik;
        bool gained = false;
        memcpy(l, a->h, p * p * sizeof *l);
        memcpy(step, a->g, p * sizeof *step);
        if (!tf_cholesky(l, p))
            return fail_fit(c, theta, reterr);
        tf_cholesky_solve(l, p, step, 1);
        for (size_t j = 0; j < p; j++)
            length += step[j] * a->g[j] / scale;
        for (int k = 0; k < 40 && !gained; k++, share /= 2) {
            for (size_t j = 0; j < p; j++)
                next[j] = theta[j] + share * step[j];
            gained = look(c, w, next, a) && a->loglik >= value - 1e-12 * fabs(value);
        }
        if (!gained)
            return fail_fit(c, theta, reterr);
        memcpy(theta, next, p * sizeof *theta);
        if (length < 1e-22 || (length < 1e-18 && length >= last))
            return TF_OK;
        slow = length > 0.2 * last && length < last ? slow + 1 : 0;
        if (slow >= 8 && length > 1e-12)
            return fail_fit(c, theta, reterr);
        last = length;
    }
    return p == 0 ? TF_OK : fail_fit(c, theta, reterr);
}

static void mirror(double *a, size_t p)
{
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < j; i++)
            a[i + j * p] = a[j + i * p];
}

static enum tf_code value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct cox *c = self;
    struct tf_err ignored;
    struct tf_arena *own = tf_arena_new("hazards model", (size_t)8 << 30);
    struct pass a = pass_new(c, own, false);
    enum tf_code code = TF_OK;
    if (c->fitted) {
        memcpy(theta, c->theta, c->p * sizeof *theta);
        if (climb(c, w, theta, &a, &ignored) != TF_OK)
            for (size_t j = 0; j < c->p; j++)
                theta[j] = (double)NAN;
    } else {
        memset(theta, 0, c->p * sizeof *theta);
        code = climb(c, w, theta, &a, reterr);
        if (code == TF_OK) {
            struct pass kept = pass_new(c, own, true);
            (void)look(c, w, theta, &kept);
            c->w = w;
            c->fitted = true;
            c->loglik = kept.loglik;
            memcpy(c->theta, theta, c->p * sizeof *theta);
            memcpy(c->inverse, kept.h, c->p * c->p * sizeof *kept.h);
            mirror(c->inverse, c->p);
            residuals(c, &kept);
            if (!tf_invert(own, c->inverse, c->p))
                code = fail_fit(c, theta, reterr);
        }
    }
    tf_arena_free(own);
    return code;
}

static void linear(void *self, size_t k, double *z)
{
    const struct cox *c = self;
    const size_t n = c->m->n;
    for (size_t row = 0; row < n; row++) {
        z[row] = 0;
        for (size_t j = 0; j < c->p && c->risk.rows[row]; j++)
            z[row] += c->inverse[k + j * c->p] * c->resid[row + j * n];
        z[row] *= c->w[row];
    }
}

static const bool *domain(void *self, size_t k)
{
    (void)k;
    return ((const struct cox *)self)->risk.rows;
}

/* ---- One domain --------------------------------------------------------------------------- */

static void choose_columns(struct cox *c, const struct tf_glm *g)
{
    c->column = TF_NEW_N(c->r->arena, size_t, c->m->p + 1);
    c->p = 0;
    for (size_t j = 1; j < c->m->p; j++)
        if (!g->aliased[j])
            c->column[c->p++] = j;
}

/* A model over the rows with a known time, of a formula with its intercept (which drops out). */
static enum tf_code prepare(struct cox *c, const struct tf_formula *formula, const bool *in,
                            struct tf_err *reterr)
{
    struct tf_formula f = *formula;
    struct tf_glm g;
    const size_t n = c->s->n;
    bool *both = TF_NEW_N(c->r->arena, bool, n);
    f.intercept = true;
    for (size_t row = 0; row < n; row++)
        both[row] = in[row] && c->s->known[row];
    TF_TRY(tf_model_make(c->r->arena, &f, c->r->t, both, &c->m, reterr));
    c->risk = tf_risk_make(c->r->arena, c->s, c->m->complete);
    struct tf_model gaussian = *c->m;
    gaussian.y = TF_NEW_N(c->r->arena, double, n);
    gaussian.y_name = "time";
    gaussian.offset = NULL;
    TF_TRY(tf_glm_fit(c->r->arena, &gaussian, c->r->survey->w, TF_GAUSSIAN, TF_LINK_IDENTITY, NULL,
                      1, &g, reterr));
    choose_columns(c, &g);
    c->theta = TF_NEW_N(c->r->arena, double, c->p + 1);
    c->inverse = TF_NEW_N(c->r->arena, double, c->p * c->p + 1);
    c->resid = TF_NEW_N(c->r->arena, double, c->p * n + 1);
    return TF_OK;
}

static enum tf_code term_tests(struct cox *c, const struct tf_formula *f, const struct tf_ask *ask,
                               const struct tf_block *b, const struct tf_fit *fit,
                               const char *const *test, size_t n_tests, struct tf_result *out,
                               struct tf_err *reterr)
{
    const struct tf_tally tally = tf_survey_count(c->r->arena, c->r->survey, c->risk.rows);
    double scale = 0, *naive = TF_NEW_N(c->r->arena, double, c->p * c->p + 1);
    for (size_t row = 0; row < c->m->n; row++)
        scale += c->risk.rows[row] ? c->r->survey->w[row] / (double)tally.n : 0;
    for (size_t k = 0; k < c->p * c->p; k++)
        naive[k] = c->inverse[k] * scale; /* for weights of mean 1 */
    for (size_t t = 1; t <= c->m->n_terms; t++) {
        if (n_tests == 0 || tf_tests_has(test, n_tests, "Wald"))
            tf_block_wald(c->r, ask, b, fit, t, out);
        if (tf_tests_has(test, n_tests, "WorkingWald"))
            tf_block_raoscott(c->r, ask, b, fit, naive, t, (double)NAN, out);
        if (!tf_tests_has(test, n_tests, "LRT"))
            continue;
        struct cox small = *c;
        double *theta = TF_NEW_N(c->r->arena, double, c->p + 1);
        small.fitted = false;
        TF_TRY(prepare(&small, tf_formula_without(c->r->arena, f, t), c->risk.rows, reterr));
        struct pass a = pass_new(&small, c->r->arena, false);
        TF_TRY(climb(&small, c->r->survey->w, theta, &a, reterr));
        tf_block_raoscott(c->r, ask, b, fit, naive, t, 2 * (c->loglik - a.loglik) / scale, out);
    }
    return TF_OK;
}

static enum tf_code one_domain(struct cox *c, const struct tf_formula *f, const struct tf_ask *ask,
                               bool exponentiate, const char *const *test, size_t n_tests,
                               struct tf_result *out, struct tf_err *reterr)
{
    const size_t before = out->n;
    struct tf_fit fit;
    TF_TRY(prepare(c, f, c->d->in, reterr));
    const struct tf_statistic statistic = {c->p, c, value, linear, domain};
    TF_TRY(tf_survey_fit(c->r->arena, c->r->survey, &statistic, true, &fit, reterr));
    const char **name = TF_NEW_N(c->r->arena, const char *, c->p + 1);
    size_t *term = TF_NEW_N(c->r->arena, size_t, c->p + 1);
    for (size_t j = 0; j < c->p; j++) {
        name[j] = c->m->name[c->column[j]];
        term[j] = c->m->term[c->column[j]];
    }
    const struct tf_block b = {
        .p = c->p, .name = name, .term = term, .term_name = c->m->term_name,
        .n_terms = c->m->n_terms, .rows = c->risk.rows, .d = c->d,
        .df = tf_model_df(c->r, ask, c->risk.rows, c->d->in, (double)c->p), .lonely = fit.lonely};
    tf_block_items(c->r, ask, &b, &fit, exponentiate, out);
    TF_TRY(term_tests(c, f, ask, &b, &fit, test, n_tests, out, reterr));
    for (size_t j = 0; j < c->p && exponentiate; j++)
        for (size_t i = 0; i < c->p; i++)
            fit.v[i + j * c->p] *= exp(fit.theta[i]) * exp(fit.theta[j]);
    tf_vcov_grow(c->r, out, before, fit.v, c->p);
    return TF_OK;
}

enum tf_code tf_run_cox(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                        struct tf_err *reterr)
{
    static const char *const ties_words[] = {"efron", "breslow", NULL};
    static const char *const test_words[] = {"Wald", "LRT", "WorkingWald", NULL};
    struct tf_formula *f;
    struct tf_survival s;
    struct tf_domain *d;
    const char *ties, **test;
    bool exponentiate;
    size_t n, n_tests;
    TF_TRY(tf_formula_ask(r, ask, false, &f, reterr));
    TF_TRY(tf_survival_read(r, ask, &s, reterr));
    TF_TRY(tf_word_read(ask, "ties", ties_words, "efron", &ties, reterr));
    TF_TRY(tf_tests_read(r, ask, test_words, &test, &n_tests, reterr));
    TF_TRY(tf_yaml_opt_bool(ask->at, "exponentiate", false, &exponentiate, reterr));
    TF_TRY(tf_domains_make(r, ask, &d, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        struct cox c = {.r = r, .d = &d[k], .s = &s, .breslow = strcmp(ties, "breslow") == 0};
        const enum tf_code code = one_domain(&c, f, ask, exponentiate, test, n_tests, out, reterr);
        if (code != TF_OK)
            return tf_recipe_place(tf_yaml_get(ask->at, "formula"), code, reterr);
    }
    tf_result_note(r, out, tf_printf(r->arena, "Weighted partial likelihood, ties by %s, at its "
                                     "optimum; design-based variance (R svycoxph); degrees of "
                                     "freedom: those of the cases, plus 1, minus the "
                                     "coefficients.", ties));
    if (exponentiate)
        tf_result_note(r, out, "Estimates are hazard ratios, exp(coefficient).");
    return TF_OK;
}
