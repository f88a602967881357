/* ask, inside: reading maps into structs by tables of fields.
 *
 * Every map of a study file is described by a table of fields: key, kind, and where in the struct
 * the value goes. The table is at once the reader, the list of known keys (another key is an error
 * that names the nearest) and the documentation. Only what a table cannot say is code. */
#ifndef TF_ASK_INSIDE_H
#define TF_ASK_INSIDE_H

#include "ask/ask.h"

enum field_kind {
    FIELD_TEXT,    /* const char * */
    FIELD_ID,      /* const char *: letters, digits, '_', '-', '.'; it becomes part of file names */
    FIELD_CODE,    /* const char *: two or three capitals or digits */
    FIELD_DATE,    /* const char *: 2019, 2019-09 or 2019-09-30 */
    FIELD_WORD,    /* const char *: one of `words` */
    FIELD_CHOICE,  /* an enum: the index in `words` */
    FIELD_NUMBER,  /* double */
    FIELD_SHARE,   /* double 0..1 */
    FIELD_COUNT,   /* int >= 0 */
    FIELD_BOOL,    /* bool */
    FIELD_TEXTS,   /* const char ** with a size_t at `at2` */
    FIELD_NUMBERS, /* double * with a size_t at `at2` */
    FIELD_RANGE,   /* two int: [from, to], from <= to */
    FIELD_SPAN,    /* two double: 5 or [5, 9] */
    FIELD_WORDS,   /* struct tf_words: text, or {en: text, km: text} */
    FIELD_OTHER    /* known; read by code */
};
struct field {
    const char *key;
    enum field_kind kind;
    bool need;
    size_t at, at2; /* offsets in the struct */
    const char *const *words;
};
#define FIELD_AT(type, member) .at = offsetof(type, member)
#define FIELD_AT2(type, member, second) .at = offsetof(type, member), .at2 = offsetof(type, second)
#define FIELD_END {.key = NULL}

/* Read a map into *thing. What the map does not state stays as it is. */
TF_MUST_CHECK enum tf_code tf_fields_read(struct tf_arena *arena, const struct tf_yaml *map,
                                          const struct field *fields, void *thing,
                                          struct tf_err *reterr);

/* How a list of maps is read into an array of structs. */
struct list_kind {
    const char *key;            /* of the list in its map */
    const struct field *fields; /* of each entry; the first field is its name */
    size_t size;                /* of the struct */
    size_t place;               /* offset of its struct tf_place */
    void (*start)(void *thing); /* set defaults, or NULL */
    enum tf_code (*more)(struct tf_arena *arena, const struct tf_yaml *map, void *thing,
                         struct tf_err *reterr); /* what the table cannot say, or NULL */
};
/* Read map[kind.key]; a name that stands twice is an error at the second. */
TF_MUST_CHECK enum tf_code tf_list_read(struct tf_arena *arena, const struct tf_yaml *map,
                                        const struct list_kind *kind, void **ret, size_t *ret_n,
                                        struct tf_err *reterr);
struct tf_place tf_place_of(const struct tf_yaml *node);
enum tf_code tf_words_read(struct tf_arena *arena, const struct tf_yaml *node,
                           struct tf_words *ret, struct tf_err *reterr);

extern const char *const tf_strand_words[]; /* in the order of enum tf_strand, ended by NULL */

/* study.c asks for the larger parts. */
enum tf_code tf_countries_read(struct tf_study *s, const struct tf_yaml *root,
                               struct tf_err *reterr);
enum tf_code tf_datasets_read(struct tf_study *s, const struct tf_yaml *root,
                              struct tf_err *reterr);
enum tf_code tf_forms_read(struct tf_study *s, const struct tf_yaml *root, struct tf_err *reterr);
void tf_forms_check(const struct tf_study *s, struct tf_notices *out);
enum tf_code tf_custody_read(struct tf_study *s, const struct tf_yaml *root,
                             struct tf_err *reterr);
enum tf_code tf_indicators_read(struct tf_study *s, const struct tf_yaml *root,
                                struct tf_err *reterr);

#endif
