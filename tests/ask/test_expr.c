/* Expressions: what they mean, beside libxml2 where the two must agree, and what is wrong with them. */
#include "house.h"

#include <libxml/xpath.h>

#include "forms.h"

static const char now[] = "2026-11-24T10:00:00.000+07:00";

struct world {
    struct tf_xform *form;
    struct tf_instance *in;
};

static struct world world_of(struct house *h, const char *form, const char *answers)
{
    struct world w = {NULL, NULL};
    if (tf_xform_parse(h->arena, "f.xml", form, strlen(form), NULL, &w.form, &h->err) != TF_OK ||
        tf_instance_read(h->arena, w.form, answers, strlen(answers), &w.in, &h->err) != TF_OK)
        fail_msg("%s (%s)", h->err.what, h->err.fact);
    return w;
}

static size_t answer_at(const struct world *w, const char *path, size_t nth)
{
    for (size_t k = 0; k < w->in->n_answers; k++)
        if (strcmp(w->in->answer[k].path, path) == 0 && nth-- == 0)
            return k;
    fail_msg("no answer %s", path);
    return 0;
}

/* The text of an expression's value, or the error's first sentence behind '!'. */
static const char *value_of(struct house *h, const struct world *w, const char *text, size_t answer)
{
    const struct tf_xscope scope = {.form = w->form, .instance = w->in, .answer = answer,
                                    .now = now, .language = NULL, .seed = 7};
    struct tf_xpath *x;
    struct tf_xvalue v;
    struct tf_err err;
    if (tf_xpath_parse(h->arena, text, "f.xml", 3, &x, &err) != TF_OK ||
        tf_xpath_eval(h->arena, x, &scope, &v, &err) != TF_OK)
        return tf_printf(h->arena, "!%s", err.what);
    return tf_xvalue_text(h->arena, &v, &scope);
}

