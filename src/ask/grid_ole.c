/* The container of old Office files: OLE2, a file system in a file (MS-CFB).
 *
 * The file is cut into sectors; a table (FAT) says for each sector which one follows, so a stream is a
 * chain. Streams under 4,096 bytes lie in a stream of their own, cut into 64 bytes, with a table of its
 * own. A directory names streams. Of all this, one stream is wanted: Workbook.
 *
 * Every number in the file is doubted: a chain is as long as there are sectors at most, and a sector
 * that is not in the file ends the reading. */
#include <string.h>

#include "ask/grid_inside.h"

enum { HEADER = 512, ENTRY = 128, IN_HEADER = 109, SMALL_SHIFT = 6 };
static const uint32_t end_of_chain = 0xFFFFFFFE, last_sector = 0xFFFFFFF9;

struct ole {
    struct tf_arena *arena;
    const unsigned char *data;
    size_t n, shift; /* bytes; a sector has 1 << shift */
    uint32_t *fat, *small_fat;
    size_t n_fat, n_small_fat, cutoff;
};

static uint32_t u16(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t u32(const unsigned char *p)
{
    return u16(p) | u16(p + 2) << 16;
}

/* A sector, or NULL. */
static const unsigned char *sector(const struct ole *o, uint32_t at)
{
    const size_t size = (size_t)1 << o->shift, from = ((size_t)at + 1) << o->shift;
    return at > last_sector || from > o->n || size > o->n - from ? NULL : o->data + from;
}

/* The sectors from `at` on, one after the other; false when the chain is broken. size bytes of it. */
static bool chain(const struct ole *o, uint32_t at, size_t size, struct tf_bytes *ret)
{
    struct tf_buf b = {.arena = o->arena};
    for (size_t steps = 0; at != end_of_chain && b.n < size; steps++) {
        const unsigned char *s = sector(o, at);
        if (s == NULL || at >= o->n_fat || steps > o->n_fat)
            return false;
        tf_buf_addn(&b, s, (size_t)1 << o->shift);
        at = o->fat[at];
    }
    *ret = (struct tf_bytes){tf_buf_text(&b), b.n < size ? b.n : size};
    return true;
}

static uint32_t *table_of(struct tf_arena *arena, const struct tf_bytes *bytes, size_t *ret_n)
{
    uint32_t *table = TF_NEW_N(arena, uint32_t, bytes->n / 4);
    *ret_n = bytes->n / 4;
    for (size_t k = 0; k < *ret_n; k++)
        table[k] = u32((const unsigned char *)bytes->data + 4 * k);
    return table;
}

static bool add_fat(struct ole *o, struct tf_buf *fat, uint32_t at)
{
    const unsigned char *s = at > last_sector ? NULL : sector(o, at);
    if (s != NULL)
        tf_buf_addn(fat, s, (size_t)1 << o->shift);
    return s != NULL;
}

/* Which sectors hold the FAT: the first 109 stand in the header, more in a chain of their own. */
static bool read_fat(struct ole *o)
{
    struct tf_buf fat = {.arena = o->arena};
    size_t left = u32(o->data + 44), steps = 0;
    for (size_t k = 0; k < IN_HEADER && left > 0; k++, left--)
        if (!add_fat(o, &fat, u32(o->data + 76 + 4 * k)))
            return false;
    const size_t in_one = ((size_t)1 << o->shift) / 4 - 1;
    for (uint32_t at = u32(o->data + 68); left > 0; steps++) {
        const unsigned char *s = sector(o, at);
        if (s == NULL || steps > o->n >> o->shift)
            return false;
        for (size_t k = 0; k < in_one && left > 0; k++, left--)
            if (!add_fat(o, &fat, u32(s + 4 * k)))
                return false;
        at = u32(s + 4 * in_one);
    }
    const struct tf_bytes bytes = {tf_buf_text(&fat), fat.n};
    o->fat = table_of(o->arena, &bytes, &o->n_fat);
    return o->n_fat > 0;
}

/* Does the directory entry have this name (ASCII, any case)? */
static bool is_named(const unsigned char *entry, const char *name)
{
    size_t n = strlen(name);
    if (u16(entry + 64) != 2 * (n + 1))
        return false;
    for (size_t k = 0; k < n; k++)
        if ((entry[2 * k] | 32) != ((unsigned char)name[k] | 32) || entry[2 * k + 1] != 0)
            return false;
    return true;
}

/* A small stream: its pieces lie in the stream of the root. */
static bool small_chain(const struct ole *o, const struct tf_bytes *root, uint32_t at, size_t size,
                        struct tf_bytes *ret)
{
    struct tf_buf b = {.arena = o->arena};
    for (size_t steps = 0; at != end_of_chain && b.n < size; steps++) {
        const size_t from = (size_t)at << SMALL_SHIFT;
        if (at >= o->n_small_fat || steps > o->n_small_fat || from + 64 > root->n)
            return false;
        tf_buf_addn(&b, root->data + from, 64);
        at = o->small_fat[at];
    }
    *ret = (struct tf_bytes){tf_buf_text(&b), b.n < size ? b.n : size};
    return true;
}

bool tf_ole_stream(struct tf_arena *arena, const struct tf_bytes *file, const char *name,
                   struct tf_bytes *ret)
{
    struct ole o = {.arena = arena, .data = (const unsigned char *)file->data, .n = file->n};
    struct tf_bytes directory, root, bytes;
    if (file->n < HEADER)
        return false;
    o.shift = u16(o.data + 30);
    o.cutoff = u32(o.data + 56);
    if ((o.shift != 9 && o.shift != 12) || !read_fat(&o) ||
        !chain(&o, u32(o.data + 48), file->n, &directory) || directory.n < ENTRY)
        return false;
    const unsigned char *entry = (const unsigned char *)directory.data;
    for (size_t k = 1; k < directory.n / ENTRY; k++) {
        const unsigned char *e = entry + k * ENTRY;
        const size_t size = u32(e + 120);
        if (e[66] != 2 || !is_named(e, name))
            continue;
        if (size >= o.cutoff)
            return chain(&o, u32(e + 116), size, ret);
        if (!chain(&o, u32(entry + 116), u32(entry + 120), &root) ||
            !chain(&o, u32(o.data + 60), file->n, &bytes))
            return false;
        o.small_fat = table_of(arena, &bytes, &o.n_small_fat);
        return small_chain(&o, &root, u32(e + 116), size, ret);
    }
    return false;
}
