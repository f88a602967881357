/* Estimates of one variable, by the crossing of others.
 *
 * Rows with the variable present are sorted into their domains once; then each category of each
 * domain is one linearised statistic (taylor.c) with its interval (interval.c). A category that
 * occurs anywhere in the file is answered in every domain, with 0 where nobody there has it: a row
 * that is absent from a table reads as "not asked". */
#include <math.h>
#include <string.h>

#include "measure/inside.h"

enum { CATEGORY_LIMIT = 64 };

const char **tf_estimate_flags(struct tf_arena *arena, unsigned flags)
{
    static const struct {
        unsigned bit;
        const char *word;
    } words[] = {
        {(unsigned)TF_EST_ZERO << 8, "zero"},   {(unsigned)TF_EST_FULL << 8, "full"},
        {(unsigned)TF_EST_DF0 << 8, "df0"},     {(unsigned)TF_EST_LONELY << 8, "lonely"},
        {(unsigned)TF_EST_EMPTY << 8, "empty"}, {TF_SYNTHETIC, "synthetic"},
        {TF_PARTIAL, "partial"},                {TF_NON_PROBABILITY, "non_probability"},
        {TF_PROVISIONAL, "provisional"},        {TF_VOID_ITEM, "void_item"},
        {TF_SMALL_BASE, "small_base"},
    };
    const size_t n_words = sizeof words / sizeof words[0];
    const char **out = TF_NEW_N(arena, const char *, n_words + 1);
    for (size_t k = 0, n = 0; k < n_words; k++)
        if ((flags & words[k].bit) != 0)
            out[n++] = words[k].word;
    return out;
}

/* What is needed to answer one request. */
struct request {
    struct tf_arena *arena;
    const struct tf_design *design;
    const struct tf_table *table;
    struct tf_estimate_opt opt;
    const struct tf_codes *var;       /* prop: the categories */
    const struct tf_column *column;
    const struct tf_codes **by;
    size_t n_by;
    struct tf_crossing domain;
    struct tf_rows *rows;             /* [domain.n] */
};

static enum tf_code too_many(const struct request *q, const char *name, size_t n, const char *help,
                             struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_INPUT, "'%s' has %zu different values", name, n);
    (void)tf_fact(reterr, "at most %d can be categories of a table of %s", CATEGORY_LIMIT,
                  q->table->name);
    return tf_help(reterr, "%s", help);
}

static enum tf_code open_variable(struct request *q, const char *var, struct tf_err *reterr)
{
    size_t col;
    double x;
    TF_TRY(tf_table_need(q->table, var, &col, reterr));
    q->column = &q->table->col[col];
    if (q->opt.stat == TF_STAT_PROP || q->opt.stat == TF_STAT_COUNT) {
        q->var = tf_codes_make(q->arena, q->table, col);
        return q->var->n <= CATEGORY_LIMIT
                   ? TF_OK
                   : too_many(q, q->column->name, q->var->n,
                              "Ask for its mean or total, or group it first.", reterr);
    }
    for (size_t row = 0; q->column->type == TF_TEXT && row < q->table->n_rows; row++)
        if (!tf_value_missing(q->column, row) && !tf_value_number(q->column, row, &x)) {
            (void)tf_fail(reterr, TF_E_INPUT, "'%s' holds texts: it has no mean or total",
                          q->column->name);
            (void)tf_fact(reterr, "row %zu holds '%s'", row + 1, q->column->text[row]);
            return tf_help(reterr, "Ask for the shares of its values: --stat prop");
        }
    return TF_OK;
}

/* The rows of each domain, in their order: all, and those with the variable. */
static void sort_rows(struct request *q, size_t n_rows)
{
    uint32_t **all = TF_NEW_N(q->arena, uint32_t *, q->domain.n);
    uint32_t **with = TF_NEW_N(q->arena, uint32_t *, q->domain.n);
    q->rows = TF_NEW_N(q->arena, struct tf_rows, q->domain.n);
    for (size_t row = 0; row < n_rows; row++)
        if (q->domain.of[row] != TF_NO_CODE)
            q->rows[q->domain.of[row]].n_all++;
    for (size_t d = 0; d < q->domain.n; d++) {
        all[d] = TF_NEW_N(q->arena, uint32_t, q->rows[d].n_all);
        with[d] = TF_NEW_N(q->arena, uint32_t, q->rows[d].n_all);
        q->rows[d] = (struct tf_rows){.all = all[d], .row = with[d]};
    }
    for (size_t row = 0; row < n_rows; row++) {
        const uint32_t d = q->domain.of[row];
        if (d == TF_NO_CODE)
            continue;
        all[d][q->rows[d].n_all++] = (uint32_t)row;
        if (!tf_value_missing(q->column, row))
            with[d][q->rows[d].n++] = (uint32_t)row;
    }
}

