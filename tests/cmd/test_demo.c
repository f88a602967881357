/* The demo study: the same bytes each time, presets reached, every seeded fault there. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask/ask.h"
#include "demo/demo.h"
#include "measure/measure.h"

static char base[] = "/tmp/trefoil-demo-XXXXXX";
static struct tf_arena *arena;

static const char *in(const char *study, const char *name)
{
    return tf_path_join(arena, tf_path_join(arena, base, study), name);
}

static struct tf_table *table(const char *country, const char *name)
{
    struct tf_table *t;
    struct tf_err err = {0};
    const char *path = in("one", tf_printf(arena, "children/%s/%s.csv", country, name));
    assert_int_equal(tf_csv_read(arena, path, (struct tf_csv_opt){.guess_numbers = true}, &t, &err),
                     TF_OK);
    return t;
}

static struct tf_column *column(struct tf_table *t, const char *name)
{
    const size_t k = tf_table_find(t, name);
    assert_true(k < t->n_cols);
    return &t->col[k];
}

static void hash_tree(const char *dir, struct tf_hasher *h, size_t *n_files)
{
    char **name;
    size_t n;
    struct tf_err err = {0};
    assert_int_equal(tf_dir_list(arena, dir, &name, &n, &err), TF_OK);
    for (size_t k = 0; k < n; k++) {
        const char *path = tf_path_join(arena, dir, name[k]);
        struct tf_hash hash;
        tf_hasher_text(h, name[k]);
        if (tf_dir_exists(path)) {
            hash_tree(path, h, n_files);
            continue;
        }
        assert_int_equal(tf_file_hash(path, &hash, &err), TF_OK);
        tf_hasher_text(h, hash.hex);
        (*n_files)++;
    }
}

static void two_demo_runs_give_the_same_bytes(void **state TF_UNUSED)
{
    struct tf_hasher one, two;
    size_t n = 0, m = 0;
    struct tf_err err = {0};
    assert_int_equal(tf_demo_write(arena, in("two", ""), &err), TF_OK);
    tf_hasher_begin(&one);
    tf_hasher_begin(&two);
    hash_tree(in("one", ""), &one, &n);
    hash_tree(in("two", ""), &two, &m);
    assert_true(n > 150);
    assert_int_equal(n, m);
    assert_string_equal(tf_hasher_end(&one).hex, tf_hasher_end(&two).hex);
}

static void a_folder_that_is_not_empty_is_left_alone(void **state TF_UNUSED)
{
    struct tf_err err = {0};
    assert_int_equal(tf_demo_write(arena, in("one", ""), &err), TF_E_REFUSED);
    assert_non_null(strstr(err.what, "not empty"));
    assert_true(err.help[0] != '\0');
}

/* The clean cases of a country, with the composite as a column. */
static struct tf_table *clean_cases(const char *country)
{
    struct tf_table *t = table(country, "child");
    struct tf_cleaning *effects;
    struct tf_err err = {0};
    assert_int_equal(tf_clean_apply(arena, in("one", "children/child.cleaning.yaml"), country, t,
                                    &effects, &err),
                     TF_OK);
    const size_t any = tf_table_add(t, "clear", TF_NUMBER);
    for (size_t r = 0; r < t->n_rows; r++) {
        bool yes = false, open = false;
        for (char item = 'e'; item <= 'h'; item++) {
            const struct tf_column *c = column(t, tf_printf(arena, "exp_%c", item));
            yes = yes || (c->miss[r] == TF_PRESENT && c->num[r] > 0 && c->num[r] < 2);
            open = open || (c->miss[r] == TF_PRESENT && c->num[r] > 2);
        }
        if (open && !yes)
            continue;
        t->col[any].num[r] = yes;
        t->col[any].miss[r] = TF_PRESENT;
    }
    return t;
}

static void presets_are_reached(void **state TF_UNUSED)
{
    static const struct {
        const char *country;
        size_t n;
        double share, deff, deff_tolerance, internet;
    } preset[] = {
        {"XA", 996,  0.02, 1.3, 0.3, 0.90},
        {"XB", 1012, 0.10, 1.7, 0.3, 0.67},
        {"XC", 993,  0.20, 2.4, 0.4, 0.41}
    };
    for (size_t k = 0; k < 3; k++) {
        struct tf_table *t = clean_cases(preset[k].country);
        const char *stratum[] = {"stratum"}, *psu[] = {"psu"};
        const struct tf_design_spec spec = {.weight = "weight",
                                            .stratum = stratum,
                                            .n_strata = 1,
                                            .psu = psu,
                                            .n_psu = 1,
                                            .nest = true,
                                            .lonely = TF_LONELY_ADJUST};
        struct tf_design *design;
        struct tf_estimate *e;
        size_t n;
        struct tf_err err = {0};
        assert_int_equal(t->n_rows, preset[k].n);
        assert_int_equal(tf_design_make(arena, t, &spec, &design, &err), TF_OK);
        const struct tf_estimate_opt opt = {.stat = TF_STAT_PROP, .ci = TF_CI_LOGIT, .level = 0.95};
        assert_int_equal(tf_estimate(arena, design, t, "clear", NULL, 0, opt, &e, &n, &err), TF_OK);
        assert_int_equal(n, 2);
        assert_true(fabs(e[1].estimate - preset[k].share) < 0.005);
        assert_true(fabs(e[1].deff - preset[k].deff) < preset[k].deff_tolerance);
        struct tf_table *roster = table(preset[k].country, "roster");
        const struct tf_column *net = column(roster, "net_3m");
        double users = 0;
        for (size_t r = 0; r < roster->n_rows; r++)
            users += net->num[r];
        assert_true(fabs(users / (double)roster->n_rows - preset[k].internet) < 0.05);
    }
}

