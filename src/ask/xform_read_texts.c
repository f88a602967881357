/* Texts of an XForm: itext, labels, hints, messages, choices, and the files they name.
 *
 * itext is a table of ids by languages; a text may have forms beside itself (audio, image, guidance). A
 * label says its id, or holds its text. <output value="/data/name"/> within a text is written ${name}:
 * these texts are for lists, codebooks and checks, not for asking.
 *
 * Choices come inline, or from a secondary instance through an itemset: then all items of that instance
 * are the field's choices, whatever its filter lets through.
 *
 * Source: ODK XForms specification, sections Languages, Media, Secondary Instances. */
#include <stdlib.h>
#include <string.h>

#include "ask/xform_read.h"

/* The language of a text that says none: as XLSForm tools name it. */
static const char no_language[] = "default";

/* ---- a text with its outputs -------------------------------------------------------------------- */

static void put_output(const struct xread *r, struct tf_buf *b, size_t el)
{
    const char *value = xget(&r->tree, el, "value");
    if (value == NULL)
        value = xget(&r->tree, el, "ref");
    const char *path = value == NULL ? NULL : tf_path_plain(r->arena, value, "/");
    const char *name = path == NULL ? "…" : strrchr(path, '/') + 1;
    tf_buf_printf(b, "${%s}", name);
}

static void put_text(const struct xread *r, struct tf_buf *b, size_t el)
{
    for (size_t c = r->tree.el[el].first; c != SIZE_MAX; c = r->tree.el[c].next) {
        const struct xel *e = &r->tree.el[c];
        if (e->name == NULL)
            tf_buf_add(b, e->text);
        else if (strcmp(e->name, "output") == 0)
            put_output(r, b, c);
        else
            put_text(r, b, c);
    }
}

static const char *text_of(const struct xread *r, size_t el)
{
    const size_t first = r->tree.el[el].first;
    if (first == SIZE_MAX)
        return "";
    if (r->tree.el[first].name == NULL && r->tree.el[first].next == SIZE_MAX)
        return tf_trim(r->arena, r->tree.el[first].text);
    struct tf_buf b = {.arena = r->arena};
    put_text(r, &b, el);
    return tf_trim(r->arena, tf_buf_text(&b));
}

/* ---- itext -------------------------------------------------------------------------------------- */

static size_t slot_of(const struct xitext *t, const char *id, const char *form)
{
    uint64_t h = tf_path_hash_step(tf_path_hash_root(), id, strlen(id));
    h = tf_path_hash_step(h, form, strlen(form));
    size_t at = (size_t)h & t->mask;
    while (t->slot[at] != 0 && (strcmp(t->key[t->slot[at] - 1].id, id) != 0 ||
                                strcmp(t->key[t->slot[at] - 1].form, form) != 0))
        at = (at + 1) & t->mask;
    return at;
}

static const struct xkey *find_key(const struct xitext *t, const char *id, const char *form)
{
    if (t->slot == NULL)
        return NULL;
    const size_t at = slot_of(t, id, form);
    return t->slot[at] == 0 ? NULL : &t->key[t->slot[at] - 1];
}

static void put_value(struct xread *r, size_t lang, const char *id, size_t value)
{
    struct xitext *t = &r->itext;
    const char *form = xget(&r->tree, value, "form");
    if (form == NULL)
        form = "";
    const size_t at = slot_of(t, id, form);
    if (t->slot[at] == 0) {
        t->key = tf_grow(r->arena, t->key, t->n_keys, &t->cap, sizeof *t->key);
        t->key[t->n_keys] = (struct xkey){id, form, TF_NEW_N(r->arena, const char *, t->n_langs)};
        t->slot[at] = ++t->n_keys;
    }
    struct xkey *k = &t->key[t->slot[at] - 1];
    if (k->text[lang] != NULL)
        tf_xread_fault(r, TF_ERROR, value, "itext-twice", "Each text has one value of each form.",
                       "the text '%.80s'%s%.20s stands twice in the language '%.40s'", id,
                       *form == '\0' ? "" : " of form ", form, t->lang[lang]);
    k->text[lang] = text_of(r, value);
}

