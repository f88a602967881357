/* What an OpenRosa client gets back, without a socket: lists, manifests, and each fate of a submission. */
#include "../house.h"

#include "field/openrosa.h"

/* ---- a site by hand ---- */

static struct tf_out_media towns[] = {{.name = "towns & co.csv", .path = "/towns.csv", .md5 = "00112233445566778899aabbccddeeff"}};
static const char *clear_fields[] = {"cluster", "audit"};
#define FORM(c, i, v, s, cur, enc)                                                           \
    {.country = c, .id = i, .version = v, .title = "A <form>", .state = s, .current = cur,    \
     .encrypted = enc, .md5 = "ffeeddccbbaa99887766554433221100", .clear = clear_fields, .n_clear = 2}
static struct tf_out_form forms[] = {
    FORM("XA", "work", "1", TF_FORM_OPEN, false, false), FORM("XA", "work", "2", TF_FORM_OPEN, true, false),
    FORM("XA", "child", "", TF_FORM_OPEN, true, true),   FORM("XA", "ending", "1", TF_FORM_CLOSING, true, true),
    FORM("XA", "ended", "1", TF_FORM_CLOSED, true, true), FORM("XA", "trial", "1", TF_FORM_DRAFT, false, true),
    FORM("XB", "work", "7", TF_FORM_OPEN, true, false),
};
enum { N_FORMS = sizeof forms / sizeof *forms };
static const struct tf_xform *models[N_FORMS];

static const char work_form[] =
    "<h:html xmlns=\"http://www.w3.org/2002/xforms\" xmlns:h=\"http://www.w3.org/1999/xhtml\" "
    "xmlns:orx=\"http://openrosa.org/xforms\"><h:head><h:title>Work</h:title><model>"
    "<instance><data id=\"work\" version=\"2\"><cluster/><remark/><door/><meta><instanceID/><audit/></meta></data></instance>"
    "<bind nodeset=\"/data/cluster\" type=\"string\"/><bind nodeset=\"/data/remark\" type=\"string\"/>"
    "<bind nodeset=\"/data/door\" type=\"binary\"/><bind nodeset=\"/data/meta/instanceID\" type=\"string\"/>"
    "<bind nodeset=\"/data/meta/audit\" type=\"binary\"/></model></h:head><h:body>"
    "<input ref=\"/data/cluster\"><label>Cluster</label></input><input ref=\"/data/remark\"><label>Remark</label></input>"
    "<upload ref=\"/data/door\" mediatype=\"image/*\"><label>Door</label></upload></h:body></h:html>";

static struct tf_openrosa site(struct house *h)
{
    struct tf_notices out = {.arena = h->arena};
    struct tf_xform *x;
    if (tf_xform_parse(h->arena, "work.xml", work_form, strlen(work_form), &out, &x, &h->err) != TF_OK)
        fail_msg("%s %s", h->err.what, h->err.fact);
    models[0] = models[1] = x;
    forms[1].media = towns;
    forms[1].n_media = 1;
    forms[5].draft_token = "hash-of-the-token";
    return (struct tf_openrosa){.form = forms, .n_forms = N_FORMS, .xform = models, .country = "XA",
                                .sender = "tablet-1", .base = "https://x.example/key/T"};
}

static const char *list(struct house *h, const struct tf_openrosa *o, struct tf_form_query q)
{
    struct tf_buf b = {.arena = h->arena};
    tf_openrosa_form_list(o, &q, &b);
    return tf_buf_text(&b);
}

static void a_list_holds_what_the_device_may_download(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_openrosa o = site(&h);
    const char *s = list(&h, &o, (struct tf_form_query){.form_id = NULL});
    assert_non_null(strstr(s, "<formID>work</formID><name>A &lt;form&gt;</name><version>2</version>"
                              "<hash>md5:ffeeddccbbaa99887766554433221100</hash>"
                              "<downloadUrl>https://x.example/key/T/forms/work.xml</downloadUrl>"
                              "<manifestUrl>https://x.example/key/T/forms/work/manifest</manifestUrl>"));
    assert_non_null(strstr(s, "<formID>child</formID>"));
    for (size_t k = 0; k < 5; k++)
        assert_null(strstr(s, (const char *[]){"ending", "ended", "trial", "<version>1<", "<version>7<"}[k]));
    s = list(&h, &o, (struct tf_form_query){.form_id = "work", .all_versions = true, .verbose = true});
    assert_non_null(strstr(s, "forms/work/versions/1.xml"));
    assert_non_null(strstr(s, "<descriptionText>"));
    assert_null(strstr(s, "child"));
    o.country = NULL; /* a person of no country sees every country's */
    assert_non_null(strstr(list(&h, &o, (struct tf_form_query){.form_id = NULL}), "<version>7<"));
    o = site(&h);
    o.draft = "hash-of-the-token";
    s = list(&h, &o, (struct tf_form_query){.form_id = NULL});
    assert_non_null(strstr(s, "trial"));
    assert_null(strstr(s, "work"));
    o.draft = "another";
    assert_null(strstr(list(&h, &o, (struct tf_form_query){.form_id = NULL}), "<xform>"));
    struct tf_buf b = {.arena = h.arena};
    const struct tf_own_media own = {.name = "assignments.csv", .md5 = "0"};
    tf_openrosa_manifest(&o, &forms[1], &own, 1, &b);
    assert_non_null(strstr(b.s, "<filename>towns &amp; co.csv</filename><hash>md5:00112233445566778899aabbccddeeff"
                                "</hash><downloadUrl>https://x.example/key/T/forms/work/attachments/towns%20%26%20co.csv<"));
    assert_non_null(strstr(b.s, "assignments.csv"));
    OUT_OF_HOUSE(h);
}

