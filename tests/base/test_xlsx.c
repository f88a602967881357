/* Workbooks: what is written is read, the same bytes each time; odd and hostile files. */
#include "ground.h"

#include <zip.h>

#include "base/xlsx.h"

static const char *const cells[] = {
    "country", "value", "note", "XA", "12.5", "a <b> & \"c\"", "XB", "", "=1+1", "007", "1e3", "Δοκιμή",
};

static void round_trip(void **state TF_UNUSED)
{
    BEGIN_TEST;
    const char *copy[LENGTH(cells)];
    memcpy(copy, cells, sizeof copy);
    const struct tf_sheet sheets[] = {{"counts", 4, 3, copy}, {"a/b: very long name of a sheet, cut", 1, 1, copy},
                                      {"Counts", 1, 1, copy}, {"empty", 0, 0, copy}};
    const char *path = temp_path(arena, "w.xlsx");
    struct tf_workbook *w;
    struct tf_bytes first, again;
    assert_ok(tf_xlsx_write(path, sheets, LENGTH(sheets), true, &err));
    assert_ok(tf_file_read(arena, path, (size_t)1 << 24, &first, &err));
    assert_ok(tf_xlsx_read(arena, path, &w, &err));
    assert_int_equal(w->n_sheets, 4);
    assert_string_equal(w->sheet[0].name, "counts");
    assert_string_equal(w->sheet[1].name, "a_b_ very long name of a sheet,");
    assert_string_equal(w->sheet[2].name, "Counts (2)");
    assert_int_equal(w->sheet[3].n_rows, 0);
    assert_int_equal(w->sheet[0].n_rows, 4);
    assert_int_equal(w->sheet[0].n_cols, 3);
    for (size_t k = 0; k < LENGTH(cells); k++)
        assert_string_equal(w->sheet[0].cell[k], strcmp(cells[k], "1e3") == 0 ? "1000" : cells[k]);
    (void)sleep(1); /* another second, the same bytes */
    assert_ok(tf_xlsx_write(path, sheets, LENGTH(sheets), true, &err));
    assert_ok(tf_file_read(arena, path, (size_t)1 << 24, &again, &err));
    assert_int_equal(first.n, again.n);
    assert_memory_equal(first.data, again.data, first.n);
    END_TEST;
}

static void cannot_write(void **state TF_UNUSED)
{
    BEGIN_TEST;
    const char *copy[] = {"x"};
    const struct tf_sheet sheet = {"s", 1, 1, copy};
    assert_int_equal(tf_xlsx_write(temp_path(arena, "no/folder.xlsx"), &sheet, 1, false, &err),
                     TF_E_IO);
    char *giant = tf_alloc(arena, 40001);
    memset(giant, 'x', 40000);
    copy[0] = giant;
    assert_int_equal(tf_xlsx_write(temp_path(arena, "g.xlsx"), &sheet, 1, false, &err), TF_E_LIMIT);
    assert_false(tf_file_exists(temp_path(arena, "g.xlsx")));
    assert_false(tf_file_exists(temp_path(arena, "g.xlsx.new")));
    END_TEST;
}

/* ---- Workbooks made part by part ---------------------------------------------------------- */

#define RELS_HEAD "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define MAIN "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"

static void add_part(zip_t *z, const char *name, const char *text, size_t n)
{
    zip_source_t *s = zip_source_buffer(z, text, n, 0);
    if (s == NULL || zip_file_add(z, name, s, ZIP_FL_OVERWRITE) < 0)
        fail_msg("%s", zip_strerror(z));
}

/* A workbook of one sheet "data"; strings may be NULL. */
static const char *make(struct tf_arena *arena, const char *sheet, size_t sheet_n,
                        const char *strings)
{
    static const char top[] = RELS_HEAD "<Relationship Id='r1' Type='" REL
                                        "/officeDocument' Target='book/main.xml'/></Relationships>";
    static const char book[] = "<workbook " MAIN " xmlns:r='" REL "'><sheets><sheet name='data' "
                               "sheetId='1' r:id='rId7'/></sheets></workbook>";
    static const char rels[] = RELS_HEAD
        "<Relationship Id='rId7' Type='" REL "/worksheet' Target='/book/s/one.xml'/>"
        "<Relationship Id='rId8' Type='" REL "/sharedStrings' Target='../strings.xml'/>"
        "</Relationships>";
    int e;
    const char *path = temp_path(arena, "made.xlsx");
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &e);
    assert_non_null(z);
    add_part(z, "_rels/.rels", top, sizeof top - 1);
    add_part(z, "book/main.xml", book, sizeof book - 1);
    add_part(z, "book/_rels/main.xml.rels", rels, sizeof rels - 1);
    if (sheet != NULL)
        add_part(z, "book/s/one.xml", sheet, sheet_n);
    if (strings != NULL)
        add_part(z, "strings.xml", strings, strlen(strings));
    assert_int_equal(zip_close(z), 0);
    return path;
}

