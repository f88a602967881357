/* keep, inside: many files replaced at once, or none (stage.c). */
#ifndef TF_KEEP_STAGE_H
#define TF_KEEP_STAGE_H

#include "base/base.h"

struct tf_names {
    const char **name;
    size_t n, cap;
};
/* Files below top/below, named relative to top, in order. Nothing when the folder is not there. */
TF_MUST_CHECK enum tf_code tf_tree_files(struct tf_arena *arena, const char *top, const char *below,
                                         struct tf_names *to, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code
tf_tree_remove(struct tf_arena *arena, const char *path, struct tf_err *reterr);
/* A flushed copy of a file, for its owner only. */
TF_MUST_CHECK enum tf_code tf_copy_file(const char *from, const char *to, struct tf_err *reterr);
/* Take the vault for oneself (until the arena goes) and begin with an empty stage. */
TF_MUST_CHECK enum tf_code
tf_stage_begin(struct tf_arena *arena, const char *study_dir, struct tf_err *reterr);
/* Where a file of .trefoil is to be written meanwhile. */
TF_MUST_CHECK enum tf_code tf_stage_path(struct tf_arena *arena, const char *study_dir,
                                         const char *name, const char **ret, struct tf_err *reterr);
/* All that is staged takes its place, and what is named in drop goes. */
TF_MUST_CHECK enum tf_code tf_stage_commit(struct tf_arena *arena, const char *study_dir,
                                           const struct tf_names *drop, struct tf_err *reterr);
#endif
