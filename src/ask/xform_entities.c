/* Entities: records that outlive a submission, declared on the entities sheet.
 *
 * A declaration becomes meta/entity in one container: the form, a group or a repeat. Which one
 * follows from what the entity takes its values from: questions with its save_to, and questions
 * named in its columns.
 *
 *     scope      the deepest repeat (or the form) that a reference stands in; all others must
 *                stand on the way to it, and every save_to in it itself
 *     container  the groups in the scope that all its save_tos share; without any, the deepest
 *                that a question stands in
 *     taken?     each container holds one entity, and between a save_to and its entity stands no
 *                other: then the next container up, as far as the scope; in the order of the sheet
 *
 * What the declaration does is told by its columns: an entity_id updates; none, or a create_if,
 * creates.
 *
 * Source: ODK XForms Specification, Entities 2024.1 and 2025.1; the placing as in pyxform 4.5. */
#include <string.h>

#include "ask/xform_write.h"

struct source { /* where an entity takes something from */
    struct tf_item *container;
    size_t row;
    const char *property; /* of a save_to, or NULL */
};
struct wish { /* an entity and where it wants to be */
    const struct tf_xentity *e;
    struct source *source;
    size_t n, cap;
    size_t first; /* place of its first source in the sheet; SIZE_MAX: none */
    struct tf_item *scope, *container;
};

/* ---- ways in the tree ------------------------------------------------------------------------ */

static bool is_scope(const struct tf_item *it)
{
    return it->kind == TF_XI_ROOT || it->kind == TF_XI_REPEAT;
}

static struct tf_item *scope_of(struct tf_item *it)
{
    while (!is_scope(it))
        it = it->parent;
    return it;
}

static size_t repeats(const struct tf_item *it) /* the item itself counts */
{
    size_t n = 0;
    for (; it != NULL; it = it->parent)
        n += it->kind == TF_XI_REPEAT;
    return n;
}

static size_t groups_in_scope(const struct tf_item *it)
{
    size_t n = 0;
    for (; !is_scope(it); it = it->parent)
        n++;
    return n;
}

static bool above_or_same(const struct tf_item *up, const struct tf_item *it)
{
    while (it != NULL && it != up)
        it = it->parent;
    return it != NULL;
}

static struct tf_item *shared(struct tf_item *a, const struct tf_item *b)
{
    while (!above_or_same(a, b))
        a = a->parent;
    return a;
}

/* ---- what is wrong with a declaration -------------------------------------------------------- */

static void
fault(struct tf_xwriter *w, const struct tf_xentity *e, const char *help, const char *what)
{
    tf_xfault_on(w, "entities", e->row, help, "the entity list '%s' %s",
                 e->dataset == NULL ? "" : e->dataset, what);
}

static void check_declaration(struct tf_xwriter *w, const struct tf_xentity *e)
{
    const bool id = !tf_is_blank(e->entity_id), create = !tf_is_blank(e->create_if),
               update = !tf_is_blank(e->update_if), label = !tf_is_blank(e->label);
    if (tf_is_blank(e->dataset))
        fault(w, e, "Write the name of the list into list_name.", "has no name");
    else if (tf_starts(e->dataset, "__"))
        fault(w, e, "Begin its name otherwise.", "begins with two underscores, which are reserved");
    else if (strchr(e->dataset, '.') != NULL)
        fault(w, e, "Take the full stop out of its name.", "has a full stop in its name");
    else if (!tf_xls_is_name(e->dataset))
        fault(w, e, "Begin with a letter or '_'; then letters, digits, '_', '-'.",
              "has a name that XML cannot hold");
    else if (!id && update)
        fault(w, e, "Write an entity_id, or move the condition to create_if.",
              "is updated, and no entity_id says which entity");
    else if (id && create && !update)
        fault(w, e, "Write an update_if, too, or take entity_id away.",
              "has an entity_id and a create_if, and no update_if");
    else if (!id && !label)
        fault(w, e, "Write a label: new entities are known by it.",
              "creates entities without a label");
    for (const struct tf_xentity *other = w->form->entity; other < e; other++)
        if (tf_streq(other->dataset, e->dataset))
            fault(w, e, "Keep one row for each list.", "stands twice on the sheet");
}

static void
check_property(struct tf_xwriter *w, const struct wish *to, const char *property, size_t row)
{
    const char *what = NULL;
    if (tf_casecmp(property, "name") == 0 || tf_casecmp(property, "label") == 0)
        what = "is reserved";
    else if (tf_starts(property, "__"))
        what = "begins with two underscores, which are reserved";
    else if (!tf_xls_is_name(property))
        what = "is no name that XML can hold";
    if (what != NULL)
        tf_xfault(w, row, "Write another name of a property into save_to.",
                  "the property '%s' in save_to %s", property, what);
    for (size_t k = 0; k < to->n; k++)
        if (to->source[k].property != NULL && strcmp(to->source[k].property, property) == 0)
            tf_xfault(w, row, "Save one question into each property.",
                      "the property '%s' is already saved in row %zu", property, to->source[k].row);
}

