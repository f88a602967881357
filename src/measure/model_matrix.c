/* Model matrices: the columns that a formula stands for, in R's order and by R's names.
 *
 * A number variable is one column. A factor with categories c1 … ck is coded against its first
 * (treatment contrasts, k - 1 columns) where the term without it is already in the model, else by k
 * indicators (Chambers & Hastie 1992, Statistical Models in S, 2.4.1); without an intercept the
 * first factor of the formula gets all k. An interaction's columns are the products, the first
 * variable running fastest. Example, sex in {f, m}, area in {r, u}, age a number:
 *
 *     ~ sex * area + age:sex    (Intercept) sexm areau sexm:areau sexf:age sexm:age
 *
 * Categories are those that occur among the complete rows, numbers by size and words by bytes. Only
 * rows in the mask with every variable present are complete; elsewhere columns may hold NaN. */
#include <math.h>
#include <string.h>

#include "measure/formula.h"

enum { COLUMN_LIMIT = 2000 };

/* One variable, ready to be multiplied. */
struct part {
    double *number;      /* [n], or NULL: a factor */
    bool finite;         /* every number is one */
    uint32_t *level;     /* [n] index of the category, TF_NO_CODE where missing */
    const char **text;   /* [n_levels] */
    size_t n_levels;
};
struct tf_expansion {
    struct part part[TF_FORMULA_VARIABLES];
    uint64_t *full; /* [n_terms] variables of the term that get all their indicators */
};

/* ---- One variable ------------------------------------------------------------------------- */

static double *numbers(struct tf_arena *arena, const struct tf_expr *e, const struct tf_table *t)
{
    const double *v = tf_expr_values(arena, e, t);
    if (e->op == TF_OP_COLUMN && v == t->col[e->col].num)
        return t->col[e->col].num; /* the table's own */
    double *out = TF_NEW_N(arena, double, t->n_rows);
    memcpy(out, v, t->n_rows * sizeof *out);
    return out;
}

/* The codes of a factor: of its column, or of the values of its expression. */
static struct tf_codes *codes_of(struct tf_arena *arena, const struct tf_variable *v,
                                 const struct tf_table *t)
{
    const struct tf_expr *e = v->e;
    while (e->op == TF_OP_PAREN)
        e = e->a;
    if (e->op == TF_OP_COLUMN)
        return tf_codes_make(arena, t, e->col);
    struct tf_table *own = tf_table_new(arena, "expression", t->n_rows);
    const size_t col = tf_table_add(own, "value", TF_NUMBER);
    struct tf_column *c = &own->col[col];
    const double *value = tf_expr_values(arena, e, t);
    for (size_t row = 0; row < t->n_rows; row++) {
        c->num[row] = value[row];
        c->miss[row] = (uint8_t)(isnan(value[row]) ? TF_MISS_SYSTEM : TF_PRESENT);
    }
    struct tf_codes *codes = tf_codes_make(arena, own, 0);
    for (size_t k = 0; k < codes->n && tf_expr_logical(e); k++)
        codes->text[k] = codes->number[k] > 0 ? "TRUE" : "FALSE";
    return codes;
}

/* Is every value a finite number? x * 0 is 0 for those alone; eight sums side by side. */
static bool all_finite(const double *x, size_t n)
{
    double sum[8] = {0};
    size_t k = 0;
    for (; k + 8 <= n; k += 8)
        for (size_t l = 0; l < 8; l++)
            sum[l] += x[k + l] * 0;
    for (; k < n; k++)
        sum[0] += x[k] * 0;
    for (size_t l = 1; l < 8; l++)
        sum[0] += sum[l];
    return !isnan(sum[0]);
}

static void fill_part(struct tf_arena *arena, const struct tf_variable *v,
                      const struct tf_table *t, struct part *p)
{
    if (!v->factor && !v->logical) {
        p->number = numbers(arena, v->e, t);
        p->finite = all_finite(p->number, t->n_rows);
        return;
    }
    const struct tf_codes *codes = codes_of(arena, v, t);
    p->level = codes->of;
    p->text = codes->text;
    p->n_levels = codes->n;
}

