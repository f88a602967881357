/* What cmd/draw.c and cmd/draw_plan.c share: words to values, tables to JSON. */
#ifndef TF_CMD_DRAW_PARTS_H
#define TF_CMD_DRAW_PARTS_H

#include "cmd/cmd.h"
#include "draw/draw.h"

/* A whole number between low and a million; *ret stays where the option was not given (NULL). */
TF_MUST_CHECK enum tf_code tf_draw_whole(struct tf_run *run, const char *text, const char *name,
                                         int64_t low, size_t *ret, struct tf_err *reterr);
/* A number; NaN where the option was not given. */
TF_MUST_CHECK enum tf_code tf_draw_decimal(struct tf_run *run, const char *text, const char *name,
                                           double *ret, struct tf_err *reterr);
/* The rule of --allocation; *ret stays where it was not given. */
TF_MUST_CHECK enum tf_code tf_draw_rule(struct tf_run *run, const char *text,
                                        enum tf_allocation *ret, struct tf_err *reterr);
/* --power of Bankier's allocation, 0.5 where it was not given. */
TF_MUST_CHECK enum tf_code tf_draw_power(struct tf_run *run, const char *text, double *ret,
                                         struct tf_err *reterr);
/* A table as an array of objects. */
struct json_t *tf_draw_rows(const struct tf_table *t);

/* trefoil draw plan (draw_plan.c). */
TF_MUST_CHECK enum tf_code tf_draw_plan(struct tf_run *run, struct tf_err *reterr);

#endif
