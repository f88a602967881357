/* From the sums of a family to the items of a result.
 *
 * Categories: moments over units (moments.c). Numbers, with S_i and N_i the sums of w y and w of unit
 * i and m = sum S / sum N:
 *
 *     mean    z_i = (S_i - m N_i) / sum N        total   z_i = S_i
 *     V = sum_h f_h sum_i (z_i - mean z)^2       as in moments.c
 *
 * in pairs of doubles (exact_sum.h), since S_i and m N_i are nearly equal. Where rows are units the
 * sums of squares of a stratum say the same: sum z^2 = (sum v^2 - 2 m sum v w + m^2 sum w^2) / N^2.
 *
 * Covariances, where they are wanted, are the products of the same z, kept for every item; their
 * diagonal is the variance that the items print. Rows that are units have no sums from which the
 * covariance of two variables follows: there it is made row by row (groups.c). */
#include <math.h>
#include <string.h>

#include "measure/family.h"

struct table { /* all cells of a family, in the order of items */
    const struct tf_family *f;
    struct tf_runner *r;
    const struct tf_ask *ask;
    struct tf_onepass *o; /* NULL: no categories */
    double *df;           /* [n_domains] */
    struct tf_linear *cell;
    uint32_t *count;
    size_t p;
};

static size_t items_of(const struct tf_family *f)
{
    size_t n = 0;
    for (size_t v = 0; v < f->n_vars; v++)
        n += f->var[v].n * f->n_domains;
    return n;
}

/* ---- Variance of a column of z ---------------------------------------------------------------- */

static bool certain(const struct tf_onepass_stratum *st)
{
    return 1 - (double)st->units / st->population < 1e-7;
}

/* The factor of a stratum, and whether it says something (moments.c). */
static double factor_of(const struct tf_source *s, const struct tf_onepass_stratum *st, bool *says)
{
    const double n = (double)st->units;
    const bool alone = st->units <= 1;
    *says = certain(st) || !alone;
    if (certain(st) || (alone && s->lonely != TF_LONELY_ADJUST))
        return 0;
    return (1 - n / st->population) * (alone ? 1 : n / (n - 1));
}

/* z becomes scaled deviations, whose squares add up to the variance. seen [n_strata]. gap [n_strata]:
 * the deviation of a unit of the sample that has no row here, where z is 0. */
static double deviate(const struct tf_source *s, const bool *seen, double *z, double *gap,
                      bool *ret_lonely)
{
    size_t strata = 0, alive = 0;
    double v = 0;
    bool says;
    *ret_lonely = false;
    for (size_t h = 0; h < s->n_strata; h++) {
        (void)factor_of(s, &s->stratum[h], &says);
        strata += seen[h];
        alive += seen[h] && says;
        *ret_lonely = *ret_lonely || (seen[h] && !says);
    }
    double rescale = 1;
    if (s->lonely == TF_LONELY_AVERAGE && alive < strata)
        rescale = alive == 0 ? (double)NAN : (double)strata / (double)alive;
    for (size_t h = 0; h < s->n_strata; h++) {
        const struct tf_onepass_stratum *st = &s->stratum[h];
        const double f = sqrt(factor_of(s, st, &says) * rescale);
        double mean = 0;
        for (size_t i = st->first; i < st->first + st->n && st->units > 1; i++)
            mean += z[i];
        mean /= (double)st->units;
        for (size_t i = st->first; i < st->first + st->n; i++) {
            z[i] = (z[i] - mean) * f;
            v += z[i] * z[i];
        }
        gap[h] = mean * f;
        v += (double)(st->units - st->n) * gap[h] * gap[h];
    }
    return v;
}

/* ---- Numbers -------------------------------------------------------------------------------- */

struct number { /* one variable in one domain */
    const struct tf_number_sum *sum; /* [n_units] */
    struct tf_exact w, v;
    size_t n;
};

