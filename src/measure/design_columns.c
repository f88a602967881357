/* The columns a design names: every case must have a value in each of them (design_parts.h). */
#include <math.h>

#include "measure/design_parts.h"

const struct tf_yaml *tf_design_place(const struct tf_design_reader *r, const char *key)
{
    const struct tf_yaml *at = tf_yaml_get(r->at, key);
    return at != NULL ? at : r->at;
}

static enum tf_code find_column(const struct tf_design_reader *r, const struct tf_yaml *at,
                                size_t *ret, struct tf_err *reterr)
{
    if (at->kind != TF_YAML_SCALAR) {
        (void)tf_yaml_fail(at, reterr, "the name of a column is expected here");
        return tf_help(reterr, "Write one name, or a list of names.");
    }
    return tf_recipe_place(at, tf_table_need(r->t, at->text, ret, reterr), reterr);
}

static enum tf_code missing_value(const struct tf_design_reader *r, const struct tf_yaml *at,
                                  const char *what, const char *column, size_t row,
                                  struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has no %s", row + 1, r->t->name, what);
    (void)tf_fact(reterr, "'%s' is missing there", column);
    (void)tf_help(reterr, "Every case needs one: correct it, or leave such cases out.");
    return tf_recipe_place(at, TF_E_DESIGN, reterr);
}

/* The items of a list, or the one item that stands there without a list. */
size_t tf_design_items(const struct tf_yaml *at)
{
    return at == NULL ? 0 : at->kind == TF_YAML_LIST ? at->n : 1;
}

const struct tf_yaml *tf_design_item(const struct tf_yaml *at, size_t k)
{
    return at->kind == TF_YAML_LIST ? at->item[k] : at;
}

static enum tf_code read_part(const struct tf_design_reader *r, const struct tf_yaml *at,
                              const char *what, struct tf_design_part *ret, struct tf_err *reterr)
{
    *ret = (struct tf_design_part){.at = at, .n = tf_design_items(at)};
    ret->codes = TF_NEW_N(r->arena, const struct tf_codes *, ret->n);
    for (size_t k = 0; k < ret->n; k++) {
        size_t col;
        TF_TRY(find_column(r, tf_design_item(at, k), &col, reterr));
        ret->codes[k] = tf_codes_make(r->arena, r->t, col);
        for (size_t row = 0; row < r->t->n_rows; row++)
            if (ret->codes[k]->of[row] == TF_NO_CODE)
                return missing_value(r, at, what, r->t->col[col].name, row, reterr);
    }
    return TF_OK;
}

enum tf_code tf_design_parts_read(const struct tf_design_reader *r, const char *key,
                                  const char *what, struct tf_design_parts *ret,
                                  struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(r->at, key);
    ret->n = tf_design_items(at);
    ret->part = TF_NEW_N(r->arena, struct tf_design_part, ret->n);
    for (size_t k = 0; k < ret->n; k++)
        TF_TRY(read_part(r, tf_design_item(at, k), what, &ret->part[k], reterr));
    return TF_OK;
}

/* Numbers of a column, all there. */
enum tf_code tf_design_numbers(const struct tf_design_reader *r, const struct tf_yaml *at,
                               const char *what, double **ret, struct tf_err *reterr)
{
    size_t col;
    double *x = TF_NEW_N(r->arena, double, r->t->n_rows);
    TF_TRY(find_column(r, at, &col, reterr));
    const struct tf_column *c = &r->t->col[col];
    for (size_t row = 0; row < r->t->n_rows; row++) {
        if (tf_value_missing(c, row))
            return missing_value(r, at, what, c->name, row, reterr);
        if (tf_value_number(c, row, &x[row]))
            continue;
        (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has the %s '%.100s'", row + 1,
                      r->t->name, what, c->text[row]);
        (void)tf_help(reterr, "A number is expected in '%s'.", c->name);
        return tf_recipe_place(at, TF_E_DESIGN, reterr);
    }
    *ret = x;
    return TF_OK;
}

enum tf_code tf_design_bad_number(const struct tf_design_reader *r, const struct tf_yaml *at,
                                  const char *what, size_t row, double x, const char *rule,
                                  struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_DESIGN, "row %zu of '%s' has the %s %s", row + 1, r->t->name, what,
                  tf_double_text(r->arena, x));
    (void)tf_fact(reterr, "%s in '%s'", rule, at->text);
    (void)tf_help(reterr, "Correct it, or leave such cases out by a cleaning rule.");
    return tf_recipe_place(at, TF_E_DESIGN, reterr);
}

const char *tf_design_codes_text(struct tf_arena *arena, const struct tf_design_part *p, size_t row)
{
    struct tf_buf b = {.arena = arena};
    for (size_t k = 0; k < p->n; k++)
        tf_buf_printf(&b, "%s%s = %s", k > 0 ? ", " : "", p->codes[k]->column->name,
                      p->codes[k]->text[p->codes[k]->of[row]]);
    return tf_buf_text(&b);
}

enum tf_code tf_design_csv(struct tf_arena *arena, const struct tf_yaml *at, const char *dir,
                           struct tf_table **ret, struct tf_err *reterr)
{
    if (at->kind != TF_YAML_SCALAR)
        return tf_yaml_fail(at, reterr, "the name of a file is expected here");
    const char *path =
        at->text[0] == '/' || dir == NULL ? at->text : tf_path_join(arena, dir, at->text);
    const enum tf_code code =
        tf_csv_read(arena, path, (struct tf_csv_opt){.guess_numbers = true}, ret, reterr);
    if (code != TF_OK && reterr != NULL && reterr->line == 0)
        reterr->file[0] = '\0'; /* not a place in the file: then the place that names it */
    return tf_recipe_place(at, code, reterr);
}
