/* Where the fields of a CSV text end, sixty-four bytes at a time.
 *
 * A block of 64 bytes becomes one word for each byte that matters, with a bit where it stands:
 *
 *     text     1,"a,b",3\n
 *     quote    ..1...1...        prefix-xor of it: 1 from an opening quote to before the closing
 *     inside   ..1111....
 *     comma    .1..1..1..        and not inside  ->  .1.....1..
 *     line end .........1
 *
 * and the positions of the remaining bits are the ends of fields (Langdale & Lemire 2019, Parsing
 * gigabytes of JSON per second, VLDB J. 28, sections 3.1.1 and 3.1.2; the parity of quotes is that of
 * Ge et al. 2019, Speculative distributed CSV data parsing, SIGMOD). A doubled quote closes and opens
 * again, which is right for finding ends. Whether quotes stand where they may is not judged here.
 *
 * Does not: need any instruction that this processor family lacks. Where there is no SSE2 the same
 * words come from eight bytes at a time. */
#include <string.h>

#include "base/csv_inside.h"
#include "base/text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK = 64 };

/* ---- Sixty-four bytes --------------------------------------------------------------------- */

#ifdef __SSE2__
struct block {
    __m128i a, b, c, d;
};

static inline struct block load(const char *p)
{
    const __m128i *v = (const __m128i *)(const void *)p;
    return (struct block){_mm_loadu_si128(v), _mm_loadu_si128(v + 1), _mm_loadu_si128(v + 2),
                          _mm_loadu_si128(v + 3)};
}

/* A bit for each byte beyond ASCII. */
static inline uint64_t where_high(const struct block *t)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(t->a) |
           (uint64_t)(unsigned)_mm_movemask_epi8(t->b) << 16 |
           (uint64_t)(unsigned)_mm_movemask_epi8(t->c) << 32 |
           (uint64_t)(unsigned)_mm_movemask_epi8(t->d) << 48;
}

static inline struct block equal(const struct block *t, char c)
{
    const __m128i x = _mm_set1_epi8(c);
    return (struct block){_mm_cmpeq_epi8(t->a, x), _mm_cmpeq_epi8(t->b, x),
                          _mm_cmpeq_epi8(t->c, x), _mm_cmpeq_epi8(t->d, x)};
}

/* A bit for each byte that equals c; that equals c or d. */
static inline uint64_t where(const struct block *t, char c)
{
    const struct block hit = equal(t, c);
    return where_high(&hit);
}

static inline uint64_t where_either(const struct block *t, char c, char d)
{
    const struct block x = equal(t, c), y = equal(t, d);
    const struct block hit = {_mm_or_si128(x.a, y.a), _mm_or_si128(x.b, y.b),
                              _mm_or_si128(x.c, y.c), _mm_or_si128(x.d, y.d)};
    return where_high(&hit);
}
#else
struct block {
    uint64_t part[8];
};

static inline struct block load(const char *p)
{
    struct block b;
    memcpy(b.part, p, sizeof b.part);
    return b;
}

/* The top bits of eight bytes, gathered in order of address (little-endian machines and others). */
static inline uint64_t gather(uint64_t high)
{
    unsigned char byte[8];
    uint64_t out = 0;
    memcpy(byte, &high, sizeof byte);
    for (unsigned k = 0; k < 8; k++)
        out |= (uint64_t)(byte[k] >> 7) << k;
    return out;
}

static inline uint64_t where(const struct block *b, char c)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), low = UINT64_C(0x7F7F7F7F7F7F7F7F);
    uint64_t out = 0;
    for (unsigned k = 0; k < 8; k++) {
        const uint64_t x = b->part[k] ^ ones * (unsigned char)c;
        out |= gather(~(((x & low) + low) | x | low)) << (8 * k);
    }
    return out;
}

static inline uint64_t where_either(const struct block *b, char c, char d)
{
    return where(b, c) | where(b, d);
}

static inline uint64_t where_high(const struct block *b)
{
    uint64_t out = 0;
    for (unsigned k = 0; k < 8; k++)
        out |= gather(b->part[k]) << (8 * k);
    return out;
}
#endif

/* Bits set. (Not the builtin: without a processor's own instruction it is a call.) */
static inline unsigned count(uint64_t x)
{
#ifdef __POPCNT__
    return (unsigned)__builtin_popcountll(x);
#else
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (unsigned)(x * UINT64_C(0x0101010101010101) >> 56);
#endif
}