static const char strings[] =
    "<sst " MAIN "><si><t>plain</t></si><si><r><t>rich </t></r><r><rPr><b/></rPr><t>runs</t></r>"
    "<rPh><t>hidden</t></rPh></si><si><t/></si><si><t>a_x000D_b_x005F_c</t></si></sst>";

static struct read_case {
    const char *name, *cells, *out; /* out: cells with '|', rows with '/' */
} read_cases[] = {
    {"shared texts, plain and of several runs, are joined",
     "<row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' t='s'><v>1</v></c></row>", "plain|rich runs/"},
    {"escaped characters are set free", "<row><c t='s'><v>3</v></c></row>", "a\rb_c/"},
    {"inline texts are read",
     "<row r='1'><c r='A1' t='inlineStr'><is><t>in</t><rPh><t>x</t></rPh></is></c></row>", "in/"},
    {"truth, errors and formula texts are read",
     "<row><c t='b'><v>1</v></c><c t='b'><v>0</v></c><c t='e'><v>#N/A</v></c>"
     "<c t='str'><f>A1</f><v>text</v></c></row>", "TRUE|FALSE|#N/A|text/"},
    {"numbers come in their shortest form",
     "<row><c><v>0.10000000000000001</v></c><c t='n'><v>3.0</v></c></row>", "0.1|3/"},
    {"gaps between cells and rows are kept",
     "<row r='2'><c r='B2'><v>1</v></c></row><row r='4'><c r='C4'><v>2</v></c><c r='D4' s='1'/></row>",
     "||/|1|/||/||2/"},
    {"formatted empty cells count for nothing",
     "<row r='1'><c r='A1'><v>1</v></c></row><row r='9999'><c r='XFD9999' s='3'/></row>", "1/"},
    {"an empty shared text is an empty cell", "<row><c t='s'><v>2</v></c><c><v>1</v></c></row>", "|1/"},
    {"a sheet without rows is empty", "", ""},
};

static const char *sheet_of(struct tf_arena *arena, const char *inner)
{
    return tf_printf(arena, "<?xml version='1.0'?><worksheet " MAIN "><sheetData>%s</sheetData></worksheet>",
                     inner);
}

static void reads(void **state)
{
    const struct read_case *c = *state;
    BEGIN_TEST;
    struct tf_workbook *w;
    struct tf_buf out = {.arena = arena};
    const char *sheet = sheet_of(arena, c->cells);
    assert_ok(tf_xlsx_read(arena, make(arena, sheet, strlen(sheet), strings), &w, &err));
    assert_int_equal(w->n_sheets, 1);
    assert_string_equal(w->sheet[0].name, "data");
    for (size_t row = 0; row < w->sheet[0].n_rows; row++) {
        for (size_t col = 0; col < w->sheet[0].n_cols; col++)
            tf_buf_printf(&out, "%s%s", col == 0 ? "" : "|",
                          w->sheet[0].cell[row * w->sheet[0].n_cols + col]);
        tf_buf_char(&out, '/');
    }
    assert_string_equal(tf_buf_text(&out), c->out);
    END_TEST;
}

static struct bad_case {
    const char *name, *sheet;
    enum tf_code code;
    const char *says;
} bad_cases[] = {
    {"a DOCTYPE is refused",
     "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><worksheet><sheetData><row><c><v>&b;</v></c>"
     "</row></sheetData></worksheet>", TF_E_INPUT, "DOCTYPE"},
    {"an entity nobody declared is refused",
     "<worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>", TF_E_INPUT, "XML"},
    {"broken XML is refused", "<worksheet><sheetData><row>", TF_E_INPUT, "XML"},
    {"a cell without a proper place is refused",
     "<worksheet><sheetData><row><c r='1A'><v>1</v></c></row></sheetData></worksheet>", TF_E_INPUT, "place"},
    {"a text that is not there is refused",
     "<worksheet><sheetData><row><c t='s'><v>99</v></c></row></sheetData></worksheet>", TF_E_INPUT, "text"},
    {"cells too far apart are a limit error",
     "<worksheet><sheetData><row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'>"
     "<v>1</v></c></row></sheetData></worksheet>", TF_E_LIMIT, "apart"},
    {"a column beyond the limit is a limit error",
     "<worksheet><sheetData><row r='1'><c r='ZZZZ1'><v>1</v></c></row></sheetData></worksheet>",
     TF_E_LIMIT, "columns"},
    {"a sheet that is missing is refused", NULL, TF_E_INPUT, "not in the file"},
};

