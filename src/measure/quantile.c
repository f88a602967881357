/* quantile: weighted quantiles with their intervals, as R survey 4.1 svyquantile.
 *
 *     - {stat: quantile, vars: [income], quantiles: [0.25, 0.5], interval: mean, qrule: math}
 *
 * The rules from p to a value are in quantile_rule.c. Intervals of a quantile q(p), t with df where the
 * domain has cases that answered:
 *
 *     mean, xlogit, asin, beta   Woodruff (1952, JASA 47, 635-646): F, the share of cases with
 *               y <= q(p), has an interval of that kind (intervals.c); its two ends go back through
 *               the rule. An end outside 0..1 gives no limit
 *     score     Francisco & Fuller (1991, Ann. Statist. 19, 454-469): the values at which (p - F) / se(F)
 *               passes +t and -t. F is a step function: we look at its steps, R by root search, and of
 *               the two sides of a step both take the nearer to t. As in R the value goes back through
 *               the rule by its unweighted share of cases
 *     quantile  for replicate weights: the quantile again under each replicate; -+ t se. Not valid for
 *               jackknives, which R warns of and so do we
 *
 * Except for `quantile`, se = (hi - lo) / (2 t). Several intervals may be asked for; se is of the first.
 * Quantiles have no covariances here, so contrasts cannot be made of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/groups.h"
#include "measure/quantile.h"
#include "measure/variance.h"

static const double none = (double)NAN;
enum { PARTS = 4 };

struct group { /* a variable in a domain */
    struct tf_runner *r;
    const double *y;
    struct tf_group_set *set;
    const struct tf_group *cells; /* its cases */
    struct tf_sorted *order;
    const struct tf_qrule *rule;
    double level, df, t;
};

/* ---- The share of cases at or below given values, as a statistic ------------------------- */

struct below {
    const struct group *g;
    size_t p;
    const double *at;
    double *share; /* [p] at the latest weights */
    const double *w;
    double total;
    const struct tf_survey *by_psu; /* or NULL: by rows */
    double *in, *all; /* weights at or below, and all, by PSU: [p x PSUs], [PSUs] */
    bool *seen;       /* [PSUs] */
};

static enum tf_code below_value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct below *b = self;
    const struct tf_group *c = b->g->cells;
    struct tf_sum total = {0};
    (void)reterr;
    if (b->by_psu != NULL) /* the weights given are those of PSUs */
        w = b->g->r->survey->w;
    b->w = w;
    for (size_t j = 0; j < b->p && w == b->g->r->survey->w; j++) { /* the order knows */
        const size_t m = tf_sorted_up_to(b->g->order, b->at[j]);
        b->total = tf_sorted_total(b->g->order);
        theta[j] = b->share[j] = m > 0 ? tf_sorted_at(b->g->order, m - 1).cum / b->total : 0;
    }
    if (w == b->g->r->survey->w)
        return TF_OK;
    for (size_t k = 0; k < c->n; k++)
        tf_sum_add(&total, w[c->row[k]]);
    b->total = tf_sum_of(&total);
    for (size_t j = 0; j < b->p; j++) {
        struct tf_sum in = {0};
        for (size_t k = 0; k < c->n; k++)
            if (b->g->y[c->row[k]] <= b->at[j])
                tf_sum_add(&in, w[c->row[k]]);
        theta[j] = b->share[j] = tf_sum_of(&in) / b->total;
    }
    return TF_OK;
}

static void below_linear(void *self, size_t j, double *z)
{
    const struct below *b = self;
    const struct tf_group *c = b->g->cells;
    if (b->by_psu != NULL) {
        for (size_t i = 0; i < b->by_psu->n; i++)
            z[i] = (b->in[j + i * b->p] - b->share[j] * b->all[i]) / b->total;
        return;
    }
    const double at = b->at[j], in = (1 - b->share[j]) / b->total, out = -b->share[j] / b->total;
    if (c->n < b->g->r->survey->n)
        memset(z, 0, b->g->r->survey->n * sizeof *z);
    for (size_t k = 0; k < c->n; k++) {
        const uint32_t row = c->row[k];
        z[row] = b->w[row] * (b->g->y[row] <= at ? in : out);
    }
}

