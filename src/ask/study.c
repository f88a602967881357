/* study.yaml: the door of a study.
 *
 * Everything a team decides is text in one folder; this file reads the top of it and hands the larger
 * parts (countries, datasets, indicators) to the files of those names. What the tables below list is
 * all there is: docs/FORMATS.md says the same in words.
 *
 * Reading stops at the first fault. Faults of content, such as an activity that no country takes
 * part in, are not faults of reading: check.c gathers those. No file but study.yaml and
 * indicators.yaml is opened. */
#include <math.h>
#include <string.h>

#include "ask/inside.h"

const char *const tf_strand_words[] = {"context", "threats", "children", NULL};

const char *tf_strand_name(enum tf_strand strand)
{
    return (unsigned)strand < 3 ? tf_strand_words[strand] : "";
}

/* ---- What is small enough for a table ------------------------------------------------------ */

static const char *const milestone_status[] = {"planned", "running", "done", "postponed",
                                               "dropped", NULL};
static const char *const partner_area[] = {"context", "threats", "children", "all", NULL};

/* clang-format off */
static const struct field question_fields[] = {
    {"id",       FIELD_ID,     true,  FIELD_AT(struct tf_research_question, id)},
    {"strand",   FIELD_CHOICE, true,  FIELD_AT(struct tf_research_question, strand), .words = tf_strand_words},
    {"text",     FIELD_TEXT,   true,  FIELD_AT(struct tf_research_question, text)},
    {"activity", FIELD_TEXT,   false, FIELD_AT(struct tf_research_question, activity)},
    FIELD_END};
static const struct field partner_fields[] = {
    {"id",   FIELD_ID,   true,  FIELD_AT(struct tf_partner, id)},
    {"name", FIELD_TEXT, true,  FIELD_AT(struct tf_partner, name)},
    {"area", FIELD_WORD, false, FIELD_AT(struct tf_partner, area), .words = partner_area},
    {"role", FIELD_TEXT, false, FIELD_AT(struct tf_partner, role)},
    FIELD_END};
static const struct field activity_fields[] = {
    {"id",     FIELD_ID,     true,  FIELD_AT(struct tf_activity, id)},
    {"strand", FIELD_CHOICE, true,  FIELD_AT(struct tf_activity, strand), .words = tf_strand_words},
    {"title",  FIELD_TEXT,   true,  FIELD_AT(struct tf_activity, title)},
    {"target", FIELD_SPAN,   false, FIELD_AT2(struct tf_activity, target_min, target_max)},
    {"in_all", FIELD_NUMBER, false, FIELD_AT(struct tf_activity, in_all)},
    {"across", FIELD_NUMBER, false, FIELD_AT(struct tf_activity, across)},
    {"unit",   FIELD_TEXT,   false, FIELD_AT(struct tf_activity, unit)},
    {"who",    FIELD_TEXT,   false, FIELD_AT(struct tf_activity, who)},
    {"mode",   FIELD_TEXT,   false, FIELD_AT(struct tf_activity, mode)},
    {"note",   FIELD_TEXT,   false, FIELD_AT(struct tf_activity, note)},
    FIELD_END};
static const struct field milestone_fields[] = {
    {"id",     FIELD_ID,   true,  FIELD_AT(struct tf_milestone, id)},
    {"title",  FIELD_TEXT, true,  FIELD_AT(struct tf_milestone, title)},
    {"from",   FIELD_DATE, false, FIELD_AT(struct tf_milestone, from)},
    {"to",     FIELD_DATE, false, FIELD_AT(struct tf_milestone, to)},
    {"status", FIELD_WORD, false, FIELD_AT(struct tf_milestone, status), .words = milestone_status},
    {"note",   FIELD_TEXT, false, FIELD_AT(struct tf_milestone, note)},
    FIELD_END};
