/* Conditions over variables: the `--where` language, also used for bases and cleaning rules.
 *
 *     age >= 14 and q2 in (1, 3) and not missing(q5)      area = "urban"     (a or b) and c != 2
 *
 *     age - 15 <= 2      floor(age / 5) in (2, 3)      abs(q5 - q6) > 1      is_number(code)
 *
 * = and == are the same; <> and != too. A comparison with a missing value does not hold (also != ),
 * nor does its `not`, as in SQL and R: a case with no answer is in no domain by accident. Arithmetic
 * (+ - * / abs floor) with a missing value, or a division by zero, is missing. missing(x) and
 * is_number(x) are never unknown.
 * Variables as in tf_table_find. */
#ifndef TF_MEASURE_WHERE_H
#define TF_MEASURE_WHERE_H

#include "base/base.h"

struct tf_where;
/* Parse against a table. Errors name the column of the text (1-based) and the nearest variable. */
TF_MUST_CHECK enum tf_code tf_where_parse(struct tf_arena *arena, const char *text,
                                          const struct tf_table *t, struct tf_where **ret,
                                          struct tf_err *reterr);
bool tf_where_holds(const struct tf_where *w, size_t row);
/* A mask over all rows; text NULL or blank = all true. */
TF_MUST_CHECK enum tf_code tf_where_mask(struct tf_arena *arena, const char *text,
                                         const struct tf_table *t, bool **ret,
                                         struct tf_err *reterr);

#endif
