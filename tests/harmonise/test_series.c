/* Series: good ones are read to the cell, bad ones are refused with their place. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>
#include <string.h>

#include "harmonise/harmonise.h"

static struct tf_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = tf_arena_new("test", (size_t)64 << 20);
    return 0;
}
static int tear_down(void **state)
{
    (void)state;
    tf_arena_free(arena);
    return 0;
}

/* A mapping in lines of which a case replaces or removes one (line numbers are in the table). */
static const char *const base_mapping[] = {
    "id: tips",                                       /* 1 */
    "title: Reports",                                 /* 2 */
    "source: A clearing house",                       /* 3 */
    "indicator: reports",                             /* 4 */
    "unit: report",                                   /* 5 */
    "counting_rule: as received",                     /* 6 */
    "location_basis: upload",                         /* 7 */
    "period: year",                                   /* 8 */
    "value: n",                                       /* 9 */
    "area: {column: iso, map: {AAA: XA, BBB: XB}}",   /* 10 */
    "breakdown: [sex, age]",                          /* 11 */
    "breakdown_kind: partition",                      /* 12 */
    "vintage: {column: release}",                     /* 13 */
    "caveat: Reports are not children.",              /* 14 */
    "grade: {scheme: admiralty, code: B2}",           /* 15 */
    "handling: public",                               /* 16 */
    "purpose: trend analysis",                        /* 17 */
    "review_by: 2027-01-01",                          /* 18 */
    "missing: {by: status, words: {gone: not_found, none: not_recorded}}", /* 19 */
};
enum { N_LINES = sizeof base_mapping / sizeof base_mapping[0] };
#define HEAD "iso,year,sex,age,n,status,release,remark\n"

static const char *mapping_with(size_t line, const char *text)
{
    struct tf_buf b = {.arena = arena};
    for (size_t k = 0; k < N_LINES; k++) {
        const char *s = k + 1 == line ? text : base_mapping[k];
        if (s != NULL)
            tf_buf_printf(&b, "%s\n", s);
    }
    return tf_buf_text(&b);
}

static enum tf_code parse(const char *csv, const char *mapping, const char *country,
                          struct tf_series **ret, size_t *n, struct tf_err *e)
{
    return tf_series_parse(arena, "t.csv", csv, strlen(csv), "t.yaml", mapping, strlen(mapping),
                           country, ret, n, e);
}

/* ---- what is refused --------------------------------------------------------------------------- */

