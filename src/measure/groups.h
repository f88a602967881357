/* Groups: what shares, means, totals, ratios and variances have in common. Private to the room.
 *
 * A *group* is one variable (or a pair) in one domain: the list of cases that answered. A *cell* is
 * one number estimated from a group: the share of a category, a mean, a total. A set of groups is
 * one struct tf_statistic, so that every design, with or without replicates, gives all its
 * variances and covariances in one fit. */
#ifndef TF_MEASURE_GROUPS_H
#define TF_MEASURE_GROUPS_H

#include "measure/run.h"

enum tf_cell_kind {
    TF_CELL_MEAN,     /* sum w y / sum w; with codes: of y = 1 in each category */
    TF_CELL_TOTAL,    /* sum w y */
    TF_CELL_RATIO,    /* sum w y / sum w x */
    TF_CELL_VARIANCE, /* n / (n - 1) sum w (y - mean)^2 / sum w */
};
struct tf_group { /* one group */
    enum tf_cell_kind kind;
    const bool *domain;    /* [rows of the table] all of the domain, answered or not */
    const uint32_t *row;   /* [n] cases: in the domain, answered, weight > 0 */
    size_t n;
    const uint32_t *code;  /* [rows] category of a row, or NULL: y holds the values */
    size_t n_cells;        /* categories; 1 without codes */
    const double *y, *x;   /* [rows] */
    size_t first;          /* number of its first cell in the set */
    size_t psu, strata;    /* with cases */
    double df;             /* of its domain, by the rule asked for */
    bool lonely;           /* a stratum with one PSU has cases */
    bool constant;         /* without codes: every y (ratio: every y / x) is the same */
    double sum_w, sum_w2;  /* of the final weights of the cases */
    double base;           /* at the latest weights: sum w, of a ratio sum w x */
    struct tf_sum *sum;    /* [n_cells] scratch */
};
struct tf_group_set {
    struct tf_arena *arena;
    const struct tf_survey *survey;
    struct tf_group *group;
    size_t n_groups, cap;
    size_t p;              /* cells */
    uint32_t *group_of;    /* [p], made by tf_groups_fit */
    const double *w;       /* the latest weights, and the values they gave */
    double *theta;
    bool logits;           /* with replicates: the variance of log(p / (1 - p)) too, as R */
    double *v_logit;       /* [p] then, else NULL */
    bool *mask;            /* scratch of the statistic */
    uint32_t *seen_psu, *seen_stratum, stamp;
    const struct tf_survey *by_psu; /* tf_survey_by_psu, or NULL */
};
/* Where only the first stage varies, a survey is its PSUs: the same survey with one row for each,
 * for linearised variables summed to PSUs. NULL where rows matter (later stages, calibrated
 * weights, PPS, phases, replicates), or where it would save nothing. */
const struct tf_survey *tf_survey_by_psu(struct tf_arena *arena, const struct tf_survey *s);
struct tf_group_set *tf_group_set_new(struct tf_arena *arena, const struct tf_survey *survey);
/* Add a group: fields kind, code, n_cells, y, x, df are taken from `group`; the cases are the rows
 * of `domain` where `answered` (NULL: all). n_domain: rows of the domain. */
struct tf_group *tf_groups_add(struct tf_group_set *set, struct tf_group group, const bool *domain,
                              size_t n_domain, const bool *answered);
TF_MUST_CHECK enum tf_code tf_groups_fit(struct tf_group_set *set, bool full, struct tf_fit *ret,
                                        struct tf_err *reterr);
/* Cell c of a group as intervals want it; n_in: its cases with the category (no codes: all). */
struct tf_linear tf_groups_linear(const struct tf_group_set *set, const struct tf_group *group,
                                 size_t c, const struct tf_fit *fit, size_t *n_in);

/* Variance of the difference of cells a and b of a linearised survey, lonely strata being those
 * where either has cases. */
TF_MUST_CHECK enum tf_code tf_groups_difference(const struct tf_group_set *set, size_t a, size_t b,
                                                double *ret, struct tf_err *reterr);

