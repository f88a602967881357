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
 * Stricter than R where silence would cost: a unit in two strata, a population that differs within
 * a stratum and a weight of 0 are errors that name the row. */
#include <math.h>
#include <string.h>

#include "measure/design_parts.h"

static const char *const known[] = {"weight",    "prob",     "strata",     "psu",
                                    "fpc",       "nest",     "lonely_psu", "lonely_in_domains",
                                    "pps",       "variance", "phase2",     "replicates",
                                    "one_stage", NULL};

static void name_strata(const struct tf_design_reader *r, const struct tf_design_parts *strata)
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

/* ---- Weights -------------------------------------------------------------------------------- */

static enum tf_code read_weight(const struct tf_design_reader *r, double *w, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(r->at, "weight");
    double *x;
    TF_TRY(tf_design_numbers(r, at, "weight", &x, reterr));
    for (size_t row = 0; row < r->t->n_rows; row++) {
        if (!(x[row] > 0) || !isfinite(x[row]))
            return tf_design_bad_number(r, at, "weight", row, x[row],
                                        "every case must have a weight above 0", reterr);
        w[row] = x[row];
    }
    tf_buf_printf(r->text, "weight: %s", at->text);
    return TF_OK;
}

static enum tf_code read_prob(const struct tf_design_reader *r, double *w, struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(r->at, "prob");
    for (size_t k = 0; k < tf_design_items(at); k++) {
        double *x;
        TF_TRY(tf_design_numbers(r, tf_design_item(at, k), "probability", &x, reterr));
        tf_buf_printf(r->text, "%s%s", k == 0 ? "weight: 1 / " : " / ",
                      tf_design_item(at, k)->text);
        for (size_t row = 0; row < r->t->n_rows; row++) {
            if (!(x[row] > 0) || !(x[row] <= 1))
                return tf_design_bad_number(
                    r, tf_design_item(at, k), "probability", row, x[row],
                    "every case must have a probability above 0 and at most 1", reterr);
            w[row] /= x[row];
        }
    }
    return TF_OK;
}

static double fraction(const struct tf_design_reader *r, size_t l, size_t row)
{
    const struct tf_stage *st = &r->stage[l];
    const struct tf_pps *pps = r->s->pps;
    const double population = pps != NULL && pps->population != NULL
                                  ? pps->population[l][st->unit[row]]
                                  : st->population[st->stratum[row]];
    return st->stratum_units[st->stratum[row]] / population;
}

enum tf_code tf_design_weights(const struct tf_design_reader *r, double *w, struct tf_err *reterr)
{
    const bool weight = tf_yaml_get(r->at, "weight") != NULL;
    const bool prob = tf_yaml_get(r->at, "prob") != NULL;
    if (weight && prob) {
        (void)tf_yaml_fail(tf_yaml_get(r->at, "prob"), reterr,
                           "weights and probabilities are both given");
        return tf_help(reterr, "Keep `weight`, or `prob`.");
    }
    for (size_t row = 0; row < r->t->n_rows; row++)
        w[row] = 1;
    if (weight)
        return read_weight(r, w, reterr);
    if (prob)
        return read_prob(r, w, reterr);
    tf_buf_add(r->text, r->has_fpc ? "weight: population / sample of each stage"
                                   : "no weight: every case counts 1");
    for (size_t l = 0; l < r->n_stages && r->has_fpc; l++)
        for (size_t row = 0; row < r->t->n_rows; row++)
            w[row] /= fraction(r, l, row);
    for (size_t row = 0; row < r->t->n_rows; row++)
        if (!isfinite(w[row]))
            return tf_design_bad_number(r, tf_design_place(r, "fpc"), "weight", row, w[row],
                                        "a population without end leaves no weight", reterr);
    return TF_OK;
}

/* ---- Lonely PSUs ---------------------------------------------------------------------------- */

