/* keep, inside: words under a participant's key (said.c). */
#ifndef TF_KEEP_SAID_H
#define TF_KEEP_SAID_H

#include "keep/inside.h"
#include "keep/records.h"

/* who: the participant's code, bound into it. */
const char *tf_said_seal(struct tf_arena *arena, const unsigned char key[32], const char *who,
                         const char *words) __attribute__((returns_nonnull));
/* "" for who withdrew. False: altered, or no key. */
bool tf_said_open(struct tf_arena *arena, const struct tf_record_key *key, const char *who,
                  const char *sealed, const char **ret);
enum tf_code tf_said_broken(const char *who, struct tf_err *reterr);
#endif
