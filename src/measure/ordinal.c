/* Ordered answers: the cumulative-link (proportional odds) model, R survey svyolr.
 *
 *     P(Y <= k | x) = F(zeta_k - x'b),   k = 1 … K - 1,   F logistic, normal or Gumbel
 *
 * Weighted maximum likelihood by Newton's method on (b, zeta) with the exact second derivatives
 * (the likelihood is concave for these F: Pratt 1981, JASA 76, 103-106), halving a step that does
 * not gain; so the numbers are those of the optimum, where R's optimiser stops near it (about
 * 1e-5). The variance is the sandwich of the scores at the survey's design. Thresholds are items
 * of their own, "1|2". F = "cloglog" is exp(-exp(-x)), as in MASS::polr and svyolr. */
#include "measure/model_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/formula.h"

enum { ROUNDS = 100 };
enum method { LOGISTIC, PROBIT, CLOGLOG };
static const char *const method_words[] = {"logit", "probit", "cloglog", "logistic", NULL};

struct olr {
    struct tf_runner *r;
    enum method method;
    const struct tf_domain *d;
    struct tf_model *m;
    const bool *rows;
    uint32_t *y;           /* [n] category 0..k-1 at rows */
    const char **category; /* [k] */
    size_t k;
    size_t *column;        /* [pc] columns of the model in play */
    size_t pc, p;          /* p = pc + k - 1 */
    double *theta;         /* [p] at the survey's weights */
    double *inverse;       /* [p x p] of the information there */
    const double *w;
    bool fitted;
};

/* ---- One row ------------------------------------------------------------------------------ */

/* Distribution, density and its slope at q. */
static void at(enum method method, double q, double *f, double *slope)
{
    if (method == LOGISTIC) {
        const double e = exp(-fabs(q)), u = 1 + e;
        *f = e / (u * u);
        *slope = *f * (q > 0 ? e - 1 : 1 - e) / u;
        return;
    }
    if (method == PROBIT) {
        *f = dnorm(q, 0, 1, 0);
        *slope = -q * *f;
        return;
    }
    *f = exp(-q - exp(-q));
    *slope = *f * (exp(-q) - 1);
}

static double mass(enum method method, double low, double high)
{
    if (method == LOGISTIC)
        return low > 0 ? plogis(low, 0, 1, 0, 0) - plogis(high, 0, 1, 0, 0)
                       : plogis(high, 0, 1, 1, 0) - plogis(low, 0, 1, 1, 0);
    if (method == PROBIT)
        return low > 0 ? pnorm(low, 0, 1, 0, 0) - pnorm(high, 0, 1, 0, 0)
                       : pnorm(high, 0, 1, 1, 0) - pnorm(low, 0, 1, 1, 0);
    return low > 0 ? expm1(-exp(-low)) * -1 - expm1(-exp(-high)) * -1
                   : exp(-exp(-high)) - exp(-exp(-low));
}

/* What a row says of the numbers: pr = F(a) - F(b), a = zeta_y - eta, b = zeta_(y-1) - eta. */
struct row {
    double pr, fa, fb, sa, sb; /* densities and slopes at a and b; 0 where there is no threshold */
};

static struct row look(const struct olr *o, const double *theta, size_t row)
{
    struct row x = {0};
    double eta = o->m->offset == NULL ? 0 : o->m->offset[row], a = INFINITY, b = -INFINITY;
    for (size_t j = 0; j < o->pc; j++)
        eta += theta[j] * o->m->x[o->column[j]][row];
    if (o->y[row] + 1 < o->k) {
        a = theta[o->pc + o->y[row]] - eta;
        at(o->method, a, &x.fa, &x.sa);
    }
    if (o->y[row] > 0) {
        b = theta[o->pc + o->y[row] - 1] - eta;
        at(o->method, b, &x.fb, &x.sb);
    }
    x.pr = mass(o->method, b, a);
    return x;
}

