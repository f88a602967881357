/* What a form may not have: what ODK Validate refuses, tf_xform_parse refuses, saying where.
 *
 * ODK Validate runs JavaRosa, the engine of Collect, over a form. It refuses what the parser throws at,
 * and expressions that name nodes that are not there. What JavaRosa only warns of (a bind to a missing
 * node, a type that it does not know, a text missing in a language that is not the default) is a
 * warning here, too, except that a form without any question is refused. Facts after JavaRosa's
 * XFormParser, FormInstanceParser, StandardBindAttributesProcessor and TriggerableDag, and the ODK
 * XForms specification.
 *
 * Not looked at: whether the columns of a secondary instance that an expression names exist, and what
 * the expression would make of them. */
#include <stdlib.h>
#include <string.h>

#include "ask/expr_inside.h"
#include "ask/xform_read.h"

/* ---- the model ---------------------------------------------------------------------------------- */

static void check_head(struct xread *r)
{
    const char *version = r->form->entities_version;
    if (tf_is_blank(r->form->id))
        tf_xread_fault(r, TF_ERROR, r->primary, "xform-id",
                       "Give the root of the primary instance an id: <data id=\"…\">.",
                       "the form has no id");
    if (version != NULL && strncmp(version, "2026", 4) >= 0)
        tf_xread_fault(r, TF_ERROR, r->model, "entities-version",
                       "Known are 2022.1 to 2025.1.", "entities-version %.40s is not known", version);
    if (r->n_controls == 0)
        tf_xread_fault(r, TF_ERROR, r->body == SIZE_MAX ? 0 : r->body, "xform-empty",
                       "Add a question to its body.", "the form asks nothing");
}

static void check_model(struct xread *r)
{
    static const char *const known[] = {"instance", "itext", "bind", "submission", "setvalue",
                                        "setgeopoint", "setlocation", "recordaudio"};
    const struct xtree *t = &r->tree;
    const size_t primary = t->el[r->primary].parent;
    if (xnext(t, r->primary) != SIZE_MAX)
        tf_xread_fault(r, TF_ERROR, primary, "xform-instance", "Put all nodes into one root.",
                       "the primary instance has more than one root");
    for (size_t c = t->el[r->model].first; c != SIZE_MAX; c = t->el[c].next) {
        size_t k = 0;
        if (t->el[c].name == NULL) {
            if (!tf_is_blank(t->el[c].text))
                tf_xread_fault(r, TF_ERROR, c, "xform-model", "Take it out.",
                               "text stands in the <model>: '%.40s'",
                               tf_trim(r->arena, t->el[c].text));
            continue;
        }
        while (k < sizeof known / sizeof *known && strcmp(known[k], t->el[c].name) != 0)
            k++;
        if (k == sizeof known / sizeof *known)
            tf_xread_fault(r, TF_ERROR, c, "xform-model", "A model holds instances, itext, binds, "
                           "submission and actions.", "<%.60s> cannot stand in the <model>",
                           t->el[c].name);
    }
}

/* An attribute of the primary instance: "/data/meta/entity/@id". */
static bool is_attribute(const struct xread *r, const char *path)
{
    const char *at = strstr(path, "/@");
    if (at == NULL)
        return false;
    const struct tf_xfield *x = tf_xform_field(r->form, tf_strndup(r->arena, path, (size_t)(at - path)));
    if (x == NULL)
        return false;
    const struct xel *e = &r->tree.el[r->el_of_field[x - r->form->field]];
    for (size_t k = 0; k < e->n_attrs; k++)
        if (strcmp(e->attr[k].name, at + 2) == 0)
            return true;
    return false;
}

static bool is_there(const struct xread *r, const char *path)
{
    if (*path == '\0' || strcmp(path, "/") == 0 || tf_xform_field(r->form, path) != NULL ||
        is_attribute(r, path))
        return true;
    for (size_t k = 0; k < r->form->n_fields && tf_path_is_pattern(path); k++)
        if (tf_path_matches(path, r->form->field[k].path))
            return true;
    return false;
}

/* The field whose name is nearest to the last step of a path, for "did you mean". */
static const char *nearest_path(const struct xread *r, const char *path)
{
    const char **name = TF_NEW_N(r->arena, const char *, r->form->n_fields + 1);
    const char *last = strrchr(path, '/');
    if (r->form->n_fields > 5000 || last == NULL)
        return NULL;
    for (size_t k = 0; k < r->form->n_fields; k++)
        name[k] = r->form->field[k].name;
    const char *near = tf_nearest(last + 1, name);
    for (size_t k = 0; k < r->form->n_fields; k++)
        if (tf_streq(name[k], near) || strcmp(name[k], last + 1) == 0)
            return r->form->field[k].path;
    return NULL;
}

