/* Cohen's kappa: agreement of two classifications beyond chance.
 *
 *     - {stat: kappa, vars: [coder_a, coder_b]}
 *
 *     kappa = (o - e) / (1 - e),   o = sum_ij a_ij p_ij,   e = sum_ij a_ij p_i. p_.j
 *
 * with a_ij = 1 where i = j and else 0 (Cohen 1960), or for ordered categories, weighted: 1 - |i -
 * j| / (k - 1) under `agreement: linear`, its square under `agreement: quadratic` (Cohen 1968).
 * The shares p have the covariance of the design, kappa that of its derivatives
 *
 *     d kappa / d p_ij = (a_ij - (1 - kappa) (a_i* + a_*j)) / (1 - e),
 *     a_i* = sum_l a_il p_.l,   a_*j = sum_k a_kj p_k.
 *
 * less a constant that shares, which add up to 1, do not see. R's svykappa is the same with a = 1
 * on the diagonal; it pairs the categories by their order, here they are the same codes: a
 * category that only one of the two has counts for both. */
#include <math.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/tabulate.h"

enum agreement { EXACT, LINEAR, QUADRATIC, N_AGREEMENTS };
static const char *const AGREEMENT[N_AGREEMENTS] = {"exact", "linear", "quadratic"};

struct pair { /* both columns on the union of their codes */
    const struct tf_codes *code[2];
    uint32_t *number[2]; /* [code->n] place in the union */
    size_t k;
};

static bool before(const struct tf_codes *a, size_t i, const struct tf_codes *b, size_t j)
{
    if (!isnan(a->number[i]) && !isnan(b->number[j]))
        return a->number[i] < b->number[j];
    return strcmp(a->text[i], b->text[j]) < 0;
}

static void unite(struct tf_arena *arena, struct pair *p)
{
    const struct tf_codes *a = p->code[0], *b = p->code[1];
    size_t i = 0, j = 0;
    for (size_t m = 0; m < 2; m++)
        p->number[m] = TF_NEW_N(arena, uint32_t, p->code[m]->n);
    for (p->k = 0; i < a->n || j < b->n; p->k++) { /* both are sorted: a merge */
        const bool in_a = i < a->n && (j == b->n || !before(b, j, a, i));
        const bool in_b = j < b->n && (i == a->n || !before(a, i, b, j));
        if (in_a)
            p->number[0][i++] = (uint32_t)p->k;
        if (in_b)
            p->number[1][j++] = (uint32_t)p->k;
    }
}

static double weight_of(enum agreement how, size_t i, size_t j, size_t k)
{
    const double far = fabs((double)i - (double)j) / (k > 1 ? (double)(k - 1) : 1);
    return how == EXACT ? i == j : how == LINEAR ? 1 - far : 1 - far * far;
}

struct answer {
    double kappa, se;
};

static struct answer kappa_of(struct tf_arena *arena, const struct tf_tabulated *t, size_t k,
                              enum agreement how)
{
    double *row = TF_NEW_N(arena, double, k), *col = TF_NEW_N(arena, double, k);
    double *row_mean = TF_NEW_N(arena, double, k), *col_mean = TF_NEW_N(arena, double, k);
    double *gradient = TF_NEW_N(arena, double, k * k), o = 0, e = 0, v = 0;
    for (size_t c = 0; c < k * k; c++) {
        row[c / k] += t->share[c];
        col[c % k] += t->share[c];
    }
    for (size_t c = 0; c < k * k; c++) {
        const double a = weight_of(how, c / k, c % k, k);
        o += a * t->share[c];
        e += a * row[c / k] * col[c % k];
        row_mean[c / k] += a * col[c % k];
        col_mean[c % k] += a * row[c / k];
    }
    const double kappa = (o - e) / (1 - e);
    for (size_t c = 0; c < k * k; c++)
        gradient[c] = (weight_of(how, c / k, c % k, k) -
                       (1 - kappa) * (row_mean[c / k] + col_mean[c % k])) / (1 - e);
    tf_sandwich(arena, gradient, t->v_share, 1, k * k, &v);
    return (struct answer){kappa, sqrt(v)};
}

