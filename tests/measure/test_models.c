/* Regressions, ordered answers, survival, inequality and pooled imputations against R survey 4.1,
 * survival, laeken and mitools (tests/gold/models.csv, by make_models.R): each line names data, design,
 * weighting steps and estimate as a recipe writes them, one number of the answer and its tolerance.
 * Then what R does not say: domains without an estimate, recipes that are wrong. */
#include "../house.h"

#include "measure/run.h"

static enum tf_code run(struct house *h, const char *data, const char *design, const char *weights,
                        const char *estimate, unsigned threads, const struct tf_result **ret)
{
    char here[1024];
    assert_non_null(getcwd(here, sizeof here));
    const struct tf_recipe_opt opt = {
        .threads = threads, .shard = tf_printf(h->arena, "%s/tests/gold/%s", here, data)};
    /* imputations are read beside the recipe: name them from here */
    const char *found = tf_replace(h->arena, estimate, "m_imp",
                                   tf_printf(h->arena, "%s/tests/gold/m_imp", here));
    const char *path = put_file(h, "recipe.yaml",
                                tf_printf(h->arena, "data: %s\ndesign: %s\n%s%s%sestimates:\n  - %s\n",
                                          data, design, *weights == '\0' ? "" : "weights: [",
                                          weights, *weights == '\0' ? "" : "]\n", found));
    struct tf_recipe_run *made;
    h->err = (struct tf_err){.code = TF_OK};
    TF_TRY(tf_measure_recipe(h->arena, path, opt, &made, &h->err));
    *ret = &made->result[0];
    return TF_OK;
}

static const struct tf_test *find_test(const struct tf_result *r, const char *name, const char *term)
{
    for (size_t k = 0; k < r->n_tests; k++)
        if (strcmp(r->test[k].name, name) == 0 &&
            (*term == '\0' || (r->test[k].term != NULL && strcmp(r->test[k].term, term) == 0)))
            return &r->test[k];
    return NULL;
}

static double field_of(const struct tf_test *t, const struct tf_item *i, const char *field)
{
    const struct {
        const char *name;
        double of_test, of_item;
    } fields[] = {
        {"statistic", t != NULL ? t->statistic : 0, i != NULL ? i->statistic : 0},
        {"df", t != NULL ? t->df : 0, i != NULL ? i->df : 0},
        {"p", t != NULL ? t->p : 0, i != NULL ? i->p : 0},
        {"ddf", t != NULL ? t->ddf : 0, (double)NAN},
        {"estimate", (double)NAN, i != NULL ? i->estimate : 0},
        {"se", (double)NAN, i != NULL ? i->se : 0},
        {"deff", (double)NAN, i != NULL ? i->deff : 0},
        {"lo", (double)NAN, i != NULL && i->n_ci > 0 ? i->ci[0].lo : (double)NAN},
        {"hi", (double)NAN, i != NULL && i->n_ci > 0 ? i->ci[0].hi : (double)NAN},
    };
    for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++)
        if (strcmp(fields[k].name, field) == 0)
            return t != NULL ? fields[k].of_test : fields[k].of_item;
    return (double)NAN;
}

static const char *text(const struct tf_table *t, const char *name, size_t row)
{
    const struct tf_column *c = &t->col[tf_table_find(t, name)];
    return c->type == TF_TEXT ? c->text[row]
           : isnan(c->num[row]) ? "" : tf_double_text(t->arena, c->num[row]);
}

/* "inf" is infinity, an empty cell no number. */
static double number(const struct tf_table *t, const char *name, size_t row)
{
    double x = (double)NAN;
    const struct tf_column *c = &t->col[tf_table_find(t, name)];
    if (c->type == TF_TEXT && strcmp(c->text[row], "inf") == 0)
        return (double)INFINITY;
    (void)tf_value_number(c, row, &x);
    return x;
}

