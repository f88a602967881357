/* 500 bootstrap replicates (Rao-Wu) of 100 questions: the standard error of every share, from packed
 * rows in memory. Own memory is what the packed rows and the replicates take; the table of codes from
 * which they were packed is not needed any more.
 *
 * usage: bootstrap ROWS PSUS STRATA [REPLICATES] */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/onepass.h"
#include "measure/replicates.h"
#include "clock.h"

int main(int argc, char **argv)
{
    enum { RUNS = 9 };
    struct tf_err err = {0};
    struct tf_guard guard;
    if (argc < 4 || tf_guard_begin(&guard, &err) != TF_OK) {
        (void)fprintf(stderr, "usage: bootstrap ROWS PSUS STRATA [REPLICATES]\n%s\n", err.what);
        return 2;
    }
    struct tf_arena *arena = tf_arena_new("bench", (size_t)16 << 30);
    struct bench_data data = bench_data_make(arena, strtoul(argv[1], NULL, 10),
                                             strtoul(argv[2], NULL, 10),
                                             strtoul(argv[3], NULL, 10));
    data.survey.stage = &data.stage;
    const char *text = tf_printf(arena, "{type: bootstrap_rw, replicates: %s}",
                                 argc > 4 ? argv[4] : "500");
    struct tf_yaml *at;
    if (tf_yaml_parse(arena, "bench", 1, text, strlen(text), &at, &err) != TF_OK ||
        tf_replicates_read(&data.survey, at, ".", &err) != TF_OK) {
        (void)fprintf(stderr, "bootstrap: %s\n", err.what);
        return 1;
    }
    const struct tf_onepass_scheme scheme = {NULL, 1};
    for (unsigned threads = 1; threads <= 2; threads++) {
        const struct tf_onepass_ask ask = {.var = data.var, .n_vars = data.n_vars,
                                           .scheme = &scheme, .n_schemes = 1, .threads = threads};
        struct tf_arena *own = tf_arena_new("packed", (size_t)4 << 30);
        struct tf_packed *p;
        double took[RUNS], *var = NULL;
        struct tf_onepass *o = NULL;
        if (tf_packed_make(own, &data.survey, &ask, &p, &err) != TF_OK)
            return 1;
        for (size_t k = 0; k < RUNS; k++) {
            const double start = now();
            if (tf_onepass_run(own, p, &o, &err) != TF_OK ||
                tf_onepass_replicates(own, &data.survey, p, o, &var, &err) != TF_OK)
                return 1;
            took[k] = now() - start;
        }
        qsort(took, RUNS, sizeof *took, by_size);
        const size_t cells = p->layout->cells8, replicates = tf_replicates_count(&data.survey);
        const size_t memory = tf_arena_used(own) +
                              (cells * p->n_units + 2 * replicates * p->n_units +
                               replicates * cells) * sizeof(double);
        (void)printf("  %zu replicates, %u thread%s %27s %9.3f %9.3f %9.3f ms   %.0f MB own\n",
                     replicates, threads, threads > 1 ? "s" : "", "", 1e3 * took[0],
                     1e3 * took[RUNS / 2], 1e3 * took[RUNS - 1], (double)memory / 1e6);
        if (threads == 2)
            (void)printf("  first share %.6f: bootstrap se %.8f, linearised %.8f\n",
                         o->share[0].value, sqrt(var[0]), sqrt(o->share[0].var));
        tf_arena_free(own);
    }
    tf_arena_free(arena);
    tf_guard_end(&guard);
    return 0;
}
