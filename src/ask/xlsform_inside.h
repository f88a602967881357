/* Inside the reading of XLSForms: what its parts share. The parts, in the order of the work:
 *
 *     xlsform.c            the sheets, settings, the order of everything
 *     xlsform_heads.c      heads of columns -> what they hold
 *     xlsform_choices.c    choices, external choices, osm tags
 *     xlsform_entities.c   lists of entities
 *     xlsform_survey.c     rows of the survey -> nodes, groups
 *     xlsform_types.c      the table of types
 *     xlsform_select.c     selects and their lists
 *     xlsform_question.c   what single types ask of their row (parameters, defaults)
 *     xlsform_parameters.c key=value pairs; range
 *     xlsform_refs.c       ${name}, names, what is an expression
 *     translations.c       languages: which column lacks one, codes that are none
 */
#ifndef TF_ASK_XLSFORM_INSIDE_H
#define TF_ASK_XLSFORM_INSIDE_H

#include "ask/xlsform.h"
#include "base/names.h"

/* ---- heads ---- */
enum tf_xslot { /* what a column holds */
    TF_S_NONE, TF_S_TYPE, TF_S_NAME, TF_S_LABEL, TF_S_HINT, TF_S_GUIDANCE, TF_S_CONSTRAINT_MESSAGE,
    TF_S_REQUIRED_MESSAGE, TF_S_NO_APP, TF_S_MEDIA, TF_S_BIND, TF_S_CONTROL, TF_S_INSTANCE,
    TF_S_PARAMETERS, TF_S_DEFAULT, TF_S_CHOICE_FILTER, TF_S_TRIGGER, TF_S_SAVE_TO, TF_S_AUTOPLAY,
    TF_S_QUERY, TF_S_DISABLED, TF_S_INTENT, TF_S_LIST, TF_S_EXTRA, TF_N_SLOTS
};
struct tf_xhead {
    const char *token[4]; /* "bind", "jr:constraintMsg", "English" */
    size_t n;
    enum tf_xslot slot;
    size_t media;         /* enum tf_xmedia, TF_N_MEDIA = none that is known */
    const char *name;     /* of a bind, control, instance attribute, extra */
    const char *lang;
    bool known;           /* the notation has such a column */
};
struct tf_xheads {
    struct tf_xhead *col; /* [sheet->n_cols] */
    size_t width[TF_N_SLOTS], media_width[TF_N_MEDIA];
    bool any; /* the sheet is there and has a head */
};
enum tf_xsheet { TF_X_SURVEY, TF_X_CHOICES, TF_X_SETTINGS, TF_X_EXTERNAL, TF_X_ENTITIES, TF_X_OSM,
                 TF_N_XSHEETS };
extern const char *const tf_xsheet_name[TF_N_XSHEETS];

/* ---- the reading ---- */
struct tf_xplace { /* an open group */
    struct tf_xnode *node;     /* NULL = the form */
    struct tf_names names, lower; /* what is named in it */
    size_t row;
    const char *table_list;    /* "" = wanted, no list yet; NULL = none */
};
struct tf_xref { /* ${name} of a trigger, target of a reference-geometry */
    const char *name;
    size_t row;
};
struct tf_xread {
    struct tf_arena *arena;
    const struct tf_grid *grid;
    const struct tf_convert_opt *opt;
    struct tf_notices *out;
    struct tf_xlsform *form;
    const struct tf_grid_sheet *sheet[TF_N_XSHEETS]; /* NULL = not there */
    struct tf_xheads head[TF_N_XSHEETS];
    struct tf_err *reterr;
    size_t n_errors;
    bool clean;               /* single spaces in the survey */
    bool duplicates;          /* of choices are allowed */
    struct tf_names lists, external, osm; /* -> index */
    struct tf_names elements; /* name -> how often */
    struct tf_names questions, repeats;
    struct tf_names files;    /* names of instances that come as files */
    struct tf_names entities; /* list names */
    struct tf_xplace *place;  /* stack; the first is the form */
    size_t n_places, cap_places;
    struct tf_xref *trigger, *geometry;
    size_t n_triggers, cap_triggers, n_geometries, cap_geometries;
    bool or_other_seen, translated;
};

