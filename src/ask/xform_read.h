/* ask, inside: what the readers of XForms and submissions share.
 *
 *     xform_read_tree   XML -> struct xtree
 *     xform_read        tree -> struct xread: where model, body, primary instance are; head of the form
 *     xform_read_fields primary instance, binds, controls -> fields
 *     xform_read_texts  itext, labels, secondary instances, media
 *     validate          what is wrong with it
 *
 * Faults do not stop the reading: each is a notice, and the first is the error returned. */
#ifndef TF_ASK_XFORM_READ_H
#define TF_ASK_XFORM_READ_H

#include "ask/expr.h"
#include "ask/xform.h"
#include "ask/xform_read_tree.h"

/* ---- fields by path ----
 * Fields are found by a hash of their path that grows step by step: h("/data/age") is made from
 * h("/data") and "age", so that a reader that descends needs no path. */
uint64_t tf_path_hash_root(void);
uint64_t tf_path_hash_step(uint64_t above, const char *name, size_t n);
/* An empty index for at most `most` fields; add each field when its parent and name are set. */
struct tf_xform_index *tf_xform_index_new(struct tf_arena *arena, size_t most);
void tf_xform_index_add(struct tf_xform_index *x, uint64_t hash, size_t field);
/* The field below `parent` (SIZE_MAX: the root) with this path hash and name; SIZE_MAX when none. */
size_t tf_xform_below(const struct tf_xform *f, size_t parent, uint64_t hash, const char *name,
                      size_t n);
/* A path made absolute and plain: prefixes off, "." and ".." taken, "current()/" off. NULL when it is
 * no plain path (predicates, functions, wildcards, axes) or climbs above the root. */
const char *tf_path_plain(struct tf_arena *arena, const char *path, const char *context);

/* ---- a document being read ---- */
struct xbind {
    const char *id, *path; /* path NULL: not a plain one */
    size_t el, field;      /* SIZE_MAX: not in the primary instance (or an attribute) */
};
struct xcontrol { /* what stands in the body */
    const char *path;
    size_t el, field; /* SIZE_MAX: no node */
    size_t above;     /* control round it, or SIZE_MAX */
};
struct xitext {
    const char **lang;
    size_t n_langs;
    size_t default_lang; /* SIZE_MAX: none is said to be */
    size_t n_keys, cap;
    struct xkey { /* an id and a form of it: "/data/age:label", "audio" ("" the text itself) */
        const char *id, *form;
        const char **text; /* [n_langs], NULL where a language has none */
    } *key;
    size_t *slot, mask; /* hash of id and form -> key + 1 */
};
struct xread {
    struct tf_arena *arena;
    struct xtree tree;
    struct tf_xform *form;
    struct tf_xform_index *index;
    struct tf_notices *out;
    struct tf_err first; /* code TF_OK while nothing is wrong */
    size_t head, model, body, primary; /* elements, SIZE_MAX: none */
    size_t *el_of_field;
    struct xbind *bind;
    size_t n_binds, cap_binds;
    struct xcontrol *control;
    size_t n_controls, cap_controls;
    struct xitext itext;
};

/* Something that a form may not have (level TF_ERROR) or better had not (TF_WARNING), at an element. */
void tf_xread_fault(struct xread *r, enum tf_level level, size_t el, const char *id,
                    const char *help, const char *format, ...) TF_PRINTF(6, 7);
/* xform_read_fields.c */
void tf_xread_fields(struct xread *r);
void tf_xread_binds(struct xread *r);
void tf_xread_body(struct xread *r);
/* xform_read_texts.c: languages and texts first; then labels, choices and media, when the fields and
 * controls stand. */
void tf_xread_itext(struct xread *r);
void tf_xread_instances(struct xread *r);
void tf_xread_labels(struct xread *r);
/* The texts of an itext id in all languages (form "" or "audio" …); n = 0 when there is no such id. */
struct tf_words tf_xitext_words(const struct xread *r, const char *id, const char *form);
bool tf_xitext_has(const struct xread *r, const char *id, size_t lang);
/* The id in "jr:itext('id')", or NULL when it is not written so. */
const char *tf_itext_id(struct tf_arena *arena, const char *ref);
/* validate.c, validate_repeats.c */
void tf_xread_validate(struct xread *r);
void tf_xread_nesting(struct xread *r, size_t at);

#endif
