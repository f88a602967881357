/* Progress: who hears what, and that ^C asks before it ends. Standard error is a file here. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/progress.h"

static char said[8192];

static void wait_ms(long ms)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

static void short_task(void)
{
    tf_progress_start("Reading \"a\\b\"\n", 4);
    for (size_t k = 1; k <= 4; k++)
        tf_progress_at(k);
    tf_progress_stop();
}

static void slow_task(void)
{
    tf_progress_start("Drawing", 4);
    for (size_t k = 1; k <= 2; k++) {
        wait_ms(110);
        tf_progress_at(k);
    }
    tf_progress_stop();
}

static void unknown_total(void)
{
    tf_progress_start("Counting", 0);
    wait_ms(110);
    tf_progress_at(7);
    tf_progress_stop();
}

static void past_the_end(void)
{
    char title[500];
    memset(title, 'x', sizeof title - 1);
    title[sizeof title - 1] = '\0';
    tf_progress_start(title, 2);
    wait_ms(110);
    tf_progress_at(3);
    tf_progress_stop();
}

static void never_started(void)
{
    tf_progress_at(1);
    tf_progress_stop();
}

/* What a task writes to standard error in a mode. */
static const char *hear(enum tf_progress_mode mode, void (*task)(void))
{
    FILE *file = tmpfile();
    const int old = dup(STDERR_FILENO);
    assert_non_null(file);
    assert_true(old >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    tf_progress_show(mode);
    task();
    tf_progress_show(TF_PROGRESS_OFF);
    (void)dup2(old, STDERR_FILENO);
    (void)close(old);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    (void)fclose(file);
    return said;
}

static void each_mode_says_what_it_should(void **state)
{
    static const struct {
        const char *sentence;
        enum tf_progress_mode mode;
        void (*task)(void);
        const char *whole, *part;
    } cases[] = {
        {"off says nothing", TF_PROGRESS_OFF, slow_task, "", NULL},
        {"a short task says nothing in a log", TF_PROGRESS_LINES, short_task, "", NULL},
        {"a short task draws no bar", TF_PROGRESS_BAR, short_task, "", NULL},
        {"a bar shows the share done", TF_PROGRESS_BAR, slow_task, NULL, "\rDrawing [###############"
                                                                         "...............]  50%"},
        {"a bar of unknown length counts", TF_PROGRESS_BAR, unknown_total, NULL, "\rCounting  7"},
        {"a bar never passes the whole", TF_PROGRESS_BAR, past_the_end, NULL, "] 100%"},
        {"work that was never begun says nothing", TF_PROGRESS_JSON, never_started, "", NULL},
        {"machines get a start and a stop", TF_PROGRESS_JSON, unknown_total,
         "{\"progress\":\"start\",\"title\":\"Counting\",\"done\":0,\"total\":0}\n"
         "{\"progress\":\"stop\",\"title\":\"Counting\",\"done\":7,\"total\":0}\n", NULL},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const char *got = hear(cases[k].mode, cases[k].task);
        if ((cases[k].whole != NULL && strcmp(got, cases[k].whole) != 0) ||
            (cases[k].part != NULL && strstr(got, cases[k].part) == NULL))
            fail_msg("%s: got \"%s\"", cases[k].sentence, got);
    }
}

static void a_bar_leaves_its_line_empty(void **state)
{
    (void)state;
    const char *got = hear(TF_PROGRESS_BAR, slow_task);
    assert_string_equal(got + strlen(got) - 4, "\r\x1b[K");
}

static void every_line_for_machines_is_json(void **state)
{
    (void)state;
    char *rest = NULL, text[sizeof said];
    memcpy(text, hear(TF_PROGRESS_JSON, short_task), sizeof text);
    size_t n = 0;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        json_t *one = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(one);
        assert_string_equal(json_string_value(json_object_get(one, "title")), "Reading \"a\\b\"\n");
        json_decref(one);
        n++;
    }
    assert_int_equal(n, 2);
}

static void the_first_interrupt_asks_and_the_second_ends(void **state)
{
    (void)state;
    int status = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        tf_interrupt_install();
        if (tf_interrupted())
            _exit(1);
        (void)raise(SIGINT);
        if (!tf_interrupted())
            _exit(2);
        (void)raise(SIGINT);
        _exit(3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
    assert_false(tf_interrupted());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mode_says_what_it_should),
        cmocka_unit_test(a_bar_leaves_its_line_empty),
        cmocka_unit_test(every_line_for_machines_is_json),
        cmocka_unit_test(the_first_interrupt_asks_and_the_second_ends),
    };
    return cmocka_run_group_tests_name("base: progress", tests, NULL, NULL);
}
