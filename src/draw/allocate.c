/* Allocation: how many PSUs (or interviews) each stratum gets.
 *
 *     proportional   n_h in proportion to size                              the default
 *     equal          the same everywhere: strata as domains
 *     neyman         size x sd / sqrt(cost): least variance of the total for the money
 *                    (Neyman 1934; Cochran 1977, 5.5)
 *     power          cv x size^a, a in [0, 1]: from equal precision in each stratum (a = 0) to
 *                    Neyman's (a = 1) (Bankier 1988, Amer. Statist. 42, 174-177)
 *     given          column psus
 *
 * Each stratum gets at least low (2: one PSU would leave it without a variance) and at most what it
 * has. Shares that fall out of these bounds are settled at them and the rest is shared anew; what
 * is left after rounding down goes by the largest remainder, so that the numbers add up. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/sheet.h"
#include "draw/inside.h"

static const char *const words[TF_N_ALLOCATE] = {"proportional", "equal", "neyman", "power",
                                                 "given"};

bool tf_allocation_named(const char *word, enum tf_allocation *ret)
{
    for (int k = 0; k < TF_N_ALLOCATE; k++)
        if (strcmp(words[k], word) == 0) {
            *ret = (enum tf_allocation)k;
            return true;
        }
    return false;
}

const char *tf_allocation_word(enum tf_allocation rule)
{
    return words[rule];
}

/* ---- the arithmetic ---- */

/* Settle strata whose share falls below low or above high, until the others' shares fit. */
static void settle(struct draw_share *s, size_t n, size_t total, double *quota, bool *settled)
{
    size_t left = total;
    for (bool again = true; again;) {
        double sum = 0;
        again = false;
        for (size_t k = 0; k < n; k++)
            sum += settled[k] ? 0 : s[k].weight;
        for (size_t k = 0; k < n; k++)
            if (!settled[k])
                quota[k] = sum > 0 ? (double)left * s[k].weight / sum : 0;
        /* the small ones first: what they take is lacking elsewhere */
        for (int high = 0; high < 2 && !again; high++)
            for (size_t k = 0; k < n; k++) {
                const bool out = high ? quota[k] > (double)s[k].high : quota[k] < (double)s[k].low;
                if (settled[k] || !out)
                    continue;
                settled[k] = again = true;
                s[k].take = high ? s[k].high : s[k].low;
                left -= s[k].take <= left ? s[k].take : left;
            }
    }
}

void draw_allocate(struct tf_arena *a, struct draw_share *s, size_t n, size_t total)
{
    double *quota = TF_NEW_N(a, double, n);
    bool *settled = TF_NEW_N(a, bool, n);
    size_t taken = 0;
    settle(s, n, total, quota, settled);
    for (size_t k = 0; k < n; k++) {
        if (!settled[k])
            s[k].take = (size_t)floor(quota[k]);
        taken += s[k].take;
    }
    /* largest remainder; equal remainders in the order of the strata. When bounds collide the same
     * loop takes back from, or gives to, whoever is furthest from its share. */
    for (; taken != total; taken += taken < total ? 1 : (size_t)-1) {
        size_t best = SIZE_MAX;
        double most = 0;
        for (size_t k = 0; k < n; k++) {
            const double gap = taken < total ? quota[k] - (double)s[k].take
                                             : (double)s[k].take - quota[k];
            if ((taken < total ? s[k].take < s[k].high : s[k].take > s[k].low) &&
                (best == SIZE_MAX || gap > most)) {
                best = k;
                most = gap;
            }
        }
        s[best].take += taken < total ? 1 : (size_t)-1;
    }
}

/* ---- what is known of strata ---- */

enum { STRATUM, SD, MEAN, SHARE, COST, PSUS, SIZE, MIN, N_FACTS };
static const struct {
    const char *name, *help;
    double low, high;
} facts[N_FACTS] = {
    [STRATUM] = {"stratum", "", 0, 0},
    [SD] = {"sd", "Give a standard deviation, 0 or more.", 0, 1e15},
    [MEAN] = {"mean", "Give a number.", -1e15, 1e15},
    [SHARE] = {"share", "Give a share between 0 and 1.", 0, 1},
    [COST] = {"cost", "Give what one unit costs, above 0.", 1e-9, 1e15},
    [PSUS] = {"psus", "Give a whole number of at least 1; to leave a stratum out, exclude its PSUs.",
              1, 1e9},
    [SIZE] = {"size", "Give how many the stratum holds, above 0.", 1e-9, 1e15},
    [MIN] = {"min", "Give a whole number of at least 1.", 1, 1e9},
};

