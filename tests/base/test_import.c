/* Data files from elsewhere: written here with ReadStat, read through the caged child; then cut
 * short, flipped, and replaced by other things. */
#include "ground.h"

#include <fcntl.h>
#include <math.h>
#include <readstat.h>
#include <sys/wait.h>

#include "base/import.h"
#include "base/import_inside.h"

static ssize_t to_buffer(const void *data, size_t n, void *ctx)
{
    tf_buf_addn(ctx, data, n);
    return (ssize_t)n;
}

enum { ROWS = 300, MANY_ROWS = 40000 };

/* Six variables: number with labels and a missing code, decimal, texts of digits with labels,
 * texts, long label, all missing. */
static struct tf_buf make_rows(struct tf_arena *arena, enum tf_import_kind kind,
                               readstat_compress_t how, int rows)
{
    struct tf_buf out = {.arena = arena};
    readstat_writer_t *w = readstat_writer_init();
    (void)readstat_set_data_writer(w, to_buffer);
    (void)readstat_writer_set_file_timestamp(w, 1577836800);
    readstat_label_set_t *yes = NULL, *codes = NULL;
    if (kind != TF_IMPORT_XPORT) {
        yes = readstat_add_label_set(w, READSTAT_TYPE_DOUBLE, "yesno");
        readstat_label_double_value(yes, 1, "Yes");
        readstat_label_double_value(yes, 2, "No");
    }
    if (kind == TF_IMPORT_SPSS) {
        codes = readstat_add_label_set(w, READSTAT_TYPE_STRING, "codes");
        readstat_label_string_value(codes, "1", "One");
    }
    readstat_variable_t *v[6] = {
        readstat_add_variable(w, "Q1", READSTAT_TYPE_DOUBLE, 8),
        readstat_add_variable(w, "WEIGHT", READSTAT_TYPE_DOUBLE, 8),
        readstat_add_variable(w, "CODE", READSTAT_TYPE_STRING, 4),
        readstat_add_variable(w, "NOTE", READSTAT_TYPE_STRING, 20),
        readstat_add_variable(w, "PSU", READSTAT_TYPE_DOUBLE, 8),
        readstat_add_variable(w, "NONE", READSTAT_TYPE_DOUBLE, 8),
    };
    readstat_variable_set_label(v[0], "A question of yes and no");
    if (yes != NULL)
        readstat_variable_set_label_set(v[0], yes);
    if (codes != NULL) {
        readstat_variable_set_label_set(v[2], codes);
        (void)readstat_variable_add_missing_double_value(v[0], 9);
    }
    if (kind == TF_IMPORT_SPSS) {
        (void)readstat_writer_set_compression(w, how);
        (void)readstat_begin_writing_sav(w, &out, rows);
    } else if (kind == TF_IMPORT_STATA) {
        (void)readstat_begin_writing_dta(w, &out, rows);
    } else {
        (void)readstat_writer_set_file_format_version(w, 5);
        (void)readstat_begin_writing_xport(w, &out, rows);
    }
    for (int row = 0; row < rows; row++) {
        char code[8];
        (void)snprintf(code, sizeof code, "%d", row % 12);
        (void)readstat_begin_row(w);
        (void)readstat_insert_double_value(w, v[0], row % 3 == 2 ? 9 : row % 3 + 1);
        (void)readstat_insert_double_value(w, v[1], row + 0.5);
        (void)readstat_insert_string_value(w, v[2], code);
        (void)readstat_insert_string_value(w, v[3], row == 5 ? "" : row % 2 == 0 ? "é b" : "x");
        (void)readstat_insert_double_value(w, v[4], row / 10);
        if (kind == TF_IMPORT_STATA && row % 2 == 0)
            (void)readstat_insert_tagged_missing_value(w, v[5], row % 4 == 0 ? 'b' : 'z');
        else
            (void)readstat_insert_missing_value(w, v[5]);
        (void)readstat_end_row(w);
    }
    (void)readstat_end_writing(w);
    readstat_writer_free(w);
    return out;
}

static struct tf_buf make(struct tf_arena *arena, enum tf_import_kind kind, readstat_compress_t how)
{
    return make_rows(arena, kind, how, ROWS);
}

