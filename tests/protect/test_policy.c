/* The policy of a cell, as a table of sentences; the complement rule; the names authors write. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>
#include <string.h>

#include "protect/inside.h"

static const struct tf_policy dh = {.name = "dh", .counts_below = 50, .hide_from = 1, .hide_to = 4};
static const struct tf_policy dhs = {.name = "dhs", .suppress_below = 25, .flag_below = 50,
                                     .hide_from = 1, .hide_to = 4};
static const struct tf_policy never = {.name = "never"};

static const struct {
    const char *sentence;
    const struct tf_policy *p;
    bool probability, sensitive;
    double n, base, df;
    enum tf_cell_state state;
} cases[] = {
    {"a large base is shown", &dh, true, false, 160, 1000, 40, TF_CELL_SHOWN},
    {"a base of 49 prints counts", &dh, true, false, 12, 49, 40, TF_CELL_COUNT},
    {"a base of 50 prints a share", &dh, true, false, 12, 50, 40, TF_CELL_SHOWN},
    {"an empty base is not applicable", &dh, true, true, 0, 0, 40, TF_CELL_NA},
    {"a base that is not a number is not applicable", &dh, true, true, (double)NAN, (double)NAN, 40, TF_CELL_NA},
    {"one of a sensitive item is hidden", &dh, true, true, 1, 1000, 40, TF_CELL_SUPPRESSED},
    {"four of a sensitive item are hidden", &dh, true, true, 4, 1000, 40, TF_CELL_SUPPRESSED},
    {"five of a sensitive item are shown", &dh, true, true, 5, 1000, 40, TF_CELL_SHOWN},
    {"none of a sensitive item is shown", &dh, true, true, 0, 1000, 40, TF_CELL_SHOWN},
    {"all but three of a sensitive item are hidden", &dh, true, true, 97, 100, 40,
     TF_CELL_SUPPRESSED},
    {"all of a sensitive item is shown", &dh, true, true, 100, 100, 40, TF_CELL_SHOWN},
    {"three of a harmless item are shown", &dh, true, false, 3, 1000, 40, TF_CELL_SHOWN},
    {"three of a sensitive item on a small base are hidden, not counted", &dh, true, true, 3, 38, 40,
     TF_CELL_SUPPRESSED},
    {"twelve of thirty-eight are counted", &dh, true, true, 12, 38, 40, TF_CELL_COUNT},
    {"no degrees of freedom are unreliable", &dh, true, false, 60, 100, 0, TF_CELL_UNRELIABLE},
    {"unknown degrees of freedom are unreliable", &dh, true, false, 60, 100, (double)NAN, TF_CELL_UNRELIABLE},
    {"a small base needs no design", &dh, true, false, 6, 10, 0, TF_CELL_COUNT},
    {"a convenience sample is counted", &dh, false, false, 35, 50, 40, TF_CELL_COUNT},
    {"a large convenience sample is counted too", &dh, false, false, 350, 5000, 40, TF_CELL_COUNT},
    {"a convenience sample hides sensitive numerators", &dh, false, true, 2, 50, 40,
     TF_CELL_SUPPRESSED},
    {"under 25 is suppressed by the survey programmes' rule", &dhs, true, false, 12, 24, 40,
     TF_CELL_SUPPRESSED},
    {"25 to 49 stands in parentheses", &dhs, true, false, 12, 25, 40, TF_CELL_FLAGGED},
    {"50 stands without", &dhs, true, false, 12, 50, 40, TF_CELL_SHOWN},
    {"a convenience sample below 25 is suppressed as well", &dhs, false, false, 12, 24, 40,
     TF_CELL_SUPPRESSED},
    {"thresholds of zero never speak", &never, true, true, 1, 2, 1, TF_CELL_SHOWN},
};

static void test_policy(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const enum tf_cell_state got =
            tf_policy_state(cases[k].p, cases[k].probability, cases[k].sensitive, cases[k].n,
                            cases[k].base, cases[k].df);
        if (got != cases[k].state)
            print_error("%s: got %s, wanted %s\n", cases[k].sentence, tf_cell_state_word(got),
                        tf_cell_state_word(cases[k].state));
        assert_int_equal(got, cases[k].state);
    }
}

/* ---- the complement rule: a line of cells, 's' shown, 'c' suppressed, 'x' missing ---- */

