/* Where weights begin and where they end, and the weights of a study's recipes.
 *
 *     base    1 / (p_psu x p_household x p_person x …): the inverse of the probability of being in
 *             the sample (Horvitz & Thompson 1952; tf_base_weight of the draw room)
 *     scale   to a sum; one of
 *               to: n           weights average 1: shares stay, totals become numbers of cases
 *               total: x        the same to any number
 *               population: N   a known number of persons: totals count persons
 *               equal: country  each group has the same say (`each: equal`, the sum of its weights
 *               is
 *                               cases / groups) or its own number of cases (`each: own`)
 *
 * `to` and `total` change the unit and nothing else. A population, and the say of groups, are known
 * numbers: their standard errors know them, as after post-stratification to one cell, or to the
 * groups, and every replicate is scaled anew.
 *
 * The steps of a study's recipe run on one column, the design's weight; the first is usually
 * `base`, and where it is not, the column must be there already. */
#include <math.h>
#include <string.h>

#include "draw/draw.h"
#include "measure/calibrate.h"

/* ---- Base weights ------------------------------------------------------------------------- */

struct base_said {
    const struct tf_yaml *at;
    const char **p; /* [n] columns of probabilities */
    size_t n;
};
struct base_bound {
    const struct base_said *said;
    size_t *col;
};

static enum tf_code read_base(struct tf_arena *arena, const struct tf_yaml *at, const char *dir,
                              void **ret, struct tf_err *reterr)
{
    static const char *const keys[] = {"p_psu", "p_household", "p_person"};
    struct base_said *s = TF_NEW(arena, struct base_said);
    const char **more;
    size_t n_more;
    (void)dir;
    *ret = s;
    s->at = at;
    TF_TRY(tf_yaml_opt_texts(arena, at, "p", &more, &n_more, reterr));
    s->p = TF_NEW_N(arena, const char *, n_more + 3);
    for (size_t k = 0; k < 3; k++) {
        const char *name;
        TF_TRY(tf_yaml_opt_text(at, keys[k], NULL, &name, reterr));
        if (name != NULL)
            s->p[s->n++] = name;
    }
    for (size_t k = 0; k < n_more; k++)
        s->p[s->n++] = more[k];
    return s->n > 0 ? TF_OK
                    : tf_yaml_fail(at, reterr, "the base step needs p_psu, or `p`: the columns of "
                                               "the probabilities");
}

static enum tf_code bind_base(struct tf_weighing *g, const void *said, const double *w, void **ret,
                              struct tf_err *reterr)
{
    struct base_bound *b = TF_NEW(g->arena, struct base_bound);
    (void)w;
    *ret = b;
    b->said = said;
    b->col = TF_NEW_N(g->arena, size_t, b->said->n);
    for (size_t k = 0; k < b->said->n; k++)
        TF_TRY(tf_table_need(g->t, b->said->p[k], &b->col[k], reterr));
    return TF_OK;
}

static enum tf_code take_base(struct tf_weighing *g, void *bound, double *w, struct tf_took *ret,
                              struct tf_err *reterr)
{
    const struct base_bound *b = bound;
    for (size_t row = 0; row < g->n; row++) {
        double three[3] = {1, 1, 1}, rest = 1;
        for (size_t k = 0; k < b->said->n; k++) {
            double p = 0;
            if (!tf_value_number(&g->t->col[b->col[k]], row, &p) || !(p > 0 && p <= 1)) {
                (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no probability in '%s'",
                              row + 1, g->t->name, b->said->p[k]);
                return tf_help(reterr, "A probability lies above 0 and is at most 1.");
            }
            if (k < 3)
                three[k] = p;
            else
                rest *= p;
        }
        w[row] = tf_base_weight(three[0], three[1], three[2]) / rest;
    }
    ret->words = "base weights";
    return TF_OK;
}

static const char *const base_keys[] = {"p_psu", "p_household", "p_person", "p", NULL};
const struct tf_step_kind tf_step_base = {.word = "base", .known = base_keys, .read = read_base,
                                          .bind = bind_base, .take = take_base, .begins = true};

/* ---- Scaling ------------------------------------------------------------------------------ */

struct scale_said {
    const struct tf_yaml *at;
    const char *equal; /* variable, or NULL */
    double sum;        /* NaN: the number of cases */
    bool known, own;
};
struct scale_bound {
    const struct scale_said *said;
    struct tf_cells cells;  /* one, or the groups */
    double *total, *factor; /* [cells], [cells + 1] */
    bool fixed;             /* the factor of the whole sample holds for replicates too */
    const char *words;
};

