/* The head of the ledger: signed for paper, remembered against rolling back.
 *
 * A chain shows that nothing inside it was changed; it cannot show that its end was not cut off, or
 * that the whole was not put back to an earlier state. Two things can:
 *
 *   on paper     trefoil-head-1 ENTRIES HASH PUBLIC SIGNATURE
 *                the number of entries, the last hash, and the study's Ed25519 signature over both.
 *                Years later it proves that this history contains that one.
 *   remembered   .trefoil/keys/head holds the highest head seen, and an agent holds it, too. Who
 * puts an old register back without putting back the key folder (which no backup of data holds) is
 * found out by `trefoil keep verify`.
 *
 * The signing key is the vault's key "sign", taken as the seed. Remembering is done after each
 * entry, in place and without waiting for the disk: when the machine stops the memory may be
 * behind, never ahead. Source: RFC 8032; libsodium crypto_sign. Does not: hold against who puts
 * back both. */
#include "keep/head.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keep/agent.h"
#include "keep/inside.h"
#include "keep/keys.h"
#include "keep/register.h"

enum { B64 = sodium_base64_VARIANT_ORIGINAL, LINE = 20 + 1 + TF_HASH_TEXT };
static const char word[] = "trefoil-head-1";

/* ---- Signing --------------------------------------------------------------------------------- */

enum tf_code tf_study_signing_key(struct tf_arena *arena, const char *study_dir,
                                  unsigned char **ret, unsigned char ret_public[32],
                                  struct tf_err *reterr)
{
    struct tf_key *key;
    const unsigned char *seed;
    unsigned char *secret = tf_locked(arena, crypto_sign_SECRETKEYBYTES);
    TF_TRY(tf_key_open(arena, study_dir, false, &key, reterr));
    TF_TRY(tf_key_need(arena, key, "sign", true, &seed, reterr));
    (void)crypto_sign_seed_keypair(ret_public, secret, seed);
    *ret = secret;
    return TF_OK;
}

enum tf_code tf_study_sign(struct tf_arena *arena, const char *study_dir, const void *data,
                           size_t n, unsigned char ret[64], unsigned char ret_public[32],
                           struct tf_err *reterr)
{
    unsigned char *secret;
    TF_TRY(tf_study_signing_key(arena, study_dir, &secret, ret_public, reterr));
    (void)crypto_sign_detached(ret, NULL, data, n, secret);
    return TF_OK;
}

static const char *statement(struct tf_arena *arena, uint64_t entries, const char *hash)
{
    return tf_printf(arena, "%s %llu %s", word, (unsigned long long)entries, hash);
}

static enum tf_code now(struct tf_arena *arena, struct tf_register *reg,
                        struct tf_ledger_entry **ret, size_t *ret_n, const char **ret_hash,
                        struct tf_err *reterr)
{
    TF_TRY(tf_ledger_list(arena, reg, ret, ret_n, reterr));
    *ret_hash = *ret_n == 0 ? "-" : (*ret)[*ret_n - 1].hash;
    return TF_OK;
}

enum tf_code tf_head_signed(struct tf_arena *arena, const char *study_dir, struct tf_register *reg,
                            const char **ret, struct tf_err *reterr)
{
    struct tf_ledger_entry *list;
    unsigned char signature[64], public_key[32];
    char a[sodium_base64_ENCODED_LEN(32, B64)], b[sodium_base64_ENCODED_LEN(64, B64)];
    const char *hash;
    size_t n;
    TF_TRY(now(arena, reg, &list, &n, &hash, reterr));
    const char *said = statement(arena, n, hash);
    TF_TRY(tf_study_sign(arena, study_dir, said, strlen(said), signature, public_key, reterr));
    (void)sodium_bin2base64(a, sizeof a, public_key, 32, B64);
    (void)sodium_bin2base64(b, sizeof b, signature, 64, B64);
    *ret = tf_printf(arena, "%s %s %s", said, a, b);
    return TF_OK;
}

static enum tf_code not_ours(struct tf_err *reterr, const char *what, const char *help)
{
    (void)tf_fail(reterr, TF_E_REFUSED, "%s", what);
    return tf_help(reterr, "%s", help);
}

