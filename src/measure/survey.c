/* From a statistic to its variance.
 *
 * A statistic knows its value under any weights, and its linearised variable at the weights of the
 * sample (survey.h). Here the two meet the design: a linearised survey asks for each linearised
 * variable once and lets the file of its kind (variance_stages.c, variance_pps.c,
 * variance_phases.c) gather them; a replicated one asks for the value again under each replicate's
 * weights (replicates.c). Weights that were calibrated vary less than the design says: then the
 * residual on what they were calibrated to varies instead (Särndal, Swensson & Wretman 1992, 6.6).
 *
 * A number that is NaN has no variance: NaN. Degrees of freedom: PSUs minus strata where the domain
 * has cases, as R survey's degf(subset(design, domain)). */
#include <math.h>
#include <string.h>

#include "measure/replicates.h"
#include "measure/variance.h"

static struct tf_arena *scratch_new(void)
{
    return tf_arena_new("variance", (size_t)8 << 30);
}

static void spread_begin(struct tf_arena *scratch, struct tf_spread *sp)
{
    switch (sp->s->kind) {
    case TF_BY_PPS: tf_spread_pps(scratch, sp); break;
    case TF_BY_PHASES: tf_spread_phases(scratch, sp); break;
    case TF_BY_STAGES:
    case TF_BY_REPLICATES: tf_spread_stages(scratch, sp); break;
    }
}

/* ---- Variance ------------------------------------------------------------------------------- */

enum tf_code tf_survey_variance(struct tf_arena *arena, const struct tf_survey *s, const double *z,
                                size_t p, const bool *domain, double *ret_v, struct tf_err *reterr)
{
    (void)arena;
    if (s->kind == TF_BY_REPLICATES)
        return tf_fail(reterr, TF_E_BUG, "replicate weights have no linearised variance");
    struct tf_arena *scratch = scratch_new();
    struct tf_spread sp = {.s = s, .p = p, .full = true};
    const bool *in[TF_SPREAD_BATCH];
    double *batch = TF_NEW_N(scratch, double, s->n * TF_SPREAD_BATCH);
    for (size_t k = 0; k < TF_SPREAD_BATCH; k++)
        in[k] = domain;
    spread_begin(scratch, &sp);
    for (size_t k = 0; k < p; k += TF_SPREAD_BATCH) {
        const size_t m = p - k < TF_SPREAD_BATCH ? p - k : TF_SPREAD_BATCH;
        memcpy(batch, z + k * s->n, m * s->n * sizeof *batch);
        for (size_t j = 0; j < m && s->n_calibrated > 0; j++)
            tf_calibrated_residual(s, batch + j * s->n);
        sp.take(&sp, k, batch, m, in);
    }
    sp.end(&sp, ret_v);
    tf_arena_free(scratch);
    return TF_OK;
}

/* The linearised variables of the numbers first..first + m - 1 into z. */
static void gather(const struct tf_survey *s, const struct tf_statistic *statistic,
                   const double *theta, size_t first, size_t m, double *z, const bool **domain)
{
    for (size_t j = 0; j < m; j++) {
        double *column = z + j * s->n;
        domain[j] =
            statistic->domain != NULL ? statistic->domain(statistic->self, first + j) : NULL;
        if (isnan(theta[first + j])) {
            memset(column, 0, s->n * sizeof *column);
            continue;
        }
        statistic->linear(statistic->self, first + j, column);
        if (s->n_calibrated > 0)
            tf_calibrated_residual(s, column);
    }
}

static void linearised(struct tf_arena *scratch, const struct tf_survey *s,
                       const struct tf_statistic *statistic, struct tf_fit *fit)
{
    struct tf_spread sp = {.s = s, .p = fit->p, .full = fit->full};
    const bool *domain[TF_SPREAD_BATCH];
    spread_begin(scratch, &sp);
    /* a statistic may lend one mask for all its domains: where they matter they go one by one */
    const size_t most = sp.by_domain || s->threads < 2 ? 1 : TF_SPREAD_BATCH;
    const size_t batch = most < fit->p ? most : fit->p;
    double *z = TF_NEW_N(scratch, double, s->n * batch);
    for (size_t k = 0; k < fit->p; k += batch) {
        const size_t m = fit->p - k < batch ? fit->p - k : batch;
        gather(s, statistic, fit->theta, k, m, z, domain);
        sp.take(&sp, k, z, m, domain);
    }
    sp.end(&sp, fit->v);
    fit->lonely = sp.lonely;
    for (size_t k = 0; k < fit->p; k++)
        for (size_t j = 0; j < fit->p && isnan(fit->theta[k]); j++)
            fit->v[j + k * fit->p] = fit->v[k + j * fit->p] = (double)NAN;
}

