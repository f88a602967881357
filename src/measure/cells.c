/* Rows gathered into cells.
 *
 * Raking, post-stratification and calibration on categories see a row only through the cell of the
 * crossing it falls in, so they run on some dozens of numbers, and the rows are touched twice: once
 * to sum their weights by cell, once to multiply them by the cell's factor.
 *
 * Sums are made in blocks of rows whose size hangs on the data alone; blocks are shared out to the
 * threads and added up in their order, so a sum has the same bits on one thread and on eight. Rows
 * in no cell have a cell of their own past the last, which nobody reads: no branch in the loop. */
#include <string.h>

#include "measure/calibrate.h"
#include "measure/variance.h"

enum { SMALL_BLOCK = 8192, DENSE_CELLS = 4096, CHUNK = 64 };

static void make_blocks(struct tf_arena *arena, struct tf_cells *c, uint32_t *of, size_t n,
                        size_t n_rows, unsigned threads)
{
    *c = (struct tf_cells){.n = n, .n_rows = n_rows, .of = of, .threads = threads};
    c->block = 4 * n > SMALL_BLOCK ? 4 * n : SMALL_BLOCK;
    c->n_blocks = n_rows == 0 ? 1 : (n_rows + c->block - 1) / c->block;
    c->scratch = TF_NEW_N(arena, double, c->n_blocks * (n + 1));
}

void tf_cells_open(struct tf_arena *arena, struct tf_cells *c, uint32_t *of, size_t n,
                   size_t n_rows, unsigned threads)
{
    for (size_t row = 0; row < n_rows; row++)
        if (of[row] == TF_NO_CODE)
            of[row] = (uint32_t)n;
    make_blocks(arena, c, of, n, n_rows, threads);
}

struct pass {
    const struct tf_cells *c;
    const double *value, *factor;
    double *out;
};

static void sum_block(void *context, size_t b)
{
    const struct pass *p = context;
    const struct tf_cells *c = p->c;
    const size_t first = b * c->block;
    const size_t end = first + c->block < c->n_rows ? first + c->block : c->n_rows;
    double *sum = c->scratch + b * (c->n + 1);
    memset(sum, 0, (c->n + 1) * sizeof *sum);
    for (size_t row = first; row < end; row++)
        sum[c->of[row]] += p->value[row];
}

void tf_cells_sum(const struct tf_cells *c, const double *value, double *sum)
{
    struct pass p = {.c = c, .value = value};
    tf_in_parallel(c->threads, c->n_blocks, sum_block, &p);
    for (size_t k = 0; k < c->n; k++)
        sum[k] = c->scratch[k];
    for (size_t b = 1; b < c->n_blocks; b++)
        for (size_t k = 0; k < c->n; k++)
            sum[k] += c->scratch[k + b * (c->n + 1)];
}

static void multiply_block(void *context, size_t b)
{
    const struct pass *p = context;
    const struct tf_cells *c = p->c;
    const size_t first = b * c->block;
    const size_t end = first + c->block < c->n_rows ? first + c->block : c->n_rows;
    for (size_t row = first; row < end; row++)
        p->out[row] *= p->factor[c->of[row]];
}

void tf_cells_multiply(const struct tf_cells *c, double *factor, double *value)
{
    struct pass p = {.c = c, .factor = factor, .out = value};
    factor[c->n] = 1;
    tf_in_parallel(c->threads, c->n_blocks, multiply_block, &p);
}

static void subtract_block(void *context, size_t b)
{
    const struct pass *p = context;
    const struct tf_cells *c = p->c;
    const size_t first = b * c->block;
    const size_t end = first + c->block < c->n_rows ? first + c->block : c->n_rows;
    for (size_t row = first; row < end; row++)
        p->out[row] -= p->value[row] * p->factor[c->of[row]];
}

void tf_cells_subtract(const struct tf_cells *c, double *shift, const double *scale, double *z)
{
    struct pass p = {.c = c, .factor = shift, .value = scale, .out = z};
    shift[c->n] = 0;
    tf_in_parallel(c->threads, c->n_blocks, subtract_block, &p);
}

