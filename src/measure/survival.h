/* Times and events, as the survival statistics read them (survival.c). Private to cox.c,
 * kaplan_meier.c and logrank.c. */
#ifndef TF_MEASURE_SURVIVAL_H
#define TF_MEASURE_SURVIVAL_H

#include "measure/run.h"

struct tf_survival {
    size_t n;             /* rows of the table */
    const char *name;     /* of the time, as it was written */
    const double *time;   /* [n] */
    bool *event;          /* [n] */
    bool *known;          /* [n] time and event present, weight > 0 */
};
/* One domain of it: rows in play by time, and the groups of equal time that have an event. */
struct tf_risk {
    bool *rows;           /* [n] */
    uint32_t *order;      /* [n_rows] by time, then as in the file */
    size_t n_rows;
    size_t *from;         /* [n_groups + 1] groups of equal time in `order` */
    size_t n_groups;
};
/* Keys `time:` and `event:`, each a variable or an expression ("stop - start", "status == 2"), or
 * a formula that starts with R's Surv(time, event). An event is 1 (0: censored); in a variable of
 * 1 and 2 it is 2, as in R's Surv. */
TF_MUST_CHECK enum tf_code tf_survival_read(struct tf_runner *r, const struct tf_ask *ask,
                                            struct tf_survival *ret, struct tf_err *reterr);
struct tf_risk tf_risk_make(struct tf_arena *arena, const struct tf_survival *s, const bool *in);

#endif