static bool is_missing(const struct part *p, size_t row)
{
    return p->number != NULL ? isnan(p->number[row]) : p->level[row] == TF_NO_CODE;
}

/* Keep the categories that occur among the complete rows, the reference first. */
static enum tf_code settle_levels(struct tf_arena *arena, const struct tf_formula *f,
                                  const struct tf_variable *v, const struct tf_model *m,
                                  struct part *p, struct tf_err *reterr)
{
    uint32_t *now = TF_NEW_N(arena, uint32_t, p->n_levels + 1);
    const char **text = TF_NEW_N(arena, const char *, p->n_levels + 1);
    size_t n = 0, ref = SIZE_MAX;
    for (size_t k = 0; k < p->n_levels; k++)
        now[k] = TF_NO_CODE;
    for (size_t row = 0; row < m->n; row++)
        if (m->complete[row])
            now[p->level[row]] = 0;
    for (size_t k = 0; k < p->n_levels; k++)
        if (now[k] == 0 && v->ref != NULL && strcmp(p->text[k], v->ref) == 0)
            ref = k;
    if (ref != SIZE_MAX)
        text[n++] = p->text[ref];
    for (size_t k = 0; k < p->n_levels; k++)
        if (now[k] == 0 && k != ref) {
            now[k] = (uint32_t)n;
            text[n++] = p->text[k];
        }
    for (size_t row = 0; row < m->n; row++)
        p->level[row] = p->level[row] == TF_NO_CODE ? TF_NO_CODE : now[p->level[row]];
    p->text = text;
    p->n_levels = n;
    if (v->ref == NULL || ref != SIZE_MAX || m->n_complete == 0)
        return TF_OK;
    (void)tf_formula_fail(f, v->at, reterr, "takes '%.60s' as the reference, which no case has",
                          v->ref);
    return tf_help(reterr, "The first category is '%.100s'.", n > 0 ? text[0] : "");
}

/* Bring a variable of another table to the categories of the model. */
static void match_levels(struct tf_arena *arena, const struct part *model, struct part *p,
                         size_t n_rows)
{
    uint32_t *now = TF_NEW_N(arena, uint32_t, p->n_levels + 1);
    for (size_t k = 0; k < p->n_levels; k++) {
        now[k] = TF_NO_CODE;
        for (size_t l = 0; l < model->n_levels; l++)
            if (strcmp(p->text[k], model->text[l]) == 0)
                now[k] = (uint32_t)l;
    }
    for (size_t row = 0; row < n_rows; row++)
        p->level[row] = p->level[row] == TF_NO_CODE ? TF_NO_CODE : now[p->level[row]];
    p->text = model->text;
    p->n_levels = model->n_levels;
}

/* ---- Which coding ------------------------------------------------------------------------- */

static bool is_factor(const struct tf_formula *f, size_t v)
{
    return f->variable[v].factor || f->variable[v].logical;
}

/* All indicators of variable v in term k: no earlier term holds the rest of it. */
static bool wants_full(const struct tf_formula *f, size_t k, size_t v)
{
    const uint64_t rest = f->term[k] & ~((uint64_t)1 << v);
    if (rest == 0)
        return false; /* the intercept, or see below */
    for (size_t earlier = 0; earlier < k; earlier++)
        if ((rest & ~f->term[earlier]) == 0)
            return false;
    return true;
}

static uint64_t *choose_coding(struct tf_arena *arena, const struct tf_formula *f)
{
    uint64_t *full = TF_NEW_N(arena, uint64_t, f->n_terms + 1);
    bool first = !f->intercept;
    for (size_t k = 0; k < f->n_terms; k++)
        for (size_t v = 0; v < f->n_variables; v++) {
            const uint64_t bit = (uint64_t)1 << v;
            if ((f->term[k] & bit) == 0 || !is_factor(f, v))
                continue;
            if (first || wants_full(f, k, v))
                full[k] |= bit;
            first = false;
        }
    return full;
}

/* ---- Columns ------------------------------------------------------------------------------ */

