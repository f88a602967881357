/* Survival curves with design-based errors (R survey svykm).
 *
 * With dN(s) the weighted events at time s and Y(s) the weight at risk, the cumulative hazard is
 * H(t) = sum_(s<=t) dN / Y and the curve exp(-H) (Nelson-Aalen; R's svykm(se = TRUE)). Its
 * linearised variable is that of H (Williams 1995, Biometrics 51, 319-325; Aalen 1978),
 *
 *     z_i = w_i [ event_i 1(t_i <= t) / Y(t_i) - sum_(s <= min(t, t_i)) dN(s) / Y(s)^2 ]
 *
 * times -S(t). `type: km` asks for the product-limit curve instead, prod (1 - dN / Y), R's
 * svykm(se = FALSE), linearised alike (Greenwood's weights 1 / (Y - dN)).
 *
 * Intervals of the curve are those of its logarithm, cut at 1, by the normal quantile as R takes it
 * (a `df` key asks for t). A quantile q of the time is the first time at which the curve is at or
 * below 1 - q; its limits are where the two limits of the curve get there (R quantile.svykm). */
#include <math.h>
#include <string.h>

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "measure/survival.h"

struct km {
    const struct tf_survival *s;
    struct tf_risk risk;
    bool product;
    const double *at;      /* [p] times */
    size_t p;
    /* per group of equal times, at the latest weights */
    double *log_s;         /* log of the curve after it */
    double *event, *cumulated; /* weight of an event; sum of what the risk set takes off */
    const double *w;
    double *theta;
    size_t *group;         /* [n] group of a row */
};

static void look(struct km *k, const double *w)
{
    const size_t groups = k->risk.n_groups;
    double y = 0, h = 0, c = 0;
    k->w = w;
    for (size_t g = groups; g-- > 0;) { /* weight at risk, kept in cumulated for now */
        for (size_t j = k->risk.from[g]; j < k->risk.from[g + 1]; j++)
            y += w[k->risk.order[j]];
        k->cumulated[g] = y;
    }
    for (size_t g = 0; g < groups; g++) {
        double d = 0;
        for (size_t j = k->risk.from[g]; j < k->risk.from[g + 1]; j++)
            d += k->s->event[k->risk.order[j]] ? w[k->risk.order[j]] : 0;
        const double at_risk = k->cumulated[g];
        if (d > 0) {
            const double left = k->product ? at_risk - d : at_risk;
            h += k->product ? -log1p(-d / at_risk) : d / at_risk;
            k->event[g] = 1 / left;
            c += d / (at_risk * left);
        }
        k->log_s[g] = -h;
        k->cumulated[g] = c;
    }
}

/* The last group at or before t; SIZE_MAX when there is none. */
static size_t group_at(const struct km *k, double t)
{
    size_t low = 0, high = k->risk.n_groups;
    while (low < high) {
        const size_t mid = (low + high) / 2;
        if (k->s->time[k->risk.order[k->risk.from[mid]]] <= t)
            low = mid + 1;
        else
            high = mid;
    }
    return low == 0 ? SIZE_MAX : low - 1;
}

static enum tf_code value(void *self, const double *w, double *theta, struct tf_err *reterr)
{
    struct km *k = self;
    (void)reterr;
    look(k, w);
    for (size_t j = 0; j < k->p; j++) {
        const size_t g = group_at(k, k->at[j]);
        theta[j] = g == SIZE_MAX ? 1 : exp(k->log_s[g]);
        k->theta[j] = theta[j];
    }
    return TF_OK;
}

static void linear(void *self, size_t j, double *z)
{
    const struct km *k = self;
    const size_t last = group_at(k, k->at[j]);
    memset(z, 0, k->s->n * sizeof *z);
    if (last == SIZE_MAX)
        return;
    for (size_t o = 0; o < k->risk.n_rows; o++) {
        const size_t row = k->risk.order[o], g = k->group[row];
        const double takes = k->cumulated[g < last ? g : last];
        const double gives = k->s->event[row] && g <= last ? k->event[g] : 0;
        z[row] = -k->theta[j] * k->w[row] * (gives - takes);
    }
}

static const bool *domain(void *self, size_t j)
{
    (void)j;
    return ((const struct km *)self)->risk.rows;
}

/* ---- Results ------------------------------------------------------------------------------ */

struct asked {
    double *time, *quantile;
    size_t n_times, n_quantiles;
    bool product;
    const char *name;
};

