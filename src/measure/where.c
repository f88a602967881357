/* Conditions over variables, judged: see where.h; where_read.c has the grammar.
 *
 * Truth has three values, as in SQL and R: a comparison with a missing value is neither true nor
 * false but unknown, and so is its `not`. At the end only "true" holds. With two values
 * `not (q5 = 1)` would let in everybody who did not answer q5, which nobody who writes it means.
 *
 * A text column is compared with a number by the number its text spells, since statistical files
 * carry codes as text; a text that spells none differs from every number and is neither smaller nor
 * larger. In arithmetic such a text is missing, and so is what a division by zero would give.
 *
 * A mask over all rows is made some hundred rows at a time: what is numbers throughout is computed
 * in plain loops over arrays, NaN standing for missing; the rest row by row. Both ways say the same. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "measure/where_inside.h"

/* One bit says yes, the other no; unknown is neither. Then eight rows are joined at once. */
enum truth { UNKNOWN = 0, YES = 1, NO = 2 };

/* ---- One row ------------------------------------------------------------------------------ */

static bool is_missing(const struct tf_column *c, size_t row)
{
    return c->miss[row] != TF_PRESENT ||
           (c->type == TF_TEXT ? tf_is_blank(c->text[row]) : isnan(c->num[row]) != 0);
}

struct value {
    const char *text; /* or NULL */
    double number;    /* of a text only when it is a constant that spells one */
    bool numeric, missing;
};

/* The number that a value is or spells. Texts of columns are asked only when it matters. */
static bool number_of(const struct value *v, double *ret)
{
    *ret = v->number;
    return v->numeric || (v->text != NULL && tf_parse_double(v->text, ret));
}

static double compute(enum tf_where_op op, double x, double y)
{
    switch (op) {
    case TF_ADD:
        return x + y;
    case TF_SUBTRACT:
        return x - y;
    case TF_MULTIPLY:
        return x * y;
    case TF_DIVIDE:
        return x / y;
    case TF_NEGATE:
        return -x;
    case TF_ABS:
        return fabs(x);
    default:
        return floor(x);
    }
}

static struct value value_of(const struct tf_where_node *n, size_t row)
{
    const struct tf_column *c = n->column;
    if (n->op == TF_CONSTANT)
        return (struct value){.text = n->text, .number = n->number, .numeric = n->numeric};
    if (n->op != TF_VARIABLE) {
        const struct value a = value_of(n->a, row);
        const struct value b = n->b != NULL ? value_of(n->b, row) : a;
        double x = 0, y = 0;
        const bool there = !a.missing && !b.missing && number_of(&a, &x) && number_of(&b, &y);
        x = there ? compute(n->op, x, y) : (double)NAN;
        return (struct value){.number = x, .numeric = true, .missing = isfinite(x) == 0};
    }
    if (is_missing(c, row))
        return (struct value){.missing = true};
    if (c->type == TF_NUMBER)
        return (struct value){.number = c->num[row], .numeric = true};
    return (struct value){.text = c->text[row]};
}

static bool order_holds(enum tf_where_op op, int order)
{
    return op == TF_EQ   ? order == 0
           : op == TF_NE ? order != 0
           : op == TF_LT ? order < 0
           : op == TF_LE ? order <= 0
           : op == TF_GT ? order > 0
                         : order >= 0;
}

static enum truth compare(enum tf_where_op op, const struct value *a, const struct value *b)
{
    if (a->missing || b->missing)
        return UNKNOWN;
    int order;
    double x, y;
    if (a->text != NULL && b->text != NULL) {
        order = strcmp(a->text, b->text);
    } else if (number_of(a, &x) && number_of(b, &y)) {
        order = (x > y) - (x < y);
    } else { /* a text that spells no number, and a number */
        return op == TF_NE ? YES : op == TF_EQ ? NO : UNKNOWN;
    }
    return order_holds(op, order) ? YES : NO;
}

