/* Brewer's method: draw by draw, n units, inclusion probabilities exactly in proportion to size.
 *
 * At draw i of n, with a = the sum of p over the units already drawn, the next unit is drawn from
 * the rest with probability in proportion to
 *
 *     p_k (n - a - p_k) / (n - a - p_k (n - i + 1))
 *
 * For two units the joint probabilities are exact (the design is Sampford's); for more no closed
 * form is practical, and those of the balanced approximation (joint.c) are given instead: Brewer's
 * method is among the designs of high entropy for which it is made. Source: Brewer (1963) Austral.
 * J. Statist. 5, 5-13; Brewer (1975) 17, 166-172; Tillé (2006) 6.4. */
#include "draw/inside.h"

void draw_brewer(struct tf_arena *a, const struct draw_list *l, struct tf_rng *rng, unsigned *hits)
{
    const double n = (double)l->take;
    double *share = TF_NEW_N(a, double, l->n), drawn = 0;
    for (size_t i = 0; i < l->take; i++) {
        double sum = 0;
        for (size_t k = 0; k < l->n; k++) {
            const double p = l->p[k];
            share[k] = hits[k] > 0 ? 0
                                   : p * (n - drawn - p) / (n - drawn - p * (n - (double)i));
            sum += share[k];
        }
        double left = tf_rng_uniform(rng) * sum;
        size_t comes = SIZE_MAX;
        for (size_t k = 0; k < l->n && (comes == SIZE_MAX || left >= 0); k++)
            if (hits[k] == 0) {
                comes = k;
                left -= share[k];
            }
        hits[comes]++;
        drawn += l->p[comes];
    }
}

void draw_brewer_joint(struct tf_arena *a, const struct draw_list *l, const size_t *who,
                       size_t n_who, double *pi2)
{
    if (l->take == 2)
        draw_sampford_joint(a, l, who, n_who, pi2);
    else
        draw_balanced_joint(a, l, who, n_who, pi2);
}
