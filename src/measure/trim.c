/* Trimming: weights above (or below) a limit are cut to it, and what was cut is shared out.
 *
 *     {step: trim, upper: {ratio_to_median: 5}, lower: 0.3, redistribute: true, repeat: false}
 *
 * A limit is a number, or follows from the weights before the step: `ratio_to_median`,
 * `ratio_to_mean`, or `percentile` (1-99, R quantile type 7). With `redistribute` (default) the sum
 * stays: every weight that was not cut gets the same amount, as R trimWeights(strict = FALSE). That
 * may lift some above the limit; `repeat: true` goes on until none is (R: strict = TRUE). Trimming
 * buys variance with bias (Potter 1990, Proc. Surv. Res. Meth. Sect. ASA, 225-230), so it comes
 * with the share of the sum that was moved. Standard errors take it as given. A replicate's limits
 * that are ratios follow from its own weights; rows it leaves out (0) are not trimmed. */
#include <math.h>
#include <string.h>

#include "measure/calibrate.h"

enum limit { LIMIT_NONE, LIMIT_NUMBER, LIMIT_MEDIAN, LIMIT_MEAN, LIMIT_PERCENTILE };
enum { MOST_ROUNDS = 100000 };
struct edge {
    enum limit kind;
    double value;
};
struct said {
    const struct tf_yaml *at;
    struct edge upper, lower;
    bool redistribute, again;
};
struct bound {
    const struct said *said;
    double *present; /* [n] scratch */
};

static enum tf_code read_edge(const struct tf_yaml *at, const char *key, struct edge *e,
                              struct tf_err *reterr)
{
    static const char *const words[] = {"ratio_to_median", "ratio_to_mean", "percentile", NULL};
    const struct tf_yaml *node = tf_yaml_get(at, key);
    const struct tf_yaml *number = node;
    *e = (struct edge){LIMIT_NONE, 0};
    if (node == NULL)
        return TF_OK;
    e->kind = LIMIT_NUMBER;
    if (node->kind == TF_YAML_MAP) {
        TF_TRY(tf_yaml_known(node, words, reterr));
        if (node->n != 1)
            return tf_yaml_fail(node, reterr, "a limit is a number or one ratio");
        number = node->item[0];
        for (int k = 0; k < 3; k++)
            if (strcmp(node->key[0]->text, words[k]) == 0)
                e->kind = (enum limit)(LIMIT_MEDIAN + k);
    }
    if (number->kind != TF_YAML_SCALAR || !tf_parse_double(number->text, &e->value) ||
        !(e->value > 0))
        return tf_yaml_fail(number, reterr, "a limit of weights is a number above 0");
    if (e->kind == LIMIT_PERCENTILE && e->value >= 100)
        return tf_yaml_fail(number, reterr, "a percentile lies between 0 and 100");
    return TF_OK;
}

static enum tf_code read_trim(struct tf_arena *arena, const struct tf_yaml *at, const char *dir,
                              void **ret, struct tf_err *reterr)
{
    struct said *s = TF_NEW(arena, struct said);
    (void)dir;
    *ret = s;
    s->at = at;
    TF_TRY(read_edge(at, "upper", &s->upper, reterr));
    TF_TRY(read_edge(at, "lower", &s->lower, reterr));
    TF_TRY(tf_yaml_opt_bool(at, "redistribute", true, &s->redistribute, reterr));
    TF_TRY(tf_yaml_opt_bool(at, "repeat", false, &s->again, reterr));
    if (s->upper.kind == LIMIT_NONE && s->lower.kind == LIMIT_NONE) {
        (void)tf_yaml_fail(at, reterr, "trimming needs `upper` or `lower`");
        return tf_help(reterr, "For example upper: {ratio_to_median: 5}.");
    }
    return TF_OK;
}

static enum tf_code bind_trim(struct tf_weighing *g, const void *said, const double *w, void **ret,
                              struct tf_err *reterr)
{
    struct bound *b = TF_NEW(g->arena, struct bound);
    (void)w;
    (void)reterr;
    b->said = said;
    b->present = TF_NEW_N(g->arena, double, g->n + 1);
    *ret = b;
    return TF_OK;
}

/* The k-th smallest comes to its place, smaller ones before it (Hoare 1961, Algorithm 65). */
static void select_kth(double *x, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        const double a = x[low], b = x[low + (high - low) / 2], c = x[high];
        const double pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
        size_t i = low, j = high;
        for (;; i++, j--) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i >= j)
                break;
            const double keep = x[i];
            x[i] = x[j];
            x[j] = keep;
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
}

double tf_quantile_of(double *x, size_t n, double p)
{
    if (n == 0)
        return (double)NAN;
    const double at = (double)(n - 1) * p, low = floor(at);
    const size_t k = (size_t)low;
    select_kth(x, n, k);
    double next = k + 1 < n ? x[k + 1] : x[k];
    for (size_t j = k + 1; j < n; j++)
        next = x[j] < next ? x[j] : next;
    return x[k] + (at - low) * (next - x[k]);
}

static double limit_of(struct edge e, double *present, size_t n, double sum)
{
    switch (e.kind) {
    case LIMIT_NONE:
    case LIMIT_NUMBER:
        break;
    case LIMIT_MEDIAN:
        return e.value * tf_quantile_of(present, n, 0.5);
    case LIMIT_MEAN:
        return e.value * sum / (double)n;
    case LIMIT_PERCENTILE:
        return tf_quantile_of(present, n, e.value / 100);
    }
    return e.value;
}