static const char *did_you_mean(const struct xread *r, const char *path)
{
    const char *near = nearest_path(r, path);
    return near == NULL ? "Add the node to the primary instance, or mend the path."
                        : tf_printf(r->arena, "Did you mean %s?", near);
}

/* ---- expressions -------------------------------------------------------------------------------- */

struct where { /* an expression and what it hangs on */
    struct xread *r;
    size_t el;
    const char *what;    /* "calculate of /data/x" */
};

static void on_instance(void *arg, const char *id)
{
    struct where *w = arg;
    for (size_t k = 0; k < w->r->form->n_instances; k++)
        if (strcmp(w->r->form->instance[k].id, id) == 0)
            return;
    const char **known = TF_NEW_N(w->r->arena, const char *, w->r->form->n_instances + 1);
    for (size_t k = 0; k < w->r->form->n_instances; k++)
        known[k] = w->r->form->instance[k].id;
    const char *near = tf_nearest(id, known);
    tf_xread_fault(w->r, TF_ERROR, w->el, "expr-instance",
                   near == NULL ? "Add <instance id=\"…\"> to the model."
                                : tf_printf(w->r->arena, "Did you mean instance('%s')?", near),
                   "%s: the form has no instance('%.60s')", w->what, id);
}

static void warn_functions(struct where *w, const struct xpr *x, const struct xpr **said)
{
    if (x->kind == XK_CALL && !x->f->collect && *said == NULL) {
        *said = x;
        tf_xread_fault(w->r, TF_WARNING, w->el, "expr-function", "Web forms know it.",
                       "%s: ODK Collect does not know %s()", w->what, x->f->name);
    }
    for (size_t k = 0; k < x->n_kids; k++)
        warn_functions(w, x->kid[k], said);
    for (size_t k = 0; k < x->preds.n; k++)
        warn_functions(w, x->preds.item[k], said);
    if (x->from != NULL)
        warn_functions(w, x->from, said);
    for (size_t s = 0; s < x->n_steps; s++)
        for (size_t k = 0; k < x->step[s].preds.n; k++)
            warn_functions(w, x->step[s].preds.item[k], said);
}

/* Parse it, and see that what it reads is there. self: a field that it may not read, or NULL. */
static void check_expression(struct xread *r, size_t el, const char *what, const char *text,
                             const char *context, const char *self)
{
    struct where w = {r, el, what};
    struct tf_xpath *x;
    struct tf_err err;
    const char **path;
    const struct xpr *said = NULL;
    if (tf_xpath_parse(r->arena, text, r->tree.file, r->tree.el[el].line, &x, &err) != TF_OK) {
        tf_xread_fault(r, TF_ERROR, el, "expr", tf_printf(r->arena, "%s %s", err.help, err.fact),
                       "%s: %s", what, err.what);
        return;
    }
    warn_functions(&w, x->root, &said);
    const size_t n = tf_xpath_reads(r->arena, x, context, on_instance, &w, &path);
    for (size_t k = 0; k < n; k++) {
        if (!is_there(r, path[k]))
            tf_xread_fault(r, TF_ERROR, el, "expr-path", did_you_mean(r, path[k]),
                           "%s: the form has no node %.200s", what, path[k]);
        else if (self != NULL && strcmp(path[k], self) == 0)
            tf_xread_fault(r, TF_ERROR, el, "expr-self", "Only a constraint may read its own field.",
                           "%s reads its own field", what);
    }
}

static void check_bind(struct xread *r, const struct xbind *b)
{
    static const struct {
        const char *name;
        bool self; /* reading its own field is a cycle (calculate, relevant: tf_xform_order says so) */
    } all[] = {{"relevant", false}, {"constraint", false}, {"required", true},
               {"readonly", true},  {"calculate", false}};
    const char *nodeset = xget(&r->tree, b->el, "nodeset");
    if (nodeset == NULL)
        return;
    if (b->path == NULL) {
        tf_xread_fault(r, TF_ERROR, b->el, "xform-bind", "Use a plain path, such as /data/group/name.",
                       "the bind's nodeset '%.80s' is not a path to a node", nodeset);
        return;
    }
    if (b->field == SIZE_MAX && !is_attribute(r, b->path))
        tf_xread_fault(r, TF_WARNING, b->el, "bind-node", did_you_mean(r, b->path),
                       "a bind is for %.200s, which the primary instance does not have", b->path);
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        const char *text = xget(&r->tree, b->el, all[k].name);
        if (tf_is_blank(text))
            continue;
        check_expression(r, b->el, tf_printf(r->arena, "%s of %s", all[k].name, b->path), text,
                         b->path, all[k].self ? b->path : NULL);
    }
}

