/* Blobs: how columns lie in the vault, the same on every machine.
 *
 * Numbers are written byte by byte from the low end, doubles as their 64 bits, texts with their
 * length before them (0xffffffff for NULL). The whole is packed by zlib at its fastest setting when
 * that is shorter, which for coded answers it nearly always is.
 *
 * Reading trusts nothing: the vault's pages are authenticated, but a length is still checked against
 * what is there, and after the first short read every answer is zero and `broken` says so. */
#include <string.h>
#include <zlib.h>

#include "keep/inside.h"

static const uint32_t no_text = UINT32_MAX;

void tf_blob_u32(struct tf_buf *b, uint32_t x)
{
    const unsigned char le[4] = {(unsigned char)x, (unsigned char)(x >> 8),
                                 (unsigned char)(x >> 16), (unsigned char)(x >> 24)};
    tf_buf_addn(b, le, sizeof le);
}

void tf_blob_double(struct tf_buf *b, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    tf_blob_u32(b, (uint32_t)bits);
    tf_blob_u32(b, (uint32_t)(bits >> 32));
}

void tf_blob_text(struct tf_buf *b, const char *s)
{
    if (s == NULL) {
        tf_blob_u32(b, no_text);
        return;
    }
    const size_t n = strlen(s);
    tf_blob_u32(b, (uint32_t)n);
    tf_buf_addn(b, s, n);
}

const unsigned char *tf_unblob_bytes(struct blob_reader *r, size_t n)
{
    if (r->broken || n > (size_t)(r->end - r->at)) {
        r->broken = true;
        return NULL;
    }
    const unsigned char *p = r->at;
    r->at += n;
    return p;
}

uint32_t tf_unblob_u32(struct blob_reader *r)
{
    const unsigned char *p = tf_unblob_bytes(r, 4);
    if (p == NULL)
        return 0;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

double tf_unblob_double(struct blob_reader *r)
{
    const uint64_t low = tf_unblob_u32(r), bits = low | (uint64_t)tf_unblob_u32(r) << 32;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

const char *tf_unblob_text(struct tf_arena *arena, struct blob_reader *r)
{
    const uint32_t n = tf_unblob_u32(r);
    if (n == no_text)
        return NULL;
    const unsigned char *p = tf_unblob_bytes(r, n);
    return p == NULL ? "" : tf_strndup(arena, (const char *)p, n);
}

void tf_blob_pack(struct tf_arena *arena, const struct tf_buf *plain, const void **ret,
                  size_t *ret_n, bool *ret_packed)
{
    uLongf n = compressBound((uLong)plain->n);
    Bytef *packed = tf_alloc(arena, n);
    *ret = plain->s;
    *ret_n = plain->n;
    *ret_packed = compress2(packed, &n, (const Bytef *)plain->s, (uLong)plain->n, 1) == Z_OK &&
                  n < plain->n;
    if (!*ret_packed)
        return;
    *ret = packed;
    *ret_n = n;
}

bool tf_blob_unpack(struct tf_arena *arena, const void *data, size_t n, bool packed,
                    size_t plain_n, const unsigned char **ret)
{
    uLongf got = (uLongf)plain_n;
    *ret = data;
    if (!packed)
        return n == plain_n;
    unsigned char *plain = tf_alloc(arena, plain_n);
    *ret = plain;
    return uncompress(plain, &got, data, (uLong)n) == Z_OK && got == plain_n;
}
