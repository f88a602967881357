/* The draw: a frame becomes a sample of PSUs, stratum by stratum.
 *
 * Allocation (allocate.c) says how many each stratum gives; the method (method.c) which. In methods
 * that use sizes, PSUs too large for their share are taken for certain and set aside
 * (probability.c); pps_systematic may hit them several times instead, as the plain draw always did,
 * and pps_wr must. The random start of each stratum comes from a stream named after the seed and
 * the stratum, so that a change in one stratum leaves the others as they were.
 *
 * Strata are independent: two PSUs of different strata come together with p_k p_l. So the joint
 * probabilities of the whole sample are one square, filled block by block. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/sheet.h"
#include "draw/inside.h"

static int by_name(const void *a, const void *b)
{
    const struct draw_stratum *x = a, *y = b;
    return strcmp(x->name, y->name);
}

struct draw_stratum *draw_strata_of(struct tf_arena *arena, const struct tf_frame *f, size_t *ret_n)
{
    struct draw_stratum *s = NULL;
    size_t n = 0, cap = 0;
    for (size_t k = 0; k < f->n; k++) {
        size_t at = 0;
        if (f->psu[k].excluded)
            continue;
        while (at < n && strcmp(s[at].name, f->psu[k].stratum) != 0)
            at++;
        if (at == n) {
            s = tf_grow(arena, s, n, &cap, sizeof *s);
            s[n++] = (struct draw_stratum){.name = f->psu[k].stratum};
        }
        s[at].psu = tf_grow(arena, s[at].psu, s[at].n, &s[at].cap, sizeof *s[at].psu);
        s[at].psu[s[at].n++] = k;
        s[at].size += f->psu[k].size;
    }
    if (n > 0)
        qsort(s, n, sizeof *s, by_name);
    *ret_n = n;
    return s;
}

/* ---- how many in each stratum ---- */

static enum tf_code refuse_total(const struct tf_frame *f, size_t wanted, size_t n, size_t low,
                                 size_t high, struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_DESIGN, f->file, 0, 0, "%zu PSUs cannot be drawn from this frame",
                     wanted);
    (void)tf_fact(reterr, "it has %zu strata and %zu PSUs that could be sampled", n, high);
    return tf_help(reterr, "Draw between %zu (the least in each stratum) and %zu.", low, high);
}

static enum tf_code refuse_stratum(const struct tf_frame *f, const struct draw_stratum *s,
                                   size_t low, struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_DESIGN, f->file, 0, 0,
                     "the stratum '%s' has %s that could be sampled", s->name,
                     s->n == 1 ? "one PSU" : "too few PSUs");
    if (low <= 2)
        (void)tf_fact(reterr, "with fewer than 2 PSUs its variance cannot be estimated");
    else
        (void)tf_fact(reterr, "it has %zu, and at least %zu are asked for", s->n, low);
    return tf_help(reterr, "Join it with a neighbouring stratum in the frame.");
}

static enum tf_code share_out(struct tf_arena *a, const struct tf_frame *f, struct draw_stratum *s,
                              size_t n, const struct tf_draw_opt *opt, struct tf_err *reterr)
{
    struct draw_share *share = TF_NEW_N(a, struct draw_share, n);
    const bool given = opt->allocation == TF_ALLOCATE_GIVEN;
    size_t low = 0, high = 0, total = opt->n;
    for (size_t k = 0; k < n; k++) {
        share[k].high = s[k].n;
        TF_TRY(draw_share_of(opt->strata, opt->allocation, opt->power, s[k].name, s[k].size,
                             &share[k].weight, reterr));
        share[k].low =
            given ? (size_t)share[k].weight : draw_low_of(opt->strata, s[k].name, opt->min);
        if (s[k].n < share[k].low)
            return refuse_stratum(f, &s[k], share[k].low, reterr);
        low += share[k].low;
        high += share[k].high;
    }
    if (given && opt->n == 0)
        total = low;
    if (n == 0 || total < low || total > high || total == 0 || (given && total != low))
        return refuse_total(f, total, n, low, given ? low : high, reterr);
    draw_allocate(a, share, n, total);
    for (size_t k = 0; k < n; k++)
        s[k].take = share[k].take;
    return TF_OK;
}

