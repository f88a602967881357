/* Faults found in delivered data, and rules applied to the cell. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "measure/clean.h"

static struct tf_arena *arena;
static const char *path;

static int set_up(void **state)
{
    (void)state;
    arena = tf_arena_new("test", (size_t)64 << 20);
    path = tf_printf(arena, "/tmp/tf-clean-%d.yaml", (int)getpid());
    return 0;
}
static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    tf_arena_free(arena);
    return 0;
}

static const char *rules(const char *lines)
{
    struct tf_err e;
    const char *text = tf_printf(arena, "rules:\n%s", lines);
    assert_int_equal(tf_file_write(path, text, strlen(text), &e), TF_OK);
    return path;
}

static struct tf_table *table(const char *csv)
{
    struct tf_table *t = NULL;
    struct tf_err e = {0};
    if (tf_csv_parse(arena, "d.csv", csv, strlen(csv), (struct tf_csv_opt){.guess_numbers = true},
                     &t, &e) != TF_OK)
        fail_msg("%s", e.what);
    return t;
}

/* ---- applying ---------------------------------------------------------------------------------- */

static const char data[] = "id,area,lang,q1,q2,w,who\n"
                           "a,urban ,en,1,1,1.5,I1\n"
                           "b, rural,lb,2,3,,I1\n"
                           "a,urban,en,3,2,1,I2\n"
                           "c,urban,lb,2,888,2,I2\n";

struct applied {
    const char *name, *rule;
    size_t rows, cells, left;
    const char *as, *csv; /* the table after, or NULL */
};
static const struct applied applies[] = {
    {"trim takes the blanks of one variable", "- {rule: trim, vars: [area], why: w}\n", 0, 2, 4, NULL,
     "id,area,lang,q1,q2,w,who\na,urban,en,1,1,1.5,I1\nb,rural,lb,2,3,,I1\na,urban,en,3,2,1,I2\nc,urban,lb,2,888,2,I2\n"},
    {"trim all means every text", "- {rule: trim, vars: all, why: w}\n", 0, 2, 4, NULL, NULL},
    {"the first of two rows with an id stays", "- {rule: drop_duplicates, id: id, keep: first, why: w}\n", 1, 0, 3, "duplicate",
     "id,area,lang,q1,q2,w,who\na,urban ,en,1,1,1.5,I1\nb, rural,lb,2,3,,I1\nc,urban,lb,2,888,2,I2\n"},
    {"or the last", "- {rule: drop_duplicates, id: id, keep: last, why: w}\n", 1, 0, 3, "duplicate",
     "id,area,lang,q1,q2,w,who\nb, rural,lb,2,3,,I1\na,urban,en,3,2,1,I2\nc,urban,lb,2,888,2,I2\n"},
    {"codes change all at once", "- {rule: recode, vars: [q1], map: {1: 1, 2: 3, 3: 2}, why: w}\n", 0, 3, 4, NULL,
     "id,area,lang,q1,q2,w,who\na,urban ,en,1,1,1.5,I1\nb, rural,lb,3,3,,I1\na,urban,en,2,2,1,I2\nc,urban,lb,3,888,2,I2\n"},
    {"texts are recoded too", "- {rule: recode, vars: [lang], map: {lb: xx}, why: w}\n", 0, 2, 4, NULL, NULL},
    {"an item is void where the condition holds", "- {rule: void, vars: [q2], where: 'lang = \"lb\"', why: w}\n", 0, 2, 4, "void",
     "id,area,lang,q1,q2,w,who\na,urban ,en,1,1,1.5,I1\nb, rural,lb,2,,,I1\na,urban,en,3,2,1,I2\nc,urban,lb,2,,2,I2\n"},
    {"rows go under a name", "- {rule: drop, where: 'who = \"I2\" and q1 = 3', as: broken_off, why: w}\n", 1, 0, 3, "broken_off", NULL},
    {"rows without a weight go", "- {rule: drop_unweighted, weight: w, why: w}\n", 1, 0, 3, "no_weight", NULL},
    {"a rule for the country runs", "- {rule: drop, where: 'q1 = 1', countries: [XA], why: w}\n", 1, 0, 3, "dropped", NULL},
};

