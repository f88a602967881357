/* Variance of estimated totals from strata and stages.
 *
 * Let z_k be a linearised variable with its weight. At stage s, unit i of stratum h carries the sum
 * z_hi of its rows; stratum h has n_h units in the sample out of N_h. One stage alone gives
 *
 *     v_s = sum_h  (1 - n_h / N_h)  n_h / (n_h - 1)  sum_i (z_hi - mean_h z)^2
 *
 * and later stages are added inside each unit, shrunk by the fractions of the stages before:
 *
 *     V = v_1 + sum_(units i of stage 1) (n_h / N_h) V_i,     V_i the same from the rows of unit i
 *
 * (Särndal, Swensson & Wretman 1992, 4.3; Bellhouse 1985, J. Am. Stat. Assoc. 80, 119). Without
 * population sizes N_h is infinite: only the first stage enters, as drawn with replacement.
 *
 *     rows          z z z z z z z z z z          one pass over the rows
 *                    \|   \|/   |  \|/
 *     stage 2        o     o    o   o            then only sums of units
 *                     \   /      \ /
 *     stage 1           o         o
 *                        \       /
 *     stratum            h-------
 *
 * Every unit of the sample counts in n_h and in the mean, also those without a case of the domain:
 * their sum is 0. What does depend on the domain is loneliness, as in R survey 4.1:
 *
 *     n_h = 1            error        refused when the design is read
 *                        adjust       (z_h1 - 0)^2: around the grand mean of z, for which R takes 0
 *                                     also where z is a total
 *                        average      the average of the other strata (of the same unit, at later
 *                                     stages) in which the domain has cases; none: NaN
 *                        remove, certainty   0
 *     n_h = N_h          0 whatever the rule: nothing was left to chance
 *     one of n_h units has cases of the domain, and lonely_in_domains:
 *                        adjust       around 0 instead of the mean; average: as lonely
 *
 * PPS by Brewer's approximation runs here too: N_h is n_h / p_i then, and differs by unit, so that
 * (1 - p_i) stands inside the sum (variance_pps.c).
 *
 * Not here: joint probabilities (variance_pps.c), second phases (variance_phases.c). */
#include <math.h>
#include <string.h>

#include "measure/variance.h"

struct level { /* one stage; a stratum of a later stage lies in one unit of the stage before */
    const struct tf_stage *st;
    size_t first;     /* where its units begin in a column of deviations */
    uint32_t *parent; /* [n_strata] that unit; 0 at the first stage */
    double *before;   /* [n_strata] fractions of the stages before, multiplied */
    double *scale;    /* [n_strata] root of the factor of a squared deviation */
    bool *centre;     /* [n_strata] around the mean, or around 0 */
    double *own;      /* PPS: [n_units] root of 1 - p_i; else NULL, and it stands in scale */
};
struct plan {                 /* for one domain */
    size_t n_levels, n_units; /* units: of all levels */
    struct level *level;
    bool depends;      /* on the domain */
    bool *seen;        /* [n_units] has a row of the domain */
    uint32_t *strata;  /* [parents] strata with cases */
    uint32_t *alive;   /* [parents] those of them that say something */
    uint32_t *present; /* [n_strata] units of a stratum with cases */
};
struct work {
    struct plan plan;
    double **column; /* [jobs] sums or deviations of a column: all p when full */
    double **mean;   /* [threads or p] means of strata */
    double *diagonal;
    double *z; /* the columns being taken */
    size_t first;
};

/* ---- What does not depend on z ------------------------------------------------------------- */

/* The sampling fraction of a unit. */
static double fraction(const struct tf_survey *s, size_t stage, uint32_t unit)
{
    const struct tf_stage *st = &s->stage[stage];
    const uint32_t h = st->unit_stratum[unit];
    return st->stratum_units[h] /
           (s->pps != NULL ? s->pps->population[stage][unit] : st->population[h]);
}

