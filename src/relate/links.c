/* Links: from a claim to the released evidence that bears it.
 *
 *     {figure: "exp.ocsea_any sex=girls", relation: SUPPORTS}      figure . row  column
 *     {figure: "police.total 2019", relation: CONTRADICTS}         series . row  period
 *     {quote: Q-XA-01, relation: SUPPORTS}    {law: L-XA-03, relation: QUALIFIES}
 *
 * A link is looked up in the release, never in the vault: what was withheld cannot bear a claim. A
 * missing number of a source may ("not recorded" is a finding about the source); a suppressed, an
 * unreliable or an inapplicable one may not. */
#include <string.h>

#include "relate/inside.h"

/* Split at the '.' behind the longest name that is a figure; else at the first. */
static size_t figure_length(const struct tf_release *release, const char *word)
{
    size_t first = 0, known = 0;
    for (size_t k = 0; word[k] != '\0'; k++) {
        if (word[k] != '.')
            continue;
        if (first == 0)
            first = k;
        for (size_t j = 0; release != NULL && j < release->n_figures; j++)
            if (strlen(release->figure[j].id) == k && strncmp(release->figure[j].id, word, k) == 0)
                known = k;
    }
    return known > 0 ? known : first;
}

void tf_ref_parts(struct tf_arena *arena, const struct tf_release *release, const char *ref,
                  const char **ret_figure, const char **ret_row, const char **ret_col)
{
    char **word;
    const char *col = NULL;
    const size_t n = tf_split(arena, tf_trim(arena, ref), ' ', &word);
    for (size_t k = 1; k < n; k++)
        if (word[k][0] != '\0' && !tf_starts(word[k], "fmt="))
            col = col == NULL ? word[k] : tf_printf(arena, "%s %s", col, word[k]);
    const size_t len = figure_length(release, word[0]);
    *ret_figure = len == 0 ? word[0] : tf_strndup(arena, word[0], len);
    *ret_row = len == 0 ? NULL : word[0] + len + 1;
    *ret_col = col;
}

const char *tf_relation_word(enum tf_relation relation)
{
    static const char *const word[] = {
        [TF_SUPPORTS] = "supports", [TF_QUALIFIES] = "qualifies", [TF_CONTRADICTS] = "contradicts"};
    return word[relation];
}

bool tf_link_strand(const struct tf_release *release, const struct tf_link *link, enum tf_strand *ret)
{
    const struct tf_figure *f;
    *ret = TF_CONTEXT; /* quotes and laws */
    if (link->kind != TF_LINK_FIGURE)
        return true;
    f = tf_release_figure(release, link->figure);
    if (f != NULL)
        *ret = f->strand;
    return f != NULL;
}

/* ---- faults ---- */

static enum tf_code not_there(struct tf_reading *r, const struct tf_claim *c, const struct tf_link *l,
                              const char *kind, const char *name, const char *const *known,
                              struct tf_err *reterr)
{
    const char *near = tf_nearest(name, known);
    (void)tf_fail_at(reterr, TF_E_INPUT, c->file, l->line, 0,
                     "claim %s links to %s '%s', which the release of %s does not have", c->id, kind,
                     name, r->country);
    if (near != NULL)
        return tf_help(reterr, "Did you mean '%s'?", near);
    return tf_help(reterr, "`trefoil protect show %s` lists what is released.", r->country);
}

static enum tf_code quote_or_law(struct tf_reading *r, const struct tf_claim *c,
                                 const struct tf_link *l, struct tf_err *reterr)
{
    const struct tf_release *x = r->release;
    const bool quote = l->kind == TF_LINK_QUOTE;
    if (quote ? tf_release_quote(x, l->ref) != NULL : tf_release_legal(x, l->ref) != NULL)
        return TF_OK;
    const size_t n = quote ? x->n_quotes : x->n_legal;
    const char **known = TF_NEW_N(r->arena, const char *, n + 1);
    for (size_t k = 0; k < n; k++)
        known[k] = quote ? x->quote[k].id : x->legal[k].id;
    (void)not_there(r, c, l, quote ? "quote" : "law", l->ref, known, reterr);
    if (quote)
        return tf_fact(reterr, "A quote is released only with consent to quotation.");
    return reterr->code;
}

static const char **names_of(struct tf_reading *r, const struct tf_figure *f, bool rows)
{
    const char **known = TF_NEW_N(r->arena, const char *, f->n_cells + 1);
    for (size_t k = 0; k < f->n_cells; k++)
        known[k] = rows ? f->cell[k].row : f->cell[k].col;
    return known;
}

static bool row_there(const struct tf_figure *f, const char *row)
{
    if (tf_figure_cell(f, row, NULL) != NULL)
        return true;
    for (size_t k = 0; k < f->n_cells; k++)
        if (tf_figure_cell(f, row, f->cell[k].col) != NULL)
            return true;
    return false;
}

static enum tf_code bears(const struct tf_claim *c, const struct tf_link *l,
                          const struct tf_cell *cell, struct tf_err *reterr)
{
    if (cell->state == TF_CELL_SUPPRESSED || cell->state == TF_CELL_UNRELIABLE ||
        cell->state == TF_CELL_NA) {
        (void)tf_fail_at(reterr, TF_E_REFUSED, c->file, l->line, 0,
                         "claim %s rests on '%s', which is %s", c->id, l->ref,
                         cell->state == TF_CELL_SUPPRESSED ? "withheld to protect children"
                         : cell->state == TF_CELL_NA       ? "not applicable here"
                                                           : "unreliable");
        return tf_help(reterr, "Link to a number that is released, or word the claim without it.");
    }
    return TF_OK;
}

enum tf_code tf_link_check(struct tf_reading *r, const struct tf_claim *c, const struct tf_link *l,
                           struct tf_err *reterr)
{
    const struct tf_release *x = r->release;
    if (l->kind != TF_LINK_FIGURE)
        return quote_or_law(r, c, l, reterr);
    const struct tf_figure *f = tf_release_figure(x, l->figure);
    if (f == NULL) {
        const char **known = TF_NEW_N(r->arena, const char *, x->n_figures + 1);
        for (size_t k = 0; k < x->n_figures; k++)
            known[k] = x->figure[k].id;
        return not_there(r, c, l, "figure", l->figure, known, reterr);
    }
    if (l->row == NULL)
        return TF_OK; /* the whole figure */
    if (!row_there(f, l->row))
        return not_there(r, c, l, tf_printf(r->arena, "figure '%s' row", f->id), l->row,
                         names_of(r, f, true), reterr);
    const struct tf_cell *cell = tf_figure_cell(f, l->row, l->col);
    if (cell == NULL && l->col == NULL)
        return TF_OK; /* a whole row of a series */
    if (cell == NULL)
        return not_there(r, c, l, tf_printf(r->arena, "figure '%s' column", f->id), l->col,
                         names_of(r, f, false), reterr);
    return bears(c, l, cell, reterr);
}