static uint64_t join(enum tf_where_op op, uint64_t x, uint64_t y)
{
    const uint64_t yes = UINT64_C(0x0101010101010101), no = yes * NO;
    return op == TF_AND ? (x & y & yes) | ((x | y) & no) : ((x | y) & yes) | (x & y & no);
}

static uint64_t turn(uint64_t x)
{
    const uint64_t yes = UINT64_C(0x0101010101010101);
    return (x >> 1 & yes) | (x & yes) << 1;
}

static uint8_t judge(const struct tf_where_node *n, size_t row)
{
    struct value a, b;
    switch (n->op) {
    case TF_NOT:
        return (uint8_t)turn(judge(n->a, row));
    case TF_AND:
    case TF_OR:
        return (uint8_t)join(n->op, judge(n->a, row), judge(n->b, row));
    case TF_IS_MISSING:
        return is_missing(n->a->column, row) ? YES : NO;
    case TF_IS_NUMBER:
        a = value_of(n->a, row);
        return !a.missing && number_of(&a, &b.number) ? YES : NO;
    case TF_IN:
        a = value_of(n->a, row);
        for (size_t k = 0; !a.missing && k < n->n_list; k++) {
            b = value_of(n->list[k], row);
            if (compare(TF_EQ, &a, &b) == YES)
                return YES;
        }
        return a.missing ? UNKNOWN : NO;
    default:
        a = value_of(n->a, row);
        b = value_of(n->b, row);
        return (uint8_t)compare(n->op, &a, &b);
    }
}

/* ---- Many rows ---------------------------------------------------------------------------- */

enum { TURN = 256 };

static void compute_many(enum tf_where_op op, size_t n, double *x, const double *y)
{
#define EACH(expression)               \
    for (size_t k = 0; k < n; k++)     \
        x[k] = (expression);           \
    return
    switch (op) {
    case TF_ADD:
        EACH(x[k] + y[k]);
    case TF_SUBTRACT:
        EACH(x[k] - y[k]);
    case TF_MULTIPLY:
        EACH(x[k] * y[k]);
    case TF_DIVIDE:
        EACH(x[k] / y[k]);
    default:
        EACH(compute(op, x[k], y[k]));
    }
#undef EACH
}

/* Numbers of n rows from `row`, NaN where missing. */
static void numbers(const struct tf_where_node *v, size_t row, size_t n, double *x)
{
    double y[TURN];
    if (v->op == TF_CONSTANT) {
        for (size_t k = 0; k < n; k++)
            x[k] = v->number;
        return;
    }
    if (v->op == TF_VARIABLE) {
        const double *num = v->column->num + row;
        const uint8_t *miss = v->column->miss + row;
        for (size_t k = 0; k < n; k++)
            x[k] = miss[k] == TF_PRESENT ? num[k] : (double)NAN;
        return;
    }
    numbers(v->a, row, n, x);
    if (v->b != NULL)
        numbers(v->b, row, n, y);
    if (v->b == NULL)
        memcpy(y, x, n * sizeof *x);
    compute_many(v->op, n, x, y);
    for (size_t k = 0; k < n; k++) /* infinite: missing, as for one row */
        x[k] = fabs(x[k]) <= DBL_MAX ? x[k] : (double)NAN;
}

/* With NaN every comparison is false: neither yes nor no. */
static void compare_many(enum tf_where_op op, const double *x, const double *y, size_t n,
                         uint8_t *out)
{
    if (op == TF_GT || op == TF_LE) { /* the same from the other side */
        const double *swap = x;
        x = y;
        y = swap;
    }
    if (op == TF_EQ || op == TF_NE) {
        const unsigned same = op == TF_EQ ? YES : NO, other = op == TF_EQ ? NO : YES;
        for (size_t k = 0; k < n; k++)
            out[k] = (uint8_t)((x[k] == y[k]) * same | ((x[k] < y[k]) | (x[k] > y[k])) * other);
        return;
    }
    const unsigned less = op == TF_LT || op == TF_GT ? YES : NO, not_less = less ^ (YES | NO);
    for (size_t k = 0; k < n; k++)
        out[k] = (uint8_t)((x[k] < y[k]) * less | (x[k] >= y[k]) * not_less);
}