/* ---- balancing columns ---- */

static enum tf_code balance_columns(struct tf_arena *a, const struct tf_frame *f,
                                    const struct tf_draw_opt *opt, double **ret,
                                    struct tf_err *reterr)
{
    double *x = TF_NEW_N(a, double, f->n * opt->n_balance);
    for (size_t c = 0; c < opt->n_balance; c++) {
        size_t col;
        TF_TRY(tf_sheet_need(f->sheet, opt->balance[c], &col, reterr));
        for (size_t k = 0; k < f->n; k++) {
            const struct tf_frame_psu *p = &f->psu[k];
            const char *text = tf_sheet_text(f->sheet, p->row, col);
            double *to = &x[k * opt->n_balance + c];
            if (!p->excluded && (!tf_parse_double(text, to) || fabs(*to) > 1e15)) {
                (void)tf_sheet_fail(f->sheet, p->row, col, reterr, "%s '%s' is no number",
                                    opt->balance[c], text);
                return tf_help(reterr, "The cube balances on numbers that are known for every PSU; "
                                       "write 0 or 1 for a yes or no.");
            }
        }
    }
    *ret = x;
    return TF_OK;
}

/* ---- one stratum ---- */

struct drawing {
    struct tf_arena *a;
    const struct tf_frame *f;
    const struct tf_draw_opt *opt;
    const double *x; /* balancing columns of the frame */
    struct tf_sample *sample;
    double deff_w, deff_w2; /* sums over the frame: expected hits x weight, and x weight squared */
};

static struct tf_list list_of(const struct drawing *d, const struct draw_stratum *s)
{
    const struct draw_method *m = draw_method_of(d->opt->method);
    struct tf_list l = {.n = s->n, .n_x = d->opt->n_balance,
                        .hits = m->many_hits && !d->opt->certainty};
    double *p = TF_NEW_N(d->a, double, s->n), *size = TF_NEW_N(d->a, double, s->n);
    for (size_t k = 0; k < s->n; k++) {
        size[k] = d->f->psu[s->psu[k]].size;
        p[k] = m->sized ? (double)s->take * size[k] / s->size : (double)s->take / (double)s->n;
    }
    if (m->sized && !l.hits)
        draw_inclusion(size, s->n, s->take, p);
    if (l.n_x > 0) {
        double *x = TF_NEW_N(d->a, double, s->n * l.n_x);
        for (size_t k = 0; k < s->n; k++)
            memcpy(x + k * l.n_x, d->x + s->psu[k] * l.n_x, l.n_x * sizeof *x);
        l.x = x;
    }
    l.p = p;
    return l;
}

static void hit(const struct drawing *d, const struct draw_stratum *s, const struct tf_list *l,
                struct tf_rng *rng, unsigned *hits)
{
    if (d->opt->method != TF_DRAW_PPS_SYSTEMATIC || !l->hits) {
        tf_list_draw(d->a, d->opt->method, l, rng, hits);
        return;
    }
    double *size = TF_NEW_N(d->a, double, s->n); /* the comb over the sizes themselves */
    for (size_t k = 0; k < s->n; k++)
        size[k] = d->f->psu[s->psu[k]].size;
    draw_comb(size, s->n, s->size, s->take,
              tf_rng_uniform(rng) * s->size / (double)s->take, hits);
}

/* Probability to be in the sample at all, from the list's p. */
static double inclusion(const struct drawing *d, double p, size_t take)
{
    if (d->opt->method == TF_DRAW_PPS_WR && !d->opt->certainty)
        return 1 - pow(1 - p / (double)take, (double)take);
    return p < 1 ? p : 1;
}