static const struct {
    const char *text, *value;
} cases[] = {
    /* numbers, texts, truth */
    {"1 + 2 * 3", "7"}, {"(1 + 2) * 3", "9"}, {"7 mod 3", "1"}, {"-7 mod 3", "-1"}, {"1 div 0", "Infinity"},
    {"-1 div 0", "-Infinity"}, {"0 div 0", "NaN"}, {"10 div 4", "2.5"}, {"--3", "3"}, {"- 3", "-3"},
    {"2 - -1", "3"}, {"1 - 1 - 1", "-1"}, {"8 div 2 div 2", "2"}, {".5 + 5.", "5.5"},
    {"1000000 * 1000000 * 1000000 * 1000000", "1000000000000000000000000"}, {"1 div 1000000000", "0.000000001"},
    {"'1' + '2'", "3"}, {"'a' + 1", "NaN"}, {"' 4 ' * 2", "8"}, {"'1e3' + 0", "NaN"}, {"'' + 1", "NaN"},
    {"1 = '1'", "true"}, {"'a' = 'a'", "true"}, {"'a' != 'a'", "false"}, {"true() = 'x'", "true"},
    {"1 < 2 and 2 < 3", "true"}, {"1 > 2 or 3 >= 3", "true"}, {"'2' < '10'", "true"}, {"not(1 = 1)", "false"},
    {"true() and false()", "false"}, {"boolean('')", "false"}, {"boolean('false')", "true"},
    {"boolean-from-string('TRUE')", "true"}, {"boolean-from-string('yes')", "false"},
    {"if(1 > 2, 'a', 'b')", "b"}, {"if('', 'a', 'b')", "b"}, {"coalesce('', 'b')", "b"},
    {"coalesce('a', 'b')", "a"}, {"coalesce(/data/none, /data/age)", "14"}, {"number('x') = number('x')", "false"},
    /* texts */
    {"concat('a', 1, true())", "a1true"}, {"concat(/data/kid/name)", "onetwo"}, {"concat()", ""},
    {"join(', ', /data/kid/name, 'x')", "one, two, x"}, {"join('-', 'a')", "a"}, {"join('-')", ""},
    {"substr('abcdef', 1, 3)", "bc"}, {"substr('abcdef', -2)", "ef"}, {"substr('abc', 2, 1)", ""},
    {"substr('né!', 1, 2)", "é"}, {"substring('12345', 2, 3)", "234"}, {"substring('12345', 1.5, 2.6)", "234"},
    {"substring('12345', 0 div 0, 3)", ""}, {"substring('12345', -42, 1 div 0)", "12345"},
    {"substring-before('1999/04', '/')", "1999"}, {"substring-before('a', 'b')", ""},
    {"substring-after('1999/04', '/')", "04"}, {"translate('bar', 'abc', 'AB')", "BAr"},
    {"translate('--aé--', 'é-', 'e')", "ae"}, {"string-length('né')", "2"}, {"string-length('')", "0"},
    {"normalize-space('  a  b ')", "a b"}, {"contains('abc', 'b')", "true"}, {"starts-with('abc', 'ab')", "true"},
    {"ends-with('abc', 'bc')", "true"}, {"string(3.10)", "3.1"}, {"string(/data/kid)", "one1.jpg"},
    {"regex('12:30', '[0-9]{2}:[0-9]{2}')", "true"}, {"regex('x12:30', '[0-9]{2}:[0-9]{2}')", "false"},
    {"regex('é', '.')", "true"}, {"regex('a-b', '\\w-\\w')", "true"}, {"regex('ab', '(?=a)\\p{L}+')", "true"},
    {"regex('a', '(')", "false"},
    {"digest('abc', 'MD5', 'hex')", "900150983cd24fb0d6963f7d28e17f72"},
    {"digest('abc', 'SHA-1', 'hex')", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"digest('abc', 'SHA-256', 'hex')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"digest('abc', 'SHA-256')", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
    {"string-length(digest('abc', 'SHA-512', 'hex'))", "128"}, {"string-length(digest('', 'SHA-384', 'hex'))", "96"},
    {"digest('abc', 'CRC')", "!digest() knows MD5, SHA-1, SHA-256, SHA-384 and SHA-512 only"},
    {"base64-decode('dHJlZm9pbA==')", "trefoil"}, {"base64-decode('')", ""},
    {"string-length(uuid())", "36"}, {"substring(uuid(), 15, 1)", "4"}, {"string-length(uuid(7))", "7"},
    /* numbers again */
    {"int(7.9)", "7"}, {"int(-7.9)", "-7"}, {"round(2.5)", "3"}, {"round(-2.5)", "-2"}, {"round(2.675, 2)", "2.68"},
    {"round(1234.5, -2)", "1200"}, {"floor(-1.5)", "-2"}, {"ceiling(1.2)", "2"}, {"abs(-3)", "3"}, {"pow(2, 10)", "1024"},
    {"sqrt(9)", "3"}, {"exp10(3)", "1000"}, {"log10(1000)", "3"}, {"round(pi(), 4)", "3.1416"}, {"round(atan2(1, 1) * 4, 4)", "3.1416"},
    {"sum(/data/kid/n)", "0"}, {"max(1, '3', 2)", "3"}, {"min(/data/age, 20)", "14"}, {"max()", "NaN"},
    /* nodes */
    {"/data/age", "14"}, {"/data/age = 14", "true"}, {"count(/data/kid)", "2"}, {"count(//name)", "2"}, {"count(/data/*)", "7"},
    {"/data/kid[2]/name", "two"}, {"/data/kid[name = 'two']/photo", "2.jpg"}, {"/data/kid[position() = last()]/name", "two"},
    {"count(/data/kid[photo])", "2"}, {"/data/orx:meta/orx:audit", "audit.csv"}, {"count(/data/none)", "0"},
    {"/data/@version", "3"}, {"/data/kid/name = 'two'", "true"}, {"/data/kid/name != 'two'", "true"},
    {"count(/data/age | /data/who | /data/age)", "2"}, {"name(/data/kid)", "kid"}, {"count-non-empty(/data/kid/name)", "2"},
    {"count(/data/kid/name/ancestor::*)", "3"}, {"count(/data/kid[1]/following-sibling::*)", "3"},
    {"count(/data/kid[2]/preceding-sibling::kid)", "1"}, {"/data/total/preceding-sibling::*[1]/name", "two"},
    {"string(/data/kid/name/text())", "one"}, {"count(/descendant::photo)", "2"}, {"/data/child::age", "14"},
    /* repeats: the context is the second kid's name */
    {".", "two"}, {"../photo", "2.jpg"}, {"position(..)", "2"}, {"current()/../photo", "2.jpg"},
    {"/data/kid[position() = position(current()/..) - 1]/name", "one"}, {"count(../../kid)", "2"},
    {"indexed-repeat(/data/kid/name, /data/kid, 1)", "one"}, {"indexed-repeat(/data/kid/name, /data/kid, position(..) - 1)", "one"},
    {"indexed-repeat(/data/kid/name, /data/kid, 9)", ""}, {"once('x')", "two"},
    /* choices and secondary instances */
    {"selected('a b c', 'b')", "true"}, {"selected('a bc', 'b')", "false"}, {"selected('', '')", "true"},
    {"is-selected('a', ' a ')", "true"}, {"selected-at('a b c', 2)", "c"}, {"selected-at('a b', 2)", ""},
    {"selected-at('a', -1)", ""}, {"count-selected(' a  b ')", "2"}, {"count-selected('')", "0"},
    {"instance('yesno')/root/item[name = '0']/itextId", "yesno-1"}, {"count(instance('yesno')/root/item)", "2"},
    {"instance('yesno')/root/item[name = current()/../../net]/itextId", "yesno-0"}, {"count(instance('none')/root)", "0"},
    {"jr:choice-name(/data/net, '/data/net')", "Yes"}, {"jr:choice-name('0', ' /data/net ')", "No"},
    {"jr:choice-name('7', '/data/net')", ""}, {"pulldata('yesno', 'itextId', 'name', '1')", "yesno-0"},
    {"pulldata('areas', 'a', 'b', '1')", ""},
    {"checklist(1, 2, 1, '0', true())", "true"}, {"checklist(-1, 1, 1, 1)", "false"}, {"checklist(2, -1, 1, 1, 0)", "true"},
    {"weighted-checklist(3, 5, 1, 2, 1, 2, 0, 9)", "true"}, {"weighted-checklist(5, 9, 1, 2)", "false"},
    /* dates */
    {"today()", "2026-11-24"}, {"now()", now}, {"today() > '2020-02-29'", "true"}, {"number('1970-01-02')", "1"},
    {"number('1970-01-01T06:00:00Z')", "0.25"}, {"number('1970-01-01T07:00:00+07:00')", "0"}, {"number('2021-02-29')", "NaN"},
    {"date(18000)", "2019-04-14"}, {"date('2019-04-14T10:00:00Z')", "2019-04-14"}, {"date('x')", ""}, {"date(-1)", "1969-12-31"},
    {"date-time(0.5)", "1970-01-01T12:00:00.000Z"}, {"'2020-03-01' - '2020-02-01'", "29"},
    {"format-date('2019-04-04', '%Y/%m/%d %n %e %y %b %a')", "2019/04/04 4 4 19 Apr Thu"},
    {"format-date-time('2019-04-04T09:05:07.250Z', '%H:%M:%S.%3 %h')", "09:05:07.250 9"}, {"format-date('', '%Y')", ""},
    {"decimal-date-time('1970-01-01T12:00:00Z')", "0.5"}, {"decimal-time('18:00:00.000+07:00')", "0.75"},
    {"int((today() - date('2010-12-01')) div 365.25)", "15"},
    /* places */
    {"distance('0 0 0 0; 0 1 0 0')", "111318.85"}, {"distance('0 0')", "0"}, {"distance('x y; 1 2')", "NaN"},
    {"area('0 0; 0 1; 1 1; 1 0; 0 0') > 12380000000", "true"}, {"area('0 0; 0 1')", "0"},
    {"geofence('0.5 0.5', '0 0; 0 1; 1 1; 1 0; 0 0')", "true"}, {"geofence('2 2', '0 0; 0 1; 1 1; 0 0')", "false"},
    /* what is no value */
    {"count('a')", "!count() takes nodes, such as count(/data/kid)"}, {"sum(1)", "!sum() takes nodes, such as sum(/data/person/age)"},
    {"1 | 2", "!'|' joins nodes only"}, {"'a'/b", "!only nodes can be followed by '/' or '['"},
    {"count(//*[count(//*[count(//*) > 0]) > 0])", "14"},
};

static void expressions_mean_what_odk_says(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    const struct world w = world_of(&h, xf_household, xf_household_answer);
    const size_t at = answer_at(&w, "/data/kid/name", 1);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *got = value_of(&h, &w, cases[k].text, at);
        const bool close = *cases[k].value == '!' && strncmp(got, cases[k].value, 10) == 0;
        if (strcmp(got, cases[k].value) != 0 && !close)
            fail_msg("%s is %s, not %s", cases[k].text, got, cases[k].value);
    }
    OUT_OF_HOUSE(h);
}

