/* Balanced half-samples: of each pair of PSUs one, in turns that a Hadamard matrix orders.
 *
 * In replicate r pair g takes its first PSU where the matrix holds +1 in row g + 1, column r, and
 * its second where it holds -1: the one taken counts 2 - rho, the other rho.
 *
 *     brr   rho = 0 (McCarthy 1969, Rev. Int. Stat. Inst. 37, 239-264)
 *     fay   0 < rho < 1: nobody is left out altogether (Dippo, Fay & Morganstein 1984; Judkins
 *           1990, J. Official Statist. 6, 223-239)
 *     V = 1 / (R (1 - rho)^2)  sum_r (theta_r - centre)^2
 *
 * Full orthogonal balance: R is the order of the matrix (hadamard.c), above the number of pairs.
 * Pairs are numbered as R survey's brrweights does, so that also a ratio gets the same replicates:
 * strata sorted by their text, first those of more than two PSUs, then those of two; PSUs in a
 * stratum in the order of the data. A stratum of more PSUs is split into neighbouring pairs
 * (`large: split`, R's default, an even number) or into two halves (`large: merge`). A lonely PSU
 * counts 1 always under `remove` and `certainty`; other rules are refused. Population sizes are not
 * used. */
#include <stdlib.h>
#include <string.h>

#include "measure/replicates.h"

enum { FIXED = -1 };
struct brr {
    const struct tf_stage *st;
    const uint8_t *h; /* the matrix */
    size_t order, n_pairs;
    int64_t *pair;  /* [n_units] or FIXED */
    uint8_t *first; /* [n_units] 1: on the first side of its pair */
    double rho;
};

static void multiplier(const struct tf_replicates *rep, size_t r, double *m)
{
    const struct brr *b = rep->self;
    const uint8_t *column = b->h + r * b->order;
    for (size_t i = 0; i < b->st->n_units; i++) {
        m[i] = 1;
        if (b->pair[i] != FIXED)
            m[i] = column[b->pair[i] + 1] == b->first[i] ? 2 - b->rho : b->rho;
    }
}

/* The two sides of a pair are one group; PSUs of one side point the same way. */
static size_t rank(struct tf_arena *scratch, const struct tf_replicates *rep, const bool *seen)
{
    const struct brr *b = rep->self;
    const size_t sides = 2 * b->n_pairs + 1;
    bool *side = TF_NEW_N(scratch, bool, sides);
    uint32_t *group = TF_NEW_N(scratch, uint32_t, sides);
    for (size_t k = 0; k < sides; k++)
        group[k] = (uint32_t)(k / 2);
    for (size_t i = 0; i < b->st->n_units; i++)
        if (seen[i])
            side[b->pair[i] == FIXED ? sides - 1 : 2 * (size_t)b->pair[i] + b->first[i]] = true;
    return tf_rank_of_groups(scratch, side, group, sides, b->n_pairs);
}

/* ---- Pairs ---------------------------------------------------------------------------------- */

struct member { /* a PSU with its stratum's text and the row it first stands in */
    const char *stratum;
    uint32_t unit, first;
};

static int in_order(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    const int text = strcmp(x->stratum, y->stratum);
    return text != 0 ? text : (x->first > y->first) - (x->first < y->first);
}

static struct member *sorted(const struct tf_survey *s, struct tf_arena *arena)
{
    const struct tf_stage *st = &s->stage[0];
    struct member *member = TF_NEW_N(arena, struct member, st->n_units);
    for (size_t row = s->n; row-- > 0;)
        member[st->unit[row]] =
            (struct member){s->stratum_name[st->stratum[row]], st->unit[row], (uint32_t)row};
    qsort(member, st->n_units, sizeof *member, in_order);
    return member;
}

static enum tf_code refuse(const struct tf_replicates_reader *r, const char *what,
                           const char *stratum, const char *help, struct tf_err *reterr)
{
    (void)tf_yaml_fail(r->at, reterr, "%s", what);
    (void)tf_fact(reterr, "stratum '%s'", stratum);
    return tf_help(reterr, "%s", help);
}

