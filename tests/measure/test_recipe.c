/* Recipes: faults with their place, indicators with typed missing answers, and a small study's whole
 * way from its file to figures in the vault and back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/inside.h"

struct bench {
    struct tf_guard guard;
    struct tf_err err;
    struct tf_arena *arena;
    char dir[64];
};

static int set_up(void **state)
{
    static struct bench b;
    b = (struct bench){.dir = "/tmp/trefoil-recipe-XXXXXX"};
    if (sodium_init() < 0 || mkdtemp(b.dir) == NULL || tf_guard_begin(&b.guard, &b.err) != TF_OK)
        return -1;
    b.arena = tf_arena_new("test", (size_t)256 << 20);
    *state = &b;
    return 0;
}

/* The test's folder and the two below it, as far as they were made. */
static void remove_dir(struct tf_arena *arena, const char *dir, int depth)
{
    static const char *const hidden[] = {".trefoil"};
    char **name = NULL;
    size_t n = 0;
    if (depth > 4 || !tf_dir_exists(dir) || tf_dir_list(arena, dir, &name, &n, NULL) != TF_OK)
        return;
    for (size_t k = 0; k < n + 1; k++) {
        const char *path = tf_path_join(arena, dir, k < n ? name[k] : hidden[0]);
        if (tf_dir_exists(path))
            remove_dir(arena, path, depth + 1);
        else
            (void)unlink(path);
    }
    (void)rmdir(dir);
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    char dir[64];
    memcpy(dir, b->dir, sizeof dir);
    tf_arena_free(b->arena); /* closes the vault */
    b->arena = tf_arena_new("clearing", (size_t)1 << 20);
    remove_dir(b->arena, dir, 0);
    tf_arena_free(b->arena);
    tf_guard_end(&b->guard);
    return 0;
}

static void must(const struct bench *b, enum tf_code code)
{
    if (code != TF_OK)
        fail_msg("%s:%zu: %s %s %s", b->err.file, b->err.line, b->err.what, b->err.fact,
                 b->err.help);
}

static const char *write_file(struct bench *b, const char *name, const char *text)
{
    const char *path = tf_path_join(b->arena, b->dir, name);
    must(b, tf_file_write(path, text, strlen(text), &b->err));
    return path;
}

static void a_faulty_recipe_names_its_line(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *yaml;
        size_t line;
        const char *says;
    } cases[] = {
        {"design: {weight: w}\n", 1, "dataset"},
        {"data: {dataset: a}\ndesing: {weight: w}\n", 2, "desing"},
        {"data: {dataset: a}\ndesign: {lonely_psu: centre}\n", 2, "centre"},
        {"data: {dataset: a}\nestimates:\n  - {id: x, stat: median, vars: [v]}\n", 3, "median"},
        {"data: {dataset: a}\nestimates:\n  - {id: x, vars: [v], ci: wilson}\n", 3, "wilson"},
        {"data: {dataset: a}\nestimates:\n  - {id: x}\n", 3, "no rows"},
        {"data: {dataset: a}\nestimates:\n  - {id: x, vars: [v]}\n  - {id: x, vars: [v]}\n", 4,
         "twice"},
        {"data: {dataset: a}\nestimates:\n  - {id: x, vars: [v], columns: [sex]}\n", 3, "sex"},
        {"data: {dataset: a}\ncolumns:\n  - {var: g, from: age, cut: {A: [1, 5], B: [5, 9]}}\n", 3,
         "overlap"},
        {"data: {dataset: a}\ncolumns:\n  - {var: g, from: age}\n", 3, "belong together"},
        {"data: {dataset: a}\ndesign: {weight: w}\nweights:\n  - {step: trim}\n", 4, "trim"},
        {"data: {dataset: a}\ndesign: {weight: w}\nweights:\n"
         "  - {step: rake, margins: [{var: s, totals: {1: none}}]}\n", 4, "number"},
        {"data: {dataset: a}\nweights:\n  - {step: base, p_psu: p}\n", 3, "design: weight"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct tf_recipe *r = NULL;
        const char *path = write_file(b, "r.yaml", cases[k].yaml);
        assert_int_equal(tf_recipe_read(b->arena, path, &r, &b->err), TF_E_INPUT);
        if (b->err.line != cases[k].line || strstr(b->err.what, cases[k].says) == NULL)
            fail_msg("case %zu: line %zu, '%s'", k, b->err.line, b->err.what);
        assert_null(r);
    }
}

