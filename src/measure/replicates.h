/* Replicate weights: what the files that make them share, and what the one-pass engine asks.
 * Private to the room. */
#ifndef TF_MEASURE_REPLICATES_H
#define TF_MEASURE_REPLICATES_H

#include "measure/survey.h"

/* Variance of a statistic from its values under the replicates (survey.c); fit->theta is filled. */
TF_MUST_CHECK enum tf_code tf_replicates_fit(const struct tf_survey *s,
                                             const struct tf_statistic *statistic,
                                             struct tf_fit *fit, struct tf_err *reterr);
/* Rank of the replicate weights of a domain, minus 1 (R's degf.svyrep.design). */
double tf_replicates_df(const struct tf_survey *s, const bool *domain);
/* The multipliers of replicate r on the base weights of whole first-stage units, [stage[0].n_units];
 * false when the replicates are not made of such (given weights, multistage bootstraps). */
bool tf_replicates_multiplier(const struct tf_survey *s, size_t r, double *m);
/* V = scale x sum_r rscales[r] (theta_r - centre)^2; mse: the centre is the estimate itself, else the
 * mean of the replicates with rscales > 0. */
double tf_replicates_scale(const struct tf_survey *s);
const double *tf_replicates_rscales(const struct tf_survey *s);
bool tf_replicates_mse(const struct tf_survey *s);

#endif
