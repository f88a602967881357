/* Population totals: as a recipe gives them, and found again among the categories of the data.
 *
 *     {var: sex, totals: {1: 510000, 2: 490000}}
 *     {vars: [sex, agegrp], totals: {"1.1": 130000, "1.2": 120000, …}}      values joined by a
 *     point
 *     {vars: [sex, agegrp], totals: population.csv}     a column for each variable, totals in the
 *     last
 *
 * Each total keeps its place, so a category that has persons and no case, or cases and no total, is
 * named with the line it stands on. A total without a case is an error (whom should the persons be
 * laid upon?) unless the step says `partial: true`, as R's postStratify. Rows without weight are
 * not looked at: they are not in the sample. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/calibrate.h"

enum tf_code tf_total_fail(const struct tf_total *at, struct tf_err *reterr, enum tf_code code,
                           const char *format, ...)
{
    char what[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return tf_fail_at(reterr, code, at->file, at->line, at->column, "%s", what);
}

/* ---- Reading ------------------------------------------------------------------------------ */

static enum tf_code check_total(const struct tf_total *item, struct tf_err *reterr)
{
    if (item->total >= 0 && isfinite(item->total))
        return TF_OK;
    (void)tf_total_fail(item, reterr, TF_E_INPUT, "the total of '%s' is not a number of people",
                        item->key);
    return tf_help(reterr, "A total is 0 or more.");
}

static enum tf_code read_inline(struct tf_arena *arena, const struct tf_yaml *map,
                                struct tf_totals *ret, struct tf_err *reterr)
{
    ret->n = map->n;
    ret->item = TF_NEW_N(arena, struct tf_total, map->n);
    for (size_t k = 0; k < map->n; k++) {
        const struct tf_yaml *value = map->item[k];
        struct tf_total *item = &ret->item[k];
        *item = (struct tf_total){.key = map->key[k]->text, .file = value->file,
                                  .line = value->line, .column = value->column};
        if (value->kind != TF_YAML_SCALAR || !tf_parse_double(value->text, &item->total))
            return tf_yaml_fail(value, reterr, "a total must be a number");
        if (ret->n_vars == 0)
            continue;
        char **piece;
        TF_TRY(check_total(item, reterr));
        if (ret->n_vars == 1) {
            item->part = TF_NEW_N(arena, const char *, 1);
            item->part[0] = item->key;
        } else if (tf_split(arena, item->key, '.', &piece) == ret->n_vars) {
            item->part = TF_NEW_N(arena, const char *, ret->n_vars);
            for (size_t v = 0; v < ret->n_vars; v++)
                item->part[v] = piece[v];
        }
    }
    return TF_OK;
}

static enum tf_code open_file(struct tf_arena *arena, const struct tf_yaml *node, const char *dir,
                              struct tf_table **ret, size_t **line, struct tf_err *reterr)
{
    const char *path = tf_path_join(arena, dir != NULL ? dir : ".", node->text);
    if (!tf_file_exists(path)) {
        (void)tf_yaml_fail(node, reterr, "there is no file '%s'", path);
        return tf_help(reterr, "Totals are a map {category: total}, or the name of a CSV file "
                               "beside the recipe.");
    }
    TF_TRY(tf_csv_read(arena, path, (struct tf_csv_opt){.ret_line = line}, ret, reterr));
    for (size_t col = 0; col < (*ret)->n_cols; col++)
        for (size_t row = 0; row < (*ret)->n_rows; row++)
            (*ret)->col[col].text[row] = tf_trim(arena, (*ret)->col[col].text[row]);
    return (*ret)->n_rows > 0 ? TF_OK : tf_yaml_fail(node, reterr, "'%s' has no rows", path);
}

/* One row under the names of the terms, as R prints a vector. */
static bool is_wide(const struct tf_totals *to, const struct tf_table *t)
{
    double x;
    return to->n_vars == 0 && t->n_rows == 1 &&
           (t->n_cols != 2 || tf_parse_double(t->col[0].text[0], &x));
}

