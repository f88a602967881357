/* Inside harmonise: the mapping as read, and what its files share. */
#ifndef TF_HARMONISE_INSIDE_H
#define TF_HARMONISE_INSIDE_H

#include "base/sheet.h"
#include "base/yaml.h"
#include "harmonise/harmonise.h"

/* What a mapping says of one thing: a word for the whole series, or the column that holds it. */
struct tf_told {
    const struct tf_yaml *at; /* NULL: not told */
    const char *word;         /* when it is a word, else NULL */
    const char *column;       /* when it is a column, else NULL */
    size_t col;               /* its index, once bound to a sheet; SIZE_MAX when a word */
};
struct tf_pick { /* `only`: rows whose cell in this column is one of these words */
    const struct tf_yaml *at;
    const char *column;
    size_t col;
    const char **word;
    size_t n_words;
};
struct tf_shown { /* `labels`: a source's own word, and the word shown in its place */
    const char *column, *verbatim, *shown;
};
struct tf_mapping {
    const char *file;
    const char *id, *title, *source, *indicator, *location_basis, *caveat;
    const char *grade_scheme, *grade, *handling, *purpose, *review_by, *definition;
    const char *breakdown_kind;
    struct tf_told unit, counting_rule, period, value, area, status, document, note, vintage,
        source_label;
    const struct tf_yaml *area_map; /* or NULL: codes as they are */
    bool area_others_skipped;
    struct tf_told *breakdown;
    size_t n_breakdowns;
    struct tf_pick *only;
    size_t n_only;
    struct tf_shown *shown;
    size_t n_shown;
    struct tf_told missing_by;            /* a column, or nothing */
    const struct tf_yaml *missing_words;  /* word of that column -> reason */
    const struct tf_yaml *missing_at;     /* NULL: empty values are not explained */
    enum tf_miss missing_as;              /* when there is no column */
};
TF_MUST_CHECK enum tf_code tf_mapping_parse(struct tf_arena *arena, const char *file,
                                            const char *text, size_t n, struct tf_mapping **ret,
                                            struct tf_err *reterr);
/* Find the mapping's columns in a sheet; a column that is not there is an error in the mapping. */
TF_MUST_CHECK enum tf_code tf_mapping_bind(struct tf_mapping *m, const struct tf_sheet *s,
                                           struct tf_err *reterr);
/* Does the mapping use this column? */
bool tf_mapping_uses(struct tf_mapping *m, size_t col);

/* Is this a unit of count? The list is in mapping.c; *ret_near the nearest word, or NULL. */
bool tf_unit_known(const char *word, const char **ret_near);

/* "a=x;b=y" and "a=z;b=w" are parts of one breakdown. */
bool tf_same_breakdown(const char *a, const char *b);

/* Refuse a sheet in which a column looks like persons. */
TF_MUST_CHECK enum tf_code tf_persons_refuse(const struct tf_sheet *s, struct tf_mapping *m,
                                             struct tf_err *reterr);
/* A date or period as series write it: 2019, 2019-04, 2019-Q1, 2019-H1, 2019-04-01, or two joined by
 * '/'. */
bool tf_period_valid(const char *s);
/* A whole date, 2019-04-01. */
bool tf_date_valid(const char *s);

#endif
