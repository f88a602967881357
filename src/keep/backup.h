/* keep/backup: copies of the vault that were proved, and putting one back. Part of keep's public
 * face. */
#ifndef TF_KEEP_BACKUP_H
#define TF_KEEP_BACKUP_H

#include "base/base.h"

struct tf_backup {
    size_t files, bytes;
    uint64_t entries; /* of its ledger */
    const char *head;
};
/* Copy the vault into a folder that is empty or not there, while others work: each store at one
 * instant, the register first. Each copy is opened and read through before the list of files,
 * signed, is written; without that list it is no backup. No key is in it. */
TF_MUST_CHECK enum tf_code tf_backup_make(struct tf_arena *arena, const char *study_dir,
                                          const char *to, struct tf_backup *ret,
                                          struct tf_err *reterr);
/* Put a backup back, all or nothing. TF_E_REFUSED when the study's ledger is newer, or another,
 * unless `older`. keys: a folder with an escrow copy, for a machine that has no keys of this study;
 * else NULL. */
TF_MUST_CHECK enum tf_code tf_backup_restore(struct tf_arena *arena, const char *study_dir,
                                             const char *from, const char *keys, bool older,
                                             struct tf_backup *ret, struct tf_err *reterr);
/* The escrow copy of the key folder: written into a folder, replacing the former; remembered. */
TF_MUST_CHECK enum tf_code tf_backup_keys(struct tf_arena *arena, const char *study_dir,
                                          const char *to, struct tf_err *reterr);
#endif
