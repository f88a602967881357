/* keep, inside: a crosswalk, how older versions of a form map onto the newest (docs/FORMATS.md).
 *
 *     field,version,old_name,code_old,code_new,note
 *     freq,3,,6,5,two steps were one            a code: 6 of version 3 is 5 now
 *     age_years,*,age,,,                        a name: `age` of any other version is `age_years`
 *     ,2,test_item,,,                           left out: version 2 had it for a trial
 *     exp_c,2,,9,missing:prefer_not,            a code that says why there is no value
 *
 * field: the column of the dataset. version: of the form, or * for every version. old_name: the column
 * as that version alone would name it; empty = the same as field. */
#ifndef TF_KEEP_CROSSWALK_H
#define TF_KEEP_CROSSWALK_H

#include "base/base.h"

struct tf_crosswalk_code {
    const char *from, *to; /* to "" when it becomes missing */
    enum tf_miss why;      /* TF_PRESENT, or the reason */
    size_t line;
};
struct tf_crosswalk_field { /* one column of one version (or of all) */
    const char *field;      /* NULL: left out */
    const char *version, *old_name;
    size_t line;
    struct tf_crosswalk_code *code;
    size_t n_codes, cap_codes;
};
struct tf_crosswalk {
    const char *file;
    struct tf_crosswalk_field *item;
    size_t n, cap;
};
TF_MUST_CHECK enum tf_code tf_crosswalk_read(struct tf_arena *arena, const char *path,
                                             struct tf_crosswalk **ret, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_crosswalk_parse(struct tf_arena *arena, const char *name,
                                              const char *data, size_t n, struct tf_crosswalk **ret,
                                              struct tf_err *reterr);
/* The entry for a column of a version: its own, else that of every version, else NULL. cw may be NULL. */
const struct tf_crosswalk_field *tf_crosswalk_find(const struct tf_crosswalk *cw,
                                                   const char *version, const char *old_name);
/* The recode of a value, or NULL. */
const struct tf_crosswalk_code *tf_crosswalk_recode(const struct tf_crosswalk_field *f,
                                                    const char *value);
#endif
