/* Submissions: the head that a server reads, and the whole read against its form. */
#include "house.h"

#include "forms.h"

static const char manifest[] =
    "<?xml version=\"1.0\"?>\n"
    "<data xmlns=\"http://opendatakit.org/submissions\" id=\"child\" version=\"2\" encrypted=\"yes\">"
    "<base64EncryptedKey>S0VZ\n</base64EncryptedKey>"
    "<meta xmlns=\"http://openrosa.org/xforms\"><instanceID>uuid:m</instanceID>"
    "<clear xmlns=\"urn:trefoil:clear\"><field name=\"minutes\">31</field>"
    "<field name=\"outcome\">complete</field></clear></meta>"
    "<media><file>a.jpg.enc</file></media><media><file>b.m4a.enc</file><file/></media>"
    "<encryptedXmlFile>submission.xml.enc</encryptedXmlFile>"
    "<base64EncryptedElementSignature>U0lH</base64EncryptedElementSignature></data>";

static void the_head_of_a_plain_submission(void **state TF_UNUSED)
{
    struct tf_instance_head head;
    IN_HOUSE(h);
    OK(tf_instance_head(h.arena, xf_household_answer, strlen(xf_household_answer), &head, &h.err));
    assert_string_equal(head.form_id, "household");
    assert_string_equal(head.version, "3");
    assert_string_equal(head.instance_id, "uuid:11111111-2222-4333-8444-555555555555");
    assert_null(head.deprecated_id);
    assert_true(!head.encrypted && head.n_media == 0 && head.n_clear == 0);
    OUT_OF_HOUSE(h);
}

static void ways_to_say_form_version_and_record(void **state TF_UNUSED)
{
    static const struct {
        const char *name, *xml, *id, *version, *instance, *deprecated;
    } cases[] = {
        {"no meta", "<d id='a'/>", "a", "", NULL, NULL},
        {"orx:version", "<d id='a' orx:version='9' xmlns:orx='http://openrosa.org/xforms'/>", "a", "9",
         NULL, NULL},
        {"the namespace is the id", "<d xmlns='http://x.org/f'/>", "http://x.org/f", "", NULL, NULL},
        {"meta without namespace", "<d id='a'><meta><instanceID> u </instanceID></meta></d>", "a", "",
         "u", NULL},
        {"an edit",
         "<d id='a'><m:meta xmlns:m='http://openrosa.org/xforms'><m:deprecatedID>o</m:deprecatedID>"
         "<m:instanceID>n</m:instanceID></m:meta></d>",
         "a", "", "n", "o"},
        {"the record as attribute", "<d id='a' instanceID='u'/>", "a", "", "u", NULL},
        {"a question named instanceID is none", "<d id='a'><g><instanceID>x</instanceID></g>"
         "<instanceID>y</instanceID></d>", "a", "", NULL, NULL},
        {"meta deeper is none", "<d id='a'><g><meta><instanceID>x</instanceID></meta></g></d>", "a", "",
         NULL, NULL},
        {"entities, CDATA and comments", "<d id='a&amp;b'><meta><instanceID>u<!-- c -->"
         "<![CDATA[&]]>&#x41;&#66;</instanceID></meta></d>", "a&b", "", "u&AB", NULL},
        {"an undeclared prefix", "<d id='a'><orx:meta><orx:instanceID>u</orx:instanceID></orx:meta></d>",
         "a", "", "u", NULL},
    };
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_instance_head head;
        if (tf_instance_head(h.arena, cases[k].xml, strlen(cases[k].xml), &head, &h.err) != TF_OK)
            fail_msg("%s: %s", cases[k].name, h.err.fact);
        if (!tf_streq(head.form_id, cases[k].id) || !tf_streq(head.version, cases[k].version) ||
            !tf_streq(head.instance_id, cases[k].instance) ||
            !tf_streq(head.deprecated_id, cases[k].deprecated))
            fail_msg("%s: %s %s %s", cases[k].name, head.form_id, head.version, head.instance_id);
    }
    OUT_OF_HOUSE(h);
}

static void the_head_of_a_sealed_submission(void **state TF_UNUSED)
{
    struct tf_instance_head head;
    IN_HOUSE(h);
    OK(tf_instance_head(h.arena, manifest, strlen(manifest), &head, &h.err));
    assert_true(head.encrypted);
    assert_string_equal(head.form_id, "child");
    assert_string_equal(head.encrypted_key, "S0VZ");
    assert_string_equal(head.signature, "U0lH");
    assert_string_equal(head.xml_file, "submission.xml.enc");
    assert_string_equal(head.instance_id, "uuid:m");
    assert_int_equal(head.n_media, 2);
    assert_string_equal(head.media[1], "b.m4a.enc");
    assert_int_equal(head.n_clear, 2);
    assert_string_equal(head.clear[0].name, "minutes");
    assert_string_equal(head.clear[1].value, "complete");
    OUT_OF_HOUSE(h);
}

