/* A product of factors, each with its error: "children affected" is a share of a share of a population.
 *
 *     estimate     prod f
 *     delta        se = sqrt(d' V d), d_k = prod f / f_k, V the covariances of the factors
 *     simulation   draws of the factors from a named stream, normal with covariances V; a share inside
 *                  0..1 on the logit scale, any other number as it is. The interval lies between the
 *                  quantiles of the products: it is not symmetric where the shares are small
 *
 * Which factors, from where, and what is printed: scaled.c for recipes, scaled_figure.c for studies. */
#include <math.h>
#include <stdlib.h>

#include "measure/product.h"

double tf_product(const struct tf_factor *f, size_t n)
{
    double x = 1;
    for (size_t k = 0; k < n; k++)
        x *= f[k].value;
    return x;
}

double tf_product_se(const struct tf_factor *f, size_t n, const double *v)
{
    double d[TF_MOST_FACTORS];
    struct tf_sum sum = {0};
    for (size_t k = 0; k < n; k++) {
        d[k] = 1;
        for (size_t j = 0; j < n; j++)
            d[k] *= j == k ? 1 : f[j].value;
    }
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++)
            if (fabs(v[a + b * n]) > 0)
                tf_sum_add(&sum, d[a] * d[b] * v[a + b * n]);
    return sqrt(tf_sum_of(&sum));
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool on_logits(const struct tf_factor *f)
{
    return f->share && f->value > 0 && f->value < 1;
}

static double drawn(const struct tf_factor *f, double off)
{
    return on_logits(f) ? 1 / (1 + exp(-(log(f->value / (1 - f->value)) + off))) : f->value + off;
}

/* Cholesky factor of the covariances of the factors that vary, where they are drawn. */
static bool open_draws(const struct tf_factor *f, size_t n, const double *v, size_t *varies,
                       size_t *ret_m, double *l)
{
    double scale[TF_MOST_FACTORS];
    size_t m = 0;
    for (size_t k = 0; k < n; k++) {
        scale[k] = on_logits(&f[k]) ? f[k].value * (1 - f[k].value) : 1;
        if (f[k].se > 0)
            varies[m++] = k;
    }
    for (size_t a = 0; a < m; a++)
        for (size_t b = 0; b < m; b++)
            l[a + b * m] = v[varies[a] + varies[b] * n] / scale[varies[a]] / scale[varies[b]];
    *ret_m = m;
    return m == 0 || tf_cholesky(l, m);
}

bool tf_product_simulate(struct tf_arena *arena, const struct tf_factor *f, size_t n,
                         const double *v, const char *seed, size_t draws, double level, double *lo,
                         double *hi)
{
    double l[TF_MOST_FACTORS * TF_MOST_FACTORS], e[TF_MOST_FACTORS], x[TF_MOST_FACTORS];
    size_t varies[TF_MOST_FACTORS], m;
    if (!open_draws(f, n, v, varies, &m, l))
        return false;
    double *product = TF_NEW_N(arena, double, draws);
    struct tf_rng rng = tf_rng_named(tf_printf(arena, "measure/scaled/%s", seed));
    for (size_t k = 0; k < draws; k++) {
        for (size_t a = 0; a < m; a++)
            e[a] = tf_rng_normal(&rng);
        for (size_t j = 0; j < n; j++)
            x[j] = f[j].value;
        for (size_t a = 0; a < m; a++) {
            double off = 0;
            for (size_t b = 0; b <= a; b++)
                off += l[a + b * m] * e[b];
            x[varies[a]] = drawn(&f[varies[a]], off);
        }
        product[k] = 1;
        for (size_t j = 0; j < n; j++)
            product[k] *= x[j];
    }
    qsort(product, draws, sizeof *product, by_size);
    const double at = (1 - level) / 2 * (double)(draws - 1);
    *lo = product[(size_t)at];
    *hi = product[draws - 1 - (size_t)at];
    return true;
}
