/* Parts: the sums of one shard of a survey, to be added to those of others. A part holds no row, but
 * sums of PSUs: it is as confidential as the data (docs/FORMATS.md, "Parts"). Private to the room,
 * but for tf_partial_write and tf_parts_merge (result.h). */
#ifndef TF_MEASURE_PARTIAL_H
#define TF_MEASURE_PARTIAL_H

#include "measure/family.h"

enum { TF_PART_VERSION = 1 };

struct tf_part_key { /* a variable that tells strata, PSUs or domains */
    const char *var;
    bool number;     /* its values are numbers, in their order */
};
struct tf_part_keys {
    struct tf_part_key *key;
    size_t n;
};
struct tf_part_stratum {
    const char **key;
    size_t units;       /* rows of the sample where rows are units; else 0 */
    size_t rows;        /* with a weight */
    const char *fpc;    /* as in the data, or NULL */
};
struct tf_part_unit {
    size_t stratum, rows;
    const char **key;
};
struct tf_part_cell {
    size_t cell;
    uint32_t count;
    tf_u128 sum, square;
};
struct tf_part_sums {   /* of one unit (by rows: one stratum) and domain */
    size_t unit, domain;
    uint32_t rows;
    struct tf_part_cell *cell;
    size_t n;
};
struct tf_part_value {  /* of a number */
    size_t var, unit, domain;
    struct tf_number_sum sum;
};
struct tf_part_all {    /* of a variable in a domain */
    size_t var, domain;
    struct tf_number_all all; /* categories: only ww */
};
struct tf_part_family {
    const char *id;
    enum tf_interval_of of;
    int exponent;
    struct tf_part_keys by;
    struct tf_by **domain; /* [n_domains], each [by.n] */
    size_t n_domains, cap_domains;
    struct tf_family_var *var;
    size_t n_vars, cap_vars, cap_categories;
    struct tf_part_sums *sums;
    size_t n_sums, cap_sums;
    struct tf_part_value *value;
    size_t n_values, cap_values;
    struct tf_part_all *all;
    size_t n_all, cap_all;
    size_t line;
};
struct tf_part {
    const char *file;
    const char *recipe, *recipe_hash, *recipe_text, *data, *data_hash, *design;
    bool by_rows, nest, fpc;
    struct tf_part_keys strata, psu;
    struct tf_part_stratum *stratum;
    size_t n_strata, cap_strata;
    struct tf_part_unit *unit;
    size_t n_units, cap_units;
    struct tf_part_family *family;
    size_t n_families, cap_families;
};
/* Read a part: any bytes give one that holds together (numbers in range, keys complete), or an error
 * with its line. */
TF_MUST_CHECK enum tf_code tf_part_parse(struct tf_arena *arena, const char *file,
                                         const char *text, size_t n, struct tf_part **ret,
                                         struct tf_err *reterr);
/* ---- joining (merge.c, merge_sums.c) ---- */
struct tf_joining {
    struct tf_arena *arena;
    struct tf_part *const *part;
    size_t n;
    struct tf_yaml *root;
    enum tf_lonely lonely;
    struct tf_onepass_stratum *stratum; /* with rows */
    size_t *stratum_number; /* [n_strata] among all */
    size_t n_strata, n_units, n_rows;
    size_t **unit_at; /* [parts][its units, or strata by rows] place among units, SIZE_MAX: none */
    struct tf_err *reterr;
};
struct tf_keyed { /* something told by texts, and where it came from */
    const struct tf_part_keys *keys;
    const char *const *text;
    size_t above;       /* number of what it lies in */
    size_t part, index;
    size_t number;      /* among the different ones, in order */
};
/* Sort and number; returns how many different ones there are. */
size_t tf_number_keys(struct tf_keyed *item, size_t n);
/* The same variables? A key is a number where it is one in both; the first list is corrected. */
TF_MUST_CHECK enum tf_code tf_same_keys(const struct tf_joining *j, struct tf_part_keys *first,
                                        const struct tf_part_keys *other, const char *what);
/* The family of estimate k, from all parts. */
TF_MUST_CHECK enum tf_code tf_join_family(const struct tf_joining *j, const struct tf_ask *ask,
                                          size_t k, struct tf_family **ret);
/* Join parts of one recipe: the runner has the recipe, the results and no rows. */
TF_MUST_CHECK enum tf_code tf_parts_join(struct tf_arena *arena, struct tf_part *const *part,
                                         size_t n, struct tf_recipe_run **ret,
                                         struct tf_err *reterr);
/* The design of a shard: a stratum may have one PSU there and more elsewhere. */
const struct tf_yaml *tf_shard_design(struct tf_arena *arena, const struct tf_yaml *design);

#endif