enum tf_code tf_survey_fit(struct tf_arena *arena, const struct tf_survey *s,
                           const struct tf_statistic *statistic, bool full, struct tf_fit *ret,
                           struct tf_err *reterr)
{
    const size_t p = statistic->p;
    struct tf_fit fit = {.p = p, .full = full};
    fit.theta = TF_NEW_N(arena, double, p);
    fit.v = TF_NEW_N(arena, double, p *p);
    TF_TRY(statistic->value(statistic->self, s->w, fit.theta, reterr));
    if (s->kind == TF_BY_REPLICATES)
        TF_TRY(tf_replicates_fit(s, statistic, &fit, reterr));
    else {
        struct tf_arena *scratch = scratch_new();
        linearised(scratch, s, statistic, &fit);
        tf_arena_free(scratch);
    }
    *ret = fit;
    return TF_OK;
}

/* ---- Counts --------------------------------------------------------------------------------- */

enum { PARTS = 4, MANY_ROWS = 65536 };

struct counting { /* fixed parts of the rows; what they count are whole numbers */
    const double *w;
    const bool *domain;
    const struct tf_stage *st;
    const uint32_t *at; /* of a second phase: its rows */
    size_t n, parts;
    bool *unit[PARTS]; /* [n_units] has cases */
    size_t cases[PARTS];
};

static void count_part(void *context, size_t part)
{
    struct counting *c = context;
    const uint32_t *unit = c->st->unit;
    bool *seen = c->unit[part];
    size_t cases = 0;
    for (size_t k = c->n * part / c->parts; k < c->n * (part + 1) / c->parts; k++) {
        const size_t row = c->at != NULL ? c->at[k] : k;
        if (!tf_in_sample(c->w[row]) || (c->domain != NULL && !c->domain[row]))
            continue;
        cases++;
        seen[unit[k]] = true;
    }
    c->cases[part] = cases;
}

struct tf_tally
tf_survey_count(struct tf_arena *arena, const struct tf_survey *s, const bool *domain)
{
    (void)arena;
    struct counting c = {.w = s->w, .domain = domain, .st = &s->stage[0], .n = s->n};
    if (s->kind == TF_BY_PHASES)
        c.st = tf_phases_stage(s, &c.at, &c.n);
    const struct tf_stage *st = c.st;
    c.parts = s->threads > 1 && c.n >= MANY_ROWS && st->n_units < c.n / 16 ? PARTS : 1;
    struct tf_tally t = {0};
    struct tf_arena *scratch = scratch_new();
    bool *stratum = TF_NEW_N(scratch, bool, st->n_strata);
    for (size_t part = 0; part < c.parts; part++)
        c.unit[part] = TF_NEW_N(scratch, bool, st->n_units);
    tf_in_parallel(s->threads, c.parts, count_part, &c);
    for (size_t part = 0; part < c.parts; part++)
        t.n += c.cases[part];
    for (size_t u = 0; u < st->n_units; u++) {
        bool seen = false;
        for (size_t part = 0; part < c.parts; part++)
            seen = seen || c.unit[part][u];
        if (!seen)
            continue;
        t.psu++;
        t.strata += !stratum[st->unit_stratum[u]];
        stratum[st->unit_stratum[u]] = true;
    }
    tf_arena_free(scratch);
    return t;
}

double tf_survey_df(struct tf_arena *arena, const struct tf_survey *s, const bool *domain)
{
    if (s->kind == TF_BY_REPLICATES)
        return tf_replicates_df(s, domain);
    const struct tf_tally t = tf_survey_count(arena, s, domain);
    return (double)t.psu - (double)t.strata;
}
