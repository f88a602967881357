/* Many two-way tables in one pass over the rows.
 *
 * Where a sample varies by the totals of its first-stage units alone, a table needs no variable of
 * its own for each row: the sums of the weights by unit and cell say all, since the variance of
 * any smooth function of totals is that of a linear combination of them. Rows stand in the order
 * of their units, a byte for each row and variable. For each table:
 *
 *     rows of a unit      v[cell] += w              cell = code(row) cols + code(col); no branch:
 *                                                   "missing" has cells of its own, never read
 *     its end             h = (s - m v) / sqrt(m (m + 1)),  s += v      the (m+1)st of a stratum
 *                         A += f h h',                 f = (1 - n / N) n / (n - 1)
 *
 * The h are Helmert's contrasts: the sum of their squares is the sum of squares about the
 * stratum's mean, with nothing subtracted from it afterwards. A is the covariance of the totals T,
 * and that of the shares p follows: dp_k = (dT_k - p_k sum dT) / N. What unequal unit sizes cost
 * there is a digit or two of sixteen.
 *
 * Speed: four tables share a run over the rows, so that the additions of one do not wait for those
 * of the next; sixteen h of a table wait for each other, and enter A together while its elements
 * stay in registers. Jobs of four tables go to threads. All sums run in the order of the rows, by
 * vectors of four whatever the processor has: the same bits always. */
#include <math.h>
#include <string.h>

#include "measure/tabulate.h"
#include "measure/variance.h"

enum {
    TABLES = 4,   /* that share a run over the rows */
    LANES = 4,
    WIDE = 48,    /* cells, as whole vectors */
    GRID = 256,   /* with the cells of the missing */
    BLOCK = 2048, /* rows whose cells are found at a time */
    WAITING = 16, /* contrasts that enter A together */
    BYTES = 32
};
#define MISSING 0x80
typedef double lanes
    __attribute__((vector_size(LANES * sizeof(double)), aligned(sizeof(double)), may_alias));
typedef uint16_t pairs __attribute__((vector_size(BYTES)));
_Static_assert(BLOCK % BYTES == 0, "whole vectors");
_Static_assert(WIDE % LANES == 0 && (int)TF_PASS_CELLS <= (int)WIDE && WIDE < MISSING,
               "whole vectors");

#if defined(__x86_64__)
#define TF_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define TF_CLONES
#endif

#define INSIDE static inline __attribute__((always_inline)) /* compiled for the clone's processor */

struct tf_pass {
    size_t n, n_units, n_strata;
    uint32_t *order;            /* [n] row of the survey */
    double *w;                  /* [n] in that order */
    uint32_t *first_row;        /* [n_units + 1] */
    uint32_t *first_unit;       /* [n_strata + 1] */
    double *factor, *units;     /* [n_strata] f and n_h */
};

/* ---- The order of the rows ------------------------------------------------------------------ */

static bool by_units_alone(const struct tf_survey *s)
{
    if (s->kind != TF_BY_STAGES || (s->n_stages > 1 && !s->one_stage) || s->n_calibrated > 0 ||
        s->lonely_in_domains || s->n >= UINT32_MAX)
        return false;
    for (size_t h = 0; h < s->stage[0].n_strata; h++)
        if (s->stage[0].stratum_units[h] < 2)
            return false;
    return true;
}

/* Counting sort: place[i] of item i by key[i] < n_keys; first[key] where a key begins. */
static void sort_by(const uint32_t *key, size_t n, size_t n_keys, uint32_t *first, uint32_t *order)
{
    memset(first, 0, (n_keys + 1) * sizeof *first);
    for (size_t i = 0; i < n; i++)
        first[key[i] + 1]++;
    for (size_t k = 0; k < n_keys; k++)
        first[k + 1] += first[k];
    for (size_t i = 0; i < n; i++) /* moves each beginning to the next one's */
        order[first[key[i]]++] = (uint32_t)i;
    for (size_t k = n_keys; k > 0; k--)
        first[k] = first[k - 1];
    first[0] = 0;
}

