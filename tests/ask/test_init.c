/* The template: written whole, read, free of faults, and never over what stands there. */
#include "house.h"

static void a_new_study_has_no_faults(void **state TF_UNUSED)
{
    struct tf_study *s;
    IN_HOUSE(h);
    struct tf_notices out = {.arena = h.arena};
    const char *dir = tf_path_join(h.arena, h.dir, "new/study");
    OK(tf_study_init(h.arena, dir, "disrupting-harm", &h.err));
    OK(tf_study_read(h.arena, dir, &s, &h.err));
    tf_study_check(s, &out);
    for (size_t k = 0; k < out.n; k++)
        if (out.item[k].level > TF_NOTE)
            print_message("  %s: %s\n", out.item[k].id, out.item[k].text);
    assert_int_equal(tf_notices_count(&out, TF_WARNING), 0);
    OUT_OF_HOUSE(h);
}

static void it_carries_the_programme(void **state TF_UNUSED)
{
    static const char *const countries[] = {"ET", "KE", "MZ", "NA", "RW", "ZA", "TZ",
                                            "UG", "KH", "ID", "MY", "PH", "TH", "VN"};
    static const char *const questions[] = {"G1", "G2", "G3", "G4", "G5", "G6", "S1", "S2", "S3",
                                            "S4", "S5", "S6", "F1", "F2", "F3", "J1", "J2"};
    static const struct {
        const char *id;
        double from, to;
    } targets[] = {{"desk_review", 1, 1},           {"government_interviews", 10, 12},
                   {"frontline_survey", 50, 50},    {"justice_survivors", 10, 10},
                   {"justice_caregivers", 10, 10},  {"justice_professionals", 10, 10},
                   {"household_survey_children", 1000, 1000},
                   {"household_survey_caregivers", 1000, 1000}};
    struct tf_study *s;
    IN_HOUSE(h);
    OK(tf_study_init(h.arena, h.dir, "disrupting-harm", &h.err));
    OK(tf_study_read(h.arena, h.dir, &s, &h.err));
    assert_int_equal(s->n_countries, 14);
    for (size_t k = 0; k < 14; k++) {
        const struct tf_country *c = tf_study_country(s, countries[k]);
        assert_non_null(c);
        assert_true(isnan(c->population) && isnan(c->coverage)); /* no invented number */
        for (size_t j = 0; j < c->n_activities; j++)
            assert_true(isnan(c->activity[j].achieved));
    }
    for (size_t k = 0; k < sizeof questions / sizeof *questions; k++) {
        bool found = false;
        for (size_t j = 0; j < s->n_questions; j++)
            found = found || strcmp(s->question[j].id, questions[k]) == 0;
        assert_true(found);
    }
    for (size_t k = 0; k < sizeof targets / sizeof *targets; k++) {
        const struct tf_activity *a = tf_study_activity(s, targets[k].id);
        assert_non_null(a);
        assert_true(a->target_min == targets[k].from && a->target_max == targets[k].to);
    }
    assert_true(tf_study_activity(s, "survivor_conversations_male")->in_all == 40);
    assert_true(tf_study_activity(s, "survivor_conversations_female")->across == 4);
    assert_int_equal(s->n_threat_sources, 14);
    assert_non_null(s->threat_rules);
    assert_non_null(tf_study_indicator(s, "ocsea_any"));
    OUT_OF_HOUSE(h);
}

static void what_stands_there_stays(void **state TF_UNUSED)
{
    char **name;
    size_t n;
    IN_HOUSE(h);
    (void)put_file(&h, "letter.txt", "mine");
    assert_int_equal(tf_study_init(h.arena, h.dir, "disrupting-harm", &h.err), TF_E_REFUSED);
    assert_int_equal(
        tf_study_init(h.arena, tf_path_join(h.arena, h.dir, "letter.txt"), "disrupting-harm", &h.err),
        TF_E_REFUSED);
    OK(tf_dir_list(h.arena, h.dir, &name, &n, &h.err));
    assert_int_equal(n, 1);
    assert_int_equal(tf_study_init(h.arena, h.dir, "another", &h.err), TF_E_USAGE);
    OUT_OF_HOUSE(h);
}

static void instruments_are_the_same_bytes_each_time(void **state TF_UNUSED)
{
    struct tf_hash one, two;
    IN_HOUSE(h);
    const char *a = tf_path_join(h.arena, h.dir, "a"), *b = tf_path_join(h.arena, h.dir, "b");
    OK(tf_study_init(h.arena, a, "disrupting-harm", &h.err));
    OK(tf_study_init(h.arena, b, "disrupting-harm", &h.err));
    OK(tf_file_hash(tf_path_join(h.arena, a, "children/child.xlsx"), &one, &h.err));
    OK(tf_file_hash(tf_path_join(h.arena, b, "children/child.xlsx"), &two, &h.err));
    assert_string_equal(one.hex, two.hex);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_study_has_no_faults),
        cmocka_unit_test(it_carries_the_programme),
        cmocka_unit_test(what_stands_there_stays),
        cmocka_unit_test(instruments_are_the_same_bytes_each_time),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
