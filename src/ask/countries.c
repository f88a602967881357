/* Countries: a study is versioned data, never code. A country may join, pause or leave; its ages,
 * languages, activities and targets are its own. What a country does not state is not known: its
 * numbers are then NaN and stay out of every page. */
#include <math.h>
#include <string.h>

#include "ask/inside.h"

static const char *const country_status[] = {"planned", "active", "paused", "left", NULL};
static const char *const activity_status[] = {"planned", "running", "done",
                                              "paused",  "dropped", NULL};

/* clang-format off */
static const struct field country_fields[] = {
    {"code",       FIELD_CODE,  true,  FIELD_AT(struct tf_country, code)},
    {"name",       FIELD_TEXT,  true,  FIELD_AT(struct tf_country, name)},
    {"status",     FIELD_WORD,  false, FIELD_AT(struct tf_country, status), .words = country_status},
    {"region",     FIELD_TEXT,  false, FIELD_AT(struct tf_country, region)},
    {"ages",       FIELD_RANGE, false, FIELD_AT2(struct tf_country, age_min, age_max)},
    {"languages",  FIELD_TEXTS, false, FIELD_AT2(struct tf_country, language, n_languages)},
    {"policy",     FIELD_TEXT,  false, FIELD_AT(struct tf_country, policy)},
    {"population", FIELD_OTHER, false, .at = 0},
    {"coverage",   FIELD_OTHER, false, .at = 0},
    {"activities", FIELD_OTHER, false, .at = 0},
    FIELD_END};
static const struct field population_fields[] = {
    {"value",  FIELD_NUMBER, true, FIELD_AT(struct tf_country, population)},
    {"source", FIELD_TEXT,   true, FIELD_AT(struct tf_country, population_source)},
    FIELD_END};
static const struct field coverage_fields[] = {
    {"share",    FIELD_SHARE, true, FIELD_AT(struct tf_country, coverage)},
    {"excluded", FIELD_OTHER, false, .at = 0},
    FIELD_END};
static const struct field exclusion_fields[] = {
    {"area",   FIELD_TEXT,  true,  FIELD_AT(struct tf_exclusion, area)},
    {"share",  FIELD_SHARE, true,  FIELD_AT(struct tf_exclusion, share)},
    {"reason", FIELD_TEXT,  false, FIELD_AT(struct tf_exclusion, reason)},
    FIELD_END};
static const struct field taken_fields[] = { /* an activity as one country takes part in it */
    {"status",   FIELD_WORD,   false, FIELD_AT(struct tf_country_activity, status), .words = activity_status},
    {"target",   FIELD_NUMBER, false, FIELD_AT(struct tf_country_activity, target)},
    {"achieved", FIELD_NUMBER, false, FIELD_AT(struct tf_country_activity, achieved)},
    {"from",     FIELD_DATE,   false, FIELD_AT(struct tf_country_activity, from)},
    {"to",       FIELD_DATE,   false, FIELD_AT(struct tf_country_activity, to)},
    {"note",     FIELD_TEXT,   false, FIELD_AT(struct tf_country_activity, note)},
    FIELD_END};
/* clang-format on */

static void start_country(void *thing)
{
    struct tf_country *c = thing;
    c->status = "planned";
    c->population = c->coverage = (double)NAN;
}

static enum tf_code read_coverage(struct tf_arena *arena, const struct tf_yaml *coverage,
                                  struct tf_country *c, struct tf_err *reterr)
{
    const struct tf_yaml *list = tf_yaml_get(coverage, "excluded");
    TF_TRY(tf_fields_read(arena, coverage, coverage_fields, c, reterr));
    if (list == NULL)
        return TF_OK;
    if (list->kind != TF_YAML_LIST) {
        (void)tf_yaml_fail(list, reterr, "'excluded' is not a list");
        return tf_help(reterr, "Write [{area: North, share: 0.03, reason: security}].");
    }
    c->n_exclusions = list->n;
    c->exclusion = TF_NEW_N(arena, struct tf_exclusion, list->n);
    for (size_t k = 0; k < list->n; k++)
        TF_TRY(tf_fields_read(arena, list->item[k], exclusion_fields, &c->exclusion[k], reterr));
    return TF_OK;
}

static enum tf_code read_activities(struct tf_arena *arena, const struct tf_yaml *map,
                                    struct tf_country *c, struct tf_err *reterr)
{
    if (map == NULL)
        return TF_OK;
    if (map->kind != TF_YAML_MAP) {
        (void)tf_yaml_fail(map, reterr, "'activities' of a country are not a list");
        return tf_help(reterr, "Write `household_survey: {status: planned}`, one a line.");
    }
    c->n_activities = map->n;
    c->activity = TF_NEW_N(arena, struct tf_country_activity, map->n);
    for (size_t k = 0; k < map->n; k++) {
        struct tf_country_activity *a = &c->activity[k];
        *a = (struct tf_country_activity){.activity = map->key[k]->text,
                                          .status = "planned",
                                          .target = (double)NAN,
                                          .achieved = (double)NAN,
                                          .at = tf_place_of(map->key[k])};
        TF_TRY(tf_fields_read(arena, map->item[k], taken_fields, a, reterr));
    }
    return TF_OK;
}

static enum tf_code more_country(struct tf_arena *arena, const struct tf_yaml *map, void *thing,
                                 struct tf_err *reterr)
{
    struct tf_country *c = thing;
    TF_TRY(tf_fields_read(arena, tf_yaml_get(map, "population"), population_fields, c, reterr));
    TF_TRY(read_coverage(arena, tf_yaml_get(map, "coverage"), c, reterr));
    return read_activities(arena, tf_yaml_get(map, "activities"), c, reterr);
}

enum tf_code tf_countries_read(struct tf_study *s, const struct tf_yaml *root,
                               struct tf_err *reterr)
{
    static const struct list_kind countries = {.key = "countries",
                                               .fields = country_fields,
                                               .size = sizeof(struct tf_country),
                                               .place = offsetof(struct tf_country, at),
                                               .start = start_country,
                                               .more = more_country};
    void *list;
    TF_TRY(tf_list_read(s->arena, root, &countries, &list, &s->n_countries, reterr));
    s->country = list;
    if (s->n_countries > 0)
        return TF_OK;
    (void)tf_yaml_fail(tf_yaml_get(root, "countries"), reterr, "the study has no country");
    return tf_help(reterr, "Add one: `- {code: XA, name: Country XA}`.");
}
