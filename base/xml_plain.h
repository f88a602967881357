/* XML that machines write, walked in place, without a tree and without copies.
 *
 * Only plain documents are walked: UTF-8, elements, attributes, text, the five named entities and
 * character references, comments. Whatever else XML has (a DOCTYPE, CDATA, other encodings, carriage
 * returns), and whatever is not well-formed, is refused by tf_plain_ok beforehand: a careful parser then
 * judges the document. So what follows tf_plain_ok cannot fail. */
#ifndef TF_BASE_XML_PLAIN_H
#define TF_BASE_XML_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct tf_plain {
    const char *at, *end;
    char name[64];           /* of the element opened or closed last, without its prefix */
    const char *attribute;   /* of the element opened last */
    size_t n_attribute;
    const char *text;        /* of the text met last, as written */
    size_t n_text;
    bool empty;              /* the element opened last is <a/> : no close follows */
};
enum tf_plain_event { TF_PLAIN_END, TF_PLAIN_OPEN, TF_PLAIN_CLOSE, TF_PLAIN_TEXT };

/* Is the whole of it plain and well-formed? */
bool tf_plain_ok(const char *data, size_t n);
/* Begin; data that is ok. */
void tf_plain_begin(struct tf_plain *p, const char *data, size_t n);
enum tf_plain_event tf_plain_next(struct tf_plain *p);
/* The value of an attribute (local name) of the element opened last; NULL when there is none. */
const char *tf_plain_attribute(const struct tf_plain *p, struct tf_arena *arena, const char *name);
/* Add text as written, entities resolved. */
void tf_plain_decode(struct tf_buf *b, const char *text, size_t n);

#endif
