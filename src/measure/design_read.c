/* The `design:` part of a recipe: which weight, strata, units and population sizes the sample has.
 *
 *     design:
 *       weight: pw                 # or prob: [p1, p2] (their product); neither: from fpc, else 1
 *       strata: [stype]            # one per stage; [[region, urban], block] crosses two at stage 1
 *       psu: [dnum, snum]          # one per stage; none: each row is its own
 *       fpc: [fpc1, fpc2]          # one per stage
 *       nest: true                 # PSU codes begin anew in each stratum
 *       lonely_psu: adjust
 *
 * Meaning as R survey's svydesign: a unit of a later stage is known by its code within the unit
 * before it; the strata of a later stage are those declared for it (the last declared one, where
 * there are fewer) within the unit before. `fpc` holds population counts (all >= 1) or sampling
 * fractions (all <= 1). Without fpc only the first stage enters, as drawn with replacement.
 *
 * Stricter than R where silence would cost: a unit in two strata, a population that differs within a
 * stratum and a weight of 0 are errors that name the row. */
#include <math.h>
#include <string.h>

#include "measure/replicates.h"
#include "measure/variance.h"

struct reader {
    struct tf_arena *arena;
    const struct tf_yaml *at;
    const char *dir;
    struct tf_table *t;
    struct tf_survey *s;
    struct tf_buf text;
};
struct part { /* one item of strata, psu or fpc: a column, or several crossed */
    const struct tf_yaml *at;
    const struct tf_codes **codes;
    size_t n;
};
struct parts {
    struct part *part;
    size_t n;
};

static const char *const known[] = {"weight", "prob",     "strata",     "psu",
                                    "fpc",    "nest",     "lonely_psu", "lonely_in_domains",
                                    "pps",    "variance", "phase2",     "replicates",
                                    "one_stage", NULL};

static const struct tf_yaml *place_of(const struct reader *r, const char *key)
{
    const struct tf_yaml *at = tf_yaml_get(r->at, key);
    return at != NULL ? at : r->at;
}

/* ---- Columns -------------------------------------------------------------------------------- */

static enum tf_code find_column(const struct reader *r, const struct tf_yaml *at, size_t *ret,
                                struct tf_err *reterr)
{
    if (at->kind != TF_YAML_SCALAR) {
        (void)tf_yaml_fail(at, reterr, "the name of a column is expected here");
        return tf_help(reterr, "Write one name, or a list of names.");
    }
    return tf_recipe_place(at, tf_table_need(r->t, at->text, ret, reterr), reterr);
}

static enum tf_code missing_value(const struct reader *r, const struct tf_yaml *at,
                                  const char *what, const char *column, size_t row,
                                  struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no %s", row + 1, r->t->name, what);
    (void)tf_fact(reterr, "'%s' is missing there", column);
    (void)tf_help(reterr, "Every case needs one: correct it, or leave such cases out.");
    return tf_recipe_place(at, TF_E_DESIGN, reterr);
}

/* The items of a list, or the one item that stands there without a list. */
static size_t items_of(const struct tf_yaml *at)
{
    return at == NULL ? 0 : at->kind == TF_YAML_LIST ? at->n : 1;
}

static const struct tf_yaml *item_of(const struct tf_yaml *at, size_t k)
{
    return at->kind == TF_YAML_LIST ? at->item[k] : at;
}

static enum tf_code read_part(const struct reader *r, const struct tf_yaml *at, const char *what,
                              struct part *ret, struct tf_err *reterr)
{
    *ret = (struct part){.at = at, .n = items_of(at)};
    ret->codes = TF_NEW_N(r->arena, const struct tf_codes *, ret->n);
    for (size_t k = 0; k < ret->n; k++) {
        size_t col;
        TF_TRY(find_column(r, item_of(at, k), &col, reterr));
        ret->codes[k] = tf_codes_make(r->arena, r->t, col);
        for (size_t row = 0; row < r->t->n_rows; row++)
            if (ret->codes[k]->of[row] == TF_NO_CODE)
                return missing_value(r, at, what, r->t->col[col].name, row, reterr);
    }
    return TF_OK;
}

