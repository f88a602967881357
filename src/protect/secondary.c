/* Secondary suppression: no subtraction may undo a suppression.
 *
 * The cells of a release stand in lines that add up: boys + girls = all children; never + once +
 * often = everybody asked; grooming + other = all offences of a year. Who knows all cells of a line
 * but one knows that one too. So as long as a line has exactly one unknown cell, a second of it is
 * hidden:
 *
 *     total 60 | boys [c] | girls 57      60 - 57 = 3: the 3 is out
 *     total 60 | boys [c] | girls [c]     now it is not
 *
 * Hiding a cell may leave a crossing line with one unknown, and the same fact may stand in another
 * figure; so lines and equal facts are gone over until nothing changes (each pass hides at least one
 * cell, so it ends). The partner is the cell with the fewest cases that are more than none: it costs
 * least, and a hidden zero protects badly; the whole is taken last.
 *
 * Source: Hundepool et al. (2012), Statistical Disclosure Control, 5.3 (the one-unknown condition).
 * What it does not do: the width of the interval that linear programming would leave an attacker
 * with two or more unknowns in a line is not computed, and bounds between different questions
 * (an "any of four" composite and its items) are not used. */
#include <math.h>
#include <string.h>

#include "protect/inside.h"

void tf_cell_blank(struct tf_cell *c)
{
    c->value = c->lo = c->hi = c->se = c->df = c->deff = (double)NAN;
    c->n = c->base = c->psu = (double)NAN;
    c->text = NULL;
}

static bool unknown(const struct tf_fact_cell *f)
{
    return f->cell->state == TF_CELL_SUPPRESSED || f->cell->state == TF_CELL_MISSING;
}

/* Fewest cases first, but none last of all parts. */
static double cost(const struct tf_fact_cell *f)
{
    if (isnan(f->n))
        return 1e301;
    return f->n > 0 ? f->n : 1e300;
}

/* The one suppressed cell of a line needs a partner: which? SIZE_MAX when the line needs none. */
static size_t partner(const struct tf_fact_cell *fact, const struct tf_line *line)
{
    size_t n_unknown = 0, n_hidden = 0, best = SIZE_MAX;
    for (size_t k = 0; k < line->n; k++) {
        const struct tf_fact_cell *f = &fact[line->at[k]];
        n_unknown += unknown(f);
        n_hidden += f->cell->state == TF_CELL_SUPPRESSED;
    }
    if (n_unknown != 1 || n_hidden != 1)
        return SIZE_MAX;
    for (size_t k = line->has_whole ? 1 : 0; k < line->n; k++)
        if (!unknown(&fact[line->at[k]]) &&
            (best == SIZE_MAX || cost(&fact[line->at[k]]) < cost(&fact[best])))
            best = line->at[k];
    if (best == SIZE_MAX && line->has_whole && !unknown(&fact[line->at[0]]))
        best = line->at[0];
    return best;
}

/* Equal facts share their fate. Facts come sorted by `same` in `order`. */
static size_t spread(struct tf_fact_cell *fact, const size_t *order, size_t n)
{
    size_t hidden = 0;
    for (size_t from = 0, to; from < n; from = to) {
        bool any = fact[order[from]].cell->state == TF_CELL_SUPPRESSED;
        for (to = from + 1; to < n && strcmp(fact[order[to]].same, fact[order[from]].same) == 0; to++)
            any = any || fact[order[to]].cell->state == TF_CELL_SUPPRESSED;
        for (size_t k = from; any && k < to; k++)
            if (fact[order[k]].cell->state != TF_CELL_SUPPRESSED) {
                fact[order[k]].cell->state = TF_CELL_SUPPRESSED;
                hidden++;
            }
    }
    return hidden;
}

/* Merge sort of indices by `same`: stable, so the order of equal facts is the order they came in. */
static void sort_same(const struct tf_fact_cell *fact, size_t *order, size_t *spare, size_t n)
{
    if (n < 2)
        return;
    const size_t half = n / 2;
    sort_same(fact, order, spare, half);
    sort_same(fact, order + half, spare, n - half);
    size_t i = 0, j = half;
    for (size_t k = 0; k < n; k++) {
        const bool left = j == n || (i < half && strcmp(fact[order[i]].same, fact[order[j]].same) <= 0);
        spare[k] = left ? order[i++] : order[j++];
    }
    memcpy(order, spare, n * sizeof *order);
}

size_t tf_secondary(struct tf_arena *arena, struct tf_fact_cell *fact, size_t n_facts,
                    const struct tf_line *line, size_t n_lines)
{
    size_t *order = TF_NEW_N(arena, size_t, n_facts + 1);
    size_t *spare = TF_NEW_N(arena, size_t, n_facts + 1);
    size_t n = 0, hidden = 0, pass;
    for (size_t k = 0; k < n_facts; k++)
        if (fact[k].same != NULL)
            order[n++] = k;
    sort_same(fact, order, spare, n);
    do {
        pass = spread(fact, order, n);
        for (size_t k = 0; k < n_lines; k++) {
            const size_t at = partner(fact, &line[k]);
            if (at == SIZE_MAX)
                continue;
            fact[at].cell->state = TF_CELL_SUPPRESSED;
            pass++;
        }
        hidden += pass;
    } while (pass > 0);
    return hidden;
}
