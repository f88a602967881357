/* Segments: any bytes as a file of segments over a fixed transcript, or as the transcript under fixed
 * segments; a passage that is kept is the one that stands there. The first byte chooses. */
#include "fuzz.h"

#include <string.h>

#include "listen/inside.h"

static const char talk[] = "language: en\nINTERVIEWER: a\nPARTICIPANT: Ngôi nhà 😀 help.\n";
static const char segments[] = "segment,transcript,start,end,code,coder,quote,text\n"
                               "S1,P1,42,50,c,K,Q,Ngôi nhà\nS2,P1,0,1,c,K,,l\n";

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_notices out = {.arena = arena};
    struct tf_participant p = {.id = "P1", .use = true, .quote = true};
    struct tf_code_entry c = {.id = "c"};
    struct tf_transcript t = {.id = "P1", .participant = "P1", .text = talk};
    struct tf_turn *turn;
    struct tf_sheet *sheet;
    struct tf_err err;
    size_t n_turns;
    if (n == 0)
        return;
    const bool as_talk = data[0] == '1';
    if (as_talk) {
        t.text = tf_strndup(arena, data + 1, n - 1);
        if (tf_utf8_valid(t.text, strlen(t.text)) != strlen(t.text))
            return;
    }
    struct tf_judged j = {.l = {.code = &c,
                                .n_codes = 1,
                                .participant = &p,
                                .n_participants = 1,
                                .transcript = &t,
                                .n_transcripts = 1},
                          .turn = &turn,
                          .n_turns = &n_turns};
    tf_transcript_judge(arena, "t.txt", t.text, strlen(t.text), &t.language, &turn, &n_turns, &out);
    if (tf_sheet_parse(arena, "s.csv", as_talk ? segments : data + 1,
                       as_talk ? sizeof segments - 1 : n - 1, &sheet, &err) != TF_OK)
        return;
    tf_segments_judge_sheet(sheet, &j, &out);
    for (size_t k = 0; k < j.l.n_segments; k++) {
        const struct tf_segment *g = &j.l.segment[k];
        size_t from, to, length;
        if (!tf_cut(t.text, strlen(t.text), g->start, g->end, &from, &to, &length) ||
            strncmp(t.text + from, g->text, to - from) != 0)
            abort();
    }
}
