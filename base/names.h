/* A set of names, each with a number: looked up in one step however many there are. Names are kept by
 * pointer and must outlive it. The order in which names were put is `name[0..n)`: whoever walks over
 * them walks in that order, so nothing made depends on the hash. */
#ifndef TF_BASE_NAMES_H
#define TF_BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct tf_names {
    struct tf_arena *arena; /* `struct tf_names t = {.arena = a};` */
    const char **name;
    size_t *value;
    uint32_t *place; /* slots: 1 + index, 0 = free */
    size_t n, cap, slots;
};
/* Its number, or SIZE_MAX. */
size_t tf_names_get(const struct tf_names *t, const char *name);
/* Add it, or give it another number; false when it was there. */
bool tf_names_put(struct tf_names *t, const char *name, size_t value);
bool tf_names_has(const struct tf_names *t, const char *name);

#endif
