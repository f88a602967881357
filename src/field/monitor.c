/* How the fieldwork goes: counts by PSU, team, person and day, and the case-flow of the doors.
 *
 * A door may have several contact sheets, one a visit: the last one holds (the highest visit, then the
 * latest). Doors then give the same case-flow as a contact-sheet file does (flow.c), with AAPOR's rates.
 * Interviews are counted beside the doors that say "complete": the two differ while tablets have not
 * sent everything, and a difference that stays is worth a question.
 *
 * Does not: read an answer (it could not), judge a person, or weight anything. */
#include "field/monitor.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field/monitor_inside.h"

enum { FLAGS_MOST = 2000 };

void tf_watch_flag(struct gather *g, const char *kind, const char *person, const char *psu,
                   const char *format, ...)
{
    char text[512];
    va_list ap;
    if (g->m->n_flags >= FLAGS_MOST)
        return;
    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    g->m->flag = tf_grow(g->arena, g->m->flag, g->m->n_flags, &g->cap_flags, sizeof *g->m->flag);
    g->m->flag[g->m->n_flags++] = (struct tf_watch_flag){
        .kind = kind, .person = person, .psu = psu, .text = tf_strdup(g->arena, text)};
}

/* ---- the rows of each table, made when first met ------------------------------------------------ */

static struct tf_watch_psu *psu_of(struct gather *g, const char *psu)
{
    size_t at = tf_names_get(&g->psus, psu);
    if (at == SIZE_MAX) {
        const size_t place = tf_names_get(&g->places, psu);
        at = g->m->n_psus++;
        g->m->psu = tf_grow(g->arena, g->m->psu, at, &g->cap_psus, sizeof *g->m->psu);
        g->m->psu[at] = (struct tf_watch_psu){
            .psu = psu,
            .stratum = place == SIZE_MAX ? "" : g->place[place].stratum,
            .team = "",
            .target = g->plan.per_psu,
            .km = (double)NAN};
        (void)tf_names_put(&g->psus, psu, at);
    }
    return &g->m->psu[at];
}

static struct tf_watch_person *person_of(struct gather *g, const char *person, const char *team)
{
    size_t at = tf_names_get(&g->people, person);
    if (at == SIZE_MAX) {
        at = g->m->n_people++;
        g->m->person = tf_grow(g->arena, g->m->person, at, &g->cap_people, sizeof *g->m->person);
        g->m->person[at] = (struct tf_watch_person){.person = person,
                                                    .team = team,
                                                    .fives = (double)NAN,
                                                    .missing = (double)NAN,
                                                    .last_day = ""};
        (void)tf_names_put(&g->people, person, at);
    }
    return &g->m->person[at];
}

static struct tf_watch_team *team_of(struct gather *g, const char *team)
{
    size_t at = tf_names_get(&g->teams, team);
    if (at == SIZE_MAX) {
        at = g->m->n_teams++;
        g->m->team_of = tf_grow(g->arena, g->m->team_of, at, &g->cap_teams, sizeof *g->m->team_of);
        g->m->team_of[at] = (struct tf_watch_team){.team = team, .target = (double)NAN};
        (void)tf_names_put(&g->teams, team, at);
    }
    return &g->m->team_of[at];
}

static struct tf_watch_day *day_of(struct gather *g, const char *date)
{
    size_t at = tf_names_get(&g->days, date);
    if (at == SIZE_MAX) {
        at = g->m->n_days++;
        g->m->day = tf_grow(g->arena, g->m->day, at, &g->cap_days, sizeof *g->m->day);
        g->m->day[at] = (struct tf_watch_day){.date = tf_strdup(g->arena, date)};
        (void)tf_names_put(&g->days, g->m->day[at].date, at);
    }
    return &g->m->day[at];
}

/* ---- doors -------------------------------------------------------------------------------------- */

static int by_door(const void *x, const void *y)
{
    const struct visit *a = x, *b = y;
    int c = strcmp(a->psu, b->psu);
    if (c == 0)
        c = strcmp(a->unit, b->unit);
    if (c == 0 && !isnan(a->visits) && !isnan(b->visits) && a->visits < b->visits)
        return -1;
    if (c == 0 && !isnan(a->visits) && !isnan(b->visits) && a->visits > b->visits)
        return 1;
    if (c == 0)
        c = (a->start.seconds > b->start.seconds) - (a->start.seconds < b->start.seconds);
    if (c == 0 && a->record != NULL && b->record != NULL)
        c = (a->record->number > b->record->number) - (a->record->number < b->record->number);
    return c;
}

