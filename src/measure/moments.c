/* From the sums of units to estimates and their variance.
 *
 * With a_i the sum of weights of a category in unit i, N_i that of all answers, p = sum a / sum N and
 * z_i = (a_i - p N_i) / sum N, the variance of a share in strata h of n_h units is
 *
 *     V = sum_h f_h sum_i (z_i - mean z)^2,   f_h = (1 - n_h / N_h) n_h / (n_h - 1)
 *
 * (variance_stages.c, whose rules for lonely strata hold here). z needs p, which is known only at
 * the end. With a pilot p0 and x_i = a_i - p0 N_i it comes in one pass, for with
 *
 *     A = sum_h f_h (sum x^2  - (sum x)^2 / n_h)       B the same of x N,   C the same of N N
 *     V = (A - 2 d B + d^2 C) / (sum N)^2,             d = p - p0
 *
 * and no sum of a unit is kept (Särndal, Swensson & Wretman 1992, 5.6). Were p0 = 0, shares near 1
 * would lose digits where A and B cancel; the pilot, the share in the first units, keeps d small.
 * The variance of the total of a category comes from the same sums: A + 2 p0 B + p0^2 C. Where V or
 * this is below 1e-4 of its terms, everything is done again with the estimates as pilots.
 *
 * Order: units of a stratum, then strata, as numbered; several runs of units are joined in the same
 * order, the stratum that two of them share being open at both ends. So the bits depend on how the
 * units are cut into runs, which onepass.c does by their number alone, and never on threads.
 *
 * Vectors are GCC's: eight doubles, in whatever registers there are. Each lane does the same IEEE
 * operations as one double would (no fused multiply-add), so every machine gives the same bits. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "measure/onepass.h"

static const double enough = 1e-4; /* of A that must be left of V */

/* A 64-bit whole number is high * 2^32 + low; each half put into the bits of 2^84 and 2^52 is a
 * double, and one addition rounds once. */
static inline __attribute__((always_inline)) void double_of(uint64_t *in_out)
{
    const tf_whole v = *(const tf_whole *)in_out;
    const tf_whole high = (v >> 32) | 0x4530000000000000u;
    const tf_whole low = (v & 0xFFFFFFFFu) | 0x4330000000000000u;
    *(tf_lanes *)(void *)in_out = ((tf_lanes)high - (0x1p84 + 0x1p52)) + (tf_lanes)low;
}

TF_EACH_MACHINE void tf_doubles_of(uint64_t *in_out, size_t n8)
{
    for (size_t k = 0; k < n8; k += 8)
        double_of(in_out + k);
}

TF_EACH_MACHINE void tf_doubles_and_totals(uint64_t *in_out, size_t n8, uint64_t *low,
                                           uint64_t *high)
{
    for (size_t k = 0; k < n8; k += 8) {
        const tf_whole v = *(const tf_whole *)(in_out + k);
        *(tf_whole *)(low + k) += v & 0xFFFFFFFFu;
        *(tf_whole *)(high + k) += v >> 32;
        double_of(in_out + k);
    }
}

void tf_pilot_from(const struct tf_layout *l, const tf_u128 *total, size_t n_first,
                   size_t n_domains, double *pilot)
{
    for (size_t v = 0; v < l->n_vars; v++) {
        const size_t k = l->first[v + 1] - l->first[v];
        tf_u128 all = 0;
        for (size_t d = 0; d < n_first; d++)
            for (size_t c = 0; c < k; c++)
                all += total[d * l->cells8 + tf_layout_cell(l, v, c)];
        for (size_t c = 0; c < k; c++) {
            const size_t cell = tf_layout_cell(l, v, c);
            tf_u128 in = 0;
            for (size_t d = 0; d < n_first; d++)
                in += total[d * l->cells8 + cell];
            for (size_t d = 0; d < n_domains; d++)
                pilot[d * l->cells8 + cell] = all > 0 ? (double)in / (double)all : 0;
        }
    }
}

/* ---- A new set ------------------------------------------------------------------------------ */

