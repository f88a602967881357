/* XPath 1.0 into a tree: see expr_inside.h.
 *
 * A recursive descent over one table of binary operators. Operators of one level that follow each other
 * (a or b or c) are one flat chain, so that a tree is never deeper than the parentheses, brackets and
 * arguments in the text: at most 200. The rule that makes '*', 'and', 'div' operators or names is the
 * specification's: they are operators when something stands before them that an operator can follow.
 *
 * Source: XML Path Language 1.0 (W3C 1999), sections 2, 3.1 to 3.7. Not read: variables ($x, which no
 * XForm has), namespace axis, processing-instruction(), comment(). */
#include <stdio.h>
#include <string.h>

#include "ask/expr_inside.h"

struct parser {
    struct tf_arena *arena;
    struct tf_xpath *x;
    const char *at;    /* next byte */
    int depth;
    struct tf_err *reterr;
};

/* ---- errors ------------------------------------------------------------------------------------- */

static enum tf_code TF_PRINTF(4, 5) wrong(struct parser *p, const char *at, const char *help,
                                          const char *format, ...)
{
    char what[300];
    va_list ap;
    const size_t column = (size_t)(at - p->x->text) + 1;
    va_start(ap, format);
    (void)vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    (void)tf_fail_at(p->reterr, TF_E_INPUT, p->x->file, p->x->line, column, "%s", what);
    (void)tf_fact(p->reterr, "column %zu of the expression: %.300s", column, p->x->text);
    return tf_help(p->reterr, "%s", help);
}

/* ---- words -------------------------------------------------------------------------------------- */

static void skip_space(struct parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')
        p->at++;
}

static bool looking_at(struct parser *p, const char *word)
{
    skip_space(p);
    return strncmp(p->at, word, strlen(word)) == 0;
}

static bool take(struct parser *p, const char *word)
{
    if (!looking_at(p, word))
        return false;
    p->at += strlen(word);
    return true;
}

/* ---- the tree ----------------------------------------------------------------------------------- */

static struct xpr *node(struct parser *p, enum xkind kind, const char *at)
{
    struct xpr *x = TF_NEW(p->arena, struct xpr);
    x->kind = kind;
    x->column = (size_t)(at - p->x->text) + 1;
    return x;
}

static enum tf_code parse_chain(struct parser *p, int level, struct xpr **ret);

/* An expression in parentheses, brackets or arguments. */
static enum tf_code parse_inner(struct parser *p, struct xpr **ret)
{
    if (p->depth == XPATH_DEPTH)
        return wrong(p, p->at, "Split it into calculated fields.",
                     "the expression is nested deeper than %d", XPATH_DEPTH);
    p->depth++;
    const enum tf_code code = parse_chain(p, 0, ret);
    p->depth--;
    return code;
}

static enum tf_code close_with(struct parser *p, const char *open, char close)
{
    skip_space(p);
    if (*p->at == close) {
        p->at++;
        return TF_OK;
    }
    if (*p->at == '\0')
        return wrong(p, open, "Close it.", "'%c' is not closed", *open);
    return wrong(p, p->at, "Is an operator, a comma or a quote missing before it?",
                 "'%c' was expected here", close);
}

static enum tf_code parse_preds(struct parser *p, struct xpreds *preds)
{
    size_t cap = 0;
    while (looking_at(p, "[")) {
        const char *open = p->at++;
        preds->item = tf_grow(p->arena, preds->item, preds->n, &cap, sizeof(struct xpr *));
        TF_TRY(parse_inner(p, &preds->item[preds->n]));
        preds->n++;
        TF_TRY(close_with(p, open, ']'));
    }
    return TF_OK;
}

/* ---- location paths ----------------------------------------------------------------------------- */