static const struct field policy_fields[] = {
    {"name",            FIELD_ID,    true,  FIELD_AT(struct tf_policy, name)},
    {"title",           FIELD_TEXT,  false, FIELD_AT(struct tf_policy, title)},
    {"suppress_below",  FIELD_COUNT, false, FIELD_AT(struct tf_policy, suppress_below)},
    {"counts_below",    FIELD_COUNT, false, FIELD_AT(struct tf_policy, counts_below)},
    {"flag_below",      FIELD_COUNT, false, FIELD_AT(struct tf_policy, flag_below)},
    {"hide_numerators", FIELD_RANGE, false, FIELD_AT2(struct tf_policy, hide_from, hide_to)},
    FIELD_END};
static const struct field role_fields[] = {
    {"id",  FIELD_ID,    true,  FIELD_AT(struct tf_role, id)},
    {"may", FIELD_TEXTS, false, FIELD_AT2(struct tf_role, may, n_may)},
    {"who", FIELD_TEXT,  false, FIELD_AT(struct tf_role, who)},
    FIELD_END};

static const struct field context_fields[] = {
    {"transcripts",  FIELD_TEXT, false, FIELD_AT(struct tf_study, transcripts)},
    {"participants", FIELD_TEXT, false, FIELD_AT(struct tf_study, participants)},
    {"codebook",     FIELD_TEXT, false, FIELD_AT(struct tf_study, codebook)},
    {"segments",     FIELD_TEXT, false, FIELD_AT(struct tf_study, segments)},
    {"legal",        FIELD_TEXT, false, FIELD_AT(struct tf_study, legal)},
    FIELD_END};
static const struct field threats_fields[] = {
    {"capacity", FIELD_TEXT,  false, FIELD_AT(struct tf_study, capacity)},
    {"topics",   FIELD_TEXTS, false, FIELD_AT2(struct tf_study, threat_topic, n_threat_topics)},
    {"sources",  FIELD_TEXTS, false, FIELD_AT2(struct tf_study, threat_source, n_threat_sources)},
    {"rules",    FIELD_TEXT,  false, FIELD_AT(struct tf_study, threat_rules)},
    FIELD_END};
static const struct field fieldwork_fields[] = {
    {"frame",    FIELD_TEXT, false, FIELD_AT(struct tf_study, frame)},
    {"contacts", FIELD_TEXT, false, FIELD_AT(struct tf_study, contacts)},
    {"roster",   FIELD_TEXT, false, FIELD_AT(struct tf_study, roster)},
    FIELD_END};
static const struct field report_fields[] = {
    {"text",            FIELD_TEXT,  false, FIELD_AT(struct tf_study, report)},
    {"languages",       FIELD_TEXTS, false, FIELD_AT2(struct tf_study, report_language, n_report_languages)},
    {"allowed_numbers", FIELD_TEXTS, false, FIELD_AT2(struct tf_study, allowed_number, n_allowed_numbers)},
    FIELD_END};

static const struct field study_fields[] = {
    {"trefoil",        FIELD_OTHER, true, .at = 0},
    {"id",             FIELD_ID,    true,  FIELD_AT(struct tf_study, id)},
    {"title",          FIELD_TEXT,  true,  FIELD_AT(struct tf_study, title)},
    {"subtitle",       FIELD_TEXT,  false, FIELD_AT(struct tf_study, subtitle)},
    {"kicker",         FIELD_TEXT,  false, FIELD_AT(struct tf_study, kicker)},
    {"term",           FIELD_TEXT,  false, FIELD_AT(struct tf_study, term)},
    {"edition",        FIELD_TEXT,  false, FIELD_AT(struct tf_study, edition)},
    {"synthetic",      FIELD_BOOL,  false, FIELD_AT(struct tf_study, synthetic)},
    {"why",            FIELD_TEXT,  false, FIELD_AT(struct tf_study, why)},
    {"terminology",    FIELD_TEXT,  false, FIELD_AT(struct tf_study, terminology)},
    {"response_frame", FIELD_TEXT,  false, FIELD_AT(struct tf_study, response_frame)},
    {"principles",     FIELD_TEXTS, false, FIELD_AT2(struct tf_study, principle, n_principles)},
    {"findings",       FIELD_TEXT,  false, FIELD_AT(struct tf_study, findings)},
    {"questions",      FIELD_OTHER, false, .at = 0},
    {"partners",       FIELD_OTHER, false, .at = 0},
    {"activities",     FIELD_OTHER, false, .at = 0},
    {"timeline",       FIELD_OTHER, false, .at = 0},
    {"policies",       FIELD_OTHER, false, .at = 0},
    {"countries",      FIELD_OTHER, true, .at = 0},
    {"datasets",       FIELD_OTHER, false, .at = 0},
    {"series",         FIELD_OTHER, false, .at = 0},
    {"context",        FIELD_OTHER, false, .at = 0},
    {"threats",        FIELD_OTHER, false, .at = 0},
    {"fieldwork",      FIELD_OTHER, false, .at = 0},
    {"forms",          FIELD_OTHER, false, .at = 0},
    {"report",         FIELD_OTHER, false, .at = 0},
    {"roles",          FIELD_OTHER, false, .at = 0},
    {"approvals",      FIELD_OTHER, false, .at = 0},
    {"retention",      FIELD_OTHER, false, .at = 0},
    {"people",         FIELD_OTHER, false, .at = 0},
    {"stages",         FIELD_OTHER, false, .at = 0},
    FIELD_END};
