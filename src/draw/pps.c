/* Systematic sampling of PSUs with probability proportional to size, within strata.
 *
 * The idea: lay the PSUs of a stratum end to end, each as long as it has households; walk along with a
 * fixed step from a random start; each PSU in which a step falls is in the sample.
 *
 *     |--- 1 ---|-- 2 --|------ 3 ------|- 4 -|     step = total / n, start uniform in [0, step)
 *          ^            ^             ^             PSU 3 is hit twice when it is longer than a step
 *
 * With n_h of the stratum's PSUs to draw, PSU i of size M_i has the inclusion probability
 * pi_i = min(1, n_h M_i / M_h), and is expected to be hit n_h M_i / M_h times (Särndal, Swensson &
 * Wretman 1992, 3.6.2; Kish 1965, 7.4). A PSU longer than a step is certain, and may be hit more than
 * once: hits are kept, and the take inside it grows in proportion, which keeps household
 * probabilities equal. The order within a stratum is that of the frame (implicit stratification).
 *
 * The sample is allocated to strata in proportion to their households by largest remainders, at least
 * two PSUs each, so that every stratum has a variance. Does not: optimal allocation, other pps
 * schemes, replacement PSUs. */
#include <math.h>
#include <string.h>

#include "draw/draw.h"

struct stratum {
    const char *name;
    double size;
    size_t n_psu;  /* that could be drawn */
    size_t take;   /* PSUs to draw */
    double remainder;
};

struct allocation {
    struct stratum *stratum;
    size_t n;
    size_t *of; /* [frame->n] stratum of each PSU */
};

static void find_strata(struct tf_arena *a, const struct tf_frame *frame, struct allocation *al)
{
    size_t cap = 0;
    al->of = TF_NEW_N(a, size_t, frame->n);
    for (size_t i = 0; i < frame->n; i++) {
        const struct tf_frame_psu *p = &frame->psu[i];
        size_t h = 0;
        while (h < al->n && strcmp(al->stratum[h].name, p->stratum) != 0)
            h++;
        if (h == al->n) {
            al->stratum = tf_grow(a, al->stratum, al->n, &cap, sizeof *al->stratum);
            al->stratum[al->n++] = (struct stratum){.name = p->stratum};
        }
        al->of[i] = h;
        if (!p->excluded) {
            al->stratum[h].size += p->size;
            al->stratum[h].n_psu++;
        }
    }
}

static enum tf_code too_small(const struct tf_frame *frame, const struct stratum *s,
                              struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_DESIGN, frame->file, 0, 0,
                     "stratum '%s' has %zu PSU%s that can be drawn", s->name, s->n_psu,
                     s->n_psu == 1 ? "" : "s");
    (void)tf_fact(reterr, "with fewer than two its variance cannot be estimated");
    return tf_help(reterr, "Merge it with a neighbouring stratum in the frame.");
}

/* Largest remainders, two at least: Hamilton's rule after the floor of two is given. */
static enum tf_code allocate(const struct tf_frame *frame, struct allocation *al, size_t n_psu,
                             struct tf_err *reterr)
{
    double total = 0;
    size_t given = 0, open_strata = 0;
    for (size_t h = 0; h < al->n; h++) {
        if (al->stratum[h].n_psu == 0)
            continue; /* wholly excluded: not covered, and the report says so */
        if (al->stratum[h].n_psu < 2)
            return too_small(frame, &al->stratum[h], reterr);
        total += al->stratum[h].size;
        open_strata++;
    }
    if (open_strata == 0 || n_psu < 2 * open_strata) {
        (void)tf_fail_at(reterr, TF_E_DESIGN, frame->file, 0, 0,
                         "%zu PSUs are too few for %zu strata", n_psu, open_strata);
        return tf_help(reterr, "Draw at least two in each stratum, or merge strata.");
    }
    for (size_t h = 0; h < al->n; h++) {
        struct stratum *s = &al->stratum[h];
        const double share = (double)n_psu * s->size / total;
        s->take = s->n_psu == 0 ? 0 : share < 2 ? 2 : (size_t)floor(share);
        s->remainder = s->n_psu == 0 || share < 2 ? -1 : share - floor(share);
        given += s->take;
    }
    while (given < n_psu) { /* to the largest remainder; ties to the first stratum of the frame */
        struct stratum *best = NULL;
        for (size_t h = 0; h < al->n; h++)
            if (al->stratum[h].n_psu > 0 &&
                (best == NULL || al->stratum[h].remainder > best->remainder))
                best = &al->stratum[h];
        best->take++;
        best->remainder -= 1;
        given++;
    }
    while (given > n_psu) { /* the floor of two gave too many: back from the largest */
        struct stratum *best = NULL;
        for (size_t h = 0; h < al->n; h++)
            if (al->stratum[h].take > 2 && (best == NULL || al->stratum[h].take > best->take))
                best = &al->stratum[h];
        best->take--;
        given--;
    }
    return TF_OK;
}

