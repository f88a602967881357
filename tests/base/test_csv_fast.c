/* The fast reader of CSV against the careful one, whose word is law: the same table, or none, for
 * every size of piece and number of threads; and numbers to the last bit. */
#include "ground.h"

#include <math.h>

#include "base/csv_inside.h"

/* Both readers, or that the fast one declines. 1 = the same table; 0 = declined. */
static int same(struct tf_arena *arena, const char *text, size_t n, size_t piece, unsigned threads,
                bool na)
{
    struct tf_table *fast, *law;
    struct tf_err err;
    const struct tf_csv_opt opt = {.guess_numbers = true, .threads = threads, .na_is_missing = na};
    if (!tf_csv_try(arena, "t", text, n, piece, opt, &fast))
        return 0;
    if (tf_csv_careful(arena, "t", text, n, opt, &law, &err) != TF_OK)
        fail_msg("read fast what is refused: %s", text);
    if (strcmp(tf_table_hash(fast).hex, tf_table_hash(law).hex) != 0)
        fail_msg("another table, pieces of %zu: %s", piece, text);
    return 1;
}

static struct text_case {
    const char *name, *text;
    bool declines;
} text_cases[] = {
    {"codes and decimals", "a,b,c\n1,2.5,-9\n12,.5,0\n3,4.,1.25\n", false},
    {"line ends CRLF, the last missing", "a,b\r\n1,2\r\n3,4\r\n5,6", false},
    {"blank lines between rows", "a,b\n\n1,2\n\r\n\n3,4\n\n\n5,6\n\n", false},
    {"blank lines in a table of one column", "a\n\n1\n\n\"\"\n2\n\r\n3\n", false},
    {"a column of texts that begins with numbers", "a,b\n1,1\n2,2\n3,3\n4,4\n5,5\n6,x\n7,7\n", false},
    {"quotes round everything", "\"a\",\"b\"\n\"1\",\"x\"\n\"\",\"y, \"\"z\"\"\n w\"\n\"3\",\"\"\n", false},
    {"line ends inside quotes", "a,b\n1,\"one\ntwo\r\nthree\rfour\"\n2,\"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\"\n", false},
    {"codes with leading zeros", "a,b,c\n01,1,-01\n10,2,-10\n", false},
    {"long identifiers and long decimals", "a,b\n1234567890123456,0.1234567890123456789\n2,3\n", false},
    {"columns of nothing and of blanks", "a,b,c\n,1, \n,2,\n,3,\t\n", false},
    {"NA among numbers and among words", "a,b,c\nNA,NA,NA\n1,x,+1\n2,NA,NA\n", false},
    {"other scripts, cut between pieces", "a,b\nΔοκιμή Δοκιμή,1\n测试测试测试测试测试,2\né,3\n", false},
    {"a byte-order mark", "\xEF\xBB\xBF" "a,b\n1,2\n", false},
    {"exponents, signs and blanks", "a,b,c\n1e3,+5, 7\n1E-2,-5,8 \n-1.5e+2,5,\t9\n", false},
    {"a header alone", "a,b\n", false},
    {"a short row", "a,b\n1,2\n3\n4,5\n", true},
    {"a long row", "a,b\n1,2\n3,4,5\n6,7\n", true},
    {"a row short and a row long", "a,b\n1\n3,4,5\n6,7\n", true},
    {"a quote inside a field", "a,b\n1,2\n3,x\"y\n", true},
    {"two quotes inside a field", "a,b\n1,2\n3,x\"y\"\n", true},
    {"text after a closing quote", "a,b\n1,2\n3,\"x\"y\n4,\"\"\"z\"\n", true},
    {"a quote that is never closed", "a,b\n1,2\n3,\"xy\n4,5\n", true},
    {"a carriage return alone", "a,b\n1,2\n3\r,4\n", true},
    {"a stray byte", "a,b\n1,2\n3,\xC3\n4,5\n", true},
    {"a letter begun twice", "a,b\n1,2\n3,\xE6\xB5\xE6\xB5\x8B\n4,5\n", true},
};

static void texts(void **state)
{
    const struct text_case *c = *state;
    BEGIN_TEST;
    for (size_t piece = 16; piece <= 80; piece++)
        for (unsigned threads = 1; threads <= 3; threads++)
            for (int na = 0; na < 2; na++)
                assert_int_equal(same(arena, c->text, strlen(c->text), piece, threads, na != 0),
                                 !c->declines);
    END_TEST;
}

/* Random texts of the characters that matter, right or wrong. */
static void any_text(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_rng rng = tf_rng_named("test/csv_fast");
    static const char *const parts[] = {"1",  "2",  ",",   ",",    ",", "\n", "\n", "\r\n", "\"",
                                        "0.5", "-", "x",   "\"\"", "NA", " ", "é",  "007",  "\r",
                                        "\"a,\nb\"", "12345678", "1.25", ",\n", "12,34\n"};
    size_t read = 0;
    for (int k = 0; k < 3000; k++) {
        struct tf_buf b = {.arena = arena};
        const uint32_t kinds = k % 3 == 0 ? LENGTH(parts) : k % 3 == 1 ? 8 : 11;
        tf_buf_add(&b, k % 2 == 0 ? "a,b\n" : "a\n");
        for (uint32_t n = tf_rng_below(&rng, 30); n > 0; n--)
            tf_buf_add(&b, parts[tf_rng_below(&rng, kinds)]);
        read += (size_t)same(arena, b.s, b.n, 16 + tf_rng_below(&rng, 64),
                             1 + tf_rng_below(&rng, 2), k % 5 == 0);
    }
    assert_true(read > 100);
    END_TEST;
}

