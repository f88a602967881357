/* From the inbox to a dataset: what was sent stands in it once, newest state, whole; what does not open
 * is named and the rest goes on; doing it again changes nothing. */
#include <openssl/evp.h>

#include "house.h"
#include "keep/odk.h"
#include "keep/open.h"
#include "keep/records.h"

static const char study_text[] =
    "trefoil: 1\nid: test\ntitle: A test\nedition: \"1\"\nfindings: findings\nsynthetic: true\n"
    "policies:\n  - {name: dh, suppress_below: 0}\n"
    "timeline:\n  - {id: out, title: Release, to: 2026-01}\n"
    "countries:\n"
    "  - {code: XA, name: Country XA, status: active, ages: [12, 17], languages: [en], policy: dh}\n"
    "  - {code: XB, name: Country XB, status: active, ages: [12, 17], languages: [en], policy: dh}\n"
    "datasets:\n"
    "  - id: child\n    title: Children\n    strand: children\n    kind: probability\n"
    "    file: child.csv\n    unit: child\n    population: children\n    source: Survey\n"
    "    id_var: child_id\n    missing: {dont_know: [888], prefer_not_to_say: [999]}\n";
static const char form_text[] =
    "forms:\n  - {id: child, file: child.xml, who: child, dataset: child%s}\n";

/* Version 1 has no `more`, and calls freq `often`. */
static const char form_xml[] =
    "<h:html xmlns=\"http://www.w3.org/2002/xforms\" xmlns:h=\"http://www.w3.org/1999/xhtml\" "
    "xmlns:orx=\"http://openrosa.org/xforms\" xmlns:jr=\"http://openrosa.org/javarosa\"><h:head>"
    "<h:title>Child</h:title><model><instance><data id=\"child\" version=\"%s\"><child_id/><%s/>"
    "<roster jr:template=\"\"><r_age/></roster>%s<photo/><result/><today/>"
    "<orx:meta><orx:instanceID/></orx:meta></data></instance>"
    "<bind nodeset=\"/data/child_id\" type=\"string\"/><bind nodeset=\"/data/%s\" type=\"string\"/>"
    "<bind nodeset=\"/data/roster/r_age\" type=\"int\"/>%s"
    "<bind nodeset=\"/data/photo\" type=\"binary\"/>"
    "<bind nodeset=\"/data/result\" type=\"string\" calculate=\"'complete'\"/>"
    "<bind nodeset=\"/data/today\" type=\"date\" jr:preload=\"date\" jr:preloadParams=\"today\"/>"
    "<bind nodeset=\"/data/meta/instanceID\" type=\"string\"/></model></h:head><h:body>"
    "<input ref=\"/data/child_id\"><label>Code</label></input>"
    "<select1 ref=\"/data/%s\"><label>How often?</label>"
    "<item><label>Never</label><value>1</value></item><item><label>Daily</label><value>2</value></item>"
    "<item><label>Prefer not to say</label><value>999</value></item></select1>"
    "<group ref=\"/data/roster\"><repeat nodeset=\"/data/roster\"><input ref=\"/data/roster/r_age\">"
    "<label>Age</label></input></repeat></group>%s"
    "<upload ref=\"/data/photo\" mediatype=\"image/*\"><label>P</label></upload></h:body></h:html>";

struct open_house {
    struct house h;
    struct tf_study *study;
    struct tf_keep *keep;
    struct tf_inbox *inbox;
    struct tf_arena *inbox_arena;
    const char *public_key;
    struct tf_open_form version[2];
    const char *expects[2]; /* files that the next posts' XML names */
    size_t n_expects;
    struct tf_notices out;
    struct tf_open_result result;
};

static void write_form(struct house *h, const char *name, const char *version, const char *often,
                       bool more)
{
    (void)put_file(h, name,
                   tf_printf(h->arena, form_xml, version, often, more ? "<more/>" : "", often,
                             more ? "<bind nodeset=\"/data/more\" type=\"int\" relevant=\"/data/freq = '2'\"/>" : "",
                             often, more ? "<input ref=\"/data/more\"><label>More</label></input>" : ""));
}