static enum tf_code read_equal(const struct tf_yaml *at, struct scale_said *s,
                               struct tf_err *reterr)
{
    const char *each;
    TF_TRY(tf_yaml_opt_text(at, "equal", NULL, &s->equal, reterr));
    TF_TRY(tf_yaml_opt_text(at, "each", "equal", &each, reterr));
    s->known = true;
    s->own = strcmp(each, "own") == 0;
    return s->own || strcmp(each, "equal") == 0
               ? TF_OK
               : tf_yaml_fail(tf_yaml_get(at, "each"), reterr,
                              "each group has an `equal` say, or its `own` number of cases");
}

static enum tf_code read_scale(struct tf_arena *arena, const struct tf_yaml *at, const char *dir,
                               void **ret, struct tf_err *reterr)
{
    static const char *const ways[] = {"to", "population", "total", "equal"};
    struct scale_said *s = TF_NEW(arena, struct scale_said);
    const char *to;
    size_t said = 0;
    (void)dir;
    *ret = s;
    s->at = at;
    s->sum = (double)NAN;
    for (size_t k = 0; k < 4; k++)
        said += tf_yaml_get(at, ways[k]) != NULL;
    if (said > 1)
        return tf_yaml_fail(at, reterr, "scale to one of: to, population, total, equal");
    if (tf_yaml_get(at, "equal") != NULL)
        return read_equal(at, s, reterr);
    if (tf_yaml_get(at, "each") != NULL)
        return tf_yaml_fail(tf_yaml_get(at, "each"), reterr, "`each` belongs to `equal`");
    s->known = tf_yaml_get(at, "population") != NULL;
    const char *key = s->known ? "population" : "total";
    if (tf_yaml_get(at, key) != NULL) {
        TF_TRY(tf_yaml_need_number(at, key, &s->sum, reterr));
        return s->sum > 0 && isfinite(s->sum)
                   ? TF_OK
                   : tf_yaml_fail(tf_yaml_get(at, key), reterr, "a sum of weights is above 0");
    }
    TF_TRY(tf_yaml_opt_text(at, "to", "n", &to, reterr));
    if (strcmp(to, "n") == 0)
        return TF_OK;
    (void)tf_yaml_fail(tf_yaml_get(at, "to"), reterr, "weights can be scaled to: n");
    return tf_help(reterr, "Or write `population: N`, `total: x`, `equal: variable`.");
}

static enum tf_code bind_groups(struct tf_weighing *g, struct scale_bound *b, const double *w,
                                struct tf_err *reterr)
{
    size_t col, n_in = 0;
    bool *in = TF_NEW_N(g->arena, bool, g->n);
    TF_TRY(tf_table_need(g->t, b->said->equal, &col, reterr));
    const struct tf_codes *codes = tf_codes_make(g->arena, g->t, col);
    for (size_t row = 0; row < g->n; row++) {
        in[row] = tf_in_sample(w[row]);
        n_in += in[row];
        if (in[row] && codes->of[row] == TF_NO_CODE) {
            (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no %s", row + 1, g->t->name,
                          b->said->equal);
            return tf_help(reterr, "Every case needs a group to be scaled in.");
        }
    }
    const struct tf_crossing x = tf_codes_cross(g->arena, &codes, 1, in, g->n);
    tf_cells_open(g->arena, &b->cells, x.of, x.n, g->n, g->threads);
    b->total = TF_NEW_N(g->arena, double, x.n + 1);
    for (size_t row = 0; row < g->n; row++)
        if (in[row])
            b->total[x.of[row]] += 1;
    for (size_t k = 0; !b->said->own && k < x.n; k++)
        b->total[k] = (double)n_in / (double)x.n;
    b->words = tf_printf(g->arena, b->said->own ? "each of %zu groups of %s scaled to its n"
                                                : "%zu groups of %s scaled to an equal say",
                         x.n, b->said->equal);
    return TF_OK;
}

