/* Record keys: one participant, one key.
 *
 * What is kept of a participant (rows of datasets, transcripts) is encrypted under 32 random bytes
 * of the participant's own. Destroying them makes every copy unreadable at once: the vault's, and
 * those in backups of last week, which no one can go back to and edit. So record keys are in no
 * backup of data; they lie in one sealed file a country, below the key folder:
 *
 *     .trefoil/keys/records/XA.sealed
 *     plain:  "TFREC1\n\0" | index key (32) | entries, by id: id (32) | key (32)
 *
 *     id = BLAKE2b-256(key = index key, message = participant code)
 *
 * so the file names nobody. An entry whose key is all zero is a participant who withdrew: their
 * code is never given a key again, so that importing an old file a second time cannot bring them
 * back. The file is replaced as a whole, by one process at a time. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "keep/inside.h"
#include "keep/keys.h"
#include "keep/records.h"

static const char magic[8] = "TFREC1\n";
enum { ID = 32, ENTRY = ID + TF_KEY_BYTES, HEAD = 8 + TF_KEY_BYTES };
static const size_t max_entries = 2000000;

struct store {
    unsigned char *bytes; /* locked: head and n entries, room for cap */
    size_t n, cap;
};

static const char *store_name(struct tf_arena *arena, const char *country)
{
    return tf_printf(arena, "keys/records/%s.sealed", country);
}

/* Its own file key, so that who may open one country's participants may not another's. */
static const char *store_key(struct tf_arena *arena, const char *country)
{
    return tf_printf(arena, "keys/records-%s", country);
}

static unsigned char *entry_at(const struct store *s, size_t k)
{
    return s->bytes + HEAD + k * ENTRY;
}

static const unsigned char *key_of(const struct store *s, size_t k)
{
    return entry_at(s, k) + ID;
}

/* ---- Reading and writing the whole ----------------------------------------------------------- */

static enum tf_code damaged(const char *name, struct tf_err *reterr)
{
    (void)tf_fail(reterr, TF_E_REFUSED, "'%s' is no file of record keys", name);
    return tf_help(reterr, "Put the key folder back from its escrow copy.");
}

static bool sound(const unsigned char *plain, size_t n)
{
    if (n < HEAD || (n - HEAD) % ENTRY != 0 || memcmp(plain, magic, sizeof magic) != 0)
        return false;
    for (size_t at = HEAD + ENTRY; at < n; at += ENTRY)
        if (memcmp(plain + at - ENTRY, plain + at, ID) >= 0)
            return false;
    return true;
}

/* room: how many may be added. */
static enum tf_code load(struct tf_arena *arena, const struct tf_key *key, const char *country,
                         size_t room, struct store *ret, struct tf_err *reterr)
{
    const char *name = store_name(arena, country);
    const unsigned char *plain = NULL;
    size_t n = 0;
    if (tf_file_exists(tf_keep_path(arena, key->dir, name))) {
        TF_TRY(tf_secret_read(arena, key, name, &plain, &n, reterr));
        if (!sound(plain, n))
            return damaged(name, reterr);
    }
    ret->n = plain == NULL ? 0 : (n - HEAD) / ENTRY;
    ret->cap = ret->n + room;
    if (ret->cap > max_entries)
        return tf_fail(reterr, TF_E_LIMIT, "more than %zu participants in one country",
                       max_entries);
    ret->bytes = tf_locked(arena, HEAD + ret->cap * ENTRY);
    if (plain != NULL) {
        memcpy(ret->bytes, plain, n);
        return TF_OK;
    }
    memcpy(ret->bytes, magic, sizeof magic);
    randombytes_buf(ret->bytes + sizeof magic, TF_KEY_BYTES);
    return TF_OK;
}

static enum tf_code save(struct tf_arena *arena, const struct tf_key *key, const char *country,
                         const struct store *s, struct tf_err *reterr)
{
    return tf_secret_write(arena, key, store_name(arena, country), store_key(arena, country),
                           s->bytes, HEAD + s->n * ENTRY, reterr);
}

/* ---- Finding --------------------------------------------------------------------------------- */

