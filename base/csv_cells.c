/* What stands in a field of a CSV text, above all when it is a number.
 *
 * Nearly every field of a survey is a code of a digit or two, or a decimal of a few. Its digits are
 * read as a word: the eight bytes before their end are loaded at once, those before their beginning
 * wiped out, and three multiplications join what remains:
 *
 *     bytes   3 , 2 , 1 9 8 7      wiped   0 0 0 0 1 9 8 7      joined   19 87      1987
 *
 * Exactness: a whole number of at most 15 digits and a power of ten up to 10^22 are doubles, so one
 * division rounds correctly (Clinger 1990, How to read floating point numbers accurately, PLDI). Up
 * to 19 digits the quotient of two integers is taken to 63 bits and more, its remainder kept as a
 * last bit, and rounded once. All else goes the way of base/number.h, whose rules hold here too: the
 * result is that of tf_parse_double, bit for bit, and codes such as 007 are words (tf_is_code).
 *
 * Does not: judge a column. It says what it saw; csv_fast.c decides. */
#include <math.h>
#include <string.h>

#include "base/csv_inside.h"
#include "base/number.h"
#include "base/text.h"

__extension__ typedef unsigned __int128 wide;

static const uint64_t zeros = UINT64_C(0x3030303030303030);
static const uint64_t ones = UINT64_C(0x0101010101010101), tops = UINT64_C(0x8080808080808080);

static const double power[] = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                               1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                               1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static const uint64_t ten[] = {1u,
                               10u,
                               100u,
                               1000u,
                               10000u,
                               100000u,
                               1000000u,
                               10000000u,
                               100000000u,
                               1000000000u,
                               UINT64_C(10000000000),
                               UINT64_C(100000000000),
                               UINT64_C(1000000000000),
                               UINT64_C(10000000000000),
                               UINT64_C(100000000000000),
                               UINT64_C(1000000000000000),
                               UINT64_C(10000000000000000),
                               UINT64_C(100000000000000000),
                               UINT64_C(1000000000000000000),
                               UINT64_C(10000000000000000000)};

/* ---- Digits as words ---------------------------------------------------------------------- */

