/* The clear head of an inbox record: what may be known without a key.
 *
 *     received:u64 flags:u32 bytes:u64 mac[16]  country form version instance deprecated sender
 *     n:u32 (name)…        the files that the XML says belong to it
 *     n:u32 (name type size:u64)…   the files of this record, the XML first
 *     n:u32 (name value)…  the declared clear fields
 *
 * A text is length:u32, bytes, NUL, so that a reader can point into the bytes it has read; the length
 * 0xffffffff is the text that is not there. flags: 1 an ODK manifest, 2 all files are here now.
 *
 * Reading trusts nothing: each length is checked against what is there, each text must end where it
 * says and hold no NUL, and the whole must be used up. */
#include <string.h>

#include "keep/inbox_inside.h"
#include "keep/inside.h"

enum { ENCRYPTED = 1, COMPLETE = 2 };
static const uint32_t no_text = UINT32_MAX;

void tf_pen_bytes(struct pen *p, const void *data, size_t n)
{
    if (p->at != NULL && n > 0)
        memcpy(p->at + p->n, data, n);
    p->n += n;
}

void tf_pen_u32(struct pen *p, uint32_t x)
{
    const unsigned char le[4] = {(unsigned char)x, (unsigned char)(x >> 8),
                                 (unsigned char)(x >> 16), (unsigned char)(x >> 24)};
    tf_pen_bytes(p, le, sizeof le);
}

void tf_pen_u64(struct pen *p, uint64_t x)
{
    tf_pen_u32(p, (uint32_t)x);
    tf_pen_u32(p, (uint32_t)(x >> 32));
}

uint32_t tf_in_u32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

uint64_t tf_in_u64(const unsigned char *at)
{
    return (uint64_t)tf_in_u32(at) | (uint64_t)tf_in_u32(at + 4) << 32;
}

static void pen_text(struct pen *p, const char *s)
{
    if (s == NULL) {
        tf_pen_u32(p, no_text);
        return;
    }
    const size_t n = strlen(s);
    tf_pen_u32(p, (uint32_t)n);
    tf_pen_bytes(p, s, n + 1);
}

void tf_in_head_write(struct pen *p, const struct tf_inbox_post *post, const bool *keep,
                      const unsigned char mac[IN_MAC], bool complete)
{
    const char *const name[] = {post->country,  post->form,       post->version,
                                post->instance, post->deprecated, post->sender};
    uint64_t bytes = 0;
    uint32_t kept = 0;
    for (size_t k = 0; k < post->n_parts; k++)
        if (keep[k]) {
            bytes += post->part[k].n;
            kept++;
        }
    tf_pen_u64(p, (uint64_t)post->received);
    tf_pen_u32(p, (post->encrypted ? ENCRYPTED : 0U) | (complete ? COMPLETE : 0U));
    tf_pen_u64(p, bytes);
    tf_pen_bytes(p, mac, IN_MAC);
    for (size_t k = 0; k < sizeof name / sizeof *name; k++)
        pen_text(p, name[k]);
    tf_pen_u32(p, (uint32_t)post->n_expects);
    for (size_t k = 0; k < post->n_expects; k++)
        pen_text(p, post->expects[k]);
    tf_pen_u32(p, kept);
    for (size_t k = 0; k < post->n_parts; k++)
        if (keep[k]) {
            pen_text(p, post->part[k].name);
            pen_text(p, post->part[k].type);
            tf_pen_u64(p, post->part[k].n);
        }
    tf_pen_u32(p, (uint32_t)post->n_clear);
    for (size_t k = 0; k < post->n_clear; k++) {
        pen_text(p, post->clear[k].name);
        pen_text(p, post->clear[k].value);
    }
}

/* ---- reading ---- */

static const char *text(struct blob_reader *r)
{
    const uint32_t n = tf_unblob_u32(r);
    if (r->broken || n == no_text)
        return NULL;
    const unsigned char *p = n < IN_HEAD_MAX ? tf_unblob_bytes(r, (size_t)n + 1) : NULL;
    if (p == NULL || memchr(p, '\0', (size_t)n + 1) != p + n) {
        r->broken = true;
        return NULL;
    }
    return (const char *)p;
}

static const char *need_text(struct blob_reader *r)
{
    const char *s = text(r);
    if (s == NULL)
        r->broken = true;
    return s;
}

static uint64_t number(struct blob_reader *r)
{
    const unsigned char *p = tf_unblob_bytes(r, 8);
    return p == NULL ? 0 : tf_in_u64(p);
}

/* How many things follow; too many is broken. */
static size_t length(struct blob_reader *r)
{
    const uint32_t n = tf_unblob_u32(r);
    if (n > IN_LIST_MAX)
        r->broken = true;
    return r->broken ? 0 : n;
}

bool tf_in_head_read(struct tf_arena *arena, const unsigned char *at, size_t n,
                     struct in_head *ret)
{
    struct blob_reader r = {.at = at, .end = at + n};
    struct tf_inbox_head *h = &ret->is;
    *h = (struct tf_inbox_head){.received = (int64_t)number(&r)};
    const uint32_t flags = tf_unblob_u32(&r);
    h->encrypted = (flags & ENCRYPTED) != 0;
    h->complete = (flags & COMPLETE) != 0;
    h->n_bytes = (size_t)number(&r);
    ret->mac = tf_unblob_bytes(&r, IN_MAC);
    h->country = need_text(&r);
    h->form = need_text(&r);
    h->version = need_text(&r);
    h->instance = need_text(&r);
    h->deprecated = text(&r);
    h->sender = need_text(&r);
    ret->n_expects = 0;
    for (size_t k = length(&r); k > 0 && !r.broken; k--) {
        ret->expects = tf_grow(arena, ret->expects, ret->n_expects, &ret->cap_expects,
                               sizeof *ret->expects);
        ret->expects[ret->n_expects++] = need_text(&r);
    }
    uint64_t bytes = 0;
    for (size_t k = length(&r); k > 0 && !r.broken; k--) {
        ret->part = tf_grow(arena, ret->part, h->n_parts, &ret->cap_part, sizeof *ret->part);
        struct tf_inbox_part *part = &ret->part[h->n_parts++];
        *part = (struct tf_inbox_part){.name = need_text(&r), .type = need_text(&r)};
        part->n = (size_t)number(&r);
        r.broken = r.broken || part->n > IN_SEALED_MAX;
        bytes += part->n;
    }
    for (size_t k = length(&r); k > 0 && !r.broken; k--) {
        ret->clear = tf_grow(arena, ret->clear, h->n_clear, &ret->cap_clear, sizeof *ret->clear);
        ret->clear[h->n_clear++] =
            (struct tf_inbox_field){.name = need_text(&r), .value = need_text(&r)};
    }
    h->clear = ret->clear;
    return !r.broken && r.at == r.end && h->n_parts > 0 && bytes == h->n_bytes &&
           bytes <= IN_SEALED_MAX;
}
