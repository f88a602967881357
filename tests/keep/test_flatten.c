/* Submissions as tables: what each kind of question becomes, and why a value is not there. */
#include "house.h"
#include "keep/flatten.h"

static const char model[] =
    "<h:html xmlns=\"http://www.w3.org/2002/xforms\" xmlns:h=\"http://www.w3.org/1999/xhtml\" "
    "xmlns:orx=\"http://openrosa.org/xforms\" xmlns:jr=\"http://openrosa.org/javarosa\" "
    "xmlns:odk=\"http://www.opendatakit.org/xforms\"><h:head><h:title>T</h:title><model>"
    "<itext><translation lang=\"English (en)\"><text id=\"f\"><value>How often?</value></text></translation>"
    "<translation lang=\"Khmer (km)\"><text id=\"f\"><value>km</value></text></translation></itext>"
    "<instance><data id=\"t\" version=\"%s\"><intro/><freq/><word/><age/><day/><why/><order/><place/><agree/>"
    "<home><child jr:template=\"\"><name/><toy jr:template=\"\"><name/></toy></child></home>"
    "<a><x/></a><b><x/></b><gate/><behind/><deep><behind2/></deep><score/>"
    "<orx:meta><orx:instanceID/></orx:meta></data></instance>"
    "<bind nodeset=\"/data/intro\" type=\"string\" readonly=\"true()\"/>"
    "<bind nodeset=\"/data/freq\" type=\"string\"/><bind nodeset=\"/data/word\" type=\"string\"/>"
    "<bind nodeset=\"/data/age\" type=\"int\"/><bind nodeset=\"/data/day\" type=\"date\"/>"
    "<bind nodeset=\"/data/why\" type=\"string\"/><bind nodeset=\"/data/order\" type=\"odk:rank\"/>"
    "<bind nodeset=\"/data/place\" type=\"geopoint\"/><bind nodeset=\"/data/agree\" type=\"boolean\"/>"
    "<bind nodeset=\"/data/home/child/name\" type=\"string\"/>"
    "<bind nodeset=\"/data/home/child/toy/name\" type=\"string\"/>"
    "<bind nodeset=\"/data/a/x\" type=\"int\"/><bind nodeset=\"/data/b/x\" type=\"int\"/>"
    "<bind nodeset=\"/data/gate\" type=\"int\"/>"
    "<bind nodeset=\"/data/behind\" type=\"int\" relevant=\"/data/gate = 1\"/>"
    "<bind nodeset=\"/data/deep\" relevant=\"/data/gate = 1\"/><bind nodeset=\"/data/deep/behind2\" type=\"int\"/>"
    "<bind nodeset=\"/data/score\" type=\"decimal\"/>"
    "<bind nodeset=\"/data/meta/instanceID\" type=\"string\"/></model></h:head><h:body>"
    "<input ref=\"/data/intro\"><label>Read this</label></input>"
    "<select1 ref=\"/data/freq\"><label ref=\"jr:itext('f')\"/>"
    "<item><label>Never</label><value>1</value></item><item><label>Often</label><value>5</value></item>"
    "<item><label>Don't know</label><value>888</value></item></select1>"
    "<select1 ref=\"/data/word\"><label>W</label><item><label>Mother</label><value>mother</value></item>"
    "<item><label>-</label><value>prefer_not_to_say</value></item></select1>"
    "<input ref=\"/data/age\"><label>A</label></input><input ref=\"/data/day\"><label>D</label></input>"
    "<select ref=\"/data/why\"><label>Why</label><item><label>Fun</label><value>fun</value></item>"
    "<item><label>School</label><value>school</value></item><item><label>-</label><value>999</value></item></select>"
    "<odk:rank ref=\"/data/order\"><label>O</label><item><label>P</label><value>p</value></item>"
    "<item><label>Q</label><value>q</value></item></odk:rank>"
    "<input ref=\"/data/place\"><label>G</label></input><input ref=\"/data/agree\"><label>B</label></input>"
    "<group ref=\"/data/home\"><label>H</label><group ref=\"/data/home/child\"><repeat nodeset=\"/data/home/child\">"
    "<input ref=\"/data/home/child/name\"><label>N</label></input><group ref=\"/data/home/child/toy\">"
    "<repeat nodeset=\"/data/home/child/toy\"><input ref=\"/data/home/child/toy/name\"><label>N</label></input>"
    "</repeat></group></repeat></group></group>"
    "<group ref=\"/data/a\"><input ref=\"/data/a/x\"><label>AX</label></input></group>"
    "<group ref=\"/data/b\"><input ref=\"/data/b/x\"><label>BX</label></input></group>"
    "<input ref=\"/data/gate\"><label>G</label></input><input ref=\"/data/behind\"><label>B</label></input>"
    "<group ref=\"/data/deep\"><input ref=\"/data/deep/behind2\"><label>B</label></input></group>"
    "<input ref=\"/data/score\"><label>S</label></input></h:body></h:html>";

