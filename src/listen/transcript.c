/* Transcripts: UTF-8 text with speaker turns.
 *
 *     language: en
 *
 *     INTERVIEWER: Which services do families know of?
 *     PARTICIPANT: They know the police. The helpline is
 *     hardly known outside the capital.
 *
 * A turn begins with a label at the start of a line and goes on to the next label. Offsets of coded
 * passages count Unicode code points over the whole file after a byte-order mark, half-open, as the
 * REFI-QDA standard's own examples do; line ends count as they stand in the file. Bytes and code
 * points meet in one place, tf_cut.
 *
 * Does not: audio, several participants in one interview, other file formats. */
#include <stdlib.h>
#include <string.h>

#include "listen/inside.h"

static const size_t MAX_TRANSCRIPT = (size_t)32 << 20;

bool tf_cut(const char *text, size_t n, size_t start, size_t end, size_t *ret_from, size_t *ret_to,
            size_t *ret_length)
{
    size_t at = 0, points = 0, from = SIZE_MAX, to = SIZE_MAX;
    for (;;) {
        uint32_t cp;
        if (points == start)
            from = at;
        if (points == end) {
            to = at;
            break;
        }
        const size_t bytes = tf_utf8_next(text + at, n - at, &cp);
        if (bytes == 0)
            break;
        at += bytes;
        points++;
    }
    if (to == SIZE_MAX || from == SIZE_MAX) {
        *ret_length = points;
        return false;
    }
    *ret_from = from;
    *ret_to = to;
    return true;
}

/* ---- turns ------------------------------------------------------------------------------------- */

/* A label is capitals (and blanks or digits between them) before a colon; returns its length. */
static size_t label(const char *line, size_t n)
{
    size_t k = 0;
    while (k < n && ((line[k] >= 'A' && line[k] <= 'Z') ||
                     (k > 0 && (line[k] == ' ' || line[k] == '_' ||
                                (line[k] >= '0' && line[k] <= '9')))))
        k++;
    return k >= 2 && k < n && line[k] == ':' ? k : 0;
}

struct walk {
    const char *file, *text;
    size_t n, at, line;
    struct tf_turn *turn;
    size_t n_turns, cap;
    bool started, refused;
};

static void fault(struct walk *w, size_t column, struct tf_notices *out, const char *help,
                  const char *what)
{
    tf_notice_add(out, TF_ERROR, "transcript", w->file, w->line, column, help, "%s", what);
    w->refused = true;
}

static void take_line(struct tf_arena *arena, struct walk *w, size_t n, struct tf_notices *out)
{
    static const struct {
        const char *label;
        bool participant;
    } speakers[] = {{"INTERVIEWER", false}, {"PARTICIPANT", true}};
    static const char *const known[] = {"INTERVIEWER", "PARTICIPANT", NULL};
    const char *line = w->text + w->at;
    const size_t len = label(line, n);
    for (size_t k = 0; len > 0 && k < 2; k++) {
        if (strlen(speakers[k].label) != len || memcmp(line, speakers[k].label, len) != 0)
            continue;
        w->turn = tf_grow(arena, w->turn, w->n_turns, &w->cap, sizeof *w->turn);
        w->turn[w->n_turns++] = (struct tf_turn){.start = w->at + len + 1,
                                                 .end = w->at + n,
                                                 .line = w->line,
                                                 .participant = speakers[k].participant};
        w->started = true;
        return;
    }
    if (len > 0) {
        const char *word = tf_strndup(arena, line, len), *near = tf_nearest(word, known);
        fault(w, 1, out, "Speakers are INTERVIEWER and PARTICIPANT.",
              near == NULL ? tf_printf(arena, "'%s:' is no speaker", word)
                           : tf_printf(arena, "'%s:' is no speaker; did you mean %s?", word, near));
        return;
    }
    const char *trimmed = tf_trim(arena, tf_strndup(arena, line, n));
    if (w->started)
        w->turn[w->n_turns - 1].end = w->at + n;
    else if (*trimmed != '\0' && !w->refused)
        fault(w, 1, out, "Begin each turn with INTERVIEWER: or PARTICIPANT:.",
              "text stands before the first speaker");
}

