/* What the expressions of a formula are worth: log(income), I((age - 14)^2), y == 1.
 *
 * An expression is a small tree; it is valued column by column, so that a million rows cost a few
 * passes and no walk of the tree each. What is missing, and what is undefined (the logarithm of a
 * negative number), is NaN, and NaN stays NaN: comparisons with it are unknown, as in R. Words can
 * be compared with words; a column of words that spells numbers is valued as those.
 *
 * The printed form is R's (deparse): blanks round + - * and comparisons, none round / and ^. Names
 * of coefficients are made of it. */
#include <math.h>
#include <string.h>

#include "measure/formula.h"

static const struct {
    const char *name;
    double (*f)(double);
} calls[] = {
    {"I", NULL},       {"as.numeric", NULL}, {"log", log},     {"exp", exp},
    {"sqrt", sqrt},    {"abs", fabs},        {"log2", log2},   {"log10", log10},
    {"log1p", log1p},  {"expm1", expm1},     {"floor", floor}, {"ceiling", ceil},
    {"sin", sin},      {"cos", cos},
};

bool tf_formula_call(const char *name, double (**ret)(double))
{
    for (size_t k = 0; k < sizeof calls / sizeof calls[0]; k++)
        if (strcmp(calls[k].name, name) == 0) {
            *ret = calls[k].f;
            return true;
        }
    return false;
}

const char *tf_formula_calls(void)
{
    return "I factor relevel offset as.numeric log exp sqrt abs log2 log10 log1p expm1 floor "
           "ceiling sin cos";
}

/* ---- Printing ----------------------------------------------------------------------------- */

static const char *const between[] = {
    [TF_OP_OR] = " | ",  [TF_OP_AND] = " & ", [TF_OP_LT] = " < ",  [TF_OP_LE] = " <= ",
    [TF_OP_GT] = " > ",  [TF_OP_GE] = " >= ", [TF_OP_EQ] = " == ", [TF_OP_NE] = " != ",
    [TF_OP_ADD] = " + ", [TF_OP_SUB] = " - ", [TF_OP_MUL] = " * ", [TF_OP_DIV] = "/",
    [TF_OP_POW] = "^",
};

void tf_expr_print(const struct tf_expr *e, struct tf_buf *b)
{
    switch (e->op) {
    case TF_OP_NUMBER:
        tf_buf_double(b, e->number);
        return;
    case TF_OP_TEXT:
        tf_buf_printf(b, "\"%s\"", e->text);
        return;
    case TF_OP_COLUMN:
        tf_buf_add(b, e->text);
        return;
    case TF_OP_PAREN:
    case TF_OP_CALL:
        tf_buf_printf(b, "%s(", e->op == TF_OP_CALL ? e->text : "");
        tf_expr_print(e->a, b);
        tf_buf_char(b, ')');
        return;
    case TF_OP_NEGATE:
    case TF_OP_NOT:
        tf_buf_char(b, e->op == TF_OP_NOT ? '!' : '-');
        tf_expr_print(e->a, b);
        return;
    default:
        tf_expr_print(e->a, b);
        tf_buf_add(b, between[e->op]);
        tf_expr_print(e->b, b);
    }
}

bool tf_expr_logical(const struct tf_expr *e)
{
    if (e->op == TF_OP_PAREN || (e->op == TF_OP_CALL && strcmp(e->text, "I") == 0))
        return tf_expr_logical(e->a);
    return e->op == TF_OP_NOT || (e->op >= TF_OP_OR && e->op <= TF_OP_NE);
}

bool tf_expr_words(const struct tf_expr *e, const struct tf_table *t)
{
    if (e->op == TF_OP_PAREN)
        return tf_expr_words(e->a, t);
    return e->op == TF_OP_TEXT || (e->op == TF_OP_COLUMN && t->col[e->col].type == TF_TEXT);
}

/* ---- Values ------------------------------------------------------------------------------- */

/* Unknown or true is true, unknown and false is false (R, SQL). */
static double either(double x, double y)
{
    if (x > 0 || x < 0 || y > 0 || y < 0)
        return 1;
    return isnan(x) || isnan(y) ? (double)NAN : 0;
}

static double both(double x, double y)
{
    const bool no = (!isnan(x) && !(x > 0 || x < 0)) || (!isnan(y) && !(y > 0 || y < 0));
    if (no)
        return 0;
    return isnan(x) || isnan(y) ? (double)NAN : 1;
}

