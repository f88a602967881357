/* keep, inside: items that were found void in one country or language after fieldwork. */
#ifndef TF_KEEP_VOID_H
#define TF_KEEP_VOID_H

#include "ask/ask.h"
#include "base/base.h"

/* Take the values of items that are void away: they are missing for that reason (TF_MISS_VOID), and
 * their columns carry TF_VOID_ITEM. Values that were not there for a reason of their own (not asked,
 * broken off) keep it. A notice for each item, when out is not NULL, and for one that is no column.
 * records: of a repeat's table the one it belongs to, whose rows say the language; else NULL.
 * TF_E_INPUT: a language is stated and no table has such a variable. */
TF_MUST_CHECK enum tf_code tf_void_apply(const struct tf_dataset *d, const char *country,
                                         struct tf_table *t, const struct tf_table *records,
                                         struct tf_notices *out, struct tf_err *reterr);
/* The hash of what is void in a country, "" when nothing is: part of a snapshot's provenance. */
const char *tf_void_hash(struct tf_arena *arena, const struct tf_dataset *d, const char *country);
#endif
