/* Exports: what is written is read back, by ourselves and by others: values, labels, reasons. */
#include "house.h"

#include <sys/wait.h>

#include "base/import.h"
#include "base/xlsx.h"
#include "keep/export.h"

static const struct tf_missing_code codes[] = {{888, TF_MISS_DONT_KNOW}, {999, TF_MISS_PREFER_NOT}};
static const struct tf_dataset declared = {.id = "child", .id_var = "id", .missing = (void *)(uintptr_t)codes,
                                           .n_missing = 2};

enum { ROWS = 6 };
enum { ID, N, WORD, LONG, SEVERAL, LOW, DAY, STAMP, COLS };
enum { MORE = 1 }; /* where_missing, in SPSS and Stata */

static struct tf_table *sample(struct tf_arena *a)
{
    static struct tf_label yes_no[] = {{.value = 0, .label = "No"}, {.value = 1, .label = "Yes, \"often\""}};
    static struct tf_label places[] = {{.text = "home", .label = "At home"}, {.text = "school", .label = "ស្ថាលា"}};
    struct tf_table *t = tf_table_new(a, "child", ROWS);
    (void)tf_table_add(t, "id", TF_TEXT);
    (void)tf_table_add(t, "exp_a", TF_NUMBER);
    (void)tf_table_add(t, "where", TF_TEXT);
    (void)tf_table_add(t, "said", TF_TEXT);
    (void)tf_table_add(t, "why/fun", TF_NUMBER);
    (void)tf_table_add(t, "low", TF_NUMBER);
    (void)tf_table_add(t, "day", TF_TEXT);
    (void)tf_table_add(t, "begun", TF_TEXT);
    static const double x[ROWS] = {0, 1, 0.1, 3e15, 5, 7};
    char *much = tf_alloc(a, 3001);
    memset(much, 'm', 3000);
    for (size_t k = 0; k < ROWS; k++) {
        for (size_t c = 0; c < t->n_cols; c++)
            t->col[c].miss[k] = TF_PRESENT;
        t->col[0].text[k] = tf_printf(a, "A%zu", k);
        t->col[N].num[k] = x[k];
        t->col[WORD].text[k] = k % 2 == 0 ? "home" : "school";
        t->col[LONG].text[k] = k == 0 ? much : "a \"quoted\", text\nof two lines";
        t->col[SEVERAL].num[k] = k % 2 == 0 ? 1 : 0;
        t->col[LOW].num[k] = -9500 * (double)k;
        t->col[DAY].text[k] = k == 0 ? "2024-02-29" : "1999-12-31";
        t->col[STAMP].text[k] = k == 0 ? "2026-11-24T10:30:01.250+07:00" : "1960-01-01T00:00:00Z";
    }
    static const enum tf_miss why[] = {TF_MISS_DONT_KNOW, TF_MISS_PREFER_NOT, TF_MISS_SYSTEM};
    for (size_t k = 0; k < 3; k++) {
        t->col[N].miss[k + 3] = (uint8_t)why[k];
        t->col[N].num[k + 3] = (double)NAN;
    }
    t->col[LOW].miss[5] = TF_MISS_VOID;
    t->col[LOW].num[5] = (double)NAN;
    t->col[DAY].miss[5] = TF_MISS_ROUTING;
    t->col[DAY].text[5] = "";
    t->col[WORD].miss[5] = TF_MISS_REFUSED;
    t->col[WORD].text[5] = "";
    t->col[N].label = "Did it happen to you in the past year?";
    t->col[N].labels = yes_no;
    t->col[WORD].labels = places;
    t->col[N].n_labels = t->col[WORD].n_labels = 2;
    return t;
}

static const char *write_to(struct house *h, enum tf_export_kind kind, const char *name, bool counts)
{
    const struct tf_export_opt opt = {.kind = kind, .title = "Children", .dataset = &declared, .counts = counts};
    struct tf_notices out = {.arena = h->arena};
    const char *path = tf_path_join(h->arena, h->dir, name);
    struct stat st;
    if (tf_export_write(sample(h->arena), &opt, path, &out, &h->err) != TF_OK)
        fail_msg("%s | %s", h->err.what, h->err.fact);
    assert_int_equal(stat(path, &st), 0);
    if (kind != TF_EXPORT_XLSX) /* its door sets the mask of modes */
        assert_int_equal(st.st_mode & 0777, 0600);
    return path;
}

