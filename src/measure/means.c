/* mean and total of numbers; of a column of words, the share or total of each of its categories (as
 * R svymean(~factor), with the interval of a mean: estimate -+ t se). */
#include "measure/family.h"

struct numbers { /* one request */
    struct tf_runner *r;
    const struct tf_ask *ask;
    enum tf_cell_kind kind;
    struct tf_domain *domain;
    size_t n_domains;
    size_t *col;
    struct tf_codes **codes; /* [n_vars], NULL for numbers */
    struct tf_group_set *set;
};

static enum tf_code add_groups(struct numbers *q, struct tf_err *reterr)
{
    struct tf_runner *r = q->r;
    const struct tf_ask *ask = q->ask;
    double *df = TF_NEW_N(r->arena, double, q->n_domains + 1);
    for (size_t d = 0; d < q->n_domains; d++)
        df[d] = tf_ask_df(r, ask, q->domain[d].in);
    for (size_t v = 0; v < ask->n_vars; v++) {
        struct tf_group g = {.kind = q->kind, .n_cells = 1};
        if (tf_holds_words(&r->t->col[q->col[v]], r->t->n_rows)) {
            TF_TRY(tf_ask_categories(r, ask->at, q->col[v], &q->codes[v], reterr));
            g.code = q->codes[v]->of;
            g.n_cells = q->codes[v]->n;
        } else {
            TF_TRY(tf_ask_values(r, ask->at, ask->var[v], &g.y, reterr));
        }
        const bool *answered = tf_answered(r->arena, r->t, ask->listwise ? q->col : &q->col[v],
                                           ask->listwise ? ask->n_vars : 1);
        for (size_t d = 0; d < q->n_domains; d++) {
            g.df = df[d];
            (void)tf_groups_add(q->set, g, q->domain[d].in, q->domain[d].n, answered);
        }
    }
    return TF_OK;
}

static void name_item(const struct numbers *q, struct tf_item *item, size_t group, size_t c)
{
    const size_t v = group / q->n_domains, d = group % q->n_domains;
    const struct tf_column *column = &q->r->t->col[q->col[v]];
    item->var = q->ask->var[v];
    item->var_label = column->label;
    item->by = q->domain[d].by;
    item->n_by = q->domain[d].by != NULL ? q->ask->n_by : 0;
    item->flags = q->r->t->flags | column->flags;
    if (q->codes[v] == NULL)
        return;
    const struct tf_codes *codes = q->codes[v];
    item->category = codes->text[c];
    item->label = tf_value_label(column, codes->number[c], codes->text[c]);
}

static enum tf_code run_numbers(struct tf_runner *r, const struct tf_ask *ask,
                                enum tf_cell_kind kind, struct tf_result *out,
                                struct tf_err *reterr)
{
    const enum tf_interval_of of = kind == TF_CELL_TOTAL ? TF_OF_TOTAL : TF_OF_MEAN;
    struct numbers q = {.r = r, .ask = ask, .kind = kind};
    const struct tf_interval_method *const *method;
    struct tf_fit fit;
    size_t n_methods;
    if (tf_family_fits(r)) /* the same numbers from sums over units, in one pass */
        return tf_family_run(r, ask, of, out, reterr);
    TF_TRY(tf_presentation_check(ask, reterr));
    TF_TRY(tf_intervals_asked(r, ask, of, &method, &n_methods, reterr));
    TF_TRY(tf_ask_vars(r, ask, &q.col, reterr));
    TF_TRY(tf_domains_make(r, ask, &q.domain, &q.n_domains, reterr));
    q.codes = TF_NEW_N(r->arena, struct tf_codes *, ask->n_vars);
    q.set = tf_group_set_new(r->arena, r->survey);
    TF_TRY(add_groups(&q, reterr));
    TF_TRY(tf_groups_fit(q.set, tf_covariances_wanted(r, ask, q.set->p), &fit, reterr));
    for (size_t g = 0; g < q.set->n_groups; g++)
        for (size_t c = 0; c < q.set->group[g].n_cells; c++) {
            struct tf_item *item = tf_result_item(r, out);
            name_item(&q, item, g, c);
            const struct tf_linear l = tf_groups_linear(q.set, &q.set->group[g], c, &fit, &item->n);
            item->base = l.n;
            tf_item_finish(r, ask, item, &l, of, method, n_methods);
        }
    out->vcov = fit.full ? fit.v : NULL;
    tf_groups_notes(r, out, ask, &fit);
    tf_interval_notes(r, out, ask, of, method, n_methods);
    return TF_OK;
}

enum tf_code tf_run_mean(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                         struct tf_err *reterr)
{
    return run_numbers(r, ask, TF_CELL_MEAN, out, reterr);
}

enum tf_code tf_run_total(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                          struct tf_err *reterr)
{
    return run_numbers(r, ask, TF_CELL_TOTAL, out, reterr);
}
