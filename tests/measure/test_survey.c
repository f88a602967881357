/* Designs and their variances against R survey 4.1 (tests/gold/make_designs.R), from recipe text to
 * standard error: 1e-9 relative. Then what must change nothing, and what is refused, with its
 * place. */
#include "tests/measure/survey_house.h"

static void designs_equal_r_survey(void **state)
{
    (void)state;
    IN_HOUSE(h);
    assert_true(check_gold(&h, "designs", 1) >= 400);
    OUT_OF_HOUSE(h);
}

/* ---- What changes nothing ------------------------------------------------------------------- */

static void reverse_rows(struct house *h, struct tf_table *t)
{
    for (size_t k = 0; k < t->n_cols; k++) {
        struct tf_column *c = &t->col[k];
        for (size_t a = 0, b = t->n_rows - 1; a < b; a++, b--) {
            const uint8_t miss = c->miss[a];
            c->miss[a] = c->miss[b];
            c->miss[b] = miss;
            if (c->type == TF_NUMBER) {
                const double x = c->num[a];
                c->num[a] = c->num[b];
                c->num[b] = x;
                continue;
            }
            const char *x = c->text[a];
            c->text[a] = c->text[b];
            c->text[b] = x;
        }
    }
    (void)h;
}

static struct tf_fit fit_of(struct house *h, const char *yaml, const char *data, bool reversed,
                            const char *stat, const char *vars, const char *where, unsigned threads,
                            double *ret_df)
{
    struct tf_survey *s = NULL;
    struct tf_fit fit = {0};
    bool *mask = NULL;
    struct tf_table *t = gold_csv(h, tf_printf(h->arena, "data_%s", data));
    if (reversed)
        reverse_rows(h, t);
    must(h, read_design(h, yaml, t, &s), yaml);
    s->threads = threads;
    const struct tf_statistic st = plain_statistic(h, s, stat, vars, where, &mask);
    must(h, tf_survey_fit(h->arena, s, &st, true, &fit, &h->err), yaml);
    *ret_df = tf_survey_df(h->arena, s, mask);
    return fit;
}

static const struct {
    const char *yaml, *data, *vars, *where;
} plain_designs[] = {
    {"{strata: h, psu: i, nest: true, weight: w, lonely_psu: average}",                      "lone",     "y;x",          "rare = 1"    },
    {"{strata: [h], psu: [i, j], nest: true, weight: w, fpc: [N1, N2], lonely_psu: adjust}", "lone",
     "y;x",                                                                                                              "sex = 2"     },
    {"{psu: [dnum, snum], fpc: [fpc1, fpc2]}",                                               "apiclus2", "api00;enroll", ""            },
    {"{fpc: p, pps: hr, strata: half}",                                                      "pps",      "bush;kerry",   "bush > 30000"},
    {"{strata: h, psu: c, fpc: N, phase2: {subset: sub, strata: g, psu: id}}",               "phases",   "y;x",          ""            },
    {"{strata: stype, weight: pw, fpc: fpc, replicates: {type: jkn}}",                       "apistrat", "api00;api99",
     "met = 1"                                                                                                                         },
    {"{strata: h, psu: i, nest: true, weight: w, lonely_psu: remove, "
     "replicates: {type: bootstrap_rw, replicates: 40}}",                               "lone",     "x;y",          "sex = 1"     },
};

static void the_order_of_rows_changes_nothing(void **state)
{
    (void)state;
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof plain_designs / sizeof *plain_designs; k++) {
        double df[2];
        const char *yaml = plain_designs[k].yaml, *data = plain_designs[k].data;
        const struct tf_fit a = fit_of(&h, yaml, data, false, "mean", plain_designs[k].vars,
                                       plain_designs[k].where, 1, &df[0]);
        const struct tf_fit b = fit_of(&h, yaml, data, true, "mean", plain_designs[k].vars,
                                       plain_designs[k].where, 1, &df[1]);
        assert_true(a.v[0] > 0 && a.v[3] > 0);
        same("df", yaml, df[1], df[0]);
        for (size_t j = 0; j < 4; j++)
            same("v", yaml, b.v[j], a.v[j]);
    }
    OUT_OF_HOUSE(h);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof plain_designs / sizeof *plain_designs; k++) {
        double df[2];
        const struct tf_fit a =
            fit_of(&h, plain_designs[k].yaml, plain_designs[k].data, false, "mean",
                   plain_designs[k].vars, plain_designs[k].where, 1, &df[0]);
        for (unsigned threads = 2; threads <= 5; threads += 3) {
            const struct tf_fit b =
                fit_of(&h, plain_designs[k].yaml, plain_designs[k].data, false, "mean",
                       plain_designs[k].vars, plain_designs[k].where, threads, &df[1]);
            assert_memory_equal(a.v, b.v, 4 * sizeof *a.v);
        }
    }
    OUT_OF_HOUSE(h);
}

