/* A study folder that only this process uses, made once; a target rewrites one file of it for each
 * input. It is taken away when the process ends. */
#ifndef TF_TESTS_FUZZ_FOLDER_H
#define TF_TESTS_FUZZ_FOLDER_H

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static char folder[] = "/tmp/trefoil-fuzz-" "XX" "XX" "XX";
static char written[8][256]; /* files and folders, in the order they were made */
static size_t n_written;

static void folder_clear(void)
{
    while (n_written > 0)
        (void)remove(written[--n_written]);
}

static const char *folder_path(const char *name)
{
    char path[256];
    const int n = snprintf(path, sizeof path, "%s%s%s", folder, *name == '\0' ? "" : "/", name);
    if (n < 0 || (size_t)n >= sizeof path)
        abort();
    for (size_t k = 0; k < n_written; k++)
        if (strcmp(written[k], path) == 0)
            return written[k];
    if (n_written == sizeof written / sizeof *written)
        abort();
    memcpy(written[n_written], path, sizeof path);
    return written[n_written++];
}

/* The folder itself, and once for each of its subfolders. */
static void folder_make(const char *below)
{
    if (n_written == 0) {
        if (mkdtemp(folder) == NULL || atexit(folder_clear) != 0)
            abort();
        (void)folder_path("");
    }
    if (*below != '\0' && mkdir(folder_path(below), 0700) != 0)
        abort();
}

static void folder_put(const char *name, const char *data, size_t n)
{
    FILE *f = fopen(folder_path(name), "wb");
    if (f == NULL || fwrite(data, 1, n, f) != n || fclose(f) != 0)
        abort();
}

#endif
