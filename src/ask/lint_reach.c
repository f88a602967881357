/* Questions that nobody can reach, and constraints that nothing can meet.
 *
 * An expression is tried with all values that matter of the fields it reads:
 *
 *   one choice     each choice of its list, and none
 *   many choices   each set of the choices that the expression names, with and without another
 *   a number       each number the expression compares it with, and one in each gap between these
 *   any other      empty or not, when that is all the expression asks
 *
 * less those that the field's own constraint forbids. If it is never true, no interview can make it true.
 * That is exact because only expressions of this kind are tried: comparisons of a field with a literal,
 * selected(), and, or, not and plain functions over single choices. Of any other (arithmetic on a number,
 * dates, paths across repeats, lists that only the device has) nothing is said: no false alarm. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ask/expr_inside.h"
#include "ask/lint.h"

enum { MAX_VARS = 12, MAX_TRIES = 4000, MAX_VALUES = 300, MAX_NAMED = 6, MAX_LITERALS = 60 };

enum use { USE_CHOICE, USE_CHOICES, USE_NUMBER, USE_EMPTY };
struct var {
    size_t field;
    enum use use;
    const char **value;
    size_t n;
    bool empty;               /* may be left empty */
};
struct trial {
    struct tf_arena *arena;
    const struct tf_xform *form;
    struct tf_instance *in;   /* one row of everything: the answer of a field has its number */
    struct var var[MAX_VARS];
    size_t n_vars;
    double number[MAX_LITERALS];
    size_t n_numbers;
    const char *text[MAX_LITERALS];
    size_t n_texts;
    const char *context, *source; /* path and text of the expression being read */
};

/* ---- is it of the kind that can be tried? ------------------------------------------------------- */

static size_t field_of(struct trial *t, const struct xpr *x)
{
    const struct tf_xpath one = {.text = "", .root = (struct xpr *)(uintptr_t)x};
    const char **path;
    if (x->kind != XK_PATH || x->from != NULL)
        return SIZE_MAX;
    for (size_t k = 0; k < x->n_steps; k++)
        if (x->step[k].preds.n > 0)
            return SIZE_MAX;
    if (tf_xpath_paths(t->arena, &one, t->context, &path) != 1)
        return SIZE_MAX;
    const struct tf_xfield *f = tf_xform_field(t->form, path[0]);
    if (f == NULL || f->type <= TF_X_REPEAT)
        return SIZE_MAX;
    /* an absolute path into a repeat may name many rows */
    if (f->repeat != SIZE_MAX && (x->absolute || strstr(t->source, f->path) != NULL))
        return SIZE_MAX;
    return (size_t)(f - t->form->field);
}

/* Who fills it in is known: somebody, from the choices shown. */
static bool asked(const struct tf_xfield *f)
{
    return f->control && f->calculate == NULL && f->setvalue == NULL && f->preload == NULL &&
           (f->appearance == NULL || strstr(f->appearance, "search(") == NULL);
}

static bool add_var(struct trial *t, size_t field, enum use use)
{
    const struct tf_xfield *f = &t->form->field[field];
    for (size_t k = 0; k < t->n_vars; k++)
        if (t->var[k].field == field) {
            if (t->var[k].use == USE_EMPTY)
                t->var[k].use = use;
            return t->var[k].use == use || use == USE_EMPTY;
        }
    if (t->n_vars == MAX_VARS || !asked(f))
        return false;
    t->var[t->n_vars++] = (struct var){.field = field, .use = use, .empty = true};
    return true;
}

static bool add_number(struct trial *t, double x)
{
    if (isnan(x) || isinf(x) || fabs(x) > 1e12 || t->n_numbers == MAX_LITERALS)
        return false;
    t->number[t->n_numbers++] = x;
    return true;
}

static bool is_literal(const struct xpr *x)
{
    return x->kind == XK_NUMBER || x->kind == XK_STRING ||
           (x->kind == XK_MINUS && x->kid[0]->kind == XK_NUMBER);
}

static double literal_number(const struct xpr *x)
{
    if (x->kind == XK_MINUS)
        return x->odd ? -x->kid[0]->number : x->kid[0]->number;
    return x->kind == XK_NUMBER ? x->number : tf_xnumber(x->string);
}

static bool is_number_type(enum tf_xtype type)
{
    return type == TF_X_INT || type == TF_X_DECIMAL;
}

