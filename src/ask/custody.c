/* What a study decides about custody: approvals, retention, people.
 *
 *     approvals:  each ethics board's decision, with what it covers and until when
 *     retention:  when the keys of which purpose are destroyed
 *     people:     who has which role, in which countries and strand
 *
 * Here they are read and their references checked; keep enforces them. A person is an id that the
 * team uses for a custodian, not a name. */
#include <string.h>

#include "ask/inside.h"

static const char *const statuses[] = {"pending", "granted", "lapsed", "not_needed", NULL};
static const char *const scopes[] = {"collect", "release", NULL};
static const char *const purposes[] = {"identity",  "response", "qual",   "interviews",
                                       "survivors", "threat",   "counts", "estimates",
                                       "release",   "inbox",    NULL};
static const char *const roles[] = {
    "programme_lead", "survey_team", "field_supervisor", "interviewer", "context_researcher",
    "threat_analyst", "author",      "national_partner", "custodian",   NULL};

/* clang-format off */
static const struct field approval_fields[] = {
    {"id",         FIELD_ID,     true,  FIELD_AT(struct tf_approval, id)},
    {"body",       FIELD_TEXT,   true,  FIELD_AT(struct tf_approval, body)},
    {"country",    FIELD_TEXT,   false, FIELD_AT(struct tf_approval, country)},
    {"scope",      FIELD_TEXTS,  true,  FIELD_AT2(struct tf_approval, scope, n_scope)},
    {"status",     FIELD_CHOICE, true,  FIELD_AT(struct tf_approval, status), .words = statuses},
    {"from",       FIELD_DATE,   false, FIELD_AT(struct tf_approval, from)},
    {"to",         FIELD_DATE,   false, FIELD_AT(struct tf_approval, to)},
    {"conditions", FIELD_TEXT,   false, FIELD_AT(struct tf_approval, conditions)},
    FIELD_END};
static const struct field retention_fields[] = {
    {"id",        FIELD_ID,    true,  FIELD_AT(struct tf_retention, id)},
    {"purpose",   FIELD_WORD,  true,  FIELD_AT(struct tf_retention, purpose), .words = purposes},
    {"strand",    FIELD_WORD,  false, FIELD_AT(struct tf_retention, strand), .words = tf_strand_words},
    {"until",     FIELD_DATE,  false, FIELD_AT(struct tf_retention, until)},
    {"months",    FIELD_COUNT, false, FIELD_AT(struct tf_retention, months)},
    {"after",     FIELD_ID,    false, FIELD_AT(struct tf_retention, after)},
    {"countries", FIELD_TEXTS, false, FIELD_AT2(struct tf_retention, country, n_countries)},
    FIELD_END};
static const struct field person_fields[] = {
    {"id",        FIELD_ID,    true,  FIELD_AT(struct tf_study_person, id)},
    {"role",      FIELD_WORD,  true,  FIELD_AT(struct tf_study_person, role), .words = roles},
    {"who",       FIELD_TEXT,  false, FIELD_AT(struct tf_study_person, who)},
    {"strand",    FIELD_WORD,  false, FIELD_AT(struct tf_study_person, strand), .words = tf_strand_words},
    {"countries", FIELD_TEXTS, false, FIELD_AT2(struct tf_study_person, country, n_countries)},
    FIELD_END};
/* clang-format on */

static enum tf_code
at_fault(const struct tf_place *at, struct tf_err *reterr, const char *what, const char *help)
{
    (void)tf_fail_at(reterr, TF_E_INPUT, at->file, at->line, at->column, "%s", what);
    return tf_help(reterr, "%s", help);
}

/* ---- References -------------------------------------------------------------------------------
 */

static enum tf_code check_codes(const struct tf_study *s, const char *const *code, size_t n,
                                const struct tf_place *at, struct tf_err *reterr)
{
    for (size_t k = 0; k < n; k++)
        if (tf_study_country(s, code[k]) == NULL)
            return at_fault(at, reterr,
                            tf_printf(s->arena, "the study has no country '%s'", code[k]),
                            "Countries stand under `countries:`.");
    return TF_OK;
}

static enum tf_code
check_approval(const struct tf_study *s, struct tf_approval *a, struct tf_err *reterr)
{
    if (a->country != NULL && strcmp(a->country, "all") == 0)
        a->country = NULL;
    if (a->country != NULL)
        TF_TRY(check_codes(s, &a->country, 1, &a->at, reterr));
    for (size_t k = 0; k < a->n_scope; k++)
        if (strcmp(a->scope[k], scopes[0]) != 0 && strcmp(a->scope[k], scopes[1]) != 0)
            return at_fault(
                &a->at, reterr,
                tf_printf(s->arena, "'%s' is nothing that an approval covers", a->scope[k]),
                "Write `scope: [collect, release]`, or one of them.");
    if (a->from != NULL && a->to != NULL && strcmp(a->from, a->to) > 0)
        return at_fault(&a->at, reterr, "this approval ends before it begins",
                        "Look at `from` and `to`.");
    if (a->status == TF_APPROVAL_NOT_NEEDED && a->conditions == NULL)
        return at_fault(&a->at, reterr, "why no approval is needed is not said",
                        "Write the reason under `conditions`, with who decided it.");
    return TF_OK;
}

static const struct tf_milestone *milestone(const struct tf_study *s, const char *id)
{
    for (size_t k = 0; k < s->n_milestones; k++)
        if (strcmp(s->milestone[k].id, id) == 0)
            return &s->milestone[k];
    return NULL;
}