static enum tf_code read_numbers(struct tf_runner *r, const struct tf_ask *ask, const char *key,
                                 double **ret, size_t *ret_n, struct tf_err *reterr)
{
    const char **text;
    TF_TRY(tf_yaml_opt_texts(r->arena, ask->at, key, &text, ret_n, reterr));
    *ret = TF_NEW_N(r->arena, double, *ret_n + 3);
    for (size_t k = 0; k < *ret_n; k++)
        if (!tf_parse_double(text[k], &(*ret)[k]))
            return tf_yaml_fail(tf_yaml_get(ask->at, key), reterr, "'%s' is no number", text[k]);
    return TF_OK;
}

static double quantile_of(const struct tf_runner *r, const struct tf_ask *ask,
                          const struct km *k, double *ret_df)
{
    const double a = (1 + ask->level) / 2;
    *ret_df = tf_yaml_get(ask->at, "df") == NULL ? (double)INFINITY
                                                 : tf_ask_df(r, ask, k->risk.rows);
    if (isinf(*ret_df))
        return qnorm(a, 0, 1, 1, 0);
    return *ret_df > 0 ? qt(a, *ret_df, 1, 0) : (double)NAN;
}

static struct tf_item *new_item(struct tf_runner *r, const struct tf_ask *ask,
                                const struct tf_domain *d, const struct km *k,
                                const struct asked *a, double until, double df,
                                struct tf_result *out)
{
    const struct tf_tally tally = tf_survey_count(r->arena, r->survey, k->risk.rows);
    struct tf_item *item = tf_result_item(r, out);
    item->var = a->name;
    item->by = d->by;
    item->n_by = ask->n_by;
    item->base = tally.n;
    item->psu = tally.psu;
    item->df = df;
    item->n = 0;
    item->base_weighted = 0;
    for (size_t row = 0; row < k->s->n; row++) {
        item->n += k->risk.rows[row] && k->s->event[row] && k->s->time[row] <= until;
        item->base_weighted += k->risk.rows[row] ? r->survey->w[row] : 0;
    }
    if (tally.n == 0)
        item->flags |= (unsigned)TF_EST_EMPTY << 8;
    return item;
}

static enum tf_code at_times(struct tf_runner *r, const struct tf_ask *ask, const struct asked *a,
                             const struct tf_domain *d, struct km *k, struct tf_result *out,
                             double **ret_v, struct tf_err *reterr)
{
    struct tf_fit fit;
    double df, q;
    k->at = a->time;
    k->p = a->n_times;
    k->theta = TF_NEW_N(r->arena, double, k->p + 1);
    const struct tf_statistic statistic = {k->p, k, value, linear, domain};
    TF_TRY(tf_survey_fit(r->arena, r->survey, &statistic, true, &fit, reterr));
    q = quantile_of(r, ask, k, &df);
    for (size_t j = 0; j < k->p; j++) {
        struct tf_item *item = new_item(r, ask, d, k, a, k->at[j], df, out);
        item->category = tf_double_text(r->arena, k->at[j]);
        if (item->base == 0)
            continue;
        const double s = fit.theta[j], se = sqrt(fit.v[j + j * k->p]);
        item->estimate = s;
        item->se = se;
        item->flags |= fit.lonely ? (unsigned)TF_EST_LONELY << 8 : 0;
        if (s > 0 && isfinite(se) && isfinite(q))
            tf_item_add_ci(r, item, "log", s * exp(-q * se / s), fmin(1, s * exp(q * se / s)));
    }
    *ret_v = fit.v;
    return TF_OK;
}

/* The first event time at which a curve is at or below p. */
static double first_time(const struct km *k, const double *curve, double p)
{
    for (size_t g = 0; g < k->p; g++)
        if (curve[g] <= p)
            return k->at[g];
    return INFINITY;
}