/* Number the pairs of one stratum of n PSUs. */
static void pair_up(struct brr *b, const struct member *member, uint32_t n, bool merge)
{
    for (uint32_t k = 0; k < n; k++) {
        const bool halves = merge && n > 2;
        b->pair[member[k].unit] = (int64_t)(b->n_pairs + (halves ? 0 : k / 2));
        b->first[member[k].unit] = halves ? k < n / 2 : k % 2 == 0;
    }
    b->n_pairs += merge && n > 2 ? 1 : n / 2;
}

static enum tf_code
make_pairs(const struct tf_replicates_reader *r, struct brr *b, bool merge, struct tf_err *reterr)
{
    const struct tf_stage *st = b->st;
    const struct member *member = sorted(r->s, r->s->arena);
    for (int wanted = 0; wanted < 2; wanted++) /* large strata, then pairs */
        for (size_t k = 0; k < st->n_units;) {
            const uint32_t n = st->stratum_units[st->unit_stratum[member[k].unit]];
            if (n == 1 && r->s->lonely != TF_LONELY_REMOVE && r->s->lonely != TF_LONELY_CERTAINTY)
                return refuse(r, "a stratum of one PSU has no half-sample", member[k].stratum,
                              "Choose `lonely_psu: remove` or `certainty`, or merge strata.",
                              reterr);
            if (n == 1)
                b->pair[member[k].unit] = FIXED;
            if (n > 2 && n % 2 == 1 && !merge)
                return refuse(r, "a stratum has an odd number of PSUs", member[k].stratum,
                              "Write `large: merge` to take it in two halves.", reterr);
            if (n > 1 && (n == 2) == (wanted == 1))
                pair_up(b, member + k, n, merge);
            k += n;
        }
    return TF_OK;
}

static enum tf_code make(const struct tf_replicates_reader *r, double rho, struct tf_err *reterr)
{
    const char *large;
    struct brr *b = TF_NEW(r->s->arena, struct brr);
    TF_TRY(tf_yaml_opt_text(r->at, "large", "split", &large, reterr));
    if (strcmp(large, "split") != 0 && strcmp(large, "merge") != 0) {
        (void)tf_yaml_fail(tf_yaml_get(r->at, "large"), reterr, "`large` is '%s'", large);
        return tf_help(reterr, "Write split or merge.");
    }
    b->st = &r->s->stage[0];
    b->rho = rho;
    b->pair = TF_NEW_N(r->s->arena, int64_t, b->st->n_units);
    b->first = TF_NEW_N(r->s->arena, uint8_t, b->st->n_units);
    TF_TRY(make_pairs(r, b, strcmp(large, "merge") == 0, reterr));
    if (b->n_pairs > 16000)
        return tf_yaml_fail(r->at, reterr, "%zu pairs of PSUs are too many", b->n_pairs);
    b->h = tf_hadamard(r->s->arena, b->n_pairs, &b->order);
    r->rep->self = b;
    r->rep->multiplier = multiplier;
    r->rep->rank = rank;
    tf_replicates_plain(r, b->order, 1 / ((double)b->order * (1 - rho) * (1 - rho)));
    tf_buf_printf(r->text, "%s, %zu pairs, %zu replicates",
                  rho > 0 ? "Fay's balanced half-samples" : "balanced half-samples (BRR)",
                  b->n_pairs, b->order);
    return TF_OK;
}

enum tf_code tf_replicates_brr(const struct tf_replicates_reader *r, struct tf_err *reterr)
{
    return make(r, 0, reterr);
}

enum tf_code tf_replicates_fay(const struct tf_replicates_reader *r, struct tf_err *reterr)
{
    double rho;
    TF_TRY(tf_yaml_need_number(r->at, "rho", &rho, reterr));
    if (!(rho > 0) || !(rho < 1)) {
        (void)tf_yaml_fail(tf_yaml_get(r->at, "rho"), reterr, "rho is not between 0 and 1");
        return tf_help(reterr, "Often 0.3 or 0.5.");
    }
    return make(r, rho, reterr);
}
