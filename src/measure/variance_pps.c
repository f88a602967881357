/* Samples drawn with unequal probabilities, without replacement.
 *
 * With p_i the probability of a unit, p_ij that of a pair, and z_i = y_i / p_i, a total varies by
 *
 *     V = sum_i sum_j D_ij z_i z_j,   D_ij = 1 - p_i p_j / p_ij,   D_ii = 1 - p_i    (ht)
 *     V = the same - sum_i sum_j D_ij z_j^2                                          (yg)
 *
 * Horvitz & Thompson (1952) and Yates & Grundy (1953); the second wants a sample of fixed size.
 * Joint probabilities are given in a file, or approximated from the p_i within a stratum of n
 * units:
 *
 *     brewer    (1 - p_i) n / (n - 1) sum (z_i - mean)^2, stage by stage (variance_stages.c); the
 *               only one for several stages. Brewer (2002), as R survey's
 *     overton   D_ij = 1 - (n - (p_i + p_j) / 2) / (n - 1)              Overton (1985)
 *     hr        D_ij = 1 - (n - p_i - p_j + q) / (n - 1)                Hartley & Rao (1962)
 *               q = sum of p^2 over the population / n: `hr: {p2bar: q}`; else the mean p of the
 *               sample
 *     joint     the file's; |D_ij| below 1e-4 counts as 0, as R's ppsmat does
 *     with_replacement   first stage as drawn with replacement
 *
 * `fpc` holds the probabilities (or `prob`, or 1 / `weight` do, but not for brewer). In a domain z
 * is 0 elsewhere, and all pairs stay. Equal to R survey 4.1, but its brewer takes the 1 - p_i of
 * another unit when the units do not stand in the order of their codes. */
#include <math.h>
#include <string.h>

#include "measure/variance.h"

/* ---- Reading -------------------------------------------------------------------------------- */

static enum tf_code bad_method(const struct tf_yaml *at, struct tf_err *reterr)
{
    (void)tf_yaml_fail(at, reterr, "this is no PPS method");
    return tf_help(reterr, "Write brewer, overton, hr, with_replacement, {hr: {p2bar: NUMBER}} or "
                           "{joint: FILE.csv}.");
}

static enum tf_code read_map(struct tf_pps *pps, const struct tf_yaml *at, struct tf_err *reterr)
{
    static const char *const known[] = {"joint", "hr", NULL}, *const known_hr[] = {"p2bar", NULL};
    TF_TRY(tf_yaml_known(at, known, reterr));
    if (at->n != 1)
        return bad_method(at, reterr);
    pps->method = TF_PPS_JOINT;
    if (tf_yaml_get(at, "joint") != NULL)
        return TF_OK;
    pps->method = TF_PPS_HARTLEY_RAO;
    TF_TRY(tf_yaml_known(at->item[0], known_hr, reterr));
    return tf_yaml_need_number(at->item[0], "p2bar", &pps->p2bar, reterr);
}

static enum tf_code
read_variance(struct tf_pps *pps, const struct tf_yaml *design, struct tf_err *reterr)
{
    const char *word;
    TF_TRY(tf_yaml_opt_text(design, "variance", "ht", &word, reterr));
    pps->yates_grundy = tf_casecmp(word, "yg") == 0;
    if (!pps->yates_grundy && tf_casecmp(word, "ht") != 0) {
        (void)tf_yaml_fail(tf_yaml_get(design, "variance"), reterr, "'%s' is no variance", word);
        return tf_help(reterr, "Write ht (Horvitz-Thompson) or yg (Yates-Grundy).");
    }
    if (!pps->yates_grundy || pps->method != TF_PPS_BREWER)
        return TF_OK;
    (void)tf_yaml_fail(tf_yaml_get(design, "variance"), reterr,
                       "Yates-Grundy needs the probabilities of pairs");
    return tf_help(reterr, "Brewer's method has none: take overton, hr or joint.");
}