/* A survey of many rows, in pieces of the usual sizes and by any number of threads. */
static void any_threads(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_rng rng = tf_rng_named("test/csv_fast/threads");
    struct tf_buf b = {.arena = arena};
    tf_buf_add(&b, "id,q1,w,area,note,late\n");
    for (int row = 0; row < 20000; row++)
        tf_buf_printf(&b, "%d,%u,%u.%03u,%s,\"%s\",%s\n", row, tf_rng_below(&rng, 12),
                      tf_rng_below(&rng, 10), tf_rng_below(&rng, 1000), row % 3 == 0 ? "urban" : "",
                      row % 7 == 0 ? "a, \"\"b\"\"" : "c", row == 19000 ? "x" : "5");
    for (unsigned threads = 0; threads <= 4; threads++)
        assert_int_equal(same(arena, b.s, b.n, threads == 3 ? 4096 : 0, threads, false), 1);
    END_TEST;
}

/* ---- Numbers ------------------------------------------------------------------------------ */

/* A field by the fast path and by base/number.h: the same bits, or neither. */
static void check_number(const char *s)
{
    char pad[256] = "";
    double x = 0, y = 0;
    bool plain;
    memset(pad, '7', sizeof pad);
    memcpy(pad + 64, s, strlen(s));
    const enum tf_csv_cell cell = tf_csv_cell(pad + 64, strlen(s), false, &x, &plain);
    const bool law = !tf_is_code(s) && tf_parse_double(s, &y);
    if ((cell == TF_CSV_NUMBER) != law || (law && memcmp(&x, &y, sizeof x) != 0))
        fail_msg("'%s' is read as another number", s);
}

static void odd_numbers(void **state TF_UNUSED)
{
    static const char *const cases[] = {
        ".", "-", "-.", "..", "1.2.3", "1-2", "-0", "0", "00", "0.", ".0", "-.5", "5.", "0.0", "--1",
        "9007199254740993", "900719925474099.3", "9.007199254740993", "0.9007199254740993",
        "0.90071992547409935", "1.7976931348623157", "0.3333333333333333333", "0.30000000000000004",
        "123456789012345", "1234567890123456", "123456789012345.6789", "0.00000000000000000001",
        "0.000000000000000001", "12345678", "123456789", "1234567.8", ".12345678", "12345678.",
        "1234567890.123456", "999999999999999.9999", "1:2", "1/2", "1;2", "1e5", "1E5", "1e", "0x10",
        "inf", "nan", "NaN", "1 2", "1,2", "12345678901234567890", "0.12345678901234567890123",
        "4503599627370497.5", "450359962737049.75", "2.22507385850720138", "0.1e-400", "1e400",
    };
    for (size_t k = 0; k < LENGTH(cases); k++)
        check_number(cases[k]);
}

static void many_numbers(void **state TF_UNUSED)
{
    struct tf_rng rng = tf_rng_named("test/csv_fast/numbers");
    for (int k = 0; k < 300000; k++) {
        char s[64];
        size_t n = 0;
        const uint32_t digits = 1 + tf_rng_below(&rng, 20), point = tf_rng_below(&rng, 22);
        if (tf_rng_below(&rng, 8) == 0)
            s[n++] = '-';
        for (uint32_t j = 0; j < digits; j++) {
            if (j == point)
                s[n++] = '.';
            s[n++] = (char)('0' + (tf_rng_below(&rng, 20) == 0 ? 0 : tf_rng_below(&rng, 10)));
        }
        if (tf_rng_below(&rng, 50) == 0)
            s[tf_rng_below(&rng, (uint32_t)n)] = (char)(32 + tf_rng_below(&rng, 90));
        s[n] = '\0';
        check_number(s);
    }
}

/* Quotients that lie just beside the middle between two doubles: there a second rounding shows. */
static void ties(void **state TF_UNUSED)
{
    for (uint64_t k = 0; k < 20000; k++) {
        char s[64];
        const uint64_t m = (UINT64_C(1) << 54) + 1 + 2 * k; /* odd, of 55 bits: m / 4 is a tie */
        (void)snprintf(s, sizeof s, "%llu.%s", (unsigned long long)(m / 4 / 10),
                       k % 2 == 0 ? "25" : "75");
        check_number(s);
        (void)snprintf(s, sizeof s, "0.%llu%02llu", (unsigned long long)(m / 4),
                       (unsigned long long)(k % 4 * 25));
        check_number(s);
    }
}

int main(void)
{
    struct CMUnitTest tests[48];
    size_t n = 0;
    temp_begin();
    ADD_CASES(tests, n, text_cases, texts);
    ADD_TEST(tests, n, "any text gives the table of the careful reader, or none", any_text);
    ADD_TEST(tests, n, "any number of threads gives the same table", any_threads);
    ADD_TEST(tests, n, "odd numbers are those of base/number.h", odd_numbers);
    ADD_TEST(tests, n, "300,000 numbers are those of base/number.h, bit for bit", many_numbers);
    ADD_TEST(tests, n, "numbers near a tie are rounded once", ties);
    const int failed = _cmocka_run_group_tests("base/csv_fast", tests, n, NULL, NULL);
    temp_end();
    return failed;
}
