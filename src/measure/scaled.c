/* scaled: "children affected", a product of factors, each with its source and its error.
 *
 *     - id: affected
 *       stat: scaled
 *       factors:
 *         share:      {of: exp, item: total}                 # an item of an earlier estimate
 *         internet:   {of: roster, item: "1"}
 *         population: {table: population.csv, column: persons, where: "age >= 12", source: "…"}
 *       rounding: {to: 1 significant, wording: about, unit: children}
 *
 * A factor is an item of an earlier estimate; a number {estimate, se, source}; or the total of a
 * column of a table, with a source and, where it is known, an se. Numbers without a source are
 * refused: what a product rests on must be readable beside it.
 *
 *     estimate   prod f            se   by the delta method: sqrt(d' V d), d_k = prod f / f_k, V
 *     with the
 *                                  covariances of factors from one result, 0 between sources
 *     delta      estimate -+ q se, q normal or t (`df`)
 *     simulation 20,000 draws (`draws`) from a stream of random numbers named by `seed` (default:
 *     the
 *                id), the same everywhere; its interval is that of the draws between the quantiles.
 *                A share (an estimate of stat prop, or a number in 0..1 said to be one by `share:
 *                true`) is drawn normal on the logit scale, any other number normal as it is
 *
 * Rounding. The number printed is `about` the estimate, `at least` the lower or `as many as` the
 * upper end of the interval (simulation), rounded to `N significant` digits or to a multiple of a
 * number: about to the nearest, at least down, as many as up. A wording that the interval does not
 * carry ("at least" the estimate) cannot be asked for. The text and the lineage of every factor
 * stand in the notes; the text is the item's label. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "base/import.h"
#include "measure/groups.h"
#include "measure/product.h"

enum { MOST_DRAWS = 1000000 };

struct origin {
    const struct tf_result *of; /* NULL: given */
    size_t item;
};
struct product {
    struct tf_runner *r;
    const struct tf_ask *ask;
    struct tf_factor f[TF_MOST_FACTORS];
    struct origin from[TF_MOST_FACTORS];
    size_t n;
    double v[TF_MOST_FACTORS * TF_MOST_FACTORS]; /* covariances of the factors */
    double lo, hi;                         /* of the simulation */
};

/* ---- Factors ------------------------------------------------------------------------------ */

static enum tf_code from_result(struct product *p, const struct tf_yaml *at, struct tf_factor *f,
                                struct tf_err *reterr)
{
    struct origin *from = &p->from[f - p->f];
    const char *id, *name;
    struct tf_buf b = {.arena = p->r->arena};
    TF_TRY(tf_yaml_need_text(at, "of", &id, reterr));
    from->of = tf_result_called(p->r, id);
    if (from->of == NULL)
        return tf_yaml_fail(tf_yaml_get(at, "of"), reterr,
                            "no estimate before this one has the id '%s'", id);
    TF_TRY(tf_yaml_opt_text(at, "item", from->of->n == 1 ? from->of->item[0].name : NULL, &name, reterr));
    for (size_t k = 0; k < from->of->n; k++) {
        tf_buf_printf(&b, "%s`%s`", k > 0 ? ", " : "", from->of->item[k].name);
        if (name != NULL && tf_item_called(p->r->arena, &from->of->item[k], name)) {
            const struct tf_item *item = &from->of->item[k];
            from->item = k;
            f->value = item->estimate;
            f->se = item->se;
            f->share = strcmp(from->of->stat, "prop") == 0;
            f->source = tf_printf(p->r->arena, "the estimate '%s', item '%s' (n = %zu)", id,
                                  item->name, item->base);
            return TF_OK;
        }
    }
    (void)tf_yaml_fail(at, reterr, "'%s' has no item '%s'", id, name != NULL ? name : "");
    return tf_help(reterr, "Its items: %s", tf_buf_text(&b));
}

static enum tf_code from_table(struct product *p, const struct tf_yaml *at, struct tf_factor *f,
                               struct tf_err *reterr)
{
    const char *file, *column, *where;
    struct tf_table *t;
    struct tf_sum sum = {0};
    bool *mask;
    size_t col;
    TF_TRY(tf_yaml_need_text(at, "table", &file, reterr));
    TF_TRY(tf_yaml_need_text(at, "column", &column, reterr));
    TF_TRY(tf_yaml_opt_text(at, "where", NULL, &where, reterr));
    const char *path = tf_path_join(p->r->arena, p->r->dir, file);
    TF_TRY(tf_recipe_place(tf_yaml_get(at, "table"),
                           tf_import_file(p->r->arena, path, &t, reterr), reterr));
    tf_measure_tidy(t, NULL, 0);
    TF_TRY(tf_recipe_place(tf_yaml_get(at, "column"), tf_table_need(t, column, &col, reterr),
                           reterr));
    TF_TRY(tf_recipe_place(tf_yaml_get(at, "where"),
                           tf_where_mask(p->r->arena, where, t, &mask, reterr), reterr));
    for (size_t row = 0; row < t->n_rows; row++) {
        double x;
        if (!mask[row])
            continue;
        if (!tf_value_number(&t->col[col], row, &x))
            return tf_yaml_fail(tf_yaml_get(at, "column"), reterr,
                                "row %zu of '%s' has no number in '%s'", row + 1, file, column);
        tf_sum_add(&sum, x);
    }
    f->value = tf_sum_of(&sum);
    return TF_OK;
}