static enum tf_code quantiles(struct tf_runner *r, const struct tf_ask *ask, const struct asked *a,
                              const struct tf_domain *d, struct km *k, struct tf_result *out,
                              struct tf_err *reterr)
{
    enum { MOST_TIMES = 20000 };
    struct tf_fit fit;
    double df, *time = TF_NEW_N(r->arena, double, k->risk.n_groups + 1);
    k->at = time;
    k->p = 0;
    for (size_t g = 0; g < k->risk.n_groups; g++) {
        bool any = false;
        for (size_t j = k->risk.from[g]; j < k->risk.from[g + 1]; j++)
            any = any || k->s->event[k->risk.order[j]];
        if (any)
            time[k->p++] = k->s->time[k->risk.order[k->risk.from[g]]];
    }
    if (k->p > MOST_TIMES)
        return tf_yaml_fail(tf_yaml_get(ask->at, "quantiles"), reterr,
                            "quantiles of a curve with more than 20,000 event times");
    k->theta = TF_NEW_N(r->arena, double, k->p + 1);
    const struct tf_statistic statistic = {k->p, k, value, linear, domain};
    TF_TRY(tf_survey_fit(r->arena, r->survey, &statistic, false, &fit, reterr));
    const double q = quantile_of(r, ask, k, &df);
    double *low = TF_NEW_N(r->arena, double, k->p + 1), *high = TF_NEW_N(r->arena, double,
                                                                         k->p + 1);
    for (size_t g = 0; g < k->p; g++) {
        const double s = fit.theta[g], se = sqrt(fit.v[g + g * k->p]);
        low[g] = s * exp(-q * se / s);
        high[g] = s * exp(q * se / s);
    }
    for (size_t j = 0; j < a->n_quantiles; j++) {
        struct tf_item *item = new_item(r, ask, d, k, a, INFINITY, df, out);
        const double p = 1 - a->quantile[j];
        item->quantile = a->quantile[j];
        if (k->p == 0)
            continue;
        item->estimate = first_time(k, fit.theta, p);
        tf_item_add_ci(r, item, "log", first_time(k, low, p), first_time(k, high, p));
    }
    return TF_OK;
}

static enum tf_code one_domain(struct tf_runner *r, const struct tf_ask *ask, const struct asked *a,
                               const struct tf_survival *s, const struct tf_domain *d,
                               struct tf_result *out, struct tf_err *reterr)
{
    struct km k = {.s = s, .risk = tf_risk_make(r->arena, s, d->in), .product = a->product};
    const size_t before = out->n;
    double *v = NULL;
    k.log_s = TF_NEW_N(r->arena, double, k.risk.n_groups + 1);
    k.event = TF_NEW_N(r->arena, double, k.risk.n_groups + 1);
    k.cumulated = TF_NEW_N(r->arena, double, k.risk.n_groups + 1);
    k.group = TF_NEW_N(r->arena, size_t, s->n + 1);
    for (size_t g = 0; g < k.risk.n_groups; g++)
        for (size_t j = k.risk.from[g]; j < k.risk.from[g + 1]; j++)
            k.group[k.risk.order[j]] = g;
    if (a->n_times > 0)
        TF_TRY(at_times(r, ask, a, d, &k, out, &v, reterr));
    if (a->n_quantiles > 0)
        TF_TRY(quantiles(r, ask, a, d, &k, out, reterr));
    if (before == 0 && a->n_quantiles == 0 && ask->n_by == 0)
        out->vcov = v; /* of one curve's points */
    return TF_OK;
}

enum tf_code tf_run_km(struct tf_runner *r, const struct tf_ask *ask, struct tf_result *out,
                       struct tf_err *reterr)
{
    struct tf_survival s;
    struct tf_domain *d;
    struct asked a = {0};
    const char *type;
    size_t n;
    TF_TRY(tf_survival_read(r, ask, &s, reterr));
    TF_TRY(tf_yaml_opt_text(ask->at, "type", "aalen", &type, reterr));
    if (strcmp(type, "aalen") != 0 && strcmp(type, "km") != 0)
        return tf_yaml_fail(tf_yaml_get(ask->at, "type"), reterr, "'type' is aalen or km");
    a.name = s.name;
    TF_TRY(read_numbers(r, ask, "times", &a.time, &a.n_times, reterr));
    TF_TRY(read_numbers(r, ask, "quantiles", &a.quantile, &a.n_quantiles, reterr));
    for (size_t k = 0; k < a.n_quantiles; k++)
        if (!(a.quantile[k] > 0 && a.quantile[k] < 1))
            return tf_yaml_fail(tf_yaml_get(ask->at, "quantiles"), reterr,
                                "a quantile lies between 0 and 1");
    for (; a.n_times == 0 && a.n_quantiles < 3; a.n_quantiles++)
        if (tf_yaml_get(ask->at, "quantiles") != NULL)
            break;
        else
            a.quantile[a.n_quantiles] = 0.25 * (double)(a.n_quantiles + 1);
    a.product = strcmp(type, "km") == 0;
    TF_TRY(tf_domains_make(r, ask, &d, &n, reterr));
    for (size_t k = 0; k < n; k++)
        TF_TRY(one_domain(r, ask, &a, &s, &d[k], out, reterr));
    tf_result_note(r, out, a.product ? "Product-limit curve (R svykm(se = FALSE)), linearised."
                                     : "Curve exp(-cumulative hazard), as R svykm(se = TRUE).");
    tf_result_note(r, out, tf_yaml_get(ask->at, "df") == NULL
                               ? "Intervals on the log scale by the normal quantile (R confint)."
                               : "Intervals on the log scale by t.");
    return TF_OK;
}
