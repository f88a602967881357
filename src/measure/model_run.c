/* Coefficients become items, terms become tests: what regressions of all kinds share.
 *
 * Tests of a term with q coefficients b and design variance V (R survey regTermTest):
 *
 *     Wald         F = b' V^-1 b / q on q and df degrees of freedom
 *     LRT          difference of deviances X2 of the models with and without the term; its
 *                  distribution under the design is that of sum lambda_k chi2_1, lambda the
 *                  eigenvalues of V0^-1 V (Rao & Scott 1984; Lumley & Scott 2014, Stat. Sci. 29,
 *                  276-286), V0 what the variance would be if the model were all there is; with
 *                  df: of sum lambda chi2_1 / (chi2_df / df)
 *     WorkingWald  X2 = b' V0^-1 b, else as LRT
 *
 * The statistic printed for the last two is X2 / mean(lambda), as R prints it; the p-value is by
 * the saddlepoint. */
#include "measure/model_run.h"

#include <math.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/formula.h"

/* ---- Keys --------------------------------------------------------------------------------- */

static enum tf_code check_word(const struct tf_yaml *at, const char *key, const char *word,
                               const char *const *known, struct tf_err *reterr)
{
    for (size_t k = 0; known[k] != NULL; k++)
        if (strcmp(known[k], word) == 0)
            return TF_OK;
    (void)tf_yaml_fail(at, reterr, "'%s' is no word of '%s'", word, key);
    const char *near = tf_nearest(word, known);
    if (near != NULL)
        return tf_help(reterr, "Did you mean '%s'?", near);
    char list[300] = "";
    for (size_t k = 0, n = 0; known[k] != NULL && n + strlen(known[k]) + 2 < sizeof list; k++) {
        memcpy(list + n, known[k], strlen(known[k]) + 1);
        n += strlen(known[k]);
        memcpy(list + n, " ", 2);
        n++;
    }
    return tf_help(reterr, "Known: %s", list);
}

enum tf_code tf_word_read(const struct tf_ask *ask, const char *key, const char *const *known,
                          const char *otherwise, const char **ret, struct tf_err *reterr)
{
    TF_TRY(tf_yaml_opt_text(ask->at, key, otherwise, ret, reterr));
    return check_word(tf_yaml_get(ask->at, key), key, *ret, known, reterr);
}

enum tf_code tf_tests_read(struct tf_runner *r, const struct tf_ask *ask,
                           const char *const *known, const char ***ret, size_t *ret_n,
                           struct tf_err *reterr)
{
    TF_TRY(tf_yaml_opt_texts(r->arena, ask->at, "tests", ret, ret_n, reterr));
    for (size_t k = 0; k < *ret_n; k++)
        TF_TRY(check_word(tf_yaml_get(ask->at, "tests"), "tests", (*ret)[k], known, reterr));
    return TF_OK;
}

bool tf_tests_has(const char *const *test, size_t n, const char *word)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(test[k], word) == 0)
            return true;
    return false;
}

enum tf_code tf_formula_ask(struct tf_runner *r, const struct tf_ask *ask, bool response,
                            struct tf_formula **ret, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(ask->at, "formula");
    if (at == NULL)
        return tf_yaml_fail(ask->at, reterr, "'%s' needs a 'formula'", ask->stat);
    TF_TRY(tf_formula_read(r->arena, at, r->t, ret, reterr));
    if (response && (*ret)->response == NULL)
        return tf_formula_fail(*ret, 0, reterr, "has no response before '~'");
    if (response && (*ret)->event != NULL)
        return tf_formula_fail(*ret, 0, reterr, "has times as its response, which '%.20s' cannot "
                               "take", ask->stat);
    if (!response && (*ret)->event == NULL && (*ret)->response != NULL)
        return tf_formula_fail(*ret, 0, reterr, "has a response that is not Surv(time, event)");
    if (!response)
        (*ret)->response = NULL; /* read by tf_survival_read */
    return TF_OK;
}

