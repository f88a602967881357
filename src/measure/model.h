/* Formulas, model matrices and the fit of generalised linear models. Private to the room. */
#ifndef TF_MEASURE_MODEL_H
#define TF_MEASURE_MODEL_H

#include "measure/survey.h"

/* "q24 ~ q2 + age", "~ sex + enroll", "log(income) ~ factor(region) * sex - 1", I(age^2), a:b.
 * Number columns enter as numbers, columns of words and factor(v) by treatment contrasts against
 * their first category (categories in the order of tf_codes; R's names: "sexmale", "stypeH:meals").
 * Names with odd characters stand in backticks. Errors name file, line and the column inside the
 * text (`at` is the scalar node). */
struct tf_formula;
TF_MUST_CHECK enum tf_code tf_formula_read(struct tf_arena *arena, const struct tf_yaml *at,
                                           const struct tf_table *t, struct tf_formula **ret,
                                           struct tf_err *reterr);
struct tf_model { /* the matrix over all rows of the table */
    size_t n, p;        /* rows; columns */
    double **x;         /* [p] columns [n]; NaN where a variable is missing */
    const char **name;  /* [p] "(Intercept)", "age", "stypeH" … */
    size_t *term;       /* [p] term of a column; 0 = intercept */
    const char **term_name; /* [n_terms + 1], [0] = "(Intercept)" */
    size_t n_terms;
    bool intercept;
    double *y;          /* [n] response, NaN where missing; NULL for a one-sided formula. A
                         * two-valued column of words is 0/1 (1 = second category), as R's */
    const char *y_name;
    bool *complete;     /* [n] everything present, and in the mask */
    size_t n_complete;
    double *offset;     /* [n] the sum of offset(…), NULL when there is none */
    const char **y_category; /* [n_y_categories] of a response of words or factor(v): y is the
                              * index of its category; NULL for numbers */
    size_t n_y_categories;
    const struct tf_expansion *how; /* model_matrix.c: the categories behind the columns */
};
/* in: rows that count (NULL = all with weight > 0 is the caller's business). Categories that do not
 * occur among the complete rows give no column. */
TF_MUST_CHECK enum tf_code tf_model_make(struct tf_arena *arena, const struct tf_formula *f,
                                         const struct tf_table *t, const bool *in,
                                         struct tf_model **ret, struct tf_err *reterr);

/* The matrix again (x [p] columns [n]), with column `col` of the table set to its value in row
 * `as`, for all rows: what a prediction for "everybody as that row" needs. NaN as before. */
double **tf_model_with(struct tf_arena *arena, const struct tf_formula *f, const struct tf_table *t,
                       const struct tf_model *m, size_t col, size_t as);
/* Does the formula's right side use this column of the table? */
bool tf_formula_uses(const struct tf_formula *f, size_t col);

enum tf_family { TF_GAUSSIAN, TF_BINOMIAL, TF_POISSON, TF_GAMMA };
enum tf_link { TF_LINK_IDENTITY, TF_LINK_LOG, TF_LINK_LOGIT, TF_LINK_PROBIT, TF_LINK_CLOGLOG,
               TF_LINK_INVERSE };
struct tf_glm {
    double *beta;   /* [p]; NaN for an aliased column (R's NA) */
    bool *aliased;  /* [p] */
    double *eta, *mu; /* [n] at complete rows, else NaN */
    double *inverse;  /* [p x p] (X'WX)^-1 of the columns not aliased, 0 elsewhere */
    double *working, *residual; /* [n] working weights (with w) and working residuals */
    double deviance;  /* with w scaled to mean 1 over the rows used, as svyglm */
    size_t iterations;
    bool converged;
    size_t n, rank;   /* rows used; columns not aliased */
    double scale;     /* mean of w over the rows used: `inverse` x scale is that of R, whose weights
                       * have mean 1 */
};
/* Weighted IRLS as R's glm, from the family's own start (or beta0), to the optimum itself: it goes
 * on until a step is below 1e-7 standard errors (canonical links, where the next would be its
 * square; else 1e-11), so that the numbers do not hang on a stopping rule. w [n]: rows with w = 0
 * do not count. The same bits for any number of threads.
 * TF_E_DESIGN    no case, or a response that is all the same
 * TF_E_INPUT     a response outside the family
 * TF_E_CONVERGE  a predictor separates the answers, or no optimum within 200 rounds: it is named */
TF_MUST_CHECK enum tf_code tf_glm_fit(struct tf_arena *arena, const struct tf_model *m,
                                      const double *w, enum tf_family family, enum tf_link link,
                                      const double *beta0, unsigned threads, struct tf_glm *ret,
                                      struct tf_err *reterr);
/* The same, stopping where R's glm.fit stops: when a round changes the deviance by less than epsilon
 * (1e-8 in R) of it. Then, as there, the weights are those of the round before the last and the
 * residuals those of the last, so that standard errors equal R's and not only the optimum's. Where
 * 25 rounds do not do, or the estimate runs away, it goes on to the optimum, or says why there is none. */
TF_MUST_CHECK enum tf_code tf_glm_fit_rounds(struct tf_arena *arena, const struct tf_model *m,
                                             const double *w, enum tf_family family,
                                             enum tf_link link, const double *beta0,
                                             double epsilon, unsigned threads, struct tf_glm *ret,
                                             struct tf_err *reterr);

/* chisqsum.c: P(sum_k lambda_k chi2_1 > x), lambda > 0 mostly; F-like when ddf is finite:
 * P(sum_k lambda_k chi2_1 / (chi2_ddf / ddf) > x). */
enum tf_chisqsum { TF_SATTERTHWAITE, TF_SADDLEPOINT, TF_EXACT /* Davies / Farebrother */ };
double tf_chisqsum(double x, const double *lambda, size_t n, double ddf, enum tf_chisqsum method);

#endif
