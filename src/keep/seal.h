/* keep/seal: keys in locked memory, and sealed boxes for those who may only put in.
 *
 * The vault key is 32 random bytes in <study>/.trefoil/vault.key, mode 0600 (another mode is
 * refused). Each file of the vault has its own key, derived from it by BLAKE2b keyed hashing of the
 * file's name (libsodium crypto_kdf would limit us to numbers). */
#ifndef TF_KEEP_SEAL_H
#define TF_KEEP_SEAL_H

#include "base/base.h"

struct tf_key; /* in sodium_malloc memory: locked, guarded, wiped when its arena goes */
/* Read (make, when create) the study's vault key. TF_E_KEY: missing, wrong length, open to others. */
TF_MUST_CHECK enum tf_code tf_key_open(struct tf_arena *arena, const char *study_dir, bool create,
                                       struct tf_key **ret, struct tf_err *reterr);
/* The key of one file of the vault, 32 bytes, in locked memory of the same arena. */
const unsigned char *tf_key_for(struct tf_arena *arena, const struct tf_key *key, const char *name);

#endif
