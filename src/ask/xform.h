/* ask/xform: ODK XForms as the rest of the program sees them, part of the public face of ask.
 *
 * A form is converted from a file (tf_xform_convert), read into a plain model (tf_xform_parse), its
 * expressions are trees (ask/expr.h), and a received submission can be read and checked against it
 * (tf_instance_read, tf_instance_check). Nothing here stores anything. */
#ifndef TF_ASK_XFORM_H
#define TF_ASK_XFORM_H

#include "ask/words.h"
#include "base/base.h"

/* ---- XLSForm in, XForm out ---- */
struct tf_xform_made {
    struct tf_bytes xml;
    const char *id, *version; /* version "" when none */
    struct tf_bytes itemsets; /* itemsets.csv of external choices, n = 0 when none */
};
/* Convert a form file (.xlsx, .xls, folder of CSV, .md). name: root element or NULL. Warnings and
 * errors go to out, one sentence each; TF_E_INPUT (the first error) when it is refused. */
TF_MUST_CHECK enum tf_code tf_xform_convert(struct tf_arena *arena, const char *path,
                                            const char *name, bool pretty, struct tf_notices *out,
                                            struct tf_xform_made *ret, struct tf_err *reterr);

/* ---- an XForm read ---- */
enum tf_xtype { /* data type of a bind, or what its control makes of it */
    TF_X_GROUP, TF_X_REPEAT, TF_X_STRING, TF_X_INT, TF_X_DECIMAL, TF_X_DATE, TF_X_TIME,
    TF_X_DATETIME, TF_X_BOOLEAN, TF_X_GEOPOINT, TF_X_GEOTRACE, TF_X_GEOSHAPE, TF_X_BINARY,
    TF_X_BARCODE, TF_X_SELECT_ONE, TF_X_SELECT_MANY, TF_X_RANK
};
struct tf_xitem { /* one choice */
    const char *value;
    struct tf_words label; /* lang is the form's own name of it: "English (en)" */
};
struct tf_xfield { /* a node of the primary instance, in document order */
    const char *path;   /* "/data/part/age" */
    const char *name;   /* last step */
    enum tf_xtype type;
    size_t parent;      /* index of the group or repeat above; SIZE_MAX at the root */
    size_t repeat;      /* index of the innermost repeat round it (itself not), or SIZE_MAX */
    size_t end;         /* one past the last field below it: its fields are itself + 1 .. end - 1 */
    bool control;       /* a question or group is shown for it */
    bool meta;          /* below meta */
    const char *relevant, *constraint, *required, *readonly, *calculate; /* or NULL */
    const char *preload, *preload_params, *saveto, *appearance, *media_type;
    const char *preset; /* text in the primary instance, "" when empty */
    const char *setvalue; /* value expression of a first-load setvalue, or NULL */
    struct tf_words label, hint, guidance, constraint_message, required_message;
    struct tf_words audio; /* file names of recorded labels, by language */
    struct tf_xitem *item;
    size_t n_items;     /* choices known from the form (inline or its own secondary instance) */
    const char *itemset;/* nodeset expression of an itemset, or NULL */
    const char *item_value, *item_label; /* its value and label references, or NULL */
    size_t line;        /* of its bind in the document, 0 = none */
};
struct tf_xinstance { /* a secondary instance */
    const char *id, *src; /* src NULL = inline */
    const char *root_name, *item_name; /* "root", "item": how paths name its parts */
    size_t n_items;
    struct tf_xpairs_row { size_t n; const char **name, **value; } *item;
};
struct tf_xform_index; /* finds fields by path: inside */
struct tf_xform {
    const char *file;   /* as given, for messages */
    const char *id, *version, *title, *root; /* version "" when none */
    const char *public_key;      /* base64RsaPublicKey, or NULL */
    const char *submission_url;  /* or NULL */
    struct tf_xfield *field;
    size_t n_fields;
    const char **language;
    size_t n_languages;
    const char *default_language; /* or NULL */
    const char **media;           /* file names the form refers to (jr://…), sorted, once each */
    size_t n_media;
    struct tf_xinstance *instance;
    size_t n_instances;
    const char *entities_version; /* or NULL */
    const struct tf_xform_index *index;
};
/* Read a document (limits: 16 MB, depth 128, 100,000 nodes; no DTD, no entities). What ODK Validate
 * refuses is refused (see validate.c): errors name line and column, and go to out too. */
TF_MUST_CHECK enum tf_code tf_xform_parse(struct tf_arena *arena, const char *file,
                                          const char *xml, size_t n, struct tf_notices *out,
                                          struct tf_xform **ret, struct tf_err *reterr);
/* The field of a path, or NULL. Paths are local names: "/data/meta/instanceID", whatever the prefix. */
const struct tf_xfield *tf_xform_field(const struct tf_xform *f, const char *path);

