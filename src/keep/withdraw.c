/* Withdrawal is erasure.
 *
 *     1. the ledger says that somebody withdraws (a name that names nobody, and the reason)
 *     2. the participant's record key is destroyed: one file replaced. This decides.
 *     3. the escrow copies of the keys are written anew without it
 *     4. what is left of the person's rows is taken out of every snapshot, current or not
 *     5. datasets, participants and transcripts that held them have a new snapshot without them
 *     6. what was made from the old ones (estimates, releases, claims, reports) is told to be stale
 *
 * After step 2 nothing of the person can be read here, whatever happens: steps 4 to 6 are tidying,
 * and are done by whoever opens the country next, when the machine stops before. In a backup of
 * last week the rows still lie, under a key that no longer exists. What the code's record is named
 * in a table of repeats (KEY) is destroyed with it.
 *
 * Does not: reach files outside the vault (the file that was imported, a tablet, a printout): those
 * in the study folder that still hold the code are named. A hash of the old dataset stays in the
 * ledger; it lets nobody read, but who has all other rows could confirm a complete guess of the
 * missing one. */
#include "keep/withdraw.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "keep/inside.h"
#include "keep/records.h"
#include "keep/register.h"
#include "keep/rows.h"

#include "gen/keep_datasets_sql.h" /* wants struct tf_named_sql */

static const size_t read_limit = (size_t)3 << 30;

/* ---- 6. What is stale ------------------------------------------------------------------------ */

static bool known(const struct tf_withdrawal *w, const char *id)
{
    for (size_t k = 0; k < w->n_stale; k++)
        if (strcmp(w->stale[k], id) == 0)
            return true;
    return false;
}

