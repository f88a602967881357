/* Equal probabilities and plain ways: simple random, systematic, with replacement.
 *
 *   srs               every set of n of N is as likely as any other (a shuffled list's first n);
 *                     pairs n (n - 1) / (N (N - 1))
 *   systematic        a comb of n teeth over the list with a random start: exact probabilities
 *                     n / N (or in proportion to size) whatever N / n is; pairs in joint.c
 *   systematic_random the same over a shuffled list (Hartley & Rao 1962)
 *   pps_wr            n draws with replacement, unit k with z_k = p_k / n each (Hansen & Hurwitz
 *                     1943): in the sample with 1 - (1 - z)^n, both of a pair with
 *                     1 - (1 - z_k)^n - (1 - z_l)^n + (1 - z_k - z_l)^n
 *
 * In pps_wr p_k stands for the expected number of hits, and may exceed 1. */
#include <math.h>

#include "draw/inside.h"

void draw_srs(struct tf_arena *a, const struct draw_list *l, struct tf_rng *rng, unsigned *hits)
{
    size_t *order = TF_NEW_N(a, size_t, l->n);
    draw_shuffle(rng, order, l->n);
    for (size_t k = 0; k < l->take; k++)
        hits[order[k]]++;
}

void draw_srs_joint(struct tf_arena *a TF_UNUSED, const struct draw_list *l,
                    const size_t *who TF_UNUSED, size_t n_who, double *pi2)
{
    const double n = (double)l->take, all = (double)l->n;
    for (size_t i = 0; i < n_who; i++)
        for (size_t j = 0; j < n_who; j++)
            pi2[i * n_who + j] = i == j ? n / all : n * (n - 1) / (all * (all - 1));
}

void draw_systematic(struct tf_arena *a TF_UNUSED, const struct draw_list *l, struct tf_rng *rng,
                     unsigned *hits)
{
    double sum = 0;
    for (size_t k = 0; k < l->n; k++)
        sum += l->p[k];
    draw_comb(l->p, l->n, sum, l->take, tf_rng_uniform(rng) * sum / (double)l->take, hits);
}

void draw_systematic_random(struct tf_arena *a, const struct draw_list *l, struct tf_rng *rng,
                            unsigned *hits)
{
    size_t *order = TF_NEW_N(a, size_t, l->n);
    double *p = TF_NEW_N(a, double, l->n);
    unsigned *shuffled = TF_NEW_N(a, unsigned, l->n);
    draw_shuffle(rng, order, l->n);
    for (size_t k = 0; k < l->n; k++)
        p[k] = l->p[order[k]];
    draw_systematic(a, &(struct draw_list){.n = l->n, .take = l->take, .p = p}, rng, shuffled);
    for (size_t k = 0; k < l->n; k++)
        hits[order[k]] += shuffled[k];
}

void draw_pps_wr(struct tf_arena *a TF_UNUSED, const struct draw_list *l, struct tf_rng *rng,
                 unsigned *hits)
{
    double sum = 0;
    for (size_t k = 0; k < l->n; k++)
        sum += l->p[k];
    for (size_t i = 0; i < l->take; i++) {
        double left = tf_rng_uniform(rng) * sum;
        size_t k = 0;
        for (; k + 1 < l->n && left >= l->p[k]; k++)
            left -= l->p[k];
        hits[k]++;
    }
}

void draw_pps_wr_joint(struct tf_arena *a TF_UNUSED, const struct draw_list *l, const size_t *who,
                       size_t n_who, double *pi2)
{
    const double n = (double)l->take;
    for (size_t i = 0; i < n_who; i++)
        for (size_t j = 0; j < n_who; j++) {
            const double x = l->p[who[i]] / n, y = l->p[who[j]] / n;
            pi2[i * n_who + j] =
                i == j ? 1 - pow(1 - x, n)
                       : 1 - pow(1 - x, n) - pow(1 - y, n) + pow(fmax(0, 1 - x - y), n);
        }
}