/* The orders that Enketo, Collect and web forms give for six nodes and these seeds. */
static void randomize_with_a_seed_gives_the_order_of_the_clients(void **state TF_UNUSED)
{
    static const struct {
        const char *seed, *order;
    } known[] = {{"42", "AFCBDE"}, {"-42", "EDAFBC"}, {"1", "BFEACD"}, {"11111111", "ACDBFE"}};
    static const char form[] =
        XF_FORM("<r><v/></r>", "", "<repeat nodeset=\"/data/r\"><input ref=\"/data/r/v\"><label>V</label>"
                "</input></repeat>");
    static const char answers[] =
        "<data id=\"test\"><r><v>A</v></r><r><v>B</v></r><r><v>C</v></r><r><v>D</v></r><r><v>E</v></r>"
        "<r><v>F</v></r></data>";
    IN_HOUSE(h);
    const struct world w = world_of(&h, form, answers);
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        const char *text = tf_printf(h.arena, "join('', randomize(/data/r/v, %s))", known[k].seed);
        assert_string_equal(value_of(&h, &w, text, 0), known[k].order);
    }
    OUT_OF_HOUSE(h);
}

static void chance_has_a_seed(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    const struct world w = world_of(&h, xf_household, xf_household_answer);
    assert_string_equal(value_of(&h, &w, "random()", 1), value_of(&h, &w, "random()", 1));
    assert_string_not_equal(value_of(&h, &w, "random()", 1), value_of(&h, &w, "random()", 2));
    assert_string_not_equal(value_of(&h, &w, "uuid()", 1), value_of(&h, &w, "uuid()", 2));
    OUT_OF_HOUSE(h);
}

