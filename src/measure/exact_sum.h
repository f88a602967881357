/* Sums without rounding: the same bits in any order, in any grouping, on any number of machines.
 * Private to the one pass (onepass.h) and its parts (partial.c). */
#ifndef TF_MEASURE_EXACT_SUM_H
#define TF_MEASURE_EXACT_SUM_H

#include "base/base.h"

__extension__ typedef unsigned __int128 tf_u128;

/* A fixed-point number of 256 bits in units of 2^-128, two's complement, lowest limb first. */
struct tf_exact {
    uint64_t limb[4];
};
/* What can be summed: finite, below 2^100 in size. Bits below 2^-128 are cut off, number by number,
 * so that even then the sum does not depend on the order. */
bool tf_exact_takes(double x);
void tf_exact_add(struct tf_exact *s, double x);
/* x y, and x y^2, without rounding the product. */
void tf_exact_add_product(struct tf_exact *s, double x, double y);
void tf_exact_add_square(struct tf_exact *s, double x, double y);
/* m 2^exponent; it must fit. */
void tf_exact_add_scaled(struct tf_exact *s, tf_u128 m, int exponent, bool negative);
void tf_exact_join(struct tf_exact *s, const struct tf_exact *other);
/* The nearest double (ties to even), and what it leaves: s = hi + lo to 106 bits. */
double tf_exact_value(const struct tf_exact *s);
struct tf_pair {
    double hi, lo;
};
struct tf_pair tf_exact_pair(const struct tf_exact *s);
/* As text: sign and hexadecimal digits of the number of units; at most TF_EXACT_TEXT bytes. */
enum { TF_EXACT_TEXT = 68 };
void tf_exact_text(const struct tf_exact *s, char text[TF_EXACT_TEXT]);
bool tf_exact_parse(const char *text, size_t n, struct tf_exact *ret);

/* Arithmetic on pairs, to about 30 digits (Dekker 1971; Knuth, TAOCP 2, 4.2.2). */
struct tf_pair tf_pair_sub(struct tf_pair a, struct tf_pair b);
struct tf_pair tf_pair_mul(struct tf_pair a, struct tf_pair b);
struct tf_pair tf_pair_div(struct tf_pair a, struct tf_pair b);

/* x (finite, >= 0) to 42 significant bits, half up: an error below 1.2e-13 of x, made once. Sums of
 * such numbers leave room in 64 bits for a thousand of them that differ a thousandfold. */
double tf_round_weight(double x);

#endif
