/* Files and folders: whole reads with a limit, writes that are all or nothing. */
#ifndef TF_BASE_FILE_H
#define TF_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/hash.h"

struct tf_bytes {
    const char *data; /* NUL-terminated for convenience; may hold NULs */
    size_t n;
};
/* Read a whole regular file of at most limit bytes. TF_E_IO, TF_E_LIMIT. */
TF_MUST_CHECK enum tf_code tf_file_read(struct tf_arena *arena, const char *path, size_t limit,
                                        struct tf_bytes *ret, struct tf_err *reterr);
/* As tf_file_read, and the bytes must be UTF-8 (a byte-order mark is dropped): the error names
 * line and column of the stray byte. */
TF_MUST_CHECK enum tf_code tf_file_read_text(struct tf_arena *arena, const char *path, size_t limit,
                                             struct tf_bytes *ret, struct tf_err *reterr);
/* Replace a file as a whole: written beside it, fsynced, renamed. On failure the old one stands. */
TF_MUST_CHECK enum tf_code tf_file_write(const char *path, const void *data, size_t n,
                                         struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_dir_make(const char *path, struct tf_err *reterr); /* with parents */
bool tf_file_exists(const char *path);
bool tf_dir_exists(const char *path);
/* Names in a folder (no "." and "..", no hidden ones), sorted by byte. */
TF_MUST_CHECK enum tf_code tf_dir_list(struct tf_arena *arena, const char *path, char ***ret_name,
                                       size_t *ret_n, struct tf_err *reterr);
/* dir/name; an absolute name stays as it is; dir "." or "" adds nothing. */
char *tf_path_join(struct tf_arena *arena, const char *dir, const char *name);
char *tf_path_dir(struct tf_arena *arena, const char *path);  /* "." when there is none */
const char *tf_path_name(const char *path);                   /* after the last '/' */
char *tf_path_stem(struct tf_arena *arena, const char *path); /* name without its last ending */
/* Hash of a file's bytes, read in pieces. */
TF_MUST_CHECK enum tf_code tf_file_hash(const char *path, struct tf_hash *ret,
                                        struct tf_err *reterr);

#endif
