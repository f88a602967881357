/* Small dense linear algebra (matrix.h): Cholesky, LU, QR with limited pivoting, Jacobi.
 *
 * Sources: Golub & Van Loan, Matrix Computations (4th ed.), 3.4, 4.2, 5.2, 8.5. Sums run in index
 * order and nothing is fused, so equal input gives equal bits. */
#include <math.h>
#include <string.h>

#include "measure/matrix.h"

bool tf_cholesky(double *a, size_t p)
{
    for (size_t j = 0; j < p; j++) {
        double d = a[j + j * p];
        const double floor = 1e-14 * fabs(d);
        for (size_t k = 0; k < j; k++)
            d -= a[j + k * p] * a[j + k * p];
        if (!(d > floor))
            return false;
        d = sqrt(d);
        a[j + j * p] = d;
        for (size_t i = j + 1; i < p; i++) {
            double s = a[i + j * p];
            for (size_t k = 0; k < j; k++)
                s -= a[i + k * p] * a[j + k * p];
            a[i + j * p] = s / d;
        }
        for (size_t i = 0; i < j; i++)
            a[i + j * p] = 0;
    }
    return true;
}

void tf_cholesky_solve(const double *l, size_t p, double *b, size_t m)
{
    for (size_t c = 0; c < m; c++) {
        double *x = b + c * p;
        for (size_t i = 0; i < p; i++) {
            for (size_t k = 0; k < i; k++)
                x[i] -= l[i + k * p] * x[k];
            x[i] /= l[i + i * p];
        }
        for (size_t i = p; i-- > 0;) {
            for (size_t k = i + 1; k < p; k++)
                x[i] -= l[k + i * p] * x[k];
            x[i] /= l[i + i * p];
        }
    }
}

bool tf_invert(struct tf_arena *arena, double *a, size_t p)
{
    double *l = TF_NEW_N(arena, double, p * p);
    memcpy(l, a, p * p * sizeof *l);
    if (!tf_cholesky(l, p))
        return false;
    memset(a, 0, p * p * sizeof *a);
    for (size_t k = 0; k < p; k++)
        a[k + k * p] = 1;
    tf_cholesky_solve(l, p, a, p);
    for (size_t j = 0; j < p; j++) /* one triangle decides: exactly symmetric */
        for (size_t i = 0; i < j; i++)
            a[i + j * p] = a[j + i * p];
    return true;
}

static void swap_rows(double *a, size_t p, size_t cols, size_t r, size_t s)
{
    for (size_t c = 0; c < cols; c++) {
        const double keep = a[r + c * p];
        a[r + c * p] = a[s + c * p];
        a[s + c * p] = keep;
    }
}

bool tf_solve(double *a, size_t p, double *b, size_t m)
{
    for (size_t k = 0; k < p; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < p; i++)
            if (fabs(a[i + k * p]) > fabs(a[best + k * p]))
                best = i;
        if (!(fabs(a[best + k * p]) > 0) || !isfinite(a[best + k * p]))
            return false;
        if (best != k) {
            swap_rows(a, p, p, k, best);
            swap_rows(b, p, m, k, best);
        }
        for (size_t i = k + 1; i < p; i++) {
            const double f = a[i + k * p] / a[k + k * p];
            for (size_t c = k + 1; c < p; c++)
                a[i + c * p] -= f * a[k + c * p];
            for (size_t c = 0; c < m; c++)
                b[i + c * p] -= f * b[k + c * p];
        }
    }
    for (size_t c = 0; c < m; c++)
        for (size_t i = p; i-- > 0;) {
            for (size_t k = i + 1; k < p; k++)
                b[i + c * p] -= a[i + k * p] * b[k + c * p];
            b[i + c * p] /= a[i + i * p];
        }
    return true;
}

void tf_multiply(const double *a, const double *b, size_t n, size_t k, size_t m, double *c)
{
    memset(c, 0, n * m * sizeof *c);
    for (size_t j = 0; j < m; j++)
        for (size_t l = 0; l < k; l++)
            for (size_t i = 0; i < n; i++)
                c[i + j * n] += a[i + l * n] * b[l + j * k];
}

void tf_sandwich(struct tf_arena *arena, const double *b, const double *a, size_t p, size_t q,
                 double *out)
{
    double *half = TF_NEW_N(arena, double, p * q);
    tf_multiply(b, a, p, q, q, half);
    for (size_t j = 0; j < p; j++)
        for (size_t i = j; i < p; i++) {
            double s = 0;
            for (size_t k = 0; k < q; k++)
                s += half[i + k * p] * b[j + k * p];
            out[i + j * p] = s;
            out[j + i * p] = s;
        }
}

/* ---- QR ----------------------------------------------------------------------------------- */

static double norm(const double *x, size_t n)
{
    double top = 0, s = 0;
    for (size_t i = 0; i < n; i++)
        top = fabs(x[i]) > top ? fabs(x[i]) : top;
    for (size_t i = 0; i < n && top > 0; i++)
        s += (x[i] / top) * (x[i] / top);
    return top * sqrt(s);
}

