/* Intervals of shares where the formulas end: nobody, everybody, no variance; their symmetry; a
 * small simulation of their coverage; and the presentation policies. Held to R: test_estimates.c.
 * */
#include "../house.h"

#include "measure/groups.h"

static const struct tf_share_case plain = {.p = .07, .v = .0001, .n = 900, .kish = 700, .df = 40,
                                           .level = .95};

static void nobody_and_everybody_are_answered_one_sided(void **state)
{
    (void)state;
    for (const char *const *m = tf_share_methods; *m != NULL; m++) {
        struct tf_share_case c = plain;
        double lo, hi, low, high;
        c.p = c.v = 0;
        assert_true(tf_share_interval(*m, c, &lo, &hi));
        assert_true(!(lo > 0) && hi > 0.001 && hi < 0.02);
        c.p = 1;
        assert_true(tf_share_interval(*m, c, &low, &high));
        assert_true(!(high < 1) && fabs(low - (1 - hi)) < 1e-12);
    }
}

static void a_share_without_variance_is_a_point(void **state)
{
    (void)state;
    for (const char *const *m = tf_share_methods; *m != NULL; m++) {
        struct tf_share_case c = plain;
        double lo, hi;
        c.v = 0;
        assert_true(tf_share_interval(*m, c, &lo, &hi));
        assert_true(fabs(lo - c.p) < 1e-15 && fabs(hi - c.p) < 1e-15);
    }
    assert_false(tf_share_interval("loggit", plain, &(double){0}, &(double){0}));
}

static void intervals_hold_the_share_and_turn_with_it(void **state)
{
    (void)state;
    for (const char *const *m = tf_share_methods; *m != NULL; m++)
        for (double p = .01; p < .6; p += .07) {
            struct tf_share_case c = plain, turned = plain;
            double lo, hi, low, high;
            c.p = p;
            turned.p = 1 - p;
            assert_true(tf_share_interval(*m, c, &lo, &hi) &&
                        tf_share_interval(*m, turned, &low, &high));
            assert_true(lo < p && p < hi);
            assert_true(fabs(lo - (1 - high)) < 1e-9 && fabs(hi - (1 - low)) < 1e-9);
        }
}

/* The definition itself, closer than R's spline through five points a side can show. */
static void likelihood_limits_lie_where_the_deviance_reaches_its_reference(void **state)
{
    (void)state;
    for (double p = .002; p < 1; p += .083) {
        struct tf_share_case c = plain;
        double end[2];
        c.p = p;
        c.v = p * (1 - p) / 600;
        assert_true(tf_share_interval("likelihood", c, &end[0], &end[1]));
        const double t = 2.0210753903062737; /* qt(0.975, 40) */
        const double want = t * t * c.v / (p * (1 - p)) * c.n / (c.n - 1);
        for (int k = 0; k < 2; k++) {
            const double q = end[k];
            const double got = 2 * (p * log(p / q) + (1 - p) * log((1 - p) / (1 - q)));
            assert_true(fabs(got / want - 1) < 1e-9);
        }
    }
}

/* 50 clusters of 20 that share nothing but their place: df 40, deff about 1. */
static void recommended_intervals_cover_in_a_small_simulation(void **state)
{
    static const char *const methods[] = {"logit", "beta", "wilson"};
    static const double p[] = {.01, .05, .3};
    enum { SAMPLES = 400, CLUSTERS = 50, CASES = 20 };
    (void)state;
    struct tf_rng rng = tf_rng_named("tests/coverage");
    for (size_t k = 0; k < 3; k++) {
        size_t held[3] = {0};
        for (size_t s = 0; s < SAMPLES; s++) {
            double yes[CLUSTERS], sum = 0;
            for (size_t i = 0; i < CLUSTERS; i++) {
                yes[i] = 0;
                for (size_t j = 0; j < CASES; j++)
                    yes[i] += tf_rng_uniform(&rng) < p[k];
                sum += yes[i];
            }
            struct tf_share_case c = {.p = sum / (CLUSTERS * CASES), .n = CLUSTERS * CASES,
                                      .kish = CLUSTERS * CASES, .df = CLUSTERS - 1, .level = .95};
            for (size_t i = 0; i < CLUSTERS; i++)
                c.v += pow(yes[i] / CASES - c.p, 2) / CLUSTERS / (CLUSTERS - 1);
            for (size_t m = 0; m < 3; m++) {
                double lo, hi;
                assert_true(tf_share_interval(methods[m], c, &lo, &hi));
                held[m] += lo <= p[k] && p[k] <= hi;
            }
        }
        for (size_t m = 0; m < 3; m++) /* 95 % less or more three standard errors of 400 samples */
            assert_in_range(held[m], 367, 393);
    }
}

