/* The distribution of a weighted sum of chi-squares: what Rao-Scott tests need.
 *
 * In a sample of clusters Pearson's X^2 is not chi-square but sum_k lambda_k chi2_1, the lambda
 * being the design effects of the contrasts tested (Rao & Scott 1984, Ann. Statist. 12, 46-60).
 * When they were estimated with few degrees of freedom, the sum stands over chi2_ddf / ddf; then
 *
 *     P(sum lambda chi2_1 / (chi2_ddf / ddf) > x) = P(sum lambda chi2_1 - (x / ddf) chi2_ddf > 0)
 *
 * which is a sum of the same kind with one negative weight, of ddf degrees of freedom. Three
 * answers:
 *
 *   Satterthwaite  a scaled chi-square (F) with the same mean and variance
 *   saddlepoint    Kuonen (1999, Biometrika 86, 929-935), with the limits of R's survey: where the
 *                  root lies within 1e-4 of zero (x is close to the mean) Satterthwaite answers
 *   exact          the inversion integral of the moment generating function M,
 *
 *         P(Q > x) = 1 / (2 pi i)  int  M(s) exp(-s x) / s  ds,    0 < Re s < 1 / (2 max lambda)
 *
 *     taken through (about) the saddlepoint, where nothing cancels, so that small probabilities
 *     keep their digits (Rice 1980, SIAM J. Sci. Stat. Comput. 1, 438-448). The path is a hyperbola
 *     that bends round the branch cut, on which the trapezoidal rule converges exponentially
 *     (Weideman & Trefethen 2007, Math. Comp. 76, 1341-1356); the step is halved until nothing
 *     changes.
 *
 *          Im s |        . `
 *               |     .`              cut: [1 / (2 max lambda), inf)
 *       --------o---c---------------============
 *              pole  `.
 *               |       ` .
 *
 * Of a ddf that is no whole number the whole part counts, as in R (in both its forms): the test
 * becomes a trifle more careful. Held by tests/measure/test_chisqsum.c. */
#include <float.h>
#include <math.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/model.h"

/* The sum sum_k lambda_k chi2_1 - minus chi2_times > x. */
struct weighted {
    const double *lambda;
    size_t n;
    double minus, times; /* times 0: nothing is taken away */
    double x, largest;
};

/* ---- Satterthwaite ------------------------------------------------------------------------ */

static double satterthwaite(double x, const double *lambda, size_t n, double ddf)
{
    double mean = 0, square = 0;
    for (size_t k = 0; k < n; k++) {
        mean += lambda[k] / (double)n;
        square += lambda[k] * lambda[k] / (double)n;
    }
    const double spread = square / (mean * mean), df = (double)n / spread;
    return isfinite(ddf) ? pf(x / (mean * (double)n), df, ddf, 0, 0)
                         : pchisq(x / (mean * spread), df, 0, 0);
}

/* ---- The cumulant function on the real axis ------------------------------------------------ */

/* K(s) = -1/2 sum m log(1 - 2 lambda s) - s x and its first two derivatives. */
struct cumulant {
    double k, k1, k2;
};

static struct cumulant cumulant_at(const struct weighted *q, double s)
{
    struct cumulant c = {-s * q->x, -q->x, 0};
    for (size_t j = 0; j < q->n; j++) {
        const double left = 1 - 2 * q->lambda[j] * s, r = q->lambda[j] / left;
        c.k -= log(left) / 2;
        c.k1 += r;
        c.k2 += 2 * r * r;
    }
    if (q->times > 0) {
        const double left = 1 + 2 * q->minus * s, r = -q->minus / left;
        c.k -= q->times * log(left) / 2;
        c.k1 += q->times * r;
        c.k2 += 2 * q->times * r * r;
    }
    return c;
}

/* The root of K' between lo and hi, where K' rises; false when it does not change sign there. */
static bool saddle_between(const struct weighted *q, double lo, double hi, double *ret)
{
    if (!(cumulant_at(q, lo).k1 < 0) || !(cumulant_at(q, hi).k1 > 0))
        return false;
    double s = (lo + hi) / 2;
    for (int k = 0; k < 200 && hi - lo > 4 * DBL_EPSILON * fabs(s); k++) {
        const struct cumulant c = cumulant_at(q, s);
        *(c.k1 > 0 ? &hi : &lo) = s;
        const double newton = s - c.k1 / c.k2;
        const bool inside = newton > lo && newton < hi;
        if (inside && fabs(newton - s) <= 2 * DBL_EPSILON * fabs(s))
            break;
        s = inside && k % 3 != 2 ? newton : (lo + hi) / 2; /* a bisection at times: never slow */
    }
    *ret = s;
    return true;
}

/* ---- Exact --------------------------------------------------------------------------------- */

/* log and angle of (1 - 2 lambda (a + bi))^-m/2, added up. */
static void add_factor(double lambda, double m, double a, double b, double *size, double *angle)
{
    const double re = 1 - 2 * lambda * a, im = -2 * lambda * b;
    *size -= m * log(hypot(re, im)) / 2;
    *angle -= m * atan2(im, re) / 2;
}

