/* How samples vary: what the files of the variance share. Private to survey.c, design_read.c,
 * variance_*.c and replicates*.c.
 *
 * A linearised variance is gathered column by column: `begin`, then the linearised variables one
 * after another (each is summed to sampling units at once, so that no n x p matrix is kept), then
 * `end` gives the p x p matrix. */
#ifndef TF_MEASURE_VARIANCE_H
#define TF_MEASURE_VARIANCE_H

#include "measure/replicates.h"

/* Columns taken at a time: enough to keep threads busy, few enough to stay small. */
#define TF_SPREAD_BATCH 8

/* One gathering: `self` belongs to the file that made it. */
struct tf_spread {
    const struct tf_survey *s;
    size_t p;
    bool full;   /* covariances too */
    bool lonely; /* a stratum with one unit had cases */
    bool by_domain; /* the rows that count for a column change its variance */
    void *self;
    /* Take columns first..first + m - 1 of z [n x m]; domain[j] (or NULL) are the rows that count
     * for column j. z may be spoilt. */
    void (*take)(struct tf_spread *sp, size_t first, double *z, size_t m,
                 const bool *const *domain);
    /* v [p x p]: all of it when full, else only its diagonal. */
    void (*end)(struct tf_spread *sp, double *v);
};
/* Unequal probabilities without replacement (variance_pps.c). */
enum tf_pps_method { TF_PPS_BREWER, TF_PPS_OVERTON, TF_PPS_HARTLEY_RAO, TF_PPS_JOINT };
struct tf_pps {
    enum tf_pps_method method;
    bool yates_grundy;
    double **population; /* [stages][n_units] n_h / p_i of each unit */
    double *p;           /* [stage[0].n_units] */
    double p2bar;        /* of Hartley & Rao: NaN: from the sample */
    double *delta;       /* [n_units x n_units] 1 - p_i p_j / p_ij, joint only */
    double *beyond;      /* [n_units] sum of the same over drawn units without a case */
    struct tf_units units;
};
/* Read `pps:` and `variance:`; NULL when there is none. Before the weights are read. */
TF_MUST_CHECK enum tf_code
tf_pps_read(struct tf_survey *s, const struct tf_yaml *design, struct tf_err *reterr);
/* Probabilities of the units, once weights are known; joint ones from their file. */
TF_MUST_CHECK enum tf_code tf_pps_bind(struct tf_survey *s, const struct tf_yaml *design,
                                       const char *const *unit_name, const char *dir,
                                       struct tf_err *reterr);

/* Two phases (variance_phases.c); made by design_phases.c. */
struct tf_phase_term {  /* a product of D's: sign x coefficient(i) x [i and j in one cell] */
    double sign, *coef; /* [n] */
    uint32_t *cell;
    size_t n_cells;
};
struct tf_phases {
    size_t n;                 /* rows of the subset */
    uint32_t *row;            /* [n] in the table */
    struct tf_survey *second; /* the second phase over those rows, its stages */
    struct tf_table *table;   /* its columns of the design, those rows */
    bool full;
    struct tf_phase_term *term; /* full */
    size_t n_terms;
    /* approx */
    struct tf_stage *first;         /* the first phase's stages over those rows */
    double **population, **in_full; /* [stages][strata] N_h and n_h of the first phase */
    double *q;      /* [n] part of the phase-1 units that came into the second phase */
    double *shrink;                 /* [n] root of the first phase's probability, or NULL */
};

/* Each lives in `scratch` and reads only what the survey says of its kind. */
void tf_spread_stages(struct tf_arena *scratch, struct tf_spread *sp);
void tf_spread_pps(struct tf_arena *scratch, struct tf_spread *sp);
void tf_spread_phases(struct tf_arena *scratch, struct tf_spread *sp);
/* The first stage of a second phase, whose units are counted: over rows row[0..n) of the table. */
const struct tf_stage *
tf_phases_stage(const struct tf_survey *s, const uint32_t **ret_row, size_t *ret_n);

/* The CSV file that a recipe names at `at`, relative to dir (design_columns.c). */
TF_MUST_CHECK enum tf_code tf_design_csv(struct tf_arena *arena, const struct tf_yaml *at,
                                         const char *dir, struct tf_table **ret,
                                         struct tf_err *reterr);

/* Jobs 0..n-1, at most `threads` at a time. A job writes only what is its own, and allocates
 * nothing; then the result does not depend on how many threads there are. */
void tf_in_parallel(unsigned threads, size_t n, void (*job)(void *context, size_t k),
                    void *context);

#endif