static struct number number_of(const struct tf_family *f, size_t j, size_t d)
{
    const size_t units = f->source.n_units;
    struct number x = {.sum = f->number + (j * f->n_domains + d) * units};
    for (size_t i = 0; i < units; i++) {
        tf_exact_join(&x.w, &x.sum[i].w);
        tf_exact_join(&x.v, &x.sum[i].v);
        x.n += x.sum[i].n;
    }
    return x;
}

/* z by unit, of a mean or a total. */
static void number_z(const struct tf_family *f, const struct number *x, bool total, bool constant,
                     double *z)
{
    const struct tf_pair w = tf_exact_pair(&x->w), mean = tf_pair_div(tf_exact_pair(&x->v), w);
    for (size_t i = 0; i < f->source.n_units; i++) {
        const struct tf_pair v = tf_exact_pair(&x->sum[i].v), own = tf_exact_pair(&x->sum[i].w);
        if (total)
            z[i] = v.hi;
        else
            z[i] = constant ? 0
                            : tf_pair_div(tf_pair_sub(v, tf_pair_mul(mean, own)), w).hi;
    }
}

/* Variance where rows are units: from the sums of squares of strata. */
static double rows_variance(const struct tf_family *f, const struct number *x, bool total,
                            bool constant, const bool *seen, bool *ret_lonely)
{
    const struct tf_source *s = &f->source;
    const struct tf_pair w = tf_exact_pair(&x->w), mean = tf_pair_div(tf_exact_pair(&x->v), w);
    double v = 0;
    size_t strata = 0, alive = 0;
    for (size_t h = 0; h < s->n_strata; h++) {
        bool says;
        const double factor = factor_of(s, &s->stratum[h], &says);
        const struct tf_number_sum *sum = &x->sum[h];
        struct tf_pair square = tf_exact_pair(&sum->vv), first = tf_exact_pair(&sum->v);
        if (!total) { /* of w (y - m) */
            const struct tf_pair cross = tf_pair_mul(mean, tf_exact_pair(&sum->vw));
            const struct tf_pair last = tf_pair_mul(tf_pair_mul(mean, mean),
                                                    tf_exact_pair(&sum->ww));
            square = tf_pair_sub(tf_pair_sub(square, cross), tf_pair_sub(cross, last));
            first = tf_pair_sub(first, tf_pair_mul(mean, tf_exact_pair(&sum->w)));
        }
        const struct tf_pair n = {(double)s->stratum[h].units, 0};
        const struct tf_pair off = tf_pair_div(tf_pair_mul(first, first), n);
        const bool alone = s->stratum[h].units <= 1;
        v += factor * (alone ? square.hi : tf_pair_sub(square, off).hi);
        strata += seen[h];
        alive += seen[h] && says;
        *ret_lonely = *ret_lonely || (seen[h] && !says);
    }
    if (s->lonely == TF_LONELY_AVERAGE && alive < strata)
        v *= alive == 0 ? (double)NAN : (double)strata / (double)alive;
    v = v < 0 || (constant && !total && !isnan(v)) ? 0 : v;
    return total ? v : v / w.hi / w.hi;
}

static void seen_strata(const struct tf_family *f, const struct number *x, bool *seen, size_t *psu,
                        size_t *strata)
{
    for (size_t h = 0; h < f->source.n_strata; h++) {
        const struct tf_onepass_stratum *st = &f->source.stratum[h];
        seen[h] = false;
        for (size_t i = st->first; i < st->first + st->n; i++) {
            *psu += f->source.by_rows ? x->sum[i].n : x->sum[i].n > 0;
            seen[h] = seen[h] || x->sum[i].n > 0;
        }
        *strata += seen[h];
    }
}

