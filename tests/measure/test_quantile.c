/* Places in the order of weighted values: the same as sorting everything, whatever is asked first,
 * with any number of threads; rules at their ends. Held to R: test_estimates.c. */
#include "../house.h"

#include "measure/quantile.h"

enum { N = 5000 };
struct sample {
    double y[N], w[N];
    uint32_t row[N];
};

static struct sample *make(struct house *h, int kind)
{
    struct sample *s = TF_NEW(h->arena, struct sample);
    struct tf_rng rng = tf_rng_named("tests/quantile");
    for (uint32_t k = 0; k < N; k++) {
        const double z = tf_rng_normal(&rng);
        s->y[k] = kind == 0 ? z : kind == 1 ? floor(3 * z) : kind == 2 ? exp(6 * z) : 7;
        s->w[k] = 1 + tf_rng_uniform(&rng);
        s->row[k] = k;
    }
    return s;
}

static const struct sample *sorting;

static int by_value_then_row(const void *a, const void *b)
{
    const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    if (sorting->y[i] < sorting->y[j] || sorting->y[i] > sorting->y[j])
        return sorting->y[i] < sorting->y[j] ? -1 : 1;
    return (i > j) - (i < j);
}

static void places_are_those_of_sorted_values(void **state)
{
    IN_HOUSE(h);
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        struct sample *s = make(&h, kind);
        uint32_t *order = TF_NEW_N(h.arena, uint32_t, N);
        memcpy(order, s->row, sizeof s->row);
        sorting = s;
        qsort(order, N, sizeof *order, by_value_then_row);
        for (unsigned threads = 1; threads <= 3; threads++) {
            struct tf_sorted *few = tf_sorted_make(h.arena, s->y, s->w, s->row, N, threads);
            struct tf_sorted *all = tf_sorted_make(h.arena, s->y, s->w, s->row, N, threads);
            double cum = 0;
            for (size_t k = 0; k < N; k++) {
                const struct tf_ranked r = tf_sorted_at(all, k);
                cum += s->w[order[k]];
                assert_memory_equal(&r.x, &s->y[order[k]], sizeof r.x);
                assert_memory_equal(&r.w, &s->w[order[k]], sizeof r.w);
                assert_true(fabs(r.cum - cum) < 1e-9 * cum);
                if (k % 997 == 0) { /* a few places asked alone say the same bits */
                    const struct tf_ranked alone = tf_sorted_at(few, k);
                    assert_memory_equal(&alone, &r, sizeof r);
                    assert_true(tf_sorted_below(few, r.cum) == k + 1);
                    assert_true(tf_sorted_up_to(few, r.x) > k && tf_sorted_less(few, r.x) <= k);
                }
            }
            assert_true(fabs(tf_sorted_total(all) - cum) < 1e-9 * cum);
        }
    }
    OUT_OF_HOUSE(h);
}

static void rules_stay_within_the_values(void **state)
{
    IN_HOUSE(h);
    (void)state;
    const double y[] = {1, 2, 2, 5}, w[] = {1, 1, 1, 1};
    const uint32_t row[] = {0, 1, 2, 3};
    for (size_t k = 0; tf_qrule_word(k) != NULL; k++) {
        const struct tf_qrule *rule = tf_qrule_named(tf_qrule_word(k));
        struct tf_sorted *s = tf_sorted_make(h.arena, y, w, row, 4, 1);
        struct tf_sorted *one = tf_sorted_make(h.arena, y, w, row, 1, 1);
        double last = 1;
        for (double p = 0; p <= 1.0001; p += .01) {
            const double q = tf_quantile_at(rule, s, p < 1 ? p : 1);
            assert_true(q >= last && q <= 5);
            last = q;
        }
        assert_true(fabs(last - 5) < 1e-12);
        assert_true(tf_quantile_at(rule, s, .001) < 1.01); /* hf7 has risen by then */
        assert_true(fabs(tf_quantile_at(rule, one, .5) - 1) < 1e-12);
    }
    assert_null(tf_qrule_named("hf10"));
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_those_of_sorted_values),
        cmocka_unit_test(rules_stay_within_the_values),
    };
    return cmocka_run_group_tests_name("measure: places and quantiles", tests, NULL, NULL);
}
