/* The press: structure of the file it writes, read back in C from the uncompressed form. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "sample_doc.h"

static struct tf_arena *arena;
static struct tf_fonts *fonts;
static struct sample *sample;
static struct tf_buf pdf; /* plain */
static struct tf_pressed said;

static void press(struct sample *s, bool plain, struct tf_buf *out, struct tf_pressed *ret)
{
    struct tf_err err = {0};
    if (tf_press_write_as(arena, &s->doc, fonts, plain, out, ret, &err) != TF_OK)
        fail_msg("%s: %s", err.what, err.fact);
}

static int set_up(void **state)
{
    (void)state;
    struct tf_err err = {0};
    arena = tf_arena_new("test", 512u << 20);
    if (tf_fonts_open(arena, &fonts, &err) != TF_OK) {
        print_error("%s\n%s\n", err.what, err.help);
        return -1;
    }
    sample = sample_doc(arena, 2, 1, 60);
    pdf = (struct tf_buf){.arena = arena};
    press(sample, true, &pdf, &said);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tf_arena_free(arena);
    return 0;
}

/* ---- reading back ---- */

static bool holds(const struct tf_buf *b, const char *needle)
{
    const size_t n = strlen(needle);
    for (size_t at = 0; at + n <= b->n; at++)
        if (b->s[at] == *needle && memcmp(b->s + at, needle, n) == 0)
            return true;
    return false;
}

static size_t count(const char *needle)
{
    size_t n = 0;
    for (size_t at = 0; at + strlen(needle) <= pdf.n; at++)
        n += memcmp(pdf.s + at, needle, strlen(needle)) == 0;
    return n;
}

static size_t number_after(const char *s, const char *key)
{
    const char *at = s != NULL ? strstr(s, key) : NULL;
    size_t n = 0;
    if (at == NULL)
        return 0;
    for (at += strlen(key); *at == ' ' || *at == '['; at++)
        continue;
    for (; *at >= '0' && *at <= '9'; at++)
        n = n * 10 + (size_t)(*at - '0');
    return n;
}

/* The body of an object ("N 0 obj … endobj"), as a copy, found by the table. */
static char *object(size_t number)
{
    static const char *row;
    if (row == NULL) {
        size_t table = 0;
        for (size_t at = pdf.n - 40; at < pdf.n; at++)
            if (memcmp(pdf.s + at, "startxref\n", 10) == 0)
                table = number_after(pdf.s + at, "startxref\n");
        row = strchr(pdf.s + table + 5, '\n') + 1;
    }
    const char *from = pdf.s + number_after(row + 20 * number, "");
    const char *to = from;
    while (memcmp(to, "endobj", 6) != 0)
        to++;
    return tf_strndup(arena, from, (size_t)(to - from));
}

static size_t n_objects(void)
{
    return number_after(pdf.s + pdf.n - 300, "/Size ");
}

/* ---- cases ---- */

static void every_entry_of_the_table_points_at_its_object(void **state)
{
    (void)state;
    size_t table = 0;
    for (size_t at = pdf.n - 40; at < pdf.n; at++)
        if (memcmp(pdf.s + at, "startxref\n", 10) == 0)
            table = number_after(pdf.s + at, "startxref\n");
    assert_memory_equal(pdf.s + table, "xref\n0 ", 7);
    const char *row = strchr(pdf.s + table + 5, '\n') + 1;
    for (size_t i = 1; i < n_objects(); i++) {
        const size_t at = number_after(row + 20 * i, "");
        const char *head = tf_printf(arena, "%zu 0 obj\n", i);
        assert_memory_equal(pdf.s + at, head, strlen(head));
    }
}

