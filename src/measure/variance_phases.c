/* Two phases: a sample, and a sample drawn from it that is measured more closely.
 *
 *     design:
 *       weight: …                 # the first phase, as ever: every row of the table is in it
 *       phase2: {subset: measured, strata: [rel], psu: [id], fpc: …, prob: …, method: full}
 *
 * Rows outside the subset get the weight 0. Without `prob`, `weight` or `fpc` of its own the second
 * phase's probabilities are counted: units in the subset / units in the first phase, by stratum.
 *
 * method full (R survey's default): each stage s of either phase has a matrix
 *
 *     D_s(i, j) = 1 - p_i                        rows of one unit
 *               = - (1 - p_i) / (n_h - 1)        other rows of one stratum of n_h units
 *               = 0                              else
 *     D = 1 - product over all stages of (1 - D_s),    V = sum_ij D(i, j) z_i z_j
 *
 * A first phase without fpc has no second line, and with all probabilities 1 (a cohort, seen as
 * drawn from an endless population) D_1 is the identity. No n x n matrix is made: a product of D's
 * is a sum of terms (coefficient of i) x (i and j in one group), and a group's part of V is a
 * product of two sums. With S stages that takes 3^S - 1 passes over the subset.
 *
 * methods approx and simple (the same thing in R): with q the part of the phase-1 units that came
 * into the second phase, by its strata,
 *
 *     V = sum_h (1 - f_h) n_h / (n_h - 1) sum_(i in subset) (q_i z_i - m_h)^2 / q_i
 *         + variance of the second phase by its strata and stages (variance_stages.c),
 *     m_h = sum_(i in subset) z_i / n_h
 *
 * right for simple random phases; cheaper. Stages below the first are added as in
 * variance_stages.c.
 *
 * Calibrated weights: the residual enters both phases. Sources: Särndal, Swensson & Wretman 1992,
 * ch. 9; R survey 4.1, twophase. In approx a unit without cases of the domain counts with q = 1, as
 * R has it. Where strata of the first phase differ in size R 4.1's full method takes n_h of another
 * row, and its answer depends on the order of rows; here it is the stratum's own. */
#include <math.h>
#include <string.h>

#include "measure/variance.h"

const struct tf_stage *
tf_phases_stage(const struct tf_survey *s, const uint32_t **ret_row, size_t *ret_n)
{
    *ret_row = s->phases->row;
    *ret_n = s->phases->n;
    return &s->phases->second->stage[0];
}

/* ---- Variance ------------------------------------------------------------------------------- */

struct work {
    struct tf_arena *scratch;
    double *z; /* [n x p] of the subset */
    struct tf_spread second;
    size_t n_units; /* of all first-phase stages, approx */
    double *off;    /* [n_units x p] scaled deviations */
};

static void narrow_rows(const struct tf_phases *ph, const double *z, double *to)
{
    for (size_t k = 0; k < ph->n; k++)
        to[k] = z[ph->row[k]];
}

static void
take_full(struct tf_spread *sp, size_t first, double *z, size_t m, const bool *const *domain)
{
    const struct work *work = sp->self;
    (void)domain;
    for (size_t j = 0; j < m; j++)
        narrow_rows(sp->s->phases, z + j * sp->s->n, work->z + (first + j) * sp->s->phases->n);
}

static void end_full(struct tf_spread *sp, double *v)
{
    const struct work *work = sp->self;
    const struct tf_phases *ph = sp->s->phases;
    const size_t p = sp->p;
    memset(v, 0, p * p * sizeof *v);
    for (size_t t = 0; t < ph->n_terms; t++) {
        const struct tf_phase_term *term = &ph->term[t];
        struct tf_arena *scratch = tf_arena_new("two phases", (size_t)4 << 30);
        const size_t c = term->n_cells;
        double *a = TF_NEW_N(scratch, double, c *p), *b = TF_NEW_N(scratch, double, c *p);
        for (size_t k = 0; k < p; k++)
            for (size_t i = 0; i < ph->n; i++) {
                const double z = work->z[i + k * ph->n];
                a[term->cell[i] + k * c] += term->coef[i] * z;
                b[term->cell[i] + k * c] += z;
            }
        for (size_t k = 0; k < p; k++)
            for (size_t j = sp->full ? 0 : k; j <= k; j++) {
                double s = 0;
                for (size_t i = 0; i < c; i++)
                    s += (a[i + j * c] * b[i + k * c] + a[i + k * c] * b[i + j * c]) / 2;
                v[j + k * p] += term->sign * s;
            }
        tf_arena_free(scratch);
    }
    for (size_t k = 0; k < p; k++)
        for (size_t j = 0; j < k; j++)
            v[k + j * p] = v[j + k * p];
}

