/* Results: items with their intervals, tests, notes, and the names that contrasts call items by.
 *
 * The name of an item is made of what tells it from the others of its result: the values of its
 * domain joined by ".", then its variable when there are several, its category, its quantile or its
 * term, joined by ":". So the mean of one score by sex has the items "boy" and "girl", and of two
 * scores by sex "boy:reading" … (as R names the coefficients of svyby). The alias says the same with
 * labels in place of codes. */
#include <math.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/run.h"

static const double none = (double)NAN;

struct tf_item *tf_result_item(struct tf_runner *r, struct tf_result *out)
{
    out->item = tf_grow(r->arena, out->item, out->n, &out->cap, sizeof *out->item);
    struct tf_item *item = &out->item[out->n++];
    *item = (struct tf_item){.quantile = none, .estimate = none, .se = none, .df = none,
                             .deff = none, .statistic = none, .p = none, .base_weighted = none};
    return item;
}

struct tf_test *tf_result_test(struct tf_runner *r, struct tf_result *out, const char *name)
{
    out->test = tf_grow(r->arena, out->test, out->n_tests, &out->cap_tests, sizeof *out->test);
    struct tf_test *test = &out->test[out->n_tests++];
    *test = (struct tf_test){.name = name, .statistic = none, .df = none, .ddf = none, .p = none};
    return test;
}

void tf_result_note(struct tf_runner *r, struct tf_result *out, const char *sentence)
{
    for (size_t k = 0; k < out->n_notes; k++)
        if (strcmp(out->note[k], sentence) == 0)
            return;
    out->note = tf_grow(r->arena, out->note, out->n_notes, &out->cap_notes, sizeof *out->note);
    out->note[out->n_notes++] = sentence;
}

/* ---- Intervals ---------------------------------------------------------------------------- */

void tf_item_add_ci(struct tf_runner *r, struct tf_item *item, const char *method, double lo,
                    double hi)
{
    struct tf_ci_made *ci = TF_NEW_N(r->arena, struct tf_ci_made, item->n_ci + 1);
    for (size_t k = 0; k < item->n_ci; k++)
        ci[k] = item->ci[k];
    ci[item->n_ci++] = (struct tf_ci_made){method, lo, hi};
    item->ci = ci;
}

void tf_item_interval(struct tf_runner *r, struct tf_item *item, const char *method, double level)
{
    const double tail = (1 - level) / 2;
    const double q = isinf(item->df) ? qnorm(tail, 0, 1, 0, 0)
                     : item->df > 0  ? qt(tail, item->df, 0, 0)
                                     : none;
    tf_item_add_ci(r, item, method, item->estimate - q * item->se,
                   item->estimate + q * item->se);
}

void tf_result_fill(struct tf_runner *r, struct tf_result *out, size_t first,
                    const struct tf_fit *fit)
{
    for (size_t k = 0; k < fit->p && first + k < out->n; k++) {
        struct tf_item *item = &out->item[first + k];
        item->estimate = fit->theta[k];
        item->se = sqrt(fit->v[k + k * fit->p]);
    }
    if (fit->full && first == 0 && fit->p == out->n)
        out->vcov = fit->v;
    if (fit->replicates_failed > 0)
        tf_result_note(r, out, tf_printf(r->arena, "%zu of %zu replicates gave no value and were "
                                         "left out", fit->replicates_failed, fit->replicates));
}

/* ---- Names -------------------------------------------------------------------------------- */

static bool several_vars(const struct tf_result *out)
{
    for (size_t k = 1; k < out->n; k++)
        if (!tf_streq(out->item[k].var, out->item[0].var))
            return true;
    return false;
}

static void add_part(struct tf_buf *b, const char *separator, const char *part)
{
    if (part != NULL)
        tf_buf_printf(b, "%s%s", b->n > 0 ? separator : "", part);
}

static const char *compose(struct tf_arena *arena, const struct tf_item *item, bool vars,
                           bool labels)
{
    struct tf_buf b = {.arena = arena};
    for (size_t k = 0; k < item->n_by; k++)
        add_part(&b, k > 0 ? "." : "", labels && item->by[k].label != NULL ? item->by[k].label
                                                                         : item->by[k].value);
    if (vars || (b.n == 0 && item->category == NULL && item->term == NULL))
        add_part(&b, ":", labels && item->var_label != NULL ? item->var_label : item->var);
    add_part(&b, ":", labels && item->label != NULL ? item->label : item->category);
    add_part(&b, ":", item->term);
    if (isfinite(item->quantile))
        add_part(&b, ":", tf_double_text(arena, item->quantile));
    return tf_buf_text(&b);
}

void tf_result_names(struct tf_runner *r, struct tf_result *out)
{
    const bool vars = several_vars(out);
    for (size_t k = 0; k < out->n; k++) {
        struct tf_item *item = &out->item[k];
        if (item->name == NULL)
            item->name = compose(r->arena, item, vars, false);
        if (item->alias == NULL)
            item->alias = compose(r->arena, item, vars, true);
    }
}

bool tf_item_called(struct tf_arena *arena, const struct tf_item *item, const char *name)
{
    struct tf_buf b = {.arena = arena};
    if (tf_streq(item->name, name) || tf_streq(item->alias, name))
        return true;
    for (size_t k = 0; k < item->n_by; k++) /* "sex=1,area=2" */
        tf_buf_printf(&b, "%s%s=%s", k > 0 ? "," : "", item->by[k].var, item->by[k].value);
    return b.n > 0 && tf_streq(tf_buf_text(&b), name);
}
