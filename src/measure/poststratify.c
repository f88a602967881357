/* Post-stratification: the weights of each cell are multiplied to its known total.
 *
 *     {step: poststratify, margin: {vars: [sex, agegrp], totals: totals.csv}, partial: false}
 *
 * Raking with one margin, in closed form (Holt & Smith 1979, J. R. Statist. Soc. A 142, 33-46; R
 * postStratify). Standard errors take the mean of each cell out (residual.c), since the size of a
 * cell is known and cannot vary. A cell with persons and no case, or cases and no total, is an
 * error at the line of the total; `partial: true` lets a cell without cases be, and the weights
 * then sum to what is left of the population. */
#include <math.h>

#include "measure/calibrate.h"

struct said {
    struct tf_totals totals;
    bool partial;
};
struct bound {
    struct tf_margin_of margin;
    struct tf_cells cells;
    double *factor; /* [cells + 1] */
};

static enum tf_code read_poststratify(struct tf_arena *arena, const struct tf_yaml *at,
                                      const char *dir, void **ret, struct tf_err *reterr)
{
    struct said *s = TF_NEW(arena, struct said);
    const struct tf_yaml *margin = tf_yaml_get(at, "margin");
    *ret = s;
    if (margin == NULL)
        return tf_yaml_fail(at, reterr, "post-stratification needs `margin`: {vars: …, totals: …}");
    TF_TRY(tf_yaml_opt_bool(at, "partial", false, &s->partial, reterr));
    return tf_totals_read(arena, margin, dir, &s->totals, reterr);
}

static enum tf_code bind_poststratify(struct tf_weighing *g, const void *said, const double *w,
                                      void **ret, struct tf_err *reterr)
{
    const struct said *s = said;
    struct bound *b = TF_NEW(g->arena, struct bound);
    *ret = b;
    TF_TRY(tf_totals_bind(g->arena, &s->totals, g->t, w, s->partial, &b->margin, reterr));
    tf_cells_open(g->arena, &b->cells, b->margin.of, b->margin.n, g->n, g->threads);
    b->factor = TF_NEW_N(g->arena, double, b->cells.n + 1);
    return TF_OK;
}

static enum tf_code take_poststratify(struct tf_weighing *g, void *bound, double *w,
                                      struct tf_took *ret, struct tf_err *reterr)
{
    struct bound *b = bound;
    ret->iterations = 1;
    tf_cells_sum(&b->cells, w, b->factor);
    for (size_t k = 0; k < b->cells.n; k++) {
        if (!(b->factor[k] > 0)) /* only a replicate can lose a whole cell */
            return tf_fail(reterr, TF_E_CONVERGE, "a replicate has no case with %s",
                           b->margin.label[k]);
        b->factor[k] = b->margin.total[k] / b->factor[k];
    }
    tf_cells_multiply(&b->cells, b->factor, w);
    if (g->replicate)
        return TF_OK;
    ret->words = tf_printf(g->arena, "post-stratified to %zu cells of %s", b->cells.n,
                           b->margin.from->name);
    if (b->margin.left_out > 0)
        ret->words = tf_printf(g->arena, "%s, leaving out %s persons in cells without cases",
                               ret->words, tf_double_text(g->arena, b->margin.left_out));
    return TF_OK;
}

static struct tf_calibrated *poststratify_known(struct tf_weighing *g, void *bound,
                                                const double *w)
{
    const struct bound *b = bound;
    return tf_calibrated_to_cells(g->arena, &b->cells, w);
}

static const char *const poststratify_keys[] = {"margin", "partial", NULL};
const struct tf_step_kind tf_step_poststratify = {
    .word = "poststratify", .known = poststratify_keys, .read = read_poststratify,
    .bind = bind_poststratify, .take = take_poststratify, .known_totals = poststratify_known};
