/* Datasets: snapshots of tables, kept by content.
 *
 * A snapshot is what a file held when it was imported, before any cleaning: names, labels, values,
 * and for each value that is not there the reason. It is never changed; another delivery is another
 * snapshot, and the register says which is current. One row per column, its values in one blob:
 *
 *     numbers: 8 bytes each | texts: length and bytes each
 *     reasons: 1 byte each
 *     labels:  how many, then code (8 bytes), text code, label
 *
 * On reading the table's hash is computed anew and must be the registered one: whatever happened
 * between, no estimate is made from other content than was imported. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/import.h"
#include "keep/inside.h"
#include "keep/rows.h"
#include "keep/withdraw.h"
#include "keep/void.h"

#include "gen/keep_datasets_sql.h" /* wants struct tf_named_sql */

enum { PACKED = 1, ROWS = 2 }; /* how a column's blob lies; ROWS: its values are in the rows */
static const size_t scratch_limit = (size_t)2 << 30;

/* ---- Writing --------------------------------------------------------------------------------- */

/* Without rows: those lie apart, each under its participant's key (rows.c). */
static void column_blob(struct tf_buf *b, const struct tf_column *c, size_t n_rows)
{
    for (size_t row = 0; row < n_rows; row++)
        if (c->type == TF_NUMBER)
            tf_blob_double(b, c->num[row]);
        else
            tf_blob_text(b, c->text[row]);
    tf_buf_addn(b, c->miss, n_rows);
    tf_blob_u32(b, (uint32_t)c->n_labels);
    for (size_t k = 0; k < c->n_labels; k++) {
        tf_blob_double(b, c->labels[k].value);
        tf_blob_text(b, c->labels[k].text);
        tf_blob_text(b, c->labels[k].label);
    }
}

static enum tf_code write_column(struct tf_db *db, const char *hash, const struct tf_table *t,
                                 size_t at, bool rows, struct tf_err *reterr)
{
    const struct tf_column *c = &t->col[at];
    struct tf_arena *scratch = tf_arena_new_wiped("writing a column", scratch_limit);
    struct tf_buf blob = {.arena = scratch};
    const void *data;
    size_t n;
    bool packed;
    struct tf_stmt *q;
    column_blob(&blob, c, rows ? 0 : t->n_rows);
    tf_blob_pack(scratch, &blob, &data, &n, &packed);
    enum tf_code code = tf_sql(db, "column_add", &q, reterr);
    if (code == TF_OK) {
        tf_bind_text(q, 1, hash);
        tf_bind_int(q, 2, (int64_t)at);
        tf_bind_text(q, 3, c->name);
        tf_bind_text(q, 4, c->label);
        tf_bind_int(q, 5, c->type == TF_TEXT);
        tf_bind_int(q, 6, c->flags);
        tf_bind_int(q, 7, (packed ? PACKED : 0) | (rows ? ROWS : 0));
        tf_bind_int(q, 8, (int64_t)blob.n);
        tf_bind_blob(q, 9, data, n);
        code = tf_run(q, reterr);
    }
    tf_arena_free(scratch);
    return code;
}

static enum tf_code write_snapshot(struct tf_db *db, const char *dataset, const char *hash,
                                   const struct tf_table *t, const struct tf_record_key *owner,
                                   struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(db, "snapshot_add", &q, reterr));
    tf_bind_text(q, 1, hash);
    tf_bind_text(q, 2, dataset);
    tf_bind_text(q, 3, t->name);
    tf_bind_int(q, 4, (int64_t)t->n_rows);
    tf_bind_int(q, 5, (int64_t)t->n_cols);
    tf_bind_int(q, 6, t->flags);
    TF_TRY(tf_run(q, reterr));
    for (size_t k = 0; k < t->n_cols; k++) {
        TF_TRY(write_column(db, hash, t, k, owner != NULL, reterr));
        if (tf_interrupted())
            return tf_fail(reterr, TF_E_INTERRUPTED, "interrupted; nothing was changed");
    }
    return owner == NULL ? TF_OK : tf_rows_write(db, hash, t, owner, reterr);
}

static enum tf_code has_snapshot(struct tf_db *db, const char *hash, bool *ret,
                                 struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(db, "snapshot_by_hash", &q, reterr));
    tf_bind_text(q, 1, hash);
    *ret = tf_step(q, &code, reterr);
    return *ret ? tf_run(q, reterr) : code;
}

static enum tf_code store(struct tf_db *db, const char *dataset, const char *hash,
                          const struct tf_table *t, const struct tf_record_key *owner,
                          struct tf_err *reterr)
{
    struct tf_stmt *q;
    bool there;
    TF_TRY(has_snapshot(db, hash, &there, reterr));
    if (there)
        return TF_OK;
    if (owner != NULL) { /* a file of an older program has no table of rows */
        TF_TRY(tf_sql(db, "row_table", &q, reterr));
        TF_TRY(tf_run(q, reterr));
    }
    TF_TRY(tf_db_begin(db, reterr));
    enum tf_code code = write_snapshot(db, dataset, hash, t, owner, reterr);
    if (code == TF_OK)
        code = tf_db_commit(db, reterr);
    if (code != TF_OK)
        tf_db_rollback(db);
    return code;
}

