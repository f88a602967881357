/* All tables of a report in one pass: 100 questions by 6 domains (sex by age group), every category
 * with its share, error, logit interval, design effect and flags. What is timed, on 1 and 2 threads:
 *
 *     pack     codes of a table in memory to packed rows
 *     pass     packed rows to estimates, intervals and flags
 *     limit    reading the packed rows once, at the bandwidth measured in the same run (memory.c)
 *
 * usage: onepass ROWS PSUS STRATA [CSV VARS]     CSV: also write the same data for the peer (onepass.R) */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "bench/onepass.h"
#include "measure/variance.h"
#include "clock.h"

static void report(const char *what, double *took, size_t n, size_t bytes)
{
    qsort(took, n, sizeof *took, by_size);
    (void)printf("  %-44s %9.3f %9.3f %9.3f ms", what, 1e3 * took[0], 1e3 * took[n / 2],
                 1e3 * took[n - 1]);
    if (bytes > 0)
        (void)printf("   %.0f MB", (double)bytes / 1e6);
    (void)printf("\n");
}

/* Intervals and flags of every cell, as the room makes them, a domain at a time. */
struct finishing {
    const struct tf_onepass *o;
    struct tf_estimate *e;
};

static void finish_domain(void *context, size_t d)
{
    const struct finishing *f = context;
    const size_t n = f->o->n_cells;
    for (size_t k = d * n; k < (d + 1) * n; k++) {
        f->e[k] = (struct tf_estimate){.n = f->o->count[k], .base = f->o->share[k].n};
        tf_interval(&f->e[k], &f->o->share[k], TF_STAT_PROP, TF_CI_LOGIT, 0.95);
    }
}

int main(int argc, char **argv)
{
    enum { RUNS = 15 };
    if (argc < 4) {
        (void)fprintf(stderr, "usage: onepass ROWS PSUS STRATA [CSV VARS]\n");
        return 2;
    }
    struct tf_err err = {0};
    struct tf_guard guard;
    if (tf_guard_begin(&guard, &err) != TF_OK) {
        (void)fprintf(stderr, "onepass: %s\n", err.what);
        return 1;
    }
    struct tf_arena *arena = tf_arena_new("bench", (size_t)16 << 30);
    struct bench_data data = bench_data_make(arena, strtoul(argv[1], NULL, 10),
                                                   strtoul(argv[2], NULL, 10),
                                                   strtoul(argv[3], NULL, 10));
    data.survey.stage = &data.stage;
    if (argc > 5 && bench_data_write(arena, &data, argv[4], strtoul(argv[5], NULL, 10), &err) != TF_OK)
        return 1;
    const struct tf_onepass_scheme scheme = {data.domain, 6};
    double took[RUNS];
    for (unsigned threads = 1; threads <= 2; threads++) {
        const struct tf_onepass_ask ask = {.var = data.var, .n_vars = data.n_vars,
                                           .scheme = &scheme, .n_schemes = 1, .threads = threads};
        struct tf_packed *p = NULL;
        struct tf_onepass *o = NULL;
        size_t flagged = 0;
        char what[80];
        for (size_t k = 0; k < RUNS; k++) {
            struct tf_arena *own = tf_arena_new("packed", (size_t)4 << 30);
            const double start = now();
            if (tf_packed_make(own, &data.survey, &ask, &p, &err) != TF_OK)
                return 1;
            took[k] = now() - start;
            if (k + 1 < RUNS)
                tf_arena_free(own);
        }
        (void)snprintf(what, sizeof what, "pack, %u thread%s", threads, threads > 1 ? "s" : "");
        report(what, took, RUNS, p->n_groups * (p->layout->pitch + 64));
        for (size_t k = 0; k < RUNS; k++) {
            struct tf_arena *own = tf_arena_new("pass", (size_t)4 << 30);
            const double start = now();
            if (tf_onepass_run(own, p, &o, &err) != TF_OK)
                return 1;
            struct tf_estimate *e = TF_NEW_N(own, struct tf_estimate, o->n_domains * o->n_cells);
            struct finishing f = {o, e};
            tf_in_parallel(threads, o->n_domains, finish_domain, &f);
            took[k] = now() - start;
            flagged = 0;
            for (size_t j = 0; j < o->n_domains * o->n_cells; j++)
                flagged += e[j].flags != 0;
            if (k + 1 < RUNS)
                tf_arena_free(own);
        }
        (void)snprintf(what, sizeof what, "pass with intervals and flags, %u thread%s", threads,
                       threads > 1 ? "s" : "");
        report(what, took, RUNS, 0);
        if (threads == 2)
            (void)printf("  %zu estimates, %zu flagged, passes %zu; first share %.6f, se %.8f\n",
                         o->n_domains * o->n_cells, flagged, o->passes, o->share[1].value,
                         sqrt(o->share[1].var));
    }
    tf_arena_free(arena);
    tf_guard_end(&guard);
    return 0;
}
