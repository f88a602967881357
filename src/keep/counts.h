/* keep/counts: the store of administrative series: counts of counts, never persons.
 * One encrypted file per country, strand threats, purpose counts. Append-only by vintage. */
#ifndef TF_KEEP_COUNTS_H
#define TF_KEEP_COUNTS_H

#include "base/base.h"

struct tf_obs { /* one cell of a series */
    const char *area;      /* country code of the study, or ISO3 as the source gives it */
    const char *period;    /* "2019", "2019-Q1", "2019-04/2020-03" */
    const char *breakdown; /* "" = total; else "offence=…;sex=…", keys sorted */
    double value;          /* NaN where missing */
    enum tf_miss missing;  /* TF_PRESENT when there is a value */
    const char *status;    /* provisional, revised, final, as_published … */
    const char *note, *document;
};
struct tf_series {
    const char *id, *country, *title;
    const char *source, *indicator, *unit, *counting_rule, *location_basis, *vintage, *caveat;
    const char *grade_scheme, *grade, *handling, *purpose, *review_by, *definition;
    const char *source_label; /* the source's own words, verbatim, never shown as ours */
    const char *partition;    /* "partition" or "multi_response", for breakdowns */
    const char *evidence, *hash; /* set on reading back */
    struct tf_obs *obs;
    size_t n_obs;
};
struct tf_counts;
TF_MUST_CHECK enum tf_code tf_counts_open(struct tf_arena *arena, const char *study_dir,
                                          const char *country, bool create,
                                          struct tf_counts **ret, struct tf_err *reterr);
/* Put one vintage (in one transaction) and register it as evidence; the same content is no change. */
TF_MUST_CHECK enum tf_code tf_counts_put(struct tf_counts *c, const struct tf_series *s,
                                         const char **ret_evidence, struct tf_err *reterr);
/* The current vintage of a series, or of all (ordered by id). */
TF_MUST_CHECK enum tf_code tf_counts_get(struct tf_arena *arena, struct tf_counts *c,
                                         const char *id, struct tf_series *ret,
                                         struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_counts_all(struct tf_arena *arena, struct tf_counts *c,
                                         struct tf_series **ret, size_t *ret_n,
                                         struct tf_err *reterr);

#endif
