/* listen: interviews and law.
 *
 * Transcripts are UTF-8 text with speaker turns ("INTERVIEWER: …" / "PARTICIPANT: …"); segments and
 * the codebook come as CSV; offsets count Unicode code points, half-open [start, end). The legal
 * grid is CSV: instrument, article, criterion, status, date. */
#ifndef TF_LISTEN_H
#define TF_LISTEN_H

#include "ask/ask.h"
#include "base/base.h"
#include "keep/keep.h"

struct tf_code_entry { /* one code of the codebook */
    const char *id, *label, *theme, *definition;
};
struct tf_segment { /* a coded passage */
    const char *id, *transcript, *participant, *code, *coder;
    size_t start, end; /* code points */
    const char *text;  /* the passage, cut from the transcript */
    const char *quote; /* quote id when the passage is proposed for print, else NULL */
    const char *evidence;        /* of the file of segments; set on reading back */
    const char *transcript_hash; /* of the text that it was cut from */
};
struct tf_law {
    const char *instrument, *article, *criterion, *criterion_label, *status, *date, *note;
    const char *evidence;
    const char *id; /* L-XA-03, as claims cite it */
};
struct tf_listened { /* the context strand of one country */
    struct tf_code_entry *code;
    size_t n_codes;
    struct tf_participant *participant;
    size_t n_participants;
    struct tf_transcript *transcript;
    size_t n_transcripts;
    struct tf_segment *segment;
    size_t n_segments;
    struct tf_law *law;
    size_t n_laws;
};
struct tf_listen_files {
    const char *transcripts, *participants, *codebook, *segments, *legal; /* paths; NULL = none */
    const char *base; /* the study's folder: evidence names files relative to it; NULL = by name */
};
/* Import a country's files into the vault (all or nothing) and register each as evidence. */
TF_MUST_CHECK enum tf_code tf_listen_import(struct tf_arena *arena, struct tf_keep *keep,
                                            const char *country,
                                            const struct tf_listen_files *files,
                                            struct tf_err *reterr);
/* Read back; segments and transcripts of withdrawn participants and of those without consent to use
 * are left out (the participants' own rows stay, with their switches). A country without an import
 * gives an empty strand. */
TF_MUST_CHECK enum tf_code tf_listen_load(struct tf_arena *arena, struct tf_keep *keep,
                                          const char *country, struct tf_listened **ret,
                                          struct tf_err *reterr);
/* Code by case: n participants whose transcripts hold the code, by code (rows) and role (columns).
 * cell[code * n_roles + role]; role names in *ret_role. */
void tf_code_by_case(struct tf_arena *arena, const struct tf_listened *l, double **ret_cell,
                     const char ***ret_role, size_t *ret_n_roles);
/* Import a country's files as the study declares them. *ret_changed (may be NULL): something is new. */
TF_MUST_CHECK enum tf_code tf_listen_study(struct tf_arena *arena, const struct tf_study *study,
                                           struct tf_keep *keep, const char *country,
                                           bool *ret_changed, struct tf_err *reterr);
/* The files of a country as the study declares them; a declared file that is not there is NULL. */
struct tf_listen_files tf_listen_files_of(struct tf_arena *arena, const struct tf_study *study,
                                          const char *country);
/* Why a passage may not be printed, or NULL: the participant's switches. */
const char *tf_quote_barred(const struct tf_participant *p);
/* Faults in a country's files: unknown codes, offsets past the end, quotes whose text differs,
 * participants without consent rows, laws without a date. */
void tf_listen_check(struct tf_arena *arena, const char *country,
                     const struct tf_listen_files *files, struct tf_notices *out);

#endif
