/* Plain XML: what is proved plain is walked as written; what is not plain, or not XML, is refused. */
#include "tests/house.h"

#include "base/xml_plain.h"

static void plain_documents_are_walked(void **state TF_UNUSED)
{
    static const char text[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a > b -->"
                               "<x:a b='1' x:c=\"&lt;2&#x41;\"><d/>t&amp;u<e >v</e\n></x:a>\n";
    struct tf_plain p;
    struct tf_buf b;
    IN_HOUSE(h);
    assert_true(tf_plain_ok(text, sizeof text - 1));
    tf_plain_begin(&p, text, sizeof text - 1);
    assert_int_equal(tf_plain_next(&p), TF_PLAIN_TEXT);
    assert_int_equal(tf_plain_next(&p), TF_PLAIN_OPEN);
    assert_string_equal(p.name, "a");
    assert_string_equal(tf_plain_attribute(&p, h.arena, "b"), "1");
    assert_string_equal(tf_plain_attribute(&p, h.arena, "c"), "<2A");
    assert_null(tf_plain_attribute(&p, h.arena, "d"));
    assert_int_equal(tf_plain_next(&p), TF_PLAIN_OPEN);
    assert_true(p.empty);
    assert_int_equal(tf_plain_next(&p), TF_PLAIN_TEXT);
    b = (struct tf_buf){.arena = h.arena};
    tf_plain_decode(&b, p.text, p.n_text);
    assert_string_equal(tf_buf_text(&b), "t&u");
    assert_int_equal(tf_plain_next(&p), TF_PLAIN_OPEN);
    assert_false(p.empty);
    assert_int_equal(tf_plain_next(&p), TF_PLAIN_TEXT);
    assert_int_equal(tf_plain_next(&p), TF_PLAIN_CLOSE);
    assert_string_equal(p.name, "e");
    assert_int_equal(tf_plain_next(&p), TF_PLAIN_CLOSE);
    assert_int_equal(tf_plain_next(&p), TF_PLAIN_TEXT);
    assert_int_equal(tf_plain_next(&p), TF_PLAIN_END);
    OUT_OF_HOUSE(h);
}

static void others_are_left_to_a_careful_parser(void **state TF_UNUSED)
{
    static const char *const other[] = {
        "", "text", "<a>", "<a></b>", "<a></a><b/>", "</a>", "<a/>x", "<a b></a>", "<a b=c/>",
        "<a b='1'c='2'/>", "<a b='<'/>", "<a>&b;</a>", "<a>&</a>", "<a>&#0;</a>", "<a>&#xD800;</a>",
        "<!DOCTYPE a><a/>", "<a><![CDATA[x]]></a>", "<a>\r\n</a>", "<a>\x01</a>", "<a>\xFF</a>",
        "<?xml version='1.0' encoding='UTF-16'?><a/>", "<a><?pi?></a>", "<a><!-- -- --></a>", "<1a/>",
        "<a", "<a/", "<a b='", "<!-->", "<a><!--></a>", "<>"};
    for (size_t k = 0; k < sizeof other / sizeof *other; k++)
        if (tf_plain_ok(other[k], strlen(other[k])))
            fail_msg("%s", other[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_documents_are_walked),
                                       cmocka_unit_test(others_are_left_to_a_careful_parser)};
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
