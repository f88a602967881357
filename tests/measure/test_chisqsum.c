/* Weighted sums of chi-squares: the exact answer against closed forms (equal weights: chi-square
 * and F; pairs of weights: exponentials), the saddlepoint and Satterthwaite against R survey 4.1
 * (tests/gold/chisqsum.csv, by make_tests.R). */
#include "../house.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/inside.h"
#include "measure/model.h"

static void near(const char *name, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * fabs(want)))
        fail_msg("%s: %.17g, not %.17g", name, got, want);
}

/* Weights (or none: 0) and where to look; each list twice gives a sum of exponentials. */
static const struct closed {
    const char *name;
    double weight[8];
    double x[4];
} CASES[] = {
    {"one weight", {1}, {0.01, 0.5, 3.84, 60}},
    {"one weight that is no design effect of 1", {2.75}, {0.1, 2, 11, 100}},
    {"three equal weights", {0.7, 0.7, 0.7}, {0.1, 2.1, 5, 50}},
    {"eight equal weights", {1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3}, {1, 9, 20, 90}},
};
static const size_t N_CASES = sizeof CASES / sizeof CASES[0];

static size_t count(const double *weight)
{
    size_t n = 0;
    while (n < 8 && weight[n] > 0)
        n++;
    return n;
}

static void test_equal_weights_are_a_chi_square(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_CASES; k++)
        for (size_t j = 0; j < 4; j++) {
            const struct closed *c = &CASES[k];
            const size_t n = count(c->weight);
            const double x = c->x[j];
            near(c->name, tf_chisqsum(x, c->weight, n, INFINITY, TF_EXACT),
                 pchisq(x / c->weight[0], (double)n, 0, 0), 1e-10);
            near(c->name, tf_chisqsum(x, c->weight, n, INFINITY, TF_SATTERTHWAITE),
                 pchisq(x / c->weight[0], (double)n, 0, 0), 1e-12);
        }
}

static void test_equal_weights_over_a_chi_square_are_an_f(void **state)
{
    static const double DDF[] = {1, 2, 7, 31, 400};
    (void)state;
    for (size_t k = 0; k < N_CASES; k++)
        for (size_t j = 0; j < 4; j++)
            for (size_t d = 0; d < sizeof DDF / sizeof DDF[0]; d++) {
                const struct closed *c = &CASES[k];
                const double n = (double)count(c->weight);
                near(c->name, tf_chisqsum(c->x[j], c->weight, (size_t)n, DDF[d], TF_EXACT),
                     pf(c->x[j] / c->weight[0] / n, n, DDF[d], 0, 0), 1e-10);
            }
}

/* Each weight twice: sum_k a_k exp(-x / (2 w_k)), a_k = prod w_k / (w_k - w_j). */
static void test_pairs_of_weights_are_a_sum_of_exponentials(void **state)
{
    static const double WEIGHT[] = {2.5, 2.5, 1.1, 1.1, 0.4, 0.4}, X[] = {0.3, 4, 12, 40, 160};
    (void)state;
    for (size_t j = 0; j < sizeof X / sizeof X[0]; j++) {
        double want = 0;
        for (size_t k = 0; k < 6; k += 2) {
            double a = 1;
            for (size_t i = 0; i < 6; i += 2)
                if (i != k)
                    a *= WEIGHT[k] / (WEIGHT[k] - WEIGHT[i]);
            want += a * exp(-X[j] / (2 * WEIGHT[k]));
        }
        near("pairs", tf_chisqsum(X[j], WEIGHT, 6, INFINITY, TF_EXACT), want, 1e-10);
    }
}

static void test_what_cannot_be_said_is_not_said(void **state)
{
    static const double NONE[] = {0, 0}, BROKEN[] = {1, NAN};
    (void)state;
    assert_true(isnan(tf_chisqsum(1, NONE, 2, INFINITY, TF_EXACT)));
    assert_true(isnan(tf_chisqsum(1, BROKEN, 2, INFINITY, TF_SADDLEPOINT)));
    assert_true(isnan(tf_chisqsum(1, NONE, 0, INFINITY, TF_SATTERTHWAITE)));
    assert_true(isnan(tf_chisqsum(NAN, CASES[0].weight, 1, 3, TF_EXACT)));
    assert_true(isnan(tf_chisqsum(1, CASES[0].weight, 1, 0, TF_EXACT)));
    near("nothing to exceed", tf_chisqsum(0, CASES[0].weight, 1, 3, TF_EXACT), 1, 0);
}

/* ---- Against R ----------------------------------------------------------------------------- */

static double cell(const struct tf_table *t, const char *name, size_t row)
{
    double x = (double)NAN;
    (void)tf_value_number(&t->col[tf_table_find(t, name)], row, &x);
    return x;
}

static void test_r_gives_the_same_numbers(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_table *t = NULL;
    OK(tf_csv_read(h.arena, "tests/gold/chisqsum.csv", (struct tf_csv_opt){.guess_numbers = true}, &t,
                   &h.err));
    assert_true(t->n_rows >= 36);
    for (size_t row = 0; row < t->n_rows; row++) {
        double weight[6], ddf = cell(t, "ddf", row), x = cell(t, "x", row);
        size_t n = 0;
        for (; n < 6; n++) {
            weight[n] = cell(t, tf_printf(h.arena, "a%d", (int)n + 1), row);
            if (isnan(weight[n]))
                break;
        }
        ddf = isnan(ddf) ? (double)INFINITY : ddf;
        near("saddlepoint", tf_chisqsum(x, weight, n, ddf, TF_SADDLEPOINT),
             cell(t, "saddlepoint", row), 1e-5);
        near("satterthwaite", tf_chisqsum(x, weight, n, ddf, TF_SATTERTHWAITE),
             cell(t, "satterthwaite", row), 1e-9);
        near("exact", tf_chisqsum(x, weight, n, ddf, TF_EXACT), cell(t, "exact", row), 1e-7);
    }
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_weights_are_a_chi_square),
        cmocka_unit_test(test_equal_weights_over_a_chi_square_are_an_f),
        cmocka_unit_test(test_pairs_of_weights_are_a_sum_of_exponentials),
        cmocka_unit_test(test_what_cannot_be_said_is_not_said),
        cmocka_unit_test(test_r_gives_the_same_numbers),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
