/* What a generalised linear model does with each row: inverse link, weight, score, deviance; and
 * the cross-products of a block of rows.
 *
 * A million rows, eleven columns and six rounds are some 10^9 operations, so this is written for
 * the vector units: eight lanes wide, in blocks of 512 rows that stay in the first cache. The
 * lanes are part of the definition: lane l sums rows l, l + 8, …, whatever the processor's width,
 * nothing is fused, and exp and log are ours, so that every machine gives the same bits. The same
 * text is compiled for three widths and chosen at run time.
 *
 * exp: x = k ln 2 + r, |r| <= ln 2 / 2, Taylor's polynomial to r^13 / 13! (error below 1e-17),
 * Cody & Waite 1980 in two parts of ln 2. log1p(e) for 0 <= e <= 1: of u = 1 + e, by atanh((u - 1)
 * / (u + 1)). Both are within 2 units in the last place.
 *
 * Only the logit has a vector path; other links use the C library row by row. R's guards hold: the
 * slope of logit, probit and cloglog is kept above the machine epsilon (stats::make.link). */
#include "measure/glm_rows.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

typedef double v8 __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t i8 __attribute__((vector_size(64), aligned(8), may_alias));
#define ALWAYS static inline __attribute__((always_inline))
#define PICK(mask, a, b) ((v8)(((i8)(a) & (mask)) | ((i8)(b) & ~(mask))))
#define SPREAD(x) {(x), (x), (x), (x), (x), (x), (x), (x)}
static const v8 one = SPREAD(1.0), two = SPREAD(2.0), zero = SPREAD(0.0);

/* *x = exp(*x) for -708 <= x <= 0; below: 3e-308, as good as 0 here. */
ALWAYS void exp_negative(v8 *x)
{
    const v8 low = SPREAD(-708.0), log2e = SPREAD(1.4426950408889634074),
             ln2_hi = SPREAD(6.93147180369123816490e-01),
             ln2_lo = SPREAD(1.90821492927058770002e-10), magic = SPREAD(6755399441055744.0);
    static const double c[] = {1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0,
                               1.0 / 3628800.0,    1.0 / 362880.0,    1.0 / 40320.0,
                               1.0 / 5040.0,       1.0 / 720.0,       1.0 / 120.0,
                               1.0 / 24.0,         1.0 / 6.0,         0.5,
                               1.0,                1.0};
    const v8 v = PICK(*x < low, low, *x);
    const v8 shifted = v * log2e + magic; /* the whole part sits in the low bits */
    const v8 k = shifted - magic;
    const v8 r = (v - k * ln2_hi) - k * ln2_lo;
    v8 s = SPREAD(c[0]);
    for (size_t j = 1; j < sizeof c / sizeof c[0]; j++) {
        const v8 next = SPREAD(c[j]);
        s = s * r + next;
    }
    const i8 bias = SPREAD(1023);
    const i8 whole = ((i8)shifted << 32) >> 32; /* two's complement of k */
    *x = s * (v8)((whole + bias) << 52);
}

/* *u = log(*u) for 1 <= u <= 2. */
ALWAYS void log_to_two(v8 *u)
{
    const v8 half = SPREAD(0.5), root = SPREAD(1.4142135623730951),
             ln2 = SPREAD(6.93147180559945309417e-01);
    const i8 large = *u > root;
    const v8 m = PICK(large, *u * half, *u);
    const v8 s = (m - one) / (m + one), q = s * s;
    v8 sum = SPREAD(1.0 / 23.0);
    for (int j = 21; j >= 1; j -= 2) {
        const v8 next = SPREAD(1.0 / j);
        sum = sum * q + next;
    }
    *u = two * s * sum + PICK(large, ln2, zero);
}

ALWAYS void logit_body(struct tf_glm_block *b)
{
    const v8 floor = SPREAD(DBL_EPSILON);
    v8 deviance = *(const v8 *)b->deviance;
    for (size_t k = 0; k < TF_GLM_BLOCK; k += TF_GLM_LANES) {
        const v8 eta = *(const v8 *)(b->eta + k), y = *(const v8 *)(b->y + k),
                 w = *(const v8 *)(b->w + k);
        const i8 up = eta > zero;
        v8 e = PICK(up, -eta, eta);
        exp_negative(&e);
        const v8 u = one + e, mu = PICK(up, one, e) / u;
        v8 slope = e / (u * u), soft = u;
        slope = PICK(slope < floor, floor, slope);
        log_to_two(&soft);
        *(v8 *)(b->mu + k) = mu;
        *(v8 *)(b->working + k) = w * slope;
        *(v8 *)(b->score + k) = w * (y - mu);
        deviance += two * w * (soft + PICK(up, eta, zero) - y * eta);
    }
    *(v8 *)b->deviance = deviance;
}

