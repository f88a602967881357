/* Standard errors that know what the weights were calibrated to.
 *
 * A calibrated total varies as the total of residuals does: what the known totals explain of a
 * variable cannot vary any more (Deville & Särndal 1992, JASA 87, 376-382, sec. 3; Särndal,
 * Swensson & Wretman 1992, 6.6). The linearised variable z, which includes the weight w, becomes
 *
 *     cells      z - w mean_cell,  mean_cell = sum z / sum w in the cell      (post-stratification)
 *     terms      z - w x'B,   B = (sum d x x')^-1 sum x z / g,  w = g d       (calibration)
 *     margins    z - w (a_1 + a_2 + …), a_m one number for each category of margin m   (raking)
 *
 * For margins packages differ, and the recipe chooses (`residuals`):
 *
 *     sweeps     as R survey 4.1: z / w less its plain (unweighted) mean in each category, margin
 *                after margin, ten times over
 *     exact      what those sweeps tend to: least squares of z / w on all margins
 *     weighted   the same with the weights, the regression that theory asks for and that replicates
 *                which rake again agree with
 *
 * Several steps: each takes its residual of what the one before left, in their order, as R does.
 * All of it needs rows only to sum z by cell and to subtract; the rest is some dozens of numbers.
 * */
#include <math.h>
#include <string.h>

#include "measure/calibrate.h"

static double *copy_of(struct tf_arena *arena, const double *x, size_t n)
{
    double *to = TF_NEW_N(arena, double, n + 1);
    if (n > 0)
        memcpy(to, x, n * sizeof *to);
    return to;
}

void tf_calibrated_residual(const struct tf_survey *s, double *z)
{
    for (size_t k = 0; k < s->n_calibrated; k++)
        s->calibrated[k]->residual(s->calibrated[k]->self, z);
}

static struct tf_calibrated *known(struct tf_arena *arena, void *self,
                                   void (*residual)(void *, double *))
{
    struct tf_calibrated *c = TF_NEW(arena, struct tf_calibrated);
    c->self = self;
    c->residual = residual;
    return c;
}

/* ---- Cells -------------------------------------------------------------------------------- */

struct of_cells {
    struct tf_cells cells;
    double *w, *total, *mean;
};

static void cells_residual(void *self, double *z)
{
    struct of_cells *c = self;
    tf_cells_sum(&c->cells, z, c->mean);
    for (size_t k = 0; k < c->cells.n; k++)
        c->mean[k] = c->total[k] > 0 ? c->mean[k] / c->total[k] : 0;
    tf_cells_subtract(&c->cells, c->mean, c->w, z);
}

struct tf_calibrated *tf_calibrated_to_cells(struct tf_arena *arena, const struct tf_cells *cells,
                                             const double *w)
{
    struct of_cells *c = TF_NEW(arena, struct of_cells);
    c->cells = *cells;
    c->w = copy_of(arena, w, cells->n_rows);
    c->total = TF_NEW_N(arena, double, cells->n + 1);
    c->mean = TF_NEW_N(arena, double, cells->n + 1);
    tf_cells_sum(cells, w, c->total);
    return known(arena, c, cells_residual);
}

/* ---- Margins ------------------------------------------------------------------------------ */

enum { R_ROUNDS = 10 };
struct of_margins {
    struct tf_cells cells;
    size_t n_margins, p;
    const size_t *n;
    uint32_t *const *of_cell;
    size_t *first;              /* [n_margins] number of a margin's first category */
    enum tf_residuals how;
    double *w;                  /* [rows] */
    double *rows;               /* [rows] scratch: z / w */
    double *size;               /* [cells] rows, or weights, of a cell */
    double *of_category;        /* [p] the same of a category */
    double *sum, *shift, *coef; /* [cells + 1], [cells + 1], [p] */
    double *factor, *scale;     /* of the normal equations */
    bool *keep;
};

