/* Weighted values in order, of which only the places that are looked at get sorted.
 *
 * A quantile with its interval looks at a handful of places among a million. So values fall into
 * buckets of equal width between the least and the greatest, and one pass keeps for each value its
 * bucket, and for each bucket its count and its weight:
 *
 *     y  ->  bucket (y - low) / (high - low) x buckets  ->  count[], weight[]
 *
 * A bucket is gathered (one more look at the bucket numbers) and sorted when a place in it is first
 * asked for; who asks for more than a few gets all of them dealt at once. With a skew distribution
 * buckets are unequal and some are long; the order stays right and costs more.
 *
 * Cumulated weights are compensated sums in the order of the values, then of the rows. So `cum <= p
 * W` is decided on correctly rounded sums, as R's cumsum in extended precision does, and a p that
 * falls exactly on a step is seen to do so. The parts that threads take are fixed: the same bits
 * with any number. */
#include <math.h>
#include <string.h>

#include "measure/sorted.h"
#include "measure/inside.h"
#include "measure/variance.h"

enum { SHARES = 4, MOST_BUCKETS = 16384, PER_BUCKET = 32, FEW = 64 };

struct entry {
    double x, w, cum;
};
struct tf_sorted {
    struct tf_arena *arena;
    const double *y, *w;
    const uint32_t *row;
    size_t n, n_buckets, n_asked;
    double low, scale;      /* bucket = (y - low) * scale */
    uint16_t *bucket;       /* [n] */
    size_t *start;          /* [n_buckets + 1] places of the buckets before */
    struct tf_sum *before;  /* [n_buckets + 1] weights of the buckets before */
    struct entry **e;       /* [n_buckets] its entries in order, NULL when nobody has asked */
    struct entry *scratch;  /* [the longest bucket] for sorting one */
    struct entry *dealt;    /* [n] all of them by bucket, once many were asked for */
};
struct dealing { /* what the jobs share */
    struct tf_sorted *s;
    double low[SHARES], high[SHARES];
    size_t *count[SHARES];      /* [n_buckets], then the next place */
    struct tf_sum *sum[SHARES]; /* [n_buckets] */
};

static size_t share_start(size_t n, size_t share)
{
    return n / SHARES * share + (share < n % SHARES ? share : n % SHARES);
}

static void find_range(void *context, size_t share)
{
    struct dealing *d = context;
    const struct tf_sorted *s = d->s;
    double low = (double)INFINITY, high = -(double)INFINITY;
    for (size_t k = share_start(s->n, share); k < share_start(s->n, share + 1); k++) {
        const double y = s->y[s->row[k]];
        low = y < low ? y : low;
        high = y > high ? y : high;
    }
    d->low[share] = low;
    d->high[share] = high;
}

static size_t bucket_of_value(const struct tf_sorted *s, double y)
{
    const double at = (y - s->low) * s->scale, last = (double)(s->n_buckets - 1);
    return at < last ? (at > 0 ? (size_t)at : 0) : (size_t)last;
}

static void count(void *context, size_t share)
{
    struct dealing *d = context;
    struct tf_sorted *s = d->s;
    for (size_t k = share_start(s->n, share); k < share_start(s->n, share + 1); k++) {
        const size_t b = bucket_of_value(s, s->y[s->row[k]]);
        s->bucket[k] = (uint16_t)b;
        d->count[share][b]++;
        tf_sum_add(&d->sum[share][b], s->w[s->row[k]]);
    }
}

static void add_up(struct dealing *d)
{
    struct tf_sorted *s = d->s;
    for (size_t b = 0; b < s->n_buckets; b++) {
        s->start[b + 1] = s->start[b];
        s->before[b + 1] = s->before[b];
        for (size_t share = 0; share < SHARES; share++) {
            s->start[b + 1] += d->count[share][b];
            tf_sum_add(&s->before[b + 1], d->sum[share][b].s);
            s->before[b + 1].c += d->sum[share][b].c;
        }
    }
}