/* d log pr / d theta_j, by the two weights on a and b. */
static double part(const struct olr *o, size_t j, size_t row, double on_a, double on_b)
{
    if (j < o->pc)
        return -o->m->x[o->column[j]][row] * (on_a - on_b);
    const size_t z = j - o->pc;
    return z == o->y[row] ? on_a : z + 1 == o->y[row] ? -on_b : 0;
}

/* ---- Likelihood --------------------------------------------------------------------------- */

/* Log-likelihood; with g [p] and h [p x p] also the score and the information. -Inf when
 * impossible. */
static double likelihood(const struct olr *o, const double *w, const double *theta, double *g,
                         double *h)
{
    const size_t p = o->p;
    double sum = 0, *s = TF_NEW_N(o->r->arena, double, g == NULL ? 1 : p);
    if (g != NULL) {
        memset(g, 0, p * sizeof *g);
        memset(h, 0, p * p * sizeof *h);
    }
    for (size_t row = 0; row < o->m->n; row++) {
        if (!o->rows[row] || !(w[row] > 0))
            continue;
        const struct row x = look(o, theta, row);
        if (!(x.pr > 0))
            return -INFINITY;
        sum += w[row] * log(x.pr);
        if (g == NULL)
            continue;
        for (size_t j = 0; j < p; j++) {
            s[j] = part(o, j, row, x.fa / x.pr, x.fb / x.pr);
            g[j] += w[row] * s[j];
        }
        for (size_t j = 0; j < p; j++) {
            const double aj = part(o, j, row, 1, 0), bj = -part(o, j, row, 0, 1);
            for (size_t i = j; i < p; i++) {
                const double ai = part(o, i, row, 1, 0), bi = -part(o, i, row, 0, 1);
                h[i + j * p] += w[row] * (s[i] * s[j] - (x.sa * ai * aj - x.sb * bi * bj) / x.pr);
            }
        }
    }
    return sum;
}

static enum tf_code fail_fit(const struct olr *o, const double *theta, struct tf_err *reterr)
{
    size_t worst = 0;
    for (size_t j = 1; j < o->pc; j++)
        worst = fabs(theta[j]) > fabs(theta[worst]) ? j : worst;
    (void)tf_fail(reterr, TF_E_CONVERGE, "the model of '%s' has no finite estimate",
                  o->m->y_name);
    if (o->pc > 0)
        (void)tf_fact(reterr, "'%s' separates the answers", o->m->name[o->column[worst]]);
    return tf_help(reterr, "Merge or drop that category, or leave the predictor out.");
}

/* Newton's method from theta, in place; h is the information at the end. */
static enum tf_code climb(const struct olr *o, const double *w, double *theta, double *h,
                          struct tf_err *reterr)
{
    const size_t p = o->p;
    double *g = TF_NEW_N(o->r->arena, double, p), *l = TF_NEW_N(o->r->arena, double, p * p),
           *next = TF_NEW_N(o->r->arena, double, p);
    double value = likelihood(o, w, theta, g, h), scale = 0, last = INFINITY;
    for (size_t row = 0; row < o->m->n; row++)
        scale += o->rows[row] ? w[row] : 0;
    for (size_t round = 0; round < ROUNDS && isfinite(value); round++) {
        double length = 0, gained = -INFINITY, share = 1;
        memcpy(l, h, p * p * sizeof *l);
        if (!tf_cholesky(l, p))
            return fail_fit(o, theta, reterr);
        double *step = TF_NEW_N(o->r->arena, double, p);
        memcpy(step, g, p * sizeof *step);
        tf_cholesky_solve(l, p, step, 1);
        for (size_t j = 0; j < p; j++)
            length += step[j] * g[j] / scale;
        for (int k = 0; k < 40; k++, share /= 2) {
            for (size_t j = 0; j < p; j++)
                next[j] = theta[j] + share * step[j];
            gained = likelihood(o, w, next, NULL, NULL);
            if (gained >= value - 1e-12 * fabs(value))
                break;
        }
        if (!(gained >= value - 1e-12 * fabs(value)))
            break;
        memcpy(theta, next, p * sizeof *theta);
        value = likelihood(o, w, theta, g, h);
        if (length < 1e-22 || (length < 1e-18 && length >= last))
            return TF_OK;
        last = length;
    }
    return fail_fit(o, theta, reterr);
}

