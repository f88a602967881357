/* Every method of selection: inclusion and joint probabilities equal to R's sampling package, and units
 * and pairs that come, over many seeds, as often as their probabilities say. */
#include "../house.h"

#include "draw/draw.h"

/* The populations of tests/gold/make_draw.R. */
static double size_of(const char *kind, size_t k)
{
    const double i = (double)(k + 1);
    if (strcmp(kind, "even") == 0)
        return 10;
    if (strcmp(kind, "mild") == 0)
        return 50 + fmod(i * 37, 61);
    if (strcmp(kind, "wide") == 0)
        return pow(1 + fmod(i * 29, 47), 1.5);
    if (strcmp(kind, "steep") == 0)
        return nearbyint(1000 * pow(0.8, i - 1)) + 1;
    return 3.7 + sin(i) * 2.9;
}

static double *inclusion(struct tf_arena *a, const char *kind, size_t n, size_t take)
{
    double *size = TF_NEW_N(a, double, n), *p = TF_NEW_N(a, double, n);
    for (size_t k = 0; k < n; k++)
        size[k] = size_of(kind, k);
    tf_list_inclusion(size, n, take, p);
    return p;
}

static struct tf_table *gold(struct house *h, const char *name)
{
    struct tf_table *t = NULL;
    OK(tf_csv_read(h->arena, tf_path_join(h->arena, "tests/gold", name),
                   (struct tf_csv_opt){.guess_numbers = true}, &t, &h->err));
    return t;
}

static double number(const struct tf_table *t, const char *name, size_t row)
{
    return t->col[tf_table_find(t, name)].num[row];
}

static const char *text(const struct tf_table *t, const char *name, size_t row)
{
    return t->col[tf_table_find(t, name)].text[row];
}

static void inclusion_probabilities_are_those_of_r(void **state)
{
    (void)state;
    IN_HOUSE(h);
    const struct tf_table *t = gold(&h, "draw_inclusion.csv");
    double worst = 0;
    for (size_t row = 0; row < t->n_rows; row++) {
        const size_t n = (size_t)number(t, "N", row), take = (size_t)number(t, "n", row);
        const double *p = inclusion(h.arena, text(t, "kind", row), n, take);
        const double r = number(t, "p", row), ours = p[(size_t)number(t, "unit", row) - 1];
        worst = fmax(worst, fabs(ours / r - 1));
    }
    assert_true(t->n_rows > 500);
    print_message("%zu probabilities, worst relative difference %g\n", t->n_rows, worst);
    assert_true(worst < 1e-12);
    OUT_OF_HOUSE(h);
}

static void joint_probabilities_are_those_of_r(void **state)
{
    (void)state;
    IN_HOUSE(h);
    const struct tf_table *t = gold(&h, "draw_joint.csv");
    double worst[TF_N_DRAW] = {0};
    size_t cases[TF_N_DRAW] = {0};
    for (size_t row = 0; row < t->n_rows; row++) {
        enum tf_draw_method m = TF_N_DRAW;
        const size_t n = (size_t)number(t, "N", row), take = (size_t)number(t, "n", row);
        const size_t who[2] = {(size_t)number(t, "k", row) - 1, (size_t)number(t, "l", row) - 1};
        assert_true(tf_draw_method_named(text(t, "method", row), &m));
        struct tf_arena *one = tf_arena_new("case", (size_t)16 << 20);
        const double *p = inclusion(one, text(t, "kind", row), n, take);
        double pi2[4];
        tf_list_joint(one, m, &(struct tf_list){.n = n, .p = p}, who, 2, pi2);
        const double r = number(t, "p2", row), d = fabs(pi2[1] - r) / fmax(r, 1e-3);
        if (d > 1e-9)
            fail_msg("%s %s %zu/%zu: %.17g, R has %.17g", text(t, "method", row),
                     text(t, "kind", row), take, n, pi2[1], r);
        worst[m] = fmax(worst[m], d);
        cases[m]++;
        tf_arena_free(one);
    }
    for (int m = 0; m < TF_N_DRAW; m++)
        if (cases[m] > 0)
            print_message("%s: %zu pairs, worst relative difference %g\n",
                          tf_draw_method_word((enum tf_draw_method)m), cases[m], worst[m]);
    assert_true(t->n_rows > 1000);
    OUT_OF_HOUSE(h);
}

