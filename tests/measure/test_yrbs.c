/* The National Youth Risk Behavior Survey 2019: published figures, and 818 estimates of R survey 4.1
 * (tests/gold/make_yrbs.R) to 1e-9 relative. Skipped where the survey's file is not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/import.h"
#include "measure/measure.h"

static const char data_path[] = "../shared/data/yrbs2019.sav";

struct bench {
    struct tf_guard guard;
    struct tf_err err;
    struct tf_arena *arena;
    struct tf_table *t;
    struct tf_design *d;
};

static void must(const struct bench *b, enum tf_code code)
{
    if (code != TF_OK)
        fail_msg("%s %s %s", b->err.what, b->err.fact, b->err.help);
}

static int set_up(void **state)
{
    static struct bench b;
    static const char *stratum[] = {"stratum"}, *psu[] = {"psu"};
    const struct tf_design_spec spec = {.weight = "weight", .stratum = stratum, .n_strata = 1,
                                        .psu = psu, .n_psu = 1, .nest = true};
    if (sodium_init() < 0 || tf_guard_begin(&b.guard, &b.err) != TF_OK)
        return -1;
    b.arena = tf_arena_new("test", (size_t)1 << 30);
    *state = &b;
    if (!tf_file_exists(data_path))
        return 0;
    must(&b, tf_import_file(b.arena, data_path, &b.t, &b.err));
    must(&b, tf_design_make(b.arena, b.t, &spec, &b.d, &b.err));
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    tf_arena_free(b->arena);
    tf_guard_end(&b->guard);
    return 0;
}

static const struct tf_estimate *estimate(struct bench *b, const char *var, const char *by,
                                          const char *category, const char *value)
{
    static struct tf_estimate *e;
    static size_t n;
    static char last[64];
    char this[64];
    (void)snprintf(this, sizeof this, "%s by %s", var, by);
    if (strcmp(this, last) != 0)
        must(b, tf_estimate(b->arena, b->d, b->t, var, &by, *by != '\0',
                            (struct tf_estimate_opt){.level = 0.95}, &e, &n, &b->err));
    memcpy(last, this, sizeof last);
    for (size_t k = 0; k < n; k++)
        if (strcmp(e[k].category, category) == 0 &&
            (e[k].n_by == 0 || strcmp(e[k].by[0].value, value) == 0))
            return &e[k];
    fail_msg("no estimate of %s = %s by %s = %s", var, category, by, value);
    return NULL;
}

static void published_figures_come_out(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *var, *category;
        double percent; /* as published, one decimal */
    } cases[] = {
        {"q24", "1", 15.7}, {"q23", "1", 19.5}, {"q19", "1", 7.3}, {"q25", "1", 36.7},
    };
    if (b->t == NULL)
        skip();
    assert_int_equal(b->d->n, 13677);
    assert_int_equal(b->d->n_strata, 16);
    assert_int_equal(b->d->n_psu, 53);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const struct tf_estimate *e = estimate(b, cases[k].var, "", cases[k].category, "");
        if (fabs(round(e->estimate * 1000) / 10 - cases[k].percent) > 1e-9)
            fail_msg("%s: %g", cases[k].var, e->estimate);
    }
}

static void estimates_equal_r_survey(void **state)
{
    struct bench *b = *state;
    static const char *const numbers[] = {"n", "base", "estimate", "se", "lo", "hi", "deff", "df"};
    struct tf_table *gold = NULL;
    if (b->t == NULL)
        skip();
    must(b, tf_csv_read(b->arena, "tests/gold/yrbs.csv", (struct tf_csv_opt){0}, &gold, &b->err));
    for (size_t row = 0; row < gold->n_rows; row++) {
        const char *f[4];
        static const char *const texts[] = {"var", "by", "category", "value"};
        for (size_t k = 0; k < 4; k++)
            f[k] = gold->col[tf_table_find(gold, texts[k])].text[row];
        const struct tf_estimate *e = estimate(b, f[0], f[1], f[2], f[3]);
        const double got[] = {(double)e->n, (double)e->base, e->estimate, e->se,
                              e->lo, e->hi, e->deff, e->df};
        for (size_t k = 0; k < 8; k++) {
            double want = (double)NAN;
            (void)tf_parse_double(gold->col[tf_table_find(gold, numbers[k])].text[row], &want);
            if (!(fabs(got[k] - want) <= 1e-9 * fabs(want)))
                fail_msg("yrbs.csv line %zu, %s: got %.17g, want %.17g", row + 2, numbers[k],
                         got[k], want);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_figures_come_out),
        cmocka_unit_test(estimates_equal_r_survey),
    };
    return cmocka_run_group_tests_name("measure: the 2019 youth risk survey", tests, set_up,
                                       tear_down);
}
