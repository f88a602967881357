/* Weighting steps: what their files share. Private to the room.
 *
 * A step is read from the recipe (keys and numbers, no data needed), bound to a table (names become
 * columns, categories become cells, totals find their category), and taken: the weights change in
 * place. A replicate takes the bound steps again from its own base weights. */
#ifndef TF_MEASURE_CALIBRATE_H
#define TF_MEASURE_CALIBRATE_H

#include "measure/survey.h"

/* ---- cells.c: rows gathered into cells ---- */
struct tf_cells {
    size_t n;         /* cells */
    size_t n_rows;
    uint32_t *of;     /* [n_rows] cell of a row; n: in none */
    size_t block;     /* rows summed together; depends on n_rows and n only */
    size_t n_blocks;
    unsigned threads;
    double *scratch;  /* [n_blocks * (n + 1)] */
};
/* of: [n_rows] with TF_NO_CODE for rows in no cell; turned in place into cells->of. */
void tf_cells_open(struct tf_arena *arena, struct tf_cells *c, uint32_t *of, size_t n,
                   size_t n_rows, unsigned threads);
/* sum[n] of the values by cell: the same bits on any number of threads. */
void tf_cells_sum(const struct tf_cells *c, const double *value, double *sum);
/* value[row] *= factor[cell]; rows in no cell stay. factor: [n + 1], the last is overwritten. */
void tf_cells_multiply(const struct tf_cells *c, double *factor, double *value);
/* z[row] -= scale[row] * shift[cell]. shift: [n + 1], as above. */
void tf_cells_subtract(const struct tf_cells *c, double *shift, const double *scale, double *z);
/* The crossing of several numberings of the rows (n[k] categories each): mixed radix where that is
 * small, else by tf_codes_cross. *ret_part[k][cell]: category of a cell in numbering k. */
void tf_cells_cross(struct tf_arena *arena, struct tf_cells *c, const uint32_t *const *of,
                    const size_t *n, size_t n_parts, size_t n_rows, unsigned threads,
                    uint32_t ***ret_part);

/* ---- totals.c: population totals by category ---- */
struct tf_total {
    const char **part;  /* [n_vars] values of the variables; NULL when only `key` is known */
    const char *key;    /* as written: "1", "1.2" */
    double total;
    const char *file;
    size_t line, column;
};
struct tf_totals { /* as the recipe says it */
    const char **var;
    size_t n_vars;
    struct tf_total *item;
    size_t n;
    const char *name;         /* "sex x agegrp" */
    const struct tf_yaml *at; /* the margin */
};
/* map: {var: sex | vars: [sex, agegrp], totals: {…} | file.csv}; file names are relative to dir. */
TF_MUST_CHECK enum tf_code tf_totals_read(struct tf_arena *arena, const struct tf_yaml *map,
                                          const char *dir, struct tf_totals *ret,
                                          struct tf_err *reterr);
/* Totals by the name of a term, for calibration: {"(Intercept)": 6194, enroll: …} or a CSV of two
 * columns. var is empty. */
TF_MUST_CHECK enum tf_code tf_totals_of_terms(struct tf_arena *arena, const struct tf_yaml *node,
                                              const char *dir, struct tf_totals *ret,
                                              struct tf_err *reterr);
/* An error at the place of a total. */
enum tf_code tf_total_fail(const struct tf_total *at, struct tf_err *reterr, enum tf_code code,
                           const char *format, ...) TF_PRINTF(4, 5);
struct tf_margin_of { /* the same, bound to a table: categories that occur among rows with weight */
    const struct tf_totals *from;
    size_t n;
    uint32_t *of;                 /* [n_rows], TF_NO_CODE for rows without weight */
    const char **label;           /* [n] "sex = 1, agegrp = 2" */
    double *total;                /* [n] */
    const struct tf_total **place; /* [n] */
    double left_out;              /* sum of totals of categories without cases (partial) */
};
/* Errors: a row with weight and without the variable; a category with cases and no total; a total
 * above 0 and no case (partial: let it be). */
