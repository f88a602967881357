/* Keys of forms: what a tablet encrypts an interview to, and what opens it again.
 *
 * A form for a country, strand and purpose carries the public half of an RSA-2048 pair, as ODK's
 * encrypted submissions ask for (SubjectPublicKeyInfo in base64). The public half is a file that
 * all may read,
 *
 *     .trefoil/public/XA-children-response.pem
 *
 * so that the server that hands out forms needs no secret and has none. The private half (PKCS#8)
 * is a sealed file under the key of the vault's file for that country, strand and purpose: who may
 * open the answers may open the submissions, and nobody else.
 *
 *     .trefoil/keys/forms/XA-children-response-0001.sealed
 *
 * Source: OpenSSL 3, EVP_RSA_gen; ODK XForms specification, encrypted submissions.
 * Does not: sign anything; the pair only encrypts. */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "keep/inside.h"
#include "keep/keys.h"

enum { RSA_BITS = 2048, MAX_DER = 4096, MAX_PEM = 8192 };
static const char *const folder = "keys/forms";
static const char pem_begin[] = "-----BEGIN PUBLIC KEY-----\n",
                  pem_end[] = "-----END PUBLIC KEY-----\n";

/* "XA-children-response" of "vault/XA-children-response.db", which is its file key's name, too. */
static enum tf_code name_of(struct tf_arena *arena, const char *country, const char *strand,
                            const char *purpose, char **ret_vault, char **ret_stem,
                            struct tf_err *reterr)
{
    TF_TRY(tf_vault_name(arena, country, strand, purpose, ret_vault, reterr));
    *ret_stem = tf_path_stem(arena, *ret_vault);
    return TF_OK;
}

static const char *public_path(struct tf_arena *arena, const char *study_dir, const char *stem)
{
    return tf_keep_path(arena, study_dir, tf_printf(arena, "public/%s.pem", stem));
}

/* ---- Making ---------------------------------------------------------------------------------- */

static enum tf_code no_pair(struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_BUG, "a key pair for the form could not be made");
    return tf_help(reterr, "Try again; if it fails again, the cryptographic library is at fault.");
}

/* The private half into locked memory as PKCS#8. */
static bool
private_der(struct tf_arena *arena, const EVP_PKEY *pair, unsigned char **ret, size_t *ret_n)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pair);
    const int n = info == NULL ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
    bool done = false;
    if (n > 0 && n <= MAX_DER) {
        unsigned char *der = tf_locked(arena, (size_t)n), *at = der;
        done = i2d_PKCS8_PRIV_KEY_INFO(info, &at) == n;
        *ret = der;
        *ret_n = (size_t)n;
    }
    PKCS8_PRIV_KEY_INFO_free(info); /* OpenSSL wipes what it frees of a key */
    return done;
}

static bool public_pem(struct tf_arena *arena, const EVP_PKEY *pair, const char **ret)
{
    unsigned char der[MAX_DER], *at = der;
    const int n = i2d_PUBKEY(pair, NULL);
    if (n <= 0 || n > MAX_DER || i2d_PUBKEY(pair, &at) != n)
        return false;
    char *text =
        tf_alloc(arena, sodium_base64_encoded_len((size_t)n, sodium_base64_VARIANT_ORIGINAL));
    (void)sodium_bin2base64(text,
                            sodium_base64_encoded_len((size_t)n, sodium_base64_VARIANT_ORIGINAL),
                            der, (size_t)n, sodium_base64_VARIANT_ORIGINAL);
    struct tf_buf pem = {.arena = arena};
    tf_buf_add(&pem, pem_begin);
    for (const char *line = text; *line != '\0';) {
        const size_t len = strnlen(line, 64);
        tf_buf_addn(&pem, line, len);
        tf_buf_char(&pem, '\n');
        line += len;
    }
    tf_buf_add(&pem, pem_end);
    *ret = tf_buf_text(&pem);
    return true;
}

static enum tf_code make_pair(struct tf_arena *arena, const struct tf_key *key, const char *vault,
                              const char *stem, const char *path, struct tf_err *reterr)
{
    EVP_PKEY *pair = EVP_RSA_gen(RSA_BITS);
    unsigned char *der = NULL;
    const char *pem = NULL;
    size_t n = 0;
    const bool made =
        pair != NULL && private_der(arena, pair, &der, &n) && public_pem(arena, pair, &pem);
    EVP_PKEY_free(pair);
    if (!made)
        return no_pair(reterr);
    /* The private half first: a public half without it would gather what nobody can open. */
    TF_TRY(tf_secret_write(arena, key, tf_printf(arena, "%s/%s-0001.sealed", folder, stem), vault,
                           der, n, reterr));
    TF_TRY(tf_keep_folder_for(arena, path, reterr));
    return tf_private_write(arena, path, pem, strlen(pem), reterr);
}