/* One margin after another: the category's mean of what is left goes to its coefficient. */
static void alternate(struct of_margins *c)
{
    double *mean = c->coef + c->p;
    for (size_t k = 0; k < c->cells.n; k++)
        c->shift[k] = 0;
    for (int round = 0; round < R_ROUNDS; round++)
        for (size_t m = 0; m < c->n_margins; m++) {
            memset(mean, 0, c->n[m] * sizeof *mean);
            for (size_t k = 0; k < c->cells.n; k++)
                mean[c->of_cell[m][k]] += c->sum[k] - c->size[k] * c->shift[k];
            for (size_t a = 0; a < c->n[m]; a++)
                mean[a] = c->of_category[c->first[m] + a] > 0
                              ? mean[a] / c->of_category[c->first[m] + a] : 0;
            for (size_t k = 0; k < c->cells.n; k++)
                c->shift[k] += mean[c->of_cell[m][k]];
        }
}

static void regress(struct of_margins *c)
{
    memset(c->coef, 0, c->p * sizeof *c->coef);
    for (size_t m = 0; m < c->n_margins; m++)
        for (size_t k = 0; k < c->cells.n; k++)
            c->coef[c->first[m] + c->of_cell[m][k]] += c->sum[k];
    tf_normal_solve(c->factor, c->p, c->scale, c->keep, c->coef);
    for (size_t k = 0; k < c->cells.n; k++) {
        c->shift[k] = 0;
        for (size_t m = 0; m < c->n_margins; m++)
            c->shift[k] += c->coef[c->first[m] + c->of_cell[m][k]];
    }
}

static void margins_residual(void *self, double *z)
{
    struct of_margins *c = self;
    if (c->how != TF_RESIDUALS_WEIGHTED) {
        for (size_t row = 0; row < c->cells.n_rows; row++)
            c->rows[row] = tf_in_sample(c->w[row]) ? z[row] / c->w[row] : 0;
        tf_cells_sum(&c->cells, c->rows, c->sum);
    } else {
        tf_cells_sum(&c->cells, z, c->sum);
    }
    if (c->how == TF_RESIDUALS_SWEEPS)
        alternate(c);
    else
        regress(c);
    tf_cells_subtract(&c->cells, c->shift, c->w, z);
}

static void normal_equations(struct tf_arena *arena, struct of_margins *c)
{
    const size_t p = c->p;
    c->factor = TF_NEW_N(arena, double, p * p + 1);
    c->scale = TF_NEW_N(arena, double, p + 1);
    c->keep = TF_NEW_N(arena, bool, p + 1);
    for (size_t k = 0; k < c->cells.n; k++)
        for (size_t a = 0; a < c->n_margins; a++)
            for (size_t b = 0; b < c->n_margins; b++)
                c->factor[c->first[a] + c->of_cell[a][k] +
                          (c->first[b] + c->of_cell[b][k]) * p] += c->size[k];
    (void)tf_normal_factor(c->factor, p, c->scale, c->keep);
}

struct tf_calibrated *tf_calibrated_to_margins(struct tf_arena *arena, const struct tf_raking *r,
                                               const double *w, enum tf_residuals how)
{
    struct of_margins *c = TF_NEW(arena, struct of_margins);
    const size_t rows = r->cells.n_rows, cells = r->cells.n;
    size_t most = 0;
    c->cells = r->cells;
    c->n_margins = r->n_margins;
    c->n = r->n;
    c->of_cell = r->of_cell;
    c->how = how;
    c->w = copy_of(arena, w, rows);
    c->rows = TF_NEW_N(arena, double, rows + 1);
    c->size = TF_NEW_N(arena, double, cells + 1);
    c->sum = TF_NEW_N(arena, double, cells + 1);
    c->shift = TF_NEW_N(arena, double, cells + 1);
    c->first = TF_NEW_N(arena, size_t, r->n_margins + 1);
    for (size_t m = 0; m < r->n_margins; m++) {
        c->first[m] = c->p;
        c->p += r->n[m];
        most = r->n[m] > most ? r->n[m] : most;
    }
    c->coef = TF_NEW_N(arena, double, c->p + most + 1);
    c->of_category = TF_NEW_N(arena, double, c->p + 1);
    for (size_t row = 0; row < rows; row++)
        c->rows[row] = how == TF_RESIDUALS_WEIGHTED ? w[row] : tf_in_sample(w[row]);
    tf_cells_sum(&c->cells, c->rows, c->size);
    for (size_t m = 0; m < c->n_margins; m++)
        for (size_t k = 0; k < cells; k++)
            c->of_category[c->first[m] + c->of_cell[m][k]] += c->size[k];
    if (how != TF_RESIDUALS_SWEEPS)
        normal_equations(arena, c);
    return known(arena, c, margins_residual);
}

