/* Cross-tabulations, tests of fit, log-linear models, t and rank tests, kappa and alpha against R
 * survey 4.1 (tests/gold/tests.csv, by make_tests.R): each line names data, design and estimate as
 * a recipe writes them, and one number of the answer. Closed forms to 1e-9 relative, what R
 * iterates to 1e-7, saddlepoint to 1e-5. Then what R cannot answer, and recipes that are wrong. */
#include "../house.h"

#include "measure/tabulate.h"

/* ---- Running one estimate ------------------------------------------------------------------ */

static enum tf_code run(struct house *h, const char *data, const char *design, const char *estimate,
                        unsigned threads, const struct tf_result **ret)
{
    char here[1024];
    assert_non_null(getcwd(here, sizeof here));
    const char *path = put_file(h, "recipe.yaml",
                                tf_printf(h->arena, "data: %s/tests/gold/%s\ndesign: %s\n"
                                                    "estimates:\n  - %s\n",
                                          here, data, design, estimate));
    struct tf_recipe_run *made;
    TF_TRY(tf_measure_recipe(h->arena, path, (struct tf_recipe_opt){.threads = threads}, &made,
                             &h->err));
    *ret = &made->result[0];
    return TF_OK;
}

static const struct tf_result *answer(struct house *h, const char *data, const char *design,
                                      const char *estimate)
{
    const struct tf_result *r = NULL;
    if (run(h, data, design, estimate, 1, &r) != TF_OK)
        fail_msg("%s: %s %s %s", estimate, h->err.what, h->err.fact, h->err.help);
    return r;
}

static const struct tf_test *find_test(const struct tf_result *r, const char *name, const char *term)
{
    for (size_t k = 0; k < r->n_tests; k++)
        if (strcmp(r->test[k].name, name) == 0 &&
            (*term == '\0' || (r->test[k].term != NULL && strcmp(r->test[k].term, term) == 0)))
            return &r->test[k];
    fail_msg("no test %s %s", name, term);
    return NULL;
}

static double field_of(const struct tf_test *t, const struct tf_item *i, const char *field)
{
    if (t != NULL)
        return strcmp(field, "statistic") == 0 ? t->statistic
               : strcmp(field, "df") == 0      ? t->df
               : strcmp(field, "ddf") == 0     ? t->ddf
                                               : t->p;
    return strcmp(field, "estimate") == 0 ? i->estimate
           : strcmp(field, "se") == 0     ? i->se
           : strcmp(field, "lo") == 0     ? i->ci[0].lo
                                          : i->ci[0].hi;
}

/* ---- Against R ----------------------------------------------------------------------------- */

static const char *text(const struct tf_table *t, const char *name, size_t row)
{
    const struct tf_column *c = &t->col[tf_table_find(t, name)];
    return c->type == TF_TEXT ? c->text[row] : tf_double_text(t->arena, c->num[row]);
}

static double number(const struct tf_table *t, const char *name, size_t row)
{
    double x = (double)NAN;
    (void)tf_value_number(&t->col[tf_table_find(t, name)], row, &x);
    return x;
}

static double tolerance(const char *estimate, const char *test)
{
    if (strcmp(test, "saddlepoint") == 0)
        return 1e-5;
    return strstr(estimate, "loglin") != NULL ? 1e-7 : 1e-9;
}

