/* Rows under their participants' keys.
 *
 * Where a dataset's declaration names the variable that says who a row is (`id_var`), the values of
 * each row lie in one piece under the record key of that participant:
 *
 *     nonce (24) | XChaCha20-Poly1305 of the row | associated data: snapshot hash, row number
 *
 *     row:  for each column one byte, then what it announces
 *           0 … 200    a number: this whole number            (most coded answers: one byte)
 *           201 + m    missing for reason m (a number: NaN, a text: "")
 *           254        a number: 8 bytes, then its reason
 *           255        a text: its reason, length, bytes
 *
 * The vault's file is encrypted as a whole besides. When the key is destroyed the row can be read
 * by nobody, wherever a copy lies. Beside each piece stands its hash: a snapshot out of which
 * somebody withdrew can still be proved, the hash of what is gone staying in its place. What is
 * common to all (names, labels, reasons that a column knows) lies in the columns, as before.
 *
 * Of a repeat's table the rows belong to a record (the first part of PARENT_KEY), which has a key
 * of its own; it is destroyed with the participant's. */
#include "keep/rows.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask/ask.h"

enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    WHO = 16,
    SEAL = 16
};
enum { SMALL = 200, MISSING = 201, NUMBER = 254, TEXT = 255 };
static const size_t scratch_limit = (size_t)2 << 30;

/* ---- Whose ----------------------------------------------------------------------------------- */

/* The dataset, or the one of which this is a repeat ("child.roster" of "child"). */
static const struct tf_dataset *
dataset_of(const struct tf_study *s, const char *name, bool *ret_repeat)
{
    for (size_t k = 0; k < s->n_datasets; k++) {
        const char *id = s->dataset[k].id;
        const size_t n = strlen(id);
        if (strcmp(id, name) == 0 ||
            (strncmp(id, name, n) == 0 && name[n] == '.' && tf_study_dataset(s, name) == NULL)) {
            *ret_repeat = name[n] == '.';
            return &s->dataset[k];
        }
    }
    return NULL;
}

const char *const tf_dataset_purposes[] = {"response", "identity", "qual", "survivors", NULL};

const struct tf_study *tf_keep_study(struct tf_keep *keep)
{
    struct tf_study *s;
    struct tf_err ignored;
    if (!keep->asked && tf_file_exists(tf_path_join(keep->arena, keep->dir, "study.yaml")) &&
        tf_study_read(keep->arena, keep->dir, &s, &ignored) == TF_OK)
        keep->study = s;
    keep->asked = true;
    return keep->study;
}

const char *tf_dataset_purpose(struct tf_keep *keep, const char *dataset)
{
    const struct tf_study *s = tf_keep_study(keep);
    bool repeat;
    const struct tf_dataset *d = s == NULL ? NULL : dataset_of(s, dataset, &repeat);
    for (size_t k = 0; d != NULL && k < s->n_forms; k++) {
        if (!tf_streq(s->form[k].dataset, d->id) || s->form[k].purpose == NULL)
            continue;
        for (size_t j = 0; tf_dataset_purposes[j] != NULL; j++)
            if (strcmp(tf_dataset_purposes[j], s->form[k].purpose) == 0)
                return tf_dataset_purposes[j];
    }
    return tf_dataset_purposes[0];
}

static const char *value_text(struct tf_arena *arena, const struct tf_column *c, size_t row)
{
    if (c->miss[row] != TF_PRESENT)
        return "";
    if (c->type == TF_TEXT)
        return c->text[row] == NULL ? "" : c->text[row];
    return tf_double_text(arena, c->num[row]);
}

