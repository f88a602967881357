/* From rows to sums over units: what `measure run` and `measure partial` do with one estimate.
 *
 * Categories go through the packed rows (packed.c). Numbers are few beside them: their sums over a
 * unit and domain are kept whole (exact_sum.h), with each weight rounded as there:
 *
 *     v_k = w_k y_k, rounded once for each row       sum w, sum v           of a unit
 *     without PSUs, of a stratum also                sum v^2, sum v w, sum w^2
 *     for the design effect, of a domain             sum w y^2, sum w^2, smallest and largest y
 *
 * A variable of words under mean or total stands for its categories, as in means.c. */
#include <math.h>
#include <string.h>

#include "measure/family.h"

bool tf_design_by_rows(const struct tf_yaml *root)
{
    const struct tf_yaml *psu = tf_yaml_get(tf_yaml_get(root, "design"), "psu");
    return psu == NULL || (psu->kind != TF_YAML_SCALAR && psu->n == 0);
}

bool tf_family_fits(const struct tf_runner *r)
{
    return tf_onepass_fits(r->survey);
}

struct making {
    struct tf_runner *r;
    const struct tf_ask *ask;
    struct tf_family *f;
    size_t *col;
    uint32_t *domain;             /* [rows] */
    const struct tf_codes **code; /* [categorical variables] */
    size_t n_codes;
    double **y;                   /* [numbers] */
    bool *answered;               /* listwise: every variable; else NULL */
    struct tf_domain *in;
};

/* ---- Variables and domains ------------------------------------------------------------------- */

static enum tf_code open_categories(struct making *m, struct tf_family_var *var, size_t v,
                                    struct tf_err *reterr)
{
    struct tf_arena *a = m->r->arena;
    const size_t n = m->r->t->n_rows;
    struct tf_codes *codes;
    TF_TRY(tf_ask_categories(m->r, tf_yaml_get(m->ask->at, "vars"), m->col[v], &codes, reterr));
    var->n = codes->n;
    var->text = codes->text;
    var->text_label = TF_NEW_N(a, const char *, codes->n + 1);
    var->numbers_as_codes = codes->column->type == TF_NUMBER;
    for (size_t c = 0; c < codes->n; c++)
        var->text_label[c] = tf_value_label(codes->column, codes->number[c], codes->text[c]);
    if (m->answered != NULL) {
        uint32_t *of = TF_NEW_N(a, uint32_t, n + 1);
        for (size_t row = 0; row < n; row++)
            of[row] = m->answered[row] ? codes->of[row] : TF_NO_CODE;
        codes->of = of;
    }
    m->code[m->n_codes++] = codes;
    return TF_OK;
}

static enum tf_code open_number(struct making *m, struct tf_family_var *var, size_t v,
                                struct tf_err *reterr)
{
    double *y;
    TF_TRY(tf_ask_numbers(m->r, m->ask->at, m->ask->var[v], &y, reterr));
    for (size_t row = 0; row < m->r->t->n_rows; row++) {
        if (m->answered != NULL && !m->answered[row])
            y[row] = (double)NAN;
        if (isfinite(y[row]) && fabs(y[row]) >= 0x1p40) {
            (void)tf_fail(reterr, TF_E_LIMIT, "'%s' has the value %s in row %zu",
                          m->ask->var[v], tf_double_text(m->r->arena, y[row]), row + 1);
            (void)tf_fact(reterr, "sums are made of values below 1e12");
            return tf_help(reterr, "Divide the variable by a thousand or a million.");
        }
    }
    var->number = true;
    var->n = 1;
    var->cell = m->f->n_numbers;
    m->y[m->f->n_numbers++] = y;
    return TF_OK;
}