/* ---- gathering sources ----------------------------------------------------------------------- */

static void add_source(struct tf_xwriter *w, struct wish *to, const struct tf_item *it,
                       const char *property, size_t order)
{
    to->source = tf_grow(w->arena, to->source, to->n, &to->cap, sizeof *to->source);
    to->source[to->n++] =
        (struct source){.container = it->parent, .row = it->row, .property = property};
    if (to->first == SIZE_MAX)
        to->first = order;
}

static struct wish *wish_named(struct wish *wish, size_t n, const char *name, size_t len)
{
    for (size_t k = 0; k < n; k++)
        if (strlen(wish[k].e->dataset) == len && memcmp(wish[k].e->dataset, name, len) == 0)
            return &wish[k];
    return NULL;
}

static void take_save_to(struct tf_xwriter *w, struct wish *wish, size_t n,
                         const struct tf_item *it, size_t order)
{
    const char *save_to = it->x->save_to, *hash = strchr(save_to, '#');
    const char *property = hash == NULL ? save_to : hash + 1;
    if (n == 0)
        tf_xfault(w, it->row, "Declare a list on the sheet 'entities', or empty the cell.",
                  "'%s' has a save_to, and the form declares no entities", it->name);
    else if (it->kind != TF_XI_QUESTION)
        tf_xfault(w, it->row, "Move save_to to a question.",
                  "'%s' has a save_to and is no question", it->name);
    else if (hash != NULL && strchr(hash + 1, '#') != NULL)
        tf_xfault(w, it->row, "Write it as list#property.", "'%s' has more than one '#' in save_to",
                  it->name);
    else if (hash == NULL && n > 1)
        tf_xfault(w, it->row, "Write it as list#property.",
                  "'%s' saves to '%s', and there is more than one list of entities", it->name,
                  save_to);
    if (w->code != TF_OK)
        return;
    struct wish *to = hash == NULL ? wish : wish_named(wish, n, save_to, (size_t)(hash - save_to));
    if (to == NULL) {
        tf_xfault(w, it->row, "Write the name of a list of the entities sheet before the '#'.",
                  "'%s' saves to '%s', and there is no such list of entities", it->name, save_to);
        return;
    }
    check_property(w, to, property, it->row);
    add_source(w, to, it, property, order);
}

static bool mentions(const struct tf_xentity *e, const char *name)
{
    const char *const text[] = {e->entity_id, e->create_if, e->update_if, e->label};
    const char *at;
    size_t n;
    bool last;
    for (size_t k = 0; k < 4; k++)
        for (const char *s = text[k]; s != NULL && (s = strstr(s, "${")) != NULL; s++)
            if (tf_xref_at(s, &at, &n, &last) > 0 && strlen(name) == n && memcmp(at, name, n) == 0)
                return true;
    return false;
}

static void gather(struct tf_xwriter *w, struct wish *wish, size_t n)
{
    size_t order = 0;
    for (struct tf_item *it = tf_xitem_next(w->root); it != NULL && w->code == TF_OK;
         it = tf_xitem_next(it), order++) {
        if (it->x == NULL)
            continue;
        if (!tf_is_blank(it->x->save_to))
            take_save_to(w, wish, n, it, order);
        for (size_t k = 0; k < n && w->code == TF_OK; k++)
            if (mentions(wish[k].e, it->name))
                add_source(w, &wish[k], it, NULL, order);
    }
}

/* ---- placing --------------------------------------------------------------------------------- */

/* Scope and container of one entity, from its sources. */
static void place_wish(struct tf_xwriter *w, struct wish *wish)
{
    struct tf_item *deepest = NULL, *common = NULL;
    wish->scope = w->root;
    for (size_t k = 0; k < wish->n; k++)
        if (repeats(wish->source[k].container) > repeats(wish->scope))
            wish->scope = scope_of(wish->source[k].container);
    for (size_t k = 0; k < wish->n; k++) {
        struct tf_item *c = wish->source[k].container;
        const bool inside = scope_of(c) == wish->scope;
        if (inside && (deepest == NULL || groups_in_scope(c) > groups_in_scope(deepest)))
            deepest = c;
        if (wish->source[k].property == NULL)
            continue;
        common = common == NULL ? c : shared(common, c);
    }
    for (size_t k = 0; k < wish->n; k++) {
        const struct source *s = &wish->source[k];
        struct tf_item *scope = scope_of(s->container);
        if (!above_or_same(scope, wish->scope) || (s->property != NULL && scope != wish->scope))
            tf_xfault(w, s->row, "Copy the value with a calculate into the repeat of the entity.",
                      "the entity '%s' takes values from different repeats", wish->e->dataset);
    }
    wish->container = deepest == NULL ? wish->scope : deepest;
    if (common != NULL)
        wish->container = common;
}

