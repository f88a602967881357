/* ratio: R = sum w y / sum w x, of each numerator to each denominator, in each domain.
 *
 *     - {stat: ratio, numerator: [api.stu], denominator: [enroll], by: [stype]}
 *
 * Cases need an answer to both (with `missing: listwise` to all variables named, as R svyratio with
 * several). `separate: strata` gives the separate ratios, one for each stratum of the first stage,
 * as R svyratio(separate = TRUE): the strata are domains. deff: of the total of (y - R x) / sum w
 * x. */
#include <string.h>

#include "measure/groups.h"

struct pair {
    const char *name;
    size_t col[2];
    double *y, *x;
    const bool *answered;
};

static enum tf_code read_names(struct tf_runner *r, const struct tf_ask *ask, const char *key,
                               const char ***name, size_t *n, struct tf_err *reterr)
{
    TF_TRY(tf_yaml_opt_texts(r->arena, ask->at, key, name, n, reterr));
    if (*n > 0)
        return TF_OK;
    (void)tf_yaml_fail(ask->at, reterr, "a ratio needs `%s`", key);
    return tf_help(reterr, "Write {stat: ratio, numerator: a, denominator: b}.");
}

static enum tf_code read_pairs(struct tf_runner *r, const struct tf_ask *ask, struct pair **ret,
                               size_t *ret_n, struct tf_err *reterr)
{
    const struct tf_yaml *at[2] = {tf_yaml_get(ask->at, "numerator"),
                                   tf_yaml_get(ask->at, "denominator")};
    const char **name[2];
    size_t n[2], *col;
    TF_TRY(read_names(r, ask, "numerator", &name[0], &n[0], reterr));
    TF_TRY(read_names(r, ask, "denominator", &name[1], &n[1], reterr));
    struct pair *pair = TF_NEW_N(r->arena, struct pair, n[0] * n[1]);
    double **value = TF_NEW_N(r->arena, double *, n[0] + n[1]);
    col = TF_NEW_N(r->arena, size_t, n[0] + n[1]);
    for (size_t side = 0, all = 0; side < 2; side++)
        for (size_t k = 0; k < n[side]; k++, all++) {
            TF_TRY(tf_ask_column(r, at[side], name[side][k], &col[all], reterr));
            TF_TRY(tf_ask_numbers(r, at[side], name[side][k], &value[all], reterr));
        }
    for (size_t j = 0; j < n[1]; j++)
        for (size_t i = 0; i < n[0]; i++) {
            struct pair *p = &pair[j * n[0] + i];
            const size_t both[2] = {col[i], col[n[0] + j]};
            p->name = tf_printf(r->arena, "%s/%s", name[0][i], name[1][j]);
            p->y = value[i];
            p->x = value[n[0] + j];
            p->answered = ask->listwise ? tf_answered(r->arena, r->t, col, n[0] + n[1])
                                        : tf_answered(r->arena, r->t, both, 2);
        }
    *ret = pair;
    *ret_n = n[0] * n[1];
    return TF_OK;
}

/* `separate: strata`: the domains are crossed with the strata of the first stage. */
static enum tf_code by_strata(struct tf_runner *r, struct tf_ask *ask, struct tf_err *reterr)
{
    const char *separate, **strata;
    size_t n;
    TF_TRY(tf_yaml_opt_text(ask->at, "separate", NULL, &separate, reterr));
    if (separate == NULL)
        return TF_OK;
    if (strcmp(separate, "strata") != 0) {
        (void)tf_yaml_fail(tf_yaml_get(ask->at, "separate"), reterr,
                           "`separate` is not understood");
        return tf_help(reterr, "Write separate: strata, or use `by` for other groups.");
    }
    TF_TRY(tf_yaml_opt_texts(r->arena, tf_yaml_get(r->root, "design"), "strata", &strata, &n,
                             reterr));
    if (n == 0) {
        (void)tf_yaml_fail(tf_yaml_get(ask->at, "separate"), reterr, "the design has no strata");
        return tf_help(reterr, "Leave `separate` out: the ratio is one.");
    }
    const char **by = TF_NEW_N(r->arena, const char *, ask->n_by + 1);
    for (size_t k = 0; k < ask->n_by; k++)
        by[k] = ask->by[k];
    by[ask->n_by++] = strata[0];
    ask->by = by;
    return TF_OK;
}

enum tf_code tf_run_ratio(struct tf_runner *r, const struct tf_ask *given, struct tf_result *out,
                          struct tf_err *reterr)
{
    struct tf_ask ask = *given;
    const struct tf_interval_method *const *method;
    struct tf_domain *domain;
    struct pair *pair;
    struct tf_fit fit;
    size_t n_domains, n_pairs, n_methods;
    TF_TRY(tf_presentation_check(&ask, reterr));
    TF_TRY(tf_intervals_asked(r, &ask, TF_OF_MEAN, &method, &n_methods, reterr));
    TF_TRY(by_strata(r, &ask, reterr));
    TF_TRY(read_pairs(r, &ask, &pair, &n_pairs, reterr));
    TF_TRY(tf_domains_make(r, &ask, &domain, &n_domains, reterr));
    struct tf_group_set *set = tf_group_set_new(r->arena, r->survey);
    for (size_t k = 0; k < n_pairs; k++)
        for (size_t d = 0; d < n_domains; d++)
            (void)tf_groups_add(set,
                               (struct tf_group){.kind = TF_CELL_RATIO, .n_cells = 1,
                                                 .y = pair[k].y, .x = pair[k].x,
                                                 .df = tf_ask_df(r, &ask, domain[d].in)},
                               domain[d].in, domain[d].n, pair[k].answered);
    TF_TRY(tf_groups_fit(set, tf_covariances_wanted(r, &ask, set->p), &fit, reterr));
    for (size_t g = 0; g < set->n_groups; g++) {
        struct tf_item *item = tf_result_item(r, out);
        const struct tf_linear l = tf_groups_linear(set, &set->group[g], 0, &fit, &item->n);
        item->var = pair[g / n_domains].name;
        item->by = domain[g % n_domains].by;
        item->n_by = item->by != NULL ? ask.n_by : 0;
        item->flags = r->t->flags;
        item->base = l.n;
        tf_item_finish(r, &ask, item, &l, TF_OF_MEAN, method, n_methods);
    }
    out->vcov = fit.full ? fit.v : NULL;
    tf_groups_notes(r, out, &ask, &fit);
    tf_interval_notes(r, out, &ask, TF_OF_MEAN, method, n_methods);
    return TF_OK;
}
