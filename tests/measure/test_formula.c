/* Formulas: the columns they stand for, under R's names and in R's order (R 4.2, model.matrix), and
 * where they cannot be read. */
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

#include "base/base.h"
#include "measure/model.h"

struct bench {
    struct tf_guard guard;
    struct tf_err err;
    struct tf_arena *arena;
    struct tf_table *t;
};

static int set_up(void **state)
{
    static struct bench b;
    static const char csv[] = "y,sex,area,kind,age,inc,odd name\n"
                              "1,m,r,1,12,3.5,1\n"
                              "0,f,u,2,13,1,2\n"
                              "1,f,r,3,15,2,3\n"
                              "0,m,u,1,17,8,4\n"
                              "1,f,u,3,11,4,5\n"
                              "0,m,r,2,16,2,6\n"
                              ",x,r,2,16,,6\n"; /* no answer: sex x gives no column */
    b.err = (struct tf_err){0};
    if (sodium_init() < 0 || tf_guard_begin(&b.guard, &b.err) != TF_OK)
        return -1;
    b.arena = tf_arena_new("test", (size_t)256 << 20);
    if (tf_csv_parse(b.arena, "t.csv", csv, sizeof csv - 1,
                     (struct tf_csv_opt){.guess_numbers = true}, &b.t, &b.err) != TF_OK)
        return -1;
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    tf_arena_free(b->arena);
    tf_guard_end(&b->guard);
    return 0;
}

static enum tf_code make(struct bench *b, const char *text, struct tf_model **m)
{
    const struct tf_yaml at = {.kind = TF_YAML_SCALAR, .file = "r.yaml", .line = 7, .column = 12,
                               .text = text, .plain = false};
    struct tf_yaml *kept = TF_NEW(b->arena, struct tf_yaml);
    struct tf_formula *f;
    *kept = at;
    b->err = (struct tf_err){0};
    TF_TRY(tf_formula_read(b->arena, kept, b->t, &f, &b->err));
    return tf_model_make(b->arena, f, b->t, NULL, m, &b->err);
}

static void formulas_make_the_columns_that_r_makes(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *text, *columns;
    } cases[] = {
        {"y ~ 1", "(Intercept)"},
        {"y ~ age", "(Intercept) age"},
        {"y ~ sex", "(Intercept) sexm"},
        {"y ~ SEX + Age", "(Intercept) sexm age"}, /* any case, when only one fits */
        {"y ~ sex - 1", "sexf sexm"},
        {"y ~ 0 + sex + area", "sexf sexm areau"},
        {"y ~ age + sex + 0", "age sexf sexm"},
        {"y ~ -1 + sex:age", "sexf:age sexm:age"},
        {"y ~ age - 1 + 1", "(Intercept) age"},
        {"y ~ sex * area", "(Intercept) sexm areau sexm:areau"},
        {"y ~ sex:area", "(Intercept) sexf:arear sexm:arear sexf:areau sexm:areau"},
        {"y ~ sex + sex:area", "(Intercept) sexm sexf:areau sexm:areau"},
        {"y ~ sex * area * age",
         "(Intercept) sexm areau age sexm:areau sexm:age areau:age sexm:areau:age"},
        {"y ~ (sex + area + age)^2", "(Intercept) sexm areau age sexm:areau sexm:age areau:age"},
        {"y ~ (sex + area + age)^3 - sex:area:age",
         "(Intercept) sexm areau age sexm:areau sexm:age areau:age"},
        {"y ~ sex / area", "(Intercept) sexm sexf:areau sexm:areau"},
        {"y ~ age:sex", "(Intercept) age:sexf age:sexm"},
        {"y ~ age + age:sex", "(Intercept) age age:sexm"},
        {"y ~ age:area + sex", "(Intercept) sexm age:arear age:areau"},
        {"y ~ factor(kind)", "(Intercept) factor(kind)2 factor(kind)3"},
        {"y ~ factor( kind )*age",
         "(Intercept) factor(kind)2 factor(kind)3 age factor(kind)2:age factor(kind)3:age"},
        {"y ~ kind", "(Intercept) kind"},
        {"y ~ log(inc) + I(age^2)", "(Intercept) log(inc) I(age^2)"},
        {"y ~ I((age-14)/10)+exp(-age)", "(Intercept) I((age - 14)/10) exp(-age)"},
        {"y ~ I(age>14)", "(Intercept) I(age > 14)TRUE"},
        {"y ~ I(sex=='m')", "(Intercept) I(sex == \"m\")TRUE"},
        {"y ~ relevel(sex, ref = \"m\")", "(Intercept) relevel(sex, ref = \"m\")f"},
        {"y ~ relevel(factor(kind), ref=\"3\")",
         "(Intercept) relevel(factor(kind), ref = \"3\")1 relevel(factor(kind), ref = \"3\")2"},
        {"y ~ `odd name` + age", "(Intercept) odd name age"},
        {"y ~ age + age + sex + age", "(Intercept) age sexm"},
        {"y ~ offset(log(inc)) + age", "(Intercept) age"},
        {"log(inc) ~ age", "(Intercept) age"},
        {"y == 1 ~ age", "(Intercept) age"},
        {"~ age + sex", "(Intercept) age sexm sexx"}, /* without y, sex x is there */
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct tf_model *m;
        struct tf_buf got = {.arena = b->arena};
        if (make(b, cases[k].text, &m) != TF_OK)
            fail_msg("%s: %s", cases[k].text, b->err.what);
        for (size_t j = 0; j < m->p; j++)
            tf_buf_printf(&got, "%s%s", j > 0 ? " " : "", m->name[j]);
        if (strcmp(tf_buf_text(&got), cases[k].columns) != 0)
            fail_msg("%s: got %s, want %s", cases[k].text, tf_buf_text(&got), cases[k].columns);
    }
}