static enum tf_code read_factor(struct product *p, const struct tf_yaml *at, struct tf_factor *f,
                                struct tf_err *reterr)
{
    static const char *const known[] = {"of", "item", "estimate", "se", "source", "table",
                                        "column", "where", "share", NULL};
    if (at->kind != TF_YAML_MAP)
        return tf_yaml_fail(at, reterr, "the factor '%s' has keys: {of: id} or {estimate, source}",
                            f->name);
    TF_TRY(tf_yaml_known(at, known, reterr));
    if (tf_yaml_get(at, "of") != NULL)
        return from_result(p, at, f, reterr);
    if (tf_yaml_get(at, "table") != NULL)
        TF_TRY(from_table(p, at, f, reterr));
    else
        TF_TRY(tf_yaml_need_number(at, "estimate", &f->value, reterr));
    TF_TRY(tf_yaml_opt_number(at, "se", 0, &f->se, reterr));
    TF_TRY(tf_yaml_opt_bool(at, "share", false, &f->share, reterr));
    if (f->se < 0 || (f->share && !(f->value > 0 && f->value < 1)))
        return tf_yaml_fail(at, reterr, f->se < 0 ? "a standard error is not negative"
                                                  : "a share lies between 0 and 1");
    TF_TRY(tf_yaml_opt_text(at, "source", NULL, &f->source, reterr));
    if (f->source != NULL)
        return TF_OK;
    (void)tf_yaml_fail(at, reterr, "the factor '%s' has no source", f->name);
    return tf_help(reterr, "Say where the number is from: source: \"census projection 2023\"");
}

static enum tf_code read_factors(struct product *p, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(p->ask->at, "factors");
    if (at == NULL || at->kind != TF_YAML_MAP || at->n == 0 || at->n > TF_MOST_FACTORS)
        return tf_yaml_fail(at != NULL ? at : p->ask->at, reterr,
                            "a scaled number needs `factors`: {name: {of: id}, …}, at most %d",
                            TF_MOST_FACTORS);
    p->n = at->n;
    for (size_t k = 0; k < p->n; k++) {
        p->f[k].name = at->key[k]->text;
        TF_TRY(read_factor(p, at->item[k], &p->f[k], reterr));
    }
    for (size_t a = 0; a < p->n; a++)
        for (size_t b = 0; b < p->n; b++) {
            const struct origin *x = &p->from[a], *y = &p->from[b];
            const size_t m = x->of != NULL ? x->of->n : 0;
            p->v[a + b * p->n] = a == b ? p->f[a].se * p->f[a].se
                                 : x->of != NULL && x->of == y->of && x->of->vcov != NULL
                                     ? x->of->vcov[x->item + y->item * m]
                                     : 0;
        }
    return TF_OK;
}

/* ---- The product and its error ------------------------------------------------------------ */

static enum tf_code simulate(struct product *p, struct tf_err *reterr)
{
    const char *seed;
    double draws;
    TF_TRY(tf_yaml_opt_text(p->ask->at, "seed", p->ask->id, &seed, reterr));
    TF_TRY(tf_yaml_opt_number(p->ask->at, "draws", TF_DRAWS, &draws, reterr));
    if (!(draws >= 1000 && draws <= MOST_DRAWS))
        return tf_yaml_fail(tf_yaml_get(p->ask->at, "draws"), reterr,
                            "`draws` is a number from 1,000 to 1,000,000");
    if (tf_product_simulate(p->r->arena, p->f, p->n, p->v, seed, (size_t)draws, p->ask->level,
                            &p->lo, &p->hi))
        return TF_OK;
    (void)tf_yaml_fail(tf_yaml_get(p->ask->at, "factors"), reterr,
                       "two factors are one and the same number");
    return tf_help(reterr, "Use each estimate once.");
}

/* ---- Rounding and words ------------------------------------------------------------------- */

enum direction { NEAREST, DOWN, UP };

static double rounded(double x, double unit, enum direction way)
{
    const double at = x / unit;
    const double noise = fabs(at) * 1e-12; /* 300,000 is not 299,999.99… rounded down */
    return unit * (way == NEAREST ? floor(at + .5) : way == DOWN ? floor(at + noise)
                                                                 : ceil(at - noise));
}