enum tf_code tf_rows_owners(struct tf_arena *arena, struct tf_keep *keep, const char *dataset,
                            const struct tf_table *t, const char ***ret, struct tf_err *reterr)
{
    const struct tf_study *s = tf_keep_study(keep);
    bool repeat = false;
    *ret = NULL;
    (void)reterr;
    const struct tf_dataset *d = s == NULL ? NULL : dataset_of(s, dataset, &repeat);
    if (d == NULL || d->id_var == NULL)
        return TF_OK;
    size_t at = tf_table_find(t, d->id_var); /* rows of repeats carry it, too */
    repeat = repeat && at >= SIZE_MAX - 1;
    if (repeat)
        at = tf_table_find(t, "PARENT_KEY");
    if (at >= SIZE_MAX - 1)
        return TF_OK; /* who the rows are is not in the file: measure and check say so */
    const char **who = TF_NEW_N(arena, const char *, t->n_rows + 1);
    for (size_t row = 0; row < t->n_rows; row++) {
        const char *value = tf_trim(arena, value_text(arena, &t->col[at], row));
        const char *end = repeat ? strchr(value, '/') : NULL;
        who[row] = end == NULL ? value : tf_strndup(arena, value, (size_t)(end - value));
        if (who[row][0] == '\0')
            who[row] =
                tf_printf(arena, "row %zu of %s", row + 1, dataset); /* nobody's: never withdrawn */
    }
    *ret = who;
    return TF_OK;
}

enum tf_code tf_rows_allowed(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                             const char *dataset, struct tf_table *t, size_t *ret_left_out,
                             struct tf_err *reterr)
{
    struct tf_record_key *key;
    const char **who;
    *ret_left_out = 0;
    TF_TRY(tf_rows_owners(arena, keep, dataset, t, &who, reterr));
    if (who == NULL)
        return TF_OK;
    TF_TRY(tf_record_keys(arena, keep->key, country, who, t->n_rows, false, &key, reterr));
    bool *stays = TF_NEW_N(arena, bool, t->n_rows + 1);
    for (size_t row = 0; row < t->n_rows; row++) {
        stays[row] = key[row].state != TF_RECORD_WITHDRAWN;
        *ret_left_out += !stays[row];
    }
    if (*ret_left_out > 0)
        tf_table_keep_rows(t, stays);
    return TF_OK;
}

/* ---- One row --------------------------------------------------------------------------------- */

static void put_row(struct tf_buf *b, const struct tf_table *t, size_t row)
{
    for (size_t k = 0; k < t->n_cols; k++) {
        const struct tf_column *c = &t->col[k];
        const uint8_t miss = c->miss[row];
        if (c->type == TF_NUMBER) {
            const double x = c->num[row];
            if (miss == TF_PRESENT && x >= 0 && x <= SMALL && x == floor(x) && !signbit(x)) {
                tf_buf_char(b, (char)(unsigned char)x);
            } else if (miss != TF_PRESENT && isnan(x)) {
                tf_buf_char(b, (char)(MISSING + miss));
            } else {
                tf_buf_char(b, (char)NUMBER);
                tf_blob_double(b, x);
                tf_buf_char(b, (char)miss);
            }
            continue;
        }
        if (miss != TF_PRESENT && c->text[row] != NULL && c->text[row][0] == '\0') {
            tf_buf_char(b, (char)(MISSING + miss));
            continue;
        }
        tf_buf_char(b, (char)TEXT);
        tf_buf_char(b, (char)miss);
        tf_blob_text(b, c->text[row]);
    }
}

static bool take_miss(struct tf_column *c, size_t row, unsigned miss)
{
    if (miss >= TF_N_MISS)
        return false;
    c->miss[row] = (uint8_t)miss;
    return true;
}

static bool take_row(struct tf_table *t, size_t row, struct blob_reader *r)
{
    for (size_t k = 0; k < t->n_cols && !r->broken; k++) {
        struct tf_column *c = &t->col[k];
        const unsigned char *p = tf_unblob_bytes(r, 1);
        const unsigned head = p == NULL ? 0 : *p;
        bool good = true;
        if (c->type == TF_NUMBER && head <= SMALL) {
            c->num[row] = head;
            c->miss[row] = TF_PRESENT;
        } else if (c->type == TF_NUMBER && head == NUMBER) {
            c->num[row] = tf_unblob_double(r);
            p = tf_unblob_bytes(r, 1);
            good = p != NULL && take_miss(c, row, *p);
        } else if (c->type == TF_TEXT && head == TEXT) {
            p = tf_unblob_bytes(r, 1);
            good = p != NULL && take_miss(c, row, *p);
            c->text[row] = tf_unblob_text(t->arena, r);
        } else if (head >= MISSING && head < NUMBER) {
            good = take_miss(c, row, head - MISSING);
            if (c->type == TF_NUMBER)
                c->num[row] = (double)NAN;
            else
                c->text[row] = "";
        } else {
            good = false;
        }
        if (!good)
            return false;
    }
    return !r->broken && r->at == r->end;
}

