/* Designs that cannot be, raking that cannot be, and what is said of them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "measure/inside.h"

struct bench {
    struct tf_guard guard;
    struct tf_err err;
    struct tf_arena *arena;
};

static int set_up(void **state)
{
    static struct bench b;
    b.err = (struct tf_err){0};
    if (sodium_init() < 0 || tf_guard_begin(&b.guard, &b.err) != TF_OK)
        return -1;
    b.arena = tf_arena_new("test", (size_t)64 << 20);
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

static struct tf_table *table(struct bench *b, const char *csv)
{
    struct tf_table *t = NULL;
    assert_int_equal(tf_csv_parse(b->arena, "t.csv", csv, strlen(csv),
                                  (struct tf_csv_opt){.guess_numbers = true}, &t, &b->err),
                     TF_OK);
    return t;
}

static enum tf_code make(struct bench *b, const char *csv, bool nest, enum tf_lonely lonely,
                         struct tf_design **ret)
{
    static const char *stratum[] = {"h"}, *psu[] = {"i"};
    const struct tf_design_spec spec = {.weight = "w", .stratum = stratum, .n_strata = 1,
                                        .psu = psu, .n_psu = 1, .nest = nest, .lonely = lonely};
    return tf_design_make(b->arena, table(b, csv), &spec, ret, &b->err);
}

static void a_faulty_design_is_refused_with_its_row(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *name, *csv, *says;
        bool nest;
    } cases[] = {
        {"weight zero", "h,i,w\n1,1,1\n1,2,0\n", "row 2", true},
        {"weight negative", "h,i,w\n1,1,1\n1,2,-2\n", "row 2", true},
        {"weight missing", "h,i,w\n1,1,1\n1,2,1\n1,2,\n", "row 3", true},
        {"weight a word", "h,i,w\n1,1,one\n1,2,1\n", "row 1", true},
        {"stratum missing", "h,i,w\n1,1,1\n,2,1\n", "no stratum", true},
        {"PSU missing", "h,i,w\n1,1,1\n1,,1\n", "no PSU", true},
        {"PSU in two strata", "h,i,w\n1,1,1\n1,2,1\n2,1,1\n2,3,1\n", "two strata", false},
        {"lonely PSU", "h,i,w\n1,1,1\n1,2,1\n2,1,1\n", "h = 2", true},
        {"no rows", "h,i,w\n", "no cases", true},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct tf_design *d = NULL;
        assert_int_equal(make(b, cases[k].csv, cases[k].nest, TF_LONELY_ERROR, &d), TF_E_DESIGN);
        if (strstr(b->err.what, cases[k].says) == NULL || b->err.help[0] == '\0')
            fail_msg("%s: '%s'", cases[k].name, b->err.what);
        assert_null(d);
    }
}

static void psu_codes_count_within_their_stratum(void **state)
{
    struct bench *b = *state;
    struct tf_design *d = NULL;
    assert_int_equal(make(b, "h,i,w\n1,1,1\n1,2,1\n2,1,1\n2,2,1\n2,2,2\n", true, TF_LONELY_ERROR,
                          &d), TF_OK);
    assert_int_equal(d->n_strata, 2);
    assert_int_equal(d->n_psu, 4);
    assert_int_equal(d->stratum_psus[0], 2);
    assert_int_equal(d->psu_stratum[3], 1);
}

static void an_estimate_of_nothing_is_nothing(void **state)
{
    struct bench *b = *state;
    struct tf_table *t = table(b, "h,i,w,y\n1,1,1,\n1,2,1,\n1,3,2,1\n");
    struct tf_design *d = NULL;
    struct tf_estimate *e = NULL;
    size_t n = 0;
    static const char *stratum[] = {"h"}, *psu[] = {"i"};
    const struct tf_design_spec spec = {.weight = "w", .stratum = stratum, .n_strata = 1,
                                        .psu = psu, .n_psu = 1, .nest = true};
    const bool where[] = {true, true, false};
    assert_int_equal(tf_design_make(b->arena, t, &spec, &d, &b->err), TF_OK);
    assert_int_equal(tf_estimate(b->arena, d, t, "y", NULL, 0,
                                 (struct tf_estimate_opt){.level = 0.95, .where = where}, &e, &n,
                                 &b->err), TF_OK);
    assert_int_equal(n, 1);
    assert_int_equal(e[0].base, 0);
    assert_true(isnan(e[0].estimate) && isnan(e[0].se));
    assert_string_equal(tf_estimate_flags(b->arena, e[0].flags)[0], "empty");
}

static void raking_that_cannot_be_is_refused(void **state)
{
    struct bench *b = *state;
    struct tf_table *t = table(b, "sex,area,w\n1,a,1\n1,b,1\n2,a,1\n2,,1\n");
    struct tf_table *hole = table(b, "sex,area\n1,a\n2,b\n");
    const char *sex[] = {"1", "2", "3"}, *area[] = {"a", "b"};
    double even[] = {10, 10, 5}, odd[] = {5, 15}, w[] = {1, 1, 1, 1}, gap;
    size_t sweeps;
    struct tf_margin m[2] = {{.var = "sex", .category = sex, .total = even, .n = 3},
                             {.var = "area", .category = area, .total = even, .n = 2}};
    assert_int_equal(tf_rake(b->arena, t, w, m, 1, 1e-9, 10, &gap, &sweeps, &b->err), TF_E_DESIGN);
    assert_non_null(strstr(b->err.what, "sex = 3")); /* persons and no case */
    m[0].n = 1;
    assert_int_equal(tf_rake(b->arena, t, w, m, 1, 1e-9, 10, &gap, &sweeps, &b->err), TF_E_DESIGN);
    assert_non_null(strstr(b->err.what, "sex = 2")); /* cases and no total */
    m[0].n = 2;
    assert_int_equal(tf_rake(b->arena, t, w, m, 2, 1e-9, 10, &gap, &sweeps, &b->err), TF_E_DESIGN);
    assert_non_null(strstr(b->err.what, "row 4")); /* a case without a category */
    m[1].total = odd;
    assert_int_equal(tf_rake(b->arena, hole, w, m, 2, 1e-9, 50, &gap, &sweeps, &b->err),
                     TF_E_CONVERGE); /* margins that contradict each other */
    assert_true(w[0] >= 1 && w[0] <= 1); /* untouched */
}

