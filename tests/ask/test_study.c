/* study.yaml and indicators.yaml: what is read, and where each fault is. */
#include "house.h"

static const char good[] =
    "trefoil: 1\n"
    "id: demo\n"
    "title: What children in {country} live through\n"
    "questions:\n"
    "  - {id: G1, strand: children, text: Access, activity: survey}\n"
    "activities:\n"
    "  - {id: survey, strand: children, title: Survey, target: 1000, unit: children}\n"
    "  - {id: interviews, strand: context, title: Interviews, target: [10, 12]}\n"
    "  - {id: other, strand: context, title: Other}\n"
    "timeline:\n"
    "  - {id: start, title: Start, from: 2019-03, status: done}\n"
    "policies:\n"
    "  - {name: dh, counts_below: 50, hide_numerators: [1, 4]}\n"
    "countries:\n"
    "  - code: XA\n"
    "    name: Country XA\n"
    "    status: active\n"
    "    ages: [12, 17]\n"
    "    languages: [en, km]\n"
    "    policy: dh\n"
    "    population: {value: 1200000, source: \"Office, 2020\"}\n"
    "    coverage: {share: 0.97, excluded: [{area: North, share: 0.03, reason: security}]}\n"
    "    activities:\n"
    "      survey: {status: done, achieved: 996, from: 2021-01, to: 2021-03}\n"
    "      interviews: {status: planned}\n"
    "      other: {}\n"
    "  - {code: XB, name: Country XB}\n"
    "datasets:\n"
    "  - id: child\n"
    "    title: Survey\n"
    "    strand: children\n"
    "    kind: probability\n"
    "    file: children/{country}/child.csv\n"
    "    id_var: child_id\n"
    "    weight: w\n"
    "    sensitive: [exp_*, told]\n"
    "    missing: {dont_know: [888, 88], prefer_not_to_say: 999}\n"
    "    countries: [XA]\n"
    "report:\n"
    "  text: report/{lang}\n"
    "  languages: [en]\n";
static const char registry[] =
    "indicators:\n"
    "  - id: any\n"
    "    version: DH1\n"
    "    label: {en: Any, km: X}\n"
    "    dataset: child\n"
    "    rule: any\n"
    "    items: [exp_e, exp_f]\n"
    "    codes: [1]\n"
    "    recall: past 12 months\n"
    "    prefer_not_to_say: in_base\n"
    "    source: own\n";

static void a_study_is_read_whole(void **state TF_UNUSED)
{
    struct tf_study *s;
    IN_HOUSE(h);
    (void)put_file(&h, "study.yaml", good);
    (void)put_file(&h, "indicators.yaml", registry);
    OK(tf_study_read(h.arena, h.dir, &s, &h.err));
    const struct tf_country *xa = tf_study_country(s, "XA");
    const struct tf_dataset *d = tf_study_dataset(s, "child");
    const struct tf_indicator *i = tf_study_indicator(s, "any");
    assert_int_equal(xa->age_min, 12);
    assert_int_equal(xa->n_languages, 2);
    assert_true(xa->population == 1200000 && xa->coverage == 0.97);
    assert_string_equal(xa->exclusion[0].reason, "security");
    assert_int_equal(xa->n_activities, 3);
    assert_true(xa->activity[0].achieved == 996 && isnan(xa->activity[0].target));
    assert_true(isnan(tf_study_country(s, "XB")->population));
    assert_string_equal(tf_study_country(s, "XB")->status, "planned");
    assert_true(s->activity[1].target_min == 10 && s->activity[1].target_max == 12);
    assert_true(isnan(s->activity[2].target_min));
    assert_int_equal(tf_study_policy(s, "dh")->hide_to, 4);
    assert_int_equal(d->n_missing, 3);
    assert_int_equal(d->missing[2].why, TF_MISS_PREFER_NOT);
    assert_int_equal(d->n_countries, 1);
    assert_string_equal(d->id_var, "child_id");
    assert_true(tf_dataset_sensitive(d, "exp_a") && tf_dataset_sensitive(d, "told"));
    assert_false(tf_dataset_sensitive(d, "told_2"));
    assert_true(i->prefer_not_in_base && !i->dont_know_in_base);
    assert_string_equal(tf_words_in(&i->label, "km"), "X");
    assert_string_equal(tf_words_in(&i->label, "th"), "Any");
    assert_int_equal(d->at.line, 29);
    assert_string_equal(tf_study_path(h.arena, s, d->file, "XA", NULL),
                        tf_path_join(h.arena, h.dir, "children/XA/child.csv"));
    assert_null(tf_study_path(h.arena, s, NULL, "XA", NULL));
    assert_null(tf_study_country(s, "XC"));
    OUT_OF_HOUSE(h);
}

