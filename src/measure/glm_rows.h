/* One block of rows of a generalised linear model (glm_rows.c). Private to glm_fit.c and its kin.
 * */
#ifndef TF_MEASURE_GLM_ROWS_H
#define TF_MEASURE_GLM_ROWS_H

#include "measure/model.h"

enum { TF_GLM_BLOCK = 512, TF_GLM_LANES = 8 }; /* sums depend on these, never on the machine */

struct tf_glm_block {     /* arrays of TF_GLM_BLOCK; rows beyond the data have w = 0 */
    const double *y, *w;
    double *eta;          /* in: linear predictor */
    double *mu;           /* out */
    double *working;      /* out: w (dmu/deta)^2 / V(mu) */
    double *score;        /* out: w (y - mu) (dmu/deta) / V(mu) */
    double *deviance;     /* [TF_GLM_LANES] added to */
    bool invalid;         /* a mean is outside its family: set, never cleared */
};
void tf_glm_rows(enum tf_family family, enum tf_link link, struct tf_glm_block *b);
/* eta = start of the family's own: the link of a mean between y and the middle. */
double tf_glm_start(enum tf_family family, enum tf_link link, double y);
/* Inverse link and its slope. */
double tf_link_mean(enum tf_link link, double eta);
double tf_link_slope(enum tf_link link, double eta);
/* x = (column - centre) / unit and eta += slope x, over a block. */
void tf_glm_load(const double *column, double centre, double unit, double slope, double *x,
                 double *eta);
/* Cross-products of a block: for every pair j <= k of p columns x [p][block],
 * acc[pair][lane] += w x_j x_k, and gradient[j][lane] += s x_j. wx: scratch [block]. Pairs are
 * numbered (0,0) (0,1) … (0,p-1) (1,1) … */
void tf_glm_products(const double *x, size_t p, const double *w, const double *s, double *wx,
                     double *acc, double *gradient);

#endif