static struct kind_case {
    const char *name, *file;
    enum tf_import_kind kind;
    readstat_compress_t how;
} kind_cases[] = {
    {"an SPSS file comes through whole", "a.sav", TF_IMPORT_SPSS, READSTAT_COMPRESS_NONE},
    {"a compressed SPSS file comes through whole", "b.sav", TF_IMPORT_SPSS, READSTAT_COMPRESS_ROWS},
    {"a zipped SPSS file comes through whole", "c.zsav", TF_IMPORT_SPSS, READSTAT_COMPRESS_BINARY},
    {"a Stata file comes through whole", "d.dta", TF_IMPORT_STATA, READSTAT_COMPRESS_NONE},
    {"a SAS transport file comes through whole", "e.xpt", TF_IMPORT_XPORT, READSTAT_COMPRESS_NONE},
    {"a file without an ending is told by its bytes", "plain", TF_IMPORT_SPSS, READSTAT_COMPRESS_ROWS},
};

static void whole(void **state)
{
    const struct kind_case *c = *state;
    BEGIN_TEST;
    const bool spss = c->kind == TF_IMPORT_SPSS;
    struct tf_buf file = make(arena, c->kind, c->how);
    struct tf_table *t;
    temp_write(arena, c->file, file.s, file.n);
    assert_ok(tf_import_file(arena, temp_path(arena, c->file), &t, &err));
    assert_int_equal(t->n_rows, ROWS);
    assert_int_equal(t->n_cols, 6);
    assert_string_equal(t->col[0].name, "Q1");
    assert_string_equal(t->col[0].label, "A question of yes and no");
    assert_true(t->col[0].num[1] == 2);
    if (c->kind != TF_IMPORT_XPORT)
        assert_string_equal(tf_column_label(&t->col[0], 2), "No");
    assert_int_equal(t->col[0].miss[2], spss ? TF_MISS_SYSTEM : TF_PRESENT); /* 9 is missing */
    assert_true(spss ? isnan(t->col[0].num[2]) != 0 : t->col[0].num[2] == 9);
    assert_true(t->col[1].num[299] == 299.5);
    assert_int_equal(t->col[2].type, TF_NUMBER); /* texts of digits */
    assert_true(t->col[2].num[23] == 11);
    if (spss)
        assert_string_equal(tf_column_label(&t->col[2], 1), "One");
    assert_int_equal(t->col[3].type, TF_TEXT);
    assert_string_equal(t->col[3].text[4], "é b");
    assert_int_equal(t->col[3].miss[5], TF_MISS_SYSTEM);
    assert_int_equal(t->col[5].miss[0], TF_MISS_SYSTEM);
    END_TEST;
}

/* Large enough for two readers: every row stands where it was. */
static void many_rows(void **state)
{
    const struct kind_case *c = *state;
    BEGIN_TEST;
    struct tf_buf file = make_rows(arena, c->kind, c->how, MANY_ROWS);
    struct tf_table *t;
    temp_write(arena, c->file, file.s, file.n);
    assert_ok(tf_import_file(arena, temp_path(arena, c->file), &t, &err));
    assert_int_equal(t->n_rows, MANY_ROWS);
    for (size_t row = 0; row < MANY_ROWS; row++) {
        const bool nine = c->kind == TF_IMPORT_SPSS && row % 3 == 2;
        assert_true(t->col[1].num[row] == (double)row + 0.5);
        assert_true(t->col[2].num[row] == (double)(row % 12));
        assert_string_equal(t->col[3].text[row], row == 5 ? "" : row % 2 == 0 ? "é b" : "x");
        assert_int_equal(t->col[0].miss[row], nine ? TF_MISS_SYSTEM : TF_PRESENT);
        assert_int_equal(t->col[5].miss[row], TF_MISS_SYSTEM);
    }
    END_TEST;
}

static struct kind_case many_cases[] = {
    {"an SPSS file of many rows keeps their order", "m.sav", TF_IMPORT_SPSS, READSTAT_COMPRESS_NONE},
    {"a compressed one too", "n.sav", TF_IMPORT_SPSS, READSTAT_COMPRESS_ROWS},
    {"a zipped one too", "o.zsav", TF_IMPORT_SPSS, READSTAT_COMPRESS_BINARY},
    {"a Stata file of many rows keeps their order", "p.dta", TF_IMPORT_STATA, READSTAT_COMPRESS_NONE},
    {"a SAS transport file of many rows, too", "q.xpt", TF_IMPORT_XPORT, READSTAT_COMPRESS_NONE},
};

