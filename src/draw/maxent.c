/* Maximum entropy (conditional Poisson): of all designs with these inclusion probabilities and this
 * size, the one that is most random.
 *
 * The design tosses coins with probabilities q and keeps the outcomes with n units; the q that give
 * the wanted inclusion probabilities p are found by repeating
 *
 *     odds(q) <- odds(q) * odds(p) / odds(p that q gives)
 *
 * a fixed point of Chen, Dempster & Liu (1994), until no p is missed by more than 1e-14 of itself,
 * or rounding lets nothing improve. Selection and pairs are those of conditional.c. The peer is R's
 * sampling::UPmaxentropypi2, which stops its own search at 1e-6; the gold numbers run it to 1e-14.
 *
 * Sources: Hájek (1964) Ann. Math. Statist. 35; Chen, Dempster & Liu (1994) Biometrika 81, 457-469;
 * Deville (2000); Tillé (2006) 5.6. */
#include <math.h>

#include "draw/inside.h"

/* The inclusion probabilities that coins q give. */
static void inclusion_of(struct draw_ways *head, struct draw_ways *tail, const double *q, double *p)
{
    const size_t width = head->take + 1, m = head->take;
    draw_ways_tail(tail, q, SIZE_MAX);
    draw_ways_head(head, q, SIZE_MAX);
    const double all = tail->plain[m];
    for (size_t k = 0; k < head->n; k++) {
        const double *h = head->plain + k * width, *t = tail->plain + (k + 1) * width;
        double ways = 0;
        for (size_t i = 0; i < m; i++)
            ways += h[i] * t[m - 1 - i];
        p[k] = q[k] * ways / all;
    }
}

static double *coins(struct tf_arena *a, const struct draw_list *l)
{
    struct draw_ways head = draw_ways_new(a, l->n, l->take, false);
    struct draw_ways tail = draw_ways_new(a, l->n, l->take, false);
    double *q = TF_NEW_N(a, double, l->n), *p = TF_NEW_N(a, double, l->n);
    double before = (double)INFINITY;
    for (size_t k = 0; k < l->n; k++)
        q[k] = l->p[k];
    for (int round = 0; round < 1000; round++) {
        double worst = 0;
        inclusion_of(&head, &tail, q, p);
        for (size_t k = 0; k < l->n; k++)
            worst = fmax(worst, fabs(p[k] - l->p[k]) / l->p[k]);
        if (worst < 1e-14 || (worst < 1e-11 && worst >= before))
            break;
        before = worst;
        for (size_t k = 0; k < l->n; k++) {
            const double odds = q[k] / (1 - q[k]) * (l->p[k] / (1 - l->p[k])) /
                                (p[k] / (1 - p[k]));
            if (isfinite(odds)) /* else p is 0 or 1 but for rounding, and q is right */
                q[k] = fmin(odds / (1 + odds), 1 - 1e-15);
        }
    }
    return q;
}

void draw_maxent(struct tf_arena *a, const struct draw_list *l, struct tf_rng *rng, unsigned *hits)
{
    const double *q = coins(a, l);
    struct draw_ways tail = draw_ways_new(a, l->n, l->take, false);
    draw_ways_tail(&tail, q, SIZE_MAX);
    draw_by_ways(&tail, q, rng, hits);
}

void draw_maxent_joint(struct tf_arena *a, const struct draw_list *l, const size_t *who,
                       size_t n_who, double *pi2)
{
    draw_ways_joint(a, l, coins(a, l), false, who, n_who, pi2);
}
