/* The release as a whole: what is withheld is not in the store; consent decides quotes; a series that
 * is not public stays; what changed makes it stale. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>

#include "protect/inside.h"
#include "tests/protect/folder.h"

static const char study_yaml[] =
    "trefoil: 1\n"
    "id: test\n"
    "title: A test\n"
    "edition: \"1\"\n"
    "synthetic: true\n"
    "policies:\n"
    "  - {name: dh, title: Counts below 50, counts_below: 50, suppress_below: 0, flag_below: 0, "
    "hide_numerators: [1, 4]}\n"
    "countries:\n"
    "  - {code: XA, name: Country XA, status: active, ages: [12, 17], languages: [en], policy: dh}\n"
    "series:\n"
    "  - {id: victims, file: threats/victims.csv, mapping: threats/victims.yaml}\n"
    "context:\n"
    "  transcripts: context/transcripts\n"
    "  participants: context/participants.csv\n"
    "  codebook: context/codebook.csv\n"
    "  segments: context/segments.csv\n"
    "  legal: context/legal.csv\n"
    "threats:\n"
    "  capacity: threats/capacity.csv\n";
static const char mapping_yaml[] =
    "id: victims\n"
    "title: Recorded victims\n"
    "source: National police\n"
    "indicator: recorded_victims\n"
    "unit: victim\n"
    "counting_rule: unique\n"
    "location_basis: recording_agency\n"
    "period: year\n"
    "value: value\n"
    "area: XA\n"
    "breakdown: [sex]\n"
    "breakdown_kind: partition\n"
    "vintage: 2021-06-01\n"
    "caveat: Recorded victims are not all victims.\n"
    "grade: {scheme: admiralty, code: B2}\n"
    "handling: public\n"
    "purpose: trend analysis\n"
    "review_by: 2027-01-01\n"
    "missing: {as: not_recorded}\n";
static const char *const files[] = {
    "study.yaml", study_yaml,
    "threats/victims.yaml", mapping_yaml,
    "threats/victims.csv",
    "year,sex,value\n2019,,60\n2019,boys,3\n2019,girls,57\n2020,,80\n2020,boys,10\n2020,girls,70\n"
    "2021,,\n2021,boys,\n2021,girls,12\n",
    "threats/capacity.csv",
    "dimension,question,finding,phase,source\n"
    "Specialised unit,Is there one?,A unit of six officers,2,Interview\n",
    "context/codebook.csv", "code,label,theme,definition\nbarrier,Barriers to telling,telling,\n",
    "context/participants.csv",
    "participant,activity,role,institution,attribution,consent_use,consent_quote,withdrawn\n"
    "RA4-XA-01-J,justice_professionals,justice professional,Court,code,1,1,0\n"
    "RA4-XA-02-J,justice_professionals,justice professional,Court,role,1,1,0\n"
    "RA4-XA-03-J,justice_professionals,justice professional,Court,code,1,0,0\n"
    "RA4-XA-04-J,justice_professionals,justice professional,Court,code,1,1,1\n"
    "RA1-XA-01-A,government_interviews,government official,Ministry,code,1,1,0\n",
    "context/transcripts/RA4-XA-01-J.txt", "language: en\nPARTICIPANT: Few families know where to go.\n",
    "context/transcripts/RA4-XA-02-J.txt", "language: en\nPARTICIPANT: The way to court is long.\n",
    "context/transcripts/RA4-XA-03-J.txt", "language: en\nPARTICIPANT: We lack trained people.\n",
    "context/transcripts/RA4-XA-04-J.txt", "language: en\nPARTICIPANT: Cases wait for years.\n",
    "context/transcripts/RA1-XA-01-A.txt", "language: en\nPARTICIPANT: A law is on its way.\n",
    "context/segments.csv",
    "segment,transcript,start,end,code,coder,quote,text\n"
    "S-RA4-XA-01-J-1,RA4-XA-01-J,26,55,barrier,c1,Q-XA-01,Few families know where to go\n"
    "S-RA4-XA-02-J-1,RA4-XA-02-J,26,50,barrier,c1,Q-XA-02,The way to court is long\n"
    "S-RA1-XA-01-A-1,RA1-XA-01-A,26,45,barrier,c1,,A law is on its way\n",
    "context/legal.csv",
    "id,instrument,article,criterion,criterion_label,status,date,note\n"
    "L-XA-01,Child Protection Act,Article 12,definition,Material is defined,met,2015-03-01,\n",
    NULL};

struct house {
    struct tf_guard guard;
    struct tf_err err;
    struct tf_arena *a;
    char *dir;
    struct tf_study *study;
    struct tf_keep *keep;
};

static void check(const struct house *h, enum tf_code code)
{
    if (code != TF_OK)
        print_error("%s:%zu: %s / %s / %s\n", h->err.file, h->err.line, h->err.what, h->err.fact,
                    h->err.help);
    assert_int_equal(code, TF_OK);
}

static void put_file(struct house *h, const char *name, const char *text)
{
    check(h, tf_file_write(tf_path_join(h->a, h->dir, name), text, strlen(text), &h->err));
}

static void open_house(struct house *h)
{
    assert_int_equal(tf_guard_begin(&h->guard, &h->err), TF_OK);
    h->a = tf_arena_new("test", (size_t)256 << 20);
    h->dir = folder_make(h->a, files);
    check(h, tf_study_read(h->a, h->dir, &h->study, &h->err));
    check(h, tf_keep_open(h->a, h->dir, true, &h->keep, &h->err));
}

static void import_all(struct house *h)
{
    check(h, tf_harmonise_study(h->a, h->study, "XA", NULL, &h->err));
    check(h, tf_listen_study(h->a, h->study, h->keep, "XA", NULL, &h->err));
}

static struct tf_release *released(struct house *h)
{
    struct tf_release *r = NULL;
    check(h, tf_protect_country(h->a, h->study, h->keep, "XA", &h->err));
    check(h, tf_release_read(h->a, h->dir, "XA", &r, &h->err));
    return r;
}

static void close_house(struct house *h)
{
    folder_remove(h->dir);
    tf_arena_free(h->a);
    tf_guard_end(&h->guard);
}

/* ---- estimates from memory into the store ---- */

