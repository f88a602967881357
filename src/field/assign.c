/* Who goes where: drawn addresses dealt to interviewers, and the draw of back-checks.
 *
 * An interviewer's manner shows in the answers. When each interviewer works whole clusters alone, that
 * cannot be told from the cluster (interpenetrated samples: Mahalanobis 1946; Kish 1962). So a PSU
 * goes to one team, which travels together, and its doors are dealt to the team's interviewers in turn,
 * the turn going on from PSU to PSU: every interviewer works in every PSU of the team, and loads differ
 * by one door at most. The order in which the turn begins comes from a named seed.
 *
 * A back-check visits a finished household again. Each interviewer's share is drawn for itself, one at
 * least, so that nobody is left out; who checks is always somebody else.
 *
 * Does not: plan days or routes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/sheet.h"
#include "field/inside.h"

struct worker {
    const char *person, *team;
    size_t load;
};
struct workers {
    struct worker *item;
    size_t n, cap;
};

static bool listed(const char *const *word, size_t n, const char *s)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(word[k], s) == 0)
            return true;
    return n == 0;
}

static void add_worker(struct tf_arena *arena, struct workers *w, const char *person,
                       const char *team)
{
    for (size_t k = 0; k < w->n; k++)
        if (strcmp(w->item[k].person, person) == 0)
            return;
    w->item = tf_grow(arena, w->item, w->n, &w->cap, sizeof *w->item);
    w->item[w->n++] = (struct worker){.person = person, .team = team};
}

static int by_team_and_name(const void *x, const void *y)
{
    const struct worker *a = x, *b = y;
    const int c = strcmp(a->team, b->team);
    return c != 0 ? c : strcmp(a->person, b->person);
}

/* Interviewers: who holds a device that is not revoked, or stands in the book as one. */
static enum tf_code find_workers(struct tf_arena *arena, struct tf_fieldwork *fw,
                                 const char *country, const char *const *team, size_t n_teams,
                                 struct workers *ret, struct tf_err *reterr)
{
    struct tf_device *d;
    struct tf_person *p;
    size_t n;
    TF_TRY(tf_devices(arena, fw, &d, &n, reterr));
    for (size_t k = 0; k < n; k++)
        if (!d[k].revoked && strcmp(d[k].country, country) == 0 &&
            listed(team, n_teams, d[k].team))
            add_worker(arena, ret, d[k].person, d[k].team);
    TF_TRY(tf_people(arena, fw, &p, &n, reterr));
    for (size_t k = 0; k < n; k++)
        if (p[k].active && strcmp(p[k].role, "interviewer") == 0 &&
            strcmp(p[k].country, country) == 0 && listed(team, n_teams, p[k].team))
            add_worker(arena, ret, p[k].id, p[k].team);
    if (ret->n > 0)
        qsort(ret->item, ret->n, sizeof *ret->item, by_team_and_name);
    return TF_OK;
}

/* ---- addresses -------------------------------------------------------------------------------- */

struct unit {
    const char *psu, *unit, *note;
    size_t row;
};
struct psu_work {
    const char *psu;
    size_t first, n; /* into the units, which stand by PSU */
    size_t team;
};

static const char *note_of(const struct tf_sheet *s, size_t row)
{
    static const char *const column[] = {"start", "dwelling", "lat", "lon", "address"};
    struct tf_buf b = {.arena = s->arena};
    for (size_t k = 0; k < sizeof column / sizeof *column; k++) {
        const size_t at = tf_table_find(s->t, column[k]);
        const char *text = at >= SIZE_MAX - 1 ? "" : tf_sheet_text(s, row, at);
        if (*text != '\0')
            tf_buf_printf(&b, "%s%s %s", b.n > 0 ? "; " : "", column[k], text);
    }
    return tf_buf_text(&b);
}