static const struct tf_missing_code missing[] = {{888, TF_MISS_DONT_KNOW}, {999, TF_MISS_PREFER_NOT}};

static struct tf_xform *form_of(struct house *h, const char *version)
{
    struct tf_notices out = {.arena = h->arena};
    const char *xml = tf_printf(h->arena, model, version);
    struct tf_xform *form;
    if (tf_xform_parse(h->arena, "form.xml", xml, strlen(xml), &out, &form, &h->err) != TF_OK)
        fail_msg("%s | %s", h->err.what, h->err.fact);
    return form;
}

struct flat_house {
    struct house h;
    struct tf_flat *flat;
    struct tf_xform *form;
    size_t number;
    struct tf_notices out;
    struct tf_table **table;
    size_t n;
};

static void begin(struct flat_house *f, const struct tf_crosswalk *cw)
{
    const struct tf_flat_opt opt = {.dataset = "t", .language = "en", .missing = missing, .n_missing = 2};
    f->out = (struct tf_notices){.arena = f->h.arena};
    f->flat = tf_flat_new(f->h.arena, &opt);
    f->form = form_of(&f->h, "1");
    OK(tf_flat_form(f->flat, f->form, cw, &f->out, &f->number, &f->h.err));
}

static void add(struct flat_house *f, const char *key, const char *inner, bool broken_off)
{
    const char *xml = tf_printf(f->h.arena, "<data id=\"t\" version=\"1\">%s<meta><instanceID>%s"
                                "</instanceID></meta></data>", inner, key);
    struct tf_instance *in;
    OK(tf_instance_read(f->h.arena, f->form, xml, strlen(xml), &in, &f->h.err));
    const struct tf_flat_record r = {f->number, in, key, NULL, broken_off};
    OK(tf_flat_add(f->flat, &r, &f->out, &f->h.err));
}

static const struct tf_column *col(const struct flat_house *f, size_t table, const char *name)
{
    for (size_t k = 0; k < f->table[table]->n_cols; k++)
        if (strcmp(f->table[table]->col[k].name, name) == 0)
            return &f->table[table]->col[k];
    fail_msg("no column '%s'", name);
    return NULL;
}

static void end(struct flat_house *f)
{
    OK(tf_flat_tables(f->flat, &f->table, &f->n, &f->h.err));
}

/* ---- One answer each ------------------------------------------------------------------------------ */

static const struct {
    const char *name, *inner, *column, *want; /* want: the text or number, or a reason in brackets */
} cells[] = {
    {"a choice with a code is a number", "<freq>5</freq>", "freq", "5"},
    {"a code of the study is a reason", "<freq>888</freq>", "freq", "[dont_know]"},
    {"a code that is no choice stays when it is a number", "<freq>7</freq>", "freq", "7"},
    {"a word among codes goes missing", "<freq>often</freq>", "freq", "[missing]"},
    {"a choice with a name is a text", "<word>mother</word>", "word", "mother"},
    {"a choice named so is a reason", "<word>prefer_not_to_say</word>", "word", "[prefer_not]"},
    {"a whole number", "<age>14</age>", "age", "14"},
    {"a number below zero", "<age>-3</age>", "age", "-3"},
    {"a code of the study for a number", "<age>999</age>", "age", "[prefer_not]"},
    {"words for a number go missing", "<age>fourteen</age>", "age", "[missing]"},
    {"a date stays as it is", "<day>2026-11-24</day>", "day", "2026-11-24"},
    {"several, as given", "<why>school fun</why>", "why", "school fun"},
    {"several, one chosen", "<why>school fun</why>", "why/fun", "1"},
    {"several, one not chosen", "<why>school</why>", "why/fun", "0"},
    {"several, none", "<why/>", "why/fun", "[missing]"},
    {"several, a reason among them", "<why>999</why>", "why/fun", "[prefer_not]"},
    {"an order: the first place", "<order>q p</order>", "order/q", "1"},
    {"an order: the second place", "<order>q p</order>", "order/p", "2"},
    {"a point: latitude", "<place>-1.5 36.8 1660 5</place>", "place/lat", "-1.5"},
    {"a point: accuracy", "<place>-1.5 36.8 1660 5</place>", "place/acc", "5"},
    {"a point of two numbers has no altitude", "<place>1 2</place>", "place/alt", "[missing]"},
    {"a point that is none", "<place>here</place>", "place/lat", "[missing]"},
    {"true is 1", "<agree>true</agree>", "agree", "1"},
    {"false is 0", "<agree>false</agree>", "agree", "0"},
    {"a decimal", "<score>2.5e-3</score>", "score", "0.0025"},
    {"not in the document, asked of all: empty", "", "age", "[missing]"},
    {"not in the document, asked under a condition: not asked", "", "behind", "[routing]"},
    {"there and empty, the condition does not hold", "<gate>0</gate><behind/>", "behind", "[routing]"},
    {"there and empty, the condition holds", "<gate>1</gate><behind/>", "behind", "[missing]"},
    {"the condition of the group round it counts", "<gate>0</gate><deep><behind2/></deep>", "behind2", "[routing]"},
    {"and lets through", "<gate>1</gate><deep><behind2/></deep>", "behind2", "[missing]"},
    {"names that stand twice get their group", "<a><x>1</x></a><b><x>2</x></b>", "b_x", "2"},
    {"white space round a number", "<age> 14 </age>", "age", "14"},
    {"a text with what XML escapes", "<word>&lt;a&amp;b&gt;</word>", "word", "<a&b>"},
};