/* Each row under its participant's key, where the study says whose it is. Nothing is taken in of who
 * withdrew: the caller left those rows out (tf_rows_allowed), so that the hash is of what is kept. */
static enum tf_code store_rows(struct tf_arena *scratch, struct tf_keep *keep, struct tf_db *db,
                               const char *country, const char *dataset, const char *hash,
                               const struct tf_table *t, struct tf_err *reterr)
{
    struct tf_record_key *owner = NULL;
    const char **who;
    TF_TRY(tf_rows_owners(scratch, keep, dataset, t, &who, reterr));
    if (who != NULL)
        TF_TRY(tf_record_keys(scratch, keep->key, country, who, t->n_rows, true, &owner, reterr));
    for (size_t row = 0; who != NULL && row < t->n_rows; row++)
        if (owner[row].state != TF_RECORD_HELD) {
            (void)tf_fail(reterr, TF_E_REFUSED, "row %zu of '%s' is of a participant who withdrew",
                          row + 1, dataset);
            return tf_help(reterr, "Nothing of theirs may be kept; leave the row out.");
        }
    return store(db, dataset, hash, t, owner, reterr);
}

/* What the register may know of a dataset: counts and hashes. masks: what was void, or "". */
static const char *dataset_detail(struct tf_arena *arena, const struct tf_table *t,
                                  const struct tf_hash *file_hash, const char *masks)
{
    return tf_printf(arena, "{\"columns\":%zu,\"file_hash\":\"%s\",\"rows\":%zu%s%s%s}", t->n_cols,
                     file_hash == NULL ? "" : file_hash->hex, t->n_rows,
                     masks[0] == '\0' ? "" : ",\"void\":\"", masks, masks[0] == '\0' ? "" : "\"");
}

static enum tf_code put(struct tf_keep *keep, const char *country, const char *strand,
                        const char *dataset, const char *title, const struct tf_table *t,
                        const char *source_file, const struct tf_hash *file_hash,
                        const char *masks, const char **ret_evidence, struct tf_err *reterr)
{
    const struct tf_hash hash = tf_table_hash(t);
    struct tf_arena *scratch = tf_arena_new("putting a dataset", scratch_limit);
    struct tf_db *db;
    enum tf_code code =
        tf_keep_file(keep, country, strand, tf_dataset_purpose(keep, dataset), tf_keep_datasets_sql, &db, reterr);
    if (code == TF_OK)
        code = store_rows(scratch, keep, db, country, dataset, hash.hex, t, reterr);
    tf_arena_free(scratch);
    TF_TRY(code);
    const struct tf_evidence e = {.kind = "dataset",
                                  .country = country,
                                  .strand = strand,
                                  .name = dataset,
                                  .title = title,
                                  .hash = hash.hex,
                                  .file = source_file,
                                  .detail = dataset_detail(keep->arena, t, file_hash, masks)};
    return tf_evidence_put(keep->reg, &e, ret_evidence, reterr);
}

enum tf_code tf_dataset_put_again(struct tf_keep *keep, const struct tf_evidence *e,
                                  const struct tf_table *t, const char **ret_evidence,
                                  struct tf_err *reterr)
{
    json_t *detail = json_loads(e->detail, 0, NULL);
    const char *was = json_string_value(json_object_get(detail, "file_hash")),
               *masks = json_string_value(json_object_get(detail, "void"));
    struct tf_hash hash = {.hex = ""};
    if (was != NULL && strlen(was) < sizeof hash.hex)
        memcpy(hash.hex, was, strlen(was) + 1);
    masks = tf_strdup(keep->arena, masks == NULL ? "" : masks);
    json_decref(detail);
    return put(keep, e->country, e->strand, e->name, e->title, t, e->file,
               hash.hex[0] == '\0' ? NULL : &hash, masks, ret_evidence, reterr);
}

enum tf_code tf_keep_dataset_put(struct tf_keep *keep, const char *country, const char *strand,
                                 const char *dataset, const char *title, const struct tf_table *t,
                                 const char *source_file, const struct tf_hash *file_hash,
                                 const char **ret_evidence, struct tf_err *reterr)
{
    return put(keep, country, strand, dataset, title, t, source_file, file_hash, "", ret_evidence,
               reterr);
}

