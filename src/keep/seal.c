/* Keys in locked memory.
 *
 * One file of 32 random bytes opens the vault of a study: <study>/.trefoil/vault.key, mode 0600. Who
 * has the study folder without this file has hashes and names of evidence in ciphertext, and nothing
 * else; who loses it has lost the vault. So a key is never made where a vault already stands, and
 * never written over.
 *
 * Key bytes live in pages that libsodium locks (they do not go to swap), guards on both sides and
 * wipes when the arena goes. They are read from the file straight into such pages: no buffer, arena
 * or log ever holds them. Each file of the vault has a key of its own,
 *
 *     file key = BLAKE2b-256(key = vault key, message = file name)
 *
 * so that files cannot be exchanged for one another. Source: Aumasson et al. (2013) BLAKE2, 2.8
 * (keyed mode); libsodium crypto_generichash.
 *
 * Does not: ask for a passphrase, split a key among people, or turn an old key into a new one. */
#include "keep/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep/inside.h"

enum { KEY_BYTES = 32 };
struct tf_key {
    unsigned char bytes[KEY_BYTES];
};

static void release(void *secret)
{
    sodium_free(secret); /* wipes */
}

/* Locked pages that go with the arena. Without any the call leaves for the guard, as every
 * allocation here does: code that opens stores must never go on without a key. */
static void *locked(struct tf_arena *arena, size_t size)
{
    void *secret = sodium_malloc(size);
    if (secret == NULL)
        (void)tf_alloc_n(arena, SIZE_MAX, 2);
    tf_arena_defer(arena, release, secret);
    return secret;
}

/* ---- The key file --------------------------------------------------------------------------- */

static enum tf_code key_error(struct tf_err *reterr, const char *path, const char *what,
                              const char *help)
{
    (void)tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "%s", what);
    return tf_help(reterr, "%s", help);
}

static enum tf_code check_file(int fd, const char *path, struct tf_err *reterr)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return key_error(reterr, path, "vault.key is not a file", "Put the study's key file there.");
    if ((st.st_mode & 07777) != 0600) {
        (void)key_error(reterr, path, "vault.key may be read by others", "");
        (void)tf_fact(reterr, "its mode is %03o, not 600", (unsigned)st.st_mode & 07777U);
        return tf_help(reterr, "`chmod 600 %s`; if others had access to it, the vault's content "
                               "counts as seen.", path);
    }
    if (st.st_size != KEY_BYTES) {
        (void)key_error(reterr, path, "vault.key is no key", "");
        (void)tf_fact(reterr, "it has %lld bytes, not %d", (long long)st.st_size, KEY_BYTES);
        return tf_help(reterr, "Put the study's own key file back.");
    }
    return TF_OK;
}

static enum tf_code read_key(const char *path, struct tf_key *key, struct tf_err *reterr)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        (void)tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "the key of the vault cannot be read");
        (void)tf_fact(reterr, "%s", strerror(errno));
        return tf_help(reterr, "Put the study's vault.key back into its .trefoil folder, or check "
                               "whose file it is.");
    }
    enum tf_code code = check_file(fd, path, reterr);
    if (code == TF_OK && read(fd, key->bytes, KEY_BYTES) != KEY_BYTES)
        code = tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "the key of the vault cannot be read");
    (void)close(fd);
    return code;
}

static bool write_all(int fd, const struct tf_key *key)
{
    return fd >= 0 && write(fd, key->bytes, KEY_BYTES) == KEY_BYTES && fsync(fd) == 0;
}

/* Written beside its place and then linked there, so that no half key is ever seen and a key that
 * another process made meanwhile stays. */
static enum tf_code make_key(struct tf_arena *arena, const char *path, struct tf_err *reterr)
{
    struct tf_key *key = locked(arena, sizeof *key);
    const char *beside = tf_printf(arena, "%s.%ld", path, (long)getpid());
    randombytes_buf(key->bytes, sizeof key->bytes);
    const int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool done = write_all(fd, key);
    if (fd >= 0 && close(fd) != 0)
        done = false;
    done = done && (link(beside, path) == 0 || errno == EEXIST);
    const int why = errno;
    (void)unlink(beside);
    if (done)
        return TF_OK;
    (void)tf_fail_at(reterr, TF_E_IO, path, 0, 0, "a key for the vault could not be written");
    return tf_fact(reterr, "%s", strerror(why));
}

enum tf_code tf_key_open(struct tf_arena *arena, const char *study_dir, bool create,
                         struct tf_key **ret, struct tf_err *reterr)
{
    const char *path = tf_keep_path(arena, study_dir, "vault.key");
    if (!tf_file_exists(path)) {
        if (tf_file_exists(tf_keep_path(arena, study_dir, "register.db")))
            return key_error(reterr, path, "the key of the vault is not there",
                             "Put the study's own vault.key back; a new key would open nothing.");
        if (!create) {
            (void)tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "the study has no vault yet");
            return tf_help(reterr, "`trefoil keep import` makes one.");
        }
        TF_TRY(tf_keep_folder(arena, study_dir, reterr));
        TF_TRY(make_key(arena, path, reterr));
    }
    struct tf_key *key = locked(arena, sizeof *key);
    TF_TRY(read_key(path, key, reterr));
    (void)sodium_mprotect_readonly(key);
    *ret = key;
    return TF_OK;
}

const unsigned char *tf_key_for(struct tf_arena *arena, const struct tf_key *key, const char *name)
{
    unsigned char *derived = locked(arena, KEY_BYTES);
    (void)crypto_generichash(derived, KEY_BYTES, (const unsigned char *)name, strlen(name),
                             key->bytes, sizeof key->bytes);
    (void)sodium_mprotect_readonly(derived);
    return derived;
}
