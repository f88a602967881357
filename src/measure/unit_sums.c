/* Sums of units from packed rows.
 *
 * The weighted sum of a cell over a group of 8 rows is a subset sum of 8 numbers. There are 256 of
 * them, made by 255 additions; then each of some hundred cells is one look-up by its byte instead of
 * 8 conditional additions:
 *
 *     w = {w0 … w7}      table[b] = sum of w_r over the bits r of b
 *     sum of a cell over a unit = sum over its groups g of table_g[bits[g][cell]]
 *
 * ("Four Russians": Arlazarov, Dinic, Kronrod & Faradzhev 1970, Soviet Math. Doklady 11, 1209). All
 * in 64-bit whole numbers, so that it does not matter which rows stood together. Domains cost
 * little: rows of a unit are sorted by them, and a segment's sums go to each domain it is in.
 *
 * Where a weight is too wide for 64 bits in sum, or rows are units themselves and squares of weights
 * are summed, numbers are taken in digits of TF_LANE_BITS and gathered in 128 bits: slower, and the
 * same. */
#include <string.h>

#include "measure/onepass.h"
#include "measure/variance.h"

enum { STEP = 4, GATHER_STEPS = 64 };

/* ---- Sums of a segment ----------------------------------------------------------------------- */

#define IN_LINE static inline __attribute__((always_inline))

IN_LINE void subset_sums(const uint64_t *w, size_t rows, uint64_t *table)
{
    table[0] = 0;
    for (size_t r = 0; r < rows && r < 3; r++)
        for (size_t k = 0, half = (size_t)1 << r; k < half; k++)
            table[half + k] = table[k] + w[r];
    for (size_t r = 3; r < rows; r++)
        for (size_t k = 0, half = (size_t)1 << r; k < half; k += 8)
            *(tf_whole *)(table + half + k) = *(const tf_whole *)(table + k) + w[r];
}

/* sum[cell] = or += the sums over n groups (1..STEP). */
IN_LINE void look_up(const uint8_t *bits, size_t pitch, size_t n, const uint64_t (*table)[256],
                     size_t cells8, bool add, uint64_t *sum)
{
    for (size_t k = 0; k < cells8; k += 8)
#pragma GCC unroll 8
        for (size_t j = k; j < k + 8; j++) {
            uint64_t s = table[0][bits[j]];
            if (n > 1)
                s += table[1][bits[pitch + j]];
            if (n > 2)
                s += table[2][bits[2 * pitch + j]];
            if (n > 3)
                s += table[3][bits[3 * pitch + j]];
            if (add)
                s += sum[j];
            sum[j] = s;
        }
}

IN_LINE void look_up_step(const uint8_t *bits, size_t pitch, size_t n, const uint64_t (*table)[256],
                          size_t cells8, bool add, uint64_t *sum)
{
    switch (n) {
    case 1: look_up(bits, pitch, 1, table, cells8, add, sum); break;
    case 2: look_up(bits, pitch, 2, table, cells8, add, sum); break;
    case 3: look_up(bits, pitch, 3, table, cells8, add, sum); break;
    default: look_up(bits, pitch, 4, table, cells8, add, sum); break;
    }
}

/* Sums of n_groups groups from `group`, the last of `rows` rows in all, of one lane of weights. */
TF_EACH_MACHINE static void sum_groups(const struct tf_packed *p, const uint64_t *w, size_t group,
                                       size_t n_groups, size_t rows, uint64_t *sum)
{
    const size_t pitch = p->layout->pitch, cells8 = p->layout->cells8;
    uint64_t table[STEP][256];
    const uint64_t(*t)[256] = (const uint64_t(*)[256])table;
    for (size_t k = 0; k < n_groups; k += STEP) {
        const size_t n = n_groups - k < STEP ? n_groups - k : STEP;
        const uint8_t *bits = p->bits + (group + k) * pitch;
        for (size_t j = 0; j < n; j++)
            subset_sums(w + (group + k + j) * 8, k + j + 1 == n_groups ? rows - 8 * (k + j) : 8,
                        table[j]);
        if (k == 0)
            look_up_step(bits, pitch, n, t, cells8, false, sum);
        else
            look_up_step(bits, pitch, n, t, cells8, true, sum);
    }
}

/* ---- Cases ---------------------------------------------------------------------------------- */

