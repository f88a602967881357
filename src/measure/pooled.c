/* Several imputations of missing answers: one estimate from each, pooled by Rubin's rules.
 *
 *     - {stat: pooled, imputations: [imp1.csv, imp2.csv, imp3.csv], estimate: {stat: glm, …}}
 *     - {stat: pooled, imputations: imp, estimate: {…}}     one file; the variable imp tells them
 *     apart
 *
 * With m estimates q_l and their variances u_l (Rubin 1987, 3.1; R mitools::MIcombine):
 *
 *     q = mean q_l,   B = var(q_l),   U = mean u_l,   T = U + (1 + 1/m) B
 *     r = (1 + 1/m) B / U,   df = (m - 1) (1 + 1/r)^2,   fmi = (r + 2 / (df + 3)) / (r + 1)
 *
 * With `complete_df` k (the degrees of freedom were nothing missing; `design`: those of each item)
 * the df are those of Barnard & Rubin (1999, Biometrika 86, 948-955) as MIcombine computes them, 1
 * / (1 / df + 1 / d), d = (k + 1) / (k + 3) k U / (U + B).
 *
 * Each imputation is a survey of its own: read, weighted by the recipe's steps, estimated. Items
 * are matched by name; one that is not in all of them is an error. Tests are not pooled. */
#include <math.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/run.h"

struct asked {
    const struct tf_yaml *estimate;
    const char **file;  /* [m] files, or values of the variable */
    size_t m;
    const char *var;    /* or NULL: files */
    double complete_df; /* INFINITY: not given */
    bool of_items;
};

static enum tf_code read_keys(struct tf_runner *r, const struct tf_ask *ask, struct asked *a,
                              struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(ask->at, "imputations");
    const char *df, *stat;
    *a = (struct asked){.complete_df = INFINITY};
    a->estimate = tf_yaml_get(ask->at, "estimate");
    if (a->estimate == NULL || a->estimate->kind != TF_YAML_MAP)
        return tf_yaml_fail(ask->at, reterr, "'pooled' needs 'estimate', a map with a stat");
    TF_TRY(tf_yaml_opt_text(a->estimate, "stat", "", &stat, reterr));
    if (strcmp(stat, "pooled") == 0)
        return tf_yaml_fail(a->estimate, reterr, "'pooled' does not pool itself");
    if (at == NULL)
        return tf_yaml_fail(ask->at, reterr, "'pooled' needs 'imputations': files, or a variable");
    TF_TRY(tf_yaml_opt_text(ask->at, "complete_df", NULL, &df, reterr));
    a->of_items = df != NULL && strcmp(df, "design") == 0;
    if (df != NULL && !a->of_items &&
        (!tf_parse_double(df, &a->complete_df) || !(a->complete_df > 0)))
        return tf_yaml_fail(tf_yaml_get(ask->at, "complete_df"), reterr,
                            "'complete_df' is a number above 0, or 'design'");
    if (at->kind == TF_YAML_LIST) {
        TF_TRY(tf_yaml_opt_texts(r->arena, ask->at, "imputations", &a->file, &a->m, reterr));
    } else {
        size_t col;
        TF_TRY(tf_yaml_opt_text(ask->at, "imputations", NULL, &a->var, reterr));
        TF_TRY(tf_ask_column(r, at, a->var, &col, reterr));
        const struct tf_codes *codes = tf_codes_make(r->arena, r->t, col);
        a->file = codes->text;
        a->m = codes->n;
    }
    if (a->m < 2 || a->m > 1000)
        return tf_yaml_fail(at, reterr, "%zu imputations: pooling takes 2 to 1,000", a->m);
    return TF_OK;
}

