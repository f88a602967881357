/* ask, inside: what the readers of XForms and submissions share. */
#ifndef TF_ASK_XFORM_READ_H
#define TF_ASK_XFORM_READ_H

#include "ask/xform.h"

/* Fields are found by a hash of their path that grows step by step: h("/data/age") is made from
 * h("/data") and "age", so that a reader that descends needs no path. */
uint64_t tf_path_hash_root(void);
uint64_t tf_path_hash_step(uint64_t above, const char *name, size_t n);
/* Make the index of a form whose fields are complete. */
const struct tf_xform_index *tf_xform_index_new(struct tf_arena *arena, const struct tf_xform *f);
/* The field below `parent` (SIZE_MAX: the root) with this path hash and name; SIZE_MAX when none. */
size_t tf_xform_below(const struct tf_xform *f, size_t parent, uint64_t hash, const char *name,
                      size_t n);

#endif
