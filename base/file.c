/* Files and folders: see file.h. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static enum tf_code io_error(struct tf_err *reterr, const char *what, const char *path)
{
    const int why = errno;
    (void)tf_fail_at(reterr, TF_E_IO, path, 0, 0, "cannot %s '%s'", what, path);
    (void)tf_fact(reterr, "%s", strerror(why));
    if (why == ENOSPC || why == EDQUOT)
        (void)tf_help(reterr, "The disk is full. Free some space and try again; nothing was changed.");
    else if (why == ENOENT)
        (void)tf_help(reterr, "Check the name and the folder you are in.");
    else if (why == EACCES)
        (void)tf_help(reterr, "You may not do that here. Check the permissions.");
    return TF_E_IO;
}

static enum tf_code open_regular(const char *path, int *ret_fd, off_t *ret_size,
                                 struct tf_err *reterr)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0)
        return io_error(reterr, "open", path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        (void)tf_fail_at(reterr, TF_E_IO, path, 0, 0, "'%s' is not a file", path);
        return tf_help(reterr, "A folder, a pipe or a device stands there. Give the name of a file.");
    }
    *ret_fd = fd;
    *ret_size = st.st_size;
    return TF_OK;
}

static void close_fd(void *fd)
{
    (void)close(*(int *)fd);
}

enum tf_code tf_file_read(struct tf_arena *arena, const char *path, size_t limit,
                          struct tf_bytes *ret, struct tf_err *reterr)
{
    int fd;
    off_t size;
    struct tf_arena *holder = tf_arena_new("reading a file", 4096);
    enum tf_code code = open_regular(path, &fd, &size, reterr);
    if (code != TF_OK) {
        tf_arena_free(holder);
        return code;
    }
    tf_arena_defer(holder, close_fd, &fd); /* closed even when the memory below is not there */
    if (size < 0 || (unsigned long long)size > limit) {
        tf_arena_free(holder);
        (void)tf_fail_at(reterr, TF_E_LIMIT, path, 0, 0, "'%s' is too large", path);
        (void)tf_fact(reterr, "%lld bytes; the limit is %zu", (long long)size, limit);
        return tf_help(reterr, "Is it the right file?");
    }
    char *data = tf_alloc(arena, (size_t)size + 1);
    size_t n = 0;
    while (n < (size_t)size) {
        const ssize_t got = read(fd, data + n, (size_t)size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            code = io_error(reterr, "read", path);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    tf_arena_free(holder);
    if (code != TF_OK)
        return code;
    data[n] = '\0';
    *ret = (struct tf_bytes){data, n};
    return TF_OK;
}

enum tf_code tf_file_read_text(struct tf_arena *arena, const char *path, size_t limit,
                               struct tf_bytes *ret, struct tf_err *reterr)
{
    struct tf_bytes b;
    TF_TRY(tf_file_read(arena, path, limit, &b, reterr));
    if (b.n >= 3 && memcmp(b.data, "\xEF\xBB\xBF", 3) == 0) {
        b.data += 3;
        b.n -= 3;
    }
    size_t bad = tf_utf8_valid(b.data, b.n);
    const char *nul = memchr(b.data, '\0', b.n);
    if (nul != NULL && (size_t)(nul - b.data) < bad)
        bad = (size_t)(nul - b.data);
    if (bad < b.n) {
        size_t line = 1, start = 0;
        for (size_t k = 0; k < bad; k++)
            if (b.data[k] == '\n') {
                line++;
                start = k + 1;
            }
        (void)tf_fail_at(reterr, TF_E_INPUT, path, line, bad - start + 1,
                         "'%s' holds a byte that is not UTF-8 text", path);
        (void)tf_fact(reterr, "byte 0x%02X", (unsigned)(unsigned char)b.data[bad]);
        return tf_help(reterr, "Save the file as UTF-8 and try again.");
    }
    *ret = b;
    return TF_OK;
}

enum tf_code tf_file_write(const char *path, const void *data, size_t n, struct tf_err *reterr)
{
    char beside[4096];
    const int len = snprintf(beside, sizeof beside, "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof beside)
        return tf_fail(reterr, TF_E_LIMIT, "the path '%.80s…' is too long", path);
    const int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return io_error(reterr, "write", path);
    const char *p = data;
    bool good = true;
    for (size_t done = 0; good && done < n;) {
        const ssize_t put = write(fd, p + done, n - done);
        if (put > 0)
            done += (size_t)put;
        else if (put == 0 || errno != EINTR)
            good = false;
    }
    good = good && fsync(fd) == 0;
    const int why = errno;
    if (close(fd) != 0 && good) {
        good = false;
    } else if (!good) {
        errno = why;
    }
    if (!good || rename(beside, path) != 0) {
        const enum tf_code code = io_error(reterr, "write", path);
        (void)unlink(beside);
        return code;
    }
    return TF_OK;
}

enum tf_code tf_dir_make(const char *path, struct tf_err *reterr)
{
    char part[4096];
    const size_t n = strlen(path);
    if (n >= sizeof part)
        return tf_fail(reterr, TF_E_LIMIT, "the path '%.80s…' is too long", path);
    for (size_t k = 1; k <= n; k++) {
        if (path[k] != '/' && path[k] != '\0')
            continue;
        memcpy(part, path, k);
        part[k] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return io_error(reterr, "make the folder", part);
    }
    return tf_dir_exists(path) ? TF_OK : io_error(reterr, "make the folder", path);
}

bool tf_file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool tf_dir_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void close_dir(void *dir)
{
    (void)closedir(dir);
}

enum tf_code tf_dir_list(struct tf_arena *arena, const char *path, char ***ret_name, size_t *ret_n,
                         struct tf_err *reterr)
{
    struct tf_arena *holder = tf_arena_new("listing a folder", 4096);
    DIR *dir = opendir(path);
    if (dir == NULL) {
        const enum tf_code code = io_error(reterr, "open the folder", path);
        tf_arena_free(holder);
        return code;
    }
    tf_arena_defer(holder, close_dir, dir);
    char **name = NULL;
    size_t n = 0, cap = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        name = tf_grow(arena, name, n, &cap, sizeof *name);
        name[n++] = tf_strdup(arena, e->d_name);
    }
    tf_arena_free(holder);
    if (n > 1)
        qsort(name, n, sizeof *name, by_name);
    *ret_name = name;
    *ret_n = n;
    return TF_OK;
}

char *tf_path_join(struct tf_arena *arena, const char *dir, const char *name)
{
    if (name[0] == '/' || dir[0] == '\0' || strcmp(dir, ".") == 0)
        return tf_strdup(arena, name);
    return tf_printf(arena, "%s%s%s", dir, tf_ends(dir, "/") ? "" : "/", name);
}

char *tf_path_dir(struct tf_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return tf_strdup(arena, ".");
    return tf_strndup(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

const char *tf_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

char *tf_path_stem(struct tf_arena *arena, const char *path)
{
    const char *name = tf_path_name(path), *dot = strrchr(name, '.');
    return tf_strndup(arena, name, dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name));
}

enum tf_code tf_file_hash(const char *path, struct tf_hash *ret, struct tf_err *reterr)
{
    int fd;
    off_t size;
    static char piece[1 << 16];
    struct tf_hasher h;
    TF_TRY(open_regular(path, &fd, &size, reterr));
    tf_hasher_begin(&h);
    for (;;) {
        const ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            const enum tf_code code = io_error(reterr, "read", path);
            (void)close(fd);
            return code;
        }
        if (got == 0)
            break;
        tf_hasher_add(&h, piece, (size_t)got);
    }
    (void)close(fd);
    *ret = tf_hasher_end(&h);
    return TF_OK;
}
