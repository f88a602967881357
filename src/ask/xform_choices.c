/* Choices of a select: where its items come from.
 *
 *     a list of the sheet           instance('list')/root/item[filter]
 *     a file                        instance('name')/root/item[filter], names as the file has them
 *     answers of a repeat, ${q}     /data/repeat[filter or ./q != '']
 *     a list by search()            items in the body, as the client's own search wants them
 *
 * all but the last perhaps in randomize(…, seed). Source: ODK XForms Specification (Secondary
 * Instances, Itemsets, Randomize); XLSForm (Select from file, Dynamic selects from repeats). */
#include <string.h>

#include "ask/xform_write.h"

const char *tf_xfile_extension(const char *list)
{
    static const char *const known[] = {".csv", ".xml", ".geojson"};
    const char *dot = list == NULL ? NULL : strrchr(list, '.');
    for (size_t k = 0; k < 3 && dot != NULL && dot > list; k++)
        if (strcmp(dot, known[k]) == 0)
            return dot;
    return NULL;
}

bool tf_xsearch(const struct tf_item *it)
{
    const char *appearance = tf_xpair(&it->control, "appearance");
    const char *call = appearance == NULL ? NULL : strstr(appearance, "search(");
    return call != NULL && strlen(appearance) > 7 && strchr(call, ')') != NULL;
}

/* The list that a select is counted under, when lists by search() are told from others. */
static const char *counted_list(const struct tf_item *it)
{
    const char *random = tf_xpair(&it->x->parameters, "randomize");
    if (it->list == NULL || (tf_is_blank(it->x->choice_filter) && tf_streq(random, "true")))
        return NULL;
    return it->list->name;
}

static bool is_select(const struct tf_item *it)
{
    return it->kind == TF_XI_QUESTION && it->type->control != NULL &&
           (tf_starts(it->type->control, "select") || strcmp(it->type->type, "rank") == 0);
}

/* Choices by search() stand in the body, others in an instance: a list cannot be both. */
void tf_xsearch_mark(struct tf_xwriter *w)
{
    bool any = false;
    for (struct tf_item *it = w->root; it != NULL; it = tf_xitem_next(it)) {
        if (!is_select(it) || !tf_xsearch(it))
            continue;
        any = true;
        if (tf_xfile_extension(it->x->list) != NULL)
            tf_xfault(w, it->row, "Take search() away, or choose from a list of the choices sheet.",
                      "'%s' chooses from a file and by search() at once", it->name);
        if (it->list != NULL)
            it->list->search = true;
    }
    for (struct tf_item *it = w->root; any && it != NULL; it = tf_xitem_next(it))
        if (is_select(it) && !tf_xsearch(it) && counted_list(it) != NULL && it->list->search)
            tf_xfault(w, it->row,
                      "Use search() for all selects of the list, or give it another name.",
                      "the list '%s' is chosen by search() elsewhere, and by '%s' without",
                      it->list->name, it->name);
}

static void
write_search_items(struct tf_xwriter *w, struct tf_xml *control, const struct tf_item *it)
{
    const struct tf_xlist_state *list = it->list;
    for (size_t k = 0; k < list->n; k++) {
        struct tf_xml *item = tf_xml_new(w->arena, control, "item");
        struct tf_xml *label = tf_xml_new(w->arena, item, "label");
        const char *plain = tf_xtexts_plain(&list->choice[k].label);
        if (list->itext)
            tf_xml_attr(w->arena, label, "ref",
                        tf_printf(w->arena, "jr:itext('%s-%zu')", list->name, k));
        else if (tf_xtexts_any(&it->x->label) && plain != NULL)
            tf_xtext_write(w, label, "", plain, NULL);
        tf_xml_text(w->arena, tf_xml_new(w->arena, item, "value"), list->choice[k].name);
    }
}

struct itemset {
    const char *nodeset, *filter, *value, *label;
};

/* The answers of a repeat: its path, and the last step is value and label at once. In the filter
 * the path of the repeat is `.`: it is asked of each round. */
