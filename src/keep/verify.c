/* Is the vault whole? Every file opens with its key, every piece of evidence that lies in the vault
 * still has its hash, the ledger's chain holds, and the files that were imported are the files that
 * stand in the study now.
 *
 * All is looked at; a fault found does not end the search. Nothing is changed. What other rooms put
 * into files of their own (estimates) is proved here as far as opening goes: each page of a file is
 * authenticated, and those rooms prove their content when they read it. */
#include <jansson.h>
#include <string.h>

#include "keep/escrow.h"
#include "keep/head.h"
#include "keep/inside.h"
#include "keep/keyring.h"
#include "keep/rows.h"
#include "keep/stage.h"

#include "gen/keep_datasets_sql.h" /* wants struct tf_named_sql */

static const struct tf_named_sql no_statements[] = {
    {NULL, NULL}
};

static void check_files(struct tf_arena *arena, const struct tf_keep *keep, struct tf_notices *out)
{
    const char *folder = tf_keep_path(arena, keep->dir, "vault");
    struct tf_err err;
    char **name;
    size_t n;
    if (!tf_dir_exists(folder))
        return;
    if (tf_dir_list(arena, folder, &name, &n, &err) != TF_OK) {
        tf_notice_err(out, "vault", &err);
        return;
    }
    for (size_t k = 0; k < n; k++) {
        struct tf_db *db;
        if (!tf_ends(name[k], ".db"))
            continue;
        const char *file = tf_printf(arena, "vault/%s", name[k]);
        bool rows = false;
        for (size_t j = 0; tf_dataset_purposes[j] != NULL; j++)
            rows = rows || tf_ends(name[k], tf_printf(arena, "-%s.db", tf_dataset_purposes[j]));
        const unsigned char *own;
        if (keep->key->ring != NULL &&
            tf_key_need(arena, keep->key, file, false, &own, &err) != TF_OK) {
            tf_notice_add(out, TF_NOTE, "not-held", file, 0, 0, "Another custodian verifies it.",
                          "this file was not looked into: %s", err.what);
            continue;
        }
        if (tf_vault_open(arena, keep->dir, keep->key, file, rows ? TF_DB_WRITE : TF_DB_READ,
                          rows ? tf_keep_datasets_sql : no_statements, &db, &err) != TF_OK) {
            tf_notice_err(out, "vault-file", &err);
            continue;
        }
        if (rows && tf_rows_prove(arena, db, file, out, &err) != TF_OK)
            tf_notice_err(out, "vault-file", &err);
        tf_db_close(db);
    }
}

/* The file that a dataset came from: is it still what was imported? */
static void check_source(struct tf_arena *arena, const struct tf_keep *keep,
                         const struct tf_evidence *e, struct tf_notices *out)
{
    const char *path = tf_path_join(arena, keep->dir, e->file);
    struct tf_hash now;
    struct tf_err err;
    json_t *detail = json_loads(e->detail, 0, NULL);
    const char *then = json_string_value(json_object_get(detail, "file_hash"));
    if (then != NULL && then[0] != '\0' && e->file[0] != '\0' && tf_file_exists(path) &&
        tf_file_hash(path, &now, &err) == TF_OK && strcmp(now.hex, then) != 0)
        tf_notice_add(out, TF_WARNING, "stale", path, 0, 0,
                      "`trefoil keep import` takes the new one in; what was made from the old one "
                      "is then made anew.",
                      "this file has changed since '%s' was imported from it", e->id);
    json_decref(detail);
}

static void check_dataset(struct tf_keep *keep, const struct tf_evidence *e, struct tf_notices *out)
{
    struct tf_arena *scratch = tf_arena_new("proving a dataset", (size_t)3 << 30);
    struct tf_table *t;
    struct tf_err err;
    bool found;
    if (tf_keep_dataset_get(scratch, keep, e->country, e->strand, e->name, &found, &t, NULL,
                            &err) != TF_OK)
        tf_notice_err(out, "dataset", &err);
    check_source(scratch, keep, e, out);
    tf_arena_free(scratch);
}

static void check_counts(struct tf_arena *arena, const struct tf_keep *keep, const char *country,
                         struct tf_notices *out)
{
    struct tf_counts *counts;
    struct tf_series *series;
    struct tf_err err;
    size_t n;
    if (tf_counts_open(arena, keep->dir, country, false, &counts, &err) != TF_OK ||
        tf_counts_all(arena, counts, &series, &n, &err) != TF_OK)
        tf_notice_err(out, "series", &err);
}

static void check_interviews(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                             struct tf_notices *out)
{
    struct tf_participant *p;
    struct tf_transcript *t;
    struct tf_err err;
    size_t n;
    if (tf_keep_participants_get(arena, keep, country, &p, &n, &err) != TF_OK ||
        tf_keep_transcripts_get(arena, keep, country, &t, &n, &err) != TF_OK)
        tf_notice_err(out, "interviews", &err);
}

