/* XForms read into the plain model. */
#include "house.h"

#include "forms.h"

static const struct tf_xform *parsed(struct house *h, const char *xml)
{
    struct tf_xform *f = NULL;
    const enum tf_code code = tf_xform_parse(h->arena, "f.xml", xml, strlen(xml), NULL, &f, &h->err);
    if (code != TF_OK)
        fail_msg("%s (%s) line %zu", h->err.what, h->err.fact, h->err.line);
    return f;
}

static void the_head_of_a_form_is_read(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    const struct tf_xform *f = parsed(&h, xf_household);
    assert_string_equal(f->id, "household");
    assert_string_equal(f->version, "3");
    assert_string_equal(f->title, "Household");
    assert_string_equal(f->root, "data");
    assert_string_equal(f->public_key, "TUlJQg==");
    assert_int_equal(f->n_languages, 2);
    assert_string_equal(f->default_language, "English (en)");
    assert_int_equal(f->n_media, 2);
    assert_string_equal(f->media[0], "age.mp3");
    assert_string_equal(f->media[1], "areas.csv");
    assert_int_equal(f->n_instances, 2);
    assert_int_equal(f->instance[0].n_items, 2);
    assert_string_equal(f->instance[1].src, "jr://file-csv/areas.csv");
    OUT_OF_HOUSE(h);
}

static void fields_stand_in_document_order_with_their_parents(void **state TF_UNUSED)
{
    static const struct {
        const char *path;
        enum tf_xtype type;
        size_t parent, repeat, end;
        bool control, meta;
    } want[] = {
        {"/data", TF_X_GROUP, SIZE_MAX, SIZE_MAX, 11, false, false},
        {"/data/who", TF_X_STRING, 0, SIZE_MAX, 2, true, false},
        {"/data/age", TF_X_INT, 0, SIZE_MAX, 3, true, false},
        {"/data/net", TF_X_SELECT_ONE, 0, SIZE_MAX, 4, true, false},
        {"/data/kid", TF_X_REPEAT, 0, SIZE_MAX, 7, true, false},
        {"/data/kid/name", TF_X_STRING, 4, 4, 6, true, false},
        {"/data/kid/photo", TF_X_BINARY, 4, 4, 7, true, false},
        {"/data/total", TF_X_INT, 0, SIZE_MAX, 8, false, false},
        {"/data/meta", TF_X_GROUP, 0, SIZE_MAX, 11, false, true},
        {"/data/meta/audit", TF_X_BINARY, 8, SIZE_MAX, 10, false, true},
        {"/data/meta/instanceID", TF_X_STRING, 8, SIZE_MAX, 11, false, true},
    };
    IN_HOUSE(h);
    const struct tf_xform *f = parsed(&h, xf_household);
    assert_int_equal(f->n_fields, sizeof want / sizeof *want);
    for (size_t k = 0; k < f->n_fields; k++) {
        const struct tf_xfield *x = &f->field[k];
        assert_string_equal(x->path, want[k].path);
        assert_int_equal(x->type, want[k].type);
        assert_true(x->parent == want[k].parent && x->repeat == want[k].repeat);
        assert_int_equal(x->end, want[k].end);
        assert_true(x->control == want[k].control && x->meta == want[k].meta);
        assert_ptr_equal(tf_xform_field(f, want[k].path), x);
    }
    assert_ptr_equal(tf_xform_field(f, "/data/orx:meta/orx:audit"), &f->field[9]);
    assert_null(tf_xform_field(f, "/data/none"));
    assert_null(tf_xform_field(f, "data"));
    OUT_OF_HOUSE(h);
}

static void logic_and_texts_hang_on_their_fields(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    const struct tf_xform *f = parsed(&h, xf_household);
    const struct tf_xfield *age = tf_xform_field(f, "/data/age"), *net = tf_xform_field(f, "/data/net");
    assert_string_equal(age->constraint, ". >= 9 and . <= 17");
    assert_string_equal(tf_words_in(&age->constraint_message, "en"), "From 9 to 17");
    assert_int_equal(age->label.n, 2);
    assert_string_equal(tf_words_in(&age->label, "English (en)"), "How old is ${who}?");
    assert_string_equal(tf_words_in(&age->label, "Khmer (km)"), "km age");
    assert_string_equal(tf_words_in(&age->guidance, "English (en)"), "Full years");
    assert_string_equal(age->audio.item[0].text, "age.mp3");
    assert_string_equal(net->appearance, "minimal");
    assert_int_equal(net->n_items, 2);
    assert_string_equal(net->item[0].value, "1");
    assert_string_equal(tf_words_in(&net->item[1].label, "Khmer (km)"), "km no");
    assert_string_equal(tf_xform_field(f, "/data/who")->required, "true()");
    assert_string_equal(tf_xform_field(f, "/data/who")->setvalue, "'A' ");
    assert_string_equal(tf_xform_field(f, "/data/total")->preset, "0");
    assert_string_equal(tf_xform_field(f, "/data/kid/photo")->media_type, "image/*");
    assert_string_equal(tf_xform_field(f, "/data/meta/instanceID")->preload, "uid");
    assert_true(age->line > 0 && tf_xform_field(f, "/data/kid")->line == 0);
    OUT_OF_HOUSE(h);
}

