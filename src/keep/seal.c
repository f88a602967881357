/* Keys in locked memory, and what opens a study.
 *
 * A study opens in one of two ways. With custodians (custody.h), each file of the vault has a
 * random key of its own; `trefoil keep unlock` unwraps those that a person may have and an agent
 * holds them; here they are asked for. Without, as in a rehearsal, one file of 32 random bytes
 * opens all: <study>/.trefoil/vault.key, mode 0600, and
 *
 *     file key = BLAKE2b-256(key = vault key, message = file name)
 *
 * so that files cannot be exchanged for one another. Who has the study folder without that file has
 * ciphertext and nothing else; who loses it has lost the vault. So a key is never made where a
 * vault already stands, and never written over. Source: Aumasson et al. (2013) BLAKE2, 2.8 (keyed
 * mode); libsodium crypto_generichash.
 *
 * Key bytes live in pages that libsodium locks (they do not go to swap), guards on both sides and
 * wipes when the arena goes. They are read from the file straight into such pages: no buffer, arena
 * or log ever holds them.
 *
 * Who holds a key holds a shared lock of the key folder, so that nothing is rekeyed, restored or
 * erased under a reader's feet. */
#include "keep/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep/agent.h"
#include "keep/inside.h"
#include "keep/keyring.h"
#include "keep/keys.h"

enum { KEY_BYTES = TF_KEY_BYTES };

static void release(void *secret)
{
    sodium_free(secret); /* wipes */
}

/* Locked pages that go with the arena. Without any the call leaves for the guard, as every
 * allocation here does: code that opens stores must never go on without a key. */
void *tf_locked(struct tf_arena *arena, size_t size)
{
    void *secret = sodium_malloc(size);
    if (secret == NULL)
        (void)tf_alloc_n(arena, SIZE_MAX, 2);
    tf_arena_defer(arena, release, secret);
    return secret;
}

/* ---- The key file --------------------------------------------------------------------------- */

static enum tf_code
key_error(struct tf_err *reterr, const char *path, const char *what, const char *help)
{
    (void)tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "%s", what);
    return tf_help(reterr, "%s", help);
}

static enum tf_code check_file(int fd, const char *path, struct tf_err *reterr)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return key_error(reterr, path, "vault.key is not a file",
                         "Put the study's key file there.");
    if ((st.st_mode & 07777) != 0600) {
        (void)key_error(reterr, path, "vault.key may be read by others", "");
        (void)tf_fact(reterr, "its mode is %03o, not 600", (unsigned)st.st_mode & 07777U);
        return tf_help(reterr,
                       "`chmod 600 %s`; if others had access to it, the vault's content "
                       "counts as seen.",
                       path);
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
    if (code == TF_OK && read(fd, key->root, KEY_BYTES) != KEY_BYTES)
        code = tf_fail_at(reterr, TF_E_KEY, path, 0, 0, "the key of the vault cannot be read");
    (void)close(fd);
    return code;
}

static bool write_all(int fd, const struct tf_key *key)
{
    return fd >= 0 && write(fd, key->root, KEY_BYTES) == KEY_BYTES && fsync(fd) == 0;
}

/* Written beside its place and then linked there, so that no half key is ever seen and a key that
 * another process made meanwhile stays. */