struct bad {
    const char *name;
    size_t at;           /* line of the mapping that is replaced, 0 = none */
    const char *by;      /* its text; NULL removes it */
    const char *rows;    /* of the CSV */
    const char *header;  /* or NULL for HEAD */
    const char *file;
    size_t line, column;
    const char *says;    /* part of what / fact / help */
};
#define GOOD "AAA,2019,,,1,,2022-03-17,\n"
static const struct bad bads[] = {
    {"a mapping with an unknown key", 16, "handlng: public", GOOD, NULL, "t.yaml", 16, 1, "handling"},
    {"a series without a unit", 5, NULL, GOOD, NULL, "t.yaml", 1, 1, "has no unit"},
    {"a unit that nobody knows", 5, "unit: reprot", GOOD, NULL, "t.yaml", 5, 7, "Did you mean 'report'"},
    {"a series without a counting rule", 6, NULL, GOOD, NULL, "t.yaml", 1, 1, "counting_rule"},
    {"a series without a vintage", 13, NULL, GOOD, NULL, "t.yaml", 1, 1, "vintage"},
    {"a series without a caveat", 14, NULL, GOOD, NULL, "t.yaml", 1, 1, "caveat"},
    {"a series without a purpose", 17, NULL, GOOD, NULL, "t.yaml", 1, 1, "purpose"},
    {"an unknown basis of location", 7, "location_basis: uplaod", GOOD, NULL, "t.yaml", 7, 17, "upload"},
    {"a grade that its scheme does not have", 15, "grade: {scheme: admiralty, code: Z9}", GOOD, NULL, "t.yaml", 15, 34, "no grade"},
    {"an unknown scheme of grades", 15, "grade: {scheme: admirality, code: B2}", GOOD, NULL, "t.yaml", 15, 17, "admiralty"},
    {"an unknown word for missing in the mapping", 19, "missing: {by: status, words: {gone: not_fuond}}", GOOD, NULL, "t.yaml", 19, 37, "not_found"},
    {"'present' is no reason for a missing count", 19, "missing: {as: present}", GOOD, NULL, "t.yaml", 19, 15, "no reason"},
    {"missing told in both ways", 19, "missing: {by: status, as: not_found}", GOOD, NULL, "t.yaml", 19, 27, "choose one"},
    {"a column that is not there", 9, "value: count", GOOD, NULL, "t.yaml", 9, 8, "no column 'count'"},
    {"a breakdown that does not say its kind", 12, NULL, GOOD, NULL, "t.yaml", 11, 12, "partition"},
    {"labels for a column that does not break down", 14, "labels: {iso: {a: b}}\ncaveat: c", GOOD, NULL, "t.yaml", 14, 10, "no column of the breakdown"},
    {"a vintage that is no date", 13, "vintage: spring", GOOD, NULL, "t.yaml", 13, 10, "no date"},

    {"a broken quote", 0, NULL, "AAA,2019,\"x,,1,,,\n", NULL, "t.csv", 2, 10, "quote"},
    {"an empty value that the mapping does not explain", 19, NULL, GOOD "AAA,2020,,,,,2022-03-17,\n", NULL, "t.csv", 3, 12, "empty cell is not zero"},
    {"an unknown word for missing in a cell", 0, NULL, GOOD "AAA,2020,,,,gnoe,,\n", NULL, "t.csv", 3, 13, "Did you mean 'gone'"},
    {"a value beside a word that says it is missing", 0, NULL, "AAA,2020,,,7,gone,2022-03-17,\n", NULL, "t.csv", 2, 14, "there is one"},
    {"a thousands separator", 0, NULL, "AAA,2020,,,\"12,788\",,2022-03-17,\n", NULL, "t.csv", 2, 12, "without thousands separators"},
    {"a word in place of a value", 0, NULL, "AAA,2020,,,n/a,,2022-03-17,\n", NULL, "t.csv", 2, 12, "no number"},
    {"a count below zero", 0, NULL, "AAA,2020,,,-99,,2022-03-17,\n", NULL, "t.csv", 2, 12, "below zero"},
    {"an area that is not mapped", 0, NULL, GOOD "CCC,2020,,,1,,2022-03-17,\n", NULL, "t.csv", 3, 1, "'CCC' is not in the mapping"},
    {"a row without an area", 0, NULL, " ,2020,,,1,,2022-03-17,\n", NULL, "t.csv", 2, 1, "no area"},
    {"two rows for one cell", 0, NULL, GOOD "BBB,2019,,,5,,2022-03-17,\n" GOOD, NULL, "t.csv", 4, 12, "line 2"},
    {"two rows for one cell of a breakdown, blanks aside", 0, NULL, "AAA,2019,girls,,1,,2022-03-17,\nAAA,2019,girls ,,2,,2022-03-17,\n", NULL, "t.csv", 3, 18, "sex=girls"},
    {"a period that is none", 0, NULL, "AAA,19,,,1,,2022-03-17,\n", NULL, "t.csv", 2, 5, "no period"},
    {"a month that is none", 0, NULL, "AAA,2019-13,,,1,,2022-03-17,\n", NULL, "t.csv", 2, 5, "no period"},
    {"a value without a vintage", 0, NULL, "AAA,2019,,,1,,,\n", NULL, "t.csv", 2, 15, "no vintage"},
    {"a unit column that is empty", 5, "unit: {column: remark}", GOOD, NULL, "t.csv", 2, 26, "no unit"},
    {"a unit column with an unknown unit", 5, "unit: {column: remark}", "AAA,2019,,,1,,2022-03-17,reports\n", NULL, "t.csv", 2, 26, "report"},
    {"a unit that changes within the series", 5, "unit: {column: remark}", "AAA,2019,,,1,,2022-03-17,case\nAAA,2020,,,1,,2022-03-17,victim\n", NULL, "t.csv", 3, 26, "on line 2 'case'"},
    {"a counting rule that changes within the series", 6, "counting_rule: {column: remark}", "AAA,2019,,,1,,2022-03-17,a\nAAA,2020,,,1,,2022-03-17,b\n", NULL, "t.csv", 3, 26, "counting rule"},
    {"a file without a row of the country", 10, "area: XZ", GOOD, NULL, "t.csv", 0, 0, "no row of XA"},
    {"the place after a field with line ends", 0, NULL, "AAA,2019,\"a\nb\",,x,,2022-03-17,\n", NULL, "t.csv", 3, 5, "'x' is no number"},

    {"a column of names", 0, NULL, "AAA,2019,,,1,,,\n", "iso,year,sex,age,n,status,release,victim_name\n", "t.csv", 1, 35, "looks like names"},
    {"a column of e-mail addresses by its header", 0, NULL, "AAA,2019,,,1,,,\n", "iso,year,sex,age,n,status,release,E-Mail\n", "t.csv", 1, 35, "e-mail"},
    {"a column of dates of birth by its header", 0, NULL, "AAA,2019,,,1,,,\n", "iso,year,sex,age,n,status,release,Date of birth\n", "t.csv", 1, 35, "dates of birth"},
    {"an e-mail address in a cell", 0, NULL, "AAA,2019,,,1,,2022-03-17,write to a.b@example.org\n", NULL, "t.csv", 2, 26, "e-mail address"},
    {"a phone number in a cell", 0, NULL, "AAA,2019,,,1,,2022-03-17,+999 700 000 000\n", NULL, "t.csv", 2, 26, "phone number"},
    {"a link in a cell", 0, NULL, "AAA,2019,,,1,,2022-03-17,https://example.org/x\n", NULL, "t.csv", 2, 26, "link"},
    {"an IPv4 address in a cell", 0, NULL, "AAA,2019,,,1,,2022-03-17,from 192.0.2.17\n", NULL, "t.csv", 2, 26, "IP address"},
    {"an IPv6 address in a cell", 0, NULL, "AAA,2019,,,1,,2022-03-17,2001:db8::1:2\n", NULL, "t.csv", 2, 26, "IP address"},
    {"a hash in a cell", 0, NULL, "AAA,2019,,,1,,2022-03-17,d41d8cd98f00b204e9800998ecf8427e\n", NULL, "t.csv", 2, 26, "hash"},
    {"whole dates in a column that nothing uses", 0, NULL, "AAA,2019,,,1,,2022-03-17,2008-05-01\n", NULL, "t.csv", 2, 26, "date of birth"},
};