enum tf_code tf_form_key_make(struct tf_arena *arena, const char *study_dir,
                              const struct tf_key *key, const char *country, const char *strand,
                              const char *purpose, struct tf_err *reterr)
{
    char *vault, *stem;
    TF_TRY(name_of(arena, country, strand, purpose, &vault, &stem, reterr));
    const char *path = public_path(arena, study_dir, stem);
    if (tf_file_exists(path))
        return TF_OK;
    struct tf_arena *scratch = tf_arena_new("making a key for a form", (size_t)16 << 20);
    enum tf_code code = tf_lock_take(scratch, tf_keep_path(scratch, study_dir, "forms.lock"), true,
                                     true, "", NULL, reterr);
    if (code == TF_OK && !tf_file_exists(path))
        code = make_pair(scratch, key, vault, stem, path, reterr);
    tf_arena_free(scratch);
    return code;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

static enum tf_code no_public(const char *path, const char *stem, struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "there is no key to encrypt '%s' to", stem);
    return tf_help(reterr,
                   "Whoever holds the vault makes it: `trefoil keep form-keys`, or publish the "
                   "form there.");
}

/* The base64 between the two lines, its line ends left out. */
static bool pem_base64(struct tf_arena *arena, const struct tf_bytes *pem, const char **ret)
{
    const size_t head = sizeof pem_begin - 1;
    unsigned char der[MAX_DER];
    size_t n = 0;
    const char *end = NULL;
    struct tf_buf b = {.arena = arena};
    if (pem->n <= head || !tf_starts(pem->data, pem_begin))
        return false;
    for (size_t k = head; k < pem->n && pem->data[k] != '-'; k++)
        if (pem->data[k] != '\n' && pem->data[k] != '\r')
            tf_buf_char(&b, pem->data[k]);
    *ret = tf_buf_text(&b);
    return sodium_base642bin(der, sizeof der, *ret, b.n, NULL, &n, &end,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           *end == '\0' && n > 200;
}

enum tf_code tf_form_key_public(struct tf_arena *arena, const char *study_dir, const char *country,
                                const char *strand, const char *purpose, const char **ret_base64,
                                struct tf_err *reterr)
{
    char *vault, *stem;
    struct tf_bytes pem;
    const char *found;
    TF_TRY(name_of(arena, country, strand, purpose, &vault, &stem, reterr));
    const char *path = public_path(arena, study_dir, stem);
    if (!tf_file_exists(path))
        return no_public(path, stem, reterr);
    TF_TRY(tf_file_read(arena, path, MAX_PEM, &pem, reterr));
    if (!pem_base64(arena, &pem, &found)) {
        (void)tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "this is no public key");
        return tf_help(reterr,
                       "Put the study's own file back; forms that went out with another key "
                       "cannot be opened.");
    }
    *ret_base64 = found;
    return TF_OK;
}

enum tf_code tf_form_keys_open(struct tf_arena *arena, const char *study_dir,
                               const struct tf_key *key, struct tf_form_key **ret, size_t *ret_n,
                               struct tf_err *reterr)
{
    const char *path = tf_keep_path(arena, study_dir, folder);
    struct tf_form_key *list = NULL;
    size_t n_names = 0, n = 0;
    char **name = NULL;
    if (tf_dir_exists(path))
        TF_TRY(tf_dir_list(arena, path, &name, &n_names, reterr));
    list = TF_NEW_N(arena, struct tf_form_key, n_names + 1);
    for (size_t k = n_names; k-- > 0;) { /* names end in a number: the newest first */
        struct tf_err why;
        if (!tf_ends(name[k], ".sealed"))
            continue;
        const enum tf_code code = tf_secret_read(
            arena, key, tf_printf(arena, "%s/%s", folder, name[k]), &list[n].der, &list[n].n, &why);
        if (code == TF_E_KEY && tf_starts(why.what, "who unlocked"))
            continue; /* not this person's */
        if (code != TF_OK) {
            if (reterr != NULL)
                *reterr = why;
            return code;
        }
        list[n++].name = tf_path_stem(arena, name[k]);
    }
    *ret = list;
    *ret_n = n;
    return TF_OK;
}
