/* keep, inside: what its files share. */
#ifndef TF_KEEP_INSIDE_H
#define TF_KEEP_INSIDE_H

#include "keep/keep.h"

struct tf_record_key;
struct tf_keep {
    struct tf_arena *arena;
    const char *dir; /* the study folder */
    bool create;
    struct tf_key *key;
    struct tf_register *reg;
    struct open_file { /* files open already, so that one process holds each file once */
        const char *name;
        const struct tf_named_sql *statements;
        struct tf_db *db;
        struct open_file *next;
    } *open;
    const struct tf_study *study; /* read at first need */
    bool asked;
    struct known_key { /* record keys of participants asked for one at a time (said.c) */
        const char *country, *who;
        const struct tf_record_key *key;
        struct known_key *next;
    } *known;
};

/* <study>/.trefoil and a path below it. */
char *tf_keep_path(struct tf_arena *arena, const char *study_dir, const char *name);
/* Make .trefoil (and .trefoil/vault), for their owner only. */
TF_MUST_CHECK enum tf_code tf_keep_folder(struct tf_arena *arena, const char *study_dir,
                                          struct tf_err *reterr);
/* Make the folders that a path below .trefoil stands in, for their owner only. */
TF_MUST_CHECK enum tf_code tf_keep_folder_for(struct tf_arena *arena, const char *path,
                                              struct tf_err *reterr);
/* "vault/XA-children-response.db"; country "" is "all". TF_E_INPUT for a word that is no name. */
TF_MUST_CHECK enum tf_code tf_vault_name(struct tf_arena *arena, const char *country,
                                         const char *strand, const char *purpose, char **ret,
                                         struct tf_err *reterr);
/* Is this file of the vault there? */
bool tf_vault_has(struct tf_arena *arena, const struct tf_keep *keep, const char *country,
                  const char *strand, const char *purpose);
/* Open one file of the vault with its own key. */
TF_MUST_CHECK enum tf_code tf_vault_open(struct tf_arena *arena, const char *study_dir,
                                         const struct tf_key *key, const char *name,
                                         enum tf_db_mode mode,
                                         const struct tf_named_sql *statements,
                                         struct tf_db **ret, struct tf_err *reterr);

/* ---- blobs: numbers and texts in a fixed byte order, packed when that is shorter ---- */
struct blob_reader {
    const unsigned char *at, *end;
    bool broken; /* something was asked for that is not there; all later answers are 0 */
};
void tf_blob_u32(struct tf_buf *b, uint32_t x);
void tf_blob_double(struct tf_buf *b, double x);
void tf_blob_text(struct tf_buf *b, const char *s); /* NULL differs from "" */
uint32_t tf_unblob_u32(struct blob_reader *r);
double tf_unblob_double(struct blob_reader *r);
const char *tf_unblob_text(struct tf_arena *arena, struct blob_reader *r);
const unsigned char *tf_unblob_bytes(struct blob_reader *r, size_t n); /* NULL when too few */
/* zlib, when it makes it shorter: *ret_packed tells. */
void tf_blob_pack(struct tf_arena *arena, const struct tf_buf *plain, const void **ret,
                  size_t *ret_n, bool *ret_packed);
TF_MUST_CHECK bool tf_blob_unpack(struct tf_arena *arena, const void *data, size_t n, bool packed,
                                  size_t plain_n, const unsigned char **ret);

/* The snapshot that evidence of kind "dataset" names, its hash proved. */
TF_MUST_CHECK enum tf_code tf_snapshot_read(struct tf_arena *arena, struct tf_keep *keep,
                                            struct tf_db *db, const struct tf_evidence *e,
                                            struct tf_table **ret, size_t *ret_withdrawn,
                                            struct tf_err *reterr);
/* What a killed rekey, restore or erasure left: finished when it was decided, else undone. */
TF_MUST_CHECK enum tf_code tf_stage_recover(struct tf_arena *arena, const char *study_dir,
                                            struct tf_err *reterr);
/* Bring the remembered escrow copies of the key folder to what it is now; those that cannot be reached
 * are listed (to may be NULL). */
TF_MUST_CHECK enum tf_code tf_escrow_refresh(struct tf_arena *arena, const char *study_dir,
                                             struct tf_notices *to, struct tf_err *reterr);
/* Which file a dataset lies in: the purpose of the form that it is made from, "response" when there is
 * none. Contact sheets (identity) so never lie with answers. And all purposes that hold datasets. */
const char *tf_dataset_purpose(struct tf_keep *keep, const char *dataset);
extern const char *const tf_dataset_purposes[]; /* ends with NULL */
/* What study.yaml says, read once; NULL when there is none, or none that can be read. */
const struct tf_study *tf_keep_study(struct tf_keep *keep);
/* A new snapshot of a dataset whose registered one is `e`: from the same file, with other rows. */
TF_MUST_CHECK enum tf_code tf_dataset_put_again(struct tf_keep *keep, const struct tf_evidence *e,
                                                const struct tf_table *t,
                                                const char **ret_evidence, struct tf_err *reterr);
/* Without who withdrew (interviews.c): *ret_changed when somebody's were there. */
TF_MUST_CHECK enum tf_code tf_participants_renew(struct tf_keep *keep, const char *country,
                                                 bool *ret_changed, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_transcript_renew(struct tf_keep *keep, const char *country,
                                               const char *id, bool *ret_changed,
                                               struct tf_err *reterr);
/* The records of consent of a code go (consent.c). */
TF_MUST_CHECK enum tf_code tf_consent_erase(struct tf_keep *keep, const char *country,
                                            const char *code, struct tf_err *reterr);
struct tf_consent;
bool tf_consent_parse(struct tf_arena *arena, const char *text, struct tf_consent *ret);
bool tf_is_participant(struct tf_keep *keep, const char *country, const char *code);
/* Content of the vault is not what its hash says. */
enum tf_code tf_keep_altered(struct tf_err *reterr, const char *evidence);

#endif
