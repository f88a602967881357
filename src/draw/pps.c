/* The draw: PSUs with probability proportional to size, systematically within strata.
 *
 * Allocation. The n PSUs go to strata in proportion to households, at least 2 each (one PSU would
 * leave a stratum without a variance) and at most as many as it has; what remains is shared by the
 * largest remainder, so that the numbers add up to n.
 *
 * Selection within stratum h with n_h PSUs of sizes s_1 … s_N summing to S: the sizes are laid end to
 * end in the order of the frame, and a comb of n_h teeth, I = S / n_h apart, is put on at a random
 * start in [0, I). A PSU is hit by every tooth that falls on it (Madow 1949; Kish 1965, 7.4;
 * Särndal, Swensson & Wretman 1992, 3.6.2):
 *
 *     p_i = min(1, n_h s_i / S)
 *
 * A PSU at least I long is hit for certain, and may be hit more than once: `hits` says how often, and
 * its households are then selected as many times over. Sorting the frame by place before drawing
 * spreads the sample over the country: the order of the file is kept, and is the user's choice.
 *
 * The random start of each stratum comes from a stream named after the seed and the stratum, so that
 * a change in one stratum leaves the others as they were. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw/draw.h"

struct stratum {
    const char *name;
    size_t *psu; /* indices into the frame, in its order; excluded ones are left out */
    size_t n_psu, cap;
    double size, quota;
    size_t take;
    bool settled;
};

static int by_name(const void *a, const void *b)
{
    const struct stratum *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static struct stratum *find_strata(struct tf_arena *arena, const struct tf_frame *f, size_t *ret_n)
{
    struct stratum *s = NULL;
    size_t n = 0, cap = 0;
    for (size_t k = 0; k < f->n; k++) {
        size_t at = 0;
        if (f->psu[k].excluded)
            continue;
        while (at < n && strcmp(s[at].name, f->psu[k].stratum) != 0)
            at++;
        if (at == n) {
            s = tf_grow(arena, s, n, &cap, sizeof *s);
            s[n++] = (struct stratum){.name = f->psu[k].stratum};
        }
        s[at].psu = tf_grow(arena, s[at].psu, s[at].n_psu, &s[at].cap, sizeof *s[at].psu);
        s[at].psu[s[at].n_psu++] = k;
        s[at].size += f->psu[k].size;
    }
    if (n > 0)
        qsort(s, n, sizeof *s, by_name);
    *ret_n = n;
    return s;
}

static enum tf_code check_strata(const struct stratum *s, size_t n, size_t n_psu,
                                 const struct tf_frame *f, struct tf_err *reterr)
{
    size_t open = 0;
    for (size_t k = 0; k < n; k++) {
        open += s[k].n_psu;
        if (s[k].n_psu >= 2)
            continue;
        (void)tf_fail_at(reterr, TF_E_DESIGN, f->file, 0, 0,
                         "the stratum '%s' has one PSU that could be sampled", s[k].name);
        (void)tf_fact(reterr, "with fewer than 2 PSUs its variance cannot be estimated");
        return tf_help(reterr, "Join it with a neighbouring stratum in the frame.");
    }
    if (n_psu >= 2 * n && n_psu <= open && n > 0)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_DESIGN, f->file, 0, 0, "%zu PSUs cannot be drawn from this frame",
                     n_psu);
    (void)tf_fact(reterr, "it has %zu strata and %zu PSUs that could be sampled", n, open);
    return tf_help(reterr, "Draw between %zu (2 in each stratum) and %zu.", 2 * n, open);
}

/* Settle strata whose share falls below 2 or above what they have, until the others' shares fit. */
static size_t settle(struct stratum *s, size_t n, size_t n_psu)
{
    size_t left = n_psu;
    for (bool again = true; again;) {
        double size = 0;
        again = false;
        for (size_t k = 0; k < n; k++)
            size += s[k].settled ? 0 : s[k].size;
        for (size_t k = 0; k < n; k++)
            if (!s[k].settled)
                s[k].quota = (double)left * s[k].size / size;
        /* the small ones first: what they take is lacking elsewhere */
        for (int high = 0; high < 2 && !again; high++)
            for (size_t k = 0; k < n; k++) {
                const bool out = high ? s[k].quota > (double)s[k].n_psu : s[k].quota < 2;
                if (s[k].settled || !out)
                    continue;
                s[k].settled = again = true;
                s[k].take = high ? s[k].n_psu : 2;
                left -= s[k].take <= left ? s[k].take : left;
            }
    }
    return left;
}

