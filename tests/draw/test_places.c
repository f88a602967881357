/* Segments, walks, Kish's tables, birthdays and the screened roster: what is drawn comes as often as it says,
 * what is not known is not made up, and faults have their place. */
#include "../house.h"

#include "draw/draw.h"

static size_t column(const struct tf_table *t, const char *name)
{
    const size_t at = tf_table_find(t, name);
    assert_true(at < SIZE_MAX - 1);
    return at;
}

static double number(const struct tf_table *t, const char *name, size_t row)
{
    return t->col[column(t, name)].num[row];
}

static const char *text(const struct tf_table *t, const char *name, size_t row)
{
    return t->col[column(t, name)].text[row];
}

static bool missing(const struct tf_table *t, const char *name, size_t row)
{
    return t->col[column(t, name)].miss[row] != TF_PRESENT;
}

static void a_segment_comes_in_proportion_to_its_households(void **state)
{
    (void)state;
    enum { SEEDS = 4000 };
    static const double households[] = {40, 100, 60};
    IN_HOUSE(h);
    const char *path = put_file(&h, "s.csv", "psu,segment,households\nA,1,40\nA,2,100\nA,3,60\nB,1,7\n");
    double in[3] = {0};
    for (int seed = 0; seed < SEEDS; seed++) {
        struct tf_arena *one = tf_arena_new("draw", (size_t)1 << 20);
        struct tf_table *t = NULL;
        OK(tf_segments_draw(one, path, tf_printf(one, "s%d", seed), &t, &h.err));
        assert_int_equal(t->n_rows, 2);
        const size_t k = (size_t)(text(t, "segment", 0)[0] - '1');
        in[k]++;
        assert_true(fabs(number(t, "p_segment", 0) - households[k] / 200) < 1e-15);
        assert_true(fabs(number(t, "p_segment", 1) - 1) < 1e-15);
        tf_arena_free(one);
    }
    for (size_t k = 0; k < 3; k++) {
        const double p = households[k] / 200;
        assert_true(fabs(in[k] / SEEDS - p) < 4 * sqrt(p * (1 - p) / SEEDS));
    }
    struct tf_table *t = NULL;
    OK(tf_segments_plan(h.arena, put_file(&h, "p.csv", "psu,households\nA,90\nB,260\nC,1049\n"), 200, "x",
                        &t, &h.err));
    static const double segments[] = {1, 1, 5};
    for (size_t k = 0; k < 3; k++) {
        assert_true(fabs(number(t, "segments", k) - segments[k]) < 1e-12);
        assert_true(fabs(number(t, "p_segment", k) * segments[k] - 1) < 1e-12);
        assert_true(number(t, "segment", k) >= 1 && number(t, "segment", k) <= segments[k]);
    }
    OUT_OF_HOUSE(h);
}