static enum tf_code
check_retention(const struct tf_study *s, const struct tf_retention *r, struct tf_err *reterr)
{
    TF_TRY(check_codes(s, r->country, r->n_countries, &r->at, reterr));
    if ((r->until != NULL) == (r->after != NULL))
        return at_fault(&r->at, reterr, "a retention has either a date or an event",
                        "Write `until: 2030-12-31`, or `months: 60` and `after:` with the id of a "
                        "milestone of the timeline.");
    if (r->after != NULL && milestone(s, r->after) == NULL)
        return at_fault(&r->at, reterr,
                        tf_printf(s->arena, "the timeline has no milestone '%s'", r->after),
                        "`after` names one of `timeline:` by its id.");
    return TF_OK;
}

/* stages: {XA: collect, XB: analyse} */
static enum tf_code
read_stages(struct tf_study *s, const struct tf_yaml *root, struct tf_err *reterr)
{
    static const char *const known[] = {"collect", "analyse", "release", NULL};
    const struct tf_yaml *map = tf_yaml_get(root, "stages");
    if (map != NULL && map->kind != TF_YAML_MAP) {
        (void)tf_yaml_fail(map, reterr, "'stages' says of each country where it stands");
        return tf_help(reterr, "Write `stages: {XA: collect}`.");
    }
    const size_t n = map == NULL ? 0 : map->n;
    s->staged = TF_NEW_N(s->arena, const char *, n + 1);
    s->stage = TF_NEW_N(s->arena, const char *, n + 1);
    for (size_t k = 0; k < n; k++) {
        const struct tf_place at = tf_place_of(map->key[k]);
        size_t word = 0;
        s->staged[k] = map->key[k]->text;
        TF_TRY(check_codes(s, &s->staged[k], 1, &at, reterr));
        TF_TRY(tf_yaml_need_text(map, s->staged[k], &s->stage[k], reterr));
        while (known[word] != NULL && strcmp(known[word], s->stage[k]) != 0)
            word++;
        if (known[word] == NULL)
            return at_fault(&at, reterr, tf_printf(s->arena, "'%s' is no stage", s->stage[k]),
                            "A country stands at collect, analyse or release.");
        s->n_stages++;
    }
    return TF_OK;
}

const char *tf_study_stage(const struct tf_study *s, const char *country)
{
    for (size_t k = 0; k < s->n_stages; k++)
        if (strcmp(s->staged[k], country) == 0)
            return s->stage[k];
    return "";
}

/* ---- Dates ------------------------------------------------------------------------------------
 */

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* A year, a month or a day as its last day. */
static void last_day(const char *date, int *year, int *month, int *day)
{
    int64_t part[3] = {0, 12, 31};
    char text[8];
    static const size_t from[] = {0, 5, 8}, width[] = {4, 2, 2};
    for (size_t k = 0; k < 3 && strlen(date) >= from[k] + width[k]; k++) {
        memcpy(text, date + from[k], width[k]);
        text[width[k]] = '\0';
        (void)tf_parse_int(text, &part[k]);
    }
    *year = (int)part[0];
    *month = part[1] < 1 || part[1] > 12 ? 12 : (int)part[1];
    *day = strlen(date) < 10 ? days_in(*year, *month) : (int)part[2];
}

const char *
tf_retention_day(struct tf_arena *arena, const struct tf_study *s, const struct tf_retention *r)
{
    const struct tf_milestone *m = r->after == NULL ? NULL : milestone(s, r->after);
    const char *base = r->until != NULL ? r->until : m == NULL ? NULL : m->to;
    int year, month, day;
    if (base == NULL)
        return NULL;
    last_day(base, &year, &month, &day);
    if (r->until == NULL) {
        month += r->months;
        year += (month - 1) / 12;
        month = (month - 1) % 12 + 1;
        if (day > days_in(year, month))
            day = days_in(year, month);
    }
    return tf_printf(arena, "%04d-%02d-%02d", year, month, day);
}

/* ---- The whole ---------------------------------------------------------------------------------
 */

#define LIST_OF(k, table, type)                                                                    \
    {                                                                                              \
        .key = (k), .fields = (table), .size = sizeof(type), .place = offsetof(type, at)           \
    }

const struct tf_study_person *tf_study_person(const struct tf_study *s, const char *id)
{
    for (size_t k = 0; id != NULL && k < s->n_persons; k++)
        if (strcmp(s->person[k].id, id) == 0)
            return &s->person[k];
    return NULL;
}

enum tf_code tf_custody_read(struct tf_study *s, const struct tf_yaml *root, struct tf_err *reterr)
{
    static const struct list_kind approvals =
                                      LIST_OF("approvals", approval_fields, struct tf_approval),
                                  retentions =
                                      LIST_OF("retention", retention_fields, struct tf_retention),
                                  people = LIST_OF("people", person_fields, struct tf_study_person);
    void *list;
    TF_TRY(tf_list_read(s->arena, root, &approvals, &list, &s->n_approvals, reterr));
    s->approval = list;
    TF_TRY(tf_list_read(s->arena, root, &retentions, &list, &s->n_retentions, reterr));
    s->retention = list;
    TF_TRY(tf_list_read(s->arena, root, &people, &list, &s->n_persons, reterr));
    s->person = list;
    for (size_t k = 0; k < s->n_approvals; k++)
        TF_TRY(check_approval(s, &s->approval[k], reterr));
    for (size_t k = 0; k < s->n_retentions; k++)
        TF_TRY(check_retention(s, &s->retention[k], reterr));
    for (size_t k = 0; k < s->n_persons; k++)
        TF_TRY(check_codes(s, s->person[k].country, s->person[k].n_countries, &s->person[k].at,
                           reterr));
    return read_stages(s, root, reterr);
}
