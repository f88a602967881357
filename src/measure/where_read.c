/* Conditions over variables, read: see where.h and where_inside.h.
 *
 * The text is read once, by descent, into a small tree. Grammar, loosest binding first:
 *
 *     or      = and  { "or" and }
 *     and     = not  { "and" not }
 *     not     = "not" not | "(" or ")" | ( "missing" | "is_number" ) "(" variable ")" | test
 *     test    = sum ( = == != <> < <= > >= ) sum
 *             | sum [ "not" ] "in" "(" value { "," value } ")"
 *     sum     = product { ( + - ) product }
 *     product = factor { ( * / ) factor }
 *     factor  = "-" factor | "(" sum ")" | ( "abs" | "floor" ) "(" sum ")" | operand
 *     operand = variable | number | "text" | 'text'
 *
 * A parenthesis opens a sum when an operator follows the one that closes it, and a condition
 * otherwise: that is looked up before, so that nothing is read twice. */
#include <ctype.h>
#include <string.h>

#include "measure/where_inside.h"

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

static struct tf_where_node *new_node(struct reader *r, enum tf_where_op op,
                                      struct tf_where_node *a, struct tf_where_node *b)
{
    struct tf_where_node *n = TF_NEW(r->arena, struct tf_where_node);
    n->op = op;
    n->a = a;
    n->b = b;
    n->has_column = (a != NULL && a->has_column) || (b != NULL && b->has_column);
    n->all_numbers = (a == NULL || a->all_numbers) && (b == NULL || b->all_numbers);
    return n;
}

static struct tf_where_node *new_constant(struct reader *r, const char *text, bool numeric,
                                          double number)
{
    struct tf_where_node *n = new_node(r, TF_CONSTANT, NULL, NULL);
    n->text = text;
    n->numeric = numeric;
    n->number = number;
    n->all_numbers = text == NULL;
    return n;
}

/* ---- Operands ----------------------------------------------------------------------------- */

static enum tf_code read_quoted(struct reader *r, struct tf_where_node **ret)
{
    const size_t start = r->at;
    const char quote = r->text[r->at++];
    struct tf_buf b = {.arena = r->arena};
    double number = 0;
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
    const char *text = tf_strdup(r->arena, tf_buf_text(&b));
    const bool numeric = tf_parse_double(text, &number);
    *ret = new_constant(r, text, numeric, number);
    return TF_OK;
}

static enum tf_code read_variable(struct reader *r, const char *name, size_t at,
                                  struct tf_where_node **ret)
{
    size_t k;
    const enum tf_code code = tf_table_need(r->table, name, &k, r->err);
    if (code != TF_OK) {
        r->err->column = at + 1;
        return code;
    }
    *ret = new_node(r, TF_VARIABLE, NULL, NULL);
    (*ret)->column = &r->table->col[k];
    (*ret)->has_column = true;
    (*ret)->all_numbers = (*ret)->column->type == TF_NUMBER;
    return TF_OK;
}

/* A variable, number or text; a number may have its sign. */
static enum tf_code read_operand(struct reader *r, struct tf_where_node **ret)
{
    skip_blank(r);
    const size_t start = r->at;
    const char c = r->text[start];
    double number;
    if (c == '"' || c == '\'')
        return read_quoted(r, ret);
    if (c == '`') { /* a name with odd characters */
        const char *close = strchr(r->text + start + 1, '`');
        if (close == NULL)
            return fail_here(r, start, "a quote is not closed");
        r->at = (size_t)(close - r->text) + 1;
        return read_variable(r, tf_strndup(r->arena, r->text + start + 1, r->at - start - 2), start,
                             ret);
    }
    const size_t sign = c == '-' || c == '+';
    size_t end = start + sign;
    while (is_word(r->text[end]) || /* the sign of an exponent: 1e-3 */
           ((r->text[end] == '-' || r->text[end] == '+') && end > start + sign &&
            (r->text[end - 1] == 'e' || r->text[end - 1] == 'E') &&
            (isdigit((unsigned char)r->text[start + sign]) || r->text[start + sign] == '.')))
        end++;
    if (end == start + sign)
        return fail_here(r, start, c == '\0' ? "it ends too early"
                                             : "a variable, a number or a text is expected here");
    const char *word = tf_strndup(r->arena, r->text + start, end - start);
    r->at = end;
    if (tf_parse_double(word, &number)) {
        *ret = new_constant(r, NULL, true, number);
        return TF_OK;
    }
    return read_variable(r, word, start, ret);
}

/* ---- Arithmetic --------------------------------------------------------------------------- */

static enum tf_code read_sum(struct reader *r, struct tf_where_node **ret);

/* What enters arithmetic must be a number: a text that spells none can only be a slip. */
static enum tf_code check_number(struct reader *r, const struct tf_where_node *n, size_t at)
{
    if (n->op == TF_CONSTANT && !n->numeric)
        return fail_here(r, at, "there is no arithmetic with texts");
    return TF_OK;
}

