/* ask, inside: XML to be written, as a small tree.
 *
 * A tree and not a stream, because how an element is laid out depends on what it holds: elements on
 * lines of their own, a text beside its tag, text mixed with elements unbroken. Everything lives in
 * one arena; texts and names given are kept, not copied. */
#ifndef TF_ASK_XML_OUT_H
#define TF_ASK_XML_OUT_H

#include "base/base.h"

struct tf_xml_attr {
    const char *name, *value;
    struct tf_xml_attr *next;
};
struct tf_xml {
    const char *name; /* NULL: a text, in `text` */
    const char *text;
    struct tf_xml_attr *attr;
    struct tf_xml *first, *last, *next;
};

struct tf_xml *tf_xml_element(struct tf_arena *arena, const char *name);
/* An attribute; one of the same name takes the new value. */
void tf_xml_attr(struct tf_arena *arena, struct tf_xml *x, const char *name, const char *value);
void tf_xml_add(struct tf_xml *parent, struct tf_xml *child);
/* A new element, or a text, at the end of parent. */
struct tf_xml *tf_xml_new(struct tf_arena *arena, struct tf_xml *parent, const char *name);
void tf_xml_text(struct tf_arena *arena, struct tf_xml *parent, const char *text);
/* The document: declaration, then the tree. pretty: two blanks a level, see above. */
void tf_xml_print(struct tf_buf *out, const struct tf_xml *root, bool pretty);

#endif