/* Everything that was made from `from`, and from that, and so on. */
static enum tf_code
follow(struct tf_keep *keep, const char *from, struct tf_withdrawal *w, struct tf_err *reterr)
{
    const char **derived;
    size_t n;
    TF_TRY(tf_evidence_derived(keep->arena, keep->reg, from, &derived, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        if (known(w, derived[k]))
            continue;
        w->stale = tf_grow(keep->arena, w->stale, w->n_stale, &w->cap_stale, sizeof *w->stale);
        w->stale[w->n_stale++] = derived[k];
        TF_TRY(tf_ledger_add(keep->reg, "stale", derived[k],
                             tf_printf(keep->arena, "{\"from\":\"%s\"}", from), reterr));
        TF_TRY(follow(keep, derived[k], w, reterr));
    }
    return TF_OK;
}

/* ---- 5. New snapshots ------------------------------------------------------------------------ */

static enum tf_code renew_dataset(struct tf_keep *keep, const struct tf_evidence *e,
                                  struct tf_withdrawal *w, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new_wiped("a dataset without who withdrew", read_limit);
    struct tf_table *t;
    struct tf_db *db;
    size_t withdrawn = 0;
    const char *id = NULL;
    enum tf_code code = tf_keep_file(keep, e->country, e->strand, tf_dataset_purpose(keep, e->name),
                                     tf_keep_datasets_sql, &db, reterr);
    if (code == TF_E_KEY) { /* who may open it renews it when they do */
        tf_arena_free(scratch);
        return TF_OK;
    }
    if (code == TF_OK)
        code = tf_snapshot_read(scratch, keep, db, e, &t, &withdrawn, reterr);
    if (code == TF_OK && withdrawn > 0) {
        code = tf_dataset_put_again(keep, e, t, &id, reterr);
        w->datasets++;
    }
    tf_arena_free(scratch);
    if (code == TF_OK && withdrawn > 0)
        code = follow(keep, e->id, w, reterr);
    return code;
}

static enum tf_code
renew(struct tf_keep *keep, const char *country, struct tf_withdrawal *w, struct tf_err *reterr)
{
    struct tf_evidence *list;
    size_t n;
    TF_TRY(tf_evidence_list(keep->arena, keep->reg, country, &list, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        bool changed = false;
        if (strcmp(list[k].kind, "dataset") == 0 &&
            tf_vault_has(keep->arena, keep, country, list[k].strand,
                         tf_dataset_purpose(keep, list[k].name)))
            TF_TRY(renew_dataset(keep, &list[k], w, reterr));
        if (strcmp(list[k].kind, "participants") == 0)
            TF_TRY(tf_participants_renew(keep, country, &changed, reterr));
        if (strcmp(list[k].kind, "transcript") == 0)
            TF_TRY(tf_transcript_renew(keep, country, list[k].name, &changed, reterr));
        w->transcripts += changed && strcmp(list[k].kind, "transcript") == 0;
        if (changed)
            TF_TRY(follow(keep, list[k].id, w, reterr));
    }
    return TF_OK;
}

/* ---- 4. What is left ------------------------------------------------------------------------- */

static enum tf_code erase_in(struct tf_keep *keep, const char *country, const char *strand,
                             const char *purpose, const unsigned char (*id)[32], size_t n,
                             struct tf_withdrawal *w, struct tf_err *reterr)
{
    struct tf_db *db;
    if (!tf_vault_has(keep->arena, keep, country, strand, purpose))
        return TF_OK;
    TF_TRY(tf_keep_file(keep, country, strand, purpose, tf_keep_datasets_sql, &db, reterr));
    TF_TRY(tf_db_begin(db, reterr));
    enum tf_code code = tf_rows_erase(db, id, n, &w->rows, reterr);
    if (code == TF_OK)
        code = tf_db_commit(db, reterr);
    if (code != TF_OK)
        tf_db_rollback(db);
    return code;
}

/* In every file that may hold rows; one whose key is not unlocked is left: it holds what nobody can
 * read. */
static enum tf_code erase_rows(struct tf_keep *keep, const char *country, struct tf_withdrawal *w,
                               struct tf_err *reterr)
{
    static const char *const strands[] = {"children", "context", "threats"};
    const unsigned char(*id)[32];
    size_t n;
    TF_TRY(tf_record_withdrawn(keep->arena, keep->key, country, &id, &n, reterr));
    for (size_t k = 0; n > 0 && k < sizeof strands / sizeof *strands; k++)
        for (size_t j = 0; tf_dataset_purposes[j] != NULL; j++) {
            struct tf_err why;
            const enum tf_code code =
                erase_in(keep, country, strands[k], tf_dataset_purposes[j], id, n, w, &why);
            if (code != TF_OK && code != TF_E_KEY) {
                if (reterr != NULL)
                    *reterr = why;
                return code;
            }
        }
    return TF_OK;
}

enum tf_code tf_withdraw_finish(struct tf_keep *keep, const char *country,
                                struct tf_withdrawal *ret, struct tf_err *reterr)
{
    struct tf_withdrawal own = {.name = NULL}, *w = ret == NULL ? &own : ret;
    TF_TRY(renew(keep, country, w, reterr)); /* before the pieces go: it counts what is left out */
    return erase_rows(keep, country, w, reterr);
}

/* ---- 1 to 3 ---------------------------------------------------------------------------------- */

struct codes {
    const char **code;
    size_t n, cap;
};

static void add_code(struct tf_arena *arena, struct codes *c, const char *code)
{
    for (size_t k = 0; k < c->n; k++)
        if (strcmp(c->code[k], code) == 0)
            return;
    c->code = tf_grow(arena, c->code, c->n, &c->cap, sizeof *c->code);
    c->code[c->n++] = tf_strdup(arena, code);
}

/* The code, and the records (KEY) of rows that are theirs. */
static enum tf_code codes_of(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                             const char *code, struct codes *to, struct tf_err *reterr)
{
    struct tf_evidence *list;
    size_t n;
    add_code(arena, to, code);
    TF_TRY(tf_evidence_list(arena, keep->reg, country, &list, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        struct tf_arena *scratch;
        struct tf_table *t = NULL;
        const char **who = NULL;
        bool found = false;
        if (strcmp(list[k].kind, "dataset") != 0)
            continue;
        scratch = tf_arena_new_wiped("looking for records", read_limit);
        enum tf_code result = tf_keep_dataset_get(scratch, keep, country, list[k].strand,
                                                  list[k].name, &found, &t, NULL, reterr);
        if (result == TF_OK && found)
            result = tf_rows_owners(scratch, keep, list[k].name, t, &who, reterr);
        const size_t key = t == NULL ? SIZE_MAX : tf_table_find(t, "KEY"),
                     up = t == NULL ? SIZE_MAX : tf_table_find(t, "PARENT_KEY");
        if (result == TF_OK && who != NULL && key < SIZE_MAX - 1 && up >= SIZE_MAX - 1 &&
            t->col[key].type == TF_TEXT)
            for (size_t row = 0; row < t->n_rows; row++)
                if (strcmp(who[row], code) == 0 && !tf_is_blank(t->col[key].text[row]))
                    add_code(arena, to, t->col[key].text[row]);
        tf_arena_free(scratch);
        if (result != TF_E_KEY) /* what is not unlocked is not looked through */
            TF_TRY(result);
    }
    return TF_OK;
}

static enum tf_code nobody(const char *country, const char *code, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_INPUT, "nothing is kept under the code '%s' in %s", code, country);
    return tf_help(reterr,
                   "Look at the code on the consent sheet; capitals count. Codes of interviews "
                   "are listed by `trefoil keep participants`.");
}

enum tf_code tf_withdraw(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                         const char *code, const char *reason, struct tf_withdrawal *ret,
                         struct tf_notices *out, struct tf_err *reterr)
{
    struct tf_record_key *one;
    struct codes all = {.n = 0};
    struct tf_withdrawal w = {.name = NULL};
    size_t held = 0;
    TF_TRY(tf_record_keys(arena, keep->key, country, &code, 1, false, &one, reterr));
    if (one->state == TF_RECORD_NONE && !tf_is_participant(keep, country, code))
        return nobody(country, code, reterr);
    w.before = one->state == TF_RECORD_WITHDRAWN;
    TF_TRY(tf_record_name(keep->arena, keep->key, country, code, &w.name, reterr));
    if (!w.before) {
        json_t *detail = json_pack("{s:s, s:s}", "country", country, "reason", reason);
        char *text = detail == NULL ? NULL : json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
        const char *words = text == NULL ? "{}" : tf_strdup(arena, text);
        free(text);
        json_decref(detail);
        TF_TRY(codes_of(arena, keep, country, code, &all, reterr));
        TF_TRY(tf_ledger_add(keep->reg, "withdraw", w.name, words, reterr));
        TF_TRY(tf_record_destroy(keep->key, country, all.code, all.n, &held, reterr));
    }
    TF_TRY(tf_escrow_refresh(arena, keep->dir, out, reterr));
    TF_TRY(tf_withdraw_finish(keep, country, &w, reterr));
    TF_TRY(tf_consent_erase(keep, country, code, reterr));
    *ret = w;
    return TF_OK;
}

/* ---- Outside the vault ----------------------------------------------------------------------- */

/* The code as a whole word, so that 12 is not found in 112. */
static bool holds_word(const char *text, size_t n, const char *word)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const size_t len = strlen(word);
    const char *end = text + n;
    for (const char *at = text; len > 0 && at + len <= end; at++) {
        at = memchr(at, word[0], (size_t)(end - at) - len + 1);
        if (at == NULL)
            return false;
        if (memcmp(at, word, len) == 0 && (at == text || strchr(letters, at[-1]) == NULL) &&
            (at + len == end || at[len] == '\0' || strchr(letters, at[len]) == NULL))
            return true;
    }
    return false;
}

static void look_in(const char *path, const char *code, struct tf_notices *out)
{
    struct tf_arena *scratch = tf_arena_new_wiped("looking for a code", (size_t)1 << 30);
    struct tf_bytes file;
    struct tf_err err;
    if (tf_file_exists(path) &&
        tf_file_read(scratch, path, (size_t)512 << 20, &file, &err) == TF_OK &&
        holds_word(file.data, file.n, code))
        tf_notice_add(
            out, TF_WARNING, "outside", path, 0, 0,
            "Take the participant out of this file and of every copy of it; the vault cannot.",
            "this file still holds the code");
    tf_arena_free(scratch);
}

static void
look_below(struct tf_arena *arena, const char *folder, const char *code, struct tf_notices *out)
{
    struct tf_err err;
    char **name;
    size_t n;
    if (tf_dir_list(arena, folder, &name, &n, &err) != TF_OK)
        return;
    for (size_t k = 0; k < n; k++)
        look_in(tf_path_join(arena, folder, name[k]), code, out);
}

void tf_withdraw_look(struct tf_arena *arena, const struct tf_study *study, const char *country,
                      const char *code, struct tf_notices *out)
{
    const char *const patterns[] = {study->participants, study->segments, study->contacts,
                                    study->roster};
    for (size_t k = 0; k < study->n_datasets; k++)
        look_in(tf_study_path(arena, study, study->dataset[k].file, country, NULL), code, out);
    for (size_t k = 0; k < sizeof patterns / sizeof *patterns; k++)
        if (patterns[k] != NULL)
            look_in(tf_study_path(arena, study, patterns[k], country, NULL), code, out);
    const char *talks = tf_study_path(arena, study, study->transcripts, country, NULL);
    if (talks != NULL && tf_dir_exists(talks))
        look_below(arena, talks, code, out);
}
