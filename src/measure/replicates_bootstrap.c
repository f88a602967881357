/* Bootstraps: samples drawn again from the sample, as often as asked (`replicates`, default 500).
 *
 *     bootstrap_rw   Rao & Wu (1988, J. Am. Stat. Assoc. 83, 231-241; Rao, Wu & Yue 1992): of the
 *                    n_h PSUs of a stratum n_h - 1 are drawn with replacement; a PSU drawn t times
 *                    counts t n_h / (n_h - 1).   V = 1 / (R - 1) sum_r (theta_r - centre)^2
 *     bootstrap_cd   Canty & Davison (1999, The Statistician 48, 379-391): n_h draws with
 *                    replacement, or, with population sizes, without replacement from N_h copies of
 *                    the PSUs (floor or ceiling of N_h / n_h each). A PSU drawn t times counts t.
 *                    V = k / ((k - 1)(R - 1)) sum_r ..., k the harmonic mean of the n_h
 *     mrb            Preston's multistage rescaled bootstrap (2009, Survey Methodology 35,
 *                    227-234), for samples without replacement at each stage. In a stratum
 *                    n* = floor(n / 2) units are kept without replacement; with
 *                    l_s = sqrt(F (n* (1 - f) / (n - n*))), F the product of the fractions of the
 *                    stages before, the multiplier is
 *                        1 + sum over stages s of
 *                            (product of sqrt(n / n*) kept over the stages before)
 *                            l_s (kept n / n* - 1)
 *                    V = 1 / (R - 1) sum_r ...
 *
 * As R survey 4.1 (subbootstrap, bootstrap, mrbbootstrap), but for the random numbers: replicate r
 * comes from the stream named "SEED/bootstrap/r", on any machine and any number of threads,
 * whichever replicate is asked first. A stratum of one PSU stays as it is (multiplier 1). Finite
 * populations enter through cd and mrb only. */
#include <math.h>
#include <string.h>

#include "measure/replicates.h"

struct bootstrap {
    const struct tf_survey *s;
    const char *seed;
    struct tf_units *units; /* [stages] */
    uint32_t *copies;       /* [n_units] of stage 1, cd with population sizes; else NULL */
    size_t n_levels;        /* stages, for mrb */
};

static struct tf_rng stream(const struct bootstrap *b, size_t r)
{
    char name[300], digits[24];
    size_t n = strlen(b->seed), m = 0;
    memcpy(name, b->seed, n);
    memcpy(name + n, "/bootstrap/", 11);
    n += 11;
    do
        digits[m++] = (char)('0' + r % 10);
    while ((r /= 10) > 0);
    while (m > 0)
        name[n++] = digits[--m];
    name[n] = '\0';
    return tf_rng_named(name);
}

/* ---- Draws with replacement, and from copies ------------------------------------------------ */

static void rao_wu(const struct tf_replicates *rep, size_t r, double *m)
{
    const struct bootstrap *b = rep->self;
    const struct tf_units *u = &b->units[0];
    struct tf_rng rng = stream(b, r);
    memset(m, 0, u->n_units * sizeof *m);
    for (size_t h = 0; h < u->n_strata; h++) {
        const uint32_t *unit = u->unit + u->start[h], n = u->start[h + 1] - u->start[h];
        for (uint32_t k = 0; k + 1 < n; k++)
            m[unit[tf_rng_below(&rng, n)]] += 1;
        for (uint32_t k = 0; k < n; k++)
            m[unit[k]] = n == 1 ? 1 : m[unit[k]] * n / (n - 1.0);
    }
}

/* n of the copies, without replacement: a PSU is met in proportion to its copies, and taken in
 * proportion to those that are left. */
static void
from_copies(struct tf_rng *rng, const uint32_t *unit, uint32_t n, const uint32_t *copies, double *m)
{
    uint32_t most = 0;
    for (uint32_t k = 0; k < n; k++)
        most = copies[unit[k]] > most ? copies[unit[k]] : most;
    for (uint32_t taken = 0; taken < n;) {
        const uint32_t i = unit[tf_rng_below(rng, n)];
        if (tf_rng_below(rng, most) >= copies[i] - (uint32_t)m[i])
            continue;
        m[i] += 1;
        taken++;
    }
}

