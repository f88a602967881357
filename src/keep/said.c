/* Words of participants, sealed as text under their record keys.
 *
 *     "\x01" base64( nonce (24) | XChaCha20-Poly1305 of the words | associated data: the
 * participant's code )
 *
 * They stand in text columns of tables that have other columns besides: transcripts, coded
 * passages, what a participant's role and institution are. A text that does not begin with \x01 was
 * put in by an older program and is itself. When the key is destroyed the words are "" for
 * everybody, and in every backup. */
#include "keep/said.h"

#include <sodium.h>
#include <string.h>

#include "keep/keep.h"

enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    B64 = sodium_base64_VARIANT_ORIGINAL
};
static const char mark = '\x01';
static const size_t words_limit = (size_t)256 << 20;

const char *tf_said_seal(struct tf_arena *arena, const unsigned char key[32], const char *who,
                         const char *words)
{
    const size_t n = strlen(words), size = NONCE + n + TAG,
                 len = sodium_base64_encoded_len(size, B64);
    struct tf_arena *scratch = tf_arena_new("sealing words", words_limit);
    unsigned char *out = tf_alloc(scratch, size);
    randombytes_buf(out, NONCE);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + NONCE, NULL, (const unsigned char *)words, n, (const unsigned char *)who, strlen(who),
        NULL, out, key);
    char *text = tf_alloc(arena, len + 1);
    text[0] = mark;
    (void)sodium_bin2base64(text + 1, len, out, size, B64);
    tf_arena_free(scratch);
    return text;
}

bool tf_said_open(struct tf_arena *arena, const struct tf_record_key *key, const char *who,
                  const char *sealed, const char **ret)
{
    if (sealed == NULL || sealed[0] != mark) {
        *ret = key->state == TF_RECORD_WITHDRAWN && sealed != NULL ? "" : sealed;
        return true;
    }
    *ret = "";
    if (key->state != TF_RECORD_HELD)
        return key->state == TF_RECORD_WITHDRAWN;
    const size_t len = strlen(sealed + 1), room = len / 4 * 3 + 3;
    struct tf_arena *scratch = tf_arena_new("opening words", words_limit);
    unsigned char *in = tf_alloc(scratch, room);
    size_t n = 0;
    unsigned long long opened = 0;
    bool good =
        sodium_base642bin(in, room, sealed + 1, len, NULL, &n, NULL, B64) == 0 && n >= NONCE + TAG;
    if (good) {
        unsigned char *plain = tf_alloc(arena, n - NONCE - TAG + 1);
        good = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &opened, NULL, in + NONCE,
                                                          n - NONCE, (const unsigned char *)who,
                                                          strlen(who), in, key->key) == 0;
        if (good)
            *ret = (const char *)plain;
    }
    tf_arena_free(scratch);
    return good;
}

enum tf_code tf_said_broken(const char *who, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_REFUSED, "words of the participant '%s' are not what was put in",
                  who);
    return tf_help(reterr, "Import them again, or put back a copy of the .trefoil folder.");
}

/* For other rooms' tables, one at a time; the keys of a country are read once for as long as `keep`
 * is. */
static enum tf_code key_of(struct tf_keep *keep, const char *country, const char *who, bool make,
                           const struct tf_record_key **ret, struct tf_err *reterr)
{
    for (const struct known_key *k = keep->known; k != NULL; k = k->next)
        if (strcmp(k->country, country) == 0 && strcmp(k->who, who) == 0) {
            *ret = k->key;
            return TF_OK;
        }
    struct known_key *k = TF_NEW(keep->arena, struct known_key);
    struct tf_record_key *one;
    TF_TRY(tf_record_keys(keep->arena, keep->key, country, &who, 1, make, &one, reterr));
    *k = (struct known_key){tf_strdup(keep->arena, country), tf_strdup(keep->arena, who), one,
                            keep->known};
    if (one->state != TF_RECORD_NONE)
        keep->known = k;
    *ret = one;
    return TF_OK;
}

enum tf_code tf_keep_words_seal(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                                const char *participant, const char *words, const char **ret,
                                struct tf_err *reterr)
{
    const struct tf_record_key *key;
    *ret = words;
    if (words == NULL)
        return TF_OK;
    TF_TRY(key_of(keep, country, participant, true, &key, reterr));
    *ret = key->state == TF_RECORD_HELD ? tf_said_seal(arena, key->key, participant, words) : "";
    return TF_OK;
}

enum tf_code tf_keep_words_open(struct tf_arena *arena, struct tf_keep *keep, const char *country,
                                const char *participant, const char *sealed, const char **ret,
                                struct tf_err *reterr)
{
    const struct tf_record_key *key;
    *ret = sealed;
    if (sealed == NULL)
        return TF_OK;
    TF_TRY(key_of(keep, country, participant, false, &key, reterr));
    return tf_said_open(arena, key, participant, sealed, ret) ? TF_OK
                                                              : tf_said_broken(participant, reterr);
}