static enum tf_code read_parts(const struct reader *r, const char *key, const char *what,
                               struct parts *ret, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(r->at, key);
    ret->n = items_of(at);
    ret->part = TF_NEW_N(r->arena, struct part, ret->n);
    for (size_t k = 0; k < ret->n; k++)
        TF_TRY(read_part(r, item_of(at, k), what, &ret->part[k], reterr));
    return TF_OK;
}

/* Numbers of a column, all there. */
static enum tf_code read_numbers(const struct reader *r, const struct tf_yaml *at,
                                 const char *what, double **ret, struct tf_err *reterr)
{
    size_t col;
    double *x = TF_NEW_N(r->arena, double, r->t->n_rows);
    TF_TRY(find_column(r, at, &col, reterr));
    const struct tf_column *c = &r->t->col[col];
    for (size_t row = 0; row < r->t->n_rows; row++) {
        if (tf_value_missing(c, row))
            return missing_value(r, at, what, c->name, row, reterr);
        if (tf_value_number(c, row, &x[row]))
            continue;
        (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has the %s '%.100s'", row + 1,
                      r->t->name, what, c->text[row]);
        (void)tf_help(reterr, "A number is expected in '%s'.", c->name);
        return tf_recipe_place(at, TF_E_DESIGN, reterr);
    }
    *ret = x;
    return TF_OK;
}

/* ---- Weights -------------------------------------------------------------------------------- */

static enum tf_code bad_number(const struct reader *r, const struct tf_yaml *at, const char *what,
                               size_t row, double x, const char *rule, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has the %s %s", row + 1, r->t->name, what,
                  tf_double_text(r->arena, x));
    (void)tf_fact(reterr, "%s in '%s'", rule, at->text);
    (void)tf_help(reterr, "Correct it, or leave such cases out by a cleaning rule.");
    return tf_recipe_place(at, TF_E_DESIGN, reterr);
}

static enum tf_code read_weight(struct reader *r, double *w, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(r->at, "weight");
    double *x;
    TF_TRY(read_numbers(r, at, "weight", &x, reterr));
    for (size_t row = 0; row < r->t->n_rows; row++) {
        if (!(x[row] > 0) || !isfinite(x[row]))
            return bad_number(r, at, "weight", row, x[row], "every case must have a weight above 0",
                              reterr);
        w[row] = x[row];
    }
    tf_buf_printf(&r->text, "weight: %s", at->text);
    return TF_OK;
}

static enum tf_code read_prob(struct reader *r, double *w, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(r->at, "prob");
    for (size_t k = 0; k < items_of(at); k++) {
        double *x;
        TF_TRY(read_numbers(r, item_of(at, k), "probability", &x, reterr));
        tf_buf_printf(&r->text, "%s%s", k == 0 ? "weight: 1 / " : " / ", item_of(at, k)->text);
        for (size_t row = 0; row < r->t->n_rows; row++) {
            if (!(x[row] > 0) || !(x[row] <= 1))
                return bad_number(r, item_of(at, k), "probability", row, x[row],
                                  "every case must have a probability above 0 and at most 1",
                                  reterr);
            w[row] /= x[row];
        }
    }
    return TF_OK;
}

static double population_of(const struct tf_survey *s, size_t stage, size_t row)
{
    const struct tf_stage *st = &s->stage[stage];
    return s->pps != NULL && s->pps->population != NULL
               ? s->pps->population[stage][st->unit[row]]
               : st->population[st->stratum[row]];
}

/* Weights from the data, or, where the design tells none, from the sampling fractions. */
static enum tf_code read_weights(struct reader *r, struct tf_err *reterr)
{
    struct tf_survey *s = r->s;
    const bool weight = tf_yaml_get(r->at, "weight") != NULL;
    const bool prob = tf_yaml_get(r->at, "prob") != NULL;
    double *w = TF_NEW_N(r->arena, double, s->n);
    if (weight && prob) {
        (void)tf_yaml_fail(tf_yaml_get(r->at, "prob"), reterr,
                           "weights and probabilities are both given");
        return tf_help(reterr, "Keep `weight`, or `prob`.");
    }
    for (size_t row = 0; row < s->n; row++)
        w[row] = 1;
    if (weight)
        TF_TRY(read_weight(r, w, reterr));
    else if (prob)
        TF_TRY(read_prob(r, w, reterr));
    else
        tf_buf_add(&r->text, tf_yaml_get(r->at, "fpc") != NULL
                                 ? "weight: population / sample of each stage"
                                 : "no weight: every case counts 1");
    for (size_t l = 0; l < s->n_stages && !weight && !prob && !s->one_stage; l++)
        for (size_t row = 0; row < s->n; row++)
            w[row] *= population_of(s, l, row) / s->stage[l].stratum_units[s->stage[l].stratum[row]];
    for (size_t row = 0; row < s->n; row++)
        if (!isfinite(w[row]))
            return bad_number(r, place_of(r, "fpc"), "weight", row, w[row],
                              "a population without end leaves no weight", reterr);
    s->w = s->w_base = w;
    return TF_OK;
}

