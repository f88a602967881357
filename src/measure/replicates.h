/* Replicate weights: what the files that make them share, and what the one-pass engine asks.
 * Private to the room.
 *
 * A kind of replicates is a row of the table in replicates.c: its word, its keys and a function
 * that reads them. It fills scale, rscales and `multiplier`, which writes what each unit of one
 * stage is multiplied by; or `weights`, for weights that came with the data. */
#ifndef TF_MEASURE_REPLICATES_H
#define TF_MEASURE_REPLICATES_H

#include "measure/survey.h"

/* ---- What is asked of them ---- */
/* Variance of a statistic from its values under the replicates (survey.c); fit->theta is filled. */
TF_MUST_CHECK enum tf_code tf_replicates_fit(const struct tf_survey *s,
                                             const struct tf_statistic *statistic,
                                             struct tf_fit *fit, struct tf_err *reterr);
/* V [p x p] from the values theta [p x count] of the replicates, NaN where they cannot say; centre
 * [p]: the estimates. Returns how many replicates were left out for some number. */
size_t tf_replicates_spread(const struct tf_survey *s, const double *theta, const double *centre,
                            size_t p, bool full, double *v);
/* Rank of the replicate weights of a domain, minus 1 (R's degf.svyrep.design). */
double tf_replicates_df(const struct tf_survey *s, const bool *domain);
/* The multipliers of replicate r on the base weights of whole first-stage units,
 * [stage[0].n_units]; false when the replicates are not made of such (given weights, multistage
 * bootstraps). Safe to call from several threads. */
bool tf_replicates_multiplier(const struct tf_survey *s, size_t r, double *m);
/* V = scale x sum_r rscales[r] (theta_r - centre)^2; mse: the centre is the estimate itself, else
 * the mean of the replicates with rscales > 0. */
double tf_replicates_scale(const struct tf_survey *s);
const double *tf_replicates_rscales(const struct tf_survey *s);
bool tf_replicates_mse(const struct tf_survey *s);

/* ---- How they are made ---- */
struct tf_replicates {
    const char *type;     /* the word of the recipe */
    size_t count;
    double scale, *rscales;
    bool mse;
    size_t stage;         /* whose units the multipliers belong to */
    void *self;
    /* m [stage[stage].n_units]; NULL: the weights are given */
    void (*multiplier)(const struct tf_replicates *rep, size_t r, double *m);
    /* w [n] of replicate r before the weighting steps, given w_base */
    void (*weights)(const struct tf_replicates *rep, const double *w_base, size_t r, double *w);
    /* Rank of the weights of the units seen, where a formula knows it; SIZE_MAX: it does not, and
     * elimination must find out, as when NULL */
    size_t (*rank)(struct tf_arena *scratch, const struct tf_replicates *rep, const bool *seen);
    struct tf_rank_known *known; /* ranks found before */
    size_t n_known, cap_known;
};
struct tf_replicates_reader {
    struct tf_survey *s;
    const struct tf_yaml *at;
    const char *dir;
    struct tf_replicates *rep;
    struct tf_buf *text; /* one phrase about them */
};
/* The units of a stage, stratum by stratum: unit[start[h]..start[h + 1]). */
struct tf_units {
    size_t n_strata, n_units;
    uint32_t *start, *unit;
};
struct tf_units tf_units_by_stratum(struct tf_arena *arena, const struct tf_stage *st);
/* Sampling fraction of a stratum of the first stage, 0 without population sizes. */
double tf_stage_fraction(const struct tf_stage *st, uint32_t stratum);
/* The rank of replicates that spread each group of units round 1 and add up to 1 over it: the units
 * seen, less one for each group seen in full, plus one when 1 itself is reached. group [n_units],
 * n_groups for units that are always 1. */
size_t tf_rank_of_groups(struct tf_arena *scratch, const bool *seen, const uint32_t *group,
                         size_t n_units, size_t n_groups);
/* All rscales 1. */
void tf_replicates_plain(const struct tf_replicates_reader *r, size_t count, double scale);

/* replicates_jackknife.c, replicates_brr.c, replicates_bootstrap.c, replicates_sdr.c,
 * replicates_given.c */
enum tf_code tf_replicates_jk1(const struct tf_replicates_reader *r, struct tf_err *reterr);
enum tf_code tf_replicates_jkn(const struct tf_replicates_reader *r, struct tf_err *reterr);
enum tf_code tf_replicates_brr(const struct tf_replicates_reader *r, struct tf_err *reterr);
enum tf_code tf_replicates_fay(const struct tf_replicates_reader *r, struct tf_err *reterr);
enum tf_code tf_replicates_rao_wu(const struct tf_replicates_reader *r, struct tf_err *reterr);
enum tf_code tf_replicates_canty_davison(const struct tf_replicates_reader *r,
                                         struct tf_err *reterr);
enum tf_code tf_replicates_preston(const struct tf_replicates_reader *r, struct tf_err *reterr);
enum tf_code tf_replicates_sdr(const struct tf_replicates_reader *r, struct tf_err *reterr);
enum tf_code tf_replicates_given(const struct tf_replicates_reader *r, struct tf_err *reterr);

/* hadamard.c: a matrix of 0 and 1 (for -1 and +1) with orthogonal rows, of an order > n; the first
 * row is all 1. h[row + column * order]. */
uint8_t *tf_hadamard(struct tf_arena *arena, size_t n, size_t *ret_order);

#endif
