/* measure: weights and estimates from complex samples.
 *
 * What other rooms may use: figures of a study (here: one stage with replacement, Taylor
 * linearisation) and recipes, which have all designs (result.h). A domain is a 0/1 variable on the
 * whole design, never a filter (Särndal, Swensson & Wretman 1992, ch. 10). Definitions and where
 * packages differ: docs/METHODS.md. Equal to R survey 4.1 (tests/gold). */
#ifndef TF_MEASURE_H
#define TF_MEASURE_H

#include "ask/ask.h"
#include "base/base.h"
#include "keep/keep.h"
#include "measure/clean.h"
#include "measure/result.h"
#include "measure/where.h"

enum tf_lonely { TF_LONELY_ERROR, TF_LONELY_ADJUST, TF_LONELY_AVERAGE, TF_LONELY_REMOVE,
                 TF_LONELY_CERTAINTY };
enum tf_stat { TF_STAT_PROP, TF_STAT_MEAN, TF_STAT_TOTAL, TF_STAT_COUNT /* unweighted, no interval */ };
enum tf_ci { TF_CI_LOGIT, TF_CI_T };

struct tf_design_spec { /* variable names; NULL = not there */
    const char *weight;
    const char **stratum; /* crossed when several */
    size_t n_strata;
    const char **psu;     /* first stage only is used for variance */
    size_t n_psu;
    bool nest;            /* PSU codes are unique only within strata */
    enum tf_lonely lonely;
};
struct tf_design { /* n rows; indices dense from 0 */
    size_t n;
    const double *w;        /* > 0 */
    const uint32_t *h, *i;  /* stratum; PSU (numbered over all strata) */
    size_t n_strata, n_psu;
    const uint32_t *psu_stratum; /* [n_psu] */
    const uint32_t *stratum_psus;/* [n_strata] */
    enum tf_lonely lonely;
};
/* Build a design over a table. TF_E_DESIGN: weight zero, negative or missing (with row), PSU in two
 * strata without nest, stratum with one PSU under TF_LONELY_ERROR. */
TF_MUST_CHECK enum tf_code tf_design_make(struct tf_arena *arena, const struct tf_table *t,
                                          const struct tf_design_spec *spec,
                                          struct tf_design **ret, struct tf_err *reterr);

struct tf_estimate {
    const char *var, *var_label;      /* the question */
    const char *category, *label;     /* for proportions: code and its label; else NULL */
    struct tf_by *by;
    size_t n_by;                      /* 0 = all */
    size_t n;       /* unweighted cases in the category (prop), else in the base */
    size_t base;    /* unweighted cases of the domain with the variable present */
    size_t psu;     /* PSUs with such cases */
    double estimate, se, lo, hi; /* shares 0..1; NaN where the design cannot say */
    double deff, df;
    double base_weighted;        /* sum of weights of the base */
    unsigned flags;              /* enum tf_flag and enum tf_est_flag << 8 */
};
enum tf_est_flag {
    TF_EST_ZERO = 1,   /* no case in the category: one-sided interval */
    TF_EST_FULL = 2,   /* every case in it */
    TF_EST_DF0 = 4,    /* no degree of freedom: no interval */
    TF_EST_LONELY = 8, /* a stratum with one PSU has cases */
    TF_EST_EMPTY = 16  /* nobody in the base */
};
/* The words of an estimate's flags (both kinds), "" ended by NULL: "zero", "df0", "synthetic" … */
const char **tf_estimate_flags(struct tf_arena *arena, unsigned flags);
struct tf_estimate_opt {
    enum tf_stat stat;
    enum tf_ci ci;
    double level;      /* 0.95 */
    const bool *where; /* [n] domain of the whole request, or NULL */
};
/* One variable by the crossing of the by-variables (n_by may be 0). Estimates in order of by-codes,
 * then categories. Numeric variables with at most 64 distinct values are categories under prop. */
