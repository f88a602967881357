/* A hundred Rao-Scott tests, as a report needs them: each question by one other, on a sample of two
 * stages, codes packed in memory.
 *
 *   raoscott ROWS PSUS TABLES THREADS RUNS
 *
 * The sample is made here (a fixed generator: the same every time): PSUS units in strata of four,
 * 1 to 5 categories + missing, weights between 1 and 3, a unit's share of its own in each
 * question. Prints the best and middle time, the limit that the memory sets (bytes read once at
 * STREAM speed), and a sum of all p-values, which must not depend on the number of threads.
 * bench/raoscott.R is the same in R. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/tabulate.h"
#include "clock.h"

static uint64_t state = 20210315;
static double uniform(void) /* splitmix64 */
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static struct tf_survey *sample(struct tf_arena *arena, size_t n, size_t units)
{
    struct tf_survey *s = TF_NEW(arena, struct tf_survey);
    struct tf_stage *stage = TF_NEW(arena, struct tf_stage);
    const size_t strata = units / 4 > 0 ? units / 4 : 1;
    uint32_t *unit = TF_NEW_N(arena, uint32_t, n), *stratum = TF_NEW_N(arena, uint32_t, n);
    uint32_t *of = TF_NEW_N(arena, uint32_t, units), *count = TF_NEW_N(arena, uint32_t, strata);
    double *w = TF_NEW_N(arena, double, n), *all = TF_NEW_N(arena, double, strata);
    for (size_t u = 0; u < units; u++) {
        of[u] = (uint32_t)(u / 4 < strata ? u / 4 : strata - 1);
        count[of[u]]++;
    }
    for (size_t h = 0; h < strata; h++)
        all[h] = INFINITY;
    for (size_t i = 0; i < n; i++) {
        unit[i] = (uint32_t)(i * units / n);
        stratum[i] = of[unit[i]];
        w[i] = 1 + 2 * uniform();
    }
    *stage = (struct tf_stage){.stratum = stratum, .unit = unit, .n_strata = strata, .n_units = units,
                               .unit_stratum = of, .stratum_units = count, .population = all};
    *s = (struct tf_survey){.arena = arena, .n = n, .w = w, .stage = stage, .n_stages = 1,
                            .one_stage = true, .kind = TF_BY_STAGES, .threads = 1};
    return s;
}

/* A question of k categories, 5 % missing, with a taste of each unit. */
static uint32_t *question(struct tf_arena *arena, const struct tf_survey *s, size_t k)
{
    uint32_t *code = TF_NEW_N(arena, uint32_t, s->n);
    double taste = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (i == 0 || s->stage[0].unit[i] != s->stage[0].unit[i - 1])
            taste = 0.6 + 0.8 * uniform();
        const double u = pow(uniform(), taste);
        code[i] = uniform() < 0.05 ? TF_NO_CODE : (uint32_t)(u * (double)k);
    }
    return code;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        (void)fprintf(stderr, "usage: raoscott ROWS PSUS TABLES THREADS RUNS\n");
        return 2;
    }
    const size_t n = (size_t)atol(argv[1]), units = (size_t)atol(argv[2]);
    const size_t tables = (size_t)atol(argv[3]), runs = (size_t)atol(argv[5]);
    const unsigned threads = (unsigned)atol(argv[4]);
    struct tf_arena *arena = tf_arena_new("bench", (size_t)4 << 30);
    const struct tf_survey *s = sample(arena, n, units);
    const struct tf_pass *pass = tf_pass_new(arena, s);
    struct tf_pass_table *table = TF_NEW_N(arena, struct tf_pass_table, tables);
    const struct tf_byte_codes col = tf_pass_bytes(arena, pass, question(arena, s, 2), 2);
    for (size_t k = 0; k < tables; k++) {
        struct tf_arena *raw = tf_arena_new("codes", (size_t)1 << 30);
        table[k] = (struct tf_pass_table){
            tf_pass_bytes(arena, pass, question(raw, s, 2 + k % 4), 2 + k % 4), col};
        tf_arena_free(raw);
    }
    double took[99], sum = 0;
    for (size_t r = 0; r < runs && r < 99; r++) {
        struct tf_arena *work = tf_arena_new("tests", (size_t)1 << 30);
        struct tf_tabulated *t = TF_NEW_N(work, struct tf_tabulated, tables);
        const double start = now();
        tf_pass_tables(work, pass, table, tables, threads, t);
        sum = 0;
        for (size_t k = 0; k < tables; k++)
            sum += tf_association_test(work, &t[k], table[k].row.categories, 2, n,
                                       (double)(units - units / 4), TF_TEST_F).p;
        took[r] = now() - start;
        tf_arena_free(work);
    }
    qsort(took, runs, sizeof *took, by_size);
    const double bytes = (double)n * (8 + 2 * (double)tables) + 0.0;
    (void)printf("%zu rows, %zu PSUs, %zu tests, %u threads: %.2f ms best, %.2f ms middle of %zu; "
                 "memory alone: %.2f ms; sum of p %.17g\n", n, units, tables, threads, took[0] * 1e3,
                 took[runs / 2] * 1e3, runs, bytes / 31.6e9 * 1e3, sum);
    return 0;
}
