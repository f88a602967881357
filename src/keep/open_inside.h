/* keep, inside: what the files of opening share. */
#ifndef TF_KEEP_OPEN_INSIDE_H
#define TF_KEEP_OPEN_INSIDE_H

#include "keep/inside.h"
#include "keep/odk.h"
#include "keep/open.h"
#include "keep/void.h"

enum { OPEN_WAITING, OPEN_OPENED, OPEN_BAD };

struct open_version { /* a published version, read when a record needs it */
    struct tf_open_form form;
    struct tf_xform *read; /* NULL until then */
    bool unreadable;
};
struct opening {
    struct tf_arena *arena;
    const struct tf_study *study;
    struct tf_keep *keep;
    const struct tf_open_opt *opt;
    struct open_version *version;
    struct tf_odk_keys *keys; /* NULL: no private form key may be opened here */
    struct tf_notices *out;
};
/* The forms of study.yaml that are opened together lie in one file of the vault. */
TF_MUST_CHECK enum tf_code tf_open_store(struct opening *o, const struct tf_study_form *form,
                                         struct tf_db **ret, struct tf_err *reterr);
/* A version, read and checked. NULL with a notice (once) when it is not here or cannot be read. */
const struct tf_xform *tf_open_form(struct opening *o, const char *form, const char *version);
bool tf_open_wants(const struct opening *o, const struct tf_study_form *form);

/* Seal and open one file under a participant's key: XChaCha20-Poly1305, bound to instance and name. */
void tf_open_seal(struct tf_arena *arena, const unsigned char key[32], const char *instance,
                  const struct tf_odk_file *plain, struct tf_bytes *ret);
TF_MUST_CHECK bool tf_open_unseal(struct tf_arena *arena, const unsigned char key[32],
                                  const char *instance, const char *name, const void *data, size_t n,
                                  struct tf_bytes *ret);

TF_MUST_CHECK enum tf_code tf_open_take(struct opening *o, struct tf_open_result *counts,
                                        struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_open_build(struct opening *o, const struct tf_study_form *form,
                                         struct tf_open_count *count, struct tf_err *reterr);
#endif
