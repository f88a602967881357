/* keep, inside: the list of a backup's files (backup.c). */
#ifndef TF_KEEP_BACKUP_LIST_H
#define TF_KEEP_BACKUP_LIST_H

#include "keep/backup.h"

struct tf_listed {
    const char *name, *hash;
};
struct tf_backup_list {
    struct tf_backup head;
    struct tf_listed *file;
    size_t n, cap, signed_bytes; /* of text: what the signature covers */
    const char *text;
    unsigned char signature[64];
};
TF_MUST_CHECK enum tf_code tf_backup_list_parse(struct tf_arena *arena, const char *path,
                                                const char *text, size_t n,
                                                struct tf_backup_list *ret, struct tf_err *reterr);
#endif
