/* The body: what is shown, in order.
 *
 * Each question is one control with its words, its attributes and its choices; groups stand round
 * their questions; a repeat stands in a group that carries its words. A question without a control
 * (calculated, hidden, filled in by the device) has no place here, and one with a control must have
 * words: a screen without any cannot be answered. Source: ODK XForms Specification (Body
 * Elements). */
#include <string.h>

#include "ask/xform_write.h"

/* ---- words ----------------------------------------------------------------------------------- */

static void write_words(struct tf_xwriter *w, struct tf_xml *parent, const struct tf_item *it,
                        const char *what, const struct tf_xtexts *text, bool itext)
{
    struct tf_xml *x = tf_xml_new(w->arena, parent, what);
    const char *plain = tf_xtexts_plain(text);
    if (itext)
        tf_xml_attr(w->arena, x, "ref", tf_printf(w->arena, "jr:itext('%s:%s')", it->path, what));
    else if (plain != NULL)
        tf_xtext_write(w, x, "", plain, it);
}

static void write_label(struct tf_xwriter *w, struct tf_xml *parent, const struct tf_item *it)
{
    write_words(w, parent, it, "label", &it->x->label,
                tf_xtexts_many(&it->x->label) || tf_xmedia_any(it->x->media));
}

static void
write_label_and_hint(struct tf_xwriter *w, struct tf_xml *control, const struct tf_item *it)
{
    const struct tf_xnode *x = it->x;
    const bool spoken = tf_xtexts_any(&x->label) || tf_xmedia_any(x->media);
    const bool hint = tf_xtexts_any(&x->hint), guidance = tf_xtexts_any(&x->guidance);
    if (!spoken && !hint && !x->bare_media)
        tf_xfault(w, it->row,
                  "Write a label or a hint; make it a calculate when nobody is to see it.",
                  "the question '%s' has neither label nor hint%s", it->name,
                  guidance ? ", and guidance may be hidden" : "");
    if (tf_xtexts_any(&x->media[TF_BIG_IMAGE]) && !tf_xtexts_any(&x->media[TF_IMAGE]))
        tf_xfault(w, it->row, "Name an image, too: it is shown until the large one is asked for.",
                  "the question '%s' has a big-image and no image", it->name);
    write_label(w, control, it);
    if (hint || guidance)
        write_words(w, control, it, "hint", &x->hint, guidance || tf_xtexts_many(&x->hint));
}

/* ---- questions ------------------------------------------------------------------------------- */

static void
write_attributes(struct tf_xwriter *w, struct tf_xml *x, const struct tf_item *it, bool paths)
{
    for (size_t k = 0; k < it->control.n; k++) {
        const struct tf_xpair *p = &it->control.item[k];
        const bool as_is = !paths && strcmp(p->name, "appearance") == 0;
        tf_xml_attr(w->arena, x, p->name,
                    as_is ? p->value : tf_xrefs(w, p->value, it, TF_XREF_PLAIN));
    }
}

static bool is_geopoint(const struct tf_item *it)
{
    return strcmp(it->type->type, "background-geopoint") == 0;
}

/* What is set when this question changes: values first, then places. */
static void write_on_change(struct tf_xwriter *w, struct tf_xml *control, const struct tf_item *it)
{
    for (int places = 0; places < 2; places++)
        for (const struct tf_setvalue *v = it->on_change; v != NULL; v = v->next) {
            if (is_geopoint(v->target) != (places == 1))
                continue;
            struct tf_xml *x =
                tf_xml_new(w->arena, control, places == 1 ? "odk:setgeopoint" : "setvalue");
            tf_xml_attr(w->arena, x, "ref", v->target->path);
            tf_xml_attr(w->arena, x, "event", "xforms-value-changed");
            const char *value = tf_xpair(&v->target->bind, "calculate");
            if (places == 0 && !tf_is_blank(value))
                tf_xml_attr(w->arena, x, "value", tf_xrefs(w, value, it, TF_XREF_PLAIN));
        }
}

