/* One pass over the rows of a generalised linear model (glm_pass.c): its sums H and g at a beta.
 * Private to
 * glm_fit.c and glm_rounds.c. */
#ifndef TF_MEASURE_GLM_PASS_H
#define TF_MEASURE_GLM_PASS_H

#include "measure/glm_rows.h"

enum { TF_GLM_GROUPS = 64, TF_GLM_GROUPS_WIDE = 4, TF_GLM_WIDE = 64 };

struct tf_glm_sums { /* of one group, or of all */
    double *h, *g, deviance;
    bool invalid;
};
struct tf_fitting { /* a fit under way */
    struct tf_arena *arena; /* scratch */
    const struct tf_model *m;
    const double *w;
    enum tf_family family;
    enum tf_link link;
    unsigned threads;
    uint32_t *row;     /* rows used, or NULL: all of them */
    size_t n, p, full; /* rows used, columns in play, all columns */
    size_t *column;    /* [p] */
    double *centre, *unit; /* [p] x~ = (x - centre) / unit */
    double scale;      /* mean weight */
    bool fractional;   /* a response between 0 and 1 */
    double epsilon;    /* stop as R's glm, at this change of the deviance; 0: at the optimum */
    size_t started; /* `every` of the START pass that f->all holds; 0: another's */
    size_t n_groups, per_group, pairs;
    struct tf_glm_sums *group, all;
    double *eta;    /* [m->n] where a pass at beta leaves eta, or NULL */
    const double *eta_was; /* [m->n] of TF_GLM_WRITE */
    double *room;   /* scratch of the threads */
    size_t rooms;
};

enum tf_glm_mode {
    TF_GLM_ROUND, /* at beta */
    TF_GLM_START, /* at the family's own start; g is what H beta should be */
    TF_GLM_LAST,  /* at beta, and eta, mu, working, residual are written to `out` */
    TF_GLM_WRITE  /* as LAST, but of the sums only the deviance, and working is that of eta_was
                   * (which may be a column of `out`): a fit that ends as R's needs no more */
};
/* The row of the table behind row k of the fit. */
static inline size_t tf_glm_row(const struct tf_fitting *f, size_t k)
{
    return f->row == NULL ? k : f->row[k];
}
/* Room for the sums of f->p columns of f->n rows. */
void tf_glm_lay_out(struct tf_fitting *f);
/* One look at every `every`th group: f->all holds H (whole), g, deviance. */
void tf_glm_pass(struct tf_fitting *f, const double *beta, enum tf_glm_mode mode, size_t every,
                 struct tf_glm *out);

/* glm_rounds.c: from beta (or the family's start) to the optimum, looking at one group in `every`;
 * as R's glm.fit. */
TF_MUST_CHECK enum tf_code tf_glm_rounds(struct tf_fitting *f, double *beta, bool from_family,
                                         size_t every, double enough, size_t *count,
                                         struct tf_glm *out, bool *done, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_glm_rounds_as_r(struct tf_fitting *f, double *beta,
                                              bool from_family, struct tf_glm *ret, bool *done,
                                              struct tf_err *reterr);
/* There is no finite estimate: names the predictor with the largest coefficient. */
TF_MUST_CHECK enum tf_code tf_glm_fail_separated(const struct tf_fitting *f, const double *beta,
                                                 struct tf_err *reterr);

#endif
