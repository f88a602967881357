/* Expressions over the items of a result, with their exact derivatives.
 *
 *     sum     = product { (+|-) product }
 *     product = sign { (*|/) sign }
 *     sign    = [+|-] sign  |  power
 *     power   = atom [ ^ sign ]                       right to left; -2^2 is -4, as in R
 *     atom    = number | name | `name` | (exp|log|sqrt) ( sum ) | ( sum )
 *
 * A name is letters, digits, "_", ".", ":" and "=", not beginning with a digit; any other stands in
 * backticks. The text becomes a list of steps for a stack; running it carries with each value its
 * gradient (forward differentiation: the chain rule at each step), so the delta method has analytic
 * derivatives and no step size. At most 500 steps. */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "measure/expression.h"

enum operation { NUMBER, NAME, ADD, SUBTRACT, MULTIPLY, DIVIDE, POWER, NEGATE, EXP, LOG, SQRT };
struct step {
    enum operation op;
    double number;
    size_t name;
};
enum { MOST_STEPS = 500, MOST_DEPTH = 60 };
struct tf_expression {
    struct step step[MOST_STEPS];
    size_t n;
    struct tf_arena *arena;
};
struct reader {
    struct tf_arena *arena;
    const struct tf_yaml *at;
    const char *text, *s;
    tf_name_of name;
    void *context;
    struct tf_expression *e;
    size_t depth;
    struct tf_err *reterr;
};

static enum tf_code fault(const struct reader *r, const char *what)
{
    (void)tf_yaml_fail(r->at, r->reterr, "the expression '%s' %s", r->text, what);
    (void)tf_fact(r->reterr, "at its character %zu", (size_t)(r->s - r->text) + 1);
    return tf_help(r->reterr, "Write such as: girls - boys, log(a / b), `name: odd` / 2.");
}

static enum tf_code add_step(struct reader *r, struct step step)
{
    if (r->e->n == MOST_STEPS)
        return fault(r, "is too long");
    r->e->step[r->e->n++] = step;
    return TF_OK;
}

