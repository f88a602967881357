/* The vault: what goes in comes out, once, encrypted, and any change is seen. */
#include "house.h"

#include <time.h>

#include "keep/register.h"

static const struct tf_named_sql tamper_sql[] = {
    {"open", "DROP TRIGGER ledger_stays"},
    {"open2", "DROP TRIGGER ledger_keeps"},
    {"alter", "UPDATE ledger SET subject = 'another' WHERE entry = 2"},
    {"remove", "DELETE FROM ledger WHERE entry = 2"},
    {"cut", "DELETE FROM ledger WHERE entry = 3"},
    {"swap", "UPDATE ledger SET entry = CASE entry WHEN 1 THEN 101 ELSE 102 END WHERE entry < 3"},
    {"guarded", "UPDATE ledger SET act = 'x' WHERE entry = 1"},
    {"blob", "UPDATE snapshot_column SET data = zeroblob(length(data)) WHERE at = 0"},
    {"label", "UPDATE snapshot_column SET label = 'Another question' WHERE at = 0"},
    {NULL, NULL}};

static struct tf_keep *open_keep(struct house *h)
{
    struct tf_keep *keep;
    OK(tf_keep_open(h->arena, h->dir, true, &keep, &h->err));
    return keep;
}

static const char *put(struct house *h, struct tf_keep *keep, const struct tf_table *t)
{
    const struct tf_hash file = tf_hash_bytes("file", 4);
    const char *id;
    OK(tf_keep_dataset_put(keep, "XA", "children", "child", "Children", t, "data.csv", &file, &id,
                           &h->err));
    return id;
}

static void run_sql(struct house *h, struct tf_db *db, const char *name)
{
    struct tf_stmt *q;
    OK(tf_sql(db, name, &q, &h->err));
    OK(tf_run(q, &h->err));
}

/* ---- datasets ------------------------------------------------------------------------------- */

static void a_dataset_comes_back_whole(void **state TF_UNUSED)
{
    struct tf_table *back;
    struct tf_evidence e;
    bool found;
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(&h);
    const struct tf_table *t = sample_table(h.arena);
    const char *id = put(&h, keep, t);
    OK(tf_keep_dataset_get(h.arena, keep, "XA", "children", "child", &found, &back, &e, &h.err));
    assert_true(found);
    assert_string_equal(e.id, id);
    assert_string_equal(e.hash, tf_table_hash(t).hex);
    assert_non_null(strstr(e.detail, "\"rows\":4"));
    assert_int_equal(back->n_rows, 4);
    assert_int_equal(back->n_cols, 2);
    assert_int_equal(back->flags, TF_PARTIAL);
    const struct tf_column *x = &back->col[0], *s = &back->col[1];
    assert_string_equal(x->name, "exp_e");
    assert_string_equal(x->label, "A question");
    assert_int_equal(x->flags, TF_SYNTHETIC);
    assert_true(x->num[2] == 0.1);
    assert_true(isnan(x->num[3]));
    assert_int_equal(x->miss[3], TF_MISS_PREFER_NOT);
    assert_string_equal(tf_column_label(x, 1), "Yes");
    assert_null(s->label);
    assert_string_equal(s->text[0], "Rural");
    assert_int_equal(s->miss[2], TF_MISS_AGE);
    OUT_OF_HOUSE(h);
}

static void the_same_content_has_the_same_id_and_changes_nothing(void **state TF_UNUSED)
{
    struct tf_evidence *list;
    size_t before, after, n;
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(&h);
    struct tf_table *t = sample_table(h.arena);
    const char *first = put(&h, keep, t);
    OK(tf_ledger_verify(tf_keep_register(keep), &before, &h.err));
    assert_string_equal(put(&h, keep, t), first);
    OK(tf_ledger_verify(tf_keep_register(keep), &after, &h.err));
    assert_int_equal(before, after);
    assert_true(tf_starts(first, "dataset-XA-child-"));
    assert_int_equal(strlen(first), strlen("dataset-XA-child-") + 12);
    t->col[0].num[0] = 2; /* another content: another id, and that one is current */
    const char *second = put(&h, keep, t);
    assert_string_not_equal(second, first);
    OK(tf_evidence_list(h.arena, tf_keep_register(keep), "XA", &list, &n, &h.err));
    assert_int_equal(n, 1);
    assert_string_equal(list[0].id, second);
    t->col[0].num[0] = 1; /* and back */
    assert_string_equal(put(&h, keep, t), first);
    OUT_OF_HOUSE(h);
}

