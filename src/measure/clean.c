/* Declared cleaning: what a person decided about delivered data, done in their order.
 *
 * Data are never put right silently. A rule is a line in a file of the study, with its reason; what
 * it did (rows gone, cells changed, rows left) is an effect, and the effects are rows of the
 * case-flow, so that every interview that was delivered and is not analysed can be found again.
 *
 *     trim             texts lose white space at both ends; what is empty then is missing
 *     drop_duplicates  of rows with one id, the first (or last) stays; rows without an id stay
 *     recode           codes change by the map, all at once; codes not in the map stay
 *     void             answers of an item become "void after fieldwork", and the column is flagged
 *     drop             rows for which a condition holds go, under a name
 *     drop_unweighted  rows whose weight is missing go; a weight of zero or below is an error, since no
 *                      design gives one
 *
 * `countries` limits a rule. Rules see the table as the rules before them left it. All of a file
 * is read before the first rule runs, so a fault in it changes nothing... except that variables and
 * conditions are held against the table when their rule's turn comes; the table is the caller's copy
 * and is thrown away on an error. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/clean_rules.h"
#include "measure/where.h"

/* ---- reading ----------------------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *name, *as;
    const char *keys[9];
} kinds[N_RULES] = {
    [TRIM]            = {"trim",            NULL,          {"rule", "vars", "countries", "why", NULL}},
    [DROP_DUPLICATES] = {"drop_duplicates", "duplicate",   {"rule", "id", "keep", "as", "countries", "why", NULL}},
    [RECODE]          = {"recode",          NULL,          {"rule", "vars", "map", "where", "countries", "why", NULL}},
    [VOID_ITEM]       = {"void",            "void",        {"rule", "vars", "where", "countries", "why", NULL}},
    [DROP]            = {"drop",            "dropped",     {"rule", "where", "as", "countries", "why", NULL}},
    [DROP_UNWEIGHTED] = {"drop_unweighted", "no_weight",   {"rule", "weight", "as", "countries", "why", NULL}},
};
/* clang-format on */

static enum tf_code kind_of(const struct tf_yaml *at, struct tf_rule *r, struct tf_err *reterr)
{
    const char *known[N_RULES + 1] = {NULL};
    TF_TRY(tf_yaml_need_text(at, "rule", &r->name, reterr));
    for (size_t k = 0; k < N_RULES; k++) {
        known[k] = kinds[k].name;
        if (strcmp(kinds[k].name, r->name) == 0) {
            r->kind = (enum tf_rule_kind)k;
            return tf_yaml_known(at, kinds[k].keys, reterr);
        }
    }
    const char *near = tf_nearest(r->name, known);
    (void)tf_yaml_fail(tf_yaml_get(at, "rule"), reterr, "'%s' is no cleaning rule", r->name);
    if (near != NULL)
        return tf_help(reterr, "Did you mean '%s'?", near);
    return tf_help(reterr, "The rules are trim, drop_duplicates, recode, void, drop and "
                           "drop_unweighted.");
}

static enum tf_code keep_of(struct tf_rule *r, struct tf_err *reterr)
{
    static const char *const words[] = {"first", "last", NULL};
    const char *keep;
    TF_TRY(tf_yaml_opt_text(r->at, "keep", "first", &keep, reterr));
    r->keep_last = strcmp(keep, "last") == 0;
    if (r->keep_last || strcmp(keep, "first") == 0)
        return TF_OK;
    (void)tf_yaml_fail(tf_yaml_get(r->at, "keep"), reterr, "'%s' is no row to keep", keep);
    const char *near = tf_nearest(keep, words);
    return tf_help(reterr, near == NULL ? "Use first or last." : "Did you mean '%s'?", near);
}