static bool close_to(double got, double want, double tolerance, double *worst)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got);
    if (isinf(want) || isinf(got))
        return isinf(want) && isinf(got);
    const double off = fabs(got - want) / (fabs(want) + 1e-12);
    *worst = off > *worst ? off : *worst;
    return off <= tolerance;
}

static void test_r_gives_the_same_numbers(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_table *t = NULL;
    const struct tf_result *r = NULL;
    size_t wrong = 0, n[2] = {0};
    double worst[2] = {0};
    const char *last = "";
    OK(tf_csv_read(h.arena, "tests/gold/models.csv", (struct tf_csv_opt){.guess_numbers = true},
                   &t, &h.err));
    assert_true(t->n_rows >= 900);
    for (size_t row = 0; row < t->n_rows; row++) {
        const char *estimate = text(t, "estimate", row), *field = text(t, "field", row);
        const char *design = text(t, "design", row), *data = text(t, "data", row);
        const char *weights = text(t, "weights", row), *test = text(t, "test", row);
        const char *key = tf_printf(h.arena, "%s %s %s %s", data, design, weights, estimate);
        const double want = number(t, "value", row), item = number(t, "item", row),
                     tolerance = number(t, "tolerance", row);
        if (strcmp(key, last) != 0 && run(&h, data, design, weights, estimate, 1, &r) != TF_OK)
            fail_msg("%s: %s %s %s", key, h.err.what, h.err.fact, h.err.help);
        last = key;
        const struct tf_test *found = isnan(item) ? find_test(r, test, text(t, "term", row)) : NULL;
        const struct tf_item *at = isnan(item) || (size_t)item >= r->n ? NULL
                                                                       : &r->item[(size_t)item];
        if (found == NULL && at == NULL)
            fail_msg("%s: no item %g or test %s", key, item, test);
        const double got = field_of(found, at, field);
        n[tolerance > 2e-9]++;
        if (!close_to(got, want, tolerance, &worst[tolerance > 2e-9])) {
            print_error("%s: item %g test %s %s %s: %.17g, R says %.17g\n", key, item, test,
                        text(t, "term", row), field, got, want);
            wrong++;
        }
    }
    print_message("%zu closed numbers, worst %.1e; %zu iterated, worst %.1e\n", n[0], worst[0], n[1],
                  worst[1]);
    assert_int_equal(wrong, 0);
    OUT_OF_HOUSE(h);
}

/* ---- Where R has no answer ------------------------------------------------------------------ */

static const char *const strat = "{weight: pw, strata: [stype], fpc: [fpc]}";

static bool has_word(const struct tf_item *i, const char *word)
{
    for (size_t k = 0; k < i->n_policy; k++)
        if (strcmp(i->policy[k], word) == 0)
            return true;
    return false;
}

static bool has_note(const struct tf_result *r, const char *part)
{
    for (size_t k = 0; k < r->n_notes; k++)
        if (strstr(r->note[k], part) != NULL)
            return true;
    return false;
}

static void a_domain_without_an_estimate_is_flagged_beside_the_others(void **state)
{
    (void)state;
    IN_HOUSE(h);
    const struct tf_result *r = NULL;
    OK(run(&h, "m_strat.csv", strat, "",
           "{stat: glm, family: binomial, formula: \"I(api00 > 580) ~ ell\", by: [level], "
           "tests: [Wald, LRT], margins: [stype]}", 1, &r));
    assert_true(r->n >= 8);
    for (size_t k = 0; k < 8; k++) { /* in every level all scores lie on one side */
        assert_true(isnan(r->item[k].estimate) && isnan(r->item[k].se));
        assert_int_equal(r->item[k].n_ci, 0);
        assert_true(has_word(&r->item[k], "not_fitted"));
    }
    assert_true(has_note(r, "no model can be fitted"));
    OK(run(&h, "m_strat.csv", strat, "",
           "{stat: glm, aliased: drop, formula: \"api00 ~ ell + I(2 * ell)\", by: [stype]}", 1, &r));
    assert_true(isnan(r->item[2].estimate) && has_word(&r->item[2], "aliased"));
    assert_true(r->item[1].se > 0 && has_note(r, "aliased"));
    OUT_OF_HOUSE(h);
}

