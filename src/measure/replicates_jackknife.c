/* The jackknife: leave out one PSU at a time.
 *
 *     jk1   one stratum of n PSUs. Replicate r: PSU r counts 0, the others n / (n - 1).
 *           V = (1 - f) (n - 1) / n  sum_r (theta_r - centre)^2
 *     jkn   strata of n_h PSUs. Replicate r leaves out one PSU of stratum h: the others of the
 *           stratum count n_h / (n_h - 1), other strata 1; its rscale is (1 - f_h)(n_h - 1) / n_h.
 *           Without strata it is jk1
 *
 * f is the sampling fraction of the first stage, where `fpc` tells it; later stages do not enter.
 * Strata sampled in full have no replicates. Lonely PSUs in jkn, as R survey's jknweights:
 *
 *     remove, certainty   no replicate
 *     average             no replicate; V is multiplied by (PSUs / replicates)
 *     adjust              a replicate in which the PSU counts 0 and all others H / (H - 1), H the
 *                         number of strata; its rscale is (H - 1) / H
 *
 * Sources: Wolter (2007), ch. 4; R survey 4.1. */
#include "measure/replicates.h"

struct jackknife {
    const struct tf_stage *st;
    uint32_t *left_out; /* [count] the PSU of a replicate */
    uint32_t *group;    /* [n_units] stratum, n_strata where no replicate leaves a PSU out */
    bool *alone;        /* [n_units] a lonely PSU with a replicate */
    size_t n_alone;
};

static void multiplier(const struct tf_replicates *rep, size_t r, double *m)
{
    const struct jackknife *j = rep->self;
    const struct tf_stage *st = j->st;
    const uint32_t out = j->left_out[r], h = st->unit_stratum[out];
    const double n = st->stratum_units[h], strata = (double)st->n_strata;
    const double inside = n / (n - 1), outside = j->alone[out] ? strata / (strata - 1) : 1;
    for (uint32_t i = 0; i < st->n_units; i++)
        m[i] = st->unit_stratum[i] == h ? inside : outside;
    m[out] = 0;
}

size_t tf_rank_of_groups(struct tf_arena *scratch, const bool *seen, const uint32_t *group,
                         size_t n_units, size_t n_groups)
{
    uint32_t *all = TF_NEW_N(scratch, uint32_t, n_groups + 1);
    uint32_t *here = TF_NEW_N(scratch, uint32_t, n_groups + 1);
    size_t rank = 0;
    for (size_t i = 0; i < n_units; i++) {
        all[group[i]]++;
        here[group[i]] += seen[i];
    }
    bool one = here[n_groups] > 0;
    for (size_t g = 0; g < n_groups; g++) {
        const bool full = here[g] > 0 && here[g] == all[g];
        rank += here[g] - (full ? 1 : 0);
        one = one || full;
    }
    return rank + (one ? 1 : 0);
}

/* A lonely PSU that is left out points its own way, and is no part of a group. */
static size_t rank(struct tf_arena *scratch, const struct tf_replicates *rep, const bool *seen)
{
    const struct jackknife *j = rep->self;
    const size_t n = j->st->n_units;
    bool *grouped = TF_NEW_N(scratch, bool, n);
    uint32_t *group = TF_NEW_N(scratch, uint32_t, n);
    size_t alone = 0, m = 0;
    for (size_t i = 0; i < n; i++) {
        alone += j->alone[i] && seen[i];
        if (j->alone[i])
            continue;
        grouped[m] = seen[i];
        group[m++] = j->group[i];
    }
    return alone + tf_rank_of_groups(scratch, grouped, group, m, j->st->n_strata);
}

static struct jackknife *begin(const struct tf_replicates_reader *r)
{
    struct tf_arena *arena = r->s->arena;
    struct jackknife *j = TF_NEW(arena, struct jackknife);
    j->st = &r->s->stage[0];
    j->left_out = TF_NEW_N(arena, uint32_t, j->st->n_units);
    j->group = TF_NEW_N(arena, uint32_t, j->st->n_units);
    j->alone = TF_NEW_N(arena, bool, j->st->n_units);
    r->rep->rscales = TF_NEW_N(arena, double, j->st->n_units);
    r->rep->scale = 1;
    r->rep->self = j;
    r->rep->multiplier = multiplier;
    r->rep->rank = rank;
    return j;
}

static void
leave_out(const struct tf_replicates_reader *r, struct jackknife *j, uint32_t unit, double rscale)
{
    j->left_out[r->rep->count] = unit;
    r->rep->rscales[r->rep->count++] = rscale;
}

enum tf_code tf_replicates_jk1(const struct tf_replicates_reader *r, struct tf_err *reterr)
{
    const struct tf_stage *st = &r->s->stage[0];
    if (st->n_strata > 1) {
        (void)tf_yaml_fail(r->at, reterr, "jk1 knows no strata, and the design has %zu",
                           st->n_strata);
        return tf_help(reterr, "Choose `type: jkn`.");
    }
    struct jackknife *j = begin(r);
    const double n = (double)st->n_units, f = tf_stage_fraction(st, 0);
    r->rep->scale = (1 - f) * (n - 1) / n;
    for (uint32_t i = 0; i < st->n_units; i++)
        leave_out(r, j, i, 1);
    tf_buf_printf(r->text, "jackknife (jk1), %zu replicates", r->rep->count);
    return TF_OK;
}

/* The replicates of one stratum; unit: its PSUs. */
static void one_stratum(const struct tf_replicates_reader *r, struct jackknife *j, uint32_t h,
                        const uint32_t *unit)
{
    const struct tf_stage *st = j->st;
    const uint32_t n = st->stratum_units[h];
    const double f = tf_stage_fraction(st, h), strata = (double)st->n_strata;
    const bool census = 1 - f < 1e-7, lonely = n == 1;
    for (uint32_t k = 0; k < n; k++)
        j->group[unit[k]] = census || lonely ? (uint32_t)st->n_strata : h;
    if (census || (lonely && r->s->lonely != TF_LONELY_ADJUST))
        return;
    j->alone[unit[0]] = lonely;
    for (uint32_t k = 0; k < n; k++)
        leave_out(r, j, unit[k], lonely ? (strata - 1) / strata : (1 - f) * (n - 1.0) / n);
}

enum tf_code tf_replicates_jkn(const struct tf_replicates_reader *r, struct tf_err *reterr)
{
    (void)reterr;
    const struct tf_stage *st = &r->s->stage[0];
    struct jackknife *j = begin(r);
    const struct tf_units units = tf_units_by_stratum(r->s->arena, st);
    for (uint32_t h = 0; h < st->n_strata; h++)
        one_stratum(r, j, h, units.unit + units.start[h]);
    if (r->s->lonely == TF_LONELY_AVERAGE && r->rep->count > 0)
        r->rep->scale = (double)st->n_units / (double)r->rep->count;
    tf_buf_printf(r->text, "stratified jackknife (jkn), %zu replicates", r->rep->count);
    return TF_OK;
}
