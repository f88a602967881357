/* A streaming reader of multipart/form-data.
 *
 * One state at a time, one byte at a time where it matters and by memchr through contents:
 *
 *     BEFORE -> DELIMITED -> HEADER -> CONTENT -+-> AFTER
 *                  ^                            |
 *                  +---------- delimiter -------+
 *
 * The delimiter is CR LF "--" boundary. CR stands in it at the front only, so a partial match that fails
 * can never hide a later one: what was held back is content, and matching begins again at this byte.
 * The body begins as if a CR LF had just been read, for the first delimiter has none before it.
 *
 * Contents lie one after another in one buffer; parts know their places, and pointers are made at the
 * end. Strict where looseness would let two readers see two different bodies: CR LF only, one
 * Content-Disposition a part, no transfer encodings, no NUL in headers, and the closing delimiter must
 * be there. Sources: RFC 7578, RFC 2046 5.1; WHATWG HTML 4.10.21.8 (%22 in names). */
#include <stdio.h>
#include <string.h>

#include "field/multipart.h"

enum {
    MAX_BOUNDARY = 70,
    MAX_LINE = 4096,
    MAX_HEADERS = 16,
    MAX_BEFORE = 1024,
    FIRST_CONTENT = 1 << 15
};
enum state { BEFORE, DELIMITED, HEADER, CONTENT, AFTER };
struct place {
    const char *name, *filename, *type;
    size_t at, n;
};
struct tf_multipart {
    struct tf_arena *arena;
    struct tf_multipart_limit limit;
    enum state state;
    char delimiter[MAX_BOUNDARY + 5];
    size_t delimiter_n, matched;    /* bytes of the delimiter that the last bytes read are */
    size_t skipped;                 /* bytes before the first delimiter */
    char line[MAX_LINE + 1];        /* header line, or what follows a delimiter */
    size_t line_n, headers;
    bool cr;                        /* the last byte of a line was CR */
    struct place *part, now;
    size_t n_parts, cap_parts;
    char *content;
    size_t content_n, content_cap;
    size_t expected;                /* of the whole body, or 0 */
    struct tf_err *reterr;
};

static enum tf_code malformed(struct tf_multipart *m, const char *what)
{
    (void)tf_fail(m->reterr, TF_E_INPUT, "the form data are malformed: %s", what);
    (void)tf_fact(m->reterr, "in part %zu", m->n_parts + 1);
    return tf_help(m->reterr, "Send it again; the device keeps its copy.");
}

static enum tf_code too_large(struct tf_multipart *m, const char *what, size_t most)
{
    (void)tf_fail(m->reterr, TF_E_LIMIT, "the form data are too large: %s", what);
    (void)tf_fact(m->reterr, "at most %zu", most);
    return tf_help(m->reterr, "Send the files in several requests that repeat the same XML.");
}

/* ---- names and values of headers ---- */

/* After `name=`: a quoted string or a token. *at is moved behind it. NULL: malformed. */
static const char *value_of(struct tf_arena *arena, const char **at)
{
    struct tf_buf b = {.arena = arena};
    const char *p = *at;
    if (*p != '"') {
        const size_t n = strcspn(p, "; \t\"");
        *at = p + n;
        return n == 0 ? NULL : tf_strndup(arena, p, n);
    }
    for (p++; *p != '"'; p++) {
        if (*p == '\0')
            return NULL;
        if (p[0] == '\\' && (p[1] == '"' || p[1] == '\\'))
            tf_buf_char(&b, *++p);
        else if (p[0] == '%' && p[1] == '2' && p[2] == '2') {
            tf_buf_char(&b, '"');
            p += 2;
        } else
            tf_buf_char(&b, *p);
    }
    *at = p + 1;
    return tf_buf_text(&b);
}

static const char *blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* The parameter `name` of "word; a=b; c=d"; NULL when it is not there. *ret_good: all is well formed. */
static const char *parameter(struct tf_arena *arena, const char *header, const char *name,
                             bool *ret_good)
{
    const char *p = header + strcspn(header, ";"), *found = NULL;
    *ret_good = true;
    for (p = blanks(p); *p == ';'; p = blanks(p)) {
        p = blanks(p + 1);
        const size_t n = strcspn(p, "=; \t");
        const char *key = tf_strndup(arena, p, n);
        if (n == 0 && *p == '\0')
            break; /* a last ';' */
        const bool valued = p[n] == '=';
        p += n + (valued ? 1 : 0);
        const char *value = valued ? value_of(arena, &p) : NULL;
        if (value == NULL || (found != NULL && tf_casecmp(key, name) == 0)) {
            *ret_good = false;
            return NULL;
        }
        if (tf_casecmp(key, name) == 0)
            found = value;
    }
    *ret_good = *p == '\0';
    return *ret_good ? found : NULL;
}

/* What stands before the parameters, lower case. */
static const char *first_word(struct tf_arena *arena, const char *header)
{
    return tf_lower(arena, tf_trim(arena, tf_strndup(arena, header, strcspn(header, ";"))));
}