static void every_bad_series_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof bads / sizeof bads[0]; k++) {
        const struct bad *b = &bads[k];
        struct tf_series *s = NULL;
        size_t n = 0;
        struct tf_err e = {0};
        const char *csv = tf_printf(arena, "%s%s", b->header == NULL ? HEAD : b->header, b->rows);
        const enum tf_code code = parse(csv, mapping_with(b->at, b->by), "XA", &s, &n, &e);
        const char *all = tf_printf(arena, "%s | %s | %s", e.what, e.fact, e.help);
        if (code != TF_E_INPUT || strcmp(e.file, b->file) != 0 || e.line != b->line ||
            e.column != b->column || strstr(all, b->says) == NULL || s != NULL)
            fail_msg("%s: code %d at %s:%zu:%zu: %s", b->name, (int)code, e.file, e.line, e.column,
                     all);
    }
}

/* ---- what is read ------------------------------------------------------------------------------ */

static const struct tf_obs *cell(const struct tf_series *s, const char *period, const char *broken)
{
    for (size_t k = 0; k < s->n_obs; k++)
        if (strcmp(s->obs[k].period, period) == 0 && strcmp(s->obs[k].breakdown, broken) == 0)
            return &s->obs[k];
    fail_msg("no cell %s %s", period, broken);
    return NULL;
}