static void a_fault_names_its_column_and_the_remedy(void **state TF_UNUSED)
{
    static const struct {
        const char *text;
        size_t column;
        const char *says, *help;
    } faults[] = {
        {"", 1, "is empty", "Finish"},
        {"   ", 4, "ends where a value", "Finish"},
        {"1 +", 4, "ends where a value", "last operator"},
        {"selectd(/data/a, 1)", 1, "no function selectd()", "Did you mean selected()?"},
        {"jr:choicename(1, 2)", 1, "no function jr:choicename()", "jr:choice-name()"},
        {"1 + contains('a')", 5, "contains() has 1 argument", "It takes 2."},
        {"join()", 1, "join() has 0 arguments", "1 or more"},
        {"indexed-repeat(/a, /b, 1, 2)", 1, "has 4 arguments", "pairs"},
        {"weighted-checklist(1, 2, 3)", 1, "has 3 arguments", "pairs"},
        {"(1 + 2", 1, "'(' is not closed", "Close"},
        {"/data/a[1", 8, "'[' is not closed", "Close"},
        {"1 + 2)", 6, "')' closes nothing", "Take it away"},
        {"'abc", 1, "does not end", "quotes"},
        {"/data/a == 1", 10, "written so", "XPath writes ="},
        {"a && b", 3, "written so", "and"},
        {"a || b", 4, "written so", "or"},
        {"${age} > 1", 1, "'$'", "XLSForm"},
        {"\xE2\x80\x98yes\xE2\x80\x99", 1, "word processor", "straight"},
        {"a = \xE2\x80\x9Cyes\xE2\x80\x9D", 5, "word processor", "straight"},
        {"/data/1a", 7, "a name is expected", "name of a field"},
        {"12abc", 1, "runs into a name", "quotes"},
        {"a b", 3, "goes on where it should end", "operator"},
        {"sibling::a", 1, "axis", "child"},
        {"/data/foo()", 7, "cannot stand in a path", "node()"},
    };
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
        struct tf_xpath *x;
        if (tf_xpath_parse(h.arena, faults[k].text, "f.xml", 3, &x, &h.err) != TF_E_INPUT ||
            h.err.column != faults[k].column || strstr(h.err.what, faults[k].says) == NULL ||
            strstr(h.err.help, faults[k].help) == NULL)
            fail_msg("%s: column %zu: %s (%s)", faults[k].text, h.err.column, h.err.what, h.err.help);
    }
    OUT_OF_HOUSE(h);
}

