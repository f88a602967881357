/* Expressions over the items of a result: "girls - boys", "log(a / b)", "`1:yes` ^ 2". Private to
 * the room. */
#ifndef TF_MEASURE_EXPRESSION_H
#define TF_MEASURE_EXPRESSION_H

#include "base/yaml.h"

/* Which number a name stands for: 0..n-1, or SIZE_MAX when it is none. */
typedef size_t (*tf_name_of)(void *context, const char *name);

struct tf_expression;
/* Read an expression; `at` is its scalar, named in errors with the column inside the text. */
TF_MUST_CHECK enum tf_code tf_expression_read(struct tf_arena *arena, const struct tf_yaml *at,
                                              tf_name_of name, void *context,
                                              struct tf_expression **ret, struct tf_err *reterr);
/* Its value at x [n], and its gradient [n]. */
double tf_expression_value(const struct tf_expression *e, const double *x, size_t n,
                           double *gradient);
/* Does it look at number k? */
bool tf_expression_uses(const struct tf_expression *e, size_t k);

#endif
