/* Within the PSU: households from a listing, then one child and one caregiver from each household.
 *
 * Households are drawn with equal probability, systematically along the listing (which follows the
 * walk, so that the draw spreads over the PSU): with N listed and n to take, a household is in the
 * sample with p_household = min(1, n / N), exactly, whatever N / n is. The line of households is N
 * long, a step is N / n, the start uniform in [0, step).
 *
 * In a household of E eligible children one is drawn with p_child = 1 / E, and of C caregivers one
 * with p_caregiver = 1 / C; the pair (dyad) has the product. Each household has a random stream of
 * its own, named after seed, PSU and household: listing one more household, or finding one more child,
 * changes no other household's draw, so a team can draw at the door and be checked later.
 *
 * Sources: Kish (1949) JASA 44, 380-387 (objective selection within the household); Särndal,
 * Swensson & Wretman (1992) 3.4.1. Not here: the Kish grid on paper, quotas, substitution. */
#include <math.h>
#include <string.h>

#include "base/sheet.h"
#include "draw/inside.h"

/* Rows of a sheet that share their first keys, in file order: [from, to). */
struct group {
    size_t from, to;
};

static bool same_group(const struct tf_sheet *s, const size_t *key, size_t n_keys, size_t a, size_t b)
{
    for (size_t k = 0; k < n_keys; k++)
        if (strcmp(tf_sheet_text(s, a, key[k]), tf_sheet_text(s, b, key[k])) != 0)
            return false;
    return true;
}

static struct group next_group(const struct tf_sheet *s, const size_t *key, size_t n_keys, size_t from)
{
    struct group g = {from, from + 1};
    while (g.to < s->t->n_rows && same_group(s, key, n_keys, from, g.to))
        g.to++;
    return g;
}

/* A group that stands in two places of the file would be drawn twice: refuse the second place. */
static enum tf_code refuse_split(const struct tf_sheet *s, const size_t *key, size_t n_keys,
                                 struct group g, const char *what, struct tf_err *reterr)
{
    for (size_t row = 0; row < g.from; row++)
        if (same_group(s, key, n_keys, row, g.from)) {
            (void)tf_sheet_fail(s, g.from, key[n_keys - 1], reterr,
                                "%s '%s' stands in two places of the file", what,
                                tf_sheet_text(s, g.from, key[n_keys - 1]));
            return tf_help(reterr, "Sort the file so that its rows stand together; else it would be "
                                   "drawn twice.");
        }
    return TF_OK;
}

enum tf_code tf_households_draw(struct tf_arena *arena, const char *listing, size_t take,
                                const char *seed_name, struct tf_table **ret, struct tf_err *reterr)
{
    static const char *const column[] = {"psu", "household", "listed", "p_household"};
    struct tf_sheet *s;
    size_t key[2], n = 0;
    TF_TRY(tf_sheet_read(arena, listing, &s, reterr));
    TF_TRY(tf_sheet_need(s, "psu", &key[0], reterr));
    TF_TRY(tf_sheet_need(s, "household", &key[1], reterr));
    struct tf_table *t = draw_table(arena, "households", s->t->n_rows, column, 2, 2);
    for (struct group g = {0, 0}; g.to < s->t->n_rows;) {
        g = next_group(s, key, 1, g.to);
        TF_TRY(refuse_split(s, key, 1, g, "PSU", reterr));
        const char *psu = tf_sheet_text(s, g.from, key[0]);
        const double listed = (double)(g.to - g.from);
        const size_t wanted = take < g.to - g.from ? take : g.to - g.from;
        const double step = listed / (double)wanted;
        struct tf_rng rng = tf_rng_named(tf_printf(arena, "%s/%s", seed_name, psu));
        const double start = tf_rng_uniform(&rng) * step;
        for (size_t k = 0; k < wanted; k++) {
            const double at = fmin(floor(start + (double)k * step), listed - 1);
            const size_t row = g.from + (size_t)at;
            draw_put_text(t, 0, n, psu);
            draw_put_text(t, 1, n, tf_sheet_text(s, row, key[1]));
            draw_put_number(t, 2, n, listed);
            draw_put_number(t, 3, n++, 1 / step);
        }
    }
    t->n_rows = n;
    *ret = t;
    return TF_OK;
}

enum roster_column { PSU, HOUSEHOLD, PERSON, ROLE, ELIGIBLE, N_ROSTER };

