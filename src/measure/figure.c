/* Figures: a small table of estimates, rows by columns, with the differences between columns.
 *
 * Rows are variables at one category (exp_a), all categories of one (b1.1, b1.2 …), registered
 * indicators, or variables under mean and total. Columns are "total" and each category of each
 * banner (sex=1), each its own domain: a case may stand in several. For a row and a column
 *
 *     domain = the figure's `where`  and  the column's category  and  the row's variable asked
 *     base   = the domain's cases with an answer
 *
 * Categories come from the data and from the value labels, so that an answer nobody gave is a row
 * of zeros and not a row that is lacking. Differences are made between the columns of one banner,
 * for shares and means. A convenience sample gets counts: no weight, no interval, no difference. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/groups.h"

enum { ROW_LIMIT = 64, COLUMN_LIMIT = 64 };

struct row {
    const char *name, *label;
    const struct tf_column *column;
    const char *category, *category_label; /* NULL: the values themselves are taken */
    double number;
    bool sensitive;
};
struct col {
    const char *name, *label, *var, *value; /* var NULL: total */
    const struct tf_codes *codes;
    uint32_t code;
};
struct table {
    const struct tf_measuring *m;
    const struct tf_recipe_figure *figure;
    struct tf_arena *arena; /* scratch of this figure */
    struct row *row;
    struct col *col;
    size_t n_rows, n_cols, cap_rows, cap_cols;
    const bool *where;
};

/* ---- Rows --------------------------------------------------------------------------------- */

static void add_row(struct table *t, struct row r)
{
    r.sensitive = tf_dataset_sensitive(t->m->dataset, r.column->name);
    t->row = tf_grow(t->arena, t->row, t->n_rows, &t->cap_rows, sizeof *t->row);
    t->row[t->n_rows++] = r;
}

static const char *or_name(const char *label, const char *name)
{
    return tf_is_blank(label) ? name : label;
}

struct category {
    const char *text, *label;
    double number;
};

static int by_category(const void *a, const void *b)
{
    const struct category *x = a, *y = b;
    if (isnan(x->number) || isnan(y->number))
        return strcmp(x->text, y->text);
    return (x->number > y->number) - (x->number < y->number);
}

static bool is_missing_code(const struct tf_dataset *d, double code)
{
    for (size_t k = 0; k < d->n_missing; k++)
        if (d->missing[k].code == code)
            return true;
    return false;
}

/* All categories of a variable: those that occur and those that have a label. */
static enum tf_code add_categories(struct table *t, const char *var, const struct tf_table *data,
                                   size_t at, struct tf_err *reterr)
{
    const struct tf_column *c = &data->col[at];
    const struct tf_codes *codes = tf_codes_make(t->arena, data, at);
    struct category *cat = TF_NEW_N(t->arena, struct category, codes->n + c->n_labels);
    size_t n = 0;
    if (codes->n > ROW_LIMIT) {
        (void)tf_fail(reterr, TF_E_INPUT, "'%s' has %zu different values", c->name, codes->n);
        return tf_help(reterr, "Ask for its mean, or for one category.");
    }
    for (size_t k = 0; k < codes->n; k++)
        cat[n++] = (struct category){
            .text = codes->text[k], .number = c->type == TF_NUMBER ? codes->number[k] : (double)NAN,
            .label = tf_value_label(c, codes->number[k], codes->text[k])};
    for (size_t k = 0; k < c->n_labels; k++) {
        const struct tf_label *l = &c->labels[k];
        const char *text = c->type == TF_NUMBER ? tf_double_text(t->arena, l->value) : l->text;
        if (text != NULL && *text != '\0' && tf_codes_find(codes, text) == TF_NO_CODE &&
            !(c->type == TF_NUMBER && is_missing_code(t->m->dataset, l->value)))
            cat[n++] = (struct category){.text = text, .label = l->label,
                                         .number = c->type == TF_NUMBER ? l->value : (double)NAN};
    }
    qsort(cat, n, sizeof *cat, by_category);
    for (size_t k = 0; k < n; k++)
        add_row(t, (struct row){.name = tf_printf(t->arena, "%s.%s", var, cat[k].text),
                                .label = or_name(cat[k].label, cat[k].text), .column = c,
                                .category = cat[k].text, .category_label = cat[k].label,
                                .number = cat[k].number});
    return TF_OK;
}