static void a_walk_says_what_it_knows(void **state)
{
    (void)state;
    IN_HOUSE(h);
    const char *sample = put_file(&h, "p.csv", "psu,households\nA,40\nB,400\nC,\n");
    const char *marks = put_file(&h, "m.csv", "psu,landmark,lat,lon\nA,school,1.5,2\nA,well,1,2\n"
                                              "B,market,,\nC,church,0,0\nC,clinic,0,1\nC,bridge,1,0\n");
    const struct tf_walk_opt opt = {.doors = 15, .interval = 3};
    struct tf_table *t = NULL;
    OK(tf_walk_draw(h.arena, sample, marks, opt, "XA", &t, &h.err));
    size_t rows[3] = {0, 0, 0};
    for (size_t row = 0; row < t->n_rows; row++) {
        const size_t psu = (size_t)(text(t, "psu", row)[0] - 'A');
        rows[psu]++;
        assert_true(fabs(number(t, "door", row) - (double)rows[psu]) < 1e-12);
        if (rows[psu] > 1)
            assert_true(fabs(number(t, "dwelling", row) - number(t, "dwelling", row - 1) - 3) < 1e-12);
        else
            assert_true(number(t, "dwelling", row) >= 1 && number(t, "dwelling", row) <= 3);
        if (psu == 0) { /* 45 dwellings reach over all 40: one in three, whatever the path */
            assert_string_equal(text(t, "knowledge", row), "known");
            assert_true(fabs(number(t, "p_household", row) - 1.0 / 3) < 1e-15);
            assert_true(number(t, "dwelling", row) <= 40);
            assert_true(fabs(number(t, "p_start", row) - 0.5) < 1e-15);
        } else if (psu == 1) {
            assert_string_equal(text(t, "knowledge", row), "assumed");
            assert_true(fabs(number(t, "p_household", row) - 15.0 / 400) < 1e-15);
            assert_true(missing(t, "lat", row));
        } else {
            assert_string_equal(text(t, "knowledge", row), "unknown");
            assert_true(missing(t, "p_household", row));
        }
    }
    assert_true(rows[0] >= 13 && rows[0] <= 14 && rows[1] == 15 && rows[2] == 15);
    /* a known probability is true: over seeds, each dwelling of A comes one time in three */
    enum { SEEDS = 1500 };
    double in[41] = {0};
    const char *only = put_file(&h, "one.csv", "psu,households\nA,40\n");
    for (int seed = 0; seed < SEEDS; seed++) {
        struct tf_arena *one = tf_arena_new("draw", (size_t)1 << 20);
        OK(tf_walk_draw(one, only, NULL, (struct tf_walk_opt){.doors = 15, .interval = 3, .grid = 10},
                        tf_printf(one, "w%d", seed), &t, &h.err));
        assert_true(tf_starts(text(t, "start", 0), "square "));
        for (size_t row = 0; row < t->n_rows; row++)
            in[(size_t)number(t, "dwelling", row)]++;
        tf_arena_free(one);
    }
    for (size_t k = 1; k <= 40; k++)
        assert_true(fabs(in[k] / SEEDS - 1.0 / 3) < 4.5 * sqrt(2.0 / 9 / SEEDS));
    OUT_OF_HOUSE(h);
}

static void kishs_tables_have_kishs_probabilities(void **state)
{
    (void)state;
    static const double twelfths[6][6] = {{12}, {6, 6}, {4, 4, 4}, {3, 3, 3, 3}, {2, 2, 3, 2, 3},
                                          {2, 2, 2, 2, 2, 2}};
    IN_HOUSE(h);
    for (size_t persons = 1; persons <= 6; persons++)
        for (size_t k = 1; k <= persons; k++)
            if (fabs(tf_kish_p(persons, k) * 12 - twelfths[persons - 1][k - 1]) > 1e-12)
                fail_msg("person %zu of %zu: %g twelfths", k, persons, tf_kish_p(persons, k) * 12);
    assert_true(tf_kish_p(8, 7) <= 0); /* beyond the sixth nobody comes */
    struct tf_table *t = NULL;
    OK(tf_kish_sheets(h.arena, put_file(&h, "p.csv", "psu\nA\nB\n"), 24, "XA", &t, &h.err));
    assert_int_equal(t->n_rows, 48);
    size_t of_a = 0;
    for (size_t row = 0; row < 24; row++) {
        of_a += strcmp(text(t, "table", row), "A") == 0;
        for (size_t e = 1; e <= 6; e++) {
            const double who = number(t, tf_printf(h.arena, "of_%zu", e), row);
            assert_true(who >= 1 && who <= (double)e);
        }
    }
    assert_int_equal(of_a, 4); /* two of each dozen */
    OUT_OF_HOUSE(h);
}

