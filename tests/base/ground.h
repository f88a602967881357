/* What the tests of the ground share: a guard and an arena for each test, a folder that goes away,
 * and tables of cases whose names are sentences. */
#ifndef TF_TESTS_BASE_GROUND_H
#define TF_TESTS_BASE_GROUND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"

#define LENGTH(a) (sizeof(a) / sizeof *(a))

#define BEGIN_TEST                                                     \
    struct tf_err err = {.code = TF_OK};                               \
    struct tf_guard guard;                                             \
    if (tf_guard_begin(&guard, &err) != TF_OK)                         \
        fail_msg("%s", err.what);                                      \
    struct tf_arena *arena = tf_arena_new("test", (size_t)1024 << 20)
#define END_TEST          \
    tf_arena_free(arena); \
    tf_guard_end(&guard)

#define assert_ok(call)                                                                       \
    do {                                                                                      \
        if ((call) != TF_OK)                                                                  \
            fail_msg("%s:%zu:%zu: %s / %s / %s", err.file, err.line, err.column, err.what,    \
                     err.fact, err.help);                                                     \
    } while (0)

/* Take the cases of a table (whose first member is `const char *name`) among the tests. */
#define ADD_CASES(tests, n, cases, function)                                                \
    do {                                                                                    \
        for (size_t add_k = 0; add_k < LENGTH(cases); add_k++)                              \
            (tests)[(n)++] = (struct CMUnitTest){(cases)[add_k].name, (function), NULL, NULL, \
                                                 &(cases)[add_k]};                          \
    } while (0)
#define ADD_TEST(tests, n, title, function) \
    ((tests)[(n)++] = (struct CMUnitTest){(title), (function), NULL, NULL, NULL})

static char temp_dir[64];

static inline void temp_begin(void)
{
    (void)snprintf(temp_dir, sizeof temp_dir, "/tmp/trefoil-test-XXXXXX");
    if (sodium_init() < 0 || mkdtemp(temp_dir) == NULL)
        abort();
}

static inline const char *temp_path(struct tf_arena *arena, const char *name)
{
    return tf_path_join(arena, temp_dir, name);
}

static inline void temp_end(void)
{
    struct tf_err err;
    struct tf_guard guard;
    if (tf_guard_begin(&guard, &err) != TF_OK)
        return;
    struct tf_arena *arena = tf_arena_new("cleaning", (size_t)1 << 20);
    char **name;
    size_t n = 0;
    if (tf_dir_list(arena, temp_dir, &name, &n, &err) == TF_OK)
        for (size_t k = 0; k < n; k++)
            (void)unlink(temp_path(arena, name[k]));
    (void)rmdir(temp_dir);
    tf_arena_free(arena);
    tf_guard_end(&guard);
}

static inline void temp_write(struct tf_arena *arena, const char *name, const void *data, size_t n)
{
    struct tf_err err;
    if (tf_file_write(temp_path(arena, name), data, n, &err) != TF_OK)
        fail_msg("%s", err.what);
}

#endif
