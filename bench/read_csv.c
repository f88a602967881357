/* Reading a CSV file into columns, by itself and beside the careful reader.
 *
 *   read_csv make FILE ROWS     write ROWS x 110: 80 codes of one or two digits (some missing), 30
 *                               decimals (ten with 2 places, ten with 6, ten with 15)
 *   read_csv THREADS FILE       read it once (0: all processors; "careful": the careful reader)
 *   read_csv bytes FILE         only read the file's bytes, and write as many as its columns have:
 *                               what memory allows at best
 *
 * One line: seconds of the reading alone, rows, columns, and a hash that must not depend on how. */
#define _POSIX_C_SOURCE 200809L
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/csv_inside.h"
#include "clock.h"

static int make(const char *path, long rows)
{
    FILE *f = fopen(path, "w");
    struct tf_rng rng = tf_rng_named("bench/read_csv");
    if (f == NULL)
        return 1;
    for (int k = 0; k < 110; k++)
        (void)fprintf(f, "%s%c%d", k == 0 ? "" : ",", k < 80 ? 'q' : 'x', k + 1);
    (void)fputc('\n', f);
    for (long row = 0; row < rows; row++) {
        for (int k = 0; k < 80; k++) {
            const uint32_t x = tf_rng_below(&rng, k % 8 == 0 ? 100 : 6);
            if (k > 0)
                (void)fputc(',', f);
            if (tf_rng_below(&rng, 50) > 0)
                (void)fprintf(f, "%u", x);
        }
        for (int k = 0; k < 30; k++) {
            const double x = (double)tf_rng_below(&rng, 1u << 30) / (1u << 28);
            (void)fprintf(f, ",%.*f", k < 10 ? 2 : k < 20 ? 6 : 15, x);
        }
        (void)fputc('\n', f);
    }
    return fclose(f) != 0;
}

int main(int argc, char **argv)
{
    struct tf_err err = {.code = TF_OK};
    struct tf_guard guard;
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        return make(argv[2], atol(argv[3]));
    if (argc < 3 || sodium_init() < 0 || tf_guard_begin(&guard, &err) != TF_OK) {
        (void)fprintf(stderr, "read_csv: %s\n", err.code != TF_OK ? err.what : "see its head");
        return 1;
    }
    struct tf_arena *arena = tf_arena_new("bench", (size_t)16 << 30);
    struct tf_table *t = NULL;
    struct tf_csv_opt opt = {.guess_numbers = true};
    const double start = now();
    enum tf_code code = TF_OK;
    if (strcmp(argv[1], "careful") == 0 || strcmp(argv[1], "bytes") == 0) {
        struct tf_bytes b;
        code = tf_file_read(arena, argv[2], (size_t)4 << 30, &b, &err);
        if (code == TF_OK && argv[1][0] == 'b') {
            volatile char *p = tf_alloc(arena, 880u << 20);
            for (size_t k = 0; k < 880u << 20; k += 64)
                p[k] = 1;
            (void)printf("%.3f s, memory alone\n", now() - start);
            return 0;
        }
        if (code == TF_OK)
            code = tf_csv_careful(arena, argv[2], b.data, b.n, opt, &t, &err);
    } else {
        opt.threads = (unsigned)atoi(argv[1]);
        code = tf_csv_read(arena, argv[2], opt, &t, &err);
    }
    if (code != TF_OK) {
        (void)fprintf(stderr, "%s:%zu: %s\n", argv[2], err.line, err.what);
        return 1;
    }
    const double took = now() - start;
    (void)printf("%.3f s, %zu x %zu, %.8s\n", took, t->n_rows, t->n_cols,
                 argc > 3 ? tf_table_hash(t).hex : "-");
    return 0;
}