struct tf_sorted *tf_sorted_make(struct tf_arena *arena, const double *y, const double *w,
                                 const uint32_t *row, size_t n, unsigned threads)
{
    struct tf_sorted *s = TF_NEW(arena, struct tf_sorted);
    struct dealing d = {.s = s};
    *s = (struct tf_sorted){.arena = arena, .y = y, .w = w, .row = row, .n = n};
    s->n_buckets = n / PER_BUCKET + 1 < MOST_BUCKETS ? n / PER_BUCKET + 1 : MOST_BUCKETS;
    s->start = TF_NEW_N(arena, size_t, s->n_buckets + 1);
    s->before = TF_NEW_N(arena, struct tf_sum, s->n_buckets + 1);
    s->e = TF_NEW_N(arena, struct entry *, s->n_buckets);
    s->bucket = TF_NEW_N(arena, uint16_t, n + 1);
    for (size_t share = 0; share < SHARES; share++) {
        d.count[share] = TF_NEW_N(arena, size_t, s->n_buckets);
        d.sum[share] = TF_NEW_N(arena, struct tf_sum, s->n_buckets);
    }
    tf_in_parallel(threads, SHARES, find_range, &d);
    for (size_t share = 1; share < SHARES; share++) {
        d.low[0] = fmin(d.low[0], d.low[share]);
        d.high[0] = fmax(d.high[0], d.high[share]);
    }
    s->low = d.low[0];
    s->scale = d.high[0] > d.low[0] ? (double)s->n_buckets / (d.high[0] - d.low[0]) : 0;
    if (!isfinite(s->scale)) /* values next to each other, or infinitely far */
        s->scale = 0;
    tf_in_parallel(threads, SHARES, count, &d);
    add_up(&d);
    return s;
}

/* ---- Places ------------------------------------------------------------------------------- */

/* Merge e[0..m) and e[m..n), both in order: of equal values the left ones first. */
static void merge(struct entry *e, size_t m, size_t n, struct entry *scratch)
{
    size_t i = 0, j = m;
    if (m >= n || e[m - 1].x <= e[m].x)
        return;
    memcpy(scratch, e, m * sizeof *e);
    for (size_t k = 0; i < m; k++)
        e[k] = j < n && e[j].x < scratch[i].x ? e[j++] : scratch[i++];
}

/* Sort by value; equal values stay as they stand. Runs of 16 by insertion, then merged. */
static void sort(struct entry *e, size_t n, struct entry *scratch)
{
    enum { RUN = 16 };
    for (size_t from = 0; from < n; from += RUN)
        for (size_t k = from + 1; k < n && k < from + RUN; k++) {
            const struct entry moved = e[k];
            size_t at = k;
            for (; at > from && e[at - 1].x > moved.x; at--)
                e[at] = e[at - 1];
            e[at] = moved;
        }
    for (size_t width = RUN; width < n; width *= 2)
        for (size_t from = 0; from + width < n; from += 2 * width)
            merge(e + from, width, n - from < 2 * width ? n - from : 2 * width, scratch);
}

/* Everything by bucket, each in the order of rows. */
static void deal_all(struct tf_sorted *s)
{
    size_t *next = TF_NEW_N(s->arena, size_t, s->n_buckets);
    s->dealt = TF_NEW_N(s->arena, struct entry, s->n + 1);
    memcpy(next, s->start, s->n_buckets * sizeof *next);
    for (size_t k = 0; k < s->n; k++)
        s->dealt[next[s->bucket[k]]++] = (struct entry){.x = s->y[s->row[k]], .w = s->w[s->row[k]]};
}

/* Is one of BLOCK bucket numbers the one wanted? Nearly always not, which lanes see at once. */
typedef uint16_t numbers __attribute__((vector_size(16)));
typedef uint64_t words __attribute__((vector_size(16)));
enum { LANES = sizeof(numbers) / sizeof(uint16_t), BLOCK = 4 * LANES };