/* The same visit to the same door sent twice as two records is a duplicate. */
static void twice(struct gather *g, const struct visit *a, const struct visit *b)
{
    if (isnan(a->visits) || isnan(b->visits) || a->visits < b->visits || a->visits > b->visits)
        return;
    tf_watch_flag(g, "duplicate", b->person, b->psu,
                  "door %s has two sheets of the same visit (records %llu and %llu)", b->unit,
                  (unsigned long long)a->record->number, (unsigned long long)b->record->number);
}

/* Keep the last visit of each door. */
static void last_visits(struct gather *g)
{
    size_t n = 0;
    if (g->n_contacts == 0)
        return;
    qsort(g->contact, g->n_contacts, sizeof *g->contact, by_door);
    for (size_t k = 0; k < g->n_contacts; k++) {
        const struct visit *next = k + 1 < g->n_contacts ? &g->contact[k + 1] : NULL;
        const bool again = next != NULL && strcmp(next->psu, g->contact[k].psu) == 0 &&
                           strcmp(next->unit, g->contact[k].unit) == 0;
        if (again)
            twice(g, &g->contact[k], next);
        else
            g->contact[n++] = g->contact[k];
    }
    g->n_contacts = n;
}

static void count_doors(struct gather *g)
{
    struct tf_contacts c = {.door = TF_NEW_N(g->arena, struct tf_door, g->n_contacts + 1)};
    for (size_t k = 0; k < g->n_contacts; k++) {
        const struct visit *v = &g->contact[k];
        struct tf_watch_psu *p = psu_of(g, v->psu);
        struct tf_watch_person *who = person_of(g, v->person, v->team);
        struct tf_watch_team *team = team_of(g, v->team);
        struct tf_watch_day *day = day_of(g, v->start.date);
        const bool complete = v->outcome->reached == COMPLETE;
        c.door[c.n++] = (struct tf_door){.psu = v->psu, .door = v->unit, .visits = v->visits,
                                         .outcome = v->outcome, .row = k};
        p->doors++;
        p->contacted += v->outcome->reached >= CONTACTED;
        p->eligible += v->outcome->reached >= ELIGIBLE;
        p->complete += complete;
        p->team = *p->team == '\0' || strcmp(p->team, v->team) == 0 ? v->team : "several";
        who->doors++;
        who->complete += complete;
        who->broken += strcmp(v->outcome->word, "broken_off") == 0;
        team->doors++;
        team->complete += complete;
        day->doors++;
        day->complete += complete;
    }
    c.n_psus = g->m->n_psus;
    g->m->contacts = c.n;
    g->m->flow = tf_flow_of(g->arena, &c);
    tf_flow_rates(g->arena, g->m->flow, &g->m->rate, &g->m->n_rates);
}

/* ---- interviews --------------------------------------------------------------------------------- */

static void count_ages(struct gather *g, double age)
{
    const struct tf_country *c = tf_study_country(g->study, g->country);
    if (isnan(age) || age < 0 || age > 120)
        return;
    g->m->ages++;
    g->m->age[(size_t)age % 10]++;
    if (c != NULL && c->age_max > c->age_min) {
        g->m->age_youngest += (int)age == c->age_min;
        g->m->age_oldest += (int)age == c->age_max;
    }
}

static void count_interviews(struct gather *g)
{
    struct tf_names seen = {.arena = g->arena};
    for (size_t k = 0; k < g->n_interviews; k++) {
        const struct visit *v = &g->interview[k];
        struct tf_watch_psu *p = *v->psu == '\0' ? NULL : psu_of(g, v->psu);
        if (p != NULL) {
            p->interviews++;
            p->team = *p->team == '\0' || strcmp(p->team, v->team) == 0 ? v->team : "several";
        }
        person_of(g, v->person, v->team)->interviews++;
        team_of(g, v->team)->interviews++;
        day_of(g, v->start.date)->interviews++;
        if (v->clock)
            g->m->hour[(size_t)v->start.hour % 24]++;
        count_ages(g, v->age);
        if (*v->psu == '\0' || *v->unit == '\0')
            continue;
        const char *key = tf_printf(g->arena, "%s %s %s", v->record->form, v->psu, v->unit);
        const size_t at = tf_names_get(&seen, key);
        if (at != SIZE_MAX)
            tf_watch_flag(g, "duplicate", v->person, v->psu,
                          "household %s was interviewed twice (records %llu and %llu)", v->unit,
                          (unsigned long long)g->interview[at].record->number,
                          (unsigned long long)v->record->number);
        else
            (void)tf_names_put(&seen, key, k);
    }
    g->m->interviews = g->n_interviews;
}

