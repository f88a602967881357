/* Design-based t tests.
 *
 *     - {stat: ttest, var: y, groups: q2}          difference of two domains' means
 *     - {stat: ttest, var: y, mu: 12}              one mean against a value
 *     - {stat: ttest, var: after, minus: before}   mean of a difference within cases (paired)
 *
 * t = estimate / se, the standard error by the design. The difference of two means is the slope of
 * the regression on a 0/1 variable, and its linearised variable that of the sandwich (Binder 1983,
 * Int. Stat. Rev. 51, 279-292): w x (y - m_1) / N_1 in the second group, minus the same in the
 * first.
 *
 * Degrees of freedom as R's svyttest, which takes one off the design's in all three forms: PSUs
 * minus strata minus 1; counted for groups where there are answers to both (for replicate weights,
 * and one sample: where the domain has cases, answered or not). `df: inf` or a number stand as
 * given. */
#include <math.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/run.h"

struct means { /* the statistic: mean of group 0; and of group 1, and the difference */
    size_t n, groups;
    const double *y;
    const uint32_t *of; /* [n] group or TF_NO_CODE */
    bool *in;           /* [n] */
    const double *w;
    double total[2], mean[2];
};

static enum tf_code value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct means *m = self;
    struct tf_sum sum[2] = {{0}}, weight[2] = {{0}};
    (void)reterr;
    m->w = w;
    for (size_t i = 0; i < m->n; i++)
        if (m->of[i] != TF_NO_CODE) {
            tf_sum_add(&sum[m->of[i]], w[i] * m->y[i]);
            tf_sum_add(&weight[m->of[i]], w[i]);
        }
    for (size_t g = 0; g < m->groups; g++) {
        m->total[g] = tf_sum_of(&weight[g]);
        theta[g] = m->mean[g] = tf_sum_of(&sum[g]) / m->total[g];
    }
    if (m->groups == 2)
        theta[2] = theta[1] - theta[0];
    return TF_OK;
}

static void linear(void *self, size_t k, double *z)
{
    const struct means *m = self;
    for (size_t i = 0; i < m->n; i++) {
        const uint32_t g = m->of[i];
        z[i] = 0;
        if (g != TF_NO_CODE && (k == 2 || g == k))
            z[i] = (k == 2 && g == 0 ? -1 : 1) * m->w[i] * (m->y[i] - m->mean[g]) / m->total[g];
    }
}

static const bool *domain(void *self, size_t k)
{
    (void)k;
    return ((const struct means *)self)->in;
}

/* ---- The keys ------------------------------------------------------------------------------ */

struct asked {
    double *y;               /* [n] */
    const char *text;        /* "after - before" */
    struct tf_codes *groups; /* NULL: one sample */
    double mu;
};

static enum tf_code read_keys(const struct tf_runner *r, const struct tf_ask *ask, struct asked *a,
                              struct tf_err *reterr)
{
    const char *minus, *groups;
    *a = (struct asked){0};
    if (ask->n_vars != 1)
        return tf_yaml_fail(ask->at, reterr, "a t test takes one variable: `var: q1`");
    TF_TRY(tf_ask_numbers(r, ask->at, ask->var[0], &a->y, reterr));
    TF_TRY(tf_yaml_opt_text(ask->at, "minus", NULL, &minus, reterr));
    TF_TRY(tf_yaml_opt_text(ask->at, "groups", NULL, &groups, reterr));
    TF_TRY(tf_yaml_opt_number(ask->at, "mu", 0, &a->mu, reterr));
    a->text = ask->var[0];
    if (minus != NULL) {
        double *less, *y = TF_NEW_N(r->arena, double, r->survey->n);
        TF_TRY(tf_ask_numbers(r, tf_yaml_get(ask->at, "minus"), minus, &less, reterr));
        for (size_t i = 0; i < r->survey->n; i++)
            y[i] = a->y[i] - less[i];
        a->y = y;
        a->text = tf_printf(r->arena, "%s - %s", ask->var[0], minus);
    }
    if (groups != NULL) {
        size_t column;
        TF_TRY(tf_ask_column(r, tf_yaml_get(ask->at, "groups"), groups, &column, reterr));
        a->groups = tf_codes_make(r->arena, r->t, column);
    }
    return TF_OK;
}

/* ---- One domain ---------------------------------------------------------------------------- */

struct pair { /* the two groups' codes, in order */
    uint32_t code[2];
    size_t n;
};

static enum tf_code find_groups(const struct tf_ask *ask, const struct asked *a,
                                const struct tf_domain *d, size_t n, struct pair *ret,
                                struct tf_err *reterr)
{
    *ret = (struct pair){.n = 0};
    for (uint32_t c = 0; c < a->groups->n; c++)
        for (size_t i = 0; i < n; i++) {
            if (!d->in[i] || a->groups->of[i] != c || isnan(a->y[i]))
                continue;
            if (ret->n == 2) {
                (void)tf_yaml_fail(tf_yaml_get(ask->at, "groups"), reterr,
                                   "'%s' has more than two values", a->groups->column->name);
                return tf_help(reterr, "Choose two by `where`, or use `stat: glm`.");
            }
            ret->code[ret->n++] = c;
            break;
        }
    return TF_OK;
}

