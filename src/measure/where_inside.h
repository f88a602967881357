/* The tree of a condition, between its reader (where_read.c) and its judge (where.c). Nobody else
 * includes this. */
#ifndef TF_MEASURE_WHERE_INSIDE_H
#define TF_MEASURE_WHERE_INSIDE_H

#include "measure/where.h"

enum tf_where_op {
    TF_OR, TF_AND, TF_NOT, TF_IS_MISSING, TF_IS_NUMBER, /* truths */
    TF_EQ, TF_NE, TF_LT, TF_LE, TF_GT, TF_GE, TF_IN,
    TF_CONSTANT, TF_VARIABLE, /* values */
    TF_ADD, TF_SUBTRACT, TF_MULTIPLY, TF_DIVIDE, TF_NEGATE, TF_ABS, TF_FLOOR
};

struct tf_where_node {
    enum tf_where_op op;
    struct tf_where_node *a, *b; /* what it is made of: b NULL where there is one only */
    /* TF_IN: the constants; a list */
    const struct tf_where_node **list;
    size_t n_list;
    const struct tf_column *column; /* TF_VARIABLE */
    const char *text;               /* TF_CONSTANT: a text, or NULL */
    double number;
    bool numeric;     /* the constant is, or spells, a number */
    bool has_column;  /* some variable stands below */
    bool all_numbers; /* no text column or text that spells no number stands below: fast */
};

struct tf_where {
    struct tf_where_node *root;
};

#endif
