/* keep/retention: when what is destroyed. Part of keep's public face. */
#ifndef TF_KEEP_RETENTION_H
#define TF_KEEP_RETENTION_H

#include "ask/ask.h"
#include "base/base.h"

struct tf_due { /* a file of the vault, and the day on which its key is to be destroyed */
    const char *rule, *file, *country, *purpose, *day;
    bool due; /* that day has come */
};
/* What each clock of study.yaml covers of the files that are there, ordered by rule and file. */
TF_MUST_CHECK enum tf_code tf_retention_list(struct tf_arena *arena, const struct tf_study *study,
                                             const char *day, struct tf_due **ret, size_t *ret_n,
                                             struct tf_err *reterr);
/* Destroy the keys of what is due, in the keyring and in every escrow copy that can be reached, and
 * the files. Backups become unreadable with them; with the machine's key only, they do not, and
 * `out` says so. */
TF_MUST_CHECK enum tf_code
tf_retention_destroy(struct tf_arena *arena, const struct tf_study *study, const char *day,
                     size_t *ret_n, struct tf_notices *out, struct tf_err *reterr);
#endif
