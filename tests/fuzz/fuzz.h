/* What the fuzz targets share: every input runs under a guard, in an arena with a limit, and is
 * given up wholly before the next. */
#ifndef TF_TESTS_FUZZ_FUZZ_H
#define TF_TESTS_FUZZ_FUZZ_H

#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* One input; what it returns or how it fails does not matter, only that it ends. */
static void try_input(struct tf_arena *arena, const char *data, size_t n);

int LLVMFuzzerInitialize(int *argc TF_UNUSED, char ***argv TF_UNUSED)
{
    return sodium_init() < 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct tf_guard guard;
    struct tf_err err;
    if (tf_guard_begin(&guard, &err) != TF_OK)
        return 0;
    struct tf_arena *arena = tf_arena_new("fuzz", (size_t)64 << 20);
    try_input(arena, (const char *)data, n);
    tf_arena_free(arena);
    tf_guard_end(&guard);
    return 0;
}

/* The input as a file that only this process uses; the descriptor stands at its start. */
static inline int as_file(const char *data, size_t n, const char **ret_path)
{
    static char path[] = "/tmp/trefoil-fuzz-XXXXXX";
    static int fd = -1;
    if (fd < 0)
        fd = mkstemp(path);
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, n, 0) != (ssize_t)n ||
        lseek(fd, 0, SEEK_SET) != 0)
        abort();
    *ret_path = path;
    return fd;
}

#endif