struct tf_pass *tf_pass_new(struct tf_arena *arena, const struct tf_survey *s)
{
    const struct tf_stage *stage = &s->stage[0];
    if (!by_units_alone(s))
        return NULL;
    struct tf_pass *p = TF_NEW(arena, struct tf_pass);
    uint32_t *unit = TF_NEW_N(arena, uint32_t, stage->n_units);
    uint32_t *rank = TF_NEW_N(arena, uint32_t, stage->n_units);
    uint32_t *key = TF_NEW_N(arena, uint32_t, s->n);
    p->n = s->n;
    p->n_units = stage->n_units;
    p->n_strata = stage->n_strata;
    p->first_unit = TF_NEW_N(arena, uint32_t, p->n_strata + 1);
    p->first_row = TF_NEW_N(arena, uint32_t, p->n_units + 1);
    p->order = TF_NEW_N(arena, uint32_t, s->n);
    p->w = TF_NEW_N(arena, double, s->n);
    p->factor = TF_NEW_N(arena, double, p->n_strata);
    p->units = TF_NEW_N(arena, double, p->n_strata);
    sort_by(stage->unit_stratum, p->n_units, p->n_strata, p->first_unit, unit);
    for (size_t h = 0; h < p->n_strata; h++) /* units without a row count as 0: not seen here */
        if (p->first_unit[h + 1] - p->first_unit[h] != stage->stratum_units[h])
            return NULL;
    for (size_t u = 0; u < p->n_units; u++)
        rank[unit[u]] = (uint32_t)u;
    for (size_t i = 0; i < s->n; i++)
        key[i] = rank[stage->unit[i]];
    sort_by(key, s->n, p->n_units, p->first_row, p->order);
    for (size_t i = 0; i < s->n; i++)
        p->w[i] = s->w[p->order[i]];
    for (size_t h = 0; h < p->n_strata; h++) {
        const double n = stage->stratum_units[h], all = stage->population[h];
        p->units[h] = n;
        p->factor[h] = (isfinite(all) ? (all - n) / all : 1) * n / (n - 1);
    }
    return p;
}

struct tf_byte_codes tf_pass_bytes(struct tf_arena *arena, const struct tf_pass *pass,
                              const uint32_t *code, size_t categories)
{
    uint8_t *byte = TF_NEW_N(arena, uint8_t, pass->n + BYTES);
    for (size_t i = 0; i < pass->n; i++) {
        const uint32_t c = code[pass->order[i]];
        byte[i] = (uint8_t)(c == TF_NO_CODE ? MISSING : c);
    }
    return (struct tf_byte_codes){byte, (uint32_t)categories};
}

/* ---- The sums ------------------------------------------------------------------------------- */

struct sums { /* of one table */
    const uint8_t *row, *col;
    uint32_t cols, cells, wide; /* wide: cells, as whole vectors */
    uint8_t cell[BLOCK];
    double v[GRID];             /* of one unit */
    double s[WIDE], total[WIDE];
    double h[WAITING][WIDE];
    double a[WIDE][WIDE];       /* row j: columns from j's vector on */
};

/* The cell of each row of a block: the high bit for missing, else row code x cols + col code. Two rows
 * in a 16-bit lane: a product that counts stays below 128 and so in its byte. The columns are longer
 * than their rows by a whole vector (tf_pass_bytes). */
INSIDE void find_cells(struct sums *t, size_t from, size_t n)
{
    const uint16_t cols = (uint16_t)t->cols;
    for (size_t i = 0; i < n; i += BYTES) {
        pairs row, col;
        memcpy(&row, t->row + from + i, sizeof row);
        memcpy(&col, t->col + from + i, sizeof col);
        const pairs cell = (row & 0x7F7F) * cols + (col & 0x7F7F) + ((row | col) & 0x8080);
        memcpy(t->cell + i, &cell, sizeof cell);
    }
}

/* Macros, since a vector given to a function belongs to one processor's convention. */
#define AT(x) (*(lanes *)(x))

/* A += sum of h h' over those waiting, upper part by whole vectors, four rows at a time. */
INSIDE void take_waiting(struct sums *t)
{
    for (uint32_t j = 0; j < t->wide; j += LANES)
        for (uint32_t k = j; k < t->wide; k += LANES) {
            lanes a0 = AT(&t->a[j][k]), a1 = AT(&t->a[j + 1][k]), a2 = AT(&t->a[j + 2][k]),
                  a3 = AT(&t->a[j + 3][k]);
            for (size_t m = 0; m < WAITING; m++) {
                const lanes h = AT(&t->h[m][k]);
                a0 += t->h[m][j] * h;
                a1 += t->h[m][j + 1] * h;
                a2 += t->h[m][j + 2] * h;
                a3 += t->h[m][j + 3] * h;
            }
            AT(&t->a[j][k]) = a0;
            AT(&t->a[j + 1][k]) = a1;
            AT(&t->a[j + 2][k]) = a2;
            AT(&t->a[j + 3][k]) = a3;
        }
}

/* The (m+1)st unit of a stratum has ended: its contrast into place `at`. */
INSIDE void end_unit(struct sums *t, double m, double scale, size_t at)
{
    for (uint32_t k = 0; k < t->wide; k += LANES) {
        const lanes v = AT(&t->v[k]), s = AT(&t->s[k]);
        AT(&t->h[at][k]) = (s - m * v) * scale;
        AT(&t->s[k]) = s + v;
        AT(&t->v[k]) = (lanes){0};
    }
}

