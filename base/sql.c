/* The embedded store: see sql.h.
 *
 * One connection, one thread (SQLITE_THREADSAFE=0), one file: the rollback journal is deleted at
 * each commit, so that a store at rest is a single file that can be copied; every commit is
 * flushed to the disk (synchronous FULL) before it is told.
 *
 * Encryption at rest is SQLite3 Multiple Ciphers' ChaCha20-Poly1305 with the caller's 32 bytes as
 * the key itself (no passphrase derivation: keep/ derives keys). ChaCha20 and not AEGIS, because
 * a store must open on any machine of a team and be as fast where the processor has no AES.
 * Every page is authenticated: a flipped bit is an error, never a different answer. The first
 * bytes of a file (salt, page size) and its length are in the open.
 *
 * Does not: migrate schemas, share a store between processes that write at once (the second
 * waits five seconds, then says so). */
#include "base/sql.h"

#include <fcntl.h>
#include <math.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { KEY_BYTES = 32, BUSY_MS = 5000, MAX_STATEMENTS = 10000 };

struct tf_stmt {
    struct tf_db *db;
    const char *name;
    sqlite3_stmt *q;
    int bind_error; /* the first of the tf_bind_ calls since tf_sql */
};

struct tf_db {
    struct tf_arena *arena;
    sqlite3 *db; /* NULL once closed */
    const char *path;
    const struct tf_named_sql *statements;
    struct tf_stmt *stmt; /* as many as statements; q NULL until first asked for */
    enum tf_db_mode mode;
};

/* ---- Errors ------------------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    int sqlite;
    enum tf_code code;
    const char *what, *help;
} errors[] = {
    {SQLITE_FULL,       TF_E_IO,     "the disk is full",               "Free some space and try again. Nothing was changed."},
    {SQLITE_IOERR,      TF_E_IO,     "the disk failed",                "Check the disk, its quota and its cable. Nothing was changed."},
    {SQLITE_CANTOPEN,   TF_E_IO,     "the store cannot be opened",     "Check the name, the folder and its permissions."},
    {SQLITE_READONLY,   TF_E_IO,     "the store may not be written",   "Check the permissions of the file and of its folder."},
    {SQLITE_PERM,       TF_E_IO,     "the store may not be written",   "Check the permissions of the file and of its folder."},
    {SQLITE_AUTH,       TF_E_IO,     "the store may not be written",   "Check the permissions of the file and of its folder."},
    {SQLITE_BUSY,       TF_E_IO,     "the store is in use",            "Another program writes to it. Wait until it has ended and try again."},
    {SQLITE_LOCKED,     TF_E_IO,     "the store is in use",            "Another program writes to it. Wait until it has ended and try again."},
    {SQLITE_CORRUPT,    TF_E_IO,     "the store is damaged",           "Put back the last copy of the file."},
    {SQLITE_NOTADB,     TF_E_IO,     "the store is damaged",           "Put back the last copy of the file."},
    {SQLITE_NOMEM,      TF_E_MEMORY, "out of memory",                  "Close other programs and try again. Nothing was changed."},
    {SQLITE_TOOBIG,     TF_E_LIMIT,  "a value is too large to keep",   "The limit is 1 GB."},
    {SQLITE_INTERRUPT,  TF_E_INTERRUPTED, "interrupted",               "Nothing was changed."},
};
/* clang-format on */

static enum tf_code store_error(const struct tf_db *db, int rc, const char *doing,
                                struct tf_err *reterr)
{
    const char *why = db->db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(db->db);
    if ((rc & 0xFF) == SQLITE_CONSTRAINT) { /* RAISE in a trigger is a rule of the study */
        (void)tf_fail_at(reterr, rc == SQLITE_CONSTRAINT_TRIGGER ? TF_E_REFUSED : TF_E_INPUT,
                         db->path, 0, 0, "the store refuses this record (%s)", doing);
        return tf_fact(reterr, "%s", why);
    }
    for (size_t k = 0; k < sizeof errors / sizeof *errors; k++) {
        if (errors[k].sqlite != (rc & 0xFF))
            continue;
        (void)tf_fail_at(reterr, errors[k].code, db->path, 0, 0, "%s (%s)", errors[k].what, doing);
        (void)tf_fact(reterr, "%s", why);
        return tf_help(reterr, "%s", errors[k].help);
    }
    (void)tf_fail_at(reterr, TF_E_BUG, db->path, 0, 0, "a statement went wrong (%s)", doing);
    return tf_fact(reterr, "%s", why);
}

