/* Conditions: any text is refused or holds for the same rows each time; a mask says what the rows say,
 * and a condition and its `not` never hold together. */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "measure/where.h"

enum { ROWS = 4 };

static struct tf_table *ages(struct tf_arena *arena)
{
    static const double age[ROWS] = {12, 15, 17.5, 0}, answer[ROWS] = {1, 2, 999, -3};
    static const char *const area[ROWS] = {"urban", "rural", "", "a \"b\""};
    struct tf_table *t = tf_table_new(arena, "fuzz", ROWS);
    const size_t a = tf_table_add(t, "age", TF_NUMBER), q = tf_table_add(t, "q2", TF_NUMBER),
                 Q = tf_table_add(t, "Q2", TF_NUMBER), s = tf_table_add(t, "area", TF_TEXT);
    for (size_t row = 0; row < ROWS; row++) {
        t->col[a].num[row] = age[row];
        t->col[q].num[row] = t->col[Q].num[row] = answer[row];
        t->col[s].text[row] = area[row];
        t->col[a].miss[row] = t->col[q].miss[row] = t->col[Q].miss[row] = TF_PRESENT;
        t->col[s].miss[row] = *area[row] == '\0' ? TF_MISS_REFUSED : TF_PRESENT;
    }
    t->col[a].num[3] = (double)NAN;
    t->col[a].miss[3] = TF_MISS_DONT_KNOW;
    return t;
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    const char *text = tf_strndup(arena, data, n);
    const struct tf_table *t = ages(arena);
    struct tf_where *w, *no;
    struct tf_err err;
    bool *mask;
    if (tf_where_parse(arena, text, t, &w, &err) != TF_OK)
        return;
    if (tf_where_mask(arena, text, t, &mask, &err) != TF_OK)
        abort();
    const bool turned = tf_where_parse(arena, tf_printf(arena, "not (%s)", text), t, &no, &err) ==
                        TF_OK;
    for (size_t row = 0; row < ROWS; row++) {
        if (mask[row] != tf_where_holds(w, row))
            abort();
        if (turned && mask[row] && tf_where_holds(no, row))
            abort();
    }
}
