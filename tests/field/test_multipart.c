/* Form data in pieces of any size, and every way in which they can be wrong. */
#include "../house.h"

#include "field/multipart.h"

static const char type[] = "multipart/form-data; boundary=xyz";
static const char good[] = "--xyz\r\n"
                           "Content-Disposition: form-data; name=\"xml_submission_file\"; filename=\"a.xml\"\r\n"
                           "Content-Type: text/xml; charset=utf-8\r\n\r\n"
                           "<a>\r\n--xy \r\n-</a>\r\r\n"
                           "--xyz  \r\n"
                           "content-disposition: form-data; filename=\"C:\\\\dir\\\\p%22q\\\".jpg\"; name=photo\r\n\r\n"
                           "\r\n"
                           "--xyz--\r\nanything after";

/* Feed in pieces of `step` bytes; the code of the first failure. */
static enum tf_code feed(struct house *h, const char *content_type, const char *data, size_t n,
                         size_t step, struct tf_multipart_limit limit, struct tf_part **part,
                         size_t *n_parts)
{
    struct tf_multipart *m;
    TF_TRY(tf_multipart_begin(h->arena, content_type, limit, n, &m, &h->err));
    for (size_t k = 0; k < n; k += step)
        TF_TRY(tf_multipart_feed(m, data + k, n - k < step ? n - k : step, &h->err));
    return tf_multipart_end(m, part, n_parts, &h->err);
}
static const struct tf_multipart_limit wide = {.bytes = 1 << 20, .parts = 100};

static void parts_are_the_same_in_pieces_of_any_size(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    for (size_t step = 1; step < sizeof good; step++) {
        struct tf_part *part;
        size_t n;
        OK(feed(&h, type, good, sizeof good - 1, step, wide, &part, &n));
        assert_int_equal(n, 2);
        assert_string_equal(part[0].name, "xml_submission_file");
        assert_string_equal(part[0].filename, "a.xml");
        assert_string_equal(part[0].type, "text/xml");
        assert_int_equal(part[0].n, 18);
        assert_memory_equal(part[0].data, "<a>\r\n--xy \r\n-</a>\r", 18);
        assert_string_equal(part[1].name, "photo");
        assert_string_equal(part[1].filename, "p\"q\".jpg");
        assert_string_equal(part[1].type, "application/octet-stream");
        assert_int_equal(part[1].n, 0);
    }
    OUT_OF_HOUSE(h);
}

static void what_ends_too_soon_is_refused_at_every_byte(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    const size_t whole = (size_t)(strstr(good, "--xyz--") - good) + 7;
    for (size_t n = 0; n < whole; n++) {
        struct tf_part *part;
        size_t n_parts;
        assert_int_equal(feed(&h, type, good, n, 7, wide, &part, &n_parts), TF_E_INPUT);
    }
    OUT_OF_HOUSE(h);
}

/* Any byte may be anything: an answer comes, and a part is never longer than what was sent. */
static void any_changed_byte_gives_parts_or_a_refusal(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    static const char other[] = {'\0', '\r', '\n', '-', 'x', '"', ';', (char)0xff};
    for (size_t at = 0; at < sizeof good - 1; at++)
        for (size_t k = 0; k < sizeof other; k++) {
            char changed[sizeof good];
            struct tf_part *part;
            size_t n = 0;
            memcpy(changed, good, sizeof good);
            changed[at] = other[k];
            struct tf_arena *a = h.arena;
            h.arena = tf_arena_new("one body", (size_t)4 << 20);
            const enum tf_code code = feed(&h, type, changed, sizeof good - 1, 64, wide, &part, &n);
            assert_true(code == TF_OK || (code == TF_E_INPUT && h.err.help[0] != '\0'));
            for (size_t j = 0; code == TF_OK && j < n; j++)
                assert_true(part[j].n < sizeof good);
            tf_arena_free(h.arena);
            h.arena = a;
        }
    OUT_OF_HOUSE(h);
}

