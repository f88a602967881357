/* Packing: rows as bits, in the order in which they are summed.
 *
 * Rows with a weight are sorted by stratum, unit (PSU) and atom: the combination of domains, one of
 * each scheme, that a row is in. Rows of one unit and atom are a segment; segments are cut into
 * groups of 8 rows (the last is filled up with nothing). Of a group are kept
 *
 *     w       8 weights as whole multiples of 2^exponent
 *     bits    a byte for each cell (category of a variable): its bit r says that row r is in it
 *
 *     row         0 1 2 3 4 5 6 7
 *     sex = boy   1 0 0 1 1 0 1 0    -> one byte
 *     sex = girl  0 1 1 0 0 0 0 1    -> one byte       (row 5 did not answer)
 *
 * so that the weighted sum of a cell over a group is one look-up: of its byte in the table of the 256
 * subset sums of the group's 8 weights (onepass.c). A million rows of 100 questions are 44 MB.
 *
 * The exponent is that of the lowest bit of any weight, so that all are whole; how wide they then
 * are decides whether the sum of a unit fits in 64 bits, or is taken in digits of TF_LANE_BITS. */
#include <math.h>
#include <string.h>

#include "measure/onepass.h"
#include "measure/variance.h"

enum { MOST_ATOMS = 1 << 24 };

/* ---- Cells ---------------------------------------------------------------------------------- */

static size_t rounded_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

/* Number the cells of a class: all in main, but of two categories the first, and of one the only. */
static void number_planes(struct tf_cell_class *c, bool main_part, size_t *next)
{
    for (size_t j = 0; j < c->k; j++) {
        const bool in_main = c->k > 2 || (c->k == 2 && j == 1);
        if (in_main != main_part)
            continue;
        c->plane[j] = *next;
        *next += c->n;
    }
}

struct tf_layout *tf_layout_new(struct tf_arena *arena, const size_t *k, size_t n_vars)
{
    struct tf_layout *l = TF_NEW(arena, struct tf_layout);
    l->n_vars = n_vars;
    l->first = TF_NEW_N(arena, size_t, n_vars + 1);
    l->slot = TF_NEW_N(arena, uint32_t, n_vars + 1);
    l->of_class = TF_NEW_N(arena, uint32_t, n_vars + 1);
    l->cls = TF_NEW_N(arena, struct tf_cell_class, n_vars + 1);
    for (size_t v = 0; v < n_vars; v++)
        l->first[v + 1] = l->first[v] + k[v];
    l->n_cells = l->first[n_vars];
    size_t slot = 0;
    for (size_t size = 0; slot < n_vars; l->n_classes++) {
        size_t next = SIZE_MAX; /* the next larger number of categories */
        for (size_t v = 0; v < n_vars; v++)
            if (k[v] > size && k[v] < next)
                next = k[v];
        size = next;
        struct tf_cell_class *c = &l->cls[l->n_classes];
        *c = (struct tf_cell_class){.k = size, .first = slot,
                                    .plane = TF_NEW_N(arena, size_t, size)};
        for (size_t v = 0; v < n_vars; v++)
            if (k[v] == size) {
                l->of_class[v] = (uint32_t)l->n_classes;
                l->slot[v] = (uint32_t)slot++;
                c->n++;
            }
    }
    size_t cell = 0;
    for (size_t j = 0; j < l->n_classes; j++)
        number_planes(&l->cls[j], true, &cell);
    l->n_main = cell;
    for (size_t j = 0; j < l->n_classes; j++)
        number_planes(&l->cls[j], false, &cell);
    l->vars8 = rounded_up(n_vars, 8);
    l->cells8 = rounded_up(l->n_cells, 8);
    l->pitch = rounded_up(l->n_cells, 64);
    return l;
}

/* ---- Weights -------------------------------------------------------------------------------- */

/* x = m 2^exponent, m whole below 2^53; x > 0. */
static uint64_t whole_weight(double x, int *exponent)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    *exponent = (int)(u >> 52) - 1075; /* fits refuses what is so small that it has no leading 1 */
    return (u & 0xFFFFFFFFFFFFFu) | (uint64_t)1 << 52;
}