/* Two items of six cases: what "any" makes of them. */
static void an_indicator_counts_only_what_was_answered(void **state)
{
    struct bench *b = *state;
    static const char csv[] = "a,b,age\n1,0,14\n0,0,14\n0,,14\n,,14\n1,,14\n0,0,30\n";
    const char *item[] = {"a", "b"};
    double code[] = {1};
    struct tf_indicator ind = {.id = "any_ab", .rule = "any", .item = item, .n_items = 2,
                               .code = code, .n_codes = 1, .age_min = 12, .age_max = 17};
    struct tf_table *t = NULL;
    static const struct {
        enum tf_miss b_missing; /* why b is missing in rows 2 to 4 */
        bool prefer_in_base;
        const char *want;       /* 1 yes, 0 no, . missing */
    } cases[] = {
        {TF_MISS_SYSTEM, false, "10..1."},     {TF_MISS_ROUTING, false, "100.1."},
        {TF_MISS_AGE, false, "100.1."},        {TF_MISS_VOID, false, "10..1."},
        {TF_MISS_PREFER_NOT, false, "10..1."}, {TF_MISS_PREFER_NOT, true, "100.1."},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        char got[7] = "......";
        must(b, tf_csv_parse(b->arena, "t.csv", csv, sizeof csv - 1,
                             (struct tf_csv_opt){.guess_numbers = true}, &t, &b->err));
        for (size_t row = 2; row < 5; row++)
            t->col[1].miss[row] = (uint8_t)cases[k].b_missing;
        ind.prefer_not_in_base = cases[k].prefer_in_base;
        must(b, tf_derive_indicator(b->arena, &ind, t, &b->err));
        const struct tf_column *c = &t->col[tf_table_find(t, "any_ab")];
        for (size_t row = 0; row < 6; row++)
            if (c->miss[row] == TF_PRESENT)
                got[row] = c->num[row] > 0 ? '1' : '0';
        if (strcmp(got, cases[k].want) != 0)
            fail_msg("case %zu: got %s, want %s", k, got, cases[k].want);
        assert_int_equal(c->miss[5], TF_MISS_AGE);
    }
}

static void groups_are_cut_by_both_ends(void **state)
{
    struct bench *b = *state;
    static const char csv[] = "age\n11\n12\n13\n14\n15\n16\n\n";
    struct tf_recipe_cut cut[] = {{"12-13", 12, 13}, {"14-15", 14, 15}};
    const struct tf_recipe_column column = {.var = "agegrp", .from = "age", .cut = cut,
                                            .n_cuts = 2};
    struct tf_table *t = NULL;
    must(b, tf_csv_parse(b->arena, "t.csv", csv, sizeof csv - 1,
                         (struct tf_csv_opt){.guess_numbers = true}, &t, &b->err));
    must(b, tf_derive_column(b->arena, &column, t, &b->err));
    const struct tf_column *c = &t->col[1];
    static const double want[] = {0, 1, 1, 2, 2, 0};
    for (size_t row = 0; row < 6; row++)
        assert_true(want[row] > 0 ? fabs(c->num[row] - want[row]) < 0.5
                                  : c->miss[row] != TF_PRESENT);
    assert_string_equal(tf_column_label(c, 2), "14-15");
}

/* ---- the whole way ------------------------------------------------------------------------ */

static const char study_yaml[] =
    "trefoil: 1\nid: small\ntitle: Small\nsynthetic: true\nedition: \"1\"\n"
    "policies:\n  - {name: p, title: P, counts_below: 0, suppress_below: 0, flag_below: 0}\n"
    "countries:\n  - {code: XA, name: Country XA, status: active, ages: [12, 17],"
    " languages: [en], policy: p}\n"
    "datasets:\n"
    "  - {id: child, title: Children, strand: children, kind: probability, file: child.csv,"
    " recipe: child.recipe.yaml, cleaning: child.cleaning.yaml, unit: child,"
    " population: children, source: S, sensitive: [y], missing: {dont_know: [888]}}\n"
    "  - {id: worker, title: Workers, strand: context, kind: convenience, file: worker.csv,"
    " recipe: worker.recipe.yaml, unit: worker, population: workers, source: S,"
    " caveat: These workers only.}\n";
