/* What the tests of surveys share: a design read from one line of YAML over a file of tests/gold,
 * and three plain statistics (means, totals, a ratio), with value and linearised variables. */
#ifndef TF_TESTS_SURVEY_HOUSE_H
#define TF_TESTS_SURVEY_HOUSE_H

#include <string.h>

#include "tests/house.h"
#include "measure/survey.h"

static inline void must(const struct house *h, enum tf_code code, const char *where)
{
    if (code != TF_OK)
        fail_msg("%s: %s / %s / %s", where, h->err.what, h->err.fact, h->err.help);
}

static inline struct tf_table *gold_csv(struct house *h, const char *name)
{
    struct tf_table *t = NULL;
    must(h,
         tf_csv_read(h->arena, tf_printf(h->arena, "tests/gold/%s.csv", name),
                     (struct tf_csv_opt){.guess_numbers = true}, &t, &h->err),
         name);
    return t;
}

static inline const char *
cell(struct house *h, const struct tf_table *t, const char *col, size_t row)
{
    size_t k = 0;
    must(h, tf_table_need(t, col, &k, &h->err), col);
    const struct tf_column *c = &t->col[k];
    if (tf_value_missing(c, row))
        return "";
    return c->type == TF_TEXT ? c->text[row] : tf_double_text(h->arena, c->num[row]);
}

static inline double
cell_number(struct house *h, const struct tf_table *t, const char *col, size_t row)
{
    double x = (double)NAN;
    size_t k = 0;
    must(h, tf_table_need(t, col, &k, &h->err), col);
    (void)tf_value_number(&t->col[k], row, &x);
    return x;
}

static inline enum tf_code
read_design(struct house *h, const char *yaml, struct tf_table *t, struct tf_survey **ret)
{
    struct tf_yaml *at = NULL;
    must(h, tf_yaml_parse(h->arena, "recipe.yaml", 1, yaml, strlen(yaml), &at, &h->err), yaml);
    return tf_survey_read(h->arena, at, "tests/gold", t, ret, &h->err);
}

static inline void same(const char *what, const char *where, double got, double want)
{
    if (isnan(want) && !isfinite(got))
        return;
    const double off = fabs(got - want) / (fabs(want) > 1e-300 ? fabs(want) : 1);
    if (!(off <= 1e-9))
        fail_msg("%s of %s: got %.17g, want %.17g", what, where, got, want);
}

/* ---- Statistics ----------------------------------------------------------------------------- */

struct plain {
    const struct tf_survey *s;
    enum { MEAN, TOTAL, RATIO } kind;
    double *y[2];
    bool *in; /* the domain, where everything is present */
    const double *w;
    double theta[2], below;
    size_t n_values;
};

static inline enum tf_code
plain_value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct plain *p = self;
    double sum[2] = {0}, all = 0;
    (void)reterr;
    for (size_t row = 0; row < p->s->n; row++)
        for (size_t k = 0; k < 2 && p->in[row]; k++) {
            sum[k] += p->y[k] != NULL ? w[row] * p->y[k][row] : 0;
            all += k == 0 ? w[row] : 0;
        }
    p->w = w;
    p->below = p->kind == RATIO ? sum[1] : p->kind == MEAN ? all : 1;
    for (size_t k = 0; k < p->n_values; k++)
        theta[k] = p->theta[k] = sum[k] / p->below;
    return TF_OK;
}

static inline void plain_linear(void *self, size_t k, double *z)
{
    const struct plain *p = self;
    for (size_t row = 0; row < p->s->n; row++) {
        const double x = !p->in[row] || p->kind == TOTAL ? 0 : p->kind == MEAN ? 1 : p->y[1][row];
        z[row] = p->in[row] ? p->w[row] * (p->y[k][row] - p->theta[k] * x) / p->below : 0;
    }
}

static inline const bool *plain_domain(void *self, size_t k)
{
    (void)k;
    return ((struct plain *)self)->in;
}

/* The statistic of a line of gold; *ret_mask: its domain, answered or not (NULL: all). */
static inline struct tf_statistic plain_statistic(struct house *h, const struct tf_survey *s,
                                                  const char *stat, const char *vars,
                                                  const char *where, bool **ret_mask)
{
    struct plain *p = TF_NEW(h->arena, struct plain);
    char **name;
    const size_t n = tf_split(h->arena, vars, ';', &name);
    p->s = s;
    p->kind = strcmp(stat, "mean") == 0 ? MEAN : strcmp(stat, "total") == 0 ? TOTAL : RATIO;
    p->n_values = p->kind == RATIO ? 1 : n;
    p->in = TF_NEW_N(h->arena, bool, s->n);
    must(h, tf_where_mask(h->arena, where, s->t, ret_mask, &h->err), where);
    for (size_t row = 0; row < s->n; row++)
        p->in[row] = (*ret_mask == NULL || (*ret_mask)[row]) && s->w[row] > 0;
    for (size_t k = 0; k < n; k++) {
        p->y[k] = TF_NEW_N(h->arena, double, s->n);
        for (size_t row = 0; row < s->n; row++) {
            p->y[k][row] = cell_number(h, s->t, name[k], row);
            p->in[row] = p->in[row] && !isnan(p->y[k][row]);
        }
    }
    return (struct tf_statistic){.p = p->n_values,
                                 .self = p,
                                 .value = plain_value,
                                 .linear = plain_linear,
                                 .domain = plain_domain};
}

/* One line of designs.csv or replicates.csv against a survey. */
static inline void check_line(struct house *h, const struct tf_table *gold, size_t row,
                              const struct tf_survey *s, const char *where)
{
    bool *mask = NULL;
    struct tf_fit fit = {0};
    const struct tf_statistic st =
        plain_statistic(h, s, cell(h, gold, "stat", row), cell(h, gold, "vars", row),
                        cell(h, gold, "where", row), &mask);
    must(h, tf_survey_fit(h->arena, s, &st, true, &fit, &h->err), where);
    same("estimate", where, fit.theta[0], cell_number(h, gold, "estimate", row));
    same("se", where, sqrt(fit.v[0]), cell_number(h, gold, "se", row));
    if (fit.p > 1) {
        same("second estimate", where, fit.theta[1], cell_number(h, gold, "estimate2", row));
        same("second se", where, sqrt(fit.v[3]), cell_number(h, gold, "se2", row));
        same("covariance", where, fit.v[1], cell_number(h, gold, "cov", row));
    }
    same("df", where, tf_survey_df(h->arena, s, mask), cell_number(h, gold, "df", row));
    must(h, tf_survey_fit(h->arena, s, &st, false, &fit, &h->err), where);
    same("se alone", where, sqrt(fit.v[0]), cell_number(h, gold, "se", row));
}

/* All lines of a file; returns how many. */
static inline size_t check_gold(struct house *h, const char *name, unsigned threads)
{
    const struct tf_table *gold = gold_csv(h, name);
    for (size_t row = 0; row < gold->n_rows; row++) {
        struct tf_arena *whole = h->arena;
        h->arena = tf_arena_new("line", (size_t)64 << 20);
        struct tf_survey *s = NULL;
        const char *yaml = cell(h, gold, "design", row), *data = cell(h, gold, "data", row);
        const char *where = tf_printf(h->arena, "%s.csv line %zu (%s)", name, row + 2, yaml);
        must(h, read_design(h, yaml, gold_csv(h, tf_printf(h->arena, "data_%s", data)), &s), where);
        s->threads = threads;
        check_line(h, gold, row, s, where);
        tf_arena_free(h->arena);
        h->arena = whole;
    }
    return gold->n_rows;
}

#endif
