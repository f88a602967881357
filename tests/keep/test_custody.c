/* Custodians: who opens what, two of three, new keys all or nothing, and what is found out. */
#include "house.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "keep/agent.h"
#include "keep/keyring.h"
#include "keep/stage.h"

static const char phrase[] = "five words drawn by dice";
static struct { unsigned char secret[32], public_key[32]; } person[5];
static const char *const names[] = {"ana", "ben", "chi", "dan", "eva"};

static struct tf_custodian who(size_t k, const char *role)
{
    return (struct tf_custodian){.name = names[k], .post = {.role = role, .strand = ""}};
}

static struct tf_credential with(size_t k)
{
    if (person[k].secret[0] == 0 && person[k].secret[1] == 0)
        tf_custodian_key_make(person[k].secret, person[k].public_key);
    return (struct tf_credential){.key_file = person[k].secret, .public_key = person[k].public_key};
}

static struct tf_keep *open_keep(struct house *h, bool create)
{
    struct tf_keep *keep = NULL;
    if (tf_keep_open(h->arena, h->dir, create, &keep, &h->err) != TF_OK)
        return NULL;
    return keep;
}

static const char *put(struct house *h, struct tf_keep *keep, const char *country)
{
    const char *id = NULL;
    if (tf_keep_dataset_put(keep, country, "children", "child", "Children", sample_table(h->arena), "x", NULL,
                            &id, &h->err) != TF_OK)
        fail_msg("%s", h->err.what);
    return id;
}

static bool holds(struct house *h, struct tf_keep *keep, const char *country)
{
    struct tf_table *t;
    bool found = false;
    return tf_keep_dataset_get(h->arena, keep, country, "children", "child", &found, &t, NULL, &h->err) ==
               TF_OK && found;
}

/* ---- the agent, in a process of its own --------------------------------------------------------- */

static void tell(void *to)
{
    if (write(*(int *)to, "r", 1) != 1)
        _exit(3);
}

static unsigned seconds = 600;
static pid_t agent;

static void unlock_as(struct house *h, size_t k, bool identity)
{
    struct unlocked *u;
    const struct tf_credential c = with(k);
    if (tf_custody_unlock(h->arena, h->dir, names[k], &c, NULL, &u, &h->err) != TF_OK)
        fail_msg("%s", h->err.what);
    if (tf_agent_here(h->arena, h->dir)) {
        OK(tf_agent_add(h->arena, h->dir, u, identity, seconds, &h->err));
        return;
    }
    int ready[2];
    char r;
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct tf_err err;
        struct tf_arena *own = tf_arena_new("agent", (size_t)64 << 20);
        const enum tf_code code = tf_agent_run(own, h->dir, u, identity, seconds, tell, &ready[1], &err);
        _exit(code == TF_OK ? 0 : 2);
    }
    agent = child;
    (void)close(ready[1]); /* or an agent that fails would be waited for without end */
    assert_int_equal(read(ready[0], &r, 1), 1);
    (void)close(ready[0]);
}

static void lock(struct house *h)
{
    if (tf_agent_here(h->arena, h->dir))
        OK(tf_agent_end(h->arena, h->dir, &h->err));
    while (waitpid(-1, NULL, 0) > 0) /* its lock goes with it */
        continue;
}

static void init(struct house *h, size_t n)
{
    struct tf_custodian c[5];
    struct tf_credential p[5];
    for (size_t k = 0; k < n; k++) {
        c[k] = who(k, "custodian");
        p[k] = with(k);
    }
    struct tf_arena *own = tf_arena_new("init", (size_t)256 << 20);
    if (tf_custody_init(own, h->dir, c, p, n, &h->err) != TF_OK)
        fail_msg("%s", h->err.what);
    tf_arena_free(own);
}

static void add(struct house *h, size_t k, const char *role, enum tf_code expected)
{
    const struct tf_custodian c = who(k, role);
    const struct tf_credential p = with(k);
    assert_int_equal(tf_custody_add(h->arena, h->dir, &c, &p, &h->err), expected);
}

/* ---- cases --------------------------------------------------------------------------------------- */

