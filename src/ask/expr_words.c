/* The words of expressions: names (XML Namespaces' NCName and QName) and what begins them. Letters beyond
 * ASCII may stand in names; the curly quotes of word processors may not, so that they are told from one. */
#include <string.h>

#include "ask/expr_inside.h"

/* The curly quotes of word processors. */
bool tf_xis_curly(const char *s)
{
    return strncmp(s, "\xE2\x80", 2) == 0 && (s[2] & 0xF8) == 0x98;
}

bool tf_xstarts_name(const char *s)
{
    const char c = *s;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           ((c & 0x80) != 0 && !tf_xis_curly(s));
}

bool tf_xis_digit(char c)
{
    return c >= '0' && c <= '9';
}

size_t tf_xname_length(const char *s)
{
    size_t n = 0;
    if (!tf_xstarts_name(s))
        return 0;
    while (tf_xstarts_name(s + n) || tf_xis_digit(s[n]) || s[n] == '-' || s[n] == '.')
        n++;
    return n;
}

/* The length of a name with or without prefix ("jr:itext", "orx:*" gives the prefix and star). */
size_t tf_xqname_length(const char *s)
{
    const size_t n = tf_xname_length(s);
    if (n == 0 || s[n] != ':' || s[n + 1] == ':')
        return n;
    if (s[n + 1] == '*')
        return n + 2;
    const size_t more = tf_xname_length(s + n + 1);
    return more == 0 ? n : n + 1 + more;
}
