/* An XForm document read into the plain model of xform.h.
 *
 * The order of work: the tree; where the parts are (html/head/model, primary instance, body); fields from
 * the primary instance; binds and controls on them; texts; then what is wrong with it (validate.c).
 * Element names count, not prefixes: forms come from many tools. What others may read of a form is only
 * what this file and its neighbours put there; nothing of the tree is kept.
 *
 * Source: ODK XForms specification (getodk.github.io/xforms-spec), sections Structure to Media. */
#include "ask/xform_read.h"

#include <stdio.h>
#include <string.h>

void tf_xread_fault(struct xread *r, enum tf_level level, size_t el, const char *id,
                    const char *help, const char *format, ...)
{
    char text[512];
    const bool known = el != SIZE_MAX && el < r->tree.n;
    const size_t line = known ? r->tree.el[el].line : 0, column = known ? r->tree.el[el].column : 0;
    va_list ap;
    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    tf_notice_add(r->out, level, id, r->tree.file, line, column, help, "%s", text);
    if (level != TF_ERROR || r->first.code != TF_OK)
        return;
    (void)tf_fail_at(&r->first, TF_E_INPUT, r->tree.file, line, column, "%s", text);
    if (help != NULL)
        (void)tf_help(&r->first, "%s", help);
}

/* The first element of a name anywhere below, not deeper than the model and body can stand. */
static size_t find_below(const struct xtree *t, size_t e, const char *name, int depth)
{
    for (size_t c = xfirst(t, e); c != SIZE_MAX; c = xnext(t, c)) {
        if (strcmp(t->el[c].name, name) == 0)
            return c;
        const size_t below = depth == 0 ? SIZE_MAX : find_below(t, c, name, depth - 1);
        if (below != SIZE_MAX)
            return below;
    }
    return SIZE_MAX;
}

static void find_parts(struct xread *r)
{
    const struct xtree *t = &r->tree;
    r->head = xchild(t, 0, "head");
    r->model = find_below(t, 0, "model", 2);
    r->body = xchild(t, 0, "body");
    r->primary = SIZE_MAX;
    if (r->model == SIZE_MAX) {
        tf_xread_fault(r, TF_ERROR, 0, "xform-model", "An XForm is <h:html><h:head><model>…</model></h:head><h:body>…",
                       "the document has no <model>: it is not an XForm");
        return;
    }
    const size_t instance = xchild(t, r->model, "instance");
    if (instance == SIZE_MAX || xfirst(t, instance) == SIZE_MAX) {
        tf_xread_fault(r, TF_ERROR, r->model, "xform-instance",
                       "The first <instance> of the model holds the record's nodes.",
                       "the form has no primary instance");
        return;
    }
    r->primary = xfirst(t, instance);
}

static const char *or_empty(const char *s)
{
    return s == NULL ? "" : s;
}

static void read_head(struct xread *r)
{
    const struct xtree *t = &r->tree;
    struct tf_xform *f = r->form;
    const size_t title = find_below(t, 0, "title", 1);
    f->title = title == SIZE_MAX ? "" : xtext(r->arena, t, title);
    f->entities_version =
        r->model == SIZE_MAX ? NULL : xget_ns(t, r->model, XS_ENTITIES, "entities-version");
    if (r->primary == SIZE_MAX)
        return;
    f->root = t->el[r->primary].name;
    f->id = xget(t, r->primary, "id");
    const char *version = xget(t, r->primary, "version");
    f->version = or_empty(version != NULL ? version : xget_ns(t, r->primary, XS_ORX, "version"));
    const size_t submission = xchild(t, r->model, "submission");
    if (submission == SIZE_MAX)
        return;
    f->public_key = xget(t, submission, "base64RsaPublicKey");
    if (tf_is_blank(f->public_key))
        f->public_key = NULL;
    f->submission_url = xget(t, submission, "action");
}

enum tf_code tf_xform_parse(struct tf_arena *arena, const char *file, const char *xml, size_t n,
                            struct tf_notices *out, struct tf_xform **ret, struct tf_err *reterr)
{
    struct tf_notices own = {.arena = arena};
    struct xread r = {.arena = arena, .out = out == NULL ? &own : out};
    r.form = TF_NEW(arena, struct tf_xform);
    r.form->file = file;
    r.form->version = r.form->title = r.form->root = "";
    const enum tf_code code = tf_xtree_read(arena, file, xml, n, &r.tree, reterr);
    if (code != TF_OK) {
        if (reterr != NULL)
            tf_notice_err(r.out, "xform-xml", reterr);
        return code;
    }
    find_parts(&r);
    read_head(&r);
    if (r.primary != SIZE_MAX) {
        tf_xread_fields(&r);
        tf_xread_itext(&r);
        tf_xread_instances(&r);
        tf_xread_binds(&r);
        tf_xread_body(&r);
        tf_xread_labels(&r);
        tf_xread_validate(&r);
    }
    if (r.first.code != TF_OK) {
        if (reterr != NULL)
            *reterr = r.first;
        return r.first.code;
    }
    *ret = r.form;
    return TF_OK;
}
