/* A set of names with numbers: see names.h.
 *
 * Open addressing with linear steps over a power of two of slots, at most half of them full; the hash
 * is FNV-1a. Names come from files of people: whoever plants names that fall into one slot makes a
 * lookup slow, not wrong, and files are bounded. */
#include "base/names.h"

#include <string.h>

static uint64_t hash_of(const char *s)
{
    uint64_t h = 14695981039346656037u;
    for (; *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return h ^ h >> 32;
}

/* The slot where the name stands, or where it would. There is always a free one. */
static size_t slot_of(const struct tf_names *t, const char *name)
{
    size_t at = (size_t)hash_of(name) & (t->slots - 1);
    while (t->place[at] != 0 && strcmp(t->name[t->place[at] - 1], name) != 0)
        at = (at + 1) & (t->slots - 1);
    return at;
}

size_t tf_names_get(const struct tf_names *t, const char *name)
{
    if (t->slots == 0)
        return SIZE_MAX;
    const uint32_t place = t->place[slot_of(t, name)];
    return place == 0 ? SIZE_MAX : t->value[place - 1];
}

bool tf_names_has(const struct tf_names *t, const char *name)
{
    return t->slots > 0 && t->place[slot_of(t, name)] != 0;
}

static void widen(struct tf_names *t)
{
    t->slots = t->slots == 0 ? 64 : t->slots * 2;
    t->place = TF_NEW_N(t->arena, uint32_t, t->slots);
    for (size_t k = 0; k < t->n; k++)
        t->place[slot_of(t, t->name[k])] = (uint32_t)(k + 1);
}

bool tf_names_put(struct tf_names *t, const char *name, size_t value)
{
    if ((t->n + 1) * 2 > t->slots)
        widen(t);
    const size_t at = slot_of(t, name);
    if (t->place[at] != 0) {
        t->value[t->place[at] - 1] = value;
        return false;
    }
    size_t cap = t->cap;
    t->name = tf_grow(t->arena, t->name, t->n, &cap, sizeof *t->name);
    t->value = tf_grow(t->arena, t->value, t->n, &t->cap, sizeof *t->value);
    t->name[t->n] = name;
    t->value[t->n] = value;
    t->place[at] = (uint32_t)++t->n;
    return true;
}