static void a_form_is_found_by_who_may_have_it(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_openrosa o = site(&h);
    assert_ptr_equal(tf_openrosa_form(&o, "work", NULL), &forms[1]);
    assert_ptr_equal(tf_openrosa_form(&o, "work", "1"), &forms[0]);
    assert_ptr_equal(tf_openrosa_form(&o, "child", ""), &forms[2]);
    assert_null(tf_openrosa_form(&o, "work", "7"));
    assert_null(tf_openrosa_form(&o, "ending", NULL));
    assert_null(tf_openrosa_form(&o, "trial", NULL));
    OUT_OF_HOUSE(h);
}

/* ---- submissions ---- */

#define META(id) "<meta><instanceID>" id "</instanceID></meta>"
#define SEALED(form, version, more, clear)                                                                      \
    "<data xmlns=\"http://opendatakit.org/submissions\" id=\"" form "\" version=\"" version "\" encrypted=\"yes\">" \
    "<base64EncryptedKey>QQ==</base64EncryptedKey>" more "<encryptedXmlFile>submission.xml.enc</encryptedXmlFile>"  \
    "<base64EncryptedElementSignature>QQ==</base64EncryptedElementSignature>"                                      \
    "<meta xmlns=\"http://openrosa.org/xforms\"><instanceID>uuid:s</instanceID>" clear "</meta></data>"
static const struct {
    const char *why, *field, *xml;
    unsigned status; /* 0: a record for the inbox */
} cases[] = {
    {"a clear record", "xml_submission_file", "<data id=\"work\" version=\"2\"><cluster>7</cluster>" META("u") "</data>", 0},
    {"an older version", "xml_submission_file", "<data id=\"work\" version=\"1\">" META("u") "</data>", 0},
    {"a sealed record", "xml_submission_file", SEALED("child", "", "", ""), 0},
    {"a form that closes", "xml_submission_file", SEALED("ending", "1", "", ""), 0},
    {"a form that is closed, left to the inbox", "xml_submission_file", SEALED("ended", "1", "", ""), 0},
    {"another part", "submission", "<data id=\"work\" version=\"2\">" META("u") "</data>", 400},
    {"no XML", "xml_submission_file", "hello", 400},
    {"XML cut short", "xml_submission_file", "<data id=\"work\" version=\"2\">", 400},
    {"a document type", "xml_submission_file", "<!DOCTYPE a><data id=\"work\" version=\"2\">" META("u") "</data>", 400},
    {"no form id", "xml_submission_file", "<data version=\"2\">" META("u") "</data>", 400},
    {"no instance", "xml_submission_file", "<data id=\"work\" version=\"2\"><cluster/></data>", 400},
    {"an empty instance", "xml_submission_file", "<data id=\"work\" version=\"2\">" META(" ") "</data>", 400},
    {"an unknown form", "xml_submission_file", "<data id=\"none\" version=\"2\">" META("u") "</data>", 404},
    {"another country's version", "xml_submission_file", "<data id=\"work\" version=\"7\">" META("u") "</data>", 404},
    {"a draft by a device", "xml_submission_file", SEALED("trial", "1", "", ""), 404},
    {"a clear record of a sealed form", "xml_submission_file", "<data id=\"child\">" META("u") "</data>", 400},
    {"a sealed record of a clear form", "xml_submission_file", SEALED("work", "2", "", ""), 400},
    {"a manifest without its key", "xml_submission_file", "<data id=\"child\" encrypted=\"yes\">" META("u") "</data>", 400},
};

static bool receive(struct house *h, const struct tf_openrosa *o, const char *field, const char *xml,
                    const char *const *file, struct tf_inbox_post *post, struct tf_openrosa_answer *answer)
{
    struct tf_part part[8] = {{.name = field, .filename = "s.xml", .type = "text/xml", .data = xml, .n = strlen(xml)}};
    size_t n = 1;
    for (; file != NULL && file[n - 1] != NULL; n++)
        part[n] = (struct tf_part){.name = file[n - 1], .filename = file[n - 1], .type = "image/jpeg",
                                   .data = "12345", .n = 5};
    return tf_openrosa_receive(h->arena, o, part, n, 1764000000, post, answer);
}

static void a_submission_is_a_record_or_a_status(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    const struct tf_openrosa o = site(&h);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_inbox_post post;
        struct tf_openrosa_answer answer = {.status = 0};
        const bool taken = receive(&h, &o, cases[k].field, cases[k].xml, NULL, &post, &answer);
        if (taken != (cases[k].status == 0) || answer.status != cases[k].status ||
            (!taken && strlen(answer.text) < 20))
            fail_msg("%s: %u", cases[k].why, answer.status);
    }
    OUT_OF_HOUSE(h);
}

