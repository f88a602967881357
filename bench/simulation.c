/* 1,000 surveys from frame to intervals (simulation.h): bias, standard errors, coverage.
 * usage: simulation [SURVEYS] */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/simulation.h"
#include "clock.h"

int main(int argc, char **argv)
{
    const long surveys = argc > 1 ? strtol(argv[1], NULL, 10) : 1000;
    struct sim_score score[SIM_TARGETS] = {{0}};
    struct tf_guard guard;
    struct tf_err err = {0};
    if (sodium_init() < 0 || tf_guard_begin(&guard, &err) != TF_OK) {
        (void)fprintf(stderr, "%s\n", err.what);
        return 1;
    }
    struct tf_arena *arena = tf_arena_new("simulation", (size_t)1 << 31);
    const struct sim_population p = sim_populate(arena);
    const double from = now();
    for (long k = 0; k < surveys; k++)
        if (sim_survey(&p, tf_printf(arena, "simulation/%ld", k), score, &err) != TF_OK) {
            (void)fprintf(stderr, "%s: %s. %s\n", err.what, err.fact, err.help);
            return 1;
        }
    const double took = now() - from;
    (void)printf("%ld surveys of 100 PSUs from a population of %zu children: %.2f s\n", surveys,
                 p.n, took);
    (void)printf("%-14s %12s %12s %10s %10s %10s %9s\n", "target", "truth", "mean", "bias/se",
                 "se", "true se", "coverage");
    for (size_t k = 0; k < SIM_TARGETS; k++) {
        const struct sim_score *s = &score[k];
        const double mean = s->sum / s->n, true_se = sqrt(s->square / s->n);
        (void)printf("%-14s %12.5g %12.5g %10.3f %10.4g %10.4g %8.1f%%\n", sim_target[k],
                     p.truth[k], mean, (mean - p.truth[k]) / true_se, s->se / s->n, true_se,
                     100 * s->covered / s->n);
    }
    tf_arena_free(arena);
    tf_guard_end(&guard);
    return 0;
}
