/* What a form may not have: each fault by a form that has it, with the place and the sentence. */
#include "house.h"

#include "forms.h"

#define INPUT(path) "<input ref=\"" path "\"><label>Q</label></input>"
#define BIND(path, more) "<bind nodeset=\"" path "\" " more "/>"
#define REPEAT(path, inner) "<repeat nodeset=\"" path "\">" inner "</repeat>"
#define SELECT(inner) "<select1 ref=\"/data/a\"><label>S</label>" inner "</select1>"
#define ITEM(v) "<item><label>L</label><value>" v "</value></item>"
#define TRANSLATION(lang, inner) "<translation lang=\"" lang "\">" inner "</translation>"
#define TEXT(id) "<text id=\"" id "\"><value>t</value></text>"
#define ITEXT_INPUT(id) "<input ref=\"/data/a\"><label ref=\"jr:itext('" id "')\"/></input>"

static const struct {
    const char *name, *xml, *id, *says;
} refused[] = {
    {"a form that asks nothing", XF_FORM("<a/>", "", ""), "xform-empty", "asks nothing"},
    {"no id", XF_OPEN("T") "<instance><data><a/></data></instance>" XF_BODY INPUT("/data/a") XF_CLOSE,
     "xform-id", "no id"},
    {"two roots", XF_OPEN("T") "<instance><data id=\"x\"><a/></data><b/></instance>" XF_BODY
     INPUT("/data/a") XF_CLOSE, "xform-instance", "more than one root"},
    {"a stray element in the model", XF_FORM("<a/>", "<label/>", INPUT("/data/a")), "xform-model",
     "<label> cannot stand"},
    {"a stray text in the model", XF_FORM("<a/>", "hello", INPUT("/data/a")), "xform-model", "'hello'"},
    {"an unknown entities version",
     "<h:html xmlns=\"http://www.w3.org/2002/xforms\" xmlns:h=\"http://www.w3.org/1999/xhtml\""
     " xmlns:e=\"http://www.opendatakit.org/xforms/entities\"><h:head><model"
     " e:entities-version=\"2027.1.0\"><instance><data id=\"x\"><a/></data></instance>" XF_BODY
     INPUT("/data/a") XF_CLOSE, "entities-version", "2027.1.0"},
    {"a question without its node", XF_FORM("<age/>", "", INPUT("/data/aeg")), "control-node",
     "/data/aeg"},
    {"a group without its node", XF_FORM("<a/>", "", "<group ref=\"/data/g\">" INPUT("/data/a")
     "</group>"), "control-node", "<group> asks for /data/g"},
    {"a question without ref", XF_FORM("<a/>", "", "<input><label>Q</label></input>"), "xform-ref",
     "says no node"},
    {"a ref that is no path", XF_FORM("<a/>", "", "<input ref=\"count(/data/a)\"><label>Q</label>"
     "</input>"), "xform-ref", "is not a path"},
    {"a bind id that nobody has", XF_FORM("<a/>", "", "<input bind=\"b\"><label>Q</label></input>"),
     "xform-bind-id", "no bind has this id"},
    {"two binds with one id", XF_FORM("<a/><b/>", BIND("/data/a", "id=\"x\"") BIND("/data/b",
     "id=\"x\""), INPUT("/data/a")), "bind-id", "two binds have the id 'x'"},
    {"a bind without nodeset", XF_FORM("<a/>", "<bind type=\"int\"/>", INPUT("/data/a")),
     "xform-bind", "no nodeset"},
    {"an expression that cannot be read", XF_FORM("<a/>", BIND("/data/a", "relevant=\"1 +\""),
     INPUT("/data/a")), "expr", "ends where a value is expected"},
    {"an unknown function", XF_FORM("<a/>", BIND("/data/a", "constraint=\"regx(., 'a')\""),
     INPUT("/data/a")), "expr", "no function regx()"},
    {"a wrong number of arguments", XF_FORM("<a/>", BIND("/data/a", "calculate=\"if(1, 2)\""),
     INPUT("/data/a")), "expr", "if() has 2 arguments"},
    {"a node that is not there", XF_FORM("<a/>", BIND("/data/a", "relevant=\"/data/b = 1\""),
     INPUT("/data/a")), "expr-path", "no node /data/b"},
    {"a relative node that is not there", XF_FORM("<a/>", BIND("/data/a", "relevant=\"../b = 1\""),
     INPUT("/data/a")), "expr-path", "no node /data/b"},
    {"a node in a predicate that is not there", XF_FORM("<k><n/></k>", BIND("/data/k/n",
     "required=\"count(/data/k[m = 1]) &gt; 0\""), REPEAT("/data/k", INPUT("/data/k/n"))),
     "expr-path", "no node /data/k/m"},
    {"an instance that is not there", XF_FORM("<a/>", BIND("/data/a",
     "calculate=\"instance('x')/root/item[1]/name\""), INPUT("/data/a")), "expr-instance",
     "no instance('x')"},
    {"a calculation that reads itself", XF_FORM("<a/>", BIND("/data/a", "calculate=\". + 1\""),
     INPUT("/data/a")), "expr-cycle", "calculate of /data/a depends on itself"},
    {"a relevance that reads itself", XF_FORM("<a/>", BIND("/data/a", "relevant=\". = 1\""),
     INPUT("/data/a")), "expr-cycle", "relevant of /data/a depends on itself"},
    {"a required that reads itself", XF_FORM("<a/>", BIND("/data/a", "required=\". = 1\""),
     INPUT("/data/a")), "expr-self", "required of /data/a reads its own"},
    {"a group whose relevance reads a field in it", XF_FORM("<g><a/></g>", BIND("/data/g",
     "relevant=\"/data/g/a = 1\"") BIND("/data/g/a", "relevant=\"true()\""), "<group ref=\"/data/g\">"
     INPUT("/data/g/a") "</group>"), "expr-cycle", "depends on itself"},
    {"two calculations of each other", XF_FORM("<a/><b/>", BIND("/data/a", "calculate=\"/data/b\"")
     BIND("/data/b", "calculate=\"/data/a\""), INPUT("/data/a")), "expr-cycle", "in a circle"},
    {"a circle of relevance and calculation", XF_FORM("<a/><b/><c/>", BIND("/data/a",
     "relevant=\"/data/b = 1\"") BIND("/data/b", "calculate=\"/data/c\"") BIND("/data/c",
     "relevant=\"/data/a = 1\""), INPUT("/data/a")), "expr-cycle", "3 expressions"},
    {"a select without choices", XF_FORM("<a/>", "", SELECT("")), "select-empty", "no choices"},
    {"choices and an itemset", XF_FORM("<a/>", "<instance id=\"i\"><root/></instance>", SELECT(ITEM("1")
     "<itemset nodeset=\"instance('i')/root/item\"><value ref=\"name\"/><label ref=\"label\"/>"
     "</itemset>")), "select-both", "choices and an itemset"},
    {"a choice without value", XF_FORM("<a/>", "", SELECT("<item><label>L</label></item>")),
     "item-value", "no value"},
    {"a choice without label", XF_FORM("<a/>", "", SELECT("<item><value>1</value></item>")),
     "item-label", "no label"},
    {"an itemset without value", XF_FORM("<a/>", "<instance id=\"i\"><root/></instance>",
     SELECT("<itemset nodeset=\"instance('i')/root/item\"><label ref=\"label\"/></itemset>")),
     "itemset", "no value"},
    {"an itemset of no instance", XF_FORM("<a/>", "", SELECT("<itemset nodeset=\"instance('i')/root/"
     "item\"><value ref=\"name\"/><label ref=\"label\"/></itemset>")), "expr-instance",
     "no instance('i')"},
    {"a text that is not in the default language", XF_FORM("<a/>", "<itext>" TRANSLATION("en",
     TEXT("b")) "</itext>", ITEXT_INPUT("a")), "itext-missing", "missing in the language 'en'"},
    {"a text and no itext", XF_FORM("<a/>", "", ITEXT_INPUT("a")), "itext-missing", "no itext"},
    {"a language twice", XF_FORM("<a/>", "<itext>" TRANSLATION("en", "") TRANSLATION("en", "")
     "</itext>", INPUT("/data/a")), "itext-lang", "two translations"},
    {"two default languages", XF_FORM("<a/>", "<itext><translation lang=\"a\" default=\"\"/>"
     "<translation lang=\"b\" default=\"\"/></itext>", INPUT("/data/a")), "itext-default", "'a' and 'b'"},
    {"itext without languages", XF_FORM("<a/>", "<itext/>", INPUT("/data/a")), "itext-empty",
     "no translation"},
    {"a text twice", XF_FORM("<a/>", "<itext>" TRANSLATION("en", TEXT("x") TEXT("x")) "</itext>",
     INPUT("/data/a")), "itext-twice", "stands twice"},
    {"a label that refers to no text", XF_FORM("<a/>", "", "<input ref=\"/data/a\">"
     "<label ref=\"x\"/></input>"), "label-ref", "'x'"},
    {"an output that cannot be read", XF_FORM("<a/>", "", "<input ref=\"/data/a\"><label>"
     "<output value=\"(\"/></label></input>"), "expr", "an output in"},
    {"an output without value", XF_FORM("<a/>", "", "<input ref=\"/data/a\"><label><output/></label>"
     "</input>"), "output", "no value"},
    {"a repeat of the whole form", XF_FORM("<a/>", "", REPEAT("/data", INPUT("/data/a"))),
     "repeat-root", "whole form"},
    {"a question in a repeat that its node is not in", XF_FORM("<r><a/></r><b/>", "",
     REPEAT("/data/r", INPUT("/data/b"))), "repeat-member", "its node is not in it"},
    {"a question outside the repeat of its node", XF_FORM("<r><a/></r>", "", REPEAT("/data/r",
     INPUT("/data/r/a")) INPUT("/data/r/a")), "repeat-member", "asked outside it"},
    {"a repeat in itself", XF_FORM("<r><a/></r>", "", REPEAT("/data/r", REPEAT("/data/r",
     INPUT("/data/r/a")))), "repeat-twice", "within itself"},
    {"a count that cannot be read", XF_FORM("<r><a/></r>", "", "<repeat nodeset=\"/data/r\""
     " jr:count=\"/data/n\">" INPUT("/data/r/a") "</repeat>"), "expr-path", "no node /data/n"},
    {"a setvalue of a node that is not there", XF_FORM("<a/>", "<setvalue ref=\"/data/b\""
     " event=\"odk-instance-first-load\" value=\"1\"/>", INPUT("/data/a")), "action-ref", "/data/b"},
    {"a setvalue at an unknown event", XF_FORM("<a/>", "<setvalue ref=\"/data/a\" event=\"later\""
     " value=\"1\"/>", INPUT("/data/a")), "action-event", "'later'"},
    {"a range without step", XF_FORM("<a/>", "", "<range ref=\"/data/a\" start=\"1\" end=\"2\">"
     "<label>R</label></range>"), "range", "no step"},
};

