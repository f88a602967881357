/* The keyring: is this study in the hands of custodians? */
#include "keep/keyring.h"

#include "keep/inside.h"

bool tf_keyring_exists(struct tf_arena *arena, const char *study_dir)
{
    return tf_file_exists(tf_keep_path(arena, study_dir, "keys/keyring"));
}

enum tf_code tf_keyring_new_key(struct tf_arena *arena TF_UNUSED, const struct tf_key *key TF_UNUSED,
                                const char *name, struct tf_err *reterr)
{
    return tf_fail(reterr, TF_E_KEY, "no key for '%s'", name);
}
