/* Numbers of a workbook that are dates.
 *
 * A workbook keeps a date as days since the end of 1899 (or of 1903, where the workbook says so), and
 * only the number format of the cell tells it from a number (ECMA-376, 18.8.30). A built-in format has
 * a number; one of the author's own is a text such as `dd/mm/yyyy hh:mm`, in which the letters y, m, d,
 * h and s stand for parts of a date, unless they are quoted, escaped, or in brackets.
 *
 * The calendar of 1900 counts a 29 February that never was: serials up to 60 lie a day off. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "base/xlsx.h"

bool tf_xlsx_date_format(unsigned id, const char *code)
{
    if ((id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
        (id >= 50 && id <= 58))
        return true;
    if (code == NULL)
        return false;
    for (const char *s = code; *s != '\0'; s++) {
        if (*s == '"') {
            s = strchr(s + 1, '"');
            if (s == NULL)
                return false;
        } else if (*s == '[') { /* a colour, a condition, or hours counted on: [hh]:mm */
            if (strchr("hms", s[1] | 32) != NULL && (s[2] == ']' || s[2] == s[1]))
                return true;
            s = strchr(s, ']');
            if (s == NULL)
                return false;
        } else if (*s == '\\' || *s == '_' || *s == '*') {
            if (*++s == '\0')
                return false;
        } else if (*s == ';') {
            return false; /* the first section tells */
        } else if (strchr("ymdhs", *s | 32) != NULL && *s >= 'A') {
            return true;
        }
    }
    return false;
}

/* Year, month and day of a day number, 1970-01-01 = 0 (Hinnant's civil_from_days). */
static void civil(long day, long *y, long *m, long *d)
{
    day += 719468;
    const long era = (day >= 0 ? day : day - 146096) / 146097, doe = day - era * 146097;
    const long yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const long doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = yoe + era * 400 + (*m <= 2);
}

const char *tf_xlsx_date_text(struct tf_arena *arena, double serial, bool from_1904)
{
    static const double last = 2958466; /* 9999-12-31 */
    if (!(serial >= 0 && serial < last))
        return NULL;
    double whole = floor(serial);
    long second = (long)floor((serial - whole) * 86400 + 0.5), y, m, d;
    if (second == 86400) {
        second = 0;
        whole += 1;
    }
    const char *time = tf_printf(arena, "%02ld:%02ld:%02ld", second / 3600, second / 60 % 60,
                                 second % 60);
    if (whole < 1 && !from_1904)
        return time;
    long day = (long)whole;
    if (from_1904)
        day += 1462;
    else if (day < 60)
        day++;
    civil(day - 25569, &y, &m, &d);
    return tf_printf(arena, "%04ld-%02ld-%02ld%s%s", y, m, d, second == 0 ? "" : "T",
                     second == 0 ? "" : time);
}
