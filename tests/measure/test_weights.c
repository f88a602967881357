/* Weighting steps: what they do in small, and what a bad recipe is told, with its place. */
#include "tests/house.h"

#include "measure/calibrate.h"

static const char data[] = "w,sex,area,age,done,found,psu,h,p1,p2,w3\n"
                           "2,1,a,12,1,1,1,1,0.5,0.5,1\n"
                           "1,1,b,13,0,1,1,1,0.5,0.25,1\n"
                           "1,2,a,14,1,1,2,1,0.5,1,1\n"
                           "3,2,b,15,1,,2,1,0.5,0.5,1\n"
                           "1,1,a,16,1,0,3,2,0.2,0.5,50\n"
                           "4,2,b,17,1,1,4,2,0.2,0.1,1\n"
                           "1,1,b,12,0,1,4,2,0.2,1,1\n"
                           "2,2,a,,1,1,5,2,0.2,1,1\n";

static struct tf_yaml *yaml(struct house *h, const char *text)
{
    struct tf_yaml *y = NULL;
    OK(tf_yaml_parse(h->arena, "recipe.yaml", 1, text, strlen(text), &y, &h->err));
    return y;
}

static struct tf_survey *survey(struct house *h, const char *design)
{
    struct tf_table *t = NULL;
    struct tf_survey *s = NULL;
    OK(tf_csv_parse(h->arena, "data.csv", data, sizeof data - 1,
                    (struct tf_csv_opt){.guess_numbers = true}, &t, &h->err));
    OK(tf_survey_read(h->arena, yaml(h, design), h->dir, t, &s, &h->err));
    return s;
}

static struct tf_survey *weighed(struct house *h, const char *design, const char *steps,
                                 struct tf_step_report **report)
{
    struct tf_survey *s = survey(h, design);
    size_t n = 0;
    const enum tf_code code = tf_survey_weigh(s, yaml(h, steps), h->dir, report, &n, &h->err);
    if (code != TF_OK)
        fail_msg("%s: %s %s", steps, h->err.what, h->err.fact);
    return s;
}

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12 * fabs(want)))
        fail_msg("got %.17g, want %.17g", got, want);
}

static const char design[] = "{weight: w, strata: [h], psu: [psu]}";

/* ---- Bad recipes -------------------------------------------------------------------------- */

