/* What the statistics that fit a model share (model_run.c): items and tests of its coefficients.
 * Private to glm.c, ordinal.c and cox.c. */
#ifndef TF_MEASURE_MODEL_RUN_H
#define TF_MEASURE_MODEL_RUN_H

#include "measure/model.h"
#include "measure/run.h"

/* The coefficients of one domain among the numbers of a fit. */
struct tf_block {
    size_t first, p;         /* theta[first .. first + p - 1] */
    const char **name;       /* [p] */
    const size_t *term;      /* [p] index into term_name; 0 is no term (intercept, threshold) */
    const char *const *term_name; /* [n_terms + 1] */
    size_t n_terms;
    const bool *rows;        /* [n] the cases of the model */
    const struct tf_domain *d;
    double df;               /* of t and of F's denominator */
    const char *failed;      /* why nothing could be estimated, or NULL */
    bool lonely;
};
/* Items of a block, in order: estimate, se, t, p, interval; with exponentiate exp(b) and
 * exp(limits). NaN estimates get the flag "aliased" (or "not_fitted" when the block failed). */
void tf_block_items(struct tf_runner *r, const struct tf_ask *ask, const struct tf_block *b,
                    const struct tf_fit *fit, bool exponentiate, struct tf_result *out);
/* Put the covariances v [n x n] of the n items added after item `before` beside those there are;
 * between the two they are not known (NaN). */
void tf_vcov_grow(struct tf_runner *r, struct tf_result *out, size_t before, const double *v,
                  size_t n);
/* The coefficients of a term that are not NaN; returns how many, indices within the block. */
size_t tf_block_term(const struct tf_block *b, const struct tf_fit *fit, size_t term,
                     size_t *index);
/* Wald test of a term: F = b' V^-1 b / q on q and df (chi-square when df is infinite). */
void tf_block_wald(struct tf_runner *r, const struct tf_ask *ask, const struct tf_block *b,
                   const struct tf_fit *fit, size_t term, struct tf_result *out);
/* Rao-Scott tests of a term from its deviance difference (name "LRT") or from b' V0^-1 b
 * ("WorkingWald", chisq NaN); naive [p x p] is V0, the variance a model would give. */
void tf_block_raoscott(struct tf_runner *r, const struct tf_ask *ask, const struct tf_block *b,
                       const struct tf_fit *fit, const double *naive, size_t term, double chisq,
                       struct tf_result *out);
/* The formula without a term (numbered from 1), for the smaller model. */
struct tf_formula *tf_formula_without(struct tf_arena *arena, const struct tf_formula *f,
                                      size_t term);
/* Words under `tests:`; each must be among `known` (ends with NULL). */
TF_MUST_CHECK enum tf_code tf_tests_read(struct tf_runner *r, const struct tf_ask *ask,
                                         const char *const *known, const char ***ret,
                                         size_t *ret_n, struct tf_err *reterr);
bool tf_tests_has(const char *const *test, size_t n, const char *word);
/* One of the words under a key, NULL-ended; `otherwise` when there is none. */
TF_MUST_CHECK enum tf_code tf_word_read(const struct tf_ask *ask, const char *key,
                                        const char *const *known, const char *otherwise,
                                        const char **ret, struct tf_err *reterr);
/* Read `formula:`; needs a response or must have none. */
TF_MUST_CHECK enum tf_code tf_formula_ask(struct tf_runner *r, const struct tf_ask *ask,
                                          bool response, struct tf_formula **ret,
                                          struct tf_err *reterr);
/* R's df of a model with p coefficients: degf + 1 - p, in the domain that R counts (the complete
 * rows; for replicate weights the whole domain); a df given stands. */
double tf_model_df(const struct tf_runner *r, const struct tf_ask *ask, const bool *complete,
                   const bool *domain, double p);

#endif