static struct tf_moments_open open_new(struct tf_arena *arena, const struct tf_layout *l,
                                       size_t n_domains)
{
    const size_t cells = n_domains * l->cells8, vars = n_domains * l->vars8;
    return (struct tf_moments_open){
        .x = TF_NEW_N(arena, double, cells),
        .xx = TF_NEW_N(arena, double, cells),
        .xn = TF_NEW_N(arena, double, cells),
        .n = TF_NEW_N(arena, double, vars),
        .nn = TF_NEW_N(arena, double, vars),
        .seen = TF_NEW_N(arena, uint8_t, n_domains),
    };
}

struct tf_moments *tf_moments_new(struct tf_arena *arena, const struct tf_layout *l,
                                  size_t n_domains, const double *pilot, bool continues,
                                  size_t stratum)
{
    const size_t cells = n_domains * l->cells8, vars = n_domains * l->vars8;
    struct tf_moments *m = TF_NEW(arena, struct tf_moments);
    *m = (struct tf_moments){
        .l = l, .n_domains = n_domains, .pilot = pilot, .continues = continues,
        .in_head = continues, .stratum = stratum, .open = open_new(arena, l, n_domains),
        .a = TF_NEW_N(arena, double, cells), .b = TF_NEW_N(arena, double, cells),
        .c = TF_NEW_N(arena, double, vars),
        .scratch = TF_NEW_N(arena, double, TF_CHUNK * (l->cells8 + l->vars8)),
        .psus = TF_NEW_N(arena, uint64_t, vars), .strata = TF_NEW_N(arena, uint32_t, vars),
        .alive = TF_NEW_N(arena, uint32_t, vars), .lonely = TF_NEW_N(arena, uint32_t, vars),
        .domain_psus = TF_NEW_N(arena, uint32_t, n_domains),
        .domain_strata = TF_NEW_N(arena, uint32_t, n_domains),
    };
    if (continues)
        m->head = open_new(arena, l, n_domains);
    return m;
}

/* ---- Units ---------------------------------------------------------------------------------- */

/* N of each variable, in the order of slots, and repeated for each main cell. The last vector of a row
 * may overlap the one before: it says the same again. */
static inline __attribute__((always_inline)) void sum_categories(const struct tf_layout *l,
                                                                 const double *sum, double *n,
                                                                 double *n_cell)
{
    for (size_t j = 0; j < l->n_classes; j++) {
        const struct tf_cell_class *c = &l->cls[j];
        const size_t first_main = c->k > 2 ? 0 : 1;
        for (size_t at = 0; at < c->n && c->n >= 8; at += 8) {
            const size_t v = at + 8 <= c->n ? at : c->n - 8;
            tf_lanes x = *(const tf_lanes *)(sum + c->plane[0] + v);
            for (size_t k = 1; k < c->k; k++)
                x += *(const tf_lanes *)(sum + c->plane[k] + v);
            *(tf_lanes *)(n + c->first + v) = x;
            for (size_t k = first_main; k < c->k; k++)
                *(tf_lanes *)(n_cell + c->plane[k] + v) = x;
        }
        for (size_t v = 0; v < c->n && c->n < 8; v++) {
            double x = sum[c->plane[0] + v];
            for (size_t k = 1; k < c->k; k++)
                x += sum[c->plane[k] + v];
            n[c->first + v] = x;
            for (size_t k = first_main; k < c->k; k++)
                n_cell[c->plane[k] + v] = x;
        }
    }
}

/* The variables of one unit and domain. n is 0 behind the last. */
TF_EACH_MACHINE static void add_variables(const struct tf_layout *l, const double *sum, double *n,
                                           double *n_cell, uint64_t *psus, double *n_sum,
                                           double *nn_sum)
{
    sum_categories(l, sum, n, n_cell);
    for (size_t v = 0; v < l->vars8; v += 8) {
        const tf_lanes x = *(const tf_lanes *)(n + v);
        *(tf_whole *)(psus + v) -= (tf_whole)(x > 0);
        *(tf_lanes *)(n_sum + v) += x;
        *(tf_lanes *)(nn_sum + v) += x * x;
    }
}

