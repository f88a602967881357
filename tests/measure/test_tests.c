/* Cross-tabulations, tests of fit, log-linear models, t and rank tests, kappa and alpha against R
 * survey 4.1 (tests/gold/tests.csv, by make_tests.R): each line names data, design and estimate as a
 * recipe writes them, and one number of the answer. Closed forms to 1e-9 relative, what R iterates to
 * 1e-7, saddlepoint to 1e-5. Then what R cannot answer, and recipes that are wrong. */
#include "../house.h"

#include "measure/measure.h"
#include "measure/run.h"

/* ---- Running one estimate ------------------------------------------------------------------ */

static enum tf_code run(struct house *h, const char *data, const char *design, const char *estimate,
                        unsigned threads, const struct tf_result **ret)
{
    char here[1024];
    assert_non_null(getcwd(here, sizeof here));
    const char *path = put_file(h, "recipe.yaml",
                                tf_printf(h->arena, "data: %s/tests/gold/%s\ndesign: %s\n"
                                                    "estimates:\n  - %s\n",
                                          here, data, design, estimate));
    struct tf_recipe_run *made;
    TF_TRY(tf_measure_recipe(h->arena, path, (struct tf_recipe_opt){.threads = threads}, &made,
                             &h->err));
    *ret = &made->result[0];
    return TF_OK;
}

static const struct tf_result *answer(struct house *h, const char *data, const char *design,
                                      const char *estimate)
{
    const struct tf_result *r = NULL;
    if (run(h, data, design, estimate, 1, &r) != TF_OK)
        fail_msg("%s: %s %s %s", estimate, h->err.what, h->err.fact, h->err.help);
    return r;
}

static const struct tf_test *find_test(const struct tf_result *r, const char *name, const char *term)
{
    for (size_t k = 0; k < r->n_tests; k++)
        if (strcmp(r->test[k].name, name) == 0 &&
            (*term == '\0' || (r->test[k].term != NULL && strcmp(r->test[k].term, term) == 0)))
            return &r->test[k];
    fail_msg("no test %s %s", name, term);
    return NULL;
}

static double field_of(const struct tf_test *t, const struct tf_item *i, const char *field)
{
    if (t != NULL)
        return strcmp(field, "statistic") == 0 ? t->statistic
               : strcmp(field, "df") == 0      ? t->df
               : strcmp(field, "ddf") == 0     ? t->ddf
                                               : t->p;
    return strcmp(field, "estimate") == 0 ? i->estimate
           : strcmp(field, "se") == 0     ? i->se
           : strcmp(field, "lo") == 0     ? i->ci[0].lo
                                          : i->ci[0].hi;
}

/* ---- Against R ----------------------------------------------------------------------------- */

static const char *text(const struct tf_table *t, const char *name, size_t row)
{
    const struct tf_column *c = &t->col[tf_table_find(t, name)];
    return c->type == TF_TEXT ? c->text[row] : tf_double_text(t->arena, c->num[row]);
}

static double number(const struct tf_table *t, const char *name, size_t row)
{
    double x = (double)NAN;
    (void)tf_value_number(&t->col[tf_table_find(t, name)], row, &x);
    return x;
}

static double tolerance(const char *estimate, const char *test)
{
    if (strcmp(test, "saddlepoint") == 0)
        return 1e-5;
    return strstr(estimate, "loglin") != NULL ? 1e-7 : 1e-9;
}

static void test_r_gives_the_same_numbers(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_table *t = NULL;
    const struct tf_result *r = NULL;
    size_t wrong = 0;
    const char *last = "";
    OK(tf_csv_read(h.arena, "tests/gold/tests.csv", (struct tf_csv_opt){.guess_numbers = true}, &t,
                   &h.err));
    assert_true(t->n_rows >= 300);
    for (size_t row = 0; row < t->n_rows; row++) {
        const char *estimate = text(t, "estimate", row), *field = text(t, "field", row);
        const char *design = text(t, "design", row), *data = text(t, "data", row);
        const char *key = tf_printf(h.arena, "%s %s %s", data, design, estimate);
        const char *test = text(t, "test", row), *term = text(t, "term", row);
        const double want = number(t, "value", row), item = number(t, "item", row);
        if (strcmp(key, last) != 0)
            r = answer(&h, data, design, estimate);
        last = key;
        const struct tf_test *found = isnan(item) ? find_test(r, test, term) : NULL;
        assert_true(isnan(item) || (size_t)item < r->n);
        const double got = field_of(found, isnan(item) ? NULL : &r->item[(size_t)item], field);
        /* What is 0 but for rounding (kappa's t, a share's error) has no relative difference. */
        if (isnan(want) ? !isnan(got)
                        : !(fabs(got - want) <= tolerance(estimate, test) * fabs(want) + 1e-14)) {
            print_error("%s: item %g test %s %s %s: %.17g, R says %.17g\n", key, item, test, term,
                        field, got, want);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_r_gives_the_same_numbers),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