/* Eight units of which three are drawn, two balancing columns. */
enum { N = 8, TAKE = 3 };
static const double other[N * 2] = {1, 3, 0, 5, 1, 2, 1, 9, 0, 4, 0, 7, 1, 1, 0, 6};

static struct tf_list list_for(enum tf_draw_method m, bool balanced, double *p)
{
    static const double wide[N] = {3, 9, 5, 14, 8, 11, 4, 6};
    const bool equal = m == TF_DRAW_SRS || m == TF_DRAW_SYSTEMATIC || m == TF_DRAW_SYSTEMATIC_RANDOM;
    for (size_t k = 0; k < N; k++)
        p[k] = equal ? (double)TAKE / N : wide[k] * TAKE / 60;
    return (struct tf_list){.n = N, .p = p, .x = balanced ? other : NULL,
                            .n_x = balanced ? 2 : 0, .hits = m == TF_DRAW_PPS_WR};
}

/* How far an approximation may be from the truth in this tiny list, where it is at its worst. */
static double slack_of(enum tf_draw_method m)
{
    return m == TF_DRAW_PPS_RANDOM ? 0.035 : m == TF_DRAW_BREWER ? 0.01 : m == TF_DRAW_CUBE ? 0.02 : 0;
}

static void units_and_pairs_come_as_often_as_they_should(void **state)
{
    (void)state;
    enum { DRAWS = 20000 };
    static const size_t all[N] = {0, 1, 2, 3, 4, 5, 6, 7};
    IN_HOUSE(h);
    for (int m = 0; m <= TF_N_DRAW; m++) {
        const bool balanced = m == TF_N_DRAW; /* the cube once more: the units' own probabilities hold
                                                 in any list, its pairs in large ones (below) */
        const enum tf_draw_method method = balanced ? TF_DRAW_CUBE : (enum tf_draw_method)m;
        double p[N], pi2[N * N], in[N * N] = {0}, worst = 0;
        const struct tf_list l = list_for(method, balanced, p);
        tf_list_joint(h.arena, method, &l, all, N, pi2);
        struct tf_rng rng = tf_rng_named(tf_printf(h.arena, "frequencies/%d", m));
        for (size_t draw = 0; draw < DRAWS; draw++) {
            unsigned hits[N] = {0}, sum = 0;
            struct tf_arena *one = tf_arena_new("draw", (size_t)1 << 20);
            tf_list_draw(one, method, &l, &rng, hits);
            tf_arena_free(one);
            for (size_t k = 0; k < N; k++) {
                sum += hits[k];
                for (size_t j = 0; j < N; j++)
                    in[k * N + j] += hits[k] > 0 && hits[j] > 0;
            }
            assert_int_equal(sum, TAKE);
        }
        for (size_t k = 0; k < N * N; k++) {
            /* 4.5 standard errors: 704 comparisons, so one in 200 runs would fail if seeds changed */
            const double slack = 4.5 * sqrt(pi2[k] * (1 - pi2[k]) / DRAWS);
            const bool pair = k % (N + 1) != 0;
            if (pair && balanced)
                continue;
            const double far = fabs(in[k] / DRAWS - pi2[k]);
            worst = fmax(worst, far);
            if (far > slack + (pair ? slack_of(method) : 0) + 1e-12)
                fail_msg("%s: units %zu and %zu came %g of the times, not %g",
                         tf_draw_method_word(method), k / N, k % N, in[k] / DRAWS, pi2[k]);
        }
        print_message("%s: farthest %g\n", tf_draw_method_word(method), worst);
    }
    OUT_OF_HOUSE(h);
}

