/* Words that the Luxembourg Guidelines ask not to use, with the words to use in their place.
 *
 * Terms shape what a reader thinks a child did or allowed. The Guidelines (Interagency Working Group,
 * 2016, adopted in Luxembourg) sort terms into those to use, to use with care, and to avoid. Here is a
 * short list of the last kind, for labels and titles: enough to catch what slips in from old laws and
 * forms, not a dictionary. A source's own wording may be kept as `source_label` in its mapping: it is
 * provenance, and is never shown as ours. The list stands here because a check must know its words. */
#include <string.h>

#include "ask/ask.h"

/* Stems, in small letters: "child prostitut" finds both the person and the trade. */
/* clang-format off */
static const struct {
    const char *stem, *say;
} terms[] = {
    {"child porn",          "child sexual abuse material"},
    {"kiddie porn",         "child sexual abuse material"},
    {"child erotica",       "child sexual abuse material"},
    {"child prostitut",     "child exploited in prostitution"},
    {"juvenile prostitut",  "child exploited in prostitution"},
    {"child sex work",      "child exploited in prostitution"},
    {"child sex tourism",   "sexual exploitation of children in travel and tourism"},
    {"child sex tourist",   "travelling child sex offender"},
    {"webcam child sex",    "live online child sexual abuse"},
    {"virtual child sex",   "child sexual abuse material made by computer"},
    {"revenge porn",        "non-consensual sharing of intimate images"},
    {"sextortion",          "sexual extortion of children"},
    {"child lover",         "offender"},
    {"child client",        "offender"},
    {"customer of a child", "offender"},
    {"illegitimate child",  "child born outside marriage"},
};
/* clang-format on */

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* A letter of a word; the bytes of a letter beyond ASCII count too. */
static bool is_letter(char c)
{
    return (small(c) >= 'a' && small(c) <= 'z') || ((unsigned char)c & 0x80) != 0;
}

static bool begins(const char *text, const char *stem)
{
    while (*stem != '\0' && small(*text) == *stem) {
        text++;
        stem++;
    }
    return *stem == '\0';
}

const char *tf_term_to_avoid(const char *text, size_t *ret_n, const char **ret_say)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (at > text && is_letter(at[-1]))
            continue;
        for (size_t k = 0; k < sizeof terms / sizeof *terms; k++)
            if (begins(at, terms[k].stem)) {
                size_t n = strlen(terms[k].stem);
                while (is_letter(at[n]))
                    n++;
                *ret_n = n;
                *ret_say = terms[k].say;
                return at;
            }
    }
    return NULL;
}
