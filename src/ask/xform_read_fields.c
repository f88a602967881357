/* Fields of an XForm: the primary instance gives the nodes, binds give type and logic, the body says
 * which are asked and how.
 *
 * Nodes of the same name beside each other are one field (a repeat has a template and its first
 * instance in the document). Fields stand in document order, so that those below a field are a range.
 * A select takes its type from its control, for the bind of a select says "string" in most forms.
 *
 * Source: ODK XForms specification, sections Primary Instance, Bindings, Body, Repeats. */
#include "ask/xform_read.h"

#include <string.h>

/* ---- nodes -------------------------------------------------------------------------------------- */

static size_t add_field(struct xread *r, size_t el, size_t parent, uint64_t hash)
{
    struct tf_xform *f = r->form;
    const size_t at = f->n_fields++;
    const struct xel *e = &r->tree.el[el];
    const char *above = parent == SIZE_MAX ? "" : f->field[parent].path;
    f->field[at] = (struct tf_xfield){.name = e->name,
                                      .path = tf_printf(r->arena, "%s/%s", above, e->name),
                                      .type = TF_X_STRING,
                                      .parent = parent,
                                      .repeat = SIZE_MAX,
                                      .preset = xtext(r->arena, &r->tree, el)};
    r->el_of_field[at] = el;
    tf_xform_index_add(r->index, hash, at);
    return at;
}

static void walk_instance(struct xread *r, size_t el, size_t parent, uint64_t above)
{
    const struct xtree *t = &r->tree;
    const char *name = t->el[el].name;
    const uint64_t hash = tf_path_hash_step(above, name, strlen(name));
    if (tf_xform_below(r->form, parent, hash, name, strlen(name)) != SIZE_MAX)
        return; /* a further instance of a repeat */
    const size_t field = add_field(r, el, parent, hash);
    struct tf_xfield *x = &r->form->field[field];
    const bool below_root = parent != SIZE_MAX && r->form->field[parent].parent == SIZE_MAX;
    x->meta = (below_root && strcmp(name, "meta") == 0) ||
              (parent != SIZE_MAX && r->form->field[parent].meta);
    if (parent == SIZE_MAX || xfirst(t, el) != SIZE_MAX)
        x->type = TF_X_GROUP;
    for (size_t c = xfirst(t, el); c != SIZE_MAX; c = xnext(t, c))
        walk_instance(r, c, field, hash);
    r->form->field[field].end = r->form->n_fields;
}

static size_t count_below(const struct xtree *t, size_t el)
{
    size_t n = 1;
    for (size_t c = xfirst(t, el); c != SIZE_MAX; c = xnext(t, c))
        n += count_below(t, c);
    return n;
}

void tf_xread_fields(struct xread *r)
{
    const size_t most = count_below(&r->tree, r->primary);
    r->form->field = TF_NEW_N(r->arena, struct tf_xfield, most);
    r->el_of_field = TF_NEW_N(r->arena, size_t, most);
    r->form->index = r->index = tf_xform_index_new(r->arena, most);
    walk_instance(r, r->primary, SIZE_MAX, tf_path_hash_root());
}

static size_t field_at(const struct xread *r, const char *path)
{
    const struct tf_xfield *x = path == NULL ? NULL : tf_xform_field(r->form, path);
    return x == NULL ? SIZE_MAX : (size_t)(x - r->form->field);
}

/* ---- binds -------------------------------------------------------------------------------------- */

static enum tf_xtype type_of(const char *word)
{
    static const struct {
        const char *word;
        enum tf_xtype type;
    } known[] = {
        {"string", TF_X_STRING},      {"int", TF_X_INT},           {"integer", TF_X_INT},
        {"long", TF_X_INT},           {"decimal", TF_X_DECIMAL},   {"double", TF_X_DECIMAL},
        {"float", TF_X_DECIMAL},      {"date", TF_X_DATE},         {"time", TF_X_TIME},
        {"dateTime", TF_X_DATETIME},  {"boolean", TF_X_BOOLEAN},   {"geopoint", TF_X_GEOPOINT},
        {"geotrace", TF_X_GEOTRACE},  {"geoshape", TF_X_GEOSHAPE}, {"binary", TF_X_BINARY},
        {"barcode", TF_X_BARCODE},    {"intent", TF_X_STRING},     {"select1", TF_X_SELECT_ONE},
        {"listItem", TF_X_SELECT_ONE}, {"select", TF_X_SELECT_MANY}, {"listItems", TF_X_SELECT_MANY},
        {"rank", TF_X_RANK},
    };
    const char *colon = strchr(word, ':');
    const char *local = colon == NULL ? word : colon + 1;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strcmp(known[k].word, local) == 0)
            return known[k].type;
    return TF_X_GROUP; /* none */
}

