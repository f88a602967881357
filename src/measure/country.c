/* One country, all its recipes: snapshot, cleaning, labels, indicators, weights, estimates, vault.
 *
 * Each dataset is made ready (ready.c), weighted, and its figures measured.
 *
 * What was measured is stored in one transaction, registered as evidence "estimates" and linked to
 * the snapshots and recipes it came from. A recipe's hash covers all that decides numbers: the recipe,
 * the cleaning rules and the indicator registry. Same content, same ids, no change. */
#include <math.h>
#include <string.h>

#include "measure/survey.h"

struct scaled { /* a figure that waits for those of other datasets */
    size_t at;
    const struct tf_recipe_figure *figure;
};
struct run { /* everything of one country */
    struct tf_arena *arena;
    const struct tf_study *study;
    struct tf_keep *keep;
    const char *country;
    struct tf_measured *figure;
    size_t n, cap;
    struct scaled *scaled;
    size_t n_scaled, cap_scaled;
    const char **source; /* evidence ids */
    size_t n_sources, cap_sources;
};
struct origin { /* where the figures of one dataset come from */
    struct tf_evidence data;
    const char *recipe_evidence, *recipe_hash, *design_text;
};

static void add_source(struct run *r, const char *id)
{
    r->source = tf_grow(r->arena, r->source, r->n_sources, &r->cap_sources, sizeof *r->source);
    r->source[r->n_sources++] = id;
}

static struct tf_measured *add_figure(struct run *r, const struct tf_dataset *d,
                                      const struct origin *from)
{
    r->figure = tf_grow(r->arena, r->figure, r->n, &r->cap, sizeof *r->figure);
    struct tf_measured *m = &r->figure[r->n++];
    *m = (struct tf_measured){.country = r->country, .dataset = d->id,
                              .strand = tf_strand_name(d->strand),
                              .probability = d->kind == TF_PROBABILITY,
                              .dataset_evidence = from->data.id, .dataset_hash = from->data.hash,
                              .recipe_file = d->recipe, .recipe_evidence = from->recipe_evidence,
                              .recipe_hash = from->recipe_hash,
                              .design_text = from->design_text};
    if (r->study->synthetic)
        m->flags |= TF_SYNTHETIC;
    if (d->kind == TF_CONVENIENCE)
        m->flags |= TF_NON_PROBABILITY;
    return m;
}

/* ---- The figure of the cleaning ------------------------------------------------------------- */

/* A cell per rule: how many rows it dropped; first and last, how many came and stayed. */
static void flow_figure(struct run *r, const struct tf_dataset *d, const struct origin *from,
                        const struct tf_cleaning *c)
{
    struct tf_measured *m = add_figure(r, d, from);
    m->figure = tf_printf(r->arena, "flow-%s", d->id);
    m->title = tf_printf(r->arena, "From records to cases: %s", d->title);
    m->stat = "flow";
    m->population = d->population;
    m->source = d->source;
    m->caveat = d->caveat;
    m->cell = TF_NEW_N(r->arena, struct tf_measured_cell, c->n + 2);
    m->n_cells = c->n + 2;
    for (size_t k = 0; k < c->n + 2; k++) {
        const struct tf_clean_effect *e = k > 0 && k <= c->n ? &c->effect[k - 1] : NULL;
        const size_t n = e != NULL ? e->rows : k == 0 ? c->rows_before : c->rows_after;
        struct tf_measured_cell *cell = &m->cell[k];
        cell->row = k == 0       ? "records"
                    : e == NULL  ? "cases"
                                 : tf_printf(r->arena, "rule%zu.%s", k,
                                             e->as != NULL ? e->as : e->rule);
        cell->row_label = k == 0 ? "Records delivered" : e != NULL ? e->why : "Cases analysed";
        if (e != NULL && e->cells > 0)
            cell->row_label = tf_printf(r->arena, "%s (%zu values changed)", e->why, e->cells);
        cell->col = "total";
        cell->col_label = "Total";
        cell->e = (struct tf_estimate){.var = cell->row, .n = n, .base = c->rows_before,
                                       .estimate = (double)n, .se = (double)NAN,
                                       .lo = (double)NAN, .hi = (double)NAN,
                                       .deff = (double)NAN, .df = (double)NAN,
                                       .base_weighted = (double)NAN};
    }
}