static bool take_axis(struct parser *p, enum xaxis *ret)
{
    static const struct {
        const char *name;
        enum xaxis axis;
    } axes[] = {{"child", XA_CHILD},
                {"parent", XA_PARENT},
                {"self", XA_SELF},
                {"attribute", XA_ATTRIBUTE},
                {"descendant-or-self", XA_DESCENDANT_OR_SELF},
                {"descendant", XA_DESCENDANT},
                {"ancestor-or-self", XA_ANCESTOR_OR_SELF},
                {"ancestor", XA_ANCESTOR},
                {"following-sibling", XA_FOLLOWING_SIBLING},
                {"preceding-sibling", XA_PRECEDING_SIBLING}};
    const size_t n = tf_xname_length(p->at);
    const char *after = p->at + n;
    after += strspn(after, " \t\r\n");
    if (n == 0 || after[0] != ':' || after[1] != ':')
        return true;
    for (size_t k = 0; k < sizeof axes / sizeof *axes; k++)
        if (strlen(axes[k].name) == n && strncmp(p->at, axes[k].name, n) == 0) {
            *ret = axes[k].axis;
            p->at = after + 2;
            return true;
        }
    return false;
}

static enum tf_code parse_test(struct parser *p, struct xstep *s)
{
    skip_space(p);
    if (take(p, "*")) {
        s->test = XT_ANY;
        return TF_OK;
    }
    const char *from = p->at;
    const size_t n = tf_xqname_length(p->at);
    if (n == 0)
        return wrong(p, p->at, "Write the name of a field, such as /data/age.",
                     *p->at == '\0' ? "the expression ends where a name is expected"
                                    : "a name is expected here");
    p->at += n;
    if (p->at[-1] == '*') {
        s->test = XT_ANY;
        return TF_OK;
    }
    const char *colon = memchr(from, ':', n);
    s->name = colon == NULL ? tf_strndup(p->arena, from, n)
                            : tf_strndup(p->arena, colon + 1, (size_t)(from + n - colon - 1));
    s->test = XT_NAME;
    if (!looking_at(p, "("))
        return TF_OK;
    s->test = strcmp(s->name, "node") == 0 ? XT_NODE : XT_TEXT;
    if (s->test == XT_TEXT && strcmp(s->name, "text") != 0)
        return wrong(p, from, "Only node() and text() may stand in a path.",
                     "'%.60s()' cannot stand in a path", s->name);
    const char *open = p->at++;
    return close_with(p, open, ')');
}

static struct xstep *more_step(struct parser *p, struct xpr *x, size_t *cap)
{
    x->step = tf_grow(p->arena, x->step, x->n_steps, cap, sizeof *x->step);
    struct xstep *s = &x->step[x->n_steps++];
    *s = (struct xstep){.axis = XA_CHILD, .test = XT_NODE};
    return s;
}

static enum tf_code parse_step(struct parser *p, struct xpr *x, size_t *cap)
{
    struct xstep s = {.axis = XA_CHILD, .test = XT_NODE};
    skip_space(p);
    if (take(p, "..")) {
        s.axis = XA_PARENT;
    } else if (*p->at == '.' && !tf_xis_digit(p->at[1])) {
        p->at++;
        s.axis = XA_SELF;
    } else {
        if (take(p, "@"))
            s.axis = XA_ATTRIBUTE;
        else if (!take_axis(p, &s.axis))
            return wrong(p, p->at, "Use child, parent, self, attribute or descendant.",
                         "an axis that is not known");
        TF_TRY(parse_test(p, &s));
    }
    TF_TRY(parse_preds(p, &s.preds)); /* ".[x]" is read too: JavaRosa does */
    *more_step(p, x, cap) = s;
    return TF_OK;
}

/* Steps behind what stands already: "a/b", after '/' or "//" was seen. */
static enum tf_code parse_steps(struct parser *p, struct xpr *x, size_t *cap)
{
    for (;;) {
        TF_TRY(parse_step(p, x, cap));
        if (take(p, "//"))
            more_step(p, x, cap)->axis = XA_DESCENDANT_OR_SELF;
        else if (!take(p, "/"))
            return TF_OK;
    }
}

