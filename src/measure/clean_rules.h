/* Cleaning rules as read from their file: shared by clean.c and clean_scan.c only. */
#ifndef TF_MEASURE_CLEAN_RULES_H
#define TF_MEASURE_CLEAN_RULES_H

#include "base/yaml.h"
#include "measure/clean.h"

enum tf_rule_kind { TRIM, DROP_DUPLICATES, RECODE, VOID_ITEM, DROP, DROP_UNWEIGHTED, N_RULES };

struct tf_rule {
    enum tf_rule_kind kind;
    const struct tf_yaml *at;    /* the rule's map, for its place */
    const char *name, *why, *as; /* name: "trim" … */
    const char **var;
    size_t n_vars;
    bool all;               /* vars: all */
    const char *where, *id, *weight;
    bool keep_last;         /* drop_duplicates */
    const struct tf_yaml *map; /* recode */
    const char **country;
    size_t n_countries;
};
/* Read a file's rules; path NULL gives none. Unknown rules and keys are errors at their place. */
TF_MUST_CHECK enum tf_code tf_rules_read(struct tf_arena *arena, const char *path,
                                         struct tf_rule **ret, size_t *ret_n,
                                         struct tf_err *reterr);
bool tf_rule_is_for(const struct tf_rule *rule, const char *country);
bool tf_rule_names(const struct tf_rule *rule, const char *var);
/* The rows a rule's condition holds for (all when it has none); errors at the condition's place. */
TF_MUST_CHECK enum tf_code tf_rule_mask(struct tf_arena *arena, const struct tf_rule *rule,
                                        const struct tf_table *t, bool **ret,
                                        struct tf_err *reterr);

#endif
