/* keep/approvals: the register of ethics approvals. Part of keep's face that field and protect's
 * doors ask.
 *
 * study.yaml `approvals:` lists what each country needs (a global board and national ones) and what
 * was granted, with scope, dates and conditions. No form goes to devices and no release leaves
 * while one is missing or lapsed. The day is given by the caller: rooms have no clock. */
#ifndef TF_KEEP_APPROVALS_H
#define TF_KEEP_APPROVALS_H

#include "ask/ask.h"
#include "base/base.h"

/* TF_OK when everything that `act` ("collect" or "release") needs in this country is granted and
 * holds on `day` ("2026-11-24"); else TF_E_REFUSED, naming the approval, what is wrong and what to
 * do. A study without `approvals:` is let through only when it is synthetic. */
TF_MUST_CHECK enum tf_code tf_approvals_need(struct tf_arena *arena, const struct tf_study *study,
                                             const char *country, const char *act, const char *day,
                                             struct tf_err *reterr);
/* Does one approval hold on a day; and in a word, how it stands: granted, pending, lapsed … */
bool tf_approval_holds(const struct tf_approval *a, const char *day);
const char *tf_approval_state(const struct tf_approval *a, const char *day);

#endif
