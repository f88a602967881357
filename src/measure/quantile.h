/* Rules of quantiles: from a share p to a value. Private to the room. */
#ifndef TF_MEASURE_QUANTILE_H
#define TF_MEASURE_QUANTILE_H

#include "measure/groups.h"
#include "measure/sorted.h"

struct tf_qrule;
/* The rule of a word, or NULL; its words in the order of the table, NULL at the end. */
const struct tf_qrule *tf_qrule_named(const char *word);
const char *tf_qrule_word(size_t k);
/* q(p) of at least one value; p in 0..1. */
double tf_quantile_at(const struct tf_qrule *rule, struct tf_sorted *s, double p);

/* ---- quantile_below.c ---- */
struct tf_quantile_group { /* a variable in a domain */
    struct tf_runner *r;
    const double *y;
    struct tf_group_set *set;
    const struct tf_group *cells; /* its cases */
    struct tf_sorted *order;
    const struct tf_qrule *rule;
    double level, df, t;
};
/* The shares of its cases at or below each of at [p], and their variances. */
TF_MUST_CHECK enum tf_code tf_shares_below(const struct tf_quantile_group *g, const double *at,
                                           size_t p, double *share, double *v,
                                           struct tf_err *reterr);

#endif
