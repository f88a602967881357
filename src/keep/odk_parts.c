/* The parts of an ODK submission that opening and sealing share: see odk.c for the scheme.
 *
 * Keys and seeds live in a struct odk_record, which is overwritten when its arena goes; OpenSSL's own
 * copies are wiped by OpenSSL when its contexts are freed, which the arena does, too. MD5 and CFB are
 * the protocol's choice, not ours. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <string.h>

#include "keep/odk_parts.h"

static const size_t most_file = (size_t)200 << 20;

/* ---- OpenSSL ----------------------------------------------------------------------------------- */

static void release_pkey(void *p)
{
    EVP_PKEY_free(p);
}

static void release_pkey_ctx(void *p)
{
    EVP_PKEY_CTX_free(p);
}

void tf_odk_own_key(struct tf_arena *arena, EVP_PKEY *key)
{
    tf_arena_defer(arena, release_pkey, key);
}

void tf_odk_own_context(struct tf_arena *arena, EVP_PKEY_CTX *ctx)
{
    tf_arena_defer(arena, release_pkey_ctx, ctx);
}

enum tf_code tf_odk_failed(struct tf_err *reterr, const char *doing)
{
    char why[200] = "no reason given";
    const unsigned long e = ERR_get_error();
    if (e != 0)
        ERR_error_string_n(e, why, sizeof why);
    ERR_clear_error();
    (void)tf_fail(reterr, TF_E_KEY, "%s failed", doing);
    return tf_fact(reterr, "%s", why);
}

bool tf_odk_oaep(EVP_PKEY_CTX *ctx)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0;
}

/* ---- The record's key and the files ------------------------------------------------------------ */

static void release_cipher(void *p)
{
    EVP_CIPHER_CTX_free(p);
}

static void release_record(void *p)
{
    struct odk_record *r = p;
    sodium_memzero(r->key, sizeof r->key);
    sodium_memzero(r->seed, sizeof r->seed);
}

bool tf_odk_md5(const void *a, size_t n_a, const void *b, size_t n_b, unsigned char ret[ODK_MD5])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const bool good = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) > 0 &&
                      EVP_DigestUpdate(ctx, a, n_a) > 0 && EVP_DigestUpdate(ctx, b, n_b) > 0 &&
                      EVP_DigestFinal_ex(ctx, ret, NULL) > 0;
    EVP_MD_CTX_free(ctx);
    return good;
}

enum tf_code tf_odk_record(struct tf_arena *arena, struct odk_record **ret, struct tf_err *reterr)
{
    struct odk_record *r = TF_NEW(arena, struct odk_record);
    tf_arena_defer(arena, release_record, r);
    r->cipher = EVP_CIPHER_CTX_new();
    if (r->cipher == NULL)
        return tf_fail(reterr, TF_E_MEMORY, "out of memory for a cipher");
    tf_arena_defer(arena, release_cipher, r->cipher);
    *ret = r;
    return TF_OK;
}

bool tf_odk_start(struct odk_record *r, const char *instance)
{
    r->counter = 0;
    return tf_odk_md5(instance, strlen(instance), r->key, sizeof r->key, r->seed);
}

bool tf_odk_crypt(struct odk_record *r, bool sealing, const void *in, size_t n,
                  const unsigned char *more, size_t n_more, unsigned char *out)
{
    int first = 0, second = 0;
    r->seed[r->counter++ % ODK_BLOCK]++;
    return n <= most_file &&
           EVP_CipherInit_ex(r->cipher, EVP_aes_256_cfb128(), NULL, r->key, r->seed, sealing) > 0 &&
           EVP_CipherUpdate(r->cipher, out, &first, in, (int)n) > 0 &&
           EVP_CipherUpdate(r->cipher, out + first, &second, more, (int)n_more) > 0 &&
           (size_t)first + (size_t)second == n + n_more;
}

void tf_odk_sign_head(struct tf_buf *text, const char *form, const char *version,
                      const char *sealed_key, const char *instance)
{
    tf_buf_printf(text, "%s\n", form);
    if (version[0] != '\0')
        tf_buf_printf(text, "%s\n", version);
    tf_buf_printf(text, "%s\n%s\n", sealed_key, instance);
}

bool tf_odk_sign_file(struct tf_buf *text, const struct tf_odk_file *plain)
{
    unsigned char digest[ODK_MD5];
    char hex[2 * ODK_MD5 + 1];
    if (!tf_odk_md5(plain->data, plain->n, NULL, 0, digest))
        return false;
    (void)sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    tf_buf_printf(text, "%s::%s\n", plain->name, hex);
    return true;
}
