/* XForm XML to a tree: see xform_read_tree.h.
 *
 * libxml2 parses (SAX2) and calls back. All memory is set aside before it starts, counted from the
 * text: no more elements than '<', no more attributes than '=', no more letters than bytes. So a
 * callback never asks an arena for memory, and control never leaves from inside the library.
 *
 * A DOCTYPE is looked for before the parser sees the text and refused: without one there are no
 * entities to expand and nothing to fetch. */
#include "ask/xform_read_tree.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>

enum { MAX_BYTES = 16 << 20, MAX_DEPTH = 128, MAX_ELEMENTS = 100000 };

static const struct {
    const char *uri;
    enum xspace space;
} spaces[] = {
    {"http://www.w3.org/2002/xforms", XS_XFORMS},
    {"http://www.w3.org/1999/xhtml", XS_HTML},
    {"http://openrosa.org/javarosa", XS_JR},
    {"http://www.opendatakit.org/xforms", XS_ODK},
    {"http://openrosa.org/xforms", XS_ORX},
    {"http://openrosa.org/xforms/", XS_ORX},
    {"http://www.opendatakit.org/xforms/entities", XS_ENTITIES},
};

struct making {
    struct xtree *tree;
    struct xattr *attr;
    size_t n_attrs, cap_el, cap_attrs;
    char *pool, *pool_end; /* letters */
    size_t open[MAX_DEPTH + 1], last[MAX_DEPTH + 1]; /* element open at a depth, its last child */
    size_t depth, elements;
    xmlParserCtxt *xml;
    const char *limit; /* which limit was reached, or NULL */
};

static void stop(struct making *m, const char *limit)
{
    if (m->limit == NULL)
        m->limit = limit;
    xmlStopParser(m->xml);
}

static const char *keep(struct making *m, const char *s, size_t n)
{
    char *to = m->pool;
    if (n + 1 > (size_t)(m->pool_end - m->pool)) {
        stop(m, "more text than the file has bytes");
        return "";
    }
    memcpy(to, s, n);
    to[n] = '\0';
    m->pool += n + 1;
    return to;
}

static enum xspace space_of(const char *uri)
{
    if (uri == NULL)
        return XS_NONE;
    for (size_t k = 0; k < sizeof spaces / sizeof *spaces; k++)
        if (strcmp(spaces[k].uri, uri) == 0)
            return spaces[k].space;
    return XS_OTHER;
}

static struct xel *add(struct making *m)
{
    const size_t up = m->depth == 0 ? SIZE_MAX : m->open[m->depth - 1];
    const size_t at = m->tree->n;
    if (at == m->cap_el) {
        stop(m, "more nodes than the file can hold");
        return NULL;
    }
    struct xel *e = &m->tree->el[m->tree->n++];
    *e = (struct xel){.parent = up, .first = SIZE_MAX, .next = SIZE_MAX};
    e->line = (size_t)(m->xml->input->line < 0 ? 0 : m->xml->input->line);
    e->column = (size_t)(m->xml->input->col < 0 ? 0 : m->xml->input->col);
    if (up != SIZE_MAX) {
        if (m->last[m->depth - 1] == SIZE_MAX)
            m->tree->el[up].first = at;
        else
            m->tree->el[m->last[m->depth - 1]].next = at;
        m->last[m->depth - 1] = at;
    }
    return e;
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix TF_UNUSED,
                     const xmlChar *uri, int n_spaces TF_UNUSED, const xmlChar **ns TF_UNUSED,
                     int n_attrs, int n_defaulted TF_UNUSED, const xmlChar **attrs)
{
    struct making *m = ((xmlParserCtxt *)ctx)->_private;
    if (m->limit != NULL)
        return;
    if (m->depth == MAX_DEPTH) {
        stop(m, "more than 128 levels of elements");
        return;
    }
    if (m->elements++ == MAX_ELEMENTS) {
        stop(m, "more than 100,000 elements");
        return;
    }
    struct xel *e = add(m);
    if (e == NULL)
        return;
    e->name = keep(m, (const char *)name, strlen((const char *)name));
    e->space = space_of((const char *)uri);
    e->attr = m->attr + m->n_attrs;
    for (int k = 0; k < n_attrs && m->n_attrs < m->cap_attrs; k++, attrs += 5) {
        struct xattr *a = &m->attr[m->n_attrs++];
        a->name = keep(m, (const char *)attrs[0], strlen((const char *)attrs[0]));
        a->space = space_of((const char *)attrs[2]);
        a->value = keep(m, (const char *)attrs[3], (size_t)(attrs[4] - attrs[3]));
        e->n_attrs++;
    }
    m->last[m->depth] = SIZE_MAX;
    m->open[m->depth++] = m->tree->n - 1;
}

