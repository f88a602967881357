/* Replicate weights against R survey 4.1 (tests/gold/make_designs.R), 1e-9 relative; those whose
 * numbers are drawn by what they must be: sums of multipliers, the linearised variance on average,
 * and the successive difference estimator, which SDR is exactly. */
#include "measure/replicates.h"
#include "tests/measure/survey_house.h"

static void replicates_equal_r_survey(void **state)
{
    (void)state;
    IN_HOUSE(h);
    assert_true(check_gold(&h, "replicates", 1) >= 240);
    OUT_OF_HOUSE(h);
}

static struct tf_survey *survey_of(struct house *h, const char *yaml, const char *data)
{
    struct tf_survey *s = NULL;
    must(h, read_design(h, yaml, gold_csv(h, tf_printf(h->arena, "data_%s", data)), &s), yaml);
    return s;
}

static double total_variance(struct house *h, const char *yaml, const char *data, const char *var)
{
    struct tf_survey *s = survey_of(h, yaml, data);
    struct tf_fit fit = {0};
    bool *mask = NULL;
    const struct tf_statistic st = plain_statistic(h, s, "total", var, "", &mask);
    must(h, tf_survey_fit(h->arena, s, &st, false, &fit, &h->err), yaml);
    assert_true(fit.v[0] > 0);
    return fit.v[0];
}

/* ---- The variance of a total ---------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *name, *linear, *replicated, *data, *var;
    double within; /* relative; 0: the same to 1e-9 */
} equal[] = {
    {"jk1", "{psu: dnum, weight: pw, fpc: fpc}",
     "{psu: dnum, weight: pw, fpc: fpc, replicates: {type: jk1}}", "apiclus1", "enroll", 0},
    /* taken from the mean of all replicates jkn lies below by what the strata's means differ; from
     * the estimate it is exact */
    {"jkn from the estimate", "{strata: stype, weight: pw, fpc: fpc}",
     "{strata: stype, weight: pw, fpc: fpc, replicates: {type: jkn, mse: true}}", "apistrat",
     "api00", 0},
    {"brr", "{strata: h, psu: i, nest: true, weight: w}",
     "{strata: h, psu: i, nest: true, weight: w, replicates: {type: brr}}", "pairs25", "y", 0},
    {"fay", "{strata: h, psu: i, nest: true, weight: w}",
     "{strata: h, psu: i, nest: true, weight: w, replicates: {type: fay, rho: 0.7}}", "pairs33",
     "y", 0},
    {"sdr of pairs", "{strata: h, psu: i, nest: true, weight: w}",
     "{strata: h, psu: i, nest: true, weight: w, replicates: {type: sdr}}", "pairs33", "y", 0},
    /* 4,000 replicates: the variance of a variance is about 2 / 4,000, 2.2 % */
    {"Rao-Wu", "{strata: stype, weight: pw}",
     "{strata: stype, weight: pw, replicates: {type: bootstrap_rw, replicates: 4000}}", "apistrat",
     "api00", 0.08},
    {"Canty-Davison", "{psu: dnum, weight: pw}",
     "{psu: dnum, weight: pw, replicates: {type: bootstrap_cd, replicates: 4000}}", "apiclus1",
     "enroll", 0.08},
    {"Canty-Davison from copies", "{strata: h, weight: w, fpc: N}",
     "{strata: h, weight: w, fpc: N, replicates: {type: bootstrap_cd, replicates: 4000}}", "big",
     "y", 0.08},
    {"Preston, one stage", "{strata: stype, weight: pw, fpc: fpc}",
     "{strata: stype, weight: pw, fpc: fpc, replicates: {type: mrb, replicates: 4000}}",
     "apistrat", "api00", 0.08},
    {"Preston, two stages", "{psu: [dnum, snum], fpc: [fpc1, fpc2]}",
     "{psu: [dnum, snum], fpc: [fpc1, fpc2], replicates: {type: mrb, replicates: 4000}}", "two",
     "y", 0.1},
};
/* clang-format on */

