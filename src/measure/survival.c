/* Times and events (survival.h): read, checked, and put in order of time. */
#include "measure/survival.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/formula.h"

/* The value of a key as an expression: it is the response of a formula without a right side. */
static enum tf_code read_values(struct tf_runner *r, const struct tf_ask *ask, const char *key,
                                const double **ret, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(ask->at, key);
    struct tf_yaml *node = TF_NEW(r->arena, struct tf_yaml);
    struct tf_formula *f;
    if (at == NULL || at->kind != TF_YAML_SCALAR)
        return tf_yaml_fail(at == NULL ? ask->at : at, reterr, "'%s' needs '%s', a variable",
                            ask->stat, key);
    *node = *at;
    node->text = tf_printf(r->arena, "%s ~ 1", at->text);
    TF_TRY(tf_formula_read(r->arena, node, r->t, &f, reterr));
    if (f->response == NULL || f->response->factor)
        return tf_yaml_fail(at, reterr, "'%s' must be numbers, or a condition", key);
    *ret = tf_expr_values(r->arena, f->response->e, r->t);
    return TF_OK;
}

enum tf_code tf_survival_read(struct tf_runner *r, const struct tf_ask *ask,
                              struct tf_survival *ret, struct tf_err *reterr)
{
    struct tf_survival s = {.n = r->survey->n};
    const double *event;
    double low = INFINITY, high = -INFINITY;
    TF_TRY(read_values(r, ask, "time", &s.time, reterr));
    TF_TRY(read_values(r, ask, "event", &event, reterr));
    s.event = TF_NEW_N(r->arena, bool, s.n);
    s.known = TF_NEW_N(r->arena, bool, s.n);
    for (size_t row = 0; row < s.n; row++) {
        s.known[row] = isfinite(s.time[row]) && !isnan(event[row]) && r->survey->w[row] > 0;
        if (!s.known[row])
            continue;
        if (s.time[row] < 0)
            return tf_yaml_fail(tf_yaml_get(ask->at, "time"), reterr,
                                "the time in row %zu is negative", row + 1);
        low = event[row] < low ? event[row] : low;
        high = event[row] > high ? event[row] : high;
        if (event[row] < 0 || event[row] > 2 || fabs(event[row] - nearbyint(event[row])) > 0)
            low = -1;
    }
    if (low < 0 || (low < 0.5 && high > 1.5)) {
        (void)tf_yaml_fail(tf_yaml_get(ask->at, "event"), reterr,
                           "an event is 1 or 0 (or 2 and 1)");
        return tf_help(reterr, "Write a condition, for example: event: \"status == 2\"");
    }
    for (size_t row = 0; row < s.n; row++)
        s.event[row] = s.known[row] && event[row] > (high > 1.5 ? 1.5 : 0.5);
    *ret = s;
    return TF_OK;
}

struct at_time {
    double time;
    uint32_t row;
};

static int by_time(const void *a, const void *b)
{
    const struct at_time *x = a, *y = b;
    if (x->time < y->time || x->time > y->time)
        return x->time < y->time ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

struct tf_risk tf_risk_make(struct tf_arena *arena, const struct tf_survival *s, const bool *in)
{
    struct tf_risk k = {.rows = TF_NEW_N(arena, bool, s->n)};
    for (size_t row = 0; row < s->n; row++) {
        k.rows[row] = s->known[row] && in[row];
        k.n_rows += k.rows[row];
    }
    struct at_time *t = TF_NEW_N(arena, struct at_time, k.n_rows + 1);
    size_t n = 0;
    for (size_t row = 0; row < s->n; row++)
        if (k.rows[row])
            t[n++] = (struct at_time){s->time[row], (uint32_t)row};
    qsort(t, n, sizeof *t, by_time);
    k.order = TF_NEW_N(arena, uint32_t, n + 1);
    k.from = TF_NEW_N(arena, size_t, n + 2);
    for (size_t j = 0; j < n; j++) {
        k.order[j] = t[j].row;
        if (j == 0 || t[j].time > t[j - 1].time)
            k.from[k.n_groups++] = j;
    }
    k.from[k.n_groups] = n;
    return k;
}