#define D "Content-Disposition: form-data; name=a\r\n"
static const struct {
    const char *why, *type, *body;
    enum tf_code code;
} cases[] = {
    {"no content type", NULL, "", TF_E_INPUT},
    {"another content type", "application/xml; boundary=x", "", TF_E_INPUT},
    {"no boundary", "multipart/form-data", "", TF_E_INPUT},
    {"an empty boundary", "multipart/form-data; boundary=\"\"", "", TF_E_INPUT},
    {"two boundaries", "multipart/form-data; boundary=x; boundary=y", "", TF_E_INPUT},
    {"a boundary of 71", "multipart/form-data; boundary="
     "12345678901234567890123456789012345678901234567890123456789012345678901", "", TF_E_INPUT},
    {"a quote that does not end", "multipart/form-data; boundary=\"x", "", TF_E_INPUT},
    {"a quoted boundary", "Multipart/Form-Data; charset=utf-8; BOUNDARY=\"x y\"", "--x y\r\n" D "\r\n1\r\n--x y--", TF_OK},
    {"no part at all", "multipart/form-data; boundary=x", "--x--\r\n", TF_OK},
    {"words before the first delimiter", "multipart/form-data; boundary=x", "hello\r\n--x\r\n" D "\r\n\r\n--x--", TF_OK},
    {"line feeds alone", "multipart/form-data; boundary=x", "--x\n" D "\n1\n--x--", TF_E_INPUT},
    {"a part without a name", "multipart/form-data; boundary=x", "--x\r\nContent-Type: text/xml\r\n\r\n1\r\n--x--", TF_E_INPUT},
    {"a part of another kind", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--x--", TF_E_INPUT},
    {"two dispositions", "multipart/form-data; boundary=x", "--x\r\n" D D "\r\n1\r\n--x--", TF_E_INPUT},
    {"two names", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n1\r\n--x--", TF_E_INPUT},
    {"base64", "multipart/form-data; boundary=x", "--x\r\n" D "Content-Transfer-Encoding: base64\r\n\r\nMQ==\r\n--x--", TF_E_INPUT},
    {"binary", "multipart/form-data; boundary=x", "--x\r\n" D "Content-Transfer-Encoding: binary\r\n\r\n1\r\n--x--", TF_OK},
    {"a header without a colon", "multipart/form-data; boundary=x", "--x\r\n" D "nothing\r\n\r\n1\r\n--x--", TF_E_INPUT},
    {"a folded header", "multipart/form-data; boundary=x", "--x\r\n" D " folded\r\n\r\n1\r\n--x--", TF_E_INPUT},
    {"words after a delimiter", "multipart/form-data; boundary=x", "--x y\r\n" D "\r\n1\r\n--x--", TF_E_INPUT},
    {"a delimiter within a word", "multipart/form-data; boundary=x", "--x\r\n" D "\r\n1--x--\r\n--x--", TF_OK},
};

static void strange_bodies_are_judged(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_part *part;
        size_t n;
        if (feed(&h, cases[k].type, cases[k].body, strlen(cases[k].body), 5, wide, &part, &n) !=
            cases[k].code)
            fail_msg("%s", cases[k].why);
    }
    OUT_OF_HOUSE(h);
}

static void limits_hold(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_part *part;
    size_t n;
    struct tf_buf b = {.arena = h.arena};
    const struct tf_multipart_limit tight = {.bytes = 1000, .parts = 3};
    for (int k = 0; k < 4; k++)
        tf_buf_add(&b, "--xyz\r\n" D "\r\n1\r\n");
    tf_buf_add(&b, "--xyz--");
    assert_int_equal(feed(&h, type, b.s, b.n, 50, tight, &part, &n), TF_E_LIMIT);
    b.n = 0;
    tf_buf_add(&b, "--xyz\r\n" D "\r\n");
    for (int k = 0; k < 1001; k++)
        tf_buf_char(&b, 'a');
    tf_buf_add(&b, "\r\n--xyz--");
    assert_int_equal(feed(&h, type, b.s, b.n, 50, tight, &part, &n), TF_E_LIMIT);
    b.n = 0;
    tf_buf_add(&b, "--xyz\r\n" D);
    for (int k = 0; k < 20; k++)
        tf_buf_add(&b, "X: y\r\n");
    assert_int_equal(feed(&h, type, b.s, b.n, 50, wide, &part, &n), TF_E_LIMIT);
    b.n = 0;
    tf_buf_add(&b, "--xyz\r\nX: ");
    for (int k = 0; k < 5000; k++)
        tf_buf_char(&b, 'a');
    assert_int_equal(feed(&h, type, b.s, b.n, 50, wide, &part, &n), TF_E_LIMIT);
    OUT_OF_HOUSE(h);
}

static void a_great_file_is_whole_and_a_promise_costs_little(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    const struct tf_multipart_limit large = {.bytes = 100000000, .parts = 3};
    struct tf_multipart *m;
    struct tf_part *part;
    size_t n;
    char piece[1000];
    OK(tf_multipart_begin(h.arena, type, large, 99000000, &m, &h.err));
    assert_true(tf_arena_used(h.arena) < 200000);
    OK(tf_multipart_feed(m, "--xyz\r\n" D "\r\n", 9 + sizeof D - 1, &h.err));
    for (int k = 0; k < 3000; k++) {
        memset(piece, 'a' + k % 26, sizeof piece);
        OK(tf_multipart_feed(m, piece, sizeof piece, &h.err));
    }
    OK(tf_multipart_feed(m, "\r\n--xyz--", 9, &h.err));
    OK(tf_multipart_end(m, &part, &n, &h.err));
    assert_int_equal(part[0].n, 3000000);
    for (size_t k = 0; k < 3000; k++)
        assert_int_equal(part[0].data[1000 * k + k % 1000], 'a' + k % 26);
    assert_true(tf_arena_used(h.arena) < 24000000);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_the_same_in_pieces_of_any_size),
        cmocka_unit_test(what_ends_too_soon_is_refused_at_every_byte),
        cmocka_unit_test(any_changed_byte_gives_parts_or_a_refusal),
        cmocka_unit_test(strange_bodies_are_judged),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(a_great_file_is_whole_and_a_promise_costs_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
