/* Whole recipes against R survey 4.1 (tests/gold/make_recipes.R and others beside it): every number that R gives for the
 * design, the weights and the statistics of a recipe, each to its own tolerance. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "measure/run.h"
#include "tests/house.h"

struct bench {
    struct tf_guard guard;
    struct tf_err err;
    struct tf_arena *arena;
    size_t numbers, wrong;
    double worst; /* relative difference as a share of its tolerance */
};

static const struct tf_result *find_result(const struct tf_recipe_run *run, const char *id)
{
    for (size_t k = 0; k < run->n_results; k++)
        if (strcmp(run->result[k].id, id) == 0)
            return &run->result[k];
    return NULL;
}

static double test_field(const struct tf_test *t, const char *field)
{
    return strcmp(field, "statistic") == 0 ? t->statistic
           : strcmp(field, "df") == 0      ? t->df
           : strcmp(field, "ddf") == 0     ? t->ddf
                                           : t->p;
}

/* "test:F" or "test:Wald:stype" */
static bool test_number(const struct tf_result *r, const char *item, const char *field, double *ret)
{
    const char *name = item + strlen("test:"), *colon = strchr(name, ':');
    const size_t n = colon != NULL ? (size_t)(colon - name) : strlen(name);
    for (size_t k = 0; k < r->n_tests; k++) {
        const struct tf_test *t = &r->test[k];
        if (strlen(t->name) != n || strncmp(t->name, name, n) != 0 ||
            !tf_streq(t->term, colon != NULL ? colon + 1 : NULL))
            continue;
        *ret = test_field(t, field);
        return true;
    }
    return false;
}

/* "ci.logit.1" */
static bool interval_end(const struct tf_item *i, const char *field, double *ret)
{
    const char *word = field + strlen("ci."), *dot = strrchr(field, '.');
    for (size_t k = 0; k < i->n_ci; k++)
        if (strlen(i->ci[k].method) == (size_t)(dot - word) &&
            strncmp(i->ci[k].method, word, (size_t)(dot - word)) == 0) {
            *ret = dot[1] == '1' ? i->ci[k].lo : i->ci[k].hi;
            return true;
        }
    return false;
}

static bool item_number(struct bench *b, const struct tf_result *r, const char *item,
                        const char *field, double *ret)
{
    for (size_t k = 0; k < r->n; k++) {
        const struct tf_item *i = &r->item[k];
        const struct {
            const char *field;
            double value;
        } all[] = {{"estimate", i->estimate}, {"se", i->se},  {"df", i->df}, {"deff", i->deff},
                   {"statistic", i->statistic}, {"p", i->p}};
        if (strcmp(item, "*") != 0 && !tf_item_called(b->arena, i, item))
            continue;
        for (size_t f = 0; f < sizeof all / sizeof all[0]; f++)
            if (strcmp(all[f].field, field) == 0) {
                *ret = all[f].value;
                return true;
            }
        return strncmp(field, "ci.", 3) == 0 && interval_end(i, field, ret);
    }
    return false;
}

static void say(struct bench *b, const char *what, const char *const *row, double got)
{
    if (b->wrong++ < 400)
        print_error("%s: %s %s %s %s: %.15g, R has %s\n", what, row[0], row[1], row[2], row[3], got,
                    row[4]);
}

static void compare(struct bench *b, const struct tf_recipe_run *run, const char *const *row)
{
    const struct tf_result *r = find_result(run, row[1]);
    double got = (double)NAN, want = (double)NAN, tol = 0;
    b->numbers++;
    (void)tf_parse_double(row[4], &want);
    (void)tf_parse_double(row[5], &tol);
    if (r == NULL || !(strncmp(row[2], "test:", 5) == 0
                           ? test_number(r, row[2], row[3], &got)
                           : item_number(b, r, row[2], row[3], &got))) {
        say(b, "not there", row, got);
        return;
    }
    if (isnan(want) && isnan(got))
        return;
    const double gap = fabs(got - want) / fmax(fabs(want), 1e-12);
    b->worst = fmax(b->worst, gap / tol);
    if (!(gap <= tol))
        say(b, "differs", row, got);
}

