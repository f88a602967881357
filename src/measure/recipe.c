/* Recipes: what is estimated from a dataset, read from YAML (docs/FORMATS.md, "Recipes").
 *
 * Reading checks everything that can be known without the data: keys, words, numbers, ids used twice,
 * banners that are not declared. What a recipe says about variables is checked against the data or
 * the instrument by check.c and, for good, when it runs. Every part keeps its YAML node, so that a
 * fault found later still names its line. */
#include <string.h>

#include "measure/calibrate.h"

enum tf_code tf_recipe_place(const struct tf_yaml *at, enum tf_code code, struct tf_err *reterr)
{
    if (code == TF_OK || reterr == NULL || at == NULL || reterr->file[0] != '\0' ||
        code == TF_E_INTERRUPTED)
        return code;
    struct tf_err e = *reterr; /* tf_fail_at clears the parts */
    (void)tf_fail_at(reterr, code, at->file, at->line, at->column, "%s", e.what);
    memcpy(reterr->fact, e.fact, sizeof e.fact);
    memcpy(reterr->help, e.help, sizeof e.help);
    return code;
}

const struct tf_recipe_column *tf_recipe_column(const struct tf_recipe *r, const char *var)
{
    for (size_t k = 0; k < r->n_columns; k++)
        if (strcmp(r->column[k].var, var) == 0)
            return &r->column[k];
    return NULL;
}

/* The list under a key, each item a map with known keys; a missing key is an empty list. */
static enum tf_code need_maps(const struct tf_yaml *map, const char *key,
                              const char *const *known, const struct tf_yaml **ret,
                              struct tf_err *reterr)
{
    static const struct tf_yaml none = {.kind = TF_YAML_LIST};
    const struct tf_yaml *list = tf_yaml_get(map, key);
    *ret = list != NULL ? list : &none;
    if ((*ret)->kind != TF_YAML_LIST)
        return tf_yaml_fail(list, reterr, "'%s' must be a list", key);
    for (size_t k = 0; k < (*ret)->n; k++) {
        if (list->item[k]->kind != TF_YAML_MAP)
            return tf_yaml_fail(list->item[k], reterr, "an entry of '%s' must have keys", key);
        TF_TRY(tf_yaml_known(list->item[k], known, reterr));
    }
    return TF_OK;
}

static enum tf_code opt_map(const struct tf_yaml *map, const char *key, const struct tf_yaml **ret,
                            struct tf_err *reterr)
{
    static const struct tf_yaml none = {.kind = TF_YAML_MAP};
    const struct tf_yaml *value = tf_yaml_get(map, key);
    *ret = value != NULL ? value : &none;
    if ((*ret)->kind != TF_YAML_MAP)
        return tf_yaml_fail(value, reterr, "'%s' must have keys", key);
    return TF_OK;
}

static enum tf_code node_number(const struct tf_yaml *node, const char *what, double *ret,
                                struct tf_err *reterr)
{
    if (node->kind != TF_YAML_SCALAR || !tf_parse_double(node->text, ret))
        return tf_yaml_fail(node, reterr, "%s must be a number", what);
    return TF_OK;
}

/* ---- Design ------------------------------------------------------------------------------- */

/* The columns under a key of the design: one, a list, or lists in it ([[region, urban], block]
 * crosses two at a stage). What else may stand there, the design itself judges. */
static enum tf_code column_names(struct tf_arena *arena, const struct tf_yaml *map, const char *key,
                                 const char ***ret, size_t *ret_n, struct tf_err *reterr)
{
    const struct tf_yaml *at = map != NULL ? tf_yaml_get(map, key) : NULL;
    bool nested = false;
    size_t most = 0, n = 0;
    for (size_t k = 0; at != NULL && at->kind == TF_YAML_LIST && k < at->n; k++) {
        const bool list = at->item[k]->kind == TF_YAML_LIST;
        nested = nested || list;
        most += list ? at->item[k]->n : 1;
    }
    if (!nested)
        return tf_yaml_opt_texts(arena, map, key, ret, ret_n, reterr);
    const char **name = TF_NEW_N(arena, const char *, most + 1);
    for (size_t k = 0; k < at->n; k++) {
        const struct tf_yaml *one = at->item[k];
        const bool list = one->kind == TF_YAML_LIST;
        for (size_t j = 0; j < (list ? one->n : 1); j++) {
            const struct tf_yaml *column = list ? one->item[j] : one;
            if (column->kind == TF_YAML_SCALAR)
                name[n++] = column->text;
        }
    }
    *ret = name;
    *ret_n = n;
    return TF_OK;
}

