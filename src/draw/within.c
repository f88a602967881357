/* One child and one caregiver from each household.
 *
 * In a household of E eligible children one is drawn with p_child = 1 / E, and of C caregivers one
 * with p_caregiver = 1 / C; the pair (dyad) has the product. The child may be chosen by other
 * rules:
 *
 *   random         the household's own stream; p = 1 / E
 *   kish           the household's Kish table (kish.c), oldest first; p from the tables
 *   last_birthday  who had a birthday last on the day of the visit; p = 1 / E is assumed
 *   next_birthday  who has one next; the same
 *
 * Birthdays are not random, but take no sheet to the door and leave nothing to choose; p is 1 / E
 * as far as birthdays have nothing to do with what is asked (Salmon & Nichols 1983; Gaziano 2005).
 * Twins are drawn at random.
 *
 * Each household has a random stream of its own, named after seed, PSU and household: listing one
 * more household, or finding one more child, changes no other household's draw, so a team can draw
 * at the door and be checked later. Source: Kish (1949) JASA 44, 380-387. Not here: quotas,
 * substitution. */
#include <string.h>

#include "base/sheet.h"
#include "draw/inside.h"

enum roster_column { PSU, HOUSEHOLD, PERSON, ROLE, ELIGIBLE, AGE, BIRTHDAY, VISIT, N_ROSTER };
static const char *const roster_columns[N_ROSTER] = {"psu",      "household", "person",   "role",
                                                     "eligible", "age",       "birthday", "visit"};

struct dyads {
    struct tf_arena *a;
    const struct tf_sheet *s;
    size_t at[N_ROSTER]; /* SIZE_MAX: not there */
    enum tf_within rule;
    bool say_rule;
    const char *visit; /* of all, or NULL */
    const char *seed;
    struct tf_table *t;
    size_t n;
};

/* Is this row an eligible child (1), a caregiver (2), or neither (0)? */
enum tf_code draw_role_of(const struct tf_sheet *s, size_t role_at, size_t eligible_at, size_t row,
                          int *ret, struct tf_err *reterr)
{
    const char *role = tf_sheet_text(s, row, role_at);
    const char *eligible = tf_sheet_text(s, row, eligible_at);
    if (*eligible != '\0' && strcmp(eligible, "0") != 0 && strcmp(eligible, "1") != 0) {
        (void)tf_sheet_fail(s, row, eligible_at, reterr, "eligible is '%s'", eligible);
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
        (void)tf_sheet_fail(s, row, role_at, reterr, "the role is '%s'", role);
        return tf_help(reterr, "Write child, caregiver or other.");
    }
    return TF_OK;
}

/* Days of the year up to a date MM-DD or YYYY-MM-DD, counting 29 February in every year: 0..365. */
static enum tf_code day_of(const struct dyads *d, size_t row, enum roster_column c,
                           const char *text, int *ret, struct tf_err *reterr)
{
    static const int before[] = {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366};
    const size_t n = strlen(text);
    const char *tail = n == 10 && text[4] == '-' ? text + 5 : text;
    int64_t month = 0, day = 0;
    if ((n == 10 || n == 5) && tail[2] == '-' &&
        tf_parse_int(tf_strndup(d->a, tail, 2), &month) && tf_parse_int(tail + 3, &day) &&
        month >= 1 && month <= 12 && day >= 1 && day <= before[month] - before[month - 1]) {
        *ret = before[month - 1] + (int)day - 1;
        return TF_OK;
    }
    if (row == SIZE_MAX) {
        (void)tf_fail(reterr, TF_E_USAGE, "the day of the visit '%s' is no date", text);
        return tf_help(reterr, "Write YYYY-MM-DD.");
    }
    (void)tf_sheet_fail(d->s, row, d->at[c], reterr, "%s '%s' is no date", roster_columns[c], text);
    return tf_help(reterr, "Write MM-DD or YYYY-MM-DD; without the birthdays of all children, draw "
                           "by another rule.");
}

