/* keep/custodians: giving a study to custodians, unlocking it, changing its keys. Part of keep's
 * face.
 *
 * Passphrases and keys of people are handed in as bytes in memory that the caller locks and wipes
 * (tf_locked_bytes); they come from a terminal or a file descriptor, never from arguments. */
#ifndef TF_KEEP_CUSTODIANS_H
#define TF_KEEP_CUSTODIANS_H

#include "ask/ask.h"
#include "base/base.h"
#include "keep/roles.h"

/* Locked memory that is wiped when the arena goes, for what a person types. */
unsigned char *tf_locked_bytes(struct tf_arena *arena, size_t n) __attribute__((returns_nonnull));

struct tf_custodian {
    const char *name; /* letters, digits, '_', '-', '.' */
    struct tf_post post;
    bool passphrase; /* else: a key file */
};
struct tf_credential { /* what a person opens with */
    const char *passphrase;
    size_t n;
    const unsigned char *key_file; /* 32 bytes, or NULL */
    const unsigned char
        *public_key; /* when making a custodian with a key of their own; else NULL */
    bool quick;      /* cheap passphrase work: for tests, never for people */
};
/* Has the study custodians? */
bool tf_custody_has(struct tf_arena *arena, const char *study_dir);
TF_MUST_CHECK enum tf_code tf_custodians(struct tf_arena *arena, const char *study_dir,
                                         struct tf_custodian **ret, size_t *ret_n,
                                         struct tf_err *reterr);
/* Give the study to its first custodians: every file gets a random key, wrapped for them; what the
 * machine's key opened is encrypted anew and vault.key is destroyed. All or nothing. */
TF_MUST_CHECK enum tf_code
tf_custody_init(struct tf_arena *arena, const char *study_dir, const struct tf_custodian *who,
                const struct tf_credential *with, size_t n, struct tf_err *reterr);
/* New keys for every file, all or nothing; needs all keys unlocked (survivors' by two custodians).
 * With the machine's key: a new one. keep: custodians who stay (NULL: all). */
TF_MUST_CHECK enum tf_code
tf_custody_rekey(struct tf_arena *arena, const char *study_dir, struct tf_err *reterr);
/* Wrap what their role opens for a new custodian; needs those keys unlocked. */
TF_MUST_CHECK enum tf_code tf_custody_add(struct tf_arena *arena, const char *study_dir,
                                          const struct tf_custodian *who,
                                          const struct tf_credential *with, struct tf_err *reterr);
/* Take a custodian's wrappings away and change every key they could have kept. */
TF_MUST_CHECK enum tf_code tf_custody_remove(struct tf_arena *arena, const char *study_dir,
                                             const char *name, struct tf_err *reterr);

/* ---- unlocking ---- */
/* What a person's key unwraps, in locked memory: without the files of countries that stand at a
 * stage at which their role opens nothing (study may be NULL: not asked). */
struct unlocked;
TF_MUST_CHECK enum tf_code tf_custody_unlock(struct tf_arena *arena, const char *study_dir,
                                             const char *name, const struct tf_credential *with,
                                             const struct tf_study *study, struct unlocked **ret,
                                             struct tf_err *reterr);
/* The agent of a study: is there one; let another person's keys join; be it, until locked or until
 * the time is over (in a process of its own; ready is called once when it answers); end it. */
bool tf_agent_here(struct tf_arena *arena, const char *study_dir);
TF_MUST_CHECK enum tf_code tf_agent_add(struct tf_arena *arena, const char *study_dir,
                                        const struct unlocked *u, bool identity, uint64_t seconds,
                                        struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_agent_run(struct tf_arena *arena, const char *study_dir,
                                        const struct unlocked *u, bool identity, uint64_t seconds,
                                        void (*ready)(void *to), void *to, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code
tf_agent_end(struct tf_arena *arena, const char *study_dir, struct tf_err *reterr);
/* A key of a person's own: the private half into locked memory, the public one. */
void tf_custodian_key_make(unsigned char ret_private[32], unsigned char ret_public[32]);
#endif