/* field <op> literal */
static bool comparable(struct trial *t, size_t field, const struct xpr *literal)
{
    const struct tf_xfield *f = &t->form->field[field];
    if (literal->kind == XK_STRING && *literal->string == '\0')
        return add_var(t, field, f->type == TF_X_SELECT_ONE ? USE_CHOICE : USE_EMPTY);
    if (f->type == TF_X_SELECT_ONE && f->n_items > 0)
        return add_var(t, field, USE_CHOICE);
    if (!is_number_type(f->type) || (literal->kind == XK_STRING && f->type == TF_X_DECIMAL))
        return false;
    return add_number(t, literal_number(literal)) && add_var(t, field, USE_NUMBER);
}

static bool usable(struct trial *t, const struct xpr *x, bool as_truth);

static bool usable_selected(struct trial *t, const struct xpr *x)
{
    const size_t field = field_of(t, x->kid[0]);
    if (field == SIZE_MAX || x->kid[1]->kind != XK_STRING || t->n_texts == MAX_LITERALS)
        return false;
    const struct tf_xfield *f = &t->form->field[field];
    if (f->n_items == 0 || f->type < TF_X_SELECT_ONE || tf_is_blank(x->kid[1]->string))
        return false;
    t->text[t->n_texts++] = tf_trim(t->arena, x->kid[1]->string);
    return add_var(t, field, f->type == TF_X_SELECT_ONE ? USE_CHOICE : USE_CHOICES);
}

static bool usable_call(struct trial *t, const struct xpr *x)
{
    static const char *const plain[] = {"true",   "false",    "not",         "boolean", "if",
                                        "number", "string",   "int",         "concat",  "coalesce",
                                        "contains", "starts-with", "string-length", "round"};
    if (strcmp(x->f->name, "selected") == 0 || strcmp(x->f->name, "is-selected") == 0)
        return usable_selected(t, x);
    size_t k = 0;
    while (k < sizeof plain / sizeof *plain && strcmp(plain[k], x->f->name) != 0)
        k++;
    if (k == sizeof plain / sizeof *plain)
        return false;
    for (size_t j = 0; j < x->n_kids; j++)
        if (!usable(t, x->kid[j], strcmp(x->f->name, "not") == 0 || strcmp(x->f->name, "boolean") == 0 ||
                                      (strcmp(x->f->name, "if") == 0 && j == 0)))
            return false;
    return true;
}

static bool usable_chain(struct trial *t, const struct xpr *x)
{
    const enum xop op = x->op[0];
    if (op == XO_UNION)
        return false;
    if (op >= XO_EQ && op <= XO_GE && x->n_kids == 2)
        for (size_t k = 0; k < 2; k++) {
            const size_t field = field_of(t, x->kid[k]);
            if (field != SIZE_MAX && is_literal(x->kid[1 - k]))
                return comparable(t, field, x->kid[1 - k]);
        }
    for (size_t k = 0; k < x->n_kids; k++)
        if (!usable(t, x->kid[k], op == XO_AND || op == XO_OR))
            return false;
    return true;
}

static bool usable(struct trial *t, const struct xpr *x, bool as_truth)
{
    switch (x->kind) {
    case XK_NUMBER:
    case XK_STRING:
        return true;
    case XK_MINUS:
        return usable(t, x->kid[0], false);
    case XK_CHAIN:
        return usable_chain(t, x);
    case XK_CALL:
        return usable_call(t, x);
    case XK_PATH:
        break;
    }
    const size_t field = field_of(t, x);
    return !as_truth && field != SIZE_MAX && t->form->field[field].type == TF_X_SELECT_ONE &&
           t->form->field[field].n_items > 0 && add_var(t, field, USE_CHOICE);
}

static struct tf_xpath *read_expression(struct trial *t, const char *text, const char *context)
{
    struct tf_xpath *x;
    struct tf_err err;
    t->context = context;
    t->source = text;
    if (text == NULL || tf_xpath_parse(t->arena, text, NULL, 0, &x, &err) != TF_OK ||
        !usable(t, x->root, true))
        return NULL;
    return x;
}

/* ---- the values --------------------------------------------------------------------------------- */

