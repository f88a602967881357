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
        {"age + 1 > 15", "0110"},
        {"age - 12 = 3", "0100"},
        {"age-12 = 3", "0100"},
        {"age * 2 + 1 = 31", "0100"}, /* products bind first */
        {"(age + 1) * 2 = 32", "0100"},
        {"((age + 1) * 2 = 32) or q2 = 1", "1100"},
        {"age - 2 - 3 = 10", "0100"}, /* from the left */
        {"age / q2 < 10", "0100"},
        {"age / (q2 - 1) > 0", "0100"}, /* a division by zero is unknown */
        {"not (age / (q2 - 1) > 0)", "0000"},
        {"-age < -14", "0110"},
        {"- -1 = q2", "1000"},
        {"abs(q2 - 3) = 1", "0100"},
        {"abs(0 - age) = age", "1110"},
        {"floor(age / 5) in (2, 3)", "1110"},
        {"floor(age / 5) not in (3)", "1000"},
        {"(age) in (12)", "1000"},
        {"age - q2 > 12", "0100"},
        {"age - q2 = age - q2", "1100"}, /* missing is not even itself */
        {"code + 1 = 3", "0100"}, /* texts that spell numbers */
        {"code * 1 != 1", "0110"}, /* 'x' is missing in arithmetic */
        {"is_number(code)", "1110"},
        {"is_number(q2)", "1101"},
        {"not is_number(age)", "0001"},
        {"age = 1.5e+1", "0100"},
        {"age > 1e1-1", "1110"},
        {"(age > 12) and (q2 = 2)", "0100"},
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
        {"area + 'x' = 2", 7, "no arithmetic"},
        {"abs('x') = q2", 1, "no arithmetic"},
        {"age + 1 = 'old'", 1, "compared with a text"},
        {"(age + 1 = 15", 1, "not closed"},
        {"(age + 1 > 15) * 2 = 1", 1, "not closed"},
        {"age + = 15", 7, "expected here"},
        {"1 + 1 = 2", 1, "neither side"},
        {"abs(age = 15", 1, "not closed"},
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

/* A mask is made many rows at a time; each row alone must say the same. */
static void a_mask_says_what_each_row_says(void **state)
{
    struct bench *b = *state;
    enum { ROWS = 1000 };
    static const char *const texts[] = {
        "age >= 14", "age <= 14", "age < 14", "age > 14", "age = 14", "age != 14", "age = q2",
        "age in (12, 13, 14)", "age not in (12, 13)", "missing(age)", "not missing(age) and q2 = 1",
        "age + q2 * 2 - 1 > 14", "age / q2 < 10", "not (age / q2 < 10)", "abs(age - 14) > q2",
        "floor(age / 5) = 2 or -q2 < -2", "age > 12 and area = 'urban' or missing(q2)",
        "not (age > 12 and area = 'x') and not q2 = 3", "code + 1 > q2", "is_number(code)",
        "code in (1, 'x') or age * 1e308 * 10 > 0", "age > 1 or q2 > 1", "age > 100 and q2 > 100",
    };
    struct tf_rng rng = tf_rng_named("test/where");
    struct tf_table *t = tf_table_new(b->arena, "t", ROWS);
    const size_t age = tf_table_add(t, "age", TF_NUMBER), q2 = tf_table_add(t, "q2", TF_NUMBER);
    const size_t area = tf_table_add(t, "area", TF_TEXT), code = tf_table_add(t, "code", TF_TEXT);
    static const char *const areas[] = {"urban", "rural", "x"}, *const codes[] = {"1", "02", "x"};
    for (size_t row = 0; row < ROWS; row++) {
        if (tf_rng_below(&rng, 5) > 0)
            t->col[age].num[row] = 10 + (double)tf_rng_below(&rng, 9), t->col[age].miss[row] = 0;
        if (tf_rng_below(&rng, 5) > 0)
            t->col[q2].num[row] = tf_rng_below(&rng, 4), t->col[q2].miss[row] = 0;
        if (tf_rng_below(&rng, 5) > 0)
            t->col[area].text[row] = areas[tf_rng_below(&rng, 3)], t->col[area].miss[row] = 0;
        if (tf_rng_below(&rng, 5) > 0)
            t->col[code].text[row] = codes[tf_rng_below(&rng, 3)], t->col[code].miss[row] = 0;
    }
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
        bool *mask = NULL;
        struct tf_where *w = NULL;
        if (tf_where_mask(b->arena, texts[k], t, &mask, &b->err) != TF_OK ||
            tf_where_parse(b->arena, texts[k], t, &w, &b->err) != TF_OK)
            fail_msg("%s: %s", texts[k], b->err.what);
        for (size_t row = 0; row < ROWS; row++)
            if (mask[row] != tf_where_holds(w, row))
                fail_msg("%s: row %zu", texts[k], row);
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
    struct tf_buf sum = {.arena = b->arena};
    for (int k = 0; k < 3000; k++)
        tf_buf_add(&sum, "age+");
    tf_buf_add(&sum, "1 > 2");
    assert_int_equal(tf_where_parse(b->arena, tf_buf_text(&sum), b->t, &w, &b->err), TF_E_INPUT);
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
        ROW(a_mask_says_what_each_row_says),
        ROW(a_misspelt_variable_is_told_the_nearest),
        ROW(nesting_and_length_have_limits),
#undef ROW
    };
    return cmocka_run_group_tests_name("measure: conditions", tests, NULL, NULL);
}
