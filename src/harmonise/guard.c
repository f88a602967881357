/* The unit guard: what may be added, and what may not.
 *
 * A sum is meant only over things of one kind. Two series may be added when they count the same unit
 * by the same rule on the same basis of location, come from one source, and are not the same counts
 * twice. Another source's series of the same unit is refused too: a report to a clearing house
 * becomes a police case becomes a prosecution file, so two sources joined by such a path hold the
 * same event twice, and nothing in the numbers shows it.
 *
 * A missing cell is never zero: a sum over it is refused and names it. */
#include <math.h>
#include <string.h>

#include "harmonise/inside.h"

/* What must be alike; `adding` also asks for one source. */
static enum tf_code must_match(const struct tf_series *a, const struct tf_series *b, bool adding,
                               struct tf_err *reterr)
{
    const struct {
        const char *what, *of_a, *of_b, *why;
    } must[] = {
        {"unit", a->unit, b->unit, "A sum over different units counts nothing."},
        {"counting rule", a->counting_rule, b->counting_rule,
         "What one rule counts once, another counts several times."},
        {"location basis", a->location_basis, b->location_basis,
         "One event may lie in two countries on two bases."},
        {"source", a->source, b->source,
         "Sources pass events on to each other, so the same event may be in both."},
    };
    const size_t n = sizeof must / sizeof must[0] - !adding;
    for (size_t k = 0; k < n; k++) {
        if (!tf_is_blank(must[k].of_a) && tf_streq(must[k].of_a, must[k].of_b))
            continue;
        (void)tf_fail(reterr, TF_E_REFUSED,
                      "'%s' (%s) and '%s' (%s) may not be %s: the %s differs", a->id, a->country,
                      b->id, b->country, adding ? "added" : "compared", must[k].what);
        (void)tf_fact(reterr, "'%.120s' and '%.120s'. %s",
                      must[k].of_a == NULL ? "" : must[k].of_a,
                      must[k].of_b == NULL ? "" : must[k].of_b, must[k].why);
        return tf_help(reterr, "Show them one after the other, each with its own unit and source.");
    }
    return TF_OK;
}

enum tf_code tf_series_may_compare(const struct tf_series *a, const struct tf_series *b,
                                   struct tf_err *reterr)
{
    return must_match(a, b, false, reterr);
}

enum tf_code tf_series_may_add(const struct tf_series *a, const struct tf_series *b,
                               struct tf_err *reterr)
{
    TF_TRY(must_match(a, b, true, reterr));
    if (!tf_streq(a->indicator, b->indicator) || !tf_streq(a->country, b->country))
        return TF_OK;
    (void)tf_fail(reterr, TF_E_REFUSED, "'%s' and '%s' (%s) may not be added: the same counts twice",
                  a->id, b->id, a->country);
    (void)tf_fact(reterr, "Both hold '%s'; vintages %s and %s.", a->indicator, a->vintage,
                  b->vintage);
    return tf_help(reterr, "Use the later vintage.");
}

/* ---- sums -------------------------------------------------------------------------------------- */

/* Which observations of a period make up its whole: the country's own total; else the totals of
 * the areas below it; else, in a partition, its parts. */
enum level { OWN_TOTAL, TOTALS_BELOW, PARTS, NONE };

static bool at_level(const struct tf_series *s, const struct tf_obs *o, enum level level)
{
    const bool own = tf_streq(o->area, s->country), total = o->breakdown[0] == '\0';
    if (level == OWN_TOTAL)
        return own && total;
    if (level == TOTALS_BELOW)
        return !own && total;
    return level == PARTS && own && !total && tf_streq(s->partition, "partition");
}

static enum level level_of(const struct tf_series *s, const char *period)
{
    for (enum level level = OWN_TOTAL; level < NONE; level++)
        for (size_t k = 0; k < s->n_obs; k++)
            if (tf_streq(s->obs[k].period, period) && at_level(s, &s->obs[k], level))
                return level;
    return NONE;
}

static enum tf_code refuse_missing(const struct tf_series *s, const struct tf_obs *o,
                                   struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_REFUSED, "'%s' cannot be summed: %s, %s%s%s is missing", s->id,
                  o->area, o->period, o->breakdown[0] == '\0' ? "" : ", ", o->breakdown);
    (void)tf_fact(reterr, "Reason: %s. A missing count is not zero.", tf_miss_plain(o->missing));
    return tf_help(reterr, "Sum the periods that have a value, and name them.");
}

enum tf_code tf_series_sum(const struct tf_series *s, const char *const *period, size_t n_periods,
                           double *ret, struct tf_err *reterr)
{
    double sum = 0, lost = 0; /* Neumaier: order is fixed, rounding is carried */
    for (size_t p = 0; p < n_periods; p++) {
        const enum level level = level_of(s, period[p]);
        const char *parts = NULL; /* the keys of the partition that is summed */
        if (level == NONE) {
            (void)tf_fail(reterr, TF_E_REFUSED, "'%s' has no whole for %s", s->id, period[p]);
            return tf_help(reterr, "It has no row for it, or only parts that overlap.");
        }
        for (size_t k = 0; k < s->n_obs; k++) {
            const struct tf_obs *o = &s->obs[k];
            if (!tf_streq(o->period, period[p]) || !at_level(s, o, level))
                continue;
            if (o->missing != TF_PRESENT || isnan(o->value))
                return refuse_missing(s, o, reterr);
            if (level == PARTS && parts != NULL && !tf_same_breakdown(parts, o->breakdown)) {
                (void)tf_fail(reterr, TF_E_REFUSED, "'%s' has no single whole for %s", s->id,
                              period[p]);
                return tf_help(reterr, "It is broken down in several ways: '%.100s', '%.100s'.",
                               parts, o->breakdown);
            }
            parts = o->breakdown;
            const double t = sum + o->value;
            lost += fabs(sum) >= fabs(o->value) ? (sum - t) + o->value : (o->value - t) + sum;
            sum = t;
        }
    }
    *ret = sum + lost;
    return TF_OK;
}
