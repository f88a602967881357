/* Weighted values in order, of which only the places that are looked at get sorted. Private to the
 * room. */
#ifndef TF_MEASURE_SORTED_H
#define TF_MEASURE_SORTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct tf_sorted;
/* The values y[row[k]] with weights w[row[k]] > 0, k = 0..n-1; ties stay in the order of row. */
struct tf_sorted *tf_sorted_make(struct tf_arena *arena, const double *y, const double *w,
                                 const uint32_t *row, size_t n, unsigned threads);
/* One place k = 0..n-1 of the order: value, weight, weights up to and with it. */
struct tf_ranked {
    double x, w, cum;
};
struct tf_ranked tf_sorted_at(struct tf_sorted *s, size_t k);
size_t tf_sorted_n(const struct tf_sorted *s);
double tf_sorted_total(const struct tf_sorted *s);
/* How many places have cum <= limit (they are the first ones). */
size_t tf_sorted_below(struct tf_sorted *s, double limit);
/* How many places have x <= value; x < value. */
size_t tf_sorted_up_to(struct tf_sorted *s, double value);
size_t tf_sorted_less(struct tf_sorted *s, double value);

#endif
