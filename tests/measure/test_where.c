/* Conditions: what holds, what does not, and what cannot be read. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "measure/where.h"

struct bench {
    struct tf_guard guard;
    struct tf_err err;
    struct tf_arena *arena;
    struct tf_table *t;
};

static int set_up(void **state)
{
    static struct bench b;
    static const char csv[] = "age,q2,area,code,word\n"
                              "12,1,urban,01,a\n"  /* row 0 */
                              "15,2,rural,02,b\n"  /* row 1 */
                              "17,,urban,10,\n"    /* row 2 */
                              ",3,,x,c d\n";       /* row 3 */
    b.err = (struct tf_err){0};
    if (sodium_init() < 0 || tf_guard_begin(&b.guard, &b.err) != TF_OK)
        return -1;
    b.arena = tf_arena_new("test", (size_t)64 << 20);
    if (tf_csv_parse(b.arena, "t.csv", csv, sizeof csv - 1,
                     (struct tf_csv_opt){.guess_numbers = true}, &b.t, &b.err) != TF_OK)
        return -1;
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    tf_arena_free(b->arena);
    tf_guard_end(&b->guard);
    return 0;
}

static void conditions_hold_for_these_rows(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *text, *rows; /* one character a row: 1 holds */
    } cases[] = {
        {"", "1111"},
        {"  ", "1111"},
        {"age >= 15", "0110"},
        {"age<15", "1000"},
        {"age = 15", "0100"},
        {"age == 15", "0100"},
        {"age != 15", "1010"}, /* not the row without an age */
        {"age <> 15", "1010"},
        {"not (age = 15)", "1010"}, /* nor here */
        {"not age = 15", "1010"},
        {"15 <= age", "0110"},
        {"missing(q2)", "0010"},
        {"not missing(q2)", "1101"},
        {"MISSING(q2) OR age > 100", "0010"},
        {"q2 in (1, 3)", "1001"},
        {"q2 not in (1, 3)", "0100"},
        {"area = \"urban\"", "1010"},
        {"area = 'rural' or missing(area)", "0101"},
        {"area in ('urban', \"rural\")", "1110"},
        {"age > 12 and area = 'urban' or q2 = 3", "0011"}, /* and binds first */
        {"age > 12 and (area = 'urban' or q2 = 2)", "0110"},
        {"AGE > 12", "0110"}, /* any case, when only one fits */
        {"code = 1", "1000"}, /* a text that spells a number */
        {"code > 5", "0010"},
        {"code = '01'", "1000"},
        {"code != 1", "0111"}, /* 'x' differs from every number */
        {"word = 'c d'", "0001"},
        {"age = 1.5e1", "0100"},
        {"age > -1", "1110"},
        {"age > q2", "1100"},
        {"`age` > 12", "0110"},
        {"missing(q2) and age = 17", "0010"},
        {"q2 = 1 or age = 17", "1010"}, /* unknown or true is true */
        {"not (q2 = 1 and age = 12)", "0111"}, /* unknown and false is false */
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        bool *mask = NULL;
        char got[5] = "....";
        if (tf_where_mask(b->arena, cases[k].text, b->t, &mask, &b->err) != TF_OK)
            fail_msg("%s: %s", cases[k].text, b->err.what);
        for (size_t row = 0; row < 4; row++)
            got[row] = mask[row] ? '1' : '0';
        if (strcmp(got, cases[k].rows) != 0)
            fail_msg("%s: got %s, want %s", cases[k].text, got, cases[k].rows);
    }
}

static void a_condition_that_cannot_be_read_names_its_column(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *text;
        size_t column;
        const char *says;
    } cases[] = {
        {"age >= ", 8, "too early"},
        {"age", 4, "comparison"},
        {"age 15", 5, "comparison"},
        {"agee = 15", 1, "agee"},
        {"age = 15 q2 = 1", 10, "'and' or 'or'"},
        {"(age = 15", 1, "not closed"},
        {"age = 15)", 9, "'and' or 'or'"},
        {"area = \"urban", 8, "not closed"},
        {"q2 in 1, 3", 7, "parentheses"},
        {"q2 in (1, 3", 12, "not closed"},
        {"q2 in (age)", 8, "not variables"},
        {"age = 'old'", 1, "holds numbers"},
        {"1 = 1", 1, "neither side"},
        {"missing(3)", 1, "takes a variable"},
        {"age = 15; drop", 9, "'and' or 'or'"},
        {"age = 15 and", 13, "too early"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct tf_where *w = NULL;
        b->err = (struct tf_err){0};
        assert_int_equal(tf_where_parse(b->arena, cases[k].text, b->t, &w, &b->err), TF_E_INPUT);
        if (b->err.column != cases[k].column || strstr(b->err.what, cases[k].says) == NULL)
            fail_msg("%s: column %zu, '%s'", cases[k].text, b->err.column, b->err.what);
        assert_null(w);
    }
}

static void a_misspelt_variable_is_told_the_nearest(void **state)
{
    struct bench *b = *state;
    struct tf_where *w = NULL;
    assert_int_equal(tf_where_parse(b->arena, "aeea = 'urban'", b->t, &w, &b->err), TF_E_INPUT);
    assert_non_null(strstr(b->err.help, "area"));
}

static void nesting_and_length_have_limits(void **state)
{
    struct bench *b = *state;
    struct tf_where *w = NULL;
    struct tf_buf deep = {.arena = b->arena}, chain = {.arena = b->arena};
    for (int k = 0; k < 5000; k++)
        tf_buf_add(&deep, "(");
    assert_int_equal(tf_where_parse(b->arena, tf_buf_text(&deep), b->t, &w, &b->err), TF_E_INPUT);
    for (int k = 0; k < 5000; k++)
        tf_buf_add(&chain, "age = 1 or ");
    tf_buf_add(&chain, "age = 1");
    assert_int_equal(tf_where_parse(b->arena, tf_buf_text(&chain), b->t, &w, &b->err), TF_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        ROW(conditions_hold_for_these_rows),
        ROW(a_condition_that_cannot_be_read_names_its_column),
        ROW(a_misspelt_variable_is_told_the_nearest),
        ROW(nesting_and_length_have_limits),
#undef ROW
    };
    return cmocka_run_group_tests_name("measure: conditions", tests, NULL, NULL);
}
