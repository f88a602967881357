/* The one pass against one statistic at a time: the same estimates and variances to 1e-12, and the
 * same bits for any order of rows, number of threads and scale of weights. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "measure/onepass.h"
#include "measure/replicates.h"

enum { MOST_VARS = 12, SCHEMES = 3 };

struct sample { /* a synthetic survey, as plain arrays */
    struct tf_arena *arena;
    struct tf_survey s;
    struct tf_stage stage;
    struct tf_codes codes[MOST_VARS];
    const struct tf_codes *var[MOST_VARS];
    size_t n_vars;
    struct tf_onepass_scheme scheme[SCHEMES];
};
struct shape {
    const char *name;
    size_t rows, psus, strata;
    double spread; /* of weights: largest over smallest */
    bool by_rows, fpc;
    size_t lonely_psus; /* strata of one PSU, besides */
    enum tf_lonely lonely;
    bool near_one; /* shares next to 1 in clusters of very unequal size */
};
static const struct shape shapes[] = {
    {"clusters", 3000, 60, 12, 10, false, false, 0, TF_LONELY_ERROR, false},
    {"one stratum", 2000, 150, 1, 3, false, false, 0, TF_LONELY_ERROR, false},
    {"two PSUs a stratum", 1000, 80, 40, 30, false, false, 0, TF_LONELY_ERROR, false},
    {"equal weights", 900, 30, 10, 1, false, false, 0, TF_LONELY_ERROR, false},
    {"weights over five orders", 3000, 40, 8, 3e5, false, false, 0, TF_LONELY_ERROR, false},
    {"finite populations", 2500, 50, 10, 5, false, true, 0, TF_LONELY_ERROR, false},
    {"lonely, adjust", 800, 40, 10, 5, false, false, 3, TF_LONELY_ADJUST, false},
    {"lonely, average", 800, 40, 10, 5, false, false, 3, TF_LONELY_AVERAGE, false},
    {"lonely, remove", 800, 40, 10, 5, false, false, 3, TF_LONELY_REMOVE, false},
    {"lonely, certainty, finite", 800, 40, 10, 5, false, true, 3, TF_LONELY_CERTAINTY, false},
    {"rows are units", 1500, 0, 6, 20, true, false, 0, TF_LONELY_ERROR, false},
    {"rows are units, finite", 1200, 0, 5, 8, true, true, 0, TF_LONELY_ERROR, false},
    {"shares near one, unequal clusters", 4000, 50, 5, 10, false, false, 0, TF_LONELY_ERROR, true},
};

static void make_design(struct sample *x, const struct shape *shape, struct tf_rng *rng)
{
    const size_t n = shape->rows, most = shape->psus + shape->lonely_psus;
    uint32_t *h = TF_NEW_N(x->arena, uint32_t, n), *i = TF_NEW_N(x->arena, uint32_t, n);
    double *w = TF_NEW_N(x->arena, double, n);
    const size_t strata = shape->strata + shape->lonely_psus, units = shape->by_rows ? n : most;
    uint32_t *unit_stratum = TF_NEW_N(x->arena, uint32_t, units);
    uint32_t *in = TF_NEW_N(x->arena, uint32_t, strata);
    double *population = TF_NEW_N(x->arena, double, strata);
    for (size_t k = 0; k < units; k++) {
        const bool lonely = !shape->by_rows && k >= shape->psus;
        unit_stratum[k] = (uint32_t)(lonely ? shape->strata + k - shape->psus
                                            : k % shape->strata);
        in[unit_stratum[k]]++;
    }
    for (size_t k = 0; k < strata; k++)
        population[k] = shape->fpc ? in[k] * (2.0 + (double)(k % 3)) : (double)INFINITY;
    for (size_t row = 0; row < n; row++) {
        const double u = tf_rng_uniform(rng);
        i[row] = shape->by_rows ? (uint32_t)row
                                : (uint32_t)((double)units * (shape->near_one ? u * u * u : u));
        h[row] = unit_stratum[i[row]];
        w[row] = 0.37 * pow(shape->spread, tf_rng_uniform(rng));
    }
    w[n / 2] = 0; /* one who is not in the sample any more */
    x->stage = (struct tf_stage){.stratum = h, .unit = i, .n_strata = strata, .n_units = units,
                                 .unit_stratum = unit_stratum, .stratum_units = in,
                                 .population = population};
    x->s = (struct tf_survey){.arena = x->arena, .n = n, .w = w, .w_base = w, .stage = &x->stage,
                              .n_stages = 1, .one_stage = true, .lonely = shape->lonely,
                              .kind = TF_BY_STAGES, .threads = 1};
}

