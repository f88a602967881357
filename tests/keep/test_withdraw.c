/* Withdrawal is erasure: here, in last week's backup, and whenever the machine stops. */
#include "house.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "keep/escrow.h"
#include "keep/keys.h"
#include "keep/records.h"
#include "keep/rows.h"
#include "keep/stage.h"

static const char study_yaml[] =
    "trefoil: 1\nid: test\ntitle: A test\nedition: \"1\"\nfindings: findings\nsynthetic: true\n"
    "policies:\n  - {name: dh, suppress_below: 0}\n"
    "countries:\n  - {code: XA, name: Country XA, status: active, ages: [12, 17], languages: [en], policy: dh}\n"
    "datasets:\n  - {id: child, title: Children, strand: children, kind: probability, file: child.csv, id_var: child_id}\n";

static const struct tf_named_sql look_sql[] = {
    {"rows", "SELECT at, who, seal, data FROM snapshot_row ORDER BY hash, at"},
    {"alter", "UPDATE snapshot_row SET data = zeroblob(length(data)) WHERE at = 1"},
    {NULL, NULL}};

enum { N = 40, COLS = 6 };

/* Rows of every kind of value; the canary stands in the row of "c-7". */
static struct tf_table *children(struct tf_arena *a, size_t n)
{
    struct tf_table *t = tf_table_new(a, "child", n);
    const size_t id = tf_table_add(t, "child_id", TF_TEXT), age = tf_table_add(t, "age", TF_NUMBER),
                 odd = tf_table_add(t, "odd", TF_NUMBER), words = tf_table_add(t, "words", TF_TEXT),
                 key = tf_table_add(t, "KEY", TF_TEXT), big = tf_table_add(t, "big", TF_NUMBER);
    for (size_t k = 0; k < n; k++) {
        for (size_t c = 0; c < COLS; c++)
            t->col[c].miss[k] = TF_PRESENT;
        t->col[id].text[k] = tf_printf(a, "c-%zu", k);
        t->col[age].num[k] = (double)(12 + k % 6);
        t->col[odd].num[k] = k % 3 == 0 ? -1.5 : (double)k * 1000;
        t->col[big].num[k] = k % 2 == 0 ? 1e300 : 0.1;
        t->col[words].text[k] = k == 7 ? "canary-words-of-one" : k % 5 == 0 ? "" : "as others";
        t->col[key].text[k] = tf_printf(a, "uuid:%zu", k);
        if (k % 4 == 1) {
            t->col[age].num[k] = (double)NAN;
            t->col[age].miss[k] = TF_MISS_PREFER_NOT;
            t->col[words].text[k] = "";
            t->col[words].miss[k] = TF_MISS_ROUTING;
        }
    }
    if (n > 7)
        t->col[words].text[7] = "canary-words-of-one";
    t->col[age].label = "How old are you?";
    return t;
}

static struct tf_keep *open_keep(struct tf_arena *a, const char *dir, struct tf_err *err)
{
    struct tf_keep *keep = NULL;
    const enum tf_code code = tf_keep_open(a, dir, true, &keep, err);
    if (code != TF_OK)
        fail_msg("%s (%s)", err->what, err->fact);
    return keep;
}

static const char *put(struct house *h, struct tf_keep *keep, const struct tf_table *t)
{
    const char *id = NULL;
    if (tf_keep_dataset_put(keep, "XA", "children", "child", "Children", t, "child.csv", NULL, &id,
                            &h->err) != TF_OK)
        fail_msg("%s", h->err.what);
    return id;
}

static struct tf_table *get(struct house *h, struct tf_keep *keep, struct tf_evidence *e)
{
    struct tf_table *t = NULL;
    bool found = false;
    if (tf_keep_dataset_get(h->arena, keep, "XA", "children", "child", &found, &t, e, &h->err) != TF_OK)
        fail_msg("%s", h->err.what);
    assert_true(found);
    return t;
}

static bool has(const struct tf_table *t, const char *id)
{
    for (size_t k = 0; k < t->n_rows; k++)
        if (strcmp(t->col[0].text[k], id) == 0)
            return true;
    return false;
}

static void withdraw(struct house *h, struct tf_keep *keep, const char *code, struct tf_withdrawal *w,
                     struct tf_notices *out)
{
    out->arena = h->arena;
    if (tf_withdraw(h->arena, keep, "XA", code, "asked to", w, out, &h->err) != TF_OK)
        fail_msg("%s", h->err.what);
}

#define IN_STUDY(h)                        \
    IN_HOUSE(h);                           \
    (void)put_file(&h, "study.yaml", study_yaml)

