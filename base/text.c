/* Text: see text.h. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

void tf_buf_addn(struct tf_buf *b, const void *s, size_t n)
{
    if (b->s == NULL || n + 1 > b->cap - b->n) {
        size_t cap = b->cap < 256 ? 256 : b->cap;
        while (cap - b->n < n + 1)
            cap = cap > ((size_t)-1) / 2 ? (size_t)-1 : cap * 2;
        char *bigger = tf_alloc(b->arena, cap);
        if (b->n > 0)
            memcpy(bigger, b->s, b->n);
        b->s = bigger;
        b->cap = cap;
    }
    if (n > 0)
        memcpy(b->s + b->n, s, n);
    b->n += n;
    b->s[b->n] = '\0';
}

void tf_buf_add(struct tf_buf *b, const char *s)
{
    tf_buf_addn(b, s, strlen(s));
}

void tf_buf_char(struct tf_buf *b, char c)
{
    tf_buf_addn(b, &c, 1);
}

void tf_buf_printf(struct tf_buf *b, const char *format, ...)
{
    char small[256];
    va_list ap, again;
    va_start(ap, format);
    va_copy(again, ap);
    const int n = vsnprintf(small, sizeof small, format, ap);
    va_end(ap);
    if (n > 0 && (size_t)n < sizeof small) {
        tf_buf_addn(b, small, (size_t)n);
    } else if (n > 0) {
        char *big = tf_alloc(b->arena, (size_t)n + 1);
        (void)vsnprintf(big, (size_t)n + 1, format, again);
        tf_buf_addn(b, big, (size_t)n);
    }
    va_end(again);
}

void tf_buf_html(struct tf_buf *b, const char *s)
{
    for (const char *p = s; *p != '\0';) {
        const size_t plain = strcspn(p, "&<>\"'");
        tf_buf_addn(b, p, plain);
        p += plain;
        switch (*p) {
        case '&': tf_buf_add(b, "&amp;"); break;
        case '<': tf_buf_add(b, "&lt;"); break;
        case '>': tf_buf_add(b, "&gt;"); break;
        case '"': tf_buf_add(b, "&quot;"); break;
        case '\'': tf_buf_add(b, "&#39;"); break;
        default: return;
        }
        p++;
    }
}

void tf_buf_csv(struct tf_buf *b, const char *s)
{
    if (strpbrk(s, ",\"\r\n") == NULL) {
        tf_buf_add(b, s);
        return;
    }
    tf_buf_char(b, '"');
    for (const char *p = s; *p != '\0'; p++) {
        if (*p == '"')
            tf_buf_char(b, '"');
        tf_buf_char(b, *p);
    }
    tf_buf_char(b, '"');
}

const char *tf_buf_text(const struct tf_buf *b)
{
    return b->s == NULL ? "" : b->s;
}

bool tf_streq(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

bool tf_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool tf_ends(const char *s, const char *suffix)
{
    const size_t n = strlen(s), m = strlen(suffix);
    return n >= m && strcmp(s + n - m, suffix) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool tf_is_blank(const char *s)
{
    for (; s != NULL && *s != '\0'; s++)
        if (!is_space(*s))
            return false;
    return true;
}

char *tf_trim(struct tf_arena *arena, const char *s)
{
    while (is_space(*s))
        s++;
    size_t n = strlen(s);
    while (n > 0 && is_space(s[n - 1]))
        n--;
    return tf_strndup(arena, s, n);
}

char *tf_lower(struct tf_arena *arena, const char *s)
{
    char *copy = tf_strdup(arena, s);
    for (char *p = copy; *p != '\0'; p++)
        *p = lower(*p);
    return copy;
}

int tf_casecmp(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return (unsigned char)lower(*a) - (unsigned char)lower(*b);
}

char *tf_slug(struct tf_arena *arena, const char *s)
{
    char *copy = tf_alloc(arena, strlen(s) + 1), *out = copy;
    for (; *s != '\0'; s++) {
        const char c = lower(*s);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            *out++ = c;
        else if (out > copy && out[-1] != '-')
            *out++ = '-';
    }
    if (out > copy && out[-1] == '-')
        out--;
    *out = '\0';
    return copy;
}

size_t tf_split(struct tf_arena *arena, const char *s, char at, char ***ret)
{
    size_t n = 1;
    for (const char *p = s; *p != '\0'; p++)
        n += *p == at;
    char **piece = TF_NEW_N(arena, char *, n);
    const char *from = s;
    for (size_t k = 0; k < n; k++) {
        const char *end = strchr(from, at);
        const size_t len = end == NULL || k + 1 == n ? strlen(from) : (size_t)(end - from);
        piece[k] = tf_trim(arena, tf_strndup(arena, from, len));
        from += len + 1;
    }
    *ret = piece;
    return n;
}

char *tf_replace(struct tf_arena *arena, const char *s, const char *from, const char *to)
{
    struct tf_buf b = {.arena = arena};
    const size_t len = strlen(from);
    tf_buf_add(&b, "");
    for (const char *hit; (hit = strstr(s, from)) != NULL; s = hit + len) {
        tf_buf_addn(&b, s, (size_t)(hit - s));
        tf_buf_add(&b, to);
    }
    tf_buf_add(&b, s);
    return b.s;
}

size_t tf_utf8_next(const char *s, size_t n, uint32_t *ret_cp)
{
    const unsigned char *u = (const unsigned char *)s;
    if (n == 0)
        return 0;
    if (u[0] < 0x80) {
        *ret_cp = u[0];
        return 1;
    }
    const size_t len = (u[0] & 0xE0) == 0xC0 ? 2 : (u[0] & 0xF0) == 0xE0 ? 3
                       : (u[0] & 0xF8) == 0xF0 ? 4 : 0;
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (len == 0 || len > n)
        return 0;
    uint32_t cp = u[0] & (0xFFu >> (len + 1));
    for (size_t k = 1; k < len; k++) {
        if ((u[k] & 0xC0) != 0x80)
            return 0;
        cp = cp << 6 | (u[k] & 0x3Fu);
    }
    if (cp < least[len] || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        return 0;
    *ret_cp = cp;
    return len;
}

size_t tf_utf8_valid(const char *s, size_t n)
{
    size_t at = 0;
    while (at < n) {
        uint32_t cp;
        uint64_t eight;
        if (n - at >= sizeof eight) { /* most text is ASCII: eight bytes at a time */
            memcpy(&eight, s + at, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        const size_t len = tf_utf8_next(s + at, n - at, &cp);
        if (len == 0)
            return at;
        at += len;
    }
    return n;
}

