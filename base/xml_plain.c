/* XML that machines write: see xml_plain.h.
 *
 * Two walks. The first proves the document plain: every "<" begins a comment, a declaration at the very
 * start, or a tag whose name and quoted attributes are whole; every "&" an entity that is known; tags
 * close in the order in which they were opened. The second walk can then look for the next "<" and the
 * next quote and nothing else. */
#include "base/xml_plain.h"

#include <string.h>

enum { DEEPEST = 64, LONGEST_NAME = 63 };

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-' || c == '.' || c == ':';
}

static size_t name_length(const char *s, const char *end)
{
    const char *at = s;
    while (at < end && is_name(*at))
        at++;
    return (size_t)(at - s);
}

/* ---- Entities ---------------------------------------------------------------------------------- */

/* A character that XML allows; 0 is none. */
static bool allowed(uint32_t c)
{
    return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c < 0xD800) ||
           (c > 0xDFFF && c < 0xFFFE) || (c > 0xFFFF && c <= 0x10FFFF);
}

/* The entity at s, which begins with "&": its length and character, or 0. */
static size_t entity(const char *s, size_t n, uint32_t *ret)
{
    static const struct {
        const char *name;
        uint32_t c;
    } named[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    for (size_t k = 0; k < sizeof named / sizeof *named; k++) {
        const size_t length = strlen(named[k].name);
        if (n >= length && memcmp(s, named[k].name, length) == 0) {
            *ret = named[k].c;
            return length;
        }
    }
    if (n < 4 || s[1] != '#')
        return 0;
    const bool hex = s[2] == 'x';
    size_t k = hex ? 3 : 2;
    uint32_t c = 0;
    const size_t first = k;
    for (; k < n && k < first + 7 && s[k] != ';'; k++) {
        const char d = s[k];
        const uint32_t digit = d >= '0' && d <= '9'   ? (uint32_t)(d - '0')
                               : d >= 'a' && d <= 'f' ? (uint32_t)(d - 'a') + 10
                               : d >= 'A' && d <= 'F' ? (uint32_t)(d - 'A') + 10
                                                      : 99;
        if (digit >= (hex ? 16u : 10u))
            return 0;
        c = c * (hex ? 16 : 10) + digit;
    }
    if (k == first || k >= n || s[k] != ';' || !allowed(c))
        return 0;
    *ret = c;
    return k + 1;
}

void tf_plain_decode(struct tf_buf *b, const char *text, size_t n)
{
    while (n > 0) {
        const char *mark = memchr(text, '&', n);
        const size_t before = mark == NULL ? n : (size_t)(mark - text);
        uint32_t c = 0;
        tf_buf_addn(b, text, before);
        if (mark == NULL)
            return;
        const size_t length = entity(mark, n - before, &c);
        tf_buf_utf8(b, c);
        text = mark + length;
        n -= before + length;
    }
}

/* ---- Proof ------------------------------------------------------------------------------------- */

struct open { /* a tag that is open */
    const char *name;
    size_t n;
};

static bool good_text(const char *s, size_t n)
{
    for (const char *mark; (mark = memchr(s, '&', n)) != NULL;) {
        uint32_t c;
        const size_t before = (size_t)(mark - s), length = entity(mark, n - before, &c);
        if (length == 0)
            return false;
        s = mark + length;
        n -= before + length;
    }
    return true;
}

/* Attributes from s on, each name="value"; where ">" or "/>" stands, or NULL. */
static const char *good_attributes(const char *s, const char *end)
{
    for (;;) {
        const char *gap = s;
        while (s < end && is_space(*s))
            s++;
        if (s == end || *s == '>' || *s == '/' || *s == '?')
            return s == end ? NULL : s;
        const size_t n = name_length(s, end);
        if (n == 0 || s == gap)
            return NULL;
        s += n;
        if (end - s < 3 || *s != '=' || (s[1] != '"' && s[1] != '\''))
            return NULL;
        const char *value = s + 2, *close = memchr(value, s[1], (size_t)(end - value));
        if (close == NULL || memchr(value, '<', (size_t)(close - value)) != NULL ||
            memchr(value, '\n', (size_t)(close - value)) != NULL ||
            memchr(value, '\t', (size_t)(close - value)) != NULL ||
            !good_text(value, (size_t)(close - value)))
            return NULL;
        s = close + 1;
    }
}

/* <?xml version="1.0" encoding="UTF-8"?> : behind it, or NULL. */
static const char *declaration(const char *s, const char *end)
{
    const char *close = good_attributes(s + 5, end), *encoding;
    if (close == NULL || end - close < 2 || close[0] != '?' || close[1] != '>')
        return NULL;
    for (encoding = s; encoding < close; encoding++)
        if (close - encoding > 14 && memcmp(encoding, "encoding=", 9) == 0)
            return strncmp(encoding + 10, "UTF-8", 5) == 0 || strncmp(encoding + 10, "utf-8", 5) == 0
                       ? close + 2
                       : NULL;
    return close + 2;
}

/* A tag at s ("<"): what follows it, or NULL. */
static const char *good_tag(const char *s, const char *end, struct open *open, size_t *depth)
{
    const bool closes = end - s > 1 && s[1] == '/';
    const char *name = s + (closes ? 2 : 1);
    const size_t n = name_length(name, end);
    if (n == 0 || n > LONGEST_NAME || (*name >= '0' && *name <= '9') || strchr("-.:", *name) != NULL)
        return NULL;
    const char *at = name + n;
    if (closes) {
        while (at < end && is_space(*at))
            at++;
        if (at == end || *at != '>' || *depth == 0 || open[*depth - 1].n != n ||
            memcmp(open[*depth - 1].name, name, n) != 0)
            return NULL;
        (*depth)--;
        return at + 1;
    }
    at = good_attributes(at, end);
    if (at == NULL || *at == '?')
        return NULL;
    if (*at == '/')
        return end - at > 1 && at[1] == '>' ? at + 2 : NULL;
    if (*depth == DEEPEST)
        return NULL;
    open[(*depth)++] = (struct open){name, n};
    return at + 1;
}

static const char *comment(const char *s, const char *end)
{
    for (s += 4; end - s >= 3; s++)
        if (s[0] == '-' && s[1] == '-')
            return s[2] == '>' ? s + 3 : NULL;
    return NULL;
}

/* No byte that plain XML has not: control characters, carriage returns. */
static bool good_bytes(const char *data, size_t n)
{
    unsigned bad = 0;
    for (size_t k = 0; k < n; k++) {
        const unsigned char c = (unsigned char)data[k];
        bad |= c < 0x20 && c != '\n' && c != '\t';
    }
    return bad == 0 && tf_utf8_valid(data, n) == n;
}

bool tf_plain_ok(const char *data, size_t n)
{
    struct open open[DEEPEST];
    const char *s = data, *end = data + n;
    size_t depth = 0, roots = 0;
    if (n < 5 || !good_bytes(data, n))
        return false;
    if (strncmp(s, "<?xml ", 6) == 0 && (s = declaration(s, end)) == NULL)
        return false;
    while (s < end) {
        const char *mark = memchr(s, '<', (size_t)(end - s));
        const size_t text = (size_t)((mark == NULL ? end : mark) - s);
        for (size_t k = 0; depth == 0 && k < text; k++)
            if (!is_space(s[k]))
                return false;
        if (!good_text(s, text) || (text > 0 && depth == 0 && mark == NULL && roots != 1))
            return false;
        if (mark == NULL)
            break;
        const size_t before = depth;
        s = end - mark > 6 && memcmp(mark, "<!--", 4) == 0 ? comment(mark, end)
                                                           : good_tag(mark, end, open, &depth);
        if (s == NULL)
            return false;
        if (before == 0 && mark[1] != '!')
            roots++;
        if (roots > 1)
            return false;
    }
    return depth == 0 && roots == 1;
}

/* ---- Walk -------------------------------------------------------------------------------------- */

void tf_plain_begin(struct tf_plain *p, const char *data, size_t n)
{
    *p = (struct tf_plain){.at = data, .end = data + n};
    if (strncmp(data, "<?xml ", 6) == 0)
        p->at = strstr(data, "?>") + 2;
}

static void take_name(struct tf_plain *p, const char *name, size_t n)
{
    const char *prefix = memchr(name, ':', n);
    if (prefix != NULL) {
        n -= (size_t)(prefix + 1 - name);
        name = prefix + 1;
    }
    memcpy(p->name, name, n);
    p->name[n] = '\0';
}

/* The ">" of a tag, behind its quotes. */
static const char *tag_end(const char *s)
{
    for (;; s++) {
        if (*s == '>')
            return s;
        if (*s == '"' || *s == '\'')
            s = strchr(s + 1, *s);
    }
}

enum tf_plain_event tf_plain_next(struct tf_plain *p)
{
    while (p->at < p->end) {
        const char *s = p->at;
        if (*s != '<') {
            const char *mark = memchr(s, '<', (size_t)(p->end - s));
            p->at = mark == NULL ? p->end : mark;
            p->text = s;
            p->n_text = (size_t)(p->at - s);
            return TF_PLAIN_TEXT;
        }
        if (s[1] == '!') {
            p->at = strstr(s + 4, "-->") + 3;
            continue;
        }
        const bool closes = s[1] == '/';
        const char *name = s + (closes ? 2 : 1);
        const size_t n = name_length(name, p->end);
        const char *close = tag_end(name + n);
        take_name(p, name, n);
        p->at = close + 1;
        if (closes)
            return TF_PLAIN_CLOSE;
        p->empty = close[-1] == '/';
        p->attribute = name + n;
        p->n_attribute = (size_t)(close - p->attribute);
        return TF_PLAIN_OPEN;
    }
    return TF_PLAIN_END;
}

const char *tf_plain_attribute(const struct tf_plain *p, struct tf_arena *arena, const char *name)
{
    const size_t wanted = strlen(name);
    const char *s = p->attribute, *end = s + p->n_attribute;
    while (s < end) {
        while (s < end && (is_space(*s) || *s == '/'))
            s++;
        size_t n = name_length(s, end);
        if (n == 0)
            return NULL;
        const char *value = s + n + 2, *close = strchr(value, s[n + 1]);
        const char *prefix = memchr(s, ':', n);
        if (prefix != NULL) {
            n -= (size_t)(prefix + 1 - s);
            s = prefix + 1;
        }
        if (n == wanted && memcmp(s, name, n) == 0) {
            if (memchr(value, '&', (size_t)(close - value)) == NULL)
                return tf_strndup(arena, value, (size_t)(close - value));
            struct tf_buf b = {.arena = arena};
            tf_plain_decode(&b, value, (size_t)(close - value));
            return tf_buf_text(&b);
        }
        s = close + 1;
    }
    return NULL;
}