static void nothing_is_found_where_nothing_is(void **state TF_UNUSED)
{
    struct tf_table *t = NULL;
    bool found = true;
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(&h);
    OK(tf_keep_dataset_get(h.arena, keep, "XA", "children", "child", &found, &t, NULL, &h.err));
    assert_false(found);
    assert_null(t);
    OUT_OF_HOUSE(h);
}

static bool holds(const struct tf_bytes *b, const char *word)
{
    const size_t n = strlen(word);
    for (size_t k = 0; k + n <= b->n; k++)
        if (memcmp(b->data + k, word, n) == 0)
            return true;
    return false;
}

static void no_answer_stands_in_the_file(void **state TF_UNUSED)
{
    static const char *const files[] = {"vault/XA-children-response.db", "register.db"};
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(&h);
    (void)put(&h, keep, sample_table(h.arena));
    for (size_t k = 0; k < 2; k++) {
        struct tf_bytes bytes;
        OK(tf_file_read(h.arena, tf_keep_path(h.arena, h.dir, files[k]), (size_t)1 << 24, &bytes,
                        &h.err));
        assert_true(bytes.n > 4096);
        assert_false(holds(&bytes, "plaintext-canary"));
        assert_false(holds(&bytes, "exp_e"));
        assert_false(holds(&bytes, "dataset-XA"));
        assert_false(holds(&bytes, "CREATE TABLE"));
    }
    OUT_OF_HOUSE(h);
}

static void altered_content_is_refused(void **state TF_UNUSED)
{
    static const char *const changes[] = {"blob", "label"};
    for (size_t k = 0; k < 2; k++) {
        struct tf_table *t;
        struct tf_db *db;
        bool found;
        IN_HOUSE(h);
        struct tf_keep *keep = open_keep(&h);
        (void)put(&h, keep, sample_table(h.arena));
        OK(tf_vault_open(h.arena, h.dir, keep->key, "vault/XA-children-response.db", TF_DB_WRITE,
                         tamper_sql, &db, &h.err));
        run_sql(&h, db, changes[k]);
        assert_int_equal(tf_keep_dataset_get(h.arena, keep, "XA", "children", "child", &found, &t,
                                             NULL, &h.err),
                         TF_E_REFUSED);
        struct tf_notices notices = {.arena = h.arena};
        tf_keep_check(h.arena, h.dir, &notices);
        assert_int_equal(tf_notices_count(&notices, TF_ERROR), 1);
        OUT_OF_HOUSE(h);
    }
}

static void failing_work_leaves_the_vault_as_it_was(void **state TF_UNUSED)
{
    struct tf_table *back;
    struct tf_evidence e;
    bool found;
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(&h);
    struct tf_table *t = sample_table(h.arena);
    const char *first = put(&h, keep, t);
    t->col[0].num[0] = 7;
    for (size_t n = 1; n < 40; n += 3) { /* every third allocation of a put fails in turn */
        struct tf_guard guard;
        struct tf_err err = {.code = TF_OK};
        struct tf_keep *again;
        if (tf_guard_begin(&guard, &err) == TF_OK) {
            struct tf_arena *a = tf_arena_new("inner", (size_t)1 << 26);
            const enum tf_code opened = tf_keep_open(a, h.dir, true, &again, &err);
            (void)tf_arena_fail_at(n);
            const char *id;
            const enum tf_code code =
                opened != TF_OK ? opened
                                : tf_keep_dataset_put(again, "XA", "children", "child", "Children",
                                                      t, "data.csv", NULL, &id, &err);
            (void)tf_arena_fail_at(0);
            tf_arena_free(a);
            tf_guard_end(&guard);
            if (code == TF_OK)
                break; /* n is past the last allocation */
        }
        (void)tf_arena_fail_at(0);
        assert_int_equal(err.code, TF_E_MEMORY);
        OK(tf_keep_dataset_get(h.arena, keep, "XA", "children", "child", &found, &back, &e,
                               &h.err));
        assert_string_equal(e.id, first);
        OK(tf_ledger_verify(tf_keep_register(keep), NULL, &h.err));
    }
    OUT_OF_HOUSE(h);
}