static void variances_of_given_variables_are_those_of_the_fit(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_survey *s = NULL;
    enum { P = 11 }; /* more than one batch */
    must(&h,
         read_design(&h, "{psu: [dnum, snum], fpc: [fpc1, fpc2]}", gold_csv(&h, "data_apiclus2"),
                     &s),
         "design");
    s->threads = 3;
    double *z = TF_NEW_N(h.arena, double, s->n *P), v[P * P], one;
    for (size_t k = 0; k < P; k++)
        for (size_t row = 0; row < s->n; row++)
            z[row + k * s->n] = s->w[row] * cos((double)((k + 1) * (row + 3)));
    must(&h, tf_survey_variance(h.arena, s, z, P, NULL, v, &h.err), "all");
    for (size_t k = 0; k < P; k++) {
        must(&h, tf_survey_variance(h.arena, s, z + k * s->n, 1, NULL, &one, &h.err), "one");
        assert_true(one > 0);
        same("variance", "one of eleven", v[k + k * P], one);
        for (size_t j = 0; j < P; j++)
            assert_true(fabs(v[j + k * P]) <= sqrt(v[j + j * P] * v[k + k * P]) * (1 + 1e-12));
    }
    OUT_OF_HOUSE(h);
}

static void cases_are_counted_where_the_domain_has_them(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_survey *s = NULL;
    must(&h,
         read_design(&h, "{strata: h, psu: i, nest: true, weight: w, lonely_psu: remove}",
                     gold_csv(&h, "data_lone"), &s),
         "design");
    bool *in = TF_NEW_N(h.arena, bool, s->n);
    const struct tf_tally all = tf_survey_count(h.arena, s, NULL);
    assert_int_equal(all.n, s->n);
    assert_int_equal(all.psu, 9);
    assert_int_equal(all.strata, 5);
    in[0] = in[1] = true; /* two cases of one PSU */
    const struct tf_tally two = tf_survey_count(h.arena, s, in);
    assert_int_equal(two.n, 2);
    assert_int_equal(two.psu, 1);
    assert_int_equal(two.strata, 1);
    assert_true(tf_survey_df(h.arena, s, in) < 0.5);
    OUT_OF_HOUSE(h);
}

/* ---- What is refused ------------------------------------------------------------------------ */

static const char data_bad[] = "h,i,w,zero,empty,N,frac,mix,p,word,vary,sub,rep1,rep2\n"
                               "a,1,2,1,1,9,0.5,0.5,0.2,x,9,1,1,2\n"
                               "a,2,2,0,2,9,0.5,0.5,0.3,x,8,1,2,2\n"
                               "b,1,3,1,,1,1.5,7,0.4,y,7,2,3,\n"
                               "b,3,3,1,4,1,0.5,0.5,1.7,y,7,0,1,1\n";

