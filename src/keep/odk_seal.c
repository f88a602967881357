/* Sealing a submission as ODK does, to a form's public key: for tests, benches and rehearsals. Tablets
 * and browsers seal for themselves; no command of ours takes plain answers to do so. See odk.c. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <string.h>

#include "keep/odk_parts.h"

static enum tf_code load_public(struct tf_arena *arena, const char *base64, EVP_PKEY_CTX **ret,
                                struct tf_err *reterr)
{
    unsigned char der[ODK_MOST_RSA];
    const unsigned char *at = der;
    EVP_PKEY *pkey = NULL;
    size_t n = 0;
    if (sodium_base642bin(der, sizeof der, base64, strlen(base64), " \t\r\n", &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) == 0)
        pkey = d2i_PUBKEY(NULL, &at, (long)n);
    if (pkey != NULL)
        tf_odk_own_key(arena, pkey);
    if (pkey == NULL || EVP_PKEY_base_id(pkey) != EVP_PKEY_RSA || EVP_PKEY_size(pkey) > ODK_MOST_RSA) {
        ERR_clear_error();
        return tf_fail(reterr, TF_E_KEY, "this is not the public RSA key of a form");
    }
    *ret = EVP_PKEY_CTX_new(pkey, NULL);
    if (*ret != NULL)
        tf_odk_own_context(arena, *ret);
    if (*ret == NULL || EVP_PKEY_encrypt_init(*ret) <= 0 || !tf_odk_oaep(*ret))
        return tf_odk_failed(reterr, "preparing a form's key");
    return TF_OK;
}

static const char *rsa_seal(struct tf_arena *arena, EVP_PKEY_CTX *ctx, const unsigned char *plain,
                            size_t n)
{
    unsigned char block[ODK_MOST_RSA];
    size_t made = sizeof block;
    if (EVP_PKEY_encrypt(ctx, block, &made, plain, n) <= 0)
        return NULL;
    const size_t length = sodium_base64_encoded_len(made, sodium_base64_VARIANT_ORIGINAL);
    return sodium_bin2base64(tf_alloc(arena, length), length, block, made,
                             sodium_base64_VARIANT_ORIGINAL);
}

static bool seal_file(struct tf_arena *arena, struct odk_record *r, const struct tf_odk_file *plain,
                      struct tf_odk_file *ret)
{
    const size_t pad = ODK_BLOCK - plain->n % ODK_BLOCK;
    unsigned char *out = tf_alloc(arena, plain->n + ODK_BLOCK), padding[ODK_BLOCK];
    memset(padding, (int)pad, sizeof padding);
    *ret = (struct tf_odk_file){tf_printf(arena, "%s%s", plain->name, odk_ending), out,
                                plain->n + pad};
    return tf_odk_crypt(r, true, plain->data, plain->n, padding, pad, out);
}

static void add_element(struct tf_buf *xml, const char *name, const char *text)
{
    tf_buf_printf(xml, "<%s>", name);
    tf_buf_html(xml, text);
    tf_buf_printf(xml, "</%s>", name);
}

static void write_manifest(struct tf_buf *xml, const struct tf_odk_plain *p,
                           const struct tf_odk_file *sealed, const char *key, const char *signature)
{
    tf_buf_add(xml, "<data xmlns=\"http://opendatakit.org/submissions\" id=\"");
    tf_buf_html(xml, p->form_id);
    if (p->version[0] != '\0') {
        tf_buf_add(xml, "\" version=\"");
        tf_buf_html(xml, p->version);
    }
    tf_buf_add(xml, "\" encrypted=\"yes\">");
    add_element(xml, "base64EncryptedKey", key);
    tf_buf_add(xml, "<orx:meta xmlns:orx=\"http://openrosa.org/xforms\">");
    add_element(xml, "orx:instanceID", p->instance_id);
    tf_buf_add(xml, "</orx:meta>");
    for (size_t k = 0; k + 1 < p->n_files; k++) {
        tf_buf_add(xml, k == 0 ? "<media>" : "");
        add_element(xml, "file", sealed[k].name);
        tf_buf_add(xml, k + 2 == p->n_files ? "</media>" : "");
    }
    add_element(xml, "encryptedXmlFile", sealed[p->n_files - 1].name);
    add_element(xml, "base64EncryptedElementSignature", signature);
    tf_buf_add(xml, "</data>");
}

enum tf_code tf_odk_seal(struct tf_arena *arena, const char *public_base64,
                         const struct tf_odk_plain *p, struct tf_odk_file **ret_file,
                         struct tf_err *reterr)
{
    unsigned char digest[ODK_MD5];
    struct tf_odk_file *out = TF_NEW_N(arena, struct tf_odk_file, p->n_files + 1);
    struct tf_buf text = {.arena = arena}, xml = {.arena = arena};
    EVP_PKEY_CTX *ctx;
    TF_TRY(load_public(arena, public_base64, &ctx, reterr));
    struct odk_record *r;
    TF_TRY(tf_odk_record(arena, &r, reterr));
    randombytes_buf(r->key, sizeof r->key);
    const char *key = rsa_seal(arena, ctx, r->key, sizeof r->key);
    bool good = key != NULL && tf_odk_start(r, p->instance_id);
    if (good)
        tf_odk_sign_head(&text, p->form_id, p->version, key, p->instance_id);
    for (size_t k = 0; good && k < p->n_files; k++)
        good = seal_file(arena, r, &p->file[k], &out[k + 1]) && tf_odk_sign_file(&text, &p->file[k]);
    const char *signature = good && tf_odk_md5(text.s, text.n, NULL, 0, digest)
                                ? rsa_seal(arena, ctx, digest, sizeof digest)
                                : NULL;
    if (signature == NULL)
        return tf_odk_failed(reterr, "encrypting a submission");
    write_manifest(&xml, p, out + 1, key, signature);
    out[0] = (struct tf_odk_file){"xml_submission_file", xml.s, xml.n};
    *ret_file = out;
    return TF_OK;
}
