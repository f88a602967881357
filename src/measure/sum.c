/* Compensated sums: the rounding error of each addition is carried along (Neumaier 1974, ZAMM 54,
 * 39-51), so that a sum of a million weights is right to the last digit or so. */
#include <math.h>

#include "measure/inside.h"

void tf_sum_add(struct tf_sum *sum, double x)
{
    const double t = sum->s + x;
    sum->c += fabs(sum->s) >= fabs(x) ? (sum->s - t) + x : (x - t) + sum->s;
    sum->s = t;
}

double tf_sum_of(const struct tf_sum *sum)
{
    return sum->s + sum->c;
}
