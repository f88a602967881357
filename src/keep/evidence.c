/* The register of evidence: what there is, by content.
 *
 * The id of a piece of evidence is made of what it is and of the hash of what it holds, so that two
 * teams that import the same file name it alike without ever having spoken, and a number printed in
 * a report can be asked years later whether the evidence behind it is still the same.
 *
 *     dataset - XA - child - 3f9a1c0b77aa
 *     kind      country name  first 12 hex digits of BLAKE2b-256 (48 bits: with a million pieces of
 *                             one name, two alike are less likely than one in 500)
 *
 * The full hash is kept beside it: a second piece of the same id but another hash is refused. For
 * each (kind, country, name) one piece is current, the newest; the older ones stay. */
#include "keep/evidence.h"

#include <string.h>

#include "keep/register.h"

enum { ID_HEX = 12 };

char *tf_evidence_id(struct tf_arena *arena, const char *kind, const char *country,
                     const char *name, const char *hash)
{
    const bool whole = country == NULL || country[0] == '\0';
    char *id = tf_printf(arena, "%s%s%s-%s-%.*s", kind, whole ? "" : "-", whole ? "" : country,
                         name, ID_HEX, hash);
    for (char *c = id; *c != '\0'; c++)
        if (strchr("-_.", *c) == NULL && !(*c >= '0' && *c <= '9') && !(*c >= 'A' && *c <= 'Z') &&
            !(*c >= 'a' && *c <= 'z'))
            *c = '-';
    return id;
}

static const char *or_empty(const char *s)
{
    return s == NULL ? "" : s;
}

static void read_row(struct tf_arena *arena, struct tf_stmt *q, struct tf_evidence *ret)
{
    ret->id = tf_col_text(arena, q, 0);
    ret->kind = tf_col_text(arena, q, 1);
    ret->country = tf_col_text(arena, q, 2);
    ret->strand = tf_col_text(arena, q, 3);
    ret->name = tf_col_text(arena, q, 4);
    ret->title = tf_col_text(arena, q, 5);
    ret->hash = tf_col_text(arena, q, 6);
    ret->file = tf_col_text(arena, q, 7);
    ret->detail = tf_col_text(arena, q, 8);
}

/* ---- Putting in ------------------------------------------------------------------------------ */

struct standing { /* what the register knows of an id */
    bool known, current;
    char hash[TF_HASH_TEXT];
};

static enum tf_code look_up(struct tf_register *reg, const char *id, struct standing *ret,
                            struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    struct tf_arena *scratch = tf_arena_new("looking up evidence", (size_t)1 << 24);
    ret->known = false;
    code = tf_sql(reg->db, "evidence_by_id", &q, reterr);
    if (code == TF_OK) {
        tf_bind_text(q, 1, id);
        if (tf_step(q, &code, reterr)) {
            const char *hash = tf_col_text(scratch, q, 6);
            ret->known = true;
            ret->current = tf_col_int(q, 9) == 1;
            memcpy(ret->hash, hash, strnlen(hash, sizeof ret->hash - 1) + 1);
            ret->hash[sizeof ret->hash - 1] = '\0';
            code = tf_run(q, reterr); /* to the end, so that no lock stays */
        }
    }
    tf_arena_free(scratch);
    return code;
}

static enum tf_code insert(struct tf_register *reg, const struct tf_evidence *e, const char *id,
                           struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(reg->db, "evidence_insert", &q, reterr));
    tf_bind_text(q, 1, id);
    tf_bind_text(q, 2, e->kind);
    tf_bind_text(q, 3, or_empty(e->country));
    tf_bind_text(q, 4, or_empty(e->strand));
    tf_bind_text(q, 5, e->name);
    tf_bind_text(q, 6, or_empty(e->title));
    tf_bind_text(q, 7, e->hash);
    tf_bind_text(q, 8, or_empty(e->file));
    tf_bind_text(q, 9, e->detail == NULL ? "{}" : e->detail);
    return tf_run(q, reterr);
}

static enum tf_code put_in_transaction(struct tf_register *reg, const struct tf_evidence *e,
                                       const char *id, bool known, struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(reg->db, "evidence_retire", &q, reterr));
    tf_bind_text(q, 1, e->kind);
    tf_bind_text(q, 2, or_empty(e->country));
    tf_bind_text(q, 3, e->name);
    TF_TRY(tf_run(q, reterr));
    if (known) {
        TF_TRY(tf_sql(reg->db, "evidence_revive", &q, reterr));
        tf_bind_text(q, 1, id);
        TF_TRY(tf_run(q, reterr));
    } else {
        TF_TRY(insert(reg, e, id, reterr));
    }
    return tf_ledger_append(reg, known ? "revive" : "register", id, e->hash, reterr);
}

