/* ODK submissions. First byte even: the rest is a manifest and one file behind the first NUL, whatever
 * they hold. Odd: the rest is sealed as an answer and a photo, one byte of the sealed files changed where
 * the input says; it must not open, or open to what was sealed where nothing was changed. */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "fuzz.h"

#include "keep/odk.h"

static char public_base64[512];
static struct tf_form_key form_key;

static void make_key(void)
{
    unsigned char *der = NULL, *public_der = NULL;
    EVP_PKEY *key = EVP_RSA_gen(1024);
    PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key);
    const int n = i2d_PKCS8_PRIV_KEY_INFO(p8, &der), public_n = i2d_PUBKEY(key, &public_der);
    if (n <= 0 || public_n <= 0)
        abort();
    (void)sodium_bin2base64(public_base64, sizeof public_base64, public_der, (size_t)public_n,
                            sodium_base64_VARIANT_ORIGINAL);
    form_key = (struct tf_form_key){"fuzz", der, (size_t)n}; /* lives as long as the program */
    OPENSSL_free(public_der);
    PKCS8_PRIV_KEY_INFO_free(p8);
    EVP_PKEY_free(key);
}

static void any_manifest(struct tf_arena *arena, struct tf_odk_keys *keys, const char *data, size_t n)
{
    const char *zero = memchr(data, '\0', n);
    const size_t manifest = zero == NULL ? n : (size_t)(zero - data);
    struct tf_instance_head head;
    struct tf_odk_opened opened;
    struct tf_err err;
    if (tf_instance_head(arena, data, manifest, &head, &err) != TF_OK)
        return;
    const char *name = head.xml_file == NULL ? "submission.xml.enc" : head.xml_file;
    const struct tf_odk_file file = {name, data + manifest, n - manifest};
    (void)tf_odk_open(arena, &head, "manifest", &file, 1, keys, &opened, &err);
}

static void changed(struct tf_arena *arena, struct tf_odk_keys *keys, const char *data, size_t n)
{
    const size_t at = n > 2 ? (size_t)(unsigned char)data[0] << 8 | (unsigned char)data[1] : 0;
    const unsigned char bits = n > 2 ? (unsigned char)data[2] : 0;
    const size_t half = n / 2;
    const struct tf_odk_file plain[] = {{"a.jpg", data, half}, {"submission.xml", data + half, n - half}};
    const struct tf_odk_plain all = {"f", "1", "uuid:1", plain, 2};
    struct tf_odk_file *sealed;
    struct tf_instance_head head;
    struct tf_odk_opened opened;
    struct tf_err err;
    if (tf_odk_seal(arena, public_base64, &all, &sealed, &err) != TF_OK ||
        tf_instance_head(arena, sealed[0].data, sealed[0].n, &head, &err) != TF_OK)
        abort();
    char *bytes = tf_strndup(arena, sealed[1].data, sealed[1].n);
    bytes[at % sealed[1].n] = (char)((unsigned char)bytes[at % sealed[1].n] ^ bits);
    sealed[1].data = bytes;
    const bool opens = tf_odk_open(arena, &head, "manifest", sealed + 1, 2, keys, &opened, &err) == TF_OK;
    if (opens != (bits == 0))
        abort();
    if (opens && (opened.file[0].n != half || memcmp(opened.file[0].data, data, half) != 0))
        abort();
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_odk_keys *keys;
    struct tf_err err;
    if (n == 0)
        return;
    if (form_key.der == NULL)
        make_key();
    if (tf_odk_keys_load(arena, &form_key, 1, &keys, &err) != TF_OK)
        abort();
    if (data[0] % 2 == 0)
        any_manifest(arena, keys, data + 1, n - 1);
    else
        changed(arena, keys, data + 1, n - 1);
}
