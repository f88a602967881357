/* XML to be written, as a small tree.
 *
 * Layout, with two blanks a level: elements among elements stand on lines of their own; an element
 * that holds only a text keeps it beside its tags; where text and elements are mixed nothing is
 * broken, because every blank there would be read aloud. Mixed content that begins with a text has
 * one blank before it, and all mixed content one behind: so labels do not touch what a form engine
 * puts around values. That rule, and that it holds in the plain form too, is pyxform's; forms are
 * compared with its.
 *
 * Characters that XML 1.0 cannot hold at all are left out: they come from spreadsheets by accident,
 * and one of them makes the whole form unreadable. */
#include "ask/xml_out.h"

#include <string.h>

struct tf_xml *tf_xml_element(struct tf_arena *arena, const char *name)
{
    struct tf_xml *x = TF_NEW(arena, struct tf_xml);
    x->name = name;
    return x;
}

void tf_xml_attr(struct tf_arena *arena, struct tf_xml *x, const char *name, const char *value)
{
    struct tf_xml_attr **at = &x->attr;
    for (; *at != NULL; at = &(*at)->next)
        if (strcmp((*at)->name, name) == 0) {
            (*at)->value = value;
            return;
        }
    *at = TF_NEW(arena, struct tf_xml_attr);
    (*at)->name = name;
    (*at)->value = value;
}

void tf_xml_add(struct tf_xml *parent, struct tf_xml *child)
{
    if (parent->last == NULL)
        parent->first = child;
    else
        parent->last->next = child;
    parent->last = child;
}

struct tf_xml *tf_xml_new(struct tf_arena *arena, struct tf_xml *parent, const char *name)
{
    struct tf_xml *x = tf_xml_element(arena, name);
    tf_xml_add(parent, x);
    return x;
}

void tf_xml_text(struct tf_arena *arena, struct tf_xml *parent, const char *text)
{
    struct tf_xml *x = TF_NEW(arena, struct tf_xml);
    x->text = text;
    tf_xml_add(parent, x);
}

/* What is to be done with a byte: 0 nothing, 1 the end, else see instead[]. */
enum { PLAIN, END, AMP, LESS, MORE, QUOTE, NONE };
static const char *const instead[] = {"", "", "&amp;", "&lt;", "&gt;", "&quot;", ""};
/* clang-format off */
static const unsigned char care[256] = {
    END,  NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, PLAIN, PLAIN, NONE, NONE, PLAIN,
    NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,  NONE,  NONE, NONE, NONE,
    NONE, NONE, NONE, NONE,
    ['&'] = AMP, ['<'] = LESS, ['>'] = MORE, ['"'] = QUOTE};
/* clang-format on */

/* Bytes that need no care are copied in runs. */
static void print_escaped(struct tf_buf *out, const char *s, bool attribute)
{
    for (;;) {
        const char *from = s;
        while (care[(unsigned char)*s] == PLAIN || (*s == '"' && !attribute))
            s++;
        tf_buf_addn(out, from, (size_t)(s - from));
        const unsigned char what = care[(unsigned char)*s++];
        if (what == END)
            return;
        tf_buf_add(out, instead[what]);
    }
}

static void print_indent(struct tf_buf *out, size_t level)
{
    while (level-- > 0)
        tf_buf_addn(out, "  ", 2);
}

static void print_node(struct tf_buf *out, const struct tf_xml *x, size_t level, bool pretty);

static void print_children(struct tf_buf *out, const struct tf_xml *x, size_t level, bool pretty)
{
    bool mixed = false;
    for (const struct tf_xml *c = x->first; c != NULL; c = c->next)
        mixed = mixed || c->name == NULL;
    if (!mixed && pretty)
        tf_buf_char(out, '\n');
    const bool blanks = mixed && x->first != x->last;
    if (blanks && x->first->name == NULL)
        tf_buf_char(out, ' ');
    for (const struct tf_xml *c = x->first; c != NULL; c = c->next)
        print_node(out, c, level + 1, pretty && !mixed);
    if (blanks)
        tf_buf_char(out, ' ');
    if (!mixed && pretty)
        print_indent(out, level);
}

static void print_node(struct tf_buf *out, const struct tf_xml *x, size_t level, bool pretty)
{
    if (x->name == NULL) {
        print_escaped(out, x->text, false);
        return;
    }
    if (pretty)
        print_indent(out, level);
    tf_buf_char(out, '<');
    tf_buf_add(out, x->name);
    for (const struct tf_xml_attr *a = x->attr; a != NULL; a = a->next) {
        tf_buf_char(out, ' ');
        tf_buf_add(out, a->name);
        tf_buf_addn(out, "=\"", 2);
        print_escaped(out, a->value, true);
        tf_buf_char(out, '"');
    }
    if (x->first == NULL) {
        tf_buf_addn(out, "/>", 2);
    } else {
        tf_buf_char(out, '>');
        print_children(out, x, level, pretty);
        tf_buf_addn(out, "</", 2);
        tf_buf_add(out, x->name);
        tf_buf_char(out, '>');
    }
    if (pretty)
        tf_buf_char(out, '\n');
}

void tf_xml_print(struct tf_buf *out, const struct tf_xml *root, bool pretty)
{
    tf_buf_add(out, "<?xml version=\"1.0\"?>");
    if (pretty)
        tf_buf_char(out, '\n');
    print_node(out, root, 0, pretty);
}
