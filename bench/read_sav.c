/* Reading a statistical file into columns, beside ReadStat alone.
 *
 *   read_sav make FILE ROWS COLUMNS    write a file (.sav .zsav .dta .xpt by its name): seven of
 *                                      ten variables are codes with declared missing ones, two are
 *                                      decimals, one is a text
 *   read_sav alone FILE [ROWS]         ReadStat with callbacks that keep every value in columns of the
 *                                      size that the file's head (or ROWS) promises: the least a reader can do
 *   read_sav ours FILE                 the import of this program: caged, checked, labels and all
 *
 * One line: seconds, rows, columns, and the sum of all numbers. */
#define _POSIX_C_SOURCE 200809L
#include <readstat.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/import.h"
#include "clock.h"

/* ---- Making ------------------------------------------------------------------------------- */

static ssize_t to_file(const void *data, size_t n, void *f)
{
    return fwrite(data, 1, n, f) == n ? (ssize_t)n : -1;
}

static int make(const char *path, long rows, long cols)
{
    FILE *f = fopen(path, "wb");
    struct tf_rng rng = tf_rng_named("bench/read_sav");
    readstat_writer_t *w = readstat_writer_init();
    readstat_variable_t **v = calloc((size_t)cols, sizeof(readstat_variable_t *));
    const bool stata = tf_ends(path, ".dta"), xport = tf_ends(path, ".xpt");
    if (f == NULL || v == NULL)
        return 1;
    (void)readstat_set_data_writer(w, to_file);
    readstat_label_set_t *set =
        xport ? NULL : readstat_add_label_set(w, READSTAT_TYPE_DOUBLE, "answers");
    if (set != NULL) {
        readstat_label_double_value(set, 1, "Yes");
        readstat_label_double_value(set, 2, "No");
    }
    for (long k = 0; k < cols; k++) {
        char name[32];
        (void)snprintf(name, sizeof name, "Q%ld", k + 1);
        v[k] = k % 10 == 9 ? readstat_add_variable(w, name, READSTAT_TYPE_STRING, 8)
                           : readstat_add_variable(w, name, READSTAT_TYPE_DOUBLE, 8);
        if (k % 10 < 7 && set != NULL)
            readstat_variable_set_label_set(v[k], set);
        if (k % 10 < 7 && !stata && !xport)
            (void)readstat_variable_add_missing_double_value(v[k], 9);
    }
    if (stata) {
        (void)readstat_begin_writing_dta(w, f, rows);
    } else if (xport) {
        (void)readstat_begin_writing_xport(w, f, rows);
    } else {
        (void)readstat_writer_set_compression(
            w, tf_ends(path, ".zsav") ? READSTAT_COMPRESS_BINARY : READSTAT_COMPRESS_ROWS);
        (void)readstat_begin_writing_sav(w, f, rows);
    }
    for (long row = 0; row < rows; row++) {
        (void)readstat_begin_row(w);
        for (long k = 0; k < cols; k++) {
            const uint32_t x = tf_rng_below(&rng, 1u << 24);
            if (k % 10 == 9)
                (void)readstat_insert_string_value(w, v[k], x % 3 == 0 ? "urban" : "rural");
            else if (x % 50 == 0)
                (void)readstat_insert_missing_value(w, v[k]);
            else
                (void)readstat_insert_double_value(w, v[k], k % 10 < 7 ? x % 10 : x / 1024.0);
        }
        if (readstat_end_row(w) != READSTAT_OK)
            return 1;
    }
    (void)readstat_end_writing(w);
    return fclose(f) != 0;
}

/* ---- ReadStat alone ----------------------------------------------------------------------- */

struct columns {
    size_t rows, cols;
    double *num;       /* [cols][rows] */
    char (*text)[16];  /* [rows], of the latest text variable */
};

static int on_metadata(readstat_metadata_t *m, void *ctx)
{
    struct columns *c = ctx;
    if (readstat_get_row_count(m) >= 0)
        c->rows = (size_t)readstat_get_row_count(m);
    c->cols = (size_t)readstat_get_var_count(m);
    c->num = calloc(c->rows * c->cols, sizeof *c->num);
    c->text = calloc(c->rows, sizeof *c->text);
    return c->num == NULL || c->text == NULL;
}

static int on_variable(int index, readstat_variable_t *v, const char *labels, void *ctx)
{
    (void)index, (void)v, (void)labels, (void)ctx; /* without it this ReadStat cannot do its work */
    return READSTAT_HANDLER_OK;
}

static int on_value(int row, readstat_variable_t *variable, readstat_value_t value, void *ctx)
{
    struct columns *c = ctx;
    const size_t at = (size_t)readstat_variable_get_index(variable) * c->rows + (size_t)row;
    if (readstat_value_is_missing(value, variable))
        return READSTAT_HANDLER_OK;
    if (readstat_value_type_class(value) == READSTAT_TYPE_CLASS_STRING)
        (void)strncpy(c->text[row], readstat_string_value(value), sizeof c->text[row] - 1);
    else
        c->num[at] = readstat_double_value(value);
    return READSTAT_HANDLER_OK;
}

static int alone(const char *path, long rows)
{
    struct columns c = {.rows = (size_t)rows};
    readstat_parser_t *p = readstat_parser_init();
    double sum = 0;
    const double start = now();
    (void)readstat_set_metadata_handler(p, on_metadata);
    (void)readstat_set_variable_handler(p, on_variable);
    (void)readstat_set_value_handler(p, on_value);
    const readstat_error_t e = tf_ends(path, ".dta")   ? readstat_parse_dta(p, path, &c)
                               : tf_ends(path, ".xpt") ? readstat_parse_xport(p, path, &c)
                                                       : readstat_parse_sav(p, path, &c);
    const double took = now() - start;
    for (size_t k = 0; k < c.rows * c.cols; k++)
        sum += c.num[k];
    (void)printf("%.3f s, %zu x %zu, %.17g\n", took, c.rows, c.cols, sum);
    return e != READSTAT_OK;
}

/* ---- Ours --------------------------------------------------------------------------------- */

static int ours(const char *path)
{
    struct tf_err err = {.code = TF_OK};
    struct tf_guard guard;
    struct tf_table *t = NULL;
    double sum = 0;
    if (sodium_init() < 0 || tf_guard_begin(&guard, &err) != TF_OK)
        return 1;
    struct tf_arena *arena = tf_arena_new("bench", (size_t)16 << 30);
    const double start = now();
    if (tf_import_file(arena, path, &t, &err) != TF_OK) {
        (void)fprintf(stderr, "%s: %s / %s\n", path, err.what, err.fact);
        return 1;
    }
    const double took = now() - start;
    for (size_t k = 0; k < t->n_cols; k++)
        for (size_t row = 0; t->col[k].type == TF_NUMBER && row < t->n_rows; row++)
            sum += t->col[k].miss[row] == TF_PRESENT ? t->col[k].num[row] : 0;
    (void)printf("%.3f s, %zu x %zu, %.17g\n", took, t->n_rows, t->n_cols, sum);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "make") == 0)
        return make(argv[2], atol(argv[3]), atol(argv[4]));
    if (argc >= 3 && strcmp(argv[1], "alone") == 0)
        return alone(argv[2], argc > 3 ? atol(argv[3]) : 0);
    if (argc == 3 && strcmp(argv[1], "ours") == 0)
        return ours(argv[2]);
    (void)fprintf(stderr, "read_sav: see its head\n");
    return 2;
}