static void set_up(struct open_house *o, const char *form_more)
{
    struct house *h = &o->h;
    struct tf_err *e = &h->err;
    (void)put_file(h, "study.yaml",
                   tf_printf(h->arena, "%s%s", study_text, tf_printf(h->arena, form_text, form_more)));
    write_form(h, "child.xml", "2", "freq", true);
    write_form(h, "old.xml", "1", "often", false);
    (void)put_file(h, "cross.csv", "field,version,old_name,code_old,code_new\nfreq,1,often,,\n");
    if (tf_study_read(h->arena, h->dir, &o->study, e) != TF_OK)
        fail_msg("%s %s:%zu", e->what, e->file, e->line);
    OK(tf_keep_open(h->arena, h->dir, true, &o->keep, e));
    OK(tf_inbox_key_make(h->arena, h->dir, o->keep->key, e));
    OK(tf_form_key_make(h->arena, h->dir, o->keep->key, "XA", "children", "response", e));
    OK(tf_form_key_public(h->arena, h->dir, "XA", "children", "response", &o->public_key, e));
    o->version[0] = (struct tf_open_form){"XA", "child", "1", "old.xml", NULL, false};
    o->version[1] = (struct tf_open_form){"XA", "child", "2", "child.xml", NULL, true};
}

#define OPEN_HOUSE(o, form_more)          \
    IN_HOUSE(h);                          \
    struct open_house o = {.h = h};       \
    set_up(&o, form_more)
#define CLOSE_HOUSE(o)                    \
    do {                                  \
        h = o.h;                          \
        OUT_OF_HOUSE(h);                  \
    } while (0)

/* ---- Sending ------------------------------------------------------------------------------------- */

static const char *answers(struct tf_arena *a, const char *version, const char *instance,
                           const char *deprecated, const char *inner)
{
    return tf_printf(a, "<data id=\"child\" version=\"%s\" xmlns:orx=\"http://openrosa.org/xforms\">%s"
                     "<orx:meta><orx:instanceID>%s</orx:instanceID>%s</orx:meta></data>", version, inner,
                     instance,
                     deprecated == NULL ? ""
                                        : tf_printf(a, "<orx:deprecatedID>%s</orx:deprecatedID>",
                                                    deprecated));
}

static void send(struct open_house *o, const char *version, const char *instance,
                 const char *deprecated, const struct tf_odk_file *file, size_t n, bool encrypted)
{
    struct tf_inbox_part part[8];
    struct tf_inbox_result result;
    struct tf_err *e = &o->h.err;
    o->inbox_arena = tf_arena_new("inbox", (size_t)64 << 20);
    OK(tf_inbox_open(o->inbox_arena, o->h.dir, &o->inbox, e));
    for (size_t k = 0; k < n; k++)
        part[k] = (struct tf_inbox_part){k == 0 ? "xml_submission_file" : file[k].name, "text/xml",
                                         file[k].data, file[k].n};
    const struct tf_inbox_post post = {.country = "XA", .form = "child", .version = version,
                                       .instance = instance, .deprecated = deprecated,
                                       .sender = "tablet", .encrypted = encrypted, .part = part,
                                       .n_parts = n, .expects = o->expects,
                                       .n_expects = o->n_expects};
    const struct tf_inbox_post *posts[] = {&post};
    tf_inbox_put(o->inbox, posts, 1, &result, e);
    if (result.outcome != TF_INBOX_NEW && result.outcome != TF_INBOX_MORE)
        fail_msg("%s: outcome %d, %s", instance, result.outcome, e->what);
    tf_arena_free(o->inbox_arena);
}

static struct tf_odk_file text_file(const char *name, const char *text)
{
    return (struct tf_odk_file){name, text, strlen(text)};
}

static struct tf_odk_file *sealed(struct open_house *o, const char *version, const char *instance,
                                  const struct tf_odk_file *file, size_t n)
{
    const struct tf_odk_plain plain = {"child", version, instance, file, n};
    struct tf_odk_file *out;
    OK(tf_odk_seal(o->h.arena, o->public_key, &plain, &out, &o->h.err));
    return out;
}

/* One sealed interview without media. */
static void interview(struct open_house *o, const char *version, const char *instance,
                      const char *deprecated, const char *inner)
{
    const struct tf_odk_file file =
        text_file("submission.xml", answers(o->h.arena, version, instance, deprecated, inner));
    send(o, version, instance, deprecated, sealed(o, version, instance, &file, 1), 2, true);
}

static void open_all(struct open_house *o, const struct tf_open_reject *reject, size_t n)
{
    const struct tf_open_opt opt = {.country = "XA", .version = o->version, .n_versions = 2,
                                    .reject = reject, .n_rejects = n};
    o->out = (struct tf_notices){.arena = o->h.arena};
    if (tf_open_submissions(o->h.arena, o->study, o->keep, &opt, &o->out, &o->result, &o->h.err) !=
        TF_OK)
        fail_msg("%s | %s", o->h.err.what, o->h.err.fact);
    assert_int_equal(o->result.n_forms, 1);
}