/* ---- Evidence ----------------------------------------------------------------------------- */

static enum tf_code hash_files(struct run *r, const char *const *path, size_t n,
                               struct tf_hash *ret, struct tf_err *reterr)
{
    struct tf_hasher h;
    tf_hasher_begin(&h);
    for (size_t k = 0; k < n; k++) {
        struct tf_hash one = {{0}};
        if (path[k] != NULL && tf_file_exists(path[k]))
            TF_TRY(tf_file_hash(path[k], &one, reterr));
        tf_hasher_text(&h, one.hex);
    }
    (void)r;
    *ret = tf_hasher_end(&h);
    return TF_OK;
}

static enum tf_code register_recipe(struct run *r, const struct tf_dataset *d, const char *recipe,
                                    const char *cleaning, struct origin *from,
                                    struct tf_err *reterr)
{
    const char *file[] = {recipe, cleaning, tf_path_join(r->arena, r->study->dir,
                                                         "indicators.yaml")};
    struct tf_hash hash;
    TF_TRY(hash_files(r, file, 3, &hash, reterr));
    from->recipe_hash = tf_strdup(r->arena, hash.hex);
    const struct tf_evidence e = {.kind = "recipe", .country = r->country,
                                  .strand = tf_strand_name(d->strand), .name = d->id,
                                  .title = d->title, .hash = from->recipe_hash,
                                  .file = d->recipe, .detail = "{}"};
    return tf_evidence_put(tf_keep_register(r->keep), &e, &from->recipe_evidence, reterr);
}

static enum tf_code register_estimates(struct run *r, struct tf_err *reterr)
{
    const struct tf_hash hash = tf_measured_hash(r->figure, r->n);
    const struct tf_evidence e = {
        .kind = "estimates", .country = r->country, .strand = "measure", .name = "estimates",
        .title = "Estimates of the recipes", .hash = hash.hex, .file = "",
        .detail = tf_printf(r->arena, "{\"figures\":%zu}", r->n)};
    const char *id;
    TF_TRY(tf_evidence_put(tf_keep_register(r->keep), &e, &id, reterr));
    for (size_t k = 0; k < r->n_sources; k++)
        TF_TRY(tf_evidence_link(tf_keep_register(r->keep), id, r->source[k], reterr));
    return TF_OK;
}

/* ---- One dataset -------------------------------------------------------------------------- */

static const char *joined(struct tf_arena *arena, const char *const *name, size_t n)
{
    struct tf_buf b = {.arena = arena};
    for (size_t k = 0; k < n; k++)
        tf_buf_printf(&b, "%s%s", k > 0 ? ", " : "", name[k]);
    return n > 0 ? tf_buf_text(&b) : "none";
}

static const char *describe_design(struct tf_arena *arena, const struct tf_dataset *d,
                                   const struct tf_recipe *r, const char *diagnostics)
{
    if (d->kind == TF_CONVENIENCE)
        return "convenience sample: unweighted counts";
    return tf_printf(arena, "strata: %s; PSUs: %s; weight: %s; lonely PSU: %s%s",
                     joined(arena, r->spec.stratum, r->spec.n_strata),
                     r->spec.n_psu > 0 ? r->spec.psu[0] : "each case", r->spec.weight != NULL
                         ? r->spec.weight : "none",
                     tf_lonely_word(r->spec.lonely), diagnostics);
}

