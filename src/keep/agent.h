/* keep, inside and for the command door: the agent, a process that holds what was unlocked
 * (agent.c). */
#ifndef TF_KEEP_AGENT_H
#define TF_KEEP_AGENT_H

#include "keep/keyring.h"

enum { TF_MAX_UNLOCKED = 16 };
struct tf_agent_state { /* what may be told of an agent */
    size_t n;
    struct {
        char who[64], role[32];
    } person[TF_MAX_UNLOCKED];
    bool identity;            /* opened for identity and not for answers */
    size_t n_keys, n_waiting; /* keys held; shared keys that want another custodian */
    uint64_t entries;         /* of the ledger, as last seen */
    char head[TF_HASH_TEXT];
};

/* ---- asking it (custodians.h has the rest) ---- */
/* What the agent of this study gives out, into locked memory. TF_E_KEY when there is none: locked.
 */
TF_MUST_CHECK enum tf_code tf_agent_ring(struct tf_arena *arena, const char *study_dir,
                                         struct ring **ret, struct tf_err *reterr);
/* All that it holds: for wrapping anew. */
TF_MUST_CHECK enum tf_code tf_agent_whole(struct tf_arena *arena, const char *study_dir,
                                          struct ring **ret, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_agent_put(struct tf_arena *arena, const char *study_dir,
                                        const char *name, const unsigned char key[TF_KEY_BYTES],
                                        struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_agent_ask(struct tf_arena *arena, const char *study_dir,
                                        struct tf_agent_state *ret, struct tf_err *reterr);
/* Remember the ledger's head; lower ones are not taken. */
TF_MUST_CHECK enum tf_code tf_agent_head(struct tf_arena *arena, const char *study_dir,
                                         uint64_t entries, const char *hash, bool force,
                                         struct tf_err *reterr);
#endif
