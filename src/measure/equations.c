/* The calibration equations: weights as near to the base weights as known totals allow.
 *
 *     sum_k d_k F(x_k'l) x_k = t,        w_k = g_k d_k,  g_k = F(x_k'l)
 *
 * F comes from the distance that is kept small (Deville & Särndal 1992, JASA 87, 376-382; Deville,
 * Särndal & Sautory 1993, JASA 88, 1013-1020), within bounds L <= g <= U where there are any:
 *
 *     linear    1 + u, cut at the bounds
 *     raking    exp u, cut at the bounds
 *     logit     (L(U-1) + U(1-L) e^{Au}) / (U-1 + (1-L) e^{Au}),  A = (U-L) / ((U-1)(1-L))
 *     sinh      (s + sqrt(s^2 + 4)) / 2, s = asinh 2u, cut at the bounds   (alpha = 1, as R
 *     cal.sinh)
 *
 * All are increasing, so the equations are the gradient of a concave function of l, and Newton's
 * method with a step that is halved while it climbs past the top finds the one solution there is,
 * if there is one. Columns that are combinations of earlier ones get no l of their own; their
 * totals must be met all the same.
 *
 * As in R (grake), where every total is more than 20 times its sample sum the base weights are
 * first multiplied by the mean ratio, and bounds hold for what is done after that. */
#include <math.h>
#include <string.h>

#include "measure/calibrate.h"

/* ---- Normal equations --------------------------------------------------------------------- */

static const double DEPENDENT = 1e-11; /* of a column's square, after earlier columns */

size_t tf_normal_factor(double *a, size_t p, double *scale, bool *keep)
{
    size_t rank = 0;
    for (size_t j = 0; j < p; j++) {
        scale[j] = a[j + j * p] > 0 ? 1 / sqrt(a[j + j * p]) : 0;
        keep[j] = false;
    }
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < p; i++)
            a[i + j * p] *= scale[i] * scale[j];
    for (size_t j = 0; j < p; j++) {
        double d = a[j + j * p];
        for (size_t k = 0; k < j; k++)
            d -= a[j + k * p] * a[j + k * p];
        keep[j] = d > DEPENDENT;
        rank += keep[j];
        const double root = keep[j] ? sqrt(d) : 0;
        for (size_t i = j + 1; i < p; i++) {
            double s = a[i + j * p];
            for (size_t k = 0; k < j; k++)
                s -= a[i + k * p] * a[j + k * p];
            a[i + j * p] = keep[j] ? s / root : 0;
        }
        a[j + j * p] = root;
    }
    return rank;
}

void tf_normal_solve(const double *l, size_t p, const double *scale, const bool *keep, double *b)
{
    for (size_t i = 0; i < p; i++) {
        b[i] *= scale[i];
        for (size_t k = 0; k < i; k++)
            b[i] -= l[i + k * p] * b[k];
        b[i] = keep[i] ? b[i] / l[i + i * p] : 0;
    }
    for (size_t i = p; i-- > 0;) {
        for (size_t k = i + 1; k < p; k++)
            b[i] -= l[k + i * p] * b[k];
        b[i] = keep[i] ? b[i] / l[i + i * p] : 0;
    }
    for (size_t i = 0; i < p; i++)
        b[i] *= scale[i];
}

/* ---- F and its derivative ------------------------------------------------------------------ */

static double cut(double g, double low, double high, double *slope)
{
    if (g > low && g < high)
        return g;
    *slope = 0;
    return g <= low ? low : high;
}

static double logit_f(double u, double low, double high, double *slope)
{
    const double a = (high - low) / ((high - 1) * (1 - low)), e = exp(-fabs(a * u));
    const double below = a * u > 0 ? e : 1, above = a * u > 0 ? 1 : e;
    const double g = (low * (high - 1) * below + high * (1 - low) * above) /
                     ((high - 1) * below + (1 - low) * above);
    *slope = a * (g - low) * (high - g) / (high - low);
    return g;
}

static double sinh_f(double u, double *slope)
{
    const double s = asinh(2 * u), root = sqrt(s * s + 4);
    *slope = (1 + s / root) / sqrt(1 + 4 * u * u);
    return (s + root) / 2;
}

static double f_of(const struct tf_equations *e, size_t k, double u, double *slope)
{
    const double low = e->lower != NULL ? e->lower[k] : -(double)INFINITY;
    const double high = e->upper != NULL ? e->upper[k] : (double)INFINITY;
    switch (e->distance) {
    case TF_LINEAR:
        *slope = 1;
        return cut(1 + u, low, high, slope);
    case TF_RAKING:
        *slope = exp(u);
        return cut(*slope, low, high, slope);
    case TF_LOGIT:
        return logit_f(u, low, high, slope);
    case TF_SINH: {
        const double g = sinh_f(u, slope);
        return cut(g, low, high, slope);
    }
    }
    return (double)NAN;
}

/* ---- Newton's method ---------------------------------------------------------------------- */

struct newton {
    const struct tf_equations *e;
    double factor;                    /* on d */
    double *slope, *u, *from;         /* [n] */
    double *t;                        /* [p x p] */
    double *miss, *delta, *scale;         /* [p] */
    bool *keep;
};

