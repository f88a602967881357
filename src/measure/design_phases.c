/* Reading a second phase: which rows, which strata, and what its variance needs
 * (variance_phases.c).
 *
 * The second phase is a design of its own over the rows of the subset: its columns are copied into
 * a small table, and read as any design is. Where it tells no population, the first phase is its
 * population, and is counted. */
#include <math.h>
#include <string.h>

#include "measure/design_parts.h"

struct layer {                      /* one stage, over the rows of the subset */
    const uint32_t *stratum, *unit; /* [n] */
    double *own, *shared; /* [n] coefficients: D = own [same unit] - shared [same stratum] */
};

/* ---- The subset ----------------------------------------------------------------------------- */

static enum tf_code read_subset(const struct tf_design_reader *first, const struct tf_yaml *at,
                                struct tf_phases *ph, struct tf_err *reterr)
{
    const struct tf_yaml *subset = tf_yaml_get(at, "subset");
    struct tf_design_reader r = *first;
    const char *name;
    double *x;
    r.at = at;
    TF_TRY(tf_yaml_need_text(at, "subset", &name, reterr));
    TF_TRY(tf_design_numbers(&r, subset, "mark of the second phase", &x, reterr));
    ph->row = TF_NEW_N(r.arena, uint32_t, r.t->n_rows);
    for (size_t row = 0; row < r.t->n_rows; row++) {
        if ((x[row] < 0 || x[row] > 0) && (x[row] < 1 || x[row] > 1))
            return tf_design_bad_number(&r, subset, "mark", row, x[row],
                                        "1 is in the second phase, 0 is not", reterr);
        if (x[row] > 0)
            ph->row[ph->n++] = (uint32_t)row;
    }
    if (ph->n > 0)
        return TF_OK;
    (void)tf_yaml_fail(subset, reterr, "nobody is in the second phase");
    return tf_help(reterr, "'%s' must be 1 for those who are.", name);
}

/* The columns that the map names, for the rows of the subset. */
static void copy_columns(const struct tf_table *t, const struct tf_yaml *at,
                         const struct tf_phases *ph, struct tf_table *sub)
{
    for (size_t k = 0; at->kind != TF_YAML_SCALAR && k < at->n; k++)
        copy_columns(t, at->item[k], ph, sub);
    if (at->kind != TF_YAML_SCALAR)
        return;
    const size_t col = tf_table_find(t, at->text);
    if (col >= t->n_cols || tf_table_find(sub, t->col[col].name) < sub->n_cols)
        return;
    const struct tf_column *from = &t->col[col];
    const size_t mine = tf_table_add(sub, from->name, from->type);
    struct tf_column *to = &sub->col[mine];
    for (size_t k = 0; k < ph->n; k++) {
        to->miss[k] = from->miss[ph->row[k]];
        if (from->type == TF_NUMBER)
            to->num[k] = from->num[ph->row[k]];
        else
            to->text[k] = from->text[ph->row[k]];
    }
}

/* Without fpc the second phase was drawn from the strata of the first: count them there. */
static enum tf_code count_population(const struct tf_design_reader *first, const struct tf_yaml *at,
                                     const struct tf_phases *ph, struct tf_design_reader *r,
                                     struct tf_err *reterr)
{
    struct tf_design_reader all = *first;
    struct tf_design_parts strata, psu;
    all.at = at;
    TF_TRY(tf_design_stages(&all, &strata, &psu, reterr));
    for (size_t l = 0; l < all.n_stages; l++) {
        double *population = TF_NEW_N(r->arena, double, r->stage[l].n_strata);
        for (size_t k = 0; k < ph->n; k++)
            population[r->stage[l].stratum[k]] =
                all.stage[l].stratum_units[all.stage[l].stratum[ph->row[k]]];
        r->stage[l].population = population;
    }
    r->has_fpc = true;
    return TF_OK;
}