/* A fault at a cell: sheet, row (1 = head, 0 = none), name of the column or NULL, remedy or NULL. The
 * first becomes the error that is returned; all are told. */
void tf_xr_fault(struct tf_xread *x, enum tf_xsheet sheet, size_t row, const char *column,
               const char *help, const char *format, ...) TF_PRINTF(6, 7);
/* A warning or a note. */
void tf_xr_tell(struct tf_xread *x, enum tf_level level, enum tf_xsheet sheet, size_t row,
              const char *column, const char *help, const char *format, ...) TF_PRINTF(7, 8);
/* "Did you mean 'x'?", or the other sentence when nothing is near. candidates ends with NULL. */
const char *tf_xr_near(struct tf_xread *x, const char *word, const char *const *candidates,
                     const char *otherwise);
const char *tf_xr_near_names(struct tf_xread *x, const char *word, const struct tf_names *names,
                           const char *otherwise);
/* Sheets whose names are nearly this one: " The sheet 'chioces' has nearly this name.", or "". */
const char *tf_xr_like_sheet(struct tf_xread *x, enum tf_xsheet sheet);

void tf_xr_heads_read(struct tf_xread *x, enum tf_xsheet sheet);
void tf_xr_heads_need(struct tf_xread *x, enum tf_xsheet sheet, const char *token);

/* ---- cells ---- */
/* A cell with straight quotes, and in the survey single spaces. */
const char *tf_xr_cell(struct tf_xread *x, enum tf_xsheet sheet, size_t row, size_t col);
void tf_xr_text_add(struct tf_xread *x, struct tf_xtexts *t, size_t width, const char *lang,
                  const char *text);
/* room: how many pairs the list may come to hold at once when it is first made. */
void tf_xr_pair_set(struct tf_arena *arena, struct tf_xpairs *p, size_t room, const char *name,
                  const char *value);
const char *tf_xr_pair_get(const struct tf_xpairs *p, const char *name);
/* yes, TRUE, true() …: 1; no, …: 0; anything else: -1. */
int tf_xr_yes(const char *s);

/* ---- parts ---- */
void tf_xr_choices_read(struct tf_xread *x);
void tf_xr_survey_read(struct tf_xread *x);
void tf_xr_entities_read(struct tf_xread *x);
void tf_xr_references_check(struct tf_xread *x);
void tf_xr_translations_check(struct tf_xread *x);

/* Does a language end in a code that is known: "French (fr)"? Of "default" none is asked. */
bool tf_xr_language_known(const char *language);

/* The table of types: canonical name, or NULL; with suggestions for messages. */
const char *tf_xr_type(const char *written);
const char *tf_xr_type_near(struct tf_xread *x, const char *written);
/* "select_one yes_no or_other": false when it is no select. */
struct tf_xselect {
    const char *type, *list;
    bool from_file, or_other;
};
bool tf_xr_select_parse(struct tf_arena *arena, const char *written, struct tf_xselect *ret);
void tf_xr_select_check(struct tf_xread *x, struct tf_xnode *n, const struct tf_xselect *s);
/* What the type of a question asks of its row. written: the type as in the row. */
void tf_xr_question_check(struct tf_xread *x, struct tf_xnode *n, const char *written);
void tf_xr_audit_check(struct tf_xread *x, struct tf_xnode *n);
void tf_xr_range_check(struct tf_xread *x, struct tf_xnode *n);
/* Parameters of a row; false (and a fault) when they are no key=value pairs. */
bool tf_xr_parameters(struct tf_xread *x, const char *text, size_t row, struct tf_xpairs *ret);
/* A fault for each key that is not among the accepted (ended by NULL). */
bool tf_xr_parameters_among(struct tf_xread *x, const struct tf_xnode *n,
                          const char *const *accepted);

/* ${…} of a text, one after the other: *at moves on. */
enum tf_xfound { TF_X_NO_MORE, TF_X_REFERENCE, TF_X_MALFORMED };
enum tf_xfound tf_xr_reference(struct tf_arena *arena, const char *text, size_t *at,
                             const char **ret_name);
/* Is it one reference and nothing else / does it hold one? The name, or NULL. */
const char *tf_xr_reference_only(struct tf_arena *arena, const char *text);
bool tf_xr_reference_in(struct tf_arena *arena, const char *text);
#endif