TF_MUST_CHECK enum tf_code tf_totals_bind(struct tf_arena *arena, const struct tf_totals *from,
                                          const struct tf_table *t, const double *w, bool partial,
                                          struct tf_margin_of *ret, struct tf_err *reterr);

/* ---- steps.c: a list of steps ---- */
struct tf_took { /* what taking a step was like */
    size_t iterations;
    double gap;
    const char *words; /* "raked in 5 sweeps"; NULL on a replicate */
    const char *why_without;
};
struct tf_weighing { /* the steps at work on one table */
    struct tf_arena *arena;
    struct tf_table *t;
    size_t n;
    unsigned threads;
    const struct tf_stage *stage; /* for `aggregate`; NULL: no design is known */
    size_t n_stages;
    bool replicate;               /* taken again: a fault is TF_E_CONVERGE, no words are made */
};
struct tf_step;
struct tf_step_kind {
    const char *word;
    const char *const *known; /* keys, ended by NULL; step, name and countries are added */
    /* Read the keys into *ret_said. */
    enum tf_code (*read)(struct tf_arena *arena, const struct tf_yaml *at, const char *dir,
                         void **ret_said, struct tf_err *reterr);
    /* Bind to the table, given the weights before the step; *ret_bound. */
    enum tf_code (*bind)(struct tf_weighing *g, const void *said, const double *w,
                         void **ret_bound, struct tf_err *reterr);
    /* Change the weights. */
    enum tf_code (*take)(struct tf_weighing *g, void *bound, double *w, struct tf_took *ret,
                         struct tf_err *reterr);
    /* What the weights (now as this step left them) are calibrated to; NULL function: nothing. */
    struct tf_calibrated *(*known_totals)(struct tf_weighing *g, void *bound, const double *w);
    bool begins; /* makes weights out of nothing: replicates start after it */
};
extern const struct tf_step_kind tf_step_base, tf_step_scale; /* weights.c */
extern const struct tf_step_kind tf_step_nonresponse;         /* nonresponse.c */
extern const struct tf_step_kind tf_step_poststratify;        /* poststratify.c */
extern const struct tf_step_kind tf_step_rake;                /* rake.c */
extern const struct tf_step_kind tf_step_calibrate;           /* calibrate.c */
extern const struct tf_step_kind tf_step_trim;                /* trim.c */

/* Read the list `weights:` (NULL or a list), without data. dir: where files of totals are. */
TF_MUST_CHECK enum tf_code tf_steps_read(struct tf_arena *arena, const struct tf_yaml *list,
                                         const char *dir, struct tf_steps **ret,
                                         struct tf_err *reterr);
/* The first step that holds for the country, NULL when none does; does it make weights, or need
 * them? */
const struct tf_yaml *tf_steps_first(const struct tf_steps *steps, const char *country,
                                     bool *ret_begins);
/* Take the steps that hold for the country over w [g->n] (0: not in the sample), with a report, and
 * a column where wanted, for each. g must live as long as the steps. country NULL: none is known,
 * and a step for some countries is an error. */
struct tf_weighed {
    struct tf_step_report *report;
    size_t n_reports;
    double *base;                      /* [n] the weights that replicates start from */
    struct tf_calibrated **calibrated; /* what standard errors are to know, in order */
    size_t n_calibrated;
};
TF_MUST_CHECK enum tf_code tf_steps_take(struct tf_weighing *g, struct tf_steps *steps,
                                         const char *country, bool columns, double *w,
                                         struct tf_weighed *ret, struct tf_err *reterr);

/* Quantile of x [n], R type 7 (trim.c); x is put into another order. NaN when n is 0. */
double tf_quantile_of(double *x, size_t n, double p);
/* tf_survey_weigh for the data of one country: steps with `countries` hold where it is named. */
TF_MUST_CHECK enum tf_code tf_survey_weigh_for(struct tf_survey *s, const struct tf_yaml *steps,
                                               const char *dir, const char *country,
                                               struct tf_step_report **ret, size_t *ret_n,
                                               struct tf_err *reterr);

