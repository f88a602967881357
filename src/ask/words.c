/* Texts in several languages.
 *
 * A label is written once as a plain text (then it is English) or as a map of language tags. What a
 * reader sees in a language that has no text yet is English, else whatever there is: a page with one
 * untranslated label is better than a page with a hole, and `trefoil check` names the hole. */
#include <string.h>

#include "ask/inside.h"

const char *tf_words_in(const struct tf_words *words, const char *lang)
{
    const char *english = NULL;
    for (size_t k = 0; k < words->n; k++) {
        const struct tf_word *w = &words->item[k];
        if (lang != NULL && strcmp(w->lang, lang) == 0)
            return w->text;
        if (strcmp(w->lang, "en") == 0)
            english = w->text;
    }
    if (english != NULL)
        return english;
    return words->n > 0 ? words->item[0].text : "";
}

enum tf_code tf_words_read(struct tf_arena *arena, const struct tf_yaml *node,
                           struct tf_words *ret, struct tf_err *reterr)
{
    const size_t n = node->kind == TF_YAML_MAP ? node->n : 1;
    struct tf_word *word = TF_NEW_N(arena, struct tf_word, n);
    if (node->kind == TF_YAML_LIST) {
        (void)tf_yaml_fail(node, reterr, "a label is a text, not a list");
        return tf_help(reterr, "Write `label: text` or `label: {en: text, km: text}`.");
    }
    if (node->kind == TF_YAML_SCALAR)
        word[0] = (struct tf_word){.lang = "en", .text = node->text};
    for (size_t k = 0; node->kind == TF_YAML_MAP && k < n; k++) {
        word[k].lang = node->key[k]->text;
        TF_TRY(tf_yaml_need_text(node, word[k].lang, &word[k].text, reterr));
    }
    ret->n = n;
    ret->item = word;
    return TF_OK;
}
