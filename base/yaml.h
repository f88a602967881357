/* YAML read into a tree in which every node knows its place, so that any later finding can name
 * file, line and column. Anchors, aliases, tags and multiple documents are refused; depth <= 32,
 * nodes <= 1,000,000, 64 MB. Duplicate keys are an error. */
#ifndef TF_BASE_YAML_H
#define TF_BASE_YAML_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum tf_yaml_kind { TF_YAML_SCALAR, TF_YAML_LIST, TF_YAML_MAP };
struct tf_yaml {
    enum tf_yaml_kind kind;
    const char *file;
    size_t line, column;   /* 1-based */
    const char *text;      /* scalar */
    bool plain;            /* scalar written without quotes */
    size_t n;              /* entries of a list or map */
    struct tf_yaml **item; /* [n] values */
    struct tf_yaml **key;  /* [n] scalars, for a map */
};
TF_MUST_CHECK enum tf_code tf_yaml_read(struct tf_arena *arena, const char *path,
                                        struct tf_yaml **ret, struct tf_err *reterr);
/* first_line: the line number of the text's first line in its file (1 for a whole file). */
TF_MUST_CHECK enum tf_code tf_yaml_parse(struct tf_arena *arena, const char *file,
                                         size_t first_line, const char *text, size_t n,
                                         struct tf_yaml **ret, struct tf_err *reterr);
/* The value under a key, or NULL (also for a NULL map). */
struct tf_yaml *tf_yaml_get(const struct tf_yaml *map, const char *key);
/* An error at the node's place. */
enum tf_code tf_yaml_fail(const struct tf_yaml *node, struct tf_err *reterr, const char *format,
                          ...) TF_PRINTF(3, 4);
/* Every key of the map must be in `known` (ends with NULL): the error names the nearest. */
TF_MUST_CHECK enum tf_code tf_yaml_known(const struct tf_yaml *map, const char *const *known,
                                         struct tf_err *reterr);
/* Typed reads of map[key]. need_: a missing key is an error at the map's place.
 * opt_: a missing key gives `otherwise`. A wrong kind is an error at the value's place. */
TF_MUST_CHECK enum tf_code tf_yaml_need_text(const struct tf_yaml *map, const char *key,
                                             const char **ret, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_yaml_opt_text(const struct tf_yaml *map, const char *key,
                                            const char *otherwise, const char **ret,
                                            struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_yaml_need_number(const struct tf_yaml *map, const char *key,
                                               double *ret, struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_yaml_opt_number(const struct tf_yaml *map, const char *key,
                                              double otherwise, double *ret,
                                              struct tf_err *reterr);
TF_MUST_CHECK enum tf_code tf_yaml_opt_bool(const struct tf_yaml *map, const char *key,
                                            bool otherwise, bool *ret, struct tf_err *reterr);
/* A list of scalars as texts (a lone scalar counts as a list of one); missing key: n = 0. */
TF_MUST_CHECK enum tf_code tf_yaml_opt_texts(struct tf_arena *arena, const struct tf_yaml *map,
                                             const char *key, const char ***ret, size_t *ret_n,
                                             struct tf_err *reterr);

#endif