static size_t levels_of(const struct tf_survey *s)
{
    return s->one_stage ? 1 : s->n_stages;
}

static bool any_lonely(const struct tf_survey *s)
{
    for (size_t l = 0; l < levels_of(s); l++)
        for (size_t h = 0; h < s->stage[l].n_strata; h++)
            if (s->stage[l].stratum_units[h] == 1)
                return true;
    return false;
}

/* Which units, and so which strata, have a row of the domain. */
static void find_cases(const struct tf_survey *s, struct plan *plan, const bool *domain)
{
    memset(plan->seen, 0, plan->n_units * sizeof *plan->seen);
    for (size_t l = 0; l < plan->n_levels; l++) {
        const struct level *level = &plan->level[l];
        for (size_t row = 0; row < s->n; row++)
            if (tf_in_sample(s->w[row]) && (domain == NULL || domain[row]))
                plan->seen[level->first + level->st->unit[row]] = true;
    }
}

/* The factor of one stratum without its parents: NaN where it says nothing and others speak for it.
 * present: its units with cases of the domain. */
static double stratum_factor(const struct tf_survey *s, const struct level *level, uint32_t h,
                             uint32_t present, bool *ret_centre)
{
    const double n = level->st->stratum_units[h];
    const bool alone = n <= 1, thin = s->lonely_in_domains && present == 1 && !alone;
    *ret_centre = s->lonely != TF_LONELY_ADJUST || !(alone || thin);
    if ((alone || thin) && s->lonely == TF_LONELY_AVERAGE)
        return (double)NAN;
    return alone ? 1 : n / (n - 1);
}

/* 1 - f of a stratum, 0 where nothing was left to chance (R survey's bound); under PPS it is each
 * unit's own, and 1 here. */
static double left_to_chance(const struct level *level, uint32_t h)
{
    const double left = 1 - level->st->stratum_units[h] / level->st->population[h];
    return level->own != NULL ? 1 : left < 1e-7 ? 0 : left;
}

/* How many strata of a parent have cases, and how many of these say something. */
static void count_strata(const struct tf_survey *s, struct plan *plan, const struct level *level)
{
    const struct tf_stage *st = level->st;
    const size_t parents = level > plan->level ? level[-1].st->n_units : 1;
    memset(plan->strata, 0, parents * sizeof *plan->strata);
    memset(plan->alive, 0, parents * sizeof *plan->alive);
    memset(plan->present, 0, st->n_strata * sizeof *plan->present);
    for (uint32_t i = 0; plan->depends && i < st->n_units; i++)
        plan->present[st->unit_stratum[i]] += plan->seen[level->first + i];
    for (uint32_t h = 0; h < st->n_strata; h++) {
        bool centre;
        if (!plan->depends)
            plan->present[h] = st->stratum_units[h];
        if (plan->present[h] == 0)
            continue;
        const double f = stratum_factor(s, level, h, plan->present[h], &centre);
        plan->strata[level->parent[h]]++;
        plan->alive[level->parent[h]] += !isnan(f) || !(left_to_chance(level, h) > 0);
    }
}

/* Factors of the strata of one level; those of the level above are there already. */
static void plan_level(const struct tf_survey *s, struct plan *plan, size_t l)
{
    struct level *level = &plan->level[l];
    count_strata(s, plan, level);
    for (uint32_t h = 0; h < level->st->n_strata; h++) {
        const uint32_t up = level->parent[h];
        const double left = left_to_chance(level, h);
        double f = stratum_factor(s, level, h, plan->present[h], &level->centre[h]);
        if (!(left > 0) || (isnan(f) && plan->alive[up] > 0))
            f = 0;
        if (plan->alive[up] < plan->strata[up])
            f *= (double)plan->strata[up] / (double)plan->alive[up];
        level->before[h] = l == 0 ? 1
                                  : level[-1].before[level[-1].st->unit_stratum[up]] *
                                        fraction(s, l - 1, up);
        level->scale[h] = plan->strata[up] == 0 ? 0 : sqrt(level->before[h] * f * left);
    }
}

