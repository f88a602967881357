/* variance: the variance of each variable in each domain, s2 = n / (n - 1) sum w (y - m)^2 / sum w,
 * with its own standard error, as R svyvar. n: cases that answered. */
#include "measure/groups.h"

enum tf_code tf_run_variance(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                             struct tf_err *reterr)
{
    const struct tf_interval_method *const *method;
    struct tf_domain *domain;
    struct tf_fit fit;
    size_t n_domains, n_methods, *col;
    TF_TRY(tf_presentation_check(ask, reterr));
    TF_TRY(tf_intervals_asked(r, ask, TF_OF_MEAN, &method, &n_methods, reterr));
    TF_TRY(tf_ask_vars(r, ask, &col, reterr));
    TF_TRY(tf_domains_make(r, ask, &domain, &n_domains, reterr));
    struct tf_group_set *set = tf_group_set_new(r->arena, r->survey);
    for (size_t v = 0; v < ask->n_vars; v++) {
        double *y;
        TF_TRY(tf_ask_numbers(r, ask->at, ask->var[v], &y, reterr));
        const bool *answered = tf_answered(r->arena, r->t, ask->listwise ? col : &col[v],
                                           ask->listwise ? ask->n_vars : 1);
        for (size_t d = 0; d < n_domains; d++)
            (void)tf_groups_add(set,
                               (struct tf_group){.kind = TF_CELL_VARIANCE, .n_cells = 1, .y = y,
                                                 .df = tf_ask_df(r, ask, domain[d].in)},
                               domain[d].in, domain[d].n, answered);
    }
    TF_TRY(tf_groups_fit(set, tf_covariances_wanted(r, ask, set->p), &fit, reterr));
    for (size_t g = 0; g < set->n_groups; g++) {
        struct tf_item *item = tf_result_item(r, out);
        const struct tf_linear l = tf_groups_linear(set, &set->group[g], 0, &fit, &item->n);
        item->var = ask->var[g / n_domains];
        item->var_label = r->t->col[col[g / n_domains]].label;
        item->by = domain[g % n_domains].by;
        item->n_by = item->by != NULL ? ask->n_by : 0;
        item->flags = r->t->flags;
        item->base = l.n;
        tf_item_finish(r, ask, item, &l, TF_OF_MEAN, method, n_methods);
    }
    out->vcov = fit.full ? fit.v : NULL;
    tf_groups_notes(r, out, ask, &fit);
    tf_interval_notes(r, out, ask, TF_OF_MEAN, method, n_methods);
    return TF_OK;
}
