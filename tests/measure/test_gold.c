/* Estimates, differences and raking against R survey 4.1 (tests/gold/make_gold.R): every number to
 * 1e-9 relative. Closed forms on both sides, so what remains is rounding. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "measure/groups.h"

static const double TOLERANCE = 1e-9;

struct bench { /* one test's memory */
    struct tf_guard guard;
    struct tf_err err;
    struct tf_arena *arena;
};

static int set_up(void **state)
{
    static struct bench b;
    b.err = (struct tf_err){0};
    if (sodium_init() < 0 || tf_guard_begin(&b.guard, &b.err) != TF_OK)
        return -1;
    b.arena = tf_arena_new("test", (size_t)256 << 20);
    *state = &b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    tf_arena_free(b->arena);
    tf_guard_end(&b->guard);
    return 0;
}

static void must(const struct bench *b, enum tf_code code)
{
    if (code != TF_OK)
        fail_msg("%s %s %s", b->err.what, b->err.fact, b->err.help);
}

static struct tf_table *read_csv(struct bench *b, const char *name)
{
    struct tf_table *t = NULL;
    must(b, tf_csv_read(b->arena, tf_printf(b->arena, "tests/gold/%s.csv", name),
                        (struct tf_csv_opt){.guess_numbers = true}, &t, &b->err));
    return t;
}

/* A cell of a gold file as text, "" where empty, and as number, NaN where empty. */
static const char *text(struct bench *b, const struct tf_table *t, const char *col, size_t row)
{
    size_t k = 0;
    must(b, tf_table_need(t, col, &k, &b->err));
    const struct tf_column *c = &t->col[k];
    if (tf_value_missing(c, row))
        return "";
    return c->type == TF_TEXT ? c->text[row] : tf_double_text(b->arena, c->num[row]);
}

static double number(struct bench *b, const struct tf_table *t, const char *col, size_t row)
{
    double x = (double)NAN;
    size_t k = 0;
    must(b, tf_table_need(t, col, &k, &b->err));
    (void)tf_value_number(&t->col[k], row, &x);
    return x;
}

static size_t names(struct bench *b, const char *one, const char ***ret)
{
    *ret = TF_NEW_N(b->arena, const char *, 1);
    (*ret)[0] = one;
    return *one != '\0';
}

static struct tf_design *design_of(struct bench *b, const struct tf_table *gold, size_t row,
                                   const struct tf_table *data)
{
    struct tf_design *d = NULL;
    struct tf_design_spec spec = {.weight = text(b, gold, "weight", row), .nest = true};
    spec.n_strata = names(b, text(b, gold, "strata", row), &spec.stratum);
    spec.n_psu = names(b, text(b, gold, "psu", row), &spec.psu);
    assert_true(tf_lonely_named(text(b, gold, "lonely", row), &spec.lonely));
    must(b, tf_design_make(b->arena, data, &spec, &d, &b->err));
    return d;
}

static void same(const char *what, const char *where, double got, double want)
{
    if (isnan(want) && isnan(got))
        return;
    const double off = fabs(got - want) / (fabs(want) > 1e-300 ? fabs(want) : 1);
    if (!(off <= TOLERANCE))
        fail_msg("%s of %s: got %.17g, want %.17g", what, where, got, want);
}

/* ---- Estimates ---------------------------------------------------------------------------- */

static bool matches(const struct tf_estimate *e, const char *category,
                    const struct tf_by *by, size_t n_by)
{
    if (*category != '\0' ? e->category == NULL || strcmp(e->category, category) != 0
                          : e->category != NULL)
        return false;
    for (size_t k = 0; k < n_by; k++)
        if (strcmp(e->by[k].value, by[k].value) != 0)
            return false;
    return true;
}

