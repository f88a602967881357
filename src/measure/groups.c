/* Groups: shares, means, totals, ratios and variances of many variables in many domains, as one
 * statistic.
 *
 * With the cases k of a group (its domain's rows that answered) and W = sum w_k:
 *
 *     mean      m = sum w y / W                        z_k = w_k (y_k - m) / W
 *     share     the mean of y = 1 in the category, 0 outside
 *     total     Y = sum w y                            z_k = w_k y_k
 *     ratio     R = sum w y / sum w x                  z_k = w_k (y_k - R x_k) / sum w x
 *     variance  s2 = n / (n - 1) sum w (y - m)^2 / W   z_k = w_k (n / (n - 1) (y_k - m)^2 - s2) / W
 *
 * z is 0 outside the cases: a domain is a 0/1 variable on the whole sample, never a filter
 * (Särndal, Swensson & Wretman 1992, 5.5-5.8, 10.3; Woodruff 1971, JASA 66, 411-414). The
 * variance's derivative by m is 0, so estimating m adds nothing to its z.
 *
 * A group visits its own cases only, so disjoint domains cost together what the whole sample costs.
 * Sums are compensated and in the order of the file. A value that every case shares is returned as
 * it is, and its z is exactly 0, so that certainty can be told from a small doubt. n counts the
 * cases that answered with a weight above 0 in the sample, also in replicates (R's `svyvar` of a
 * linearised design counts those without an answer too; of a replicate design it does as we do). */
#include <math.h>
#include <string.h>

#include "measure/groups.h"

struct tf_group_set *tf_group_set_new(struct tf_arena *arena, const struct tf_survey *survey)
{
    struct tf_group_set *set = TF_NEW(arena, struct tf_group_set);
    set->arena = arena;
    set->survey = survey;
    set->mask = TF_NEW_N(arena, bool, survey->n);
    if (survey->n_stages > 0) {
        set->seen_psu = TF_NEW_N(arena, uint32_t, survey->stage[0].n_units);
        set->seen_stratum = TF_NEW_N(arena, uint32_t, survey->stage[0].n_strata);
    }
    return set;
}

const struct tf_survey *tf_survey_by_psu(struct tf_arena *arena, const struct tf_survey *s)
{
    const struct tf_stage *first = &s->stage[0];
    if (s->kind != TF_BY_STAGES || (!s->one_stage && s->n_stages > 1) || s->n_calibrated > 0 ||
        s->n_stages == 0 || first->n_units * 2 > s->n)
        return NULL;
    struct tf_survey *by_psu = TF_NEW(arena, struct tf_survey);
    struct tf_stage *stage = TF_NEW(arena, struct tf_stage);
    uint32_t *unit = TF_NEW_N(arena, uint32_t, first->n_units);
    double *one = TF_NEW_N(arena, double, first->n_units);
    for (size_t k = 0; k < first->n_units; k++) {
        unit[k] = (uint32_t)k;
        one[k] = 1;
    }
    *by_psu = *s;
    *stage = *first;
    stage->unit = unit;
    stage->stratum = first->unit_stratum;
    by_psu->stage = stage;
    by_psu->n_stages = 1;
    by_psu->n = first->n_units;
    by_psu->w = by_psu->w_base = one;
    return by_psu;
}

/* PSUs and strata with cases; is one of the strata lonely? */
static void count_units(struct tf_group_set *set, struct tf_group *g)
{
    if (set->survey->n_stages == 0)
        return;
    const struct tf_stage *s = &set->survey->stage[0];
    set->stamp++;
    for (size_t k = 0; k < g->n; k++) {
        const uint32_t i = s->unit[g->row[k]], h = s->stratum[g->row[k]];
        g->psu += set->seen_psu[i] != set->stamp;
        set->seen_psu[i] = set->stamp;
        if (set->seen_stratum[h] == set->stamp)
            continue;
        set->seen_stratum[h] = set->stamp;
        g->strata++;
        g->lonely = g->lonely || (s->stratum_units[h] == 1 && s->population[h] > 1);
    }
}

static double value_of(const struct tf_group *g, size_t k)
{
    const uint32_t row = g->row[k];
    return g->kind == TF_CELL_RATIO ? g->y[row] / g->x[row] : g->y[row];
}

