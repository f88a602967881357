/* Parts of a survey: what they say together is what the whole says, to the bit, however the rows are
 * dealt out; and what cannot be joined is refused by name. */
#include "tests/house.h"

#include <math.h>

#include "base/rng.h"
#include "measure/partial.h"
#include "measure/result.h"

enum { ROWS = 400, MOST_SHARDS = 5 };

static const char design_psu[] = "design: {weight: w, strata: [h], psu: [i], nest: true, fpc: [N],"
                                 " lonely_psu: adjust}\n";
static const char design_rows[] = "design: {weight: w, strata: [h]}\n";
static const char estimates[] =
    "estimates:\n"
    "  - {id: a, stat: prop, vars: [q, never, word], by: [sex], deff: true, ci: [logit, beta]}\n"
    "  - {id: b, stat: mean, vars: [x, word], by: [sex, area], deff: true, vcov: false}\n"
    "  - {id: c, stat: total, vars: [x, q], where: \"area > 1\", vcov: false}\n"
    "  - {id: d, stat: mean, vars: [x, q], missing: listwise, df: design, vcov: false}\n";

/* One row of a synthetic survey: 4 strata of 5 PSUs, one of one. */
static void put_row(struct tf_buf *b, size_t row, struct tf_rng *rng)
{
    const size_t h = row % 21 == 20 ? 5 : row % 4 + 1, i = h == 5 ? 1 : row / 4 % 5 + 1;
    tf_buf_printf(b, "%zu,%zu,%zu,", h, i, h * 20);
    tf_buf_double(b, 1 + 30 * tf_rng_uniform(rng));
    tf_buf_printf(b, ",%u,%u,", tf_rng_below(rng, 2) + 1, tf_rng_below(rng, 3) + 1);
    tf_buf_printf(b, row % 11 == 0 ? ",%u," : "%u,%u,", tf_rng_below(rng, 4) + 1, row == 7);
    tf_buf_add(b, tf_rng_below(rng, 3) == 0 ? "yes," : "no,");
    if (row % 13 != 0)
        tf_buf_double(b, 1000 + 3 * tf_rng_normal(rng));
    tf_buf_add(b, "\n");
}

struct dealt { /* the whole and its shards, as files */
    const char *recipe, *shard[MOST_SHARDS];
};

static struct dealt deal(struct house *h, const char *design, size_t shards, bool by_psu)
{
    static const char head[] = "h,i,N,w,sex,area,q,never,word,x\n";
    struct dealt d;
    struct tf_rng rng = tf_rng_named("parts");
    struct tf_buf whole = {.arena = h->arena}, part[MOST_SHARDS];
    tf_buf_add(&whole, head);
    for (size_t k = 0; k < shards; k++) {
        part[k] = (struct tf_buf){.arena = h->arena};
        tf_buf_add(&part[k], head);
    }
    for (size_t row = 0; row < ROWS; row++) {
        struct tf_buf one = {.arena = h->arena};
        put_row(&one, row, &rng);
        tf_buf_add(&whole, tf_buf_text(&one));
        tf_buf_add(&part[by_psu ? row / 4 % 5 % shards : tf_rng_below(&rng, (uint32_t)shards)],
                   tf_buf_text(&one));
    }
    put_file(h, "whole.csv", tf_buf_text(&whole));
    for (size_t k = 0; k < shards; k++)
        d.shard[k] = put_file(h, tf_printf(h->arena, "shard%zu.csv", k), tf_buf_text(&part[k]));
    d.recipe = put_file(h, "r.yaml", tf_printf(h->arena, "data: whole.csv\n%s%s", design,
                                               estimates));
    return d;
}

static enum tf_code join(struct house *h, const struct dealt *d, size_t n,
                         struct tf_recipe_run **ret)
{
    const char *path[MOST_SHARDS];
    for (size_t k = 0; k < n; k++) {
        path[n - 1 - k] = tf_path_join(h->arena, h->dir, tf_printf(h->arena, "p%zu.tfp", k));
        OK(tf_partial_write(h->arena, d->recipe, d->shard[k], 1, path[n - 1 - k], &h->err));
    }
    return tf_parts_merge(h->arena, path, n, ret, &h->err);
}