static struct tf_measured_cell cell(const char *row, const char *col, const char *col_label, size_t n,
                                    size_t base)
{
    return (struct tf_measured_cell){
        .row = row, .row_label = row, .col = col, .col_label = col_label,
        .e = {.var = row, .category = "1", .n = n, .base = base, .psu = 40,
              .estimate = (double)n / (double)base, .se = 0.01, .lo = 0.1, .hi = 0.2, .deff = 1.2,
              .df = 38}};
}

static void store(struct house *h, struct tf_measured *x, size_t n, struct tf_release **ret)
{
    struct tf_making m = {.arena = h->a, .study = h->study, .keep = h->keep};
    m.country = tf_study_country(h->study, "XA");
    m.policy = tf_study_policy(h->study, "dh");
    m.release.country = "XA";
    tf_make_measured(&m, x, n);
    for (size_t k = 0; k < m.release.n_figures; k++)
        m.release.figure[k].hash = tf_strdup(h->a, tf_figure_hash(&m.release.figure[k]).hex);
    m.release.hash = tf_strdup(h->a, tf_release_hash(&m.release).hex);
    check(h, tf_release_write(&m, NULL, 0, &h->err));
    check(h, tf_release_read(h->a, h->dir, "XA", ret, &h->err));
    assert_string_equal((*ret)->hash, m.release.hash);
}

static void assert_no_numbers(const struct tf_cell *c)
{
    const double numbers[] = {c->value, c->lo, c->hi, c->se, c->df, c->deff, c->n, c->base, c->psu};
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
        assert_true(isnan(numbers[k]));
    assert_null(c->text);
}