/* ---- Terms -------------------------------------------------------------------------------- */

struct of_terms {
    struct tf_cells cells;
    size_t p;
    const double *const *x; /* [p] columns over the cells */
    double *d, *g, *w;
    double *sum, *shift, *step, *factor, *scale;
    bool *keep;
};

/* step = (sum d x x')^-1 sum x (sum of the unit), units in `sum`. */
static void solve_terms(struct of_terms *c)
{
    for (size_t j = 0; j < c->p; j++) {
        struct tf_sum s = {0};
        for (size_t k = 0; k < c->cells.n; k++)
            tf_sum_add(&s, c->x[j][k] * c->sum[k]);
        c->step[j] = tf_sum_of(&s);
    }
    tf_normal_solve(c->factor, c->p, c->scale, c->keep, c->step);
}

static void terms_residual(void *self, double *z)
{
    struct of_terms *c = self;
    tf_cells_sum(&c->cells, z, c->sum);
    memset(c->shift, 0, c->cells.n * sizeof *c->shift);
    for (size_t k = 0; k < c->cells.n; k++)
        c->sum[k] = fabs(c->g[k]) > 0 ? c->sum[k] / c->g[k] : 0;
    for (int refine = 0; refine < 2; refine++) { /* the second round takes out rounding */
        solve_terms(c);
        for (size_t j = 0; j < c->p; j++)
            for (size_t k = 0; k < c->cells.n; k++) {
                const double fitted = c->x[j][k] * c->step[j];
                c->shift[k] += fitted;
                c->sum[k] -= c->d[k] * fitted;
            }
    }
    tf_cells_subtract(&c->cells, c->shift, c->w, z);
}

struct tf_calibrated *tf_calibrated_to_terms(struct tf_arena *arena, const struct tf_cells *cells,
                                             const double *const *x, size_t p, const double *d,
                                             const double *g, const double *w)
{
    struct of_terms *c = TF_NEW(arena, struct of_terms);
    c->cells = *cells;
    c->p = p;
    c->x = x;
    c->d = copy_of(arena, d, cells->n);
    c->g = copy_of(arena, g, cells->n);
    c->w = copy_of(arena, w, cells->n_rows);
    c->sum = TF_NEW_N(arena, double, cells->n + 1);
    c->shift = TF_NEW_N(arena, double, cells->n + 1);
    c->step = TF_NEW_N(arena, double, p + 1);
    c->factor = TF_NEW_N(arena, double, p * p + 1);
    c->scale = TF_NEW_N(arena, double, p + 1);
    c->keep = TF_NEW_N(arena, bool, p + 1);
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j <= i; j++) {
            struct tf_sum s = {0};
            for (size_t k = 0; k < cells->n; k++)
                tf_sum_add(&s, d[k] * x[i][k] * x[j][k]);
            c->factor[i + j * p] = c->factor[j + i * p] = tf_sum_of(&s);
        }
    (void)tf_normal_factor(c->factor, p, c->scale, c->keep);
    return known(arena, c, terms_residual);
}