static void a_kish_table_picks_as_often_as_it_says(void **state)
{
    (void)state;
    enum { SEEDS = 6000 };
    IN_HOUSE(h);
    const char *path = put_file(&h, "r.csv", "psu,household,person,role,age\nA,1,a,child,12\n"
                                             "A,1,b,child,17\nA,1,c,child,13\nA,1,d,child,15\n"
                                             "A,1,e,child,14\nA,1,m,caregiver,40\n");
    static const double p_by_person[] = {3, 2, 2, 2, 3}; /* by age: b d e c a -> 2 2 3 2 3 */
    double in[5] = {0};
    for (int seed = 0; seed < SEEDS; seed++) {
        struct tf_arena *one = tf_arena_new("draw", (size_t)1 << 20);
        struct tf_table *t = NULL;
        OK(tf_dyads_draw_by(one, path, TF_WITHIN_KISH, NULL, tf_printf(one, "k%d", seed), &t, &h.err));
        assert_int_equal(t->n_rows, 1);
        const size_t k = (size_t)(text(t, "child", 0)[0] - 'a');
        in[k]++;
        assert_true(fabs(number(t, "p_child", 0) * 12 - p_by_person[k]) < 1e-12);
        assert_true(tf_starts(text(t, "rule", 0), "kish "));
        tf_arena_free(one);
    }
    for (size_t k = 0; k < 5; k++) {
        const double p = p_by_person[k] / 12;
        assert_true(fabs(in[k] / SEEDS - p) < 4.5 * sqrt(p * (1 - p) / SEEDS));
    }
    OUT_OF_HOUSE(h);
}

static void birthdays_choose_the_last_or_the_next(void **state)
{
    (void)state;
    static const struct {
        const char *name, *birthdays[3], *visit;
        char last, next;
    } cases[] = {
        {"within the year", {"01-10", "03-20", "11-05"}, "2021-03-25", 'b', 'c'},
        {"over the new year", {"02-10", "12-30", "06-01"}, "2021-01-05", 'b', 'a'},
        {"today was the last, and is a year off", {"05-05", "05-04", "05-07"}, "2021-05-05", 'a', 'c'},
        {"the 29th of February", {"2008-02-29", "2009-03-02", "2007-02-01"}, "2021-03-01", 'a', 'b'},
    };
    IN_HOUSE(h);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct tf_buf csv = {.arena = h.arena};
        struct tf_table *t = NULL;
        tf_buf_add(&csv, "psu,household,person,role,birthday\n");
        for (int k = 0; k < 3; k++)
            tf_buf_printf(&csv, "A,1,%c,child,%s\n", 'a' + k, cases[c].birthdays[k]);
        const char *path = put_file(&h, "r.csv", tf_buf_text(&csv));
        for (int next = 0; next < 2; next++) {
            OK(tf_dyads_draw_by(h.arena, path, next ? TF_WITHIN_NEXT : TF_WITHIN_LAST, cases[c].visit,
                                "XA", &t, &h.err));
            if (text(t, "child", 0)[0] != (next ? cases[c].next : cases[c].last))
                fail_msg("%s: %s", cases[c].name, text(t, "child", 0));
            assert_true(fabs(number(t, "p_child", 0) - 1.0 / 3) < 1e-15);
        }
    }
    /* twins are drawn */
    const char *twins = put_file(&h, "t.csv", "psu,household,person,role,birthday,visit\n"
                                              "A,1,a,child,01-10,2021-02-01\nA,1,b,child,01-10,2021-02-01\n");
    size_t first = 0;
    for (int seed = 0; seed < 400; seed++) {
        struct tf_table *t = NULL;
        OK(tf_dyads_draw_by(h.arena, twins, TF_WITHIN_LAST, NULL, tf_printf(h.arena, "t%d", seed), &t,
                            &h.err));
        first += text(t, "child", 0)[0] == 'a';
    }
    assert_true(first > 150 && first < 250);
    OUT_OF_HOUSE(h);
}

