/* Inside field: contact sheets as read. */
#ifndef TF_FIELD_INSIDE_H
#define TF_FIELD_INSIDE_H

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

#endif
