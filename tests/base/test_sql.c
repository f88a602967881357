/* The store: named statements, keys, rollback, and what a file gives away. */
#include "ground.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/sql.h"

static const struct tf_named_sql statements[] = {
    {"schema", "CREATE TABLE answer (id TEXT PRIMARY KEY, x REAL, data BLOB) STRICT;"
               "CREATE TRIGGER no_delete BEFORE DELETE ON answer BEGIN"
               " SELECT RAISE(ABORT, 'answers are never deleted'); END;"},
    {"add", "INSERT INTO answer VALUES (?1, ?2, ?3)"},
    {"all", "SELECT id, x, data FROM answer ORDER BY id"},
    {"count", "SELECT count(*) FROM answer"},
    {"delete", "DELETE FROM answer"},
    {"broken", "SELEKT 1"},
    {NULL, NULL},
};
static const unsigned char key[32] = "0123456789abcdef0123456789abcde";
static const unsigned char other_key[32] = "another key, also of 32 bytes ..";
static const char secret[] = "a text that must not be found on the disk";

static enum tf_code add(struct tf_db *db, const char *id, double x, struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(db, "add", &q, reterr));
    tf_bind_text(q, 1, id);
    tf_bind_real(q, 2, x);
    tf_bind_blob(q, 3, secret, sizeof secret);
    return tf_run(q, reterr);
}

static int64_t count(struct tf_db *db)
{
    struct tf_stmt *q;
    struct tf_err err;
    enum tf_code code;
    int64_t n = -1;
    if (tf_sql(db, "count", &q, &err) != TF_OK)
        fail_msg("%s %s", err.what, err.fact);
    while (tf_step(q, &code, &err))
        n = tf_col_int(q, 0);
    assert_int_equal(code, TF_OK);
    return n;
}

static void values(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_db *db;
    struct tf_stmt *q;
    enum tf_code code;
    size_t n = 0, rows = 0;
    assert_ok(tf_db_open(arena, temp_path(arena, "v.db"), TF_DB_CREATE, NULL, statements, &db, &err));
    assert_ok(add(db, "a", 1.5, &err));
    assert_ok(add(db, "b", (double)NAN, &err));
    assert_ok(tf_sql(db, "all", &q, &err));
    while (tf_step(q, &code, &err)) {
        assert_string_equal(tf_col_text(arena, q, 0), rows == 0 ? "a" : "b");
        assert_int_equal(tf_col_null(q, 1), rows == 1);
        assert_true(rows == 0 ? tf_col_real(q, 1) == 1.5 : isnan(tf_col_real(q, 1)));
        assert_memory_equal(tf_col_blob(arena, q, 2, &n), secret, sizeof secret);
        assert_int_equal(n, sizeof secret);
        rows++;
    }
    assert_int_equal(code, TF_OK);
    assert_int_equal(rows, 2);
    tf_db_close(db);
    assert_int_equal(tf_sql(db, "all", &q, &err), TF_E_BUG);
    END_TEST;
}

static void refusals(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_db *db;
    struct tf_stmt *q;
    assert_ok(tf_db_open(arena, temp_path(arena, "r.db"), TF_DB_CREATE, NULL, statements, &db, &err));
    assert_int_equal(tf_sql(db, "none", &q, &err), TF_E_BUG);
    assert_int_equal(tf_sql(db, "broken", &q, &err), TF_E_BUG);
    assert_ok(add(db, "a", 1, &err));
    assert_int_equal(add(db, "a", 2, &err), TF_E_INPUT);
    assert_non_null(strstr(err.fact, "UNIQUE"));
    assert_ok(add(db, "b", 2, &err)); /* the statement is fit for use again */
    assert_ok(tf_sql(db, "delete", &q, &err));
    assert_int_equal(tf_run(q, &err), TF_E_REFUSED);
    assert_non_null(strstr(err.fact, "never deleted"));
    assert_int_equal(count(db), 2);
    assert_ok(tf_sql(db, "count", &q, &err));
    assert_int_equal(tf_run(q, &err), TF_E_BUG); /* a row where none was expected */
    assert_ok(tf_sql(db, "add", &q, &err));
    tf_bind_text(q, 9, "x"); /* no such place */
    assert_int_equal(tf_run(q, &err), TF_E_BUG);
    END_TEST;
}

static void rollback(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_db *db;
    const char *path = temp_path(arena, "t.db");
    struct tf_arena *short_lived = tf_arena_new("short", (size_t)1 << 20);
    assert_ok(tf_db_open(short_lived, path, TF_DB_CREATE, key, statements, &db, &err));
    assert_ok(tf_db_begin(db, &err));
    assert_ok(add(db, "a", 1, &err));
    tf_db_rollback(db);
    assert_int_equal(count(db), 0);
    assert_ok(tf_db_begin(db, &err));
    assert_ok(add(db, "b", 1, &err));
    assert_ok(tf_db_commit(db, &err));
    assert_ok(tf_db_begin(db, &err));
    assert_ok(add(db, "c", 1, &err));
    tf_arena_free(short_lived); /* an arena that goes takes its open transaction along */
    assert_ok(tf_db_open(arena, path, TF_DB_READ, key, statements, &db, &err));
    assert_int_equal(count(db), 1);
    assert_int_equal(add(db, "d", 1, &err), TF_E_IO); /* opened for reading */
    END_TEST;
}

