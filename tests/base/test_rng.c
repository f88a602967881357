/* Named streams: pinned for all time, since samples are drawn from them; and plainly uniform. */
#include "ground.h"

#include <math.h>

static void pinned(void **state TF_UNUSED)
{
    static const uint32_t first[] = {2094057191u, 567790884u, 3622488986u, 2169914018u,
                                     3837664876u}; /* also computed outside C */
    struct tf_rng rng = tf_rng_named("draw/XA/psu");
    for (size_t k = 0; k < LENGTH(first); k++)
        assert_int_equal(tf_rng_u32(&rng), first[k]);
}

static void names_differ(void **state TF_UNUSED)
{
    struct tf_rng a = tf_rng_named("draw/XA/psu"), b = tf_rng_named("draw/XB/psu"),
                  again = tf_rng_named("draw/XA/psu");
    int same = 0;
    for (int k = 0; k < 100; k++) {
        const uint32_t x = tf_rng_u32(&a);
        assert_int_equal(x, tf_rng_u32(&again));
        same += x == tf_rng_u32(&b);
    }
    assert_in_range(same, 0, 2);
}

static void below_is_even(void **state TF_UNUSED)
{
    struct tf_rng rng = tf_rng_named("test/below");
    int count[7] = {0};
    double chi = 0;
    for (int k = 0; k < 70000; k++) {
        const uint32_t x = tf_rng_below(&rng, 7);
        assert_in_range(x, 0, 6);
        count[x]++;
    }
    for (int k = 0; k < 7; k++)
        chi += (count[k] - 10000.0) * (count[k] - 10000.0) / 10000.0;
    assert_true(chi < 22.5); /* chi-square, 6 degrees of freedom, 0.999 */
    assert_int_equal(tf_rng_below(&rng, 1), 0);
}

static void uniform_and_normal(void **state TF_UNUSED)
{
    struct tf_rng rng = tf_rng_named("test/normal");
    double sum = 0, sum_n = 0, squares = 0;
    enum { N = 50000 };
    for (int k = 0; k < N; k++) {
        const double u = tf_rng_uniform(&rng), z = tf_rng_normal(&rng);
        assert_true(u >= 0 && u < 1);
        sum += u;
        sum_n += z;
        squares += z * z;
    }
    assert_true(fabs(sum / N - 0.5) < 0.006);
    assert_true(fabs(sum_n / N) < 0.02);
    assert_true(fabs(squares / N - 1) < 0.03);
}

static void hashes(void **state TF_UNUSED)
{
    struct tf_hasher h, parts;
    /* BLAKE2b-256 of the empty text and of "abc" (RFC 7693's function, 32 bytes out). */
    assert_string_equal(tf_hash_bytes("", 0).hex,
                        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    assert_string_equal(tf_hash_bytes("abc", 3).hex,
                        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    tf_hasher_begin(&h);
    tf_hasher_begin(&parts);
    tf_hasher_add(&h, "abcdef", 6);
    tf_hasher_add(&parts, "abc", 3);
    tf_hasher_add(&parts, "def", 3);
    assert_string_equal(tf_hasher_end(&h).hex, tf_hasher_end(&parts).hex);
    tf_hasher_begin(&h);
    tf_hasher_begin(&parts);
    tf_hasher_text(&h, NULL);
    tf_hasher_text(&parts, "");
    assert_string_not_equal(tf_hasher_end(&h).hex, tf_hasher_end(&parts).hex);
    tf_hasher_begin(&h);
    tf_hasher_begin(&parts);
    tf_hasher_double(&h, -0.0);
    tf_hasher_double(&parts, 0.0);
    assert_string_equal(tf_hasher_end(&h).hex, tf_hasher_end(&parts).hex);
}

int main(void)
{
    struct CMUnitTest tests[8];
    size_t n = 0;
    temp_begin();
    ADD_TEST(tests, n, "the first numbers of a named stream are pinned", pinned);
    ADD_TEST(tests, n, "one name gives one stream, two give two", names_differ);
    ADD_TEST(tests, n, "whole numbers below n come evenly", below_is_even);
    ADD_TEST(tests, n, "uniform and normal numbers have their moments", uniform_and_normal);
    ADD_TEST(tests, n, "hashes are those of the standard and know their parts", hashes);
    const int failed = _cmocka_run_group_tests("base/rng", tests, n, NULL, NULL);
    temp_end();
    return failed;
}
