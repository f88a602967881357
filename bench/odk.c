/* Opening ODK submissions: records a second on one core.
 *
 * usage: odk [RECORDS]      50 questions, no media; sealed beforehand, 200 different ones
 *
 * Two RSA decryptions a record (its key, its signature) are nearly all of the time: compare with
 * `openssl speed rsa2048`, whose "sign" is one such. */
#define _GNU_SOURCE
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"
#include "keep/odk.h"

enum { DIFFERENT = 200 };

static struct tf_odk_file *seal_one(struct tf_arena *a, const char *public_base64, size_t k)
{
    struct tf_buf xml = {.arena = a};
    struct tf_odk_file *out;
    struct tf_err err;
    const char *instance = tf_printf(a, "uuid:00000000-0000-4000-8000-%012zu", k);
    tf_buf_add(&xml, "<data id=\"child\" version=\"1\">");
    for (size_t q = 0; q < 50; q++)
        tf_buf_printf(&xml, "<question_%zu>%zu</question_%zu>", q, (q * 7 + k) % 5, q);
    tf_buf_printf(&xml, "<meta><instanceID>%s</instanceID></meta></data>", instance);
    const struct tf_odk_file file = {"submission.xml", xml.s, xml.n};
    const struct tf_odk_plain plain = {"child", "1", instance, &file, 1};
    if (tf_odk_seal(a, public_base64, &plain, &out, &err) != TF_OK)
        exit(1);
    return out;
}

int main(int argc, char **argv)
{
    struct tf_guard guard;
    struct tf_err err;
    int64_t records = 2000;
    unsigned char *der = NULL, *public_der = NULL;
    if (sodium_init() < 0 || (argc > 1 && !tf_parse_int(argv[1], &records)) ||
        tf_guard_begin(&guard, &err) != TF_OK)
        return 1;
    struct tf_arena *a = tf_arena_new("bench", (size_t)1 << 30);
    EVP_PKEY *key = EVP_RSA_gen(2048);
    PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key);
    const int n = i2d_PKCS8_PRIV_KEY_INFO(p8, &der), public_n = i2d_PUBKEY(key, &public_der);
    char public_base64[1024];
    (void)sodium_bin2base64(public_base64, sizeof public_base64, public_der, (size_t)public_n,
                            sodium_base64_VARIANT_ORIGINAL);
    const struct tf_form_key form_key = {"bench", der, (size_t)n};
    struct tf_odk_keys *keys;
    if (tf_odk_keys_load(a, &form_key, 1, &keys, &err) != TF_OK)
        return 1;
    struct tf_odk_file *record[DIFFERENT];
    for (size_t k = 0; k < DIFFERENT; k++)
        record[k] = seal_one(a, public_base64, k);
    const double start = now();
    for (int64_t k = 0; k < records; k++) {
        struct tf_arena *one = tf_arena_new_wiped("one submission", (size_t)8 << 20);
        const struct tf_odk_file *file = record[k % DIFFERENT];
        struct tf_instance_head m;
        struct tf_odk_opened o;
        if (tf_instance_head(one, file[0].data, file[0].n, &m, &err) != TF_OK ||
            tf_odk_open(one, &m, "manifest", file + 1, 1, keys, &o, &err) != TF_OK) {
            (void)fprintf(stderr, "%s\n", err.what);
            return 1;
        }
        tf_arena_free(one);
    }
    const double took = now() - start;
    (void)printf("odk: %lld records opened in %.3f s, %.0f a second on one core\n",
                 (long long)records, took, (double)records / took);
    OPENSSL_free(der);
    OPENSSL_free(public_der);
    PKCS8_PRIV_KEY_INFO_free(p8);
    EVP_PKEY_free(key);
    tf_arena_free(a);
    tf_guard_end(&guard);
    return 0;
}
