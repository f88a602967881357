/* Weights and the estimates after them against R survey 4.1 (tests/gold/make_weights.R): closed
 * forms to 1e-9 relative, calibration that iterates to 1e-7, models of response to 1e-6 of R's own
 * stopping rule. Each case is a design and steps as a recipe writes them. */
#include "tests/house.h"

#include "measure/calibrate.h"

static const char strat[] = "{weight: pw, strata: [stype], fpc: [fpc]}";
static const char clus1[] = "{weight: pw, psu: [dnum], fpc: [fpc]}";
static const char clus2[] = "{weight: pw, psu: [dnum, snum], fpc: [fpc1, fpc2]}";
static const char jk1[] = "{weight: pw, psu: [dnum], replicates: {type: jk1}}";
static const char jkn[] = "{weight: pw, strata: [stype], replicates: {type: jkn}}";
static const char answers[] = "{weight: pw, strata: [stratum], psu: [psu]}";
static const char answers_jkn[] = "{weight: pw, strata: [stratum], psu: [psu], "
                                  "replicates: {type: jkn}}";
static const char low[] = "{weight: pw_low, psu: [dnum], fpc: [fpc]}";

static const char given[] = "{weight: pw, psu: [dnum], replicates: {file: w_boot.csv, type: "
                            "bootstrap}}";

#define STYPE "totals: {E: 4421, H: 755, M: 1018}"
#define RAKE2 "{step: rake, margins: [{var: stype, " STYPE "}, " \
              "{var: sch_wide, totals: {No: 1072, Yes: 5122}}], epsilon: 1e-13, max_sweeps: 5000"
#define RAKE3 "{step: rake, margins: [{var: sch_wide, totals: {No: 1072, Yes: 5122}}, " \
              "{var: awards, totals: {No: 2027, Yes: 4167}}, {var: comp_imp, totals: {No: 1712, Yes: 4482}}], " \
              "epsilon: 1e-13, max_sweeps: 5000"
#define API "{\"(Intercept)\": 6194, stypeH: 755, stypeM: 1018, api99: 3914069}"
#define CAL "{step: calibrate, formula: \"~ stype + api99\", totals: " API ", epsilon: 1e-13"
#define NR "{step: nonresponse, response: done"

