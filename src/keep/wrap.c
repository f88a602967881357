/* Wrapping: keys for people.
 *
 *     passphrase --Argon2id--> key --opens--> private key (X25519) --opens--> boxes: file keys,
 * shares key file   ------------------------------^
 *
 * Argon2id costs 3 passes over 256 MB, so that guessing passphrases costs a thief what it costs us,
 * each time. A key for survivors' words is never in one box: it is cut into as many shares as there
 * are custodians (three at least), any two of which give it back. */
#include <sodium.h>
#include <string.h>

#include "keep/agent.h"
#include "keep/inside.h"
#include "keep/keyring.h"

enum { NONCE = crypto_secretbox_NONCEBYTES, SHARE = 1 + TF_KEY_BYTES };

/* ---- One custodian --------------------------------------------------------------------------- */

static bool
passphrase_key(const struct custodian *c, const char *passphrase, size_t n, unsigned char ret[32])
{
    return crypto_pwhash(ret, 32, passphrase, n, c->salt, c->ops, c->mem,
                         crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static enum tf_code no_memory(struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_MEMORY, "no memory to work on the passphrase");
    return tf_help(reterr, "256 MB must be free for a moment. Close other programs and try again.");
}

enum tf_code tf_custodian_passphrase(struct custodian *c, const char *passphrase, size_t n,
                                     bool quick, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("a custodian's key", (size_t)1 << 20);
    unsigned char *secret = tf_locked(scratch, 32), *key = tf_locked(scratch, 32);
    c->passphrase = true;
    c->ops = quick ? crypto_pwhash_OPSLIMIT_MIN : crypto_pwhash_OPSLIMIT_MODERATE;
    c->mem = quick ? crypto_pwhash_MEMLIMIT_MIN : crypto_pwhash_MEMLIMIT_MODERATE;
    randombytes_buf(c->salt, sizeof c->salt);
    (void)crypto_box_keypair(c->public_key, secret);
    const bool done = passphrase_key(c, passphrase, n, key);
    randombytes_buf(c->sealed, NONCE);
    if (done)
        (void)crypto_secretbox_easy(c->sealed + NONCE, secret, 32, c->sealed, key);
    tf_arena_free(scratch);
    return done ? TF_OK : no_memory(reterr);
}

static enum tf_code wrong(const struct custodian *c, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_KEY,
                  c->passphrase ? "this is not the passphrase of %s" : "this is not the key of %s",
                  c->name);
    return tf_help(reterr, c->passphrase ? "Try again. Who forgot it is removed and added anew by "
                                           "another custodian."
                                         : "Give the key file that was made for this study.");
}

enum tf_code tf_custodian_open(struct tf_arena *arena, const struct custodian *c,
                               const char *passphrase, size_t n, const unsigned char *key_file,
                               const unsigned char **ret, struct tf_err *reterr)
{
    unsigned char *secret = tf_locked(arena, 32), *key = tf_locked(arena, 32), public_key[32];
    if (c->passphrase) {
        if (!passphrase_key(c, passphrase, n, key))
            return no_memory(reterr);
        if (crypto_secretbox_open_easy(secret, c->sealed + NONCE, sizeof c->sealed - NONCE,
                                       c->sealed, key) != 0)
            return wrong(c, reterr);
    } else if (key_file != NULL) {
        memcpy(secret, key_file, 32);
    } else {
        return wrong(c, reterr);
    }
    if (crypto_scalarmult_base(public_key, secret) != 0 ||
        sodium_memcmp(public_key, c->public_key, 32) != 0)
        return wrong(c, reterr);
    *ret = secret;
    return TF_OK;
}

/* ---- Unwrapping ------------------------------------------------------------------------------ */

static bool open_box(const struct wrapped *w, size_t at, const struct custodian *c,
                     const unsigned char *secret, unsigned char ret[SHARE])
{
    const size_t n = w->need == 1 ? TF_KEY_BYTES : SHARE;
    return w->box[at].len == n + crypto_box_SEALBYTES &&
           crypto_box_seal_open(ret, w->box[at].box, w->box[at].len, c->public_key, secret) == 0;
}

static enum tf_code
bad_box(const struct wrapped *w, const struct custodian *c, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_REFUSED, "the key of '%s' does not unwrap for %s", w->name, c->name);
    return tf_help(reterr,
                   "The keyring was altered. Put the key folder back from its escrow copy.");
}

enum tf_code tf_keyring_unwrap(struct tf_arena *arena, const struct keyring *ring,
                               const struct custodian *c, const unsigned char *secret,
                               struct unlocked **ret, struct tf_err *reterr)
{
    struct unlocked *u = tf_locked(arena, sizeof *u);
    unsigned char *plain = tf_locked(arena, SHARE);
    memset(u, 0, sizeof *u);
    memcpy(u->who, c->name, strnlen(c->name, sizeof u->who - 1));
    memcpy(u->role, c->post.role, strnlen(c->post.role, sizeof u->role - 1));
    for (size_t k = 0; k < ring->n_keys; k++) {
        const struct wrapped *w = &ring->key[k];
        for (size_t j = 0; j < w->n; j++) {
            if (&ring->custodian[w->box[j].who] != c)
                continue;
            if (!open_box(w, j, c, secret, plain))
                return bad_box(w, c, reterr);
            if (w->need == 1) {
                (void)tf_ring_put(&u->ring, w->name, plain);
                continue;
            }
            if (u->n_shares == sizeof u->share / sizeof *u->share)
                return tf_fail(reterr, TF_E_LIMIT, "too many shared keys");
            const size_t at = u->n_shares++;
            memcpy(u->share[at].name, w->name, strlen(w->name) + 1);
            u->share[at].need = w->need;
            u->share[at].share.x = plain[0];
            memcpy(u->share[at].share.y, plain + 1, TF_KEY_BYTES);
        }
    }
    const unsigned char *register_key = tf_ring_find(&u->ring, "register.db");
    if (register_key != NULL)
        TF_TRY(tf_keyring_proved(arena, ring, register_key, reterr));
    *ret = u;
    return TF_OK;
}