static enum tf_code open_rows(struct table *t, struct tf_err *reterr)
{
    const struct tf_recipe_figure *f = t->figure;
    const struct tf_table *data = t->m->table;
    const bool shares = f->stat == TF_STAT_PROP || f->stat == TF_STAT_COUNT;
    for (size_t k = 0; k < f->n_vars; k++) {
        size_t at;
        TF_TRY(tf_table_need(data, f->var[k], &at, reterr));
        const struct tf_column *c = &data->col[at];
        struct row r = {.name = f->var[k], .label = or_name(c->label, c->name), .column = c};
        if (f->category != NULL) {
            r.category = f->category;
            if (!tf_parse_double(f->category, &r.number) && c->type == TF_NUMBER) {
                (void)tf_fail(reterr, TF_E_INPUT, "'%s' holds numbers and has no category '%s'",
                              c->name, f->category);
                return tf_help(reterr, "Give the code of the category.");
            }
            r.category_label = tf_value_label(c, r.number, f->category);
            add_row(t, r);
        } else if (shares) {
            TF_TRY(add_categories(t, f->var[k], data, at, reterr));
        } else {
            add_row(t, r);
        }
    }
    for (size_t k = 0; k < f->n_indicators; k++) {
        size_t at;
        TF_TRY(tf_table_need(data, f->indicator[k], &at, reterr));
        const struct tf_column *c = &data->col[at];
        add_row(t, (struct row){.name = c->name, .label = or_name(c->label, c->name), .column = c});
        const struct tf_indicator *ind = tf_study_indicator(t->m->study, c->name);
        t->row[t->n_rows - 1].sensitive = ind != NULL && ind->sensitive;
    }
    return TF_OK;
}

/* ---- Columns ------------------------------------------------------------------------------ */

static void add_col(struct table *t, struct col c)
{
    t->col = tf_grow(t->arena, t->col, t->n_cols, &t->cap_cols, sizeof *t->col);
    t->col[t->n_cols++] = c;
}

static const char *banner_label(const struct tf_recipe_column *b, const struct tf_codes *c,
                                uint32_t code)
{
    double x;
    for (size_t k = 0; b != NULL && k < b->n_labels; k++)
        if (strcmp(b->code[k], c->text[code]) == 0 ||
            (tf_parse_double(b->code[k], &x) && x == c->number[code]))
            return b->code_label[k];
    return or_name(tf_value_label(c->column, c->number[code], c->text[code]), c->text[code]);
}

static enum tf_code open_cols(struct table *t, struct tf_err *reterr)
{
    add_col(t, (struct col){.name = "total", .label = "Total"});
    for (size_t k = 0; k < t->figure->n_columns; k++) {
        const struct tf_recipe_column *b = tf_recipe_column(t->m->recipe, t->figure->column[k]);
        size_t at;
        TF_TRY(tf_table_need(t->m->table, t->figure->column[k], &at, reterr));
        const struct tf_codes *c = tf_codes_make(t->arena, t->m->table, at);
        if (c->n > COLUMN_LIMIT) {
            (void)tf_fail(reterr, TF_E_INPUT, "the column '%s' has %zu different values",
                          c->column->name, c->n);
            return tf_help(reterr, "Group them: {var: …, from: %s, cut: {…}}", c->column->name);
        }
        for (size_t code = 0; code < c->n; code++)
            add_col(t, (struct col){
                           .name = tf_printf(t->arena, "%s=%s", t->figure->column[k],
                                             c->text[code]),
                           .label = banner_label(b, c, (uint32_t)code), .codes = c,
                           .var = t->figure->column[k], .value = c->text[code],
                           .code = (uint32_t)code});
    }
    return TF_OK;
}

