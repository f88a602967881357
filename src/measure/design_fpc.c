/* Population sizes of a design: `fpc`, one column per stage (design_parts.h).
 *
 * Population counts, all >= 1, or sampling fractions, all <= 1, in all stages alike; R survey
 * decides in the same way. Both become N_h, the number of units in the population of a stratum.
 * With `pps` they are the probabilities of the units, each of which then has an n_h / p_i of its
 * own. */
#include <math.h>

#include "measure/design_parts.h"

static enum tf_code fpc_fail(const struct tf_design_reader *r, const struct tf_yaml *at, size_t row,
                             const char *what, const char *fact, const char *help,
                             struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s': %s", row + 1, r->t->name, what);
    (void)tf_fact(reterr, "%s", fact);
    (void)tf_help(reterr, "%s", help);
    return tf_recipe_place(at, TF_E_DESIGN, reterr);
}

/* All columns hold counts, or all hold fractions. */
static enum tf_code counts_or_fractions(const struct tf_design_reader *r, const struct tf_yaml *at,
                                        double *const *x, bool *ret_counts, struct tf_err *reterr)
{
    size_t above = SIZE_MAX, below = SIZE_MAX;
    const struct tf_yaml *where = at;
    for (size_t l = 0; l < r->n_stages; l++)
        for (size_t row = 0; row < r->s->n; row++) {
            if (x[l][row] < 0)
                return fpc_fail(r, tf_design_item(at, l), row, "the population is below 0",
                                tf_printf(r->arena, "'%s' is %s", tf_design_item(at, l)->text,
                                          tf_double_text(r->arena, x[l][row])),
                                "Give population counts, or sampling fractions from 0 to 1.",
                                reterr);
            above = x[l][row] > 1 && above == SIZE_MAX ? row : above;
            if (x[l][row] < 1 && below == SIZE_MAX) {
                below = row;
                where = tf_design_item(at, l);
            }
        }
    *ret_counts = above != SIZE_MAX;
    if (above == SIZE_MAX || below == SIZE_MAX)
        return TF_OK;
    return fpc_fail(r, where, below, "`fpc` mixes population counts and sampling fractions",
                    tf_printf(r->arena, "rows %zu and %zu: one is above 1, the other below",
                              above + 1, below + 1),
                    "Counts must be at least 1 and fractions at most 1, in all stages alike.",
                    reterr);
}

static enum tf_code population(const struct tf_design_reader *r, const struct tf_yaml *at,
                               const double *x, bool counts, struct tf_stage *st,
                               struct tf_err *reterr)
{
    double *size = TF_NEW_N(r->arena, double, st->n_strata);
    uint32_t *first = TF_NEW_N(r->arena, uint32_t, st->n_strata);
    for (size_t h = 0; h < st->n_strata; h++)
        size[h] = (double)NAN;
    for (size_t row = 0; row < r->s->n; row++) {
        const uint32_t h = st->stratum[row];
        const double in_sample = st->stratum_units[h];
        const double one = counts ? x[row] : in_sample / x[row];
        if (isnan(size[h])) {
            size[h] = one;
            first[h] = (uint32_t)row;
        }
        if (one < size[h] || one > size[h])
            return fpc_fail(r, at, row, "the population differs within a stratum",
                            tf_printf(r->arena, "'%s' is %s here and %s in row %u", at->text,
                                      tf_double_text(r->arena, x[row]),
                                      tf_double_text(r->arena, x[first[h]]), first[h] + 1),
                            "All cases of a stratum must carry the same number.", reterr);
        if (one < in_sample)
            return fpc_fail(r, at, row, "the population is smaller than the sample",
                            tf_printf(r->arena, "'%s' is %s; the sample has %s units there",
                                      at->text, tf_double_text(r->arena, one),
                                      tf_double_text(r->arena, in_sample)),
                            "Give the number of units in the population of the stratum.", reterr);
    }
    st->population = size;
    return TF_OK;
}

/* PPS: each unit has its own probability, so a "population" n / p of its own. */
static enum tf_code probabilities(const struct tf_design_reader *r, const struct tf_yaml *at,
                                  const double *x, size_t stage, struct tf_err *reterr)
{
    struct tf_stage *st = &r->stage[stage];
    double *size = TF_NEW_N(r->arena, double, st->n_units);
    for (size_t row = 0; row < r->s->n; row++) {
        const uint32_t i = st->unit[row];
        const double one = st->stratum_units[st->stratum[row]] / x[row];
        if (!(x[row] > 0) || !(x[row] <= 1))
            return fpc_fail(
                r, at, row, "this is no probability of a unit",
                tf_printf(r->arena, "'%s' is %s", at->text, tf_double_text(r->arena, x[row])),
                "With `pps`, `fpc` holds probabilities above 0 and at most 1.", reterr);
        if (size[i] > 0 && (one < size[i] || one > size[i]))
            return fpc_fail(r, at, row, "the probability differs within a unit",
                            tf_printf(r->arena, "'%s' is %s here and another number above",
                                      at->text, tf_double_text(r->arena, x[row])),
                            "All cases of a unit must carry the same number.", reterr);
        size[i] = one;
    }
    r->s->pps->population[stage] = size;
    return TF_OK;
}

void tf_design_without_end(const struct tf_design_reader *r, struct tf_stage *st)
{
    double *size = TF_NEW_N(r->arena, double, st->n_strata);
    for (size_t h = 0; h < st->n_strata; h++)
        size[h] = (double)INFINITY;
    st->population = size;
}

enum tf_code tf_design_fpc(struct tf_design_reader *r, struct tf_err *reterr)
{
    struct tf_survey *s = r->s;
    const struct tf_yaml *at = tf_yaml_get(r->at, "fpc");
    bool counts = false;
    r->has_fpc = at != NULL;
    for (size_t l = 0; l < r->n_stages && (at == NULL || s->pps != NULL); l++)
        tf_design_without_end(r, &r->stage[l]);
    if (at == NULL && s->pps != NULL && s->pps->method == TF_PPS_BREWER) {
        (void)tf_yaml_fail(tf_yaml_get(r->at, "pps"), reterr, "Brewer's method needs `fpc`");
        return tf_help(reterr, "Give the probability of each unit at each stage.");
    }
    if (at == NULL)
        return TF_OK;
    if (tf_design_items(at) != r->n_stages) {
        (void)tf_yaml_fail(at, reterr, "`fpc` has %zu columns and the design %zu stages",
                           tf_design_items(at), r->n_stages);
        return tf_help(reterr, "Give one per stage, or only as many `psu` as have one.");
    }
    double **x = TF_NEW_N(r->arena, double *, r->n_stages);
    for (size_t l = 0; l < r->n_stages; l++)
        TF_TRY(tf_design_numbers(r, tf_design_item(at, l), "population", &x[l], reterr));
    if (s->pps != NULL) {
        s->pps->population = TF_NEW_N(r->arena, double *, r->n_stages);
        for (size_t l = 0; l < r->n_stages; l++)
            TF_TRY(probabilities(r, tf_design_item(at, l), x[l], l, reterr));
        return TF_OK;
    }
    TF_TRY(counts_or_fractions(r, at, x, &counts, reterr));
    for (size_t l = 0; l < r->n_stages; l++)
        TF_TRY(population(r, tf_design_item(at, l), x[l], counts, &r->stage[l], reterr));
    return TF_OK;
}