/* ---- targets and quotas -------------------------------------------------------------------------- */

static void count_targets(struct gather *g)
{
    struct tf_monitor *m = g->m;
    m->target = isnan(g->plan.per_psu) ? (double)NAN : 0;
    for (size_t k = 0; k < m->n_psus; k++) {
        const struct tf_watch_psu *p = &m->psu[k];
        const size_t team = tf_names_get(&g->teams, p->team);
        m->target += p->target;
        if (team == SIZE_MAX)
            continue;
        struct tf_watch_team *t = &m->team_of[team];
        t->psus++;
        t->target = isnan(t->target) ? p->target : t->target + p->target;
    }
    for (size_t k = 0; k < m->n_people; k++) {
        const size_t team = tf_names_get(&g->teams, m->person[k].team);
        if (team != SIZE_MAX)
            m->team_of[team].people++;
    }
}

static bool in_cell(const struct tf_quota_rule *q, const struct visit *v)
{
    if (q->stratum != NULL && strcmp(q->stratum, v->stratum) != 0)
        return false;
    if (q->sex != NULL && strcmp(q->sex, v->sex) != 0)
        return false;
    return q->age_max <= 0 || (v->age >= q->age_min && v->age < q->age_max + 1);
}

static void count_quotas(struct gather *g)
{
    g->m->quota = TF_NEW_N(g->arena, struct tf_watch_quota, g->plan.n_quotas + 1);
    for (size_t k = 0; k < g->plan.n_quotas; k++) {
        const struct tf_quota_rule *q = &g->plan.quota[k];
        if (!tf_country_in(q->country, q->n_countries, g->country))
            continue;
        struct tf_watch_quota *out = &g->m->quota[g->m->n_quotas++];
        *out = (struct tf_watch_quota){.cell = q->cell, .target = q->target};
        for (size_t j = 0; j < g->n_interviews; j++)
            out->done += g->interview[j].complete && in_cell(q, &g->interview[j]);
        if (out->done >= out->target)
            tf_watch_flag(g, "quota", "", "", "the cell '%s' has its %lld interviews: it is closed",
                          q->cell, (long long)out->target);
    }
}

/* Quotas are of the country: one team's view shows them as they stood when all were last counted. */
static enum tf_code kept_quotas(struct gather *g, struct tf_fieldwork *fw, struct tf_err *reterr)
{
    struct tf_quota *kept = NULL;
    size_t n = 0;
    if (fw != NULL)
        TF_TRY(tf_quotas(g->arena, fw, g->country, &kept, &n, reterr));
    g->m->quota = TF_NEW_N(g->arena, struct tf_watch_quota, n + 1);
    for (size_t k = 0; k < n; k++)
        g->m->quota[g->m->n_quotas++] = (struct tf_watch_quota){
            .cell = kept[k].cell, .target = kept[k].target, .done = kept[k].done};
    return TF_OK;
}

static int psu_order(const void *x, const void *y)
{
    return strcmp(((const struct tf_watch_psu *)x)->psu, ((const struct tf_watch_psu *)y)->psu);
}
static int person_order(const void *x, const void *y)
{
    const struct tf_watch_person *a = x, *b = y;
    const int c = strcmp(a->team, b->team);
    return c != 0 ? c : strcmp(a->person, b->person);
}
static int team_order(const void *x, const void *y)
{
    return strcmp(((const struct tf_watch_team *)x)->team, ((const struct tf_watch_team *)y)->team);
}
static int day_order(const void *x, const void *y)
{
    return strcmp(((const struct tf_watch_day *)x)->date, ((const struct tf_watch_day *)y)->date);
}

