/* Functions of texts. Positions count letters (code points), not bytes. concat and join take all nodes
 * of a node-set, as ODK says. */
#include <math.h>
#include <string.h>

#include "ask/expr_calls.h"

XCALL(tf_xc_string)
{
    *ret = tf_xstring(n == 0 ? tf_xref_text(e, at->node) : tf_xval_text(e, &arg[0]));
    return TF_OK;
}

static void add_all(struct xeval *e, struct tf_buf *b, const struct xval *v, const char *between,
                    bool *begun)
{
    const size_t parts = v->kind == TF_XV_NODES ? v->set.n : 1;
    for (size_t k = 0; k < parts; k++) {
        if (*begun)
            tf_buf_add(b, between);
        *begun = true;
        tf_buf_add(b, v->kind == TF_XV_NODES ? tf_xref_text(e, v->set.item[k]) : tf_xval_text(e, v));
    }
}

XCALL(tf_xc_concat)
{
    struct tf_buf b = {.arena = e->arena};
    bool begun = false;
    for (size_t k = 0; k < n; k++)
        add_all(e, &b, &arg[k], "", &begun);
    *ret = tf_xstring(tf_buf_text(&b));
    return TF_OK;
}

XCALL(tf_xc_join)
{
    struct tf_buf b = {.arena = e->arena};
    const char *between = tf_xval_text(e, &arg[0]);
    bool begun = false;
    for (size_t k = 1; k < n; k++)
        add_all(e, &b, &arg[k], between, &begun);
    *ret = tf_xstring(tf_buf_text(&b));
    return TF_OK;
}

/* Bytes of the first `letters` letters. */
static size_t bytes_of(const char *s, double letters)
{
    const size_t all = strlen(s);
    size_t at = 0;
    for (double k = 0; k < letters && at < all; k++) {
        uint32_t cp;
        const size_t n = tf_utf8_next(s + at, all - at, &cp);
        at += n == 0 ? 1 : n;
    }
    return at;
}

static double letters_of(const char *s)
{
    double n = 0;
    for (; *s != '\0'; s++)
        n += (*s & 0xC0) != 0x80;
    return n;
}

static struct xval slice(struct xeval *e, const char *s, double from, double to)
{
    if (!(from < to))
        return tf_xstring("");
    const size_t begin = bytes_of(s, from), end = bytes_of(s, to);
    return tf_xstring(tf_strndup(e->arena, s + begin, end - begin));
}

/* ODK: from 0, the end is not taken, negative numbers count from the end. */
XCALL(tf_xc_substr)
{
    const char *s = tf_xval_text(e, &arg[0]);
    const double length = letters_of(s);
    double from = trunc(tf_xval_number(e, &arg[1]));
    double to = n == 3 ? trunc(tf_xval_number(e, &arg[2])) : length;
    from = from < 0 ? from + length : from;
    to = to < 0 ? to + length : to;
    *ret = slice(e, s, from < 0 ? 0 : from, to);
    return TF_OK;
}

/* XPath: from 1, a number of letters, both rounded. */
XCALL(tf_xc_substring)
{
    const char *s = tf_xval_text(e, &arg[0]);
    const double from = floor(tf_xval_number(e, &arg[1]) + 0.5);
    const double to = n == 3 ? from + floor(tf_xval_number(e, &arg[2]) + 0.5) : HUGE_VAL;
    *ret = slice(e, s, isnan(from) ? HUGE_VAL : from < 1 ? 0 : from - 1, isnan(to) ? 0 : to - 1);
    return TF_OK;
}

XCALL(tf_xc_before)
{
    const char *s = tf_xval_text(e, &arg[0]), *found = strstr(s, tf_xval_text(e, &arg[1]));
    *ret = tf_xstring(found == NULL ? "" : tf_strndup(e->arena, s, (size_t)(found - s)));
    return TF_OK;
}

XCALL(tf_xc_after)
{
    const char *what = tf_xval_text(e, &arg[1]), *found = strstr(tf_xval_text(e, &arg[0]), what);
    *ret = tf_xstring(found == NULL ? "" : found + strlen(what));
    return TF_OK;
}

XCALL(tf_xc_translate)
{
    const char *s = tf_xval_text(e, &arg[0]), *from = tf_xval_text(e, &arg[1]);
    const char *to = tf_xval_text(e, &arg[2]);
    struct tf_buf b = {.arena = e->arena};
    TF_TRY(tf_xwork(e, x, strlen(s) * (strlen(from) / 16 + 1)));
    while (*s != '\0') {
        const size_t n_s = bytes_of(s, 1);
        double place = 0;
        const char *f = from;
        while (*f != '\0' && (bytes_of(f, 1) != n_s || memcmp(f, s, n_s) != 0)) {
            f += bytes_of(f, 1);
            place++;
        }
        if (*f == '\0') {
            tf_buf_addn(&b, s, n_s);
        } else {
            const char *t = to + bytes_of(to, place);
            tf_buf_addn(&b, t, bytes_of(t, 1));
        }
        s += n_s;
    }
    *ret = tf_xstring(tf_buf_text(&b));
    return TF_OK;
}

XCALL(tf_xc_length)
{
    *ret = tf_xnum(letters_of(n == 0 ? tf_xref_text(e, at->node) : tf_xval_text(e, &arg[0])));
    return TF_OK;
}

XCALL(tf_xc_normalize)
{
    const char *s = n == 0 ? tf_xref_text(e, at->node) : tf_xval_text(e, &arg[0]);
    struct tf_buf b = {.arena = e->arena};
    for (;;) {
        s += strspn(s, " \t\r\n");
        const size_t word = strcspn(s, " \t\r\n");
        if (word == 0)
            break;
        if (b.n > 0)
            tf_buf_char(&b, ' ');
        tf_buf_addn(&b, s, word);
        s += word;
    }
    *ret = tf_xstring(tf_buf_text(&b));
    return TF_OK;
}

XCALL(tf_xc_contains)
{
    *ret = tf_xbool(strstr(tf_xval_text(e, &arg[0]), tf_xval_text(e, &arg[1])) != NULL);
    return TF_OK;
}

XCALL(tf_xc_starts)
{
    *ret = tf_xbool(tf_starts(tf_xval_text(e, &arg[0]), tf_xval_text(e, &arg[1])));
    return TF_OK;
}

XCALL(tf_xc_ends)
{
    *ret = tf_xbool(tf_ends(tf_xval_text(e, &arg[0]), tf_xval_text(e, &arg[1])));
    return TF_OK;
}
