/* Raking: weights that reproduce known totals of several margins.
 *
 * Iterative proportional fitting (Deming & Stephan 1940, Ann. Math. Statist. 11, 427-444; the
 * multiplicative case of Deville & Särndal 1992, JASA 87, 376-382). In each sweep, for each margin
 * in turn, the weights of a category are multiplied by its total / their present sum. The gap
 * after a sweep is the largest |sum / total - 1| over all categories of all margins.
 *
 * The fitting needs the cases only through the cell of the full crossing they fall in: sweeps run
 * over the cells that occur, and the factor of its cell is looked up for each case.
 *
 * R's rake() stops when no weighted table changes by more than 1 person and after 10 sweeps at most;
 * here the stop is a ratio, and not reaching it is an error, not a warning. Cases without a category
 * are refused: whose total they count in is unknown. */
#include <math.h>

#include "measure/inside.h"

struct margin {
    const struct tf_codes *codes;
    uint32_t *of_cell; /* [cells] category of a cell */
    double *total, *sum; /* [categories] */
    const char *name;
};

static enum tf_code open_margin(struct tf_arena *arena, const struct tf_table *t,
                                const struct tf_margin *from, struct margin *m,
                                struct tf_err *reterr)
{
    size_t col;
    TF_TRY(tf_table_need(t, from->var, &col, reterr));
    m->name = from->var;
    m->codes = tf_codes_make(arena, t, col);
    m->total = TF_NEW_N(arena, double, m->codes->n);
    m->sum = TF_NEW_N(arena, double, m->codes->n);
    for (size_t k = 0; k < from->n; k++) {
        const uint32_t c = tf_codes_find(m->codes, from->category[k]);
        if (!(from->total[k] >= 0) || !isfinite(from->total[k]))
            return tf_fail(reterr, TF_E_INPUT, "the total of %s = %s is not a number of people",
                           from->var, from->category[k]);
        if (c == TF_NO_CODE && from->total[k] > 0) {
            (void)tf_fail(reterr, TF_E_DESIGN, "no case has %s = %s, which has a total of %s",
                          from->var, from->category[k], tf_double_text(arena, from->total[k]));
            return tf_help(reterr, "Join it with another category, in the data and the totals.");
        }
        if (c != TF_NO_CODE)
            m->total[c] = from->total[k];
    }
    for (size_t row = 0; row < t->n_rows; row++) {
        const uint32_t c = m->codes->of[row];
        if (c != TF_NO_CODE && m->total[c] > 0)
            continue;
        if (c == TF_NO_CODE)
            (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no %s to rake on", row + 1,
                          t->name, from->var);
        else
            (void)tf_fail(reterr, TF_E_DESIGN, "%s = %s has cases and no total", from->var,
                          m->codes->text[c]);
        return tf_help(reterr, "Every case needs a category with a population total above 0.");
    }
    return TF_OK;
}

/* Weighted sums of a margin's categories; returns the largest gap and its category. */
static double margin_gap(const struct margin *m, const double *cell, size_t n_cells,
                         uint32_t *ret_worst)
{
    double worst = 0;
    for (size_t c = 0; c < m->codes->n; c++)
        m->sum[c] = 0;
    for (size_t k = 0; k < n_cells; k++)
        m->sum[m->of_cell[k]] += cell[k];
    for (size_t c = 0; c < m->codes->n; c++) {
        const double gap = fabs(m->sum[c] / m->total[c] - 1);
        if (gap > worst) {
            worst = gap;
            *ret_worst = (uint32_t)c;
        }
    }
    return worst;
}

/* Sweep until no margin is missed by more than epsilon. */
static enum tf_code fit(struct tf_arena *arena, struct margin *margin, size_t n, double *cell,
                        size_t n_cells, double epsilon, size_t max_sweeps, double *ret_gap,
                        size_t *ret_sweeps, struct tf_err *reterr)
{
    double gap = (double)INFINITY;
    size_t sweep = 0;
    uint32_t worst = 0, at = 0;
    const struct margin *by = &margin[0];
    while (gap > epsilon && sweep < max_sweeps) {
        for (size_t m = 0; m < n; m++) {
            (void)margin_gap(&margin[m], cell, n_cells, &at);
            for (size_t k = 0; k < n_cells; k++) {
                const uint32_t c = margin[m].of_cell[k];
                cell[k] *= margin[m].total[c] / margin[m].sum[c];
            }
        }
        gap = 0;
        for (size_t m = 0; m < n; m++) {
            const double g = margin_gap(&margin[m], cell, n_cells, &at);
            if (g > gap) {
                gap = g;
                by = &margin[m];
                worst = at;
            }
        }
        sweep++;
    }
    *ret_gap = gap;
    *ret_sweeps = sweep;
    if (gap <= epsilon)
        return TF_OK;
    (void)tf_fail(reterr, TF_E_CONVERGE, "raking did not reach its totals after %zu sweeps", sweep);
    (void)tf_fact(reterr, "%s = %s is missed by a ratio of %s (allowed: %s)", by->name,
                  by->codes->text[worst], tf_double_text(arena, gap),
                  tf_double_text(arena, epsilon));
    return tf_help(reterr, "Do the margins add up to the same population? Is a crossing empty?");
}

enum tf_code tf_rake(struct tf_arena *arena, const struct tf_table *t, double *w,
                     const struct tf_margin *margin, size_t n_margins, double epsilon,
                     size_t max_sweeps, double *ret_gap, size_t *ret_sweeps, struct tf_err *reterr)
{
    struct margin *m = TF_NEW_N(arena, struct margin, n_margins + 1);
    const struct tf_codes **codes = TF_NEW_N(arena, const struct tf_codes *, n_margins + 1);
    if (n_margins == 0)
        return tf_fail(reterr, TF_E_INPUT, "raking needs at least one margin");
    for (size_t k = 0; k < n_margins; k++) {
        TF_TRY(open_margin(arena, t, &margin[k], &m[k], reterr));
        codes[k] = m[k].codes;
    }
    const struct tf_crossing x = tf_codes_cross(arena, codes, n_margins, NULL, t->n_rows);
    double *before = TF_NEW_N(arena, double, x.n), *cell = TF_NEW_N(arena, double, x.n);
    for (size_t row = 0; row < t->n_rows; row++)
        before[x.of[row]] += w[row];
    for (size_t k = 0; k < x.n; k++)
        cell[k] = before[k];
    for (size_t j = 0; j < n_margins; j++) {
        m[j].of_cell = TF_NEW_N(arena, uint32_t, x.n);
        for (size_t k = 0; k < x.n; k++)
            m[j].of_cell[k] = codes[j]->of[x.first[k]];
    }
    double gap;
    size_t sweeps;
    TF_TRY(fit(arena, m, n_margins, cell, x.n, epsilon, max_sweeps, &gap, &sweeps, reterr));
    for (size_t row = 0; row < t->n_rows; row++)
        w[row] *= cell[x.of[row]] / before[x.of[row]];
    *ret_gap = gap;
    *ret_sweeps = sweeps;
    return TF_OK;
}