static int by_node(const void *a, const void *b)
{
    const struct xbind *x = a, *y = b;
    const int order = strcmp(x->path == NULL ? "" : x->path, y->path == NULL ? "" : y->path);
    return order != 0 ? order : (x->el > y->el) - (x->el < y->el);
}

static int by_id(const void *a, const void *b)
{
    const struct xbind *x = a, *y = b;
    const int order = strcmp(x->id == NULL ? "" : x->id, y->id == NULL ? "" : y->id);
    return order != 0 ? order : (x->el > y->el) - (x->el < y->el);
}

static void check_binds(struct xread *r)
{
    for (size_t k = 0; k < r->n_binds; k++)
        check_bind(r, &r->bind[k]);
    if (r->n_binds < 2)
        return;
    struct xbind *sorted = TF_NEW_N(r->arena, struct xbind, r->n_binds);
    memcpy(sorted, r->bind, r->n_binds * sizeof *sorted);
    qsort(sorted, r->n_binds, sizeof *sorted, by_node);
    for (size_t k = 1; k < r->n_binds; k++)
        if (sorted[k].path != NULL && tf_streq(sorted[k].path, sorted[k - 1].path))
            tf_xread_fault(r, TF_WARNING, sorted[k].el, "bind-twice", "Put both into one <bind>.",
                           "%.200s has two binds: the later one counts", sorted[k].path);
    qsort(sorted, r->n_binds, sizeof *sorted, by_id);
    for (size_t k = 1; k < r->n_binds; k++)
        if (sorted[k].id != NULL && tf_streq(sorted[k].id, sorted[k - 1].id))
            tf_xread_fault(r, TF_ERROR, sorted[k].el, "bind-id", "Give each bind its own id.",
                           "two binds have the id '%.60s'", sorted[k].id);
}

/* ---- texts -------------------------------------------------------------------------------------- */

static void check_text_id(struct xread *r, size_t el, const char *what, const char *id)
{
    const size_t main = r->itext.default_lang == SIZE_MAX ? 0 : r->itext.default_lang;
    if (r->itext.n_langs == 0) {
        tf_xread_fault(r, TF_ERROR, el, "itext-missing", "Add <itext> to the model.",
                       "%s refers to the text '%.80s', and the form has no itext", what, id);
        return;
    }
    for (size_t l = 0; l < r->itext.n_langs; l++)
        if (!tf_xitext_has(r, id, l))
            tf_xread_fault(r, l == main ? TF_ERROR : TF_WARNING, el, "itext-missing",
                           "Add the text to that translation.",
                           "%s: the text '%.80s' is missing in the language '%.40s'", what, id,
                           r->itext.lang[l]);
}

/* A label or hint: its reference must be jr:itext('id'); its outputs must be expressions. */
static void check_outputs(struct xread *r, size_t el, const char *what, const char *context)
{
    const struct xtree *t = &r->tree;
    for (size_t e = xfirst(t, el); e != SIZE_MAX; e = xnext(t, e)) {
        const char *value = xget(t, e, "value");
        if (strcmp(t->el[e].name, "output") != 0) {
            check_outputs(r, e, what, context);
            continue;
        }
        if (value == NULL)
            value = xget(t, e, "ref");
        if (value == NULL)
            tf_xread_fault(r, TF_ERROR, e, "output", "Write <output value=\"/data/name\"/>.",
                           "an <output> in %s says no value", what);
        else
            check_expression(r, e, tf_printf(r->arena, "an output in %s", what), value, context, NULL);
    }
}

static void check_label(struct xread *r, size_t el, const char *of, const char *context)
{
    const struct xtree *t = &r->tree;
    const char *ref = xget(t, el, "ref");
    const char *what = tf_printf(r->arena, "the %s of %s", t->el[el].name, of);
    if (ref == NULL) {
        check_outputs(r, el, what, context);
        return;
    }
    const char *id = tf_itext_id(r->arena, ref);
    if (id == NULL)
        tf_xread_fault(r, TF_ERROR, el, "label-ref", "Write ref=\"jr:itext('id')\".",
                       "%s has a reference that is no text of the form: '%.80s'", what, ref);
    else
        check_text_id(r, el, what, id);
}