static void read_translation(struct xread *r, size_t lang, size_t el)
{
    const struct xtree *t = &r->tree;
    for (size_t e = xfirst(t, el); e != SIZE_MAX; e = xnext(t, e)) {
        const char *id = xget(t, e, "id");
        if (strcmp(t->el[e].name, "text") != 0)
            continue;
        if (tf_is_blank(id)) {
            tf_xread_fault(r, TF_ERROR, e, "itext-id", "Give it the id that labels refer to.",
                           "a <text> of the language '%.40s' has no id", r->itext.lang[lang]);
            continue;
        }
        for (size_t v = xfirst(t, e); v != SIZE_MAX; v = xnext(t, v)) {
            if (strcmp(t->el[v].name, "value") == 0)
                put_value(r, lang, id, v);
            else
                tf_xread_fault(r, TF_ERROR, v, "itext-value", "A <text> holds <value> elements only.",
                               "<%.40s> stands in the text '%.80s'", t->el[v].name, id);
        }
    }
}

/* The languages: each once, named, at most one the default. */
static void read_languages(struct xread *r, size_t itext, size_t *of_el)
{
    const struct xtree *t = &r->tree;
    struct xitext *it = &r->itext;
    for (size_t e = xfirst(t, itext); e != SIZE_MAX; e = xnext(t, e)) {
        const char *lang = xget(t, e, "lang");
        size_t k = 0;
        if (strcmp(t->el[e].name, "translation") != 0)
            continue;
        if (tf_is_blank(lang)) {
            tf_xread_fault(r, TF_ERROR, e, "itext-lang", "Say it: <translation lang=\"English (en)\">.",
                           "a <translation> does not say its language");
            continue;
        }
        while (k < it->n_langs && strcmp(it->lang[k], lang) != 0)
            k++;
        if (k < it->n_langs) {
            tf_xread_fault(r, TF_ERROR, e, "itext-lang", "Put all its texts into one <translation>.",
                           "the language '%.60s' has two translations", lang);
            continue;
        }
        if (xget(t, e, "default") != NULL) {
            if (it->default_lang != SIZE_MAX)
                tf_xread_fault(r, TF_ERROR, e, "itext-default", "Take default off one of them.",
                               "two languages are the default: '%.60s' and '%.60s'",
                               it->lang[it->default_lang], lang);
            it->default_lang = k;
        }
        of_el[it->n_langs] = e;
        it->lang[it->n_langs++] = lang;
    }
}

void tf_xread_itext(struct xread *r)
{
    const struct xtree *t = &r->tree;
    struct xitext *it = &r->itext;
    const size_t itext = xchild(t, r->model, "itext");
    size_t n = 0, values = 0;
    it->default_lang = SIZE_MAX;
    if (itext == SIZE_MAX)
        return;
    for (size_t e = xfirst(t, itext); e != SIZE_MAX; e = xnext(t, e)) {
        n++;
        for (size_t x = xfirst(t, e); x != SIZE_MAX; x = xnext(t, x))
            for (size_t v = xfirst(t, x); v != SIZE_MAX; v = xnext(t, v))
                values++;
    }
    it->lang = TF_NEW_N(r->arena, const char *, n + 1);
    size_t *of_el = TF_NEW_N(r->arena, size_t, n + 1);
    read_languages(r, itext, of_el);
    if (it->n_langs == 0) {
        tf_xread_fault(r, TF_ERROR, itext, "itext-empty", "Take <itext> out, or add a <translation>.",
                       "<itext> has no translation");
        return;
    }
    for (it->mask = 15; it->mask < values * 2; it->mask = it->mask * 2 + 1)
        ;
    it->slot = TF_NEW_N(r->arena, size_t, it->mask + 1);
    for (size_t k = 0; k < it->n_langs; k++)
        read_translation(r, k, of_el[k]);
    r->form->language = it->lang;
    r->form->n_languages = it->n_langs;
    r->form->default_language = it->lang[it->default_lang == SIZE_MAX ? 0 : it->default_lang];
}

