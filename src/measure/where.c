/* Conditions over variables: see where.h.
 *
 * The text is read once by descent into a small tree; a row is judged by walking it. Grammar, loosest
 * binding first:
 *
 *     or      = and  { "or" and }
 *     and     = not  { "and" not }
 *     not     = "not" not | "(" or ")" | "missing" "(" variable ")" | test
 *     test    = operand ( = == != <> < <= > >= ) operand
 *             | operand [ "not" ] "in" "(" value { "," value } ")"
 *     operand = variable | number | "text" | 'text'
 *
 * Truth has three values, as in SQL and R: a comparison with a missing value is neither true nor
 * false but unknown, and so is its `not`. At the end only "true" holds. With two values
 * `not (q5 = 1)` would let in everybody who did not answer q5, which nobody who writes it means.
 *
 * A text column is compared with a number by the number its text spells, since statistical files
 * carry codes as text; a text that spells none differs from every number and is neither smaller nor
 * larger. There is no arithmetic: what needs it is a variable, and belongs to the indicators. */
#include "measure/where.h"

#include <ctype.h>
#include <string.h>

enum op { OP_OR, OP_AND, OP_NOT, OP_MISSING, OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_IN };
enum truth { NO, YES, UNKNOWN };

struct operand {
    const struct tf_column *column; /* or NULL: a constant */
    const char *text;               /* constant text, or NULL: a constant number */
    double number;
    bool numeric; /* the constant is, or spells, a number */
};
struct node {
    enum op op;
    struct node *a, *b; /* OR, AND; NOT has a only */
    struct operand left, right;
    struct operand *list; /* IN */
    size_t n_list;
};
struct tf_where {
    struct node *root;
};

/* ---- Reading ------------------------------------------------------------------------------ */

enum { DEPTH_LIMIT = 200, LENGTH_LIMIT = 20000 };
struct reader {
    struct tf_arena *arena;
    const char *text;
    size_t at;
    int depth;
    const struct tf_table *table;
    struct tf_err *err;
};

static enum tf_code fail_here(struct reader *r, size_t at, const char *what)
{
    (void)tf_fail(r->err, TF_E_INPUT, "the condition '%s' cannot be read: %s", r->text, what);
    r->err->column = at + 1;
    (void)tf_fact(r->err, "at character %zu of the condition", at + 1);
    return tf_help(r->err, "Write for example: age >= 14 and q2 in (1, 3) and not missing(q5)");
}

static void skip_blank(struct reader *r)
{
    while (r->text[r->at] != '\0' && isspace((unsigned char)r->text[r->at]))
        r->at++;
}

/* Part of a name: a letter, digit, one of _ . $ @ #, or any byte of a longer character. */
static bool is_word(char c)
{
    const unsigned char u = (unsigned char)c;
    return u >= 0x80 || isalnum(u) || (c != '\0' && strchr("_.$@#", c) != NULL);
}

/* Take a keyword, in any case, that ends where a word ends. */
static bool take_word(struct reader *r, const char *word)
{
    skip_blank(r);
    const size_t n = strlen(word);
    for (size_t k = 0; k < n; k++)
        if (tolower((unsigned char)r->text[r->at + k]) != word[k])
            return false;
    if (is_word(r->text[r->at + n]))
        return false;
    r->at += n;
    return true;
}

static bool take(struct reader *r, const char *sign)
{
    skip_blank(r);
    if (!tf_starts(r->text + r->at, sign))
        return false;
    r->at += strlen(sign);
    return true;
}

static enum tf_code read_quoted(struct reader *r, struct operand *ret)
{
    const size_t start = r->at;
    const char quote = r->text[r->at++];
    struct tf_buf b = {.arena = r->arena};
    for (;; r->at++) {
        const char c = r->text[r->at];
        if (c == '\0')
            return fail_here(r, start, "a quote is not closed");
        if (c == quote && r->text[r->at + 1] != quote)
            break;
        if (c == quote) /* doubled: stands for itself */
            r->at++;
        tf_buf_char(&b, c);
    }
    r->at++;
    *ret = (struct operand){.text = tf_strdup(r->arena, tf_buf_text(&b))};
    ret->numeric = tf_parse_double(ret->text, &ret->number);
    return TF_OK;
}

static enum tf_code read_variable(struct reader *r, const char *name, size_t at,
                                  const struct tf_column **ret)
{
    size_t k;
    const enum tf_code code = tf_table_need(r->table, name, &k, r->err);
    if (code != TF_OK) {
        r->err->column = at + 1;
        return code;
    }
    *ret = &r->table->col[k];
    return TF_OK;
}