enum tf_code tf_pps_read(struct tf_survey *s, const struct tf_yaml *design, struct tf_err *reterr)
{
    static const char *const words[] = {
        [TF_PPS_BREWER] = "brewer", [TF_PPS_OVERTON] = "overton", [TF_PPS_HARTLEY_RAO] = "hr"};
    const struct tf_yaml *at = tf_yaml_get(design, "pps");
    if (at == NULL && tf_yaml_get(design, "variance") != NULL) {
        (void)tf_yaml_fail(tf_yaml_get(design, "variance"), reterr, "`variance` goes with `pps`");
        return tf_help(reterr, "Write `pps: overton`, or take `variance` out.");
    }
    if (at == NULL || (at->kind == TF_YAML_SCALAR && tf_streq(at->text, "with_replacement")))
        return TF_OK;
    struct tf_pps *pps = TF_NEW(s->arena, struct tf_pps);
    pps->p2bar = (double)NAN;
    if (at->kind == TF_YAML_MAP)
        TF_TRY(read_map(pps, at, reterr));
    else {
        size_t k = 0;
        while (k < sizeof words / sizeof *words && !tf_streq(at->text, words[k]))
            k++;
        if (k == sizeof words / sizeof *words)
            return bad_method(at, reterr);
        pps->method = (enum tf_pps_method)k;
    }
    TF_TRY(read_variance(pps, design, reterr));
    if (s->n_stages > 1 && pps->method != TF_PPS_BREWER) {
        (void)tf_yaml_fail(at, reterr, "this PPS method is for one stage, and the design has %zu",
                           s->n_stages);
        return tf_help(reterr, "Choose `pps: brewer`, or give the first stage of `psu` only.");
    }
    s->pps = pps;
    s->kind = TF_BY_PPS;
    return TF_OK;
}

/* ---- Joint probabilities -------------------------------------------------------------------- */

/* The unit that a column or row of the file names; UINT32_MAX: none. */
static uint32_t unit_named(const char *const *unit_name, size_t n, const char *name)
{
    double x, y;
    const bool number = tf_parse_double(name, &x);
    for (size_t i = 0; i < n; i++)
        if (strcmp(unit_name[i], name) == 0 ||
            (number && tf_parse_double(unit_name[i], &y) && !(x < y) && !(x > y)))
            return (uint32_t)i;
    return UINT32_MAX;
}

static const char *cell_text(struct tf_arena *arena, const struct tf_column *c, size_t row)
{
    return c->type == TF_TEXT ? c->text[row] : tf_double_text(arena, c->num[row]);
}

static enum tf_code bad_name(const struct tf_yaml *at, const char *name, const char *why,
                             struct tf_err *reterr)
{
    (void)tf_yaml_fail(at, reterr, "'%s' %s", name, why);
    return tf_help(reterr, "The header and the first column of '%s' must name each first-stage unit "
                           "once.", at->text);
}

/* The unit behind each name: 0..n-1 those of the data, then the others in the order of the header. A
 * unit that was drawn and has no case (no eligible child was found) stands in the file only. */
static enum tf_code name_units(struct tf_arena *arena, const struct tf_table *t,
                               const char *const *unit_name, size_t n, const struct tf_yaml *at,
                               uint32_t *column, struct tf_err *reterr)
{
    const size_t m = t->n_rows;
    uint32_t others = (uint32_t)n;
    bool *seen = TF_NEW_N(arena, bool, n + m);
    for (size_t k = 0; k < m; k++) {
        const char *name = t->col[k + 1].name;
        column[k] = unit_named(unit_name, n, name);
        if (column[k] == UINT32_MAX)
            column[k] = others++;
        if (seen[column[k]])
            return bad_name(at, name, "stands in the header twice", reterr);
        seen[column[k]] = true;
    }
    for (size_t i = 0; i < n; i++)
        if (!seen[i])
            return bad_name(at, unit_name[i], "is a unit of the data and not in the file", reterr);
    return TF_OK;
}

