/* Regressions, ordered answers, survival, inequality and pooled imputations against R survey 4.1,
 * survival, laeken and mitools (tests/gold/models.csv, by make_models.R): each line names data, design,
 * weighting steps and estimate as a recipe writes them, one number of the answer and its tolerance.
 * Then what R does not say: domains without an estimate, recipes that are wrong. */
#include "../house.h"

#include "measure/run.h"

static enum tf_code run(struct house *h, const char *data, const char *design, const char *weights,
                        const char *estimate, unsigned threads, const struct tf_result **ret)
{
    char here[1024];
    assert_non_null(getcwd(here, sizeof here));
    const struct tf_recipe_opt opt = {
        .threads = threads, .shard = tf_printf(h->arena, "%s/tests/gold/%s", here, data)};
    /* imputations are read beside the recipe: name them from here */
    const char *found = tf_replace(h->arena, estimate, "m_imp",
                                   tf_printf(h->arena, "%s/tests/gold/m_imp", here));
    const char *path = put_file(h, "recipe.yaml",
                                tf_printf(h->arena, "data: %s\ndesign: %s\n%s%s%sestimates:\n  - %s\n",
                                          data, design, *weights == '\0' ? "" : "weights: [",
                                          weights, *weights == '\0' ? "" : "]\n", found));
    struct tf_recipe_run *made;
    h->err = (struct tf_err){.code = TF_OK};
    TF_TRY(tf_measure_recipe(h->arena, path, opt, &made, &h->err));
    *ret = &made->result[0];
    return TF_OK;
}

static const struct tf_test *find_test(const struct tf_result *r, const char *name, const char *term)
{
    for (size_t k = 0; k < r->n_tests; k++)
        if (strcmp(r->test[k].name, name) == 0 &&
            (*term == '\0' || (r->test[k].term != NULL && strcmp(r->test[k].term, term) == 0)))
            return &r->test[k];
    return NULL;
}

static double field_of(const struct tf_test *t, const struct tf_item *i, const char *field)
{
    const struct {
        const char *name;
        double of_test, of_item;
    } fields[] = {
        {"statistic", t != NULL ? t->statistic : 0, i != NULL ? i->statistic : 0},
        {"df", t != NULL ? t->df : 0, i != NULL ? i->df : 0},
        {"p", t != NULL ? t->p : 0, i != NULL ? i->p : 0},
        {"ddf", t != NULL ? t->ddf : 0, (double)NAN},
        {"estimate", (double)NAN, i != NULL ? i->estimate : 0},
        {"se", (double)NAN, i != NULL ? i->se : 0},
        {"deff", (double)NAN, i != NULL ? i->deff : 0},
        {"lo", (double)NAN, i != NULL && i->n_ci > 0 ? i->ci[0].lo : (double)NAN},
        {"hi", (double)NAN, i != NULL && i->n_ci > 0 ? i->ci[0].hi : (double)NAN},
    };
    for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++)
        if (strcmp(fields[k].name, field) == 0)
            return t != NULL ? fields[k].of_test : fields[k].of_item;
    return (double)NAN;
}

static const char *text(const struct tf_table *t, const char *name, size_t row)
{
    const struct tf_column *c = &t->col[tf_table_find(t, name)];
    return c->type == TF_TEXT ? c->text[row]
           : isnan(c->num[row]) ? "" : tf_double_text(t->arena, c->num[row]);
}

/* "inf" is infinity, an empty cell no number. */
static double number(const struct tf_table *t, const char *name, size_t row)
{
    double x = (double)NAN;
    const struct tf_column *c = &t->col[tf_table_find(t, name)];
    if (c->type == TF_TEXT && strcmp(c->text[row], "inf") == 0)
        return (double)INFINITY;
    (void)tf_value_number(c, row, &x);
    return x;
}

static bool close_to(double got, double want, double tolerance, double *worst)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got);
    if (isinf(want) || isinf(got))
        return isinf(want) && isinf(got);
    const double off = fabs(got - want) / (fabs(want) + 1e-12);
    *worst = off > *worst ? off : *worst;
    return off <= tolerance;
}

static void test_r_gives_the_same_numbers(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_table *t = NULL;
    const struct tf_result *r = NULL;
    size_t wrong = 0, n[2] = {0};
    double worst[2] = {0};
    const char *last = "";
    OK(tf_csv_read(h.arena, "tests/gold/models.csv", (struct tf_csv_opt){.guess_numbers = true},
                   &t, &h.err));
    assert_true(t->n_rows >= 900);
    for (size_t row = 0; row < t->n_rows; row++) {
        const char *estimate = text(t, "estimate", row), *field = text(t, "field", row);
        const char *design = text(t, "design", row), *data = text(t, "data", row);
        const char *weights = text(t, "weights", row), *test = text(t, "test", row);
        const char *key = tf_printf(h.arena, "%s %s %s %s", data, design, weights, estimate);
        const double want = number(t, "value", row), item = number(t, "item", row),
                     tolerance = number(t, "tolerance", row);
        if (strcmp(key, last) != 0 && run(&h, data, design, weights, estimate, 1, &r) != TF_OK)
            fail_msg("%s: %s %s %s", key, h.err.what, h.err.fact, h.err.help);
        last = key;
        const struct tf_test *found = isnan(item) ? find_test(r, test, text(t, "term", row)) : NULL;
        const struct tf_item *at = isnan(item) || (size_t)item >= r->n ? NULL
                                                                       : &r->item[(size_t)item];
        if (found == NULL && at == NULL)
            fail_msg("%s: no item %g or test %s", key, item, test);
        const double got = field_of(found, at, field);
        n[tolerance > 2e-9]++;
        if (!close_to(got, want, tolerance, &worst[tolerance > 2e-9])) {
            print_error("%s: item %g test %s %s %s: %.17g, R says %.17g\n", key, item, test,
                        text(t, "term", row), field, got, want);
            wrong++;
        }
    }
    print_message("%zu closed numbers, worst %.1e; %zu iterated, worst %.1e\n", n[0], worst[0], n[1],
                  worst[1]);
    assert_int_equal(wrong, 0);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_r_gives_the_same_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
