/* prop and count: the shares of the categories of each variable, in each domain.
 *
 * A category that occurs anywhere in the file is answered in every domain, with 0 where nobody
 * there has it: a row that is absent from a table reads as "not asked". Items stand by variable,
 * domain, category. `count` is for samples without a design to speak of: unweighted cases, no
 * error. */
#include "measure/family.h"

struct shares { /* one request */
    struct tf_runner *r;
    const struct tf_ask *ask;
    struct tf_domain *domain;
    size_t n_domains;
    double *df;              /* [n_domains] */
    struct tf_codes **codes; /* [n_vars] */
    bool **answered;         /* [n_vars] */
    struct tf_group_set *set;
};

static enum tf_code open_shares(struct shares *s, struct tf_err *reterr)
{
    const struct tf_ask *ask = s->ask;
    struct tf_runner *r = s->r;
    size_t *col;
    TF_TRY(tf_ask_vars(r, ask, &col, reterr));
    TF_TRY(tf_domains_make(r, ask, &s->domain, &s->n_domains, reterr));
    s->df = TF_NEW_N(r->arena, double, s->n_domains + 1);
    for (size_t d = 0; d < s->n_domains; d++)
        s->df[d] = tf_ask_df(r, ask, s->domain[d].in);
    s->codes = TF_NEW_N(r->arena, struct tf_codes *, ask->n_vars);
    s->answered = TF_NEW_N(r->arena, bool *, ask->n_vars);
    s->set = tf_group_set_new(r->arena, r->survey);
    for (size_t v = 0; v < ask->n_vars; v++) {
        TF_TRY(tf_ask_categories(r, tf_yaml_get(ask->at, "vars"), col[v], &s->codes[v], reterr));
        s->answered[v] = tf_answered(r->arena, r->t, ask->listwise ? col : &col[v],
                                     ask->listwise ? ask->n_vars : 1);
    }
    return TF_OK;
}

/* The item of one category, its names and counts. */
static struct tf_item *new_item(struct shares *s, struct tf_result *out, size_t v, size_t d,
                                size_t c)
{
    const struct tf_codes *codes = s->codes[v];
    struct tf_item *item = tf_result_item(s->r, out);
    item->var = s->ask->var[v];
    item->var_label = codes->column->label;
    item->category = codes->text[c];
    item->label = tf_value_label(codes->column, codes->number[c], codes->text[c]);
    item->by = s->domain[d].by;
    item->n_by = s->domain[d].by != NULL ? s->ask->n_by : 0;
    item->flags = s->r->t->flags | codes->column->flags;
    return item;
}

enum tf_code tf_run_prop(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                         struct tf_err *reterr)
{
    struct shares s = {.r = r, .ask = ask};
    const struct tf_interval_method *const *method;
    struct tf_fit fit;
    size_t n_methods;
    if (tf_family_fits(r)) /* the same numbers from sums over units, in one pass */
        return tf_family_run(r, ask, TF_OF_SHARE, out, reterr);
    TF_TRY(tf_presentation_check(ask, reterr));
    TF_TRY(tf_intervals_asked(r, ask, TF_OF_SHARE, &method, &n_methods, reterr));
    TF_TRY(open_shares(&s, reterr));
    s.set->logits = tf_intervals_by_logits(method, n_methods);
    for (size_t v = 0; v < ask->n_vars; v++)
        for (size_t d = 0; d < s.n_domains; d++)
            (void)tf_groups_add(s.set,
                               (struct tf_group){.kind = TF_CELL_MEAN, .code = s.codes[v]->of,
                                                 .n_cells = s.codes[v]->n, .df = s.df[d]},
                               s.domain[d].in, s.domain[d].n, s.answered[v]);
    TF_TRY(tf_groups_fit(s.set, tf_covariances_wanted(r, ask, s.set->p), &fit, reterr));
    for (size_t g = 0; g < s.set->n_groups; g++)
        for (size_t c = 0; c < s.set->group[g].n_cells; c++) {
            struct tf_item *item = new_item(&s, out, g / s.n_domains, g % s.n_domains, c);
            const struct tf_linear l =
                tf_groups_linear(s.set, &s.set->group[g], c, &fit, &item->n);
            item->base = l.n;
            tf_item_finish(r, ask, item, &l, TF_OF_SHARE, method, n_methods);
        }
    out->vcov = fit.full ? fit.v : NULL;
    tf_groups_notes(r, out, ask, &fit);
    tf_interval_notes(r, out, ask, TF_OF_SHARE, method, n_methods);
    return TF_OK;
}

enum tf_code tf_run_count(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                          struct tf_err *reterr)
{
    struct shares s = {.r = r, .ask = ask};
    TF_TRY(open_shares(&s, reterr));
    for (size_t v = 0; v < ask->n_vars; v++)
        for (size_t d = 0; d < s.n_domains; d++) {
            const struct tf_group *g = tf_groups_add(
                s.set,
                (struct tf_group){.kind = TF_CELL_MEAN, .code = s.codes[v]->of,
                                  .n_cells = s.codes[v]->n},
                s.domain[d].in, s.domain[d].n, s.answered[v]);
            size_t *n = TF_NEW_N(r->arena, size_t, g->n_cells + 1);
            for (size_t k = 0; k < g->n; k++)
                n[g->code[g->row[k]]]++;
            for (size_t c = 0; c < g->n_cells; c++) {
                struct tf_item *item = new_item(&s, out, v, d, c);
                item->n = n[c];
                item->estimate = (double)n[c];
                item->base = g->n;
                item->psu = g->psu;
                item->base_weighted = g->sum_w;
            }
        }
    tf_result_note(r, out, "unweighted counts: no standard error");
    return TF_OK;
}
