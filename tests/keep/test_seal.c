/* The key file: made once, for its owner only, never written over. */
#include "house.h"

static void path_of(const struct house *h, const char *name, char *ret, size_t n)
{
    (void)snprintf(ret, n, "%s/.trefoil/%s", h->dir, name);
}

static void made_for_its_owner_only(void **state TF_UNUSED)
{
    char path[128];
    struct stat st;
    struct tf_key *key;
    IN_HOUSE(h);
    OK(tf_key_open(h.arena, h.dir, true, &key, &h.err));
    path_of(&h, "vault.key", path, sizeof path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 32);
    path_of(&h, "", path, sizeof path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    OUT_OF_HOUSE(h);
}

static void the_same_key_again_and_another_per_file(void **state TF_UNUSED)
{
    struct tf_key *one, *two;
    IN_HOUSE(h);
    OK(tf_key_open(h.arena, h.dir, true, &one, &h.err));
    OK(tf_key_open(h.arena, h.dir, true, &two, &h.err));
    const unsigned char *a = tf_key_for(h.arena, one, "vault/XA-children-response.db");
    const unsigned char *b = tf_key_for(h.arena, two, "vault/XA-children-response.db");
    const unsigned char *c = tf_key_for(h.arena, two, "vault/XB-children-response.db");
    assert_memory_equal(a, b, 32);
    assert_memory_not_equal(a, c, 32);
    OUT_OF_HOUSE(h);
}

static void faulty_key_files_are_refused(void **state TF_UNUSED)
{
    static const struct {
        const char *name, *words;
        mode_t mode;
        size_t bytes;
    } cases[] = {
        {"open to others", "may be read by others", 0644, 32},
        {"open to the group", "may be read by others", 0640, 32},
        {"executable", "may be read by others", 0700, 32},
        {"too short", "is no key", 0600, 31},
        {"empty", "is no key", 0600, 0},
        {"too long", "is no key", 0600, 64},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char path[128];
        struct tf_key *key;
        IN_HOUSE(h);
        OK(tf_keep_folder(h.arena, h.dir, &h.err));
        path_of(&h, "vault.key", path, sizeof path);
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        for (size_t j = 0; j < cases[k].bytes; j++)
            (void)fputc('x', f);
        (void)fclose(f);
        assert_int_equal(chmod(path, cases[k].mode), 0);
        print_message("  a key file %s\n", cases[k].name);
        assert_int_equal(tf_key_open(h.arena, h.dir, true, &key, &h.err), TF_E_KEY);
        assert_non_null(strstr(h.err.what, cases[k].words));
        assert_string_equal(h.err.file, path);
        assert_true(h.err.help[0] != '\0');
        OUT_OF_HOUSE(h);
    }
}

static void no_vault_no_key(void **state TF_UNUSED)
{
    struct tf_key *key;
    IN_HOUSE(h);
    assert_int_equal(tf_key_open(h.arena, h.dir, false, &key, &h.err), TF_E_KEY);
    assert_int_equal(access(tf_path_join(h.arena, h.dir, ".trefoil"), F_OK), -1);
    OUT_OF_HOUSE(h);
}

static void a_lost_key_is_not_made_anew(void **state TF_UNUSED)
{
    char path[128];
    struct tf_keep *keep;
    struct tf_arena *first;
    IN_HOUSE(h);
    first = tf_arena_new("first", (size_t)1 << 26);
    OK(tf_keep_open(first, h.dir, true, &keep, &h.err));
    tf_arena_free(first);
    path_of(&h, "vault.key", path, sizeof path);
    assert_int_equal(remove(path), 0);
    assert_int_equal(tf_keep_open(h.arena, h.dir, true, &keep, &h.err), TF_E_KEY);
    assert_int_equal(access(path, F_OK), -1);
    OUT_OF_HOUSE(h);
}

static void a_wrong_key_opens_nothing(void **state TF_UNUSED)
{
    char path[128];
    struct tf_keep *keep;
    struct tf_arena *first;
    IN_HOUSE(h);
    first = tf_arena_new("first", (size_t)1 << 26);
    OK(tf_keep_open(first, h.dir, true, &keep, &h.err));
    tf_arena_free(first);
    path_of(&h, "vault.key", path, sizeof path);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    (void)fputs("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", f);
    (void)fclose(f);
    assert_int_equal(tf_keep_open(h.arena, h.dir, true, &keep, &h.err), TF_E_KEY);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_for_its_owner_only),
        cmocka_unit_test(the_same_key_again_and_another_per_file),
        cmocka_unit_test(faulty_key_files_are_refused),
        cmocka_unit_test(no_vault_no_key),
        cmocka_unit_test(a_lost_key_is_not_made_anew),
        cmocka_unit_test(a_wrong_key_opens_nothing),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
