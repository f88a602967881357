/* The embedded store: SQLite (SQLite3 Multiple Ciphers) behind named statements.
 *
 * SQL stands in .sql files, one statement after each line `-- name: <name>`; the build embeds
 * src/keep/keep.sql as the array tf_keep_sql (build/gen/keep_sql.h). Values are always bound.
 * A statement named "schema" (it may hold several, ended by ';') makes the tables of a new file.
 *
 *     struct tf_stmt *q;
 *     TF_TRY(tf_sql(db, "evidence_by_id", &q, reterr));
 *     tf_bind_text(q, 1, id);
 *     while (tf_step(q, &code, reterr)) { … tf_col_text(arena, q, 0) … }
 *     if (code != TF_OK) return code;
 */
#ifndef TF_BASE_SQL_H
#define TF_BASE_SQL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct tf_named_sql {
    const char *name, *sql; /* the array ends with {NULL, NULL} */
};
struct tf_db;
struct tf_stmt;
enum tf_db_mode { TF_DB_READ, TF_DB_WRITE, TF_DB_CREATE /* read-write, made when it is not there */ };

/* Open a store; it is closed when the arena is freed. key: 32 bytes, or NULL for a plain file;
 * the bytes are handed over in memory, never in SQL text. TF_E_KEY when the key does not open it,
 * TF_E_IO when it is not there or not to be written. In a new file "schema" is run. */
TF_MUST_CHECK enum tf_code tf_db_open(struct tf_arena *arena, const char *path,
                                      enum tf_db_mode mode, const unsigned char key[32],
                                      const struct tf_named_sql *statements, struct tf_db **ret,
                                      struct tf_err *reterr);
/* Encrypt the whole store anew under another key, as one transaction of the store. */
TF_MUST_CHECK enum tf_code tf_db_rekey(struct tf_db *db, const unsigned char key[32],
                                       struct tf_err *reterr);
/* Close now, before the arena goes (an open transaction is rolled back). */
void tf_db_close(struct tf_db *db);
/* One transaction at a time: begin, then commit, or on any failure roll back. */
TF_MUST_CHECK enum tf_code tf_db_begin(struct tf_db *db, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_db_commit(struct tf_db *db, struct tf_err *reterr);
void tf_db_rollback(struct tf_db *db); /* nothing when none is open */

/* The named statement, prepared once, reset and with no values bound. An unknown name is TF_E_BUG. */
TF_MUST_CHECK enum tf_code tf_sql(struct tf_db *db, const char *name, struct tf_stmt **ret,
                                  struct tf_err *reterr);
void tf_bind_text(struct tf_stmt *q, int at, const char *s); /* 1-based; NULL binds NULL; copied */
void tf_bind_int(struct tf_stmt *q, int at, int64_t x);
void tf_bind_real(struct tf_stmt *q, int at, double x);      /* NaN binds NULL */
void tf_bind_blob(struct tf_stmt *q, int at, const void *data, size_t n);
/* True while there is a row. At the end, or on error, false with *ret_code set. */
bool tf_step(struct tf_stmt *q, enum tf_code *ret_code, struct tf_err *reterr);
/* Run to the end, expecting no row. */
TF_MUST_CHECK enum tf_code tf_run(struct tf_stmt *q, struct tf_err *reterr);
bool tf_col_null(struct tf_stmt *q, int at); /* 0-based */
const char *tf_col_text(struct tf_arena *arena, struct tf_stmt *q, int at); /* NULL for NULL */
int64_t tf_col_int(struct tf_stmt *q, int at);
double tf_col_real(struct tf_stmt *q, int at); /* NaN for NULL */
const void *tf_col_blob(struct tf_arena *arena, struct tf_stmt *q, int at, size_t *ret_n);

#endif
