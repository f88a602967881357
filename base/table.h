/* Tables: typed columns with typed missing values and flags. The data frame of the program. */
#ifndef TF_BASE_TABLE_H
#define TF_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"

/* Why a value is not there. The first is "it is there". */
enum tf_miss {
    TF_PRESENT = 0,
    TF_MISS_SYSTEM,        /* empty, no reason known */
    TF_MISS_DONT_KNOW,     /* answered "don't know" */
    TF_MISS_PREFER_NOT,    /* answered "prefer not to say" */
    TF_MISS_REFUSED,       /* refused the question */
    TF_MISS_ROUTING,       /* not asked: routing */
    TF_MISS_COUNTRY,       /* not asked: not in this country */
    TF_MISS_AGE,           /* not asked: not at this age */
    TF_MISS_VOID,          /* item void after fieldwork */
    TF_MISS_BROKEN_OFF,    /* interview broken off before it */
    TF_MISS_LOST,          /* given, and lost */
    TF_MISS_NOT_RECORDED,  /* counts: the source does not record it */
    TF_MISS_NOT_SUPPLIED,  /* counts: recorded, not supplied */
    TF_MISS_NO_CATEGORY,   /* counts: no such category in law */
    TF_MISS_WITHHELD,      /* counts: the source refused */
    TF_MISS_NOT_FOUND,     /* counts: searched for, not found */
    TF_N_MISS
};
/* The word used in files ("dont_know", "not_recorded", …) and the plain words for people
 * ("don't know", "not recorded by the source"). */
const char *tf_miss_word(enum tf_miss why);
const char *tf_miss_plain(enum tf_miss why);
/* The reason named by a word; false when there is none. */
bool tf_miss_named(const char *word, enum tf_miss *ret);

/* Doubt travels with data: results inherit these, pages show them. */
enum tf_flag {
    TF_SYNTHETIC = 1,
    TF_PARTIAL = 2,
    TF_NON_PROBABILITY = 4,
    TF_PROVISIONAL = 8,
    TF_VOID_ITEM = 16,
    TF_SMALL_BASE = 32
};

enum tf_type { TF_NUMBER, TF_TEXT };

struct tf_label {
    double value;     /* for number columns */
    const char *text; /* for text columns, else NULL */
    const char *label;
};

/* A code that the file itself declares missing: 99 in SPSS, .a in Stata. Which of them a row had stays
 * known, so that a reason can be given later (tf_column_missing). */
struct tf_declared {
    double value;      /* NaN where it has a text */
    const char *text;  /* ".a", or NULL */
    const char *label; /* or NULL */
};

struct tf_column {
    const char *name;  /* as in the file */
    const char *label; /* question or description, or NULL */
    enum tf_type type;
    double *num;       /* [n_rows], NaN where missing; NULL for text */
    const char **text; /* [n_rows], "" where missing; NULL for numbers */
    uint8_t *miss;     /* [n_rows] of enum tf_miss */
    struct tf_label *labels;
    size_t n_labels;
    unsigned flags; /* of enum tf_flag */
    struct tf_declared *declared; /* codes declared missing that rows have; at most 255 */
    size_t n_declared;
    uint8_t *declared_of; /* [n_rows] 1 + index of the row's, 0 = none; NULL when n_declared is 0 */
};

struct tf_table {
    struct tf_arena *arena; /* owns all below */
    const char *name;       /* "child", or the file's name */
    size_t n_rows, n_cols, cap_cols;
    struct tf_column *col;
    unsigned flags;
};

struct tf_table *tf_table_new(struct tf_arena *arena, const char *name, size_t n_rows);
/* Append a column, all missing (system). Returns its index; pointers to columns may move. */
size_t tf_table_add(struct tf_table *t, const char *name, enum tf_type type);
/* Append a column whose arrays were made elsewhere, of t->n_rows each and living as long. */
size_t tf_table_adopt(struct tf_table *t, struct tf_column column);
/* Memory for n values of columns, zeroed, on large pages where it is much and the system has them: a
 * column then costs hundreds of page faults, not tens of thousands. */
void *tf_table_memory(struct tf_arena *arena, size_t n, size_t size);
/* The column's index by exact name, else by name regardless of ASCII case when only one fits;
 * SIZE_MAX when none, SIZE_MAX - 1 when several fit. */
size_t tf_table_find(const struct tf_table *t, const char *name);
/* As tf_table_find, with an error that names the nearest column. */
TF_MUST_CHECK enum tf_code tf_table_need(const struct tf_table *t, const char *name, size_t *ret,
                                         struct tf_err *reterr);
/* Label of a value, or NULL. */
const char *tf_column_label(const struct tf_column *c, double value);
/* A text column whose present values are all numbers, and none a code like 007 (tf_is_code), becomes
 * a number column (labels too); returns whether it did. Values are trimmed first; empty is missing. */
bool tf_column_to_number(struct tf_table *t, size_t col);
/* Are the present values of a text column, NA apart (as R writes what is missing), all numbers that lose
 * nothing ("007" and "+1" would), and is there one? */
bool tf_column_spells_numbers(const struct tf_column *c, size_t n_rows);
/* The NA of a text column becomes missing (system). */
void tf_column_na(struct tf_table *t, size_t col);
/* Turn this code of a number column into a typed missing value, also where the file declared it
 * missing (then the reason was "system"). */
void tf_column_missing(struct tf_table *t, size_t col, double code, enum tf_miss why);
/* The same for a declared code that has a text (".a"). */
void tf_column_missing_text(struct tf_table *t, size_t col, const char *code, enum tf_miss why);
/* Keep the rows with keep[row]; the table is changed in place. */
void tf_table_keep_rows(struct tf_table *t, const bool *keep);
/* Hash of names, types, labels, values and missing reasons: equal content, equal hash. */
struct tf_hash tf_table_hash(const struct tf_table *t);
/* The table as CSV text (values as codes; missing reasons as empty). */
struct tf_buf;
void tf_table_csv(const struct tf_table *t, struct tf_buf *out);

/* Read a CSV (RFC 4180, UTF-8, comma; first row is the header). Columns are texts as they stand; with
 * guess_numbers those that hold only numbers become numbers (tf_column_to_number). Errors name line
 * and column: broken quote, stray byte, row length, duplicate or empty header. The table is the same
 * for any number of threads. Limits: 4 GB, 20,000 columns, 100 million rows. */
struct tf_csv_opt {
    bool guess_numbers;
    bool na_is_missing; /* NA among numbers is missing, as R writes it; among words it is a word */
    unsigned threads;   /* 0 = as many as there are processors */
    size_t **ret_line;  /* where not NULL: *ret_line[row] = line of the row in the file */
};
TF_MUST_CHECK enum tf_code tf_csv_read(struct tf_arena *arena, const char *path,
                                       struct tf_csv_opt opt, struct tf_table **ret,
                                       struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_csv_parse(struct tf_arena *arena, const char *name, const char *data,
                                        size_t n, struct tf_csv_opt opt, struct tf_table **ret,
                                        struct tf_err *reterr);

#endif
