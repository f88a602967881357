/* Calibration to the totals of a formula's terms.
 *
 *     {step: calibrate, formula: "~ stype + enroll", totals: totals.csv, method: raking,
 *      bounds: [0.5, 2], bounds_const: false, aggregate: psu, epsilon: 1e-12, max_iterations: 200}
 *
 * Totals are named as R names the columns of the model matrix: "(Intercept)", "stypeH", "enroll".
 * The equations and the four methods: equations.c. A row enters them only through its row of the
 * model matrix, so rows that are alike there are one unit; with `aggregate` a PSU (or a unit of a
 * later stage) is one unit with the weighted means of its rows, and its rows get one g (R takes
 * plain means, the same where weights are equal within a unit; ours meet the totals in either
 * case); with `bounds_const`, where the bounds are on the weights and not on g, each row is its
 * own.
 *
 * Unbounded linear calibration can give weights below 0. As in R they stand, and the line of
 * diagnosis warns of them; `negative: refuse` makes them an error. (No case stands for less than
 * nobody: bounds: [0, inf], or raking, avoid them.)
 *
 * When the totals are not met, the message names the term, how far it came, and how many weights
 * stand at a bound; `force: true` takes the weights as they are, with their gap. */
#include <math.h>
#include <string.h>

#include "measure/calibrate.h"
#include "measure/model.h"

struct said {
    const struct tf_yaml *at, *formula;
    struct tf_totals totals;
    enum tf_distance method;
    const char *word;
    double lower, upper, epsilon;
    size_t max_iterations;
    const char *aggregate; /* "psu", "1", "2" … or NULL */
    bool bounded, constant, force, refuse;
};

/* ---- Reading ------------------------------------------------------------------------------ */

static enum tf_code read_bound(const struct tf_yaml *node, double *ret, struct tf_err *reterr)
{
    if (node->kind == TF_YAML_SCALAR && tf_parse_double(node->text, ret))
        return TF_OK;
    const bool minus = node->kind == TF_YAML_SCALAR && node->text[0] == '-';
    if (node->kind != TF_YAML_SCALAR || (tf_casecmp(node->text + minus, "inf") != 0 &&
                                         tf_casecmp(node->text + minus, ".inf") != 0))
        return tf_yaml_fail(node, reterr, "a bound is a number, or inf");
    *ret = minus ? -(double)INFINITY : (double)INFINITY;
    return TF_OK;
}

static enum tf_code read_bounds(const struct tf_yaml *at, struct said *s, struct tf_err *reterr)
{
    const struct tf_yaml *list = tf_yaml_get(at, "bounds");
    s->lower = -(double)INFINITY;
    s->upper = (double)INFINITY;
    TF_TRY(tf_yaml_opt_bool(at, "bounds_const", false, &s->constant, reterr));
    if (list != NULL) {
        if (list->kind != TF_YAML_LIST || list->n != 2)
            return tf_yaml_fail(list, reterr, "bounds are written [lowest, highest]");
        TF_TRY(read_bound(list->item[0], &s->lower, reterr));
        TF_TRY(read_bound(list->item[1], &s->upper, reterr));
        if (!(s->lower < s->upper))
            return tf_yaml_fail(list, reterr, "the lowest bound is not below the highest");
        if (!s->constant && !(s->lower < 1 && s->upper > 1)) {
            (void)tf_yaml_fail(list, reterr, "bounds on g lie on both sides of 1");
            return tf_help(reterr, "g is the new weight over the old. For bounds on the weights "
                                   "themselves say `bounds_const: true`.");
        }
    }
    s->bounded = isfinite(s->lower) || isfinite(s->upper);
    if (s->method == TF_LOGIT && !(isfinite(s->lower) && isfinite(s->upper)))
        return tf_yaml_fail(at, reterr, "the method logit needs `bounds`, for example [0.5, 2]");
    return s->constant && !s->bounded
               ? tf_yaml_fail(at, reterr, "`bounds_const` needs `bounds`")
               : TF_OK;
}

