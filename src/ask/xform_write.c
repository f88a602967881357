/* From a read XLSForm to the ODK XForm document.
 *
 *     h:html
 *         h:head
 *             h:title
 *             model: submission, itext, instance, instance id=…, bind and setvalue …
 *         h:body: the questions
 *
 * Items are made first (xform_items.c), then each part writes its own of them. Times grow with the
 * size of the form: names, texts and instances are kept in hash tables. What is written is, element
 * for element, what pyxform 4.5 writes from the same sheets: devices have met such forms for ten
 * years.
 *
 * Source: ODK XForms Specification. Does not judge expressions: that is expr and validate. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ask/xform_write.h"

static void __attribute__((format(printf, 5, 0)))
fault(struct tf_xwriter *w, const char *sheet, size_t row, const char *help, const char *format,
      va_list ap)
{
    char what[400];
    if (w->code != TF_OK)
        return;
    (void)vsnprintf(what, sizeof what, format, ap);
    w->code = tf_fail_at(w->reterr, TF_E_INPUT, w->form->file, row, 0, "%s", what);
    if (row > 0)
        (void)tf_fact(w->reterr, "sheet '%s', row %zu", sheet, row);
    (void)tf_help(w->reterr, "%s", help);
}

void tf_xfault(struct tf_xwriter *w, size_t row, const char *help, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fault(w, "survey", row, help, format, ap);
    va_end(ap);
}

void tf_xfault_on(struct tf_xwriter *w, const char *sheet, size_t row, const char *help,
                  const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fault(w, sheet, row, help, format, ap);
    va_end(ap);
}

/* ---- the head -------------------------------------------------------------------------------- */

static const char *const spaces[][2] = {
    {"xmlns",     "http://www.w3.org/2002/xforms"    },
    {"xmlns:h",   "http://www.w3.org/1999/xhtml"     },
    {"xmlns:ev",  "http://www.w3.org/2001/xml-events"},
    {"xmlns:xsd", "http://www.w3.org/2001/XMLSchema" },
    {"xmlns:jr",  "http://openrosa.org/javarosa"     },
    {"xmlns:orx", "http://openrosa.org/xforms"       },
    {"xmlns:odk", "http://www.opendatakit.org/xforms"},
};

static void
add_space(struct tf_xwriter *w, struct tf_xml *html, const char *prefix, const char *uri)
{
    const char *name = tf_printf(w->arena, "xmlns:%s", prefix);
    for (const struct tf_xml_attr *a = html->attr; a != NULL; a = a->next)
        if (strcmp(a->name, name) == 0)
            return;
    tf_xml_attr(w->arena, html, name, uri);
}

static void write_spaces(struct tf_xwriter *w, struct tf_xml *html)
{
    for (size_t k = 0; k < sizeof spaces / sizeof *spaces; k++)
        tf_xml_attr(w->arena, html, spaces[k][0], spaces[k][1]);
    for (size_t k = 0; k < w->form->namespaces.n; k++)
        add_space(w, html, w->form->namespaces.item[k].name, w->form->namespaces.item[k].value);
    if (w->entities_version != NULL)
        add_space(w, html, "entities", "http://www.opendatakit.org/xforms/entities");
}

/* Where records go, and how: only when the settings say something of it. */
static void write_submission(struct tf_xwriter *w, struct tf_xml *model)
{
    static const char *const settings[][2] = {
        {"submission_url", "action"            },
        {"public_key",     "base64RsaPublicKey"},
        {"auto_send",      "orx:auto-send"     },
        {"auto_delete",    "orx:auto-delete"   }
    };
    struct tf_xml *x = tf_xml_element(w->arena, "submission");
    for (size_t k = 0; k < 4; k++) {
        const char *value = tf_xpair(&w->form->settings, settings[k][0]);
        if (value == NULL || value[0] == '\0')
            continue;
        tf_xml_attr(w->arena, x, settings[k][1], value);
        if (k == 0)
            tf_xml_attr(w->arena, x, "method", "post");
    }
    if (tf_xpair_yes(&w->form->settings, "client_editable"))
        tf_xml_attr(w->arena, x, "odk:client-editable", "true");
    if (x->attr != NULL)
        tf_xml_add(model, x);
}

static void write_model(struct tf_xwriter *w, struct tf_xml *model)
{
    tf_xml_attr(w->arena, model, "odk:xforms-version", "1.0.0");
    if (w->entities_version != NULL)
        tf_xml_attr(w->arena, model, "entities:entities-version", w->entities_version);
    write_submission(w, model);
    tf_xitext_gather(w);
    struct tf_xml *itext = tf_xitext_write(w);
    if (itext != NULL)
        tf_xml_add(model, itext);
    tf_xml_add(tf_xml_new(w->arena, model, "instance"), tf_xprimary_write(w));
    tf_xsecondary_write(w, model);
    tf_xbinds_write(w, model);
}

static struct tf_xml *write_document(struct tf_xwriter *w)
{
    struct tf_xml *html = tf_xml_element(w->arena, "h:html");
    write_spaces(w, html);
    struct tf_xml *head = tf_xml_new(w->arena, html, "h:head");
    tf_xml_text(w->arena, tf_xml_new(w->arena, head, "h:title"), w->form->title);
    write_model(w, tf_xml_new(w->arena, head, "model"));
    struct tf_xml *body = tf_xml_new(w->arena, html, "h:body");
    const char *style = tf_xpair(&w->form->settings, "style");
    if (!tf_is_blank(style))
        tf_xml_attr(w->arena, body, "class", style);
    tf_xbody_write(w, body);
    return html;
}

enum tf_code tf_xform_write(struct tf_arena *arena, const struct tf_xlsform *form,
                            const struct tf_convert_opt *opt, struct tf_notices *out,
                            struct tf_buf *xml, struct tf_err *reterr)
{
    struct tf_err err = {.code = TF_OK};
    struct tf_xwriter w = {.arena = arena, .form = form, .reterr = &err};
    tf_xitems_make(&w);
    if (w.code == TF_OK)
        tf_xsearch_mark(&w);
    if (w.code == TF_OK) {
        struct tf_xml *html = write_document(&w);
        if (w.code == TF_OK)
            tf_xml_print(xml, html, opt->pretty);
    }
    if (w.code == TF_OK)
        return TF_OK;
    tf_notice_err(out, "form", &err);
    if (reterr != NULL)
        *reterr = err;
    return w.code;
}