/* Days from the birthday to the visit (last), or from the visit to the birthday (next). */
static enum tf_code days_between(const struct dyads *d, size_t row, int *ret, struct tf_err *reterr)
{
    const char *visit = tf_sheet_text(d->s, row, d->at[VISIT]);
    int born = 0, seen = 0;
    TF_TRY(day_of(d, row, BIRTHDAY, tf_sheet_text(d->s, row, d->at[BIRTHDAY]), &born, reterr));
    if (*visit == '\0' && d->visit != NULL)
        TF_TRY(day_of(d, SIZE_MAX, VISIT, d->visit, &seen, reterr));
    else
        TF_TRY(day_of(d, row, VISIT, visit, &seen, reterr));
    *ret = (seen - born + 366) % 366; /* today's birthday was the last, and is a year off as next */
    if (d->rule == TF_WITHIN_NEXT)
        *ret = 366 - *ret;
    return TF_OK;
}

/* The rows of the eligible children, and of the caregivers, in file order. */
static enum tf_code people(const struct dyads *d, struct draw_group g, size_t *child,
                           size_t *n_child, size_t *caregiver, size_t *n_caregiver,
                           struct tf_err *reterr)
{
    *n_child = *n_caregiver = 0;
    for (size_t row = g.from; row < g.to; row++) {
        int role = 0;
        TF_TRY(draw_role_of(d->s, d->at[ROLE], d->at[ELIGIBLE], row, &role, reterr));
        if (role == 1)
            child[(*n_child)++] = row;
        else if (role == 2)
            caregiver[(*n_caregiver)++] = row;
    }
    return TF_OK;
}

/* Oldest first, where ages are given; equal ages as in the roster (insertion: households are
 * small). */
static void oldest_first(const struct dyads *d, size_t *row, size_t n)
{
    for (size_t k = 1; k < n; k++)
        for (size_t j = k; j > 0; j--) {
            double a = 0, b = 0;
            const size_t keep = row[j];
            if (!tf_parse_double(tf_sheet_text(d->s, row[j - 1], d->at[AGE]), &a) ||
                !tf_parse_double(tf_sheet_text(d->s, row[j], d->at[AGE]), &b) || a >= b)
                break;
            row[j] = row[j - 1];
            row[j - 1] = keep;
        }
}

static enum tf_code by_birthday(const struct dyads *d, const size_t *child, size_t n,
                                struct tf_rng *rng, size_t *ret, struct tf_err *reterr)
{
    int best = 400;
    uint32_t tied = 0;
    for (size_t k = 0; k < n; k++) {
        int days = 0;
        TF_TRY(days_between(d, child[k], &days, reterr));
        tied = days < best ? 1 : tied + (days == best);
        if (days < best || (days == best && tf_rng_below(rng, tied) == 0))
            *ret = k;
        best = days < best ? days : best;
    }
    return TF_OK;
}

/* Which child; its probability; and the rule's word. */
static enum tf_code choose(const struct dyads *d, size_t *child, size_t n, struct tf_rng *rng,
                           size_t *ret, double *ret_p, const char **ret_word, struct tf_err *reterr)
{
    static const uint8_t twelfth[12] = {0, 0, 1, 2, 3, 3, 4, 4, 5, 6, 7, 7}; /* kish.c */
    *ret_p = 1 / (double)n;
    *ret_word = d->rule == TF_WITHIN_LAST ? "last_birthday" : "next_birthday";
    if (d->rule == TF_WITHIN_LAST || d->rule == TF_WITHIN_NEXT)
        return by_birthday(d, child, n, rng, ret, reterr);
    if (d->rule == TF_WITHIN_RANDOM) {
        *ret_word = "random";
        *ret = tf_rng_below(rng, (uint32_t)n);
        return TF_OK;
    }
    const size_t table = twelfth[tf_rng_below(rng, 12)], pick = tf_kish_pick(table, n);
    if (d->at[AGE] != SIZE_MAX)
        oldest_first(d, child, n);
    *ret = pick - 1;
    *ret_p = tf_kish_p(n, pick);
    *ret_word = tf_printf(d->a, "kish %s", tf_kish_word(table));
    return TF_OK;
}

