/* serve, inside: the words of an OData query, read. */
#ifndef TF_SERVE_ODATA_H
#define TF_SERVE_ODATA_H

#include "base/base.h"

enum tf_odata_field { TF_OD_DATE, TF_OD_UPDATED, TF_OD_STATE, TF_OD_SUBMITTER };
enum tf_odata_op { TF_OD_EQ, TF_OD_NE, TF_OD_LT, TF_OD_LE, TF_OD_GT, TF_OD_GE };
struct tf_odata_term { /* "__system/submissionDate ge 2026-11-24T00:00:00Z" */
    enum tf_odata_field field;
    enum tf_odata_op op;
    int64_t seconds;
    const char *text;  /* NULL: null */
};
enum { TF_OD_TERMS = 16 };
struct tf_odata_row { /* what a term is held against */
    int64_t date, updated; /* updated 0: never */
    const char *state;     /* NULL: received */
    const char *submitter;
};
struct tf_odata_query {
    size_t top, skip;        /* top SIZE_MAX: not given */
    bool count, descending, wkt;
    const char *token;       /* __id after which to go on, or NULL */
    const char **select;     /* names, or none: all */
    size_t n_select;
    struct tf_odata_term *term; /* a disjunction of conjunctions: or_before[k] begins a new one */
    bool *or_before;
    size_t n_terms;
};
/* One parameter ("$top", "10"): TF_E_INPUT says what is wrong; unknown ones that begin with $ too. */
TF_MUST_CHECK enum tf_code tf_odata_read(struct tf_arena *arena, const char *name,
                                         const char *value, struct tf_odata_query *q,
                                         struct tf_err *reterr);
void tf_odata_begin(struct tf_odata_query *q);
bool tf_odata_fits(const struct tf_odata_query *q, const struct tf_odata_row *row);
bool tf_odata_selected(const struct tf_odata_query *q, const char *name);
#endif