static const struct {
    const char *sentence, *before, *after;
    bool whole;
    double n[6];
} lines[] = {
    {"the other of two columns goes too", "scs", "scc", true, {60, 3, 57}},
    {"of three, the one with the fewest goes", "scss", "sccs", true, {60, 3, 20, 37}},
    {"a zero is the last of the parts to go", "scss", "scsc", true, {60, 3, 0, 57}},
    {"nothing hidden, nothing lost", "sss", "sss", true, {60, 30, 30}},
    {"two hidden protect each other", "sccs", "sccs", true, {60, 3, 2, 55}},
    {"a missing part protects already", "scxs", "scxs", true, {60, 3, 0, 57}},
    {"a hidden whole takes a part with it", "css", "ccs", true, {60, 3, 57}},
    {"categories that sum to a known base need a second", "css", "ccs", false, {3, 20, 37}},
};

static void test_complement(void **state)
{
    struct tf_guard guard;
    struct tf_err err;
    (void)state;
    assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
    struct tf_arena *a = tf_arena_new("test", 1 << 20);
    for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++) {
        const size_t n = strlen(lines[k].before);
        struct tf_cell cell[6] = {{0}};
        struct tf_fact_cell fact[6];
        size_t at[6];
        const struct tf_line line = {at, n, lines[k].whole};
        for (size_t j = 0; j < n; j++) {
            cell[j].state = lines[k].before[j] == 'c'   ? TF_CELL_SUPPRESSED
                            : lines[k].before[j] == 'x' ? TF_CELL_MISSING
                                                        : TF_CELL_SHOWN;
            fact[j] = (struct tf_fact_cell){&cell[j], NULL, lines[k].n[j]};
            at[j] = j;
        }
        (void)tf_secondary(a, fact, n, &line, 1);
        for (size_t j = 0; j < n; j++) {
            const char got = cell[j].state == TF_CELL_SUPPRESSED ? 'c'
                             : cell[j].state == TF_CELL_MISSING  ? 'x'
                                                                 : 's';
            if (got != lines[k].after[j])
                print_error("%s: cell %zu is %c\n", lines[k].sentence, j, got);
            assert_int_equal(got, lines[k].after[j]);
        }
    }
    tf_arena_free(a);
    tf_guard_end(&guard);
}

/* The same fact in two figures is hidden in both, and its new line gets its partner. */
static void test_same_fact(void **state)
{
    struct tf_guard guard;
    struct tf_err err;
    struct tf_cell cell[6] = {{0}};
    struct tf_fact_cell fact[6];
    size_t first[] = {0, 1, 2}, second[] = {3, 4, 5};
    const struct tf_line line[] = {{first, 3, true}, {second, 3, true}};
    static const char *const same[] = {"t", "boys", "girls", "t", "boys", "girls"};
    (void)state;
    assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
    struct tf_arena *a = tf_arena_new("test", 1 << 20);
    for (size_t k = 0; k < 6; k++)
        fact[k] = (struct tf_fact_cell){&cell[k], same[k], 10};
    cell[1].state = TF_CELL_SUPPRESSED;
    assert_int_equal(tf_secondary(a, fact, 6, line, 2), 3);
    for (size_t k = 0; k < 6; k++)
        assert_int_equal(cell[k].state, k % 3 == 0 ? TF_CELL_SHOWN : TF_CELL_SUPPRESSED);
    tf_arena_free(a);
    tf_guard_end(&guard);
}

/* ---- names ---- */