static void depth_length_and_work_have_limits(void **state TF_UNUSED)
{
    struct tf_xpath *x;
    IN_HOUSE(h);
    struct tf_buf deep = {.arena = h.arena}, wide = {.arena = h.arena}, text = {.arena = h.arena};
    for (int k = 0; k < 250; k++)
        tf_buf_char(&deep, '(');
    assert_int_equal(tf_xpath_parse(h.arena, deep.s, NULL, 0, &x, &h.err), TF_E_INPUT);
    assert_non_null(strstr(h.err.what, "deeper than 200"));
    tf_buf_add(&wide, "1");
    for (int k = 0; k < 16000; k++)
        tf_buf_add(&wide, " +1");
    OK(tf_xpath_parse(h.arena, wide.s, NULL, 0, &x, &h.err));
    const struct world w = world_of(&h, xf_household, xf_household_answer);
    assert_string_equal(value_of(&h, &w, wide.s, 0), "16001");
    for (int k = 0; k < 70000; k++)
        tf_buf_char(&wide, ' ');
    assert_int_equal(tf_xpath_parse(h.arena, wide.s, NULL, 0, &x, &h.err), TF_E_LIMIT);
    tf_buf_add(&text, "count(");
    for (int k = 0; k < 6; k++)
        tf_buf_add(&text, "//*[count(");
    tf_buf_add(&text, "//*");
    for (int k = 0; k < 6; k++)
        tf_buf_add(&text, ") > 0]");
    tf_buf_add(&text, ")");
    assert_non_null(strstr(value_of(&h, &w, text.s, 0), "takes too long"));
    OUT_OF_HOUSE(h);
}

static void what_an_expression_reads(void **state TF_UNUSED)
{
    static const struct {
        const char *text, *paths;
    } reads[] = {
        {"1 + 2", ""},
        {". > 1", "/data/kid/name"},
        {"../photo != '' and /data/age > 3", "/data/kid/photo /data/age"},
        {"/data/kid[name = 'x' and ../age]/photo", "/data/kid/name /data/age /data/kid/photo"},
        {"instance('yesno')/root/item[name = current()/../../net]/label", "/data/net"},
        {"count(//name)", "//name"},
        {"sum(/data/*)", "/data/*"},
        {"/data/orx:meta/@id", "/data/meta/@id"},
        {"position(..)", "/data/kid"},
        {"jr:choice-name('1', '../photo')", "/data/kid/photo"},
        {"/data/age + /data/age", "/data/age"},
        {"../../../../x", ""},
    };
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof reads / sizeof *reads; k++) {
        struct tf_xpath *x;
        const char **path;
        struct tf_buf b = {.arena = h.arena};
        OK(tf_xpath_parse(h.arena, reads[k].text, NULL, 0, &x, &h.err));
        const size_t n = tf_xpath_paths(h.arena, x, "/data/kid/name", &path);
        for (size_t j = 0; j < n; j++)
            tf_buf_printf(&b, "%s%s", j == 0 ? "" : " ", path[j]);
        assert_string_equal(tf_buf_text(&b), reads[k].paths);
    }
    OUT_OF_HOUSE(h);
}

/* ---- beside libxml2 ----------------------------------------------------------------------------- */

static const char peer_doc[] =
    "<data id=\"t\" v=\"2\"><a>1</a><b x=\"7\">2</b><g><a>3</a><c>two words</c><g><a>-4</a></g></g>"
    "<r><n>5</n><t>x</t></r><r><n>6</n><t/></r><r><n>7</n><t>y</t></r><e/></data>";
static const char peer_form[] = XF_OPEN("P") "<instance><other id=\"t\"><q/></other></instance>" XF_BODY
    "<input ref=\"/other/q\"><label>Q</label></input>" XF_CLOSE;

struct maker { /* random expressions of what both must know alike */
    struct tf_rng rng;
    struct tf_buf b;
};

