/* Sheets of every notation: the same form written in each is the same form; and what spreadsheets do to
 * cells does not reach it. */
#include "house.h"

#include "ask/grid_inside.h"
#include "base/xlsx.h"

static const char *const cells[] = {"type", "name", "label", "text", "q", "A question", "note", "n", "b"};

static void is_the_form(const struct tf_grid *g)
{
    assert_int_equal(g->n_sheets, 1);
    assert_string_equal(g->sheet[0].name, "survey");
    assert_int_equal(g->sheet[0].n_cols, 3);
    assert_int_equal(g->sheet[0].n_rows, 2);
    for (size_t c = 0; c < 3; c++)
        assert_string_equal(g->sheet[0].head[c], cells[c]);
    for (size_t k = 0; k < 6; k++)
        assert_string_equal(g->sheet[0].cell[k], cells[3 + k]);
    assert_int_equal(g->sheet[0].row[1], 3);
}

static void texts_are_read(void **state TF_UNUSED)
{
    static const struct {
        const char *what, *text;
    } same[] = {
        {"Markdown", "| survey |\n| | type | name | label |\n| | text | q | A question |\n| | note | n | b |\n"},
        {"Markdown indented, with a rule, comments and text round it",
         "# a form\n\n  | survey | | | |\n  |---|:--|---|---|\n  | | type | name | label | # here\n"
         "| | | | |\n | | text | q | A question |\r\n some text\n\t| | note | n | b |"},
        {"Markdown, the head beside the name", "|survey|type|name|label|\n||text|q|A question|\n||note|n|b|"},
        {"CSV", "survey\n,type,name,label\n,text,q,A question\n,note,n,b\n"},
        {"CSV with quotes, carriage returns, empty rows and cells",
         "\"survey\",,,,\r\n,type,\" name \",label,,\r\n,,,\r\n,text,q,\"A question\"\r\n,note,n,b,,,"},
        {"CSV with semicolons", "survey;type;name;label\n;text;q;A question\n;note;n;b\n"},
        {"CSV of one sheet", "type,name,label\ntext,q,A question\nnote,n,b\n"},
        {"CSV with tabs", "type\tname\tlabel\ntext\tq\tA question\nnote\tn\tb\n"},
        {"CSV with a byte-order mark", "\xEF\xBB\xBFsurvey\n,type,name,label\n,text,q,A question\n,note,n,b\n"},
    };
    for (size_t k = 0; k < sizeof same / sizeof *same; k++) {
        struct tf_grid *g;
        IN_HOUSE(h);
        print_message("%s\n", same[k].what);
        OK(tf_grid_read(h.arena, put_file(&h, "form.any", same[k].text), &g, &h.err));
        is_the_form(g);
        OUT_OF_HOUSE(h);
    }
}

static void a_folder_is_read(void **state TF_UNUSED)
{
    struct tf_grid *g;
    IN_HOUSE(h);
    (void)put_file(&h, "f/survey.csv", "type,name,label\ntext,q,A question\nnote,n,b\n");
    (void)put_file(&h, "f/readme.txt", "not a sheet");
    OK(tf_grid_read(h.arena, tf_path_join(h.arena, h.dir, "f"), &g, &h.err));
    is_the_form(g);
    (void)put_file(&h, "f/choices.csv", "list_name,name\nl,\"1\n2\"\n");
    OK(tf_grid_read(h.arena, tf_path_join(h.arena, h.dir, "f"), &g, &h.err));
    assert_int_equal(g->n_sheets, 2);
    assert_string_equal(g->sheet[0].cell[1], "1\n2");
    OUT_OF_HOUSE(h);
}

static const char *workbook(struct house *h, const char *name, const char *const *cell, size_t n_rows,
                            size_t n_cols)
{
    const struct tf_sheet sheet = {name, n_rows, n_cols, (const char **)(uintptr_t)cell};
    const char *path = tf_path_join(h->arena, h->dir, "form.xls"); /* whatever its name says */
    OK(tf_xlsx_write(path, &sheet, 1, true, &h->err));
    return path;
}

static void a_workbook_is_read(void **state TF_UNUSED)
{
    struct tf_grid *g;
    IN_HOUSE(h);
    OK(tf_grid_read(h.arena, workbook(&h, "Sheet1", cells, 3, 3), &g, &h.err));
    is_the_form(g); /* its one sheet is the survey */
    OUT_OF_HOUSE(h);
}

/* tests/ask/old.xls: an Excel 97 file with a date, numbers and Khmer. Its name says nothing. */
static void an_old_workbook_is_read_whatever_its_name(void **state TF_UNUSED)
{
    struct tf_grid *g;
    struct tf_bytes bytes;
    IN_HOUSE(h);
    const char *path = tf_path_join(h.arena, h.dir, "form.xlsx");
    OK(tf_file_read(h.arena, "tests/ask/old.xls", 100000, &bytes, &h.err));
    OK(tf_file_write(path, bytes.data, bytes.n, &h.err));
    OK(tf_grid_read(h.arena, path, &g, &h.err));
    assert_int_equal(g->n_sheets, 3);
    const struct tf_grid_sheet *s = &g->sheet[0];
    assert_string_equal(s->name, "survey");
    assert_string_equal(s->cell[3], "2026-01-31"); /* the default of row 2 */
    assert_string_equal(s->cell[s->n_cols + 3], "3");
    assert_string_equal(s->cell[2 * s->n_cols + 3], "2.5");
    assert_string_equal(g->sheet[1].cell[5], "ពីរ");
    OUT_OF_HOUSE(h);
}

