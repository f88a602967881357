/* Binds and actions: what holds of a node, and what is done to it when something happens.
 *
 * A bind is one line per node: its type and its expressions, with paths for ${name}. Actions set a
 * value: a default that is an expression is computed once when the record is begun and again for
 * each new round of a repeat; what starts with the form (a place, a recording) starts with its
 * first loading.
 *
 * Source: ODK XForms Specification (Bindings, Actions). */
#include <string.h>

#include "ask/xform_write.h"

/* ---- binds ----------------------------------------------------------------------------------- */

static const char *truth(const char *name, const char *value)
{
    static const char *const expressions[] = {"readonly", "required", "relevant", "constraint",
                                              "calculate"};
    static const char *const words[][2] = {
        {"yes",   "true()" },
        {"Yes",   "true()" },
        {"YES",   "true()" },
        {"true",  "true()" },
        {"True",  "true()" },
        {"TRUE",  "true()" },
        {"no",    "false()"},
        {"No",    "false()"},
        {"NO",    "false()"},
        {"false", "false()"},
        {"False", "false()"},
        {"FALSE", "false()"}
    };
    for (size_t e = 0; e < 5; e++)
        for (size_t k = 0; k < 12 && strcmp(name, expressions[e]) == 0; k++)
            if (strcmp(value, words[k][0]) == 0)
                return words[k][1];
    return value;
}

/* Messages in languages, or with answers in them, stand in itext. noAppErrorString has no answers.
 */
static void message(struct tf_xwriter *w, struct tf_xml *bind, const struct tf_item *it,
                    const struct tf_xtexts *text, const char *name, bool answers)
{
    const char *plain = tf_xtexts_plain(text);
    if (plain != NULL && !(answers && tf_xref_in(plain)))
        tf_xml_attr(w->arena, bind, name, tf_xrefs(w, plain, it, TF_XREF_PLAIN));
    else if (plain != NULL || tf_xtexts_many(text))
        tf_xml_attr(w->arena, bind, name, tf_printf(w->arena, "jr:itext('%s:%s')", it->path, name));
}

static void write_bind(struct tf_xwriter *w, struct tf_xml *model, const struct tf_item *it)
{
    const struct tf_xnode *x = it->x;
    const bool messages =
        x != NULL && (tf_xtexts_any(&x->constraint_message) ||
                      tf_xtexts_any(&x->required_message) || tf_xtexts_any(&x->no_app_message));
    if (it->flat || (it->bind.n == 0 && !messages))
        return;
    struct tf_xml *bind = tf_xml_new(w->arena, model, "bind");
    tf_xml_attr(w->arena, bind, "nodeset", it->path);
    for (size_t k = 0; k < it->bind.n; k++) {
        const struct tf_xpair *p = &it->bind.item[k];
        if (strcmp(p->name, "calculate") == 0 && x != NULL && !tf_is_blank(x->trigger))
            continue; /* it is the value of the trigger's action */
        tf_xml_attr(w->arena, bind, p->name,
                    tf_xrefs(w, truth(p->name, p->value), it, TF_XREF_PLAIN));
    }
    if (!messages)
        return;
    message(w, bind, it, &x->constraint_message, "jr:constraintMsg", true);
    message(w, bind, it, &x->required_message, "jr:requiredMsg", true);
    message(w, bind, it, &x->no_app_message, "jr:noAppErrorString", false);
}

/* ---- actions --------------------------------------------------------------------------------- */

static struct tf_xml *action(struct tf_xwriter *w, struct tf_xml *parent, const char *name,
                             const struct tf_item *it, const char *event, const char *value)
{
    struct tf_xml *x = tf_xml_new(w->arena, parent, name);
    tf_xml_attr(w->arena, x, "ref", it->path);
    tf_xml_attr(w->arena, x, "event", event);
    if (!tf_is_blank(value))
        tf_xml_attr(w->arena, x, "value", value);
    return x;
}

void tf_xactions_write(struct tf_xwriter *w, struct tf_xml *parent, const struct tf_item *it,
                       bool new_repeat)
{
    const char *event = new_repeat ? "odk-new-repeat" : "odk-instance-first-load";
    if (it->kind == TF_XI_ATTRIBUTE && it->fixed_id)
        (void)action(w, parent, "setvalue", it, event, "uuid()");
    if (it->kind != TF_XI_QUESTION)
        return;
    if (it->x->dynamic_default && !tf_is_blank(it->default_value))
        (void)action(w, parent, "setvalue", it, event,
                     tf_xrefs(w, it->default_value, it, TF_XREF_PLAIN));
    if (new_repeat)
        return;
    if (strcmp(it->type->type, "start-geopoint") == 0)
        (void)action(w, parent, "odk:setgeopoint", it, event, NULL);
    if (strcmp(it->type->type, "background-audio") == 0) {
        struct tf_xml *record = action(w, parent, "odk:recordaudio", it, "odk-instance-load", NULL);
        const char *quality = tf_xpair(&it->x->parameters, "quality");
        if (quality != NULL)
            tf_xml_attr(w->arena, record, "odk:quality", quality);
    }
}

void tf_xbinds_write(struct tf_xwriter *w, struct tf_xml *model)
{
    for (struct tf_item *it = w->root; it != NULL; it = tf_xitem_next(it)) {
        write_bind(w, model, it);
        tf_xactions_write(w, model, it, false);
    }
}