/* ---- Crossing ----------------------------------------------------------------------------- */

struct crossing {
    const struct tf_cells *c;
    const uint32_t *const *of;
    const size_t *n;
    size_t n_parts;
};

/* 64 rows at a time: a loop of known length that the compiler turns into vectors. */
static void cross_rows(const struct crossing *x, size_t first, uint32_t *cell)
{
    uint32_t outside[CHUNK] = {0};
    for (size_t k = 0; k < x->n_parts; k++) {
        const uint32_t n = (uint32_t)x->n[k];
        const uint32_t *of = x->of[k] + first;
        for (size_t j = 0; j < CHUNK; j++) {
            cell[j] = (k == 0 ? 0 : cell[j] * n) + of[j];
            outside[j] |= of[j]; /* TF_NO_CODE has every bit, a category never the highest */
        }
    }
    for (size_t j = 0; j < CHUNK; j++)
        cell[j] = outside[j] >> 31 ? (uint32_t)x->c->n : cell[j];
}

static void cross_block(void *context, size_t b)
{
    const struct crossing *x = context;
    const struct tf_cells *c = x->c;
    const size_t start = b * c->block;
    const size_t end = start + c->block < c->n_rows ? start + c->block : c->n_rows;
    size_t row = start;
    for (; row + CHUNK <= end; row += CHUNK)
        cross_rows(x, row, c->of + row);
    for (; row < end; row++) {
        size_t key = 0;
        for (size_t k = 0; k < x->n_parts; k++)
            key = x->of[k][row] == TF_NO_CODE || key >= c->n ? c->n : key * x->n[k] + x->of[k][row];
        c->of[row] = (uint32_t)key;
    }
}

/* Few possible cells: the cell's number says its categories, cells that do not occur sum to 0. */
static void cross_dense(struct tf_arena *arena, struct tf_cells *c, const uint32_t *const *of,
                        const size_t *n, size_t n_parts, size_t n_rows, size_t cells,
                        unsigned threads, uint32_t **part)
{
    struct crossing x = {c, of, n, n_parts};
    make_blocks(arena, c, TF_NEW_N(arena, uint32_t, n_rows), cells, n_rows, threads);
    tf_in_parallel(threads, c->n_blocks, cross_block, &x);
    for (size_t k = n_parts, below = 1; k-- > 0; below *= n[k]) {
        part[k] = TF_NEW_N(arena, uint32_t, cells);
        for (size_t key = 0; key < cells; key++)
            part[k][key] = (uint32_t)(key / below % n[k]);
    }
}

void tf_cells_cross(struct tf_arena *arena, struct tf_cells *c, const uint32_t *const *of,
                    const size_t *n, size_t n_parts, size_t n_rows, unsigned threads,
                    uint32_t ***ret_part)
{
    size_t cells = 1;
    uint32_t **part = TF_NEW_N(arena, uint32_t *, n_parts);
    *ret_part = part;
    for (size_t k = 0; k < n_parts && cells <= DENSE_CELLS; k++)
        cells *= n[k];
    if (cells <= DENSE_CELLS) {
        cross_dense(arena, c, of, n, n_parts, n_rows, cells, threads, part);
        return;
    }
    struct tf_codes *codes = TF_NEW_N(arena, struct tf_codes, n_parts);
    const struct tf_codes **each = TF_NEW_N(arena, const struct tf_codes *, n_parts);
    for (size_t k = 0; k < n_parts; k++) {
        uint32_t *copy = TF_NEW_N(arena, uint32_t, n_rows);
        memcpy(copy, of[k], n_rows * sizeof *copy);
        codes[k] = (struct tf_codes){.n = n[k], .of = copy};
        each[k] = &codes[k];
    }
    const struct tf_crossing x = tf_codes_cross(arena, each, n_parts, NULL, n_rows);
    for (size_t k = 0; k < n_parts; k++) {
        part[k] = TF_NEW_N(arena, uint32_t, x.n);
        for (size_t cell = 0; cell < x.n; cell++)
            part[k][cell] = of[k][x.first[cell]];
    }
    tf_cells_open(arena, c, x.of, x.n, n_rows, threads);
}
