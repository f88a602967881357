/* Coverage of the intervals of a share, by simulation: how often each holds the truth.
 *
 *     build/release/bench/coverage [SAMPLES [METHOD …]]         (default 2,000 samples, all
 *     methods)
 *
 * Population: clusters whose own share of cases varies. A sample is m = 50 clusters of 20 cases in
 * 10 strata of 5 clusters; the cluster's share is Beta distributed with mean p and intra-class
 * correlation rho, so that the design effect is 1 + 19 rho = 1.5, as in a survey of n = 1,000
 * children; then 40 degrees of freedom. Weights: equal, or log-normal with 1 + cv^2 = 1.2 (deff
 * then is about 1.7), drawn apart from the answer.
 *
 * For each p: the share of samples whose 95 % interval holds p, then below and above it. Samples
 * with nobody in the category count like any other: there the methods answer one-sided. The streams
 * of random numbers have names, so the table is the same everywhere. It stands in docs/METHODS.md.
 * */
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/groups.h"

enum { STRATA = 10, PSUS = 5, CASES = 20, CLUSTERS = STRATA * PSUS, N = CLUSTERS * CASES };

static const double rho = .5 / (CASES - 1);

/* A gamma deviate by Marsaglia & Tsang (2000), for the beta of the clusters. */
static double gamma_of(struct tf_rng *rng, double shape)
{
    const double d = shape < 1 ? shape + 1 - 1. / 3 : shape - 1. / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        const double x = tf_rng_normal(rng), v = pow(1 + c * x, 3);
        if (1 + c * x <= 0)
            continue;
        if (log(1 - tf_rng_uniform(rng)) < x * x / 2 + d - d * v + d * log(v)) {
            const double boost = shape < 1 ? pow(1 - tf_rng_uniform(rng), 1 / shape) : 1;
            return d * v * boost;
        }
    }
}

/* One sample: the share and its variance between clusters, as the room makes them. */
static struct tf_share_case draw(struct tf_rng *rng, double p, bool weighted)
{
    const double size = 1 / rho - 1;
    double yes[CLUSTERS], all[CLUSTERS], total = 0, hit = 0, square = 0;
    for (int i = 0; i < CLUSTERS; i++) {
        const double a = gamma_of(rng, p * size), b = gamma_of(rng, (1 - p) * size);
        const double share = a + b > 0 ? a / (a + b) : p;
        yes[i] = all[i] = 0;
        for (int k = 0; k < CASES; k++) {
            const double w = weighted ? exp(sqrt(log(1.2)) * tf_rng_normal(rng)) : 1;
            all[i] += w;
            square += w * w;
            yes[i] += tf_rng_uniform(rng) < share ? w : 0;
        }
        total += all[i];
        hit += yes[i];
    }
    struct tf_share_case c = {.p = hit / total, .n = N, .kish = total * total / square,
                              .df = CLUSTERS - STRATA, .level = .95};
    for (int h = 0; h < STRATA; h++) {
        double mean = 0, sum = 0;
        for (int i = h * PSUS; i < (h + 1) * PSUS; i++)
            mean += (yes[i] - c.p * all[i]) / total / PSUS;
        for (int i = h * PSUS; i < (h + 1) * PSUS; i++)
            sum += pow((yes[i] - c.p * all[i]) / total - mean, 2);
        c.v += sum * PSUS / (PSUS - 1);
    }
    return c;
}

int main(int argc, char **argv)
{
    static const double p[] = {.01, .02, .05, .10, .20, .30, .50};
    enum { N_P = sizeof p / sizeof p[0] };
    int64_t samples = 2000;
    if (sodium_init() < 0 || (argc > 1 && !tf_parse_int(argv[1], &samples)))
        return 1;
    for (int weighted = 0; weighted < 2; weighted++) {
        printf("%s weights: covered %% (below, above)\n%-11s", weighted ? "unequal" : "equal",
               "method");
        for (size_t k = 0; k < N_P; k++)
            printf("  p = %2.0f %%        ", p[k] * 100);
        printf("\n");
        for (const char *const *m = tf_share_methods; *m != NULL; m++) {
            bool wanted = argc < 3;
            for (int k = 2; k < argc; k++)
                wanted = wanted || strcmp(argv[k], *m) == 0;
            if (!wanted)
                continue;
            printf("%-11s", *m);
            for (size_t k = 0; k < N_P; k++) {
                char name[64];
                int64_t below = 0, above = 0;
                (void)snprintf(name, sizeof name, "bench/coverage/%d/%d", (int)(p[k] * 100),
                               weighted);
                struct tf_rng rng = tf_rng_named(name); /* every method sees the same samples */
                for (int64_t s = 0; s < samples; s++) {
                    double lo, hi;
                    (void)tf_share_interval(*m, draw(&rng, p[k], weighted != 0), &lo, &hi);
                    below += hi < p[k];
                    above += lo > p[k];
                }
                const double one = 100. / (double)samples;
                printf("  %4.1f (%3.1f, %3.1f)  ", 100 - one * (double)(below + above),
                       one * (double)below, one * (double)above);
            }
            printf("\n");
            (void)fflush(stdout);
        }
    }
    return 0;
}
