/* Content hashes: BLAKE2b-256 (libsodium crypto_generichash), printed as 64 hex digits.
 * Equal bytes, equal hash, on any machine; the name of all evidence rests on it. */
#ifndef TF_BASE_HASH_H
#define TF_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { TF_HASH_BYTES = 32, TF_HASH_TEXT = 65 };
struct tf_hash {
    char hex[TF_HASH_TEXT];
};
/* Hash n bytes. */
struct tf_hash tf_hash_bytes(const void *data, size_t n);
/* Hash in parts. Parts are NOT delimited: add lengths yourself where it matters
 * (tf_hasher_text does: length, then bytes). */
struct tf_hasher {
    _Alignas(64) unsigned char state[512];
};
/* Begin; then add n bytes, a text or a number at a time; end gives the hash, once. */
void tf_hasher_begin(struct tf_hasher *h);
void tf_hasher_add(struct tf_hasher *h, const void *data, size_t n);
void tf_hasher_text(struct tf_hasher *h, const char *s); /* NULL differs from "" */
void tf_hasher_u64(struct tf_hasher *h, uint64_t x);     /* little-endian */
void tf_hasher_double(struct tf_hasher *h, double x);    /* bits, NaN canonical, -0 = 0 */
struct tf_hash tf_hasher_end(struct tf_hasher *h);
/* First 64 bits of the hash of a text, for seeds and tables. */
uint64_t tf_hash_u64(const char *s);

#endif
