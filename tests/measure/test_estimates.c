/* Estimates of recipes against R survey 4.1 (tests/gold/make_estimates.R): shares with their
 * intervals, means, totals, variances, ratios, quantiles by twelve rules, contrasts; with and
 * without replicate weights. Each line is one number and its tolerance: 1e-9 for closed forms, 1e-7
 * for what R finds by iteration, 1e-3 for its profile likelihood, a spline through five points a
 * side. */
#include "../house.h"

#include "measure/inside.h"
#include "measure/result.h"

struct gold {
    struct house *h;
    const struct tf_table *t;
    struct tf_recipe_run *run; /* of the latest recipe */
    const char *made;
    double worst;
};

static const char *text(const struct gold *g, const char *col, size_t row)
{
    const size_t k = tf_table_find(g->t, col);
    const struct tf_column *c = &g->t->col[k];
    if (tf_value_missing(c, row))
        return "";
    return c->type == TF_TEXT ? c->text[row] : tf_double_text(g->h->arena, c->num[row]);
}

static void run(struct gold *g, size_t row)
{
    char here[256];
    assert_non_null(getcwd(here, sizeof here));
    const char *before = text(g, "before", row);
    const char *recipe = tf_printf(g->h->arena,
                                   "data: %s/tests/gold/%s.csv\ndesign: %s\nestimates:\n%s%s%s  - %s\n",
                                   here, text(g, "data", row), text(g, "design", row),
                                   *before != '\0' ? "  - " : "", before,
                                   *before != '\0' ? "\n" : "", text(g, "ask", row));
    if (g->made != NULL && strcmp(recipe, g->made) == 0)
        return;
    g->made = recipe;
    const char *path = put_file(g->h, "recipe.yaml", recipe);
    struct tf_recipe_opt opt = {.threads = 2};
    if (tf_measure_recipe(g->h->arena, path, opt, &g->run, &g->h->err) != TF_OK)
        fail_msg("%s%s: %s", recipe, g->h->err.what, g->h->err.fact);
}

static double field(const struct gold *g, const struct tf_item *item, const char *name)
{
    static const char *const plain[] = {"estimate", "se", "df", "deff", "p"};
    const double value[] = {item->estimate, item->se, item->df, item->deff, item->p};
    for (size_t k = 0; k < 5; k++)
        if (strcmp(plain[k], name) == 0)
            return value[k];
    for (size_t k = 0; k < item->n_ci; k++)
        for (int end = 0; end < 2; end++)
            if (strcmp(name, tf_printf(g->h->arena, "ci:%s:%s", item->ci[k].method,
                                       end == 0 ? "lo" : "hi")) == 0)
                return end == 0 ? item->ci[k].lo : item->ci[k].hi;
    fail_msg("no field '%s'", name);
    return 0;
}

static void check(struct gold *g, size_t row)
{
    double want = (double)NAN, tolerance = 0;
    run(g, row);
    const struct tf_result *r = &g->run->result[g->run->n_results - 1];
    const char *name = text(g, "item", row);
    size_t k = 0;
    while (k < r->n && strcmp(r->item[k].name, name) != 0)
        k++;
    if (k == r->n)
        fail_msg("%sno item '%s', but '%s'", g->made, name, r->n > 0 ? r->item[0].name : "");
    const double got = field(g, &r->item[k], text(g, "field", row));
    (void)tf_parse_double(text(g, "value", row), &want);
    assert_true(tf_parse_double(text(g, "tolerance", row), &tolerance));
    if (isnan(got) && isnan(want))
        return;
    const double off = fabs(got - want) / (fabs(want) > 1e-12 ? fabs(want) : 1);
    if (!(off <= tolerance))
        fail_msg("estimates.csv line %zu: %s%s, %s: got %.17g, want %.17g", row + 2, g->made, name,
                 text(g, "field", row), got, want);
    if (tolerance < 1e-8 && off > g->worst)
        g->worst = off;
}

static void estimates_equal_r_survey(void **state)
{
    IN_HOUSE(h);
    (void)state;
    struct gold g = {.h = &h};
    struct tf_table *t = NULL;
    OK(tf_csv_read(h.arena, "tests/gold/estimates.csv", (struct tf_csv_opt){.guess_numbers = true},
                   &t, &h.err));
    g.t = t;
    assert_true(t->n_rows > 1000);
    for (size_t row = 0; row < t->n_rows; row++)
        check(&g, row);
    print_message("%zu numbers, largest relative difference of the closed ones %.1e\n", t->n_rows,
                  g.worst);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimates_equal_r_survey),
    };
    return cmocka_run_group_tests_name("measure: estimates of recipes from R survey 4.1", tests, NULL,
                                       NULL);
}
