/* Reading the context strand back, with the consent switches applied, and counting it.
 *
 * A passage leaves the vault only when its participant has a row, agreed to use and has not
 * withdrawn; so do transcripts. Whether a passage may also be printed is asked where it would be
 * printed (tf_quote_barred). A passage whose transcript has another hash than the one it was cut
 * from is refused: the two must be imported together.
 *
 * The code-by-case table counts participants, never passages: somebody who says a thing five times is
 * one person. It is a count of interviews in a chosen sample and says nothing of how common anything
 * is. */
#include <stdlib.h>
#include <string.h>

#include "listen/inside.h"

#include "gen/listen_sql.h" /* wants struct tf_named_sql */

static bool may_use(const struct tf_listened *l, const char *participant)
{
    const struct tf_participant *p = tf_participant_named(l, participant);
    return p != NULL && p->use && !p->withdrawn;
}

static enum tf_code load_codes(struct tf_arena *arena, struct tf_db *db, struct tf_listened *l,
                               struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code = TF_OK;
    size_t cap = 0;
    TF_TRY(tf_sql(db, "codes", &q, reterr));
    while (tf_step(q, &code, reterr)) {
        l->code = tf_grow(arena, l->code, l->n_codes, &cap, sizeof *l->code);
        l->code[l->n_codes++] = (struct tf_code_entry){.id = tf_col_text(arena, q, 0),
                                                       .label = tf_col_text(arena, q, 1),
                                                       .theme = tf_col_text(arena, q, 2),
                                                       .definition = tf_col_text(arena, q, 3)};
    }
    return code;
}

static enum tf_code load_laws(struct tf_arena *arena, struct tf_db *db, struct tf_listened *l,
                              struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code = TF_OK;
    size_t cap = 0;
    TF_TRY(tf_sql(db, "laws", &q, reterr));
    while (tf_step(q, &code, reterr)) {
        l->law = tf_grow(arena, l->law, l->n_laws, &cap, sizeof *l->law);
        l->law[l->n_laws++] = (struct tf_law){.id = tf_col_text(arena, q, 0),
                                              .instrument = tf_col_text(arena, q, 1),
                                              .article = tf_col_text(arena, q, 2),
                                              .criterion = tf_col_text(arena, q, 3),
                                              .criterion_label = tf_col_text(arena, q, 4),
                                              .status = tf_col_text(arena, q, 5),
                                              .date = tf_col_text(arena, q, 6),
                                              .note = tf_col_text(arena, q, 7),
                                              .evidence = tf_col_text(arena, q, 8)};
    }
    return code;
}

static enum tf_code origin(struct tf_arena *arena, struct tf_db *db, const char *name,
                           const char **ret_evidence, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code = TF_OK;
    *ret_evidence = NULL;
    TF_TRY(tf_sql(db, "origin", &q, reterr));
    tf_bind_text(q, 1, name);
    while (tf_step(q, &code, reterr))
        *ret_evidence = tf_col_text(arena, q, 1);
    return code;
}

/* The transcript that a passage was cut from, as it stands now. */
static enum tf_code same_transcript(const struct tf_segment *g, const struct tf_transcript *list,
                                    size_t n, const struct tf_hash *hash,
                                    const struct tf_transcript **ret, struct tf_err *reterr)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(list[k].id, g->transcript) == 0) {
            *ret = &list[k];
            if (tf_streq(hash[k].hex, g->transcript_hash))
                return TF_OK;
        }
    (void)tf_fail(reterr, TF_E_STALE, "the segment '%s' was cut from another text of '%s'", g->id,
                  g->transcript);
    return tf_help(reterr, "Import the country's transcripts and segments together: "
                           "`trefoil listen import`.");
}

/* Whose a passage is: of who withdrew the transcript has no text any more, and nothing is compared. */
static bool is_heard(const struct tf_listened *l, const struct tf_segment *g,
                     const struct tf_transcript *all, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(all[k].id, g->transcript) == 0)
            return may_use(l, all[k].participant);
    return true; /* unknown: same_transcript says so */
}