static enum tf_code read_wide(struct tf_arena *arena, const struct tf_table *t, const char *path,
                              size_t line, struct tf_totals *ret, struct tf_err *reterr)
{
    ret->n = t->n_cols;
    ret->item = TF_NEW_N(arena, struct tf_total, ret->n);
    for (size_t col = 0; col < t->n_cols; col++) {
        struct tf_total *item = &ret->item[col];
        *item = (struct tf_total){.key = t->col[col].name, .file = path, .line = line};
        if (!tf_parse_double(t->col[col].text[0], &item->total))
            return tf_total_fail(item, reterr, TF_E_INPUT, "'%s' in '%s' is not a number",
                                 t->col[col].text[0], t->col[col].name);
    }
    return TF_OK;
}

/* The column of the totals: the only one that is no variable, else the last. */
static size_t column_of_totals(const struct tf_table *t, const size_t *col, size_t parts)
{
    size_t found = t->n_cols - 1;
    for (size_t c = 0; t->n_cols == parts + 1 && c < t->n_cols; c++) {
        bool var = false;
        for (size_t v = 0; v < parts; v++)
            var = var || col[v] == c;
        found = var ? found : c;
    }
    return found;
}

/* col[v]: the columns of the variables. */
static enum tf_code read_file(struct tf_arena *arena, const struct tf_yaml *node, const char *dir,
                              struct tf_totals *ret, struct tf_err *reterr)
{
    struct tf_table *t;
    size_t *line;
    TF_TRY(open_file(arena, node, dir, &t, &line, reterr));
    const char *path = tf_path_join(arena, dir != NULL ? dir : ".", node->text);
    if (is_wide(ret, t))
        return read_wide(arena, t, path, line[0], ret, reterr);
    const size_t parts = ret->n_vars > 0 ? ret->n_vars : 1;
    size_t *col = TF_NEW_N(arena, size_t, parts);
    for (size_t v = 0; v < ret->n_vars; v++)
        TF_TRY(tf_recipe_place(node, tf_table_need(t, ret->var[v], &col[v], reterr), reterr));
    const size_t last = column_of_totals(t, col, parts);
    for (size_t v = 0; v < parts; v++)
        if (col[v] == last || t->n_cols < parts + 1) {
            (void)tf_fail_at(reterr, TF_E_INPUT, path, 1, 0, "'%s' has no column of totals", path);
            return tf_help(reterr, "The totals stand in the last column.");
        }
    ret->n = t->n_rows;
    ret->item = TF_NEW_N(arena, struct tf_total, ret->n);
    for (size_t row = 0; row < t->n_rows; row++) {
        struct tf_total *item = &ret->item[row];
        struct tf_buf key = {.arena = arena};
        item->file = path;
        item->line = line[row];
        item->part = TF_NEW_N(arena, const char *, parts);
        for (size_t v = 0; v < parts; v++) {
            item->part[v] = t->col[col[v]].text[row];
            tf_buf_printf(&key, "%s%s", v > 0 ? "." : "", item->part[v]);
        }
        item->key = tf_buf_text(&key);
        if (!tf_parse_double(t->col[last].text[row], &item->total))
            return tf_total_fail(item, reterr, TF_E_INPUT, "'%s' in '%s' is not a number",
                                 t->col[last].text[row], t->col[last].name);
        if (ret->n_vars > 0)
            TF_TRY(check_total(item, reterr));
    }
    return TF_OK;
}

static enum tf_code no_repeats(const struct tf_totals *t, struct tf_err *reterr)
{
    for (size_t a = 0; a < t->n; a++)
        for (size_t b = 0; b < a; b++)
            if (strcmp(t->item[a].key, t->item[b].key) == 0)
                return tf_total_fail(&t->item[a], reterr, TF_E_INPUT,
                                     "'%s' has two totals (the first on line %zu)",
                                     t->item[a].key, t->item[b].line);
    return TF_OK;
}

static enum tf_code read_node(struct tf_arena *arena, const struct tf_yaml *node, const char *dir,
                              struct tf_totals *ret, struct tf_err *reterr)
{
    if (node->kind == TF_YAML_LIST)
        return tf_yaml_fail(node, reterr, "`totals` is a map {category: total} or a CSV file");
    TF_TRY(node->kind == TF_YAML_MAP ? read_inline(arena, node, ret, reterr)
                                     : read_file(arena, node, dir, ret, reterr));
    return no_repeats(ret, reterr);
}