static void a_thousand_interviews_go_in_and_out_fast(void **state TF_UNUSED)
{
    struct tf_table *back;
    bool found;
    IN_HOUSE(h);
    struct tf_table *t = tf_table_new(h.arena, "big", 1000);
    for (size_t c = 0; c < 150; c++) {
        const size_t at = tf_table_add(t, tf_printf(h.arena, "q%zu", c), TF_NUMBER);
        for (size_t row = 0; row < 1000; row++) {
            t->col[at].num[row] = (double)((row * 7 + c * 13) % 6);
            t->col[at].miss[row] = TF_PRESENT;
        }
    }
    struct tf_keep *keep = open_keep(&h);
    const clock_t start = clock();
    (void)put(&h, keep, t);
    OK(tf_keep_dataset_get(h.arena, keep, "XA", "children", "child", &found, &back, NULL, &h.err));
    const double ms = (double)(clock() - start) * 1000 / CLOCKS_PER_SEC;
    print_message("  put and get of 1,000 x 150: %d ms of processor time\n", (int)ms);
    assert_true(ms < 500); /* 50 in earnest; room for sanitizers and slow machines */
    assert_string_equal(tf_table_hash(back).hex, tf_table_hash(t).hex);
    OUT_OF_HOUSE(h);
}

static void importing_a_file_twice_changes_nothing(void **state TF_UNUSED)
{
    static const char csv[] = "id,y\na,1\nb,2\n";
    const char *first, *second;
    bool changed;
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(&h);
    const char *path = tf_path_join(h.arena, h.dir, "data.csv");
    OK(tf_file_write(path, csv, sizeof csv - 1, &h.err));
    OK(tf_keep_import_file(h.arena, keep, h.dir, "data.csv", "XA", "children", "child", "Children",
                           &first, &changed, &h.err)); /* found below the study */
    assert_true(changed);
    OK(tf_keep_import_file(h.arena, keep, h.dir, path, "XA", "children", "child", "Children",
                           &second, &changed, &h.err));
    assert_false(changed);
    assert_string_equal(first, second);
    OK(tf_file_write(path, "id,y\r\na,1\r\nb,2\r\n", 16, &h.err)); /* other bytes, same content */
    OK(tf_keep_import_file(h.arena, keep, h.dir, path, "XA", "children", "child", "Children",
                           &second, &changed, &h.err));
    assert_false(changed);
    assert_string_equal(first, second);
    OK(tf_file_write(path, "id,y\na,1\nb,3\n", 13, &h.err));
    struct tf_notices notices = {.arena = h.arena};
    tf_keep_check(h.arena, h.dir, &notices); /* the file changed under the vault: seen */
    assert_int_equal(tf_notices_count(&notices, TF_WARNING), 1);
    assert_string_equal(notices.item[0].id, "stale");
    OK(tf_keep_import_file(h.arena, keep, h.dir, path, "XA", "children", "child", "Children",
                           &second, &changed, &h.err));
    assert_true(changed);
    assert_int_equal(tf_keep_import_file(h.arena, keep, h.dir, "nothing.csv", "XA", "children",
                                         "child", "Children", &second, &changed, &h.err),
                     TF_E_IO);
    OUT_OF_HOUSE(h);
}

