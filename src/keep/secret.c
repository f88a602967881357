/* Small secrets in files: private keys of forms and of the inbox, record keys.
 *
 *     "TFSEAL1\n" | length (1 byte), name of the file key | nonce (24 bytes) | ciphertext
 *
 * The ciphertext is XChaCha20-Poly1305 under BLAKE2b-256(key = file key, "trefoil secret file"),
 * with everything before it and the file's own name below .trefoil as associated data: a sealed
 * file that is put in another's place does not open. What is opened lies in locked memory from the
 * first byte. Writing is all or nothing: beside, flushed, renamed, and the folder flushed, so that
 * a file of keys is never half there. Source: libsodium crypto_aead_xchacha20poly1305_ietf.
 *
 * The file it replaces is overwritten before its blocks are given back; what a disk that moves
 * blocks about still holds of it is for the encryption of the disk. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep/inside.h"
#include "keep/keys.h"

static const char magic[] = "TFSEAL1\n";
enum {
    MAGIC = 8,
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES
};
static const size_t secret_limit = (size_t)256 << 20;

/* ---- Files for their owner only -------------------------------------------------------------- */

static enum tf_code cannot_write(const char *path, int why, struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_IO, path, 0, 0, "cannot write '%s'", path);
    (void)tf_fact(reterr, "%s", strerror(why));
    return tf_help(reterr,
                   why == ENOSPC || why == EDQUOT
                       ? "The disk is full. Free some space and try again; nothing was changed."
                       : "Check the folder and its permissions; nothing was changed.");
}

static bool write_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        const ssize_t put = write(fd, data, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        data += put;
        n -= (size_t)put;
    }
    return fsync(fd) == 0;
}

static bool flush_folder(const char *path)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    return good;
}

/* The bytes of a file that was just replaced, as far as the disk lets go of them. */
static void overwrite(int fd)
{
    static const char zeros[4096];
    struct stat st;
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        for (off_t at = 0; at < st.st_size; at += (off_t)sizeof zeros) {
            const off_t left = st.st_size - at;
            const size_t n = left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros;
            if (pwrite(fd, zeros, n, at) < 0)
                break; /* the file is gone from its folder all the same */
        }
        (void)fsync(fd);
    }
    (void)close(fd);
}

enum tf_code tf_private_write(struct tf_arena *arena, const char *path, const void *data, size_t n,
                              struct tf_err *reterr)
{
    const char *beside = tf_printf(arena, "%s.%ld.new", path, (long)getpid());
    const char *folder = tf_path_dir(arena, path);
    (void)unlink(beside); /* of a run that was killed, with this process's number */
    const int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && write_all(fd, data, n);
    int why = errno;
    if (fd >= 0 && close(fd) != 0 && good) {
        good = false;
        why = errno;
    }
    const int old = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (good && rename(beside, path) != 0) {
        good = false;
        why = errno;
    }
    if (good)
        overwrite(old);
    else if (old >= 0)
        (void)close(old);
    if (good && flush_folder(folder))
        return TF_OK;
    if (fd >= 0)
        (void)unlink(beside);
    return cannot_write(path, good ? errno : why, reterr);
}

static void close_lock(void *fd)
{
    (void)close((int)(intptr_t)fd);
}

enum tf_code tf_lock_take(struct tf_arena *arena, const char *path, bool exclusive, bool wait,
                          const char *busy, int *ret_fd, struct tf_err *reterr)
{
    const int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return cannot_write(path, errno, reterr);
    tf_arena_defer(arena, close_lock, (void *)(intptr_t)fd);
    int rc;
    do
        rc = flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB));
    while (rc != 0 && errno == EINTR && !tf_interrupted());
    if (rc == 0) {
        if (ret_fd != NULL)
            *ret_fd = fd;
        return TF_OK;
    }
    if (errno == EINTR)
        return tf_fail(reterr, TF_E_INTERRUPTED, "interrupted; nothing was changed");
    (void)tf_fail_at(reterr, TF_E_REFUSED, path, 0, 0, "%s", busy);
    return tf_help(reterr, "Wait until the other program has ended (a reading room ends with ^C), "
                           "then try again.");
}

/* ---- Sealing --------------------------------------------------------------------------------- */

static void
file_cipher(struct tf_arena *arena, const unsigned char *with, const unsigned char **ret)
{
    unsigned char *k = tf_locked(arena, TF_KEY_BYTES);
    tf_key_derive(k, with, "trefoil secret file");
    *ret = k;
}

/* What stands before the nonce, and the file's name: the associated data. */
static struct tf_buf head_of(struct tf_arena *arena, const char *name, const char *of)
{
    struct tf_buf b = {.arena = arena};
    tf_buf_addn(&b, magic, MAGIC);
    tf_buf_char(&b, (char)strlen(of));
    tf_buf_add(&b, of);
    tf_buf_addn(&b, name, strlen(name) + 1);
    return b;
}