static const struct refused {
    const char *name, *yaml, *what, *help;
    size_t column;
} refused[] = {
    {"an unknown key",                             "{wieght: w}",                                                  "the key 'wieght' is not known",          "Did you mean 'weight'?", 2 },
    {"an unknown column",                          "{weight: ww}",                                                 "'ww'",                                   "",                       10},
    {"a weight of zero",                           "{weight: zero}",                                               "row 2 of 'bad' has the weight 0",        "Correct it",             10},
    {"a missing weight",                           "{weight: empty}",                                              "row 3 of 'bad' has no weight",           "Every case",             10},
    {"a weight of letters",                        "{weight: word}",                                               "row 1 of 'bad' has the weight 'x'",      "A number",               10},
    {"weight and prob",                            "{weight: w, prob: p}",                                         "both given",                             "Keep `weight`",          19},
    {"a probability above one",                    "{prob: p}",                                                    "row 4 of 'bad' has the probability 1.7", "Correct",
     8                                                                                                                                                                                   },
    {"a missing stratum",                          "{weight: w, strata: empty}",                                   "row 3 of 'bad' has no stratum",          "Every",
     21                                                                                                                                                                                  },
    {"a PSU in two strata",                        "{weight: w, strata: h, psu: i}",                               "the PSU i = 1 stands in two strata",
     "`nest: true`",                                                                                                                                                                   29},
    {"more strata than stages",                    "{weight: w, strata: [h, i]}",                                  "names 2 stages",                         "[[region",               25},
    {"fewer fpc than stages",                      "{weight: w, psu: [h, i], fpc: N}",                             "`fpc` has 1 columns",                    "one per",
     31                                                                                                                                                                                  },
    {"counts and fractions mixed",                 "{weight: w, strata: h, fpc: mix}",                             "`fpc` mixes",                            "Counts",                 29},
    {"a fraction above one",                       "{weight: w, strata: h, fpc: frac}",                            "`fpc` mixes",                            "Counts",                 29},
    {"a population below the sample",              "{weight: w, strata: h, fpc: N}",
     "the population is smaller than the sample",                                                                                                            "Give the number",        29},
    {"a population that differs within a stratum", "{weight: w, strata: h, fpc: vary}",
     "row 2 of 'bad': the population differs within a stratum",                                                                                              "All cases",              29},
    {"a lonely PSU",                               "{weight: w, strata: h, psu: word}",                            "the stratum h = a has one PSU only",
     "adjust, average",                                                                                                                                                                21},
    {"an unknown rule",                            "{weight: w, lonely_psu: drop}",                                "'drop' is no rule",                      "Rules are",              25},
    {"an unknown PPS method",                      "{fpc: p, pps: sampford}",                                      "this is no PPS method",                  "overton",                15},
    {"Brewer without fpc",                         "{prob: w, pps: brewer}",                                       "Brewer's method needs `fpc`",            "probability",
     16                                                                                                                                                                                  },
    {"a PPS probability above one",                "{fpc: p, pps: brewer}",                                        "row 4 of 'bad': this is no prob",
     "above 0 and at most 1",                                                                                                                                                          7 },
    {"Yates-Grundy with Brewer",                   "{fpc: p, pps: brewer, variance: yg}",                          "Yates-Grundy needs",
     "overton",                                                                                                                                                                        33},
    {"a variance without PPS",                     "{weight: w, variance: yg}",                                    "goes with `pps`",                        "",                       23},
    {"two ways at once",                           "{fpc: p, pps: overton, replicates: {type: jk1}}",              "both given",
     "keep one",                                                                                                                                                                       36},
    {"a second phase without a mark",              "{phase2: {strata: h}}",                                        "'subset' is missing",                    "",                       10},
    {"a mark that is neither 0 nor 1",             "{phase2: {subset: sub}}",                                      "row 3 of 'bad' has the mark 2",
     "",                                                                                                                                                                               19},
    {"an unknown method of phases",                "{phase2: {subset: zero, method: exact}}",                      "no method",                              "full",
     33                                                                                                                                                                                  },
    {"an unknown type of replicates",              "{weight: w, replicates: {type: jk}}",                          "'jk' is no type",
     "Did you mean 'jk1'?",                                                                                                                                                            32},
    {"jk1 with strata",                            "{weight: w, strata: h, replicates: {type: jk1}}",              "knows no strata",                        "jkn",
     36                                                                                                                                                                                  },
    {"fay without rho",                            "{weight: w, strata: h, replicates: {type: fay}}",              "'rho' is missing",                       "",
     36                                                                                                                                                                                  },
    {"a key of another type",                      "{weight: w, replicates: {type: jk1, seed: x}}",
     "'seed' is not known",                                                                                                                                  "",                       37},
    {"one replicate",                              "{weight: w, replicates: {type: bootstrap_rw, replicates: 1}}",
     "whole number",                                                                                                                                         "200",                    58},
    {"replicate weights without a scale",          "{weight: w, replicates: {columns: [rep1]}}",
     "neither type nor scale",                                                                                                                               "`type: brr`",            25},
    {"a missing replicate weight",                 "{weight: w, replicates: {columns: rep1-rep2, type: brr}}",
     "row 3 of 'bad' has no replicate",                                                                                                                      "",                       35},
    {"rscales of another length",
     "{weight: w, replicates: {columns: [rep1, w], scale: 1, rscales: [1, 2, 3]}}",                                "`rscales` has 3 numbers",                "each of the 2",          65},
    {"a file that is not there",                   "{weight: w, replicates: {file: none.csv, type: brr}}",         "none.csv",
     "",                                                                                                                                                                               32},
};

static void faults_are_refused_with_their_place(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof refused / sizeof *refused; k++) {
        IN_HOUSE(h);
        struct tf_table *t = NULL;
        struct tf_survey *s = NULL;
        must(&h,
             tf_csv_parse(h.arena, "bad", data_bad, strlen(data_bad),
                          (struct tf_csv_opt){.guess_numbers = true}, &t, &h.err),
             "data");
        const enum tf_code code = read_design(&h, refused[k].yaml, t, &s);
        if (code == TF_OK || strstr(h.err.what, refused[k].what) == NULL ||
            strstr(h.err.help, refused[k].help) == NULL || h.err.line != 1 ||
            h.err.column != refused[k].column)
            fail_msg("%s: code %d, '%s' / '%s' / '%s' at %s:%zu:%zu", refused[k].name, (int)code,
                     h.err.what, h.err.fact, h.err.help, h.err.file, h.err.line, h.err.column);
        OUT_OF_HOUSE(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(designs_equal_r_survey),
        cmocka_unit_test(the_order_of_rows_changes_nothing),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(variances_of_given_variables_are_those_of_the_fit),
        cmocka_unit_test(cases_are_counted_where_the_domain_has_them),
        cmocka_unit_test(faults_are_refused_with_their_place),
    };
    return cmocka_run_group_tests_name("measure: designs", tests, NULL, NULL);
}