static void bad(void **state)
{
    const struct bad_case *c = *state;
    BEGIN_TEST;
    struct tf_workbook *w = NULL;
    const char *path = make(arena, c->sheet, c->sheet == NULL ? 0 : strlen(c->sheet), NULL);
    assert_int_equal(tf_xlsx_read(arena, path, &w, &err), c->code);
    assert_null(w);
    assert_non_null(strstr(err.fact, c->says));
    assert_true(err.help[0] != '\0');
    END_TEST;
}

static void bombs_and_strangers(void **state TF_UNUSED)
{
    BEGIN_TEST;
    enum { N = 8 << 20 };
    struct tf_workbook *w = NULL;
    char *blank = tf_alloc(arena, N);
    memset(blank, ' ', N);
    assert_int_equal(tf_xlsx_read(arena, make(arena, blank, N, NULL), &w, &err), TF_E_LIMIT);
    assert_non_null(strstr(err.fact, "200 times"));
    temp_write(arena, "old.xls", "\xD0\xCF\x11\xE0 and so on", 14);
    assert_int_equal(tf_xlsx_read(arena, temp_path(arena, "old.xls"), &w, &err), TF_E_INPUT);
    assert_non_null(strstr(err.what, "old .xls"));
    temp_write(arena, "text.xlsx", "a,b\n1,2\n", 8);
    assert_int_equal(tf_xlsx_read(arena, temp_path(arena, "text.xlsx"), &w, &err), TF_E_INPUT);
    assert_int_equal(tf_xlsx_read(arena, temp_path(arena, "none.xlsx"), &w, &err), TF_E_IO);
    END_TEST;
}

static void cut_and_flipped(void **state TF_UNUSED)
{
    BEGIN_TEST;
    const char *sheet = sheet_of(arena, "<row><c t='s'><v>1</v></c><c><v>2</v></c></row>");
    const char *path = make(arena, sheet, strlen(sheet), strings), *hurt = temp_path(arena, "hurt.xlsx");
    struct tf_bytes b;
    struct tf_workbook *w;
    struct tf_rng rng = tf_rng_named("test/xlsx");
    assert_ok(tf_file_read(arena, path, (size_t)1 << 20, &b, &err));
    char *changed = tf_alloc(arena, b.n);
    for (size_t n = 0; n < b.n; n += 37) {
        assert_ok(tf_file_write(hurt, b.data, n, &err));
        assert_int_not_equal(tf_xlsx_read(arena, hurt, &w, &err), TF_OK);
    }
    for (int k = 0; k < 200; k++) { /* any end but a crash */
        memcpy(changed, b.data, b.n);
        changed[tf_rng_below(&rng, (uint32_t)b.n)] ^= (char)(1u << tf_rng_below(&rng, 8));
        assert_ok(tf_file_write(hurt, changed, b.n, &err));
        (void)!tf_xlsx_read(arena, hurt, &w, &err);
    }
    END_TEST;
}

static enum tf_code read_guarded(const char *path, struct tf_err *reterr)
{
    struct tf_guard guard;
    if (tf_guard_begin(&guard, reterr) != TF_OK)
        return reterr->code;
    struct tf_arena *a = tf_arena_new("book", (size_t)64 << 20);
    struct tf_workbook *w;
    const enum tf_code code = tf_xlsx_read(a, path, &w, reterr);
    tf_arena_free(a);
    tf_guard_end(&guard);
    return code;
}

static void every_allocation_fails(void **state TF_UNUSED)
{
    BEGIN_TEST;
    const char *sheet = sheet_of(arena, "<row><c t='s'><v>1</v></c><c><v>2</v></c></row>");
    const char *path = make(arena, sheet, strlen(sheet), strings);
    (void)tf_arena_fail_at(0);
    assert_ok(read_guarded(path, &err));
    const size_t n = tf_arena_fail_at(0);
    for (size_t k = 1; k <= n; k++) {
        (void)tf_arena_fail_at(k);
        assert_int_equal(read_guarded(path, &err), TF_E_MEMORY);
    }
    (void)tf_arena_fail_at(0);
    END_TEST;
}

int main(void)
{
    struct CMUnitTest tests[40];
    size_t n = 0;
    temp_begin();
    ADD_TEST(tests, n, "what is written is read, with the same bytes each time", round_trip);
    ADD_TEST(tests, n, "what cannot be written leaves nothing behind", cannot_write);
    ADD_CASES(tests, n, read_cases, reads);
    ADD_CASES(tests, n, bad_cases, bad);
    ADD_TEST(tests, n, "bombs and files of other kinds are refused", bombs_and_strangers);
    ADD_TEST(tests, n, "cut and flipped workbooks end in an error or a table", cut_and_flipped);
    ADD_TEST(tests, n, "whichever allocation fails, nothing leaks", every_allocation_fails);
    const int failed = _cmocka_run_group_tests("base/xlsx", tests, n, NULL, NULL);
    temp_end();
    return failed;
}