static void add_value(struct trial *t, struct var *v, const char *text)
{
    for (size_t k = 0; k < v->n; k++)
        if (strcmp(v->value[k], text) == 0)
            return;
    if (v->n < MAX_VALUES)
        v->value[v->n++] = tf_strdup(t->arena, text);
    else
        v->n = MAX_VALUES + 1; /* too many: the trial is given up */
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void number_values(struct trial *t, struct var *v)
{
    const bool whole = t->form->field[v->field].type == TF_X_INT;
    double point[MAX_LITERALS * 5];
    size_t n = 0;
    qsort(t->number, t->n_numbers, sizeof *t->number, by_size);
    for (size_t k = 0; k < t->n_numbers; k++) {
        const double c = t->number[k], gap = k + 1 < t->n_numbers ? t->number[k + 1] - c : 2;
        const double low = floor(c), high = ceil(c);
        const double all[] = {low - 1, low, high, high + 1, whole ? high + 1 : c + gap / 2};
        for (size_t j = 0; j < 5; j++)
            point[n++] = !whole && j == 1 ? c : all[j];
    }
    if (n == 0)
        point[n++] = 0;
    for (size_t k = 0; k < n && v->n <= MAX_VALUES; k++)
        add_value(t, v, tf_xnumber_text(t->arena, point[k]));
}

static void choice_sets(struct trial *t, struct var *v)
{
    const struct tf_xfield *f = &t->form->field[v->field];
    const char *named[MAX_NAMED], *other = NULL;
    size_t n = 0;
    for (size_t k = 0; k < f->n_items; k++) {
        size_t j = 0;
        while (j < t->n_texts && strcmp(t->text[j], f->item[k].value) != 0)
            j++;
        if (j == t->n_texts) {
            other = f->item[k].value;
        } else if (n == MAX_NAMED) {
            v->n = MAX_VALUES + 1;
            return;
        } else {
            named[n++] = f->item[k].value;
        }
    }
    for (size_t set = 0; set < (size_t)1 << n; set++)
        for (int more = 0; more < (other == NULL ? 1 : 2); more++) {
            struct tf_buf b = {.arena = t->arena};
            for (size_t k = 0; k < n; k++)
                if ((set >> k & 1) != 0)
                    tf_buf_printf(&b, "%s%s", b.n == 0 ? "" : " ", named[k]);
            if (more == 1)
                tf_buf_printf(&b, "%s%s", b.n == 0 ? "" : " ", other);
            if (b.n > 0)
                add_value(t, v, tf_buf_text(&b));
        }
}

static bool surely_false(struct trial *t, const struct tf_xpath *x, size_t field)
{
    const struct tf_xscope scope = {.form = t->form, .instance = t->in, .answer = field};
    struct tf_arena *scratch = tf_arena_new("a trial", (size_t)16 << 20);
    struct xval v;
    struct tf_err err;
    bool unknown;
    const bool sure = tf_xeval(scratch, x, &scope, (struct xref){XR_ANSWER, field, 0, 0}, NULL, &v,
                               &unknown, &err) == TF_OK &&
                      !unknown && !tf_xval_true(&v);
    tf_arena_free(scratch);
    return sure;
}

/* Take away what the field's own constraint forbids, when it speaks of the field alone. */
static void keep_allowed(struct trial *t, struct var *v, const struct tf_xpath *constraint)
{
    size_t kept = 0;
    if (constraint == NULL)
        return;
    for (size_t k = 0; k < v->n; k++) {
        t->in->answer[v->field].text = v->value[k];
        if (*v->value[k] == '\0' || !surely_false(t, constraint, v->field))
            v->value[kept++] = v->value[k];
    }
    t->in->answer[v->field].text = "";
    v->n = kept;
}

static void make_values(struct trial *t, struct var *v)
{
    const struct tf_xfield *f = &t->form->field[v->field];
    v->value = TF_NEW_N(t->arena, const char *, MAX_VALUES + 1);
    v->n = 0;
    if (v->empty)
        add_value(t, v, "");
    if (*f->preset != '\0')
        add_value(t, v, f->preset);
    switch (v->use) {
    case USE_CHOICE:
        for (size_t k = 0; k < f->n_items && v->n <= MAX_VALUES; k++)
            add_value(t, v, f->item[k].value);
        break;
    case USE_CHOICES:
        choice_sets(t, v);
        break;
    case USE_NUMBER:
        number_values(t, v);
        break;
    case USE_EMPTY:
        add_value(t, v, "x");
        break;
    }
}

/* ---- the trial ---------------------------------------------------------------------------------- */

/* Is there a way to make all of them true? Also true when it cannot be said. */
static bool can_be_true(struct trial *t, struct tf_xpath *const *x, const size_t *at, size_t n)
{
    size_t index[MAX_VARS] = {0}, tries = 1;
    struct tf_xpath *own[MAX_VARS] = {NULL};
    const size_t vars = t->n_vars;
    for (size_t k = 0; k < vars; k++) { /* their constraints may bring more numbers, but no fields */
        const struct tf_xfield *f = &t->form->field[t->var[k].field];
        const size_t numbers = t->n_numbers;
        if (t->var[k].use == USE_EMPTY || f->constraint == NULL)
            continue;
        own[k] = read_expression(t, f->constraint, f->path);
        if (own[k] == NULL || t->n_vars != vars) {
            t->n_numbers = own[k] == NULL ? numbers : t->n_numbers;
            t->n_vars = vars;
            own[k] = NULL;
        }
    }
    for (size_t k = 0; k < vars; k++) {
        make_values(t, &t->var[k]);
        if (t->var[k].n > MAX_VALUES)
            return true;
        keep_allowed(t, &t->var[k], own[k]);
        if (t->var[k].n == 0)
            return false;
        tries *= t->var[k].n;
        if (tries > MAX_TRIES)
            return true;
    }
    for (size_t k = 0; k < tries; k++) {
        size_t rest = k;
        for (size_t j = 0; j < vars; j++) {
            index[j] = rest % t->var[j].n;
            rest /= t->var[j].n;
            t->in->answer[t->var[j].field].text = t->var[j].value[index[j]];
        }
        size_t j = 0;
        while (j < n && !surely_false(t, x[j], at[j]))
            j++;
        if (j == n)
            return true;
    }
    return false;
}

/* A submission with every field once. */
static struct tf_instance *one_of_each(struct tf_arena *arena, const struct tf_xform *form)
{
    struct tf_instance *in = TF_NEW(arena, struct tf_instance);
    in->answer = TF_NEW_N(arena, struct tf_answer, form->n_fields);
    in->n_answers = form->n_fields;
    in->row = TF_NEW(arena, struct tf_repeat_row);
    in->row[0] = (struct tf_repeat_row){SIZE_MAX, 0, 1};
    in->n_rows = 1;
    for (size_t k = 0; k < form->n_fields; k++) {
        const struct tf_xfield *f = &form->field[k];
        in->answer[k] = (struct tf_answer){.field = k, .path = f->path, .parent = f->parent,
                                           .end = f->end, .text = f->type <= TF_X_REPEAT ? NULL : ""};
    }
    return in;
}

static struct trial new_trial(struct tf_arena *arena, const struct tf_xform *form,
                              struct tf_instance *in)
{
    for (size_t k = 0; k < in->n_answers; k++)
        if (in->answer[k].text != NULL)
            in->answer[k].text = "";
    return (struct trial){.arena = arena, .form = form, .in = in};
}

/* The field's relevance together with those of the groups round it. */
static bool reachable(struct tf_arena *arena, const struct tf_xform *form, struct tf_instance *in,
                      size_t field)
{
    struct tf_xpath *x[16];
    size_t at[16], n = 0;
    struct trial t = new_trial(arena, form, in);
    for (size_t up = field; up != SIZE_MAX && n < 16; up = form->field[up].parent) {
        const size_t vars = t.n_vars, numbers = t.n_numbers, texts = t.n_texts;
        if (form->field[up].relevant == NULL)
            continue;
        x[n] = read_expression(&t, form->field[up].relevant, form->field[up].path);
        if (x[n] != NULL) {
            at[n++] = up;
        } else { /* of this one nothing is known: it may well be true */
            t.n_vars = vars;
            t.n_numbers = numbers;
            t.n_texts = texts;
        }
    }
    return n == 0 || can_be_true(&t, x, at, n);
}

void tf_lint_reach(struct tf_arena *arena, const struct tf_xform *form, struct tf_notices *out)
{
    struct tf_instance *in = one_of_each(arena, form);
    size_t lost = 0; /* fields up to here are below an unreachable group that was named */
    for (size_t k = 0; k < form->n_fields; k++) {
        const struct tf_xfield *f = &form->field[k];
        if (f->relevant != NULL && k >= lost && !reachable(arena, form, in, k)) {
            tf_lint_say(form, out, f, "unreachable", "No answers can make its relevance true.",
                        "%s can never be reached", f->path);
            lost = f->end;
        }
        if (f->constraint == NULL || f->type <= TF_X_REPEAT || !f->control)
            continue;
        struct trial t = new_trial(arena, form, in);
        struct tf_xpath *x = read_expression(&t, f->constraint, f->path);
        size_t own = 0;
        while (own < t.n_vars && t.var[own].field != k)
            own++;
        if (x == NULL || own == t.n_vars)
            continue;
        t.var[own].empty = false; /* an empty answer meets every constraint */
        if (!can_be_true(&t, &x, &k, 1))
            tf_lint_say(form, out, f, "constraint-never", "No answer can pass it.",
                        "the constraint of %s can never hold", f->path);
    }
}
