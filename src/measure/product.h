/* A product of factors with its error (product.c). Private to the room. */
#ifndef TF_MEASURE_PRODUCT_H
#define TF_MEASURE_PRODUCT_H

#include "measure/survey.h"

enum { TF_DRAWS = 20000, TF_MOST_FACTORS = 12 };
struct tf_factor {
    const char *name, *source;
    double value, se; /* se 0: taken as exact */
    bool share;       /* drawn on the logit scale */
};
double tf_product(const struct tf_factor *f, size_t n);
/* v: covariances of the factors [n x n], n <= TF_MOST_FACTORS. */
double tf_product_se(const struct tf_factor *f, size_t n, const double *v);
/* Interval of the product from `draws` draws of the stream "measure/scaled/SEED"; false when two factors
 * are one and the same number. */
bool tf_product_simulate(struct tf_arena *arena, const struct tf_factor *f, size_t n,
                         const double *v, const char *seed, size_t draws, double level, double *lo,
                         double *hi);

#endif
