/* Custodians: giving a study to people, and changing its keys.
 *
 * Every change of keys is the same work: each store of the vault is copied and the copy encrypted
 * under its new key, each sealed secret is sealed anew, the keyring that wraps the new keys is
 * written, all of it on the stage; then everything takes its place at once (stage.c). Killed at any
 * instant the study opens with the old keys or with the new ones, whole.
 *
 *     init      the machine's vault.key            -> random keys, a keyring; vault.key goes
 *     rekey     random keys                        -> new random keys, the same people
 *     remove    random keys                        -> new random keys, one person fewer
 *     rekey without custodians: one vault.key      -> another
 *
 * Keys can be taken from nobody who copied them: that is why removing somebody changes them all.
 * What was encrypted before and copied away then stays readable to who had both. */
#include "keep/custodians.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "keep/agent.h"
#include "keep/inside.h"
#include "keep/keyring.h"
#include "keep/stage.h"

static const struct tf_named_sql no_statements[] = {
    {NULL, NULL}
};
static const char *const always[] = {"register.db", "release", "sign", "keys/inbox"};

unsigned char *tf_locked_bytes(struct tf_arena *arena, size_t n)
{
    unsigned char *bytes = tf_locked(arena, n);
    memset(bytes, 0, n);
    return bytes;
}

bool tf_custody_has(struct tf_arena *arena, const char *study_dir)
{
    return tf_keyring_exists(arena, study_dir);
}

enum tf_code tf_custodians(struct tf_arena *arena, const char *study_dir, struct tf_custodian **ret,
                           size_t *ret_n, struct tf_err *reterr)
{
    struct keyring *ring;
    if (!tf_keyring_exists(arena, study_dir)) {
        *ret_n = 0;
        return TF_OK;
    }
    TF_TRY(tf_keyring_read(arena, study_dir, &ring, reterr));
    *ret = TF_NEW_N(arena, struct tf_custodian, ring->n_custodians + 1);
    *ret_n = ring->n_custodians;
    for (size_t k = 0; k < ring->n_custodians; k++)
        (*ret)[k] = (struct tf_custodian){ring->custodian[k].name, ring->custodian[k].post,
                                          ring->custodian[k].passphrase};
    return TF_OK;
}

void tf_custodian_key_make(unsigned char ret_private[32], unsigned char ret_public[32])
{
    (void)crypto_box_keypair(ret_public, ret_private);
}

/* ---- Making a custodian ---------------------------------------------------------------------- */

static enum tf_code check_name(const char *name, struct tf_err *reterr)
{
    const size_t n = strlen(name);
    if (n > 0 && n <= 60 &&
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == n)
        return TF_OK;
    (void)tf_fail(reterr, TF_E_USAGE, "'%.60s' cannot be a custodian's name", name);
    return tf_help(reterr, "Use letters, digits, '_', '-' and '.', as for ids.");
}

static enum tf_code make_custodian(struct keyring *ring, const struct tf_custodian *who,
                                   const struct tf_credential *with, struct tf_err *reterr)
{
    TF_TRY(check_name(who->name, reterr));
    if (tf_role(who->post.role) == NULL)
        return tf_fail(reterr, TF_E_USAGE, "there is no role '%s'", who->post.role);
    if (tf_keyring_custodian(ring, who->name) != NULL)
        return tf_fail(reterr, TF_E_REFUSED, "'%s' is a custodian already", who->name);
    if (ring->n_custodians == TF_MAX_CUSTODIANS)
        return tf_fail(reterr, TF_E_LIMIT, "more than %d custodians", TF_MAX_CUSTODIANS);
    struct custodian c = {.name = who->name, .post = who->post};
    if (c.post.strand == NULL)
        c.post.strand = "";
    if (with->public_key != NULL)
        memcpy(c.public_key, with->public_key, 32);
    else
        TF_TRY(tf_custodian_passphrase(&c, with->passphrase, with->n, with->quick, reterr));
    ring->custodian[ring->n_custodians++] = c;
    return TF_OK;
}

/* ---- Everything under new keys, on the stage ------------------------------------------------- */

struct changing {
    struct tf_arena *arena;
    const char *dir;
    const struct tf_key *from, *to;
    struct tf_names drop;
};

/* The file key's name of a store: its own, but for the release. */
static const char *key_name(const char *store)
{
    return strcmp(store, "release.db") == 0 ? "release" : store;
}