enum tf_code tf_keep_dataset_forget(struct tf_keep *keep, const char *country, const char *strand,
                                    const char *dataset, const char *hash, struct tf_err *reterr)
{
    struct tf_stmt *q;
    struct tf_db *db;
    TF_TRY(tf_keep_file(keep, country, strand, tf_dataset_purpose(keep, dataset), tf_keep_datasets_sql, &db, reterr));
    TF_TRY(tf_sql(db, "snapshot_forget", &q, reterr));
    tf_bind_text(q, 1, dataset);
    tf_bind_text(q, 2, hash);
    return tf_run(q, reterr);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static bool read_values(struct tf_table *t, size_t at, size_t n_rows, struct blob_reader *r)
{
    struct tf_column *c = &t->col[at];
    for (size_t row = 0; row < n_rows && !r->broken; row++)
        if (c->type == TF_NUMBER)
            c->num[row] = tf_unblob_double(r);
        else
            c->text[row] = tf_unblob_text(t->arena, r);
    const unsigned char *miss = tf_unblob_bytes(r, n_rows);
    if (miss == NULL)
        return false;
    memcpy(c->miss, miss, n_rows);
    const uint32_t n = tf_unblob_u32(r);
    if (n > (size_t)(r->end - r->at)) /* each takes more than a byte */
        return false;
    c->labels = TF_NEW_N(t->arena, struct tf_label, n);
    c->n_labels = n;
    for (uint32_t k = 0; k < n; k++) {
        c->labels[k].value = tf_unblob_double(r);
        c->labels[k].text = tf_unblob_text(t->arena, r);
        c->labels[k].label = tf_unblob_text(t->arena, r);
    }
    return !r->broken && r->at == r->end;
}

static bool read_column(struct tf_arena *scratch, struct tf_stmt *q, struct tf_table *t,
                        bool *ret_rows)
{
    const enum tf_type type = tf_col_int(q, 2) == 1 ? TF_TEXT : TF_NUMBER;
    const size_t at = tf_table_add(t, tf_col_text(t->arena, q, 0), type);
    const unsigned char *plain;
    size_t n;
    t->col[at].label = tf_col_text(t->arena, q, 1);
    t->col[at].flags = (unsigned)tf_col_int(q, 3);
    const void *data = tf_col_blob(scratch, q, 6, &n);
    const size_t size = (size_t)tf_col_int(q, 5);
    const int64_t how = tf_col_int(q, 4);
    *ret_rows = (how & ROWS) != 0;
    if (!tf_blob_unpack(scratch, data, n, (how & PACKED) != 0, size, &plain))
        return false;
    struct blob_reader r = {.at = plain, .end = plain + size};
    return read_values(t, at, *ret_rows ? 0 : t->n_rows, &r);
}

static enum tf_code read_columns(struct tf_db *db, const char *hash, struct tf_table *t,
                                 bool *ret_whole, bool *ret_rows, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(db, "column_list", &q, reterr));
    tf_bind_text(q, 1, hash);
    *ret_whole = true;
    while (tf_step(q, &code, reterr)) {
        struct tf_arena *scratch = tf_arena_new_wiped("reading a column", scratch_limit);
        *ret_whole = *ret_whole && read_column(scratch, q, t, ret_rows);
        tf_arena_free(scratch);
    }
    return code;
}

enum tf_code tf_snapshot_read(struct tf_arena *arena, struct tf_keep *keep, struct tf_db *db,
                              const struct tf_evidence *e, struct tf_table **ret,
                              size_t *ret_withdrawn, struct tf_err *reterr)
{
    struct tf_table *t = NULL;
    struct tf_stmt *q;
    enum tf_code code;
    size_t n_cols = 0;
    bool whole, rows = false;
    *ret_withdrawn = 0;
    TF_TRY(tf_sql(db, "snapshot_by_hash", &q, reterr));
    tf_bind_text(q, 1, e->hash);
    while (tf_step(q, &code, reterr)) {
        t = tf_table_new(arena, tf_col_text(arena, q, 0), (size_t)tf_col_int(q, 1));
        n_cols = (size_t)tf_col_int(q, 2);
        t->flags = (unsigned)tf_col_int(q, 3);
    }
    TF_TRY(code);
    if (t == NULL)
        return tf_keep_altered(reterr, e->id);
    TF_TRY(read_columns(db, e->hash, t, &whole, &rows, reterr));
    if (whole && rows)
        TF_TRY(tf_rows_read(arena, keep, db, e->country, e->hash, t, ret_withdrawn, &whole, reterr));
    if (whole && *ret_withdrawn > 0 && t->n_cols == n_cols) {
        *ret = t; /* some withdrew since: what is left is sound row by row, and is another dataset */
        return TF_OK;
    }
    if (!whole || t->n_cols != n_cols || strcmp(tf_table_hash(t).hex, e->hash) != 0)
        return tf_keep_altered(reterr, e->id);
    *ret = t;
    return TF_OK;
}