ALWAYS void load_body(const double *column, double centre, double unit, double slope, double *x,
                      double *eta)
{
    const v8 c = SPREAD(centre), inverse = SPREAD(1 / unit), b = SPREAD(slope);
    for (size_t k = 0; k < TF_GLM_BLOCK; k += TF_GLM_LANES) {
        const v8 z = (*(const v8 *)(column + k) - c) * inverse;
        *(v8 *)(x + k) = z;
        *(v8 *)(eta + k) += b * z;
    }
}

/* acc[k][lane] += a x_k for `many` (1..4) columns side by side: as many sums under way as hide the
 * time that one addition takes. */
ALWAYS void dots(const double *a, const double *x, int many, double *acc)
{
    const double *x1 = x + (many > 1 ? TF_GLM_BLOCK : 0),
                 *x2 = x + (many > 2 ? 2 * TF_GLM_BLOCK : 0),
                 *x3 = x + (many > 3 ? 3 * TF_GLM_BLOCK : 0);
    v8 a0 = *(v8 *)acc, a1 = zero, a2 = zero, a3 = zero;
    if (many > 1)
        a1 = *(v8 *)(acc + TF_GLM_LANES);
    if (many > 2)
        a2 = *(v8 *)(acc + 2 * TF_GLM_LANES);
    if (many > 3)
        a3 = *(v8 *)(acc + 3 * TF_GLM_LANES);
    for (size_t k = 0; k < TF_GLM_BLOCK; k += TF_GLM_LANES) {
        const v8 z = *(const v8 *)(a + k);
        a0 += z * *(const v8 *)(x + k);
        if (many > 1)
            a1 += z * *(const v8 *)(x1 + k);
        if (many > 2)
            a2 += z * *(const v8 *)(x2 + k);
        if (many > 3)
            a3 += z * *(const v8 *)(x3 + k);
    }
    *(v8 *)acc = a0;
    if (many > 1)
        *(v8 *)(acc + TF_GLM_LANES) = a1;
    if (many > 2)
        *(v8 *)(acc + 2 * TF_GLM_LANES) = a2;
    if (many > 3)
        *(v8 *)(acc + 3 * TF_GLM_LANES) = a3;
}

/* The same for columns c..p-1; returns the place after their sums. */
ALWAYS double *all_dots(const double *a, const double *x, size_t c, size_t p, double *acc)
{
    for (; c + 4 <= p; c += 4, acc += (size_t)4 * TF_GLM_LANES)
        dots(a, x + c * TF_GLM_BLOCK, 4, acc);
    switch (p - c) {
    case 3: dots(a, x + c * TF_GLM_BLOCK, 3, acc); break;
    case 2: dots(a, x + c * TF_GLM_BLOCK, 2, acc); break;
    case 1: dots(a, x + c * TF_GLM_BLOCK, 1, acc); break;
    default: break;
    }
    return acc + (p - c) * TF_GLM_LANES;
}

ALWAYS void products_body(const double *x, size_t p, const double *w, const double *s, double *wx,
                          double *acc, double *gradient)
{
    (void)all_dots(s, x, 0, p, gradient);
    for (size_t j = 0; j < p; j++) {
        for (size_t k = 0; k < TF_GLM_BLOCK; k += TF_GLM_LANES)
            *(v8 *)(wx + k) = *(const v8 *)(w + k) * *(const v8 *)(x + j * TF_GLM_BLOCK + k);
        acc = all_dots(wx, x, j, p, acc);
    }
}

/* ---- The same for three widths ------------------------------------------------------------ */

#define FOR_WIDTH(name, attribute)                                                               \
    attribute static void logit_##name(struct tf_glm_block *b) { logit_body(b); }               \
    attribute static void load_##name(const double *column, double centre, double unit,         \
                                      double slope, double *x, double *eta)                     \
    {                                                                                            \
        load_body(column, centre, unit, slope, x, eta);                                          \
    }                                                                                            \
    attribute static void products_##name(const double *x, size_t p, const double *w,           \
                                          const double *s, double *wx, double *acc, double *g)  \
    {                                                                                            \
        products_body(x, p, w, s, wx, acc, g);                                                   \
    }
FOR_WIDTH(plain, )
#if defined(__x86_64__)
FOR_WIDTH(wide, __attribute__((target("avx2"))))
FOR_WIDTH(widest, __attribute__((target("avx512f"))))
#define CHOOSE(name, ...)                            \
    do {                                             \
        if (__builtin_cpu_supports("avx512f"))       \
            name##_widest(__VA_ARGS__);              \
        else if (__builtin_cpu_supports("avx2"))     \
            name##_wide(__VA_ARGS__);                \
        else                                         \
            name##_plain(__VA_ARGS__);               \
    } while (0)
#else
#define CHOOSE(name, ...) name##_plain(__VA_ARGS__)
#endif

void tf_glm_load(const double *column, double centre, double unit, double slope, double *x,
                 double *eta)
{
    CHOOSE(load, column, centre, unit, slope, x, eta);
}