static enum tf_code read_operand(struct reader *r, struct operand *ret)
{
    skip_blank(r);
    const size_t start = r->at;
    const char c = r->text[start];
    if (c == '"' || c == '\'')
        return read_quoted(r, ret);
    size_t end = start + (c == '-' || c == '+');
    if (c == '`') { /* a name with odd characters */
        const char *close = strchr(r->text + start + 1, '`');
        if (close == NULL)
            return fail_here(r, start, "a quote is not closed");
        end = (size_t)(close - r->text) + 1;
        r->at = end;
        *ret = (struct operand){0};
        return read_variable(r, tf_strndup(r->arena, r->text + start + 1, end - start - 2), start,
                             &ret->column);
    }
    while (is_word(r->text[end]) || /* the sign of an exponent: 1e-3 */
           ((r->text[end] == '-' || r->text[end] == '+') && end > start + 1 &&
            (r->text[end - 1] == 'e' || r->text[end - 1] == 'E') &&
            isdigit((unsigned char)r->text[start])))
        end++;
    if (end == start)
        return fail_here(r, start, c == '\0' ? "it ends too early"
                                             : "a variable, a number or a text is expected here");
    const char *word = tf_strndup(r->arena, r->text + start, end - start);
    r->at = end;
    *ret = (struct operand){.numeric = true};
    if (tf_parse_double(word, &ret->number))
        return TF_OK;
    ret->numeric = false;
    return read_variable(r, word, start, &ret->column);
}

/* A number column compared with a text that spells no number can only be a slip. */
static enum tf_code check_pair(struct reader *r, const struct operand *a, const struct operand *b,
                               size_t at)
{
    const struct operand *column = a->column != NULL ? a : b, *other = a->column != NULL ? b : a;
    if (column->column == NULL)
        return fail_here(r, at, "neither side of the comparison is a variable");
    if (other->column == NULL && column->column->type == TF_NUMBER && !other->numeric) {
        (void)tf_fail(r->err, TF_E_INPUT, "'%s' holds numbers and is compared with the text '%s'",
                      column->column->name, other->text);
        r->err->column = at + 1;
        return tf_help(r->err, "Compare with a code: %s = 1", column->column->name);
    }
    return TF_OK;
}

static struct node *new_node(struct reader *r, enum op op)
{
    struct node *n = TF_NEW(r->arena, struct node);
    n->op = op;
    return n;
}

static enum tf_code read_list(struct reader *r, struct node *n)
{
    size_t cap = 0;
    if (!take(r, "("))
        return fail_here(r, r->at, "'in' needs a list in parentheses");
    do {
        struct operand one;
        const size_t at = r->at;
        TF_TRY(read_operand(r, &one));
        if (one.column != NULL)
            return fail_here(r, at, "a list holds numbers and texts, not variables");
        TF_TRY(check_pair(r, &n->left, &one, at));
        n->list = tf_grow(r->arena, n->list, n->n_list, &cap, sizeof *n->list);
        n->list[n->n_list++] = one;
    } while (take(r, ","));
    if (!take(r, ")"))
        return fail_here(r, r->at, "the list after 'in' is not closed");
    return TF_OK;
}

static enum tf_code read_test(struct reader *r, struct node **ret)
{
    static const struct {
        const char *sign;
        enum op op;
    } signs[] = {{"==", OP_EQ}, {"!=", OP_NE}, {"<>", OP_NE}, {"<=", OP_LE},
                 {">=", OP_GE}, {"=", OP_EQ},  {"<", OP_LT},  {">", OP_GT}};
    skip_blank(r);
    const size_t start = r->at;
    struct operand left;
    TF_TRY(read_operand(r, &left));
    const bool negated = take_word(r, "not");
    if (take_word(r, "in")) {
        struct node *n = new_node(r, OP_IN);
        n->left = left;
        TF_TRY(read_list(r, n));
        *ret = n;
        if (negated) {
            *ret = new_node(r, OP_NOT);
            (*ret)->a = n;
        }
        return TF_OK;
    }
    for (size_t k = 0; !negated && k < sizeof signs / sizeof signs[0]; k++)
        if (take(r, signs[k].sign)) {
            struct node *n = new_node(r, signs[k].op);
            n->left = left;
            TF_TRY(read_operand(r, &n->right));
            *ret = n;
            return check_pair(r, &n->left, &n->right, start);
        }
    skip_blank(r);
    return fail_here(r, r->at, "a comparison (= != < <= > >= in) is expected here");
}

static enum tf_code read_or(struct reader *r, struct node **ret);

static enum tf_code read_not(struct reader *r, struct node **ret)
{
    if (++r->depth > DEPTH_LIMIT)
        return fail_here(r, r->at, "it is nested too deeply");
    enum tf_code code = TF_OK;
    skip_blank(r);
    const size_t start = r->at;
    if (take_word(r, "not")) {
        *ret = new_node(r, OP_NOT);
        code = read_not(r, &(*ret)->a);
    } else if (take(r, "(")) {
        code = read_or(r, ret);
        if (code == TF_OK && !take(r, ")"))
            code = fail_here(r, start, "this parenthesis is not closed");
    } else if (take_word(r, "missing") && take(r, "(")) {
        *ret = new_node(r, OP_MISSING);
        code = read_operand(r, &(*ret)->left);
        if (code == TF_OK && (*ret)->left.column == NULL)
            code = fail_here(r, start, "missing() takes a variable");
        else if (code == TF_OK && !take(r, ")"))
            code = fail_here(r, start, "this parenthesis is not closed");
    } else {
        r->at = start;
        code = read_test(r, ret);
    }
    r->depth--;
    return code;
}

