/* Secondary instances: tables the form looks things up in.
 *
 *     xml-external, csv-external           a file of that name
 *     pulldata('name', …)                  name.csv
 *     select_one_from_file name.csv        that file
 *     ${last-saved#…}                      the record saved before
 *     lists of the choices sheet           inline, item for item
 *
 * Each is written once under its id. Two sources for one id would give some question the wrong
 * table, so that is a fault, and so are two external rows of one name. Source: ODK XForms
 * Specification (Secondary Instances), XLSForm. */
#include <string.h>

#include "ask/xform_write.h"

struct source {
    const char *id, *src; /* src NULL: inline */
    const struct tf_xlist_state *list;
    size_t row;
    bool external;
};
struct sources {
    struct source *item;
    size_t n, cap;
    bool last_saved;
};

static void add(struct tf_xwriter *w, struct sources *s, struct source one)
{
    s->item = tf_grow(w->arena, s->item, s->n, &s->cap, sizeof *s->item);
    s->item[s->n++] = one;
}

/* ---- finding them ---------------------------------------------------------------------------- */

/* pulldata('name', …): name, for each call that has a comma. */
static void add_pulldata(struct tf_xwriter *w, struct sources *s, const char *text, size_t row)
{
    if (text == NULL || strstr(text, "pulldata(") == NULL)
        return;
    for (const char *p = text; (p = strstr(p, "pulldata")) != NULL;) {
        p += 8;
        p += strspn(p, " \t\r\n");
        if (*p != '(')
            continue;
        p++;
        const char *comma = strchr(p, ',');
        if (comma == NULL)
            return;
        struct tf_buf b = {.arena = w->arena};
        for (; p < comma; p++)
            if (*p != '\'' && *p != '"')
                tf_buf_char(&b, *p);
        const char *id = tf_trim(w->arena, tf_buf_text(&b));
        add(w, s,
            (struct source){
                .id = id, .src = tf_printf(w->arena, "jr://file-csv/%s.csv", id), .row = row});
    }
}

static void look_at(struct tf_xwriter *w, struct sources *s, const struct tf_item *it)
{
    static const char *const expressions[] = {"calculate", "constraint", "readonly", "required",
                                              "relevant"};
    const bool question = it->kind == TF_XI_QUESTION;
    for (size_t k = 0; k < 5; k++) {
        const char *text = tf_xpair(&it->bind, expressions[k]);
        add_pulldata(w, s, text, it->row);
        s->last_saved = s->last_saved || (question && tf_xref_last_in(text));
    }
    if (!question)
        return;
    const char *more[] = {it->x->choice_filter, it->default_value};
    for (size_t k = 0; k < 2; k++) {
        add_pulldata(w, s, more[k], it->row);
        s->last_saved = s->last_saved || tf_xref_last_in(more[k]);
    }
}

static void add_file(struct tf_xwriter *w, struct sources *s, const struct tf_item *it)
{
    const char *file = it->x->list, *extension = tf_xfile_extension(file);
    if (extension == NULL || it->list != NULL)
        return;
    add(w, s,
        (struct source){.id = tf_strndup(w->arena, file, (size_t)(extension - file)),
                        .src =
                            tf_printf(w->arena, "jr://%s/%s",
                                      strcmp(extension, ".csv") == 0 ? "file-csv" : "file", file),
                        .row = it->row});
}

static void add_external(struct tf_xwriter *w, struct sources *s, const struct tf_item *it)
{
    const bool csv = tf_starts(it->x->type, "csv");
    add(w, s,
        (struct source){
            .id = it->name,
            .src = tf_printf(w->arena, csv ? "jr://file-csv/%s.csv" : "jr://file/%s.xml", it->name),
            .row = it->row,
            .external = true});
}

static void gather(struct tf_xwriter *w, struct sources *s)
{
    for (struct tf_item *it = w->root; it != NULL; it = tf_xitem_next(it)) {
        if (it->kind == TF_XI_EXTERNAL)
            add_external(w, s, it);
        else if (it->kind != TF_XI_ENTITY && it->kind != TF_XI_ATTRIBUTE)
            look_at(w, s, it);
        if (it->kind == TF_XI_QUESTION)
            add_file(w, s, it);
    }
    if (s->last_saved)
        add(w, s, (struct source){.id = "__last-saved", .src = "jr://instance/last-saved"});
    for (size_t k = 0; k < w->n_lists; k++)
        if (!w->list[k].search)
            add(w, s, (struct source){.id = w->list[k].name, .list = &w->list[k]});
}

/* ---- writing them ---------------------------------------------------------------------------- */

static void leaf(struct tf_xwriter *w, struct tf_xml *item, const char *name, const char *text)
{
    tf_xml_text(w->arena, tf_xml_new(w->arena, item, name), text);
}

static void write_list(struct tf_xwriter *w, struct tf_xml *x, const struct tf_xlist_state *list)
{
    struct tf_xml *root = tf_xml_new(w->arena, x, "root");
    for (size_t k = 0; k < list->n; k++) {
        const struct tf_xchoice *c = &list->choice[k];
        struct tf_xml *item = tf_xml_new(w->arena, root, "item");
        const char *plain = tf_xtexts_plain(&c->label);
        if (list->itext)
            leaf(w, item, "itextId", tf_printf(w->arena, "%s-%zu", list->name, k));
        leaf(w, item, "name", c->name);
        if (!list->itext && plain != NULL)
            leaf(w, item, "label", plain);
        for (size_t e = 0; e < c->extra.n; e++)
            leaf(w, item, c->extra.item[e].name, c->extra.item[e].value);
    }
}

/* The one of the same id that stands before, or the slot where it goes. */
static struct source **slot_of(struct source **table, size_t slots, const char *id)
{
    size_t at = tf_xhash(id, strlen(id)) & (slots - 1);
    while (table[at] != NULL && strcmp(table[at]->id, id) != 0)
        at = (at + 1) & (slots - 1);
    return &table[at];
}

static void twice(struct tf_xwriter *w, const struct source *one, const struct source *before)
{
    if (one->external && before->external)
        tf_xfault(w, one->row, "Give one of them another name, or take it away.",
                  "two external files are named '%s'", one->id);
    else if (!tf_streq(one->src, before->src))
        tf_xfault(w, one->row > 0 ? one->row : before->row,
                  "Rename the list or the file: an id stands for one table.",
                  "'%s' would be two tables: %s and %s", one->id,
                  before->src == NULL ? "the list on the choices sheet" : before->src,
                  one->src == NULL ? "the list on the choices sheet" : one->src);
}

void tf_xsecondary_write(struct tf_xwriter *w, struct tf_xml *model)
{
    struct sources s = {.n = 0};
    gather(w, &s);
    size_t slots = 16;
    while (slots < 2 * s.n)
        slots *= 2;
    struct source **table = TF_NEW_N(w->arena, struct source *, slots);
    for (size_t k = 0; k < s.n; k++) {
        struct source **slot = slot_of(table, slots, s.item[k].id);
        if (*slot != NULL) {
            twice(w, &s.item[k], *slot);
            continue;
        }
        *slot = &s.item[k];
        struct tf_xml *x = tf_xml_new(w->arena, model, "instance");
        tf_xml_attr(w->arena, x, "id", s.item[k].id);
        if (s.item[k].src != NULL)
            tf_xml_attr(w->arena, x, "src", s.item[k].src);
        else
            write_list(w, x, s.item[k].list);
    }
}
