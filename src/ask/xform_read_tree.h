/* ask, inside: an XForm document as a small tree in an arena, made by libxml2.
 *
 * Elements, attributes and texts by number; names are local names, namespaces one of those that matter
 * here. Limits: 16 MB, 128 levels, 100,000 elements. No DTD, no entities but XML's own, no network. */
#ifndef TF_ASK_XFORM_READ_TREE_H
#define TF_ASK_XFORM_READ_TREE_H

#include "base/base.h"

enum xspace { XS_NONE, XS_XFORMS, XS_HTML, XS_JR, XS_ODK, XS_ORX, XS_ENTITIES, XS_OTHER };
struct xattr {
    const char *name, *value;
    enum xspace space;
};
struct xel { /* an element, or a text when name is NULL */
    const char *name, *text;
    enum xspace space;
    const struct xattr *attr;
    size_t n_attrs;
    size_t parent, first, next; /* SIZE_MAX: none */
    size_t line, column;
};
struct xtree {
    const char *file;
    struct xel *el; /* el[0] is the root */
    size_t n;
};
TF_MUST_CHECK enum tf_code tf_xtree_read(struct tf_arena *arena, const char *file, const char *xml,
                                         size_t n, struct xtree *ret, struct tf_err *reterr);

/* The next element among children (skips texts): for (c = xfirst(t, e); c != SIZE_MAX; c = xnext(t, c)) */
size_t xfirst(const struct xtree *t, size_t e);
size_t xnext(const struct xtree *t, size_t e);
/* The first child element of a name, or SIZE_MAX. */
size_t xchild(const struct xtree *t, size_t e, const char *name);
/* An attribute without namespace; one of a namespace; NULL when there is none. */
const char *xget(const struct xtree *t, size_t e, const char *name);
const char *xget_ns(const struct xtree *t, size_t e, enum xspace space, const char *name);
/* The texts directly in an element, joined and trimmed; "" when there are none. */
const char *xtext(struct tf_arena *arena, const struct xtree *t, size_t e);

#endif