static enum tf_code change_store(const struct changing *c, const char *store, struct tf_err *reterr)
{
    const unsigned char *was, *is;
    const char *staged, *path = tf_keep_path(c->arena, c->dir, store);
    struct tf_arena *scratch = tf_arena_new("changing a store's key", (size_t)256 << 20);
    struct tf_db *db;
    enum tf_code code = tf_key_need(scratch, c->from, key_name(store), false, &was, reterr);
    if (code == TF_OK)
        code = tf_key_need(scratch, c->to, key_name(store), true, &is, reterr);
    if (code == TF_OK) /* for writing: what a killed run left half done is rolled back first */
        code = tf_db_open(scratch, path, TF_DB_WRITE, was, no_statements, &db, reterr);
    if (code == TF_OK) {
        tf_db_close(db);
        code = tf_stage_path(c->arena, c->dir, store, &staged, reterr);
    }
    if (code == TF_OK)
        code = tf_copy_file(path, staged, reterr);
    if (code == TF_OK)
        code = tf_db_open(scratch, staged, TF_DB_WRITE, was, no_statements, &db, reterr);
    if (code == TF_OK) {
        code = tf_db_rekey(db, is, reterr);
        tf_db_close(db);
    }
    if (code == TF_OK) { /* opens with the new key, or nothing changes */
        code = tf_db_open(scratch, staged, TF_DB_READ, is, no_statements, &db, reterr);
        if (code == TF_OK)
            tf_db_close(db);
    }
    tf_arena_free(scratch);
    return code;
}

static enum tf_code change_secret(const struct changing *c, const char *name, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("changing a secret's key", (size_t)1 << 30);
    const unsigned char *plain, *is;
    struct tf_bytes old, sealed;
    const char *staged, *of = NULL;
    size_t n;
    enum tf_code code = tf_secret_read(scratch, c->from, name, &plain, &n, reterr);
    if (code == TF_OK)
        code = tf_file_read(scratch, tf_keep_path(scratch, c->dir, name), (size_t)512 << 20, &old,
                            reterr);
    if (code == TF_OK && (of = tf_secret_of(scratch, &old)) == NULL)
        code = tf_fail(reterr, TF_E_REFUSED, "'%s' is no sealed file", name);
    if (code == TF_OK)
        code = tf_key_need(scratch, c->to, of, true, &is, reterr);
    if (code == TF_OK)
        code = tf_secret_seal(scratch, is, name, of, plain, n, &sealed, reterr);
    if (code == TF_OK)
        code = tf_stage_path(scratch, c->dir, name, &staged, reterr);
    if (code == TF_OK)
        code = tf_private_write(scratch, staged, sealed.data, sealed.n, reterr);
    tf_arena_free(scratch);
    return code;
}

static enum tf_code change_all(const struct changing *c, struct tf_err *reterr)
{
    struct tf_names files = {.n = 0};
    const char *top = tf_keep_path(c->arena, c->dir, "");
    TF_TRY(tf_tree_files(c->arena, top, "vault", &files, reterr));
    TF_TRY(tf_tree_files(c->arena, top, "keys", &files, reterr));
    tf_progress_start("encrypting anew", files.n + 2);
    for (size_t k = 0; k < files.n; k++) {
        if (tf_ends(files.name[k], ".db"))
            TF_TRY(change_store(c, files.name[k], reterr));
        else if (tf_ends(files.name[k], ".sealed"))
            TF_TRY(change_secret(c, files.name[k], reterr));
        if (tf_interrupted())
            return tf_fail(reterr, TF_E_INTERRUPTED, "interrupted; nothing was changed");
        tf_progress_at(k + 1);
    }
    static const char *const apart[] = {"register.db", "release.db"};
    for (size_t k = 0; k < 2; k++)
        if (tf_file_exists(tf_keep_path(c->arena, c->dir, apart[k])))
            TF_TRY(change_store(c, apart[k], reterr));
    tf_progress_stop();
    return TF_OK;
}

