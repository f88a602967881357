/* CSV: what is read, and what is refused with its line and column. */
#include "ground.h"

static struct good_case {
    const char *name, *text, *out; /* out: as written back */
} good_cases[] = {
    {"fields and rows are read as they stand", "a,b\n1,x\n2,y\n", "a,b\n1,x\n2,y\n"},
    {"line ends may be CRLF and the last may be missing", "a,b\r\n1,x\r\n2,y", "a,b\n1,x\n2,y\n"},
    {"a byte-order mark is dropped", "\xEF\xBB\xBF" "a,b\n1,2\n", "a,b\n1,2\n"},
    {"quotes hold commas, line ends and doubled quotes", "a,b\n\"1,5\",\"x\n\"\"y\"\"\"\n",
     "a,b\n\"1,5\",\"x\n\"\"y\"\"\"\n"},
    {"blank lines are skipped", "a,b\n\n1,2\r\n\r\n\n3,4\n\n", "a,b\n1,2\n3,4\n"},
    {"an empty field of a lone column is a row", "a\n\"\"\n1\n", "a\n\"\"\n1\n"},
    {"numbers lose nothing but their spelling", "a\n1.50\n-0\n1e3\n", "a\n1.5\n0\n1000\n"},
    {"codes with leading zeros stay text", "a\n007\n010\n", "a\n007\n010\n"},
    {"identifiers of more than 15 digits stay text", "a\n1234567890123456789\n",
     "a\n1234567890123456789\n"},
    {"a header without rows is an empty table", "a,b\n", "a,b\n"},
    {"blanks round a name are taken off", " a ,b\n1,2\n", "a,b\n1,2\n"},
    {"a byte-order mark inside a name is dropped too", "\t\xEF\xBB\xBF" "a,b\n1,2\n", "a,b\n1,2\n"},
    {"texts in other scripts come through", "a\nΔοκιμή\n测试\n", "a\nΔοκιμή\n测试\n"},
};

static void good(void **state)
{
    const struct good_case *c = *state;
    BEGIN_TEST;
    struct tf_table *t = NULL;
    struct tf_buf out = {.arena = arena};
    assert_ok(tf_csv_parse(arena, "t.csv", c->text, strlen(c->text),
                           (struct tf_csv_opt){.guess_numbers = true}, &t, &err));
    tf_table_csv(t, &out);
    assert_string_equal(tf_buf_text(&out), c->out);
    END_TEST;
}

static struct bad_case {
    const char *name, *text;
    size_t line, column;
    const char *says;
} bad_cases[] = {
    {"an empty file is refused", "", 1, 1, "empty"},
    {"a quote that is never closed names where it opens", "a,b\n1,\"x\n2,3\n", 2, 3, "never closed"},
    {"text after a closing quote is refused", "a,b\n1,\"x\"y\n", 2, 6, "closing quote"},
    {"a quote inside a bare field is refused", "a,b\n1,2\nx\"y\",2\n", 3, 2, "quote"},
    {"a stray byte is refused", "a,b\n1,2\n3,\xFF\n", 3, 3, "UTF-8"},
    {"a NUL is refused", "a,b\n1,\0\n", 2, 3, "UTF-8"},
    {"a short row is refused", "a,b\n1,2\n\"x\ny\"\n3,4\n", 3, 1, "1 field"},
    {"a long row is refused", "a,b\n1,2,3\n", 2, 1, "3 fields"},
    {"a column twice is refused at its second place", "b,a,c,a\n1,2,3,4\n", 1, 7, "'a'"},
    {"a column without a name is refused", "a,,c\n1,2,3\n", 1, 3, "no name"},
    {"a carriage return alone is refused", "a,b\n1,2\r3,4\n", 2, 4, "carriage return"},
};

static void bad(void **state)
{
    const struct bad_case *c = *state;
    BEGIN_TEST;
    struct tf_table *t = NULL;
    size_t n = strlen(c->text);
    if (strstr(c->name, "NUL") != NULL)
        n = 8;
    assert_int_equal(tf_csv_parse(arena, "t.csv", c->text, n, (struct tf_csv_opt){.ret_line = NULL},
                                  &t, &err),
                     TF_E_INPUT);
    assert_null(t);
    assert_string_equal(err.file, "t.csv");
    assert_int_equal(err.line, c->line);
    assert_int_equal(err.column, c->column);
    assert_non_null(strstr(err.what, c->says));
    assert_true(err.help[0] != '\0');
    END_TEST;
}

static void lines(void **state TF_UNUSED)
{
    BEGIN_TEST;
    static const char text[] = "a,b\n1,2\n\n\"x\ny\",3\n4,5\n";
    struct tf_table *t;
    size_t *line;
    assert_ok(tf_csv_parse(arena, "t.csv", text, strlen(text),
                           (struct tf_csv_opt){.ret_line = &line}, &t, &err));
    assert_int_equal(t->n_rows, 3);
    assert_int_equal(line[0], 2);
    assert_int_equal(line[1], 4);
    assert_int_equal(line[2], 6);
    assert_int_equal(t->col[1].type, TF_TEXT); /* numbers are not guessed unasked */
    END_TEST;
}

static void from_file(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_table *t;
    temp_write(arena, "f.csv", "a,b\n1,\n", 7);
    assert_ok(tf_csv_read(arena, temp_path(arena, "f.csv"),
                          (struct tf_csv_opt){.guess_numbers = true}, &t, &err));
    assert_string_equal(t->name, "f.csv");
    assert_int_equal(t->col[1].miss[0], TF_MISS_SYSTEM);
    temp_write(arena, "g.csv", "a,b\n1,\xC3\n", 8);
    assert_int_equal(tf_csv_read(arena, temp_path(arena, "g.csv"),
                                 (struct tf_csv_opt){.guess_numbers = true}, &t, &err),
                     TF_E_INPUT);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 3);
    assert_int_equal(tf_csv_read(arena, temp_path(arena, "none.csv"),
                                 (struct tf_csv_opt){.guess_numbers = true}, &t, &err),
                     TF_E_IO);
    END_TEST;
}

static void too_many_columns(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_buf b = {.arena = arena};
    struct tf_table *t;
    for (int k = 0; k < 20001; k++)
        tf_buf_printf(&b, "%sc%d", k == 0 ? "" : ",", k);
    assert_int_equal(
        tf_csv_parse(arena, "t", b.s, b.n, (struct tf_csv_opt){.ret_line = NULL}, &t, &err),
        TF_E_LIMIT);
    END_TEST;
}

int main(void)
{
    struct CMUnitTest tests[64];
    size_t n = 0;
    temp_begin();
    ADD_CASES(tests, n, good_cases, good);
    ADD_CASES(tests, n, bad_cases, bad);
    ADD_TEST(tests, n, "each row knows its line in the file", lines);
    ADD_TEST(tests, n, "a file is read, and its faults are named", from_file);
    ADD_TEST(tests, n, "more than 20,000 columns are a limit error", too_many_columns);
    const int failed = _cmocka_run_group_tests("base/csv", tests, n, NULL, NULL);
    temp_end();
    return failed;
}
