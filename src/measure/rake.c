/* Raking: weights that reproduce known totals of several margins.
 *
 * Iterative proportional fitting (Deming & Stephan 1940, Ann. Math. Statist. 11, 427-444; the
 * multiplicative case of Deville & Särndal 1992, JASA 87, 376-382). In each sweep, for each margin
 * in turn, the weights of a category are multiplied by its total / their present sum. The gap
 * after a sweep is the largest |sum / total - 1| over all categories of all margins.
 *
 * The fitting needs the rows only through the cell of the full crossing they fall in (cells.c):
 * sweeps run over the cells that occur, and the factor of its cell is looked up for each row.
 *
 * R's rake() stops when no weighted table changes by more than 1 person and after 10 sweeps at
 * most; here the stop is a ratio, and not reaching it is an error, not a warning. Before a sweep is
 * made, what cannot work is named: margins whose totals add up differently; a category that occurs
 * only with categories of another margin that have fewer persons. Raking within bounds is
 * calibration (`calibrate`, method raking), which says what the bounds prevent.
 *
 * How standard errors know the margins: residual.c. */
#include <math.h>
#include <string.h>

#include "measure/calibrate.h"

/* ---- The fit ------------------------------------------------------------------------------ */

void tf_raking_open(struct tf_arena *arena, struct tf_raking *r, const uint32_t *const *of,
                    const size_t *n, double *const *total, size_t n_margins, size_t n_rows,
                    unsigned threads)
{
    size_t most = 0;
    r->n_margins = n_margins;
    r->n = TF_NEW_N(arena, size_t, n_margins);
    r->total = TF_NEW_N(arena, double *, n_margins);
    for (size_t m = 0; m < n_margins; m++) {
        r->n[m] = n[m];
        r->total[m] = total[m];
        most = n[m] > most ? n[m] : most;
    }
    tf_cells_cross(arena, &r->cells, of, n, n_margins, n_rows, threads, &r->of_cell);
    r->before = TF_NEW_N(arena, double, r->cells.n + 1);
    r->after = TF_NEW_N(arena, double, r->cells.n + 1);
    r->used = TF_NEW_N(arena, uint32_t, r->cells.n + 1);
    r->sum = TF_NEW_N(arena, double, most + 1);
}

/* Sums of a margin's categories; the largest gap and its category. */
static double margin_gap(struct tf_raking *r, size_t m, size_t n_used, size_t *ret_worst)
{
    double worst = 0;
    const uint32_t *of = r->of_cell[m];
    for (size_t c = 0; c < r->n[m]; c++)
        r->sum[c] = 0;
    for (size_t k = 0; k < n_used; k++)
        r->sum[of[r->used[k]]] += r->after[r->used[k]];
    for (size_t c = 0; c < r->n[m]; c++) {
        const double gap = fabs(r->sum[c] / r->total[m][c] - 1);
        if (!(gap <= worst)) {
            worst = gap;
            *ret_worst = c;
        }
    }
    return worst;
}

static void sweep(struct tf_raking *r, size_t n_used)
{
    size_t at;
    for (size_t m = 0; m < r->n_margins; m++) {
        const uint32_t *of = r->of_cell[m];
        (void)margin_gap(r, m, n_used, &at);
        for (size_t c = 0; c < r->n[m]; c++)
            r->sum[c] = r->total[m][c] / r->sum[c];
        for (size_t k = 0; k < n_used; k++)
            r->after[r->used[k]] *= r->sum[of[r->used[k]]];
    }
}