static void text_codes_become_numbers_unless_digits_are_lost(void **state)
{
    struct bench *b = *state;
    static const char csv[] = "a,b,c,d,e\n1,007,1,1,NA\n 2,008,x,NA,XA\n,009,3,3,XA\n";
    struct tf_table *t = NULL;
    assert_int_equal(tf_csv_parse(b->arena, "t.csv", csv, sizeof csv - 1, (struct tf_csv_opt){0},
                                  &t, &b->err), TF_OK);
    tf_measure_tidy(t, NULL, 0);
    assert_int_equal(t->col[0].type, TF_NUMBER);
    assert_int_equal(t->col[1].type, TF_TEXT);
    assert_int_equal(t->col[2].type, TF_TEXT);
    assert_int_equal(t->col[3].type, TF_NUMBER); /* NA among numbers is missing, as R writes it */
    assert_true(tf_value_missing(&t->col[3], 1));
    assert_int_equal(t->col[4].type, TF_TEXT); /* among words it is a word */
    assert_false(tf_value_missing(&t->col[4], 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        ROW(a_faulty_design_is_refused_with_its_row),
        ROW(psu_codes_count_within_their_stratum),
        ROW(an_estimate_of_nothing_is_nothing),
        ROW(raking_that_cannot_be_is_refused),
        ROW(text_codes_become_numbers_unless_digits_are_lost),
#undef ROW
    };
    return cmocka_run_group_tests_name("measure: designs", tests, NULL, NULL);
}
