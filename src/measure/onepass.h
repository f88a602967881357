/* Every variable, category and domain of a report in one pass over packed rows.
 *
 *     pack     rows sorted by stratum, PSU and domain; answers as bits      (packed.c)
 *     sum      the weights of each category in each PSU and domain          (onepass.c)
 *     settle   moments of those sums over PSUs: estimate and variance       (moments.c)
 *
 * The answer is that of tf_linearise (inside.h) and tf_survey_fit for shares and totals of a survey
 * with one stage in its variance, with or without first-stage fpc. Weights are whole multiples of a
 * common power of two (exact_sum.h, tf_round_weight: 42 significant bits each), so that the sums of
 * PSUs are exact, and what follows knows only those sums: any order of rows, any number of threads,
 * any split of the rows into shards (partial.h) gives the same bits.
 *
 * Private to the room. */
#ifndef TF_MEASURE_ONEPASS_H
#define TF_MEASURE_ONEPASS_H

#include "measure/exact_sum.h"
#include "measure/survey.h"

/* ---- vectors: eight numbers, in whatever registers there are ---- */
typedef double tf_lanes __attribute__((vector_size(64), aligned(8), may_alias));
typedef uint64_t tf_whole __attribute__((vector_size(64), aligned(8), may_alias));

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define TF_EACH_MACHINE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define TF_EACH_MACHINE
#endif

/* ---- what is asked ---- */
struct tf_onepass_scheme {  /* domains that do not overlap: sex, or age group, or sex by age group */
    const uint32_t *domain; /* [rows of the table] 0..n-1, TF_NO_CODE outside; NULL: all in domain 0 */
    size_t n;
};
struct tf_onepass_ask {
    const struct tf_codes *const *var; /* [n_vars] categorical variables */
    size_t n_vars;
    const struct tf_onepass_scheme *scheme;
    size_t n_schemes;
    bool by_rows;     /* no PSU was declared: each row is its own */
    unsigned threads; /* changes no bit */
};

/* ---- where a cell stands ---- */
/* A cell is a category of a variable. Variables with equally many categories k are a class: their
 * first categories stand together, then their second ones …, so that a sum over the categories of
 * many variables is a sum of rows of numbers. The variance of a share of two categories is that of
 * the other, so one of the two stands behind all cells that need one ("main"):
 *
 *     class k = 2             class k = 3                                 class k = 2
 *     | v0.1 v1.1 v2.1 … |    | v7.0 v8.0 … | v7.1 v8.1 … | v7.2 … |  …  | v0.0 v1.0 v2.0 … | pad
 *     |<------------------------------- n_main ---------------------->|
 */
struct tf_cell_class {
    size_t k, n, first;  /* categories; variables; the class's first slot */
    size_t *plane;       /* [k] cell of category c of the class's first variable */
};
struct tf_layout {
    size_t n_vars, n_cells, n_main; /* cells: of all variables */
    size_t vars8, cells8, pitch;    /* rounded up to vectors; bytes of a group of rows (packed.c) */
    struct tf_cell_class *cls;
    size_t n_classes;
    uint32_t *slot;    /* [n_vars] a variable's place among its likes, over all classes */
    uint32_t *of_class;/* [n_vars] */
    size_t *first;     /* [n_vars + 1] number of the variable's first cell in the caller's order */
};
/* k[v]: categories of variable v, >= 1. */
struct tf_layout *tf_layout_new(struct tf_arena *arena, const size_t *k, size_t n_vars);
static inline size_t tf_layout_cell(const struct tf_layout *l, size_t var, size_t category)
{
    const struct tf_cell_class *c = &l->cls[l->of_class[var]];
    return c->plane[category] + l->slot[var] - c->first;
}

/* ---- strata ---- */
struct tf_onepass_stratum {
    size_t first, n;     /* its units among those with rows here: first..first + n - 1 */
    size_t units;        /* n_h: in the sample, also without rows */
    double population;   /* N_h, INFINITY */
};