bool tf_raking_fit(struct tf_raking *r, double *w, struct tf_raked *ret)
{
    size_t n_used = 0;
    tf_cells_sum(&r->cells, w, r->before);
    for (size_t k = 0; k < r->cells.n; k++) {
        r->after[k] = r->before[k];
        if (r->before[k] > 0)
            r->used[n_used++] = (uint32_t)k;
    }
    *ret = (struct tf_raked){.gap = (double)INFINITY};
    while (ret->sweeps < r->max_sweeps && !(ret->gap <= r->epsilon) &&
           (ret->sweeps == 0 || isfinite(ret->gap))) {
        sweep(r, n_used);
        ret->gap = 0;
        for (size_t m = 0; m < r->n_margins; m++) {
            size_t at = 0;
            const double gap = margin_gap(r, m, n_used, &at);
            if (!(gap <= ret->gap)) {
                ret->gap = gap;
                ret->margin = m;
                ret->category = at;
            }
        }
        ret->sweeps++;
    }
    if (!(ret->gap <= r->epsilon))
        return false;
    for (size_t k = 0; k < r->cells.n; k++)
        r->after[k] = r->before[k] > 0 ? r->after[k] / r->before[k] : 1;
    tf_cells_multiply(&r->cells, r->after, w);
    return true;
}

/* ---- What cannot work --------------------------------------------------------------------- */

static double total_of(const struct tf_margin_of *m)
{
    struct tf_sum sum = {0};
    for (size_t c = 0; c < m->n; c++)
        tf_sum_add(&sum, m->total[c]);
    return tf_sum_of(&sum);
}

/* Margins speak of one population. Rounded tables may differ a little: `adjust_totals` lets the
 * first margin decide. */
static enum tf_code same_population(struct tf_arena *arena, struct tf_margin_of *m, size_t n,
                                    double epsilon, bool adjust, struct tf_err *reterr)
{
    const double first = total_of(&m[0]);
    for (size_t k = 1; k < n; k++) {
        const double other = total_of(&m[k]);
        if (fabs(other / first - 1) <= epsilon)
            continue;
        for (size_t c = 0; adjust && c < m[k].n; c++)
            m[k].total[c] *= first / other;
        if (adjust)
            continue;
        (void)tf_total_fail(&m[k].from->item[0], reterr, TF_E_INPUT,
                            "the totals of %s add up to %s, those of %s to %s", m[k].from->name,
                            tf_double_text(arena, other), m[0].from->name,
                            tf_double_text(arena, first));
        return tf_help(reterr, "Margins describe the same population. Correct them, or say "
                               "`adjust_totals: true`: then the first margin decides.");
    }
    return TF_OK;
}

/* A category of a occurs only with categories of b that together have fewer persons. */
static enum tf_code fits_within(struct tf_arena *arena, const struct tf_raking *r,
                                const struct tf_margin_of *margin, size_t a, size_t b,
                                struct tf_err *reterr)
{
    bool *with = TF_NEW_N(arena, bool, r->n[b]);
    for (size_t c = 0; c < r->n[a]; c++) {
        struct tf_buf only = {.arena = arena};
        double room = 0;
        memset(with, 0, r->n[b] * sizeof *with);
        for (size_t k = 0; k < r->cells.n; k++)
            if (r->before[k] > 0 && r->of_cell[a][k] == c)
                with[r->of_cell[b][k]] = true;
        for (size_t d = 0; d < r->n[b]; d++)
            if (with[d]) {
                room += r->total[b][d];
                tf_buf_printf(&only, "%s%s", only.n > 0 ? " or " : "", margin[b].label[d]);
            }
        if (r->total[a][c] <= room * (1 + r->epsilon))
            continue;
        (void)tf_total_fail(margin[a].place[c], reterr, TF_E_CONVERGE,
                            "the margins contradict each other at %s", margin[a].label[c]);
        (void)tf_fact(reterr, "%s persons; but its cases all have %.300s, which has %s",
                      tf_double_text(arena, r->total[a][c]), tf_buf_text(&only),
                      tf_double_text(arena, room));
        return tf_help(reterr, "Join categories in data and totals, or leave a margin out.");
    }
    return TF_OK;
}

