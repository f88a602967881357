/* Reading a design: what its files share. Private to design_*.c. */
#ifndef TF_MEASURE_DESIGN_PARTS_H
#define TF_MEASURE_DESIGN_PARTS_H

#include "measure/variance.h"

struct tf_design_reader {
    struct tf_arena *arena;
    const struct tf_yaml *at; /* the map: `design:`, or `phase2:` in it */
    const char *dir;
    struct tf_table *t;
    struct tf_survey *s;
    struct tf_stage *stage; /* what is being made */
    size_t n_stages;
    bool has_fpc;
    struct tf_buf *text;
};
struct tf_design_part { /* one item of strata or psu: a column, or several crossed */
    const struct tf_yaml *at;
    const struct tf_codes **codes;
    size_t n;
};
struct tf_design_parts {
    struct tf_design_part *part;
    size_t n;
};

/* ---- design_columns.c ---- */
/* The node under a key, or the map's own. */
const struct tf_yaml *tf_design_place(const struct tf_design_reader *r, const char *key);
/* The items of a list, or the one item that stands there without a list; 0 for NULL. */
size_t tf_design_items(const struct tf_yaml *at);
const struct tf_yaml *tf_design_item(const struct tf_yaml *at, size_t k);
/* The columns under a key, present in every row; what: "stratum", for messages. */
TF_MUST_CHECK enum tf_code tf_design_parts_read(const struct tf_design_reader *r, const char *key,
                                                const char *what, struct tf_design_parts *ret,
                                                struct tf_err *reterr);
/* Numbers of the column that `at` names, present in every row. */
TF_MUST_CHECK enum tf_code tf_design_numbers(const struct tf_design_reader *r,
                                             const struct tf_yaml *at, const char *what,
                                             double **ret, struct tf_err *reterr);
enum tf_code tf_design_bad_number(const struct tf_design_reader *r, const struct tf_yaml *at,
                                  const char *what, size_t row, double x, const char *rule,
                                  struct tf_err *reterr);
/* "region = 2, urban = 1" */
const char *
tf_design_codes_text(struct tf_arena *arena, const struct tf_design_part *p, size_t row);

/* ---- design_stages.c ---- */
/* Strata and units of every stage, without population sizes. */
TF_MUST_CHECK enum tf_code tf_design_stages(struct tf_design_reader *r,
                                            struct tf_design_parts *ret_strata,
                                            struct tf_design_parts *ret_psu, struct tf_err *reterr);
/* ---- design_fpc.c ---- */
/* Population sizes from `fpc`; INFINITY without. Under PPS: s->pps->population. */
TF_MUST_CHECK enum tf_code tf_design_fpc(struct tf_design_reader *r, struct tf_err *reterr);
void tf_design_without_end(const struct tf_design_reader *r, struct tf_stage *st);
/* ---- design_read.c ---- */
/* Weights from `weight` or `prob`, else from the fractions of the stages, into w [n] (all 1). */
TF_MUST_CHECK enum tf_code
tf_design_weights(const struct tf_design_reader *r, double *w, struct tf_err *reterr);

/* ---- design_phases.c ---- */
/* Read `phase2:` over a survey whose first phase is read; changes the weights. */
TF_MUST_CHECK enum tf_code tf_phases_read(const struct tf_design_reader *first,
                                          const struct tf_yaml *at, struct tf_err *reterr);

#endif