static bool can_step(struct parser *p)
{
    skip_space(p);
    return tf_xstarts_name(p->at) || *p->at == '*' || *p->at == '@' ||
           (*p->at == '.' && !tf_xis_digit(p->at[1]));
}

static enum tf_code parse_location(struct parser *p, struct xpr **ret)
{
    struct xpr *x = node(p, XK_PATH, p->at);
    size_t cap = 0;
    *ret = x;
    if (take(p, "//")) {
        x->absolute = true;
        more_step(p, x, &cap)->axis = XA_DESCENDANT_OR_SELF;
    } else if (take(p, "/")) {
        x->absolute = true;
        if (!can_step(p))
            return TF_OK; /* the root alone */
    }
    return parse_steps(p, x, &cap);
}

/* ---- calls and literals ------------------------------------------------------------------------- */

static enum tf_code check_arguments(struct parser *p, const struct xfunction *f, size_t n,
                                    const char *at)
{
    const char *help = tf_printf(p->arena, f->max < 0 ? "It takes %d or more."
                                           : f->min == f->max ? "It takes %d."
                                                              : "It takes %d to %d.",
                                 f->min, f->max);
    if (n < (size_t)f->min || (f->max >= 0 && n > (size_t)f->max))
        return wrong(p, at, help, "%s() has %zu argument%s", f->name, n, n == 1 ? "" : "s");
    if (f->parity != 0 && n % 2 != (f->parity == 1 ? 1u : 0u))
        return wrong(p, at, f->parity == 1 ? "It takes a value, then pairs of a repeat and a number."
                                           : "It takes two limits, then pairs of a value and a weight.",
                     "%s() has %zu arguments", f->name, n);
    return TF_OK;
}

static enum tf_code unknown_function(struct parser *p, const char *name, const char *at)
{
    const char **known = TF_NEW_N(p->arena, const char *, tf_n_xfunctions + 1);
    for (size_t k = 0; k < tf_n_xfunctions; k++)
        known[k] = tf_xfunctions[k].name;
    const char *near = tf_nearest(name, known);
    return wrong(p, at, near == NULL ? "docs/FORMS.md lists the functions."
                                     : tf_printf(p->arena, "Did you mean %s()?", near),
                 "there is no function %.80s()", name);
}

static enum tf_code parse_call(struct parser *p, size_t n, struct xpr **ret)
{
    struct xpr *x = node(p, XK_CALL, p->at);
    const char *from = p->at, *name = tf_strndup(p->arena, p->at, n);
    size_t cap = 0;
    x->f = tf_xfunction(name);
    if (x->f == NULL)
        return unknown_function(p, name, from);
    p->at += n;
    skip_space(p);
    const char *open = p->at++;
    if (!looking_at(p, ")"))
        for (;;) {
            x->kid = tf_grow(p->arena, x->kid, x->n_kids, &cap, sizeof(struct xpr *));
            TF_TRY(parse_inner(p, &x->kid[x->n_kids]));
            x->n_kids++;
            if (!take(p, ","))
                break;
        }
    TF_TRY(close_with(p, open, ')'));
    *ret = x;
    return check_arguments(p, x->f, x->n_kids, from);
}

static enum tf_code parse_string(struct parser *p, struct xpr **ret)
{
    const char *end = strchr(p->at + 1, *p->at);
    if (end == NULL)
        return wrong(p, p->at, "Close the quotes; curly quotes of a word processor do not count.",
                     "a text in quotes does not end");
    *ret = node(p, XK_STRING, p->at);
    (*ret)->string = tf_strndup(p->arena, p->at + 1, (size_t)(end - p->at - 1));
    p->at = end + 1;
    return TF_OK;
}