static enum tf_code read_calibrate(struct tf_arena *arena, const struct tf_yaml *at,
                                   const char *dir, void **ret, struct tf_err *reterr)
{
    static const char *const methods[] = {"linear", "raking", "logit", "sinh"};
    struct said *s = TF_NEW(arena, struct said);
    const struct tf_yaml *totals = tf_yaml_get(at, "totals");
    const char *formula, *negative;
    double most;
    size_t method = 0;
    *ret = s;
    s->at = at;
    TF_TRY(tf_yaml_need_text(at, "formula", &formula, reterr));
    s->formula = tf_yaml_get(at, "formula");
    if (totals == NULL)
        return tf_yaml_fail(at, reterr, "calibration needs `totals` of the formula's terms");
    TF_TRY(tf_totals_of_terms(arena, totals, dir, &s->totals, reterr));
    TF_TRY(tf_yaml_opt_text(at, "method", "linear", &s->word, reterr));
    while (method < 4 && strcmp(methods[method], s->word) != 0)
        method++;
    if (method == 4) {
        (void)tf_yaml_fail(tf_yaml_get(at, "method"), reterr, "there is no method '%s'", s->word);
        return tf_help(reterr, "Write linear, raking, logit or sinh.");
    }
    s->method = (enum tf_distance)method;
    TF_TRY(read_bounds(at, s, reterr));
    TF_TRY(tf_yaml_opt_text(at, "aggregate", NULL, &s->aggregate, reterr));
    TF_TRY(tf_yaml_opt_bool(at, "force", false, &s->force, reterr));
    TF_TRY(tf_yaml_opt_text(at, "negative", "allow", &negative, reterr));
    s->refuse = strcmp(negative, "refuse") == 0;
    if (!s->refuse && strcmp(negative, "allow") != 0)
        return tf_yaml_fail(tf_yaml_get(at, "negative"), reterr,
                            "weights below 0: allow, or refuse");
    TF_TRY(tf_yaml_opt_number(at, "epsilon", 1e-12, &s->epsilon, reterr));
    TF_TRY(tf_yaml_opt_number(at, "max_iterations", 200, &most, reterr));
    if (!(s->epsilon > 0 && s->epsilon < 1))
        return tf_yaml_fail(tf_yaml_get(at, "epsilon"), reterr,
                            "epsilon is a ratio between 0 and 1");
    if (!(most >= 1 && most <= 1e6))
        return tf_yaml_fail(tf_yaml_get(at, "max_iterations"), reterr,
                            "max_iterations lies between 1 and 1,000,000");
    s->max_iterations = (size_t)most;
    return s->aggregate != NULL && s->constant
               ? tf_yaml_fail(at, reterr, "`aggregate` and `bounds_const` exclude each other")
               : TF_OK;
}

/* ---- Units -------------------------------------------------------------------------------- */

struct bound {
    const struct said *said;
    const struct tf_model *m;
    struct tf_cells cells;  /* rows to units */
    size_t p;
    double **x;             /* [p] columns over units */
    double *total;          /* [p] */
    const struct tf_total **place; /* [p] */
    double *d, *g;          /* [units + 1] */
    double *lower, *upper;  /* [units] or NULL */
    double *rows;           /* [rows] scratch, for aggregated units */
    double *work;
};

static uint64_t hash_row(const struct tf_model *m, size_t row)
{
    uint64_t h = 1469598103934665603u;
    for (size_t j = 0; j < m->p; j++) {
        const double x = m->x[j][row] + 0.0; /* -0 is 0 */
        uint64_t bits;
        memcpy(&bits, &x, sizeof bits);
        h = (h ^ bits) * 1099511628211u;
        h ^= h >> 29;
    }
    return h;
}

static bool same_row(const struct tf_model *m, size_t a, size_t b)
{
    for (size_t j = 0; j < m->p; j++)
        if (m->x[j][a] < m->x[j][b] || m->x[j][a] > m->x[j][b])
            return false;
    return true;
}

/* Number the distinct rows of the model matrix in the order in which they come. */
static size_t find_patterns(struct tf_arena *arena, const struct tf_model *m, const double *w,
                            uint32_t *of, uint32_t *first)
{
    size_t slots = 16, n = 0;
    while (slots < 2 * m->n)
        slots *= 2;
    uint32_t *slot = TF_NEW_N(arena, uint32_t, slots); /* pattern + 1; 0: free */
    for (size_t row = 0; row < m->n; row++) {
        of[row] = TF_NO_CODE;
        if (!tf_in_sample(w[row]))
            continue;
        size_t at = (size_t)hash_row(m, row) & (slots - 1);
        while (slot[at] != 0 && !same_row(m, first[slot[at] - 1], row))
            at = (at + 1) & (slots - 1);
        if (slot[at] == 0) {
            first[n] = (uint32_t)row;
            slot[at] = (uint32_t)++n;
        }
        of[row] = slot[at] - 1;
    }
    return n;
}

