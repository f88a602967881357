/* Passwords: stretched by Argon2id (RFC 9106; libsodium crypto_pwhash_str), 3 passes over 32 MB.
 *
 * A stolen book then gives no password in reasonable time. Clients that only know HTTP Digest need HA1 =
 * MD5(user:realm:password), which is as good as the password for this server and fast to guess: it is
 * kept only when a country asks for it, in the encrypted book. */
#include <sodium.h>
#include <string.h>

#include "field/inside.h"

enum { LEAST = 8, MOST = 128, PASSES = 3, MEMORY = 32 << 20 };

enum tf_code tf_password_hash(struct tf_arena *arena, const char *password, const char **ret,
                              struct tf_err *reterr)
{
    const size_t n = strlen(password);
    char *text = tf_alloc(arena, crypto_pwhash_STRBYTES);
    if (n < LEAST || n > MOST) {
        (void)tf_fail(reterr, TF_E_INPUT, "the password has %zu bytes", n);
        return tf_help(reterr, "Choose one of %d to %d; a few words are better than signs.", LEAST,
                       MOST);
    }
    if (crypto_pwhash_str(text, password, n, PASSES, MEMORY) != 0)
        return tf_fail(reterr, TF_E_MEMORY, "there is no memory to stretch the password");
    *ret = text;
    return TF_OK;
}

bool tf_password_fits(const char *stretched, const char *password)
{
    const size_t n = strlen(password);
    return stretched != NULL && n <= MOST &&
           crypto_pwhash_str_verify(stretched, password, n) == 0;
}

const char *tf_password_ha1(struct tf_arena *arena, const char *id, const char *password)
{
    char text[512];
    const size_t n_id = strlen(id), n = strlen(password), realm = strlen(TF_FIELD_REALM);
    if (n_id + n + realm + 2 > sizeof text)
        return NULL;
    memcpy(text, id, n_id);
    text[n_id] = ':';
    memcpy(text + n_id + 1, TF_FIELD_REALM, realm);
    text[n_id + 1 + realm] = ':';
    memcpy(text + n_id + realm + 2, password, n);
    const char *ha1 = tf_md5_hex(arena, text, n_id + realm + 2 + n);
    sodium_memzero(text, sizeof text);
    return ha1;
}
