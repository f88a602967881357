/* The register of ethics approvals: may this be done in this country on this day?
 *
 * A study of children is approved by a global board and by a national one in each country. For an
 * act
 * ("collect": forms go to devices; "release": figures leave) in a country,
 *
 *     each body listed for the act, for all countries or for this one, must have an approval that
 * holds on the day; and there must be one body for all, and one for the country.
 *
 * An approval holds when it is granted (or a body decided that none is needed, and the reason
 * stands under its conditions) and the day lies within its dates. A body may stand in the list
 * again with its renewal: one that holds is enough. Source: the two-level review that studies of
 * this kind have had (a global board plus a national body in each country), docs/ETHICS.md. */
#include "keep/approvals.h"

#include <string.h>

static bool covers(const struct tf_approval *a, const char *country, const char *act)
{
    bool named = false;
    for (size_t k = 0; k < a->n_scope; k++)
        named = named || strcmp(a->scope[k], act) == 0;
    return named && (a->country == NULL || strcmp(a->country, country) == 0);
}

/* "2026" and "2026-11" stand for all their days. */
static bool in_dates(const struct tf_approval *a, const char *day)
{
    return (a->from == NULL || strncmp(day, a->from, strlen(a->from)) >= 0) &&
           (a->to == NULL || strncmp(day, a->to, strlen(a->to)) <= 0);
}

bool tf_approval_holds(const struct tf_approval *a, const char *day)
{
    return (a->status == TF_APPROVAL_GRANTED || a->status == TF_APPROVAL_NOT_NEEDED) &&
           in_dates(a, day);
}

/* Does the body of approval `a` have one that holds, at the same level? */
static bool body_holds(const struct tf_study *s, const struct tf_approval *a, const char *country,
                       const char *act, const char *day)
{
    for (size_t k = 0; k < s->n_approvals; k++) {
        const struct tf_approval *b = &s->approval[k];
        if (strcmp(a->body, b->body) == 0 && (a->country == NULL) == (b->country == NULL) &&
            covers(b, country, act) && tf_approval_holds(b, day))
            return true;
    }
    return false;
}

const char *tf_approval_state(const struct tf_approval *a, const char *day)
{
    if (a->status == TF_APPROVAL_PENDING)
        return "pending";
    if (a->status == TF_APPROVAL_LAPSED)
        return "lapsed";
    if (a->from != NULL && strncmp(day, a->from, strlen(a->from)) < 0)
        return "not yet in force";
    if (!in_dates(a, day))
        return "lapsed";
    return a->status == TF_APPROVAL_GRANTED ? "granted" : "not needed";
}

static enum tf_code refused(const struct tf_study *s, const char *country, const char *act,
                            const struct tf_approval *a, const char *why, struct tf_err *reterr)
{
    const struct tf_place at = a != NULL ? a->at : (struct tf_place){.file = s->file};
    const bool collect = strcmp(act, "collect") == 0;
    (void)tf_fail_at(reterr, TF_E_REFUSED, at.file, at.line, at.column,
                     "%s: %s may not be done: %s", country,
                     collect ? "sending forms to devices" : "releasing figures", why);
    (void)tf_fact(reterr,
                  "no form goes to devices and no release leaves while an ethics approval is "
                  "missing or lapsed");
    return tf_help(reterr,
                   "Enter the board's decision under `approvals:` of study.yaml; `trefoil keep "
                   "approvals` shows what stands.");
}

enum tf_code tf_approvals_need(struct tf_arena *arena, const struct tf_study *study,
                               const char *country, const char *act, const char *day,
                               struct tf_err *reterr)
{
    bool global = false, national = false;
    if (study->n_approvals == 0 && study->synthetic)
        return TF_OK;
    for (size_t k = 0; k < study->n_approvals; k++) {
        const struct tf_approval *a = &study->approval[k];
        if (!covers(a, country, act))
            continue;
        if (!body_holds(study, a, country, act, day))
            return refused(study, country, act, a,
                           tf_printf(arena, "the approval '%s' of %s is %s on %s", a->id, a->body,
                                     tf_approval_state(a, day), day),
                           reterr);
        global = global || a->country == NULL;
        national = national || a->country != NULL;
    }
    if (!global)
        return refused(study, country, act, NULL, "no board for all countries has approved it",
                       reterr);
    if (!national)
        return refused(study, country, act, NULL, "no national body has approved it", reterr);
    return TF_OK;
}
