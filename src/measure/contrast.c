/* contrast: functions of the items of an earlier result, linear or not, by the delta method.
 *
 *     - {id: gap, stat: contrast, of: share, expr: "girls - boys"}
 *     - {id: both, stat: contrast, of: share, expr: {gap: girls - boys, odds: "girls/(1-girls)"}}
 *
 * With items theta, covariance V and f = (f_1 … f_q), the contrasts vary as J V J', J the
 * derivatives of f at theta, exact (expression.c): R survey svycontrast. Names are those of the
 * items (docs/RECIPES.md), their labels, or "sex=1" of a domain. For replicate weights R takes the
 * same road.
 *
 * df: of the domains that the expression names, taken together, by the rule asked for; R's confint
 * takes none (df: inf). Where an item rests on nobody or everybody (flags zero, full) or has no
 * error, its linearised variance says nothing: the contrast keeps its value and standard error, but
 * no interval and no test is made of them. */
#include <math.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/expression.h"
#include "measure/groups.h"

struct contrasts {
    struct tf_runner *r;
    const struct tf_ask *ask;
    const struct tf_result *of;
    struct tf_expression **expr;
    const char **name;
    size_t n;
};

/* An item by name; of several that fit (a label twice) none. */
static size_t item_named(void *context, const char *name)
{
    const struct contrasts *c = context;
    size_t found = SIZE_MAX;
    for (size_t k = 0; k < c->of->n; k++) {
        if (tf_streq(c->of->item[k].name, name))
            return k;
        if (tf_item_called(c->r->arena, &c->of->item[k], name)) {
            if (found != SIZE_MAX)
                return SIZE_MAX;
            found = k;
        }
    }
    return found;
}

const struct tf_result *tf_result_called(const struct tf_runner *r, const char *id)
{
    for (size_t k = 0; k < r->n_results; k++)
        if (tf_streq(r->result[k].id, id))
            return &r->result[k];
    return NULL;
}

static const char *item_names(const struct contrasts *c)
{
    struct tf_buf b = {.arena = c->r->arena};
    for (size_t k = 0; k < c->of->n && k < 20; k++)
        tf_buf_printf(&b, "%s`%s`", k > 0 ? ", " : "", c->of->item[k].name);
    return tf_buf_text(&b);
}

static enum tf_code find_result(struct contrasts *c, struct tf_err *reterr)
{
    const char *id;
    TF_TRY(tf_yaml_need_text(c->ask->at, "of", &id, reterr));
    c->of = tf_result_called(c->r, id);
    const struct tf_yaml *at = tf_yaml_get(c->ask->at, "of");
    if (c->of == NULL) {
        (void)tf_yaml_fail(at, reterr, "no estimate before this one has the id '%s'", id);
        return tf_help(reterr, "Give an estimate above it that id.");
    }
    if (c->of->vcov != NULL)
        return TF_OK;
    (void)tf_yaml_fail(at, reterr, "'%s' (%s) has no covariances to make a contrast of", id,
                       c->of->stat);
    return tf_help(reterr, "Contrasts are of shares, means, totals, ratios, variances and models.");
}

static enum tf_code read_one(struct contrasts *c, const struct tf_yaml *at, const char *name,
                             struct tf_err *reterr)
{
    enum tf_code code = tf_expression_read(c->r->arena, at, item_named, c, &c->expr[c->n], reterr);
    if (code != TF_OK && strstr(reterr->what, "is no item") != NULL)
        return tf_help(reterr, "The items of '%s': %s", c->of->id, item_names(c));
    c->name[c->n++] = name;
    return code;
}

static enum tf_code read_expressions(struct contrasts *c, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(c->ask->at, "expr");
    if (at == NULL || (at->kind != TF_YAML_SCALAR && at->n == 0))
        return tf_yaml_fail(c->ask->at, reterr, "a contrast needs `expr`, such as 'girls - boys'");
    const size_t n = at->kind == TF_YAML_SCALAR ? 1 : at->n;
    c->expr = TF_NEW_N(c->r->arena, struct tf_expression *, n);
    c->name = TF_NEW_N(c->r->arena, const char *, n);
    if (at->kind == TF_YAML_SCALAR)
        return read_one(c, at, "contrast", reterr);
    for (size_t k = 0; k < n; k++)
        TF_TRY(read_one(c, at->item[k],
                        at->kind == TF_YAML_MAP ? at->key[k]->text
                                                : tf_printf(c->r->arena, "contrast%zu", k + 1),
                        reterr));
    return TF_OK;
}

/* The map of an estimate of this recipe, to make its domains again. */
static const struct tf_yaml *map_of(const struct tf_runner *r, const char *id)
{
    const struct tf_yaml *list = tf_yaml_get(r->root, "estimates");
    for (size_t k = 0; list != NULL && k < list->n; k++) {
        const struct tf_yaml *at = tf_yaml_get(list->item[k], "id");
        if (at != NULL && at->kind == TF_YAML_SCALAR && strcmp(at->text, id) == 0)
            return list->item[k];
    }
    return NULL;
}

static bool same_domain(const struct tf_by *a, const struct tf_by *b, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (!tf_streq(a[k].value, b[k].value))
            return false;
    return true;
}

