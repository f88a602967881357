/* The share of cases at or below given values, as a statistic: what intervals of quantiles rest on.
 *
 * With F the share, z_k = w_k (1[y_k <= q] - F) / W. Under the sample's own weights F is read off
 * the sorted values. Where only the first stage varies z is summed to PSUs in one look at the cases
 * for all values together; the parts that threads take are fixed, so their number changes no digit.
 * */
#include <stdlib.h>
#include <string.h>

#include "measure/quantile.h"
#include "measure/variance.h"

enum { PARTS = 4 };

struct below {
    const struct tf_quantile_group *g;
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
 * does not exceed (of the values in order; past the last: none), once; then the slots are added up.
 * */
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

enum tf_code tf_shares_below(const struct tf_quantile_group *g, const double *at, size_t p,
                             double *share, double *v, struct tf_err *reterr)
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