static void inline_choices_and_relative_references(void **state TF_UNUSED)
{
    static const char xml[] =
        XF_FORM("<g><a/><b/></g>", "<bind id=\"bb\" nodeset=\"g/b\" type=\"xsd:int\"/>",
                "<group ref=\"/data/g\"><select ref=\"a\"><label>A</label>"
                "<item><label>X</label><value>x</value></item>"
                "<item><label>Y</label><value> y </value></item></select>"
                "<input bind=\"bb\"><label>B</label></input></group>");
    IN_HOUSE(h);
    const struct tf_xform *f = parsed(&h, xml);
    const struct tf_xfield *a = tf_xform_field(f, "/data/g/a"), *b = tf_xform_field(f, "/data/g/b");
    assert_int_equal(a->type, TF_X_SELECT_MANY);
    assert_int_equal(a->n_items, 2);
    assert_string_equal(a->item[1].value, "y");
    assert_string_equal(tf_words_in(&a->item[0].label, "any"), "X");
    assert_true(b->control && b->type == TF_X_INT);
    OUT_OF_HOUSE(h);
}

static void text_that_is_no_form_is_refused_with_its_place(void **state TF_UNUSED)
{
    static const struct {
        const char *name, *xml, *says;
        size_t line;
    } cases[] = {
        {"nothing", "", "not an XForm", 1},
        {"not closed", "<h:html xmlns:h=\"u\">\n<a>\n</h:html>", "not an XForm", 3},
        {"an entity", "<a>\n&lol;</a>", "not an XForm", 2},
        {"a DOCTYPE", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "not an XForm", 1},
        {"a DOCTYPE behind a comment", "<?xml version=\"1.0\"?> <!-- c --><!DOCTYPE a><a/>",
         "not an XForm", 1},
        {"not UTF-8", "<a>\xff</a>", "not an XForm", 0},
        {"another document", "<a/>", "no <model>", 1},
        {"no instance", "<h><model/></h>", "no primary instance", 1},
    };
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_xform *f = NULL;
        struct tf_notices out = {.arena = h.arena};
        if (tf_xform_parse(h.arena, "f.xml", cases[k].xml, strlen(cases[k].xml), &out, &f, &h.err) !=
                TF_E_INPUT ||
            f != NULL || strstr(h.err.what, cases[k].says) == NULL || h.err.line != cases[k].line)
            fail_msg("%s: %s, line %zu", cases[k].name, h.err.what, h.err.line);
        assert_int_equal(tf_notices_count(&out, TF_ERROR), 1);
    }
    OUT_OF_HOUSE(h);
}

static void depth_and_number_of_elements_have_limits(void **state TF_UNUSED)
{
    struct tf_xform *f = NULL;
    IN_HOUSE(h);
    struct tf_buf deep = {.arena = h.arena}, wide = {.arena = h.arena};
    for (int k = 0; k < 200; k++)
        tf_buf_add(&deep, "<a>");
    assert_int_equal(tf_xform_parse(h.arena, "f", deep.s, deep.n, NULL, &f, &h.err), TF_E_INPUT);
    assert_non_null(strstr(h.err.fact, "128 levels"));
    tf_buf_add(&wide, "<a>");
    for (int k = 0; k < 100001; k++)
        tf_buf_add(&wide, "<b/>");
    tf_buf_add(&wide, "</a>");
    assert_int_equal(tf_xform_parse(h.arena, "f", wide.s, wide.n, NULL, &f, &h.err), TF_E_INPUT);
    assert_non_null(strstr(h.err.fact, "100,000 elements"));
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_of_a_form_is_read),
        cmocka_unit_test(fields_stand_in_document_order_with_their_parents),
        cmocka_unit_test(logic_and_texts_hang_on_their_fields),
        cmocka_unit_test(inline_choices_and_relative_references),
        cmocka_unit_test(text_that_is_no_form_is_refused_with_its_place),
        cmocka_unit_test(depth_and_number_of_elements_have_limits),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("ask: xform read", tests, NULL, NULL);
}