static void keep(struct drawing *d, const struct draw_stratum *s, const struct tf_list *l,
                 const unsigned *hits)
{
    struct tf_sample_stratum *sum = &d->sample->stratum[d->sample->n_strata++];
    *sum = (struct tf_sample_stratum){.name = s->name, .psus = s->n, .size = s->size,
                                      .take = s->take};
    for (size_t k = 0; k < s->n; k++) {
        const struct tf_frame_psu *p = &d->f->psu[s->psu[k]];
        const double w = (isnan(p->households) ? p->size : p->households) / l->p[k];
        d->deff_w += l->p[k] * w;
        d->deff_w2 += l->p[k] * w * w;
        sum->certain += l->p[k] >= 1 && !l->hits;
        if (hits[k] == 0)
            continue;
        const double p_psu = inclusion(d, l->p[k], s->take);
        d->sample->psu[d->sample->n++] = (struct tf_sample_psu){
            .psu = p->psu, .stratum = p->stratum, .region = p->region, .area = p->area,
            .size = p->size, .households = p->households, .p_psu = p_psu, .hits = hits[k],
            .expected = l->p[k], .certain = p_psu >= 1, .frame = s->psu[k]};
    }
    for (size_t c = 0; c < l->n_x; c++)
        for (size_t k = 0; k < s->n; k++) {
            d->sample->balance[c].total += l->x[k * l->n_x + c];
            d->sample->balance[c].estimate += hits[k] * l->x[k * l->n_x + c] / l->p[k];
        }
}

/* The block of this stratum's PSUs, which stand in the sample from `from` on. */
static void join(const struct drawing *d, const struct draw_stratum *s, const struct tf_list *l,
                 const unsigned *hits, size_t from)
{
    const size_t n = d->sample->n - from, all = d->opt->n;
    size_t *who = TF_NEW_N(d->a, size_t, n), at = 0;
    for (size_t k = 0; k < s->n; k++)
        if (hits[k] > 0)
            who[at++] = k;
    double *block = TF_NEW_N(d->a, double, n * n);
    tf_list_joint(d->a, d->opt->method, l, who, n, block);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            d->sample->joint[(from + i) * all + from + j] = block[i * n + j];
}

/* Blocks stand with the stride of the wanted size; the square has that of the size drawn. */
static void close_joint(struct tf_sample *sample, size_t stride)
{
    double *joint = sample->joint;
    const size_t n = sample->n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const bool same = strcmp(sample->psu[i].stratum, sample->psu[j].stratum) == 0;
            joint[i * n + j] = same ? joint[i * stride + j]
                                    : sample->psu[i].p_psu * sample->psu[j].p_psu;
        }
}

/* All strata in one list, each a group whose size is kept: the cube across strata. */
static void draw_across(struct drawing *d, const struct draw_stratum *s, const struct tf_list *list,
                        size_t n, unsigned **hits)
{
    size_t all = 0, at = 0;
    for (size_t k = 0; k < n; k++)
        all += s[k].n;
    const size_t n_x = d->opt->n_balance;
    double *p = TF_NEW_N(d->a, double, all), *x = TF_NEW_N(d->a, double, all * n_x);
    size_t *group = TF_NEW_N(d->a, size_t, all), *who = TF_NEW_N(d->a, size_t, all), n_who = 0;
    unsigned *drawn = TF_NEW_N(d->a, unsigned, all);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < s[k].n; i++, at++) {
            p[at] = list[k].p[i];
            group[at] = k;
            for (size_t c = 0; c < n_x; c++)
                x[at * n_x + c] = list[k].x[i * n_x + c];
        }
    const struct tf_list one = {.n = all, .p = p, .x = n_x > 0 ? x : NULL, .n_x = n_x,
                                .group = group, .n_groups = n};
    struct tf_rng rng = tf_rng_named(tf_printf(d->a, "%s/all strata", d->opt->seed));
    tf_list_draw(d->a, d->opt->method, &one, &rng, drawn);
    at = 0;
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < s[k].n; i++, at++) {
            hits[k][i] = drawn[at];
            if (drawn[at] > 0)
                who[n_who++] = at;
        }
        keep(d, &s[k], &list[k], hits[k]);
    }
    d->sample->across = true;
    if (d->sample->joint != NULL)
        tf_list_joint(d->a, d->opt->method, &one, who, n_who, d->sample->joint);
}

