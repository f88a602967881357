/* The ledger: what was done, in order, so that nothing can be taken out unnoticed.
 *
 * Entry k carries the hash of entry k - 1:
 *
 *     h(0) = ""      h(k) = BLAKE2b-256( h(k-1), k, act, subject, detail )
 *
 * each part with its length before it. Who alters, removes or re-orders an entry breaks the chain
 * from there on; who cuts its end off is found out by the head, which holds the number of entries and
 * the last hash. Someone who has the key can of course write a whole new chain: against that, print
 * the head's hash (`trefoil keep verify`) and keep the paper elsewhere.
 *
 * There is no clock in it: two runs over the same evidence have the same ledger, which is what makes
 * a study repeatable. Source: Haber & Stornetta (1991) How to time-stamp a digital document, J.
 * Cryptology 3, 99-111, linking without the time. */
#include <string.h>

#include "keep/head.h"
#include "keep/register.h"
#include "keep/keep.h"

static struct tf_hash entry_hash(const char *before, int64_t entry, const char *act,
                                 const char *subject, const char *detail)
{
    struct tf_hasher h;
    tf_hasher_begin(&h);
    tf_hasher_text(&h, before);
    tf_hasher_u64(&h, (uint64_t)entry);
    tf_hasher_text(&h, act);
    tf_hasher_text(&h, subject);
    tf_hasher_text(&h, detail);
    return tf_hasher_end(&h);
}

static enum tf_code read_head(struct tf_arena *arena, struct tf_register *reg, int64_t *ret_n,
                              const char **ret_hash, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(reg->db, "head", &q, reterr));
    if (tf_step(q, &code, reterr)) {
        *ret_n = tf_col_int(q, 0);
        *ret_hash = tf_col_text(arena, q, 1);
        return tf_run(q, reterr); /* to the end, so that no lock stays */
    }
    TF_TRY(code);
    return tf_fail(reterr, TF_E_REFUSED, "the ledger has lost its head");
}

static enum tf_code append(struct tf_arena *scratch, struct tf_register *reg, const char *act,
                           const char *subject, const char *detail, struct tf_err *reterr)
{
    const char *before;
    struct tf_stmt *q;
    int64_t n;
    TF_TRY(read_head(scratch, reg, &n, &before, reterr));
    n++;
    const struct tf_hash hash = entry_hash(before, n, act, subject, detail);
    TF_TRY(tf_sql(reg->db, "ledger_add", &q, reterr));
    tf_bind_int(q, 1, n);
    tf_bind_text(q, 2, act);
    tf_bind_text(q, 3, subject);
    tf_bind_text(q, 4, detail);
    tf_bind_text(q, 5, hash.hex);
    TF_TRY(tf_run(q, reterr));
    TF_TRY(tf_sql(reg->db, "head_set", &q, reterr));
    tf_bind_int(q, 1, n);
    tf_bind_text(q, 2, hash.hex);
    TF_TRY(tf_run(q, reterr));
    reg->entries = (uint64_t)n;
    memcpy(reg->head, hash.hex, sizeof reg->head);
    return TF_OK;
}

void tf_ledger_committed(struct tf_register *reg)
{
    if (reg->entries > 0)
        tf_head_remember(reg, reg->entries, reg->head, false);
}

enum tf_code tf_ledger_append(struct tf_register *reg, const char *act, const char *subject,
                              const char *detail, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("the ledger", (size_t)1 << 20);
    const enum tf_code code = append(scratch, reg, act, subject, detail, reterr);
    tf_arena_free(scratch);
    return code;
}

enum tf_code tf_ledger_add(struct tf_register *reg, const char *act, const char *subject,
                           const char *detail, struct tf_err *reterr)
{
    TF_TRY(tf_db_begin(reg->db, reterr));
    enum tf_code code = tf_ledger_append(reg, act, subject, detail == NULL ? "" : detail, reterr);
    if (code == TF_OK)
        code = tf_db_commit(reg->db, reterr);
    if (code != TF_OK)
        tf_db_rollback(reg->db);
    else
        tf_ledger_committed(reg);
    return code;
}

static enum tf_code broken(struct tf_err *reterr, int64_t entry, const char *fact)
{
    (void)tf_fail(reterr, TF_E_REFUSED, "the ledger's chain is broken at entry %lld",
                  (long long)entry);
    (void)tf_fact(reterr, "%s", fact);
    return tf_help(reterr, "Compare with a copy of the study: the entries before are whole.");
}

static enum tf_code read_entries(struct tf_arena *arena, struct tf_register *reg,
                                 struct tf_ledger_entry **ret, size_t *ret_n,
                                 struct tf_err *reterr)
{
    struct tf_ledger_entry *list = NULL;
    struct tf_stmt *q;
    size_t n = 0, cap = 0;
    enum tf_code code;
    TF_TRY(tf_sql(reg->db, "ledger_all", &q, reterr));
    while (tf_step(q, &code, reterr)) {
        list = tf_grow(arena, list, n, &cap, sizeof *list);
        list[n++] = (struct tf_ledger_entry){.entry = (size_t)tf_col_int(q, 0),
                                             .act = tf_col_text(arena, q, 1),
                                             .subject = tf_col_text(arena, q, 2),
                                             .detail = tf_col_text(arena, q, 3),
                                             .hash = tf_col_text(arena, q, 4)};
    }
    *ret = list;
    *ret_n = n;
    return code;
}

enum tf_code tf_ledger_list(struct tf_arena *arena, struct tf_register *reg,
                            struct tf_ledger_entry **ret, size_t *ret_n, struct tf_err *reterr)
{
    struct tf_ledger_entry *list;
    const char *before = "", *head;
    size_t n;
    int64_t entries;
    TF_TRY(read_head(arena, reg, &entries, &head, reterr));
    TF_TRY(read_entries(arena, reg, &list, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        const struct tf_ledger_entry *e = &list[k];
        const int64_t at = (int64_t)k + 1;
        if (e->entry != k + 1)
            return broken(reterr, at, "an entry is missing");
        const struct tf_hash hash = entry_hash(before, at, e->act, e->subject, e->detail);
        if (strcmp(hash.hex, e->hash) != 0)
            return broken(reterr, at, "its words do not fit its hash");
        before = e->hash;
    }
    if ((int64_t)n != entries || strcmp(before, head) != 0)
        return broken(reterr, (int64_t)n + 1, "entries at the end are missing");
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

enum tf_code tf_ledger_verify(struct tf_register *reg, size_t *ret_entries, struct tf_err *reterr)
{
    struct tf_ledger_entry *list;
    size_t n = 0;
    struct tf_arena *scratch = tf_arena_new("the ledger", (size_t)1 << 30);
    const enum tf_code code = tf_ledger_list(scratch, reg, &list, &n, reterr);
    tf_arena_free(scratch);
    if (code == TF_OK && ret_entries != NULL)
        *ret_entries = n;
    return code;
}
