/* The log-rank test of survey data (R survey svylogrank; Rader, Lipsitz, Harrington & Parzen 2014).
 *
 * The score of the proportional hazards model at no effect,
 *
 *     u_i = v(t_i) event_i (x_i - E(t_i)) - sum_(t <= t_i) v(t) (x_i - E(t)) dHazard(t),
 *
 * x the indicators of the groups, E their weighted mean at risk, v = S(t-)^rho (1 - S(t-))^gamma
 * of the curve of all (Fleming & Harrington 1991; rho = 0: log-rank, rho = 1: Peto-Prentice). Ties
 * enter E and the hazard as in Efron's likelihood, as R's coxph.detail gives them. The total of w
 * u has a design variance V; chi-square = U' V^-1 U on as many degrees of freedom as there are
 * columns. For replicate weights u is kept and its total replicated, as R does. */
#include <math.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/formula.h"
#include "measure/model_run.h"
#include "measure/survival.h"

struct scores { /* the statistic: totals of fixed scores */
    size_t n, p;
    double *u; /* [p][n] */
    const bool *rows;
    const double *w;
};

static enum tf_code value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct scores *s = self;
    (void)reterr;
    s->w = w;
    for (size_t j = 0; j < s->p; j++) {
        struct tf_sum sum = {0};
        for (size_t row = 0; row < s->n; row++)
            tf_sum_add(&sum, s->rows[row] ? w[row] * s->u[row + j * s->n] : 0);
        theta[j] = tf_sum_of(&sum);
    }
    return TF_OK;
}

static void linear(void *self, size_t k, double *z)
{
    const struct scores *s = self;
    for (size_t row = 0; row < s->n; row++)
        z[row] = s->rows[row] ? s->w[row] * s->u[row + k * s->n] : 0;
}

static const bool *domain(void *self, size_t k)
{
    (void)k;
    return ((const struct scores *)self)->rows;
}

/* ---- Scores ------------------------------------------------------------------------------- */

struct at_group { /* what the deaths of one time say */
    double hazard, *mean; /* mean [p] */
    double weight;        /* v */
};

/* The sums of the risk set at each time, from the last to the first. */
static void look_back(const struct tf_model *m, const struct tf_survival *s,
                      const struct tf_risk *risk, const double *w, size_t p, struct at_group *at,
                      struct tf_arena *arena)
{
    double s0 = 0, *s1 = TF_NEW_N(arena, double, p + 1), *d1 = TF_NEW_N(arena, double, p + 1);
    for (size_t g = risk->n_groups; g-- > 0;) {
        double d0 = 0;
        size_t dead = 0;
        memset(d1, 0, p * sizeof *d1);
        for (size_t k = risk->from[g]; k < risk->from[g + 1]; k++) {
            const size_t row = risk->order[k];
            s0 += w[row];
            d0 += s->event[row] ? w[row] : 0;
            dead += s->event[row];
            for (size_t j = 0; j < p; j++) {
                s1[j] += w[row] * m->x[j + 1][row];
                d1[j] += s->event[row] ? w[row] * m->x[j + 1][row] : 0;
            }
        }
        for (size_t k = 0; k < dead; k++) {
            const double f = (double)k / (double)dead, left = s0 - f * d0;
            at[g].hazard += d0 / (double)dead / left;
            for (size_t j = 0; j < p; j++)
                at[g].mean[j] += (s1[j] - f * d1[j]) / left / (double)dead;
        }
    }
}

/* v(t) of each time, by the product-limit curve just before it. */
static void set_weights(const struct tf_survival *s, const struct tf_risk *risk, const double *w,
                        double rho, double gamma, struct at_group *at)
{
    double all = 0, curve = 1;
    for (size_t k = 0; k < risk->n_rows; k++)
        all += w[risk->order[k]];
    for (size_t g = 0; g < risk->n_groups; g++) {
        double d = 0, gone = 0;
        at[g].weight = R_pow(curve, rho) * R_pow(1 - curve, gamma);
        for (size_t k = risk->from[g]; k < risk->from[g + 1]; k++) {
            gone += w[risk->order[k]];
            d += s->event[risk->order[k]] ? w[risk->order[k]] : 0;
        }
        curve = fmax(0, curve * (1 - d / all));
        all -= gone;
    }
}

static double *make_scores(const struct tf_model *m, const struct tf_survival *s,
                           const struct tf_risk *risk, const double *w, size_t p, double rho,
                           double gamma, struct tf_arena *arena)
{
    struct at_group *at = TF_NEW_N(arena, struct at_group, risk->n_groups + 1);
    double *u = TF_NEW_N(arena, double, p * m->n + 1), *moved = TF_NEW_N(arena, double, p + 1);
    double hazard = 0;
    for (size_t g = 0; g < risk->n_groups; g++)
        at[g].mean = TF_NEW_N(arena, double, p + 1);
    look_back(m, s, risk, w, p, at, arena);
    set_weights(s, risk, w, rho, gamma, at);
    for (size_t g = 0; g < risk->n_groups; g++) {
        hazard += at[g].weight * at[g].hazard;
        for (size_t j = 0; j < p; j++)
            moved[j] += at[g].weight * at[g].hazard * at[g].mean[j];
        for (size_t k = risk->from[g]; k < risk->from[g + 1]; k++) {
            const size_t row = risk->order[k];
            for (size_t j = 0; j < p; j++) {
                const double x = m->x[j + 1][row];
                u[row + j * m->n] = (s->event[row] ? at[g].weight * (x - at[g].mean[j]) : 0) -
                                    (x * hazard - moved[j]);
            }
        }
    }
    return u;
}