enum tf_code tf_evidence_put(struct tf_register *reg, const struct tf_evidence *e,
                             const char **ret_id, struct tf_err *reterr)
{
    struct standing known = {.known = false};
    const char *id =
        e->id != NULL ? e->id : tf_evidence_id(reg->arena, e->kind, e->country, e->name, e->hash);
    TF_TRY(look_up(reg, id, &known, reterr));
    if (known.known && strcmp(known.hash, e->hash) != 0) {
        (void)tf_fail(reterr, TF_E_REFUSED, "the evidence id '%s' stands for other content", id);
        return tf_fact(reterr, "its hash is %s, not %s", known.hash, e->hash);
    }
    if (!known.known || !known.current) {
        TF_TRY(tf_db_begin(reg->db, reterr));
        enum tf_code code = put_in_transaction(reg, e, id, known.known, reterr);
        if (code == TF_OK)
            code = tf_db_commit(reg->db, reterr);
        if (code != TF_OK) {
            tf_db_rollback(reg->db);
            return code;
        }
        tf_ledger_committed(reg);
    }
    if (ret_id != NULL)
        *ret_id = e->id != NULL ? tf_strdup(reg->arena, id) : id;
    return TF_OK;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

enum tf_code tf_evidence_get(struct tf_arena *arena, struct tf_register *reg, const char *id,
                             struct tf_evidence *ret, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(reg->db, "evidence_by_id", &q, reterr));
    tf_bind_text(q, 1, id);
    if (tf_step(q, &code, reterr)) {
        read_row(arena, q, ret);
        return tf_run(q, reterr); /* to the end, so that no lock stays */
    }
    TF_TRY(code);
    (void)tf_fail(reterr, TF_E_INPUT, "there is no evidence '%s'", id);
    return tf_help(reterr, "`trefoil keep list` shows what there is.");
}

enum tf_code tf_evidence_current(struct tf_arena *arena, struct tf_register *reg, const char *kind,
                                 const char *country, const char *name, bool *ret_found,
                                 struct tf_evidence *ret, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(reg->db, "evidence_current", &q, reterr));
    tf_bind_text(q, 1, kind);
    tf_bind_text(q, 2, or_empty(country));
    tf_bind_text(q, 3, name);
    *ret_found = tf_step(q, &code, reterr);
    if (!*ret_found)
        return code;
    read_row(arena, q, ret);
    return tf_run(q, reterr);
}

enum tf_code tf_evidence_list(struct tf_arena *arena, struct tf_register *reg, const char *country,
                              struct tf_evidence **ret, size_t *ret_n, struct tf_err *reterr)
{
    struct tf_evidence *list = NULL;
    struct tf_stmt *q;
    size_t n = 0, cap = 0;
    enum tf_code code;
    TF_TRY(tf_sql(reg->db, "evidence_list", &q, reterr));
    tf_bind_text(q, 1, or_empty(country));
    while (tf_step(q, &code, reterr)) {
        list = tf_grow(arena, list, n, &cap, sizeof *list);
        read_row(arena, q, &list[n++]);
    }
    TF_TRY(code);
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

/* ---- Where it came from ---------------------------------------------------------------------- */

enum tf_code tf_evidence_link(struct tf_register *reg, const char *derived, const char *from,
                              struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(reg->db, "source_add", &q, reterr));
    tf_bind_text(q, 1, derived);
    tf_bind_text(q, 2, from);
    return tf_run(q, reterr);
}

static enum tf_code list_links(struct tf_arena *arena, struct tf_register *reg, const char *statement,
                               const char *id, const char ***ret, size_t *ret_n,
                               struct tf_err *reterr)
{
    const char **list = NULL;
    struct tf_stmt *q;
    size_t n = 0, cap = 0;
    enum tf_code code;
    TF_TRY(tf_sql(reg->db, statement, &q, reterr));
    tf_bind_text(q, 1, id);
    while (tf_step(q, &code, reterr)) {
        list = tf_grow(arena, list, n, &cap, sizeof *list);
        list[n++] = tf_col_text(arena, q, 0);
    }
    TF_TRY(code);
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

enum tf_code tf_evidence_sources(struct tf_arena *arena, struct tf_register *reg,
                                 const char *derived, const char ***ret, size_t *ret_n,
                                 struct tf_err *reterr)
{
    return list_links(arena, reg, "source_list", derived, ret, ret_n, reterr);
}

enum tf_code tf_evidence_derived(struct tf_arena *arena, struct tf_register *reg, const char *from,
                                 const char ***ret, size_t *ret_n, struct tf_err *reterr)
{
    return list_links(arena, reg, "derived_list", from, ret, ret_n, reterr);
}