static const struct {
    const char *name, *steps; /* written from line 1 */
    enum tf_code code;
    const char *said; /* in what, fact or help */
    size_t line;
} bad[] = {
    {"an unknown step offers the nearest", "- {step: rakes}\n", TF_E_INPUT, "'rake'", 1},
    {"an unknown key offers the nearest", "- {step: trim, uper: 5}\n", TF_E_INPUT, "'upper'", 1},
    {"a list is wanted", "{step: trim, upper: 5}\n", TF_E_INPUT, "list", 1},
    {"base must come first", "- {step: scale, to: n}\n- {step: base, p: [p1]}\n", TF_E_INPUT,
     "first step", 2},
    {"base needs a probability", "- {step: base}\n", TF_E_INPUT, "p_psu", 1},
    {"a weight is no probability", "- {step: base, p: [w]}\n", TF_E_DESIGN, "row 1", 1},
    {"an unknown variable", "- step: rake\n  margins:\n    - {var: sax, totals: {1: 5, 2: 5}}\n",
     TF_E_INPUT, "sex", 3},
    {"a total that is no number", "- step: rake\n  margins:\n    - {var: sex, totals: {1: x}}\n",
     TF_E_INPUT, "number", 3},
    {"a negative total", "- step: rake\n  margins:\n    - var: sex\n      totals:\n        1: 4\n"
                         "        2: -4\n", TF_E_INPUT, "'2'", 6},
    {"persons without a case", "- step: rake\n  margins:\n    - var: sex\n      totals:\n"
                               "        1: 4\n        2: 4\n        3: 5\n", TF_E_DESIGN,
     "sex = 3", 7},
    {"cases without a total", "- step: rake\n  margins:\n    - {var: sex, totals: {1: 5}}\n",
     TF_E_DESIGN, "sex = 2", 3},
    {"a total of 0 for cases", "- step: poststratify\n  margin:\n    var: sex\n    totals:\n"
                               "      1: 4\n      2: 0\n", TF_E_DESIGN, "sex = 2", 6},
    {"margins that add up differently",
     "- step: rake\n  margins:\n    - {var: sex, totals: {1: 5, 2: 5}}\n"
     "    - {var: area, totals: {a: 5, b: 6}}\n", TF_E_INPUT, "11", 4},
    {"a case without the margin's variable",
     "- step: poststratify\n  margin: {var: age, totals: {12: 5}}\n", TF_E_DESIGN, "row 8", 2},
    {"an empty cell of a crossing",
     "- step: poststratify\n  margin:\n    vars: [sex, found]\n    totals: {1.1: 5}\n", TF_E_DESIGN,
     "row 4", 3},
    {"a file of totals that is not there",
     "- {step: poststratify, margin: {var: sex, totals: none.csv}}\n", TF_E_INPUT, "none.csv", 1},
    {"a formula that does not parse",
     "- {step: calibrate, formula: \"~ sex +\", totals: {(Intercept): 5}}\n", TF_E_INPUT, "", 1},
    {"a term without a total",
     "- step: calibrate\n  formula: \"~ w + area\"\n  totals:\n    (Intercept): 15\n    w: 40\n",
     TF_E_INPUT, "areab", 4},
    {"a total without a term",
     "- step: calibrate\n  formula: \"~ w\"\n  totals:\n    (Intercept): 15\n    w: 40\n"
     "    area: 3\n", TF_E_INPUT, "no term 'area'", 6},
    {"logit without bounds",
     "- {step: calibrate, formula: \"~ 1\", totals: {(Intercept): 5}, method: logit}\n", TF_E_INPUT,
     "bounds", 1},
    {"bounds that forbid to change nothing",
     "- {step: calibrate, formula: \"~ 1\", totals: {(Intercept): 5}, bounds: [1.1, 2]}\n",
     TF_E_INPUT, "both sides of 1", 1},
    {"bounds that bind everywhere name the term",
     "- step: calibrate\n  formula: \"~ 1\"\n  bounds: [0.9, 1.1]\n  totals:\n"
     "    (Intercept): 30\n", TF_E_CONVERGE, "1 of 1 distinct factors stand at a bound", 5},
    {"a dependent term whose total disagrees",
     "- step: calibrate\n  formula: \"~ w + I(2 * w)\"\n  totals:\n    (Intercept): 15\n"
     "    w: 40\n    I(2 * w): 90\n", TF_E_CONVERGE, "combination of the others", 6},
    {"negative weights when refused",
     "- {step: calibrate, formula: \"~ w\", totals: {(Intercept): 15, w: 60}, negative: refuse}\n",
     TF_E_INPUT, "below 0", 1},
    {"a response that is neither 1 nor 0", "- {step: nonresponse, response: sex}\n", TF_E_DESIGN,
     "neither 1 nor 0", 1},
    {"a class that is not known for all",
     "- {step: nonresponse, response: done, classes: [age]}\n", TF_E_DESIGN, "row 8", 1},
    {"a class without respondents",
     "- {step: nonresponse, response: done, classes: [w, area, psu]}\n", TF_E_DESIGN,
     "no respondent", 1},
    {"trimming without a limit", "- {step: trim}\n", TF_E_INPUT, "upper", 1},
    {"limits that leave nothing to share with", "- {step: trim, upper: 0.5, lower: 0.4}\n",
     TF_E_CONVERGE, "leave no weight", 1},
    {"scaling in two ways", "- {step: scale, to: n, population: 5}\n", TF_E_INPUT, "one of", 1},
    {"a step for countries, and no country", "- {step: scale, to: n, countries: [XA]}\n",
     TF_E_INPUT, "countries", 1},
    {"a name that is taken", "- {step: scale, to: n, name: age}\n", TF_E_INPUT, "'age'", 1},
    {"raking that never ends names the category",
     "- {step: rake, max_sweeps: 1, margins: [{var: sex, totals: {1: 3, 2: 12}},\n"
     "  {var: area, totals: {a: 10, b: 5}}]}\n", TF_E_CONVERGE, "1 sweep", 1},
};

