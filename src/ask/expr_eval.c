/* The value of an expression over a submission: see expr_inside.h.
 *
 * A walk over the tree. Every node visited and every call counts as work, and an expression that does
 * more than a million of it is given up: predicates within predicates over a long repeat could otherwise
 * take hours. What cannot be known here (the clock when none is given, an external list, random numbers)
 * is evaluated as empty and marked: whoever checks answers must not say "wrong" of it.
 *
 * Source: XPath 1.0 section 3. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ask/expr_inside.h"

enum { MAX_WORK = 1000000, MAX_ARGS = 12 };

enum tf_code tf_xfail(const struct xeval *e, const struct xpr *x, const char *format, ...)
{
    char what[300];
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    (void)tf_fail_at(e->reterr, TF_E_INPUT, e->x->file, e->x->line, x->column, "%s", what);
    return tf_fact(e->reterr, "column %zu of the expression: %.300s", x->column, e->x->text);
}

enum tf_code tf_xwork(struct xeval *e, const struct xpr *x, size_t more)
{
    if (more <= MAX_WORK && e->work + more <= MAX_WORK) {
        e->work += more;
        return TF_OK;
    }
    (void)tf_xfail(e, x, "the expression takes too long: more than 1,000,000 nodes were looked at");
    if (e->reterr != NULL)
        e->reterr->code = TF_E_LIMIT;
    (void)tf_help(e->reterr, "Use plain paths rather than '//' within predicates.");
    return TF_E_LIMIT;
}

static double arithmetic(enum xop op, double a, double b)
{
    switch (op) {
    case XO_ADD:
        return a + b;
    case XO_SUB:
        return a - b;
    case XO_MUL:
        return a * b;
    case XO_DIV:
        return a / b;
    default:
        return fmod(a, b);
    }
}

static enum tf_code unite(struct xeval *e, const struct xpr *x, struct xval *a, const struct xval *b)
{
    if (a->kind != TF_XV_NODES || b->kind != TF_XV_NODES)
        return tf_xfail(e, x, "'|' joins nodes only");
    TF_TRY(tf_xwork(e, x, a->set.n + b->set.n));
    struct xset sum = {NULL, 0, 0};
    size_t i = 0, j = 0;
    while (i < a->set.n || j < b->set.n) { /* both are in document order */
        const int order = i == a->set.n   ? 1
                          : j == b->set.n ? -1
                                          : tf_xref_order(a->set.item[i], b->set.item[j]);
        tf_xset_add(e, &sum, order <= 0 ? a->set.item[i] : b->set.item[j]);
        i += order <= 0;
        j += order >= 0;
    }
    a->set = sum;
    return TF_OK;
}

/* and, or: the first that surely decides ends it; one that is not known may decide nothing. */
static enum tf_code logical(struct xeval *e, const struct xpr *x, const struct xat *at,
                            struct xval *ret)
{
    const bool decides = x->op[0] == XO_OR, unknown = e->unknown;
    bool doubt = false, decided = false;
    for (size_t k = 0; k < x->n_kids; k++) {
        struct xval v;
        e->unknown = false;
        TF_TRY(tf_xeval_node(e, x->kid[k], at, &v));
        const bool here = tf_xval_true(&v) == decides;
        if (here && !e->unknown) { /* sure, whatever the others are */
            e->unknown = unknown;
            *ret = tf_xbool(decides);
            return TF_OK;
        }
        doubt = doubt || e->unknown;
        decided = decided || here;
    }
    e->unknown = unknown || doubt;
    *ret = tf_xbool(decided ? decides : !decides);
    return TF_OK;
}

static enum tf_code chain(struct xeval *e, const struct xpr *x, const struct xat *at,
                          struct xval *ret)
{
    struct xval a, b;
    if (x->op[0] == XO_OR || x->op[0] == XO_AND)
        return logical(e, x, at, ret);
    TF_TRY(tf_xeval_node(e, x->kid[0], at, &a));
    for (size_t k = 1; k < x->n_kids; k++) {
        const enum xop op = x->op[k - 1];
        TF_TRY(tf_xeval_node(e, x->kid[k], at, &b));
        if (op == XO_UNION) {
            TF_TRY(unite(e, x, &a, &b));
        } else if (op >= XO_ADD) {
            a = tf_xnum(arithmetic(op, tf_xval_number(e, &a), tf_xval_number(e, &b)));
        } else {
            if (a.kind == TF_XV_NODES && b.kind == TF_XV_NODES && a.set.n > 0)
                TF_TRY(tf_xwork(e, x, b.set.n > MAX_WORK / a.set.n ? MAX_WORK + 1
                                                                   : a.set.n * b.set.n));
            a = tf_xbool(tf_xcompare(e, op, &a, &b));
        }
    }
    *ret = a;
    return TF_OK;
}

