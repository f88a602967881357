/* ask, inside: an XLSForm as read. The reader (sheets_*.c, xlsform_*.c) fills it, everything checked
 * that can be said of the sheets; the writer (xform_*.c) makes the ODK XForm from it.
 *
 *     file -> struct tf_grid (sheets of texts) -> struct tf_xlsform (this) -> XML
 *
 * Who does what. The reader: everything that names a row or a column (unknown types and lists, names,
 * ${references} that are malformed or not there, values of parameters, warnings). It writes down what
 * the sheets say and makes no nodes of its own, notes without a name aside. The writer makes what is
 * nowhere in the sheets: X_count of a calculated repeat count, the choice "other" and the question
 * X_other of or_other, labels of a table-list (appearance kept as written), the columns of a loop,
 * the meta block (nodes of type "audit" stand in the tree like others; instanceID, instanceName,
 * entities), actions of triggers and dynamic defaults, attributes from `parameters`, true() and
 * false() for yes and no, languages filled with "-". save_to and the entities sheet are checked by
 * the writer, for they need the places of questions (save_to of an `end` row: the reader).
 *
 * All strings live in the arena given; NULL means "no such cell". Texts of a column without language
 * have lang NULL. Order is the order of the sheet. Source: XLSForm reference table (xlsform.org);
 * where it is silent, what pyxform 4.5 accepts. */
#ifndef TF_ASK_XLSFORM_H
#define TF_ASK_XLSFORM_H

#include "base/base.h"

/* ---- sheets: a workbook of any notation, as texts ---- */
struct tf_grid_sheet {
    const char *name;      /* as written in the file */
    const char **head;     /* [n_cols] header cells of the first row, "" where empty */
    const char **cell;     /* [n_rows * n_cols] below the head; "" where empty; 1.0 is "1",
                              dates are ISO 8601, truth is TRUE or FALSE */
    size_t n_rows, n_cols; /* n_rows without the head */
    size_t *row;           /* [n_rows] number of the row in its sheet (head = 1): for messages */
};
struct tf_grid {
    const char *file;
    struct tf_grid_sheet *sheet;
    size_t n_sheets;
};
/* Read .xlsx, .xls, a folder of CSV sheets (survey.csv …), one CSV or Markdown file whose first column
 * names the sheet; told by the first bytes, not by the name. TF_E_INPUT names what is wrong. */
TF_MUST_CHECK enum tf_code tf_grid_read(struct tf_arena *arena, const char *path,
                                        struct tf_grid **ret, struct tf_err *reterr);

/* ---- the form ---- */
struct tf_xtexts { /* one text in several languages, in column order */
    size_t n;
    struct tf_xtext {
        const char *lang; /* as in the header: "English (en)"; NULL = the column has none, and no
                             other language stands beside (else it is the default language) */
        const char *text;
    } *item;
};
struct tf_xpairs { /* names and values, in column order */
    size_t n;
    struct tf_xpair {
        const char *name, *value;
    } *item;
};
enum tf_xmedia { TF_IMAGE, TF_BIG_IMAGE, TF_AUDIO, TF_VIDEO, TF_N_MEDIA };