static char next(struct reader *r)
{
    while (*r->s == ' ' || *r->s == '\t' || *r->s == '\n')
        r->s++;
    return *r->s;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
           (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum tf_code read_sum(struct reader *r);

static enum tf_code read_number(struct reader *r)
{
    const char *from = r->s;
    double x;
    while (is_digit(*r->s) || *r->s == '.')
        r->s++;
    if ((*r->s == 'e' || *r->s == 'E') &&
        (is_digit(r->s[1]) || ((r->s[1] == '-' || r->s[1] == '+') && is_digit(r->s[2]))))
        for (r->s += 2; is_digit(*r->s);)
            r->s++;
    if (!tf_parse_double(tf_strndup(r->arena, from, (size_t)(r->s - from)), &x)) {
        r->s = from;
        return fault(r, "has a number that is none");
    }
    return add_step(r, (struct step){.op = NUMBER, .number = x});
}

static enum tf_code add_name(struct reader *r, const char *from, size_t n)
{
    const char *name = tf_strndup(r->arena, from, n);
    const size_t k = r->name(r->context, name);
    if (k != SIZE_MAX)
        return add_step(r, (struct step){.op = NAME, .name = k});
    r->s = from;
    return fault(r, tf_printf(r->arena, "names '%s', which is no item", name));
}

static enum tf_code read_parenthesis(struct reader *r)
{
    if (next(r) != '(')
        return fault(r, "wants a parenthesis here");
    r->s++;
    TF_TRY(read_sum(r));
    if (next(r) != ')')
        return fault(r, "wants a closing parenthesis here");
    r->s++;
    return TF_OK;
}

static enum tf_code read_name(struct reader *r)
{
    static const struct {
        const char *word;
        enum operation op;
    } functions[] = {{"exp", EXP}, {"log", LOG}, {"sqrt", SQRT}};
    const char *from = r->s;
    while (is_letter(*r->s) || is_digit(*r->s) || *r->s == ':' || *r->s == '=')
        r->s++;
    const size_t n = (size_t)(r->s - from);
    for (size_t k = 0; k < 3 && next(r) == '('; k++)
        if (strlen(functions[k].word) == n && strncmp(functions[k].word, from, n) == 0) {
            TF_TRY(read_parenthesis(r));
            return add_step(r, (struct step){.op = functions[k].op});
        }
    return add_name(r, from, n);
}

static enum tf_code read_atom(struct reader *r)
{
    const char c = next(r);
    if (c == '(')
        return read_parenthesis(r);
    if (c == '`') {
        const char *end = strchr(r->s + 1, '`');
        if (end == NULL)
            return fault(r, "has a backtick that nothing closes");
        const char *from = r->s + 1;
        r->s = end + 1;
        return add_name(r, from, (size_t)(end - from));
    }
    if (is_digit(c) || (c == '.' && is_digit(r->s[1])))
        return read_number(r);
    if (is_letter(c))
        return read_name(r);
    return fault(r, c == '\0' ? "ends too soon" : "wants a number or a name here");
}

static enum tf_code read_sign(struct reader *r)
{
    const char c = next(r);
    if (++r->depth > MOST_DEPTH)
        return fault(r, "is nested too deep");
    if (c == '-' || c == '+') {
        r->s++;
        TF_TRY(read_sign(r));
        r->depth--;
        return c == '+' ? TF_OK : add_step(r, (struct step){.op = NEGATE});
    }
    TF_TRY(read_atom(r));
    if (next(r) == '^') {
        r->s++;
        TF_TRY(read_sign(r));
        TF_TRY(add_step(r, (struct step){.op = POWER}));
    }
    r->depth--;
    return TF_OK;
}

static enum tf_code read_product(struct reader *r)
{
    TF_TRY(read_sign(r));
    while (next(r) == '*' || *r->s == '/') {
        const enum operation op = *r->s == '*' ? MULTIPLY : DIVIDE;
        r->s++;
        TF_TRY(read_sign(r));
        TF_TRY(add_step(r, (struct step){.op = op}));
    }
    return TF_OK;
}

static enum tf_code read_sum(struct reader *r)
{
    TF_TRY(read_product(r));
    while (next(r) == '+' || *r->s == '-') {
        const enum operation op = *r->s == '+' ? ADD : SUBTRACT;
        r->s++;
        TF_TRY(read_product(r));
        TF_TRY(add_step(r, (struct step){.op = op}));
    }
    return TF_OK;
}

enum tf_code tf_expression_read(struct tf_arena *arena, const struct tf_yaml *at, tf_name_of name,
                                void *context, struct tf_expression **ret, struct tf_err *reterr)
{
    if (at->kind != TF_YAML_SCALAR)
        return tf_yaml_fail(at, reterr, "an expression is a text, such as 'girls - boys'");
    struct reader r = {.arena = arena, .at = at, .text = at->text, .s = at->text, .name = name,
                       .context = context, .e = TF_NEW(arena, struct tf_expression),
                       .reterr = reterr};
    r.e->arena = arena;
    TF_TRY(read_sum(&r));
    if (next(&r) != '\0')
        return fault(&r, "goes on where it should end");
    *ret = r.e;
    return TF_OK;
}

bool tf_expression_uses(const struct tf_expression *e, size_t k)
{
    for (size_t j = 0; j < e->n; j++)
        if (e->step[j].op == NAME && e->step[j].name == k)
            return true;
    return false;
}

/* ---- Values and gradients ----------------------------------------------------------------- */

/* The derivatives of a step by its operands a and b, and its value. */
static double differentiate(enum operation op, double a, double b, double *da, double *db)
{
    *db = 0;
    switch (op) {
    case ADD:
        *da = *db = 1;
        return a + b;
    case SUBTRACT:
        *da = 1;
        *db = -1;
        return a - b;
    case MULTIPLY:
        *da = b;
        *db = a;
        return a * b;
    case DIVIDE:
        *da = 1 / b;
        *db = -a / (b * b);
        return a / b;
    case POWER:
        *da = b * pow(a, b - 1);
        *db = a > 0 ? pow(a, b) * log(a) : (double)NAN; /* asked for only where b has a gradient */
        return pow(a, b);
    case NEGATE:
        *da = -1;
        return -a;
    case EXP:
        *da = exp(a);
        return exp(a);
    case LOG:
        *da = 1 / a;
        return log(a);
    default:
        *da = .5 / sqrt(a);
        return sqrt(a);
    }
}

/* A number that does not vary has no share in the gradient, whatever its derivative is. */
static double chain(double derivative, double gradient)
{
    return fabs(gradient) > 0 ? derivative * gradient : 0;
}

double tf_expression_value(const struct tf_expression *e, const double *x, size_t n,
                           double *gradient)
{
    double value[MOST_STEPS] = {0};
    double *g = TF_NEW_N(e->arena, double, n * (e->n + 1));
    size_t top = 0;
    for (size_t k = 0; k < e->n; k++) {
        const struct step *s = &e->step[k];
        if (s->op == NUMBER || s->op == NAME) {
            memset(g + top * n, 0, n * sizeof *g);
            value[top] = s->op == NUMBER ? s->number : x[s->name];
            if (s->op == NAME)
                g[top * n + s->name] = 1;
            top++;
            continue;
        }
        const bool two = s->op < NEGATE;
        double da, db;
        top -= two;
        double *ga = g + (top - 1) * n, *gb = g + top * n;
        value[top - 1] = differentiate(s->op, value[top - 1], two ? value[top] : 0, &da, &db);
        for (size_t j = 0; j < n; j++)
            ga[j] = chain(da, ga[j]) + (two ? chain(db, gb[j]) : 0);
    }
    memcpy(gradient, g, n * sizeof *g);
    return value[0];
}
