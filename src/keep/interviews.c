/* Participants, their consent, and what they said.
 *
 * What is said of and by a participant (role, institution, transcript) lies under the participant's
 * record key (said.c). Who withdrew stays in the list as a code, with every switch off and nothing
 * else, so that passages coded earlier are known to be theirs and are left out.
 *
 * A participant's consent is a switch that may be turned at any time up to publication: use, quote,
 * withdrawn. The list of a country is put in whole, as it stands in the team's file: who is no
 * longer in it is no longer in the vault. It is evidence like any other: when a switch is turned
 * its hash changes, and everything released before is stale.
 *
 * This room keeps; it does not decide who may be heard. listen leaves out those who withdrew, and
 * protect releases no quote without consent to quote.
 *
 * The key that ties a participant's id to a person is not kept here, nor anywhere in a study. */
#include <string.h>

#include "keep/inside.h"
#include "keep/records.h"
#include "keep/said.h"
#include "keep/withdraw.h"

#include "gen/keep_interviews_sql.h" /* wants struct tf_named_sql */

static const char *const strand = "context", *const purpose = "interviews";

static const char *or_empty(const char *s)
{
    return s == NULL ? "" : s;
}

static enum tf_code
open_file(struct tf_keep *keep, const char *country, struct tf_db **ret, struct tf_err *reterr)
{
    return tf_keep_file(keep, country, strand, purpose, tf_keep_interviews_sql, ret, reterr);
}

/* ---- Participants -----------------------------------------------------------------------------
 */

static struct tf_hash participants_hash(const struct tf_participant *p, size_t n)
{
    struct tf_hasher h;
    tf_hasher_begin(&h);
    for (size_t k = 0; k < n; k++) {
        const char *text[] = {p[k].id, p[k].activity, or_empty(p[k].role),
                              or_empty(p[k].institution), p[k].attribution};
        for (size_t j = 0; j < sizeof text / sizeof *text; j++)
            tf_hasher_text(&h, text[j]);
        tf_hasher_u64(&h, (uint64_t)p[k].use | (uint64_t)p[k].quote << 1 |
                              (uint64_t)p[k].withdrawn << 2);
    }
    return tf_hasher_end(&h);
}

static enum tf_code keys_of(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                            const struct tf_participant *p, size_t n, bool make,
                            struct tf_record_key **ret, struct tf_err *reterr)
{
    const char **code = TF_NEW_N(arena, const char *, n + 1);
    for (size_t k = 0; k < n; k++)
        code[k] = p[k].id;
    return tf_record_keys(arena, keep->key, country, code, n, make, ret, reterr);
}

/* Of who withdrew only the code stays. */
static void blank(struct tf_participant *p)
{
    *p = (struct tf_participant){.id = p->id,
                                 .activity = p->activity,
                                 .role = "",
                                 .institution = "",
                                 .attribution = "none",
                                 .withdrawn = true};
}

static enum tf_code write_participants(struct tf_arena *arena, struct tf_db *db,
                                       const struct tf_participant *p, size_t n,
                                       const struct tf_record_key *key, struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(db, "participants_clear", &q, reterr));
    TF_TRY(tf_run(q, reterr));
    for (size_t k = 0; k < n; k++) {
        TF_TRY(tf_sql(db, "participant_add", &q, reterr));
        tf_bind_text(q, 1, p[k].id);
        tf_bind_text(q, 2, or_empty(p[k].activity));
        const bool held = key[k].state == TF_RECORD_HELD;
        tf_bind_text(q, 3,
                     held ? tf_said_seal(arena, key[k].key, p[k].id, or_empty(p[k].role)) : "");
        tf_bind_text(
            q, 4, held ? tf_said_seal(arena, key[k].key, p[k].id, or_empty(p[k].institution)) : "");
        tf_bind_text(q, 5, p[k].attribution == NULL ? "none" : p[k].attribution);
        tf_bind_int(q, 6, p[k].use);
        tf_bind_int(q, 7, p[k].quote);
        tf_bind_int(q, 8, p[k].withdrawn);
        TF_TRY(tf_run(q, reterr));
    }
    return TF_OK;
}

/* In order of id, so that the order of the file's rows is no content. */
static struct tf_participant *
sorted(struct tf_arena *arena, const struct tf_participant *p, size_t n)
{
    struct tf_participant *list = TF_NEW_N(arena, struct tf_participant, n);
    for (size_t k = 0; k < n; k++) {
        size_t at = k;
        for (; at > 0 && strcmp(list[at - 1].id, p[k].id) > 0; at--)
            list[at] = list[at - 1];
        list[at] = p[k];
        list[at].activity = or_empty(p[k].activity);
        list[at].attribution = p[k].attribution == NULL ? "none" : p[k].attribution;
    }
    return list;
}

