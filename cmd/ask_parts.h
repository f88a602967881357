/* The parts of `trefoil ask` that need no study, each in its own file. */
#ifndef TF_CMD_ASK_PARTS_H
#define TF_CMD_ASK_PARTS_H

#include "cmd/cmd.h"

/* trefoil ask convert (ask_convert.c); its word is still the first of the run. */
TF_MUST_CHECK enum tf_code tf_ask_convert(struct tf_run *run, struct tf_err *reterr);
/* trefoil ask lint and check-submission (ask_lint.c). */
TF_MUST_CHECK enum tf_code tf_ask_lint(struct tf_run *run, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_ask_check_submission(struct tf_run *run, struct tf_err *reterr);

#endif