static void judge_many(const struct tf_where_node *v, size_t row, size_t n, uint8_t *out);

static void in_many(const struct tf_where_node *v, size_t row, size_t n, uint8_t *out)
{
    double x[TURN];
    numbers(v->a, row, n, x);
    for (size_t k = 0; k < n; k++)
        out[k] = (uint8_t)((x[k] == x[k]) * NO);
    for (size_t j = 0; j < v->n_list; j++) {
        const double one = v->list[j]->number;
        for (size_t k = 0; k < n; k++)
            out[k] = (uint8_t)(out[k] ^ (x[k] == one && out[k] == NO) * (YES | NO));
    }
}

static void pair_many(const struct tf_where_node *v, size_t row, size_t n, uint8_t *out)
{
    double x[TURN], y[TURN];
    numbers(v->a, row, n, x);
    numbers(v->b, row, n, y);
    compare_many(v->op, x, y, n, out);
}

static void join_many(const struct tf_where_node *v, size_t row, size_t n, uint8_t *out)
{
    uint8_t other[TURN] = {0};
    judge_many(v->a, row, n, out);
    judge_many(v->b, row, n, other);
    for (size_t k = 0; k < TURN; k += 8) { /* beyond n stands what nobody reads */
        uint64_t x, y;
        memcpy(&x, out + k, sizeof x);
        memcpy(&y, other + k, sizeof y);
        x = join(v->op, x, y);
        memcpy(out + k, &x, sizeof x);
    }
}

static void missing_many(const struct tf_column *c, size_t row, size_t n, uint8_t *out)
{
    const double *num = c->num + row;
    const uint8_t *miss = c->miss + row;
    for (size_t k = 0; k < n; k++)
        out[k] = (uint8_t)(NO - ((miss[k] != TF_PRESENT) | (num[k] != num[k])));
}

static void judge_many(const struct tf_where_node *v, size_t row, size_t n, uint8_t *out)
{
    if (v->op == TF_AND || v->op == TF_OR) {
        join_many(v, row, n, out);
    } else if (v->op == TF_NOT) {
        judge_many(v->a, row, n, out);
        for (size_t k = 0; k < n; k++)
            out[k] = (uint8_t)turn(out[k]);
    } else if (v->op == TF_IS_MISSING && v->all_numbers) {
        missing_many(v->a->column, row, n, out);
    } else if (v->op == TF_IN && v->all_numbers) {
        in_many(v, row, n, out);
    } else if (v->op >= TF_EQ && v->op <= TF_GE && v->all_numbers) {
        pair_many(v, row, n, out);
    } else {
        for (size_t k = 0; k < n; k++)
            out[k] = judge(v, row + k);
    }
}

/* ---- Doors of the file -------------------------------------------------------------------- */

bool tf_where_holds(const struct tf_where *w, size_t row)
{
    return judge(w->root, row) == YES;
}

enum tf_code tf_where_mask(struct tf_arena *arena, const char *text, const struct tf_table *t,
                           bool **ret, struct tf_err *reterr)
{
    struct tf_where *w = NULL;
    uint8_t truth[TURN] = {0};
    if (!tf_is_blank(text))
        TF_TRY(tf_where_parse(arena, text, t, &w, reterr));
    bool *mask = TF_NEW_N(arena, bool, t->n_rows);
    for (size_t row = 0; row < t->n_rows; row += TURN) {
        const size_t n = t->n_rows - row < TURN ? t->n_rows - row : TURN;
        if (w != NULL)
            judge_many(w->root, row, n, truth);
        for (size_t k = 0; k < n; k++)
            mask[row + k] = w == NULL || truth[k] == YES;
    }
    *ret = mask;
    return TF_OK;
}