/* The ring under which everything stands staged, wrapped; then the moment of change. */
static enum tf_code settle(struct changing *c, struct keyring *ring, struct tf_err *reterr)
{
    const char *staged, *text;
    for (size_t k = 0; k < sizeof always / sizeof *always; k++) {
        const unsigned char *unused;
        TF_TRY(tf_key_need(c->arena, c->to, always[k], true, &unused, reterr));
    }
    for (size_t k = 0; k < c->to->ring->n; k++)
        TF_TRY(tf_keyring_wrap(c->arena, ring, c->to->ring->key[k].name, c->to->ring->key[k].bytes,
                               reterr));
    TF_TRY(
        tf_keyring_text(c->arena, ring, tf_ring_find(c->to->ring, "register.db"), &text, reterr));
    TF_TRY(tf_stage_path(c->arena, c->dir, "keys/keyring", &staged, reterr));
    TF_TRY(tf_private_write(c->arena, staged, text, strlen(text), reterr));
    return tf_stage_commit(c->arena, c->dir, &c->drop, reterr);
}

/* Random keys for every name that is in the vault or was wrapped. */
static void fresh_ring(struct ring *to, const char *name)
{
    unsigned char key[TF_KEY_BYTES];
    if (tf_ring_find(to, name) != NULL)
        return;
    randombytes_buf(key, sizeof key);
    (void)tf_ring_put(to, name, key);
    sodium_memzero(key, sizeof key);
}

static enum tf_code names_in_use(const struct changing *c, struct ring *to, struct tf_err *reterr)
{
    struct tf_names files = {.n = 0};
    const char *top = tf_keep_path(c->arena, c->dir, "");
    TF_TRY(tf_tree_files(c->arena, top, "vault", &files, reterr));
    for (size_t k = 0; k < files.n; k++)
        if (tf_ends(files.name[k], ".db"))
            fresh_ring(to, files.name[k]);
    files.n = 0;
    TF_TRY(tf_tree_files(c->arena, top, "keys", &files, reterr));
    for (size_t k = 0; k < files.n; k++) {
        struct tf_bytes file;
        if (!tf_ends(files.name[k], ".sealed"))
            continue;
        TF_TRY(tf_file_read(c->arena, tf_path_join(c->arena, top, files.name[k]), (size_t)512 << 20,
                            &file, reterr));
        const char *of = tf_secret_of(c->arena, &file);
        if (of != NULL)
            fresh_ring(to, of);
    }
    for (size_t k = 0; k < sizeof always / sizeof *always; k++)
        fresh_ring(to, always[k]);
    return TF_OK;
}

/* ---- init ------------------------------------------------------------------------------------ */

enum tf_code tf_custody_init(struct tf_arena *arena, const char *study_dir,
                             const struct tf_custodian *who, const struct tf_credential *with,
                             size_t n, struct tf_err *reterr)
{
    struct changing c = {.arena = arena, .dir = study_dir};
    struct keyring *ring = TF_NEW(arena, struct keyring);
    struct ring *to = (struct ring *)(void *)tf_locked_bytes(arena, sizeof *to);
    struct tf_key *machine;
    if (tf_keyring_exists(arena, study_dir)) {
        (void)tf_fail(reterr, TF_E_REFUSED, "this study has custodians already");
        return tf_help(reterr, "`trefoil keep custodians` lists them; one of them adds others.");
    }
    ring->custodian = TF_NEW_N(arena, struct custodian, TF_MAX_CUSTODIANS);
    for (size_t k = 0; k < n; k++)
        TF_TRY(make_custodian(ring, &who[k], &with[k], reterr));
    if (n == 0 || strcmp(who[0].post.role, "custodian") != 0)
        return tf_fail(reterr, TF_E_USAGE,
                       "the first custodian must hold every key (role custodian)");
    TF_TRY(tf_keep_folder(arena, study_dir, reterr));
    TF_TRY(tf_stage_begin(arena, study_dir, reterr));
    TF_TRY(tf_key_open_unlocked(arena, study_dir, true, &machine, reterr));
    c.from = machine;
    TF_TRY(names_in_use(&c, to, reterr));
    c.to = tf_key_of_ring(arena, study_dir, to);
    TF_TRY(change_all(&c, reterr));
    c.drop = (struct tf_names){.name = (const char *[]){"vault.key"}, .n = 1};
    TF_TRY(settle(&c, ring, reterr));
    return tf_inbox_key_make(arena, study_dir, c.to, reterr);
}

/* ---- rekey, add, remove ---------------------------------------------------------------------- */

