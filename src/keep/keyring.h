/* keep, inside: the keyring, a study's custodians and what is wrapped for them (keyring.c). */
#ifndef TF_KEEP_KEYRING_H
#define TF_KEEP_KEYRING_H

#include "keep/keys.h"

/* Was this study given custodians? */
bool tf_keyring_exists(struct tf_arena *arena, const char *study_dir);
/* A new random key of that name: wrapped for all whose roles may open it, put into the ring of `key`,
 * told to the agent. */
TF_MUST_CHECK enum tf_code tf_keyring_new_key(struct tf_arena *arena, const struct tf_key *key,
                                              const char *name, struct tf_err *reterr);
#endif
