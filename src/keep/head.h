/* keep/head: the ledger's head, signed, and remembered apart (head.c). Part of keep's public face.
 */
#ifndef TF_KEEP_HEAD_H
#define TF_KEEP_HEAD_H

#include "base/base.h"
#include "keep/evidence.h"

/* "trefoil-head-1 ENTRIES HASH PUBLIC SIGNATURE": to be written down elsewhere. */
TF_MUST_CHECK enum tf_code tf_head_signed(struct tf_arena *arena, const char *study_dir,
                                          struct tf_register *reg, const char **ret,
                                          struct tf_err *reterr);
/* Is a head of earlier part of this history? TF_E_REFUSED says what differs. */
TF_MUST_CHECK enum tf_code tf_head_prove(struct tf_arena *arena, const char *study_dir,
                                         struct tf_register *reg, const char *head,
                                         struct tf_err *reterr);
/* Is the ledger at least what was remembered in the key folder (and by the agent)? TF_E_REFUSED: it
 * was rolled back. */
TF_MUST_CHECK enum tf_code
tf_head_check(struct tf_arena *arena, struct tf_register *reg, struct tf_err *reterr);
/* Remember the head as it is now. force: also when it is an earlier one (a restore that was asked
 * for). */
void tf_head_remember(struct tf_register *reg, uint64_t entries, const char *hash, bool force);
/* The study's signing key: sign bytes; the public half. */
TF_MUST_CHECK enum tf_code tf_study_sign(struct tf_arena *arena, const char *study_dir,
                                         const void *data, size_t n, unsigned char ret[64],
                                         unsigned char ret_public[32], struct tf_err *reterr);
/* The same key, for who signs many things: 64 bytes of locked memory that live as long as the arena. */
TF_MUST_CHECK enum tf_code tf_study_signing_key(struct tf_arena *arena, const char *study_dir,
                                                unsigned char **ret, unsigned char ret_public[32],
                                                struct tf_err *reterr);
#endif