static const char indicators_yaml[] =
    "indicators:\n"
    "  - {id: yes, version: \"1\", label: {en: Said yes}, strand: children, dataset: child,"
    " rule: item, items: [y], codes: [1], source: test}\n";
static const char child_recipe[] =
    "data: {dataset: child}\n"
    "design: {weight: w, strata: [h], psu: [i], nest: true, lonely_psu: error}\n"
    "weights:\n  - {step: base, p_psu: p1, p_household: p2}\n"
    "  - {step: rake, margins: [{var: sex, totals: {1: 300, 2: 500}}]}\n"
    "columns:\n  - {var: sex, labels: {1: Boys, 2: Girls}}\n"
    "estimates:\n"
    "  - {id: f1, title: First, stat: prop, indicators: [yes], columns: [sex]}\n"
    "  - {id: f2, title: Second, stat: total, indicators: [yes]}\n"
    "  - {id: f3, title: Third, stat: prop, var: y}\n"
    "  - {id: f4, title: Fourth, stat: mean, vars: [age], columns: [sex], where: age > 12}\n";
static const char worker_recipe[] = "data: {dataset: worker}\n"
                                    "estimates:\n"
                                    "  - {id: wk, stat: count, vars: [a, b], category: 1}\n";

static void write_study(struct bench *b)
{
    struct tf_buf csv = {.arena = b->arena};
    (void)write_file(b, "study.yaml", study_yaml);
    (void)write_file(b, "indicators.yaml", indicators_yaml);
    (void)write_file(b, "child.recipe.yaml", child_recipe);
    (void)write_file(b, "worker.recipe.yaml", worker_recipe);
    (void)write_file(b, "child.cleaning.yaml",
                     "rules:\n  - {rule: drop, where: age > 17, as: not_eligible, why: Too old}\n");
    (void)write_file(b, "worker.csv", "a,b\n1,0\n1,1\n0,\n");
    tf_buf_add(&csv, "h,i,p1,p2,sex,age,y\n");
    for (int h = 1; h <= 2; h++)
        for (int i = 1; i <= 3; i++)
            for (int k = 0; k < 5; k++)
                tf_buf_printf(&csv, "%d,%d,0.%d,0.5,%d,%d,%s\n", h, i, h, 1 + (k + i) % 2, 12 + k,
                              k == 4 ? "888" : (h + i + k) % 3 ? "0" : "1");
    tf_buf_add(&csv, "1,1,0.1,0.5,1,18,1\n");
    (void)write_file(b, "child.csv", tf_buf_text(&csv));
}

static const struct tf_measured *figure(const struct tf_measured *m, size_t n, const char *id)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(m[k].figure, id) == 0)
            return &m[k];
    fail_msg("no figure '%s'", id);
    return NULL;
}

static const char *run(struct bench *b, struct tf_measured **m, size_t *n)
{
    struct tf_study *study = NULL;
    struct tf_keep *keep = NULL;
    const char *id;
    bool changed, found = false;
    static const char *const files[][3] = {{"child.csv", "children", "child"},
                                           {"worker.csv", "context", "worker"}};
    struct tf_evidence ev;
    must(b, tf_study_read(b->arena, b->dir, &study, &b->err));
    must(b, tf_keep_open(b->arena, b->dir, true, &keep, &b->err));
    for (size_t k = 0; k < 2; k++)
        must(b, tf_keep_import_file(b->arena, keep, b->dir,
                                    tf_path_join(b->arena, b->dir, files[k][0]), "XA", files[k][1],
                                    files[k][2], "T", &id, &changed, &b->err));
    must(b, tf_measure_country(b->arena, study, keep, "XA", &b->err));
    must(b, tf_measured_load(b->arena, keep, "XA", m, n, &b->err));
    must(b, tf_evidence_current(b->arena, tf_keep_register(keep), "estimates", "XA", "estimates",
                                &found, &ev, &b->err));
    assert_true(found);
    const char **source;
    size_t n_sources;
    must(b, tf_evidence_sources(b->arena, tf_keep_register(keep), ev.id, &source, &n_sources,
                                &b->err));
    assert_int_equal(n_sources, 4); /* two snapshots, two recipes */
    return ev.id;
}