/* What each kind cannot do without. */
static enum tf_code needs(struct tf_rule *r, struct tf_err *reterr)
{
    const bool vars = r->kind == TRIM || r->kind == RECODE || r->kind == VOID_ITEM;
    if (vars && r->n_vars == 0) {
        (void)tf_yaml_fail(r->at, reterr, "the rule '%s' names no variables", r->name);
        return tf_help(reterr, "Add 'vars: [a, b]'.");
    }
    switch (r->kind) {
    case DROP_DUPLICATES:
        TF_TRY(keep_of(r, reterr));
        return tf_yaml_need_text(r->at, "id", &r->id, reterr);
    case DROP_UNWEIGHTED:
        return tf_yaml_need_text(r->at, "weight", &r->weight, reterr);
    case DROP:
        return tf_yaml_need_text(r->at, "where", &r->where, reterr);
    case RECODE:
        r->map = tf_yaml_get(r->at, "map");
        if (r->map != NULL && r->map->kind == TF_YAML_MAP && r->map->n > 0)
            return TF_OK;
        (void)tf_yaml_fail(r->map == NULL ? r->at : r->map, reterr,
                           "the rule 'recode' has no map of codes");
        return tf_help(reterr, "For example: map: {1: 1, 2: 3, 3: 2}");
    case TRIM:
    case VOID_ITEM:
    case N_RULES:
        break;
    }
    return TF_OK;
}

static enum tf_code read_rule(struct tf_arena *arena, const struct tf_yaml *at, struct tf_rule *r,
                              struct tf_err *reterr)
{
    *r = (struct tf_rule){.at = at};
    TF_TRY(kind_of(at, r, reterr));
    TF_TRY(tf_yaml_need_text(at, "why", &r->why, reterr));
    TF_TRY(tf_yaml_opt_text(at, "as", kinds[r->kind].as, &r->as, reterr));
    TF_TRY(tf_yaml_opt_text(at, "where", NULL, &r->where, reterr));
    TF_TRY(tf_yaml_opt_texts(arena, at, "vars", &r->var, &r->n_vars, reterr));
    TF_TRY(tf_yaml_opt_texts(arena, at, "countries", &r->country, &r->n_countries, reterr));
    r->all = r->n_vars == 1 && strcmp(r->var[0], "all") == 0;
    if (r->all && r->kind != TRIM)
        return tf_yaml_fail(tf_yaml_get(at, "vars"), reterr, "'all' variables can only be trimmed");
    return needs(r, reterr);
}

enum tf_code tf_rules_read(struct tf_arena *arena, const char *path, struct tf_rule **ret,
                           size_t *ret_n, struct tf_err *reterr)
{
    static const char *const known[] = {"rules", NULL};
    struct tf_yaml *root;
    *ret = NULL;
    *ret_n = 0;
    if (path == NULL)
        return TF_OK;
    TF_TRY(tf_yaml_read(arena, path, &root, reterr));
    TF_TRY(tf_yaml_known(root, known, reterr));
    const struct tf_yaml *list = tf_yaml_get(root, "rules");
    if (list == NULL || list->kind != TF_YAML_LIST) {
        (void)tf_yaml_fail(list == NULL ? root : list, reterr, "the file has no list of rules");
        return tf_help(reterr, "Begin it with 'rules:', and a line '- {rule: …}' for each.");
    }
    struct tf_rule *rule = TF_NEW_N(arena, struct tf_rule, list->n + 1);
    for (size_t k = 0; k < list->n; k++)
        TF_TRY(read_rule(arena, list->item[k], &rule[k], reterr));
    *ret = rule;
    *ret_n = list->n;
    return TF_OK;
}

bool tf_rule_is_for(const struct tf_rule *rule, const char *country)
{
    return tf_country_in(rule->country, rule->n_countries, country);
}

bool tf_rule_names(const struct tf_rule *rule, const char *var)
{
    for (size_t k = 0; k < rule->n_vars; k++)
        if (tf_casecmp(rule->var[k], var) == 0)
            return true;
    return rule->all;
}

/* ---- applying ---------------------------------------------------------------------------------- */

