/* What a generalised linear model does with each row: inverse link, weight, score, deviance; and
 * the cross-products of a block of rows.
 *
 * A million rows, eleven columns and six rounds are some 10^9 operations, so this is written for
 * the vector units: eight lanes wide, in blocks of 512 rows that stay in the first cache. The
 * lanes are part of the definition: lane l sums rows l, l + 8, …, whatever the processor's width,
 * nothing is fused, and exp and log are ours, so that every machine gives the same bits. The same
 * text is compiled for two widths and chosen at run time.
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

typedef double v4 __attribute__((vector_size(32), aligned(8), may_alias));
typedef int64_t i4 __attribute__((vector_size(32), aligned(8), may_alias));
enum { HALF = 4 }; /* the eight lanes are two vectors of four */
#define ALWAYS static inline __attribute__((always_inline))
#define PICK(mask, a, b) ((v4)(((i4)(a) & (mask)) | ((i4)(b) & ~(mask))))
#define SPREAD(x) {(x), (x), (x), (x)}
static const v4 one = SPREAD(1.0), two = SPREAD(2.0), zero = SPREAD(0.0);

/* *x = exp(*x) for -708 <= x <= 0; below: 3e-308, as good as 0 here. */
ALWAYS void exp_negative(v4 *x)
{
    const v4 low = SPREAD(-708.0), log2e = SPREAD(1.4426950408889634074),
             ln2_hi = SPREAD(6.93147180369123816490e-01),
             ln2_lo = SPREAD(1.90821492927058770002e-10), magic = SPREAD(6755399441055744.0);
    static const double even[] = {1.0 / 479001600.0, 1.0 / 3628800.0, 1.0 / 40320.0, 1.0 / 720.0,
                                  1.0 / 24.0,        0.5,             1.0};
    static const double odd[] = {1.0 / 6227020800.0, 1.0 / 39916800.0, 1.0 / 362880.0,
                                 1.0 / 5040.0,       1.0 / 120.0,      1.0 / 6.0,
                                 1.0};
    const v4 v = PICK(*x < low, low, *x);
    const v4 shifted = v * log2e + magic; /* the whole part sits in the low bits */
    const v4 k = shifted - magic;
    const v4 r = (v - k * ln2_hi) - k * ln2_lo;
    const v4 q = r * r; /* even and odd powers apart: two short chains instead of a long one */
    v4 s = SPREAD(even[0]), t = SPREAD(odd[0]);
    for (size_t j = 1; j < sizeof odd / sizeof odd[0]; j++) {
        const v4 a = SPREAD(even[j]), b = SPREAD(odd[j]);
        s = s * q + a;
        t = t * q + b;
    }
    s += r * t;
    const i4 bias = SPREAD(1023);
    const i4 whole = ((i4)shifted << 32) >> 32; /* two's complement of k */
    *x = s * (v4)((whole + bias) << 52);
}

/* *u = log(*u) for 1 <= u <= 2. */
ALWAYS void log_to_two(v4 *u)
{
    const v4 half = SPREAD(0.5), root = SPREAD(1.4142135623730951),
             ln2 = SPREAD(6.93147180559945309417e-01);
    const i4 large = *u > root;
    const v4 m = PICK(large, *u * half, *u);
    const v4 s = (m - one) / (m + one), q = s * s;
    const v4 qq = q * q;
    v4 sum = SPREAD(1.0 / 21.0), other = SPREAD(1.0 / 23.0); /* 1, 1/5, …; 1/3, 1/7, … */
    for (int j = 17; j >= 1; j -= 4) {
        const v4 a = SPREAD(1.0 / j), b = SPREAD(1.0 / (j + 2));
        sum = sum * qq + a;
        other = other * qq + b;
    }
    sum += q * other;
    *u = two * s * sum + PICK(large, ln2, zero);
}

