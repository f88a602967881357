/* Signs of trouble, by interviewer: times, hours, distances, round numbers, runs, missing answers.
 *
 * None of these proves anything about a person; each is a reason to look while the team is still in the
 * field. The measures are the usual ones of survey monitoring:
 *
 *     too fast    an interview shorter than a share of the median of all interviews
 *     heaping     times that end on a multiple of five minutes: one in five by chance. Flagged when the
 *                 share is beyond three standard errors of 0.2 and the interviews are 20 or more
 *     run         interviews broken off one after the other, in the order in which they began
 *     missing     questions without an answer (don't know, prefer not to say), from counts
 *     far         the door's coarse cell and the PSU's place, great-circle distance
 *
 * Does not: compare people with each other by a score. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "field/monitor_inside.h"

enum { ENOUGH = 20 }; /* interviews before a share is judged */

static int by_value(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static double at_share(const double *x, size_t n, double p)
{
    const double h = (double)(n - 1) * p;
    const size_t k = (size_t)h;
    return k + 1 < n ? x[k] + (h - (double)k) * (x[k + 1] - x[k]) : x[n - 1];
}

struct tf_spread tf_spread_of(double *x, size_t n)
{
    if (n == 0)
        return (struct tf_spread){.q1 = (double)NAN, .median = (double)NAN, .q3 = (double)NAN};
    qsort(x, n, sizeof *x, by_value);
    return (struct tf_spread){.n = n,
                              .q1 = at_share(x, n, 0.25),
                              .median = at_share(x, n, 0.5),
                              .q3 = at_share(x, n, 0.75)};
}

/* By person, then in the order in which they began. */
static int by_person(const void *x, const void *y)
{
    const struct visit *a = x, *b = y;
    int c = strcmp(a->person, b->person);
    if (c == 0)
        c = (a->start.seconds > b->start.seconds) - (a->start.seconds < b->start.seconds);
    if (c == 0)
        c = (a->record->number > b->record->number) - (a->record->number < b->record->number);
    return c;
}

static struct tf_watch_person *of(struct gather *g, const char *person)
{
    return &g->m->person[tf_names_get(&g->people, person)];
}

static size_t same_person(const struct visit *v, size_t n, size_t from)
{
    size_t to = from;
    while (to < n && strcmp(v[to].person, v[from].person) == 0)
        to++;
    return to;
}

/* ---- interviews ----------------------------------------------------------------------------------- */

static void judge_times(struct gather *g, const struct visit *v, size_t n, double *room,
                        struct tf_watch_person *p)
{
    size_t told = 0, typed = 0, fives = 0, clocks = 0;
    for (size_t k = 0; k < n; k++) {
        clocks += v[k].clock;
        p->outside += v[k].clock && (v[k].start.hour < g->plan.day_begins ||
                                     v[k].start.hour >= g->plan.day_ends);
        if (isnan(v[k].minutes))
            continue;
        p->fast += v[k].minutes < g->plan.too_fast * g->m->minutes.median;
        if (!v[k].measured) { /* a browser tells its own times in steps of five minutes */
            typed++;
            fives += (long)floor(v[k].minutes + 0.5) % 5 == 0;
        }
        room[told++] = v[k].minutes;
    }
    p->minutes = tf_spread_of(room, told);
    if (typed > 0)
        p->fives = (double)fives / (double)typed;
    if (p->fast > 0 && p->fast * 10 >= told)
        tf_watch_flag(g, "fast", p->person, "", "%zu of %zu interviews took less than half the usual time",
                      p->fast, told);
    if (typed >= ENOUGH && p->fives > 0.2 + 3 * sqrt(0.16 / (double)typed))
        tf_watch_flag(g, "round times", p->person, "",
                      "%zu of %zu interviews took a multiple of five minutes; one in five is usual",
                      fives, typed);
    if (p->outside > 0 && p->outside * 10 >= clocks)
        tf_watch_flag(g, "hours", p->person, "", "%zu of %zu interviews began outside the day's hours",
                      p->outside, clocks);
}

static void judge_missing(struct gather *g, const struct visit *v, size_t n,
                          struct tf_watch_person *p)
{
    double asked = 0, missing = 0;
    for (size_t k = 0; k < n; k++)
        if (v[k].asked > 0 && v[k].missing >= 0 && v[k].missing <= v[k].asked) {
            asked += v[k].asked;
            missing += v[k].missing;
        }
    if (!(asked > 0))
        return;
    p->missing = missing / asked;
    if (p->missing > g->plan.missing)
        tf_watch_flag(g, "missing", p->person, "", "%ld in 100 questions have no answer",
                      (long)floor(100 * p->missing + 0.5));
}

static void judge_days(struct gather *g, const struct visit *v, size_t n, struct tf_watch_person *p)
{
    for (size_t k = 0; k < n; k++) {
        if (strcmp(v[k].start.date, p->last_day) == 0)
            continue;
        p->days++;
        p->last_day = tf_strdup(g->arena, v[k].start.date);
    }
}

static void judge_interviews(struct gather *g)
{
    double *room = TF_NEW_N(g->arena, double, g->n_interviews + 1);
    size_t told = 0;
    for (size_t k = 0; k < g->n_interviews; k++)
        if (!isnan(g->interview[k].minutes))
            room[told++] = g->interview[k].minutes;
    g->m->minutes = tf_spread_of(room, told);
    if (g->n_interviews > 0)
        qsort(g->interview, g->n_interviews, sizeof *g->interview, by_person);
    for (size_t k = 0, to; k < g->n_interviews; k = to) {
        to = same_person(g->interview, g->n_interviews, k);
        struct tf_watch_person *p = of(g, g->interview[k].person);
        judge_times(g, g->interview + k, to - k, room, p);
        judge_missing(g, g->interview + k, to - k, p);
        judge_days(g, g->interview + k, to - k, p);
    }
}

/* ---- doors ---------------------------------------------------------------------------------------- */

/* Interviews begun, as the doors tell them: the longest run of those that were broken off. */
static void judge_run(struct gather *g, const struct visit *v, size_t n, struct tf_watch_person *p)
{
    size_t run = 0;
    const struct visit *from = NULL, *first = NULL;
    for (size_t k = 0; k < n; k++) {
        if (v[k].outcome->reached < BEGUN)
            continue;
        if (v[k].outcome->reached == COMPLETE) {
            run = 0;
            continue;
        }
        if (run++ == 0)
            from = &v[k];
        if (run > p->run) {
            p->run = run;
            first = from;
        }
    }
    if (first != NULL && (double)p->run >= g->plan.run)
        tf_watch_flag(g, "run", p->person, first->psu,
                      "%zu interviews in a row were broken off, from %s on", p->run,
                      first->start.date);
}

static void judge_distance(struct gather *g, const struct visit *v, size_t n, double *room,
                           struct tf_watch_person *p)
{
    size_t told = 0;
    for (size_t k = 0; k < n; k++) {
        if (isnan(v[k].km))
            continue;
        p->far += v[k].km > g->plan.far_km;
        room[told++] = v[k].km;
    }
    p->km = tf_spread_of(room, told);
    if (p->far > 0)
        tf_watch_flag(g, "far", p->person, "", "%zu of %zu doors lie far from their PSU", p->far, told);
}

static int by_psu(const void *x, const void *y)
{
    return strcmp(((const struct visit *)x)->psu, ((const struct visit *)y)->psu);
}

static void psu_distances(struct gather *g, double *room)
{
    qsort(g->contact, g->n_contacts, sizeof *g->contact, by_psu);
    for (size_t k = 0, to; k < g->n_contacts; k = to) {
        size_t told = 0;
        for (to = k; to < g->n_contacts && strcmp(g->contact[to].psu, g->contact[k].psu) == 0; to++)
            if (!isnan(g->contact[to].km))
                room[told++] = g->contact[to].km;
        g->m->psu[tf_names_get(&g->psus, g->contact[k].psu)].km = tf_spread_of(room, told).median;
    }
}

static void judge_doors(struct gather *g)
{
    double *room = TF_NEW_N(g->arena, double, g->n_contacts + 1);
    size_t told = 0;
    for (size_t k = 0; k < g->n_contacts; k++)
        if (!isnan(g->contact[k].km))
            room[told++] = g->contact[k].km;
    g->m->km = tf_spread_of(room, told);
    if (g->n_contacts == 0)
        return;
    qsort(g->contact, g->n_contacts, sizeof *g->contact, by_person);
    for (size_t k = 0, to; k < g->n_contacts; k = to) {
        to = same_person(g->contact, g->n_contacts, k);
        struct tf_watch_person *p = of(g, g->contact[k].person);
        judge_run(g, g->contact + k, to - k, p);
        judge_distance(g, g->contact + k, to - k, room, p);
        if (p->days == 0)
            judge_days(g, g->contact + k, to - k, p);
    }
    psu_distances(g, room);
}

/* Ages heaped at the edges: a child of 11 or 18 made eligible, or an eligible one aged out. */
static void judge_ages(struct gather *g)
{
    const struct tf_country *c = tf_study_country(g->study, g->country);
    const struct tf_monitor *m = g->m;
    if (c == NULL || c->age_max <= c->age_min || m->ages < 5 * ENOUGH)
        return;
    const double share = 1.0 / (c->age_max - c->age_min + 1), n = (double)m->ages,
                 beyond = share + 3 * sqrt(share * (1 - share) / n);
    const struct {
        size_t count;
        int age;
    } edge[] = {{m->age_youngest, c->age_min}, {m->age_oldest, c->age_max}};
    for (size_t k = 0; k < 2; k++)
        if ((double)edge[k].count / n > beyond)
            tf_watch_flag(g, "ages", "", "", "%zu of %zu children are %d: more than their share",
                          edge[k].count, m->ages, edge[k].age);
}

void tf_watch_quality(struct gather *g)
{
    judge_interviews(g);
    judge_doors(g);
    judge_ages(g);
}
