/* Files: whole reads, all-or-nothing writes, and a disk that fails. */
#include "ground.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void round_trip(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_bytes b;
    struct tf_hash h;
    const char *path = temp_path(arena, "a.bin");
    assert_ok(tf_file_write(path, "a\0b", 3, &err));
    assert_ok(tf_file_read(arena, path, 100, &b, &err));
    assert_int_equal(b.n, 3);
    assert_memory_equal(b.data, "a\0b", 4);
    assert_ok(tf_file_hash(path, &h, &err));
    assert_string_equal(h.hex, tf_hash_bytes("a\0b", 3).hex);
    assert_int_equal(tf_file_read(arena, path, 2, &b, &err), TF_E_LIMIT);
    assert_int_equal(tf_file_read_text(arena, path, 100, &b, &err), TF_E_INPUT);
    assert_int_equal(err.line, 1);
    assert_int_equal(err.column, 2);
    assert_ok(tf_file_write(path, "", 0, &err));
    assert_ok(tf_file_read(arena, path, 100, &b, &err));
    assert_int_equal(b.n, 0);
    END_TEST;
}

static void refusals(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_bytes b;
    assert_int_equal(tf_file_read(arena, temp_path(arena, "none"), 9, &b, &err), TF_E_IO);
    assert_true(err.help[0] != '\0');
    assert_int_equal(tf_file_read(arena, temp_dir, 9, &b, &err), TF_E_IO);
    assert_non_null(strstr(err.what, "not a file"));
    assert_int_equal(tf_file_write(temp_path(arena, "no/such/folder"), "x", 1, &err), TF_E_IO);
    assert_false(tf_file_exists(temp_dir));
    assert_true(tf_dir_exists(temp_dir));
    END_TEST;
}

static void full_disk(void **state TF_UNUSED)
{
    BEGIN_TEST;
    enum { BIG = 1 << 20 };
    const char *path = temp_path(arena, "kept.txt");
    char *big = tf_alloc(arena, BIG);
    struct tf_bytes b;
    struct rlimit was, small;
    assert_ok(tf_file_write(path, "the old text", 12, &err));
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small = was;
    small.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const enum tf_code code = tf_file_write(path, big, BIG, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(code, TF_E_IO);
    assert_ok(tf_file_read(arena, path, 100, &b, &err));
    assert_string_equal(b.data, "the old text");
    assert_false(tf_file_exists(temp_path(arena, "kept.txt.new")));
    END_TEST;
}

static void folders_and_paths(void **state TF_UNUSED)
{
    BEGIN_TEST;
    char **name;
    size_t n = 0;
    const char *deep = temp_path(arena, "d/e/f");
    assert_ok(tf_dir_make(deep, &err));
    assert_ok(tf_dir_make(deep, &err)); /* again is no error */
    assert_true(tf_dir_exists(deep));
    assert_ok(tf_file_write(tf_path_join(arena, deep, "b"), "", 0, &err));
    assert_ok(tf_file_write(tf_path_join(arena, deep, "a"), "", 0, &err));
    assert_ok(tf_file_write(tf_path_join(arena, deep, ".hidden"), "", 0, &err));
    assert_ok(tf_dir_list(arena, deep, &name, &n, &err));
    assert_int_equal(n, 2);
    assert_string_equal(name[0], "a");
    assert_string_equal(name[1], "b");
    static const char *const made[] = {"d/e/f/a", "d/e/f/b", "d/e/f/.hidden"};
    for (size_t k = 0; k < LENGTH(made); k++)
        (void)unlink(temp_path(arena, made[k]));
    (void)rmdir(deep);
    (void)rmdir(temp_path(arena, "d/e"));
    (void)rmdir(temp_path(arena, "d"));
    assert_string_equal(tf_path_join(arena, "a", "b"), "a/b");
    assert_string_equal(tf_path_join(arena, "a/", "b"), "a/b");
    assert_string_equal(tf_path_join(arena, "a", "/b"), "/b");
    assert_string_equal(tf_path_join(arena, ".", "b"), "b");
    assert_string_equal(tf_path_dir(arena, "a/b/c"), "a/b");
    assert_string_equal(tf_path_dir(arena, "/c"), "/");
    assert_string_equal(tf_path_dir(arena, "c"), ".");
    assert_string_equal(tf_path_stem(arena, "a/b.tar.gz"), "b.tar");
    assert_string_equal(tf_path_stem(arena, "a/.rc"), ".rc");
    END_TEST;
}

int main(void)
{
    struct CMUnitTest tests[8];
    size_t n = 0;
    temp_begin();
    ADD_TEST(tests, n, "what is written is read", round_trip);
    ADD_TEST(tests, n, "what is not a file is refused with help", refusals);
    ADD_TEST(tests, n, "when the disk is full the old file stands", full_disk);
    ADD_TEST(tests, n, "folders are made and listed, paths are joined", folders_and_paths);
    const int failed = _cmocka_run_group_tests("base/file", tests, n, NULL, NULL);
    temp_end();
    return failed;
}
