/* All or nothing for many files: rekeying, restoring.
 *
 *     .trefoil/stage/new/<path>   each file as it will be, flushed
 *     .trefoil/stage/commit       "put <path>" and "drop <path>", one a line; its coming to be
 * decides
 *
 * Until the list stands, nothing has happened and the stage is thrown away by whoever comes next.
 * From then on it is done whatever happens: the moves are repeated from the list until it can be
 * removed, and repeating them changes nothing. Neither needs a key. The vault's lock is held alone
 * meanwhile, so nobody reads a mixture. Killed at any instant, the vault is the old one or the new
 * one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep/inside.h"
#include "keep/keys.h"
#include "keep/stage.h"

static const size_t list_limit = (size_t)1 << 20;

static const char *stage_path(struct tf_arena *arena, const char *study_dir, const char *name)
{
    return tf_keep_path(arena, study_dir, tf_printf(arena, "stage/%s", name));
}

static enum tf_code io_error(const char *path, struct tf_err *reterr)
{
    const int why = errno;
    (void)tf_fail_at(reterr, TF_E_IO, path, 0, 0, "cannot change '%s'", path);
    return tf_fact(reterr, "%s", strerror(why));
}

/* ---- Trees ----------------------------------------------------------------------------------- */

enum tf_code tf_tree_remove(struct tf_arena *arena, const char *path, struct tf_err *reterr)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? TF_OK : io_error(path, reterr);
    if (S_ISDIR(st.st_mode)) {
        char **name;
        size_t n;
        TF_TRY(tf_dir_list(arena, path, &name, &n, reterr));
        for (size_t k = 0; k < n; k++)
            TF_TRY(tf_tree_remove(arena, tf_path_join(arena, path, name[k]), reterr));
        return rmdir(path) == 0 ? TF_OK : io_error(path, reterr);
    }
    return unlink(path) == 0 ? TF_OK : io_error(path, reterr);
}

static enum tf_code list_into(struct tf_arena *arena, const char *top, const char *below,
                              struct tf_names *to, struct tf_err *reterr)
{
    char **name;
    size_t n;
    TF_TRY(tf_dir_list(arena, tf_path_join(arena, top, below), &name, &n, reterr));
    for (size_t k = 0; k < n; k++) {
        const char *one = below[0] == '\0' ? name[k] : tf_path_join(arena, below, name[k]);
        if (tf_dir_exists(tf_path_join(arena, top, one))) {
            TF_TRY(list_into(arena, top, one, to, reterr));
            continue;
        }
        to->name = tf_grow(arena, to->name, to->n, &to->cap, sizeof *to->name);
        to->name[to->n++] = one;
    }
    return TF_OK;
}

enum tf_code tf_tree_files(struct tf_arena *arena, const char *top, const char *below,
                           struct tf_names *to, struct tf_err *reterr)
{
    if (!tf_dir_exists(tf_path_join(arena, top, below)))
        return TF_OK;
    return list_into(arena, top, below, to, reterr);
}

/* In pieces: the vault's files may be large. */
static bool pour(int in, int out)
{
    static _Thread_local char piece[65536]; /* ciphertext only */
    ssize_t n;
    while ((n = read(in, piece, sizeof piece)) > 0)
        for (ssize_t done = 0; done < n;) {
            const ssize_t put_in = write(out, piece + done, (size_t)(n - done));
            if (put_in <= 0)
                return false;
            done += put_in;
        }
    return n == 0 && fsync(out) == 0;
}

enum tf_code tf_copy_file(const char *from, const char *to, struct tf_err *reterr)
{
    const int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0)
        return io_error(from, reterr);
    const int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = out >= 0 && pour(in, out);
    const int why = errno;
    (void)close(in);
    if (out >= 0 && close(out) != 0)
        good = false;
    errno = why;
    return good ? TF_OK : io_error(to, reterr);
}

/* ---- Doing what the list says ---------------------------------------------------------------- */

static enum tf_code flush(const char *path, struct tf_err *reterr)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    return good ? TF_OK : io_error(path, reterr);
}

static enum tf_code
put(struct tf_arena *arena, const char *study_dir, const char *name, struct tf_err *reterr)
{
    const char *from = stage_path(arena, study_dir, tf_printf(arena, "new/%s", name)),
               *to = tf_keep_path(arena, study_dir, name);
    if (!tf_file_exists(from))
        return TF_OK; /* moved already, before it was killed */
    TF_TRY(tf_keep_folder_for(arena, to, reterr));
    if (rename(from, to) != 0)
        return io_error(to, reterr);
    return flush(tf_path_dir(arena, to), reterr);
}