static struct tf_table *dataset(struct open_house *o, const char *name)
{
    struct tf_table *t;
    bool found;
    OK(tf_keep_dataset_get(o->h.arena, o->keep, "XA", "children", name, &found, &t, NULL, &o->h.err));
    assert_true(found);
    return t;
}

static const struct tf_column *column(const struct tf_table *t, const char *name)
{
    const size_t at = tf_table_find(t, name);
    if (at >= t->n_cols)
        fail_msg("no column %s", name);
    return &t->col[at];
}

static bool noticed(const struct open_house *o, const char *id, const char *words)
{
    for (size_t k = 0; k < o->out.n; k++)
        if (strcmp(o->out.item[k].id, id) == 0 && strstr(o->out.item[k].text, words) != NULL)
            return true;
    return false;
}

/* ---- The cases ----------------------------------------------------------------------------------- */

static void sealed_interviews_become_rows(void **state TF_UNUSED)
{
    OPEN_HOUSE(o, "");
    interview(&o, "2", "uuid:1", NULL,
              "<child_id>AAAA0001</child_id><freq>2</freq><roster><r_age>12</r_age></roster>"
              "<roster><r_age>15</r_age></roster><more>3</more><photo/><result>complete</result>");
    interview(&o, "2", "uuid:2", NULL,
              "<child_id>AAAA0002</child_id><freq>999</freq><photo/><result>broken_off</result>");
    open_all(&o, NULL, 0);
    const struct tf_open_count *c = o.result.form;
    assert_int_equal(c->taken, 2);
    assert_int_equal(c->records, 2);
    assert_int_equal(c->tables, 2);
    assert_true(c->changed);
    const struct tf_table *t = dataset(&o, "child"), *r = dataset(&o, "child.roster");
    assert_int_equal(t->n_rows, 2);
    assert_string_equal(column(t, "KEY")->text[0], "uuid:1");
    assert_string_equal(column(t, "child_id")->text[1], "AAAA0002");
    const struct tf_column *freq = column(t, "freq");
    assert_true(freq->num[0] == 2 && freq->miss[1] == TF_MISS_PREFER_NOT);
    assert_string_equal(tf_column_label(freq, 2), "Daily");
    assert_string_equal(freq->label, "How often?");
    assert_int_equal(column(t, "more")->miss[1], TF_MISS_ROUTING);
    assert_int_equal(column(t, "photo")->miss[0], TF_MISS_SYSTEM);
    assert_int_equal(column(t, "photo")->miss[1], TF_MISS_BROKEN_OFF);
    assert_int_equal(r->n_rows, 2);
    assert_string_equal(column(r, "PARENT_KEY")->text[1], "uuid:1");
    assert_string_equal(column(r, "KEY")->text[1], "uuid:1/roster[2]");
    assert_string_equal(column(r, "child_id")->text[0], "AAAA0001");
    assert_true(column(r, "r_age")->num[1] == 15);
    CLOSE_HOUSE(o);
}

static void again_changes_nothing_and_new_ones_extend(void **state TF_UNUSED)
{
    OPEN_HOUSE(o, "");
    const char *inner = "<child_id>AAAA0001</child_id><freq>1</freq><photo/><result/>";
    interview(&o, "2", "uuid:1", NULL, inner);
    open_all(&o, NULL, 0);
    const char *first = o.result.form[0].evidence;
    open_all(&o, NULL, 0);
    assert_int_equal(o.result.form[0].taken, 0);
    assert_false(o.result.form[0].changed);
    assert_string_equal(o.result.form[0].evidence, first);
    interview(&o, "2", "uuid:0", NULL, inner);
    open_all(&o, NULL, 0);
    assert_int_equal(o.result.form[0].taken, 1);
    assert_true(o.result.form[0].changed);
    const struct tf_table *t = dataset(&o, "child");
    assert_int_equal(t->n_rows, 2);
    assert_string_equal(column(t, "KEY")->text[0], "uuid:1"); /* by arrival */
    assert_true(noticed(&o, "same-participant", "uuid:0"));
    CLOSE_HOUSE(o);
}