/* One stratum, systematically; drawn PSUs are appended in frame order. */
static void draw_stratum(const struct tf_frame *frame, const struct allocation *al, size_t h,
                         const char *seed_name, struct tf_arena *a, struct tf_sample *sample)
{
    const struct stratum *s = &al->stratum[h];
    struct tf_rng rng = tf_rng_named(tf_printf(a, "%s/%s", seed_name, s->name));
    const double step = s->size / (double)s->take;
    const double start = tf_rng_uniform(&rng) * step;
    double from = 0;
    size_t next = 0; /* the next step's number: steps fall at start + next * step */
    for (size_t i = 0; i < frame->n; i++) {
        const struct tf_frame_psu *p = &frame->psu[i];
        if (al->of[i] != h || p->excluded)
            continue;
        const double to = from + p->size, expected = (double)s->take * p->size / s->size;
        unsigned hits = 0;
        while (next < s->take && start + (double)next * step < to) {
            hits++;
            next++;
        }
        from = to;
        if (hits == 0)
            continue;
        sample->psu[sample->n++] = (struct tf_sample_psu){
            .psu = p->psu, .stratum = p->stratum, .region = p->region, .area = p->area,
            .size = p->size, .households = p->size, .hits = hits,
            .p_psu = expected < 1 ? expected : 1};
    }
}

enum tf_code tf_sample_draw(struct tf_arena *arena, const struct tf_frame *frame, size_t n_psu,
                            const char *seed_name, struct tf_sample **ret, struct tf_err *reterr)
{
    struct allocation al = {0};
    find_strata(arena, frame, &al);
    TF_TRY(allocate(frame, &al, n_psu, reterr));
    struct tf_sample *sample = TF_NEW(arena, struct tf_sample);
    sample->psu = TF_NEW_N(arena, struct tf_sample_psu, n_psu);
    sample->seed_name = tf_strdup(arena, seed_name);
    for (size_t h = 0; h < al.n; h++)
        if (al.stratum[h].take > 0)
            draw_stratum(frame, &al, h, seed_name, arena, sample);
    *ret = sample;
    return TF_OK;
}

struct tf_table *tf_sample_table(struct tf_arena *arena, const struct tf_sample *s)
{
    static const char *const name[] = {"psu", "stratum", "region", "area", "households", "p_psu",
                                       "hits"};
    struct tf_table *t = tf_table_new(arena, "sample", s->n);
    for (size_t c = 0; c < sizeof name / sizeof name[0]; c++)
        (void)tf_table_add(t, name[c], c < 4 ? TF_TEXT : TF_NUMBER);
    for (size_t k = 0; k < s->n; k++) {
        const struct tf_sample_psu *p = &s->psu[k];
        const char *const text[] = {p->psu, p->stratum, p->region, p->area};
        const double number[] = {p->households, p->p_psu, (double)p->hits};
        for (size_t c = 0; c < 4; c++)
            t->col[c].text[k] = text[c];
        for (size_t c = 0; c < 3; c++)
            t->col[4 + c].num[k] = number[c];
        for (size_t c = 0; c < 7; c++)
            t->col[c].miss[k] = TF_PRESENT;
    }
    return t;
}

double tf_base_weight(double p_psu, double p_household, double p_person)
{
    return 1 / (p_psu * p_household * p_person);
}
