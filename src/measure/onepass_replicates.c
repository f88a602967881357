/* Replicates of shares from the sums of PSUs.
 *
 * Where the replicates of a design multiply whole first-stage units (jackknife, BRR, Fay, Rao-Wu and
 * Canty-Davison bootstraps, SDR), a total under replicate r is a product of two matrices:
 *
 *     T = M S        M [replicates x units] multipliers,   S [units x cells] sums of weights
 *     share of category c of variable v under r = T_rc / sum of T_r over the categories of v
 *
 * so no weight of a row is ever made: with 500 replicates of a million rows in 10,000 units, 500 x
 * 10,000 multipliers stand for half a billion weights. The product is done in blocks of ROWS
 * replicates by COLS cells that stay in registers, over all units in their order, so each number is
 * one sum in one order, whatever the machine or the number of threads. Replicates under which nobody
 * answered are left out (tf_replicates_spread, which also says where the centre lies).
 *
 * Not here: weighting steps taken again by each replicate; they change weights row by row. */
#include <math.h>
#include <string.h>

#include "measure/onepass.h"
#include "measure/replicates.h"
#include "measure/variance.h"

enum { ROWS = 6, COLS = 16 };

struct product {
    const struct tf_survey *s;
    const struct tf_packed *p;
    size_t count, n_cells; /* replicates; cells8 x domains */
    double *m;     /* [count / ROWS][n_units][ROWS] */
    double *sum;   /* [n_cells / COLS][n_units][COLS] */
    double *total; /* [count][n_cells] */
    double *row;   /* [count][units of the survey] scratch */
    const struct tf_onepass *o;
    double *var;
    uint64_t *whole; /* [jobs][n_domains + 1][cells8] scratch */
    const double **at;
    bool refused;
};

static size_t blocks(size_t n, size_t of)
{
    return (n + of - 1) / of;
}

/* Multipliers of the replicates of one block, unit by unit. */
static void multipliers_of(void *context, size_t block)
{
    struct product *x = context;
    const size_t units = x->p->n_units, all = x->s->stage[0].n_units;
    double *to = x->m + block * units * ROWS;
    for (size_t k = 0; k < ROWS && block * ROWS + k < x->count; k++) {
        double *row = x->row + (block * ROWS + k) * all;
        if (!tf_replicates_multiplier(x->s, block * ROWS + k, row))
            x->refused = true;
        for (size_t u = 0; u < units; u++)
            to[u * ROWS + k] = row[x->p->unit_of[u]];
    }
}

/* One block of replicates times one panel of cells. */
TF_EACH_MACHINE static void multiply(const double *m, const double *sum, size_t units, double *out)
{
    tf_lanes t[ROWS][COLS / 8] = {{{0}}};
    for (size_t u = 0; u < units; u++) {
        const tf_lanes a = *(const tf_lanes *)(sum + u * COLS);
        const tf_lanes b = *(const tf_lanes *)(sum + u * COLS + 8);
#pragma GCC unroll 6
        for (size_t k = 0; k < ROWS; k++) {
            t[k][0] += m[u * ROWS + k] * a;
            t[k][1] += m[u * ROWS + k] * b;
        }
    }
    memcpy(out, t, sizeof t);
}

static void panel_of(void *context, size_t panel)
{
    struct product *x = context;
    const size_t units = x->p->n_units;
    double out[ROWS][COLS];
    for (size_t block = 0; block < blocks(x->count, ROWS); block++) {
        multiply(x->m + block * units * ROWS, x->sum + panel * units * COLS, units, &out[0][0]);
        for (size_t k = 0; k < ROWS && block * ROWS + k < x->count; k++)
            memcpy(x->total + (block * ROWS + k) * x->n_cells + panel * COLS, out[k],
                   sizeof out[k]);
    }
}

enum { UNITS = 64 }; /* summed by one job */