static void the_roster_is_a_dataset_with_weights(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_roster_opt o = {
        .roster = put_file(&h, "r.csv", "psu,household,person,role,eligible,sex,age,internet\n"
                                        "A,1,1,child,1,boy,13,1\nA,1,2,child,1,girl,18,1\n"
                                        "A,1,3,caregiver,,woman,40,1\nA,2,1,child,0,girl,15,0\n"
                                        "B,1,1,child,,girl,12,0\nB,1,2,child,,boy,17.9,\n"),
        .sample = put_file(&h, "s.csv", "psu,stratum,p_psu\nB,North,0.25\nA,South,0.5\n"),
        .households = put_file(&h, "h.csv", "psu,household,p_household\nA,1,0.1\nA,2,0.1\nB,1,0.2\n"),
        .segments = put_file(&h, "g.csv", "psu,segment,p_segment\nA,1,0.5\nB,1,1\n"),
        .min_age = 12, .max_age = 17};
    struct tf_table *t = NULL;
    OK(tf_roster_make(h.arena, &o, &t, &h.err));
    assert_int_equal(t->n_rows, 3);
    static const double weight[] = {40, 20, 20};
    for (size_t k = 0; k < 3; k++)
        assert_true(fabs(number(t, "weight", k) - weight[k]) < 1e-9);
    assert_string_equal(text(t, "stratum", 0), "South");
    assert_true(fabs(number(t, "children", 0) - 1) < 1e-12); /* one of the age, of two children */
    assert_true(fabs(number(t, "children", 1) - 2) < 1e-12);
    assert_true(fabs(number(t, "internet", 0) - 1) < 1e-12 && missing(t, "internet", 2));
    assert_string_equal(text(t, "sex", 2), "boy");
    static const struct {
        const char *name, *roster, *says;
        size_t line, column;
    } faults[] = {
        {"a household nobody drew", "psu,household,person,role,age\nA,1,1,child,13\nA,9,1,child,13\n",
         "household '9' has no probability", 3, 3},
        {"a PSU nobody drew", "psu,household,person,role,age\nZ,1,1,child,13\n",
         "PSU 'Z' has no probability", 2, 1},
        {"a child without an age", "psu,household,person,role,age\nA,1,1,child,\n", "is no age", 2, 13},
        {"a column of ours", "psu,household,person,role,age,weight\nA,1,1,child,13,2\n",
         "has a column 'weight'", 1, 31},
        {"a household in two places",
         "psu,household,person,role,age\nA,1,1,child,13\nA,2,1,child,13\nA,1,2,child,13\n",
         "stands in two places", 4, 3},
    };
    for (size_t c = 0; c < sizeof faults / sizeof faults[0]; c++) {
        o.roster = put_file(&h, "bad.csv", faults[c].roster);
        const enum tf_code code = tf_roster_make(h.arena, &o, &t, &h.err);
        if (code != TF_E_INPUT || strstr(h.err.what, faults[c].says) == NULL ||
            h.err.line != faults[c].line || h.err.column != faults[c].column)
            fail_msg("%s: %s at %zu:%zu", faults[c].name, h.err.what, h.err.line, h.err.column);
    }
    OUT_OF_HOUSE(h);
}

