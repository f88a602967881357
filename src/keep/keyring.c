/* The keyring: custodians, and each file's key wrapped for those who may have it.
 *
 *     .trefoil/keys/keyring      JSON, replaced as a whole; nothing in it is secret by itself
 *
 *     custodians: name, role, strand, countries, public key (X25519);
 *                 with a passphrase also salt, cost (Argon2id) and the private key sealed under it
 *     keys:       name of the file, how many are needed, and for each custodian a box that only
 * their private key opens: the key itself, or a share of it seal:       BLAKE2b-256 keyed by a key
 * that comes from the register's, over all the above
 *
 * A new file's key is wrapped with public keys alone, so anyone at work in the vault can begin a
 * file for all who may open it. The seal is what stops somebody who can only write to the disk from
 * adding themselves: nothing is wrapped by a keyring whose seal does not hold. Sources: RFC 7748
 * (X25519), RFC 9106 (Argon2), libsodium crypto_box_seal. */
#include "keep/keyring.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

#include "keep/inside.h"

static const char *const file = "keys/keyring";
enum { B64 = sodium_base64_VARIANT_ORIGINAL };
static const size_t size_limit = (size_t)8 << 20, mem_limit = (size_t)1 << 30;

bool tf_keyring_exists(struct tf_arena *arena, const char *study_dir)
{
    return tf_file_exists(tf_keep_path(arena, study_dir, file));
}

struct custodian *tf_keyring_custodian(const struct keyring *ring, const char *name)
{
    for (size_t k = 0; k < ring->n_custodians; k++)
        if (strcmp(ring->custodian[k].name, name) == 0)
            return &ring->custodian[k];
    return NULL;
}

struct wrapped *tf_keyring_key(const struct keyring *ring, const char *name)
{
    for (size_t k = 0; k < ring->n_keys; k++)
        if (strcmp(ring->key[k].name, name) == 0)
            return &ring->key[k];
    return NULL;
}

/* ---- Reading --------------------------------------------------------------------------------- */

struct reading {
    struct tf_arena *arena;
    const char *path;
    struct tf_err *reterr;
};

static enum tf_code no_keyring(const struct reading *r, const char *what)
{
    (void)tf_fail_at(r->reterr, TF_E_REFUSED, r->path, 0, 0, "the keyring is damaged: %s", what);
    return tf_help(r->reterr,
                   "Put the key folder back from its escrow copy (`trefoil keep restore`).");
}

/* Bytes of exactly, or when least < most of at least, that many. */
static bool bytes_of(const json_t *map, const char *key, unsigned char *ret, size_t least,
                     size_t most, size_t *ret_n)
{
    const char *text = json_string_value(json_object_get(map, key)), *end;
    size_t n;
    if (text == NULL ||
        sodium_base642bin(ret, most, text, strlen(text), NULL, &n, &end, B64) != 0 ||
        *end != '\0' || n < least)
        return false;
    if (ret_n != NULL)
        *ret_n = n;
    return true;
}

static const char *text_of(const struct reading *r, const json_t *map, const char *key)
{
    const char *text = json_string_value(json_object_get(map, key));
    return text == NULL ? NULL : tf_strdup(r->arena, text);
}

static enum tf_code read_custodian(const struct reading *r, const json_t *map, struct custodian *c)
{
    const json_t *codes = json_object_get(map, "countries");
    c->name = text_of(r, map, "name");
    c->post.role = text_of(r, map, "role");
    c->post.strand = text_of(r, map, "strand");
    if (c->name == NULL || c->post.role == NULL || c->post.strand == NULL || strlen(c->name) > 60 ||
        tf_role(c->post.role) == NULL || !json_is_array(codes) || json_array_size(codes) > 300)
        return no_keyring(r, "a custodian");
    const char **code = TF_NEW_N(r->arena, const char *, json_array_size(codes) + 1);
    for (size_t k = 0; k < json_array_size(codes); k++) {
        const char *one = json_string_value(json_array_get(codes, k));
        if (one == NULL)
            return no_keyring(r, "a custodian's countries");
        code[k] = tf_strdup(r->arena, one);
    }
    c->post.country = code;
    c->post.n_countries = json_array_size(codes);
    if (!bytes_of(map, "public", c->public_key, 32, 32, NULL))
        return no_keyring(r, "a public key");
    c->passphrase = json_object_get(map, "sealed") != NULL;
    if (!c->passphrase)
        return TF_OK;
    const json_int_t ops = json_integer_value(json_object_get(map, "ops")),
                     mem = json_integer_value(json_object_get(map, "mem"));
    if (!bytes_of(map, "salt", c->salt, sizeof c->salt, sizeof c->salt, NULL) ||
        !bytes_of(map, "sealed", c->sealed, sizeof c->sealed, sizeof c->sealed, NULL) || ops < 1 ||
        ops > 20 || mem < 8192 || (size_t)mem > mem_limit)
        return no_keyring(r, "what a passphrase opens");
    c->ops = (unsigned long long)ops;
    c->mem = (size_t)mem;
    return TF_OK;
}