static enum tf_code read_units(struct tf_arena *arena, const char *file, struct unit **ret,
                               size_t *ret_n, struct tf_err *reterr)
{
    struct tf_sheet *s;
    size_t psu, unit;
    TF_TRY(tf_sheet_read(arena, file, &s, reterr));
    TF_TRY(tf_sheet_need(s, "psu", &psu, reterr));
    unit = tf_table_find(s->t, "household");
    if (unit >= SIZE_MAX - 1)
        TF_TRY(tf_sheet_need(s, "door", &unit, reterr));
    struct unit *u = TF_NEW_N(arena, struct unit, s->t->n_rows + 1);
    for (size_t k = 0; k < s->t->n_rows; k++) {
        u[k] = (struct unit){.psu = tf_sheet_text(s, k, psu),
                             .unit = tf_sheet_text(s, k, unit),
                             .note = note_of(s, k),
                             .row = k};
        if (*u[k].psu == '\0' || *u[k].unit == '\0') {
            (void)tf_sheet_fail(s, k, *u[k].psu == '\0' ? psu : unit, reterr,
                                "the address has no %s", *u[k].psu == '\0' ? "PSU" : "number");
            return tf_help(reterr, "Give the file that `trefoil draw households` or `walk` wrote.");
        }
    }
    *ret = u;
    *ret_n = s->t->n_rows;
    return TF_OK;
}

static int by_psu(const void *x, const void *y)
{
    const struct unit *a = x, *b = y;
    const int c = strcmp(a->psu, b->psu);
    return c != 0 ? c : (a->row > b->row) - (a->row < b->row);
}

static int by_size(const void *x, const void *y) /* the largest first; equal ones by name */
{
    const struct psu_work *a = x, *b = y;
    return a->n != b->n ? (a->n < b->n) - (a->n > b->n) : strcmp(a->psu, b->psu);
}

static int by_name(const void *x, const void *y)
{
    return strcmp(((const struct psu_work *)x)->psu, ((const struct psu_work *)y)->psu);
}

struct teams {
    const char *const *name;
    size_t *first, *people, *doors; /* of each team: its workers, its doors so far */
    size_t n;
};

/* The team whose people would have the least each. */
static size_t lightest(const struct teams *t, size_t doors)
{
    size_t best = 0;
    for (size_t k = 1; k < t->n; k++)
        if ((double)(t->doors[k] + doors) / (double)t->people[k] <
            (double)(t->doors[best] + doors) / (double)t->people[best])
            best = k;
    return best;
}

static enum tf_code count_teams(struct tf_arena *arena, const struct workers *w,
                                const char *const *team, size_t n_teams, struct teams *ret,
                                struct tf_err *reterr)
{
    *ret = (struct teams){.name = team,
                          .first = TF_NEW_N(arena, size_t, n_teams),
                          .people = TF_NEW_N(arena, size_t, n_teams),
                          .doors = TF_NEW_N(arena, size_t, n_teams),
                          .n = n_teams};
    for (size_t k = 0; k < n_teams; k++) {
        for (size_t j = w->n; j-- > 0;)
            if (strcmp(w->item[j].team, team[k]) == 0) {
                ret->first[k] = j;
                ret->people[k]++;
            }
        if (ret->people[k] > 0)
            continue;
        (void)tf_fail(reterr, TF_E_INPUT, "the team '%s' has no interviewer", team[k]);
        return tf_help(reterr, "Enrol a device for it: `trefoil field enrol NAME --person P --team %s`.",
                       team[k]);
    }
    return TF_OK;
}

static enum tf_code put_assignment(struct tf_fieldwork *fw, const char *country,
                                   const struct tf_assignment *a, struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_sql(fw->db, "assignment_put", &q, reterr));
    const char *const text[] = {country, a->kind, a->psu, a->unit, a->person, a->team};
    for (int k = 0; k < 6; k++)
        tf_bind_text(q, k + 1, text[k]);
    tf_bind_int(q, 7, a->place);
    tf_bind_text(q, 8, a->note);
    return tf_run(q, reterr);
}

/* Replace all of one kind, or nothing. */
static enum tf_code replace_kind(struct tf_fieldwork *fw, const char *country, const char *kind,
                                 const struct tf_assignment *list, size_t n, struct tf_err *reterr)
{
    struct tf_stmt *q;
    TF_TRY(tf_db_begin(fw->db, reterr));
    enum tf_code code = tf_sql(fw->db, "assignment_clear", &q, reterr);
    if (code == TF_OK) {
        tf_bind_text(q, 1, country);
        tf_bind_text(q, 2, kind);
        code = tf_run(q, reterr);
    }
    for (size_t k = 0; k < n && code == TF_OK; k++)
        code = put_assignment(fw, country, &list[k], reterr);
    if (code == TF_OK)
        code = tf_db_commit(fw->db, reterr);
    if (code != TF_OK)
        tf_db_rollback(fw->db);
    return code;
}

