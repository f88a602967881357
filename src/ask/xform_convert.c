/* From a file to a form: sheets -> XLSForm -> XForm, with all that is to be said of it.
 *
 *     file --grid--> sheets --xlsform--> form --xform_write--> document
 *
 * Beside the document there may be itemsets.csv: the lists of select_one_external, which devices read as
 * a table of their own. It has the sheet external_choices as it stands, every cell quoted. */
#include <string.h>

#include "ask/xform.h"
#include "ask/xlsform_inside.h"

/* One sentence for all languages of the document whose code is missing or unknown. */
static void warn_languages(struct tf_arena *arena, const char *file, const struct tf_buf *xml,
                           struct tf_notices *out)
{
    static const char open[] = "<translation ", lang[] = "lang=\"";
    struct tf_buf bad = {.arena = arena};
    for (const char *at = xml->s; (at = strstr(at, open)) != NULL; at++) {
        const char *end = strchr(at, '>'), *from = strstr(at, lang);
        if (end == NULL || from == NULL || from > end)
            continue;
        from += sizeof lang - 1;
        const char *name = tf_strndup(arena, from, strcspn(from, "\""));
        if (!tf_xr_language_known(name))
            tf_buf_printf(&bad, "%s'%s'", bad.n == 0 ? "" : ", ", name);
    }
    if (bad.n > 0 && out != NULL)
        tf_notice_add(out, TF_WARNING, "form-warning", file, 0, 0,
                      "Write the language with its code: label::French (fr).",
                      "no known code of a language stands behind %s", tf_buf_text(&bad));
}

static void quoted(struct tf_buf *b, const char *s, bool last)
{
    tf_buf_char(b, '"');
    for (; *s != '\0'; s++) {
        if (*s == '"')
            tf_buf_char(b, '"');
        tf_buf_char(b, *s);
    }
    tf_buf_add(b, last ? "\"\r\n" : "\",");
}

static void write_itemsets(struct tf_arena *arena, const struct tf_grid *grid,
                           struct tf_bytes *ret)
{
    struct tf_buf b = {.arena = arena};
    for (size_t k = 0; k < grid->n_sheets && b.n == 0; k++) {
        const struct tf_grid_sheet *s = &grid->sheet[k];
        if (tf_casecmp(s->name, "external_choices") != 0 || s->n_cols == 0)
            continue;
        for (size_t c = 0; c < s->n_cols; c++)
            quoted(&b, s->head[c], c + 1 == s->n_cols);
        for (size_t at = 0; at < s->n_rows * s->n_cols; at++)
            quoted(&b, s->cell[at], (at + 1) % s->n_cols == 0);
    }
    *ret = (struct tf_bytes){tf_buf_text(&b), b.n};
}

static bool any_external(struct tf_xnode *const *node, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(node[k]->type, "select one external") == 0 ||
            any_external(node[k]->child, node[k]->n_children))
            return true;
    return false;
}

/* An error that was not told yet as a notice is. */
static enum tf_code told(struct tf_notices *out, enum tf_code code, size_t before,
                         const struct tf_err *reterr)
{
    if (code != TF_OK && out != NULL && tf_notices_count(out, TF_ERROR) == before)
        tf_notice_err(out, "form-error", reterr);
    return code;
}

enum tf_code tf_xform_convert(struct tf_arena *arena, const char *path, const char *name,
                              bool pretty, struct tf_notices *out, struct tf_xform_made *ret,
                              struct tf_err *reterr)
{
    const struct tf_convert_opt opt = {
        .name = name, .stem = tf_path_stem(arena, tf_path_name(path)), .pretty = pretty};
    const size_t before = out == NULL ? 0 : tf_notices_count(out, TF_ERROR);
    struct tf_err own = {.code = TF_OK};
    struct tf_err *err = reterr == NULL ? &own : reterr;
    struct tf_grid *grid;
    struct tf_xlsform *form;
    struct tf_buf xml = {.arena = arena};
    enum tf_code code = tf_grid_read(arena, path, &grid, err);
    if (code == TF_OK)
        code = tf_xlsform_read(arena, grid, &opt, out, &form, err);
    if (code == TF_OK)
        code = tf_xform_write(arena, form, &opt, out, &xml, err);
    if (code != TF_OK)
        return told(out, code, before, err);
    warn_languages(arena, grid->file, &xml, out);
    *ret = (struct tf_xform_made){.xml = {tf_buf_text(&xml), xml.n},
                                  .id = form->id,
                                  .version = form->version == NULL ? "" : form->version};
    if (any_external(form->node, form->n_nodes))
        write_itemsets(arena, grid, &ret->itemsets);
    return TF_OK;
}
