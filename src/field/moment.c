/* Moments as tablets write them (ISO 8601 with the tablet's own zone), without the C library's clock.
 *
 * The time of day is read as it stood on the tablet's screen; the zone only tells how to subtract two
 * moments. Days are counted by the civil calendar: a year begins in March, so that the leap day is its
 * last, and 400 years are 146,097 days (after Howard Hinnant's note on chrono-compatible algorithms). */
#include <stdio.h>
#include <string.h>

#include "field/inside.h"

static int64_t days_of(int64_t y, unsigned m, unsigned d)
{
    y -= m <= 2;
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const unsigned yoe = (unsigned)(y - era * 400);
    const unsigned doy = (153 * (m + (m > 2 ? -3U : 9U)) + 2) / 5 + d - 1;
    const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

/* n digits; false when one is not. */
static bool digits(const char **s, size_t n, unsigned *ret)
{
    unsigned x = 0;
    for (size_t k = 0; k < n; k++, (*s)++) {
        if (**s < '0' || **s > '9')
            return false;
        x = x * 10 + (unsigned)(**s - '0');
    }
    *ret = x;
    return true;
}

static bool literal(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

/* "Z", "+07:00", "-0330", "+07" or nothing: minutes east. */
static bool zone(const char **s, int *ret)
{
    unsigned h = 0, m = 0;
    *ret = 0;
    if (**s == '\0' || literal(s, 'Z'))
        return **s == '\0';
    const int sign = **s == '-' ? -1 : 1;
    if (**s != '+' && **s != '-')
        return false;
    (*s)++;
    if (!digits(s, 2, &h) || h > 14)
        return false;
    if (**s != '\0') {
        (void)literal(s, ':');
        if (!digits(s, 2, &m) || m > 59)
            return false;
    }
    *ret = sign * (int)(h * 60 + m);
    return **s == '\0';
}

bool tf_moment_parse(const char *text, struct tf_moment *ret)
{
    unsigned y, mo, d, h, mi, sec = 0, unused;
    int east;
    const char *s = text;
    if (strlen(text) > 40 || !digits(&s, 4, &y) || !literal(&s, '-') || !digits(&s, 2, &mo) ||
        !literal(&s, '-') || !digits(&s, 2, &d) || !literal(&s, 'T') || !digits(&s, 2, &h) ||
        !literal(&s, ':') || !digits(&s, 2, &mi))
        return false;
    if (literal(&s, ':') && !digits(&s, 2, &sec))
        return false;
    if (literal(&s, '.'))
        while (*s >= '0' && *s <= '9')
            (void)digits(&s, 1, &unused);
    if (!zone(&s, &east) || y < 1970 || y > 2200 || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 ||
        mi > 59 || sec > 60)
        return false;
    memcpy(ret->date, text, 10);
    ret->date[10] = '\0';
    ret->hour = h + mi / 60.0 + sec / 3600.0;
    ret->seconds = days_of(y, mo, d) * 86400 + (int64_t)h * 3600 + (int64_t)mi * 60 + sec -
                   (int64_t)east * 60;
    return true;
}

struct tf_moment tf_moment_of(int64_t seconds)
{
    struct tf_moment m = {.seconds = seconds};
    const int64_t clamped = seconds < 0 ? 0 : seconds > 7258118399 ? 7258118399 : seconds;
    const int64_t z = clamped / 86400 + 719468;
    const int64_t era = z / 146097;
    const unsigned doe = (unsigned)(z - era * 146097);
    const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    const unsigned day = doy - (153 * mp + 2) / 5 + 1, month = mp + (mp < 10 ? 3U : -9U);
    const unsigned year = (unsigned)(yoe + (unsigned)era * 400 + (month <= 2));
    (void)snprintf(m.date, sizeof m.date, "%04u-%02u-%02u", year % 10000, month % 100, day % 100);
    m.hour = (double)(clamped % 86400) / 3600.0;
    return m;
}