static void columns_hold_what_they_say(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *text;
        size_t column;
        double value[6];
    } cases[] = {
        {"y ~ sex * age", 3, {12, 0, 0, 17, 0, 16}},
        {"y ~ I(age^2 - 2*age)", 1, {120, 143, 195, 255, 99, 224}},
        {"y ~ I(-age^2)", 1, {-144, -169, -225, -289, -121, -256}},
        {"y ~ I(age > 12 & sex == 'f')", 1, {0, 1, 1, 0, 0, 0}},
        {"y ~ I(!(age > 12))", 1, {1, 0, 0, 0, 1, 0}},
        {"y ~ sex:area", 4, {0, 0, 0, 1, 0, 0}},
        {"y ~ sqrt(inc)", 1, {1.8708286933869707, 1, 1.4142135623730951, 2.8284271247461903, 2,
                              1.4142135623730951}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct tf_model *m;
        if (make(b, cases[k].text, &m) != TF_OK)
            fail_msg("%s: %s", cases[k].text, b->err.what);
        assert_int_equal(m->n_complete, 6);
        assert_false(m->complete[6]);
        for (size_t row = 0; row < 6; row++)
            if (!(fabs(m->x[cases[k].column][row] - cases[k].value[row]) < 1e-12))
                fail_msg("%s row %zu: %g", cases[k].text, row, m->x[cases[k].column][row]);
    }
}

static void words_answer_in_the_order_of_their_categories(void **state)
{
    struct bench *b = *state;
    struct tf_model *m;
    assert_int_equal(make(b, "area ~ age", &m), TF_OK);
    assert_int_equal(m->n_y_categories, 2);
    assert_string_equal(m->y_category[1], "u");
    assert_true(m->y[0] < 0.5 && m->y[1] > 0.5);
    assert_int_equal(make(b, "factor(kind) ~ age", &m), TF_OK);
    assert_int_equal(m->n_y_categories, 3);
    assert_true(m->y[2] > 1.5);
}

static void everybody_as_one_row_changes_that_variable_only(void **state)
{
    struct bench *b = *state;
    const struct tf_yaml at = {.kind = TF_YAML_SCALAR, .file = "r", .text = "y ~ sex * age + area"};
    struct tf_formula *f;
    struct tf_model *m;
    assert_int_equal(tf_formula_read(b->arena, &at, b->t, &f, &b->err), TF_OK);
    assert_int_equal(tf_model_make(b->arena, f, b->t, NULL, &m, &b->err), TF_OK);
    const size_t sex = tf_table_find(b->t, "sex");
    double **x = tf_model_with(b->arena, f, b->t, m, sex, 0);
    assert_true(tf_formula_uses(f, sex));
    assert_false(tf_formula_uses(f, tf_table_find(b->t, "inc")));
    for (size_t row = 0; row < 6; row++) {
        assert_true(x[1][row] > 0.5);                      /* sexm */
        assert_true(fabs(x[4][row] - x[2][row]) < 1e-15);  /* sexm:age = age */
        assert_true(fabs(x[3][row] - m->x[3][row]) < 1e-15);
    }
}

