/* Convergence: do the strands, put side by side, say what the claim says they say?
 *
 * A convergence claim has one entry a strand and a word for how they stand together. The word is the
 * author's, but links bind it (the idea of convergence coding: Farmer et al. 2006, Qual. Health Res.
 * 16, 377-394; silence as information: O'Cathain et al. 2010, BMJ 341:c4587):
 *
 *     agree, complement   at least two strands speak, no link CONTRADICTS
 *     contradict          at least two strands speak, a link CONTRADICTS
 *     silent              at least one strand speaks and at least one has nothing to say
 *
 * and an entry needs evidence: a live reference in its text, or a link of its own strand. What the
 * machine cannot see is whether two strands got their figure from one origin: that is for readers. */
#include <string.h>

#include "relate/inside.h"

static size_t contradictions(const struct tf_claim *c)
{
    size_t n = 0;
    for (size_t k = 0; k < c->n_links; k++)
        n += c->link[k].relation == TF_CONTRADICTS;
    return n;
}

static enum tf_code refuse(const struct tf_claim *c, size_t line, const char *fact, const char *help,
                           struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_REFUSED, c->file, line, 0,
                     "claim %s says the strands '%s', but its links say otherwise", c->id,
                     c->together);
    (void)tf_fact(reterr, "%s", fact);
    return tf_help(reterr, "%s", help);
}

/* An entry of a strand must rest on something of that strand. */
static enum tf_code entry_backed(struct tf_reading *r, const struct tf_claim *c, int strand,
                                 struct tf_err *reterr)
{
    if (c->cell[strand].text == NULL || strstr(c->cell[strand].text, "{{") != NULL)
        return TF_OK;
    for (size_t k = 0; k < c->n_links; k++) {
        enum tf_strand of;
        if (r->release == NULL || (tf_link_strand(r->release, &c->link[k], &of) && (int)of == strand))
            return TF_OK;
    }
    (void)tf_fail_at(reterr, TF_E_REFUSED, c->file, c->cell[strand].line, 0,
                     "claim %s: the entry of the strand '%s' rests on nothing", c->id,
                     tf_strand_name((enum tf_strand)strand));
    return tf_help(reterr, "Write a live reference into it, or add a link of that strand.");
}

enum tf_code tf_convergence_check(struct tf_reading *r, const struct tf_claim *c, size_t line,
                                  struct tf_err *reterr)
{
    static const char *const words[] = {"agree", "complement", "silent", "contradict", NULL};
    size_t speak = 0, word = 0;
    if (c->together == NULL) {
        (void)tf_fail_at(reterr, TF_E_INPUT, c->file, line, 0,
                         "convergence claim %s has no `together`", c->id);
        return tf_help(reterr, "Say how the strands stand: agree, complement, silent or contradict.");
    }
    while (words[word] != NULL && strcmp(words[word], c->together) != 0)
        word++;
    if (words[word] == NULL) {
        (void)tf_fail_at(reterr, TF_E_INPUT, c->file, line, 0, "claim %s: `together` may not be '%s'",
                         c->id, c->together);
        return tf_help(reterr, "Use agree, complement, silent or contradict.");
    }
    for (int s = 0; s < 3; s++) {
        speak += c->cell[s].text != NULL;
        TF_TRY(tf_reading_fault(r, entry_backed(r, c, s, reterr)));
    }
    const size_t against = contradictions(c);
    if (word == 2 && (speak == 0 || speak == 3))
        return refuse(c, line, speak == 3 ? "All three strands speak." : "No strand speaks.",
                      "Silence needs one strand that speaks and one that does not.", reterr);
    if (word != 2 && speak < 2)
        return refuse(c, line, "Fewer than two strands speak.",
                      "Write the entries of two strands, or say silent.", reterr);
    if (word <= 1 && against > 0)
        return refuse(c, line, "One of its links CONTRADICTS.",
                      "Say contradict, or look at the link again.", reterr);
    if (word == 3 && against == 0)
        return refuse(c, line, "None of its links CONTRADICTS.",
                      "Link the evidence that speaks against, with relation: CONTRADICTS.", reterr);
    return TF_OK;
}