/* ---- packed rows (packed.c) ---- */
struct tf_segment { /* rows of one unit that are in the same domains */
    uint32_t unit, atom;
    uint32_t group, n_groups, n_rows;
};
struct tf_packed {
    const struct tf_layout *layout;
    size_t n_rows, n_groups;
    uint8_t *bits;       /* [n_groups][pitch]: bit r of byte c: row r of the group is in cell c */
    uint64_t *w;         /* [lanes][n_groups * 8] weights in units of 2^exponent, in digits of
                          * TF_LANE_BITS where they are too wide for one */
    uint32_t *row;       /* [n_groups * 8] row of the table, TF_NO_CODE: none */
    int exponent;
    unsigned lanes, square_lanes, bits_of_weight;
    uint64_t *square;    /* [square_lanes][n_groups * 8] by_rows: w^2 in digits, else NULL */
    bool wide;           /* unit sums need more than 63 bits */
    struct tf_segment *segment;
    size_t n_segments;
    size_t *unit_segment;/* [n_units + 1] */
    size_t n_units;      /* first-stage units with rows (by_rows: strata) */
    const uint32_t *unit_of; /* [n_units] their numbers in the survey */
    struct tf_onepass_stratum *stratum; /* those with rows */
    size_t n_strata;
    uint32_t *stratum_of;    /* [n_strata] their numbers in the survey */
    size_t n_atoms;      /* combinations of domains, one of each scheme */
    uint32_t *atom_domain; /* [n_atoms * n_schemes] number over all schemes, TF_NO_CODE outside */
    size_t n_schemes, n_domains, n_first; /* domains: of all schemes; of the first */
    bool by_rows;
    enum tf_lonely lonely;
    unsigned threads;
};
enum { TF_LANE_BITS = 52 };
/* Does the one pass say what the survey's variance is? One stage, no calibration, no replicates, no
 * rule for strata that are lonely in a domain only, weights of a range that can be summed. */
bool tf_onepass_fits(const struct tf_survey *s);
/* Pack. What is asked is not needed afterwards. */
TF_MUST_CHECK enum tf_code tf_packed_make(struct tf_arena *arena, const struct tf_survey *s,
                                          const struct tf_onepass_ask *ask, struct tf_packed **ret,
                                          struct tf_err *reterr);

/* ---- sums of units, wherever they come from: packed rows, or parts (merge.c) ---- */
struct tf_gathering { /* of one unit (by_rows: of one stratum) */
    tf_u128 *sum[2];  /* [n_domains * cells8] of weights, in units of 2^exponent; by_rows: of squares */
    uint32_t *count;  /* [n_domains * cells8] cases */
    uint32_t *rows;   /* [n_domains] rows, answered or not */
    uint64_t *segment;/* [cells8] scratch */
};
struct tf_source {
    const struct tf_layout *layout;
    size_t n_units, n_strata, n_domains, n_first;
    const struct tf_onepass_stratum *stratum; /* [n_strata] */
    int exponent;
    enum tf_lonely lonely;
    bool by_rows;
    unsigned threads;
    const struct tf_packed *narrow; /* rows whose sums fit in 64 bits: the fast way; or NULL */
    void (*gather)(const void *self, size_t unit, const struct tf_gathering *to);
    const void *self;
};
/* The fast way: whole sums of one unit in each domain, where at[d] points, in sum [n_domains * cells8];
 * NULL where it has no row. Cases are added to counts (or NULL), which end says at last. */
struct tf_counting { /* in 16 bits (even and odd bytes apart), moved on before those run over */
    uint32_t *count;      /* [n_domains * cells8] */
    uint64_t *even, *odd; /* [n_domains * pitch / 8] */
    uint32_t *counted;    /* [n_domains] rows in them */
};
struct tf_counting tf_counting_new(struct tf_arena *a, const struct tf_packed *p);
void tf_counting_end(const struct tf_packed *p, const struct tf_counting *counts);
void tf_packed_unit(const struct tf_packed *p, size_t unit, uint64_t *sum, uint64_t *segment,
                    const struct tf_counting *counts, const double **at);
struct tf_source tf_packed_source(const struct tf_packed *p);
struct tf_gathering tf_gathering_new(struct tf_arena *a, const struct tf_source *s);
void tf_gather(const struct tf_source *s, size_t unit, const struct tf_gathering *to);

