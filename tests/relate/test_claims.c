/* Claims: good ones in order; bad ones refused with claim, line and the nearest name. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sodium.h>

#include "relate/relate.h"
#include "tests/protect/folder.h"

static const char study_yaml[] =
    "trefoil: 1\nid: test\ntitle: A test\nedition: \"1\"\nfindings: findings\n"
    "report:\n  text: report/{lang}\n  languages: [en]\n  allowed_numbers: [\"12–17\"]\n"
    "policies:\n  - {name: dh, title: Counts below 50, counts_below: 50, suppress_below: 0, "
    "flag_below: 0, hide_numerators: [1, 4]}\n"
    "countries:\n  - {code: XA, name: Country XA, status: active, ages: [12, 17], languages: [en], "
    "policy: dh}\n  - {code: XB, name: Country XB, status: active, ages: [12, 17], languages: [en], "
    "policy: dh}\n";

/* ---- a release in memory ---- */

static struct tf_cell exp_cells[] = {
    {.row = "exp_a", .row_label = "A", .col = "total", .state = TF_CELL_SHOWN},
    {.row = "exp_a", .row_label = "A", .col = "sex=1", .col_label = "Boys", .state = TF_CELL_SUPPRESSED},
    {.row = "exp_a", .row_label = "A", .col = "sex=2", .col_label = "Girls", .state = TF_CELL_COUNT},
    {.row = "exp_b", .row_label = "B", .col = "total", .state = TF_CELL_UNRELIABLE}};
static struct tf_cell police_cells[] = {
    {.row = "total", .row_label = "Total", .col = "2019", .state = TF_CELL_SHOWN},
    {.row = "total", .row_label = "Total", .col = "2020", .state = TF_CELL_MISSING}};
static struct tf_figure figures[] = {
    {.id = "exp", .strand = TF_CHILDREN, .cell = exp_cells, .n_cells = 4},
    {.id = "police", .kind = TF_FIG_SERIES, .strand = TF_THREATS, .cell = police_cells, .n_cells = 2}};
static struct tf_quote quotes[] = {{.id = "Q-XA-01"}};
static struct tf_legal laws[] = {{.id = "L-XA-01"}};
static const struct tf_release release = {.country = "XA", .figure = figures, .n_figures = 2,
                                          .quote = quotes, .n_quotes = 1, .legal = laws,
                                          .n_legal = 1};

struct house {
    struct tf_guard guard;
    struct tf_err err;
    struct tf_arena *a;
    char *dir;
    struct tf_study *study;
};

static void open_house(struct house *h, const char *const *claims)
{
    const char *file[32] = {"study.yaml", study_yaml};
    size_t n = 2;
    for (size_t k = 0; claims[k] != NULL; k++)
        file[n++] = claims[k];
    file[n] = NULL;
    h->err = (struct tf_err){.code = TF_OK};
    assert_int_equal(tf_guard_begin(&h->guard, &h->err), TF_OK);
    h->a = tf_arena_new("test", (size_t)64 << 20);
    h->dir = folder_make(h->a, file);
    if (tf_study_read(h->a, h->dir, &h->study, &h->err) != TF_OK)
        fail_msg("%s: %s", h->err.what, h->err.fact);
}

static void close_house(struct house *h)
{
    folder_remove(h->dir);
    tf_arena_free(h->a);
    tf_guard_end(&h->guard);
}

#define HEAD "---\nid: F1\nkind: finding\ntitle: A title\n"
#define LINK "links:\n  - {figure: \"exp.exp_a\", relation: SUPPORTS}\n"
#define CONV "---\nid: C1\nkind: convergence\ntheme: t\ntitle: A title\n"

/* ---- bad claims: what is refused, on which line, with which words ---- */

