/* The words, numbers and arithmetic of a formula: what stands in I(), in functions and before "~".
 *
 * Operators bind as in R, loosest first: | & ! comparisons, + -, * /, the sign, ^ (from the
 * right). An expression becomes a small tree (formula_value.c says what it is worth). Every
 * failure names the byte of the text at which it stands. */
#include "measure/formula_read.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_LIMIT = 100 };

enum tf_code tf_formula_fail(const struct tf_formula *f, size_t at, struct tf_err *reterr,
                             const char *format, ...)
{
    char what[400];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(what, sizeof what, format, list);
    va_end(list);
    const size_t quote = f->at->plain ? 0 : 1;
    (void)tf_fail_at(reterr, TF_E_INPUT, f->at->file, f->at->line, f->at->column + quote + at,
                     "the formula '%.100s' %s", f->text, what);
    return tf_fact(reterr, "at character %zu of the formula", at + 1);
}

enum tf_code tf_phrase_fail(struct tf_phrase *r, size_t at, const char *what)
{
    (void)tf_formula_fail(r->f, at, r->err, "cannot be read: %s", what);
    return tf_help(r->err, "Write for example: q24 ~ factor(q2) * age + log(income)");
}

char tf_phrase_peek(struct tf_phrase *r)
{
    while (isspace((unsigned char)r->text[r->at]))
        r->at++;
    return r->text[r->at];
}

bool tf_phrase_take(struct tf_phrase *r, const char *sign)
{
    (void)tf_phrase_peek(r);
    if (!tf_starts(r->text + r->at, sign))
        return false;
    r->at += strlen(sign);
    return true;
}

bool tf_phrase_is_word(char c)
{
    const unsigned char u = (unsigned char)c;
    return u >= 0x80 || isalnum(u) || (c != '\0' && strchr("_.$@#", c) != NULL);
}

static struct tf_expr *node(struct tf_phrase *r, enum tf_op op, struct tf_expr *a,
                            struct tf_expr *b)
{
    struct tf_expr *e = TF_NEW(r->arena, struct tf_expr);
    *e = (struct tf_expr){.op = op, .a = a, .b = b};
    return e;
}

enum tf_code tf_phrase_deeper(struct tf_phrase *r)
{
    return ++r->depth > DEPTH_LIMIT ? tf_phrase_fail(r, r->at, "it is nested too deeply") : TF_OK;
}

/* ---- Words, numbers, columns -------------------------------------------------------------- */

/* A name, in backticks where it is odd. */
enum tf_code tf_phrase_name(struct tf_phrase *r, const char **ret)
{
    (void)tf_phrase_peek(r);
    const size_t start = r->at;
    if (r->text[start] == '`') {
        const char *close = strchr(r->text + start + 1, '`');
        if (close == NULL)
            return tf_phrase_fail(r, start, "a quote is not closed");
        *ret = tf_strndup(r->arena, r->text + start + 1, (size_t)(close - r->text) - start - 1);
        r->at = (size_t)(close - r->text) + 1;
        return TF_OK;
    }
    while (tf_phrase_is_word(r->text[r->at]))
        r->at++;
    *ret = tf_strndup(r->arena, r->text + start, r->at - start);
    if (r->at == start)
        return tf_phrase_fail(r, start, r->text[start] == '\0' ? "it ends too early"
                                                          : "here a variable is expected");
    if (strcmp(*ret, ".") == 0)
        return tf_phrase_fail(r, start, "'.' is not known here; name the variables");
    return TF_OK;
}

enum tf_code tf_phrase_column(struct tf_phrase *r, const char *name, size_t at,
                                struct tf_expr **ret)
{
    size_t col;
    struct tf_err why = {.code = TF_OK};
    if (tf_table_need(r->t, name, &col, &why) != TF_OK) {
        (void)tf_formula_fail(r->f, at, r->err, "names '%.60s': %.200s", name, why.what);
        return tf_help(r->err, "%s", why.help);
    }
    *ret = node(r, TF_OP_COLUMN, NULL, NULL);
    (*ret)->col = col;
    (*ret)->text = r->t->col[col].name;
    return TF_OK;
}

bool tf_phrase_starts_number(const char *s)
{
    return isdigit((unsigned char)s[0]) || (s[0] == '.' && isdigit((unsigned char)s[1]));
}

enum tf_code tf_phrase_number(struct tf_phrase *r, struct tf_expr **ret)
{
    const size_t start = r->at;
    while (isdigit((unsigned char)r->text[r->at]) || r->text[r->at] == '.')
        r->at++;
    if (r->text[r->at] == 'e' || r->text[r->at] == 'E') {
        r->at += r->text[r->at + 1] == '-' || r->text[r->at + 1] == '+' ? 2 : 1;
        while (isdigit((unsigned char)r->text[r->at]))
            r->at++;
    }
    *ret = node(r, TF_OP_NUMBER, NULL, NULL);
    if (!tf_parse_double(tf_strndup(r->arena, r->text + start, r->at - start), &(*ret)->number) ||
        tf_phrase_is_word(r->text[r->at]))
        return tf_phrase_fail(r, start,
                              "this is no number, and no name (put odd names in backticks)");
    return TF_OK;
}

