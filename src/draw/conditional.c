/* Ways to a sample of fixed size: the table behind maximum entropy and Sampford.
 *
 * Toss a coin for each unit, unit k coming with probability q_k, and keep only the outcomes with
 * exactly n units: conditional Poisson sampling. Everything asked of it is a ratio of probabilities
 * of the number that come, and these follow from one convolution. With T_k(m) = Pr(m of the units
 * k..N-1 come),
 *
 *     T_k(m) = (1 - q_k) T_{k+1}(m) + q_k T_{k+1}(m - 1)
 *     Pr(k comes | m still wanted) = q_k T_{k+1}(m - 1) / T_k(m)
 *
 * so a sample is drawn in one walk along the list, without a single rejection (Chen, Dempster & Liu
 * 1994, procedure 3). Sampford's design is the same with one unit in the lead, which is chosen with
 * weight p_k where the others carry p_k / (1 - p_k) (Sampford 1967; Grafström 2009); a second
 * table, L_k(m), counts the ways that hold the leader:
 *
 *     L_k(m) = (1 - q_k) L_{k+1}(m) + q_k L_{k+1}(m - 1) + q_k (1 - q_k) T_{k+1}(m - 1)
 *
 * The joint probability of k and l needs the tables without k and l: k is left out of a head and a
 * tail table, l is the gap between head row l and tail row l + 1, and the two sides are convolved.
 * All terms are positive, so nothing cancels; the published alternating sums lose digits instead.
 *
 * Cost: N n for a sample, N n for each unit whose pairs are asked. */
#include <string.h>

#include "draw/inside.h"

struct draw_ways draw_ways_new(struct tf_arena *a, size_t n, size_t take, bool led)
{
    struct draw_ways w = {.n = n, .take = take};
    w.plain = tf_alloc_n(a, (n + 1) * (take + 1), sizeof *w.plain);
    if (led)
        w.led = tf_alloc_n(a, (n + 1) * (take + 1), sizeof *w.led);
    return w;
}

/* Row `to` from row `from`, with unit probability q. */
static void step(const struct draw_ways *w, size_t to, size_t from, double q)
{
    const size_t width = w->take + 1;
    double *t = w->plain + to * width;
    const double *f = w->plain + from * width;
    for (size_t m = width; m-- > 0;)
        t[m] = (1 - q) * f[m] + (m > 0 ? q * f[m - 1] : 0);
    if (w->led == NULL)
        return;
    double *lt = w->led + to * width;
    const double *lf = w->led + from * width;
    for (size_t m = width; m-- > 0;)
        lt[m] = (1 - q) * lf[m] + (m > 0 ? q * lf[m - 1] + q * (1 - q) * f[m - 1] : 0);
}

static void first_row(const struct draw_ways *w, size_t row)
{
    const size_t width = w->take + 1;
    memset(w->plain + row * width, 0, width * sizeof *w->plain);
    w->plain[row * width] = 1;
    if (w->led != NULL)
        memset(w->led + row * width, 0, width * sizeof *w->led);
}

void draw_ways_tail(struct draw_ways *w, const double *q, size_t skip)
{
    first_row(w, w->n);
    for (size_t k = w->n; k-- > 0;)
        step(w, k, k + 1, k == skip ? 0 : q[k]);
}

void draw_ways_head(struct draw_ways *w, const double *q, size_t skip)
{
    first_row(w, 0);
    for (size_t k = 0; k < w->n; k++)
        step(w, k + 1, k, k == skip ? 0 : q[k]);
}

void draw_by_ways(const struct draw_ways *tail, const double *q, struct tf_rng *rng, unsigned *hits)
{
    const size_t width = tail->take + 1;
    size_t m = tail->take;
    bool lead = tail->led != NULL; /* is the leader still to come? */
    for (size_t k = 0; k < tail->n && m > 0; k++) {
        const double *t = tail->plain + (k + 1) * width;
        const double *l = lead ? tail->led + (k + 1) * width : NULL;
        const double skip = (1 - q[k]) * (lead ? l[m] : t[m]);
        const double as_any = q[k] * (lead ? l[m - 1] : t[m - 1]);
        const double as_leader = lead ? q[k] * (1 - q[k]) * t[m - 1] : 0;
        const double u = tf_rng_uniform(rng) * (skip + as_any + as_leader);
        if (u < skip)
            continue;
        hits[k]++;
        m--;
        lead = lead && u < skip + as_any;
    }
}

/* Sum over i of x[i] y[m - i]. */
static double meet(const double *x, const double *y, size_t m)
{
    double sum = 0;
    for (size_t i = 0; i <= m; i++)
        sum += x[i] * y[m - i];
    return sum;
}

/* Pairs of one unit k with the others asked for. all = ways to the whole sample. */
static void joint_of(const struct draw_ways *head, const struct draw_ways *tail, const double *q,
                     size_t k, const size_t *who, size_t n_who, double all, double *row)
{
    const size_t width = head->take + 1, m = head->take - 2;
    for (size_t j = 0; j < n_who; j++) {
        const size_t l = who[j];
        if (l == k)
            continue;
        const double *h = head->plain + l * width, *t = tail->plain + (l + 1) * width;
        double ways = meet(h, t, m);
        if (head->led != NULL) { /* k leads, or l, or somebody else */
            const double *lh = head->led + l * width, *lt = tail->led + (l + 1) * width;
            ways = ways * (1 - q[k] + 1 - q[l]) + meet(lh, t, m) + meet(h, lt, m);
        }
        row[j] = q[k] * q[l] * ways / all;
    }
}

void draw_ways_joint(struct tf_arena *a, const struct draw_list *l, const double *q, bool led,
                     const size_t *who, size_t n_who, double *pi2)
{
    struct draw_ways head = draw_ways_new(a, l->n, l->take, led);
    struct draw_ways tail = draw_ways_new(a, l->n, l->take, led);
    draw_ways_tail(&tail, q, SIZE_MAX);
    const double all = (led ? tail.led : tail.plain)[l->take];
    for (size_t i = 0; i < n_who; i++) {
        double *row = pi2 + i * n_who;
        row[i] = l->p[who[i]];
        if (l->take < 2) /* no two units ever come together */
            continue;
        draw_ways_tail(&tail, q, who[i]);
        draw_ways_head(&head, q, who[i]);
        joint_of(&head, &tail, q, who[i], who, n_who, all, row);
    }
    for (size_t i = 0; i < n_who; i++) /* the two ways to a pair agree but for rounding */
        for (size_t j = 0; j < i; j++)
            pi2[i * n_who + j] = pi2[j * n_who + i];
}