static void from_answers(struct tf_xwriter *w, const struct tf_item *it, struct itemset *s)
{
    const char *path = tf_trim(w->arena, tf_xrefs(w, it->x->list, it, TF_XREF_PARENT));
    const char *slash = strrchr(path, '/'), *name;
    size_t n;
    bool last;
    if (slash == NULL || tf_xref_at(it->x->list, &name, &n, &last) == 0)
        return; /* the fault is kept */
    const struct tf_item *named = tf_xitem_named(w, name, n, it);
    const bool round = named != NULL && named->kind == TF_XI_REPEAT; /* of places on a map */
    s->nodeset = round ? path : tf_strndup(w->arena, path, (size_t)(slash - path));
    s->value = s->label = round ? "geometry" : slash + 1;
    if (s->filter == NULL) {
        s->filter = tf_printf(w->arena, "./%s != ''", s->value);
    } else if (s->nodeset[0] != '\0') {
        s->filter =
            tf_replace(w->arena, s->filter, tf_printf(w->arena, "current()/%s", s->nodeset), ".");
        s->filter = tf_replace(w->arena, s->filter, s->nodeset, ".");
    }
}

static void from_list(struct tf_xwriter *w, const struct tf_item *it, struct itemset *s)
{
    const char *name = it->list != NULL ? it->list->name : it->x->list;
    const char *extension = tf_xfile_extension(name);
    const char *value = tf_xpair(&it->x->parameters, "value");
    const char *label = tf_xpair(&it->x->parameters, "label");
    if (extension != NULL)
        name = tf_strndup(w->arena, name, (size_t)(extension - name));
    if (extension != NULL && strcmp(extension, ".geojson") == 0) {
        s->value = "id";
        s->label = "title";
    }
    if (value != NULL)
        s->value = value;
    if (label != NULL)
        s->label = label;
    if (extension == NULL && it->list != NULL && it->list->itext)
        s->label = "jr:itext(itextId)";
    s->nodeset = tf_printf(w->arena, "instance('%s')/root/item", name);
}

static const char *randomized(struct tf_xwriter *w, const struct tf_item *it, const char *nodeset)
{
    const char *random = tf_xpair(&it->x->parameters, "randomize");
    const char *seed = tf_xpair(&it->x->parameters, "seed");
    if (random == NULL || strcmp(random, "true") != 0)
        return nodeset;
    if (seed == NULL)
        return tf_printf(w->arena, "randomize(%s)", nodeset);
    return tf_printf(w->arena, "randomize(%s, %s)", nodeset,
                     tf_trim(w->arena, tf_xrefs(w, seed, it, TF_XREF_PLAIN)));
}

static void write_itemset(struct tf_xwriter *w, struct tf_xml *control, const struct tf_item *it)
{
    struct itemset s = {.value = "name", .label = "label"};
    const bool answers = tf_xref_in(it->x->list) && it->list == NULL;
    if (!tf_is_blank(it->x->choice_filter))
        s.filter = tf_xrefs(w, it->x->choice_filter, it,
                            TF_XREF_CURRENT | (answers ? TF_XREF_PARENT : 0u));
    if (answers)
        from_answers(w, it, &s);
    else
        from_list(w, it, &s);
    if (s.nodeset == NULL)
        return;
    if (s.filter != NULL)
        s.nodeset = tf_printf(w->arena, "%s[%s]", s.nodeset, s.filter);
    struct tf_xml *set = tf_xml_new(w->arena, control, "itemset");
    tf_xml_attr(w->arena, set, "nodeset", randomized(w, it, s.nodeset));
    tf_xml_attr(w->arena, tf_xml_new(w->arena, set, "value"), "ref", s.value);
    tf_xml_attr(w->arena, tf_xml_new(w->arena, set, "label"), "ref", s.label);
}

static void write_osm(struct tf_xwriter *w, struct tf_xml *control, const struct tf_item *it)
{
    for (size_t k = 0; it->x->list != NULL && k < w->form->n_osm; k++) {
        const struct tf_xlist *list = &w->form->osm[k];
        for (size_t c = 0; c < list->n && strcmp(list->name, it->x->list) == 0; c++) {
            struct tf_xml *tag = tf_xml_new(w->arena, control, "tag");
            tf_xml_attr(w->arena, tag, "key", list->choice[c].name);
            struct tf_xml *label = tf_xml_new(w->arena, tag, "label");
            const struct tf_xtexts *text = &list->choice[c].label;
            if (tf_xtexts_any(text))
                tf_xtext_write(w, label, "", text->item[0].text, NULL);
        }
    }
}

void tf_xchoices_write(struct tf_xwriter *w, struct tf_xml *control, const struct tf_item *it)
{
    const char *type = it->type->type;
    if (strcmp(type, "osm") == 0)
        write_osm(w, control, it);
    else if (strcmp(type, "select one external") == 0)
        return;
    else if (it->list != NULL && it->list->search && tf_xsearch(it))
        write_search_items(w, control, it);
    else if (it->list != NULL || it->x->list != NULL)
        write_itemset(w, control, it);
}