static void make(struct maker *m, int depth);

static void one_of(struct maker *m, const char *const *of, uint32_t n)
{
    tf_buf_add(&m->b, of[tf_rng_below(&m->rng, n)]);
}

static void make_path(struct maker *m, int depth)
{
    static const char *const starts[] = {"/data/", "//", "/data/g/", "/data/r/", "", "../", "./"};
    /* behind "//" come elements only: we have no nodes of text (or of the document) to step from */
    static const char *const steps[] = {"a", "b", "g", "r", "n", "t", "*", "e", "r[2]", "r[last()]",
                                        "descendant::a", "@x", "ancestor::*", "following-sibling::*",
                                        "preceding-sibling::*", "..", ".", "self::*",
                                        "ancestor-or-self::*[1]", "preceding-sibling::*[1]"};
    const uint32_t start = tf_rng_below(&m->rng, 7);
    tf_buf_add(&m->b, starts[start]);
    one_of(m, steps, start == 1 ? 12 : 20);
    for (uint32_t k = tf_rng_below(&m->rng, 3); k > 0; k--) {
        if (depth > 0 && tf_rng_below(&m->rng, 3) == 0) {
            tf_buf_char(&m->b, '[');
            make(m, depth - 1);
            tf_buf_char(&m->b, ']');
        }
        const bool below = tf_rng_below(&m->rng, 5) == 0;
        tf_buf_add(&m->b, below ? "//" : "/");
        one_of(m, steps, below ? 12 : 20);
    }
}

static void make_call(struct maker *m, int depth)
{
    static const char *const one[] = {"string-length(string(", "not((", "normalize-space(string(",
                                      "boolean((", "floor(number(", "round(number(", "string((",
                                      "number(("};
    static const char *const two[] = {"contains(", "starts-with(", "substring-before(",
                                      "substring-after("};
    static const char *const sets[] = {"count(", "name("};
    const uint32_t kind = tf_rng_below(&m->rng, 3);
    if (kind == 0) {
        one_of(m, sets, 2);
        make_path(m, depth - 1);
        tf_buf_char(&m->b, ')');
        return;
    }
    one_of(m, kind == 1 ? one : two, kind == 1 ? 8 : 4);
    tf_buf_add(&m->b, kind == 1 ? "" : "string(");
    make(m, depth - 1);
    tf_buf_add(&m->b, kind == 1 ? "" : "), string(");
    if (kind == 2)
        make(m, depth - 1);
    tf_buf_add(&m->b, "))");
}

static void make(struct maker *m, int depth)
{
    static const char *const leaves[] = {"1", "2", "0", "'x'", "'two words'", "''", "true()", "10",
                                         "position()", "last()", "'3'"};
    static const char *const ops[] = {" + ", " - ", " * ", " = ", " != ", " < ", " >= ", " and ",
                                      " or ", " <= ", " > "};
    const uint32_t kind = depth <= 0 ? tf_rng_below(&m->rng, 2) : tf_rng_below(&m->rng, 6);
    if (kind == 0) {
        one_of(m, leaves, 11);
    } else if (kind == 1) {
        make_path(m, depth);
    } else if (kind == 2) {
        make_call(m, depth);
    } else {
        tf_buf_add(&m->b, kind == 3 ? "(" : kind == 4 && tf_rng_below(&m->rng, 4) == 0 ? "-(" : "(");
        make(m, depth - 1);
        one_of(m, ops, 11);
        make(m, depth - 1);
        tf_buf_char(&m->b, ')');
    }
}

static void be_silent(void *ctx TF_UNUSED, const char *format TF_UNUSED, ...)
{
}

static const char *peer_value(struct house *h, xmlXPathContext *xp, const char *text)
{
    xmlXPathObject *o = xmlXPathEval((const xmlChar *)text, xp);
    if (o == NULL)
        return "!";
    const char *value;
    if (o->type == XPATH_NUMBER) {
        struct tf_buf b = {.arena = h->arena};
        tf_buf_double(&b, o->floatval == 0 ? 0 : o->floatval);
        value = isinf(o->floatval) ? (o->floatval < 0 ? "-Infinity" : "Infinity") : tf_buf_text(&b);
    } else {
        xmlChar *s = xmlXPathCastToString(o);
        value = tf_strdup(h->arena, (const char *)s);
        xmlFree(s);
    }
    if (o->type == XPATH_NODESET)
        value = tf_printf(h->arena, "%d nodes: %s", xmlXPathNodeSetGetLength(o->nodesetval), value);
    xmlXPathFreeObject(o);
    return value;
}

