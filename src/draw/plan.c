/* How many: interviews, doors and PSUs for what is to be known.
 *
 * Unit variance S^2 is p (1 - p), times N / (N - 1) in a population of N, for a share, or sd^2.
 * deff is what clustering and unequal weights cost (Kish 1965, 8.2; 1987):
 *
 *     deff = (1 + (take - 1) icc) x (1 + cv^2 of the weights)
 *
 * For a margin e at level 1 - a, with z = z(1 - a/2) (Cochran 1977, 4.4; Valliant, Dever & Kreuter
 * 3.1):
 *
 *     n = 1 / (e^2 / (z^2 deff S^2) + 1 / N)
 *
 * For a difference of two shares found with chance `power`, the second group r times the first (the
 * formula of R's power.prop.test; two-sided; Fleiss, Levin & Paik 2003, 4.2):
 *
 *     n_1 = deff (z(1-a/2) sqrt((1 + 1/r) P Q) + z(power) sqrt(p1 q1 + p2 q2 / r))^2 / (p1 - p2)^2
 *     P = (p1 + r p2) / (1 + r), Q = 1 - P
 *
 * and for means n_1 = deff (z + z)^2 sd^2 (1 + 1/r) / difference^2; no population correction, since
 * a difference is asked of what made it. From interviews to doors each rate divides:
 *
 *     doors x contact x eligibility x response = interviews
 *
 * Clusters cost money too: with C a PSU and c an interview the take of least cost is
 * sqrt(C / c x (1 - icc) / icc) (Kish 1965, 8.3B). */
#define MATHLIB_STANDALONE
#include <Rmath.h>
#include <math.h>

#include "base/sheet.h"
#include "draw/inside.h"

static bool given(double x)
{
    return !isnan(x);
}

static enum tf_code out_of_range(struct tf_err *reterr, const char *what, const char *help)
{
    (void)tf_fail(reterr, TF_E_USAGE, "%s", what);
    return tf_help(reterr, "%s", help);
}

/* Every number has its range; NaN passes. */
static enum tf_code check_ranges(const struct tf_plan_opt *o, struct tf_err *reterr)
{
    const struct {
        double x, low, high;
        bool closed; /* high may be reached */
        const char *what, *help;
    } range[] = {
        {o->share, 0, 1, false, "--share must lie between 0 and 1", "Write 0.1 for 10 %."},
        {o->margin, 0, 1e15, false, "--margin must be above 0", "Write 0.02 for 2 points."},
        {o->sd, 0, 1e15, false, "--sd must be above 0", "Give the standard deviation."},
        {o->power, 0, 1, false, "--power must lie between 0 and 1", "0.8 is usual."},
        {o->ratio, 0, 1e9, false, "--ratio must be above 0", "1: two groups of one size."},
        {o->level, 0, 1, false, "--level must lie between 0 and 1", "0.95 is usual."},
        {o->interviews, 0.999, 1e12, true, "--interviews must be at least 1", "Give a number."},
        {o->budget, 0, 1e15, true, "--budget must be above 0", "In the unit of the costs."},
        {o->deff, 0, 1e4, true, "--deff must be above 0", "1.5 to 2 is usual for such surveys."},
        {o->icc, -1e-9, 1, true, "--icc must lie between 0 and 1", "0.02 to 0.1 is usual."},
        {o->take, 0.999, 1e9, true, "--take must be at least 1", "Interviews in a PSU."},
        {o->weights_deff, 0.999, 1e4, true, "--weights-deff must be at least 1", "1 + cv^2."},
        {o->population, 1, 1e15, true, "--population must be above 1", "Eligible persons."},
        {o->contact, 0, 1, true, "--contact must be above 0 and at most 1", "Contacted / doors."},
        {o->eligibility, 0, 1, true, "--eligibility must be above 0 and at most 1",
         "Households with an eligible person / households contacted."},
        {o->response, 0, 1, true, "--response must be above 0 and at most 1",
         "Completed interviews / eligible households."},
        {o->cost_psu, 0, 1e15, true, "--cost-psu must be above 0", "What one more PSU costs."},
        {o->cost_interview, 0, 1e15, true, "--cost-interview must be above 0",
         "What one more interview in a PSU costs."},
    };
    for (size_t k = 0; k < sizeof range / sizeof range[0]; k++)
        if (given(range[k].x) && !(range[k].x > range[k].low &&
                                   (range[k].closed ? range[k].x <= range[k].high
                                                    : range[k].x < range[k].high)))
            return out_of_range(reterr, range[k].what, range[k].help);
    return TF_OK;
}