static double df_of(const struct tf_runner *r, const struct tf_ask *ask, const bool *in)
{
    const double df = tf_ask_df(r, ask, in);
    return ask->df == TF_DF_GIVEN || ask->df == TF_DF_INFINITE ? df : df - 1;
}

static struct tf_item *add_item(struct tf_runner *r, const struct tf_ask *ask,
                                const struct means *m, const struct asked *a,
                                const struct tf_domain *d, const struct tf_fit *fit, size_t k,
                                double df, struct tf_result *out)
{
    bool *in = TF_NEW_N(r->arena, bool, m->n);
    struct tf_item *item = tf_result_item(r, out);
    item->base_weighted = 0;
    for (size_t i = 0; i < m->n; i++) {
        in[i] = m->of[i] != TF_NO_CODE && (k == 2 || m->of[i] == k) && m->in[i];
        item->base_weighted += in[i] ? r->survey->w[i] : 0;
    }
    const struct tf_tally tally = tf_survey_count(r->arena, r->survey, in);
    item->var = a->text;
    item->by = d->by;
    item->n_by = ask->n_by;
    item->estimate = fit->theta[k];
    item->se = sqrt(fit->v[k + k * fit->p]);
    item->df = df;
    item->n = item->base = tally.n;
    item->psu = tally.psu;
    if (fit->lonely)
        item->flags |= (unsigned)TF_EST_LONELY << 8;
    if (tally.n == 0)
        item->flags |= (unsigned)TF_EST_EMPTY << 8;
    else if (!(df > 0))
        item->flags |= (unsigned)TF_EST_DF0 << 8;
    if (df > 0)
        tf_item_interval(r, item, "t", ask->level);
    return item;
}

static void add_test(struct tf_runner *r, const struct tf_ask *ask, const struct tf_domain *d,
                     double difference, double se, double df, struct tf_result *out)
{
    struct tf_test *test = tf_result_test(r, out, "t");
    test->by = d->by;
    test->n_by = ask->n_by;
    test->df = df;
    if (!(se > 0) || !(df > 0))
        return;
    test->statistic = difference / se;
    test->p = 2 * pt(-fabs(test->statistic), df, 1, 0);
}

static enum tf_code one_domain(struct tf_runner *r, const struct tf_ask *ask, const struct asked *a,
                               const struct tf_domain *d, struct tf_result *out,
                               struct tf_err *reterr)
{
    const size_t n = r->survey->n;
    uint32_t *of = TF_NEW_N(r->arena, uint32_t, n);
    struct pair pair = {.n = 0};
    struct means m = {.n = n, .groups = a->groups != NULL ? 2 : 1, .y = a->y, .of = of};
    const struct tf_statistic statistic = {m.groups == 2 ? 3 : 1, &m, value, linear, domain};
    struct tf_fit fit;
    m.in = TF_NEW_N(r->arena, bool, n);
    if (a->groups != NULL)
        TF_TRY(find_groups(ask, a, d, n, &pair, reterr));
    for (size_t i = 0; i < n; i++) {
        of[i] = TF_NO_CODE;
        if (!d->in[i] || isnan(a->y[i]))
            continue;
        if (a->groups == NULL)
            of[i] = 0;
        for (uint32_t g = 0; g < pair.n; g++)
            if (a->groups->of[i] == pair.code[g])
                of[i] = g;
        m.in[i] = of[i] != TF_NO_CODE;
    }
    TF_TRY(tf_survey_fit(r->arena, r->survey, &statistic, false, &fit, reterr));
    if (m.groups == 1) {
        const double df = df_of(r, ask, d->in);
        const struct tf_item *item = add_item(r, ask, &m, a, d, &fit, 0, df, out);
        add_test(r, ask, d, item->estimate - a->mu, item->se, df, out);
        return TF_OK;
    }
    const bool counted = r->survey->kind == TF_BY_REPLICATES;
    const double df = df_of(r, ask, counted ? d->in : m.in);
    struct tf_item *item = add_item(r, ask, &m, a, d, &fit, 2, df, out);
    item->term = "difference";
    add_test(r, ask, d, item->estimate, item->se, df, out);
    for (size_t g = 0; g < pair.n; g++) {
        item = add_item(r, ask, &m, a, d, &fit, g, df, out);
        item->term = tf_printf(r->arena, "mean %s", a->groups->text[pair.code[g]]);
    }
    return TF_OK;
}

enum tf_code tf_run_ttest(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                          struct tf_err *reterr)
{
    struct asked a;
    struct tf_domain *d;
    size_t n;
    TF_TRY(read_keys(r, ask, &a, reterr));
    TF_TRY(tf_domains_make(r, ask, &d, &n, reterr));
    for (size_t k = 0; k < n; k++)
        TF_TRY(one_domain(r, ask, &a, &d[k], out, reterr));
    tf_result_note(r, out, a.groups != NULL
                               ? "The difference is the second group's mean minus the first's; "
                                 "degrees of freedom are PSUs minus strata minus 1 (R svyttest)."
                               : "Degrees of freedom are PSUs minus strata minus 1 (R svyttest).");
    return TF_OK;
}