enum tf_code tf_phrase_text(struct tf_phrase *r, struct tf_expr **ret)
{
    const size_t start = r->at;
    const char quote = r->text[r->at++];
    const char *close = strchr(r->text + r->at, quote);
    if (close == NULL)
        return tf_phrase_fail(r, start, "a quote is not closed");
    *ret = node(r, TF_OP_TEXT, NULL, NULL);
    (*ret)->text = tf_strndup(r->arena, r->text + r->at, (size_t)(close - r->text) - r->at);
    r->at = (size_t)(close - r->text) + 1;
    return TF_OK;
}

/* ---- Arithmetic --------------------------------------------------------------------------- */

enum tf_code tf_phrase_close(struct tf_phrase *r, size_t open)
{
    return tf_phrase_take(r, ")") ? TF_OK : tf_phrase_fail(r, open, "a parenthesis is not closed");
}

enum tf_code tf_phrase_call(struct tf_phrase *r, const char *name, size_t start,
                              struct tf_expr **ret)
{
    struct tf_expr *e = node(r, TF_OP_CALL, NULL, NULL);
    const size_t open = r->at;
    e->text = name;
    if (!tf_formula_call(name, &e->call)) {
        (void)tf_formula_fail(r->f, start, r->err, "uses '%.60s()', which is not known", name);
        return tf_help(r->err, "Known functions: %s", tf_formula_calls());
    }
    (void)tf_phrase_take(r, "(");
    TF_TRY(tf_phrase_expr(r, &e->a));
    *ret = e;
    return tf_phrase_close(r, open);
}

static enum tf_code read_operand(struct tf_phrase *r, struct tf_expr **ret)
{
    const char c = tf_phrase_peek(r);
    const size_t start = r->at;
    if (c == '(') {
        r->at++;
        *ret = node(r, TF_OP_PAREN, NULL, NULL);
        TF_TRY(tf_phrase_expr(r, &(*ret)->a));
        return tf_phrase_close(r, start);
    }
    if (c == '"' || c == '\'')
        return tf_phrase_text(r, ret);
    if (tf_phrase_starts_number(r->text + start))
        return tf_phrase_number(r, ret);
    const char *name;
    TF_TRY(tf_phrase_name(r, &name));
    if (tf_phrase_peek(r) == '(' && c != '`')
        return tf_phrase_call(r, name, start, ret);
    return tf_phrase_column(r, name, start, ret);
}

/* Binding powers of R, loosest first; unary minus between * and ^. */
static const struct {
    const char *sign;
    enum tf_op op;
    int power;
} binary[] = {
    {"||", TF_OP_OR, 1},  {"|", TF_OP_OR, 1},   {"&&", TF_OP_AND, 2}, {"&", TF_OP_AND, 2},
    {"<=", TF_OP_LE, 4},  {">=", TF_OP_GE, 4},  {"==", TF_OP_EQ, 4},  {"!=", TF_OP_NE, 4},
    {"<", TF_OP_LT, 4},   {">", TF_OP_GT, 4},   {"+", TF_OP_ADD, 5},  {"-", TF_OP_SUB, 5},
    {"*", TF_OP_MUL, 6},  {"/", TF_OP_DIV, 6},  {"^", TF_OP_POW, 8},
};
enum { POWER_NOT = 3, POWER_COMPARE = 4, POWER_SIGN = 7, POWER_POWER = 8 };

static enum tf_code read_above(struct tf_phrase *r, int power, struct tf_expr **ret)
{
    TF_TRY(tf_phrase_deeper(r));
    const char c = tf_phrase_peek(r);
    if (c == '-' || c == '!' || c == '+') {
        struct tf_expr *a;
        r->at++;
        TF_TRY(read_above(r, c == '!' ? POWER_NOT : POWER_SIGN, &a));
        *ret = c == '+' ? a : node(r, c == '!' ? TF_OP_NOT : TF_OP_NEGATE, a, NULL);
    } else {
        TF_TRY(read_operand(r, ret));
    }
    for (size_t k = 0; k < sizeof binary / sizeof binary[0];) {
        struct tf_expr *b;
        if (binary[k].power < power || !tf_phrase_take(r, binary[k].sign)) {
            k++;
            continue;
        }
        const bool right = binary[k].power == POWER_POWER; /* a^b^c = a^(b^c) */
        TF_TRY(read_above(r, right ? POWER_SIGN : binary[k].power + 1, &b));
        *ret = node(r, binary[k].op, *ret, b);
        k = 0;
    }
    r->depth--;
    return TF_OK;
}

enum tf_code tf_phrase_expr(struct tf_phrase *r, struct tf_expr **ret)
{
    return read_above(r, 0, ret);
}
