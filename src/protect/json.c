/* The trace of a figure, as a flat JSON object written in the order of the calls.
 *
 * A text key with value NULL and a number that is NaN are left out: "not stated" is no value. The
 * text is made in the arena and its bytes depend on nothing but the values. */
#include <math.h>
#include <string.h>

#include "protect/inside.h"

static void quoted(struct tf_buf *b, const char *s)
{
    static const char hex[] = "0123456789abcdef";
    tf_buf_char(b, '"');
    for (; *s != '\0'; s++) {
        const unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') {
            tf_buf_char(b, '\\');
            tf_buf_char(b, *s);
        } else if (c == '\n') {
            tf_buf_add(b, "\\n");
        } else if (c < 32) {
            tf_buf_add(b, "\\u00");
            tf_buf_char(b, hex[c >> 4]);
            tf_buf_char(b, hex[c & 15]);
        } else {
            tf_buf_char(b, *s);
        }
    }
    tf_buf_char(b, '"');
}

static void key(struct tf_buf *b, const char *name)
{
    const char *s = tf_buf_text(b);
    if (b->n > 0 && s[b->n - 1] != '{')
        tf_buf_char(b, ',');
    quoted(b, name);
    tf_buf_char(b, ':');
}

void tf_json_open(struct tf_buf *b)
{
    tf_buf_char(b, '{');
}

void tf_json_text(struct tf_buf *b, const char *name, const char *value)
{
    if (value == NULL)
        return;
    key(b, name);
    quoted(b, value);
}

void tf_json_number(struct tf_buf *b, const char *name, double value)
{
    if (!isfinite(value))
        return;
    key(b, name);
    tf_buf_double(b, value);
}

void tf_json_close(struct tf_buf *b)
{
    tf_buf_char(b, '}');
}