void tf_buf_utf8(struct tf_buf *b, uint32_t cp)
{
    char u[4];
    size_t n;
    if (cp < 0x80) {
        u[0] = (char)cp;
        n = 1;
    } else if (cp < 0x800) {
        u[0] = (char)(0xC0 | cp >> 6);
        u[1] = (char)(0x80 | (cp & 0x3F));
        n = 2;
    } else if (cp < 0x10000) {
        u[0] = (char)(0xE0 | cp >> 12);
        u[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        u[2] = (char)(0x80 | (cp & 0x3F));
        n = 3;
    } else {
        u[0] = (char)(0xF0 | cp >> 18);
        u[1] = (char)(0x80 | (cp >> 12 & 0x3F));
        u[2] = (char)(0x80 | (cp >> 6 & 0x3F));
        u[3] = (char)(0x80 | (cp & 0x3F));
        n = 4;
    }
    tf_buf_addn(b, u, n);
}

/* Levenshtein distance of two short words, in one row of 64. */
static size_t distance(const char *a, const char *b)
{
    const size_t n = strlen(a), m = strlen(b);
    size_t row[64];
    if (n > 62 || m > 62)
        return 99;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const size_t change = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            diagonal = row[j];
            size_t best = row[j] + 1 < row[j - 1] + 1 ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < best ? change : best;
        }
    }
    return row[m];
}

const char *tf_nearest(const char *word, const char *const *candidates)
{
    const char *best = NULL;
    size_t least = 4;
    for (; *candidates != NULL; candidates++) {
        const size_t d = distance(word, *candidates);
        if (d < least && 2 * d < strlen(word) + 1) {
            least = d;
            best = *candidates;
        }
    }
    return best;
}
