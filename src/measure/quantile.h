/* Rules of quantiles: from a share p to a value. Private to the room. */
#ifndef TF_MEASURE_QUANTILE_H
#define TF_MEASURE_QUANTILE_H

#include "measure/sorted.h"

struct tf_qrule;
/* The rule of a word, or NULL; its words in the order of the table, NULL at the end. */
const struct tf_qrule *tf_qrule_named(const char *word);
const char *tf_qrule_word(size_t k);
/* q(p) of at least one value; p in 0..1. */
double tf_quantile_at(const struct tf_qrule *rule, struct tf_sorted *s, double p);

#endif
