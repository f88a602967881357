/* The vault: a folder of encrypted files, one per country, strand and purpose.
 *
 *     <study>/.trefoil/            mode 0700
 *         vault.key                32 bytes, 0600: the only secret
 *         register.db              evidence and ledger: names and hashes
 *         vault/
 *             XA-children-response.db    what was answered
 *             XA-context-interviews.db   transcripts, participants, consent
 *             XA-threats-counts.db       counts of counts
 *             XA-measure-estimates.db    what other rooms derived, in their own tables
 *
 * A purpose belongs to one room: its statements make the tables of the file. Files are apart so that
 * a country's, or a strand's, can be handed over, or destroyed, without the others; each has its own
 * key, derived from the study's.
 *
 * Order of every "put": the content goes into its file in one transaction, then the register and
 * the ledger name it in one transaction. Only what the register names exists; a run that ends between
 * the two leaves an unnamed snapshot, which the next put of the same content takes up. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "keep/inside.h"
#include "keep/keys.h"
#include "keep/register.h"

#include "gen/keep_register_sql.h" /* wants struct tf_named_sql */

char *tf_keep_path(struct tf_arena *arena, const char *study_dir, const char *name)
{
    return tf_path_join(arena, tf_path_join(arena, study_dir, ".trefoil"), name);
}

static enum tf_code make_folder(const char *path, struct tf_err *reterr)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_IO, path, 0, 0, "the folder of the vault could not be made");
    return tf_fact(reterr, "%s", strerror(errno));
}

enum tf_code tf_keep_folder(struct tf_arena *arena, const char *study_dir, struct tf_err *reterr)
{
    if (!tf_dir_exists(study_dir))
        return tf_fail(reterr, TF_E_IO, "there is no folder '%s'", study_dir);
    TF_TRY(make_folder(tf_path_join(arena, study_dir, ".trefoil"), reterr));
    return make_folder(tf_keep_path(arena, study_dir, "vault"), reterr);
}

enum tf_code tf_keep_folder_for(struct tf_arena *arena, const char *path, struct tf_err *reterr)
{
    const char *folder = tf_path_dir(arena, path);
    if (tf_dir_exists(folder))
        return TF_OK;
    if (strlen(folder) > 1 && strcmp(tf_path_name(folder), ".trefoil") != 0)
        TF_TRY(tf_keep_folder_for(arena, folder, reterr));
    return make_folder(folder, reterr);
}

static bool is_word(const char *s)
{
    const size_t n = strlen(s);
    return n > 0 && n <= 64 && s[0] != '.' &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == n;
}

enum tf_code tf_vault_name(struct tf_arena *arena, const char *country, const char *strand,
                           const char *purpose, char **ret, struct tf_err *reterr)
{
    const char *part[3] = {country == NULL || country[0] == '\0' ? "all" : country, strand, purpose};
    for (size_t k = 0; k < 3; k++)
        if (!is_word(part[k])) {
            (void)tf_fail(reterr, TF_E_INPUT, "'%.80s' cannot be part of a file name", part[k]);
            return tf_help(reterr, "Use letters, digits, '_', '-' and '.'.");
        }
    *ret = tf_printf(arena, "vault/%s-%s-%s.db", part[0], part[1], part[2]);
    return TF_OK;
}

bool tf_vault_has(struct tf_arena *arena, const struct tf_keep *keep, const char *country,
                  const char *strand, const char *purpose)
{
    char *name;
    return tf_vault_name(arena, country, strand, purpose, &name, NULL) == TF_OK &&
           tf_file_exists(tf_keep_path(arena, keep->dir, name));
}

enum tf_code tf_vault_open(struct tf_arena *arena, const char *study_dir,
                           const struct tf_key *key, const char *name, enum tf_db_mode mode,
                           const struct tf_named_sql *statements, struct tf_db **ret,
                           struct tf_err *reterr)
{
    const unsigned char *own;
    TF_TRY(tf_key_need(arena, key, name, mode == TF_DB_CREATE, &own, reterr));
    return tf_db_open(arena, tf_keep_path(arena, study_dir, name), mode, own, statements, ret, reterr);
}

