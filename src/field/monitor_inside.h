/* Inside field's monitoring: one visit, and what is gathered before it is counted. */
#ifndef TF_FIELD_MONITOR_INSIDE_H
#define TF_FIELD_MONITOR_INSIDE_H

#include "field/inside.h"

struct visit { /* one record as the monitoring sees it */
    const char *psu, *unit, *person, *team;
    const struct tf_outcome *outcome; /* of a contact sheet; NULL for an interview */
    double visits;                    /* which visit to the door; NaN */
    struct tf_moment start;           /* from the tablet, else when it was received */
    bool clock;                       /* start comes from the tablet */
    double minutes, km, age, missing, asked; /* NaN where not told */
    const char *sex, *stratum;
    bool measured;                    /* minutes by the device (in steps of five, from a browser) */
    bool complete;
    const struct tf_record *record;   /* NULL for a line of a file */
};
struct place {
    const char *psu, *stratum;
    double lat, lon; /* NaN */
};
struct gather {
    struct tf_arena *arena;
    const struct tf_study *study;
    const char *country;
    struct tf_field_plan plan;
    struct place *place; /* PSUs of the sample */
    size_t n_places;
    struct tf_names places;
    struct visit *contact, *interview;
    size_t n_contacts, cap_contacts, n_interviews, cap_interviews;
    struct tf_monitor *m;
    size_t cap_flags;
    struct tf_names people, psus, teams, days; /* indices into the monitor's arrays */
    size_t cap_people, cap_psus, cap_teams, cap_days;
};
void tf_watch_flag(struct gather *g, const char *kind, const char *person, const char *psu,
                   const char *format, ...) TF_PRINTF(5, 6);
/* Quartiles (the usual linear ones); x is sorted in place. */
struct tf_spread tf_spread_of(double *x, size_t n);
/* Read the PSUs of the sample or the frame, with their places. */
TF_MUST_CHECK enum tf_code tf_watch_places(struct gather *g, struct tf_err *reterr);
/* Turn records into visits. */
TF_MUST_CHECK enum tf_code tf_watch_visits(struct gather *g, struct tf_fieldwork *fw,
                                           const char *team, const struct tf_records *records,
                                           struct tf_err *reterr);
/* Times, distances, heaping, runs, missing answers: onto the people, with flags. */
void tf_watch_quality(struct gather *g);
#endif
