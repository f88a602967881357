/* Hadamard matrices: +1 and -1, with orthogonal rows, so that half-samples are balanced.
 *
 * Any such matrix gives the same variance of a total; a ratio or a quantile feels which one it was.
 * So the choice is R survey's (4.1, `hadamard`): the smallest order above n that is at hand, built
 * from matrices of order 4, 16, 28 and 36 by doubling (Sylvester 1867)
 *
 *     H(2k) = | H  H |
 *             | H -H |
 *
 * or from a prime p = 3 mod 4 by Paley (1933, J. Math. Phys. 12, 311-320): a border of +1 round the
 * p x p matrix that holds +1 where i + j is no square mod p. Entries are kept as 0 (-1) and 1 (+1).
 * The first row is all +1 in each of them; the others hold as many +1 as -1. */
#include <math.h>
#include <string.h>

#include "measure/replicates.h"

/* The matrix of order 28, a row per word, the first column in the highest bit. */
static const uint32_t order_28[28] = {
    0xfffffff, 0x9c71c78, 0x83cd378, 0x83b2e66, 0x9a0f8d6, 0x952c5ae, 0x8cd239e,
    0x58aa7f0, 0x45b59d4, 0x46cbcac, 0x561774a, 0x4b64e9a, 0x5959b26, 0x2d1eae8,
    0x3666b34, 0x2b3b51c, 0x31d74b2, 0x32f89ca, 0x2ced646, 0xea545e4, 0xf1632cc,
    0xf09ce1c, 0xe54ad52, 0xe6392b2, 0xe8a792a, 0xdffe000, 0xbf81f80, 0x7f8007e};
/* That of order 36: a row of +1, a last column of -1 below it, and a circulant of this word. */
static const uint64_t order_36 = UINT64_C(0x2e3ee42b2);

static const size_t at_hand[] = {4, 16, 28, 36};
enum { N_AT_HAND = sizeof at_hand / sizeof *at_hand };

static uint8_t seed_entry(size_t order, size_t i, size_t j)
{
    if (order == 28)
        return (order_28[i] >> (27 - j)) & 1;
    if (order == 36) {
        if (i == 0 || j == 35)
            return i == 0;
        return (order_36 >> (34 - (j + i - 1) % 35)) & 1;
    }
    return !__builtin_parityll(i & j); /* Sylvester */
}

static uint8_t *seed(struct tf_arena *arena, size_t order)
{
    uint8_t *h = TF_NEW_N(arena, uint8_t, order * order);
    for (size_t j = 0; j < order; j++)
        for (size_t i = 0; i < order; i++)
            h[i + j * order] = seed_entry(order, i, j);
    return h;
}

static uint8_t *doubled(struct tf_arena *arena, const uint8_t *h, size_t order)
{
    const size_t twice = 2 * order;
    uint8_t *d = TF_NEW_N(arena, uint8_t, twice * twice);
    for (size_t j = 0; j < twice; j++)
        for (size_t i = 0; i < twice; i++) {
            const uint8_t x = h[i % order + j % order * order];
            d[i + j * twice] = i >= order && j >= order ? !x : x;
        }
    return d;
}

static bool is_paley_prime(size_t p)
{
    for (size_t d = 2; d * d <= p; d++)
        if (p % d == 0)
            return false;
    return p > 2 && p % 4 == 3 && p <= 7919;
}

static uint8_t *paley(struct tf_arena *arena, size_t p, size_t *ret_order)
{
    const size_t order = p + 1;
    bool *square = TF_NEW_N(arena, bool, p);
    uint8_t *h = TF_NEW_N(arena, uint8_t, order * order);
    for (size_t k = 0; k <= (p - 1) / 2; k++)
        square[k * k % p] = true;
    for (size_t j = 0; j < order; j++)
        for (size_t i = 0; i < order; i++)
            h[i + j * order] = i == 0 || j == 0 || !square[(i + j - 2) % p];
    *ret_order = order;
    return h;
}

/* Paley's matrix of an order above n and at most `most` (or a doubled one of just the next multiple
 * of 8); NULL when there is none. */
static uint8_t *by_prime(struct tf_arena *arena, size_t n, size_t most, size_t *ret_order)
{
    const size_t next = n + 4 - n % 4;
    if (n % 8 >= 4) {
        size_t odd = next;
        while (odd % 8 == 0)
            odd /= 2;
        if (is_paley_prime(odd - 1)) {
            uint8_t *h = paley(arena, odd - 1, ret_order);
            for (; *ret_order < next; *ret_order *= 2)
                h = doubled(arena, h, *ret_order);
            return h;
        }
    }
    size_t p = n;
    while (p <= 7919 && !is_paley_prime(p))
        p++;
    if (p > 7919)
        return NULL;
    if (p + 1 > next + 4 && next + 4 < most)
        return by_prime(arena, next + 3, 2 * (next + 3), ret_order);
    return p > most ? NULL : paley(arena, p, ret_order);
}

uint8_t *tf_hadamard(struct tf_arena *arena, size_t n, size_t *ret_order)
{
    const size_t step = n - n % 4;
    size_t best = 0, size = SIZE_MAX;
    for (size_t k = 0; k < N_AT_HAND; k++) {
        if (at_hand[k] == step + 4) {
            *ret_order = at_hand[k];
            return seed(arena, at_hand[k]);
        }
        size_t grown = at_hand[k];
        while (grown < n + 1)
            grown *= 2;
        if (grown < size) {
            size = grown;
            best = k;
        }
    }
    uint8_t *h = size - n > 4 ? by_prime(arena, n, size, ret_order) : NULL;
    if (h != NULL)
        return h;
    h = seed(arena, at_hand[best]);
    for (*ret_order = at_hand[best]; *ret_order < size; *ret_order *= 2)
        h = doubled(arena, h, *ret_order);
    return h;
}
