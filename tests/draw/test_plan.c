/* Sample sizes: R's numbers, the published precision of the domain, allocation by each rule. */
#include "../house.h"

#include "draw/draw.h"

static struct tf_plan_opt nothing(void)
{
    const double no = (double)NAN;
    return (struct tf_plan_opt){.share = no, .mean = no, .sd = no, .margin = no, .compare = no,
                                .power = no, .ratio = no, .level = no, .interviews = no,
                                .budget = no, .deff = no, .icc = no, .take = no, .weights_deff = no,
                                .population = no, .contact = no, .eligibility = no, .response = no,
                                .cost_psu = no, .cost_interview = no};
}

static double cell(const struct tf_table *t, const char *name, size_t row)
{
    return t->col[tf_table_find(t, name)].num[row];
}

static void sizes_are_those_of_r(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_table *t = NULL;
    double worst = 0;
    OK(tf_csv_read(h.arena, "tests/gold/draw_plan.csv", (struct tf_csv_opt){.guess_numbers = true},
                   &t, &h.err));
    for (size_t row = 0; row < t->n_rows; row++) {
        struct tf_plan_opt o = nothing();
        struct tf_plan p;
        const bool power = strcmp(t->col[0].text[row], "power") == 0;
        o.aim = power ? TF_PLAN_POWER : TF_PLAN_MARGIN;
        o.share = cell(t, "share", row);
        o.margin = cell(t, "margin", row);
        o.relative = cell(t, "relative", row) > 0;
        o.deff = cell(t, "deff", row);
        o.population = cell(t, "population", row);
        o.compare = cell(t, "compare", row);
        o.power = cell(t, "power", row);
        OK(tf_plan_make(&o, &p, &h.err));
        const double r = cell(t, "n", row);
        /* whole interviews, upwards; of two groups, each upwards */
        const double whole = power ? 2 * ceil(r / 2 - 1e-6) : ceil(r - 1e-6);
        if (fabs(p.interviews - whole) > 0)
            fail_msg("row %zu: %g interviews, R has %g", row, p.interviews, r);
        if (power)
            worst = fmax(worst, fabs(p.n_srs / r - 1));
    }
    print_message("%zu plans; of the comparisons the worst relative difference is %g\n", t->n_rows,
                  worst);
    assert_true(t->n_rows > 100 && worst < 1e-9);
    OUT_OF_HOUSE(h);
}

static void the_precision_of_a_thousand_interviews_is_the_printed_one(void **state)
{
    (void)state;
    /* n = 1,000, deff 1.5: half-widths in points at 1, 2, 5, 10, 20, 50 % */
    static const double points[] = {0.8, 1.1, 1.7, 2.3, 3.0, 3.8};
    IN_HOUSE(h);
    const double deff[] = {1.5};
    const struct tf_table *t = tf_precision_table(h.arena, 1000, 0.95, deff, 1);
    assert_int_equal(t->n_rows, 6);
    for (size_t k = 0; k < 6; k++) {
        assert_true(fabs(nearbyint(cell(t, "half_width", k) * 1000) / 10 - points[k]) < 1e-9);
        assert_true(cell(t, "low", k) > 0 && cell(t, "low", k) < cell(t, "share", k));
        assert_true(cell(t, "high", k) > cell(t, "share", k));
    }
    OUT_OF_HOUSE(h);
}

