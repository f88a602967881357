/* Backups: copies that were proved.
 *
 *     DIR/register.db, release.db, field.db, vault/…, inbox/…, forms/…, public/…     as they lie
 *     DIR/backup.list        "trefoil-backup-1", entries and hash of the ledger's head, then for
 * each file its size and hash; the last line is the study's signature
 *
 * A store is copied while this process may write to it and nobody else may (a transaction begun),
 * so that the copy is of one instant; the register goes first, and what it names lies in the vault
 * already. Then each copy is opened with its key and read through. The list is written last:
 * without it the folder is no backup. Everything is encrypted as it is in the vault; no key is ever
 * among it, and least of all a record key: who withdraws next week is unreadable in this week's
 * copy.
 *
 * Putting back goes over the stage (stage.c): all or nothing. Asks:
 * github.com/getodk/central/issues/1645 and 2085 (a backup that may be corrupt; a restore that
 * refuses without saying why). */
#include "keep/backup_list.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep/escrow.h"
#include "keep/head.h"
#include "keep/inside.h"
#include "keep/keyring.h"
#include "keep/keys.h"
#include "keep/register.h"
#include "keep/stage.h"
#include "keep/withdraw.h"

static const struct tf_named_sql check_sql[] = {
    {"check", "PRAGMA quick_check"},
    {NULL,    NULL                }
};
static const char list_name[] = "backup.list", first_line[] = "trefoil-backup-1";
static const size_t list_limit = (size_t)16 << 20;
enum { B64 = sodium_base64_VARIANT_ORIGINAL };

/* ---- Which files, and what opens them -------------------------------------------------------- */

static enum tf_code
all_files(struct tf_arena *arena, const char *study_dir, struct tf_names *to, struct tf_err *reterr)
{
    static const char *const apart[] = {"register.db", "release.db", "field.db", "inbox.pub"};
    static const char *const below[] = {"vault", "inbox", "forms", "public"};
    struct tf_names found = {.n = 0};
    const char *top = tf_keep_path(arena, study_dir, "");
    for (size_t k = 0; k < sizeof apart / sizeof *apart; k++)
        if (tf_file_exists(tf_path_join(arena, top, apart[k]))) {
            found.name = tf_grow(arena, found.name, found.n, &found.cap, sizeof *found.name);
            found.name[found.n++] = apart[k];
        }
    for (size_t k = 0; k < sizeof below / sizeof *below; k++)
        TF_TRY(tf_tree_files(arena, top, below[k], &found, reterr));
    for (size_t k = 0; k < found.n; k++) {
        if (tf_ends(found.name[k], "-journal") || tf_ends(found.name[k], ".new") ||
            tf_ends(found.name[k], "lock"))
            continue;
        to->name = tf_grow(arena, to->name, to->n, &to->cap, sizeof *to->name);
        to->name[to->n++] = found.name[k];
    }
    return TF_OK;
}

/* The key of a store; the field's own stands in field.key. */
static enum tf_code store_key(struct tf_arena *arena, const struct tf_key *key, const char *name,
                              const unsigned char **ret, struct tf_err *reterr)
{
    if (strcmp(name, "field.db") != 0)
        return tf_key_need(arena, key, strcmp(name, "release.db") == 0 ? "release" : name, false,
                           ret, reterr);
    unsigned char *own = tf_locked(arena, TF_KEY_BYTES);
    const char *path = tf_keep_path(arena, key->dir, "field.key");
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    const bool good = fd >= 0 && read(fd, own, TF_KEY_BYTES) == TF_KEY_BYTES;
    if (fd >= 0)
        (void)close(fd);
    *ret = own;
    return good ? TF_OK
                : tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "the field's key cannot be read");
}

static enum tf_code read_through(struct tf_arena *arena, const char *path, const unsigned char *key,
                                 struct tf_err *reterr)
{
    struct tf_db *db;
    struct tf_stmt *q;
    enum tf_code code;
    bool good = true;
    TF_TRY(tf_db_open(arena, path, TF_DB_READ, key, check_sql, &db, reterr));
    code = tf_sql(db, "check", &q, reterr);
    while (code == TF_OK && tf_step(q, &code, reterr))
        good = good && strcmp(tf_col_text(arena, q, 0), "ok") == 0;
    tf_db_close(db);
    if (code != TF_OK || good)
        return code;
    (void)tf_fail_at(reterr, TF_E_IO, path, 0, 0, "the copy is damaged");
    return tf_help(reterr, "Look at the disk it was written to, and make the backup again.");
}

