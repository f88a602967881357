/* ask/words: a text in several languages. Part of the public face of ask. */
#ifndef TF_ASK_WORDS_H
#define TF_ASK_WORDS_H

#include <stddef.h>

/* One text in several languages; lang is a BCP 47 tag ("en", "km"). */
struct tf_words {
    size_t n;
    struct tf_word {
        const char *lang, *text;
    } *item;
};
/* The text in a language, else in English, else the first, else "". Never NULL. */
const char *tf_words_in(const struct tf_words *words, const char *lang);

#endif
