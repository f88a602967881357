/* Design-based rank tests (Lumley & Scott 2013, Biometrika 100, 831-842).
 *
 *     - {stat: ranktest, var: score, groups: region, test: wilcoxon}
 *
 * Each case gets the rank that its answer has in the population, estimated by the weights: the sum
 * of the weights below it and half its own, R, out of N. A score of it, g(R / N), is compared
 * between groups as any mean would be, ranks taken as given:
 *
 *     wilcoxon, KruskalWallis   R / N
 *     vanderWaerden             the normal quantile of R / N
 *     median                    1 above N / 2, else 0
 *
 * Two groups: t = difference of mean scores / se against t with PSUs - strata - 1 degrees of
 * freedom. More: Wald, d' V^-1 d over k - 1, against F(k - 1, df - (k - 1)); d: differences to the
 * first group.
 *
 * Ties: R's svyranktest gives tied cases the unweighted mean of their ranks in the order of the
 * rows, which with unequal weights depends on that order. `ties: rows` (default) does so too;
 * `ties: midpoint` gives them the middle of their block, whatever the order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/run.h"

/* ---- The statistic: totals of linearised variables that are fixed --------------------------- */

struct fixed {
    size_t n, p;
    const uint32_t *of; /* [n] group, TF_NO_CODE outside */
    const double *score;
    const double *mean, *total; /* [p + 1] of the groups */
    bool *in;
    const double *w;
};

/* The influence of a case on the difference between group k + 1 and group 0. */
static double influence(const struct fixed *f, size_t k, size_t i)
{
    const uint32_t g = f->of[i];
    if (g == TF_NO_CODE || (g != 0 && g != k + 1))
        return 0;
    return (g == 0 ? -1 : 1) * (f->score[i] - f->mean[g]) / f->total[g];
}

static enum tf_code value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct fixed *f = self;
    (void)reterr;
    f->w = w;
    for (size_t k = 0; k < f->p; k++) {
        struct tf_sum sum = {0};
        for (size_t i = 0; i < f->n; i++)
            if (f->of[i] != TF_NO_CODE)
                tf_sum_add(&sum, w[i] * influence(f, k, i));
        theta[k] = tf_sum_of(&sum);
    }
    return TF_OK;
}

static void linear(void *self, size_t k, double *z)
{
    const struct fixed *f = self;
    for (size_t i = 0; i < f->n; i++)
        z[i] = f->w[i] * influence(f, k, i);
}

static const bool *domain(void *self, size_t k)
{
    (void)k;
    return ((const struct fixed *)self)->in;
}

/* ---- Scores -------------------------------------------------------------------------------- */

static double as_it_is(double r)
{
    return r;
}
static double normal(double r)
{
    return qnorm(r, 0, 1, 1, 0);
}
static double above_half(double r)
{
    return r > 0.5;
}
static const struct {
    const char *word;
    double (*score)(double share);
} TEST[] = {
    {"wilcoxon", as_it_is},
    {"KruskalWallis", as_it_is},
    {"vanderWaerden", normal},
    {"median", above_half},
};
enum { N_TESTS = sizeof TEST / sizeof TEST[0] };

struct ordered {
    double y;
    size_t row;
};

