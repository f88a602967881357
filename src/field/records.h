/* field/records: what arrived, seen from outside. Part of field's public face.
 *
 * The heads of the inbox (keep/inbox.h) tell who sent what and when, and the few declared clear fields.
 * An edit is a record of its own there; here it becomes the newest state of the record it edits. */
#ifndef TF_FIELD_RECORDS_H
#define TF_FIELD_RECORDS_H

#include "field/fieldwork.h"
#include "keep/inbox.h"

/* ---- moments as tablets write them: "2026-11-24T10:15:30.000+07:00" (moment.c) ---- */
struct tf_moment {
    char date[11];   /* local: "2026-11-24" */
    double hour;     /* local, 0..24 */
    int64_t seconds; /* since 1970, UTC */
};
bool tf_moment_parse(const char *text, struct tf_moment *ret);
/* The same of a number of seconds, in UTC. */
struct tf_moment tf_moment_of(int64_t seconds);

struct tf_record { /* one submission with all its edits */
    const char *country, *form, *version;
    const char *instance;       /* the first instanceID: the record's identity */
    const char *newest;         /* instanceID of the newest state */
    uint64_t number;            /* of the newest state in the inbox */
    const char *sender;         /* of the first: device or person */
    int64_t received, edited;   /* seconds since 1970: first state, newest state (0 = never edited) */
    size_t edits, parts;
    bool encrypted, complete;
    const struct tf_inbox_field *clear; /* of the newest state */
    size_t n_clear;
};
struct tf_records {
    struct tf_record *item; /* by the number of the first state */
    size_t n;
};
/* All of a country, or of all countries when NULL. Heads come in any number; limit 5 million. */
TF_MUST_CHECK enum tf_code tf_records_read(struct tf_arena *arena, const char *study_dir,
                                           const char *country, struct tf_records *ret,
                                           struct tf_err *reterr);
/* The same from heads that were gathered elsewhere. */
struct tf_records_maker;
struct tf_records_maker *tf_records_begin(struct tf_arena *arena, const char *country);
bool tf_records_add(const struct tf_inbox_head *head, void *maker); /* the each() of tf_inbox_heads */
void tf_records_end(struct tf_records_maker *maker, struct tf_records *ret);
/* A clear field by name, "" when it has none. */
const char *tf_record_clear(const struct tf_record *r, const char *name);

/* The state of each record, [records.n], after all reviews of its country; and who said so (or NULL). */
const struct tf_review **tf_records_reviewed(struct tf_arena *arena, const struct tf_records *r,
                                             const struct tf_review *review, size_t n_reviews);
const char *tf_record_state(const struct tf_record *r, const struct tf_review *last);
#endif