/* What the file declares missing stays known, and can be given its reason. */
static void declared_codes(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_table *t;
    for (int rows = ROWS; rows <= MANY_ROWS; rows += MANY_ROWS - ROWS) {
        struct tf_buf file = make_rows(arena, TF_IMPORT_SPSS, READSTAT_COMPRESS_NONE, rows);
        temp_write(arena, "r.sav", file.s, file.n);
        assert_ok(tf_import_file(arena, temp_path(arena, "r.sav"), &t, &err));
        assert_int_equal(t->col[0].n_declared, 1);
        assert_true(t->col[0].declared[0].value == 9);
        assert_int_equal(t->col[1].n_declared, 0);
        tf_column_missing(t, 0, 9, TF_MISS_REFUSED);
        for (int row = 0; row < rows; row++) {
            assert_int_equal(t->col[0].declared_of[row], row % 3 == 2);
            assert_int_equal(t->col[0].miss[row], row % 3 == 2 ? TF_MISS_REFUSED : TF_PRESENT);
        }
        file = make_rows(arena, TF_IMPORT_STATA, READSTAT_COMPRESS_NONE, rows);
        temp_write(arena, "r.dta", file.s, file.n);
        assert_ok(tf_import_file(arena, temp_path(arena, "r.dta"), &t, &err));
        assert_int_equal(t->col[5].n_declared, 2);
        tf_column_missing_text(t, 5, ".z", TF_MISS_DONT_KNOW);
        for (int row = 0; row < rows; row++)
            assert_int_equal(t->col[5].miss[row],
                             row % 4 == 2 ? TF_MISS_DONT_KNOW : TF_MISS_SYSTEM);
    }
    END_TEST;
}

static void cut_short(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_buf file = make(arena, TF_IMPORT_SPSS, READSTAT_COMPRESS_NONE);
    struct tf_table *t = NULL;
    for (size_t k = 0; k < 24; k++) {
        const size_t n = file.n * k / 24;
        temp_write(arena, "cut.sav", file.s, n);
        assert_int_equal(tf_import_file(arena, temp_path(arena, "cut.sav"), &t, &err), TF_E_INPUT);
        assert_null(t);
        assert_true(err.fact[0] != '\0' || n == 0);
        assert_true(err.help[0] != '\0');
    }
    END_TEST;
}

static void flipped(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_rng rng = tf_rng_named("test/import");
    struct tf_table *t;
    for (int k = 0; k < 40; k++) { /* any end but our own crash */
        struct tf_buf file = make(arena, k % 2 == 0 ? TF_IMPORT_SPSS : TF_IMPORT_STATA,
                                  READSTAT_COMPRESS_NONE);
        const uint32_t within = k % 4 < 2 ? 2000 : (uint32_t)file.n;
        for (int flips = 0; flips < 4; flips++)
            file.s[4 + tf_rng_below(&rng, within - 4)] ^= (char)(1u << tf_rng_below(&rng, 8));
        const char *name = k % 2 == 0 ? "flip.sav" : "flip.dta";
        temp_write(arena, name, file.s, file.n);
        const enum tf_code code = tf_import_file(arena, temp_path(arena, name), &t, &err);
        assert_true(code == TF_OK || code == TF_E_INPUT || code == TF_E_LIMIT);
    }
    END_TEST;
}

static struct stranger_case {
    const char *name, *file, *text;
    enum tf_code code;
    const char *says;
} stranger_cases[] = {
    {"a text called .sav is refused", "x.sav", "a,b\n1,2\n", TF_E_INPUT, "not an SPSS file"},
    {"a text called .dta is refused", "x.dta", "a,b\n1,2\n", TF_E_INPUT, "not a Stata file"},
    {"a head without a body is refused", "y.sav", "$FL2@(#) SPSS DATA FILE", TF_E_INPUT, "damaged"},
    {"an empty file is refused", "z.sav", "", TF_E_INPUT, "empty"},
    {"an unknown kind is refused", "x.pdf", "%PDF-1.7", TF_E_INPUT, "not known"},
};

static void strangers(void **state)
{
    const struct stranger_case *c = *state;
    BEGIN_TEST;
    struct tf_table *t = NULL;
    temp_write(arena, c->file, c->text, strlen(c->text));
    assert_int_equal(tf_import_file(arena, temp_path(arena, c->file), &t, &err), c->code);
    assert_non_null(strstr(err.what, c->says));
    assert_true(err.help[0] != '\0');
    END_TEST;
}

static void csv_too(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_table *t;
    temp_write(arena, "t.CSV", "a,b\n1,x\n", 8);
    assert_ok(tf_import_file(arena, temp_path(arena, "t.CSV"), &t, &err));
    assert_int_equal(t->col[0].type, TF_NUMBER);
    assert_int_equal(tf_import_file(arena, temp_path(arena, "none.sav"), &t, &err), TF_E_IO);
    END_TEST;
}

/* ---- A child that lies -------------------------------------------------------------------- */