static void keys(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_db *db, *none = NULL;
    const char *path = temp_path(arena, "k.db"), *plain = temp_path(arena, "p.db");
    struct stat st;
    assert_ok(tf_db_open(arena, path, TF_DB_CREATE, key, statements, &db, &err));
    assert_ok(add(db, "a", 1, &err));
    tf_db_close(db);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 077, 0); /* for its owner only */
    assert_int_equal(tf_db_open(arena, path, TF_DB_WRITE, other_key, statements, &none, &err),
                     TF_E_KEY);
    assert_true(err.help[0] != '\0');
    assert_int_equal(tf_db_open(arena, path, TF_DB_READ, NULL, statements, &none, &err), TF_E_KEY);
    assert_int_equal(tf_db_open(arena, path, TF_DB_CREATE, other_key, statements, &none, &err),
                     TF_E_KEY);
    assert_ok(tf_db_open(arena, path, TF_DB_WRITE, key, statements, &db, &err));
    assert_int_equal(count(db), 1);
    tf_db_close(db);
    assert_ok(tf_db_open(arena, plain, TF_DB_CREATE, NULL, statements, &db, &err));
    tf_db_close(db);
    assert_int_equal(tf_db_open(arena, plain, TF_DB_READ, key, statements, &none, &err), TF_E_KEY);
    assert_non_null(strstr(err.what, "not encrypted"));
    assert_int_equal(
        tf_db_open(arena, temp_path(arena, "no.db"), TF_DB_WRITE, key, statements, &none, &err),
        TF_E_IO);
    assert_null(none);
    END_TEST;
}

static bool holds(const struct tf_bytes *b, const char *what, size_t n)
{
    for (size_t k = 0; k + n <= b->n; k++)
        if (memcmp(b->data + k, what, n) == 0)
            return true;
    return false;
}

static void nothing_in_the_open(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_db *db;
    struct tf_bytes b;
    for (int sealed = 0; sealed < 2; sealed++) {
        const char *path = temp_path(arena, sealed ? "sealed.db" : "open.db");
        assert_ok(
            tf_db_open(arena, path, TF_DB_CREATE, sealed ? key : NULL, statements, &db, &err));
        for (int k = 0; k < 50; k++)
            assert_ok(add(db, tf_printf(arena, "%d", k), k, &err));
        tf_db_close(db);
        assert_ok(tf_file_read(arena, path, (size_t)1 << 24, &b, &err));
        assert_int_equal(holds(&b, secret, sizeof secret - 1), !sealed);
        assert_int_equal(holds(&b, "CREATE TABLE", 12), !sealed);
        assert_int_equal(holds(&b, (const char *)key, 16), false);
        assert_false(tf_file_exists(tf_printf(arena, "%s-journal", path)));
    }
    END_TEST;
}

static void a_flipped_bit(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_db *db;
    struct tf_stmt *q;
    struct tf_bytes b;
    enum tf_code code = TF_OK;
    const char *path = temp_path(arena, "bit.db");
    assert_ok(tf_db_open(arena, path, TF_DB_CREATE, key, statements, &db, &err));
    for (int k = 0; k < 200; k++)
        assert_ok(add(db, tf_printf(arena, "%d", k), k, &err));
    tf_db_close(db);
    assert_ok(tf_file_read(arena, path, (size_t)1 << 24, &b, &err));
    char *changed = tf_alloc(arena, b.n);
    memcpy(changed, b.data, b.n);
    changed[b.n - 2000] ^= 1;
    assert_ok(tf_file_write(path, changed, b.n, &err));
    code = tf_db_open(arena, path, TF_DB_READ, key, statements, &db, &err);
    if (code == TF_OK)
        code = tf_sql(db, "all", &q, &err);
    while (code == TF_OK && tf_step(q, &code, &err))
        continue;
    assert_int_equal(code, TF_E_IO);
    assert_non_null(strstr(err.what, "damaged"));
    END_TEST;
}

static void full_disk(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_db *db;
    struct rlimit was, small;
    enum tf_code code = TF_OK;
    const char *path = temp_path(arena, "full.db");
    assert_ok(tf_db_open(arena, path, TF_DB_CREATE, key, statements, &db, &err));
    assert_ok(add(db, "kept", 1, &err));
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small = was;
    small.rlim_cur = 20000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int k = 0; k < 1000 && code == TF_OK; k++)
        code = add(db, tf_printf(arena, "%d", k), k, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(code, TF_E_IO);
    assert_true(err.help[0] != '\0');
    const int64_t n = count(db);
    tf_db_close(db);
    assert_ok(tf_db_open(arena, path, TF_DB_WRITE, key, statements, &db, &err));
    assert_int_equal(count(db), n); /* whole, and fit for more */
    assert_ok(add(db, "more", 1, &err));
    END_TEST;
}

int main(void)
{
    struct CMUnitTest tests[12];
    size_t n = 0;
    temp_begin();
    ADD_TEST(tests, n, "values come back as they were bound", values);
    ADD_TEST(tests, n, "what is against the schema, a trigger or sense is refused", refusals);
    ADD_TEST(tests, n, "what was not committed never happened", rollback);
    ADD_TEST(tests, n, "a wrong, missing or needless key is told apart", keys);
    ADD_TEST(tests, n, "an encrypted file holds no text of its answers or tables", nothing_in_the_open);
    ADD_TEST(tests, n, "a flipped bit is damage, never another answer", a_flipped_bit);
    ADD_TEST(tests, n, "on a full disk a write fails and the store stands", full_disk);
    const int failed = _cmocka_run_group_tests("base/sql", tests, n, NULL, NULL);
    temp_end();
    return failed;
}
