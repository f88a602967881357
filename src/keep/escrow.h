/* keep, inside: copies of the key folder (escrow.c). tf_escrow_refresh stands in inside.h. */
#ifndef TF_KEEP_ESCROW_H
#define TF_KEEP_ESCROW_H

#include "base/base.h"

/* Write the copy into a folder, replacing the former, and remember the place. */
TF_MUST_CHECK enum tf_code tf_escrow_put(struct tf_arena *arena, const char *study_dir,
                                         const char *place, struct tf_err *reterr);
/* Is each remembered copy what the key folder is now? Adds a warning for each that is not. */
TF_MUST_CHECK enum tf_code tf_escrow_check(struct tf_arena *arena, const char *study_dir,
                                           struct tf_notices *to, struct tf_err *reterr);
struct tf_escrow_file {
    const char *name; /* below .trefoil */
    const unsigned char *data;
    size_t n;
};
TF_MUST_CHECK enum tf_code tf_escrow_parse(struct tf_arena *arena, const char *path,
                                           const struct tf_bytes *file, struct tf_escrow_file **ret,
                                           size_t *ret_n, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_escrow_read(struct tf_arena *arena, const char *place,
                                          struct tf_escrow_file **ret, size_t *ret_n,
                                          struct tf_err *reterr);
#endif