static void a_rehearsal_moves_to_custodians(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    struct tf_arena *first = h.arena;
    h.arena = tf_arena_new("rehearsal", (size_t)1 << 28);
    const char *id = tf_strdup(first, put(&h, open_keep(&h, true), "XA"));
    tf_arena_free(h.arena);
    h.arena = first;
    init(&h, 1);
    assert_false(tf_file_exists(tf_keep_path(h.arena, h.dir, "vault.key")));
    assert_null(open_keep(&h, false));
    assert_int_equal(h.err.code, TF_E_KEY);
    assert_non_null(strstr(h.err.help, "keep unlock"));
    unlock_as(&h, 0, false);
    struct tf_keep *keep = open_keep(&h, false);
    assert_non_null(keep);
    assert_true(holds(&h, keep, "XA"));
    struct tf_evidence e;
    bool found;
    OK(tf_evidence_current(h.arena, tf_keep_register(keep), "dataset", "XA", "child", &found, &e, &h.err));
    assert_string_equal(e.id, id);
    lock(&h);
    assert_null(open_keep(&h, false));
    OUT_OF_HOUSE(h);
}

static void a_passphrase_opens_and_another_does_not(void **state TF_UNUSED)
{
    struct unlocked *u;
    IN_HOUSE(h);
    const struct tf_custodian c = who(0, "custodian");
    const struct tf_credential good = {.passphrase = phrase, .n = sizeof phrase - 1, .quick = true},
                               bad = {.passphrase = "another", .n = 7};
    struct tf_arena *own = tf_arena_new("init", (size_t)256 << 20);
    OK(tf_custody_init(own, h.dir, &c, &good, 1, &h.err));
    tf_arena_free(own);
    OK(tf_custody_unlock(h.arena, h.dir, "ana", &good, NULL, &u, &h.err));
    assert_non_null(tf_ring_find(&u->ring, "register.db"));
    assert_int_equal(tf_custody_unlock(h.arena, h.dir, "ana", &bad, NULL, &u, &h.err), TF_E_KEY);
    assert_int_equal(tf_custody_unlock(h.arena, h.dir, "nobody", &good, NULL, &u, &h.err), TF_E_USAGE);
    struct tf_bytes text;
    OK(tf_file_read(h.arena, tf_keep_path(h.arena, h.dir, "keys/keyring"), (size_t)1 << 20, &text, &h.err));
    assert_null(strstr(text.data, phrase));
    OUT_OF_HOUSE(h);
}

static void roles_open_their_own_files_only(void **state TF_UNUSED)
{
    static const struct {
        const char *role, *strand, *country, *key;
        bool opens;
    } rows[] = {
        {"survey_team", "", NULL, "vault/XA-children-response.db", true},
        {"survey_team", "", NULL, "vault/XA-children-response-records.db", true},
        {"survey_team", "", NULL, "vault/XA-children-identity.db", false},
        {"survey_team", "", NULL, "vault/XA-context-interviews.db", false},
        {"survey_team", "", NULL, "vault/XA-context-survivors.db", false},
        {"survey_team", "", NULL, "vault/XA-measure-estimates.db", true},
        {"survey_team", "", "XB", "vault/XA-children-response.db", false},
        {"survey_team", "", "XB", "vault/XB-children-response.db", true},
        {"survey_team", "", "XB", "keys/records-XA", false},
        {"survey_team", "", "XB", "keys/records-XB", true},
        {"field_supervisor", "", "XA", "vault/XA-children-identity.db", true},
        {"field_supervisor", "", "XA", "vault/XA-children-response.db", false},
        {"field_supervisor", "", "XA", "release", false},
        {"interviewer", "", NULL, "register.db", false},
        {"interviewer", "", NULL, "vault/XA-children-identity.db", false},
        {"context_researcher", "", NULL, "vault/XA-context-interviews.db", true},
        {"context_researcher", "", NULL, "vault/XA-context-coding.db", true},
        {"context_researcher", "", NULL, "vault/XA-children-response.db", false},
        {"threat_analyst", "", NULL, "vault/XA-threats-counts.db", true},
        {"threat_analyst", "", NULL, "vault/XA-children-response.db", false},
        {"author", "", NULL, "release", true},
        {"author", "", NULL, "vault/XA-measure-estimates.db", false},
        {"national_partner", "", "XA", "release", true},
        {"programme_lead", "", NULL, "vault/XA-children-identity.db", false},
        {"programme_lead", "children", NULL, "vault/XA-threats-counts.db", false},
        {"programme_lead", "", NULL, "vault/XA-context-survivors.db", false},
        {"custodian", "", NULL, "vault/XA-children-identity.db", true},
        {"custodian", "", NULL, "vault/XA-whatever-comes.db", true},
    };
    IN_HOUSE(h);
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const struct tf_post post = {rows[k].role, rows[k].strand, &rows[k].country,
                                     rows[k].country == NULL ? 0 : 1};
        if (tf_role_opens(h.arena, &post, rows[k].key) != rows[k].opens)
            fail_msg("%s %s %s", rows[k].role, rows[k].key, rows[k].opens ? "should open" : "opens");
    }
    assert_true(tf_role_at_stage("national_partner", "release"));
    assert_false(tf_role_at_stage("national_partner", "collect"));
    assert_true(tf_role_at_stage("national_partner", ""));
    OUT_OF_HOUSE(h);
}

