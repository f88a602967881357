/* ask, inside: from a read XLSForm to the XForm document. The parts of the writer share this.
 *
 *     struct tf_xlsform -> items (the nodes of the instance, with their paths) -> XML
 *
 * The first fault is kept in the writer; what is written after it is thrown away, so the parts need
 * not pass it on one by one. */
#ifndef TF_ASK_XFORM_WRITE_H
#define TF_ASK_XFORM_WRITE_H

#include "ask/xlsform.h"
#include "ask/xml_out.h"

/* What a type of question is in an XForm. A NULL is "none". */
struct tf_xtype_row {
    const char *type;    /* as in tf_xnode */
    const char *control; /* element of the body */
    const char *media;   /* its mediatype */
    const char *bind;    /* type of the bind */
    const char *preload, *params;
    const char *constraint, *hint; /* when the form says none */
    bool readonly;
};
/* NULL when there is no such type. */
const struct tf_xtype_row *tf_xtype_row(const char *type);

enum tf_xitem_kind {
    TF_XI_ROOT,
    TF_XI_GROUP,
    TF_XI_LOOP, /* the group round the columns of a loop */
    TF_XI_META, /* a group without a body */
    TF_XI_REPEAT,
    TF_XI_QUESTION,
    TF_XI_EXTERNAL, /* a file as secondary instance: no node of its own */
    TF_XI_ENTITY,
    TF_XI_ATTRIBUTE /* of an entity; its label, too, is written like one */
};
struct tf_setvalue {
    const struct tf_item *target;
    struct tf_setvalue *next;
};
struct tf_item { /* a node of the primary instance */
    enum tf_xitem_kind kind;
    const char *name, *path; /* "/data/part/age" */
    size_t row;              /* of the survey sheet, 0 = none */
    const struct tf_xnode
        *x; /* the row it comes from, or one like it; NULL for root, meta, entities */
    const struct tf_xtype_row *type; /* questions */
    const char *default_value;
    struct tf_xlist_state *list; /* choices on the sheet, or NULL */
    struct tf_xpairs bind;       /* of the type, then of the row; empty = no bind */
    struct tf_xpairs control;    /* attributes in the body */
    struct tf_setvalue *on_change,
        *last_on_change; /* what is set when this one changes, in order */
    const char *value;   /* attribute of an entity: its text; NULL: its label */
    bool fixed_id;       /* attribute id of an entity: a new uuid() */
    bool flat;           /* no node of its own */
    struct tf_item *parent, **child;
    size_t n_children, cap_children, place; /* place among its siblings */
    struct tf_item *next_same;              /* in the table of names */
    const char *entity, *reserved; /* placing entities: lists whose container this is, and that
                                      keep it */
};
struct tf_xlang { /* a language of itext and what it has, in order of coming */
    const char *name;
    struct tf_xtext_id **id;
    size_t n, cap;
};
struct tf_xlist_state { /* a list of choices as written out */
    const char *name;
    struct tf_xchoice *choice;
    size_t n, cap;
    bool itext;  /* labels are translated, spoken, or refer to answers */
    bool search; /* chosen by search(): items in the body */
    struct tf_xlist_state *next_same;
};
struct tf_xwriter {
    struct tf_arena *arena;
    const struct tf_xlsform *form;
    struct tf_item *root;
    struct tf_item **by_name; /* hash table of n_names slots, a power of 2 */
    size_t n_names;
    struct tf_xlist_state *list, **by_list; /* hash table of n_list_slots */
    size_t n_lists, n_list_slots;
    const char *entities_version; /* NULL: no entities */
    struct tf_xlang *lang;
    size_t n_langs, cap_langs;
    struct tf_xtext_id **text; /* hash table */
    size_t n_text_slots;
    struct tf_err *reterr;
    enum tf_code code; /* of the first fault */
};

/* Keep a fault of a row of the survey sheet (0 = of the form as a whole); only the first counts. */
void tf_xfault(struct tf_xwriter *w, size_t row, const char *help, const char *format, ...)
    TF_PRINTF(4, 5);
void tf_xfault_on(struct tf_xwriter *w, const char *sheet, size_t row, const char *help,
                  const char *format, ...) TF_PRINTF(5, 6);

/* xform_pairs.c: names with values, and texts in languages. */
const char *tf_xpair(const struct tf_xpairs *p, const char *name); /* or NULL */
void tf_xpair_set(struct tf_arena *arena, struct tf_xpairs *p, const char *name, const char *value);
bool tf_xpair_yes(const struct tf_xpairs *p, const char *name); /* yes, true … */
/* A texts in languages (itext), or one plain text? With no text: neither. */
bool tf_xtexts_many(const struct tf_xtexts *t);
const char *tf_xtexts_plain(const struct tf_xtexts *t); /* or NULL */
bool tf_xtexts_any(const struct tf_xtexts *t);
void tf_xtexts_set(struct tf_arena *arena, struct tf_xtexts *t, const char *text);
bool tf_xmedia_any(const struct tf_xtexts media[TF_N_MEDIA]);
uint64_t tf_xhash(const char *s, size_t n);

