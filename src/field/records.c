/* Heads into records: see records.h.
 *
 * The inbox is append-only: an edit names the instance it deprecates, which is the newest state of its
 * record. So one walk with a table from instance to record is enough, whatever the number of edits.
 *
 * Does not: open what is sealed. Nothing here could. */
#include "field/records.h"

#include <string.h>

#include "field/inside.h"

enum { RECORDS_MOST = 5000000 };

struct tf_records_maker {
    struct tf_arena *arena;
    const char *country;
    struct tf_record *item;
    size_t n, cap;
    struct tf_names state; /* index of the record whose state an instance is or was */
    bool full;
};

struct tf_records_maker *tf_records_begin(struct tf_arena *arena, const char *country)
{
    struct tf_records_maker *m = TF_NEW(arena, struct tf_records_maker);
    m->arena = arena;
    m->country = country;
    m->state.arena = arena;
    return m;
}

static const struct tf_inbox_field *copy_clear(struct tf_arena *arena,
                                               const struct tf_inbox_head *h)
{
    struct tf_inbox_field *list = TF_NEW_N(arena, struct tf_inbox_field, h->n_clear + 1);
    for (size_t k = 0; k < h->n_clear; k++)
        list[k] = (struct tf_inbox_field){.name = tf_strdup(arena, h->clear[k].name),
                                          .value = tf_strdup(arena, h->clear[k].value)};
    return list;
}

/* The state that a head tells, put on a record. */
static void take_state(struct tf_records_maker *m, struct tf_record *r,
                       const struct tf_inbox_head *h)
{
    r->version = tf_strdup(m->arena, h->version == NULL ? "" : h->version);
    r->newest = tf_strdup(m->arena, h->instance);
    r->number = h->number;
    r->parts = h->n_parts;
    r->encrypted = h->encrypted;
    r->complete = h->complete;
    r->clear = copy_clear(m->arena, h);
    r->n_clear = h->n_clear;
}

bool tf_records_add(const struct tf_inbox_head *head, void *maker)
{
    struct tf_records_maker *m = maker;
    if (m->country != NULL && strcmp(m->country, head->country) != 0)
        return true;
    const size_t again = tf_names_get(&m->state, head->instance);
    if (again != SIZE_MAX) { /* files that came later: the head tells whether all are here */
        struct tf_record *r = &m->item[again];
        r->complete = r->complete || head->complete;
        r->parts = head->n_parts > r->parts ? head->n_parts : r->parts;
        return true;
    }
    const size_t old =
        head->deprecated == NULL ? SIZE_MAX : tf_names_get(&m->state, head->deprecated);
    if (old != SIZE_MAX) {
        struct tf_record *r = &m->item[old];
        take_state(m, r, head);
        r->edits++;
        r->edited = head->received;
        (void)tf_names_put(&m->state, r->newest, old);
        return true;
    }
    if (m->n >= RECORDS_MOST) {
        m->full = true;
        return false;
    }
    m->item = tf_grow(m->arena, m->item, m->n, &m->cap, sizeof *m->item);
    struct tf_record *r = &m->item[m->n];
    *r = (struct tf_record){.country = tf_strdup(m->arena, head->country),
                            .form = tf_strdup(m->arena, head->form),
                            .sender = tf_strdup(m->arena, head->sender == NULL ? "" : head->sender),
                            .received = head->received};
    take_state(m, r, head);
    r->instance = r->newest;
    (void)tf_names_put(&m->state, r->instance, m->n++);
    return true;
}

void tf_records_end(struct tf_records_maker *maker, struct tf_records *ret)
{
    ret->item = maker->item;
    ret->n = maker->n;
}

enum tf_code tf_records_read(struct tf_arena *arena, const char *study_dir, const char *country,
                             struct tf_records *ret, struct tf_err *reterr)
{
    struct tf_records_maker *m = tf_records_begin(arena, country);
    TF_TRY(tf_inbox_heads(arena, study_dir, 1, tf_records_add, m, reterr));
    if (m->full)
        return tf_fail(reterr, TF_E_LIMIT, "the inbox holds more than %d records", RECORDS_MOST);
    tf_records_end(m, ret);
    return TF_OK;
}

const char *tf_record_clear(const struct tf_record *r, const char *name)
{
    for (size_t k = 0; k < r->n_clear; k++)
        if (strcmp(r->clear[k].name, name) == 0)
            return r->clear[k].value;
    return "";
}

/* ---- reviews of records ------------------------------------------------------------------------- */

const struct tf_review **tf_records_reviewed(struct tf_arena *arena, const struct tf_records *r,
                                             const struct tf_review *review, size_t n_reviews)
{
    const struct tf_review **last = TF_NEW_N(arena, const struct tf_review *, r->n + 1);
    struct tf_names index = {.arena = arena};
    for (size_t k = 0; k < r->n; k++)
        (void)tf_names_put(&index, r->item[k].instance, k);
    for (size_t k = 0; k < n_reviews; k++) { /* in the order they were made: the last one stays */
        const size_t at = tf_names_get(&index, review[k].instance);
        if (at != SIZE_MAX && strcmp(r->item[at].form, review[k].form) == 0)
            last[at] = &review[k];
    }
    return last;
}

const char *tf_record_state(const struct tf_record *r, const struct tf_review *last)
{
    if (last == NULL)
        return r->edits > 0 ? "edited" : "received";
    return last->record < r->number ? "edited" : last->state;
}