/* An error made without a place, put where the rule names the thing. */
static enum tf_code at_key(const struct tf_rule *r, const char *key, const struct tf_err *e,
                           struct tf_err *reterr)
{
    const struct tf_yaml *node = tf_yaml_get(r->at, key);
    (void)tf_yaml_fail(node == NULL ? r->at : node, reterr, "%s", e->what);
    if (e->fact[0] != '\0')
        (void)tf_fact(reterr, "%s", e->fact);
    return tf_help(reterr, "%s", e->help);
}

enum tf_code tf_rule_mask(struct tf_arena *arena, const struct tf_rule *rule,
                          const struct tf_table *t, bool **ret, struct tf_err *reterr)
{
    struct tf_err e = {0};
    if (tf_where_mask(arena, rule->where, t, ret, &e) == TF_OK)
        return TF_OK;
    return at_key(rule, "where", &e, reterr);
}

/* The rule's k-th variable; the error stands at its word. */
static enum tf_code var_of(const struct tf_rule *r, size_t k, const struct tf_table *t, size_t *ret,
                           struct tf_err *reterr)
{
    struct tf_err e = {0};
    const struct tf_yaml *list = tf_yaml_get(r->at, "vars");
    if (tf_table_need(t, r->var[k], ret, &e) == TF_OK)
        return TF_OK;
    (void)tf_yaml_fail(list->kind == TF_YAML_LIST ? list->item[k] : list, reterr, "%s", e.what);
    return tf_help(reterr, "%s", e.help);
}

static size_t trim_column(struct tf_table *t, struct tf_column *c)
{
    size_t cells = 0;
    for (size_t row = 0; c->type == TF_TEXT && row < t->n_rows; row++) {
        if (c->miss[row] != TF_PRESENT)
            continue;
        const char *text = tf_trim(t->arena, c->text[row]);
        if (strcmp(text, c->text[row]) == 0)
            continue;
        c->text[row] = text;
        if (*text == '\0')
            c->miss[row] = TF_MISS_SYSTEM;
        cells++;
    }
    return cells;
}

static enum tf_code apply_trim(struct tf_arena *arena TF_UNUSED, const struct tf_rule *r,
                               struct tf_table *t, struct tf_clean_effect *e,
                               struct tf_err *reterr)
{
    for (size_t k = 0; r->all && k < t->n_cols; k++)
        e->cells += trim_column(t, &t->col[k]);
    for (size_t k = 0; !r->all && k < r->n_vars; k++) {
        size_t col;
        TF_TRY(var_of(r, k, t, &col, reterr));
        e->cells += trim_column(t, &t->col[col]);
    }
    return TF_OK;
}

struct id_row {
    const char *id;
    size_t row;
};
static int by_id(const void *x, const void *y)
{
    const struct id_row *a = x, *b = y;
    const int c = strcmp(a->id, b->id);
    return c != 0 ? c : (a->row > b->row) - (a->row < b->row);
}

static enum tf_code apply_duplicates(struct tf_arena *arena, const struct tf_rule *r,
                                     struct tf_table *t, struct tf_clean_effect *e,
                                     struct tf_err *reterr)
{
    struct tf_err plain = {0};
    size_t col, n = 0;
    if (tf_table_need(t, r->id, &col, &plain) != TF_OK)
        return at_key(r, "id", &plain, reterr);
    const struct tf_column *c = &t->col[col];
    struct id_row *list = TF_NEW_N(arena, struct id_row, t->n_rows + 1);
    bool *keep = TF_NEW_N(arena, bool, t->n_rows + 1);
    for (size_t row = 0; row < t->n_rows; row++) {
        keep[row] = true;
        if (c->miss[row] == TF_PRESENT)
            list[n++] = (struct id_row){
                c->type == TF_TEXT ? c->text[row] : tf_double_text(arena, c->num[row]), row};
    }
    qsort(list, n, sizeof *list, by_id);
    for (size_t k = 0; k < n; k++) {
        const bool again = k > 0 && strcmp(list[k].id, list[k - 1].id) == 0;
        const bool more = k + 1 < n && strcmp(list[k].id, list[k + 1].id) == 0;
        if (r->keep_last ? more : again)
            keep[list[k].row] = false;
    }
    for (size_t row = 0; row < t->n_rows; row++)
        e->rows += !keep[row];
    tf_table_keep_rows(t, keep);
    return TF_OK;
}