static enum tf_code read_second(const struct tf_design_reader *first, const struct tf_yaml *at,
                                struct tf_phases *ph, double *w2, struct tf_err *reterr)
{
    struct tf_design_parts strata, psu;
    struct tf_table *sub = tf_table_new(first->arena, first->t->name, ph->n);
    struct tf_survey *s = TF_NEW(first->arena, struct tf_survey);
    struct tf_buf text = {.arena = first->arena};
    struct tf_design_reader r = *first;
    copy_columns(first->t, at, ph, sub);
    *s = (struct tf_survey){.arena = r.arena,
                            .t = sub,
                            .n = ph->n,
                            .threads = 1,
                            .lonely = first->s->lonely,
                            .lonely_in_domains = first->s->lonely_in_domains};
    r.at = at;
    r.t = sub;
    r.s = s;
    r.text = &text;
    TF_TRY(tf_design_stages(&r, &strata, &psu, reterr));
    TF_TRY(tf_design_fpc(&r, reterr));
    if (!r.has_fpc)
        TF_TRY(count_population(first, at, ph, &r, reterr));
    TF_TRY(tf_design_weights(&r, w2, reterr));
    s->stage = r.stage;
    s->n_stages = r.n_stages;
    ph->second = s;
    ph->table = sub;
    tf_buf_printf(first->text, "; second phase: %s", tf_buf_text(&text));
    return TF_OK;
}

/* ---- Full ----------------------------------------------------------------------------------- */

/* p of each row at each stage: given by `prob`, one per stage, else by the fractions; one weight
 * stands for one stage. */
static enum tf_code stage_probabilities(const struct tf_yaml *at, const struct tf_stage *stage,
                                        size_t n_stages, size_t l, const double *w, const double *x,
                                        size_t n, const uint32_t *row, double *p,
                                        struct tf_err *reterr)
{
    const bool given = tf_yaml_get(at, "weight") != NULL || tf_yaml_get(at, "prob") != NULL;
    const bool finite = isfinite(stage[l].population[0]);
    if (given && n_stages > 1 && x == NULL) {
        (void)tf_yaml_fail(at, reterr, "a phase of several stages needs the probability of each");
        return tf_help(reterr, "Give `prob` with one column per stage, or `fpc` alone.");
    }
    for (size_t k = 0; k < n; k++) {
        const size_t r = row != NULL ? row[k] : k;
        const uint32_t h = stage[l].stratum[r];
        p[k] = x != NULL ? x[r]
               : given   ? 1 / w[r]
               : finite  ? stage[l].stratum_units[h] / stage[l].population[h]
                         : 1;
    }
    return TF_OK;
}

/* The layers of one phase, appended. row: from the subset to the phase's rows, NULL: the same. */
static enum tf_code add_layers(const struct tf_design_reader *r, const struct tf_yaml *at,
                               const struct tf_stage *stage, size_t n_stages, const double *w,
                               const struct tf_phases *ph, const uint32_t *row, bool centred,
                               struct layer *layer, size_t *n_layers, struct tf_err *reterr)
{
    const struct tf_yaml *prob = tf_yaml_get(at, "prob");
    struct tf_design_reader mine = *r;
    bool all_one = true;
    mine.at = at;
    const size_t begin = *n_layers;
    for (size_t l = 0; l < n_stages; l++) {
        struct layer *y = &layer[(*n_layers)++];
        uint32_t *stratum = TF_NEW_N(r->arena, uint32_t, ph->n);
        uint32_t *unit = TF_NEW_N(r->arena, uint32_t, ph->n);
        double *x = NULL;
        if (prob != NULL && tf_design_items(prob) == n_stages)
            TF_TRY(tf_design_numbers(&mine, tf_design_item(prob, l), "probability", &x, reterr));
        y->own = TF_NEW_N(r->arena, double, ph->n);
        y->shared = TF_NEW_N(r->arena, double, ph->n);
        TF_TRY(stage_probabilities(at, stage, n_stages, l, w, x, ph->n, row, y->own, reterr));
        for (size_t k = 0; k < ph->n; k++) {
            const size_t from = row != NULL ? row[k] : k;
            stratum[k] = stage[l].stratum[from];
            unit[k] = stage[l].unit[from];
            const double out = 1 - y->own[k], n = stage[l].stratum_units[stratum[k]];
            all_one = all_one && !(out > 0);
            y->shared[k] = centred && n > 1 ? out / (n - 1) : 0;
            y->own[k] = out + y->shared[k];
        }
        y->stratum = stratum;
        y->unit = unit;
    }
    if (centred || !all_one)
        return TF_OK;
    /* drawn from an endless population: each row varies by itself */
    struct layer *y = &layer[begin];
    uint32_t *own = TF_NEW_N(r->arena, uint32_t, ph->n);
    for (size_t k = 0; k < ph->n; k++) {
        own[k] = (uint32_t)k;
        y->own[k] = 1;
    }
    y->unit = own;
    *n_layers = begin + 1;
    return TF_OK;
}