static enum tf_code stage_of(const struct tf_weighing *g, const struct said *s, size_t *ret,
                             struct tf_err *reterr)
{
    int64_t number = 1;
    const struct tf_yaml *at = tf_yaml_get(s->at, "aggregate");
    if (strcmp(s->aggregate, "psu") != 0 &&
        (!tf_parse_int(s->aggregate, &number) || number < 1))
        return tf_yaml_fail(at, reterr, "aggregate: psu, or the number of a stage");
    if (g->stage == NULL || (size_t)number > g->n_stages)
        return tf_yaml_fail(at, reterr, "the design has %zu stage%s", g->n_stages,
                            g->n_stages == 1 ? "" : "s");
    *ret = (size_t)number - 1;
    return TF_OK;
}

static enum tf_code open_units(struct tf_weighing *g, struct bound *b, const double *w,
                               struct tf_err *reterr)
{
    const struct tf_model *m = b->m;
    uint32_t *of = TF_NEW_N(g->arena, uint32_t, g->n), *first = TF_NEW_N(g->arena, uint32_t, g->n);
    size_t units = 0, stage = 0;
    if (b->said->aggregate != NULL) {
        TF_TRY(stage_of(g, b->said, &stage, reterr));
        units = g->stage[stage].n_units;
        for (size_t row = 0; row < g->n; row++)
            of[row] = tf_in_sample(w[row]) ? g->stage[stage].unit[row] : TF_NO_CODE;
        b->rows = TF_NEW_N(g->arena, double, g->n);
    } else if (b->said->constant) {
        for (size_t row = 0; row < g->n; row++) {
            of[row] = TF_NO_CODE;
            if (tf_in_sample(w[row])) {
                first[units] = (uint32_t)row;
                of[row] = (uint32_t)units++;
            }
        }
    } else {
        units = find_patterns(g->arena, m, w, of, first);
    }
    b->x = TF_NEW_N(g->arena, double *, b->p);
    for (size_t j = 0; j < b->p; j++) {
        b->x[j] = TF_NEW_N(g->arena, double, units + 1);
        for (size_t k = 0; b->rows == NULL && k < units; k++)
            b->x[j][k] = m->x[j][first[k]];
    }
    tf_cells_open(g->arena, &b->cells, of, units, g->n, g->threads);
    b->d = TF_NEW_N(g->arena, double, units + 1);
    b->g = TF_NEW_N(g->arena, double, units + 1);
    if (b->said->bounded) {
        b->lower = TF_NEW_N(g->arena, double, units + 1);
        b->upper = TF_NEW_N(g->arena, double, units + 1);
    }
    b->work = TF_NEW_N(g->arena, double, TF_EQUATIONS_WORK(units, b->p) + 1);
    return TF_OK;
}

/* ---- Totals ------------------------------------------------------------------------------- */

static enum tf_code unknown_term(struct tf_arena *arena, const struct tf_model *m,
                                 const struct tf_total *item, struct tf_err *reterr)
{
    const char **names = TF_NEW_N(arena, const char *, m->p + 1);
    struct tf_buf list = {.arena = arena};
    for (size_t j = 0; j < m->p; j++) {
        names[j] = m->name[j];
        tf_buf_printf(&list, "%s%s", j > 0 ? ", " : "", m->name[j]);
    }
    const char *near = tf_nearest(item->key, names);
    (void)tf_total_fail(item, reterr, TF_E_INPUT, "the formula has no term '%s' in these data",
                        item->key);
    (void)tf_fact(reterr, "its terms are: %.400s", tf_buf_text(&list));
    return near != NULL ? tf_help(reterr, "Did you mean '%s'?", near)
                        : tf_help(reterr, "Terms are named as in R: (Intercept), age, sexmale.");
}

static enum tf_code match_totals(struct tf_arena *arena, struct bound *b, struct tf_err *reterr)
{
    const struct tf_totals *from = &b->said->totals;
    b->total = TF_NEW_N(arena, double, b->p + 1);
    b->place = TF_NEW_N(arena, const struct tf_total *, b->p + 1);
    for (size_t k = 0; k < from->n; k++) {
        size_t j = 0;
        while (j < b->p && strcmp(b->m->name[j], from->item[k].key) != 0)
            j++;
        if (j < b->p) {
            b->total[j] = from->item[k].total;
            b->place[j] = &from->item[k];
        } else if (fabs(from->item[k].total) > 0) { /* R drops a term that is 0 on both sides */
            return unknown_term(arena, b->m, &from->item[k], reterr);
        }
    }
    for (size_t j = 0; j < b->p; j++)
        if (b->place[j] == NULL) {
            (void)tf_fail_at(reterr, TF_E_INPUT, from->item[0].file, from->at->kind == TF_YAML_MAP
                                 ? from->at->line : 1, 0,
                             "the totals lack the term '%s' of the formula", b->m->name[j]);
            return tf_help(reterr, "Give its population total: for (Intercept) the number of "
                                   "persons, for a category its persons, for a number its sum.");
        }
    return TF_OK;
}

