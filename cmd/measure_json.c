/* What a recipe gave, for machines: one object in which every number reads back exactly and one that
 * does not exist is null (docs/RECIPES.md, "What comes out"). */
#include <jansson.h>
#include <math.h>

#include "cmd/measure.h"

static json_t *number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static void put_text(json_t *map, const char *key, const char *s)
{
    json_t *text = s != NULL ? json_string(s) : NULL;
    if (text != NULL)
        (void)json_object_set_new(map, key, text);
}

static void put_number(json_t *map, const char *key, double x)
{
    if (isfinite(x))
        (void)json_object_set_new(map, key, json_real(x));
}

static json_t *by_json(const struct tf_by *by, size_t n)
{
    json_t *map = json_object();
    for (size_t k = 0; k < n; k++)
        put_text(map, by[k].var, by[k].value);
    return map;
}

static json_t *item_json(struct tf_arena *arena, const struct tf_item *i)
{
    json_t *map = json_object(), *ci = json_object(), *flags = json_array();
    put_text(map, "name", i->name);
    put_text(map, "var", i->var);
    put_text(map, "category", i->category);
    put_text(map, "label", i->label);
    put_text(map, "term", i->term);
    put_number(map, "quantile", i->quantile);
    (void)json_object_set_new(map, "by", by_json(i->by, i->n_by));
    (void)json_object_set_new(map, "estimate", number(i->estimate));
    (void)json_object_set_new(map, "se", number(i->se));
    for (size_t k = 0; k < i->n_ci; k++)
        (void)json_object_set_new(ci, i->ci[k].method,
                                  json_pack("[o,o]", number(i->ci[k].lo), number(i->ci[k].hi)));
    (void)json_object_set_new(map, "ci", ci);
    (void)json_object_set_new(map, "df", number(i->df));
    (void)json_object_set_new(map, "deff", number(i->deff));
    put_number(map, "statistic", i->statistic);
    put_number(map, "p", i->p);
    put_number(map, "cv", i->se / fabs(i->estimate));
    put_number(map, "n_effective", (double)i->base / i->deff);
    (void)json_object_set_new(map, "n", json_integer((json_int_t)i->n));
    (void)json_object_set_new(map, "base", json_integer((json_int_t)i->base));
    put_number(map, "base_weighted", i->base_weighted);
    (void)json_object_set_new(map, "psu", json_integer((json_int_t)i->psu));
    for (const char **word = tf_estimate_flags(arena, i->flags); *word != NULL; word++)
        (void)json_array_append_new(flags, json_string(*word));
    for (size_t k = 0; k < i->n_policy; k++)
        (void)json_array_append_new(flags, json_string(i->policy[k]));
    (void)json_object_set_new(map, "flags", flags);
    return map;
}

static json_t *vcov_json(const struct tf_result *r)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < r->n; i++) {
        json_t *row = json_array();
        for (size_t j = 0; j < r->n; j++)
            (void)json_array_append_new(row, number(r->vcov[i + j * r->n]));
        (void)json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *test_json(const struct tf_test *t)
{
    json_t *map = json_pack("{s:o, s:o, s:o, s:o}", "statistic", number(t->statistic), "df",
                            number(t->df), "ddf", number(t->ddf), "p", number(t->p));
    if (t->n_by > 0)
        (void)json_object_set_new(map, "by", by_json(t->by, t->n_by));
    return map;
}

/* {"F": {…}}, of a model {"Wald": {"age": {…}, …}}, by domains {"F": [{…, "by": {…}}, …]}. */
static json_t *tests_json(const struct tf_result *r)
{
    json_t *map = json_object();
    for (size_t k = 0; k < r->n_tests; k++) {
        const struct tf_test *t = &r->test[k];
        json_t *there = json_object_get(map, t->name);
        if (t->term == NULL && t->n_by == 0) {
            (void)json_object_set_new(map, t->name, test_json(t));
            continue;
        }
        if (there == NULL) {
            there = t->n_by > 0 ? json_array() : json_object();
            (void)json_object_set_new(map, t->name, there);
        }
        if (json_is_array(there))
            (void)json_array_append_new(there, test_json(t));
        else
            (void)json_object_set_new(there, t->term != NULL ? t->term : "", test_json(t));
    }
    return map;
}

static json_t *step_json(const struct tf_step_report *s)
{
    json_t *map = json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o}",
                            "step", s->step, "column", s->column, "n", (json_int_t)s->n,
                            "n_without", (json_int_t)s->n_without, "sum", number(s->sum), "low",
                            number(s->low), "q1", number(s->q1), "median", number(s->median),
                            "q3", number(s->q3), "high", number(s->high), "deff_weights",
                            number(s->deff_kish), "iterations", (json_int_t)s->iterations, "gap",
                            number(s->gap));
    put_text(map, "why_without", s->why_without);
    put_text(map, "text", s->text);
    return map;
}

static json_t *result_json(struct tf_arena *arena, const struct tf_result *r)
{
    json_t *items = json_array(), *notes = json_array(), *map = json_object();
    put_text(map, "id", r->id);
    put_text(map, "stat", r->stat);
    for (size_t k = 0; k < r->n; k++)
        (void)json_array_append_new(items, item_json(arena, &r->item[k]));
    (void)json_object_set_new(map, "items", items);
    if (r->vcov != NULL && r->keep_vcov)
        (void)json_object_set_new(map, "vcov", vcov_json(r));
    (void)json_object_set_new(map, "tests", tests_json(r));
    for (size_t k = 0; k < r->n_notes; k++)
        (void)json_array_append_new(notes, json_string(r->note[k]));
    (void)json_object_set_new(map, "notes", notes);
    return map;
}

void tf_say_recipe_json(struct tf_arena *arena, const struct tf_recipe_run *r)
{
    json_t *map = json_object(), *steps = json_array(), *results = json_array();
    put_text(map, "recipe", r->recipe);
    put_text(map, "recipe_hash", r->recipe_hash);
    put_text(map, "data", r->data);
    put_text(map, "data_hash", r->data_hash);
    json_t *design = json_pack("{s:I, s:I, s:I, s:I, s:o}", "n", (json_int_t)r->n, "strata",
                               (json_int_t)r->n_strata, "psu", (json_int_t)r->n_psu, "replicates",
                               (json_int_t)r->n_replicates, "df", number(r->df));
    put_text(design, "text", r->design);
    (void)json_object_set_new(map, "design", design);
    for (size_t k = 0; k < r->n_steps; k++)
        (void)json_array_append_new(steps, step_json(&r->step[k]));
    (void)json_object_set_new(map, "weights", steps);
    for (size_t k = 0; k < r->n_results; k++)
        (void)json_array_append_new(results, result_json(arena, &r->result[k]));
    (void)json_object_set_new(map, "results", results);
    tf_say_json(map);
}