static enum tf_code read_names(struct tf_arena *arena, const struct tf_yaml *root,
                               struct tf_recipe *r, struct tf_err *reterr)
{
    const struct tf_yaml *map;
    TF_TRY(opt_map(root, "design", &map, reterr));
    TF_TRY(tf_yaml_opt_text(map, "weight", NULL, &r->spec.weight, reterr));
    TF_TRY(column_names(arena, map, "strata", &r->spec.stratum, &r->spec.n_strata, reterr));
    return column_names(arena, map, "psu", &r->spec.psu, &r->spec.n_psu, reterr);
}

static enum tf_code read_design(struct tf_arena *arena, const struct tf_yaml *root,
                                struct tf_recipe *r, struct tf_err *reterr)
{
    static const char *const known[] = {"weight", "strata", "psu", "nest", "lonely_psu", NULL};
    const struct tf_yaml *map;
    const char *lonely;
    TF_TRY(read_names(arena, root, r, reterr));
    TF_TRY(opt_map(root, "design", &map, reterr));
    TF_TRY(tf_yaml_known(map, known, reterr));
    TF_TRY(tf_yaml_opt_bool(map, "nest", false, &r->spec.nest, reterr));
    TF_TRY(tf_yaml_opt_text(map, "lonely_psu", "error", &lonely, reterr));
    if (!tf_lonely_named(lonely, &r->spec.lonely)) {
        (void)tf_yaml_fail(tf_yaml_get(map, "lonely_psu"), reterr,
                           "there is no rule '%s' for lonely PSUs", lonely);
        return tf_help(reterr, "Write error, adjust, average, remove or certainty.");
    }
    return TF_OK;
}

/* ---- Weights ------------------------------------------------------------------------------ */

static enum tf_code read_steps(struct tf_arena *arena, const struct tf_yaml *root,
                               struct tf_recipe *r, struct tf_err *reterr)
{
    const struct tf_yaml *list = tf_yaml_get(root, "weights");
    TF_TRY(tf_steps_read(arena, list, tf_path_dir(arena, r->file), &r->steps, reterr));
    if (list != NULL && list->n > 0 && r->spec.weight == NULL)
        return tf_yaml_fail(list, reterr, "`weights` makes a weight: name it in design: weight");
    return TF_OK;
}

/* ---- Columns ------------------------------------------------------------------------------ */

static enum tf_code read_cuts(struct tf_arena *arena, const struct tf_yaml *cut,
                              struct tf_recipe_column *c, struct tf_err *reterr)
{
    c->cut = TF_NEW_N(arena, struct tf_recipe_cut, cut->n + 1);
    c->n_cuts = cut->n;
    for (size_t k = 0; k < cut->n; k++) {
        const struct tf_yaml *range = cut->item[k];
        struct tf_recipe_cut *to = &c->cut[k];
        to->label = cut->key[k]->text;
        if (range->kind != TF_YAML_LIST || range->n != 2)
            return tf_yaml_fail(range, reterr, "a group is written [lowest, highest]");
        TF_TRY(node_number(range->item[0], "the lowest value", &to->from, reterr));
        TF_TRY(node_number(range->item[1], "the highest value", &to->to, reterr));
        if (to->from > to->to)
            return tf_yaml_fail(range, reterr, "the lowest value is above the highest");
        for (size_t j = 0; j < k; j++)
            if (to->from <= c->cut[j].to && c->cut[j].from <= to->to)
                return tf_yaml_fail(range, reterr, "the groups '%s' and '%s' overlap",
                                    c->cut[j].label, to->label);
    }
    return TF_OK;
}

