/* A survey of sampling units instead of rows (collapse.c). Private to the room. */
#ifndef TF_MEASURE_COLLAPSE_H
#define TF_MEASURE_COLLAPSE_H

#include "measure/survey.h"

/* The survey whose rows are the last stage's units of s (row u of it is unit u): totals of sums by
 * unit vary in it as totals of the rows do in s. NULL where that would not be so (calibrated
 * weights, PPS, phases, replicates), or not pay: fewer than four rows a unit. */
struct tf_survey *tf_survey_collapse(struct tf_arena *arena, const struct tf_survey *s);
/* sum[j][u] = the sum over the rows of unit u, where in[row], of x[j][row] * score[row], in order.
 * waste: three arrays [units] of scratch at waste[1..3] (jobs allocate nothing). */
void tf_collapse_sums(const struct tf_survey *s, double *const *x, size_t p, const double *score,
                      const bool *in, double *const *sum, double *const waste[4]);
/* has[u]: unit u has a row with in[row]. */
void tf_collapse_mask(const struct tf_survey *s, const bool *in, bool *has);

#endif
