/* What the statistics on groups read from a request: variables, values, categories, whether
 * covariances are wanted; and what they note. */
#include <math.h>
#include <string.h>

#include "measure/groups.h"

enum { CATEGORY_LIMIT = 64, PRINTED_COVARIANCES = 50 };

/* Does something below this node call the estimate: {of: id}? */
static bool calls(const struct tf_yaml *node, const char *id)
{
    if (node == NULL || node->kind == TF_YAML_SCALAR)
        return false;
    for (size_t k = 0; k < node->n; k++) {
        const struct tf_yaml *item = node->item[k];
        if (node->kind == TF_YAML_MAP && strcmp(node->key[k]->text, "of") == 0 &&
            item->kind == TF_YAML_SCALAR && strcmp(item->text, id) == 0)
            return true;
        if (calls(item, id))
            return true;
    }
    return false;
}

bool tf_covariances_wanted(const struct tf_runner *r, const struct tf_ask *ask, size_t p)
{
    if (ask->vcov_given ? ask->vcov : p <= PRINTED_COVARIANCES)
        return true;
    return calls(tf_yaml_get(r->root, "estimates"), ask->id);
}

void tf_groups_notes(struct tf_runner *r, struct tf_result *out, const struct tf_ask *ask,
                    const struct tf_fit *fit)
{
    if (fit->replicates_failed > 0)
        tf_result_note(r, out, tf_printf(r->arena, "%zu of %zu replicates gave no value and were "
                                         "left out", fit->replicates_failed, fit->replicates));
    tf_result_note(r, out, ask->listwise ? "missing: cases with an answer to every variable"
                                         : "missing: each variable by the cases that answered it");
}

bool *tf_answered(struct tf_arena *arena, const struct tf_table *t, const size_t *col, size_t n)
{
    bool *answered = TF_NEW_N(arena, bool, t->n_rows + 1);
    memset(answered, 1, t->n_rows * sizeof *answered);
    for (size_t k = 0; k < n; k++) {
        const struct tf_column *c = &t->col[col[k]];
        for (size_t row = 0; row < t->n_rows; row++)
            answered[row] = answered[row] &&
                            (c->type == TF_NUMBER
                                 ? c->miss[row] == TF_PRESENT && !isnan(c->num[row])
                                 : !tf_value_missing(c, row));
    }
    return answered;
}

enum tf_code tf_ask_vars(const struct tf_runner *r, const struct tf_ask *ask, size_t **ret,
                         struct tf_err *reterr)
{
    const struct tf_yaml *at = tf_yaml_get(ask->at, "vars");
    if (ask->n_vars == 0) {
        (void)tf_yaml_fail(ask->at, reterr, "`%s` needs variables", ask->stat);
        return tf_help(reterr, "Write vars: [name, …]");
    }
    *ret = TF_NEW_N(r->arena, size_t, ask->n_vars);
    for (size_t k = 0; k < ask->n_vars; k++) {
        const struct tf_yaml *place = at == NULL ? tf_yaml_get(ask->at, "var")
                                      : at->kind == TF_YAML_LIST ? at->item[k]
                                                                 : at;
        TF_TRY(tf_ask_column(r, place, ask->var[k], &(*ret)[k], reterr));
    }
    return TF_OK;
}

enum tf_code tf_ask_values(const struct tf_runner *r, const struct tf_yaml *at, const char *name,
                           const double **ret, struct tf_err *reterr)
{
    double *made;
    size_t col;
    TF_TRY(tf_ask_column(r, at, name, &col, reterr));
    if (r->t->col[col].type == TF_NUMBER) {
        *ret = r->t->col[col].num;
        return TF_OK;
    }
    TF_TRY(tf_ask_numbers(r, at, name, &made, reterr));
    *ret = made;
    return TF_OK;
}

bool tf_holds_words(const struct tf_column *c, size_t n_rows)
{
    double x;
    for (size_t row = 0; c->type == TF_TEXT && row < n_rows; row++)
        if (!tf_value_missing(c, row) && !tf_value_number(c, row, &x))
            return true;
    return false;
}

enum tf_code tf_ask_categories(const struct tf_runner *r, const struct tf_yaml *at, size_t col,
                               struct tf_codes **ret, struct tf_err *reterr)
{
    struct tf_codes *c = tf_codes_make(r->arena, r->t, col);
    *ret = c;
    if (c->n <= CATEGORY_LIMIT)
        return TF_OK;
    (void)tf_yaml_fail(at, reterr, "'%s' has %zu different values", c->column->name, c->n);
    (void)tf_fact(reterr, "at most %d can be categories", CATEGORY_LIMIT);
    return tf_help(reterr, "Ask for its mean or total, or group it first.");
}
