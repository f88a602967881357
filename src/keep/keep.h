/* keep: the first door. The vault: encrypted, numbered, chained; what people answered lives here.
 *
 * One encrypted file per country, strand and purpose (response, interviews, counts, estimates):
 * <study>/.trefoil/vault/XA-children-response.db. Everything put in is registered as evidence. */
#ifndef TF_KEEP_H
#define TF_KEEP_H

#include "base/base.h"
#include "base/sql.h"
#include "keep/backup.h"
#include "keep/consent.h"
#include "keep/counts.h"
#include "keep/custodians.h"
#include "keep/custody.h"
#include "keep/evidence.h"
#include "keep/head.h"
#include "keep/inbox.h"
#include "keep/retention.h"
#include "keep/roles.h"
#include "keep/open.h"
#include "keep/seal.h"
#include "keep/withdraw.h"

struct tf_keep;
/* Open (make, when create) the vault of a study folder. Closed with the arena. */
TF_MUST_CHECK enum tf_code tf_keep_open(struct tf_arena *arena, const char *study_dir, bool create,
                                        struct tf_keep **ret, struct tf_err *reterr);
struct tf_register *tf_keep_register(struct tf_keep *keep);
/* A file of the vault with a room's own statements (its "schema" makes the tables when the file is
 * made: so a purpose belongs to one room). */
TF_MUST_CHECK enum tf_code tf_keep_file(struct tf_keep *keep, const char *country,
                                        const char *strand, const char *purpose,
                                        const struct tf_named_sql *statements,
                                        struct tf_db **ret, struct tf_err *reterr);

/* ---- datasets: snapshots of tables ---- */
/* Put a snapshot; evidence kind "dataset". Same content, same id, no change. source_file is relative
 * to the study; its content hash is file_hash. */
TF_MUST_CHECK enum tf_code tf_keep_dataset_put(struct tf_keep *keep, const char *country,
                                               const char *strand, const char *dataset,
                                               const char *title, const struct tf_table *t,
                                               const char *source_file,
                                               const struct tf_hash *file_hash,
                                               const char **ret_evidence, struct tf_err *reterr);
/* Take every snapshot of a dataset out of the vault but the one of this hash. */
TF_MUST_CHECK enum tf_code tf_keep_dataset_forget(struct tf_keep *keep, const char *country,
                                                  const char *strand, const char *dataset,
                                                  const char *hash, struct tf_err *reterr);
/* The current snapshot. *ret_found false when there is none (then *ret is untouched).
 * The table's hash is recomputed and must equal the registered one (TF_E_REFUSED). */
TF_MUST_CHECK enum tf_code tf_keep_dataset_get(struct tf_arena *arena, struct tf_keep *keep,
                                               const char *country, const char *strand,
                                               const char *dataset, bool *ret_found,
                                               struct tf_table **ret, struct tf_evidence *ret_ev,
                                               struct tf_err *reterr);

/* Import a data file (.sav .zsav .dta .xpt .csv) as a snapshot of a dataset. path is absolute, or
 * relative to the working folder, or else to the study folder. Items that study.yaml says are void
 * (`void:` of the dataset) are masked with their reason before anything is put. *ret_evidence is its id;
 * *ret_changed tells whether the vault was changed (the same content again changes nothing). */
TF_MUST_CHECK enum tf_code tf_keep_import_file(struct tf_arena *arena, struct tf_keep *keep,
                                               const char *study_dir, const char *path,
                                               const char *country, const char *strand,
                                               const char *dataset, const char *title,
                                               const char **ret_evidence, bool *ret_changed,
                                               struct tf_err *reterr);

/* ---- participants of the qualitative strand and their consent ---- */
struct tf_participant {
    const char *id;          /* RA4-XA-07-J */
    const char *activity;    /* ra1 government, ra3 frontline, ra4 justice, ra5 survivor … */
    const char *role;        /* "justice professional", as may be printed */
    const char *institution; /* printed only at attribution "institution" */
    const char *attribution; /* code, institution, role, none */
    bool use, quote;         /* consent: use in analysis; print quotes */
    bool withdrawn;          /* everything of theirs leaves every output */
};
struct tf_transcript {
    const char *id, *participant, *language, *text; /* UTF-8, offsets count code points */
    const char *evidence, *hash;
};
TF_MUST_CHECK enum tf_code tf_keep_participants_put(struct tf_keep *keep, const char *country,
                                                    const struct tf_participant *p, size_t n,
                                                    const char *source_file,
                                                    struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_keep_participants_get(struct tf_arena *arena, struct tf_keep *keep,
                                                    const char *country,
                                                    struct tf_participant **ret, size_t *ret_n,
                                                    struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_keep_transcript_put(struct tf_keep *keep, const char *country,
                                                  const struct tf_transcript *t,
                                                  const char *source_file, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_keep_transcripts_get(struct tf_arena *arena, struct tf_keep *keep,
                                                   const char *country,
                                                   struct tf_transcript **ret, size_t *ret_n,
                                                   struct tf_err *reterr);
/* Words of a participant for another room's tables, under the participant's record key: sealed as text.
 * Of who withdrew nothing is sealed, and what was comes back as "". Words that were never sealed come
 * back as they are. */
TF_MUST_CHECK enum tf_code tf_keep_words_seal(struct tf_arena *arena, struct tf_keep *keep,
                                              const char *country, const char *participant,
                                              const char *words, const char **ret,
                                              struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_keep_words_open(struct tf_arena *arena, struct tf_keep *keep,
                                              const char *country, const char *participant,
                                              const char *sealed, const char **ret,
                                              struct tf_err *reterr);
/* ---- opening the inbox: needs the vault's key ---- */
struct tf_inbox_record { /* a record opened; memory is wiped after each() returns */
    const struct tf_inbox_head *head;
    const struct tf_inbox_part *part;
    size_t n_parts;
};
/* Each record from `from`, in order, decrypted and its hash proved. A record that does not open is a
 * notice that names it (number, file) and the walk goes on. each() returning an error ends it. */
TF_MUST_CHECK enum tf_code tf_inbox_each(struct tf_arena *arena, const char *study_dir,
                                         const struct tf_key *key, uint64_t from,
                                         enum tf_code (*each)(const struct tf_inbox_record *record,
                                                              void *to, struct tf_err *reterr),
                                         void *to, struct tf_notices *out, struct tf_err *reterr);

/* Integrity of everything: each file opens, hashes match, the ledger's chain holds. */
void tf_keep_check(struct tf_arena *arena, const char *study_dir, struct tf_notices *out);

#endif