struct tf_group *tf_groups_add(struct tf_group_set *set, struct tf_group group, const bool *domain,
                              size_t n_domain, const bool *answered)
{
    const double *w = set->survey->w;
    uint32_t *row = TF_NEW_N(set->arena, uint32_t, n_domain + 1);
    size_t n = 0;
    for (size_t k = 0; k < set->survey->n && n < n_domain; k++)
        if (domain[k] && (answered == NULL || answered[k]) &&
            tf_in_sample(w[k]))
            row[n++] = (uint32_t)k;
    set->group = tf_grow(set->arena, set->group, set->n_groups, &set->cap, sizeof *set->group);
    struct tf_group *g = &set->group[set->n_groups++];
    *g = group;
    g->domain = domain;
    g->row = row;
    g->n = n;
    g->first = set->p;
    g->constant = g->code == NULL;
    g->sum = TF_NEW_N(set->arena, struct tf_sum, g->n_cells);
    set->p += g->n_cells;
    struct tf_sum sum = {0}, square = {0};
    for (size_t k = 0; k < n; k++) {
        tf_sum_add(&sum, w[row[k]]);
        tf_sum_add(&square, w[row[k]] * w[row[k]]);
        g->constant = g->constant && value_of(g, k) == value_of(g, 0);
    }
    g->sum_w = tf_sum_of(&sum);
    g->sum_w2 = tf_sum_of(&square);
    count_units(set, g);
    return g;
}

/* ---- Values under any weights ------------------------------------------------------------- */

/* Weighted counts of the categories of a group. */
static void category_values(const struct tf_group *g, const double *w, double *theta)
{
    memset(g->sum, 0, g->n_cells * sizeof *g->sum);
    for (size_t k = 0; k < g->n; k++)
        tf_sum_add(&g->sum[g->code[g->row[k]]], w[g->row[k]]);
    for (size_t c = 0; c < g->n_cells; c++)
        theta[c] = tf_sum_of(&g->sum[c]) / (g->kind == TF_CELL_TOTAL ? 1 : g->base);
}

static double second_moment(const struct tf_group *g, const double *w, double mean)
{
    struct tf_sum sum = {0};
    for (size_t k = 0; k < g->n; k++) {
        const double off = g->y[g->row[k]] - mean;
        tf_sum_add(&sum, w[g->row[k]] * off * off);
    }
    return tf_sum_of(&sum);
}

static void group_values(struct tf_group *g, const double *w, double *theta)
{
    struct tf_sum base = {0}, sum = {0};
    const double n = (double)g->n;
    for (size_t k = 0; k < g->n; k++) {
        const uint32_t row = g->row[k];
        tf_sum_add(&base, g->kind == TF_CELL_RATIO ? w[row] * g->x[row] : w[row]);
        if (g->code == NULL)
            tf_sum_add(&sum, w[row] * g->y[row]);
    }
    g->base = tf_sum_of(&base);
    if (g->code != NULL)
        category_values(g, w, theta);
    else if (g->kind == TF_CELL_TOTAL)
        theta[0] = tf_sum_of(&sum);
    else if (g->constant && g->n > 0 && g->base > 0)
        theta[0] = g->kind == TF_CELL_VARIANCE ? 0 : value_of(g, 0);
    else
        theta[0] = tf_sum_of(&sum) / g->base;
    if (g->kind == TF_CELL_VARIANCE && !g->constant)
        theta[0] = second_moment(g, w, theta[0]) / g->base * n / (n - 1);
    const bool nothing = g->n == 0 || (g->kind == TF_CELL_RATIO && !(fabs(g->base) > 0));
    for (size_t c = 0; nothing && c < g->n_cells; c++)
        theta[c] = (double)NAN; /* nobody answered: R's total is 0, which says too much */
}

static enum tf_code set_value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct tf_group_set *set = self;
    (void)reterr;
    if (set->by_psu != NULL) /* the weights given are those of PSUs */
        w = set->survey->w;
    for (size_t k = 0; k < set->n_groups; k++)
        group_values(&set->group[k], w, theta + set->group[k].first);
    for (size_t k = 0; set->logits && k < set->p; k++) {
        const double p = theta[k];
        theta[set->p + k] = p > 0 && p < 1 ? log(p / (1 - p)) : (double)NAN;
    }
    memcpy(set->theta, theta, set->p * sizeof *theta);
    set->w = w;
    return TF_OK;
}

/* ---- Linearised variables ----------------------------------------------------------------- */

static double indicator(const struct tf_group *g, uint32_t row, size_t c)
{
    return g->code == NULL ? g->y[row] : g->code[row] == c;
}