/* g, slopes and what is missing of the totals at u; false when a number has no end. */
static bool evaluate(const struct newton *w, double *g)
{
    const struct tf_equations *e = w->e;
    bool finite = true;
    for (size_t k = 0; k < e->n; k++) {
        g[k] = 1;
        w->slope[k] = 0;
        if (e->d[k] > 0 || e->d[k] < 0)
            g[k] = f_of(e, k, w->u[k], &w->slope[k]);
        finite = finite && isfinite(g[k]) && isfinite(w->slope[k]);
    }
    for (size_t j = 0; j < e->p; j++) {
        struct tf_sum s = {0};
        for (size_t k = 0; finite && k < e->n; k++)
            tf_sum_add(&s, e->d[k] * g[k] * e->x[j][k]);
        w->miss[j] = e->total[j] - w->factor * tf_sum_of(&s);
    }
    return finite;
}

static double gap_of(const struct newton *w, size_t *ret_worst)
{
    double gap = 0;
    for (size_t j = 0; j < w->e->p; j++) {
        const double off = fabs(w->miss[j]) / (1 + fabs(w->e->total[j]));
        if (!(off <= gap)) {
            gap = off;
            *ret_worst = j;
        }
    }
    return gap;
}

static double slope_along(const struct newton *w)
{
    double s = 0;
    for (size_t j = 0; j < w->e->p; j++)
        s += w->delta[j] * w->miss[j];
    return s;
}

/* One step of Newton, halved while it is past the top by more than it was before it. */
static bool step(const struct newton *w, double *g)
{
    const struct tf_equations *e = w->e;
    for (size_t i = 0; i < e->p; i++)
        for (size_t j = 0; j <= i; j++) {
            double s = 0;
            for (size_t k = 0; k < e->n; k++)
                s += e->d[k] * w->slope[k] * e->x[i][k] * e->x[j][k];
            w->t[i + j * e->p] = w->t[j + i * e->p] = s * w->factor;
        }
    (void)tf_normal_factor(w->t, e->p, w->scale, w->keep);
    memcpy(w->delta, w->miss, e->p * sizeof *w->delta);
    tf_normal_solve(w->t, e->p, w->scale, w->keep, w->delta);
    memcpy(w->from, w->u, e->n * sizeof *w->from);
    const double before = slope_along(w);
    if (!(before > 0))
        return false; /* nothing more to climb */
    for (double size = 1; size > 1e-6; size /= 2) {
        for (size_t k = 0; k < e->n; k++) {
            double up = 0;
            for (size_t j = 0; j < e->p; j++)
                up += w->delta[j] * e->x[j][k];
            w->u[k] = w->from[k] + size * up;
        }
        if (evaluate(w, g) && slope_along(w) >= -0.9 * before)
            return true;
    }
    return false;
}

/* R's rule for base weights far below the population. */
static double first_factor(const struct newton *w)
{
    const struct tf_equations *e = w->e;
    double least = (double)INFINITY, sum = 0;
    if (e->distance == TF_LINEAR && e->lower == NULL && e->upper == NULL)
        return 1;
    for (size_t j = 0; j < e->p; j++) {
        double s = 0;
        for (size_t k = 0; k < e->n; k++)
            s += e->d[k] * e->x[j][k];
        const double ratio = e->total[j] / s;
        if (!isfinite(ratio))
            return 1;
        least = ratio < least ? ratio : least;
        sum += ratio;
    }
    return e->p > 0 && least > 20 ? sum / (double)e->p : 1;
}

bool tf_equations_solve(const struct tf_equations *e, double *g, struct tf_solved *ret)
{
    double *at = e->work;
    struct newton w = {.e = e, .slope = at, .u = at + e->n, .from = at + 2 * e->n};
    at += 3 * e->n;
    w.t = at;
    at += e->p * e->p;
    w.miss = at;
    w.delta = at + e->p;
    w.scale = at + 2 * e->p;
    w.keep = (bool *)(void *)(at + 3 * e->p);
    *ret = (struct tf_solved){0};
    memset(w.u, 0, e->n * sizeof *w.u);
    w.factor = first_factor(&w);
    ret->rescaled = w.factor > 1;
    bool going = evaluate(&w, g);
    ret->gap = gap_of(&w, &ret->worst);
    while (going && !(ret->gap <= e->epsilon) && ret->iterations < e->max_iterations) {
        going = step(&w, g);
        ret->gap = gap_of(&w, &ret->worst);
        ret->iterations++;
    }
    for (size_t k = 0; k < e->n; k++) {
        ret->at_bound += e->d[k] > 0 && ((e->lower != NULL && g[k] <= e->lower[k]) ||
                                         (e->upper != NULL && g[k] >= e->upper[k]));
        g[k] *= w.factor;
    }
    ret->dependent = ret->iterations > 0 && e->p > 0 && !w.keep[ret->worst];
    ret->reached = e->p > 0 ? e->total[ret->worst] - w.miss[ret->worst] : 0;
    return ret->gap <= e->epsilon;
}
