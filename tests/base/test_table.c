/* Tables: finding, missing values, conversion, hashes. */
#include "ground.h"

#include <math.h>

static struct tf_table *sample(struct tf_arena *arena)
{
    static const char text[] = "Q1,q1,Weight,Note\n1,5,1.5,a\n9,6,2.5,\n2,7,,c\n";
    struct tf_table *t = NULL;
    struct tf_err err;
    if (tf_csv_parse(arena, "child", text, strlen(text), (struct tf_csv_opt){.guess_numbers = true},
                     &t, &err) != TF_OK)
        fail_msg("%s", err.what);
    return t;
}

static void finding(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_table *t = sample(arena);
    size_t at = 99;
    assert_int_equal(tf_table_find(t, "q1"), 1);
    assert_int_equal(tf_table_find(t, "weight"), 2);
    assert_int_equal(tf_table_find(t, "psu"), SIZE_MAX);
    (void)tf_table_add(t, "NOTE", TF_TEXT);
    assert_int_equal(tf_table_find(t, "note"), SIZE_MAX - 1);
    assert_int_equal(tf_table_need(t, "note", &at, &err), TF_E_INPUT);
    assert_non_null(strstr(err.what, "several"));
    assert_int_equal(tf_table_need(t, "wieght", &at, &err), TF_E_INPUT);
    assert_non_null(strstr(err.help, "'Weight'"));
    assert_int_equal(at, 99);
    assert_ok(tf_table_need(t, "Q1", &at, &err));
    assert_int_equal(at, 0);
    END_TEST;
}

static void missing(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_table *t = sample(arena);
    assert_int_equal(t->col[2].miss[2], TF_MISS_SYSTEM);
    assert_true(isnan(t->col[2].num[2]));
    tf_column_missing(t, 0, 9, TF_MISS_DONT_KNOW);
    assert_int_equal(t->col[0].miss[1], TF_MISS_DONT_KNOW);
    assert_true(isnan(t->col[0].num[1]));
    assert_true(t->col[0].num[2] == 2);
    tf_column_missing(t, 3, 9, TF_MISS_REFUSED); /* a text column: nothing happens */
    assert_int_equal(t->col[3].miss[0], TF_PRESENT);
    END_TEST;
}

static void words(void **state TF_UNUSED)
{
    enum tf_miss back = TF_PRESENT;
    for (unsigned k = 0; k < TF_N_MISS; k++) {
        assert_true(tf_miss_named(tf_miss_word((enum tf_miss)k), &back));
        assert_int_equal(back, k);
        assert_true(tf_miss_plain((enum tf_miss)k)[0] != '\0');
    }
    assert_string_equal(tf_miss_word(TF_MISS_DONT_KNOW), "dont_know");
    assert_string_equal(tf_miss_plain(TF_MISS_NOT_RECORDED), "not recorded by the source");
    assert_false(tf_miss_named("lost in the post", &back));
    assert_false(tf_miss_named(NULL, &back));
}

static void conversion(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_table *t = tf_table_new(arena, "t", 3);
    const size_t at = tf_table_add(t, "x", TF_TEXT);
    static const char *const values[] = {" 1 ", "  ", "2.5"};
    struct tf_label labels[] = {{.text = "1", .label = "yes"}, {.text = "", .label = "none"}};
    for (size_t row = 0; row < 3; row++) {
        t->col[at].text[row] = values[row];
        t->col[at].miss[row] = TF_PRESENT;
    }
    t->col[at].labels = labels;
    t->col[at].n_labels = 2;
    assert_true(tf_column_to_number(t, at));
    assert_int_equal(t->col[at].type, TF_NUMBER);
    assert_null(t->col[at].text);
    assert_true(t->col[at].num[2] == 2.5);
    assert_int_equal(t->col[at].miss[1], TF_MISS_SYSTEM);
    assert_string_equal(tf_column_label(&t->col[at], 1), "yes");
    assert_null(tf_column_label(&t->col[at], 2.5));
    assert_false(tf_column_to_number(t, at)); /* it is one */
    const size_t text = tf_table_add(t, "y", TF_TEXT);
    assert_false(tf_column_to_number(t, text)); /* nothing there to judge by */
    t->col[text].text[0] = "1";
    t->col[text].miss[0] = TF_PRESENT;
    t->col[text].text[1] = "one";
    t->col[text].miss[1] = TF_PRESENT;
    assert_false(tf_column_to_number(t, text));
    t->col[text].text[1] = "01"; /* with "1" another code: as numbers they would be one */
    assert_false(tf_column_to_number(t, text));
    END_TEST;
}

static void keeping_rows(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_table *t = sample(arena);
    struct tf_buf out = {.arena = arena};
    tf_table_keep_rows(t, (const bool[]){true, false, true});
    tf_table_csv(t, &out);
    assert_string_equal(out.s, "Q1,q1,Weight,Note\n1,5,1.5,a\n2,7,,c\n");
    END_TEST;
}

static void hashing(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_table *a = sample(arena), *b = sample(arena);
    assert_string_equal(tf_table_hash(a).hex, tf_table_hash(b).hex);
    tf_column_missing(b, 0, 9, TF_MISS_DONT_KNOW);
    tf_column_missing(a, 0, 9, TF_MISS_REFUSED);
    assert_string_not_equal(tf_table_hash(a).hex, tf_table_hash(b).hex);
    a = sample(arena);
    b = sample(arena);
    b->col[0].label = "a question";
    assert_string_not_equal(tf_table_hash(a).hex, tf_table_hash(b).hex);
    b = sample(arena);
    b->col[3].text[0] = "b";
    assert_string_not_equal(tf_table_hash(a).hex, tf_table_hash(b).hex);
    END_TEST;
}

int main(void)
{
    struct CMUnitTest tests[8];
    size_t n = 0;
    temp_begin();
    ADD_TEST(tests, n, "columns are found by name, near names are offered", finding);
    ADD_TEST(tests, n, "codes become typed missing values", missing);
    ADD_TEST(tests, n, "every reason has a word that leads back to it", words);
    ADD_TEST(tests, n, "texts of numbers become numbers, with their labels", conversion);
    ADD_TEST(tests, n, "rows are kept in order", keeping_rows);
    ADD_TEST(tests, n, "equal content has an equal hash, other content another", hashing);
    const int failed = _cmocka_run_group_tests("base/table", tests, n, NULL, NULL);
    temp_end();
    return failed;
}