static void recipes_that_cannot_be_run_say_where_and_why(void **state)
{
    (void)state;
    IN_HOUSE(h);
    static const struct {
        const char *data, *estimate, *says;
    } cases[] = {
        {"m_strat.csv", "{stat: glm, formula: \"yes ~ eell\"}", "names 'eell'"},
        {"m_strat.csv", "{stat: glm, formula: \"yes ~ ell +\"}", "too early"},
        {"m_strat.csv", "{stat: glm, formula: \"~ ell\"}", "no response"},
        {"m_strat.csv", "{stat: glm}", "needs a 'formula'"},
        {"m_strat.csv", "{stat: glm, formula: \"yes ~ ell\", family: binomal}", "'binomal'"},
        {"m_strat.csv", "{stat: glm, formula: \"yes ~ ell\", link: logi}", "'logi'"},
        {"m_strat.csv", "{stat: glm, formula: \"yes ~ ell\", tests: [Wold]}", "'Wold'"},
        {"m_strat.csv", "{stat: glm, formula: \"yes ~ ell\", margins: [stipe]}", "stipe"},
        {"m_strat.csv", "{stat: glm, formula: \"sch ~ ell\"}", "words"},
        {"m_strat.csv", "{stat: glm, family: binomial, formula: \"api00 ~ ell\"}", "outside 0..1"},
        {"m_strat.csv", "{stat: glm, family: binomial, formula: \"I(ell > 20) ~ ell\"}",
         "no finite estimate"},
        {"m_strat.csv", "{stat: glm, family: binomial, formula: \"yes ~ ell\", where: \"yes = 1\"}",
         "every case"},
        {"m_strat.csv", "{stat: glm, formula: \"api00 ~ ell\", exponentiate: perhaps}",
         "neither true nor false"},
        {"m_strat.csv", "{stat: olr, formula: \"yes ~ ell\"}", "2 categories"},
        {"m_strat.csv", "{stat: olr, formula: \"level ~ ell - 1\"}", "intercept"},
        {"m_strat.csv", "{stat: olr, formula: \"stype ~ ell\", levels: [E, H]}", "leaves out 'M'"},
        {"m_pbc.csv", "{stat: km, event: dead, times: [100]}", "needs 'time'"},
        {"m_pbc.csv", "{stat: km, time: time, event: status, times: [100]}", "1 or 0"},
        {"m_pbc.csv", "{stat: km, time: time, event: dead, quantiles: [2]}", "between 0 and 1"},
        {"m_pbc.csv", "{stat: km, time: time, event: dead, times: [soon]}", "'soon'"},
        {"m_pbc.csv", "{stat: km, time: \"albumin - 9\", event: dead, times: [1]}", "negative"},
        {"m_pbc.csv", "{stat: cox, time: time, event: dead, formula: \"time ~ age\"}", "response"},
        {"m_pbc.csv", "{stat: cox, formula: \"Surv(time) ~ age\"}", "a time and an event"},
        {"m_pbc.csv", "{stat: cox, formula: \"Surv(time, daed) ~ age\"}", "names 'daed'"},
        {"m_pbc.csv", "{stat: cox, formula: \"Surv(0, time, dead) ~ age\"}", "no more"},
        {"m_pbc.csv", "{stat: cox, formula: \"Surv(time, status) ~ age\"}", "1 or 0"},
        {"m_pbc.csv", "{stat: cox, formula: \"Surv(time, sex) ~ age\"}", "must be numbers"},
        {"m_pbc.csv", "{stat: cox, event: dead, formula: \"Surv(time, dead) ~ age\"}", "twice"},
        {"m_pbc.csv", "{stat: km, formula: \"Surv(time, dead) ~ sex\"}", "right side"},
        {"m_pbc.csv", "{stat: glm, formula: \"Surv(time, dead) ~ sex\"}", "'glm' cannot take"},
        {"m_pbc.csv", "{stat: cox, time: time, event: dead, formula: \"~ dead\"}",
         "no finite estimate"},
        {"m_pbc.csv", "{stat: logrank, time: time, event: dead, formula: \"~ sex\", where: "
                      "\"sex = 'f'\"}", "nothing to compare"},
        {"m_silc.csv", "{stat: gini, vars: [income, w]}", "one variable"},
        {"m_silc.csv", "{stat: arpr, var: income, percent: 60}", "between 0 and 1"},
        {"m_silc.csv", "{stat: gini, var: region}", "region"},
        {"m_strat.csv", "{stat: pooled, estimate: {stat: mean, var: yes}}", "imputations"},
        {"m_strat.csv", "{stat: pooled, imputations: [m_imp1.csv], estimate: {stat: mean, var: yes}}",
         "2 to 1,000"},
        {"m_strat.csv", "{stat: pooled, imputations: [m_imp1.csv, m_imp2.csv], estimate: {stat: pooled}}",
         "does not pool itself"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const struct tf_result *r = NULL;
        const char *design = strstr(cases[k].data, "strat") != NULL ? strat
                             : strstr(cases[k].data, "pbc") != NULL ? "{weight: pw}"
                                                                    : "{weight: w}";
        if (run(&h, cases[k].data, design, "", cases[k].estimate, 1, &r) == TF_OK)
            fail_msg("%s: ran", cases[k].estimate);
        if (strstr(h.err.what, cases[k].says) == NULL)
            fail_msg("%s: says %s", cases[k].estimate, h.err.what);
        if (h.err.line != 4 || h.err.column == 0)
            fail_msg("%s: line %zu column %zu", cases[k].estimate, h.err.line, h.err.column);
    }
    OUT_OF_HOUSE(h);
}

/* ---- Properties ----------------------------------------------------------------------------- */

static const struct {
    const char *data, *design, *estimate;
} each[] = {
    {"m_clus1.csv", "{weight: pw, psu: [dnum]}", "{stat: glm, family: binomial, formula: "
     "\"yes ~ ell + stype\", tests: [Wald, LRT], margins: [stype]}"},
    {"m_clus1.csv", "{weight: pw, psu: [dnum]}", "{stat: olr, formula: \"level ~ ell\"}"},
    {"m_pbc.csv", "{weight: pw, psu: [clinic]}", "{stat: cox, time: years, event: dead, formula: "
     "\"~ age + sex\", tests: [LRT]}"},
    {"m_pbc.csv", "{weight: pw, psu: [clinic]}", "{stat: km, time: time, event: dead, times: "
     "[1000, 2000]}"},
    {"m_silc.csv", "{weight: w, psu: [hh]}", "{stat: gini, var: income}"},
};

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof each / sizeof each[0]; k++) {
        const struct tf_result *r[2] = {NULL, NULL};
        for (unsigned threads = 1; threads <= 2; threads++)
            OK(run(&h, each[k].data, each[k].design, "", each[k].estimate, threads,
                   &r[threads - 1]));
        assert_int_equal(r[0]->n, r[1]->n);
        for (size_t j = 0; j < r[0]->n; j++) {
            assert_memory_equal(&r[0]->item[j].estimate, &r[1]->item[j].estimate, sizeof(double));
            assert_memory_equal(&r[0]->item[j].se, &r[1]->item[j].se, sizeof(double));
        }
    }
    OUT_OF_HOUSE(h);
}