struct floor { /* one stage of the first phase, for one column */
    const struct tf_stage *st;
    const double *n, *population; /* [n_strata] in the first phase, in the population */
    double *q;                    /* [n_units] of its first row in the domain */
    double *u, *before;           /* [n_units] sums; fractions of the stages before */
    bool *seen;                   /* [n_units] has cases of the domain */
    double *mean;                 /* [n_strata] */
    uint32_t *present;            /* [n_strata] units with cases */
    double *ratio;                /* [parents] strata with cases / those that say something */
};

/* (1 - f) n / (n - 1) of a stratum; NaN where the rule lets others speak for it. */
static double factor_of(const struct tf_survey *s, const struct floor *floor, uint32_t h)
{
    const bool alone = floor->st->stratum_units[h] == 1;
    const bool thin = !alone && floor->present[h] == 1 && s->lonely_in_domains;
    const double n = floor->n[h], f = 1 - n / floor->population[h];
    if (f < 1e-7)
        return 0;
    if ((alone || thin) && s->lonely == TF_LONELY_AVERAGE)
        return (double)NAN;
    return alone ? f : f * n / (n - 1);
}

static bool around_mean(const struct tf_survey *s, const struct floor *floor, uint32_t h)
{
    return s->lonely != TF_LONELY_ADJUST || floor->present[h] > 1 ||
           (floor->st->stratum_units[h] > 1 && !s->lonely_in_domains);
}

/* Of each parent: how many strata with cases there are for one that says something. */
static void weigh_strata(const struct tf_survey *s, struct tf_arena *scratch, struct floor *floor,
                         size_t parents)
{
    const struct tf_stage *st = floor->st;
    double *strata = TF_NEW_N(scratch, double, parents);
    bool *met = TF_NEW_N(scratch, bool, st->n_strata);
    floor->ratio = TF_NEW_N(scratch, double, parents);
    for (size_t i = 0; i < st->n_units; i++) {
        const uint32_t h = st->unit_stratum[i], up = parents > 1 ? st->unit_parent[i] : 0;
        if (met[h] || floor->present[h] == 0)
            continue;
        met[h] = true;
        strata[up]++;
        floor->ratio[up] += isnan(factor_of(s, floor, h)) ? 0 : 1;
    }
    for (size_t k = 0; k < parents; k++)
        floor->ratio[k] = strata[k] > 0 ? strata[k] / floor->ratio[k] : 1;
}

/* Scaled deviations of one stage, as onestrat.phase1 in R survey. */
static void deviate(const struct tf_survey *s, struct tf_arena *scratch, struct floor *floor,
                    size_t parents, double *off)
{
    const struct tf_stage *st = floor->st;
    floor->mean = TF_NEW_N(scratch, double, st->n_strata);
    floor->present = TF_NEW_N(scratch, uint32_t, st->n_strata);
    for (size_t i = 0; i < st->n_units; i++) {
        floor->mean[st->unit_stratum[i]] += floor->u[i] / floor->n[st->unit_stratum[i]];
        floor->present[st->unit_stratum[i]] += floor->seen[i];
    }
    weigh_strata(s, scratch, floor, parents);
    for (size_t i = 0; i < st->n_units; i++) {
        const uint32_t h = st->unit_stratum[i], up = parents > 1 ? st->unit_parent[i] : 0;
        const double q = floor->seen[i] ? floor->q[i] : 1;
        const double centre = around_mean(s, floor, h) ? floor->mean[h] : 0;
        const double scale = factor_of(s, floor, h) * floor->ratio[up] * floor->before[i];
        const double d = (floor->u[i] * q - centre) / sqrt(q);
        const bool silent = isnan(scale) && isfinite(floor->ratio[up]);
        off[i] = floor->present[h] == 0 || silent ? 0 : d * sqrt(scale);
    }
}

