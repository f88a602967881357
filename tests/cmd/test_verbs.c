/* The program's door: every verb explains itself, what is misspelt is told the nearest, and whatever a
 * verb reads it can say as JSON. Runs the program that stands beside the tests, on a demo study. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "gen/commands.h"
#include "tests/protect/folder.h"

static char program[1024], work[] = "/tmp/trefoil-test-" "XX" "XX" "XX";
static char out[1 << 22];
static size_t out_n;

/* Run the program with these words; what it prints is in `out` (both streams when `all`). */
static int run(const char *words, bool all)
{
    char line[2048];
    const int n = snprintf(line, sizeof line, "cd '%s' && '%s' %s 2>%s", work, program, words,
                           all ? "&1" : "/dev/null");
    assert_true(n > 0 && (size_t)n < sizeof line);
    FILE *p = popen(line, "r");
    assert_non_null(p);
    out_n = fread(out, 1, sizeof out - 1, p);
    out[out_n] = '\0';
    const int status = pclose(p);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void every_verb_explains_itself(void **state)
{
    (void)state;
    for (const struct tf_command *c = tf_commands; c->name != NULL; c++) {
        char words[64];
        (void)snprintf(words, sizeof words, "%s --help", c->name);
        if (run(words, false) != 0 || out_n < 200 || strstr(out, c->name) == NULL)
            fail_msg("%s: status or help off: %s", words, out);
        if (c->summary[0] == '\0')
            fail_msg("%s has no summary", c->name);
    }
}

static void every_verb_stands_in_the_overview(void **state)
{
    (void)state;
    assert_int_equal(run("--help", false), 0);
    for (const struct tf_command *c = tf_commands; c->name != NULL; c++)
        if (strstr(out, c->summary) == NULL)
            fail_msg("the overview does not name %s", c->name);
    assert_int_equal(run("", false), 0);
    assert_int_equal(run("--version", false), 0);
    assert_int_equal(strncmp(out, "trefoil ", 8), 0);
}

static void what_cannot_be_done_is_said_with_status_2(void **state)
{
    static const struct {
        const char *words, *says;
    } cases[] = {
        {"measur", "trefoil measure"},
        {"tel report", "trefoil tell"},
        {"xyzzyplugh", "--help"},
        {"check --progress=loud", "bar, lines, json or off"},
        {"check --study", "--study"},
        {"check --cuntry XA", "--country"},
        {"check nowhere", "nowhere"},
        {"tell report XQ --study study", "XQ"},
        {"tell", "--help"},
        {"keep lst --study study", "keep"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const int status = run(cases[k].words, true);
        if (status != 2 || strstr(out, cases[k].says) == NULL)
            fail_msg("%s: status %d, no '%s' in: %s", cases[k].words, status, cases[k].says, out);
    }
}

static void whatever_is_read_can_be_had_as_json(void **state)
{
    static const char *const words[] = {
        "ask show --study study",
        "ask indicators --study study",
        "ask questions --dataset child --study study",
        "check study",
        "check study --country XB",
        "draw sample --frame study/children/XB/frame.csv --psus 40 --seed s",
        "field flow --country XB --study study",
        "field check --country XB --study study",
        "harmonise list --country XB --study study",
        "harmonise check study/threats/XB/platform_reports.csv study/threats/cybertips.yaml --study study",
        "keep list --study study",
        "keep participants --country XB --study study",
        "keep ledger --study study",
        "keep verify --study study",
        "listen check --country XB --study study",
        "listen codes --country XB --study study",
        "listen quotes --country XB --study study",
        "measure estimate --data study/children/XB/child.csv --weight p_person --var age --stat mean",
        "protect show XB --study study",
        "protect show XB exp --study study",
        "relate check XB --study study",
        "relate claims XB --study study",
        "relate convergence XB --study study",
        "tell check XB --study study",
        "tell tables XB --study study",
        "trace exp.ocsea_any --country XB --study study",
    };
    (void)state;
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
        char line[256];
        json_error_t e;
        (void)snprintf(line, sizeof line, "%s --json", words[k]);
        const int status = run(line, false);
        json_t *root = json_loadb(out, out_n, JSON_REJECT_DUPLICATES, &e);
        if (status != 0 || root == NULL || (!json_is_object(root) && !json_is_array(root))) {
            print_error("%s: status %d; %s\n%.300s\n", line, status, root == NULL ? e.text : "", out);
            (void)run(line, true);
            fail_msg("%.400s", out);
        }
        json_decref(root);
    }
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(work) == NULL || run("demo study", true) != 0 ||
        run("tell report XB --study study", true) != 0) {
        print_error("%s", out);
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(work);
    return 0;
}

int main(int argc, char **argv)
{
    /* build/release/tests/cmd/test_verbs -> build/release/trefoil */
    char path[512], here[512];
    const char *const slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    if (slash == NULL || getcwd(here, sizeof here) == NULL)
        return 1;
    (void)snprintf(path, sizeof path, "%.*s/../../trefoil", (int)(slash - argv[0]), argv[0]);
    (void)snprintf(program, sizeof program, "%s%s%s", *path == '/' ? "" : here,
                   *path == '/' ? "" : "/", path);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_explains_itself),
        cmocka_unit_test(every_verb_stands_in_the_overview),
        cmocka_unit_test(what_cannot_be_done_is_said_with_status_2),
        cmocka_unit_test(whatever_is_read_can_be_had_as_json),
    };
    if (access(program, X_OK) != 0) {
        (void)printf("skipped: %s is not built\n[  SKIPPED ] cmd: verbs\n", program);
        return 0;
    }
    return cmocka_run_group_tests_name("cmd: verbs", tests, set_up, tear_down);
}