static enum tf_code copy_store(struct tf_arena *arena, const struct tf_key *key, const char *name,
                               const char *to, struct tf_err *reterr)
{
    const char *from = tf_keep_path(arena, key->dir, name);
    const unsigned char *own;
    struct tf_db *db;
    TF_TRY(store_key(arena, key, name, &own, reterr));
    TF_TRY(tf_db_open(arena, from, TF_DB_WRITE, own, check_sql, &db, reterr));
    enum tf_code code = tf_db_begin(db, reterr); /* nobody else writes now */
    if (code == TF_OK)
        code = tf_copy_file(from, to, reterr);
    tf_db_rollback(db);
    tf_db_close(db);
    return code == TF_OK ? read_through(arena, to, own, reterr) : code;
}

/* ---- Making ---------------------------------------------------------------------------------- */

static enum tf_code want_empty(struct tf_arena *arena, const char *to, struct tf_err *reterr)
{
    char **name;
    size_t n = 0;
    if (tf_dir_exists(to))
        TF_TRY(tf_dir_list(arena, to, &name, &n, reterr));
    if (n == 0)
        return tf_dir_make(to, reterr);
    (void)tf_fail_at(reterr, TF_E_REFUSED, to, 0, 0, "the folder of the backup is not empty");
    return tf_help(reterr, "Give a folder that is empty or not there, one for each backup.");
}

static enum tf_code copy_one(struct tf_arena *arena, const struct tf_key *key, const char *name,
                             const char *to, struct tf_buf *list, struct tf_backup *made,
                             struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("copying a file", (size_t)256 << 20);
    const char *path = tf_path_join(scratch, to, name);
    struct tf_hash hash = {.hex = ""};
    struct stat st = {.st_size = 0};
    enum tf_code code = tf_dir_make(tf_path_dir(scratch, path), reterr);
    if (code == TF_OK)
        code = tf_ends(name, ".db")
                   ? copy_store(scratch, key, name, path, reterr)
                   : tf_copy_file(tf_keep_path(scratch, key->dir, name), path, reterr);
    if (code == TF_OK)
        code = tf_file_hash(path, &hash, reterr);
    if (code == TF_OK && stat(path, &st) != 0)
        code = tf_fail_at(reterr, TF_E_IO, path, 0, 0, "the copy cannot be read");
    if (code == TF_OK) {
        tf_buf_printf(list, "%s %lld %s\n", hash.hex, (long long)st.st_size, name);
        made->files++;
        made->bytes += (size_t)st.st_size;
    }
    tf_arena_free(scratch);
    (void)arena;
    return code;
}

static enum tf_code copy_files(struct tf_arena *arena, const struct tf_key *key, const char *to,
                               struct tf_buf *list, struct tf_backup *made, struct tf_err *reterr)
{
    struct tf_names files = {.n = 0};
    TF_TRY(all_files(arena, key->dir, &files, reterr));
    tf_progress_start("copying the vault", files.n);
    for (size_t k = 0; k < files.n; k++) {
        const enum tf_code code = copy_one(arena, key, files.name[k], to, list, made, reterr);
        if (code == TF_E_KEY)
            (void)tf_help(
                reterr, "A backup needs every file's key: custodians unlock, for survivors' words "
                        "two of them.");
        TF_TRY(code);
        if (tf_interrupted())
            return tf_fail(reterr, TF_E_INTERRUPTED, "interrupted; what was copied is no backup");
        tf_progress_at(k + 1);
    }
    tf_progress_stop();
    return TF_OK;
}

/* The head of the ledger that was copied, not of the one that may be longer by now. */
static enum tf_code head_of(struct tf_arena *arena, const struct tf_key *key, const char *path,
                            struct tf_backup *ret, struct tf_err *reterr)
{
    const unsigned char *own;
    struct tf_register reg = {.arena = arena, .dir = key->dir};
    struct tf_ledger_entry *list;
    size_t n;
    TF_TRY(tf_key_need(arena, key, "register.db", false, &own, reterr));
    TF_TRY(tf_db_open(arena, path, TF_DB_READ, own, tf_register_statements(), &reg.db, reterr));
    const enum tf_code code = tf_ledger_list(arena, &reg, &list, &n, reterr);
    tf_db_close(reg.db);
    if (code != TF_OK)
        return code;
    ret->entries = n;
    ret->head = n == 0 ? "-" : list[n - 1].hash;
    return TF_OK;
}