static const char *label_of_missing(const struct tf_column *c, size_t row)
{
    const uint8_t of = c->declared_of == NULL ? 0 : c->declared_of[row];
    return of == 0 ? "" : c->declared[of - 1].label;
}

static void same_values(struct house *h, const struct tf_table *back)
{
    const struct tf_table *t = sample(h->arena);
    assert_int_equal(back->n_rows, ROWS);
    for (size_t c = 0; c < COLS; c++) {
        if (back->n_cols > COLS && (c == DAY || c == STAMP))
            continue; /* R reads these below */
        const struct tf_column *b = &back->col[tf_table_find(back, c == SEVERAL && back->n_cols > COLS ? "why_fun" : t->col[c].name)];
        for (size_t k = 0; k < ROWS; k++) {
            if (t->col[c].type == TF_TEXT) {
                assert_string_equal(b->text[k], t->col[c].text[k]);
                continue;
            }
            assert_int_equal(b->miss[k] != TF_PRESENT, t->col[c].miss[k] != TF_PRESENT);
            assert_true(t->col[c].miss[k] != TF_PRESENT || b->num[k] == t->col[c].num[k]);
        }
    }
}

static void statistics_files_read_back(void **state)
{
    const bool sav = strcmp(*state, "sav") == 0;
    struct tf_table *t;
    IN_HOUSE(h);
    const char *path = write_to(&h, sav ? TF_EXPORT_SAV : TF_EXPORT_DTA, *state, false);
    const char *named = tf_printf(h.arena, "%s/file.%s", h.dir, (const char *)*state);
    assert_int_equal(rename(path, named), 0);
    if (tf_import_file(h.arena, named, &t, &h.err) != TF_OK)
        fail_msg("%s | %s", h.err.what, h.err.fact);
    assert_int_equal(t->n_cols, COLS + MORE);
    same_values(&h, t);
    assert_string_equal(t->col[SEVERAL + MORE].name, "why_fun");
    assert_string_equal(t->col[WORD + MORE].name, "where_missing");
    assert_string_equal(tf_column_label(&t->col[WORD + MORE], t->col[WORD + MORE].num[5]), tf_miss_plain(TF_MISS_REFUSED));
    assert_string_equal(label_of_missing(&t->col[DAY + MORE], 5), tf_miss_plain(TF_MISS_ROUTING));
    assert_string_equal(t->col[N].label, "Did it happen to you in the past year?");
    assert_string_equal(tf_column_label(&t->col[N], 1), "Yes, \"often\"");
    assert_string_equal(label_of_missing(&t->col[N], 3), "don't know");
    assert_string_equal(label_of_missing(&t->col[N], 4), "prefer not to say");
    assert_string_equal(label_of_missing(&t->col[N], 5), "");
    assert_string_equal(label_of_missing(&t->col[LOW + MORE], 5), "void after fieldwork");
    if (sav)
        assert_string_equal(t->col[WORD].labels[1].label, "ស្ថាលា");
    OUT_OF_HOUSE(h);
}

static void a_csv_is_as_a_delivery_of_the_study(void **state TF_UNUSED)
{
    struct tf_table *t;
    IN_HOUSE(h);
    OK(tf_import_file(h.arena, write_to(&h, TF_EXPORT_CSV, "file.csv", false), &t, &h.err));
    assert_true(t->col[N].num[3] == 888 && t->col[N].num[4] == 999);
    assert_int_equal(t->col[N].miss[5], TF_MISS_SYSTEM);
    tf_export_type(t, &declared);
    same_values(&h, t);
    assert_int_equal(t->col[N].miss[3], TF_MISS_DONT_KNOW);
    assert_string_equal(t->col[SEVERAL].name, "why/fun");
    OUT_OF_HOUSE(h);
}

static void a_workbook_has_data_and_codebook(void **state TF_UNUSED)
{
    struct tf_workbook *b;
    IN_HOUSE(h);
    OK(tf_xlsx_read(h.arena, write_to(&h, TF_EXPORT_XLSX, "file.xlsx", false), &b, &h.err));
    assert_int_equal(b->n_sheets, 2);
    assert_string_equal(b->sheet[0].cell[COLS + N], "0");
    assert_string_equal(b->sheet[0].cell[4 * COLS + N], "888");
    assert_string_equal(b->sheet[1].name, "codebook");
    OUT_OF_HOUSE(h);
}