/* `to`: "2 significant", or a number whose multiples are printed. */
static enum tf_code rounding_unit(const struct tf_yaml *at, double x, double *ret,
                                  struct tf_err *reterr)
{
    const char *to;
    double digits = 1;
    TF_TRY(tf_yaml_opt_text(at, "to", "1 significant", &to, reterr));
    const char *word = strstr(to, " significant");
    if (word == NULL && tf_parse_double(to, ret) && *ret > 0)
        return TF_OK;
    if (word == NULL || word != to + 1 || to[0] < '1' || to[0] > '9') {
        (void)tf_yaml_fail(tf_yaml_get(at, "to"), reterr, "`to` is not understood");
        return tf_help(reterr, "Write 1 significant, 2 significant, or a number such as 10000.");
    }
    digits = to[0] - '0';
    *ret = fabs(x) > 0 ? pow(10, floor(log10(fabs(x)) + 1e-12) - digits + 1) : 1;
    return TF_OK;
}

static enum tf_code put_in_words(struct product *p, struct tf_item *item, struct tf_err *reterr)
{
    static const struct {
        const char *word;
        enum direction way;
    } wordings[] = {{"about", NEAREST}, {"at least", DOWN}, {"as many as", UP}};
    static const char *const known[] = {"to", "wording", "unit", NULL};
    const struct tf_yaml *at = tf_yaml_get(p->ask->at, "rounding");
    const char *wording, *unit;
    double step;
    struct tf_buf b = {.arena = p->r->arena};
    if (at != NULL)
        TF_TRY(tf_yaml_known(at, known, reterr));
    TF_TRY(tf_yaml_opt_text(at, "wording", "about", &wording, reterr));
    TF_TRY(tf_yaml_opt_text(at, "unit", NULL, &unit, reterr));
    for (size_t k = 0; k < 3; k++) {
        if (strcmp(wordings[k].word, wording) != 0)
            continue;
        const double x = wordings[k].way == NEAREST ? item->estimate
                         : wordings[k].way == DOWN  ? p->lo
                                                    : p->hi;
        TF_TRY(rounding_unit(at, x, &step, reterr));
        tf_buf_printf(&b, "%s ", wording);
        tf_buf_grouped(&b, rounded(x, step, wordings[k].way));
        if (unit != NULL)
            tf_buf_printf(&b, " %s", unit);
        item->label = tf_buf_text(&b);
        return TF_OK;
    }
    (void)tf_yaml_fail(tf_yaml_get(at, "wording"), reterr, "there is no wording '%s'", wording);
    return tf_help(reterr, "Write about, at least or as many as.");
}

static void lineage(struct product *p, struct tf_result *out, const struct tf_item *item)
{
    struct tf_arena *a = p->r->arena;
    tf_result_note(p->r, out, tf_printf(a, "text: %s", item->label));
    for (size_t k = 0; k < p->n; k++) {
        const struct tf_factor *f = &p->f[k];
        tf_result_note(p->r, out,
                       tf_printf(a, "factor %s: %s%s%s, from %s", f->name,
                                 tf_double_text(a, f->value), f->se > 0 ? ", standard error " : "",
                                 f->se > 0 ? tf_double_text(a, f->se) : ", taken as exact",
                                 f->source));
    }
    tf_result_note(p->r, out, "error by the delta method; factors from different sources are taken "
                              "as independent");
    tf_result_note(p->r, out, "wording: about the estimate to the nearest, at least the lower end "
                              "of the simulated interval down, as many as its upper end up");
}

enum tf_code tf_run_scaled(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                           struct tf_err *reterr)
{
    struct product *p = TF_NEW(r->arena, struct product);
    p->r = r;
    p->ask = ask;
    TF_TRY(read_factors(p, reterr));
    TF_TRY(simulate(p, reterr));
    struct tf_item *item = tf_result_item(r, out);
    for (size_t k = 0; k < p->n; k++)
        item->flags |= p->from[k].of != NULL ? p->from[k].of->item[p->from[k].item].flags : 0;
    item->name = item->term = "product";
    item->estimate = tf_product(p->f, p->n);
    item->se = tf_product_se(p->f, p->n, p->v);
    item->df = ask->df == TF_DF_GIVEN ? ask->df_given : (double)INFINITY;
    const double reach = qt((1 - ask->level) / 2, item->df, 0, 0) * item->se;
    tf_item_add_ci(r, item, "delta", item->estimate - reach, item->estimate + reach);
    tf_item_add_ci(r, item, "simulation", p->lo, p->hi);
    TF_TRY(put_in_words(p, item, reterr));
    lineage(p, out, item);
    return TF_OK;
}