static void what_a_head_refuses(void **state TF_UNUSED)
{
    static const struct {
        const char *name, *xml, *fact;
    } cases[] = {
        {"nothing", "", "no element"},
        {"white space", "  \n", "no element"},
        {"text only", "x", "outside the root"},
        {"not ended", "<d id='a'>", "ends within"},
        {"a tag not ended", "<d id='a'", "does not end"},
        {"another end", "<d id='a'><b></d></b>", "not that of the element"},
        {"two roots", "<d id='a'/><d/>", "second element"},
        {"a DOCTYPE", "<!DOCTYPE d [<!ENTITY a 'b'>]><d id='a'/>", "DOCTYPE"},
        {"an entity", "<d id='a'>&a;</d>", "entity"},
        {"an entity in an attribute is kept out", "<d id='a'><b c=1/></d>", "quotes"},
        {"an attribute twice", "<d id='a' id='b'/>", "twice"},
        {"no form", "<d><meta/></d>", "no attribute 'id'"},
        {"a control character", "<d id='a'>\x01</d>", "may not hold"},
        {"bad UTF-8", "<d id='a'>\xc3</d>", "may not hold"},
        {"a comment not ended", "<d id='a'><!-- </d>", "comment"},
        {"a manifest without its key",
         "<d id='a' encrypted='yes'><meta><instanceID>u</instanceID></meta></d>", "nobody could"},
    };
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_instance_head head;
        if (tf_instance_head(h.arena, cases[k].xml, strlen(cases[k].xml), &head, &h.err) !=
                TF_E_INPUT ||
            strstr(h.err.fact, cases[k].fact) == NULL)
            fail_msg("%s: %s (%s)", cases[k].name, h.err.what, h.err.fact);
    }
    OUT_OF_HOUSE(h);
}

static void depth_and_size_have_limits(void **state TF_UNUSED)
{
    struct tf_instance_head head;
    IN_HOUSE(h);
    struct tf_buf b = {.arena = h.arena};
    for (int k = 0; k < 65; k++)
        tf_buf_add(&b, k == 0 ? "<a id='x'>" : "<a>");
    assert_int_equal(tf_instance_head(h.arena, b.s, b.n, &head, &h.err), TF_E_INPUT);
    assert_non_null(strstr(h.err.fact, "64 levels"));
    char *large = tf_alloc(h.arena, (8 << 20) + 2);
    memset(large, ' ', (8 << 20) + 1);
    assert_int_equal(tf_instance_head(h.arena, large, (8 << 20) + 1, &head, &h.err), TF_E_LIMIT);
    OUT_OF_HOUSE(h);
}

/* Every beginning of a document is refused: none of them is well formed. */
static void a_submission_cut_anywhere_is_refused(void **state TF_UNUSED)
{
    struct tf_instance_head head;
    IN_HOUSE(h);
    for (size_t n = 0; n < strlen(manifest); n++)
        assert_int_not_equal(tf_instance_head(h.arena, manifest, n, &head, &h.err), TF_OK);
    OUT_OF_HOUSE(h);
}

static struct tf_instance *read_in(struct house *h, struct tf_xform **f, const char *xml)
{
    struct tf_instance *in = NULL;
    OK(tf_xform_parse(h->arena, "f.xml", xf_household, strlen(xf_household), NULL, f, &h->err));
    OK(tf_instance_read(h->arena, *f, xml, strlen(xml), &in, &h->err));
    return in;
}

static void answers_stand_in_document_order_with_their_rows(void **state TF_UNUSED)
{
    static const struct {
        const char *path, *text;
        size_t field, row, parent, end;
    } want[] = {
        {"/data", NULL, 0, 0, SIZE_MAX, 14},       {"/data/who", "A & B", 1, 0, 0, 2},
        {"/data/age", "14", 2, 0, 0, 3},           {"/data/net", "1", 3, 0, 0, 4},
        {"/data/kid", NULL, 4, 1, 0, 7},           {"/data/kid/name", "one", 5, 1, 4, 6},
        {"/data/kid/photo", "1.jpg", 6, 1, 4, 7},  {"/data/kid", NULL, 4, 2, 0, 10},
        {"/data/kid/name", "two", 5, 2, 7, 9},     {"/data/kid/photo", "2.jpg", 6, 2, 7, 10},
        {"/data/total", "2", 7, 0, 0, 11},         {"/data/meta", NULL, 8, 0, 0, 14},
        {"/data/meta/audit", "audit.csv", 9, 0, 11, 13},
        {"/data/meta/instanceID", "uuid:11111111-2222-4333-8444-555555555555", 10, 0, 11, 14},
    };
    struct tf_xform *f;
    IN_HOUSE(h);
    const struct tf_instance *in = read_in(&h, &f, xf_household_answer);
    assert_int_equal(in->n_answers, sizeof want / sizeof *want);
    for (size_t k = 0; k < in->n_answers; k++) {
        const struct tf_answer *a = &in->answer[k];
        assert_string_equal(a->path, want[k].path);
        assert_true(tf_streq(a->text, want[k].text));
        assert_true(a->field == want[k].field && a->row == want[k].row);
        assert_true(a->parent == want[k].parent && a->end == want[k].end);
    }
    assert_int_equal(in->n_rows, 3);
    assert_true(in->row[2].field == 4 && in->row[2].parent == 0 && in->row[2].number == 2);
    assert_string_equal(in->answer[0].attribute->value[1], "3");
    OUT_OF_HOUSE(h);
}

