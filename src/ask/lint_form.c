/* A form file of either kind: an XForm is read; an XLSForm is converted, and what came of it read. The
 * rows of its survey sheet are kept, so that a finding can name the row that somebody wrote rather than a
 * line of an XForm that nobody did. */
#include <string.h>

#include "ask/xform.h"
#include "ask/xlsform.h"

enum { MAX_FORM = 16 << 20 };

static bool is_xml(const struct tf_bytes *b)
{
    size_t k = b->n >= 3 && memcmp(b->data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (k < b->n && memchr(" \t\r\n", b->data[k], 4) != NULL)
        k++;
    return k < b->n && b->data[k] == '<';
}

static size_t column(const struct tf_grid_sheet *s, const char *name)
{
    size_t k = 0;
    while (k < s->n_cols && tf_casecmp(s->head[k], name) != 0)
        k++;
    return k == s->n_cols ? SIZE_MAX : k;
}

static bool says_yes(const char *s)
{
    return tf_casecmp(s, "yes") == 0 || tf_casecmp(s, "true") == 0 || strcmp(s, "1") == 0;
}

static enum tf_code read_rows(struct tf_arena *arena, struct tf_form_file *f, struct tf_err *reterr)
{
    struct tf_grid *grid;
    TF_TRY(tf_grid_read(arena, f->path, &grid, reterr));
    for (size_t k = 0; k < grid->n_sheets; k++) {
        const struct tf_grid_sheet *s = &grid->sheet[k];
        const size_t name = column(s, "name"), sensitive = column(s, "sensitive");
        if (tf_casecmp(s->name, "survey") != 0 || name == SIZE_MAX)
            continue;
        f->row = TF_NEW_N(arena, struct tf_form_row, s->n_rows + 1);
        f->n_rows = s->n_rows;
        for (size_t r = 0; r < s->n_rows; r++) {
            const char *const *cell = &s->cell[r * s->n_cols];
            f->row[r] = (struct tf_form_row){tf_trim(arena, cell[name]), s->row[r],
                                             sensitive != SIZE_MAX && says_yes(cell[sensitive])};
        }
        break;
    }
    return TF_OK;
}

enum tf_code tf_form_read(struct tf_arena *arena, const char *path, struct tf_notices *out,
                          struct tf_form_file *ret, struct tf_err *reterr)
{
    struct tf_form_file f = {.path = path};
    struct tf_bytes b = {NULL, 0};
    struct tf_xform_made made;
    if (!tf_dir_exists(path))
        TF_TRY(tf_file_read(arena, path, MAX_FORM, &b, reterr));
    if (b.n == 0 || !is_xml(&b)) {
        TF_TRY(tf_xform_convert(arena, path, NULL, true, out, &made, reterr));
        TF_TRY(read_rows(arena, &f, reterr));
        b = made.xml;
    }
    TF_TRY(tf_xform_parse(arena, path, b.data, b.n, out, &f.form, reterr));
    *ret = f;
    return TF_OK;
}

size_t tf_form_row_of(const struct tf_form_file *f, size_t line)
{
    const char *name = NULL;
    for (size_t k = 0; k < f->form->n_fields && name == NULL && line > 0; k++)
        if (f->form->field[k].line == line)
            name = f->form->field[k].name;
    for (size_t k = 0; name != NULL && k < f->n_rows; k++)
        if (strcmp(f->row[k].name, name) == 0)
            return f->row[k].row;
    return 0;
}