/* All keys that the keyring knows must be there. */
static enum tf_code
need_all(const struct keyring *ring, const struct ring *held, struct tf_err *reterr)
{
    for (size_t k = 0; k < ring->n_keys; k++)
        if (tf_ring_find(held, ring->key[k].name) == NULL) {
            (void)tf_fail(reterr, TF_E_KEY, "the key of '%s' is not unlocked", ring->key[k].name);
            (void)tf_fact(reterr, ring->key[k].need > 1
                                      ? "it holds survivors' words and opens with two "
                                        "custodians of three"
                                      : "changing keys needs all of them");
            return tf_help(reterr,
                           "Another custodian unlocks, too (`trefoil keep unlock --as NAME`), then "
                           "try again.");
        }
    return TF_OK;
}

static enum tf_code rekey_ring(struct tf_arena *arena, const char *study_dir, const char *without,
                               struct tf_err *reterr)
{
    struct changing c = {.arena = arena, .dir = study_dir};
    struct keyring *ring, *next = TF_NEW(arena, struct keyring);
    struct ring *held, *to = (struct ring *)(void *)tf_locked_bytes(arena, sizeof *to);
    TF_TRY(tf_stage_begin(arena, study_dir, reterr));
    TF_TRY(tf_keyring_read(arena, study_dir, &ring, reterr));
    TF_TRY(tf_agent_whole(arena, study_dir, &held, reterr));
    TF_TRY(need_all(ring, held, reterr));
    TF_TRY(tf_keyring_proved(arena, ring, tf_ring_find(held, "register.db"), reterr));
    next->custodian = TF_NEW_N(arena, struct custodian, TF_MAX_CUSTODIANS);
    for (size_t k = 0; k < ring->n_custodians; k++)
        if (without == NULL || strcmp(ring->custodian[k].name, without) != 0)
            next->custodian[next->n_custodians++] = ring->custodian[k];
    for (size_t k = 0; k < ring->n_keys; k++)
        fresh_ring(to, ring->key[k].name);
    TF_TRY(names_in_use(&c, to, reterr));
    c.from = tf_key_of_ring(arena, study_dir, held);
    c.to = tf_key_of_ring(arena, study_dir, to);
    TF_TRY(change_all(&c, reterr));
    TF_TRY(settle(&c, next, reterr));
    for (size_t k = 0; k < to->n; k++) /* the agent goes on with the new ones */
        TF_TRY(tf_agent_put(arena, study_dir, to->key[k].name, to->key[k].bytes, reterr));
    return TF_OK;
}

static enum tf_code
rekey_machine(struct tf_arena *arena, const char *study_dir, struct tf_err *reterr)
{
    struct changing c = {.arena = arena, .dir = study_dir};
    struct tf_key *was, *is = (struct tf_key *)(void *)tf_locked_bytes(arena, sizeof *is);
    const char *staged;
    TF_TRY(tf_stage_begin(arena, study_dir, reterr));
    TF_TRY(tf_key_open_unlocked(arena, study_dir, false, &was, reterr));
    randombytes_buf(is->root, sizeof is->root);
    is->dir = was->dir;
    is->lock = -1;
    c.from = was;
    c.to = is;
    TF_TRY(change_all(&c, reterr));
    TF_TRY(tf_stage_path(arena, study_dir, "vault.key", &staged, reterr));
    TF_TRY(tf_private_write(arena, staged, is->root, sizeof is->root, reterr));
    return tf_stage_commit(arena, study_dir, NULL, reterr);
}

enum tf_code tf_custody_rekey(struct tf_arena *arena, const char *study_dir, struct tf_err *reterr)
{
    return tf_keyring_exists(arena, study_dir) ? rekey_ring(arena, study_dir, NULL, reterr)
                                               : rekey_machine(arena, study_dir, reterr);
}

static enum tf_code add_to(struct tf_arena *arena, const char *study_dir,
                           const struct tf_custodian *who, const struct tf_credential *with,
                           struct tf_err *reterr)
{
    struct keyring *ring;
    struct ring *held;
    TF_TRY(tf_lock_take(arena, tf_keep_path(arena, study_dir, "keys/keyring.lock"), true, true, "",
                        NULL, reterr));
    TF_TRY(tf_keyring_read(arena, study_dir, &ring, reterr));
    TF_TRY(tf_agent_whole(arena, study_dir, &held, reterr));
    const unsigned char *register_key = tf_ring_find(held, "register.db");
    if (register_key == NULL)
        return tf_fail(reterr, TF_E_KEY, "who unlocked this study may not add custodians");
    TF_TRY(tf_keyring_proved(arena, ring, register_key, reterr));
    TF_TRY(make_custodian(ring, who, with, reterr));
    const struct custodian *c = &ring->custodian[ring->n_custodians - 1];
    for (size_t k = 0; k < ring->n_keys; k++) {
        const char *name = ring->key[k].name;
        const unsigned char *key = tf_ring_find(held, name);
        if (!tf_role_opens(arena, &c->post, name))
            continue;
        if (key == NULL) {
            (void)tf_fail(reterr, TF_E_KEY, "the key of '%s' is not unlocked, and %s is to have it",
                          name, c->name);
            return tf_help(
                reterr, "Custodians who hold it unlock first, for survivors' words two of them.");
        }
        TF_TRY(tf_keyring_wrap(arena, ring, name, key, reterr));
    }
    return tf_keyring_write(arena, study_dir, ring, register_key, reterr);
}