static void test_store(void **state)
{
    struct house h;
    struct tf_release *r, *again;
    (void)state;
    open_house(&h);
    struct tf_measured_cell cells[] = {
        cell("exp_a", "total", "Total", 160, 1000), cell("exp_a", "sex=1", "Boys", 3, 500),
        cell("exp_a", "sex=2", "Girls", 157, 500),  cell("exp_b", "total", "Total", 90, 1000),
        cell("exp_b", "sex=1", "Boys", 40, 500),    cell("exp_b", "sex=2", "Girls", 50, 500)};
    struct tf_contrast contrasts[] = {{.row = "exp_a", .col_a = "sex=1", .col_b = "sex=2"},
                                      {.row = "exp_b", .col_a = "sex=1", .col_b = "sex=2"}};
    struct tf_measured x[] = {
        {.figure = "exp", .title = "Experiences", .country = "XA", .dataset = "child",
         .strand = "children", .stat = "prop", .ci = "logit", .probability = true, .sensitive = true,
         .cell = cells, .n_cells = 6, .contrast = contrasts, .n_contrasts = 2},
        {.figure = "work", .title = "Workers", .country = "XA", .dataset = "frontline",
         .strand = "context", .stat = "prop", .ci = "logit", .probability = false, .cell = cells,
         .n_cells = 6, .contrast = contrasts, .n_contrasts = 2}};
    store(&h, x, 2, &r);
    const struct tf_figure *f = tf_release_figure(r, "exp"), *w = tf_release_figure(r, "work");
    assert_int_equal(tf_figure_cell(f, "exp_a", NULL)->state, TF_CELL_SHOWN);
    assert_int_equal(tf_figure_cell(f, "exp_a", "sex=boys")->state, TF_CELL_SUPPRESSED);
    assert_int_equal(tf_figure_cell(f, "exp_a", "sex=girls")->state, TF_CELL_SUPPRESSED);
    assert_no_numbers(tf_figure_cell(f, "exp_a", "sex=boys"));
    assert_no_numbers(tf_figure_cell(f, "exp_a", "sex=girls"));
    assert_int_equal(tf_figure_cell(f, "exp_b", "sex=girls")->state, TF_CELL_SHOWN);
    assert_int_equal(f->n_contrasts, 1); /* only between shown cells */
    assert_string_equal(f->contrast[0].row, "exp_b");
    assert_int_equal(w->kind, TF_FIG_COUNT);
    assert_int_equal(w->n_contrasts, 0);
    assert_true((w->flags & TF_NON_PROBABILITY) != 0);
    for (size_t k = 0; k < w->n_cells; k++) { /* a convenience sample never has an interval */
        assert_int_equal(w->cell[k].state, TF_CELL_COUNT);
        assert_true(isnan(w->cell[k].lo) && isnan(w->cell[k].hi) && isnan(w->cell[k].se));
        assert_true(!isnan(w->cell[k].n));
    }
    store(&h, x, 2, &again);
    assert_string_equal(r->hash, again->hash);
    close_house(&h);
}