static double group_mean(const struct tf_group *g, const double *w)
{
    struct tf_sum sum = {0}, base = {0};
    for (size_t k = 0; k < g->n; k++) {
        tf_sum_add(&sum, w[g->row[k]] * g->y[g->row[k]]);
        tf_sum_add(&base, w[g->row[k]]);
    }
    return tf_sum_of(&sum) / tf_sum_of(&base);
}

/* The linearised variable of a case. */
static double linear_at(const struct tf_group *g, uint32_t row, double w, double y, double value,
                        double mean)
{
    const double n = (double)g->n, off = y - mean;
    switch (g->kind) {
    case TF_CELL_TOTAL:
        return w * y;
    case TF_CELL_MEAN:
        return w * (y - value) / g->base;
    case TF_CELL_RATIO:
        return w * (y - value * g->x[row]) / g->base;
    default:
        return w * (off * off * n / (n - 1) - value) / g->base;
    }
}

/* z of a cell by row (unit NULL), or summed to units; `size` numbers. */
static void linear_of(const struct tf_group_set *set, size_t cell, const uint32_t *unit,
                      size_t size, double *z)
{
    const struct tf_group *g = &set->group[set->group_of[cell]];
    const double *w = set->w, value = set->theta[cell];
    const size_t c = cell - g->first;
    memset(z, 0, size * sizeof *z);
    if (g->constant && g->kind != TF_CELL_TOTAL)
        return;
    const double mean = g->kind == TF_CELL_VARIANCE ? group_mean(g, w) : 0;
    for (size_t k = 0; k < g->n; k++) {
        const uint32_t row = g->row[k];
        z[unit != NULL ? unit[row] : row] +=
            linear_at(g, row, w[row], indicator(g, row, c), value, mean);
    }
}

static const uint32_t *units_of(const struct tf_group_set *set)
{
    return set->by_psu != NULL ? set->survey->stage[0].unit : NULL;
}

static size_t size_of(const struct tf_group_set *set)
{
    return set->by_psu != NULL ? set->by_psu->n : set->survey->n;
}

static void set_linear(void *self, size_t cell, double *z)
{
    const struct tf_group_set *set = self;
    linear_of(set, cell, units_of(set), size_of(set), z);
}

static const bool *set_domain(void *self, size_t cell)
{
    const struct tf_group_set *set = self;
    const struct tf_group *g = &set->group[set->group_of[cell]];
    const uint32_t *unit = units_of(set);
    memset(set->mask, 0, size_of(set) * sizeof *set->mask);
    for (size_t k = 0; k < g->n; k++)
        set->mask[unit != NULL ? unit[g->row[k]] : g->row[k]] = true;
    return set->mask;
}

/* The second half of a fit are the logits: only their variances are kept. */
static void take_logits(struct tf_group_set *set, struct tf_fit *fit)
{
    const size_t p = set->p, both = fit->p;
    double *v = TF_NEW_N(set->arena, double, p * p + 1);
    set->v_logit = TF_NEW_N(set->arena, double, p + 1);
    for (size_t k = 0; k < p; k++) {
        set->v_logit[k] = fit->v[p + k + (p + k) * both];
        for (size_t j = 0; j < p; j++)
            v[j + k * p] = fit->v[j + k * both];
    }
    fit->v = v;
    fit->p = p;
}

enum tf_code tf_groups_fit(struct tf_group_set *set, bool full, struct tf_fit *ret,
                          struct tf_err *reterr)
{
    set->theta = TF_NEW_N(set->arena, double, set->p + 1);
    set->group_of = TF_NEW_N(set->arena, uint32_t, set->p + 1);
    for (size_t k = 0; k < set->n_groups; k++)
        for (size_t c = 0; c < set->group[k].n_cells; c++)
            set->group_of[set->group[k].first + c] = (uint32_t)k;
    set->by_psu = tf_survey_by_psu(set->arena, set->survey);
    set->logits = set->logits && set->survey->kind == TF_BY_REPLICATES;
    const struct tf_statistic statistic = {.p = set->logits ? 2 * set->p : set->p, .self = set,
                                           .value = set_value, .linear = set_linear,
                                           .domain = set_domain};
    TF_TRY(tf_survey_fit(set->arena, set->by_psu != NULL ? set->by_psu : set->survey, &statistic,
                         full, ret, reterr));
    if (set->logits)
        take_logits(set, ret);
    return TF_OK;
}

