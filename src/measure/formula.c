/* Formulas in R's language (Wilkinson & Rogers 1973, Appl. Statist. 22, 392-399): "y ~ sex * age".
 *
 * The right side is a sum of terms; a term is a set of variables, so a formula is a list of sets and
 * its algebra is that of sets (bits of a word: at most 64 variables):
 *
 *     a + b    both lists              a:b     each set of a joined with each of b
 *     a - b    without those of b      a * b   a + b + a:b
 *     a / b    a + a:b                 a ^ 2   a * a, without what occurs twice
 *
 * 1 and 0 (or - 1) ask for and refuse the intercept. What stands inside a function or I() is
 * arithmetic again. A variable is an expression: two that print alike are one. Terms stand in order
 * of their degree, then as written, as in R.
 *
 *     sum    = [ + - ] product { ( + - ) product }     loosest
 *     product= ratio { ( * / ) … }  : and ^ bind closer, as in R
 *
 * Not read: "." (all other variables; a study names what it uses), poly(), ns(), strata(): each is
 * refused by name. */
#include "measure/formula.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_LIMIT = 100, LENGTH_LIMIT = 10000, TERM_LIMIT = 300, STEP_LIMIT = 100000 };
struct reader {
    struct tf_arena *arena;
    struct tf_formula *f;
    const struct tf_table *t;
    const char *text;
    size_t at;
    int depth;
    size_t steps; /* sets joined so far: (a+b+…)^20 must not take for ever */
    struct tf_err *err;
};
struct terms {
    uint64_t *set;
    size_t n, cap;
};

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

static enum tf_code fail_here(struct reader *r, size_t at, const char *what)
{
    (void)tf_formula_fail(r->f, at, r->err, "cannot be read: %s", what);
    return tf_help(r->err, "Write for example: q24 ~ factor(q2) * age + log(income)");
}

static char peek(struct reader *r)
{
    while (isspace((unsigned char)r->text[r->at]))
        r->at++;
    return r->text[r->at];
}

static bool take(struct reader *r, const char *sign)
{
    (void)peek(r);
    if (!tf_starts(r->text + r->at, sign))
        return false;
    r->at += strlen(sign);
    return true;
}

static bool is_word(char c)
{
    const unsigned char u = (unsigned char)c;
    return u >= 0x80 || isalnum(u) || (c != '\0' && strchr("_.$@#", c) != NULL);
}

static struct tf_expr *node(struct reader *r, enum tf_op op, struct tf_expr *a, struct tf_expr *b)
{
    struct tf_expr *e = TF_NEW(r->arena, struct tf_expr);
    *e = (struct tf_expr){.op = op, .a = a, .b = b};
    return e;
}

static enum tf_code deeper(struct reader *r)
{
    return ++r->depth > DEPTH_LIMIT ? fail_here(r, r->at, "it is nested too deeply") : TF_OK;
}

/* ---- Words, numbers, columns -------------------------------------------------------------- */

/* A name, in backticks where it is odd. */
static enum tf_code read_name(struct reader *r, const char **ret)
{
    (void)peek(r);
    const size_t start = r->at;
    if (r->text[start] == '`') {
        const char *close = strchr(r->text + start + 1, '`');
        if (close == NULL)
            return fail_here(r, start, "a quote is not closed");
        *ret = tf_strndup(r->arena, r->text + start + 1, (size_t)(close - r->text) - start - 1);
        r->at = (size_t)(close - r->text) + 1;
        return TF_OK;
    }
    while (is_word(r->text[r->at]))
        r->at++;
    *ret = tf_strndup(r->arena, r->text + start, r->at - start);
    if (r->at == start)
        return fail_here(r, start, r->text[start] == '\0' ? "it ends too early"
                                                          : "here a variable is expected");
    if (strcmp(*ret, ".") == 0)
        return fail_here(r, start, "'.' is not known here; name the variables");
    return TF_OK;
}

static enum tf_code read_column(struct reader *r, const char *name, size_t at,
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

static bool starts_number(const char *s)
{
    return isdigit((unsigned char)s[0]) || (s[0] == '.' && isdigit((unsigned char)s[1]));
}

static enum tf_code read_number(struct reader *r, struct tf_expr **ret)
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
        is_word(r->text[r->at]))
        return fail_here(r, start, "this is no number, and no name (put odd names in backticks)");
    return TF_OK;
}

static enum tf_code read_text(struct reader *r, struct tf_expr **ret)
{
    const size_t start = r->at;
    const char quote = r->text[r->at++];
    const char *close = strchr(r->text + r->at, quote);
    if (close == NULL)
        return fail_here(r, start, "a quote is not closed");
    *ret = node(r, TF_OP_TEXT, NULL, NULL);
    (*ret)->text = tf_strndup(r->arena, r->text + r->at, (size_t)(close - r->text) - r->at);
    r->at = (size_t)(close - r->text) + 1;
    return TF_OK;
}

