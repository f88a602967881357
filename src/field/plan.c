/* fieldwork.yaml: what the fieldwork is to reach, and from where on something is odd.
 *
 * Targets and limits are decisions of the team that change during fieldwork, so they stand in a file of
 * their own and may be changed at any time; nothing that was sent depends on them. Without the file
 * the defaults hold: a contact sheet called "contact", interviews are what a child answers, and the
 * limits that the synthetic study was seeded with.
 *
 * Does not: decide anything. What is beyond a limit is shown, and a person looks at it. */
#include <math.h>
#include <string.h>

#include "field/inside.h"
#include "field/plan.h"

static const struct tf_field_plan defaults = {
    .contact_form = "contact",
    .per_psu = (double)NAN,
    .too_fast = 0.5,
    .far_km = 3,
    .run = 6,
    .day_begins = 7,
    .day_ends = 20,
    .missing = 0.2,
};

/* Where each number of `limits:` goes, and between what it may lie. */
static const struct {
    const char *key;
    size_t at;
    double least, most;
} limits[] = {
    {"too_fast", offsetof(struct tf_field_plan, too_fast), 0, 1},
    {"far_km", offsetof(struct tf_field_plan, far_km), 0, 1000},
    {"run", offsetof(struct tf_field_plan, run), 2, 100},
    {"day_begins", offsetof(struct tf_field_plan, day_begins), 0, 24},
    {"day_ends", offsetof(struct tf_field_plan, day_ends), 0, 24},
    {"missing", offsetof(struct tf_field_plan, missing), 0, 1},
};
enum { N_LIMITS = sizeof limits / sizeof *limits };

static enum tf_code read_limits(struct tf_arena *arena, const struct tf_yaml *map,
                                struct tf_field_plan *p, struct tf_err *reterr)
{
    const char *known[N_LIMITS + 1] = {NULL};
    for (size_t k = 0; k < N_LIMITS; k++)
        known[k] = limits[k].key;
    TF_TRY(tf_yaml_known(map, known, reterr));
    for (size_t k = 0; k < N_LIMITS; k++) {
        double *to = (double *)(void *)((char *)p + limits[k].at);
        TF_TRY(tf_yaml_opt_number(map, limits[k].key, *to, to, reterr));
        if (*to >= limits[k].least && *to <= limits[k].most)
            continue;
        (void)tf_yaml_fail(tf_yaml_get(map, limits[k].key), reterr, "'%s' is out of range",
                           limits[k].key);
        return tf_help(reterr, "It lies between %s and %s.",
                       tf_double_text(arena, limits[k].least), tf_double_text(arena, limits[k].most));
    }
    return TF_OK;
}

static enum tf_code read_ages(const struct tf_yaml *map, struct tf_quota_rule *q,
                              struct tf_err *reterr)
{
    const struct tf_yaml *ages = tf_yaml_get(map, "ages");
    if (ages == NULL)
        return TF_OK;
    if (ages->kind == TF_YAML_LIST && ages->n == 2 && ages->item[0]->kind == TF_YAML_SCALAR &&
        ages->item[1]->kind == TF_YAML_SCALAR && tf_parse_double(ages->item[0]->text, &q->age_min) &&
        tf_parse_double(ages->item[1]->text, &q->age_max) && q->age_min <= q->age_max)
        return TF_OK;
    (void)tf_yaml_fail(ages, reterr, "'ages' is no range");
    return tf_help(reterr, "Write [from, to], the smaller first.");
}