/* Variables of 1, 2, 3, 5 and 20 categories; a never-event, an always-event, one with most answers
 * missing, one answered in a single PSU. */
static void make_answers(struct sample *x, const struct shape *shape, struct tf_rng *rng)
{
    static const size_t k[MOST_VARS] = {2, 3, 1, 2, 5, 2, 20, 2, 2, 3, 2, 2};
    static const char *text[20];
    for (size_t v = 0; v < MOST_VARS; v++) {
        uint32_t *of = TF_NEW_N(x->arena, uint32_t, shape->rows);
        const double p = shape->near_one ? 0.995 : 0.1 + 0.8 * (double)v / MOST_VARS;
        for (size_t row = 0; row < shape->rows; row++) {
            const double u = tf_rng_uniform(rng), missing = v == 7 ? 0.9 : 0.05;
            const uint32_t other = k[v] > 1 ? 1 + tf_rng_below(rng, (uint32_t)k[v] - 1) : 0;
            of[row] = u < missing ? TF_NO_CODE : tf_rng_uniform(rng) < p ? 0 : other;
            if (v == 8)
                of[row] = 1; /* nobody in 0 */
            if (v == 10 && x->stage.unit[row] != 2)
                of[row] = TF_NO_CODE;
            if (v == 11)
                of[row] = row % 97 == 0; /* rare */
        }
        x->codes[v] = (struct tf_codes){.n = k[v], .text = text, .of = of};
        x->var[v] = &x->codes[v];
    }
    x->n_vars = MOST_VARS;
    uint32_t *sex = TF_NEW_N(x->arena, uint32_t, shape->rows);
    uint32_t *area = TF_NEW_N(x->arena, uint32_t, shape->rows);
    for (size_t row = 0; row < shape->rows; row++) {
        sex[row] = tf_rng_below(rng, 9) == 0 ? TF_NO_CODE : tf_rng_below(rng, 2);
        area[row] = x->stage.unit[row] == 1 ? 4 : tf_rng_below(rng, 3); /* 3: nobody; 4: one PSU */
    }
    x->scheme[0] = (struct tf_onepass_scheme){NULL, 1};
    x->scheme[1] = (struct tf_onepass_scheme){sex, 2};
    x->scheme[2] = (struct tf_onepass_scheme){area, 5};
}

static void make(struct sample *x, const struct shape *shape)
{
    struct tf_rng rng = tf_rng_named(shape->name);
    x->arena = tf_arena_new("test", (size_t)512 << 20);
    make_design(x, shape, &rng);
    make_answers(x, shape, &rng);
}

static struct tf_onepass *pass(struct sample *x, bool by_rows, unsigned threads,
                               struct tf_packed **ret_p)
{
    const struct tf_onepass_ask ask = {.var = x->var, .n_vars = x->n_vars, .scheme = x->scheme,
                                       .n_schemes = SCHEMES, .by_rows = by_rows,
                                       .threads = threads};
    struct tf_packed *p = NULL;
    struct tf_onepass *o = NULL;
    struct tf_err err = {0};
    assert_true(tf_onepass_fits(&x->s));
    assert_int_equal(tf_packed_make(x->arena, &x->s, &ask, &p, &err), TF_OK);
    assert_int_equal(tf_onepass_run(x->arena, p, &o, &err), TF_OK);
    if (ret_p != NULL)
        *ret_p = p;
    return o;
}

/* ---- One statistic at a time ----------------------------------------------------------------- */

struct truth { /* plain sums in long double: the definition, written down once more */
    size_t n, count, psu, strata;
    double df, share, share_var, total, total_var, sum_w, sum_w2, unit_var;
};

static bool in_domain(const struct sample *x, size_t d, size_t row)
{
    static const size_t first[SCHEMES] = {0, 1, 3};
    const size_t k = d >= first[2] ? 2 : d >= first[1] ? 1 : 0;
    return x->s.w[row] > 0 &&
           (x->scheme[k].domain == NULL || x->scheme[k].domain[row] == d - first[k]);
}