/* Move column k behind the last independent one; the columns between close up. */
static void move_to_end(double *a, size_t n, size_t k, size_t end, size_t *pivot, double *was)
{
    const size_t id = pivot[k];
    const double w = was[k];
    for (size_t i = 0; i < n; i++) {
        const double keep = a[i + k * n];
        for (size_t c = k; c + 1 < end; c++)
            a[i + c * n] = a[i + (c + 1) * n];
        a[i + (end - 1) * n] = keep;
    }
    for (size_t c = k; c + 1 < end; c++) {
        pivot[c] = pivot[c + 1];
        was[c] = was[c + 1];
    }
    pivot[end - 1] = id;
    was[end - 1] = w;
}

size_t tf_rank(double *a, size_t n, size_t p, double tol, size_t *pivot)
{
    double few[64], *was = few;
    struct tf_arena *own = NULL;
    size_t rank = p;
    if (p > sizeof few / sizeof few[0]) {
        own = tf_arena_new("rank", (size_t)1 << 30);
        was = TF_NEW_N(own, double, p);
    }
    for (size_t c = 0; c < p; c++) {
        pivot[c] = c;
        was[c] = norm(a + c * n, n);
    }
    for (size_t k = 0; k < rank && k < n;) {
        double *x = a + k * n + k;
        const double length = norm(x, n - k);
        if (!(length > tol * was[k]) || !(was[k] > 0)) {
            move_to_end(a, n, k, rank, pivot, was);
            rank--;
            continue;
        }
        const double alpha = x[0] > 0 ? -length : length;
        x[0] -= alpha; /* v of the reflection 1 - 2 v v' / v'v */
        double vv = 0;
        for (size_t i = 0; i < n - k; i++)
            vv += x[i] * x[i];
        for (size_t c = k + 1; c < p; c++) {
            double *y = a + c * n + k, dot = 0;
            for (size_t i = 0; i < n - k; i++)
                dot += x[i] * y[i];
            for (size_t i = 0; i < n - k && vv > 0; i++)
                y[i] -= 2 * dot / vv * x[i];
        }
        x[0] = alpha;
        k++;
    }
    tf_arena_free(own);
    return rank < n ? rank : n;
}

/* ---- Eigenvalues -------------------------------------------------------------------------- */

static void rotate(double *a, double *v, size_t p, size_t i, size_t j)
{
    const double aij = a[i + j * p];
    const double theta = (a[j + j * p] - a[i + i * p]) / (2 * aij);
    const double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t k = 0; k < p; k++) {
        const double x = a[k + i * p], y = a[k + j * p];
        a[k + i * p] = c * x - s * y;
        a[k + j * p] = s * x + c * y;
    }
    for (size_t k = 0; k < p; k++) {
        const double x = a[i + k * p], y = a[j + k * p];
        a[i + k * p] = c * x - s * y;
        a[j + k * p] = s * x + c * y;
    }
    for (size_t k = 0; v != NULL && k < p; k++) {
        const double x = v[k + i * p], y = v[k + j * p];
        v[k + i * p] = c * x - s * y;
        v[k + j * p] = s * x + c * y;
    }
}

static void sort_eigen(double *value, double *v, size_t p)
{
    for (size_t i = 1; i < p; i++)
        for (size_t j = i; j > 0 && value[j] > value[j - 1]; j--) {
            const double keep = value[j];
            value[j] = value[j - 1];
            value[j - 1] = keep;
            for (size_t k = 0; v != NULL && k < p; k++) {
                const double x = v[k + j * p];
                v[k + j * p] = v[k + (j - 1) * p];
                v[k + (j - 1) * p] = x;
            }
        }
}

void tf_eigen(double *a, size_t p, double *value, double *vectors)
{
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < p; i++) {
            if (i < j)
                a[i + j * p] = a[j + i * p];
            if (vectors != NULL)
                vectors[i + j * p] = i == j;
        }
    for (int sweep = 0; sweep < 60; sweep++) {
        double off = 0, on = 0;
        for (size_t j = 0; j < p; j++)
            for (size_t i = 0; i <= j; i++)
                *(i == j ? &on : &off) += a[i + j * p] * a[i + j * p];
        if (!(off > 1e-32 * on))
            break;
        for (size_t i = 0; i + 1 < p; i++)
            for (size_t j = i + 1; j < p; j++)
                if (a[i + j * p] < 0 || a[i + j * p] > 0)
                    rotate(a, vectors, p, i, j);
    }
    for (size_t k = 0; k < p; k++)
        value[k] = a[k + k * p];
    sort_eigen(value, vectors, p);
}

bool tf_eigen_of_ratio(double *a, double *b, size_t p, double *value)
{
    if (!tf_cholesky(a, p))
        return false;
    for (size_t c = 0; c < p; c++) /* b = L^-1 b */
        for (size_t i = 0; i < p; i++) {
            for (size_t k = 0; k < i; k++)
                b[i + c * p] -= a[i + k * p] * b[k + c * p];
            b[i + c * p] /= a[i + i * p];
        }
    for (size_t r = 0; r < p; r++) /* b = b L'^-1, row by row */
        for (size_t i = 0; i < p; i++) {
            for (size_t k = 0; k < i; k++)
                b[r + i * p] -= a[i + k * p] * b[r + k * p];
            b[r + i * p] /= a[i + i * p];
        }
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < j; i++)
            b[i + j * p] = b[j + i * p] = (b[i + j * p] + b[j + i * p]) / 2;
    tf_eigen(b, p, value, NULL);
    return true;
}
