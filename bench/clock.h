/* What the benchmarks time with: a clock, and the middle of several runs. Define _GNU_SOURCE first. */
#ifndef TF_BENCH_CLOCK_H
#define TF_BENCH_CLOCK_H

#include <stdlib.h>
#include <time.h>

static inline double now(void) /* seconds */
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

#endif