static void same_number(const char *what, double a, double b)
{
    if (memcmp(&a, &b, sizeof a) != 0 && !(isnan(a) && isnan(b)))
        fail_msg("%s: %.17g, and %.17g of the whole", what, a, b);
}

static void same_text(const char *a, const char *b)
{
    assert_true(tf_streq(a, b));
}

static void same_item(const struct tf_item *a, const struct tf_item *b)
{
    same_text(a->name, b->name);
    same_text(a->category, b->category);
    same_number("estimate", a->estimate, b->estimate);
    same_number(a->name, a->se, b->se);
    same_number("deff", a->deff, b->deff);
    same_number("df", a->df, b->df);
    same_number("weighted base", a->base_weighted, b->base_weighted);
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->base, b->base);
    assert_int_equal(a->psu, b->psu);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->n_by, b->n_by);
    for (size_t k = 0; k < a->n_by; k++)
        same_text(a->by[k].value, b->by[k].value);
    for (size_t k = 0; k < a->n_ci; k++) {
        same_number("low", a->ci[k].lo, b->ci[k].lo);
        same_number("high", a->ci[k].hi, b->ci[k].hi);
    }
}

static void same_run(const struct tf_recipe_run *a, const struct tf_recipe_run *b, bool by_rows)
{
    same_text(a->design, b->design);
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->n_psu, b->n_psu);
    assert_int_equal(a->n_strata, b->n_strata);
    assert_int_equal(a->n_results, b->n_results);
    for (size_t k = 0; k < a->n_results; k++) {
        const struct tf_result *x = &a->result[k], *y = &b->result[k];
        assert_int_equal(x->n, y->n);
        for (size_t i = 0; i < x->n; i++)
            same_item(&x->item[i], &y->item[i]);
        for (size_t i = 0; i < x->n * x->n && y->vcov != NULL && !by_rows; i++)
            same_number("covariance", x->vcov[i], y->vcov[i]);
    }
}

static void shards_say_what_the_whole_says(void **state)
{
    (void)state;
    IN_HOUSE(house);
    struct house *h = &house;
    static const struct {
        const char *design;
        size_t shards;
        bool by_psu;
    } cases[] = {{design_psu, 1, false}, {design_psu, 2, false}, {design_psu, 5, false},
                 {design_psu, 3, true},  {design_rows, 2, false}, {design_rows, 4, false}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const struct dealt d = deal(h, cases[k].design, cases[k].shards, cases[k].by_psu);
        struct tf_recipe_run *whole, *joined;
        OK(tf_measure_recipe(h->arena, d.recipe, (struct tf_recipe_opt){.threads = 2}, &whole,
                             &h->err));
        OK(join(h, &d, cases[k].shards, &joined));
        same_run(joined, whole, cases[k].design == design_rows);
    }
    OUT_OF_HOUSE(house);
}

static void what_cannot_be_joined_is_refused(void **state)
{
    (void)state;
    IN_HOUSE(house);
    struct house *h = &house;
    struct dealt d = deal(h, design_psu, 2, false);
    struct tf_recipe_run *run;
    d.shard[1] = d.shard[0];
    assert_int_equal(join(h, &d, 2, &run), TF_E_INPUT);
    assert_non_null(strstr(h->err.what, "the same shard"));
    d = deal(h, "design: {weight: w, strata: [h], psu: [i], nest: true}\n", 2, false);
    assert_int_equal(join(h, &d, 2, &run), TF_E_DESIGN);
    assert_non_null(strstr(h->err.what, "h = 5 has one PSU only"));
    d = deal(h, "design: {weight: w, strata: [h], psu: [i], lonely_psu: remove}\n", 2, false);
    assert_int_equal(tf_partial_write(h->arena, d.recipe, d.shard[0], 1,
                                      tf_path_join(h->arena, h->dir, "x.tfp"), &h->err),
                     TF_E_DESIGN); /* the same PSU codes in every stratum */
    OUT_OF_HOUSE(house);
}

