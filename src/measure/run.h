/* Running a recipe: from the keys of one estimate to its result. Private to the room.
 *
 * A statistic is a row of the table in run.c: its word, the keys it knows besides the common ones,
 * and a function of the type tf_stat_run in a file of its own. */
#ifndef TF_MEASURE_RUN_H
#define TF_MEASURE_RUN_H

#include "measure/survey.h"

/* What comes out (struct tf_item, tf_test, tf_result) is in result.h. */

/* ---- what goes in ---- */
enum tf_df_rule { TF_DF_DOMAIN, TF_DF_DESIGN, TF_DF_INFINITE, TF_DF_GIVEN };
struct tf_ask { /* the keys that every estimate may have */
    const struct tf_yaml *at;
    const char *id, *stat, *where;
    const char **var, **by, **ci;
    size_t n_vars, n_by, n_ci;  /* n_ci 0: the statistic's own default */
    double level;               /* 0.95 */
    bool deff;                  /* `deff: true` (against SRS with replacement, "replace") */
    const char *deff_kind;      /* "replace" (default, `deff: true`) or "srs" (R's deff = TRUE:
                                 * without replacement); NULL = not asked */
    bool vcov, vcov_given;      /* print covariances; when not given: of at most 50 items */
    enum tf_df_rule df;         /* `df: domain | design | inf | NUMBER` */
    double df_given;
    const char *flags;          /* presentation policy, or NULL */
    bool listwise;              /* `missing: listwise`: cases with every var present; default each */
};
struct tf_runner {
    struct tf_arena *arena;
    const char *dir;            /* of the recipe: file names in it are relative to this */
    const struct tf_yaml *root;
    struct tf_table *t;
    struct tf_survey *survey;
    struct tf_step_report *step;
    size_t n_steps;
    struct tf_result *result;   /* those before this one: contrasts look here */
    size_t n_results;
};
typedef enum tf_code (*tf_stat_run)(struct tf_runner *r, const struct tf_ask *ask,
                                    struct tf_result *out, struct tf_err *reterr);

/* ---- helpers for every statistic (run.c) ---- */
/* The domains of an estimate: the crossing of `by` within `where`, among rows with weight > 0. */
struct tf_domain {
    struct tf_by *by; /* [ask->n_by] */
    bool *in;         /* [n] */
    size_t n;         /* rows in it */
};
TF_MUST_CHECK enum tf_code tf_domains_make(struct tf_runner *r, const struct tf_ask *ask,
                                           struct tf_domain **ret, size_t *ret_n,
                                           struct tf_err *reterr);
/* df by the rule asked for, for the rows of a domain. */
double tf_ask_df(const struct tf_runner *r, const struct tf_ask *ask, const bool *domain);
/* The rule in words, for tf_result_note (every statistic that uses df adds it). */
const char *tf_ask_df_note(struct tf_arena *arena, const struct tf_ask *ask);
/* A column by the name under a key of the estimate's map, or any name; errors at the place. */
TF_MUST_CHECK enum tf_code tf_ask_column(const struct tf_runner *r, const struct tf_yaml *at,
                                         const char *name, size_t *ret, struct tf_err *reterr);
/* Its values as numbers [n], NaN where missing; an error for a column of words. */
TF_MUST_CHECK enum tf_code tf_ask_numbers(const struct tf_runner *r, const struct tf_yaml *at,
                                          const char *name, double **ret, struct tf_err *reterr);
/* Append an item; all numbers NaN, counts 0, names NULL. Pointers to items may move. */
struct tf_item *tf_result_item(struct tf_runner *r, struct tf_result *out);
struct tf_test *tf_result_test(struct tf_runner *r, struct tf_result *out, const char *name);
void tf_result_note(struct tf_runner *r, struct tf_result *out, const char *sentence);
/* Wald-type interval estimate -+ q se, q of t with df (normal when df is infinite). */
void tf_item_interval(struct tf_runner *r, struct tf_item *item, const char *method, double level);
void tf_item_add_ci(struct tf_runner *r, struct tf_item *item, const char *method, double lo,
                    double hi);
