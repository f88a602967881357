/* Functions of dates. There is no clock here: today() and now() give what the caller says it is.
 * Names of months and days are English, as the forms' own languages are not known to a server. */
#include <math.h>
#include <string.h>

#include "ask/expr_calls.h"

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

XCALL(tf_xc_now)
{
    if (e->scope->now == NULL)
        e->unknown = true;
    *ret = tf_xstring(e->scope->now == NULL ? "" : e->scope->now);
    return TF_OK;
}

XCALL(tf_xc_today)
{
    if (e->scope->now == NULL)
        e->unknown = true;
    *ret = tf_xstring(e->scope->now == NULL ? "" : tf_strndup(e->arena, e->scope->now, 10));
    return TF_OK;
}

static const char *date_text(struct tf_arena *arena, long days)
{
    long year;
    int month, day;
    tf_xdate_civil(days, &year, &month, &day);
    return tf_printf(arena, "%04ld-%02d-%02d", year, month, day);
}

static bool in_range(double days)
{
    return days > -719529.0 && days < 2932897.0; /* years 0 to 9999 */
}

/* A value as a date: a number is days since 1970-01-01 (UTC). False when it is none. */
static bool as_date(struct xeval *e, const struct xval *v, struct xdate *ret)
{
    if (v->kind == TF_XV_NUMBER || v->kind == TF_XV_BOOLEAN) {
        const double days = tf_xval_number(e, v);
        if (isnan(days) || !in_range(days))
            return false;
        const double whole = floor(days);
        double rest = (days - whole) * 86400;
        *ret = (struct xdate){.has_date = true, .has_time = rest > 0, .has_zone = true};
        tf_xdate_civil((long)whole, &ret->year, &ret->month, &ret->day);
        rest = floor(rest * 1000 + 0.5) / 1000;
        rest = rest > 86399.999 ? 86399.999 : rest;
        ret->hour = (int)(rest / 3600);
        ret->minute = (int)(rest / 60) % 60;
        ret->second = rest - ret->hour * 3600.0 - ret->minute * 60.0;
        return true;
    }
    const char *text = tf_xval_text(e, v);
    if (tf_xdate_read(text, ret))
        return true;
    const double days = tf_xnumber(text); /* "18000" in a field */
    const struct xval number = tf_xnum(days);
    return !isnan(days) && as_date(e, &number, ret);
}

XCALL(tf_xc_date)
{
    struct xdate d;
    const bool is = as_date(e, &arg[0], &d) && d.has_date;
    *ret = tf_xstring(is ? date_text(e->arena, tf_xdate_days(d.year, d.month, d.day)) : "");
    return TF_OK;
}

XCALL(tf_xc_date_time)
{
    struct xdate d;
    *ret = tf_xstring("");
    if (!as_date(e, &arg[0], &d) || !d.has_date)
        return TF_OK;
    const char *zone = "Z";
    if (d.has_zone && d.zone != 0)
        zone = tf_printf(e->arena, "%c%02d:%02d", d.zone < 0 ? '-' : '+',
                         (d.zone < 0 ? -d.zone : d.zone) / 60, (d.zone < 0 ? -d.zone : d.zone) % 60);
    struct tf_buf b = {.arena = e->arena};
    tf_buf_printf(&b, "%sT%02d:%02d:", date_text(e->arena, tf_xdate_days(d.year, d.month, d.day)),
                  d.hour, d.minute);
    const int thousandths = (int)floor(d.second * 1000 + 0.5);
    tf_buf_printf(&b, "%02d.%03d%s", thousandths / 1000, thousandths % 1000, zone);
    *ret = tf_xstring(tf_buf_text(&b));
    return TF_OK;
}

static void put_part(struct tf_buf *b, const struct xdate *d, char what)
{
    const long days = d->has_date ? tf_xdate_days(d->year, d->month, d->day) : 0;
    const long weekday = ((days + 4) % 7 + 7) % 7;
    switch (what) {
    case 'Y':
        tf_buf_printf(b, "%04ld", d->year);
        break;
    case 'y':
        tf_buf_printf(b, "%02ld", d->year % 100);
        break;
    case 'm':
        tf_buf_printf(b, "%02d", d->month);
        break;
    case 'n':
        tf_buf_printf(b, "%d", d->month);
        break;
    case 'b':
        tf_buf_add(b, d->month < 1 ? "" : months[d->month - 1]);
        break;
    case 'd':
        tf_buf_printf(b, "%02d", d->day);
        break;
    case 'e':
        tf_buf_printf(b, "%d", d->day);
        break;
    case 'a':
        tf_buf_add(b, weekdays[weekday]);
        break;
    case 'H':
        tf_buf_printf(b, "%02d", d->hour);
        break;
    case 'h':
        tf_buf_printf(b, "%d", d->hour);
        break;
    case 'M':
        tf_buf_printf(b, "%02d", d->minute);
        break;
    case 'S':
        tf_buf_printf(b, "%02d", (int)d->second);
        break;
    case '3':
        tf_buf_printf(b, "%03d", (int)floor((d->second - floor(d->second)) * 1000 + 0.5) % 1000);
        break;
    default:
        tf_buf_char(b, what);
    }
}

XCALL(tf_xc_format_date)
{
    struct xdate d;
    struct tf_buf b = {.arena = e->arena};
    *ret = tf_xstring("");
    if (!as_date(e, &arg[0], &d))
        return TF_OK;
    for (const char *f = tf_xval_text(e, &arg[1]); *f != '\0'; f++) {
        if (*f == '%' && f[1] != '\0')
            put_part(&b, &d, *++f);
        else
            tf_buf_char(&b, *f);
    }
    *ret = tf_xstring(tf_buf_text(&b));
    return TF_OK;
}

XCALL(tf_xc_decimal_date_time)
{
    struct xdate d;
    *ret = tf_xnum(as_date(e, &arg[0], &d) && d.has_date ? tf_xdate_number(&d) : (double)NAN);
    return TF_OK;
}

/* The share of its own day, where it was written. */
XCALL(tf_xc_decimal_time)
{
    struct xdate d;
    const bool is = as_date(e, &arg[0], &d);
    *ret = tf_xnum(is ? ((d.hour * 60.0 + d.minute) * 60 + d.second) / 86400 : (double)NAN);
    return TF_OK;
}