/* Multiply column x by variable p: a number, or the indicator of a category. */
static void times(double *x, const struct part *p, size_t level, size_t n)
{
    for (size_t row = 0; row < n; row++) {
        if (p->number != NULL)
            x[row] *= p->number[row];
        else if (p->level[row] == TF_NO_CODE)
            x[row] = (double)NAN;
        else
            x[row] *= p->level[row] == level;
    }
}

static double *ones(struct tf_arena *arena, size_t n)
{
    double *x = TF_NEW_N(arena, double, n);
    for (size_t row = 0; row < n; row++)
        x[row] = 1;
    return x;
}

/* The columns of term k, one after the other: an odometer over the categories of its factors, which
 * calls column() for each. */
struct odometer {
    size_t v[TF_FORMULA_VARIABLES], from[TF_FORMULA_VARIABLES], at[TF_FORMULA_VARIABLES];
    size_t n, n_columns;
};

static struct odometer wind(const struct tf_formula *f, const struct tf_expansion *how, size_t k)
{
    struct odometer o = {.n_columns = 1};
    for (size_t v = 0; v < f->n_variables; v++) {
        if ((f->term[k] >> v & 1) == 0)
            continue;
        const bool full = (how->full[k] >> v & 1) != 0;
        const size_t n = how->part[v].n_levels;
        o.v[o.n] = v;
        o.from[o.n] = is_factor(f, v) && !full ? 1 : 0;
        o.at[o.n] = o.from[o.n];
        const size_t choices = is_factor(f, v) ? (n > o.from[o.n] ? n - o.from[o.n] : 0) : 1;
        o.n_columns = o.n_columns > COLUMN_LIMIT ? o.n_columns : o.n_columns * choices;
        o.n++;
    }
    return o;
}

static void turn(const struct tf_formula *f, const struct tf_expansion *how, struct odometer *o)
{
    for (size_t j = 0; j < o->n; j++) {
        if (is_factor(f, o->v[j]) && ++o->at[j] < how->part[o->v[j]].n_levels)
            return;
        o->at[j] = o->from[j];
    }
}

static double *make_column(struct tf_arena *arena, const struct part *part,
                           const struct odometer *o, size_t n)
{
    if (o->n == 1 && part[o->v[0]].number != NULL)
        return part[o->v[0]].number; /* as it is */
    double *x = ones(arena, n);
    for (size_t j = 0; j < o->n; j++)
        times(x, &part[o->v[j]], o->at[j], n);
    return x;
}

static const char *column_name(struct tf_arena *arena, const struct tf_formula *f,
                               const struct tf_expansion *how, const struct odometer *o)
{
    struct tf_buf b = {.arena = arena};
    for (size_t j = 0; j < o->n; j++) {
        const size_t v = o->v[j];
        tf_buf_printf(&b, "%s%s%s", j > 0 ? ":" : "", f->variable[v].name,
                      is_factor(f, v) ? how->part[v].text[o->at[j]] : "");
    }
    return tf_buf_text(&b);
}

static const char *term_name(struct tf_arena *arena, const struct tf_formula *f, size_t k)
{
    struct tf_buf b = {.arena = arena};
    for (size_t v = 0; v < f->n_variables; v++)
        if ((f->term[k] >> v & 1) != 0)
            tf_buf_printf(&b, "%s%s", b.n > 0 ? ":" : "", f->variable[v].name);
    return tf_buf_text(&b);
}

/* The logarithm of 0 is no number to regress on. */
static enum tf_code refuse_infinite(const struct tf_formula *f, const struct tf_model *m,
                                    const double *x, const char *name, size_t at,
                                    struct tf_err *reterr)
{
    for (size_t row = 0; x != NULL && row < m->n; row++)
        if (m->complete[row] && !isfinite(x[row])) {
            (void)tf_formula_fail(f, at, reterr, "makes '%.100s' infinite in row %zu", name,
                                  row + 1);
            return tf_help(reterr, "Leave such cases out with where:, or add a constant.");
        }
    return TF_OK;
}

