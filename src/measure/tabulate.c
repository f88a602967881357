/* Tables of weighted cells (tabulate.h).
 *
 * The share of cell k in its group g is a ratio of two totals, p_k = T_k / T_g, so its linearised
 * variable is w (x_k - p_k x_g) / T_g with the 0/1 variables of cell and group (Särndal, Swensson
 * & Wretman 1992, 5.6). One statistic gives all shares, and the totals behind them, to whatever
 * variance the survey has. Groups: one for shares of the whole table, the rows for row
 * percentages. */
#include <math.h>
#include <string.h>

#include "measure/tabulate.h"

struct tabulation { /* the statistic: shares [k], then totals [k] when wanted */
    size_t n, k, groups;
    bool totals;
    const uint32_t *of, *group;
    bool *in;        /* [n] rows of the table */
    const double *w; /* the latest */
    struct tf_sum *sum;
    double *total, *group_total, *share;
};

static enum tf_code value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct tabulation *t = self;
    (void)reterr;
    t->w = w;
    memset(t->sum, 0, t->k * sizeof *t->sum);
    memset(t->group_total, 0, t->groups * sizeof *t->group_total);
    for (size_t i = 0; i < t->n; i++)
        if (t->of[i] != TF_NO_CODE)
            tf_sum_add(&t->sum[t->of[i]], w[i]);
    for (size_t c = 0; c < t->k; c++) {
        t->total[c] = tf_sum_of(&t->sum[c]);
        t->group_total[t->group[c]] += t->total[c];
    }
    for (size_t c = 0; c < t->k; c++) {
        theta[c] = t->share[c] = t->total[c] / t->group_total[t->group[c]];
        if (t->totals)
            theta[t->k + c] = t->total[c];
    }
    return TF_OK;
}

static void linear(void *self, size_t k, double *z)
{
    const struct tabulation *t = self;
    const bool total = k >= t->k;
    const size_t cell = total ? k - t->k : k;
    const uint32_t group = t->group[cell];
    const double share = total ? 0 : t->share[cell];
    const double over = total ? 1 : t->group_total[group];
    for (size_t i = 0; i < t->n; i++) {
        const uint32_t c = t->of[i];
        z[i] = 0;
        if (c != TF_NO_CODE && (c == cell || t->group[c] == group))
            z[i] = t->w[i] * ((c == cell ? 1 : 0) - share) / over;
    }
}

static const bool *domain(void *self, size_t k)
{
    (void)k;
    return ((const struct tabulation *)self)->in;
}

static struct tabulation tabulation_new(struct tf_arena *arena, const struct tf_survey *s,
                                        const uint32_t *of, size_t k, const uint32_t *group)
{
    struct tabulation t = {.n = s->n, .k = k, .groups = 1, .of = of};
    uint32_t *number = TF_NEW_N(arena, uint32_t, k);
    for (size_t c = 0; c < k && group != NULL; c++) {
        number[c] = group[c];
        t.groups = group[c] >= t.groups ? group[c] + 1 : t.groups;
    }
    t.group = number;
    t.in = TF_NEW_N(arena, bool, s->n);
    for (size_t i = 0; i < s->n; i++)
        t.in[i] = of[i] != TF_NO_CODE && tf_in_sample(s->w[i]);
    t.sum = TF_NEW_N(arena, struct tf_sum, k);
    t.total = TF_NEW_N(arena, double, k);
    t.share = TF_NEW_N(arena, double, k);
    t.group_total = TF_NEW_N(arena, double, t.groups);
    return t;
}

/* A k x k block of the p x p matrix v. */
static double *block(struct tf_arena *arena, const double *v, size_t p, size_t first, size_t k)
{
    double *b = TF_NEW_N(arena, double, k * k);
    for (size_t j = 0; j < k; j++)
        for (size_t i = 0; i < k; i++)
            b[i + j * k] = v[first + i + (first + j) * p];
    return b;
}

enum tf_code tf_tabulate(struct tf_arena *arena, const struct tf_survey *s, const uint32_t *of,
                         size_t k, const uint32_t *group, bool totals, struct tf_tabulated *ret,
                         struct tf_err *reterr)
{
    struct tabulation t = tabulation_new(arena, s, of, k, group);
    const struct tf_statistic statistic = {totals ? 2 * k : k, &t, value, linear, domain};
    struct tf_fit fit;
    t.totals = totals;
    TF_TRY(tf_survey_fit(arena, s, &statistic, true, &fit, reterr));
    TF_TRY(value(&t, s->w, fit.theta, reterr)); /* replicates have come by since */
    *ret = (struct tf_tabulated){
        .k = k,
        .total = t.total,
        .share = t.share,
        .v_share = block(arena, fit.v, fit.p, 0, k),
        .v_total = totals ? block(arena, fit.v, fit.p, k, k) : NULL,
        .n = TF_NEW_N(arena, size_t, k),
        .lonely = fit.lonely,
        .replicated = s->kind == TF_BY_REPLICATES,
    };
    for (size_t i = 0; i < s->n; i++)
        if (t.in[i]) {
            ret->n[of[i]]++;
            ret->base++;
        }
    return TF_OK;
}

struct tf_tabulated tf_tabulated_regroup(struct tf_arena *arena, const struct tf_tabulated *t,
                                         const uint32_t *group)
{
    struct tf_tabulated r = *t;
    const size_t k = t->k;
    double *sum = TF_NEW_N(arena, double, k), *map = TF_NEW_N(arena, double, k * k);
    r.share = TF_NEW_N(arena, double, k);
    r.v_share = TF_NEW_N(arena, double, k * k);
    for (size_t c = 0; c < k; c++)
        sum[group[c]] += t->total[c];
    for (size_t c = 0; c < k; c++) {
        r.share[c] = t->total[c] / sum[group[c]];
        for (size_t j = 0; j < k; j++) /* dp_c = (dT_c - p_c sum of its group's dT) / T_group */
            map[c + j * k] = ((c == j) - (group[c] == group[j] ? r.share[c] : 0)) / sum[group[c]];
    }
    tf_sandwich(arena, map, t->v_total, k, k, r.v_share);
    return r;
}

struct tf_tabulated tf_tabulated_part(struct tf_arena *arena, const struct tf_tabulated *t,
                                      const size_t *cell, size_t k)
{
    struct tf_tabulated part = *t;
    part.k = k;
    part.total = TF_NEW_N(arena, double, k);
    part.share = TF_NEW_N(arena, double, k);
    part.n = TF_NEW_N(arena, size_t, k);
    part.v_share = TF_NEW_N(arena, double, k * k);
    part.v_total = t->v_total != NULL ? TF_NEW_N(arena, double, k * k) : NULL;
    for (size_t i = 0; i < k; i++) {
        part.total[i] = t->total[cell[i]];
        part.share[i] = t->share[cell[i]];
        part.n[i] = t->n[cell[i]];
        for (size_t j = 0; j < k; j++) {
            part.v_share[j + i * k] = t->v_share[cell[j] + cell[i] * t->k];
            if (part.v_total != NULL)
                part.v_total[j + i * k] = t->v_total[cell[j] + cell[i] * t->k];
        }
    }
    return part;
}