static void zero_is_a_value_and_missing_has_its_reason(void **state)
{
    (void)state;
    struct tf_series *s;
    size_t n;
    struct tf_err e;
    assert_int_equal(parse(HEAD "AAA,2018,,,0,,2021-01-01,\n"
                                "AAA,2019,total,,5,,2022-03-17,\n"
                                "AAA,2019,girls,12-13,3,,2022-03-17,\n"
                                "BBB,2019,,,9,,2022-03-17,\n"
                                "AAA,2020,,,,gone,,\n"
                                "AAA,2021,,,,none,,\n",
                           mapping_with(0, NULL), NULL, &s, &n, &e),
                     TF_OK);
    assert_int_equal(n, 2);
    assert_string_equal(s[0].country, "XA");
    assert_string_equal(s[1].country, "XB");
    assert_int_equal(s[0].n_obs, 5);
    assert_true(cell(s, "2018", "")->value == 0 && cell(s, "2018", "")->missing == TF_PRESENT);
    assert_string_equal(cell(s, "2018", "")->note, "released 2021-01-01");
    assert_true(cell(s, "2019", "age=12-13;sex=girls")->value == 3);
    assert_int_equal(cell(s, "2020", "")->missing, TF_MISS_NOT_FOUND);
    assert_int_equal(cell(s, "2021", "")->missing, TF_MISS_NOT_RECORDED);
    assert_true(isnan(cell(s, "2021", "")->value));
    assert_string_equal(s[0].vintage, "2022-03-17");
    assert_string_equal(s[0].unit, "report");
    assert_string_equal(s[0].partition, "partition");
}

static void the_sources_words_are_kept_apart(void **state)
{
    (void)state;
    struct tf_series *s;
    size_t n;
    struct tf_err e;
    const char *m = mapping_with(
        18, "review_by: 2027-01-01\nlabels: {sex: {F: girls}}\nsource_label: Berichte");
    assert_int_equal(parse(HEAD "AAA,2019,F,,3,,2022-03-17,\n", m, "XA", &s, &n, &e), TF_OK);
    assert_string_equal(s->obs[0].breakdown, "sex=girls");
    assert_string_equal(s->source_label, "Berichte; girls: F");
}

static void other_areas_are_skipped_when_declared(void **state)
{
    (void)state;
    struct tf_series *s;
    size_t n;
    struct tf_err e;
    const char *m = mapping_with(10, "area: {column: iso, map: {AAA: XA, AAB: XA-NORTH}, others: skip}");
    assert_int_equal(parse(HEAD GOOD "ZZZ,2019,,,3,,2022-03-17,\nAAB,2019,,,1,,2022-03-17,\n", m,
                           NULL, &s, &n, &e),
                     TF_OK);
    assert_int_equal(n, 1);
    assert_int_equal(s->n_obs, 2);
    assert_string_equal(s->obs[1].area, "XA-NORTH");
}

/* ---- sums and the guard ------------------------------------------------------------------------ */

static void sums_refuse_missing_cells_and_overlaps(void **state)
{
    (void)state;
    struct tf_series *s;
    size_t n;
    struct tf_err e;
    double sum = -1;
    const char *const two[] = {"2018", "2019"}, *const gone[] = {"2018", "2020"};
    const char *const parts[] = {"2021"};
    const char *csv = HEAD "AAA,2018,,,0,,2022-03-17,\nAAA,2019,,,5,,2022-03-17,\n"
                           "AAA,2019,girls,,9,,2022-03-17,\nAAA,2020,,,,gone,,\n"
                           "AAA,2021,girls,,4,,2022-03-17,\nAAA,2021,boys,,3,,2022-03-17,\n";
    assert_int_equal(parse(csv, mapping_with(0, NULL), "XA", &s, &n, &e), TF_OK);
    assert_int_equal(tf_series_sum(s, two, 2, &sum, &e), TF_OK);
    assert_true(sum == 5);
    assert_int_equal(tf_series_sum(s, parts, 1, &sum, &e), TF_OK);
    assert_true(sum == 7);
    assert_int_equal(tf_series_sum(s, gone, 2, &sum, &e), TF_E_REFUSED);
    assert_non_null(strstr(e.what, "2020"));
    assert_non_null(strstr(e.fact, "searched for, not found"));
    assert_true(sum == 7);
    s->partition = "multi_response";
    assert_int_equal(tf_series_sum(s, parts, 1, &sum, &e), TF_E_REFUSED);
}