/* The rows of one imputation as a table of their own. */
static struct tf_table *part_of(struct tf_runner *r, size_t col, const char *value)
{
    const struct tf_table *t = r->t;
    const struct tf_codes *codes = tf_codes_make(r->arena, t, col);
    const uint32_t code = tf_codes_find(codes, value);
    struct tf_table *part = tf_table_new(r->arena, t->name, t->n_rows);
    bool *keep = TF_NEW_N(r->arena, bool, t->n_rows + 1);
    for (size_t row = 0; row < t->n_rows; row++)
        keep[row] = codes->of[row] == code;
    for (size_t c = 0; c < t->n_cols; c++) {
        const struct tf_column *from = &t->col[c];
        const size_t at = tf_table_add(part, from->name, from->type);
        struct tf_column *to = &part->col[at];
        to->label = from->label;
        to->labels = from->labels;
        to->n_labels = from->n_labels;
        to->flags = from->flags;
        memcpy(to->miss, from->miss, t->n_rows * sizeof *to->miss);
        if (from->type == TF_TEXT)
            memcpy(to->text, from->text, t->n_rows * sizeof *to->text);
        else
            memcpy(to->num, from->num, t->n_rows * sizeof *to->num);
    }
    part->flags = t->flags;
    tf_table_keep_rows(part, keep);
    return part;
}

static enum tf_code run_imputation(struct tf_runner *r, const struct tf_ask *ask,
                                   const struct asked *a, size_t l, struct tf_result *ret,
                                   struct tf_err *reterr)
{
    struct tf_runner own = *r;
    struct tf_recipe_run run = {0};
    const unsigned threads = r->survey->threads;
    if (a->var != NULL) {
        size_t col;
        TF_TRY(tf_ask_column(r, ask->at, a->var, &col, reterr));
        own.t = part_of(r, col, a->file[l]);
    } else {
        const struct tf_recipe_opt opt = {
            .threads = threads, .shard = tf_path_join(r->arena, r->dir, a->file[l])};
        own.t = NULL;
        TF_TRY(tf_recipe_place(tf_yaml_get(ask->at, "imputations"),
                               tf_run_data(&own, opt, &run, reterr), reterr));
    }
    TF_TRY(tf_survey_read(r->arena, tf_yaml_get(r->root, "design"), r->dir, own.t, &own.survey,
                          reterr));
    own.survey->threads = threads;
    TF_TRY(tf_survey_weigh_recipe(own.survey, r->root, r->dir, &own.step, &own.n_steps, reterr));
    return tf_run_one(&own, a->estimate, ret, reterr);
}

/* ---- Rubin's rules ------------------------------------------------------------------------ */

struct pool {
    double q, within, between, total, df, fmi;
};

static struct pool pool_item(const struct tf_result *one, size_t m, size_t k, double complete)
{
    struct pool p = {0};
    const double times = (double)m;
    for (size_t l = 0; l < m; l++) {
        p.q += one[l].item[k].estimate / times;
        p.within += one[l].item[k].se * one[l].item[k].se / times;
    }
    for (size_t l = 0; l < m; l++) {
        const double off = one[l].item[k].estimate - p.q;
        p.between += off * off / (times - 1);
    }
    p.total = p.within + (times + 1) / times * p.between;
    const double r = (1 + 1 / times) * p.between / p.within;
    p.df = (times - 1) * (1 + 1 / r) * (1 + 1 / r);
    if (isfinite(complete)) {
        const double seen = (complete + 1) / (complete + 3) * complete * p.within /
                            (p.within + p.between);
        p.df = 1 / (1 / seen + 1 / p.df);
    }
    p.fmi = (r + 2 / (p.df + 3)) / (r + 1);
    return p;
}

