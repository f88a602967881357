/* The monitoring as tables: one shape for the screen, the page, JSON and CSV. See monitor.h. */
#include <math.h>
#include <string.h>

#include "field/monitor_inside.h"

const char *const tf_monitor_names[] = {"flow",  "rates", "teams",  "psus",  "people", "days",
                                        "hours", "ages",  "quotas", "flags", NULL};

static void text(struct tf_table *t, const char *name, size_t row, const char *value)
{
    size_t at = tf_table_find(t, name);
    if (at >= SIZE_MAX - 1)
        at = tf_table_add(t, name, TF_TEXT);
    t->col[at].text[row] = value == NULL ? "" : value;
    if (!tf_is_blank(value))
        t->col[at].miss[row] = TF_PRESENT;
}

static void number(struct tf_table *t, const char *name, size_t row, double value)
{
    size_t at = tf_table_find(t, name);
    if (at >= SIZE_MAX - 1)
        at = tf_table_add(t, name, TF_NUMBER);
    t->col[at].num[row] = value;
    if (!isnan(value))
        t->col[at].miss[row] = TF_PRESENT;
}

static struct tf_table *flow_table(struct tf_arena *arena, const struct tf_monitor *m)
{
    const size_t n = m->flow == NULL ? 0 : m->flow->n;
    struct tf_table *t = tf_table_new(arena, "flow", n);
    for (size_t k = 0; k < n; k++) {
        text(t, "id", k, m->flow->row[k].id);
        text(t, "label", k, m->flow->row[k].label);
        number(t, "count", k, m->flow->row[k].count);
        text(t, "why", k, m->flow->row[k].why);
    }
    return t;
}

static struct tf_table *rate_table(struct tf_arena *arena, const struct tf_monitor *m)
{
    struct tf_table *t = tf_table_new(arena, "rates", m->n_rates);
    for (size_t k = 0; k < m->n_rates; k++) {
        text(t, "id", k, m->rate[k].id);
        text(t, "label", k, m->rate[k].label);
        number(t, "value", k, m->rate[k].value);
        number(t, "part", k, m->rate[k].part);
        number(t, "whole", k, m->rate[k].whole);
        text(t, "formula", k, m->rate[k].formula);
    }
    return t;
}

static struct tf_table *team_table(struct tf_arena *arena, const struct tf_monitor *m)
{
    struct tf_table *t = tf_table_new(arena, "teams", m->n_teams);
    for (size_t k = 0; k < m->n_teams; k++) {
        const struct tf_watch_team *x = &m->team_of[k];
        text(t, "team", k, x->team);
        number(t, "people", k, (double)x->people);
        number(t, "psus", k, (double)x->psus);
        number(t, "doors", k, (double)x->doors);
        number(t, "complete", k, (double)x->complete);
        number(t, "interviews", k, (double)x->interviews);
        number(t, "target", k, x->target);
    }
    return t;
}

static struct tf_table *psu_table(struct tf_arena *arena, const struct tf_monitor *m)
{
    struct tf_table *t = tf_table_new(arena, "psus", m->n_psus);
    for (size_t k = 0; k < m->n_psus; k++) {
        const struct tf_watch_psu *x = &m->psu[k];
        text(t, "psu", k, x->psu);
        text(t, "stratum", k, x->stratum);
        text(t, "team", k, x->team);
        number(t, "doors", k, (double)x->doors);
        number(t, "contacted", k, (double)x->contacted);
        number(t, "eligible", k, (double)x->eligible);
        number(t, "complete", k, (double)x->complete);
        number(t, "interviews", k, (double)x->interviews);
        number(t, "target", k, x->target);
        number(t, "km_median", k, x->km);
    }
    return t;
}

