/* Records into visits: which clear field means what, who was there, and where.
 *
 * A form's clear fields carry the names of its questions. Few names have a meaning here, each with the
 * spellings that instruments use; what is not told stays unknown, never zero. Who came is the person
 * of the device that sent it, because a code typed on the sheet may be wrong; only a device that nobody
 * enrolled is believed about its interviewer.
 *
 * A record that a reviewer rejected is counted as rejected and nowhere else. */
#include <math.h>
#include <string.h>

#include "base/sheet.h"
#include "field/monitor_inside.h"

/* The spellings of a meaning; the first that holds something is taken. */
static const char *const psu_names[] = {"psu", "cluster", NULL},
                  *const unit_names[] = {"door", "household", NULL},
                  *const start_names[] = {"start", NULL}, *const end_names[] = {"end", NULL},
                  *const cell_names[] = {"cell", "gps_cell", NULL},
                  *const age_names[] = {"age", "picked_age", NULL},
                  *const sex_names[] = {"sex", "picked_sex", NULL},
                  *const asked_names[] = {"asked", "n_asked", NULL},
                  *const missing_names[] = {"missing", "n_missing", NULL},
                  *const result_names[] = {"result", "child_part", "part", "audit.completion", NULL},
                  *const minutes_names[] = {"minutes", "duration", NULL},
                  *const seconds_names[] = {"audit.seconds", NULL},
                  *const stratum_names[] = {"stratum", NULL};

static const char *told(const struct tf_record *r, const char *const *name)
{
    for (; *name != NULL; name++) {
        const char *value = tf_record_clear(r, *name);
        if (*value != '\0')
            return value;
    }
    return "";
}

static double told_number(const struct tf_record *r, const char *const *name)
{
    double x;
    return tf_parse_double(told(r, name), &x) && isfinite(x) ? x : (double)NAN;
}

/* ---- places ------------------------------------------------------------------------------------- */

double tf_distance_km(double lat1, double lon1, double lat2, double lon2)
{
    const double rad = 3.14159265358979323846 / 180, radius = 6371.0088; /* mean, IUGG */
    const double a = sin((lat2 - lat1) * rad / 2), b = sin((lon2 - lon1) * rad / 2);
    const double h = a * a + cos(lat1 * rad) * cos(lat2 * rad) * b * b;
    return 2 * radius * asin(sqrt(h < 1 ? h : 1));
}

static double cell_number(const struct tf_sheet *s, size_t row, size_t col)
{
    double x;
    return col < SIZE_MAX - 1 && tf_parse_double(tf_sheet_text(s, row, col), &x) ? x : (double)NAN;
}

enum tf_code tf_watch_places(struct gather *g, struct tf_err *reterr)
{
    const char *pattern = g->plan.sample != NULL ? g->plan.sample : g->study->frame;
    const char *path = tf_study_path(g->arena, g->study, pattern, g->country, NULL);
    struct tf_sheet *s;
    size_t psu;
    if (path == NULL || !tf_file_exists(path))
        return TF_OK;
    TF_TRY(tf_sheet_read(g->arena, path, &s, reterr));
    TF_TRY(tf_sheet_need(s, "psu", &psu, reterr));
    const size_t stratum = tf_table_find(s->t, "stratum"), lat = tf_table_find(s->t, "lat"),
                 lon = tf_table_find(s->t, "lon");
    g->place = TF_NEW_N(g->arena, struct place, s->t->n_rows + 1);
    for (size_t k = 0; k < s->t->n_rows; k++) {
        struct place *p = &g->place[g->n_places];
        *p = (struct place){.psu = tf_sheet_text(s, k, psu),
                            .stratum = stratum < SIZE_MAX - 1 ? tf_sheet_text(s, k, stratum) : "",
                            .lat = cell_number(s, k, lat),
                            .lon = cell_number(s, k, lon)};
        if (!tf_names_has(&g->places, p->psu))
            (void)tf_names_put(&g->places, p->psu, g->n_places++);
    }
    return TF_OK;
}

/* "10.35 103.86": a coarse cell's middle. */
static double distance(const struct gather *g, const char *psu, const char *cell)
{
    const size_t at = tf_names_get(&g->places, psu);
    char **part;
    double lat, lon;
    if (at == SIZE_MAX || isnan(g->place[at].lat) || isnan(g->place[at].lon) ||
        tf_split(g->arena, cell, ' ', &part) < 2 || !tf_parse_double(part[0], &lat) ||
        !tf_parse_double(part[1], &lon) || fabs(lat) > 90 || fabs(lon) > 180)
        return (double)NAN;
    return tf_distance_km(g->place[at].lat, g->place[at].lon, lat, lon);
}

/* ---- who ---------------------------------------------------------------------------------------- */

struct senders {
    struct tf_device *device;
    size_t n;
    struct tf_names by_id;
};