/* ---- Cells -------------------------------------------------------------------------------- */

/* Values of a row under every case that was asked: y [rows] and whether it answered. */
static void read_values(const struct table *t, const struct row *r, double *y, bool *asked,
                        bool *answered)
{
    for (size_t row = 0; row < t->m->table->n_rows; row++) {
        asked[row] = t->where[row] && !tf_not_asked((enum tf_miss)r->column->miss[row]);
        answered[row] = !tf_value_missing(r->column, row);
        y[row] = (double)NAN;
        if (!answered[row])
            continue;
        if (r->category == NULL)
            (void)tf_value_number(r->column, row, &y[row]);
        else
            y[row] = r->column->type == TF_NUMBER
                         ? r->column->num[row] == r->number
                         : strcmp(r->column->text[row], r->category) == 0;
    }
}

static bool in_column(const struct col *c, size_t row)
{
    return c->codes == NULL || c->codes->of[row] == c->code;
}

static unsigned column_flags(const struct tf_column *c, size_t n_rows)
{
    const void *found = memchr(c->miss, TF_MISS_VOID, n_rows);
    return c->flags | (found != NULL ? (unsigned)TF_VOID_ITEM : 0);
}

/* A cell's names, flags and counts; its group is that of its column. */
static struct tf_estimate cell_estimate(const struct table *t, const struct row *r,
                                        const struct col *c, const struct tf_group *g,
                                        const double *y)
{
    struct tf_arena *out = t->m->arena;
    struct tf_estimate e = {.var = r->column->name, .var_label = r->column->label,
                            .category = r->category, .label = r->category_label, .base = g->n,
                            .flags = t->m->table->flags |
                                     column_flags(r->column, t->m->table->n_rows)};
    const bool every = r->category == NULL && t->figure->stat == TF_STAT_MEAN;
    if (c->var != NULL) {
        e.by = TF_NEW(out, struct tf_by);
        *e.by = (struct tf_by){.var = c->var, .value = c->value, .label = c->label};
        e.n_by = 1;
    }
    for (size_t k = 0; k < g->n; k++)
        e.n += every || fabs(y[g->row[k]]) > 0;
    if (t->figure->stat == TF_STAT_COUNT) {
        e.estimate = e.base > 0 ? (double)e.n / (double)e.base : (double)NAN;
        e.se = e.lo = e.hi = e.deff = e.df = e.base_weighted = (double)NAN;
    }
    return e;
}

/* Variance of the difference of columns a and b, by their covariance; where lonely strata get the
 * average of the others, these are counted where either column has cases. */
static enum tf_code difference_variance(const struct table *t, const struct tf_group_set *set,
                                        const struct tf_fit *fit, size_t a, size_t b, double *ret,
                                        struct tf_err *reterr)
{
    const struct tf_survey *s = t->m->survey;
    *ret = fit->v[a + a * fit->p] + fit->v[b + b * fit->p] - 2 * fit->v[a + b * fit->p];
    if (s->lonely != TF_LONELY_AVERAGE)
        return TF_OK;
    return tf_groups_difference(set, a, b, ret, reterr);
}

static enum tf_code row_contrasts(const struct table *t, const struct row *r,
                                  const struct tf_group_set *set, const struct tf_fit *fit,
                                  const struct tf_measured_cell *cell, struct tf_measured *ret,
                                  struct tf_err *reterr)
{
    const size_t n = t->m->table->n_rows;
    bool *either = TF_NEW_N(t->arena, bool, n + 1);
    for (size_t a = 1; a < t->n_cols; a++)
        for (size_t b = a + 1; b < t->n_cols; b++) {
            double variance;
            if (strcmp(t->col[a].var, t->col[b].var) != 0)
                continue;
            for (size_t row = 0; row < n; row++)
                either[row] = set->group[a].domain[row] || set->group[b].domain[row];
            TF_TRY(difference_variance(t, set, fit, a, b, &variance, reterr));
            struct tf_contrast *c = &ret->contrast[ret->n_contrasts++];
            *c = tf_difference(&cell[a].e, &cell[b].e, variance,
                               tf_survey_df(t->arena, t->m->survey, either), 0.95);
            c->row = r->name;
            c->col_a = t->col[a].name;
            c->col_b = t->col[b].name;
        }
    return TF_OK;
}