static void the_form_surv_is_the_keys_time_and_event(void **state)
{
    (void)state;
    IN_HOUSE(h);
    static const char *const pair[][2] = {
        {"{stat: cox, formula: \"Surv(time, dead) ~ age + sex\"}",
         "{stat: cox, time: time, event: dead, formula: \"~ age + sex\"}"},
        {"{stat: cox, formula: \"Surv( time / 365, status == 2 ) ~ age\"}",
         "{stat: cox, time: \"time / 365\", event: \"status == 2\", formula: \"~ age\"}"},
        {"{stat: logrank, formula: \"Surv(time, dead) ~ sex\"}",
         "{stat: logrank, time: time, event: dead, formula: \"~ sex\"}"},
        {"{stat: km, formula: \"Surv(time, dead) ~ 1\", times: [365, 1000], by: [sex]}",
         "{stat: km, time: time, event: dead, times: [365, 1000], by: [sex]}"},
    };
    for (size_t k = 0; k < sizeof pair / sizeof pair[0]; k++) {
        const struct tf_result *r[2] = {NULL, NULL};
        for (size_t j = 0; j < 2; j++)
            OK(run(&h, "m_pbc.csv", "{weight: pw, psu: [clinic]}", "", pair[k][j], 1, &r[j]));
        assert_int_equal(r[0]->n, r[1]->n);
        assert_true(r[0]->n > 0 && r[0]->item[0].se > 0);
        for (size_t j = 0; j < r[0]->n; j++) {
            assert_memory_equal(&r[0]->item[j].estimate, &r[1]->item[j].estimate, sizeof(double));
            assert_memory_equal(&r[0]->item[j].se, &r[1]->item[j].se, sizeof(double));
        }
    }
    OUT_OF_HOUSE(h);
}

