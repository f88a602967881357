/* What lint finds in a form, and what it must not find: it never calls reachable what is not. */
#include "house.h"

#include "ask/lint.h"
#include "forms.h"

#define INPUT(path) "<input ref=\"" path "\"><label>Q</label></input>"
#define BIND(path, more) "<bind nodeset=\"" path "\" " more "/>"
#define ITEM(v) "<item><label>Choice " v "</label><value>" v "</value></item>"
#define ONE(path) "<select1 ref=\"" path "\"><label>S</label>" ITEM("1") ITEM("2") ITEM("999") "</select1>"
#define MANY(path) "<select ref=\"" path "\"><label>M</label>" ITEM("a") ITEM("b") ITEM("c") "</select>"
/* Fields a (one of 1, 2, 999), m (any of a, b, c), n (int), d (decimal), t (text), q. */
#define FORM(binds) XF_FORM("<a/><m/><n/><d/><t/><g><q/></g>", BIND("/data/n", "type=\"int\"")          \
    BIND("/data/d", "type=\"decimal\"") binds, ONE("/data/a") MANY("/data/m") INPUT("/data/n")          \
    INPUT("/data/d") INPUT("/data/t") "<group ref=\"/data/g\">" INPUT("/data/g/q") "</group>")
#define ASK(relevant) FORM(BIND("/data/g/q", "relevant=\"" relevant "\""))

static struct tf_notices lint(struct house *h, const char *xml, const struct tf_study *study)
{
    struct tf_notices out = {.arena = h->arena};
    struct tf_xform *f = NULL;
    if (tf_xform_parse(h->arena, "f.xml", xml, strlen(xml), NULL, &f, &h->err) != TF_OK)
        fail_msg("%s (%s)", h->err.what, h->err.fact);
    tf_form_lint(h->arena, f, study, NULL, 0, &out);
    return out;
}

static const char *found(const struct tf_notices *out, const char *id)
{
    for (size_t k = 0; k < out->n; k++)
        if (strcmp(out->item[k].id, id) == 0)
            return out->item[k].text;
    return NULL;
}

static void questions_that_nobody_can_reach(void **state TF_UNUSED)
{
    static const struct {
        const char *xml;
        bool never;
    } forms[] = {
        {ASK("false()"), true},
        {ASK("/data/a = 1"), false},
        {ASK("/data/a = 3"), true},
        {ASK("/data/a = 1 and /data/a = 2"), true},
        {ASK("/data/a = 1 or /data/a = 3"), false},
        {ASK("selected(/data/a, '7')"), true},
        {ASK("selected(/data/m, 'a') and selected(/data/m, 'b')"), false},
        {ASK("selected(/data/m, 'd')"), true},
        {ASK("selected(/data/m, 'a') and not(selected(/data/m, 'a'))"), true},
        {ASK("not(selected(/data/m, 'a')) and /data/m != ''"), false},
        {ASK("/data/n &gt; 5 and /data/n &lt; 7"), false},
        {ASK("/data/n &gt; 5 and /data/n &lt; 6"), true},
        {ASK("/data/d &gt; 5 and /data/d &lt; 6"), false},
        {ASK("/data/n &gt; 7 and /data/n &lt; 5"), true},
        {ASK("/data/n = ''"), false},
        {ASK("/data/t = '' and /data/t != ''"), true},
        {ASK("/data/t != ''"), false},
        {ASK("/data/t = 'x' and /data/t = 'y'"), false},  /* texts are not tried */
        {ASK("/data/n + 1 = 0 and /data/n &gt; 5"), false}, /* nor arithmetic */
        {ASK("today() &lt; '1990-01-01'"), false},         /* nor the clock */
        {ASK("random() &gt; 2"), false},                   /* nor chance */
        {ASK("string-length(string(/data/a)) &gt; 3"), true},
        {ASK("if(/data/a = 1, /data/n &gt; 3, false()) and /data/a = 2"), true},
        {FORM(BIND("/data/a", "relevant=\"/data/n = 1\"") BIND("/data/g", "relevant=\"/data/a = 1\"")
              BIND("/data/g/q", "relevant=\"/data/a = 2\"")), true},
        {FORM(BIND("/data/n", "constraint=\". &gt;= 9 and . &lt;= 17\"") BIND("/data/g/q",
              "relevant=\"/data/n &gt; 17\"")), true},
        {FORM(BIND("/data/n", "constraint=\". &gt;= 9 and . &lt;= 18\"") BIND("/data/g/q",
              "relevant=\"/data/n &gt; 17\"")), false},
        {FORM(BIND("/data/n", "calculate=\"2\"") BIND("/data/g/q", "relevant=\"/data/n &gt; 3 and "
              "/data/n &lt; 2\"")), false}, /* nobody fills in a calculation: nothing is said */
    };
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
        const struct tf_notices out = lint(&h, forms[k].xml, NULL);
        if ((found(&out, "unreachable") != NULL) != forms[k].never)
            fail_msg("form %zu: %s", k, forms[k].never ? "not found" : found(&out, "unreachable"));
    }
    OUT_OF_HOUSE(h);
}