static void check_line(struct bench *b, const struct tf_table *gold, size_t row)
{
    struct tf_table *data = read_csv(b, text(b, gold, "data", row));
    struct tf_design *d = design_of(b, gold, row, data);
    struct tf_estimate_opt opt = {.level = 0.95};
    assert_true(tf_stat_named(text(b, gold, "stat", row), &opt.stat));
    assert_true(tf_ci_named(text(b, gold, "ci", row), &opt.ci));
    bool *mask;
    must(b, tf_where_mask(b->arena, text(b, gold, "where", row), data, &mask, &b->err));
    opt.where = mask;
    struct tf_by by[4];
    const char *by_name[4];
    char **piece;
    size_t n_by = 0;
    const char *spec = text(b, gold, "by", row);
    const size_t n_pieces = *spec == '\0' ? 0 : tf_split(b->arena, spec, ';', &piece);
    for (; n_by < n_pieces; n_by++) {
        char *equals = strchr(piece[n_by], '=');
        *equals = '\0';
        by_name[n_by] = piece[n_by];
        by[n_by] = (struct tf_by){.value = equals + 1};
    }
    struct tf_estimate *e = NULL;
    size_t n = 0, k = 0;
    must(b, tf_estimate(b->arena, d, data, text(b, gold, "var", row), by_name, n_by, opt, &e, &n,
                        &b->err));
    const char *category = text(b, gold, "category", row);
    while (k < n && !matches(&e[k], category, by, n_by))
        k++;
    const char *where = tf_printf(b->arena, "gold.csv line %zu", row + 2);
    if (k == n)
        fail_msg("%s: no such estimate", where);
    same("n", where, (double)e[k].n, number(b, gold, "n", row));
    same("base", where, (double)e[k].base, number(b, gold, "base", row));
    same("estimate", where, e[k].estimate, number(b, gold, "estimate", row));
    same("se", where, e[k].se, number(b, gold, "se", row));
    same("lo", where, e[k].lo, number(b, gold, "lo", row));
    same("hi", where, e[k].hi, number(b, gold, "hi", row));
    same("deff", where, e[k].deff, number(b, gold, "deff", row));
    same("df", where, e[k].df, number(b, gold, "df", row));
}

static void estimates_equal_r_survey(void **state)
{
    struct bench *b = *state;
    const struct tf_table *gold = read_csv(b, "gold");
    assert_true(gold->n_rows > 300);
    for (size_t row = 0; row < gold->n_rows; row++) {
        struct tf_arena *whole = b->arena;
        b->arena = tf_arena_new("line", (size_t)64 << 20);
        check_line(b, gold, row);
        tf_arena_free(b->arena);
        b->arena = whole;
    }
}

/* ---- Differences -------------------------------------------------------------------------- */

/* One side: a group of the rows of by = value, y the value or whether it is the category. */
static void add_side(struct bench *b, struct tf_group_set *set, const struct tf_table *t,
                     const char *var, const char *category, const char *by, const char *value)
{
    size_t v = 0, g = 0, n = 0;
    must(b, tf_table_need(t, var, &v, &b->err));
    must(b, tf_table_need(t, by, &g, &b->err));
    const struct tf_codes *cv = tf_codes_make(b->arena, t, v), *cg = tf_codes_make(b->arena, t, g);
    bool *domain = TF_NEW_N(b->arena, bool, t->n_rows);
    double *y = TF_NEW_N(b->arena, double, t->n_rows);
    for (size_t r = 0; r < t->n_rows; r++) {
        domain[r] = cg->of[r] == tf_codes_find(cg, value);
        n += domain[r];
        if (cv->of[r] != TF_NO_CODE)
            y[r] = *category == '\0' ? t->col[v].num[r] : cv->of[r] == tf_codes_find(cv, category);
    }
    (void)tf_groups_add(set,
                        (struct tf_group){.kind = TF_CELL_MEAN, .n_cells = 1, .y = y,
                                          .df = tf_survey_df(b->arena, set->survey, domain)},
                        domain, n, tf_answered(b->arena, t, &v, 1));
}