/* The jackknife and the linearised error are two roads to one number: near, never equal. */
static void replicates_come_near_the_linearised_error(void **state)
{
    (void)state;
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof each / sizeof each[0]; k++) {
        const struct tf_result *line = NULL, *jack = NULL;
        const char *design = tf_replace(h.arena, each[k].design, "}", ", replicates: {type: jk1}}");
        OK(run(&h, each[k].data, each[k].design, "", each[k].estimate, 1, &line));
        OK(run(&h, each[k].data, design, "", each[k].estimate, 1, &jack));
        assert_int_equal(line->n, jack->n);
        for (size_t j = 0; j < line->n; j++) {
            const double ratio = jack->item[j].se / line->item[j].se;
            if (!(ratio > 0.7 && ratio < 1.6))
                fail_msg("%s: item %zu: jackknife %g, linearised %g", each[k].estimate, j,
                         jack->item[j].se, line->item[j].se);
        }
    }
    OUT_OF_HOUSE(h);
}

static void a_domain_by_where_is_the_domain_by_by(void **state)
{
    (void)state;
    IN_HOUSE(h);
    static const char *const model = "{stat: glm, family: binomial, formula: \"yes ~ ell\", %s}";
    const struct tf_result *all = NULL, *one = NULL;
    OK(run(&h, "m_strat.csv", strat, "", tf_replace(h.arena, model, "%s", "by: [stype]"), 1, &all));
    OK(run(&h, "m_strat.csv", strat, "",
           tf_replace(h.arena, model, "%s", "where: \"stype = 'H'\""), 1, &one));
    for (size_t j = 0; j < 2; j++) {
        double worst = 0;
        assert_true(close_to(all->item[2 + j].estimate, one->item[j].estimate, 1e-12, &worst));
        assert_true(close_to(all->item[2 + j].se, one->item[j].se, 1e-12, &worst));
        assert_true(close_to(all->item[2 + j].df, one->item[j].df, 1e-12, &worst));
    }
    assert_true(fabs(all->vcov[0 + 2 * 6]) < 1e-15); /* strata share no unit */
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_r_gives_the_same_numbers),
        cmocka_unit_test(a_domain_without_an_estimate_is_flagged_beside_the_others),
        cmocka_unit_test(recipes_that_cannot_be_run_say_where_and_why),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(the_form_surv_is_the_keys_time_and_event),
        cmocka_unit_test(replicates_come_near_the_linearised_error),
        cmocka_unit_test(a_domain_by_where_is_the_domain_by_by),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
