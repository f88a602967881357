/* A table of weighted cells with the variance of its totals and shares: what cross-tabulations,
 * tests of fit, log-linear models and kappa are made of. Private to these files. */
#ifndef TF_MEASURE_TABULATE_H
#define TF_MEASURE_TABULATE_H

#include "measure/model.h"
#include "measure/run.h"

struct tf_tabulated {
    size_t k;              /* cells */
    double *total, *share; /* [k] sum of weights; share of its group, NaN in a group of nobody */
    double *v_total;       /* [k x k], NULL when not asked for */
    double *v_share;       /* [k x k] */
    size_t *n;             /* [k] cases */
    size_t base;           /* cases in the table */
    bool lonely;
    bool replicated;       /* by replicates: some tests refer to other distributions then */
};
/* of [n]: cell of each row, TF_NO_CODE outside the table (rows without weight do not count
 * either). group [k]: cells that share a denominator have the same number 0..; NULL: one group.
 * Numbers of the survey's design: shares with their covariances, totals too when `totals`. */
TF_MUST_CHECK enum tf_code tf_tabulate(struct tf_arena *arena, const struct tf_survey *s,
                                       const uint32_t *of, size_t k, const uint32_t *group,
                                       bool totals, struct tf_tabulated *ret,
                                       struct tf_err *reterr);
/* The same table with shares of other groups, from its totals (not for replicate weights). */
struct tf_tabulated tf_tabulated_regroup(struct tf_arena *arena, const struct tf_tabulated *t,
                                         const uint32_t *group);
/* The same, by cells kept: cell[0..k), in this order. Shares stay what they are. */
struct tf_tabulated tf_tabulated_part(struct tf_arena *arena, const struct tf_tabulated *t,
                                      const size_t *cell, size_t k);

/* ---- raoscott.c: tests on a two-way table ---- */
enum tf_association { TF_TEST_F, TF_TEST_CHISQ, TF_TEST_WALD, TF_TEST_ADJWALD, TF_TEST_LINCOM,
                      TF_TEST_SADDLEPOINT, TF_TEST_EXACT, TF_N_ASSOCIATIONS };
const char *tf_association_word(enum tf_association which);
bool tf_association_named(const char *word, enum tf_association *ret);
struct tf_tested {
    double statistic, df, ddf, p;
};
/* t: cells row by row (rows x cols), each row and column with a case; cases: of the domain,
 * answered or not (R scales X^2 to them); nu: degrees of freedom of the design. NaN where the
 * table cannot say. */
struct tf_tested tf_association_test(struct tf_arena *arena, const struct tf_tabulated *t,
                                     size_t rows, size_t cols, size_t cases, double nu,
                                     enum tf_association which);
/* From the design effects alone: statistic x2 of weights lambda [q] as R's pchisqsum and pFsum use
 * them. which: F, Chisq, lincom, saddlepoint or exact; nu infinite: no denominator for the last three. */
struct tf_tested tf_tested_by_effects(double x2, const double *lambda, size_t q, double nu,
                                      bool over_f, enum tf_association which);

/* ---- tables_pass.c: many tables in one pass over the rows ---- */
struct tf_pass; /* a survey's rows in the order of its sampling units */
/* NULL when the survey varies in another way than by totals of first-stage units (replicates, PPS,
 * phases, later stages with fpc, calibrated weights) or has a lonely unit: tf_tabulate knows all. */
struct tf_pass *tf_pass_new(struct tf_arena *arena, const struct tf_survey *s);
/* Codes of a column [n rows of the survey] as bytes in the pass's order. code [n]: < categories, or
 * TF_NO_CODE. At most 47 categories. */
struct tf_byte_codes {
    const uint8_t *code; /* [rows of the pass] < categories, or its high bit set: none */
    uint32_t categories;
};
struct tf_byte_codes tf_pass_bytes(struct tf_arena *arena, const struct tf_pass *pass,
                              const uint32_t *code, size_t categories);
enum { TF_PASS_CELLS = 47 }; /* most cells of one table */
struct tf_pass_table {
    struct tf_byte_codes row, col;
};
/* Table k into ret[k], cells row by row, with totals; the same bits for any number of threads. */
void tf_pass_tables(struct tf_arena *arena, const struct tf_pass *pass,
                    const struct tf_pass_table *table, size_t n_tables, unsigned threads,
                    struct tf_tabulated *ret);

#endif
