/* Transcripts, codebooks and lists of participants: any bytes are judged; the first byte chooses which.
 * Turns lie in the text, in order, and cuts of it on letters. */
#include "fuzz.h"

#include <string.h>

#include "listen/inside.h"

static void talk(struct tf_arena *arena, const char *text, size_t n, struct tf_notices *out)
{
    const char *language;
    struct tf_turn *turn;
    size_t n_turns, at = 0, from, to, length;
    tf_transcript_judge(arena, "fuzz.txt", text, n, &language, &turn, &n_turns, out);
    if (language == NULL)
        abort();
    for (size_t k = 0; k < n_turns; k++) {
        if (turn[k].start < at || turn[k].end < turn[k].start || turn[k].end > n)
            abort();
        at = turn[k].end;
    }
    for (size_t start = 0; start < 8; start++)
        if (tf_cut(text, n, start, start * 2 + 1, &from, &to, &length) &&
            (from > to || to > n || tf_utf8_valid(text + from, to - from) != to - from))
            abort();
}

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_notices out = {.arena = arena};
    struct tf_judged j = {.has_codebook = false};
    const char *path;
    if (n == 0)
        return;
    const char *text = tf_strndup(arena, data + 1, n - 1);
    if (data[0] == '1') {
        if (tf_utf8_valid(text, strlen(text)) == strlen(text))
            talk(arena, text, strlen(text), &out);
        return;
    }
    (void)as_file(data + 1, n - 1, &path);
    if (data[0] == '2')
        tf_codebook_judge(arena, path, &j, &out);
    else if (data[0] == '3')
        tf_participants_judge(arena, path, &j, &out);
    else
        tf_legal_judge(arena, path, &j, &out);
}