static double variance_of(const struct sample *x, const long double *z, const bool *seen)
{
    const struct tf_stage *st = &x->stage;
    long double *mean = TF_NEW_N(x->arena, long double, st->n_strata), v = 0;
    size_t strata = 0, alive = 0;
    for (size_t i = 0; i < st->n_units; i++)
        mean[st->unit_stratum[i]] += z[i] / st->stratum_units[st->unit_stratum[i]];
    for (size_t h = 0; h < st->n_strata; h++) {
        strata += seen[h];
        alive += seen[h] && st->stratum_units[h] > 1;
    }
    for (size_t i = 0; i < st->n_units; i++) {
        const uint32_t h = st->unit_stratum[i];
        const long double n = st->stratum_units[h];
        const bool adjust = n < 2 && x->s.lonely == TF_LONELY_ADJUST;
        const long double off = z[i] - (adjust ? 0 : mean[h]);
        v += (1 - n / (long double)st->population[h]) * (n < 2 ? 1 : n / (n - 1)) * off * off;
    }
    if (x->s.lonely == TF_LONELY_AVERAGE && alive < strata)
        v *= alive == 0 ? (long double)NAN : (long double)strata / (long double)alive;
    return (double)v;
}

static struct truth truth_of(const struct sample *x, size_t v, uint32_t c, size_t d)
{
    const struct tf_stage *st = &x->stage;
    struct truth t = {0};
    long double *z = TF_NEW_N(x->arena, long double, st->n_units);
    long double *y = TF_NEW_N(x->arena, long double, st->n_units), w = 0, in = 0, w2 = 0;
    bool *unit = TF_NEW_N(x->arena, bool, 2 * st->n_units), *all = unit + st->n_units;
    bool *stratum = TF_NEW_N(x->arena, bool, 2 * st->n_strata), *all_h = stratum + st->n_strata;
    for (size_t row = 0; row < x->s.n; row++) {
        const uint32_t code = x->codes[v].of[row];
        if (!in_domain(x, d, row))
            continue;
        t.df += !all[st->unit[row]];
        t.df -= !all_h[st->stratum[row]];
        all[st->unit[row]] = all_h[st->stratum[row]] = true;
        if (code == TF_NO_CODE)
            continue;
        t.n++;
        t.count += code == c;
        t.psu += !unit[st->unit[row]];
        t.strata += !stratum[st->stratum[row]];
        unit[st->unit[row]] = stratum[st->stratum[row]] = true;
        w += x->s.w[row];
        w2 += (long double)x->s.w[row] * x->s.w[row];
        in += code == c ? x->s.w[row] : 0;
    }
    const long double p = in / w;
    for (size_t row = 0; row < x->s.n; row++) {
        const uint32_t code = x->codes[v].of[row];
        if (!in_domain(x, d, row) || code == TF_NO_CODE)
            continue;
        z[st->unit[row]] += x->s.w[row] * ((code == c) - p) / w;
        y[st->unit[row]] += code == c ? x->s.w[row] : 0;
    }
    t.sum_w = (double)w;
    t.sum_w2 = (double)w2;
    t.share = (double)p;
    t.total = (double)in;
    t.share_var = variance_of(x, z, stratum);
    t.total_var = variance_of(x, y, stratum);
    t.unit_var = (double)(p * (1 - p) * t.n / (t.n - 1));
    return t;
}

static double worst;
static size_t compared;

static void same(const struct shape *shape, const char *what, size_t v, size_t c, size_t d,
                 double is, double should)
{
    if (isnan(is) && isnan(should))
        return;
    const double gap = is == should ? 0 : fabs(is - should) / (fabs(should) + 1e-300);
    compared++;
    worst = gap > worst ? gap : worst;
    if (!(gap < 1e-12))
        fail_msg("%s: %s of variable %zu, category %zu, domain %zu is %.17g, not %.17g (%.2g)",
                 shape->name, what, v, c, d, is, should, gap);
}