static void pairs_of_a_fixed_size_add_up(void **state)
{
    (void)state;
    static const char *const kind[] = {"mild", "wide", "decimal", "steep"};
    IN_HOUSE(h);
    for (int m = 0; m < TF_N_DRAW; m++)
        for (size_t c = 0; c < 4; c++) {
            enum { BIG = 60, SAMPLE = 17 };
            const enum tf_draw_method method = (enum tf_draw_method)m;
            if (method == TF_DRAW_PPS_WR || method == TF_DRAW_SRS || method == TF_DRAW_SYSTEMATIC_RANDOM)
                continue;
            const double *p = inclusion(h.arena, kind[c], BIG, SAMPLE);
            size_t who[BIG];
            for (size_t k = 0; k < BIG; k++)
                who[k] = k;
            double *pi2 = TF_NEW_N(h.arena, double, BIG * BIG);
            tf_list_joint(h.arena, method, &(struct tf_list){.n = BIG, .p = p}, who, BIG, pi2);
            for (size_t k = 0; k < BIG; k++) {
                double sum = 0;
                for (size_t j = 0; j < BIG; j++) {
                    sum += j == k ? 0 : pi2[k * BIG + j];
                    assert_true(pi2[k * BIG + j] >= 0);
                    assert_true(pi2[k * BIG + j] <= fmin(p[k], p[j]) + 1e-12);
                    assert_true(fabs(pi2[k * BIG + j] - pi2[j * BIG + k]) < 1e-12);
                }
                /* Hartley and Rao's terms add up only to their order */
                const double slack = method == TF_DRAW_PPS_RANDOM ? 0.02 : 1e-9;
                if (fabs(sum / ((SAMPLE - 1) * p[k]) - 1) > slack)
                    fail_msg("%s %s: the pairs of unit %zu add up to %g, not %g",
                             tf_draw_method_word(method), kind[c], k, sum, (SAMPLE - 1) * p[k]);
            }
        }
    OUT_OF_HOUSE(h);
}

static void a_cube_meets_its_totals(void **state)
{
    (void)state;
    enum { BIG = 400, SAMPLE = 60, COLUMNS = 4, SEEDS = 40 };
    IN_HOUSE(h);
    const double *p = inclusion(h.arena, "mild", BIG, SAMPLE);
    double *x = TF_NEW_N(h.arena, double, BIG * COLUMNS), off[2] = {0, 0};
    for (size_t k = 0; k < BIG; k++) {
        x[k * COLUMNS] = size_of("mild", k);
        x[k * COLUMNS + 1] = size_of("decimal", k);
        x[k * COLUMNS + 2] = k % 3 == 0;
        x[k * COLUMNS + 3] = size_of("wide", k);
    }
    for (int balanced = 0; balanced < 2; balanced++)
        for (int seed = 0; seed < SEEDS; seed++) {
            unsigned *hits = TF_NEW_N(h.arena, unsigned, BIG), sum = 0;
            struct tf_rng rng = tf_rng_named(tf_printf(h.arena, "cube/%d", seed));
            const struct tf_list l = {.n = BIG, .p = p, .x = balanced ? x : NULL,
                                      .n_x = balanced ? COLUMNS : 0};
            tf_list_draw(h.arena, TF_DRAW_CUBE, &l, &rng, hits);
            for (size_t c = 0; c < COLUMNS; c++) {
                double total = 0, estimate = 0;
                for (size_t k = 0; k < BIG; k++) {
                    total += x[k * COLUMNS + c];
                    estimate += hits[k] * x[k * COLUMNS + c] / p[k];
                    sum += c == 0 ? hits[k] : 0;
                }
                off[balanced] += fabs(estimate / total - 1) / SEEDS / COLUMNS;
            }
            assert_int_equal(sum, SAMPLE);
        }
    print_message("mean distance to the totals: %.4f balanced, %.4f not\n", off[1], off[0]);
    assert_true(off[1] < 0.02 && off[1] < off[0] / 3);
    OUT_OF_HOUSE(h);
}

/* Twelve strata of 25 units, 3 drawn in each: within a stratum three columns leave nothing to balance
 * with; across, the whole sample balances and every stratum keeps its size. */