static void every_rule_has_its_exact_effect(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof applies / sizeof applies[0]; k++) {
        const struct applied *a = &applies[k];
        struct tf_table *t = table(data);
        struct tf_cleaning *c;
        struct tf_err e = {0};
        struct tf_buf csv = {.arena = arena};
        if (tf_clean_apply(arena, rules(a->rule), "XA", t, &c, &e) != TF_OK)
            fail_msg("%s: %s", a->name, e.what);
        assert_int_equal(c->n, 1);
        assert_int_equal(c->rows_before, 4);
        tf_table_csv(t, &csv);
        const struct tf_clean_effect *f = &c->effect[0];
        if (f->rows != a->rows || f->cells != a->cells || f->rows_left != a->left ||
            c->rows_after != a->left || t->n_rows != a->left || !tf_streq(f->as, a->as) ||
            f->line != 2 || (a->csv != NULL && strcmp(a->csv, tf_buf_text(&csv)) != 0))
            fail_msg("%s: rows %zu cells %zu left %zu as %s\n%s", a->name, f->rows, f->cells,
                     f->rows_left, f->as == NULL ? "-" : f->as, tf_buf_text(&csv));
    }
}

static void rules_run_in_order_and_only_in_their_countries(void **state)
{
    (void)state;
    struct tf_table *t = table(data);
    struct tf_cleaning *c;
    struct tf_err e = {0};
    const char *file = rules("- {rule: trim, vars: [area], why: a}\n"
                             "- {rule: drop, where: 'area = \"rural\"', countries: [XB], why: b}\n"
                             "- {rule: drop, where: 'area = \"urban\"', why: c}\n");
    assert_int_equal(tf_clean_apply(arena, file, "XA", t, &c, &e), TF_OK);
    assert_int_equal(c->n, 2);
    assert_int_equal(c->effect[1].rows, 3); /* the padded one too: it was trimmed before */
    assert_int_equal(c->effect[1].line, 4);
    assert_int_equal(t->n_rows, 1);
    assert_int_equal(tf_clean_apply(arena, NULL, "XA", t, &c, &e), TF_OK);
    assert_int_equal(c->n, 0);
    t = table(data);
    assert_int_equal(tf_clean_apply(arena, rules("- {rule: void, vars: [q2], where: 'lang = \"lb\"', why: w}\n"),
                                    "XA", t, &c, &e), TF_OK);
    assert_int_equal(t->col[4].miss[1], TF_MISS_VOID);
    assert_true((t->col[4].flags & TF_VOID_ITEM) != 0 && isnan(t->col[4].num[1]));
}

static void every_bad_rule_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *name, *rule;
        size_t line, column;
        const char *says;
    } bads[] = {
        {"an unknown rule names the nearest", "- {rule: trimm, vars: [area], why: w}\n", 2, 10, "Did you mean 'trim'"},
        {"an unknown key", "- {rule: trim, vars: [area], whi: w}\n", 2, 30, "why"},
        {"a rule without a reason", "- {rule: trim, vars: [area]}\n", 2, 3, "why"},
        {"an unknown variable names the nearest", "- {rule: trim, vars: [aera], why: w}\n", 2, 23, "Did you mean 'area'"},
        {"no variables", "- {rule: trim, why: w}\n", 2, 3, "names no variables"},
        {"a condition that cannot be read", "- {rule: drop, where: 'q1 = (', why: w}\n", 2, 23, ""},
        {"a condition on an unknown variable", "- {rule: drop, where: 'q9 = 1', why: w}\n", 2, 23, "q9"},
        {"an unknown id", "- {rule: drop_duplicates, id: child, why: w}\n", 2, 31, "child"},
        {"a row to keep that is none", "- {rule: drop_duplicates, id: id, keep: frist, why: w}\n", 2, 41, "first"},
        {"a map that is none", "- {rule: recode, vars: [q1], map: 3, why: w}\n", 2, 35, "no map"},
        {"a code that is no number", "- {rule: recode, vars: [q1], map: {1: yes}, why: w}\n", 2, 39, "no number"},
        {"'all' for another rule", "- {rule: void, vars: all, why: w}\n", 2, 22, "only be trimmed"},
        {"a weight of zero", "- {rule: recode, vars: [w], map: {2: 0}, why: w}\n- {rule: drop_unweighted, weight: w, why: w}\n", 3, 35, "is 0"},
        {"a weight below zero", "- {rule: recode, vars: [w], map: {2: -1}, why: w}\n- {rule: drop_unweighted, weight: w, why: w}\n", 3, 35, "is -1"},
        {"a weight that is a text", "- {rule: drop_unweighted, weight: area, why: w}\n", 2, 35, "texts"},
        {"a rule that is no map", "- trim\n", 2, 3, ""},
    };
    for (size_t k = 0; k < sizeof bads / sizeof bads[0]; k++) {
        struct tf_cleaning *c = NULL;
        struct tf_err e = {0};
        const enum tf_code code =
            tf_clean_apply(arena, rules(bads[k].rule), "XA", table(data), &c, &e);
        const char *all = tf_printf(arena, "%s %s %s", e.what, e.fact, e.help);
        if (code != TF_E_INPUT || c != NULL || strcmp(e.file, path) != 0 ||
            e.line != bads[k].line || e.column != bads[k].column ||
            strstr(all, bads[k].says) == NULL)
            fail_msg("%s: %d at %s:%zu:%zu: %s", bads[k].name, (int)code, e.file, e.line, e.column,
                     all);
    }
}

