/* How an answer is made.
 *
 * A yes/no question: logit(share) plus effects of age, sex and area and a little of what the people
 * of one PSU share; one uniform number decides. A scale: the cut points of the middle country's
 * shares on the logit scale, moved by the country's shift and by the same effects. "Don't know"
 * (888) and "prefer not to say" (999) come first and without regard to the answer: a
 * simplification, real ones depend on it. Exact shares are set where a preset asks for them, by a
 * weighted threshold. */
#include <math.h>
#include <stdlib.h>

#include "demo/inside.h"

static double logit(double p)
{
    return log(p / (1 - p));
}
static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

struct tf_rng demo_stream(const struct demo_country *c, const char *what)
{
    return tf_rng_named(tf_printf(c->arena, "demo/%s/%s", c->preset->code, what));
}

struct demo_grid *demo_grid_new(struct tf_arena *arena, size_t n_rows)
{
    struct demo_grid *g = TF_NEW(arena, struct demo_grid);
    g->arena = arena;
    g->n_rows = n_rows;
    g->cap = 160;
    g->name = TF_NEW_N(arena, const char *, g->cap);
    g->col = TF_NEW_N(arena, double *, g->cap);
    return g;
}

double *demo_grid_add(struct demo_grid *g, const char *name)
{
    if (g->n_cols == g->cap)
        return g->col[g->cap - 1]; /* the tables below are shorter than this by far */
    double *x = TF_NEW_N(g->arena, double, g->n_rows + 1);
    for (size_t r = 0; r < g->n_rows; r++)
        x[r] = (double)NAN;
    g->name[g->n_cols] = name;
    g->col[g->n_cols++] = x;
    return x;
}

double *demo_grid_find(const struct demo_grid *g, const char *name)
{
    for (size_t k = 0; k < g->n_cols; k++)
        if (tf_streq(g->name[k], name))
            return g->col[k];
    return NULL;
}

void demo_grid_row(struct tf_buf *out, const struct demo_grid *g, size_t row, size_t from,
                   bool blank)
{
    for (size_t k = 0; k < g->n_cols; k++) {
        tf_buf_char(out, ',');
        if (!(blank && k >= from) && !isnan(g->col[k][row]))
            tf_buf_fixed(out, g->col[k][row], 0);
    }
    tf_buf_char(out, '\n');
}

void demo_ask_yesno(struct demo_country *c, struct demo_grid *g, const char *who,
                    const struct demo_person *p, const struct demo_yesno *q)
{
    struct tf_rng rng = demo_stream(c, tf_printf(c->arena, "%s/%s", who, q->name));
    double *x = demo_grid_add(g, q->name);
    for (size_t r = 0; r < g->n_rows; r++) {
        const double u = tf_rng_uniform(&rng), miss = tf_rng_uniform(&rng);
        const double eta = logit(q->share[c->preset->index]) + q->age * p[r].age +
                           q->second_sex * (p[r].second_sex - 0.5) + q->urban * (p[r].urban - 0.5) +
                           0.25 * p[r].cluster;
        x[r] = miss < q->dont_know                   ? 888
               : miss < q->dont_know + q->prefer_not ? 999
               : u < logistic(eta)                   ? 1
                                                     : 0;
    }
}

void demo_ask_scale(struct demo_country *c, struct demo_grid *g, const char *who,
                    const struct demo_person *p, const struct demo_scale *q)
{
    struct tf_rng rng = demo_stream(c, tf_printf(c->arena, "%s/%s", who, q->name));
    double *x = demo_grid_add(g, q->name);
    for (size_t r = 0; r < g->n_rows; r++) {
        double u = tf_rng_uniform(&rng);
        const double miss = tf_rng_uniform(&rng);
        u = u < 1e-9 ? 1e-9 : u > 1 - 1e-9 ? 1 - 1e-9 : u;
        const double latent = logit(u) + q->shift[c->preset->index] + q->age * p[r].age +
                              q->second_sex * (p[r].second_sex - 0.5) +
                              q->urban * (p[r].urban - 0.5) + 0.2 * p[r].cluster;
        double below = 0;
        size_t code = 1;
        for (size_t k = 0; k + 1 < q->k; k++) {
            below += q->share[k];
            if (latent > logit(below))
                code = k + 2;
        }
        x[r] = miss < q->dont_know ? 888 : (double)code;
    }
}

int demo_pick(struct tf_rng *rng, const double *share, size_t n)
{
    double u = tf_rng_uniform(rng);
    for (size_t k = 0; k + 1 < n; k++) {
        if (u < share[k])
            return (int)k + 1;
        u -= share[k];
    }
    return (int)n;
}

struct ranked {
    double x, w;
    size_t row;
};
static int downwards(const void *a, const void *b)
{
    const struct ranked *p = a, *q = b;
    return p->x < q->x ? 1 : p->x > q->x ? -1 : p->row < q->row ? -1 : p->row > q->row;
}

double demo_threshold(struct tf_arena *arena, const double *x, const double *w, const bool *mask,
                      size_t n, double share)
{
    struct ranked *r = TF_NEW_N(arena, struct ranked, n + 1);
    size_t m = 0;
    double all = 0, above = 0;
    for (size_t k = 0; k < n; k++) {
        if (!mask[k])
            continue;
        r[m++] = (struct ranked){x[k], w[k], k};
        all += w[k];
    }
    qsort(r, m, sizeof *r, downwards);
    for (size_t k = 0; k < m; k++) {
        if (above + r[k].w / 2 > share * all)
            return r[k].x;
        above += r[k].w;
    }
    return -HUGE_VAL;
}
