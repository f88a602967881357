/* Datasets and series: which files hold evidence, and what must be known to read them.
 *
 * A dataset says of which kind its sample is. From a convenience sample no interval and no weight may
 * ever come, and its caveat stands beside each of its numbers: so the kind is asked for, never
 * guessed, and stands here and not in a recipe. */
#include <string.h>

#include "ask/inside.h"

static const char *const sample_kinds[] = {"probability", "convenience", NULL};

/* clang-format off */
static const struct field dataset_fields[] = {
    {"id",          FIELD_ID,     true,  FIELD_AT(struct tf_dataset, id)},
    {"title",       FIELD_TEXT,   true,  FIELD_AT(struct tf_dataset, title)},
    {"strand",      FIELD_CHOICE, true,  FIELD_AT(struct tf_dataset, strand), .words = tf_strand_words},
    {"kind",        FIELD_CHOICE, true,  FIELD_AT(struct tf_dataset, kind), .words = sample_kinds},
    {"file",        FIELD_TEXT,   true,  FIELD_AT(struct tf_dataset, file)},
    {"instrument",  FIELD_TEXT,   false, FIELD_AT(struct tf_dataset, instrument)},
    {"cleaning",    FIELD_TEXT,   false, FIELD_AT(struct tf_dataset, cleaning)},
    {"recipe",      FIELD_TEXT,   false, FIELD_AT(struct tf_dataset, recipe)},
    {"unit",        FIELD_TEXT,   false, FIELD_AT(struct tf_dataset, unit)},
    {"population",  FIELD_TEXT,   false, FIELD_AT(struct tf_dataset, population)},
    {"source",      FIELD_TEXT,   false, FIELD_AT(struct tf_dataset, source)},
    {"caveat",      FIELD_TEXT,   false, FIELD_AT(struct tf_dataset, caveat)},
    {"id_var",      FIELD_TEXT,   false, FIELD_AT(struct tf_dataset, id_var)},
    {"weight",      FIELD_TEXT,   false, FIELD_AT(struct tf_dataset, weight_var)},
    {"interviewer", FIELD_TEXT,   false, FIELD_AT(struct tf_dataset, interviewer_var)},
    {"language",    FIELD_TEXT,   false, FIELD_AT(struct tf_dataset, language_var)},
    {"sensitive",   FIELD_TEXTS,  false, FIELD_AT2(struct tf_dataset, sensitive, n_sensitive)},
    {"missing",     FIELD_OTHER, false, .at = 0},
    {"void",        FIELD_OTHER, false, .at = 0},
    {"countries",   FIELD_TEXTS,  false, FIELD_AT2(struct tf_dataset, country, n_countries)},
    FIELD_END};
static const struct field void_fields[] = {
    {"item",     FIELD_TEXT, true,  FIELD_AT(struct tf_void, item)},
    {"country",  FIELD_CODE, false, FIELD_AT(struct tf_void, country)},
    {"language", FIELD_TEXT, false, FIELD_AT(struct tf_void, language)},
    {"reason",   FIELD_TEXT, true,  FIELD_AT(struct tf_void, reason)},
    FIELD_END};
static const struct field series_fields[] = {
    {"id",        FIELD_ID,    true,  FIELD_AT(struct tf_series_source, id)},
    {"file",      FIELD_TEXT,  true,  FIELD_AT(struct tf_series_source, file)},
    {"mapping",   FIELD_TEXT,  true,  FIELD_AT(struct tf_series_source, mapping)},
    {"countries", FIELD_TEXTS, false, FIELD_AT2(struct tf_series_source, country, n_countries)},
    FIELD_END};
/* clang-format on */

/* The word of a missing reason; questionnaires say "prefer not to say" in full. */
static bool reason_named(const char *word, enum tf_miss *ret)
{
    return tf_miss_named(strcmp(word, "prefer_not_to_say") == 0 ? "prefer_not" : word, ret);
}

static enum tf_code unknown_reason(const struct tf_yaml *key, struct tf_err *reterr)
{
    const char *known[TF_N_MISS + 1];
    size_t n = 0;
    for (unsigned k = 1; k < TF_N_MISS; k++)
        known[n++] = tf_miss_word((enum tf_miss)k);
    known[n] = NULL;
    const char *nearest = tf_nearest(key->text, known);
    (void)tf_yaml_fail(key, reterr, "'%s' is no reason for a missing value", key->text);
    return tf_help(reterr, nearest != NULL ? "Did you mean '%s'?"
                                           : "Use dont_know, prefer_not_to_say, refused, routing, "
                                             "country, age, void, broken_off or lost.",
                   nearest);
}

