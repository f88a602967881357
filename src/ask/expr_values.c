/* Values of XPath and their conversions.
 *
 * Four kinds: string, number, boolean, nodes. Conversion and comparison are XPath 1.0's (sections 3.4,
 * 4.2 to 4.4), with ODK's one addition: a text that is a date or dateTime becomes, as a number, the days
 * since 1970-01-01 UTC, so that dates can be compared and subtracted. A date alone is a whole number of
 * days. */
#include <math.h>
#include <string.h>

#include "ask/expr_inside.h"

struct xval tf_xstring(const char *s)
{
    return (struct xval){.kind = TF_XV_STRING, .string = s};
}

struct xval tf_xnum(double x)
{
    return (struct xval){.kind = TF_XV_NUMBER, .number = x};
}

struct xval tf_xbool(bool b)
{
    return (struct xval){.kind = TF_XV_BOOLEAN, .boolean = b};
}

/* "-12.50", ".5", "5." with white space round it; nothing else is a number. */
static bool plain_number(const char *s, const char **from, size_t *n)
{
    s += strspn(s, " \t\r\n");
    const char *begin = s;
    s += *s == '-';
    const size_t whole = strspn(s, "0123456789");
    s += whole;
    size_t part = 0;
    if (*s == '.') {
        part = strspn(s + 1, "0123456789");
        s += 1 + part;
    }
    *from = begin;
    *n = (size_t)(s - begin);
    return whole + part > 0 && *n < 400 && s[strspn(s, " \t\r\n")] == '\0';
}

double tf_xnumber(const char *text)
{
    const char *from;
    size_t n;
    struct xdate date;
    double x;
    char digits[404];
    if (plain_number(text, &from, &n)) {
        const bool bare = from[n - 1] == '.'; /* "5." */
        memcpy(digits, from, n);
        digits[n - bare] = '\0';
        return tf_parse_double(digits, &x) ? x : (double)NAN;
    }
    return tf_xdate_read(text, &date) && date.has_date ? tf_xdate_number(&date) : (double)NAN;
}

/* "1.5e+21" -> "1500000000000000000000": XPath writes no exponents. */
static const char *without_exponent(struct tf_arena *arena, const char *s)
{
    const char *e = strpbrk(s, "eE");
    int64_t power;
    if (e == NULL || !tf_parse_int(e[1] == '+' ? e + 2 : e + 1, &power) || power > 400 ||
        power < -400)
        return s;
    struct tf_buf digits = {.arena = arena}, b = {.arena = arena};
    const bool minus = *s == '-';
    int64_t point = 0; /* digits before the point */
    bool seen = false;
    for (const char *c = s + minus; c < e; c++) {
        if (*c == '.') {
            seen = true;
            continue;
        }
        point += !seen;
        tf_buf_char(&digits, *c);
    }
    point += power;
    tf_buf_add(&b, minus ? "-" : "");
    if (point <= 0)
        tf_buf_add(&b, "0.");
    for (int64_t k = point; k < 0; k++)
        tf_buf_char(&b, '0');
    for (int64_t k = 0; k < (int64_t)digits.n || k < point; k++) {
        if (k == point && k > 0)
            tf_buf_char(&b, '.');
        tf_buf_char(&b, k < (int64_t)digits.n ? digits.s[k] : '0');
    }
    return tf_buf_text(&b);
}

const char *tf_xnumber_text(struct tf_arena *arena, double x)
{
    if (isnan(x))
        return "NaN";
    if (isinf(x))
        return x < 0 ? "-Infinity" : "Infinity";
    if (x == 0)
        return "0";
    return without_exponent(arena, tf_double_text(arena, x));
}

const char *tf_xval_text(struct xeval *e, const struct xval *v)
{
    switch (v->kind) {
    case TF_XV_STRING:
        return v->string;
    case TF_XV_NUMBER:
        return tf_xnumber_text(e->arena, v->number);
    case TF_XV_BOOLEAN:
        return v->boolean ? "true" : "false";
    case TF_XV_NODES:
        break;
    }
    return v->set.n == 0 ? "" : tf_xref_text(e, v->set.item[0]);
}

double tf_xval_number(struct xeval *e, const struct xval *v)
{
    if (v->kind == TF_XV_NUMBER)
        return v->number;
    if (v->kind == TF_XV_BOOLEAN)
        return v->boolean ? 1 : 0;
    return tf_xnumber(tf_xval_text(e, v));
}

bool tf_xval_true(const struct xval *v)
{
    switch (v->kind) {
    case TF_XV_STRING:
        return *v->string != '\0';
    case TF_XV_NUMBER:
        return v->number != 0 && !isnan(v->number);
    case TF_XV_BOOLEAN:
        return v->boolean;
    case TF_XV_NODES:
        break;
    }
    return v->set.n > 0;
}

/* ---- comparison --------------------------------------------------------------------------------- */

static bool numbers(enum xop op, double a, double b)
{
    switch (op) {
    case XO_EQ:
        return a == b;
    case XO_NE:
        return a != b;
    case XO_LT:
        return a < b;
    case XO_LE:
        return a <= b;
    case XO_GT:
        return a > b;
    default:
        return a >= b;
    }
}

/* Neither is nodes. */
static bool plain(struct xeval *e, enum xop op, const struct xval *a, const struct xval *b)
{
    if (op != XO_EQ && op != XO_NE)
        return numbers(op, tf_xval_number(e, a), tf_xval_number(e, b));
    bool same;
    if (a->kind == TF_XV_BOOLEAN || b->kind == TF_XV_BOOLEAN)
        same = tf_xval_true(a) == tf_xval_true(b);
    else if (a->kind == TF_XV_NUMBER || b->kind == TF_XV_NUMBER)
        return numbers(op, tf_xval_number(e, a), tf_xval_number(e, b));
    else
        same = strcmp(tf_xval_text(e, a), tf_xval_text(e, b)) == 0;
    return same == (op == XO_EQ);
}

/* Nodes compare by "is there one for which it holds"; with a boolean as a boolean. */
bool tf_xcompare(struct xeval *e, enum xop op, const struct xval *a, const struct xval *b)
{
    const bool nodes_a = a->kind == TF_XV_NODES, nodes_b = b->kind == TF_XV_NODES;
    if (nodes_a && b->kind == TF_XV_BOOLEAN) {
        const struct xval truth = tf_xbool(a->set.n > 0);
        return plain(e, op, &truth, b);
    }
    if (nodes_b && a->kind == TF_XV_BOOLEAN) {
        const struct xval truth = tf_xbool(b->set.n > 0);
        return plain(e, op, a, &truth);
    }
    if (!nodes_a && !nodes_b)
        return plain(e, op, a, b);
    const size_t n = nodes_a ? a->set.n : b->set.n;
    for (size_t k = 0; k < n; k++) {
        const struct xval one = tf_xstring(tf_xref_text(e, (nodes_a ? a : b)->set.item[k]));
        const bool holds = nodes_a ? (nodes_b ? tf_xcompare(e, op, &one, b) : plain(e, op, &one, b))
                                   : plain(e, op, a, &one);
        if (holds)
            return true;
    }
    return false;
}