static void the_catalogue_says_tagged_titled_and_in_which_language(void **state)
{
    (void)state;
    static const char *const SAYS[] = {"/MarkInfo<</Marked true>>", "/DisplayDocTitle true",
                                       "/Lang(en)", "<pdfuaid:part>1</pdfuaid:part>",
                                       "/Title(What children in Country XB know of help)",
                                       "/Outlines ", "/StructTreeRoot "};
    for (size_t i = 0; i < sizeof SAYS / sizeof SAYS[0]; i++)
        assert_true(count(SAYS[i]) > 0);
    assert_int_equal(count("/Type/Page/"), said.pages);
    assert_int_equal(count("/Tabs/S"), said.pages);
    assert_int_equal(count("CreationDate"), 0);
}

/* Everything shown stands inside one marked content, and each id of a page is used once. */
static void all_content_is_tagged_or_an_artifact(void **state)
{
    (void)state;
    for (size_t i = 1; i < n_objects(); i++) {
        char *page = object(i);
        if (strstr(page, "<</Type/Page/") == NULL)
            continue;
        char *s = strstr(object(number_after(page, "/Contents ")), "stream\n") + 7;
        size_t ids = 0;
        int depth = 0, outer = 0;
        for (char *line = strtok_r(s, "\n", &s); line != NULL; line = strtok_r(NULL, "\n", &s)) {
            if (strcmp(line, "endstream") == 0)
                break;
            const bool mark = tf_ends(line, "BDC") || tf_ends(line, "BMC");
            if (mark && strstr(line, "/ActualText") == NULL) {
                assert_int_equal(outer, 0); /* tags do not nest in a page's content */
                outer = ++depth;
            } else if (mark) {
                depth++;
            }
            if (strstr(line, "/MCID ") != NULL)
                assert_int_equal(number_after(line, "/MCID "), ids++);
            if (strcmp(line, "EMC") == 0 && --depth == 0)
                outer = 0;
            assert_true(depth >= 0);
            if (tf_ends(line, "TJ") || tf_ends(line, " f") || tf_ends(line, " S"))
                assert_true(depth > 0);
        }
        assert_int_equal(depth, 0);
    }
}

static void figures_have_alternatives_heads_scopes_links_words(void **state)
{
    (void)state;
    size_t figures = 0, heads = 0, links = 0, notes = 0;
    for (size_t i = 1; i < n_objects(); i++) {
        const char *o = object(i);
        if (strstr(o, "/S/Figure/") != NULL) {
            assert_non_null(strstr(o, "/Alt"));
            assert_non_null(strstr(o, "/BBox["));
            figures++;
        }
        if (strstr(o, "/S/TH/") != NULL) {
            assert_true(strstr(o, "/Scope/Column") != NULL || strstr(o, "/Scope/Row") != NULL);
            heads++;
        }
        if (strstr(o, "/Subtype/Link") != NULL) {
            assert_non_null(strstr(o, "/Contents"));
            assert_non_null(strstr(o, "/StructParent "));
            assert_true(strstr(o, "/Dest[") != NULL || strstr(o, "/URI(") != NULL);
            links++;
        }
        if (strstr(o, "/S/Note/") != NULL) {
            assert_non_null(strstr(o, "/ID(note-"));
            notes++;
        }
    }
    assert_int_equal(figures, 6);
    assert_int_equal(notes, sample->doc.n_notes);
    assert_true(heads > 100);
    assert_true(links > 60);
}

/* A table over several pages has its column heads once in the structure: repeats are artifacts. */
static void a_repeated_head_is_not_read_twice(void **state)
{
    (void)state;
    /* two tables of 7 columns with a head of two rows (2 + 7 cells that say something); two joint displays of 5 */
    assert_int_equal(count("/Scope/Column"), 2 * (2 + 7) + 2 * 5);
    assert_int_equal(count("/ColSpan 3"), 2);
    assert_int_equal(count("/RowSpan 2"), 2);
}