/* xform_items.c: the tree of items, its names and triggers. */
void tf_xitems_make(struct tf_xwriter *w);
struct tf_item *tf_xitem_new(struct tf_xwriter *w, struct tf_item *parent, enum tf_xitem_kind kind,
                             const char *name);
/* The item after this one in document order; NULL at the end. Start with w->root. */
struct tf_item *tf_xitem_next(struct tf_item *it);
/* The item named in ${ }; a fault and NULL when there is none or more than one. n: length of name.
 */
const struct tf_item *
tf_xitem_named(struct tf_xwriter *w, const char *name, size_t n, const struct tf_item *context);
struct tf_xlist_state *tf_xlist_named(struct tf_xwriter *w, const char *name); /* or NULL */
bool tf_xitem_in_repeat(const struct tf_item *it);
bool tf_xitem_computed(const struct tf_item *it); /* a question that has a value and is not shown */

/* xform_shorthand.c: what a row stands for besides itself. */
struct tf_xshort {     /* as rows are walked */
    const char *table; /* list of the table-list we are in; "" before its first select; or NULL */
    struct tf_xnode **audit;
    size_t n_audits, cap_audits;
};
const struct tf_xnode *
tf_xshort_repeat(struct tf_xwriter *w, struct tf_item *parent, const struct tf_xnode *x);
const struct tf_xnode *tf_xshort_table(struct tf_xwriter *w, struct tf_xshort *s,
                                       const struct tf_xnode *x, struct tf_xnode **ret_note);
const struct tf_xnode *tf_xshort_select(struct tf_xwriter *w, struct tf_xshort *s,
                                        struct tf_item *parent, const struct tf_xnode *x);
void tf_xshort_other(struct tf_xwriter *w, struct tf_item *parent, const struct tf_xnode *x);
struct tf_xnode *
tf_xshort_column(struct tf_xwriter *w, const struct tf_xnode *x, const struct tf_xchoice *column);
/* xform_parameters.c: the item's bind, control and list from its type, row and parameters. */
void tf_xparameters(struct tf_xwriter *w, struct tf_item *it);

/* xform_items.c, for the shorthand: a question at the end of parent. */
struct tf_item *
tf_xitem_question(struct tf_xwriter *w, struct tf_item *parent, const struct tf_xnode *x);

/* xform_entities.c: checks declarations and save_to, finds each entity its container and puts it
 * into a meta there, as the container's last child. */
void tf_xentities_place(struct tf_xwriter *w);

/* xform_refs.c: ${name} in expressions. context NULL: paths from the root. */
enum tf_xref { TF_XREF_PLAIN = 0, TF_XREF_CURRENT = 1, TF_XREF_PARENT = 2 };
const char *
tf_xrefs(struct tf_xwriter *w, const char *text, const struct tf_item *context, unsigned how);
/* A reference at s: its length, or 0. The name in it, without "last-saved#". */
size_t tf_xref_at(const char *s, const char **ret_name, size_t *ret_n, bool *ret_last);
bool tf_xref_in(const char *s);      /* holds a reference */
bool tf_xref_last_in(const char *s); /* holds one to the last saved record */
/* The path for the reference at text[at..at+n). */
const char *tf_xref_path(struct tf_xwriter *w, const char *text, size_t at, size_t n,
                         const struct tf_item *context, unsigned how);

/* xform_text.c: a text for people, with what it refers to as output elements. */
void tf_xtext_write(struct tf_xwriter *w, struct tf_xml *parent, const char *before,
                    const char *text, const struct tf_item *context);

/* xform_itext.c */
void tf_xitext_gather(struct tf_xwriter *w);
struct tf_xml *tf_xitext_write(struct tf_xwriter *w); /* NULL: no text needs it */

/* The parts of the document. */
struct tf_xml *tf_xprimary_write(struct tf_xwriter *w);               /* xform_primary.c */
void tf_xsecondary_write(struct tf_xwriter *w, struct tf_xml *model); /* xform_instances.c */
void tf_xbinds_write(struct tf_xwriter *w, struct tf_xml *model);     /* xform_binds.c */
void tf_xactions_write(struct tf_xwriter *w, struct tf_xml *parent, const struct tf_item *it,
                       bool new_repeat);                        /* xform_binds.c */
void tf_xbody_write(struct tf_xwriter *w, struct tf_xml *body); /* xform_body.c */
void tf_xchoices_write(struct tf_xwriter *w, struct tf_xml *control, const struct tf_item *it);
bool tf_xsearch(const struct tf_item *it);        /* xform_choices.c: is it a select by search()? */
void tf_xsearch_mark(struct tf_xwriter *w);       /* xform_choices.c: lists that are searched */
const char *tf_xfile_extension(const char *list); /* ".csv" … of a select from a file, or NULL */
#endif