/* 3 strata of 40 from 60, 50 and 400; and 30 PSUs of 8 rows from 20, drawn from 75. */
static struct tf_table *synthetic(struct house *h, const char *name)
{
    struct tf_buf b = {.arena = h->arena};
    struct tf_rng rng = tf_rng_named("test of replicates");
    struct tf_table *t = NULL;
    const bool two = strcmp(name, "two") == 0;
    tf_buf_add(&b, two ? "dnum,snum,fpc1,fpc2,y\n" : "h,N,w,y\n");
    for (int i = 0; i < (two ? 30 : 3); i++) {
        const double centre = 5 * tf_rng_normal(&rng);
        for (int j = 0; j < (two ? 8 : 40); j++) {
            const double y = 20 + centre + 4 * tf_rng_normal(&rng);
            const double size = i == 0 ? 60 : i == 1 ? 50 : 400;
            if (two)
                tf_buf_printf(&b, "%d,%d,75,20,", i, j);
            else
                tf_buf_printf(&b, "%d,%g,%g,", i, size, size / 40);
            tf_buf_double(&b, y);
            tf_buf_char(&b, '\n');
        }
    }
    must(h,
         tf_csv_parse(h->arena, name, b.s, b.n, (struct tf_csv_opt){.guess_numbers = true}, &t,
                      &h->err),
         name);
    return t;
}

static double synthetic_variance(struct house *h, const char *yaml, struct tf_table *t)
{
    struct tf_survey *s = NULL;
    struct tf_fit fit = {0};
    bool *mask = NULL;
    must(h, read_design(h, yaml, t, &s), yaml);
    const struct tf_statistic st = plain_statistic(h, s, "total", "y", "", &mask);
    must(h, tf_survey_fit(h->arena, s, &st, false, &fit, &h->err), yaml);
    return fit.v[0];
}

static void replicated_totals_vary_as_linearised_ones(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof equal / sizeof *equal; k++) {
        IN_HOUSE(h);
        double want, got;
        if (strcmp(equal[k].data, "big") == 0 || strcmp(equal[k].data, "two") == 0) {
            want = synthetic_variance(&h, equal[k].linear, synthetic(&h, equal[k].data));
            got = synthetic_variance(&h, equal[k].replicated, synthetic(&h, equal[k].data));
        } else {
            want = total_variance(&h, equal[k].linear, equal[k].data, equal[k].var);
            got = total_variance(&h, equal[k].replicated, equal[k].data, equal[k].var);
        }
        const double bound = equal[k].within > 0 ? equal[k].within : 1e-9;
        if (!(fabs(got / want - 1) <= bound))
            fail_msg("%s: replicated %.12g, linearised %.12g", equal[k].name, got, want);
        OUT_OF_HOUSE(h);
    }
}

/* ---- Multipliers ---------------------------------------------------------------------------- */

static void multipliers_of_a_bootstrap_keep_the_stratum(void **state)
{
    (void)state;
    static const char *const yaml[] = {
        "{strata: stype, weight: pw, fpc: fpc, replicates: {type: bootstrap_rw, replicates: 20}}",
        "{strata: stype, weight: pw, fpc: fpc, replicates: {type: bootstrap_cd, replicates: 20}}",
        "{strata: stype, weight: pw, fpc: fpc, replicates: {type: mrb, replicates: 20}}",
        "{strata: stype, weight: pw, replicates: {type: jkn}}",
    };
    for (size_t k = 0; k < sizeof yaml / sizeof *yaml; k++) {
        IN_HOUSE(h);
        struct tf_survey *s = survey_of(&h, yaml[k], "apistrat");
        const struct tf_stage *st = &s->stage[0];
        double *m = TF_NEW_N(h.arena, double, st->n_units), *w = TF_NEW_N(h.arena, double, s->n);
        for (size_t r = 0; r < 20; r++) {
            double sum[3] = {0};
            assert_true(tf_replicates_multiplier(s, r, m));
            for (size_t i = 0; i < st->n_units; i++)
                sum[st->unit_stratum[i]] += m[i];
            for (size_t g = 0; g < 3; g++)
                same("sum of multipliers", yaml[k], sum[g], st->stratum_units[g]);
            must(&h, tf_replicates_weights(s, r, w, &h.err), yaml[k]);
            for (size_t row = 0; row < s->n; row++)
                same("weight", yaml[k], w[row], s->w_base[row] * m[st->unit[row]]);
        }
        OUT_OF_HOUSE(h);
    }
}

