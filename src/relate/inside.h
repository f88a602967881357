/* relate, inside: how faults are collected or stop the reading. Not for other rooms. */
#ifndef TF_RELATE_INSIDE_H
#define TF_RELATE_INSIDE_H

#include "base/yaml.h"
#include "relate/relate.h"

/* One reading of the claims. With `faults`, a fault becomes a notice and reading goes on; without,
 * the first fault is the result. */
struct tf_reading {
    struct tf_arena *arena;
    const struct tf_study *study;
    const struct tf_release *release; /* NULL: links are not looked up */
    const char *country;
    struct tf_notices *faults;
    struct tf_err *reterr;
};
/* TF_OK when code is, or when the fault was noted. */
enum tf_code tf_reading_fault(struct tf_reading *r, enum tf_code code);

/* ---- links.c ---- */
/* Does the release hold what is linked, and may it bear a claim? */
enum tf_code tf_link_check(struct tf_reading *r, const struct tf_claim *claim,
                           const struct tf_link *link, struct tf_err *reterr);
/* The strand a link speaks for; false when it names nothing. */
bool tf_link_strand(const struct tf_release *release, const struct tf_link *link,
                    enum tf_strand *ret);
/* ---- convergence.c ---- */
enum tf_code tf_convergence_check(struct tf_reading *r, const struct tf_claim *claim, size_t line,
                                  struct tf_err *reterr);

#endif