static void the_guard_names_what_differs(void **state)
{
    (void)state;
    struct tf_series a = {.id = "a", .country = "XA", .unit = "report", .counting_rule = "all",
                          .location_basis = "upload", .source = "S", .indicator = "i"};
    struct tf_series ok = a;
    ok.country = "XB";
    struct tf_err e;
    assert_int_equal(tf_series_may_add(&a, &ok, &e), TF_OK);
    assert_int_equal(tf_series_may_add(&a, &a, &e), TF_E_REFUSED);
    assert_non_null(strstr(e.what, "twice"));
    static const char *const what[] = {"unit", "counting rule", "location basis", "source"};
    for (size_t k = 0; k < 4; k++) {
        struct tf_series b = ok;
        const char **field[] = {&b.unit, &b.counting_rule, &b.location_basis, &b.source};
        *field[k] = k == 1 ? "" : "other";
        assert_int_equal(tf_series_may_add(&a, &b, &e), TF_E_REFUSED);
        assert_non_null(strstr(e.what, what[k]));
        /* two sources of one count are what a comparison is for; the rest stands against it too */
        assert_int_equal(tf_series_may_compare(&a, &b, &e), k == 3 ? TF_OK : TF_E_REFUSED);
        assert_true(k == 3 || strstr(e.what, "compared") != NULL);
    }
}

/* ---- checks ------------------------------------------------------------------------------------ */

struct checked {
    const char *name, *rows;
    size_t at;
    const char *by, *id, *says; /* says NULL: no notice of this id */
};
static const struct checked checks[] = {
    {"a jump far from the median step is noted",
     "AAA,2019,,,38031,,2022-03-17,\nAAA,2020,,,105925,,2022-03-17,\nAAA,2021,,,50875,,2022-03-17,\n"
     "AAA,2022,,,82398,,2022-03-17,\nAAA,2023,,,92959,,2022-03-17,\n",
     0, NULL, "jump", "38,031 in 2019, 105,925 in 2020: 2.8 times more"},
    {"a steady rise is no jump",
     "AAA,2019,,,100,,2022-03-17,\nAAA,2020,,,150,,2022-03-17,\nAAA,2021,,,230,,2022-03-17,\n"
     "AAA,2022,,,340,,2022-03-17,\n", 0, NULL, "jump", NULL},
    {"a step from zero is no jump", "AAA,2019,,,0,,2022-03-17,\nAAA,2020,,,900,,2022-03-17,\n", 0, NULL, "jump", NULL},
    {"an order of magnitude in two years is noted", "AAA,2019,,,5,,2022-03-17,\nAAA,2020,,,50,,2022-03-17,\n", 0, NULL, "jump", "10.0 times"},
    {"a residual is named with its sign",
     "AAA,2019,,,100,,2022-03-17,\nAAA,2019,girls,,60,,2022-03-17,\nAAA,2019,boys,,30,,2022-03-17,\n", 0, NULL, "parts-whole", "10 are in no part"},
    {"too many in the parts is named",
     "AAA,2019,,,100,,2022-03-17,\nAAA,2019,girls,,60,,2022-03-17,\nAAA,2019,boys,,50,,2022-03-17,\n", 0, NULL, "parts-whole", "10 too many"},
    {"overlapping parts may exceed the whole",
     "AAA,2019,,,100,,2022-03-17,\nAAA,2019,girls,,60,,2022-03-17,\nAAA,2019,boys,,50,,2022-03-17,\n", 12, "breakdown_kind: multi_response", "parts-whole", NULL},
    {"parts that fit are no finding",
     "AAA,2019,,,100,,2022-03-17,\nAAA,2019,girls,,60,,2022-03-17,\nAAA,2019,boys,,40,,2022-03-17,\n", 0, NULL, "parts-whole", NULL},
    {"a missing part is named, not counted as zero",
     "AAA,2019,,,100,,2022-03-17,\nAAA,2019,girls,,60,,2022-03-17,\nAAA,2019,boys,,,gone,,\n", 0, NULL, "parts-incomplete", "sex=boys"},
    {"missing cells are counted by reason", GOOD "AAA,2020,,,,gone,,\n", 0, NULL, "missing", "1 of 2 cells: searched for, not found"},
    {"no review date is named", GOOD, 18, NULL, "review-by", "asked again"},
    {"no grade is named", GOOD, 15, NULL, "grade", "no grade"},
    {"a handling of no scheme is named", GOOD, 16, "handling: anyhow", "handling", "anyhow"},
    {"a word that the Guidelines advise against is an error", "AAA,2019,child pornography,,1,,2022-03-17,\n", 0, NULL, "term", "Guidelines"},
    {"a fraction of a report is named", "AAA,2019,,,1.5,,2022-03-17,\n", 0, NULL, "not-whole", "1.5 reports"},
};

