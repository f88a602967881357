/* Submissions encrypted as ODK Collect, KoboCollect and our own page in the browser do it.
 *
 * A tablet has a form's public key only. For each record it draws K, 32 random bytes, and
 *
 *     sealed key   RSA-OAEP(SHA-256, MGF1-SHA-256, no label) over K, as base64
 *     seed         MD5(instance id, K), 16 bytes
 *     each file    in the manifest's order, media first, the answers last:
 *                  seed[i mod 16] += 1 for the i-th file (from 0); the changes stay; IV = seed
 *                  AES-256-CFB (feedback of 128 bits) under K over the content, padded as PKCS#7
 *                  does, 1 to 16 bytes, always
 *     signature    RSA-OAEP as above over MD5 of the text
 *                      form id \n [version \n] sealed key \n instance id \n
 *                      name::md5hex(content) \n    for each file, names without ".enc"
 *
 * The "signature" is an encryption under the same public key: it shows the holder of the private key
 * that nothing was changed on the way, not who sent it (a submission's sender is known by the
 * device's token, and its arrival by our own receipt). CFB is malleable: no file may be believed
 * before the signature fits, so nothing is returned until it does.
 *
 * Which file was changed? The digest covers all at once, so of two media of equal standing it cannot
 * say. It can be told when the padding is wrong, and when the answers, which must be UTF-8 and name
 * the manifest's instance, are not; else all that may be meant are named.
 *
 * Source: ODK XForms specification, "Encryption"; held by tests/keep/test_odk.c against what OpenSSL's
 * command line makes and opens (tests/gold/odk). */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <string.h>

#include "keep/odk_parts.h"

enum { MOST_FILES = 2000 };
static const size_t most_file = (size_t)200 << 20;

/* ---- The keys ------------------------------------------------------------------------------------- */

struct rsa_key {
    const char *name;
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *ctx; /* ready to decrypt */
};
struct tf_odk_keys {
    struct rsa_key *key;
    size_t n, likely; /* index of the key that fitted last */
};

static enum tf_code load_key(struct tf_arena *arena, const struct tf_form_key *from,
                             struct rsa_key *ret, struct tf_err *reterr)
{
    const unsigned char *at = from->der;
    ret->name = tf_strdup(arena, from->name);
    ret->pkey = from->n > INT32_MAX ? NULL : d2i_AutoPrivateKey(NULL, &at, (long)from->n);
    if (ret->pkey != NULL)
        tf_odk_own_key(arena, ret->pkey);
    if (ret->pkey == NULL || EVP_PKEY_base_id(ret->pkey) != EVP_PKEY_RSA ||
        EVP_PKEY_size(ret->pkey) > ODK_MOST_RSA) {
        ERR_clear_error();
        return tf_fail(reterr, TF_E_KEY, "the key '%s' is not an RSA key that ODK uses", from->name);
    }
    ret->ctx = EVP_PKEY_CTX_new(ret->pkey, NULL);
    if (ret->ctx != NULL)
        tf_odk_own_context(arena, ret->ctx);
    if (ret->ctx == NULL || EVP_PKEY_decrypt_init(ret->ctx) <= 0 || !tf_odk_oaep(ret->ctx))
        return tf_odk_failed(reterr, "preparing a form's key");
    return TF_OK;
}

enum tf_code tf_odk_keys_load(struct tf_arena *arena, const struct tf_form_key *key, size_t n,
                              struct tf_odk_keys **ret, struct tf_err *reterr)
{
    enum { SECURE_HEAP = 1 << 18, SMALLEST = 32 };
    struct tf_odk_keys *keys = TF_NEW(arena, struct tf_odk_keys);
    /* The parts of a private key then lie in locked memory, as far as the system allows. */
    if (!CRYPTO_secure_malloc_initialized())
        (void)CRYPTO_secure_malloc_init(SECURE_HEAP, SMALLEST);
    keys->key = TF_NEW_N(arena, struct rsa_key, n);
    for (keys->n = 0; keys->n < n; keys->n++)
        TF_TRY(load_key(arena, &key[keys->n], &keys->key[keys->n], reterr));
    *ret = keys;
    return TF_OK;
}

/* Base64 of an OAEP block, opened; it must hold exactly `want` bytes. */
static bool rsa_open(const struct rsa_key *key, const char *base64, unsigned char *ret, size_t want)
{
    unsigned char block[ODK_MOST_RSA], plain[ODK_MOST_RSA];
    size_t n = 0, plain_n = sizeof plain;
    bool good = base64 != NULL &&
                sodium_base642bin(block, sizeof block, base64, strlen(base64), " \t\r\n", &n, NULL,
                                  sodium_base64_VARIANT_ORIGINAL) == 0 &&
                EVP_PKEY_decrypt(key->ctx, plain, &plain_n, block, n) > 0 && plain_n == want;
    if (good)
        memcpy(ret, plain, want);
    else
        ERR_clear_error();
    sodium_memzero(plain, sizeof plain);
    return good;
}

