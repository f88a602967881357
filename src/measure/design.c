/* A design given by names of variables: the way of figures and of `measure estimate`.
 *
 * One stage with replacement, the first of `psu`. The names are put in the words of a recipe and
 * read as any design is (design_read.c), so that there is one meaning of strata, PSUs and weights,
 * and one list of what is refused: a weight that is missing, zero or negative; a case without a
 * stratum or PSU; a PSU in two strata without `nest`; a stratum of one PSU where no rule says what
 * it is worth. */
#include <string.h>

#include "measure/inside.h"
#include "measure/survey.h"

static struct tf_yaml *node(struct tf_arena *arena, enum tf_yaml_kind kind, const char *text)
{
    struct tf_yaml *y = TF_NEW(arena, struct tf_yaml);
    y->kind = kind;
    y->file = "";
    y->text = text;
    return y;
}

static struct tf_yaml *list(struct tf_arena *arena, const char *const *name, size_t n)
{
    struct tf_yaml *y = node(arena, TF_YAML_LIST, NULL);
    y->n = n;
    y->item = TF_NEW_N(arena, struct tf_yaml *, n);
    for (size_t k = 0; k < n; k++)
        y->item[k] = node(arena, TF_YAML_SCALAR, name[k]);
    return y;
}

static void put(struct tf_arena *arena, struct tf_yaml *map, const char *key, struct tf_yaml *value)
{
    map->key[map->n] = node(arena, TF_YAML_SCALAR, key);
    map->item[map->n++] = value;
}

/* {weight: w, strata: [[region, urban]], psu: [psu], nest: true, lonely_psu: adjust} */
static struct tf_yaml *words(struct tf_arena *arena, const struct tf_design_spec *spec)
{
    struct tf_yaml *map = node(arena, TF_YAML_MAP, NULL);
    map->key = TF_NEW_N(arena, struct tf_yaml *, 5);
    map->item = TF_NEW_N(arena, struct tf_yaml *, 5);
    if (spec->weight != NULL)
        put(arena, map, "weight", node(arena, TF_YAML_SCALAR, spec->weight));
    if (spec->n_strata > 0) {
        struct tf_yaml *stages = list(arena, spec->stratum, 1);
        stages->item[0] = list(arena, spec->stratum, spec->n_strata);
        put(arena, map, "strata", stages);
    }
    if (spec->n_psu > 0)
        put(arena, map, "psu", list(arena, spec->psu, 1));
    put(arena, map, "nest", node(arena, TF_YAML_SCALAR, spec->nest ? "true" : "false"));
    put(arena, map, "lonely_psu", node(arena, TF_YAML_SCALAR, tf_lonely_word(spec->lonely)));
    return map;
}

enum tf_code tf_design_make(struct tf_arena *arena, const struct tf_table *t,
                            const struct tf_design_spec *spec, struct tf_design **ret,
                            struct tf_err *reterr)
{
    struct tf_survey *s;
    struct tf_table *table = TF_NEW(arena, struct tf_table);
    *table = *t; /* the reader keeps a table that is not const, and leaves it as it is */
    TF_TRY(tf_survey_read(arena, words(arena, spec), NULL, table, &s, reterr));
    const struct tf_stage *st = &s->stage[0];
    struct tf_design *d = TF_NEW(arena, struct tf_design);
    *d = (struct tf_design){.n = s->n,
                            .w = s->w,
                            .h = st->stratum,
                            .i = st->unit,
                            .n_strata = st->n_strata,
                            .n_psu = st->n_units,
                            .psu_stratum = st->unit_stratum,
                            .stratum_psus = st->stratum_units,
                            .lonely = s->lonely};
    *ret = d;
    return TF_OK;
}