/* Which unit a row of the file is; names that the data lack are found in the header. */
static uint32_t row_unit(const struct tf_table *t, const uint32_t *column, const char *name)
{
    double x, y;
    const bool number = tf_parse_double(name, &x);
    for (size_t k = 0; k < t->n_rows; k++)
        if (strcmp(t->col[k + 1].name, name) == 0 ||
            (number && tf_parse_double(t->col[k + 1].name, &y) && !(x < y) && !(x > y)))
            return column[k];
    return UINT32_MAX;
}

/* The file's matrix into pij (m x m), by unit. */
static enum tf_code fill_pairs(struct tf_arena *scratch, const struct tf_table *t,
                               const char *const *unit_name, size_t n, const struct tf_yaml *at,
                               double *pij, struct tf_err *reterr)
{
    const size_t m = t->n_rows;
    uint32_t *column = TF_NEW_N(scratch, uint32_t, m);
    bool *seen = TF_NEW_N(scratch, bool, m);
    TF_TRY(name_units(scratch, t, unit_name, n, at, column, reterr));
    for (size_t row = 0; row < m; row++) {
        const char *name = cell_text(scratch, &t->col[0], row);
        const uint32_t i = row_unit(t, column, name);
        if (i == UINT32_MAX || seen[i])
            return bad_name(at, name, "names a row and no column, or two rows", reterr);
        seen[i] = true;
        for (size_t k = 0; k < m; k++) {
            const struct tf_column *c = &t->col[k + 1];
            if (c->type != TF_NUMBER || !(c->num[row] > 0) || !(c->num[row] <= 1)) {
                (void)tf_yaml_fail(at, reterr,
                                   "the pair '%s', '%s' has no probability above 0 "
                                   "and at most 1",
                                   name, c->name);
                return tf_help(reterr, "Correct '%s'.", at->text);
            }
            pij[i + column[k] * m] = c->num[row];
        }
    }
    return TF_OK;
}

static enum tf_code read_joint(struct tf_survey *s, const struct tf_yaml *at,
                               const char *const *unit_name, const char *dir, struct tf_err *reterr)
{
    static const double tolerance = 1e-4;
    struct tf_table *t;
    const size_t n = s->stage[0].n_units;
    TF_TRY(tf_design_csv(s->arena, at, dir, &t, reterr));
    const size_t m = t->n_rows;
    if (m < n || t->n_cols != m + 1) {
        (void)tf_yaml_fail(at, reterr, "'%s' is no square matrix of %zu units", at->text, n);
        (void)tf_fact(reterr, "it has %zu rows and %zu columns", t->n_rows, t->n_cols);
        return tf_help(reterr, "Give a header of ids, and a first column of ids.");
    }
    double *pij = TF_NEW_N(s->arena, double, m *m), *p = s->pps->p;
    s->pps->delta = TF_NEW_N(s->arena, double, n *n);
    s->pps->beyond = TF_NEW_N(s->arena, double, n);
    TF_TRY(fill_pairs(s->arena, t, unit_name, n, at, pij, reterr));
    for (size_t i = 0; i < n; i++)
        p[i] = pij[i + i * m];
    for (size_t j = 0; j < m; j++)
        for (size_t i = 0; i < n; i++) {
            const double x = 1 - p[i] * pij[j + j * m] / pij[i + j * m];
            const double d = fabs(x) < tolerance ? 0 : x;
            if (j < n)
                s->pps->delta[i + j * n] = d;
            else
                s->pps->beyond[i] += d;
        }
    return TF_OK;
}

enum tf_code tf_pps_bind(struct tf_survey *s, const struct tf_yaml *design,
                         const char *const *unit_name, const char *dir, struct tf_err *reterr)
{
    struct tf_pps *pps = s->pps;
    const struct tf_stage *st = &s->stage[0];
    const bool from_fpc = pps->population != NULL;
    pps->p = TF_NEW_N(s->arena, double, st->n_units);
    pps->units = tf_units_by_stratum(s->arena, st);
    for (size_t row = s->n; row-- > 0;) {
        const uint32_t i = st->unit[row];
        pps->p[i] = from_fpc ? st->stratum_units[st->unit_stratum[i]] / pps->population[0][i]
                             : 1 / s->w_base[row];
    }
    return pps->method == TF_PPS_JOINT
               ? read_joint(s, tf_yaml_get(tf_yaml_get(design, "pps"), "joint"), unit_name, dir,
                            reterr)
               : TF_OK;
}

