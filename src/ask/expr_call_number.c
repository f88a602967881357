/* Functions of numbers. round(x) goes up at halves, as XPath says; round(x, n) rounds the decimal text
 * of x, so that round(2.675, 2) is what a person expects. sum, min and max pass over what is no number:
 * an unanswered question in a repeat must not make the sum of the others vanish (as Collect does). */
#include <math.h>
#include <string.h>

#include "ask/expr_calls.h"

static double context_number(struct xeval *e, const struct xat *at)
{
    return tf_xnumber(tf_xref_text(e, at->node));
}

XCALL(tf_xc_number)
{
    *ret = tf_xnum(n == 0 ? context_number(e, at) : tf_xval_number(e, &arg[0]));
    return TF_OK;
}

XCALL(tf_xc_int)
{
    *ret = tf_xnum(trunc(tf_xval_number(e, &arg[0])));
    return TF_OK;
}

/* Halves away from zero when positive, towards zero when negative, at `places` decimals. */
static double round_at(double v, double places)
{
    if (isnan(v) || isinf(v))
        return v;
    if (places == 0)
        return floor(v + 0.5);
    if (!(places >= -30 && places <= 30))
        return (double)NAN;
    const double scale = pow(10, fabs(trunc(places)));
    const double scaled = places > 0 ? v * scale : v / scale;
    if (fabs(scaled) >= 4503599627370496.0) /* 2^52: no decimals are left */
        return v;
    const double near = floor(scaled + 0.5);
    /* 2.675 is 2.67499…: what its 15 digits say counts */
    const double half = nearbyint(scaled * 2) / 2;
    const double whole = fabs(scaled - half) < fabs(scaled) * 1e-14 ? floor(half + 0.5) : near;
    return places > 0 ? whole / scale : whole * scale;
}

XCALL(tf_xc_round)
{
    *ret = tf_xnum(round_at(tf_xval_number(e, &arg[0]), n == 2 ? tf_xval_number(e, &arg[1]) : 0));
    return TF_OK;
}

static double exp10_of(double v)
{
    return pow(10, v);
}

XCALL(tf_xc_math)
{
    static const struct {
        const char *name;
        double (*of)(double);
    } all[] = {{"floor", floor}, {"ceiling", ceil}, {"abs", fabs},   {"sqrt", sqrt},
               {"exp", exp},     {"exp10", exp10_of}, {"log", log},  {"log10", log10},
               {"sin", sin},     {"cos", cos},      {"tan", tan},    {"asin", asin},
               {"acos", acos},   {"atan", atan}};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (strcmp(all[k].name, x->f->name) == 0)
            *ret = tf_xnum(all[k].of(tf_xval_number(e, &arg[0])));
    return TF_OK;
}

XCALL(tf_xc_math2)
{
    const double a = tf_xval_number(e, &arg[0]), b = tf_xval_number(e, &arg[1]);
    *ret = tf_xnum(strcmp(x->f->name, "pow") == 0 ? pow(a, b) : atan2(a, b));
    return TF_OK;
}

XCALL(tf_xc_pi)
{
    *ret = tf_xnum(3.14159265358979323846);
    return TF_OK;
}

XCALL(tf_xc_sum)
{
    double sum = 0;
    if (arg[0].kind != TF_XV_NODES)
        return tf_xfail(e, x, "sum() takes nodes, such as sum(/data/person/age)");
    for (size_t k = 0; k < arg[0].set.n; k++) {
        const double v = tf_xnumber(tf_xref_text(e, arg[0].set.item[k]));
        sum += isnan(v) ? 0 : v;
    }
    *ret = tf_xnum(sum);
    return TF_OK;
}

static double extreme(struct xeval *e, const struct xval *arg, size_t n, double sign)
{
    double best = (double)NAN;
    for (size_t k = 0; k < n; k++) {
        const size_t nodes = arg[k].kind == TF_XV_NODES ? arg[k].set.n : 1;
        for (size_t j = 0; j < nodes; j++) {
            const double v = arg[k].kind == TF_XV_NODES
                                 ? tf_xnumber(tf_xref_text(e, arg[k].set.item[j]))
                                 : tf_xval_number(e, &arg[k]);
            if (!isnan(v) && (isnan(best) || v * sign > best * sign))
                best = v;
        }
    }
    return best;
}

XCALL(tf_xc_min)
{
    *ret = tf_xnum(extreme(e, arg, n, -1));
    return TF_OK;
}

XCALL(tf_xc_max)
{
    *ret = tf_xnum(extreme(e, arg, n, 1));
    return TF_OK;
}

/* The stream of this seed, context and place in the expression: the same whenever it is asked. */
static struct tf_rng *stream(struct xeval *e, const struct xpr *x)
{
    if (!e->rolled)
        e->rng = tf_rng_named(tf_printf(e->arena, "xpath/%llu/%zu/%zu",
                                        (unsigned long long)e->scope->seed, e->current.a,
                                        x->column));
    e->rolled = true;
    e->unknown = true; /* nobody can say what the device drew */
    return &e->rng;
}

XCALL(tf_xc_random)
{
    *ret = tf_xnum(tf_rng_uniform(stream(e, x)));
    return TF_OK;
}

XCALL(tf_xc_uuid)
{
    static const char hex[] = "0123456789abcdef", mixed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    struct tf_rng *rng = stream(e, x);
    struct tf_buf b = {.arena = e->arena};
    if (n == 1) {
        const double length = tf_xval_number(e, &arg[0]);
        for (int k = 0; k < 1000 && k < length; k++)
            tf_buf_char(&b, mixed[tf_rng_below(rng, 36)]);
    } else {
        for (int k = 0; k < 36; k++) /* RFC 4122 version 4, variant 10 */
            tf_buf_char(&b, k == 8 || k == 13 || k == 18 || k == 23 ? '-'
                            : k == 14                               ? '4'
                            : k == 19 ? hex[8 + tf_rng_below(rng, 4)]
                                      : hex[tf_rng_below(rng, 16)]);
    }
    *ret = tf_xstring(tf_buf_text(&b));
    return TF_OK;
}
