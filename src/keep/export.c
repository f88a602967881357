/* Exports: what all formats share, and the plain ones.
 *
 * A dataset in the vault has typed missing values. A plain file has not: there the code that the study
 * itself uses for a reason (888, 999) is written again, so that the file reads as a delivery of the
 * same study would, and importing it gives the same dataset. Where the study has no code for a reason
 * the cell is empty. */
#include <math.h>
#include <string.h>

#include "base/xlsx.h"
#include "keep/export_inside.h"
#include "keep/keys.h"

static const size_t file_limit = (size_t)3 << 30;

bool tf_export_named(const char *word, enum tf_export_kind *ret)
{
    static const char *const words[] = {[TF_EXPORT_CSV] = "csv",
                                        [TF_EXPORT_SAV] = "sav",
                                        [TF_EXPORT_DTA] = "dta",
                                        [TF_EXPORT_XLSX] = "xlsx",
                                        [TF_EXPORT_CODEBOOK] = "codebook"};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (strcmp(words[k], word) == 0) {
            *ret = (enum tf_export_kind)k;
            return true;
        }
    return false;
}

void tf_export_type(struct tf_table *t, const struct tf_dataset *d)
{
    for (size_t c = 0; d != NULL && c < t->n_cols; c++) {
        if (tf_streq(t->col[c].name, d->id_var) || tf_streq(t->col[c].name, d->weight_var))
            continue;
        for (size_t k = 0; k < d->n_missing && t->col[c].type == TF_NUMBER; k++)
            tf_column_missing(t, c, d->missing[k].code, d->missing[k].why);
    }
}

/* The study's own codes in the place of reasons. */
static void write_codes(struct tf_table *t, const struct tf_dataset *d)
{
    for (size_t c = 0; d != NULL && c < t->n_cols; c++) {
        struct tf_column *col = &t->col[c];
        if (col->type != TF_NUMBER)
            continue;
        for (size_t row = 0; row < t->n_rows; row++)
            for (size_t k = 0; k < d->n_missing && col->miss[row] != TF_PRESENT; k++)
                if (col->miss[row] == d->missing[k].why) {
                    col->num[row] = d->missing[k].code;
                    col->miss[row] = TF_PRESENT;
                }
    }
}

/* ---- Names -------------------------------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char *allowed_name(struct tf_arena *arena, const char *name, const struct tf_export_name *how,
                          size_t most)
{
    struct tf_buf b = {.arena = arena};
    if (!is_letter(name[0]))
        tf_buf_add(&b, name[0] == '_' ? "v" : "v_");
    for (const char *c = name; *c != '\0' && b.n < most; c++)
        tf_buf_char(&b, is_letter(*c) || (*c >= '0' && *c <= '9') || *c == '_' ||
                                strchr(how->more, *c) != NULL
                            ? *c
                            : '_');
    while (b.n > 1 && b.s[b.n - 1] == '.')
        b.s[--b.n] = '\0';
    for (size_t k = 0; how->reserved[k] != NULL; k++)
        if (tf_casecmp(b.s, how->reserved[k]) == 0)
            tf_buf_char(&b, '_');
    return b.s;
}

static bool is_taken(const char *const *name, size_t n, const char *one)
{
    for (size_t k = 0; k < n; k++)
        if (tf_casecmp(name[k], one) == 0)
            return true;
    return false;
}

const char **tf_export_names(struct tf_arena *arena, const struct tf_table *t,
                             const struct tf_export_name *how, struct tf_notices *out)
{
    const char **name = TF_NEW_N(arena, const char *, t->n_cols);
    size_t changed = 0;
    for (size_t c = 0; c < t->n_cols; c++) {
        name[c] = allowed_name(arena, t->col[c].name, how, how->most);
        for (size_t k = 2; is_taken(name, c, name[c]); k++) {
            const char *number = tf_printf(arena, "_%zu", k);
            name[c] = tf_printf(arena, "%s%s",
                                allowed_name(arena, t->col[c].name, how, how->most - strlen(number)),
                                number);
        }
        changed += strcmp(name[c], t->col[c].name) != 0;
    }
    if (changed > 0 && out != NULL)
        tf_notice_add(out, TF_NOTE, "names", NULL, 0, 0,
                      "The codebook (--as codebook) lists all columns under their own names.",
                      "%zu of %zu names do not fit the format and are written in another way "
                      "('a/b' as 'a_b')",
                      changed, t->n_cols);
    return name;
}

/* ---- Writing ------------------------------------------------------------------------------------ */

