/* The Kish grid: eight printed tables that choose one person at the door, with nothing to decide.
 *
 * Each household gets one of the tables A … F, in the proportions 2 1 1 2 2 1 1 2 of twelve; the
 * persons are numbered, oldest first, and the table says which number is interviewed:
 *
 *     eligible       1  2  3  4  5  6+
 *     A    2/12      1  1  1  1  1  1
 *     B1   1/12      1  1  1  1  2  2
 *     B2   1/12      1  1  1  2  2  2
 *     C    2/12      1  1  2  2  3  3
 *     D    2/12      1  2  2  3  4  4
 *     E1   1/12      1  2  3  3  3  5
 *     E2   1/12      1  2  3  4  5  5
 *     F    2/12      1  2  3  4  5  6
 *
 * Equal probabilities for 1, 2, 3, 4 and 6 persons; of five, the third and fifth come with 3/12 and
 * the others with 2/12; of seven or more, those beyond the sixth never come, which is
 * undercoverage, small and known. The probabilities given are those of the tables and not 1 / E.
 * Source: Kish (1949) JASA 44, 380-387, table 1. */
#include "base/sheet.h"
#include "draw/inside.h"

static const struct {
    const char *word;
    uint8_t twelfths, pick[6];
} grid[TF_KISH_TABLES] = {
    {"A", 2, {1, 1, 1, 1, 1, 1}},  {"B1", 1, {1, 1, 1, 1, 2, 2}}, {"B2", 1, {1, 1, 1, 2, 2, 2}},
    {"C", 2, {1, 1, 2, 2, 3, 3}},  {"D", 2, {1, 2, 2, 3, 4, 4}},  {"E1", 1, {1, 2, 3, 3, 3, 5}},
    {"E2", 1, {1, 2, 3, 4, 5, 5}}, {"F", 2, {1, 2, 3, 4, 5, 6}},
};

const char *tf_kish_word(size_t table)
{
    return grid[table].word;
}

size_t tf_kish_pick(size_t table, size_t persons)
{
    return grid[table].pick[(persons < 6 ? persons : 6) - 1];
}

double tf_kish_p(size_t persons, size_t which)
{
    double twelfths = 0;
    for (size_t k = 0; k < TF_KISH_TABLES; k++)
        twelfths += tf_kish_pick(k, persons) == which ? grid[k].twelfths : 0;
    return twelfths / 12;
}

/* Twelve sheets hold the tables in their proportions; each dozen of a PSU is shuffled anew, so
 * every sheet has the tables' probabilities and every PSU nearly their shares. */
static void deal(struct tf_rng *rng, size_t *dozen)
{
    size_t order[12], n = 0, tables[12] = {0};
    for (size_t k = 0; k < TF_KISH_TABLES; k++)
        for (uint8_t j = 0; j < grid[k].twelfths; j++)
            tables[n++] = k;
    draw_shuffle(rng, order, 12);
    for (size_t k = 0; k < 12; k++)
        dozen[k] = tables[order[k]];
}

enum tf_code tf_kish_sheets(struct tf_arena *arena, const char *sample, size_t households,
                            const char *seed_name, struct tf_table **ret, struct tf_err *reterr)
{
    static const char *const column[] = {"psu",  "table", "sheet", "of_1", "of_2",
                                         "of_3", "of_4",  "of_5",  "of_6"};
    struct tf_sheet *s;
    size_t psu, dozen[12] = {0};
    TF_TRY(tf_sheet_read(arena, sample, &s, reterr));
    TF_TRY(tf_sheet_need(s, "psu", &psu, reterr));
    struct draw_index once;
    TF_TRY(draw_index_new(s, &psu, 1, &once, reterr));
    struct tf_table *t = draw_table(arena, "kish", s->t->n_rows * households, column, 2, 7);
    for (size_t row = 0; row < s->t->n_rows; row++) {
        const char *name = tf_sheet_text(s, row, psu);
        struct tf_rng rng = tf_rng_named(tf_printf(arena, "%s/%s/kish", seed_name, name));
        for (size_t k = 0; k < households; k++) {
            const size_t to = row * households + k;
            if (k % 12 == 0)
                deal(&rng, dozen);
            draw_put_text(t, 0, to, name);
            draw_put_text(t, 1, to, tf_kish_word(dozen[k % 12]));
            draw_put_number(t, 2, to, (double)(k + 1));
            for (size_t e = 1; e <= 6; e++)
                draw_put_number(t, 2 + e, to, (double)tf_kish_pick(dozen[k % 12], e));
        }
    }
    *ret = t;
    return TF_OK;
}