/* A scaled total or a mean of yes and no must not say what the proportion may not. */
static void test_totals(void **state)
{
    struct house h;
    struct tf_release *r;
    (void)state;
    open_house(&h);
    struct tf_measured_cell shares[] = {cell("exp_a", "total", "Total", 3, 900)};
    struct tf_measured_cell totals[] = {cell("exp_a", "total", "Total", 900, 900),
                                        cell("exp_b", "total", "Total", 900, 900),
                                        cell("exp_c", "total", "Total", 900, 900)};
    totals[0].e.estimate = 9000; /* the proportion says 3 */
    totals[1].e.estimate = 3000; /* no proportion: 3,000 of 900,000 among 900 are 3 */
    totals[2].e.estimate = 90000;
    for (size_t k = 0; k < 3; k++)
        totals[k].e.base_weighted = 900000;
    struct tf_measured x[] = {
        {.figure = "scaled", .country = "XA", .dataset = "child", .strand = "children", .stat = "total",
         .probability = true, .sensitive = true, .cell = totals, .n_cells = 3},
        {.figure = "exp", .country = "XA", .dataset = "child", .strand = "children", .stat = "prop",
         .probability = true, .sensitive = true, .cell = shares, .n_cells = 1}};
    store(&h, x, 2, &r);
    const struct tf_figure *f = tf_release_figure(r, "scaled");
    assert_no_numbers(tf_figure_cell(f, "exp_a", NULL));
    assert_no_numbers(tf_figure_cell(f, "exp_b", NULL));
    assert_true(tf_figure_cell(f, "exp_c", NULL)->value == 90000.0);
    close_house(&h);
}

/* What stands in the rows of the store itself, not what the reader makes of it. */
static void test_rows(void **state)
{
    struct house h;
    struct tf_release *r;
    struct tf_db *db;
    struct tf_stmt *q;
    struct tf_bytes bytes;
    enum tf_code code;
    size_t hidden = 0;
    (void)state;
    open_house(&h);
    struct tf_measured_cell cells[] = {cell("exp_a", "total", "Total", 2, 777)};
    struct tf_measured x = {.figure = "exp", .title = "Plain words of a title", .country = "XA",
                            .dataset = "child", .strand = "children", .stat = "prop",
                            .probability = true, .sensitive = true, .cell = cells, .n_cells = 1};
    store(&h, &x, 1, &r);
    check(&h, tf_release_open(h.a, h.dir, false, &db, &h.err));
    check(&h, tf_sql(db, "get_cells", &q, &h.err));
    tf_bind_text(q, 1, "XA");
    tf_bind_text(q, 2, "exp");
    while (tf_step(q, &code, &h.err)) {
        hidden++;
        for (int k = 5; k < 15; k++)
            assert_true(tf_col_null(q, k));
    }
    assert_int_equal(hidden, 1);
    tf_db_close(db);
    check(&h, tf_file_read(h.a, tf_path_join(h.a, h.dir, ".trefoil/release.db"), 1 << 24, &bytes,
                           &h.err));
    for (size_t k = 0; k + 11 < bytes.n; k++)
        assert_memory_not_equal(bytes.data + k, "Plain words", 11); /* sealed at rest */
    close_house(&h);
}

/* ---- the whole country ---- */

static void test_country(void **state)
{
    struct house h;
    (void)state;
    open_house(&h);
    import_all(&h);
    struct tf_release *r = released(&h);

    assert_int_equal(r->n_quotes, 2); /* consent to use and to quotation, nothing withdrawn */
    const struct tf_quote *by_code = tf_release_quote(r, "Q-XA-01");
    const struct tf_quote *by_role = tf_release_quote(r, "Q-XA-02");
    assert_string_equal(by_code->attribution, "Justice professional, RA4-XA-01-J");
    assert_string_equal(by_role->attribution, "Justice professional");
    assert_null(by_role->participant);
    assert_null(by_role->transcript);
    assert_null(by_role->segment);
    assert_null(tf_release_quote(r, "Q-XA-04"));

    const struct tf_figure *f = tf_release_figure(r, "victims");
    assert_int_equal(tf_figure_cell(f, "total", "2019")->state, TF_CELL_SHOWN);
    assert_no_numbers(tf_figure_cell(f, "sex-boys", "2019"));
    assert_no_numbers(tf_figure_cell(f, "sex-girls", "2019"));
    assert_true(tf_figure_cell(f, "sex-boys", "2020")->value == 10.0);
    assert_int_equal(tf_figure_cell(f, "total", "2021")->state, TF_CELL_MISSING);
    assert_string_equal(tf_figure_cell(f, "total", "2021")->text, tf_miss_plain(TF_MISS_NOT_RECORDED));
    assert_non_null(strstr(f->trace, "\"counting_rule\":\"unique\""));

    assert_string_equal(tf_release_legal(r, "L-XA-01")->article, "Article 12");
    assert_string_equal(tf_figure_cell(tf_release_figure(r, "legal"), "definition", "status")->text,
                        "met");
    assert_int_equal(tf_figure_cell(tf_release_figure(r, "capacity"), "specialised-unit", "phase")->state,
                     TF_CELL_TEXT);
    f = tf_release_figure(r, "codes"); /* one official: recognised by colleagues, so withheld */
    assert_no_numbers(tf_figure_cell(f, "barrier", "role=government-official"));

    const struct tf_figure *of = NULL;
    const struct tf_cell *c = tf_release_card(h.a, r, "ev-victims-sex-boys-2020", &of);
    assert_non_null(c);
    assert_string_equal(of->id, "victims");
    close_house(&h);
}