ALWAYS void logit_half(const struct tf_glm_block *b, size_t k, v4 *deviance)
{
    const v4 floor = SPREAD(DBL_EPSILON);
    const v4 eta = *(const v4 *)(b->eta + k), y = *(const v4 *)(b->y + k),
             w = *(const v4 *)(b->w + k);
    const i4 up = eta > zero;
    v4 e = PICK(up, -eta, eta);
    exp_negative(&e);
    const v4 u = one + e, inverse = one / u, mu = PICK(up, one, e) * inverse;
    v4 slope = e * inverse * inverse, soft = u;
    slope = PICK(slope < floor, floor, slope);
    log_to_two(&soft);
    *(v4 *)(b->mu + k) = mu;
    *(v4 *)(b->working + k) = w * slope;
    *(v4 *)(b->score + k) = w * (y - mu);
    *deviance += two * w * (soft + PICK(up, eta, zero) - y * eta);
}

ALWAYS void logit_body(struct tf_glm_block *b)
{
    v4 low = *(const v4 *)b->deviance, high = *(const v4 *)(b->deviance + HALF);
    for (size_t k = 0; k < TF_GLM_BLOCK; k += TF_GLM_LANES) {
        logit_half(b, k, &low);
        logit_half(b, k + HALF, &high);
    }
    *(v4 *)b->deviance = low;
    *(v4 *)(b->deviance + HALF) = high;
}

ALWAYS void load_body(const double *column, double centre, double unit, double slope, double *x,
                      double *eta)
{
    const v4 c = SPREAD(centre), inverse = SPREAD(1 / unit), b = SPREAD(slope);
    for (size_t k = 0; k < TF_GLM_BLOCK; k += TF_GLM_LANES) {
        __builtin_prefetch(column + k + TF_GLM_BLOCK); /* a block is a page: the next is far */
        const v4 low = (*(const v4 *)(column + k) - c) * inverse;
        const v4 high = (*(const v4 *)(column + k + HALF) - c) * inverse;
        *(v4 *)(x + k) = low;
        *(v4 *)(x + k + HALF) = high;
        *(v4 *)(eta + k) += b * low;
        *(v4 *)(eta + k + HALF) += b * high;
    }
}

/* acc[c][lane] += a x_c for `many` (1..4) columns side by side: as many sums under way as hide the
 * time that one addition takes. Written out, for compilers that do not unroll. */
#define OPEN(c)                                                                          \
    v4 low##c = zero, high##c = zero;                                                    \
    if (many > (c)) {                                                                    \
        low##c = *(const v4 *)(acc + (c) * TF_GLM_LANES);                                \
        high##c = *(const v4 *)(acc + (c) * TF_GLM_LANES + HALF);                        \
    }
#define STEP(c)                                                                          \
    if (many > (c)) {                                                                    \
        low##c += y * *(const v4 *)(x + (c) * TF_GLM_BLOCK + k);                         \
        high##c += z * *(const v4 *)(x + (c) * TF_GLM_BLOCK + k + HALF);                 \
    }
#define CLOSE(c)                                                                         \
    if (many > (c)) {                                                                    \
        *(v4 *)(acc + (c) * TF_GLM_LANES) = low##c;                                      \
        *(v4 *)(acc + (c) * TF_GLM_LANES + HALF) = high##c;                              \
    }
ALWAYS void dots(const double *a, const double *x, int many, double *acc)
{
    OPEN(0) OPEN(1) OPEN(2) OPEN(3)
    for (size_t k = 0; k < TF_GLM_BLOCK; k += TF_GLM_LANES) {
        const v4 y = *(const v4 *)(a + k), z = *(const v4 *)(a + k + HALF);
        STEP(0) STEP(1) STEP(2) STEP(3)
    }
    CLOSE(0) CLOSE(1) CLOSE(2) CLOSE(3)
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
        for (size_t k = 0; k < TF_GLM_BLOCK; k += HALF)
            *(v4 *)(wx + k) = *(const v4 *)(w + k) * *(const v4 *)(x + j * TF_GLM_BLOCK + k);
        acc = all_dots(wx, x, j, p, acc);
    }
}

/* ---- The same for two widths -------------------------------------------------------------- */

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
#define CHOOSE(name, ...)                            \
    do {                                             \
        if (__builtin_cpu_supports("avx2"))          \
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