enum tf_code tf_totals_of_terms(struct tf_arena *arena, const struct tf_yaml *node,
                                const char *dir, struct tf_totals *ret, struct tf_err *reterr)
{
    *ret = (struct tf_totals){.name = "formula", .at = node};
    return read_node(arena, node, dir, ret, reterr);
}

enum tf_code tf_totals_read(struct tf_arena *arena, const struct tf_yaml *map, const char *dir,
                            struct tf_totals *ret, struct tf_err *reterr)
{
    static const char *const known[] = {"var", "vars", "totals", NULL};
    const char **one;
    size_t n_one;
    struct tf_buf name = {.arena = arena};
    *ret = (struct tf_totals){.at = map};
    if (map->kind != TF_YAML_MAP)
        return tf_yaml_fail(map, reterr, "a margin is written {var: …, totals: …}");
    TF_TRY(tf_yaml_known(map, known, reterr));
    TF_TRY(tf_yaml_opt_texts(arena, map, "var", &one, &n_one, reterr));
    TF_TRY(tf_yaml_opt_texts(arena, map, "vars", &ret->var, &ret->n_vars, reterr));
    if ((n_one > 0) == (ret->n_vars > 0))
        return tf_yaml_fail(map, reterr, "a margin needs `var`, or `vars` to cross several");
    if (n_one > 0) {
        ret->var = one;
        ret->n_vars = n_one;
    }
    for (size_t v = 0; v < ret->n_vars; v++)
        tf_buf_printf(&name, "%s%s", v > 0 ? " x " : "", ret->var[v]);
    ret->name = tf_buf_text(&name);
    const struct tf_yaml *node = tf_yaml_get(map, "totals");
    if (node == NULL || (node->kind == TF_YAML_MAP && node->n == 0))
        return tf_yaml_fail(map, reterr, "a margin needs `totals` by category");
    return read_node(arena, node, dir, ret, reterr);
}

/* ---- Binding ------------------------------------------------------------------------------ */

static const char *label_of(struct tf_arena *arena, const struct tf_totals *from,
                            const struct tf_codes *const *codes, size_t row)
{
    struct tf_buf b = {.arena = arena};
    for (size_t v = 0; v < from->n_vars; v++)
        tf_buf_printf(&b, "%s%s = %s", v > 0 ? ", " : "", from->var[v],
                      codes[v]->text[codes[v]->of[row]]);
    return tf_buf_text(&b);
}

static const char *label_of_total(struct tf_arena *arena, const struct tf_totals *from,
                                  const struct tf_total *item)
{
    struct tf_buf b = {.arena = arena};
    if (item->part == NULL)
        return tf_printf(arena, "%s = %s", from->name, item->key);
    for (size_t v = 0; v < from->n_vars; v++)
        tf_buf_printf(&b, "%s%s = %s", v > 0 ? ", " : "", from->var[v], item->part[v]);
    return tf_buf_text(&b);
}

/* Is the category at this row the one of the total? code[v]: the total's parts as codes. */
static bool is_category(struct tf_arena *arena, const struct tf_totals *from,
                        const struct tf_total *item, const uint32_t *code,
                        const struct tf_codes *const *codes, size_t row)
{
    bool same = item->part != NULL;
    for (size_t v = 0; same && v < from->n_vars; v++)
        same = codes[v]->of[row] == code[v];
    if (same || (item->part != NULL && from->n_vars == 1))
        return same;
    struct tf_buf b = {.arena = arena}; /* codes that have points themselves */
    for (size_t v = 0; v < from->n_vars; v++)
        tf_buf_printf(&b, "%s%s", v > 0 ? "." : "", codes[v]->text[codes[v]->of[row]]);
    return strcmp(tf_buf_text(&b), item->key) == 0;
}

