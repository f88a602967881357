/* ask, inside: the parts of lint. */
#ifndef TF_ASK_LINT_H
#define TF_ASK_LINT_H

#include "ask/xform.h"

/* A finding at a field: TF_WARNING with the line of its bind. */
void tf_lint_say(const struct tf_xform *form, struct tf_notices *out, const struct tf_xfield *x,
                 const char *id, const char *help, const char *format, ...) TF_PRINTF(6, 7);
/* lint_reach.c: relevances that can never be true, constraints that can never hold. */
void tf_lint_reach(struct tf_arena *arena, const struct tf_xform *form, struct tf_notices *out);
/* lint_recall.c: the first recall period in a text ("past 12 months"), in days; 0 when it has none. */
int tf_recall_days(const char *text, size_t *ret_at, size_t *ret_n);

#endif