/* ---- a submission read ---- */
struct tf_instance_head { /* what a server needs to know, found without a tree */
    const char *form_id, *version;               /* version "" when none */
    const char *instance_id, *deprecated_id;     /* NULL when none */
    bool encrypted;                              /* an ODK encryption manifest */
    const char *encrypted_key, *signature, *xml_file; /* of a manifest */
    const char **media;  /* of a manifest: its media files in order, without xml_file; of a plain
                            submission none (that needs the form: tf_instance_media) */
    size_t n_media;
    struct tf_clear { const char *name, *value; } *clear; /* the clear quality header, when sent */
    size_t n_clear;
};
/* Streaming read of the head (limits: 8 MB, depth 64, no DTD, no entities, 2,000 media). */
TF_MUST_CHECK enum tf_code tf_instance_head(struct tf_arena *arena, const char *xml, size_t n,
                                            struct tf_instance_head *ret, struct tf_err *reterr);

struct tf_answer { /* one node of a submission, in document order */
    size_t field;       /* index in the form, or SIZE_MAX: not of this form */
    const char *path;
    const char *text;   /* "" when empty; NULL for groups and repeats */
    size_t row;         /* which instance of its innermost repeat: index into rows; an instance of
                           a repeat has its own row */
    size_t parent;      /* index of the answer above, SIZE_MAX for the root */
    size_t end;         /* one past the last answer below it */
    const struct tf_xpairs_row *attribute; /* local names (no namespaces), or NULL when none */
};
struct tf_repeat_row { /* one instance of a repeat; row 0 is the submission itself */
    size_t field;       /* the repeat's field; SIZE_MAX for row 0 */
    size_t parent;      /* row above */
    size_t number;      /* 1-based among its siblings */
};
struct tf_instance {
    struct tf_instance_head head;
    struct tf_answer *answer;
    size_t n_answers;
    struct tf_repeat_row *row;
    size_t n_rows;
};
TF_MUST_CHECK enum tf_code tf_instance_read(struct tf_arena *arena, const struct tf_xform *form,
                                            const char *xml, size_t n, struct tf_instance **ret,
                                            struct tf_err *reterr);
/* The names of the files that a plain submission says belong to it: what stands in its binary fields
 * and in meta/audit, once each, in document order. */
TF_MUST_CHECK enum tf_code tf_instance_media(struct tf_arena *arena, const struct tf_xform *form,
                                             const char *xml, size_t n, const char ***ret_name,
                                             size_t *ret_n, struct tf_err *reterr);
/* Check it against the form: irrelevant nodes that hold a value, constraints that fail, required
 * questions left empty, values that are not of their type, choices that are not in their list. Each
 * a notice with the path and, in repeats, the number; never with the value. */
void tf_instance_check(struct tf_arena *arena, const struct tf_xform *form,
                       const struct tf_instance *instance, struct tf_notices *out);

/* ---- a form file of either kind (lint_form.c) ---- */
struct tf_form_file {
    const char *path;
    struct tf_xform *form;
    struct tf_form_row { /* rows of the survey sheet; none when the file is an XForm */
        const char *name;
        size_t row;      /* in its sheet */
        bool sensitive;  /* its column `sensitive` says yes */
    } *row;
    size_t n_rows;
};
/* Read an XForm, or convert an XLSForm and read what came of it (told by the first bytes). */
TF_MUST_CHECK enum tf_code tf_form_read(struct tf_arena *arena, const char *path,
                                        struct tf_notices *out, struct tf_form_file *ret,
                                        struct tf_err *reterr);
/* The row of the sheet that made the field whose bind stands at this line; 0 when it is not known. */
size_t tf_form_row_of(const struct tf_form_file *f, size_t line);

/* ---- what a form's team should look at (lint.c) ---- */
struct tf_study;
/* Unreachable questions, constraints that can never hold, sensitive items, translations, terms, recall
 * periods, indicators that nobody asks: warnings to out, each with the line of its bind. study may be
 * NULL; sensitive: names of further sensitive fields. Sound: what it calls unreachable is. */
void tf_form_lint(struct tf_arena *arena, const struct tf_xform *form, const struct tf_study *study,
                  const char *const *sensitive, size_t n_sensitive, struct tf_notices *out);
enum { TF_LINT_LABELS, TF_LINT_HINTS, TF_LINT_MESSAGES, TF_LINT_CHOICES, TF_LINT_AUDIO, TF_LINT_PARTS };
struct tf_language_share { /* how much of a form stands in a language */
    const char *language;
    size_t have[TF_LINT_PARTS], of[TF_LINT_PARTS];
};
/* One for each language of the form, in its order. */
size_t tf_form_languages(struct tf_arena *arena, const struct tf_xform *form,
                         struct tf_language_share **ret);

#endif