bool tf_onepass_fits(const struct tf_survey *s)
{
    if (s->kind != TF_BY_STAGES || (!s->one_stage && s->n_stages > 1) || s->n_calibrated > 0 ||
        s->lonely_in_domains)
        return false;
    double low = INFINITY, high = 0;
    for (size_t row = 0; row < s->n; row++) {
        if (s->w[row] < 0)
            return false;
        if (!(s->w[row] > 0))
            continue;
        low = s->w[row] < low ? s->w[row] : low;
        high = s->w[row] > high ? s->w[row] : high;
    }
    /* squares of rows are summed in 128 bits where rows are the units */
    const double room = s->stage[0].n_units == s->n ? 20 - log2((double)s->n + 1) / 2 : 20;
    return high < 0x1p43 && (high <= 0 || (low > 0x1p-40 && log2(high / low) < room));
}

struct scales {
    const struct tf_survey *s;
    int low, high; /* exponents of the lowest and behind the highest bit */
    double most;   /* largest sum of a unit */
};

static struct scales measure_weights(struct tf_arena *scratch, const struct tf_survey *s,
                                     const double *w)
{
    struct scales m = {.s = s, .low = 1000, .high = -1000};
    double *sum = TF_NEW_N(scratch, double, s->stage[0].n_units);
    for (size_t row = 0; row < s->n; row++) {
        if (!(w[row] > 0))
            continue;
        const double x = tf_round_weight(w[row]);
        int e;
        const uint64_t bits = whole_weight(x, &e);
        const int low = e + __builtin_ctzll(bits), high = e + 53;
        m.low = low < m.low ? low : m.low;
        m.high = high > m.high ? high : m.high;
        sum[s->stage[0].unit[row]] += x;
    }
    for (size_t i = 0; i < s->stage[0].n_units; i++)
        m.most = sum[i] > m.most ? sum[i] : m.most;
    return m;
}

/* ---- Domains -------------------------------------------------------------------------------- */

struct atoms {
    uint32_t *of; /* [rows] atom, TF_NO_CODE: in no domain */
    size_t n;
    uint32_t *domain; /* [n * schemes] */
};

/* Cross the schemes one by one, keeping only the combinations that occur. */
static enum tf_code find_atoms(struct tf_arena *arena, const struct tf_survey *s,
                               const struct tf_onepass_ask *ask, struct atoms *ret,
                               struct tf_err *reterr)
{
    struct atoms at = {.of = TF_NEW_N(arena, uint32_t, s->n), .n = 1};
    uint32_t *pattern = TF_NEW_N(arena, uint32_t, ask->n_schemes); /* of atoms so far */
    for (size_t k = 0; k < ask->n_schemes; k++) {
        const struct tf_onepass_scheme *scheme = &ask->scheme[k];
        const size_t wide = scheme->n + 1;
        if (at.n * wide > MOST_ATOMS)
            return tf_fail(reterr, TF_E_LIMIT, "more than 16 million combinations of domains");
        uint32_t *number = TF_NEW_N(arena, uint32_t, at.n * wide);
        size_t n = 0;
        memset(number, 0xFF, at.n * wide * sizeof *number);
        for (size_t row = 0; row < s->n; row++) {
            const uint32_t d = scheme->domain != NULL ? scheme->domain[row] : 0;
            uint32_t *slot = &number[at.of[row] * wide + (d == TF_NO_CODE ? scheme->n : d)];
            if (*slot == TF_NO_CODE)
                *slot = (uint32_t)n++;
            at.of[row] = *slot;
        }
        uint32_t *grown = TF_NEW_N(arena, uint32_t, n * ask->n_schemes);
        for (size_t old = 0; old < at.n; old++)
            for (size_t d = 0; d < wide; d++) {
                const uint32_t now = number[old * wide + d];
                if (now == TF_NO_CODE)
                    continue;
                memcpy(grown + now * ask->n_schemes, pattern + old * ask->n_schemes,
                       k * sizeof *grown);
                grown[now * ask->n_schemes + k] = d < scheme->n ? (uint32_t)d : TF_NO_CODE;
            }
        pattern = grown;
        at.n = n;
    }
    uint32_t first = 0; /* domains are numbered over all schemes */
    for (size_t k = 0; k < ask->n_schemes; k++) {
        for (size_t a = 0; a < at.n; a++)
            if (pattern[a * ask->n_schemes + k] != TF_NO_CODE)
                pattern[a * ask->n_schemes + k] += first;
        first += (uint32_t)ask->scheme[k].n;
    }
    at.domain = pattern;
    *ret = at;
    return TF_OK;
}

/* ---- Order ---------------------------------------------------------------------------------- */

