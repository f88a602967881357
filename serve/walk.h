/* The walk back: from anything printed or named to where it came from.
 *
 *     sentence (file:line) -> claim -> figure cell -> estimate -> recipe (hash)
 *                                                              -> dataset (evidence, hash) -> question
 *     quote -> passage -> transcript -> consent      count -> series -> source      law -> article, date
 *
 * A walk is a list of steps with depths, so that a terminal can indent it, a page nest it and JSON
 * carry it. Each step is read from the release, the claims, the register or the instruments; nothing
 * is made up, and a step that cannot be read says why. */
#ifndef TF_SERVE_WALK_H
#define TF_SERVE_WALK_H

#include "ask/ask.h"
#include "keep/keep.h"
#include "protect/protect.h"
#include "relate/relate.h"
#include "tell/tell.h"

struct tf_step {
    int depth;
    const char *kind; /* sentence claim figure estimate recipe dataset question quote passage
                         transcript consent series source law evidence note */
    const char *text;
    const char *file; /* or NULL */
    size_t line;
    const char *id;   /* evidence id, card id or claim id, or NULL */
};
struct tf_walk {
    struct tf_arena *arena;
    struct tf_step *step;
    size_t n, cap;
};
struct tf_walker { /* what is read once for a country */
    struct tf_arena *arena;
    const struct tf_study *study;
    struct tf_release *release;
    struct tf_claims *claims;     /* never NULL */
    struct tf_use *use;
    size_t n_uses;
    struct tf_register *reg;      /* NULL: it could not be opened */
    const char *claims_fault, *uses_fault; /* why they are not there, or NULL */
};
TF_MUST_CHECK enum tf_code tf_walker_open(struct tf_arena *arena, const struct tf_study *study,
                                          const char *country, struct tf_walker *ret,
                                          struct tf_err *reterr);
/* Add the steps of whatever ref names (card id, reference, figure, quote, law, series, claim,
 * evidence id, or printed text such as "16 %"). False when it names nothing here. */
bool tf_walk_ref(const struct tf_walker *w, const char *ref, struct tf_walk *walk);
/* The walks of one cell, quote, law. */
void tf_walk_cell(const struct tf_walker *w, const struct tf_figure *f, const struct tf_cell *c,
                  struct tf_walk *walk);
void tf_walk_quote(const struct tf_walker *w, const struct tf_quote *q, struct tf_walk *walk);
void tf_walk_law(const struct tf_walker *w, const struct tf_legal *l, struct tf_walk *walk);
/* A cell as one reads it: "15.7 % (95 % CI 13.9–17.6; n = 1,012)", "12 of 38", "[c] withheld …". */
const char *tf_cell_text(struct tf_arena *arena, const struct tf_figure *f, const struct tf_cell *c);

#endif