static void a_replicate_does_not_depend_on_what_was_asked_before(void **state)
{
    (void)state;
    IN_HOUSE(h);
    const char *seven = "{strata: stype, weight: pw, replicates: {type: bootstrap_rw, "
                        "replicates: 7}}";
    const char *many = "{strata: stype, weight: pw, replicates: {type: bootstrap_rw, "
                       "replicates: 300}}";
    const char *other = "{strata: stype, weight: pw, replicates: {type: bootstrap_rw, "
                        "replicates: 7, seed: another}}";
    struct tf_survey *a = survey_of(&h, seven, "apistrat"), *b = survey_of(&h, many, "apistrat");
    struct tf_survey *c = survey_of(&h, other, "apistrat");
    double *x = TF_NEW_N(h.arena, double, a->n), *y = TF_NEW_N(h.arena, double, a->n);
    must(&h, tf_replicates_weights(b, 200, y, &h.err), "weights");
    must(&h, tf_replicates_weights(b, 5, y, &h.err), "weights");
    must(&h, tf_replicates_weights(a, 5, x, &h.err), "weights");
    assert_memory_equal(x, y, a->n * sizeof *x);
    must(&h, tf_replicates_weights(c, 5, y, &h.err), "weights");
    assert_memory_not_equal(x, y, a->n * sizeof *x);
    assert_int_equal(tf_replicates_count(b), 300);
    OUT_OF_HOUSE(h);
}

static void sdr_is_the_successive_difference_estimator(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_survey *s = survey_of(
        &h, "{psu: dnum, weight: pw, fpc: fpc, replicates: {type: sdr, sort: [dnum]}}", "apiclus1");
    const struct tf_stage *st = &s->stage[0];
    struct tf_fit fit = {0};
    bool *mask = NULL;
    const struct tf_statistic statistic = plain_statistic(&h, s, "total", "enroll", "", &mask);
    must(&h, tf_survey_fit(h.arena, s, &statistic, false, &fit, &h.err), "sdr");
    double *z = TF_NEW_N(h.arena, double, st->n_units), want = 0;
    for (size_t row = 0; row < s->n;
         row++) /* units are numbered by their codes: the sorted order */
        z[st->unit[row]] += s->w[row] * cell_number(&h, s->t, "enroll", row);
    for (size_t i = 0; i < st->n_units; i++) {
        const double d = z[i] - z[(i + 1) % st->n_units];
        want += d * d / 2 * (1 - (double)st->n_units / st->population[0]);
    }
    same("variance", "sdr", fit.v[0], want);
    assert_int_equal(fit.replicates, 80);
    OUT_OF_HOUSE(h);
}

/* ---- Replicates that cannot say -------------------------------------------------------------- */

static void a_replicate_without_cases_is_left_out_and_counted(void **state)
{
    (void)state;
    IN_HOUSE(h);
    /* the domain rests on one PSU: leaving it out leaves nobody */
    struct tf_survey *s =
        survey_of(&h,
                  "{strata: h, psu: i, nest: true, weight: w, lonely_psu: remove, "
                  "replicates: {type: jkn}}",
                  "lone2");
    struct tf_fit fit = {0};
    bool *mask = NULL;
    const struct tf_statistic st = plain_statistic(&h, s, "mean", "x", "h = 'c' and i = 2", &mask);
    must(&h, tf_survey_fit(h.arena, s, &st, false, &fit, &h.err), "fit");
    assert_int_equal(fit.replicates_failed, 1);
    assert_true(fit.v[0] >= 0 && fit.v[0] < 1e-20);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replicates_equal_r_survey),
        cmocka_unit_test(replicated_totals_vary_as_linearised_ones),
        cmocka_unit_test(multipliers_of_a_bootstrap_keep_the_stratum),
        cmocka_unit_test(a_replicate_does_not_depend_on_what_was_asked_before),
        cmocka_unit_test(sdr_is_the_successive_difference_estimator),
        cmocka_unit_test(a_replicate_without_cases_is_left_out_and_counted),
    };
    return cmocka_run_group_tests_name("measure: replicates", tests, NULL, NULL);
}