struct limits {
    double low, high;
};

static struct limits find_limits(const struct bound *b, const double *w, size_t n)
{
    const struct said *s = b->said;
    struct limits l = {-(double)INFINITY, (double)INFINITY};
    struct tf_sum sum = {0};
    size_t m = 0;
    for (size_t row = 0; row < n; row++)
        if (tf_in_sample(w[row])) {
            b->present[m++] = w[row];
            tf_sum_add(&sum, w[row]);
        }
    if (s->upper.kind != LIMIT_NONE)
        l.high = limit_of(s->upper, b->present, m, tf_sum_of(&sum));
    if (s->lower.kind != LIMIT_NONE)
        l.low = limit_of(s->lower, b->present, m, tf_sum_of(&sum));
    return l;
}

/* 1 above, -1 below, 0 within. Repeated sharing comes to rest at a limit only up to rounding. */
static int is_outside(double w, struct limits l)
{
    const double slack = 1e-13;
    return (w > l.high + slack * fabs(l.high)) - (w < l.low - slack * fabs(l.low));
}

/* Cut once; returns how many were cut. *ret_moved: what was taken off; *ret_in: how many were not.
 * */
static size_t cut(double *w, size_t n, struct limits l, bool share, double *ret_moved,
                  size_t *ret_in)
{
    struct tf_sum moved = {0};
    size_t in = 0, out = 0;
    for (size_t row = 0; row < n; row++) {
        const bool outside = is_outside(w[row], l) != 0;
        in += tf_in_sample(w[row]) && !outside;
        out += tf_in_sample(w[row]) && outside;
        if (tf_in_sample(w[row]) && outside)
            tf_sum_add(&moved, w[row] - (is_outside(w[row], l) > 0 ? l.high : l.low));
    }
    *ret_moved = tf_sum_of(&moved);
    *ret_in = in;
    if (out == 0 || (share && in == 0))
        return out;
    const double each = share ? *ret_moved / (double)in : 0;
    for (size_t row = 0; row < n; row++) {
        if (!tf_in_sample(w[row]))
            continue;
        const int side = is_outside(w[row], l);
        w[row] = side > 0 ? l.high : side < 0 ? l.low : w[row] + each;
    }
    return out;
}

static enum tf_code no_room(struct tf_weighing *g, const struct bound *b, struct limits l,
                            struct tf_err *reterr)
{
    if (g->replicate)
        return tf_fail(reterr, TF_E_CONVERGE, "a replicate cannot be trimmed");
    (void)tf_yaml_fail(b->said->at, reterr, "the limits of the trimming leave no weight to share "
                                            "with");
    if (reterr != NULL)
        reterr->code = TF_E_CONVERGE;
    (void)tf_fact(reterr, "they are %s and %s", tf_double_text(g->arena, l.low),
                  tf_double_text(g->arena, l.high));
    (void)tf_help(reterr, "Widen them, or say `redistribute: false`.");
    return TF_E_CONVERGE;
}

static enum tf_code take_trim(struct tf_weighing *g, void *bound, double *w, struct tf_took *ret,
                              struct tf_err *reterr)
{
    const struct bound *b = bound;
    const struct said *s = b->said;
    const struct limits l = find_limits(b, w, g->n);
    struct tf_sum sum = {0};
    double moved = 0, first_moved = 0;
    size_t out, first_out = 0, in;
    for (size_t row = 0; row < g->n; row++)
        tf_sum_add(&sum, w[row]);
    if (!(l.low < l.high))
        return no_room(g, b, l, reterr);
    do {
        out = cut(w, g->n, l, s->redistribute, &moved, &in);
        if (out > 0 && s->redistribute && in == 0)
            return no_room(g, b, l, reterr);
        if (ret->iterations++ == 0) {
            first_out = out;
            first_moved = moved;
        }
    } while (s->again && out > 0 && ret->iterations < MOST_ROUNDS);
    if (s->again && out > 0)
        return no_room(g, b, l, reterr);
    if (g->replicate)
        return TF_OK;
    struct tf_buf words = {.arena = g->arena};
    tf_buf_printf(&words, "trimmed %zu weight%s to", first_out, first_out == 1 ? "" : "s");
    if (isfinite(l.low)) {
        tf_buf_add(&words, " at least ");
        tf_buf_fixed(&words, l.low, 2);
    }
    if (isfinite(l.high)) {
        tf_buf_add(&words, isfinite(l.low) ? " and at most " : " at most ");
        tf_buf_fixed(&words, l.high, 2);
    }
    tf_buf_add(&words, s->redistribute ? ", sharing out " : ", taking off ");
    tf_buf_fixed(&words, 100 * first_moved / tf_sum_of(&sum), 2);
    tf_buf_add(&words, " % of the sum");
    ret->words = tf_buf_text(&words);
    return TF_OK;
}

static const char *const trim_keys[] = {"upper", "lower", "redistribute", "repeat", NULL};
const struct tf_step_kind tf_step_trim = {.word = "trim", .known = trim_keys, .read = read_trim,
                                          .bind = bind_trim, .take = take_trim};