/* ---- what comes out ---- */
struct tf_onepass {
    size_t n_domains, n_cells; /* cells in the caller's order: first[v] + category */
    const size_t *first;       /* [n_vars + 1] */
    struct tf_linear *share;   /* [n_domains * n_cells]; share.sum_w2 stands where a category has
                                * nobody or everybody, else NaN (tf_onepass_squares fills all) */
    double *total, *total_var; /* [n_domains * n_cells] weighted number of cases, its variance */
    uint32_t *count;           /* [n_domains * n_cells] cases in the category */
    double *df;                /* [n_domains] */
    size_t passes;             /* 2 where cancellation asked for a second */
};
/* From any source; sum_w2 stays NaN. */
TF_MUST_CHECK enum tf_code tf_onepass_of(struct tf_arena *arena, const struct tf_source *source,
                                         struct tf_onepass **ret, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_onepass_run(struct tf_arena *arena, const struct tf_packed *p,
                                          struct tf_onepass **ret, struct tf_err *reterr);
/* Sum of squared weights of the cases of each variable and domain, into share.sum_w2; needed_only:
 * where a category has nobody or everybody (tf_onepass_run has done that). ret [n_vars * n_domains]:
 * the same, exactly, or NULL. */
void tf_onepass_squares(struct tf_arena *arena, const struct tf_packed *p, struct tf_onepass *o,
                        bool needed_only, struct tf_exact **ret);

/* Variance by replicates of every share (onepass_replicates.c): ret [n_domains * n_cells]. For surveys
 * whose replicates multiply whole PSUs (tf_replicates_multiplier) and take no weighting step again. */
TF_MUST_CHECK enum tf_code tf_onepass_replicates(struct tf_arena *arena, const struct tf_survey *s,
                                                 const struct tf_packed *p,
                                                 const struct tf_onepass *o, double **ret_var,
                                                 struct tf_err *reterr);

/* ---- moments (moments.c) ---- */
/* Sums over units of x = a - pilot N (a: a category's sum in a unit, N: that of all its variable's
 * categories): the pilot, a share near the estimate, keeps large numbers from cancelling. */
struct tf_moments_open { /* of the stratum being summed */
    double *x, *xx, *xn; /* [n_domains * cells8] */
    double *n, *nn;      /* [n_domains * vars8] */
    uint8_t *seen;       /* [n_domains] has rows in this stratum */
    bool any;
};
struct tf_moments {
    const struct tf_layout *l;
    size_t n_domains;
    const double *pilot; /* [n_domains * cells8] */
    struct tf_moments_open head, open;
    bool continues;      /* begins within a stratum: head is its part of it */
    bool in_head;
    size_t stratum;      /* the open one, SIZE_MAX: none yet */
    double *a, *b;       /* [n_domains * cells8] closed strata: of xx and x N */
    double *c;           /* [n_domains * vars8] of N N */
    uint64_t *psus;                    /* [n_domains * vars8] */
    uint32_t *strata, *alive, *lonely; /* [n_domains * vars8] */
    double *scratch;
    uint32_t *domain_psus, *domain_strata;    /* [n_domains] */
};
struct tf_moments *tf_moments_new(struct tf_arena *arena, const struct tf_layout *l,
                                  size_t n_domains, const double *pilot, bool continues,
                                  size_t stratum);
/* Up to TF_CHUNK units of one stratum: sum[u][d] are its cells' sums in domain d, [cells8], or NULL:
 * no rows. They must come in the order of units. */
enum { TF_CHUNK = 8 };
void tf_moments_take(struct tf_moments *m, const double *const *const *sum, size_t n);
/* A stratum whose rows are its units: sums of weights and of their squares. */
void tf_moments_take_rows(struct tf_moments *m, size_t domain, const double *sum,
                          const double *square, const uint32_t *cases, size_t rows);
void tf_moments_close(struct tf_moments *m, const struct tf_onepass_stratum *st,
                      enum tf_lonely lonely, size_t next_stratum);
/* Put the moments of following units behind those of m. */
void tf_moments_join(struct tf_moments *m, const struct tf_moments *next,
                     const struct tf_onepass_stratum *stratum, enum tf_lonely lonely);
/* Estimates from moments and exact totals: total [n_domains * cells8] in units of 2^exponent, count
 * likewise. False: some variance is lost to cancellation; come again with pilots at the estimates,
 * which are left in ret_pilot [n_domains * cells8]. */
struct tf_settling {
    const tf_u128 *total;
    const uint32_t *count;
    int exponent;
    enum tf_lonely lonely;
};
bool tf_moments_settle(const struct tf_moments *m, const struct tf_settling *with,
                       struct tf_onepass *o, double *ret_pilot);
struct tf_onepass *tf_onepass_new(struct tf_arena *arena, const struct tf_layout *l,
                                  size_t n_domains);
/* n8 (a multiple of 8) whole numbers become the nearest doubles, in place. */
void tf_doubles_of(uint64_t *in_out, size_t n8);
/* The same, after adding them to totals kept in halves of 32 bits. */
void tf_doubles_and_totals(uint64_t *in_out, size_t n8, uint64_t *low, uint64_t *high);
/* Shares over the first n_first domains, for all. */
void tf_pilot_from(const struct tf_layout *l, const tf_u128 *total, size_t n_first,
                   size_t n_domains, double *pilot);
/* Into how many runs units are cut: by numbers that do not depend on the machine. */
size_t tf_onepass_runs(size_t n_units, size_t n_domains, const struct tf_layout *l);

#endif