/* Bit k is the parity of bits 0..k. */
static inline uint64_t prefix_xor(uint64_t x)
{
    for (unsigned s = 1; s < 64; s *= 2)
        x ^= x << s;
    return x;
}

/* The bits of a block of which only n bytes count. */
static inline uint64_t first(size_t n)
{
    return n >= BLOCK ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

/* ---- Survey ------------------------------------------------------------------------------- */

/* Bytes that begin no letter are the end of one before; what the last letter needs is beyond. */
static void survey_letters(const char *text, size_t n, size_t more, struct tf_csv_survey *s)
{
    uint32_t cp;
    while (s->skip < 3 && s->skip < n && ((unsigned char)text[s->skip] & 0xC0) == 0x80)
        s->skip++;
    const size_t good = s->skip + tf_utf8_valid(text + s->skip, n - s->skip);
    if (good == n)
        return;
    const size_t len = tf_utf8_next(text + good, n - good + more, &cp);
    s->broken = len == 0;
    s->spill = len == 0 ? 0 : (unsigned)(good + len - n);
}

TF_CSV_CLONES struct tf_csv_survey tf_csv_survey(const char *text, size_t n, size_t more)
{
    struct tf_csv_survey s = {0};
    uint64_t high = 0, odd = 0; /* odd: all ones when the quotes so far are odd */
    for (size_t at = 0; at < n; at += BLOCK) {
        const struct block b = load(text + at);
        const uint64_t in = first(n - at), quote = where(&b, '"') & in;
        const uint64_t end = where(&b, '\n') & in;
        high |= where_high(&b) & in;
        s.broken = s.broken || (where(&b, '\0') & in) != 0;
        uint64_t inside = odd;
        if (quote != 0) {
            inside ^= prefix_xor(quote);
            odd = 0 - (inside >> 63);
            s.quotes += count(quote);
        }
        const uint64_t apart[2] = {end & ~inside, end & inside};
        for (unsigned p = 0; p < 2; p++)
            if (apart[p] != 0) {
                s.ends[p] += count(apart[p]);
                s.after[p] = at + BLOCK - (size_t)__builtin_clzll(apart[p]);
            }
    }
    if (high != 0 && !s.broken)
        survey_letters(text, n, more, &s);
    return s;
}

/* ---- Index -------------------------------------------------------------------------------- */

/* Write the positions of bits, eight at a time: most blocks have as many, and writing some too many
 * costs less than guessing how many there are. */
static inline size_t put_bits(uint64_t x, uint32_t base, uint32_t *at)
{
    const size_t n = count(x);
    const uint64_t top = UINT64_C(1) << 63; /* when none is left, so that there is one to find */
#define PUT_NEXT(k) (at[k] = base + (uint32_t)__builtin_ctzll(x | top), x &= x - 1)
    for (size_t done = 0; done < n; done += 8, at += 8) {
        PUT_NEXT(0);
        PUT_NEXT(1);
        PUT_NEXT(2);
        PUT_NEXT(3);
        PUT_NEXT(4);
        PUT_NEXT(5);
        PUT_NEXT(6);
        PUT_NEXT(7);
    }
    return n;
}

/* Quotes and carriage returns are rare: whether a block has either is asked first. */
TF_CSV_CLONES size_t tf_csv_index(const char *text, size_t n, uint32_t *at, bool *ret_odd)
{
    uint64_t inside_before = 0, return_before = 0, odd = 0;
    size_t found = 0;
    for (size_t k = 0; k < n; k += BLOCK) {
        const struct block b = load(text + k);
        const uint64_t in = first(n - k);
        uint64_t ends = where_either(&b, ',', '\n') & in;
        if ((inside_before | return_before | where_either(&b, '"', '\r')) != 0) {
            const uint64_t quote = where(&b, '"') & in, end = where(&b, '\n') & in;
            const uint64_t ret = where(&b, '\r') & in;
            const uint64_t inside = inside_before ^ prefix_xor(quote);
            inside_before = 0 - (inside >> 63);
            odd |= quote | ((ret << 1 | return_before) & ~end);
            return_before = ret >> 63;
            ends &= ~inside;
        }
        found += put_bits(ends, (uint32_t)k, at + found);
    }
    *ret_odd = (odd | return_before) != 0;
    return found;
}
