/* Items: the nodes of a form's primary instance, with their paths, names and triggers.
 *
 * Rows of the survey sheet become items; what a row stands for besides itself (xform_shorthand.c)
 * becomes more of them, and all that follows knows items only. Names are kept in a hash table, for
 * each ${name} is looked up; a name that stands more than once can still be a question, but not be
 * referred to. */
#include <string.h>

#include "ask/xform_write.h"

enum { DEPTH_MOST = 100 };

struct tf_item *tf_xitem_new(struct tf_xwriter *w, struct tf_item *parent, enum tf_xitem_kind kind,
                             const char *name)
{
    struct tf_item *it = TF_NEW(w->arena, struct tf_item);
    it->kind = kind;
    it->name = name;
    it->parent = parent;
    it->path = parent == NULL ? tf_printf(w->arena, "/%s", name)
                              : tf_printf(w->arena, "%s/%s", parent->path, name);
    if (parent != NULL) {
        parent->child = tf_grow(w->arena, parent->child, parent->n_children, &parent->cap_children,
                                sizeof(struct tf_item *));
        it->place = parent->n_children;
        parent->child[parent->n_children++] = it;
    }
    return it;
}

struct tf_item *tf_xitem_next(struct tf_item *it)
{
    if (it->n_children > 0)
        return it->child[0];
    while (it->parent != NULL && it->place + 1 == it->parent->n_children)
        it = it->parent;
    return it->parent == NULL ? NULL : it->parent->child[it->place + 1];
}

bool tf_xitem_in_repeat(const struct tf_item *it)
{
    for (it = it->parent; it != NULL; it = it->parent)
        if (it->kind == TF_XI_REPEAT)
            return true;
    return false;
}