static void each_fault_is_refused_with_its_rule(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof refused / sizeof *refused; k++) {
        struct tf_notices out = {.arena = h.arena};
        struct tf_xform *f = NULL;
        bool found = false;
        const enum tf_code code = tf_xform_parse(h.arena, "f.xml", refused[k].xml,
                                                 strlen(refused[k].xml), &out, &f, &h.err);
        for (size_t j = 0; j < out.n; j++)
            found = found || (out.item[j].level == TF_ERROR &&
                              strcmp(out.item[j].id, refused[k].id) == 0 &&
                              strstr(out.item[j].text, refused[k].says) != NULL &&
                              strcmp(out.item[j].file, "f.xml") == 0);
        if (code != TF_E_INPUT || f != NULL || !found)
            fail_msg("%s: %s", refused[k].name,
                     out.n == 0 ? "nothing was said" : out.item[0].text);
    }
    OUT_OF_HOUSE(h);
}

static const struct {
    const char *name, *xml, *id; /* id NULL: not even a warning */
} taken[] = {
    {"the household form", xf_household, NULL},
    {"a constraint may read its own field", XF_FORM("<a/>", BIND("/data/a", "constraint=\". &gt; 1\""),
     INPUT("/data/a")), NULL},
    {"a default may read its own field", XF_FORM("<a/>", "<setvalue ref=\"/data/a\""
     " event=\"odk-instance-first-load\" value=\"concat(., 'x')\"/>", INPUT("/data/a")), NULL},
    {"a bind for a node that is not there", XF_FORM("<a/>", BIND("/data/b", "type=\"int\""),
     INPUT("/data/a")), "bind-node"},
    {"a type that is not known", XF_FORM("<a/>", BIND("/data/a", "type=\"colour\""), INPUT("/data/a")),
     "xform-type"},
    {"two binds for a node", XF_FORM("<a/>", BIND("/data/a", "type=\"int\"") BIND("/data/a",
     "required=\"true()\""), INPUT("/data/a")), "bind-twice"},
    {"a function that Collect does not know", XF_FORM("<a/><b/>", BIND("/data/b",
     "calculate=\"floor(/data/a)\""), INPUT("/data/a")), "expr-function"},
    {"a text missing in the second language", XF_FORM("<a/>", "<itext>" TRANSLATION("en", TEXT("x"))
     TRANSLATION("km", "") "</itext>", ITEXT_INPUT("x")), "itext-missing"},
    {"a bind of an attribute", XF_FORM("<a/><e id=\"\"/>", BIND("/data/e/@id",
     "calculate=\"uuid()\""), INPUT("/data/a")), NULL},
    {"a repeat in a group of its own name", XF_FORM("<r><a/></r>", "", "<group ref=\"/data/r\">"
     "<label>R</label>" REPEAT("/data/r", INPUT("/data/r/a")) "</group>"), NULL},
    {"nested repeats", XF_FORM("<r><s><a/></s></r>", BIND("/data/r/s/a",
     "relevant=\"position(../..) = 1 and current()/../../s != ''\""), REPEAT("/data/r",
     REPEAT("/data/r/s", INPUT("/data/r/s/a")))), NULL},
    {"wildcards", XF_FORM("<a/><b/>", BIND("/data/b", "calculate=\"count(//a) + count(/*/a)\""),
     INPUT("/data/a")), NULL},
};