enum tf_code tf_backup_make(struct tf_arena *arena, const char *study_dir, const char *to,
                            struct tf_backup *ret, struct tf_err *reterr)
{
    struct tf_backup made = {.files = 0};
    struct tf_buf files = {.arena = arena}, list = {.arena = arena};
    unsigned char signature[64], public_key[32];
    char text[sodium_base64_ENCODED_LEN(64, B64)];
    struct tf_key *key;
    TF_TRY(tf_key_open(arena, study_dir, false, &key, reterr));
    TF_TRY(want_empty(arena, to, reterr));
    TF_TRY(copy_files(arena, key, to, &files, &made, reterr));
    TF_TRY(head_of(arena, key, tf_path_join(arena, to, "register.db"), &made, reterr));
    tf_buf_printf(&list, "%s\n%llu %s\n%s", first_line, (unsigned long long)made.entries, made.head,
                  tf_buf_text(&files));
    TF_TRY(tf_study_sign(arena, study_dir, list.s, list.n, signature, public_key, reterr));
    (void)sodium_bin2base64(text, sizeof text, signature, 64, B64);
    tf_buf_printf(&list, "signed %s\n", text);
    TF_TRY(tf_private_write(arena, tf_path_join(arena, to, list_name), list.s, list.n, reterr));
    *ret = made;
    return TF_OK;
}

enum tf_code
tf_backup_keys(struct tf_arena *arena, const char *study_dir, const char *to, struct tf_err *reterr)
{
    return tf_escrow_put(arena, study_dir, to, reterr);
}

/* ---- The list, read back --------------------------------------------------------------------- */

static enum tf_code no_backup(const char *path, size_t line, struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_INPUT, path, line, 0, "this is no whole list of a backup");
    return tf_help(reterr, "Give the folder that `trefoil keep backup` filled.");
}

static bool is_place(const char *name)
{
    static const char *const below[] = {"vault/", "inbox/", "forms/", "public/"};
    static const char *const apart[] = {"register.db", "release.db", "field.db", "inbox.pub"};
    bool good = false;
    for (size_t k = 0; k < 4; k++)
        good = good || tf_starts(name, below[k]) || strcmp(name, apart[k]) == 0;
    return good && strstr(name, "..") == NULL && strchr(name, '\n') == NULL;
}

enum tf_code tf_backup_list_parse(struct tf_arena *arena, const char *path, const char *text,
                                  size_t n, struct tf_backup_list *ret, struct tf_err *reterr)
{
    char **line, **part;
    int64_t entries, size;
    size_t got = 0;
    const char *copy = tf_strndup(arena, text, n);
    const size_t n_lines = tf_split(arena, copy, '\n', &line);
    if (strlen(copy) != n || n_lines < 4 || strcmp(line[0], first_line) != 0 ||
        tf_split(arena, line[1], ' ', &part) != 2 || !tf_parse_int(part[0], &entries) ||
        entries < 0)
        return no_backup(path, 1, reterr);
    ret->head.entries = (uint64_t)entries;
    ret->head.head = part[1];
    for (size_t k = 2; k + 2 < n_lines; k++) {
        const char *name = line[k];
        if (tf_split(arena, line[k], ' ', &part) < 3 || strlen(part[0]) != TF_HASH_TEXT - 1 ||
            !tf_parse_int(part[1], &size) || size < 0)
            return no_backup(path, k + 1, reterr);
        name = strchr(strchr(line[k], ' ') + 1, ' ') + 1; /* a name may hold blanks */
        if (!is_place(name))
            return no_backup(path, k + 1, reterr);
        ret->file = tf_grow(arena, ret->file, ret->n, &ret->cap, sizeof *ret->file);
        ret->file[ret->n++] = (struct tf_listed){name, part[0]};
        ret->head.files++;
        ret->head.bytes += (size_t)size;
    }
    const char *last = line[n_lines - 2];
    if (line[n_lines - 1][0] != '\0' || !tf_starts(last, "signed ") ||
        sodium_base642bin(ret->signature, 64, last + 7, strlen(last + 7), NULL, &got, NULL, B64) !=
            0 ||
        got != 64)
        return no_backup(path, n_lines - 1, reterr);
    ret->text = copy;
    ret->signed_bytes = n - strlen(last) - 1;
    return TF_OK;
}