static enum tf_code open_variables(struct making *m, struct tf_err *reterr)
{
    struct tf_arena *a = m->r->arena;
    const struct tf_ask *ask = m->ask;
    struct tf_family *f = m->f;
    TF_TRY(tf_ask_vars(m->r, ask, &m->col, reterr));
    if (ask->listwise)
        m->answered = tf_answered(a, m->r->t, m->col, ask->n_vars);
    f->n_vars = ask->n_vars;
    f->var = TF_NEW_N(a, struct tf_family_var, ask->n_vars);
    m->code = TF_NEW_N(a, const struct tf_codes *, ask->n_vars);
    m->y = TF_NEW_N(a, double *, ask->n_vars);
    for (size_t v = 0; v < ask->n_vars; v++) {
        const struct tf_column *column = &m->r->t->col[m->col[v]];
        struct tf_family_var *var = &f->var[v];
        *var = (struct tf_family_var){.name = ask->var[v], .label = column->label,
                                      .flags = m->r->t->flags | column->flags};
        if (f->of == TF_OF_SHARE || tf_holds_words(column, m->r->t->n_rows))
            TF_TRY(open_categories(m, var, v, reterr));
        else
            TF_TRY(open_number(m, var, v, reterr));
    }
    return TF_OK;
}

static enum tf_code open_domains(struct making *m, struct tf_err *reterr)
{
    struct tf_runner *r = m->r;
    struct tf_family *f = m->f;
    TF_TRY(tf_domains_make(r, m->ask, &m->in, &f->n_domains, reterr));
    const struct tf_domain *domain = m->in;
    f->n_by = m->ask->n_by;
    f->by = TF_NEW_N(r->arena, struct tf_by *, f->n_domains + 1);
    m->domain = TF_NEW_N(r->arena, uint32_t, r->t->n_rows + 1);
    memset(m->domain, 0xFF, r->t->n_rows * sizeof *m->domain);
    for (size_t d = 0; d < f->n_domains; d++) {
        f->by[d] = domain[d].by;
        for (size_t row = 0; row < r->t->n_rows; row++)
            if (domain[d].in[row])
                m->domain[row] = (uint32_t)d;
    }
    return TF_OK;
}

/* ---- Sums ----------------------------------------------------------------------------------- */

/* Place of each row's unit (by rows: stratum) in the order of the packed ones. */
static uint32_t *unit_places(const struct making *m, const struct tf_packed *p)
{
    const struct tf_stage *st = &m->r->survey->stage[0];
    const size_t n = p->by_rows ? st->n_strata : st->n_units;
    uint32_t *place = TF_NEW_N(m->r->arena, uint32_t, n + 1);
    for (size_t u = 0; u < p->n_units; u++)
        place[p->unit_of[u]] = (uint32_t)u;
    return place;
}

static void add_row(struct tf_number_sum *s, struct tf_number_all *all, double w, double y,
                    bool by_rows)
{
    const double v = w * y;
    s->n++;
    tf_exact_add(&s->w, w);
    tf_exact_add(&s->v, v);
    if (by_rows) {
        tf_exact_add_product(&s->vv, v, v);
        tf_exact_add_product(&s->vw, v, w);
        tf_exact_add_product(&s->ww, w, w);
    }
    tf_exact_add_square(&all->wyy, w, y);
    tf_exact_add_product(&all->ww, w, w);
    all->low = !(all->low <= y) ? y : all->low;
    all->high = !(all->high >= y) ? y : all->high;
}

static void sum_numbers(struct making *m, const struct tf_packed *p, const uint32_t *place)
{
    struct tf_family *f = m->f;
    const struct tf_survey *s = m->r->survey;
    const uint32_t *unit = p->by_rows ? s->stage[0].stratum : s->stage[0].unit;
    const size_t column = f->n_domains * p->n_units;
    f->number = TF_NEW_N(m->r->arena, struct tf_number_sum, f->n_numbers * column + 1);
    f->all = TF_NEW_N(m->r->arena, struct tf_number_all, f->n_numbers * f->n_domains + 1);
    for (size_t k = 0; k < f->n_numbers * f->n_domains; k++)
        f->all[k].low = f->all[k].high = (double)NAN;
    for (size_t j = 0; j < f->n_numbers; j++)
        for (size_t row = 0; row < s->n; row++) {
            const uint32_t d = m->domain[row];
            if (d == TF_NO_CODE || !(s->w[row] > 0) || isnan(m->y[j][row]))
                continue;
            add_row(&f->number[j * column + d * p->n_units + place[unit[row]]],
                    &f->all[j * f->n_domains + d], tf_round_weight(s->w[row]), m->y[j][row],
                    p->by_rows);
        }
}