struct gold_case {
    const char *name, *data, *design, *weights;
    double tolerance;
};
static const struct gold_case cases[] = {
    {"ps_clus1", "w_clus1", clus1, "[{step: poststratify, margin: {var: stype, " STYPE "}}]", 1e-9},
    {"ps_clus2", "w_clus2", clus2,
     "[{step: poststratify, margin: {var: stype, totals: totals_stype.csv}}]", 1e-9},
    {"ps_cross", "w_strat", strat,
     "[{step: poststratify, margin: {vars: [sch_wide, awards], totals: totals_wide_awards.csv}}]",
     1e-9},
    {"ps_cross", "w_strat", strat,
     "[{step: poststratify, margin: {vars: [sch_wide, awards], totals: {No.No: 1072, Yes.No: 955, "
     "Yes.Yes: 4167}}}]", 1e-9},
    {"ps_partial", "w_clus1", clus1,
     "[{step: poststratify, partial: true, margin: {var: stype, totals: {E: 4421, H: 755, M: 1018, "
     "X: 50}}}]", 1e-9},
    {"rake_clus1", "w_clus1", clus1, "[" RAKE2 "}]", 1e-9},
    {"rake_clus2", "w_clus2", clus2, "[" RAKE2 "}]", 1e-9},
    {"rake_three", "w_strat", strat, "[" RAKE3 "}]", 1e-9},
    {"rake_exact", "w_strat", strat, "[" RAKE3 ", residuals: exact}]", 1e-9},
    {"rake_weighted", "w_strat", strat, "[" RAKE3 ", residuals: weighted}]", 1e-9},
    {"rake_cross", "w_clus1", clus1,
     "[{step: rake, margins: [{vars: [stype, sch_wide], totals: {E.No: 472, E.Yes: 3949, "
     "H.No: 334, H.Yes: 421, M.No: 266, M.Yes: 752}}, {var: comp_imp, totals: {No: 1712, Yes: 4482}}], "
     "epsilon: 1e-13, max_sweeps: 5000}]", 1e-9},
    {"cal_linear", "w_clus1", clus1, "[" CAL "}]", 1e-9},
    {"cal_linear_clus2", "w_clus2", clus2, "[" CAL "}]", 1e-9},
    {"cal_raking", "w_clus1", clus1, "[" CAL ", method: raking}]", 1e-9},
    {"cal_logit", "w_clus1", clus1, "[" CAL ", method: logit, bounds: [0.5, 2.5]}]", 1e-9},
    {"cal_bounded", "w_clus1", clus1, "[" CAL ", bounds: [0.6, 1.6]}]", 1e-9},
    {"cal_raking_bounded", "w_clus1", clus1, "[" CAL ", method: raking, bounds: [0.6, 1.6]}]",
     1e-9},
    {"cal_sinh", "w_clus1", clus1, "[" CAL ", method: sinh, bounds: [0.5, 2]}]", 1e-9},
    {"cal_const", "w_clus1", clus1, "[" CAL ", bounds: [18, 56], bounds_const: true}]", 1e-9},
    {"cal_psu", "w_clus1", clus1, "[" CAL ", aggregate: psu}]", 1e-9},
    {"cal_psu_raking", "w_clus1", clus1,
     "[{step: calibrate, formula: \"~ stype\", totals: {(Intercept): 6194, stypeH: 755, stypeM: "
     "1018}, method: raking, aggregate: psu, epsilon: 1e-13}]", 1e-9},
    {"cal_terms", "w_strat", strat,
     "[{step: calibrate, formula: \"~ stype * sch_wide + api99\", totals: totals_terms.csv, "
     "method: raking, epsilon: 1e-13}]", 1e-9},
    {"cal_rescaled", "w_clus1", low, "[" CAL ", method: logit, bounds: [0.5, 2.5]}]", 1e-9},
    {"ps_then_cal", "w_clus1", clus1,
     "[{step: poststratify, margin: {var: stype, " STYPE "}}, "
     "{step: calibrate, formula: \"~ api99\", totals: {(Intercept): 6194, api99: 3914069}}]", 1e-9},
    {"cal_then_rake", "w_clus1", clus1,
     "[{step: calibrate, formula: \"~ api99\", totals: {(Intercept): 6194, api99: 3914069}}, "
     RAKE2 "}]", 1e-9},
    {"trim_upper", "w_strat", strat, "[{step: trim, upper: 40}]", 1e-9},
    {"trim_strict", "w_clus1", clus1, "[" RAKE2 "}, {step: trim, upper: 37, lower: 31.5, repeat: "
                                      "true}]", 1e-9},
    {"trim_median", "w_clus2", clus2, "[{step: trim, upper: {ratio_to_median: 2}}]", 1e-9},
    {"scale_population", "w_clus1", clus1, "[{step: scale, population: 6000}]", 1e-9},
    {"scale_equal", "w_clus1", clus1, "[{step: scale, equal: stype}]", 1e-9},
    {"jk1_ps", "w_clus1", jk1, "[{step: poststratify, margin: {var: stype, " STYPE "}}]", 1e-9},
    {"jk1_rake", "w_clus1", jk1, "[" RAKE2 "}]", 1e-9},
    {"jk1_linear", "w_clus1", jk1, "[" CAL "}]", 1e-9},
    {"jk1_raking", "w_clus1", jk1, "[" CAL ", method: raking}]", 1e-9},
    {"jkn_ps", "w_strat", jkn,
     "[{step: poststratify, margin: {var: sch_wide, totals: {No: 1072, Yes: 5122}}}]", 1e-9},
    {"jkn_logit", "w_strat", jkn, "[" CAL ", method: logit, bounds: [0.5, 2]}]", 1e-9},
    {"jk1_ps_trim", "w_clus1", jk1,
     "[{step: poststratify, margin: {var: stype, " STYPE "}}, {step: trim, upper: 45}]", 1e-9},
    {"given_ps", "w_clus1", given,
     "[{step: poststratify, margin: {var: comp_imp, totals: {No: 1712, Yes: 4482}}}]", 1e-9},
    {"given_rake", "w_clus1", given,
     "[{step: rake, margins: [{var: comp_imp, totals: {No: 1712, Yes: 4482}}, {var: sch_wide, "
     "totals: {No: 1072, Yes: 5122}}], epsilon: 1e-13}]", 1e-9},
    {"given_raking", "w_clus1", given,
     "[{step: calibrate, formula: \"~ comp_imp + api99\", totals: {(Intercept): 6194, comp_impYes: "
     "4482, api99: 3914069}, method: raking}]", 1e-9},
    {"nr_classes", "w_answer", answers, "[" NR ", classes: [stratum, urban]}]", 1e-9},
    {"nr_eligible", "w_answer", answers, "[" NR ", classes: [urban], eligible: found}]", 1e-9},
    {"nr_inverse", "w_answer", answers, "[" NR ", propensity: \"~ urban + age\"}]", 1e-9},
    {"nr_unweighted", "w_answer", answers,
     "[" NR ", propensity: \"~ urban + age\", weighted: false}]", 1e-9},
    {"nr_strata", "w_answer", answers,
     "[" NR ", propensity: \"~ urban + age\", method: strata, strata: 5}]", 1e-9},
    {"jkn_nr_classes", "w_answer", answers_jkn, "[" NR ", classes: [urban]}]", 1e-9},
    {"jkn_nr_inverse", "w_answer", answers_jkn, "[" NR ", propensity: \"~ urban + age\"}]", 1e-9},
    {"jkn_nr_ps", "w_answer", answers_jkn,
     "[" NR ", classes: [urban]}, {step: poststratify, margin: {var: sex, totals: {1: 4000, 2: "
     "4200}}}]", 1e-9},
    {"roster", "roster", "{strata: [region], psu: [psu]}",
     "[{step: base, p_psu: p_psu, p_household: p_household}, {step: poststratify, margin: {vars: "
     "[sex, agegrp], totals: totals_roster.csv}}]", 1e-9},
};

