/* The pass: from the sums of units to moments, and on to estimates.
 *
 *     bits, w  ->  sums of unit x domain (unit_sums.c)  ->  double, once  ->  moments (moments.c)
 *
 * The units are cut into runs by their number and the size of the tables, never by the number of
 * threads; each run has its own moments, joined in order. The first units are summed twice: once
 * before all, for the pilots that keep moments from cancelling. */
#include <math.h>
#include <string.h>

#include "measure/onepass.h"
#include "measure/variance.h"

enum { MOST_RUNS = 8, FEWEST_UNITS = 4, PILOT_UNITS = 32 };

/* ---- A run of units -------------------------------------------------------------------------- */

struct run { /* its units, its results, and room to work in */
    size_t from, to;          /* units */
    struct tf_moments *m;
    struct tf_counting counts;
    uint32_t *count;          /* [n_domains * cells8] */
    uint64_t *low, *high;     /* totals in halves of 32 bits */
    tf_u128 *total;
    struct tf_gathering gather;
    uint64_t *sum;            /* [TF_CHUNK][n_domains][cells8] */
    uint64_t *segment;        /* [cells8] */
    const double ***at;       /* [TF_CHUNK][n_domains] */
    double *row_square;       /* [cells8] */
};
struct pass {
    const struct tf_source *src;
    struct run *run;
    size_t n_runs;
};

/* Totals first, exactly; then the sums as doubles, in place. */
static void settle_unit(const struct tf_packed *p, struct run *run, uint64_t *sum,
                        const double *const *at)
{
    const size_t cells = p->layout->cells8;
    for (size_t d = 0; d < p->n_domains; d++)
        if (at[d] != NULL)
            tf_doubles_and_totals(sum + d * cells, cells, run->low + d * cells,
                                  run->high + d * cells);
}

static void narrow_stratum(const struct tf_packed *p, struct run *run, size_t from, size_t to)
{
    const size_t unit = p->n_domains * p->layout->cells8;
    for (size_t u = from; u < to; u += TF_CHUNK) {
        const size_t n = to - u < TF_CHUNK ? to - u : TF_CHUNK;
        for (size_t k = 0; k < n; k++) {
            tf_packed_unit(p, u + k, run->sum + k * unit, run->segment, &run->counts, run->at[k]);
            settle_unit(p, run, run->sum + k * unit, run->at[k]);
        }
        tf_moments_take(run->m, (const double *const *const *)run->at, n);
    }
}

/* One unit (by rows: one stratum) at a time. */
static void wide_unit(const struct tf_source *src, struct run *run, size_t unit)
{
    const size_t cells = src->layout->cells8;
    const struct tf_gathering *to = &run->gather;
    const double **at = run->at[0];
    double *sum = (double *)(void *)run->sum;
    tf_gather(src, unit, to);
    for (size_t d = 0; d < src->n_domains; d++) {
        at[d] = NULL;
        if (to->rows[d] == 0)
            continue;
        for (size_t c = d * cells; c < (d + 1) * cells; c++) {
            run->total[c] += to->sum[0][c];
            run->count[c] += to->count[c];
            sum[c] = (double)to->sum[0][c];
        }
        at[d] = sum + d * cells;
        for (size_t c = 0; c < cells && src->by_rows; c++)
            run->row_square[c] = (double)to->sum[1][d * cells + c];
        if (src->by_rows)
            tf_moments_take_rows(run->m, d, at[d], run->row_square, to->count + d * cells,
                                 to->rows[d]);
    }
    if (!src->by_rows)
        tf_moments_take(run->m, (const double *const *const *)run->at, 1);
}

/* ---- All units ------------------------------------------------------------------------------- */