static enum tf_code parse_number(struct parser *p, struct xpr **ret)
{
    const char *from = p->at;
    p->at += strspn(p->at, "0123456789");
    if (*p->at == '.')
        p->at += 1 + strspn(p->at + 1, "0123456789");
    if (tf_xstarts_name(p->at))
        return wrong(p, from, "Names begin with a letter or '_'; texts stand in quotes.",
                     "a number runs into a name");
    *ret = node(p, XK_NUMBER, from);
    (*ret)->number = tf_xnumber(tf_strndup(p->arena, from, (size_t)(p->at - from)));
    return TF_OK;
}

/* Something that is no path by itself: (…), a call, a literal. *ret stays NULL when it is a path. */
static enum tf_code parse_primary(struct parser *p, struct xpr **ret)
{
    skip_space(p);
    if (*p->at == '(') {
        const char *open = p->at++;
        TF_TRY(parse_inner(p, ret));
        return close_with(p, open, ')');
    }
    if (*p->at == '"' || *p->at == '\'')
        return parse_string(p, ret);
    if (tf_xis_digit(*p->at) || (*p->at == '.' && tf_xis_digit(p->at[1])))
        return parse_number(p, ret);
    const size_t n = tf_xqname_length(p->at);
    const char *after = p->at + n;
    after += strspn(after, " \t\r\n");
    const bool test = (n == 4 && (strncmp(p->at, "node", 4) == 0 || strncmp(p->at, "text", 4) == 0));
    if (n > 0 && *after == '(' && !test && p->at[n - 1] != '*')
        return parse_call(p, n, ret);
    return TF_OK;
}

static enum tf_code nothing_here(struct parser *p)
{
    if (*p->at == '\0')
        return wrong(p, p->at, "Finish it, or take the last operator away.",
                     p->at == p->x->text ? "the expression is empty"
                                         : "the expression ends where a value is expected");
    if (*p->at == '$')
        return wrong(p, p->at, "In an XLSForm ${name} is put in by the conversion; in an XForm write "
                               "the path.", "'$' cannot stand in an XForm's expression");
    if (tf_xis_curly(p->at))
        return wrong(p, p->at, "Use straight quotes: ' or \".",
                     "the quotes are those of a word processor");
    if (strchr("=&|", *p->at) != NULL)
        return wrong(p, p->at, "XPath writes =, and, or.", "no operator of XPath is written so");
    return wrong(p, p->at, "A value is a path, a number, a text in quotes or a function.",
                 "a value is expected before '%.1s'", p->at);
}

static enum tf_code parse_path(struct parser *p, struct xpr **ret)
{
    struct xpr *first = NULL;
    const char *from = p->at;
    TF_TRY(parse_primary(p, &first));
    if (first == NULL) {
        if (!can_step(p) && *p->at != '/')
            return nothing_here(p);
        return parse_location(p, ret);
    }
    *ret = first;
    if (!looking_at(p, "[") && !looking_at(p, "/"))
        return TF_OK;
    struct xpr *x = node(p, XK_PATH, from);
    size_t cap = 0;
    x->from = first;
    *ret = x;
    TF_TRY(parse_preds(p, &x->preds));
    if (take(p, "//"))
        more_step(p, x, &cap)->axis = XA_DESCENDANT_OR_SELF;
    else if (!take(p, "/"))
        return TF_OK;
    return parse_steps(p, x, &cap);
}

/* ---- operators ---------------------------------------------------------------------------------- */

static const struct binary {
    const char *word;
    enum xop op;
    int level; /* weakest 0 */
} binary[] = {
    {"or", XO_OR, 0},  {"and", XO_AND, 1}, {"!=", XO_NE, 2},  {"=", XO_EQ, 2},  {"<=", XO_LE, 3},
    {">=", XO_GE, 3},  {"<", XO_LT, 3},    {">", XO_GT, 3},   {"+", XO_ADD, 4}, {"-", XO_SUB, 4},
    {"*", XO_MUL, 5},  {"div", XO_DIV, 5}, {"mod", XO_MOD, 5}, {"|", XO_UNION, 7},
};
enum { LEVEL_MINUS = 6, LEVEL_UNION = 7 };

