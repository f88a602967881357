/* Memory: limits, guards, releases; and every allocation of a CSV read made to fail in turn. */
#include "ground.h"

static int released[8], n_released;

static void release(void *thing)
{
    released[n_released++] = *(int *)thing;
}

static void zeroed_and_aligned(void **state TF_UNUSED)
{
    BEGIN_TEST;
    for (size_t size = 0; size < 200000; size = size * 3 + 1) {
        unsigned char *p = tf_alloc(arena, size);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(p[k], 0);
        memset(p, 0xFF, size);
    }
    END_TEST;
}

static void last_first(void **state TF_UNUSED)
{
    BEGIN_TEST;
    static int one = 1, two = 2;
    struct tf_arena *a = tf_arena_new("short", 1000);
    n_released = 0;
    tf_arena_defer(a, release, &one);
    tf_arena_defer(a, release, &two);
    tf_arena_free(a);
    assert_int_equal(n_released, 2);
    assert_int_equal(released[0], 2);
    assert_int_equal(released[1], 1);
    END_TEST;
}

/* Runs `use` on a fresh arena of 1 MB under its own guard; returns the code it ended with. */
static enum tf_code guarded(void (*use)(struct tf_arena *), struct tf_err *reterr)
{
    struct tf_guard guard;
    if (tf_guard_begin(&guard, reterr) != TF_OK)
        return reterr->code;
    struct tf_arena *a = tf_arena_new("small", 1 << 20);
    static int mark = 7;
    tf_arena_defer(a, release, &mark);
    use(a);
    tf_arena_free(a);
    tf_guard_end(&guard);
    return TF_OK;
}

static void use_too_much(struct tf_arena *a)
{
    for (;;)
        (void)tf_alloc(a, 1000);
}

static void use_one_giant(struct tf_arena *a)
{
    (void)tf_alloc(a, SIZE_MAX - 3);
}

static void use_overflow(struct tf_arena *a)
{
    (void)tf_alloc_n(a, SIZE_MAX / 2, 16);
}

static void use_growth(struct tf_arena *a)
{
    struct tf_buf b = {.arena = a};
    for (;;)
        tf_buf_add(&b, "more and more text ");
}

static struct limit_case {
    const char *name;
    void (*use)(struct tf_arena *);
} limit_cases[] = {
    {"many small pieces reach the limit", use_too_much},
    {"one giant piece reaches the limit", use_one_giant},
    {"a product that overflows is a limit error", use_overflow},
    {"a growing text reaches the limit", use_growth},
};

static void limits(void **state)
{
    const struct limit_case *c = *state;
    BEGIN_TEST;
    n_released = 0;
    assert_int_equal(guarded(c->use, &err), TF_E_LIMIT);
    assert_non_null(strstr(err.what, "'small'"));
    assert_int_equal(n_released, 1); /* what it held was given back */
    assert_int_equal(released[0], 7);
    (void)tf_alloc(arena, 10); /* the outer guard and arena stand */
    END_TEST;
}

static enum tf_code read_csv(struct tf_err *reterr)
{
    static const char text[] = "a,b,c\n1,\"x \"\"y\"\"\",0.5\n2,z,\n";
    struct tf_guard guard;
    if (tf_guard_begin(&guard, reterr) != TF_OK)
        return reterr->code;
    struct tf_arena *a = tf_arena_new("table", (size_t)64 << 20);
    struct tf_table *t = NULL;
    enum tf_code code = tf_csv_read(a, temp_path(a, "t.csv"),
                                    (struct tf_csv_opt){.guess_numbers = true}, &t, reterr);
    if (code == TF_OK)
        code = tf_csv_parse(a, "text", text, sizeof text - 1,
                            (struct tf_csv_opt){.guess_numbers = true}, &t, reterr);
    if (code == TF_OK && (t->n_rows != 2 || t->col[2].num[0] != 0.5))
        code = TF_E_BUG;
    tf_arena_free(a);
    tf_guard_end(&guard);
    return code;
}

static void every_allocation_fails(void **state TF_UNUSED)
{
    BEGIN_TEST;
    temp_write(arena, "t.csv", "a,b\n1,2\n3,\"4\"\n", 14);
    (void)tf_arena_fail_at(0);
    assert_ok(read_csv(&err));
    const size_t n = tf_arena_fail_at(0);
    assert_in_range(n, 10, 1000);
    for (size_t k = 1; k <= n; k++) {
        struct tf_err failed = {.code = TF_OK};
        (void)tf_arena_fail_at(k);
        assert_int_equal(read_csv(&failed), TF_E_MEMORY);
        assert_int_equal(failed.code, TF_E_MEMORY);
        assert_true(failed.what[0] != '\0' && failed.help[0] != '\0');
    }
    (void)tf_arena_fail_at(n + 1);
    assert_ok(read_csv(&err));
    (void)tf_arena_fail_at(0);
    END_TEST;
}

static void growing(void **state TF_UNUSED)
{
    BEGIN_TEST;
    size_t *item = NULL, n = 0, cap = 0;
    for (; n < 1000; n++) {
        item = tf_grow(arena, item, n, &cap, sizeof *item);
        item[n] = n;
    }
    for (size_t k = 0; k < n; k++)
        assert_int_equal(item[k], k);
    assert_string_equal(tf_printf(arena, "%s-%d", "x", 12), "x-12");
    assert_string_equal(tf_strndup(arena, "abcdef", 3), "abc");
    END_TEST;
}

int main(void)
{
    struct CMUnitTest tests[16];
    size_t n = 0;
    temp_begin();
    ADD_TEST(tests, n, "memory comes zeroed and aligned", zeroed_and_aligned);
    ADD_TEST(tests, n, "releases run last first", last_first);
    ADD_TEST(tests, n, "a growing array keeps what it holds", growing);
    ADD_CASES(tests, n, limit_cases, limits);
    ADD_TEST(tests, n, "whichever allocation of a CSV read fails, the error comes back clean",
             every_allocation_fails);
    const int failed = _cmocka_run_group_tests("base/arena", tests, n, NULL, NULL);
    temp_end();
    return failed;
}
