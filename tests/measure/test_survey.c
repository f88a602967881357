/* Designs and their variances against R survey 4.1 (tests/gold/make_designs.R), from recipe text to
 * standard error: 1e-9 relative. And what is refused, with its place. */
#include "tests/measure/survey_house.h"

static void designs_equal_r_survey(void **state)
{
    (void)state;
    IN_HOUSE(h);
    assert_true(check_gold(&h, "designs", 1) >= 120);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(designs_equal_r_survey),
    };
    return cmocka_run_group_tests_name("measure: designs", tests, NULL, NULL);
}
