/* harmonise: counts from police, hotlines and platforms, in one vocabulary.
 *
 * A series comes as CSV with a sidecar mapping (YAML) that declares source, unit of count, counting
 * rule, vintage, caveat, grade, handling and how empty cells are to be read.
 * Nothing is guessed: a cell that the mapping does not explain is an error with line and column. */
#ifndef TF_HARMONISE_H
#define TF_HARMONISE_H

#include "ask/ask.h"
#include "base/base.h"
#include "keep/counts.h"

/* Read a series for one country (or all areas of the file when country is NULL). One file may hold
 * several areas: mapping.area names its column, mapping.areas maps its codes. */
TF_MUST_CHECK enum tf_code tf_series_read(struct tf_arena *arena, const char *csv_path,
                                          const char *mapping_path, const char *country,
                                          struct tf_series **ret, size_t *ret_n,
                                          struct tf_err *reterr);
/* The unit guard: may these two be added or compared? TF_E_REFUSED names what differs
 * (unit, counting rule, location basis, source path). */
TF_MUST_CHECK enum tf_code tf_series_may_add(const struct tf_series *a, const struct tf_series *b,
                                             struct tf_err *reterr);
/* May these two stand in one comparison (a ratio, one axis)? Unit, counting rule and location basis
 * must be alike; the source may differ: comparing two sources of one count is what it is for. */
TF_MUST_CHECK enum tf_code tf_series_may_compare(const struct tf_series *a,
                                                 const struct tf_series *b, struct tf_err *reterr);
/* Sum over a series' observations of these periods; missing cells are never zeros: a missing cell
 * is TF_E_REFUSED naming it. */
TF_MUST_CHECK enum tf_code tf_series_sum(const struct tf_series *s, const char *const *period,
                                         size_t n_periods, double *ret, struct tf_err *reterr);
/* Jumps, missing kinds, parts against whole, stale vintages. */
void tf_series_check(const struct tf_series *s, const char *file, struct tf_notices *out);
/* tf_series_read on texts already in memory; the names are for messages. */
TF_MUST_CHECK enum tf_code tf_series_parse(struct tf_arena *arena, const char *csv_name,
                                           const char *csv, size_t csv_n,
                                           const char *mapping_name, const char *mapping,
                                           size_t mapping_n, const char *country,
                                           struct tf_series **ret, size_t *ret_n,
                                           struct tf_err *reterr);

/* ---- the study's declared series ---- */
/* Import every series that the study declares for a country into its store of counts. All files
 * are read and judged before the first is stored. *ret_changed (may be NULL): a vintage is new. */
TF_MUST_CHECK enum tf_code tf_harmonise_study(struct tf_arena *arena, const struct tf_study *study,
                                              const char *country, bool *ret_changed,
                                              struct tf_err *reterr);
/* Read and check (tf_series_check) every series declared for a country whose file is there; stores
 * nothing. */
void tf_harmonise_study_check(struct tf_arena *arena, const struct tf_study *study,
                              const char *country, struct tf_notices *out);

#endif
