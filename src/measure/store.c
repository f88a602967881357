/* Figures in the vault: what was measured, replaced as a whole, read back in the order of the recipes.
 *
 * The texts and numbers of a struct stand in tables of offsets, in the order of the SQL columns: one
 * place says what is kept, for writing, reading and hashing alike. The hash covers everything but
 * where the figure came from, so that equal numbers have equal evidence. */
#include <stddef.h>
#include <string.h>

#include "measure/inside.h"

#include "gen/measure_sql.h" /* wants struct tf_named_sql */

#define TEXT(type, field) offsetof(struct type, field)
static const size_t figure_texts[] = { /* columns 2 .. 15 */
    TEXT(tf_measured, figure),    TEXT(tf_measured, title),      TEXT(tf_measured, dataset),
    TEXT(tf_measured, strand),    TEXT(tf_measured, stat),       TEXT(tf_measured, ci),
    TEXT(tf_measured, population), TEXT(tf_measured, source),    TEXT(tf_measured, caveat),
    TEXT(tf_measured, question),  TEXT(tf_measured, recall),     TEXT(tf_measured, base_text),
    TEXT(tf_measured, indicator), TEXT(tf_measured, indicator_version)};
static const size_t origin_texts[] = { /* columns 18 .. 23 */
    TEXT(tf_measured, design_text),  TEXT(tf_measured, dataset_evidence),
    TEXT(tf_measured, dataset_hash), TEXT(tf_measured, recipe_file),
    TEXT(tf_measured, recipe_evidence), TEXT(tf_measured, recipe_hash)};
static const size_t cell_texts[] = { /* columns 3 .. 10 */
    TEXT(tf_measured_cell, row),         TEXT(tf_measured_cell, row_label),
    TEXT(tf_measured_cell, col),         TEXT(tf_measured_cell, col_label),
    TEXT(tf_measured_cell, e.var),       TEXT(tf_measured_cell, e.var_label),
    TEXT(tf_measured_cell, e.category),  TEXT(tf_measured_cell, e.label)};
static const size_t cell_numbers[] = { /* columns 17 .. 23 */
    TEXT(tf_measured_cell, e.estimate), TEXT(tf_measured_cell, e.se),
    TEXT(tf_measured_cell, e.lo),       TEXT(tf_measured_cell, e.hi),
    TEXT(tf_measured_cell, e.deff),     TEXT(tf_measured_cell, e.df),
    TEXT(tf_measured_cell, e.base_weighted)};
static const size_t contrast_texts[] = {TEXT(tf_contrast, row), TEXT(tf_contrast, col_a),
                                        TEXT(tf_contrast, col_b)};
static const size_t contrast_numbers[] = {
    TEXT(tf_contrast, difference), TEXT(tf_contrast, se), TEXT(tf_contrast, lo),
    TEXT(tf_contrast, hi),         TEXT(tf_contrast, p),  TEXT(tf_contrast, df)};
#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *text_at(const void *from, size_t offset)
{
    const char *s;
    memcpy(&s, (const char *)from + offset, sizeof s);
    return s;
}

static double number_at(const void *from, size_t offset)
{
    double x;
    memcpy(&x, (const char *)from + offset, sizeof x);
    return x;
}

static void bind_texts(struct tf_stmt *q, int first, const void *from, const size_t *offset,
                       size_t n)
{
    for (size_t k = 0; k < n; k++)
        tf_bind_text(q, first + (int)k, text_at(from, offset[k]));
}

static void bind_numbers(struct tf_stmt *q, int first, const void *from, const size_t *offset,
                         size_t n)
{
    for (size_t k = 0; k < n; k++)
        tf_bind_real(q, first + (int)k, number_at(from, offset[k]));
}

/* first is counted from 0 when reading. */
static void take_texts(struct tf_arena *arena, struct tf_stmt *q, int first, void *to,
                       const size_t *offset, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const char *s = tf_col_text(arena, q, first + (int)k);
        memcpy((char *)to + offset[k], &s, sizeof s);
    }
}

static void take_numbers(struct tf_stmt *q, int first, void *to, const size_t *offset, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const double x = tf_col_real(q, first + (int)k);
        memcpy((char *)to + offset[k], &x, sizeof x);
    }
}

/* ---- Hash --------------------------------------------------------------------------------- */

static void hash_fields(struct tf_hasher *h, const void *from, const size_t *text, size_t n_texts,
                        const size_t *number, size_t n_numbers)
{
    for (size_t k = 0; k < n_texts; k++)
        tf_hasher_text(h, text_at(from, text[k]));
    for (size_t k = 0; k < n_numbers; k++)
        tf_hasher_double(h, number_at(from, number[k]));
}

