/* What the tests of keep share: a guard, an arena and an empty study folder for each case. */
#ifndef TF_TESTS_KEEP_HOUSE_H
#define TF_TESTS_KEEP_HOUSE_H

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

#include "keep/inside.h"

struct house {
    struct tf_guard guard;
    struct tf_err err;
    struct tf_arena *arena;
    char dir[64];
};

/* The case runs inside; whatever it made is closed before the guard ends. */
#define IN_HOUSE(h)                                                              \
    struct house h = {.err = {.code = TF_OK}};                                   \
    (void)snprintf(h.dir, sizeof h.dir, "/tmp/trefoil-case-XX" "XX" "XX");             \
    assert_non_null(mkdtemp(h.dir));                                             \
    assert_int_equal(tf_guard_begin(&h.guard, &h.err), TF_OK);                   \
    h.arena = tf_arena_new("test", (size_t)1 << 30)
#define OUT_OF_HOUSE(h)          \
    do {                         \
        tf_arena_free(h.arena);  \
        tf_guard_end(&h.guard);  \
        empty_folder(h.dir);     \
    } while (0)
#define OK(call) assert_int_equal((call), TF_OK)

static inline void remove_in(const char *dir, const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    (void)remove(path);
}

static inline void empty_folder(const char *dir)
{
    static const char *const names[] = {
        ".trefoil/vault/XA-children-response.db", ".trefoil/vault/XA-context-interviews.db",
        ".trefoil/vault/XA-threats-counts.db",    ".trefoil/vault",
        ".trefoil/vault.key",                     ".trefoil/register.db",
        ".trefoil",                               "data.csv",
        "study.yaml",                             "indicators.yaml"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        remove_in(dir, names[k]);
    (void)rmdir(dir);
}

/* A small table with every kind of thing in it. */
static inline struct tf_table *sample_table(struct tf_arena *a)
{
    static struct tf_label yes_no[] = {{.value = 0, .label = "No"}, {.value = 1, .label = "Yes"}};
    struct tf_table *t = tf_table_new(a, "child", 4);
    const size_t x = tf_table_add(t, "exp_e", TF_NUMBER), s = tf_table_add(t, "area", TF_TEXT);
    static const double value[] = {1, 0, 0.1, -3e300};
    for (size_t k = 0; k < 4; k++) {
        t->col[x].num[k] = value[k];
        t->col[x].miss[k] = TF_PRESENT;
        t->col[s].text[k] = k == 1 ? "plaintext-canary" : "Rural";
        t->col[s].miss[k] = TF_PRESENT;
    }
    t->col[x].num[3] = (double)NAN;
    t->col[x].miss[3] = TF_MISS_PREFER_NOT;
    t->col[s].text[2] = "";
    t->col[s].miss[2] = TF_MISS_AGE;
    t->col[x].label = "A question";
    t->col[x].labels = yes_no;
    t->col[x].n_labels = 2;
    t->col[x].flags = TF_SYNTHETIC;
    t->flags = TF_PARTIAL;
    return t;
}

#endif
