/* What tests in a study folder share: a guard, an arena and an empty folder for each case. */
#ifndef TF_TESTS_HOUSE_H
#define TF_TESTS_HOUSE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

struct house {
    struct tf_guard guard;
    struct tf_err err;
    struct tf_arena *arena;
    char dir[64];
};

/* The case runs inside; whatever it opened is closed before the folder goes. */
#define IN_HOUSE(h)                                                        \
    struct house h = {.err = {.code = TF_OK}};                             \
    (void)snprintf(h.dir, sizeof h.dir, "/tmp/trefoil-case-XX" "XX" "XX"); \
    assert_non_null(mkdtemp(h.dir));                                       \
    assert_int_equal(tf_guard_begin(&h.guard, &h.err), TF_OK);             \
    h.arena = tf_arena_new("test", (size_t)1 << 30)
#define OUT_OF_HOUSE(h)                                          \
    do {                                                         \
        tf_arena_free(h.arena);                                  \
        h.arena = tf_arena_new("cleaning up", (size_t)16 << 20); \
        remove_tree(&h, h.dir);                                  \
        tf_arena_free(h.arena);                                  \
        tf_guard_end(&h.guard);                                  \
    } while (0)
#define OK(call) assert_int_equal((call), TF_OK)

static inline void remove_tree(struct house *h, const char *dir)
{
    char **name;
    size_t n;
    if (tf_dir_list(h->arena, dir, &name, &n, &h->err) != TF_OK)
        return;
    for (size_t k = 0; k < n; k++) {
        const char *path = tf_path_join(h->arena, dir, name[k]);
        if (tf_dir_exists(path))
            remove_tree(h, path);
        else
            (void)unlink(path);
    }
    const char *vault = tf_path_join(h->arena, dir, ".trefoil"); /* hidden names are not listed */
    if (tf_dir_exists(vault))
        remove_tree(h, vault);
    (void)rmdir(dir);
}

static inline const char *put_file(struct house *h, const char *name, const char *text)
{
    const char *path = tf_path_join(h->arena, h->dir, name);
    OK(tf_dir_make(tf_path_dir(h->arena, path), &h->err));
    OK(tf_file_write(path, text, strlen(text), &h->err));
    return path;
}

#endif
