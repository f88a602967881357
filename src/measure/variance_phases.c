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
 * ch. 9; R survey 4.1, twophase. In a domain q stays what it is for every unit; R forgets it for
 * those outside, which moves the approx variance of a domain's total a little. Where strata of the
 * first phase differ in size R 4.1's full method takes n_h of the wrong row; here it is the
 * stratum's. */
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

/* Scaled deviations of one column at one stage of the first phase, as onestrat.phase1 in R survey;
 * u: its units' sums; factor: fractions of the stages before. */
static void
deviate(const struct tf_survey *s, size_t l, const double *u, const double *factor, double *off)
{
    const struct tf_phases *ph = s->phases;
    const struct tf_stage *st = &ph->first[l];
    struct tf_arena *scratch = tf_arena_new("two phases", (size_t)1 << 32);
    double *mean = TF_NEW_N(scratch, double, st->n_strata);
    for (size_t i = 0; i < st->n_units; i++)
        mean[st->unit_stratum[i]] += u[i] / ph->in_full[l][st->unit_stratum[i]];
    for (size_t i = 0; i < st->n_units; i++) {
        const uint32_t h = st->unit_stratum[i];
        const double n = ph->in_full[l][h], q = ph->q[l][i], f = 1 - n / ph->population[l][h];
        const bool alone = st->stratum_units[h] == 1;
        const double centre = alone && s->lonely == TF_LONELY_ADJUST ? 0 : mean[h];
        const double scale = f < 1e-7 ? 0 : alone ? f : f * n / (n - 1);
        off[i] = (u[i] * q - centre) / sqrt(q) * sqrt(scale * factor[i]);
    }
    tf_arena_free(scratch);
}

/* All stages of the first phase for one column z [n] of the subset. */
static void first_phase(const struct tf_survey *s, const double *z, double *off)
{
    const struct tf_phases *ph = s->phases;
    const size_t levels = s->one_stage ? 1 : s->n_stages;
    struct tf_arena *scratch = tf_arena_new("two phases", (size_t)1 << 32);
    double *factor = NULL;
    for (size_t l = 0; l < levels; l++) {
        const struct tf_stage *st = &ph->first[l];
        double *u = TF_NEW_N(scratch, double, st->n_units);
        double *here = TF_NEW_N(scratch, double, st->n_units);
        for (size_t k = 0; k < ph->n; k++)
            u[st->unit[k]] += z[k];
        for (size_t i = 0; i < st->n_units; i++) {
            const double f =
                l == 0 ? 1
                       : ph->in_full[l - 1][st[-1].unit_stratum[st->unit_parent[i]]] /
                             ph->population[l - 1][st[-1].unit_stratum[st->unit_parent[i]]];
            here[i] = l == 0 ? 1 : factor[st->unit_parent[i]] * f;
        }
        deviate(s, l, u, here, off);
        off += st->n_units;
        factor = here;
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
        if (domain != NULL && domain[j] != NULL) {
            in = TF_NEW_N(work->scratch, bool, ph->n);
            for (size_t k = 0; k < ph->n; k++)
                in[k] = domain[j][ph->row[k]];
        }
        const bool *one = in;
        narrow_rows(ph, z + j * sp->s->n, work->z);
        first_phase(sp->s, work->z, work->off + (first + j) * work->n_units);
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