/* Sums of units into panels: the fast way where they fit in 64 bits. */
static void fill_units(void *context, size_t job)
{
    struct product *x = context;
    const struct tf_packed *p = x->p;
    const size_t cells = p->layout->cells8, units = p->n_units;
    uint64_t *sum = x->whole + job * (p->n_domains + 1) * cells;
    const double **at = x->at + job * p->n_domains;
    for (size_t u = job * UNITS; u < units && u < (job + 1) * UNITS; u++) {
        tf_packed_unit(p, u, sum, sum + p->n_domains * cells, NULL, at);
        for (size_t d = 0; d < p->n_domains; d++) {
            if (at[d] == NULL)
                continue;
            tf_doubles_of(sum + d * cells, cells);
            for (size_t c = 0; c < cells; c += 8) { /* 8 cells never lie across two panels */
                const size_t cell = d * cells + c;
                memcpy(x->sum + (cell / COLS * units + u) * COLS + cell % COLS, at[d] + c,
                       8 * sizeof *x->sum);
            }
        }
    }
}

static void fill_panels(struct tf_arena *scratch, struct product *x)
{
    const struct tf_source src = tf_packed_source(x->p);
    const size_t cells = x->p->layout->cells8, units = x->p->n_units;
    const size_t jobs = blocks(units, UNITS);
    if (src.narrow != NULL) {
        x->whole = TF_NEW_N(scratch, uint64_t, jobs * (x->p->n_domains + 1) * cells + 1);
        x->at = TF_NEW_N(scratch, const double *, jobs * x->p->n_domains + 1);
        tf_in_parallel(x->p->threads, jobs, fill_units, x);
        return;
    }
    const struct tf_gathering g = tf_gathering_new(scratch, &src);
    for (size_t u = 0; u < units; u++) {
        tf_gather(&src, u, &g);
        for (size_t c = 0; c < x->p->n_domains * cells; c++)
            x->sum[(c / COLS * units + u) * COLS + c % COLS] = (double)g.sum[0][c];
    }
}

/* Variance of the shares of one variable in all domains. Not for several threads: the spread has an
 * arena of its own. */
static void spread_of(const struct product *x, size_t v)
{
    const struct tf_layout *l = x->p->layout;
    const size_t k = l->first[v + 1] - l->first[v];
    double *theta = x->row; /* one cell at a time: [count], centre, variance */
    for (size_t d = 0; d < x->p->n_domains; d++)
        for (size_t c = 0; c < k; c++) {
            const size_t at = d * x->o->n_cells + l->first[v] + c;
            for (size_t r = 0; r < x->count; r++) {
                const double *total = x->total + r * x->n_cells + d * l->cells8;
                double n = 0;
                for (size_t i = 0; i < k; i++)
                    n += total[tf_layout_cell(l, v, i)];
                theta[r] = total[tf_layout_cell(l, v, c)] / n;
            }
            theta[x->count] = x->o->share[at].value;
            (void)tf_replicates_spread(x->s, theta, theta + x->count, 1, false,
                                       theta + x->count + 1);
            x->var[at] = x->o->share[at].n == 0 ? (double)NAN : theta[x->count + 1];
        }
}

enum tf_code tf_onepass_replicates(struct tf_arena *arena, const struct tf_survey *s,
                                   const struct tf_packed *p, const struct tf_onepass *o,
                                   double **ret_var, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("replicates", (size_t)8 << 30);
    const size_t cells = blocks(p->layout->cells8 * p->n_domains, COLS) * COLS;
    const size_t all = s->stage[0].n_units;
    struct product x = {.s = s, .p = p, .o = o, .count = tf_replicates_count(s), .n_cells = cells};
    x.m = TF_NEW_N(scratch, double, blocks(x.count, ROWS) * ROWS * p->n_units + 1);
    x.row = TF_NEW_N(scratch, double, x.count * all + x.count + 2);
    x.sum = TF_NEW_N(scratch, double, cells * p->n_units + 1);
    x.total = TF_NEW_N(scratch, double, x.count * cells + 1);
    x.var = *ret_var = TF_NEW_N(arena, double, p->n_domains * o->n_cells + 1);
    tf_in_parallel(p->threads, blocks(x.count, ROWS), multipliers_of, &x);
    if (x.refused || p->by_rows) {
        tf_arena_free(scratch);
        return tf_fail(reterr, TF_E_BUG, "these replicates do not multiply whole PSUs");
    }
    fill_panels(scratch, &x);
    tf_in_parallel(p->threads, cells / COLS, panel_of, &x);
    for (size_t v = 0; v < p->layout->n_vars; v++)
        spread_of(&x, v);
    tf_arena_free(scratch);
    return TF_OK;
}
