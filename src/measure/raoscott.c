/* Tests of association in a two-way table of a complex sample.
 *
 * Pearson's X^2 = N sum (p_ij - p_i. p_.j)^2 / (p_i. p_.j), N cases, would be chi-square if the
 * cases had been drawn one by one. In a complex sample it is sum_k lambda_k chi2_1, the lambda
 * being the eigenvalues of
 *
 *     Delta = (C' D^-1 C / N)^-1  (C' D^-1 V D^-1 C),     D = diag(p),  V = var(p)
 *
 * with C any basis of the interactions (Rao & Scott 1984, Ann. Statist. 12, 46-60). Here C is the
 * simplest: cell (i,j) minus the first of its row minus the first of its column plus the first of
 * all; R survey projects instead, onto the same space, so that the eigenvalues are the same.
 *
 *     F            X^2 / tr Delta against F(d, d nu), d = (tr Delta)^2 / tr Delta^2; second order
 *     Chisq        X^2 / mean lambda against chi-square(q), q = (rows - 1)(cols - 1); first order
 *     exact        the sum of chi-squares itself (chisqsum.c)
 *     saddlepoint  the same by saddlepoint
 *     lincom       as R survey without its package CompQuadForm: saddlepoint
 *     Wald         Y' V_Y^-1 Y / q against F(q, nu); Y_ij = T_ij - T_i. T_.j / T of the totals
 *     adjWald      the same, adjusted for few degrees of freedom: F(q, nu - q + 1)
 *
 * As R survey 4.1: for linearised designs these three stand over chi2 with d nu degrees
 * of freedom, for replicate weights over none; X^2 counts all cases of the domain, those who did
 * not answer too (nothing but the printed X^2 depends on it). R's lincom is exact where CompQuadForm
 * is installed and the saddlepoint, with a warning, where it is not; so each answer has its own word.
 *
 * A cell of nobody has weight 0 in D^-1. A row or column of nobody must be left out by the caller. */
#include <math.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/tabulate.h"

static const char *const WORD[TF_N_ASSOCIATIONS] = {
    [TF_TEST_F] = "F",
    [TF_TEST_CHISQ] = "Chisq",
    [TF_TEST_WALD] = "Wald",
    [TF_TEST_ADJWALD] = "adjWald",
    [TF_TEST_LINCOM] = "lincom",
    [TF_TEST_SADDLEPOINT] = "saddlepoint",
    [TF_TEST_EXACT] = "exact",
};

const char *tf_association_word(enum tf_association which)
{
    return WORD[which];
}

bool tf_association_named(const char *word, enum tf_association *ret)
{
    for (size_t k = 0; k < TF_N_ASSOCIATIONS; k++)
        if (strcmp(WORD[k], word) == 0) {
            *ret = (enum tf_association)k;
            return true;
        }
    return false;
}

static const struct tf_tested UNSAID = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};

static double upper_f(double x, double df, double ddf)
{
    return x >= 0 && df > 0 && ddf > 0 ? pf(x, df, ddf, 0, 0) : (double)NAN;
}

struct tf_tested tf_tested_by_effects(double x2, const double *lambda, size_t q, double nu,
                                      bool over_f, enum tf_association which)
{
    double trace = 0, square = 0;
    for (size_t k = 0; k < q; k++) {
        trace += lambda[k];
        square += lambda[k] * lambda[k];
    }
    const double d = trace * trace / square, ddf = nu > 0 ? d * nu : (double)NAN;
    struct tf_tested t = {x2, (double)q, (double)NAN, (double)NAN};
    if (!(trace > 0) || isnan(x2))
        return UNSAID;
    switch (which) {
    case TF_TEST_F:
        return (struct tf_tested){x2 / trace, d, ddf, upper_f(x2 / trace, d, ddf)};
    case TF_TEST_CHISQ: t.p = pchisq(x2 / trace * (double)q, (double)q, 0, 0); return t;
    case TF_TEST_LINCOM:
    case TF_TEST_SADDLEPOINT:
    case TF_TEST_EXACT:
        t.ddf = over_f ? ddf : (double)NAN;
        t.p = tf_chisqsum(x2, lambda, q, over_f ? ddf : (double)INFINITY,
                          which == TF_TEST_EXACT ? TF_EXACT : TF_SADDLEPOINT);
        return t;
    case TF_TEST_WALD:
    case TF_TEST_ADJWALD:
    case TF_N_ASSOCIATIONS: break;
    }
    return UNSAID;
}

/* ---- Margins ------------------------------------------------------------------------------- */

struct margins {
    double *row, *col, all;
};

static struct margins margins_of(struct tf_arena *arena, const double *cell, size_t rows,
                                 size_t cols)
{
    struct margins m = {TF_NEW_N(arena, double, rows), TF_NEW_N(arena, double, cols), 0};
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            m.row[i] += cell[i * cols + j];
            m.col[j] += cell[i * cols + j];
            m.all += cell[i * cols + j];
        }
    return m;
}

