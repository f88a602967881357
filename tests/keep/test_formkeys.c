/* Keys of forms and of the inbox, record keys, sealed files: what they open and what they do not. */
#include "house.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "keep/keys.h"
#include "keep/records.h"

static struct tf_key *open_key(struct house *h)
{
    struct tf_key *key;
    OK(tf_key_open(h->arena, h->dir, true, &key, &h->err));
    return key;
}

/* Encrypt to the public half as a tablet does, decrypt with the private one. */
static bool round_trip(const char *base64, const struct tf_form_key *private_half)
{
    static const unsigned char word[] = "thirty-two bytes of a record key";
    unsigned char der[1024], sealed[512], opened[512];
    size_t n = 0, n_sealed = sizeof sealed, n_opened = sizeof opened;
    assert_int_equal(sodium_base642bin(der, sizeof der, base64, strlen(base64), NULL, &n, NULL,
                                       sodium_base64_VARIANT_ORIGINAL), 0);
    const unsigned char *at = der, *secret = private_half->der;
    EVP_PKEY *pub = d2i_PUBKEY(NULL, &at, (long)n);
    EVP_PKEY *own = d2i_AutoPrivateKey(NULL, &secret, (long)private_half->n);
    assert_non_null(pub);
    assert_non_null(own);
    assert_int_equal(EVP_PKEY_get_bits(pub), 2048);
    EVP_PKEY_CTX *in = EVP_PKEY_CTX_new(pub, NULL), *out = EVP_PKEY_CTX_new(own, NULL);
    assert_int_equal(EVP_PKEY_encrypt_init(in), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(in, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(EVP_PKEY_encrypt(in, sealed, &n_sealed, word, sizeof word), 1);
    assert_int_equal(EVP_PKEY_decrypt_init(out), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(out, RSA_PKCS1_OAEP_PADDING), 1);
    const bool same = EVP_PKEY_decrypt(out, opened, &n_opened, sealed, n_sealed) == 1 &&
                      n_opened == sizeof word && memcmp(opened, word, sizeof word) == 0;
    EVP_PKEY_CTX_free(in);
    EVP_PKEY_CTX_free(out);
    EVP_PKEY_free(pub);
    EVP_PKEY_free(own);
    return same;
}

static void a_forms_key_opens_what_was_encrypted_to_it(void **state TF_UNUSED)
{
    const char *base64 = NULL, *again;
    struct tf_form_key *list;
    size_t n;
    IN_HOUSE(h);
    struct tf_key *key = open_key(&h);
    assert_int_equal(tf_form_key_public(h.arena, h.dir, "XA", "children", "response", &base64, &h.err),
                     TF_E_KEY);
    OK(tf_form_key_make(h.arena, h.dir, key, "XA", "children", "response", &h.err));
    OK(tf_form_key_public(h.arena, h.dir, "XA", "children", "response", &base64, &h.err));
    assert_null(strchr(base64, '\n'));
    OK(tf_form_key_make(h.arena, h.dir, key, "XA", "children", "response", &h.err));
    OK(tf_form_key_public(h.arena, h.dir, "XA", "children", "response", &again, &h.err));
    assert_string_equal(base64, again);
    OK(tf_form_keys_open(h.arena, h.dir, key, &list, &n, &h.err));
    assert_int_equal(n, 1);
    assert_true(tf_starts(list[0].name, "XA-children-response"));
    assert_true(round_trip(base64, &list[0]));
    OUT_OF_HOUSE(h);
}

static void a_sealed_file_opens_only_under_its_own_name(void **state TF_UNUSED)
{
    const unsigned char *secret;
    size_t n;
    IN_HOUSE(h);
    struct tf_key *key = open_key(&h);
    OK(tf_secret_write(h.arena, key, "keys/a.sealed", "keys/inbox", "abc", 3, &h.err));
    OK(tf_secret_read(h.arena, key, "keys/a.sealed", &secret, &n, &h.err));
    assert_int_equal(n, 3);
    assert_memory_equal(secret, "abc", 3);
    assert_int_equal(rename(tf_keep_path(h.arena, h.dir, "keys/a.sealed"),
                            tf_keep_path(h.arena, h.dir, "keys/b.sealed")), 0);
    assert_int_equal(tf_secret_read(h.arena, key, "keys/b.sealed", &secret, &n, &h.err), TF_E_KEY);
    OUT_OF_HOUSE(h);
}

static void every_flipped_byte_of_a_sealed_file_is_seen(void **state TF_UNUSED)
{
    struct tf_bytes file;
    const unsigned char *secret;
    size_t n;
    IN_HOUSE(h);
    struct tf_key *key = open_key(&h);
    const char *path = tf_keep_path(h.arena, h.dir, "keys/a.sealed");
    OK(tf_secret_write(h.arena, key, "keys/a.sealed", "keys/inbox", "abc", 3, &h.err));
    OK(tf_file_read(h.arena, path, 4096, &file, &h.err));
    char *bytes = tf_alloc(h.arena, file.n);
    for (size_t k = 0; k < file.n; k++) {
        memcpy(bytes, file.data, file.n);
        bytes[k] ^= 1;
        OK(tf_file_write(path, bytes, file.n, &h.err));
        assert_int_equal(tf_secret_read(h.arena, key, "keys/a.sealed", &secret, &n, &h.err), TF_E_KEY);
    }
    OUT_OF_HOUSE(h);
}

/* The public key that inbox.pub states. */
static void public_key(struct house *h, unsigned char ret[32])
{
    struct tf_bytes text;
    size_t n = 0;
    OK(tf_file_read(h->arena, tf_keep_path(h->arena, h->dir, "inbox.pub"), 200, &text, &h->err));
    assert_true(tf_starts(text.data, "trefoil-inbox-1 "));
    assert_int_equal(text.data[text.n - 1], '\n');
    assert_int_equal(sodium_base642bin(ret, 32, text.data + 16, text.n - 17, NULL, &n, NULL,
                                       sodium_base64_VARIANT_ORIGINAL), 0);
    assert_int_equal(n, 32);
}

static void the_inboxs_key_is_made_with_the_vault_and_turned_twice_to_be_gone(void **state TF_UNUSED)
{
    unsigned char first[32], second[32], derived[32];
    const unsigned char *secret;
    IN_HOUSE(h);
    struct tf_key *key = open_key(&h);
    public_key(&h, first);
    OK(tf_inbox_key_open(h.arena, h.dir, key, first, &secret, &h.err));
    assert_int_equal(crypto_scalarmult_base(derived, secret), 0);
    assert_memory_equal(derived, first, 32);
    OK(tf_inbox_key_make(h.arena, h.dir, key, &h.err));
    public_key(&h, second);
    assert_memory_equal(first, second, 32);
    OK(tf_inbox_key_turn(h.arena, h.dir, key, &h.err));
    public_key(&h, second);
    assert_memory_not_equal(first, second, 32);
    OK(tf_inbox_key_open(h.arena, h.dir, key, first, &secret, &h.err)); /* a server may still use it */
    OK(tf_inbox_key_open(h.arena, h.dir, key, second, &secret, &h.err));
    OK(tf_inbox_key_turn(h.arena, h.dir, key, &h.err));
    assert_int_equal(tf_inbox_key_open(h.arena, h.dir, key, first, &secret, &h.err), TF_E_KEY);
    OK(tf_inbox_key_open(h.arena, h.dir, key, second, &secret, &h.err));
    OUT_OF_HOUSE(h);
}

static void a_participant_has_one_key_and_once_destroyed_none(void **state TF_UNUSED)
{
    const unsigned char *one, *two, *other;
    static const char *const code = "XA-1";
    size_t held = 0;
    bool found;
    IN_HOUSE(h);
    struct tf_key *key = open_key(&h);
    OK(tf_record_key(h.arena, h.dir, key, "XA", "XA-1", false, &found, &one, &h.err));
    assert_false(found);
    OK(tf_record_key(h.arena, h.dir, key, "XA", "XA-1", true, &found, &one, &h.err));
    assert_true(found);
    OK(tf_record_key(h.arena, h.dir, key, "XA", "XA-1", true, &found, &two, &h.err));
    assert_memory_equal(one, two, 32);
    OK(tf_record_key(h.arena, h.dir, key, "XB", "XA-1", true, &found, &other, &h.err));
    assert_memory_not_equal(one, other, 32);
    OK(tf_record_destroy(key, "XA", &code, 1, &held, &h.err));
    assert_int_equal(held, 1);
    OK(tf_record_key(h.arena, h.dir, key, "XA", "XA-1", false, &found, &one, &h.err));
    assert_false(found);
    assert_int_equal(tf_record_key(h.arena, h.dir, key, "XA", "XA-1", true, &found, &one, &h.err),
                     TF_E_REFUSED);
    OUT_OF_HOUSE(h);
}

static void many_record_keys_at_once_are_those_one_by_one(void **state TF_UNUSED)
{
    enum { N = 12000 };
    struct tf_record_key *first, *again;
    IN_HOUSE(h);
    struct tf_key *key = open_key(&h);
    const char **code = TF_NEW_N(h.arena, const char *, N);
    for (size_t k = 0; k < N; k++)
        code[k] = tf_printf(h.arena, "XA-%zu", k / 2 * 2); /* each twice */
    OK(tf_record_keys(h.arena, key, "XA", code, N, true, &first, &h.err));
    OK(tf_record_keys(h.arena, key, "XA", code, N, true, &again, &h.err));
    for (size_t k = 0; k < N; k += 2) {
        assert_int_equal(first[k].state, TF_RECORD_HELD);
        assert_memory_equal(first[k].key, first[k + 1].key, 32);
        assert_memory_equal(first[k].key, again[k].key, 32);
        if (k > 0)
            assert_memory_not_equal(first[k].key, first[k - 1].key, 32);
    }
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forms_key_opens_what_was_encrypted_to_it),
        cmocka_unit_test(a_sealed_file_opens_only_under_its_own_name),
        cmocka_unit_test(every_flipped_byte_of_a_sealed_file_is_seen),
        cmocka_unit_test(the_inboxs_key_is_made_with_the_vault_and_turned_twice_to_be_gone),
        cmocka_unit_test(a_participant_has_one_key_and_once_destroyed_none),
        cmocka_unit_test(many_record_keys_at_once_are_those_one_by_one),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