/* A chain of one operator: next { word next }. */
static enum tf_code read_chain(struct reader *r, enum op op, struct node **ret)
{
    const char *word = op == OP_OR ? "or" : "and";
    TF_TRY(op == OP_OR ? read_chain(r, OP_AND, ret) : read_not(r, ret));
    while (take_word(r, word)) {
        struct node *n = new_node(r, op);
        n->a = *ret;
        TF_TRY(op == OP_OR ? read_chain(r, OP_AND, &n->b) : read_not(r, &n->b));
        *ret = n;
    }
    return TF_OK;
}

static enum tf_code read_or(struct reader *r, struct node **ret)
{
    return read_chain(r, OP_OR, ret);
}

/* ---- Judging ------------------------------------------------------------------------------ */

static bool is_missing(const struct tf_column *c, size_t row)
{
    return c->miss[row] != TF_PRESENT || (c->type == TF_TEXT && tf_is_blank(c->text[row]));
}

struct value {
    const char *text; /* or NULL */
    double number;
    bool numeric, missing;
};

static struct value value_of(const struct operand *o, size_t row)
{
    const struct tf_column *c = o->column;
    if (c == NULL)
        return (struct value){.text = o->text, .number = o->number, .numeric = o->numeric};
    if (is_missing(c, row))
        return (struct value){.missing = true};
    if (c->type == TF_NUMBER)
        return (struct value){.number = c->num[row], .numeric = true};
    struct value v = {.text = c->text[row]};
    v.numeric = tf_parse_double(v.text, &v.number);
    return v;
}

static enum truth compare(enum op op, const struct value *a, const struct value *b)
{
    if (a->missing || b->missing)
        return UNKNOWN;
    int order;
    if (a->text != NULL && b->text != NULL) {
        order = strcmp(a->text, b->text);
    } else if (a->numeric && b->numeric) {
        order = (a->number > b->number) - (a->number < b->number);
    } else { /* a text that spells no number, and a number */
        return op == OP_NE ? YES : op == OP_EQ ? NO : UNKNOWN;
    }
    const bool holds = op == OP_EQ   ? order == 0
                       : op == OP_NE ? order != 0
                       : op == OP_LT ? order < 0
                       : op == OP_LE ? order <= 0
                       : op == OP_GT ? order > 0
                                     : order >= 0;
    return holds ? YES : NO;
}

static enum truth judge(const struct node *n, size_t row)
{
    struct value a, b;
    enum truth x, y;
    switch (n->op) {
    case OP_NOT:
        x = judge(n->a, row);
        return x == UNKNOWN ? UNKNOWN : x == YES ? NO : YES;
    case OP_AND:
    case OP_OR: /* the value that decides alone: no for and, yes for or */
        x = judge(n->a, row);
        if (x == (n->op == OP_AND ? NO : YES))
            return x;
        y = judge(n->b, row);
        return y == (n->op == OP_AND ? NO : YES) ? y : x == UNKNOWN ? x : y;
    case OP_MISSING:
        return is_missing(n->left.column, row) ? YES : NO;
    case OP_IN:
        a = value_of(&n->left, row);
        for (size_t k = 0; !a.missing && k < n->n_list; k++) {
            b = value_of(&n->list[k], row);
            if (compare(OP_EQ, &a, &b) == YES)
                return YES;
        }
        return a.missing ? UNKNOWN : NO;
    default:
        a = value_of(&n->left, row);
        b = value_of(&n->right, row);
        return compare(n->op, &a, &b);
    }
}

/* ---- Doors of the file -------------------------------------------------------------------- */

enum tf_code tf_where_parse(struct tf_arena *arena, const char *text, const struct tf_table *t,
                            struct tf_where **ret, struct tf_err *reterr)
{
    struct tf_err local = {0};
    struct reader r = {.arena = arena, .text = text, .table = t,
                       .err = reterr != NULL ? reterr : &local};
    struct tf_where *w = TF_NEW(arena, struct tf_where);
    if (strlen(text) > LENGTH_LIMIT)
        return tf_fail(reterr, TF_E_LIMIT, "a condition is longer than %d characters",
                       LENGTH_LIMIT);
    TF_TRY(read_or(&r, &w->root));
    skip_blank(&r);
    if (text[r.at] != '\0')
        return fail_here(&r, r.at, "'and' or 'or' is expected here");
    *ret = w;
    return TF_OK;
}

bool tf_where_holds(const struct tf_where *w, size_t row)
{
    return judge(w->root, row) == YES;
}

enum tf_code tf_where_mask(struct tf_arena *arena, const char *text, const struct tf_table *t,
                           bool **ret, struct tf_err *reterr)
{
    struct tf_where *w = NULL;
    if (!tf_is_blank(text))
        TF_TRY(tf_where_parse(arena, text, t, &w, reterr));
    bool *mask = TF_NEW_N(arena, bool, t->n_rows);
    for (size_t row = 0; row < t->n_rows; row++)
        mask[row] = w == NULL || tf_where_holds(w, row);
    *ret = mask;
    return TF_OK;
}
