/* The methods of selection, as a table: which use sizes, which may hit a unit twice, how each knows
 * its pairs. To add one: write its selection (and pairs) beside the others, and a row here and in
 * enum tf_draw_method; the tests walk this table and hold every method to its probabilities. */
#include <string.h>

#include "draw/inside.h"

#define EXACT "exact"
static const struct draw_method methods[TF_N_DRAW] = {
    [TF_DRAW_PPS_SYSTEMATIC] = {"pps_systematic", true, true, draw_systematic,
        draw_systematic_joint, EXACT, "Madow 1949"},
    [TF_DRAW_SRS] = {"srs", false, false, draw_srs, draw_srs_joint, EXACT, "Cochran 1977, 2"},
    [TF_DRAW_SYSTEMATIC] = {"systematic", false, false, draw_systematic, draw_systematic_joint,
        EXACT, "Madow & Madow 1944"},
    [TF_DRAW_SYSTEMATIC_RANDOM] = {"systematic_random", false, false, draw_systematic_random,
        draw_srs_joint, EXACT, "a systematic draw from a shuffled list is simple random"},
    [TF_DRAW_PPS_RANDOM] = {"pps_random", true, false, draw_systematic_random,
        draw_hartley_rao_joint, "approximation of Hartley & Rao 1962 to order N^-4",
        "Hartley & Rao 1962"},
    [TF_DRAW_SAMPFORD] = {"sampford", true, false, draw_sampford, draw_sampford_joint, EXACT,
        "Sampford 1967"},
    [TF_DRAW_TILLE] = {"tille", true, false, draw_tille, draw_tille_joint, EXACT, "Tillé 1996"},
    [TF_DRAW_MAXENT] = {"maxent", true, false, draw_maxent, draw_maxent_joint, EXACT,
        "Hájek 1964; Chen, Dempster & Liu 1994"},
    [TF_DRAW_BREWER] = {"brewer", true, false, draw_brewer, draw_brewer_joint,
        "approximation of Deville & Tillé 2005 for fixed size; exact where 2 are drawn",
        "Brewer 1963, 1975"},
    [TF_DRAW_CUBE] = {"cube", true, false, draw_cube, draw_balanced_joint,
        "approximation of Deville & Tillé 2005 for balanced samples", "Deville & Tillé 2004"},
    [TF_DRAW_PPS_WR] = {"pps_wr", true, true, draw_pps_wr, draw_pps_wr_joint, EXACT,
        "Hansen & Hurwitz 1943"},
};

const struct draw_method *draw_method_of(enum tf_draw_method m)
{
    return &methods[m];
}

const char *tf_draw_method_word(enum tf_draw_method m)
{
    return methods[m].word;
}

bool tf_draw_method_named(const char *word, enum tf_draw_method *ret)
{
    for (int k = 0; k < TF_N_DRAW; k++)
        if (strcmp(methods[k].word, word) == 0) {
            *ret = (enum tf_draw_method)k;
            return true;
        }
    return false;
}

void tf_list_inclusion(const double *size, size_t n, size_t take, double *p)
{
    draw_inclusion(size, n, take, p);
}

/* A list with its certain units set aside. */
static struct draw_list open_part(struct tf_arena *a, const struct tf_list *l, size_t *unit)
{
    struct draw_list o = {.n_x = l->n_x, .n_groups = l->n_groups};
    double *p = TF_NEW_N(a, double, l->n), *x = NULL, sum = 0;
    size_t *group = l->group == NULL ? NULL : TF_NEW_N(a, size_t, l->n);
    if (l->n_x > 0)
        x = TF_NEW_N(a, double, l->n * l->n_x);
    for (size_t k = 0; k < l->n; k++) {
        if (l->p[k] >= 1 && !l->hits)
            continue;
        if (l->n_x > 0)
            memcpy(x + o.n * l->n_x, l->x + k * l->n_x, l->n_x * sizeof *x);
        if (group != NULL)
            group[o.n] = l->group[k];
        sum += l->p[k];
        unit[o.n] = k;
        p[o.n++] = l->p[k];
    }
    o.take = (size_t)(sum + 0.5);
    o.p = p;
    o.x = x;
    o.group = group;
    return o;
}

void tf_list_draw(struct tf_arena *arena, enum tf_draw_method m, const struct tf_list *l,
                  struct tf_rng *rng, unsigned *hits)
{
    size_t *unit = TF_NEW_N(arena, size_t, l->n);
    const struct draw_list o = open_part(arena, l, unit);
    unsigned *h = TF_NEW_N(arena, unsigned, l->n);
    if (o.take > 0)
        methods[m].select(arena, &o, rng, h);
    for (size_t k = 0; k < l->n; k++)
        hits[k] = l->p[k] >= 1 && !l->hits ? 1 : 0;
    for (size_t k = 0; k < o.n; k++)
        hits[unit[k]] = h[k];
}

void tf_list_joint(struct tf_arena *arena, enum tf_draw_method m, const struct tf_list *l,
                   const size_t *who, size_t n_who, double *pi2)
{
    size_t *unit = TF_NEW_N(arena, size_t, l->n), *at = TF_NEW_N(arena, size_t, l->n);
    const struct draw_list o = open_part(arena, l, unit);
    size_t *open_who = TF_NEW_N(arena, size_t, n_who), *row = TF_NEW_N(arena, size_t, n_who);
    size_t n = 0;
    for (size_t k = 0; k < l->n; k++)
        at[k] = SIZE_MAX;
    for (size_t k = 0; k < o.n; k++)
        at[unit[k]] = k;
    for (size_t i = 0; i < n_who; i++) {
        row[i] = at[who[i]] == SIZE_MAX ? SIZE_MAX : n;
        if (row[i] != SIZE_MAX)
            open_who[n++] = at[who[i]];
    }
    double *open_pi2 = TF_NEW_N(arena, double, n * n);
    if (n > 0)
        methods[m].joint(arena, &o, open_who, n, open_pi2);
    for (size_t i = 0; i < n_who; i++)
        for (size_t j = 0; j < n_who; j++) {
            const double x = row[i] == SIZE_MAX ? 1 : open_pi2[row[i] * n + row[i]];
            const double y = row[j] == SIZE_MAX ? 1 : open_pi2[row[j] * n + row[j]];
            pi2[i * n_who + j] = row[i] != SIZE_MAX && row[j] != SIZE_MAX
                                     ? open_pi2[row[i] * n + row[j]]
                                     : x * y;
        }
}
