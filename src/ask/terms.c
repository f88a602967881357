/* Words that the Luxembourg Guidelines ask not to use, with the words to use in their place.
 *
 * Terms shape what a reader thinks a child did or allowed. The Guidelines (Interagency Working Group,
 * 2016, adopted in Luxembourg) sort terms into those to use, to use with care, and to avoid. Here is a
 * short list of the last kind, for labels and titles: enough to catch what slips in from old laws and
 * forms, not a dictionary. A source's own wording may be kept as `source_label` in its mapping: it is
 * provenance, and is never shown as ours. The list stands here because a check must know its words. */
#include <string.h>

#include "ask/inside.h"

/* clang-format off */
static const struct {
    const char *avoid, *say;
} terms[] = {
    {"child pornograph",   "child sexual abuse material"},
    {"kiddie porn",        "child sexual abuse material"},
    {"child porn",         "child sexual abuse material"},
    {"child prostitut",    "child exploited in prostitution"},
    {"child sex worker",   "child exploited in prostitution"},
    {"child sex tourism",  "sexual exploitation of children in travel and tourism"},
    {"webcam child sex",   "live online child sexual abuse"},
    {"virtual child sex",  "child sexual abuse material made by computer"},
    {"sextortion",         "sexual extortion of children"},
    {"child lover",        "sex offender"},
    {"child client",       "offender"},
    {"customer of a child","offender"},
};
/* clang-format on */

const char *tf_term_to_avoid(const char *text, const char **ret_say)
{
    for (size_t k = 0; k < sizeof terms / sizeof *terms; k++) {
        const size_t n = strlen(terms[k].avoid);
        for (const char *at = text; *at != '\0'; at++) {
            size_t j = 0;
            while (j < n && (at[j] | (at[j] >= 'A' && at[j] <= 'Z' ? 32 : 0)) == terms[k].avoid[j])
                j++;
            if (j == n) {
                *ret_say = terms[k].say;
                return terms[k].avoid;
            }
        }
    }
    return NULL;
}