static enum tf_code read_wrapped(const struct reading *r, const struct keyring *ring,
                                 const json_t *map, struct wrapped *w)
{
    const json_t *boxes = json_object_get(map, "boxes");
    const json_int_t need = json_integer_value(json_object_get(map, "need"));
    w->name = text_of(r, map, "name");
    if (w->name == NULL || w->name[0] == '\0' || strlen(w->name) >= TF_KEY_NAME || need < 1 ||
        need > TF_MAX_SHARES || !json_is_array(boxes) || json_array_size(boxes) > TF_MAX_CUSTODIANS)
        return no_keyring(r, "a wrapped key");
    w->need = (size_t)need;
    w->n = json_array_size(boxes);
    for (size_t k = 0; k < w->n; k++) {
        const json_t *box = json_array_get(boxes, k);
        const char *who = json_string_value(json_object_get(box, "for"));
        const struct custodian *c = who == NULL ? NULL : tf_keyring_custodian(ring, who);
        if (c == NULL || !bytes_of(box, "box", w->box[k].box, 80, TF_WRAPPED, &w->box[k].len))
            return no_keyring(r, "a key's wrapping");
        w->box[k].who = (size_t)(c - ring->custodian);
    }
    return TF_OK;
}

static enum tf_code read_root(const struct reading *r, const json_t *root, struct keyring *ring)
{
    const json_t *people = json_object_get(root, "custodians"),
                 *keys = json_object_get(root, "keys");
    if (json_integer_value(json_object_get(root, "trefoil_keyring")) != 1 ||
        !json_is_array(people) || !json_is_array(keys) ||
        json_array_size(people) > TF_MAX_CUSTODIANS || json_array_size(keys) > TF_MAX_KEYS ||
        !bytes_of(root, "seal", ring->seal, 32, 32, NULL))
        return no_keyring(r, "its head");
    ring->custodian = TF_NEW_N(r->arena, struct custodian, TF_MAX_CUSTODIANS);
    for (size_t k = 0; k < json_array_size(people); k++) {
        TF_TRY(read_custodian(r, json_array_get(people, k), &ring->custodian[k]));
        if (tf_keyring_custodian(ring, ring->custodian[k].name) != NULL)
            return no_keyring(r, "a custodian stands twice");
        ring->n_custodians++;
    }
    ring->cap_keys = json_array_size(keys);
    ring->key = TF_NEW_N(r->arena, struct wrapped, ring->cap_keys);
    for (size_t k = 0; k < ring->cap_keys; k++) {
        TF_TRY(read_wrapped(r, ring, json_array_get(keys, k), &ring->key[k]));
        if (tf_keyring_key(ring, ring->key[k].name) != NULL)
            return no_keyring(r, "a key stands twice");
        ring->n_keys++;
    }
    return TF_OK;
}

static void drop_json(void *json)
{
    json_decref(json);
}

enum tf_code tf_keyring_parse(struct tf_arena *arena, const char *path, const char *text, size_t n,
                              struct keyring **ret, struct tf_err *reterr)
{
    const struct reading r = {arena, path, reterr};
    struct keyring *ring = TF_NEW(arena, struct keyring);
    json_error_t why;
    struct tf_arena *holder = tf_arena_new("reading the keyring", 4096);
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    if (root != NULL)
        tf_arena_defer(holder, drop_json, root);
    const enum tf_code code =
        root == NULL ? no_keyring(&r, "it is no JSON") : read_root(&r, root, ring);
    tf_arena_free(holder);
    if (code == TF_OK)
        *ret = ring;
    return code;
}

enum tf_code tf_keyring_read(struct tf_arena *arena, const char *study_dir, struct keyring **ret,
                             struct tf_err *reterr)
{
    const char *path = tf_keep_path(arena, study_dir, file);
    struct tf_bytes text;
    TF_TRY(tf_file_read(arena, path, size_limit, &text, reterr));
    return tf_keyring_parse(arena, path, text.data, text.n, ret, reterr);
}

/* ---- The seal -------------------------------------------------------------------------------- */

static void
seal_of(const struct keyring *ring, const unsigned char *register_key, unsigned char ret[32])
{
    unsigned char key[TF_KEY_BYTES];
    crypto_generichash_state state;
    tf_key_derive(key, register_key, "trefoil keyring");
    (void)crypto_generichash_init(&state, key, sizeof key, 32);
    for (size_t k = 0; k < ring->n_custodians; k++) {
        const struct custodian *c = &ring->custodian[k];
        const char *text[] = {c->name, c->post.role, c->post.strand};
        for (size_t j = 0; j < 3; j++)
            (void)crypto_generichash_update(&state, (const unsigned char *)text[j],
                                            strlen(text[j]) + 1);
        for (size_t j = 0; j < c->post.n_countries; j++)
            (void)crypto_generichash_update(&state, (const unsigned char *)c->post.country[j],
                                            strlen(c->post.country[j]) + 1);
        (void)crypto_generichash_update(&state, c->public_key, 32);
    }
    for (size_t k = 0; k < ring->n_keys; k++) {
        const struct wrapped *w = &ring->key[k];
        const unsigned char head[2] = {(unsigned char)w->need, (unsigned char)w->n};
        (void)crypto_generichash_update(&state, head, 2);
        (void)crypto_generichash_update(&state, (const unsigned char *)w->name,
                                        strlen(w->name) + 1);
        for (size_t j = 0; j < w->n; j++) {
            const unsigned char who = (unsigned char)w->box[j].who;
            (void)crypto_generichash_update(&state, &who, 1);
            (void)crypto_generichash_update(&state, w->box[j].box, w->box[j].len);
        }
    }
    (void)crypto_generichash_final(&state, ret, 32);
    sodium_memzero(key, sizeof key);
    sodium_memzero(&state, sizeof state);
}

