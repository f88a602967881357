/* keep/inbox: where a process that cannot read them puts submissions. Part of keep's face that field
 * may see (ARROWS: keep/inbox), together with keep/seal.
 *
 * <study>/.trefoil/inbox/00000001.seg, …: append-only segments. Each segment has a random key of its
 * own, sealed to the inbox's public key when the segment begins; the collecting process holds that
 * segment key in locked memory and forgets it when the segment is full or closed. What is put in is
 * encrypted under it (XChaCha20-Poly1305), each record with a clear head of ids, sizes, keyed hashes
 * and the declared clear fields. Records are chained by hash; a torn tail is cut at opening.
 * Nothing here can decrypt; keep/keep.h opens (tf_inbox_each). */
#ifndef TF_KEEP_INBOX_H
#define TF_KEEP_INBOX_H

#include "base/base.h"

struct tf_inbox;
struct tf_inbox_part { /* a file of a POST; the first is the submission's XML */
    const char *name, *type;
    const void *data;
    size_t n;
};
struct tf_inbox_field { const char *name, *value; };
struct tf_inbox_post {
    const char *country, *form, *version, *instance, *deprecated; /* deprecated NULL when none */
    const char *sender;          /* device or person id */
    int64_t received;            /* seconds since 1970, UTC: data, never in what is built */
    bool encrypted;              /* an ODK manifest */
    bool only_known;             /* the form is closed: only what is here already, and its files */
    const char **expects;        /* names of files that the XML says belong to it */
    size_t n_expects;
    const struct tf_inbox_part *part;
    size_t n_parts;
    const struct tf_inbox_field *clear;
    size_t n_clear;
};
enum tf_inbox_outcome {
    TF_INBOX_NEW,        /* stored */
    TF_INBOX_AGAIN,      /* the same was here already: nothing written */
    TF_INBOX_MORE,       /* the same XML, with files that were missing: stored */
    TF_INBOX_CONFLICT,   /* this instance is here with other XML */
    TF_INBOX_OLD_EDIT,   /* edits a version that is not the newest */
    TF_INBOX_NO_EDIT,    /* edits an instance that is not here */
    TF_INBOX_FAILED,     /* not stored: see err; nothing of it will be seen */
    TF_INBOX_CLOSED      /* not stored: only_known was set, and the instance is not here */
};
struct tf_inbox_result {
    enum tf_inbox_outcome outcome;
    uint64_t number;     /* of the record, from 1 */
    struct tf_hash receipt; /* hash of the record as it lies on the disk */
};
/* Open for appending (one process: a lock file). Makes it when not there; needs
 * <study>/.trefoil/inbox.pub, never a private key. Reads the heads, cuts a torn tail. */
TF_MUST_CHECK enum tf_code tf_inbox_open(struct tf_arena *arena, const char *study_dir,
                                         struct tf_inbox **ret, struct tf_err *reterr);
/* Put a batch: appended, one fdatasync, read back and compared by hash; only then results say stored.
 * On a failed write the tail is cut back and all new ones are FAILED. One caller at a time. */
void tf_inbox_put(struct tf_inbox *inbox, const struct tf_inbox_post *const *post, size_t n,
                  struct tf_inbox_result *ret, struct tf_err *reterr);

/* The clear heads, in order, from record number `from`: for monitoring, needs no key. Strings live as
 * long as the call of each(). Stops when each returns false. */
struct tf_inbox_head {
    uint64_t number;
    const char *country, *form, *version, *instance, *deprecated, *sender;
    int64_t received;
    bool encrypted, complete; /* complete: all files that the XML names are here */
    const struct tf_inbox_field *clear;
    size_t n_clear;
    size_t n_parts, n_bytes;
};
TF_MUST_CHECK enum tf_code tf_inbox_heads(struct tf_arena *arena, const char *study_dir,
                                          uint64_t from,
                                          bool (*each)(const struct tf_inbox_head *head, void *to),
                                          void *to, struct tf_err *reterr);
#endif