static enum tf_code read_function(struct reader *r, size_t start, struct tf_where_node **ret)
{
    static const struct {
        const char *name;
        enum tf_where_op op;
    } functions[] = {{"abs", TF_ABS}, {"floor", TF_FLOOR}};
    for (size_t k = 0; k < sizeof functions / sizeof functions[0]; k++) {
        struct tf_where_node *inner = NULL;
        r->at = start;
        if (!take_word(r, functions[k].name) || !take(r, "("))
            continue;
        TF_TRY(read_sum(r, &inner));
        TF_TRY(check_number(r, inner, start));
        if (!take(r, ")"))
            return fail_here(r, start, "this parenthesis is not closed");
        *ret = new_node(r, functions[k].op, inner, NULL);
        return TF_OK;
    }
    r->at = start;
    return read_operand(r, ret);
}

static enum tf_code read_factor(struct reader *r, struct tf_where_node **ret)
{
    enum tf_code code;
    skip_blank(r);
    const size_t start = r->at;
    const char c = r->text[start], next = c == '\0' ? '\0' : r->text[start + 1];
    if (++r->depth > DEPTH_LIMIT)
        return fail_here(r, r->at, "it is nested too deeply");
    if (c == '-' && !isdigit((unsigned char)next) && next != '.') {
        struct tf_where_node *inner = NULL;
        r->at++;
        code = read_factor(r, &inner);
        if (code == TF_OK)
            code = check_number(r, inner, start);
        if (code == TF_OK)
            *ret = new_node(r, TF_NEGATE, inner, NULL);
    } else if (take(r, "(")) {
        code = read_sum(r, ret);
        if (code == TF_OK && !take(r, ")"))
            code = fail_here(r, start, "this parenthesis is not closed");
    } else {
        code = read_function(r, start, ret);
    }
    r->depth--;
    return code;
}

/* A chain of factors, or of products of them. */
static enum tf_code read_terms(struct reader *r, bool products, struct tf_where_node **ret)
{
    skip_blank(r);
    const size_t start = r->at;
    int n = 0;
    TF_TRY(products ? read_factor(r, ret) : read_terms(r, true, ret));
    for (;;) {
        skip_blank(r);
        const char c = r->text[r->at];
        const size_t at = r->at;
        struct tf_where_node *right = NULL;
        if (c == '\0' || strchr(products ? "*/" : "+-", c) == NULL)
            return TF_OK;
        if (++n > DEPTH_LIMIT)
            return fail_here(r, at, "too many operators stand in one sum");
        r->at++;
        TF_TRY(products ? read_factor(r, &right) : read_terms(r, true, &right));
        TF_TRY(check_number(r, *ret, start));
        TF_TRY(check_number(r, right, at + 1));
        *ret = new_node(r, c == '+'   ? TF_ADD
                           : c == '-' ? TF_SUBTRACT
                           : c == '*' ? TF_MULTIPLY
                                      : TF_DIVIDE,
                        *ret, right);
    }
}

static enum tf_code read_sum(struct reader *r, struct tf_where_node **ret)
{
    return read_terms(r, false, ret);
}

/* ---- Tests -------------------------------------------------------------------------------- */

/* Numbers compared with a text that spells no number can only be a slip. */
static enum tf_code check_pair(struct reader *r, const struct tf_where_node *a,
                               const struct tf_where_node *b, size_t at)
{
    const struct tf_where_node *side = a->has_column ? a : b, *other = a->has_column ? b : a;
    if (!side->has_column)
        return fail_here(r, at, "neither side of the comparison is a variable");
    if (other->op != TF_CONSTANT || other->numeric ||
        (side->op == TF_VARIABLE && side->column->type == TF_TEXT))
        return TF_OK;
    if (side->op != TF_VARIABLE)
        return fail_here(r, at, "a sum is compared with a text");
    (void)tf_fail(r->err, TF_E_INPUT, "'%s' holds numbers and is compared with the text '%s'",
                  side->column->name, other->text);
    r->err->column = at + 1;
    return tf_help(r->err, "Compare with a code: %s = 1", side->column->name);
}

static enum tf_code read_list(struct reader *r, struct tf_where_node *n)
{
    size_t cap = 0;
    if (!take(r, "("))
        return fail_here(r, r->at, "'in' needs a list in parentheses");
    do {
        struct tf_where_node *one = NULL;
        const size_t at = r->at;
        TF_TRY(read_operand(r, &one));
        if (one->op != TF_CONSTANT)
            return fail_here(r, at, "a list holds numbers and texts, not variables");
        TF_TRY(check_pair(r, n->a, one, at));
        n->list = tf_grow(r->arena, n->list, n->n_list, &cap, sizeof *n->list);
        n->list[n->n_list++] = one;
        n->all_numbers = n->all_numbers && one->all_numbers;
    } while (take(r, ","));
    if (!take(r, ")"))
        return fail_here(r, r->at, "the list after 'in' is not closed");
    return TF_OK;
}