/* df where any domain that the expression names has cases. */
static enum tf_code contrast_df(const struct contrasts *c, const struct tf_expression *e,
                                double *ret, struct tf_err *reterr)
{
    const struct tf_yaml *map = map_of(c->r, c->of->id);
    bool *in = TF_NEW_N(c->r->arena, bool, c->r->survey->n);
    struct tf_ask of;
    struct tf_domain *d;
    size_t n_domains;
    *ret = tf_ask_df(c->r, c->ask, NULL);
    if (map == NULL || c->ask->df != TF_DF_DOMAIN || tf_yaml_get(map, "expr") != NULL)
        return TF_OK;
    TF_TRY(tf_ask_read(c->r->arena, map, &of, reterr));
    if (of.n_by == 0 && of.where == NULL)
        return TF_OK;
    TF_TRY(tf_domains_make(c->r, &of, &d, &n_domains, reterr));
    for (size_t k = 0; k < c->of->n; k++)
        for (size_t j = 0; j < n_domains && tf_expression_uses(e, k); j++) {
            const struct tf_item *item = &c->of->item[k];
            if (item->n_by > 0 && of.n_by == item->n_by &&
                !same_domain(item->by, d[j].by, of.n_by))
                continue;
            for (size_t row = 0; row < c->r->survey->n; row++)
                in[row] = in[row] || d[j].in[row];
        }
    *ret = tf_ask_df(c->r, c->ask, in);
    return TF_OK;
}

/* Counts and flags of the items that a contrast rests on; may it be tested? */
static bool inherit(const struct contrasts *c, const struct tf_expression *e, struct tf_item *item)
{
    const unsigned silent = (unsigned)(TF_EST_ZERO | TF_EST_FULL | TF_EST_DF0 | TF_EST_EMPTY) << 8;
    for (size_t k = 0; k < c->of->n; k++) {
        const struct tf_item *one = &c->of->item[k];
        if (!tf_expression_uses(e, k))
            continue;
        item->flags |= one->flags;
        item->n = item->base = item->base == 0 || one->base < item->base ? one->base : item->base;
        item->psu = item->psu == 0 || one->psu < item->psu ? one->psu : item->psu;
    }
    return (item->flags & silent) == 0;
}

/* Does it name an item that has no standard error? Then it has none either. */
static bool unknown(const struct contrasts *c, const struct tf_expression *e)
{
    for (size_t k = 0; k < c->of->n; k++)
        if (tf_expression_uses(e, k) && !(c->of->item[k].se >= 0))
            return true;
    return false;
}

static void finish(const struct contrasts *c, struct tf_item *item, bool tested,
                   const struct tf_interval_method *const *method, size_t n_methods)
{
    const bool known = tested && isfinite(item->estimate) && item->se >= 0;
    /* as a mean with this variance; without one, as a mean without a degree of freedom */
    const struct tf_linear l = {.n = 1, .psu = 2, .strata = 1, .df = known ? item->df : 0,
                                .value = item->estimate, .var = item->se * item->se,
                                .unit_var = (double)NAN, .sum_w = (double)NAN, .sum_w2 = 1};
    struct tf_item made = *item;
    struct tf_ask ask = *c->ask;
    ask.deff = false;
    ask.flags = NULL;
    tf_item_finish(c->r, &ask, &made, &l, TF_OF_MEAN, method, n_methods);
    item->ci = made.ci;
    item->n_ci = made.n_ci;
    if (!known)
        return;
    item->statistic = item->estimate / item->se;
    if (item->se > 0 && item->df > 0)
        item->p = 2 * pt(-fabs(item->statistic), item->df, 1, 0);
}

enum tf_code tf_run_contrast(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                             struct tf_err *reterr)
{
    struct contrasts c = {.r = r, .ask = ask};
    const struct tf_interval_method *const *method;
    size_t n_methods;
    TF_TRY(tf_intervals_asked(r, ask, TF_OF_MEAN, &method, &n_methods, reterr));
    TF_TRY(find_result(&c, reterr));
    TF_TRY(read_expressions(&c, reterr));
    const size_t p = c.of->n, q = c.n;
    double *theta = TF_NEW_N(r->arena, double, p), *g = TF_NEW_N(r->arena, double, p);
    double *j = TF_NEW_N(r->arena, double, q * p), *v = TF_NEW_N(r->arena, double, p * p);
    bool *used = TF_NEW_N(r->arena, bool, p);
    for (size_t k = 0; k < p; k++)
        theta[k] = c.of->item[k].estimate;
    for (size_t k = 0; k < q; k++) {
        struct tf_item *item = tf_result_item(r, out);
        item->name = item->term = c.name[k];
        item->estimate = tf_expression_value(c.expr[k], theta, p, g);
        for (size_t i = 0; i < p; i++) {
            j[k + i * q] = g[i];
            used[i] = used[i] || tf_expression_uses(c.expr[k], i);
        }
        TF_TRY(contrast_df(&c, c.expr[k], &item->df, reterr));
    }
    for (size_t a = 0; a < p; a++) /* an item that no contrast names may have no variance */
        for (size_t b = 0; b < p; b++)
            v[a + b * p] = used[a] && used[b] ? c.of->vcov[a + b * p] : 0;
    out->vcov = TF_NEW_N(r->arena, double, q * q);
    tf_sandwich(r->arena, j, v, q, p, out->vcov);
    for (size_t k = 0; k < q; k++)
        for (size_t i = 0; i < q && unknown(&c, c.expr[k]); i++)
            out->vcov[k + i * q] = out->vcov[i + k * q] = (double)NAN;
    for (size_t k = 0; k < q; k++) {
        struct tf_item *item = &out->item[k];
        item->se = sqrt(out->vcov[k + k * q]);
        finish(&c, item, inherit(&c, c.expr[k], item), method, n_methods);
    }
    tf_result_note(r, out, tf_printf(r->arena, "delta method on the items of '%s' and their "
                                     "covariances", c.of->id));
    tf_result_note(r, out, tf_ask_df_note(r->arena, ask));
    return TF_OK;
}
