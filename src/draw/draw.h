/* draw: the sample.
 *
 * Two stages with stratification: PSUs by systematic PPS within strata (measure of size =
 * households), then households, then one child and their caregiver within the household. Every
 * probability is kept: it is what base weights are made of. Source: Kish (1965) ch. 7;
 * Särndal, Swensson & Wretman (1992) 3.6. */
#ifndef TF_DRAW_H
#define TF_DRAW_H

#include "base/base.h"

struct tf_frame_psu {
    const char *psu, *stratum, *region, *area; /* area: urban | rural */
    double size;                               /* households, > 0 */
    bool excluded;                             /* cannot be sampled (security, access …) */
    const char *reason;
};
struct tf_frame {
    const char *file;
    struct tf_frame_psu *psu;
    size_t n;
    double coverage; /* share of all households that stand in PSUs that could be sampled */
};
/* Read a frame CSV: columns psu, stratum, region, area, households[, excluded, reason]. */
TF_MUST_CHECK enum tf_code tf_frame_read(struct tf_arena *arena, const char *path,
                                         struct tf_frame **ret, struct tf_err *reterr);

struct tf_sample_psu {
    const char *psu, *stratum, *region, *area;
    double size;
    double p_psu;      /* inclusion probability of the PSU, in (0, 1] */
    double households; /* listed in the frame */
    unsigned hits;     /* times selected (> 1 for a very large PSU) */
};
struct tf_sample {
    struct tf_sample_psu *psu;
    size_t n;
    const char *seed_name; /* the random stream's name, for the record */
};
/* Systematic PPS of n_psu PSUs, allocated to strata in proportion to size (at least 2 each), from
 * the stream named seed_name. TF_E_DESIGN when a stratum has fewer than 2 PSUs. */
TF_MUST_CHECK enum tf_code tf_sample_draw(struct tf_arena *arena, const struct tf_frame *frame,
                                          size_t n_psu, const char *seed_name,
                                          struct tf_sample **ret, struct tf_err *reterr);
/* The sample as a table: psu, stratum, region, area, households, p_psu, hits. */
struct tf_table *tf_sample_table(struct tf_arena *arena, const struct tf_sample *s);
/* Households from a listing (CSV: psu, household; the rows of a PSU together): `take` in each PSU, all
 * where fewer are listed, systematically with equal probability. Table: psu, household, listed,
 * p_household in (0, 1]. take > 0. Errors name line and column. */
TF_MUST_CHECK enum tf_code tf_households_draw(struct tf_arena *arena, const char *listing, size_t take,
                                              const char *seed_name, struct tf_table **ret,
                                              struct tf_err *reterr);
/* One child and one caregiver from each household of a roster (CSV: psu, household, person, role =
 * child | caregiver | other[, eligible = 0 | 1]; the rows of a household together). Households
 * without an eligible child give no row; without a caregiver, the caregiver's columns are missing.
 * Table: psu, household, child, caregiver, children, p_child, caregivers, p_caregiver, p_dyad. */
TF_MUST_CHECK enum tf_code tf_dyads_draw(struct tf_arena *arena, const char *roster,
                                         const char *seed_name, struct tf_table **ret,
                                         struct tf_err *reterr);
/* Base weight of one interview: 1 / (p_psu x p_household x p_person). Probabilities in (0, 1]. */
double tf_base_weight(double p_psu, double p_household, double p_person);

#endif