/* What binds a piece to its place. */
static size_t bound(char *to, size_t size, const char *hash, size_t row)
{
    const int n = snprintf(to, size, "%s %zu", hash, row);
    return n < 0 ? 0 : (size_t)n;
}

/* ---- All rows -------------------------------------------------------------------------------- */

static enum tf_code write_row(struct tf_db *db, const char *hash, size_t row,
                              const struct tf_buf *plain, const struct tf_record_key *key,
                              unsigned char *out, struct tf_err *reterr)
{
    char place[TF_HASH_TEXT + 24];
    const size_t n_place = bound(place, sizeof place, hash, row);
    unsigned long long n = 0;
    unsigned char seal[SEAL];
    struct tf_stmt *q;
    randombytes_buf(out, NONCE);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + NONCE, &n, (const unsigned char *)plain->s, plain->n, (const unsigned char *)place,
        n_place, NULL, out, key->key);
    (void)crypto_generichash(seal, SEAL, out, NONCE + n, NULL, 0);
    TF_TRY(tf_sql(db, "row_add", &q, reterr));
    tf_bind_text(q, 1, hash);
    tf_bind_int(q, 2, (int64_t)row);
    tf_bind_blob(q, 3, key->id, WHO);
    tf_bind_blob(q, 4, seal, SEAL);
    tf_bind_blob(q, 5, out, NONCE + (size_t)n);
    return tf_run(q, reterr);
}

enum tf_code tf_rows_write(struct tf_db *db, const char *hash, const struct tf_table *t,
                           const struct tf_record_key *key, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new_wiped("writing rows", scratch_limit);
    struct tf_buf plain = {.arena = scratch};
    unsigned char *out = NULL;
    size_t cap = 0;
    enum tf_code code = TF_OK;
    for (size_t row = 0; row < t->n_rows && code == TF_OK; row++) {
        plain.n = 0;
        put_row(&plain, t, row);
        if (plain.n + NONCE + TAG > cap) {
            cap = 2 * plain.n + NONCE + TAG;
            out = tf_alloc(scratch, cap);
        }
        code = write_row(db, hash, row, &plain, &key[row], out, reterr);
        if (code == TF_OK && tf_interrupted())
            code = tf_fail(reterr, TF_E_INTERRUPTED, "interrupted; nothing was changed");
    }
    tf_arena_free(scratch);
    return code;
}

struct keys_by_id {
    const struct tf_record_key *key;
    size_t n;
};

static int by_id(const void *a, const void *b)
{
    return memcmp(((const struct tf_record_key *)a)->id, ((const struct tf_record_key *)b)->id,
                  WHO);
}

static const struct tf_record_key *find_key(const struct keys_by_id *keys, const unsigned char *who)
{
    size_t from = 0, to = keys->n;
    while (from < to) {
        const size_t mid = from + (to - from) / 2;
        const int c = memcmp(keys->key[mid].id, who, WHO);
        if (c == 0)
            return &keys->key[mid];
        if (c < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return NULL;
}

/* The row into the table's next place; *ret_gone when its participant withdrew. */
static bool read_row(struct tf_arena *scratch, struct tf_stmt *q, const struct keys_by_id *keys,
                     const char *hash, struct tf_table *t, size_t at, bool *ret_gone)
{
    char place[TF_HASH_TEXT + 24];
    size_t n_who, n;
    unsigned long long opened = 0;
    const unsigned char *who = tf_col_blob(scratch, q, 1, &n_who),
                        *data = tf_col_blob(scratch, q, 3, &n);
    const struct tf_record_key *key = who == NULL || n_who != WHO ? NULL : find_key(keys, who);
    *ret_gone = data == NULL || (key != NULL && key->state == TF_RECORD_WITHDRAWN);
    if (*ret_gone)
        return true;
    if (key == NULL || key->key == NULL || n < NONCE + TAG || at >= t->n_rows)
        return false;
    unsigned char *plain = tf_alloc(scratch, n - NONCE - TAG + 1);
    const size_t n_place = bound(place, sizeof place, hash, (size_t)tf_col_int(q, 0));
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &opened, NULL, data + NONCE, n - NONCE,
                                                   (const unsigned char *)place, n_place, data,
                                                   key->key) != 0)
        return false;
    struct blob_reader r = {.at = plain, .end = plain + opened};
    return take_row(t, at, &r);
}