static enum tf_code check_asked(const struct tf_plan_opt *o, struct tf_err *reterr)
{
    if (!given(o->share) && !given(o->sd))
        return out_of_range(reterr, "a plan needs --share, or --sd for a mean",
                            "If the share is not known, 0.5 asks for the most interviews.");
    if (given(o->share) && given(o->sd))
        return out_of_range(reterr, "a plan is for a share or for a mean, not both",
                            "Leave out --share or --sd.");
    if (o->aim == TF_PLAN_MARGIN && !given(o->margin))
        return out_of_range(reterr, "a plan needs --margin, --compare, --interviews or --budget",
                            "--margin 0.02: the share is to be known to 2 points.");
    if (o->aim == TF_PLAN_MARGIN && o->relative && given(o->sd) && !(fabs(o->mean) > 0))
        return out_of_range(reterr, "a relative margin of a mean needs --mean", "Not 0.");
    if (o->aim == TF_PLAN_POWER && (!given(o->compare) || !given(o->power)))
        return out_of_range(reterr, "a comparison needs --compare and --power",
                            "--compare is the share (or mean) of the other group.");
    if (o->aim == TF_PLAN_POWER && given(o->share) && !(o->compare > 0 && o->compare < 1))
        return out_of_range(reterr, "--compare must be a share between 0 and 1",
                            "Write 0.15 for 15 %.");
    const double first = given(o->share) ? o->share : o->mean;
    if (o->aim == TF_PLAN_POWER && !(fabs(o->compare - first) > 0))
        return out_of_range(reterr, "--compare is no different from the first group",
                            given(first) ? "No sample finds a difference of 0."
                                         : "Give --mean, the mean of the first group.");
    if (given(o->deff) && (given(o->icc) || given(o->weights_deff)))
        return out_of_range(reterr, "--deff is the whole design effect",
                            "Leave it out, or leave out --icc and --weights-deff.");
    const bool costs = given(o->cost_psu) && given(o->cost_interview);
    if (o->aim == TF_PLAN_BUDGET && !costs)
        return out_of_range(reterr, "--budget needs --cost-psu and --cost-interview",
                            "What a PSU costs, and what one more interview in it.");
    if (given(o->icc) && !given(o->take) && !(costs && o->icc > 0))
        return out_of_range(reterr, "--icc needs --take, the interviews in a PSU",
                            "Or give --cost-psu and --cost-interview: the best take is found.");
    return TF_OK;
}

static double or_else(double x, double otherwise)
{
    return given(x) ? x : otherwise;
}

static double at_least(double x) /* whole, upwards, forgiving noise */
{
    return ceil(x - 1e-9 * fabs(x));
}

static void find_deff(struct tf_plan *p)
{
    struct tf_plan_opt *o = &p->in;
    const bool costs = given(o->cost_psu) && given(o->cost_interview);
    p->best_take = (double)NAN;
    if (costs && o->icc > 0 && o->icc < 1) {
        p->best_take =
            fmax(1, nearbyint(sqrt(o->cost_psu / o->cost_interview * (1 - o->icc) / o->icc)));
        o->take = or_else(o->take, p->best_take);
    }
    p->deff_cluster = given(o->icc) ? 1 + (o->take - 1) * o->icc : 1;
    p->deff = or_else(o->deff, p->deff_cluster * or_else(o->weights_deff, 1));
    p->take = o->take;
}

static double for_margin(struct tf_plan *p)
{
    const struct tf_plan_opt *o = &p->in;
    const double centre = given(o->share) ? o->share : o->mean;
    const double e = o->relative ? o->margin * fabs(centre) : o->margin;
    const double v = e * e / (p->z * p->z);
    p->n_srs = p->variance / v;
    return 1 / (v / (p->deff * p->variance) + (given(o->population) ? 1 / o->population : 0));
}

static double for_power(struct tf_plan *p)
{
    const struct tf_plan_opt *o = &p->in;
    const double r = o->ratio, zb = qnorm(o->power, 0, 1, 1, 0);
    double n1;
    if (given(o->share)) {
        const double p1 = o->share, p2 = o->compare, mean = (p1 + r * p2) / (1 + r);
        const double root = p->z * sqrt((1 + 1 / r) * mean * (1 - mean)) +
                            zb * sqrt(p1 * (1 - p1) + p2 * (1 - p2) / r);
        n1 = root * root / ((p1 - p2) * (p1 - p2));
    } else {
        const double d = o->compare - o->mean;
        n1 = (p->z + zb) * (p->z + zb) * o->sd * o->sd * (1 + 1 / r) / (d * d);
    }
    p->n_srs = n1 * (1 + r);
    p->group[0] = at_least(n1 * p->deff);
    p->group[1] = at_least(n1 * p->deff * r);
    return n1 * p->deff * (1 + r);
}

