/* keep/inbox, inside: opening records with whatever gives the private key (custody; in tests, a pair). */
#ifndef TF_KEEP_INBOX_OPEN_H
#define TF_KEEP_INBOX_OPEN_H

#include "keep/keep.h"

struct in_reader {
    /* The private key of a public one, in locked memory. */
    enum tf_code (*private_key)(struct tf_arena *arena, const unsigned char public_key[32],
                                const unsigned char **ret, void *to, struct tf_err *reterr);
    enum tf_code (*each)(const struct tf_inbox_record *record, void *to, struct tf_err *reterr);
    void *to;
};
TF_MUST_CHECK enum tf_code tf_in_each(struct tf_arena *arena, const char *study_dir, uint64_t from,
                                      const struct in_reader *reader, struct tf_notices *out,
                                      struct tf_err *reterr);
#endif