struct tf_formula *tf_formula_without(struct tf_arena *arena, const struct tf_formula *f,
                                      size_t term)
{
    struct tf_formula *g = TF_NEW(arena, struct tf_formula);
    *g = *f;
    g->term = TF_NEW_N(arena, uint64_t, f->n_terms);
    g->n_terms = 0;
    for (size_t k = 0; k < f->n_terms; k++)
        if (k + 1 != term)
            g->term[g->n_terms++] = f->term[k];
    return g;
}

double tf_model_df(const struct tf_runner *r, const struct tf_ask *ask, const bool *complete,
                   const bool *domain, double p)
{
    const bool replicated = r->survey->kind == TF_BY_REPLICATES;
    const double df = tf_ask_df(r, ask, replicated ? domain : complete);
    return ask->df == TF_DF_GIVEN || ask->df == TF_DF_INFINITE ? df : df + 1 - p;
}

/* ---- Items -------------------------------------------------------------------------------- */

static void add_word(struct tf_runner *r, struct tf_item *item, const char *word)
{
    item->policy = TF_NEW_N(r->arena, const char *, 1);
    item->policy[0] = word;
    item->n_policy = 1;
}

static void fill_item(struct tf_runner *r, const struct tf_ask *ask, struct tf_item *item,
                      double b, double variance, double df, bool exponentiate)
{
    const double se = sqrt(variance);
    item->estimate = exponentiate ? exp(b) : b;
    item->se = exponentiate ? exp(b) * se : se;
    item->df = df;
    if (!(df > 0) || !(se > 0)) {
        item->flags |= df > 0 ? 0 : (unsigned)TF_EST_DF0 << 8;
        return;
    }
    item->statistic = b / se;
    item->p = isfinite(df) ? 2 * pt(-fabs(b / se), df, 1, 0)
                           : 2 * pnorm(-fabs(b / se), 0, 1, 1, 0);
    const double a = (1 + ask->level) / 2;
    const double q = isfinite(df) ? qt(a, df, 1, 0) : qnorm(a, 0, 1, 1, 0);
    const double lo = b - q * se, hi = b + q * se;
    tf_item_add_ci(r, item, "t", exponentiate ? exp(lo) : lo, exponentiate ? exp(hi) : hi);
}

void tf_block_items(struct tf_runner *r, const struct tf_ask *ask, const struct tf_block *b,
                    const struct tf_fit *fit, bool exponentiate, struct tf_result *out)
{
    const struct tf_tally tally = tf_survey_count(r->arena, r->survey, b->rows);
    double weighted = 0;
    for (size_t row = 0; row < r->survey->n; row++)
        weighted += b->rows[row] ? r->survey->w[row] : 0;
    for (size_t k = 0; k < b->p; k++) {
        const size_t at = b->first + k;
        struct tf_item *item = tf_result_item(r, out);
        item->term = b->name[k];
        item->by = b->d->by;
        item->n_by = ask->n_by;
        item->n = item->base = tally.n;
        item->psu = tally.psu;
        item->base_weighted = weighted;
        item->flags |= b->lonely ? (unsigned)TF_EST_LONELY << 8 : 0;
        if (isnan(fit->theta[at]))
            add_word(r, item, b->failed != NULL ? "not_fitted" : "aliased");
        else
            fill_item(r, ask, item, fit->theta[at], fit->v[at + at * fit->p], b->df,
                      exponentiate);
    }
}

void tf_vcov_grow(struct tf_runner *r, struct tf_result *out, size_t before, const double *v,
                  size_t n)
{
    const size_t all = before + n;
    double *now = TF_NEW_N(r->arena, double, all * all + 1);
    for (size_t j = 0; j < all; j++)
        for (size_t i = 0; i < all; i++)
            now[i + j * all] = i < before && j < before     ? out->vcov[i + j * before]
                               : i >= before && j >= before ? v[i - before + (j - before) * n]
                                                            : (double)NAN;
    out->vcov = now;
}

/* ---- Tests -------------------------------------------------------------------------------- */

size_t tf_block_term(const struct tf_block *b, const struct tf_fit *fit, size_t term,
                     size_t *index)
{
    size_t n = 0;
    for (size_t k = 0; k < b->p; k++)
        if (b->term[k] == term && !isnan(fit->theta[b->first + k]))
            index[n++] = k;
    return n;
}