static void what_a_role_does_not_open_it_cannot_unwrap(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    init(&h, 1);
    unlock_as(&h, 0, false);
    (void)put(&h, open_keep(&h, true), "XA");
    add(&h, 1, "author", TF_OK);
    add(&h, 1, "author", TF_E_REFUSED); /* twice */
    lock(&h);
    struct unlocked *u;
    const struct tf_credential c = with(1);
    OK(tf_custody_unlock(h.arena, h.dir, "ben", &c, NULL, &u, &h.err));
    assert_non_null(tf_ring_find(&u->ring, "release"));
    assert_null(tf_ring_find(&u->ring, "vault/XA-children-response.db"));
    unlock_as(&h, 1, false);
    struct tf_keep *keep = open_keep(&h, false);
    assert_non_null(keep);
    assert_false(holds(&h, keep, "XA"));
    assert_non_null(strstr(h.err.what, "holds no key"));
    lock(&h);
    OUT_OF_HOUSE(h);
}

static bool opens(struct house *h, const char *name)
{
    struct tf_key *key;
    const unsigned char *own;
    OK(tf_key_open(h->arena, h->dir, false, &key, &h->err));
    return tf_key_need(h->arena, key, name, false, &own, &h->err) == TF_OK;
}

static void survivors_words_open_with_any_two_of_three(void **state TF_UNUSED)
{
    static const char file[] = "vault/XA-context-survivors.db";
    struct tf_key *key;
    const unsigned char *own, *first = NULL;
    IN_HOUSE(h);
    init(&h, 2);
    unlock_as(&h, 0, false);
    OK(tf_key_open(h.arena, h.dir, false, &key, &h.err));
    assert_int_equal(tf_key_need(h.arena, key, file, true, &own, &h.err), TF_E_REFUSED);
    assert_non_null(strstr(h.err.what, "needs 3 custodians"));
    add(&h, 2, "custodian", TF_OK);
    OK(tf_key_need(h.arena, key, file, true, &first, &h.err));
    lock(&h);
    for (size_t a = 0; a < 3; a++)
        for (size_t b = a + 1; b < 3; b++) {
            unlock_as(&h, a, false);
            assert_false(opens(&h, file));
            unlock_as(&h, a, false); /* the same person again is no second one */
            assert_false(opens(&h, file));
            unlock_as(&h, b, false);
            assert_true(opens(&h, file));
            OK(tf_key_open(h.arena, h.dir, false, &key, &h.err));
            OK(tf_key_need(h.arena, key, file, false, &own, &h.err));
            assert_memory_equal(own, first, 32);
            lock(&h);
        }
    OUT_OF_HOUSE(h);
}

static void one_person_gets_identity_or_answers_and_two_get_both(void **state TF_UNUSED)
{
    static const char identity[] = "vault/XA-children-identity.db", answers[] = "vault/XA-children-response.db";
    struct tf_key *key;
    const unsigned char *own;
    IN_HOUSE(h);
    init(&h, 2);
    unlock_as(&h, 0, false);
    OK(tf_key_open(h.arena, h.dir, false, &key, &h.err));
    OK(tf_key_need(h.arena, key, identity, true, &own, &h.err));
    OK(tf_key_need(h.arena, key, answers, true, &own, &h.err));
    lock(&h);
    unlock_as(&h, 0, false);
    assert_true(opens(&h, answers));
    assert_false(opens(&h, identity));
    lock(&h);
    unlock_as(&h, 0, true);
    assert_false(opens(&h, answers));
    assert_true(opens(&h, identity));
    unlock_as(&h, 1, false);
    assert_true(opens(&h, answers));
    assert_true(opens(&h, identity));
    lock(&h);
    OUT_OF_HOUSE(h);
}

static void when_the_time_is_over_it_is_locked(void **state TF_UNUSED)
{
    int status;
    IN_HOUSE(h);
    init(&h, 1);
    seconds = 1;
    unlock_as(&h, 0, false);
    seconds = 600;
    assert_non_null(open_keep(&h, true));
    assert_int_equal(waitpid(agent, &status, 0), agent); /* it ends by itself */
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_null(open_keep(&h, false));
    assert_int_equal(h.err.code, TF_E_KEY);
    assert_false(tf_file_exists(tf_keep_path(h.arena, h.dir, "agent.sock")));
    OUT_OF_HOUSE(h);
}