static void open_sample(struct drawing *d, size_t n_strata)
{
    struct tf_sample *s = TF_NEW(d->a, struct tf_sample);
    s->seed_name = tf_strdup(d->a, d->opt->seed);
    s->method = d->opt->method;
    s->allocation = tf_allocation_word(d->opt->allocation);
    s->psu = TF_NEW_N(d->a, struct tf_sample_psu, d->opt->n);
    s->stratum = TF_NEW_N(d->a, struct tf_sample_stratum, n_strata);
    struct tf_buf order = {.arena = d->a};
    for (size_t c = 0; c < d->opt->n_order; c++)
        tf_buf_printf(&order, "%s%s", c > 0 ? ", " : "", d->opt->order[c]);
    s->order = tf_buf_text(&order);
    s->n_balance = d->opt->n_balance;
    s->balance = TF_NEW_N(d->a, struct tf_balance, s->n_balance);
    for (size_t c = 0; c < s->n_balance; c++)
        s->balance[c].column = d->opt->balance[c];
    if (d->opt->joint)
        s->joint = tf_alloc_n(d->a, d->opt->n * d->opt->n, sizeof *s->joint);
    d->sample = s;
}

enum tf_code tf_sample_select(struct tf_arena *arena, const struct tf_frame *frame,
                              const struct tf_draw_opt *asked, struct tf_sample **ret,
                              struct tf_err *reterr)
{
    size_t n;
    struct tf_draw_opt opt = *asked;
    struct draw_stratum *s = draw_strata_of(arena, frame, &n);
    double *x = NULL;
    opt.across = opt.across && opt.method == TF_DRAW_CUBE;
    if (opt.method == TF_DRAW_PPS_WR)
        opt.certainty = false; /* with replacement nothing is certain */
    TF_TRY(share_out(arena, frame, s, n, &opt, reterr));
    if (opt.n_balance > 0)
        TF_TRY(balance_columns(arena, frame, &opt, &x, reterr));
    if (opt.n_order > 0)
        TF_TRY(draw_order(arena, frame, &opt, s, n, reterr));
    opt.n = 0;
    for (size_t k = 0; k < n; k++)
        opt.n += s[k].take;
    struct drawing d = {.a = arena, .f = frame, .opt = &opt, .x = x};
    open_sample(&d, n);
    struct tf_list *list = TF_NEW_N(arena, struct tf_list, n);
    unsigned **hits = TF_NEW_N(arena, unsigned *, n);
    for (size_t k = 0; k < n; k++) {
        list[k] = list_of(&d, &s[k]);
        hits[k] = TF_NEW_N(arena, unsigned, s[k].n);
    }
    if (opt.across) {
        draw_across(&d, s, list, n, hits);
    } else {
        for (size_t k = 0; k < n; k++) {
            struct tf_rng rng = tf_rng_named(tf_printf(arena, "%s/%s", opt.seed, s[k].name));
            const size_t from = d.sample->n;
            hit(&d, &s[k], &list[k], &rng, hits[k]);
            keep(&d, &s[k], &list[k], hits[k]);
            if (opt.joint)
                join(&d, &s[k], &list[k], hits[k], from);
        }
        if (opt.joint)
            close_joint(d.sample, opt.n);
    }
    if (opt.reserve > 0)
        draw_reserves(arena, frame, s, n, &opt, d.sample);
    d.sample->deff_weights = (double)opt.n * d.deff_w2 / (d.deff_w * d.deff_w);
    *ret = d.sample;
    return TF_OK;
}