static void check_messages(struct xread *r)
{
    static const char *const names[] = {"constraintMsg", "requiredMsg"};
    for (size_t k = 0; k < r->n_binds; k++)
        for (size_t j = 0; j < 2; j++) {
            const char *id =
                tf_itext_id(r->arena, xget_ns(&r->tree, r->bind[k].el, XS_JR, names[j]));
            if (id != NULL)
                check_text_id(r, r->bind[k].el,
                              tf_printf(r->arena, "the %s of %s", names[j],
                                        r->bind[k].path == NULL ? "a bind" : r->bind[k].path), id);
        }
}

/* The outputs of the translations; a path in one must stand alone, for a text has no place. */
static void check_itext(struct xread *r)
{
    const struct xtree *t = &r->tree;
    const size_t itext = xchild(t, r->model, "itext");
    if (itext == SIZE_MAX)
        return;
    for (size_t e = xfirst(t, itext); e != SIZE_MAX; e = xnext(t, e))
        for (size_t x = xfirst(t, e); x != SIZE_MAX; x = xnext(t, x)) {
            const char *id = xget(t, x, "id");
            const char *path = id == NULL ? NULL : tf_strndup(r->arena, id, strcspn(id, ":"));
            const struct tf_xfield *f = path == NULL ? NULL : tf_xform_field(r->form, path);
            for (size_t v = xfirst(t, x); v != SIZE_MAX; v = xnext(t, v))
                if (xfirst(t, v) != SIZE_MAX)
                    check_outputs(r, v, tf_printf(r->arena, "the text '%.80s'", id == NULL ? "" : id),
                                  f == NULL ? NULL : f->path);
        }
}

/* ---- controls ----------------------------------------------------------------------------------- */

static void check_items(struct xread *r, size_t el, const char *of, const char *context)
{
    const struct xtree *t = &r->tree;
    const size_t itemset = xchild(t, el, "itemset");
    size_t items = 0;
    for (size_t e = xfirst(t, el); e != SIZE_MAX; e = xnext(t, e)) {
        if (strcmp(t->el[e].name, "item") != 0)
            continue;
        items++;
        const size_t value = xchild(t, e, "value"), label = xchild(t, e, "label");
        if (value == SIZE_MAX || *xtext(r->arena, t, value) == '\0')
            tf_xread_fault(r, TF_ERROR, e, "item-value", "Give each choice a <value>.",
                           "a choice of %s has no value", of);
        if (label == SIZE_MAX)
            tf_xread_fault(r, TF_ERROR, e, "item-label", "Give each choice a <label>.",
                           "a choice of %s has no label", of);
        else
            check_label(r, label, tf_printf(r->arena, "a choice of %s", of), context);
    }
    if (itemset != SIZE_MAX && items > 0)
        tf_xread_fault(r, TF_ERROR, el, "select-both", "Keep one of them.",
                       "%s has choices and an itemset", of);
    if (itemset == SIZE_MAX && items == 0)
        tf_xread_fault(r, TF_ERROR, el, "select-empty", "Add <item> elements or an <itemset>.",
                       "%s has no choices", of);
    if (itemset == SIZE_MAX)
        return;
    const char *nodeset = xget(t, itemset, "nodeset");
    static const char *const parts[] = {"value", "label"};
    for (size_t k = 0; k < 2; k++) {
        const size_t part = xchild(t, itemset, parts[k]);
        if ((part == SIZE_MAX && !(k == 0 && xchild(t, itemset, "copy") != SIZE_MAX)) ||
            (part != SIZE_MAX && tf_is_blank(xget(t, part, "ref"))))
            tf_xread_fault(r, TF_ERROR, itemset, "itemset", "Write <value ref=\"name\"/> and "
                           "<label ref=\"label\"/>.", "the itemset of %s has no %s", of, parts[k]);
    }
    if (tf_is_blank(nodeset))
        tf_xread_fault(r, TF_ERROR, itemset, "itemset", "Say where the items are: nodeset=\"…\".",
                       "the itemset of %s has no nodeset", of);
    else
        check_expression(r, itemset, tf_printf(r->arena, "itemset of %s", of), nodeset, context, NULL);
}

