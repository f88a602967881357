/* The reader of submission XML: see submission_scan.h.
 *
 * One pass checks that the bytes are UTF-8 and have no control characters; then each step finds the
 * next '<'. Open elements are a stack of spans, namespaces a stack of bindings with their depth. Names
 * and texts are spans of the document until somebody asks for one as a text.
 *
 * Source: Extensible Markup Language 1.0 (5th edition), sections 2 and 4.1; Namespaces in XML 1.0. */
#include "ask/submission_scan.h"

#include <string.h>

static enum scan_kind fault(struct scan *s, const char *at, const char *what)
{
    s->fault = what;
    s->fault_at = at;
    return SCAN_FAULT;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool ends_name(char c)
{
    static const bool ends[256] = {[' '] = true, ['\n'] = true, ['\t'] = true, ['\r'] = true,
                                   ['>'] = true, ['/'] = true,  ['='] = true,  ['<'] = true,
                                   ['&'] = true, ['"'] = true,  ['\''] = true};
    return ends[(unsigned char)c];
}

static bool starts_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

/* The first byte that XML does not allow, or NULL. */
static const char *first_bad(const char *s, const char *end)
{
    static const uint64_t tops = 0x8080808080808080u, spaces = 0x2020202020202020u;
    while (s < end) {
        uint64_t eight; /* letters from ' ' to 0x7F, eight at a time */
        while (end - s >= 8 && (memcpy(&eight, s, 8), ((eight | (eight - spaces)) & tops) == 0))
            s += 8;
        if (s == end)
            break;
        const unsigned char c = (unsigned char)*s;
        if (c >= 0x20 && c < 0x80) {
            s++;
            continue;
        }
        if (c < 0x20) {
            if (c != '\n' && c != '\t' && c != '\r')
                return s;
            s++;
            continue;
        }
        uint32_t cp;
        const size_t n = tf_utf8_next(s, (size_t)(end - s), &cp);
        if (n == 0 || cp == 0xFFFE || cp == 0xFFFF)
            return s;
        s += n;
    }
    return NULL;
}

void scan_begin(struct scan *s, const char *xml, size_t n)
{
    s->begin = s->at = xml;
    s->end = xml + n;
    s->n_attrs = s->depth = s->n_bindings = 0;
    s->closing = s->closed = s->rooted = s->literal = false;
    s->fault = NULL;
    s->name = s->prefix = s->space = s->text = (struct scan_span){NULL, 0};
    if (n >= 3 && memcmp(xml, "\xEF\xBB\xBF", 3) == 0)
        s->at += 3;
    s->fault_at = first_bad(s->at, s->end);
    if (s->fault_at != NULL)
        s->fault = "a byte that XML in UTF-8 may not hold";
}

bool scan_is(struct scan_span span, const char *word)
{
    return strlen(word) == span.n && memcmp(span.s, word, span.n) == 0;
}

/* ---- markup that says nothing ------------------------------------------------------------------- */

static const char *find(const struct scan *s, const char *from, const char *what)
{
    const size_t n = strlen(what);
    while ((size_t)(s->end - from) >= n) {
        const char *at = memchr(from, what[0], (size_t)(s->end - from) - n + 1);
        if (at == NULL)
            return NULL;
        if (memcmp(at, what, n) == 0)
            return at;
        from = at + 1;
    }
    return NULL;
}

static bool looking_at(const struct scan *s, const char *what)
{
    const size_t n = strlen(what);
    return (size_t)(s->end - s->at) >= n && memcmp(s->at, what, n) == 0;
}

/* ---- tags --------------------------------------------------------------------------------------- */

static struct scan_span take_name(struct scan *s, struct scan_span *prefix, struct scan_span *local)
{
    const char *from = s->at, *colon = NULL;
    while (s->at < s->end && !ends_name(*s->at)) {
        if (*s->at == ':' && colon == NULL)
            colon = s->at;
        s->at++;
    }
    const struct scan_span all = {from, (size_t)(s->at - from)};
    *prefix = (struct scan_span){from, colon == NULL ? 0 : (size_t)(colon - from)};
    *local = colon == NULL ? all : (struct scan_span){colon + 1, (size_t)(s->at - colon - 1)};
    return all;
}

static bool same(struct scan_span a, struct scan_span b)
{
    return a.n == b.n && memcmp(a.s, b.s, a.n) == 0;
}

static enum scan_kind take_attr(struct scan *s)
{
    struct scan_attr *a = &s->attr[s->n_attrs];
    const char *from = s->at;
    if (s->n_attrs == SCAN_ATTRS)
        return fault(s, s->at, "more than 64 attributes in one tag");
    if (!starts_name(*s->at))
        return fault(s, s->at, "an attribute has no name");
    (void)take_name(s, &a->prefix, &a->name);
    while (s->at < s->end && is_space(*s->at))
        s->at++;
    if (s->at == s->end || *s->at != '=')
        return fault(s, from, "an attribute has no value");
    s->at++;
    while (s->at < s->end && is_space(*s->at))
        s->at++;
    if (s->at == s->end || (*s->at != '"' && *s->at != '\''))
        return fault(s, from, "the value of an attribute has no quotes");
    const char *value = s->at + 1;
    const char *close = memchr(value, *s->at, (size_t)(s->end - value));
    if (close == NULL)
        return fault(s, from, "the value of an attribute does not end");
    if (memchr(value, '<', (size_t)(close - value)) != NULL)
        return fault(s, from, "'<' stands in the value of an attribute");
    a->value = (struct scan_span){value, (size_t)(close - value)};
    s->at = close + 1;
    if (s->at < s->end && !is_space(*s->at) && *s->at != '>' && *s->at != '/')
        return fault(s, s->at, "two attributes stand without a space between them");
    for (size_t k = 0; k < s->n_attrs; k++)
        if (same(s->attr[k].name, a->name) && same(s->attr[k].prefix, a->prefix))
            return fault(s, from, "an attribute stands twice in one tag");
    s->n_attrs++;
    return SCAN_OPEN;
}

/* xmlns="…" and xmlns:p="…" are not attributes but namespaces; both stay in the list. */
static enum scan_kind bind_spaces(struct scan *s, const char *from)
{
    for (size_t k = 0; k < s->n_attrs; k++) {
        const struct scan_attr *a = &s->attr[k];
        const bool plain = a->prefix.n == 0 && scan_is(a->name, "xmlns");
        if (!plain && !scan_is(a->prefix, "xmlns"))
            continue;
        if (s->n_bindings == SCAN_SPACES)
            return fault(s, from, "more than 128 namespaces");
        s->binding[s->n_bindings++] = (struct scan_binding){
            plain ? (struct scan_span){a->name.s, 0} : a->name, a->value, s->depth};
    }
    s->space = (struct scan_span){NULL, 0};
    for (size_t k = s->n_bindings; k-- > 0;)
        if (same(s->binding[k].prefix, s->prefix)) {
            s->space = s->binding[k].uri;
            break;
        }
    return SCAN_OPEN;
}

static enum scan_kind open_tag(struct scan *s)
{
    const char *from = s->at++;
    if (s->depth == 0 && s->rooted)
        return fault(s, from, "a second element stands after the end of the root");
    if (s->depth == SCAN_DEPTH)
        return fault(s, from, "more than 64 levels of elements");
    if (s->at == s->end || !starts_name(*s->at))
        return fault(s, from, "'<' that does not begin an element");
    s->open[s->depth++] = take_name(s, &s->prefix, &s->name);
    s->rooted = true;
    s->n_attrs = 0;
    for (;;) {
        const char *gap = s->at;
        while (s->at < s->end && is_space(*s->at))
            s->at++;
        if (s->at == s->end)
            return fault(s, from, "a tag does not end");
        if (*s->at == '>') {
            s->at++;
            break;
        }
        if (*s->at == '/') {
            if (s->at + 1 == s->end || s->at[1] != '>')
                return fault(s, from, "'/' in a tag is not followed by '>'");
            s->at += 2;
            s->closing = true;
            break;
        }
        if (gap == s->at)
            return fault(s, s->at, "a name is not followed by a space");
        if (take_attr(s) == SCAN_FAULT)
            return SCAN_FAULT;
    }
    return bind_spaces(s, from);
}

static enum scan_kind close_tag(struct scan *s)
{
    const char *from = s->at;
    struct scan_span prefix, local;
    s->at += 2;
    const struct scan_span name = take_name(s, &prefix, &local);
    while (s->at < s->end && is_space(*s->at))
        s->at++;
    if (s->at == s->end || *s->at != '>')
        return fault(s, from, "an end tag does not end");
    s->at++;
    if (s->depth == 0)
        return fault(s, from, "an end tag has no beginning");
    if (!same(name, s->open[s->depth - 1]))
        return fault(s, from, "an end tag is not that of the element that is open");
    s->name = local;
    s->prefix = prefix;
    s->closed = true;
    return SCAN_CLOSE;
}

/* ---- texts -------------------------------------------------------------------------------------- */

/* One '&…;' at *at: its code point, or 0 when it is none that we read. Moves *at behind it. */
static uint32_t reference(const char **at, const char *end)
{
    static const struct {
        const char *name;
        char is;
    } known[] = {{"lt;", '<'}, {"gt;", '>'}, {"amp;", '&'}, {"quot;", '"'}, {"apos;", '\''}};
    const char *s = *at + 1;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        const size_t n = strlen(known[k].name);
        if ((size_t)(end - s) >= n && memcmp(s, known[k].name, n) == 0) {
            *at = s + n;
            return (uint32_t)known[k].is;
        }
    }
    if (s == end || *s++ != '#')
        return 0;
    const bool hex = s < end && *s == 'x';
    uint32_t cp = 0;
    s += hex;
    const char *from = s;
    for (; s < end && *s != ';' && cp <= 0x10FFFF; s++) {
        const char c = *s;
        const int digit = c >= '0' && c <= '9'          ? c - '0'
                          : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : hex && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                        : -1;
        if (digit < 0)
            return 0;
        cp = cp * (hex ? 16 : 10) + (uint32_t)digit;
    }
    if (s == end || s == from || *s != ';' || cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000) ||
        cp == 0xFFFE || cp == 0xFFFF || (cp < 0x20 && cp != '\n' && cp != '\t' && cp != '\r'))
        return 0;
    *at = s + 1;
    return cp;
}