static enum tf_code lonely_fail(const struct tf_design_reader *r,
                                const struct tf_design_parts *strata, size_t stage, uint32_t h,
                                struct tf_err *reterr)
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
                      tf_design_codes_text(r->arena, &strata->part[0], row));
    (void)tf_fact(reterr, "its variance cannot be estimated (first case: row %zu of '%s')", row + 1,
                  r->t->name);
    (void)tf_help(reterr, "Merge it with a neighbour, or choose a rule for lonely PSUs: "
                          "adjust, average, remove or certainty.");
    return tf_recipe_place(tf_design_place(r, stage > 0 ? "psu" : "strata"), TF_E_DESIGN, reterr);
}

static enum tf_code read_lonely(const struct tf_design_reader *r,
                                const struct tf_design_parts *strata, struct tf_err *reterr)
{
    struct tf_survey *s = r->s;
    const char *word;
    TF_TRY(tf_yaml_opt_text(r->at, "lonely_psu", "error", &word, reterr));
    TF_TRY(tf_yaml_opt_bool(r->at, "lonely_in_domains", false, &s->lonely_in_domains, reterr));
    if (!tf_lonely_named(word, &s->lonely)) {
        (void)tf_yaml_fail(tf_design_place(r, "lonely_psu"), reterr,
                           "'%s' is no rule for lonely PSUs", word);
        return tf_help(reterr, "Rules are error, adjust, average, remove and certainty.");
    }
    /* replicates look at the first stage only, given ones not even there */
    const struct tf_yaml *replicates = tf_yaml_get(r->at, "replicates");
    size_t levels = s->one_stage || replicates != NULL ? 1 : s->n_stages;
    if (tf_yaml_get(replicates, "file") != NULL || tf_yaml_get(replicates, "columns") != NULL)
        levels = 0;
    if ((s->pps != NULL && s->pps->method != TF_PPS_BREWER) || tf_yaml_get(r->at, "phase2") != NULL)
        levels = 0; /* no differences between units there, or the second phase looks to it */
    for (size_t l = 0; l < levels && s->lonely == TF_LONELY_ERROR; l++)
        for (uint32_t h = 0; h < s->stage[l].n_strata; h++)
            if (s->stage[l].stratum_units[h] == 1 && 1 - 1 / s->stage[l].population[h] >= 1e-7)
                return lonely_fail(r, strata, l, h, reterr);
    return TF_OK;
}

/* ---- All of it ------------------------------------------------------------------------------ */

static void
tell_names(const struct tf_design_reader *r, const char *what, const struct tf_design_parts *parts)
{
    for (size_t k = 0; k < parts->n; k++)
        for (size_t j = 0; j < parts->part[k].n; j++)
            tf_buf_printf(r->text, "%s%s",
                          j > 0   ? " x "
                          : k > 0 ? ", then "
                                  : what,
                          parts->part[k].codes[j]->column->name);
}

/* What enters the variance; replicates say for themselves what they use. */
static const char *variance_text(const struct tf_design_reader *r)
{
    static const char *const pps[] = {[TF_PPS_BREWER] = "Brewer's approximation",
                                      [TF_PPS_OVERTON] = "Overton's approximation",
                                      [TF_PPS_HARTLEY_RAO] = "Hartley and Rao's approximation",
                                      [TF_PPS_JOINT] = "joint probabilities given"};
    const struct tf_survey *s = r->s;
    if (tf_yaml_get(r->at, "replicates") != NULL)
        return "";
    if (s->pps != NULL)
        return tf_printf(r->arena, "; PPS without replacement: %s%s", pps[s->pps->method],
                         s->pps->yates_grundy ? ", Yates-Grundy" : "");
    if (!isfinite(s->stage[0].population[0]))
        return "; first stage as with replacement";
    return s->one_stage ? "; finite population correction at the first stage"
                        : "; finite population corrections at each stage";
}

static void tell(const struct tf_design_reader *r, const struct tf_design_parts *strata,
                 const struct tf_design_parts *psu)
{
    tell_names(r, "; strata: ", strata);
    tell_names(r, "; PSUs: ", psu);
    tf_buf_add(r->text, variance_text(r));
    tf_buf_printf(r->text, "; lonely PSUs: %s%s", tf_lonely_word(r->s->lonely),
                  r->s->lonely_in_domains ? ", also in domains" : "");
    r->s->text = tf_buf_text(r->text);
}