/* ---- what weights are calibrated to ---- */
struct tf_calibrated {
    void (*residual)(void *self, double *z);
    void *self; /* with scratch: one thread at a time */
};
/* Known: the totals of the cells, which the weights w [n_rows] now meet. */
struct tf_calibrated *tf_calibrated_to_cells(struct tf_arena *arena, const struct tf_cells *cells,
                                             const double *w);

/* ---- rake.c: margins over cells ---- */
struct tf_raking {
    struct tf_cells cells;
    size_t n_margins;
    size_t *n;            /* [n_margins] categories */
    double **total;       /* [n_margins][n] */
    uint32_t **of_cell;   /* [n_margins][cells.n] */
    double *before, *after; /* [cells.n + 1] scratch */
    double *sum;          /* [most categories] scratch */
    uint32_t *used;       /* [cells.n] scratch: the cells that occur */
    double epsilon;
    size_t max_sweeps;
};
struct tf_raked {
    size_t sweeps;
    double gap;
    size_t margin, category; /* where it is worst */
};
/* Crossing and scratch for margins numbered by of[k] [n_rows] (TF_NO_CODE: not in the sample). */
void tf_raking_open(struct tf_arena *arena, struct tf_raking *r, const uint32_t *const *of,
                    const size_t *n, double *const *total, size_t n_margins, size_t n_rows,
                    unsigned threads);
/* Weights w [n_rows] raked in place; false, with w as it was, when the gap is above epsilon. */
bool tf_raking_fit(struct tf_raking *r, double *w, struct tf_raked *ret);

enum tf_residuals { TF_RESIDUALS_SWEEPS, TF_RESIDUALS_EXACT, TF_RESIDUALS_WEIGHTED };
/* Known: the margins that the weights w now meet (residual.c). */
struct tf_calibrated *tf_calibrated_to_margins(struct tf_arena *arena, const struct tf_raking *r,
                                               const double *w, enum tf_residuals how);

/* ---- equations.c: the calibration equations ---- */
enum tf_distance { TF_LINEAR, TF_RAKING, TF_LOGIT, TF_SINH };
struct tf_equations { /* sum_k d_k F(x_k'l) x_k = total over units k */
    size_t n, p;
    const double *const *x; /* [p] columns [n] */
    const double *d;        /* [n] >= 0 */
    const double *total;    /* [p] */
    enum tf_distance distance;
    const double *lower, *upper; /* [n] on F, or NULL: no bounds */
    double epsilon;         /* on |miss| / (1 + |total|) */
    size_t max_iterations;
    double *work;           /* [TF_EQUATIONS_WORK(n, p)] */
};
#define TF_EQUATIONS_WORK(n, p) (3 * (n) + 2 * (p) * (p) + 8 * (p))
struct tf_solved {
    size_t iterations, worst, at_bound;
    bool dependent;         /* the worst term is a combination of the others */
    double gap, reached; /* of the worst term */
    bool rescaled;
};
/* g[n] = F; false when the totals are not met to epsilon. */
bool tf_equations_solve(const struct tf_equations *e, double *g, struct tf_solved *ret);
/* Known: the totals of x [p] columns over units (cells of rows, whose base weights sum to d), which
 * the weights w, g times the base weights, now meet. */
struct tf_calibrated *tf_calibrated_to_terms(struct tf_arena *arena, const struct tf_cells *cells,
                                             const double *const *x, size_t p, const double *d,
                                             const double *g, const double *w);
/* Cholesky of a (p x p) after scaling to a unit diagonal; columns that depend on earlier ones are
 * left out (keep[j] false). scale[p]. */
size_t tf_normal_factor(double *a, size_t p, double *scale, bool *keep);
/* Solve with that factor: b[p] becomes the solution, 0 in columns left out. */
void tf_normal_solve(const double *l, size_t p, const double *scale, const bool *keep, double *b);

#endif