static void a_codebook_tells_nothing_of_anyone(void **state TF_UNUSED)
{
    struct tf_bytes plain, counted, html;
    IN_HOUSE(h);
    OK(tf_file_read(h.arena, write_to(&h, TF_EXPORT_CODEBOOK, "book.csv", false), 1 << 20, &plain, &h.err));
    OK(tf_file_read(h.arena, write_to(&h, TF_EXPORT_CODEBOOK, "counts.csv", true), 1 << 20, &counted, &h.err));
    OK(tf_file_read(h.arena, write_to(&h, TF_EXPORT_CODEBOOK, "book.html", false), 1 << 20, &html, &h.err));
    assert_non_null(strstr(plain.data, "exp_a,Did it happen to you in the past year?,number,0,No\n"));
    assert_null(strstr(plain.data, "missing"));
    assert_null(strstr(plain.data, "count"));
    assert_non_null(strstr(counted.data, "exp_a,Did it happen to you in the past year?,number,0,No,1\n"));
    assert_non_null(strstr(counted.data, ",,,(missing),don't know,1\n"));
    assert_non_null(strstr(counted.data, "where,,text,home,At home,3\n"));
    assert_non_null(strstr(html.data, "<td>Yes, &quot;often&quot;</td>"));
    assert_null(strstr(html.data, "<script"));
    OUT_OF_HOUSE(h);
}

static void names_fit_their_format(void **state TF_UNUSED)
{
    static const char *const names[] = {"select/one", "select.one", "select-one", "with", "2nd", "_a", "Select_One",
                                        "a_name_of_more_than_thirty_two_bytes_1", "a_name_of_more_than_thirty_two_bytes_2"};
    enum { N_NAMES = sizeof names / sizeof *names };
    static const enum tf_export_kind kinds[] = {TF_EXPORT_SAV, TF_EXPORT_DTA};
    IN_HOUSE(h);
    for (size_t k = 0; k < 2; k++) {
        struct tf_table *t = tf_table_new(h.arena, "t", 1), *back;
        const struct tf_export_opt opt = {.kind = kinds[k]};
        struct tf_notices out = {.arena = h.arena};
        const char *path = tf_printf(h.arena, "%s/t.%s", h.dir, k == 0 ? "sav" : "dta");
        for (size_t c = 0; c < N_NAMES; c++) {
            (void)tf_table_add(t, names[c], TF_NUMBER);
            t->col[c].num[0] = (double)c;
            t->col[c].miss[0] = TF_PRESENT;
        }
        if (tf_export_write(t, &opt, path, &out, &h.err) != TF_OK)
            fail_msg("%s | %s", h.err.what, h.err.fact);
        OK(tf_import_file(h.arena, path, &back, &h.err));
        assert_int_equal(back->n_cols, N_NAMES);
        for (size_t c = 0; c < N_NAMES; c++) {
            assert_true(back->col[c].num[0] == (double)c);
            for (size_t j = 0; j < c; j++)
                assert_int_not_equal(tf_casecmp(back->col[c].name, back->col[j].name), 0);
        }
        assert_int_equal(out.n, 1);
    }
    OUT_OF_HOUSE(h);
}

static void an_empty_dataset_is_a_file_too(void **state TF_UNUSED)
{
    static const struct {
        enum tf_export_kind kind;
        const char *name;
    } files[] = {{TF_EXPORT_CSV, "e.csv"}, {TF_EXPORT_SAV, "e.sav"}, {TF_EXPORT_DTA, "e.dta"}};
    IN_HOUSE(h);
    for (size_t k = 0; k < 3; k++) {
        struct tf_table *t = tf_table_new(h.arena, "t", 0), *back;
        const struct tf_export_opt opt = {.kind = files[k].kind};
        struct tf_notices out = {.arena = h.arena};
        const char *path = tf_path_join(h.arena, h.dir, files[k].name);
        (void)tf_table_add(t, "a", TF_NUMBER);
        (void)tf_table_add(t, "b", TF_TEXT);
        OK(tf_export_write(t, &opt, path, &out, &h.err));
        OK(tf_import_file(h.arena, path, &back, &h.err));
        assert_int_equal(back->n_rows, 0);
        assert_int_equal(back->n_cols, 2);
    }
    OUT_OF_HOUSE(h);
}

/* ---- Others read it ---------------------------------------------------------------------------------- */