static void each_cell(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct flat_house f = {.h = h};
    begin(&f, NULL);
    for (size_t k = 0; k < sizeof cells / sizeof *cells; k++)
        add(&f, tf_printf(h.arena, "uuid:%zu", k), cells[k].inner, false);
    end(&f);
    for (size_t k = 0; k < sizeof cells / sizeof *cells; k++) {
        const struct tf_column *c = col(&f, 0, cells[k].column);
        const char *got = c->type == TF_TEXT ? c->text[k] : tf_double_text(h.arena, c->num[k]);
        if (c->miss[k] != TF_PRESENT)
            got = tf_printf(h.arena, "[%s]", tf_miss_word((enum tf_miss)c->miss[k]));
        if (strcmp(got, cells[k].want) != 0)
            fail_msg("%s: '%s' in place of '%s'", cells[k].name, got, cells[k].want);
    }
    for (size_t k = 0; k < f.out.n; k++) /* notices never say the value */
        assert_null(strstr(f.out.item[k].text, "fourteen"));
    assert_int_equal(f.out.n, 3);
    OUT_OF_HOUSE(h);
}

static void columns_and_their_texts(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct flat_house f = {.h = h};
    begin(&f, NULL);
    end(&f);
    assert_int_equal(f.n, 3);
    assert_string_equal(f.table[1]->name, "t.child");
    assert_string_equal(f.table[2]->name, "t.toy");
    assert_string_equal(col(&f, 0, "freq")->label, "How often?");
    assert_string_equal(tf_column_label(col(&f, 0, "freq"), 5), "Often");
    assert_int_equal(col(&f, 0, "freq")->n_labels, 2); /* a reason is no code */
    assert_string_equal(col(&f, 0, "why/school")->label, "Why: School");
    assert_true(tf_table_find(f.table[0], "intro") == SIZE_MAX); /* a note */
    assert_true(tf_table_find(f.table[0], "why/999") == SIZE_MAX);
    assert_true(tf_table_find(f.table[0], "instanceID") == SIZE_MAX); /* it is KEY */
    OUT_OF_HOUSE(h);
}

static void repeats_know_their_parents(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct flat_house f = {.h = h};
    begin(&f, NULL);
    add(&f, "uuid:a", "<home><child><name>A</name><toy><name>x</name></toy></child><child><name>B</name>"
        "<toy><name>y</name></toy><toy><name>z</name></toy></child></home>", false);
    add(&f, "uuid:b", "<home/>", false);
    add(&f, "uuid:c", "<home><child><name/></child></home>", false);
    end(&f);
    const struct tf_column *key = col(&f, 2, "KEY"), *up = col(&f, 2, "PARENT_KEY");
    assert_int_equal(f.table[0]->n_rows, 3);
    assert_int_equal(f.table[1]->n_rows, 3);
    assert_int_equal(f.table[2]->n_rows, 3);
    assert_string_equal(key->text[2], "uuid:a/home/child[2]/toy[2]");
    assert_string_equal(up->text[2], "uuid:a/home/child[2]");
    assert_string_equal(col(&f, 2, "name")->text[2], "z");
    assert_true(col(&f, 2, "ROW")->num[2] == 2);
    assert_string_equal(col(&f, 1, "KEY")->text[2], "uuid:c/home/child[1]");
    assert_int_equal(col(&f, 1, "name")->miss[2], TF_MISS_SYSTEM);
    OUT_OF_HOUSE(h);
}