static void unseen(struct tf_xwriter *w, const struct tf_item *it)
{
    for (const struct tf_setvalue *v = it->on_change; v != NULL; v = v->next)
        if (!is_geopoint(v->target))
            tf_xfault(w, v->target->row, "Let a question trigger it that is shown.",
                      "'%s' is to be set when '%s' changes, and that is never shown",
                      v->target->name, it->name);
}

static void write_question(struct tf_xwriter *w, struct tf_xml *parent, const struct tf_item *it)
{
    if (tf_xitem_computed(it))
        unseen(w, it);
    if (tf_xitem_computed(it) || it->type->control == NULL)
        return;
    struct tf_xml *x = tf_xml_new(w->arena, parent, it->type->control);
    write_label_and_hint(w, x, it);
    tf_xml_attr(w->arena, x, "ref", it->path);
    write_attributes(w, x, it, true);
    if (it->x->query != NULL) {
        const char *filter =
            tf_is_blank(it->x->choice_filter)
                ? ""
                : tf_printf(w->arena, "[%s]",
                            tf_xrefs(w, it->x->choice_filter, it, TF_XREF_CURRENT));
        tf_xml_attr(w->arena, x, "query",
                    tf_printf(w->arena, "instance('%s')/root/item%s", it->x->query, filter));
    }
    tf_xchoices_write(w, x, it);
    write_on_change(w, x, it);
}

/* ---- groups and repeats ---------------------------------------------------------------------- */

static void write_children(struct tf_xwriter *w, struct tf_xml *parent, const struct tf_item *it);

static void write_group(struct tf_xwriter *w, struct tf_xml *parent, const struct tf_item *it)
{
    struct tf_xml *x = tf_xml_new(w->arena, parent, "group");
    write_attributes(w, x, it, false);
    if (!it->flat)
        tf_xml_attr(w->arena, x, "ref", it->path);
    if (tf_xtexts_any(&it->x->label))
        write_label(w, x, it);
    write_children(w, x, it);
}

/* Defaults of a round, also those of groups in it; repeats in it set their own. */
static void write_round(struct tf_xwriter *w, struct tf_xml *repeat, const struct tf_item *it)
{
    for (size_t k = 0; k < it->n_children; k++) {
        if (it->child[k]->kind == TF_XI_REPEAT)
            continue;
        tf_xactions_write(w, repeat, it->child[k], true);
        write_round(w, repeat, it->child[k]);
    }
}

static void write_repeat(struct tf_xwriter *w, struct tf_xml *parent, const struct tf_item *it)
{
    struct tf_xml *group = tf_xml_new(w->arena, parent, "group");
    tf_xml_attr(w->arena, group, "ref", it->path);
    write_label(w, group, it);
    struct tf_xml *repeat = tf_xml_new(w->arena, group, "repeat");
    tf_xml_attr(w->arena, repeat, "nodeset", it->path);
    write_attributes(w, repeat, it, true);
    write_children(w, repeat, it);
    write_round(w, repeat, it);
}

static void write_children(struct tf_xwriter *w, struct tf_xml *parent, const struct tf_item *it)
{
    for (size_t k = 0; k < it->n_children; k++) {
        const struct tf_item *child = it->child[k];
        switch (child->kind) {
        case TF_XI_QUESTION: write_question(w, parent, child); break;
        case TF_XI_GROUP:
        case TF_XI_LOOP: write_group(w, parent, child); break;
        case TF_XI_REPEAT: write_repeat(w, parent, child); break;
        case TF_XI_ROOT:
        case TF_XI_META:
        case TF_XI_EXTERNAL:
        case TF_XI_ENTITY:
        case TF_XI_ATTRIBUTE: break;
        }
    }
}

void tf_xbody_write(struct tf_xwriter *w, struct tf_xml *body)
{
    write_children(w, body, w->root);
}
