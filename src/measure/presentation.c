/* Presentation policies: what an office lets stand, parenthesised or suppressed, as rows of data.
 *
 * A policy is a name and rows; a row holds when its measure lies on the wrong side of its
 * threshold, and gives the item its word. Rows are looked at in order; the first word that
 * suppresses ends the list, as the published rules do. What is then printed is decided by the room
 * that releases numbers.
 *
 *     nchs   proportions of the US National Center for Health Statistics (Parker et al. 2017, Vital
 *            Health Stat. 2(175)): fewer than 30 cases or an effective size below 30, or a Korn-
 *            Graubard interval as wide as 0.30: suppress; as narrow as 0.05: show; else wider than
 *            130 % of the share: suppress, of its complement: nchs_complement. Fewer than 8 df, or
 *            nobody or everybody: nchs_review. Effective size n / deff, at most n; in the interval
 *            also corrected for few df.
 *     dhs, mics   Demographic and Health Surveys, Multiple Indicator Cluster Surveys: fewer than 25
 *            unweighted cases: suppress (printed "*"); 25-49: in parentheses.
 *     dh     small bases as counts: fewer than 50 cases.
 *     rse30  a relative standard error of 30 % or more: unreliable.
 *
 * Policies for shares only (nchs) leave means and totals alone. */
#include <math.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/groups.h"

enum measure { BASE, SIZE, WIDTH, RELATIVE, COMPLEMENT, DF, EDGE, RSE, N_MEASURES };
struct rule {
    const char *policy, *word;
    enum measure measure;
    double below, from; /* holds when measure < below, or measure >= from; NaN: not that way */
    bool stops;         /* the rest is not looked at */
};
#define NOT ((double)NAN)
/* clang-format off */
static const struct rule rules[] = {
    {"nchs",  "nchs_suppress",    BASE,       30,   NOT,  true},
    {"nchs",  "nchs_suppress",    SIZE,       30,   NOT,  true},
    {"nchs",  "nchs_suppress",    WIDTH,      NOT,  .30,  true},
    {"nchs",  "nchs_suppress",    RELATIVE,   NOT,  1.30, true},
    {"nchs",  "nchs_review",      DF,         8,    NOT,  false},
    {"nchs",  "nchs_review",      EDGE,       NOT,  1,    false},
    {"nchs",  "nchs_complement",  COMPLEMENT, NOT,  1.30, false},
    {"dhs",   "dhs_suppress",     BASE,       25,   NOT,  true},
    {"dhs",   "dhs_parentheses",  BASE,       50,   NOT,  true},
    {"mics",  "mics_suppress",    BASE,       25,   NOT,  true},
    {"mics",  "mics_parentheses", BASE,       50,   NOT,  true},
    {"dh",    "dh_count",         BASE,       50,   NOT,  true},
    {"rse30", "rse30_unreliable", RSE,        NOT,  .30,  true},
};
static const struct {
    const char *policy, *text;
    bool shares; /* only */
} policies[] = {
    {"nchs", "flags nchs (proportions, 2017): suppress below 30 cases or an effective size of 30, at "
             "a Korn-Graubard interval of 0.30 or more, or above 0.05 of more than 130 % of the "
             "share; review below 8 df and at 0 and 100 %", true},
    {"dhs", "flags dhs: suppress below 25 cases, parentheses from 25 to 49", false},
    {"mics", "flags mics: suppress below 25 cases, parentheses from 25 to 49", false},
    {"dh", "flags dh: counts in place of percentages below 50 cases", false},
    {"rse30", "flags rse30: unreliable at a relative standard error of 30 % or more", false},
};
/* clang-format on */
enum { N_RULES = sizeof rules / sizeof rules[0],
       N_POLICIES = sizeof policies / sizeof policies[0] };

static size_t find_policy(const char *policy)
{
    size_t k = 0;
    while (k < N_POLICIES && strcmp(policies[k].policy, policy) != 0)
        k++;
    return k;
}

enum tf_code tf_presentation_check(const struct tf_ask *ask, struct tf_err *reterr)
{
    if (ask->flags == NULL || find_policy(ask->flags) < N_POLICIES)
        return TF_OK;
    (void)tf_yaml_fail(tf_yaml_get(ask->at, "flags"), reterr,
                       "there is no presentation policy '%s'", ask->flags);
    return tf_help(reterr, "Write nchs, dhs, mics, dh or rse30.");
}

const char *tf_presentation_text(const char *policy)
{
    const size_t k = policy != NULL ? find_policy(policy) : N_POLICIES;
    return k < N_POLICIES ? policies[k].text : NULL;
}

/* Korn & Graubard's interval with an effective size of at most n, and its widths. */
static void share_measures(const struct tf_item *item, double kish, double level, double *m)
{
    const double n = (double)item->base, p = item->estimate, v = item->se * item->se;
    const bool inside = p > 0 && p < 1;
    double lo = 0, hi = 1;
    m[SIZE] = inside ? fmin(n, p * (1 - p) / v) : kish;
    const double ratio = qt((1 - level) / 2, n - 1, 0, 0) / qt((1 - level) / 2, item->df, 0, 0);
    const double size = fmin(n, m[SIZE] * ratio * ratio);
    if (item->df >= 1 && n > 1 && p > 0)
        lo = qbeta((1 - level) / 2, size * p, size * (1 - p) + 1, 1, 0);
    if (item->df >= 1 && n > 1 && p < 1)
        hi = qbeta((1 - level) / 2, size * p + 1, size * (1 - p), 0, 0);
    m[WIDTH] = hi - lo;
    m[EDGE] = !inside;
    if (inside && m[WIDTH] > .05) { /* a narrow one is shown whatever its relative width */
        m[RELATIVE] = m[WIDTH] / p;
        m[COMPLEMENT] = m[WIDTH] / (1 - p);
    }
}

static bool holds(const struct rule *rule, const double *m)
{
    const double x = m[rule->measure];
    /* "more than 130 %": from is left out there */
    if (rule->measure == RELATIVE || rule->measure == COMPLEMENT)
        return x > rule->from;
    return x < rule->below || x >= rule->from;
}

void tf_presentation(struct tf_arena *arena, const char *policy, struct tf_item *item,
                     enum tf_interval_of of, double kish, double level)
{
    const size_t at = policy != NULL ? find_policy(policy) : N_POLICIES;
    double m[N_MEASURES];
    if (at == N_POLICIES || (policies[at].shares && of != TF_OF_SHARE))
        return;
    for (size_t k = 0; k < N_MEASURES; k++)
        m[k] = NOT;
    m[BASE] = (double)item->base;
    m[DF] = item->df;
    m[RSE] = item->se / fabs(item->estimate);
    if (policies[at].shares && item->base > 0 && isfinite(item->estimate))
        share_measures(item, kish, level, m);
    item->policy = TF_NEW_N(arena, const char *, N_RULES);
    for (size_t k = 0; k < N_RULES; k++) {
        if (strcmp(rules[k].policy, policy) != 0 || !holds(&rules[k], m))
            continue;
        if (item->n_policy == 0 || strcmp(item->policy[item->n_policy - 1], rules[k].word) != 0)
            item->policy[item->n_policy++] = rules[k].word;
        if (rules[k].stops)
            return;
    }
}
