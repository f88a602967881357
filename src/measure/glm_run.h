/* Generalised linear models under way: what glm.c fits, margins.c predicts from and
 * glm_psrsq.c measures. Private to them. */
#ifndef TF_MEASURE_GLM_RUN_H
#define TF_MEASURE_GLM_RUN_H

#include "measure/formula.h"
#include "measure/model_run.h"

struct tf_glm_one { /* one domain */
    const struct tf_domain *d;
    struct tf_model *m;
    bool *rows;       /* [n] complete, weight > 0 */
    struct tf_glm full; /* at the survey's weights */
    double *score;    /* [n] working weight x working residual, 0 outside rows */
    const char *failed;
    size_t first;
};
struct tf_glm_models { /* the statistic */
    struct tf_runner *r;
    enum tf_family family;
    enum tf_link link;
    double epsilon;   /* of R's stopping rule; 0: to the optimum */
    struct tf_glm_one *one;
    size_t n;
    bool fitted;      /* the first call is over */
    bool kept;        /* its fits stand and are not made again */
};

/* Fit all of s->one; numbers and covariances in fit. */
TF_MUST_CHECK enum tf_code tf_glm_models_fit(struct tf_glm_models *s, struct tf_fit *fit,
                                             struct tf_err *reterr);
/* One variable's margins in one domain: items, and their covariances v [n x n]. */
TF_MUST_CHECK enum tf_code tf_margin_add(struct tf_glm_models *s, const struct tf_ask *ask,
                                         const struct tf_formula *formula,
                                         const struct tf_glm_one *o, const char *name,
                                         const struct tf_fit *fit, double **ret_v, size_t *ret_n,
                                         struct tf_result *out, struct tf_err *reterr);
/* Those of Cox-Snell and Nagelkerke that stand among the tests. */
void tf_glm_psrsq(const struct tf_glm_models *s, const struct tf_ask *ask, const char *const *test,
                  size_t n_tests, const struct tf_glm_one *o, struct tf_result *out);

#endif