static void on_end(void *ctx, const xmlChar *name TF_UNUSED, const xmlChar *prefix TF_UNUSED,
                   const xmlChar *uri TF_UNUSED)
{
    struct making *m = ((xmlParserCtxt *)ctx)->_private;
    if (m->depth > 0)
        m->depth--;
}

static void on_text(void *ctx, const xmlChar *text, int n)
{
    struct making *m = ((xmlParserCtxt *)ctx)->_private;
    if (m->limit != NULL || m->depth == 0 || n <= 0)
        return;
    const size_t last = m->last[m->depth - 1];
    const bool more = last != SIZE_MAX && m->tree->el[last].name == NULL && last == m->tree->n - 1 &&
                      m->pool > m->tree->el[last].text;
    if (more) { /* the parser hands a text out in pieces: the new one goes over the last NUL */
        m->pool--;
        (void)keep(m, (const char *)text, (size_t)n);
        return;
    }
    struct xel *e = add(m);
    if (e != NULL)
        e->text = keep(m, (const char *)text, (size_t)n);
}

static void on_subset(void *ctx, const xmlChar *name TF_UNUSED, const xmlChar *id TF_UNUSED,
                      const xmlChar *system TF_UNUSED)
{
    struct making *m = ((xmlParserCtxt *)ctx)->_private;
    stop(m, "a DOCTYPE");
}

static void be_silent(void *ctx TF_UNUSED, const char *format TF_UNUSED, ...)
{
}

static size_t count(const char *s, size_t n, char c)
{
    size_t found = 0;
    for (const char *end = s + n; (s = memchr(s, c, (size_t)(end - s))) != NULL; s++)
        found++;
    return found;
}

static void free_parser(void *xml)
{
    xmlFreeParserCtxt(xml);
}

static enum tf_code refuse(const char *file, size_t line, size_t column, const char *fact,
                           const char *help, struct tf_err *reterr)
{
    (void)tf_fail_at(reterr, TF_E_INPUT, file, line, column, "'%s' is not an XForm that can be read",
                     file);
    (void)tf_fact(reterr, "%s", fact);
    return tf_help(reterr, "%s", help);
}

/* A DOCTYPE can stand only before the root: behind white space, comments and instructions. */
static bool has_doctype(const char *s, size_t n)
{
    const char *end = s + n;
    while (s < end) {
        const char *close = NULL;
        if (strchr(" \t\r\n", *s) != NULL && *s != '\0') {
            s++;
            continue;
        }
        if ((size_t)(end - s) >= 9 && memcmp(s, "<!DOCTYPE", 9) == 0)
            return true;
        if ((size_t)(end - s) >= 4 && memcmp(s, "<!--", 4) == 0)
            close = "-->";
        else if ((size_t)(end - s) >= 2 && memcmp(s, "<?", 2) == 0)
            close = "?>";
        if (close == NULL)
            return false;
        const char *at = strstr(s + 2, close);
        if (at == NULL)
            return false;
        s = at + strlen(close);
    }
    return false;
}

static const char *one_line(struct tf_arena *arena, const char *s)
{
    char *text = tf_trim(arena, s);
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\n')
            *c = ' ';
    return text;
}