static struct tf_linear number_linear(const struct table *t, size_t j, size_t d, double *z,
                                      double *gap, bool *seen)
{
    const struct tf_family *f = t->f;
    const struct number x = number_of(f, j, d);
    const struct tf_number_all *all = &f->all[j * f->n_domains + d];
    const bool total = f->of == TF_OF_TOTAL;
    struct tf_linear l = {.n = x.n, .df = t->df[d], .sum_w = tf_exact_value(&x.w),
                          .sum_w2 = tf_exact_value(&all->ww), .value = (double)NAN,
                          .var = (double)NAN, .unit_var = (double)NAN,
                          .constant = x.n == 0 || !(all->low < all->high)};
    if (x.n == 0)
        return l;
    seen_strata(f, &x, seen, &l.psu, &l.strata);
    const struct tf_pair w = tf_exact_pair(&x.w), v = tf_exact_pair(&x.v);
    const struct tf_pair mean = tf_pair_div(v, w);
    l.value = total ? v.hi : l.constant ? all->low : mean.hi;
    if (f->source.by_rows) {
        l.var = rows_variance(f, &x, total, l.constant, seen, &l.lonely);
    } else {
        number_z(f, &x, total, l.constant, z);
        l.var = deviate(&f->source, seen, z, gap, &l.lonely);
    }
    const struct tf_pair q = tf_pair_div(tf_exact_pair(&all->wyy), w);
    const double spread = tf_pair_sub(q, tf_pair_mul(mean, mean)).hi, n = (double)x.n;
    if (x.n > 1)
        l.unit_var = l.constant || spread < 0 ? 0 : spread * n / (n - 1);
    return l;
}

/* ---- All cells ------------------------------------------------------------------------------ */

static double df_of(const struct table *t, size_t d)
{
    const struct tf_family *f = t->f;
    const struct tf_source *s = &f->source;
    size_t psu = 0, strata = 0;
    if (t->ask->df == TF_DF_INFINITE)
        return (double)INFINITY;
    if (t->ask->df == TF_DF_GIVEN)
        return t->ask->df_given;
    if (t->ask->df == TF_DF_DESIGN)
        return (double)(s->by_rows ? f->n_rows : s->n_units) - (double)s->n_strata;
    for (size_t h = 0; h < s->n_strata; h++) {
        bool any = false;
        for (size_t i = s->stratum[h].first; i < s->stratum[h].first + s->stratum[h].n; i++) {
            const uint32_t n = f->rows[i * f->n_domains + d];
            psu += s->by_rows ? n : n > 0;
            any = any || n > 0;
        }
        strata += any;
    }
    return (double)psu - (double)strata;
}

/* Sum of squared weights where rows are not at hand. */
static void put_squares(const struct table *t)
{
    const struct tf_family *f = t->f;
    if (f->square == NULL || t->o == NULL)
        return;
    const struct tf_layout *l = f->source.layout;
    for (size_t v = 0; v < l->n_vars; v++)
        for (size_t d = 0; d < f->n_domains; d++)
            for (size_t c = l->first[v]; c < l->first[v + 1]; c++)
                t->o->share[d * t->o->n_cells + c].sum_w2 =
                    tf_exact_value(&f->square[v * f->n_domains + d]);
}

static struct tf_linear category_linear(const struct table *t, size_t cell, size_t d,
                                        uint32_t *ret_count)
{
    const size_t at = d * t->o->n_cells + cell;
    struct tf_linear l = t->o->share[at];
    l.df = t->df[d];
    if (t->f->of == TF_OF_TOTAL) {
        l.value = t->o->total[at];
        l.var = t->o->total_var[at];
    }
    *ret_count = t->o->count[at];
    return l;
}

