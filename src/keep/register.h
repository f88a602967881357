/* keep, inside: the open register, for evidence.c and ledger.c. */
#ifndef TF_KEEP_REGISTER_H
#define TF_KEEP_REGISTER_H

#include "base/sql.h"
#include "keep/evidence.h"

struct tf_register {
    struct tf_arena *arena;
    struct tf_db *db;
    const char *dir, *memory; /* the study; where its ledger's head is remembered */
    bool agent;               /* an agent remembers it, too */
    uint64_t entries;         /* of the ledger, with what the open transaction appended */
    char head[TF_HASH_TEXT];
    bool forgetful;           /* the head could not be remembered */
};
/* The register's statements, for a copy of it. */
const struct tf_named_sql *tf_register_statements(void);
/* A transaction that appended was committed: remember its head. */
void tf_ledger_committed(struct tf_register *reg);
/* Append an entry inside a transaction that is open already. */
TF_MUST_CHECK enum tf_code tf_ledger_append(struct tf_register *reg, const char *act,
                                            const char *subject, const char *detail,
                                            struct tf_err *reterr);

#endif