static struct tf_sheet data_cells(struct tf_arena *arena, const struct tf_table *t)
{
    struct tf_sheet s = {.name = "data", .n_rows = t->n_rows + 1, .n_cols = t->n_cols};
    s.cell = TF_NEW_N(arena, const char *, s.n_rows * s.n_cols);
    for (size_t c = 0; c < t->n_cols; c++) {
        const struct tf_column *col = &t->col[c];
        s.cell[c] = col->name;
        for (size_t row = 0; row < t->n_rows; row++) {
            const char **cell = &s.cell[(row + 1) * s.n_cols + c];
            *cell = "";
            if (col->miss[row] == TF_PRESENT)
                *cell = col->type == TF_TEXT ? col->text[row] : tf_double_text(arena, col->num[row]);
        }
    }
    return s;
}

static enum tf_code write_xlsx(struct tf_arena *arena, const struct tf_table *t, const char *path,
                               struct tf_err *reterr)
{
    enum { MOST_ROWS = 1048575, MOST_COLUMNS = 16384 };
    if (t->n_rows > MOST_ROWS || t->n_cols > MOST_COLUMNS) {
        (void)tf_fail(reterr, TF_E_LIMIT, "a worksheet holds no %zu rows of %zu columns", t->n_rows,
                      t->n_cols);
        return tf_help(reterr, "Export as csv, sav or dta.");
    }
    struct tf_sheet sheet[2] = {data_cells(arena, t)};
    tf_codebook_cells(arena, t, false, &sheet[1]);
    return tf_xlsx_write(path, sheet, 2, true, reterr);
}

static void codebook(struct tf_arena *arena, const struct tf_table *t,
                     const struct tf_export_opt *opt, const char *path, struct tf_buf *file)
{
    struct tf_sheet s;
    if (!tf_ends(path, ".csv")) {
        tf_codebook_html(arena, t, opt, file);
        return;
    }
    tf_codebook_cells(arena, t, opt->counts, &s);
    for (size_t k = 0; k < s.n_rows * s.n_cols; k++) {
        tf_buf_csv(file, s.cell[k]);
        tf_buf_char(file, (k + 1) % s.n_cols == 0 ? '\n' : ',');
    }
}

static enum tf_code write_file(struct tf_arena *arena, struct tf_table *t,
                               const struct tf_export_opt *opt, const char *path,
                               struct tf_notices *out, struct tf_err *reterr)
{
    struct tf_buf file = {.arena = arena};
    switch (opt->kind) {
    case TF_EXPORT_CSV:
        write_codes(t, opt->dataset);
        tf_table_csv(t, &file);
        break;
    case TF_EXPORT_XLSX:
        write_codes(t, opt->dataset);
        return write_xlsx(arena, t, path, reterr);
    case TF_EXPORT_CODEBOOK:
        codebook(arena, t, opt, path, &file);
        break;
    case TF_EXPORT_SAV:
    case TF_EXPORT_DTA:
        TF_TRY(tf_export_stat(arena, t, opt, &file, out, reterr));
        break;
    }
    return tf_private_write(arena, path, tf_buf_text(&file), file.n, reterr);
}

enum tf_code tf_export_write(struct tf_table *t, const struct tf_export_opt *opt, const char *path,
                             struct tf_notices *out, struct tf_err *reterr)
{
    struct tf_arena *arena = tf_arena_new_wiped("an export", file_limit);
    const enum tf_code code = write_file(arena, t, opt, path, out, reterr);
    tf_arena_free(arena);
    return code;
}