static void a_country_runs_into_the_vault_and_back(void **state)
{
    struct bench *b = *state;
    struct tf_measured *m = NULL;
    size_t n = 0;
    write_study(b);
    const char *first = run(b, &m, &n);
    assert_int_equal(n, 6);
    assert_string_equal(m[0].figure, "flow-child");
    assert_string_equal(m[0].stat, "flow");
    assert_int_equal(m[0].cell[0].e.n, 31);
    assert_int_equal(m[0].cell[1].e.n, 1);
    assert_int_equal(m[0].cell[2].e.n, 30);

    const struct tf_measured *f1 = figure(m, n, "f1");
    assert_int_equal(f1->n_cells, 3);
    assert_int_equal(f1->n_contrasts, 1);
    assert_string_equal(f1->cell[1].col, "sex=1");
    assert_string_equal(f1->cell[1].col_label, "Boys");
    assert_string_equal(f1->cell[0].row_label, "Said yes");
    assert_int_equal(f1->cell[0].e.base, 24); /* don't know is out of the base */
    assert_true(f1->cell[0].e.df > 3.5 && f1->cell[0].e.df < 4.5);
    assert_true(f1->sensitive == false && (f1->flags & TF_SYNTHETIC) != 0);
    assert_string_equal(f1->indicator, "yes");
    assert_int_equal(f1->n_psu, 6);
    assert_non_null(strstr(f1->design_text, "raked"));
    assert_true(fabs(f1->contrast[0].difference -
                     (f1->cell[1].e.estimate - f1->cell[2].e.estimate)) < 1e-12);

    const struct tf_measured *f3 = figure(m, n, "f3");
    assert_int_equal(f3->n_cells, 2);
    assert_string_equal(f3->cell[1].row, "y.1");
    assert_true(f3->sensitive);
    assert_true(fabs(f3->cell[1].e.estimate - f1->cell[0].e.estimate) < 1e-12);

    const struct tf_measured *f4 = figure(m, n, "f4");
    assert_true(f4->cell[0].e.base == 24 && f4->cell[0].e.estimate > 13);

    const struct tf_measured *wk = figure(m, n, "wk");
    assert_false(wk->probability);
    assert_int_equal(wk->cell[0].e.n, 2);
    assert_int_equal(wk->cell[1].e.base, 2);
    assert_true(isnan(wk->cell[0].e.se) && isnan(wk->cell[0].e.lo));

    const char *again = run(b, &m, &n);
    assert_string_equal(first, again); /* same content, same evidence */
}

static void raked_totals_are_the_populations(void **state)
{
    struct bench *b = *state;
    struct tf_measured *m = NULL;
    size_t n = 0;
    write_study(b);
    (void)run(b, &m, &n);
    const struct tf_measured *f2 = figure(m, n, "f2"), *f1 = figure(m, n, "f1");
    assert_true(f2->cell[0].e.estimate > 0);
    assert_true(fabs(f1->cell[0].e.estimate * f1->cell[0].e.base_weighted /
                     f2->cell[0].e.estimate - 1) < 1e-12);
}

static void a_check_names_what_a_recipe_gets_wrong(void **state)
{
    struct bench *b = *state;
    struct tf_study *study = NULL;
    struct tf_notices out = {.arena = b->arena};
    write_study(b);
    (void)write_file(b, "worker.recipe.yaml",
                     "data: {dataset: worker}\nestimates:\n"
                     "  - {id: f1, stat: prop, vars: [a], category: 1}\n"
                     "  - {id: g, stat: count, indicators: [yess]}\n");
    must(b, tf_study_read(b->arena, b->dir, &study, &b->err));
    tf_measure_check(b->arena, study, &out);
    static const char *const ids[] = {"convenience-statistic", "unknown-indicator",
                                      "figure-twice"};
    assert_int_equal(out.n, 3);
    for (size_t k = 0; k < 3; k++) {
        bool found = false;
        for (size_t j = 0; j < out.n; j++)
            found = found || (strcmp(out.item[j].id, ids[k]) == 0 && out.item[j].line >= 3);
        if (!found)
            fail_msg("no notice '%s'", ids[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        ROW(a_faulty_recipe_names_its_line),
        ROW(an_indicator_counts_only_what_was_answered),
        ROW(groups_are_cut_by_both_ends),
        ROW(a_country_runs_into_the_vault_and_back),
        ROW(raked_totals_are_the_populations),
        ROW(a_check_names_what_a_recipe_gets_wrong),
#undef ROW
    };
    return cmocka_run_group_tests_name("measure: recipes", tests, NULL, NULL);
}