static enum tf_code run(struct tf_arena *arena, struct making *m, const char *file, const char *xml,
                        size_t n, struct tf_err *reterr)
{
    static const char mend[] = "Make the form again from its XLSForm, or mend the XML at that place.";
    m->xml = xmlCreatePushParserCtxt(NULL, NULL, NULL, 0, NULL);
    if (m->xml == NULL)
        return tf_fail(reterr, TF_E_MEMORY, "the machine has no memory to read '%s'", file);
    tf_arena_defer(arena, free_parser, m->xml);
    (void)xmlCtxtUseOptions(m->xml, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_NOERROR |
                                        XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
    (void)xmlSwitchEncoding(m->xml, XML_CHAR_ENCODING_UTF8);
    memset(m->xml->sax, 0, sizeof *m->xml->sax);
    m->xml->sax->initialized = XML_SAX2_MAGIC;
    m->xml->sax->startElementNs = on_start;
    m->xml->sax->endElementNs = on_end;
    m->xml->sax->characters = m->xml->sax->ignorableWhitespace = on_text;
    m->xml->sax->cdataBlock = on_text;
    m->xml->sax->internalSubset = on_subset;
    m->xml->sax->error = m->xml->sax->warning = be_silent;
    m->xml->_private = m;
    const int failed = xmlParseChunk(m->xml, xml, (int)n, 1);
    if (m->limit != NULL)
        return refuse(file, (size_t)m->xml->input->line, 0, tf_printf(arena, "It has %s.", m->limit),
                      "Is it the right file?", reterr);
    const xmlError *e = xmlCtxtGetLastError(m->xml);
    if (failed != 0 || m->xml->wellFormed == 0 || m->tree->n == 0) {
        const size_t line = e == NULL || e->line < 1 ? 1 : (size_t)e->line;
        const size_t column = e == NULL || e->int2 < 1 ? 1 : (size_t)e->int2;
        return refuse(file, line, column,
                      tf_printf(arena, "line %zu, column %zu: %s", line, column,
                                e == NULL || e->message == NULL ? "it has no element"
                                                                : one_line(arena, e->message)),
                      mend, reterr);
    }
    return TF_OK;
}

enum tf_code tf_xtree_read(struct tf_arena *arena, const char *file, const char *xml, size_t n,
                           struct xtree *ret, struct tf_err *reterr)
{
    struct xtree tree = {.file = file};
    struct making m = {.tree = &tree};
    if (n > MAX_BYTES)
        return refuse(file, 0, 0, "It has more than 16 MB.", "Is it the right file?", reterr);
    if (memchr(xml, '\0', n) != NULL || tf_utf8_valid(xml, n) != n)
        return refuse(file, 0, 0, "Its text is not UTF-8.", "Save it as UTF-8.", reterr);
    const char *text = tf_strndup(arena, xml, n); /* ends with NUL, for strstr */
    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        n -= 3;
    }
    if (has_doctype(text, n))
        return refuse(file, 1, 1, "It has a DOCTYPE, which an XForm never needs.",
                      "Take the DOCTYPE out.", reterr);
    const size_t tags = count(text, n, '<');
    m.cap_el = 2 * (tags < MAX_ELEMENTS * 2 ? tags : MAX_ELEMENTS * 2) + 2;
    m.cap_attrs = count(text, n, '=') + 1;
    tree.el = TF_NEW_N(arena, struct xel, m.cap_el);
    m.attr = TF_NEW_N(arena, struct xattr, m.cap_attrs);
    const size_t letters = n + tags + m.cap_attrs * 2 + 16;
    m.pool = TF_NEW_N(arena, char, letters);
    m.pool_end = m.pool + letters;
    TF_TRY(run(arena, &m, file, text, n, reterr));
    *ret = tree;
    return TF_OK;
}

/* ---- looking at it ------------------------------------------------------------------------------ */

size_t xnext(const struct xtree *t, size_t e)
{
    do
        e = t->el[e].next;
    while (e != SIZE_MAX && t->el[e].name == NULL);
    return e;
}

size_t xfirst(const struct xtree *t, size_t e)
{
    e = t->el[e].first;
    return e == SIZE_MAX || t->el[e].name != NULL ? e : xnext(t, e);
}

size_t xchild(const struct xtree *t, size_t e, const char *name)
{
    size_t c = xfirst(t, e);
    while (c != SIZE_MAX && strcmp(t->el[c].name, name) != 0)
        c = xnext(t, c);
    return c;
}

const char *xget_ns(const struct xtree *t, size_t e, enum xspace space, const char *name)
{
    for (size_t k = 0; k < t->el[e].n_attrs; k++)
        if (t->el[e].attr[k].space == space && strcmp(t->el[e].attr[k].name, name) == 0)
            return t->el[e].attr[k].value;
    return NULL;
}

const char *xget(const struct xtree *t, size_t e, const char *name)
{
    return xget_ns(t, e, XS_NONE, name);
}

const char *xtext(struct tf_arena *arena, const struct xtree *t, size_t e)
{
    const char *sum = "";
    for (size_t c = t->el[e].first; c != SIZE_MAX; c = t->el[c].next)
        if (t->el[c].name == NULL)
            sum = *sum == '\0' ? t->el[c].text : tf_printf(arena, "%s%s", sum, t->el[c].text);
    return tf_trim(arena, sum);
}