static void unknown_nodes_and_templates(void **state TF_UNUSED)
{
    struct tf_xform *f;
    IN_HOUSE(h);
    const struct tf_instance *in =
        read_in(&h, &f,
                "<data id='household' xmlns:jr='http://openrosa.org/javarosa'><old>x</old>\n"
                "<gone>\n <age>3</age>\n</gone><kid jr:template=''><name>t</name></kid></data>");
    assert_int_equal(in->n_answers, 4);
    assert_true(in->answer[1].field == SIZE_MAX && tf_streq(in->answer[1].text, "x"));
    assert_true(in->answer[2].field == SIZE_MAX && in->answer[2].text == NULL);
    assert_true(in->answer[3].field == SIZE_MAX && tf_streq(in->answer[3].text, "3"));
    assert_string_equal(in->answer[3].path, "/data/gone/age");
    assert_int_equal(in->n_rows, 1);
    OUT_OF_HOUSE(h);
}

static void the_files_that_a_submission_names(void **state TF_UNUSED)
{
    struct tf_xform *f;
    const char **name;
    size_t n;
    IN_HOUSE(h);
    (void)read_in(&h, &f, xf_household_answer);
    OK(tf_instance_media(h.arena, f, xf_household_answer, strlen(xf_household_answer), &name, &n,
                         &h.err));
    assert_int_equal(n, 3);
    assert_string_equal(name[0], "1.jpg");
    assert_string_equal(name[2], "audit.csv");
    OUT_OF_HOUSE(h);
}

/* ---- checked against the form ------------------------------------------------------------------- */

#define ANSWERS(inner) "<data id='household' version='3'>" inner "</data>"
static const struct {
    const char *name, *xml, *id, *says; /* id NULL: nothing is found */
} checks[] = {
    {"a good record", xf_household_answer, NULL, NULL},
    {"a required question left empty", ANSWERS("<who/><age>14</age>"), "required-empty", "/data/who is"},
    {"a required question left out", ANSWERS("<age>14</age>"), "required-empty", "/data/who is"},
    {"a number that is none", ANSWERS("<who>x</who><age>ten</age>"), "value-type", "/data/age is not"},
    {"a constraint", ANSWERS("<who>x</who><age>8</age>"), "constraint", "/data/age does not"},
    {"an answer that is not relevant", ANSWERS("<who>x</who><age>10</age><net>1</net>"),
     "irrelevant-value", "/data/net holds"},
    {"an answer that is relevant", ANSWERS("<who>x</who><age>11</age><net>1</net>"), NULL, NULL},
    {"a choice that is none", ANSWERS("<who>x</who><age>11</age><net>7</net>"), "value-choice",
     "/data/net is not one"},
    {"a row of a repeat", ANSWERS("<who>x</who><kid><name>a</name></kid><kid><name/><photo>p.jpg</photo>"
     "</kid>"), "irrelevant-value", "/data/kid[2]/photo holds"},
    {"a path for a file", ANSWERS("<who>x</who><kid><name>a</name><photo>../p.jpg</photo></kid>"),
     "value-type", "/data/kid[1]/photo"},
    {"a node of another version", ANSWERS("<who>x</who><old>1</old>"), "unknown-node", "/data/old"},
};

static void a_check_says_path_and_rule_and_never_the_value(void **state TF_UNUSED)
{
    struct tf_xform *f;
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof checks / sizeof *checks; k++) {
        struct tf_notices out = {.arena = h.arena};
        const struct tf_instance *in = read_in(&h, &f, checks[k].xml);
        tf_instance_check(h.arena, f, in, &out);
        if (checks[k].id == NULL ? out.n != 0
                                 : out.n != 1 || strcmp(out.item[0].id, checks[k].id) != 0 ||
                                       strstr(out.item[0].text, checks[k].says) == NULL)
            fail_msg("%s: %zu, %s", checks[k].name, out.n, out.n == 0 ? "" : out.item[0].text);
        if (out.n > 0)
            assert_null(strstr(out.item[0].text, "p.jpg"));
    }
    OUT_OF_HOUSE(h);
}