/* ---- rows ---------------------------------------------------------------------------------------- */

static void rows_under_keys_come_back_whole(void **state TF_UNUSED)
{
    struct tf_evidence e;
    IN_STUDY(h);
    struct tf_keep *keep = open_keep(h.arena, h.dir, &h.err);
    const struct tf_table *t = children(h.arena, N);
    (void)put(&h, keep, t);
    const struct tf_table *back = get(&h, keep, &e);
    assert_int_equal(back->n_rows, N);
    assert_string_equal(tf_table_hash(back).hex, tf_table_hash(t).hex);
    assert_string_equal(e.hash, tf_table_hash(t).hex);
    assert_string_equal(back->col[1].label, "How old are you?");
    OUT_OF_HOUSE(h);
}

static void an_altered_row_is_refused(void **state TF_UNUSED)
{
    struct tf_table *t;
    struct tf_db *db;
    struct tf_stmt *q;
    bool found;
    struct tf_notices out = {.arena = NULL};
    IN_STUDY(h);
    struct tf_keep *keep = open_keep(h.arena, h.dir, &h.err);
    (void)put(&h, keep, children(h.arena, N));
    OK(tf_vault_open(h.arena, h.dir, keep->key, "vault/XA-children-response.db", TF_DB_WRITE, look_sql, &db,
                     &h.err));
    OK(tf_sql(db, "alter", &q, &h.err));
    OK(tf_run(q, &h.err));
    tf_db_close(db);
    assert_int_equal(tf_keep_dataset_get(h.arena, keep, "XA", "children", "child", &found, &t, NULL, &h.err),
                     TF_E_REFUSED);
    out.arena = h.arena;
    tf_keep_check(h.arena, h.dir, &out);
    assert_true(tf_notices_count(&out, TF_ERROR) >= 1);
    OUT_OF_HOUSE(h);
}

static void twelve_thousand_rows_are_no_matter(void **state TF_UNUSED)
{
    enum { ROWS = 12000, WIDE = 100 };
    struct timespec a, b, c;
    IN_STUDY(h);
    struct tf_keep *keep = open_keep(h.arena, h.dir, &h.err);
    struct tf_table *t = children(h.arena, ROWS);
    while (t->n_cols < WIDE) {
        const size_t at = tf_table_add(t, tf_printf(h.arena, "q%zu", t->n_cols), TF_NUMBER);
        for (size_t k = 0; k < ROWS; k++) {
            t->col[at].num[k] = (double)((k * 7 + at) % 9);
            t->col[at].miss[k] = TF_PRESENT;
        }
    }
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    (void)put(&h, keep, t);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    const struct tf_table *back = get(&h, keep, NULL);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &c);
    assert_int_equal(back->n_rows, ROWS);
    const double in = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9,
                 out = (double)(c.tv_sec - b.tv_sec) + (double)(c.tv_nsec - b.tv_nsec) / 1e9;
    print_message("  12,000 rows x 100 columns: in %.2f s, out %.2f s (processor)\n", in, out);
    assert_true(in < 5 && out < 5); /* far above what it takes: a loaded machine may not fail this */
    OUT_OF_HOUSE(h);
}

/* ---- withdrawal ---------------------------------------------------------------------------------- */