struct tf_hash tf_measured_hash(const struct tf_measured *figure, size_t n)
{
    struct tf_hasher h;
    tf_hasher_begin(&h);
    tf_hasher_u64(&h, n);
    for (size_t f = 0; f < n; f++) {
        const struct tf_measured *m = &figure[f];
        hash_fields(&h, m, figure_texts, COUNT(figure_texts), NULL, 0);
        hash_fields(&h, m, origin_texts, COUNT(origin_texts), NULL, 0);
        tf_hasher_u64(&h, m->flags);
        tf_hasher_u64(&h, m->n_cells);
        for (size_t k = 0; k < m->n_cells; k++) {
            const struct tf_estimate *e = &m->cell[k].e;
            hash_fields(&h, &m->cell[k], cell_texts, COUNT(cell_texts), cell_numbers,
                        COUNT(cell_numbers));
            tf_hasher_u64(&h, e->n);
            tf_hasher_u64(&h, e->base);
            tf_hasher_u64(&h, e->psu);
            tf_hasher_u64(&h, e->flags);
        }
        tf_hasher_u64(&h, m->n_contrasts);
        for (size_t k = 0; k < m->n_contrasts; k++)
            hash_fields(&h, &m->contrast[k], contrast_texts, COUNT(contrast_texts),
                        contrast_numbers, COUNT(contrast_numbers));
    }
    return tf_hasher_end(&h);
}

/* ---- Writing ------------------------------------------------------------------------------ */

static enum tf_code write_cell(struct tf_db *db, size_t figure, size_t at,
                               const struct tf_measured_cell *c, struct tf_err *reterr)
{
    struct tf_stmt *q;
    const struct tf_estimate *e = &c->e;
    TF_TRY(tf_sql(db, "cell_add", &q, reterr));
    tf_bind_int(q, 1, (int64_t)figure);
    tf_bind_int(q, 2, (int64_t)at);
    bind_texts(q, 3, c, cell_texts, COUNT(cell_texts));
    tf_bind_text(q, 11, e->n_by > 0 ? e->by[0].var : NULL);
    tf_bind_text(q, 12, e->n_by > 0 ? e->by[0].value : NULL);
    tf_bind_text(q, 13, e->n_by > 0 ? e->by[0].label : NULL);
    tf_bind_int(q, 14, (int64_t)e->n);
    tf_bind_int(q, 15, (int64_t)e->base);
    tf_bind_int(q, 16, (int64_t)e->psu);
    bind_numbers(q, 17, c, cell_numbers, COUNT(cell_numbers));
    tf_bind_int(q, 24, (int64_t)e->flags);
    return tf_run(q, reterr);
}

static enum tf_code write_figure(struct tf_db *db, size_t at, const struct tf_measured *m,
                                 struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(db, "figure_add", &q, reterr));
    tf_bind_int(q, 1, (int64_t)at);
    bind_texts(q, 2, m, figure_texts, COUNT(figure_texts));
    tf_bind_int(q, 16, m->probability);
    tf_bind_int(q, 17, m->sensitive);
    bind_texts(q, 18, m, origin_texts, COUNT(origin_texts));
    tf_bind_int(q, 24, (int64_t)m->n_rows_data);
    tf_bind_int(q, 25, (int64_t)m->n_psu);
    tf_bind_int(q, 26, (int64_t)m->n_strata);
    tf_bind_int(q, 27, (int64_t)m->flags);
    TF_TRY(tf_run(q, reterr));
    for (size_t k = 0; k < m->n_cells; k++)
        TF_TRY(write_cell(db, at, k, &m->cell[k], reterr));
    for (size_t k = 0; k < m->n_contrasts; k++) {
        TF_TRY(tf_sql(db, "contrast_add", &q, reterr));
        tf_bind_int(q, 1, (int64_t)at);
        tf_bind_int(q, 2, (int64_t)k);
        bind_texts(q, 3, &m->contrast[k], contrast_texts, COUNT(contrast_texts));
        bind_numbers(q, 6, &m->contrast[k], contrast_numbers, COUNT(contrast_numbers));
        TF_TRY(tf_run(q, reterr));
    }
    return TF_OK;
}

static enum tf_code write_all(struct tf_db *db, const struct tf_measured *figure, size_t n,
                              struct tf_err *reterr)
{
    static const char *const clear[] = {"clear_figures", "clear_cells", "clear_contrasts"};
    struct tf_stmt *q;
    for (size_t k = 0; k < COUNT(clear); k++) {
        TF_TRY(tf_sql(db, clear[k], &q, reterr));
        TF_TRY(tf_run(q, reterr));
    }
    for (size_t k = 0; k < n; k++)
        TF_TRY(write_figure(db, k, &figure[k], reterr));
    return TF_OK;
}

