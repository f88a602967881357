/* A scaled number of a country: the share of children x the share who use the internet x the population.
 *
 *     - {id: scaled, stat: scaled, factors: [composite.ocsea_any, internet.net_3m, population],
 *        unit: thousands, title: …}
 *
 * A factor is a cell of another figure of the country (its total column), of whatever dataset: the share
 * from the children's survey and the share who use the internet from the screened roster each bring
 * their own error. `population` is that of the country in study.yaml, with its source, taken as exact.
 * The two samples share their PSUs; their errors are taken as independent, which the description says.
 *
 * The figure is a total like any other: its base is that of the first factor, its base_weighted the
 * product of the others, so that estimate / base_weighted is the share again and disclosure control
 * sees that the two tell the same. The interval is simulated (product.c), from a stream named after
 * country and figure. */
#include <math.h>
#include <string.h>

#include "measure/product.h"

static const struct tf_measured *find_figure(const struct tf_measured *figure, size_t n,
                                             const char *id, size_t length)
{
    for (size_t k = 0; k < n; k++)
        if (strlen(figure[k].figure) == length && strncmp(figure[k].figure, id, length) == 0)
            return &figure[k];
    return NULL;
}

static const struct tf_measured_cell *find_cell(const struct tf_measured *figure, const char *row)
{
    for (size_t k = 0; k < figure->n_cells; k++)
        if (strcmp(figure->cell[k].row, row) == 0 && strcmp(figure->cell[k].col, "total") == 0)
            return &figure->cell[k];
    return NULL;
}

static enum tf_code no_factor(const struct tf_scaled_figure *s, const char *word,
                              struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_INPUT, "there is no factor '%s' in %s", word, s->country->code);
    return tf_help(reterr, "A factor is FIGURE.ROW of a recipe of this country, or population.");
}

/* One factor; the first cell met is the one that the figure repeats in thousands or ones. */
static enum tf_code read_factor(const struct tf_scaled_figure *s, const char *word,
                                struct tf_factor *f, const struct tf_measured **figure,
                                const struct tf_measured_cell **cell, struct tf_err *reterr)
{
    const char *dot = strchr(word, '.');
    *f = (struct tf_factor){.name = word};
    if (strcmp(word, "population") == 0) {
        if (!(s->country->population > 0))
            return tf_fail(reterr, TF_E_INPUT, "the study states no population of %s",
                           s->country->code);
        f->value = s->country->population;
        f->source = s->country->population_source;
        return TF_OK;
    }
    if (dot == NULL)
        return no_factor(s, word, reterr);
    *figure = find_figure(s->figure, s->n_figures, word, (size_t)(dot - word));
    *cell = *figure != NULL ? find_cell(*figure, dot + 1) : NULL;
    if (*cell == NULL)
        return no_factor(s, word, reterr);
    f->value = (*cell)->e.estimate;
    f->se = (*cell)->e.se > 0 ? (*cell)->e.se : 0;
    f->share = strcmp((*figure)->stat, "prop") == 0;
    return TF_OK;
}

static void describe(const struct tf_scaled_figure *s, const struct tf_factor *f, size_t n,
                     const struct tf_measured *first, struct tf_measured *ret)
{
    struct tf_buf b = {.arena = s->arena};
    for (size_t k = 0; k < n; k++) {
        tf_buf_printf(&b, "%s%s ", k > 0 ? " x " : "product of ", f[k].name);
        tf_buf_add(&b, tf_double_text(s->arena, f[k].value));
        if (f[k].se > 0)
            tf_buf_printf(&b, " (standard error %s)", tf_double_text(s->arena, f[k].se));
        if (f[k].source != NULL)
            tf_buf_printf(&b, " (%s)", f[k].source);
    }
    tf_buf_printf(&b, "; interval by %d draws, factors taken as independent; %s", TF_DRAWS,
                  ret->design_text != NULL ? ret->design_text : "");
    ret->design_text = tf_buf_text(&b);
    ret->stat = "total";
    ret->ci = "simulated";
    ret->population = first->population;
    ret->source = first->source;
    ret->question = first->question;
    ret->base_text = first->base_text;
    ret->indicator = first->indicator;
    ret->indicator_version = first->indicator_version;
    ret->sensitive = first->sensitive;
    ret->n_rows_data = first->n_rows_data;
    ret->n_psu = first->n_psu;
    ret->n_strata = first->n_strata;
}

enum tf_code tf_scaled_figure_make(const struct tf_scaled_figure *s,
                                   const struct tf_recipe_figure *figure, struct tf_measured *ret,
                                   struct tf_err *reterr)
{
    struct tf_factor f[TF_MOST_FACTORS];
    double v[TF_MOST_FACTORS * TF_MOST_FACTORS] = {0}, lo, hi, rest = 1;
    const struct tf_measured *from = NULL, *first = NULL;
    const struct tf_measured_cell *cell = NULL, *share = NULL;
    const size_t n = figure->n_factors;
    unsigned flags = 0;
    for (size_t k = 0; k < n; k++) {
        from = NULL;
        TF_TRY(read_factor(s, figure->factor[k], &f[k], &from, &cell, reterr));
        v[k + k * n] = f[k].se * f[k].se;
        flags |= from != NULL ? cell->e.flags | from->flags : 0;
        if (k == 0) {
            first = from;
            share = cell;
        } else {
            rest *= f[k].value;
        }
    }
    if (first == NULL)
        return no_factor(s, figure->factor[0], reterr);
    const char *seed = tf_printf(s->arena, "%s/%s", s->country->code, figure->id);
    if (!tf_product_simulate(s->arena, f, n, v, seed, TF_DRAWS, 0.95, &lo, &hi))
        return tf_fail(reterr, TF_E_DESIGN, "the factors of '%s' cannot be drawn", figure->id);
    ret->figure = figure->id;
    ret->title = figure->title;
    ret->recall = figure->recall != NULL ? figure->recall : first->recall;
    ret->caveat = figure->caveat != NULL ? figure->caveat : first->caveat;
    ret->flags |= flags & 0xFF;
    describe(s, f, n, first, ret);
    ret->cell = TF_NEW(s->arena, struct tf_measured_cell);
    ret->n_cells = 1;
    *ret->cell = *share;
    struct tf_estimate *e = &ret->cell->e;
    const bool silent = isnan(share->e.lo);
    e->estimate = tf_product(f, n) / figure->per;
    e->base_weighted = rest / figure->per;
    e->se = silent ? (double)NAN : tf_product_se(f, n, v) / figure->per;
    e->lo = silent ? (double)NAN : lo / figure->per;
    e->hi = silent ? (double)NAN : hi / figure->per;
    e->deff = (double)NAN;
    e->flags |= flags;
    return TF_OK;
}