static void check_setvalues(struct xread *r, size_t el, const char *context)
{
    static const char *const events[] = {"odk-instance-first-load", "odk-instance-load",
                                         "odk-new-repeat", "xforms-value-changed", "xforms-ready",
                                         "xforms-revalidate", "jr-insert"};
    const struct xtree *t = &r->tree;
    for (size_t e = xfirst(t, el); e != SIZE_MAX; e = xnext(t, e)) {
        if (strcmp(t->el[e].name, "setvalue") != 0 && strcmp(t->el[e].name, "setgeopoint") != 0)
            continue;
        const char *ref = xget(t, e, "ref"), *value = xget(t, e, "value"), *event = xget(t, e, "event");
        char **word;
        const size_t n = event == NULL ? 0 : tf_split(r->arena, event, ' ', &word);
        for (size_t k = 0; k < n; k++) {
            size_t j = 0;
            while (j < sizeof events / sizeof *events && strcmp(events[j], word[k]) != 0)
                j++;
            if (j == sizeof events / sizeof *events && *word[k] != '\0')
                tf_xread_fault(r, TF_ERROR, e, "action-event", "Use odk-instance-first-load, "
                               "odk-instance-load, odk-new-repeat or xforms-value-changed.",
                               "<%s>: the event '%.60s' is not known", t->el[e].name, word[k]);
        }
        if (n == 0)
            tf_xread_fault(r, TF_ERROR, e, "action-event", "Say when: event=\"odk-instance-first-load\".",
                           "<%s> says no event", t->el[e].name);
        if (ref == NULL && xget(t, e, "bind") == NULL) {
            tf_xread_fault(r, TF_ERROR, e, "action-ref", "Say the node: ref=\"/data/name\".",
                           "<%s> says no node", t->el[e].name);
            continue;
        }
        const char *path = ref == NULL ? NULL : tf_path_plain(r->arena, ref, context);
        if (ref != NULL && (path == NULL || !is_there(r, path)))
            tf_xread_fault(r, TF_ERROR, e, "action-ref", did_you_mean(r, path == NULL ? ref : path),
                           "<%s>: the form has no node %.200s", t->el[e].name, ref);
        else if (!tf_is_blank(value))
            check_expression(r, e, tf_printf(r->arena, "setvalue of %s", ref == NULL ? "a bind" : ref),
                             value, path == NULL ? context : path, NULL);
    }
}

static void check_repeat(struct xread *r, const struct xcontrol *c)
{
    const char *count = xget_ns(&r->tree, c->el, XS_JR, "count");
    if (c->path != NULL && c->field == 0)
        tf_xread_fault(r, TF_ERROR, c->el, "repeat-root", "Repeat a group below the root.",
                       "a repeat cannot be the whole form");
    if (count != NULL)
        check_expression(r, c->el, tf_printf(r->arena, "jr:count of %s", c->path == NULL ? "a repeat" : c->path),
                         count, c->path, NULL);
}

static void check_control(struct xread *r, size_t at)
{
    const struct xcontrol *c = &r->control[at];
    const struct xtree *t = &r->tree;
    const char *name = t->el[c->el].name;
    const char *context = c->path == NULL ? r->form->field[0].path : c->path;
    const char *of = c->path == NULL ? tf_printf(r->arena, "a <%s>", name) : c->path;
    if (c->path != NULL && c->field == SIZE_MAX) {
        tf_xread_fault(r, TF_ERROR, c->el, "control-node", did_you_mean(r, c->path),
                       "<%s> asks for %.200s, which the primary instance does not have", name, c->path);
        return;
    }
    for (size_t e = xfirst(t, c->el); e != SIZE_MAX; e = xnext(t, e))
        if (strcmp(t->el[e].name, "label") == 0 || strcmp(t->el[e].name, "hint") == 0)
            check_label(r, e, of, context);
    if (strcmp(name, "select") == 0 || strcmp(name, "select1") == 0 || strcmp(name, "rank") == 0)
        check_items(r, c->el, of, context);
    static const char *const needs[] = {"start", "end", "step"};
    for (size_t k = 0; k < 3 && strcmp(name, "range") == 0; k++)
        if (tf_is_blank(xget(t, c->el, needs[k])))
            tf_xread_fault(r, TF_ERROR, c->el, "range", "A range has start, end and step.",
                           "the range %s has no %s", of, needs[k]);
    if (strcmp(name, "repeat") == 0)
        check_repeat(r, c);
    check_setvalues(r, c->el, context);
    tf_xread_nesting(r, at);
}

static void check_order(struct xread *r)
{
    size_t *order, n;
    struct tf_err err;
    if (r->first.code != TF_OK) /* expressions that cannot be read have no order */
        return;
    if (tf_xform_order(r->arena, r->form, &order, &n, &err) == TF_OK)
        return;
    tf_notice_err(r->out, "expr-cycle", &err);
    r->first = err;
}

void tf_xread_validate(struct xread *r)
{
    check_head(r);
    check_model(r);
    check_binds(r);
    check_messages(r);
    check_itext(r);
    check_setvalues(r, r->model, r->form->field[0].path);
    for (size_t k = 0; k < r->n_controls; k++)
        check_control(r, k);
    check_order(r);
}
