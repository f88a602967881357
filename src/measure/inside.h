/* What the files of this room share. Nobody else includes it. */
#ifndef TF_MEASURE_INSIDE_H
#define TF_MEASURE_INSIDE_H

#include <math.h>

#include "base/yaml.h"
#include "measure/measure.h"

/* ---- codes.c: the distinct values of a column, and crossings of columns ---- */
#define TF_NO_CODE UINT32_MAX
struct tf_codes {
    const struct tf_column *column;
    size_t n;           /* distinct present values, sorted: numbers by size, texts by bytes */
    const char **text;  /* [n] as printed: a numeric code without a point */
    double *number;     /* [n]; NaN for a text that spells no number */
    uint32_t *of;       /* [rows] index of the row's value, TF_NO_CODE where missing */
};
struct tf_codes *tf_codes_make(struct tf_arena *arena, const struct tf_table *t, size_t col);
/* Index of a value given as text ("1", "urban"), TF_NO_CODE when no row has it. */
uint32_t tf_codes_find(const struct tf_codes *c, const char *value);
/* The crossing: of[row] numbers the combinations that occur, in order of their codes; first[k] is a
 * row that has combination k. Rows with mask[row] false (mask may be NULL) or a missing part have
 * TF_NO_CODE. No columns: one combination of all rows. */
struct tf_crossing {
    size_t n;
    uint32_t *of, *first;
};
struct tf_crossing tf_codes_cross(struct tf_arena *arena, const struct tf_codes *const *codes,
                                  size_t n_codes, const bool *mask, size_t n_rows);
bool tf_value_missing(const struct tf_column *c, size_t row);
/* The value as a number (a text column's when it spells one). */
bool tf_value_number(const struct tf_column *c, size_t row, double *ret);
/* Label of a code: of a number column by value, of a text column by text; NULL when none. */
const char *tf_value_label(const struct tf_column *c, double number, const char *text);
/* Present values given as text and missing elsewhere make the column a number column, unless that
 * would lose digits ("007"). */
bool tf_spells_numbers(const struct tf_column *c, size_t n_rows);

/* ---- intervals.c: from one linearised statistic to what is printed ---- */
struct tf_linear {
    size_t n, psu, strata;    /* cases; PSUs and strata with cases */
    double df;                /* PSUs minus strata where the domain has cases, answered or not */
    double sum_w, sum_w2;     /* of the cases */
    double value, var;        /* estimate and its variance */
    double unit_var;          /* weighted variance of y among the cases, for the design effect */
    double var_logit;         /* of log(p / (1 - p)) over replicates; 0: by the delta method */
    bool constant;            /* every y is the same */
    bool lonely;              /* a stratum with one PSU has cases */
};
/* Fill se, lo, hi, deff, df and the flags of an estimate from its linearised statistic.
 * e->n and e->base are set already. */
void tf_interval(struct tf_estimate *e, const struct tf_linear *l, enum tf_stat stat,
                 enum tf_ci ci, double level);
/* The difference a - b with its variance and df; rows and columns are the caller's. */
struct tf_contrast tf_difference(const struct tf_estimate *a, const struct tf_estimate *b,
                                 double variance, double df, double level);

/* ---- compensated sum: the rounding error of each addition is carried along (Neumaier 1974, ZAMM
 * 54, 39-51), so that a sum of a million weights is right to the last digit or so ---- */
struct tf_sum {
    double s, c;
};
static inline void tf_sum_add(struct tf_sum *sum, double x)
{
    const double t = sum->s + x;
    sum->c += fabs(sum->s) >= fabs(x) ? (sum->s - t) + x : (x - t) + sum->s;
    sum->s = t;
}
static inline double tf_sum_of(const struct tf_sum *sum)
{
    return sum->s + sum->c;
}

/* ---- estimate.c ---- */
struct tf_survey;
struct tf_calibrated;
/* The survey of a design of one stage (measure.h), for the table it was made of. */
struct tf_survey *tf_survey_of_design(struct tf_arena *arena, const struct tf_table *t,
                                      const struct tf_design *d);

