/* The command door: one table, one file a verb, help from the comment above each.
 *
 * Exit status: 0 done; 1 done, and the answer is "no" (a check found errors prints them and gives 2);
 * 2 bad input, wrong use, refused: nothing was changed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sodium.h>

#include "cmd/cmd.h"
#include "gen/commands.h"

static const size_t MEMORY_LIMIT = (size_t)4 << 30; /* a command may use 4 GB */

static void print_error(const struct tf_err *e)
{
    const bool colour = isatty(STDERR_FILENO) && getenv("NO_COLOR") == NULL;
    const char *red = colour ? "\033[1;31m" : "", *bold = colour ? "\033[1m" : "",
               *plain = colour ? "\033[0m" : "";
    if (e->file[0] != '\0') {
        (void)fprintf(stderr, "%s%s", bold, e->file);
        if (e->line > 0)
            (void)fprintf(stderr, ":%zu", e->line);
        if (e->line > 0 && e->column > 0)
            (void)fprintf(stderr, ":%zu", e->column);
        (void)fprintf(stderr, ":%s ", plain);
    } else {
        (void)fprintf(stderr, "trefoil: ");
    }
    (void)fprintf(stderr, "%serror:%s %s\n", red, plain, e->what);
    if (e->fact[0] != '\0')
        (void)fprintf(stderr, "  %s\n", e->fact);
    if (e->help[0] != '\0')
        (void)fprintf(stderr, "  %s\n", e->help);
}

static void print_overview(void)
{
    (void)printf("trefoil: one evidence system for national studies of harm to children online\n\n"
                 "usage: trefoil VERB [WORDS] [--study DIR] [--json] [--progress=bar|lines|json|off]\n"
                 "       trefoil VERB --help\n\n");
    static const char *const rooms[] = {"ask",     "draw",    "field",   "harmonise", "keep",  "listen",
                                        "measure", "protect", "relate",  "tell",      NULL};
    for (int part = 0; part < 2; part++) {
        (void)printf(part == 0 ? "The ten rooms, in the order evidence travels:\n"
                               : "\nThe whole way:\n");
        for (const struct tf_command *c = tf_commands; c->name != NULL; c++) {
            bool room = false;
            for (size_t k = 0; rooms[k] != NULL; k++)
                room = room || strcmp(rooms[k], c->name) == 0;
            if (room == (part == 0))
                (void)printf("  %-10s %s\n", c->name, c->summary);
        }
    }
    (void)printf("\nA first look: `trefoil demo DIR`, then `trefoil tell report XB --study DIR`.\n");
}

static const struct tf_command *find_command(const char *name)
{
    for (const struct tf_command *c = tf_commands; c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static enum tf_code unknown_verb(const char *name, struct tf_err *reterr)
{
    const char *known[sizeof tf_commands / sizeof tf_commands[0]];
    size_t n = 0;
    for (const struct tf_command *c = tf_commands; c->name != NULL; c++)
        known[n++] = c->name;
    known[n] = NULL;
    const char *near = tf_nearest(name, known);
    (void)tf_fail(reterr, TF_E_USAGE, "there is no command '%s'", name);
    if (near != NULL)
        return tf_help(reterr, "Did you mean `trefoil %s`?", near);
    return tf_help(reterr, "`trefoil --help` lists the commands.");
}

static enum tf_code set_progress(const char *word, struct tf_err *reterr)
{
    static const struct {
        const char *word;
        enum tf_progress_mode mode;
    } modes[] = {{"off", TF_PROGRESS_OFF}, {"bar", TF_PROGRESS_BAR}, {"lines", TF_PROGRESS_LINES},
                 {"json", TF_PROGRESS_JSON}};
    for (size_t k = 0; k < sizeof modes / sizeof modes[0]; k++)
        if (strcmp(modes[k].word, word) == 0) {
            tf_progress_show(modes[k].mode);
            return TF_OK;
        }
    (void)tf_fail(reterr, TF_E_USAGE, "there is no progress mode '%s'", word);
    return tf_help(reterr, "Use bar, lines, json or off.");
}

/* Take the words every command knows out of argv. */
static enum tf_code take_common(struct tf_run *run, int argc, char **argv, bool *ret_help,
                                struct tf_err *reterr)
{
    run->argv = TF_NEW_N(run->arena, char *, (size_t)argc + 1);
    bool literal = false;
    for (int k = 0; k < argc; k++) {
        if (!literal && strcmp(argv[k], "--") == 0) {
            literal = true;
            run->argv[run->argc++] = argv[k];
        } else if (!literal && strcmp(argv[k], "--json") == 0) {
            run->json = true;
        } else if (!literal && (strcmp(argv[k], "--help") == 0 || strcmp(argv[k], "-h") == 0)) {
            *ret_help = true;
        } else if (!literal && strncmp(argv[k], "--progress=", 11) == 0) {
            TF_TRY(set_progress(argv[k] + 11, reterr));
        } else if (!literal && strncmp(argv[k], "--study=", 8) == 0) {
            run->study = argv[k] + 8;
        } else if (!literal && strcmp(argv[k], "--study") == 0) {
            if (++k == argc) {
                (void)tf_fail(reterr, TF_E_USAGE, "--study needs the folder of a study");
                return tf_help(reterr, "For example: --study demo-study");
            }
            run->study = argv[k];
        } else {
            run->argv[run->argc++] = argv[k];
        }
    }
    return TF_OK;
}

static enum tf_code run_command(int argc, char **argv, struct tf_err *reterr)
{
    struct tf_guard guard;
    if (tf_guard_begin(&guard, reterr) != TF_OK)
        return reterr->code;
    struct tf_run run = {.arena = tf_arena_new("the command", MEMORY_LIMIT),
                         .study = ".",
                         .colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL};
    enum tf_code code = TF_OK;
    bool help = false;
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_overview();
    } else if (strcmp(argv[1], "--version") == 0) {
        (void)printf("trefoil 0.1.0\n");
    } else {
        const struct tf_command *c = find_command(argv[1]);
        code = c == NULL ? unknown_verb(argv[1], reterr)
                         : take_common(&run, argc - 2, argv + 2, &help, reterr);
        if (code == TF_OK && c != NULL) {
            run.verb = c->name;
            if (help)
                (void)fputs(c->help, stdout);
            else
                code = c->run(&run, reterr);
        }
    }
    tf_arena_free(run.arena);
    tf_guard_end(&guard);
    return code;
}

int main(int argc, char **argv)
{
    struct tf_err err = {0};
    const struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &no_core); /* opened answers must not land in a core file */
    (void)signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0) {
        (void)fputs("trefoil: error: the cryptographic library did not start\n", stderr);
        return 2;
    }
    tf_progress_show(isatty(STDERR_FILENO) ? TF_PROGRESS_BAR : TF_PROGRESS_LINES);
    tf_interrupt_install();
    const enum tf_code code = run_command(argc, argv, &err);
    tf_progress_stop();
    if (fflush(stdout) != 0 && code == TF_OK) {
        (void)tf_fail(&err, TF_E_IO, "the output could not be written");
        print_error(&err);
        return 2;
    }
    if (code != TF_OK) {
        if (err.code != TF_OK)
            print_error(&err);
        return 2;
    }
    return 0;
}
