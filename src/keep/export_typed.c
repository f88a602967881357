/* What SPSS and Stata have types for and a dataset keeps as text: dates, and why a text is missing.
 *
 *     2026-11-24                       a date
 *     2026-11-24T10:30:00.000+07:00    a date with its time: what the clock of that place showed; the
 *                                      offset is left out, for neither format has one
 *
 * A column becomes one of dates when every text in it is such a date of the calendar; one that is not
 * ("next week") leaves the whole column text. Both formats count from a day of their own: SPSS seconds
 * from 14 October 1582, Stata days, or milliseconds, from 1 January 1960.
 *
 * A number can say why it is not there; a text cannot in Stata, and in SPSS only a short one. So a
 * text column that has reasons gets a second one behind it, NAME_missing, a number with the reasons as
 * its labels. A choice of several needs none: its columns of 0 and 1 say it.
 *
 * Sources: IBM, SPSS Statistics "Date and time in SPSS"; StataCorp, "Datetime"; days from the civil
 * calendar by counting years from March. */
#include <math.h>
#include <string.h>

#include "keep/export_inside.h"

enum stamp { NO_STAMP, A_DAY, A_TIME };

/* ---- Reading a date ------------------------------------------------------------------------------- */

static bool digits(const char **at, size_t n, long *ret)
{
    *ret = 0;
    for (size_t k = 0; k < n; k++, ++*at) {
        if (**at < '0' || **at > '9')
            return false;
        *ret = *ret * 10 + (**at - '0');
    }
    return true;
}

static bool sign(const char **at, char c)
{
    return **at == c && ++*at != NULL;
}

/* Days from 1 January 1970, in the calendar of today. */
static long days_of(long year, long month, long day)
{
    const long y = month > 2 ? year : year - 1, from_march = (month + 9) % 12;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * from_march + 2) / 5 + day - 1 - 719468;
}