/* Did a retention date come for this file? Then it is missing by right. */
static bool was_destroyed(struct tf_arena *arena, const struct tf_keep *keep, const char *name)
{
    struct tf_ledger_entry *list;
    struct tf_err ignored;
    size_t n;
    bool found = false;
    if (tf_ledger_list(arena, keep->reg, &list, &n, &ignored) != TF_OK)
        return false;
    for (size_t k = 0; k < n; k++)
        found =
            found || (strcmp(list[k].act, "destroy") == 0 && strcmp(list[k].subject, name) == 0);
    return found;
}

/* Is this dataset's file open to whoever looks? What they hold no key of is not judged. */
static bool is_open(struct tf_arena *arena, const struct tf_keep *keep, const struct tf_evidence *e,
                    const char *purpose)
{
    const unsigned char *own;
    struct tf_err ignored;
    char *name;
    if (tf_vault_name(arena, e->country, e->strand, purpose, &name, NULL) != TF_OK)
        return true;
    if (!tf_file_exists(tf_keep_path(arena, keep->dir, name)) && was_destroyed(arena, keep, name))
        return false;
    return keep->key->ring == NULL ||
           tf_key_need(arena, keep->key, name, false, &own, &ignored) == TF_OK;
}

/* Every wrapped key is there, for somebody; the keyring was made by who holds keys; sealed files
 * open. */
static void check_keys(struct tf_arena *arena, const struct tf_keep *keep, struct tf_notices *out)
{
    struct tf_names files = {.n = 0};
    struct keyring *ring;
    struct tf_err err;
    if (tf_keyring_exists(arena, keep->dir)) {
        const unsigned char *register_key;
        if (tf_keyring_read(arena, keep->dir, &ring, &err) != TF_OK ||
            tf_key_need(arena, keep->key, "register.db", false, &register_key, &err) != TF_OK ||
            tf_keyring_proved(arena, ring, register_key, &err) != TF_OK)
            tf_notice_err(out, "keyring", &err);
    }
    if (tf_tree_files(arena, tf_keep_path(arena, keep->dir, ""), "keys", &files, &err) != TF_OK)
        tf_notice_err(out, "keys", &err);
    for (size_t k = 0; k < files.n; k++) {
        struct tf_arena *scratch;
        const unsigned char *plain;
        size_t n;
        if (!tf_ends(files.name[k], ".sealed"))
            continue;
        scratch = tf_arena_new("proving a key", (size_t)1 << 30);
        const enum tf_code code =
            tf_secret_read(scratch, keep->key, files.name[k], &plain, &n, &err);
        if (code != TF_OK && !tf_starts(err.what, "who unlocked"))
            tf_notice_err(out, "keys", &err);
        tf_arena_free(scratch);
    }
    if (tf_escrow_check(arena, keep->dir, out, &err) != TF_OK)
        tf_notice_err(out, "escrow", &err);
}

/* Each country once, when the evidence (ordered by id) first names it for that purpose. */
static bool first_of(const struct tf_evidence *list, size_t k, const char *kind)
{
    if (strcmp(list[k].kind, kind) != 0)
        return false;
    for (size_t j = 0; j < k; j++)
        if (strcmp(list[j].kind, kind) == 0 && strcmp(list[j].country, list[k].country) == 0)
            return false;
    return true;
}

void tf_keep_check(struct tf_arena *arena, const char *study_dir, struct tf_notices *out)
{
    struct tf_evidence *list;
    struct tf_keep *keep;
    struct tf_err err;
    size_t n, entries;
    if (!tf_file_exists(tf_keep_path(arena, study_dir, "register.db")))
        return; /* no vault yet */
    if (tf_keep_open(arena, study_dir, false, &keep, &err) != TF_OK) {
        tf_notice_err(out, "vault", &err);
        return;
    }
    if (tf_ledger_verify(keep->reg, &entries, &err) != TF_OK)
        tf_notice_err(out, "ledger", &err);
    if (tf_head_check(arena, keep->reg, &err) != TF_OK)
        tf_notice_err(out, "rolled-back", &err);
    check_files(arena, keep, out);
    check_keys(arena, keep, out);
    if (tf_evidence_list(arena, keep->reg, "", &list, &n, &err) != TF_OK) {
        tf_notice_err(out, "register", &err);
        return;
    }
    for (size_t k = 0; k < n; k++) {
        if (strcmp(list[k].kind, "dataset") == 0 &&
            is_open(arena, keep, &list[k], tf_dataset_purpose(keep, list[k].name)))
            check_dataset(keep, &list[k], out);
        if (first_of(list, k, "series") && is_open(arena, keep, &list[k], "counts"))
            check_counts(arena, keep, list[k].country, out);
        if ((first_of(list, k, "transcript") || first_of(list, k, "participants")) &&
            is_open(arena, keep, &list[k], "interviews"))
            check_interviews(arena, keep, list[k].country, out);
    }
}
