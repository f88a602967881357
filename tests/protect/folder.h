/* A study folder made for one test and taken away after it. */
#ifndef TESTS_PROTECT_FOLDER_H
#define TESTS_PROTECT_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"

static inline void folder_remove(const char *path)
{
    char below[1024];
    DIR *dir = opendir(path);
    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        const int n = snprintf(below, sizeof below, "%s/%s", path, e->d_name);
        if (n > 0 && (size_t)n < sizeof below)
            folder_remove(below);
    }
    if (dir != NULL)
        (void)closedir(dir);
    (void)remove(path);
}

/* Make a folder with these files: name, text, name, text, NULL. */
static inline char *folder_make(struct tf_arena *a, const char *const *file)
{
    struct tf_err err;
    char name[] = "/tmp/trefoil-test-" "XX" "XX" "XX";
    char *dir = tf_strdup(a, mkdtemp(name));
    for (size_t k = 0; file[k] != NULL; k += 2) {
        const char *path = tf_path_join(a, dir, file[k]);
        if (tf_dir_make(tf_path_dir(a, path), &err) != TF_OK ||
            tf_file_write(path, file[k + 1], strlen(file[k + 1]), &err) != TF_OK)
            abort();
    }
    return dir;
}

#endif
