/* Replicate weights against R survey 4.1 (tests/gold/make_designs.R), 1e-9 relative; random kinds
 * by their properties. */
#include "measure/replicates.h"
#include "tests/measure/survey_house.h"

static void replicates_equal_r_survey(void **state)
{
    (void)state;
    IN_HOUSE(h);
    assert_true(check_gold(&h, "replicates", 1) >= 120);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replicates_equal_r_survey),
    };
    return cmocka_run_group_tests_name("measure: replicates", tests, NULL, NULL);
}