static void must(const struct house *h, enum tf_code code, const char *where)
{
    if (code != TF_OK)
        fail_msg("%s: %s %s %s (%s:%zu:%zu)", where, h->err.what, h->err.fact, h->err.help,
                 h->err.file, h->err.line, h->err.column);
}

static struct tf_table *read_csv(struct house *h, const char *name)
{
    struct tf_table *t = NULL;
    must(h, tf_csv_read(h->arena, tf_printf(h->arena, "tests/gold/%s.csv", name),
                        (struct tf_csv_opt){.guess_numbers = true}, &t, &h->err), name);
    tf_measure_tidy(t, NULL, 0);
    return t;
}

static const struct tf_column *column(struct house *h, const struct tf_table *t, const char *name)
{
    size_t col = 0;
    must(h, tf_table_need(t, name, &col, &h->err), name);
    return &t->col[col];
}

/* ---- Mean, total or ratio, in all or in stype = H ---------------------------------------------
 * */

struct simple {
    size_t n;
    const double *y, *x; /* ratio of y to x; x of ones for a mean; NULL for a total */
    bool *in;
    double top, bottom;
    const double *w;
};

static enum tf_code value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct simple *s = self;
    struct tf_sum top = {0}, bottom = {0};
    (void)reterr;
    for (size_t row = 0; row < s->n; row++)
        if (s->in[row] && fabs(w[row]) > 0) {
            tf_sum_add(&top, w[row] * s->y[row]);
            if (s->x != NULL)
                tf_sum_add(&bottom, w[row] * s->x[row]);
        }
    s->w = w;
    s->top = tf_sum_of(&top);
    s->bottom = s->x != NULL ? tf_sum_of(&bottom) : 1;
    theta[0] = s->top / s->bottom;
    return TF_OK;
}

static void linear(void *self, size_t k, double *z)
{
    const struct simple *s = self;
    (void)k;
    for (size_t row = 0; row < s->n; row++)
        z[row] = !s->in[row] || !(fabs(s->w[row]) > 0) ? 0
                 : s->x == NULL ? s->w[row] * s->y[row]
                                : s->w[row] * (s->y[row] - s->top / s->bottom * s->x[row]) /
                                      s->bottom;
}

static const bool *rows_in(void *self, size_t k)
{
    (void)k;
    return ((const struct simple *)self)->in;
}

static struct tf_fit estimate(struct house *h, const struct tf_survey *s, const char *stat)
{
    char **word;
    const size_t n_words = tf_split(h->arena, stat, ' ', &word);
    struct simple *e = TF_NEW(h->arena, struct simple);
    struct tf_fit fit = {0};
    double *ones = TF_NEW_N(h->arena, double, s->n);
    e->n = s->n;
    e->in = TF_NEW_N(h->arena, bool, s->n);
    e->y = column(h, s->t, word[1])->num;
    for (size_t row = 0; row < s->n; row++) {
        ones[row] = 1;
        e->in[row] = n_words < 4 || strcmp(column(h, s->t, "stype")->text[row], "H") == 0;
    }
    e->x = strcmp(word[0], "mean") == 0    ? ones
           : strcmp(word[0], "ratio") == 0 ? column(h, s->t, word[2])->num
                                           : NULL;
    const struct tf_statistic statistic = {.p = 1, .self = e, .value = value, .linear = linear,
                                           .domain = n_words < 4 ? NULL : rows_in};
    must(h, tf_survey_fit(h->arena, s, &statistic, true, &fit, &h->err), stat);
    return fit;
}

