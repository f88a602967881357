/* Texts for people: labels, hints, messages. What they refer to becomes <output value="…"/>.
 *
 *     Hello ${name}          ->  Hello <output value=" /data/name "/>
 *     … instance('c')/root/item[name = ${q}]/label …   ->  the whole expression in one output
 *
 * Where an instance() expression ends in running prose is told by its words: a path ends at a
 * blank, a predicate at its bracket. That is a guess, and the same one as pyxform 4.5 makes: its
 * forms are what clients know. So are the two oddities kept here: `<`, `>` and `&` inside such an
 * expression are escaped twice, and a quotation mark that opens in the prose before swallows the
 * expression's start. */
#include <string.h>

#include "ask/xform_write.h"

/* ---- words of an expression ------------------------------------------------------------------ */

enum word {
    W_OTHER,
    W_CALL,    /* name( */
    W_LITERAL, /* 'text' */
    W_CLOSE,   /* ) */
    W_SLASH,   /* / */
    W_BLANK,
    W_PREDICATE, /* name[ */
    W_PREDICATED /* ] */
};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits(const char *s)
{
    size_t n = 0;
    while (digit(s[n]))
        n++;
    return n;
}

/* A pattern of single characters: '0' is any digit, others themselves. */
static size_t pattern(const char *s, const char *like)
{
    size_t n = 0;
    for (; like[n] != '\0'; n++)
        if (like[n] == '0' ? !digit(s[n]) : s[n] != like[n])
            return 0;
    return n;
}

static size_t time_of_day(const char *s)
{
    size_t n = pattern(s, "00:00:00");
    if (n == 0)
        return 0;
    if (s[n] == 'Z')
        return n + 1;
    const size_t zone = s[n] == '+' || s[n] == '-' ? pattern(s + n + 1, "00:00") : 0;
    return zone > 0 ? n + 1 + zone : n;
}

static size_t date_or_number(const char *s)
{
    const size_t sign = *s == '-';
    const size_t date = pattern(s + sign, "0000-00-00");
    if (date > 0) {
        const size_t n = sign + date;
        const size_t at = s[n] == 'T' ? time_of_day(s + n + 1) : 0;
        return at > 0 ? n + 1 + at : n;
    }
    if (sign == 0 && time_of_day(s) > 0)
        return time_of_day(s);
    size_t n = digits(s + sign);
    if (n > 0)
        return s[sign + n] == '.' ? sign + n + 1 + digits(s + sign + n + 1) : sign + n;
    n = s[sign] == '.' ? digits(s + sign + 1) : 0;
    return n > 0 ? sign + 1 + n : 0;
}

static size_t one_name(const char *s)
{
    size_t n = 0;
    for (;; n++) {
        const unsigned char c = (unsigned char)s[n];
        const bool start =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c >= 0x80;
        if (!start && (n == 0 || !(digit(s[n]) || c == '-' || c == '.')))
            return n;
    }
}

static size_t word_operator(const char *s) /* with the blanks round it */
{
    static const char *const words[] = {" mod ", " div ", " and ", " or "};
    for (size_t k = 0; k < 4; k++)
        if (tf_starts(s, words[k]))
            return strlen(words[k]);
    return 0;
}

static size_t blanks(const char *s)
{
    return strspn(s, " \t\n\r\f\v");
}

static size_t name_word(const char *s, enum word *ret)
{
    size_t n = one_name(s);
    if (n == 0)
        return 0;
    if (s[n] == ':' && one_name(s + n + 1) > 0)
        n += 1 + one_name(s + n + 1);
    if (s[n] == '(' || s[n] == '[') {
        *ret = s[n] == '(' ? W_CALL : W_PREDICATE;
        return n + 1;
    }
    return tf_starts(s + n, "://") ? n + 3 : n;
}

/* The next word at s: its length, never 0 before the end. */
static size_t next_word(const char *s, enum word *ret)
{
    const char *name;
    size_t n, name_n;
    bool last;
    *ret = W_OTHER;
    if ((n = date_or_number(s)) > 0 || (n = word_operator(s)) > 0)
        return n;
    if (*s == ')' || *s == '/' || *s == ']') {
        *ret = *s == ')' ? W_CLOSE : *s == '/' ? W_SLASH : W_PREDICATED;
        return 1;
    }
    if (*s == '\'' || *s == '"') {
        const char *end = strchr(s + 1, *s);
        if (end != NULL) {
            *ret = W_LITERAL;
            return (size_t)(end - s) + 1;
        }
    }
    if ((n = blanks(s)) > 0) {
        *ret = W_BLANK;
        return n;
    }
    if ((n = tf_xref_at(s, &name, &name_n, &last)) > 0 || (n = name_word(s, ret)) > 0)
        return n;
    return 1;
}

/* ---- instance() expressions in prose --------------------------------------------------------- */

struct span {
    size_t from, to;
};

/* Is this word part of the expression that has begun? */
struct reading {
    bool path, predicate;
    enum word last;
};

static bool belongs(struct reading *r, enum word word)
{
    if (word == W_LITERAL && r->last == W_CALL)
        return true;
    if (word == W_CLOSE && r->last == W_LITERAL)
        return true;
    if (word == W_SLASH && (r->last == W_CLOSE || r->last == W_PREDICATED)) {
        r->path = true;
        return true;
    }
    if (r->path) {
        if (word == W_BLANK) {
            r->path = false;
            return false;
        }
        if (word == W_PREDICATE) {
            r->path = false;
            r->predicate = true;
        }
        return true;
    }
    if (!r->predicate)
        return false;
    if (word == W_PREDICATED)
        r->predicate = false;
    return true;
}