/* In the good study (or registry), `from` becomes `to`; the fault must be named at the place. */
static const struct {
    const char *name, *from, *to, *words;
    size_t line, column;
} faults[] = {
    {"an unknown key names the nearest", "title: What", "titel: What", "'titel' is not known", 3, 1},
    {"an unknown key of a country", "    ages: [12, 17]", "    age: [12, 17]", "'age' is not known", 18, 5},
    {"a missing field", "id: demo\n", "", "'id' is missing", 1, 1},
    {"a missing field of a dataset", "    kind: probability\n", "", "'kind' is missing", 29, 5},
    {"a country twice", "code: XB", "code: XA", "'XA' stands twice", 27, 12},
    {"an activity twice", "id: interviews, s", "id: survey, s", "'survey' stands twice", 8, 10},
    {"a list where a text belongs", "id: demo", "id: [demo]", "'id' is a list", 2, 5},
    {"a text where a list belongs", "timeline:\n  - {id: start, title: Start, from: 2019-03, status: done}\n", "timeline: soon\n", "'timeline' is not a list", 10, 11},
    {"a number that is none", "counts_below: 50", "counts_below: fifty", "'counts_below' is not a number", 13, 30},
    {"a count that is not whole", "counts_below: 50", "counts_below: 0.5", "'counts_below' is not a count", 13, 30},
    {"a share above one", "share: 0.97", "share: 97", "'share' is not a share", 22, 23},
    {"ages the wrong way round", "ages: [12, 17]", "ages: [17, 12]", "'ages' is not a range", 18, 11},
    {"a strand that is none", "strand: children, title", "strand: childern, title", "cannot be 'childern'", 7, 26},
    {"a status that is none", "status: active", "status: acive", "cannot be 'acive'", 17, 13},
    {"a date that is none", "from: 2019-03", "from: 2019-13", "'from' is not a date", 11, 37},
    {"a code that is no country code", "code: XB", "code: ../X", "'code' is not a country code", 27, 12},
    {"an id that is no file name", "- id: child", "- id: a/b", "'id' is not a usable name", 29, 9},
    {"an unknown missing reason", "dont_know:", "dontknow:", "no reason for a missing value", 37, 15},
    {"a missing code that is none", "[888, 88]", "[888, x]", "'x' is no code", 37, 26},
    {"a version from the future", "trefoil: 1", "trefoil: 7", "version of the format", 1, 10},
};

static void each_fault_is_named_at_its_place(void **state TF_UNUSED)
{
    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
        struct tf_study *s = NULL;
        IN_HOUSE(h);
        assert_non_null(strstr(good, faults[k].from));
        const char *path =
            put_file(&h, "study.yaml", tf_replace(h.arena, good, faults[k].from, faults[k].to));
        print_message("  %s\n", faults[k].name);
        assert_int_equal(tf_study_read(h.arena, h.dir, &s, &h.err), TF_E_INPUT);
        assert_null(s);
        assert_non_null(strstr(h.err.what, faults[k].words));
        assert_string_equal(h.err.file, path);
        assert_int_equal(h.err.line, faults[k].line);
        assert_int_equal(h.err.column, faults[k].column);
        assert_true(h.err.help[0] != '\0');
        OUT_OF_HOUSE(h);
    }
}