static void a_bad_recipe_is_told_what_where_and_what_to_do(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        IN_HOUSE(h);
        struct tf_step_report *report;
        struct tf_survey *s = survey(&h, design);
        size_t n = 0;
        const enum tf_code code =
            tf_survey_weigh(s, yaml(&h, bad[k].steps), h.dir, &report, &n, &h.err);
        const char *all = tf_printf(h.arena, "%s | %s | %s", h.err.what, h.err.fact, h.err.help);
        if (code != bad[k].code || h.err.code != code || strstr(all, bad[k].said) == NULL ||
            h.err.line != bad[k].line || strcmp(h.err.file, "recipe.yaml") != 0)
            fail_msg("%s: code %d, %s:%zu, %s", bad[k].name, (int)code, h.err.file, h.err.line,
                     all);
        OUT_OF_HOUSE(h);
    }
}

static void margins_that_contradict_each_other_are_named(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_table *t = NULL;
    struct tf_survey *s = NULL;
    struct tf_step_report *report;
    static const char csv[] = "sex,area\n1,a\n1,b\n2,b\n";
    size_t n;
    OK(tf_csv_parse(h.arena, "t.csv", csv, sizeof csv - 1,
                    (struct tf_csv_opt){.guess_numbers = true}, &t, &h.err));
    OK(tf_survey_read(h.arena, yaml(&h, "{psu: [sex], lonely_psu: adjust}"), h.dir, t, &s,
                      &h.err));
    assert_int_equal(tf_survey_weigh(s, yaml(&h, "- step: rake\n  margins:\n"
                                                 "    - {var: sex, totals: {1: 5, 2: 15}}\n"
                                                 "    - {var: area, totals: {a: 10, b: 10}}\n"),
                                     h.dir, &report, &n, &h.err), TF_E_CONVERGE);
    assert_non_null(strstr(h.err.what, "contradict each other at sex = 2"));
    assert_non_null(strstr(h.err.fact, "15 persons; but its cases all have area = b, which has 10"));
    assert_int_equal(h.err.line, 3);
    OUT_OF_HOUSE(h);
}

static void a_fault_in_a_file_of_totals_names_its_line(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_step_report *report;
    struct tf_survey *s = survey(&h, design);
    size_t n;
    const char *path = put_file(&h, "totals.csv", "sex,area,persons\n1,a,10\n1,b,12\n2,a,9\n2,c,4\n");
    assert_int_equal(tf_survey_weigh(s, yaml(&h, "- step: poststratify\n  margin:\n"
                                                 "    {vars: [sex, area], totals: totals.csv}\n"),
                                     h.dir, &report, &n, &h.err), TF_E_DESIGN);
    assert_non_null(strstr(h.err.what, "sex = 2, area = c"));
    assert_string_equal(h.err.file, path);
    assert_int_equal(h.err.line, 5);
    OUT_OF_HOUSE(h);
}

static void totals_of_terms_stand_in_two_columns_or_in_a_row(void **state)
{
    (void)state;
    static const char *const text[] = {"term,total\n(Intercept),20\nareab,11\n",
                                       "(Intercept),areab\n20,11\n"};
    for (size_t k = 0; k < 2; k++) {
        IN_HOUSE(h);
        struct tf_step_report *r;
        size_t n;
        struct tf_survey *s = survey(&h, design);
        (void)put_file(&h, "totals.csv", text[k]);
        OK(tf_survey_weigh(s, yaml(&h, "- {step: calibrate, formula: \"~ area\", totals: "
                                       "totals.csv, method: raking}\n"), h.dir, &r, &n, &h.err));
        near(r[0].sum, 20);
        OUT_OF_HOUSE(h);
    }
}

/* ---- What the steps do -------------------------------------------------------------------- */

