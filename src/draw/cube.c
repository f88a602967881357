/* The cube: a sample of fixed size, balanced on what is known of every unit.
 *
 * A sample is balanced on a column x when its weighted sum meets the total of the list,
 *
 *     sum over the sample of x_k / p_k = sum over the list of x_k
 *
 * so that estimates of x have no error, and of what goes with x little. The vector of inclusion
 * probabilities is a point of the cube [0, 1]^N; the sample is a corner of it.
 *
 *   flight   walk from p along directions u with sum u_k (x_k / p_k) = 0, to the wall of the cube
 *            on either side, choosing the side so that the point keeps its expectation. Each step
 *            settles at least one unit. Only q + 1 units are looked at together, q the number of
 *            balancing columns (the fast flight of Chauvet & Tillé 2006), in an order shuffled by
 *            the stream.
 *   landing  fewer than q + 1 units are left open and no direction remains: the last balancing
 *            column is given up, and the flight goes on. The first column is p itself and is never
 *            given up: the size is exact. Name columns in the order of their importance.
 *
 * Across strata (groups of the list) the size of each is a column that is never given up: the
 * flight is made within each stratum first, then over all units still open together, and landed
 * there (Chauvet 2009). With few units in a stratum only this can balance: within one there is no
 * room.
 *
 * The inclusion probabilities are exact; balance is met to within what the last q units can upset.
 * Pairs: joint.c. Sources: Deville & Tillé (2004) Biometrika 91, 893-912; Chauvet & Tillé (2006)
 * Comput. Stat. 21, 53-62; Chauvet (2009) Surv. Methodol. 35, 115-119. Peer: sampling::samplecube,
 * whose landing by suppression this is. */
#include <math.h>
#include <string.h>

#include "draw/inside.h"

struct flight {
    const struct draw_list *l;
    double *p;            /* [n] the point, from inclusion probabilities to 0 and 1 */
    const size_t *group;  /* of each unit, or NULL: all are one */
    size_t fixed;         /* rows that are never given up: the size of each group */
    size_t rows;          /* balancing rows in force: the fixed ones and some of l->n_x */
    size_t *open, n_open; /* units looked at together, at most rows + 1 */
    double *m;            /* [rows x n_open] */
    double *scale;        /* [n_x] largest |x / p| of each column */
    double *u;            /* [n_open] the direction */
    size_t *pivot;        /* [n_open] row solved for the column, or SIZE_MAX */
};

static double balance(const struct flight *f, size_t unit, size_t row)
{
    if (row < f->fixed)
        return f->group == NULL || f->group[unit] == row ? 1 : 0;
    const size_t c = row - f->fixed;
    return f->l->x[unit * f->l->n_x + c] / f->l->p[unit] / f->scale[c];
}

/* Reduce the matrix by rows (Gauss and Jordan, largest pivot of the row); true when a column is
 * left free, and then u is the direction that moves it by 1. */
static bool direction(struct flight *f)
{
    const size_t w = f->n_open;
    for (size_t r = 0; r < f->rows; r++)
        for (size_t c = 0; c < w; c++)
            f->m[r * w + c] = balance(f, f->open[c], r);
    for (size_t c = 0; c < w; c++)
        f->pivot[c] = SIZE_MAX;
    for (size_t r = 0; r < f->rows; r++) {
        size_t best = SIZE_MAX;
        for (size_t c = 0; c < w; c++)
            if (f->pivot[c] == SIZE_MAX &&
                (best == SIZE_MAX || fabs(f->m[r * w + c]) > fabs(f->m[r * w + best])))
                best = c;
        if (best == SIZE_MAX || fabs(f->m[r * w + best]) < 1e-11)
            continue; /* the row follows from those above */
        f->pivot[best] = r;
        for (size_t i = 0; i < f->rows; i++) {
            const double by = i == r ? 0 : f->m[i * w + best] / f->m[r * w + best];
            if (fabs(by) > 0)
                for (size_t c = 0; c < w; c++)
                    f->m[i * w + c] -= by * f->m[r * w + c];
        }
    }
    size_t free_column = SIZE_MAX;
    for (size_t c = 0; c < w && free_column == SIZE_MAX; c++)
        if (f->pivot[c] == SIZE_MAX)
            free_column = c;
    if (free_column == SIZE_MAX)
        return false;
    for (size_t c = 0; c < w; c++)
        f->u[c] = f->pivot[c] == SIZE_MAX
                      ? (c == free_column ? 1 : 0)
                      : -f->m[f->pivot[c] * w + free_column] / f->m[f->pivot[c] * w + c];
    return true;
}

