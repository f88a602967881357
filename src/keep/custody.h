/* keep/custody: who holds what opens the vault. Part of keep's public face.
 *
 *     custodian (passphrase | key file | public key) --unwraps--> file keys (one a country, strand and
 *     purpose; random) --open--> the files of the vault;   record keys --open--> one participant's rows
 *
 * <study>/.trefoil/keys/: custodians, each file's key wrapped for each custodian (or as shares, two of
 * three), private keys of forms (RSA, for ODK submissions) and of the inbox, record keys; and the public
 * halves, readable by all: inbox.pub, public/XA-children-response.pem. A study that was never given
 * custodians opens with <study>/.trefoil/vault.key, the machine's own, as a rehearsal does.
 * `unlock` starts an agent: a process with locked memory that answers on a socket of the owner's and
 * ends after a while; tf_key_open asks it. Secrets come from a terminal or a file descriptor, never
 * from arguments or the environment. Sources: RFC 9106 (Argon2), Shamir 1979, libsodium. */
#ifndef TF_KEEP_CUSTODY_H
#define TF_KEEP_CUSTODY_H

#include "base/base.h"

struct tf_key; /* what opens: keep/seal.h */

/* The public key that a form for this country, strand and purpose is encrypted to, as the base64 of its
 * SubjectPublicKeyInfo (no line ends). Made at first need by whoever holds the vault; TF_E_KEY when there
 * is none. Needs no secret. */
TF_MUST_CHECK enum tf_code tf_form_key_public(struct tf_arena *arena, const char *study_dir,
                                              const char *country, const char *strand,
                                              const char *purpose, const char **ret_base64,
                                              struct tf_err *reterr);
/* Make the pair when it is not there. */
TF_MUST_CHECK enum tf_code tf_form_key_make(struct tf_arena *arena, const char *study_dir,
                                            const struct tf_key *key, const char *country,
                                            const char *strand, const char *purpose,
                                            struct tf_err *reterr);
/* All private form keys that `key` may open, as PKCS#8 DER in locked memory, newest first. */
struct tf_form_key { const char *name; const unsigned char *der; size_t n; };
TF_MUST_CHECK enum tf_code tf_form_keys_open(struct tf_arena *arena, const char *study_dir,
                                             const struct tf_key *key, struct tf_form_key **ret,
                                             size_t *ret_n, struct tf_err *reterr);
/* The inbox's private key of a public key's id, 32 bytes in locked memory. Its public half stands in
 * inbox.pub (made with the vault, or by tf_inbox_key_make). After its segments are opened a key is
 * replaced and destroyed (tf_inbox_key_turn). */
TF_MUST_CHECK enum tf_code tf_inbox_key_make(struct tf_arena *arena, const char *study_dir,
                                             const struct tf_key *key, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_inbox_key_open(struct tf_arena *arena, const char *study_dir,
                                             const struct tf_key *key,
                                             const unsigned char public_key[32],
                                             const unsigned char **ret, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_inbox_key_turn(struct tf_arena *arena, const char *study_dir,
                                             const struct tf_key *key, struct tf_err *reterr);

/* Record keys: 32 random bytes for each participant code of a country. Destroying one makes every copy
 * of what was encrypted under it unreadable, in old backups too: record keys are never in a backup of
 * data, only in the key folder and its named escrow copies, which withdrawal rewrites. */
TF_MUST_CHECK enum tf_code tf_record_key(struct tf_arena *arena, const char *study_dir,
                                         const struct tf_key *key, const char *country,
                                         const char *code, bool make, bool *ret_found,
                                         const unsigned char **ret, struct tf_err *reterr);
#endif
