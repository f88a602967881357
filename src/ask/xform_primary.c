/* The primary instance: the empty record, with what is preset in it.
 *
 * A repeat stands in it twice: as the template that new rounds are copied from, and as the first
 * round. Inside a first round there are no templates again; inside a template, repeats that stand
 * directly in it are templates only, and repeats in a group of it both. Source: ODK XForms
 * Specification (Instance, Repeats); which copies stand where: as in the forms pyxform 4.5
 * makes. */
#include <string.h>

#include "ask/xform_write.h"

static struct tf_xml *write_item(struct tf_xwriter *w, const struct tf_item *it, bool templates);

static void write_attributes(struct tf_xwriter *w, struct tf_xml *x, const struct tf_xpairs *p,
                             const struct tf_item *it)
{
    for (size_t k = 0; k < p->n; k++)
        tf_xml_attr(w->arena, x, p->item[k].name, tf_xrefs(w, p->item[k].value, it, TF_XREF_PLAIN));
}

/* Nodes of a group that is none itself. */
static void write_flat(struct tf_xwriter *w, struct tf_xml *parent, const struct tf_item *it)
{
    for (size_t k = 0; k < it->n_children; k++) {
        const struct tf_item *child = it->child[k];
        if (child->flat)
            write_flat(w, parent, child);
        else if (child->kind != TF_XI_EXTERNAL)
            tf_xml_add(parent, write_item(w, child, true));
    }
}

static struct tf_xml *write_template(struct tf_xwriter *w, const struct tf_item *repeat)
{
    struct tf_xml *x = tf_xml_element(w->arena, repeat->name);
    tf_xml_attr(w->arena, x, "jr:template", "");
    for (size_t k = 0; k < repeat->n_children; k++) {
        const struct tf_item *child = repeat->child[k];
        if (child->kind == TF_XI_REPEAT)
            tf_xml_add(x, write_template(w, child));
        else if (child->kind != TF_XI_EXTERNAL)
            tf_xml_add(x, write_item(w, child, true));
    }
    return x;
}

static void
write_children(struct tf_xwriter *w, struct tf_xml *x, const struct tf_item *it, bool templates)
{
    for (size_t k = 0; k < it->n_children; k++) {
        const struct tf_item *child = it->child[k];
        if (child->kind == TF_XI_EXTERNAL)
            continue;
        if (child->kind == TF_XI_ATTRIBUTE && child->value != NULL) {
            tf_xml_attr(w->arena, x, child->name, child->value);
            continue;
        }
        if (child->flat) {
            write_flat(w, x, child);
            continue;
        }
        if (child->kind == TF_XI_REPEAT && templates)
            tf_xml_add(x, write_template(w, child));
        tf_xml_add(x, write_item(w, child, templates && child->kind != TF_XI_REPEAT));
    }
}

static struct tf_xml *write_item(struct tf_xwriter *w, const struct tf_item *it, bool templates)
{
    struct tf_xml *x = tf_xml_element(w->arena, it->name);
    if (it->x != NULL)
        write_attributes(w, x, &it->x->instance, it);
    if (it->kind == TF_XI_QUESTION && !it->x->dynamic_default && it->default_value != NULL &&
        it->default_value[0] != '\0')
        tf_xml_text(w->arena, x, it->default_value);
    write_children(w, x, it, templates);
    return x;
}

struct tf_xml *tf_xprimary_write(struct tf_xwriter *w)
{
    static const char *const settings[][2] = {
        {"instance_xmlns", "xmlns"        },
        {"version",        "version"      },
        {"prefix",         "odk:prefix"   },
        {"delimiter",      "odk:delimiter"}
    };
    const struct tf_xlsform *form = w->form;
    struct tf_xml *x = write_item(w, w->root, true);
    for (size_t k = 0; k < form->attribute.n; k++)
        tf_xml_attr(w->arena, x, form->attribute.item[k].name, form->attribute.item[k].value);
    tf_xml_attr(w->arena, x, "id", form->id);
    for (size_t k = 0; k < 4; k++) {
        const char *value = k == 1 ? form->version : tf_xpair(&form->settings, settings[k][0]);
        if (value != NULL && value[0] != '\0')
            tf_xml_attr(w->arena, x, settings[k][1], value);
    }
    return x;
}