static void the_newest_edit_stands_under_the_first_identity(void **state TF_UNUSED)
{
    OPEN_HOUSE(o, "");
    interview(&o, "2", "uuid:1", NULL, "<child_id>A</child_id><freq>1</freq><photo/><result/>");
    interview(&o, "2", "uuid:7", NULL, "<child_id>B</child_id><freq>1</freq><photo/><result/>");
    interview(&o, "2", "uuid:5", "uuid:1", "<child_id>A</child_id><freq>1</freq><photo/><result/>");
    interview(&o, "2", "uuid:3", "uuid:5", "<child_id>A</child_id><freq>2</freq><photo/><result/>");
    open_all(&o, NULL, 0);
    const struct tf_table *t = dataset(&o, "child");
    assert_int_equal(t->n_rows, 2);
    assert_int_equal(o.result.form[0].edits, 2);
    assert_string_equal(column(t, "KEY")->text[0], "uuid:1");
    assert_true(column(t, "freq")->num[0] == 2);
    const struct tf_open_reject reject = {"child", "uuid:1", "not at home"};
    open_all(&o, &reject, 1);
    assert_int_equal(o.result.form[0].rejected, 1);
    assert_true(noticed(&o, "rejected", "not at home"));
    t = dataset(&o, "child");
    assert_int_equal(t->n_rows, 1);
    assert_string_equal(column(t, "KEY")->text[0], "uuid:7");
    CLOSE_HOUSE(o);
}

static void posts_are_united_and_incomplete_ones_wait(void **state TF_UNUSED)
{
    OPEN_HOUSE(o, "");
    const struct tf_odk_file file[] = {
        text_file("p.jpg", "a picture"),
        text_file("submission.xml",
                  answers(h.arena, "2", "uuid:1", NULL,
                          "<child_id>A</child_id><freq>1</freq><photo>p.jpg</photo><result/>"))};
    const struct tf_odk_file *all = sealed(&o, "2", "uuid:1", file, 2);
    const struct tf_odk_file first[] = {all[0], all[2]}, second[] = {all[0], all[1]};
    o.expects[0] = "p.jpg.enc";
    o.expects[1] = "submission.xml.enc";
    o.n_expects = 2;
    send(&o, "2", "uuid:1", NULL, first, 2, true);
    open_all(&o, NULL, 0);
    assert_int_equal(o.result.form[0].waiting, 1);
    assert_true(noticed(&o, "waiting", "p.jpg.enc"));
    assert_true(noticed(&o, "waiting", "record 1 (uuid:1)"));
    assert_string_equal(o.result.form[0].evidence, "");
    send(&o, "2", "uuid:1", NULL, second, 2, true);
    open_all(&o, NULL, 0);
    assert_int_equal(o.result.form[0].waiting, 0);
    assert_int_equal(o.result.form[0].records, 1);
    assert_string_equal(column(dataset(&o, "child"), "photo")->text[0], "p.jpg");
    CLOSE_HOUSE(o);
}

static void a_bad_record_is_named_and_the_others_go_on(void **state TF_UNUSED)
{
    OPEN_HOUSE(o, "");
    const struct tf_odk_file file = text_file(
        "submission.xml", answers(h.arena, "2", "uuid:1", NULL,
                                  "<child_id>A</child_id><freq>1</freq><photo/><result/>"));
    struct tf_odk_file *all = sealed(&o, "2", "uuid:1", &file, 1);
    char *bytes = tf_strndup(h.arena, all[1].data, all[1].n);
    bytes[40] ^= 1;
    all[1].data = bytes;
    send(&o, "2", "uuid:1", NULL, all, 2, true);
    interview(&o, "9", "uuid:2", NULL, "<child_id>B</child_id>");
    interview(&o, "2", "uuid:3", NULL, "<child_id>C</child_id><freq>2</freq><more>x</more><photo/>");
    open_all(&o, NULL, 0);
    const struct tf_open_count *c = o.result.form;
    assert_int_equal(c->bad, 2);
    assert_int_equal(c->records, 1);
    assert_true(noticed(&o, "does-not-open", "record 1 (uuid:1)"));
    assert_true(noticed(&o, "does-not-open", "version '9'"));
    assert_true(noticed(&o, "not-of-its-type", "/data/more"));
    open_all(&o, NULL, 0); /* named again, not taken again */
    assert_int_equal(o.result.form[0].bad, 2);
    assert_int_equal(o.result.form[0].taken, 0);
    assert_true(noticed(&o, "does-not-open", "record 1 (uuid:1)"));
    assert_false(o.result.form[0].changed);
    CLOSE_HOUSE(o);
}

static void versions_merge_by_the_crosswalk(void **state TF_UNUSED)
{
    OPEN_HOUSE(o, ", crosswalk: cross.csv");
    interview(&o, "1", "uuid:1", NULL, "<child_id>A</child_id><often>2</often><photo/><result/>");
    interview(&o, "2", "uuid:2", NULL, "<child_id>B</child_id><freq>1</freq><photo/><result/>");
    open_all(&o, NULL, 0);
    const struct tf_table *t = dataset(&o, "child");
    assert_true(column(t, "freq")->num[0] == 2 && column(t, "freq")->num[1] == 1);
    assert_int_equal(column(t, "more")->miss[0], TF_MISS_ROUTING);
    assert_string_equal(column(t, "FORM_VERSION")->text[0], "1");
    assert_true(tf_table_find(t, "often") == SIZE_MAX);
    CLOSE_HOUSE(o);
}

