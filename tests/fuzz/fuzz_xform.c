/* XForms: any text is a form or an error with notices; a form's fields hang together. */
#include <string.h>

#include "ask/expr.h"
#include "fuzz.h"

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_xform *f;
    struct tf_notices out = {.arena = arena};
    struct tf_err err;
    size_t *order, n_order;
    if (tf_xform_parse(arena, "fuzz", data, n, &out, &f, &err) != TF_OK) {
        if (tf_notices_count(&out, TF_ERROR) == 0)
            abort();
        return;
    }
    for (size_t k = 0; k < f->n_fields; k++) {
        const struct tf_xfield *x = &f->field[k];
        if ((x->parent != SIZE_MAX && x->parent >= k) || x->end <= k || x->end > f->n_fields ||
            tf_xform_field(f, x->path) != x)
            abort();
    }
    if (tf_xform_order(arena, f, &order, &n_order, &err) != TF_OK)
        abort();
}