static enum tf_code
do_line(struct tf_arena *arena, const char *study_dir, const char *line, struct tf_err *reterr)
{
    if (tf_starts(line, "put "))
        return put(arena, study_dir, line + 4, reterr);
    if (!tf_starts(line, "drop "))
        return TF_OK;
    const char *path = tf_keep_path(arena, study_dir, line + 5);
    if (unlink(path) != 0 && errno != ENOENT)
        return io_error(path, reterr);
    return TF_OK;
}

static enum tf_code finish(struct tf_arena *arena, const char *study_dir, struct tf_err *reterr)
{
    const char *list = stage_path(arena, study_dir, "commit");
    struct tf_bytes text;
    char **line;
    TF_TRY(tf_file_read(arena, list, list_limit, &text, reterr));
    const size_t n = tf_split(arena, text.data, '\n', &line);
    for (size_t k = 0; k < n; k++)
        if (line[k][0] != '\0' && (line[k][0] == '/' || strstr(line[k], "..") != NULL))
            return tf_fail_at(reterr, TF_E_REFUSED, list, k + 1, 0,
                              "this list leads out of the vault");
    for (size_t k = 0; k < n; k++)
        TF_TRY(do_line(arena, study_dir, line[k], reterr));
    if (unlink(list) != 0)
        return io_error(list, reterr);
    return tf_tree_remove(arena, tf_keep_path(arena, study_dir, "stage"), reterr);
}

static enum tf_code
finish_or_undo(struct tf_arena *arena, const char *study_dir, struct tf_err *reterr)
{
    if (tf_file_exists(stage_path(arena, study_dir, "commit")))
        return finish(arena, study_dir, reterr);
    return tf_tree_remove(arena, tf_keep_path(arena, study_dir, "stage"), reterr);
}

enum tf_code
tf_stage_recover(struct tf_arena *arena TF_UNUSED, const char *study_dir, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("putting the vault in order", (size_t)16 << 20);
    enum tf_code code = TF_OK;
    if (tf_dir_exists(tf_keep_path(scratch, study_dir, "stage"))) {
        code = tf_lock_take(scratch, tf_keep_path(scratch, study_dir, "lock"), true, false,
                            "the vault is being rekeyed, restored or rewritten just now", NULL,
                            reterr);
        if (code == TF_OK)
            code = finish_or_undo(scratch, study_dir, reterr);
    }
    tf_arena_free(scratch);
    return code;
}

/* ---- Staging --------------------------------------------------------------------------------- */

enum tf_code tf_stage_begin(struct tf_arena *arena, const char *study_dir, struct tf_err *reterr)
{
    TF_TRY(tf_lock_take(arena, tf_keep_path(arena, study_dir, "lock"), true, false,
                        "another program is at work in this vault", NULL, reterr));
    return finish_or_undo(arena, study_dir, reterr);
}

enum tf_code tf_stage_path(struct tf_arena *arena, const char *study_dir, const char *name,
                           const char **ret, struct tf_err *reterr)
{
    *ret = stage_path(arena, study_dir, tf_printf(arena, "new/%s", name));
    return tf_keep_folder_for(arena, *ret, reterr);
}

enum tf_code tf_stage_commit(struct tf_arena *arena, const char *study_dir,
                             const struct tf_names *drop, struct tf_err *reterr)
{
    const char *list = stage_path(arena, study_dir, "commit"),
               *top = stage_path(arena, study_dir, "new");
    struct tf_names staged = {.n = 0};
    struct tf_buf text = {.arena = arena};
    TF_TRY(tf_tree_files(arena, top, "", &staged, reterr));
    for (size_t k = 0; k < staged.n; k++) {
        TF_TRY(flush(tf_path_join(arena, top, staged.name[k]), reterr));
        TF_TRY(flush(tf_path_dir(arena, tf_path_join(arena, top, staged.name[k])), reterr));
        tf_buf_printf(&text, "put %s\n", staged.name[k]);
    }
    for (size_t k = 0; drop != NULL && k < drop->n; k++)
        tf_buf_printf(&text, "drop %s\n", drop->name[k]);
    TF_TRY(tf_private_write(arena, list, tf_buf_text(&text), text.n, reterr));
    return finish(arena, study_dir, reterr);
}