static struct span *find_expressions(struct tf_arena *arena, const char *s, size_t *ret_n)
{
    struct span *found = NULL;
    size_t n = 0, cap = 0, end = 0;
    struct reading r = {.path = false};
    bool inside = false;
    for (size_t at = 0; s[at] != '\0';) {
        enum word word;
        const size_t len = next_word(s + at, &word);
        const bool call = word == W_CALL && len == 9 && tf_starts(s + at, "instance(");
        if (!inside && call) {
            inside = true;
            found = tf_grow(arena, found, n, &cap, sizeof *found);
            found[n].from = at;
            r.last = W_CALL;
            end = at + len;
        } else if (inside && belongs(&r, word)) {
            /* a call inside the predicate is no beginning of the instance's own */
            r.last = word == W_CALL && !call ? W_OTHER : word;
            end = at + len;
        } else if (inside) {
            inside = false;
            found[n++].to = end;
        }
        at += len;
    }
    if (inside)
        found[n++].to = end;
    *ret_n = n;
    return found;
}

/* ---- writing --------------------------------------------------------------------------------- */

static char *escape(struct tf_arena *arena, const char *s, size_t n)
{
    struct tf_buf b = {.arena = arena};
    for (size_t k = 0; k < n; k++) {
        if (s[k] == '&')
            tf_buf_add(&b, "&amp;");
        else if (s[k] == '<')
            tf_buf_add(&b, "&lt;");
        else if (s[k] == '>')
            tf_buf_add(&b, "&gt;");
        else
            tf_buf_char(&b, s[k]);
    }
    tf_buf_char(&b, '\0');
    return b.s;
}

static void
add_text(struct tf_xwriter *w, struct tf_xml *parent, const char *before, const char *s, size_t n)
{
    static const struct {
        const char *escaped, plain;
    } back[] = {
        {"&amp;", '&'},
        {"&lt;",  '<'},
        {"&gt;",  '>'}
    };
    struct tf_buf b = {.arena = w->arena};
    tf_buf_add(&b, before);
    for (size_t k = 0; k < n;) {
        size_t e = 0;
        while (e < 3 && !tf_starts(s + k, back[e].escaped))
            e++;
        tf_buf_char(&b, e < 3 ? back[e].plain : s[k]);
        k += e < 3 ? strlen(back[e].escaped) : 1;
    }
    if (b.n > 0)
        tf_xml_text(w->arena, parent, tf_buf_text(&b));
}

static void add_output(struct tf_xwriter *w, struct tf_xml *parent, const char *value)
{
    struct tf_xml *x = tf_xml_new(w->arena, parent, "output");
    tf_xml_attr(w->arena, x, "value", value);
}

/* The text with its instance() expressions resolved and wrapped, as one string: references beside
 * them are judged by all of it. ret_span: where the outputs stand, ret_value: what they say. */
static const char *wrap_expressions(struct tf_xwriter *w, const char *escaped,
                                    const struct tf_item *context, struct span **ret_span,
                                    const char ***ret_value, size_t *ret_n)
{
    size_t n = 0;
    struct span *span = NULL;
    *ret_n = 0;
    if (strlen(escaped) > 9 && strstr(escaped, "instance(") != NULL)
        span = find_expressions(w->arena, escaped, &n);
    if (n == 0)
        return escaped;
    struct tf_buf b = {.arena = w->arena};
    const char **value = TF_NEW_N(w->arena, const char *, n);
    size_t at = 0;
    for (size_t k = 0; k < n; k++) {
        tf_buf_addn(&b, escaped + at, span[k].from - at);
        const char *part = tf_strndup(w->arena, escaped + span[k].from, span[k].to - span[k].from);
        char *resolved = tf_strdup(w->arena, tf_xrefs(w, part, context, TF_XREF_PLAIN));
        for (char *c = resolved; *c != '\0'; c++) /* as every reader of XML does in attributes */
            if (*c == '\n' || *c == '\t' || *c == '\r')
                *c = ' ';
        at = span[k].to;
        span[k].from = b.n;
        tf_buf_add(&b, "<output value=\"");
        tf_buf_add(&b, resolved);
        tf_buf_add(&b, "\"/>");
        span[k].to = b.n;
        value[k] = resolved;
    }
    tf_buf_add(&b, escaped + at);
    *ret_span = span;
    *ret_value = value;
    *ret_n = n;
    return tf_buf_text(&b);
}

void tf_xtext_write(struct tf_xwriter *w, struct tf_xml *parent, const char *before,
                    const char *text, const struct tf_item *context)
{
    if (strstr(text, "${") == NULL && strstr(text, "instance(") == NULL) {
        tf_xml_text(w->arena, parent,
                    *before == '\0' ? text : tf_printf(w->arena, "%s%s", before, text));
        return;
    }
    struct span *span = NULL;
    const char **value = NULL, *name;
    size_t n_spans, next = 0, name_n, from = 0, at = 0;
    bool last;
    const char *s =
        wrap_expressions(w, escape(w->arena, text, strlen(text)), context, &span, &value, &n_spans);
    while (s[at] != '\0') {
        const bool wrapped = next < n_spans && span[next].from == at;
        const size_t n = wrapped ? span[next].to - at : tf_xref_at(s + at, &name, &name_n, &last);
        if (n == 0) {
            at++;
            continue;
        }
        add_text(w, parent, before, s + from, at - from);
        before = "";
        add_output(w, parent,
                   wrapped ? value[next++] : tf_xref_path(w, s, at, n, context, TF_XREF_PLAIN));
        from = at += n;
    }
    add_text(w, parent, before, s + from, at - from);
    if (parent->first == NULL)
        tf_xml_text(w->arena, parent, "");
}
