/* Tillé's elimination: begin with all units and take one away, N - n times.
 *
 * Let p_k(i) be the inclusion probability of unit k in a sample of i units, in proportion to size
 * with the certain units found (probability.c). Going from i + 1 to i units, unit k goes with
 * probability
 *
 *     r_k(i) = 1 - p_k(i) / p_k(i + 1)
 *
 * which adds up to 1 over the units still there, whatever went before: the units certain at i + 1
 * are all there, and the others share one r. So every sample on the way has its exact
 * probabilities, and
 *
 *     p_kl = product over i of (1 - r_k(i) - r_l(i))
 *
 * exactly. With the units sorted by size the certain ones are the first, and all sizes i are walked
 * with one pointer. Source: Tillé (1996) Biometrika 83, 238-241. Peer: sampling::UPtillepi2. */
#include <math.h>
#include <stdlib.h>

#include "draw/inside.h"

/* Units by falling size, and the sums of what follows each. */
struct ladder {
    size_t n, *unit;   /* unit[rank] */
    double *p, *rest;  /* [n] by rank; rest[rank] = p[rank] + … + p[n - 1] */
    size_t certain;    /* at the present size: ranks below it are certain */
    double factor;     /* p(i) = factor * p above it */
};

struct ranked {
    double p;
    size_t unit;
};

static int larger_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->p < y->p || x->p > y->p)
        return x->p < y->p ? 1 : -1;
    return (x->unit > y->unit) - (x->unit < y->unit);
}

static struct ladder ladder_new(struct tf_arena *a, const struct draw_list *l)
{
    struct ladder s = {.n = l->n, .certain = l->n};
    struct ranked *r = TF_NEW_N(a, struct ranked, l->n);
    for (size_t k = 0; k < l->n; k++)
        r[k] = (struct ranked){l->p[k], k};
    if (l->n > 0)
        qsort(r, l->n, sizeof *r, larger_first);
    s.unit = TF_NEW_N(a, size_t, l->n);
    s.p = TF_NEW_N(a, double, l->n);
    s.rest = TF_NEW_N(a, double, l->n);
    for (size_t k = l->n; k-- > 0;) {
        s.unit[k] = r[k].unit;
        s.p[k] = r[k].p;
        s.rest[k] = r[k].p + (k + 1 < l->n ? s.rest[k + 1] : 0);
    }
    return s;
}

/* Step down to samples of `size` units; r[rank] is the probability that the unit goes now. */
static void step_down(struct ladder *s, size_t size, double *r)
{
    const size_t certain = s->certain;
    const double factor = s->factor;
    while (s->certain > 0 &&
           (double)(size - (s->certain - 1)) * s->p[s->certain - 1] < s->rest[s->certain - 1])
        s->certain--;
    s->factor = (double)(size - s->certain) / s->rest[s->certain];
    for (size_t k = 0; k < s->n; k++)
        r[k] = k < s->certain ? 0
               : k < certain  ? 1 - s->factor * s->p[k]
                              : 1 - s->factor / factor;
}

void draw_tille(struct tf_arena *a, const struct draw_list *l, struct tf_rng *rng, unsigned *hits)
{
    struct ladder s = ladder_new(a, l);
    double *r = TF_NEW_N(a, double, l->n);
    bool *gone = TF_NEW_N(a, bool, l->n);
    for (size_t size = l->n; size-- > l->take;) {
        step_down(&s, size, r);
        double left = tf_rng_uniform(rng);
        size_t goes = SIZE_MAX;
        for (size_t k = s.certain; k < l->n && (goes == SIZE_MAX || left >= 0); k++)
            if (!gone[k]) {
                goes = k; /* the last one that can go stands in where rounding leaves a rest */
                left -= r[k];
            }
        gone[goes] = true;
    }
    for (size_t k = 0; k < l->n; k++)
        hits[s.unit[k]] += gone[k] ? 0 : 1;
}

void draw_tille_joint(struct tf_arena *a, const struct draw_list *l, const size_t *who,
                      size_t n_who, double *pi2)
{
    struct ladder s = ladder_new(a, l);
    double *r = TF_NEW_N(a, double, l->n);
    size_t *rank = TF_NEW_N(a, size_t, l->n);
    for (size_t k = 0; k < l->n; k++)
        rank[s.unit[k]] = k;
    for (size_t k = 0; k < n_who * n_who; k++)
        pi2[k] = 1;
    for (size_t size = l->n; size-- > l->take;) {
        step_down(&s, size, r);
        for (size_t i = 0; i < n_who; i++)
            for (size_t j = 0; j < n_who; j++)
                pi2[i * n_who + j] *= fmax(0, 1 - r[rank[who[i]]] - r[rank[who[j]]]);
    }
    for (size_t i = 0; i < n_who; i++)
        pi2[i * n_who + i] = l->p[who[i]];
}