static enum tf_code open_domains(struct request *q, const char *const *by, struct tf_err *reterr)
{
    const size_t n_rows = q->table->n_rows;
    q->by = TF_NEW_N(q->arena, const struct tf_codes *, q->n_by + 1);
    for (size_t k = 0; k < q->n_by; k++) {
        size_t col;
        TF_TRY(tf_table_need(q->table, by[k], &col, reterr));
        q->by[k] = tf_codes_make(q->arena, q->table, col);
        if (q->by[k]->n > CATEGORY_LIMIT * 16)
            return too_many(q, q->by[k]->column->name, q->by[k]->n, "Group them first.", reterr);
    }
    q->domain = tf_codes_cross(q->arena, q->by, q->n_by, q->opt.where, n_rows);
    sort_rows(q, n_rows);
    return TF_OK;
}

static struct tf_by *domain_names(const struct request *q, size_t d)
{
    struct tf_by *by = TF_NEW_N(q->arena, struct tf_by, q->n_by);
    for (size_t k = 0; k < q->n_by; k++) {
        const struct tf_codes *c = q->by[k];
        const uint32_t code = c->of[q->domain.first[d]];
        by[k] = (struct tf_by){.var = c->column->name, .value = c->text[code],
                               .label = tf_value_label(c->column, c->number[code], c->text[code])};
    }
    return by;
}

/* One cell: category c (prop) of domain d, or the mean or total. y: scratch of the domain's size. */
static struct tf_estimate estimate_cell(const struct request *q, struct tf_work *work, double *y,
                                        size_t d, uint32_t c)
{
    struct tf_estimate e = {.var = q->column->name, .var_label = q->column->label,
                            .n_by = q->n_by, .base = q->rows[d].n,
                            .flags = q->table->flags | q->column->flags};
    const uint32_t *row = q->rows[d].row;
    if (q->var != NULL) {
        e.category = q->var->text[c];
        e.label = tf_value_label(q->column, q->var->number[c], q->var->text[c]);
        for (size_t k = 0; k < e.base; k++) {
            y[k] = q->var->of[row[k]] == c;
            e.n += q->var->of[row[k]] == c;
        }
    } else {
        for (size_t k = 0; k < e.base; k++)
            (void)tf_value_number(q->column, row[k], &y[k]);
        e.n = e.base;
    }
    if (q->opt.stat == TF_STAT_COUNT) { /* a convenience sample: x of n, and nothing more */
        e.estimate = e.base > 0 ? (double)e.n / (double)e.base : (double)NAN;
        e.se = e.lo = e.hi = e.deff = e.df = (double)NAN;
        return e;
    }
    const struct tf_linear l = tf_linearise(work, q->rows[d], y, q->opt.stat, work->z);
    tf_interval(&e, &l, q->opt.stat, q->opt.ci, q->opt.level);
    return e;
}

enum tf_code tf_estimate(struct tf_arena *arena, const struct tf_design *design,
                         const struct tf_table *t, const char *var, const char *const *by,
                         size_t n_by, struct tf_estimate_opt opt, struct tf_estimate **ret,
                         size_t *ret_n, struct tf_err *reterr)
{
    struct request q = {.arena = arena, .design = design, .table = t, .opt = opt, .n_by = n_by};
    if (!(opt.level > 0 && opt.level < 1)) {
        (void)tf_fail(reterr, TF_E_USAGE, "the level of an interval lies between 0 and 1");
        return tf_help(reterr, "The usual one is 0.95.");
    }
    TF_TRY(open_variable(&q, var, reterr));
    TF_TRY(open_domains(&q, by, reterr));
    struct tf_work *work = tf_work_new(arena, design);
    double *y = TF_NEW_N(arena, double, t->n_rows);
    const size_t n_cats = q.var != NULL ? q.var->n : 1;
    struct tf_estimate *out = TF_NEW_N(arena, struct tf_estimate, q.domain.n * n_cats);
    size_t n = 0;
    for (size_t d = 0; d < q.domain.n; d++) {
        struct tf_by *names = domain_names(&q, d);
        for (size_t c = 0; c < n_cats; c++) {
            if (tf_interrupted()) {
                (void)tf_fail(reterr, TF_E_INTERRUPTED, "stopped");
                return tf_help(reterr, "Nothing was changed.");
            }
            out[n] = estimate_cell(&q, work, y, d, (uint32_t)c);
            out[n++].by = names;
        }
    }
    *ret = out;
    *ret_n = n;
    return TF_OK;
}
