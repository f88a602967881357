/* Successive differences: replicates for a systematic sample, from neighbours in its order.
 *
 * Unit i of a stratum gets two rows of a Hadamard matrix, a_i and a_(i+1): neighbours share a row,
 * and the last unit shares one with the first. With entries h = +1 or -1
 *
 *     multiplier of unit i in replicate r = 1 + sqrt(1 - f) 2^(-3/2) (h(a_i, r) - h(a_(i+1), r))
 *     V = 4 / R  sum_r (theta_r - centre)^2
 *
 * which for a total, while the rows last, is exactly
 *
 *     V = sum over strata of (1 - f) 1/2 sum_i (z_i - z_(i+1))^2     round the stratum,
 *
 * the successive difference estimator. Rows run through the matrix without its first; when all are
 * used a new cycle runs through them by a longer step, so that pairs do not come again soon. The
 * order of units is that of the data, or of `sort: [columns]`; `replicates` (default 80, as in the
 * American Community Survey) is raised to the next order of a matrix.
 *
 * Sources: Fay & Train (1995), Proc. Govt. Statist. Sect., ASA, 154-159; Ash (2014), Survey
 * Methodology 40, 47-59. With f = 0 the multipliers are the ACS's 1.7, 1.0 and 0.3. */
#include <math.h>
#include <stdlib.h>

#include "measure/replicates.h"

struct sdr {
    const struct tf_stage *st;
    const uint8_t *h;
    size_t order;
    uint32_t *from, *to; /* [n_units] rows */
    double *depth;       /* [n_units] sqrt(1 - f) / sqrt 2 */
};

static void multiplier(const struct tf_replicates *rep, size_t r, double *m)
{
    const struct sdr *d = rep->self;
    const uint8_t *column = d->h + r * d->order;
    for (size_t i = 0; i < d->st->n_units; i++)
        m[i] = 1 + d->depth[i] * (column[d->from[i]] - column[d->to[i]]);
}

/* ---- Rows ----------------------------------------------------------------------------------- */

static size_t common(size_t a, size_t b)
{
    return b == 0 ? a : common(b, a % b);
}

struct walk { /* through the rows 1..n of the matrix */
    size_t n, at, step;
};

static uint32_t next_row(struct walk *walk)
{
    if (walk->at == walk->n) {
        walk->at = 0;
        do
            walk->step = walk->step % (walk->n - 1) + 1;
        while (common(walk->step, walk->n) > 1);
    }
    return (uint32_t)(walk->at++ * walk->step % walk->n + 1);
}

struct place { /* of a unit in the order of the sample */
    uint32_t unit, stratum;
    uint64_t rank;
    size_t row;
};

static int in_order(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->stratum != y->stratum)
        return x->stratum < y->stratum ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The rank of every row by the columns of `sort`; NULL without. */
static enum tf_code
sort_ranks(const struct tf_replicates_reader *r, const uint32_t **ret, struct tf_err *reterr)
{
    const char **name;
    size_t n;
    *ret = NULL;
    TF_TRY(tf_yaml_opt_texts(r->s->arena, r->at, "sort", &name, &n, reterr));
    if (n == 0)
        return TF_OK;
    const struct tf_codes **codes = TF_NEW_N(r->s->arena, const struct tf_codes *, n);
    for (size_t k = 0; k < n; k++) {
        size_t col;
        TF_TRY(tf_recipe_place(tf_yaml_get(r->at, "sort"),
                               tf_table_need(r->s->t, name[k], &col, reterr), reterr));
        codes[k] = tf_codes_make(r->s->arena, r->s->t, col);
    }
    *ret = tf_codes_cross(r->s->arena, codes, n, NULL, r->s->n).of;
    return TF_OK;
}

static enum tf_code
sorted(const struct tf_replicates_reader *r, struct place **ret, struct tf_err *reterr)
{
    const struct tf_stage *st = &r->s->stage[0];
    const uint32_t *rank;
    struct place *place = TF_NEW_N(r->s->arena, struct place, st->n_units);
    TF_TRY(sort_ranks(r, &rank, reterr));
    for (size_t row = r->s->n; row-- > 0;)
        place[st->unit[row]] =
            (struct place){st->unit[row], st->stratum[row], rank != NULL ? rank[row] : 0, row};
    qsort(place, st->n_units, sizeof *place, in_order);
    *ret = place;
    return TF_OK;
}

static void give_rows(struct sdr *d, const struct place *place)
{
    struct walk walk = {d->order - 1, 0, 1};
    const struct tf_stage *st = d->st;
    for (size_t k = 0; k < st->n_units;) {
        const size_t end = k + st->stratum_units[place[k].stratum];
        const uint32_t first = next_row(&walk);
        const double f = tf_stage_fraction(st, place[k].stratum);
        uint32_t row = first;
        for (; k < end; k++) {
            d->from[place[k].unit] = row;
            row = k + 1 < end ? next_row(&walk) : first;
            d->to[place[k].unit] = row;
            d->depth[place[k].unit] = sqrt((1 - f) / 2);
        }
    }
}

enum tf_code tf_replicates_sdr(const struct tf_replicates_reader *r, struct tf_err *reterr)
{
    struct tf_arena *arena = r->s->arena;
    struct place *place;
    double wanted;
    TF_TRY(tf_yaml_opt_number(r->at, "replicates", 80, &wanted, reterr));
    if (!(wanted >= 4) || !(wanted <= 8000)) {
        (void)tf_yaml_fail(tf_yaml_get(r->at, "replicates"), reterr,
                           "`replicates` is not a number from 4 to 8,000");
        return tf_help(reterr, "80 and 160 are usual.");
    }
    TF_TRY(sorted(r, &place, reterr));
    struct sdr *d = TF_NEW(arena, struct sdr);
    d->st = &r->s->stage[0];
    d->h = tf_hadamard(arena, (size_t)wanted - 1, &d->order);
    d->from = TF_NEW_N(arena, uint32_t, d->st->n_units);
    d->to = TF_NEW_N(arena, uint32_t, d->st->n_units);
    d->depth = TF_NEW_N(arena, double, d->st->n_units);
    give_rows(d, place);
    r->rep->self = d;
    r->rep->multiplier = multiplier;
    tf_replicates_plain(r, d->order, 4 / (double)d->order);
    tf_buf_printf(r->text, "successive differences (SDR), %zu replicates", d->order);
    return TF_OK;
}
