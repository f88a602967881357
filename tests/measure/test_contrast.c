/* Expressions and their derivatives; contrasts and scaled numbers of recipes; what is refused, with
 * place and remedy. Held to R: test_estimates.c. */
#include "../house.h"

#include "measure/expression.h"
#include "measure/groups.h"

static size_t name_of(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "a") == 0 ? 0 : strcmp(name, "b") == 0 ? 1
           : strcmp(name, "1:odd one") == 0 ? 2 : SIZE_MAX;
}

static const struct {
    const char *text;
    double value; /* at a = 2, b = 3, odd = 0.5 */
} expressions[] = {
    {"a - b", -1},        {"-a^2", -4},         {"2^a^b", 256},        {"(a + b) * 2 / 4", 2.5},
    {"log(exp(a))", 2},   {"sqrt(a * 8)", 4},   {"`1:odd one` ^ a", .25}, {"a^-1", .5},
    {"1e1 + .5", 10.5},   {"a/b/b", 2. / 9},    {"- - a + +b", 5},     {"b^`1:odd one`", 1.7320508075688772},
};

static void expressions_have_values_and_exact_derivatives(void **state)
{
    IN_HOUSE(h);
    (void)state;
    for (size_t k = 0; k < sizeof expressions / sizeof expressions[0]; k++) {
        const struct tf_yaml at = {.kind = TF_YAML_SCALAR, .text = expressions[k].text, .file = "x"};
        struct tf_expression *e;
        double x[3] = {2, 3, .5}, g[3], skip[3];
        if (tf_expression_read(h.arena, &at, name_of, NULL, &e, &h.err) != TF_OK)
            fail_msg("%s: %s", expressions[k].text, h.err.what);
        assert_true(fabs(tf_expression_value(e, x, 3, g) - expressions[k].value) < 1e-12);
        for (size_t j = 0; j < 3; j++) {
            const double step = 1e-6, was = x[j];
            x[j] = was + step;
            const double up = tf_expression_value(e, x, 3, skip);
            x[j] = was - step;
            const double down = tf_expression_value(e, x, 3, skip);
            x[j] = was;
            if (fabs(g[j] - (up - down) / (2 * step)) > 1e-6 * (1 + fabs(g[j])))
                fail_msg("%s: derivative %zu is %g", expressions[k].text, j, g[j]);
        }
    }
    OUT_OF_HOUSE(h);
}

/* ---- Recipes ------------------------------------------------------------------------------ */

static enum tf_code run(struct house *h, const char *estimates, struct tf_recipe_run **ret)
{
    char here[256];
    assert_non_null(getcwd(here, sizeof here));
    (void)put_file(h, "pop.csv", "country,age,persons\nXA,12,1000000\nXA,9,5\nXB,12,7\n");
    const char *path = put_file(h, "r.yaml",
                                tf_printf(h->arena, "data: %s/tests/gold/syn.csv\n"
                                          "design: {weight: w, strata: [stratum], psu: [psu], nest: true}\n"
                                          "estimates:\n%s", here, estimates));
    return tf_measure_recipe(h->arena, path, (struct tf_recipe_opt){.threads = 1}, ret, &h->err);
}

#define SHARES "  - {id: m, stat: prop, vars: [rare], by: [sex]}\n"

static const struct {
    const char *estimates, *says;
} faults[] = {
    {SHARES "  - {stat: contrast, of: x, expr: \"a - b\"}\n", "no estimate before this one"},
    {SHARES "  - {stat: contrast, of: m}\n", "needs `expr`"},
    {SHARES "  - {stat: contrast, of: m, expr: \"`1:1` - boys\"}\n", "names 'boys', which is no item"},
    {SHARES "  - {stat: contrast, of: m, expr: \"(`1:1` - 2\"}\n", "wants a closing parenthesis"},
    {SHARES "  - {stat: contrast, of: m, expr: \"`1:1 - 2\"}\n", "backtick that nothing closes"},
    {SHARES "  - {stat: contrast, of: m, expr: \"2 *\"}\n", "ends too soon"},
    {SHARES "  - {stat: contrast, of: m, expr: \"2 2\"}\n", "goes on where it should end"},
    {"  - {id: q, stat: quantile, vars: [x]}\n  - {stat: contrast, of: q, expr: \"x\"}\n",
     "has no covariances"},
    {"  - {stat: prop, vars: [q], ci: [logit, loggit]}\n", "there is no interval 'loggit'"},
    {"  - {stat: mean, vars: [x], ci: beta}\n", "there is no interval 'beta' for `mean`"},
    {"  - {stat: prop, vars: [q], flags: nhcs}\n", "no presentation policy 'nhcs'"},
    {"  - {stat: prop, vars: [x]}\n", "different values"},
    {"  - {stat: mean}\n", "needs variables"},
    {"  - {stat: quantile, vars: [x], quantiles: [0.5, 1.5]}\n", "lies between 0 and 1"},
    {"  - {stat: quantile, vars: [x], qrule: maths}\n", "no rule of quantiles 'maths'"},
    {"  - {stat: quantile, vars: [x], interval: quantile}\n", "without replicate weights"},
    {"  - {stat: quantile, vars: [area]}\n", "holds words"},
    {"  - {stat: ratio, numerator: x}\n", "a ratio needs `denominator`"},
    {"  - {stat: ratio, numerator: x, denominator: w, separate: regions}\n", "`separate` is not"},
    {SHARES "  - {stat: scaled}\n", "needs `factors`"},
    {SHARES "  - {stat: scaled, factors: {a: {estimate: 3}}}\n", "has no source"},
    {SHARES "  - {stat: scaled, factors: {a: {of: m, item: girls}}}\n", "no item 'girls'"},
    {SHARES "  - {stat: scaled, factors: {a: {table: pop.csv, column: people, source: x}}}\n", "people"},
    {SHARES "  - {stat: scaled, factors: {a: {estimate: 3, source: x}}, rounding: {to: 3 digits}}\n",
     "`to` is not understood"},
    {SHARES "  - {stat: scaled, factors: {a: {estimate: 3, source: x}}, rounding: {wording: over}}\n",
     "no wording 'over'"},
};