/* All stages of the first phase for one column z [n] of the subset; in: its domain, NULL: all. */
static void first_phase(const struct tf_survey *s, const double *z, const bool *in, double *off)
{
    const struct tf_phases *ph = s->phases;
    const size_t levels = s->one_stage ? 1 : s->n_stages;
    struct tf_arena *scratch = tf_arena_new("two phases", (size_t)4 << 30);
    const double *above = NULL;
    for (size_t l = 0; l < levels; l++) {
        const struct tf_stage *st = &ph->first[l];
        struct floor floor = {.st = st,
                              .n = ph->in_full[l],
                              .population = ph->population[l],
                              .q = TF_NEW_N(scratch, double, st->n_units),
                              .u = TF_NEW_N(scratch, double, st->n_units),
                              .before = TF_NEW_N(scratch, double, st->n_units),
                              .seen = TF_NEW_N(scratch, bool, st->n_units)};
        for (size_t k = 0; k < ph->n; k++) {
            const uint32_t i = st->unit[k];
            floor.u[i] += z[k];
            if (!floor.seen[i] && (in == NULL || in[k])) {
                floor.seen[i] = true;
                floor.q[i] = ph->q[k];
            }
        }
        for (size_t i = 0; i < st->n_units; i++) {
            const uint32_t up = st->unit_parent[i], h = l > 0 ? st[-1].unit_stratum[up] : 0;
            floor.before[i] =
                l == 0 ? 1 : above[up] * ph->in_full[l - 1][h] / ph->population[l - 1][h];
        }
        deviate(s, scratch, &floor, l > 0 ? st[-1].n_units : 1, off);
        off += st->n_units;
        above = floor.before;
    }
    tf_arena_free(scratch);
}

static void
take_approx(struct tf_spread *sp, size_t first, double *z, size_t m, const bool *const *domain)
{
    struct work *work = sp->self;
    const struct tf_phases *ph = sp->s->phases;
    for (size_t j = 0; j < m; j++) {
        bool *in = NULL;
        if (domain != NULL && domain[j] != NULL && sp->s->n_calibrated == 0) {
            in = TF_NEW_N(work->scratch, bool, ph->n);
            for (size_t k = 0; k < ph->n; k++)
                in[k] = domain[j][ph->row[k]];
        }
        const bool *one = in;
        narrow_rows(ph, z + j * sp->s->n, work->z);
        first_phase(sp->s, work->z, in, work->off + (first + j) * work->n_units);
        for (size_t k = 0; k < ph->n && ph->shrink != NULL; k++)
            work->z[k] *= ph->shrink[k];
        work->second.take(&work->second, first + j, work->z, 1, &one);
    }
}

static void end_approx(struct tf_spread *sp, double *v)
{
    struct work *work = sp->self;
    const size_t p = sp->p, n = work->n_units;
    work->second.end(&work->second, v);
    sp->lonely = work->second.lonely;
    for (size_t k = 0; k < p; k++)
        for (size_t j = sp->full ? 0 : k; j <= k; j++) {
            double s = 0;
            for (size_t i = 0; i < n; i++)
                s += work->off[i + j * n] * work->off[i + k * n];
            v[j + k * p] += s;
            v[k + j * p] = v[j + k * p];
        }
}

void tf_spread_phases(struct tf_arena *scratch, struct tf_spread *sp)
{
    const struct tf_phases *ph = sp->s->phases;
    struct work *work = TF_NEW(scratch, struct work);
    work->scratch = scratch;
    sp->self = work;
    sp->by_domain = !ph->full;
    sp->take = ph->full ? take_full : take_approx;
    sp->end = ph->full ? end_full : end_approx;
    work->z = TF_NEW_N(scratch, double, ph->n *(ph->full ? sp->p : 1));
    if (ph->full)
        return;
    double *w = TF_NEW_N(scratch, double, ph->n);
    for (size_t k = 0; k < ph->n; k++)
        w[k] = sp->s->w[ph->row[k]];
    for (size_t l = 0; l < (sp->s->one_stage ? 1 : sp->s->n_stages); l++)
        work->n_units += ph->first[l].n_units;
    work->off = TF_NEW_N(scratch, double, work->n_units * sp->p);
    struct tf_survey *second = TF_NEW(scratch, struct tf_survey);
    *second = *ph->second;
    second->w = w;
    work->second = (struct tf_spread){.s = second, .p = sp->p, .full = sp->full};
    tf_spread_stages(scratch, &work->second);
}
