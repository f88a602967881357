/* Derived variables: indicators by their registered rule, and grouped banners.
 *
 * An indicator is a 0/1 column that says for each case yes, no, or why neither. For each of its items
 * an answer is one of
 *
 *     yes        the value is one of the indicator's codes
 *     no         any other value; also "prefer not to say" or "don't know" where the registry
 *                puts these in the base
 *     no answer  missing for a reason that lies with the answer (not given, don't know, void …)
 *     not asked  missing by design: routing, country, age
 *
 *     item       as its item
 *     any        yes when any item is yes; no when every item that was asked is no; else missing.
 *                Items not asked do not count against it, unless none was asked
 *
 * so that nobody is a "no" because an answer is lacking. Outside the base or the ages a case is not
 * asked. The reason kept is that of the first item without an answer. */
#include <math.h>
#include <string.h>

#include "measure/inside.h"

enum answer { ANSWER_YES, ANSWER_NO, ANSWER_NONE, NOT_ASKED };

bool tf_not_asked(enum tf_miss why)
{
    return why == TF_MISS_ROUTING || why == TF_MISS_COUNTRY || why == TF_MISS_AGE;
}

static enum tf_miss why_missing(const struct tf_column *c, size_t row)
{
    return c->miss[row] == TF_PRESENT ? TF_MISS_SYSTEM : (enum tf_miss)c->miss[row];
}

static enum answer answer_of(const struct tf_indicator *ind, const struct tf_column *c, size_t row)
{
    double x;
    if (tf_value_missing(c, row)) {
        const enum tf_miss why = why_missing(c, row);
        if (((why == TF_MISS_PREFER_NOT || why == TF_MISS_REFUSED) && ind->prefer_not_in_base) ||
            (why == TF_MISS_DONT_KNOW && ind->dont_know_in_base))
            return ANSWER_NO;
        return tf_not_asked(why) ? NOT_ASKED : ANSWER_NONE;
    }
    for (size_t k = 0; tf_value_number(c, row, &x) && k < ind->n_codes; k++)
        if (x == ind->code[k])
            return ANSWER_YES;
    return ANSWER_NO;
}

/* The indicator of one case: 1, 0, or NaN with the reason. */
static double indicate(const struct tf_indicator *ind, const struct tf_column *const *item,
                       size_t row, enum tf_miss *ret_why)
{
    bool asked = false, unanswered = false;
    *ret_why = TF_MISS_ROUTING;
    for (size_t k = 0; k < ind->n_items; k++) {
        const enum answer a = answer_of(ind, item[k], row);
        if (a == ANSWER_YES)
            return 1;
        if (a == NOT_ASKED && !asked && !unanswered)
            *ret_why = why_missing(item[k], row);
        if (a == ANSWER_NONE && !unanswered) {
            unanswered = true;
            *ret_why = why_missing(item[k], row);
        }
        asked = asked || a != NOT_ASKED;
    }
    return asked && !unanswered ? 0 : (double)NAN;
}

static void label_yes_no(struct tf_arena *arena, struct tf_column *c)
{
    c->labels = TF_NEW_N(arena, struct tf_label, 2);
    c->labels[0] = (struct tf_label){.value = 0, .label = "No"};
    c->labels[1] = (struct tf_label){.value = 1, .label = "Yes"};
    c->n_labels = 2;
}

static enum tf_code new_column(struct tf_table *t, const char *name, size_t *ret,
                               struct tf_err *reterr)
{
    for (size_t k = 0; k < t->n_cols; k++)
        if (strcmp(t->col[k].name, name) == 0) {
            (void)tf_fail(reterr, TF_E_INPUT, "'%s' has a variable '%s' already", t->name, name);
            return tf_help(reterr, "Give what is derived a name of its own.");
        }
    *ret = tf_table_add(t, name, TF_NUMBER);
    return TF_OK;
}

enum tf_code tf_derive_indicator(struct tf_arena *arena, const struct tf_indicator *ind,
                                 struct tf_table *t, struct tf_err *reterr)
{
    const struct tf_column **item = TF_NEW_N(arena, const struct tf_column *, ind->n_items + 1);
    size_t at, age = SIZE_MAX;
    bool *base;
    TF_TRY(tf_where_mask(arena, ind->base, t, &base, reterr));
    TF_TRY(new_column(t, ind->id, &at, reterr));
    if (ind->age_min > 0 && (age = tf_table_find(t, "age")) >= SIZE_MAX - 1)
        age = SIZE_MAX;
    for (size_t k = 0; k < ind->n_items; k++) { /* after new_column: columns may have moved */
        size_t col;
        TF_TRY(tf_table_need(t, ind->item[k], &col, reterr));
        item[k] = &t->col[col];
    }
    struct tf_column *c = &t->col[at];
    for (size_t k = 0; k < ind->n_items; k++)
        c->flags |= item[k]->flags;
    c->label = tf_strdup(t->arena, tf_words_in(&ind->label, "en"));
    label_yes_no(t->arena, c);
    for (size_t row = 0; row < t->n_rows; row++) {
        enum tf_miss why = TF_MISS_ROUTING;
        double years, x = (double)NAN;
        if (age != SIZE_MAX && tf_value_number(&t->col[age], row, &years) &&
            (years < ind->age_min || years > ind->age_max))
            why = TF_MISS_AGE;
        else if (base[row])
            x = indicate(ind, item, row, &why);
        c->num[row] = x;
        c->miss[row] = (uint8_t)(isnan(x) ? why : TF_PRESENT);
    }
    return TF_OK;
}

enum tf_code tf_derive_column(struct tf_arena *arena, const struct tf_recipe_column *column,
                              struct tf_table *t, struct tf_err *reterr)
{
    size_t from, at;
    if (column->from == NULL) {
        TF_TRY(tf_table_need(t, column->var, &at, reterr));
        return TF_OK;
    }
    TF_TRY(tf_table_need(t, column->from, &from, reterr));
    TF_TRY(new_column(t, column->var, &at, reterr));
    struct tf_column *c = &t->col[at];
    c->labels = TF_NEW_N(t->arena, struct tf_label, column->n_cuts);
    c->n_labels = column->n_cuts;
    c->label = t->col[from].label;
    for (size_t k = 0; k < column->n_cuts; k++)
        c->labels[k] = (struct tf_label){.value = (double)(k + 1),
                                         .label = tf_strdup(t->arena, column->cut[k].label)};
    for (size_t row = 0; row < t->n_rows; row++) {
        double x;
        if (!tf_value_number(&t->col[from], row, &x)) {
            c->miss[row] = (uint8_t)why_missing(&t->col[from], row);
            continue;
        }
        for (size_t k = 0; k < column->n_cuts; k++)
            if (x >= column->cut[k].from && x <= column->cut[k].to) {
                c->num[row] = (double)(k + 1);
                c->miss[row] = TF_PRESENT;
            }
    }
    (void)arena;
    return TF_OK;
}
