/* The sheet entities: one row for each list of entities that the form makes or changes. Its columns are
 * few and fixed; what they mean for the form, and where each entity belongs, is for the writer, who
 * knows the places of questions (xform_entities.c). */
#include <string.h>

#include "ask/xlsform_inside.h"

static const char **entity_text(struct tf_xentity *e, const char *name)
{
    const struct {
        const char *name;
        const char **at;
    } part[] = {{"dataset", &e->dataset},     {"label", &e->label},
                {"entity_id", &e->entity_id}, {"create_if", &e->create_if},
                {"update_if", &e->update_if}, {"repeat", &e->repeat}};
    for (size_t k = 0; k < sizeof part / sizeof *part; k++)
        if (strcmp(part[k].name, name) == 0)
            return part[k].at;
    return NULL;
}

void tf_xr_entities_read(struct tf_xread *x)
{
    struct tf_xlsform *f = x->form;
    const struct tf_grid_sheet *s = x->sheet[TF_X_ENTITIES];
    tf_xr_heads_read(x, TF_X_ENTITIES);
    for (size_t r = 0; x->head[TF_X_ENTITIES].any && r < s->n_rows; r++) {
        struct tf_xentity e = {.row = s->row[r]};
        bool any = false;
        for (size_t c = 0; c < s->n_cols; c++) {
            const struct tf_xhead *h = &x->head[TF_X_ENTITIES].col[c];
            const char *text = tf_xr_cell(x, TF_X_ENTITIES, r, c);
            const char **at = h->n == 1 ? entity_text(&e, h->token[0]) : NULL;
            if (text[0] == '\0')
                continue;
            any = true;
            if (at != NULL)
                *at = text;
            else
                tf_xr_fault(x, TF_X_ENTITIES, s->row[r], s->head[c],
                          "The columns are list_name, label, entity_id, create_if and update_if.",
                          "the sheet has no column of this name");
        }
        if (!any)
            continue;
        f->entity = tf_grow(x->arena, f->entity, f->n_entities, &f->cap_entities, sizeof e);
        f->entity[f->n_entities++] = e;
        if (e.dataset != NULL)
            (void)tf_names_put(&x->entities, e.dataset, r);
    }
}
