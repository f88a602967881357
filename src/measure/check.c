/* Checking recipes without running them: what can be known from the study's own files.
 *
 * Keys and words are checked by reading (recipe.c). Here the names are: is the recipe the one of its
 * dataset, does each variable stand in the instrument (where there is one), is each indicator
 * registered and of this dataset, is a figure's id used once, does a convenience sample ask for
 * counts only? A variable that only the data know (weight, strata) is checked when it runs. */
#include <string.h>

#include "measure/inside.h"

struct checking {
    struct tf_arena *arena;
    const struct tf_study *study;
    const struct tf_dataset *dataset;
    const struct tf_recipe *recipe;
    const struct tf_instrument *instrument; /* or NULL */
    struct tf_notices *out;
};

static void say(const struct checking *c, const struct tf_yaml *at, const char *id,
                const char *help, const char *what, const char *name)
{
    tf_notice_add(c->out, TF_ERROR, id, at->file, at->line, at->column, help, "%s '%s'", what,
                  name);
}

static const char *nearest_indicator(const struct checking *c, const char *id)
{
    const char **known = TF_NEW_N(c->arena, const char *, c->study->n_indicators + 1);
    size_t n = 0;
    for (size_t k = 0; k < c->study->n_indicators; k++)
        if (tf_streq(c->study->indicator[k].dataset, c->dataset->id))
            known[n++] = c->study->indicator[k].id;
    const char *near = tf_nearest(id, known);
    return near != NULL ? tf_printf(c->arena, "Did you mean '%s'?", near)
                        : "Register it in indicators.yaml.";
}

/* A variable that is asked, grouped, or made: with no instrument only the data can tell. */
static bool is_known(const struct checking *c, const char *var)
{
    if (c->instrument == NULL || tf_instrument_question(c->instrument, var) != NULL ||
        tf_recipe_column(c->recipe, var) != NULL)
        return true;
    const struct tf_indicator *ind = tf_study_indicator(c->study, var);
    return ind != NULL && tf_streq(ind->dataset, c->dataset->id);
}

static const char *nearest_question(const struct checking *c, const char *var)
{
    const char **known = TF_NEW_N(c->arena, const char *, c->instrument->n_questions + 1);
    for (size_t k = 0; k < c->instrument->n_questions; k++)
        known[k] = c->instrument->question[k].name;
    const char *near = tf_nearest(var, known);
    return near != NULL ? tf_printf(c->arena, "Did you mean '%s'?", near)
                        : "Its names are those of the instrument.";
}

static void check_figure(const struct checking *c, const struct tf_recipe_figure *f)
{
    for (size_t k = 0; k < f->n_vars; k++)
        if (!is_known(c, f->var[k]))
            say(c, f->at, "unknown-variable", nearest_question(c, f->var[k]),
                "the instrument has no question", f->var[k]);
    for (size_t k = 0; k < f->n_indicators; k++) {
        const struct tf_indicator *ind = tf_study_indicator(c->study, f->indicator[k]);
        if (ind == NULL)
            say(c, f->at, "unknown-indicator", nearest_indicator(c, f->indicator[k]),
                "there is no indicator", f->indicator[k]);
        else if (!tf_streq(ind->dataset, c->dataset->id))
            say(c, f->at, "foreign-indicator", "An indicator belongs to the dataset it names.",
                "another dataset has the indicator", f->indicator[k]);
    }
    if (c->dataset->kind == TF_CONVENIENCE && f->stat != TF_STAT_COUNT)
        say(c, f->at, "convenience-statistic",
            "A convenience sample speaks for nobody else: write stat: count.",
            "a convenience sample cannot carry the statistic", tf_stat_word(f->stat));
}

static void check_recipe(struct checking *c, const char *path)
{
    struct tf_err err = {0};
    struct tf_recipe *recipe;
    if (tf_recipe_read(c->arena, path, &recipe, &err) != TF_OK) {
        tf_notice_err(c->out, "recipe", &err);
        return;
    }
    c->recipe = recipe;
    if (strcmp(recipe->dataset, c->dataset->id) != 0)
        say(c, recipe->root, "recipe-dataset", "Name the dataset under `data:`.",
            "this recipe is for the dataset", recipe->dataset);
    if (c->dataset->kind == TF_PROBABILITY && recipe->spec.weight == NULL)
        tf_notice_add(c->out, TF_WARNING, "no-weight", recipe->file, recipe->root->line, 0,
                      "Name it under design: weight, or say kind: convenience.",
                      "a probability sample without a weight counts each case as one");
    for (size_t k = 0; k < recipe->n_columns; k++) {
        const struct tf_recipe_column *b = &recipe->column[k];
        const char *var = b->from != NULL ? b->from : b->var;
        if (c->instrument != NULL && b->from != NULL &&
            tf_instrument_question(c->instrument, var) == NULL)
            say(c, b->at, "unknown-variable", nearest_question(c, var),
                "the instrument has no question", var);
    }
    for (size_t k = 0; k < recipe->n_figures; k++)
        check_figure(c, &recipe->figure[k]);
}

/* Figure ids over all recipes. */
static void check_ids(struct tf_arena *arena, const struct tf_study *study, struct tf_notices *out)
{
    const char **id = NULL;
    size_t n = 0, cap = 0;
    for (size_t d = 0; d < study->n_datasets; d++) {
        struct tf_recipe *r;
        const char *path = tf_study_path(arena, study, study->dataset[d].recipe, NULL, NULL);
        if (path == NULL || tf_recipe_read(arena, path, &r, NULL) != TF_OK)
            continue;
        for (size_t k = 0; k < r->n_figures; k++) {
            for (size_t j = 0; j < n; j++)
                if (strcmp(id[j], r->figure[k].id) == 0)
                    tf_notice_add(out, TF_ERROR, "figure-twice", r->file, r->figure[k].at->line,
                                  0, "Give one of them another id.",
                                  "the figure '%s' stands in another recipe too", id[j]);
            id = tf_grow(arena, id, n, &cap, sizeof *id);
            id[n++] = r->figure[k].id;
        }
    }
}

void tf_measure_check(struct tf_arena *arena, const struct tf_study *study, struct tf_notices *out)
{
    for (size_t k = 0; k < study->n_datasets; k++) {
        struct checking c = {.arena = arena, .study = study, .dataset = &study->dataset[k],
                             .out = out};
        struct tf_instrument *instrument;
        struct tf_err err = {0};
        const char *path = tf_study_path(arena, study, c.dataset->recipe, NULL, NULL);
        const char *form = tf_study_path(arena, study, c.dataset->instrument, NULL, NULL);
        if (form != NULL && tf_file_exists(form) &&
            tf_instrument_read(arena, form, &instrument, &err) == TF_OK)
            c.instrument = instrument; /* its own faults are told by the room `ask` */
        if (path != NULL)
            check_recipe(&c, path);
    }
    check_ids(arena, study, out);
}