static enum tf_code read_map(struct tf_arena *arena, const struct tf_rule *r, bool numbers,
                             double **ret_from, double **ret_to, struct tf_err *reterr)
{
    double *from = TF_NEW_N(arena, double, r->map->n), *to = TF_NEW_N(arena, double, r->map->n);
    for (size_t k = 0; k < r->map->n; k++) {
        const struct tf_yaml *a = r->map->key[k], *b = r->map->item[k];
        if (b->kind != TF_YAML_SCALAR)
            return tf_yaml_fail(b, reterr, "'%s' is not mapped to a code", a->text);
        if (!numbers)
            continue;
        if (!tf_parse_double(a->text, &from[k]))
            return tf_yaml_fail(a, reterr, "'%s' is no number, and the column holds numbers",
                                a->text);
        if (!tf_parse_double(b->text, &to[k]))
            return tf_yaml_fail(b, reterr, "'%s' is no number, and the column holds numbers",
                                b->text);
    }
    *ret_from = from;
    *ret_to = to;
    return TF_OK;
}

/* One cell; whether it changed. The first code that fits decides, so all change at once. */
static bool recode_cell(struct tf_table *t, struct tf_column *c, size_t row,
                        const struct tf_yaml *map, const double *from, const double *to)
{
    for (size_t j = 0; j < map->n; j++) {
        const char *text = map->item[j]->text;
        if (c->type == TF_NUMBER && c->num[row] == from[j]) {
            c->num[row] = to[j];
            return from[j] != to[j];
        }
        if (c->type == TF_TEXT && strcmp(c->text[row], map->key[j]->text) == 0) {
            c->text[row] = tf_strdup(t->arena, text);
            return strcmp(text, map->key[j]->text) != 0;
        }
    }
    return false;
}

static enum tf_code apply_recode(struct tf_arena *arena, const struct tf_rule *r,
                                 struct tf_table *t, struct tf_clean_effect *e,
                                 struct tf_err *reterr)
{
    bool *mask;
    TF_TRY(tf_rule_mask(arena, r, t, &mask, reterr));
    for (size_t k = 0; k < r->n_vars; k++) {
        size_t col;
        double *from = NULL, *to = NULL;
        TF_TRY(var_of(r, k, t, &col, reterr));
        struct tf_column *c = &t->col[col];
        TF_TRY(read_map(arena, r, c->type == TF_NUMBER, &from, &to, reterr));
        for (size_t row = 0; row < t->n_rows; row++)
            if (mask[row] && c->miss[row] == TF_PRESENT)
                e->cells += recode_cell(t, c, row, r->map, from, to);
    }
    return TF_OK;
}

static enum tf_code apply_void(struct tf_arena *arena, const struct tf_rule *r, struct tf_table *t,
                               struct tf_clean_effect *e, struct tf_err *reterr)
{
    bool *mask;
    TF_TRY(tf_rule_mask(arena, r, t, &mask, reterr));
    for (size_t k = 0; k < r->n_vars; k++) {
        size_t col, cells = 0;
        TF_TRY(var_of(r, k, t, &col, reterr));
        struct tf_column *c = &t->col[col];
        for (size_t row = 0; row < t->n_rows; row++) {
            if (!mask[row] || (c->miss[row] != TF_PRESENT && c->miss[row] != TF_MISS_SYSTEM &&
                               c->miss[row] != TF_MISS_DONT_KNOW &&
                               c->miss[row] != TF_MISS_PREFER_NOT &&
                               c->miss[row] != TF_MISS_REFUSED))
                continue; /* not asked, broken off, lost: that stays so */
            cells += c->miss[row] != TF_MISS_SYSTEM; /* an answer was there */
            c->miss[row] = TF_MISS_VOID;
            if (c->type == TF_NUMBER)
                c->num[row] = (double)NAN;
            else
                c->text[row] = "";
        }
        if (cells > 0)
            c->flags |= TF_VOID_ITEM;
        e->cells += cells;
    }
    return TF_OK;
}

