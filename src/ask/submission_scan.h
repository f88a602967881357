/* ask, inside: the XML of a submission, read once from front to back without a tree.
 *
 * A submission is small, plain XML: elements, texts, attributes, a few namespaces. This reader hands it
 * out in pieces that point into the text itself, so that a server may look into ten thousand of them
 * a second. It refuses what a submission never has: a DOCTYPE, entities other than the five of XML
 * and numbers, more than 64 levels, 64 attributes or 128 namespaces in force, bytes that are not UTF-8.
 *
 *     struct scan s;
 *     scan_begin(&s, xml, n);
 *     while ((kind = scan_next(&s)) > SCAN_END) …       SCAN_FAULT: scan_fail(&s, reterr)
 *
 * It does not validate names letter by letter (any byte that cannot end a name may stand in one). A
 * prefix that was not declared is taken as it stands: an interview is not lost over it. */
#ifndef TF_ASK_SUBMISSION_SCAN_H
#define TF_ASK_SUBMISSION_SCAN_H

#include "base/base.h"

enum { SCAN_DEPTH = 64, SCAN_ATTRS = 64, SCAN_SPACES = 128, SCAN_PATH = 4096 };
enum scan_kind { SCAN_FAULT = -1, SCAN_END, SCAN_OPEN, SCAN_CLOSE, SCAN_TEXT };

struct scan_span { /* n bytes of the document, not ended by NUL */
    const char *s;
    size_t n;
};
struct scan_attr {
    struct scan_span prefix, name, value; /* value as written, entities in it */
};
struct scan {
    const char *begin, *at, *end;
    struct scan_span name, prefix, space; /* of the element opened: local name; namespace or n = 0 */
    struct scan_attr attr[SCAN_ATTRS];
    size_t n_attrs;
    struct scan_span text;
    bool literal;         /* the text came from CDATA: no entities in it */
    size_t depth;         /* of the element opened or closed: the root is 1 */
    bool closing;         /* <a/>: SCAN_CLOSE is due */
    bool closed;          /* SCAN_CLOSE was given: the level goes with the next step */
    struct scan_span open[SCAN_DEPTH];
    struct scan_binding {
        struct scan_span prefix, uri;
        size_t depth;
    } binding[SCAN_SPACES];
    size_t n_bindings;
    bool rooted;          /* the root was opened */
    const char *fault;    /* what is wrong, a literal, and where */
    const char *fault_at;
};

void scan_begin(struct scan *s, const char *xml, size_t n);
enum scan_kind scan_next(struct scan *s);
/* Fill the error of a SCAN_FAULT: line and column, never a value. */
enum tf_code scan_fail(const struct scan *s, struct tf_err *reterr);

bool scan_is(struct scan_span span, const char *word);
/* The attribute's value as a text (entities read), or NULL. Any prefix. */
const char *scan_attr(struct tf_arena *arena, const struct scan *s, const char *name);
/* A span as a text: entities and line ends read; literal: line ends only. */
const char *scan_text(struct tf_arena *arena, struct scan_span span, bool literal);
/* Texts that come in pieces (comments or CDATA between): *sum is NULL at first. */
void scan_join(struct tf_arena *arena, const char **sum, const struct scan *s);

#endif