static void constraints_that_nothing_can_meet(void **state TF_UNUSED)
{
    static const struct {
        const char *xml;
        bool never;
    } forms[] = {
        {FORM(BIND("/data/n", "constraint=\". &gt; 17 and . &lt; 9\"")), true},
        {FORM(BIND("/data/n", "constraint=\". &gt; 9 and . &lt; 17\"")), false},
        {FORM(BIND("/data/n", "constraint=\". = 1.5\"")), true},
        {FORM(BIND("/data/d", "constraint=\". = 1.5\"")), false},
        {FORM(BIND("/data/d", "constraint=\". &gt; 1.5 and . &lt; 1.6\"")), false},
        {FORM(BIND("/data/a", "constraint=\". = 4\"")), true},
        {FORM(BIND("/data/a", "constraint=\". = 1 or /data/n = 4\"")), false},
        {FORM(BIND("/data/m", "constraint=\"not(selected(., 'a') and selected(., 'b'))\"")), false},
        {FORM(BIND("/data/m", "constraint=\"selected(., 'z')\"")), true},
        {FORM(BIND("/data/t", "constraint=\"regex(., '[0-9]+') and false()\"")), false},
        {FORM(BIND("/data/n", "constraint=\". = ''\"")), true},
    };
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
        const struct tf_notices out = lint(&h, forms[k].xml, NULL);
        if ((found(&out, "constraint-never") != NULL) != forms[k].never)
            fail_msg("form %zu: %s", k, forms[k].never ? "not found" : found(&out, "constraint-never"));
    }
    OUT_OF_HOUSE(h);
}