static void a_cube_across_strata_balances_where_one_within_cannot(void **state)
{
    (void)state;
    enum { STRATA = 12, EACH = 25, TAKE_EACH = 3, UNITS = STRATA * EACH, COLUMNS = 3, SEEDS = 400 };
    static const size_t pair[2] = {0, 1};
    IN_HOUSE(h);
    double p[UNITS], x[UNITS * COLUMNS], in[UNITS] = {0}, off[2] = {0, 0};
    size_t group[UNITS];
    struct tf_rng values = tf_rng_named("across");
    for (size_t g = 0; g < STRATA; g++) {
        double *of_stratum = inclusion(h.arena, "mild", EACH, TAKE_EACH);
        for (size_t k = g * EACH; k < (g + 1) * EACH; k++) {
            p[k] = of_stratum[k - g * EACH];
            group[k] = g;
            for (size_t c = 0; c < COLUMNS; c++)
                x[k * COLUMNS + c] = 10 + 3 * tf_rng_normal(&values);
        }
    }
    for (int seed = 0; seed < 2 * SEEDS; seed++) {
        const bool across = seed < SEEDS;
        unsigned hits[UNITS] = {0};
        struct tf_arena *one = tf_arena_new("draw", (size_t)1 << 22);
        struct tf_rng rng = tf_rng_named(tf_printf(one, "across/%d", seed));
        if (across)
            tf_list_draw(one, TF_DRAW_CUBE, &(struct tf_list){.n = UNITS, .p = p, .x = x,
                                                              .n_x = COLUMNS, .group = group,
                                                              .n_groups = STRATA}, &rng, hits);
        for (size_t g = 0; g < STRATA && !across; g++)
            tf_list_draw(one, TF_DRAW_CUBE, &(struct tf_list){.n = EACH, .p = p + g * EACH,
                                                              .x = x + g * EACH * COLUMNS,
                                                              .n_x = COLUMNS}, &rng, hits + g * EACH);
        tf_arena_free(one);
        for (size_t g = 0; g < STRATA; g++) {
            unsigned size = 0;
            for (size_t k = g * EACH; k < (g + 1) * EACH; k++) {
                size += hits[k];
                in[k] += across ? hits[k] : 0;
            }
            assert_int_equal(size, TAKE_EACH);
        }
        for (size_t c = 0; c < COLUMNS; c++) {
            double total = 0, estimate = 0;
            for (size_t k = 0; k < UNITS; k++) {
                total += x[k * COLUMNS + c];
                estimate += hits[k] * x[k * COLUMNS + c] / p[k];
            }
            off[across] += fabs(estimate / total - 1) / SEEDS / COLUMNS;
        }
    }
    for (size_t k = 0; k < UNITS; k++)
        assert_true(fabs(in[k] / SEEDS - p[k]) < 5 * sqrt(p[k] * (1 - p[k]) / SEEDS));
    print_message("mean distance to the totals: %.4f across, %.4f within\n", off[1], off[0]);
    assert_true(off[1] < off[0] / 2);
    /* pairs: fixed size in each stratum */
    double pi2[4];
    const struct tf_list l = {.n = UNITS, .p = p, .x = x, .n_x = COLUMNS, .group = group,
                              .n_groups = STRATA};
    tf_list_joint(h.arena, TF_DRAW_CUBE, &l, pair, 2, pi2);
    assert_true(pi2[1] > 0 && pi2[1] < p[0] * p[1]);
    size_t *who = TF_NEW_N(h.arena, size_t, EACH);
    double *square = TF_NEW_N(h.arena, double, EACH *EACH), sum = 0;
    for (size_t k = 0; k < EACH; k++)
        who[k] = k;
    tf_list_joint(h.arena, TF_DRAW_CUBE, &l, who, EACH, square);
    for (size_t k = 1; k < EACH; k++)
        sum += square[k];
    assert_true(fabs(sum / ((TAKE_EACH - 1) * p[0]) - 1) < 1e-6);
    OUT_OF_HOUSE(h);
}

/* The cube's pairs are an approximation made for variances: the variance they predict for an estimated
 * total is the one that 1,500 samples show, but for the landing, which it does not know. */