/* One domain of up to TF_CHUNK units: accumulators stay in registers for all of them. */
TF_EACH_MACHINE static void add_cells(const double *const *sum, const double *const *n_cell,
                                       size_t n, size_t cells, const double *pilot, double *x_sum,
                                       double *xx_sum, double *xn_sum)
{
    for (size_t k = 0; k < cells; k += 8) {
        const tf_lanes p0 = *(const tf_lanes *)(pilot + k);
        tf_lanes sx = *(tf_lanes *)(x_sum + k), sxx = *(tf_lanes *)(xx_sum + k),
              sxn = *(tf_lanes *)(xn_sum + k);
        for (size_t u = 0; u < n; u++) {
            const tf_lanes big = *(const tf_lanes *)(n_cell[u] + k);
            const tf_lanes x = *(const tf_lanes *)(sum[u] + k) - p0 * big;
            sx += x;
            sxx += x * x;
            sxn += x * big;
        }
        *(tf_lanes *)(x_sum + k) = sx;
        *(tf_lanes *)(xx_sum + k) = sxx;
        *(tf_lanes *)(xn_sum + k) = sxn;
    }
}

static struct tf_moments_open *open_of(struct tf_moments *m)
{
    return m->in_head ? &m->head : &m->open;
}

void tf_moments_take(struct tf_moments *m, const double *const *const *sum, size_t n)
{
    const struct tf_layout *l = m->l;
    struct tf_moments_open *o = open_of(m);
    const size_t main8 = (l->n_main + 7) / 8 * 8;
    o->any = true;
    for (size_t d = 0; d < m->n_domains; d++) {
        const double *own[TF_CHUNK];
        const double *big[TF_CHUNK];
        size_t here = 0;
        for (size_t u = 0; u < n; u++)
            if (sum[u][d] != NULL) {
                double *scratch = m->scratch + here * (l->cells8 + l->vars8);
                add_variables(l, sum[u][d], scratch + l->cells8, scratch,
                              m->psus + d * l->vars8, o->n + d * l->vars8, o->nn + d * l->vars8);
                own[here] = sum[u][d];
                big[here++] = scratch;
            }
        if (here == 0)
            continue;
        o->seen[d] = 1;
        m->domain_psus[d] += (uint32_t)here;
        const size_t at = d * l->cells8;
        add_cells(own, big, here, main8, m->pilot + at, o->x + at, o->xx + at, o->xn + at);
    }
}

/* x is 1 - p0 for a row in the category and -p0 for one in another, times its weight. */
void tf_moments_take_rows(struct tf_moments *m, size_t domain, const double *sum,
                          const double *square, const uint32_t *cases, size_t rows)
{
    const struct tf_layout *l = m->l;
    struct tf_moments_open *o = open_of(m);
    const size_t at = domain * l->cells8;
    double *n = m->scratch + l->cells8, *big = m->scratch;
    double *q = n + l->vars8 + l->cells8, *q_cell = n + l->vars8;
    sum_categories(l, sum, n, big);
    sum_categories(l, square, q, q_cell);
    o->any = true;
    o->seen[domain] = 1;
    m->domain_psus[domain] += (uint32_t)rows;
    for (size_t v = 0; v < l->n_vars; v++) {
        o->n[domain * l->vars8 + v] += n[v];
        o->nn[domain * l->vars8 + v] += q[v];
    }
    for (size_t j = 0; j < l->n_classes; j++)
        for (size_t k = 0; k < l->cls[j].k; k++)
            for (size_t v = 0; v < l->cls[j].n; v++)
                m->psus[domain * l->vars8 + l->cls[j].first + v] +=
                    cases[l->cls[j].plane[k] + v];
    for (size_t c = 0; c < l->n_main; c++) {
        const double p0 = m->pilot[at + c], in = square[c], out = q_cell[c] - square[c];
        o->x[at + c] += sum[c] - p0 * big[c];
        o->xx[at + c] += (1 - p0) * (1 - p0) * in + p0 * p0 * out;
        o->xn[at + c] += (1 - p0) * in - p0 * out;
    }
}

