/* Weighted values in order, of which only the places that are looked at get sorted.
 *
 * A quantile with its interval looks at a handful of places among a million. So values are dealt into
 * buckets of equal width between the least and the greatest,
 *
 *     y  ->  bucket (y - low) / (high - low) x buckets  ->  x[], w[], row[] grouped by bucket
 *
 * one pass to count, one to deal, each by several threads on fixed shares of the cases; a bucket is
 * sorted when a place in it is first asked for. With a skew distribution buckets are unequal and
 * some are long; the order stays right and costs more.
 *
 * Cumulated weights are sums of pairs (Neumaier 1974: the rounding error is carried along), in the
 * order of the values, then of the rows. So `cum <= p W` is decided on correctly rounded sums, as
 * R's cumsum in extended precision does, and a p that falls exactly on a step is seen to do so. The
 * shares of the threads are fixed: the same bits with any number of threads. */
#include <math.h>
#include <stdlib.h>

#include "measure/sorted.h"
#include "measure/inside.h"
#include "measure/variance.h"

enum { SHARES = 4, MOST_BUCKETS = 16384, PER_BUCKET = 32 };

struct entry {
    double x, w, cum;
    uint32_t row;
};
struct tf_sorted {
    size_t n, n_buckets;
    struct entry *e;        /* [n] grouped by bucket */
    size_t *start;          /* [n_buckets + 1] */
    struct tf_sum *before;  /* [n_buckets + 1] weights of the buckets before */
    bool *ready;            /* [n_buckets] */
};
struct dealing { /* what the jobs share */
    struct tf_sorted *s;
    const double *y, *w;
    const uint32_t *row;
    uint16_t *bucket; /* [n] */
    double low[SHARES], high[SHARES], scale;
    size_t *at[SHARES]; /* [n_buckets] count, then next place */
};

static size_t share_start(size_t n, size_t share)
{
    return n / SHARES * share + (share < n % SHARES ? share : n % SHARES);
}

static void find_range(void *context, size_t share)
{
    struct dealing *d = context;
    const size_t from = share_start(d->s->n, share), to = share_start(d->s->n, share + 1);
    d->low[share] = (double)INFINITY;
    d->high[share] = -(double)INFINITY;
    for (size_t k = from; k < to; k++) {
        const double y = d->y[d->row[k]];
        d->low[share] = y < d->low[share] ? y : d->low[share];
        d->high[share] = y > d->high[share] ? y : d->high[share];
    }
}

static void count(void *context, size_t share)
{
    struct dealing *d = context;
    const size_t from = share_start(d->s->n, share), to = share_start(d->s->n, share + 1);
    const double last = (double)(d->s->n_buckets - 1);
    for (size_t k = from; k < to; k++) {
        const double at = (d->y[d->row[k]] - d->low[0]) * d->scale;
        d->bucket[k] = (uint16_t)(at < last ? at : last);
        d->at[share][d->bucket[k]]++;
    }
}

static void deal(void *context, size_t share)
{
    struct dealing *d = context;
    const size_t from = share_start(d->s->n, share), to = share_start(d->s->n, share + 1);
    for (size_t k = from; k < to; k++) {
        const uint32_t row = d->row[k];
        d->s->e[d->at[share][d->bucket[k]]++] =
            (struct entry){.x = d->y[row], .w = d->w[row], .row = row};
    }
}

static void add_up(void *context, size_t share)
{
    struct dealing *d = context;
    struct tf_sorted *s = d->s;
    const size_t from = share_start(s->n_buckets, share);
    const size_t to = share_start(s->n_buckets, share + 1);
    for (size_t b = from; b < to; b++) /* a bucket's own sum, moved on by the caller */
        for (size_t k = s->start[b]; k < s->start[b + 1]; k++)
            tf_sum_add(&s->before[b + 1], s->e[k].w);
}