static void canty_davison(const struct tf_replicates *rep, size_t r, double *m)
{
    const struct bootstrap *b = rep->self;
    const struct tf_units *u = &b->units[0];
    struct tf_rng rng = stream(b, r);
    memset(m, 0, u->n_units * sizeof *m);
    for (size_t h = 0; h < u->n_strata; h++) {
        const uint32_t *unit = u->unit + u->start[h], n = u->start[h + 1] - u->start[h];
        if (b->copies != NULL && b->copies[unit[0]] > 0)
            from_copies(&rng, unit, n, b->copies, m);
        else
            for (uint32_t k = 0; k < n; k++)
                m[unit[tf_rng_below(&rng, n)]] += 1;
    }
}

/* ---- Multistage ----------------------------------------------------------------------------- */

/* One stratum of one stage: who is kept, and what the stage adds to each unit's multiplier.
 * Selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S). before: fractions of the stages before;
 * grown: the product of sqrt(n / n*) of the kept units above, 0 where one was not kept. */
static void keep_half(struct tf_rng *rng, const uint32_t *unit, uint32_t n, double f, double before,
                      double grown, double *kept, double *add)
{
    const uint32_t half = n / 2;
    if (half == 0 || !(grown > 0)) {
        for (uint32_t k = 0; k < n; k++)
            add[unit[k]] = 0; /* and nobody below is kept: the scratch holds zeros */
        return;
    }
    const double lambda = sqrt(before * half * (1 - f) / (n - half));
    uint32_t wanted = half;
    for (uint32_t k = 0; k < n; k++) {
        const bool take = tf_rng_below(rng, n - k) < wanted;
        wanted -= take;
        if (kept != NULL && take)
            kept[unit[k]] = grown * sqrt((double)n / half);
        add[unit[k]] = grown * lambda * ((take ? (double)n / half : 0) - 1);
    }
}

struct floor { /* what a stage hands to the next, by unit */
    double *kept, *share, *sum;
};

static struct floor one_floor(const struct bootstrap *b, size_t l, struct tf_rng *rng,
                              const struct floor *above, struct floor here)
{
    const struct tf_stage *st = &b->s->stage[l];
    const struct tf_units *u = &b->units[l];
    for (uint32_t h = 0; h < u->n_strata; h++) {
        const uint32_t *unit = u->unit + u->start[h], n = u->start[h + 1] - u->start[h];
        const uint32_t up = l > 0 ? st->unit_parent[unit[0]] : 0;
        const double f = tf_stage_fraction(st, h), before = l > 0 ? above->share[up] : 1;
        keep_half(rng, unit, n, f, before, l > 0 ? above->kept[up] : 1, here.kept, here.sum);
        for (uint32_t k = 0; k < n; k++) {
            here.sum[unit[k]] += l > 0 ? above->sum[up] : 1;
            if (here.share != NULL)
                here.share[unit[k]] = before * f;
        }
    }
    return here;
}

static void preston(const struct tf_replicates *rep, size_t r, double *m)
{
    const struct bootstrap *b = rep->self;
    struct tf_rng rng = stream(b, r);
    struct floor above = {.kept = NULL};
    /* one stage needs no scratch, and may be asked from several threads */
    struct tf_arena *scratch = b->n_levels > 1 ? tf_arena_new("bootstrap", (size_t)1 << 32) : NULL;
    for (size_t l = 0; l < b->n_levels; l++) {
        const size_t n = b->s->stage[l].n_units;
        struct floor here = {.sum = m};
        if (l + 1 < b->n_levels)
            here = (struct floor){TF_NEW_N(scratch, double, n), TF_NEW_N(scratch, double, n),
                                  TF_NEW_N(scratch, double, n)};
        above = one_floor(b, l, &rng, &above, here);
    }
    tf_arena_free(scratch);
}

/* Columns of random numbers are independent as soon as there are clearly more free rows than
 * columns; each stratum binds one row (its multipliers add up). */
static size_t rank(struct tf_arena *scratch, const struct tf_replicates *rep, const bool *seen)
{
    const struct bootstrap *b = rep->self;
    const struct tf_stage *st = &b->s->stage[0];
    bool *met = TF_NEW_N(scratch, bool, st->n_strata);
    size_t units = 0, strata = 0;
    for (size_t i = 0; i < st->n_units && rep->stage == 0; i++) {
        const uint32_t h = st->unit_stratum[i];
        if (!seen[i])
            continue;
        units++;
        strata += !met[h];
        met[h] = true;
    }
    return units > strata + rep->count + 50 ? rep->count : SIZE_MAX;
}

/* ---- Reading -------------------------------------------------------------------------------- */