/* ---- Presentation policies ---------------------------------------------------------------- */

static const struct {
    const char *what, *policy;
    double p, se, df;
    size_t n;
    const char *word; /* NULL: none */
} cards[] = {
    {"a large base is shown", "nchs", .30, .02, 40, 900, NULL},
    {"29 cases are suppressed", "nchs", .30, .02, 40, 29, "nchs_suppress"},
    {"an effective size below 30 is suppressed", "nchs", .50, .10, 40, 900, "nchs_suppress"},
    {"an interval of 0.30 is suppressed", "nchs", .50, .08, 40, 900, "nchs_suppress"},
    {"an interval of 0.05 is shown however small the share", "nchs", .01, .006, 40, 900, NULL},
    {"wider than 130 % of the share is suppressed", "nchs", .05, .02, 40, 900, "nchs_suppress"},
    {"7 df are to be reviewed", "nchs", .30, .02, 7, 900, "nchs_review"},
    {"nobody is to be reviewed", "nchs", 0, 0, 40, 900, "nchs_review"},
    {"its complement may be unreliable alone", "nchs", .95, .02, 40, 900, "nchs_complement"},
    {"24 cases: a star", "dhs", .30, .02, 40, 24, "dhs_suppress"},
    {"25 cases: parentheses", "dhs", .30, .02, 40, 25, "dhs_parentheses"},
    {"49 cases: parentheses", "mics", .30, .02, 40, 49, "mics_parentheses"},
    {"50 cases: as they are", "mics", .30, .02, 40, 50, NULL},
    {"49 cases: a count", "dh", .30, .02, 40, 49, "dh_count"},
    {"a relative error of 30 %", "rse30", .10, .03, 40, 900, "rse30_unreliable"},
    {"a relative error of 29 %", "rse30", .10, .029, 40, 900, NULL},
};

static void policies_say_what_stands(void **state)
{
    IN_HOUSE(h);
    (void)state;
    for (size_t k = 0; k < sizeof cards / sizeof cards[0]; k++) {
        struct tf_item item = {.estimate = cards[k].p, .se = cards[k].se, .df = cards[k].df,
                               .base = cards[k].n, .n = cards[k].n};
        tf_presentation(h.arena, cards[k].policy, &item, TF_OF_SHARE, (double)cards[k].n, .95);
        const char *word = item.n_policy > 0 ? item.policy[0] : NULL;
        if (!tf_streq(word, cards[k].word))
            fail_msg("%s: %s", cards[k].what, word != NULL ? word : "nothing");
        assert_non_null(tf_presentation_text(cards[k].policy));
    }
    assert_null(tf_presentation_text("nobody's"));
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_and_everybody_are_answered_one_sided),
        cmocka_unit_test(a_share_without_variance_is_a_point),
        cmocka_unit_test(intervals_hold_the_share_and_turn_with_it),
        cmocka_unit_test(likelihood_limits_lie_where_the_deviance_reaches_its_reference),
        cmocka_unit_test(recommended_intervals_cover_in_a_small_simulation),
        cmocka_unit_test(policies_say_what_stands),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests_name("measure: intervals of shares", tests, NULL, NULL);
}