static enum tf_code measure_dataset(struct run *r, const struct tf_dataset *d,
                                    struct tf_err *reterr)
{
    const char *path = tf_study_path(r->arena, r->study, d->recipe, r->country, NULL);
    const char *cleaning = tf_study_path(r->arena, r->study, d->cleaning, r->country, NULL);
    struct origin from = {0};
    struct tf_recipe *recipe;
    struct tf_table *t;
    struct tf_design *design;
    struct tf_buf diagnostics = {.arena = r->arena};
    struct tf_cleaning *effects;
    TF_TRY(tf_recipe_read(r->arena, path, &recipe, reterr));
    const struct tf_ready ready = {r->arena, r->study, r->keep, r->country, d, recipe};
    TF_TRY(tf_ready_table(&ready, &t, &from.data, &effects, reterr));
    TF_TRY(register_recipe(r, d, path, cleaning, &from, reterr));
    add_source(r, from.data.id);
    add_source(r, from.recipe_evidence);
    if (cleaning != NULL)
        flow_figure(r, d, &from, effects);
    struct tf_calibrated **calibrated = NULL;
    size_t n_calibrated;
    TF_TRY(tf_weights_make(r->arena, recipe, r->country, t, &diagnostics, &calibrated,
                           &n_calibrated, reterr));
    const struct tf_design_spec none = {.lonely = TF_LONELY_REMOVE};
    const struct tf_design_spec *spec = d->kind == TF_CONVENIENCE ? &none : &recipe->spec;
    TF_TRY(tf_recipe_place(recipe->root, tf_design_make(r->arena, t, spec, &design, reterr),
                           reterr));
    from.design_text = describe_design(r->arena, d, recipe, tf_buf_text(&diagnostics));
    struct tf_survey *survey = tf_survey_of_design(r->arena, t, design);
    survey->calibrated = calibrated;
    survey->n_calibrated = d->kind == TF_CONVENIENCE ? 0 : n_calibrated;
    const struct tf_measuring m = {r->arena, r->study, d, recipe, t, survey};
    for (size_t k = 0; k < recipe->n_figures; k++) {
        struct tf_measured *figure = add_figure(r, d, &from);
        if (recipe->figure[k].n_factors > 0) {
            r->scaled = tf_grow(r->arena, r->scaled, r->n_scaled, &r->cap_scaled,
                                sizeof *r->scaled);
            r->scaled[r->n_scaled++] = (struct scaled){r->n - 1, &recipe->figure[k]};
            figure->figure = recipe->figure[k].id;
            continue;
        }
        figure->n_rows_data = design->n;
        if (d->kind == TF_PROBABILITY) {
            figure->n_psu = design->n_psu;
            figure->n_strata = design->n_strata;
        }
        TF_TRY(tf_recipe_place(recipe->figure[k].at,
                               tf_figure_make(&m, &recipe->figure[k], figure, reterr), reterr));
    }
    return TF_OK;
}

/* Numbers that rest on figures of several datasets, when all are there. */
static enum tf_code measure_scaled(struct run *r, struct tf_err *reterr)
{
    const struct tf_scaled_figure s = {r->arena, tf_study_country(r->study, r->country), r->figure,
                                       r->n};
    for (size_t k = 0; k < r->n_scaled; k++) {
        const struct tf_recipe_figure *figure = r->scaled[k].figure;
        TF_TRY(tf_recipe_place(figure->at,
                               tf_scaled_figure_make(&s, figure, &r->figure[r->scaled[k].at],
                                                     reterr), reterr));
    }
    return TF_OK;
}

/* An id stands for one figure in a country, whatever dataset it is from. */
static enum tf_code check_ids(const struct run *r, struct tf_err *reterr)
{
    for (size_t a = 0; a < r->n; a++)
        for (size_t b = a + 1; b < r->n; b++)
            if (strcmp(r->figure[a].figure, r->figure[b].figure) == 0) {
                (void)tf_fail(reterr, TF_E_INPUT, "the figure '%s' stands in two recipes",
                              r->figure[a].figure);
                (void)tf_fact(reterr, "%s and %s", r->figure[a].recipe_file,
                              r->figure[b].recipe_file);
                return tf_help(reterr, "Give one of them another id.");
            }
    return TF_OK;
}

enum tf_code tf_measure_country(struct tf_arena *arena, const struct tf_study *study,
                                struct tf_keep *keep, const char *country, struct tf_err *reterr)
{
    struct run r = {.arena = arena, .study = study, .keep = keep, .country = country};
    for (size_t k = 0; k < study->n_datasets; k++) {
        const struct tf_dataset *d = &study->dataset[k];
        if (d->recipe != NULL && tf_country_in(d->country, d->n_countries, country))
            TF_TRY(measure_dataset(&r, d, reterr));
    }
    TF_TRY(check_ids(&r, reterr));
    TF_TRY(measure_scaled(&r, reterr));
    TF_TRY(tf_measured_store(arena, keep, country, r.figure, r.n, reterr));
    return register_estimates(&r, reterr);
}