static enum tf_code bind_scale(struct tf_weighing *g, const void *said, const double *w,
                               void **ret, struct tf_err *reterr)
{
    struct scale_bound *b = TF_NEW(g->arena, struct scale_bound);
    *ret = b;
    b->said = said;
    b->fixed = !b->said->known;
    if (b->said->equal != NULL) {
        TF_TRY(bind_groups(g, b, w, reterr));
    } else {
        uint32_t *of = TF_NEW_N(g->arena, uint32_t, g->n);
        size_t n_in = 0;
        for (size_t row = 0; row < g->n; row++) {
            of[row] = tf_in_sample(w[row]) ? 0 : TF_NO_CODE;
            n_in += tf_in_sample(w[row]);
        }
        tf_cells_open(g->arena, &b->cells, of, 1, g->n, g->threads);
        b->total = TF_NEW_N(g->arena, double, 2);
        b->total[0] = isnan(b->said->sum) ? (double)n_in : b->said->sum;
        b->words = isnan(b->said->sum)
                       ? "scaled to n"
                       : tf_printf(g->arena, "scaled to %s%s",
                                   b->said->known ? "a population of " : "",
                                   tf_double_text(g->arena, b->said->sum));
    }
    b->factor = TF_NEW_N(g->arena, double, b->cells.n + 1);
    return TF_OK;
}

static enum tf_code take_scale(struct tf_weighing *g, void *bound, double *w, struct tf_took *ret,
                               struct tf_err *reterr)
{
    const struct scale_bound *b = bound;
    ret->words = b->words;
    if (!g->replicate || !b->fixed) {
        tf_cells_sum(&b->cells, w, b->factor);
        for (size_t k = 0; k < b->cells.n; k++) {
            if (!(b->factor[k] > 0))
                return tf_fail(reterr, TF_E_CONVERGE, "a replicate has no case of a group");
            b->factor[k] = b->total[k] / b->factor[k];
        }
    }
    tf_cells_multiply(&b->cells, b->factor, w);
    return TF_OK;
}

static struct tf_calibrated *scale_known(struct tf_weighing *g, void *bound, const double *w)
{
    const struct scale_bound *b = bound;
    return b->said->known ? tf_calibrated_to_cells(g->arena, &b->cells, w) : NULL;
}

static const char *const scale_keys[] = {"to", "population", "total", "equal", "each", NULL};
const struct tf_step_kind tf_step_scale = {.word = "scale", .known = scale_keys,
                                           .read = read_scale, .bind = bind_scale,
                                           .take = take_scale, .known_totals = scale_known};

/* ---- The weights of a study's recipe -------------------------------------------------------- */

/* Weights that were delivered, for steps that start from them. */
static enum tf_code take_weights(const struct tf_table *t, const char *name, double *w,
                                 struct tf_err *reterr)
{
    size_t col;
    TF_TRY(tf_table_need(t, name, &col, reterr));
    for (size_t row = 0; row < t->n_rows; row++)
        if (!tf_value_number(&t->col[col], row, &w[row]) || !tf_in_sample(w[row])) {
            (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no weight above 0 in '%s'",
                          row + 1, t->name, name);
            return tf_help(reterr, "Correct it, or leave such cases out by a cleaning rule.");
        }
    return TF_OK;
}

enum tf_code tf_weights_make(struct tf_arena *arena, const struct tf_recipe *recipe,
                             const char *country, struct tf_table *t, struct tf_buf *diagnostics,
                             struct tf_calibrated ***ret_calibrated, size_t *ret_n_calibrated,
                             struct tf_err *reterr)
{
    double *w = TF_NEW_N(arena, double, t->n_rows + 1);
    struct tf_weighing *g = TF_NEW(arena, struct tf_weighing);
    struct tf_weighed made;
    bool begins;
    *ret_n_calibrated = 0;
    const struct tf_yaml *first = tf_steps_first(recipe->steps, country, &begins);
    if (t->n_rows == 0 || first == NULL)
        return TF_OK; /* without cases the design will say so */
    *g = (struct tf_weighing){.arena = arena, .t = t, .n = t->n_rows, .threads = 1};
    if (!begins)
        TF_TRY(tf_recipe_place(first, take_weights(t, recipe->spec.weight, w, reterr), reterr));
    TF_TRY(tf_steps_take(g, recipe->steps, country, false, w, &made, reterr));
    for (size_t k = 0; k < made.n_reports; k++)
        tf_buf_printf(diagnostics, "; %s", made.report[k].text);
    *ret_calibrated = made.calibrated;
    *ret_n_calibrated = made.n_calibrated;
    size_t col = tf_table_find(t, recipe->spec.weight);
    if (col >= SIZE_MAX - 1)
        col = tf_table_add(t, recipe->spec.weight, TF_NUMBER);
    t->col[col].type = TF_NUMBER; /* a delivered weight is replaced */
    t->col[col].num = w;
    for (size_t row = 0; row < t->n_rows; row++)
        t->col[col].miss[row] = TF_PRESENT;
    return TF_OK;
}
