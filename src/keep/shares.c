/* Shares: a key that no one person holds.
 *
 * For each byte s of the key a line (a polynomial of degree need - 1) through (0, s) with random
 * coefficients over GF(2^8) is drawn, and share x is its value at x:
 *
 *     p(x) = s + a1 x + … + a(need-1) x^(need-1)        x = 1, 2, … 255
 *
 * Any `need` shares give s back by Lagrange's formula at 0; fewer say nothing of it, whatever is
 * tried. The field is that of AES (x^8 + x^4 + x^3 + x + 1); products are computed without tables
 * or branches on secrets, so that the time taken tells nothing. Source: Shamir (1979) How to share
 * a secret, Communications of the ACM 22, 612-613. Does not: tell a wrong share from a right one;
 * what is opened with the key does. */
#include "keep/shares.h"

#include <sodium.h>
#include <string.h>

static unsigned char product(unsigned char a, unsigned char b)
{
    unsigned sum = 0, x = a;
    for (int k = 0; k < 8; k++) {
        sum ^= x & (0U - ((unsigned)b >> k & 1U));
        x = x << 1 ^ (0x11BU & (0U - (x >> 7 & 1U)));
    }
    return (unsigned char)sum;
}

/* a^254 = 1/a; the inverse of 0 is given as 0 and never asked for. */
static unsigned char inverse(unsigned char a)
{
    unsigned char result = 1;
    for (int k = 0; k < 7; k++) {
        a = product(a, a);
        result = product(result, a);
    }
    return result;
}

void tf_shares_make(const unsigned char secret[32], size_t need, size_t n, struct tf_share *ret)
{
    unsigned char coefficient[TF_MAX_SHARES];
    for (size_t k = 0; k < n; k++)
        ret[k].x = (unsigned char)(k + 1);
    for (size_t byte = 0; byte < 32; byte++) {
        randombytes_buf(coefficient, need);
        coefficient[0] = secret[byte];
        for (size_t k = 0; k < n; k++) {
            unsigned char y = 0;
            for (size_t j = need; j-- > 0;)
                y = (unsigned char)(product(y, ret[k].x) ^ coefficient[j]);
            ret[k].y[byte] = y;
        }
    }
    sodium_memzero(coefficient, sizeof coefficient);
}

bool tf_shares_join(const struct tf_share *share, size_t n, unsigned char ret[32])
{
    unsigned char weight[TF_MAX_SHARES];
    if (n == 0 || n > TF_MAX_SHARES)
        return false;
    for (size_t k = 0; k < n; k++) {
        weight[k] = 1;
        for (size_t j = 0; j < n; j++) {
            if (j == k)
                continue;
            if (share[j].x == share[k].x || share[j].x == 0)
                return false;
            const unsigned char gap = (unsigned char)(share[j].x ^ share[k].x);
            weight[k] = product(weight[k], product(share[j].x, inverse(gap)));
        }
    }
    for (size_t byte = 0; byte < 32; byte++) {
        unsigned char sum = 0;
        for (size_t k = 0; k < n; k++)
            sum ^= product(weight[k], share[k].y[byte]);
        ret[byte] = sum;
    }
    return true;
}
