/* Coded passages: each is cut from its transcript again and must say what the coder saw.
 *
 * An offset that is off by one gives no error by itself, only another passage under the same code
 * and, one day, another sentence in print. So the file of segments repeats each passage, and the
 * two must be equal to the byte. The usual causes of a shift are offsets in UTF-16 units or bytes,
 * line ends counted as one, and an end that is counted in: where one of these explains it, the notice
 * says so.
 *
 * A quote is a passage proposed for print. It must lie within one turn of the participant, and the
 * participant must have agreed; a barred quote is an error in a check and no obstacle to an import,
 * because it is by importing that a withdrawal takes effect. */
#include <string.h>

#include "listen/inside.h"

enum column { SEGMENT, TRANSCRIPT, START, END, CODE, CODER, QUOTE, TEXT, N_COLUMNS };
static const char *const names[] = {"segment", "transcript", "start", "end",  "code",
                                    "coder",   "quote",      "text",  NULL};

struct at { /* the row being judged */
    const struct tf_sheet *s;
    const size_t *c;
    size_t row;
    struct tf_judged *j;
    struct tf_notices *out;
};

static const char *cell(const struct at *a, enum column k)
{
    return tf_sheet_text(a->s, a->row, a->c[k]);
}

/* "of 'a' or 'b'": a help that names the nearest of a list. */
static const char *nearest(const struct at *a, const char *word, const char *const *known,
                           const char *otherwise)
{
    const char *near = tf_nearest(word, known);
    return near == NULL ? otherwise : tf_printf(a->s->arena, "Did you mean '%s'?", near);
}

static size_t find_transcript(const struct at *a, const char *id)
{
    const struct tf_listened *l = &a->j->l;
    const char **known = TF_NEW_N(a->s->arena, const char *, l->n_transcripts + 1);
    for (size_t k = 0; k < l->n_transcripts; k++) {
        if (strcmp(l->transcript[k].id, id) == 0)
            return k;
        known[k] = l->transcript[k].id;
    }
    tf_sheet_notice(a->s, a->row, a->c[TRANSCRIPT], a->out, TF_ERROR, "segment-transcript",
                    nearest(a, id, known, "Transcripts are known by their file's name."),
                    "there is no transcript '%s'", id);
    return SIZE_MAX;
}

static void judge_code(const struct at *a, const char *code)
{
    const struct tf_listened *l = &a->j->l;
    if (tf_code_named(l, code) != NULL)
        return;
    const char **known = TF_NEW_N(a->s->arena, const char *, l->n_codes + 1);
    for (size_t k = 0; k < l->n_codes; k++)
        known[k] = l->code[k].id;
    tf_sheet_notice(a->s, a->row, a->c[CODE], a->out, TF_ERROR, "segment-code",
                    nearest(a, code, known, "Add it to the codebook."),
                    "the code '%s' is not in the codebook", code);
}

static bool offset(const struct at *a, enum column k, size_t *ret)
{
    int64_t x;
    if (tf_parse_int(cell(a, k), &x) && x >= 0) {
        *ret = (size_t)x;
        return true;
    }
    tf_sheet_notice(a->s, a->row, a->c[k], a->out, TF_ERROR, "segment-offset",
                    "Offsets are whole numbers of code points, from 0.", "'%s' is no offset",
                    cell(a, k));
    return false;
}

/* At most 120 code points of a text, for a message. */
static const char *shortened(struct tf_arena *arena, const char *s, size_t n)
{
    size_t from, to, length;
    if (!tf_cut(s, n, 0, 120, &from, &to, &length))
        return tf_strndup(arena, s, n);
    return tf_printf(arena, "%s…", tf_strndup(arena, s, to));
}

/* Where the passage really stands when one cause explains the shift; else NULL. */
static const char *explain(const struct at *a, const char *text, size_t n, const char *passage,
                           size_t start)
{
    const char *found = strstr(text, passage);
    if (*passage == '\0' || found == NULL)
        return "The passage is nowhere in the transcript: it has another text or another version.";
    if (strstr(found + 1, passage) != NULL)
        return "The passage stands in the transcript several times; set the offsets again.";
    size_t points = 0, utf16 = 0;
    const size_t at = (size_t)(found - text);
    for (size_t k = 0; k < at;) {
        uint32_t cp = 0;
        const size_t bytes = tf_utf8_next(text + k, n - k, &cp);
        if (bytes == 0)
            break;
        k += bytes;
        points++;
        utf16 += cp > 0xFFFF ? 2 : 1;
    }
    const char *why = start == at && at != points       ? " The offsets seem to count bytes."
                      : start == utf16 && utf16 != points ? " The offsets seem to count UTF-16 units."
                                                          : "";
    return tf_printf(a->s->arena, "The passage begins at code point %zu, not %zu.%s", points, start,
                     why);
}