static enum tf_code make_columns(struct tf_arena *arena, const struct tf_formula *f,
                                 const struct tf_expansion *how, struct tf_model *m,
                                 struct tf_err *reterr)
{
    size_t p = f->intercept;
    for (size_t k = 0; k < f->n_terms; k++) {
        p += wind(f, how, k).n_columns;
        if (p > COLUMN_LIMIT) {
            (void)tf_formula_fail(f, 0, reterr, "makes more than 2,000 columns at '%.100s'",
                                  term_name(arena, f, k));
            reterr->code = TF_E_LIMIT;
            return tf_help(reterr, "Is a variable with very many categories among its factors?");
        }
    }
    m->x = TF_NEW_N(arena, double *, p);
    m->name = TF_NEW_N(arena, const char *, p);
    m->term = TF_NEW_N(arena, size_t, p);
    m->term_name = TF_NEW_N(arena, const char *, f->n_terms + 1);
    m->n_terms = f->n_terms;
    m->term_name[0] = "(Intercept)";
    if (f->intercept) {
        m->x[0] = ones(arena, m->n);
        m->name[m->p++] = "(Intercept)";
    }
    for (size_t k = 0; k < f->n_terms; k++) {
        struct odometer o = wind(f, how, k);
        m->term_name[k + 1] = term_name(arena, f, k);
        for (size_t c = 0; c < o.n_columns; c++, turn(f, how, &o)) {
            m->x[m->p] = make_column(arena, how->part, &o, m->n);
            m->name[m->p] = column_name(arena, f, how, &o);
            if (o.n > 1 && !all_finite(m->x[m->p], m->n))
                TF_TRY(refuse_infinite(f, m, m->x[m->p], m->name[m->p], 0, reterr));
            m->term[m->p++] = k + 1;
        }
    }
    return TF_OK;
}

/* ---- The model ---------------------------------------------------------------------------- */

static enum tf_code read_y(struct tf_arena *arena, const struct tf_formula *f,
                           const struct tf_table *t, struct tf_model *m, struct part *p)
{
    m->y_name = f->response->name;
    fill_part(arena, f->response, t, p);
    for (size_t row = 0; row < m->n && !p->finite; row++)
        m->complete[row] = m->complete[row] && !is_missing(p, row);
    return TF_OK;
}

static enum tf_code settle_y(struct tf_arena *arena, const struct tf_formula *f,
                             const struct tf_table *t, struct tf_model *m, struct part *p,
                             struct tf_err *reterr)
{
    if (p->number != NULL) {
        m->y = p->number;
        return TF_OK;
    }
    m->y = TF_NEW_N(arena, double, m->n);
    if (f->response->logical) { /* true is 1 even when everybody is */
        const double *v = tf_expr_values(arena, f->response->e, t);
        memcpy(m->y, v, m->n * sizeof *m->y);
        return TF_OK;
    }
    TF_TRY(settle_levels(arena, f, f->response, m, p, reterr));
    for (size_t row = 0; row < m->n; row++)
        m->y[row] = p->level[row] == TF_NO_CODE ? (double)NAN : (double)p->level[row];
    m->y_category = p->text;
    m->n_y_categories = p->n_levels;
    return TF_OK;
}

static void read_offsets(struct tf_arena *arena, const struct tf_formula *f,
                         const struct tf_table *t, struct tf_model *m)
{
    if (f->n_offsets == 0)
        return;
    m->offset = TF_NEW_N(arena, double, m->n);
    for (size_t k = 0; k < f->n_offsets; k++) {
        const double *v = tf_expr_values(arena, f->offset[k]->e, t);
        for (size_t row = 0; row < m->n; row++)
            m->offset[row] += v[row];
    }
    for (size_t row = 0; row < m->n; row++)
        m->complete[row] = m->complete[row] && !isnan(m->offset[row]);
}