/* clang-format on */

static void start_activity(void *thing)
{
    struct tf_activity *a = thing;
    a->target_min = a->target_max = a->in_all = a->across = (double)NAN;
}

static void start_milestone(void *thing)
{
    ((struct tf_milestone *)thing)->status = "planned";
}

#define LIST_OF(k, table, type) \
    .key = (k), .fields = (table), .size = sizeof(type), .place = offsetof(type, at)

static enum tf_code read_lists(struct tf_study *s, const struct tf_yaml *root,
                               struct tf_err *reterr)
{
    static const struct list_kind
        questions = {LIST_OF("questions", question_fields, struct tf_research_question)},
        partners = {LIST_OF("partners", partner_fields, struct tf_partner)},
        activities = {LIST_OF("activities", activity_fields, struct tf_activity),
                      .start = start_activity},
        timeline = {LIST_OF("timeline", milestone_fields, struct tf_milestone),
                    .start = start_milestone},
        policies = {LIST_OF("policies", policy_fields, struct tf_policy)},
        roles = {LIST_OF("roles", role_fields, struct tf_role)};
    void *list;
    TF_TRY(tf_list_read(s->arena, root, &questions, &list, &s->n_questions, reterr));
    s->question = list;
    TF_TRY(tf_list_read(s->arena, root, &partners, &list, &s->n_partners, reterr));
    s->partner = list;
    TF_TRY(tf_list_read(s->arena, root, &activities, &list, &s->n_activities, reterr));
    s->activity = list;
    TF_TRY(tf_list_read(s->arena, root, &timeline, &list, &s->n_milestones, reterr));
    s->milestone = list;
    TF_TRY(tf_list_read(s->arena, root, &policies, &list, &s->n_policies, reterr));
    s->policy = list;
    TF_TRY(tf_list_read(s->arena, root, &roles, &list, &s->n_roles, reterr));
    s->role = list;
    return TF_OK;
}

/* ---- The whole ----------------------------------------------------------------------------- */

static enum tf_code read_version(const struct tf_yaml *root, struct tf_err *reterr)
{
    double version;
    TF_TRY(tf_yaml_need_number(root, "trefoil", &version, reterr));
    if (version >= 1 && version < 2)
        return TF_OK;
    (void)tf_yaml_fail(tf_yaml_get(root, "trefoil"), reterr, "this version of the format is not known");
    return tf_help(reterr, "This program reads `trefoil: 1`; a newer study needs a newer program.");
}

static enum tf_code read_root(struct tf_study *s, const struct tf_yaml *root,
                              struct tf_err *reterr)
{
    static const struct {
        const char *key;
        const struct field *fields;
    } parts[] = {{"context", context_fields},
                 {"threats", threats_fields},
                 {"fieldwork", fieldwork_fields},
                 {"report", report_fields}};
    TF_TRY(tf_fields_read(s->arena, root, study_fields, s, reterr));
    TF_TRY(read_version(root, reterr));
    TF_TRY(read_lists(s, root, reterr));
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        TF_TRY(tf_fields_read(s->arena, tf_yaml_get(root, parts[k].key), parts[k].fields, s,
                              reterr));
    TF_TRY(tf_countries_read(s, root, reterr));
    TF_TRY(tf_datasets_read(s, root, reterr));
    TF_TRY(tf_forms_read(s, root, reterr));
    return tf_custody_read(s, root, reterr);
}