static enum tf_code read_columns(struct tf_arena *arena, const struct tf_yaml *root,
                                 struct tf_recipe *r, struct tf_err *reterr)
{
    static const char *const known[] = {"var", "from", "cut", "labels", NULL};
    const struct tf_yaml *list, *labels, *cut;
    TF_TRY(need_maps(root, "columns", known, &list, reterr));
    r->column = TF_NEW_N(arena, struct tf_recipe_column, list->n + 1);
    for (size_t k = 0; k < list->n; k++) {
        struct tf_recipe_column *c = &r->column[k];
        c->at = list->item[k];
        TF_TRY(tf_yaml_need_text(c->at, "var", &c->var, reterr));
        TF_TRY(tf_yaml_opt_text(c->at, "from", NULL, &c->from, reterr));
        TF_TRY(opt_map(c->at, "labels", &labels, reterr));
        TF_TRY(opt_map(c->at, "cut", &cut, reterr));
        if ((c->from != NULL) != (cut->n > 0))
            return tf_yaml_fail(c->at, reterr, "`from` and `cut` belong together");
        if (tf_recipe_column(r, c->var) != NULL)
            return tf_yaml_fail(c->at, reterr, "the column '%s' is declared twice", c->var);
        TF_TRY(read_cuts(arena, cut, c, reterr));
        c->n_labels = labels->n;
        c->code = TF_NEW_N(arena, const char *, labels->n + 1);
        c->code_label = TF_NEW_N(arena, const char *, labels->n + 1);
        for (size_t j = 0; j < labels->n; j++) {
            if (labels->item[j]->kind != TF_YAML_SCALAR)
                return tf_yaml_fail(labels->item[j], reterr, "a label is a text");
            c->code[j] = labels->key[j]->text;
            c->code_label[j] = labels->item[j]->text;
        }
        r->n_columns = k + 1;
    }
    return TF_OK;
}

/* ---- Figures ------------------------------------------------------------------------------ */

static enum tf_code read_choices(const struct tf_yaml *map, struct tf_recipe_figure *f,
                                 struct tf_err *reterr)
{
    const char *stat, *ci;
    TF_TRY(tf_yaml_opt_text(map, "stat", "prop", &stat, reterr));
    TF_TRY(tf_yaml_opt_text(map, "ci", "logit", &ci, reterr));
    if (!tf_stat_named(stat, &f->stat)) {
        (void)tf_yaml_fail(tf_yaml_get(map, "stat"), reterr, "there is no statistic '%s'", stat);
        return tf_help(reterr, "Write prop, mean, total, count, or scaled with `factors`.");
    }
    if (!tf_ci_named(ci, &f->ci)) {
        (void)tf_yaml_fail(tf_yaml_get(map, "ci"), reterr, "there is no interval '%s'", ci);
        return tf_help(reterr, "Write logit or t.");
    }
    if (f->stat == TF_STAT_MEAN || f->stat == TF_STAT_TOTAL)
        f->ci = TF_CI_T;
    return TF_OK;
}

/* stat: scaled (scaled_figure.c) */
static enum tf_code read_factors(struct tf_arena *arena, const struct tf_yaml *map,
                                 struct tf_recipe_figure *f, struct tf_err *reterr)
{
    enum { MOST = 12 };
    const char *stat, *unit;
    f->stat = TF_STAT_TOTAL;
    TF_TRY(tf_yaml_opt_text(map, "stat", "", &stat, reterr));
    if (strcmp(stat, "scaled") != 0) {
        (void)tf_yaml_fail(tf_yaml_get(map, "factors"), reterr, "'%s' has no factors", stat);
        return tf_help(reterr, "Write stat: scaled for a product of factors.");
    }
    TF_TRY(tf_yaml_opt_texts(arena, map, "factors", &f->factor, &f->n_factors, reterr));
    if (f->n_factors == 0 || f->n_factors > MOST)
        return tf_yaml_fail(tf_yaml_get(map, "factors"), reterr,
                            "a scaled number has 1 to %d factors", MOST);
    TF_TRY(tf_yaml_opt_text(map, "unit", "", &unit, reterr));
    f->per = strcmp(unit, "thousands") == 0 ? 1000 : 1;
    if (*unit != '\0' && strcmp(unit, "thousands") != 0)
        return tf_yaml_fail(tf_yaml_get(map, "unit"), reterr, "the unit of a scaled number can be "
                                                              "thousands");
    return TF_OK;
}

