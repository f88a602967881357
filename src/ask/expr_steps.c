/* Nodes of an evaluation, and location paths over them.
 *
 * The nodes are the answers of a submission (their parents and ends make the tree), their attributes,
 * and the items of secondary instances, which are rows: instance, root, item, cell. A field that a
 * submission leaves out can be a context, too (XR_ABSENT): it is empty and has a parent.
 *
 *     XR_ROOT ── XR_ANSWER … ── XR_ATTRIBUTE
 *     XR_INSTANCE ── XR_ITEMS (root) ── XR_ITEM (item) ── XR_CELL (name, label …)
 *
 * Order is document order: answers by number. A step keeps its nodes in that order and each once. */
#include <string.h>

#include "ask/expr_inside.h"

bool tf_xref_same(struct xref a, struct xref b)
{
    return a.kind == b.kind && a.a == b.a && a.b == b.b && a.c == b.c;
}

static int cmp(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

int tf_xref_order(struct xref a, struct xref b)
{
    const bool second_a = a.kind >= XR_INSTANCE, second_b = b.kind >= XR_INSTANCE;
    if (second_a != second_b || a.kind == XR_ROOT || b.kind == XR_ROOT)
        return cmp(a.kind, b.kind);
    if (a.a != b.a)
        return cmp(a.a, b.a);
    if (second_a && (a.kind < XR_ITEM || b.kind < XR_ITEM))
        return cmp(a.kind, b.kind);
    if (second_a && a.b == b.b)
        return a.kind != b.kind ? cmp(a.kind, b.kind) : cmp(a.c, b.c);
    if (!second_a && a.kind != b.kind)
        return cmp(a.kind, b.kind);
    return cmp(a.b, b.b);
}

void tf_xset_add(struct xeval *e, struct xset *s, struct xref node)
{
    s->item = tf_grow(e->arena, s->item, s->n, &s->cap, sizeof *s->item);
    s->item[s->n++] = node;
}

static const struct tf_answer *answer(const struct xeval *e, size_t at)
{
    return &e->scope->instance->answer[at];
}

static const struct tf_xinstance *second(const struct xeval *e, size_t at)
{
    return &e->scope->form->instance[at];
}

bool tf_xref_parent(const struct xeval *e, struct xref n, struct xref *ret)
{
    switch (n.kind) {
    case XR_ROOT:
    case XR_INSTANCE:
        return false;
    case XR_ANSWER: {
        const size_t up = answer(e, n.a)->parent;
        *ret = (struct xref){up == SIZE_MAX ? XR_ROOT : XR_ANSWER, up == SIZE_MAX ? 0 : up, 0, 0};
        return true;
    }
    case XR_ABSENT:
    case XR_ATTRIBUTE:
        *ret = (struct xref){XR_ANSWER, n.a, 0, 0};
        return true;
    case XR_ITEMS:
        *ret = (struct xref){XR_INSTANCE, n.a, 0, 0};
        return true;
    case XR_ITEM:
        *ret = (struct xref){XR_ITEMS, n.a, 0, 0};
        return true;
    case XR_CELL:
        *ret = (struct xref){XR_ITEM, n.a, n.b, 0};
        return true;
    }
    return false;
}

const char *tf_xref_name(const struct xeval *e, struct xref n)
{
    switch (n.kind) {
    case XR_ROOT:
        return "";
    case XR_INSTANCE:
        return "instance";
    case XR_ANSWER:
        return strrchr(answer(e, n.a)->path, '/') + 1;
    case XR_ABSENT:
        return e->scope->form->field[n.b].name;
    case XR_ATTRIBUTE:
        return answer(e, n.a)->attribute->name[n.b];
    case XR_ITEMS:
        return second(e, n.a)->root_name == NULL ? "root" : second(e, n.a)->root_name;
    case XR_ITEM:
        return second(e, n.a)->item_name == NULL ? "item" : second(e, n.a)->item_name;
    case XR_CELL:
        return second(e, n.a)->item[n.b].name[n.c];
    }
    return "";
}

static const char *text_of_items(struct xeval *e, struct xref n)
{
    const struct tf_xinstance *s = second(e, n.a);
    struct tf_buf b = {.arena = e->arena};
    const size_t from = n.kind == XR_ITEM ? n.b : 0, to = n.kind == XR_ITEM ? n.b + 1 : s->n_items;
    for (size_t k = from; k < to; k++)
        for (size_t j = 0; j < s->item[k].n; j++)
            tf_buf_add(&b, s->item[k].value[j]);
    return tf_buf_text(&b);
}

const char *tf_xref_text(struct xeval *e, struct xref n)
{
    if (n.kind == XR_CELL)
        return second(e, n.a)->item[n.b].value[n.c];
    if (n.kind == XR_ATTRIBUTE)
        return answer(e, n.a)->attribute->value[n.b];
    if (n.kind == XR_ROOT && e->scope->instance != NULL && e->scope->instance->n_answers > 0)
        n = (struct xref){XR_ANSWER, 0, 0, 0};
    if (n.kind == XR_ITEM || n.kind == XR_ITEMS || n.kind == XR_INSTANCE)
        return text_of_items(e, n);
    if (n.kind != XR_ANSWER)
        return "";
    const struct tf_answer *a = answer(e, n.a);
    if (a->text != NULL)
        return e->irrelevant != NULL && e->irrelevant[n.a] ? "" : a->text;
    struct tf_buf b = {.arena = e->arena}; /* a group: the texts below it */
    for (size_t k = n.a + 1; k < a->end; k++)
        if (answer(e, k)->text != NULL && (e->irrelevant == NULL || !e->irrelevant[k]))
            tf_buf_add(&b, answer(e, k)->text);
    return tf_buf_text(&b);
}

const struct tf_xfield *tf_xref_field(const struct xeval *e, struct xref n)
{
    const struct tf_xform *f = e->scope->form;
    if (n.kind == XR_ABSENT)
        return &f->field[n.b];
    if (n.kind != XR_ANSWER || answer(e, n.a)->field == SIZE_MAX)
        return NULL;
    return &f->field[answer(e, n.a)->field];
}

/* ---- axes --------------------------------------------------------------------------------------- */

static void add_children(struct xeval *e, struct xref n, struct xset *to)
{
    const struct tf_instance *in = e->scope->instance;
    switch (n.kind) {
    case XR_ROOT:
        if (in != NULL && in->n_answers > 0)
            tf_xset_add(e, to, (struct xref){XR_ANSWER, 0, 0, 0});
        break;
    case XR_ANSWER:
        for (size_t k = n.a + 1; k < in->answer[n.a].end; k = in->answer[k].end)
            tf_xset_add(e, to, (struct xref){XR_ANSWER, k, 0, 0});
        break;
    case XR_INSTANCE:
        if (second(e, n.a)->src != NULL && second(e, n.a)->n_items == 0)
            e->unknown = true;
        tf_xset_add(e, to, (struct xref){XR_ITEMS, n.a, 0, 0});
        break;
    case XR_ITEMS:
        for (size_t k = 0; k < second(e, n.a)->n_items; k++)
            tf_xset_add(e, to, (struct xref){XR_ITEM, n.a, k, 0});
        break;
    case XR_ITEM:
        for (size_t k = 0; k < second(e, n.a)->item[n.b].n; k++)
            tf_xset_add(e, to, (struct xref){XR_CELL, n.a, n.b, k});
        break;
    case XR_ABSENT:
    case XR_ATTRIBUTE:
    case XR_CELL:
        break;
    }
}

static void add_below(struct xeval *e, struct xref n, struct xset *to)
{
    if (n.kind == XR_ANSWER) { /* they stand behind it in order */
        for (size_t k = n.a + 1; k < answer(e, n.a)->end; k++)
            tf_xset_add(e, to, (struct xref){XR_ANSWER, k, 0, 0});
        return;
    }
    struct xset kids = {NULL, 0, 0};
    add_children(e, n, &kids);
    for (size_t k = 0; k < kids.n; k++) { /* at most four levels */
        tf_xset_add(e, to, kids.item[k]);
        add_below(e, kids.item[k], to);
    }
}

static void add_siblings(struct xeval *e, struct xref n, bool before, struct xset *to)
{
    struct xset all = {NULL, 0, 0};
    struct xref up;
    size_t at = 0;
    if (!tf_xref_parent(e, n, &up))
        return;
    add_children(e, up, &all);
    while (at < all.n && !tf_xref_same(all.item[at], n))
        at++;
    if (at == all.n)
        return;
    for (size_t k = before ? 0 : at + 1; k < (before ? at : all.n); k++)
        tf_xset_add(e, to, all.item[k]);
}

static void add_attributes(struct xeval *e, struct xref n, struct xset *to)
{
    if (n.kind != XR_ANSWER || answer(e, n.a)->attribute == NULL)
        return;
    for (size_t k = 0; k < answer(e, n.a)->attribute->n; k++)
        tf_xset_add(e, to, (struct xref){XR_ATTRIBUTE, n.a, k, 0});
}

static void add_axis(struct xeval *e, enum xaxis axis, struct xref n, struct xset *to)
{
    struct xref up = n;
    switch (axis) {
    case XA_CHILD:
        add_children(e, n, to);
        break;
    case XA_SELF:
        tf_xset_add(e, to, n);
        break;
    case XA_PARENT:
        if (tf_xref_parent(e, n, &up))
            tf_xset_add(e, to, up);
        break;
    case XA_ATTRIBUTE:
        add_attributes(e, n, to);
        break;
    case XA_DESCENDANT_OR_SELF:
        tf_xset_add(e, to, n);
        add_below(e, n, to);
        break;
    case XA_DESCENDANT:
        add_below(e, n, to);
        break;
    case XA_ANCESTOR_OR_SELF:
        tf_xset_add(e, to, n);
        while (tf_xref_parent(e, up, &up))
            tf_xset_add(e, to, up);
        break;
    case XA_ANCESTOR:
        while (tf_xref_parent(e, up, &up))
            tf_xset_add(e, to, up);
        break;
    case XA_FOLLOWING_SIBLING:
    case XA_PRECEDING_SIBLING:
        add_siblings(e, n, axis == XA_PRECEDING_SIBLING, to);
        break;
    }
}

static bool passes(struct xeval *e, const struct xstep *s, struct xref n)
{
    if (s->test == XT_NODE)
        return true;
    if (s->test == XT_TEXT)
        return n.kind == XR_CELL || (n.kind == XR_ANSWER && answer(e, n.a)->text != NULL &&
                                     *answer(e, n.a)->text != '\0');
    if (n.kind == XR_ROOT || n.kind == XR_INSTANCE)
        return false;
    return s->test == XT_ANY || strcmp(tf_xref_name(e, n), s->name) == 0;
}

/* ---- steps -------------------------------------------------------------------------------------- */

/* Keep of set[from..] what passes the predicates; positions count from `from` (backward: from the end). */
enum tf_code tf_xeval_filter(struct xeval *e, const struct xpreds *preds, struct xset *set,
                             size_t from, bool backward)
{
    for (size_t p = 0; p < preds->n; p++) {
        size_t kept = from;
        const size_t n = set->n;
        for (size_t k = from; k < n; k++) {
            const struct xat at = {set->item[k], backward ? n - k : k - from + 1, n - from};
            struct xval v;
            TF_TRY(tf_xeval_node(e, preds->item[p], &at, &v));
            const bool keep = v.kind == TF_XV_NUMBER ? v.number == (double)at.position
                                                     : tf_xval_true(&v);
            if (keep)
                set->item[kept++] = set->item[k];
        }
        set->n = kept;
    }
    return TF_OK;
}

/* Document order, each node once. Merge sort would be overkill: sets are nearly always in order. */
static void set_in_order(struct xset *s)
{
    bool sorted = true;
    for (size_t k = 1; k < s->n && sorted; k++)
        sorted = tf_xref_order(s->item[k - 1], s->item[k]) < 0;
    if (sorted)
        return;
    for (size_t gap = s->n / 2; gap > 0; gap /= 2) /* Shell's */
        for (size_t k = gap; k < s->n; k++) {
            const struct xref it = s->item[k];
            size_t j = k;
            for (; j >= gap && tf_xref_order(s->item[j - gap], it) > 0; j -= gap)
                s->item[j] = s->item[j - gap];
            s->item[j] = it;
        }
    size_t n = 0;
    for (size_t k = 0; k < s->n; k++)
        if (n == 0 || !tf_xref_same(s->item[n - 1], s->item[k]))
            s->item[n++] = s->item[k];
    s->n = n;
}

static enum tf_code one_step(struct xeval *e, const struct xpr *x, const struct xstep *s,
                             const struct xset *in, struct xset *out)
{
    const bool backward = s->axis == XA_PRECEDING_SIBLING || s->axis == XA_ANCESTOR ||
                          s->axis == XA_ANCESTOR_OR_SELF;
    /* a leaf stands for its text */
    const enum xaxis axis = s->axis == XA_CHILD && s->test == XT_TEXT ? XA_SELF : s->axis;
    for (size_t k = 0; k < in->n; k++) {
        const size_t from = out->n;
        add_axis(e, axis, in->item[k], out);
        TF_TRY(tf_xwork(e, x, out->n - from + 1));
        size_t kept = from;
        for (size_t j = from; j < out->n; j++)
            if (passes(e, s, out->item[j]))
                out->item[kept++] = out->item[j];
        out->n = kept;
        if (s->axis == XA_ANCESTOR || s->axis == XA_ANCESTOR_OR_SELF) /* made nearest first */
            for (size_t a = from, b = kept; a + 1 < b; a++) {
                const struct xref swap = out->item[a];
                out->item[a] = out->item[--b];
                out->item[b] = swap;
            }
        TF_TRY(tf_xeval_filter(e, &s->preds, out, from, backward));
    }
    set_in_order(out);
    return TF_OK;
}

enum tf_code tf_xeval_steps(struct xeval *e, const struct xpr *x, const struct xat *at,
                            struct xset *set)
{
    struct xset now = {NULL, 0, 0};
    if (x->from != NULL) {
        struct xval v;
        TF_TRY(tf_xeval_node(e, x->from, at, &v));
        if (v.kind != TF_XV_NODES)
            return tf_xfail(e, x->from, "only nodes can be followed by '/' or '['");
        now = v.set;
        TF_TRY(tf_xeval_filter(e, &x->preds, &now, 0, false));
    } else {
        const struct xref root = {.kind = XR_ROOT};
        tf_xset_add(e, &now, x->absolute ? root : at->node);
    }
    for (size_t k = 0; k < x->n_steps; k++) {
        struct xset next = {NULL, 0, 0};
        TF_TRY(one_step(e, x, &x->step[k], &now, &next));
        now = next;
    }
    *set = now;
    return TF_OK;
}