static void who_withdraws_is_gone_and_the_others_stay(void **state TF_UNUSED)
{
    struct tf_evidence before, after, made = {.kind = "estimates", .country = "XA", .name = "e",
                                              .hash = "00112233445566778899aabbccddeeff"};
    struct tf_withdrawal w;
    struct tf_notices out = {.arena = NULL};
    const char *derived;
    IN_STUDY(h);
    struct tf_keep *keep = open_keep(h.arena, h.dir, &h.err);
    (void)put(&h, keep, children(h.arena, N));
    (void)get(&h, keep, &before);
    OK(tf_evidence_put(tf_keep_register(keep), &made, &derived, &h.err));
    OK(tf_evidence_link(tf_keep_register(keep), derived, before.id, &h.err));
    withdraw(&h, keep, "c-7", &w, &out);
    assert_false(w.before);
    assert_int_equal(w.rows, 1);
    assert_int_equal(w.datasets, 1);
    assert_int_equal(w.n_stale, 1);
    assert_string_equal(w.stale[0], derived);
    assert_null(strstr(w.name, "c-7"));
    const struct tf_table *t = get(&h, keep, &after);
    assert_int_equal(t->n_rows, N - 1);
    assert_false(has(t, "c-7"));
    assert_true(has(t, "c-6"));
    assert_string_not_equal(before.id, after.id);
    withdraw(&h, keep, "c-7", &w, &out); /* again: nothing more */
    assert_true(w.before);
    assert_int_equal(w.datasets, 0);
    out.n = 0;
    tf_keep_check(h.arena, h.dir, &out);
    assert_int_equal(tf_notices_count(&out, TF_ERROR), 0);
    assert_int_equal(tf_withdraw(h.arena, keep, "XA", "nobody", "x", &w, &out, &h.err), TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

static void the_old_file_imported_again_does_not_bring_them_back(void **state TF_UNUSED)
{
    struct tf_withdrawal w;
    struct tf_notices out = {.arena = NULL};
    struct tf_buf csv;
    const char *id, *again;
    bool changed;
    IN_STUDY(h);
    struct tf_keep *keep = open_keep(h.arena, h.dir, &h.err);
    csv = (struct tf_buf){.arena = h.arena};
    tf_table_csv(children(h.arena, N), &csv);
    const char *path = put_file(&h, "child.csv", tf_buf_text(&csv));
    OK(tf_keep_import_file(h.arena, keep, h.dir, path, "XA", "children", "child", "Children", &id, &changed,
                           &h.err));
    withdraw(&h, keep, "c-7", &w, &out);
    OK(tf_keep_import_file(h.arena, keep, h.dir, path, "XA", "children", "child", "Children", &again,
                           &changed, &h.err));
    assert_false(changed);
    tf_buf_add(&csv, "c-99,12,1,later,uuid:99,1\n"); /* another delivery, with the row still in it */
    path = put_file(&h, "child.csv", tf_buf_text(&csv));
    OK(tf_keep_import_file(h.arena, keep, h.dir, path, "XA", "children", "child", "Children", &again,
                           &changed, &h.err));
    assert_true(changed);
    const struct tf_table *t = get(&h, keep, NULL);
    assert_int_equal(t->n_rows, N);
    assert_false(has(t, "c-7"));
    assert_true(has(t, "c-99"));
    assert_int_equal(tf_keep_dataset_put(keep, "XA", "children", "child", "Children", children(h.arena, N),
                                         "x", NULL, &id, &h.err), TF_E_REFUSED);
    OUT_OF_HOUSE(h);
}

static void copy_data(struct house *h, const char *from, const char *to)
{
    static const char *const files[] = {"register.db", "vault/XA-children-response.db"};
    for (size_t k = 0; k < 2; k++) {
        const char *path = tf_path_join(h->arena, to, files[k]);
        OK(tf_dir_make(tf_path_dir(h->arena, path), &h->err));
        OK(tf_copy_file(tf_path_join(h->arena, from, files[k]), path, &h->err));
    }
}

/* Every piece of every row, tried with every key that there is. */
static size_t readable(struct house *h, struct tf_keep *keep, const char *word)
{
    struct tf_record_key *key;
    struct tf_db *db;
    struct tf_stmt *q;
    enum tf_code code;
    size_t n, found = 0;
    OK(tf_record_all(h->arena, keep->key, "XA", &key, &n, &h->err));
    OK(tf_vault_open(h->arena, h->dir, keep->key, "vault/XA-children-response.db", TF_DB_WRITE, look_sql,
                     &db, &h->err));
    struct tf_evidence *e;
    size_t n_e;
    OK(tf_evidence_list(h->arena, tf_keep_register(keep), "XA", &e, &n_e, &h->err));
    OK(tf_sql(db, "rows", &q, &h->err));
    while (tf_step(q, &code, &h->err)) {
        size_t n_data;
        const unsigned char *data = tf_col_blob(h->arena, q, 3, &n_data);
        for (size_t k = 0; data != NULL && k < n; k++) {
            unsigned char plain[4096];
            unsigned long long opened;
            for (size_t j = 0; key[k].key != NULL && j < n_e; j++) {
                char place[128];
                const int len = snprintf(place, sizeof place, "%s %lld", e[j].hash,
                                         (long long)tf_col_int(q, 0));
                if (n_data > 64 && n_data < 4096 &&
                    crypto_aead_xchacha20poly1305_ietf_decrypt(
                        plain, &opened, NULL, data + 24, n_data - 24, (const unsigned char *)place,
                        (unsigned long long)len, data, key[k].key) == 0)
                    for (size_t at = 0; at + strlen(word) <= opened; at++)
                        found += memcmp(plain + at, word, strlen(word)) == 0;
            }
        }
    }
    tf_db_close(db);
    return found;
}

static void last_weeks_backup_says_nothing_of_them(void **state TF_UNUSED)
{
    struct tf_withdrawal w;
    struct tf_notices out = {.arena = NULL};
    struct tf_table *t;
    bool found;
    char backup[80];
    IN_STUDY(h);
    (void)snprintf(backup, sizeof backup, "%s/backup", h.dir);
    struct tf_arena *first = tf_arena_new("first", (size_t)1 << 28);
    struct tf_keep *keep = open_keep(first, h.dir, &h.err);
    (void)put(&h, keep, children(h.arena, N));
    assert_int_equal(readable(&h, keep, "canary-words-of-one"), 1);
    assert_int_equal(readable(&h, keep, "as others") > 10, 1);
    copy_data(&h, tf_keep_path(h.arena, h.dir, ""), backup);
    withdraw(&h, keep, "c-7", &w, &out);
    tf_arena_free(first);
    copy_data(&h, backup, tf_keep_path(h.arena, h.dir, "")); /* last week's state is back */
    keep = open_keep(h.arena, h.dir, &h.err);
    assert_int_equal(readable(&h, keep, "canary-words-of-one"), 0);
    assert_int_equal(readable(&h, keep, "as others") > 10, 1);
    OK(tf_keep_dataset_get(h.arena, keep, "XA", "children", "child", &found, &t, NULL, &h.err));
    assert_int_equal(t->n_rows, N - 1);
    assert_false(has(t, "c-7"));
    OUT_OF_HOUSE(h);
}

static void the_escrow_copy_is_rewritten_and_one_out_of_reach_is_named(void **state TF_UNUSED)
{
    struct tf_escrow_file *file;
    struct tf_withdrawal w;
    struct tf_notices out = {.arena = NULL};
    size_t n;
    char near[80], far[80];
    IN_STUDY(h);
    (void)snprintf(near, sizeof near, "%s/near", h.dir);
    (void)snprintf(far, sizeof far, "%s/far", h.dir);
    OK(tf_dir_make(near, &h.err));
    OK(tf_dir_make(far, &h.err));
    struct tf_keep *keep = open_keep(h.arena, h.dir, &h.err);
    (void)put(&h, keep, children(h.arena, N));
    OK(tf_escrow_put(h.arena, h.dir, near, &h.err));
    OK(tf_escrow_put(h.arena, h.dir, far, &h.err));
    struct tf_bytes before, after;
    const char *path = tf_path_join(h.arena, near, "trefoil-keys.escrow");
    OK(tf_file_read(h.arena, path, (size_t)1 << 24, &before, &h.err));
    assert_int_equal(remove(tf_path_join(h.arena, far, "trefoil-keys.escrow")), 0);
    withdraw(&h, keep, "c-7", &w, &out);
    assert_int_equal(tf_notices_count(&out, TF_WARNING), 1);
    assert_non_null(strstr(out.item[0].file, "far"));
    OK(tf_file_read(h.arena, path, (size_t)1 << 24, &after, &h.err));
    assert_true(before.n != after.n || memcmp(before.data, after.data, after.n) != 0);
    OK(tf_escrow_read(h.arena, near, &file, &n, &h.err));
    for (size_t k = 0; k < n; k++) {
        struct tf_bytes own;
        OK(tf_file_read(h.arena, tf_keep_path(h.arena, h.dir, file[k].name), (size_t)1 << 24, &own, &h.err));
        assert_int_equal(own.n, file[k].n);
        assert_memory_equal(own.data, file[k].data, own.n);
    }
    OUT_OF_HOUSE(h);
}

static void participants_and_transcripts_go_too(void **state TF_UNUSED)
{
    static const struct tf_participant list[] = {
        {.id = "RA4-XA-01-J", .activity = "ra4", .role = "judge", .institution = "court", .attribution = "role",
         .use = true, .quote = true},
        {.id = "RA4-XA-02-J", .activity = "ra4", .role = "lawyer", .institution = "office", .attribution = "role",
         .use = true, .quote = true}};
    struct tf_transcript talk = {.id = "T1", .participant = "RA4-XA-01-J", .language = "en",
                                 .text = "canary-transcript"},
                         other = {.id = "T2", .participant = "RA4-XA-02-J", .language = "en", .text = "stays"};
    struct tf_participant *p;
    struct tf_transcript *t;
    struct tf_withdrawal w;
    struct tf_notices out = {.arena = NULL};
    const char *sealed, *opened;
    size_t n;
    IN_STUDY(h);
    struct tf_keep *keep = open_keep(h.arena, h.dir, &h.err);
    OK(tf_keep_participants_put(keep, "XA", list, 2, "p.csv", &h.err));
    OK(tf_keep_transcript_put(keep, "XA", &talk, "t1.md", &h.err));
    OK(tf_keep_transcript_put(keep, "XA", &other, "t2.md", &h.err));
    OK(tf_keep_words_seal(h.arena, keep, "XA", "RA4-XA-01-J", "a passage", &sealed, &h.err));
    OK(tf_keep_words_open(h.arena, keep, "XA", "RA4-XA-01-J", sealed, &opened, &h.err));
    assert_string_equal(opened, "a passage");
    withdraw(&h, keep, "RA4-XA-01-J", &w, &out);
    assert_int_equal(w.transcripts, 1);
    keep = open_keep(h.arena, h.dir, &h.err);
    OK(tf_keep_participants_get(h.arena, keep, "XA", &p, &n, &h.err));
    assert_int_equal(n, 2);
    assert_true(p[0].withdrawn);
    assert_false(p[0].use || p[0].quote);
    assert_string_equal(p[0].role, "");
    assert_string_equal(p[1].role, "lawyer");
    OK(tf_keep_transcripts_get(h.arena, keep, "XA", &t, &n, &h.err));
    assert_string_equal(t[0].text, "");
    assert_string_equal(t[1].text, "stays");
    OK(tf_keep_words_open(h.arena, keep, "XA", "RA4-XA-01-J", sealed, &opened, &h.err));
    assert_string_equal(opened, "");
    OK(tf_keep_participants_put(keep, "XA", list, 2, "p.csv", &h.err)); /* the team's file, again */
    OK(tf_keep_transcript_put(keep, "XA", &talk, "t1.md", &h.err));
    OK(tf_keep_participants_get(h.arena, keep, "XA", &p, &n, &h.err));
    assert_string_equal(p[0].role, "");
    OK(tf_keep_transcripts_get(h.arena, keep, "XA", &t, &n, &h.err));
    assert_string_equal(t[0].text, "");
    OUT_OF_HOUSE(h);
}

/* Killed at any instant: they are there whole, or nothing of them is. */
static void killed_at_any_instant_it_is_before_or_after(void **state TF_UNUSED)
{
    size_t before = 0, after = 0;
    for (long wait = 0; wait < 24; wait++) {
        struct tf_withdrawal w;
        struct tf_notices out = {.arena = NULL};
        IN_STUDY(h);
        struct tf_arena *first = tf_arena_new("first", (size_t)1 << 28);
        struct tf_keep *keep = open_keep(first, h.dir, &h.err);
        (void)put(&h, keep, children(h.arena, N));
        tf_arena_free(first);
        const pid_t child = fork();
        if (child == 0) {
            keep = open_keep(h.arena, h.dir, &h.err);
            out.arena = h.arena;
            _exit(tf_withdraw(h.arena, keep, "XA", "c-7", "asked", &w, &out, &h.err) == TF_OK ? 0 : 1);
        }
        const struct timespec pause = {.tv_nsec = wait * wait * 120000};
        (void)nanosleep(&pause, NULL);
        if (wait < 23) /* the last is let to its end */
            (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
        keep = open_keep(h.arena, h.dir, &h.err);
        const struct tf_table *t = get(&h, keep, NULL);
        const bool there = has(t, "c-7");
        before += there;
        after += !there;
        assert_int_equal(t->n_rows, there ? N : N - 1);
        assert_int_equal(readable(&h, keep, "canary-words-of-one"), there);
        withdraw(&h, keep, "c-7", &w, &out); /* and it can be done, or done again */
        assert_int_equal(get(&h, keep, NULL)->n_rows, N - 1);
        OK(tf_ledger_verify(tf_keep_register(keep), NULL, &h.err));
        OUT_OF_HOUSE(h);
    }
    print_message("  %zu before, %zu after\n", before, after);
    assert_true(before > 0 && after > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_under_keys_come_back_whole),
        cmocka_unit_test(an_altered_row_is_refused),
        cmocka_unit_test(twelve_thousand_rows_are_no_matter),
        cmocka_unit_test(who_withdraws_is_gone_and_the_others_stay),
        cmocka_unit_test(the_old_file_imported_again_does_not_bring_them_back),
        cmocka_unit_test(last_weeks_backup_says_nothing_of_them),
        cmocka_unit_test(the_escrow_copy_is_rewritten_and_one_out_of_reach_is_named),
        cmocka_unit_test(participants_and_transcripts_go_too),
        cmocka_unit_test(killed_at_any_instant_it_is_before_or_after),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("withdraw", tests, NULL, NULL);
}