static void allocate(struct stratum *s, size_t n, size_t n_psu)
{
    size_t taken = 0;
    (void)settle(s, n, n_psu);
    for (size_t k = 0; k < n; k++) {
        if (!s[k].settled)
            s[k].take = (size_t)floor(s[k].quota);
        taken += s[k].take;
    }
    /* largest remainder; equal remainders by name, as the strata are sorted. When bounds collide
     * the same loop takes back from, or gives to, whoever is furthest from its share. */
    for (; taken != n_psu; taken += taken < n_psu ? 1 : (size_t)-1) {
        size_t best = SIZE_MAX;
        double most = 0;
        for (size_t k = 0; k < n; k++) {
            const double gap = taken < n_psu ? s[k].quota - (double)s[k].take
                                             : (double)s[k].take - s[k].quota;
            if ((taken < n_psu ? s[k].take < s[k].n_psu : s[k].take > 2) &&
                (best == SIZE_MAX || gap > most)) {
                best = k;
                most = gap;
            }
        }
        s[best].take += taken < n_psu ? 1 : (size_t)-1;
    }
}

/* The comb over one stratum; adds the PSUs hit to the sample. */
static void comb(const struct tf_frame *f, const struct stratum *s, double start,
                 struct tf_sample *sample)
{
    const double interval = s->size / (double)s->take;
    double edge = 0;
    size_t tooth = 0;
    for (size_t k = 0; k < s->n_psu; k++) {
        const struct tf_frame_psu *p = &f->psu[s->psu[k]];
        const bool last = k + 1 == s->n_psu;
        unsigned hits = 0;
        edge += p->size;
        while (tooth < s->take && (start + (double)tooth * interval < edge || last)) {
            hits++;
            tooth++;
        }
        if (hits == 0)
            continue;
        const double expected = (double)s->take * p->size / s->size;
        sample->psu[sample->n++] = (struct tf_sample_psu){
            .psu = p->psu, .stratum = p->stratum, .region = p->region, .area = p->area,
            .size = p->size, .households = p->size, .p_psu = expected < 1 ? expected : 1,
            .hits = hits};
    }
}

enum tf_code tf_sample_draw(struct tf_arena *arena, const struct tf_frame *frame, size_t n_psu,
                            const char *seed_name, struct tf_sample **ret, struct tf_err *reterr)
{
    size_t n;
    struct stratum *s = find_strata(arena, frame, &n);
    TF_TRY(check_strata(s, n, n_psu, frame, reterr));
    allocate(s, n, n_psu);
    struct tf_sample *sample = TF_NEW(arena, struct tf_sample);
    sample->seed_name = tf_strdup(arena, seed_name);
    sample->psu = TF_NEW_N(arena, struct tf_sample_psu, n_psu);
    for (size_t k = 0; k < n; k++) {
        struct tf_rng rng = tf_rng_named(tf_printf(arena, "%s/%s", seed_name, s[k].name));
        const double start = tf_rng_uniform(&rng) * s[k].size / (double)s[k].take;
        comb(frame, &s[k], start, sample);
    }
    *ret = sample;
    return TF_OK;
}

struct tf_table *tf_sample_table(struct tf_arena *arena, const struct tf_sample *sample)
{
    static const char *const text_names[] = {"psu", "stratum", "region", "area"};
    static const char *const number_names[] = {"households", "p_psu", "hits"};
    struct tf_table *t = tf_table_new(arena, "sample", sample->n);
    for (size_t c = 0; c < 4; c++)
        (void)tf_table_add(t, text_names[c], TF_TEXT);
    for (size_t c = 0; c < 3; c++)
        (void)tf_table_add(t, number_names[c], TF_NUMBER);
    for (size_t row = 0; row < sample->n; row++) {
        const struct tf_sample_psu *p = &sample->psu[row];
        const char *text[] = {p->psu, p->stratum, p->region, p->area};
        const double number[] = {p->households, p->p_psu, (double)p->hits};
        for (size_t c = 0; c < 4; c++) {
            t->col[c].text[row] = text[c];
            t->col[c].miss[row] = *text[c] == '\0' ? TF_MISS_SYSTEM : TF_PRESENT;
        }
        for (size_t c = 0; c < 3; c++) {
            t->col[4 + c].num[row] = number[c];
            t->col[4 + c].miss[row] = TF_PRESENT;
        }
    }
    return t;
}

double tf_base_weight(double p_psu, double p_household, double p_person)
{
    return 1 / (p_psu * p_household * p_person);
}