static void what_was_not_reached_is_broken_off(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct flat_house f = {.h = h};
    begin(&f, NULL);
    add(&f, "uuid:a", "<freq/><word>mother</word><age/><day/><gate/><behind/><score/>", true);
    add(&f, "uuid:b", "<freq/><word>mother</word><age/><day/><gate/><behind/><score/>", false);
    end(&f);
    assert_int_equal(col(&f, 0, "freq")->miss[0], TF_MISS_SYSTEM); /* passed over before it ended */
    assert_int_equal(col(&f, 0, "age")->miss[0], TF_MISS_BROKEN_OFF);
    assert_int_equal(col(&f, 0, "place/lat")->miss[0], TF_MISS_BROKEN_OFF); /* not even there */
    assert_int_equal(col(&f, 0, "behind")->miss[0], TF_MISS_ROUTING);
    assert_int_equal(col(&f, 0, "age")->miss[1], TF_MISS_SYSTEM);
    OUT_OF_HOUSE(h);
}

/* ---- Crosswalks ------------------------------------------------------------------------------------- */

static struct tf_crosswalk *walk_of(struct house *h, const char *text)
{
    struct tf_crosswalk *cw;
    if (tf_crosswalk_parse(h->arena, "cross.csv", text, strlen(text), &cw, &h->err) != TF_OK)
        fail_msg("%s", h->err.what);
    return cw;
}

static void codes_and_names_are_mapped(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct flat_house f = {.h = h};
    begin(&f, walk_of(&h, "field,version,old_name,code_old,code_new,note\n"
                          "freq,1,,5,4,two steps were one\nfreq,1,,1,missing:void,misprint\n"
                          "how_old,*,age,,,\n,1,score,,,a trial\nwhy,1,,fun,school,\n"));
    add(&f, "uuid:a", "<freq>5</freq><age>14</age><score>1</score><why>fun</why>", false);
    add(&f, "uuid:b", "<freq>1</freq>", false);
    end(&f);
    assert_true(col(&f, 0, "freq")->num[0] == 4);
    assert_int_equal(col(&f, 0, "freq")->miss[1], TF_MISS_VOID);
    assert_true(col(&f, 0, "how_old")->num[0] == 14);
    assert_true(col(&f, 0, "why/school")->num[0] == 1);
    assert_true(tf_table_find(f.table[0], "score") == SIZE_MAX);
    assert_true(tf_table_find(f.table[0], "age") == SIZE_MAX);
    OUT_OF_HOUSE(h);
}

static const struct {
    const char *name, *text, *words;
    size_t line;
} faults[] = {
    {"an unknown column", "field,version,oldname\nf,1,x\n", "no column 'oldname'", 1},
    {"no version column", "field,old_name\nf,1\n", "'version' is missing", 1},
    {"no version", "field,version\nf,\n", "no version", 2},
    {"neither name", "field,version,old_name\n,1,\n", "neither field nor old_name", 2},
    {"half a code", "field,version,old_name,code_old,code_new\nf,1,,5,\n", "without the other", 2},
    {"a code twice", "field,version,old_name,code_old,code_new\nf,1,,5,4\nf,1,,5,3\n", "mapped twice", 3},
    {"a line twice", "field,version,old_name\nf,1,g\nf,1,g\n", "stands twice", 3},
    {"two into one", "field,version,old_name\nf,1,g\nf,1,h\n", "go to the column 'f'", 3},
    {"one into two", "field,version,old_name\nf,1,g\nh,1,g\n", "goes to two columns", 3},
    {"an unknown reason", "field,version,old_name,code_old,code_new\nf,1,,5,missing:gone\n", "no reason", 2},
};

static void faults_are_named_by_line(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
        struct tf_crosswalk *cw;
        print_message("  %s\n", faults[k].name);
        assert_int_equal(tf_crosswalk_parse(h.arena, "cross.csv", faults[k].text,
                                            strlen(faults[k].text), &cw, &h.err), TF_E_INPUT);
        assert_non_null(strstr(h.err.what, faults[k].words));
        assert_int_equal(h.err.line, faults[k].line);
    }
    struct flat_house f = {.h = h};
    const struct tf_flat_opt opt = {.dataset = "t", .language = "en"};
    f.out = (struct tf_notices){.arena = h.arena};
    assert_int_equal(tf_flat_form(tf_flat_new(h.arena, &opt), form_of(&h, "1"),
                                  walk_of(&h, "field,version,old_name\nf,1,freqq\n"), &f.out, &f.number,
                                  &h.err), TF_E_INPUT);
    assert_non_null(strstr(h.err.what, "no question 'freqq'"));
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cell),
        cmocka_unit_test(columns_and_their_texts),
        cmocka_unit_test(repeats_know_their_parents),
        cmocka_unit_test(what_was_not_reached_is_broken_off),
        cmocka_unit_test(codes_and_names_are_mapped),
        cmocka_unit_test(faults_are_named_by_line),
    };
    return cmocka_run_group_tests_name("keep/flatten", tests, NULL, NULL);
}
