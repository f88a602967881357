/* What a form may not have in its repeats: a question must stand in the repeat that its node lies in, for
 * only there is it known which row is meant. Facts after JavaRosa's FormInstanceParser. */
#include <string.h>

#include "ask/xform_read.h"

static bool is_repeat(const struct xread *r, size_t control)
{
    return strcmp(r->tree.el[r->control[control].el].name, "repeat") == 0;
}

/* What stands in a repeat belongs to it, and to no repeat nearer to the node. */
void tf_xread_nesting(struct xread *r, size_t at)
{
    const struct xcontrol *c = &r->control[at];
    const struct tf_xform *f = r->form;
    size_t up = c->above;
    if (c->field == SIZE_MAX)
        return;
    while (up != SIZE_MAX && !is_repeat(r, up))
        up = r->control[up].above;
    const size_t outer = up == SIZE_MAX ? SIZE_MAX : r->control[up].field;
    const struct tf_xfield *x = &f->field[c->field];
    if (outer != SIZE_MAX && !(c->field >= outer && c->field < f->field[outer].end)) {
        tf_xread_fault(r, TF_ERROR, c->el, "repeat-member", "Move it out of the repeat, or its node into it.",
                       "%s is asked within the repeat %s, and its node is not in it", x->path,
                       f->field[outer].path);
        return;
    }
    if (outer != SIZE_MAX && c->field == outer && is_repeat(r, at)) {
        tf_xread_fault(r, TF_ERROR, c->el, "repeat-twice", "Keep one of them.",
                       "the repeat %s stands within itself", x->path);
        return;
    }
    const bool wraps = strcmp(r->tree.el[c->el].name, "group") == 0 && x->type == TF_X_REPEAT;
    if (!wraps && x->repeat != outer && !(c->field == outer && outer != SIZE_MAX))
        tf_xread_fault(r, TF_ERROR, c->el, "repeat-member", "Ask it within that repeat.",
                       "%s lies in the repeat %s and is asked outside it", x->path,
                       x->repeat == SIZE_MAX ? "above it" : f->field[x->repeat].path);
}