static void the_pairs_of_a_cube_predict_its_variance(void **state)
{
    (void)state;
    enum { UNITS = 300, SAMPLE = 75, SEEDS = 1500 };
    IN_HOUSE(h);
    const double *p = inclusion(h.arena, "mild", UNITS, SAMPLE);
    double x[UNITS], y[UNITS], predicted = 0, sum = 0, squares = 0;
    size_t who[UNITS];
    struct tf_rng rng = tf_rng_named("cube/variance");
    for (size_t k = 0; k < UNITS; k++) {
        who[k] = k;
        x[k] = size_of("decimal", k);
        y[k] = 5 + x[k] + 2 * tf_rng_normal(&rng);
    }
    const struct tf_list l = {.n = UNITS, .p = p, .x = x, .n_x = 1};
    double *pi2 = TF_NEW_N(h.arena, double, UNITS * UNITS);
    tf_list_joint(h.arena, TF_DRAW_CUBE, &l, who, UNITS, pi2);
    for (size_t k = 0; k < UNITS; k++)
        for (size_t j = 0; j < k; j++) { /* Sen, Yates & Grundy, over the population */
            const double d = y[k] / p[k] - y[j] / p[j];
            predicted += (p[k] * p[j] - pi2[k * UNITS + j]) * d * d;
        }
    for (int seed = 0; seed < SEEDS; seed++) {
        unsigned hits[UNITS] = {0};
        double total = 0;
        struct tf_arena *one = tf_arena_new("draw", (size_t)1 << 20);
        tf_list_draw(one, TF_DRAW_CUBE, &l, &rng, hits);
        tf_arena_free(one);
        for (size_t k = 0; k < UNITS; k++)
            total += hits[k] * y[k] / p[k];
        sum += total;
        squares += total * total;
    }
    const double seen = squares / SEEDS - sum / SEEDS * (sum / SEEDS);
    print_message("variance seen %.0f, predicted %.0f\n", seen, predicted);
    assert_true(fabs(predicted / seen - 1) < 0.15);
    OUT_OF_HOUSE(h);
}

static void a_large_list_is_drawn_and_certain_units_come(void **state)
{
    (void)state;
    enum { BIG = 2000, SAMPLE = 100 };
    static const enum tf_draw_method method[] = {TF_DRAW_SAMPFORD, TF_DRAW_MAXENT, TF_DRAW_TILLE,
                                                 TF_DRAW_BREWER, TF_DRAW_CUBE};
    IN_HOUSE(h);
    double *size = TF_NEW_N(h.arena, double, BIG), *p = TF_NEW_N(h.arena, double, BIG);
    for (size_t k = 0; k < BIG; k++)
        size[k] = size_of("wide", k) + (k < 3 ? 1e6 : 0);
    tf_list_inclusion(size, BIG, SAMPLE, p);
    for (size_t m = 0; m < sizeof method / sizeof method[0]; m++) {
        unsigned *hits = TF_NEW_N(h.arena, unsigned, BIG), sum = 0;
        struct tf_rng rng = tf_rng_named("large");
        tf_list_draw(h.arena, method[m], &(struct tf_list){.n = BIG, .p = p}, &rng, hits);
        for (size_t k = 0; k < BIG; k++)
            sum += hits[k];
        assert_int_equal(sum, SAMPLE);
        for (size_t k = 0; k < 3; k++)
            assert_true(hits[k] == 1 && p[k] >= 1);
    }
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inclusion_probabilities_are_those_of_r),
        cmocka_unit_test(joint_probabilities_are_those_of_r),
        cmocka_unit_test(units_and_pairs_come_as_often_as_they_should),
        cmocka_unit_test(pairs_of_a_fixed_size_add_up),
        cmocka_unit_test(a_cube_meets_its_totals),
        cmocka_unit_test(a_cube_across_strata_balances_where_one_within_cannot),
        cmocka_unit_test(the_pairs_of_a_cube_predict_its_variance),
        cmocka_unit_test(a_large_list_is_drawn_and_certain_units_come),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests_name("draw: methods", tests, NULL, NULL);
}
