/* The physical limit: how fast this machine reads memory, on 1 and 2 threads, and so how long one
 * reading of BYTES would take. Printed beside what is measured.
 *
 * usage: memory [MEGABYTES…]      one line for each size, beside the bandwidth */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "clock.h"

typedef uint64_t eight __attribute__((vector_size(64), aligned(8)));
enum { RUNS = 7 };
struct share {
    const uint64_t *from;
    size_t n;
    uint64_t sum;
};

static void *add_up(void *given)
{
    struct share *s = given;
    eight a = {0}, b = {0}, c = {0}, d = {0};
    for (size_t k = 0; k + 32 <= s->n; k += 32) {
        a += *(const eight *)(const void *)(s->from + k);
        b += *(const eight *)(const void *)(s->from + k + 8);
        c += *(const eight *)(const void *)(s->from + k + 16);
        d += *(const eight *)(const void *)(s->from + k + 24);
    }
    a += b + c + d;
    for (size_t k = 0; k < 8; k++)
        s->sum += a[k];
    return NULL;
}

static double best(const uint64_t *x, size_t n, size_t threads)
{
    double least = 1e9;
    for (size_t run = 0; run < RUNS; run++) {
        pthread_t other;
        struct share s[2] = {{x, n / threads, 0}, {x + n / 2, n / 2, 0}};
        const double start = now();
        if (threads == 2 && pthread_create(&other, NULL, add_up, &s[1]) != 0)
            return 0;
        (void)add_up(&s[0]);
        if (threads == 2)
            (void)pthread_join(other, NULL);
        const double took = now() - start;
        least = took < least && s[0].sum + s[1].sum > 0 ? took : least;
    }
    return (double)n * sizeof *x / least;
}

int main(int argc, char **argv)
{
    struct tf_err err = {0};
    struct tf_guard guard;
    if (tf_guard_begin(&guard, &err) != TF_OK)
        return 1;
    const size_t n = (size_t)1 << 27; /* 1 GiB: far beyond any cache */
    struct tf_arena *arena = tf_arena_new("memory", (size_t)2 << 30);
    uint64_t *x = TF_NEW_N(arena, uint64_t, n);
    for (size_t k = 0; k < n; k++)
        x[k] = k;
    const double one = best(x, n, 1), two = best(x, n, 2);
    (void)printf("  memory is read at %.1f GB/s by 1 thread, %.1f GB/s by 2\n", one / 1e9, two / 1e9);
    for (int k = 1; k < argc; k++) {
        const double bytes = strtod(argv[k], NULL) * 1e6;
        (void)printf("  limit: %s MB read once take %.2f ms on 1 thread, %.2f ms on 2\n", argv[k],
                     1e3 * bytes / one, 1e3 * bytes / two);
    }
    tf_arena_free(arena);
    tf_guard_end(&guard);
    return 0;
}