/* ---- One domain --------------------------------------------------------------------------- */

static void add_results(struct tf_runner *r, const struct tf_ask *ask, const struct tf_model *m,
                        const struct tf_domain *d, const struct scores *s,
                        const struct tf_fit *fit, struct tf_result *out)
{
    const struct tf_tally tally = tf_survey_count(r->arena, r->survey, s->rows);
    const size_t p = s->p;
    for (size_t j = 0; j < p; j++) {
        struct tf_item *item = tf_result_item(r, out);
        item->term = m->name[j + 1];
        item->by = d->by;
        item->n_by = ask->n_by;
        item->n = item->base = tally.n;
        item->psu = tally.psu;
        item->estimate = fit->theta[j];
        item->se = sqrt(fit->v[j + j * p]);
        item->df = INFINITY;
        if (!(item->se > 0))
            continue;
        item->statistic = item->estimate / item->se;
        item->p = 2 * pnorm(-fabs(item->statistic), 0, 1, 1, 0);
    }
    struct tf_test *test = tf_result_test(r, out, "Chisq");
    double *l = TF_NEW_N(r->arena, double, p * p + 1), *x = TF_NEW_N(r->arena, double, p + 1);
    double sum = 0;
    test->by = d->by;
    test->n_by = ask->n_by;
    test->df = (double)p;
    memcpy(l, fit->v, p * p * sizeof *l);
    memcpy(x, fit->theta, p * sizeof *x);
    if (p == 0 || !tf_cholesky(l, p))
        return;
    tf_cholesky_solve(l, p, x, 1);
    for (size_t j = 0; j < p; j++)
        sum += x[j] * fit->theta[j];
    test->statistic = sum;
    test->p = pchisq(sum, (double)p, 0, 0);
}

static enum tf_code one_domain(struct tf_runner *r, const struct tf_ask *ask,
                               const struct tf_formula *formula, const struct tf_survival *s,
                               const struct tf_domain *d, double rho, double gamma,
                               struct tf_result *out, struct tf_err *reterr)
{
    struct tf_formula f = *formula;
    struct tf_model *m;
    struct tf_fit fit;
    const size_t before = out->n;
    bool *in = TF_NEW_N(r->arena, bool, s->n);
    f.intercept = true;
    for (size_t row = 0; row < s->n; row++)
        in[row] = d->in[row] && s->known[row];
    TF_TRY(tf_model_make(r->arena, &f, r->t, in, &m, reterr));
    const struct tf_risk risk = tf_risk_make(r->arena, s, m->complete);
    struct scores u = {.n = s->n, .p = m->p - 1, .rows = risk.rows};
    if (u.p == 0) {
        (void)tf_formula_fail(&f, 0, reterr, "leaves one group: there is nothing to compare");
        return tf_help(reterr, "Look at where: and by:, and at the missing answers.");
    }
    u.u = make_scores(m, s, &risk, r->survey->w, u.p, rho, gamma, r->arena);
    const struct tf_statistic statistic = {u.p, &u, value, linear, domain};
    TF_TRY(tf_survey_fit(r->arena, r->survey, &statistic, true, &fit, reterr));
    add_results(r, ask, m, d, &u, &fit, out);
    tf_vcov_grow(r, out, before, fit.v, u.p);
    return TF_OK;
}

enum tf_code tf_run_logrank(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                            struct tf_err *reterr)
{
    static const char *const method_words[] = {"small", "large", NULL};
    struct tf_formula *f;
    struct tf_survival s;
    struct tf_domain *d;
    const char *method;
    double rho, gamma;
    size_t n;
    TF_TRY(tf_formula_ask(r, ask, false, &f, reterr));
    TF_TRY(tf_survival_read(r, ask, &s, reterr));
    TF_TRY(tf_word_read(ask, "method", method_words, "small", &method, reterr));
    TF_TRY(tf_yaml_opt_number(ask->at, "rho", 0, &rho, reterr));
    TF_TRY(tf_yaml_opt_number(ask->at, "gamma", 0, &gamma, reterr));
    TF_TRY(tf_domains_make(r, ask, &d, &n, reterr));
    for (size_t k = 0; k < n; k++)
        TF_TRY(one_domain(r, ask, f, &s, &d[k], rho, gamma, out, reterr));
    tf_result_note(r, out, "Score test at no difference, its total's design variance; z and "
                           "chi-square without denominator degrees of freedom (R svylogrank; "
                           "its methods small and large are one here).");
    return TF_OK;
}