static void faults_of_the_registry_are_named(void **state TF_UNUSED)
{
    static const struct {
        const char *name, *from, *to, *words;
        size_t line;
    } cases[] = {
        {"an item rule with two items", "rule: any", "rule: item", "made of one item", 7},
        {"no codes", "codes: [1]", "codes: []", "is empty", 8},
        {"codes that are words", "codes: [1]", "codes: [yes]", "not a number", 8},
        {"an unknown rule", "rule: any", "rule: all", "cannot be 'all'", 6},
        {"a list as label", "label: {en: Any, km: X}", "label: [Any]", "a label is a text", 4},
        {"an unknown key", "recall:", "recal:", "'recal' is not known", 9},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_study *s;
        IN_HOUSE(h);
        (void)put_file(&h, "study.yaml", good);
        const char *path = put_file(&h, "indicators.yaml",
                                    tf_replace(h.arena, registry, cases[k].from, cases[k].to));
        print_message("  %s\n", cases[k].name);
        assert_int_equal(tf_study_read(h.arena, h.dir, &s, &h.err), TF_E_INPUT);
        assert_non_null(strstr(h.err.what, cases[k].words));
        assert_string_equal(h.err.file, path);
        assert_int_equal(h.err.line, cases[k].line);
        OUT_OF_HOUSE(h);
    }
}

static void a_folder_without_a_study(void **state TF_UNUSED)
{
    struct tf_study *s;
    IN_HOUSE(h);
    assert_int_equal(tf_study_read(h.arena, h.dir, &s, &h.err), TF_E_INPUT);
    assert_non_null(strstr(h.err.what, "is no study"));
    assert_int_equal(tf_study_read(h.arena, "/nowhere/at/all", &s, &h.err), TF_E_IO);
    OUT_OF_HOUSE(h);
}

/* Every allocation fails in turn: the guard is reached each time, nothing leaks, nothing crashes. */
static void memory_may_end_anywhere(void **state TF_UNUSED)
{
    size_t failed = 0, n = 1;
    IN_HOUSE(h);
    (void)put_file(&h, "study.yaml", good);
    (void)put_file(&h, "indicators.yaml", registry);
    for (; n < 20000; n++) {
        struct tf_guard guard;
        struct tf_err err = {.code = TF_OK};
        struct tf_study *s;
        enum tf_code code = tf_guard_begin(&guard, &err);
        if (code == TF_OK) {
            struct tf_arena *a = tf_arena_new("inner", (size_t)1 << 26);
            (void)tf_arena_fail_at(n);
            code = tf_study_read(a, h.dir, &s, &err);
            (void)tf_arena_fail_at(0);
            tf_arena_free(a);
            tf_guard_end(&guard);
            assert_int_equal(code, TF_OK);
            break;
        }
        (void)tf_arena_fail_at(0);
        assert_int_equal(code, TF_E_MEMORY);
        failed++;
    }
    assert_true(n < 20000);
    assert_true(failed > 100);
    OUT_OF_HOUSE(h);
}

/* ---- check ------------------------------------------------------------------------------------ */

