/* Void items: masked where data enter the vault, and back when the decision is taken back. */
#include "house.h"
#include "keep/void.h"

static const char study_text[] =
    "trefoil: 1\nid: test\ntitle: A test\nedition: \"1\"\nfindings: findings\nsynthetic: true\n"
    "policies:\n  - {name: dh, suppress_below: 0}\n"
    "timeline:\n  - {id: out, title: Release, to: 2026-01}\n"
    "countries:\n"
    "  - {code: XA, name: Country XA, status: active, ages: [12, 17], languages: [en], policy: dh}\n"
    "  - {code: XB, name: Country XB, status: active, ages: [12, 17], languages: [en], policy: dh}\n"
    "datasets:\n"
    "  - id: child\n    title: Children\n    strand: children\n    kind: probability\n"
    "    file: child.csv\n    unit: child\n    population: children\n    source: Survey\n%s";

static const char data[] = "id,language,exp_a,exp_b,why/fun,why/school\n1,en,1,0,1,0\n2,km,1,,0,1\n3,km,0,1,1,1\n";

static struct tf_table *imported(struct house *h, const char *country, const char *voids, bool *ret_changed)
{
    struct tf_keep *keep;
    struct tf_table *t;
    const char *id;
    bool found;
    (void)put_file(h, "study.yaml", tf_printf(h->arena, study_text, voids));
    const char *path = put_file(h, "child.csv", data);
    struct tf_arena *a = tf_arena_new("keep", (size_t)64 << 20);
    OK(tf_keep_open(a, h->dir, true, &keep, &h->err));
    if (tf_keep_import_file(a, keep, h->dir, path, country, "children", "child", "Children", &id,
                            ret_changed, &h->err) != TF_OK) {
        tf_arena_free(a);
        return NULL;
    }
    OK(tf_keep_dataset_get(h->arena, keep, country, "children", "child", &found, &t, NULL, &h->err));
    tf_arena_free(a);
    return t;
}

static size_t masked(const struct tf_table *t, const char *name)
{
    const struct tf_column *c = &t->col[tf_table_find(t, name)];
    size_t n = 0;
    for (size_t row = 0; row < t->n_rows; row++)
        n += c->miss[row] == TF_MISS_VOID;
    assert_true((c->flags & TF_VOID_ITEM) != 0 ? n > 0 : n == 0);
    return n;
}

static const struct {
    const char *name, *voids, *country;
    size_t exp_a, exp_b, fun;
} cases[] = {
    {"nothing is void", "", "XA", 0, 0, 0},
    {"an item in every country", "    void: [{item: exp_a, reason: r}]\n", "XA", 3, 0, 0},
    {"an item in this country", "    void: [{item: exp_a, country: XA, reason: r}]\n", "XA", 3, 0, 0},
    {"an item in another country", "    void: [{item: exp_a, country: XB, reason: r}]\n", "XA", 0, 0, 0},
    {"an item in one language", "    language: language\n    void: [{item: exp_b, language: km, reason: r}]\n", "XA", 0, 2, 0},
    {"all that begin so", "    void: [{item: exp_*, reason: r}]\n", "XA", 3, 3, 0},
    {"all columns of an item", "    void: [{item: why, reason: r}]\n", "XA", 0, 0, 3},
    {"an item that is no column", "    void: [{item: gone, reason: r}]\n", "XA", 0, 0, 0},
};

static void each_case(void **state TF_UNUSED)
{
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        bool changed;
        IN_HOUSE(h);
        print_message("  %s\n", cases[k].name);
        const struct tf_table *t = imported(&h, cases[k].country, cases[k].voids, &changed);
        assert_non_null(t);
        assert_int_equal(masked(t, "exp_a"), cases[k].exp_a);
        assert_int_equal(masked(t, "exp_b"), cases[k].exp_b);
        assert_int_equal(masked(t, "why/fun"), cases[k].fun);
        OUT_OF_HOUSE(h);
    }
}

static void a_decision_is_taken_and_taken_back(void **state TF_UNUSED)
{
    bool changed;
    IN_HOUSE(h);
    const struct tf_table *t = imported(&h, "XA", "", &changed);
    assert_true(changed);
    t = imported(&h, "XA", "    void: [{item: exp_a, reason: r}]\n", &changed);
    assert_true(changed); /* the same file, and it is read again */
    assert_int_equal(masked(t, "exp_a"), 3);
    (void)imported(&h, "XA", "    void: [{item: exp_a, reason: r}]\n", &changed);
    assert_false(changed);
    t = imported(&h, "XA", "", &changed);
    assert_true(changed);
    assert_int_equal(masked(t, "exp_a"), 0);
    assert_true(t->col[tf_table_find(t, "exp_a")].num[2] == 0);
    OUT_OF_HOUSE(h);
}

static void faults_are_named(void **state TF_UNUSED)
{
    static const struct {
        const char *voids, *words;
    } faults[] = {
        {"    void: [{item: exp_a}]\n", "reason"},
        {"    void: [{item: exp_a, language: km, reason: r}]\n", "no language variable"},
        {"    language: tongue\n    void: [{item: exp_a, language: km, reason: r}]\n", "no text 'tongue'"},
        {"    void: {item: exp_a}\n", "is a list"},
        {"    void: [{item: exp_a, reasn: r}]\n", "reasn"},
    };
    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
        bool changed;
        IN_HOUSE(h);
        assert_null(imported(&h, "XA", faults[k].voids, &changed));
        if (strstr(h.err.what, faults[k].words) == NULL)
            fail_msg("%s", h.err.what);
        assert_true(h.err.line > 0);
        OUT_OF_HOUSE(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case),
        cmocka_unit_test(a_decision_is_taken_and_taken_back),
        cmocka_unit_test(faults_are_named),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("keep/void", tests, NULL, NULL);
}
