/* field/plan: what the fieldwork is to reach, and what is odd. Part of field's public face.
 *
 * <study>/fieldwork.yaml (docs/FORMATS.md); a study without one has the defaults below. */
#ifndef TF_FIELD_PLAN_H
#define TF_FIELD_PLAN_H

#include "ask/ask.h"

struct tf_quota_rule { /* a cell of interviews; what is NULL or 0 is any */
    const char *cell, *stratum, *sex;
    double age_min, age_max;
    int64_t target;
    const char **country; /* codes; none = all */
    size_t n_countries;
    size_t line;
};
struct tf_field_plan {
    const char *contact_form;     /* "contact" */
    const char **interview;       /* forms that are interviews; default: those that a child answers */
    size_t n_interviews;
    const char *sample;           /* PSUs in the sample, {country} replaced; or NULL */
    double per_psu;               /* interviews wanted in each PSU; NaN = not stated */
    struct tf_quota_rule *quota;
    size_t n_quotas;
    double too_fast;              /* share of the median time below which an interview is too fast */
    double far_km;                /* from the PSU's place */
    double run;                   /* interviews broken off in a row */
    double day_begins, day_ends;  /* hours between which interviews are expected */
    double missing;               /* share of questions without an answer that is too much */
};
TF_MUST_CHECK enum tf_code tf_field_plan_read(struct tf_arena *arena, const struct tf_study *study,
                                              struct tf_field_plan *ret, struct tf_err *reterr);
#endif