static enum tf_code put_participants(struct tf_keep *keep, const char *country,
                                     struct tf_participant *list, size_t n, const char *source_file,
                                     struct tf_err *reterr)
{
    struct tf_record_key *key;
    struct tf_evidence before;
    struct tf_db *db;
    bool found;
    TF_TRY(keys_of(keep->arena, keep, country, list, n, true, &key, reterr));
    for (size_t k = 0; k < n; k++)
        if (key[k].state == TF_RECORD_WITHDRAWN)
            blank(&list[k]);
    const struct tf_hash hash = participants_hash(list, n);
    TF_TRY(tf_evidence_current(keep->arena, keep->reg, "participants", country, "participants",
                               &found, &before, reterr));
    if (found && strcmp(before.hash, hash.hex) == 0)
        return TF_OK;
    TF_TRY(open_file(keep, country, &db, reterr));
    TF_TRY(tf_db_begin(db, reterr));
    enum tf_code code = write_participants(keep->arena, db, list, n, key, reterr);
    if (code == TF_OK)
        code = tf_db_commit(db, reterr);
    if (code != TF_OK) {
        tf_db_rollback(db);
        return code;
    }
    const struct tf_evidence e = {.kind = "participants",
                                  .country = country,
                                  .strand = strand,
                                  .name = "participants",
                                  .title = "Participants and their consent",
                                  .hash = hash.hex,
                                  .file = source_file,
                                  .detail = tf_printf(keep->arena, "{\"participants\":%zu}", n)};
    return tf_evidence_put(keep->reg, &e, NULL, reterr);
}

enum tf_code tf_keep_participants_put(struct tf_keep *keep, const char *country,
                                      const struct tf_participant *p, size_t n,
                                      const char *source_file, struct tf_err *reterr)
{
    struct tf_participant *list = sorted(keep->arena, p, n);
    for (size_t k = 1; k < n; k++)
        if (strcmp(list[k].id, list[k - 1].id) == 0)
            return tf_fail(reterr, TF_E_INPUT, "the participant '%s' is listed twice", list[k].id);
    return put_participants(keep, country, list, n, source_file, reterr);
}