void tf_glm_products(const double *x, size_t p, const double *w, const double *s, double *wx,
                     double *acc, double *gradient)
{
    CHOOSE(products, x, p, w, s, wx, acc, gradient);
}

/* ---- Links, families ---------------------------------------------------------------------- */

static const double probit_limit = 8.125890664701906; /* -qnorm(DBL_EPSILON) */

double tf_link_mean(enum tf_link link, double eta)
{
    switch (link) {
    case TF_LINK_LOG: return fmax(exp(eta), DBL_EPSILON);
    case TF_LINK_LOGIT: return eta > 0 ? 1 / (1 + exp(-eta)) : exp(eta) / (1 + exp(eta));
    case TF_LINK_PROBIT:
        return pnorm(fmin(fmax(eta, -probit_limit), probit_limit), 0, 1, 1, 0);
    case TF_LINK_CLOGLOG:
        return fmax(fmin(-expm1(-exp(eta)), 1 - DBL_EPSILON), DBL_EPSILON);
    case TF_LINK_INVERSE: return 1 / eta;
    default: return eta;
    }
}

double tf_link_slope(enum tf_link link, double eta)
{
    switch (link) {
    case TF_LINK_LOG: return fmax(exp(eta), DBL_EPSILON);
    case TF_LINK_LOGIT: {
        const double e = exp(-fabs(eta));
        return fmax(e / ((1 + e) * (1 + e)), DBL_EPSILON);
    }
    case TF_LINK_PROBIT: return fmax(dnorm(eta, 0, 1, 0), DBL_EPSILON);
    case TF_LINK_CLOGLOG: {
        const double e = fmin(eta, 700);
        return fmax(exp(e) * exp(-exp(e)), DBL_EPSILON);
    }
    case TF_LINK_INVERSE: return -1 / (eta * eta);
    default: return 1;
    }
}

static double link_of(enum tf_link link, double mu)
{
    switch (link) {
    case TF_LINK_LOG: return log(mu);
    case TF_LINK_LOGIT: return log(mu / (1 - mu));
    case TF_LINK_PROBIT: return qnorm(mu, 0, 1, 1, 0);
    case TF_LINK_CLOGLOG: return log(-log(1 - mu));
    case TF_LINK_INVERSE: return 1 / mu;
    default: return mu;
    }
}

double tf_glm_start(enum tf_family family, enum tf_link link, double y)
{
    switch (family) {
    case TF_BINOMIAL: return link_of(link, (y + 0.5) / 2);
    case TF_POISSON: return link_of(link, y + 0.1);
    case TF_GAMMA: return link_of(link, fmax(y, DBL_MIN));
    default:
        if (link == TF_LINK_LOG || link == TF_LINK_INVERSE)
            return y > 0 ? link_of(link, y) : link_of(link, DBL_EPSILON);
        return y;
    }
}

static double variance(enum tf_family family, double mu)
{
    switch (family) {
    case TF_BINOMIAL: return mu * (1 - mu);
    case TF_POISSON: return mu;
    case TF_GAMMA: return mu * mu;
    default: return 1;
    }
}

static double y_log_y(double y, double mu)
{
    return y > 0 ? y * log(y / mu) : 0;
}

static double unit_deviance(enum tf_family family, double y, double mu)
{
    switch (family) {
    case TF_BINOMIAL: return 2 * (y_log_y(y, mu) + y_log_y(1 - y, 1 - mu));
    case TF_POISSON: return 2 * (y_log_y(y, mu) - (y - mu));
    case TF_GAMMA: return -2 * (log(y > 0 ? y / mu : 1) - (y - mu) / mu);
    default: return (y - mu) * (y - mu);
    }
}

static bool is_valid(enum tf_family family, double mu)
{
    if (!isfinite(mu))
        return false;
    if (family == TF_GAUSSIAN)
        return true;
    return mu > 0 && (family != TF_BINOMIAL || mu < 1);
}

void tf_glm_rows(enum tf_family family, enum tf_link link, struct tf_glm_block *b)
{
    if (family == TF_BINOMIAL && link == TF_LINK_LOGIT) {
        CHOOSE(logit, b);
        return;
    }
    for (size_t k = 0; k < TF_GLM_BLOCK; k++) {
        const double w = b->w[k], mu = tf_link_mean(link, b->eta[k]);
        b->mu[k] = mu;
        b->working[k] = b->score[k] = 0;
        if (!(w > 0))
            continue;
        if (!is_valid(family, mu)) {
            b->invalid = true;
            continue;
        }
        const double slope = tf_link_slope(link, b->eta[k]), ratio = slope / variance(family, mu);
        b->working[k] = w * slope * ratio;
        b->score[k] = w * (b->y[k] - mu) * ratio;
        b->deviance[k % TF_GLM_LANES] += w * unit_deviance(family, b->y[k], mu);
    }
}
