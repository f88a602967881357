/* field: what happened at the doors.
 *
 * Contact sheets arrive as CSV files for now (one row a door: psu, door, visits, outcome …) and are
 * turned into the case-flow (table T1 of a report). This room reads outcomes, never answers. */
#ifndef TF_FIELD_H
#define TF_FIELD_H

#include "base/base.h"
#include "field/fieldwork.h"
#include "field/openrosa.h"
#include "field/plan.h"
#include "field/records.h"

struct tf_flow_row { /* one row of the case-flow */
    const char *id, *label;
    double count;
    const char *why; /* for losses: the rule or reason, or NULL */
};
struct tf_flow {
    struct tf_flow_row *row;
    size_t n;
};
/* Door-level case-flow from a contact-sheet CSV (columns: psu, door, outcome, …; outcomes in
 * docs/FORMATS.md): PSUs, doors, contacted, screened, eligible, refused by caregiver, refused by
 * child, broken off, complete. Errors name line and column. */
TF_MUST_CHECK enum tf_code tf_flow_from_contacts(struct tf_arena *arena, const char *path,
                                                 struct tf_flow **ret, struct tf_err *reterr);
/* The count of a row by its id (0 when there is none). */
double tf_flow_count(const struct tf_flow *f, const char *id);

/* Outcome rates (AAPOR Standard Definitions 2016, for a screener at doors): contact, screening,
 * eligibility, caregiver and child cooperation, RR1 and RR3. */
struct tf_flow_rate {
    const char *id, *label, *formula;
    double value, part, whole; /* value = part / whole, a share; NaN when whole is 0 */
};
void tf_flow_rates(struct tf_arena *arena, const struct tf_flow *f, struct tf_flow_rate **ret,
                   size_t *ret_n);

/* Everything odd in the contact sheets: unknown outcomes, doors twice, PSUs not in the sample. */
void tf_field_check(struct tf_arena *arena, const char *contacts_path, const char *frame_path,
                    struct tf_notices *out);

#include "field/monitor.h"

#endif
