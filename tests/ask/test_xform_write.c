/* XForms from XLSForms: small forms in Markdown, each with what must stand in the document, what
 * must not, or why it is refused. The forms are in tests/gold/xforms:
 *
 *     == a sentence that says what is shown
 *     | survey | type | …        the form; a row that names a sheet is its head
 *     + text that stands in one line of the document
 *     - text that stands nowhere in it
 *     ! the form is refused, and the reason says this
 *
 * and whole documents as *.md with *.xml. What is expected follows from the specifications of ODK
 * XForms and XLSForm and from forms in use, not from what the program happens to write. */
#include "tests/house.h"

#include "ask/xlsform.h"

/* A form with its sheet in the first cell of the head becomes two lines, as the reader wants it. */
static void add_row(struct tf_buf *md, const char *line)
{
    const char *bar = strchr(line + 1, '|');
    assert_non_null(bar);
    bool named = false;
    for (const char *c = line + 1; c < bar; c++)
        named = named || (*c != ' ');
    if (named) {
        tf_buf_addn(md, line, (size_t)(bar - line));
        tf_buf_add(md, "|\n| ");
        tf_buf_add(md, bar);
    } else {
        tf_buf_add(md, line);
    }
    tf_buf_char(md, '\n');
}

struct said {
    enum tf_code code;
    const char *xml, *error;
};

static struct said convert(struct house *h, const char *path)
{
    struct said s = {.xml = "", .error = ""};
    const struct tf_convert_opt opt = {.stem = "form", .pretty = true};
    struct tf_notices out = {.arena = h->arena};
    struct tf_buf xml = {.arena = h->arena};
    struct tf_grid *grid;
    struct tf_xlsform *form;
    s.code = tf_grid_read(h->arena, path, &grid, &h->err);
    if (s.code == TF_OK)
        s.code = tf_xlsform_read(h->arena, grid, &opt, &out, &form, &h->err);
    if (s.code == TF_OK)
        s.code = tf_xform_write(h->arena, form, &opt, &out, &xml, &h->err);
    if (s.code == TF_OK)
        s.xml = tf_buf_text(&xml);
    else
        s.error = tf_printf(h->arena, "%s (%s) %s", h->err.what, h->err.fact, h->err.help);
    return s;
}

static bool holds(const struct said *s, char sign, const char *text)
{
    if (sign == '!')
        return s->code == TF_E_INPUT && strstr(s->error, text) != NULL;
    return s->code == TF_OK && (strstr(s->xml, text) != NULL) == (sign == '+');
}

/* One case: the lines from its sentence to the next. */
static size_t run_case(struct house *h, const char *file, char **line, size_t n)
{
    struct tf_buf md = {.arena = h->arena};
    size_t faults = 0, claims = 0;
    for (size_t k = 1; k < n; k++)
        if (line[k][0] == '|')
            add_row(&md, line[k]);
    const struct said s = convert(h, put_file(h, "form.md", tf_buf_text(&md)));
    for (size_t k = 1; k < n; k++) {
        const char sign = line[k][0];
        if (sign != '+' && sign != '-' && sign != '!')
            continue;
        claims++;
        if (holds(&s, sign, line[k] + 2))
            continue;
        print_error("%s: %s\n  %s\n%s%s\n", file, line[0] + 3, line[k], s.xml, s.error);
        faults++;
    }
    if (claims == 0) {
        print_error("%s: %s: claims nothing\n", file, line[0] + 3);
        faults++;
    }
    return faults;
}

static void run_file(const char *name, size_t at_least)
{
    IN_HOUSE(h);
    struct tf_bytes text;
    char **line;
    size_t cases = 0, faults = 0;
    const char *path = tf_path_join(h.arena, "tests/gold/xforms", name);
    OK(tf_file_read(h.arena, path, (size_t)1 << 20, &text, &h.err));
    const size_t n = tf_split(h.arena, text.data, '\n', &line);
    for (size_t from = 0; from < n;) {
        size_t to = from + 1;
        while (to < n && strncmp(line[to], "== ", 3) != 0)
            to++;
        if (strncmp(line[from], "== ", 3) == 0) {
            faults += run_case(&h, name, line + from, to - from);
            cases++;
        }
        from = to;
    }
    assert_int_equal(faults, 0);
    assert_true(cases >= at_least);
    OUT_OF_HOUSE(h);
}

static void references(void **state)
{
    (void)state;
    run_file("references.cases", 14);
}

static void texts(void **state)
{
    (void)state;
    run_file("texts.cases", 12);
}

static void structure(void **state)
{
    (void)state;
    run_file("structure.cases", 26);
}

static void entities(void **state)
{
    (void)state;
    run_file("entities.cases", 10);
}

/* Whole documents, byte for byte. */
static void whole_documents(void **state)
{
    (void)state;
    IN_HOUSE(h);
    char **name;
    size_t n, seen = 0;
    OK(tf_dir_list(h.arena, "tests/gold/xforms", &name, &n, &h.err));
    for (size_t k = 0; k < n; k++) {
        if (!tf_ends(name[k], ".md"))
            continue;
        struct tf_bytes want;
        const char *path = tf_path_join(h.arena, "tests/gold/xforms", name[k]);
        const struct said s = convert(&h, path);
        if (s.code != TF_OK)
            print_error("%s: %s\n", name[k], s.error);
        assert_int_equal(s.code, TF_OK);
        OK(tf_file_read(h.arena, tf_replace(h.arena, path, ".md", ".xml"), (size_t)1 << 20, &want,
                        &h.err));
        assert_string_equal(s.xml, want.data);
        seen++;
    }
    assert_true(seen >= 1);
    OUT_OF_HOUSE(h);
}

/* Groups in groups: refused at a depth, not run into the ground. */
static void depth_has_a_limit(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_buf md = {.arena = h.arena};
    tf_buf_add(&md, "| survey |\n| | type | name | label |\n");
    for (int k = 0; k < 150; k++)
        tf_buf_printf(&md, "| | begin_group | g%d | G |\n", k);
    tf_buf_add(&md, "| | text | a | A |\n");
    for (int k = 0; k < 150; k++)
        tf_buf_add(&md, "| | end_group | | |\n");
    const struct said s = convert(&h, put_file(&h, "deep.md", tf_buf_text(&md)));
    assert_int_equal(s.code, TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references),      cmocka_unit_test(texts),
        cmocka_unit_test(structure),       cmocka_unit_test(entities),
        cmocka_unit_test(whole_documents), cmocka_unit_test(depth_has_a_limit),
    };
    return cmocka_run_group_tests_name("ask/xform_write", tests, NULL, NULL);
}