/* The codes of the first-stage units, joined by '.' where several are crossed; without
 * `psu` the number of the row. */
static const char *const *
unit_names(const struct tf_design_reader *r, const struct tf_design_parts *psu)
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

static enum tf_code check_size(const struct tf_design_reader *r, struct tf_err *reterr)
{
    if (r->t->n_rows >= TF_NO_CODE)
        return tf_fail(reterr, TF_E_LIMIT, "'%s' has more than 4 billion rows", r->t->name);
    if (r->t->n_rows > 0)
        return TF_OK;
    (void)tf_fail(reterr, TF_E_DESIGN, "'%s' has no cases", r->t->name);
    return tf_help(reterr, "Give a file with at least one row below its header.");
}

static bool with_replacement(const struct tf_design_reader *r)
{
    const struct tf_yaml *at = tf_yaml_get(r->at, "pps");
    return at != NULL && at->kind == TF_YAML_SCALAR && tf_streq(at->text, "with_replacement");
}

/* Two ways to one variance cannot both be meant. */
static enum tf_code check_combination(const struct tf_design_reader *r, struct tf_err *reterr)
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

/* PPS with replacement: `fpc` told the weights, and has no part in the variance. */
static void forget_fpc(const struct tf_design_reader *r)
{
    for (size_t l = 0; l < r->s->n_stages; l++)
        tf_design_without_end(r, &r->s->stage[l]);
    r->s->one_stage = true;
}

static enum tf_code read_design(struct tf_design_reader *r, struct tf_err *reterr)
{
    struct tf_design_parts strata, psu;
    struct tf_survey *s = r->s;
    double *w = TF_NEW_N(r->arena, double, s->n);
    TF_TRY(check_combination(r, reterr));
    TF_TRY(tf_design_stages(r, &strata, &psu, reterr));
    s->stage = r->stage;
    s->n_stages = r->n_stages;
    name_strata(r, &strata);
    TF_TRY(tf_pps_read(s, r->at, reterr));
    TF_TRY(tf_design_fpc(r, reterr));
    TF_TRY(tf_yaml_opt_bool(r->at, "one_stage", false, &s->one_stage, reterr));
    s->one_stage = s->one_stage || !r->has_fpc;
    TF_TRY(tf_design_weights(r, w, reterr));
    s->w = s->w_base = w;
    if (s->pps != NULL)
        TF_TRY(tf_pps_bind(s, r->at, unit_names(r, &psu), r->dir, reterr));
    if (with_replacement(r))
        forget_fpc(r);
    TF_TRY(read_lonely(r, &strata, reterr));
    tell(r, &strata, &psu);
    return TF_OK;
}

enum tf_code tf_survey_read(struct tf_arena *arena, const struct tf_yaml *design, const char *dir,
                            struct tf_table *t, struct tf_survey **ret, struct tf_err *reterr)
{
    struct tf_buf text = {.arena = arena};
    struct tf_survey *s = TF_NEW(arena, struct tf_survey);
    struct tf_design_reader r = {
        .arena = arena, .at = design, .dir = dir, .t = t, .s = s, .text = &text};
    *s = (struct tf_survey){.arena = arena, .t = t, .n = t->n_rows, .threads = 1};
    TF_TRY(check_size(&r, reterr));
    TF_TRY(tf_yaml_known(design, known, reterr));
    TF_TRY(read_design(&r, reterr));
    if (tf_yaml_get(design, "replicates") != NULL)
        TF_TRY(tf_replicates_read(s, tf_yaml_get(design, "replicates"), dir, reterr));
    if (tf_yaml_get(design, "phase2") != NULL)
        TF_TRY(tf_phases_read(&r, tf_yaml_get(design, "phase2"), reterr));
    *ret = s;
    return TF_OK;
}
