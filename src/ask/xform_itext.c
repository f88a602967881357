/* Texts in languages: the itext block.
 *
 * A text stands there when it has a language, a sound or a picture, or guidance (which has no other
 * place). Texts without a language count as the default language's. Every text must have every form
 * in every language, or clients fall back to nothing: what is missing is written as "-", save for
 * pictures and sounds, which may be missing. Choices come first, then questions in order, then
 * their media.
 *
 * Source: ODK XForms Specification (Languages); what counts as missing as pyxform 4.5 has it. */
#include <string.h>

#include "ask/xform_write.h"

enum form { F_LONG, F_GUIDANCE, F_IMAGE, F_BIG_IMAGE, F_AUDIO, F_VIDEO, N_FORMS };

static const struct {
    const char *name, *before;
} forms[N_FORMS] = {
    {NULL,        ""            },
    {"guidance",  ""            },
    {"image",     "jr://images/"},
    {"big-image", "jr://images/"},
    {"audio",     "jr://audio/" },
    {"video",     "jr://video/" }
};

struct cell {
    size_t lang;
    enum form form;
    const char *text;
    const struct tf_item *context;
    struct cell *next;
};
struct tf_xtext_id { /* a text in all languages */
    const char *id;
    struct cell *cell;
    bool form[N_FORMS], listed;
    struct tf_xtext_id *next_same;
};

/* ---- gathering ------------------------------------------------------------------------------- */

static size_t lang_of(struct tf_xwriter *w, const char *name)
{
    for (size_t k = 0; k < w->n_langs; k++)
        if (strcmp(w->lang[k].name, name) == 0)
            return k;
    w->lang = tf_grow(w->arena, w->lang, w->n_langs, &w->cap_langs, sizeof *w->lang);
    w->lang[w->n_langs] = (struct tf_xlang){.name = name};
    return w->n_langs++;
}

static struct tf_xtext_id *id_of(struct tf_xwriter *w, const char *id)
{
    struct tf_xtext_id **slot = &w->text[tf_xhash(id, strlen(id)) & (w->n_text_slots - 1)];
    for (; *slot != NULL; slot = &(*slot)->next_same)
        if (strcmp((*slot)->id, id) == 0)
            return *slot;
    *slot = TF_NEW(w->arena, struct tf_xtext_id);
    (*slot)->id = id;
    return *slot;
}

static bool has_lang(const struct tf_xtext_id *id, size_t lang)
{
    for (const struct cell *c = id->cell; c != NULL; c = c->next)
        if (c->lang == lang)
            return true;
    return false;
}

static const struct cell *cell_of(const struct tf_xtext_id *id, size_t lang, enum form form)
{
    for (const struct cell *c = id->cell; c != NULL; c = c->next)
        if (c->lang == lang && c->form == form)
            return c;
    return NULL;
}

static void add(struct tf_xwriter *w, struct tf_xtext_id *id, const char *lang_name, enum form form,
                const char *text, const struct tf_item *context)
{
    const size_t k = lang_of(w, lang_name == NULL ? w->form->default_language : lang_name);
    struct tf_xlang *lang = &w->lang[k];
    if (lang_name == NULL && cell_of(id, k, form) != NULL)
        return; /* said with its language, too */
    if (!has_lang(id, k)) {
        lang->id = tf_grow(w->arena, lang->id, lang->n, &lang->cap, sizeof *lang->id);
        lang->id[lang->n++] = id;
    }
    struct cell *c = TF_NEW(w->arena, struct cell);
    *c = (struct cell){.lang = k, .form = form, .text = text, .context = context, .next = id->cell};
    id->cell = c; /* in front: the last one said counts */
    id->form[form] = true;
}

static void add_texts(struct tf_xwriter *w, const char *id, enum form form,
                      const struct tf_xtexts *t, const struct tf_item *context)
{
    for (size_t k = 0; k < t->n; k++)
        if (t->item[k].text != NULL && t->item[k].text[0] != '\0')
            add(w, id_of(w, id), t->item[k].lang, form, t->item[k].text, context);
}

static void
add_media(struct tf_xwriter *w, const char *id, const struct tf_xtexts media[TF_N_MEDIA])
{
    static const enum form as[TF_N_MEDIA] = {F_IMAGE, F_BIG_IMAGE, F_AUDIO, F_VIDEO};
    for (size_t k = 0; k < TF_N_MEDIA; k++)
        add_texts(w, id, as[k], &media[k], NULL);
}

static void gather_list(struct tf_xwriter *w, const struct tf_xlist_state *list)
{
    for (size_t k = 0; k < list->n; k++) {
        const char *id = tf_printf(w->arena, "%s-%zu", list->name, k);
        add_texts(w, id, F_LONG, &list->choice[k].label, NULL);
        add_media(w, id, list->choice[k].media);
    }
}

