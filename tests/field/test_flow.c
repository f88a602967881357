/* Doors into a case-flow, and every fault of a contact sheet with its place. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "field/field.h"

static struct tf_arena *arena;
static const char *dir;

static int set_up(void **state)
{
    (void)state;
    arena = tf_arena_new("test", (size_t)64 << 20);
    dir = tf_printf(arena, "/tmp/tf-field-%d", (int)getpid());
    struct tf_err e;
    return tf_dir_make(dir, &e) == TF_OK ? 0 : 1;
}
static int tear_down(void **state)
{
    (void)state;
    (void)unlink(tf_path_join(arena, dir, "contacts.csv"));
    (void)unlink(tf_path_join(arena, dir, "frame.csv"));
    (void)rmdir(dir);
    tf_arena_free(arena);
    return 0;
}

static const char *put(const char *name, const char *text)
{
    struct tf_err e;
    const char *path = tf_path_join(arena, dir, name);
    assert_int_equal(tf_file_write(path, text, strlen(text), &e), TF_OK);
    return path;
}

#define HEAD "psu,door,visits,outcome\n"
static const char good[] = HEAD "A,1,1,complete\nA,2,3,no_contact\nA,3,1,not_a_dwelling\n"
                                "A,4,1,refused_screening\nB,1,1,not_eligible\nB,2,1,refused_caregiver\n"
                                "B,3,2,refused_child\nB,4,1,broken_off\nB,5,,complete\nB,6,1,not_eligible\n";

static void every_stage_is_the_next_stage_and_its_loss(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        double count;
    } want[] = {{"psus", 2}, {"doors", 10}, {"not_a_dwelling", 1}, {"no_contact", 1},
                {"contacted", 8}, {"refused_screening", 1}, {"screened", 7}, {"not_eligible", 2},
                {"eligible", 5}, {"refused_caregiver", 1}, {"refused_child", 1},
                {"broken_off", 1}, {"complete", 2}};
    struct tf_flow *f;
    struct tf_err e;
    assert_int_equal(tf_flow_from_contacts(arena, put("contacts.csv", good), &f, &e), TF_OK);
    assert_int_equal(f->n, sizeof want / sizeof want[0]);
    for (size_t k = 0; k < f->n; k++) {
        assert_string_equal(f->row[k].id, want[k].id);
        if (f->row[k].count != want[k].count)
            fail_msg("%s: %g, not %g", want[k].id, f->row[k].count, want[k].count);
    }
    assert_null(f->row[1].why);
    assert_non_null(f->row[2].why);
}

static void rates_follow_the_standard_definitions(void **state)
{
    (void)state;
    /* 9 dwellings, 8 contacted, 7 screened, 5 eligible, 2 unknown, e = 5/7 */
    static const struct {
        const char *id;
        double value;
    } want[] = {{"contact", 8.0 / 9}, {"screening", 7.0 / 8}, {"eligibility", 5.0 / 7},
                {"caregiver_consent", 4.0 / 5}, {"child_assent", 3.0 / 4}, {"cooperation", 2.0 / 5},
                {"rr1", 2.0 / 7}, {"rr3", 2 / (5 + 10.0 / 7)}};
    struct tf_flow *f;
    struct tf_flow_rate *r;
    struct tf_err e;
    size_t n;
    assert_int_equal(tf_flow_from_contacts(arena, put("contacts.csv", good), &f, &e), TF_OK);
    tf_flow_rates(arena, f, &r, &n);
    assert_int_equal(n, sizeof want / sizeof want[0]);
    for (size_t k = 0; k < n; k++) {
        assert_string_equal(r[k].id, want[k].id);
        assert_true(fabs(r[k].value - want[k].value) < 1e-12);
    }
    assert_int_equal(tf_flow_from_contacts(arena, put("contacts.csv", HEAD), &f, &e), TF_OK);
    tf_flow_rates(arena, f, &r, &n);
    assert_true(isnan(r[0].value));
}

static void every_bad_sheet_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        size_t line, column;
        const char *says;
    } bads[] = {
        {"no column of outcomes", "psu,door,visits\nA,1,1\n", 1, 1, "no column 'outcome'"},
        {"an unknown outcome names the nearest", HEAD "A,1,1,complete\nA,2,1,refused_cargiver\n", 3, 7, "Did you mean 'refused_caregiver'"},
        {"an empty outcome", HEAD "A,1,1,\n", 2, 7, "no outcome"},
        {"a door twice", HEAD "A,1,1,complete\nA,2,1,complete\nA,1,2,no_contact\n", 4, 3, "first on line 2"},
        {"a door without a PSU", HEAD ",1,1,complete\n", 2, 1, "no PSU"},
        {"a row without a door", HEAD "A,,1,complete\n", 2, 3, "no door"},
        {"visits that are no number", HEAD "A,1,once,complete\n", 2, 5, "no number of visits"},
        {"no visit at all", HEAD "A,1,0,complete\n", 2, 5, "no number of visits"},
        {"a broken quote", HEAD "A,\"1,1,complete\n", 2, 3, "quote"},
        {"a short row", HEAD "A,1\n", 2, 0, ""},
    };
    for (size_t k = 0; k < sizeof bads / sizeof bads[0]; k++) {
        struct tf_flow *f = NULL;
        struct tf_err e = {0};
        const enum tf_code code =
            tf_flow_from_contacts(arena, put("contacts.csv", bads[k].text), &f, &e);
        const char *all = tf_printf(arena, "%s %s %s", e.what, e.fact, e.help);
        if (code != TF_E_INPUT || f != NULL || e.line != bads[k].line ||
            (bads[k].column > 0 && e.column != bads[k].column) ||
            strstr(all, bads[k].says) == NULL)
            fail_msg("%s: %d at %zu:%zu: %s", bads[k].name, (int)code, e.line, e.column, all);
    }
}

static void a_check_names_all_faults_and_foreign_psus(void **state)
{
    (void)state;
    struct tf_notices out = {.arena = arena};
    const char *frame = put("frame.csv", "psu,stratum,region,area,households\nA,1,N,urban,90\n");
    tf_field_check(arena, put("contacts.csv", HEAD "A,1,1,complte\nB,1,1,complete\nB,2,x,complete\n"),
                   frame, &out);
    assert_int_equal(out.n, 3);
    assert_string_equal(out.item[0].id, "outcome");
    assert_string_equal(out.item[1].id, "visits");
    assert_string_equal(out.item[2].id, "psu-not-in-frame");
    assert_int_equal(out.item[2].line, 3);
    assert_int_equal(out.item[2].column, 1);
    struct tf_notices none = {.arena = arena};
    tf_field_check(arena, tf_path_join(arena, dir, "nothing.csv"), frame, &none);
    assert_int_equal(none.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_stage_is_the_next_stage_and_its_loss, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rates_follow_the_standard_definitions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_bad_sheet_is_refused_with_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_check_names_all_faults_and_foreign_psus, set_up, tear_down),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
