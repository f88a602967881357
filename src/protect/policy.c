/* The policy of a cell: what may be printed of one number.
 *
 * The rules are asked in this order, and the first that speaks decides:
 *
 *   nobody in the base                                         -> not applicable      [z]
 *   base below `suppress_below`                                -> suppressed          [c]
 *   sensitive item, and the cases n or their complement
 *     base - n lie in `hide_numerators` (1-4)                  -> suppressed          [c]
 *   convenience sample                                         -> x of n, no interval
 *   base below `counts_below`                                  -> x of n
 *   no degrees of freedom: the design cannot say               -> unreliable          [u]
 *   base below `flag_below`                                    -> in parentheses
 *   otherwise                                                  -> value and interval
 *
 * A zero is no disclosure of anyone's answer and is printed; so is "all". The complement counts
 * because "36 of 38 did not" says as much as "2 did". A percentage on a small base gives its
 * numerator away (a share with d decimals on fewer than 10^(2+d) cases has one numerator), which is
 * why the numerator, not the printed share, is what the rule looks at.
 *
 * Sources: DHS and MICS table rules (25/50); the printed practice of the Disrupting Harm reports
 * (below 50: counts); Hundepool et al. (2012), Statistical Disclosure Control, ch. 4-5.
 * Not here: what subtraction reveals between cells: secondary.c. */
#include <math.h>
#include <string.h>

#include "protect/inside.h"

static bool hidden_count(const struct tf_policy *p, double count)
{
    return p->hide_from > 0 && count >= p->hide_from && count <= p->hide_to;
}

enum tf_cell_state tf_policy_state(const struct tf_policy *p, bool probability, bool sensitive,
                                   double n, double base, double df)
{
    if (isnan(base) || base <= 0)
        return TF_CELL_NA;
    if (p->suppress_below > 0 && base < p->suppress_below)
        return TF_CELL_SUPPRESSED;
    if (sensitive && (hidden_count(p, n) || hidden_count(p, base - n)))
        return TF_CELL_SUPPRESSED;
    if (!probability || (p->counts_below > 0 && base < p->counts_below))
        return TF_CELL_COUNT;
    if (isnan(df) || df <= 0)
        return TF_CELL_UNRELIABLE;
    if (p->flag_below > 0 && base < p->flag_below)
        return TF_CELL_FLAGGED;
    return TF_CELL_SHOWN;
}

const char *tf_cell_state_word(enum tf_cell_state state)
{
    static const char *const word[] = {
        [TF_CELL_SHOWN] = "shown",           [TF_CELL_COUNT] = "count",
        [TF_CELL_FLAGGED] = "flagged",       [TF_CELL_SUPPRESSED] = "suppressed",
        [TF_CELL_UNRELIABLE] = "unreliable", [TF_CELL_MISSING] = "missing",
        [TF_CELL_NA] = "not applicable",     [TF_CELL_TEXT] = "text",
    };
    return word[state];
}

const char *tf_figure_kind_word(enum tf_figure_kind kind)
{
    static const char *const word[] = {
        [TF_FIG_ESTIMATE] = "estimate", [TF_FIG_COUNT] = "count", [TF_FIG_SERIES] = "series",
        [TF_FIG_FLOW] = "flow",         [TF_FIG_GRID] = "grid",
    };
    return word[kind];
}

/* Why a suppressed cell is: the numbers are gone, so the rules that may have spoken are named. */
static const char *why_hidden(struct tf_arena *a, const struct tf_policy *p,
                              const struct tf_figure *f)
{
    struct tf_buf b = {.arena = a};
    tf_buf_add(&b, "withheld: ");
    if (f->kind == TF_FIG_GRID) {
        tf_buf_add(&b, "1 or 2 participants stand behind it, or behind the cell that it would give "
                       "away by subtraction");
        return tf_buf_text(&b);
    }
    if (p->suppress_below > 0)
        tf_buf_printf(&b, "the base is below %d (`suppress_below`), or ", p->suppress_below);
    if (p->hide_from > 0)
        tf_buf_printf(&b, "%s%d to %d %s stand behind the number or behind its complement "
                          "(`hide_numerators`), or ",
                      f->kind == TF_FIG_SERIES ? "" : "on this sensitive item ", p->hide_from,
                      p->hide_to, f->kind == TF_FIG_SERIES ? "persons" : "respondents");
    tf_buf_add(&b, "it would give such a cell away by subtraction (the complement rule). Which of "
                   "these holds is itself not released");
    return tf_buf_text(&b);
}

static const char *why_count(struct tf_arena *a, const struct tf_policy *p,
                             const struct tf_figure *f)
{
    if (f->kind == TF_FIG_COUNT || !f->probability)
        return "printed as \"x of n\": a convenience sample speaks for those who answered only; it "
               "has no weight and no interval";
    return tf_printf(a, "printed as \"x of n\": the unweighted base is below %d (`counts_below`)",
                     p->counts_below);
}

const char *tf_cell_why(struct tf_arena *a, const struct tf_policy *p, const struct tf_figure *f,
                        const struct tf_cell *c)
{
    switch (c->state) {
    case TF_CELL_SUPPRESSED:
        return why_hidden(a, p, f);
    case TF_CELL_COUNT:
        return why_count(a, p, f);
    case TF_CELL_FLAGGED:
        return tf_printf(a, "shown in parentheses: the unweighted base is small (`flag_below`: %d, "
                            "`counts_below`: %d)", p->flag_below, p->counts_below);
    case TF_CELL_UNRELIABLE:
        return "the design cannot say: no degrees of freedom are left for a variance";
    case TF_CELL_MISSING:
        return tf_printf(a, "the source has no number here: %s", c->text != NULL ? c->text : "");
    case TF_CELL_NA:
        return "nobody is in the base: the question was not asked of anyone here";
    case TF_CELL_TEXT:
        return "text, released as it stands";
    case TF_CELL_SHOWN:
        break;
    }
    if (f->kind == TF_FIG_ESTIMATE)
        return "shown with its interval: base and numerator pass every rule of the policy";
    return "shown: a count that passes every rule of the policy";
}