static bool has(const uint16_t *at, numbers wanted)
{
    numbers x[BLOCK / LANES];
    memcpy(x, at, sizeof x);
    const words hit = (words)((x[0] == wanted) | (x[1] == wanted) | (x[2] == wanted) |
                              (x[3] == wanted));
    return (hit[0] | hit[1]) != 0;
}

/* The entries of one bucket. */
static void gather(const struct tf_sorted *s, uint16_t b, struct entry *e)
{
    const numbers wanted = b - (numbers){0};
    size_t m = 0;
    for (size_t from = 0; from < s->n; from += BLOCK) {
        const size_t end = s->n - from < BLOCK ? s->n : from + BLOCK;
        if (end - from == BLOCK && !has(s->bucket + from, wanted))
            continue;
        for (size_t k = from; k < end; k++)
            if (s->bucket[k] == b)
                e[m++] = (struct entry){.x = s->y[s->row[k]], .w = s->w[s->row[k]]};
    }
}

static size_t longest(const struct tf_sorted *s)
{
    size_t most = 0;
    for (size_t b = 0; b < s->n_buckets; b++)
        most = s->start[b + 1] - s->start[b] > most ? s->start[b + 1] - s->start[b] : most;
    return most;
}

static const struct entry *get_ready(struct tf_sorted *s, size_t b)
{
    const size_t n = s->start[b + 1] - s->start[b];
    struct tf_sum sum = s->before[b];
    if (s->e[b] != NULL)
        return s->e[b];
    if (++s->n_asked == FEW)
        deal_all(s);
    if (s->dealt != NULL) {
        s->e[b] = s->dealt + s->start[b];
    } else {
        s->e[b] = TF_NEW_N(s->arena, struct entry, n + 1);
        gather(s, (uint16_t)b, s->e[b]);
    }
    if (s->scratch == NULL)
        s->scratch = TF_NEW_N(s->arena, struct entry, longest(s) + 1);
    sort(s->e[b], n, s->scratch);
    for (size_t k = 0; k < n; k++) {
        tf_sum_add(&sum, s->e[b][k].w);
        s->e[b][k].cum = tf_sum_of(&sum);
    }
    return s->e[b];
}

/* The bucket of a place: the last that starts at or before it and is not empty. */
static size_t bucket_of(const struct tf_sorted *s, size_t k)
{
    size_t low = 0, high = s->n_buckets; /* start[low] <= k < start[high] */
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (s->start[middle] <= k)
            low = middle;
        else
            high = middle;
    }
    return low;
}

struct tf_ranked tf_sorted_at(struct tf_sorted *s, size_t k)
{
    const size_t b = bucket_of(s, k);
    const struct entry *e = get_ready(s, b) + (k - s->start[b]);
    return (struct tf_ranked){e->x, e->w, e->cum};
}

size_t tf_sorted_n(const struct tf_sorted *s)
{
    return s->n;
}

double tf_sorted_total(const struct tf_sorted *s)
{
    return tf_sum_of(&s->before[s->n_buckets]);
}

size_t tf_sorted_below(struct tf_sorted *s, double limit)
{
    size_t low = 0, high = s->n_buckets; /* the first bucket whose end lies above the limit */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (tf_sum_of(&s->before[middle + 1]) <= limit)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == s->n_buckets)
        return s->n;
    const struct entry *e = get_ready(s, low);
    size_t k = s->start[low];
    while (k < s->start[low + 1] && e[k - s->start[low]].cum <= limit)
        k++;
    return k;
}

/* Values in order fall into buckets in order, so the bucket of a value knows the rest. */
static size_t places(struct tf_sorted *s, double value, bool with)
{
    const size_t b = bucket_of_value(s, value);
    const struct entry *e = get_ready(s, b);
    size_t low = 0, high = s->start[b + 1] - s->start[b];
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (e[middle].x < value || (with && e[middle].x <= value))
            low = middle + 1;
        else
            high = middle;
    }
    return s->start[b] + low;
}

size_t tf_sorted_up_to(struct tf_sorted *s, double value)
{
    return places(s, value, true);
}

size_t tf_sorted_less(struct tf_sorted *s, double value)
{
    return places(s, value, false);
}