static void a_plan_goes_from_interviews_to_doors(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_plan_opt o = nothing();
    struct tf_plan p;
    o.aim = TF_PLAN_INTERVIEWS;
    o.share = 0.1;
    o.interviews = 1000;
    o.icc = 0.05;
    o.take = 10;
    o.weights_deff = 1.2;
    o.contact = 0.8;
    o.eligibility = 0.125;
    o.response = 0.5;
    OK(tf_plan_make(&o, &p, &h.err));
    assert_true(fabs(p.deff - 1.45 * 1.2) < 1e-12);
    assert_true(fabs(p.psus - 100) < 1e-9 && fabs(p.eligible - 2000) < 1e-9);
    assert_true(fabs(p.contacted - 16000) < 1e-9 && fabs(p.doors - 20000) < 1e-9);
    assert_true(fabs(p.half_width - 1.959963984540054 * sqrt(1.74 * 0.09 / 1000)) < 1e-12);
    o.cost_psu = 400;
    o.cost_interview = 10;
    o.take = (double)NAN; /* found: sqrt(40 x 19) = 27.6 */
    OK(tf_plan_make(&o, &p, &h.err));
    assert_true(fabs(p.best_take - 28) < 1e-9 && fabs(p.take - 28) < 1e-9);
    assert_true(fabs(p.cost - (36 * 400 + 1000 * 10)) < 1e-9);
    o.aim = TF_PLAN_BUDGET;
    o.budget = 10000;
    o.take = 10;
    OK(tf_plan_make(&o, &p, &h.err)); /* 20 PSUs of 400 + 10 x 10 */
    assert_true(fabs(p.interviews - 200) < 1e-9 && fabs(p.cost - 10000) < 1e-9);
    OUT_OF_HOUSE(h);
}

static void an_earlier_surveys_weights_say_what_weighting_costs(void **state)
{
    (void)state;
    IN_HOUSE(h);
    double deff = 0;
    const char *path = put_file(&h, "w.csv", "id,weight\n1,1\n2,3\n3,2\n");
    OK(tf_weights_deff(h.arena, path, "weight", &deff, &h.err));
    assert_true(fabs(deff - 3 * 14.0 / 36) < 1e-15);
    path = put_file(&h, "w.csv", "id,weight\n1,1\n2,0\n");
    assert_int_equal(tf_weights_deff(h.arena, path, "weight", &deff, &h.err), TF_E_INPUT);
    assert_true(h.err.line == 3 && h.err.column == 3);
    assert_int_equal(tf_weights_deff(h.arena, path, "wgt", &deff, &h.err), TF_E_INPUT);
    OUT_OF_HOUSE(h);
}

static void no_take_is_cheaper_than_the_best(void **state)
{
    (void)state;
    IN_HOUSE(h);
    struct tf_plan_opt o = nothing();
    struct tf_plan p;
    o.aim = TF_PLAN_MARGIN;
    o.share = 0.2;
    o.margin = 0.004; /* large: rounding to whole PSUs is small beside it */
    o.icc = 0.04;
    o.cost_psu = 300;
    o.cost_interview = 30;
    OK(tf_plan_make(&o, &p, &h.err));
    const struct tf_table *t = tf_take_table(h.arena, &p);
    for (size_t k = 0; k < t->n_rows; k++)
        assert_true(p.cost <= cell(t, "cost", k) * 1.001);
    OUT_OF_HOUSE(h);
}