static void follow_through(struct tf_plan *p)
{
    const struct tf_plan_opt *o = &p->in;
    const double n = p->interviews;
    p->psus = given(p->take) ? at_least(n / p->take) : (double)NAN;
    p->eligible = at_least(n / o->response);
    p->contacted = at_least(n / o->response / o->eligibility);
    p->doors = at_least(n / o->response / o->eligibility / o->contact);
    p->n_effective = n / p->deff;
    const double left = 1 / n - (given(o->population) ? 1 / o->population : 0);
    p->half_width = p->z * sqrt(p->deff * p->variance * fmax(0, left));
    p->cost = given(p->psus) ? p->psus * o->cost_psu + n * o->cost_interview : (double)NAN;
}

enum tf_code tf_plan_make(const struct tf_plan_opt *opt, struct tf_plan *ret, struct tf_err *reterr)
{
    struct tf_plan p = {.in = *opt};
    struct tf_plan_opt *o = &p.in;
    o->level = or_else(o->level, 0.95);
    o->ratio = or_else(o->ratio, 1);
    o->contact = or_else(o->contact, 1);
    o->eligibility = or_else(o->eligibility, 1);
    o->response = or_else(o->response, 1);
    TF_TRY(check_ranges(o, reterr));
    TF_TRY(check_asked(o, reterr));
    find_deff(&p);
    p.z = qnorm(0.5 + o->level / 2, 0, 1, 1, 0);
    p.variance = given(o->share) ? o->share * (1 - o->share) : o->sd * o->sd;
    if (given(o->share) && given(o->population))
        p.variance *= o->population / (o->population - 1);
    double n = o->interviews;
    if (o->aim == TF_PLAN_MARGIN)
        n = for_margin(&p);
    else if (o->aim == TF_PLAN_POWER)
        n = for_power(&p);
    else if (o->aim == TF_PLAN_BUDGET)
        n = floor(o->budget / (o->cost_psu + or_else(p.take, 1) * o->cost_interview)) *
            or_else(p.take, 1);
    if (!(n >= 1) || n > 1e12) {
        (void)tf_fail(reterr, TF_E_DESIGN, n > 1e12 ? "no survey is that large"
                                                    : "that is not enough for one interview");
        return tf_help(reterr, "Change the margin, the difference or the budget.");
    }
    p.interviews = o->aim == TF_PLAN_POWER ? p.group[0] + p.group[1] : at_least(n);
    if (o->aim == TF_PLAN_INTERVIEWS || o->aim == TF_PLAN_BUDGET)
        p.n_srs = p.interviews / p.deff;
    follow_through(&p);
    *ret = p;
    return TF_OK;
}

enum tf_code tf_plan_strata(struct tf_arena *arena, const struct tf_plan *p,
                            const struct tf_strata *strata, enum tf_allocation rule, double power,
                            size_t min, struct tf_table **ret, struct tf_err *reterr)
{
    static const char *const column[] = {"stratum", "size", "interviews", "share", "half_width"};
    struct draw_share *s = TF_NEW_N(arena, struct draw_share, strata->n);
    size_t low = 0, high = 0;
    for (size_t k = 0; k < strata->n; k++) {
        const struct tf_stratum_facts *f = &strata->item[k];
        if (isnan(f->size)) {
            (void)tf_fail_at(reterr, TF_E_INPUT, strata->sheet->file, strata->sheet->line[f->row],
                             0, "the stratum '%s' has no size", f->name);
            return tf_help(reterr, "An allocation needs the eligible persons of every stratum.");
        }
        TF_TRY(draw_share_of(strata, rule, power, f->name, f->size, &s[k].weight, reterr));
        s[k].low = draw_low_of(strata, f->name, min);
        s[k].high = f->size < 1e9 ? (size_t)f->size : (size_t)1000000000;
        if (s[k].low > s[k].high)
            s[k].low = s[k].high;
        low += s[k].low;
        high += s[k].high;
    }
    const double n = p->interviews;
    if (strata->n == 0 || n < (double)low || n > (double)high) {
        (void)tf_fail_at(reterr, TF_E_DESIGN, strata->sheet->file, 0, 0,
                         "the interviews do not fit the strata");
        (void)tf_fact(reterr, "the least of all strata add up to %zu, their sizes to %zu", low,
                      high);
        return tf_help(reterr, "Ask for fewer in each stratum (--min), or for more interviews.");
    }
    draw_allocate(arena, s, strata->n, (size_t)n);
    struct tf_table *t = draw_table(arena, "strata", strata->n, column, 1, 4);
    for (size_t k = 0; k < strata->n; k++) {
        const struct tf_stratum_facts *f = &strata->item[k];
        const double v = isnan(f->sd) ? p->variance : f->sd * f->sd, take = (double)s[k].take;
        draw_put_text(t, 0, k, f->name);
        draw_put_number(t, 1, k, f->size);
        draw_put_number(t, 2, k, take);
        draw_put_number(t, 3, k, take / n);
        draw_put_number(t, 4, k,
                        take > 0 ? p->z * sqrt(p->deff * v * fmax(0, 1 / take - 1 / f->size))
                                 : (double)NAN);
    }
    *ret = t;
    return TF_OK;
}
