/* Inside the import of data files: the door (import.c), the cage round the child
 * (import_cage.c) and the child's work (import_read.c). Nobody else includes this. */
#ifndef TF_BASE_IMPORT_INSIDE_H
#define TF_BASE_IMPORT_INSIDE_H

#include <stddef.h>

#include "base/table.h"

enum { TF_IMPORT_MAX_VARS = 20000, TF_IMPORT_MAX_ROWS = 20 * 1000 * 1000 };

enum tf_import_kind { TF_IMPORT_SPSS, TF_IMPORT_STATA, TF_IMPORT_XPORT };

/* Give up, for good, all that a reader of bytes in memory does not need: files, new memory beyond
 * 4 GB, 120 s of processor time, and every system call but a handful. keep_fd stays open and
 * becomes *keep_fd = 3. Called in the child only. */
void tf_import_cage(int *keep_fd, size_t file_bytes);

/* Memory that parent and children share, made before they part: the numbers of a large table, column
 * after column, n cells in all. What stands there is a child's word until it has ended. */
struct tf_import_field {
    double *cell;
    size_t n;
};

/* The child's work: read data[n] and send the table, or the error, to fd. Of `shares` children that
 * read the same file each takes its share of the rows, where the file says how many there are; else
 * the first takes all. */
void tf_import_send(enum tf_import_kind kind, const unsigned char *data, size_t n, int fd,
                    unsigned share, unsigned shares, struct tf_import_field field);

enum { TF_IMPORT_MAX_SHARES = 2 };
/* The parent's: read what n_fds children send, whose rows follow each other. A count above the limits,
 * a stream that ends early or says something else than the first is TF_E_INPUT with the fact; a
 * child's own error too. The numbers of the table are judged by tf_import_settle, when nobody can
 * change them any more: *ret_field tells whether they lie in the field, which must live as long. */
struct tf_import_codes; /* what children call their declared codes */
TF_MUST_CHECK enum tf_code tf_import_receive(struct tf_arena *arena, const int *fd, size_t n_fds,
                                             struct tf_import_field field, const char *name,
                                             struct tf_table **ret, struct tf_import_codes **ret_codes,
                                             bool *ret_field, struct tf_err *reterr);
void tf_import_settle(struct tf_table *t, const struct tf_import_codes *codes);

/* The stream, in this machine's byte order:
 *
 *     "TFI1"  'E'  u32 code  text message
 *     "TFI1"  'T'  u32 n_cols  u64 n_rows  u32 n_sets  set*  column*  "END."
 *     "TFI1"  'F'  the same, but numbers stand in the field, not in the stream: those of column k at
 *                  k * (rows of all children)
 *     set     u8 is_text  u32 n  (f64 value  text text  text label)*
 *             in a set of numbers a text is a declared missing code such as .a
 *     column  text name  text label  u8 is_text  u32 set (0 = none, else 1 + its index)
 *             number: u32 n  (f64 value  text text)*     codes declared missing that rows have
 *                     f64[n_rows], NaN = missing; its lowest byte is 1 + the declared code, or 0
 *             text:   u64 bytes, then n_rows strings, each ended by a NUL
 *     text    u32 length  bytes */
#define TF_IMPORT_MAGIC "TFI1"
#define TF_IMPORT_END "END."

#endif