enum tf_code tf_rows_read(struct tf_arena *arena, struct tf_keep *keep, struct tf_db *db,
                          const char *country, const char *hash, struct tf_table *t,
                          size_t *ret_withdrawn, bool *ret_whole, struct tf_err *reterr)
{
    enum { BATCH = 512 };
    struct tf_arena *holder = tf_arena_new("the record keys", scratch_limit), *scratch = NULL;
    struct tf_record_key *all = NULL;
    struct keys_by_id keys = {.n = 0};
    struct tf_stmt *q;
    size_t seen = 0, at = 0;
    (void)arena;
    *ret_withdrawn = 0;
    *ret_whole = true;
    enum tf_code code = tf_record_all(holder, keep->key, country, &all, &keys.n, reterr);
    if (code == TF_OK) {
        qsort(all, keys.n, sizeof *all, by_id);
        keys.key = all;
        code = tf_sql(db, "row_list", &q, reterr);
    }
    if (code == TF_OK) {
        tf_bind_text(q, 1, hash);
        while (tf_step(q, &code, reterr)) {
            bool gone = false;
            if (seen++ % BATCH == 0) {
                tf_arena_free(scratch);
                scratch = tf_arena_new_wiped("reading rows", scratch_limit);
            }
            *ret_whole = read_row(scratch, q, &keys, hash, t, at, &gone) && *ret_whole;
            *ret_withdrawn += gone;
            at += !gone;
        }
        *ret_whole = *ret_whole && at + *ret_withdrawn == t->n_rows;
        if (at <= t->n_rows)
            t->n_rows = at;
    }
    tf_arena_free(scratch);
    tf_arena_free(holder);
    return code;
}

/* ---- Erasing and proving --------------------------------------------------------------------- */

enum tf_code tf_rows_erase(struct tf_db *db, const unsigned char (*id)[32], size_t n,
                           size_t *ret_rows, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(db, "row_table", &q, reterr));
    TF_TRY(tf_run(q, reterr));
    for (size_t k = 0; k < n; k++) {
        TF_TRY(tf_sql(db, "row_count_of", &q, reterr));
        tf_bind_blob(q, 1, id[k], WHO);
        size_t rows = 0;
        while (tf_step(q, &code, reterr))
            rows = (size_t)tf_col_int(q, 0);
        TF_TRY(code);
        if (rows == 0)
            continue;
        TF_TRY(tf_sql(db, "row_erase", &q, reterr));
        tf_bind_blob(q, 1, id[k], WHO);
        TF_TRY(tf_run(q, reterr));
        *ret_rows += rows;
    }
    return TF_OK;
}

enum tf_code tf_rows_prove(struct tf_arena *arena, struct tf_db *db, const char *file,
                           struct tf_notices *out, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    size_t bad = 0;
    TF_TRY(tf_sql(db, "row_table", &q, reterr));
    TF_TRY(tf_run(q, reterr));
    TF_TRY(tf_sql(db, "row_all", &q, reterr));
    while (tf_step(q, &code, reterr)) {
        struct tf_arena *scratch = tf_arena_new("proving a row", (size_t)64 << 20);
        unsigned char now[SEAL];
        size_t n, n_seal;
        const unsigned char *seal = tf_col_blob(scratch, q, 0, &n_seal),
                            *data = tf_col_blob(scratch, q, 1, &n);
        if (data != NULL) {
            (void)crypto_generichash(now, SEAL, data, n, NULL, 0);
            bad += seal == NULL || n_seal != SEAL || memcmp(now, seal, SEAL) != 0;
        }
        tf_arena_free(scratch);
    }
    if (code == TF_OK && bad > 0)
        tf_notice_add(out, TF_ERROR, "row", tf_strdup(arena, file), 0, 0,
                      "Put back a copy of the vault (`trefoil keep restore`).",
                      "%zu row%s of participants %s not what was put in", bad, bad == 1 ? "" : "s",
                      bad == 1 ? "is" : "are");
    return code;
}
