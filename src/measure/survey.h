/* A sample ready for estimation: its rows, its weights, and what is known of how they vary.
 *
 * Everything the room estimates is a `struct tf_statistic`: something that has a value under any
 * set of weights, and a linearised variable at the weights of the sample. A survey knows two ways
 * to a variance and needs no more than these two answers:
 *
 *     linearised    V = variance of the estimated total of z (stages, PPS, two phases, with the
 *                   residuals on what the weights were calibrated to)
 *     replicated    V = scale x sum_r rscale_r (theta_r - centre)(theta_r - centre)'
 *
 * Private to the room. */
#ifndef TF_MEASURE_SURVEY_H
#define TF_MEASURE_SURVEY_H

#include "base/yaml.h"
#include "measure/inside.h"
#include "measure/matrix.h"

/* One stage of sampling. Strata and units are dense numbers over the whole stage; a unit of a later
 * stage lies in one unit of the stage before, a later stage's stratum in one such unit (crossed
 * with the declared stratum of that stage). */
struct tf_stage {
    const uint32_t *stratum;       /* [n] */
    const uint32_t *unit;          /* [n] */
    size_t n_strata, n_units;
    const uint32_t *unit_stratum;  /* [n_units] */
    const uint32_t *stratum_units; /* [n_strata] units in the sample */
    const double *population;      /* [n_strata] units in the population; INFINITY: with replacement */
    const uint32_t *unit_parent;   /* [n_units] unit of the stage before; NULL at the first */
};

enum tf_variance { TF_BY_STAGES, TF_BY_PPS, TF_BY_PHASES, TF_BY_REPLICATES };

struct tf_pps;        /* variance_pps.c: pairwise probabilities */
struct tf_phases;     /* variance_phases.c: a second phase */
struct tf_replicates; /* replicates.c: how replicate weights come about */
struct tf_calibrated; /* weights: what a step calibrated to (calibrate.h) */

struct tf_survey {
    struct tf_arena *arena;
    struct tf_table *t;    /* weighting steps add columns to it */
    size_t n;              /* rows of the table, all of them; domains are masks over them */
    const double *w;       /* [n] final weights; 0: the row is not in the sample any more. Below 0 only
                            * after unbounded linear calibration: test with tf_in_sample */
    const double *w_base;  /* [n] before the weighting steps */
    struct tf_stage *stage;
    size_t n_stages;       /* >= 1; without `psu` each row is its own */
    bool one_stage;        /* only the first stage enters the variance (no fpc was given) */
    const char **stratum_name; /* [stage[0].n_strata] codes joined by '.'; NULL: made by hand */
    enum tf_lonely lonely;
    bool lonely_in_domains; /* R's survey.adjust.domain.lonely: a stratum in which one PSU has cases
                             * of the domain counts as lonely too */
    enum tf_variance kind;
    struct tf_pps *pps;
    struct tf_phases *phases;
    struct tf_replicates *replicates;
    struct tf_calibrated **calibrated; /* in the order of the steps */
    size_t n_calibrated;
    struct tf_steps *steps;  /* the weighting steps, to be taken again by each replicate */
    unsigned threads;        /* >= 1 */
    const char *text;        /* one sentence: how this design varies, for notes */
};

/* Does a row with this weight count? */
static inline bool tf_in_sample(double w)
{
    return w > 0 || w < 0;
}

