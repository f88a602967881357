/* ODK encryption: what OpenSSL's command line seals we open, what we seal it opens, and whatever byte of
 * a submission is changed, the error names where. Gold: tests/gold/odk, made by make_odk.sh. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "house.h"
#include "keep/odk.h"

static const char *const cases[] = {"plain", "one", "two", "none", "many"};

/* ---- The gold ------------------------------------------------------------------------------------ */

struct sealed { /* a submission as it arrived */
    struct tf_instance_head manifest;
    struct tf_odk_file *file;
    size_t n;
    char *xml;
    size_t n_xml;
};

static struct tf_odk_file file_of(struct house *h, const char *dir, const char *name)
{
    struct tf_bytes b;
    OK(tf_file_read(h->arena, tf_path_join(h->arena, dir, name), 1 << 20, &b, &h->err));
    return (struct tf_odk_file){name, b.data, b.n};
}

static void read_sealed(struct house *h, const char *dir, struct sealed *s)
{
    const struct tf_odk_file manifest = file_of(h, dir, "xml_submission_file");
    char **name;
    size_t n;
    s->xml = tf_strndup(h->arena, manifest.data, manifest.n);
    s->n_xml = manifest.n;
    OK(tf_instance_head(h->arena, s->xml, s->n_xml, &s->manifest, &h->err));
    assert_true(s->manifest.encrypted);
    OK(tf_dir_list(h->arena, dir, &name, &n, &h->err));
    s->file = TF_NEW_N(h->arena, struct tf_odk_file, n);
    s->n = 0;
    for (size_t k = 0; k < n; k++)
        if (tf_ends(name[k], ".enc"))
            s->file[s->n++] = file_of(h, dir, name[k]);
}

static struct tf_form_key key_of(struct house *h, const char *name)
{
    FILE *f = fopen(tf_printf(h->arena, "tests/gold/odk/%s.pem", name), "r");
    assert_non_null(f);
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    (void)fclose(f);
    PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key);
    unsigned char *der = NULL;
    const int n = i2d_PKCS8_PRIV_KEY_INFO(p8, &der);
    assert_true(n > 0);
    const struct tf_form_key k = {
        name, (const unsigned char *)tf_strndup(h->arena, (char *)der, (size_t)n), (size_t)n};
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(p8);
    EVP_PKEY_free(key);
    return k;
}

static struct tf_odk_keys *keys_of(struct house *h, const char *first, const char *second)
{
    struct tf_form_key key[2] = {key_of(h, first)};
    struct tf_odk_keys *keys;
    if (second != NULL)
        key[1] = key_of(h, second);
    OK(tf_odk_keys_load(h->arena, key, second == NULL ? 1 : 2, &keys, &h->err));
    return keys;
}

static void same_as_plain(struct house *h, const char *dir, const struct tf_odk_opened *o)
{
    char **name;
    size_t n;
    OK(tf_dir_list(h->arena, dir, &name, &n, &h->err));
    assert_int_equal(o->n_files, n);
    for (size_t k = 0; k < n; k++) {
        const struct tf_odk_file want = file_of(h, dir, o->file[k].name);
        assert_int_equal(o->file[k].n, want.n);
        assert_memory_equal(o->file[k].data, want.data, want.n);
    }
    assert_string_equal(o->file[n - 1].name, "submission.xml");
}

static void gold_opens(void **state)
{
    IN_HOUSE(h);
    const char *dir = tf_printf(h.arena, "tests/gold/odk/%s", (const char *)*state);
    struct tf_odk_opened o;
    struct sealed s;
    read_sealed(&h, dir, &s);
    OK(tf_odk_open(h.arena, &s.manifest, "xml_submission_file", s.file, s.n,
                   keys_of(&h, "key", NULL), &o, &h.err));
    same_as_plain(&h, tf_path_join(h.arena, dir, "plain"), &o);
    OUT_OF_HOUSE(h);
}

static void the_key_that_fits_is_found(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_odk_opened o;
    struct sealed s;
    read_sealed(&h, "tests/gold/odk/plain", &s);
    OK(tf_odk_open(h.arena, &s.manifest, "m", s.file, s.n, keys_of(&h, "other", "key"), &o, &h.err));
    assert_string_equal(o.key, "key");
    assert_int_equal(tf_odk_open(h.arena, &s.manifest, "the manifest", s.file, s.n,
                                 keys_of(&h, "other", NULL), &o, &h.err), TF_E_KEY);
    assert_string_equal(h.err.file, "the manifest");
    OUT_OF_HOUSE(h);
}