static struct tf_cell named[] = {
    {.row = "exp_a", .row_label = "Sexual images without consent", .col = "total"},
    {.row = "exp_a", .row_label = "Sexual images without consent", .col = "sex=1", .col_label = "Boys"},
    {.row = "exp_a", .row_label = "Sexual images without consent", .col = "sex=2", .col_label = "Girls"},
    {.row = "ocsea_any", .row_label = "Any", .col = "total"},
    {.row = "b1.1", .row_label = "Daily", .col = "total"},
    {.row = "b1.2", .row_label = "Weekly", .col = "total"},
    {.row = "total", .row_label = "Total", .col = "2019", .col_label = "2019"},
};
static const struct {
    const char *sentence, *row, *col;
    int at; /* -1 = none */
} names[] = {
    {"a row as it is, the total by default", "exp_a", NULL, 0},
    {"the total by name", "exp_a", "total", 0},
    {"a column by code", "exp_a", "sex=2", 2},
    {"a column by its label", "exp_a", "sex=girls", 2},
    {"a column by its label in the singular", "exp_a", "sex=girl", 2},
    {"a column by the label alone", "exp_a", "girls", 2},
    {"case does not matter", "EXP_A", "Sex=Boy", 1},
    {"a row by its slug", "ocsea-any", NULL, 3},
    {"a row without its prefix", "a", NULL, 0},
    {"a category by its code", "b1.2", NULL, 5},
    {"a category by its label", "b1.weekly", NULL, 5},
    {"a period", "total", "2019", 6},
    {"an unknown row is none", "exp_z", NULL, -1},
    {"an unknown column is none", "exp_a", "sex=9", -1},
    {"a column of another row is none", "ocsea_any", "sex=2", -1},
};

static void test_names(void **state)
{
    const struct tf_figure f = {.id = "exp", .cell = named, .n_cells = sizeof named / sizeof named[0]};
    (void)state;
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        const struct tf_cell *c = tf_figure_cell(&f, names[k].row, names[k].col);
        const struct tf_cell *want = names[k].at < 0 ? NULL : &named[names[k].at];
        if (c != want)
            print_error("%s\n", names[k].sentence);
        assert_ptr_equal(c, want);
    }
}

static void test_card_ids(void **state)
{
    struct tf_guard guard;
    struct tf_err err;
    (void)state;
    assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
    struct tf_arena *a = tf_arena_new("test", 1 << 20);
    assert_string_equal(tf_release_card_id(a, "exp", "ocsea_any", "sex=2"), "ev-exp-ocsea-any-sex-2");
    assert_string_equal(tf_release_card_id(a, "exp", "exp_a", "total"), "ev-exp-exp-a");
    assert_string_equal(tf_release_quote_card_id(a, "Q-XA-01"), "ev-quote-q-xa-01");
    assert_string_equal(tf_release_law_card_id(a, "L-XA-03"), "ev-law-l-xa-03");
    tf_arena_free(a);
    tf_guard_end(&guard);
}

static const struct {
    const char *attribution, *printed;
} levels[] = {{"code", "Justice professional, RA4-XA-07-J"},
              {"institution", "Ministry of Justice"},
              {"role", "Justice professional"},
              {"none", "Participant"}};

static void test_attribution(void **state)
{
    struct tf_guard guard;
    struct tf_err err;
    (void)state;
    assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
    struct tf_arena *a = tf_arena_new("test", 1 << 20);
    for (size_t k = 0; k < sizeof levels / sizeof levels[0]; k++) {
        const struct tf_participant p = {.id = "RA4-XA-07-J", .role = "justice professional",
                                         .institution = "Ministry of Justice",
                                         .attribution = levels[k].attribution};
        assert_string_equal(tf_attribution(a, &p), levels[k].printed);
    }
    tf_arena_free(a);
    tf_guard_end(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy),    cmocka_unit_test(test_complement),
        cmocka_unit_test(test_same_fact), cmocka_unit_test(test_names),
        cmocka_unit_test(test_card_ids),  cmocka_unit_test(test_attribution),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