/* Strata with one unit and cases, for a flag. */
static bool lonely_cases(const struct plan *plan)
{
    const struct level *level = &plan->level[0];
    for (uint32_t i = 0; plan->depends && i < level->st->n_units; i++)
        if (level->st->stratum_units[level->st->unit_stratum[i]] == 1 && plan->seen[i] &&
            left_to_chance(level, level->st->unit_stratum[i]) > 0)
            return true;
    return false;
}

static void plan_for(const struct tf_survey *s, struct plan *plan, const bool *domain)
{
    if (plan->depends) /* calibrated weights and PPS keep all rows in every domain, as in R */
        find_cases(s, plan, s->n_calibrated > 0 || s->pps != NULL ? NULL : domain);
    for (size_t l = 0; l < plan->n_levels; l++)
        plan_level(s, plan, l);
}

static void level_new(struct tf_arena *scratch, const struct tf_survey *s, size_t l,
                      struct level *level)
{
    const struct tf_stage *st = &s->stage[l];
    level->st = st;
    level->parent = TF_NEW_N(scratch, uint32_t, st->n_strata);
    level->before = TF_NEW_N(scratch, double, st->n_strata);
    level->scale = TF_NEW_N(scratch, double, st->n_strata);
    level->centre = TF_NEW_N(scratch, bool, st->n_strata);
    for (uint32_t i = 0; l > 0 && i < st->n_units; i++)
        level->parent[st->unit_stratum[i]] = st->unit_parent[i];
    if (s->pps == NULL)
        return;
    level->own = TF_NEW_N(scratch, double, st->n_units);
    for (uint32_t i = 0; i < st->n_units; i++)
        level->own[i] = sqrt(1 - fraction(s, l, i));
}

static void plan_new(struct tf_arena *scratch, const struct tf_survey *s, struct plan *plan)
{
    size_t most_strata = 0, most_units = 1;
    plan->n_levels = levels_of(s);
    plan->level = TF_NEW_N(scratch, struct level, plan->n_levels);
    for (size_t l = 0; l < plan->n_levels; l++) {
        const struct tf_stage *st = &s->stage[l];
        level_new(scratch, s, l, &plan->level[l]);
        plan->level[l].first = plan->n_units;
        plan->n_units += st->n_units;
        most_strata = st->n_strata > most_strata ? st->n_strata : most_strata;
        most_units = l + 1 < plan->n_levels && st->n_units > most_units ? st->n_units : most_units;
    }
    plan->depends = s->lonely_in_domains || any_lonely(s);
    plan->seen = TF_NEW_N(scratch, bool, plan->depends ? plan->n_units : 0);
    plan->strata = TF_NEW_N(scratch, uint32_t, most_units);
    plan->alive = TF_NEW_N(scratch, uint32_t, most_units);
    plan->present = TF_NEW_N(scratch, uint32_t, most_strata);
}

/* ---- One column ----------------------------------------------------------------------------- */

/* Sums of the units of every level: the last from the rows, the others from the level below. */
static void sum_up(const struct plan *plan, const double *z, size_t n, double *sum)
{
    const struct level *last = &plan->level[plan->n_levels - 1];
    memset(sum, 0, plan->n_units * sizeof *sum);
    for (size_t row = 0; row < n; row++)
        sum[last->first + last->st->unit[row]] += z[row];
    for (const struct level *level = last; level > plan->level; level--) {
        double *above = sum + level[-1].first;
        for (size_t i = 0; i < level->st->n_units; i++)
            above[level->st->unit_parent[i]] += sum[level->first + i];
    }
}