static void sort_all(struct tf_monitor *m)
{
#define SORT(list, n, order) do { if ((n) > 1) qsort((list), (n), sizeof *(list), (order)); } while (0)
    SORT(m->psu, m->n_psus, psu_order);
    SORT(m->person, m->n_people, person_order);
    SORT(m->team_of, m->n_teams, team_order);
    SORT(m->day, m->n_days, day_order);
#undef SORT
}

static enum tf_code count_backchecks(struct gather *g, struct tf_fieldwork *fw,
                                     struct tf_err *reterr)
{
    struct tf_assignment *a;
    size_t n;
    if (fw == NULL)
        return TF_OK;
    TF_TRY(tf_assignments(g->arena, fw, g->country, &a, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        const size_t at = tf_names_get(&g->people, a[k].person);
        if (at != SIZE_MAX && strcmp(a[k].kind, "backcheck") == 0)
            g->m->person[at].backchecks++;
    }
    return TF_OK;
}

enum tf_code tf_monitor_make(struct tf_arena *arena, const struct tf_study *study,
                             struct tf_fieldwork *fw, const char *country, const char *team,
                             const struct tf_records *records, struct tf_monitor **ret,
                             struct tf_err *reterr)
{
    struct gather g = {.arena = arena, .study = study, .country = country};
    g.m = TF_NEW(arena, struct tf_monitor);
    *g.m = (struct tf_monitor){.country = country, .team = team};
    struct tf_names *const table[] = {&g.places, &g.people, &g.psus, &g.teams, &g.days};
    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        table[k]->arena = arena;
    TF_TRY(tf_field_plan_read(arena, study, &g.plan, reterr));
    TF_TRY(tf_watch_places(&g, reterr));
    TF_TRY(tf_watch_visits(&g, fw, team, records, reterr));
    last_visits(&g);
    count_doors(&g);
    count_interviews(&g);
    tf_watch_quality(&g);
    count_targets(&g);
    if (team == NULL)
        count_quotas(&g);
    else
        TF_TRY(kept_quotas(&g, fw, reterr));
    TF_TRY(count_backchecks(&g, fw, reterr));
    sort_all(g.m);
    *ret = g.m;
    return TF_OK;
}

/* ---- a study -------------------------------------------------------------------------------------- */

static enum tf_code keep_quotas(struct tf_arena *arena, struct tf_fieldwork *fw,
                                const struct tf_monitor *m, struct tf_err *reterr)
{
    struct tf_quota *list = TF_NEW_N(arena, struct tf_quota, m->n_quotas + 1);
    for (size_t k = 0; k < m->n_quotas; k++)
        list[k] = (struct tf_quota){.cell = m->quota[k].cell,
                                    .target = m->quota[k].target,
                                    .done = m->quota[k].done};
    return tf_quotas_put(fw, m->country, list, m->n_quotas, reterr);
}

/* Nothing arrived yet: the contact sheets that lie in the study as a file. */
static enum tf_code flow_of_file(struct tf_arena *arena, const struct tf_study *study,
                                 struct tf_monitor *m, struct tf_err *reterr)
{
    const char *path = tf_study_path(arena, study, study->contacts, m->country, NULL);
    if (path == NULL || !tf_file_exists(path))
        return TF_OK;
    TF_TRY(tf_flow_from_contacts(arena, path, &m->flow, reterr));
    tf_flow_rates(arena, m->flow, &m->rate, &m->n_rates);
    return TF_OK;
}

enum tf_code tf_monitor_study(struct tf_arena *arena, const struct tf_study *study,
                              struct tf_fieldwork *fw, const char *country, const char *team,
                              struct tf_monitor **ret, struct tf_err *reterr)
{
    struct tf_records records = {.n = 0};
    if (tf_dir_exists(tf_path_join(arena, study->dir, ".trefoil/inbox")))
        TF_TRY(tf_records_read(arena, study->dir, country, &records, reterr));
    TF_TRY(tf_monitor_make(arena, study, fw, country, team, &records, ret, reterr));
    if (fw != NULL && team == NULL)
        TF_TRY(keep_quotas(arena, fw, *ret, reterr));
    return (*ret)->contacts == 0 && team == NULL ? flow_of_file(arena, study, *ret, reterr) : TF_OK;
}