/* ---- Variance ------------------------------------------------------------------------------- */

struct work {
    double **sum;  /* [p][n_units] */
    double *row;   /* [n_units] D's row sums, for yg */
    double *times; /* [n_units] */
};

/* D_ij of two units of a stratum of n. */
static double delta(const struct tf_pps *pps, uint32_t i, uint32_t j, double n, double q)
{
    const double sum = pps->p[i] + pps->p[j];
    if (i == j)
        return 1 - pps->p[i];
    if (pps->method == TF_PPS_OVERTON)
        return sum >= 2 ? 0 : 1 - (n - sum / 2) / (n - 1);
    return sum >= 2 ? 0 : 1 - (n - sum + q) / (n - 1);
}

/* out = D x */
static void times(const struct tf_pps *pps, const double *x, double *out)
{
    const struct tf_units *u = &pps->units;
    memset(out, 0, u->n_units * sizeof *out);
    for (size_t j = 0; pps->delta != NULL && j < u->n_units; j++)
        for (size_t i = 0; i < u->n_units; i++)
            out[i] += pps->delta[i + j * u->n_units] * x[j];
    for (size_t h = 0; pps->delta == NULL && h < u->n_strata; h++) {
        const uint32_t *unit = u->unit + u->start[h], n = u->start[h + 1] - u->start[h];
        double q = 0;
        for (uint32_t k = 0; k < n; k++)
            q += pps->p[unit[k]] / n;
        q = isnan(pps->p2bar) ? q : pps->p2bar;
        for (uint32_t k = 0; k < n; k++)
            for (uint32_t l = 0; l < n; l++)
                out[unit[k]] += delta(pps, unit[k], unit[l], n, q) * x[unit[l]];
    }
}

static void take(struct tf_spread *sp, size_t first, double *z, size_t m, const bool *const *domain)
{
    struct work *work = sp->self;
    (void)domain;
    for (size_t k = 0; k < m; k++)
        for (size_t row = 0; row < sp->s->n; row++)
            work->sum[first + k][sp->s->stage[0].unit[row]] += z[row + k * sp->s->n];
}

static void end(struct tf_spread *sp, double *v)
{
    struct work *work = sp->self;
    const struct tf_pps *pps = sp->s->pps;
    const size_t n = pps->units.n_units, p = sp->p;
    for (size_t i = 0; i < n; i++)
        work->times[i] = 1;
    times(pps, work->times, work->row); /* D is symmetric: these are its column sums too */
    for (size_t i = 0; i < n && pps->beyond != NULL; i++)
        work->row[i] += pps->beyond[i];
    for (size_t k = 0; k < p; k++) {
        times(pps, work->sum[k], work->times);
        for (size_t j = sp->full ? 0 : k; j <= k; j++) {
            const double *a = work->sum[j], *b = work->sum[k];
            double s = 0;
            for (size_t i = 0; i < n; i++)
                s += a[i] * work->times[i] - (pps->yates_grundy ? work->row[i] * a[i] * b[i] : 0);
            v[j + k * p] = v[k + j * p] = s;
        }
    }
}

void tf_spread_pps(struct tf_arena *scratch, struct tf_spread *sp)
{
    const size_t n = sp->s->stage[0].n_units;
    if (sp->s->pps->method == TF_PPS_BREWER) {
        tf_spread_stages(scratch, sp);
        return;
    }
    struct work *work = TF_NEW(scratch, struct work);
    work->sum = TF_NEW_N(scratch, double *, sp->p);
    for (size_t k = 0; k < sp->p; k++)
        work->sum[k] = TF_NEW_N(scratch, double, n);
    work->row = TF_NEW_N(scratch, double, n);
    work->times = TF_NEW_N(scratch, double, n);
    sp->self = work;
    sp->take = take;
    sp->end = end;
}
