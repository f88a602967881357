/* quantile: weighted quantiles with their intervals, as R survey 4.1 svyquantile.
 *
 *     - {stat: quantile, vars: [income], quantiles: [0.25, 0.5], interval: mean, qrule: math}
 *
 * The rules from p to a value are in quantile_rule.c. Intervals of a quantile q(p), t with df where
 * the domain has cases that answered:
 *
 *     mean, xlogit, asin, beta   Woodruff (1952, JASA 47, 635-646): F, the share of cases with
 *               y <= q(p), has an interval of that kind (intervals.c); its two ends go back through
 *               the rule. An end outside 0..1 gives no limit
 *     score     Francisco & Fuller (1991, Ann. Statist. 19, 454-469): the values at which (p - F) /
 *     se(F)
 *               passes +t and -t. F is a step function: we look at its steps, R by root search, and
 *               of the two sides of a step both take the nearer to t. As in R the value goes back
 *               through the rule by its unweighted share of cases
 *     quantile  for replicate weights: the quantile again under each replicate; -+ t se. Not valid
 *     for
 *               jackknives, which R warns of and so do we
 *
 * Except for `quantile`, se = (hi - lo) / (2 t). Several intervals may be asked for; se is of the
 * first. Quantiles have no covariances here, so contrasts cannot be made of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/groups.h"
#include "measure/quantile.h"

static const double none = (double)NAN;

/* ---- Intervals ---------------------------------------------------------------------------- */

static enum tf_code woodruff(const struct tf_quantile_group *g, const char *kind, double p,
                             double share, double v, double q, double *lo, double *hi,
                             struct tf_err *reterr)
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
static enum tf_code score_at(const struct tf_quantile_group *g, size_t k, double p, double *ret,
                             struct tf_err *reterr)
{
    const double x = tf_sorted_at(g->order, k).x;
    double share, v;
    TF_TRY(tf_shares_below(g, &x, 1, &share, &v, reterr));
    *ret = (p - share) / sqrt(v);
    return TF_OK;
}

static size_t last_of_value(struct tf_sorted *s, size_t k)
{
    return tf_sorted_up_to(s, tf_sorted_at(s, k).x) - 1;
}

/* The value whose score is nearest to `limit`, on one side or the other of where it passes it. */
static enum tf_code score_limit(const struct tf_quantile_group *g, double p, double limit,
                                double *ret, struct tf_err *reterr)
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
    const double reach =
        (tf_quantile_at(seven, plain, .75) - tf_quantile_at(seven, plain, .25)) / 100;
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

static enum tf_code score(const struct tf_quantile_group *g, const char *kind, double p,
                          double share, double v, double q, double *lo, double *hi,
                          struct tf_err *reterr)
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
    const struct tf_quantile_group *g;
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

static enum tf_code replicated(const struct tf_quantile_group *g, const char *kind, double p,
                               double share, double v, double q, double *lo, double *hi,
                               struct tf_err *reterr)
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
    enum tf_code (*make)(const struct tf_quantile_group *, const char *, double p, double share,
                         double v, double q, double *lo, double *hi, struct tf_err *);
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
                                const struct tf_quantile_group *g, size_t v, size_t d)
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

static enum tf_code finish_item(const struct request *q, const struct tf_quantile_group *g,
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
    struct tf_quantile_group g = {.r = r, .y = y, .rule = q->rule, .level = q->ask->level};
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
        TF_TRY(tf_shares_below(&g, at, q->n_p, share, var, reterr));
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
    tf_result_note(q->r, out, "df are counted among the cases that answered; se is the width of "
                              "the first interval / 2 t");
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