/* Places of each bucket: those of share 0 first, then share 1 … */
static void lay_out(struct dealing *d)
{
    size_t next = 0;
    for (size_t b = 0; b < d->s->n_buckets; b++) {
        d->s->start[b] = next;
        for (size_t share = 0; share < SHARES; share++) {
            const size_t m = d->at[share][b];
            d->at[share][b] = next;
            next += m;
        }
    }
    d->s->start[d->s->n_buckets] = next;
}

struct tf_sorted *tf_sorted_make(struct tf_arena *arena, const double *y, const double *w,
                                 const uint32_t *row, size_t n, unsigned threads)
{
    struct tf_sorted *s = TF_NEW(arena, struct tf_sorted);
    struct dealing d = {.s = s, .y = y, .w = w, .row = row};
    s->n = n;
    s->n_buckets = n / PER_BUCKET + 1 < MOST_BUCKETS ? n / PER_BUCKET + 1 : MOST_BUCKETS;
    s->e = TF_NEW_N(arena, struct entry, n + 1);
    s->start = TF_NEW_N(arena, size_t, s->n_buckets + 1);
    s->before = TF_NEW_N(arena, struct tf_sum, s->n_buckets + 1);
    s->ready = TF_NEW_N(arena, bool, s->n_buckets);
    d.bucket = TF_NEW_N(arena, uint16_t, n + 1);
    for (size_t share = 0; share < SHARES; share++)
        d.at[share] = TF_NEW_N(arena, size_t, s->n_buckets);
    tf_in_parallel(threads, SHARES, find_range, &d);
    for (size_t share = 1; share < SHARES; share++) {
        d.low[0] = fmin(d.low[0], d.low[share]);
        d.high[0] = fmax(d.high[0], d.high[share]);
    }
    d.scale = d.high[0] > d.low[0] ? (double)s->n_buckets / (d.high[0] - d.low[0]) : 0;
    if (!isfinite(d.scale)) /* values next to each other, or infinitely far */
        d.scale = 0;
    tf_in_parallel(threads, SHARES, count, &d);
    lay_out(&d);
    tf_in_parallel(threads, SHARES, deal, &d);
    tf_in_parallel(threads, SHARES, add_up, &d);
    for (size_t b = 0; b < s->n_buckets; b++) {
        const struct tf_sum own = s->before[b + 1];
        s->before[b + 1] = s->before[b];
        tf_sum_add(&s->before[b + 1], own.s);
        s->before[b + 1].c += own.c;
    }
    return s;
}

/* ---- Places ------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    const struct entry *p = a, *q = b;
    if (p->x < q->x || p->x > q->x)
        return p->x < q->x ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

static void get_ready(struct tf_sorted *s, size_t b)
{
    struct tf_sum sum = s->before[b];
    bool sorted = true; /* as a bucket of one value, such as an age, is */
    if (s->ready[b])
        return;
    for (size_t k = s->start[b] + 1; sorted && k < s->start[b + 1]; k++)
        sorted = by_value(&s->e[k - 1], &s->e[k]) <= 0;
    if (!sorted)
        qsort(s->e + s->start[b], s->start[b + 1] - s->start[b], sizeof *s->e, by_value);
    for (size_t k = s->start[b]; k < s->start[b + 1]; k++) {
        tf_sum_add(&sum, s->e[k].w);
        s->e[k].cum = tf_sum_of(&sum);
    }
    s->ready[b] = true;
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
    get_ready(s, b);
    return (struct tf_ranked){s->e[k].x, s->e[k].w, s->e[k].cum, s->e[k].row};
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
    get_ready(s, low);
    size_t k = s->start[low];
    while (k < s->start[low + 1] && s->e[k].cum <= limit)
        k++;
    return k;
}

static size_t places(struct tf_sorted *s, double value, bool with)
{
    size_t low = 0, high = s->n; /* places before low are in, from high on out */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const double x = tf_sorted_at(s, middle).x;
        if (x < value || (with && x <= value))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t tf_sorted_up_to(struct tf_sorted *s, double value)
{
    return places(s, value, true);
}

size_t tf_sorted_less(struct tf_sorted *s, double value)
{
    return places(s, value, false);
}
