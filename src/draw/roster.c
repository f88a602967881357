/* The screened roster as a sample of its own.
 *
 * At every contacted door the screener lists all children of the age, internet users or not. That
 * is a sample of children with known probabilities, larger than the interviews and without the
 * choice of one: from it the share of children who use the internet is estimated with its own
 * error, and to it the interviews can be weighted. Each eligible child of each listed household is
 * a row:
 *
 *     weight = 1 / (p_psu x p_segment x p_household x p_person),   p_person = 1: all are listed
 *
 * The roster's other columns (age, sex, internet …) go along as they are. A household that no draw
 * explains - not in the households file, its PSU not in the sample - is refused with its line: a
 * row without probability may not be weighted by a guess. */
#include <math.h>
#include <string.h>

#include "base/sheet.h"
#include "draw/inside.h"

enum { PSU, HOUSEHOLD, PERSON, ROLE, ELIGIBLE, N_KEYS };
static const char *const keys[N_KEYS] = {"psu", "household", "person", "role", "eligible"};

struct source { /* one of the files of probabilities */
    const struct tf_sheet *s; /* NULL: none, p = 1 */
    struct draw_index by;
    size_t p, stratum;
};

struct making {
    struct tf_arena *a;
    const struct tf_roster_opt *opt;
    const struct tf_sheet *s;
    size_t at[N_KEYS], age;
    struct source sample, households, segments;
    size_t *kept, n_kept; /* columns of the roster that go along */
    struct tf_table *t;
    size_t n;
};

static enum tf_code open_source(struct tf_arena *a, const char *path, const char *p, size_t n_keys,
                                struct source *ret, struct tf_err *reterr)
{
    struct tf_sheet *s;
    size_t key[2];
    if (path == NULL)
        return TF_OK;
    TF_TRY(tf_sheet_read(a, path, &s, reterr));
    for (size_t k = 0; k < n_keys; k++)
        TF_TRY(tf_sheet_need(s, keys[k], &key[k], reterr));
    TF_TRY(tf_sheet_need(s, p, &ret->p, reterr));
    TF_TRY(draw_index_new(s, key, n_keys, &ret->by, reterr));
    const size_t stratum = tf_table_find(s->t, "stratum");
    ret->stratum = stratum >= SIZE_MAX - 1 ? SIZE_MAX : stratum;
    ret->s = s;
    return TF_OK;
}

static enum tf_code probability(const struct making *m, const struct source *from, size_t row,
                                const char *what, const char *key, double *ret,
                                const char **stratum, struct tf_err *reterr)
{
    *ret = 1;
    if (from->s == NULL)
        return TF_OK;
    const size_t at = draw_index_find(&from->by, tf_sheet_text(m->s, row, m->at[PSU]),
                                      tf_sheet_text(m->s, row, m->at[HOUSEHOLD]));
    if (at == SIZE_MAX) {
        (void)tf_sheet_fail(m->s, row, strcmp(what, "PSU") == 0 ? m->at[PSU] : m->at[HOUSEHOLD],
                            reterr, "the %s '%s' has no probability", what, key);
        return tf_help(reterr,
                       "It is not in %s. Correct its code, or take its rows out and say so in "
                       "the case-flow.",
                       from->s->file);
    }
    if (stratum != NULL)
        *stratum = tf_sheet_text(from->s, at, from->stratum);
    return draw_cell_p(from->s, at, from->p, false, ret, reterr);
}

/* Of the age, and a child who can be drawn? */
static enum tf_code belongs(const struct making *m, size_t row, bool *ret, struct tf_err *reterr)
{
    int role = 0;
    TF_TRY(draw_role_of(m->s, m->at[ROLE], m->at[ELIGIBLE], row, &role, reterr));
    *ret = role == 1;
    if (!*ret || (isnan(m->opt->min_age) && isnan(m->opt->max_age)))
        return TF_OK;
    const char *text = tf_sheet_text(m->s, row, m->age);
    double age = 0;
    if (!tf_parse_double(text, &age) || age < 0 || age > 150) {
        (void)tf_sheet_fail(m->s, row, m->age, reterr, "age '%s' is no age", text);
        return tf_help(reterr, "The age decides who is eligible: every child needs one.");
    }
    const double whole = floor(age);
    *ret = !(whole < m->opt->min_age) && !(whole > m->opt->max_age);
    return TF_OK;
}