/* ---- scanning ---------------------------------------------------------------------------------- */

/* 120 rows: I1 has 6 broken-off in a row, language lb says 1 to q1 always, q2 is coded 1, 3, 2. */
static struct tf_table *delivered(void)
{
    struct tf_buf b = {.arena = arena};
    tf_buf_add(&b, "id,lang,who,q1,q2,q3,q4,q5,broken,w\n");
    for (int k = 0; k < 120; k++) {
        const bool lb = k % 4 == 3, broken = k >= 40 && k < 52 && k % 2 == 0;
        tf_buf_printf(&b, "c%d,%s,I%d,%d,%d", k == 100 ? 99 : k, k == 7 ? " lb" : lb ? "lb" : "en",
                      k % 2 + 1, lb ? 1 : k % 3 == 0, 1 + k % 3);
        tf_buf_printf(&b, broken ? ",,,,1," : ",%d,%d,%d,0,", k % 5 < 2, k % 5, k == 60 ? 9 : k % 7 < 3);
        tf_buf_add(&b, k == 5 ? "\n" : "1.5\n");
    }
    return table(tf_buf_text(&b));
}

static struct tf_instrument *instrument(void)
{
    static struct tf_choice yes_no[] = {{.value = "1"}, {.value = "0"}},
                            scale[] = {{.value = "1"}, {.value = "3"}, {.value = "2"}, {.value = "888"}},
                            five[] = {{.value = "0"}, {.value = "1"}, {.value = "2"}, {.value = "3"},
                                      {.value = "4"}};
    static struct tf_question q[] = {
        {.name = "q1", .type = "select_one", .choice = yes_no, .n_choices = 2},
        {.name = "q2", .type = "select_one", .choice = scale, .n_choices = 4},
        {.name = "q3", .type = "select_one", .choice = yes_no, .n_choices = 2},
        {.name = "q4", .type = "select_one", .choice = five, .n_choices = 5},
        {.name = "q5", .type = "select_one", .choice = yes_no, .n_choices = 2},
    };
    static struct tf_instrument i = {.file = "f.xlsx", .question = q, .n_questions = 5};
    return &i;
}

static const struct found {
    const char *id, *says, *help, *rule; /* rule: one that handles it */
} finds[] = {
    {"duplicate-id", "1 row repeats an id", "drop_duplicates, id: id", "- {rule: drop_duplicates, id: id, keep: first, why: w}\n"},
    {"padded", "1 value of 'lang' is padded", "trim, vars: [lang]", "- {rule: trim, vars: all, why: w}\n"},
    {"no-weight", "1 of 120 rows has no weight", "drop_unweighted, weight: w", "- {rule: drop_unweighted, weight: w, why: w}\n"},
    {"code-order", "'q2' are not in the order", "map: {1: 1, 3: 2, 2: 3}", "- {rule: recode, vars: [q2], map: {1: 1, 2: 3, 3: 2}, why: w}\n"},
    {"code-unknown", "for example 9", "recode, vars: [q5]", "- {rule: recode, vars: [q5], map: {9: 1}, why: w}\n"},
    {"break-off-run", "6 interviews in a row by 'I1'", "broken_off, countries: [XA]", "- {rule: drop, where: 'broken = 1', as: broken_off, why: w}\n"},
    {"item-language", "'q1' in the language 'lb'", "void, vars: [q1], where: 'lang = \"lb\"'", "- {rule: void, vars: [q1], where: 'lang = \"lb\"', countries: [XA], why: w}\n"},
};
enum { N_FINDS = sizeof finds / sizeof finds[0] };

