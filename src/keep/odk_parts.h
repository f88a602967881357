/* keep, inside: what opening and sealing of ODK submissions share: a record's key, its files, the text
 * that is signed. See odk.c for the scheme. */
#ifndef TF_KEEP_ODK_PARTS_H
#define TF_KEEP_ODK_PARTS_H

#include <openssl/evp.h>

#include "keep/odk.h"

enum { ODK_KEY = 32, ODK_BLOCK = 16, ODK_MD5 = 16, ODK_MOST_RSA = 1024 };
static const char odk_ending[] = ".enc";

struct odk_record { /* what holds while one submission is opened or sealed; wiped with its arena */
    unsigned char key[ODK_KEY], seed[ODK_BLOCK];
    size_t counter; /* files so far */
    EVP_CIPHER_CTX *cipher;
};
TF_MUST_CHECK enum tf_code tf_odk_record(struct tf_arena *arena, struct odk_record **ret,
                                         struct tf_err *reterr);
/* With the key in place: ready for the first file. */
TF_MUST_CHECK bool tf_odk_start(struct odk_record *r, const char *instance);
/* The next file in either direction, and behind it `more` bytes: as many come out as go in. */
TF_MUST_CHECK bool tf_odk_crypt(struct odk_record *r, bool sealing, const void *in, size_t n,
                                const unsigned char *more, size_t n_more, unsigned char *out);

TF_MUST_CHECK bool tf_odk_md5(const void *a, size_t n_a, const void *b, size_t n_b,
                              unsigned char ret[ODK_MD5]);
/* The text that is signed: its head, then a line for each plain file. */
void tf_odk_sign_head(struct tf_buf *text, const char *form, const char *version,
                      const char *sealed_key, const char *instance);
TF_MUST_CHECK bool tf_odk_sign_file(struct tf_buf *text, const struct tf_odk_file *plain);

/* OAEP with SHA-256 twice, for a context that encrypts or decrypts. */
TF_MUST_CHECK bool tf_odk_oaep(EVP_PKEY_CTX *ctx);
/* Hand OpenSSL's things to the arena. */
void tf_odk_own_key(struct tf_arena *arena, EVP_PKEY *key);
void tf_odk_own_context(struct tf_arena *arena, EVP_PKEY_CTX *ctx);
/* TF_E_KEY with OpenSSL's reason. */
enum tf_code tf_odk_failed(struct tf_err *reterr, const char *doing);

#endif