static double apply(enum tf_op op, double x, double y)
{
    if (op == TF_OP_OR)
        return either(x, y);
    if (op == TF_OP_AND)
        return both(x, y);
    if (isnan(x) || isnan(y))
        return (double)NAN;
    switch (op) {
    case TF_OP_LT: return x < y;
    case TF_OP_LE: return x <= y;
    case TF_OP_GT: return x > y;
    case TF_OP_GE: return x >= y;
    case TF_OP_EQ: return !(x < y || x > y);
    case TF_OP_NE: return x < y || x > y;
    case TF_OP_ADD: return x + y;
    case TF_OP_SUB: return x - y;
    case TF_OP_MUL: return x * y;
    case TF_OP_DIV: return x / y;
    case TF_OP_POW: return y > 2 || y < 2 ? pow(x, y) : x * x;
    default: return (double)NAN;
    }
}

static const struct tf_expr *bare(const struct tf_expr *e)
{
    while (e->op == TF_OP_PAREN)
        e = e->a;
    return e;
}

static const char *word(const struct tf_expr *e, const struct tf_table *t, size_t row)
{
    if (e->op == TF_OP_TEXT)
        return e->text;
    return tf_value_missing(&t->col[e->col], row) ? NULL : t->col[e->col].text[row];
}

static const double *compare_words(struct tf_arena *arena, const struct tf_expr *e,
                                   const struct tf_table *t)
{
    double *out = TF_NEW_N(arena, double, t->n_rows);
    for (size_t row = 0; row < t->n_rows; row++) {
        const char *x = word(bare(e->a), t, row), *y = word(bare(e->b), t, row);
        const int order = x == NULL || y == NULL ? 0 : strcmp(x, y);
        out[row] = x == NULL || y == NULL ? (double)NAN : apply(e->op, order, 0);
    }
    return out;
}

static bool all_present(const uint8_t *miss, size_t n)
{
    uint64_t any = 0, eight;
    size_t row = 0;
    for (; row + sizeof eight <= n; row += sizeof eight) {
        memcpy(&eight, miss + row, sizeof eight);
        any |= eight;
    }
    for (; row < n; row++)
        any |= miss[row];
    return any == 0; /* TF_PRESENT is 0 */
}

static const double *column(struct tf_arena *arena, const struct tf_expr *e,
                            const struct tf_table *t)
{
    const struct tf_column *c = &t->col[e->col];
    bool whole = c->type == TF_NUMBER; /* missing is NaN already: no copy */
    if (whole && !all_present(c->miss, t->n_rows))
        for (size_t row = 0; whole && row < t->n_rows; row++)
            whole = c->miss[row] == TF_PRESENT || isnan(c->num[row]);
    if (whole)
        return c->num;
    double *out = TF_NEW_N(arena, double, t->n_rows);
    for (size_t row = 0; row < t->n_rows; row++)
        if (!tf_value_number(c, row, &out[row]))
            out[row] = (double)NAN;
    return out;
}

const double *tf_expr_values(struct tf_arena *arena, const struct tf_expr *e,
                             const struct tf_table *t)
{
    if (e->op == TF_OP_COLUMN)
        return column(arena, e, t);
    if (e->op == TF_OP_PAREN || (e->op == TF_OP_CALL && e->call == NULL))
        return tf_expr_values(arena, e->a, t);
    if (e->op >= TF_OP_LT && e->op <= TF_OP_NE && tf_expr_words(e->a, t) && tf_expr_words(e->b, t))
        return compare_words(arena, e, t);
    double *out = TF_NEW_N(arena, double, t->n_rows);
    const double *a = e->a == NULL ? NULL : tf_expr_values(arena, e->a, t);
    const double *b = e->b == NULL ? NULL : tf_expr_values(arena, e->b, t);
    for (size_t row = 0; row < t->n_rows; row++) {
        if (e->op == TF_OP_NUMBER)
            out[row] = e->number;
        else if (e->op == TF_OP_TEXT || a == NULL)
            out[row] = (double)NAN;
        else if (e->op == TF_OP_NEGATE)
            out[row] = -a[row];
        else if (e->op == TF_OP_NOT)
            out[row] = isnan(a[row]) ? (double)NAN : !(a[row] > 0 || a[row] < 0);
        else if (e->op == TF_OP_CALL)
            out[row] = isnan(a[row]) ? (double)NAN : e->call(a[row]);
        else
            out[row] = b == NULL ? (double)NAN : apply(e->op, a[row], b[row]);
    }
    return out;
}