/* The first page was not what the key says: tell a plain file from a locked one. */
static enum tf_code key_error(const struct tf_db *db, bool with_key, struct tf_err *reterr)
{
    char head[16] = "";
    const int fd = open(db->path, O_RDONLY | O_CLOEXEC);
    const bool read_it = fd >= 0 && read(fd, head, sizeof head) == (ssize_t)sizeof head;
    if (fd >= 0)
        (void)close(fd);
    if (read_it && memcmp(head, "SQLite format 3", 16) == 0) {
        (void)tf_fail_at(reterr, TF_E_KEY, db->path, 0, 0, "'%s' is not encrypted", db->path);
        (void)tf_fact(reterr, "a key was given, and the file needs none");
        return tf_help(reterr, "It was not made here: check where it comes from.");
    }
    (void)tf_fail_at(reterr, TF_E_KEY, db->path, 0, 0, "'%s' does not open%s", db->path,
                     with_key ? " with this key" : " without a key");
    (void)tf_fact(reterr, "the file is encrypted%s, or it is not a store of this program",
                  with_key ? " with another key" : "");
    return tf_help(reterr, with_key ? "Use the key of this study."
                                    : "Unlock the study first, then try again.");
}

/* ---- Opening and closing ------------------------------------------------------------------ */

void tf_db_close(struct tf_db *db)
{
    if (db == NULL || db->db == NULL)
        return;
    for (size_t k = 0; db->statements[k].name != NULL; k++) {
        (void)sqlite3_finalize(db->stmt[k].q);
        db->stmt[k].q = NULL;
    }
    (void)sqlite3_close_v2(db->db); /* an open transaction is rolled back */
    db->db = NULL;
}

static void release(void *db)
{
    tf_db_close(db);
}

static int run_text(struct tf_db *db, const char *sql)
{
    return sqlite3_exec(db->db, sql, NULL, NULL, NULL);
}

/* Hand over the key: "raw:" and its bytes, through memory that is wiped. */
static int hand_over(struct tf_db *db, const unsigned char key[32],
                     int (*to)(sqlite3 *db, const char *schema, const void *key, int n))
{
    unsigned char raw[4 + KEY_BYTES] = "raw:";
    const int cipher = sqlite3mc_cipher_index("chacha20");
    if (cipher < 1 || sqlite3mc_config(db->db, "cipher", cipher) != cipher)
        return SQLITE_MISUSE;
    memcpy(raw + 4, key, KEY_BYTES);
    const int rc = to(db->db, "main", raw, (int)sizeof raw);
    sodium_memzero(raw, sizeof raw);
    return rc;
}

static int set_key(struct tf_db *db, const unsigned char key[32])
{
    return hand_over(db, key, sqlite3_key_v2);
}

static const char *named_sql(const struct tf_named_sql *s, const char *name)
{
    for (; s->name != NULL; s++)
        if (strcmp(s->name, name) == 0)
            return s->sql;
    return NULL;
}