/* ---- Strata --------------------------------------------------------------------------------- */

static bool certain(const struct tf_onepass_stratum *st)
{
    return 1 - (double)st->units / st->population < 1e-7; /* R survey's bound */
}

typedef int64_t tf_lane_bits __attribute__((vector_size(sizeof(tf_lanes))));

/* The rounding of a difference of sums of n squares, as a part of the sum: units that are all alike
 * have a spread of exactly 0, and what the sums leave of it is below this. */
static double last_bits(double n)
{
    return 16 * DBL_EPSILON * sqrt(n);
}

TF_EACH_MACHINE static void close_cells(size_t cells, double f, double centre, double least,
                                         const double *x, const double *xx, const double *xn,
                                         const double *n_cell, double *a, double *b)
{
    for (size_t k = 0; k < cells; k += 8) {
        const tf_lanes sx = *(const tf_lanes *)(x + k), sxx = *(const tf_lanes *)(xx + k);
        const tf_lanes spread = sxx - sx * sx * centre;
        const tf_lanes with_n = *(const tf_lanes *)(xn + k) -
                                sx * *(const tf_lanes *)(n_cell + k) * centre;
        const tf_lane_bits varies = spread > least * sxx;
        *(tf_lanes *)(a + k) += f * (tf_lanes)((tf_lane_bits)spread & varies);
        *(tf_lanes *)(b + k) += f * (tf_lanes)((tf_lane_bits)with_n & varies);
    }
}

/* Repeat a number of each variable for each of its main cells. */
static void spread(const struct tf_layout *l, const double *var, double *cell)
{
    for (size_t j = 0; j < l->n_classes; j++)
        for (size_t k = l->cls[j].k > 2 ? 0 : 1; k < l->cls[j].k; k++)
            memcpy(cell + l->cls[j].plane[k], var + l->cls[j].first,
                   l->cls[j].n * sizeof *cell);
}

static void close_open(struct tf_moments *m, struct tf_moments_open *o,
                       const struct tf_onepass_stratum *st, enum tf_lonely lonely)
{
    const struct tf_layout *l = m->l;
    const double n_h = (double)st->units;
    const bool alone = st->units <= 1, sure = certain(st);
    const bool says = !alone || lonely == TF_LONELY_ADJUST; /* a lonely one says nothing else */
    const double f = sure || !says ? 0 : (1 - n_h / st->population) * (alone ? 1 : n_h / (n_h - 1));
    const double centre = alone ? 0 : 1 / n_h, least = last_bits(n_h);
    for (size_t d = 0; d < m->n_domains; d++) {
        if (!o->seen[d])
            continue;
        const size_t at = d * l->cells8, at_var = d * l->vars8, cells = l->cells8;
        m->domain_strata[d]++;
        for (size_t v = 0; v < l->n_vars; v++) {
            const bool seen = o->n[at_var + v] > 0;
            m->strata[at_var + v] += seen;
            m->alive[at_var + v] += seen && (sure || !alone);
            m->lonely[at_var + v] += seen && alone && !sure;
            const double nn = o->nn[at_var + v];
            const double spread_n = nn - o->n[at_var + v] * o->n[at_var + v] * centre;
            m->c[at_var + v] += alone || spread_n > least * nn ? f * spread_n : 0;
        }
        spread(l, o->n + at_var, m->scratch);
        close_cells((l->n_main + 7) / 8 * 8, f, centre, alone ? 0 : least, o->x + at, o->xx + at,
                    o->xn + at, m->scratch, m->a + at, m->b + at);
        memset(o->x + at, 0, cells * sizeof *o->x);
        memset(o->xx + at, 0, cells * sizeof *o->xx);
        memset(o->xn + at, 0, cells * sizeof *o->xn);
        memset(o->n + at_var, 0, l->vars8 * sizeof *o->n);
        memset(o->nn + at_var, 0, l->vars8 * sizeof *o->nn);
        o->seen[d] = 0;
    }
    o->any = false;
}

