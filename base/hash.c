/* Content hashes: see hash.h. */
#include "base/hash.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(struct tf_hasher),
               "the hash state fits");

void tf_hasher_begin(struct tf_hasher *h)
{
    (void)crypto_generichash_init((crypto_generichash_state *)(void *)h->state, NULL, 0,
                                  TF_HASH_BYTES);
}

void tf_hasher_add(struct tf_hasher *h, const void *data, size_t n)
{
    (void)crypto_generichash_update((crypto_generichash_state *)(void *)h->state, data, n);
}

void tf_hasher_u64(struct tf_hasher *h, uint64_t x)
{
    unsigned char le[8];
    for (unsigned k = 0; k < 8; k++)
        le[k] = (unsigned char)(x >> (8 * k));
    tf_hasher_add(h, le, sizeof le);
}

void tf_hasher_text(struct tf_hasher *h, const char *s)
{
    tf_hasher_u64(h, s == NULL ? UINT64_MAX : strlen(s));
    if (s != NULL)
        tf_hasher_add(h, s, strlen(s));
}

void tf_hasher_double(struct tf_hasher *h, double x)
{
    uint64_t bits = UINT64_C(0x7ff8000000000000);
    if (x == 0)
        x = 0;
    if (!isnan(x))
        memcpy(&bits, &x, sizeof bits);
    tf_hasher_u64(h, bits);
}

static struct tf_hash as_text(const unsigned char out[TF_HASH_BYTES])
{
    struct tf_hash hash;
    (void)sodium_bin2hex(hash.hex, sizeof hash.hex, out, TF_HASH_BYTES);
    return hash;
}

struct tf_hash tf_hasher_end(struct tf_hasher *h)
{
    unsigned char out[TF_HASH_BYTES];
    (void)crypto_generichash_final((crypto_generichash_state *)(void *)h->state, out, sizeof out);
    return as_text(out);
}

struct tf_hash tf_hash_bytes(const void *data, size_t n)
{
    unsigned char out[TF_HASH_BYTES];
    (void)crypto_generichash(out, sizeof out, data, n, NULL, 0);
    return as_text(out);
}

uint64_t tf_hash_u64(const char *s)
{
    unsigned char out[TF_HASH_BYTES];
    uint64_t x = 0;
    (void)crypto_generichash(out, sizeof out, (const unsigned char *)s, strlen(s), NULL, 0);
    for (unsigned k = 8; k-- > 0;)
        x = x << 8 | out[k];
    return x;
}