static void gather_message(struct tf_xwriter *w, const struct tf_item *it,
                           const struct tf_xtexts *t, const char *name, bool answers)
{
    if (tf_xtexts_many(t) || (answers && tf_xref_in(tf_xtexts_plain(t))))
        add_texts(w, tf_printf(w->arena, "%s:%s", it->path, name), F_LONG, t, it);
}

static void gather_item(struct tf_xwriter *w, const struct tf_item *it)
{
    const struct tf_xnode *x = it->x;
    const bool guidance = it->kind == TF_XI_QUESTION && tf_xtexts_any(&x->guidance);
    gather_message(w, it, &x->constraint_message, "jr:constraintMsg", true);
    gather_message(w, it, &x->required_message, "jr:requiredMsg", true);
    gather_message(w, it, &x->no_app_message, "jr:noAppErrorString", false);
    if (tf_xtexts_many(&x->label) || tf_xmedia_any(x->media))
        add_texts(w, tf_printf(w->arena, "%s:label", it->path), F_LONG, &x->label, it);
    if (guidance || tf_xtexts_many(&x->hint)) {
        const char *id = tf_printf(w->arena, "%s:hint", it->path);
        add_texts(w, id, F_LONG, &x->hint, it);
        if (guidance)
            add_texts(w, id, F_GUIDANCE, &x->guidance, it);
    }
}

void tf_xitext_gather(struct tf_xwriter *w)
{
    size_t n = 0, slots = 64;
    for (struct tf_item *it = w->root; it != NULL; it = tf_xitem_next(it))
        n++;
    for (size_t k = 0; k < w->n_lists; k++)
        n += w->list[k].n;
    while (slots < 2 * n)
        slots *= 2;
    w->text = TF_NEW_N(w->arena, struct tf_xtext_id *, slots);
    w->n_text_slots = slots;
    for (size_t k = 0; k < w->n_lists; k++)
        if (w->list[k].itext)
            gather_list(w, &w->list[k]);
    for (struct tf_item *it = w->root; it != NULL; it = tf_xitem_next(it))
        if (it->x != NULL && it->kind != TF_XI_EXTERNAL)
            gather_item(w, it);
    for (struct tf_item *it = w->root; it != NULL; it = tf_xitem_next(it))
        if (it->x != NULL && it->kind != TF_XI_EXTERNAL && tf_xmedia_any(it->x->media))
            add_media(w, tf_printf(w->arena, "%s:label", it->path), it->x->media);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void write_text(struct tf_xwriter *w, struct tf_xml *translation,
                       const struct tf_xtext_id *id, size_t lang)
{
    struct tf_xml *x = tf_xml_new(w->arena, translation, "text");
    tf_xml_attr(w->arena, x, "id", id->id);
    for (size_t f = 0; f < N_FORMS; f++) {
        if (!id->form[f])
            continue;
        const struct cell *c = cell_of(id, lang, (enum form)f);
        const bool none = c == NULL || strcmp(c->text, "-") == 0;
        if (none && f >= F_IMAGE)
            continue;
        struct tf_xml *value = tf_xml_new(w->arena, x, "value");
        if (forms[f].name != NULL)
            tf_xml_attr(w->arena, value, "form", forms[f].name);
        if (none)
            tf_xml_text(w->arena, value, "-");
        else
            tf_xtext_write(w, value, forms[f].before, c->text, c->context);
    }
}

struct tf_xml *tf_xitext_write(struct tf_xwriter *w)
{
    if (w->n_langs == 0)
        return NULL;
    struct tf_xtext_id **all = NULL;
    size_t n = 0, cap = 0;
    for (size_t k = 0; k < w->n_langs; k++)
        for (size_t i = 0; i < w->lang[k].n; i++) {
            struct tf_xtext_id *id = w->lang[k].id[i];
            if (id->listed)
                continue;
            id->listed = true;
            all = tf_grow(w->arena, all, n, &cap, sizeof *all);
            all[n++] = id;
        }
    struct tf_xml *itext = tf_xml_element(w->arena, "itext");
    for (size_t k = 0; k < w->n_langs; k++) {
        struct tf_xml *x = tf_xml_new(w->arena, itext, "translation");
        tf_xml_attr(w->arena, x, "lang", w->lang[k].name);
        if (strcmp(w->lang[k].name, w->form->default_language) == 0)
            tf_xml_attr(w->arena, x, "default", "true()");
        for (size_t i = 0; i < w->lang[k].n; i++)
            write_text(w, x, w->lang[k].id[i], k);
        for (size_t i = 0; i < n && w->lang[k].n < n; i++)
            if (!has_lang(all[i], k))
                write_text(w, x, all[i], k);
    }
    return itext;
}
