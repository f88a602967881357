/* Pairs that need no walk: systematic draws exactly, random order and balance by approximation.
 *
 * Systematic, exactly. Lay the inclusion probabilities end to end, unit k from V_{k-1} to V_k. With
 * the start uniform on [0, 1) and teeth one apart, unit k comes when the start lies on the arc from
 * V_{k-1} to V_k of a circle of length 1; both of two units come when it lies on both arcs:
 *
 *     p_kl = length of the common part of two arcs          (Madow 1949; sampling::UPsystematicpi2)
 *
 * Often that is 0: no unbiased variance exists for such a sample, and whoever reads the joint
 * probabilities is told how many pairs have none.
 *
 * Systematic in random order: Hartley & Rao (1962), to order N^-4.
 *
 * Cube and Brewer: the approximation of Deville & Tillé (2005) J. Stat. Plan. Inf. 128, 569-591.
 * With a_k = (1, x_k / p_k) and c the solution of
 *
 *     c_k - c_k^2 a_k' A^-1 a_k = p_k (1 - p_k),    A = sum of c_k a_k a_k'
 *
 * the covariance of two units is -c_k c_l a_k' A^-1 a_l. With no balancing column it is that of
 * fixed size, -c_k c_l / sum c, close to maximum entropy, and the rows meet n p_k. The fixed point
 * exists when no unit carries more than half; otherwise c_k = p_k (1 - p_k) N / (N - q), as they
 * advise. The answer is kept within the bounds that any two events obey. */
#include <math.h>
#include <string.h>

#include "draw/inside.h"

/* The common part of [x, x + p) and [y, y + r) on a circle of length 1. */
static double common_arc(double x, double p, double y, double r)
{
    double sum = 0;
    for (int turn = -1; turn <= 1; turn++) {
        const double from = fmax(x, y + turn), to = fmin(x + p, y + turn + r);
        sum += to > from ? to - from : 0;
    }
    return sum;
}

void draw_systematic_joint(struct tf_arena *a, const struct draw_list *l, const size_t *who,
                           size_t n_who, double *pi2)
{
    double *from = TF_NEW_N(a, double, l->n), edge = 0;
    for (size_t k = 0; k < l->n; k++) {
        from[k] = edge - floor(edge);
        edge += l->p[k];
    }
    for (size_t i = 0; i < n_who; i++)
        for (size_t j = 0; j < n_who; j++) {
            const double p = fmin(1, l->p[who[i]]), r = fmin(1, l->p[who[j]]);
            const double both = common_arc(from[who[i]], p, from[who[j]], r);
            pi2[i * n_who + j] = i == j ? p : both > 1e-12 ? both : 0; /* less is rounding */
        }
}

void draw_hartley_rao_joint(struct tf_arena *a TF_UNUSED, const struct draw_list *l,
                            const size_t *who, size_t n_who, double *pi2)
{
    const double n = (double)l->take;
    double s2 = 0, s3 = 0;
    for (size_t k = 0; k < l->n; k++) {
        s2 += l->p[k] * l->p[k];
        s3 += l->p[k] * l->p[k] * l->p[k];
    }
    for (size_t i = 0; i < n_who; i++)
        for (size_t j = 0; j < n_who; j++) {
            const double x = l->p[who[i]], y = l->p[who[j]], xy = x * y;
            const double both =
                (n - 1) / n * xy + (n - 1) / (n * n) * xy * (x + y) -
                (n - 1) / (n * n * n) * xy * s2 +
                2 * (n - 1) / (n * n * n) * xy * (x * x + y * y + x * y) -
                3 * (n - 1) / (n * n * n * n) * xy * (x + y) * s2 +
                3 * (n - 1) / (n * n * n * n * n) * xy * s2 * s2 -
                2 * (n - 1) / (n * n * n * n) * xy * s3;
            pi2[i * n_who + j] = i == j ? x : fmax(0, fmin(fmin(x, y), both));
        }
}

/* The inverse of a small symmetric positive matrix, rows that follow from others left out (their
 * part of the inverse is 0): the sweep of Gauss and Jordan on the diagonal, largest first. */
static void invert(double *m, size_t q, bool *done)
{
    memset(done, 0, q * sizeof *done);
    double top = 0;
    for (size_t i = 0; i < q; i++)
        top = fmax(top, m[i * q + i]);
    for (size_t round = 0; round < q; round++) {
        size_t b = SIZE_MAX;
        for (size_t i = 0; i < q; i++)
            if (!done[i] && (b == SIZE_MAX || m[i * q + i] > m[b * q + b]))
                b = i;
        if (b == SIZE_MAX || m[b * q + b] <= 1e-12 * top)
            break;
        done[b] = true;
        const double d = m[b * q + b];
        m[b * q + b] = -1;
        for (size_t i = 0; i < q; i++) {
            const double by = m[i * q + b] / d;
            if (i == b)
                continue;
            for (size_t j = 0; j < q; j++)
                if (j != b)
                    m[i * q + j] -= by * m[b * q + j];
            m[i * q + b] = by;
        }
        for (size_t j = 0; j < q; j++)
            m[b * q + j] = j == b ? -1 / d : m[j * q + b];
    }
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j < q; j++)
            m[i * q + j] = done[i] && done[j] ? -m[i * q + j] : 0;
}

