/* The data of the benchmarks of the one pass: a synthetic survey of 100 questions (60 of two answers,
 * 20 of three, 20 of five; 3 % without an answer), clustered and weighted, the same on every machine. */
#ifndef TF_BENCH_ONEPASS_H
#define TF_BENCH_ONEPASS_H

#include <math.h>

#include "base/rng.h"
#include "measure/onepass.h"

struct bench_data {
    struct tf_survey survey;
    struct tf_stage stage;
    const struct tf_codes **var;
    size_t n_vars;
    uint32_t *domain; /* sex by age group: 6 */
};

static const char *const bench_code[] = {"1", "2", "3", "4", "5"};

static inline struct bench_data bench_data_make(struct tf_arena *a, size_t n, size_t psus,
                                                size_t strata)
{
    enum { VARS = 100 };
    struct bench_data d = {.n_vars = VARS};
    struct tf_rng rng = tf_rng_named("bench/onepass");
    double *w = TF_NEW_N(a, double, n);
    uint32_t *h = TF_NEW_N(a, uint32_t, n), *i = TF_NEW_N(a, uint32_t, n);
    uint32_t *unit_stratum = TF_NEW_N(a, uint32_t, psus), *units = TF_NEW_N(a, uint32_t, strata);
    double *population = TF_NEW_N(a, double, strata);
    d.domain = TF_NEW_N(a, uint32_t, n);
    for (size_t k = 0; k < psus; k++) {
        unit_stratum[k] = (uint32_t)(k * strata / psus);
        units[unit_stratum[k]]++;
    }
    for (size_t k = 0; k < strata; k++)
        population[k] = (double)INFINITY;
    double base = 1;
    for (size_t k = 0; k < n; k++) {
        i[k] = (uint32_t)(k * psus / n);
        h[k] = unit_stratum[i[k]];
        if (k == 0 || i[k] != i[k - 1])
            base = 20 + 200 * tf_rng_uniform(&rng);
        w[k] = base * (0.7 + 0.6 * tf_rng_uniform(&rng));
        d.domain[k] = tf_rng_below(&rng, 6);
    }
    struct tf_codes *codes = TF_NEW_N(a, struct tf_codes, VARS);
    d.var = TF_NEW_N(a, const struct tf_codes *, VARS);
    for (size_t v = 0; v < VARS; v++) {
        const size_t k = v < 60 ? 2 : v < 80 ? 3 : 5;
        const double p = 0.02 + 0.9 * (double)((v * 37) % VARS) / VARS;
        uint32_t *of = TF_NEW_N(a, uint32_t, n);
        double shift = 0;
        for (size_t r = 0; r < n; r++) {
            if (r == 0 || i[r] != i[r - 1])
                shift = 0.1 * (tf_rng_uniform(&rng) - 0.5);
            const double u = tf_rng_uniform(&rng);
            of[r] = u > 0.97 ? TF_NO_CODE
                    : u / 0.97 < p + shift ? 0
                    : k == 2 ? 1 : (uint32_t)(1 + tf_rng_below(&rng, (uint32_t)k - 1));
        }
        codes[v] = (struct tf_codes){.n = k, .text = (const char **)(uintptr_t)bench_code, .of = of};
        d.var[v] = &codes[v];
    }
    d.stage = (struct tf_stage){.stratum = h, .unit = i, .n_strata = strata, .n_units = psus,
                                .unit_stratum = unit_stratum, .stratum_units = units,
                                .population = population};
    d.survey = (struct tf_survey){.arena = a, .n = n, .w = w, .w_base = w, .n_stages = 1,
                                  .one_stage = true, .kind = TF_BY_STAGES, .threads = 1};
    return d;
}

static inline enum tf_code bench_data_write(struct tf_arena *a, const struct bench_data *d,
                                            const char *path, size_t vars,
                                            struct tf_err *reterr)
{
    struct tf_buf b = {.arena = a};
    tf_buf_add(&b, "stratum,psu,w,domain");
    for (size_t v = 0; v < vars; v++)
        tf_buf_printf(&b, ",q%zu", v + 1);
    tf_buf_add(&b, "\n");
    for (size_t r = 0; r < d->survey.n; r++) {
        tf_buf_printf(&b, "%u,%u,", d->stage.stratum[r] + 1, d->stage.unit[r] + 1);
        tf_buf_double(&b, d->survey.w[r]);
        tf_buf_printf(&b, ",%u", d->domain[r] + 1);
        for (size_t v = 0; v < vars; v++)
            if (d->var[v]->of[r] == TF_NO_CODE)
                tf_buf_add(&b, ",");
            else
                tf_buf_printf(&b, ",%u", d->var[v]->of[r] + 1);
        tf_buf_add(&b, "\n");
    }
    return tf_file_write(path, b.s, b.n, reterr);
}

#endif