static void a_killed_agent_leaves_the_study_locked(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    init(&h, 1);
    unlock_as(&h, 0, false);
    assert_int_equal(kill(agent, SIGKILL), 0);
    assert_int_equal(waitpid(agent, NULL, 0), agent);
    assert_null(open_keep(&h, false));
    unlock_as(&h, 0, false); /* over what it left behind */
    assert_non_null(open_keep(&h, true));
    lock(&h);
    OUT_OF_HOUSE(h);
}

static void who_writes_themselves_into_the_keyring_is_found_out(void **state TF_UNUSED)
{
    struct keyring *ring;
    struct tf_bytes text;
    struct tf_key *key;
    const unsigned char *own;
    unsigned char guess[32] = {1};
    IN_HOUSE(h);
    init(&h, 1);
    unlock_as(&h, 0, false);
    const char *path = tf_keep_path(h.arena, h.dir, "keys/keyring");
    OK(tf_file_read(h.arena, path, (size_t)1 << 20, &text, &h.err));
    OK(tf_keyring_read(h.arena, h.dir, &ring, &h.err));
    struct custodian c = {.name = "eva", .post = {.role = "custodian", .strand = ""}};
    memcpy(c.public_key, with(4).public_key, 32);
    ring->custodian[ring->n_custodians++] = c;
    OK(tf_keyring_write(h.arena, h.dir, ring, guess, &h.err)); /* without the study's key */
    OK(tf_key_open(h.arena, h.dir, false, &key, &h.err));
    assert_int_equal(tf_key_need(h.arena, key, "vault/XB-children-response.db", true, &own, &h.err),
                     TF_E_REFUSED);
    assert_non_null(strstr(h.err.what, "does not hold"));
    struct tf_notices out = {.arena = h.arena};
    (void)open_keep(&h, true);
    tf_keep_check(h.arena, h.dir, &out);
    assert_true(tf_notices_count(&out, TF_ERROR) >= 1);
    OK(tf_file_write(path, text.data, text.n, &h.err));
    OK(tf_key_need(h.arena, key, "vault/XB-children-response.db", true, &own, &h.err));
    lock(&h);
    OUT_OF_HOUSE(h);
}

static void who_is_removed_opens_nothing_any_more(void **state TF_UNUSED)
{
    struct unlocked *u;
    IN_HOUSE(h);
    init(&h, 2);
    const struct tf_credential c = with(1);
    OK(tf_custody_unlock(h.arena, h.dir, "ben", &c, NULL, &u, &h.err)); /* and keeps a copy of all keys */
    unlock_as(&h, 0, false);
    struct tf_arena *outer = h.arena;
    h.arena = tf_arena_new("work", (size_t)1 << 28);
    (void)put(&h, open_keep(&h, true), "XA");
    tf_arena_free(h.arena);
    h.arena = tf_arena_new("removing", (size_t)1 << 28);
    OK(tf_custody_remove(h.arena, h.dir, "ben", &h.err));
    tf_arena_free(h.arena);
    h.arena = outer;
    struct unlocked *now;
    assert_int_equal(tf_custody_unlock(h.arena, h.dir, "ben", &c, NULL, &now, &h.err), TF_E_USAGE);
    struct tf_db *db;
    assert_int_equal(tf_db_open(h.arena, tf_keep_path(h.arena, h.dir, "register.db"), TF_DB_READ,
                                tf_ring_find(&u->ring, "register.db"),
                                (const struct tf_named_sql[]){{NULL, NULL}}, &db, &h.err), TF_E_KEY);
    assert_true(holds(&h, open_keep(&h, false), "XA"));
    assert_int_equal(tf_custody_remove(h.arena, h.dir, "ana", &h.err), TF_E_REFUSED);
    lock(&h);
    OUT_OF_HOUSE(h);
}

