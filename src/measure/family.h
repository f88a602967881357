/* A family: one estimate of a recipe (prop, mean or total of several variables in several domains) as
 * sums over units, which can be added, and the items that follow from those sums alone.
 *
 *     rows of a file  --family.c-->  family  --family_items.c-->  items of a result
 *     parts of shards --merge.c --->
 *
 * Whatever the sums came from, the items have the same bits. Private to the room. */
#ifndef TF_MEASURE_FAMILY_H
#define TF_MEASURE_FAMILY_H

#include "measure/groups.h"
#include "measure/onepass.h"

struct tf_family_var {
    const char *name, *label;
    unsigned flags;       /* of its table and column */
    bool number;          /* else categories: */
    bool numbers_as_codes;/* its codes are numbers, and stand in their order */
    size_t n;             /* categories; 1 of a number */
    const char **text, **text_label;
    size_t cell;          /* first cell among those of categories, or place among the numbers */
};
/* Exact sums of a number over the cases of one unit (by rows: one stratum) and domain, v = w y. */
struct tf_number_sum {
    uint32_t n;
    struct tf_exact w, v;
    struct tf_exact vv, vw, ww; /* by rows: of each row's squares and products */
};
/* Over all cases of a domain. */
struct tf_number_all {
    struct tf_exact wyy, ww;
    double low, high;     /* smallest and largest value; NaN: none */
};
struct tf_family_rows { /* of one variable in one domain */
    const uint32_t *code; /* or y */
    const double *y;
    const bool *in, *answered;
    size_t n;
};
struct tf_family {
    enum tf_interval_of of;     /* share, mean, total */
    struct tf_family_var *var;
    size_t n_vars, n_numbers;
    struct tf_by **by;          /* [n_domains], each [n_by]; NULL: no case at all */
    size_t n_by, n_domains;
    struct tf_source source;    /* of categories; its layout may have none */
    const struct tf_packed *packed; /* where rows are at hand, else NULL */
    uint32_t *rows;             /* [n_units * n_domains] rows of a domain, answered or not */
    struct tf_number_sum *number; /* [n_numbers][n_domains][n_units] */
    struct tf_number_all *all;    /* [n_numbers][n_domains] */
    struct tf_exact *square;    /* [categorical variables * n_domains] sum w^2, or NULL: ask packed */
    size_t n_rows;              /* of the sample */
    /* The rows themselves, NULL where they are not at hand. */
    struct tf_family_rows (*rows_of)(const struct tf_family *f, size_t var, size_t domain);
    const void *rows_self;
};
/* Can this estimate be made from sums over units? */
bool tf_family_fits(const struct tf_runner *r);
TF_MUST_CHECK enum tf_code tf_family_from_rows(struct tf_runner *r, const struct tf_ask *ask,
                                               enum tf_interval_of of, struct tf_family **ret,
                                               struct tf_err *reterr);
/* The items of the result, as tf_run_prop, tf_run_mean and tf_run_total promise them. */
TF_MUST_CHECK enum tf_code tf_family_items(struct tf_runner *r, const struct tf_ask *ask,
                                           const struct tf_family *f, struct tf_result *out,
                                           struct tf_err *reterr);
/* Both: what those three do where the family fits. */
TF_MUST_CHECK enum tf_code tf_family_run(struct tf_runner *r, const struct tf_ask *ask,
                                         enum tf_interval_of of, struct tf_result *out,
                                         struct tf_err *reterr);
/* Was no PSU declared? */
bool tf_design_by_rows(const struct tf_yaml *root);

#endif