/* ---- Rao & Scott --------------------------------------------------------------------------- */

static double pearson(struct tf_arena *arena, const double *share, size_t rows, size_t cols,
                      size_t cases)
{
    const struct margins m = margins_of(arena, share, rows, cols);
    double x2 = 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            const double expected = m.row[i] * m.col[j], gap = share[i * cols + j] - expected;
            x2 += gap * gap / expected;
        }
    return x2 * (double)cases;
}

/* The interactions weighted by 1 / p: (q x K), a row for each. */
static double *weighted_contrasts(struct tf_arena *arena, const double *share, size_t rows,
                                  size_t cols)
{
    const size_t q = (rows - 1) * (cols - 1);
    double *c = TF_NEW_N(arena, double, q * rows * cols);
    for (size_t i = 1; i < rows; i++)
        for (size_t j = 1; j < cols; j++) {
            const size_t of[4] = {i * cols + j, 0, i * cols, j};
            const size_t m = (i - 1) * (cols - 1) + j - 1;
            for (size_t k = 0; k < 4; k++)
                c[m + of[k] * q] = share[of[k]] > 0 ? (k < 2 ? 1 : -1) / share[of[k]] : 0;
        }
    return c;
}

/* The design effects of the interactions; false where the table has too many empty cells. */
static bool effects(struct tf_arena *arena, const struct tf_tabulated *t, size_t rows, size_t cols,
                    size_t cases, double *lambda)
{
    const size_t q = (rows - 1) * (cols - 1), k = rows * cols;
    const double *c = weighted_contrasts(arena, t->share, rows, cols);
    double *simple = TF_NEW_N(arena, double, q * q), *real = TF_NEW_N(arena, double, q * q);
    double *d = TF_NEW_N(arena, double, k * k);
    for (size_t i = 0; i < k; i++)
        d[i + i * k] = t->share[i] / (double)cases; /* C'D^-1 D D^-1 C / N */
    tf_sandwich(arena, c, d, q, k, simple);
    tf_sandwich(arena, c, t->v_share, q, k, real);
    for (size_t i = 0; i < q * q; i++)
        if (!isfinite(real[i]))
            return false;
    return tf_eigen_of_ratio(simple, real, q, lambda);
}

/* ---- Wald ---------------------------------------------------------------------------------- */

static struct tf_tested wald(struct tf_arena *arena, const struct tf_tabulated *t, size_t rows,
                             size_t cols, double nu, bool adjusted)
{
    const size_t q = (rows - 1) * (cols - 1), k = rows * cols;
    const struct margins m = margins_of(arena, t->total, rows, cols);
    double *jacobian = TF_NEW_N(arena, double, q * k), *v = TF_NEW_N(arena, double, q * q);
    double *y = TF_NEW_N(arena, double, q), *solved = TF_NEW_N(arena, double, q), stat = 0;
    for (size_t i = 1; i < rows; i++)
        for (size_t j = 1; j < cols; j++) {
            const size_t e = (i - 1) * (cols - 1) + j - 1;
            const double expected = m.row[i] * m.col[j] / m.all;
            y[e] = solved[e] = t->total[i * cols + j] - expected;
            for (size_t r = 0; r < rows; r++)
                for (size_t s = 0; s < cols; s++)
                    jacobian[e + (r * cols + s) * q] =
                        (r == i && s == j) - (r == i ? m.col[j] / m.all : 0) -
                        (s == j ? m.row[i] / m.all : 0) + expected / m.all;
        }
    tf_sandwich(arena, jacobian, t->v_total, q, k, v);
    if (!tf_cholesky(v, q))
        return UNSAID;
    tf_cholesky_solve(v, q, solved, 1);
    for (size_t e = 0; e < q; e++)
        stat += y[e] * solved[e];
    const double df = (double)q, ddf = adjusted ? nu - df + 1 : nu;
    stat = adjusted ? stat * ddf / (df * nu) : stat / df;
    return (struct tf_tested){stat, df, ddf, upper_f(stat, df, ddf)};
}

struct tf_tested tf_association_test(struct tf_arena *arena, const struct tf_tabulated *t,
                                     size_t rows, size_t cols, size_t cases, double nu,
                                     enum tf_association which)
{
    if (rows < 2 || cols < 2)
        return UNSAID;
    if (which == TF_TEST_WALD || which == TF_TEST_ADJWALD)
        return wald(arena, t, rows, cols, nu, which == TF_TEST_ADJWALD);
    const size_t q = (rows - 1) * (cols - 1);
    double *lambda = TF_NEW_N(arena, double, q);
    if (!effects(arena, t, rows, cols, cases, lambda))
        return UNSAID;
    return tf_tested_by_effects(pearson(arena, t->share, rows, cols, cases), lambda, q, nu,
                                !t->replicated, which);
}