static void interviews_go_to_strata_by_each_rule(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum tf_allocation rule;
        double power;
        double n[3];
    } cases[] = {
        {"in proportion to size", TF_ALLOCATE_PROPORTIONAL, 0, {600, 300, 100}},
        {"the same in each", TF_ALLOCATE_EQUAL, 0, {334, 333, 333}},
        /* size x sd: 6000 x .1, 3000 x .5, 1000 x .3 = 600, 1500, 300 */
        {"Neyman", TF_ALLOCATE_NEYMAN, 0, {250, 625, 125}},
        /* cv = 1, 5, 3 */
        {"power 0: by cv alone", TF_ALLOCATE_POWER, 0, {111, 556, 333}},
        /* cv x size: as Neyman when the means are one */
        {"power 1: Neyman's", TF_ALLOCATE_POWER, 1, {250, 625, 125}},
    };
    IN_HOUSE(h);
    const char *path = put_file(&h, "strata.csv", "stratum,size,sd,mean\nA,6000,0.1,0.1\n"
                                                  "B,3000,0.5,0.1\nC,1000,0.3,0.1\n");
    struct tf_strata *s = NULL;
    struct tf_plan p;
    struct tf_plan_opt o = nothing();
    o.aim = TF_PLAN_INTERVIEWS;
    o.share = 0.3;
    o.interviews = 1000;
    OK(tf_plan_make(&o, &p, &h.err));
    OK(tf_strata_read(h.arena, path, &s, &h.err));
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct tf_table *t = NULL;
        OK(tf_plan_strata(h.arena, &p, s, cases[c].rule, cases[c].power, 50, &t, &h.err));
        for (size_t k = 0; k < 3; k++)
            if (fabs(cell(t, "interviews", k) - cases[c].n[k]) > 0)
                fail_msg("%s: stratum %zu gets %g, not %g", cases[c].name, k,
                         cell(t, "interviews", k), cases[c].n[k]);
    }
    struct tf_table *t = NULL;
    OK(tf_plan_strata(h.arena, &p, s, TF_ALLOCATE_PROPORTIONAL, 0, 200, &t, &h.err));
    assert_true(fabs(cell(t, "interviews", 2) - 200) < 1e-9); /* the least asked for */
    assert_int_equal(tf_plan_strata(h.arena, &p, s, TF_ALLOCATE_EQUAL, 0, 400, &t, &h.err), TF_E_DESIGN);
    OUT_OF_HOUSE(h);
}

static void a_plan_that_cannot_be_says_why(void **state)
{
    (void)state;
    static const struct {
        double share, margin, compare, power, deff, icc, take;
        enum tf_plan_aim aim;
        const char *says;
    } cases[] = {
        {1.5, 0.02, NAN, NAN, NAN, NAN, NAN, TF_PLAN_MARGIN, "--share"},
        {NAN, 0.02, NAN, NAN, NAN, NAN, NAN, TF_PLAN_MARGIN, "--share"},
        {0.1, -0.02, NAN, NAN, NAN, NAN, NAN, TF_PLAN_MARGIN, "--margin"},
        {0.1, NAN, 0.1, 0.8, NAN, NAN, NAN, TF_PLAN_POWER, "no different"},
        {0.1, NAN, 1.2, 0.8, NAN, NAN, NAN, TF_PLAN_POWER, "--compare"},
        {0.1, 0.02, NAN, NAN, 1.5, 0.05, 10, TF_PLAN_MARGIN, "--deff"},
        {0.1, 0.02, NAN, NAN, NAN, 0.05, NAN, TF_PLAN_MARGIN, "--take"},
        {0.1, 1e-9, NAN, NAN, NAN, NAN, NAN, TF_PLAN_MARGIN, "that large"},
    };
    IN_HOUSE(h);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct tf_plan_opt o = nothing();
        struct tf_plan p;
        o.aim = cases[c].aim;
        o.share = cases[c].share;
        o.margin = cases[c].margin;
        o.compare = cases[c].compare;
        o.power = cases[c].power;
        o.deff = cases[c].deff;
        o.icc = cases[c].icc;
        o.take = cases[c].take;
        const enum tf_code code = tf_plan_make(&o, &p, &h.err);
        if (code == TF_OK || strstr(h.err.what, cases[c].says) == NULL)
            fail_msg("case %zu: %d %s", c, (int)code, h.err.what);
    }
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_those_of_r),
        cmocka_unit_test(the_precision_of_a_thousand_interviews_is_the_printed_one),
        cmocka_unit_test(a_plan_goes_from_interviews_to_doors),
        cmocka_unit_test(an_earlier_surveys_weights_say_what_weighting_costs),
        cmocka_unit_test(no_take_is_cheaper_than_the_best),
        cmocka_unit_test(interviews_go_to_strata_by_each_rule),
        cmocka_unit_test(a_plan_that_cannot_be_says_why),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests_name("draw: plans", tests, NULL, NULL);
}