static size_t group_psus(const struct unit *u, size_t n, struct psu_work *psu)
{
    size_t n_psus = 0;
    for (size_t k = 0; k < n; k++) {
        if (k == 0 || strcmp(u[k].psu, u[k - 1].psu) != 0)
            psu[n_psus++] = (struct psu_work){.psu = u[k].psu, .first = k};
        psu[n_psus - 1].n++;
    }
    return n_psus;
}

/* The turn of each team goes on from PSU to PSU, from a start that the seed names. */
static size_t deal(struct tf_arena *arena, const struct unit *u, const struct psu_work *psu,
                   size_t n_psus, const struct workers *w, const struct teams *t,
                   const char *seed, struct tf_assignment *out)
{
    size_t *turn = TF_NEW_N(arena, size_t, t->n), made = 0;
    for (size_t k = 0; k < t->n; k++) {
        struct tf_rng rng = tf_rng_named(tf_printf(arena, "%s/turn/%s", seed, t->name[k]));
        turn[k] = tf_rng_below(&rng, (uint32_t)t->people[k]);
    }
    for (size_t k = 0; k < n_psus; k++)
        for (size_t j = 0; j < psu[k].n; j++) {
            const size_t team = psu[k].team;
            const struct unit *at = &u[psu[k].first + j];
            const struct worker *who = &w->item[t->first[team] + turn[team]];
            turn[team] = (turn[team] + 1) % t->people[team];
            out[made] = (struct tf_assignment){.kind = "visit",
                                               .psu = at->psu,
                                               .unit = at->unit,
                                               .person = who->person,
                                               .team = who->team,
                                               .note = at->note,
                                               .place = (int64_t)made + 1};
            made++;
        }
    return made;
}

enum tf_code tf_assign_units(struct tf_arena *arena, struct tf_fieldwork *fw, const char *country,
                             const char *file, const char *const *team, size_t n_teams,
                             const char *seed, size_t *ret_n, struct tf_err *reterr)
{
    struct workers w = {.n = 0};
    struct teams t;
    struct unit *u = NULL;
    size_t n = 0;
    TF_TRY(read_units(arena, file, &u, &n, reterr));
    TF_TRY(find_workers(arena, fw, country, team, n_teams, &w, reterr));
    TF_TRY(count_teams(arena, &w, team, n_teams, &t, reterr));
    if (n_teams == 0)
        return tf_fail(reterr, TF_E_USAGE, "no team was named");
    qsort(u, n, sizeof *u, by_psu);
    struct psu_work *psu = TF_NEW_N(arena, struct psu_work, n + 1);
    const size_t n_psus = group_psus(u, n, psu);
    qsort(psu, n_psus, sizeof *psu, by_size);
    for (size_t k = 0; k < n_psus; k++) {
        psu[k].team = lightest(&t, psu[k].n);
        t.doors[psu[k].team] += psu[k].n;
    }
    qsort(psu, n_psus, sizeof *psu, by_name);
    struct tf_assignment *out = TF_NEW_N(arena, struct tf_assignment, n + 1);
    *ret_n = deal(arena, u, psu, n_psus, &w, &t, seed, out);
    return replace_kind(fw, country, "visit", out, *ret_n, reterr);
}

