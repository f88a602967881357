/* What the parts of `trefoil field` share: the words of the command line, and the book. */
#ifndef TF_CMD_FIELD_PARTS_H
#define TF_CMD_FIELD_PARTS_H

#include "ask/ask.h"
#include "cmd/cmd.h"
#include "field/field.h"

struct field_words {
    const char *country, *frame, *person, *team, *qr, *url, *share, *seed, *role, *name, *fd, *csv,
        *comment;
    bool draft, digest;
    const char **word; /* after "field": word[0] is the part */
    size_t n;
    int64_t now;       /* seconds since 1970 */
    const char *day;   /* "2026-11-24" */
};
typedef enum tf_code field_part(struct tf_run *run, const struct field_words *w,
                                struct tf_err *reterr);
/* field_out.c */
field_part tf_field_publish, tf_field_forms, tf_field_state;
/* field_people.c */
field_part tf_field_enrol, tf_field_revoke, tf_field_devices, tf_field_person;
/* field_work.c */
field_part tf_field_assign, tf_field_backcheck, tf_field_review, tf_field_monitor;

/* The study, its country --country (usage error when it is not given), and the book. */
TF_MUST_CHECK enum tf_code tf_field_open(struct tf_run *run, const struct field_words *w,
                                         bool create, struct tf_study **ret_study,
                                         struct tf_fieldwork **ret_fw, struct tf_err *reterr);
/* A table as JSON rows, or aligned for a terminal. */
struct json_t *tf_field_rows(const struct tf_table *t);
void tf_field_say(struct tf_run *run, const struct tf_table *t);
/* Write a file that is not there yet. */
TF_MUST_CHECK enum tf_code tf_field_write(const char *path, const void *data, size_t n,
                                          struct tf_err *reterr);
#endif