static bool word_is(struct tf_arena *arena, const char *header, const char *word)
{
    return strcmp(first_word(arena, header), word) == 0;
}

static bool printable(const char *s)
{
    for (; *s != '\0'; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return false;
    return true;
}

/* ---- header lines of a part ---- */

static enum tf_code disposition(struct tf_multipart *m, const char *value)
{
    bool good_name, good_file;
    if (m->now.name != NULL)
        return malformed(m, "two Content-Disposition headers");
    const char *name = parameter(m->arena, value, "name", &good_name);
    const char *file = parameter(m->arena, value, "filename", &good_file);
    if (!good_name || !good_file || name == NULL || !word_is(m->arena, value, "form-data"))
        return malformed(m, "a Content-Disposition that is not form-data with a name");
    if (file != NULL) { /* folders are the client's business */
        const char *slash = strrchr(file, '/'), *back = strrchr(file, '\\');
        file = slash == NULL ? file : slash + 1;
        file = back == NULL || back < file ? file : back + 1;
    }
    m->now.name = name;
    m->now.filename = file == NULL || *file == '\0' ? NULL : file;
    return TF_OK;
}

static enum tf_code header_line(struct tf_multipart *m)
{
    char *colon = strchr(m->line, ':');
    if (strlen(m->line) != m->line_n || tf_utf8_valid(m->line, m->line_n) != m->line_n ||
        colon == NULL || colon == m->line || !printable(colon + 1 + strspn(colon + 1, " \t")))
        return malformed(m, "a line that is no header");
    if (++m->headers > MAX_HEADERS)
        return too_large(m, "header lines of a part", MAX_HEADERS);
    *colon = '\0';
    const char *value = tf_trim(m->arena, colon + 1);
    if (tf_casecmp(m->line, "content-disposition") == 0)
        return disposition(m, value);
    if (tf_casecmp(m->line, "content-type") == 0) {
        if (strlen(value) <= 100 && tf_utf8_valid(value, strlen(value)) == strlen(value))
            m->now.type = first_word(m->arena, value);
        return TF_OK;
    }
    if (tf_casecmp(m->line, "content-transfer-encoding") == 0 && tf_casecmp(value, "binary") != 0 &&
        tf_casecmp(value, "8bit") != 0 && tf_casecmp(value, "7bit") != 0)
        return malformed(m, "a transfer encoding");
    return TF_OK;
}

static enum tf_code begin_content(struct tf_multipart *m)
{
    if (m->now.name == NULL)
        return malformed(m, "a part without a name");
    if (m->now.type == NULL || *m->now.type == '\0')
        m->now.type = "application/octet-stream";
    m->now.at = m->content_n;
    m->state = CONTENT;
    return TF_OK;
}

/* One byte of a line; *ret_line when it ended. */
static enum tf_code line_byte(struct tf_multipart *m, char c, bool *ret_line)
{
    *ret_line = false;
    if (m->cr && c != '\n')
        return malformed(m, "a carriage return without a line feed");
    if (m->cr) {
        m->cr = false;
        m->line[m->line_n] = '\0';
        *ret_line = true;
    } else if (c == '\r') {
        m->cr = true;
    } else if (c == '\n' || c == '\0') {
        return malformed(m, "a line feed or a zero byte in a header");
    } else if (m->line_n == MAX_LINE) {
        return too_large(m, "bytes of a header line", MAX_LINE);
    } else {
        m->line[m->line_n++] = c;
    }
    return TF_OK;
}

/* What follows a delimiter: nothing (a part begins) or "--" (the end). */
static enum tf_code delimited(struct tf_multipart *m)
{
    if (strspn(m->line, " \t") == m->line_n) {
        if (m->n_parts == m->limit.parts)
            return too_large(m, "parts", m->limit.parts);
        m->now = (struct place){.at = m->content_n};
        m->headers = 0;
        m->line_n = 0;
        m->state = HEADER;
        return TF_OK;
    }
    return malformed(m, "something after a delimiter");
}

static enum tf_code take_line_byte(struct tf_multipart *m, char c)
{
    bool line;
    TF_TRY(line_byte(m, c, &line));
    if (m->state == DELIMITED && m->line_n == 2 && m->line[0] == '-' && m->line[1] == '-') {
        m->state = AFTER;
        return TF_OK;
    }
    if (!line)
        return TF_OK;
    if (m->state == DELIMITED)
        return delimited(m);
    if (m->line_n == 0)
        return begin_content(m);
    const enum tf_code code = header_line(m);
    m->line_n = 0;
    return code;
}

/* ---- contents ---- */

/* An announced size is believed only as far as eight times what has come: a client that announces much
 * and sends little costs little. Old buffers stay in the arena until all goes. */
static void grow(struct tf_multipart *m, size_t need)
{
    size_t cap = 8 * m->content_cap;
    if (m->expected == 0 || m->expected < need)
        cap = 2 * m->content_cap;
    else if (cap > m->expected + 1)
        cap = m->expected + 1;
    if (cap < need)
        cap = need;
    char *bigger = tf_alloc(m->arena, cap);
    memcpy(bigger, m->content, m->content_n);
    m->content = bigger;
    m->content_cap = cap;
}

static enum tf_code keep(struct tf_multipart *m, const char *data, size_t n)
{
    if (m->state == BEFORE) {
        m->skipped += n;
        return m->skipped > MAX_BEFORE ? malformed(m, "no delimiter at its beginning") : TF_OK;
    }
    if (n > m->limit.bytes - m->content_n)
        return too_large(m, "bytes in all", m->limit.bytes);
    if (n >= m->content_cap - m->content_n) /* one more for a final zero */
        grow(m, m->content_n + n + 1);
    memcpy(m->content + m->content_n, data, n);
    m->content_n += n;
    return TF_OK;
}

static enum tf_code end_part(struct tf_multipart *m)
{
    if (m->state == CONTENT) {
        m->part = tf_grow(m->arena, m->part, m->n_parts, &m->cap_parts, sizeof *m->part);
        m->now.n = m->content_n - m->now.at;
        m->part[m->n_parts++] = m->now;
    }
    m->state = DELIMITED;
    m->line_n = 0;
    m->cr = false;
    m->matched = 0;
    return TF_OK;
}

/* Bytes before or in contents; *ret_n is how many were taken. */
static enum tf_code take_content(struct tf_multipart *m, const char *data, size_t n, size_t *ret_n)
{
    size_t k = 0;
    while (k < n) {
        if (m->matched == 0) {
            const char *cr = memchr(data + k, '\r', n - k);
            const size_t plain = cr == NULL ? n - k : (size_t)(cr - data) - k;
            TF_TRY(keep(m, data + k, plain));
            k += plain;
            if (cr != NULL) {
                m->matched = 1;
                k++;
            }
        } else if (data[k] == m->delimiter[m->matched]) {
            k++;
            if (++m->matched == m->delimiter_n) {
                *ret_n = k;
                return end_part(m);
            }
        } else {
            TF_TRY(keep(m, m->delimiter, m->matched));
            m->matched = 0; /* this byte is looked at again */
        }
    }
    *ret_n = n;
    return TF_OK;
}

/* ---- the whole ---- */

enum tf_code tf_multipart_begin(struct tf_arena *arena, const char *content_type,
                                struct tf_multipart_limit limit, size_t expected,
                                struct tf_multipart **ret, struct tf_err *reterr)
{
    bool good = false;
    const char *boundary = NULL;
    if (content_type != NULL && strlen(content_type) < MAX_LINE)
        boundary = parameter(arena, content_type, "boundary", &good);
    if (!good || boundary == NULL || strlen(boundary) == 0 || strlen(boundary) > MAX_BOUNDARY ||
        !printable(boundary) || !word_is(arena, content_type, "multipart/form-data")) {
        (void)tf_fail(reterr, TF_E_INPUT, "the request is not multipart/form-data with a boundary");
        return tf_help(reterr, "A submission is sent as OpenRosa says: multipart/form-data.");
    }
    struct tf_multipart *m = TF_NEW(arena, struct tf_multipart);
    *m = (struct tf_multipart){.arena = arena, .limit = limit, .state = BEFORE, .matched = 2};
    (void)snprintf(m->delimiter, sizeof m->delimiter, "\r\n--%s", boundary);
    m->delimiter_n = strlen(m->delimiter);
    m->expected = expected < limit.bytes ? expected : limit.bytes;
    m->content_cap = expected == 0 || expected > FIRST_CONTENT ? FIRST_CONTENT : expected + 1;
    m->content = tf_alloc(arena, m->content_cap);
    *ret = m;
    return TF_OK;
}

enum tf_code tf_multipart_feed(struct tf_multipart *m, const void *data, size_t n,
                               struct tf_err *reterr)
{
    const char *p = data;
    m->reterr = reterr;
    for (size_t k = 0, taken; k < n && m->state != AFTER; k += taken) {
        taken = 1;
        if (m->state == BEFORE || m->state == CONTENT)
            TF_TRY(take_content(m, p + k, n - k, &taken));
        else
            TF_TRY(take_line_byte(m, p[k]));
    }
    return TF_OK;
}

enum tf_code tf_multipart_end(struct tf_multipart *m, struct tf_part **ret, size_t *ret_n,
                              struct tf_err *reterr)
{
    m->reterr = reterr;
    if (m->state != AFTER)
        return malformed(m, "it ends before its last delimiter");
    struct tf_part *part = TF_NEW_N(m->arena, struct tf_part, m->n_parts + 1);
    for (size_t k = 0; k < m->n_parts; k++) {
        const struct place *p = &m->part[k];
        part[k] = (struct tf_part){.name = p->name, .filename = p->filename, .type = p->type,
                                   .data = m->content + p->at, .n = p->n};
    }
    *ret = part;
    *ret_n = m->n_parts;
    return TF_OK;
}
