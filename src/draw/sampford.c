/* Sampford's design: fixed size, inclusion probabilities exactly in proportion to size.
 *
 * As published: draw one unit with probability p_k / n, then n - 1 more, with replacement, with
 * probability in proportion to p_k / (1 - p_k); accept if all differ, else begin anew. For a large
 * sample that may be never. Here the accepted samples are drawn at once: a sample's probability is
 *
 *     Pr(s) = c * sum over i in s of p_i * product over the others of p_j / (1 - p_j)
 *
 * which is conditional Poisson sampling with q = p and one unit in the lead (conditional.c): same
 * design, no rejection. Joint probabilities are exact; R's sampling::UPsampfordpi2 is the peer. For
 * two units the design is Brewer's (1963) and Durbin's (1967) as well.
 *
 * Sources: Sampford (1967) Biometrika 54, 499-513; Grafström (2009) J. Stat. Plan. Inf. 139. */
#include "draw/inside.h"

void draw_sampford(struct tf_arena *a, const struct draw_list *l, struct tf_rng *rng,
                   unsigned *hits)
{
    struct draw_ways tail = draw_ways_new(a, l->n, l->take, true);
    draw_ways_tail(&tail, l->p, SIZE_MAX);
    draw_by_ways(&tail, l->p, rng, hits);
}

void draw_sampford_joint(struct tf_arena *a, const struct draw_list *l, const size_t *who,
                         size_t n_who, double *pi2)
{
    draw_ways_joint(a, l, l->p, true, who, n_who, pi2);
}