/* Sort rows stably by a key below n. */
static void sort_by(struct tf_arena *scratch, const uint32_t *key, size_t n, const uint32_t *in,
                    uint32_t *out, size_t n_rows)
{
    uint32_t *start = TF_NEW_N(scratch, uint32_t, n + 1);
    for (size_t k = 0; k < n_rows; k++)
        start[key[in[k]] + 1]++;
    for (size_t k = 0; k < n; k++)
        start[k + 1] += start[k];
    for (size_t k = 0; k < n_rows; k++)
        out[start[key[in[k]]]++] = in[k];
}

/* Place of each first-stage unit in the order of strata, then units. */
static uint32_t *unit_places(struct tf_arena *scratch, const struct tf_stage *st)
{
    uint32_t *all = TF_NEW_N(scratch, uint32_t, st->n_units);
    uint32_t *sorted = TF_NEW_N(scratch, uint32_t, st->n_units);
    uint32_t *place = TF_NEW_N(scratch, uint32_t, st->n_units);
    for (size_t i = 0; i < st->n_units; i++)
        all[i] = (uint32_t)i;
    sort_by(scratch, st->unit_stratum, st->n_strata, all, sorted, st->n_units);
    for (size_t i = 0; i < st->n_units; i++)
        place[sorted[i]] = (uint32_t)i;
    return place;
}

struct order {
    uint32_t *row; /* [n] rows in order */
    size_t n;
    const uint32_t *unit; /* [rows] sorting place of a row's unit, or its stratum (by_rows) */
    size_t n_units;
};

static struct order sort_rows(struct tf_arena *scratch, const struct tf_survey *s,
                              const struct atoms *at, bool by_rows)
{
    const struct tf_stage *st = &s->stage[0];
    uint32_t *row = TF_NEW_N(scratch, uint32_t, s->n), *by_atom = TF_NEW_N(scratch, uint32_t, s->n);
    struct order o = {.row = TF_NEW_N(scratch, uint32_t, s->n)};
    for (size_t k = 0; k < s->n; k++)
        if (s->w[k] > 0)
            row[o.n++] = (uint32_t)k;
    sort_by(scratch, at->of, at->n, row, by_atom, o.n);
    o.unit = st->stratum;
    o.n_units = st->n_strata;
    if (!by_rows) {
        const uint32_t *place = unit_places(scratch, st);
        uint32_t *unit = TF_NEW_N(scratch, uint32_t, s->n);
        for (size_t k = 0; k < s->n; k++)
            unit[k] = place[st->unit[k]];
        o.unit = unit;
        o.n_units = st->n_units;
    }
    sort_by(scratch, o.unit, o.n_units, by_atom, o.row, o.n);
    return o;
}

/* ---- Segments, groups, strata ---------------------------------------------------------------- */

static void cut_segments(struct tf_arena *arena, struct tf_packed *p, const struct order *o,
                         const uint32_t *atom)
{
    size_t cap = 0, cap_units = 0;
    uint32_t *unit_of = NULL;
    uint32_t last_unit = TF_NO_CODE;
    size_t *first = TF_NEW_N(arena, size_t, o->n_units + 1);
    for (size_t k = 0; k < o->n; k++) {
        const uint32_t unit = o->unit[o->row[k]], a = atom[o->row[k]];
        struct tf_segment *seg = p->n_segments > 0 ? &p->segment[p->n_segments - 1] : NULL;
        if (unit != last_unit) {
            unit_of = tf_grow(arena, unit_of, p->n_units, &cap_units, sizeof *unit_of);
            unit_of[p->n_units] = unit;
            first[p->n_units++] = p->n_segments;
            last_unit = unit;
            seg = NULL;
        }
        if (seg == NULL || seg->atom != a) {
            p->segment = tf_grow(arena, p->segment, p->n_segments, &cap, sizeof *seg);
            seg = &p->segment[p->n_segments++];
            *seg = (struct tf_segment){.unit = (uint32_t)p->n_units - 1, .atom = a,
                                       .group = (uint32_t)p->n_groups};
        }
        seg->n_rows++;
        p->n_groups += seg->n_rows % 8 == 1;
        seg->n_groups = (seg->n_rows + 7) / 8;
    }
    first[p->n_units] = p->n_segments;
    p->unit_segment = first;
    p->unit_of = unit_of;
}