static double sum_where(const struct tf_survey *s, const char *var, double is)
{
    const size_t col = tf_table_find(s->t, var);
    double sum = 0;
    for (size_t row = 0; row < s->n; row++)
        if (col >= SIZE_MAX - 1 || fabs(s->t->col[col].num[row] - is) < 1e-9)
            sum += s->w[row];
    return sum;
}

static void every_step_leaves_its_column_and_its_line(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_step_report *r = NULL;
    struct tf_survey *s = weighed(&h, "{strata: [h], psu: [psu]}",
                                  "- {step: base, p_psu: p1, p_household: p2, name: base_w}\n"
                                  "- {step: nonresponse, response: done, classes: [h]}\n"
                                  "- {step: rake, margins: [{var: sex, totals: {1: 60, 2: 40}}]}\n"
                                  "- {step: trim, upper: {ratio_to_median: 2}}\n"
                                  "- {step: scale, population: 1000}\n", &r);
    static const char *const columns[] = {"base_w", "weight_2_nonresponse", "weight_3_rake",
                                          "weight_4_trim", "weight_5_scale"};
    for (size_t k = 0; k < 5; k++) {
        assert_string_equal(r[k].column, columns[k]);
        assert_true(tf_table_find(s->t, columns[k]) < SIZE_MAX - 1);
        assert_int_equal(r[k].n, k == 0 ? 8 : 6);
        assert_int_equal(r[k].n_without, k == 0 ? 0 : 2);
        assert_true(r[k].deff_kish >= 1 && r[k].low <= r[k].q1 && r[k].q1 <= r[k].median &&
                    r[k].median <= r[k].q3 && r[k].q3 <= r[k].high);
    }
    assert_string_equal(r[1].why_without, "did not respond");
    assert_string_equal(r[4].why_without, "did not respond");
    near(s->t->col[tf_table_find(s->t, "base_w")].num[1], 8);
    near(r[0].sum, r[1].sum); /* respondents stand for all */
    near(r[2].sum, 100);
    near(r[3].sum, 100);
    near(r[4].sum, 1000);
    assert_non_null(strstr(r[2].text, "raked in 1 sweep: sum 100"));
    assert_non_null(strstr(r[1].text, "2 cases without a weight (did not respond)"));
    assert_non_null(strstr(r[1].text, "WARNING: 2 classes below 20 respondents"));
    assert_non_null(strstr(s->text, "know the totals of rake, scale"));
    assert_int_equal(s->n_calibrated, 2);
    OUT_OF_HOUSE(h);
}

static void weight_of_unknown_eligibility_is_shared_in_its_class(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_step_report *r = NULL;
    struct tf_survey *s = weighed(&h, design,
                                  "- {step: nonresponse, response: done, eligible: found}\n", &r);
    /* 15 in all, 3 of unknown eligibility, 1 not eligible: eligible 11 x 15/12; respond 2 1 4 2 = 9 */
    near(s->w[0], 2.0 * 15 / 12 * 11 / 9);
    assert_true(s->w[3] <= 0 && s->w[4] <= 0 && s->w[1] <= 0);
    assert_int_equal(r[0].n_without, 4);
    assert_string_equal(r[0].why_without, "did not respond, or not eligible");
    OUT_OF_HOUSE(h);
}

static void raked_and_calibrated_weights_meet_their_totals(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_step_report *r = NULL;
    struct tf_survey *s = weighed(&h, design,
                                  "- {step: rake, margins: [{var: sex, totals: {1: 60, 2: 40}}, "
                                  "{var: area, totals: {a: 30, b: 71}}], adjust_totals: true, "
                                  "epsilon: 1e-14}\n", &r);
    assert_true(r[0].gap <= 1e-14 && r[0].iterations > 1);
    near(sum_where(s, "sex", 1), 60);
    near(sum_where(s, "sex", 2), 40);
    static const char *const methods[] = {"linear", "raking", "logit", "sinh"};
    for (size_t k = 0; k < 4; k++) {
        const char *step = tf_printf(h.arena, "- {step: calibrate, formula: \"~ area\", totals: "
                                              "{(Intercept): 20, areab: 11}, method: %s, bounds: "
                                              "[0.2, 4]}\n", methods[k]);
        s = weighed(&h, design, step, &r);
        near(sum_where(s, "nothing", 0), 20);
        assert_true(r[0].gap <= 1e-12);
    }
    OUT_OF_HOUSE(h);
}