/* One row of the figure: a group for each column, one fit for all. */
static enum tf_code fill_row(struct table *t, const struct row *r, struct tf_measured *ret,
                             struct tf_err *reterr)
{
    const size_t n = t->m->table->n_rows;
    const enum tf_stat stat = t->figure->stat;
    const bool differ = stat == TF_STAT_PROP || stat == TF_STAT_MEAN;
    struct tf_group_set *set = tf_group_set_new(t->arena, t->m->survey);
    double *y = TF_NEW_N(t->arena, double, n + 1);
    bool *asked = TF_NEW_N(t->arena, bool, n + 1), *answered = TF_NEW_N(t->arena, bool, n + 1);
    struct tf_measured_cell *cell = &ret->cell[ret->n_cells];
    struct tf_fit fit;
    read_values(t, r, y, asked, answered);
    for (size_t c = 0; c < t->n_cols; c++) {
        bool *domain = TF_NEW_N(t->arena, bool, n + 1);
        size_t n_domain = 0;
        for (size_t row = 0; row < n; row++) {
            domain[row] = asked[row] && in_column(&t->col[c], row);
            n_domain += domain[row];
        }
        (void)tf_groups_add(set,
                            (struct tf_group){.kind = stat == TF_STAT_TOTAL ? TF_CELL_TOTAL
                                                                            : TF_CELL_MEAN,
                                              .n_cells = 1, .y = y,
                                              .df = tf_survey_df(t->arena, t->m->survey, domain)},
                            domain, n_domain, answered);
    }
    if (stat != TF_STAT_COUNT)
        TF_TRY(tf_groups_fit(set, differ, &fit, reterr));
    for (size_t c = 0; c < t->n_cols; c++) {
        size_t n_in;
        cell[c] = (struct tf_measured_cell){.row = r->name, .row_label = r->label,
                                            .col = t->col[c].name, .col_label = t->col[c].label};
        cell[c].e = cell_estimate(t, r, &t->col[c], &set->group[c], y);
        if (stat == TF_STAT_COUNT)
            continue;
        const struct tf_linear l = tf_groups_linear(set, &set->group[c], 0, &fit, &n_in);
        tf_interval(&cell[c].e, &l, stat, t->figure->ci, 0.95);
    }
    ret->n_cells += t->n_cols;
    return differ ? row_contrasts(t, r, set, &fit, cell, ret, reterr) : TF_OK;
}

static enum tf_code fill(struct table *t, struct tf_measured *ret, struct tf_err *reterr)
{
    const size_t most = t->n_rows * t->n_cols * t->n_cols / 2 + 1;
    ret->cell = TF_NEW_N(t->m->arena, struct tf_measured_cell, t->n_rows * t->n_cols + 1);
    ret->contrast = TF_NEW_N(t->m->arena, struct tf_contrast, most);
    for (size_t r = 0; r < t->n_rows; r++) {
        struct tf_arena *figure_arena = t->arena;
        t->arena = tf_arena_new("a row of a figure", (size_t)2 << 30);
        const enum tf_code code = fill_row(t, &t->row[r], ret, reterr);
        tf_arena_free(t->arena);
        t->arena = figure_arena;
        TF_TRY(code);
        if (tf_interrupted())
            return tf_fail(reterr, TF_E_INTERRUPTED, "stopped; nothing was changed");
    }
    return TF_OK;
}

/* ---- What is said of a figure ------------------------------------------------------------- */

