/* keep/seal: keys in locked memory.
 *
 * A study with custodians (custody.h) opens with what an agent holds after `trefoil keep unlock`: a
 * random key for each file. A study without, as in a rehearsal, opens with 32 random bytes in
 * <study>/.trefoil/vault.key, mode 0600 (another mode is refused), from which the key of each file is
 * derived by BLAKE2b keyed hashing of the file's name. */
#ifndef TF_KEEP_SEAL_H
#define TF_KEEP_SEAL_H

#include "base/base.h"

struct tf_key; /* in sodium_malloc memory: locked, guarded, wiped when its arena goes */
/* What opens the study: the agent's keys, or the machine's (made, when create). TF_E_KEY: locked,
 * missing, wrong length, open to others. Holds a shared lock of the vault until the arena goes. */
TF_MUST_CHECK enum tf_code tf_key_open(struct tf_arena *arena, const char *study_dir, bool create,
                                       struct tf_key **ret, struct tf_err *reterr);
/* The key of one file of the vault, 32 bytes, in locked memory of the same arena. */
const unsigned char *tf_key_for(struct tf_arena *arena, const struct tf_key *key, const char *name);
/* The same, saying why not: TF_E_KEY when whoever unlocked the study holds no key of that name. create
 * makes one (for a file that is not there yet), wrapped for those whose roles may open it. */
TF_MUST_CHECK enum tf_code tf_key_need(struct tf_arena *arena, const struct tf_key *key,
                                       const char *name, bool create, const unsigned char **ret,
                                       struct tf_err *reterr);

#endif