static double start_of(enum method method, double share)
{
    if (method == LOGISTIC)
        return log(share / (1 - share));
    return method == PROBIT ? qnorm(share, 0, 1, 1, 0) : -log(-log(share));
}

static void start(const struct olr *o, const double *w, double *theta)
{
    double *sum = TF_NEW_N(o->r->arena, double, o->k), all = 0, cumulated = 0;
    for (size_t row = 0; row < o->m->n; row++)
        if (o->rows[row])
            sum[o->y[row]] += w[row];
    for (size_t k = 0; k < o->k; k++)
        all += sum[k];
    memset(theta, 0, o->p * sizeof *theta);
    for (size_t k = 0; k + 1 < o->k; k++) {
        cumulated += sum[k];
        theta[o->pc + k] = start_of(o->method, cumulated / all);
    }
}

/* ---- The statistic ------------------------------------------------------------------------ */

static enum tf_code value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct olr *o = self;
    struct tf_err ignored;
    double *h = TF_NEW_N(o->r->arena, double, o->p * o->p);
    if (o->fitted) {
        memcpy(theta, o->theta, o->p * sizeof *theta);
        if (climb(o, w, theta, h, &ignored) != TF_OK)
            for (size_t j = 0; j < o->p; j++)
                theta[j] = (double)NAN;
        return TF_OK;
    }
    start(o, w, theta);
    TF_TRY(climb(o, w, theta, h, reterr));
    o->w = w;
    o->fitted = true;
    memcpy(o->theta, theta, o->p * sizeof *theta);
    for (size_t j = 0; j < o->p; j++)
        for (size_t i = 0; i < o->p; i++)
            o->inverse[i + j * o->p] = i >= j ? h[i + j * o->p] : h[j + i * o->p];
    return tf_invert(o->r->arena, o->inverse, o->p) ? TF_OK : fail_fit(o, theta, reterr);
}

static void linear(void *self, size_t k, double *z)
{
    const struct olr *o = self;
    for (size_t row = 0; row < o->m->n; row++) {
        z[row] = 0;
        if (!o->rows[row])
            continue;
        const struct row x = look(o, o->theta, row);
        for (size_t j = 0; j < o->p; j++)
            z[row] += o->inverse[k + j * o->p] * part(o, j, row, x.fa / x.pr, x.fb / x.pr);
        z[row] *= o->w[row];
    }
}

static const bool *domain(void *self, size_t k)
{
    (void)k;
    return ((const struct olr *)self)->rows;
}

/* ---- The response ------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A response of numbers: its distinct values in order. */
static void number_categories(struct olr *o)
{
    const struct tf_model *m = o->m;
    double *v = TF_NEW_N(o->r->arena, double, m->n_complete + 1);
    size_t n = 0, k = 0;
    for (size_t row = 0; row < m->n; row++)
        if (o->rows[row])
            v[n++] = m->y[row];
    qsort(v, n, sizeof *v, by_number);
    for (size_t j = 0; j < n; j++)
        if (k == 0 || v[j] > v[k - 1])
            v[k++] = v[j];
    o->k = k;
    o->category = TF_NEW_N(o->r->arena, const char *, k + 1);
    for (size_t j = 0; j < k; j++)
        o->category[j] = tf_double_text(o->r->arena, v[j]);
    for (size_t row = 0; row < m->n; row++)
        if (o->rows[row])
            o->y[row] = (uint32_t)((const double *)bsearch(&m->y[row], v, k, sizeof *v,
                                                           by_number) - v);
}

