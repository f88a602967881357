/* Variance from replicates: the estimate again and again under perturbed weights.
 *
 *     V = scale  sum_r  rscale_r (theta_r - centre)(theta_r - centre)'
 *
 * centre: the mean of theta_r over the replicates with rscale_r > 0 (R survey's default), or the
 * estimate itself (`mse: true`). A replicate in which a number cannot be said (NaN, or weights that
 * could not be calibrated again) is left out for that number, as R does with NA.
 *
 * Replicate weights are never stored for all r, which would be n x R numbers: a replicate is one
 * multiplier per sampling unit, computed when it is asked for, by formula or from a stream of
 * random numbers that bears the replicate's name. The weighting steps then run again on the
 * product, so that the replicates know what calibration did.
 *
 * Degrees of freedom, as R's degf of such designs: the rank of the replicate weights of the domain
 * minus 1, with R's tolerance (a column counts when what is left of it after the columns before is
 * at least 1e-5 of its length). The rank is that of the R x R matrix of products, where the
 * tolerance is squared. Where weighting steps follow and the file is large (n x R above 20 million)
 * the steps are left out of the rank; they change it by one or so.
 *
 * Sources: Wolter (2007), Introduction to Variance Estimation, chs. 3-5; scales: R survey 4.1. */
#include "measure/replicates.h"

#include <math.h>
#include <string.h>

static const char *const keys_plain[] = {"type", "mse", NULL};
static const char *const keys_fay[] = {"type", "mse", "rho", "large", NULL};
static const char *const keys_brr[] = {"type", "mse", "large", NULL};
static const char *const keys_random[] = {"type", "mse", "replicates", "seed", NULL};
static const char *const keys_sdr[] = {"type", "mse", "replicates", "sort", NULL};
static const char *const keys_given[] = {"type",    "mse",      "file", "columns", "scale",
                                         "rscales", "combined", "rho",  "fpc",     NULL};