/* ---- Arithmetic --------------------------------------------------------------------------- */

static enum tf_code read_expr(struct reader *r, struct tf_expr **ret);

static enum tf_code close_call(struct reader *r, size_t open)
{
    return take(r, ")") ? TF_OK : fail_here(r, open, "a parenthesis is not closed");
}

static enum tf_code read_call(struct reader *r, const char *name, size_t start,
                              struct tf_expr **ret)
{
    struct tf_expr *e = node(r, TF_OP_CALL, NULL, NULL);
    const size_t open = r->at;
    e->text = name;
    if (!tf_formula_call(name, &e->call)) {
        (void)tf_formula_fail(r->f, start, r->err, "uses '%.60s()', which is not known", name);
        return tf_help(r->err, "Known functions: %s", tf_formula_calls());
    }
    (void)take(r, "(");
    TF_TRY(read_expr(r, &e->a));
    *ret = e;
    return close_call(r, open);
}

static enum tf_code read_operand(struct reader *r, struct tf_expr **ret)
{
    const char c = peek(r);
    const size_t start = r->at;
    if (c == '(') {
        r->at++;
        *ret = node(r, TF_OP_PAREN, NULL, NULL);
        TF_TRY(read_expr(r, &(*ret)->a));
        return close_call(r, start);
    }
    if (c == '"' || c == '\'')
        return read_text(r, ret);
    if (starts_number(r->text + start))
        return read_number(r, ret);
    const char *name;
    TF_TRY(read_name(r, &name));
    if (peek(r) == '(' && c != '`')
        return read_call(r, name, start, ret);
    return read_column(r, name, start, ret);
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

static enum tf_code read_above(struct reader *r, int power, struct tf_expr **ret)
{
    TF_TRY(deeper(r));
    const char c = peek(r);
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
        if (binary[k].power < power || !take(r, binary[k].sign)) {
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

static enum tf_code read_expr(struct reader *r, struct tf_expr **ret)
{
    return read_above(r, 0, ret);
}

/* ---- Variables ---------------------------------------------------------------------------- */

/* factor(v) and relevel(v, ref = "a"): both cut v into its values. */
static enum tf_code read_factor(struct reader *r, const char *name, struct tf_variable *v)
{
    struct tf_expr *ref;
    const size_t open = r->at;
    const char *inner;
    (void)take(r, "(");
    (void)peek(r);
    size_t back = r->at;
    if (is_word(r->text[back]) && !starts_number(r->text + back)) {
        TF_TRY(read_name(r, &inner));
        if (strcmp(inner, "factor") == 0 && peek(r) == '(') { /* relevel(factor(v), …) */
            TF_TRY(read_factor(r, inner, v));
            back = SIZE_MAX;
        } else {
            r->at = back;
        }
    }
    if (back != SIZE_MAX) {
        struct tf_buf b = {.arena = r->arena};
        TF_TRY(read_expr(r, &v->e));
        tf_expr_print(v->e, &b);
        v->name = tf_buf_text(&b);
    }
    v->factor = true;
    if (strcmp(name, "factor") == 0)
        v->name = tf_printf(r->arena, "factor(%s)", v->name);
    if (strcmp(name, "relevel") == 0) {
        const char *key;
        if (!take(r, ","))
            return fail_here(r, r->at, "relevel takes a variable and ref = \"a category\"");
        TF_TRY(read_name(r, &key));
        if (strcmp(key, "ref") != 0 || !take(r, "="))
            return fail_here(r, r->at, "relevel takes a variable and ref = \"a category\"");
        (void)peek(r);
        if (r->text[r->at] == '"' || r->text[r->at] == '\'') {
            TF_TRY(read_text(r, &ref));
            v->ref = ref->text;
        } else {
            const size_t from = r->at;
            TF_TRY(read_number(r, &ref));
            v->ref = tf_strndup(r->arena, r->text + from, r->at - from);
        }
        v->name = tf_printf(r->arena, "relevel(%s, ref = \"%s\")", v->name, v->ref);
    }
    TF_TRY(close_call(r, open));
    return TF_OK;
}

/* A variable of the formula by what it prints as; a new one joins the list. */
static enum tf_code intern(struct reader *r, struct tf_variable v, size_t *ret)
{
    struct tf_formula *f = r->f;
    for (*ret = 0; *ret < f->n_variables; (*ret)++)
        if (strcmp(f->variable[*ret].name, v.name) == 0)
            return TF_OK;
    if (f->n_variables == TF_FORMULA_VARIABLES)
        return fail_here(r, v.at, "it has more than 64 variables");
    f->variable[f->n_variables++] = v;
    return TF_OK;
}

static enum tf_code finish_variable(struct reader *r, struct tf_variable *v)
{
    if (v->name == NULL) {
        struct tf_buf b = {.arena = r->arena};
        tf_expr_print(v->e, &b);
        v->name = tf_buf_text(&b);
    }
    v->factor = v->factor || tf_expr_words(v->e, r->t);
    v->logical = !v->factor && tf_expr_logical(v->e);
    return TF_OK;
}

/* A variable of the right side: a column, or a function of columns. */
static enum tf_code read_variable(struct reader *r, struct tf_variable *v)
{
    const char c = peek(r), *name;
    v->at = r->at;
    TF_TRY(read_name(r, &name));
    if (peek(r) != '(' || c == '`') {
        TF_TRY(read_column(r, name, v->at, &v->e));
    } else if (strcmp(name, "factor") == 0 || strcmp(name, "relevel") == 0) {
        TF_TRY(read_factor(r, name, v));
    } else {
        TF_TRY(read_call(r, name, v->at, &v->e));
    }
    return finish_variable(r, v);
}

/* ---- Terms -------------------------------------------------------------------------------- */

static enum tf_code add_term(struct reader *r, struct terms *t, uint64_t set)
{
    for (size_t k = 0; k < t->n; k++)
        if (t->set[k] == set)
            return ++r->steps > STEP_LIMIT ? fail_here(r, r->at, "it is too long") : TF_OK;
    if (t->n == TERM_LIMIT)
        return fail_here(r, r->at, "it has more than 300 terms");
    t->set = tf_grow(r->arena, t->set, t->n, &t->cap, sizeof *t->set);
    t->set[t->n++] = set;
    return TF_OK;
}

static enum tf_code add_terms(struct reader *r, struct terms *t, const struct terms *more)
{
    for (size_t k = 0; k < more->n; k++)
        TF_TRY(add_term(r, t, more->set[k]));
    return TF_OK;
}

static enum tf_code cross(struct reader *r, const struct terms *a, const struct terms *b,
                          struct terms *ret)
{
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < b->n; j++)
            TF_TRY(add_term(r, ret, a->set[i] | b->set[j]));
    return TF_OK;
}

static enum tf_code read_sum(struct reader *r, struct terms *ret);

static enum tf_code read_offset(struct reader *r)
{
    struct tf_formula *f = r->f;
    struct tf_variable *v = TF_NEW(r->arena, struct tf_variable);
    const size_t open = r->at;
    v->at = r->at;
    (void)take(r, "(");
    TF_TRY(read_expr(r, &v->e));
    TF_TRY(close_call(r, open));
    TF_TRY(finish_variable(r, v));
    f->offset = tf_grow(r->arena, f->offset, f->n_offsets, &f->cap_offsets, sizeof *f->offset);
    f->offset[f->n_offsets++] = v;
    return TF_OK;
}

/* A lone 0 or 1; anything else is a list of terms. */
static enum tf_code read_atom(struct reader *r, struct terms *ret, int *ret_literal)
{
    const char c = peek(r);
    const size_t start = r->at;
    if (c == '(') {
        r->at++;
        TF_TRY(read_sum(r, ret));
        return close_call(r, start);
    }
    if (starts_number(r->text + start)) {
        struct tf_expr *e;
        TF_TRY(read_number(r, &e));
        if (r->at != start + 1 || (c != '0' && c != '1'))
            return fail_here(r, start, "only 0 and 1 stand alone; arithmetic goes into I()");
        *ret_literal = c - '0';
        return TF_OK;
    }
    if (tf_starts(r->text + start, "offset") && !is_word(r->text[start + 6])) {
        r->at += 6;
        if (peek(r) == '(')
            return read_offset(r);
        r->at = start;
    }
    struct tf_variable v = {0};
    size_t k;
    TF_TRY(read_variable(r, &v));
    TF_TRY(intern(r, v, &k));
    return add_term(r, ret, (uint64_t)1 << k);
}

static enum tf_code read_power(struct reader *r, struct terms *ret, int *literal)
{
    TF_TRY(read_atom(r, ret, literal));
    while (take(r, "^")) {
        (void)peek(r);
        const size_t at = r->at;
        struct tf_expr *e;
        if (!starts_number(r->text + at))
            return fail_here(r, at, "a power of terms is a whole number; arithmetic goes into I()");
        TF_TRY(read_number(r, &e));
        if (!(e->number >= 1 && e->number <= 20) || *literal >= 0)
            return fail_here(r, at, "a power of terms is a whole number from 1 to 20");
        const struct terms base = *ret;
        for (int k = 1; k < (int)e->number; k++) {
            struct terms next = {0};
            TF_TRY(add_terms(r, &next, ret));
            TF_TRY(cross(r, ret, &base, &next));
            *ret = next;
        }
    }
    return TF_OK;
}

static enum tf_code read_interaction(struct reader *r, struct terms *ret, int *literal)
{
    TF_TRY(read_power(r, ret, literal));
    while (take(r, ":")) {
        struct terms b = {0}, both = {0};
        int other = -1;
        TF_TRY(read_power(r, &b, &other));
        if (other >= 0 || *literal >= 0)
            return fail_here(r, r->at, "0 and 1 do not interact");
        TF_TRY(cross(r, ret, &b, &both));
        *ret = both;
    }
    return TF_OK;
}

static enum tf_code read_product(struct reader *r, struct terms *ret, int *literal)
{
    TF_TRY(read_interaction(r, ret, literal));
    for (;;) {
        const bool star = take(r, "*");
        struct terms b = {0}, made = {0};
        int other = -1;
        if (!star && !take(r, "/"))
            return TF_OK;
        TF_TRY(read_interaction(r, &b, &other));
        if (other >= 0 || *literal >= 0)
            return fail_here(r, r->at, "0 and 1 do not interact");
        TF_TRY(add_terms(r, &made, ret));
        if (star) {
            TF_TRY(add_terms(r, &made, &b));
            TF_TRY(cross(r, ret, &b, &made));
        } else { /* a / b: b within all of a */
            uint64_t all = 0;
            for (size_t k = 0; k < ret->n; k++)
                all |= ret->set[k];
            for (size_t k = 0; k < b.n; k++)
                TF_TRY(add_term(r, &made, all | b.set[k]));
        }
        *ret = made;
    }
}

static void without(struct terms *t, const struct terms *gone)
{
    size_t n = 0;
    for (size_t k = 0; k < t->n; k++) {
        bool stays = true;
        for (size_t g = 0; g < gone->n; g++)
            stays = stays && t->set[k] != gone->set[g];
        if (stays)
            t->set[n++] = t->set[k];
    }
    t->n = n;
}

static enum tf_code read_sum(struct reader *r, struct terms *ret)
{
    TF_TRY(deeper(r));
    for (bool first = true;; first = false) {
        const bool minus = take(r, "-");
        struct terms part = {0};
        int literal = -1;
        if (!minus && !take(r, "+") && !first)
            break;
        TF_TRY(read_product(r, &part, &literal));
        if (literal >= 0)
            r->f->intercept = (literal == 1) != minus;
        else if (minus)
            without(ret, &part);
        else
            TF_TRY(add_terms(r, ret, &part));
    }
    r->depth--;
    return TF_OK;
}

/* ---- The whole ---------------------------------------------------------------------------- */

static int degree(uint64_t set)
{
    int n = 0;
    for (; set != 0; set &= set - 1)
        n++;
    return n;
}

static enum tf_code read_response(struct reader *r)
{
    struct tf_variable *v = TF_NEW(r->arena, struct tf_variable);
    (void)peek(r);
    const size_t start = r->at;
    v->at = start;
    if (tf_starts(r->text + start, "factor") && !is_word(r->text[start + 6])) {
        TF_TRY(read_variable(r, v));
    } else {
        TF_TRY(read_expr(r, &v->e));
        TF_TRY(finish_variable(r, v));
    }
    r->f->response = v;
    return TF_OK;
}

enum tf_code tf_formula_read(struct tf_arena *arena, const struct tf_yaml *at,
                             const struct tf_table *t, struct tf_formula **ret,
                             struct tf_err *reterr)
{
    struct tf_formula *f = TF_NEW(arena, struct tf_formula);
    struct terms terms = {0};
    if (at->kind != TF_YAML_SCALAR)
        return tf_yaml_fail(at, reterr, "a formula is one text, for example \"q24 ~ q2 + age\"");
    *f = (struct tf_formula){.at = at, .text = at->text, .intercept = true};
    struct reader r = {.arena = arena, .f = f, .t = t, .text = at->text, .err = reterr};
    if (strlen(at->text) > LENGTH_LIMIT)
        return fail_here(&r, 0, "it is longer than 10,000 bytes");
    if (peek(&r) != '~')
        TF_TRY(read_response(&r));
    if (!take(&r, "~"))
        return fail_here(&r, r.at, "here '~' is expected");
    TF_TRY(read_sum(&r, &terms));
    if (peek(&r) != '\0')
        return fail_here(&r, r.at, "here an operator or the end is expected");
    for (int d = 1; d <= TF_FORMULA_VARIABLES; d++)
        for (size_t k = 0; k < terms.n; k++)
            if (degree(terms.set[k]) == d) {
                f->term = tf_grow(arena, f->term, f->n_terms, &f->cap_terms, sizeof *f->term);
                f->term[f->n_terms++] = terms.set[k];
            }
    *ret = f;
    return TF_OK;
}