enum tf_code tf_assignments(struct tf_arena *arena, struct tf_fieldwork *fw, const char *country,
                            struct tf_assignment **ret, size_t *ret_n, struct tf_err *reterr)
{
    struct tf_assignment *list = NULL;
    struct tf_stmt *q;
    size_t n = 0, cap = 0;
    enum tf_code code;
    TF_TRY(tf_sql(fw->db, "assignment_list", &q, reterr));
    tf_bind_text(q, 1, country);
    while (tf_step(q, &code, reterr)) {
        list = tf_grow(arena, list, n, &cap, sizeof *list);
        list[n++] = (struct tf_assignment){.kind = tf_col_text(arena, q, 0),
                                           .psu = tf_col_text(arena, q, 1),
                                           .unit = tf_col_text(arena, q, 2),
                                           .person = tf_col_text(arena, q, 3),
                                           .team = tf_col_text(arena, q, 4),
                                           .place = tf_col_int(q, 5),
                                           .note = tf_col_text(arena, q, 6)};
    }
    TF_TRY(code);
    *ret = list;
    *ret_n = n;
    return TF_OK;
}

/* ---- back-checks ------------------------------------------------------------------------------ */

static int by_person(const void *x, const void *y)
{
    const struct tf_assignment *a = x, *b = y;
    int c = strcmp(a->person, b->person);
    if (c == 0)
        c = strcmp(a->psu, b->psu);
    return c != 0 ? c : strcmp(a->unit, b->unit);
}

/* Who checks: somebody else with the fewest so far, of the same team where there is one. */
static struct worker *checker(struct workers *w, const struct tf_assignment *a)
{
    struct worker *best = NULL;
    for (int same_team = 1; same_team >= 0 && best == NULL; same_team--)
        for (size_t k = 0; k < w->n; k++) {
            struct worker *one = &w->item[k];
            if (strcmp(one->person, a->person) == 0 ||
                (same_team == 1 && strcmp(one->team, a->team) != 0))
                continue;
            if (best == NULL || one->load < best->load)
                best = one;
        }
    return best;
}

/* Choose `take` of the interviews done[0..n) by a shuffle's first steps; the rest keep their places. */
static void choose(struct tf_assignment *done, size_t n, size_t take, const char *stream)
{
    struct tf_rng rng = tf_rng_named(stream);
    for (size_t k = 0; k < take; k++) {
        const size_t at = k + tf_rng_below(&rng, (uint32_t)(n - k));
        const struct tf_assignment swap = done[k];
        done[k] = done[at];
        done[at] = swap;
    }
}

enum tf_code tf_backcheck_draw(struct tf_arena *arena, struct tf_fieldwork *fw,
                               const char *country, const struct tf_assignment *done,
                               size_t n_done, double share, const char *seed, size_t *ret_n,
                               struct tf_err *reterr)
{
    struct workers w = {.n = 0};
    size_t made = 0;
    if (!(share > 0 && share <= 1)) {
        (void)tf_fail(reterr, TF_E_USAGE, "the share of back-checks is not between 0 and 1");
        return tf_help(reterr, "Write --share 0.1 for one in ten of each interviewer's.");
    }
    TF_TRY(find_workers(arena, fw, country, NULL, 0, &w, reterr));
    struct tf_assignment *list = TF_NEW_N(arena, struct tf_assignment, n_done + 1),
                         *out = TF_NEW_N(arena, struct tf_assignment, n_done + 1);
    if (n_done > 0)
        memcpy(list, done, n_done * sizeof *list);
    qsort(list, n_done, sizeof *list, by_person);
    for (size_t k = 0, n; k < n_done; k += n) {
        for (n = 1; k + n < n_done && strcmp(list[k + n].person, list[k].person) == 0;)
            n++;
        const size_t take = (size_t)ceil(share * (double)n - 1e-9);
        choose(list + k, n, take, tf_printf(arena, "%s/backcheck/%s", seed, list[k].person));
        for (size_t j = 0; j < take; j++) {
            struct worker *who = checker(&w, &list[k + j]);
            if (who == NULL) {
                (void)tf_fail(reterr, TF_E_REFUSED, "nobody but '%s' could check '%s'",
                              list[k].person, list[k].person);
                return tf_help(reterr, "Enrol a device of another person in %s.", country);
            }
            who->load++;
            out[made] = list[k + j];
            out[made].kind = "backcheck";
            out[made].note = "visit again and ask the short sheet";
            out[made].person = who->person;
            out[made].team = who->team;
            out[made].place = (int64_t)made + 1;
            made++;
        }
    }
    *ret_n = made;
    return replace_kind(fw, country, "backcheck", out, made, reterr);
}
