/* The words of a command: any words, one a line, are taken or refused with a help; words after `--` are
 * kept as they stand, and nothing is read past the last. */
#include "fuzz.h"

#include <string.h>

#include "cmd/cmd.h"

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    const char *by = NULL, **word;
    bool deep = false;
    size_t n_words;
    struct tf_err err = {.code = TF_OK};
    char **part;
    const size_t n_parts = tf_split(arena, tf_strndup(arena, data, n), '\n', &part);
    const struct tf_option option[] = {{"--by", &by, NULL}, {"--deep", NULL, &deep},
                                       {"--by-all", &by, NULL}};
    struct tf_run run = {.arena = arena, .verb = "fuzz", .argc = (int)n_parts, .argv = part};
    if (tf_options(&run, option, 3, &word, &n_words, &err) != TF_OK) {
        if (err.code != TF_E_USAGE || err.help[0] == '\0')
            abort();
        return;
    }
    if (n_words > n_parts)
        abort();
    for (size_t k = 0; k < n_words; k++)
        if (strlen(word[k]) > n)
            abort();
}