void tf_moments_close(struct tf_moments *m, const struct tf_onepass_stratum *st,
                      enum tf_lonely lonely, size_t next_stratum)
{
    if (m->in_head)
        m->in_head = false; /* the stratum ends here, but did not begin here: it waits for the join */
    else if (m->open.any)
        close_open(m, &m->open, st, lonely);
    m->stratum = next_stratum;
}

static void add_open(struct tf_moments_open *to, const struct tf_moments_open *from, size_t cells,
                     size_t vars, size_t n_domains)
{
    if (!from->any)
        return;
    to->any = true;
    for (size_t k = 0; k < cells; k++) {
        to->x[k] += from->x[k];
        to->xx[k] += from->xx[k];
        to->xn[k] += from->xn[k];
    }
    for (size_t k = 0; k < vars; k++) {
        to->n[k] += from->n[k];
        to->nn[k] += from->nn[k];
    }
    for (size_t d = 0; d < n_domains; d++)
        to->seen[d] |= from->seen[d];
}

void tf_moments_join(struct tf_moments *m, const struct tf_moments *next,
                     const struct tf_onepass_stratum *stratum, enum tf_lonely lonely)
{
    const size_t cells = m->n_domains * m->l->cells8, vars = m->n_domains * m->l->vars8;
    if (next->continues) {
        add_open(&m->open, &next->head, cells, vars, m->n_domains);
        if (!next->in_head)
            close_open(m, &m->open, &stratum[m->stratum], lonely);
    }
    m->stratum = next->stratum;
    add_open(&m->open, &next->open, cells, vars, m->n_domains);
    for (size_t k = 0; k < cells; k++) {
        m->a[k] += next->a[k];
        m->b[k] += next->b[k];
    }
    for (size_t k = 0; k < vars; k++) {
        m->c[k] += next->c[k];
        m->psus[k] += next->psus[k];
        m->strata[k] += next->strata[k];
        m->alive[k] += next->alive[k];
        m->lonely[k] += next->lonely[k];
    }
    for (size_t d = 0; d < m->n_domains; d++) {
        m->domain_psus[d] += next->domain_psus[d];
        m->domain_strata[d] += next->domain_strata[d];
    }
}

/* ---- Estimates ------------------------------------------------------------------------------ */

struct tf_onepass *tf_onepass_new(struct tf_arena *arena, const struct tf_layout *l,
                                  size_t n_domains)
{
    struct tf_onepass *o = TF_NEW(arena, struct tf_onepass);
    const size_t n = n_domains * l->n_cells;
    *o = (struct tf_onepass){.n_domains = n_domains, .n_cells = l->n_cells, .first = l->first,
                             .share = TF_NEW_N(arena, struct tf_linear, n),
                             .total = TF_NEW_N(arena, double, n),
                             .total_var = TF_NEW_N(arena, double, n),
                             .count = TF_NEW_N(arena, uint32_t, n),
                             .df = TF_NEW_N(arena, double, n_domains)};
    return o;
}

struct base { /* of one variable in one domain */
    size_t at, n;    /* place among variables; cases that answered */
    double sum, c;   /* sum of weights; C */
    bool only;       /* it has one category, which needs no sums of its own */
    double rescale;  /* rule `average`: strata over those that say something */
};

static double rescaling(const struct tf_moments *m, size_t at, enum tf_lonely lonely)
{
    if (lonely != TF_LONELY_AVERAGE || m->alive[at] == m->strata[at])
        return 1;
    return m->alive[at] == 0 ? (double)NAN : (double)m->strata[at] / (double)m->alive[at];
}