static enum tf_code one_domain(struct tf_runner *r, const struct tf_ask *ask, const struct pair *p,
                               enum agreement how, const struct tf_domain *d,
                               struct tf_result *out, struct tf_err *reterr)
{
    const size_t n = r->survey->n;
    uint32_t *of = TF_NEW_N(r->arena, uint32_t, n);
    bool *in = TF_NEW_N(r->arena, bool, n);
    struct tf_tabulated t;
    for (size_t i = 0; i < n; i++) {
        const uint32_t a = p->code[0]->of[i], b = p->code[1]->of[i];
        in[i] = d->in[i] && a != TF_NO_CODE && b != TF_NO_CODE;
        of[i] = in[i] ? p->number[0][a] * (uint32_t)p->k + p->number[1][b] : TF_NO_CODE;
    }
    TF_TRY(tf_tabulate(r->arena, r->survey, of, p->k * p->k, NULL, false, &t, reterr));
    const struct answer answer = kappa_of(r->arena, &t, p->k, how);
    const struct tf_tally tally = tf_survey_count(r->arena, r->survey, in);
    struct tf_item *item = tf_result_item(r, out);
    item->var = tf_printf(r->arena, "%s, %s", ask->var[0], ask->var[1]);
    item->by = d->by;
    item->n_by = ask->n_by;
    item->n = item->base = tally.n;
    item->psu = tally.psu;
    item->df = tf_ask_df(r, ask, d->in);
    item->base_weighted = 0;
    for (size_t c = 0; c < t.k; c++)
        item->base_weighted += t.total[c];
    if (tally.n == 0)
        item->flags |= (unsigned)TF_EST_EMPTY << 8;
    if (!isfinite(answer.kappa)) { /* one category only: agreement and chance are both certain */
        tf_result_note(r, out, "No kappa where both have one and the same category only: NaN.");
        return TF_OK;
    }
    item->estimate = answer.kappa;
    item->se = answer.se;
    item->flags |=
        (unsigned)((t.lonely ? TF_EST_LONELY : 0) | (item->df > 0 ? 0 : TF_EST_DF0)) << 8;
    if (item->df > 0)
        tf_item_interval(r, item, "t", ask->level);
    return TF_OK;
}

enum tf_code tf_run_kappa(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                          struct tf_err *reterr)
{
    struct pair p = {.k = 0};
    struct tf_domain *d;
    const char *how;
    size_t n, agreement = 0;
    if (ask->n_vars != 2)
        return tf_yaml_fail(ask->at, reterr, "kappa compares two variables: `vars: [a, b]`");
    TF_TRY(tf_yaml_opt_text(ask->at, "agreement", AGREEMENT[EXACT], &how, reterr));
    while (agreement < N_AGREEMENTS && strcmp(AGREEMENT[agreement], how) != 0)
        agreement++;
    if (agreement == N_AGREEMENTS) {
        (void)tf_yaml_fail(tf_yaml_get(ask->at, "agreement"), reterr, "no agreement is called '%s'",
                           how);
        return tf_help(reterr, "Choose from exact, linear, quadratic.");
    }
    for (size_t m = 0; m < 2; m++) {
        size_t column;
        TF_TRY(tf_ask_column(r, ask->at, ask->var[m], &column, reterr));
        p.code[m] = tf_codes_make(r->arena, r->t, column);
    }
    unite(r->arena, &p);
    if (p.k > 45)
        return tf_yaml_fail(ask->at, reterr, "kappa of %zu categories: up to 45", p.k);
    TF_TRY(tf_domains_make(r, ask, &d, &n, reterr));
    for (size_t k = 0; k < n; k++)
        TF_TRY(one_domain(r, ask, &p, (enum agreement)agreement, &d[k], out, reterr));
    tf_result_note(r, out, agreement == EXACT ? "Kappa of Cohen (1960)."
                                              : "Weighted kappa of Cohen (1968).");
    return TF_OK;
}