static const bool *below_domain(void *self, size_t j)
{
    const struct below *b = self;
    (void)j;
    return b->by_psu != NULL ? b->seen : b->g->set->mask;
}

/* Weights by PSU, in fixed parts of the cases that threads share. A case goes to the first value it
 * does not exceed (of the values in order; past the last: none), once; then the slots are added up. */
struct gathering {
    const struct below *b;
    const uint32_t *unit;
    double *at;          /* [p] the values in order */
    double *slot[PARTS]; /* [PSUs x (p + 1)] */
    bool *seen[PARTS];
};

static void gather_part(void *context, size_t part)
{
    const struct gathering *t = context;
    const struct below *b = t->b;
    const struct tf_group *c = b->g->cells;
    const double *w = b->g->r->survey->w, *y = b->g->y;
    const size_t p = b->p;
    for (size_t k = c->n * part / PARTS; k < c->n * (part + 1) / PARTS; k++) {
        const uint32_t row = c->row[k], i = t->unit[row];
        size_t above = 0;
        for (size_t j = 0; j < p; j++)
            above += y[row] > t->at[j];
        t->slot[part][i * (p + 1) + above] += w[row];
        t->seen[part][i] = true;
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void gather_psus(struct below *b)
{
    struct tf_arena *a = b->g->r->arena;
    const struct tf_survey *s = b->g->r->survey;
    struct gathering t = {.b = b, .unit = s->stage[0].unit, .at = TF_NEW_N(a, double, b->p)};
    const size_t n = b->by_psu->n, p = b->p;
    memcpy(t.at, b->at, p * sizeof *t.at);
    qsort(t.at, p, sizeof *t.at, by_value);
    for (size_t part = 0; part < PARTS; part++) {
        t.slot[part] = TF_NEW_N(a, double, n * (p + 1));
        t.seen[part] = TF_NEW_N(a, bool, n);
    }
    tf_in_parallel(s->threads, PARTS, gather_part, &t);
    b->in = TF_NEW_N(a, double, n * p);
    b->all = TF_NEW_N(a, double, n);
    b->seen = t.seen[0];
    for (size_t i = 0; i < n; i++) {
        for (size_t above = 0; above <= p; above++) {
            double w = 0;
            for (size_t part = 0; part < PARTS; part++)
                w += t.slot[part][i * (p + 1) + above];
            b->all[i] += w;
            for (size_t j = 0; j < p && above < p; j++)
                b->in[j + i * p] += t.at[above] <= b->at[j] ? w : 0;
        }
        for (size_t part = 1; part < PARTS; part++)
            b->seen[i] = b->seen[i] || t.seen[part][i];
    }
}

static enum tf_code shares_below(const struct group *g, const double *at, size_t p, double *share,
                                 double *v, struct tf_err *reterr)
{
    const struct tf_survey *rows = g->r->survey;
    struct below b = {.g = g, .p = p, .at = at, .share = share,
                      .by_psu = tf_survey_by_psu(g->r->arena, rows)};
    if (b.by_psu != NULL)
        gather_psus(&b);
    const struct tf_statistic s = {
        .p = p, .self = &b, .value = below_value, .linear = below_linear,
        .domain = g->cells->n < rows->n ? below_domain : NULL};
    struct tf_fit fit;
    TF_TRY(tf_survey_fit(g->r->arena, b.by_psu != NULL ? b.by_psu : rows, &s, false, &fit, reterr));
    for (size_t k = 0; k < p; k++) {
        share[k] = fit.theta[k];
        v[k] = fit.v[k + k * p];
    }
    return TF_OK;
}

/* ---- Intervals ---------------------------------------------------------------------------- */

static enum tf_code woodruff(const struct group *g, const char *kind, double p, double share,
                             double v, double q, double *lo, double *hi, struct tf_err *reterr)
{
    const struct tf_share_case c = {.p = share, .v = v, .n = (double)g->cells->n,
                                    .kish = g->cells->sum_w * g->cells->sum_w / g->cells->sum_w2,
                                    .df = g->df, .level = g->level};
    double end[2] = {none, none};
    (void)p;
    (void)q;
    (void)reterr;
    if (share < 1) /* F = 1 at the greatest value: nothing to go by, as in R */
        (void)tf_share_interval(kind, c, &end[0], &end[1]);
    *lo = end[0] >= 0 ? tf_quantile_at(g->rule, g->order, end[0]) : none;
    *hi = end[1] <= 1 ? tf_quantile_at(g->rule, g->order, end[1]) : none;
    return TF_OK;
}

/* (p - F(x)) / se at the value of place k. */
static enum tf_code score_at(const struct group *g, size_t k, double p, double *ret,
                             struct tf_err *reterr)
{
    const double x = tf_sorted_at(g->order, k).x;
    double share, v;
    TF_TRY(shares_below(g, &x, 1, &share, &v, reterr));
    *ret = (p - share) / sqrt(v);
    return TF_OK;
}

static size_t last_of_value(struct tf_sorted *s, size_t k)
{
    return tf_sorted_up_to(s, tf_sorted_at(s, k).x) - 1;
}

/* The value whose score is nearest to `limit`, on one side or the other of where it passes it. */
static enum tf_code score_limit(const struct group *g, double p, double limit, double *ret,
                                struct tf_err *reterr)
{
    const size_t n = tf_sorted_n(g->order);
    const double first = tf_sorted_at(g->order, 0).x, last = tf_sorted_at(g->order, n - 1).x;
    const struct tf_qrule *seven = tf_qrule_named("hf7");
    double *one = TF_NEW_N(g->r->arena, double, g->r->survey->n);
    double low_score, high_score;
    *ret = none;
    for (size_t k = 0; k < g->cells->n; k++)
        one[g->cells->row[k]] = 1;
    struct tf_sorted *plain = tf_sorted_make(g->r->arena, g->y, one, g->cells->row, n, 1);
    const double reach = (tf_quantile_at(seven, plain, .75) - tf_quantile_at(seven, plain, .25)) / 100;
    size_t low = tf_sorted_up_to(g->order, first + reach) - 1;
    size_t high = tf_sorted_up_to(g->order, last - reach);
    if (high < 1 || high - 1 <= low)
        return TF_OK;
    high--;
    TF_TRY(score_at(g, low, p, &low_score, reterr));
    TF_TRY(score_at(g, high, p, &high_score, reterr));
    if (!(low_score > limit && high_score < limit))
        return TF_OK; /* R stops with an error there */
    for (;;) { /* low and high are the last places of their values */
        double score;
        if (last_of_value(g->order, low + 1) == high)
            break;
        size_t middle = last_of_value(g->order, low + 1 + (high - low - 1) / 2);
        if (middle == high) /* the rest is one value: the one before it is next */
            middle = tf_sorted_less(g->order, tf_sorted_at(g->order, high).x) - 1;
        TF_TRY(score_at(g, middle, p, &score, reterr));
        if (score > limit) {
            low = middle;
            low_score = score;
        } else {
            high = middle;
            high_score = score;
        }
    }
    const size_t at = fabs(low_score - limit) < fabs(high_score - limit) ? low : high;
    const size_t m = tf_sorted_up_to(g->order, tf_sorted_at(g->order, at).x);
    *ret = tf_quantile_at(g->rule, g->order, (double)m / (double)n);
    return TF_OK;
}

static enum tf_code score(const struct group *g, const char *kind, double p, double share, double v,
                          double q, double *lo, double *hi, struct tf_err *reterr)
{
    (void)kind;
    (void)share;
    (void)v;
    (void)q;
    TF_TRY(score_limit(g, p, g->t, lo, reterr));
    return score_limit(g, p, -g->t, hi, reterr);
}

/* The quantile itself as a statistic, for replicates. */
struct again {
    const struct group *g;
    double p;
};

static enum tf_code again_value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    const struct again *a = self;
    const struct tf_group *c = a->g->cells;
    struct tf_arena *scratch = tf_arena_new("quantile of a replicate", (size_t)4 << 30);
    uint32_t *row = TF_NEW_N(scratch, uint32_t, c->n + 1);
    size_t n = 0;
    (void)reterr;
    for (size_t k = 0; k < c->n; k++)
        if (w[c->row[k]] > 0)
            row[n++] = c->row[k];
    *theta = n == 0 ? none
                    : tf_quantile_at(a->g->rule, tf_sorted_make(scratch, a->g->y, w, row, n, 1),
                                     a->p);
    tf_arena_free(scratch);
    return TF_OK;
}

static enum tf_code replicated(const struct group *g, const char *kind, double p, double share,
                               double v, double q, double *lo, double *hi, struct tf_err *reterr)
{
    struct again a = {g, p};
    const struct tf_statistic s = {.p = 1, .self = &a, .value = again_value};
    struct tf_fit fit;
    (void)kind;
    (void)share;
    (void)v;
    TF_TRY(tf_survey_fit(g->r->arena, g->r->survey, &s, false, &fit, reterr));
    *lo = q - g->t * sqrt(fit.v[0]);
    *hi = q + g->t * sqrt(fit.v[0]);
    return TF_OK;
}

static const struct interval {
    const char *word;
    enum tf_code (*make)(const struct group *, const char *, double p, double share, double v,
                         double q, double *lo, double *hi, struct tf_err *);
    bool replicates; /* only for them */
    const char *note;
} intervals[] = {
    {"mean", woodruff, false, "mean: Woodruff, by share -+ t se of the share at or below"},
    {"beta", woodruff, false, "beta: Woodruff, by Korn and Graubard's interval of the share"},
    {"xlogit", woodruff, false, "xlogit: Woodruff, by the logit interval of the share"},
    {"asin", woodruff, false, "asin: Woodruff, by the arcsine interval of the share"},
    {"score", score, false, "score: Francisco and Fuller, where the score passes -+ t"},
    {"quantile", replicated, true, "quantile: by the quantile under each replicate"},
};
enum { N_INTERVALS = sizeof intervals / sizeof intervals[0] };

/* ---- The request -------------------------------------------------------------------------- */

struct request {
    struct tf_runner *r;
    const struct tf_ask *ask;
    double *p;
    size_t n_p;
    const struct interval **interval;
    size_t n_intervals;
    const struct tf_qrule *rule;
    struct tf_domain *domain;
    size_t n_domains;
};

static enum tf_code read_quantiles(struct request *q, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(q->ask->at, "quantiles");
    const char **text;
    TF_TRY(tf_yaml_opt_texts(q->r->arena, q->ask->at, "quantiles", &text, &q->n_p, reterr));
    if (q->n_p == 0) {
        q->n_p = 1;
        q->p = TF_NEW_N(q->r->arena, double, 1);
        q->p[0] = .5;
        return TF_OK;
    }
    q->p = TF_NEW_N(q->r->arena, double, q->n_p);
    for (size_t k = 0; k < q->n_p; k++)
        if (!tf_parse_double(text[k], &q->p[k]) || !(q->p[k] > 0 && q->p[k] < 1))
            return tf_yaml_fail(at->kind == TF_YAML_LIST ? at->item[k] : at, reterr,
                                "a quantile lies between 0 and 1, such as 0.5");
    return TF_OK;
}

static enum tf_code read_rule(struct request *q, struct tf_err *reterr)
{
    const char *word;
    struct tf_buf b = {.arena = q->r->arena};
    TF_TRY(tf_yaml_opt_text(q->ask->at, "qrule", "math", &word, reterr));
    q->rule = tf_qrule_named(word);
    if (q->rule != NULL)
        return TF_OK;
    for (size_t k = 0; tf_qrule_word(k) != NULL; k++)
        tf_buf_printf(&b, "%s%s", k > 0 ? ", " : "", tf_qrule_word(k));
    (void)tf_yaml_fail(tf_yaml_get(q->ask->at, "qrule"), reterr,
                       "there is no rule of quantiles '%s'", word);
    return tf_help(reterr, "Write one of: %s.", tf_buf_text(&b));
}

static enum tf_code read_intervals(struct request *q, struct tf_err *reterr)
{
    const char *key = tf_yaml_get(q->ask->at, "interval") != NULL ? "interval" : "ci";
    const struct tf_yaml *at = tf_yaml_get(q->ask->at, key);
    const bool replicates = q->r->survey->kind == TF_BY_REPLICATES;
    const char **word;
    size_t n;
    TF_TRY(tf_yaml_opt_texts(q->r->arena, q->ask->at, key, &word, &n, reterr));
    q->interval = TF_NEW_N(q->r->arena, const struct interval *, n + 1);
    q->interval[0] = &intervals[0];
    for (size_t k = 0; k < n; k++) {
        q->interval[k] = NULL;
        for (size_t j = 0; j < N_INTERVALS; j++)
            if (strcmp(intervals[j].word, word[k]) == 0 && (replicates || !intervals[j].replicates))
                q->interval[k] = &intervals[j];
        if (q->interval[k] != NULL)
            continue;
        (void)tf_yaml_fail(at->kind == TF_YAML_LIST ? at->item[k] : at, reterr,
                           "there is no interval '%s' for a quantile%s", word[k],
                           strcmp(word[k], "quantile") == 0 ? " without replicate weights" : "");
        return tf_help(reterr, "Write one of: mean, beta, xlogit, asin, score; with replicate "
                               "weights also quantile.");
    }
    q->n_intervals = n > 0 ? n : 1;
    return TF_OK;
}

static struct tf_item *new_item(const struct request *q, struct tf_result *out,
                                const struct group *g, size_t v, size_t d)
{
    struct tf_item *item = tf_result_item(q->r, out);
    size_t col = tf_table_find(q->r->t, q->ask->var[v]);
    item->var = q->ask->var[v];
    item->var_label = q->r->t->col[col].label;
    item->by = q->domain[d].by;
    item->n_by = item->by != NULL ? q->ask->n_by : 0;
    item->n = item->base = g->cells->n;
    item->psu = g->cells->psu;
    item->base_weighted = g->cells->sum_w;
    item->df = g->df;
    item->flags = q->r->t->flags | q->r->t->col[col].flags;
    return item;
}

static enum tf_code finish_item(const struct request *q, const struct group *g,
                                struct tf_item *item, double p, double share, double v,
                                struct tf_err *reterr)
{
    const struct tf_group *c = g->cells;
    const bool df0 = !(g->df >= 1) || c->psu == 1;
    item->quantile = p;
    item->flags |= (unsigned)((c->n == 0 ? TF_EST_EMPTY : 0) | (df0 ? TF_EST_DF0 : 0) |
                              (c->lonely ? TF_EST_LONELY : 0))
                   << 8;
    if (c->n > 0)
        item->estimate = tf_quantile_at(g->rule, g->order, p);
    for (size_t k = 0; k < q->n_intervals; k++) {
        const struct interval *m = q->interval[k];
        double lo = none, hi = none;
        if (c->n > 0 && !df0)
            TF_TRY(m->make(g, m->word, p, share, v, item->estimate, &lo, &hi, reterr));
        tf_item_add_ci(q->r, item, m->word, lo, hi);
        if (k == 0)
            item->se = (hi - lo) / (2 * g->t);
    }
    tf_presentation(q->r->arena, q->ask->flags, item, TF_OF_MEAN, 0, q->ask->level);
    return TF_OK;
}

static enum tf_code run_group(const struct request *q, struct tf_result *out, const double *y,
                              const bool *answered, size_t v, size_t d, struct tf_err *reterr)
{
    struct tf_runner *r = q->r;
    struct group g = {.r = r, .y = y, .rule = q->rule, .level = q->ask->level};
    double *at = TF_NEW_N(r->arena, double, q->n_p), *share = TF_NEW_N(r->arena, double, q->n_p),
           *var = TF_NEW_N(r->arena, double, q->n_p);
    g.set = tf_group_set_new(r->arena, r->survey);
    g.cells = tf_groups_add(g.set, (struct tf_group){.kind = TF_CELL_MEAN, .n_cells = 1, .y = y},
                           q->domain[d].in, q->domain[d].n, answered);
    for (size_t k = 0; k < g.cells->n; k++)
        g.set->mask[g.cells->row[k]] = true;
    g.df = tf_ask_df(r, q->ask, g.set->mask);
    g.t = qt((1 - g.level) / 2, g.df, 0, 0);
    if (g.cells->n > 0) {
        g.order = tf_sorted_make(r->arena, y, r->survey->w, g.cells->row, g.cells->n,
                                 r->survey->threads);
        for (size_t k = 0; k < q->n_p; k++)
            at[k] = tf_quantile_at(q->rule, g.order, q->p[k]);
        TF_TRY(shares_below(&g, at, q->n_p, share, var, reterr));
    }
    for (size_t k = 0; k < q->n_p; k++)
        TF_TRY(finish_item(q, &g, new_item(q, out, &g, v, d), q->p[k], share[k], var[k], reterr));
    return TF_OK;
}

static void add_notes(const struct request *q, struct tf_result *out, const char *rule)
{
    tf_result_note(q->r, out, tf_printf(q->r->arena, "quantile rule: %s", rule));
    for (size_t k = 0; k < q->n_intervals; k++)
        tf_result_note(q->r, out, q->interval[k]->note);
    tf_result_note(q->r, out, tf_ask_df_note(q->r->arena, q->ask));
    tf_result_note(q->r, out, "df are counted among the cases that answered; se is the width of the "
                              "first interval / 2 t");
    for (size_t k = 0; k < q->n_intervals; k++)
        if (q->interval[k]->replicates)
            tf_result_note(q->r, out, "jackknife replicates give no valid error of a quantile");
}

enum tf_code tf_run_quantile(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                             struct tf_err *reterr)
{
    struct request q = {.r = r, .ask = ask};
    const char *rule;
    size_t *col;
    TF_TRY(tf_presentation_check(ask, reterr));
    TF_TRY(read_quantiles(&q, reterr));
    TF_TRY(read_rule(&q, reterr));
    TF_TRY(read_intervals(&q, reterr));
    TF_TRY(tf_ask_vars(r, ask, &col, reterr));
    TF_TRY(tf_domains_make(r, ask, &q.domain, &q.n_domains, reterr));
    for (size_t v = 0; v < ask->n_vars; v++) {
        const double *y;
        TF_TRY(tf_ask_values(r, ask->at, ask->var[v], &y, reterr));
        const bool *answered = tf_answered(r->arena, r->t, ask->listwise ? col : &col[v],
                                           ask->listwise ? ask->n_vars : 1);
        for (size_t d = 0; d < q.n_domains; d++)
            TF_TRY(run_group(&q, out, y, answered, v, d, reterr));
    }
    TF_TRY(tf_yaml_opt_text(ask->at, "qrule", "math", &rule, reterr));
    add_notes(&q, out, rule);
    return TF_OK;
}
