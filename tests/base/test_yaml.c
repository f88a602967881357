/* YAML: the tree and its places, what is refused, and typed questions. */
#include "ground.h"

#include "base/yaml.h"

static const char study[] = "title: A study\n"
                            "year: 2031\n"
                            "countries:\n"
                            "  - XA\n"
                            "  - NO\n"
                            "lead: XB\n"
                            "quiet: yes\n"
                            "nothing:\n"
                            "nested: {list: [1, 2], text: \"a: b\"}\n";

static void tree(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_yaml *y;
    assert_ok(tf_yaml_parse(arena, "study.yaml", 1, study, strlen(study), &y, &err));
    assert_int_equal(y->kind, TF_YAML_MAP);
    assert_int_equal(y->n, 7);
    const struct tf_yaml *c = tf_yaml_get(y, "countries");
    assert_int_equal(c->kind, TF_YAML_LIST);
    assert_int_equal(c->item[1]->line, 5);
    assert_int_equal(c->item[1]->column, 5);
    assert_string_equal(c->item[1]->text, "NO"); /* Norway is not false */
    const struct tf_yaml *text = tf_yaml_get(tf_yaml_get(y, "nested"), "text");
    assert_false(text->plain);
    assert_string_equal(text->text, "a: b");
    assert_int_equal(text->line, 9);
    assert_null(tf_yaml_get(y, "absent"));
    assert_null(tf_yaml_get(NULL, "absent"));
    END_TEST;
}

static void questions(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_yaml *y;
    const char *s, **list;
    size_t n;
    double x;
    bool yes;
    assert_ok(tf_yaml_parse(arena, "study.yaml", 1, study, strlen(study), &y, &err));
    assert_ok(tf_yaml_need_text(y, "title", &s, &err));
    assert_string_equal(s, "A study");
    assert_ok(tf_yaml_opt_text(y, "nothing", "otherwise", &s, &err));
    assert_string_equal(s, "otherwise");
    assert_ok(tf_yaml_need_number(y, "year", &x, &err));
    assert_true(x == 2031);
    assert_ok(tf_yaml_opt_number(y, "absent", 2.5, &x, &err));
    assert_true(x == 2.5);
    assert_ok(tf_yaml_opt_bool(y, "quiet", false, &yes, &err));
    assert_true(yes);
    assert_ok(tf_yaml_opt_texts(arena, y, "countries", &list, &n, &err));
    assert_int_equal(n, 2);
    assert_ok(tf_yaml_opt_texts(arena, y, "lead", &list, &n, &err));
    assert_int_equal(n, 1);
    assert_string_equal(list[0], "XB");
    assert_ok(tf_yaml_opt_texts(arena, y, "nothing", &list, &n, &err));
    assert_int_equal(n, 0);
    END_TEST;
}

static enum tf_code ask(const struct tf_yaml *y, const char *how, struct tf_err *reterr)
{
    static const char *const known[] = {"title",  "year",    "countries", "lead",
                                        "quiet",  "nothing", NULL};
    const char *s;
    double x;
    bool yes;
    if (strcmp(how, "known") == 0)
        return tf_yaml_known(y, known, reterr);
    if (strcmp(how, "number") == 0)
        return tf_yaml_need_number(y, "title", &x, reterr);
    if (strcmp(how, "bool") == 0)
        return tf_yaml_opt_bool(y, "lead", false, &yes, reterr);
    if (strcmp(how, "text") == 0)
        return tf_yaml_need_text(y, "countries", &s, reterr);
    if (strcmp(how, "empty") == 0)
        return tf_yaml_need_text(y, "nothing", &s, reterr);
    return tf_yaml_need_text(y, "absent", &s, reterr);
}

static struct ask_case {
    const char *name, *how;
    size_t line, column;
    const char *says;
} ask_cases[] = {
    {"an unknown key is named at its place", "known", 9, 1, "'nested'"},
    {"a text that is no number is named at its place", "number", 1, 8, "not a number"},
    {"a word that is neither true nor false is named", "bool", 6, 7, "true nor false"},
    {"a list where a text is wanted is named", "text", 4, 3, "list"},
    {"a key without a value is named", "empty", 8, 9, "no value"},
    {"a missing key is named at its map", "absent", 1, 1, "missing"},
};

static void asking(void **state)
{
    const struct ask_case *c = *state;
    BEGIN_TEST;
    struct tf_yaml *y;
    assert_ok(tf_yaml_parse(arena, "study.yaml", 1, study, strlen(study), &y, &err));
    assert_int_equal(ask(y, c->how, &err), TF_E_INPUT);
    assert_string_equal(err.file, "study.yaml");
    assert_int_equal(err.line, c->line);
    assert_int_equal(err.column, c->column);
    assert_non_null(strstr(err.what, c->says));
    END_TEST;
}