static void take_type(struct xread *r, size_t el, struct tf_xfield *x)
{
    const char *word = xget(&r->tree, el, "type");
    if (word == NULL || x->type == TF_X_GROUP || x->type == TF_X_REPEAT)
        return;
    const enum tf_xtype type = type_of(word);
    if (type == TF_X_GROUP)
        tf_xread_fault(r, TF_WARNING, el, "xform-type",
                       "Types: string, int, decimal, date, time, dateTime, boolean, geopoint, geotrace, "
                       "geoshape, binary, barcode, intent.",
                       "the bind of %s has a type that is not known, '%.60s': it is read as string",
                       x->path, word);
    else
        x->type = type;
}

static void take_logic(struct xread *r, size_t el, struct tf_xfield *x)
{
    const struct xtree *t = &r->tree;
    const struct {
        const char **to, *name;
        enum xspace space;
    } all[] = {{&x->relevant, "relevant", XS_NONE},
               {&x->constraint, "constraint", XS_NONE},
               {&x->required, "required", XS_NONE},
               {&x->readonly, "readonly", XS_NONE},
               {&x->calculate, "calculate", XS_NONE},
               {&x->preload, "preload", XS_JR},
               {&x->preload_params, "preloadParams", XS_JR},
               {&x->saveto, "saveto", XS_ENTITIES}};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        const char *value = xget_ns(t, el, all[k].space, all[k].name);
        if (!tf_is_blank(value))
            *all[k].to = value;
    }
    x->line = t->el[el].line;
    take_type(r, el, x);
}

void tf_xread_binds(struct xread *r)
{
    const struct xtree *t = &r->tree;
    const char *root = r->form->field[0].path;
    for (size_t e = xfirst(t, r->model); e != SIZE_MAX; e = xnext(t, e)) {
        if (strcmp(t->el[e].name, "bind") != 0)
            continue;
        const char *nodeset = xget(t, e, "nodeset");
        struct xbind b = {.id = xget(t, e, "id"), .el = e, .field = SIZE_MAX};
        if (nodeset == NULL)
            tf_xread_fault(r, TF_ERROR, e, "xform-bind", "Say the node: nodeset=\"/data/name\".",
                           "a <bind> has no nodeset");
        else
            b.path = tf_path_plain(r->arena, nodeset, root);
        b.field = field_at(r, b.path);
        r->bind = tf_grow(r->arena, r->bind, r->n_binds, &r->cap_binds, sizeof *r->bind);
        r->bind[r->n_binds++] = b;
        if (b.field != SIZE_MAX)
            take_logic(r, e, &r->form->field[b.field]);
    }
}

/* ---- the body ----------------------------------------------------------------------------------- */

enum control { C_NONE, C_INPUT, C_SELECT1, C_SELECT, C_RANK, C_UPLOAD, C_GROUP, C_REPEAT };
static enum control control_of(const char *name)
{
    static const struct {
        const char *name;
        enum control is;
    } known[] = {{"input", C_INPUT},    {"secret", C_INPUT},   {"textarea", C_INPUT},
                 {"trigger", C_INPUT},  {"range", C_INPUT},    {"select1", C_SELECT1},
                 {"select", C_SELECT},  {"rank", C_RANK},      {"upload", C_UPLOAD},
                 {"group", C_GROUP},    {"repeat", C_REPEAT}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strcmp(known[k].name, name) == 0)
            return known[k].is;
    return C_NONE;
}

/* What the control is bound to: by bind's id, by ref, or (groups, repeats) by nodeset. */
static const char *bound_to(struct xread *r, size_t el, enum control kind, const char *context)
{
    const struct xtree *t = &r->tree;
    const char *id = xget(t, el, "bind");
    if (id != NULL) {
        for (size_t k = 0; k < r->n_binds; k++)
            if (tf_streq(r->bind[k].id, id))
                return r->bind[k].path;
        tf_xread_fault(r, TF_ERROR, el, "xform-bind-id", "Give a <bind> of the model this id, or use ref.",
                       "<%s bind=\"%.60s\">: no bind has this id", t->el[el].name, id);
        return NULL;
    }
    const char *ref = xget(t, el, "ref");
    if (ref == NULL || (kind == C_REPEAT && xget(t, el, "nodeset") != NULL))
        ref = xget(t, el, "nodeset");
    if (ref == NULL) {
        if (kind != C_GROUP && strcmp(t->el[el].name, "trigger") != 0)
            tf_xread_fault(r, TF_ERROR, el, "xform-ref", "Say the node: ref=\"/data/name\".",
                           "<%s> says no node (ref)", t->el[el].name);
        return NULL;
    }
    const char *path = tf_path_plain(r->arena, ref, context);
    if (path == NULL)
        tf_xread_fault(r, TF_ERROR, el, "xform-ref", "Use a plain path, such as /data/group/name.",
                       "<%s>: '%.80s' is not a path to a node", t->el[el].name, ref);
    return path;
}