void tf_transcript_judge(struct tf_arena *arena, const char *file, const char *text, size_t n,
                         const char **ret_language, struct tf_turn **ret_turn, size_t *ret_n_turns,
                         struct tf_notices *out)
{
    struct walk w = {.file = file, .text = text, .n = n, .line = 1};
    bool spoke = false;
    *ret_language = "";
    while (w.at < n) {
        const char *eol = memchr(text + w.at, '\n', n - w.at);
        const size_t len = eol == NULL ? n - w.at : (size_t)(eol - text) - w.at;
        if (w.line == 1 && len > 9 && memcmp(text, "language:", 9) == 0)
            *ret_language = tf_trim(arena, tf_strndup(arena, text + 9, len - 9));
        else
            take_line(arena, &w, len, out);
        w.at += len + (eol != NULL);
        w.line++;
    }
    w.line = 1;
    if (**ret_language == '\0')
        fault(&w, 1, out, "Write, for example, 'language: en' as the first line.",
              "the transcript does not say its language");
    for (size_t k = 0; k < w.n_turns; k++)
        spoke = spoke || w.turn[k].participant;
    if (!spoke && !w.refused)
        fault(&w, 1, out, "Begin each turn with INTERVIEWER: or PARTICIPANT:.",
              "the participant does not speak");
    *ret_turn = w.turn;
    *ret_n_turns = w.n_turns;
}

/* ---- the folder -------------------------------------------------------------------------------- */

static void one_transcript(struct tf_arena *arena, const char *dir, const char *name,
                           struct tf_judged *j, struct tf_notices *out)
{
    const char *path = tf_path_join(arena, dir, name);
    struct tf_bytes bytes;
    struct tf_err e = {0};
    const size_t k = j->l.n_transcripts;
    struct tf_transcript *t = &j->l.transcript[k];
    if (tf_file_read_text(arena, path, MAX_TRANSCRIPT, &bytes, &e) != TF_OK) {
        tf_notice_err(out, "transcript", &e);
        return;
    }
    if (memchr(bytes.data, '\0', bytes.n) != NULL) {
        tf_notice_add(out, TF_ERROR, "transcript", path, 0, 0, "Save it as plain text in UTF-8.",
                      "the transcript holds a zero byte");
        return;
    }
    t->id = tf_path_stem(arena, name);
    t->participant = t->id;
    t->text = bytes.data;
    tf_transcript_judge(arena, path, bytes.data, bytes.n, &t->language, &j->turn[k],
                        &j->n_turns[k], out);
    j->transcript_file[k] = path;
    j->l.n_transcripts++;
    if (tf_participant_named(&j->l, t->participant) == NULL)
        tf_notice_add(out, TF_ERROR, "no-consent-row", path, 0, 0,
                      "Add the participant and the consent switches to the file of participants.",
                      "the transcript '%s' has no participant: nothing says what they agreed to",
                      t->id);
}

void tf_transcripts_judge(struct tf_arena *arena, const char *dir, struct tf_judged *j,
                          struct tf_notices *out)
{
    char **name;
    size_t n;
    struct tf_err e = {0};
    if (dir == NULL)
        return;
    if (tf_dir_list(arena, dir, &name, &n, &e) != TF_OK) {
        tf_notice_err(out, "transcripts", &e);
        return;
    }
    j->l.transcript = TF_NEW_N(arena, struct tf_transcript, n + 1);
    j->turn = TF_NEW_N(arena, struct tf_turn *, n + 1);
    j->n_turns = TF_NEW_N(arena, size_t, n + 1);
    j->transcript_file = TF_NEW_N(arena, const char *, n + 1);
    for (size_t k = 0; k < n; k++) {
        if (tf_ends(name[k], ".txt"))
            one_transcript(arena, dir, name[k], j, out);
        else
            tf_notice_add(out, TF_WARNING, "transcripts", tf_path_join(arena, dir, name[k]), 0, 0,
                          "Transcripts are .txt files, named by their participant.",
                          "the file is no transcript and is left out");
    }
}
