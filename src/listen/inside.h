/* Inside listen: the files of the context strand as read and judged, before anything is stored. */
#ifndef TF_LISTEN_INSIDE_H
#define TF_LISTEN_INSIDE_H

#include "base/sheet.h"
#include "listen/listen.h"

/* The id of the notice that a quote is barred: it stops printing, not importing, since a withdrawal
 * must be importable at once. */
#define TF_BARRED "quote-barred"

struct tf_turn { /* a speaker's turn, in bytes of the text, without its label */
    size_t start, end, line;
    bool participant;
};
/* Judge a transcript's text: its language line and its turns. *ret_language is "" when it has none. */
void tf_transcript_judge(struct tf_arena *arena, const char *file, const char *text, size_t n,
                         const char **ret_language, struct tf_turn **ret_turn, size_t *ret_n_turns,
                         struct tf_notices *out);
/* Bytes [*ret_from, *ret_to) of the code points [start, end); false when they pass the end, with the
 * text's length in code points in *ret_length. */
bool tf_cut(const char *text, size_t n, size_t start, size_t end, size_t *ret_from, size_t *ret_to,
            size_t *ret_length);

struct tf_judged { /* all files of a country */
    struct tf_listened l;
    struct tf_turn **turn; /* [l.n_transcripts] */
    size_t *n_turns;
    const char **transcript_file; /* [l.n_transcripts] */
    struct tf_hash codebook_hash, segments_hash;
    bool has_codebook, has_segments, has_participants;
};
/* Each reads one file into *j and names its faults; a NULL path is no file. */
void tf_codebook_judge(struct tf_arena *arena, const char *path, struct tf_judged *j,
                       struct tf_notices *out);
void tf_participants_judge(struct tf_arena *arena, const char *path, struct tf_judged *j,
                           struct tf_notices *out);
void tf_transcripts_judge(struct tf_arena *arena, const char *dir, struct tf_judged *j,
                          struct tf_notices *out);
void tf_legal_judge(struct tf_arena *arena, const char *path, struct tf_judged *j,
                    struct tf_notices *out);
/* After the three before it, against which it is held. */
void tf_segments_judge(struct tf_arena *arena, const char *path, struct tf_judged *j,
                       struct tf_notices *out);
void tf_segments_judge_sheet(const struct tf_sheet *s, struct tf_judged *j, struct tf_notices *out);
/* All of them, in order. */
struct tf_judged *tf_listen_judge(struct tf_arena *arena, const struct tf_listen_files *files,
                                  struct tf_notices *out);

const struct tf_participant *tf_participant_named(const struct tf_listened *l, const char *id);
const struct tf_code_entry *tf_code_named(const struct tf_listened *l, const char *id);

/* Columns a sheet must have: names end with NULL, col[k] is the index of names[k]. */
TF_MUST_CHECK enum tf_code tf_columns_need(const struct tf_sheet *s, const char *const *names,
                                           size_t *col, struct tf_err *reterr);

#endif