enum tf_code tf_groups_difference(const struct tf_group_set *set, size_t a, size_t b, double *ret,
                                  struct tf_err *reterr)
{
    const size_t n = set->survey->n, cell[2] = {a, b};
    struct tf_arena *scratch = tf_arena_new("a difference", (size_t)4 << 30);
    double *z = TF_NEW_N(scratch, double, n), *other = TF_NEW_N(scratch, double, n);
    bool *either = TF_NEW_N(scratch, bool, n);
    linear_of(set, a, NULL, n, z);
    linear_of(set, b, NULL, n, other);
    for (size_t k = 0; k < n; k++)
        z[k] -= other[k];
    for (size_t side = 0; side < 2; side++) {
        const struct tf_group *g = &set->group[set->group_of[cell[side]]];
        for (size_t k = 0; k < g->n; k++)
            either[g->row[k]] = true;
    }
    const enum tf_code code = tf_survey_variance(scratch, set->survey, z, 1, either, ret, reterr);
    tf_arena_free(scratch);
    return code;
}

/* ---- One cell, as intervals want it -------------------------------------------------------- */

/* Of r = (y - R x) / sum w x, times sum w, so that R varies as the mean of it: R's deff of a ratio
 * is that of the total of r. */
static double ratio_variance(const struct tf_group *g, const double *w, double value)
{
    struct tf_sum sum = {0}, square = {0};
    const double n = (double)g->n;
    for (size_t k = 0; k < g->n; k++)
        tf_sum_add(&sum, w[g->row[k]] * (g->y[g->row[k]] - value * g->x[g->row[k]]));
    const double mean = tf_sum_of(&sum) / g->sum_w;
    for (size_t k = 0; k < g->n; k++) {
        const double off = g->y[g->row[k]] - value * g->x[g->row[k]] - mean;
        tf_sum_add(&square, w[g->row[k]] * off * off);
    }
    struct tf_sum base = {0};
    for (size_t k = 0; k < g->n; k++)
        tf_sum_add(&base, w[g->row[k]] * g->x[g->row[k]]);
    const double scale = g->sum_w / tf_sum_of(&base);
    return tf_sum_of(&square) / g->sum_w * n / (n - 1) * scale * scale;
}

/* Of u = n / (n - 1) (y - m)^2, whose mean the variance is. */
static double variance_variance(const struct tf_group *g, const double *w, double value)
{
    struct tf_sum square = {0};
    const double n = (double)g->n, mean = group_mean(g, w);
    for (size_t k = 0; k < g->n; k++) {
        const double off = g->y[g->row[k]] - mean, u = off * off * n / (n - 1) - value;
        tf_sum_add(&square, w[g->row[k]] * u * u);
    }
    return tf_sum_of(&square) / g->sum_w * n / (n - 1);
}

/* The weighted variance of what the cell is a mean of, for the design effect. */
static double unit_variance(const struct tf_group_set *set, const struct tf_group *g, double value)
{
    const double *w = set->survey->w, n = (double)g->n;
    if (g->n < 2)
        return (double)NAN;
    if (g->code != NULL) { /* a 0/1 variable: p (1 - p) */
        const double p = g->kind == TF_CELL_TOTAL ? value / g->sum_w : value;
        return p * (1 - p) * n / (n - 1);
    }
    if (g->kind == TF_CELL_RATIO)
        return ratio_variance(g, w, value);
    if (g->kind == TF_CELL_VARIANCE)
        return variance_variance(g, w, value);
    return second_moment(g, w, g->constant ? value_of(g, 0) : group_mean(g, w)) / g->sum_w * n /
           (n - 1);
}

struct tf_linear tf_groups_linear(const struct tf_group_set *set, const struct tf_group *g,
                                  size_t c, const struct tf_fit *fit, size_t *n_in)
{
    const size_t cell = g->first + c;
    struct tf_linear l = {.n = g->n, .psu = g->psu, .strata = g->strata, .df = g->df,
                          .sum_w = g->sum_w, .sum_w2 = g->sum_w2, .value = (double)NAN,
                          .var = (double)NAN, .unit_var = (double)NAN, .lonely = g->lonely,
                          .constant = g->constant};
    *n_in = g->code == NULL ? g->n : 0;
    for (size_t k = 0; g->code != NULL && k < g->n; k++)
        *n_in += g->code[g->row[k]] == c;
    if (g->code != NULL)
        l.constant = *n_in == 0 || *n_in == g->n;
    if (g->n == 0)
        return l;
    l.value = fit->theta[cell];
    l.var = fit->v[cell + cell * fit->p];
    l.unit_var = unit_variance(set, g, l.value);
    l.var_logit = set->v_logit != NULL ? set->v_logit[cell] : 0;
    return l;
}
