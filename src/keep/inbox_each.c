/* The inbox opened with the keys of the vault: see keep.h. The walk and its proofs are inbox_open.c's;
 * here is only where the private keys come from. */
#include "keep/custody.h"
#include "keep/inbox_open.h"

struct from_vault {
    const char *study_dir;
    const struct tf_key *key;
    enum tf_code (*each)(const struct tf_inbox_record *record, void *to, struct tf_err *reterr);
    void *to;
};

static enum tf_code private_key(struct tf_arena *arena, const unsigned char public_key[32],
                                const unsigned char **ret, void *to, struct tf_err *reterr)
{
    const struct from_vault *v = to;
    return tf_inbox_key_open(arena, v->study_dir, v->key, public_key, ret, reterr);
}

static enum tf_code on_record(const struct tf_inbox_record *record, void *to, struct tf_err *reterr)
{
    const struct from_vault *v = to;
    return v->each(record, v->to, reterr);
}

enum tf_code tf_inbox_each(struct tf_arena *arena, const char *study_dir, const struct tf_key *key,
                           uint64_t from,
                           enum tf_code (*each)(const struct tf_inbox_record *record, void *to,
                                                struct tf_err *reterr),
                           void *to, struct tf_notices *out, struct tf_err *reterr)
{
    struct from_vault v = {.study_dir = study_dir, .key = key, .each = each, .to = to};
    const struct in_reader reader = {.private_key = private_key, .each = on_record, .to = &v};
    return tf_in_each(arena, study_dir, from, &reader, out, reterr);
}