static void count_rows(struct making *m, const struct tf_packed *p, const uint32_t *place)
{
    struct tf_family *f = m->f;
    const struct tf_survey *s = m->r->survey;
    const uint32_t *unit = p->by_rows ? s->stage[0].stratum : s->stage[0].unit;
    f->rows = TF_NEW_N(m->r->arena, uint32_t, p->n_units * f->n_domains + 1);
    for (size_t row = 0; row < s->n; row++)
        if (m->domain[row] != TF_NO_CODE && s->w[row] > 0)
            f->rows[place[unit[row]] * f->n_domains + m->domain[row]]++;
}

static struct tf_family_rows rows_of(const struct tf_family *f, size_t var, size_t domain)
{
    const struct making *m = f->rows_self;
    const size_t n = m->r->t->n_rows;
    struct tf_family_rows rows = {.in = m->in[domain].in, .n = m->in[domain].n};
    bool *has = TF_NEW_N(m->r->arena, bool, n + 1);
    size_t categorical = 0;
    for (size_t v = 0; v < var; v++)
        categorical += !f->var[v].number;
    if (f->var[var].number)
        rows.y = m->y[f->var[var].cell];
    else
        rows.code = m->code[categorical]->of;
    for (size_t row = 0; row < n; row++)
        has[row] = rows.y != NULL ? !isnan(rows.y[row]) : rows.code[row] != TF_NO_CODE;
    rows.answered = has;
    return rows;
}

enum tf_code tf_family_from_rows(struct tf_runner *r, const struct tf_ask *ask,
                                 enum tf_interval_of of, struct tf_family **ret,
                                 struct tf_err *reterr)
{
    struct tf_family *f = TF_NEW(r->arena, struct tf_family);
    struct making *m = TF_NEW(r->arena, struct making);
    struct tf_packed *p;
    *m = (struct making){.r = r, .ask = ask, .f = f};
    f->of = of;
    TF_TRY(open_variables(m, reterr));
    TF_TRY(open_domains(m, reterr));
    const struct tf_onepass_scheme scheme = {m->domain, f->n_domains};
    const struct tf_onepass_ask pack = {.var = m->code, .n_vars = m->n_codes, .scheme = &scheme,
                                        .n_schemes = 1, .by_rows = tf_design_by_rows(r->root),
                                        .threads = r->survey->threads};
    TF_TRY(tf_packed_make(r->arena, r->survey, &pack, &p, reterr));
    for (size_t v = 0, k = 0; v < f->n_vars; v++)
        if (!f->var[v].number)
            f->var[v].cell = p->layout->first[k++];
    f->packed = p;
    f->source = tf_packed_source(p);
    f->n_rows = p->n_rows;
    f->rows_of = rows_of;
    f->rows_self = m;
    const uint32_t *place = unit_places(m, p);
    count_rows(m, p, place);
    sum_numbers(m, p, place);
    *ret = f;
    return TF_OK;
}

enum tf_code tf_family_run(struct tf_runner *r, const struct tf_ask *ask, enum tf_interval_of of,
                           struct tf_result *out, struct tf_err *reterr)
{
    struct tf_family *f;
    TF_TRY(tf_presentation_check(ask, reterr));
    TF_TRY(tf_family_from_rows(r, ask, of, &f, reterr));
    return tf_family_items(r, ask, f, out, reterr);
}