/* What a fit says of its variance: replicates that failed, cases left out for want of an answer. */
void tf_groups_notes(struct tf_runner *r, struct tf_result *out, const struct tf_ask *ask,
                    const struct tf_fit *fit);
/* Are covariances wanted: asked for, few enough to print, or needed by a later contrast? */
bool tf_covariances_wanted(const struct tf_runner *r, const struct tf_ask *ask, size_t p);
/* [rows] every one of the columns present */
bool *tf_answered(struct tf_arena *arena, const struct tf_table *t, const size_t *col, size_t n);
/* Columns of ask->var; an error when there is none. */
TF_MUST_CHECK enum tf_code tf_ask_vars(const struct tf_runner *r, const struct tf_ask *ask,
                                       size_t **ret, struct tf_err *reterr);
/* The values of a column of numbers, of use where it answered; an error for one of words. */
TF_MUST_CHECK enum tf_code tf_ask_values(const struct tf_runner *r, const struct tf_yaml *at,
                                         const char *name, const double **ret,
                                         struct tf_err *reterr);
/* Does a column hold words (then means and totals are of its categories)? */
bool tf_holds_words(const struct tf_column *c, size_t n_rows);
/* Its categories, refused when there are too many for a table. */
TF_MUST_CHECK enum tf_code tf_ask_categories(const struct tf_runner *r, const struct tf_yaml *at,
                                             size_t col, struct tf_codes **ret,
                                             struct tf_err *reterr);

/* ---- contrast.c ---- */
/* An earlier result by its id, or NULL. */
const struct tf_result *tf_result_called(const struct tf_runner *r, const char *id);

/* ---- intervals.c ---- */
/* What is estimated, for the rules of intervals. */
enum tf_interval_of { TF_OF_SHARE, TF_OF_MEAN, TF_OF_TOTAL };
/* The interval methods of the words asked for (default when none); an error names the nearest. */
struct tf_interval_method;
TF_MUST_CHECK enum tf_code tf_intervals_asked(const struct tf_runner *r, const struct tf_ask *ask,
                                              enum tf_interval_of of,
                                              const struct tf_interval_method *const **ret,
                                              size_t *ret_n, struct tf_err *reterr);
/* Does a method use the variance of the logit over replicates ("logit", "likelihood")? */
bool tf_intervals_by_logits(const struct tf_interval_method *const *method, size_t n_methods);
/* Fill an item's estimate, se, df, deff, intervals, flags and presentation words from one
 * linearised statistic; item->n and item->base are set already. */
void tf_item_finish(struct tf_runner *r, const struct tf_ask *ask, struct tf_item *item,
                    const struct tf_linear *l, enum tf_interval_of of,
                    const struct tf_interval_method *const *method, size_t n_methods);
/* The sentences on the methods used. */
void tf_interval_notes(struct tf_runner *r, struct tf_result *out, const struct tf_ask *ask,
                       enum tf_interval_of of, const struct tf_interval_method *const *method,
                       size_t n_methods);
/* The interval of a share p with variance v by a word ("logit", "beta" …), in the plain case; false
 * when there is no such method. n cases, kish = (sum w)^2 / sum w^2, df of t. Exposed for the
 * simulation of coverage (bench/coverage.c). */
struct tf_share_case {
    double p, v, n, kish, df, level;
    double v_logit; /* of log(p / (1 - p)) over replicates; 0: v / (p (1 - p))^2 */
};
bool tf_share_interval(const char *word, struct tf_share_case c, double *lo, double *hi);
/* Words of all methods for shares, ends with NULL. */
extern const char *const tf_share_methods[];

/* ---- presentation.c ---- */
/* Words of a presentation policy for an item ("nchs_suppress" …), with the numbers known. */
TF_MUST_CHECK enum tf_code tf_presentation_check(const struct tf_ask *ask, struct tf_err *reterr);
void tf_presentation(struct tf_arena *arena, const char *policy, struct tf_item *item,
                     enum tf_interval_of of, double kish, double level);
/* The sentence that states a policy's thresholds, or NULL. */
const char *tf_presentation_text(const char *policy);

#endif
