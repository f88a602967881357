/* Codes and crossings, by every way of making them, against the plainest way there is. */
#include "../base/ground.h"

#include <math.h>

#include "measure/inside.h"

enum { ROWS = 5000 };

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A value is coded by the number of different values below it. */
static void check_numbers(struct tf_arena *arena, const struct tf_table *t, size_t col)
{
    const struct tf_column *column = &t->col[col];
    const struct tf_codes *c = tf_codes_make(arena, t, col);
    double *value = TF_NEW_N(arena, double, t->n_rows);
    size_t n = 0, different = 0;
    for (size_t row = 0; row < t->n_rows; row++)
        if (!tf_value_missing(column, row))
            value[n++] = column->num[row];
    qsort(value, n, sizeof *value, by_size);
    for (size_t k = 0; k < n; k++)
        if (k == 0 || value[k] != value[different - 1])
            value[different++] = value[k];
    assert_int_equal(c->n, different);
    for (size_t k = 0; k < c->n; k++) {
        assert_true(c->number[k] == value[k]);
        assert_string_equal(c->text[k], tf_double_text(arena, value[k]));
    }
    for (size_t row = 0; row < t->n_rows; row++)
        if (tf_value_missing(column, row))
            assert_int_equal(c->of[row], TF_NO_CODE);
        else
            assert_true(c->number[c->of[row]] == column->num[row]);
}

static double small(struct tf_rng *r) { return (double)tf_rng_below(r, 9) - 3; }
static double wide(struct tf_rng *r) { return (double)tf_rng_below(r, 4000) * 1e9; }
static double split(struct tf_rng *r) { return (double)tf_rng_below(r, 4000) / 7; }
static double huge_ones(struct tf_rng *r) { return ldexp(1, (int)tf_rng_below(r, 200)); }
static double none(struct tf_rng *r TF_UNUSED) { return (double)NAN; }
static double zeros(struct tf_rng *r) { return tf_rng_below(r, 2) == 0 ? -0.0 : 0.5; }

static struct number_case {
    const char *name;
    double (*draw)(struct tf_rng *);
} number_cases[] = {
    {"small whole numbers", small},
    {"whole numbers far apart", wide},
    {"fractions", split},
    {"numbers beyond whole ones", huge_ones},
    {"nothing at all", none},
    {"a zero with a sign", zeros},
};

static void numbers(void **state)
{
    const struct number_case *c = *state;
    BEGIN_TEST;
    struct tf_rng rng = tf_rng_named(c->name);
    struct tf_table *t = tf_table_new(arena, "t", ROWS);
    (void)tf_table_add(t, "x", TF_NUMBER);
    struct tf_column *column = &t->col[0];
    for (size_t row = 0; row < ROWS; row++) {
        column->num[row] = c->draw(&rng);
        column->miss[row] = row % 11 == 0 ? TF_MISS_REFUSED : TF_PRESENT;
    }
    check_numbers(arena, t, 0);
    END_TEST;
}

static void texts(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_rng rng = tf_rng_named("texts");
    struct tf_table *t = tf_table_new(arena, "t", ROWS);
    (void)tf_table_add(t, "x", TF_TEXT);
    for (size_t row = 0; row < ROWS; row++)
        if (row % 5 > 0) {
            t->col[0].text[row] = row % 50 == 1 ? " " : tf_printf(arena, "v%u", tf_rng_below(&rng, 3000));
            t->col[0].miss[row] = TF_PRESENT;
        }
    const struct tf_codes *c = tf_codes_make(arena, t, 0);
    for (size_t k = 1; k < c->n; k++)
        assert_true(strcmp(c->text[k - 1], c->text[k]) < 0);
    for (size_t row = 0; row < ROWS; row++)
        if (tf_value_missing(&t->col[0], row))
            assert_int_equal(c->of[row], TF_NO_CODE);
        else
            assert_string_equal(c->text[c->of[row]], t->col[0].text[row]);
    END_TEST;
}

/* A crossing numbers the combinations in the order of their codes, the first column leading. */
static void crossings(void **state TF_UNUSED)
{
    BEGIN_TEST;
    struct tf_rng rng = tf_rng_named("crossings");
    static const uint32_t kinds[] = {2, 7, 60, 4000};
    bool *mask = TF_NEW_N(arena, bool, ROWS);
    struct tf_table *t = tf_table_new(arena, "t", ROWS);
    const struct tf_codes *codes[4];
    for (size_t k = 0; k < LENGTH(kinds); k++) {
        (void)tf_table_add(t, "x", TF_NUMBER);
        for (size_t row = 0; row < ROWS; row++) {
            t->col[k].num[row] = tf_rng_below(&rng, kinds[k]) * (k == 1 ? 0.3 : 1);
            t->col[k].miss[row] = tf_rng_below(&rng, 20) == 0 ? TF_MISS_SYSTEM : TF_PRESENT;
            mask[row] = row % 3 > 0;
        }
        codes[k] = tf_codes_make(arena, t, k);
    }
    for (size_t n = 0; n <= LENGTH(kinds); n++)
        for (int with = 0; with < 2; with++) {
            const struct tf_crossing x =
                tf_codes_cross(arena, codes, n, with == 0 ? NULL : mask, ROWS);
            bool *seen = TF_NEW_N(arena, bool, x.n + 1);
            for (size_t row = 0; row < ROWS; row++) {
                bool in = with == 0 || mask[row];
                for (size_t k = 0; k < n; k++)
                    in = in && codes[k]->of[row] != TF_NO_CODE;
                assert_int_equal(x.of[row] != TF_NO_CODE, in);
                if (!in)
                    continue;
                assert_in_range(x.of[row], 0, x.n - 1);
                if (!seen[x.of[row]])
                    assert_int_equal(x.first[x.of[row]], row);
                seen[x.of[row]] = true;
                for (size_t k = 0; k < n; k++) /* the same combination as its first row */
                    assert_int_equal(codes[k]->of[row], codes[k]->of[x.first[x.of[row]]]);
            }
            for (size_t c = 0; c < x.n; c++) { /* all occur, in order */
                int order = c == 0 ? -1 : 0;
                assert_true(seen[c]);
                for (size_t k = 0; k < n && order == 0; k++) {
                    const uint32_t a = codes[k]->of[x.first[c - 1]], b = codes[k]->of[x.first[c]];
                    order = (a > b) - (a < b);
                }
                assert_int_equal(order, -1);
            }
        }
    END_TEST;
}

int main(void)
{
    struct CMUnitTest tests[16];
    size_t n = 0;
    temp_begin();
    ADD_CASES(tests, n, number_cases, numbers);
    ADD_TEST(tests, n, "texts are coded in the order of their bytes", texts);
    ADD_TEST(tests, n, "crossings number the combinations in order", crossings);
    const int failed = _cmocka_run_group_tests("measure/codes", tests, n, NULL, NULL);
    temp_end();
    return failed;
}