enum tf_code tf_measured_store(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                               const struct tf_measured *figure, size_t n, struct tf_err *reterr)
{
    struct tf_db *db;
    (void)arena;
    TF_TRY(tf_keep_file(keep, country, "measure", "estimates", tf_measure_sql, &db, reterr));
    TF_TRY(tf_db_begin(db, reterr));
    const enum tf_code code = write_all(db, figure, n, reterr);
    if (code != TF_OK) {
        tf_db_rollback(db);
        return code;
    }
    return tf_db_commit(db, reterr);
}

/* ---- Reading ------------------------------------------------------------------------------ */

static enum tf_code count_rows(struct tf_db *db, const char *name, int64_t figure, size_t *ret,
                               struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    TF_TRY(tf_sql(db, name, &q, reterr));
    if (figure >= 0)
        tf_bind_int(q, 1, figure);
    *ret = 0;
    while (tf_step(q, &code, reterr))
        *ret = (size_t)tf_col_int(q, 0);
    return code;
}

static void take_cell(struct tf_arena *arena, struct tf_stmt *q, struct tf_measured_cell *c)
{
    take_texts(arena, q, 2, c, cell_texts, COUNT(cell_texts));
    if (!tf_col_null(q, 10)) {
        c->e.by = TF_NEW(arena, struct tf_by);
        *c->e.by = (struct tf_by){.var = tf_col_text(arena, q, 10),
                                  .value = tf_col_text(arena, q, 11),
                                  .label = tf_col_text(arena, q, 12)};
        c->e.n_by = 1;
    }
    c->e.n = (size_t)tf_col_int(q, 13);
    c->e.base = (size_t)tf_col_int(q, 14);
    c->e.psu = (size_t)tf_col_int(q, 15);
    take_numbers(q, 16, c, cell_numbers, COUNT(cell_numbers));
    c->e.flags = (unsigned)tf_col_int(q, 23);
}

static enum tf_code read_cells(struct tf_arena *arena, struct tf_db *db, int64_t at,
                               struct tf_measured *m, struct tf_err *reterr)
{
    struct tf_stmt *q;
    enum tf_code code;
    size_t n;
    TF_TRY(count_rows(db, "cell_count", at, &n, reterr));
    m->cell = TF_NEW_N(arena, struct tf_measured_cell, n + 1);
    TF_TRY(tf_sql(db, "cells", &q, reterr));
    tf_bind_int(q, 1, at);
    while (tf_step(q, &code, reterr))
        if (m->n_cells < n)
            take_cell(arena, q, &m->cell[m->n_cells++]);
    TF_TRY(code);
    TF_TRY(count_rows(db, "contrast_count", at, &n, reterr));
    m->contrast = TF_NEW_N(arena, struct tf_contrast, n + 1);
    TF_TRY(tf_sql(db, "contrasts", &q, reterr));
    tf_bind_int(q, 1, at);
    while (tf_step(q, &code, reterr)) {
        if (m->n_contrasts == n)
            continue;
        struct tf_contrast *c = &m->contrast[m->n_contrasts++];
        take_texts(arena, q, 2, c, contrast_texts, COUNT(contrast_texts));
        take_numbers(q, 5, c, contrast_numbers, COUNT(contrast_numbers));
    }
    return code;
}

enum tf_code tf_measured_load(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                              struct tf_measured **ret, size_t *ret_n, struct tf_err *reterr)
{
    struct tf_db *db;
    struct tf_stmt *q;
    enum tf_code code;
    size_t n, at = 0;
    TF_TRY(tf_keep_file(keep, country, "measure", "estimates", tf_measure_sql, &db, reterr));
    TF_TRY(count_rows(db, "figure_count", -1, &n, reterr));
    struct tf_measured *m = TF_NEW_N(arena, struct tf_measured, n + 1);
    TF_TRY(tf_sql(db, "figures", &q, reterr));
    while (tf_step(q, &code, reterr)) {
        if (at == n)
            continue;
        struct tf_measured *one = &m[at++];
        one->country = tf_strdup(arena, country);
        take_texts(arena, q, 1, one, figure_texts, COUNT(figure_texts));
        one->probability = tf_col_int(q, 15) != 0;
        one->sensitive = tf_col_int(q, 16) != 0;
        take_texts(arena, q, 17, one, origin_texts, COUNT(origin_texts));
        one->n_rows_data = (size_t)tf_col_int(q, 23);
        one->n_psu = (size_t)tf_col_int(q, 24);
        one->n_strata = (size_t)tf_col_int(q, 25);
        one->flags = (unsigned)tf_col_int(q, 26);
    }
    TF_TRY(code);
    for (size_t k = 0; k < at; k++)
        TF_TRY(read_cells(arena, db, (int64_t)k, &m[k], reterr));
    *ret = m;
    *ret_n = at;
    return TF_OK;
}