/* The first container from the one wished up to the scope that is free. */
static void give_container(struct tf_xwriter *w, const struct wish *wish)
{
    struct tf_item *at = wish->container;
    for (;; at = at->parent) {
        if (at->entity == NULL && at->reserved == NULL)
            break;
        const char *reserved = NULL;
        for (size_t k = 0; k < wish->n && reserved == NULL; k++)
            if (wish->source[k].property != NULL) {
                reserved = wish->source[k].container->reserved;
                break;
            }
        if (reserved != NULL || at == wish->scope) {
            fault(w, wish->e,
                  "Put its questions into a group of their own, away from other entities.",
                  "finds no group or repeat of its own for its questions");
            return;
        }
    }
    at->entity = at->reserved = wish->e->dataset;
    for (size_t k = 0; k < wish->n; k++)
        for (struct tf_item *c = wish->source[k].container;
             wish->source[k].property != NULL && above_or_same(at, c); c = c->parent)
            c->reserved = wish->e->dataset;
}

static bool before(const struct wish *a, const struct wish *b)
{
    const size_t first = a->first, second = b->first;
    return first != second ? first < second : a->e->row < b->e->row;
}

/* Scopes in the order of their first source; in a scope, entities in the order of their sheet. */
static void give_containers(struct tf_xwriter *w, struct wish *wish, size_t n)
{
    if (n == 1 && wish[0].scope == w->root) {
        w->root->entity = wish[0].e->dataset;
        return;
    }
    bool *done = TF_NEW_N(w->arena, bool, n + 1);
    for (;;) {
        const struct wish *lead = NULL;
        for (size_t k = 0; k < n; k++)
            if (!done[k] && (lead == NULL || before(&wish[k], lead)))
                lead = &wish[k];
        if (lead == NULL)
            return;
        for (size_t k = 0; k < n; k++)
            if (!done[k] && wish[k].scope == lead->scope) {
                give_container(w, &wish[k]);
                done[k] = true;
            }
    }
}

/* ---- its nodes ------------------------------------------------------------------------------- */

static struct tf_item *attribute(struct tf_xwriter *w, struct tf_item *entity, const char *name,
                                 const char *value, const char *calculate, bool bind)
{
    struct tf_item *it = tf_xitem_new(w, entity, TF_XI_ATTRIBUTE, name);
    it->value = value;
    if (value != NULL)
        it->path = tf_printf(w->arena, "%s/@%s", entity->path, name);
    if (!bind)
        return it;
    if (calculate != NULL)
        tf_xpair_set(w->arena, &it->bind, "calculate", calculate);
    tf_xpair_set(w->arena, &it->bind, "readonly", "true()");
    tf_xpair_set(w->arena, &it->bind, "type", "string");
    return it;
}

static void make_entity(struct tf_xwriter *w, struct tf_item *container, const struct tf_xentity *e)
{
    static const char *const versions[][2] = {
        {"baseVersion",  "__version"     },
        {"trunkVersion", "__trunkVersion"},
        {"branchId",     "__branchId"    }
    };
    const bool id = !tf_is_blank(e->entity_id), create = !tf_is_blank(e->create_if),
               update = !tf_is_blank(e->update_if);
    struct tf_item *meta = tf_xitem_new(w, container, TF_XI_META, "meta");
    struct tf_item *entity = tf_xitem_new(w, meta, TF_XI_ENTITY, "entity");
    (void)attribute(w, entity, "dataset", e->dataset, NULL, false);
    if (!id || create)
        (void)attribute(w, entity, "create", "1", e->create_if, create);
    if (id) {
        (void)attribute(w, entity, "update", "1", e->update_if, update);
        for (size_t k = 0; k < 3; k++)
            (void)attribute(w, entity, versions[k][0], "",
                            tf_printf(w->arena, "instance('%s')/root/item[name=%s]/%s", e->dataset,
                                      e->entity_id, versions[k][1]),
                            true);
    }
    attribute(w, entity, "id", "", id ? e->entity_id : NULL, true)->fixed_id = !id;
    if (!tf_is_blank(e->label))
        (void)attribute(w, entity, "label", NULL, e->label, true);
}

void tf_xentities_place(struct tf_xwriter *w)
{
    const struct tf_xlsform *form = w->form;
    const size_t n = form->n_entities;
    struct wish *wish = TF_NEW_N(w->arena, struct wish, n + 1);
    for (size_t k = 0; k < n; k++) {
        wish[k].e = &form->entity[k];
        wish[k].first = SIZE_MAX;
        check_declaration(w, wish[k].e);
    }
    if (w->code == TF_OK)
        gather(w, wish, n);
    for (size_t k = 0; k < n && w->code == TF_OK; k++)
        place_wish(w, &wish[k]);
    if (w->code == TF_OK)
        give_containers(w, wish, n);
    if (w->code != TF_OK || n == 0)
        return;
    bool in_repeat = false;
    for (struct tf_item *it = w->root, *next; it != NULL; it = next) {
        next = tf_xitem_next(it); /* before the container gets one child more */
        for (size_t k = 0; it->entity != NULL && k < n; k++)
            if (strcmp(form->entity[k].dataset, it->entity) == 0) {
                in_repeat = in_repeat || repeats(it) > 0;
                make_entity(w, it, &form->entity[k]);
            }
    }
    w->entities_version = n > 1 || in_repeat ? "2025.1.0" : "2024.1.0";
}