static void compare_cell(struct sample *x, const struct shape *shape, const struct tf_onepass *o,
                         size_t v, size_t c, size_t d)
{
    const struct truth t = truth_of(x, v, (uint32_t)c, d);
    const size_t at = d * o->n_cells + o->first[v] + c;
    const struct tf_linear *l = &o->share[at];
    assert_int_equal(l->n, t.n);
    assert_int_equal(o->count[at], t.count);
    assert_int_equal(l->psu, t.psu);
    assert_int_equal(l->strata, t.strata);
    same(shape, "df", v, c, d, l->df, t.df);
    if (t.n == 0) {
        assert_true(isnan(l->value) && isnan(l->var) && isnan(o->total[at]));
        return;
    }
    same(shape, "sum of weights", v, c, d, l->sum_w, t.sum_w);
    same(shape, "sum of squared weights", v, c, d, l->sum_w2, t.sum_w2);
    same(shape, "share", v, c, d, l->value, t.share);
    same(shape, "total", v, c, d, o->total[at], t.total);
    same(shape, "variance of total", v, c, d, o->total_var[at], t.total_var);
    assert_int_equal(l->constant, t.count == 0 || t.count == t.n);
    if (l->constant || t.psu == 1) { /* 0 by construction, where plain sums leave their rounding */
        assert_true(!(l->var > 0) && fabs(t.share_var) < 1e-30);
        return;
    }
    same(shape, "variance of share", v, c, d, l->var, t.share_var);
    if (t.n > 1)
        same(shape, "variance of cases", v, c, d, l->unit_var, t.unit_var);
}

static void as_one_statistic_at_a_time(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        struct sample x = {0};
        struct tf_packed *p;
        make(&x, &shapes[k]);
        struct tf_onepass *o = pass(&x, shapes[k].by_rows, 2, &p);
        tf_onepass_squares(x.arena, p, o, false, NULL);
        for (size_t v = 0; v < x.n_vars; v++)
            for (size_t c = 0; c < x.codes[v].n; c++)
                for (size_t d = 0; d < 8; d++)
                    compare_cell(&x, &shapes[k], o, v, c, d);
        tf_arena_free(x.arena);
    }
    print_message("%zu numbers, worst relative difference %.2g\n", compared, worst);
}

/* ---- Bits ------------------------------------------------------------------------------------ */

static void assert_same_bits(const char *name, const char *what, const struct tf_onepass *a,
                             const struct tf_onepass *b, double scale)
{
    assert_int_equal(a->n_cells, b->n_cells);
    for (size_t k = 0; k < a->n_domains * a->n_cells; k++) {
        const double scaled = b->total_var[k] / scale / scale;
        if (memcmp(&a->share[k].value, &b->share[k].value, sizeof(double)) != 0 ||
            memcmp(&a->share[k].var, &b->share[k].var, sizeof(double)) != 0 ||
            memcmp(&a->total_var[k], &scaled, sizeof(double)) != 0 ||
            a->count[k] != b->count[k])
            fail_msg("%s: %s changes a bit of cell %zu: %.17g, %.17g", name, what, k,
                     a->share[k].var, b->share[k].var);
    }
}

/* Rows in another order; without PSUs a row keeps being its own unit. */
static void turn_round(struct sample *x, bool by_rows)
{
    const size_t n = x->s.n;
    uint32_t *h = (uint32_t *)(uintptr_t)x->stage.stratum, *i = (uint32_t *)(uintptr_t)x->stage.unit;
    double *w = (double *)(uintptr_t)x->s.w;
    struct tf_rng rng = tf_rng_named("another order");
#define SWAP(array, a, b) \
    do { \
        const double kept = (array)[a]; \
        (array)[a] = (array)[b]; \
        (array)[b] = (__typeof__((array)[a]))kept; \
    } while (0)
    for (size_t k = n - 1; k > 0; k--) {
        const size_t j = tf_rng_below(&rng, (uint32_t)k + 1);
        SWAP(h, k, j);
        if (!by_rows)
            SWAP(i, k, j);
        SWAP(w, k, j);
        for (size_t v = 0; v < x->n_vars; v++)
            SWAP(x->codes[v].of, k, j);
        for (size_t s = 1; s < SCHEMES; s++) {
            uint32_t *domain = (uint32_t *)(uintptr_t)x->scheme[s].domain;
            SWAP(domain, k, j);
        }
    }
    for (size_t k = 0; k < n && by_rows; k++)
        ((uint32_t *)(uintptr_t)x->stage.unit_stratum)[k] = h[k];
}

