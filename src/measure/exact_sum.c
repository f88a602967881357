/* Sums without rounding.
 *
 * A sum of doubles depends on its order: (a + b) + c is not a + (b + c). A sum of integers does not.
 * So numbers are laid on a ruler of 256 bits whose marks are 2^-128 apart and added there as
 * integers with carries; rounding happens once, when the sum is read:
 *
 *     2^127                        2^0                       2^-128
 *     | limb 3 (sign) |  limb 2    |   limb 1    |   limb 0    |
 *                          [53 bits of x]  anywhere
 *
 * (Kulisch 1971's long accumulator, cut to the range that weights and answers have.) Survey weights
 * lie between 1e-12 and 1e12, so products with answers and their squares fit with room to spare;
 * what does not fit is refused by the caller (tf_exact_takes).
 *
 * Not here: speed. The pass over packed rows uses 64-bit integers (onepass.c) that say the same. */
#include <math.h>
#include <string.h>

#include "measure/exact_sum.h"

enum { POINT = 128 };

static uint64_t bits_of(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

/* |x| = m 2^exponent with a whole m below 2^53. */
static uint64_t whole_part(double x, int *exponent)
{
    const uint64_t u = bits_of(x);
    const int e = (int)((u >> 52) & 0x7FF);
    *exponent = (e == 0 ? 1 : e) - 1075;
    return (u & 0xFFFFFFFFFFFFFu) | (e == 0 ? 0 : (uint64_t)1 << 52);
}

bool tf_exact_takes(double x)
{
    return fabs(x) < 0x1p100;
}

void tf_exact_add_scaled(struct tf_exact *s, tf_u128 m, int exponent, bool negative)
{
    int shift = exponent + POINT;
    uint64_t piece[4] = {0};
    if (shift < 0) {
        m = shift <= -128 ? 0 : m >> -shift;
        shift = 0;
    }
    const int limb = shift / 64, left = shift % 64;
    const uint64_t low = (uint64_t)m, high = (uint64_t)(m >> 64);
    const uint64_t part[3] = {low << left,
                              (high << left) | (left > 0 ? low >> (64 - left) : 0),
                              left > 0 ? high >> (64 - left) : 0};
    for (int k = 0; k < 3 && limb + k < 4; k++)
        piece[limb + k] = part[k];
    unsigned carry = negative; /* minus x is its complement plus 1 */
    for (int k = 0; k < 4; k++) {
        const tf_u128 t = (tf_u128)s->limb[k] + (negative ? ~piece[k] : piece[k]) + carry;
        s->limb[k] = (uint64_t)t;
        carry = (unsigned)(t >> 64);
    }
}

void tf_exact_add(struct tf_exact *s, double x)
{
    int e;
    const uint64_t m = whole_part(x, &e);
    tf_exact_add_scaled(s, m, e, signbit(x) != 0);
}

void tf_exact_add_product(struct tf_exact *s, double x, double y)
{
    int ex, ey;
    const uint64_t mx = whole_part(x, &ex), my = whole_part(y, &ey);
    tf_exact_add_scaled(s, (tf_u128)mx * my, ex + ey, (signbit(x) != 0) != (signbit(y) != 0));
}

void tf_exact_add_square(struct tf_exact *s, double x, double y)
{
    int ex, ey;
    const uint64_t mx = whole_part(x, &ex), my = whole_part(y, &ey);
    const tf_u128 square = (tf_u128)my * my; /* below 2^106: in two halves of 53 bits */
    const uint64_t half = ((uint64_t)1 << 53) - 1;
    tf_exact_add_scaled(s, (square >> 53) * mx, ex + 2 * ey + 53, signbit(x) != 0);
    tf_exact_add_scaled(s, (square & half) * mx, ex + 2 * ey, signbit(x) != 0);
}

void tf_exact_join(struct tf_exact *s, const struct tf_exact *other)
{
    unsigned carry = 0;
    for (int k = 0; k < 4; k++) {
        const tf_u128 t = (tf_u128)s->limb[k] + other->limb[k] + carry;
        s->limb[k] = (uint64_t)t;
        carry = (unsigned)(t >> 64);
    }
}

static bool below_zero(const struct tf_exact *s)
{
    return s->limb[3] >> 63 != 0;
}

static struct tf_exact size_of(const struct tf_exact *s)
{
    struct tf_exact size = {{0}};
    unsigned carry = 1;
    if (!below_zero(s))
        return *s;
    for (int k = 0; k < 4; k++) {
        const tf_u128 t = (tf_u128)~s->limb[k] + carry;
        size.limb[k] = (uint64_t)t;
        carry = (unsigned)(t >> 64);
    }
    return size;
}

double tf_exact_value(const struct tf_exact *s)
{
    const struct tf_exact size = size_of(s);
    int top = 3;
    while (top > 0 && size.limb[top] == 0)
        top--;
    /* The highest 128 bits that hold something, the rest as one sticky bit: rounds as the whole. */
    tf_u128 head = size.limb[top];
    bool sticky = false;
    int below = top;
    if (top > 0) {
        head = head << 64 | size.limb[top - 1];
        below = top - 1;
    }
    for (int k = 0; k < below; k++)
        sticky = sticky || size.limb[k] != 0;
    if (sticky) /* 128 bits hold at least 65 of them, so the lowest is below the rounding bit */
        head |= 1;
    const double value = ldexp((double)head, below * 64 - POINT);
    return below_zero(s) ? -value : value;
}

struct tf_pair tf_exact_pair(const struct tf_exact *s)
{
    struct tf_exact rest = *s;
    const double hi = tf_exact_value(s);
    tf_exact_add(&rest, -hi);
    return (struct tf_pair){hi, tf_exact_value(&rest)};
}

void tf_exact_text(const struct tf_exact *s, char text[TF_EXACT_TEXT])
{
    static const char digit[] = "0123456789abcdef";
    const struct tf_exact size = size_of(s);
    size_t n = 0;
    if (below_zero(s))
        text[n++] = '-';
    bool begun = false;
    for (int k = 63; k >= 0; k--) {
        const unsigned d = (unsigned)(size.limb[k / 16] >> (4 * (k % 16))) & 15u;
        begun = begun || d != 0 || k == 0;
        if (begun)
            text[n++] = digit[d];
    }
    text[n] = '\0';
}

bool tf_exact_parse(const char *text, size_t n, struct tf_exact *ret)
{
    const bool negative = n > 0 && text[0] == '-';
    struct tf_exact size = {{0}};
    if (n <= negative || n - negative > 63) /* 252 bits: room for sums of sums */
        return false;
    for (size_t k = negative; k < n; k++) {
        const char c = text[k];
        const int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (d < 0)
            return false;
        const size_t place = n - 1 - k;
        size.limb[place / 16] |= (uint64_t)d << (4 * (place % 16));
    }
    if (negative) { /* twice the complement is the number again */
        struct tf_exact flip = {{~size.limb[0], ~size.limb[1], ~size.limb[2], ~size.limb[3]}};
        const struct tf_exact one = {{1, 0, 0, 0}};
        tf_exact_join(&flip, &one);
        size = flip;
    }
    *ret = size;
    return true;
}

/* ---- Pairs ---------------------------------------------------------------------------------- */

static struct tf_pair two_sum(double a, double b)
{
    const double s = a + b, bb = s - a;
    return (struct tf_pair){s, (a - (s - bb)) + (b - bb)};
}

static struct tf_pair two_product(double a, double b)
{
    const double split = 0x1p27 + 1, p = a * b;
    const double ca = split * a, ah = ca - (ca - a), al = a - ah;
    const double cb = split * b, bh = cb - (cb - b), bl = b - bh;
    return (struct tf_pair){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

struct tf_pair tf_pair_sub(struct tf_pair a, struct tf_pair b)
{
    const struct tf_pair s = two_sum(a.hi, -b.hi), t = two_sum(a.lo, -b.lo);
    const struct tf_pair u = two_sum(s.hi, s.lo + t.hi);
    return two_sum(u.hi, u.lo + t.lo);
}

struct tf_pair tf_pair_mul(struct tf_pair a, struct tf_pair b)
{
    const struct tf_pair p = two_product(a.hi, b.hi);
    return two_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

struct tf_pair tf_pair_div(struct tf_pair a, struct tf_pair b)
{
    const double q = a.hi / b.hi;
    const struct tf_pair rest = tf_pair_sub(a, tf_pair_mul((struct tf_pair){q, 0}, b));
    return two_sum(q, rest.hi / b.hi);
}

double tf_round_weight(double x)
{
    enum { DROPPED = 53 - 42 };
    uint64_t u = bits_of(x) + ((uint64_t)1 << (DROPPED - 1)); /* a carry goes to the exponent */
    u &= ~(((uint64_t)1 << DROPPED) - 1);
    memcpy(&x, &u, sizeof x);
    return x;
}
