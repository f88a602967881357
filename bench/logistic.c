/* A logistic regression with ten predictors of a million rows, with its sandwich: from columns in
 * memory to the finished items, as a recipe's estimate runs (stat: glm), on 1 and 2 threads.
 *
 *     build/release/bench/logistic [ROWS [CSV]]      CSV: write the data for the peer (logistic.R)
 *
 * 28 strata of 50 PSUs; five yes/no predictors, three of few values, two continuous. Said apart: the
 * model's columns, the fit alone, all of it. The limit beside is the time to read the columns as often as
 * the fit must (one look for the start, one a round, one for the scores) at the bandwidth measured. */
#define _GNU_SOURCE
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure/model.h"
#include "measure/run.h"

enum { STRATA = 28, PSUS = 1400, RUNS = 11, PREDICTORS = 10 };

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

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_size);
    return 1000 * x[n / 2];
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

static struct tf_table *make_table(struct tf_arena *a, size_t n, double *w)
{
    struct tf_table *t = tf_table_new(a, "bench", n);
    struct tf_rng rng = tf_rng_named("bench/logistic");
    for (size_t j = 0; j < PREDICTORS; j++)
        (void)tf_table_add(t, tf_printf(a, "x%zu", j), TF_NUMBER);
    (void)tf_table_add(t, "y", TF_NUMBER);
    for (size_t k = 0; k < n; k++) {
        double eta = -1;
        for (size_t j = 0; j < PREDICTORS; j++) {
            const double x = j < 5   ? tf_rng_below(&rng, 2)
                             : j < 8 ? 12 + tf_rng_below(&rng, 6)
                                     : floor(1000 * tf_rng_normal(&rng)) / 1000;
            t->col[j].num[k] = x;
            t->col[j].miss[k] = TF_PRESENT;
            eta += (j % 2 == 0 ? 0.3 : -0.2) * (j >= 5 && j < 8 ? x - 14.5 : x);
        }
        t->col[PREDICTORS].num[k] = tf_rng_uniform(&rng) < 1 / (1 + exp(-eta));
        t->col[PREDICTORS].miss[k] = TF_PRESENT;
        w[k] = floor(exp(3 + .5 * tf_rng_normal(&rng)) * 1000) / 1000;
    }
    return t;
}

static int write_csv(struct tf_arena *a, const struct tf_table *t, const struct tf_survey *s,
                     const char *path, struct tf_err *err)
{
    struct tf_buf b = {.arena = a};
    tf_buf_add(&b, "stratum,psu,w,y,x0,x1,x2,x3,x4,x5,x6,x7,x8,x9\n");
    for (size_t k = 0; k < t->n_rows; k++) {
        tf_buf_printf(&b, "%u,%u,", s->stage->stratum[k], s->stage->unit[k]);
        tf_buf_double(&b, s->w[k]);
        tf_buf_printf(&b, ",%d", t->col[PREDICTORS].num[k] > 0.5);
        for (size_t j = 0; j < PREDICTORS; j++) {
            tf_buf_char(&b, ',');
            tf_buf_double(&b, t->col[j].num[k]);
        }
        tf_buf_char(&b, '\n');
    }
    return tf_file_write(path, tf_buf_text(&b), b.n, err) == TF_OK ? 0 : 1;
}

/* Seconds to read the columns once, on one thread. */
static double read_once(const struct tf_table *t)
{
    volatile double sink = 0;
    double best = INFINITY;
    for (int run = 0; run < 5; run++) {
        const double start = now();
        double sum[8] = {0};
        for (size_t j = 0; j <= PREDICTORS; j++)
            for (size_t k = 0; k + 8 <= t->n_rows; k += 8)
                for (size_t l = 0; l < 8; l++)
                    sum[l] += t->col[j].num[k + l];
        sink = sink + sum[0] + sum[7];
        best = fmin(best, now() - start);
    }
    return best;
}

static enum tf_code measure(struct tf_table *t, struct tf_survey *s, const struct tf_yaml *map,
                            const struct tf_ask *ask, bool print, struct tf_err *err)
{
    double columns[RUNS], fit[RUNS], all[RUNS];
    struct tf_glm g = {0};
    for (size_t k = 0; k < RUNS; k++) {
        struct tf_arena *own = tf_arena_new("run", (size_t)4 << 30);
        struct tf_runner r = {.arena = own, .root = map, .t = t, .survey = s};
        struct tf_formula *f;
        struct tf_model *m;
        struct tf_result out = {0};
        double start = now();
        TF_TRY(tf_formula_read(own, tf_yaml_get(map, "formula"), t, &f, err));
        TF_TRY(tf_model_make(own, f, t, NULL, &m, err));
        columns[k] = now() - start;
        start = now();
        TF_TRY(tf_glm_fit(own, m, s->w, TF_BINOMIAL, TF_LINK_LOGIT, NULL, s->threads, &g, err));
        fit[k] = now() - start;
        start = now();
        TF_TRY(tf_run_glm(&r, ask, &out, err));
        all[k] = now() - start;
        for (size_t j = 0; print && k + 1 == RUNS && j < out.n; j++)
            (void)printf("  %-12s %.15g se %.15g\n", out.item[j].term, out.item[j].estimate,
                         out.item[j].se);
        tf_arena_free(own);
    }
    (void)printf("logistic, %zu rows, %d predictors, %u thread%s: columns %.1f ms, fit %.1f ms (%zu "
                 "full rounds), all with sandwich %.1f ms (median of %d)\n",
                 t->n_rows, PREDICTORS, s->threads, s->threads > 1 ? "s" : "",
                 median(columns, RUNS), median(fit, RUNS), g.iterations, median(all, RUNS), RUNS);
    return TF_OK;
}

int main(int argc, char **argv)
{
    static const char recipe[] = "{stat: glm, family: binomial, "
                                 "formula: \"y ~ x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9\"}";
    struct tf_guard guard;
    struct tf_err err = {0};
    int64_t n = 1000000;
    if (sodium_init() < 0 || (argc > 1 && !tf_parse_int(argv[1], &n)) || n < 10000)
        return 2;
    if (tf_guard_begin(&guard, &err) != TF_OK) {
        (void)fprintf(stderr, "logistic: %s\n", err.what);
        return 1;
    }
    struct tf_arena *a = tf_arena_new("bench", (size_t)8 << 30);
    double *w = TF_NEW_N(a, double, (size_t)n);
    struct tf_table *t = make_table(a, (size_t)n, w);
    struct tf_survey *s = make_survey(a, t, w);
    struct tf_yaml *map;
    struct tf_ask ask = {0};
    int bad = argc > 2 ? write_csv(a, t, s, argv[2], &err) : 0;
    bad = bad || tf_yaml_parse(a, "bench", 1, recipe, sizeof recipe - 1, &map, &err) != TF_OK ||
          tf_ask_read(a, map, &ask, &err) != TF_OK;
    for (unsigned threads = 1; threads <= 2 && !bad; threads++) {
        s->threads = threads;
        bad = measure(t, s, map, &ask, threads == 2, &err) != TF_OK;
    }
    if (bad)
        (void)fprintf(stderr, "logistic: %s\n", err.what);
    else
        (void)printf("  limit: the columns read 6 times at this machine's bandwidth: %.1f ms on 1 "
                     "thread\n",
                     6000 * read_once(t));
    tf_arena_free(a);
    tf_guard_end(&guard);
    return bad;
}
