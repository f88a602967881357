/* keep, inside: what the two halves of flattening share: the plan (flatten_plan.c: versions of a form
 * become columns) and the rows (flatten.c: records fill them). */
#ifndef TF_KEEP_FLATTEN_INSIDE_H
#define TF_KEEP_FLATTEN_INSIDE_H

#include "keep/flatten.h"

enum flat_kind { FLAT_TEXT, FLAT_NUMBER, FLAT_MANY, FLAT_RANK, FLAT_GEO };

struct flat_item { /* a choice */
    const char *value, *label;
    double number;    /* NaN: no number */
    enum tf_miss why; /* a choice that is a reason: "prefer not to say" */
};
struct flat_question { /* a question of the dataset, in whatever versions it stands */
    const char *name, *label;
    enum flat_kind kind;
    bool choice;        /* from a select of one: number or text by its codes */
    size_t table, first, n_cols; /* its columns there */
    struct flat_item *item;
    size_t n_items, cap_items;
};
struct flat_column {
    const char *name, *label;
    double *num;       /* NULL for texts */
    const char **text; /* NULL for numbers */
    uint8_t *miss;
    struct tf_label *labels;
    size_t n_labels;
    bool is_text;
};
struct flat_table {
    const char *name;
    struct flat_column *col;
    size_t n_cols, cap_cols, n_rows, cap_rows;
};
struct flat_field { /* a field of a version */
    size_t question; /* SIZE_MAX: becomes no column */
    const struct tf_crosswalk_field *way;
    struct tf_xpath *relevant; /* or NULL */
    bool routed;   /* it or a group round it (up to its repeat) is asked under a condition */
    size_t table;  /* of a repeat: its rows' */
};
struct flat_plan { /* a version */
    const struct tf_xform *form;
    const char *version;
    struct flat_field *field;
    uint8_t **blank; /* [table] the reasons of a row in which nothing stands, column by column */
};
struct tf_flat {
    struct tf_arena *arena;
    struct tf_flat_opt opt;
    struct flat_question *question;
    size_t n_questions, cap_questions;
    struct flat_table *table;
    size_t n_tables, cap_tables;
    struct flat_plan *plan;
    size_t n_plans, cap_plans;
    bool sealed; /* columns are made */
};
/* Make the columns: after the last version, before the first row. */
TF_MUST_CHECK enum tf_code tf_flat_seal(struct tf_flat *flat, struct tf_err *reterr);
/* Columns that every table begins with. */
enum { MAIN_KEY, MAIN_VERSION };
enum { ROW_PARENT, ROW_KEY, ROW_NUMBER, ROW_CODE };

#endif