static void r_reads_the_same(void **state TF_UNUSED)
{
    if (system("command -v Rscript >/dev/null") != 0)
        skip();
    IN_HOUSE(h);
    (void)write_to(&h, TF_EXPORT_SAV, "f.sav", false);
    (void)write_to(&h, TF_EXPORT_DTA, "f.dta", false);
    (void)put_file(&h, "check.R",
                   "if (!suppressMessages(require(haven, quietly = TRUE))) quit(status = 77)\n"
                   "s <- read_sav('f.sav', user_na = TRUE); d <- read_dta('f.dta')\n"
                   "stopifnot(dim(s) == c(6, 9), dim(d) == c(6, 9))\n"
                   "stopifnot(inherits(d$day, 'Date'), d$day[1:2] == as.Date(c('2024-02-29', '1999-12-31')), is.na(d$day[6]))\n"
                   "s2 <- read_sav('f.sav')\n"
                   "stopifnot(inherits(s2$day, 'Date'), s2$day[1:2] == as.Date(c('2024-02-29', '1999-12-31')), is.na(s2$day[6]))\n"
                   "at <- as.POSIXct(c('2026-11-24 10:30:01.25', '1960-01-01 00:00:00'), tz = 'UTC')\n"
                   "stopifnot(abs(as.numeric(d$begun[1:2] - at, units = 'secs')) < 1e-3)\n"
                   "stopifnot(abs(as.numeric(s2$begun[1:2] - at, units = 'secs')) < 1e-3)\n"
                   "stopifnot(names(attr(s$where_missing, 'labels')) == 'refused', !is.na(d$where_missing[6]), is.na(d$where_missing[1]))\n"
                   "stopifnot(identical(as.numeric(zap_missing(s$exp_a))[1:3], c(0, 1, 0.1)))\n"
                   "stopifnot(identical(as.numeric(d$exp_a)[1:3], c(0, 1, 0.1)))\n"
                   "stopifnot(is.na(s$exp_a)[4:6], na_tag(d$exp_a)[4:5] == c('a', 'b'), is.na(na_tag(d$exp_a)[6]))\n"
                   "l <- attr(s$exp_a, 'labels')\n"
                   "stopifnot(l[['Yes, \"often\"']] == 1, l[[\"don't know\"]] == unclass(s$exp_a)[4])\n"
                   "stopifnot(attr(s$exp_a, 'label') == 'Did it happen to you in the past year?')\n"
                   "stopifnot(nchar(s$said[1]) == 3000, nchar(d$said[1]) == 3000, s$said[2] == d$said[2])\n"
                   "stopifnot(identical(as.numeric(d$low)[1:5], -9500 * (0:4)), is.na(s$low)[6])\n");
    const int status = system(tf_printf(h.arena, "cd %s && Rscript --vanilla check.R", h.dir));
    assert_true(status == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 77)); /* no haven here */
    OUT_OF_HOUSE(h);
}

static void pspp_reads_the_same(void **state TF_UNUSED)
{
    if (system("command -v pspp >/dev/null") != 0)
        skip();
    struct tf_bytes said;
    IN_HOUSE(h);
    (void)write_to(&h, TF_EXPORT_SAV, "f.sav", false);
    (void)put_file(&h, "check.sps", "GET FILE='f.sav'.\nFREQUENCIES exp_a /STATISTICS=NONE.\n"
                                    "LIST VARIABLES=id where why_fun low.\n");
    assert_int_equal(system(tf_printf(h.arena, "cd %s && pspp -O format=txt check.sps >said 2>&1", h.dir)), 0);
    OK(tf_file_read(h.arena, tf_path_join(h.arena, h.dir, "said"), 1 << 20, &said, &h.err));
    assert_non_null(strstr(said.data, "prefer not to say"));
    assert_non_null(strstr(said.data, "Yes, \"often\""));
    assert_non_null(strstr(said.data, "-38000"));
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"an SPSS file reads back", statistics_files_read_back, NULL, NULL, (void *)(uintptr_t)"sav"},
        {"a Stata file reads back", statistics_files_read_back, NULL, NULL, (void *)(uintptr_t)"dta"},
        cmocka_unit_test(a_csv_is_as_a_delivery_of_the_study),
        cmocka_unit_test(a_workbook_has_data_and_codebook),
        cmocka_unit_test(a_codebook_tells_nothing_of_anyone),
        cmocka_unit_test(names_fit_their_format),
        cmocka_unit_test(an_empty_dataset_is_a_file_too),
        cmocka_unit_test(r_reads_the_same),
        cmocka_unit_test(pspp_reads_the_same),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("keep/export", tests, NULL, NULL);
}