static struct bad_case {
    const char *name, *text;
    size_t line, column;
    const char *says;
} bad_cases[] = {
    {"an anchor is refused", "a: &x 1\n", 1, 4, "anchors"},
    {"an alias is refused", "a: *x\n", 1, 4, "anchors"},
    {"a tag is refused", "a: !!int 1\n", 1, 4, "tags"},
    {"a second document is refused", "a: 1\n---\nb: 2\n", 2, 1, "second document"},
    {"a key twice is refused at its second place", "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", 5, 3, "'c'"},
    {"a list as a key is refused", "? [a]\n: b\n", 1, 3, "key"},
    {"an empty text is refused", "", 1, 1, "nothing"},
    {"a comment alone is nothing", "# only this\n", 1, 1, "nothing"},
    {"a broken list is named where it ends", "a: [1, 2\nb: 3\n", 2, 2, "not YAML"},
    {"a tab as indentation is refused", "a:\n\tb: 1\n", 2, 1, "not YAML"},
    {"a colon in a bare text is refused", "a: b: c\n", 1, 5, "not YAML"},
    {"a stray byte is refused", "a: x\nb: \xFF\n", 2, 4, "not YAML"},
    {"a NUL by escape is refused", "a: \"\\0\"\n", 1, 4, "NUL"},
};

static void bad(void **state)
{
    const struct bad_case *c = *state;
    BEGIN_TEST;
    struct tf_yaml *y = NULL;
    assert_int_equal(tf_yaml_parse(arena, "x.yaml", 1, c->text, strlen(c->text), &y, &err),
                     TF_E_INPUT);
    assert_null(y);
    assert_non_null(strstr(err.what, c->says));
    assert_int_equal(err.line, c->line);
    assert_int_equal(err.column, c->column);
    END_TEST;
}

static void nearest_and_first_line(void **state TF_UNUSED)
{
    BEGIN_TEST;
    static const char *const known[] = {"country", "value", NULL};
    struct tf_yaml *y;
    assert_ok(tf_yaml_parse(arena, "claim.md", 11, "country: XA\nvalu: 3\n", 20, &y, &err));
    assert_int_equal(tf_yaml_known(y, known, &err), TF_E_INPUT);
    assert_int_equal(err.line, 12);
    assert_non_null(strstr(err.help, "'value'"));
    END_TEST;
}

static void depth(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_buf b = {.arena = arena};
    struct tf_yaml *y;
    for (int k = 0; k < 32; k++)
        tf_buf_char(&b, '[');
    for (int k = 0; k < 32; k++)
        tf_buf_char(&b, ']');
    assert_ok(tf_yaml_parse(arena, "d", 1, b.s, b.n, &y, &err));
    const char *deeper = tf_printf(arena, "[%s]", b.s);
    assert_int_equal(tf_yaml_parse(arena, "d", 1, deeper, strlen(deeper), &y, &err), TF_E_INPUT);
    assert_non_null(strstr(err.what, "deep"));
    END_TEST;
}

static void out_of_memory(void **state TF_UNUSED)
{
    BEGIN_TEST;
    for (size_t k = 1; k < 40; k++) {
        struct tf_err failed;
        struct tf_guard inner;
        const enum tf_code at = tf_guard_begin(&inner, &failed);
        if (at != TF_OK) {
            assert_int_equal(at, TF_E_MEMORY);
            continue;
        }
        struct tf_arena *a = tf_arena_new("tree", (size_t)1 << 20);
        struct tf_yaml *y;
        (void)tf_arena_fail_at(k);
        (void)!tf_yaml_parse(a, "s", 1, study, strlen(study), &y, &failed);
        (void)tf_arena_fail_at(0);
        tf_arena_free(a);
        tf_guard_end(&inner);
    }
    END_TEST;
}

int main(void)
{
    struct CMUnitTest tests[40];
    size_t n = 0;
    temp_begin();
    ADD_TEST(tests, n, "a tree knows kinds, texts and places", tree);
    ADD_TEST(tests, n, "questions are answered in their type", questions);
    ADD_CASES(tests, n, ask_cases, asking);
    ADD_CASES(tests, n, bad_cases, bad);
    ADD_TEST(tests, n, "the nearest key is offered, lines count from the head", nearest_and_first_line);
    ADD_TEST(tests, n, "32 levels are read and 33 refused", depth);
    ADD_TEST(tests, n, "whichever allocation fails, nothing leaks", out_of_memory);
    const int failed = _cmocka_run_group_tests("base/yaml", tests, n, NULL, NULL);
    temp_end();
    return failed;
}