enum tf_code tf_custody_add(struct tf_arena *arena, const char *study_dir,
                            const struct tf_custodian *who, const struct tf_credential *with,
                            struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("adding a custodian", (size_t)64 << 20);
    const enum tf_code code = add_to(scratch, study_dir, who, with, reterr);
    tf_arena_free(scratch);
    (void)arena;
    return code;
}

enum tf_code tf_custody_remove(struct tf_arena *arena, const char *study_dir, const char *name,
                               struct tf_err *reterr)
{
    struct keyring *ring;
    size_t whole = 0;
    TF_TRY(tf_keyring_read(arena, study_dir, &ring, reterr));
    if (tf_keyring_custodian(ring, name) == NULL) {
        (void)tf_fail(reterr, TF_E_USAGE, "there is no custodian '%s'", name);
        return tf_help(reterr, "`trefoil keep custodians` lists them.");
    }
    for (size_t k = 0; k < ring->n_custodians; k++)
        whole += strcmp(ring->custodian[k].post.role, "custodian") == 0 &&
                 strcmp(ring->custodian[k].name, name) != 0;
    if (whole == 0) {
        (void)tf_fail(reterr, TF_E_REFUSED, "'%s' is the last who holds every key", name);
        return tf_help(reterr, "Add another custodian first.");
    }
    return rekey_ring(arena, study_dir, name, reterr);
}

/* ---- Unlocking ------------------------------------------------------------------------------- */

/* By the program, not by cryptography: the keys were unwrapped already. */
static void leave_out(struct tf_arena *arena, const struct tf_study *study,
                      const struct custodian *c, struct ring *ring)
{
    size_t kept = 0;
    for (size_t k = 0; k < ring->n; k++) {
        const char *country = NULL, *strand, *purpose, *name = ring->key[k].name;
        if (!tf_key_parts(arena, name, &country, &strand, &purpose) &&
            tf_starts(name, "keys/records-"))
            country = name + strlen("keys/records-");
        if (country != NULL && !tf_role_at_stage(c->post.role, tf_study_stage(study, country)))
            continue;
        if (kept != k)
            ring->key[kept] = ring->key[k];
        kept++;
    }
    sodium_memzero(&ring->key[kept], (ring->n - kept) * sizeof *ring->key);
    ring->n = kept;
}

enum tf_code tf_custody_unlock(struct tf_arena *arena, const char *study_dir, const char *name,
                               const struct tf_credential *with, const struct tf_study *study,
                               struct unlocked **ret, struct tf_err *reterr)
{
    struct keyring *ring;
    struct unlocked *u;
    const unsigned char *secret;
    TF_TRY(tf_stage_recover(arena, study_dir, reterr));
    if (!tf_keyring_exists(arena, study_dir)) {
        (void)tf_fail(reterr, TF_E_REFUSED, "this study has no custodians");
        return tf_help(reterr,
                       "`trefoil keep init NAME` gives it to its first; until then the machine's "
                       "own key opens it.");
    }
    TF_TRY(tf_keyring_read(arena, study_dir, &ring, reterr));
    const struct custodian *c = tf_keyring_custodian(ring, name);
    if (c == NULL) {
        (void)tf_fail(reterr, TF_E_USAGE, "there is no custodian '%s'", name);
        return tf_help(reterr, "`trefoil keep custodians` lists them.");
    }
    TF_TRY(tf_custodian_open(arena, c, with->passphrase, with->n, with->key_file, &secret, reterr));
    TF_TRY(tf_keyring_unwrap(arena, ring, c, secret, &u, reterr));
    if (study != NULL)
        leave_out(arena, study, c, &u->ring);
    *ret = u;
    return TF_OK;
}