/* Cut the passage and hold it against the coder's; *ret_text is set when they agree. */
static void judge_passage(const struct at *a, const struct tf_segment *g,
                          const struct tf_transcript *t, size_t *ret_from, size_t *ret_to,
                          const char **ret_text)
{
    const size_t n = strlen(t->text);
    const char *passage = tf_sheet_raw(a->s, a->row, a->c[TEXT]);
    size_t length = 0;
    if (g->start >= g->end) {
        tf_sheet_notice(a->s, a->row, a->c[END], a->out, TF_ERROR, "segment-offset",
                        "The end is the offset after the last code point.",
                        "the segment '%s' is empty: [%zu, %zu)", g->id, g->start, g->end);
        return;
    }
    if (!tf_cut(t->text, n, g->start, g->end, ret_from, ret_to, &length)) {
        tf_sheet_notice(a->s, a->row, a->c[END], a->out, TF_ERROR, "segment-offset",
                        explain(a, t->text, n, passage, g->start),
                        "the segment '%s' ends at %zu, and '%s' has %zu code points", g->id, g->end,
                        t->id, length);
        return;
    }
    const size_t bytes = *ret_to - *ret_from;
    if (strlen(passage) == bytes && memcmp(passage, t->text + *ret_from, bytes) == 0) {
        *ret_text = tf_strndup(a->s->arena, passage, bytes);
        return;
    }
    tf_sheet_notice(a->s, a->row, a->c[TEXT], a->out, TF_ERROR, "segment-text",
                    explain(a, t->text, n, passage, g->start),
                    "the segment '%s' cuts “%s” from '%s', and its text says “%s”", g->id,
                    shortened(a->s->arena, t->text + *ret_from, bytes), t->id,
                    shortened(a->s->arena, passage, strlen(passage)));
}

static void judge_quote(const struct at *a, const struct tf_segment *g, size_t transcript,
                        size_t from, size_t to)
{
    const struct tf_judged *j = a->j;
    bool inside = false;
    const char *barred = tf_quote_barred(tf_participant_named(&j->l, g->participant));
    if (barred != NULL)
        tf_sheet_notice(a->s, a->row, a->c[QUOTE], a->out, TF_ERROR, TF_BARRED,
                        "Take the quote id out of this row, and the quote out of the texts.",
                        "quote %s may not be printed: %s", g->quote, barred);
    for (size_t k = 0; k < j->l.n_segments; k++)
        if (tf_streq(j->l.segment[k].quote, g->quote)) {
            tf_sheet_notice(a->s, a->row, a->c[QUOTE], a->out, TF_ERROR, "quote-twice",
                            "A quote id names one passage.",
                            "quote %s is also the segment '%s'", g->quote, j->l.segment[k].id);
            break;
        }
    for (size_t k = 0; k < j->n_turns[transcript]; k++) {
        const struct tf_turn *t = &j->turn[transcript][k];
        inside = inside || (t->participant && from >= t->start && to <= t->end);
    }
    if (!inside && g->text != NULL)
        tf_sheet_notice(a->s, a->row, a->c[START], a->out, TF_ERROR, "quote-turn",
                        "Cut it within one turn, without the speaker's label.",
                        "quote %s is not within one turn of the participant", g->quote);
}

static void judge_row(const struct at *a)
{
    struct tf_listened *l = &a->j->l;
    struct tf_segment g = {.id = cell(a, SEGMENT), .code = cell(a, CODE), .coder = cell(a, CODER)};
    size_t from = 0, to = 0;
    if (*g.id == '\0') {
        tf_sheet_notice(a->s, a->row, a->c[SEGMENT], a->out, TF_ERROR, "segment", NULL,
                        "the row has no segment id");
        return;
    }
    for (size_t k = 0; k < l->n_segments; k++)
        if (strcmp(l->segment[k].id, g.id) == 0)
            tf_sheet_notice(a->s, a->row, a->c[SEGMENT], a->out, TF_ERROR, "segment",
                            "Each stands once.", "the segment '%s' stands twice", g.id);
    if (*g.coder == '\0')
        tf_sheet_notice(a->s, a->row, a->c[CODER], a->out, TF_ERROR, "segment", NULL,
                        "the segment '%s' has no coder", g.id);
    judge_code(a, g.code);
    const size_t t = find_transcript(a, cell(a, TRANSCRIPT));
    if (t == SIZE_MAX || !offset(a, START, &g.start) || !offset(a, END, &g.end))
        return;
    g.transcript = l->transcript[t].id;
    g.participant = l->transcript[t].participant;
    judge_passage(a, &g, &l->transcript[t], &from, &to, &g.text);
    if (*cell(a, QUOTE) != '\0') {
        g.quote = cell(a, QUOTE);
        judge_quote(a, &g, t, from, to);
    }
    if (g.text != NULL)
        l->segment[l->n_segments++] = g;
}

void tf_segments_judge_sheet(const struct tf_sheet *s, struct tf_judged *j, struct tf_notices *out)
{
    size_t c[N_COLUMNS];
    struct tf_err e = {0};
    if (tf_columns_need(s, names, c, &e) != TF_OK) {
        tf_notice_err(out, "segments", &e);
        return;
    }
    j->has_segments = true;
    j->segments_hash = tf_hash_bytes(s->data, s->n);
    j->l.segment = TF_NEW_N(s->arena, struct tf_segment, s->t->n_rows + 1);
    for (size_t row = 0; row < s->t->n_rows; row++)
        judge_row(&(struct at){.s = s, .c = c, .row = row, .j = j, .out = out});
}

void tf_segments_judge(struct tf_arena *arena, const char *path, struct tf_judged *j,
                       struct tf_notices *out)
{
    struct tf_sheet *s;
    struct tf_err e = {0};
    if (path == NULL)
        return;
    if (tf_sheet_read(arena, path, &s, &e) != TF_OK)
        tf_notice_err(out, "segments", &e);
    else
        tf_segments_judge_sheet(s, j, out);
}