static enum tf_code apply_drop(struct tf_arena *arena, const struct tf_rule *r, struct tf_table *t,
                               struct tf_clean_effect *e, struct tf_err *reterr)
{
    bool *mask;
    TF_TRY(tf_rule_mask(arena, r, t, &mask, reterr));
    for (size_t row = 0; row < t->n_rows; row++) {
        e->rows += mask[row];
        mask[row] = !mask[row];
    }
    tf_table_keep_rows(t, mask);
    return TF_OK;
}

static enum tf_code apply_unweighted(struct tf_arena *arena, const struct tf_rule *r,
                                     struct tf_table *t, struct tf_clean_effect *e,
                                     struct tf_err *reterr)
{
    struct tf_err plain = {0};
    size_t col;
    if (tf_table_need(t, r->weight, &col, &plain) != TF_OK)
        return at_key(r, "weight", &plain, reterr);
    const struct tf_column *c = &t->col[col];
    const struct tf_yaml *at = tf_yaml_get(r->at, "weight");
    bool *keep = TF_NEW_N(arena, bool, t->n_rows + 1);
    if (c->type != TF_NUMBER && t->n_rows > 0) {
        (void)tf_yaml_fail(at, reterr, "the weight '%s' holds texts", c->name);
        return tf_help(reterr, "A weight is a number above zero, or missing.");
    }
    for (size_t row = 0; row < t->n_rows; row++) {
        keep[row] = c->miss[row] == TF_PRESENT;
        if (keep[row] && !(c->num[row] > 0)) {
            (void)tf_yaml_fail(at, reterr, "the weight of row %zu is %s", row + 1,
                               tf_double_text(arena, c->num[row]));
            (void)tf_fact(reterr, "A row without a weight is dropped; one of zero or below is wrong.");
            return tf_help(reterr, "Ask who made the weights.");
        }
        e->rows += !keep[row];
    }
    tf_table_keep_rows(t, keep);
    return TF_OK;
}

static enum tf_code (*const apply[N_RULES])(struct tf_arena *arena, const struct tf_rule *r,
                                            struct tf_table *t, struct tf_clean_effect *e,
                                            struct tf_err *reterr) = {
    [TRIM] = apply_trim,      [DROP_DUPLICATES] = apply_duplicates, [RECODE] = apply_recode,
    [VOID_ITEM] = apply_void, [DROP] = apply_drop,                  [DROP_UNWEIGHTED] = apply_unweighted,
};

enum tf_code tf_clean_apply(struct tf_arena *arena, const char *rules_path, const char *country,
                            struct tf_table *t, struct tf_cleaning **ret, struct tf_err *reterr)
{
    struct tf_rule *rule;
    size_t n;
    TF_TRY(tf_rules_read(arena, rules_path, &rule, &n, reterr));
    struct tf_cleaning *c = TF_NEW(arena, struct tf_cleaning);
    c->effect = TF_NEW_N(arena, struct tf_clean_effect, n + 1);
    c->rows_before = t->n_rows;
    for (size_t k = 0; k < n; k++) {
        if (!tf_rule_is_for(&rule[k], country))
            continue;
        struct tf_clean_effect *e = &c->effect[c->n++];
        *e = (struct tf_clean_effect){.rule = rule[k].name,
                                      .why = rule[k].why,
                                      .as = rule[k].as,
                                      .line = rule[k].at->line};
        TF_TRY(apply[rule[k].kind](arena, &rule[k], t, e, reterr));
        e->rows_left = t->n_rows;
    }
    c->rows_after = t->n_rows;
    *ret = c;
    return TF_OK;
}