/* Category c: its variance is at the main cell; `other`: that of the other of two categories. */
static bool settle_cell(const struct tf_moments *m, const struct base *base, size_t main_cell,
                        bool other, double total, size_t count, int exponent,
                        struct tf_linear *l, double *ret_total, double *ret_var, double *ret_pilot)
{
    const double p = total / base->sum, n = (double)base->n;
    const double a = base->only ? 0 : m->a[main_cell], b = base->only ? 0 : m->b[main_cell];
    const double pilot = base->only ? 1 : m->pilot[main_cell], c = base->c;
    const double p0 = other ? 1 - pilot : pilot;
    const double d = p - p0, sign = other ? -1 : 1;
    const double spread = a - 2 * d * sign * b + d * d * c;
    const bool same = count == 0 || count == base->n;
    double total_var = a + 2 * p0 * sign * b + p0 * p0 * c;
    *ret_pilot = p;
    l->value = p;
    l->constant = same;
    l->var = same || l->psu == 1 ? 0 : spread / base->sum / base->sum;
    l->var = (l->var > 0 ? l->var : 0) * base->rescale;
    l->unit_var = base->n > 1 ? p * (1 - p) * n / (n - 1) : (double)NAN;
    *ret_total = ldexp(total, exponent);
    total_var = total_var > 0 && count > 0 ? total_var : 0;
    *ret_var = ldexp(total_var, 2 * exponent) * base->rescale;
    const double terms = a > p0 * p0 * c ? a : p0 * p0 * c;
    return (same || l->psu == 1 || !(a > 0) || spread >= enough * a) &&
           (count == 0 || total_var >= enough * terms);
}

static bool settle_variable(const struct tf_moments *m, const struct tf_settling *with, size_t v,
                            size_t d, struct tf_onepass *o, double *pilot)
{
    const struct tf_layout *l = m->l;
    const struct tf_cell_class *cls = &l->cls[l->of_class[v]];
    struct base base = {.at = d * l->vars8 + l->slot[v], .only = cls->k == 1};
    bool fine = true;
    tf_u128 sum = 0;
    for (size_t k = 0; k < cls->k; k++) {
        const size_t cell = d * l->cells8 + tf_layout_cell(l, v, k);
        sum += with->total[cell];
        base.n += with->count[cell];
    }
    base.sum = (double)sum;
    base.c = m->c[base.at];
    base.rescale = rescaling(m, base.at, with->lonely);
    for (size_t k = 0; k < cls->k; k++) {
        const size_t out = d * o->n_cells + l->first[v] + k;
        const size_t cell = d * l->cells8 + tf_layout_cell(l, v, k);
        const bool other = cls->k == 2 && k == 0;
        const size_t main_cell = d * l->cells8 + tf_layout_cell(l, v, cls->k == 2 ? 1 : k);
        o->count[out] = with->count[cell];
        o->share[out] = (struct tf_linear){
            .n = base.n, .psu = m->psus[base.at], .strata = m->strata[base.at], .df = o->df[d],
            .sum_w = ldexp(base.sum, with->exponent), .sum_w2 = (double)NAN, .value = (double)NAN,
            .var = (double)NAN, .unit_var = (double)NAN, .lonely = m->lonely[base.at] > 0,
            .constant = base.n == 0};
        o->total[out] = o->total_var[out] = base.n == 0 ? (double)NAN : 0;
        if (base.n > 0)
            fine &= settle_cell(m, &base, main_cell, other, (double)with->total[cell],
                                with->count[cell], with->exponent, &o->share[out], &o->total[out],
                                &o->total_var[out], &pilot[cell]);
    }
    return fine;
}

bool tf_moments_settle(const struct tf_moments *m, const struct tf_settling *with,
                       struct tf_onepass *o, double *ret_pilot)
{
    bool fine = true;
    for (size_t d = 0; d < m->n_domains; d++) {
        o->df[d] = (double)m->domain_psus[d] - (double)m->domain_strata[d];
        for (size_t v = 0; v < m->l->n_vars; v++)
            fine &= settle_variable(m, with, v, d, o, ret_pilot);
    }
    return fine;
}
