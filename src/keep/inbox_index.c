/* The inbox's index: which instances are here, in memory, 16 bytes each.
 *
 * A server must tell for each post whether it has the record already, with the same XML, with which
 * files, and whether it is the newest version. All of it is one map from 64 bits to 64 bits:
 *
 *     key of (country, form, instance)         -> 62 bits of the XML's keyed hash, and SUPERSEDED
 *     key of (country, form, instance, file)   -> 1 while that file is still to come
 *     key of (country, form, instance, "")     -> how many files are still to come
 *
 * The last two kinds are there only for records whose files were split over several posts. Keys are
 * BLAKE2b keyed with random bytes of this process, so nobody can choose names that collide; by chance
 * two of a million do once in 37 million such servers, and then a record is refused, never lost.
 *
 * Open addressing with linear probing in 64 shards that grow by half on their own, so that no moment
 * needs twice the memory: 1,000,000 records take about 24 MB. A shard's memory is an arena, given
 * back when it has grown. Nothing is ever taken out: a value IN_GONE means it is not there, and the
 * place waits for the same key. */
#include <string.h>

#include "keep/inbox_inside.h"

enum { SHARDS = 64, FIRST = 32, SECOND = 4096, SECRET = 32 };
struct slot {
    uint64_t key, value; /* key 0: free */
};
struct shard {
    struct tf_arena *arena; /* NULL: the first slots are the index's own */
    struct slot *slot;
    size_t cap, used;
};
struct in_index {
    unsigned char secret[SECRET];
    struct shard shard[SHARDS];
};

static void forget(void *index)
{
    struct in_index *x = index;
    for (size_t k = 0; k < SHARDS; k++)
        tf_arena_free(x->shard[k].arena);
}

struct in_index *tf_in_index_new(struct tf_arena *arena)
{
    struct in_index *x = TF_NEW(arena, struct in_index);
    randombytes_buf(x->secret, sizeof x->secret);
    for (size_t k = 0; k < SHARDS; k++)
        x->shard[k] = (struct shard){.slot = TF_NEW_N(arena, struct slot, FIRST), .cap = FIRST};
    tf_arena_defer(arena, forget, x);
    return x;
}

static void add_text(crypto_generichash_state *state, const char *s)
{
    unsigned char le[4];
    struct pen p = {.at = le};
    const size_t n = s == NULL ? 0 : strlen(s);
    tf_pen_u32(&p, s == NULL ? UINT32_MAX : (uint32_t)n);
    (void)crypto_generichash_update(state, le, sizeof le);
    if (n > 0)
        (void)crypto_generichash_update(state, (const unsigned char *)s, n);
}

uint64_t tf_in_key(const struct in_index *x, const struct tf_inbox_post *post, const char *instance,
                   const char *file)
{
    crypto_generichash_state state;
    unsigned char hash[crypto_generichash_BYTES_MIN];
    (void)crypto_generichash_init(&state, x->secret, sizeof x->secret, sizeof hash);
    add_text(&state, post->country);
    add_text(&state, post->form);
    add_text(&state, instance);
    add_text(&state, file);
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    const uint64_t key = tf_in_u64(hash);
    return key == 0 ? 1 : key;
}

/* The slot of a key: where it is, or the free one where it would be. */
static struct slot *place(const struct shard *s, uint64_t key)
{
    size_t k = (size_t)((key >> 6) % s->cap);
    while (s->slot[k].key != 0 && s->slot[k].key != key)
        k = k + 1 == s->cap ? 0 : k + 1;
    return &s->slot[k];
}

static const struct shard *shard_of(const struct in_index *x, uint64_t key)
{
    return &x->shard[key % SHARDS];
}

/* All slots of a bigger shard are there before the old ones go. */
static void grow(struct shard *s)
{
    const size_t cap = s->cap < SECOND ? SECOND : s->cap + s->cap / 2;
    struct tf_arena *arena = tf_arena_new("the inbox's index", (size_t)4 << 30);
    struct shard bigger = {.arena = arena, .slot = TF_NEW_N(arena, struct slot, cap), .cap = cap};
    for (size_t k = 0; k < s->cap; k++)
        if (s->slot[k].key != 0 && s->slot[k].value != IN_GONE) {
            *place(&bigger, s->slot[k].key) = s->slot[k];
            bigger.used++;
        }
    tf_arena_free(s->arena);
    *s = bigger;
}

enum tf_code tf_in_reserve(struct in_index *x, uint64_t key, struct tf_err *reterr)
{
    struct shard *s = &x->shard[key % SHARDS];
    struct tf_guard guard;
    if (s->used + s->used / 4 + 16 < s->cap)
        return TF_OK;
    if (tf_guard_begin(&guard, reterr) != TF_OK)
        return reterr == NULL ? TF_E_MEMORY : reterr->code;
    grow(s);
    tf_guard_end(&guard);
    return TF_OK;
}

bool tf_in_get(const struct in_index *x, uint64_t key, uint64_t *ret)
{
    const struct slot *slot = place(shard_of(x, key), key);
    if (slot->key == 0 || slot->value == IN_GONE)
        return false;
    *ret = slot->value;
    return true;
}

void tf_in_set(struct in_index *x, uint64_t key, uint64_t value)
{
    struct shard *s = &x->shard[key % SHARDS];
    struct slot *slot = place(s, key);
    s->used += slot->key == 0;
    *slot = (struct slot){.key = key, .value = value};
}

size_t tf_in_bytes(const struct in_index *x)
{
    size_t n = sizeof *x;
    for (size_t k = 0; k < SHARDS; k++)
        n += x->shard[k].cap * sizeof(struct slot);
    return n;
}