enum tf_code tf_keyring_proved(struct tf_arena *arena TF_UNUSED, const struct keyring *ring,
                               const unsigned char *register_key, struct tf_err *reterr)
{
    unsigned char seal[32];
    seal_of(ring, register_key, seal);
    if (sodium_memcmp(seal, ring->seal, sizeof seal) == 0)
        return TF_OK;
    (void)tf_fail(reterr, TF_E_REFUSED,
                  "the keyring was changed by someone who does not hold the "
                  "study's keys");
    return tf_help(reterr,
                   "Nothing was wrapped with it. Put the key folder back from its escrow copy, "
                   "and find out who can write to this disk.");
}

/* ---- Writing --------------------------------------------------------------------------------- */

static json_t *base64(struct tf_arena *arena, const unsigned char *bytes, size_t n)
{
    const size_t size = sodium_base64_encoded_len(n, B64);
    char *text = tf_alloc(arena, size);
    (void)sodium_bin2base64(text, size, bytes, n, B64);
    return json_string(text);
}

static json_t *custodian_json(struct tf_arena *arena, const struct custodian *c)
{
    json_t *codes = json_array();
    for (size_t k = 0; k < c->post.n_countries; k++)
        (void)json_array_append_new(codes, json_string(c->post.country[k]));
    json_t *map =
        json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", c->name, "role", c->post.role, "strand",
                  c->post.strand, "countries", codes, "public", base64(arena, c->public_key, 32));
    if (c->passphrase) {
        (void)json_object_set_new(map, "salt", base64(arena, c->salt, sizeof c->salt));
        (void)json_object_set_new(map, "ops", json_integer((json_int_t)c->ops));
        (void)json_object_set_new(map, "mem", json_integer((json_int_t)c->mem));
        (void)json_object_set_new(map, "sealed", base64(arena, c->sealed, sizeof c->sealed));
    }
    return map;
}

static json_t *
wrapped_json(struct tf_arena *arena, const struct keyring *ring, const struct wrapped *w)
{
    json_t *boxes = json_array();
    for (size_t k = 0; k < w->n; k++)
        (void)json_array_append_new(boxes, json_pack("{s:s, s:o}", "for",
                                                     ring->custodian[w->box[k].who].name, "box",
                                                     base64(arena, w->box[k].box, w->box[k].len)));
    return json_pack("{s:s, s:I, s:o}", "name", w->name, "need", (json_int_t)w->need, "boxes",
                     boxes);
}

enum tf_code tf_keyring_text(struct tf_arena *arena, struct keyring *ring,
                             const unsigned char *register_key, const char **ret,
                             struct tf_err *reterr)
{
    json_t *people = json_array(), *keys = json_array();
    seal_of(ring, register_key, ring->seal);
    for (size_t k = 0; k < ring->n_custodians; k++)
        (void)json_array_append_new(people, custodian_json(arena, &ring->custodian[k]));
    for (size_t k = 0; k < ring->n_keys; k++)
        (void)json_array_append_new(keys, wrapped_json(arena, ring, &ring->key[k]));
    json_t *root = json_pack("{s:i, s:o, s:o, s:o}", "trefoil_keyring", 1, "custodians", people,
                             "keys", keys, "seal", base64(arena, ring->seal, 32));
    const size_t n = root == NULL ? 0 : json_dumpb(root, NULL, 0, JSON_INDENT(1));
    if (n == 0) {
        json_decref(root);
        return tf_fail(reterr, TF_E_MEMORY, "no memory for the keyring");
    }
    char *text = tf_alloc(arena, n + 1);
    (void)json_dumpb(root, text, n, JSON_INDENT(1));
    json_decref(root);
    *ret = text;
    return TF_OK;
}

enum tf_code tf_keyring_write(struct tf_arena *arena, const char *study_dir, struct keyring *ring,
                              const unsigned char *register_key, struct tf_err *reterr)
{
    const char *path = tf_keep_path(arena, study_dir, file), *text;
    TF_TRY(tf_keyring_text(arena, ring, register_key, &text, reterr));
    TF_TRY(tf_keep_folder_for(arena, path, reterr));
    return tf_private_write(arena, path, text, strlen(text), reterr);
}
