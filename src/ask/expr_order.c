/* In which order the calculations and relevances of a form must be made.
 *
 * Each calculate and each relevant is a vertex. It depends on the calculate of every field that it reads,
 * on that field's relevance and on the relevance of the groups round it (a field that is not relevant
 * reads as empty). A calculate depends on its own field's relevance. The order is a depth-first walk
 * without recursion; a vertex met again while it is being walked is a cycle, named field by field.
 *
 * That is what JavaRosa refuses as a cycle: a field that reads itself, a group whose relevance reads a
 * field in it, predicates not looked into. Constraints may read their own field and are no part of this.
 *
 * Source: XForms 1.1, 4.3.1 and appendix C (recalculation sequence). */
#include <string.h>

#include "ask/expr_inside.h"
#include "ask/xform_read.h"

enum state { NEW, OPEN, DONE };
struct vertex { /* 2k: relevant of field k; 2k + 1: its calculate */
    enum state state;
    size_t *need;
    size_t n_needs, cap, next;
    bool made; /* needs are known */
};
struct ordering {
    struct tf_arena *arena;
    const struct tf_xform *form;
    struct vertex *v;
    size_t *stack, n_stack;
    size_t *order, n_order;
    struct tf_err *reterr;
};

static const char *text_of(const struct ordering *o, size_t v)
{
    const struct tf_xfield *f = &o->form->field[v / 2];
    return v % 2 == 0 ? f->relevant : f->calculate;
}

static void need(struct ordering *o, struct vertex *v, size_t on)
{
    if (text_of(o, on) == NULL)
        return;
    v->need = tf_grow(o->arena, v->need, v->n_needs, &v->cap, sizeof *v->need);
    v->need[v->n_needs++] = on;
}

static void need_field(struct ordering *o, struct vertex *v, size_t field)
{
    need(o, v, 2 * field + 1);
    for (size_t up = field; up != SIZE_MAX; up = o->form->field[up].parent)
        need(o, v, 2 * up);
}

static enum tf_code find_needs(struct ordering *o, size_t at)
{
    struct vertex *v = &o->v[at];
    const struct tf_xform *f = o->form;
    const struct tf_xfield *x = &f->field[at / 2];
    const char **path;
    struct tf_xpath *tree;
    v->made = true;
    TF_TRY(tf_xpath_parse(o->arena, text_of(o, at), f->file, x->line, &tree, o->reterr));
    const size_t n = tf_xpath_paths(o->arena, tree, x->path, &path);
    if (at % 2 == 1)
        need(o, v, at - 1);
    for (size_t k = 0; k < n; k++) {
        const struct tf_xfield *one = tf_xform_field(f, path[k]);
        if (one != NULL)
            need_field(o, v, (size_t)(one - f->field));
        for (size_t j = 0; j < f->n_fields && one == NULL && tf_path_is_pattern(path[k]); j++)
            if (tf_path_matches(path[k], f->field[j].path))
                need_field(o, v, j);
    }
    return TF_OK;
}

static enum tf_code cycle(struct ordering *o, size_t back)
{
    struct tf_buf b = {.arena = o->arena};
    size_t from = o->n_stack;
    while (from > 0 && o->stack[from - 1] != back)
        from--;
    from = from > 0 ? from - 1 : 0;
    for (size_t k = from; k < o->n_stack && k < from + 12; k++)
        tf_buf_printf(&b, "%s of %s needs ", o->stack[k] % 2 == 0 ? "relevant" : "calculate",
                      o->form->field[o->stack[k] / 2].path);
    if (o->n_stack > from + 12)
        tf_buf_add(&b, "… needs ");
    tf_buf_printf(&b, "%s of %s", back % 2 == 0 ? "relevant" : "calculate",
                  o->form->field[back / 2].path);
    const struct tf_xfield *x = &o->form->field[back / 2];
    if (o->n_stack - from == 1)
        (void)tf_fail_at(o->reterr, TF_E_INPUT, o->form->file, x->line, 0,
                         "the %s of %s depends on itself", back % 2 == 0 ? "relevant" : "calculate",
                         x->path);
    else
        (void)tf_fail_at(o->reterr, TF_E_INPUT, o->form->file, x->line, 0,
                         "%zu expressions depend on each other in a circle", o->n_stack - from);
    (void)tf_fact(o->reterr, "%s", tf_buf_text(&b));
    return tf_help(o->reterr, "Take one of these references away: no order of asking can satisfy them "
                              "all.");
}

static enum tf_code walk_from(struct ordering *o, size_t start)
{
    o->stack[o->n_stack++] = start;
    o->v[start].state = OPEN;
    while (o->n_stack > 0) {
        const size_t at = o->stack[o->n_stack - 1];
        struct vertex *v = &o->v[at];
        if (!v->made)
            TF_TRY(find_needs(o, at));
        if (v->next == v->n_needs) {
            v->state = DONE;
            o->order[o->n_order++] = at / 2;
            o->n_stack--;
            continue;
        }
        const size_t on = v->need[v->next++];
        if (o->v[on].state == OPEN)
            return cycle(o, on);
        if (o->v[on].state == NEW) {
            o->v[on].state = OPEN;
            o->stack[o->n_stack++] = on;
        }
    }
    return TF_OK;
}

enum tf_code tf_xform_order(struct tf_arena *arena, const struct tf_xform *form, size_t **ret_order,
                            size_t *ret_n, struct tf_err *reterr)
{
    const size_t n = 2 * form->n_fields;
    struct ordering o = {.arena = arena, .form = form, .reterr = reterr};
    o.v = TF_NEW_N(arena, struct vertex, n + 1);
    o.stack = TF_NEW_N(arena, size_t, n + 1);
    o.order = TF_NEW_N(arena, size_t, n + 1);
    for (size_t k = 0; k < n; k++)
        if (o.v[k].state == NEW && text_of(&o, k) != NULL)
            TF_TRY(walk_from(&o, k));
    *ret_order = o.order;
    *ret_n = o.n_order;
    return TF_OK;
}