/* ---- Stages --------------------------------------------------------------------------------- */

static const struct tf_codes *as_codes(struct tf_arena *arena, const uint32_t *of, size_t n,
                                       size_t n_rows)
{
    struct tf_codes *c = TF_NEW(arena, struct tf_codes);
    c->n = n;
    c->of = TF_NEW_N(arena, uint32_t, n_rows);
    memcpy(c->of, of, n_rows * sizeof *of);
    return c;
}

static void count_units(const struct reader *r, struct tf_stage *st, const struct tf_stage *above)
{
    uint32_t *stratum = TF_NEW_N(r->arena, uint32_t, st->n_units);
    uint32_t *parent = TF_NEW_N(r->arena, uint32_t, above != NULL ? st->n_units : 0);
    uint32_t *units = TF_NEW_N(r->arena, uint32_t, st->n_strata);
    for (size_t row = 0; row < r->t->n_rows; row++) {
        stratum[st->unit[row]] = st->stratum[row];
        if (above != NULL)
            parent[st->unit[row]] = above->unit[row];
    }
    for (size_t i = 0; i < st->n_units; i++)
        units[stratum[i]]++;
    st->unit_stratum = stratum;
    st->stratum_units = units;
    st->unit_parent = above != NULL ? parent : NULL;
}

static const char *codes_text(struct tf_arena *arena, const struct part *p, size_t row)
{
    struct tf_buf b = {.arena = arena};
    for (size_t k = 0; k < p->n; k++)
        tf_buf_printf(&b, "%s%s = %s", k > 0 ? ", " : "", p->codes[k]->column->name,
                      p->codes[k]->text[p->codes[k]->of[row]]);
    return tf_buf_text(&b);
}

static void name_strata(struct reader *r, const struct parts *strata)
{
    const struct tf_stage *st = &r->s->stage[0];
    r->s->stratum_name = TF_NEW_N(r->arena, const char *, st->n_strata);
    for (size_t row = r->t->n_rows; row-- > 0;) {
        const char **name = &r->s->stratum_name[st->stratum[row]];
        if (*name != NULL)
            continue;
        struct tf_buf b = {.arena = r->arena};
        for (size_t k = 0; strata->n > 0 && k < strata->part[0].n; k++) {
            const struct tf_codes *c = strata->part[0].codes[k];
            tf_buf_printf(&b, "%s%s", k > 0 ? "." : "", c->text[c->of[row]]);
        }
        *name = tf_buf_text(&b);
    }
}

/* A unit must lie in one stratum. */
static enum tf_code check_nesting(const struct reader *r, const struct part *psu,
                                  const struct tf_stage *st, size_t stage, struct tf_err *reterr)
{
    for (size_t row = 0; row < r->t->n_rows; row++) {
        if (st->stratum[row] == st->unit_stratum[st->unit[row]])
            continue;
        size_t other = row + 1; /* counting took the last row's stratum */
        while (other < r->t->n_rows &&
               (st->unit[other] != st->unit[row] || st->stratum[other] == st->stratum[row]))
            other++;
        (void)tf_fail(reterr, TF_E_DESIGN, "the PSU %s stands in two strata%s",
                      codes_text(r->arena, psu, row), stage > 0 ? " of its stage" : "");
        (void)tf_fact(reterr, "rows %zu and %zu of '%s'", row + 1, other + 1, r->t->name);
        (void)tf_help(reterr,
                      "If PSU codes are unique only within a stratum, say `nest: true`.");
        return tf_recipe_place(psu->at, TF_E_DESIGN, reterr);
    }
    return TF_OK;
}