enum tf_code tf_keep_dataset_get(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                                 const char *strand, const char *dataset, bool *ret_found,
                                 struct tf_table **ret, struct tf_evidence *ret_ev,
                                 struct tf_err *reterr)
{
    struct tf_evidence e;
    struct tf_table *t;
    struct tf_db *db;
    bool found;
    TF_TRY(tf_evidence_current(arena, keep->reg, "dataset", country, dataset, &found, &e, reterr));
    if (found) {
        TF_TRY(tf_keep_file(keep, country, strand, tf_dataset_purpose(keep, dataset), tf_keep_datasets_sql, &db, reterr));
        size_t withdrawn;
        TF_TRY(tf_snapshot_read(arena, keep, db, &e, &t, &withdrawn, reterr));
        if (withdrawn > 0) { /* a withdrawal, or a restore of what was before one, was not finished */
            TF_TRY(tf_withdraw_finish(keep, country, NULL, reterr));
            TF_TRY(tf_evidence_current(arena, keep->reg, "dataset", country, dataset, &found, &e,
                                       reterr));
            TF_TRY(tf_snapshot_read(arena, keep, db, &e, &t, &withdrawn, reterr));
        }
        *ret = t;
        if (ret_ev != NULL)
            *ret_ev = e;
    }
    *ret_found = found;
    return TF_OK;
}

/* ---- A file as a snapshot --------------------------------------------------------------------- */

/* Was this very file the one imported last, with the same items void? Then there is nothing to read. */
static bool same_file(const struct tf_evidence *e, const struct tf_hash *hash, const char *masks)
{
    json_t *detail = json_loads(e->detail, 0, NULL);
    const char *was = json_string_value(json_object_get(detail, "file_hash"));
    const char *masked = json_string_value(json_object_get(detail, "void"));
    const bool same = was != NULL && strcmp(was, hash->hex) == 0 &&
                      strcmp(masked == NULL ? "" : masked, masks) == 0;
    json_decref(detail);
    return same;
}

/* The path as given, else below the study; and as the register names it: relative to the study. */
static const char *find_file(struct tf_arena *arena, const char *dir, const char *path,
                             const char **ret_name)
{
    const char *below = tf_path_join(arena, dir, path);
    const char *found = tf_file_exists(path) ? path : below;
    const size_t n = strlen(dir);
    *ret_name = found == below ? path : tf_path_name(path);
    if (strncmp(found, dir, n) == 0 && found[n] == '/')
        *ret_name = found + n + 1;
    return found;
}

/* What study.yaml says of the dataset; a folder without one (a test's) says nothing. */
static enum tf_code declared(struct tf_arena *arena, const char *study_dir, const char *dataset,
                             const struct tf_dataset **ret, struct tf_err *reterr)
{
    struct tf_study *s;
    if (!tf_file_exists(tf_path_join(arena, study_dir, "study.yaml")))
        return TF_OK;
    TF_TRY(tf_study_read(arena, study_dir, &s, reterr));
    *ret = tf_study_dataset(s, dataset);
    return TF_OK;
}

enum tf_code tf_keep_import_file(struct tf_arena *arena, struct tf_keep *keep,
                                 const char *study_dir, const char *path, const char *country,
                                 const char *strand, const char *dataset, const char *title,
                                 const char **ret_evidence, bool *ret_changed,
                                 struct tf_err *reterr)
{
    const char *name, *file = find_file(arena, study_dir, path, &name), *id;
    struct tf_evidence before = {.id = ""};
    struct tf_table *t;
    struct tf_hash hash;
    bool found;
    const struct tf_dataset *d = NULL;
    TF_TRY(tf_file_hash(file, &hash, reterr));
    TF_TRY(declared(arena, study_dir, dataset, &d, reterr));
    const char *masks = tf_void_hash(arena, d, country);
    TF_TRY(tf_evidence_current(arena, keep->reg, "dataset", country, dataset, &found, &before,
                               reterr));
    if (found && same_file(&before, &hash, masks)) {
        *ret_evidence = before.id;
        *ret_changed = false;
        return TF_OK;
    }
    struct tf_arena *scratch = tf_arena_new_wiped("importing a file", (size_t)3 << 30);
    enum tf_code code = tf_import_file(scratch, file, &t, reterr);
    if (code == TF_OK && d != NULL)
        code = tf_void_apply(d, country, t, NULL, NULL, reterr);
    size_t left_out = 0;
    if (code == TF_OK)
        code = tf_rows_allowed(scratch, keep, country, dataset, t, &left_out, reterr);
    if (code == TF_OK)
        code = put(keep, country, strand, dataset, title, t, name, &hash, masks, &id, reterr);
    tf_arena_free(scratch);
    TF_TRY(code);
    *ret_evidence = tf_strdup(arena, id);
    *ret_changed = strcmp(id, before.id) != 0;
    return TF_OK;
}