struct tf_words tf_xitext_words(const struct xread *r, const char *id, const char *form)
{
    const struct xkey *k = find_key(&r->itext, id, form);
    struct tf_words w = {0, NULL};
    if (k == NULL)
        return w;
    w.item = TF_NEW_N(r->arena, struct tf_word, r->itext.n_langs);
    for (size_t l = 0; l < r->itext.n_langs; l++)
        if (k->text[l] != NULL)
            w.item[w.n++] = (struct tf_word){r->itext.lang[l], k->text[l]};
    return w;
}

bool tf_xitext_has(const struct xread *r, const char *id, size_t lang)
{
    const struct xkey *k = find_key(&r->itext, id, "");
    if (k != NULL && k->text[lang] != NULL)
        return true;
    for (size_t j = 0; j < r->itext.n_keys; j++) /* a label may be a picture or a recording only */
        if (r->itext.key[j].text[lang] != NULL && strcmp(r->itext.key[j].id, id) == 0)
            return true;
    return false;
}

const char *tf_itext_id(struct tf_arena *arena, const char *ref)
{
    static const char open[] = "jr:itext(";
    if (ref == NULL)
        return NULL;
    ref = tf_trim(arena, ref);
    const size_t n = strlen(ref), at = strlen(open);
    if (!tf_starts(ref, open) || n < at + 3 || ref[n - 1] != ')' || ref[n - 2] != ref[at] ||
        (ref[at] != '\'' && ref[at] != '"') || n - 2 == at)
        return NULL;
    return tf_strndup(arena, ref + at + 1, n - at - 3);
}

/* ---- secondary instances ------------------------------------------------------------------------ */

static void read_items(struct xread *r, size_t root, struct tf_xinstance *s)
{
    const struct xtree *t = &r->tree;
    size_t n = 0;
    for (size_t e = xfirst(t, root); e != SIZE_MAX; e = xnext(t, e))
        n++;
    s->root_name = t->el[root].name;
    s->item = TF_NEW_N(r->arena, struct tf_xpairs_row, n + 1);
    for (size_t e = xfirst(t, root); e != SIZE_MAX; e = xnext(t, e)) {
        struct tf_xpairs_row *row = &s->item[s->n_items++];
        size_t cells = 0;
        s->item_name = t->el[e].name;
        for (size_t c = xfirst(t, e); c != SIZE_MAX; c = xnext(t, c))
            cells++;
        row->name = TF_NEW_N(r->arena, const char *, cells + 1);
        row->value = TF_NEW_N(r->arena, const char *, cells + 1);
        for (size_t c = xfirst(t, e); c != SIZE_MAX; c = xnext(t, c)) {
            row->name[row->n] = t->el[c].name;
            row->value[row->n++] = xtext(r->arena, t, c);
        }
    }
}

void tf_xread_instances(struct xread *r)
{
    const struct xtree *t = &r->tree;
    size_t n = 0;
    for (size_t e = xfirst(t, r->model); e != SIZE_MAX; e = xnext(t, e))
        n += strcmp(t->el[e].name, "instance") == 0;
    r->form->instance = TF_NEW_N(r->arena, struct tf_xinstance, n + 1);
    for (size_t e = xnext(t, xchild(t, r->model, "instance")); e != SIZE_MAX; e = xnext(t, e)) {
        const char *id = xget(t, e, "id");
        if (strcmp(t->el[e].name, "instance") != 0)
            continue;
        if (id == NULL) {
            tf_xread_fault(r, TF_WARNING, e, "instance-id", "Give it the id that instance('…') names.",
                           "a secondary instance has no id: nothing can refer to it");
            continue;
        }
        struct tf_xinstance *s = &r->form->instance[r->form->n_instances++];
        *s = (struct tf_xinstance){.id = id, .src = xget(t, e, "src"), .root_name = "root",
                                   .item_name = "item"};
        const size_t root = xfirst(t, e);
        if (s->src == NULL && root != SIZE_MAX) {
            if (xnext(t, root) != SIZE_MAX)
                tf_xread_fault(r, TF_ERROR, e, "instance-root", "Put its items into one <root>.",
                               "the instance '%.60s' has more than one element", id);
            read_items(r, root, s);
        }
    }
}