/* One term: of each layer nothing (0), its strata (1) or its units (2), the digits of `choice` in
 * base three. False when it is empty. */
static bool make_term(struct tf_arena *arena, const struct layer *layer, size_t n_layers,
                      size_t choice, size_t n, struct tf_phase_term *t)
{
    struct tf_codes *codes = TF_NEW_N(arena, struct tf_codes, n_layers);
    const struct tf_codes **list = TF_NEW_N(arena, const struct tf_codes *, n_layers);
    size_t m = 0;
    bool any = false;
    t->sign = -1;
    t->coef = TF_NEW_N(arena, double, n);
    for (size_t k = 0; k < n; k++)
        t->coef[k] = 1;
    for (size_t l = 0; l < n_layers; l++, choice /= 3) {
        if (choice % 3 == 0)
            continue;
        const struct layer *y = &layer[l];
        const uint32_t *of = choice % 3 == 1 ? y->stratum : y->unit;
        codes[m].of = TF_NEW_N(arena, uint32_t, n);
        for (size_t k = 0; k < n; k++) {
            codes[m].of[k] = of[k];
            codes[m].n = of[k] + 1 > codes[m].n ? of[k] + 1 : codes[m].n;
            t->coef[k] *= choice % 3 == 1 ? -y->shared[k] : y->own[k];
        }
        list[m] = &codes[m];
        m++;
        t->sign = -t->sign;
    }
    for (size_t k = 0; k < n; k++)
        any = any || t->coef[k] < 0 || t->coef[k] > 0;
    if (m == 0 || !any)
        return false;
    const struct tf_crossing x = tf_codes_cross(arena, list, m, NULL, n);
    t->cell = x.of;
    t->n_cells = x.n;
    return true;
}

static enum tf_code make_terms(const struct tf_design_reader *first, const struct tf_yaml *at,
                               const double *w2, struct tf_phases *ph, struct tf_err *reterr)
{
    const struct tf_survey *s = first->s;
    const size_t stages = s->n_stages + ph->second->n_stages;
    struct layer *layer = TF_NEW_N(first->arena, struct layer, stages);
    struct tf_design_reader second = *first;
    size_t n_layers = 0, all = 1;
    if (stages > 6)
        return tf_yaml_fail(at, reterr, "two phases of %zu stages together are too many", stages);
    second.t = ph->table;
    TF_TRY(add_layers(first, first->at, s->stage, s->n_stages, s->w_base, ph, ph->row,
                      first->has_fpc, layer, &n_layers, reterr));
    TF_TRY(add_layers(&second, at, ph->second->stage, ph->second->n_stages, w2, ph, NULL, true,
                      layer, &n_layers, reterr));
    for (size_t l = 0; l < n_layers; l++)
        all *= 3;
    ph->term = TF_NEW_N(first->arena, struct tf_phase_term, all);
    for (size_t choice = 1; choice < all; choice++)
        ph->n_terms +=
            make_term(first->arena, layer, n_layers, choice, ph->n, &ph->term[ph->n_terms]) ? 1 : 0;
    return TF_OK;
}

/* ---- Approx --------------------------------------------------------------------------------- */