static void a_note_stands_on_the_page_of_its_mark(void **state)
{
    (void)state;
    size_t *mark = TF_NEW_N(arena, size_t, sample->doc.n_notes + 1), n_marks = 0, n_notes = 0;
    size_t *note = TF_NEW_N(arena, size_t, sample->doc.n_notes + 1);
    for (size_t i = 1; i < n_objects(); i++) {
        const char *o = object(i);
        if (strstr(o, "/S/Reference/") != NULL &&
            strstr(object(number_after(o, "/P ")), "/S/TOCI") == NULL)
            mark[n_marks++] = number_after(object(number_after(o, "/K[")), "/Pg ");
        if (strstr(o, "/S/Note/") != NULL)
            note[n_notes++] = number_after(object(number_after(o, "/K[")), "/Pg ");
    }
    assert_int_equal(n_marks, sample->doc.n_notes);
    assert_int_equal(n_notes, sample->doc.n_notes);
    for (size_t i = 0; i < n_notes; i++)
        assert_int_equal(mark[i], note[i]);
}

static void the_press_finds_nothing_to_regret(void **state)
{
    (void)state;
    assert_int_equal(said.overfull, 0);
    assert_int_equal(said.lost_notes, 0);
    assert_int_equal(said.orphans, 0);
}

static void the_same_tree_gives_the_same_bytes(void **state)
{
    (void)state;
    struct tf_buf one = {.arena = arena}, two = {.arena = arena};
    struct tf_pressed r = {0};
    press(sample, false, &one, &r);
    press(sample_doc(arena, 2, 1, 60), false, &two, &r);
    assert_int_equal(one.n, two.n);
    assert_memory_equal(one.s, two.s, one.n);
    assert_true(one.n * 3 < pdf.n);
}

static struct sample *lone(const char *text)
{
    struct sample *s = TF_NEW(arena, struct sample);
    s->a = arena;
    s->doc = (struct tf_doc){.arena = arena, .title = "One", .lang = "en"};
    s->tail = &s->doc.block;
    sample_add(s, &s->tail, TF_B_PARA, text);
    return s;
}

static void a_word_wider_than_the_measure_is_counted(void **state)
{
    (void)state;
    struct tf_buf word = {.arena = arena}, out = {.arena = arena};
    struct tf_pressed r = {0};
    for (int i = 0; i < 120; i++)
        tf_buf_add(&word, "\xC3\xA9");
    press(lone(tf_buf_text(&word)), true, &out, &r);
    assert_int_equal(r.overfull, 1);
}

static void an_address_may_part_at_its_slashes(void **state)
{
    (void)state;
    struct tf_buf out = {.arena = arena};
    struct tf_pressed r = {0};
    press(lone("https://example.org/a-long-address/with/many/parts/that/does/not/fit/on/one/line/of/"
               "the/page/whatever/one/does/register.html"), true, &out, &r);
    assert_int_equal(r.overfull, 0);
}

static void marks_of_pdf_syntax_in_texts_are_harmless(void **state)
{
    (void)state;
    struct tf_buf out = {.arena = arena};
    struct tf_pressed r = {0};
    struct sample *s = lone("(brackets) \\ and <signs> >> endobj");
    s->doc.title = "A ) title ( with \\ marks & <tags>";
    press(s, true, &out, &r);
    assert_true(holds(&out, "/Title(A \\) title \\( with \\\\ marks & <tags>)"));
    assert_true(holds(&out, "marks &amp; &lt;tags&gt;"));
}

static void a_long_call_out_parts_over_pages(void **state)
{
    (void)state;
    struct sample *s = lone("Before.");
    struct tf_block *call = sample_add(s, &s->tail, TF_B_CALLOUT, NULL);
    call->kicker = "What to do";
    struct tf_block **tail = &call->child;
    for (int i = 0; i < 40; i++)
        sample_add(s, &tail, TF_B_PARA, SAMPLE_TEXT[i % 5]);
    struct tf_buf out = {.arena = arena};
    struct tf_pressed r = {0};
    press(s, true, &out, &r);
    assert_true(r.pages >= 3);
    assert_int_equal(r.overfull, 0);
}