struct path { /* s(u) = c - k sin(tilt) + k i sinh(u - i tilt) */
    double c, k, tilt;
};

/* Real part of the integrand at u, without the factor exp(K(c)), and its modulus. */
static double integrand(const struct weighted *q, const struct path *p, double u, double top,
                        double *ret_modulus)
{
    const double a = p->c + p->k * sin(p->tilt) * (cosh(u) - 1), b = p->k * cos(p->tilt) * sinh(u);
    double size = -a * q->x - top, angle = -b * q->x;
    for (size_t j = 0; j < q->n; j++)
        add_factor(q->lambda[j], 1, a, b, &size, &angle);
    if (q->times > 0)
        add_factor(-q->minus, q->times, a, b, &size, &angle);
    /* times k cosh(u - i tilt) / s */
    const double re = p->k * cosh(u) * cos(p->tilt), im = -p->k * sinh(u) * sin(p->tilt);
    size += log(hypot(re, im) / hypot(a, b));
    angle += atan2(im, re) - atan2(b, a);
    *ret_modulus = exp(size);
    return *ret_modulus * cos(angle);
}

/* Trapezoidal sum of step h from 0 (by half) until terms are below the last digit. */
static double trapezoid(const struct weighted *q, const struct path *p, double top, double h)
{
    double modulus, sum = integrand(q, p, 0, top, &modulus) / 2, largest = modulus;
    for (size_t k = 1; k < 100000 && modulus > 1e-18 * largest; k++) {
        sum += integrand(q, p, (double)k * h, top, &modulus);
        largest = modulus > largest ? modulus : largest;
    }
    return sum * h;
}

static double exact(const struct weighted *q)
{
    const double cut = 1 / (2 * q->largest), tilt = 0.3;
    double spread = 2 * q->times * q->minus * q->minus, s = 0;
    for (size_t j = 0; j < q->n; j++)
        spread += 2 * q->lambda[j] * q->lambda[j];
    /* Left of the mean the saddlepoint is beyond the pole: a point close to it on our side does. */
    const double least = fmin(0.5 / sqrt(spread), cut / 2);
    if (!saddle_between(q, least, cut * (1 - 1e-12), &s))
        s = least;
    const struct path path = {s, fmin((cut - s) / (1 - sin(tilt)), 1.4 * s), tilt};
    const double top = cumulant_at(q, s).k;
    double h = 0.2, last = trapezoid(q, &path, top, h), now = last;
    for (int k = 0; k < 8; k++) {
        h /= 2;
        now = trapezoid(q, &path, top, h);
        if (fabs(now - last) <= 1e-13 * fabs(now))
            break;
        last = now;
    }
    const double p = exp(top) * now / M_PI;
    return fmin(fmax(p, 0), 1);
}

/* ---- Saddlepoint --------------------------------------------------------------------------- */

/* Lugannani & Rice in the form of Barndorff-Nielsen. The weights are scaled to a largest one of 1,
 * since the limits below are stated for that scale. */
static double saddlepoint(const struct weighted *q, double otherwise)
{
    const double d = q->largest;
    double least = 0, sum = 0, lo, s; /* least: the most negative weight */
    for (size_t j = 0; j < q->n; j++) {
        least = fmin(least, q->lambda[j] / d);
        sum += q->lambda[j] / d;
    }
    if (q->times > 0)
        least = fmin(least, -q->minus / d);
    if (least < 0)
        lo = 0.99999 / (2 * least);
    else
        lo = q->x / d > sum ? -0.01 : -(double)q->n / (2 * q->x / d);
    if (!saddle_between(q, lo / d, 0.99999 / (2 * d), &s))
        return exact(q); /* too far out for the limits: the integral has none */
    if (fabs(s * d) < 1e-4)
        return otherwise;
    const struct cumulant c = cumulant_at(q, s);
    const double w = copysign(sqrt(-2 * c.k), s), v = s * sqrt(c.k2);
    return pnorm(w + log(v / w) / w, 0, 1, 0, 0);
}

double tf_chisqsum(double x, const double *lambda, size_t n, double ddf, enum tf_chisqsum method)
{
    struct weighted q = {.lambda = lambda, .n = n, .x = x};
    bool broken = n == 0 || isnan(x) || isnan(ddf) || !(ddf > 0);
    for (size_t k = 0; k < n && !broken; k++) {
        broken = !isfinite(lambda[k]);
        q.largest = fmax(q.largest, lambda[k]);
    }
    if (broken || !(q.largest > 0))
        return (double)NAN;
    if (x <= 0)
        return 1;
    const double guess = satterthwaite(x, lambda, n, ddf);
    if (method == TF_SATTERTHWAITE || !isfinite(x))
        return guess;
    if (isfinite(ddf)) {
        q.minus = x / ddf;
        q.times = floor(ddf * (1 + 1e-12)); /* 397.99999999999994 was meant as 398 */
        q.x = 0;
        if (!(q.times >= 1))
            return guess;
    }
    return method == TF_EXACT ? exact(&q) : saddlepoint(&q, guess);
}