static void compare_folder(const char *folder, size_t at_least)
{
    static struct bench b;
    struct tf_table *t = NULL;
    struct tf_recipe_run *run = NULL;
    const char *last = "", *cell[6];
    b = (struct bench){0};
    if (tf_guard_begin(&b.guard, &b.err) != TF_OK)
        fail_msg("%s", b.err.what);
    b.arena = tf_arena_new("test", (size_t)1 << 30);
    if (tf_csv_read(b.arena, tf_path_join(b.arena, folder, "expected.csv"), (struct tf_csv_opt){0},
                    &t, &b.err) != TF_OK)
        fail_msg("%s %s", b.err.what, b.err.fact);
    for (size_t row = 0; row < t->n_rows; row++) {
        for (size_t c = 0; c < 6; c++)
            cell[c] = t->col[c].text[row];
        if (strcmp(last, cell[0]) != 0) {
            const char *path = tf_printf(b.arena, "%s/%s.yaml", folder, cell[0]);
            last = cell[0];
            run = NULL;
            if (tf_measure_recipe(b.arena, path, (struct tf_recipe_opt){.threads = 2}, &run,
                                  &b.err) != TF_OK) {
                print_error("%s:%zu: %s. %s. %s\n", path, b.err.line, b.err.what, b.err.fact,
                            b.err.help);
                b.wrong++;
            }
        }
        if (run != NULL)
            compare(&b, run, cell);
    }
    tf_arena_free(b.arena);
    tf_guard_end(&b.guard);
    print_message("%zu numbers, worst at %.2g of its tolerance\n", b.numbers, b.worst);
    assert_true(b.numbers >= at_least);
    assert_int_equal(b.wrong, 0);
}

static void recipes_give_the_numbers_of_r(void **state)
{
    (void)state;
    compare_folder("tests/gold/recipes", 2000);
}

static void recipes_of_a_referee_give_the_numbers_of_r(void **state)
{
    (void)state;
    compare_folder("tests/gold/recipes_ref", 6500);
}

/* A unit that was drawn and has no case: its pairs count as if its cases were outside the domain. */
static void a_drawn_unit_without_a_case_counts(void **state)
{
    static const char *const variance[] = {"ht", "yg"};
    struct house h = {.err = {.code = TF_OK}};
    (void)state;
    assert_int_equal(tf_guard_begin(&h.guard, &h.err), TF_OK);
    h.arena = tf_arena_new("test", (size_t)1 << 28);
    char here[4096];
    assert_non_null(getcwd(here, sizeof here));
    const char *dir = tf_path_join(h.arena, here, "tests/gold/recipes");
    for (size_t v = 0; v < 2; v++) {
        struct tf_recipe_run *run[2];
        for (size_t k = 0; k < 2; k++) {
            char path[] = "/tmp/trefoil-pairs-XX" "XX" "XX";
            const char *yaml = tf_printf(
                h.arena,
                "data: %s\ndesign: {psu: id, %s: p, pps: {joint: %s/election_joint.csv}, "
                "variance: %s}\nestimates: [{stat: total, vars: [Bush]%s}]\n",
                k == 0 ? tf_printf(h.arena, "%s/election.csv", dir)
                       : tf_printf(h.arena, "%s/election_fewer.csv", dir),
                k == 0 ? "fpc" : "prob", dir, variance[v],
                k == 0 ? ", where: \"id != 5 and id != 17\"" : "");
            const int fd = mkstemp(path);
            assert_true(fd >= 0);
            (void)close(fd);
            assert_int_equal(tf_file_write(path, yaml, strlen(yaml), &h.err), TF_OK);
            if (tf_measure_recipe(h.arena, path, (struct tf_recipe_opt){0}, &run[k], &h.err) !=
                TF_OK)
                fail_msg("%s %s", h.err.what, h.err.fact);
            (void)unlink(path);
        }
        const double whole = run[0]->result[0].item[0].se, fewer = run[1]->result[0].item[0].se;
        assert_true(fewer > 0 && fabs(whole / fewer - 1) < 1e-12);
    }
    tf_arena_free(h.arena);
    tf_guard_end(&h.guard);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recipes_give_the_numbers_of_r),
        cmocka_unit_test(recipes_of_a_referee_give_the_numbers_of_r),
        cmocka_unit_test(a_drawn_unit_without_a_case_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