static uint32_t *within(struct tf_arena *arena, const uint32_t *of, size_t n, const uint32_t *row,
                        size_t m, size_t *ret_n)
{
    struct tf_codes c = {.n = n, .of = TF_NEW_N(arena, uint32_t, m)};
    const struct tf_codes *one = &c;
    for (size_t k = 0; k < m; k++)
        c.of[k] = of[row[k]];
    const struct tf_crossing x = tf_codes_cross(arena, &one, 1, NULL, m);
    *ret_n = x.n;
    return x.of;
}

/* The first phase's stages, with only the units of the subset. */
static void narrow(const struct tf_design_reader *r, struct tf_phases *ph)
{
    const struct tf_survey *s = r->s;
    ph->first = TF_NEW_N(r->arena, struct tf_stage, s->n_stages);
    ph->population = TF_NEW_N(r->arena, double *, s->n_stages);
    ph->in_full = TF_NEW_N(r->arena, double *, s->n_stages);
    for (size_t l = 0; l < s->n_stages; l++) {
        const struct tf_stage *from = &s->stage[l];
        struct tf_stage *to = &ph->first[l];
        to->stratum =
            within(r->arena, from->stratum, from->n_strata, ph->row, ph->n, &to->n_strata);
        to->unit = within(r->arena, from->unit, from->n_units, ph->row, ph->n, &to->n_units);
        uint32_t *stratum = TF_NEW_N(r->arena, uint32_t, to->n_units);
        uint32_t *parent = TF_NEW_N(r->arena, uint32_t, to->n_units);
        uint32_t *units = TF_NEW_N(r->arena, uint32_t, to->n_strata);
        ph->population[l] = TF_NEW_N(r->arena, double, to->n_strata);
        ph->in_full[l] = TF_NEW_N(r->arena, double, to->n_strata);
        for (size_t k = 0; k < ph->n; k++) {
            const uint32_t h = from->stratum[ph->row[k]];
            stratum[to->unit[k]] = to->stratum[k];
            parent[to->unit[k]] = l > 0 ? to[-1].unit[k] : 0;
            ph->population[l][to->stratum[k]] = from->population[h];
            ph->in_full[l][to->stratum[k]] = from->stratum_units[h];
        }
        for (size_t i = 0; i < to->n_units; i++)
            units[stratum[i]]++;
        to->unit_stratum = stratum;
        to->unit_parent = parent;
        to->stratum_units = units;
    }
}

/* How many distinct units of the last stage stand in each group of rows: [n_groups]. */
static double *distinct(struct tf_arena *arena, const uint32_t *group, size_t n_groups,
                        const struct tf_stage *st, size_t n, const uint32_t *row)
{
    struct tf_codes a = {.n = n_groups, .of = TF_NEW_N(arena, uint32_t, n)};
    struct tf_codes b = {.n = st->n_units, .of = TF_NEW_N(arena, uint32_t, n)};
    const struct tf_codes *list[2] = {&a, &b};
    double *count = TF_NEW_N(arena, double, n_groups);
    for (size_t k = 0; k < n; k++) {
        a.of[k] = group[row != NULL ? row[k] : k];
        b.of[k] = st->unit[row != NULL ? row[k] : k];
    }
    const struct tf_crossing x = tf_codes_cross(arena, list, 2, NULL, n);
    for (size_t c = 0; c < x.n; c++)
        count[a.of[x.first[c]]]++;
    return count;
}

/* q of every row of the subset; phase-2 strata of all rows decide, or, where it has
 * none, the first phase's. */
static enum tf_code make_q(const struct tf_design_reader *first, const struct tf_yaml *at,
                           struct tf_phases *ph, struct tf_err *reterr)
{
    struct tf_design_reader all = *first;
    struct tf_design_parts strata, psu;
    const struct tf_survey *s = first->s;
    const struct tf_stage *last = &s->stage[s->n_stages - 1], *by = last;
    all.at = at;
    if (tf_yaml_get(at, "strata") != NULL) {
        TF_TRY(tf_design_stages(&all, &strata, &psu, reterr));
        by = &all.stage[0];
    }
    const double *in = distinct(first->arena, by->stratum, by->n_strata, last, ph->n, ph->row);
    const double *of = distinct(first->arena, by->stratum, by->n_strata, last, s->n, NULL);
    ph->q = TF_NEW_N(first->arena, double, ph->n);
    for (size_t k = 0; k < ph->n; k++)
        ph->q[k] = in[by->stratum[ph->row[k]]] / of[by->stratum[ph->row[k]]];
    return TF_OK;
}