/* Units and strata of one stage; codes of a later stage count within the unit above. */
static enum tf_code make_stage(const struct reader *r, const struct parts *strata,
                               const struct parts *psu, bool nest, size_t stage,
                               struct tf_err *reterr)
{
    struct tf_stage *st = &r->s->stage[stage], *above = stage > 0 ? st - 1 : NULL;
    const size_t n = r->t->n_rows, declared = strata->n == 0 ? 0 : stage < strata->n ? stage + 1
                                                                                    : strata->n;
    const struct tf_codes *up =
        above != NULL ? as_codes(r->arena, above->unit, above->n_units, n) : NULL;
    const struct part *own = declared > 0 ? &strata->part[declared - 1] : NULL;
    const struct part *unit = psu->n > 0 ? &psu->part[stage] : NULL;
    const size_t most = (own != NULL ? own->n : 0) + 1 + (unit != NULL ? unit->n : 0);
    const struct tf_codes **mix = TF_NEW_N(r->arena, const struct tf_codes *, most);
    size_t m = 0;
    for (size_t k = 0; own != NULL && k < own->n; k++)
        mix[m++] = own->codes[k];
    if (up != NULL)
        mix[m++] = up;
    const struct tf_crossing h = tf_codes_cross(r->arena, mix, m, NULL, n);
    st->stratum = h.of;
    st->n_strata = h.n;
    if (unit == NULL) {
        uint32_t *row = TF_NEW_N(r->arena, uint32_t, n);
        for (size_t k = 0; k < n; k++)
            row[k] = (uint32_t)k;
        st->unit = row;
        st->n_units = n;
        count_units(r, st, above);
        return TF_OK;
    }
    m = 0;
    if (nest)
        mix[m++] = as_codes(r->arena, st->stratum, st->n_strata, n);
    else if (up != NULL)
        mix[m++] = up;
    for (size_t k = 0; k < unit->n; k++)
        mix[m++] = unit->codes[k];
    const struct tf_crossing i = tf_codes_cross(r->arena, mix, m, NULL, n);
    st->unit = i.of;
    st->n_units = i.n;
    count_units(r, st, above);
    return check_nesting(r, unit, st, stage, reterr);
}

/* ---- Population sizes ----------------------------------------------------------------------- */

static enum tf_code fpc_fail(const struct reader *r, const struct tf_yaml *at, size_t row,
                             const char *what, const char *fact, const char *help,
                             struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s': %s", row + 1, r->t->name, what);
    (void)tf_fact(reterr, "%s", fact);
    (void)tf_help(reterr, "%s", help);
    return tf_recipe_place(at, TF_E_DESIGN, reterr);
}