static void one_interview_costs_about_fifteen_doors(void **state TF_UNUSED)
{
    static const char *const country[] = {"XA", "XB", "XC"};
    for (size_t k = 0; k < 3; k++) {
        struct tf_table *t = table(country[k], "contacts");
        const struct tf_column *outcome = column(t, "outcome");
        size_t complete = 0;
        for (size_t r = 0; r < t->n_rows; r++)
            complete += strcmp(outcome->text[r], "complete") == 0;
        const double doors = (double)t->n_rows / (double)complete;
        assert_true(doors > 13 && doors < 17);
    }
}

static const struct tf_study *study(void)
{
    static struct tf_study *s;
    struct tf_err err = {0};
    if (s == NULL)
        assert_int_equal(tf_study_read(arena, in("one", ""), &s, &err), TF_OK);
    return s;
}

static void every_seeded_fault_is_there_and_has_its_rule(void **state TF_UNUSED)
{
    static const struct {
        const char *country, *notice;
    } fault[] = {
        {"XA", "duplicate-id" },
        {"XA", "padded"       },
        {"XA", "no-weight"    },
        {"XA", "code-order"   },
        {"XB", "duplicate-id" },
        {"XB", "break-off-run"},
        {"XC", "item-language"},
        {"XC", "no-weight"    },
        {"XC", "code-order"   }
    };
    const struct tf_dataset *d = tf_study_dataset(study(), "child");
    for (size_t k = 0; k < sizeof fault / sizeof fault[0]; k++) {
        struct tf_instrument *form;
        struct tf_err err = {0};
        struct tf_notices found = {.arena = arena};
        const char *file = tf_study_path(arena, study(), d->file, fault[k].country, NULL);
        assert_int_equal(tf_instrument_read(arena, in("one", d->instrument), &form, &err), TF_OK);
        tf_clean_scan(arena, d, form, fault[k].country, file, table(fault[k].country, "child"),
                      in("one", d->cleaning), &found);
        bool seen = false;
        for (size_t j = 0; j < found.n; j++) {
            seen = seen || strcmp(found.item[j].id, fault[k].notice) == 0;
            assert_int_equal(found.item[j].level, TF_NOTE); /* a rule handles each */
        }
        assert_true(seen);
    }
}

static void the_study_has_no_fault_of_its_own(void **state TF_UNUSED)
{
    struct tf_notices found = {.arena = arena};
    tf_study_check(study(), &found);
    assert_int_equal(tf_notices_count(&found, TF_WARNING), 0);
}

static int set_up(void **state TF_UNUSED)
{
    struct tf_err err = {0};
    arena = tf_arena_new("the test", (size_t)1 << 30);
    return mkdtemp(base) == NULL || tf_demo_write(arena, in("one", ""), &err) != TF_OK;
}

static int remove_tree(const char *dir)
{
    char **name;
    size_t n = 0;
    struct tf_err err = {0};
    if (tf_dir_list(arena, dir, &name, &n, &err) != TF_OK)
        return -1;
    for (size_t k = 0; k < n; k++) {
        const char *path = tf_path_join(arena, dir, name[k]);
        (void)(tf_dir_exists(path) ? remove_tree(path) : unlink(path));
    }
    return rmdir(dir);
}

static int tear_down(void **state TF_UNUSED)
{
    (void)remove_tree(base);
    tf_arena_free(arena);
    return 0;
}

int main(void)
{
    struct tf_err err = {0};
    struct tf_guard guard;
    if (sodium_init() < 0 || tf_guard_begin(&guard, &err) != TF_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_are_reached),
        cmocka_unit_test(one_interview_costs_about_fifteen_doors),
        cmocka_unit_test(every_seeded_fault_is_there_and_has_its_rule),
        cmocka_unit_test(the_study_has_no_fault_of_its_own),
        cmocka_unit_test(a_folder_that_is_not_empty_is_left_alone),
        cmocka_unit_test(two_demo_runs_give_the_same_bytes),
    };
    const int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    tf_guard_end(&guard);
    return failed;
}
