/* Raking 1,000,000 rows to four margins, from their codes to the new weights. Beside it R's rake()
 * on the same rows (bench/rake.R), both to the same margins; bench/rake.sh runs both.
 *
 *   rake [ROWS]
 *
 * Medians of 15 runs (BEST=1: the best). Lines: the crossing of the margins (once for a dataset), a
 * raking with the weights written (what every replicate costs), both together, and what the memory
 * alone would take: the codes of the cell and the weights read twice, the weights written once. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/calibrate.h"
#include "clock.h"

enum { MARGINS = 4, RUNS = 15 };
static const size_t categories[MARGINS] = {2, 3, 4, 5};

static double median(double *x)
{
    qsort(x, RUNS, sizeof *x, by_size);
    return getenv("BEST") ? x[0] : x[RUNS / 2];
}

/* The same rows as in rake.R: remainders of products that a double holds exactly. */
static void make_rows(size_t n, uint32_t **of, double *w)
{
    static const uint64_t step[MARGINS] = {7919, 104729, 15485863, 32452843};
    for (size_t row = 0; row < n; row++) {
        for (size_t m = 0; m < MARGINS; m++)
            of[m][row] = (uint32_t)((row + 1) * step[m] % 1000003 % categories[m]);
        w[row] = 1 + (double)((row + 1) * 49979687 % 1000033) / 1000033;
    }
}

static double limit(const uint32_t *cell, double *w, size_t n)
{
    double best = 1e9, keep = 0;
    for (int run = 0; run < RUNS; run++) {
        const double start = 1e3 * now();
        for (size_t row = 0; row < n; row++)
            keep += w[row] + cell[row];
        for (size_t row = 0; row < n; row++)
            w[row] += cell[row];
        const double took = 1e3 * now() - start;
        best = took < best ? took : best;
    }
    return keep < 0 ? 0 : best;
}

static void bench(struct tf_arena *arena, size_t n, unsigned threads)
{
    uint32_t *of[MARGINS];
    double *total[MARGINS], *w = TF_NEW_N(arena, double, n), *raked = TF_NEW_N(arena, double, n);
    double cross[RUNS], fit[RUNS], both[RUNS], square = 0;
    struct tf_raked found = {0};
    for (size_t m = 0; m < MARGINS; m++) {
        of[m] = TF_NEW_N(arena, uint32_t, n);
        total[m] = TF_NEW_N(arena, double, categories[m]);
        for (size_t c = 0; c < categories[m]; c++)
            total[m][c] = (double)(c + 2) * 10080000 / (double)(categories[m] * (categories[m] + 3) / 2);
    }
    make_rows(n, of, w);
    const uint32_t *const read[MARGINS] = {of[0], of[1], of[2], of[3]};
    struct tf_raking r = {.epsilon = 1e-12, .max_sweeps = 1000};
    for (int run = 0; run < RUNS; run++) {
        memcpy(raked, w, n * sizeof *w);
        const double start = 1e3 * now();
        tf_raking_open(arena, &r, read, categories, total, MARGINS, n, threads);
        const double crossed = 1e3 * now();
        if (!tf_raking_fit(&r, raked, &found))
            exit(1);
        const double end = 1e3 * now();
        cross[run] = crossed - start;
        fit[run] = end - crossed;
        both[run] = end - start;
    }
    for (size_t row = 0; row < n; row++)
        square += raked[row] * raked[row];
    (void)printf("rake %zu rows, 4 margins, %zu cells, %u thread%s: crossing %.2f ms, raking with "
                 "weights written %.2f ms, both %.2f ms (%zu sweeps, gap %.0e, sum of squares %.10g)\n",
                 n, r.cells.n, threads, threads == 1 ? "" : "s", median(cross), median(fit),
                 median(both), found.sweeps, found.gap, square);
    if (threads == 1)
        (void)printf("  memory alone, one thread: %.2f ms\n", limit(r.cells.of, raked, n));
}

int main(int argc, char **argv)
{
    struct tf_err err = {0};
    struct tf_guard guard;
    const size_t n = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 1000000;
    if (tf_guard_begin(&guard, &err) != TF_OK)
        return 1;
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct tf_arena *arena = tf_arena_new("bench", (size_t)2 << 30);
        bench(arena, n, threads);
        tf_arena_free(arena);
    }
    tf_guard_end(&guard);
    return 0;
}