enum tf_code tf_model_make(struct tf_arena *arena, const struct tf_formula *f,
                           const struct tf_table *t, const bool *in, struct tf_model **ret,
                           struct tf_err *reterr)
{
    struct tf_model *m = TF_NEW(arena, struct tf_model);
    struct tf_expansion *how = TF_NEW(arena, struct tf_expansion);
    struct part y = {0};
    m->n = t->n_rows;
    m->intercept = f->intercept;
    m->how = how;
    m->complete = TF_NEW_N(arena, bool, m->n);
    for (size_t row = 0; row < m->n; row++)
        m->complete[row] = in == NULL || in[row];
    for (size_t v = 0; v < f->n_variables; v++) {
        fill_part(arena, &f->variable[v], t, &how->part[v]);
        for (size_t row = 0; row < m->n && !how->part[v].finite; row++)
            m->complete[row] = m->complete[row] && !is_missing(&how->part[v], row);
    }
    read_offsets(arena, f, t, m);
    if (f->response != NULL)
        TF_TRY(read_y(arena, f, t, m, &y));
    for (size_t row = 0; row < m->n; row++)
        m->n_complete += m->complete[row];
    if (f->response != NULL)
        TF_TRY(settle_y(arena, f, t, m, &y, reterr));
    for (size_t v = 0; v < f->n_variables; v++)
        if (is_factor(f, v))
            TF_TRY(settle_levels(arena, f, &f->variable[v], m, &how->part[v], reterr));
    for (size_t v = 0; v < f->n_variables; v++)
        TF_TRY(refuse_infinite(f, m, how->part[v].finite ? NULL : how->part[v].number,
                               f->variable[v].name, f->variable[v].at, reterr));
    TF_TRY(refuse_infinite(f, m, y.finite ? NULL : m->y, m->y_name, 0, reterr));
    TF_TRY(refuse_infinite(f, m, m->offset, "the offset", 0, reterr));
    how->full = choose_coding(arena, f);
    TF_TRY(make_columns(arena, f, how, m, reterr));
    *ret = m;
    return TF_OK;
}

/* ---- Everybody as one row ----------------------------------------------------------------- */

static bool uses(const struct tf_expr *e, size_t col)
{
    return e != NULL && ((e->op == TF_OP_COLUMN && e->col == col) || uses(e->a, col) ||
                         uses(e->b, col));
}

bool tf_formula_uses(const struct tf_formula *f, size_t col)
{
    uint64_t used = 0;
    for (size_t k = 0; k < f->n_terms; k++)
        used |= f->term[k];
    for (size_t v = 0; v < f->n_variables; v++)
        if ((used >> v & 1) != 0 && uses(f->variable[v].e, col))
            return true;
    return false;
}

/* The table with one column constant; all else is shared. */
static struct tf_table *with_constant(struct tf_arena *arena, const struct tf_table *t, size_t col,
                                      size_t as)
{
    struct tf_table *own = TF_NEW(arena, struct tf_table);
    *own = *t;
    own->col = TF_NEW_N(arena, struct tf_column, t->n_cols);
    memcpy(own->col, t->col, t->n_cols * sizeof *own->col);
    struct tf_column *c = &own->col[col];
    c->miss = TF_NEW_N(arena, uint8_t, t->n_rows);
    memset(c->miss, t->col[col].miss[as], t->n_rows);
    if (c->type == TF_TEXT) {
        c->text = TF_NEW_N(arena, const char *, t->n_rows);
        for (size_t row = 0; row < t->n_rows; row++)
            c->text[row] = t->col[col].text[as];
        return own;
    }
    c->num = TF_NEW_N(arena, double, t->n_rows);
    for (size_t row = 0; row < t->n_rows; row++)
        c->num[row] = t->col[col].num[as];
    return own;
}

double **tf_model_with(struct tf_arena *arena, const struct tf_formula *f, const struct tf_table *t,
                       const struct tf_model *m, size_t col, size_t as)
{
    const struct tf_table *other = with_constant(arena, t, col, as);
    struct tf_expansion how = *m->how;
    double **x = TF_NEW_N(arena, double *, m->p);
    size_t c = 0;
    for (size_t v = 0; v < f->n_variables; v++) {
        if (!uses(f->variable[v].e, col))
            continue;
        fill_part(arena, &f->variable[v], other, &how.part[v]);
        if (is_factor(f, v))
            match_levels(arena, &m->how->part[v], &how.part[v], m->n);
    }
    if (m->intercept)
        x[c++] = m->x[0];
    for (size_t k = 0; k < f->n_terms; k++) {
        struct odometer o = wind(f, &how, k);
        for (size_t j = 0; j < o.n_columns; j++, turn(f, &how, &o))
            x[c++] = make_column(arena, how.part, &o, m->n);
    }
    return x;
}