static struct lie_case {
    const char *name, *bytes;
    size_t n;
    const char *says;
} lie_cases[] = {
    {"a silent child is not believed", "", 0, "early"},
    {"another tongue is not believed", "HELLO", 5, "something else"},
    {"too many variables are not believed", "TFI1T\xFF\xFF\xFF\xFF" "\0\0\0\0\0\0\0\0" "\0\0\0\0", 21, "20,000"},
    {"too many rows are not believed", "TFI1T\1\0\0\0" "\0\0\0\0\0\0\0\1" "\0\0\0\0", 21, "20 million"},
    {"a giant label is not believed", "TFI1T\1\0\0\0" "\1\0\0\0\0\0\0\0" "\0\0\0\0" "\xFF\xFF\xFF\x7F", 25, "64 KB"},
    {"labels that are not there are not believed",
     "TFI1T\1\0\0\0" "\1\0\0\0\0\0\0\0" "\0\0\0\0" "\1\0\0\0a" "\0\0\0\0" "\0" "\5\0\0\0", 35, "labels"},
    {"a text longer than its bytes is not believed",
     "TFI1T\1\0\0\0" "\2\0\0\0\0\0\0\0" "\0\0\0\0" "\1\0\0\0a" "\0\0\0\0" "\1" "\0\0\0\0"
     "\3\0\0\0\0\0\0\0" "abc", 46, "shorter"},
    {"an end without its word is not believed", "TFI1T\0\0\0\0" "\1\0\0\0\0\0\0\0" "\0\0\0\0" "STOP", 25, "finish"},
};

static void lies(void **state)
{
    const struct lie_case *c = *state;
    BEGIN_TEST;
    struct tf_table *t = NULL;
    struct tf_import_codes *codes;
    bool in_field;
    temp_write(arena, "lie", c->bytes, c->n);
    const int fd = open(temp_path(arena, "lie"), O_RDONLY);
    assert_int_equal(tf_import_receive(arena, &fd, 1, (struct tf_import_field){.n = 0}, "x.sav", &t,
                                       &codes, &in_field, &err), TF_E_INPUT);
    (void)close(fd);
    assert_null(t);
    assert_non_null(strstr(err.fact, c->says));
    END_TEST;
}

/* The cage holds: a child inside it can neither open a file nor start a process. */
static void the_cage(void **state TF_UNUSED)
{
#if defined(__SANITIZE_ADDRESS__)
    skip(); /* the filter is left out */
#else
    int ends[2], status = 0;
    char got[8] = "";
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        int fd = ends[1];
        tf_import_cage(&fd, 0);
        const bool opened = open("/etc/passwd", O_RDONLY) >= 0;
        (void)!write(fd, opened ? "open" : "shut", 4);
        (void)fork();
        (void)!write(fd, "out", 3);
        _exit(0);
    }
    (void)close(ends[1]);
    (void)!read(ends[0], got, 4);
    assert_string_equal(got, "shut");
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(read(ends[0], got, 3), 0);
    assert_true(WIFSIGNALED(status));
    (void)close(ends[0]);
#endif
}

static void yrbs(void **state TF_UNUSED)
{
    static const char path[] = "../shared/data/yrbs2019.sav";
    if (!tf_file_exists(path))
        skip();
    BEGIN_TEST;
    struct tf_table *t;
    static const char *const names[] = {"Q23", "Q24", "weight", "stratum", "psu"};
    assert_ok(tf_import_file(arena, path, &t, &err));
    assert_int_equal(t->n_rows, 13677);
    for (size_t k = 0; k < LENGTH(names); k++) {
        size_t at;
        assert_ok(tf_table_need(t, names[k], &at, &err));
        assert_int_equal(t->col[at].type, TF_NUMBER);
    }
    END_TEST;
}

int main(void)
{
    struct CMUnitTest tests[40];
    size_t n = 0;
    temp_begin();
    ADD_CASES(tests, n, kind_cases, whole);
    ADD_CASES(tests, n, many_cases, many_rows);
    ADD_TEST(tests, n, "codes that a file declares missing stay known", declared_codes);
    ADD_TEST(tests, n, "a file cut short is damaged, wherever it is cut", cut_short);
    ADD_TEST(tests, n, "a file with flipped bits ends in an error or a table", flipped);
    ADD_CASES(tests, n, stranger_cases, strangers);
    ADD_TEST(tests, n, "a CSV file is one of them, a missing file is none", csv_too);
    ADD_CASES(tests, n, lie_cases, lies);
    ADD_TEST(tests, n, "the cage opens no file and starts no process", the_cage);
    ADD_TEST(tests, n, "a national survey of 13,677 interviews comes through", yrbs);
    const int failed = _cmocka_run_group_tests("base/import", tests, n, NULL, NULL);
    temp_end();
    return failed;
}