struct tf_xchoice {
    const char *name;
    struct tf_xtexts label, media[TF_N_MEDIA];
    struct tf_xpairs extra; /* other columns, for choice filters and secondary instances */
    size_t row;
};
struct tf_xlist {
    const char *name;
    struct tf_xchoice *choice;
    size_t n, cap;
};
enum tf_xkind { TF_XQUESTION, TF_XGROUP, TF_XREPEAT, TF_XLOOP };
struct tf_xnode { /* a row of the survey sheet, groups with what is in them */
    enum tf_xkind kind;
    const char *type;      /* canonical, aliases resolved: text integer decimal date time dateTime
                              note calculate hidden image audio video file barcode osm geopoint
                              geotrace geoshape acknowledge trigger range rank; "select one",
                              "select multiple", "select one external"; start end today deviceid
                              subscriberid simserial phonenumber username email and uri:… of these;
                              audit start-geopoint background-geopoint background-audio
                              xml-external csv-external; percentage, "phone number", "number of
                              days in last month" (… year, … six months); group repeat loop */
    const char *name;
    struct tf_xtexts label, hint, guidance, constraint_message, required_message, no_app_message;
    struct tf_xtexts media[TF_N_MEDIA];
    struct tf_xpairs bind;     /* relevant, constraint, required, readonly, calculate, type … (not
                                  the messages), from named columns and bind:: */
    struct tf_xpairs control;  /* appearance, jr:count, body:: … */
    struct tf_xpairs instance; /* instance:: attributes */
    struct tf_xpairs parameters;
    const char *default_value, *choice_filter, *trigger, *save_to, *autoplay;
    const char *list;          /* choice list, file name, or ${reference} of a select */
    const char *query;         /* list of a select_one_external */
    bool or_other;
    bool flat;
    bool bare_media; /* has a cell in a column "media" of no kind: shown nowhere, and yet something */
    bool dynamic_default; /* default_value is an expression: tf_xls_dynamic */
    struct tf_xnode **child;
    size_t n_children, cap_children;
    struct tf_xnode *parent;
    size_t row;
};
struct tf_xentity { /* a row of the entities sheet */
    const char *dataset, *label, *entity_id, *create_if, *update_if, *repeat;
    size_t row;
};
struct tf_xlsform {
    const char *file;
    const char *id, *title, *version, *root; /* root: name of the instance's root element */
    const char *default_language;            /* "default" when none is stated */
    struct tf_xpairs settings;               /* all settings, names resolved, in column order */
    struct tf_xpairs attribute;              /* attribute::x of the root element */
    struct tf_xpairs namespaces;             /* prefix, URI */
    struct tf_xnode **node;                  /* top level */
    size_t n_nodes, cap_nodes;
    struct tf_xlist *list;
    size_t n_lists, cap_lists;
    struct tf_xlist *external;               /* external_choices sheet, by list name */
    size_t n_external, cap_external;
    struct tf_xlist *osm;                    /* tags of the osm sheet */
    size_t n_osm, cap_osm;
    struct tf_xentity *entity;
    size_t n_entities, cap_entities;
};

struct tf_convert_opt {
    const char *name;      /* --name: the root element, or NULL */
    const char *stem;      /* form id when the settings give none */
    bool pretty;
    bool remarks;          /* a row without type and name is a remark even when it has a label */
};
/* Sheets to a form. Faults of the form are one error that says sheet, row, column and remedy
 * (when several stand, reterr has the first and `out` has all at level TF_ERROR); warnings go to
 * `out` at TF_WARNING, one sentence each, in the order in which they are met. */
TF_MUST_CHECK enum tf_code tf_xlsform_read(struct tf_arena *arena, const struct tf_grid *grid,
                                           const struct tf_convert_opt *opt,
                                           struct tf_notices *out, struct tf_xlsform **ret,
                                           struct tf_err *reterr);
/* Is a default an expression (a call, a reference, arithmetic, a predicate)? A hyphen in a date, dateTime
 * or geometry is none. type is canonical. */
bool tf_xls_dynamic(const char *text, const char *type);
/* Is it a name as XML has them (one prefix: allowed)? */
bool tf_xls_is_name(const char *text);
/* The form as an ODK XForm document (UTF-8, with XML declaration). The faults that only show when the
 * document is made (unknown ${name}, same names in one section …) are errors in the same way. */
TF_MUST_CHECK enum tf_code tf_xform_write(struct tf_arena *arena, const struct tf_xlsform *form,
                                          const struct tf_convert_opt *opt,
                                          struct tf_notices *out, struct tf_buf *xml,
                                          struct tf_err *reterr);
#endif