static enum tf_code read_list(struct tf_arena *arena, const char *from, struct tf_backup_list *ret,
                              struct tf_err *reterr)
{
    const char *path = tf_path_join(arena, from, list_name);
    struct tf_bytes text;
    if (!tf_file_exists(path))
        return no_backup(path, 0, reterr);
    TF_TRY(tf_file_read(arena, path, list_limit, &text, reterr));
    TF_TRY(tf_backup_list_parse(arena, path, text.data, text.n, ret, reterr));
    for (size_t k = 0; k < ret->n; k++) {
        const char *file = tf_path_join(arena, from, ret->file[k].name);
        struct tf_hash now;
        TF_TRY(tf_file_hash(file, &now, reterr));
        if (strcmp(now.hex, ret->file[k].hash) != 0) {
            (void)tf_fail_at(reterr, TF_E_REFUSED, file, 0, 0,
                             "this file of the backup is damaged");
            (void)tf_fact(reterr, "its hash is not the listed one");
            return tf_help(reterr, "Use another backup; nothing was changed.");
        }
    }
    return TF_OK;
}

/* ---- Putting back ---------------------------------------------------------------------------- */

static enum tf_code
older_error(const struct tf_backup_list *l, uint64_t now, bool other, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_REFUSED,
                  other ? "the backup is of another history than the study's"
                        : "the study is newer than the backup");
    (void)tf_fact(reterr, "the ledger has %llu entries, the backup's %llu", (unsigned long long)now,
                  (unsigned long long)l->head.entries);
    return tf_help(reterr,
                   "What came after the backup would be lost. If that is wanted, say --older; the "
                   "ledger will say so.");
}

/* Is what stands now part of what the backup holds? */
static enum tf_code compare(struct tf_arena *arena, const struct tf_key *key,
                            const struct tf_backup_list *l, struct tf_err *reterr)
{
    struct tf_backup now = {.files = 0};
    struct tf_register reg = {.arena = arena, .dir = key->dir};
    struct tf_ledger_entry *list;
    const unsigned char *own;
    size_t n;
    const char *path = tf_keep_path(arena, key->dir, "register.db");
    if (!tf_file_exists(path))
        return TF_OK;
    TF_TRY(head_of(arena, key, path, &now, reterr));
    if (now.entries > l->head.entries)
        return older_error(l, now.entries, false, reterr);
    TF_TRY(tf_key_need(arena, key, "register.db", false, &own, reterr));
    TF_TRY(tf_db_open(arena, tf_keep_path(arena, key->dir, "stage/new/register.db"), TF_DB_READ,
                      own, tf_register_statements(), &reg.db, reterr));
    const enum tf_code code = tf_ledger_list(arena, &reg, &list, &n, reterr);
    tf_db_close(reg.db);
    TF_TRY(code);
    if (now.entries > 0 && strcmp(list[now.entries - 1].hash, now.head) != 0)
        return older_error(l, now.entries, true, reterr);
    return TF_OK;
}

static enum tf_code check_signature(struct tf_arena *arena, const struct tf_key *key,
                                    const struct tf_backup_list *l, struct tf_err *reterr)
{
    unsigned char public_key[32], *secret = tf_locked(arena, crypto_sign_SECRETKEYBYTES);
    const unsigned char *seed;
    TF_TRY(tf_key_need(arena, key, "sign", false, &seed, reterr));
    (void)crypto_sign_seed_keypair(public_key, secret, seed);
    if (crypto_sign_verify_detached(l->signature, (const unsigned char *)l->text, l->signed_bytes,
                                    public_key) == 0)
        return TF_OK;
    (void)tf_fail(reterr, TF_E_REFUSED, "this backup was not signed with the study's key");
    return tf_help(
        reterr, "It is another study's, was altered, or was made before the keys were changed: "
                "then restore it with the escrow copy of that time (--keys) into an empty folder.");
}

static enum tf_code stage_files(struct tf_arena *arena, const char *study_dir, const char *from,
                                const struct tf_backup_list *l, struct tf_names *drop,
                                struct tf_err *reterr)
{
    struct tf_names there = {.n = 0};
    for (size_t k = 0; k < l->n; k++) {
        const char *staged;
        TF_TRY(tf_stage_path(arena, study_dir, l->file[k].name, &staged, reterr));
        TF_TRY(tf_copy_file(tf_path_join(arena, from, l->file[k].name), staged, reterr));
        drop->name = tf_grow(arena, drop->name, drop->n, &drop->cap, sizeof *drop->name);
        drop->name[drop->n++] = tf_printf(arena, "%s-journal", l->file[k].name);
    }
    TF_TRY(tf_tree_files(arena, tf_keep_path(arena, study_dir, ""), "vault", &there, reterr));
    for (size_t k = 0; k < there.n; k++) {
        bool stays = false;
        for (size_t j = 0; j < l->n && !stays; j++)
            stays = strcmp(there.name[k], l->file[j].name) == 0;
        if (stays)
            continue;
        drop->name = tf_grow(arena, drop->name, drop->n, &drop->cap, sizeof *drop->name);
        drop->name[drop->n++] = there.name[k];
    }
    return TF_OK;
}

