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
    double *y;          /* [n] response, NaN where missing; NULL for a one-sided formula. A two-valued
                         * column of words is 0/1 (1 = second category), as R's factors */
    const char *y_name;
    bool *complete;     /* [n] everything present, and in the mask */
};
/* in: rows that count (NULL = all with weight > 0 is the caller's business). Categories that do not
 * occur among the complete rows give no column. */
TF_MUST_CHECK enum tf_code tf_model_make(struct tf_arena *arena, const struct tf_formula *f,
                                         const struct tf_table *t, const bool *in,
                                         struct tf_model **ret, struct tf_err *reterr);

enum tf_family { TF_GAUSSIAN, TF_BINOMIAL, TF_POISSON, TF_GAMMA };
enum tf_link { TF_LINK_IDENTITY, TF_LINK_LOG, TF_LINK_LOGIT, TF_LINK_PROBIT, TF_LINK_CLOGLOG,
               TF_LINK_INVERSE };
struct tf_glm {
    double *beta;   /* [p]; NaN for an aliased column (R's NA) */
    bool *aliased;  /* [p] */
    double *eta, *mu; /* [n] at complete rows, else NaN */
    double *inverse;  /* [p x p] (X'WX)^-1 of the columns not aliased, 0 elsewhere */
    double *working, *residual; /* [n] working weights (with w) and working residuals */
    double deviance;
    size_t iterations;
    bool converged;
};
/* Weighted IRLS as R's glm: start from mu = family's own (or beta0), stop when the deviance changes
 * by < 1e-8 relative (epsilon), at most 25 iterations... Newton goes on to 1e-10 so that the
 * numbers do not hang on the stopping rule. w [n]: rows with w = 0 do not count. */
TF_MUST_CHECK enum tf_code tf_glm_fit(struct tf_arena *arena, const struct tf_model *m,
                                      const double *w, enum tf_family family, enum tf_link link,
                                      const double *beta0, unsigned threads, struct tf_glm *ret,
                                      struct tf_err *reterr);

/* chisqsum.c: P(sum_k lambda_k chi2_1 > x), lambda > 0 mostly; F-like when ddf is finite:
 * P(sum_k lambda_k chi2_1 / (chi2_ddf / ddf) > x). */
enum tf_chisqsum { TF_SATTERTHWAITE, TF_SADDLEPOINT, TF_EXACT /* Davies / Farebrother */ };
double tf_chisqsum(double x, const double *lambda, size_t n, double ddf, enum tf_chisqsum method);

#endif
