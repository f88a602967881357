/* The terms of a log-linear model and the table they speak of. Private to loglinear*.c. */
#ifndef TF_MEASURE_LOGLINEAR_H
#define TF_MEASURE_LOGLINEAR_H

#include "measure/tabulate.h"

enum { TF_GRID_VARS = 8, TF_GRID_CELLS = 1000 };

struct tf_grid { /* the table of all variables that a formula names */
    const struct tf_codes *codes[TF_GRID_VARS];
    const char *name[TF_GRID_VARS];
    size_t size[TF_GRID_VARS]; /* categories with cases */
    size_t n_vars, cells;
};
struct tf_terms { /* sets of variables, as bits: lower orders first, then as written */
    unsigned set[1 << TF_GRID_VARS];
    size_t n;
};

/* Read "~ a * b + c" at its node: its variables join the grid's. */
TF_MUST_CHECK enum tf_code tf_terms_read(struct tf_runner *r, const struct tf_yaml *at,
                                         struct tf_grid *g, struct tf_terms *t,
                                         struct tf_err *reterr);
/* Every term there is among the grid's variables. */
void tf_terms_all(const struct tf_grid *g, struct tf_terms *t);
/* Is every term of `small` in `large`? */
bool tf_terms_contain(const struct tf_terms *large, const struct tf_terms *small);
/* The cells of a domain: of [n] (TF_NO_CODE outside), the first variable varying fastest. */
TF_MUST_CHECK enum tf_code tf_grid_make(struct tf_runner *r, const struct tf_ask *ask,
                                        struct tf_grid *g, const struct tf_domain *d, uint32_t *of,
                                        struct tf_err *reterr);
/* The model matrix without the intercept, [cells x *ret_p], by contrasts that sum to 0. */
double *tf_terms_matrix(struct tf_arena *arena, const struct tf_grid *g, const struct tf_terms *t,
                        const char ***ret_name, size_t *ret_p);

#endif