static enum tf_code bind_calibrate(struct tf_weighing *g, const void *said, const double *w,
                                   void **ret, struct tf_err *reterr)
{
    const struct said *s = said;
    struct bound *b = TF_NEW(g->arena, struct bound);
    struct tf_formula *f;
    struct tf_model *m;
    bool *in = TF_NEW_N(g->arena, bool, g->n);
    *ret = b;
    b->said = s;
    for (size_t row = 0; row < g->n; row++)
        in[row] = tf_in_sample(w[row]);
    TF_TRY(tf_formula_read(g->arena, s->formula, g->t, &f, reterr));
    TF_TRY(tf_recipe_place(s->formula, tf_model_make(g->arena, f, g->t, in, &m, reterr), reterr));
    b->m = m;
    b->p = m->p;
    for (size_t row = 0; row < g->n; row++)
        if (in[row] && !m->complete[row]) {
            (void)tf_fail_at(reterr, TF_E_DESIGN, s->formula->file, s->formula->line,
                             s->formula->column, "row %zu of '%s' has no value for the formula",
                             row + 1, g->t->name);
            for (size_t j = 0; j < m->p; j++)
                if (isnan(m->x[j][row]))
                    (void)tf_fact(reterr, "'%s' is missing there", m->name[j]);
            return tf_help(reterr, "Every case with a weight needs one.");
        }
    TF_TRY(match_totals(g->arena, b, reterr));
    return open_units(g, b, w, reterr);
}

/* ---- Taking it ---------------------------------------------------------------------------- */

/* Weights, means and bounds of the units under the weights w. */
static enum tf_code fill_units(struct tf_weighing *g, struct bound *b, const double *w,
                               struct tf_err *reterr)
{
    const struct said *s = b->said;
    tf_cells_sum(&b->cells, w, b->d);
    for (size_t j = 0; b->rows != NULL && j < b->p; j++) {
        for (size_t row = 0; row < g->n; row++)
            b->rows[row] = b->m->complete[row] ? w[row] * b->m->x[j][row] : 0;
        tf_cells_sum(&b->cells, b->rows, b->x[j]);
        for (size_t k = 0; k < b->cells.n; k++)
            b->x[j][k] = tf_in_sample(b->d[k]) ? b->x[j][k] / b->d[k] : 0;
    }
    for (size_t k = 0; s->bounded && k < b->cells.n; k++) {
        const double by = s->constant && b->d[k] > 0 ? b->d[k] : 1;
        b->lower[k] = s->lower / by;
        b->upper[k] = s->upper / by;
        if (s->method != TF_LOGIT || !s->constant || !(b->d[k] > 0) ||
            (b->lower[k] < 1 && b->upper[k] > 1))
            continue;
        (void)tf_yaml_fail(tf_yaml_get(s->at, "bounds"), reterr,
                           "a weight of %s lies outside the bounds",
                           tf_double_text(g->arena, b->d[k]));
        return tf_help(reterr, "The method logit starts from weights within them: trim first, or "
                               "use linear or raking.");
    }
    return TF_OK;
}

static enum tf_code not_met(struct tf_weighing *g, const struct bound *b,
                            const struct tf_solved *solved, struct tf_err *reterr)
{
    const size_t j = solved->worst;
    (void)tf_total_fail(b->place[j], reterr, TF_E_CONVERGE,
                        "the calibration does not reach the total of '%s' (%s)", b->m->name[j],
                        b->said->word);
    struct tf_buf fact = {.arena = g->arena};
    tf_buf_printf(&fact, "%s of %s after %zu iterations",
                  tf_double_text(g->arena, solved->reached),
                  tf_double_text(g->arena, b->total[j]), solved->iterations);
    if (b->said->bounded)
        tf_buf_printf(&fact, "; %zu of %zu %s stand at a bound", solved->at_bound, b->cells.n,
                      b->said->constant ? "weights" : "distinct factors");
    (void)tf_fact(reterr, "%s", tf_buf_text(&fact));
    /* factors at a bound drop out of the equations and leave terms without any */
    if (solved->dependent && !(b->said->bounded && solved->at_bound > 0))
        return tf_help(reterr, "The term is a combination of the others, and its total another one "
                               "than theirs: correct it, or take the term out.");
    if (b->said->bounded)
        return tf_help(reterr, "Widen the bounds, join categories, or take the term out; "
                               "`force: true` accepts the gap.");
    return tf_help(reterr, "Can these cases have that total at all? Join categories or take the "
                           "term out.");
}

