/* The words of a command: which are options, which are words, and what is refused with which help. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sodium.h>
#include <string.h>

#include "cmd/cmd.h"

enum { MOST = 6 };
static const struct {
    const char *sentence;
    const char *argv[MOST];
    enum tf_code code;
    const char *by;   /* the value of --by, or NULL */
    bool deep;
    const char *word; /* the words joined by '|' */
    const char *says; /* in the message or its help */
} cases[] = {
    {"no words", {NULL}, TF_OK, NULL, false, "", NULL},
    {"words keep their order", {"b", "a"}, TF_OK, NULL, false, "b|a", NULL},
    {"a value after its option", {"--by", "sex", "x"}, TF_OK, "sex", false, "x", NULL},
    {"a value after =", {"x", "--by=sex=1"}, TF_OK, "sex=1", false, "x", NULL},
    {"an empty value after =", {"--by="}, TF_OK, "", false, "", NULL},
    {"a value may look like an option", {"--by", "--deep"}, TF_OK, "--deep", false, "", NULL},
    {"the last of two values holds", {"--by", "a", "--by", "b"}, TF_OK, "b", false, "", NULL},
    {"a switch", {"--deep", "x"}, TF_OK, NULL, true, "x", NULL},
    {"one dash alone is a word, and so is a number", {"-", "-5"}, TF_OK, NULL, false, "-|-5", NULL},
    {"one dash begins an option", {"-x"}, TF_E_USAGE, NULL, false, "", "-x"},
    {"after -- all are words", {"--", "--by", "--deep"}, TF_OK, NULL, false, "--by|--deep", NULL},
    {"a misspelt option is told the nearest", {"--bi", "sex"}, TF_E_USAGE, NULL, false, "",
     "Did you mean --by?"},
    {"an unknown option is told where they are listed", {"--zzzzzzzzz"}, TF_E_USAGE, NULL, false, "",
     "--help"},
    {"an option without its value", {"x", "--by"}, TF_E_USAGE, NULL, false, "", "--by needs a value"},
    {"a part of an option is not it", {"--dee"}, TF_E_USAGE, NULL, false, "", "--dee"},
    {"an option with more letters is not it", {"--deeper"}, TF_E_USAGE, NULL, false, "", "--deeper"},
};

static void words_are_taken_or_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct tf_guard guard;
        struct tf_err err = {.code = TF_OK};
        assert_int_equal(tf_guard_begin(&guard, &err), TF_OK);
        struct tf_arena *a = tf_arena_new("test", (size_t)1 << 20);
        struct tf_buf joined = {.arena = a};
        const char *by = NULL, **word = NULL;
        bool deep = false;
        size_t n = 0;
        char *argv[MOST + 1] = {NULL};
        struct tf_run run = {.arena = a, .verb = "draw", .argv = argv};
        const struct tf_option option[] = {{"--by", &by, NULL}, {"--deep", NULL, &deep}};
        while (run.argc < MOST && cases[k].argv[run.argc] != NULL) {
            argv[run.argc] = tf_strdup(a, cases[k].argv[run.argc]);
            run.argc++;
        }
        const enum tf_code code = tf_options(&run, option, 2, &word, &n, &err);
        for (size_t j = 0; j < n; j++)
            tf_buf_printf(&joined, "%s%s", j == 0 ? "" : "|", word[j]);
        bool right = code == cases[k].code;
        if (code == TF_OK)
            right = right && tf_streq(by, cases[k].by) && deep == cases[k].deep &&
                    strcmp(tf_buf_text(&joined), cases[k].word) == 0;
        else
            right = right && err.help[0] != '\0' && word == NULL &&
                    (strstr(err.what, cases[k].says) != NULL ||
                     strstr(err.help, cases[k].says) != NULL);
        if (!right)
            fail_msg("%s: code %d, by %s, words %s: %s / %s", cases[k].sentence, (int)code,
                     by == NULL ? "-" : by, tf_buf_text(&joined), err.what, err.help);
        tf_arena_free(a);
        tf_guard_end(&guard);
    }
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_are_taken_or_refused)};
    return cmocka_run_group_tests_name("cmd: options", tests, NULL, NULL);
}