/* ---- labels ------------------------------------------------------------------------------------- */

static struct tf_words one_text(struct xread *r, const char *text)
{
    struct tf_words w = {0, NULL};
    if (text == NULL || *text == '\0')
        return w;
    w.item = TF_NEW(r->arena, struct tf_word);
    w.item[w.n++] = (struct tf_word){no_language, text};
    return w;
}

static struct tf_words words_of(struct xread *r, size_t el)
{
    const char *id = tf_itext_id(r->arena, xget(&r->tree, el, "ref"));
    return id != NULL ? tf_xitext_words(r, id, "") : one_text(r, text_of(r, el));
}

/* "jr://audio/a.mp3" -> "a.mp3" */
static const char *file_name(const char *uri)
{
    if (!tf_starts(uri, "jr://"))
        return uri;
    const char *slash = strchr(uri + strlen("jr://"), '/');
    return slash == NULL ? uri : slash + 1;
}

static void take_texts(struct xread *r, size_t el, struct tf_xfield *x)
{
    const struct xtree *t = &r->tree;
    const size_t label = xchild(t, el, "label"), hint = xchild(t, el, "hint");
    if (label != SIZE_MAX) {
        const char *id = tf_itext_id(r->arena, xget(t, label, "ref"));
        x->label = words_of(r, label);
        if (id != NULL) {
            x->audio = tf_xitext_words(r, id, "audio");
            for (size_t k = 0; k < x->audio.n; k++)
                x->audio.item[k].text = file_name(x->audio.item[k].text);
        }
    }
    if (hint != SIZE_MAX) {
        const char *id = tf_itext_id(r->arena, xget(t, hint, "ref"));
        x->hint = words_of(r, hint);
        if (id != NULL)
            x->guidance = tf_xitext_words(r, id, "guidance");
    }
}

static struct tf_words message(struct xread *r, size_t bind, const char *name)
{
    const char *text = xget_ns(&r->tree, bind, XS_JR, name);
    const char *id = tf_itext_id(r->arena, text);
    return id != NULL ? tf_xitext_words(r, id, "") : one_text(r, text);
}

/* ---- choices ------------------------------------------------------------------------------------ */

static void inline_items(struct xread *r, size_t el, struct tf_xfield *x)
{
    const struct xtree *t = &r->tree;
    size_t n = 0;
    for (size_t e = xfirst(t, el); e != SIZE_MAX; e = xnext(t, e))
        n += strcmp(t->el[e].name, "item") == 0;
    if (n == 0)
        return;
    x->item = TF_NEW_N(r->arena, struct tf_xitem, n);
    for (size_t e = xfirst(t, el); e != SIZE_MAX; e = xnext(t, e)) {
        const size_t value = xchild(t, e, "value"), label = xchild(t, e, "label");
        if (strcmp(t->el[e].name, "item") != 0 || value == SIZE_MAX)
            continue;
        struct tf_xitem *item = &x->item[x->n_items++];
        item->value = xtext(r->arena, t, value);
        if (label != SIZE_MAX)
            item->label = words_of(r, label);
    }
}

static const char *cell(const struct tf_xpairs_row *row, const char *name)
{
    for (size_t k = 0; k < row->n; k++)
        if (strcmp(row->name[k], name) == 0)
            return row->value[k];
    return NULL;
}

/* The secondary instance that an itemset's nodeset begins with, or NULL. */
static const struct tf_xinstance *instance_of(const struct xread *r, const char *nodeset)
{
    const char *at = strstr(nodeset, "instance(");
    if (at == NULL)
        return NULL;
    at += strlen("instance(");
    at += strspn(at, " ");
    if (*at != '\'' && *at != '"')
        return NULL;
    const char *end = strchr(at + 1, *at);
    for (size_t k = 0; end != NULL && k < r->form->n_instances; k++)
        if (strlen(r->form->instance[k].id) == (size_t)(end - at - 1) &&
            strncmp(r->form->instance[k].id, at + 1, (size_t)(end - at - 1)) == 0)
            return &r->form->instance[k];
    return NULL;
}

