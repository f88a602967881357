/* Estimates of one variable, by the crossing of others: what `trefoil measure estimate` answers.
 *
 * A design of one stage is a survey (survey.h) without more; each domain is a group (groups.h) with
 * its fit and its intervals, as in recipes. A category that occurs anywhere in the file is answered
 * in every domain, with 0 where nobody there has it: a row that is absent from a table reads as
 * "not asked". */
#include <math.h>
#include <string.h>

#include "measure/groups.h"

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
    struct tf_survey *survey;
    const struct tf_table *table;
    struct tf_estimate_opt opt;
    const struct tf_codes *var; /* prop and count: the categories */
    const struct tf_column *column;
    double *y;                  /* mean and total: the values */
    bool *answered;
    const struct tf_codes **by;
    size_t n_by;
    struct tf_crossing domain;
    size_t *n_in;               /* [domain.n] rows */
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
    TF_TRY(tf_table_need(q->table, var, &col, reterr));
    q->column = &q->table->col[col];
    q->answered = tf_answered(q->arena, q->table, &col, 1);
    if (q->opt.stat == TF_STAT_PROP || q->opt.stat == TF_STAT_COUNT) {
        q->var = tf_codes_make(q->arena, q->table, col);
        return q->var->n <= CATEGORY_LIMIT
                   ? TF_OK
                   : too_many(q, q->column->name, q->var->n,
                              "Ask for its mean or total, or group it first.", reterr);
    }
    q->y = TF_NEW_N(q->arena, double, q->table->n_rows + 1);
    for (size_t row = 0; row < q->table->n_rows; row++)
        if (q->answered[row] && !tf_value_number(q->column, row, &q->y[row])) {
            (void)tf_fail(reterr, TF_E_INPUT, "'%s' holds texts: it has no mean or total",
                          q->column->name);
            (void)tf_fact(reterr, "row %zu holds '%s'", row + 1, q->column->text[row]);
            return tf_help(reterr, "Ask for the shares of its values: --stat prop");
        }
    return TF_OK;
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
    q->n_in = TF_NEW_N(q->arena, size_t, q->domain.n + 1);
    for (size_t row = 0; row < n_rows; row++)
        if (q->domain.of[row] != TF_NO_CODE)
            q->n_in[q->domain.of[row]]++;
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

/* One cell: category c (prop) of a domain, or the mean or total. */
static struct tf_estimate estimate_cell(const struct request *q, const struct tf_group_set *set,
                                        const struct tf_fit *fit, size_t c)
{
    const struct tf_group *g = &set->group[0];
    struct tf_estimate e = {.var = q->column->name, .var_label = q->column->label,
                            .n_by = q->n_by, .base = g->n,
                            .flags = q->table->flags | q->column->flags};
    if (q->var != NULL) {
        e.category = q->var->text[c];
        e.label = tf_value_label(q->column, q->var->number[c], q->var->text[c]);
    }
    const struct tf_linear l = tf_groups_linear(set, g, c, fit, &e.n);
    if (q->opt.stat != TF_STAT_COUNT) {
        tf_interval(&e, &l, q->opt.stat, q->opt.ci, q->opt.level);
        return e;
    }
    e.estimate = e.base > 0 ? (double)e.n / (double)e.base : (double)NAN;
    e.se = e.lo = e.hi = e.deff = e.df = (double)NAN; /* x of n, and nothing more */
    return e;
}

/* All cells of one domain. */
static enum tf_code estimate_domain(const struct request *q, size_t d, bool *mask,
                                    struct tf_estimate *out, struct tf_err *reterr)
{
    struct tf_group g = {.kind = q->opt.stat == TF_STAT_TOTAL ? TF_CELL_TOTAL : TF_CELL_MEAN,
                         .code = q->var != NULL ? q->var->of : NULL,
                         .n_cells = q->var != NULL ? q->var->n : 1, .y = q->y};
    struct tf_arena *scratch = tf_arena_new("estimates of a domain", (size_t)8 << 30);
    struct tf_group_set *set = tf_group_set_new(scratch, q->survey);
    struct tf_fit fit = {0};
    enum tf_code code = TF_OK;
    for (size_t row = 0; row < q->table->n_rows; row++)
        mask[row] = q->domain.of[row] == d;
    g.df = tf_survey_df(scratch, q->survey, mask);
    (void)tf_groups_add(set, g, mask, q->n_in[d], q->answered);
    if (q->opt.stat == TF_STAT_COUNT) { /* nothing to fit */
        fit.p = set->p;
        fit.theta = TF_NEW_N(scratch, double, set->p + 1);
        fit.v = TF_NEW_N(scratch, double, set->p * set->p + 1);
    } else {
        code = tf_groups_fit(set, false, &fit, reterr);
    }
    for (size_t c = 0; code == TF_OK && c < g.n_cells; c++)
        out[c] = estimate_cell(q, set, &fit, c);
    tf_arena_free(scratch);
    return code;
}

struct tf_survey *tf_survey_of_design(struct tf_arena *arena, const struct tf_table *t,
                                      const struct tf_design *d)
{
    struct tf_survey *s = TF_NEW(arena, struct tf_survey);
    struct tf_stage *stage = TF_NEW(arena, struct tf_stage);
    double *population = TF_NEW_N(arena, double, d->n_strata + 1);
    for (size_t h = 0; h < d->n_strata; h++)
        population[h] = (double)INFINITY;
    *stage = (struct tf_stage){.stratum = d->h, .unit = d->i, .n_strata = d->n_strata,
                               .n_units = d->n_psu, .unit_stratum = d->psu_stratum,
                               .stratum_units = d->stratum_psus, .population = population};
    *s = (struct tf_survey){.arena = arena, .t = (struct tf_table *)(uintptr_t)t,
                            .n = d->n, .w = d->w, .w_base = d->w,
                            .stage = stage, .n_stages = 1, .one_stage = true,
                            .lonely = d->lonely, .kind = TF_BY_STAGES, .threads = 1, .text = ""};
    return s;
}

enum tf_code tf_estimate(struct tf_arena *arena, const struct tf_design *design,
                         const struct tf_table *t, const char *var, const char *const *by,
                         size_t n_by, struct tf_estimate_opt opt, struct tf_estimate **ret,
                         size_t *ret_n, struct tf_err *reterr)
{
    struct request q = {.arena = arena, .table = t, .opt = opt, .n_by = n_by};
    if (!(opt.level > 0 && opt.level < 1)) {
        (void)tf_fail(reterr, TF_E_USAGE, "the level of an interval lies between 0 and 1");
        return tf_help(reterr, "The usual one is 0.95.");
    }
    q.survey = tf_survey_of_design(arena, t, design);
    TF_TRY(open_variable(&q, var, reterr));
    TF_TRY(open_domains(&q, by, reterr));
    bool *mask = TF_NEW_N(arena, bool, t->n_rows + 1);
    const size_t n_cats = q.var != NULL ? q.var->n : 1;
    struct tf_estimate *out = TF_NEW_N(arena, struct tf_estimate, q.domain.n * n_cats + 1);
    for (size_t d = 0; d < q.domain.n; d++) {
        if (tf_interrupted()) {
            (void)tf_fail(reterr, TF_E_INTERRUPTED, "stopped");
            return tf_help(reterr, "Nothing was changed.");
        }
        TF_TRY(estimate_domain(&q, d, mask, &out[d * n_cats], reterr));
        struct tf_by *names = domain_names(&q, d);
        for (size_t c = 0; c < n_cats; c++)
            out[d * n_cats + c].by = names;
    }
    *ret = out;
    *ret_n = q.domain.n * n_cats;
    return TF_OK;
}