static void a_country_cannot_leave_the_vault(void **state TF_UNUSED)
{
    static const char *const bad[] = {"../XA", "X/A", ".X", "X A"};
    struct tf_db *db;
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(&h);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_int_equal(tf_keep_file(keep, bad[k], "children", "response", tamper_sql, &db, &h.err),
                         TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

/* ---- ledger and register -------------------------------------------------------------------- */

static void a_tampered_ledger_is_found_out(void **state TF_UNUSED)
{
    static const struct {
        const char *name, *act, *words;
    } cases[] = {
        {"an altered entry", "alter", "at entry 2"},
        {"a removed entry", "remove", "at entry 2"},
        {"a cut-off end", "cut", "at entry 3"},
        {"entries in another order", "swap", "at entry 1"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_db *db;
        size_t n;
        IN_HOUSE(h);
        struct tf_keep *keep = open_keep(&h);
        struct tf_register *reg = tf_keep_register(keep);
        for (size_t j = 0; j < 3; j++)
            OK(tf_ledger_add(reg, "test", "subject", "{}", &h.err));
        OK(tf_ledger_verify(reg, &n, &h.err));
        assert_int_equal(n, 3);
        OK(tf_vault_open(h.arena, h.dir, keep->key, "register.db", TF_DB_WRITE, tamper_sql, &db,
                         &h.err));
        run_sql(&h, db, "open");
        run_sql(&h, db, "open2");
        run_sql(&h, db, cases[k].act);
        tf_db_close(db);
        print_message("  %s\n", cases[k].name);
        assert_int_equal(tf_ledger_verify(reg, &n, &h.err), TF_E_REFUSED);
        assert_non_null(strstr(h.err.what, cases[k].words));
        OUT_OF_HOUSE(h);
    }
}

static void the_ledger_itself_refuses_changes(void **state TF_UNUSED)
{
    struct tf_stmt *q;
    struct tf_db *db;
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(&h);
    OK(tf_ledger_add(tf_keep_register(keep), "test", "subject", "{}", &h.err));
    OK(tf_vault_open(h.arena, h.dir, keep->key, "register.db", TF_DB_WRITE, tamper_sql, &db,
                     &h.err));
    OK(tf_sql(db, "guarded", &q, &h.err));
    assert_int_equal(tf_run(q, &h.err), TF_E_REFUSED);
    OUT_OF_HOUSE(h);
}

static void the_ledger_has_no_clock(void **state TF_UNUSED)
{
    char head[2][TF_HASH_TEXT];
    for (size_t k = 0; k < 2; k++) {
        struct tf_ledger_entry *e;
        size_t n;
        IN_HOUSE(h);
        struct tf_keep *keep = open_keep(&h);
        (void)put(&h, keep, sample_table(h.arena));
        OK(tf_ledger_list(h.arena, tf_keep_register(keep), &e, &n, &h.err));
        assert_int_equal(n, 1);
        (void)snprintf(head[k], sizeof head[k], "%s", e[0].hash);
        OUT_OF_HOUSE(h);
    }
    assert_string_equal(head[0], head[1]);
}

static void sources_are_remembered(void **state TF_UNUSED)
{
    struct tf_evidence e;
    const char **from;
    size_t n;
    IN_HOUSE(h);
    struct tf_register *reg = tf_keep_register(open_keep(&h));
    OK(tf_evidence_link(reg, "estimates-1", "dataset-2", &h.err));
    OK(tf_evidence_link(reg, "estimates-1", "dataset-1", &h.err));
    OK(tf_evidence_link(reg, "estimates-1", "dataset-2", &h.err));
    OK(tf_evidence_sources(h.arena, reg, "estimates-1", &from, &n, &h.err));
    assert_int_equal(n, 2);
    assert_string_equal(from[0], "dataset-1");
    assert_int_equal(tf_evidence_get(h.arena, reg, "dataset-1", &e, &h.err), TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

/* ---- interviews and counts ------------------------------------------------------------------ */

static void consent_goes_in_whole(void **state TF_UNUSED)
{
    const struct tf_participant people[] = {
        {.id = "RA4-XA-02-J", .activity = "ra4", .role = "judge", .attribution = "role", .use = true},
        {.id = "RA1-XA-01-A", .activity = "ra1", .role = "official", .institution = "Ministry",
         .attribution = "institution", .use = true, .quote = true, .withdrawn = true}};
    struct tf_participant *back;
    size_t n, entries, again;
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(&h);
    OK(tf_keep_participants_put(keep, "XA", people, 2, "participants.csv", &h.err));
    OK(tf_ledger_verify(tf_keep_register(keep), &entries, &h.err));
    OK(tf_keep_participants_put(keep, "XA", people, 2, "participants.csv", &h.err));
    OK(tf_ledger_verify(tf_keep_register(keep), &again, &h.err));
    assert_int_equal(entries, again);
    OK(tf_keep_participants_get(h.arena, keep, "XA", &back, &n, &h.err));
    assert_int_equal(n, 2);
    assert_string_equal(back[0].id, "RA1-XA-01-A");
    assert_true(back[0].withdrawn && back[0].quote && !back[1].quote);
    OK(tf_keep_participants_put(keep, "XA", people, 1, "participants.csv", &h.err));
    OK(tf_keep_participants_get(h.arena, keep, "XA", &back, &n, &h.err));
    assert_int_equal(n, 1);
    const struct tf_participant twice[] = {people[0], people[0]};
    assert_int_equal(tf_keep_participants_put(keep, "XA", twice, 2, "", &h.err), TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

static void transcripts_come_back(void **state TF_UNUSED)
{
    struct tf_transcript *back, t = {.id = "RA4-XA-02-J", .participant = "RA4-XA-02-J",
                                     .language = "km", .text = "language: km\nសួស្តី"};
    size_t n;
    IN_HOUSE(h);
    struct tf_keep *keep = open_keep(&h);
    OK(tf_keep_transcripts_get(h.arena, keep, "XA", &back, &n, &h.err));
    assert_int_equal(n, 0);
    OK(tf_keep_transcript_put(keep, "XA", &t, "transcripts/RA4-XA-02-J.txt", &h.err));
    t.text = "language: km\nanother";
    OK(tf_keep_transcript_put(keep, "XA", &t, "transcripts/RA4-XA-02-J.txt", &h.err));
    OK(tf_keep_transcripts_get(h.arena, keep, "XA", &back, &n, &h.err));
    assert_int_equal(n, 1);
    assert_string_equal(back[0].text, t.text);
    assert_true(tf_starts(back[0].evidence, "transcript-XA-RA4-XA-02-J-"));
    OUT_OF_HOUSE(h);
}

static void a_series_keeps_its_vintages(void **state TF_UNUSED)
{
    struct tf_obs obs[] = {
        {.area = "XA", .period = "2018", .breakdown = "", .value = 0},
        {.area = "XA", .period = "2019", .breakdown = "", .value = (double)NAN,
         .missing = TF_MISS_NOT_RECORDED, .note = "the unit keeps no such count"}};
    struct tf_series s = {.id = "police", .country = "XA", .title = "Recorded cases",
                          .unit = "case", .vintage = "2020-01", .caveat = "Cases are not children.",
                          .obs = obs, .n_obs = 2};
    struct tf_series back, *all;
    struct tf_counts *c;
    const char *first, *again, *second;
    size_t n;
    IN_HOUSE(h);
    OK(tf_counts_open(h.arena, h.dir, "XA", true, &c, &h.err));
    OK(tf_counts_put(c, &s, &first, &h.err));
    OK(tf_counts_put(c, &s, &again, &h.err));
    assert_string_equal(first, again);
    OK(tf_counts_get(h.arena, c, "police", &back, &h.err));
    assert_true(back.obs[0].value == 0 && back.obs[0].missing == TF_PRESENT);
    assert_true(isnan(back.obs[1].value) && back.obs[1].missing == TF_MISS_NOT_RECORDED);
    assert_string_equal(back.caveat, s.caveat);
    assert_null(back.grade);
    assert_string_equal(back.evidence, first);
    s.vintage = "2021-01";
    obs[0].value = 3;
    OK(tf_counts_put(c, &s, &second, &h.err));
    assert_string_not_equal(first, second);
    OK(tf_counts_all(h.arena, c, &all, &n, &h.err));
    assert_int_equal(n, 1);
    assert_string_equal(all[0].vintage, "2021-01");
    assert_int_equal(tf_counts_get(h.arena, c, "polise", &back, &h.err), TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dataset_comes_back_whole),
        cmocka_unit_test(the_same_content_has_the_same_id_and_changes_nothing),
        cmocka_unit_test(nothing_is_found_where_nothing_is),
        cmocka_unit_test(no_answer_stands_in_the_file),
        cmocka_unit_test(altered_content_is_refused),
        cmocka_unit_test(failing_work_leaves_the_vault_as_it_was),
        cmocka_unit_test(a_thousand_interviews_go_in_and_out_fast),
        cmocka_unit_test(importing_a_file_twice_changes_nothing),
        cmocka_unit_test(a_country_cannot_leave_the_vault),
        cmocka_unit_test(a_tampered_ledger_is_found_out),
        cmocka_unit_test(the_ledger_itself_refuses_changes),
        cmocka_unit_test(the_ledger_has_no_clock),
        cmocka_unit_test(sources_are_remembered),
        cmocka_unit_test(consent_goes_in_whole),
        cmocka_unit_test(transcripts_come_back),
        cmocka_unit_test(a_series_keeps_its_vintages),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