static void itemset_items(struct xread *r, size_t el, struct tf_xfield *x)
{
    const struct xtree *t = &r->tree;
    const size_t value = xchild(t, el, "value"), label = xchild(t, el, "label");
    const char *value_ref = value == SIZE_MAX ? NULL : xget(t, value, "ref");
    const char *label_ref = label == SIZE_MAX ? NULL : xget(t, label, "ref");
    x->itemset = xget(t, el, "nodeset");
    if (x->itemset == NULL || value_ref == NULL || label_ref == NULL)
        return;
    x->item_value = tf_trim(r->arena, value_ref);
    x->item_label = tf_trim(r->arena, label_ref);
    const struct tf_xinstance *s = instance_of(r, x->itemset);
    if (s == NULL || s->n_items == 0)
        return;
    const bool itext = tf_starts(x->item_label, "jr:itext(");
    const char *column = x->item_label;
    if (itext)
        column = tf_trim(r->arena, tf_strndup(r->arena, column + strlen("jr:itext("),
                                              strcspn(column + strlen("jr:itext("), ")")));
    x->item = TF_NEW_N(r->arena, struct tf_xitem, s->n_items);
    for (size_t k = 0; k < s->n_items; k++) {
        const char *v = cell(&s->item[k], x->item_value), *l = cell(&s->item[k], column);
        if (v == NULL)
            continue;
        struct tf_xitem *item = &x->item[x->n_items++];
        item->value = v;
        if (l != NULL)
            item->label = itext ? tf_xitext_words(r, l, "") : one_text(r, l);
    }
}

/* ---- media -------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_file(const char *uri)
{
    return tf_starts(uri, "jr://") && !tf_starts(uri, "jr://instance/") && *file_name(uri) != '\0';
}

static void gather_media(struct xread *r)
{
    struct tf_xform *f = r->form;
    size_t cap = 0, n = 0;
    const char **name = NULL;
    for (size_t k = 0; k < r->itext.n_keys; k++)
        for (size_t l = 0; l < r->itext.n_langs; l++)
            if (r->itext.key[k].form[0] != '\0' && r->itext.key[k].text[l] != NULL &&
                is_file(r->itext.key[k].text[l])) {
                name = tf_grow(r->arena, name, n, &cap, sizeof *name);
                name[n++] = file_name(r->itext.key[k].text[l]);
            }
    for (size_t k = 0; k < f->n_instances; k++)
        if (f->instance[k].src != NULL && is_file(f->instance[k].src)) {
            name = tf_grow(r->arena, name, n, &cap, sizeof *name);
            name[n++] = file_name(f->instance[k].src);
        }
    for (size_t k = 0; k < r->n_controls; k++)
        if (xget(&r->tree, r->control[k].el, "query") != NULL) { /* external choices */
            name = tf_grow(r->arena, name, n, &cap, sizeof *name);
            name[n++] = "itemsets.csv";
            break;
        }
    if (n > 0)
        qsort(name, n, sizeof *name, by_name);
    for (size_t k = 0; k < n; k++)
        if (k == 0 || strcmp(name[k], name[k - 1]) != 0)
            name[f->n_media++] = name[k];
    f->media = name;
}

void tf_xread_labels(struct xread *r)
{
    for (size_t k = 0; k < r->n_binds; k++)
        if (r->bind[k].field != SIZE_MAX) {
            struct tf_xfield *x = &r->form->field[r->bind[k].field];
            x->constraint_message = message(r, r->bind[k].el, "constraintMsg");
            x->required_message = message(r, r->bind[k].el, "requiredMsg");
        }
    for (size_t k = 0; k < r->n_controls; k++) {
        const struct xcontrol *c = &r->control[k];
        if (c->field == SIZE_MAX)
            continue;
        struct tf_xfield *x = &r->form->field[c->field];
        if (x->label.n == 0 || strcmp(r->tree.el[c->el].name, "repeat") != 0)
            take_texts(r, c->el, x);
        const size_t itemset = xchild(&r->tree, c->el, "itemset");
        inline_items(r, c->el, x);
        if (itemset != SIZE_MAX)
            itemset_items(r, itemset, x);
    }
    gather_media(r);
}
