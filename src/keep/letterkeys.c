/* The inbox's keys: what the collecting server seals to, and what opens its segments.
 *
 * The server has one public key, a line of text that all may read,
 *
 *     .trefoil/inbox.pub          trefoil-inbox-1 BASE64
 *
 * and begins each segment by sealing a random segment key to it (X25519). The private half lies
 * sealed under the vault's key "keys/inbox":
 *
 *     .trefoil/keys/inbox/0002-9f3a….sealed
 *
 * When all that came in has been opened the key is turned: a new pair is made, the one before is
 * kept for segments that a running server has not closed yet, and all older ones are destroyed.
 * From then on nothing that was collected under them can be read by anyone, in backups either: what
 * was opened lies in the vault, each participant's under a key of their own. Source: libsodium
 * crypto_box. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep/inside.h"
#include "keep/keys.h"

static const char *const folder = "keys/inbox", *const file_key = "keys/inbox";
static const char head[] = "trefoil-inbox-1 ";
enum {
    SECRET = crypto_box_SECRETKEYBYTES,
    PUBLIC = crypto_box_PUBLICKEYBYTES,
    MAX_NUMBER = 999999
};

/* "000002-9f3a….sealed" -> 2; 0 when it is no such name. */
static int number_of(const char *name)
{
    int n = 0;
    for (int k = 0; k < 6; k++) {
        if (name[k] < '0' || name[k] > '9')
            return 0;
        n = n * 10 + (name[k] - '0');
    }
    return name[6] == '-' && tf_ends(name, ".sealed") ? n : 0;
}

static const char *sealed_name(struct tf_arena *arena, int number, const unsigned char *public_key)
{
    char hex[2 * PUBLIC + 1];
    (void)sodium_bin2hex(hex, sizeof hex, public_key, PUBLIC);
    return tf_printf(arena, "%s/%06d-%.16s.sealed", folder, number, hex);
}

static enum tf_code list_keys(struct tf_arena *arena, const char *study_dir, char ***ret,
                              size_t *ret_n, int *ret_newest, struct tf_err *reterr)
{
    const char *path = tf_keep_path(arena, study_dir, folder);
    *ret_n = 0;
    *ret_newest = 0;
    if (tf_dir_exists(path))
        TF_TRY(tf_dir_list(arena, path, ret, ret_n, reterr));
    for (size_t k = 0; k < *ret_n; k++)
        if (number_of((*ret)[k]) > *ret_newest)
            *ret_newest = number_of((*ret)[k]);
    return TF_OK;
}

/* The private half first; then the public one, from when on it is used. */
static enum tf_code
make_pair(struct tf_arena *arena, const struct tf_key *key, int number, struct tf_err *reterr)
{
    unsigned char public_key[PUBLIC], *secret = tf_locked(arena, SECRET);
    char text[sodium_base64_ENCODED_LEN(PUBLIC, sodium_base64_VARIANT_ORIGINAL)];
    (void)crypto_box_keypair(public_key, secret);
    TF_TRY(tf_secret_write(arena, key, sealed_name(arena, number, public_key), file_key, secret,
                           SECRET, reterr));
    (void)sodium_bin2base64(text, sizeof text, public_key, PUBLIC, sodium_base64_VARIANT_ORIGINAL);
    const char *line = tf_printf(arena, "%s%s\n", head, text);
    return tf_private_write(arena, tf_keep_path(arena, key->dir, "inbox.pub"), line, strlen(line),
                            reterr);
}

static enum tf_code
lock_inbox(struct tf_arena *scratch, const char *study_dir, struct tf_err *reterr)
{
    return tf_lock_take(scratch, tf_keep_path(scratch, study_dir, "inbox.lock"), true, true, "",
                        NULL, reterr);
}

enum tf_code tf_inbox_key_make(struct tf_arena *arena TF_UNUSED, const char *study_dir,
                               const struct tf_key *key, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("making the inbox's key", (size_t)16 << 20);
    const char *path = tf_keep_path(scratch, study_dir, "inbox.pub");
    enum tf_code code = TF_OK;
    if (!tf_file_exists(path))
        code = lock_inbox(scratch, study_dir, reterr);
    if (code == TF_OK && !tf_file_exists(path)) {
        char **name;
        size_t n;
        int newest;
        code = list_keys(scratch, study_dir, &name, &n, &newest, reterr);
        if (code == TF_OK)
            code = make_pair(scratch, key, newest + 1, reterr);
    }
    tf_arena_free(scratch);
    return code;
}

enum tf_code tf_inbox_key_open(struct tf_arena *arena, const char *study_dir,
                               const struct tf_key *key, const unsigned char public_key[32],
                               const unsigned char **ret, struct tf_err *reterr)
{
    char hex[2 * PUBLIC + 1], **name;
    unsigned char derived[PUBLIC];
    size_t n, len;
    int newest;
    (void)sodium_bin2hex(hex, sizeof hex, public_key, PUBLIC);
    TF_TRY(list_keys(arena, study_dir, &name, &n, &newest, reterr));
    for (size_t k = 0; k < n; k++) {
        const unsigned char *secret;
        if (number_of(name[k]) == 0 || strncmp(name[k] + 7, hex, 16) != 0)
            continue;
        TF_TRY(tf_secret_read(arena, key, tf_printf(arena, "%s/%s", folder, name[k]), &secret, &len,
                              reterr));
        if (len != SECRET || crypto_scalarmult_base(derived, secret) != 0 ||
            sodium_memcmp(derived, public_key, PUBLIC) != 0)
            continue;
        *ret = secret;
        return TF_OK;
    }
    (void)tf_fail(reterr, TF_E_KEY, "the key of this part of the inbox is not here");
    (void)tf_fact(reterr, "its public half begins with %.16s", hex);
    return tf_help(reterr,
                   "It was destroyed after all was opened, or this is another study's inbox.");
}

enum tf_code tf_inbox_key_turn(struct tf_arena *arena TF_UNUSED, const char *study_dir,
                               const struct tf_key *key, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("turning the inbox's key", (size_t)16 << 20);
    char **name = NULL;
    size_t n = 0;
    int newest = 0;
    enum tf_code code = lock_inbox(scratch, study_dir, reterr);
    if (code == TF_OK)
        code = list_keys(scratch, study_dir, &name, &n, &newest, reterr);
    if (code == TF_OK && newest >= MAX_NUMBER)
        code = tf_fail(reterr, TF_E_LIMIT, "the inbox's key was turned a million times");
    if (code == TF_OK)
        code = make_pair(scratch, key, newest + 1, reterr);
    for (size_t k = 0; code == TF_OK && k < n; k++)
        if (number_of(name[k]) > 0 && number_of(name[k]) < newest &&
            unlink(tf_keep_path(scratch, study_dir,
                                tf_printf(scratch, "%s/%s", folder, name[k]))) != 0)
            code = tf_fail(reterr, TF_E_IO, "an old key of the inbox could not be destroyed");
    if (code == TF_OK)
        code = tf_escrow_refresh(scratch, study_dir, NULL, reterr);
    tf_arena_free(scratch);
    return code;
}
