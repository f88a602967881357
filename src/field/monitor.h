/* field/monitor: how the fieldwork goes, without reading an answer. Part of field's public face.
 *
 * Everything comes from the heads of the inbox: who sent what and when, and declared clear fields.
 * Names of clear fields that are understood (docs/FORMATS.md, "Clear fields"): psu, door or household,
 * interviewer, visits, outcome, start, end, cell, age, sex, missing, asked, result. */
#ifndef TF_FIELD_MONITOR_H
#define TF_FIELD_MONITOR_H

#include "base/table.h"
#include "field/plan.h"
#include "field/records.h"

struct tf_spread { /* of a list of numbers; NaN when the list is empty */
    size_t n;
    double q1, median, q3;
};
struct tf_watch_psu {
    const char *psu, *stratum, *team; /* team "several" when several were there */
    size_t doors, contacted, eligible, complete, interviews;
    double target, km; /* km: median distance of its doors; NaN */
};
struct tf_watch_person {
    const char *person, *team;
    size_t doors, complete, broken, interviews, run; /* run: longest of interviews broken off in a row */
    struct tf_spread minutes;
    size_t fast, outside; /* too fast; begun outside the hours of the day */
    struct tf_spread km;
    size_t far;
    double fives;         /* share of times that are a multiple of five minutes */
    double missing;       /* share of questions without an answer */
    size_t days, backchecks;
    const char *last_day;
};
struct tf_watch_team {
    const char *team;
    size_t people, psus, doors, complete, interviews;
    double target;
};
struct tf_watch_day {
    const char *date;
    size_t doors, complete, interviews;
};
struct tf_watch_flag { /* something that a person should look at */
    const char *kind, *person, *psu, *text;
};
struct tf_watch_quota {
    const char *cell;
    int64_t target, done;
};
struct tf_monitor {
    const char *country, *team; /* team NULL: all */
    size_t records, contacts, interviews, rejected, incomplete;
    struct tf_flow *flow;
    struct tf_flow_rate *rate;
    size_t n_rates;
    struct tf_watch_psu *psu;
    size_t n_psus;
    struct tf_watch_person *person;
    size_t n_people;
    struct tf_watch_team *team_of;
    size_t n_teams;
    struct tf_watch_day *day;
    size_t n_days;
    size_t hour[24]; /* interviews begun in each hour of the day, as tablets show it */
    struct tf_spread minutes, km;
    size_t age[10];  /* interviews by the last digit of the age */
    size_t ages, age_youngest, age_oldest; /* … and at the edges of the study's ages */
    struct tf_watch_quota *quota;
    size_t n_quotas;
    struct tf_watch_flag *flag;
    size_t n_flags;
    double target;   /* of all PSUs; NaN */
};
/* What arrived (records of one country), seen with the book and the plan. team: NULL, or only that one's.
 * The book may be NULL: then senders stand for people. */
TF_MUST_CHECK enum tf_code tf_monitor_make(struct tf_arena *arena, const struct tf_study *study,
                                           struct tf_fieldwork *fw, const char *country,
                                           const char *team, const struct tf_records *records,
                                           struct tf_monitor **ret, struct tf_err *reterr);
/* The same, from the inbox; and the quotas that it found are kept in the book for quotas.csv. A study
 * that received nothing yet gives the case-flow of its contact-sheet file. */
TF_MUST_CHECK enum tf_code tf_monitor_study(struct tf_arena *arena, const struct tf_study *study,
                                            struct tf_fieldwork *fw, const char *country,
                                            const char *team, struct tf_monitor **ret,
                                            struct tf_err *reterr);
/* Its tables by name: flow, rates, teams, psus, people, days, hours, ages, quotas, flags. names ends
 * with NULL. */
extern const char *const tf_monitor_names[];
struct tf_table *tf_monitor_table(struct tf_arena *arena, const struct tf_monitor *m,
                                  const char *name);
/* Great-circle distance in km. */
double tf_distance_km(double lat1, double lon1, double lat2, double lon2);
#endif