static enum tf_code why_not(struct tf_arena *arena, const struct tf_raking *r,
                            const struct tf_margin_of *margin, const struct tf_raked *raked,
                            struct tf_err *reterr)
{
    for (size_t a = 0; a < r->n_margins; a++)
        for (size_t b = 0; b < r->n_margins; b++)
            if (a != b)
                TF_TRY(fits_within(arena, r, margin, a, b, reterr));
    const struct tf_margin_of *m = &margin[raked->margin];
    (void)tf_total_fail(m->place[raked->category], reterr, TF_E_CONVERGE,
                        "raking did not reach its totals after %zu sweeps", raked->sweeps);
    (void)tf_fact(reterr, "%s is missed by a ratio of %s (allowed: %s)", m->label[raked->category],
                  tf_double_text(arena, raked->gap), tf_double_text(arena, r->epsilon));
    return tf_help(reterr, "Does a crossing have no cases? Join categories, leave a margin out, or "
                           "raise `max_sweeps`.");
}

/* ---- The step ----------------------------------------------------------------------------- */

struct said {
    struct tf_totals *margin;
    size_t n;
    double epsilon;
    size_t max_sweeps;
    bool partial, adjust;
    enum tf_residuals residuals;
};
struct bound {
    const struct said *said;
    struct tf_margin_of *margin;
    struct tf_raking raking;
};

static enum tf_code read_rake(struct tf_arena *arena, const struct tf_yaml *at, const char *dir,
                              void **ret, struct tf_err *reterr)
{
    struct said *s = TF_NEW(arena, struct said);
    const struct tf_yaml *list = tf_yaml_get(at, "margins");
    static const char *const how[] = {"sweeps", "exact", "weighted"};
    const char *residuals;
    size_t choice = 0;
    double sweeps;
    *ret = s;
    if (list == NULL || list->n == 0)
        return tf_yaml_fail(list != NULL ? list : at, reterr, "a raking step needs `margins`");
    if (list->kind != TF_YAML_LIST)
        return tf_yaml_fail(list, reterr, "'margins' must be a list");
    s->n = list->n;
    s->margin = TF_NEW_N(arena, struct tf_totals, list->n);
    for (size_t k = 0; k < list->n; k++)
        TF_TRY(tf_totals_read(arena, list->item[k], dir, &s->margin[k], reterr));
    TF_TRY(tf_yaml_opt_number(at, "epsilon", 1e-10, &s->epsilon, reterr));
    TF_TRY(tf_yaml_opt_number(at, "max_sweeps", 1000, &sweeps, reterr));
    TF_TRY(tf_yaml_opt_bool(at, "partial", false, &s->partial, reterr));
    TF_TRY(tf_yaml_opt_bool(at, "adjust_totals", false, &s->adjust, reterr));
    TF_TRY(tf_yaml_opt_text(at, "residuals", "sweeps", &residuals, reterr));
    while (choice < 3 && strcmp(residuals, how[choice]) != 0)
        choice++;
    if (choice == 3)
        return tf_yaml_fail(tf_yaml_get(at, "residuals"), reterr,
                            "residuals are taken by: sweeps (as R does), exact, or weighted");
    s->residuals = (enum tf_residuals)choice;
    if (!(s->epsilon > 0 && s->epsilon < 1))
        return tf_yaml_fail(tf_yaml_get(at, "epsilon"), reterr,
                            "epsilon is a ratio between 0 and 1");
    if (!(sweeps >= 1 && sweeps <= 1e6))
        return tf_yaml_fail(tf_yaml_get(at, "max_sweeps"), reterr,
                            "max_sweeps lies between 1 and 1,000,000");
    s->max_sweeps = (size_t)sweeps;
    return TF_OK;
}

static void open_bound(struct tf_arena *arena, struct bound *b, size_t n, size_t n_rows,
                       unsigned threads)
{
    const uint32_t **of = TF_NEW_N(arena, const uint32_t *, n);
    size_t *categories = TF_NEW_N(arena, size_t, n);
    double **total = TF_NEW_N(arena, double *, n);
    for (size_t k = 0; k < n; k++) {
        of[k] = b->margin[k].of;
        categories[k] = b->margin[k].n;
        total[k] = b->margin[k].total;
    }
    tf_raking_open(arena, &b->raking, of, categories, total, n, n_rows, threads);
}

