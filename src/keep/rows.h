/* keep, inside: snapshots whose rows lie each under its participant's own key (rows.c). */
#ifndef TF_KEEP_ROWS_H
#define TF_KEEP_ROWS_H

#include "keep/inside.h"
#include "keep/records.h"

/* Whose each row is; NULL when the study does not say who the rows of this dataset are (no id_var).
 * For a table of a repeat, the record that the row belongs to. */
TF_MUST_CHECK enum tf_code tf_rows_owners(struct tf_arena *arena, struct tf_keep *keep,
                                          const char *dataset, const struct tf_table *t,
                                          const char ***ret, struct tf_err *reterr);
/* The table without the rows of who withdrew (the same table when none did). */
TF_MUST_CHECK enum tf_code tf_rows_allowed(struct tf_arena *arena, struct tf_keep *keep,
                                           const char *country, const char *dataset,
                                           struct tf_table *t, size_t *ret_left_out,
                                           struct tf_err *reterr);
/* Write the values of all rows, inside a transaction. */
TF_MUST_CHECK enum tf_code tf_rows_write(struct tf_db *db, const char *hash,
                                         const struct tf_table *t, const struct tf_record_key *key,
                                         struct tf_err *reterr);
/* Fill a table whose columns are made. *ret_withdrawn: how many rows belong to who withdrew; they
 * are left out (t->n_rows is less then). *ret_whole false: something was altered. */
TF_MUST_CHECK enum tf_code tf_rows_read(struct tf_arena *arena, struct tf_keep *keep,
                                        struct tf_db *db, const char *country, const char *hash,
                                        struct tf_table *t, size_t *ret_withdrawn, bool *ret_whole,
                                        struct tf_err *reterr);
/* Take what is left of who withdrew out of every snapshot of a file of the vault. */
TF_MUST_CHECK enum tf_code tf_rows_erase(struct tf_db *db, const unsigned char (*id)[32], size_t n,
                                         size_t *ret_rows, struct tf_err *reterr);
/* Prove the ciphertexts of every snapshot of a file: each row's against its hash. */
TF_MUST_CHECK enum tf_code tf_rows_prove(struct tf_arena *arena, struct tf_db *db, const char *file,
                                         struct tf_notices *out, struct tf_err *reterr);
#endif