/* Words in the order that `levels:` gives. */
static enum tf_code order_categories(struct olr *o, const struct tf_ask *ask,
                                     struct tf_err *reterr)
{
    const char **level;
    size_t n;
    TF_TRY(tf_yaml_opt_texts(o->r->arena, ask->at, "levels", &level, &n, reterr));
    if (n == 0)
        return TF_OK;
    uint32_t *now = TF_NEW_N(o->r->arena, uint32_t, o->k + 1);
    size_t found = 0;
    const char **category = TF_NEW_N(o->r->arena, const char *, o->k + 1);
    for (size_t k = 0; k < o->k; k++)
        now[k] = TF_NO_CODE;
    for (size_t l = 0; l < n; l++)
        for (size_t k = 0; k < o->k; k++)
            if (strcmp(level[l], o->category[k]) == 0 && now[k] == TF_NO_CODE) {
                category[found] = level[l];
                now[k] = (uint32_t)found++;
            }
    for (size_t k = 0; k < o->k; k++)
        if (now[k] == TF_NO_CODE)
            return tf_yaml_fail(tf_yaml_get(ask->at, "levels"), reterr,
                                "'levels' leaves out '%s', which occurs", o->category[k]);
    for (size_t row = 0; row < o->m->n; row++)
        if (o->rows[row])
            o->y[row] = now[o->y[row]];
    o->category = category;
    return TF_OK;
}

static enum tf_code read_response(struct olr *o, const struct tf_ask *ask, struct tf_err *reterr)
{
    o->y = TF_NEW_N(o->r->arena, uint32_t, o->m->n);
    if (o->m->y_category == NULL) {
        number_categories(o);
    } else {
        o->k = o->m->n_y_categories;
        o->category = o->m->y_category;
        for (size_t row = 0; row < o->m->n; row++)
            if (o->rows[row])
                o->y[row] = (uint32_t)o->m->y[row];
    }
    if (o->k < 3 || o->k > 64) {
        (void)tf_yaml_fail(tf_yaml_get(ask->at, "formula"), reterr,
                           "'%s' has %zu categories; an ordinal model takes 3 to 64",
                           o->m->y_name, o->k);
        return tf_help(reterr, "Two categories: stat: glm, family: binomial; many: gaussian.");
    }
    return order_categories(o, ask, reterr);
}

/* The columns but the intercept, without those that depend on others. */
static enum tf_code choose_columns(struct olr *o, struct tf_err *reterr)
{
    struct tf_model gaussian = *o->m;
    struct tf_glm g;
    gaussian.y = TF_NEW_N(o->r->arena, double, o->m->n);
    TF_TRY(tf_glm_fit(o->r->arena, &gaussian, o->r->survey->w, TF_GAUSSIAN, TF_LINK_IDENTITY,
                      NULL, 1, &g, reterr));
    o->column = TF_NEW_N(o->r->arena, size_t, o->m->p + 1);
    for (size_t j = 1; j < o->m->p; j++)
        if (!g.aliased[j])
            o->column[o->pc++] = j;
    o->p = o->pc + o->k - 1;
    return TF_OK;
}

/* ---- Results ------------------------------------------------------------------------------ */

