/* Whole surveys from a known population (bench/simulation.h): what draw, weights and estimates say
 * together must be true on average and as often as the intervals promise. 150 surveys: a coverage of
 * 95 % shows between 91 and 99 % with probability above 0.99, a bias of a quarter of the standard
 * error is out by three of its own. The streams are named, so the outcome is the same everywhere. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sodium.h>

#include "bench/simulation.h"

static void surveys_are_right_on_average_and_as_often_as_they_say(void **state)
{
    enum { SURVEYS = 150 };
    static struct sim_score score[SIM_TARGETS];
    static struct tf_err err;
    struct tf_guard guard;
    (void)state;
    if (tf_guard_begin(&guard, &err) != TF_OK)
        fail_msg("%s", err.what);
    struct tf_arena *arena = tf_arena_new("simulation", (size_t)1 << 30);
    const struct sim_population p = sim_populate(arena);
    for (size_t k = 0; k < SURVEYS; k++)
        if (sim_survey(&p, tf_printf(arena, "simulation/%zu", k), score, &err) != TF_OK)
            fail_msg("%s: %s. %s", err.what, err.fact, err.help);
    for (size_t k = 0; k < SIM_TARGETS; k++) {
        const struct sim_score *s = &score[k];
        const double true_se = sqrt(s->square / s->n);
        const double bias = (s->sum / s->n - p.truth[k]) / true_se;
        const double covered = s->covered / s->n, size = s->se / s->n / true_se;
        if (!(fabs(bias) < 0.25) || !(covered > 0.91 && covered < 0.99) ||
            !(size > 0.85 && size < 1.15))
            fail_msg("%s: bias %.3f of its standard error, coverage %.3f, standard error %.3f of "
                     "the true one", sim_target[k], bias, covered, size);
    }
    tf_arena_free(arena);
    tf_guard_end(&guard);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(surveys_are_right_on_average_and_as_often_as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