/* Eight bytes, the first in the lowest place. */
static inline uint64_t load(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/* The bytes less '0' are all 0..9. */
static inline bool all_digits(uint64_t d)
{
    return (((d + UINT64_C(0x7676767676767676)) | d) & tops) == 0;
}

/* Eight digits, the first in the lowest byte, as a number: in pairs, in fours, in eights. */
static inline uint64_t join(uint64_t d)
{
    const uint64_t pair = UINT64_C(0x000000FF000000FF);
    d = d * 10 + (d >> 8);
    return ((d & pair) * UINT64_C(0x000F424000000064) +
            (d >> 16 & pair) * UINT64_C(0x0000271000000001)) >> 32;
}

/* At most 24 digits as a number (below 2^64 when at most 19); false when one is none. 24 bytes before
 * s + n can be read: what stands before s is wiped out. */
static inline __attribute__((always_inline)) bool digits(const char *s, size_t n, uint64_t *ret)
{
    const char *end = s + n;
    uint64_t m, bad = 0;
    if (n <= 8) {
        const uint64_t d = n == 0 ? 0 : (load(end - 8) ^ zeros) & ~UINT64_C(0) << (64 - 8 * n);
        *ret = join(d);
        return all_digits(d);
    }
    const uint64_t low = load(end - 8) ^ zeros;
    uint64_t high = load(end - 16) ^ zeros;
    if (n <= 16) {
        high &= ~UINT64_C(0) << (128 - 8 * n);
        m = join(high);
    } else {
        const uint64_t top = (load(end - 24) ^ zeros) & ~UINT64_C(0) << (192 - 8 * n);
        bad = !all_digits(top);
        m = join(top) * 100000000 + join(high);
    }
    *ret = m * 100000000 + join(low);
    return bad == 0 && all_digits(low) && all_digits(high);
}

/* Bytes before the first point among the first 16, or n where none is. */
static inline size_t before_point(const char *s, size_t n)
{
    for (size_t k = 0; k < 16; k += 8) {
        const uint64_t x = load(s + k) ^ ones * '.', hit = (x - ones) & ~x & tops;
        if (hit != 0) {
            const size_t at = k + (size_t)__builtin_ctzll(hit) / 8;
            return at < n ? at : n;
        }
    }
    return n;
}

/* m / 10^k, correctly rounded; 0 < m < 2^64, k <= 19. Both are shifted until their first bit is set:
 * then the quotient has at least 63 bits, and whatever remains can only break a tie. */
static double divide(uint64_t m, unsigned k)
{
    const int up = __builtin_clzll(m), down = __builtin_clzll(ten[k]);
    const wide above = (wide)(m << up) << 63;
    const uint64_t below = ten[k] << down;
    const uint64_t q = (uint64_t)(above / below);
    return ldexp((double)(q | ((wide)q * below != above)), down - up - 63);
}

/* ---- Numbers ------------------------------------------------------------------------------ */

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits with at most one point, eight bytes together, n > 0: one word. */
static inline __attribute__((always_inline)) bool short_number(const char *s, size_t n, double *ret)
{
    uint64_t d = (load(s + n - 8) ^ zeros) & ~UINT64_C(0) << (64 - 8 * n);
    const uint64_t x = d ^ ones * ('.' ^ '0'), point = (x - ones) & ~x & tops;
    size_t before = n;
    if (point == 0) {
        *ret = (double)(int64_t)join(d);
    } else { /* close it up: what stands before it moves one place */
        const unsigned at = (unsigned)__builtin_ctzll(point) - 7;
        const unsigned after = 7 - at / 8;
        const uint64_t tail = ~UINT64_C(0) << at;
        d = (d & tail << 7 << 1) | (d & ~tail) << 8;
        before = n - 1 - after;
        *ret = (double)(int64_t)join(d) / power[after];
    }
    return all_digits(d) && (point == 0 || n > 1) && (before <= 1 || *s != '0');
}

/* The same of up to 20 bytes and 19 digits. */
static inline __attribute__((always_inline)) bool long_number(const char *s, size_t n, double *ret)
{
    const size_t before = before_point(s, n), after = before < n ? n - before - 1 : 0;
    uint64_t whole, part;
    if (before + after > 19 || before > 15 || (before > 1 && *s == '0') ||
        !digits(s, before, &whole) || !digits(s + n - after, after, &part))
        return false;
    const uint64_t m = whole * ten[after] + part;
    *ret = m < UINT64_C(1) << 53 ? (double)(int64_t)m / power[after] : divide(m, (unsigned)after);
    return true;
}

/* A number as nearly all are: a sign, digits, a point, digits. False: it may be one all the same. */
static inline __attribute__((always_inline)) bool plain_number(const char *s, size_t n, double *ret)
{
    const bool minus = *s == '-';
    s += minus;
    n -= minus;
    if (n == 0 || !(n <= 8 ? short_number(s, n, ret) : n <= 20 && long_number(s, n, ret)))
        return false;
    if (minus)
        *ret = -*ret;
    return true;
}

/* ---- Any field ---------------------------------------------------------------------------- */

size_t tf_csv_content(const char *text, size_t n, bool odd, const char **ret_text,
                      size_t *ret_doubled)
{
    *ret_text = text;
    *ret_doubled = 0;
    if (!odd)
        return n;
    if (n == 0 || text[0] != '"')
        return n > 0 && (memchr(text, '"', n) != NULL || memchr(text, '\r', n) != NULL) ? SIZE_MAX
                                                                                         : n;
    if (n < 2 || text[n - 1] != '"')
        return SIZE_MAX;
    *ret_text = text + 1;
    for (size_t k = 1; k + 1 < n; k++) {
        if (text[k] != '"')
            continue;
        if (k + 2 >= n || text[k + 1] != '"')
            return SIZE_MAX;
        ++*ret_doubled;
        k++;
    }
    return n - 2;
}

enum tf_csv_cell tf_csv_cell(const char *text, size_t n, bool odd, double *ret, bool *ret_plain)
{
    char s[512];
    size_t doubled;
    *ret_plain = true;
    n = tf_csv_content(text, n, odd, &text, &doubled);
    if (n == 0)
        return TF_CSV_EMPTY;
    if (n == SIZE_MAX)
        return TF_CSV_BROKEN;
    if (doubled > 0)
        return TF_CSV_WORD;
    if (plain_number(text, n, ret))
        return TF_CSV_NUMBER;
    if (n >= sizeof s) /* a long text begins like one, or somebody else must look */
        return strchr("+-. \t\r\n\v\f", *text) == NULL && !is_digit(*text) ? TF_CSV_WORD
                                                                           : TF_CSV_BROKEN;
    memcpy(s, text, n);
    s[n] = '\0';
    if (tf_is_blank(s))
        return TF_CSV_BLANK;
    if (tf_is_code(s) || !tf_parse_double(s, ret))
        return strcmp(s, "NA") == 0 ? TF_CSV_NA : TF_CSV_WORD;
    const char *bare = s + strspn(s, " "); /* padded fields are no other codes */
    *ret_plain = *bare != '+' && *bare != '\t';
    return TF_CSV_NUMBER;
}

/* ---- A column of them --------------------------------------------------------------------- */

/* A field that is no plain number. False when the column cannot be numbers. */
static __attribute__((noinline)) bool rare_cell(const struct tf_csv_run *run, size_t from,
                                                size_t to, double *num, uint8_t *miss,
                                                struct tf_csv_seen *seen)
{
    bool plain = true;
    double x = 0;
    switch (tf_csv_cell(run->text + from, to - from, run->odd, &x, &plain)) {
    case TF_CSV_NUMBER:
        *num = x;
        seen->number = true;
        seen->unplain = seen->unplain || !plain;
        return true;
    case TF_CSV_NA:
        seen->na = true;
        break;
    case TF_CSV_BLANK:
        seen->space = true;
        break;
    case TF_CSV_EMPTY:
        break;
    case TF_CSV_WORD:
        seen->word = true;
        return false;
    default:
        seen->broken = true;
        return false;
    }
    *num = (double)NAN;
    *miss = TF_MISS_SYSTEM;
    return true;
}

TF_CSV_CLONES void tf_csv_numbers(const struct tf_csv_run *run, double *num, uint8_t *miss,
                                  struct tf_csv_seen *seen)
{
    const uint32_t *left = run->from, *right = run->to;
    const char *text = run->text;
    const size_t skip = !run->first, n_rows = run->n;
    const size_t from_step = run->from_step, to_step = run->to_step;
    const bool last = run->last;
    size_t rare = 0;
    for (size_t r = 0; r < n_rows; r++, left += from_step, right += to_step) {
        const size_t from = *left + skip;
        size_t to = *right;
        if (last && to > from && text[to - 1] == '\r')
            to--;
        const size_t n = to - from;
        const unsigned code = (unsigned char)text[from] - (unsigned)'0';
        if (n == 1 && code < 10) {
            num[r] = (double)(int)code;
            continue;
        }
        if (n > 0 && plain_number(text + from, n, &num[r]))
            continue;
        rare++;
        if (n == 0) {
            num[r] = (double)NAN;
            miss[r] = TF_MISS_SYSTEM;
        } else if (!rare_cell(run, from, to, &num[r], &miss[r], seen)) {
            return;
        }
    }
    seen->number = seen->number || rare < n_rows;
}