static const char *bad_reference(struct scan_span t)
{
    const char *end = t.s + t.n;
    for (const char *at = t.s; (at = memchr(at, '&', (size_t)(end - at))) != NULL;) {
        const char *from = at;
        if (reference(&at, end) == 0)
            return from;
    }
    return NULL;
}

static enum scan_kind give_text(struct scan *s, const char *from, const char *to, bool literal)
{
    s->text = (struct scan_span){from, (size_t)(to - from)};
    s->literal = literal;
    if (s->depth == 0) {
        for (const char *c = from; c < to; c++)
            if (!is_space(*c) || literal)
                return fault(s, c, "text stands outside the root element");
        return SCAN_TEXT;
    }
    const char *bad = literal ? NULL : bad_reference(s->text);
    if (bad != NULL)
        return fault(s, bad, "an entity that is none of the five of XML");
    return SCAN_TEXT;
}

const char *scan_text(struct tf_arena *arena, struct scan_span t, bool literal)
{
    if (t.n == 0)
        return "";
    const bool plain = (literal || memchr(t.s, '&', t.n) == NULL) && memchr(t.s, '\r', t.n) == NULL;
    if (plain)
        return tf_strndup(arena, t.s, t.n);
    struct tf_buf b = {.arena = arena};
    const char *end = t.s + t.n;
    for (const char *at = t.s; at < end;) {
        if (*at == '\r') {
            tf_buf_char(&b, '\n');
            at += at + 1 < end && at[1] == '\n' ? 2 : 1;
        } else if (*at == '&' && !literal) {
            const uint32_t cp = reference(&at, end);
            if (cp == 0)
                break; /* cannot be: checked when it was handed out */
            tf_buf_utf8(&b, cp);
        } else {
            tf_buf_char(&b, *at++);
        }
    }
    return tf_buf_text(&b);
}