/* A unit's row of the balancing matrix: 1 at its group, then its x / p. */
struct balanced {
    size_t n, q, groups, n_x; /* q = groups + n_x */
    const size_t *group;      /* [n], or NULL */
    double *a;                /* [n x n_x] */
    double *inv;              /* [q x q] */
    double *c;                /* [n] */
    bool *done;
};

/* Entry i of a unit's row that is not 0, of 1 + n_x: its value, and its place in *ret. */
static double entry(const struct balanced *b, size_t unit, size_t i, size_t *ret)
{
    if (i == 0) {
        *ret = b->group == NULL ? 0 : b->group[unit];
        return 1;
    }
    *ret = b->groups + i - 1;
    return b->a[unit * b->n_x + i - 1];
}

static double between(const struct balanced *b, size_t k, size_t l)
{
    double sum = 0;
    for (size_t i = 0; i <= b->n_x; i++)
        for (size_t j = 0; j <= b->n_x; j++) {
            size_t at_i, at_j;
            const double x = entry(b, k, i, &at_i), y = entry(b, l, j, &at_j);
            sum += x * b->inv[at_i * b->q + at_j] * y;
        }
    return sum;
}

static void weigh(struct balanced *b)
{
    memset(b->inv, 0, b->q * b->q * sizeof *b->inv);
    for (size_t k = 0; k < b->n; k++)
        for (size_t i = 0; i <= b->n_x; i++)
            for (size_t j = 0; j <= b->n_x; j++) {
                size_t at_i, at_j;
                const double x = entry(b, k, i, &at_i), y = entry(b, k, j, &at_j);
                b->inv[at_i * b->q + at_j] += b->c[k] * x * y;
            }
    invert(b->inv, b->q, b->done);
}

static void fixed_point(struct balanced *b, const double *p)
{
    bool good = true, still = false;
    for (size_t k = 0; k < b->n; k++)
        b->c[k] = p[k] * (1 - p[k]);
    for (int round = 0; round < 500 && good && !still; round++) {
        weigh(b);
        still = true;
        for (size_t k = 0; k < b->n; k++) {
            const double h = b->c[k] * between(b, k, k);
            if (h >= 1 - 1e-9) {
                good = false;
                break;
            }
            const double c = p[k] * (1 - p[k]) / (1 - h);
            still = still && fabs(c - b->c[k]) <= 1e-14 * c;
            b->c[k] = c;
        }
    }
    if (!still)
        for (size_t k = 0; k < b->n; k++)
            b->c[k] = p[k] * (1 - p[k]) * (double)b->n /
                      (b->n > b->q ? (double)(b->n - b->q) : 1);
    weigh(b);
}

void draw_balanced_joint(struct tf_arena *arena, const struct draw_list *l, const size_t *who,
                         size_t n_who, double *pi2)
{
    struct balanced b = {.n = l->n, .groups = l->group == NULL ? 1 : l->n_groups, .n_x = l->n_x,
                         .group = l->group};
    b.q = b.groups + b.n_x;
    b.a = TF_NEW_N(arena, double, b.n * b.n_x);
    b.inv = TF_NEW_N(arena, double, b.q * b.q);
    b.c = TF_NEW_N(arena, double, b.n);
    b.done = TF_NEW_N(arena, bool, b.q);
    for (size_t c = 0; c < b.n_x; c++) {
        double most = 0; /* columns on one scale, so that the pivots can be compared */
        for (size_t k = 0; k < b.n; k++) {
            b.a[k * b.n_x + c] = l->x[k * l->n_x + c] / l->p[k];
            most = fmax(most, fabs(b.a[k * b.n_x + c]));
        }
        for (size_t k = 0; k < b.n && most > 0; k++)
            b.a[k * b.n_x + c] /= most;
    }
    fixed_point(&b, l->p);
    for (size_t i = 0; i < n_who; i++)
        for (size_t j = 0; j < n_who; j++) {
            const size_t k = who[i], m = who[j];
            const double x = l->p[k], y = l->p[m],
                         both = x * y - b.c[k] * b.c[m] * between(&b, k, m);
            pi2[i * n_who + j] =
                i == j ? x : fmax(fmax(0, x + y - 1), fmin(fmin(x, y), both));
        }
}