/* Units of the second phase that hold several of the first are on another scale. */
static void compare_scales(const struct tf_design_reader *r, struct tf_phases *ph)
{
    const struct tf_stage *last = &ph->first[r->s->n_stages - 1];
    const struct tf_stage *second = &ph->second->stage[0];
    bool *seen = TF_NEW_N(r->arena, bool, last->n_units);
    bool *met = TF_NEW_N(r->arena, bool, second->n_units);
    bool twice = false;
    for (size_t k = 0; k < ph->n; k++) {
        if (met[second->unit[k]])
            continue;
        met[second->unit[k]] = true;
        twice = twice || seen[last->unit[k]];
        seen[last->unit[k]] = true;
    }
    if (!twice)
        return;
    ph->shrink = TF_NEW_N(r->arena, double, ph->n);
    for (size_t k = 0; k < ph->n; k++)
        ph->shrink[k] = sqrt(1 / r->s->w_base[ph->row[k]]);
}

static enum tf_code
check_lonely(const struct tf_phases *ph, const struct tf_yaml *at, struct tf_err *reterr)
{
    const struct tf_stage *st = &ph->second->stage[0];
    for (size_t h = 0; h < st->n_strata && ph->second->lonely == TF_LONELY_ERROR; h++)
        if (st->stratum_units[h] == 1 && 1 - 1 / st->population[h] >= 1e-7) {
            (void)tf_yaml_fail(at, reterr, "a stratum of the second phase has one unit only");
            return tf_help(reterr, "Merge it with a neighbour, or choose `lonely_psu`.");
        }
    return TF_OK;
}

/* ---- Reading -------------------------------------------------------------------------------- */

enum tf_code tf_phases_read(const struct tf_design_reader *first, const struct tf_yaml *at,
                            struct tf_err *reterr)
{
    static const char *const known[] = {"subset", "strata", "psu",    "weight", "prob",
                                        "fpc",    "nest",   "method", NULL};
    struct tf_survey *s = first->s;
    struct tf_phases *ph = TF_NEW(first->arena, struct tf_phases);
    const char *method;
    TF_TRY(tf_yaml_known(at, known, reterr));
    TF_TRY(tf_yaml_opt_text(at, "method", "full", &method, reterr));
    ph->full = strcmp(method, "full") == 0;
    if (!ph->full && strcmp(method, "approx") != 0 && strcmp(method, "simple") != 0) {
        (void)tf_yaml_fail(tf_yaml_get(at, "method"), reterr, "'%s' is no method", method);
        return tf_help(reterr, "Write full, approx or simple.");
    }
    TF_TRY(read_subset(first, at, ph, reterr));
    double *w = TF_NEW_N(first->arena, double, s->n), *w2 = TF_NEW_N(first->arena, double, ph->n);
    TF_TRY(read_second(first, at, ph, w2, reterr));
    if (ph->full)
        TF_TRY(make_terms(first, at, w2, ph, reterr));
    else {
        narrow(first, ph);
        TF_TRY(make_q(first, at, ph, reterr));
        TF_TRY(check_lonely(ph, at, reterr));
        compare_scales(first, ph);
    }
    for (size_t k = 0; k < ph->n; k++)
        w[ph->row[k]] = s->w_base[ph->row[k]] * w2[k];
    s->w = s->w_base = w;
    s->phases = ph;
    s->kind = TF_BY_PHASES;
    s->text = tf_printf(first->arena, "%s; method: %s", tf_buf_text(first->text), method);
    return TF_OK;
}