TF_MUST_CHECK enum tf_code tf_estimate(struct tf_arena *arena, const struct tf_design *design,
                                       const struct tf_table *t, const char *var,
                                       const char *const *by, size_t n_by,
                                       struct tf_estimate_opt opt, struct tf_estimate **ret,
                                       size_t *ret_n, struct tf_err *reterr);
/* Statistical files carry codes as text: turn the text columns named (all when name is NULL) whose
 * present values all spell numbers into number columns, unless digits would be lost ("007"). */
void tf_measure_tidy(struct tf_table *t, const char *const *name, size_t n);
/* The words of files and options; false when there is no such word. */
bool tf_lonely_named(const char *word, enum tf_lonely *ret);
bool tf_stat_named(const char *word, enum tf_stat *ret);
bool tf_ci_named(const char *word, enum tf_ci *ret);
const char *tf_lonely_word(enum tf_lonely lonely);
const char *tf_stat_word(enum tf_stat stat);
const char *tf_ci_word(enum tf_ci ci);
/* One raking step to population totals of several margins (Deming & Stephan 1940). */
struct tf_margin {
    const char *var;
    const char **category;
    double *total;
    size_t n;
};
TF_MUST_CHECK enum tf_code tf_rake(struct tf_arena *arena, const struct tf_table *t, double *w,
                                   const struct tf_margin *margin, size_t n_margins,
                                   double epsilon, size_t max_sweeps, double *ret_gap,
                                   size_t *ret_sweeps, struct tf_err *reterr);

/* ---- recipes: what a report needs, in one file (docs/FORMATS.md, "recipe") ---- */
/* A figure is a small table: rows (variables or their categories, or indicators) by columns
 * ("total", then each category of each banner variable, as separate domains). */
struct tf_measured_cell {
    const char *row, *row_label;  /* "exp_a", or "b1.5" (variable.category), or an indicator id */
    const char *col, *col_label;  /* "total", or "sex=1" */
    struct tf_estimate e;
};
struct tf_contrast { /* difference of two columns of one row: a - b, same banner variable */
    const char *row, *col_a, *col_b;
    double difference, se, lo, hi, p, df;
};
struct tf_measured { /* one figure of one country */
    const char *figure, *title, *country, *dataset, *strand;
    const char *stat, *ci;             /* words: prop mean total count; logit t */
    const char *population, *source, *caveat, *question, *recall, *base_text;
    const char *indicator, *indicator_version; /* ids joined by ", " or NULL */
    bool probability, sensitive;
    const char *design_text;           /* "strata: region; PSUs: psu; weight: …; lonely PSU: adjust" */
    const char *dataset_evidence, *dataset_hash, *recipe_file, *recipe_evidence, *recipe_hash;
    size_t n_rows_data, n_psu, n_strata;
    unsigned flags;
    struct tf_measured_cell *cell;
    size_t n_cells;
    struct tf_contrast *contrast;
    size_t n_contrasts;
};
/* Run the recipe of every dataset of a country: load the snapshot, clean, label, derive the
 * indicators, weight, estimate; store the figures in the vault (country, measure, estimates) and
 * link the evidence. Adds case-flow rows of cleaning as the figure "flow-<dataset>". */
TF_MUST_CHECK enum tf_code tf_measure_country(struct tf_arena *arena, const struct tf_study *study,
                                              struct tf_keep *keep, const char *country,
                                              struct tf_err *reterr);
/* The stored figures of a country, in recipe order. */
TF_MUST_CHECK enum tf_code tf_measured_load(struct tf_arena *arena, struct tf_keep *keep,
                                            const char *country, struct tf_measured **ret,
                                            size_t *ret_n, struct tf_err *reterr);
/* Check recipes against the study without running them: unknown variables, indicators, bad keys. */
void tf_measure_check(struct tf_arena *arena, const struct tf_study *study,
                      struct tf_notices *out);

#endif