enum tf_code tf_secret_seal(struct tf_arena *arena, const unsigned char *with, const char *name,
                            const char *of, const void *data, size_t n, struct tf_bytes *ret,
                            struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("sealing a secret", (size_t)16 << 20);
    const size_t n_of = strlen(of), head = MAGIC + 1 + n_of;
    const unsigned char *k;
    if (n_of == 0 || n_of >= TF_KEY_NAME || n > secret_limit) {
        tf_arena_free(scratch);
        return tf_fail(reterr, TF_E_LIMIT, "'%s' cannot be sealed: too large", name);
    }
    unsigned char *out = tf_alloc(arena, head + NONCE + n + TAG);
    const struct tf_buf ad = head_of(scratch, name, of);
    file_cipher(scratch, with, &k);
    memcpy(out, ad.s, head);
    randombytes_buf(out + head, NONCE);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + head + NONCE, NULL, data, n, (const unsigned char *)ad.s, ad.n, NULL, out + head, k);
    tf_arena_free(scratch);
    *ret = (struct tf_bytes){(const char *)out, head + NONCE + n + TAG};
    return TF_OK;
}

const char *tf_secret_of(struct tf_arena *arena, const struct tf_bytes *file)
{
    if (file->n < MAGIC + 1 + NONCE + TAG || memcmp(file->data, magic, MAGIC) != 0)
        return NULL;
    const size_t n_of = (unsigned char)file->data[MAGIC];
    if (n_of == 0 || n_of >= TF_KEY_NAME || file->n < MAGIC + 1 + n_of + NONCE + TAG)
        return NULL;
    return tf_strndup(arena, file->data + MAGIC + 1, n_of);
}

static enum tf_code does_not_open(const char *name, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_KEY, "'%s' does not open with this key", name);
    (void)tf_fact(reterr, "it was altered, moved, or sealed with another key");
    return tf_help(reterr, "Put back the study's own key folder, from its escrow copy.");
}

enum tf_code tf_secret_unseal(struct tf_arena *arena, const unsigned char *with, const char *name,
                              const struct tf_bytes *file, const unsigned char **ret, size_t *ret_n,
                              struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("opening a secret", (size_t)16 << 20);
    const char *of = tf_secret_of(scratch, file);
    const unsigned char *k;
    if (of == NULL) {
        tf_arena_free(scratch);
        return does_not_open(name, reterr);
    }
    const size_t head = MAGIC + 1 + strlen(of), n = file->n - head - NONCE;
    const unsigned char *nonce = (const unsigned char *)file->data + head;
    const struct tf_buf ad = head_of(scratch, name, of);
    file_cipher(scratch, with, &k);
    unsigned char *plain = tf_locked(arena, n - TAG + 1);
    const int rc = crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, NULL, NULL, nonce + NONCE, n, (const unsigned char *)ad.s, ad.n, nonce, k);
    tf_arena_free(scratch);
    if (rc != 0)
        return does_not_open(name, reterr);
    (void)sodium_mprotect_readonly(plain);
    *ret = plain;
    *ret_n = n - TAG;
    return TF_OK;
}

/* ---- In the study ---------------------------------------------------------------------------- */

enum tf_code tf_secret_write(struct tf_arena *arena, const struct tf_key *key, const char *name,
                             const char *of, const void *data, size_t n, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("writing a secret", 2 * secret_limit);
    const char *path = tf_keep_path(scratch, key->dir, name);
    const unsigned char *with;
    struct tf_bytes file;
    enum tf_code code = tf_key_need(arena, key, of, true, &with, reterr);
    if (code == TF_OK)
        code = tf_secret_seal(scratch, with, name, of, data, n, &file, reterr);
    if (code == TF_OK)
        code = tf_keep_folder_for(scratch, path, reterr);
    if (code == TF_OK)
        code = tf_private_write(scratch, path, file.data, file.n, reterr);
    tf_arena_free(scratch);
    return code;
}

enum tf_code tf_secret_read(struct tf_arena *arena, const struct tf_key *key, const char *name,
                            const unsigned char **ret, size_t *ret_n, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("reading a secret", 2 * secret_limit);
    const unsigned char *with;
    struct tf_bytes file;
    enum tf_code code =
        tf_file_read(scratch, tf_keep_path(scratch, key->dir, name), secret_limit, &file, reterr);
    if (code == TF_OK) {
        const char *of = tf_secret_of(scratch, &file);
        code = of == NULL ? does_not_open(name, reterr)
                          : tf_key_need(scratch, key, of, false, &with, reterr);
    }
    if (code == TF_OK)
        code = tf_secret_unseal(arena, with, name, &file, ret, ret_n, reterr);
    tf_arena_free(scratch);
    return code;
}