/* ---- Wrapping -------------------------------------------------------------------------------- */

static bool is_survivors(struct tf_arena *arena, const char *name)
{
    const char *country, *strand, *purpose;
    return tf_key_parts(arena, name, &country, &strand, &purpose) &&
           strcmp(purpose, "survivors") == 0;
}

static enum tf_code wrap_shares(const struct keyring *ring, struct wrapped *w,
                                const unsigned char key[TF_KEY_BYTES], struct tf_err *reterr)
{
    struct tf_share share[TF_MAX_SHARES];
    unsigned char plain[SHARE];
    size_t who[TF_MAX_CUSTODIANS], n = 0;
    for (size_t k = 0; k < ring->n_custodians; k++)
        if (strcmp(ring->custodian[k].post.role, "custodian") == 0)
            who[n++] = k;
    if (n < TF_SURVIVORS_OF) {
        (void)tf_fail(reterr, TF_E_REFUSED,
                      "'%s' holds survivors' words and needs %d custodians, any %d of "
                      "whom open it together",
                      w->name, TF_SURVIVORS_OF, TF_SURVIVORS_NEED);
        (void)tf_fact(reterr, "there %s %zu", n == 1 ? "is" : "are", n);
        return tf_help(reterr, "`trefoil keep add-custodian NAME` adds one.");
    }
    w->need = TF_SURVIVORS_NEED;
    w->n = n;
    tf_shares_make(key, w->need, n, share);
    for (size_t k = 0; k < n; k++) {
        plain[0] = share[k].x;
        memcpy(plain + 1, share[k].y, TF_KEY_BYTES);
        w->box[k].who = who[k];
        w->box[k].len = SHARE + crypto_box_SEALBYTES;
        (void)crypto_box_seal(w->box[k].box, plain, SHARE, ring->custodian[who[k]].public_key);
    }
    sodium_memzero(share, sizeof share);
    sodium_memzero(plain, sizeof plain);
    return TF_OK;
}

enum tf_code tf_keyring_wrap(struct tf_arena *arena, struct keyring *ring, const char *name,
                             const unsigned char key[TF_KEY_BYTES], struct tf_err *reterr)
{
    struct wrapped made = {.name = tf_strdup(arena, name), .need = 1},
                   *w = tf_keyring_key(ring, name);
    if (strlen(name) >= TF_KEY_NAME || (w == NULL && ring->n_keys == TF_MAX_KEYS))
        return tf_fail(reterr, TF_E_LIMIT,
                       "the study has too many files, or the name '%s' is too long", name);
    if (is_survivors(arena, name)) {
        TF_TRY(wrap_shares(ring, &made, key, reterr));
    } else {
        for (size_t k = 0; k < ring->n_custodians; k++) {
            if (!tf_role_opens(arena, &ring->custodian[k].post, name))
                continue;
            made.box[made.n].who = k;
            made.box[made.n].len = TF_KEY_BYTES + crypto_box_SEALBYTES;
            (void)crypto_box_seal(made.box[made.n++].box, key, TF_KEY_BYTES,
                                  ring->custodian[k].public_key);
        }
        if (made.n == 0) {
            (void)tf_fail(reterr, TF_E_REFUSED, "nobody could ever open '%s'", name);
            return tf_help(reterr, "Add a custodian whose role covers it first.");
        }
    }
    if (w == NULL) {
        ring->key = tf_grow(arena, ring->key, ring->n_keys, &ring->cap_keys, sizeof *ring->key);
        w = &ring->key[ring->n_keys++];
    }
    *w = made;
    return TF_OK;
}

static enum tf_code begin_key(struct tf_arena *scratch, const struct tf_key *key, const char *name,
                              struct tf_err *reterr)
{
    const unsigned char *register_key = tf_ring_find(key->ring, "register.db");
    struct keyring *ring;
    unsigned char *fresh = tf_locked(scratch, TF_KEY_BYTES);
    TF_TRY(tf_lock_take(scratch, tf_keep_path(scratch, key->dir, "keys/keyring.lock"), true, true,
                        "", NULL, reterr));
    TF_TRY(tf_keyring_read(scratch, key->dir, &ring, reterr));
    if (register_key == NULL || tf_keyring_key(ring, name) != NULL) {
        (void)tf_fail(reterr, TF_E_KEY, "who unlocked this study holds no key for '%s'", name);
        return tf_help(reterr, "`trefoil keep custodians` shows who may open it.");
    }
    TF_TRY(tf_keyring_proved(scratch, ring, register_key, reterr));
    randombytes_buf(fresh, TF_KEY_BYTES);
    TF_TRY(tf_keyring_wrap(scratch, ring, name, fresh, reterr));
    TF_TRY(tf_keyring_write(scratch, key->dir, ring, register_key, reterr));
    if (!tf_ring_put(key->ring, name, fresh))
        return tf_fail(reterr, TF_E_LIMIT, "the study has too many files");
    return key->agent ? tf_agent_put(scratch, key->dir, name, fresh, reterr) : TF_OK;
}

enum tf_code tf_keyring_new_key(struct tf_arena *arena TF_UNUSED, const struct tf_key *key,
                                const char *name, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("a new key", (size_t)64 << 20);
    const enum tf_code code = begin_key(scratch, key, name, reterr);
    tf_arena_free(scratch);
    return code;
}