static bool take_binary(struct parser *p, int level, enum xop *ret)
{
    skip_space(p);
    for (size_t k = 0; k < sizeof binary / sizeof *binary; k++) {
        const size_t n = strlen(binary[k].word);
        if (binary[k].level != level || strncmp(p->at, binary[k].word, n) != 0)
            continue;
        if (tf_xstarts_name(binary[k].word) && tf_xname_length(p->at) != n)
            continue;
        *ret = binary[k].op;
        p->at += n;
        return true;
    }
    return false;
}

static enum tf_code parse_minus(struct parser *p, struct xpr **ret)
{
    size_t n = 0;
    skip_space(p);
    const char *from = p->at;
    while (take(p, "-"))
        n++;
    if (n == 0)
        return parse_chain(p, LEVEL_UNION, ret);
    struct xpr *x = node(p, XK_MINUS, from);
    x->kid = TF_NEW_N(p->arena, struct xpr *, 1);
    x->n_kids = 1;
    x->odd = n % 2 == 1;
    *ret = x;
    return parse_chain(p, LEVEL_UNION, &x->kid[0]);
}

static enum tf_code parse_level(struct parser *p, int level, struct xpr **ret)
{
    if (level == LEVEL_UNION)
        return parse_path(p, ret);
    return level + 1 == LEVEL_MINUS ? parse_minus(p, ret) : parse_chain(p, level + 1, ret);
}

static enum tf_code parse_chain(struct parser *p, int level, struct xpr **ret)
{
    struct xpr *first = NULL, *chain = NULL;
    size_t cap = 1, cap_ops = 0;
    enum xop op;
    TF_TRY(parse_level(p, level, &first));
    *ret = first;
    while (take_binary(p, level, &op)) {
        if (chain == NULL) {
            chain = node(p, XK_CHAIN, p->at);
            chain->kid = TF_NEW_N(p->arena, struct xpr *, 1);
            chain->kid[0] = first;
            chain->n_kids = 1;
            *ret = chain;
        }
        chain->op = tf_grow(p->arena, chain->op, chain->n_kids - 1, &cap_ops, sizeof *chain->op);
        chain->op[chain->n_kids - 1] = op;
        chain->kid = tf_grow(p->arena, chain->kid, chain->n_kids, &cap, sizeof(struct xpr *));
        TF_TRY(parse_level(p, level, &chain->kid[chain->n_kids]));
        chain->n_kids++;
    }
    return TF_OK;
}

static enum tf_code trailing(struct parser *p)
{
    if (*p->at == '&')
        return wrong(p, p->at, "XPath writes =, and, or.", "no operator of XPath is written so");
    if (*p->at == ')' || *p->at == ']')
        return wrong(p, p->at, "Take it away, or open it before.", "'%c' closes nothing", *p->at);
    if (tf_xis_curly(p->at))
        return wrong(p, p->at, "Use straight quotes: ' or \".",
                     "the quotes are those of a word processor");
    return wrong(p, p->at, "Is an operator (=, and, or, +) missing before it?",
                 "the expression goes on where it should end");
}

enum tf_code tf_xpath_parse(struct tf_arena *arena, const char *text, const char *file, size_t line,
                            struct tf_xpath **ret, struct tf_err *reterr)
{
    struct tf_xpath *x = TF_NEW(arena, struct tf_xpath);
    struct parser p = {.arena = arena, .x = x, .reterr = reterr};
    if (strlen(text) > XPATH_TEXT) {
        (void)tf_fail_at(reterr, TF_E_LIMIT, file, line, 0, "an expression is longer than 64 KB");
        return tf_help(reterr, "Split it into calculated fields.");
    }
    *x = (struct tf_xpath){.text = tf_strdup(arena, text), .file = file, .line = line};
    p.at = x->text;
    TF_TRY(parse_chain(&p, 0, &x->root));
    skip_space(&p);
    if (*p.at != '\0')
        return trailing(&p);
    *ret = x;
    return TF_OK;
}
