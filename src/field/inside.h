/* Inside field: contact sheets as read, and the field's book. */
#ifndef TF_FIELD_INSIDE_H
#define TF_FIELD_INSIDE_H

#include "base/names.h"
#include "base/sql.h"
#include "field/field.h"

enum tf_stage { AT_DOOR, AT_DWELLING, CONTACTED, SCREENED, ELIGIBLE, ALLOWED, BEGUN, COMPLETE };
struct tf_outcome { /* an outcome, the last stage it reached, and why it went no further */
    const char *word;
    enum tf_stage reached;
    const char *why;
};
extern const struct tf_outcome tf_outcomes[]; /* ends with {NULL} */
const struct tf_outcome *tf_outcome_named(const char *word);

struct tf_door {
    const char *psu, *door;
    double visits; /* NaN where the sheet does not say */
    const struct tf_outcome *outcome;
    size_t row;
};
struct tf_contacts {
    struct tf_door *door; /* in file order; doors with a fault are left out */
    size_t n, n_psus;
};
/* Read a sheet. A file that is no contact sheet is an error; faults of single rows are notices. */
TF_MUST_CHECK enum tf_code tf_contacts_read(struct tf_arena *arena, const char *path,
                                            struct tf_contacts *ret, struct tf_notices *faults,
                                            struct tf_err *reterr);

/* The case-flow of doors that were read. */
struct tf_flow *tf_flow_of(struct tf_arena *arena, const struct tf_contacts *c);

/* ---- the book (fieldwork.c, key.c) ---- */
struct tf_fieldwork {
    struct tf_arena *arena;
    const char *dir; /* the study folder */
    struct tf_db *db;
};
/* The 32 bytes of a key file, in locked memory; made when it is not there and create is set. */
TF_MUST_CHECK enum tf_code tf_field_key(struct tf_arena *arena, const char *path, bool create,
                                        const unsigned char **ret, struct tf_err *reterr);
/* One version of a form; *ret_found false when it is not out. */
TF_MUST_CHECK enum tf_code tf_form_out_find(struct tf_arena *arena, struct tf_fieldwork *fw,
                                            const char *country, const char *id,
                                            const char *version, bool *ret_found,
                                            struct tf_out_form *ret, struct tf_err *reterr);
/* Write one, all or nothing; paths in it are relative to the study. */
TF_MUST_CHECK enum tf_code tf_form_out_put(struct tf_fieldwork *fw, const struct tf_out_form *f,
                                           struct tf_err *reterr);
const char *tf_lines_join(struct tf_arena *arena, const char *const *name, size_t n);
/* MD5 as OpenRosa's clients compare it: 32 hex digits. No secret rests on it. */
const char *tf_md5_hex(struct tf_arena *arena, const void *data, size_t n);
/* 43 characters that nobody can guess. */
const char *tf_token_make(struct tf_arena *arena);

#endif