static void what_has_no_parts_is_refused(void **state)
{
    (void)state;
    IN_HOUSE(house);
    struct house *h = &house;
    static const struct {
        const char *recipe, *says;
    } cases[] = {
        {"data: s.csv\ndesign: {weight: w}\nestimates: [{stat: quantile, vars: [x]}]\n",
         "'quantile' cannot be made from parts"},
        {"data: s.csv\ndesign: {weight: w}\nweights: [{step: trim, upper: {ratio_to_median: 3}}]\n"
         "estimates: [{stat: mean, vars: [x]}]\n", "weighting steps need the whole"},
        {"data: s.csv\ndesign: {weight: w, psu: [i, x], fpc: [N, N]}\n"
         "estimates: [{stat: mean, vars: [x]}]\n", "cannot be split"},
    };
    const char *shard = put_file(h, "s.csv", "w,i,x,N\n1,1,1,9\n2,1,3,9\n1,2,2,9\n1,2,5,9\n");
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *recipe = put_file(h, "r.yaml", cases[k].recipe);
        const char *out = tf_path_join(h->arena, h->dir, "x.tfp");
        if (tf_partial_write(h->arena, recipe, shard, 1, out, &h->err) == TF_OK ||
            strstr(h->err.what, cases[k].says) == NULL)
            fail_msg("case %zu: '%s'", k, h->err.what);
    }
    OUT_OF_HOUSE(house);
}

static void a_damaged_part_names_its_line(void **state)
{
    (void)state;
    IN_HOUSE(house);
    struct house *h = &house;
    static const char head[] = "trefoil-part\t1\nrecipe\tr\tx\tdata: a.csv\ndata\ta\tb\n"
                               "design\tt\tpsu\t1\t0\n";
    static const struct {
        const char *text, *says;
        size_t line;
        bool whole; /* nothing before it */
    } cases[] = {
        {"", "no part", 1, true},
        {"trefoil-part\t2\n", "another version", 1, true},
        {"data,a\n", "no part", 1, true},
        {"stratum\t0\t0\t\\-\n", "not whole", 5, false},
        {"stratum\t0\t0\t\\-\textra\nend\n", "another number of parts", 5, false},
        {"psu\t0\t3\nend\n", "whole number", 5, false},
        {"sums\t0\t0\t1\nend\n", "out of its place", 5, false},
        {"estimate\ta\tmedian\t0\nend\n", "statistic", 5, false},
        {"estimate\ta\tprop\t0\nsums\t0\t0\t1\nend\n", "whole number", 6, false},
        {"surprise\t1\nend\n", "kind of line", 5, false},
        {"end\nend\n", "after the end", 6, false},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_part *p;
        const char *text = cases[k].whole ? cases[k].text
                                          : tf_printf(h->arena, "%s%s", head, cases[k].text);
        const enum tf_code code = tf_part_parse(h->arena, "p.tfp", text, strlen(text), &p, &h->err);
        if (code != TF_E_INPUT || strstr(h->err.what, cases[k].says) == NULL ||
            (!cases[k].whole && h->err.line != cases[k].line))
            fail_msg("case %zu: line %zu '%s'", k, h->err.line, h->err.what);
    }
    OUT_OF_HOUSE(house);
}

static void a_part_holds_sums_and_no_row(void **state)
{
    (void)state;
    IN_HOUSE(house);
    struct house *h = &house;
    const struct dealt d = deal(h, design_rows, 2, false);
    struct tf_bytes text;
    const char *out = tf_path_join(h->arena, h->dir, "x.tfp");
    OK(tf_partial_write(h->arena, d.recipe, d.shard[0], 1, out, &h->err));
    OK(tf_file_read(h->arena, out, 1 << 24, &text, &h->err));
    size_t lines = 0;
    for (size_t k = 0; k < text.n; k++)
        lines += text.data[k] == '\n';
    assert_true(lines < ROWS / 2); /* a shard of some 200 rows, in 5 strata */
    OUT_OF_HOUSE(house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define ROW(name) cmocka_unit_test(name)
        ROW(shards_say_what_the_whole_says),
        ROW(what_cannot_be_joined_is_refused),
        ROW(what_has_no_parts_is_refused),
        ROW(a_damaged_part_names_its_line),
        ROW(a_part_holds_sums_and_no_row),
#undef ROW
    };
    return cmocka_run_group_tests_name("measure: parts", tests, NULL, NULL);
}