/* Is a sensitive variable named in the figure's condition or a banner? Then all its cells are. */
static bool domain_sensitive(const struct table *t)
{
    const struct tf_dataset *d = t->m->dataset;
    for (size_t k = 0; k < t->figure->n_columns; k++)
        if (tf_dataset_sensitive(d, t->figure->column[k]))
            return true;
    for (size_t k = 0; t->figure->where != NULL && k < t->m->table->n_cols; k++) {
        const char *name = t->m->table->col[k].name;
        const struct tf_indicator *ind = tf_study_indicator(t->m->study, name);
        if (strstr(t->figure->where, name) != NULL &&
            (tf_dataset_sensitive(d, name) || (ind != NULL && ind->sensitive)))
            return true;
    }
    return false;
}

static void add_once(struct tf_buf *b, const char *separator, const char *s)
{
    if (tf_is_blank(s) || (b->n > 0 && strstr(tf_buf_text(b), s) != NULL))
        return;
    tf_buf_printf(b, "%s%s", b->n > 0 ? separator : "", s);
}

static const char *text_or_null(const struct tf_buf *b)
{
    return b->n > 0 ? tf_buf_text(b) : NULL;
}

/* Question texts, indicators and their versions, base and recall, in the order of the rows. */
static void describe(const struct table *t, struct tf_measured *ret)
{
    struct tf_arena *a = t->m->arena;
    struct tf_buf question = {.arena = a}, id = {.arena = a}, version = {.arena = a},
                  base = {.arena = a}, recall = {.arena = a};
    ret->sensitive = domain_sensitive(t);
    for (size_t r = 0; r < t->n_rows; r++) {
        const struct tf_column *c = t->row[r].column;
        const struct tf_indicator *ind = tf_study_indicator(t->m->study, c->name);
        if (ind == NULL || tf_streq(ind->dataset, t->m->dataset->id) == false) {
            add_once(&question, "; ", c->label);
            continue;
        }
        for (size_t k = 0; k < ind->n_items; k++) {
            const size_t at = tf_table_find(t->m->table, ind->item[k]);
            if (at < SIZE_MAX - 1)
                add_once(&question, "; ", t->m->table->col[at].label);
        }
        tf_buf_printf(&id, "%s%s", id.n > 0 ? ", " : "", ind->id);
        tf_buf_printf(&version, "%s%s", version.n > 0 ? ", " : "",
                      ind->version != NULL ? ind->version : "");
        add_once(&base, "; ", ind->base_text);
        add_once(&recall, "; ", ind->recall);
    }
    ret->question = text_or_null(&question);
    ret->indicator = text_or_null(&id);
    ret->indicator_version = text_or_null(&version);
    ret->base_text = t->figure->base_text != NULL ? t->figure->base_text : text_or_null(&base);
    ret->recall = t->figure->recall != NULL ? t->figure->recall : text_or_null(&recall);
    bool all = t->n_rows > 0;
    for (size_t r = 0; r < t->n_rows; r++)
        all = all && t->row[r].sensitive;
    ret->sensitive = ret->sensitive || all;
}

enum tf_code tf_figure_make(const struct tf_measuring *m, const struct tf_recipe_figure *figure,
                            struct tf_measured *ret, struct tf_err *reterr)
{
    struct tf_recipe_figure f = *figure;
    bool *where;
    if (m->dataset->kind == TF_CONVENIENCE)
        f.stat = TF_STAT_COUNT;
    struct table t = {.m = m, .figure = &f, .arena = m->arena};
    ret->figure = f.id;
    ret->title = f.title;
    ret->stat = tf_stat_word(f.stat);
    ret->ci = f.stat == TF_STAT_COUNT ? NULL : tf_ci_word(f.ci);
    ret->population = f.population != NULL ? f.population : m->dataset->population;
    ret->source = m->dataset->source;
    ret->caveat = f.caveat != NULL ? f.caveat : m->dataset->caveat;
    TF_TRY(tf_where_mask(m->arena, f.where, m->table, &where, reterr));
    t.where = where;
    TF_TRY(open_rows(&t, reterr));
    TF_TRY(open_cols(&t, reterr));
    describe(&t, ret);
    return fill(&t, ret, reterr);
}