static void a_formula_that_cannot_be_read_names_its_place(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *text;
        size_t column; /* in the formula, from 1 */
        const char *says;
    } cases[] = {
        {"y", 2, "'~' is expected"},
        {"y ~", 4, "too early"},
        {"y ~ aeg", 5, "aeg"},
        {"yy ~ age", 1, "yy"},
        {"y ~ age +", 10, "too early"},
        {"y ~ age sex", 9, "operator"},
        {"y ~ (age + sex", 5, "not closed"},
        {"y ~ age)", 8, "operator"},
        {"y ~ 2 + age", 5, "only 0 and 1"},
        {"y ~ age^sex", 9, "whole number"},
        {"y ~ poly(age, 2)", 5, "poly"},
        {"y ~ .", 5, "name the variables"},
        {"y ~ log(age", 8, "not closed"},
        {"y ~ I(age + )", 13, "variable is expected"},
        {"y ~ `odd nam", 5, "not closed"},
        {"y ~ relevel(sex)", 16, "relevel takes"},
        {"y ~ relevel(sex, ref = 'q')", 5, "no case has"},
        {"y ~ I(sex == \"m)", 14, "not closed"},
        {"y ~ age:1", 10, "do not interact"},
        {"y ~ 12ab", 5, "no number"},
        {"y ~ log(age - 11)", 5, "infinite in row 5"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct tf_model *m;
        if (make(b, cases[k].text, &m) == TF_OK)
            fail_msg("%s: read", cases[k].text);
        if (strstr(b->err.what, cases[k].says) == NULL)
            fail_msg("%s: says %s", cases[k].text, b->err.what);
        if (b->err.line != 7 || b->err.column != 12 + cases[k].column)
            fail_msg("%s: line %zu column %zu", cases[k].text, b->err.line, b->err.column);
    }
    struct tf_model *m;
    assert_int_not_equal(make(b, "y ~ agee", &m), TF_OK);
    assert_non_null(strstr(b->err.help, "age")); /* the nearest name */
}

/* R 4.2: glm(…, weights = w, control = list(epsilon = 1e-300)); w = 1..6. Where the link is not the
 * family's own, R's rule stops at 1e-8 (changes of the deviance round to 0): there the root of the
 * score, by Newton's method in R. */
static void a_fit_reaches_the_optimum(void **state)
{
    struct bench *b = *state;
    static const double w[7] = {1, 2, 3, 4, 5, 6, 7};
    static const struct {
        const char *text;
        enum tf_family family;
        enum tf_link link;
        double beta[3];
    } cases[] = {
        {"inc ~ age + sex", TF_GAUSSIAN, TF_LINK_IDENTITY,
         {2.5, 0.023809523809523739, 1.4372294372294392}},
        {"inc ~ age - 1", TF_GAUSSIAN, TF_LINK_IDENTITY, {0.25011225864391556, 0, 0}},
        {"y ~ age + inc", TF_BINOMIAL, TF_LINK_LOGIT,
         {13.024375060881072, -0.94253512507667803, 0.079619173974510113}},
        {"y ~ offset(inc) + age", TF_BINOMIAL, TF_LINK_LOGIT,
         {27.343312086658852, -2.1197926162765621, 0}},
        {"y ~ age", TF_BINOMIAL, TF_LINK_PROBIT, {8.0116178101236351, -0.57130989852715941, 0}},
        {"y ~ age", TF_BINOMIAL, TF_LINK_CLOGLOG, {8.4352060343371669, -0.6450784554349942, 0}},
        {"I(inc/10) ~ age", TF_BINOMIAL, TF_LINK_LOGIT,
         {-2.2187565935349398, 0.11343401468746644, 0}},
        {"inc ~ age", TF_POISSON, TF_LINK_LOG, {0.20039367723858109, 0.074065894536441662, 0}},
        {"inc ~ age", TF_POISSON, TF_LINK_IDENTITY, {0.83808237979516, 0.19172274842484, 0}},
        {"inc ~ age", TF_GAMMA, TF_LINK_LOG, {0.47791735843802, 0.055023502839924, 0}},
        {"inc ~ age", TF_GAMMA, TF_LINK_INVERSE, {0.59681012563681, -0.021597095588491, 0}},
        {"inc ~ age", TF_GAUSSIAN, TF_LINK_LOG, {-0.73345261712907, 0.13554113988299, 0}},
        {"inc ~ age + I(2 * age)", TF_GAUSSIAN, TF_LINK_IDENTITY,
         {-0.064806866952796804, 0.25450643776824078, (double)NAN}}, /* aliased */
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct tf_model *m;
        struct tf_glm g[2];
        assert_int_equal(make(b, cases[k].text, &m), TF_OK);
        for (unsigned threads = 1; threads <= 2; threads++)
            if (tf_glm_fit(b->arena, m, w, cases[k].family, cases[k].link, NULL, threads,
                           &g[threads - 1], &b->err) != TF_OK)
                fail_msg("%s: %s", cases[k].text, b->err.what);
        for (size_t j = 0; j < m->p; j++) {
            const double off = fabs(g[0].beta[j] / cases[k].beta[j] - 1);
            if (isnan(cases[k].beta[j]) ? !isnan(g[0].beta[j]) : !(off < 1e-8))
                fail_msg("%s: %s %.17g", cases[k].text, m->name[j], g[0].beta[j]);
        }
        assert_memory_equal(g[0].beta, g[1].beta, m->p * sizeof(double));
    }
}