/* What is estimated: p numbers. */
struct tf_statistic {
    size_t p;
    void *self;
    /* Its values under the weights w [n] (>= 0; 0 = not there). A fault is an error; NaN a number
     * that these weights cannot say. Called once with the final weights first, then, for a
     * replicated survey, once for each replicate. */
    enum tf_code (*value)(void *self, const double *w, double *theta, struct tf_err *reterr);
    /* The linearised variable of number k at the latest weights given to `value`, INCLUDING the
     * weight: z[n], 0 outside its domain. Its estimated total varies as the estimate does. */
    void (*linear)(void *self, size_t k, double *z);
    /* The rows that count for number k (for lonely strata), or NULL / returns NULL: all. */
    const bool *(*domain)(void *self, size_t k);
};
struct tf_fit {
    size_t p;
    double *theta; /* [p] */
    double *v;     /* [p x p], or only its diagonal at v[k + k * p] when !full */
    bool full;
    bool lonely;   /* a stratum with one PSU had cases */
    size_t replicates, replicates_failed; /* failed: left out, as R does with NaN */
};
/* Value and variance. `full`: with covariances. */
TF_MUST_CHECK enum tf_code tf_survey_fit(struct tf_arena *arena, const struct tf_survey *s,
                                         const struct tf_statistic *statistic, bool full,
                                         struct tf_fit *ret, struct tf_err *reterr);
/* Variance of the totals of given linearised variables z [n x p], column-major (linearised surveys
 * only): p x p. domain: as in tf_statistic, one for all, or NULL. */
TF_MUST_CHECK enum tf_code tf_survey_variance(struct tf_arena *arena, const struct tf_survey *s,
                                              const double *z, size_t p, const bool *domain,
                                              double *ret_v, struct tf_err *reterr);

/* Degrees of freedom of a domain (NULL = all): PSUs minus strata with cases of it (weight > 0), as R
 * degf(subset(design, domain)); for replicates the rank of their weights minus 1. */
double tf_survey_df(struct tf_arena *arena, const struct tf_survey *s, const bool *domain);
/* Unweighted counts of a domain among rows with weight > 0: cases, PSUs, strata. */
struct tf_tally {
    size_t n, psu, strata;
};
struct tf_tally tf_survey_count(struct tf_arena *arena, const struct tf_survey *s,
                                const bool *domain);
/* The weights of replicate r (0..count-1) into w [n], after all steps. Never stored for all r. */
size_t tf_replicates_count(const struct tf_survey *s);
TF_MUST_CHECK enum tf_code tf_replicates_weights(const struct tf_survey *s, size_t r, double *w,
                                                 struct tf_err *reterr);

/* Read the `design:` part of a recipe (docs/RECIPES.md) and build the survey over the table; file
 * names in it are relative to dir. The weighting steps are run by tf_survey_weigh (steps.c). */
TF_MUST_CHECK enum tf_code tf_survey_read(struct tf_arena *arena, const struct tf_yaml *design,
                                          const char *dir, struct tf_table *t,
                                          struct tf_survey **ret, struct tf_err *reterr);
/* Take the steps of the `weights:` part (a list, may be NULL): fills w, calibrated, steps; adds each
 * step's weights as a column of the table ("weight_1_rake" …) and a line of diagnosis. Rows whose
 * weight becomes 0 (did not respond) leave the sample. struct tf_step_report: result.h. */
TF_MUST_CHECK enum tf_code tf_survey_weigh(struct tf_survey *s, const struct tf_yaml *steps,
                                           const char *dir, struct tf_step_report **ret,
                                           size_t *ret_n, struct tf_err *reterr);
/* The same for a whole recipe: its `weights`, and steps with `countries` by the country of its data. */
TF_MUST_CHECK enum tf_code tf_survey_weigh_recipe(struct tf_survey *s, const struct tf_yaml *root,
                                                  const char *dir, struct tf_step_report **ret,
                                                  size_t *ret_n, struct tf_err *reterr);
/* Take all steps again from the base weights in w [n] (in place): for replicates. */
TF_MUST_CHECK enum tf_code tf_steps_again(const struct tf_survey *s, double *w,
                                          struct tf_err *reterr);
/* Replace z [n] by its residual on what the weights were calibrated to (all of s->calibrated). */
void tf_calibrated_residual(const struct tf_survey *s, double *z);
/* Read `design: replicates:` (replicates.c) into s->replicates and s->kind. */
TF_MUST_CHECK enum tf_code tf_replicates_read(struct tf_survey *s, const struct tf_yaml *at,
                                              const char *dir, struct tf_err *reterr);

#endif