static int by_answer(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    const int order = (x->y > y->y) - (x->y < y->y);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

/* score[row] of the rows in the test. */
static void rank_cases(struct tf_arena *arena, const double *y, const double *w, const uint32_t *of,
                       size_t n, bool midpoint, double (*to_score)(double), double *score)
{
    struct ordered *o = TF_NEW_N(arena, struct ordered, n);
    struct tf_sum all = {0}, before = {0};
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (of[i] != TF_NO_CODE) {
            o[m++] = (struct ordered){y[i], i};
            tf_sum_add(&all, w[i]);
        }
    qsort(o, m, sizeof *o, by_answer);
    for (size_t first = 0, next; first < m; first = next) {
        const double start = tf_sum_of(&before);
        double sum = 0;
        for (next = first; next < m && o[next].y <= o[first].y; next++) {
            tf_sum_add(&before, w[o[next].row]);
            sum += tf_sum_of(&before) - w[o[next].row] / 2;
        }
        const double rank =
            midpoint ? (start + tf_sum_of(&before)) / 2 : sum / (double)(next - first);
        for (size_t k = first; k < next; k++)
            score[o[k].row] = to_score(rank / tf_sum_of(&all));
    }
}

/* ---- The keys ------------------------------------------------------------------------------ */

struct asked {
    double *y;
    struct tf_codes *groups;
    size_t test;
    bool midpoint;
};

static enum tf_code read_keys(const struct tf_runner *r, const struct tf_ask *ask, struct asked *a,
                              struct tf_err *reterr)
{
    const char *groups, *test, *ties;
    size_t column;
    *a = (struct asked){0};
    if (ask->n_vars != 1)
        return tf_yaml_fail(ask->at, reterr, "a rank test takes one variable: `var: q1`");
    TF_TRY(tf_ask_numbers(r, ask->at, ask->var[0], &a->y, reterr));
    TF_TRY(tf_yaml_need_text(ask->at, "groups", &groups, reterr));
    TF_TRY(tf_ask_column(r, tf_yaml_get(ask->at, "groups"), groups, &column, reterr));
    a->groups = tf_codes_make(r->arena, r->t, column);
    TF_TRY(tf_yaml_opt_text(ask->at, "test", TEST[0].word, &test, reterr));
    while (a->test < N_TESTS && strcmp(TEST[a->test].word, test) != 0)
        a->test++;
    if (a->test == N_TESTS) {
        (void)tf_yaml_fail(tf_yaml_get(ask->at, "test"), reterr, "no rank test is called '%s'",
                           test);
        return tf_help(reterr, "Choose from wilcoxon, vanderWaerden, median, KruskalWallis.");
    }
    TF_TRY(tf_yaml_opt_text(ask->at, "ties", "rows", &ties, reterr));
    a->midpoint = strcmp(ties, "midpoint") == 0;
    if (!a->midpoint && strcmp(ties, "rows") != 0) {
        (void)tf_yaml_fail(tf_yaml_get(ask->at, "ties"), reterr, "no way with ties is called '%s'",
                           ties);
        return tf_help(reterr, "Choose from rows (as R), midpoint.");
    }
    return TF_OK;
}

/* ---- One domain ---------------------------------------------------------------------------- */

/* Groups with cases become 0.. in order; code[g] is group g's. Returns how many. */
static size_t number_groups(const struct tf_runner *r, const struct asked *a,
                            const struct tf_domain *d, uint32_t *of, bool *in, uint32_t *code)
{
    const size_t n = r->survey->n;
    bool *seen = TF_NEW_N(r->arena, bool, a->groups->n);
    uint32_t *number = TF_NEW_N(r->arena, uint32_t, a->groups->n), groups = 0;
    for (size_t i = 0; i < n; i++) {
        in[i] = d->in[i] && a->groups->of[i] != TF_NO_CODE && !isnan(a->y[i]);
        if (in[i])
            seen[a->groups->of[i]] = true;
    }
    for (uint32_t c = 0; c < a->groups->n; c++)
        if (seen[c]) {
            code[groups] = c;
            number[c] = groups++;
        }
    for (size_t i = 0; i < n; i++)
        of[i] = in[i] ? number[a->groups->of[i]] : TF_NO_CODE;
    return groups;
}

static void group_means(const struct tf_runner *r, const struct fixed *f, double *mean,
                        double *total)
{
    struct tf_sum *sum = TF_NEW_N(r->arena, struct tf_sum, 2 * (f->p + 1));
    for (size_t i = 0; i < f->n; i++)
        if (f->of[i] != TF_NO_CODE) {
            const double w = r->survey->w[i];
            tf_sum_add(&sum[2 * f->of[i]], w * f->score[i]);
            tf_sum_add(&sum[2 * f->of[i] + 1], w);
        }
    for (size_t g = 0; g <= f->p; g++) {
        total[g] = tf_sum_of(&sum[2 * g + 1]);
        mean[g] = tf_sum_of(&sum[2 * g]) / total[g];
    }
}

static void make_test(struct tf_runner *r, const struct fixed *f, const struct tf_fit *fit,
                      double df, struct tf_test *test)
{
    const size_t p = f->p;
    double *v = TF_NEW_N(r->arena, double, p * p), *d = TF_NEW_N(r->arena, double, p), wald = 0;
    test->df = df - (double)p;
    if (p > 1) {
        test->ddf = test->df;
        test->df = (double)p;
    }
    memcpy(v, fit->v, p * p * sizeof *v);
    for (size_t k = 0; k < p; k++)
        d[k] = f->mean[k + 1] - f->mean[0];
    if (!(df - (double)p > 0) || !tf_cholesky(v, p))
        return;
    if (p == 1) {
        test->statistic = d[0] / v[0];
        test->p = 2 * pt(-fabs(test->statistic), test->df, 1, 0);
        return;
    }
    tf_cholesky_solve(v, p, d, 1);
    for (size_t k = 0; k < p; k++)
        wald += d[k] * (f->mean[k + 1] - f->mean[0]);
    test->statistic = wald;
    test->p = pf(wald / (double)p, (double)p, test->ddf, 0, 0);
}

static void make_item(struct tf_runner *r, const struct tf_ask *ask, const struct asked *a,
                      const struct fixed *f, const struct tf_fit *fit, const uint32_t *code,
                      const struct tf_domain *d, size_t k, double df, struct tf_result *out)
{
    const struct tf_tally tally = tf_survey_count(r->arena, r->survey, f->in);
    struct tf_item *item = tf_result_item(r, out);
    item->var = ask->var[0];
    item->term = tf_printf(r->arena, "%s - %s", a->groups->text[code[k + 1]],
                           a->groups->text[code[0]]);
    item->by = d->by;
    item->n_by = ask->n_by;
    item->estimate = f->mean[k + 1] - f->mean[0];
    item->se = sqrt(fit->v[k + k * f->p]);
    item->df = df;
    item->n = item->base = tally.n;
    item->psu = tally.psu;
    item->base_weighted = 0;
    for (size_t g = 0; g <= f->p; g++)
        item->base_weighted += f->total[g];
    if (df > 0)
        tf_item_interval(r, item, "t", ask->level);
    else
        item->flags |= (unsigned)TF_EST_DF0 << 8;
}

static enum tf_code one_domain(struct tf_runner *r, const struct tf_ask *ask, const struct asked *a,
                               const struct tf_domain *d, struct tf_result *out,
                               struct tf_err *reterr)
{
    const size_t n = r->survey->n;
    uint32_t *of = TF_NEW_N(r->arena, uint32_t, n);
    uint32_t *code = TF_NEW_N(r->arena, uint32_t, a->groups->n);
    double *score = TF_NEW_N(r->arena, double, n);
    struct fixed f = {.n = n, .of = of, .score = score, .in = TF_NEW_N(r->arena, bool, n)};
    const size_t groups = number_groups(r, a, d, of, f.in, code);
    struct tf_test *test;
    struct tf_fit fit;
    if (groups < 2) {
        test = tf_result_test(r, out, TEST[a->test].word);
        test->by = d->by;
        test->n_by = ask->n_by;
        tf_result_note(r, out, "No rank test where cases are of one group only: NaN.");
        return TF_OK;
    }
    f.p = groups - 1;
    double *mean = TF_NEW_N(r->arena, double, groups), *total = TF_NEW_N(r->arena, double, groups);
    f.mean = mean;
    f.total = total;
    rank_cases(r->arena, a->y, r->survey->w, of, n, a->midpoint, TEST[a->test].score, score);
    group_means(r, &f, mean, total);
    const struct tf_statistic statistic = {f.p, &f, value, linear, domain};
    TF_TRY(tf_survey_fit(r->arena, r->survey, &statistic, true, &fit, reterr));
    const double df = tf_ask_df(r, ask, f.in);
    for (size_t k = 0; k < f.p; k++)
        make_item(r, ask, a, &f, &fit, code, d, k, df - (double)f.p, out);
    test = tf_result_test(r, out, TEST[a->test].word);
    test->by = d->by;
    test->n_by = ask->n_by;
    make_test(r, &f, &fit, df, test);
    return TF_OK;
}

enum tf_code tf_run_ranktest(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                             struct tf_err *reterr)
{
    struct asked a;
    struct tf_domain *d;
    size_t n;
    TF_TRY(read_keys(r, ask, &a, reterr));
    TF_TRY(tf_domains_make(r, ask, &d, &n, reterr));
    for (size_t k = 0; k < n; k++)
        TF_TRY(one_domain(r, ask, &a, &d[k], out, reterr));
    tf_result_note(r, out, a.midpoint ? "Tied answers have the middle rank of their block."
                                      : "Tied answers have the mean of their ranks in the order of "
                                        "the rows (R svyranktest).");
    return TF_OK;
}