#define TYPED(type, value, items)                                                                  \
    {type, XF_FORM("<q/>", "<bind nodeset=\"/data/q\" type=\"" type "\"/>",                        \
                   "<input ref=\"/data/q\"><label>Q</label></input>"),                             \
     "<data id='test'><q>" value "</q></data>", items}
static const struct {
    const char *type, *form, *xml;
    bool good;
} types[] = {
    TYPED("int", "-3", true), TYPED("int", "3.5", false), TYPED("decimal", "3.5", true),
    TYPED("decimal", "1,5", false), TYPED("date", "2026-11-24", true), TYPED("date", "2026-13-24", false),
    TYPED("date", "24.11.2026", false), TYPED("time", "10:05:00.000+07:00", true), TYPED("time", "25:00", false),
    TYPED("dateTime", "2026-11-24T10:05:00.000Z", true), TYPED("dateTime", "2026-11-24", false),
    TYPED("boolean", "true", true), TYPED("boolean", "yes", false), TYPED("geopoint", "1.5 2 0 0", true),
    TYPED("geopoint", "91 2", false), TYPED("geopoint", "1", false), TYPED("geotrace", "1 2; 3 4", true),
    TYPED("geotrace", "1 2", false), TYPED("geoshape", "1 2; 3 4; 5 6; 1 2", true),
    TYPED("geoshape", "1 2; 3 4", false), TYPED("string", "anything", true),
};

static void values_are_of_their_type(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        struct tf_notices out = {.arena = h.arena};
        struct tf_xform *f;
        struct tf_instance *in;
        OK(tf_xform_parse(h.arena, "f", types[k].form, strlen(types[k].form), NULL, &f, &h.err));
        OK(tf_instance_read(h.arena, f, types[k].xml, strlen(types[k].xml), &in, &h.err));
        tf_instance_check(h.arena, f, in, &out);
        if (types[k].good ? out.n != 0 : out.n != 1 || strcmp(out.item[0].id, "value-type") != 0)
            fail_msg("%s: %s", types[k].type, types[k].xml);
    }
    OUT_OF_HOUSE(h);
}

/* What cannot be known here is never called wrong. */
static void what_is_not_known_is_not_wrong(void **state TF_UNUSED)
{
    static const char form[] = XF_FORM(
        "<a/><b/><c/><d/>", "<instance id=\"l\" src=\"jr://file-csv/l.csv\"/>"
        "<bind nodeset=\"/data/a\" constraint=\". = today()\"/>"
        "<bind nodeset=\"/data/b\" constraint=\". = instance('l')/root/item[1]/name\"/>"
        "<bind nodeset=\"/data/c\" relevant=\"random() &gt; 2\"/>"
        "<bind nodeset=\"/data/d\" constraint=\". = today() and false()\"/>",
        "<input ref=\"/data/a\"><label>A</label></input>");
    static const char xml[] = "<data id='test'><a>1</a><b>1</b><c>1</c><d>1</d></data>";
    struct tf_notices out = {.arena = NULL};
    struct tf_xform *f;
    struct tf_instance *in;
    IN_HOUSE(h);
    out.arena = h.arena;
    OK(tf_xform_parse(h.arena, "f", form, strlen(form), NULL, &f, &h.err));
    OK(tf_instance_read(h.arena, f, xml, strlen(xml), &in, &h.err));
    tf_instance_check(h.arena, f, in, &out);
    assert_int_equal(out.n, 1); /* "and false()" is wrong whatever today is */
    assert_non_null(strstr(out.item[0].text, "/data/d"));
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_of_a_plain_submission),
        cmocka_unit_test(ways_to_say_form_version_and_record),
        cmocka_unit_test(the_head_of_a_sealed_submission),
        cmocka_unit_test(what_a_head_refuses),
        cmocka_unit_test(depth_and_size_have_limits),
        cmocka_unit_test(a_submission_cut_anywhere_is_refused),
        cmocka_unit_test(answers_stand_in_document_order_with_their_rows),
        cmocka_unit_test(unknown_nodes_and_templates),
        cmocka_unit_test(the_files_that_a_submission_names),
        cmocka_unit_test(a_check_says_path_and_rule_and_never_the_value),
        cmocka_unit_test(values_are_of_their_type),
        cmocka_unit_test(what_is_not_known_is_not_wrong),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("ask: submission", tests, NULL, NULL);
}
