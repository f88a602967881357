/* Goodness of fit: does a question's distribution differ from given probabilities?
 *
 *     - {stat: gof, vars: [stype], p: {E: 0.7, H: 0.1, M: 0.2}}
 *
 * X^2 = sum (T_i - E_i)^2 / E_i of the estimated totals T and E_i = p_i sum T. Its terms
 * X_i = (T_i - E_i) / sqrt(E_i) vary as J V J', V the variance of the totals and
 *
 *     dX_i / dT_j = (i == j) / sqrt(E_i) - p_i (T_i + E_i) / (2 E_i^{3/2})
 *
 * so that X^2 is a sum of chi-squares weighted by the eigenvalues of J V J' (Rao & Scott 1981, JASA
 * 76, 221-230). As R's svygofchisq: X^2 is that of the population's size, and its distribution is
 * Satterthwaite's unless another is asked for. Probabilities are scaled to 1. */
#include <math.h>
#include <string.h>

#include "measure/tabulate.h"

struct fit_ask {
    const struct tf_codes *codes;
    double *p; /* [codes->n], sums to 1 */
    enum tf_association test[TF_N_ASSOCIATIONS];
    size_t n_tests;
};

/* ---- The keys ------------------------------------------------------------------------------ */

static enum tf_code read_probabilities(const struct tf_runner *r, const struct tf_ask *ask,
                                       struct fit_ask *f, struct tf_err *reterr)
{
    const struct tf_yaml *p = tf_yaml_get(ask->at, "p");
    double sum = 0;
    if (p == NULL || p->kind == TF_YAML_SCALAR) {
        (void)tf_yaml_fail(p != NULL ? p : ask->at, reterr, "no probabilities to compare with");
        return tf_help(reterr, "Give one for each category: p: {1: 0.6, 2: 0.4}.");
    }
    const bool list = p->kind == TF_YAML_LIST;
    if (list && p->n != f->codes->n) {
        (void)tf_yaml_fail(p, reterr, "%zu probabilities for the %zu categories of %s", p->n,
                           f->codes->n, ask->var[0]);
        return tf_help(reterr, "Give one for each, in the order of the categories, or name them: "
                               "p: {1: 0.6, 2: 0.4}.");
    }
    f->p = TF_NEW_N(r->arena, double, f->codes->n);
    for (size_t k = 0; k < p->n; k++) {
        double x;
        const uint32_t code = list ? (uint32_t)k : tf_codes_find(f->codes, p->key[k]->text);
        if (p->item[k]->kind != TF_YAML_SCALAR || !tf_parse_double(p->item[k]->text, &x) ||
            !(x > 0)) {
            (void)tf_yaml_fail(p->item[k], reterr, "'%s' is no probability",
                               p->item[k]->text != NULL ? p->item[k]->text : "a list");
            return tf_help(reterr, "A category that cannot occur is left out of `p`.");
        }
        if (code == TF_NO_CODE) {
            (void)tf_yaml_fail(p->key[k], reterr, "no row has %s = '%s'", ask->var[0],
                               p->key[k]->text);
            return tf_help(reterr, "Name the categories as the data do; join one that nobody has "
                                   "to another.");
        }
        f->p[code] = x;
        sum += x;
    }
    for (size_t k = 0; k < f->codes->n; k++)
        f->p[k] /= sum;
    return TF_OK;
}

static enum tf_code read_keys(const struct tf_runner *r, const struct tf_ask *ask,
                              struct fit_ask *f, struct tf_err *reterr)
{
    const char **word;
    size_t n, column;
    if (ask->n_vars != 1)
        return tf_yaml_fail(ask->at, reterr, "a test of fit takes one variable: `var: q1`");
    TF_TRY(tf_ask_column(r, ask->at, ask->var[0], &column, reterr));
    f->codes = tf_codes_make(r->arena, r->t, column);
    TF_TRY(read_probabilities(r, ask, f, reterr));
    TF_TRY(tf_yaml_opt_texts(r->arena, ask->at, "tests", &word, &n, reterr));
    if (n == 0)
        f->test[f->n_tests++] = TF_TEST_CHISQ;
    for (size_t k = 0; k < n && f->n_tests < TF_N_ASSOCIATIONS; k++) {
        enum tf_association *which = &f->test[f->n_tests++];
        if (!tf_association_named(word[k], which) ||
            (*which != TF_TEST_CHISQ && *which != TF_TEST_LINCOM &&
             *which != TF_TEST_SADDLEPOINT && *which != TF_TEST_EXACT)) {
            (void)tf_yaml_fail(tf_yaml_get(ask->at, "tests"), reterr,
                               "no test of fit is called '%s'", word[k]);
            return tf_help(reterr, "Choose from Chisq, lincom, saddlepoint, exact.");
        }
    }
    return TF_OK;
}

/* ---- The test ------------------------------------------------------------------------------ */

struct chisq {
    double x2, *lambda;
    size_t q;
};

