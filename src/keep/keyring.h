/* keep, inside: the keyring, a study's custodians and what is wrapped for them (keyring.c, wrap.c).
 */
#ifndef TF_KEEP_KEYRING_H
#define TF_KEEP_KEYRING_H

#include "keep/custodians.h"
#include "keep/keys.h"
#include "keep/roles.h"
#include "keep/shares.h"

enum { TF_MAX_CUSTODIANS = 32, TF_SURVIVORS_NEED = 2, TF_SURVIVORS_OF = 3 };
enum { TF_WRAPPED = 48 + 33 }; /* crypto_box_seal of a share; of a whole key one byte less */

struct custodian {
    const char *name;
    struct tf_post post;
    unsigned char public_key[32];
    bool passphrase;        /* else a key file that only they have */
    unsigned char salt[16]; /* with a passphrase: Argon2id, and the private key under it */
    unsigned long long ops;
    size_t mem;
    unsigned char sealed[24 + 16 + 32];
};
struct wrapped {
    const char *name; /* of the file key */
    size_t need;      /* 1: each box holds the key; more: each holds a share */
    size_t n;
    struct {
        size_t who; /* index of the custodian */
        size_t len;
        unsigned char box[TF_WRAPPED];
    } box[TF_MAX_CUSTODIANS];
};
struct keyring {
    struct custodian *custodian;
    size_t n_custodians;
    struct wrapped *key;
    size_t n_keys, cap_keys;
    unsigned char
        seal[32]; /* keyed hash of all the rest: only who holds the register's key can make it */
};

bool tf_keyring_exists(struct tf_arena *arena, const char *study_dir);
TF_MUST_CHECK enum tf_code tf_keyring_read(struct tf_arena *arena, const char *study_dir,
                                           struct keyring **ret, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_keyring_parse(struct tf_arena *arena, const char *path,
                                            const char *text, size_t n, struct keyring **ret,
                                            struct tf_err *reterr);
/* Its text, the seal made with the register's key. */
TF_MUST_CHECK enum tf_code tf_keyring_text(struct tf_arena *arena, struct keyring *ring,
                                           const unsigned char *register_key, const char **ret,
                                           struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_keyring_write(struct tf_arena *arena, const char *study_dir,
                                            struct keyring *ring, const unsigned char *register_key,
                                            struct tf_err *reterr);
/* Was it made by somebody who held the register's key? TF_E_REFUSED when not. */
TF_MUST_CHECK enum tf_code tf_keyring_proved(struct tf_arena *arena, const struct keyring *ring,
                                             const unsigned char *register_key,
                                             struct tf_err *reterr);
struct custodian *tf_keyring_custodian(const struct keyring *ring, const char *name);
struct wrapped *tf_keyring_key(const struct keyring *ring, const char *name);

/* ---- wrapping (wrap.c) ---- */
/* A custodian with a new key pair under a passphrase, or with a public key of their own. */
TF_MUST_CHECK enum tf_code tf_custodian_passphrase(struct custodian *c, const char *passphrase,
                                                   size_t n, bool quick, struct tf_err *reterr);
/* The private key, into locked memory. A wrong passphrase or key file is TF_E_KEY. */
TF_MUST_CHECK enum tf_code tf_custodian_open(struct tf_arena *arena, const struct custodian *c,
                                             const char *passphrase, size_t n,
                                             const unsigned char *key_file, /* or NULL */
                                             const unsigned char **ret, struct tf_err *reterr);
/* What one person's private key unwraps. */
struct unlocked { /* in locked memory */
    char who[64], role[32];
    struct ring ring;
    size_t n_shares;
    struct {
        char name[TF_KEY_NAME];
        size_t need;
        struct tf_share share;
    } share[64];
};
TF_MUST_CHECK enum tf_code tf_keyring_unwrap(struct tf_arena *arena, const struct keyring *ring,
                                             const struct custodian *c, const unsigned char *secret,
                                             struct unlocked **ret, struct tf_err *reterr);
/* Wrap (anew) the key of that name for all custodians who may have it. TF_E_REFUSED when survivors'
 * words have fewer than three custodians. */
TF_MUST_CHECK enum tf_code tf_keyring_wrap(struct tf_arena *arena, struct keyring *ring,
                                           const char *name, const unsigned char key[TF_KEY_BYTES],
                                           struct tf_err *reterr);
/* A new random key of that name: wrapped for all whose roles may open it, put into the ring of
 * `key`, told to the agent. */
TF_MUST_CHECK enum tf_code tf_keyring_new_key(struct tf_arena *arena, const struct tf_key *key,
                                              const char *name, struct tf_err *reterr);
#endif
