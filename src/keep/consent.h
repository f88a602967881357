/* keep/consent: consent and assent as signed records. Part of keep's public face. */
#ifndef TF_KEEP_CONSENT_H
#define TF_KEEP_CONSENT_H

#include "base/base.h"

struct tf_keep;
struct tf_switch {
    const char *name; /* interview, audio, quote, recontact, sharing … */
    bool on;
};
struct tf_consent {
    const char *participant; /* the code */
    const char *kind; /* "consent" (of a caregiver, or an adult's own) or "assent" (of a child) */
    const char *text; /* version of the text that was read out: form and version */
    const char *language;
    const char *day;    /* "2026-11-24" */
    const char *by;     /* who asked: person or device id */
    const char *source; /* the submission that it came in, or a file */
    const struct tf_switch *sw;
    size_t n_switches;
    size_t version; /* set on reading: 1, 2 … for a participant and kind */
    bool current;   /* the newest of its kind */
};
/* Is it a record that can be put? TF_E_INPUT says that it is none. */
TF_MUST_CHECK enum tf_code tf_consent_sound(const struct tf_consent *c, struct tf_err *reterr);
/* Put n records, all or none: signed with the study's key, sealed under the participants'. The same
 * record again is no change; another for the same participant and kind is its next version, and
 * earlier ones stay. Of who withdrew none is kept. */
TF_MUST_CHECK enum tf_code tf_consent_put(struct tf_keep *keep, const char *country,
                                          const struct tf_consent *list, size_t n,
                                          size_t *ret_changed, struct tf_err *reterr);
/* All records of a country by participant, kind and version, each signature proved. */
TF_MUST_CHECK enum tf_code tf_consent_list(struct tf_arena *arena, struct tf_keep *keep,
                                           const char *country, struct tf_consent **ret,
                                           size_t *ret_n, struct tf_err *reterr);
/* May this be done with what a participant gave? Every kind of record that is there must have the
 * switch on, in its newest version; without a record: no. */
TF_MUST_CHECK enum tf_code tf_consent_allows(struct tf_keep *keep, const char *country,
                                             const char *participant, const char *name, bool *ret,
                                             struct tf_err *reterr);
#endif