/* Killed at any instant while all keys change: the study opens, whole. */
static void rekeying_is_all_or_nothing(void **state TF_UNUSED)
{
    size_t changed = 0, same = 0;
    IN_HOUSE(h);
    struct tf_arena *outer = h.arena;
    h.arena = tf_arena_new("work", (size_t)1 << 28);
    struct tf_keep *keep = open_keep(&h, true);
    (void)put(&h, keep, "XA");
    (void)put(&h, keep, "XB");
    tf_arena_free(h.arena);
    h.arena = outer;
    const char *path = tf_keep_path(h.arena, h.dir, "vault.key");
    for (long wait = 0; wait < 30; wait++) {
        struct tf_hash before, after;
        OK(tf_file_hash(path, &before, &h.err));
        const pid_t child = fork();
        if (child == 0)
            _exit(tf_custody_rekey(h.arena, h.dir, &h.err) == TF_OK ? 0 : 1);
        const struct timespec pause = {.tv_nsec = wait * wait * 100000};
        (void)nanosleep(&pause, NULL);
        if (wait < 29)
            (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
        h.arena = tf_arena_new("after", (size_t)1 << 28);
        keep = open_keep(&h, false);
        if (keep == NULL)
            fail_msg("%s (%s)", h.err.what, h.err.fact);
        assert_true(holds(&h, keep, "XA"));
        assert_true(holds(&h, keep, "XB"));
        struct tf_notices out = {.arena = h.arena};
        tf_keep_check(h.arena, h.dir, &out);
        assert_int_equal(tf_notices_count(&out, TF_ERROR), 0);
        assert_false(tf_dir_exists(tf_keep_path(h.arena, h.dir, "stage")));
        tf_arena_free(h.arena);
        h.arena = outer;
        OK(tf_file_hash(path, &after, &h.err));
        changed += strcmp(before.hex, after.hex) != 0;
        same += strcmp(before.hex, after.hex) == 0;
    }
    print_message("  %zu with the old keys, %zu with new ones\n", same, changed);
    assert_true(same > 0 && changed > 0);
    OUT_OF_HOUSE(h);
}

/* The same, move by move: whatever was moved when it stopped, the next who opens finishes it. */
static void a_decided_change_is_finished_from_every_step(void **state TF_UNUSED)
{
    static const char *const files[] = {"vault/a", "vault/b", "keys/c", "d"};
    for (size_t done = 0; done <= 4; done++) {
        struct tf_bytes text;
        struct tf_buf list;
        IN_HOUSE(h);
        list = (struct tf_buf){.arena = h.arena};
        for (size_t k = 0; k < 4; k++) {
            const bool moved = k < done;
            const char *name = tf_printf(h.arena, "%s%s", moved ? "" : "stage/new/", files[k]);
            if (!moved)
                (void)put_file(&h, tf_printf(h.arena, ".trefoil/%s", files[k]), "old");
            (void)put_file(&h, tf_printf(h.arena, ".trefoil/%s", name), "new");
            tf_buf_printf(&list, "put %s\n", files[k]);
        }
        (void)put_file(&h, ".trefoil/gone", "old");
        tf_buf_add(&list, "drop gone\n");
        (void)put_file(&h, ".trefoil/stage/commit", tf_buf_text(&list));
        OK(tf_stage_recover(h.arena, h.dir, &h.err));
        for (size_t k = 0; k < 4; k++) {
            OK(tf_file_read(h.arena, tf_keep_path(h.arena, h.dir, files[k]), 100, &text, &h.err));
            assert_string_equal(text.data, "new");
        }
        assert_false(tf_file_exists(tf_keep_path(h.arena, h.dir, "gone")));
        assert_false(tf_dir_exists(tf_keep_path(h.arena, h.dir, "stage")));
        OUT_OF_HOUSE(h);
    }
    IN_HOUSE(h); /* and an undecided one is thrown away */
    (void)put_file(&h, ".trefoil/d", "old");
    (void)put_file(&h, ".trefoil/stage/new/d", "new");
    OK(tf_stage_recover(h.arena, h.dir, &h.err));
    struct tf_bytes text;
    OK(tf_file_read(h.arena, tf_keep_path(h.arena, h.dir, "d"), 100, &text, &h.err));
    assert_string_equal(text.data, "old");
    (void)put_file(&h, ".trefoil/stage/commit", "put ../../etc/passwd\n");
    assert_int_equal(tf_stage_recover(h.arena, h.dir, &h.err), TF_E_REFUSED);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rehearsal_moves_to_custodians),
        cmocka_unit_test(a_passphrase_opens_and_another_does_not),
        cmocka_unit_test(roles_open_their_own_files_only),
        cmocka_unit_test(what_a_role_does_not_open_it_cannot_unwrap),
        cmocka_unit_test(survivors_words_open_with_any_two_of_three),
        cmocka_unit_test(one_person_gets_identity_or_answers_and_two_get_both),
        cmocka_unit_test(when_the_time_is_over_it_is_locked),
        cmocka_unit_test(a_killed_agent_leaves_the_study_locked),
        cmocka_unit_test(who_writes_themselves_into_the_keyring_is_found_out),
        cmocka_unit_test(who_is_removed_opens_nothing_any_more),
        cmocka_unit_test(rekeying_is_all_or_nothing),
        cmocka_unit_test(a_decided_change_is_finished_from_every_step),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("custody", tests, NULL, NULL);
}