/* void: [{item: exp_c, country: XB, reason: the translation asked something else}] */
static enum tf_code read_void(struct tf_arena *arena, const struct tf_yaml *map,
                              struct tf_dataset *d, struct tf_err *reterr)
{
    const struct tf_yaml *list = tf_yaml_get(map, "void");
    if (list == NULL)
        return TF_OK;
    if (list->kind != TF_YAML_LIST) {
        (void)tf_yaml_fail(list, reterr, "'void' is a list of items");
        return tf_help(reterr, "Write `void: [{item: exp_c, country: XB, reason: …}]`.");
    }
    d->void_item = TF_NEW_N(arena, struct tf_void, list->n);
    for (; d->n_void_items < list->n; d->n_void_items++) {
        struct tf_void *v = &d->void_item[d->n_void_items];
        v->at = tf_place_of(list->item[d->n_void_items]);
        TF_TRY(tf_fields_read(arena, list->item[d->n_void_items], void_fields, v, reterr));
        if (v->language != NULL && d->language_var == NULL) {
            (void)tf_yaml_fail(list->item[d->n_void_items], reterr,
                               "an item is void in one language, but '%s' has no language variable",
                               d->id);
            return tf_help(reterr, "Name it: `language: VARIABLE` in the dataset.");
        }
    }
    return TF_OK;
}

/* missing: {dont_know: [888], prefer_not_to_say: [999]} */
static enum tf_code more_dataset(struct tf_arena *arena, const struct tf_yaml *map, void *thing,
                                 struct tf_err *reterr)
{
    struct tf_dataset *d = thing;
    TF_TRY(read_void(arena, map, d, reterr));
    const struct tf_yaml *missing = tf_yaml_get(map, "missing");
    size_t cap = 0;
    if (missing != NULL && missing->kind != TF_YAML_MAP) {
        (void)tf_yaml_fail(missing, reterr, "'missing' gives codes by their reason");
        return tf_help(reterr, "Write `missing: {dont_know: [888], prefer_not_to_say: [999]}`.");
    }
    for (size_t k = 0; missing != NULL && k < missing->n; k++) {
        const char **code;
        size_t n;
        enum tf_miss why;
        if (!reason_named(missing->key[k]->text, &why) || why == TF_PRESENT)
            return unknown_reason(missing->key[k], reterr);
        TF_TRY(tf_yaml_opt_texts(arena, missing, missing->key[k]->text, &code, &n, reterr));
        for (size_t j = 0; j < n; j++) {
            struct tf_missing_code m = {.why = why};
            if (!tf_parse_double(code[j], &m.code)) {
                (void)tf_yaml_fail(missing->item[k], reterr, "'%s' is no code", code[j]);
                return tf_help(reterr, "Codes are numbers: [888] or [88, 888].");
            }
            d->missing = tf_grow(arena, d->missing, d->n_missing, &cap, sizeof m);
            d->missing[d->n_missing++] = m;
        }
    }
    return TF_OK;
}

/* Nothing stated means every country of the study. */
static void all_countries(const struct tf_study *s, const char ***code, size_t *n)
{
    if (*n > 0)
        return;
    *code = TF_NEW_N(s->arena, const char *, s->n_countries);
    for (size_t k = 0; k < s->n_countries; k++)
        (*code)[k] = s->country[k].code;
    *n = s->n_countries;
}

enum tf_code tf_datasets_read(struct tf_study *s, const struct tf_yaml *root,
                              struct tf_err *reterr)
{
    static const struct list_kind
        datasets = {.key = "datasets",
                    .fields = dataset_fields,
                    .size = sizeof(struct tf_dataset),
                    .place = offsetof(struct tf_dataset, at),
                    .more = more_dataset},
        series = {.key = "series",
                  .fields = series_fields,
                  .size = sizeof(struct tf_series_source),
                  .place = offsetof(struct tf_series_source, at)};
    void *list;
    TF_TRY(tf_list_read(s->arena, root, &datasets, &list, &s->n_datasets, reterr));
    s->dataset = list;
    TF_TRY(tf_list_read(s->arena, root, &series, &list, &s->n_series, reterr));
    s->series = list;
    for (size_t k = 0; k < s->n_datasets; k++)
        all_countries(s, &s->dataset[k].country, &s->dataset[k].n_countries);
    for (size_t k = 0; k < s->n_series; k++)
        all_countries(s, &s->series[k].country, &s->series[k].n_countries);
    return TF_OK;
}