INSIDE void end_stratum(struct sums *t)
{
    for (uint32_t k = 0; k < t->wide; k += LANES) {
        AT(&t->total[k]) += AT(&t->s[k]);
        AT(&t->s[k]) = (lanes){0};
    }
}

/* Rows of one unit within a block, four tables at a time. */
INSIDE void add_rows(struct sums *t, const double *w, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        t[0].v[t[0].cell[i]] += w[i];
        t[1].v[t[1].cell[i]] += w[i];
        t[2].v[t[2].cell[i]] += w[i];
        t[3].v[t[3].cell[i]] += w[i];
    }
}

INSIDE void add_unit(const struct tf_pass *p, struct sums *t, size_t row, size_t end)
{
    while (row < end) {
        const size_t block = row / BLOCK * BLOCK;
        const size_t next = block + BLOCK < p->n ? block + BLOCK : p->n;
        const size_t to = end < next ? end : next;
        if (row == block)
            for (size_t k = 0; k < TABLES; k++)
                find_cells(&t[k], block, next - block);
        add_rows(t, p->w + block, row - block, to - block);
        row = to;
    }
}

TF_CLONES static void run_over(const struct tf_pass *p, struct sums *t)
{
    size_t waiting = 0;
    for (size_t h = 0; h < p->n_strata; h++) {
        const double root = sqrt(p->factor[h]);
        double m = 0;
        for (uint32_t u = p->first_unit[h]; u < p->first_unit[h + 1]; u++, m++) {
            add_unit(p, t, p->first_row[u], p->first_row[u + 1]);
            const double scale = m > 0 ? root / sqrt(m * (m + 1)) : 0;
            for (size_t k = 0; k < TABLES; k++)
                end_unit(&t[k], m, scale, waiting);
            waiting += m > 0; /* the first of a stratum leaves no contrast */
            for (size_t k = 0; k < TABLES && waiting == WAITING; k++)
                take_waiting(&t[k]);
            waiting %= WAITING;
        }
        for (size_t k = 0; k < TABLES; k++)
            end_stratum(&t[k]);
    }
    for (size_t k = 0; k < TABLES; k++) {
        memset(t[k].h[waiting], 0, (WAITING - waiting) * sizeof t[k].h[0]);
        take_waiting(&t[k]);
    }
}

/* ---- From sums to a table ------------------------------------------------------------------- */

static struct tf_tabulated finished(struct tf_arena *arena, const struct sums *t)
{
    const size_t k = t->cells;
    struct tf_tabulated r = {.k = k, .total = TF_NEW_N(arena, double, k),
                             .share = TF_NEW_N(arena, double, k)};
    double *to_share = TF_NEW_N(arena, double, k * k), all = 0;
    r.v_total = TF_NEW_N(arena, double, k * k);
    r.v_share = TF_NEW_N(arena, double, k * k);
    for (size_t c = 0; c < k; c++)
        all += r.total[c] = t->total[c];
    for (size_t i = 0; i < k; i++) {
        r.share[i] = r.total[i] / all;
        for (size_t j = 0; j < k; j++) {
            to_share[i + j * k] = ((i == j) - r.share[i]) / all;
            r.v_total[i + j * k] = i < j ? t->a[i][j] : t->a[j][i];
        }
    }
    tf_sandwich(arena, to_share, r.v_total, k, k, r.v_share);
    return r;
}

struct jobs {
    const struct tf_pass *pass;
    struct sums *sums; /* [a multiple of TABLES]: the last group is filled with copies */
};

static void job(void *context, size_t g)
{
    const struct jobs *j = context;
    struct sums *t = j->sums + g * TABLES;
    run_over(j->pass, t);
}

void tf_pass_tables(struct tf_arena *arena, const struct tf_pass *pass,
                    const struct tf_pass_table *table, size_t n_tables, unsigned threads,
                    struct tf_tabulated *ret)
{
    const size_t groups = (n_tables + TABLES - 1) / TABLES;
    struct jobs j = {pass, TF_NEW_N(arena, struct sums, groups * TABLES)};
    for (size_t k = 0; k < groups * TABLES; k++) {
        const struct tf_pass_table *x = &table[k < n_tables ? k : n_tables - 1];
        struct sums *t = &j.sums[k];
        t->row = x->row.code;
        t->col = x->col.code;
        t->cols = x->col.categories;
        t->cells = x->row.categories * t->cols;
        t->wide = (t->cells + LANES - 1) / LANES * LANES;
    }
    tf_in_parallel(threads, groups, job, &j);
    for (size_t k = 0; k < n_tables; k++)
        ret[k] = finished(arena, &j.sums[k]);
}