bool tf_xitem_computed(const struct tf_item *it)
{
    if (strcmp(it->type->type, "calculate") == 0)
        return true;
    const bool set = tf_xpair(&it->bind, "calculate") != NULL || !tf_is_blank(it->x->trigger);
    return set && !tf_xtexts_any(&it->x->label) && !tf_xtexts_any(&it->x->hint);
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool has_name(const struct tf_item *it)
{
    return it->kind != TF_XI_EXTERNAL && it->kind != TF_XI_ATTRIBUTE;
}

static void index_names(struct tf_xwriter *w)
{
    size_t n = 0, slots = 64;
    for (struct tf_item *it = w->root; it != NULL; it = tf_xitem_next(it))
        n++;
    while (slots < 2 * n)
        slots *= 2;
    w->by_name = TF_NEW_N(w->arena, struct tf_item *, slots);
    w->n_names = slots;
    for (struct tf_item *it = w->root; it != NULL; it = tf_xitem_next(it)) {
        if (!has_name(it))
            continue;
        struct tf_item **slot = &w->by_name[tf_xhash(it->name, strlen(it->name)) & (slots - 1)];
        for (const struct tf_item *other = *slot; other != NULL; other = other->next_same) {
            const bool repeats = other->kind == TF_XI_REPEAT && it->kind == TF_XI_REPEAT;
            if ((repeats || other->parent == it->parent) && strcmp(other->name, it->name) == 0)
                tf_xfault(w, it->row > 0 ? it->row : other->row,
                          "Give one of them another name; the names of generated questions end in "
                          "_count and _other, and a repeat's may not come again in a loop.",
                          "the name '%s' stands twice%s%s", it->name, repeats ? "" : " in ",
                          repeats ? " among the repeats" : it->parent->name);
        }
        it->next_same = *slot;
        *slot = it;
    }
}

const struct tf_item *
tf_xitem_named(struct tf_xwriter *w, const char *name, size_t n, const struct tf_item *context)
{
    const struct tf_item *found = NULL;
    const size_t row = context == NULL ? 0 : context->row;
    for (const struct tf_item *it = w->by_name[tf_xhash(name, n) & (w->n_names - 1)]; it != NULL;
         it = it->next_same) {
        if (strlen(it->name) != n || memcmp(it->name, name, n) != 0)
            continue;
        if (found != NULL) {
            tf_xfault(w, row, "Give the question that is meant a name of its own.",
                      "${%.*s} could mean more than one question or group", (int)n, name);
            return NULL;
        }
        found = it;
    }
    if (found == NULL)
        tf_xfault(w, row, "Write the name of a question or group of the survey sheet.",
                  "${%.*s} names nothing in this form", (int)n, name);
    return found;
}

struct tf_xlist_state *tf_xlist_named(struct tf_xwriter *w, const char *name)
{
    struct tf_xlist_state *list =
        name == NULL ? NULL : w->by_list[tf_xhash(name, strlen(name)) & (w->n_list_slots - 1)];
    while (list != NULL && strcmp(list->name, name) != 0)
        list = list->next_same;
    return list;
}

/* ---- triggers -------------------------------------------------------------------------------- */

static void bind_trigger(struct tf_xwriter *w, struct tf_item *it)
{
    const char *name;
    size_t n;
    bool last;
    for (const char *s = it->x->trigger; (s = strstr(s, "${")) != NULL; s++) {
        if (tf_xref_at(s, &name, &n, &last) == 0)
            continue;
        const struct tf_item *named = tf_xitem_named(w, name, n, it);
        if (named == NULL)
            return;
        struct tf_item *source =
            named->parent == NULL ? w->root : named->parent->child[named->place];
        struct tf_setvalue *v = TF_NEW(w->arena, struct tf_setvalue);
        v->target = it;
        if (source->last_on_change == NULL)
            source->on_change = v;
        else
            source->last_on_change->next = v;
        source->last_on_change = v;
    }
}

/* ---- rows to items --------------------------------------------------------------------------- */

static bool is_select(const char *type)
{
    return tf_starts(type, "select ") || strcmp(type, "rank") == 0;
}

static bool is_external(const char *type)
{
    return strcmp(type, "xml-external") == 0 || strcmp(type, "csv-external") == 0;
}

/* A row that is asked to label the columns of a table may have no words of its own. */
static const struct tf_xnode *
with_defaults(struct tf_xwriter *w, const struct tf_xnode *x, const char *hint)
{
    const char *appearance = tf_xpair(&x->control, "appearance");
    const bool blank =
        appearance != NULL && strcmp(appearance, "label") == 0 && !tf_xtexts_any(&x->label);
    const bool tip = hint != NULL && !tf_xtexts_any(&x->hint);
    if (!blank && !tip)
        return x;
    struct tf_xnode *copy = TF_NEW(w->arena, struct tf_xnode);
    *copy = *x;
    if (blank)
        tf_xtexts_set(w->arena, &copy->label, " ");
    if (tip)
        tf_xtexts_set(w->arena, &copy->hint, hint);
    return copy;
}

struct tf_item *
tf_xitem_question(struct tf_xwriter *w, struct tf_item *parent, const struct tf_xnode *x)
{
    struct tf_item *it = tf_xitem_new(w, parent, TF_XI_QUESTION, x->name);
    it->row = x->row;
    it->type = tf_xtype_row(x->type);
    if (it->type == NULL) {
        tf_xfault(w, x->row, "See the list of types in docs/FORMS.md.",
                  "'%s' is no type of question", x->type);
        it->type = tf_xtype_row("text");
    }
    it->x = with_defaults(w, x, it->type->hint);
    tf_xparameters(w, it);
    return it;
}

static struct tf_item *container(struct tf_xwriter *w, struct tf_item *parent,
                                 enum tf_xitem_kind kind, const struct tf_xnode *x)
{
    struct tf_item *it = tf_xitem_new(w, parent, kind, x->name);
    it->row = x->row;
    it->x = with_defaults(w, x, NULL);
    it->bind = x->bind;
    it->control = x->control;
    it->flat = x->flat || tf_xpair(&w->form->settings, "flat") != NULL;
    if (it->flat)
        it->path = parent->path;
    return it;
}

static void walk(struct tf_xwriter *w, struct tf_xshort *s, struct tf_item *parent,
                 struct tf_xnode *const *x, size_t n, size_t depth);

static void walk_row(struct tf_xwriter *w, struct tf_xshort *s, struct tf_item *parent,
                     const struct tf_xnode *x)
{
    if (strcmp(x->type, "audit") == 0) {
        s->audit = tf_grow(w->arena, s->audit, s->n_audits, &s->cap_audits, sizeof *s->audit);
        s->audit[s->n_audits] = TF_NEW(w->arena, struct tf_xnode);
        *s->audit[s->n_audits++] = *x;
    } else if (is_external(x->type)) {
        struct tf_item *it = tf_xitem_new(w, parent, TF_XI_EXTERNAL, x->name);
        it->row = x->row;
        it->x = x;
    } else if (is_select(x->type)) {
        x = tf_xshort_select(w, s, parent, x);
        (void)tf_xitem_question(w, parent, x);
        if (x->or_other)
            tf_xshort_other(w, parent, x);
    } else {
        (void)tf_xitem_question(w, parent, x);
    }
}

static void walk_loop(struct tf_xwriter *w, struct tf_xshort *s, struct tf_item *parent,
                      const struct tf_xnode *x, size_t depth)
{
    struct tf_item *loop = container(w, parent, TF_XI_LOOP, x);
    const struct tf_xlist_state *list = tf_xlist_named(w, x->list);
    for (size_t c = 0; list != NULL && c < list->n; c++) {
        const struct tf_xchoice *column = &list->choice[c];
        if (strcmp(column->name, "none") == 0)
            continue;
        struct tf_xnode *group = TF_NEW(w->arena, struct tf_xnode);
        group->kind = TF_XGROUP;
        group->type = "group";
        group->name = column->name;
        group->label = column->label;
        memcpy(group->media, column->media, sizeof group->media);
        group->row = x->row;
        struct tf_item *it = container(w, loop, TF_XI_GROUP, group);
        struct tf_xnode **child = TF_NEW_N(w->arena, struct tf_xnode *, x->n_children + 1);
        for (size_t k = 0; k < x->n_children; k++)
            child[k] = tf_xshort_column(w, x->child[k], column);
        walk(w, s, it, child, x->n_children, depth + 1);
    }
}

static void walk(struct tf_xwriter *w, struct tf_xshort *s, struct tf_item *parent,
                 struct tf_xnode *const *node, size_t n, size_t depth)
{
    if (depth > DEPTH_MOST) {
        tf_xfault(w, parent->row, "Forms of that depth cannot be shown on a tablet.",
                  "groups stand more than %d deep in each other", (int)DEPTH_MOST);
        return;
    }
    for (size_t k = 0; k < n; k++) {
        const struct tf_xnode *x = node[k];
        struct tf_xnode *note = NULL;
        struct tf_item *it;
        switch (x->kind) {
        case TF_XQUESTION: walk_row(w, s, parent, x); continue;
        case TF_XLOOP: walk_loop(w, s, parent, x, depth); break;
        case TF_XREPEAT:
            x = tf_xshort_repeat(w, parent, x);
            it = container(w, parent, TF_XI_REPEAT, x);
            walk(w, s, it, x->child, x->n_children, depth + 1);
            break;
        case TF_XGROUP:
            x = tf_xshort_table(w, s, x, &note);
            it = container(w, parent, TF_XI_GROUP, x);
            if (note != NULL)
                (void)tf_xitem_question(w, it, note);
            walk(w, s, it, x->child, x->n_children, depth + 1);
            break;
        }
        s->table = NULL;
    }
}

/* ---- meta ------------------------------------------------------------------------------------ */

static void meta_question(struct tf_xwriter *w, struct tf_item *meta, const char *name,
                          const char *attribute, const char *value)
{
    struct tf_xnode *x = TF_NEW(w->arena, struct tf_xnode);
    x->kind = TF_XQUESTION;
    x->type = "calculate";
    x->name = name;
    if (strcmp(attribute, "jr:preload") == 0)
        tf_xpair_set(w->arena, &x->bind, "readonly", "true()");
    tf_xpair_set(w->arena, &x->bind, attribute, value);
    (void)tf_xitem_question(w, meta, x);
}

static void make_meta(struct tf_xwriter *w, const struct tf_xshort *s)
{
    const struct tf_xpairs *settings = &w->form->settings;
    const bool id = !tf_xpair_yes(settings, "omit_instanceID");
    const char *preload = tf_xpair(settings, "instance_id");
    const char *name = tf_xpair(settings, "instance_name");
    if (!id && name == NULL && s->n_audits == 0 && w->root->entity == NULL)
        return;
    struct tf_item *meta = w->root->entity != NULL ? w->root->child[w->root->n_children - 1]
                                                   : tf_xitem_new(w, w->root, TF_XI_META, "meta");
    for (size_t k = 0; k < s->n_audits; k++) {
        s->audit[k]->name = "audit";
        (void)tf_xitem_question(w, meta, s->audit[k]);
    }
    if (id)
        meta_question(w, meta, "instanceID", "jr:preload", preload == NULL ? "uid" : preload);
    if (name != NULL)
        meta_question(w, meta, "instanceName", "calculate", name);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void copy_lists(struct tf_xwriter *w)
{
    w->n_lists = w->form->n_lists;
    w->list = TF_NEW_N(w->arena, struct tf_xlist_state, w->n_lists + 1);
    w->n_list_slots = 16;
    while (w->n_list_slots < 2 * w->n_lists)
        w->n_list_slots *= 2;
    w->by_list = TF_NEW_N(w->arena, struct tf_xlist_state *, w->n_list_slots);
    for (size_t k = 0; k < w->n_lists; k++) {
        const struct tf_xlist *from = &w->form->list[k];
        struct tf_xlist_state *to = &w->list[k];
        to->name = from->name;
        to->choice = from->choice;
        to->n = to->cap = from->n; /* the next one added moves the array */
        struct tf_xlist_state **slot =
            &w->by_list[tf_xhash(to->name, strlen(to->name)) & (w->n_list_slots - 1)];
        to->next_same = *slot;
        *slot = to;
    }
}

static void mark_itext(struct tf_xlist_state *list)
{
    for (size_t k = 0; k < list->n && !list->itext; k++) {
        const struct tf_xchoice *c = &list->choice[k];
        const char *plain = tf_xtexts_plain(&c->label);
        list->itext = tf_xmedia_any(c->media) || tf_xtexts_many(&c->label) || tf_xref_in(plain);
    }
}

void tf_xitems_make(struct tf_xwriter *w)
{
    struct tf_xshort s = {.table = NULL};
    copy_lists(w);
    w->root = tf_xitem_new(w, NULL, TF_XI_ROOT, w->form->root);
    walk(w, &s, w->root, w->form->node, w->form->n_nodes, 1);
    tf_xentities_place(w);
    if (w->code == TF_OK) /* a fault among entities leaves no meta to add to */
        make_meta(w, &s);
    for (size_t k = 0; k < w->n_lists; k++)
        mark_itext(&w->list[k]);
    index_names(w);
    for (struct tf_item *it = w->root; it != NULL && w->code == TF_OK; it = tf_xitem_next(it))
        if (it->kind == TF_XI_QUESTION && it->x->trigger != NULL)
            bind_trigger(w, it);
}