static void add_results(struct olr *o, const struct tf_ask *ask, const struct tf_fit *fit,
                        bool exponentiate, struct tf_result *out)
{
    struct tf_arena *arena = o->r->arena;
    const char **name = TF_NEW_N(arena, const char *, o->p + 1);
    size_t *term = TF_NEW_N(arena, size_t, o->p + 1);
    for (size_t j = 0; j < o->p; j++) {
        name[j] = j < o->pc ? o->m->name[o->column[j]]
                            : tf_printf(arena, "%s|%s", o->category[j - o->pc],
                                        o->category[j - o->pc + 1]);
        term[j] = j < o->pc ? o->m->term[o->column[j]] : 0;
    }
    struct tf_block b = {.p = o->pc, .name = name, .term = term, .term_name = o->m->term_name,
                         .n_terms = o->m->n_terms, .rows = o->rows, .d = o->d,
                         .df = tf_model_df(o->r, ask, o->rows, o->d->in, (double)o->pc + 1),
                         .lonely = fit->lonely};
    const struct tf_block whole = b;
    tf_block_items(o->r, ask, &b, fit, exponentiate, out);
    b.first = o->pc;
    b.p = o->k - 1;
    b.name = name + o->pc;
    tf_block_items(o->r, ask, &b, fit, false, out);
    for (size_t t = 1; t <= o->m->n_terms; t++)
        tf_block_wald(o->r, ask, &whole, fit, t, out);
}

static enum tf_code one_domain(struct olr *o, const struct tf_formula *f, const struct tf_ask *ask,
                               bool exponentiate, struct tf_result *out, struct tf_err *reterr)
{
    const size_t n = o->r->survey->n, before = out->n;
    bool *in = TF_NEW_N(o->r->arena, bool, n);
    struct tf_fit fit;
    for (size_t row = 0; row < n; row++)
        in[row] = o->d->in[row] && o->r->survey->w[row] > 0;
    TF_TRY(tf_model_make(o->r->arena, f, o->r->t, in, &o->m, reterr));
    o->rows = o->m->complete;
    TF_TRY(read_response(o, ask, reterr));
    TF_TRY(choose_columns(o, reterr));
    o->theta = TF_NEW_N(o->r->arena, double, o->p);
    o->inverse = TF_NEW_N(o->r->arena, double, o->p * o->p);
    const struct tf_statistic statistic = {o->p, o, value, linear, domain};
    TF_TRY(tf_survey_fit(o->r->arena, o->r->survey, &statistic, true, &fit, reterr));
    add_results(o, ask, &fit, exponentiate, out);
    for (size_t j = 0; j < o->pc && exponentiate; j++)
        for (size_t i = 0; i < o->p; i++) {
            fit.v[i + j * o->p] *= exp(fit.theta[j]);
            fit.v[j + i * o->p] *= exp(fit.theta[j]);
        }
    tf_vcov_grow(o->r, out, before, fit.v, o->p);
    return TF_OK;
}

enum tf_code tf_run_olr(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                        struct tf_err *reterr)
{
    struct tf_formula *f;
    struct tf_domain *d;
    const char *method;
    bool exponentiate;
    size_t n;
    TF_TRY(tf_formula_ask(r, ask, true, &f, reterr));
    if (!f->intercept)
        return tf_formula_fail(f, 0, reterr, "leaves out the intercept, which the thresholds are");
    TF_TRY(tf_word_read(ask, "method", method_words, "logit", &method, reterr));
    TF_TRY(tf_yaml_opt_bool(ask->at, "exponentiate", false, &exponentiate, reterr));
    TF_TRY(tf_domains_make(r, ask, &d, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        struct olr o = {.r = r, .d = &d[k]};
        o.method = strcmp(method, "probit") == 0    ? PROBIT
                   : strcmp(method, "cloglog") == 0 ? CLOGLOG
                                                    : LOGISTIC;
        const enum tf_code code = one_domain(&o, f, ask, exponentiate, out, reterr);
        if (code != TF_OK)
            return tf_recipe_place(tf_yaml_get(ask->at, "formula"), code, reterr);
    }
    tf_result_note(r, out, tf_printf(r->arena, "Cumulative %s model, P(Y <= k) = F(threshold - "
                                     "x'b), at the optimum of the weighted likelihood; degrees of "
                                     "freedom: those of the cases minus the coefficients (R "
                                     "svyolr).", method));
    if (exponentiate)
        tf_result_note(r, out, "Coefficients, not thresholds, are exp(coefficient).");
    return TF_OK;
}