static const struct {
    const char *name, *from, *to, *id;
    enum tf_level level;
    size_t line;
} findings[] = {
    {"an activity nobody declared", "      other: {}", "      others: {}", "unknown-activity", TF_ERROR, 26},
    {"an activity nobody takes part in", "      other: {}\n", "", "activity-unused", TF_WARNING, 9},
    {"a target missed", "achieved: 996", "achieved: 900", "target-missed", TF_NOTE, 24},
    {"done without a count", "achieved: 996, ", "", "no-count", TF_WARNING, 24},
    {"planned with a count", "status: planned}", "status: planned, achieved: 3}", "lapsed-status", TF_WARNING, 25},
    {"an end before its beginning", "to: 2021-03", "to: 2020-12", "dates", TF_ERROR, 24},
    {"an unknown policy", "policy: dh", "policy: dhx", "unknown-policy", TF_ERROR, 20},
    {"a country without activities", "code: XB,", "code: XB, status: active,", "no-activities", TF_WARNING, 27},
    {"an unknown country of a dataset", "countries: [XA]", "countries: [XZ]", "unknown-country", TF_ERROR, 38},
    {"a missing data file", "report/{lang}", "report/{lang}", "no-file", TF_WARNING, 33},
    {"a missing instrument", "    weight: w", "    instrument: child.xlsx\n    weight: w", "no-file", TF_ERROR, 35},
    {"a convenience sample without a caveat", "kind: probability", "kind: convenience", "no-caveat", TF_ERROR, 29},
    {"a convenience sample with a weight", "kind: probability", "kind: convenience", "weighted-convenience", TF_ERROR, 35},
    {"a question put to no activity", "activity: survey}", "activity: survy}", "unknown-activity", TF_ERROR, 5},
    {"a term to avoid", "text: Access", "text: Child prostitution", "term", TF_WARNING, 5},
    {"a step still planned before one done", "status: done}\npol", "status: planned}\n  - {id: end, title: End, from: 2021-03, status: done}\npol", "lapsed-status", TF_WARNING, 11},
    {"coverage that does not add up", "share: 0.03", "share: 0.3", "coverage", TF_WARNING, 15},
    {"a language of the report without a label", "languages: [en]\n", "languages: [en, th]\n", "no-label", TF_WARNING, 2},
};

static void check_finds_each_fault(void **state TF_UNUSED)
{
    for (size_t k = 0; k < sizeof findings / sizeof *findings; k++) {
        struct tf_study *s;
        IN_HOUSE(h);
        struct tf_notices out = {.arena = h.arena};
        bool found = false;
        assert_non_null(strstr(good, findings[k].from));
        (void)put_file(&h, "study.yaml",
                       tf_replace(h.arena, good, findings[k].from, findings[k].to));
        (void)put_file(&h, "indicators.yaml", registry);
        OK(tf_study_read(h.arena, h.dir, &s, &h.err));
        tf_study_check(s, &out);
        print_message("  %s\n", findings[k].name);
        for (size_t j = 0; j < out.n; j++)
            found = found || (strcmp(out.item[j].id, findings[k].id) == 0 &&
                              out.item[j].level == findings[k].level &&
                              out.item[j].line == findings[k].line);
        assert_true(found);
        OUT_OF_HOUSE(h);
    }
}

static void check_finds_faults_of_indicators(void **state TF_UNUSED)
{
    static const struct {
        const char *from, *to, *id;
        size_t line;
    } cases[] = {{"dataset: child", "dataset: chld", "unknown-dataset", 5},
                 {"    source: own\n", "", "no-source", 2},
                 {"    recall: past 12 months\n", "    sensitive: true\n", "no-recall", 2}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_study *s;
        IN_HOUSE(h);
        struct tf_notices out = {.arena = h.arena};
        bool found = false;
        (void)put_file(&h, "study.yaml", good);
        (void)put_file(&h, "indicators.yaml",
                       tf_replace(h.arena, registry, cases[k].from, cases[k].to));
        OK(tf_study_read(h.arena, h.dir, &s, &h.err));
        tf_study_check(s, &out);
        for (size_t j = 0; j < out.n; j++)
            found = found ||
                    (strcmp(out.item[j].id, cases[k].id) == 0 && out.item[j].line == cases[k].line);
        assert_true(found);
        OUT_OF_HOUSE(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_study_is_read_whole),
        cmocka_unit_test(each_fault_is_named_at_its_place),
        cmocka_unit_test(faults_of_the_registry_are_named),
        cmocka_unit_test(a_folder_without_a_study),
        cmocka_unit_test(memory_may_end_anywhere),
        cmocka_unit_test(check_finds_each_fault),
        cmocka_unit_test(check_finds_faults_of_indicators),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