static enum tf_code call(struct xeval *e, const struct xpr *x, const struct xat *at,
                         struct xval *ret)
{
    struct xval few[MAX_ARGS];
    struct xval *arg = x->n_kids <= MAX_ARGS ? few : TF_NEW_N(e->arena, struct xval, x->n_kids);
    if (x->f->how == XF_LAZY)
        return x->f->call(e, x, at, NULL, x->n_kids, ret);
    for (size_t k = 0; k < x->n_kids; k++)
        TF_TRY(tf_xeval_node(e, x->kid[k], at, &arg[k]));
    return x->f->call(e, x, at, arg, x->n_kids, ret);
}

enum tf_code tf_xeval_node(struct xeval *e, const struct xpr *x, const struct xat *at,
                           struct xval *ret)
{
    struct xval v;
    TF_TRY(tf_xwork(e, x, 1));
    switch (x->kind) {
    case XK_NUMBER:
        *ret = tf_xnum(x->number);
        return TF_OK;
    case XK_STRING:
        *ret = tf_xstring(x->string);
        return TF_OK;
    case XK_MINUS:
        TF_TRY(tf_xeval_node(e, x->kid[0], at, &v));
        *ret = tf_xnum(x->odd ? -tf_xval_number(e, &v) : tf_xval_number(e, &v));
        return TF_OK;
    case XK_CHAIN:
        return chain(e, x, at, ret);
    case XK_CALL:
        return call(e, x, at, ret);
    case XK_PATH:
        break;
    }
    v = (struct xval){.kind = TF_XV_NODES};
    TF_TRY(tf_xeval_steps(e, x, at, &v.set));
    *ret = v;
    return TF_OK;
}

enum tf_code tf_xeval(struct tf_arena *arena, const struct tf_xpath *x,
                      const struct tf_xscope *scope, struct xref node, const bool *irrelevant,
                      struct xval *ret, bool *ret_unknown, struct tf_err *reterr)
{
    struct xeval e = {.arena = arena, .x = x, .scope = scope, .irrelevant = irrelevant,
                      .current = node, .reterr = reterr};
    const struct xat at = {node, 1, 1};
    struct xval v;
    TF_TRY(tf_xeval_node(&e, x->root, &at, &v));
    if (v.kind == TF_XV_NODES) { /* for those who have no evaluation any more */
        v.string = tf_xval_text(&e, &v);
        v.number = tf_xnumber(v.string);
        v.boolean = v.set.n > 0;
    }
    *ret = v;
    *ret_unknown = e.unknown;
    return TF_OK;
}

/* ---- the public face ---------------------------------------------------------------------------- */

enum tf_code tf_xpath_eval(struct tf_arena *arena, const struct tf_xpath *x,
                           const struct tf_xscope *scope, struct tf_xvalue *ret,
                           struct tf_err *reterr)
{
    const bool none = scope->instance == NULL || scope->answer >= scope->instance->n_answers;
    const struct xref node = {none ? XR_ROOT : XR_ANSWER, none ? 0 : scope->answer, 0, 0};
    struct tf_xvalue out;
    struct xval v;
    bool unknown;
    TF_TRY(tf_xeval(arena, x, scope, node, NULL, &v, &unknown, reterr));
    out = (struct tf_xvalue){.kind = v.kind, .string = v.string, .number = v.number,
                             .boolean = v.boolean};
    if (v.kind == TF_XV_NODES && v.set.n > 0) {
        out.node = TF_NEW_N(arena, size_t, v.set.n);
        for (size_t k = 0; k < v.set.n; k++)
            if (v.set.item[k].kind == XR_ANSWER)
                out.node[out.n_nodes++] = v.set.item[k].a;
    }
    *ret = out;
    return TF_OK;
}

bool tf_xvalue_true(const struct tf_xvalue *v)
{
    const struct xval w = {.kind = v->kind == TF_XV_NODES ? TF_XV_BOOLEAN : v->kind,
                           .string = v->string, .number = v->number, .boolean = v->boolean};
    return tf_xval_true(&w);
}

double tf_xvalue_number(const struct tf_xvalue *v, const struct tf_xscope *scope TF_UNUSED)
{
    if (v->kind == TF_XV_NUMBER)
        return v->number;
    if (v->kind == TF_XV_BOOLEAN)
        return v->boolean ? 1 : 0;
    return tf_xnumber(v->string);
}

const char *tf_xvalue_text(struct tf_arena *arena, const struct tf_xvalue *v,
                           const struct tf_xscope *scope TF_UNUSED)
{
    if (v->kind == TF_XV_NUMBER)
        return tf_xnumber_text(arena, v->number);
    if (v->kind == TF_XV_BOOLEAN)
        return v->boolean ? "true" : "false";
    return v->string;
}
