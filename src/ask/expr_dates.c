/* Dates and times as ODK writes them: 2026-11-24, 2026-11-24T10:05:00.000+07:00, 10:05:00.000+07:00.
 *
 * Days are counted from 1970-01-01 in the proleptic Gregorian calendar. There is no clock and no zone
 * of a machine here: a time without zone is read as UTC.
 *
 * Source: ISO 8601; ODK XForms specification, "Data Types"; days and civil dates after the era of 400
 * years (146,097 days), counted from 1 March. */
#include <math.h>
#include <string.h>

#include "ask/expr_inside.h"

static bool digits(const char **s, int most, int least, long *ret)
{
    long x = 0;
    int n = 0;
    while (n < most && **s >= '0' && **s <= '9') {
        x = x * 10 + (*(*s)++ - '0');
        n++;
    }
    *ret = x;
    return n >= least;
}

static int month_days(long year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool read_date(const char **s, struct xdate *d)
{
    long year, month, day;
    const char *at = *s;
    if (!digits(&at, 4, 4, &year) || *at++ != '-' || !digits(&at, 2, 1, &month) || *at++ != '-' ||
        !digits(&at, 2, 1, &day) || month < 1 || month > 12 || day < 1 ||
        day > month_days(year, (int)month))
        return false;
    d->has_date = true;
    d->year = year;
    d->month = (int)month;
    d->day = (int)day;
    *s = at;
    return true;
}

static bool read_zone(const char **s, struct xdate *d)
{
    const char *at = *s;
    long hours, minutes = 0;
    if (*at == 'Z') {
        d->has_zone = true;
        *s = at + 1;
        return true;
    }
    if (*at != '+' && *at != '-')
        return true;
    const int sign = *at++ == '-' ? -1 : 1;
    if (!digits(&at, 2, 2, &hours))
        return false;
    at += *at == ':';
    if (*at != '\0' && !digits(&at, 2, 2, &minutes))
        return false;
    if (hours > 14 || minutes > 59)
        return false;
    d->has_zone = true;
    d->zone = sign * (int)(hours * 60 + minutes);
    *s = at;
    return true;
}

static bool read_time(const char **s, struct xdate *d)
{
    long hour, minute, second = 0, part = 0;
    const char *at = *s;
    double scale = 1;
    if (!digits(&at, 2, 2, &hour) || *at++ != ':' || !digits(&at, 2, 2, &minute))
        return false;
    if (*at == ':') {
        at++;
        if (!digits(&at, 2, 2, &second))
            return false;
        if (*at == '.') {
            const char *from = ++at;
            if (!digits(&at, 9, 1, &part))
                return false;
            for (const char *k = from; k < at; k++)
                scale *= 10;
        }
    }
    if (hour > 24 || minute > 59 || second > 60 || (hour == 24 && (minute > 0 || second > 0)))
        return false;
    d->has_time = true;
    d->hour = (int)hour;
    d->minute = (int)minute;
    d->second = (double)second + (double)part / scale;
    *s = at;
    return read_zone(s, d);
}

bool tf_xdate_read(const char *s, struct xdate *ret)
{
    struct xdate d = {.has_date = false};
    s += strspn(s, " \t\r\n");
    if (*s < '0' || *s > '9')
        return false;
    if (strlen(s) > 4 && s[2] == ':') {
        if (!read_time(&s, &d))
            return false;
    } else {
        if (!read_date(&s, &d))
            return false;
        if (*s == 'T' || (*s == ' ' && s[1] >= '0' && s[1] <= '9')) {
            s++;
            if (!read_time(&s, &d))
                return false;
        }
    }
    if (s[strspn(s, " \t\r\n")] != '\0')
        return false;
    *ret = d;
    return true;
}

long tf_xdate_days(long year, int month, int day)
{
    const long y = year - (month <= 2);
    const long era = (y >= 0 ? y : y - 399) / 400;
    const long of_era = y - era * 400;
    const long of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void tf_xdate_civil(long days, long *year, int *month, int *day)
{
    days += 719468;
    const long era = (days >= 0 ? days : days - 146096) / 146097;
    const long of_era = days - era * 146097;
    const long y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const long of_year = of_era - (365 * y + y / 4 - y / 100);
    const long m = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = y + era * 400 + (*month <= 2);
}

double tf_xdate_number(const struct xdate *d)
{
    double days = d->has_date ? (double)tf_xdate_days(d->year, d->month, d->day) : 0;
    if (d->has_time)
        days += (((d->hour - d->zone / 60) * 60.0 + d->minute - d->zone % 60) * 60 + d->second) /
                86400;
    return days;
}