static void id_of(const struct store *s, const char *code, unsigned char ret[ID])
{
    (void)crypto_generichash(ret, ID, (const unsigned char *)code, strlen(code),
                             s->bytes + sizeof magic, TF_KEY_BYTES);
}

/* The first entry not below id. */
static size_t lower(const struct store *s, const unsigned char id[ID])
{
    size_t from = 0, to = s->n;
    while (from < to) {
        const size_t mid = from + (to - from) / 2;
        if (memcmp(entry_at(s, mid), id, ID) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static enum tf_record state_at(const struct store *s, size_t at, const unsigned char id[ID])
{
    if (at == s->n || memcmp(entry_at(s, at), id, ID) != 0)
        return TF_RECORD_NONE;
    return sodium_is_zero(key_of(s, at), TF_KEY_BYTES) == 1 ? TF_RECORD_WITHDRAWN : TF_RECORD_HELD;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, ID);
}

/* Give a key to each id that has none: appended, then sorted once. */
static size_t add_missing(struct store *s, const struct tf_record_key *list, size_t n)
{
    const struct store before = *s;
    for (size_t k = 0; k < n; k++) {
        const size_t at = lower(&before, list[k].id);
        if (state_at(&before, at, list[k].id) != TF_RECORD_NONE)
            continue;
        memcpy(entry_at(s, s->n), list[k].id, ID);
        randombytes_buf(entry_at(s, s->n) + ID, TF_KEY_BYTES);
        s->n++;
    }
    qsort(entry_at(s, 0), s->n, ENTRY, by_id);
    size_t kept = 0; /* a code that stood twice in the list has two entries now: the first stays */
    for (size_t k = 0; k < s->n; k++)
        if (kept == 0 || memcmp(entry_at(s, k), entry_at(s, kept - 1), ID) != 0) {
            if (kept != k)
                memcpy(entry_at(s, kept), entry_at(s, k), ENTRY);
            kept++;
        }
    s->n = kept;
    return kept - before.n;
}

static void look_up(const struct store *s, struct tf_record_key *list, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const size_t at = lower(s, list[k].id);
        list[k].state = state_at(s, at, list[k].id);
        list[k].key = list[k].state == TF_RECORD_HELD ? key_of(s, at) : NULL;
    }
}

static enum tf_code
lock_records(struct tf_arena *scratch, const char *study_dir, struct tf_err *reterr)
{
    const char *path = tf_keep_path(scratch, study_dir, "keys/records/lock");
    TF_TRY(tf_keep_folder_for(scratch, path, reterr));
    return tf_lock_take(scratch, path, true, true, "", NULL, reterr);
}

enum tf_code tf_record_keys(struct tf_arena *arena, const struct tf_key *key, const char *country,
                            const char *const *code, size_t n, bool make,
                            struct tf_record_key **ret, struct tf_err *reterr)
{
    struct tf_record_key *list = TF_NEW_N(arena, struct tf_record_key, n);
    struct tf_arena *lock = tf_arena_new("record keys", (size_t)1 << 20);
    struct store s = {.n = 0};
    char *unused;
    enum tf_code result = tf_vault_name(arena, country, "records", "keys", &unused, reterr);
    if (result == TF_OK && make)
        result = lock_records(lock, key->dir, reterr);
    if (result == TF_OK)
        result = load(arena, key, country, make ? n : 0, &s, reterr);
    for (size_t k = 0; result == TF_OK && k < n; k++)
        id_of(&s, code[k], list[k].id);
    if (result == TF_OK && make && add_missing(&s, list, n) > 0)
        result = save(arena, key, country, &s, reterr);
    if (result == TF_OK) {
        look_up(&s, list, n);
        (void)sodium_mprotect_readonly(s.bytes);
        *ret = list;
    }
    tf_arena_free(lock);
    return result;
}

enum tf_code tf_record_key(struct tf_arena *arena, const char *study_dir TF_UNUSED,
                           const struct tf_key *key, const char *country, const char *code,
                           bool make, bool *ret_found, const unsigned char **ret,
                           struct tf_err *reterr)
{
    struct tf_record_key *one;
    TF_TRY(tf_record_keys(arena, key, country, &code, 1, make, &one, reterr));
    if (one->state == TF_RECORD_WITHDRAWN && make) {
        (void)tf_fail(reterr, TF_E_REFUSED, "this participant of %s has withdrawn", country);
        return tf_help(reterr, "Nothing of theirs may be kept; leave the record out.");
    }
    *ret_found = one->state == TF_RECORD_HELD;
    if (*ret_found)
        *ret = one->key;
    return TF_OK;
}

/* ---- Destroying ------------------------------------------------------------------------------ */

enum tf_code tf_record_destroy(const struct tf_key *key, const char *country,
                               const char *const *code, size_t n, size_t *ret_held,
                               struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("destroying record keys", (size_t)1 << 30);
    struct tf_record_key *list = TF_NEW_N(scratch, struct tf_record_key, n);
    struct store s = {.n = 0};
    size_t held = 0, marked = 0;
    enum tf_code result = lock_records(scratch, key->dir, reterr);
    if (result == TF_OK)
        result = load(scratch, key, country, n, &s, reterr);
    if (result == TF_OK) {
        for (size_t k = 0; k < n; k++)
            id_of(&s, code[k], list[k].id);
        look_up(&s, list, n);
        for (size_t k = 0; k < n; k++) {
            held += list[k].state == TF_RECORD_HELD;
            marked += list[k].state == TF_RECORD_WITHDRAWN;
        }
        (void)add_missing(&s, list, n); /* who never had one is marked, too */
        for (size_t k = 0; k < n; k++)
            memset(entry_at(&s, lower(&s, list[k].id)) + ID, 0, TF_KEY_BYTES);
        if (marked < n)
            result = save(scratch, key, country, &s, reterr);
    }
    tf_arena_free(scratch);
    if (result == TF_OK)
        *ret_held = held;
    return result;
}

enum tf_code tf_record_name(struct tf_arena *arena, const struct tf_key *key, const char *country,
                            const char *code, const char **ret, struct tf_err *reterr)
{
    struct tf_record_key *one;
    char hex[17];
    TF_TRY(tf_record_keys(arena, key, country, &code, 1, true, &one, reterr));
    (void)sodium_bin2hex(hex, sizeof hex, one->id, 8);
    *ret = tf_printf(arena, "participant-%s-%s", country, hex);
    return TF_OK;
}

enum tf_code tf_record_all(struct tf_arena *arena, const struct tf_key *key, const char *country,
                           struct tf_record_key **ret, size_t *ret_n, struct tf_err *reterr)
{
    struct store s = {.n = 0};
    TF_TRY(load(arena, key, country, 0, &s, reterr));
    struct tf_record_key *list = TF_NEW_N(arena, struct tf_record_key, s.n + 1);
    for (size_t k = 0; k < s.n; k++) {
        memcpy(list[k].id, entry_at(&s, k), ID);
        list[k].state = state_at(&s, k, list[k].id);
        list[k].key = list[k].state == TF_RECORD_HELD ? key_of(&s, k) : NULL;
    }
    *ret = list;
    *ret_n = s.n;
    return TF_OK;
}

enum tf_code tf_record_withdrawn(struct tf_arena *arena, const struct tf_key *key,
                                 const char *country, const unsigned char (**ret)[32],
                                 size_t *ret_n, struct tf_err *reterr)
{
    struct tf_arena *scratch = tf_arena_new("record keys", (size_t)1 << 30);
    struct store s = {.n = 0};
    const enum tf_code result = load(scratch, key, country, 0, &s, reterr);
    size_t n = 0;
    if (result == TF_OK) {
        unsigned char(*list)[ID] = tf_alloc_n(arena, s.n + 1, ID);
        for (size_t k = 0; k < s.n; k++)
            if (sodium_is_zero(key_of(&s, k), TF_KEY_BYTES) == 1)
                memcpy(list[n++], entry_at(&s, k), ID);
        *ret = (const unsigned char(*)[ID])list;
        *ret_n = n;
    }
    tf_arena_free(scratch);
    return result;
}