static void a_record_says_what_it_is(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_openrosa o = site(&h);
    struct tf_inbox_post p;
    struct tf_openrosa_answer a;
    static const char *const files[] = {"a.jpg", "stray.jpg", "audit.csv", NULL};
    assert_true(receive(&h, &o, "xml_submission_file",
                        "<data id=\"work\" version=\"2\"><cluster>PSU-7</cluster><remark>SECRET</remark><door>a.jpg</door>"
                        "<meta><instanceID>u1</instanceID><deprecatedID>u0</deprecatedID><audit>audit.csv</audit></meta></data>",
                        files, &p, &a));
    assert_string_equal(p.country, "XA");
    assert_string_equal(p.form, "work");
    assert_string_equal(p.version, "2");
    assert_string_equal(p.instance, "u1");
    assert_string_equal(p.deprecated, "u0");
    assert_string_equal(p.sender, "tablet-1");
    assert_false(p.encrypted || p.only_known);
    assert_int_equal(p.n_expects, 2);
    assert_int_equal(p.n_parts, 3); /* the stray file is not taken */
    assert_string_equal(p.part[1].name, "a.jpg");
    assert_int_equal(p.n_clear, 1); /* declared, and there; the log was no log */
    assert_string_equal(p.clear[0].name, "cluster");
    assert_string_equal(p.clear[0].value, "PSU-7");

    assert_true(receive(&h, &o, "xml_submission_file",
                        SEALED("ended", "1", "<media><file>p.jpg.enc</file><file>p.jpg.enc</file></media>",
                               "<clear xmlns=\"urn:trefoil:clear\"><field name=\"cluster\">C</field><field name=\"remark\">R</field>"
                               "<field name=\"audit.seconds\">9</field><field name=\"cluster\">twice</field></clear>"),
                        NULL, &p, &a));
    assert_true(p.encrypted && p.only_known);
    assert_int_equal(p.n_expects, 2);
    assert_int_equal(p.n_clear, 2); /* only what is declared, once */
    assert_string_equal(p.clear[0].value, "C");
    assert_string_equal(p.clear[1].name, "audit.seconds");

    o.draft = "hash-of-the-token";
    assert_true(receive(&h, &o, "xml_submission_file", SEALED("trial", "1", "", ""), NULL, &p, &a));
    assert_string_equal(p.country, "XA-draft"); /* never among the real ones */
    OUT_OF_HOUSE(h);
}

static void each_outcome_has_its_status(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    const struct tf_inbox_post post = {.n_parts = 1};
    static const unsigned want[] = {201, 201, 201, 409, 409, 404, 503, 409};
    for (unsigned k = 0; k <= TF_INBOX_CLOSED; k++) {
        const struct tf_openrosa_answer a = tf_openrosa_outcome(h.arena, &post, (enum tf_inbox_outcome)k);
        assert_int_equal(a.status, want[k]);
    }
    struct tf_buf b = {.arena = h.arena};
    tf_openrosa_message(&b, false, "a <b>");
    assert_non_null(strstr(b.s, "<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\" items=\"0\">"));
    assert_non_null(strstr(b.s, "<message nature=\"error\">a &lt;b&gt;</message>"));
    OUT_OF_HOUSE(h);
}

static void an_audit_log_gives_five_numbers(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_inbox_field f[TF_AUDIT_FIELDS];
    static const char log[] = "event,node,start,end,user\nform start,,1764000000000,,a\n"
                              "question,/data/a,1764000001000,1764000003500,a\n"
                              "a new kind of event,,1764000003500,,a\n"
                              "group questions,/data/g,1764000004000,1764000003000,a\n" /* the clock went back */
                              "constraint error,/data/a,1764000005000,,a\nform exit,,1764000065400,,a\n";
    assert_true(tf_audit_summary(h.arena, log, strlen(log), f));
    static const char *const want[][2] = {{"audit.events", "6"}, {"audit.seconds", "65"},
                                          {"audit.form_seconds", "3"}, {"audit.start_hour", "16"},
                                          {"audit.constraint_errors", "1"}};
    for (size_t k = 0; k < TF_AUDIT_FIELDS; k++) {
        assert_string_equal(f[k].name, want[k][0]);
        assert_string_equal(f[k].value, want[k][1]);
    }
    static const char *const bad[] = {"", "event\n", "a,b\n1,2\n", "event,node,start,end\n", "event,node,start,end\n\"x"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_false(tf_audit_summary(h.arena, bad[k], strlen(bad[k]), f));
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_holds_what_the_device_may_download),
        cmocka_unit_test(a_form_is_found_by_who_may_have_it),
        cmocka_unit_test(a_submission_is_a_record_or_a_status),
        cmocka_unit_test(a_record_says_what_it_is),
        cmocka_unit_test(each_outcome_has_its_status),
        cmocka_unit_test(an_audit_log_gives_five_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