static void faults_on_the_way_have_their_place(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_table *t = NULL;
    const struct tf_walk_opt walk = {.doors = 5, .interval = 2};
    const char *marks = put_file(&h, "m.csv", "psu,landmark,lat,lon\nA,well,95,2\n");
    assert_int_equal(tf_walk_draw(h.arena, put_file(&h, "p.csv", "psu\nA\nB\n"), marks, walk, "x", &t,
                                  &h.err), TF_E_INPUT);
    assert_true(h.err.line == 2 && h.err.column == 8); /* lat 95 */
    marks = put_file(&h, "m.csv", "psu,landmark\nA,well\n");
    assert_int_equal(tf_walk_draw(h.arena, put_file(&h, "p.csv", "psu\nA\nB\n"), marks, walk, "x", &t,
                                  &h.err), TF_E_INPUT);
    assert_non_null(strstr(h.err.what, "no landmark is listed for the PSU 'B'"));
    assert_int_equal(h.err.line, 3);
    assert_int_equal(tf_walk_draw(h.arena, put_file(&h, "p.csv", "psu\nA\nA\n"), marks, walk, "x", &t,
                                  &h.err), TF_E_INPUT);
    assert_int_equal(tf_segments_draw(h.arena, put_file(&h, "s.csv", "psu,segment,households\nA,1,0\n"),
                                      "x", &t, &h.err), TF_E_INPUT);
    assert_true(h.err.line == 2 && h.err.column == 5);
    assert_int_equal(tf_segments_draw(h.arena, put_file(&h, "s.csv", "psu,segment,households\nA,1,3\nA,1,4\n"),
                                      "x", &t, &h.err), TF_E_INPUT);
    assert_int_equal(tf_dyads_draw_by(h.arena, put_file(&h, "r.csv", "psu,household,person,role,birthday\n"
                                                                     "A,1,a,child,13-45\n"),
                                      TF_WITHIN_LAST, "2021-01-01", "x", &t, &h.err), TF_E_INPUT);
    assert_true(h.err.line == 2 && h.err.column == 13);
    assert_int_equal(tf_dyads_draw_by(h.arena, put_file(&h, "r.csv", "psu,household,person,role,birthday\n"
                                                                     "A,1,a,child,12-25\n"),
                                      TF_WITHIN_LAST, "soon", "x", &t, &h.err), TF_E_USAGE);
    OUT_OF_HOUSE(h);
}

static void households_follow_the_hits_of_the_sample(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_buf csv = {.arena = h.arena};
    struct tf_table *t = NULL, *plain = NULL;
    tf_buf_add(&csv, "psu,household\n");
    for (int k = 0; k < 40; k++)
        tf_buf_printf(&csv, "A,%d\n", k);
    for (int k = 0; k < 30; k++)
        tf_buf_printf(&csv, "B,%d\n", k);
    const char *listing = put_file(&h, "l.csv", tf_buf_text(&csv));
    OK(tf_households_draw_for(h.arena, listing, put_file(&h, "s.csv", "psu,hits\nB,1\nA,2\n"), 5, "x", &t,
                              &h.err));
    assert_int_equal(t->n_rows, 15);
    for (size_t row = 0; row < 15; row++)
        assert_true(fabs(number(t, "p_household", row) - (row < 10 ? 10.0 / 40 : 5.0 / 30)) < 1e-15);
    OK(tf_households_draw(h.arena, listing, 5, "x", &plain, &h.err));
    for (size_t row = 0; row < 5; row++) /* hit once: the same households as without a sample */
        assert_string_equal(text(t, "household", 10 + row), text(plain, "household", 5 + row));
    assert_int_equal(tf_households_draw_for(h.arena, listing, put_file(&h, "s.csv", "psu\nA\n"), 5, "x", &t,
                                            &h.err), TF_E_INPUT);
    assert_non_null(strstr(h.err.what, "'B' was not drawn"));
    assert_int_equal(tf_households_draw_for(h.arena, listing, put_file(&h, "s.csv", "psu\nA\nB\nC\n"), 5,
                                            "x", &t, &h.err), TF_E_INPUT);
    assert_non_null(strstr(h.err.what, "'C' has no listing"));
    assert_int_equal(h.err.line, 4);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_comes_in_proportion_to_its_households),
        cmocka_unit_test(a_walk_says_what_it_knows),
        cmocka_unit_test(kishs_tables_have_kishs_probabilities),
        cmocka_unit_test(a_kish_table_picks_as_often_as_it_says),
        cmocka_unit_test(birthdays_choose_the_last_or_the_next),
        cmocka_unit_test(the_roster_is_a_dataset_with_weights),
        cmocka_unit_test(households_follow_the_hits_of_the_sample),
        cmocka_unit_test(faults_on_the_way_have_their_place),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests_name("draw: within the PSU", tests, NULL, NULL);
}
