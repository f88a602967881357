/* Numbers to text and back. */
#include "ground.h"

#include <math.h>

static struct parse_case {
    const char *name, *text;
    bool good;
    double value;
} parse_cases[] = {
    {"a whole number", "12", true, 12},
    {"a negative decimal", "-3.5", true, -3.5},
    {"an exponent", "1e-9", true, 1e-9},
    {"blanks around", "  7 \t", true, 7},
    {"a plus sign", "+4", true, 4},
    {"a point first", ".5", true, 0.5},
    {"a point last", "5.", true, 5},
    {"0.1 is the nearest double", "0.1", true, 0.1},
    {"15 digits", "0.123456789012345", true, 0.123456789012345},
    {"17 digits", "0.30000000000000004", true, 0.30000000000000004},
    {"many digits", "123456789012345678901234567890", true, 123456789012345678901234567890.0},
    {"too large for a double", "1e999", false, 0},
    {"hex is no number", "0x10", false, 0},
    {"nan is no number", "nan", false, 0},
    {"inf is no number", "inf", false, 0},
    {"a thousands separator is no number", "1,000", false, 0},
    {"two points are no number", "1.2.3", false, 0},
    {"letters after it are no number", "12a", false, 0},
    {"a sign alone is no number", "-", false, 0},
    {"a point alone is no number", ".", false, 0},
    {"nothing is no number", "", false, 0},
    {"an exponent without digits is no number", "1e", false, 0},
};

static void parses(void **state)
{
    const struct parse_case *c = *state;
    double x = 77;
    assert_int_equal(tf_parse_double(c->text, &x), c->good);
    assert_true(x == (c->good ? c->value : 77));
}

static void short_and_long_agree(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_rng rng = tf_rng_named("test/number");
    for (int k = 0; k < 20000; k++) { /* the fast path against the C library's */
        const unsigned decimals = tf_rng_below(&rng, 16);
        const uint64_t digits =
            ((uint64_t)tf_rng_u32(&rng) << 32 | tf_rng_u32(&rng)) % UINT64_C(1000000000000000);
        char text[64];
        double x = 0;
        (void)snprintf(text, sizeof text, "%016llu", (unsigned long long)digits);
        memmove(text + 16 - decimals + 1, text + 16 - decimals, decimals + 1);
        text[16 - decimals] = '.';
        assert_true(tf_parse_double(text + 1, &x));
        assert_true(x == strtod(text, NULL));
    }
    END_TEST;
}

static void round_trip(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_rng rng = tf_rng_named("test/round-trip");
    for (int k = 0; k < 20000; k++) {
        const uint64_t bits = (uint64_t)tf_rng_u32(&rng) << 32 | tf_rng_u32(&rng);
        double x, back = 0;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x))
            continue;
        assert_true(tf_parse_double(tf_double_text(arena, x), &back));
        assert_true(x == back);
    }
    END_TEST;
}

static struct text_case {
    const char *name;
    double x;
    const char *text;
} text_cases[] = {
    {"a whole number has no point", 3, "3"},
    {"a tenth is short", 0.1, "0.1"},
    {"negative zero is zero", -0.0, "0"},
    {"a sum shows its noise", 0.1 + 0.2, "0.30000000000000004"},
    {"a third needs 16 digits", 1.0 / 3, "0.3333333333333333"},
    {"not a number says so", (double)NAN, "NaN"},
    {"infinity says so", (double)INFINITY, "Inf"},
    {"minus infinity says so", -(double)INFINITY, "-Inf"},
    {"a large whole number stays whole", 123456789012345.0, "123456789012345"},
};

static void texts(void **state)
{
    const struct text_case *c = *state;
    BEGIN_TEST;
    assert_string_equal(tf_double_text(arena, c->x), c->text);
    END_TEST;
}

static struct fixed_case {
    const char *name;
    double x;
    int decimals;
    const char *text;
} fixed_cases[] = {
    {"0.285 * 100 is 28.5", 0.285 * 100, 1, "28.5"},
    {"28.45 goes up at one decimal", 28.45, 1, "28.5"},
    {"1.005 goes up at two", 1.005, 2, "1.01"},
    {"2.5 goes away from zero", 2.5, 0, "3"},
    {"-2.5 goes away from zero", -2.5, 0, "-3"},
    {"-0.04 is no negative zero", -0.04, 1, "0.0"},
    {"negative zero has no sign", -0.0, 2, "0.00"},
    {"zeros are filled in", 3, 3, "3.000"},
    {"just below a half stays below", 0.4999999, 0, "0"},
    {"a tiny share", 0.0004, 3, "0.000"},
    {"nine decimals", 0.123456789, 9, "0.123456789"},
    {"a large number", 1234567.891, 2, "1234567.89"},
    {"not a number says so", (double)NAN, 1, "NaN"},
};

static void fixed(void **state)
{
    const struct fixed_case *c = *state;
    BEGIN_TEST;
    struct tf_buf b = {.arena = arena};
    tf_buf_fixed(&b, c->x, c->decimals);
    assert_string_equal(b.s, c->text);
    END_TEST;
}

static void grouped_and_whole(void **state TF_UNUSED)
{
    BEGIN_TEST;
    static const struct {
        double x;
        const char *text;
    } cases[] = {{0, "0"},           {999, "999"},           {1000, "1,000"},
                 {1234567, "1,234,567"}, {-1234.6, "-1,235"}, {-0.2, "0"}};
    int64_t at = 5;
    for (size_t k = 0; k < LENGTH(cases); k++) {
        struct tf_buf b = {.arena = arena};
        tf_buf_grouped(&b, cases[k].x);
        assert_string_equal(b.s, cases[k].text);
    }
    assert_true(tf_parse_int(" 42 ", &at) && at == 42);
    assert_false(tf_parse_int("4.2", &at));
    assert_false(tf_parse_int("99999999999999999999", &at));
    assert_true(tf_is_code("007") && tf_is_code("1234567890123456") && !tf_is_code("0.7"));
    assert_false(tf_is_code("0") || tf_is_code("123456789012345"));
    END_TEST;
}

int main(void)
{
    struct CMUnitTest tests[80];
    size_t n = 0;
    temp_begin();
    ADD_CASES(tests, n, parse_cases, parses);
    ADD_CASES(tests, n, text_cases, texts);
    ADD_CASES(tests, n, fixed_cases, fixed);
    ADD_TEST(tests, n, "short numbers parse as the C library parses them", short_and_long_agree);
    ADD_TEST(tests, n, "any double survives text and back", round_trip);
    ADD_TEST(tests, n, "thousands, whole numbers and codes", grouped_and_whole);
    const int failed = _cmocka_run_group_tests("base/number", tests, n, NULL, NULL);
    temp_end();
    return failed;
}