static size_t stratum_at(const struct tf_source *src, size_t unit)
{
    size_t low = 0, high = src->n_strata;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (src->stratum[middle].first <= unit)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void do_run(void *context, size_t number)
{
    const struct pass *pass = context;
    const struct tf_source *src = pass->src;
    struct run *run = &pass->run[number];
    size_t h = stratum_at(src, run->from);
    for (size_t u = run->from; u < run->to; h++) {
        const struct tf_onepass_stratum *st = &src->stratum[h];
        const size_t end = st->first + st->n < run->to ? st->first + st->n : run->to;
        if (src->narrow != NULL)
            narrow_stratum(src->narrow, run, u, end);
        for (; src->narrow == NULL && u < end; u++)
            wide_unit(src, run, u);
        if (end == st->first + st->n)
            tf_moments_close(run->m, st, src->lonely, h + 1);
        u = end;
    }
    const size_t n = src->n_domains * src->layout->cells8;
    if (src->narrow == NULL)
        return;
    tf_counting_end(src->narrow, &run->counts);
    for (size_t c = 0; c < n; c++)
        run->total[c] = ((tf_u128)run->high[c] << 32) + run->low[c];
}

size_t tf_onepass_runs(size_t n_units, size_t n_domains, const struct tf_layout *l)
{
    const size_t room = (size_t)1 << 20; /* of cells, over all runs */
    const size_t cells = n_domains * l->cells8;
    size_t n = n_units / FEWEST_UNITS;
    n = n < MOST_RUNS ? n : MOST_RUNS;
    n = n * cells <= room ? n : room / cells;
    return n > 2 ? n : n_units > 1 ? 2 : 1;
}

static void new_run(struct tf_arena *a, const struct tf_source *src, struct run *run)
{
    const size_t cells = src->layout->cells8, n = src->n_domains * cells;
    const size_t chunk = src->narrow != NULL ? TF_CHUNK : 1;
    run->total = TF_NEW_N(a, tf_u128, n);
    run->sum = TF_NEW_N(a, uint64_t, chunk * n);
    run->at = TF_NEW_N(a, const double **, TF_CHUNK);
    for (size_t k = 0; k < chunk; k++)
        run->at[k] = TF_NEW_N(a, const double *, src->n_domains);
    if (src->narrow == NULL) {
        run->count = TF_NEW_N(a, uint32_t, n);
        run->gather = tf_gathering_new(a, src);
        run->row_square = TF_NEW_N(a, double, cells);
        return;
    }
    run->counts = tf_counting_new(a, src->narrow);
    run->count = run->counts.count;
    run->segment = TF_NEW_N(a, uint64_t, cells);
    run->low = TF_NEW_N(a, uint64_t, n);
    run->high = TF_NEW_N(a, uint64_t, n);
}

/* Shares in the first units, over the domains of the first scheme. */
static void first_pilot(struct tf_arena *scratch, const struct tf_source *src, double *pilot)
{
    struct run run = {.to = src->n_units < PILOT_UNITS ? src->n_units : PILOT_UNITS};
    struct pass pass = {src, &run, 1};
    new_run(scratch, src, &run);
    run.m = tf_moments_new(scratch, src->layout, src->n_domains, pilot, false, 0);
    if (run.to > 0)
        do_run(&pass, 0);
    tf_pilot_from(src->layout, run.total, src->n_first, src->n_domains, pilot);
}

/* One pass with given pilots; the runs' results are gathered in the first. */
static struct run *pass_once(struct tf_arena *scratch, const struct tf_source *src,
                             const double *pilot)
{
    const size_t n = src->n_domains * src->layout->cells8;
    struct pass pass = {.src = src,
                        .n_runs = tf_onepass_runs(src->n_units, src->n_domains, src->layout)};
    struct run *first = pass.run = TF_NEW_N(scratch, struct run, pass.n_runs);
    for (size_t k = 0; k < pass.n_runs; k++) {
        struct run *run = &pass.run[k];
        run->from = src->n_units * k / pass.n_runs;
        run->to = src->n_units * (k + 1) / pass.n_runs;
        const size_t h = src->n_strata > 0 ? stratum_at(src, run->from) : 0;
        run->m = tf_moments_new(scratch, src->layout, src->n_domains, pilot,
                                src->n_strata > 0 && src->stratum[h].first < run->from, h);
        new_run(scratch, src, run);
    }
    tf_in_parallel(src->threads, pass.n_runs, do_run, &pass);
    for (size_t k = 1; k < pass.n_runs; k++) {
        tf_moments_join(first->m, first[k].m, src->stratum, src->lonely);
        for (size_t c = 0; c < n; c++) {
            first->total[c] += first[k].total[c];
            first->count[c] += first[k].count[c];
        }
    }
    return first;
}

enum tf_code tf_onepass_of(struct tf_arena *arena, const struct tf_source *src,
                           struct tf_onepass **ret, struct tf_err *reterr)
{
    const size_t n = src->n_domains * src->layout->cells8;
    if (n == 0)
        return tf_fail(reterr, TF_E_BUG, "a pass over no variable or no domain");
    struct tf_arena *scratch = tf_arena_new("one pass", (size_t)8 << 30);
    struct tf_onepass *o = tf_onepass_new(arena, src->layout, src->n_domains);
    double *pilot = TF_NEW_N(scratch, double, n);
    first_pilot(scratch, src, pilot);
    bool fine = false;
    for (o->passes = 0; !fine && o->passes < 2; o->passes++) {
        double *next = TF_NEW_N(scratch, double, n);
        const struct run *run = pass_once(scratch, src, pilot);
        const struct tf_settling with = {run->total, run->count, src->exponent, src->lonely};
        fine = tf_moments_settle(run->m, &with, o, next);
        pilot = next;
    }
    tf_arena_free(scratch);
    *ret = o;
    return TF_OK;
}

enum tf_code tf_onepass_run(struct tf_arena *arena, const struct tf_packed *p,
                            struct tf_onepass **ret, struct tf_err *reterr)
{
    const struct tf_source src = tf_packed_source(p);
    TF_TRY(tf_onepass_of(arena, &src, ret, reterr));
    tf_onepass_squares(arena, p, *ret, true, NULL);
    return TF_OK;
}

