/* Declared cleaning: a rule is a line in the study, its effect a row in the case-flow.
 *
 * Faults are found by tf_clean_scan (duplicate ids, padded texts, codes outside the instrument's
 * choices or in an order unlike it, runs of broken-off interviews by one interviewer, an item
 * empty or constant in one language, rows without a weight) and handled only by rules that a
 * person wrote (children/cleaning.yaml; docs/FORMATS.md):
 *     - {rule: trim, vars: [area], why: …}
 *     - {rule: drop_duplicates, id: child_id, keep: first, why: …}
 *     - {rule: recode, vars: [b7], map: {1: 1, 2: 3, 3: 2}, why: …}
 *     - {rule: void, vars: [exp_d], where: 'language = "lb"', countries: [XC], why: …}
 *     - {rule: drop, where: 'interviewer = "XB-I07" and complete = 0', as: broken_off, why: …}
 *     - {rule: drop_unweighted, weight: weight, why: …} */
#ifndef TF_MEASURE_CLEAN_H
#define TF_MEASURE_CLEAN_H

#include "ask/ask.h"
#include "base/base.h"

struct tf_clean_effect {
    const char *rule, *why, *as; /* as: void, broken_off, duplicate, no_weight … or NULL */
    size_t rows, cells;          /* rows dropped; cells changed */
    size_t rows_left;
    size_t line;                 /* of the rule in its file */
};
struct tf_cleaning {
    struct tf_clean_effect *effect;
    size_t n;
    size_t rows_before, rows_after;
};
/* Find faults in a table as it arrived. instrument may be NULL. Notices carry the data file. */
void tf_clean_scan(struct tf_arena *arena, const struct tf_dataset *d,
                   const struct tf_instrument *instrument, const char *country,
                   const char *file, const struct tf_table *t, const char *rules_path,
                   struct tf_notices *out);
/* Apply the rules of a file, in order, to the table in place. rules_path NULL: no rules. */
TF_MUST_CHECK enum tf_code tf_clean_apply(struct tf_arena *arena, const char *rules_path,
                                          const char *country, struct tf_table *t,
                                          struct tf_cleaning **ret, struct tf_err *reterr);

#endif
