/* What study.yaml may say of a form, and fieldwork.yaml of the work: each fault with its line. */
#include "tests/house.h"
#include "field/field.h"

#define STUDY "trefoil: 1\nid: t\ntitle: T\ncountries:\n  - {code: XA, name: A}\n" \
              "datasets:\n  - {id: child, title: C, strand: children, kind: probability, file: c.csv, sensitive: [exp_*]}\nforms:\n"

static void put(struct house *h, const char *name, const char *text)
{
    OK(tf_file_write(tf_path_join(h->arena, h->dir, name), text, strlen(text), &h->err));
}

static void a_form_that_breaks_a_rule_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *form, *what; /* what NULL: it is taken */
    } cases[] = {
        {"  - {id: child, file: c.xlsx, who: child, dataset: child, self: own, clear: [psu, audit]}\n", NULL},
        {"  - {id: visit, file: c.xlsx, who: interviewer, encrypted: false}\n", NULL},
        {"  - {id: work, file: c.xlsx, who: worker, encrypted: false, strand: context}\n", NULL},
        {"  - {id: child, file: c.xlsx, who: child, encrypted: false}\n", "must be encrypted"},
        {"  - {id: care, file: c.xlsx, who: caregiver, encrypted: false}\n", "must be encrypted"},
        {"  - {id: talk, file: c.xlsx, who: survivor, encrypted: false}\n", "must be encrypted"},
        {"  - {id: child, file: c.xlsx, who: child, dataset: child, clear: [exp_a]}\n", "sensitive"},
        {"  - {id: child, file: c.xlsx, who: child, self: own, clear: [own]}\n", "answered alone"},
        {"  - {id: child, file: c.xlsx, who: child, clear: [a, b, c, d, e, f, g, h, i, j, k, l, m]}\n", "too many"},
        {"  - {id: child, file: c.xlsx, who: child, clear: [a, a]}\n", "twice"},
        {"  - {id: child, file: c.xlsx, who: child, clear: [a/b]}\n", "no name of a field"},
        {"  - {id: child, file: c.xlsx, who: child, dataset: none}\n", "no dataset"},
        {"  - {id: child, file: c.xlsx, who: child, countries: [XQ]}\n", "no country"},
        {"  - {id: child, file: c.xlsx, who: children}\n", "cannot be"},
        {"  - {id: child, file: c.xlsx}\n", "who"},
        {"  - {id: child, file: c.xlsx, who: child, purpose: all}\n", "cannot be"},
        {"  - {id: a, file: c.xlsx, who: child}\n  - {id: a, file: c.xlsx, who: child}\n", "twice"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_study *s;
        IN_HOUSE(h);
        put(&h, "study.yaml", tf_printf(h.arena, STUDY "%s", cases[k].form));
        const enum tf_code code = tf_study_read(h.arena, h.dir, &s, &h.err);
        if (cases[k].what == NULL) {
            assert_int_equal(code, TF_OK);
            assert_int_equal(s->n_forms, 1);
            assert_string_equal(s->form[0].purpose, "response");
        } else {
            assert_int_equal(code, TF_E_INPUT);
            assert_true(h.err.line >= 9);
            if (strstr(h.err.what, cases[k].what) == NULL)
                fail_msg("'%s' does not say '%s'", h.err.what, cases[k].what);
        }
        OUT_OF_HOUSE(h);
    }
}

static struct tf_xfield field(const char *name, enum tf_xtype type, size_t parent, size_t repeat)
{
    return (struct tf_xfield){.name = name, .path = name, .type = type, .parent = parent, .repeat = repeat};
}

static void a_clear_field_stands_once_in_no_repeat_and_not_in_the_part_answered_alone(void **state)
{
    (void)state;
    struct tf_xfield f[] = {field("data", TF_X_GROUP, SIZE_MAX, SIZE_MAX), field("psu", TF_X_STRING, 0, SIZE_MAX),
                            field("own", TF_X_GROUP, 0, SIZE_MAX),         field("deep", TF_X_GROUP, 2, SIZE_MAX),
                            field("age", TF_X_INT, 3, SIZE_MAX),           field("roster", TF_X_REPEAT, 0, SIZE_MAX),
                            field("r_age", TF_X_INT, 5, 5),                field("same", TF_X_INT, 0, SIZE_MAX),
                            field("same", TF_X_INT, 0, SIZE_MAX)};
    const struct tf_xform x = {.field = f, .n_fields = 9};
    static const struct {
        const char *name, *self;
        enum tf_code code;
    } cases[] = {{"psu", "own", TF_OK},          {"audit", "own", TF_OK},     {"age", "own", TF_E_INPUT},
                 {"age", NULL, TF_OK},           {"r_age", NULL, TF_E_INPUT}, {"same", NULL, TF_E_INPUT},
                 {"none", NULL, TF_E_INPUT},     {"deep", NULL, TF_E_INPUT},  {"psu", "nothing", TF_E_INPUT}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_err err;
        const char *clear[] = {cases[k].name};
        const struct tf_study_form form = {.id = "x", .at = {.file = "study.yaml"}, .clear = clear,
                                           .n_clear = 1, .self = cases[k].self};
        assert_int_equal(tf_form_clear_allowed(&form, &x, &err), cases[k].code);
    }
}

static void a_plan_has_defaults_and_its_faults_have_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t line; /* 0: it is taken */
    } cases[] = {{"per_psu: 10\n", 0},
                 {"limits: {far_km: 5}\n", 0},
                 {"per_psu: many\n", 1},
                 {"contact_form: c\nlimit: {run: 6}\n", 2},
                 {"limits:\n  too_fast: 2\n", 2},
                 {"quotas:\n  - {cell: A, target: 0}\n", 2},
                 {"quotas:\n  - {cell: A, target: 1}\n  - {cell: A, target: 1}\n", 3},
                 {"quotas:\n  - {cell: A, target: 1, ages: [14, 12]}\n", 2},
                 {"quotas: A\n", 1}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_field_plan plan;
        IN_HOUSE(h);
        struct tf_study s = {.arena = h.arena, .dir = h.dir};
        OK(tf_field_plan_read(h.arena, &s, &plan, &h.err));
        assert_string_equal(plan.contact_form, "contact");
        assert_true(isnan(plan.per_psu));
        put(&h, "fieldwork.yaml", cases[k].text);
        assert_int_equal(tf_field_plan_read(h.arena, &s, &plan, &h.err), cases[k].line == 0 ? TF_OK : TF_E_INPUT);
        if (cases[k].line > 0)
            assert_int_equal(h.err.line, cases[k].line);
        OUT_OF_HOUSE(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_that_breaks_a_rule_is_refused_with_its_line),
        cmocka_unit_test(a_clear_field_stands_once_in_no_repeat_and_not_in_the_part_answered_alone),
        cmocka_unit_test(a_plan_has_defaults_and_its_faults_have_lines),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
