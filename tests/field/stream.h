/* A synthetic fieldwork as the heads of an inbox: who sent what and when, and clear fields; no answers.
 *
 * Two teams of two work through four PSUs, twelve doors and five interviews in each. Faults are sown so that
 * tests can find them: one interviewer's interviews end on round times and are short, one breaks off six in
 * a row, one works at night, one stands far away, a door is sent twice, a household twice. */
#ifndef TF_TESTS_FIELD_STREAM_H
#define TF_TESTS_FIELD_STREAM_H

#include <stdio.h>
#include <string.h>

#include "field/field.h"

struct stream {
    struct tf_arena *arena;
    struct tf_records_maker *to;
    uint64_t number;
};

static inline struct tf_inbox_field pair(const char *name, const char *value)
{
    return (struct tf_inbox_field){.name = name, .value = value};
}

static inline const char *instance(struct stream *s)
{
    return tf_printf(s->arena, "uuid:%08llu", (unsigned long long)s->number + 1);
}

/* One head; `clear` as many as there are names. Returns its instance. */
static inline const char *send_head(struct stream *s, const char *form, const char *sender,
                                    const char *deprecated, int64_t received,
                                    const struct tf_inbox_field *clear, size_t n)
{
    const char *id = instance(s);
    const struct tf_inbox_head h = {.number = ++s->number,
                                    .country = "XA",
                                    .form = form,
                                    .version = "1",
                                    .instance = id,
                                    .deprecated = deprecated,
                                    .sender = sender,
                                    .received = received,
                                    .encrypted = strcmp(form, "child") == 0,
                                    .complete = true,
                                    .clear = clear,
                                    .n_clear = n,
                                    .n_parts = 1,
                                    .n_bytes = 1000};
    (void)tf_records_add(&h, s->to);
    return id;
}

static inline const char *moment_text(struct stream *s, unsigned day, unsigned minute)
{
    return tf_printf(s->arena, "2026-11-%02uT%02u:%02u:00.000+07:00", day, minute / 60 % 24,
                     minute % 60);
}

static inline const char *send_contact(struct stream *s, const char *device, const char *psu,
                                       unsigned door, unsigned visit, const char *outcome,
                                       unsigned day, const char *cell)
{
    const struct tf_inbox_field clear[] = {
        pair("psu", psu),
        pair("door", tf_printf(s->arena, "%u", door)),
        pair("visits", tf_printf(s->arena, "%u", visit)),
        pair("outcome", outcome),
        pair("start", moment_text(s, day, 9 * 60 + door)),
        pair("cell", cell)};
    return send_head(s, "contact", device, NULL, 1795000000 + 86400 * (int64_t)day, clear, 6);
}

static inline const char *send_interview(struct stream *s, const char *device, const char *psu,
                                         unsigned household, unsigned day, unsigned from,
                                         unsigned minutes, unsigned age, unsigned missing)
{
    const struct tf_inbox_field clear[] = {
        pair("psu", psu),
        pair("household", tf_printf(s->arena, "%u", household)),
        pair("start", moment_text(s, day, from)),
        pair("end", moment_text(s, day, from + minutes)),
        pair("age", tf_printf(s->arena, "%u", age)),
        pair("sex", household % 2 == 0 ? "1" : "2"),
        pair("missing", tf_printf(s->arena, "%u", missing)),
        pair("asked", "50"),
        pair("result", "complete")};
    return send_head(s, "child", device, NULL, 1795000000 + 86400 * (int64_t)day, clear, 9);
}

/* The whole: 4 PSUs x 12 doors, of which 5 end in an interview. */
static inline void send_all(struct stream *s)
{
    static const char *const psu[] = {"P1", "P2", "P3", "P4"},
                      *const device[] = {"tab-1", "tab-2", "tab-3", "tab-4"},
                      *const outcome[] = {"complete",      "complete",     "no_contact",
                                          "not_eligible",  "complete",     "not_a_dwelling",
                                          "refused_child", "not_eligible", "complete",
                                          "refused_screening", "refused_caregiver", "complete"};
    for (unsigned p = 0; p < 4; p++)
        for (unsigned d = 0; d < 12; d++) {
            const char *by = device[p < 2 ? d % 2 : 2 + d % 2];
            (void)send_contact(s, by, psu[p], d + 1, 1, outcome[d], 2 + p,
                               tf_printf(s->arena, "10.%u 103.1", p + 1));
            if (strcmp(outcome[d], "complete") == 0)
                (void)send_interview(s, by, psu[p], d + 1, 2 + p, 9 * 60 + 30 * d, 41 + d % 4,
                                     12 + (p + d) % 6, 2);
        }
}

/* Make a country XA with ages 12-17, a frame with places, and a plan; returns the study. */
static const char study_text[] =
    "trefoil: 1\nid: watch\ntitle: A study to watch\nsynthetic: true\n"
    "countries:\n  - {code: XA, name: Country XA, status: active, ages: [12, 17]}\n"
    "fieldwork:\n  frame: frame.csv\n"
    "forms:\n"
    "  - {id: contact, file: contact.md, who: interviewer, encrypted: false, clear: [psu, door, visits, outcome, start, cell]}\n"
    "  - {id: child, file: child.md, who: child, self: self, clear: [psu, household, start, end, age, sex, missing, asked, result]}\n";
static const char frame_text[] = "psu,households,stratum,lat,lon\nP1,100,North,10.1,103.1\n"
                                        "P2,100,North,10.2,103.1\nP3,100,South,10.3,103.1\n"
                                        "P4,100,South,10.4,103.1\n";
static const char plan_text[] =
    "per_psu: 5\nquotas:\n  - {cell: North boys, stratum: North, sex: \"1\", target: 4}\n"
    "  - {cell: South all, stratum: South, target: 100}\nlimits: {far_km: 3, run: 6}\n";

#endif
