/* Text: buffers, escaping, UTF-8, and the small helpers. */
#include "ground.h"

static struct escape_case {
    const char *name, *in, *html, *csv;
} escape_cases[] = {
    {"plain text passes", "plain", "plain", "plain"},
    {"markup is escaped", "<a href=\"x\">'&'</a>", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;",
     "\"<a href=\"\"x\"\">'&'</a>\""},
    {"a comma asks for quotes", "a,b", "a,b", "\"a,b\""},
    {"a line end asks for quotes", "a\nb", "a\nb", "\"a\nb\""},
    {"nothing stays nothing", "", "", ""},
};

static void escapes(void **state)
{
    const struct escape_case *c = *state;
    BEGIN_TEST;
    struct tf_buf html = {.arena = arena}, csv = {.arena = arena};
    tf_buf_html(&html, c->in);
    tf_buf_csv(&csv, c->in);
    assert_string_equal(tf_buf_text(&html), c->html);
    assert_string_equal(tf_buf_text(&csv), c->csv);
    END_TEST;
}

static struct utf8_case {
    const char *name, *text;
    size_t valid; /* bytes that are */
} utf8_cases[] = {
    {"ASCII of any length is valid", "0123456789abcdef0", 17},
    {"two, three and four bytes are valid", "\xC3\xA9\xE6\xB5\x8B\xF0\x9F\x8C\xBF", 9},
    {"a bare continuation byte is not", "abc\x80", 3},
    {"a cut sequence is not", "abcdefgh\xE6\xB5", 8},
    {"an overlong slash is not", "\xC0\xAF", 0},
    {"a surrogate is not", "\xED\xA0\x80", 0},
    {"above U+10FFFF is not", "a\xF4\x90\x80\x80", 1},
    {"0xFF in a long text is found", "0123456789abcde\xFF", 15},
};

static void utf8(void **state)
{
    const struct utf8_case *c = *state;
    assert_int_equal(tf_utf8_valid(c->text, strlen(c->text)), c->valid);
}

static void utf8_round_trip(void **state TF_UNUSED)
{
    BEGIN_TEST;
    static const uint32_t points[] = {1, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFD, 0x10000, 0x10FFFF};
    for (size_t k = 0; k < LENGTH(points); k++) {
        struct tf_buf b = {.arena = arena};
        uint32_t back = 0;
        tf_buf_utf8(&b, points[k]);
        assert_int_equal(tf_utf8_next(b.s, b.n, &back), b.n);
        assert_int_equal(back, points[k]);
    }
    END_TEST;
}

static struct slug_case {
    const char *name, *in, *out;
} slug_cases[] = {
    {"words are joined by one hyphen", "Household  Survey (2031)", "household-survey-2031"},
    {"hyphens at the ends are dropped", " -x- ", "x"},
    {"other scripts leave a hyphen at most", "Étude 1", "tude-1"},
    {"nothing gives nothing", "***", ""},
};

static void slugs(void **state)
{
    const struct slug_case *c = *state;
    BEGIN_TEST;
    assert_string_equal(tf_slug(arena, c->in), c->out);
    END_TEST;
}

static void small_helpers(void **state TF_UNUSED)
{
    BEGIN_TEST;
    static const char *const words[] = {"estimate", "weight", "release", NULL};
    char **piece;
    assert_string_equal(tf_trim(arena, " \t a b \n"), "a b");
    assert_string_equal(tf_lower(arena, "ABC É"), "abc É");
    assert_true(tf_casecmp("abc", "ABC") == 0 && tf_casecmp("ab", "ABC") < 0);
    assert_int_equal(tf_split(arena, "a, b ,,c,", ',', &piece), 5);
    assert_string_equal(piece[1], "b");
    assert_string_equal(piece[4], "");
    assert_int_equal(tf_split(arena, "", ',', &piece), 1);
    assert_string_equal(tf_replace(arena, "aXbXX", "X", "--"), "a--b----");
    assert_true(tf_starts("children", "child") && !tf_starts("c", "child"));
    assert_true(tf_ends("a.csv", ".csv") && !tf_ends("csv", ".csv"));
    assert_true(tf_is_blank(NULL) && tf_is_blank(" \t") && !tf_is_blank(" x"));
    assert_true(tf_streq(NULL, NULL) && !tf_streq(NULL, "") && tf_streq("a", "a"));
    assert_string_equal(tf_nearest("estimte", words), "estimate");
    assert_string_equal(tf_nearest("Wieght", words), "weight");
    assert_null(tf_nearest("xyz", words));
    END_TEST;
}

static void long_format(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_buf b = {.arena = arena};
    assert_string_equal(tf_buf_text(&b), "");
    for (int k = 0; k < 100; k++)
        tf_buf_printf(&b, "%0200d|", k);
    assert_int_equal(b.n, 100 * 201);
    assert_int_equal(strlen(b.s), b.n);
    tf_buf_printf(&b, "%0300d", 7); /* longer than the buffer on the stack */
    assert_int_equal(b.n, 100 * 201 + 300);
    END_TEST;
}

int main(void)
{
    struct CMUnitTest tests[40];
    size_t n = 0;
    temp_begin();
    ADD_CASES(tests, n, escape_cases, escapes);
    ADD_CASES(tests, n, utf8_cases, utf8);
    ADD_TEST(tests, n, "code points survive a round trip", utf8_round_trip);
    ADD_CASES(tests, n, slug_cases, slugs);
    ADD_TEST(tests, n, "the small helpers do what they say", small_helpers);
    ADD_TEST(tests, n, "formatted text may be longer than any buffer", long_format);
    const int failed = _cmocka_run_group_tests("base/text", tests, n, NULL, NULL);
    temp_end();
    return failed;
}