/* As they lie; *ret_late: somebody withdrew whose words still stand. */
static enum tf_code list_participants(struct tf_arena *arena, struct tf_keep *keep,
                                      const char *country, struct tf_db *db,
                                      struct tf_participant **ret, size_t *ret_n, bool *ret_late,
                                      struct tf_err *reterr)
{
    struct tf_participant *list = NULL;
    struct tf_record_key *key;
    struct tf_stmt *q;
    size_t n = 0, cap = 0;
    enum tf_code code;
    *ret_late = false;
    TF_TRY(tf_sql(db, "participant_list", &q, reterr));
    while (tf_step(q, &code, reterr)) {
        list = tf_grow(arena, list, n, &cap, sizeof *list);
        list[n++] = (struct tf_participant){.id = tf_col_text(arena, q, 0),
                                            .activity = tf_col_text(arena, q, 1),
                                            .role = tf_col_text(arena, q, 2),
                                            .institution = tf_col_text(arena, q, 3),
                                            .attribution = tf_col_text(arena, q, 4),
                                            .use = tf_col_int(q, 5) == 1,
                                            .quote = tf_col_int(q, 6) == 1,
                                            .withdrawn = tf_col_int(q, 7) == 1};
    }
    TF_TRY(code);
    TF_TRY(keys_of(arena, keep, country, list, n, false, &key, reterr));
    for (size_t k = 0; k < n; k++) {
        struct tf_participant *p = &list[k];
        if (!tf_said_open(arena, &key[k], p->id, p->role, &p->role) ||
            !tf_said_open(arena, &key[k], p->id, p->institution, &p->institution))
            return tf_said_broken(p->id, reterr);
        if (key[k].state != TF_RECORD_WITHDRAWN)
            continue;
        *ret_late = *ret_late || !p->withdrawn;
        blank(p);
    }
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

bool tf_is_participant(struct tf_keep *keep, const char *country, const char *code)
{
    struct tf_participant *list = NULL;
    struct tf_db *db;
    struct tf_err ignored;
    size_t n = 0;
    bool late, found = false;
    if (!tf_vault_has(keep->arena, keep, country, strand, purpose) ||
        open_file(keep, country, &db, &ignored) != TF_OK ||
        list_participants(keep->arena, keep, country, db, &list, &n, &late, &ignored) != TF_OK)
        return false;
    for (size_t k = 0; k < n; k++)
        found = found || strcmp(list[k].id, code) == 0;
    return found;
}

enum tf_code tf_participants_renew(struct tf_keep *keep, const char *country, bool *ret_changed,
                                   struct tf_err *reterr)
{
    struct tf_participant *list = NULL;
    struct tf_evidence e;
    struct tf_db *db;
    size_t n = 0;
    bool found;
    *ret_changed = false;
    TF_TRY(tf_evidence_current(keep->arena, keep->reg, "participants", country, "participants",
                               &found, &e, reterr));
    if (!found)
        return TF_OK;
    TF_TRY(open_file(keep, country, &db, reterr));
    TF_TRY(list_participants(keep->arena, keep, country, db, &list, &n, ret_changed, reterr));
    return *ret_changed ? put_participants(keep, country, list, n, e.file, reterr) : TF_OK;
}

enum tf_code tf_keep_participants_get(struct tf_arena *arena, struct tf_keep *keep,
                                      const char *country, struct tf_participant **ret,
                                      size_t *ret_n, struct tf_err *reterr)
{
    struct tf_participant *list = NULL;
    struct tf_evidence e;
    struct tf_db *db;
    size_t n = 0;
    bool found, late = false;
    TF_TRY(tf_evidence_current(arena, keep->reg, "participants", country, "participants", &found,
                               &e, reterr));
    if (found) {
        TF_TRY(open_file(keep, country, &db, reterr));
        TF_TRY(list_participants(arena, keep, country, db, &list, &n, &late, reterr));
    }
    if (late) { /* a withdrawal was not finished */
        TF_TRY(tf_withdraw_finish(keep, country, NULL, reterr));
        TF_TRY(tf_evidence_current(arena, keep->reg, "participants", country, "participants",
                                   &found, &e, reterr));
    }
    if (found && strcmp(participants_hash(list, n).hex, e.hash) != 0)
        return tf_keep_altered(reterr, e.id);
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

/* ---- Transcripts ------------------------------------------------------------------------------
 */

static struct tf_hash transcript_hash(const struct tf_transcript *t)
{
    struct tf_hasher h;
    tf_hasher_begin(&h);
    tf_hasher_text(&h, t->id);
    tf_hasher_text(&h, t->participant);
    tf_hasher_text(&h, t->language);
    tf_hasher_text(&h, t->text);
    return tf_hasher_end(&h);
}

static enum tf_code write_transcript(struct tf_db *db, const struct tf_transcript *t,
                                     const char *sealed, const char *hash, const char *id,
                                     struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(db, "transcript_put", &q, reterr));
    tf_bind_text(q, 1, t->id);
    tf_bind_text(q, 2, t->participant);
    tf_bind_text(q, 3, t->language);
    tf_bind_text(q, 4, sealed);
    tf_bind_text(q, 5, hash);
    tf_bind_text(q, 6, id);
    return tf_run(q, reterr);
}

enum tf_code tf_keep_transcript_put(struct tf_keep *keep, const char *country,
                                    const struct tf_transcript *given, const char *source_file,
                                    struct tf_err *reterr)
{
    struct tf_transcript own = *given, *t = &own;
    struct tf_record_key *key;
    TF_TRY(tf_record_keys(keep->arena, keep->key, country, &t->participant, 1, true, &key, reterr));
    if (key->state != TF_RECORD_HELD)
        t->text = ""; /* who withdrew said nothing */
    const struct tf_hash hash = transcript_hash(t);
    const char *id = tf_evidence_id(keep->arena, "transcript", country, t->id, hash.hex);
    struct tf_evidence before;
    struct tf_db *db;
    bool found;
    TF_TRY(tf_evidence_current(keep->arena, keep->reg, "transcript", country, t->id, &found,
                               &before, reterr));
    if (found && strcmp(before.hash, hash.hex) == 0)
        return TF_OK;
    TF_TRY(open_file(keep, country, &db, reterr));
    const char *sealed =
        t->text[0] == '\0' ? "" : tf_said_seal(keep->arena, key->key, t->participant, t->text);
    TF_TRY(write_transcript(db, t, sealed, hash.hex, id,
                            reterr)); /* one statement: whole or not at all */
    const struct tf_evidence e = {.id = id,
                                  .kind = "transcript",
                                  .country = country,
                                  .strand = strand,
                                  .name = t->id,
                                  .title = tf_printf(keep->arena, "Interview %s", t->id),
                                  .hash = hash.hex,
                                  .file = source_file,
                                  .detail = "{}"};
    return tf_evidence_put(keep->reg, &e, NULL, reterr);
}

/* As they lie; late[k]: of somebody who withdrew, and words still stand. */
static enum tf_code list_transcripts(struct tf_arena *arena, struct tf_keep *keep,
                                     const char *country, struct tf_db *db,
                                     struct tf_transcript **ret, bool **ret_late, size_t *ret_n,
                                     struct tf_err *reterr)
{
    struct tf_transcript *list = NULL;
    struct tf_record_key *key;
    struct tf_stmt *q;
    size_t n = 0, cap = 0;
    enum tf_code code;
    TF_TRY(tf_sql(db, "transcript_list", &q, reterr));
    while (tf_step(q, &code, reterr)) {
        list = tf_grow(arena, list, n, &cap, sizeof *list);
        list[n++] = (struct tf_transcript){.id = tf_col_text(arena, q, 0),
                                           .participant = tf_col_text(arena, q, 1),
                                           .language = tf_col_text(arena, q, 2),
                                           .text = tf_col_text(arena, q, 3),
                                           .evidence = tf_col_text(arena, q, 4),
                                           .hash = tf_col_text(arena, q, 5)};
    }
    TF_TRY(code);
    const char **who = TF_NEW_N(arena, const char *, n + 1);
    for (size_t k = 0; k < n; k++)
        who[k] = list[k].participant;
    TF_TRY(tf_record_keys(arena, keep->key, country, who, n, false, &key, reterr));
    *ret_late = TF_NEW_N(arena, bool, n + 1);
    for (size_t k = 0; k < n; k++) {
        (*ret_late)[k] = key[k].state == TF_RECORD_WITHDRAWN && list[k].text[0] != '\0';
        if (!tf_said_open(arena, &key[k], who[k], list[k].text, &list[k].text))
            return tf_said_broken(who[k], reterr);
    }
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

enum tf_code tf_transcript_renew(struct tf_keep *keep, const char *country, const char *id,
                                 bool *ret_changed, struct tf_err *reterr)
{
    struct tf_transcript *list = NULL;
    struct tf_evidence e;
    struct tf_db *db;
    bool *late, found;
    size_t n = 0;
    *ret_changed = false;
    if (!tf_vault_has(keep->arena, keep, country, strand, purpose))
        return TF_OK;
    TF_TRY(open_file(keep, country, &db, reterr));
    TF_TRY(list_transcripts(keep->arena, keep, country, db, &list, &late, &n, reterr));
    for (size_t k = 0; k < n; k++)
        if (late[k] && strcmp(list[k].id, id) == 0) {
            TF_TRY(tf_evidence_current(keep->arena, keep->reg, "transcript", country, id, &found,
                                       &e, reterr));
            TF_TRY(tf_keep_transcript_put(keep, country, &list[k], found ? e.file : "", reterr));
            *ret_changed = true;
        }
    return TF_OK;
}

enum tf_code tf_keep_transcripts_get(struct tf_arena *arena, struct tf_keep *keep,
                                     const char *country, struct tf_transcript **ret, size_t *ret_n,
                                     struct tf_err *reterr)
{
    struct tf_transcript *list = NULL;
    struct tf_db *db;
    bool *late = NULL, any = false;
    size_t n = 0;
    if (tf_vault_has(arena, keep, country, strand, purpose)) {
        TF_TRY(open_file(keep, country, &db, reterr));
        TF_TRY(list_transcripts(arena, keep, country, db, &list, &late, &n, reterr));
    }
    for (size_t k = 0; k < n; k++)
        any = any || late[k];
    if (any) /* a withdrawal was not finished */
        TF_TRY(tf_withdraw_finish(keep, country, NULL, reterr));
    for (size_t k = 0; k < n; k++) {
        struct tf_evidence e;
        bool found;
        TF_TRY(tf_evidence_current(arena, keep->reg, "transcript", country, list[k].id, &found, &e,
                                   reterr));
        if (!found || strcmp(e.hash, transcript_hash(&list[k]).hex) != 0)
            return tf_keep_altered(reterr, list[k].evidence);
        list[k].evidence = e.id;
        list[k].hash = e.hash;
    }
    *ret = list;
    *ret_n = n;
    return TF_OK;
}