/* ---- Opening ----------------------------------------------------------------------------------- */

static const char *plain_name(struct tf_arena *arena, const char *name)
{
    return tf_ends(name, odk_ending)
               ? tf_strndup(arena, name, strlen(name) - strlen(odk_ending))
               : tf_strdup(arena, name);
}

static const struct tf_odk_file *file_named(const struct tf_odk_file *file, size_t n,
                                            const char *name)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(file[k].name, name) == 0)
            return &file[k];
    return NULL;
}

/* The k-th name of the manifest: media, then the answers. */
static const char *listed(const struct tf_instance_head *m, size_t k)
{
    return k < m->n_media ? m->media[k] : m->xml_file;
}

size_t tf_odk_missing(struct tf_arena *arena, const struct tf_instance_head *m,
                      const struct tf_odk_file *file, size_t n, const char ***ret)
{
    const char **name = TF_NEW_N(arena, const char *, m->n_media + 1);
    size_t missing = 0;
    for (size_t k = 0; k <= m->n_media; k++)
        if (listed(m, k) != NULL && file_named(file, n, listed(m, k)) == NULL)
            name[missing++] = listed(m, k);
    *ret = name;
    return missing;
}

static enum tf_code check_manifest(const struct tf_instance_head *m, const char *name,
                                   struct tf_err *reterr)
{
    const struct {
        const char *value, *what;
    } need[] = {{m->form_id, "form id"},
                {m->instance_id, "instance id"},
                {m->encrypted_key, "base64EncryptedKey"},
                {m->xml_file, "encryptedXmlFile"},
                {m->signature, "base64EncryptedElementSignature"}};
    for (size_t k = 0; k < sizeof need / sizeof *need; k++)
        if (need[k].value == NULL || need[k].value[0] == '\0')
            return tf_fail_at(reterr, TF_E_INPUT, name, 0, 0,
                              "this encryption manifest has no %s", need[k].what);
    if (m->n_media >= MOST_FILES)
        return tf_fail_at(reterr, TF_E_LIMIT, name, 0, 0,
                          "this encryption manifest lists more than %d files", MOST_FILES);
    return TF_OK;
}

/* Try the key that fitted last first: as a rule a country has one form key at a time. */
static enum tf_code open_key(const struct tf_instance_head *m, const char *name,
                             struct tf_odk_keys *keys, struct odk_record *r, struct tf_err *reterr)
{
    for (size_t k = 0; k < keys->n; k++) {
        const size_t at = (keys->likely + k) % keys->n;
        if (rsa_open(&keys->key[at], m->encrypted_key, r->key, sizeof r->key)) {
            keys->likely = at;
            return TF_OK;
        }
    }
    (void)tf_fail_at(reterr, TF_E_KEY, name, 0, 0,
                     "the key of this submission opens with none of the %zu form keys here", keys->n);
    (void)tf_fact(reterr, "its base64EncryptedKey was altered, or sealed to another form key");
    return tf_help(reterr, "Open it where the form's private key is.");
}

static enum tf_code altered(struct tf_err *reterr, const char *name, const char *why)
{
    (void)tf_fail_at(reterr, TF_E_INPUT, name, 0, 0, "this file was altered or cut short");
    (void)tf_fact(reterr, "%s", why);
    return tf_help(reterr, "Have the submission sent again from the device, if it still has it.");
}

static enum tf_code open_file(struct tf_arena *arena, struct odk_record *r,
                              const struct tf_odk_file *sealed, struct tf_odk_file *ret,
                              struct tf_err *reterr)
{
    if (sealed->n > most_file)
        return tf_fail_at(reterr, TF_E_LIMIT, sealed->name, 0, 0, "this file is above %zu MB",
                          most_file >> 20);
    unsigned char *plain = tf_alloc(arena, sealed->n + 1);
    if (!tf_odk_crypt(r, false, sealed->data, sealed->n, NULL, 0, plain))
        return tf_odk_failed(reterr, "decrypting a file");
    const size_t pad = sealed->n == 0 ? 0 : plain[sealed->n - 1];
    bool good = pad >= 1 && pad <= ODK_BLOCK && sealed->n >= pad && sealed->n % ODK_BLOCK == 0;
    for (size_t k = 0; good && k < pad; k++)
        good = plain[sealed->n - 1 - k] == pad;
    if (!good)
        return altered(reterr, sealed->name, "its padding is not what ODK writes");
    plain[sealed->n - pad] = '\0';
    *ret = (struct tf_odk_file){plain_name(arena, sealed->name), plain, sealed->n - pad};
    return TF_OK;
}