static enum tf_code read_figure(struct tf_arena *arena, const struct tf_yaml *map,
                                const struct tf_recipe *r, struct tf_recipe_figure *f,
                                struct tf_err *reterr)
{
    const struct {
        const char *key;
        const char **to;
    } texts[] = {{"title", &f->title},       {"population", &f->population},
                 {"recall", &f->recall},     {"where", &f->where},
                 {"category", &f->category}, {"base_text", &f->base_text},
                 {"caveat", &f->caveat}};
    const char **one;
    size_t n_one;
    f->at = map;
    f->per = 1;
    TF_TRY(tf_yaml_need_text(map, "id", &f->id, reterr));
    for (size_t k = 0; k < r->n_figures; k++)
        if (strcmp(r->figure[k].id, f->id) == 0)
            return tf_yaml_fail(map, reterr, "the figure '%s' stands here twice", f->id);
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
        TF_TRY(tf_yaml_opt_text(map, texts[k].key, NULL, texts[k].to, reterr));
    if (tf_yaml_get(map, "factors") != NULL)
        return read_factors(arena, map, f, reterr);
    TF_TRY(read_choices(map, f, reterr));
    TF_TRY(tf_yaml_opt_texts(arena, map, "vars", &f->var, &f->n_vars, reterr));
    TF_TRY(tf_yaml_opt_texts(arena, map, "var", &one, &n_one, reterr));
    if (n_one > 0 && f->n_vars > 0)
        return tf_yaml_fail(map, reterr, "write either `var` or `vars`");
    if (n_one > 0) {
        f->var = one;
        f->n_vars = n_one;
    }
    TF_TRY(tf_yaml_opt_texts(arena, map, "indicators", &f->indicator, &f->n_indicators, reterr));
    TF_TRY(tf_yaml_opt_texts(arena, map, "columns", &f->column, &f->n_columns, reterr));
    if (f->n_vars + f->n_indicators == 0)
        return tf_yaml_fail(map, reterr, "the figure '%s' has no rows", f->id);
    for (size_t k = 0; k < f->n_columns; k++)
        if (tf_recipe_column(r, f->column[k]) == NULL) {
            (void)tf_yaml_fail(tf_yaml_get(map, "columns"), reterr,
                               "the figure '%s' has the column '%s', which is not declared", f->id,
                               f->column[k]);
            return tf_help(reterr, "Declare it under `columns:` of the recipe.");
        }
    return TF_OK;
}

static enum tf_code read_figures(struct tf_arena *arena, const struct tf_yaml *root,
                                 struct tf_recipe *r, struct tf_err *reterr)
{
    static const char *const known[] = {
        "id",      "title", "table",      "stat",   "vars", "var",       "category", "indicators",
        "columns", "where", "population", "recall", "ci",   "base_text", "caveat",   "factors",
        "unit",    NULL};
    const struct tf_yaml *list;
    TF_TRY(need_maps(root, "estimates", known, &list, reterr));
    r->figure = TF_NEW_N(arena, struct tf_recipe_figure, list->n + 1);
    for (size_t k = 0; k < list->n; k++) {
        TF_TRY(read_figure(arena, list->item[k], r, &r->figure[k], reterr));
        r->n_figures = k + 1;
    }
    return TF_OK;
}

enum tf_code tf_recipe_head(struct tf_arena *arena, const struct tf_yaml *root, struct tf_recipe *r,
                            struct tf_err *reterr)
{
    TF_TRY(read_names(arena, root, r, reterr));
    return read_columns(arena, root, r, reterr);
}

enum tf_code tf_recipe_read(struct tf_arena *arena, const char *path, struct tf_recipe **ret,
                            struct tf_err *reterr)
{
    static const char *const known[] = {"data", "design", "weights", "columns", "estimates", NULL};
    static const char *const known_data[] = {"dataset", NULL};
    struct tf_recipe *r = TF_NEW(arena, struct tf_recipe);
    const struct tf_yaml *data;
    struct tf_yaml *root;
    TF_TRY(tf_yaml_read(arena, path, &root, reterr));
    if (root->kind != TF_YAML_MAP)
        return tf_yaml_fail(root, reterr, "a recipe begins with the key `data`");
    r->root = root;
    r->file = root->file;
    TF_TRY(tf_yaml_known(root, known, reterr));
    TF_TRY(opt_map(root, "data", &data, reterr));
    if (data->n == 0)
        return tf_yaml_fail(root, reterr, "a recipe needs `data: {dataset: …}`");
    TF_TRY(tf_yaml_known(data, known_data, reterr));
    TF_TRY(tf_yaml_need_text(data, "dataset", &r->dataset, reterr));
    TF_TRY(read_design(arena, root, r, reterr));
    TF_TRY(read_steps(arena, root, r, reterr));
    TF_TRY(read_columns(arena, root, r, reterr));
    TF_TRY(read_figures(arena, root, r, reterr));
    *ret = r;
    return TF_OK;
}