/* To the wall on one side or the other, keeping the expectation of every unit. */
static void leap(struct flight *f, struct tf_rng *rng)
{
    double up = (double)INFINITY, down = (double)INFINITY;
    for (size_t c = 0; c < f->n_open; c++) {
        const double p = f->p[f->open[c]], u = f->u[c];
        if (fabs(u) < 1e-11)
            continue;
        up = fmin(up, u > 0 ? (1 - p) / u : -p / u);
        down = fmin(down, u > 0 ? p / u : -(1 - p) / u);
    }
    const double go = tf_rng_uniform(rng) * (up + down) < down ? up : -down;
    size_t kept = 0;
    for (size_t c = 0; c < f->n_open; c++) {
        const size_t k = f->open[c];
        if (fabs(f->u[c]) >= 1e-11)
            f->p[k] += go * f->u[c];
        if (f->p[k] < 1e-10 || f->p[k] > 1 - 1e-10)
            f->p[k] = f->p[k] > 0.5 ? 1 : 0;
        else
            f->open[kept++] = k;
    }
    f->n_open = kept;
}

/* Fly over the units of `order` that are open; where none is left to take in, give up columns from
 * the last (landing), or leave the rest open. */
static void fly(struct flight *f, struct tf_rng *rng, const size_t *order, size_t n, bool landing)
{
    size_t next = 0;
    f->rows = f->fixed + f->l->n_x;
    f->n_open = 0;
    for (;;) {
        for (; f->n_open < f->rows + 1 && next < n; next++)
            if (f->p[order[next]] > 0 && f->p[order[next]] < 1)
                f->open[f->n_open++] = order[next];
        if (f->n_open == 0)
            break;
        if (direction(f))
            leap(f, rng);
        else if (landing && f->rows > f->fixed)
            f->rows--;
        else
            break; /* at most one unit of each group is open, and by rounding only, after landing */
    }
}

/* The units of one group, in the order given; returns how many. */
static size_t members(const struct draw_list *l, const size_t *order, size_t group, size_t *ret)
{
    size_t n = 0;
    for (size_t k = 0; k < l->n; k++)
        if (l->group == NULL || l->group[order[k]] == group)
            ret[n++] = order[k];
    return n;
}

void draw_cube(struct tf_arena *a, const struct draw_list *l, struct tf_rng *rng, unsigned *hits)
{
    const size_t groups = l->group == NULL ? 1 : l->n_groups, rows = groups + l->n_x;
    struct flight f = {.l = l};
    size_t *order = TF_NEW_N(a, size_t, l->n), *some = TF_NEW_N(a, size_t, l->n);
    f.p = TF_NEW_N(a, double, l->n);
    f.open = TF_NEW_N(a, size_t, rows + 1);
    f.m = TF_NEW_N(a, double, rows * (rows + 1));
    f.u = TF_NEW_N(a, double, rows + 1);
    f.pivot = TF_NEW_N(a, size_t, rows + 1);
    f.scale = TF_NEW_N(a, double, l->n_x);
    memcpy(f.p, l->p, l->n * sizeof *f.p);
    for (size_t c = 0; c < l->n_x; c++) {
        double most = 0;
        for (size_t k = 0; k < l->n; k++)
            most = fmax(most, fabs(l->x[k * l->n_x + c] / l->p[k]));
        f.scale[c] = most > 0 ? most : 1;
    }
    draw_shuffle(rng, order, l->n);
    f.fixed = 1;
    for (size_t g = 0; g < groups; g++)
        fly(&f, rng, some, members(l, order, g, some), groups == 1);
    if (groups > 1) {
        f.group = l->group;
        f.fixed = groups;
        fly(&f, rng, order, l->n, true);
    }
    for (size_t k = 0; k < l->n; k++)
        hits[k] += f.p[k] > 0.5 ? 1 : 0;
}