static enum tf_code load_segments(struct tf_arena *arena, struct tf_db *db, struct tf_keep *keep,
                                  const char *country, struct tf_listened *l,
                                  const struct tf_transcript *all, size_t n_all,
                                  struct tf_err *reterr)
{
    struct tf_stmt *q;
    struct tf_hash *hash = TF_NEW_N(arena, struct tf_hash, n_all + 1);
    enum tf_code code = TF_OK;
    size_t cap = 0;
    const char *evidence;
    TF_TRY(origin(arena, db, "segments", &evidence, reterr));
    for (size_t k = 0; k < n_all; k++)
        hash[k] = tf_hash_bytes(all[k].text, strlen(all[k].text));
    TF_TRY(tf_sql(db, "segments", &q, reterr));
    while (tf_step(q, &code, reterr)) {
        const struct tf_transcript *t = NULL;
        struct tf_segment g = {.id = tf_col_text(arena, q, 0),
                               .transcript = tf_col_text(arena, q, 1),
                               .code = tf_col_text(arena, q, 2),
                               .coder = tf_col_text(arena, q, 3),
                               .start = (size_t)tf_col_int(q, 4),
                               .end = (size_t)tf_col_int(q, 5),
                               .text = tf_col_text(arena, q, 6),
                               .quote = tf_col_text(arena, q, 7),
                               .evidence = evidence,
                               .transcript_hash = tf_col_text(arena, q, 8)};
        if (!is_heard(l, &g, all, n_all))
            continue;
        TF_TRY(same_transcript(&g, all, n_all, hash, &t, reterr));
        g.participant = t->participant;
        TF_TRY(tf_keep_words_open(arena, keep, country, g.participant, g.text, &g.text, reterr));
        TF_TRY(tf_keep_words_open(arena, keep, country, g.participant, g.quote, &g.quote, reterr));
        l->segment = tf_grow(arena, l->segment, l->n_segments, &cap, sizeof *l->segment);
        l->segment[l->n_segments++] = g;
    }
    return code;
}

enum tf_code tf_listen_load(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                            struct tf_listened **ret, struct tf_err *reterr)
{
    struct tf_listened *l = TF_NEW(arena, struct tf_listened);
    struct tf_transcript *all;
    struct tf_db *db;
    size_t n_all;
    TF_TRY(tf_keep_file(keep, country, "context", "coding", tf_listen_sql, &db, reterr));
    TF_TRY(tf_keep_participants_get(arena, keep, country, &l->participant, &l->n_participants,
                                    reterr));
    TF_TRY(tf_keep_transcripts_get(arena, keep, country, &all, &n_all, reterr));
    l->transcript = TF_NEW_N(arena, struct tf_transcript, n_all + 1);
    for (size_t k = 0; k < n_all; k++)
        if (may_use(l, all[k].participant))
            l->transcript[l->n_transcripts++] = all[k];
    TF_TRY(load_codes(arena, db, l, reterr));
    TF_TRY(load_laws(arena, db, l, reterr));
    TF_TRY(load_segments(arena, db, keep, country, l, all, n_all, reterr));
    *ret = l;
    return TF_OK;
}

/* ---- code by case ------------------------------------------------------------------------------ */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t roles_of(struct tf_arena *arena, const struct tf_listened *l, const char ***ret)
{
    const char **role = TF_NEW_N(arena, const char *, l->n_participants + 1);
    size_t n = 0, kept = 0;
    for (size_t k = 0; k < l->n_participants; k++)
        if (l->participant[k].use && !l->participant[k].withdrawn)
            role[n++] = l->participant[k].role;
    qsort(role, n, sizeof *role, by_text);
    for (size_t k = 0; k < n; k++)
        if (kept == 0 || strcmp(role[k], role[kept - 1]) != 0)
            role[kept++] = role[k];
    *ret = role;
    return kept;
}

void tf_code_by_case(struct tf_arena *arena, const struct tf_listened *l, double **ret_cell,
                     const char ***ret_role, size_t *ret_n_roles)
{
    const size_t n_roles = roles_of(arena, l, ret_role);
    double *cell = TF_NEW_N(arena, double, l->n_codes * n_roles + 1);
    bool *seen = TF_NEW_N(arena, bool, l->n_codes * l->n_participants + 1);
    for (size_t k = 0; k < l->n_segments; k++) {
        const struct tf_code_entry *e = tf_code_named(l, l->segment[k].code);
        const struct tf_participant *p = tf_participant_named(l, l->segment[k].participant);
        if (e == NULL || p == NULL || !p->use || p->withdrawn)
            continue;
        const size_t code = (size_t)(e - l->code), who = (size_t)(p - l->participant);
        if (seen[code * l->n_participants + who])
            continue;
        seen[code * l->n_participants + who] = true;
        for (size_t r = 0; r < n_roles; r++)
            if (strcmp((*ret_role)[r], p->role) == 0)
                cell[code * n_roles + r]++;
    }
    *ret_cell = cell;
    *ret_n_roles = n_roles;
}