static void test_r_gives_the_same_numbers(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_table *t = NULL;
    const struct tf_result *r = NULL;
    size_t wrong = 0;
    const char *last = "";
    OK(tf_csv_read(h.arena, "tests/gold/tests.csv", (struct tf_csv_opt){.guess_numbers = true}, &t,
                   &h.err));
    assert_true(t->n_rows >= 300);
    for (size_t row = 0; row < t->n_rows; row++) {
        const char *estimate = text(t, "estimate", row), *field = text(t, "field", row);
        const char *design = text(t, "design", row), *data = text(t, "data", row);
        const char *key = tf_printf(h.arena, "%s %s %s", data, design, estimate);
        const char *test = text(t, "test", row), *term = text(t, "term", row);
        const double want = number(t, "value", row), item = number(t, "item", row);
        if (strcmp(key, last) != 0)
            r = answer(&h, data, design, estimate);
        last = key;
        const struct tf_test *found = isnan(item) ? find_test(r, test, term) : NULL;
        assert_true(isnan(item) || (size_t)item < r->n);
        const double got = field_of(found, isnan(item) ? NULL : &r->item[(size_t)item], field);
        /* What is 0 but for rounding (kappa's t, a share's error) has no relative difference. */
        if (isnan(want) ? !isnan(got)
                        : !(fabs(got - want) <= tolerance(estimate, test) * fabs(want) + 1e-14)) {
            print_error("%s: item %g test %s %s %s: %.17g, R says %.17g\n", key, item, test, term,
                        field, got, want);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    OUT_OF_HOUSE(h);
}

/* ---- What R cannot answer ------------------------------------------------------------------ */

static const char STRAT[] = "{weight: pw, strata: [stype]}";
static const char SYN[] = "{weight: w, strata: [stratum], psu: [psu], nest: true}";

/* Estimates whose every test is NaN, and that are answered all the same. */
static const struct silent {
    const char *name, *data, *design, *estimate;
    size_t items, tests;
} SILENT[] = {
    {"a column of one category", "apistrat.csv", STRAT,
     "{stat: crosstab, rows: stype, cols: awards, where: \"awards = 'Yes'\", "
     "tests: [F, Chisq, Wald, adjWald, lincom, saddlepoint]}", 3, 6},
    {"a constant against a question", "syn.csv", SYN, "{stat: crosstab, rows: never, cols: sex}", 2, 1},
    {"a domain of nobody", "syn.csv", SYN, "{stat: crosstab, rows: y, cols: sex, where: \"x > 99\"}",
     0, 1},
    {"two groups of which one is empty", "syn.csv", SYN,
     "{stat: ttest, var: x, groups: sex, where: \"sex = 1\"}", 2, 1},
    {"a rank test of one group", "syn.csv", SYN,
     "{stat: ranktest, var: x, groups: sex, where: \"sex = 1\"}", 0, 1},
    {"kappa of a constant with itself", "syn.csv", SYN, "{stat: kappa, vars: [never, never]}", 1, 0},
    {"alpha of constants", "syn.csv", SYN, "{stat: alpha, vars: [never, always]}", 1, 0},
    {"a question that was the stratum", "apistrat.csv", STRAT,
     "{stat: gof, var: stype, p: {E: 0.5, H: 0.3, M: 0.2}}", 3, 1},
    {"a log-linear model of a constant", "syn.csv", SYN, "{stat: loglin, formula: \"~ never + sex\"}",
     0, 0},
};

static void test_what_has_no_answer_is_said_so(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof SILENT / sizeof SILENT[0]; k++) {
        const struct silent *c = &SILENT[k];
        IN_HOUSE(h);
        const struct tf_result *r = answer(&h, c->data, c->design, c->estimate);
        if (r->n != c->items || r->n_tests != c->tests)
            fail_msg("%s: %zu items, %zu tests", c->name, r->n, r->n_tests);
        for (size_t j = 0; j < r->n_tests; j++)
            if (!isnan(r->test[j].p))
                fail_msg("%s: p of %s is %g", c->name, r->test[j].name, r->test[j].p);
        assert_true(r->n_notes > 0);
        OUT_OF_HOUSE(h);
    }
}

static void test_a_category_nobody_chose_takes_no_part_in_the_test(void **state)
{
    (void)state;
    IN_HOUSE(h);
    const struct tf_result *all = answer(&h, "syn.csv", SYN,
        "{stat: crosstab, rows: q, cols: sex, by: [rare], tests: [F]}");
    const struct tf_result *part = answer(&h, "syn.csv", SYN,
        "{stat: crosstab, rows: q, cols: sex, where: \"rare = 1\", tests: [F]}");
    assert_int_equal(all->n_tests, 2);
    assert_true(isfinite(all->test[0].p));
    assert_true(all->test[1].p == part->test[0].p || (isnan(all->test[1].p) && isnan(part->test[0].p)));
    assert_true(all->test[1].df == part->test[0].df || isnan(part->test[0].df));
    assert_int_equal(all->n, 16);
    OUT_OF_HOUSE(h);
}

static void test_an_empty_cell_is_flagged_and_has_a_one_sided_interval(void **state)
{
    (void)state;
    IN_HOUSE(h);
    const struct tf_result *r = answer(&h, "syn.csv", SYN,
        "{stat: crosstab, rows: never, cols: sex, percent: column, tests: []}");
    assert_int_equal(r->n, 2);
    assert_true((r->item[0].flags & (unsigned)TF_EST_FULL << 8) != 0);
    assert_true(r->item[0].ci[0].hi >= 1 && r->item[0].ci[0].lo > 0.9 && r->item[0].ci[0].lo < 1);
    OUT_OF_HOUSE(h);
}

static void test_ties_at_their_midpoint_do_not_depend_on_the_order_of_rows(void **state)
{
    (void)state;
    IN_HOUSE(h);
    const struct tf_result *rows = answer(&h, "syn.csv", SYN,
        "{stat: ranktest, var: q, groups: sex, test: wilcoxon}");
    const struct tf_result *midpoint = answer(&h, "syn.csv", SYN,
        "{stat: ranktest, var: q, groups: sex, test: wilcoxon, ties: midpoint}");
    assert_true(fabs(rows->test[0].p - midpoint->test[0].p) > 1e-9);
    assert_true(fabs(rows->test[0].p - midpoint->test[0].p) < 0.2);
    OUT_OF_HOUSE(h);
}

/* ---- Many tables ---------------------------------------------------------------------------- */

static struct tf_survey *made_survey(struct tf_arena *arena, uint32_t *row, uint32_t *col)
{
    enum { N = 3000, UNITS = 90, STRATA = 20 };
    struct tf_survey *s = TF_NEW(arena, struct tf_survey);
    struct tf_stage *stage = TF_NEW(arena, struct tf_stage);
    uint32_t *unit = TF_NEW_N(arena, uint32_t, N), *stratum = TF_NEW_N(arena, uint32_t, N);
    uint32_t *of = TF_NEW_N(arena, uint32_t, UNITS), *units = TF_NEW_N(arena, uint32_t, STRATA);
    double *w = TF_NEW_N(arena, double, N), *all = TF_NEW_N(arena, double, STRATA);
    uint32_t seed = 7;
    for (size_t u = 0; u < UNITS; u++) {
        of[u] = (uint32_t)(u % STRATA);
        units[of[u]]++;
    }
    for (size_t k = 0; k < STRATA; k++)
        all[k] = k % 2 == 0 ? (double)INFINITY : 40;
    for (size_t i = 0; i < N; i++) {
        seed = seed * 1664525u + 1013904223u;
        unit[i] = (uint32_t)(seed >> 8) % UNITS;
        stratum[i] = of[unit[i]];
        w[i] = 1 + (double)(seed >> 20);
        row[i] = (seed >> 13) % 5 == 4 ? TF_NO_CODE : (seed >> 13) % 5;
        col[i] = (seed >> 17) % 7 == 6 ? TF_NO_CODE : (seed >> 17) % 7 % 3 + (unit[i] < 9 && row[i] == 1);
    }
    *stage = (struct tf_stage){.stratum = stratum, .unit = unit, .n_strata = STRATA, .n_units = UNITS,
                               .unit_stratum = of, .stratum_units = units, .population = all};
    *s = (struct tf_survey){.arena = arena, .n = N, .w = w, .w_base = w, .stage = stage,
                            .n_stages = 1, .one_stage = false, .lonely = TF_LONELY_ERROR,
                            .kind = TF_BY_STAGES, .threads = 1};
    return s;
}

static void near(const char *what, size_t k, double got, double want, double size)
{
    if (!(fabs(got - want) <= 1e-11 * size))
        fail_msg("%s %zu: %.17g, not %.17g", what, k, got, want);
}

static void test_one_pass_gives_what_each_table_alone_gives(void **state)
{
    enum { N = 3000, TABLES = 7, ROWS = 4, COLS = 4 };
    (void)state;
    IN_HOUSE(h);
    uint32_t *row = TF_NEW_N(h.arena, uint32_t, N), *col = TF_NEW_N(h.arena, uint32_t, N);
    uint32_t *of = TF_NEW_N(h.arena, uint32_t, N);
    struct tf_survey *s = made_survey(h.arena, row, col);
    struct tf_pass *pass = tf_pass_new(h.arena, s);
    struct tf_pass_table table[TABLES];
    struct tf_tabulated one[TABLES], three[TABLES], alone;
    assert_non_null(pass);
    for (size_t k = 0; k < TABLES; k++)
        table[k] = (struct tf_pass_table){tf_pass_bytes(h.arena, pass, row, ROWS),
                                          tf_pass_bytes(h.arena, pass, col, COLS)};
    tf_pass_tables(h.arena, pass, table, TABLES, 1, one);
    tf_pass_tables(h.arena, pass, table, TABLES, 3, three);
    for (size_t i = 0; i < N; i++)
        of[i] = row[i] == TF_NO_CODE || col[i] == TF_NO_CODE ? TF_NO_CODE : row[i] * COLS + col[i];
    OK(tf_tabulate(h.arena, s, of, ROWS * COLS, NULL, true, &alone, &h.err));
    for (size_t t = 0; t < TABLES; t++) {
        assert_memory_equal(one[t].v_share, three[t].v_share, sizeof(double) * 256);
        for (size_t k = 0; k < 16; k++)
            near("share", k, one[t].share[k], alone.share[k], 1);
        for (size_t k = 0; k < 256; k++) {
            near("variance of shares", k, one[t].v_share[k], alone.v_share[k], alone.v_share[0]);
            near("variance of totals", k, one[t].v_total[k], alone.v_total[k], alone.v_total[0]);
        }
    }
    s->n_calibrated = 1; /* residuals are needed then */
    assert_null(tf_pass_new(h.arena, s));
    OUT_OF_HOUSE(h);
}

static void test_a_list_of_questions_gives_the_tables_of_each(void **state)
{
    (void)state;
    IN_HOUSE(h);
    const struct tf_result *list = answer(&h, "syn.csv", SYN,
        "{stat: crosstab, rows: [y, q, rare, area, half, alone, never, always, psu], cols: [sex, y]}");
    const struct tf_result *one = answer(&h, "syn.csv", SYN, "{stat: crosstab, rows: area, cols: y}");
    assert_int_equal(list->n_tests, 18);
    assert_string_equal(list->test[7].term, "area by y");
    assert_true(list->test[7].p == one->test[0].p);
    OUT_OF_HOUSE(h);
}

/* ---- Recipes that are wrong ------------------------------------------------------------------ */

static const struct wrong {
    const char *estimate, *what;
} WRONG[] = {
    {"{stat: crosstab, rows: q}", "a crosstab without 'cols'"},
    {"{stat: crosstab, rows: q, cols: sexe}", "'sexe'"},
    {"{stat: crosstab, rows: q, cols: sex, tests: [G]}", "no test is called 'G'"},
    {"{stat: crosstab, rows: q, cols: sex, percent: all}", "percent of what is 'all'?"},
    {"{stat: crosstab, rows: q, cols: sex, ci: wilsen}", "wilsen"},
    {"{stat: crosstab, rows: x, cols: w}", "a table of"},
    {"{stat: gof, var: q}", "no probabilities to compare with"},
    {"{stat: gof, var: q, p: {1: 0.5, 9: 0.5}}", "no row has q = '9'"},
    {"{stat: gof, var: q, p: {1: 0.5, 2: 0.5}}", "no probability for q = '3'"},
    {"{stat: gof, var: q, p: {1: 0}}", "is no probability"},
    {"{stat: gof, var: q, p: {1: 0.5}, tests: [F]}", "no test of fit is called 'F'"},
    {"{stat: ttest, var: area, groups: sex}", "holds words"},
    {"{stat: ttest, vars: [x, y], groups: sex}", "takes one variable"},
    {"{stat: ttest, var: x, groups: q}", "more than two values"},
    {"{stat: ranktest, var: x}", "groups"},
    {"{stat: ranktest, var: x, groups: sex, test: ttest}", "no rank test is called 'ttest'"},
    {"{stat: ranktest, var: x, groups: sex, ties: none}", "no way with ties is called 'none'"},
    {"{stat: kappa, vars: [y]}", "kappa compares two variables"},
    {"{stat: kappa, vars: [y, rare], agreement: cubic}", "no agreement is called 'cubic'"},
    {"{stat: alpha, vars: [x]}", "two items or more"},
    {"{stat: loglin}", "without its `formula`"},
    {"{stat: loglin, formula: \"sex + area\"}", "begins with '~'"},
    {"{stat: loglin, formula: \"~ sex + \"}", "nothing after the last '+'"},
    {"{stat: loglin, formula: \"~ sex:area\"}", "a product without its parts"},
    {"{stat: loglin, formula: \"~ sex * area\", against: \"~ sex + area\"}", "must contain"},
    {"{stat: loglin, formula: \"~ sex + :area\"}", "a variable is missing"},
    {"{stat: loglin, formula: \"~ sex\", effects: none}", "`effects` is not understood"},
};

static void test_a_wrong_recipe_is_told_where_and_what(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof WRONG / sizeof WRONG[0]; k++) {
        const struct tf_result *r;
        IN_HOUSE(h);
        if (run(&h, "syn.csv", SYN, WRONG[k].estimate, 1, &r) == TF_OK)
            fail_msg("accepted: %s", WRONG[k].estimate);
        if (strstr(h.err.what, WRONG[k].what) == NULL || h.err.line != 4)
            fail_msg("%s: line %zu: %s", WRONG[k].estimate, h.err.line, h.err.what);
        OUT_OF_HOUSE(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_r_gives_the_same_numbers),
        cmocka_unit_test(test_what_has_no_answer_is_said_so),
        cmocka_unit_test(test_a_category_nobody_chose_takes_no_part_in_the_test),
        cmocka_unit_test(test_an_empty_cell_is_flagged_and_has_a_one_sided_interval),
        cmocka_unit_test(test_ties_at_their_midpoint_do_not_depend_on_the_order_of_rows),
        cmocka_unit_test(test_one_pass_gives_what_each_table_alone_gives),
        cmocka_unit_test(test_a_list_of_questions_gives_the_tables_of_each),
        cmocka_unit_test(test_a_wrong_recipe_is_told_where_and_what),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