static void a_missing_file_is_named(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_odk_opened o;
    const char **missing;
    struct sealed s;
    read_sealed(&h, "tests/gold/odk/two", &s);
    for (size_t k = 0; k < s.n; k++) {
        struct tf_odk_file *some = TF_NEW_N(h.arena, struct tf_odk_file, s.n);
        size_t n = 0;
        for (size_t j = 0; j < s.n; j++)
            if (j != k)
                some[n++] = s.file[j];
        assert_int_equal(tf_odk_missing(h.arena, &s.manifest, some, n, &missing), 1);
        assert_string_equal(missing[0], s.file[k].name);
        assert_int_equal(tf_odk_open(h.arena, &s.manifest, "m", some, n, keys_of(&h, "key", NULL),
                                     &o, &h.err), TF_E_INPUT);
        assert_string_equal(h.err.file, s.file[k].name);
    }
    OUT_OF_HOUSE(h);
}

/* ---- Whatever is changed is found, and named ------------------------------------------------------- */

static bool names(const struct tf_err *e, const char *file)
{
    return strcmp(e->file, file) == 0 || strstr(e->fact, file) != NULL;
}

static void every_byte_of_every_file(void **state)
{
    IN_HOUSE(h);
    struct tf_odk_keys *keys = keys_of(&h, "key", NULL);
    const char *dir = tf_printf(h.arena, "tests/gold/odk/%s", (const char *)*state);
    struct tf_odk_opened o;
    struct sealed s;
    read_sealed(&h, dir, &s);
    for (size_t k = 0; k < s.n; k++) {
        unsigned char *bytes = tf_alloc(h.arena, s.file[k].n);
        memcpy(bytes, s.file[k].data, s.file[k].n);
        s.file[k].data = bytes;
        for (size_t at = 0; at < s.file[k].n; at++) {
            struct tf_arena *a = tf_arena_new_wiped("one change", 1 << 20);
            bytes[at] ^= (unsigned char)(1 << at % 8);
            assert_int_equal(tf_odk_open(a, &s.manifest, "m", s.file, s.n, keys, &o, &h.err),
                             TF_E_INPUT);
            assert_true(names(&h.err, s.file[k].name));
            bytes[at] ^= (unsigned char)(1 << at % 8);
            tf_arena_free(a);
        }
    }
    OUT_OF_HOUSE(h);
}

/* Of the manifest's bytes those count that say something; what is changed elsewhere changes nothing, or
 * it is no manifest any more. */
static void every_byte_of_the_manifest(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_odk_keys *keys = keys_of(&h, "key", NULL);
    struct tf_odk_opened o;
    struct sealed s;
    read_sealed(&h, "tests/gold/odk/one", &s);
    const char *key = strstr(s.xml, "<base64EncryptedKey>") + strlen("<base64EncryptedKey>");
    const char *sign = strstr(s.xml, "ElementSignature>") + strlen("ElementSignature>");
    const struct {
        const char *from;
        size_t n;
    } part[] = {{key, strcspn(key, "<")},
                {sign, strcspn(sign, "<")},
                {strstr(s.xml, " id=\"") + 5, 5},
                {strstr(s.xml, "2026112401"), 10},
                {strstr(s.xml, "uuid:"), 41},
                {strstr(s.xml, "photo.jpg"), 13},
                {strstr(s.xml, "submission.xml.enc"), 18}};
    for (size_t k = 0; k < sizeof part / sizeof *part; k++)
        for (size_t j = 0; j < part[k].n; j++) {
            struct tf_arena *a = tf_arena_new_wiped("one change", 1 << 20);
            char *byte = s.xml + (part[k].from - s.xml) + j;
            struct tf_instance_head m;
            *byte ^= 1;
            enum tf_code code = tf_instance_head(a, s.xml, s.n_xml, &m, &h.err);
            if (code == TF_OK && m.encrypted)
                code = tf_odk_open(a, &m, "manifest", s.file, s.n, keys, &o, &h.err);
            assert_int_not_equal(code, TF_OK);
            *byte ^= 1;
            tf_arena_free(a);
        }
    OUT_OF_HOUSE(h);
}

static void files_cut_short_or_made_longer(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_odk_keys *keys = keys_of(&h, "key", NULL);
    struct tf_odk_opened o;
    struct sealed s;
    read_sealed(&h, "tests/gold/odk/one", &s);
    for (size_t k = 0; k < s.n; k++) {
        const struct tf_odk_file whole = s.file[k];
        char *longer = tf_strndup(h.arena, whole.data, whole.n + 1);
        for (size_t n = 0; n <= whole.n + 1; n++) {
            s.file[k] = (struct tf_odk_file){whole.name, longer, n};
            const enum tf_code code = tf_odk_open(h.arena, &s.manifest, "m", s.file, s.n, keys, &o,
                                                  &h.err);
            assert_true(n == whole.n ? code == TF_OK : code == TF_E_INPUT);
            assert_true(n == whole.n || names(&h.err, whole.name));
        }
        s.file[k] = whole;
    }
    OUT_OF_HOUSE(h);
}