static void no_bit_depends_on_order_threads_or_scale(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        struct sample x = {0};
        make(&x, &shapes[k]);
        const struct tf_onepass *o = pass(&x, shapes[k].by_rows, 1, NULL);
        assert_same_bits(shapes[k].name, "two threads", o, pass(&x, shapes[k].by_rows, 2, NULL), 1);
        assert_same_bits(shapes[k].name, "seven threads", o, pass(&x, shapes[k].by_rows, 7, NULL),
                         1);
        if (!shapes[k].by_rows) { /* the slow way, which merged parts take */
            struct tf_packed *p;
            struct tf_onepass *slow;
            struct tf_err err = {0};
            (void)pass(&x, false, 1, &p);
            struct tf_source source = tf_packed_source(p);
            source.narrow = NULL;
            assert_int_equal(tf_onepass_of(x.arena, &source, &slow, &err), TF_OK);
            assert_same_bits(shapes[k].name, "the wide way", o, slow, 1);
        }
        turn_round(&x, shapes[k].by_rows);
        assert_same_bits(shapes[k].name, "another order of rows", o,
                         pass(&x, shapes[k].by_rows, 2, NULL), 1);
        for (size_t row = 0; row < x.s.n; row++)
            ((double *)(uintptr_t)x.s.w)[row] *= 1024;
        assert_same_bits(shapes[k].name, "a scale of 1024", o,
                         pass(&x, shapes[k].by_rows, 2, NULL), 1024);
        tf_arena_free(x.arena);
    }
}

/* Against the definition: shares under each replicate's weights, row by row. */
static void replicates_are_those_of_rows(void **state)
{
    (void)state;
    static const char *const kinds[] = {"{type: bootstrap_rw, replicates: 60}", "{type: jkn}",
                                        "{type: bootstrap_cd, replicates: 31}"};
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        struct sample x = {0};
        struct tf_packed *p;
        struct tf_yaml *at;
        struct tf_err err = {0};
        double *var;
        make(&x, &shapes[0]);
        const struct tf_onepass *o = pass(&x, false, 2, &p);
        assert_int_equal(tf_yaml_parse(x.arena, "t", 1, kinds[kind], strlen(kinds[kind]), &at,
                                       &err), TF_OK);
        assert_int_equal(tf_replicates_read(&x.s, at, ".", &err), TF_OK);
        assert_int_equal(tf_onepass_replicates(x.arena, &x.s, p, o, &var, &err), TF_OK);
        const size_t n = tf_replicates_count(&x.s);
        double *m = TF_NEW_N(x.arena, double, x.stage.n_units);
        double *theta = TF_NEW_N(x.arena, double, n), v;
        for (size_t d = 0; d < 8; d++)
            for (uint32_t c = 0; c < 3; c++) { /* of variable 1 */
                const size_t cell = d * o->n_cells + o->first[1] + c;
                for (size_t r = 0; r < n; r++) {
                    long double in = 0, all = 0;
                    assert_true(tf_replicates_multiplier(&x.s, r, m));
                    for (size_t row = 0; row < x.s.n; row++)
                        if (in_domain(&x, d, row) && x.codes[1].of[row] != TF_NO_CODE) {
                            all += x.s.w[row] * m[x.stage.unit[row]];
                            in += x.codes[1].of[row] == c ? x.s.w[row] * m[x.stage.unit[row]] : 0;
                        }
                    theta[r] = (double)(in / all);
                }
                (void)tf_replicates_spread(&x.s, theta, &o->share[cell].value, 1, false, &v);
                if (o->share[cell].n > 0 && fabs(var[cell] - v) > 1e-12 * v + 1e-25)
                    fail_msg("%s: domain %zu, category %u: %.17g, not %.17g", kinds[kind], d, c,
                             var[cell], v);
            }
        tf_arena_free(x.arena);
    }
}

static void what_does_not_fit_is_left_to_others(void **state)
{
    (void)state;
    struct sample x = {0};
    make(&x, &shapes[0]);
    double *w = (double *)(uintptr_t)x.s.w;
    x.s.n_calibrated = 1;
    assert_false(tf_onepass_fits(&x.s));
    x.s.n_calibrated = 0;
    x.s.kind = TF_BY_REPLICATES;
    assert_false(tf_onepass_fits(&x.s));
    x.s.kind = TF_BY_STAGES;
    w[0] = 1e9;
    assert_false(tf_onepass_fits(&x.s));
    w[0] = 1e-200;
    assert_false(tf_onepass_fits(&x.s));
    w[0] = 1;
    assert_true(tf_onepass_fits(&x.s));
    tf_arena_free(x.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_one_statistic_at_a_time),
        cmocka_unit_test(no_bit_depends_on_order_threads_or_scale),
        cmocka_unit_test(replicates_are_those_of_rows),
        cmocka_unit_test(what_does_not_fit_is_left_to_others),
    };
    return cmocka_run_group_tests_name("measure: one pass", tests, NULL, NULL);
}