static bool read_day(const char **at, long *ret)
{
    static const long length[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    long year, month, day;
    if (!digits(at, 4, &year) || !sign(at, '-') || !digits(at, 2, &month) || !sign(at, '-') ||
        !digits(at, 2, &day) || year < 1600 || month < 1 || month > 12 || day < 1 ||
        day > length[month - 1])
        return false;
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    *ret = days_of(year, month, day);
    return month != 2 || day < 29 || leap;
}

/* 10:30[:00[.000]][Z|+07:00], to thousandths of a second: finer ones are cut. */
static bool read_clock(const char **at, long *ret)
{
    long hour, minute, second = 0, thousandths = 0, unused;
    if (!digits(at, 2, &hour) || !sign(at, ':') || !digits(at, 2, &minute))
        return false;
    if (sign(at, ':') && !digits(at, 2, &second))
        return false;
    if (sign(at, '.'))
        for (long unit = 100; **at >= '0' && **at <= '9'; ++*at, unit /= 10)
            thousandths += unit * (**at - '0');
    if (!sign(at, 'Z') && (sign(at, '+') || sign(at, '-')))
        if (!digits(at, 2, &unused) || (sign(at, ':') ? !digits(at, 2, &unused)
                                                      : **at != '\0' && !digits(at, 2, &unused)))
            return false;
    *ret = ((hour * 60 + minute) * 60 + second) * 1000 + thousandths;
    return hour < 24 && minute < 60 && second < 60;
}

static enum stamp read_stamp(const char *text, long *ret_day, long *ret_clock)
{
    *ret_clock = 0;
    if (!read_day(&text, ret_day))
        return NO_STAMP;
    if (*text == '\0')
        return A_DAY;
    return sign(&text, 'T') && read_clock(&text, ret_clock) && *text == '\0' ? A_TIME : NO_STAMP;
}

/* What all texts of a column are. */
static enum stamp stamp_of(const struct tf_column *c, size_t n_rows)
{
    enum stamp all = NO_STAMP;
    long day, clock;
    if (c->type != TF_TEXT || c->n_labels > 0)
        return NO_STAMP;
    for (size_t row = 0; row < n_rows; row++) {
        if (c->miss[row] != TF_PRESENT || c->text[row][0] == '\0')
            continue;
        const enum stamp one = read_stamp(c->text[row], &day, &clock);
        if (one == NO_STAMP || (all != NO_STAMP && all != one))
            return NO_STAMP;
        all = one;
    }
    return all;
}

/* ---- Columns -------------------------------------------------------------------------------------- */

static double counted(bool sav, enum stamp what, long day, long clock)
{
    enum { SPSS_DAYS = 141428, STATA_DAYS = 3653, DAY_SECONDS = 86400 };
    if (sav)
        return (double)(day + SPSS_DAYS) * DAY_SECONDS + (double)clock / 1000;
    const double days = (double)(day + STATA_DAYS);
    return what == A_DAY ? days : days * DAY_SECONDS * 1000 + (double)clock;
}

static struct tf_column dated(struct tf_arena *arena, const struct tf_table *t,
                              const struct tf_column *from, enum stamp what, bool sav)
{
    struct tf_column c = *from;
    long day, clock;
    c.type = TF_NUMBER;
    c.text = NULL;
    c.num = TF_NEW_N(arena, double, t->n_rows + 1);
    c.miss = TF_NEW_N(arena, uint8_t, t->n_rows + 1);
    for (size_t row = 0; row < t->n_rows; row++) {
        const bool there = from->miss[row] == TF_PRESENT && from->text[row][0] != '\0';
        c.miss[row] = from->miss[row] == TF_PRESENT && !there ? TF_MISS_SYSTEM : from->miss[row];
        c.num[row] = there && read_stamp(from->text[row], &day, &clock) == what
                         ? counted(sav, what, day, clock)
                         : (double)NAN;
    }
    return c;
}

static bool has_parts(const struct tf_table *t, size_t col)
{
    const size_t n = strlen(t->col[col].name);
    return col + 1 < t->n_cols && strncmp(t->col[col + 1].name, t->col[col].name, n) == 0 &&
           t->col[col + 1].name[n] == '/';
}

static bool add_reasons(struct tf_arena *arena, const struct tf_table *t, size_t col,
                        struct tf_column *ret)
{
    const struct tf_column *from = &t->col[col];
    bool has[TF_N_MISS] = {false};
    *ret = (struct tf_column){.name = tf_printf(arena, "%s_missing", from->name),
                              .label = tf_printf(arena, "Why '%s' is missing", from->name),
                              .num = TF_NEW_N(arena, double, t->n_rows + 1),
                              .miss = TF_NEW_N(arena, uint8_t, t->n_rows + 1),
                              .labels = TF_NEW_N(arena, struct tf_label, TF_N_MISS)};
    for (size_t row = 0; row < t->n_rows; row++) {
        const bool said = from->miss[row] > TF_MISS_SYSTEM && from->miss[row] < TF_N_MISS;
        ret->num[row] = said ? from->miss[row] : (double)NAN;
        ret->miss[row] = said ? TF_PRESENT : TF_MISS_SYSTEM;
        if (said)
            has[from->miss[row]] = true;
    }
    for (enum tf_miss why = TF_MISS_DONT_KNOW; why < TF_N_MISS; why++)
        if (has[why])
            ret->labels[ret->n_labels++] =
                (struct tf_label){.value = (double)why, .label = tf_miss_plain(why)};
    return ret->n_labels > 0;
}

struct tf_table *tf_export_typed(struct tf_arena *arena, const struct tf_table *t, bool sav,
                                 const char ***ret_format)
{
    static const char *const formats[2][3] = {{NULL, "%td", "%tc"}, {NULL, "SDATE10", "DATETIME20"}};
    struct tf_table *to = tf_table_new(arena, t->name, t->n_rows);
    const char **format = TF_NEW_N(arena, const char *, 2 * t->n_cols + 1);
    struct tf_column reasons;
    for (size_t c = 0; c < t->n_cols; c++) {
        const enum stamp what = stamp_of(&t->col[c], t->n_rows);
        format[to->n_cols] = formats[sav][what];
        (void)tf_table_adopt(to, what == NO_STAMP ? t->col[c] : dated(arena, t, &t->col[c], what, sav));
        if (what == NO_STAMP && t->col[c].type == TF_TEXT && !has_parts(t, c) &&
            add_reasons(arena, t, c, &reasons))
            (void)tf_table_adopt(to, reasons);
    }
    *ret_format = format;
    return to;
}
