/* The key of the field's own book.
 *
 * <study>/.trefoil/field.key: 32 random bytes, mode 0600. It opens field.db (devices, people, forms
 * that are out) and nothing else, so that the machine that collects can run with it and without the
 * key of the vault. Whoever finds it learns who works in the field, and no answer of anyone.
 *
 * The bytes go from the file into locked pages (libsodium) that are wiped with the arena. A key is
 * never made where a book already stands, and never written over.
 *
 * Does not: protect the book from who may read both files. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "field/inside.h"

enum { KEY_BYTES = 32 };

static void release(void *secret)
{
    sodium_free(secret); /* wipes */
}

static enum tf_code key_error(struct tf_err *reterr, const char *path, const char *fact,
                              const char *help)
{
    (void)tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "the key of the fieldwork cannot be used");
    (void)tf_fact(reterr, "%s", fact);
    return tf_help(reterr, "%s", help);
}

/* Beside its place first and then linked: no half key is ever seen, and one that another process made
 * meanwhile stays. */
static enum tf_code make_key(struct tf_arena *arena, const char *path, unsigned char *key,
                             struct tf_err *reterr)
{
    const char *beside = tf_printf(arena, "%s.%ld", path, (long)getpid());
    randombytes_buf(key, KEY_BYTES);
    const int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool done = fd >= 0 && write(fd, key, KEY_BYTES) == KEY_BYTES && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0)
        done = false;
    done = done && (link(beside, path) == 0 || errno == EEXIST);
    const int why = errno;
    (void)unlink(beside);
    return done ? TF_OK
                : key_error(reterr, path, strerror(why), "Check the disk and the folder's owner.");
}

enum tf_code tf_field_key(struct tf_arena *arena, const char *path, bool create,
                          const unsigned char **ret, struct tf_err *reterr)
{
    unsigned char *key = sodium_malloc(KEY_BYTES);
    struct stat st;
    if (key == NULL)
        return tf_fail(reterr, TF_E_MEMORY, "there is no locked memory left for a key");
    tf_arena_defer(arena, release, key);
    if (!tf_file_exists(path) && create)
        TF_TRY(make_key(arena, path, key, reterr));
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return key_error(reterr, path, strerror(errno),
                         "`trefoil field publish` makes it; or put field.key back into .trefoil.");
    const bool stat_ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == KEY_BYTES;
    const bool open_to_others = stat_ok && (st.st_mode & 07777) != 0600;
    const bool read_ok = stat_ok && read(fd, key, KEY_BYTES) == KEY_BYTES;
    (void)close(fd);
    if (open_to_others)
        return key_error(reterr, path, "its mode is not 600: others may read it",
                         "`chmod 600` it; if others had it, enrol devices and people anew.");
    if (!read_ok)
        return key_error(reterr, path, "it is not a file of 32 bytes", "Put the study's own back.");
    (void)sodium_mprotect_readonly(key);
    *ret = key;
    return TF_OK;
}