static enum tf_code read_senders(struct gather *g, struct tf_fieldwork *fw, struct senders *ret,
                                 struct tf_err *reterr)
{
    ret->n = 0;
    ret->by_id = (struct tf_names){.arena = g->arena};
    if (fw != NULL)
        TF_TRY(tf_devices(g->arena, fw, &ret->device, &ret->n, reterr));
    for (size_t k = 0; k < ret->n; k++)
        (void)tf_names_put(&ret->by_id, ret->device[k].id, k);
    return TF_OK;
}

static void who(const struct senders *s, const struct tf_record *r, struct visit *v)
{
    const size_t at = tf_names_get(&s->by_id, r->sender);
    const char *typed = tf_record_clear(r, "interviewer");
    v->team = at == SIZE_MAX ? "" : s->device[at].team;
    v->person = at != SIZE_MAX ? s->device[at].person : *typed != '\0' ? typed : r->sender;
}

/* ---- visits ------------------------------------------------------------------------------------- */

static void when(const struct tf_record *r, struct visit *v)
{
    struct tf_moment end;
    v->clock = tf_moment_parse(told(r, start_names), &v->start);
    if (!v->clock)
        v->start = tf_moment_of(r->received);
    v->minutes = told_number(r, minutes_names);
    if (isnan(v->minutes) && v->clock && tf_moment_parse(told(r, end_names), &end))
        v->minutes = (double)(end.seconds - v->start.seconds) / 60;
    v->measured = isnan(v->minutes);
    if (v->measured)
        v->minutes = told_number(r, seconds_names) / 60;
    if (!(v->minutes >= 0 && v->minutes <= 24 * 60)) /* a clock that jumped tells nothing */
        v->minutes = (double)NAN;
}

static struct visit visit_of(const struct gather *g, const struct senders *s,
                             const struct tf_record *r)
{
    struct visit v = {.psu = told(r, psu_names), .unit = told(r, unit_names), .record = r};
    double at;
    who(s, r, &v);
    when(r, &v);
    v.visits = tf_parse_double(tf_record_clear(r, "visits"), &at) ? at : (double)NAN;
    v.km = distance(g, v.psu, told(r, cell_names));
    v.age = told_number(r, age_names);
    v.sex = told(r, sex_names);
    v.missing = told_number(r, missing_names);
    v.asked = told_number(r, asked_names);
    const size_t place = tf_names_get(&g->places, v.psu);
    v.stratum = place != SIZE_MAX ? g->place[place].stratum : told(r, stratum_names);
    const char *result = told(r, result_names);
    v.complete = *result == '\0' || strcmp(result, "complete") == 0;
    return v;
}

static void add_contact(struct gather *g, struct visit v)
{
    v.outcome = tf_outcome_named(tf_record_clear(v.record, "outcome"));
    if (v.outcome == NULL || *v.psu == '\0' || *v.unit == '\0') {
        tf_watch_flag(g, "contact", v.person, v.psu,
                      "a contact sheet tells no %s (record %llu)",
                      v.outcome == NULL ? "outcome" : "PSU and door",
                      (unsigned long long)v.record->number);
        return;
    }
    g->contact = tf_grow(g->arena, g->contact, g->n_contacts, &g->cap_contacts, sizeof v);
    g->contact[g->n_contacts++] = v;
}

static bool is_interview(const struct gather *g, const char *form)
{
    for (size_t k = 0; k < g->plan.n_interviews; k++)
        if (strcmp(g->plan.interview[k], form) == 0)
            return true;
    return false;
}

enum tf_code tf_watch_visits(struct gather *g, struct tf_fieldwork *fw, const char *team,
                             const struct tf_records *records, struct tf_err *reterr)
{
    struct tf_review *review = NULL;
    struct senders s = {.n = 0};
    size_t n_reviews = 0;
    TF_TRY(read_senders(g, fw, &s, reterr));
    if (fw != NULL)
        TF_TRY(tf_reviews(g->arena, fw, g->country, &review, &n_reviews, reterr));
    const struct tf_review **last = tf_records_reviewed(g->arena, records, review, n_reviews);
    for (size_t k = 0; k < records->n; k++) {
        const struct tf_record *r = &records->item[k];
        const bool contact = strcmp(r->form, g->plan.contact_form) == 0;
        if (strcmp(r->country, g->country) != 0)
            continue;
        struct visit v = visit_of(g, &s, r);
        if (team != NULL && strcmp(v.team, team) != 0)
            continue;
        g->m->records++;
        g->m->incomplete += !r->complete;
        if (strcmp(tf_record_state(r, last[k]), "rejected") == 0) {
            g->m->rejected++;
        } else if (contact) {
            add_contact(g, v);
        } else if (is_interview(g, r->form)) {
            g->interview = tf_grow(g->arena, g->interview, g->n_interviews, &g->cap_interviews,
                                   sizeof v);
            g->interview[g->n_interviews++] = v;
        }
    }
    return TF_OK;
}