static void a_row_taller_than_a_page_parts_between_lines(void **state)
{
    (void)state;
    struct sample *s = lone("Before.");
    struct tf_block *b = sample_add(s, &s->tail, TF_B_TABLE, NULL);
    b->table = sample_grid(s, 2, 2, 1);
    struct tf_buf text = {.arena = arena}, out = {.arena = arena};
    for (int i = 0; i < 40; i++)
        tf_buf_add(&text, SAMPLE_TEXT[0]);
    sample_cell(b->table, 0, 0)->inlines = sample_text(arena, "Theme");
    sample_cell(b->table, 1, 1)->inlines = sample_text(arena, tf_buf_text(&text));
    sample_cell(b->table, 1, 1)->align = 'l';
    struct tf_pressed r = {0};
    press(s, true, &out, &r);
    assert_true(r.pages >= 2);
    assert_int_equal(r.overfull, 0);
}

static void an_empty_tree_is_refused(void **state)
{
    (void)state;
    struct tf_doc doc = {.arena = arena, .title = "None", .lang = "en"};
    struct tf_buf out = {.arena = arena};
    struct tf_pressed r = {0};
    struct tf_err err = {0};
    assert_int_equal(tf_press_write(arena, &doc, fonts, &out, &r, &err), TF_E_INPUT);
}

static void missing_fonts_are_named_with_their_package(void **state)
{
    (void)state;
    struct tf_fonts *none = NULL;
    struct tf_err err = {0};
    assert_int_equal(setenv("TREFOIL_FONTS", "/nowhere", 1), 0);
    assert_int_equal(tf_fonts_open(arena, &none, &err), TF_E_IO);
    assert_int_equal(unsetenv("TREFOIL_FONTS"), 0);
    assert_non_null(strstr(err.help, "fonts-noto-core"));
    assert_non_null(strstr(err.help, "TREFOIL_FONTS"));
    assert_null(none);
}

/* For tests/e2e/pdf.sh: the sample as sample.pdf, its paragraphs as texts.txt. */
static int write_sample(const char *folder)
{
    struct tf_err err = {0};
    struct tf_buf out = {.arena = NULL}, texts = {.arena = NULL};
    if (set_up(NULL) != 0)
        return 1;
    out.arena = texts.arena = arena;
    press(sample, false, &out, &said);
    for (size_t i = 0; i < 5; i++)
        tf_buf_printf(&texts, "%s\n", SAMPLE_TEXT[i]);
    enum tf_code code = tf_file_write(tf_path_join(arena, folder, "sample.pdf"), out.s, out.n, &err);
    if (code == TF_OK)
        code = tf_file_write(tf_path_join(arena, folder, "texts.txt"), texts.s, texts.n, &err);
    return code == TF_OK ? tear_down(NULL) : 1;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    if (argc == 3 && strcmp(argv[1], "--sample") == 0)
        return write_sample(argv[2]);
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(every_entry_of_the_table_points_at_its_object),
        cmocka_unit_test(the_catalogue_says_tagged_titled_and_in_which_language),
        cmocka_unit_test(all_content_is_tagged_or_an_artifact),
        cmocka_unit_test(figures_have_alternatives_heads_scopes_links_words),
        cmocka_unit_test(a_repeated_head_is_not_read_twice),
        cmocka_unit_test(a_note_stands_on_the_page_of_its_mark),
        cmocka_unit_test(the_press_finds_nothing_to_regret),
        cmocka_unit_test(the_same_tree_gives_the_same_bytes),
        cmocka_unit_test(a_word_wider_than_the_measure_is_counted),
        cmocka_unit_test(an_address_may_part_at_its_slashes),
        cmocka_unit_test(marks_of_pdf_syntax_in_texts_are_harmless),
        cmocka_unit_test(a_long_call_out_parts_over_pages),
        cmocka_unit_test(a_row_taller_than_a_page_parts_between_lines),
        cmocka_unit_test(an_empty_tree_is_refused),
        cmocka_unit_test(missing_fonts_are_named_with_their_package),
    };
    return cmocka_run_group_tests_name("press", cases, set_up, tear_down);
}