static void what_cannot_be_is_said_with_its_place(void **state)
{
    IN_HOUSE(h);
    (void)state;
    for (size_t k = 0; k < sizeof faults / sizeof faults[0]; k++) {
        struct tf_recipe_run *made;
        h.err = (struct tf_err){0};
        if (run(&h, faults[k].estimates, &made) == TF_OK)
            fail_msg("accepted: %s", faults[k].estimates);
        if (strstr(h.err.what, faults[k].says) == NULL || h.err.line < 4 || h.err.column == 0)
            fail_msg("%s%zu:%zu %s", faults[k].estimates, h.err.line, h.err.column, h.err.what);
    }
    OUT_OF_HOUSE(h);
}

static const struct {
    const char *rounding, *text;
} wordings[] = {
    {"{to: 1 significant, wording: about, unit: children}", "about 300,000 children"},
    {"{to: 2 significant}", "about 300,000"},
    {"{to: 10000, wording: about}", "about 300,000"},
    {"{to: 1 significant, wording: at least}", "at least 200,000"},
    {"{to: 1 significant, wording: as many as}", "as many as 400,000"},
};

static void scaled_numbers_say_no_more_than_their_interval(void **state)
{
    IN_HOUSE(h);
    (void)state;
    for (size_t k = 0; k < sizeof wordings / sizeof wordings[0]; k++) {
        struct tf_recipe_run *made;
        const char *recipe = tf_printf(
            h.arena, "  - {id: n, stat: scaled, factors: {share: {estimate: 0.5, se: 0.05, share: true, "
                     "source: survey}, internet: {estimate: 0.6, se: 0.01, source: roster}, children: "
                     "{table: pop.csv, column: persons, where: \"country == 'XA' and age >= 12\", source: "
                     "census}}, rounding: %s}\n", wordings[k].rounding);
        if (run(&h, recipe, &made) != TF_OK)
            fail_msg("%s: %s", recipe, h.err.what);
        const struct tf_item *item = &made->result[0].item[0];
        assert_string_equal(item->label, wordings[k].text);
        assert_true(fabs(item->estimate - 300000) < 1e-6);
        const double want = 1e6 * sqrt(.6 * .6 * .05 * .05 + .5 * .5 * .01 * .01);
        assert_true(fabs(item->se - want) < 1e-6);
        assert_string_equal(item->ci[1].method, "simulation");
        assert_true(fabs(item->ci[1].lo - (300000 - 1.96 * want)) < 2500);
        assert_true(fabs(item->ci[1].hi - (300000 + 1.96 * want)) < 2500);
    }
    OUT_OF_HOUSE(h);
}

static void factors_of_one_result_keep_their_covariance(void **state)
{
    IN_HOUSE(h);
    (void)state;
    struct tf_recipe_run *made;
    const char *recipe = "  - {id: m, stat: mean, vars: [x, w]}\n"
                         "  - {id: c, stat: contrast, of: m, expr: \"x * w\"}\n"
                         "  - {id: s, stat: scaled, factors: {a: {of: m, item: x}, b: {of: m, item: w}}}\n";
    if (run(&h, recipe, &made) != TF_OK)
        fail_msg("%s", h.err.what);
    const struct tf_item *delta = &made->result[1].item[0], *scaled = &made->result[2].item[0];
    assert_true(fabs(scaled->se / delta->se - 1) < 1e-12);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_have_values_and_exact_derivatives),
        cmocka_unit_test(what_cannot_be_is_said_with_its_place),
        cmocka_unit_test(scaled_numbers_say_no_more_than_their_interval),
        cmocka_unit_test(factors_of_one_result_keep_their_covariance),
    };
    return cmocka_run_group_tests_name("measure: contrasts and scaled numbers", tests, NULL, NULL);
}