static enum tf_code place_total(struct tf_arena *arena, const struct tf_total *item,
                                const struct tf_codes *const *codes, const struct tf_crossing *x,
                                bool partial, struct tf_margin_of *m, struct tf_err *reterr)
{
    const struct tf_totals *from = m->from;
    uint32_t *code = TF_NEW_N(arena, uint32_t, from->n_vars);
    for (size_t v = 0; item->part != NULL && v < from->n_vars; v++)
        code[v] = tf_codes_find(codes[v], item->part[v]);
    for (size_t k = 0; k < x->n; k++)
        if (is_category(arena, from, item, code, codes, x->first[k])) {
            if (m->place[k] != NULL)
                return tf_total_fail(item, reterr, TF_E_INPUT,
                                     "%s has two totals (the first on line %zu)", m->label[k],
                                     m->place[k]->line);
            m->total[k] = item->total;
            m->place[k] = item;
            return TF_OK;
        }
    m->left_out += item->total;
    if (partial || !(item->total > 0))
        return TF_OK;
    (void)tf_total_fail(item, reterr, TF_E_DESIGN, "no case has %s, which has a total of %s",
                        label_of_total(arena, from, item), tf_double_text(arena, item->total));
    return tf_help(reterr, "Join it with another category, in the data and the totals.");
}

static enum tf_code every_row_has_it(const struct tf_table *t, const struct tf_codes *const *codes,
                                     const struct tf_totals *from, const bool *in,
                                     struct tf_err *reterr)
{
    for (size_t row = 0; row < t->n_rows; row++)
        for (size_t v = 0; in[row] && v < from->n_vars; v++) {
            if (codes[v]->of[row] != TF_NO_CODE)
                continue;
            (void)tf_yaml_fail(from->at, reterr, "row %zu of '%s' has no %s", row + 1, t->name,
                               from->var[v]);
            if (reterr != NULL)
                reterr->code = TF_E_DESIGN;
            (void)tf_help(reterr, "Every case needs a category with a population total above 0.");
            return TF_E_DESIGN;
        }
    return TF_OK;
}

enum tf_code tf_totals_bind(struct tf_arena *arena, const struct tf_totals *from,
                            const struct tf_table *t, const double *w, bool partial,
                            struct tf_margin_of *ret, struct tf_err *reterr)
{
    const struct tf_codes **codes = TF_NEW_N(arena, const struct tf_codes *, from->n_vars);
    bool *in = TF_NEW_N(arena, bool, t->n_rows);
    *ret = (struct tf_margin_of){.from = from};
    for (size_t row = 0; row < t->n_rows; row++)
        in[row] = tf_in_sample(w[row]);
    for (size_t v = 0; v < from->n_vars; v++) {
        size_t col;
        TF_TRY(tf_recipe_place(from->at, tf_table_need(t, from->var[v], &col, reterr), reterr));
        codes[v] = tf_codes_make(arena, t, col);
    }
    TF_TRY(every_row_has_it(t, codes, from, in, reterr));
    const struct tf_crossing x = tf_codes_cross(arena, codes, from->n_vars, in, t->n_rows);
    ret->n = x.n;
    ret->of = x.of;
    ret->label = TF_NEW_N(arena, const char *, x.n);
    ret->total = TF_NEW_N(arena, double, x.n);
    ret->place = TF_NEW_N(arena, const struct tf_total *, x.n);
    for (size_t k = 0; k < x.n; k++)
        ret->label[k] = label_of(arena, from, codes, x.first[k]);
    for (size_t k = 0; k < from->n; k++)
        TF_TRY(place_total(arena, &from->item[k], codes, &x, partial, ret, reterr));
    for (size_t k = 0; k < x.n; k++)
        if (!(ret->total[k] > 0)) {
            enum tf_code code = TF_E_DESIGN;
            if (ret->place[k] != NULL)
                (void)tf_total_fail(ret->place[k], reterr, code, "%s has cases and a total of 0",
                                    ret->label[k]);
            else
                (void)tf_fail_at(reterr, code, from->at->file, from->at->line, from->at->column,
                                 "%s has cases and no total", ret->label[k]);
            (void)tf_fact(reterr, "first in row %zu of '%s'", (size_t)x.first[k] + 1, t->name);
            return tf_help(reterr, "Every case needs a category with a population total above 0.");
        }
    return TF_OK;
}