static enum tf_code fill_table(struct table *t, struct tf_err *reterr)
{
    const struct tf_family *f = t->f;
    struct tf_arena *a = t->r->arena;
    if (f->source.layout->n_vars > 0 && f->n_domains > 0) {
        TF_TRY(tf_onepass_of(a, &f->source, &t->o, reterr));
        if (f->packed != NULL)
            tf_onepass_squares(a, f->packed, t->o, t->ask->flags == NULL, NULL);
    }
    put_squares(t);
    t->df = TF_NEW_N(a, double, f->n_domains + 1);
    for (size_t d = 0; d < f->n_domains; d++)
        t->df[d] = df_of(t, d);
    t->p = items_of(f);
    t->cell = TF_NEW_N(a, struct tf_linear, t->p + 1);
    t->count = TF_NEW_N(a, uint32_t, t->p + 1);
    double *z = TF_NEW_N(a, double, f->source.n_units + 1);
    double *gap = TF_NEW_N(a, double, f->source.n_strata + 1);
    bool *seen = TF_NEW_N(a, bool, f->source.n_strata + 1);
    size_t k = 0;
    for (size_t v = 0; v < f->n_vars; v++)
        for (size_t d = 0; d < f->n_domains; d++)
            for (size_t c = 0; c < f->var[v].n; c++, k++) {
                if (f->var[v].number) {
                    t->cell[k] = number_linear(t, f->var[v].cell, d, z, gap, seen);
                    t->count[k] = (uint32_t)t->cell[k].n;
                } else {
                    t->cell[k] = category_linear(t, f->var[v].cell + c, d, &t->count[k]);
                }
            }
    return TF_OK;
}

/* ---- Covariances ----------------------------------------------------------------------------- */

struct columns { /* z of every item, by unit */
    double *z;   /* [p][n_units] */
    bool *seen;  /* [p][n_strata] */
};

/* Items of categories: z of a unit from its sums and the totals. */
static void category_columns(const struct table *t, struct columns *to)
{
    const struct tf_family *f = t->f;
    const struct tf_source *s = &f->source;
    const struct tf_layout *l = s->layout;
    struct tf_gathering g = tf_gathering_new(t->r->arena, s);
    for (size_t h = 0; h < s->n_strata; h++)
        for (size_t u = s->stratum[h].first; u < s->stratum[h].first + s->stratum[h].n; u++) {
            tf_gather(s, u, &g);
            for (size_t v = 0, k = 0, own = 0; v < f->n_vars; own += !f->var[v++].number)
                for (size_t d = 0; d < f->n_domains; d++) {
                    double n = 0;
                    for (size_t c = 0; c < f->var[v].n && !f->var[v].number; c++)
                        n += (double)g.sum[0][d * l->cells8 + tf_layout_cell(l, own, c)];
                    for (size_t c = 0; c < f->var[v].n; c++, k++) {
                        if (f->var[v].number || t->cell[k].n == 0)
                            continue;
                        const size_t cell = d * l->cells8 + tf_layout_cell(l, own, c);
                        const double a = ldexp((double)g.sum[0][cell], s->exponent);
                        const bool total = f->of == TF_OF_TOTAL;
                        to->z[k * s->n_units + u] =
                            total ? a
                            : t->cell[k].constant
                                ? 0
                                : (a - t->cell[k].value * ldexp(n, s->exponent)) / t->cell[k].sum_w;
                        to->seen[k * s->n_strata + h] |= n > 0;
                    }
                }
        }
}

static void number_columns(const struct table *t, struct columns *to)
{
    const struct tf_family *f = t->f;
    for (size_t v = 0, k = 0; v < f->n_vars; v++)
        for (size_t d = 0; d < f->n_domains; d++) {
            if (f->var[v].number && t->cell[k].n > 0) {
                size_t ignored = 0;
                const struct number x = number_of(f, f->var[v].cell, d);
                seen_strata(f, &x, to->seen + k * f->source.n_strata, &ignored, &ignored);
                number_z(f, &x, f->of == TF_OF_TOTAL, t->cell[k].constant,
                         to->z + k * f->source.n_units);
            }
            k += f->var[v].n;
        }
}

