/* The indicator registry: what a number means, with its version.
 *
 * The same children can be counted in two official ways that differ by a factor of two, when one
 * count takes an item in that the other leaves out. So an indicator is a thing of its own: id,
 * version, items, the codes that count as yes, the base, the recall period, the ages, how "don't
 * know" and "prefer not to say" enter. The definition travels with every number made from it, and
 * indicators of different versions are not compared without being recomputed. */
#include <string.h>

#include "ask/inside.h"

static const char *const rules[] = {"item", "any", NULL};
static const char *const in_or_out[] = {"out_of_base", "in_base", NULL};

struct entry { /* an indicator, and the two switches as read */
    struct tf_indicator i;
    unsigned prefer_not, dont_know;
};

/* clang-format off */
static const struct field indicator_fields[] = {
    {"id",                FIELD_ID,      true,  FIELD_AT(struct entry, i.id)},
    {"version",           FIELD_TEXT,    false, FIELD_AT(struct entry, i.version)},
    {"label",             FIELD_WORDS,   true,  FIELD_AT(struct entry, i.label)},
    {"strand",            FIELD_CHOICE,  false, FIELD_AT(struct entry, i.strand), .words = tf_strand_words},
    {"dataset",           FIELD_TEXT,    true,  FIELD_AT(struct entry, i.dataset)},
    {"rule",              FIELD_WORD,    false, FIELD_AT(struct entry, i.rule), .words = rules},
    {"items",             FIELD_TEXTS,   true,  FIELD_AT2(struct entry, i.item, i.n_items)},
    {"codes",             FIELD_NUMBERS, true,  FIELD_AT2(struct entry, i.code, i.n_codes)},
    {"base",              FIELD_TEXT,    false, FIELD_AT(struct entry, i.base)},
    {"base_text",         FIELD_TEXT,    false, FIELD_AT(struct entry, i.base_text)},
    {"recall",            FIELD_TEXT,    false, FIELD_AT(struct entry, i.recall)},
    {"ages",              FIELD_RANGE,   false, FIELD_AT2(struct entry, i.age_min, i.age_max)},
    {"prefer_not_to_say", FIELD_CHOICE,  false, FIELD_AT(struct entry, prefer_not), .words = in_or_out},
    {"dont_know",         FIELD_CHOICE,  false, FIELD_AT(struct entry, dont_know), .words = in_or_out},
    {"sensitive",         FIELD_BOOL,    false, FIELD_AT(struct entry, i.sensitive)},
    {"source",            FIELD_TEXT,    false, FIELD_AT(struct entry, i.source)},
    FIELD_END};
/* clang-format on */

static void start_indicator(void *thing)
{
    struct entry *e = thing;
    e->i.strand = TF_CHILDREN;
    e->i.version = "1";
    e->i.rule = "item";
}

static enum tf_code more_indicator(struct tf_arena *arena TF_UNUSED, const struct tf_yaml *map,
                                   void *thing, struct tf_err *reterr)
{
    struct entry *e = thing;
    e->i.prefer_not_in_base = e->prefer_not == 1;
    e->i.dont_know_in_base = e->dont_know == 1;
    if (e->i.n_items == 0 || e->i.n_codes == 0) {
        const char *key = e->i.n_items == 0 ? "items" : "codes";
        (void)tf_yaml_fail(tf_yaml_get(map, key), reterr, "'%s' of '%s' is empty", key, e->i.id);
        return tf_help(reterr, "Name at least one.");
    }
    if (strcmp(e->i.rule, "item") == 0 && e->i.n_items != 1) {
        (void)tf_yaml_fail(tf_yaml_get(map, "items"), reterr,
                           "'%s' is made of one item, but names %zu", e->i.id, e->i.n_items);
        return tf_help(reterr, "Write `rule: any` when any of the items counts.");
    }
    return TF_OK;
}

enum tf_code tf_indicators_read(struct tf_study *s, const struct tf_yaml *root,
                                struct tf_err *reterr)
{
    static const struct list_kind indicators = {.key = "indicators",
                                                .fields = indicator_fields,
                                                .size = sizeof(struct entry),
                                                .place = offsetof(struct entry, i.at),
                                                .start = start_indicator,
                                                .more = more_indicator};
    static const char *const known[] = {"indicators", NULL};
    void *list;
    size_t n;
    TF_TRY(tf_yaml_known(root, known, reterr));
    TF_TRY(tf_list_read(s->arena, root, &indicators, &list, &n, reterr));
    const struct entry *entry = list;
    s->indicator = TF_NEW_N(s->arena, struct tf_indicator, n);
    for (size_t k = 0; k < n; k++)
        s->indicator[k] = entry[k].i;
    s->n_indicators = n;
    return TF_OK;
}
