/* keep, inside: one submission on its way from the inbox into the vault (open_record.c opens it,
 * open_take.c takes it in, open_consent.c notes what was agreed). */
#ifndef TF_KEEP_OPEN_RECORD_H
#define TF_KEEP_OPEN_RECORD_H

#include "keep/consent.h"
#include "keep/open_inside.h"
#include "keep/records.h"

#define OPEN_XML "" /* the name under which a submission's XML is kept */

struct open_record { /* one instance on its way; strings and files live in the batch */
    const char *instance, *version, *deprecated, *code, *why;
    const struct tf_study_form *form;
    const struct tf_record_key *key; /* of its code; NULL while it is closed */
    int64_t number;
    int64_t *post; /* numbers of posts that brought it now */
    size_t n_posts, cap_posts;
    int state;
    const char *language, *day, *sender; /* for consent; "" when not known */
    struct tf_switch *sw;                /* [form->n_consents] what was agreed; name NULL: not said */
    bool coded, stopped, known, put; /* known: a row is there */
    struct tf_odk_file *file;   /* as came, or opened */
    size_t n_files, cap_files;
};
struct open_taking {
    struct opening *o;
    struct tf_open_result *counts;
    struct tf_arena *batch;
    struct open_record *record;
    size_t n, cap, bytes;
    uint64_t next; /* the first number not seen yet, while there was no gap */
    bool gap;
};

struct tf_odk_file *tf_open_file(struct open_record *r, const char *name); /* NULL: not here */
/* Add a file (copied into the batch) unless one of its name is there. */
void tf_open_add(struct open_taking *t, struct open_record *r, const char *name, const void *data,
                 size_t n);
/* Open it if all its files are here: r->state says what came of it, a notice says why not. */
void tf_open_try(struct open_taking *t, struct open_record *r);
/* What a submission says of consent, while its answers are read; and the records of a batch. They are
 * put before the submissions: who is killed in between puts the same again, and none is lost. */
void tf_open_agreed(struct open_taking *t, struct open_record *r, const struct tf_xfield *f,
                    const char *text);
TF_MUST_CHECK enum tf_code tf_open_consents(struct open_taking *t, struct tf_err *reterr);
#endif
