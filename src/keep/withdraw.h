/* keep/withdraw: withdrawal is erasure. Part of keep's public face. */
#ifndef TF_KEEP_WITHDRAW_H
#define TF_KEEP_WITHDRAW_H

#include "ask/ask.h"
#include "base/base.h"

struct tf_keep;
struct tf_withdrawal { /* what was done */
    const char *name;  /* stands for the participant in the ledger; names nobody */
    bool before;       /* had withdrawn before: nothing was left to do but what follows */
    size_t rows;       /* erased, in all snapshots */
    size_t datasets, transcripts; /* that have a new snapshot without them */
    const char **stale;           /* evidence that was made from what changed: to be made anew */
    size_t n_stale, cap_stale;
};
/* Destroy the participant's record key, here and in every escrow copy that can be reached (others
 * are named in `out`), take what is left of them out of every snapshot, register new ones, and tell
 * what is stale. The first step decides: killed after it, the rest is done by whoever opens the
 * country next. TF_E_INPUT: nothing is kept under this code. */
TF_MUST_CHECK enum tf_code tf_withdraw(struct tf_arena *arena, struct tf_keep *keep,
                                       const char *country, const char *code, const char *reason,
                                       struct tf_withdrawal *ret, struct tf_notices *out,
                                       struct tf_err *reterr);
/* All but the first step, for everybody of the country who has withdrawn; nothing when nothing is
 * left. Also after a restore of what stood before. ret may be NULL. */
TF_MUST_CHECK enum tf_code tf_withdraw_finish(struct tf_keep *keep, const char *country,
                                              struct tf_withdrawal *ret, struct tf_err *reterr);
/* Files of the study, outside the vault, in which the code still stands: adds a warning for each.
 */
void tf_withdraw_look(struct tf_arena *arena, const struct tf_study *study, const char *country,
                      const char *code, struct tf_notices *out);
#endif
