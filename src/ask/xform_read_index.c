/* Fields of a form by path: open addressing over FNV-1a hashes of paths, made once for a form.
 *
 * The table holds the form's own fields only, so that no submission can make it large or slow. A form
 * built without an index (tests) is searched field by field. */
#include <string.h>

#include "ask/xform_read.h"

struct tf_xform_index {
    size_t mask;
    struct slot {
        uint64_t hash;
        size_t field; /* index + 1; 0 = free */
    } *slot;
};

uint64_t tf_path_hash_root(void)
{
    return 0xCBF29CE484222325u;
}

uint64_t tf_path_hash_step(uint64_t above, const char *name, size_t n)
{
    uint64_t h = (above ^ (unsigned char)'/') * 0x100000001B3u;
    for (size_t k = 0; k < n; k++)
        h = (h ^ (unsigned char)name[k]) * 0x100000001B3u;
    return h;
}

struct tf_xform_index *tf_xform_index_new(struct tf_arena *arena, size_t most)
{
    struct tf_xform_index *x = TF_NEW(arena, struct tf_xform_index);
    size_t cap = 16;
    while (cap < most * 2)
        cap *= 2;
    x->mask = cap - 1;
    x->slot = TF_NEW_N(arena, struct slot, cap);
    return x;
}

void tf_xform_index_add(struct tf_xform_index *x, uint64_t hash, size_t field)
{
    size_t at = (size_t)hash & x->mask;
    while (x->slot[at].field != 0)
        at = (at + 1) & x->mask;
    x->slot[at] = (struct slot){hash, field + 1};
}

static bool is_field(const struct tf_xform *f, size_t field, size_t parent, const char *name,
                     size_t n)
{
    return f->field[field].parent == parent && strncmp(f->field[field].name, name, n) == 0 &&
           f->field[field].name[n] == '\0';
}

size_t tf_xform_below(const struct tf_xform *f, size_t parent, uint64_t hash, const char *name,
                      size_t n)
{
    if (f->index == NULL) {
        for (size_t k = 0; k < f->n_fields; k++)
            if (is_field(f, k, parent, name, n))
                return k;
        return SIZE_MAX;
    }
    for (size_t at = (size_t)hash & f->index->mask; f->index->slot[at].field != 0;
         at = (at + 1) & f->index->mask) {
        const size_t field = f->index->slot[at].field - 1;
        if (f->index->slot[at].hash == hash && is_field(f, field, parent, name, n))
            return field;
    }
    return SIZE_MAX;
}

const struct tf_xfield *tf_xform_field(const struct tf_xform *f, const char *path)
{
    size_t field = SIZE_MAX;
    uint64_t hash = tf_path_hash_root();
    if (*path != '/')
        return NULL;
    while (*path == '/') {
        const char *name = path + 1;
        size_t n = strcspn(name, "/");
        path = name + n;
        const char *colon = memchr(name, ':', n);
        if (colon != NULL) {
            n -= (size_t)(colon + 1 - name);
            name = colon + 1;
        }
        hash = tf_path_hash_step(hash, name, n);
        field = tf_xform_below(f, field, hash, name, n);
        if (field == SIZE_MAX)
            return NULL;
    }
    return &f->field[field];
}

/* ---- plain paths -------------------------------------------------------------------------------- */

static bool is_step(const char *s, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (strchr("[](){}*@|=<>!,'\"+ \t\n", s[k]) != NULL)
            return false;
    return n > 0;
}

const char *tf_path_plain(struct tf_arena *arena, const char *path, const char *context)
{
    struct tf_buf b = {.arena = arena};
    path = tf_trim(arena, path);
    if (tf_starts(path, "current()/"))
        path += strlen("current()/");
    if (*path != '/')
        tf_buf_add(&b, context);
    else if (path[1] == '/')
        return NULL;
    while (*path != '\0') {
        path += *path == '/';
        size_t n = strcspn(path, "/");
        const char *step = path;
        path += n;
        if (n == 1 && *step == '.')
            continue;
        if (n == 2 && memcmp(step, "..", 2) == 0) {
            while (b.n > 0 && b.s[b.n - 1] != '/')
                b.n--;
            if (b.n == 0)
                return NULL;
            b.s[--b.n] = '\0';
            continue;
        }
        const bool attribute = *step == '@' && *path == '\0';
        if (!is_step(step + attribute, n - attribute))
            return NULL;
        const char *colon = memchr(step, ':', n);
        if (colon != NULL) {
            n -= (size_t)(colon + 1 - step);
            step = colon + 1;
        }
        tf_buf_char(&b, '/');
        if (attribute && colon != NULL)
            tf_buf_char(&b, '@');
        tf_buf_addn(&b, step, n);
    }
    return b.n == 0 ? NULL : tf_buf_text(&b);
}