/* Bits of each byte, in that byte. */
IN_LINE void add_bits_of_bytes(const uint8_t *bits, tf_whole *sum)
{
    tf_whole x = *(const tf_whole *)(const void *)bits;
    x -= (x >> 1) & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    *sum += (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
}

/* Cases are counted in 16 bits (even and odd bytes apart) and moved on before those run over. */
enum { BYTE_GROUPS = 31, MOST_COUNTED = 65535 };

TF_EACH_MACHINE static void count_groups(const uint8_t *bits, size_t pitch, size_t n, size_t cells,
                                         uint64_t *even, uint64_t *odd)
{
    const uint64_t low = 0x00FF00FF00FF00FFu;
    for (size_t c = 0; c < cells; c += 64) {
        tf_whole sum = {0};
        for (size_t g = 0; g < n; g++)
            add_bits_of_bytes(bits + g * pitch + c, &sum);
        *(tf_whole *)(even + c / 8) += sum & low;
        *(tf_whole *)(odd + c / 8) += (sum >> 8) & low;
    }
}

/* Move the counts of a domain to where they have room. */
static void move_counts(const struct tf_layout *l, uint64_t *even, uint64_t *odd, uint32_t *count)
{
    for (size_t c = 0; c < l->cells8; c++) {
        const size_t byte = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? c % 8 : 7 - c % 8;
        const uint64_t word = byte % 2 == 0 ? even[c / 8] : odd[c / 8];
        count[c] += (uint32_t)(word >> (byte / 2 * 16)) & 0xFFFFu;
    }
    memset(even, 0, l->pitch);
    memset(odd, 0, l->pitch);
}

/* Cases of each cell in a segment, to the counts of its domains. */
static void count_cases(const struct tf_packed *p, const struct tf_counting *to,
                        const struct tf_segment *seg)
{
    const struct tf_layout *l = p->layout;
    const uint32_t *domain = p->atom_domain + seg->atom * p->n_schemes;
    for (size_t k = 0; k < seg->n_groups; k += BYTE_GROUPS) {
        const size_t n = seg->n_groups - k < BYTE_GROUPS ? seg->n_groups - k : BYTE_GROUPS;
        for (size_t s = 0; s < p->n_schemes; s++) {
            const size_t d = domain[s];
            if (d == TF_NO_CODE)
                continue;
            uint64_t *even = to->even + d * l->pitch / 8, *odd = to->odd + d * l->pitch / 8;
            if (to->counted[d] + n * 8 > MOST_COUNTED) {
                move_counts(l, even, odd, to->count + d * l->cells8);
                to->counted[d] = 0;
            }
            to->counted[d] += (uint32_t)n * 8;
            count_groups(p->bits + (seg->group + k) * l->pitch, l->pitch, n, l->cells8, even, odd);
        }
    }
}

void tf_counting_end(const struct tf_packed *p, const struct tf_counting *to)
{
    const struct tf_layout *l = p->layout;
    for (size_t d = 0; d < p->n_domains; d++) {
        move_counts(l, to->even + d * l->pitch / 8, to->odd + d * l->pitch / 8,
                    to->count + d * l->cells8);
        to->counted[d] = 0;
    }
}

struct tf_counting tf_counting_new(struct tf_arena *a, const struct tf_packed *p)
{
    const size_t words = p->n_domains * p->layout->pitch / 8;
    return (struct tf_counting){
        .count = TF_NEW_N(a, uint32_t, p->n_domains * p->layout->cells8),
        .even = TF_NEW_N(a, uint64_t, words), .odd = TF_NEW_N(a, uint64_t, words),
        .counted = TF_NEW_N(a, uint32_t, p->n_domains)};
}

/* ---- A unit ---------------------------------------------------------------------------------- */

static void add_sums(uint64_t *to, const uint64_t *from, size_t n8)
{
    for (size_t k = 0; k < n8; k += 8)
        *(tf_whole *)(to + k) += *(const tf_whole *)(from + k);
}

void tf_packed_unit(const struct tf_packed *p, size_t unit, uint64_t *sum, uint64_t *segment,
                    const struct tf_counting *counts, const double **at)
{
    const size_t cells = p->layout->cells8;
    memset(at, 0, p->n_domains * sizeof *at);
    for (size_t k = p->unit_segment[unit]; k < p->unit_segment[unit + 1]; k++) {
        const struct tf_segment *seg = &p->segment[k];
        const uint32_t *domain = p->atom_domain + seg->atom * p->n_schemes;
        uint64_t *first = NULL;
        for (size_t s = 0; s < p->n_schemes && first == NULL; s++)
            if (domain[s] != TF_NO_CODE && at[domain[s]] == NULL)
                first = sum + domain[s] * cells; /* nothing there yet: sum in place */
        uint64_t *own = first != NULL ? first : segment;
        sum_groups(p, p->w, seg->group, seg->n_groups, seg->n_rows, own);
        if (counts != NULL)
            count_cases(p, counts, seg);
        for (size_t s = 0; s < p->n_schemes; s++) {
            if (domain[s] == TF_NO_CODE)
                continue;
            uint64_t *here = sum + domain[s] * cells;
            if (here != own && at[domain[s]] == NULL)
                memcpy(here, own, cells * sizeof *here);
            else if (here != own)
                add_sums(here, own, cells);
            at[domain[s]] = (const double *)(const void *)here;
        }
    }
}

/* ---- Wide numbers ---------------------------------------------------------------------------- */

/* Cases of a segment, one by one: for the slow way. */
static void count_segment(const struct tf_packed *p, const struct tf_segment *seg,
                          const uint32_t *domain, uint32_t *count)
{
    const struct tf_layout *l = p->layout;
    for (size_t g = seg->group; g < seg->group + seg->n_groups; g++)
        for (size_t c = 0; c < l->n_cells; c++) {
            const int n = __builtin_popcount(p->bits[g * l->pitch + c]);
            for (size_t s = 0; s < p->n_schemes; s++)
                if (domain[s] != TF_NO_CODE)
                    count[domain[s] * l->cells8 + c] += (uint32_t)n;
        }
}

/* Digits of w, then (by rows) of its square, of up to STEP * GATHER_STEPS * 8 rows at a time. */
static void gather_segment(const struct tf_packed *p, const struct tf_segment *seg,
                           const struct tf_gathering *to)
{
    const size_t cells = p->layout->cells8, most = STEP * GATHER_STEPS;
    const uint32_t *domain = p->atom_domain + seg->atom * p->n_schemes;
    for (size_t q = 0; q < (p->by_rows ? 2u : 1u); q++)
        for (unsigned lane = 0; lane < (q == 0 ? p->lanes : p->square_lanes); lane++)
            for (size_t g = 0; g < seg->n_groups; g += most) {
                const size_t n = seg->n_groups - g < most ? seg->n_groups - g : most;
                const size_t rows = seg->n_rows - g * 8 < n * 8 ? seg->n_rows - g * 8 : n * 8;
                const uint64_t *w = (q == 0 ? p->w : p->square) + lane * p->n_groups * 8;
                sum_groups(p, w, seg->group + g, n, rows, to->segment);
                for (size_t s = 0; s < p->n_schemes; s++)
                    for (size_t c = 0; c < cells && domain[s] != TF_NO_CODE; c++)
                        to->sum[q][domain[s] * cells + c] += (tf_u128)to->segment[c]
                                                             << (lane * TF_LANE_BITS);
            }
}

static void gather_packed(const void *self, size_t unit, const struct tf_gathering *to)
{
    const struct tf_packed *p = self;
    for (size_t k = p->unit_segment[unit]; k < p->unit_segment[unit + 1]; k++) {
        const struct tf_segment *seg = &p->segment[k];
        const uint32_t *domain = p->atom_domain + seg->atom * p->n_schemes;
        gather_segment(p, seg, to);
        count_segment(p, seg, domain, to->count);
        for (size_t s = 0; s < p->n_schemes; s++)
            if (domain[s] != TF_NO_CODE)
                to->rows[domain[s]] += seg->n_rows;
    }
}

struct tf_source tf_packed_source(const struct tf_packed *p)
{
    return (struct tf_source){.layout = p->layout, .n_units = p->n_units, .stratum = p->stratum,
                              .n_strata = p->n_strata, .n_domains = p->n_domains,
                              .n_first = p->n_first, .exponent = p->exponent,
                              .lonely = p->lonely, .by_rows = p->by_rows, .threads = p->threads,
                              .narrow = p->wide ? NULL : p, .gather = gather_packed, .self = p};
}

struct tf_gathering tf_gathering_new(struct tf_arena *a, const struct tf_source *s)
{
    const size_t n = s->n_domains * s->layout->cells8;
    return (struct tf_gathering){.sum = {TF_NEW_N(a, tf_u128, n), TF_NEW_N(a, tf_u128, n)},
                                 .count = TF_NEW_N(a, uint32_t, n),
                                 .rows = TF_NEW_N(a, uint32_t, s->n_domains),
                                 .segment = TF_NEW_N(a, uint64_t, s->layout->cells8)};
}

void tf_gather(const struct tf_source *s, size_t unit, const struct tf_gathering *to)
{
    const size_t n = s->n_domains * s->layout->cells8;
    for (size_t q = 0; q < (s->by_rows ? 2u : 1u); q++)
        memset(to->sum[q], 0, n * sizeof *to->sum[q]);
    memset(to->count, 0, n * sizeof *to->count);
    memset(to->rows, 0, s->n_domains * sizeof *to->rows);
    s->gather(s->self, unit, to);
}

/* ---- Squares --------------------------------------------------------------------------------- */

struct squares {
    const struct tf_packed *p;
    struct tf_onepass *o;
    struct tf_exact *sum; /* [n_vars * n_domains] */
    bool needed_only;
};

static uint64_t weight_at(const struct tf_packed *p, size_t at)
{
    uint64_t w = p->w[at];
    for (unsigned lane = 1; lane < p->lanes; lane++)
        w += p->w[lane * p->n_groups * 8 + at] << (lane * TF_LANE_BITS);
    return w;
}

/* sum w^2 of the rows of a segment that answered variable v. */
static void segment_squares(const struct tf_packed *p, const struct tf_segment *seg, size_t v,
                            struct tf_exact *sum)
{
    const struct tf_layout *l = p->layout;
    const size_t k = l->first[v + 1] - l->first[v];
    for (size_t g = seg->group; g < seg->group + seg->n_groups; g++) {
        unsigned any = 0;
        for (size_t c = 0; c < k; c++)
            any |= p->bits[g * l->pitch + tf_layout_cell(l, v, c)];
        tf_u128 eight = 0;
        for (size_t r = 0; any != 0; r++, any >>= 1)
            if (any & 1u) {
                const uint64_t w = weight_at(p, g * 8 + r);
                eight += (tf_u128)w * w;
            }
        tf_exact_add_scaled(sum, eight, 2 * p->exponent, false);
    }
}

static void squares_of(void *context, size_t v)
{
    const struct squares *q = context;
    const struct tf_packed *p = q->p;
    const struct tf_layout *l = p->layout;
    struct tf_exact *sum = q->sum + v * p->n_domains;
    bool needed = !q->needed_only;
    for (size_t d = 0; d < p->n_domains && !needed; d++)
        for (size_t c = l->first[v]; c < l->first[v + 1] && !needed; c++) {
            const struct tf_linear *x = &q->o->share[d * l->n_cells + c];
            needed = x->n > 0 && x->constant;
        }
    for (size_t s = 0; s < p->n_segments && needed; s++) {
        const uint32_t *domain = p->atom_domain + p->segment[s].atom * p->n_schemes;
        struct tf_exact own = {{0}};
        segment_squares(p, &p->segment[s], v, &own);
        for (size_t j = 0; j < p->n_schemes; j++)
            if (domain[j] != TF_NO_CODE)
                tf_exact_join(&sum[domain[j]], &own);
    }
    for (size_t d = 0; d < p->n_domains && needed; d++)
        for (size_t c = l->first[v]; c < l->first[v + 1]; c++)
            q->o->share[d * l->n_cells + c].sum_w2 = tf_exact_value(&sum[d]);
}

void tf_onepass_squares(struct tf_arena *arena, const struct tf_packed *p, struct tf_onepass *o,
                        bool needed_only, struct tf_exact **ret)
{
    struct squares q = {p, o, NULL, needed_only};
    q.sum = TF_NEW_N(arena, struct tf_exact, p->layout->n_vars * p->n_domains);
    tf_in_parallel(p->threads, p->layout->n_vars, squares_of, &q);
    if (ret != NULL)
        *ret = q.sum;
}