static const char *our_value(struct house *h, const struct world *w, const char *text, size_t answer)
{
    const struct tf_xscope scope = {.form = w->form, .instance = w->in, .answer = answer};
    struct tf_xpath *x;
    struct tf_xvalue v;
    if (tf_xpath_parse(h->arena, text, NULL, 0, &x, &h->err) != TF_OK ||
        tf_xpath_eval(h->arena, x, &scope, &v, &h->err) != TF_OK)
        return "!";
    const char *value = tf_xvalue_text(h->arena, &v, &scope);
    if (v.kind == TF_XV_NODES && strchr(text, '@') == NULL && v.n_nodes > 0)
        return tf_printf(h->arena, "%zu nodes: %s", v.n_nodes, value);
    return value;
}

/* 3,000 random expressions, at four places of a document, give what libxml2's XPath gives. */
static void plain_xpath_agrees_with_libxml2(void **state TF_UNUSED)
{
    static const char *const places[] = {"/data", "/data/g/g/a", "/data/r/n", "/data/e"};
    IN_HOUSE(h);
    const struct world w = world_of(&h, peer_form, peer_doc);
    xmlDoc *doc = xmlReadMemory(peer_doc, (int)strlen(peer_doc), NULL, NULL, XML_PARSE_NONET);
    xmlXPathContext *xp = xmlXPathNewContext(doc);
    xmlSetGenericErrorFunc(NULL, be_silent);
    struct maker m = {.rng = tf_rng_named("test/expr/peer")};
    size_t nodes = 0, errors = 0;
    for (int k = 0; k < 3000; k++) {
        struct tf_arena *scratch = tf_arena_new("one", (size_t)64 << 20);
        struct tf_arena *outer = h.arena;
        const size_t at = answer_at(&w, places[k % 4], 0);
        m.b = (struct tf_buf){.arena = scratch};
        make(&m, 3);
        const char *text = tf_buf_text(&m.b);
        xmlXPathObject *here = xmlXPathEval((const xmlChar *)places[k % 4], xp);
        xp->node = here->nodesetval->nodeTab[0];
        xp->contextSize = xp->proximityPosition = 1;
        xmlXPathFreeObject(here);
        h.arena = scratch;
        const char *peer = peer_value(&h, xp, text), *ours = our_value(&h, &w, text, at);
        h.arena = outer;
        /* ".[x]" is no XPath 1.0, but JavaRosa takes it, and so do we */
        const bool more_here = *peer == '!' && strstr(text, ".[") != NULL;
        const char *bare = strncmp(peer, "0 nodes: ", 9) == 0 ? peer + 9 : peer;
        const bool attributes = strchr(text, '@') != NULL || strstr(bare, " nodes: ") != NULL;
        if (!more_here && strcmp(bare, ours) != 0 &&
            !(attributes && strstr(bare, ": ") != NULL && strcmp(strstr(bare, ": ") + 2, ours) == 0))
            fail_msg("%s at %s is %s here, %s in libxml2", text, places[k % 4], ours, peer);
        nodes += strstr(peer, " nodes: ") != NULL;
        errors += *peer == '!';
        xp->node = NULL;
        tf_arena_free(scratch);
    }
    assert_true(nodes > 300 && errors < 300); /* the expressions are of all kinds */
    xmlXPathFreeContext(xp);
    xmlFreeDoc(doc);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_mean_what_odk_says),
        cmocka_unit_test(randomize_with_a_seed_gives_the_order_of_the_clients),
        cmocka_unit_test(chance_has_a_seed),
        cmocka_unit_test(a_fault_names_its_column_and_the_remedy),
        cmocka_unit_test(depth_length_and_work_have_limits),
        cmocka_unit_test(what_an_expression_reads),
        cmocka_unit_test(plain_xpath_agrees_with_libxml2),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("ask: expr", tests, NULL, NULL);
}