static void a_psu_has_one_factor_and_totals_are_met(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_step_report *r = NULL;
    struct tf_survey *s = weighed(&h, design,
                                  "- {step: calibrate, formula: \"~ area\", aggregate: psu, method: "
                                  "raking, totals: {(Intercept): 18, areab: 10}}\n", &r);
    near(s->w[0] / s->w_base[0], s->w[1] / s->w_base[1]);
    near(s->w[2] / s->w_base[2], s->w[3] / s->w_base[3]);
    near(sum_where(s, "nothing", 0), 18);
    OUT_OF_HOUSE(h);
}

static void groups_can_have_an_equal_say(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_step_report *r = NULL;
    struct tf_survey *s = weighed(&h, design, "- {step: scale, equal: h}\n", &r);
    near(sum_where(s, "h", 1), 4);
    near(sum_where(s, "h", 2), 4);
    s = weighed(&h, design, "- {step: scale, equal: psu, each: own}\n", &r);
    near(sum_where(s, "psu", 4), 2);
    near(sum_where(s, "psu", 5), 1);
    OUT_OF_HOUSE(h);
}

static void trimming_keeps_the_sum_unless_told(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_step_report *r = NULL;
    static const char by_w3[] = "{weight: w3, strata: [h], psu: [psu]}";
    struct tf_survey *s = weighed(&h, by_w3, "- {step: trim, upper: 8}\n", &r);
    near(s->w[4], 8);
    near(s->w[0], 7);
    near(r[0].sum, 57);
    s = weighed(&h, by_w3, "- {step: trim, upper: 6.5, repeat: true, redistribute: false}\n", &r);
    near(r[0].sum, 13.5);
    s = weighed(&h, by_w3, "- {step: trim, upper: {ratio_to_median: 3}, redistribute: false}\n",
                &r);
    near(s->w[4], 3);
    OUT_OF_HOUSE(h);
}

static void the_order_of_rows_and_the_threads_change_no_weight(void **state)
{
    (void)state;
    IN_HOUSE(h);
    enum { N = 30000 };
    struct tf_survey *made[2];
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct tf_table *t = tf_table_new(h.arena, "many", N);
        static const char *const name[] = {"a", "b", "c"};
        struct tf_step_report *report;
        size_t n;
        for (size_t v = 0; v < 3; v++) {
            const size_t col = tf_table_add(t, name[v], TF_NUMBER);
            for (size_t row = 0; row < N; row++) {
                t->col[col].num[row] = (double)((row * 2654435761u >> (7 * v)) % (v + 2));
                t->col[col].miss[row] = TF_PRESENT;
            }
        }
        OK(tf_survey_read(h.arena, yaml(&h, "{}"), h.dir, t, &made[threads - 1], &h.err));
        made[threads - 1]->threads = threads;
        OK(tf_survey_weigh(made[threads - 1],
                           yaml(&h, "- step: rake\n  margins:\n"
                                    "    - {var: a, totals: {0: 600, 1: 400}}\n"
                                    "    - {var: b, totals: {0: 300, 1: 300, 2: 400}}\n"
                                    "    - {var: c, totals: {0: 100, 1: 200, 2: 300, 3: 400}}\n"),
                           h.dir, &report, &n, &h.err));
    }
    assert_memory_equal(made[0]->w, made[1]->w, N * sizeof(double));
    OUT_OF_HOUSE(h);
}

static void a_step_holds_in_its_countries_only(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_step_report *r = NULL;
    size_t n = 0;
    struct tf_survey *s = survey(&h, design);
    OK(tf_survey_weigh_recipe(s, yaml(&h, "data: {dataset: child, country: XB}\nweights:\n"
                                          "  - {step: scale, total: 5, countries: [XA]}\n"
                                          "  - {step: scale, total: 7, countries: [XB, XC]}\n"),
                              h.dir, &r, &n, &h.err));
    assert_int_equal(n, 1);
    assert_string_equal(r[0].column, "weight_2_scale");
    near(r[0].sum, 7);
    OUT_OF_HOUSE(h);
}