static void put_child(struct making *m, size_t row, double children, const double *p,
                      const char *stratum)
{
    const size_t to = m->n++;
    draw_put_text(m->t, 0, to, stratum);
    for (size_t k = 0; k < 3; k++)
        draw_put_text(m->t, 1 + k, to, tf_sheet_text(m->s, row, m->at[k]));
    for (size_t k = 0; k < m->n_kept; k++)
        draw_put_text(m->t, 4 + k, to, tf_sheet_text(m->s, row, m->kept[k]));
    const double number[] = {children, p[0], p[1], p[2], 1, 1 / (p[0] * p[1] * p[2])};
    for (size_t k = 0; k < 6; k++)
        draw_put_number(m->t, 4 + m->n_kept + k, to, number[k]);
}

static enum tf_code put_household(struct making *m, struct draw_group g, struct tf_err *reterr)
{
    double p[3], children = 0;
    const char *stratum = "", *psu = tf_sheet_text(m->s, g.from, m->at[PSU]);
    const char *household = tf_sheet_text(m->s, g.from, m->at[HOUSEHOLD]);
    bool is = false;
    TF_TRY(probability(m, &m->sample, g.from, "PSU", psu, &p[0], &stratum, reterr));
    TF_TRY(probability(m, &m->segments, g.from, "PSU", psu, &p[1], NULL, reterr));
    TF_TRY(probability(m, &m->households, g.from, "household", household, &p[2], NULL, reterr));
    for (size_t row = g.from; row < g.to; row++) {
        TF_TRY(belongs(m, row, &is, reterr));
        children += is ? 1 : 0;
    }
    for (size_t row = g.from; row < g.to; row++) {
        TF_TRY(belongs(m, row, &is, reterr));
        if (is)
            put_child(m, row, children, p, stratum);
    }
    return TF_OK;
}

static const char *const made[] = {"stratum", "children", "p_psu", "p_segment", "p_household",
                                   "p_person", "weight"};
enum { MADE = sizeof made / sizeof made[0] };

static enum tf_code open_table(struct making *m, struct tf_err *reterr)
{
    m->kept = TF_NEW_N(m->a, size_t, m->s->t->n_cols);
    m->t = tf_table_new(m->a, "roster", m->s->t->n_rows);
    (void)tf_table_add(m->t, "stratum", TF_TEXT);
    for (size_t k = 0; k < 3; k++)
        (void)tf_table_add(m->t, keys[k], TF_TEXT);
    for (size_t c = 0; c < m->s->t->n_cols; c++) {
        const char *name = m->s->t->col[c].name;
        bool key = false, ours = false;
        for (size_t k = 0; k < N_KEYS; k++)
            key = key || c == m->at[k];
        for (size_t k = 0; k < MADE; k++)
            ours = ours || tf_casecmp(name, made[k]) == 0;
        if (ours) {
            (void)tf_sheet_fail(m->s, TF_SHEET_HEAD, c, reterr, "the roster has a column '%s'",
                                name);
            return tf_help(reterr, "That name is given here, from the draw: rename it.");
        }
        if (key)
            continue;
        m->kept[m->n_kept++] = c;
        (void)tf_table_add(m->t, name, TF_TEXT);
    }
    for (size_t k = 1; k < MADE; k++)
        (void)tf_table_add(m->t, made[k], TF_NUMBER);
    return TF_OK;
}

enum tf_code tf_roster_make(struct tf_arena *arena, const struct tf_roster_opt *opt,
                            struct tf_table **ret, struct tf_err *reterr)
{
    struct making m = {.a = arena, .opt = opt};
    struct tf_sheet *s;
    struct draw_group *g;
    size_t n;
    TF_TRY(tf_sheet_read(arena, opt->roster, &s, reterr));
    m.s = s;
    for (size_t k = 0; k < ELIGIBLE; k++)
        TF_TRY(tf_sheet_need(s, keys[k], &m.at[k], reterr));
    m.at[ELIGIBLE] = tf_table_find(s->t, keys[ELIGIBLE]);
    if (m.at[ELIGIBLE] >= SIZE_MAX - 1)
        m.at[ELIGIBLE] = SIZE_MAX;
    if (!isnan(opt->min_age) || !isnan(opt->max_age))
        TF_TRY(tf_sheet_need(s, "age", &m.age, reterr));
    TF_TRY(open_source(arena, opt->sample, "p_psu", 1, &m.sample, reterr));
    TF_TRY(open_source(arena, opt->segments, "p_segment", 1, &m.segments, reterr));
    TF_TRY(open_source(arena, opt->households, "p_household", 2, &m.households, reterr));
    TF_TRY(draw_groups(s, m.at, 2, "household", &g, &n, reterr));
    TF_TRY(open_table(&m, reterr));
    for (size_t k = 0; k < n; k++)
        TF_TRY(put_household(&m, g[k], reterr));
    m.t->n_rows = m.n;
    for (size_t k = 0; k < m.n_kept; k++)
        (void)tf_column_to_number(m.t, 4 + k);
    *ret = m.t;
    return TF_OK;
}