/* Is this row an eligible child (1), a caregiver (2), or neither (0)? */
static enum tf_code role_of(const struct tf_sheet *s, const size_t *at, size_t row, int *ret,
                            struct tf_err *reterr)
{
    const char *role = tf_sheet_text(s, row, at[ROLE]);
    const char *eligible = tf_sheet_text(s, row, at[ELIGIBLE]);
    if (*eligible != '\0' && strcmp(eligible, "0") != 0 && strcmp(eligible, "1") != 0) {
        (void)tf_sheet_fail(s, row, at[ELIGIBLE], reterr, "eligible is '%s'", eligible);
        return tf_help(reterr, "Write 1 for a person who can be drawn, else 0.");
    }
    const bool can = strcmp(eligible, "0") != 0;
    if (strcmp(role, "child") == 0)
        *ret = can ? 1 : 0;
    else if (strcmp(role, "caregiver") == 0)
        *ret = can ? 2 : 0;
    else if (strcmp(role, "other") == 0)
        *ret = 0;
    else {
        (void)tf_sheet_fail(s, row, at[ROLE], reterr, "the role is '%s'", role);
        return tf_help(reterr, "Write child, caregiver or other.");
    }
    return TF_OK;
}

/* The k-th person of a kind in a household. */
static enum tf_code person_of(const struct tf_sheet *s, const size_t *at, struct group g, int kind,
                              size_t k, const char **ret, struct tf_err *reterr)
{
    for (size_t row = g.from; row < g.to; row++) {
        int role = 0;
        TF_TRY(role_of(s, at, row, &role, reterr));
        if (role == kind && k-- == 0)
            *ret = tf_sheet_text(s, row, at[PERSON]);
    }
    return TF_OK;
}

static enum tf_code draw_household(struct tf_arena *a, const struct tf_sheet *s, const size_t *at,
                                   struct group g, const char *seed_name, struct tf_table *t,
                                   size_t *n, struct tf_err *reterr)
{
    uint32_t count[3] = {0, 0, 0};
    for (size_t row = g.from; row < g.to; row++) {
        int role = 0;
        TF_TRY(role_of(s, at, row, &role, reterr));
        count[role]++;
    }
    if (count[1] == 0)
        return TF_OK; /* no eligible child: the door's outcome says so, the sample does not */
    const char *psu = tf_sheet_text(s, g.from, at[PSU]);
    const char *household = tf_sheet_text(s, g.from, at[HOUSEHOLD]);
    struct tf_rng rng = tf_rng_named(tf_printf(a, "%s/%s/%s", seed_name, psu, household));
    const char *child = "", *caregiver = "";
    TF_TRY(person_of(s, at, g, 1, tf_rng_below(&rng, count[1]), &child, reterr));
    if (count[2] > 0)
        TF_TRY(person_of(s, at, g, 2, tf_rng_below(&rng, count[2]), &caregiver, reterr));
    draw_put_text(t, 0, *n, psu);
    draw_put_text(t, 1, *n, household);
    draw_put_text(t, 2, *n, child);
    draw_put_number(t, 4, *n, count[1]);
    draw_put_number(t, 5, *n, 1 / (double)count[1]);
    draw_put_number(t, 6, *n, count[2]);
    if (count[2] > 0) {
        draw_put_text(t, 3, *n, caregiver);
        draw_put_number(t, 7, *n, 1 / (double)count[2]);
        draw_put_number(t, 8, *n, 1 / (double)count[1] / (double)count[2]);
    }
    ++*n;
    return TF_OK;
}

enum tf_code tf_dyads_draw(struct tf_arena *arena, const char *roster, const char *seed_name,
                           struct tf_table **ret, struct tf_err *reterr)
{
    static const char *const need[] = {"psu", "household", "person", "role"};
    static const char *const column[] = {"psu", "household", "child", "caregiver", "children",
                                         "p_child", "caregivers", "p_caregiver", "p_dyad"};
    struct tf_sheet *s;
    size_t at[N_ROSTER], n = 0;
    TF_TRY(tf_sheet_read(arena, roster, &s, reterr));
    for (size_t k = 0; k < ELIGIBLE; k++)
        TF_TRY(tf_sheet_need(s, need[k], &at[k], reterr));
    at[ELIGIBLE] = tf_table_find(s->t, "eligible");
    struct tf_table *t = draw_table(arena, "dyads", s->t->n_rows, column, 4, 5);
    for (struct group g = {0, 0}; g.to < s->t->n_rows;) {
        g = next_group(s, at, 2, g.to);
        TF_TRY(refuse_split(s, at, 2, g, "household", reterr));
        TF_TRY(draw_household(arena, s, at, g, seed_name, t, &n, reterr));
    }
    t->n_rows = n;
    *ret = t;
    return TF_OK;
}
