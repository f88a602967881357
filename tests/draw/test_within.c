/* Households from a listing, one child and one caregiver from a household: probabilities that come
 * true over many seeds, draws that do not disturb each other, errors with their place. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "draw/draw.h"

struct bench {
    struct tf_guard guard;
    struct tf_err err;
    struct tf_arena *arena;
    char path[64];
};

static int set_up(void **state)
{
    static struct bench b;
    b.err = (struct tf_err){0};
    (void)snprintf(b.path, sizeof b.path, "/tmp/trefoil-within-%ld.csv", (long)getpid());
    if (sodium_init() < 0 || tf_guard_begin(&b.guard, &b.err) != TF_OK)
        return -1;
    b.arena = tf_arena_new("test", (size_t)512 << 20);
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    tf_arena_free(b->arena);
    tf_guard_end(&b->guard);
    (void)unlink(b->path);
    return 0;
}

static void put(struct bench *b, const char *csv)
{
    assert_int_equal(tf_file_write(b->path, csv, strlen(csv), &b->err), TF_OK);
}

static void each_household_is_drawn_as_often_as_it_says(void **state)
{
    struct bench *b = *state;
    struct tf_buf csv = {.arena = b->arena};
    double drawn[7] = {0};
    enum { SEEDS = 3000 };
    tf_buf_add(&csv, "psu,household\n");
    for (int k = 0; k < 7; k++)
        tf_buf_printf(&csv, "A,%d\n", k);
    tf_buf_add(&csv, "B,0\nB,1\n");
    put(b, tf_buf_text(&csv));
    for (int seed = 0; seed < SEEDS; seed++) {
        struct tf_table *t = NULL;
        size_t from_a = 0;
        assert_int_equal(tf_households_draw(b->arena, b->path, 3, tf_printf(b->arena, "s%d", seed),
                                            &t, &b->err),
                         TF_OK);
        for (size_t row = 0; row < t->n_rows; row++) {
            if (strcmp(t->col[0].text[row], "A") != 0) {
                assert_float_equal(t->col[3].num[row], 1, 0); /* two listed, three wanted: all */
                continue;
            }
            assert_float_equal(t->col[3].num[row], 3.0 / 7, 1e-15);
            drawn[t->col[1].text[row][0] - '0']++;
            from_a++;
        }
        assert_int_equal(from_a, 3);
        assert_int_equal(t->n_rows, 5);
    }
    for (int k = 0; k < 7; k++) /* four standard errors of a share of 3/7 over the seeds */
        assert_true(fabs(drawn[k] / SEEDS - 3.0 / 7) < 4 * sqrt(3.0 / 7 * 4 / 7 / SEEDS));
}

static const char ROSTER[] = "psu,household,person,role,eligible\n"
                             "A,1,a,child,1\nA,1,b,child,1\nA,1,c,child,0\nA,1,m,caregiver,\n"
                             "A,1,f,caregiver,1\nA,1,g,other,\n"
                             "A,2,d,child,0\nA,2,n,caregiver,1\n"
                             "A,3,e,child,1\n";

static void one_child_and_one_caregiver_with_their_probabilities(void **state)
{
    struct bench *b = *state;
    struct tf_table *t = NULL;
    int first = 0, mother = 0;
    enum { SEEDS = 2000 };
    put(b, ROSTER);
    for (int seed = 0; seed < SEEDS; seed++) {
        assert_int_equal(tf_dyads_draw(b->arena, b->path, tf_printf(b->arena, "s%d", seed), &t,
                                       &b->err),
                         TF_OK);
        assert_int_equal(t->n_rows, 2); /* household 2 has no eligible child */
        assert_string_not_equal(t->col[2].text[0], "c");
        first += strcmp(t->col[2].text[0], "a") == 0;
        mother += strcmp(t->col[3].text[0], "m") == 0;
    }
    assert_float_equal(t->col[5].num[0], 0.5, 0);
    assert_float_equal(t->col[8].num[0], 0.25, 0);
    assert_string_equal(t->col[2].text[1], "e");
    assert_int_equal(t->col[3].miss[1], TF_MISS_SYSTEM);
    assert_int_equal(t->col[8].miss[1], TF_MISS_SYSTEM);
    assert_true(fabs((double)first / SEEDS - 0.5) < 4 * sqrt(0.25 / SEEDS));
    assert_true(fabs((double)mother / SEEDS - 0.5) < 4 * sqrt(0.25 / SEEDS));
}

static void another_household_changes_no_draw(void **state)
{
    struct bench *b = *state;
    struct tf_table *alone = NULL, *with = NULL;
    put(b, ROSTER);
    assert_int_equal(tf_dyads_draw(b->arena, b->path, "team", &alone, &b->err), TF_OK);
    put(b, tf_printf(b->arena, "%sA,4,x,child,1\nA,4,y,child,1\n", ROSTER));
    assert_int_equal(tf_dyads_draw(b->arena, b->path, "team", &with, &b->err), TF_OK);
    assert_int_equal(with->n_rows, 3);
    for (size_t row = 0; row < 2; row++)
        for (size_t c = 2; c < 4; c++)
            assert_string_equal(alone->col[c].text[row], with->col[c].text[row]);
}

static void faults_are_told_with_their_place(void **state)
{
    static const struct {
        const char *name, *csv, *says;
        size_t line, column;
    } cases[] = {
        {"a role nobody has", "psu,household,person,role\nA,1,a,uncle\n", "the role is 'uncle'", 2, 7},
        {"a household in two places",
         "psu,household,person,role\nA,1,a,child\nA,2,b,child\nA,1,c,child\n",
         "household '1' stands in two places", 4, 3},
        {"eligible is neither 0 nor 1", "psu,household,person,role,eligible\nA,1,a,child,yes\n",
         "eligible is 'yes'", 2, 13},
        {"no role column", "psu,household,person\nA,1,a\n", "role", 1, 0},
    };
    struct bench *b = *state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct tf_table *t = NULL;
        put(b, cases[k].csv);
        const enum tf_code code = tf_dyads_draw(b->arena, b->path, "s", &t, &b->err);
        if (code != TF_E_INPUT || strstr(b->err.what, cases[k].says) == NULL ||
            b->err.line != cases[k].line ||
            (cases[k].column != 0 && b->err.column != cases[k].column))
            fail_msg("%s: %s at %zu:%zu", cases[k].name, b->err.what, b->err.line, b->err.column);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_household_is_drawn_as_often_as_it_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_child_and_one_caregiver_with_their_probabilities, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(another_household_changes_no_draw, set_up, tear_down),
        cmocka_unit_test_setup_teardown(faults_are_told_with_their_place, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