static enum tf_code read_quota(struct tf_arena *arena, const struct tf_yaml *map,
                               struct tf_quota_rule *q, struct tf_err *reterr)
{
    static const char *const known[] = {"cell", "stratum", "sex", "ages", "target", "countries", NULL};
    double target;
    q->line = map->line;
    TF_TRY(tf_yaml_known(map, known, reterr));
    TF_TRY(tf_yaml_need_text(map, "cell", &q->cell, reterr));
    TF_TRY(tf_yaml_opt_text(map, "stratum", NULL, &q->stratum, reterr));
    TF_TRY(tf_yaml_opt_text(map, "sex", NULL, &q->sex, reterr));
    TF_TRY(read_ages(map, q, reterr));
    TF_TRY(tf_yaml_need_number(map, "target", &target, reterr));
    if (!(target >= 1 && target <= 1e7 && floor(target) == target)) {
        (void)tf_yaml_fail(tf_yaml_get(map, "target"), reterr, "'target' is no number of interviews");
        return tf_help(reterr, "Write a whole number from 1.");
    }
    q->target = (int64_t)target;
    return tf_yaml_opt_texts(arena, map, "countries", &q->country, &q->n_countries, reterr);
}

static enum tf_code read_quotas(struct tf_arena *arena, const struct tf_yaml *list,
                                struct tf_field_plan *p, struct tf_err *reterr)
{
    if (list == NULL)
        return TF_OK;
    if (list->kind != TF_YAML_LIST) {
        (void)tf_yaml_fail(list, reterr, "'quotas' is no list");
        return tf_help(reterr, "Write `- {cell: North boys, stratum: North, sex: \"1\", target: 60}`.");
    }
    p->n_quotas = list->n;
    p->quota = TF_NEW_N(arena, struct tf_quota_rule, list->n + 1);
    for (size_t k = 0; k < list->n; k++) {
        TF_TRY(read_quota(arena, list->item[k], &p->quota[k], reterr));
        for (size_t j = 0; j < k; j++)
            if (strcmp(p->quota[j].cell, p->quota[k].cell) == 0) {
                (void)tf_yaml_fail(list->item[k], reterr, "the cell '%s' stands twice",
                                   p->quota[k].cell);
                return tf_fact(reterr, "the first is in line %zu", p->quota[j].line);
            }
    }
    return TF_OK;
}

static enum tf_code read_root(struct tf_arena *arena, const struct tf_yaml *root,
                              struct tf_field_plan *p, struct tf_err *reterr)
{
    static const char *const known[] = {"contact_form", "interviews", "sample", "per_psu",
                                        "quotas",       "limits",     NULL};
    TF_TRY(tf_yaml_known(root, known, reterr));
    TF_TRY(tf_yaml_opt_text(root, "contact_form", p->contact_form, &p->contact_form, reterr));
    TF_TRY(tf_yaml_opt_texts(arena, root, "interviews", &p->interview, &p->n_interviews, reterr));
    TF_TRY(tf_yaml_opt_text(root, "sample", NULL, &p->sample, reterr));
    TF_TRY(tf_yaml_opt_number(root, "per_psu", p->per_psu, &p->per_psu, reterr));
    TF_TRY(read_quotas(arena, tf_yaml_get(root, "quotas"), p, reterr));
    return read_limits(arena, tf_yaml_get(root, "limits"), p, reterr);
}

static void default_interviews(struct tf_arena *arena, const struct tf_study *study,
                               struct tf_field_plan *p)
{
    if (p->n_interviews > 0)
        return;
    p->interview = TF_NEW_N(arena, const char *, study->n_forms + 1);
    for (size_t k = 0; k < study->n_forms; k++)
        if (study->form[k].who == TF_ASKED_CHILD)
            p->interview[p->n_interviews++] = study->form[k].id;
}

enum tf_code tf_field_plan_read(struct tf_arena *arena, const struct tf_study *study,
                                struct tf_field_plan *ret, struct tf_err *reterr)
{
    const char *path = tf_path_join(arena, study->dir, "fieldwork.yaml");
    struct tf_field_plan p = defaults;
    if (tf_file_exists(path)) {
        struct tf_yaml *root;
        TF_TRY(tf_yaml_read(arena, path, &root, reterr));
        TF_TRY(read_root(arena, root, &p, reterr));
    }
    default_interviews(arena, study, &p);
    *ret = p;
    return TF_OK;
}