static const struct {
    const char *sentence, *text;
    enum tf_code code;
    size_t line;
    const char *says;
} bad[] = {
    {"a file without a head", "Just text.\n", TF_E_INPUT, 1, "head"},
    {"a head that never ends", "---\nid: F1\n", TF_E_INPUT, 1, "head"},
    {"an unknown key names the nearest", HEAD "sectoin: 1\n" LINK "---\n", TF_E_INPUT, 5, "section"},
    {"an unknown kind", "---\nid: F1\nkind: findng\ntitle: T\n---\n", TF_E_INPUT, 3, "finding"},
    {"no title", "---\nid: F1\nkind: insight\n---\n", TF_E_INPUT, 2, "title"},
    {"a number typed into a title", "---\nid: F1\nkind: insight\ntitle: 16 in 100\n---\n", TF_E_INPUT, 4,
     "typed"},
    {"a country that is not in the study", "---\nid: F1\nkind: insight\ntitle: T\ncountries: [XA, XQ]\n---\n",
     TF_E_INPUT, 5, "XQ"},
    {"a finding that nothing supports", HEAD "---\n", TF_E_INPUT, 2, "SUPPORTS"},
    {"an unknown figure names the nearest",
     HEAD "links:\n  - {figure: \"polise.total\", relation: SUPPORTS}\n---\n", TF_E_INPUT, 6, "police"},
    {"an unknown row names the nearest",
     HEAD "links:\n  - {figure: \"exp.exp_c\", relation: SUPPORTS}\n---\n", TF_E_INPUT, 6, "exp_"},
    {"an unknown column", HEAD "links:\n  - {figure: \"exp.exp_a sex=9\", relation: SUPPORTS}\n---\n",
     TF_E_INPUT, 6, "sex="},
    {"a withheld number bears nothing",
     HEAD LINK "  - {figure: \"exp.exp_a sex=boys\", relation: QUALIFIES}\n---\n", TF_E_REFUSED, 7,
     "withheld"},
    {"an unreliable number bears nothing",
     HEAD "links:\n  - {figure: \"exp.exp_b\", relation: SUPPORTS}\n---\n", TF_E_REFUSED, 6, "unreliable"},
    {"a quote that was not released", HEAD "links:\n  - {quote: Q-XA-02, relation: SUPPORTS}\n---\n",
     TF_E_INPUT, 6, "Q-XA-01"},
    {"a law that was not released", HEAD "links:\n  - {law: L-XA-09, relation: SUPPORTS}\n---\n",
     TF_E_INPUT, 6, "L-XA-01"},
    {"an unknown relation", HEAD "links:\n  - {law: L-XA-01, relation: SUPORTS}\n---\n", TF_E_INPUT, 6,
     "SUPPORTS"},
    {"a link to two things",
     HEAD "links:\n  - {law: L-XA-01, quote: Q-XA-01, relation: SUPPORTS}\n---\n", TF_E_INPUT, 6, "one of"},
    {"a large number that was withheld", HEAD "big: \"exp.exp_a sex=1 fmt=pct0\"\n" LINK "---\n",
     TF_E_REFUSED, 5, "withheld"},
    {"a recommendation that answers nothing",
     "---\nid: R1\nkind: recommendation\ntitle: T\nactor: government\n---\n", TF_E_INPUT, 2, "insight"},
    {"a recommendation to nobody", "---\nid: R1\nkind: recommendation\ntitle: T\ninsight: I1\n---\n",
     TF_E_INPUT, 2, "actor"},
    {"a recommendation that answers an unknown insight",
     "---\nid: R1\nkind: recommendation\ntitle: T\ninsight: I9\nactor: platforms\n---\n", TF_E_INPUT, 1,
     "I9"},
    {"no word for how the strands stand", CONV "children: \"{{ est exp.exp_a }}\"\n---\n", TF_E_INPUT, 2,
     "together"},
    {"an unknown word for it", CONV "together: agre\n---\n", TF_E_INPUT, 6, "agre"},
    {"agreement of one", CONV "together: agree\nchildren: \"{{ est exp.exp_a }}\"\n---\n", TF_E_REFUSED, 6,
     "two strands"},
    {"agreement against a link",
     CONV "together: agree\nchildren: \"{{ est exp.exp_a }}\"\nthreats: \"{{ count police.total 2019 }}\"\n"
          "links:\n  - {figure: \"police.total 2019\", relation: CONTRADICTS}\n---\n",
     TF_E_REFUSED, 6, "CONTRADICTS"},
    {"contradiction without a link",
     CONV "together: contradict\nchildren: \"{{ est exp.exp_a }}\"\nthreats: \"{{ count police.total 2019 }}\"\n"
          "links:\n  - {figure: \"police.total 2019\", relation: SUPPORTS}\n---\n",
     TF_E_REFUSED, 6, "CONTRADICTS"},
    {"silence where all speak",
     CONV "together: silent\nchildren: \"{{ est exp.exp_a }}\"\nthreats: \"{{ count police.total 2019 }}\"\n"
          "context: \"{{ law L-XA-01 }}\"\n---\n",
     TF_E_REFUSED, 6, "speak"},
    {"an entry that rests on nothing",
     CONV "together: silent\nchildren: Children say so\n---\n", TF_E_REFUSED, 7, "children"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        struct house h;
        struct tf_claims *claims = NULL;
        const char *const file[] = {"findings/claim.md", bad[k].text, NULL};
        open_house(&h, file);
        const enum tf_code code = tf_claims_read(h.a, h.study, "XA", &release, &claims, &h.err);
        const bool said = strstr(h.err.what, bad[k].says) != NULL ||
                          strstr(h.err.fact, bad[k].says) != NULL ||
                          strstr(h.err.help, bad[k].says) != NULL;
        if (code != bad[k].code || h.err.line != bad[k].line || !said)
            print_error("%s: code %d, line %zu: %s / %s / %s\n", bad[k].sentence, code, h.err.line,
                        h.err.what, h.err.fact, h.err.help);
        assert_int_equal(code, bad[k].code);
        assert_int_equal(h.err.line, bad[k].line);
        assert_true(said);
        assert_true(tf_ends(h.err.file, "findings/claim.md"));
        assert_null(claims); /* outputs are untouched on failure */
        close_house(&h);
    }
}

