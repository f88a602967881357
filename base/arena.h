/* Memory by lifetime.
 *
 * An arena is a pile of blocks that is freed at once. Allocation never returns NULL: when an
 * arena reaches its limit, or the machine has no memory, control goes back to the innermost
 * guard (tf_guard_begin), which frees every arena made since it began and returns an error.
 * So code reads straight on, and one place decides what "out of memory" means. A door sets one
 * guard round each command; a room may set its own round an untrusted file.
 *
 *     struct tf_guard guard;
 *     if (tf_guard_begin(&guard, reterr) != TF_OK)   // first time: TF_OK; after a failure: the code
 *         return reterr->code;
 *     …work…
 *     tf_guard_end(&guard);
 *
 * Each thread has its own guards, and an arena belongs to the thread that made it: only that thread
 * allocates from it and frees it (others may read what it holds).
 *
 * Because control may leave from any allocation, nothing but arenas may be held across one
 * without a tf_arena_defer: a file, a child, a statement is handed to the arena with its release. */
#ifndef TF_BASE_ARENA_H
#define TF_BASE_ARENA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "base/err.h"

struct tf_arena;

/* A new arena; name (a literal) appears in "limit reached" messages; limit in bytes. */
struct tf_arena *tf_arena_new(const char *name, size_t limit);
/* The same for what nobody may find in memory afterwards (opened answers): all of it is overwritten
 * before it is given back, also when a guard frees it. The arrays that tf_grow left behind are blocks
 * of the arena, too. It can be swapped out: keys belong in sodium_malloc memory (keep/seal). */
struct tf_arena *tf_arena_new_wiped(const char *name, size_t limit);
/* Run the deferred releases (last first) and free all. NULL is allowed. */
void tf_arena_free(struct tf_arena *arena);
/* Call release(thing) when the arena is freed; at once when there is no memory to remember it. So
 * what is handed over directly after it was opened is never lost. */
void tf_arena_defer(struct tf_arena *arena, void (*release)(void *), void *thing);
/* Bytes handed out so far. */
size_t tf_arena_used(const struct tf_arena *arena);

/* size bytes, zeroed, aligned for any type. */
void *tf_alloc(struct tf_arena *arena, size_t size) __attribute__((returns_nonnull, malloc));
/* n things of size bytes; a product that overflows is a limit error. */
void *tf_alloc_n(struct tf_arena *arena, size_t n, size_t size)
    __attribute__((returns_nonnull, malloc));
#define TF_NEW(arena, type) ((type *)tf_alloc((arena), sizeof(type)))
#define TF_NEW_N(arena, type, n) ((type *)tf_alloc_n((arena), (n), sizeof(type)))

char *tf_strdup(struct tf_arena *arena, const char *s) __attribute__((returns_nonnull));
char *tf_strndup(struct tf_arena *arena, const char *s, size_t n) __attribute__((returns_nonnull));
char *tf_printf(struct tf_arena *arena, const char *format, ...) TF_PRINTF(2, 3)
    __attribute__((returns_nonnull));

/* Make room for one more in a growing array: `item = tf_grow(arena, item, n, &cap, sizeof *item)`.
 * The old array is copied when it must move. */
void *tf_grow(struct tf_arena *arena, void *item, size_t n, size_t *cap, size_t size)
    __attribute__((returns_nonnull));

/* A guard, as above. Guards nest, and the function that began one ends it on every path.
 * tf_guard_push is the macro's half. */
struct tf_guard {
    jmp_buf env;
    struct tf_guard *outer;
    struct tf_arena *newest; /* arenas made later than this one are freed on failure */
    struct tf_err *reterr;
};
#define tf_guard_begin(guard, reterr) \
    (tf_guard_push((guard), (reterr)), (enum tf_code)setjmp((guard)->env))
void tf_guard_push(struct tf_guard *guard, struct tf_err *reterr);
void tf_guard_end(struct tf_guard *guard);

/* For tests: let the n-th allocation from now fail (1 = the next); 0 = never. Returns how many
 * allocations were made since the last call. */
size_t tf_arena_fail_at(size_t n);

#endif
