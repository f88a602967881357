/* What running a recipe gives: results, each a list of numbers with their doubt, tests, and the
 * definitions they rest on. Numbers are NaN where there is none; counts are unweighted. */
#ifndef TF_MEASURE_RESULT_H
#define TF_MEASURE_RESULT_H

#include "base/base.h"

struct tf_by { /* one value of a domain: sex = 1 "boy" */
    const char *var, *value, *label;
};
struct tf_ci_made {
    const char *method; /* the word of the recipe: logit beta wilson t … */
    double lo, hi;
};
struct tf_item {
    const char *name;   /* unique in its result: what contrasts call it */
    const char *alias;  /* the same by labels, or NULL */
    const char *var, *var_label, *category, *label, *term;
    double quantile;    /* 0..1; NaN: none */
    struct tf_by *by;
    size_t n_by;
    double estimate, se, df, deff;
    double statistic, p;     /* of the test that the estimate is 0, where one is made */
    size_t n, base, psu;     /* cases in the category (else the base); the base; its PSUs */
    double base_weighted;
    struct tf_ci_made *ci;
    size_t n_ci;
    unsigned flags;          /* as in tf_estimate */
    const char **policy;     /* words of the presentation policy: "nchs_suppress" … */
    size_t n_policy;
};
struct tf_test {
    const char *name;        /* "F", "Chisq", "Wald" … */
    const char *term;        /* of a model, or NULL */
    struct tf_by *by;
    size_t n_by;
    double statistic, df, ddf, p; /* ddf: NaN for a test against chi-square */
};
struct tf_result {
    const char *id, *stat;
    struct tf_item *item;
    size_t n, cap;
    double *vcov;            /* [n x n] in the order of items, or NULL */
    bool keep_vcov;          /* vcov was asked for (or is small): printed */
    struct tf_test *test;
    size_t n_tests, cap_tests;
    const char **note;       /* the definitions used, one sentence each */
    size_t n_notes, cap_notes;
};
struct tf_step_report { /* what a weighting step did */
    const char *step, *column;    /* "rake", "weight_2_rake" */
    size_t n, n_without;          /* rows with and without a weight after it */
    const char *why_without;      /* NULL when none */
    double sum, low, q1, median, q3, high;
    double deff_kish;             /* 1 + cv^2 of the weights (Kish 1965, 11.2C) */
    size_t iterations;
    double gap;                   /* largest relative distance to a total, 0 where there is none */
    const char *text;             /* one line in plain words */
};
struct tf_recipe_run {
    const char *recipe, *recipe_hash, *data, *data_hash;
    const char *design;      /* one sentence */
    size_t n, n_strata, n_psu, n_replicates;
    double df;
    struct tf_step_report *step;
    size_t n_steps;
    struct tf_result *result;
    size_t n_results;
    struct tf_table *table;  /* with a column for each weighting step */
};
struct tf_recipe_opt {
    unsigned threads;        /* 0 = 1; changes no digit */
    const char *study;       /* folder of the vault for `data: {dataset: …}`, or NULL */
    const char *shard;       /* a data file read instead of the recipe's, or NULL */
};
/* Run a recipe file (docs/RECIPES.md). Errors name its line and column. */
TF_MUST_CHECK enum tf_code tf_measure_recipe(struct tf_arena *arena, const char *path,
                                             struct tf_recipe_opt opt, struct tf_recipe_run **ret,
                                             struct tf_err *reterr);
/* partial.c: write the sums of one shard (a data file) as a part; merge.c: join parts, to the results
 * that the whole would give, bit for bit. Parts hold sums of PSUs and are confidential. */
TF_MUST_CHECK enum tf_code tf_partial_write(struct tf_arena *arena, const char *recipe,
                                            const char *shard, unsigned threads, const char *out,
                                            struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_parts_merge(struct tf_arena *arena, const char *const *path, size_t n,
                                          struct tf_recipe_run **ret, struct tf_err *reterr);

#endif