static struct chisq chisq_of(struct tf_arena *arena, const struct tf_tabulated *t, const double *p)
{
    const size_t k = t->k;
    struct chisq c = {0, TF_NEW_N(arena, double, k), 0};
    double *jacobian = TF_NEW_N(arena, double, k * k), *v = TF_NEW_N(arena, double, k * k), all = 0;
    for (size_t i = 0; i < k; i++)
        all += t->total[i];
    for (size_t i = 0; i < k; i++) {
        const double e = p[i] * all, root = sqrt(e);
        c.x2 += (t->total[i] - e) * (t->total[i] - e) / e;
        for (size_t j = 0; j < k; j++)
            jacobian[i + j * k] =
                (i == j ? 1 / root : 0) - p[i] * (t->total[i] + e) / (2 * e * root);
    }
    tf_sandwich(arena, jacobian, t->v_total, k, k, v);
    tf_eigen(v, k, c.lambda, NULL);
    /* Cases drawn one by one would have all / base. One eigenvalue is 0, as the totals add up; all
     * are where the question was a stratum. */
    while (c.q < k && c.lambda[c.q] > 1e-12 * fmax(c.lambda[0], all / (double)t->base))
        c.q++;
    return c;
}

static void make_tests(struct tf_runner *r, const struct fit_ask *f, const struct tf_tabulated *t,
                       const struct tf_domain *d, size_t n_by, struct tf_result *out)
{
    const struct chisq c = chisq_of(r->arena, t, f->p);
    double sum = 0, square = 0;
    for (size_t k = 0; k < c.q; k++) {
        sum += c.lambda[k];
        square += c.lambda[k] * c.lambda[k];
    }
    for (size_t k = 0; k < f->n_tests; k++) {
        const enum tf_association which = f->test[k];
        struct tf_test *test = tf_result_test(r, out, tf_association_word(which));
        test->by = d->by;
        test->n_by = n_by;
        test->statistic = c.x2;
        if (c.q == 0)
            continue;
        test->df = which == TF_TEST_CHISQ ? sum * sum / square : (double)NAN;
        test->p = tf_chisqsum(c.x2, c.lambda, c.q, (double)INFINITY,
                              which == TF_TEST_CHISQ   ? TF_SATTERTHWAITE
                              : which == TF_TEST_EXACT ? TF_EXACT
                                                       : TF_SADDLEPOINT);
    }
}

/* ---- Items --------------------------------------------------------------------------------- */

static void make_items(struct tf_runner *r, const struct tf_ask *ask, const struct fit_ask *f,
                       const struct tf_tabulated *t, const struct tf_domain *d, const bool *in,
                       struct tf_result *out)
{
    const struct tf_tally tally = tf_survey_count(r->arena, r->survey, in);
    const double df = tf_ask_df(r, ask, d->in);
    for (size_t k = 0; k < t->k; k++) {
        struct tf_item *item = tf_result_item(r, out);
        item->var = f->codes->column->name;
        item->var_label = f->codes->column->label;
        item->category = f->codes->text[k];
        item->label = tf_value_label(f->codes->column, f->codes->number[k], f->codes->text[k]);
        item->by = d->by;
        item->n_by = ask->n_by;
        item->estimate = t->share[k];
        item->se = sqrt(t->v_share[k + k * t->k]);
        item->df = df;
        item->n = t->n[k];
        item->base = tally.n;
        item->psu = tally.psu;
        item->base_weighted = 0;
        for (size_t j = 0; j < t->k; j++)
            item->base_weighted += t->total[j];
        if (t->n[k] > 0 && t->n[k] < tally.n)
            tf_item_interval(r, item, "t", ask->level);
    }
}

static enum tf_code one_domain(struct tf_runner *r, const struct tf_ask *ask,
                               const struct fit_ask *f, const struct tf_domain *d,
                               struct tf_result *out, struct tf_err *reterr)
{
    const size_t n = r->survey->n;
    uint32_t *of = TF_NEW_N(r->arena, uint32_t, n);
    bool *in = TF_NEW_N(r->arena, bool, n);
    struct tf_tabulated t;
    for (size_t i = 0; i < n; i++) {
        in[i] = d->in[i] && f->codes->of[i] != TF_NO_CODE;
        of[i] = in[i] ? f->codes->of[i] : TF_NO_CODE;
    }
    TF_TRY(tf_tabulate(r->arena, r->survey, of, f->codes->n, NULL, true, &t, reterr));
    for (size_t k = 0; k < t.k; k++)
        if (t.n[k] > 0 && !(f->p[k] > 0)) {
            (void)tf_yaml_fail(tf_yaml_get(ask->at, "p"), reterr, "no probability for %s = '%s'",
                               ask->var[0], f->codes->text[k]);
            return tf_help(reterr, "Give every category one, or leave its cases out by `where`.");
        }
    make_items(r, ask, f, &t, d, in, out);
    make_tests(r, f, &t, d, ask->n_by, out);
    return TF_OK;
}

enum tf_code tf_run_gof(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                        struct tf_err *reterr)
{
    struct fit_ask f = {0};
    struct tf_domain *domain;
    size_t n;
    TF_TRY(read_keys(r, ask, &f, reterr));
    TF_TRY(tf_domains_make(r, ask, &domain, &n, reterr));
    for (size_t d = 0; d < n; d++)
        TF_TRY(one_domain(r, ask, &f, &domain[d], out, reterr));
    tf_result_note(r, out, "X-squared is of the population's size, as in R svygofchisq; Chisq "
                           "refers it to Satterthwaite's approximation.");
    return TF_OK;
}
