/* Pseudo-R2 of models of discrete responses (R survey psrsq; Lumley 2017): how far the deviance
 * falls from the mean alone to the model, by Cox & Snell, and by Nagelkerke as a share of what it
 * could fall. Only where asked for: the deviance of the mean is a look at all rows. */
#include "measure/glm_run.h"

#include <math.h>

/* The deviance of the mean alone. */
static double null_deviance(const struct tf_glm_models *s, const struct tf_glm_one *o)
{
    const double *w = s->r->survey->w, *y = o->m->y;
    double sum = 0, all = 0, dev = 0;
    for (size_t row = 0; row < o->m->n; row++)
        if (o->rows[row]) {
            sum += w[row] * y[row];
            all += w[row];
        }
    const double mu = sum / all;
    for (size_t row = 0; row < o->m->n; row++) {
        if (!o->rows[row])
            continue;
        const double a = y[row] > 0 ? y[row] * log(y[row] / mu) : 0;
        const double b = y[row] < 1 ? (1 - y[row]) * log((1 - y[row]) / (1 - mu)) : 0;
        dev += 2 * w[row] / o->full.scale *
               (s->family == TF_BINOMIAL ? a + b : a - (y[row] - mu));
    }
    return dev;
}

void tf_glm_psrsq(const struct tf_glm_models *s, const struct tf_ask *ask, const char *const *test,
                  size_t n_tests, const struct tf_glm_one *o, struct tf_result *out)
{
    if (o->failed != NULL || (s->family != TF_BINOMIAL && s->family != TF_POISSON) ||
        (!tf_tests_has(test, n_tests, "Cox-Snell") &&
         !tf_tests_has(test, n_tests, "Nagelkerke")))
        return;
    const double n = (double)o->full.n, null = null_deviance(s, o);
    const double cox = 1 - exp((o->full.deviance - null) / n);
    for (int k = 0; k < 2; k++) {
        const char *word = k == 0 ? "Cox-Snell" : "Nagelkerke";
        if (!tf_tests_has(test, n_tests, word))
            continue;
        struct tf_test *result = tf_result_test(s->r, out, word);
        result->by = o->d->by;
        result->n_by = ask->n_by;
        result->statistic = k == 0 ? cox : cox / (1 - exp(-null / n));
    }
}
