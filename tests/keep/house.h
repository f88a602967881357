/* What the tests of keep share. */
#ifndef TF_TESTS_KEEP_HOUSE_H
#define TF_TESTS_KEEP_HOUSE_H

#include "tests/house.h"

#include "keep/inside.h"

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