/* ---- The cases ---------------------------------------------------------------------------- */

static struct tf_yaml *yaml(struct house *h, const char *text)
{
    struct tf_yaml *y = NULL;
    must(h, tf_yaml_parse(h->arena, "recipe.yaml", 1, text, strlen(text), &y, &h->err), text);
    return y;
}

static struct tf_survey *weigh(struct house *h, const struct gold_case *c)
{
    struct tf_survey *s = NULL;
    struct tf_step_report *report;
    size_t n;
    struct tf_table *t = read_csv(h, c->data);
    if (c->design == low) {
        const size_t col = tf_table_add(t, "pw_low", TF_NUMBER);
        for (size_t row = 0; row < t->n_rows; row++) {
            t->col[col].num[row] = column(h, t, "pw")->num[row] / 100;
            t->col[col].miss[row] = TF_PRESENT;
        }
    }
    must(h, tf_survey_read(h->arena, yaml(h, c->design), "tests/gold", t, &s, &h->err), c->name);
    must(h, tf_survey_weigh(s, yaml(h, c->weights), "tests/gold", &report, &n, &h->err), c->name);
    assert_true(n > 0);
    return s;
}

static double off(double got, double want)
{
    return fabs(got - want) / (fabs(want) > 1e-300 ? fabs(want) : 1);
}

static void weights_equal_r_survey(void **state)
{
    (void)state;
    double worst = 0;
    size_t n = 0;
    IN_HOUSE(h);
    const struct tf_table *gold = read_csv(&h, "weights_w");
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const struct tf_survey *s = weigh(&h, &cases[k]);
        const size_t before = n;
        for (size_t g = 0; g < gold->n_rows; g++) {
            if (strcmp(column(&h, gold, "case")->text[g], cases[k].name) != 0)
                continue;
            const size_t row = (size_t)column(&h, gold, "row")->num[g] - 1;
            const double want = column(&h, gold, "w")->num[g], d = off(s->w[row], want);
            if (!(d <= cases[k].tolerance))
                fail_msg("%s, row %zu: got %.17g, want %.17g", cases[k].name, row + 1, s->w[row],
                         want);
            worst = d > worst ? d : worst;
            n++;
        }
        assert_true(n > before || strstr(cases[k].name, "rake_") != NULL);
    }
    print_message("%zu weights, worst relative difference %.1e\n", n, worst);
    OUT_OF_HOUSE(h);
}

static void standard_errors_know_the_totals_as_r_does(void **state)
{
    (void)state;
    double worst = 0;
    size_t n = 0;
    IN_HOUSE(h);
    const struct tf_table *gold = read_csv(&h, "weights_est");
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const struct tf_survey *s = weigh(&h, &cases[k]);
        const size_t before = n;
        for (size_t g = 0; g < gold->n_rows; g++) {
            if (strcmp(column(&h, gold, "case")->text[g], cases[k].name) != 0)
                continue;
            const char *stat = column(&h, gold, "stat")->text[g];
            const struct tf_fit fit = estimate(&h, s, stat);
            const double value_off = off(fit.theta[0], column(&h, gold, "estimate")->num[g]);
            const double se = column(&h, gold, "se")->num[g];
            const double se_off = se > 1e-6 ? off(sqrt(fit.v[0]), se) : 0;
            if (!(value_off <= cases[k].tolerance && se_off <= cases[k].tolerance))
                fail_msg("%s, %s: got %.17g (%.17g), want %.17g (%.17g)", cases[k].name, stat,
                         fit.theta[0], sqrt(fit.v[0]), column(&h, gold, "estimate")->num[g], se);
            worst = value_off > worst ? value_off : worst;
            worst = se_off > worst ? se_off : worst;
            n++;
        }
        assert_true(n > before);
    }
    print_message("%zu estimates, worst relative difference %.1e\n", n, worst);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_equal_r_survey),
        cmocka_unit_test(standard_errors_know_the_totals_as_r_does),
    };
    return cmocka_run_group_tests_name("measure: weights against R survey 4.1", tests, NULL, NULL);
}