/* All columns hold counts, or all hold fractions. */
static enum tf_code counts_or_fractions(const struct reader *r, const struct tf_yaml *at,
                                        double *const *x, bool *ret_counts, struct tf_err *reterr)
{
    size_t above = SIZE_MAX, below = SIZE_MAX;
    const struct tf_yaml *where = at;
    for (size_t l = 0; l < r->s->n_stages; l++)
        for (size_t row = 0; row < r->s->n; row++) {
            if (x[l][row] < 0)
                return fpc_fail(r, item_of(at, l), row, "the population is below 0",
                                tf_printf(r->arena, "'%s' is %s", item_of(at, l)->text,
                                          tf_double_text(r->arena, x[l][row])),
                                "Give population counts, or sampling fractions from 0 to 1.",
                                reterr);
            above = x[l][row] > 1 && above == SIZE_MAX ? row : above;
            if (x[l][row] < 1 && below == SIZE_MAX) {
                below = row;
                where = item_of(at, l);
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

static enum tf_code population(const struct reader *r, const struct tf_yaml *at, const double *x,
                               bool counts, struct tf_stage *st, struct tf_err *reterr)
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
static enum tf_code probabilities(const struct reader *r, const struct tf_yaml *at,
                                  const double *x, size_t stage, struct tf_err *reterr)
{
    struct tf_stage *st = &r->s->stage[stage];
    double *size = TF_NEW_N(r->arena, double, st->n_units);
    for (size_t row = 0; row < r->s->n; row++) {
        const uint32_t i = st->unit[row];
        const double one = st->stratum_units[st->stratum[row]] / x[row];
        if (!(x[row] > 0) || !(x[row] <= 1))
            return fpc_fail(r, at, row, "this is no probability of a unit",
                            tf_printf(r->arena, "'%s' is %s", at->text,
                                      tf_double_text(r->arena, x[row])),
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

static void without_end(const struct reader *r, struct tf_stage *st)
{
    double *size = TF_NEW_N(r->arena, double, st->n_strata);
    for (size_t h = 0; h < st->n_strata; h++)
        size[h] = (double)INFINITY;
    st->population = size;
}

static enum tf_code read_fpc(const struct reader *r, struct tf_err *reterr)
{
    struct tf_survey *s = r->s;
    const struct tf_yaml *at = tf_yaml_get(r->at, "fpc");
    bool counts = false, one_stage;
    TF_TRY(tf_yaml_opt_bool(r->at, "one_stage", false, &one_stage, reterr));
    s->one_stage = at == NULL || one_stage;
    for (size_t l = 0; l < s->n_stages && (at == NULL || s->pps != NULL); l++)
        without_end(r, &s->stage[l]);
    if (at == NULL && s->pps != NULL && s->pps->method == TF_PPS_BREWER) {
        (void)tf_yaml_fail(tf_yaml_get(r->at, "pps"), reterr, "Brewer's method needs `fpc`");
        return tf_help(reterr, "Give the probability of each unit at each stage.");
    }
    if (at == NULL)
        return TF_OK;
    if (items_of(at) != s->n_stages) {
        (void)tf_yaml_fail(at, reterr, "`fpc` has %zu columns and the design %zu stages",
                           items_of(at), s->n_stages);
        return tf_help(reterr, "Give one per stage, or only as many `psu` as have one.");
    }
    double **x = TF_NEW_N(r->arena, double *, s->n_stages);
    for (size_t l = 0; l < s->n_stages; l++)
        TF_TRY(read_numbers(r, item_of(at, l), "population", &x[l], reterr));
    if (s->pps != NULL) {
        s->pps->population = TF_NEW_N(r->arena, double *, s->n_stages);
        for (size_t l = 0; l < s->n_stages; l++)
            TF_TRY(probabilities(r, item_of(at, l), x[l], l, reterr));
        return TF_OK;
    }
    TF_TRY(counts_or_fractions(r, at, x, &counts, reterr));
    for (size_t l = 0; l < s->n_stages; l++)
        TF_TRY(population(r, item_of(at, l), x[l], counts, &s->stage[l], reterr));
    return TF_OK;
}

/* ---- Lonely PSUs ---------------------------------------------------------------------------- */

static enum tf_code lonely_fail(const struct reader *r, const struct parts *strata, size_t stage,
                                uint32_t h, struct tf_err *reterr)
{
    const struct tf_stage *st = &r->s->stage[stage];
    size_t row = 0;
    while (row + 1 < r->s->n && st->stratum[row] != h)
        row++;
    if (stage > 0)
        (void)tf_fail(reterr, TF_E_DESIGN, "a unit of stage %zu has one unit of stage %zu only",
                      stage, stage + 1);
    else if (strata->n == 0)
        (void)tf_fail(reterr, TF_E_DESIGN, "'%s' has one PSU only", r->t->name);
    else
        (void)tf_fail(reterr, TF_E_DESIGN, "the stratum %s has one PSU only",
                      codes_text(r->arena, &strata->part[0], row));
    (void)tf_fact(reterr, "its variance cannot be estimated (first case: row %zu of '%s')", row + 1,
                  r->t->name);
    (void)tf_help(reterr, "Merge it with a neighbour, or choose a rule for lonely PSUs: "
                          "adjust, average, remove or certainty.");
    return tf_recipe_place(place_of(r, stage > 0 ? "psu" : "strata"), TF_E_DESIGN, reterr);
}

static enum tf_code read_lonely(const struct reader *r, const struct parts *strata,
                                struct tf_err *reterr)
{
    struct tf_survey *s = r->s;
    const char *word;
    TF_TRY(tf_yaml_opt_text(r->at, "lonely_psu", "error", &word, reterr));
    TF_TRY(tf_yaml_opt_bool(r->at, "lonely_in_domains", false, &s->lonely_in_domains, reterr));
    if (!tf_lonely_named(word, &s->lonely)) {
        (void)tf_yaml_fail(place_of(r, "lonely_psu"), reterr, "'%s' is no rule for lonely PSUs",
                           word);
        return tf_help(reterr, "Rules are error, adjust, average, remove and certainty.");
    }
    /* replicates look at the first stage only, given ones not even there */
    const struct tf_yaml *replicates = tf_yaml_get(r->at, "replicates");
    size_t levels = s->one_stage || replicates != NULL ? 1 : s->n_stages;
    if (tf_yaml_get(replicates, "file") != NULL || tf_yaml_get(replicates, "columns") != NULL)
        levels = 0;
    if (s->pps != NULL && s->pps->method != TF_PPS_BREWER)
        levels = 0; /* a pair is not needed for D_ii */
    for (size_t l = 0; l < levels && s->lonely == TF_LONELY_ERROR; l++)
        for (uint32_t h = 0; h < s->stage[l].n_strata; h++)
            if (s->stage[l].stratum_units[h] == 1 && 1 - 1 / s->stage[l].population[h] >= 1e-7)
                return lonely_fail(r, strata, l, h, reterr);
    return TF_OK;
}

/* ---- All of it ------------------------------------------------------------------------------ */

static void tell_names(struct reader *r, const char *what, const struct parts *parts)
{
    for (size_t k = 0; k < parts->n; k++)
        for (size_t j = 0; j < parts->part[k].n; j++)
            tf_buf_printf(&r->text, "%s%s",
                          j > 0   ? " x "
                          : k > 0 ? ", then "
                                  : what,
                          parts->part[k].codes[j]->column->name);
}

static void tell(struct reader *r, const struct parts *strata, const struct parts *psu)
{
    tell_names(r, "; strata: ", strata);
    tell_names(r, "; PSUs: ", psu);
    static const char *const pps[] = {[TF_PPS_BREWER] = "Brewer's approximation",
                                      [TF_PPS_OVERTON] = "Overton's approximation",
                                      [TF_PPS_HARTLEY_RAO] = "Hartley and Rao's approximation",
                                      [TF_PPS_JOINT] = "joint probabilities given"};
    if (r->s->pps != NULL)
        tf_buf_printf(&r->text, "; PPS without replacement: %s%s", pps[r->s->pps->method],
                      r->s->pps->yates_grundy ? ", Yates-Grundy" : "");
    else
        tf_buf_add(&r->text, r->s->stage[0].population[0] >= (double)INFINITY
                                 ? "; first stage as with replacement"
                             : r->s->one_stage
                                 ? "; finite population correction at the first stage"
                                 : "; finite population corrections at each stage");
    tf_buf_printf(&r->text, "; lonely PSUs: %s%s", tf_lonely_word(r->s->lonely),
                  r->s->lonely_in_domains ? ", also in domains" : "");
    r->s->text = tf_buf_text(&r->text);
}

/* The codes of the first-stage units, the first joined by '.' where several are crossed; without
 * `psu` the number of the row. */
static const char *const *unit_names(const struct reader *r, const struct parts *psu)
{
    const struct tf_stage *st = &r->s->stage[0];
    const char **name = TF_NEW_N(r->arena, const char *, st->n_units);
    for (size_t row = r->s->n; row-- > 0;) {
        struct tf_buf b = {.arena = r->arena};
        for (size_t k = 0; psu->n > 0 && k < psu->part[0].n; k++) {
            const struct tf_codes *c = psu->part[0].codes[k];
            tf_buf_printf(&b, "%s%s", k > 0 ? "." : "", c->text[c->of[row]]);
        }
        if (psu->n == 0)
            tf_buf_printf(&b, "%zu", row + 1);
        name[st->unit[row]] = tf_buf_text(&b);
    }
    return name;
}

static bool with_replacement(const struct reader *r)
{
    const struct tf_yaml *at = tf_yaml_get(r->at, "pps");
    return at != NULL && at->kind == TF_YAML_SCALAR && tf_streq(at->text, "with_replacement");
}

/* PPS with replacement: `fpc` told the weights, and has no part in the variance. */
static void forget_fpc(const struct reader *r)
{
    for (size_t l = 0; l < r->s->n_stages; l++)
        without_end(r, &r->s->stage[l]);
    r->s->one_stage = true;
}

static enum tf_code check_size(const struct reader *r, struct tf_err *reterr)
{
    if (r->t->n_rows >= TF_NO_CODE)
        return tf_fail(reterr, TF_E_LIMIT, "'%s' has more than 4 billion rows", r->t->name);
    if (r->t->n_rows > 0)
        return TF_OK;
    (void)tf_fail(reterr, TF_E_DESIGN, "'%s' has no cases", r->t->name);
    return tf_help(reterr, "Give a file with at least one row below its header.");
}

/* Two ways to one variance cannot both be meant. */
static enum tf_code check_combination(const struct reader *r, struct tf_err *reterr)
{
    static const char *const ways[] = {"pps", "phase2", "replicates"};
    const struct tf_yaml *first = NULL;
    const char *name = NULL;
    for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
        const struct tf_yaml *at = tf_yaml_get(r->at, ways[k]);
        if (at == NULL || (k == 0 && with_replacement(r)))
            continue;
        if (first != NULL) {
            (void)tf_yaml_fail(at, reterr, "`%s` and `%s` are both given", name, ways[k]);
            return tf_help(reterr, "Each says how the design varies: keep one.");
        }
        first = at;
        name = ways[k];
    }
    return TF_OK;
}

enum tf_code tf_survey_read(struct tf_arena *arena, const struct tf_yaml *design, const char *dir,
                            struct tf_table *t, struct tf_survey **ret, struct tf_err *reterr)
{
    struct reader r = {.arena = arena, .at = design, .dir = dir, .t = t, .text = {.arena = arena}};
    struct parts strata, psu;
    bool nest;
    TF_TRY(check_size(&r, reterr));
    TF_TRY(tf_yaml_known(design, known, reterr));
    r.s = TF_NEW(arena, struct tf_survey);
    *r.s = (struct tf_survey){.arena = arena, .t = t, .n = t->n_rows, .threads = 1};
    TF_TRY(read_parts(&r, "strata", "stratum", &strata, reterr));
    TF_TRY(read_parts(&r, "psu", "PSU", &psu, reterr));
    TF_TRY(tf_yaml_opt_bool(design, "nest", false, &nest, reterr));
    r.s->n_stages = psu.n > 0 ? psu.n : 1;
    r.s->stage = TF_NEW_N(arena, struct tf_stage, r.s->n_stages);
    if (strata.n > r.s->n_stages) {
        (void)tf_yaml_fail(strata.part[r.s->n_stages].at, reterr,
                           "`strata` names %zu stages and `psu` %zu", strata.n, r.s->n_stages);
        return tf_help(reterr, "To cross variables at one stage write a list in the list: "
                               "[[region, urban]].");
    }
    for (size_t l = 0; l < r.s->n_stages; l++)
        TF_TRY(make_stage(&r, &strata, &psu, nest, l, reterr));
    name_strata(&r, &strata);
    TF_TRY(tf_pps_read(r.s, design, reterr));
    TF_TRY(read_fpc(&r, reterr));
    TF_TRY(read_weights(&r, reterr));
    if (r.s->pps != NULL)
        TF_TRY(tf_pps_bind(r.s, design, unit_names(&r, &psu), dir, reterr));
    if (with_replacement(&r))
        forget_fpc(&r);
    TF_TRY(read_lonely(&r, &strata, reterr));
    tell(&r, &strata, &psu);
    TF_TRY(check_combination(&r, reterr));
    if (tf_yaml_get(design, "replicates") != NULL)
        TF_TRY(tf_replicates_read(r.s, tf_yaml_get(design, "replicates"), dir, reterr));
    if (tf_yaml_get(design, "phase2") != NULL)
        return tf_yaml_fail(tf_yaml_get(design, "phase2"), reterr,
                            "`phase2` is not read by this version");
    *ret = r.s;
    return TF_OK;
}