/* ---- staleness: each a change and the word that names it ---- */

static const struct {
    const char *sentence, *file, *from, *to, *named;
} changes[] = {
    {"another number in a series", "threats/victims.csv", "2020,boys,10", "2020,boys,11",
     "threats/victims.csv"},
    {"another mapping", "threats/victims.yaml", "Recorded victims are", "Such victims are",
     "threats/victims.yaml"},
    {"another capacity sheet", "threats/capacity.csv", "six officers", "seven officers",
     "threats/capacity.csv"},
    {"consent taken back", "context/participants.csv", "Court,code,1,1,0", "Court,code,1,0,0",
     "participants.csv"},
    {"another threshold", "study.yaml", "counts_below: 50", "counts_below: 60", "policy"},
};

static void test_fresh(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof changes / sizeof changes[0]; k++) {
        struct house h;
        struct tf_bytes text;
        open_house(&h);
        import_all(&h);
        (void)released(&h);
        check(&h, tf_release_fresh(h.a, h.study, h.keep, "XA", &h.err));
        const char *path = tf_path_join(h.a, h.dir, changes[k].file);
        check(&h, tf_file_read(h.a, path, 1 << 20, &text, &h.err));
        put_file(&h, changes[k].file, tf_replace(h.a, text.data, changes[k].from, changes[k].to));
        check(&h, tf_study_read(h.a, h.dir, &h.study, &h.err));
        const enum tf_code code = tf_release_fresh(h.a, h.study, h.keep, "XA", &h.err);
        if (code != TF_E_STALE || strstr(h.err.fact, changes[k].named) == NULL)
            print_error("%s: %d %s\n", changes[k].sentence, code, h.err.fact);
        assert_int_equal(code, TF_E_STALE);
        assert_non_null(strstr(h.err.fact, changes[k].named));
        close_house(&h);
    }
}

static void test_refused_series(void **state)
{
    struct house h;
    (void)state;
    open_house(&h);
    put_file(&h, "threats/victims.yaml",
             tf_replace(h.a, mapping_yaml, "handling: public", "handling: restricted"));
    import_all(&h);
    assert_int_equal(tf_protect_country(h.a, h.study, h.keep, "XA", &h.err), TF_E_REFUSED);
    assert_non_null(strstr(h.err.what, "'victims'"));
    assert_true(h.err.line > 0);
    close_house(&h);
}

static void test_nothing_released(void **state)
{
    struct house h;
    struct tf_release *r;
    (void)state;
    open_house(&h);
    assert_int_equal(tf_release_read(h.a, h.dir, "XA", &r, &h.err), TF_E_STALE);
    close_house(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store),   cmocka_unit_test(test_totals), cmocka_unit_test(test_rows),
        cmocka_unit_test(test_country), cmocka_unit_test(test_fresh),
        cmocka_unit_test(test_refused_series), cmocka_unit_test(test_nothing_released),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