/* The digest of all does not fit: say which, as far as it can be told. */
static enum tf_code say_altered(struct tf_arena *arena, const struct tf_instance_head *m,
                                const char *name, const struct tf_odk_opened *o,
                                struct tf_err *reterr)
{
    const struct tf_odk_file *answers = &o->file[o->n_files - 1];
    struct tf_instance_head inside;
    if (tf_utf8_valid(answers->data, answers->n) != answers->n ||
        tf_instance_head(arena, answers->data, answers->n, &inside, NULL) != TF_OK)
        return altered(reterr, m->xml_file, "what was opened is no XML document");
    if (!tf_streq(inside.form_id, m->form_id) || !tf_streq(inside.version, m->version) ||
        !tf_streq(inside.instance_id, m->instance_id))
        return altered(reterr, name, "form, version or instance id differ from those in the answers");
    if (m->n_media == 0)
        return altered(reterr, m->xml_file, "the signature does not fit what was opened");
    struct tf_buf list = {.arena = arena};
    for (size_t k = 0; k < m->n_media; k++)
        tf_buf_printf(&list, "'%s', ", m->media[k]);
    (void)altered(reterr, m->media[0], "");
    if (m->n_media == 1)
        return tf_fact(reterr, "the signature fits '%s' and '%s' not as they are; the answers read well",
                       m->media[0], m->xml_file);
    return tf_fact(reterr, "the signature does not fit; altered was one of %sor '%s'",
                   tf_buf_text(&list), m->xml_file);
}

static enum tf_code prove(struct tf_arena *arena, const struct tf_instance_head *m,
                          const char *name, const struct rsa_key *key,
                          const struct tf_odk_opened *o, struct tf_err *reterr)
{
    unsigned char told[ODK_MD5], is[ODK_MD5];
    struct tf_buf text = {.arena = arena};
    tf_odk_sign_head(&text, m->form_id, m->version, m->encrypted_key, m->instance_id);
    for (size_t k = 0; k < o->n_files; k++)
        if (!tf_odk_sign_file(&text, &o->file[k]))
            return tf_odk_failed(reterr, "making a digest");
    if (!rsa_open(key, m->signature, told, sizeof told)) {
        (void)tf_fail_at(reterr, TF_E_INPUT, name, 0, 0, "the signature of this submission was altered");
        (void)tf_fact(reterr, "its base64EncryptedElementSignature does not open");
        return tf_help(reterr, "Have the submission sent again from the device, if it still has it.");
    }
    if (!tf_odk_md5(text.s, text.n, NULL, 0, is))
        return tf_odk_failed(reterr, "making a digest");
    return sodium_memcmp(told, is, sizeof is) == 0 ? TF_OK : say_altered(arena, m, name, o, reterr);
}

enum tf_code tf_odk_open(struct tf_arena *arena, const struct tf_instance_head *m,
                         const char *manifest_name, const struct tf_odk_file *file, size_t n,
                         struct tf_odk_keys *keys, struct tf_odk_opened *ret, struct tf_err *reterr)
{
    struct tf_odk_opened o = {.n_files = 0};
    const char **missing;
    TF_TRY(check_manifest(m, manifest_name, reterr));
    const size_t n_missing = tf_odk_missing(arena, m, file, n, &missing);
    if (n_missing > 0) {
        (void)tf_fail_at(reterr, TF_E_INPUT, missing[0], 0, 0, "this file has not arrived");
        return tf_fact(reterr, "%zu of the manifest's %zu files are missing", n_missing,
                       m->n_media + 1);
    }
    struct odk_record *r;
    TF_TRY(tf_odk_record(arena, &r, reterr));
    TF_TRY(open_key(m, manifest_name, keys, r, reterr));
    if (!tf_odk_start(r, m->instance_id))
        return tf_odk_failed(reterr, "making a digest");
    o.file = TF_NEW_N(arena, struct tf_odk_file, m->n_media + 1);
    for (; o.n_files <= m->n_media; o.n_files++)
        TF_TRY(open_file(arena, r, file_named(file, n, listed(m, o.n_files)), &o.file[o.n_files],
                         reterr));
    const struct rsa_key *key = &keys->key[keys->likely];
    TF_TRY(prove(arena, m, manifest_name, key, &o, reterr));
    o.key = key->name;
    *ret = o;
    return TF_OK;
}