/* ---- The register ---------------------------------------------------------------------------- */

const struct tf_named_sql *tf_register_statements(void)
{
    return tf_keep_register_sql;
}

static enum tf_code open_register(struct tf_arena *arena, const char *study_dir,
                                  const struct tf_key *key, bool create, struct tf_register **ret,
                                  struct tf_err *reterr)
{
    struct tf_register *reg = TF_NEW(arena, struct tf_register);
    reg->arena = arena;
    reg->dir = tf_strdup(arena, study_dir);
    reg->memory = tf_keep_path(arena, study_dir, "keys/head");
    reg->agent = key->agent;
    if (create)
        TF_TRY(tf_keep_folder_for(arena, reg->memory, reterr));
    TF_TRY(tf_vault_open(arena, study_dir, key, "register.db",
                         create ? TF_DB_CREATE : TF_DB_WRITE, tf_keep_register_sql, &reg->db,
                         reterr));
    *ret = reg;
    return TF_OK;
}

enum tf_code tf_register_open(struct tf_arena *arena, const char *study_dir, bool create,
                              struct tf_register **ret, struct tf_err *reterr)
{
    struct tf_key *key;
    TF_TRY(tf_key_open(arena, study_dir, create, &key, reterr));
    return open_register(arena, study_dir, key, create, ret, reterr);
}

/* ---- The whole ------------------------------------------------------------------------------- */

enum tf_code tf_keep_open(struct tf_arena *arena, const char *study_dir, bool create,
                          struct tf_keep **ret, struct tf_err *reterr)
{
    struct tf_keep *keep = TF_NEW(arena, struct tf_keep);
    keep->arena = arena;
    keep->dir = tf_strdup(arena, study_dir);
    keep->create = create;
    TF_TRY(tf_key_open(arena, study_dir, create, &keep->key, reterr));
    TF_TRY(open_register(arena, study_dir, keep->key, create, &keep->reg, reterr));
    *ret = keep;
    return TF_OK;
}

struct tf_register *tf_keep_register(struct tf_keep *keep)
{
    return keep->reg;
}

enum tf_code tf_keep_file(struct tf_keep *keep, const char *country, const char *strand,
                          const char *purpose, const struct tf_named_sql *statements,
                          struct tf_db **ret, struct tf_err *reterr)
{
    char *name;
    struct tf_db *db;
    TF_TRY(tf_vault_name(keep->arena, country, strand, purpose, &name, reterr));
    for (struct open_file *f = keep->open; f != NULL; f = f->next)
        if (strcmp(f->name, name) == 0 && f->statements == statements) {
            *ret = f->db;
            return TF_OK;
        }
    if (!keep->create && !tf_file_exists(tf_keep_path(keep->arena, keep->dir, name))) {
        (void)tf_fail(reterr, TF_E_STALE, "%s: nothing of this kind is in the vault yet", country);
        (void)tf_fact(reterr, "there is no %s", name);
        return tf_help(reterr, "`trefoil tell report %s` brings all files of the country in.", country);
    }
    if (keep->create)
        TF_TRY(tf_keep_folder(keep->arena, keep->dir, reterr));
    TF_TRY(tf_vault_open(keep->arena, keep->dir, keep->key, name,
                         keep->create ? TF_DB_CREATE : TF_DB_WRITE, statements, &db, reterr));
    struct open_file *f = TF_NEW(keep->arena, struct open_file);
    *f = (struct open_file){.name = name, .statements = statements, .db = db, .next = keep->open};
    keep->open = f;
    *ret = db;
    return TF_OK;
}

enum tf_code tf_keep_altered(struct tf_err *reterr, const char *evidence)
{
    (void)tf_fail(reterr, TF_E_REFUSED, "the content of '%s' is not what was put in", evidence);
    (void)tf_fact(reterr, "its hash differs from the registered one");
    return tf_help(reterr, "Import it again, or put back a copy of the .trefoil folder.");
}