static void what_is_taken_and_what_is_warned_of(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof taken / sizeof *taken; k++) {
        struct tf_notices out = {.arena = h.arena};
        struct tf_xform *f = NULL;
        bool found = false;
        const enum tf_code code = tf_xform_parse(h.arena, "f.xml", taken[k].xml, strlen(taken[k].xml),
                                                 &out, &f, &h.err);
        if (code != TF_OK)
            fail_msg("%s: %s (%s)", taken[k].name, h.err.what, h.err.help);
        for (size_t j = 0; j < out.n && taken[k].id != NULL; j++)
            found = found || strcmp(out.item[j].id, taken[k].id) == 0;
        if (taken[k].id == NULL ? out.n > 0 : !found)
            fail_msg("%s: %s", taken[k].name, out.n == 0 ? "no warning" : out.item[0].text);
    }
    OUT_OF_HOUSE(h);
}

static void a_cycle_is_named_field_by_field(void **state TF_UNUSED)
{
    static const char xml[] =
        XF_FORM("<a/><b/><c/>", BIND("/data/a", "calculate=\"/data/b\"") BIND("/data/b",
                "calculate=\"/data/c\"") BIND("/data/c", "relevant=\"/data/a = 1\""), INPUT("/data/a"));
    struct tf_xform *f = NULL;
    IN_HOUSE(h);
    assert_int_equal(tf_xform_parse(h.arena, "f.xml", xml, strlen(xml), NULL, &f, &h.err), TF_E_INPUT);
    assert_string_equal(h.err.fact, "calculate of /data/a needs calculate of /data/b needs relevant of "
                                    "/data/c needs calculate of /data/a");
    assert_true(h.err.line > 0);
    OUT_OF_HOUSE(h);
}