/* A machine without keys of this study takes them from the escrow copy, before anything is opened.
 */
static enum tf_code
take_keys(struct tf_arena *arena, const char *study_dir, const char *place, struct tf_err *reterr)
{
    struct tf_escrow_file *file;
    size_t n;
    if (tf_keyring_exists(arena, study_dir) ||
        tf_file_exists(tf_keep_path(arena, study_dir, "vault.key"))) {
        (void)tf_fail(reterr, TF_E_REFUSED, "this study has keys already");
        return tf_help(
            reterr, "--keys is for a machine that has none. Without it the backup is opened with "
                    "the keys that are here.");
    }
    TF_TRY(tf_escrow_read(arena, place, &file, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        const char *path = tf_keep_path(arena, study_dir, file[k].name);
        TF_TRY(tf_keep_folder_for(arena, path, reterr));
        TF_TRY(tf_private_write(arena, path, file[k].data, file[k].n, reterr));
    }
    return TF_OK;
}

static enum tf_code open_staged(struct tf_arena *arena, const struct tf_key *key,
                                const struct tf_backup_list *l, struct tf_err *reterr)
{
    for (size_t k = 0; k < l->n; k++) {
        const unsigned char *own;
        if (!tf_ends(l->file[k].name, ".db"))
            continue;
        TF_TRY(store_key(arena, key, l->file[k].name, &own, reterr));
        TF_TRY(read_through(
            arena, tf_keep_path(arena, key->dir, tf_printf(arena, "stage/new/%s", l->file[k].name)),
            own, reterr));
    }
    return TF_OK;
}

static enum tf_code put_back(struct tf_arena *arena, const char *study_dir, const char *from,
                             const char *keys, bool older, struct tf_backup_list *l,
                             struct tf_err *reterr)
{
    struct tf_names drop = {.n = 0};
    struct tf_key *key;
    TF_TRY(read_list(arena, from, l, reterr));
    TF_TRY(tf_keep_folder(arena, study_dir, reterr));
    if (keys != NULL)
        TF_TRY(take_keys(arena, study_dir, keys, reterr));
    TF_TRY(tf_stage_begin(arena, study_dir, reterr));
    TF_TRY(tf_key_open_unlocked(arena, study_dir, false, &key, reterr));
    TF_TRY(check_signature(arena, key, l, reterr));
    TF_TRY(stage_files(arena, study_dir, from, l, &drop, reterr));
    TF_TRY(open_staged(arena, key, l, reterr));
    if (!older)
        TF_TRY(compare(arena, key, l, reterr));
    return tf_stage_commit(arena, study_dir, &drop, reterr);
}

/* Say so in the ledger, and let nobody come back who withdrew meanwhile. */
static enum tf_code afterwards(struct tf_arena *arena, const char *study_dir,
                               const struct tf_backup_list *l, bool older, struct tf_err *reterr)
{
    struct tf_keep *keep;
    struct tf_evidence *e;
    size_t n;
    TF_TRY(tf_keep_open(arena, study_dir, false, &keep, reterr));
    if (l->head.entries > 0)
        tf_head_remember(keep->reg, l->head.entries, l->head.head, true);
    TF_TRY(tf_ledger_add(keep->reg, "restore", "vault",
                         tf_printf(arena, "{\"entries\":%llu,\"older\":%s}",
                                   (unsigned long long)l->head.entries, older ? "true" : "false"),
                         reterr));
    TF_TRY(tf_evidence_list(arena, keep->reg, "", &e, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        bool first = e[k].country[0] != '\0';
        for (size_t j = 0; j < k && first; j++)
            first = strcmp(e[j].country, e[k].country) != 0;
        if (first)
            TF_TRY(tf_withdraw_finish(keep, e[k].country, NULL, reterr));
    }
    return TF_OK;
}

enum tf_code tf_backup_restore(struct tf_arena *arena, const char *study_dir, const char *from,
                               const char *keys, bool older, struct tf_backup *ret,
                               struct tf_err *reterr)
{
    struct tf_backup_list l = {.n = 0};
    struct tf_arena *own = tf_arena_new("restoring", (size_t)2 << 30);
    enum tf_code code = put_back(own, study_dir, from, keys, older, &l, reterr);
    struct tf_backup head = l.head;
    if (code == TF_OK)
        head.head = tf_strdup(arena, l.head.head);
    l.head = head;
    tf_arena_free(own); /* the vault is free again */
    TF_TRY(code);
    *ret = head;
    return afterwards(arena, study_dir, &l, older, reterr);
}