static struct tf_estimate side_estimate(const struct tf_group_set *set, size_t k,
                                        const struct tf_fit *fit, bool share)
{
    const struct tf_group *g = &set->group[k];
    const struct tf_linear l = tf_groups_linear(set, g, 0, fit, &(size_t){0});
    struct tf_estimate e = {.base = g->n, .n = share ? 0 : g->n};
    for (size_t j = 0; share && j < g->n; j++)
        e.n += g->y[g->row[j]] > 0;
    tf_interval(&e, &l, share ? TF_STAT_PROP : TF_STAT_MEAN, TF_CI_T, 0.95);
    return e;
}

static void differences_of_domains_carry_their_covariance(void **state)
{
    struct bench *b = *state;
    const struct tf_table *gold = read_csv(b, "contrast");
    for (size_t row = 0; row < gold->n_rows; row++) {
        struct tf_table *data = read_csv(b, text(b, gold, "data", row));
        const struct tf_survey *s =
            tf_survey_of_design(b->arena, data, design_of(b, gold, row, data));
        struct tf_group_set *set = tf_group_set_new(b->arena, s);
        const char *var = text(b, gold, "var", row), *category = text(b, gold, "category", row);
        const char *by = text(b, gold, "by", row);
        const bool share = *category != '\0';
        add_side(b, set, data, var, category, by, text(b, gold, "a", row));
        add_side(b, set, data, var, category, by, text(b, gold, "b", row));
        struct tf_fit fit;
        must(b, tf_groups_fit(set, true, &fit, &b->err));
        const struct tf_estimate e[2] = {side_estimate(set, 0, &fit, share),
                                         side_estimate(set, 1, &fit, share)};
        bool *either = TF_NEW_N(b->arena, bool, data->n_rows);
        for (size_t r = 0; r < data->n_rows; r++)
            either[r] = set->group[0].domain[r] || set->group[1].domain[r];
        double variance = 0;
        must(b, tf_groups_difference(set, 0, 1, &variance, &b->err));
        if (s->lonely != TF_LONELY_AVERAGE)
            same("variance by the covariance", "contrast.csv",
                 fit.v[0] + fit.v[3] - 2 * fit.v[1], variance);
        const struct tf_contrast c = tf_difference(&e[0], &e[1], variance,
                                                   tf_survey_df(b->arena, s, either), 0.95);
        const char *where = tf_printf(b->arena, "contrast.csv line %zu", row + 2);
        same("difference", where, c.difference, number(b, gold, "difference", row));
        same("se", where, c.se, number(b, gold, "se", row));
        same("lo", where, c.lo, number(b, gold, "lo", row));
        same("hi", where, c.hi, number(b, gold, "hi", row));
        same("p", where, c.p, number(b, gold, "p", row));
        same("df", where, c.df, number(b, gold, "df", row));
    }
}

static void raking_equals_r_survey(void **state)
{
    struct bench *b = *state;
    const struct tf_table *data = read_csv(b, "syn"), *gold = read_csv(b, "rake");
    const char *sex[] = {"1", "2"}, *area[] = {"rural", "urban"};
    double sex_total[] = {1200, 1300}, area_total[] = {900, 1600}, gap = 1;
    const struct tf_margin margin[] = {
        {.var = "sex", .category = sex, .total = sex_total, .n = 2},
        {.var = "area", .category = area, .total = area_total, .n = 2}};
    double *w = TF_NEW_N(b->arena, double, data->n_rows);
    size_t sweeps = 0;
    for (size_t row = 0; row < data->n_rows; row++)
        w[row] = number(b, data, "w", row);
    must(b, tf_rake(b->arena, data, w, margin, 2, 1e-13, 1000, &gap, &sweeps, &b->err));
    assert_true(gap <= 1e-13 && sweeps > 1);
    for (size_t row = 0; row < data->n_rows; row++)
        same("raked weight", "rake.csv", w[row], number(b, gold, "w", row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(estimates_equal_r_survey, set_up, tear_down),
        cmocka_unit_test_setup_teardown(differences_of_domains_carry_their_covariance, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(raking_equals_r_survey, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("measure: gold numbers from R survey 4.1", tests, NULL,
                                       NULL);
}
