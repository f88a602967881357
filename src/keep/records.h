/* keep, inside: many record keys at once, and their destruction (records.c). */
#ifndef TF_KEEP_RECORDS_H
#define TF_KEEP_RECORDS_H

#include "keep/custody.h"

enum tf_record { TF_RECORD_NONE, TF_RECORD_HELD, TF_RECORD_WITHDRAWN };
struct tf_record_key {
    unsigned char id[32]; /* stands for the code; names nobody */
    enum tf_record state;
    const unsigned char *key; /* 32 bytes in locked memory when held, else NULL */
};
/* The keys of n participants of a country, in their order; make: give one to those who have none
 * (never to who withdrew). One reading and at most one writing of the file, whatever n is. */
TF_MUST_CHECK enum tf_code tf_record_keys(struct tf_arena *arena, const struct tf_key *key,
                                          const char *country, const char *const *code, size_t n,
                                          bool make, struct tf_record_key **ret,
                                          struct tf_err *reterr);
/* Every entry of a country, by id. */
TF_MUST_CHECK enum tf_code tf_record_all(struct tf_arena *arena, const struct tf_key *key,
                                         const char *country, struct tf_record_key **ret,
                                         size_t *ret_n, struct tf_err *reterr);
/* Destroy the keys of n codes in one writing, and mark the codes as withdrawn. *ret_held: how many
 * had a key until now. */
TF_MUST_CHECK enum tf_code tf_record_destroy(const struct tf_key *key, const char *country,
                                             const char *const *code, size_t n, size_t *ret_held,
                                             struct tf_err *reterr);
/* What stands for a code in the register: 16 hex digits that name nobody. */
TF_MUST_CHECK enum tf_code tf_record_name(struct tf_arena *arena, const struct tf_key *key,
                                          const char *country, const char *code, const char **ret,
                                          struct tf_err *reterr);
/* The ids of all who withdrew in a country. */
TF_MUST_CHECK enum tf_code tf_record_withdrawn(struct tf_arena *arena, const struct tf_key *key,
                                               const char *country, const unsigned char (**ret)[32],
                                               size_t *ret_n, struct tf_err *reterr);
#endif