static void covariances(const struct table *t, double *v)
{
    const struct tf_source *s = &t->f->source;
    struct tf_arena *a = t->r->arena;
    const size_t units = s->n_units, strata = s->n_strata;
    struct columns to = {.z = TF_NEW_N(a, double, t->p * units + 1),
                         .seen = TF_NEW_N(a, bool, t->p * strata + 1)};
    double *gap = TF_NEW_N(a, double, t->p * strata + 1);
    category_columns(t, &to);
    number_columns(t, &to);
    for (size_t k = 0; k < t->p; k++) {
        bool lonely;
        (void)deviate(s, to.seen + k * strata, to.z + k * units, gap + k * strata, &lonely);
        v[k + k * t->p] = t->cell[k].var;
        for (size_t j = 0; j < k; j++) {
            double sum = 0;
            for (size_t i = 0; i < units; i++)
                sum += to.z[j * units + i] * to.z[k * units + i];
            for (size_t h = 0; h < strata; h++)
                sum += (double)(s->stratum[h].units - s->stratum[h].n) * gap[j * strata + h] *
                       gap[k * strata + h];
            const bool none = isnan(t->cell[j].value) || isnan(t->cell[k].value);
            v[j + k * t->p] = v[k + j * t->p] = none ? (double)NAN : sum;
        }
    }
}

/* Rows that are units: the same estimates once more, row by row, for what lies off the diagonal. */
static enum tf_code row_covariances(const struct table *t, double **ret, struct tf_err *reterr)
{
    struct tf_runner *r = t->r;
    const struct tf_family *f = t->f;
    struct tf_group_set *set = tf_group_set_new(r->arena, r->survey);
    struct tf_fit fit;
    for (size_t v = 0; v < f->n_vars; v++)
        for (size_t d = 0; d < f->n_domains; d++) {
            const struct tf_family_rows rows = f->rows_of(f, v, d);
            (void)tf_groups_add(set,
                               (struct tf_group){
                                   .kind = f->of == TF_OF_TOTAL ? TF_CELL_TOTAL : TF_CELL_MEAN,
                                   .code = rows.code, .n_cells = f->var[v].n, .y = rows.y},
                               rows.in, rows.n, rows.answered);
        }
    TF_TRY(tf_groups_fit(set, true, &fit, reterr));
    for (size_t k = 0; k < t->p; k++)
        fit.v[k + k * t->p] = t->cell[k].var;
    *ret = fit.v;
    return TF_OK;
}

/* ---- Items ---------------------------------------------------------------------------------- */

static void name_item(const struct tf_family *f, struct tf_item *item, size_t v, size_t d, size_t c)
{
    const struct tf_family_var *var = &f->var[v];
    item->var = var->name;
    item->var_label = var->label;
    item->by = f->by[d];
    item->n_by = f->by[d] != NULL ? f->n_by : 0;
    item->flags = var->flags;
    if (var->number)
        return;
    item->category = var->text[c];
    item->label = var->text_label[c];
}

enum tf_code tf_family_items(struct tf_runner *r, const struct tf_ask *ask,
                             const struct tf_family *f, struct tf_result *out,
                             struct tf_err *reterr)
{
    struct table t = {.f = f, .r = r, .ask = ask};
    const struct tf_interval_method *const *method;
    const struct tf_fit none = {0};
    size_t n_methods, k = 0;
    TF_TRY(tf_intervals_asked(r, ask, f->of, &method, &n_methods, reterr));
    TF_TRY(fill_table(&t, reterr));
    for (size_t v = 0; v < f->n_vars; v++)
        for (size_t d = 0; d < f->n_domains; d++)
            for (size_t c = 0; c < f->var[v].n; c++, k++) {
                struct tf_item *item = tf_result_item(r, out);
                name_item(f, item, v, d, c);
                item->n = t.count[k];
                item->base = t.cell[k].n;
                tf_item_finish(r, ask, item, &t.cell[k], f->of, method, n_methods);
            }
    const bool full = t.p > 0 && tf_covariances_wanted(r, ask, t.p);
    if (full && !f->source.by_rows) {
        out->vcov = TF_NEW_N(r->arena, double, t.p * t.p);
        covariances(&t, out->vcov);
    } else if (full && f->rows_of != NULL) {
        TF_TRY(row_covariances(&t, &out->vcov, reterr));
    } else if (full) {
        tf_result_note(r, out, "covariances of a sample whose rows are its units cannot be made "
                               "from merged sums");
    }
    tf_groups_notes(r, out, ask, &none);
    tf_interval_notes(r, out, ask, f->of, method, n_methods);
    return TF_OK;
}