enum tf_code tf_head_prove(struct tf_arena *arena, const char *study_dir, struct tf_register *reg,
                           const char *head, struct tf_err *reterr)
{
    struct tf_ledger_entry *list;
    unsigned char signature[64], public_key[32], own[32], *secret;
    size_t n, n_key = 0, n_sign = 0;
    int64_t entries;
    const char *last;
    char **part;
    if (tf_split(arena, head, ' ', &part) != 5 || strcmp(part[0], word) != 0 ||
        !tf_parse_int(part[1], &entries) || entries < 0 ||
        sodium_base642bin(public_key, 32, part[3], strlen(part[3]), NULL, &n_key, NULL, B64) != 0 ||
        sodium_base642bin(signature, 64, part[4], strlen(part[4]), NULL, &n_sign, NULL, B64) != 0 ||
        n_key != 32 || n_sign != 64) {
        (void)tf_fail(reterr, TF_E_INPUT, "this is no head of a ledger");
        return tf_help(reterr,
                       "Give the whole line that `trefoil keep ledger --head` printed, in quotes.");
    }
    const char *said = statement(arena, (uint64_t)entries, part[2]);
    if (crypto_sign_verify_detached(signature, (const unsigned char *)said, strlen(said),
                                    public_key) != 0)
        return not_ours(reterr, "the signature of this head does not hold",
                        "It was altered or mistyped.");
    TF_TRY(tf_study_signing_key(arena, study_dir, &secret, own, reterr));
    if (sodium_memcmp(own, public_key, 32) != 0)
        return not_ours(
            reterr, "this head was signed by another key",
            "It is another study's, or from before the keys were changed (`trefoil keep "
            "ledger` shows when): compare its hash with the entry of that number.");
    TF_TRY(now(arena, reg, &list, &n, &last, reterr));
    if ((size_t)entries > n)
        return not_ours(reterr,
                        tf_printf(arena, "the ledger was longer: it had %lld entries, now %zu",
                                  (long long)entries, n),
                        "An earlier state was put back. Look for the later one.");
    if (entries > 0 && strcmp(list[entries - 1].hash, part[2]) != 0)
        return not_ours(reterr,
                        tf_printf(arena, "entry %lld is not the one that this head was made of",
                                  (long long)entries),
                        "This is another history. Compare with copies of the study.");
    return TF_OK;
}

/* ---- Remembering ----------------------------------------------------------------------------- */

static bool read_memory(struct tf_arena *arena, const struct tf_register *reg, uint64_t *ret_n,
                        const char **ret_hash)
{
    struct tf_bytes text;
    int64_t n;
    char **part;
    struct tf_err ignored;
    const char *path = tf_keep_path(arena, reg->dir, "keys/head");
    if (!tf_file_exists(path) || tf_file_read(arena, path, 4096, &text, &ignored) != TF_OK ||
        text.n < LINE ||
        tf_split(arena, tf_trim(arena, tf_strndup(arena, text.data, LINE)), ' ', &part) != 2 ||
        !tf_parse_int(part[0], &n) || n < 0)
        return false;
    *ret_n = (uint64_t)n;
    *ret_hash = part[1];
    return true;
}

static enum tf_code compare(struct tf_arena *arena, const struct tf_ledger_entry *list, size_t n,
                            uint64_t then, const char *hash, const char *who, struct tf_err *reterr)
{
    if (then == 0 || (then <= n && strcmp(list[then - 1].hash, hash) == 0))
        return TF_OK;
    (void)tf_fail(reterr, TF_E_REFUSED,
                  "the ledger was put back to an earlier state, or is another one");
    (void)tf_fact(reterr, "%s remembers entry %llu as %.12s; now there %s %s", who,
                  (unsigned long long)then, hash, then > n ? "are fewer entries:" : "it is",
                  then > n ? tf_printf(arena, "%zu", n)
                           : tf_strndup(arena, list[then - 1].hash, 12));
    return tf_help(
        reterr, "Find who restored what. `trefoil keep restore` of the newest backup, or of this "
                "one with --older, says so in the ledger.");
}

enum tf_code tf_head_check(struct tf_arena *arena, struct tf_register *reg, struct tf_err *reterr)
{
    struct tf_ledger_entry *list;
    struct tf_agent_state agent;
    struct tf_err ignored;
    const char *hash, *last;
    uint64_t then;
    size_t n;
    TF_TRY(now(arena, reg, &list, &n, &last, reterr));
    if (read_memory(arena, reg, &then, &hash))
        TF_TRY(compare(arena, list, n, then, hash, "the key folder", reterr));
    if (tf_keyring_exists(arena, reg->dir) &&
        tf_agent_ask(arena, reg->dir, &agent, &ignored) == TF_OK)
        TF_TRY(compare(arena, list, n, agent.entries, agent.head, "the agent", reterr));
    return TF_OK;
}

/* The agent is told under a guard of its own: the entry is committed, and stays so without memory.
 */
static void tell_agent(struct tf_register *reg, uint64_t entries, const char *hash, bool force)
{
    struct tf_guard guard;
    struct tf_err ignored;
    if (tf_guard_begin(&guard, &ignored) != TF_OK)
        return;
    struct tf_arena *scratch = tf_arena_new("the ledger's head", (size_t)4 << 20);
    if (tf_agent_head(scratch, reg->dir, entries, hash, force, &ignored) != TF_OK)
        reg->forgetful = true;
    tf_arena_free(scratch);
    tf_guard_end(&guard);
}

void tf_head_remember(struct tf_register *reg, uint64_t entries, const char *hash, bool force)
{
    char line[LINE + 1];
    const int n =
        snprintf(line, sizeof line, "%020llu %64.64s\n", (unsigned long long)entries, hash);
    const int fd = open(reg->memory, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    reg->forgetful =
        n != LINE || fd < 0 || pwrite(fd, line, LINE, 0) != LINE; /* the next entry tries again */
    if (fd >= 0)
        (void)close(fd);
    if (reg->agent)
        tell_agent(reg, entries, hash, force);
}