static enum tf_code draw_household(struct dyads *d, struct draw_group g, struct tf_err *reterr)
{
    size_t *child = TF_NEW_N(d->a, size_t, g.to - g.from), n_child;
    size_t *caregiver = TF_NEW_N(d->a, size_t, g.to - g.from), n_caregiver, pick = 0;
    double p = 1;
    const char *word = "";
    TF_TRY(people(d, g, child, &n_child, caregiver, &n_caregiver, reterr));
    if (n_child == 0)
        return TF_OK; /* no eligible child: the door's outcome says so, the sample does not */
    const char *psu = tf_sheet_text(d->s, g.from, d->at[PSU]);
    const char *household = tf_sheet_text(d->s, g.from, d->at[HOUSEHOLD]);
    struct tf_rng rng = tf_rng_named(tf_printf(d->a, "%s/%s/%s", d->seed, psu, household));
    TF_TRY(choose(d, child, n_child, &rng, &pick, &p, &word, reterr));
    struct tf_table *t = d->t;
    const size_t row = d->n++, numbers = d->say_rule ? 5 : 4;
    draw_put_text(t, 0, row, psu);
    draw_put_text(t, 1, row, household);
    draw_put_text(t, 2, row, tf_sheet_text(d->s, child[pick], d->at[PERSON]));
    if (d->say_rule)
        draw_put_text(t, 4, row, word);
    draw_put_number(t, numbers, row, (double)n_child);
    draw_put_number(t, numbers + 1, row, p);
    draw_put_number(t, numbers + 2, row, (double)n_caregiver);
    if (n_caregiver > 0) {
        const size_t one = caregiver[tf_rng_below(&rng, (uint32_t)n_caregiver)];
        draw_put_text(t, 3, row, tf_sheet_text(d->s, one, d->at[PERSON]));
        draw_put_number(t, numbers + 3, row, 1 / (double)n_caregiver);
        draw_put_number(t, numbers + 4, row, p / (double)n_caregiver);
    }
    return TF_OK;
}

static enum tf_code draw_dyads(struct dyads *d, const char *roster, struct tf_table **ret,
                               struct tf_err *reterr)
{
    static const char *const plain[] = {"psu", "household", "child", "caregiver", "children",
                                        "p_child", "caregivers", "p_caregiver", "p_dyad"};
    static const char *const ruled[] = {"psu",         "household", "child",   "caregiver",
                                        "rule",        "children",  "p_child", "caregivers",
                                        "p_caregiver", "p_dyad"};
    struct tf_sheet *s;
    struct draw_group *g;
    size_t n;
    TF_TRY(tf_sheet_read(d->a, roster, &s, reterr));
    d->s = s;
    const bool birthday = d->rule == TF_WITHIN_LAST || d->rule == TF_WITHIN_NEXT;
    for (int k = 0; k < N_ROSTER; k++) {
        const bool need =
            k < ELIGIBLE || (birthday && (k == BIRTHDAY || (k == VISIT && d->visit == NULL)));
        d->at[k] = tf_table_find(s->t, roster_columns[k]);
        if (d->at[k] >= SIZE_MAX - 1)
            d->at[k] = SIZE_MAX;
        if (need)
            TF_TRY(tf_sheet_need(s, roster_columns[k], &d->at[k], reterr));
    }
    TF_TRY(draw_groups(s, d->at, 2, "household", &g, &n, reterr));
    d->t = d->say_rule ? draw_table(d->a, "dyads", s->t->n_rows, ruled, 5, 5)
                       : draw_table(d->a, "dyads", s->t->n_rows, plain, 4, 5);
    for (size_t k = 0; k < n; k++)
        TF_TRY(draw_household(d, g[k], reterr));
    d->t->n_rows = d->n;
    *ret = d->t;
    return TF_OK;
}

enum tf_code tf_dyads_draw(struct tf_arena *arena, const char *roster, const char *seed_name,
                           struct tf_table **ret, struct tf_err *reterr)
{
    struct dyads d = {.a = arena, .seed = seed_name};
    return draw_dyads(&d, roster, ret, reterr);
}

enum tf_code tf_dyads_draw_by(struct tf_arena *arena, const char *roster, enum tf_within rule,
                              const char *visit, const char *seed_name, struct tf_table **ret,
                              struct tf_err *reterr)
{
    struct dyads d = {
        .a = arena, .seed = seed_name, .rule = rule, .visit = visit, .say_rule = true};
    return draw_dyads(&d, roster, ret, reterr);
}