/* se, df, counts and t interval of the items first.. of `out` from a fit whose numbers they are. */
void tf_result_fill(struct tf_runner *r, struct tf_result *out, size_t first,
                    const struct tf_fit *fit);

/* Names and aliases of the items that have none yet (result.c says how they are made). Called by
 * tf_run_one when a statistic has run. */
void tf_result_names(struct tf_runner *r, struct tf_result *out);
/* Is this what a contrast calls the item: its name, its alias, or "sex=1,area=2"? */
bool tf_item_called(struct tf_arena *arena, const struct tf_item *item, const char *name);
/* run_keys.c: the common keys of an estimate. */
extern const char *const tf_ask_keys[]; /* ends with NULL */
TF_MUST_CHECK enum tf_code tf_ask_read(struct tf_arena *arena, const struct tf_yaml *map,
                                       struct tf_ask *ask, struct tf_err *reterr);

/* ---- the statistics ---- */
/* shares.c, means.c, ratio.c, quantile.c, variance_of.c, contrast.c, scaled.c */
enum tf_code tf_run_prop(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                         struct tf_err *);
enum tf_code tf_run_mean(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                         struct tf_err *);
enum tf_code tf_run_total(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                          struct tf_err *);
enum tf_code tf_run_count(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                          struct tf_err *);
enum tf_code tf_run_ratio(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                          struct tf_err *);
enum tf_code tf_run_quantile(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                             struct tf_err *);
enum tf_code tf_run_variance(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                             struct tf_err *);
enum tf_code tf_run_contrast(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                             struct tf_err *);
enum tf_code tf_run_scaled(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                           struct tf_err *);
/* crosstab.c, goodness.c, ttest.c, ranktest.c, kappa.c, alpha.c */
enum tf_code tf_run_crosstab(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                             struct tf_err *);
enum tf_code tf_run_gof(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                        struct tf_err *);
enum tf_code tf_run_loglin(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                           struct tf_err *);
enum tf_code tf_run_ttest(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                          struct tf_err *);
enum tf_code tf_run_ranktest(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                             struct tf_err *);
enum tf_code tf_run_kappa(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                          struct tf_err *);
enum tf_code tf_run_alpha(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                          struct tf_err *);
/* glm.c, ordinal.c, kaplan_meier.c, cox.c, inequality.c, pooled.c */
enum tf_code tf_run_glm(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                        struct tf_err *);
enum tf_code tf_run_olr(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                        struct tf_err *);
enum tf_code tf_run_km(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                       struct tf_err *);
enum tf_code tf_run_logrank(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                            struct tf_err *);
enum tf_code tf_run_cox(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                        struct tf_err *);
enum tf_code tf_run_gini(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                         struct tf_err *);
enum tf_code tf_run_arpr(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                         struct tf_err *);
enum tf_code tf_run_pooled(struct tf_runner *, const struct tf_ask *, struct tf_result *,
                           struct tf_err *);

/* run_data.c: read the data of the recipe into r->t, missing codes typed, columns derived. */
TF_MUST_CHECK enum tf_code tf_run_data(struct tf_runner *r, struct tf_recipe_opt opt,
                                       struct tf_recipe_run *run, struct tf_err *reterr);
/* run.c: everything up to the estimates: recipe read and checked, data, design, weights. */
TF_MUST_CHECK enum tf_code tf_runner_open(struct tf_arena *arena, const char *path,
                                          struct tf_recipe_opt opt, struct tf_runner **ret,
                                          struct tf_recipe_run **ret_run, struct tf_err *reterr);
/* Run one estimate given as a YAML map by itself (pooled.c runs one per imputation). */
TF_MUST_CHECK enum tf_code tf_run_one(struct tf_runner *r, const struct tf_yaml *map,
                                      struct tf_result *ret, struct tf_err *reterr);

#endif