static void take_control(struct xread *r, size_t el, enum control kind, struct tf_xfield *x)
{
    static const enum tf_xtype by_control[] = {
        [C_SELECT1] = TF_X_SELECT_ONE, [C_SELECT] = TF_X_SELECT_MANY,
        [C_RANK] = TF_X_RANK,          [C_UPLOAD] = TF_X_BINARY,
        [C_GROUP] = TF_X_GROUP,        [C_REPEAT] = TF_X_REPEAT};
    const char *appearance = xget(&r->tree, el, "appearance");
    x->control = true;
    if (appearance != NULL)
        x->appearance = appearance;
    if (kind == C_UPLOAD)
        x->media_type = xget(&r->tree, el, "mediatype");
    const bool node_of_nodes = x->type == TF_X_GROUP || x->type == TF_X_REPEAT;
    if (kind == C_INPUT || (kind == C_GROUP && x->type == TF_X_REPEAT))
        return;
    if (node_of_nodes && kind != C_GROUP && kind != C_REPEAT)
        return; /* validate.c says so */
    x->type = by_control[kind];
}

static void walk_body(struct xread *r, size_t el, size_t above, const char *context)
{
    const struct xtree *t = &r->tree;
    for (size_t e = xfirst(t, el); e != SIZE_MAX; e = xnext(t, e)) {
        const enum control kind = control_of(t->el[e].name);
        if (kind == C_NONE) {
            if (strcmp(t->el[e].name, "label") != 0 && strcmp(t->el[e].name, "hint") != 0 &&
                strcmp(t->el[e].name, "setvalue") != 0)
                walk_body(r, e, above, context);
            continue;
        }
        struct xcontrol c = {.el = e, .above = above};
        c.path = bound_to(r, e, kind, context);
        c.field = field_at(r, c.path);
        r->control = tf_grow(r->arena, r->control, r->n_controls, &r->cap_controls, sizeof c);
        const size_t at = r->n_controls++;
        r->control[at] = c;
        if (c.field != SIZE_MAX)
            take_control(r, e, kind, &r->form->field[c.field]);
        if (kind == C_GROUP || kind == C_REPEAT)
            walk_body(r, e, at, c.path == NULL ? context : c.path);
    }
}

/* Each field's innermost repeat round it. Parents stand before their fields. */
static void find_repeats(struct tf_xform *f)
{
    for (size_t k = 1; k < f->n_fields; k++) {
        const size_t up = f->field[k].parent;
        f->field[k].repeat = f->field[up].type == TF_X_REPEAT ? up : f->field[up].repeat;
    }
}

static void take_setvalues(struct xread *r, size_t el)
{
    const struct xtree *t = &r->tree;
    for (size_t e = xfirst(t, el); e != SIZE_MAX; e = xnext(t, e)) {
        const char *event = xget(t, e, "event"), *ref = xget(t, e, "ref");
        if (strcmp(t->el[e].name, "setvalue") != 0 || event == NULL || ref == NULL ||
            (strstr(event, "first-load") == NULL && strstr(event, "xforms-ready") == NULL &&
             strstr(event, "odk-instance-load") == NULL))
            continue;
        const size_t field = field_at(r, tf_path_plain(r->arena, ref, r->form->field[0].path));
        const char *value = xget(t, e, "value");
        if (field == SIZE_MAX)
            continue;
        if (value == NULL)
            value = tf_printf(r->arena, "'%s'", xtext(r->arena, t, e));
        r->form->field[field].setvalue = value;
    }
}

void tf_xread_body(struct xread *r)
{
    if (r->body != SIZE_MAX)
        walk_body(r, r->body, SIZE_MAX, r->form->field[0].path);
    find_repeats(r->form);
    take_setvalues(r, r->model);
    for (size_t k = 0; k < r->n_controls; k++)
        take_setvalues(r, r->control[k].el);
}