static void a_crossing_of_many_cells_is_raked_by_those_that_occur(void **state)
{
    (void)state;
    IN_HOUSE(h);
    enum { N = 20000, M = 30 };
    struct tf_table *t = tf_table_new(h.arena, "many", N);
    struct tf_survey *s = NULL;
    struct tf_step_report *report;
    struct tf_buf steps = {.arena = h.arena};
    static const char *const name[] = {"a", "b", "c"};
    size_t n;
    tf_buf_add(&steps, "- step: rake\n  margins:\n");
    for (size_t v = 0; v < 3; v++) { /* 27,000 possible cells, some thousands occur */
        const size_t col = tf_table_add(t, name[v], TF_NUMBER);
        for (size_t row = 0; row < N; row++) {
            t->col[col].num[row] = (double)((row * 2654435761u >> (5 * v)) % M);
            t->col[col].miss[row] = TF_PRESENT;
        }
        tf_buf_printf(&steps, "    - {var: %s, totals: {", name[v]);
        for (size_t k = 0; k < M; k++)
            tf_buf_printf(&steps, "%s%zu: %zu", k > 0 ? ", " : "", k, 500 + (v + 1) * (k % 2) * 10);
        tf_buf_printf(&steps, "}}\n");
    }
    tf_buf_add(&steps, "  adjust_totals: true\n");
    OK(tf_survey_read(h.arena, yaml(&h, "{}"), h.dir, t, &s, &h.err));
    OK(tf_survey_weigh(s, yaml(&h, tf_buf_text(&steps)), h.dir, &report, &n, &h.err));
    assert_true(report[0].gap <= 1e-10);
    for (size_t k = 0; k < M; k++)
        assert_true(fabs(sum_where(s, "a", (double)k) / (500 + (double)(k % 2) * 10) - 1) < 1e-9);
    OUT_OF_HOUSE(h);
}

static void a_replicate_that_loses_a_cell_says_so(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_step_report *r = NULL;
    struct tf_survey *s = weighed(&h, design,
                                  "- {step: poststratify, margin: {vars: [sex, area], totals: "
                                  "{1.a: 5, 1.b: 6, 2.a: 7, 2.b: 8}}}\n", &r);
    double w[8];
    memcpy(w, s->w_base, sizeof w);
    OK(tf_steps_again(s, w, &h.err));
    for (size_t k = 0; k < 8; k++)
        near(w[k], s->w[k]);
    memcpy(w, s->w_base, sizeof w);
    w[1] = w[6] = 0; /* all of sex 1, area b */
    assert_int_equal(tf_steps_again(s, w, &h.err), TF_E_CONVERGE);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_recipe_is_told_what_where_and_what_to_do),
        cmocka_unit_test(margins_that_contradict_each_other_are_named),
        cmocka_unit_test(a_fault_in_a_file_of_totals_names_its_line),
        cmocka_unit_test(totals_of_terms_stand_in_two_columns_or_in_a_row),
        cmocka_unit_test(every_step_leaves_its_column_and_its_line),
        cmocka_unit_test(weight_of_unknown_eligibility_is_shared_in_its_class),
        cmocka_unit_test(raked_and_calibrated_weights_meet_their_totals),
        cmocka_unit_test(a_psu_has_one_factor_and_totals_are_met),
        cmocka_unit_test(groups_can_have_an_equal_say),
        cmocka_unit_test(trimming_keeps_the_sum_unless_told),
        cmocka_unit_test(the_order_of_rows_and_the_threads_change_no_weight),
        cmocka_unit_test(a_step_holds_in_its_countries_only),
        cmocka_unit_test(a_crossing_of_many_cells_is_raked_by_those_that_occur),
        cmocka_unit_test(a_replicate_that_loses_a_cell_says_so),
    };
    return cmocka_run_group_tests_name("measure: weighting steps", tests, NULL, NULL);
}
