/* Quantiles with Woodruff intervals of a million rows: from columns in memory to the finished
 * items, as a recipe's estimate runs (stat: quantile), on 1 and 2 threads.
 *
 *     build/release/bench/quantile [ROWS [CSV]]      CSV: write the data for the peer (quantile.R)
 *
 * 28 strata of 50 PSUs, log-normal incomes and weights. The limit printed beside is the time to
 * read the values, weights and rows once at the bandwidth measured in the same run. */
#define _GNU_SOURCE
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure/run.h"

enum { STRATA = 28, PSUS = 1400, RUNS = 15 };

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct tf_survey *make_survey(struct tf_arena *a, struct tf_table *t, const double *w)
{
    const size_t n = t->n_rows;
    struct tf_survey *s = TF_NEW(a, struct tf_survey);
    struct tf_stage *stage = TF_NEW(a, struct tf_stage);
    uint32_t *stratum = TF_NEW_N(a, uint32_t, n), *unit = TF_NEW_N(a, uint32_t, n);
    uint32_t *of = TF_NEW_N(a, uint32_t, PSUS), *count = TF_NEW_N(a, uint32_t, STRATA);
    double *population = TF_NEW_N(a, double, STRATA);
    for (size_t k = 0; k < n; k++) {
        unit[k] = (uint32_t)(k * PSUS / n);
        stratum[k] = unit[k] / (PSUS / STRATA);
        of[unit[k]] = stratum[k];
    }
    for (size_t h = 0; h < STRATA; h++) {
        count[h] = PSUS / STRATA;
        population[h] = (double)INFINITY;
    }
    *stage = (struct tf_stage){.stratum = stratum, .unit = unit, .n_strata = STRATA, .n_units = PSUS,
                               .unit_stratum = of, .stratum_units = count,
                               .population = population};
    *s = (struct tf_survey){.arena = a, .t = t, .n = n, .w = w, .w_base = w, .stage = stage,
                            .n_stages = 1, .one_stage = true, .kind = TF_BY_STAGES, .text = ""};
    return s;
}

static void write_csv(struct tf_arena *a, const struct tf_table *t, const struct tf_survey *s,
                      const char *path)
{
    struct tf_buf b = {.arena = a};
    struct tf_err err = {0};
    tf_buf_printf(&b, "stratum,psu,w,income\n");
    for (size_t k = 0; k < t->n_rows; k++)
        tf_buf_printf(&b, "%u,%u,%s,%s\n", s->stage->stratum[k], s->stage->unit[k],
                      tf_double_text(a, s->w[k]), tf_double_text(a, t->col[0].num[k]));
    if (tf_file_write(path, tf_buf_text(&b), b.n, &err) != TF_OK)
        (void)fprintf(stderr, "quantile: %s\n", err.what);
}

int main(int argc, char **argv)
{
    static const char recipe[] =
        "{stat: quantile, vars: [income], quantiles: [0.25, 0.5, 0.75], interval: mean}";
    struct tf_guard guard;
    struct tf_err err = {0};
    int64_t n = 1000000;
    if (sodium_init() < 0 || (argc > 1 && !tf_parse_int(argv[1], &n)))
        return 2;
    if (tf_guard_begin(&guard, &err) != TF_OK) {
        (void)fprintf(stderr, "quantile: %s\n", err.what);
        return 1;
    }
    struct tf_arena *a = tf_arena_new("bench", (size_t)8 << 30);
    struct tf_table *t = tf_table_new(a, "bench", (size_t)n);
    struct tf_rng rng = tf_rng_named("bench/quantile");
    double *w = TF_NEW_N(a, double, (size_t)n);
    (void)tf_table_add(t, "income", TF_NUMBER);
    for (size_t k = 0; k < t->n_rows; k++) {
        t->col[0].num[k] = floor(exp(6 + .8 * tf_rng_normal(&rng)) * 100) / 100;
        t->col[0].miss[k] = TF_PRESENT;
        w[k] = floor(exp(3 + .5 * tf_rng_normal(&rng)) * 1000) / 1000;
    }
    struct tf_survey *s = make_survey(a, t, w);
    if (argc > 2)
        write_csv(a, t, s, argv[2]);
    struct tf_yaml *map;
    struct tf_ask ask;
    if (tf_yaml_parse(a, "bench", 1, recipe, sizeof recipe - 1, &map, &err) != TF_OK ||
        tf_ask_read(a, map, &ask, &err) != TF_OK)
        return 1;
    double took[RUNS], sum = 0;
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct tf_result out = {0};
        s->threads = threads;
        for (size_t k = 0; k < RUNS; k++) {
            struct tf_arena *own = tf_arena_new("run", (size_t)4 << 30);
            struct tf_runner r = {.arena = own, .root = map, .t = t, .survey = s};
            out = (struct tf_result){0};
            const double start = now();
            if (tf_run_quantile(&r, &ask, &out, &err) != TF_OK)
                return 1;
            took[k] = now() - start;
            if (k + 1 == RUNS)
                for (size_t j = 0; j < out.n && threads == 2; j++)
                    (void)printf("  %.2f: %.2f, se %.6f, %.2f to %.2f\n", out.item[j].quantile,
                                 out.item[j].estimate, out.item[j].se, out.item[j].ci[0].lo,
                                 out.item[j].ci[0].hi);
            tf_arena_free(own);
        }
        qsort(took, RUNS, sizeof *took, by_size);
        (void)printf("  3 quantiles with intervals, %lld rows, %u thread%s %9.3f %9.3f %9.3f ms\n",
                     (long long)n, threads, threads > 1 ? "s" : "", 1e3 * took[0],
                     1e3 * took[RUNS / 2], 1e3 * took[RUNS - 1]);
    }
    for (size_t k = 0; k < RUNS; k++) {
        const double start = now();
        double part[4] = {0};
        for (size_t j = 0; j + 4 <= t->n_rows; j += 4)
            for (size_t i = 0; i < 4; i++)
                part[i] += t->col[0].num[j + i] + w[j + i];
        sum += part[0] + part[1] + part[2] + part[3];
        took[k] = now() - start;
    }
    qsort(took, RUNS, sizeof *took, by_size);
    (void)printf("  limit: values and weights read once, 1 thread        %9.3f ms%s\n",
                 1e3 * took[RUNS / 2], sum > 0 ? "" : " ");
    tf_arena_free(a);
    tf_guard_end(&guard);
    return 0;
}