/* Turn sums into scaled deviations from the stratum's mean, in place; the sum of their squares. */
static double deviate(const struct plan *plan, double *sum, double *mean)
{
    double v = 0;
    for (size_t l = 0; l < plan->n_levels; l++) {
        const struct level *level = &plan->level[l];
        const struct tf_stage *st = level->st;
        double *u = sum + level->first;
        memset(mean, 0, st->n_strata * sizeof *mean);
        for (size_t i = 0; i < st->n_units; i++) /* in the order of units, whoever asks */
            mean[st->unit_stratum[i]] += u[i];
        for (size_t h = 0; h < st->n_strata; h++)
            mean[h] = level->centre[h] ? mean[h] / (double)st->stratum_units[h] : 0;
        for (size_t i = 0; i < st->n_units; i++) {
            const uint32_t h = st->unit_stratum[i];
            u[i] = (u[i] - mean[h]) * level->scale[h] * (level->own != NULL ? level->own[i] : 1);
            v += u[i] * u[i];
        }
    }
    return v;
}

static void one_column(void *context, size_t k)
{
    struct tf_spread *sp = context;
    struct work *work = sp->self;
    double *column = work->column[sp->full ? work->first + k : k];
    sum_up(&work->plan, work->z + k * sp->s->n, sp->s->n, column);
    work->diagonal[work->first + k] = deviate(&work->plan, column, work->mean[k]);
}

static void take(struct tf_spread *sp, size_t first, double *z, size_t m, const bool *const *domain)
{
    struct work *work = sp->self;
    for (size_t j = 0; j < m; j += work->plan.depends ? 1 : m) {
        if (work->plan.depends) {
            plan_for(sp->s, &work->plan, domain != NULL ? domain[j] : NULL);
            sp->lonely = sp->lonely || lonely_cases(&work->plan);
        }
        work->first = first + j;
        work->z = z + j * sp->s->n;
        tf_in_parallel(sp->s->threads, work->plan.depends ? 1 : m, one_column, sp);
    }
}

static double dot(const double *a, const double *b, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += a[i] * b[i];
    return s;
}

struct products {
    const struct tf_spread *sp;
    double *v;
};

static void one_row(void *context, size_t k)
{
    const struct products *c = context;
    const struct work *work = c->sp->self;
    const size_t p = c->sp->p;
    for (size_t j = 0; j < k; j++)
        c->v[j + k * p] = c->v[k + j * p] =
            dot(work->column[j], work->column[k], work->plan.n_units);
}

static void end(struct tf_spread *sp, double *v)
{
    const struct work *work = sp->self;
    struct products c = {sp, v};
    for (size_t k = 0; k < sp->p; k++)
        v[k + k * sp->p] = work->diagonal[k];
    if (sp->full)
        tf_in_parallel(sp->s->threads, sp->p, one_row, &c);
}

void tf_spread_stages(struct tf_arena *scratch, struct tf_spread *sp)
{
    struct work *work = TF_NEW(scratch, struct work);
    plan_new(scratch, sp->s, &work->plan);
    if (!work->plan.depends)
        plan_for(sp->s, &work->plan, NULL);
    size_t most_strata = 0;
    for (size_t l = 0; l < work->plan.n_levels; l++)
        if (sp->s->stage[l].n_strata > most_strata)
            most_strata = sp->s->stage[l].n_strata;
    const size_t batch = sp->p < TF_SPREAD_BATCH ? sp->p : TF_SPREAD_BATCH;
    const size_t columns = sp->full ? sp->p : batch;
    work->column = TF_NEW_N(scratch, double *, columns);
    for (size_t k = 0; k < columns; k++)
        work->column[k] = TF_NEW_N(scratch, double, work->plan.n_units);
    work->mean = TF_NEW_N(scratch, double *, batch);
    for (size_t k = 0; k < batch; k++)
        work->mean[k] = TF_NEW_N(scratch, double, most_strata);
    work->diagonal = TF_NEW_N(scratch, double, sp->p);
    sp->by_domain = work->plan.depends;
    sp->self = work;
    sp->take = take;
    sp->end = end;
}
