/* keep, inside: keys as the files of this room see them. Nothing here leaves the room. */
#ifndef TF_KEEP_KEYS_H
#define TF_KEEP_KEYS_H

#include "base/base.h"
#include "keep/custody.h"
#include "keep/seal.h"

enum { TF_KEY_BYTES = 32, TF_KEY_NAME = 96, TF_MAX_KEYS = 512 };

/* The file keys that somebody unlocked, in locked memory. */
struct ring {
    size_t n;
    struct ring_key {
        char name[TF_KEY_NAME];
        unsigned char bytes[TF_KEY_BYTES];
    } key[TF_MAX_KEYS];
};
struct tf_key {                       /* in locked memory, read-only */
    unsigned char root[TF_KEY_BYTES]; /* the machine's key, when ring is NULL */
    struct ring *ring;
    const char *dir; /* the study */
    bool agent;      /* the ring came from an agent, which is told of new keys */
    int lock;        /* shared lock of the key folder, or -1 */
};

/* Locked pages that go, wiped, with the arena. */
void *tf_locked(struct tf_arena *arena, size_t size) __attribute__((returns_nonnull));
/* BLAKE2b-256 keyed by `key` over a label: a key for another use. */
void tf_key_derive(unsigned char ret[TF_KEY_BYTES], const unsigned char key[TF_KEY_BYTES],
                   const char *label);
const unsigned char *tf_ring_find(const struct ring *ring, const char *name);
/* Put a key into a ring (replacing the one of that name); false when it is full. */
bool tf_ring_put(struct ring *ring, const char *name, const unsigned char bytes[TF_KEY_BYTES]);

/* tf_key_open without the vault's lock, for who holds it alone already. */
TF_MUST_CHECK enum tf_code tf_key_open_unlocked(struct tf_arena *arena, const char *study_dir,
                                                bool create, struct tf_key **ret,
                                                struct tf_err *reterr);
/* A key that opens what is in a ring of this process. */
struct tf_key *tf_key_of_ring(struct tf_arena *arena, const char *study_dir, struct ring *ring);

/* A file for its owner only, whole or not at all: written beside, flushed, renamed, folder flushed.
 */
TF_MUST_CHECK enum tf_code tf_private_write(struct tf_arena *arena, const char *path,
                                            const void *data, size_t n, struct tf_err *reterr);
/* Locks between processes; they end with the arena. busy: what to say when it is taken. */
TF_MUST_CHECK enum tf_code tf_lock_take(struct tf_arena *arena, const char *path, bool exclusive,
                                        bool wait, const char *busy, int *ret_fd,
                                        struct tf_err *reterr);

/* ---- small secrets in files, each encrypted under a key derived from a file key of the vault ----
 */
/* name: below .trefoil ("keys/inbox/0001.sealed"); of: the file key's name. The name is sealed in,
 * so that files cannot change places. */
TF_MUST_CHECK enum tf_code tf_secret_write(struct tf_arena *arena, const struct tf_key *key,
                                           const char *name, const char *of, const void *data,
                                           size_t n, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_secret_read(struct tf_arena *arena, const struct tf_key *key,
                                          const char *name, const unsigned char **ret,
                                          size_t *ret_n, struct tf_err *reterr);
/* The same on bytes: with `with` itself in the place of the file key. */
TF_MUST_CHECK enum tf_code tf_secret_seal(struct tf_arena *arena, const unsigned char *with,
                                          const char *name, const char *of, const void *data,
                                          size_t n, struct tf_bytes *ret, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_secret_unseal(struct tf_arena *arena, const unsigned char *with,
                                            const char *name, const struct tf_bytes *file,
                                            const unsigned char **ret, size_t *ret_n,
                                            struct tf_err *reterr);
/* Whose file key a sealed file needs; NULL when it is no such file. */
const char *tf_secret_of(struct tf_arena *arena, const struct tf_bytes *file);

#endif