static enum tf_code read_fact(const struct tf_sheet *s, size_t row, int k, size_t col, double *ret,
                              struct tf_err *reterr)
{
    const char *text = tf_sheet_text(s, row, col);
    *ret = (double)NAN;
    if (*text == '\0')
        return TF_OK;
    const bool whole = k == PSUS || k == MIN;
    if (tf_parse_double(text, ret) && *ret >= facts[k].low && *ret <= facts[k].high &&
        !(whole && fabs(*ret - floor(*ret)) > 0))
        return TF_OK;
    (void)tf_sheet_fail(s, row, col, reterr, "%s '%s' is not usable", facts[k].name, text);
    return tf_help(reterr, "%s", facts[k].help);
}

enum tf_code tf_strata_read(struct tf_arena *arena, const char *path, struct tf_strata **ret,
                            struct tf_err *reterr)
{
    struct tf_sheet *s;
    size_t at[N_FACTS];
    TF_TRY(tf_sheet_read(arena, path, &s, reterr));
    TF_TRY(tf_sheet_need(s, "stratum", &at[STRATUM], reterr));
    for (int k = SD; k < N_FACTS; k++) {
        at[k] = tf_table_find(s->t, facts[k].name);
        if (at[k] >= SIZE_MAX - 1)
            at[k] = SIZE_MAX;
    }
    struct tf_strata *out = TF_NEW(arena, struct tf_strata);
    out->sheet = s;
    out->item = TF_NEW_N(arena, struct tf_stratum_facts, s->t->n_rows);
    for (size_t row = 0; row < s->t->n_rows; row++) {
        double v[N_FACTS] = {0};
        for (int k = SD; k < N_FACTS; k++)
            TF_TRY(read_fact(s, row, k, at[k], &v[k], reterr));
        const double p = v[SHARE];
        struct tf_stratum_facts *f = &out->item[out->n++];
        *f = (struct tf_stratum_facts){.name = tf_sheet_text(s, row, at[STRATUM]), .row = row,
                                       .cost = v[COST], .psus = v[PSUS], .size = v[SIZE],
                                       .min = v[MIN]};
        f->sd = isnan(v[SD]) ? sqrt(p * (1 - p)) : v[SD];
        f->mean = isnan(v[MEAN]) ? p : v[MEAN];
        for (size_t k = 0; k + 1 < out->n; k++)
            if (strcmp(out->item[k].name, f->name) == 0)
                return tf_sheet_fail(s, row, at[STRATUM], reterr,
                                     "the stratum '%s' stands in line %zu already", f->name,
                                     s->line[out->item[k].row]);
    }
    *ret = out;
    return TF_OK;
}

static enum tf_code lacks(const struct tf_strata *strata, size_t row, enum tf_allocation rule,
                          const char *name, const char *column, struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_INPUT, strata->sheet->file, strata->sheet->line[row], 0,
                     "the stratum '%s' has no %s", name, column);
    return tf_help(reterr, "The allocation '%s' needs it for every stratum.", words[rule]);
}

enum tf_code draw_share_of(const struct tf_strata *strata, enum tf_allocation rule, double power,
                           const char *name, double size, double *ret, struct tf_err *reterr)
{
    const struct tf_stratum_facts *f = NULL;
    *ret = rule == TF_ALLOCATE_EQUAL ? 1 : size;
    if (rule == TF_ALLOCATE_PROPORTIONAL || rule == TF_ALLOCATE_EQUAL)
        return TF_OK;
    if (strata == NULL)
        return tf_fail(reterr, TF_E_USAGE, "the allocation '%s' needs a file of strata",
                       words[rule]);
    for (size_t k = 0; k < strata->n; k++)
        if (strcmp(strata->item[k].name, name) == 0)
            f = &strata->item[k];
    if (f == NULL) {
        (void)tf_fail_at(reterr, TF_E_INPUT, strata->sheet->file, 0, 0,
                         "the stratum '%s' is not in the file of strata", name);
        return tf_help(reterr, "Add a line for it.");
    }
    if (rule == TF_ALLOCATE_GIVEN) {
        *ret = f->psus;
        return isnan(f->psus) ? lacks(strata, f->row, rule, name, "psus", reterr) : TF_OK;
    }
    if (isnan(f->sd))
        return lacks(strata, f->row, rule, name, "sd or share", reterr);
    if (rule == TF_ALLOCATE_NEYMAN) {
        *ret = size * f->sd / sqrt(isnan(f->cost) ? 1 : f->cost);
        return TF_OK;
    }
    if (isnan(f->mean) || !(fabs(f->mean) > 0))
        return lacks(strata, f->row, rule, name, "mean above 0 (its cv is wanted)", reterr);
    *ret = f->sd / fabs(f->mean) * pow(size, power);
    return TF_OK;
}

size_t draw_low_of(const struct tf_strata *strata, const char *name, size_t min)
{
    for (size_t k = 0; strata != NULL && k < strata->n; k++)
        if (strcmp(strata->item[k].name, name) == 0 && !isnan(strata->item[k].min))
            return (size_t)strata->item[k].min;
    return min;
}