/* Whatever is said of random relevances, some answers that were tried at random do not refute it. */
static void what_is_called_unreachable_is(void **state TF_UNUSED)
{
    static const char *const parts[] = {"/data/a = 1", "/data/a = 2", "/data/a != 999", "/data/n &gt; 4",
                                        "/data/n &lt; 6", "/data/n = 5", "/data/d &lt;= 0.5",
                                        "/data/d &gt; 0.25", "selected(/data/m, 'a')",
                                        "not(selected(/data/m, 'b'))", "/data/t != ''", "/data/n != 5"};
    struct tf_rng rng = tf_rng_named("test/lint/reach");
    size_t said = 0;
    IN_HOUSE(h);
    for (int k = 0; k < 150; k++) {
        struct tf_buf b = {.arena = h.arena};
        for (int j = 0; j < 6; j++)
            tf_buf_printf(&b, "%s%s", j == 0 ? "" : tf_rng_below(&rng, 8) == 0 ? " or " : " and ",
                          parts[tf_rng_below(&rng, 12)]);
        const char *xml = tf_replace(h.arena, ASK("RELEVANT"), "RELEVANT", tf_buf_text(&b));
        const struct tf_notices out = lint(&h, xml, NULL);
        if (found(&out, "unreachable") == NULL)
            continue;
        said++;
        struct tf_xform *f = NULL;
        struct tf_xpath *x;
        OK(tf_xform_parse(h.arena, "f.xml", xml, strlen(xml), NULL, &f, &h.err));
        OK(tf_xpath_parse(h.arena, tf_xform_field(f, "/data/g/q")->relevant, NULL, 0, &x, &h.err));
        for (int j = 0; j < 400; j++) {
            static const char *const one[] = {"", "1", "2", "999"};
            static const char *const many[] = {"", "a", "b", "a b", "a c", "b c", "c"};
            static const char *const whole[] = {"", "-3", "3", "4", "5", "6", "7", "100"};
            static const char *const part[] = {"", "0", "0.2", "0.25", "0.3", "0.5", "0.7", "-9"};
            const char *answers = tf_printf(
                h.arena, "<data id='test'><a>%s</a><m>%s</m><n>%s</n><d>%s</d><t>%s</t><g><q/></g></data>",
                one[tf_rng_below(&rng, 4)], many[tf_rng_below(&rng, 7)], whole[tf_rng_below(&rng, 8)],
                part[tf_rng_below(&rng, 8)], tf_rng_below(&rng, 2) == 0 ? "" : "word");
            struct tf_instance *in;
            struct tf_xvalue v;
            OK(tf_instance_read(h.arena, f, answers, strlen(answers), &in, &h.err));
            const struct tf_xscope scope = {.form = f, .instance = in, .answer = 7};
            OK(tf_xpath_eval(h.arena, x, &scope, &v, &h.err));
            if (tf_xvalue_true(&v))
                fail_msg("%s is reached by %s", tf_buf_text(&b), answers);
        }
    }
    assert_true(said > 20);
    OUT_OF_HOUSE(h);
}

static const char study_yaml[] =
    "trefoil: 1\nid: s\ntitle: S\n"
    "countries:\n  - {code: XA, name: Country XA}\n"
    "datasets:\n"
    "  - {id: test, title: T, strand: children, kind: probability, file: c.csv, sensitive: [exp_*],"
    " missing: {dont_know: [888], prefer_not_to_say: 999}, countries: [XA]}\n"
    "report: {text: report, languages: [en]}\n";
static const char registry[] =
    "indicators:\n"
    "  - {id: i1, version: \"1\", label: {en: A}, dataset: test, rule: item, items: [exp_a], codes: [1],"
    " recall: past 12 months, source: own}\n"
    "  - {id: i2, version: \"1\", label: {en: B}, dataset: test, rule: any, items: [exp_b, gone],"
    " codes: [1], recall: past year, source: own}\n";

#define EXP(path, label, more) "<select1 ref=\"" path "\"><label>" label "</label>" ITEM("1") more "</select1>"

static void a_study_says_what_is_sensitive_and_what_is_asked(void **state TF_UNUSED)
{
    static const char xml[] = XF_FORM(
        "<assent/><g><exp_a/><exp_b/></g><exp_c/>",
        BIND("/data/g", "relevant=\"/data/assent = 1\""),
        EXP("/data/assent", "May we?", ITEM("2")) "<group ref=\"/data/g\">"
        EXP("/data/g/exp_a", "In the past three months?", ITEM("999"))
        EXP("/data/g/exp_b", "In the last 12 months?", ITEM("2")) "</group>"
        EXP("/data/exp_c", "At any time? It is child pornography.", ITEM("999")));
    struct tf_study *s;
    IN_HOUSE(h);
    (void)put_file(&h, "study.yaml", study_yaml);
    (void)put_file(&h, "indicators.yaml", registry);
    if (tf_study_read(h.arena, h.dir, &s, &h.err) != TF_OK)
        fail_msg("%s (%s)", h.err.what, h.err.fact);
    const struct tf_notices out = lint(&h, xml, s);
    assert_string_equal(found(&out, "sensitive-choice"),
                        "/data/g/exp_b is sensitive and has no way not to answer");
    assert_string_equal(found(&out, "sensitive-consent"),
                        "/data/exp_c is sensitive and is asked whatever was said to consent");
    assert_string_equal(found(&out, "recall"),
                        "/data/g/exp_a asks about the \"past three months\", its indicator 'i1' is about "
                        "the \"past 12 months\"");
    assert_string_equal(found(&out, "indicator"),
                        "the indicator 'i2' needs the item gone, which the form does not ask");
    assert_non_null(strstr(found(&out, "term"), "child pornography"));
    assert_int_equal(out.n, 5);
    assert_true(out.item[0].file != NULL);
    OUT_OF_HOUSE(h);
}

