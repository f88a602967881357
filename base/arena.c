/* Memory by lifetime: see arena.h.
 *
 * An arena is a list of blocks, the newest first; each block is filled from its start. All live
 * arenas hang on one list, newest first, so that a guard can free those made since it began.
 * One thread makes and frees arenas; threads that compute are given their memory beforehand. */
#include "base/arena.h"

#include <sodium.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024 };

struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char data[];
};

struct deferred {
    struct deferred *next;
    void (*release)(void *);
    void *thing;
};

struct tf_arena {
    struct tf_arena *older;
    const char *name;
    size_t limit, used;
    bool wiped; /* overwritten before it is freed */
    struct block *block;
    struct deferred *deferred;
};

static _Thread_local struct tf_arena *newest_arena;
static _Thread_local struct tf_guard *innermost_guard;
static _Thread_local size_t allocations_made, fail_at;

size_t tf_arena_fail_at(size_t n)
{
    const size_t made = allocations_made;
    allocations_made = 0;
    fail_at = n;
    return made;
}

void tf_guard_push(struct tf_guard *guard, struct tf_err *reterr)
{
    guard->outer = innermost_guard;
    guard->newest = newest_arena;
    guard->reterr = reterr;
    innermost_guard = guard;
}

void tf_guard_end(struct tf_guard *guard)
{
    innermost_guard = guard->outer;
}

/* Leave for the innermost guard. Without one the program cannot go on: a room was called outside
 * any door. */
static _Noreturn void give_up(enum tf_code code, const char *arena, size_t limit)
{
    struct tf_guard *guard = innermost_guard;
    if (guard == NULL) {
        (void)fputs("trefoil: out of memory\n", stderr);
        abort();
    }
    if (code == TF_E_LIMIT) {
        (void)tf_fail(guard->reterr, code, "the memory limit of '%s' was reached", arena);
        (void)tf_fact(guard->reterr, "the limit is %zu MB", limit / (1024 * 1024));
        (void)tf_help(guard->reterr, "Is the file what it should be? Nothing was changed.");
    } else {
        (void)tf_fail(guard->reterr, code, "out of memory in '%s'", arena);
        (void)tf_help(guard->reterr, "Close other programs and try again. Nothing was changed.");
    }
    fail_at = 0;
    while (newest_arena != guard->newest)
        tf_arena_free(newest_arena);
    innermost_guard = guard->outer;
    longjmp(guard->env, (int)code);
}

struct tf_arena *tf_arena_new(const char *name, size_t limit)
{
    allocations_made++;
    struct tf_arena *arena = NULL;
    if (fail_at == 0 || allocations_made != fail_at)
        arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        give_up(TF_E_MEMORY, name, limit);
    arena->name = name;
    arena->limit = limit;
    arena->older = newest_arena;
    newest_arena = arena;
    return arena;
}

struct tf_arena *tf_arena_new_wiped(const char *name, size_t limit)
{
    struct tf_arena *arena = tf_arena_new(name, limit);
    arena->wiped = true;
    return arena;
}

void tf_arena_free(struct tf_arena *arena)
{
    if (arena == NULL)
        return;
    while (arena->deferred != NULL) {
        struct deferred *d = arena->deferred;
        arena->deferred = d->next;
        d->release(d->thing);
    }
    struct tf_arena **link = &newest_arena;
    while (*link != arena && *link != NULL)
        link = &(*link)->older;
    if (*link != NULL)
        *link = arena->older;
    while (arena->block != NULL) {
        struct block *b = arena->block;
        arena->block = b->next;
        if (arena->wiped)
            sodium_memzero(b->data, b->used);
        free(b);
    }
    free(arena);
}

static void *try_alloc(struct tf_arena *arena, size_t size, enum tf_code *ret_why);

void tf_arena_defer(struct tf_arena *arena, void (*release)(void *), void *thing)
{
    enum tf_code why = TF_OK;
    struct deferred *d = try_alloc(arena, sizeof *d, &why);
    if (d == NULL) { /* it cannot be remembered: let it go now, or nobody would */
        release(thing);
        give_up(why, arena->name, arena->limit);
    }
    d->release = release;
    d->thing = thing;
    d->next = arena->deferred;
    arena->deferred = d;
}

size_t tf_arena_used(const struct tf_arena *arena)
{
    return arena->used;
}

/* The memory, or NULL and why not. */
static void *try_alloc(struct tf_arena *arena, size_t size, enum tf_code *ret_why)
{
    const size_t align = alignof(max_align_t);
    allocations_made++;
    *ret_why = TF_E_MEMORY;
    if (fail_at != 0 && allocations_made == fail_at)
        return NULL;
    if (size == 0)
        size = 1;
    if (size > SIZE_MAX - 2 * (size_t)BLOCK_SIZE || arena->used > arena->limit ||
        size > arena->limit - arena->used) {
        *ret_why = TF_E_LIMIT;
        return NULL;
    }
    size = (size + align - 1) / align * align;
    struct block *b = arena->block;
    if (b == NULL || size > b->size - b->used) {
        const size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        struct block *fresh = calloc(1, sizeof *fresh + room);
        if (fresh == NULL)
            return NULL;
        fresh->size = room;
        if (b != NULL && size > BLOCK_SIZE) { /* a big one goes behind: the open block stays open */
            fresh->next = b->next;
            b->next = fresh;
        } else {
            fresh->next = b;
            arena->block = fresh;
        }
        b = fresh;
    }
    void *p = b->data + b->used;
    b->used += size;
    arena->used += size;
    return p;
}

void *tf_alloc(struct tf_arena *arena, size_t size)
{
    enum tf_code why = TF_OK;
    void *p = try_alloc(arena, size, &why);
    if (p == NULL)
        give_up(why, arena->name, arena->limit);
    return p;
}

void *tf_alloc_n(struct tf_arena *arena, size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / size)
        give_up(TF_E_LIMIT, arena->name, arena->limit);
    return tf_alloc(arena, n * size);
}

char *tf_strndup(struct tf_arena *arena, const char *s, size_t n)
{
    char *copy = tf_alloc(arena, n + 1);
    if (n > 0)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *tf_strdup(struct tf_arena *arena, const char *s)
{
    return tf_strndup(arena, s, strlen(s));
}

char *tf_printf(struct tf_arena *arena, const char *format, ...)
{
    va_list ap, again;
    va_start(ap, format);
    va_copy(again, ap);
    const int n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    char *s = tf_alloc(arena, (n < 0 ? 0 : (size_t)n) + 1);
    if (n > 0)
        (void)vsnprintf(s, (size_t)n + 1, format, again);
    va_end(again);
    return s;
}

void *tf_grow(struct tf_arena *arena, void *item, size_t n, size_t *cap, size_t size)
{
    if (item != NULL && n < *cap)
        return item;
    const size_t bigger = *cap < 8 ? 16 : *cap * 2;
    void *fresh = tf_alloc_n(arena, bigger, size);
    if (n > 0)
        memcpy(fresh, item, n * size);
    *cap = bigger;
    return fresh;
}