/* ---- recipe.c: a recipe as it is written ---- */
struct tf_recipe_cut {
    const char *label;
    double from, to; /* both included */
};
struct tf_recipe_column { /* a banner */
    const char *var, *from; /* from: the variable that cuts group, or NULL */
    const char **code, **code_label; /* [n_labels] */
    size_t n_labels;
    struct tf_recipe_cut *cut;
    size_t n_cuts;
    const struct tf_yaml *at;
};
struct tf_recipe_figure {
    const char *id, *title, *population, *recall, *where, *category, *base_text, *caveat;
    enum tf_stat stat;
    enum tf_ci ci;
    const char **var, **indicator, **column;
    size_t n_vars, n_indicators, n_columns;
    const char **factor; /* stat: scaled */
    size_t n_factors;
    double per;          /* 1, or 1000 for thousands */
    const struct tf_yaml *at;
};
struct tf_recipe {
    const char *file, *dataset;
    struct tf_design_spec spec;
    struct tf_recipe_column *column;
    size_t n_columns;
    struct tf_steps *steps; /* calibrate.h */
    struct tf_recipe_figure *figure;
    size_t n_figures;
    const struct tf_yaml *root;
};
TF_MUST_CHECK enum tf_code tf_recipe_read(struct tf_arena *arena, const char *path,
                                          struct tf_recipe **ret, struct tf_err *reterr);
const struct tf_recipe_column *tf_recipe_column(const struct tf_recipe *r, const char *var);
/* Put the place of a node on an error that has none yet; returns code. */
enum tf_code tf_recipe_place(const struct tf_yaml *at, enum tf_code code, struct tf_err *reterr);

/* The parts that any recipe has before its estimates: the names of the design's columns (into spec,
 * the rest of which stays as it was) and `columns`. */
TF_MUST_CHECK enum tf_code tf_recipe_head(struct tf_arena *arena, const struct tf_yaml *root,
                                          struct tf_recipe *r, struct tf_err *reterr);

/* ---- ready.c ---- */
struct tf_ready { /* a dataset of a country, and the recipe that reads it */
    struct tf_arena *arena;
    const struct tf_study *study;
    struct tf_keep *keep;
    const char *country;
    const struct tf_dataset *dataset;
    const struct tf_recipe *recipe;
};
/* Snapshot to ready table: cleaned, missing values typed, labelled, indicators and banners derived. */
TF_MUST_CHECK enum tf_code tf_ready_table(const struct tf_ready *r, struct tf_table **ret,
                                          struct tf_evidence *ret_evidence,
                                          struct tf_cleaning **ret_cleaning,
                                          struct tf_err *reterr);

/* ---- derive.c ---- */
bool tf_not_asked(enum tf_miss why); /* missing by design: routing, country, age */
/* Add an indicator to the table as a 0/1 column of its name. */
TF_MUST_CHECK enum tf_code tf_derive_indicator(struct tf_arena *arena,
                                               const struct tf_indicator *indicator,
                                               struct tf_table *t, struct tf_err *reterr);
/* Add the grouped column of a banner with cuts (codes 1, 2, …), and its labels. */
TF_MUST_CHECK enum tf_code tf_derive_column(struct tf_arena *arena,
                                            const struct tf_recipe_column *column,
                                            struct tf_table *t, struct tf_err *reterr);

/* ---- weights.c ---- */
/* Run the steps that hold for a country; the result is the column spec.weight. diagnostics: one
 * line a step, for the design's description. calibrated: what standard errors are to know. */
TF_MUST_CHECK enum tf_code tf_weights_make(struct tf_arena *arena, const struct tf_recipe *recipe,
                                           const char *country, struct tf_table *t,
                                           struct tf_buf *diagnostics,
                                           struct tf_calibrated ***ret_calibrated,
                                           size_t *ret_n_calibrated, struct tf_err *reterr);

/* ---- figure.c ---- */
struct tf_measuring { /* one dataset of one country, ready */
    struct tf_arena *arena;
    const struct tf_study *study;
    const struct tf_dataset *dataset;
    const struct tf_recipe *recipe;
    const struct tf_table *table;
    const struct tf_survey *survey;
};
TF_MUST_CHECK enum tf_code tf_figure_make(const struct tf_measuring *m,
                                          const struct tf_recipe_figure *figure,
                                          struct tf_measured *ret, struct tf_err *reterr);

/* ---- scaled_figure.c ---- */
struct tf_scaled_figure { /* what a scaled figure of a country may rest on */
    struct tf_arena *arena;
    const struct tf_country *country;
    const struct tf_measured *figure; /* all others, measured */
    size_t n_figures;
};
TF_MUST_CHECK enum tf_code tf_scaled_figure_make(const struct tf_scaled_figure *s,
                                                 const struct tf_recipe_figure *figure,
                                                 struct tf_measured *ret, struct tf_err *reterr);

/* ---- store.c ---- */
TF_MUST_CHECK enum tf_code tf_measured_store(struct tf_arena *arena, struct tf_keep *keep,
                                             const char *country, const struct tf_measured *figure,
                                             size_t n, struct tf_err *reterr);
struct tf_hash tf_measured_hash(const struct tf_measured *figure, size_t n);

#endif