static void the_order_has_what_is_needed_first(void **state TF_UNUSED)
{
    static const char xml[] =
        XF_FORM("<a/><b/><c/><d/>", BIND("/data/a", "calculate=\"/data/b + 1\"") BIND("/data/b",
                "calculate=\"/data/c * 2\" relevant=\"/data/d = 1\"") BIND("/data/c",
                "calculate=\"sum(/data/*[name() = 'd'])\""), INPUT("/data/d"));
    struct tf_xform *f = NULL;
    size_t *order, n;
    IN_HOUSE(h);
    assert_int_equal(tf_xform_parse(h.arena, "f.xml", xml, strlen(xml), NULL, &f, &h.err), TF_E_INPUT);
    /* "*" reads a, b and c, too: that is a circle */
    assert_non_null(strstr(h.err.what, "circle"));
    static const char plain[] =
        XF_FORM("<a/><b/><c/><d/>", BIND("/data/a", "calculate=\"/data/b + 1\"") BIND("/data/b",
                "calculate=\"/data/c * 2\" relevant=\"/data/d = 1\"") BIND("/data/c",
                "calculate=\"sum(//d)\""), INPUT("/data/d"));
    OK(tf_xform_parse(h.arena, "f.xml", plain, strlen(plain), NULL, &f, &h.err));
    OK(tf_xform_order(h.arena, f, &order, &n, &h.err));
    assert_int_equal(n, 4); /* b's relevance, c, b, a */
    assert_true(order[0] == 2 && order[1] == 3 && order[2] == 2 && order[3] == 1);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_refused_with_its_rule),
        cmocka_unit_test(what_is_taken_and_what_is_warned_of),
        cmocka_unit_test(a_cycle_is_named_field_by_field),
        cmocka_unit_test(the_order_has_what_is_needed_first),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("ask: validate", tests, NULL, NULL);
}