static void a_fit_without_an_end_says_why(void **state)
{
    struct bench *b = *state;
    static const double w[7] = {1, 1, 1, 1, 1, 1, 1};
    static const struct {
        const char *text;
        enum tf_family family;
        enum tf_link link;
        const char *says;
    } cases[] = {
        {"I(age > 14) ~ age", TF_BINOMIAL, TF_LINK_LOGIT, "no finite estimate"},
        {"I(kind == 1) ~ sex", TF_BINOMIAL, TF_LINK_LOGIT, "no finite estimate"},
        {"I(kind == 1) ~ sex", TF_BINOMIAL, TF_LINK_PROBIT, "no finite estimate"},
        {"age ~ sex", TF_BINOMIAL, TF_LINK_LOGIT, "outside 0..1"},
        {"I(age > 0) ~ inc", TF_BINOMIAL, TF_LINK_LOGIT, "every case"},
        {"I(0 - age) ~ inc", TF_POISSON, TF_LINK_LOG, "negative"},
        {"y ~ log(age - 90)", TF_BINOMIAL, TF_LINK_LOGIT, "no case"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct tf_model *m;
        struct tf_glm g;
        assert_int_equal(make(b, cases[k].text, &m), TF_OK);
        if (tf_glm_fit(b->arena, m, w, cases[k].family, cases[k].link, NULL, 1, &g, &b->err) ==
            TF_OK)
            fail_msg("%s: fitted", cases[k].text);
        if (strstr(b->err.what, cases[k].says) == NULL)
            fail_msg("%s: says %s", cases[k].text, b->err.what);
    }
}

/* Many rows start from a part of them and stop by foresight: the score is 0 all the same, and the bits
 * do not depend on the threads. */
static void many_rows_reach_the_optimum_too(void **state)
{
    struct bench *b = *state;
    enum { N = 60000 };
    struct tf_table *t = tf_table_new(b->arena, "many", N);
    struct tf_rng rng = tf_rng_named("tests/many");
    double *w = TF_NEW_N(b->arena, double, N);
    (void)tf_table_add(t, "y", TF_NUMBER);
    (void)tf_table_add(t, "year", TF_NUMBER);
    (void)tf_table_add(t, "z", TF_NUMBER);
    for (size_t k = 0; k < N; k++) {
        const double year = 2010 + (double)tf_rng_below(&rng, 10), z = tf_rng_normal(&rng);
        t->col[0].num[k] = tf_rng_uniform(&rng) < 1 / (1 + exp(-0.1 * (year - 2018) - z));
        t->col[1].num[k] = year;
        t->col[2].num[k] = z;
        for (size_t c = 0; c < 3; c++)
            t->col[c].miss[k] = TF_PRESENT;
        w[k] = 0.5 + tf_rng_uniform(&rng);
    }
    struct tf_table *was = b->t;
    struct tf_model *m;
    struct tf_glm g[2];
    b->t = t;
    const enum tf_code code = make(b, "y ~ year + z", &m);
    b->t = was;
    assert_int_equal(code, TF_OK);
    for (unsigned threads = 1; threads <= 2; threads++)
        assert_int_equal(tf_glm_fit(b->arena, m, w, TF_BINOMIAL, TF_LINK_LOGIT, NULL, threads,
                                    &g[threads - 1], &b->err), TF_OK);
    assert_memory_equal(g[0].beta, g[1].beta, 3 * sizeof(double));
    assert_memory_equal(g[0].inverse, g[1].inverse, 9 * sizeof(double));
    assert_memory_equal(g[0].residual, g[1].residual, N * sizeof(double));
    for (size_t j = 0; j < 3; j++) {
        double score = 0, size = 0;
        for (size_t k = 0; k < N; k++) {
            double eta = 0;
            for (size_t c = 0; c < 3; c++)
                eta += g[0].beta[c] * m->x[c][k];
            score += w[k] * m->x[j][k] * (m->y[k] - 1 / (1 + exp(-eta)));
            size += fabs(w[k] * m->x[j][k]);
            if (j == 0)
                assert_true(fabs(g[0].mu[k] * (1 + exp(-eta)) - 1) < 1e-8);
        }
        if (!(fabs(score) < 1e-11 * size))
            fail_msg("score of column %zu is %g of %g", j, score, size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(formulas_make_the_columns_that_r_makes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(columns_hold_what_they_say, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_answer_in_the_order_of_their_categories, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(everybody_as_one_row_changes_that_variable_only, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_formula_that_cannot_be_read_names_its_place, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_fit_reaches_the_optimum, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fit_without_an_end_says_why, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_rows_reach_the_optimum_too, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