static struct tf_table *people_table(struct tf_arena *arena, const struct tf_monitor *m)
{
    struct tf_table *t = tf_table_new(arena, "people", m->n_people);
    for (size_t k = 0; k < m->n_people; k++) {
        const struct tf_watch_person *x = &m->person[k];
        text(t, "person", k, x->person);
        text(t, "team", k, x->team);
        number(t, "doors", k, (double)x->doors);
        number(t, "complete", k, (double)x->complete);
        number(t, "broken_off", k, (double)x->broken);
        number(t, "interviews", k, (double)x->interviews);
        number(t, "days", k, (double)x->days);
        text(t, "last_day", k, x->last_day);
        number(t, "minutes_q1", k, x->minutes.q1);
        number(t, "minutes_median", k, x->minutes.median);
        number(t, "minutes_q3", k, x->minutes.q3);
        number(t, "too_fast", k, (double)x->fast);
        number(t, "outside_hours", k, (double)x->outside);
        number(t, "fives_share", k, x->fives);
        number(t, "run_broken_off", k, (double)x->run);
        number(t, "missing_share", k, x->missing);
        number(t, "km_median", k, x->km.median);
        number(t, "far", k, (double)x->far);
        number(t, "backchecks", k, (double)x->backchecks);
    }
    return t;
}

static struct tf_table *day_table(struct tf_arena *arena, const struct tf_monitor *m)
{
    struct tf_table *t = tf_table_new(arena, "days", m->n_days);
    for (size_t k = 0; k < m->n_days; k++) {
        text(t, "date", k, m->day[k].date);
        number(t, "doors", k, (double)m->day[k].doors);
        number(t, "complete", k, (double)m->day[k].complete);
        number(t, "interviews", k, (double)m->day[k].interviews);
    }
    return t;
}

static struct tf_table *hour_table(struct tf_arena *arena, const struct tf_monitor *m)
{
    struct tf_table *t = tf_table_new(arena, "hours", 24);
    for (size_t k = 0; k < 24; k++) {
        number(t, "hour", k, (double)k);
        number(t, "interviews", k, (double)m->hour[k]);
    }
    return t;
}

static struct tf_table *age_table(struct tf_arena *arena, const struct tf_monitor *m)
{
    struct tf_table *t = tf_table_new(arena, "ages", 10);
    for (size_t k = 0; k < 10; k++) {
        number(t, "last_digit", k, (double)k);
        number(t, "interviews", k, (double)m->age[k]);
    }
    return t;
}

static struct tf_table *quota_table(struct tf_arena *arena, const struct tf_monitor *m)
{
    struct tf_table *t = tf_table_new(arena, "quotas", m->n_quotas);
    for (size_t k = 0; k < m->n_quotas; k++) {
        text(t, "cell", k, m->quota[k].cell);
        number(t, "target", k, (double)m->quota[k].target);
        number(t, "done", k, (double)m->quota[k].done);
        text(t, "state", k, m->quota[k].done < m->quota[k].target ? "open" : "closed");
    }
    return t;
}

static struct tf_table *flag_table(struct tf_arena *arena, const struct tf_monitor *m)
{
    struct tf_table *t = tf_table_new(arena, "flags", m->n_flags);
    for (size_t k = 0; k < m->n_flags; k++) {
        text(t, "kind", k, m->flag[k].kind);
        text(t, "person", k, m->flag[k].person);
        text(t, "psu", k, m->flag[k].psu);
        text(t, "text", k, m->flag[k].text);
    }
    return t;
}

struct tf_table *tf_monitor_table(struct tf_arena *arena, const struct tf_monitor *m,
                                  const char *name)
{
    static struct tf_table *(*const make[])(struct tf_arena *, const struct tf_monitor *) = {
        flow_table, rate_table, team_table, psu_table,   people_table,
        day_table,  hour_table, age_table,  quota_table, flag_table};
    for (size_t k = 0; tf_monitor_names[k] != NULL; k++)
        if (strcmp(tf_monitor_names[k], name) == 0)
            return make[k](arena, m);
    return tf_table_new(arena, name, 0);
}