/* How many tables the file has, 0 when it is new; the first read, which proves the key. */
static int count_tables(struct tf_db *db, int *ret)
{
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(db->db, "SELECT count(*) FROM sqlite_schema", -1, &q, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        *ret = sqlite3_column_int(q, 0);
    (void)sqlite3_finalize(q);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static enum tf_code make_tables(struct tf_db *db, struct tf_err *reterr)
{
    const char *schema = named_sql(db->statements, "schema");
    if (schema == NULL)
        return TF_OK;
    TF_TRY(tf_db_begin(db, reterr));
    const int rc = run_text(db, schema);
    if (rc != SQLITE_OK) {
        const enum tf_code code = store_error(db, rc, "making the tables", reterr);
        tf_db_rollback(db);
        return code;
    }
    return tf_db_commit(db, reterr);
}

static enum tf_code open_store(struct tf_db *db, const unsigned char *key, struct tf_err *reterr)
{
    static const int flags[] = {
        [TF_DB_READ] = SQLITE_OPEN_READONLY,
        [TF_DB_WRITE] = SQLITE_OPEN_READWRITE,
        [TF_DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    };
    if (db->mode == TF_DB_CREATE && key != NULL) { /* for its owner only; an old one stays as is */
        const int fd = open(db->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0)
            (void)close(fd);
    }
    int tables = 0;
    int rc = sqlite3_open_v2(db->path, &db->db, flags[db->mode] | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc != SQLITE_OK)
        return store_error(db, rc, "opening it", reterr);
    (void)sqlite3_busy_timeout(db->db, BUSY_MS);
    (void)sqlite3_db_config(db->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(db->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    if (key != NULL && (rc = set_key(db, key)) != SQLITE_OK)
        return store_error(db, rc, "setting its key", reterr);
    rc = count_tables(db, &tables);
    if ((rc & 0xFF) == SQLITE_NOTADB)
        return key_error(db, key != NULL, reterr);
    if (rc == SQLITE_OK && db->mode != TF_DB_READ)
        rc = run_text(db, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL");
    if (rc == SQLITE_OK)
        rc = run_text(db, "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON");
    if (rc != SQLITE_OK)
        return store_error(db, rc, "opening it", reterr);
    return db->mode == TF_DB_CREATE && tables == 0 ? make_tables(db, reterr) : TF_OK;
}

enum tf_code tf_db_open(struct tf_arena *arena, const char *path, enum tf_db_mode mode,
                        const unsigned char key[32], const struct tf_named_sql *statements,
                        struct tf_db **ret, struct tf_err *reterr)
{
    size_t n = 0;
    while (statements[n].name != NULL && n < MAX_STATEMENTS)
        n++;
    struct tf_db *db = TF_NEW(arena, struct tf_db);
    db->arena = arena;
    db->path = tf_strdup(arena, path);
    db->statements = statements;
    db->stmt = TF_NEW_N(arena, struct tf_stmt, n);
    db->mode = mode;
    tf_arena_defer(arena, release, db); /* before there is anything to close */
    const enum tf_code code = open_store(db, key, reterr);
    if (code != TF_OK) {
        tf_db_close(db);
        return code;
    }
    *ret = db;
    return TF_OK;
}

enum tf_code tf_db_rekey(struct tf_db *db, const unsigned char key[32], struct tf_err *reterr)
{
    if (db->db == NULL)
        return tf_fail_at(reterr, TF_E_BUG, db->path, 0, 0, "the store is closed");
    const int rc = hand_over(db, key, sqlite3_rekey_v2);
    return rc == SQLITE_OK ? TF_OK : store_error(db, rc, "changing its key", reterr);
}

/* ---- Transactions ------------------------------------------------------------------------- */

static enum tf_code closed_error(const struct tf_db *db, struct tf_err *reterr)
{
    return tf_fail_at(reterr, TF_E_BUG, db->path, 0, 0, "the store is closed");
}

enum tf_code tf_db_begin(struct tf_db *db, struct tf_err *reterr)
{
    if (db->db == NULL)
        return closed_error(db, reterr);
    /* IMMEDIATE: who may write is settled now, not at the first change. */
    const int rc = run_text(db, db->mode == TF_DB_READ ? "BEGIN" : "BEGIN IMMEDIATE");
    return rc == SQLITE_OK ? TF_OK : store_error(db, rc, "beginning a transaction", reterr);
}

enum tf_code tf_db_commit(struct tf_db *db, struct tf_err *reterr)
{
    if (db->db == NULL)
        return closed_error(db, reterr);
    const int rc = run_text(db, "COMMIT");
    if (rc == SQLITE_OK)
        return TF_OK;
    const enum tf_code code = store_error(db, rc, "committing", reterr);
    tf_db_rollback(db);
    return code;
}

void tf_db_rollback(struct tf_db *db)
{
    if (db->db != NULL && !sqlite3_get_autocommit(db->db))
        (void)run_text(db, "ROLLBACK");
}

/* ---- Statements --------------------------------------------------------------------------- */

enum tf_code tf_sql(struct tf_db *db, const char *name, struct tf_stmt **ret,
                    struct tf_err *reterr)
{
    size_t k = 0;
    if (db->db == NULL)
        return closed_error(db, reterr);
    while (db->statements[k].name != NULL && strcmp(db->statements[k].name, name) != 0)
        k++;
    if (db->statements[k].name == NULL)
        return tf_fail(reterr, TF_E_BUG, "there is no statement '%s'", name);
    struct tf_stmt *q = &db->stmt[k];
    if (q->q == NULL) {
        const int rc = sqlite3_prepare_v3(db->db, db->statements[k].sql, -1,
                                          SQLITE_PREPARE_PERSISTENT, &q->q, NULL);
        if (rc != SQLITE_OK)
            return store_error(db, rc, name, reterr);
        if (q->q == NULL)
            return tf_fail(reterr, TF_E_BUG, "the statement '%s' is empty", name);
        q->db = db;
        q->name = db->statements[k].name;
    }
    (void)sqlite3_reset(q->q);
    (void)sqlite3_clear_bindings(q->q);
    q->bind_error = SQLITE_OK;
    *ret = q;
    return TF_OK;
}

static void bound(struct tf_stmt *q, int rc)
{
    if (q->bind_error == SQLITE_OK)
        q->bind_error = rc;
}

void tf_bind_text(struct tf_stmt *q, int at, const char *s)
{
    if (s == NULL)
        bound(q, sqlite3_bind_null(q->q, at));
    else
        bound(q, sqlite3_bind_text64(q->q, at, s, strlen(s), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void tf_bind_int(struct tf_stmt *q, int at, int64_t x)
{
    bound(q, sqlite3_bind_int64(q->q, at, x));
}

void tf_bind_real(struct tf_stmt *q, int at, double x)
{
    bound(q, isnan(x) ? sqlite3_bind_null(q->q, at) : sqlite3_bind_double(q->q, at, x));
}

void tf_bind_blob(struct tf_stmt *q, int at, const void *data, size_t n)
{
    if (data == NULL)
        bound(q, sqlite3_bind_null(q->q, at));
    else
        bound(q, sqlite3_bind_blob64(q->q, at, data, n, SQLITE_TRANSIENT));
}

bool tf_step(struct tf_stmt *q, enum tf_code *ret_code, struct tf_err *reterr)
{
    const int rc = q->bind_error != SQLITE_OK ? q->bind_error : sqlite3_step(q->q);
    *ret_code = TF_OK;
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        *ret_code = store_error(q->db, rc, q->name, reterr);
    (void)sqlite3_reset(q->q); /* the lock goes with the last row */
    return false;
}

enum tf_code tf_run(struct tf_stmt *q, struct tf_err *reterr)
{
    enum tf_code code;
    if (!tf_step(q, &code, reterr))
        return code;
    (void)sqlite3_reset(q->q);
    return tf_fail(reterr, TF_E_BUG, "the statement '%s' gave a row where none was expected",
                   q->name);
}

bool tf_col_null(struct tf_stmt *q, int at)
{
    return sqlite3_column_type(q->q, at) == SQLITE_NULL;
}

const char *tf_col_text(struct tf_arena *arena, struct tf_stmt *q, int at)
{
    const char *s = (const char *)sqlite3_column_text(q->q, at);
    return s == NULL ? NULL : tf_strndup(arena, s, (size_t)sqlite3_column_bytes(q->q, at));
}

int64_t tf_col_int(struct tf_stmt *q, int at)
{
    return sqlite3_column_int64(q->q, at);
}

double tf_col_real(struct tf_stmt *q, int at)
{
    return tf_col_null(q, at) ? (double)NAN : sqlite3_column_double(q->q, at);
}

const void *tf_col_blob(struct tf_arena *arena, struct tf_stmt *q, int at, size_t *ret_n)
{
    const void *data = sqlite3_column_blob(q->q, at);
    *ret_n = (size_t)sqlite3_column_bytes(q->q, at);
    if (tf_col_null(q, at))
        return NULL;
    void *copy = tf_alloc(arena, *ret_n);
    if (*ret_n > 0)
        memcpy(copy, data, *ret_n);
    return copy;
}
