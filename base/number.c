/* Numbers: see number.h. The program never calls setlocale, so the C locale rules here. */
#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Is s a plain decimal number (after blanks)? Guards strtod from hex, inf and nan. */
static bool is_decimal(const char *s)
{
    bool digits = false;
    if (*s == '+' || *s == '-')
        s++;
    for (; *s >= '0' && *s <= '9'; s++)
        digits = true;
    if (*s == '.')
        for (s++; *s >= '0' && *s <= '9'; s++)
            digits = true;
    if (!digits)
        return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        if (*s == '+' || *s == '-')
            s++;
        if (*s < '0' || *s > '9')
            return false;
        while (*s >= '0' && *s <= '9')
            s++;
    }
    return s[strspn(s, " \t\r\n")] == '\0';
}

/* The common case, exactly and without strtod: at most 15 digits and no exponent. Digits and power
 * of ten are then whole numbers that a double holds, and one division rounds correctly (Clinger
 * 1990, the fast path). */
static bool parse_short(const char *s, double *ret)
{
    static const double power[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const bool minus = *s == '-';
    int64_t digits = 0;
    size_t n = 0, after = 0;
    bool point = false;
    if (*s == '+' || *s == '-')
        s++;
    for (; n <= 15; s++) {
        if (*s >= '0' && *s <= '9') {
            digits = digits * 10 + (*s - '0');
            n++;
            after += point;
        } else if (*s == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    if (n == 0 || n > 15 || *s != '\0')
        return false;
    const double x = (double)digits / power[after];
    *ret = minus ? -x : x;
    return true;
}

bool tf_parse_double(const char *s, double *ret)
{
    if (s == NULL)
        return false;
    s += strspn(s, " \t\r\n");
    if (parse_short(s, ret))
        return true;
    if (!is_decimal(s))
        return false;
    const double x = strtod(s, NULL);
    if (!isfinite(x))
        return false;
    *ret = x;
    return true;
}

bool tf_parse_int(const char *s, int64_t *ret)
{
    if (s == NULL)
        return false;
    s += strspn(s, " \t\r\n");
    if (!is_decimal(s) || strpbrk(s, ".eE") != NULL)
        return false;
    errno = 0;
    const long long x = strtoll(s, NULL, 10);
    if (errno != 0)
        return false;
    *ret = x;
    return true;
}

bool tf_is_code(const char *s)
{
    s += strspn(s, " \t\r\n+-");
    const size_t digits = strspn(s, "0123456789");
    return (digits > 1 && s[0] == '0') || digits > 15;
}

/* Digits of a whole number below 1e15, without the C library: codes are nearly all of a dataset. */
static void add_whole(struct tf_buf *b, double x)
{
    char s[24], *at = s + sizeof s - 1;
    uint64_t left = (uint64_t)fabs(x);
    *at = '\0';
    for (; left > 0; left /= 10)
        *--at = (char)('0' + left % 10);
    if (x < 0)
        *--at = '-';
    tf_buf_addn(b, at, (size_t)(s + sizeof s - 1 - at));
}

void tf_buf_double(struct tf_buf *b, double x)
{
    char s[40];
    if (isnan(x)) {
        tf_buf_add(b, "NaN");
        return;
    }
    if (isinf(x)) {
        tf_buf_add(b, x > 0 ? "Inf" : "-Inf");
        return;
    }
    if (x == 0) {
        tf_buf_add(b, "0");
        return;
    }
    if (fabs(x) < 1e15 && x == floor(x)) {
        add_whole(b, x);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(s, sizeof s, "%.*g", digits, x);
        if (strtod(s, NULL) == x)
            break;
    }
    tf_buf_add(b, s);
}

char *tf_double_text(struct tf_arena *arena, double x)
{
    struct tf_buf b = {.arena = arena};
    tf_buf_double(&b, x);
    return b.s;
}

void tf_buf_fixed(struct tf_buf *b, double x, int decimals)
{
    char s[400];
    static const double scale[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    if (!isfinite(x)) {
        tf_buf_double(b, x);
        return;
    }
    if (decimals < 0 || decimals > 9)
        decimals = 0;
    if (fabs(x) < 1e15 / scale[decimals]) { /* round the decimal that a person would see */
        (void)snprintf(s, sizeof s, "%.12g", x * scale[decimals]);
        x = round(strtod(s, NULL)) / scale[decimals];
    }
    if (x == 0)
        x = 0; /* no -0 */
    (void)snprintf(s, sizeof s, "%.*f", decimals, x);
    tf_buf_add(b, s);
}

void tf_buf_grouped(struct tf_buf *b, double x)
{
    char s[400];
    if (!isfinite(x)) {
        tf_buf_double(b, x);
        return;
    }
    (void)snprintf(s, sizeof s, "%.0f", round(fabs(x)));
    const size_t n = strlen(s);
    if (x < 0 && strcmp(s, "0") != 0)
        tf_buf_char(b, '-');
    for (size_t k = 0; k < n; k++) {
        if (k > 0 && (n - k) % 3 == 0)
            tf_buf_char(b, ',');
        tf_buf_char(b, s[k]);
    }
}