static enum tf_code look_at_negative(struct tf_weighing *g, const struct bound *b, const double *w,
                                     size_t *ret_n, struct tf_err *reterr)
{
    size_t worst = 0;
    double least = 0;
    for (size_t row = 0; row < g->n; row++) {
        const double after = w[row] * b->g[b->cells.of[row]];
        *ret_n += after < 0;
        if (after < least) {
            least = after;
            worst = row;
        }
    }
    if (*ret_n == 0 || !b->said->refuse)
        return TF_OK;
    (void)tf_yaml_fail(b->said->at, reterr, "linear calibration gives %zu weight%s below 0", *ret_n,
                       *ret_n == 1 ? "" : "s");
    (void)tf_fact(reterr, "the lowest is %s, in row %zu", tf_double_text(g->arena, least),
                  worst + 1);
    return tf_help(reterr, "Set `bounds: [0, inf]`, or use the method raking.");
}

static enum tf_code take_calibrate(struct tf_weighing *g, void *bound, double *w,
                                   struct tf_took *ret, struct tf_err *reterr)
{
    struct bound *b = bound;
    struct tf_solved solved;
    TF_TRY(fill_units(g, b, w, reterr));
    const struct tf_equations e = {
        .n = b->cells.n, .p = b->p, .x = (const double *const *)b->x, .d = b->d,
        .total = b->total, .distance = b->said->method, .lower = b->lower, .upper = b->upper,
        .epsilon = b->said->epsilon, .max_iterations = b->said->max_iterations, .work = b->work};
    const bool met = tf_equations_solve(&e, b->g, &solved);
    ret->iterations = solved.iterations;
    ret->gap = solved.gap;
    if (!met && !b->said->force)
        return g->replicate ? tf_fail(reterr, TF_E_CONVERGE, "a replicate cannot be calibrated")
                            : not_met(g, b, &solved, reterr);
    b->g[b->cells.n] = 1;
    if (!g->replicate) {
        size_t negative = 0;
        TF_TRY(look_at_negative(g, b, w, &negative, reterr));
        ret->words = tf_printf(g->arena, "calibrated to %zu total%s (%s) in %zu iteration%s%s%s%s",
                               b->p, b->p == 1 ? "" : "s", b->said->word, solved.iterations,
                               solved.iterations == 1 ? "" : "s",
                               solved.rescaled ? ", base weights scaled up first" : "",
                               met ? "" : ", totals NOT met",
                               negative == 0 ? "" : tf_printf(g->arena,
                                                              "; WARNING: %zu weights below 0",
                                                              negative));
    }
    tf_cells_multiply(&b->cells, b->g, w);
    return TF_OK;
}

static struct tf_calibrated *calibrate_known(struct tf_weighing *g, void *bound, const double *w)
{
    const struct bound *b = bound;
    double **x = TF_NEW_N(g->arena, double *, b->p);
    for (size_t j = 0; j < b->p; j++) {
        x[j] = b->x[j];
        if (b->rows == NULL)
            continue;
        x[j] = TF_NEW_N(g->arena, double, b->cells.n + 1); /* replicates will fill theirs */
        memcpy(x[j], b->x[j], b->cells.n * sizeof *x[j]);
    }
    return tf_calibrated_to_terms(g->arena, &b->cells, (const double *const *)x, b->p, b->d, b->g,
                                  w);
}

static const char *const calibrate_keys[] = {
    "formula",  "totals", "method",  "bounds",         "bounds_const",
    "aggregate", "force", "epsilon", "max_iterations", "negative", NULL};
const struct tf_step_kind tf_step_calibrate = {
    .word = "calibrate", .known = calibrate_keys, .read = read_calibrate, .bind = bind_calibrate,
    .take = take_calibrate, .known_totals = calibrate_known};