/* Strata that have rows, with their units; unit_of becomes the number in the survey. */
static void find_strata(struct tf_arena *arena, struct tf_packed *p, const struct tf_survey *s,
                        const struct order *o)
{
    const struct tf_stage *st = &s->stage[0];
    uint32_t *unit_of = TF_NEW_N(arena, uint32_t, p->n_units + 1);
    size_t k = 0; /* rows in order: units change where segments do */
    p->stratum = TF_NEW_N(arena, struct tf_onepass_stratum, st->n_strata + 1);
    p->stratum_of = TF_NEW_N(arena, uint32_t, st->n_strata + 1);
    for (size_t u = 0; u < p->n_units; u++) {
        const uint32_t row = o->row[k];
        const uint32_t h = st->stratum[row];
        for (size_t seg = p->unit_segment[u]; seg < p->unit_segment[u + 1]; seg++)
            k += p->segment[seg].n_rows;
        unit_of[u] = p->by_rows ? h : st->unit[row];
        if (p->n_strata == 0 || p->stratum_of[p->n_strata - 1] != h) {
            p->stratum_of[p->n_strata] = h;
            p->stratum[p->n_strata++] = (struct tf_onepass_stratum){
                .first = u, .units = st->stratum_units[h], .population = st->population[h]};
        }
        p->stratum[p->n_strata - 1].n++;
    }
    p->unit_of = unit_of;
}

/* ---- Filling -------------------------------------------------------------------------------- */

enum { BLOCK = 96 }; /* groups filled at a time: they stay near the processor */

struct filling {
    struct tf_packed *p;
    const struct tf_onepass_ask *ask;
};

/* A variable of up to 8 categories: all its bytes of a group in one word. `next` will be wanted
 * next: its values are called for in time. */
static inline __attribute__((always_inline)) void
fill_narrow(struct tf_packed *p, const struct tf_codes *var, const struct tf_codes *next, size_t v,
            size_t from, size_t to, size_t k)
{
    const struct tf_layout *l = p->layout;
    const uint32_t *of = var->of, *then = next->of;
    size_t cell[8];
    for (size_t c = 0; c < k; c++)
        cell[c] = tf_layout_cell(l, v, c);
    for (size_t g = from; g < to; g++) {
        const uint32_t *row = p->row + g * 8;
        uint64_t word = 0;
        __builtin_prefetch(&then[row[0]]);
        __builtin_prefetch(p->bits + (g + 1 < to ? g + 1 : from) * l->pitch + cell[0], 1);
        if (row[7] != TF_NO_CODE) {
            __builtin_prefetch(&then[row[5]]);
#pragma GCC unroll 8
            for (size_t r = 0; r < 8; r++) {
                const uint32_t code = of[row[r]];
                word |= (uint64_t)(code < k) << ((code & 7u) * 8 + r);
            }
        }
        for (size_t r = 0; row[7] == TF_NO_CODE && row[r] != TF_NO_CODE; r++) {
            const uint32_t code = of[row[r]];
            word |= (uint64_t)(code < k) << ((code & 7u) * 8 + r);
        }
        uint8_t *bits = p->bits + g * l->pitch;
#pragma GCC unroll 8
        for (size_t c = 0; c < k; c++)
            bits[cell[c]] = (uint8_t)(word >> (8 * c));
    }
}

/* The same code for each number of categories, so that its loops have an end that is known. */
static void fill_few(struct tf_packed *p, const struct tf_codes *var, const struct tf_codes *next,
                     size_t v, size_t from, size_t to)
{
    switch (var->n) {
    case 2: fill_narrow(p, var, next, v, from, to, 2); break;
    case 3: fill_narrow(p, var, next, v, from, to, 3); break;
    case 4: fill_narrow(p, var, next, v, from, to, 4); break;
    case 5: fill_narrow(p, var, next, v, from, to, 5); break;
    default: fill_narrow(p, var, next, v, from, to, var->n); break;
    }
}

static void fill_wide(struct tf_packed *p, const struct tf_codes *var, size_t v, size_t from,
                      size_t to)
{
    for (size_t g = from; g < to; g++)
        for (size_t r = 0; r < 8; r++) {
            const uint32_t row = p->row[g * 8 + r];
            if (row != TF_NO_CODE && var->of[row] != TF_NO_CODE)
                p->bits[g * p->layout->pitch + tf_layout_cell(p->layout, v, var->of[row])] |=
                    (uint8_t)(1u << r);
        }
}

static void fill_block(void *context, size_t block)
{
    const struct filling *f = context;
    struct tf_packed *p = f->p;
    const size_t from = block * BLOCK;
    const size_t to = from + BLOCK < p->n_groups ? from + BLOCK : p->n_groups;
    for (size_t v = 0; v < f->ask->n_vars; v++) {
        const struct tf_codes *var = f->ask->var[v];
        const struct tf_codes *next = v + 1 < f->ask->n_vars ? f->ask->var[v + 1] : var;
        if (var->n <= 8)
            fill_few(p, var, next, v, from, to);
        else
            fill_wide(p, var, v, from, to);
    }
}