void scan_join(struct tf_arena *arena, const char **sum, const struct scan *s)
{
    const char *more = scan_text(arena, s->text, s->literal);
    *sum = *sum == NULL ? more : tf_printf(arena, "%s%s", *sum, more);
}

const char *scan_attr(struct tf_arena *arena, const struct scan *s, const char *name)
{
    for (size_t k = 0; k < s->n_attrs; k++)
        if (scan_is(s->attr[k].name, name) && !scan_is(s->attr[k].prefix, "xmlns"))
            return scan_text(arena, s->attr[k].value, false);
    return NULL;
}

/* ---- the next piece ----------------------------------------------------------------------------- */

static enum scan_kind skip_to(struct scan *s, const char *close, const char *what)
{
    const char *at = find(s, s->at + 2, close);
    if (at == NULL)
        return fault(s, s->at, what);
    s->at = at + strlen(close);
    return SCAN_TEXT;
}

/* Comments, instructions, CDATA, DOCTYPE. SCAN_END = nothing to hand out, go on. */
static enum scan_kind other_markup(struct scan *s)
{
    if (looking_at(s, "<?"))
        return skip_to(s, "?>", "an instruction does not end") == SCAN_FAULT ? SCAN_FAULT : SCAN_END;
    if (looking_at(s, "<!--")) {
        s->at += 2; /* so that <!--> does not end itself */
        return skip_to(s, "-->", "a comment does not end") == SCAN_FAULT ? SCAN_FAULT : SCAN_END;
    }
    if (looking_at(s, "<![CDATA[")) {
        const char *from = s->at + 9, *to = find(s, from, "]]>");
        if (to == NULL)
            return fault(s, s->at, "a CDATA section does not end");
        s->at = to + 3;
        return give_text(s, from, to, true);
    }
    if (looking_at(s, "<!DOCTYPE"))
        return fault(s, s->at, "a DOCTYPE, which no submission has");
    return fault(s, s->at, "'<!' that begins nothing known");
}