static const struct sign {
    const char *sign;
    enum tf_where_op op;
} signs[] = {{"==", TF_EQ}, {"!=", TF_NE}, {"<>", TF_NE}, {"<=", TF_LE},
             {">=", TF_GE}, {"=", TF_EQ},  {"<", TF_LT},  {">", TF_GT}};

static enum tf_code read_test(struct reader *r, struct tf_where_node **ret)
{
    skip_blank(r);
    const size_t start = r->at;
    struct tf_where_node *left = NULL, *right = NULL;
    TF_TRY(read_sum(r, &left));
    const bool negated = take_word(r, "not");
    if (take_word(r, "in")) {
        struct tf_where_node *n = new_node(r, TF_IN, left, NULL);
        TF_TRY(read_list(r, n));
        *ret = negated ? new_node(r, TF_NOT, n, NULL) : n;
        return TF_OK;
    }
    for (size_t k = 0; !negated && k < sizeof signs / sizeof signs[0]; k++)
        if (take(r, signs[k].sign)) {
            TF_TRY(read_sum(r, &right));
            TF_TRY(check_pair(r, left, right, start));
            *ret = new_node(r, signs[k].op, left, right);
            return TF_OK;
        }
    skip_blank(r);
    return fail_here(r, r->at, "a comparison (= != < <= > >= in) is expected here");
}

/* ---- Conditions --------------------------------------------------------------------------- */

static enum tf_code read_or(struct reader *r, struct tf_where_node **ret);

/* Does the parenthesis at r->at hold a sum? Then an operator follows its end. */
static bool opens_sum(const struct reader *r)
{
    struct reader look = *r;
    int open = 0;
    char quote = '\0';
    do {
        const char c = look.text[look.at++];
        if (c == '\0')
            return false;
        if (quote != '\0')
            quote = c == quote ? '\0' : quote;
        else if (c == '"' || c == '\'' || c == '`')
            quote = c;
        else
            open += (c == '(') - (c == ')');
    } while (open > 0);
    skip_blank(&look);
    const char next = look.text[look.at];
    if (next != '\0' && strchr("+-*/=!<>", next) != NULL)
        return true;
    return take_word(&look, "in") || (take_word(&look, "not") && take_word(&look, "in"));
}

/* missing(x) and is_number(x): whether there is a value, and whether it is a number. */
static bool take_question(struct reader *r, enum tf_where_op *ret)
{
    const size_t start = r->at;
    if (take_word(r, "missing") && take(r, "(")) {
        *ret = TF_IS_MISSING;
        return true;
    }
    r->at = start;
    if (take_word(r, "is_number") && take(r, "(")) {
        *ret = TF_IS_NUMBER;
        return true;
    }
    r->at = start;
    return false;
}

static enum tf_code read_question(struct reader *r, enum tf_where_op op, size_t start,
                                  struct tf_where_node **ret)
{
    struct tf_where_node *inner = NULL;
    TF_TRY(read_operand(r, &inner));
    if (inner->op != TF_VARIABLE)
        return fail_here(r, start, op == TF_IS_MISSING ? "missing() takes a variable"
                                                       : "is_number() takes a variable");
    if (!take(r, ")"))
        return fail_here(r, start, "this parenthesis is not closed");
    *ret = new_node(r, op, inner, NULL);
    return TF_OK;
}

static enum tf_code read_not(struct reader *r, struct tf_where_node **ret)
{
    enum tf_where_op op = TF_IS_MISSING;
    enum tf_code code;
    if (++r->depth > DEPTH_LIMIT)
        return fail_here(r, r->at, "it is nested too deeply");
    skip_blank(r);
    const size_t start = r->at;
    if (take_word(r, "not")) {
        struct tf_where_node *inner = NULL;
        code = read_not(r, &inner);
        if (code == TF_OK)
            *ret = new_node(r, TF_NOT, inner, NULL);
    } else if (r->text[start] == '(' && !opens_sum(r)) {
        r->at++;
        code = read_or(r, ret);
        if (code == TF_OK && !take(r, ")"))
            code = fail_here(r, start, "this parenthesis is not closed");
    } else if (take_question(r, &op)) {
        code = read_question(r, op, start, ret);
    } else {
        code = read_test(r, ret);
    }
    r->depth--;
    return code;
}

/* A chain of one operator: next { word next }. */
static enum tf_code read_chain(struct reader *r, enum tf_where_op op, struct tf_where_node **ret)
{
    const char *word = op == TF_OR ? "or" : "and";
    TF_TRY(op == TF_OR ? read_chain(r, TF_AND, ret) : read_not(r, ret));
    while (take_word(r, word)) {
        struct tf_where_node *right = NULL;
        TF_TRY(op == TF_OR ? read_chain(r, TF_AND, &right) : read_not(r, &right));
        *ret = new_node(r, op, *ret, right);
    }
    return TF_OK;
}

static enum tf_code read_or(struct reader *r, struct tf_where_node **ret)
{
    return read_chain(r, TF_OR, ret);
}

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
