/* Twelve rules for a weighted quantile.
 *
 * With x_1 <= … <= x_n, weights w_k, C_k their cumulated sum and W = C_n (Hyndman & Fan 1996, Am.
 * Stat. 50, 361-365, in the weighted forms of R survey 4.1, vignette "Quantile rules"):
 *
 *     math, hf1    the least x_k with C_k >= p W
 *     school, hf2  the same; halfway to the next where C_k = p W
 *     hf3          the same on the distinct values; where C_k = p W the one with an even number
 *     hf4          linear between the points (C_k / W, x_k)
 *     hf5 … hf9    linear between the points (pk, x_k), pk = (a C_{k-1} + b C_k) / c:
 *
 *                      a    b    c                       a    b    c
 *                 hf5  1/2  1/2  W                  hf8  1/3  2/3  W + w_n / 3
 *                 hf6  0    1    W + w_n            hf9  3/8  5/8  W + w_n / 4
 *                 hf7  1    0    C_{n-1}
 *
 *     shahvaish    the x_k of the greatest pk <= p, pk = (n C_k / W + 1/2 - w_k / 2) / (n + 1). So
 *                  R has it; Shah & Vaish (2006) divide w_k by the mean weight too, so the two agree
 *                  for weights with mean 1
 *
 * Below the first point every rule gives x_1 and above the last x_n. R's step rules give x_2 and
 * its hf4 extrapolates where p W < C_1; that is an accident of an index, not of a definition. Tied
 * values stand in the order of the file, which hf5 to hf9 can feel in the last of them, as in R. */
#include <math.h>
#include <string.h>

#include "measure/quantile.h"

struct tf_qrule {
    const char *word;
    double (*at)(const struct tf_qrule *, struct tf_sorted *, double p);
    double a, b, last, total; /* linear: c = total W + last w_n */
};

static double value(struct tf_sorted *s, size_t k)
{
    const size_t n = tf_sorted_n(s);
    return tf_sorted_at(s, k < n ? k : n - 1).x;
}

/* Places with C_k <= p W; *exact: the last of them is C_k = p W. Equal to the last bit, as in R: where
 * p W is rounded (p = 0.1) a tie on paper is none, there as here. */
static size_t steps(struct tf_sorted *s, double p, bool *exact)
{
    const double total = tf_sorted_total(s);
    const size_t m = tf_sorted_below(s, p * total);
    const double gap = m > 0 ? p - tf_sorted_at(s, m - 1).cum / total : 1;
    *exact = !(gap < 0) && !(gap > 0);
    return m;
}

static double step(const struct tf_qrule *rule, struct tf_sorted *s, double p)
{
    bool exact;
    const size_t m = steps(s, p, &exact);
    (void)rule;
    return exact ? value(s, m - 1) : value(s, m);
}

static double school(const struct tf_qrule *rule, struct tf_sorted *s, double p)
{
    bool exact;
    const size_t m = steps(s, p, &exact);
    (void)rule;
    return exact ? (value(s, m - 1) + value(s, m)) / 2 : value(s, m);
}

static double even(const struct tf_qrule *rule, struct tf_sorted *s, double p)
{
    const size_t n = tf_sorted_n(s);
    const double total = tf_sorted_total(s);
    size_t distinct = 0, k = 0, end = 0;
    double cum = 0;
    (void)rule;
    while (k < n) { /* the distinct values that lie wholly at or below p W */
        const double x = value(s, k);
        struct tf_ranked last = {0};
        for (end = k; end < n && !(value(s, end) > x); end++)
            last = tf_sorted_at(s, end);
        if (last.cum > p * total)
            break;
        distinct++;
        cum = last.cum;
        k = end;
    }
    const double gap = p - cum / total;
    if (distinct > 0 && !(gap < 0) && !(gap > 0) && distinct % 2 == 0)
        return value(s, k - 1);
    return value(s, k);
}