static enum tf_code no_study(const char *dir, struct tf_err *reterr)
{
    if (!tf_dir_exists(dir)) {
        (void)tf_fail(reterr, TF_E_IO, "there is no folder '%s'", dir);
        return tf_help(reterr, "Name the folder of a study; `trefoil init DIR` makes one.");
    }
    (void)tf_fail(reterr, TF_E_INPUT, "'%s' is no study", dir);
    (void)tf_fact(reterr, "it holds no study.yaml");
    return tf_help(reterr, "Name the folder of a study (--study DIR); `trefoil init DIR` makes one.");
}

enum tf_code tf_study_read(struct tf_arena *arena, const char *dir, struct tf_study **ret,
                           struct tf_err *reterr)
{
    const char *path = tf_path_join(arena, dir, "study.yaml");
    const char *registry = tf_path_join(arena, dir, "indicators.yaml");
    struct tf_study *s = TF_NEW(arena, struct tf_study);
    struct tf_yaml *root;
    if (!tf_file_exists(path))
        return no_study(dir, reterr);
    s->arena = arena;
    s->dir = tf_strdup(arena, dir);
    s->file = path;
    s->subtitle = s->kicker = s->edition = s->why = s->term = "";
    TF_TRY(tf_yaml_read(arena, path, &root, reterr));
    s->yaml = root;
    TF_TRY(read_root(s, root, reterr));
    if (tf_file_exists(registry)) {
        TF_TRY(tf_yaml_read(arena, registry, &root, reterr));
        s->indicators_yaml = root;
        TF_TRY(tf_indicators_read(s, root, reterr));
    }
    *ret = s;
    return TF_OK;
}

/* ---- Asking it ----------------------------------------------------------------------------- */

#define FIND(array, n, member, name)                               \
    for (size_t k = 0; (name) != NULL && k < (n); k++)             \
        if (strcmp((array)[k].member, (name)) == 0)                \
            return &(array)[k];                                    \
    return NULL

bool tf_country_in(const char *const *code, size_t n, const char *country)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(code[k], country) == 0)
            return true;
    return n == 0;
}

const struct tf_country *tf_study_country(const struct tf_study *s, const char *code)
{
    FIND(s->country, s->n_countries, code, code);
}

const struct tf_dataset *tf_study_dataset(const struct tf_study *s, const char *id)
{
    FIND(s->dataset, s->n_datasets, id, id);
}

const struct tf_policy *tf_study_policy(const struct tf_study *s, const char *name)
{
    FIND(s->policy, s->n_policies, name, name);
}

const struct tf_indicator *tf_study_indicator(const struct tf_study *s, const char *id)
{
    FIND(s->indicator, s->n_indicators, id, id);
}

const struct tf_activity *tf_study_activity(const struct tf_study *s, const char *id)
{
    FIND(s->activity, s->n_activities, id, id);
}

char *tf_study_path(struct tf_arena *arena, const struct tf_study *s, const char *pattern,
                    const char *country, const char *lang)
{
    if (pattern == NULL)
        return NULL;
    char *path = tf_strdup(arena, pattern);
    if (country != NULL)
        path = tf_replace(arena, path, "{country}", country);
    if (lang != NULL)
        path = tf_replace(arena, path, "{lang}", lang);
    return tf_path_join(arena, s->dir, path);
}

bool tf_dataset_sensitive(const struct tf_dataset *d, const char *var)
{
    for (size_t k = 0; k < d->n_sensitive; k++) {
        const char *pattern = d->sensitive[k];
        const size_t n = strlen(pattern);
        if (n > 0 && pattern[n - 1] == '*' ? strncmp(var, pattern, n - 1) == 0
                                           : strcmp(var, pattern) == 0)
            return true;
    }
    return false;
}