static void periods_in_words_and_numbers(void **state TF_UNUSED)
{
    static const struct {
        const char *text;
        int days;
    } periods[] = {{"In the past 12 months, has", 360}, {"the last year", 360}, {"past three months", 90},
                   {"Past week:", 7}, {"over the last 30 days", 30}, {"in the past, people", 0},
                   {"the last time", 0}, {"repast 2 days", 0}, {"last night or in the past 2 weeks", 14},
                   {"", 0}, {"past", 0}};
    for (size_t k = 0; k < sizeof periods / sizeof *periods; k++) {
        size_t at, n;
        if (tf_recall_days(periods[k].text, &at, &n) != periods[k].days)
            fail_msg("%s", periods[k].text);
    }
}

static void completeness_is_counted_by_language(void **state TF_UNUSED)
{
    struct tf_xform *f = NULL;
    struct tf_language_share *share;
    IN_HOUSE(h);
    const char *xml = tf_replace(h.arena, xf_household, "<value>km no</value>", "<value>-</value>");
    OK(tf_xform_parse(h.arena, "f.xml", xml, strlen(xml), NULL, &f, &h.err));
    assert_int_equal(tf_form_languages(h.arena, f, &share), 2);
    assert_true(share[0].have[TF_LINT_LABELS] == 1 && share[0].of[TF_LINT_LABELS] == 1);
    assert_true(share[0].have[TF_LINT_CHOICES] == 2 && share[1].have[TF_LINT_CHOICES] == 1);
    assert_true(share[1].of[TF_LINT_AUDIO] == 1 && share[1].have[TF_LINT_AUDIO] == 0);
    const struct tf_notices out = lint(&h, xml, NULL);
    assert_string_equal(found(&out, "translation"), "Khmer (km): 1 of 2 choices are missing");
    OUT_OF_HOUSE(h);
}

static void an_xlsform_knows_its_rows(void **state TF_UNUSED)
{
    struct tf_form_file f;
    struct tf_notices out = {.arena = NULL};
    IN_HOUSE(h);
    out.arena = h.arena;
    (void)put_file(&h, "form/survey.csv",
                   "type,name,label,relevant,sensitive\ninteger,n,N,,\ntext,q,Q,${n} > 3 and ${n} < 2,yes\n");
    const char *dir = tf_path_join(h.arena, h.dir, "form");
    if (tf_form_read(h.arena, dir, &out, &f, &h.err) != TF_OK)
        fail_msg("%s (%s)", h.err.what, h.err.fact);
    tf_form_lint(h.arena, f.form, NULL, NULL, 0, &out);
    assert_non_null(found(&out, "unreachable"));
    assert_int_equal(tf_form_row_of(&f, tf_xform_field(f.form, "/data/q")->line), 3);
    bool sensitive = false;
    for (size_t k = 0; k < f.n_rows; k++)
        sensitive = sensitive || (f.row[k].sensitive && strcmp(f.row[k].name, "q") == 0);
    assert_true(sensitive);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_that_nobody_can_reach),
        cmocka_unit_test(constraints_that_nothing_can_meet),
        cmocka_unit_test(what_is_called_unreachable_is),
        cmocka_unit_test(a_study_says_what_is_sensitive_and_what_is_asked),
        cmocka_unit_test(periods_in_words_and_numbers),
        cmocka_unit_test(completeness_is_counted_by_language),
        cmocka_unit_test(an_xlsform_knows_its_rows),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("ask: lint", tests, NULL, NULL);
}