/* Covariances: mean within plus (1 + 1/m) between; NULL when an imputation has none. */
static double *pool_vcov(struct tf_runner *r, const struct tf_result *one, size_t m)
{
    const size_t n = one[0].n;
    const double times = (double)m;
    double *v = TF_NEW_N(r->arena, double, n * n + 1), *mean = TF_NEW_N(r->arena, double, n + 1);
    for (size_t l = 0; l < m; l++) {
        if (one[l].vcov == NULL)
            return NULL;
        for (size_t k = 0; k < n; k++)
            mean[k] += one[l].item[k].estimate / times;
        for (size_t k = 0; k < n * n; k++)
            v[k] += one[l].vcov[k] / times;
    }
    for (size_t l = 0; l < m; l++)
        for (size_t j = 0; j < n; j++)
            for (size_t i = 0; i < n; i++)
                v[i + j * n] += (times + 1) / times * (one[l].item[i].estimate - mean[i]) *
                                (one[l].item[j].estimate - mean[j]) / (times - 1);
    return v;
}

static enum tf_code check_items(const struct tf_ask *ask, const struct asked *a,
                                const struct tf_result *one, struct tf_err *reterr)
{
    for (size_t l = 1; l < a->m; l++) {
        size_t k = 0;
        while (k < one[0].n && k < one[l].n && tf_streq(one[0].item[k].name, one[l].item[k].name))
            k++;
        if (k == one[0].n && k == one[l].n)
            continue;
        const char *name = k < one[0].n ? one[0].item[k].name : one[l].item[k].name;
        (void)tf_yaml_fail(tf_yaml_get(ask->at, "estimate"), reterr,
                           "imputations '%s' and '%s' give different items, first at '%s'",
                           a->file[0], a->file[l], name);
        return tf_help(reterr, "A category may occur in one of them only: merge it.");
    }
    return TF_OK;
}

static void add_item(struct tf_runner *r, const struct tf_ask *ask, const struct asked *a,
                     const struct tf_result *one, size_t k, struct tf_result *out)
{
    const struct tf_item *first = &one[0].item[k];
    const double complete = a->of_items ? first->df : a->complete_df;
    const struct pool p = pool_item(one, a->m, k, complete);
    struct tf_item *item = tf_result_item(r, out);
    *item = *first;
    item->ci = NULL;
    item->n_ci = 0;
    item->deff = (double)NAN;
    item->estimate = p.q;
    item->se = sqrt(p.total);
    item->df = p.df;
    item->statistic = item->p = (double)NAN;
    if (!(item->se > 0))
        return;
    if (!(p.between > 0)) /* nothing was imputed here */
        item->df = isfinite(complete) ? p.df : (double)INFINITY;
    item->statistic = p.q / item->se;
    item->p = isfinite(item->df) ? 2 * pt(-fabs(item->statistic), item->df, 1, 0)
                                 : 2 * pnorm(-fabs(item->statistic), 0, 1, 1, 0);
    tf_item_interval(r, item, "t", ask->level);
    struct tf_test *test = tf_result_test(r, out, "fmi");
    test->term = first->name;
    test->statistic = p.between > 0 ? p.fmi : 0;
}

enum tf_code tf_run_pooled(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                           struct tf_err *reterr)
{
    struct asked a;
    TF_TRY(read_keys(r, ask, &a, reterr));
    struct tf_result *one = TF_NEW_N(r->arena, struct tf_result, a.m);
    for (size_t l = 0; l < a.m; l++)
        TF_TRY(run_imputation(r, ask, &a, l, &one[l], reterr));
    TF_TRY(check_items(ask, &a, one, reterr));
    for (size_t k = 0; k < one[0].n; k++)
        add_item(r, ask, &a, one, k, out);
    out->vcov = pool_vcov(r, one, a.m);
    tf_result_note(r, out, tf_printf(r->arena, "%zu imputations pooled by Rubin's rules (R "
                                     "mitools::MIcombine)%s; fmi: fraction of missing "
                                     "information, under tests.", a.m,
                                     a.of_items || isfinite(a.complete_df)
                                         ? ", df with finite complete-data df"
                                         : ""));
    for (size_t k = 0; k < one[0].n_notes; k++)
        tf_result_note(r, out, one[0].note[k]);
    return TF_OK;
}