static void lay_rows(struct tf_packed *p, const struct order *o, const double *w)
{
    const uint64_t digit = ((uint64_t)1 << TF_LANE_BITS) - 1;
    const size_t lane = p->n_groups * 8;
    size_t k = 0;
    memset(p->row, 0xFF, lane * sizeof *p->row);
    for (size_t j = 0; j < p->n_segments; j++)
        for (size_t r = 0; r < p->segment[j].n_rows; r++, k++) {
            const size_t at = (size_t)p->segment[j].group * 8 + r;
            const double x = tf_round_weight(w[o->row[k]]);
            int e;
            const uint64_t m = whole_weight(x, &e);
            const int shift = e - p->exponent; /* the bits that fall off are 0 */
            tf_u128 whole = shift < 0 ? (tf_u128)(m >> -shift) : (tf_u128)m << shift;
            p->row[at] = o->row[k];
            if (p->lanes == 1)
                p->w[at] = (uint64_t)whole;
            tf_u128 square = whole * whole;
            for (unsigned i = 0; p->lanes > 1 && i < p->lanes; i++, whole >>= TF_LANE_BITS)
                p->w[i * lane + at] = (uint64_t)whole & digit;
            for (unsigned i = 0; i < p->square_lanes; i++, square >>= TF_LANE_BITS)
                p->square[i * lane + at] = (uint64_t)square & digit;
        }
}

enum tf_code tf_packed_make(struct tf_arena *arena, const struct tf_survey *s,
                            const struct tf_onepass_ask *ask, struct tf_packed **ret,
                            struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("packing", (size_t)8 << 30);
    struct tf_packed *p = TF_NEW(arena, struct tf_packed);
    struct atoms at = {0};
    size_t *k = TF_NEW_N(scratch, size_t, ask->n_vars + 1);
    enum tf_code code = find_atoms(scratch, s, ask, &at, reterr);
    if (code != TF_OK) {
        tf_arena_free(scratch);
        return code;
    }
    for (size_t v = 0; v < ask->n_vars; v++)
        k[v] = ask->var[v]->n > 0 ? ask->var[v]->n : 1; /* nobody answered: a cell of nobody */
    const struct scales m = measure_weights(scratch, s, s->w);
    const struct order o = sort_rows(scratch, s, &at, ask->by_rows);
    *p = (struct tf_packed){.layout = tf_layout_new(arena, k, ask->n_vars),
                            .n_rows = o.n, .n_atoms = at.n, .n_schemes = ask->n_schemes,
                            .by_rows = ask->by_rows, .lonely = s->lonely,
                            .threads = ask->threads > 0 ? ask->threads : 1,
                            .exponent = o.n > 0 ? m.low : 0,
                            .bits_of_weight = o.n > 0 ? (unsigned)(m.high - m.low) : 1};
    p->wide = ask->by_rows || ldexp(m.most, -p->exponent) >= 0x1p62;
    p->lanes = p->wide ? (p->bits_of_weight + TF_LANE_BITS - 1) / TF_LANE_BITS : 1;
    if (p->by_rows)
        p->square_lanes = (2 * p->bits_of_weight + TF_LANE_BITS - 1) / TF_LANE_BITS;
    p->atom_domain = TF_NEW_N(arena, uint32_t, at.n * ask->n_schemes);
    memcpy(p->atom_domain, at.domain, at.n * ask->n_schemes * sizeof *at.domain);
    for (size_t j = 0; j < ask->n_schemes; j++)
        p->n_domains += ask->scheme[j].n;
    p->n_first = ask->n_schemes > 0 ? ask->scheme[0].n : 0;
    cut_segments(arena, p, &o, at.of);
    find_strata(arena, p, s, &o);
    p->row = TF_NEW_N(arena, uint32_t, p->n_groups * 8);
    p->w = TF_NEW_N(arena, uint64_t, p->n_groups * 8 * p->lanes);
    p->square = TF_NEW_N(arena, uint64_t, p->n_groups * 8 * p->square_lanes);
    p->bits = TF_NEW_N(arena, uint8_t, p->n_groups * p->layout->pitch);
    lay_rows(p, &o, s->w);
    struct filling f = {p, ask};
    tf_in_parallel(p->threads, (p->n_groups + BLOCK - 1) / BLOCK, fill_block, &f);
    tf_arena_free(scratch);
    *ret = p;
    return TF_OK;
}