static void dates_of_workbooks_are_dates(void **state TF_UNUSED)
{
    static const struct {
        double serial;
        bool from_1904;
        const char *text;
    } c[] = {{46053, false, "2026-01-31"},      {46053.4375, false, "2026-01-31T10:30:00"},
             {0.4375, false, "10:30:00"},       {1, false, "1900-01-01"},
             {61, false, "1900-03-01"},         {44591, true, "2026-01-31"},
             {46052.9999999, false, "2026-01-31"}, {2958465, false, "9999-12-31"}};
    static const struct {
        const char *code;
        bool date;
    } f[] = {{"yyyy-mm-dd", true},      {"0.00", false},       {"[Red]0", false},
             {"[hh]:mm", true},         {"\"d\"0", false},     {"General", false},
             {"#,##0;dd", false},       {"_d0", false},        {"dd/mm/yy hh:mm", true}};
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof c / sizeof *c; k++)
        assert_string_equal(tf_xlsx_date_text(h.arena, c[k].serial, c[k].from_1904), c[k].text);
    assert_null(tf_xlsx_date_text(h.arena, -1, false));
    assert_null(tf_xlsx_date_text(h.arena, 1e9, false));
    for (size_t k = 0; k < sizeof f / sizeof *f; k++)
        if (tf_xlsx_date_format(164, f[k].code) != f[k].date)
            fail_msg("%s", f[k].code);
    assert_true(tf_xlsx_date_format(14, NULL));
    OUT_OF_HOUSE(h);
}

static void cells_are_cleaned(void **state TF_UNUSED)
{
    static const char *const untidy[] = {
        " type ", "", "my  name", "label::x", /* an empty column between */
        "\xC2\xA0text\xC2\xA0", "lost", " q\n", "a\xC2\xA0" "b\x02  c",
        "integer", "", "1", "2.50"};
    struct tf_grid *g;
    IN_HOUSE(h);
    OK(tf_grid_read(h.arena, workbook(&h, "survey", untidy, 3, 4), &g, &h.err));
    const struct tf_grid_sheet *s = &g->sheet[0];
    assert_int_equal(s->n_cols, 3);
    assert_string_equal(s->head[0], "type");
    assert_string_equal(s->head[1], "my name");
    assert_string_equal(s->cell[0], "text");
    assert_string_equal(s->cell[1], "q");
    assert_string_equal(s->cell[2], "a b  c");
    assert_string_equal(s->cell[4], "1"); /* a number, without ".0" */
    OUT_OF_HOUSE(h);
}

static void rows_far_below_are_left_out(void **state TF_UNUSED)
{
    struct tf_grid *g;
    IN_HOUSE(h);
    const char **cell = TF_NEW_N(h.arena, const char *, 200);
    for (size_t k = 0; k < 200; k++)
        cell[k] = "";
    cell[0] = "type";
    cell[2] = "text";
    cell[30] = "note"; /* below 13 empty rows */
    cell[180] = "stray";
    OK(tf_grid_read(h.arena, workbook(&h, "survey", cell, 100, 2), &g, &h.err));
    assert_int_equal(g->sheet[0].n_rows, 15);
    assert_int_equal(g->sheet[0].row[14], 16);
    OUT_OF_HOUSE(h);
}

static void files_that_are_no_forms_are_refused(void **state TF_UNUSED)
{
    static const struct {
        const char *text, *what;
    } bad[] = {{"survey\n,type,\"name\n", "a quote is opened and not closed"},
               {"PK\x03\x04nothing", "is damaged or not an .xlsx workbook"},
               {"\xD0\xCF\x11\xE0nothing", "cannot be read as an .xls workbook"}};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct tf_grid *g;
        IN_HOUSE(h);
        assert_int_not_equal(tf_grid_read(h.arena, put_file(&h, "f.xlsx", bad[k].text), &g, &h.err),
                             TF_OK);
        if (strstr(h.err.what, bad[k].what) == NULL)
            fail_msg("%s", h.err.what);
        OUT_OF_HOUSE(h);
    }
    struct tf_grid *g;
    static const char *const twice[] = {"type", "type"};
    IN_HOUSE(h);
    assert_int_equal(tf_grid_read(h.arena, workbook(&h, "survey", twice, 1, 2), &g, &h.err), TF_E_INPUT);
    assert_string_equal(h.err.what, "the column 'type' stands twice");
    assert_int_equal(tf_grid_read(h.arena, h.dir, &g, &h.err), TF_E_INPUT); /* a folder without CSVs */
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read),
        cmocka_unit_test(a_folder_is_read),
        cmocka_unit_test(a_workbook_is_read),
        cmocka_unit_test(an_old_workbook_is_read_whatever_its_name),
        cmocka_unit_test(dates_of_workbooks_are_dates),
        cmocka_unit_test(cells_are_cleaned),
        cmocka_unit_test(rows_far_below_are_left_out),
        cmocka_unit_test(files_that_are_no_forms_are_refused),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