static enum tf_code bind_rake(struct tf_weighing *g, const void *said, const double *w, void **ret,
                              struct tf_err *reterr)
{
    const struct said *s = said;
    struct bound *b = TF_NEW(g->arena, struct bound);
    b->said = s;
    b->margin = TF_NEW_N(g->arena, struct tf_margin_of, s->n);
    *ret = b;
    for (size_t k = 0; k < s->n; k++)
        TF_TRY(tf_totals_bind(g->arena, &s->margin[k], g->t, w, s->partial, &b->margin[k],
                              reterr));
    TF_TRY(same_population(g->arena, b->margin, s->n, s->epsilon, s->adjust, reterr));
    open_bound(g->arena, b, s->n, g->n, g->threads);
    b->raking.epsilon = s->epsilon;
    b->raking.max_sweeps = s->max_sweeps;
    return TF_OK;
}

static enum tf_code take_rake(struct tf_weighing *g, void *bound, double *w, struct tf_took *ret,
                              struct tf_err *reterr)
{
    struct bound *b = bound;
    struct tf_raked raked;
    const bool met = tf_raking_fit(&b->raking, w, &raked);
    ret->iterations = raked.sweeps;
    ret->gap = raked.gap;
    if (!met)
        return g->replicate ? tf_fail(reterr, TF_E_CONVERGE, "a replicate cannot be raked")
                            : why_not(g->arena, &b->raking, b->margin, &raked, reterr);
    if (!g->replicate)
        ret->words = tf_printf(g->arena, "raked in %zu sweep%s", raked.sweeps,
                               raked.sweeps == 1 ? "" : "s");
    return TF_OK;
}

static struct tf_calibrated *rake_known(struct tf_weighing *g, void *bound, const double *w)
{
    const struct bound *b = bound;
    return tf_calibrated_to_margins(g->arena, &b->raking, w, b->said->residuals);
}

static const char *const rake_keys[] = {"margins", "epsilon", "max_sweeps", "partial",
                                        "adjust_totals", "residuals", NULL};
const struct tf_step_kind tf_step_rake = {.word = "rake", .known = rake_keys, .read = read_rake,
                                          .bind = bind_rake, .take = take_rake,
                                          .known_totals = rake_known};

/* ---- Margins given as they are (measure.h) ------------------------------------------------- */

enum tf_code tf_rake(struct tf_arena *arena, const struct tf_table *t, double *w,
                     const struct tf_margin *margin, size_t n_margins, double epsilon,
                     size_t max_sweeps, double *ret_gap, size_t *ret_sweeps, struct tf_err *reterr)
{
    static const struct tf_yaml nowhere = {.kind = TF_YAML_MAP, .file = ""};
    struct tf_totals *totals = TF_NEW_N(arena, struct tf_totals, n_margins + 1);
    struct bound b = {.margin = TF_NEW_N(arena, struct tf_margin_of, n_margins + 1)};
    struct tf_raked raked;
    if (n_margins == 0)
        return tf_fail(reterr, TF_E_INPUT, "raking needs at least one margin");
    for (size_t k = 0; k < n_margins; k++) {
        const char **var = TF_NEW_N(arena, const char *, 1);
        var[0] = margin[k].var;
        totals[k] = (struct tf_totals){.var = var, .n_vars = 1, .name = margin[k].var,
                                       .item = TF_NEW_N(arena, struct tf_total, margin[k].n),
                                       .n = margin[k].n, .at = &nowhere};
        for (size_t c = 0; c < margin[k].n; c++)
            totals[k].item[c] = (struct tf_total){.part = &margin[k].category[c],
                                                  .key = margin[k].category[c],
                                                  .total = margin[k].total[c], .file = ""};
        TF_TRY(tf_totals_bind(arena, &totals[k], t, w, false, &b.margin[k], reterr));
    }
    TF_TRY(same_population(arena, b.margin, n_margins, epsilon, false, reterr));
    open_bound(arena, &b, n_margins, t->n_rows, 1);
    b.raking.epsilon = epsilon;
    b.raking.max_sweeps = max_sweeps;
    const bool met = tf_raking_fit(&b.raking, w, &raked);
    *ret_gap = raked.gap;
    *ret_sweeps = raked.sweeps;
    return met ? TF_OK : why_not(arena, &b.raking, b.margin, &raked, reterr);
}