/* ---- good claims ---- */

static const char *const good[] = {
    "findings/a.md", "---\nid: R1\nkind: recommendation\ntitle: Do it\ninsight: I1\nactor: government\n---\n",
    "findings/b.md", "---\nid: I1\nkind: insight\ntitle: Among those aged 12–17 in 2019\norder: 2\n---\n",
    "findings/c.md",
    "---\nid: F2\nkind: finding\norder: 2\ntitle: Second\nstrands: [children, context]\n"
    "links:\n  - {figure: \"exp.exp_a sex=girls\", relation: SUPPORTS}\n"
    "  - {figure: \"police.total 2020\", relation: CONTRADICTS}\n"
    "  - {quote: Q-XA-01, relation: QUALIFIES}\n"
    "  - {quote: Q-XB-01, relation: QUALIFIES, countries: [XB]}\n---\nBody.\n",
    "findings/d.md", "---\nid: F1\nkind: finding\norder: 1\ntitle: First\n" LINK "---\n\nBody text.\n",
    "findings/e.md", "---\nid: F9\nkind: finding\ncountries: [XB]\ntitle: Elsewhere\n" LINK "---\n",
    "findings/f.md",
    CONV "together: contradict\nchildren: \"{{ est exp.exp_a }}\"\nthreats: Not recorded\n"
         "links:\n  - {series: \"police.total 2020\", relation: CONTRADICTS}\n---\n",
    "findings/notes.txt", "not a claim", NULL};

static void test_good(void **state)
{
    static const char *const order[] = {"F1", "F2", "I1", "R1", "C1"};
    struct house h;
    struct tf_claims *c;
    (void)state;
    open_house(&h, good);
    if (tf_claims_read(h.a, h.study, "XA", &release, &c, &h.err) != TF_OK)
        fail_msg("%s:%zu %s", h.err.file, h.err.line, h.err.what);
    assert_int_equal(c->n, 5);
    for (size_t k = 0; k < 5; k++)
        assert_string_equal(c->item[k].id, order[k]);
    assert_string_equal(c->item[0].body, "\nBody text.\n");
    assert_int_equal(c->item[0].body_line, 9);
    const struct tf_claim *f2 = &c->item[1];
    assert_int_equal(f2->n_links, 3); /* the link of another country is left out */
    assert_string_equal(f2->link[0].figure, "exp");
    assert_string_equal(f2->link[0].row, "exp_a");
    assert_string_equal(f2->link[0].col, "sex=girls");
    assert_int_equal(f2->link[1].relation, TF_CONTRADICTS);
    assert_int_equal(f2->link[1].line, 9);
    assert_true(f2->strand[TF_CHILDREN] && f2->strand[TF_CONTEXT] && !f2->strand[TF_THREATS]);
    assert_null(c->item[4].cell[TF_CONTEXT].text);
    close_house(&h);
}

/* A check says all that is wrong, not the first of it. */
static void test_check(void **state)
{
    static const char *const two[] = {
        "findings/a.md", HEAD "links:\n  - {figure: \"exp.exp_z\", relation: SUPPORTS}\n"
                              "  - {quote: Q-XA-77, relation: SUPPORTS}\n---\n",
        "findings/b.md", "---\nid: F1\nkind: findings\n---\n",
        "findings/c.md", HEAD LINK "---\n", NULL};
    struct house h;
    (void)state;
    open_house(&h, two);
    struct tf_notices found = {.arena = h.a};
    tf_relate_check(h.a, h.study, "XA", &release, &found);
    assert_int_equal(tf_notices_count(&found, TF_ERROR), 4); /* row, quote, kind, id twice */
    close_house(&h);
}

static void test_reference(void **state)
{
    static const struct {
        const char *ref, *figure, *row, *col;
    } cases[] = {{"exp.exp_a", "exp", "exp_a", NULL},
                 {"exp.exp_a sex=girls fmt=pct0", "exp", "exp_a", "sex=girls"},
                 {"police.total 2019", "police", "total", "2019"},
                 {"freq.b1.2", "freq", "b1.2", NULL},
                 {"exp", "exp", NULL, NULL}};
    struct house h;
    const char *none[] = {NULL};
    (void)state;
    open_house(&h, none);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const char *figure, *row, *col;
        tf_ref_parts(h.a, &release, cases[k].ref, &figure, &row, &col);
        assert_string_equal(figure, cases[k].figure);
        assert_true(tf_streq(row, cases[k].row) && tf_streq(col, cases[k].col));
    }
    close_house(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bad), cmocka_unit_test(test_good),
                                       cmocka_unit_test(test_check), cmocka_unit_test(test_reference)};
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