static const struct tf_dataset dataset = {.id = "child",
                                          .id_var = "id",
                                          .weight_var = "w",
                                          .interviewer_var = "who",
                                          .language_var = "lang"};

static void every_fault_is_found_once_and_needs_a_rule(void **state)
{
    (void)state;
    struct tf_notices out = {.arena = arena};
    tf_clean_scan(arena, &dataset, instrument(), "XA", "d.csv", delivered(), NULL, &out);
    for (size_t k = 0; k < out.n && out.n != N_FINDS; k++)
        print_message("%s: %s\n", out.item[k].id, out.item[k].text);
    assert_int_equal(out.n, N_FINDS);
    for (size_t k = 0; k < N_FINDS; k++) {
        const struct tf_notice *n = &out.item[k];
        if (n->level != TF_ERROR || strcmp(n->id, finds[k].id) != 0 ||
            strstr(n->text, finds[k].says) == NULL || strstr(n->help, finds[k].help) == NULL)
            fail_msg("%s: %s (%s)", n->id, n->text, n->help);
    }
}

static void a_rule_that_covers_it_turns_an_error_into_a_note(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_FINDS; k++)
        for (int other = 0; other < 2; other++) { /* the same rule for another country does not */
            struct tf_notices out = {.arena = arena};
            const char *rule = finds[k].rule;
            if (other == 1)
                rule = strstr(rule, "countries") != NULL
                           ? tf_replace(arena, rule, "[XA]", "[XB]")
                           : tf_replace(arena, rule, "why: w", "countries: [XB], why: w");
            tf_clean_scan(arena, &dataset, instrument(), "XA", "d.csv", delivered(), rules(rule),
                          &out);
            assert_int_equal(out.n, N_FINDS);
            for (size_t j = 0; j < N_FINDS; j++)
                if (out.item[j].level != (j == k && other == 0 ? TF_NOTE : TF_ERROR))
                    fail_msg("%s: %s", finds[k].id, out.item[j].text);
            if (other == 0)
                assert_non_null(strstr(out.item[k].text, "line 2"));
        }
}

static void a_condition_that_misses_rows_does_not_cover(void **state)
{
    (void)state;
    struct tf_notices out = {.arena = arena};
    tf_clean_scan(arena, &dataset, instrument(), "XA", "d.csv", delivered(),
                  rules("- {rule: drop, where: 'broken = 1 and id = \"c40\"', why: w}\n"), &out);
    assert_int_equal(tf_notices_count(&out, TF_ERROR), N_FINDS);
}

static void clean_data_have_no_findings_and_bad_weights_are_errors(void **state)
{
    (void)state;
    struct tf_notices out = {.arena = arena};
    tf_clean_scan(arena, &dataset, NULL, "XA", "d.csv", table("id,w,who,lang,q\n1,1,a,x,1\n2,2,a,x,2\n"),
                  NULL, &out);
    assert_int_equal(out.n, 0);
    tf_clean_scan(arena, &dataset, NULL, "XA", "d.csv", table("id,w,who,lang,q\n1,0,a,x,1\n2,-2,a,x,2\n"),
                  NULL, &out);
    assert_int_equal(out.n, 1);
    assert_string_equal(out.item[0].id, "weight-value");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_rule_has_its_exact_effect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rules_run_in_order_and_only_in_their_countries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_bad_rule_is_refused_with_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_fault_is_found_once_and_needs_a_rule, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rule_that_covers_it_turns_an_error_into_a_note, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_condition_that_misses_rows_does_not_cover, set_up, tear_down),
        cmocka_unit_test_setup_teardown(clean_data_have_no_findings_and_bad_weights_are_errors, set_up, tear_down),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
