/* Times and events (survival.h): read, checked, and put in order of time. */
#include "measure/survival.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/formula.h"

/* What was asked for: times, events, and where each is written, for messages. */
struct asked {
    const struct tf_formula *f[2]; /* of the time, of the event */
    const struct tf_variable *v[2];
    const struct tf_yaml *at[2]; /* its key; NULL: both are in the formula */
};

static enum tf_code fail_in(const struct asked *a, size_t which, struct tf_err *reterr,
                            const char *what)
{
    return a->at[which] != NULL ? tf_yaml_fail(a->at[which], reterr, "%s", what)
                                : tf_formula_fail(a->f[which], a->v[which]->at, reterr,
                                                  "has this: %s", what);
}

/* The value of a key as an expression: it is the response of a formula without a right side. */
static enum tf_code read_key(struct tf_runner *r, const struct tf_ask *ask, const char *key,
                             size_t which, struct asked *a, struct tf_err *reterr)
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
    if (f->response == NULL || f->event != NULL)
        return tf_yaml_fail(at, reterr, "'%s' must be numbers, or a condition", key);
    a->f[which] = f;
    a->v[which] = f->response;
    a->at[which] = at;
    return TF_OK;
}

/* R's form, Surv(time, event) ~ …: *is tells whether it was used. */
static enum tf_code read_surv(struct tf_runner *r, const struct tf_ask *ask, struct asked *a,
                              bool *is, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(ask->at, "formula"), *key;
    const bool curve = strcmp(ask->stat, "km") == 0;
    struct tf_formula *f;
    *is = false;
    if (at == NULL)
        return TF_OK;
    TF_TRY(tf_formula_read(r->arena, at, r->t, &f, reterr));
    if (curve && f->event == NULL)
        return tf_formula_fail(f, 0, reterr, "has no Surv(time, event) before '~'");
    if (curve && f->n_variables + f->n_offsets > 0) {
        (void)tf_formula_fail(f, f->n_variables > 0 ? f->variable[0].at : f->offset[0]->at, reterr,
                              "has a right side, which a curve has not");
        return tf_help(reterr, "Write ~ 1, and the groups in by:.");
    }
    if (f->event == NULL)
        return TF_OK;
    key = tf_yaml_get(ask->at, "time");
    key = key == NULL ? tf_yaml_get(ask->at, "event") : key;
    if (key != NULL)
        return tf_yaml_fail(key, reterr, "time and event are given twice: here and in the formula");
    a->f[0] = a->f[1] = f;
    a->v[0] = f->response;
    a->v[1] = f->event;
    *is = true;
    return TF_OK;
}

static enum tf_code read_asked(struct tf_runner *r, const struct tf_ask *ask, struct asked *a,
                               struct tf_err *reterr)
{
    bool surv;
    TF_TRY(read_surv(r, ask, a, &surv, reterr));
    if (!surv) {
        TF_TRY(read_key(r, ask, "time", 0, a, reterr));
        TF_TRY(read_key(r, ask, "event", 1, a, reterr));
    }
    for (size_t k = 0; k < 2; k++)
        if (a->v[k]->factor)
            return fail_in(a, k, reterr, k == 0 ? "'time' must be numbers, or a condition"
                                                : "'event' must be numbers, or a condition");
    return TF_OK;
}

enum tf_code tf_survival_read(struct tf_runner *r, const struct tf_ask *ask,
                              struct tf_survival *ret, struct tf_err *reterr)
{
    struct tf_survival s = {.n = r->survey->n};
    struct asked a = {.at = {NULL}};
    double low = (double)INFINITY, high = -(double)INFINITY;
    TF_TRY(read_asked(r, ask, &a, reterr));
    s.time = tf_expr_values(r->arena, a.v[0]->e, r->t);
    s.name = a.at[0] != NULL ? a.at[0]->text : a.v[0]->name;
    const double *event = tf_expr_values(r->arena, a.v[1]->e, r->t);
    s.event = TF_NEW_N(r->arena, bool, s.n);
    s.known = TF_NEW_N(r->arena, bool, s.n);
    for (size_t row = 0; row < s.n; row++) {
        s.known[row] = isfinite(s.time[row]) && !isnan(event[row]) && r->survey->w[row] > 0;
        if (!s.known[row])
            continue;
        if (s.time[row] < 0)
            return fail_in(&a, 0, reterr,
                           tf_printf(r->arena, "the time in row %zu is negative", row + 1));
        low = event[row] < low ? event[row] : low;
        high = event[row] > high ? event[row] : high;
        if (event[row] < 0 || event[row] > 2 || fabs(event[row] - nearbyint(event[row])) > 0)
            low = -1;
    }
    if (low < 0 || (low < 0.5 && high > 1.5)) {
        (void)fail_in(&a, 1, reterr, "an event is 1 or 0 (or 2 and 1)");
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