/* ---- Our own sealing ------------------------------------------------------------------------------- */

static const char *public_of(struct house *h)
{
    struct tf_bytes pem;
    OK(tf_file_read(h->arena, "tests/gold/odk/key.pub.pem", 1 << 16, &pem, &h->err));
    const char *from = strchr(pem.data, '\n') + 1; /* between the first line and the last */
    return tf_replace(h->arena, tf_strndup(h->arena, from, (size_t)(strstr(from, "---") - from)),
                      "\n", "");
}

static void put_sealed(struct house *h, const char *dir, struct sealed *ret)
{
    static const struct tf_odk_file file[] = {
        {"a.jpg", "sixteen bytes ok", 16},
        {"empty.txt", "", 0},
        {"submission.xml",
         "<data id=\"form g\"><meta><instanceID>uuid:9</instanceID></meta></data>", 69}};
    const struct tf_odk_plain plain = {"form g", "", "uuid:9", file, 3};
    struct tf_odk_file *out;
    OK(tf_odk_seal(h->arena, public_of(h), &plain, &out, &h->err));
    OK(tf_dir_make(dir, &h->err));
    for (size_t k = 0; k < 4; k++)
        OK(tf_file_write(tf_path_join(h->arena, dir, out[k].name), out[k].data, out[k].n, &h->err));
    OK(tf_dir_make(tf_path_join(h->arena, h->dir, "plain"), &h->err));
    for (size_t k = 0; k < 3; k++)
        OK(tf_file_write(tf_path_join(h->arena, tf_path_join(h->arena, h->dir, "plain"),
                                      file[k].name), file[k].data, file[k].n, &h->err));
    read_sealed(h, dir, ret);
}

static void what_we_seal_we_open(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_odk_opened o;
    struct sealed s;
    put_sealed(&h, tf_path_join(h.arena, h.dir, "sealed"), &s);
    OK(tf_odk_open(h.arena, &s.manifest, "m", s.file, s.n, keys_of(&h, "key", NULL), &o, &h.err));
    same_as_plain(&h, tf_path_join(h.arena, h.dir, "plain"), &o);
    OUT_OF_HOUSE(h);
}

static void what_we_seal_the_command_line_opens(void **state TF_UNUSED)
{
    if (system("command -v openssl >/dev/null") != 0)
        skip();
    IN_HOUSE(h);
    struct sealed s;
    put_sealed(&h, tf_path_join(h.arena, h.dir, "sealed"), &s);
    const char *line = tf_printf(h.arena, "sh tests/gold/odk/open.sh tests/gold/odk/key.pem %s/sealed "
                                 "%s/opened && diff -r %s/plain %s/opened", h.dir, h.dir, h.dir,
                                 h.dir);
    assert_int_equal(system(line), 0);
    OUT_OF_HOUSE(h);
}

static void keys_that_are_none_are_refused(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    const struct tf_form_key no_key = {"no key", (const unsigned char *)"text", 4};
    const struct tf_odk_plain plain = {"f", "", "uuid:1", NULL, 0};
    struct tf_odk_file *out;
    struct tf_odk_keys *keys;
    assert_int_equal(tf_odk_keys_load(h.arena, &no_key, 1, &keys, &h.err), TF_E_KEY);
    assert_non_null(strstr(h.err.what, "no key"));
    assert_int_equal(tf_odk_seal(h.arena, "AAAA", &plain, &out, &h.err), TF_E_KEY);
    assert_int_equal(tf_odk_seal(h.arena, "not base64!", &plain, &out, &h.err), TF_E_KEY);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    struct CMUnitTest tests[32];
    size_t n = 0;
    static char name[5][64];
    for (size_t k = 0; k < 5; k++) {
        (void)snprintf(name[k], sizeof name[k], "gold '%s' opens to what was sealed", cases[k]);
        tests[n++] = (struct CMUnitTest){name[k], gold_opens, NULL, NULL, (void *)(uintptr_t)cases[k]};
    }
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(the_key_that_fits_is_found);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_missing_file_is_named);
    tests[n++] = (struct CMUnitTest){"any byte of a lone file changed is found and named",
                                     every_byte_of_every_file, NULL, NULL, (void *)(uintptr_t)"plain"};
    tests[n++] = (struct CMUnitTest){"any byte of answers or photo changed is found and named",
                                     every_byte_of_every_file, NULL, NULL, (void *)(uintptr_t)"one"};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(every_byte_of_the_manifest);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(files_cut_short_or_made_longer);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_we_seal_we_open);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_we_seal_the_command_line_opens);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(keys_that_are_none_are_refused);
    return _cmocka_run_group_tests("keep/odk", tests, n, NULL, NULL);
}