static enum scan_kind end_of_document(struct scan *s)
{
    if (s->depth > 0)
        return fault(s, s->end, "the document ends within an element");
    if (!s->rooted)
        return fault(s, s->end, "the document has no element");
    return SCAN_END;
}

enum scan_kind scan_next(struct scan *s)
{
    if (s->fault != NULL)
        return SCAN_FAULT;
    if (s->closed) {
        s->closed = false;
        s->depth--;
        while (s->n_bindings > 0 && s->binding[s->n_bindings - 1].depth > s->depth)
            s->n_bindings--;
    }
    if (s->closing) {
        s->closing = false;
        s->closed = true;
        return SCAN_CLOSE;
    }
    for (;;) {
        if (s->at == s->end)
            return end_of_document(s);
        if (*s->at != '<') {
            const char *from = s->at;
            const char *to = memchr(from, '<', (size_t)(s->end - from));
            s->at = to == NULL ? s->end : to;
            return give_text(s, from, s->at, false);
        }
        if (s->at + 1 < s->end && s->at[1] == '/')
            return close_tag(s);
        if (s->at + 1 == s->end || (s->at[1] != '!' && s->at[1] != '?'))
            return open_tag(s);
        const enum scan_kind kind = other_markup(s);
        if (kind != SCAN_END)
            return kind;
    }
}

enum tf_code scan_fail(const struct scan *s, struct tf_err *reterr)
{
    size_t line = 1, column = 1;
    for (const char *at = s->begin; at < s->fault_at; at++) {
        column = *at == '\n' ? 1 : column + 1;
        line += *at == '\n';
    }
    (void)tf_fail_at(reterr, TF_E_INPUT, NULL, line, column,
                     "the submission is not XML that can be read");
    (void)tf_fact(reterr, "line %zu, column %zu: %s", line, column, s->fault);
    return tf_help(reterr, "Nothing was stored. The device keeps its copy: send it again.");
}
