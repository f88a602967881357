/* Small dense linear algebra, in plain C and fixed order.
 *
 * Regressions and tests of a survey solve systems of at most some hundred unknowns, so a library
 * tuned for thousands would bring little, and its kernels, chosen by processor, would bring
 * different last digits on different machines. All matrices are column-major: a[row + col * n]. */
#ifndef TF_MEASURE_MATRIX_H
#define TF_MEASURE_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* Cholesky: a (p x p, lower triangle read) becomes L with a = L L'; the upper triangle is zeroed.
 * False, with a spoilt, when a is not positive definite to 1e-14 of its diagonal. */
bool tf_cholesky(double *a, size_t p);
/* Solve L L' x = b for m right-hand sides in b (p x m), in place. */
void tf_cholesky_solve(const double *l, size_t p, double *b, size_t m);
/* The inverse of a symmetric positive definite matrix, in place; false as tf_cholesky. */
bool tf_invert(struct tf_arena *arena, double *a, size_t p);
/* LU with partial pivoting: solve a x = b (m right-hand sides), both spoilt, x in b. False when
 * singular. */
bool tf_solve(double *a, size_t p, double *b, size_t m);
/* c (n x m) = a (n x k) b (k x m). */
void tf_multiply(const double *a, const double *b, size_t n, size_t k, size_t m, double *c);
/* out (p x p) = b a b' for a symmetric a (q x q) and b (p x q). */
void tf_sandwich(struct tf_arena *arena, const double *b, const double *a, size_t p, size_t q,
                 double *out);
/* Householder QR with R's limited pivoting (LINPACK dqrdc2: a column whose norm falls below tol of
 * what it was is moved to the end). a (n x p) is spoilt. Returns the rank; pivot[p]: the original
 * index of each column, the first `rank` of them independent. */
size_t tf_rank(double *a, size_t n, size_t p, double tol, size_t *pivot);
/* Eigenvalues (descending) of a symmetric matrix by cyclic Jacobi rotations; a is spoilt. vectors
 * (p x p, columns) may be NULL. */
void tf_eigen(double *a, size_t p, double *value, double *vectors);
/* Eigenvalues (real parts, descending by modulus) of a^-1 b, b symmetric, a positive definite:
 * those of L^-1 b L'^-1. False when a is not positive definite. Both spoilt. */
bool tf_eigen_of_ratio(double *a, double *b, size_t p, double *value);

#endif
