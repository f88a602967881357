/* What n interviews can tell: the two tables that a plan is discussed over.
 *
 * Precision: for shares of 1 to 50 % and several design effects, the half-width of the interval in
 * the usual form, z sqrt(deff p (1 - p) / n), and the limits of the logit interval, which is the
 * one that is printed with the estimates: for small shares it is not symmetrical, and its width is
 * the honest one.
 *
 * Weights: what unequal weights cost can be taken from an earlier survey, 1 + cv^2 (Kish 1992).
 *
 * Takes: the same precision reached with few interviews in many PSUs or many in few. With an
 * effective size n* = n / deff, a take of b needs n* (1 + (b - 1) icc) w interviews (w: deff of
 * weights) in n / b PSUs; where costs are given, so is what it costs. */
#define MATHLIB_STANDALONE
#include <Rmath.h>
#include <math.h>

#include "base/sheet.h"
#include "draw/inside.h"

enum tf_code tf_weights_deff(struct tf_arena *arena, const char *path, const char *column,
                             double *ret, struct tf_err *reterr)
{
    struct tf_sheet *s;
    size_t col;
    double sum = 0, squares = 0;
    TF_TRY(tf_sheet_read(arena, path, &s, reterr));
    TF_TRY(tf_sheet_need(s, column, &col, reterr));
    if (s->t->n_rows == 0)
        return tf_fail_at(reterr, TF_E_INPUT, path, 0, 0, "the file has no weights");
    for (size_t row = 0; row < s->t->n_rows; row++) {
        const char *text = tf_sheet_text(s, row, col);
        double w = 0;
        if (!tf_parse_double(text, &w) || !(w > 0) || w > 1e100) {
            (void)tf_sheet_fail(s, row, col, reterr, "the weight '%s' is not usable", text);
            return tf_help(reterr, "Weights are above 0; take out the cases without one.");
        }
        sum += w;
        squares += w * w;
    }
    *ret = (double)s->t->n_rows * squares / (sum * sum);
    return TF_OK;
}

static const double shares[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5};
enum { SHARES = sizeof shares / sizeof shares[0] };

struct tf_table *tf_precision_table(struct tf_arena *arena, double n, double level,
                                    const double *deff, size_t n_deff)
{
    static const char *const column[] = {"share", "deff", "half_width", "low", "high"};
    struct tf_table *t = draw_table(arena, "precision", SHARES * n_deff, column, 0, 5);
    const double z = qnorm(0.5 + level / 2, 0, 1, 1, 0);
    for (size_t k = 0; k < SHARES; k++)
        for (size_t d = 0; d < n_deff; d++) {
            const double p = shares[k], se = sqrt(deff[d] * p * (1 - p) / n);
            const double centre = log(p / (1 - p)), half = z * se / (p * (1 - p));
            const double cell[] = {p, deff[d], z * se, 1 / (1 + exp(half - centre)),
                                   1 / (1 + exp(-centre - half))};
            for (size_t c = 0; c < 5; c++)
                draw_put_number(t, c, k * n_deff + d, cell[c]);
        }
    return t;
}

struct tf_table *tf_take_table(struct tf_arena *arena, const struct tf_plan *p)
{
    static const double takes[] = {1, 5, 8, 10, 12, 15, 20, 25, 30, 40};
    enum { TAKES = sizeof takes / sizeof takes[0] };
    static const char *const column[] = {"take", "deff", "interviews", "psus", "cost"};
    struct tf_table *t = draw_table(arena, "takes", TAKES, column, 0, 5);
    const double weights = p->deff / p->deff_cluster;
    for (size_t k = 0; k < TAKES; k++) {
        const double deff = (1 + (takes[k] - 1) * p->in.icc) * weights;
        const double n = ceil(p->n_effective * deff - 1e-9), psus = ceil(n / takes[k] - 1e-9);
        const double cell[] = {takes[k], deff, n, psus,
                               psus * p->in.cost_psu + n * p->in.cost_interview};
        for (size_t c = 0; c < 5; c++)
            draw_put_number(t, c, k, cell[c]);
    }
    return t;
}