static void checks_say_what_a_reader_would_ask(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof checks / sizeof checks[0]; k++) {
        const struct checked *c = &checks[k];
        struct tf_series *s;
        size_t n;
        struct tf_err e;
        struct tf_notices out = {.arena = arena};
        if (parse(tf_printf(arena, HEAD "%s", c->rows), mapping_with(c->at, c->by), "XA", &s, &n,
                  &e) != TF_OK)
            fail_msg("%s: %s", c->name, e.what);
        tf_series_check(s, "t.csv", &out);
        const char *text = NULL;
        bool said = false;
        for (size_t j = 0; j < out.n; j++)
            if (strcmp(out.item[j].id, c->id) == 0) {
                text = out.item[j].text;
                said = said || (c->says != NULL && strstr(text, c->says) != NULL);
            }
        if (c->says == NULL ? text != NULL : !said)
            fail_msg("%s: '%s'", c->name, text == NULL ? "(none)" : text);
    }
}

/* ---- a published file -------------------------------------------------------------------------- */

#define REAL "../shared/data/cybertip_counts_14.csv"
static void the_published_table_is_read_without_a_hand_edit(void **state)
{
    (void)state;
    /* years 2019 to 2023 as published */
    static const struct {
        const char *area;
        double value[5];
    } table[] = {
        {"KHM", {91458, 188328, 395793, 227955, 172906}}, {"ETH", {15054, 17451, 6851, 11146, 9347}},
        {"IDN", {840221, 986648, 1861135, 1878011, 1925549}}, {"KEN", {12788, 14434, 17983, 21745, 46030}},
        {"MYS", {183407, 204506, 269671, 197659, 195642}}, {"MOZ", {4688, 6824, 6691, 12312, 12533}},
        {"NAM", {897, 789, 906, 1318, 1345}}, {"PHL", {801272, 1339597, 3188793, 2576182, 2740905}},
        {"RWA", {873, 1456, 1248, 1817, 1559}}, {"ZAF", {38031, 105925, 50875, 82398, 92959}},
        {"TZA", {6785, 5752, 7068, 8385, 10940}}, {"THA", {355396, 397743, 589515, 525932, 432468}},
        {"UGA", {4976, 6575, 4538, 5510, 7659}}, {"VNM", {379554, 843963, 716065, 957432, 533236}},
    };
    static const char *const year[] = {"2019", "2020", "2021", "2022", "2023"};
    if (!tf_file_exists(REAL))
        skip();
    struct tf_series *s, *national;
    size_t n, n_national, present = 0, not_found = 0;
    struct tf_err e = {0};
    if (tf_series_read(arena, REAL, "examples/cybertips/cybertips.yaml", NULL, &s, &n, &e) != TF_OK)
        fail_msg("%s:%zu:%zu: %s", e.file, e.line, e.column, e.what);
    assert_int_equal(n, 14);
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < s[k].n_obs; j++) {
            present += s[k].obs[j].missing == TF_PRESENT;
            not_found += s[k].obs[j].missing == TF_MISS_NOT_FOUND;
        }
    assert_int_equal(present, 70);
    assert_int_equal(not_found, 28);
    for (size_t k = 0; k < 14; k++)
        for (size_t j = 0, at = 0; j < 5; j++) {
            while (strcmp(s[at].country, table[k].area) != 0)
                at++;
            assert_true(cell(&s[at], year[j], "")->value == table[k].value[j]);
        }
    assert_int_equal(tf_series_read(arena, REAL, "examples/cybertips/cybertips_national.yaml",
                                    "PHL", &national, &n_national, &e),
                     TF_OK);
    assert_int_equal(national->n_obs, 3);
    assert_int_equal(tf_series_may_add(national, &s[0], &e), TF_E_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_bad_series_is_refused_with_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(zero_is_a_value_and_missing_has_its_reason, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_sources_words_are_kept_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_areas_are_skipped_when_declared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sums_refuse_missing_cells_and_overlaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_guard_names_what_differs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(checks_say_what_a_reader_would_ask, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_published_table_is_read_without_a_hand_edit, set_up, tear_down),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