static struct tf_test *add_test(struct tf_runner *r, const struct tf_ask *ask,
                                const struct tf_block *b, size_t term, const char *name,
                                struct tf_result *out)
{
    struct tf_test *test = tf_result_test(r, out, name);
    test->term = b->term_name[term];
    test->by = b->d->by;
    test->n_by = ask->n_by;
    return test;
}

static double *part_of_v(struct tf_runner *r, const struct tf_block *b, const struct tf_fit *fit,
                         const size_t *index, size_t q)
{
    double *v = TF_NEW_N(r->arena, double, q * q);
    for (size_t j = 0; j < q; j++)
        for (size_t i = 0; i < q; i++)
            v[i + j * q] = fit->v[b->first + index[i] + (b->first + index[j]) * fit->p];
    return v;
}

/* b' V^-1 b; NaN when V is singular. */
static double quadratic(struct tf_runner *r, const double *v, const double *b, size_t q)
{
    double *l = TF_NEW_N(r->arena, double, q * q), *x = TF_NEW_N(r->arena, double, q), sum = 0;
    memcpy(l, v, q * q * sizeof *l);
    memcpy(x, b, q * sizeof *x);
    if (!tf_cholesky(l, q))
        return (double)NAN;
    tf_cholesky_solve(l, q, x, 1);
    for (size_t k = 0; k < q; k++)
        sum += x[k] * b[k];
    return sum;
}

static double *part_of_theta(struct tf_runner *r, const struct tf_block *b,
                             const struct tf_fit *fit, const size_t *index, size_t q)
{
    double *x = TF_NEW_N(r->arena, double, q);
    for (size_t k = 0; k < q; k++)
        x[k] = fit->theta[b->first + index[k]];
    return x;
}

void tf_block_wald(struct tf_runner *r, const struct tf_ask *ask, const struct tf_block *b,
                   const struct tf_fit *fit, size_t term, struct tf_result *out)
{
    size_t *index = TF_NEW_N(r->arena, size_t, b->p + 1);
    const size_t q = tf_block_term(b, fit, term, index);
    if (q == 0)
        return;
    struct tf_test *test = add_test(r, ask, b, term, "Wald", out);
    const double x2 = quadratic(r, part_of_v(r, b, fit, index, q),
                                part_of_theta(r, b, fit, index, q), q);
    test->df = (double)q;
    if (isinf(b->df)) {
        test->statistic = x2;
        test->p = pchisq(x2, (double)q, 0, 0);
        return;
    }
    test->ddf = b->df;
    test->statistic = x2 / (double)q;
    test->p = b->df > 0 ? pf(test->statistic, (double)q, b->df, 0, 0) : (double)NAN;
}

void tf_block_raoscott(struct tf_runner *r, const struct tf_ask *ask, const struct tf_block *b,
                       const struct tf_fit *fit, const double *naive, size_t term, double chisq,
                       struct tf_result *out)
{
    size_t *index = TF_NEW_N(r->arena, size_t, b->p + 1);
    const size_t q = tf_block_term(b, fit, term, index);
    if (q == 0)
        return;
    struct tf_test *test = add_test(r, ask, b, term, isnan(chisq) ? "WorkingWald" : "LRT", out);
    double *v = part_of_v(r, b, fit, index, q), *v0 = TF_NEW_N(r->arena, double, q * q);
    double *lambda = TF_NEW_N(r->arena, double, q), mean = 0;
    for (size_t j = 0; j < q; j++)
        for (size_t i = 0; i < q; i++)
            v0[i + j * q] = naive[index[i] + index[j] * b->p];
    if (isnan(chisq))
        chisq = quadratic(r, v0, part_of_theta(r, b, fit, index, q), q);
    test->df = (double)q;
    if (!isinf(b->df))
        test->ddf = b->df;
    if (!tf_eigen_of_ratio(v0, v, q, lambda) || !(b->df > 0))
        return;
    for (size_t k = 0; k < q; k++)
        mean += lambda[k] / (double)q;
    test->statistic = chisq / mean;
    test->p = chisq > 0 ? tf_chisqsum(chisq, lambda, q, b->df, TF_SADDLEPOINT) : 1;
}
