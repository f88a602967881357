/* Inclusion probabilities in proportion to size, with the certain units found one round after
 * another.
 *
 * n units are to come from sizes s_1 … s_N; p_i = n s_i / S. Where a size is so large that p_i
 * would reach 1 the unit is taken for certain, and the others share what is left:
 *
 *     p_i = (n - c) s_i / (S - sizes of the c certain units)
 *
 * which may make another unit certain, so the round is repeated until nothing changes. Largest
 * first is enough: if a unit is certain, every larger one is. Source: Särndal, Swensson & Wretman
 * (1992) 3.6.2; Tillé (2006) 2.10. */
#include "draw/inside.h"

void draw_inclusion(const double *size, size_t n, size_t take, double *p)
{
    size_t certain = 0;
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        sum += size[k];
        p[k] = 0;
    }
    for (bool again = true; again && certain < n;) {
        const size_t left = take - certain;
        const bool all = n - certain == left; /* then each is certain, whatever rounding says */
        again = false;
        double rest = 0;
        for (size_t k = 0; k < n; k++) {
            if (p[k] >= 1)
                continue;
            p[k] = all ? 1 : (double)left * (size[k] / sum);
            if (p[k] >= 1) {
                p[k] = 1;
                certain++;
                again = true;
            } else {
                rest += size[k];
            }
        }
        sum = rest;
    }
}

void draw_shuffle(struct tf_rng *rng, size_t *order, size_t n)
{
    for (size_t k = 0; k < n; k++)
        order[k] = k;
    for (size_t k = n; k > 1; k--) {
        const size_t j = tf_rng_below(rng, (uint32_t)k), keep = order[j];
        order[j] = order[k - 1];
        order[k - 1] = keep;
    }
}