static enum tf_code make_key(struct tf_arena *arena, const char *path, struct tf_err *reterr)
{
    struct tf_key *key = tf_locked(arena, sizeof *key);
    const char *beside = tf_printf(arena, "%s.%ld", path, (long)getpid());
    randombytes_buf(key->root, sizeof key->root);
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

/* ---- Rings of file keys ---------------------------------------------------------------------- */

void tf_key_derive(unsigned char ret[TF_KEY_BYTES], const unsigned char key[TF_KEY_BYTES],
                   const char *label)
{
    (void)crypto_generichash(ret, KEY_BYTES, (const unsigned char *)label, strlen(label), key,
                             KEY_BYTES);
}

const unsigned char *tf_ring_find(const struct ring *ring, const char *name)
{
    for (size_t k = 0; k < ring->n; k++)
        if (strcmp(ring->key[k].name, name) == 0)
            return ring->key[k].bytes;
    return NULL;
}

bool tf_ring_put(struct ring *ring, const char *name, const unsigned char bytes[TF_KEY_BYTES])
{
    const size_t n = strlen(name);
    size_t at = 0;
    while (at < ring->n && strcmp(ring->key[at].name, name) != 0)
        at++;
    if (n >= TF_KEY_NAME || at == TF_MAX_KEYS)
        return false;
    memcpy(ring->key[at].name, name, n + 1);
    memcpy(ring->key[at].bytes, bytes, TF_KEY_BYTES);
    if (at == ring->n)
        ring->n++;
    return true;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static enum tf_code machine_key(struct tf_arena *arena, const char *study_dir, bool create,
                                struct tf_key *key, bool *ret_made, struct tf_err *reterr)
{
    const char *path = tf_keep_path(arena, study_dir, "vault.key");
    *ret_made = false;
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
        *ret_made = true;
    }
    return read_key(path, key, reterr);
}

/* Shared by all who hold a key; without the right to write, or without a key folder, none is
 * needed: nothing can be rekeyed there either. */
static enum tf_code
hold(struct tf_arena *arena, const char *study_dir, int *ret, struct tf_err *reterr)
{
    const char *path = tf_keep_path(arena, study_dir, "lock");
    *ret = -1;
    if (access(tf_keep_path(arena, study_dir, "."), W_OK) != 0)
        return TF_OK;
    return tf_lock_take(arena, path, false, false,
                        "the vault is being rekeyed, restored or rewritten just now", ret, reterr);
}

enum tf_code tf_key_open_unlocked(struct tf_arena *arena, const char *study_dir, bool create,
                                  struct tf_key **ret, struct tf_err *reterr)
{
    struct tf_key *key = tf_locked(arena, sizeof *key);
    bool made = false;
    key->lock = -1;
    key->ring = NULL;
    key->agent = false;
    key->dir = tf_strdup(arena, study_dir);
    if (tf_keyring_exists(arena, study_dir)) {
        TF_TRY(tf_agent_ring(arena, study_dir, &key->ring, reterr));
        key->agent = true;
    } else {
        TF_TRY(machine_key(arena, study_dir, create, key, &made, reterr));
    }
    (void)sodium_mprotect_readonly(key);
    if (made)
        TF_TRY(tf_inbox_key_make(arena, study_dir, key, reterr));
    *ret = key;
    return TF_OK;
}

enum tf_code tf_key_open(struct tf_arena *arena, const char *study_dir, bool create,
                         struct tf_key **ret, struct tf_err *reterr)
{
    int lock;
    TF_TRY(tf_stage_recover(arena, study_dir, reterr));
    TF_TRY(hold(arena, study_dir, &lock, reterr));
    return tf_key_open_unlocked(arena, study_dir, create, ret, reterr);
}

struct tf_key *tf_key_of_ring(struct tf_arena *arena, const char *study_dir, struct ring *ring)
{
    struct tf_key *key = tf_locked(arena, sizeof *key);
    memset(key->root, 0, sizeof key->root);
    key->lock = -1;
    key->ring = ring;
    key->agent = false;
    key->dir = tf_strdup(arena, study_dir);
    (void)sodium_mprotect_readonly(key);
    return key;
}

/* ---- The key of one file --------------------------------------------------------------------- */

static enum tf_code not_held(const char *name, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_KEY, "who unlocked this study holds no key for '%s'", name);
    (void)tf_fact(reterr,
                  "keys are given by role, country and strand, and identity apart from answers");
    return tf_help(reterr, "`trefoil keep custodians` shows who may open it; they unlock with "
                           "`trefoil keep unlock --as NAME`.");
}

enum tf_code tf_key_need(struct tf_arena *arena, const struct tf_key *key, const char *name,
                         bool create, const unsigned char **ret, struct tf_err *reterr)
{
    unsigned char *own = tf_locked(arena, KEY_BYTES);
    if (key->ring == NULL) {
        tf_key_derive(own, key->root, name);
    } else {
        const unsigned char *found = tf_ring_find(key->ring, name);
        if (found == NULL && key->agent) { /* another process may have begun this file */
            struct ring *now;
            TF_TRY(tf_agent_ring(arena, key->dir, &now, reterr));
            memcpy(key->ring, now, sizeof *now);
            found = tf_ring_find(key->ring, name);
        }
        if (found == NULL && create) {
            TF_TRY(tf_keyring_new_key(arena, key, name, reterr));
            found = tf_ring_find(key->ring, name);
        }
        if (found == NULL)
            return not_held(name, reterr);
        memcpy(own, found, KEY_BYTES);
    }
    (void)sodium_mprotect_readonly(own);
    *ret = own;
    return TF_OK;
}

const unsigned char *tf_key_for(struct tf_arena *arena, const struct tf_key *key, const char *name)
{
    const unsigned char *found;
    struct tf_err ignored;
    if (tf_key_need(arena, key, name, true, &found, &ignored) == TF_OK)
        return found;
    unsigned char *none = tf_locked(arena, KEY_BYTES); /* opens nothing: the store will say so */
    randombytes_buf(none, KEY_BYTES);
    return none;
}
