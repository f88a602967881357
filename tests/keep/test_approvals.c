/* The register of approvals: nothing goes out while one is missing or lapsed. */
#include "house.h"

#include "keep/approvals.h"

static const char head[] =
    "trefoil: 1\nid: test\ntitle: A test\nedition: \"1\"\nfindings: findings\n"
    "policies:\n  - {name: dh, suppress_below: 0}\n"
    "timeline:\n  - {id: out, title: Release, to: 2026-01}\n"
    "countries:\n  - {code: XA, name: Country XA, status: active, ages: [12, 17], languages: [en], policy: dh}\n"
    "  - {code: XB, name: Country XB, status: active, ages: [12, 17], languages: [en], policy: dh}\n";

static struct tf_study *study(struct house *h, bool synthetic, const char *more)
{
    struct tf_study *s;
    (void)put_file(h, "study.yaml",
                   tf_printf(h->arena, "%ssynthetic: %s\n%s", head, synthetic ? "true" : "false", more));
    if (tf_study_read(h->arena, h->dir, &s, &h->err) != TF_OK)
        fail_msg("%s", h->err.what);
    return s;
}

#define GLOBAL "approvals:\n  - {id: g, body: Global board, scope: [collect, release], status: granted, from: 2025-01, to: 2026-06-30}\n"
#define NATIONAL "  - {id: a, body: Board of XA, country: XA, scope: [collect, release], status: granted, to: 2026}\n"

static const struct {
    const char *name, *yaml, *country, *act, *day, *words; /* words NULL: let through */
    bool synthetic;
} cases[] = {
    {"a synthetic study without a register is let through", "", "XA", "collect", "2026-01-01", NULL, true},
    {"another without one is not", "", "XA", "collect", "2026-01-01", "no board for all", false},
    {"a global board alone is not enough", GLOBAL, "XA", "collect", "2026-01-01", "no national body", false},
    {"nor is it for a synthetic study that has a register", GLOBAL, "XA", "collect", "2026-01-01", "no national body", true},
    {"a national board alone is not enough", "approvals:\n" NATIONAL, "XA", "collect", "2026-01-01", "no board for all", false},
    {"both let collection begin", GLOBAL NATIONAL, "XA", "collect", "2025-01-01", NULL, false},
    {"the last day counts", GLOBAL NATIONAL, "XA", "release", "2026-06-30", NULL, false},
    {"the day after does not", GLOBAL NATIONAL, "XA", "release", "2026-07-01", "'g' of Global board is lapsed", false},
    {"nor the day before the first", GLOBAL NATIONAL, "XA", "release", "2024-12-31", "not yet in force", false},
    {"another country's board does not count", GLOBAL NATIONAL, "XB", "collect", "2026-01-01", "no national body", false},
    {"pending is not granted", GLOBAL "  - {id: a, body: Board, country: XA, scope: [collect], status: pending}\n", "XA", "collect", "2026-01-01", "is pending", false},
    {"lapsed is not granted", GLOBAL "  - {id: a, body: Board, country: XA, scope: [collect], status: lapsed}\n", "XA", "collect", "2026-01-01", "is lapsed", false},
    {"a scope is not another", GLOBAL "  - {id: a, body: Board, country: XA, scope: [collect], status: granted}\n", "XA", "release", "2026-01-01", "no national body", false},
    {"one of two national bodies missing stops it", GLOBAL NATIONAL "  - {id: b, body: Ministry, country: XA, scope: [collect], status: pending}\n", "XA", "collect", "2026-01-01", "'b' of Ministry", false},
    {"a renewal of the same body is enough", GLOBAL NATIONAL "  - {id: g2, body: Global board, scope: [release], status: granted, from: 2026-07-01}\n", "XA", "release", "2026-08-01", NULL, false},
    {"no approval needed, with its reason", "approvals:\n  - {id: g, body: Board, scope: [release], status: not_needed, conditions: public file}\n"
     "  - {id: n, body: National, country: XA, scope: [release], status: not_needed, conditions: public file}\n", "XA", "release", "2026-01-01", NULL, false},
};

static void the_register_decides(void **state TF_UNUSED)
{
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        IN_HOUSE(h);
        print_message("  %s\n", cases[k].name);
        const struct tf_study *s = study(&h, cases[k].synthetic, cases[k].yaml);
        const enum tf_code code =
            tf_approvals_need(h.arena, s, cases[k].country, cases[k].act, cases[k].day, &h.err);
        assert_int_equal(code, cases[k].words == NULL ? TF_OK : TF_E_REFUSED);
        if (cases[k].words != NULL) {
            assert_non_null(strstr(h.err.what, cases[k].words));
            assert_non_null(strstr(h.err.file, "study.yaml"));
        }
        OUT_OF_HOUSE(h);
    }
}

static void faults_have_their_place(void **state TF_UNUSED)
{
    static const struct {
        const char *yaml, *words;
    } faults[] = {
        {"approvals:\n  - {id: g, body: B, scope: [print], status: granted}\n", "nothing that an approval covers"},
        {"approvals:\n  - {id: g, body: B, country: XQ, scope: [collect], status: granted}\n", "no country 'XQ'"},
        {"approvals:\n  - {id: g, body: B, scope: [collect], status: granted, from: 2026, to: 2025}\n", "ends before"},
        {"approvals:\n  - {id: g, body: B, scope: [collect], status: not_needed}\n", "is not said"},
        {"retention:\n  - {id: r, purpose: identity}\n", "either a date or an event"},
        {"retention:\n  - {id: r, purpose: identity, after: none, months: 1}\n", "no milestone 'none'"},
        {"people:\n  - {id: ana, role: queen}\n", "queen"},
        {"people:\n  - {id: ana, role: author, countries: [XQ]}\n", "no country 'XQ'"},
    };
    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
        struct tf_study *s;
        IN_HOUSE(h);
        (void)put_file(&h, "study.yaml", tf_printf(h.arena, "%ssynthetic: true\n%s", head, faults[k].yaml));
        assert_int_equal(tf_study_read(h.arena, h.dir, &s, &h.err), TF_E_INPUT);
        assert_non_null(strstr(h.err.what, faults[k].words));
        assert_true(h.err.line > 10);
        OUT_OF_HOUSE(h);
    }
}

static void a_retention_ends_on_a_day(void **state TF_UNUSED)
{
    static const struct {
        const char *yaml, *day;
    } rows[] = {{"until: 2030-12-31", "2030-12-31"}, {"until: 2030-02", "2030-02-28"},
                {"until: 2028-02", "2028-02-29"}, {"months: 1, after: out", "2026-02-28"},
                {"months: 60, after: out", "2031-01-31"}, {"months: 0, after: out", "2026-01-31"}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        IN_HOUSE(h);
        const struct tf_study *s = study(&h, true, tf_printf(h.arena, "retention:\n  - {id: r, purpose: identity, %s}\n", rows[k].yaml));
        assert_string_equal(tf_retention_day(h.arena, s, &s->retention[0]), rows[k].day);
        OUT_OF_HOUSE(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_register_decides),
        cmocka_unit_test(faults_have_their_place),
        cmocka_unit_test(a_retention_ends_on_a_day),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("approvals", tests, NULL, NULL);
}