static double between_steps(const struct tf_qrule *rule, struct tf_sorted *s, double p)
{
    bool exact;
    const double total = tf_sorted_total(s);
    const size_t m = steps(s, p, &exact);
    (void)rule;
    if (m == 0 || m >= tf_sorted_n(s))
        return value(s, m == 0 ? 0 : m);
    const struct tf_ranked low = tf_sorted_at(s, m - 1), high = tf_sorted_at(s, m);
    const double below = p - low.cum / total, above = high.cum / total - p;
    const double part = below / (above + below);
    return low.x * (1 - part) + high.x * part;
}

static double point(const struct tf_qrule *rule, struct tf_sorted *s, size_t k, double c)
{
    const double before = k > 0 ? tf_sorted_at(s, k - 1).cum : 0;
    return (before * rule->a + tf_sorted_at(s, k).cum * rule->b) / c;
}

static double between_points(const struct tf_qrule *rule, struct tf_sorted *s, double p)
{
    const size_t n = tf_sorted_n(s);
    if (n < 2)
        return value(s, 0);
    const double c = rule->total > 0
                         ? tf_sorted_total(s) + rule->last * tf_sorted_at(s, n - 1).w
                         : tf_sorted_at(s, n - 2).cum;
    if (p <= point(rule, s, 0, c))
        return value(s, 0);
    if (p >= point(rule, s, n - 1, c))
        return value(s, n - 1);
    size_t low = 0, high = n - 1; /* point(low) <= p < point(high) */
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (point(rule, s, middle, c) <= p)
            low = middle;
        else
            high = middle;
    }
    const double from = point(rule, s, low, c), to = point(rule, s, high, c);
    return value(s, low) + (value(s, high) - value(s, low)) * ((p - from) / (to - from));
}

static double shah_vaish(const struct tf_qrule *rule, struct tf_sorted *s, double p)
{
    const size_t n = tf_sorted_n(s);
    const double mean = tf_sorted_total(s) / (double)n;
    double best = -(double)INFINITY, least = (double)INFINITY, x = value(s, 0), first = x;
    (void)rule;
    for (size_t k = 0; k < n; k++) {
        const struct tf_ranked at = tf_sorted_at(s, k);
        const double pk = (at.cum / mean + .5 - at.w / 2) / ((double)n + 1);
        if (pk <= p && pk > best) {
            best = pk;
            x = at.x;
        }
        if (pk < least) {
            least = pk;
            first = at.x;
        }
    }
    return isfinite(best) ? x : first;
}

/* clang-format off */
static const struct tf_qrule rules[] = {
    {"math",      step,           0,      0,      0,      0},
    {"school",    school,         0,      0,      0,      0},
    {"shahvaish", shah_vaish,     0,      0,      0,      0},
    {"hf1",       step,           0,      0,      0,      0},
    {"hf2",       school,         0,      0,      0,      0},
    {"hf3",       even,           0,      0,      0,      0},
    {"hf4",       between_steps,  0,      0,      0,      0},
    {"hf5",       between_points, 1. / 2, 1. / 2, 0,      1},
    {"hf6",       between_points, 0,      1,      1,      1},
    {"hf7",       between_points, 1,      0,      0,      0},
    {"hf8",       between_points, 1. / 3, 2. / 3, 1. / 3, 1},
    {"hf9",       between_points, 3. / 8, 5. / 8, 1. / 4, 1},
};
/* clang-format on */
enum { N_RULES = sizeof rules / sizeof rules[0] };

const struct tf_qrule *tf_qrule_named(const char *word)
{
    for (size_t k = 0; k < N_RULES; k++)
        if (strcmp(rules[k].word, word) == 0)
            return &rules[k];
    return NULL;
}

const char *tf_qrule_word(size_t k)
{
    return k < N_RULES ? rules[k].word : NULL;
}

double tf_quantile_at(const struct tf_qrule *rule, struct tf_sorted *s, double p)
{
    return rule->at(rule, s, p);
}
