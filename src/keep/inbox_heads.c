/* Reading the inbox while it is being written: a walk over its records, and their clear heads.
 *
 * Readers are other threads or other processes than the one that appends. They go as far as the file
 * `settled` says, so that no record is seen whose sender was not told that it is stored: a machine that
 * stops could take such a record back, and its number would then be used again. Without that file
 * (a copy of the segments alone) all whole records are read. */
#include <string.h>

#include "keep/inbox_inside.h"

/* Up to where a segment may be read. */
static uint64_t limit_of(const struct seg *s, bool known, const struct settled *settled)
{
    if (!known || s->seq < settled->seq)
        return s->size;
    return s->seq == settled->seq ? settled->end : 0;
}

/* One segment; prev is the hash before its first record and becomes its last. */
static enum tf_code walk_one(const struct in_walk *w, struct seg *s, uint64_t end,
                             unsigned char prev[IN_HASH], bool *ret_on, struct tf_err *reterr)
{
    struct rec r;
    enum rec_kind kind;
    memcpy(prev, s->h.hash, IN_HASH);
    while (*ret_on && (kind = tf_in_next(s, end, &r)) != REC_END) {
        unsigned char hash[IN_HASH];
        bool whole = kind == REC_IS;
        if (!whole)
            return tf_in_damaged(reterr, s->path, s->at, "No record begins there.");
        if (w->prove && r.number >= w->from)
            whole = tf_in_verify(s, &r, prev, hash);
        if ((!w->prove || !whole || r.number < w->from) && !tf_in_hash_of(s, &r, hash))
            return tf_in_damaged(reterr, s->path, r.offset, "The record ends too soon.");
        memcpy(prev, hash, IN_HASH);
        if (r.number >= w->from)
            *ret_on = w->each(s, &r, whole, w->to);
    }
    return TF_OK;
}

enum tf_code tf_in_walk(const struct in_walk *w, struct tf_err *reterr)
{
    struct settled settled;
    unsigned char prev[IN_HASH] = {0};
    uint64_t next = 0;
    uint32_t *seq;
    size_t n;
    bool on = true;
    const bool known = tf_in_settled_read(w->arena, w->study_dir, &settled);
    TF_TRY(tf_in_list(w->arena, w->study_dir, &seq, &n, reterr));
    for (size_t k = 0; k < n && on; k++) {
        struct seg s;
        bool torn;
        if (known && seq[k] > settled.seq)
            break;
        TF_TRY(tf_in_open(w->arena, w->study_dir, seq[k], &s, &torn, reterr));
        if (torn)
            continue;
        enum tf_code code = next == 0 ? TF_OK : tf_in_follows(&s, prev, next, reterr);
        if (code == TF_OK)
            code = walk_one(w, &s, limit_of(&s, known, &settled), prev, &on, reterr);
        next = s.number;
        tf_in_close(&s);
        TF_TRY(code);
    }
    return TF_OK;
}

/* ---- heads ---- */

struct heads {
    struct tf_arena *arena;
    struct in_head head;
    bool (*each)(const struct tf_inbox_head *head, void *to);
    void *to;
    const char *bad;
    uint64_t bad_at;
};

static bool one_head(struct seg *s, const struct rec *r, bool whole TF_UNUSED, void *to)
{
    struct heads *h = to;
    if (!tf_in_head_read(h->arena, r->head, r->head_n, &h->head)) {
        h->bad = s->path;
        h->bad_at = r->offset;
        return false;
    }
    h->head.is.number = r->number;
    return h->each(&h->head.is, h->to);
}

enum tf_code tf_inbox_heads(struct tf_arena *arena, const char *study_dir, uint64_t from,
                            bool (*each)(const struct tf_inbox_head *head, void *to), void *to,
                            struct tf_err *reterr)
{
    struct heads heads = {.arena = arena, .each = each, .to = to};
    const struct in_walk walk = {.arena = arena, .study_dir = study_dir, .from = from,
                                 .each = one_head, .to = &heads};
    TF_TRY(tf_in_walk(&walk, reterr));
    if (heads.bad != NULL)
        return tf_in_damaged(reterr, heads.bad, heads.bad_at, "The head of a record is not one.");
    return TF_OK;
}