static void who_withdrew_is_in_nothing(void **state TF_UNUSED)
{
    const char *code = "A";
    size_t destroyed;
    OPEN_HOUSE(o, "");
    interview(&o, "2", "uuid:1", NULL, "<child_id>A</child_id><freq>1</freq><photo/><result/>");
    interview(&o, "2", "uuid:2", NULL, "<child_id>B</child_id><freq>2</freq><photo/><result/>");
    open_all(&o, NULL, 0);
    OK(tf_record_destroy(o.keep->key, "XA", &code, 1, &destroyed, &h.err));
    assert_int_equal(destroyed, 1);
    interview(&o, "2", "uuid:3", NULL, "<child_id>A</child_id><freq>1</freq><photo/><result/>");
    open_all(&o, NULL, 0);
    assert_int_equal(o.result.form[0].withdrawn, 1); /* the one that stood; the new one is never kept */
    const struct tf_table *t = dataset(&o, "child");
    assert_int_equal(t->n_rows, 1);
    assert_string_equal(column(t, "KEY")->text[0], "uuid:2");
    open_all(&o, NULL, 0);
    assert_int_equal(o.result.form[0].withdrawn, 0);
    assert_false(o.result.form[0].changed);
    CLOSE_HOUSE(o);
}

static void consent_is_noted_as_the_form_says(void **state TF_UNUSED)
{
    struct tf_consent *c;
    size_t n;
    OPEN_HOUSE(o, ", consent: {consent: {interview: freq, recontact: more}, assent: {interview: photo}}");
    interview(&o, "2", "uuid:1", NULL,
              "<child_id>A</child_id><freq>1</freq><photo/><result/><today>2026-11-24</today>");
    interview(&o, "2", "uuid:2", NULL, "<child_id>B</child_id><freq>2</freq><more>1</more><photo/>");
    open_all(&o, NULL, 0);
    if (tf_consent_list(h.arena, o.keep, "XA", &c, &n, &h.err) != TF_OK)
        fail_msg("%s | %s", h.err.what, h.err.fact);
    assert_int_equal(n, 1);
    assert_string_equal(c->participant, "A");
    assert_string_equal(c->kind, "consent");
    assert_string_equal(c->text, "child, version 2");
    assert_string_equal(c->day, "2026-11-24");
    assert_string_equal(c->by, "tablet");
    assert_string_equal(c->source, "uuid:1");
    assert_int_equal(c->n_switches, 1); /* `more` was not said */
    assert_string_equal(c->sw[0].name, "interview");
    assert_true(c->sw[0].on);
    assert_true(noticed(&o, "consent-without-day", "uuid:2"));
    CLOSE_HOUSE(o);
}

static void after_opening_the_inbox_is_needed_no_more(void **state TF_UNUSED)
{
    OPEN_HOUSE(o, "");
    interview(&o, "2", "uuid:1", NULL, "<child_id>A</child_id><freq>1</freq><photo/><result/>");
    open_all(&o, NULL, 0);
    const char *first = o.result.form[0].evidence;
    OK(tf_inbox_key_turn(h.arena, h.dir, o.keep->key, &h.err));
    interview(&o, "2", "uuid:2", NULL, "<child_id>B</child_id><freq>1</freq><photo/><result/>");
    open_all(&o, NULL, 0);
    assert_int_equal(o.result.form[0].records, 2);
    assert_string_not_equal(o.result.form[0].evidence, first);
    CLOSE_HOUSE(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_interviews_become_rows),
        cmocka_unit_test(again_changes_nothing_and_new_ones_extend),
        cmocka_unit_test(the_newest_edit_stands_under_the_first_identity),
        cmocka_unit_test(posts_are_united_and_incomplete_ones_wait),
        cmocka_unit_test(a_bad_record_is_named_and_the_others_go_on),
        cmocka_unit_test(versions_merge_by_the_crosswalk),
        cmocka_unit_test(who_withdrew_is_in_nothing),
        cmocka_unit_test(consent_is_noted_as_the_form_says),
        cmocka_unit_test(after_opening_the_inbox_is_needed_no_more),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("keep/open", tests, NULL, NULL);
}