static enum tf_code begin(const struct tf_replicates_reader *r, struct bootstrap **ret,
                          size_t *ret_count, struct tf_err *reterr)
{
    struct bootstrap *b = TF_NEW(r->s->arena, struct bootstrap);
    double count;
    TF_TRY(tf_yaml_opt_number(r->at, "replicates", 500, &count, reterr));
    TF_TRY(tf_yaml_opt_text(r->at, "seed", "replicates", &b->seed, reterr));
    if (!(count >= 2) || !(count <= 100000) || count > floor(count)) {
        (void)tf_yaml_fail(tf_yaml_get(r->at, "replicates"), reterr,
                           "`replicates` is not a whole number from 2 to 100,000");
        return tf_help(reterr, "200 to 1,000 are usual.");
    }
    if (strlen(b->seed) > 200)
        return tf_yaml_fail(tf_yaml_get(r->at, "seed"), reterr, "the seed is over 200 bytes long");
    b->s = r->s;
    b->n_levels = r->s->one_stage ? 1 : r->s->n_stages;
    b->units = TF_NEW_N(r->s->arena, struct tf_units, b->n_levels);
    for (size_t l = 0; l < b->n_levels; l++)
        b->units[l] = tf_units_by_stratum(r->s->arena, &r->s->stage[l]);
    r->rep->self = b;
    r->rep->rank = rank;
    *ret = b;
    *ret_count = (size_t)count;
    return TF_OK;
}

static void say(const struct tf_replicates_reader *r, const char *name, const struct bootstrap *b)
{
    tf_buf_printf(r->text, "%s, %zu replicates, seed '%s'", name, r->rep->count, b->seed);
}

enum tf_code tf_replicates_rao_wu(const struct tf_replicates_reader *r, struct tf_err *reterr)
{
    struct bootstrap *b;
    size_t count;
    TF_TRY(begin(r, &b, &count, reterr));
    r->rep->multiplier = rao_wu;
    tf_replicates_plain(r, count, 1 / ((double)count - 1));
    say(r, "Rao-Wu bootstrap (n - 1 PSUs of a stratum)", b);
    return TF_OK;
}

/* How often a PSU stands in the population that is drawn from: N_h / n_h, and one more for a random
 * choice of them, the same in all replicates. */
static void make_copies(struct bootstrap *b)
{
    const struct tf_stage *st = &b->s->stage[0];
    struct tf_rng rng = stream(b, 0);
    b->copies = TF_NEW_N(b->s->arena, uint32_t, st->n_units);
    for (size_t h = 0; h < st->n_strata; h++) {
        if (!isfinite(st->population[h]))
            continue;
        const uint32_t *unit = b->units[0].unit + b->units[0].start[h];
        const uint32_t n = st->stratum_units[h];
        const double all = floor(st->population[h] + 1e-9);
        const uint32_t each = (uint32_t)fmin(all / n, 1e9);
        uint32_t more = (uint32_t)fmin(all - (double)each * n, n - 1.0);
        for (uint32_t k = 0; k < n; k++) {
            const bool one_more = tf_rng_below(&rng, n - k) < more;
            more -= one_more;
            b->copies[unit[k]] = each + one_more;
        }
    }
}

enum tf_code
tf_replicates_canty_davison(const struct tf_replicates_reader *r, struct tf_err *reterr)
{
    struct bootstrap *b;
    size_t count;
    double inverse = 0;
    const struct tf_stage *st = &r->s->stage[0];
    TF_TRY(begin(r, &b, &count, reterr));
    make_copies(b);
    for (size_t h = 0; h < st->n_strata; h++)
        inverse += 1.0 / st->stratum_units[h] / (double)st->n_strata;
    if (!(inverse < 1)) {
        (void)tf_yaml_fail(r->at, reterr, "every stratum has one PSU");
        return tf_help(reterr, "The bootstrap needs strata of two PSUs or more.");
    }
    r->rep->multiplier = canty_davison;
    tf_replicates_plain(r, count, 1 / ((1 - inverse) * ((double)count - 1)));
    say(r, "Canty-Davison bootstrap", b);
    return TF_OK;
}

enum tf_code tf_replicates_preston(const struct tf_replicates_reader *r, struct tf_err *reterr)
{
    struct bootstrap *b;
    size_t count;
    TF_TRY(begin(r, &b, &count, reterr));
    r->rep->multiplier = preston;
    r->rep->stage = b->n_levels - 1;
    tf_replicates_plain(r, count, 1 / ((double)count - 1));
    say(r, "Preston's multistage rescaled bootstrap", b);
    return TF_OK;
}