static const struct kind {
    const char *word;
    const char *const *keys;
    enum tf_code (*read)(const struct tf_replicates_reader *r, struct tf_err *reterr);
    const char *fpc; /* what it makes of population sizes */
} kinds[] = {
    {"jk1",          keys_plain,  tf_replicates_jk1,           "of the first stage are used"},
    {"jkn",          keys_plain,  tf_replicates_jkn,           "of the first stage are used"},
    {"brr",          keys_brr,    tf_replicates_brr,           "are not used"               },
    {"fay",          keys_fay,    tf_replicates_fay,           "are not used"               },
    {"bootstrap_rw", keys_random, tf_replicates_rao_wu,        "are not used"               },
    {"bootstrap_cd", keys_random, tf_replicates_canty_davison, "of the first stage are used"},
    {"mrb",          keys_random, tf_replicates_preston,       "of all stages are used"     },
    {"sdr",          keys_sdr,    tf_replicates_sdr,           "of the first stage are used"},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* ---- Reading -------------------------------------------------------------------------------- */

static enum tf_code
find_kind(const struct tf_yaml *at, const struct kind **ret, struct tf_err *reterr)
{
    static const struct kind given = {"given", keys_given, tf_replicates_given, "are not used"};
    const char *word, *names[N_KINDS + 1] = {NULL};
    *ret = &given;
    if (tf_yaml_get(at, "file") != NULL || tf_yaml_get(at, "columns") != NULL)
        return TF_OK;
    TF_TRY(tf_yaml_need_text(at, "type", &word, reterr));
    for (size_t k = 0; k < N_KINDS; k++) {
        names[k] = kinds[k].word;
        *ret = &kinds[k];
        if (tf_streq(kinds[k].word, word))
            return TF_OK;
    }
    const char *nearest = tf_nearest(word, names);
    (void)tf_yaml_fail(tf_yaml_get(at, "type"), reterr, "'%s' is no type of replicates", word);
    (void)tf_fact(reterr, "types are jk1, jkn, brr, fay, bootstrap_rw, bootstrap_cd, mrb, sdr; "
                          "weights that are there already: `file` or `columns`");
    return nearest != NULL ? tf_help(reterr, "Did you mean '%s'?", nearest)
                           : tf_help(reterr, "Choose one of them.");
}

enum tf_code tf_replicates_read(struct tf_survey *s, const struct tf_yaml *at, const char *dir,
                                struct tf_err *reterr)
{
    const struct kind *kind;
    if (at->kind != TF_YAML_MAP) {
        (void)tf_yaml_fail(at, reterr, "keys are expected here");
        return tf_help(reterr, "For example `replicates: {type: jkn}`.");
    }
    TF_TRY(find_kind(at, &kind, reterr));
    TF_TRY(tf_yaml_known(at, kind->keys, reterr));
    struct tf_buf text = {.arena = s->arena};
    struct tf_replicates *rep = TF_NEW(s->arena, struct tf_replicates);
    const struct tf_replicates_reader r = {s, at, dir, rep, &text};
    rep->type = kind->word;
    TF_TRY(tf_yaml_opt_bool(at, "mse", false, &rep->mse, reterr));
    TF_TRY(kind->read(&r, reterr));
    if (rep->count < 2) {
        (void)tf_yaml_fail(at, reterr, "there are fewer than two replicates");
        return tf_help(reterr, "A variance needs at least two: check strata, PSUs and `fpc`.");
    }
    s->replicates = rep;
    s->kind = TF_BY_REPLICATES;
    if (isfinite(s->stage[0].population[0]))
        tf_buf_printf(&text, "; population sizes %s", kind->fpc);
    s->text = tf_printf(s->arena, "%s; %s; deviations from %s", s->text, tf_buf_text(&text),
                        rep->mse ? "the estimate" : "the mean of the replicates");
    return TF_OK;
}

/* ---- What the kinds share ------------------------------------------------------------------- */

struct tf_units tf_units_by_stratum(struct tf_arena *arena, const struct tf_stage *st)
{
    struct tf_units u = {.n_strata = st->n_strata,
                         .n_units = st->n_units,
                         .start = TF_NEW_N(arena, uint32_t, st->n_strata + 1),
                         .unit = TF_NEW_N(arena, uint32_t, st->n_units)};
    uint32_t *next = TF_NEW_N(arena, uint32_t, st->n_strata);
    for (size_t h = 0; h < st->n_strata; h++) {
        next[h] = u.start[h];
        u.start[h + 1] = u.start[h] + st->stratum_units[h];
    }
    for (uint32_t i = 0; i < st->n_units; i++)
        u.unit[next[st->unit_stratum[i]]++] = i;
    return u;
}

double tf_stage_fraction(const struct tf_stage *st, uint32_t stratum)
{
    return st->stratum_units[stratum] / st->population[stratum];
}

void tf_replicates_plain(const struct tf_replicates_reader *r, size_t count, double scale)
{
    r->rep->count = count;
    r->rep->scale = scale;
    r->rep->rscales = TF_NEW_N(r->s->arena, double, count);
    for (size_t k = 0; k < count; k++)
        r->rep->rscales[k] = 1;
}

/* ---- Asking --------------------------------------------------------------------------------- */

size_t tf_replicates_count(const struct tf_survey *s)
{
    return s->replicates != NULL ? s->replicates->count : 0;
}

double tf_replicates_scale(const struct tf_survey *s)
{
    return s->replicates->scale;
}

const double *tf_replicates_rscales(const struct tf_survey *s)
{
    return s->replicates->rscales;
}

bool tf_replicates_mse(const struct tf_survey *s)
{
    return s->replicates->mse;
}

bool tf_replicates_multiplier(const struct tf_survey *s, size_t r, double *m)
{
    const struct tf_replicates *rep = s->replicates;
    if (rep->multiplier == NULL || rep->stage > 0)
        return false;
    rep->multiplier(rep, r, m);
    return true;
}

/* Replicate r before the weighting steps; m: scratch for multipliers. */
static void raw_weights(const struct tf_survey *s, size_t r, double *m, double *w)
{
    const struct tf_replicates *rep = s->replicates;
    if (rep->multiplier == NULL) {
        rep->weights(rep, s->w_base, r, w);
        return;
    }
    const uint32_t *unit = s->stage[rep->stage].unit;
    rep->multiplier(rep, r, m);
    for (size_t row = 0; row < s->n; row++)
        w[row] = s->w_base[row] * m[unit[row]];
}

static double *multiplier_scratch(struct tf_arena *arena, const struct tf_survey *s)
{
    const struct tf_replicates *rep = s->replicates;
    return TF_NEW_N(arena, double, rep->multiplier != NULL ? s->stage[rep->stage].n_units : 0);
}

static enum tf_code
final_weights(const struct tf_survey *s, size_t r, double *m, double *w, struct tf_err *reterr)
{
    raw_weights(s, r, m, w);
    return s->steps != NULL ? tf_steps_again(s, w, reterr) : TF_OK;
}

enum tf_code
tf_replicates_weights(const struct tf_survey *s, size_t r, double *w, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("replicate weights", (size_t)1 << 32);
    const enum tf_code code = final_weights(s, r, multiplier_scratch(scratch, s), w, reterr);
    tf_arena_free(scratch);
    return code;
}

/* ---- Variance ------------------------------------------------------------------------------- */

/* The mean of number k over the replicates that can say it. */
static double centre_of(const struct tf_replicates *rep, const double *theta, size_t p, size_t k)
{
    double sum = 0;
    size_t n = 0;
    for (size_t r = 0; r < rep->count; r++)
        if (rep->rscales[r] > 0 && !isnan(theta[k + r * p])) {
            sum += theta[k + r * p];
            n++;
        }
    return n > 0 ? sum / (double)n : (double)NAN;
}

size_t tf_replicates_spread(const struct tf_survey *s, const double *theta, const double *centre,
                            size_t p, bool full, double *v)
{
    const struct tf_replicates *rep = s->replicates;
    struct tf_arena *scratch = tf_arena_new("replicates", (size_t)1 << 32);
    double *off = TF_NEW_N(scratch, double, p * rep->count);
    size_t most_failed = 0;
    for (size_t k = 0; k < p; k++) {
        const double c = rep->mse ? centre[k] : centre_of(rep, theta, p, k);
        size_t failed = 0;
        for (size_t r = 0; r < rep->count; r++) {
            off[r + k * rep->count] = theta[k + r * p] - c;
            failed += isnan(theta[k + r * p]) ? 1 : 0;
        }
        most_failed = failed > most_failed ? failed : most_failed;
    }
    for (size_t k = 0; k < p; k++)
        for (size_t j = full ? 0 : k; j <= k; j++) {
            double sum = 0;
            size_t n = 0;
            for (size_t r = 0; r < rep->count; r++) {
                const double x = off[r + j * rep->count] * off[r + k * rep->count];
                if (isnan(x))
                    continue;
                sum += rep->rscales[r] * x;
                n++;
            }
            v[j + k * p] = v[k + j * p] = n > 0 ? rep->scale * sum : (double)NAN;
        }
    tf_arena_free(scratch);
    return most_failed;
}

enum tf_code tf_replicates_fit(const struct tf_survey *s, const struct tf_statistic *statistic,
                               struct tf_fit *fit, struct tf_err *reterr)
{
    const size_t count = s->replicates->count, p = fit->p;
    struct tf_arena *scratch = tf_arena_new("replicates", (size_t)1 << 33);
    double *theta = TF_NEW_N(scratch, double, p *count), *w = TF_NEW_N(scratch, double, s->n);
    double *m = multiplier_scratch(scratch, s);
    enum tf_code code = TF_OK;
    for (size_t r = 0; r < count && code == TF_OK; r++) {
        code = final_weights(s, r, m, w, reterr);
        if (code == TF_OK)
            code = statistic->value(statistic->self, w, theta + r * p, reterr);
        if (code != TF_E_CONVERGE)
            continue;
        for (size_t k = 0; k < p; k++)
            theta[k + r * p] = (double)NAN;
        code = TF_OK;
    }
    if (code == TF_OK) {
        fit->replicates = count;
        fit->replicates_failed = tf_replicates_spread(s, theta, fit->theta, p, fit->full, fit->v);
        /* the statistic stands at the sample's own weights again, for whoever asks it more */
        code = statistic->value(statistic->self, s->w, fit->theta, reterr);
    }
    tf_arena_free(scratch);
    return code;
}

/* ---- Rank ----------------------------------------------------------------------------------- */

/* Rank of a matrix from its products g (c x c, spoilt), columns in order as LINPACK's dqrdc2. */
static size_t rank_of_products(double *g, size_t c, double *was)
{
    static const double tolerance = 1e-5 * 1e-5;
    size_t rank = 0;
    for (size_t k = 0; k < c; k++)
        was[k] = g[k + k * c];
    for (size_t k = 0; k < c; k++) {
        const double left = g[k + k * c];
        if (!(left > tolerance * was[k]) || !(was[k] > 0))
            continue;
        rank++;
        for (size_t j = k + 1; j < c; j++) {
            const double f = g[j + k * c] / left;
            if (!(f < 0) && !(f > 0))
                continue;
            for (size_t i = j; i < c; i++)
                g[i + j * c] -= f * g[i + k * c];
        }
    }
    return rank;
}

static bool counts(const struct tf_survey *s, const bool *domain, size_t row)
{
    return tf_in_sample(s->w[row]) && (domain == NULL || domain[row]);
}

static void add_products(double *g, const double *x, size_t c)
{
    for (size_t j = 0; j < c; j++)
        for (size_t i = j; i < c; i++)
            g[i + j * c] += x[i] * x[j];
}

/* Rank of x (n x c, rows contiguous); stops as soon as no more can come. */
static size_t rank_of_rows(struct tf_arena *scratch, const double *x, size_t n, size_t c)
{
    double *g = TF_NEW_N(scratch, double, c *c), *copy = TF_NEW_N(scratch, double, c *c);
    double *was = TF_NEW_N(scratch, double, c);
    const size_t most = n < c ? n : c;
    size_t rank = 0, look = 2 * most;
    for (size_t k = 0; k < n; k++) {
        add_products(g, x + k * c, c);
        if (k + 1 != look && k + 1 != n)
            continue;
        look *= 2;
        memcpy(copy, g, c * c * sizeof *g);
        rank = rank_of_products(copy, c, was);
        if (rank == most)
            break;
    }
    return rank;
}

/* Rank of what is multiplied to the units of a stage: rows of one unit point the same way, so that
 * a unit is one row of the length of its weights. */
static size_t rank_by_unit(struct tf_arena *scratch, const struct tf_survey *s, const bool *domain)
{
    const struct tf_replicates *rep = s->replicates;
    const struct tf_stage *st = &s->stage[rep->stage];
    if (rep->rank != NULL) {
        bool *seen = TF_NEW_N(scratch, bool, st->n_units);
        for (size_t row = 0; row < s->n; row++)
            seen[st->unit[row]] = seen[st->unit[row]] || counts(s, domain, row);
        const size_t rank = rep->rank(scratch, rep, seen);
        if (rank < SIZE_MAX)
            return rank;
    }
    double *square = TF_NEW_N(scratch, double, st->n_units);
    double *m = TF_NEW_N(scratch, double, st->n_units);
    uint32_t *at = TF_NEW_N(scratch, uint32_t, st->n_units);
    size_t n = 0;
    for (size_t row = 0; row < s->n; row++)
        if (counts(s, domain, row))
            square[st->unit[row]] += s->w_base[row] * s->w_base[row];
    /* more units than this cannot add to the rank, or hardly: R columns are exhausted before */
    for (uint32_t i = 0; i < st->n_units && n < 4 * rep->count + 64; i++)
        if (square[i] > 0)
            at[n++] = i;
    double *x = TF_NEW_N(scratch, double, n * rep->count);
    for (size_t r = 0; r < rep->count; r++) {
        rep->multiplier(rep, r, m);
        for (size_t k = 0; k < n; k++)
            x[r + k * rep->count] = sqrt(square[at[k]]) * m[at[k]];
    }
    return rank_of_rows(scratch, x, n, rep->count);
}

/* Rank of the weights row by row: each replicate is folded into `wide` random sums of rows, which
 * keep the rank when wide exceeds the number of replicates (with probability 1). */
static size_t rank_by_row(struct tf_arena *scratch, const struct tf_survey *s, const bool *domain)
{
    const size_t c = s->replicates->count, wide = s->n < c + 16 ? s->n : c + 16;
    double *x = TF_NEW_N(scratch, double, wide *c), *w = TF_NEW_N(scratch, double, s->n);
    double *m = multiplier_scratch(scratch, s), *sign = TF_NEW_N(scratch, double, s->n);
    uint32_t *into = TF_NEW_N(scratch, uint32_t, s->n);
    struct tf_rng rng = tf_rng_named("rank of replicate weights");
    for (size_t row = 0; row < s->n; row++) {
        sign[row] = wide == s->n ? 1 : tf_rng_normal(&rng);
        into[row] = wide == s->n ? (uint32_t)row : tf_rng_below(&rng, (uint32_t)wide);
    }
    for (size_t r = 0; r < c; r++) {
        if (final_weights(s, r, m, w, NULL) != TF_OK)
            continue;
        for (size_t row = 0; row < s->n; row++)
            if (counts(s, domain, row))
                x[r + into[row] * c] += sign[row] * w[row];
    }
    return rank_of_rows(scratch, x, wide, c);
}

/* A domain is asked about once per estimate: what was found is kept by a hash of its weights. */
struct tf_rank_known {
    uint64_t key;
    size_t rank;
};

static uint64_t key_of(const struct tf_survey *s, const bool *domain)
{
    uint64_t key = s->n;
    for (size_t row = 0; row < s->n; row++) {
        uint64_t bits = 0;
        if (counts(s, domain, row))
            memcpy(&bits, &s->w[row], sizeof bits);
        key = (key ^ bits) * UINT64_C(0x9E3779B97F4A7C15);
        key ^= key >> 29;
    }
    return key;
}

static size_t find_rank(const struct tf_survey *s, const bool *domain)
{
    const struct tf_replicates *rep = s->replicates;
    struct tf_arena *scratch = tf_arena_new("degrees of freedom", (size_t)1 << 33);
    const bool small = (double)s->n * (double)rep->count <= 2e7;
    const bool by_row = rep->multiplier == NULL || (s->steps != NULL && small);
    const size_t rank = by_row ? rank_by_row(scratch, s, domain) : rank_by_unit(scratch, s, domain);
    tf_arena_free(scratch);
    return rank;
}

double tf_replicates_df(const struct tf_survey *s, const bool *domain)
{
    struct tf_replicates *rep = s->replicates;
    const uint64_t key = key_of(s, domain);
    for (size_t k = 0; k < rep->n_known; k++)
        if (rep->known[k].key == key)
            return (double)rep->known[k].rank - 1;
    const size_t rank = find_rank(s, domain);
    rep->known = tf_grow(s->arena, rep->known, rep->n_known, &rep->cap_known, sizeof *rep->known);
    rep->known[rep->n_known++] = (struct tf_rank_known){key, rank};
    return (double)rank - 1;
}
