/* Names with values, and texts in languages, as the writer of XForms asks for them. */
#include <string.h>

#include "ask/xform_write.h"

uint64_t tf_xhash(const char *s, size_t n) /* FNV-1a: for tables that live as long as one form */
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t k = 0; k < n; k++)
        h = (h ^ (unsigned char)s[k]) * 0x100000001b3u;
    return h ^ (h >> 29);
}

const char *tf_xpair(const struct tf_xpairs *p, const char *name)
{
    for (size_t k = 0; k < p->n; k++)
        if (strcmp(p->item[k].name, name) == 0)
            return p->item[k].value;
    return NULL;
}

/* The array is always copied: what the reader made is not ours to change. */
void tf_xpair_set(struct tf_arena *arena, struct tf_xpairs *p, const char *name, const char *value)
{
    struct tf_xpair *item = TF_NEW_N(arena, struct tf_xpair, p->n + 1);
    size_t at = p->n;
    for (size_t k = 0; k < p->n; k++) {
        item[k] = p->item[k];
        if (strcmp(item[k].name, name) == 0)
            at = k;
    }
    item[at].name = name;
    item[at].value = value;
    if (at == p->n)
        p->n++;
    p->item = item;
}

bool tf_xpair_yes(const struct tf_xpairs *p, const char *name)
{
    static const char *const yes[] = {"yes", "Yes", "YES", "true", "True", "TRUE", "true()"};
    const char *value = tf_xpair(p, name);
    for (size_t k = 0; value != NULL && k < sizeof yes / sizeof *yes; k++)
        if (strcmp(value, yes[k]) == 0)
            return true;
    return false;
}

/* Cells without a text do not count. */
bool tf_xtexts_any(const struct tf_xtexts *t)
{
    for (size_t k = 0; k < t->n; k++)
        if (t->item[k].text != NULL && t->item[k].text[0] != '\0')
            return true;
    return false;
}

bool tf_xtexts_many(const struct tf_xtexts *t)
{
    for (size_t k = 0; k < t->n; k++)
        if (t->item[k].lang != NULL && t->item[k].text != NULL && t->item[k].text[0] != '\0')
            return true;
    return false;
}

const char *tf_xtexts_plain(const struct tf_xtexts *t)
{
    if (tf_xtexts_many(t))
        return NULL;
    for (size_t k = 0; k < t->n; k++)
        if (t->item[k].text != NULL && t->item[k].text[0] != '\0')
            return t->item[k].text;
    return NULL;
}

void tf_xtexts_set(struct tf_arena *arena, struct tf_xtexts *t, const char *text)
{
    t->item = TF_NEW(arena, struct tf_xtext);
    t->item->text = text;
    t->n = 1;
}

bool tf_xmedia_any(const struct tf_xtexts media[TF_N_MEDIA])
{
    for (size_t k = 0; k < TF_N_MEDIA; k++)
        if (tf_xtexts_any(&media[k]))
            return true;
    return false;
}
