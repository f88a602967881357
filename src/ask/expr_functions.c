/* The functions of expressions: XPath 1.0's, and those of ODK XForms.
 *
 * One table: name, how many arguments, what computes it, whether ODK Collect knows it. A form that uses
 * one that Collect does not know is warned about (validate.c), for web forms know more.
 *
 * Source: XPath 1.0 section 4; ODK XForms specification, "XPath Functions"; JavaRosa for what Collect
 * takes beside it (is-selected, depend, property, version, date-time, enclosed-area). */
#include <string.h>

#include "ask/expr_calls.h"

/* clang-format off */
const struct xfunction tf_xfunctions[] = {
    /* texts */
    {"string",              0,  1, tf_xc_string,            XF_EAGER, true,  0},
    {"concat",              0, -1, tf_xc_concat,            XF_EAGER, true,  0},
    {"join",                1, -1, tf_xc_join,              XF_EAGER, true,  0},
    {"substr",              2,  3, tf_xc_substr,            XF_EAGER, true,  0},
    {"substring",           2,  3, tf_xc_substring,         XF_EAGER, false, 0},
    {"substring-before",    2,  2, tf_xc_before,            XF_EAGER, true,  0},
    {"substring-after",     2,  2, tf_xc_after,             XF_EAGER, true,  0},
    {"translate",           3,  3, tf_xc_translate,         XF_EAGER, true,  0},
    {"string-length",       0,  1, tf_xc_length,            XF_EAGER, true,  0},
    {"normalize-space",     0,  1, tf_xc_normalize,         XF_EAGER, true,  0},
    {"contains",            2,  2, tf_xc_contains,          XF_EAGER, true,  0},
    {"starts-with",         2,  2, tf_xc_starts,            XF_EAGER, true,  0},
    {"ends-with",           2,  2, tf_xc_ends,              XF_EAGER, true,  0},
    {"regex",               2,  2, tf_xc_regex,             XF_EAGER, true,  0},
    {"digest",              2,  3, tf_xc_digest,            XF_EAGER, true,  0},
    {"base64-decode",       1,  1, tf_xc_base64,            XF_EAGER, true,  0},
    {"uuid",                0,  1, tf_xc_uuid,              XF_EAGER, true,  0},
    /* truth and choice */
    {"true",                0,  0, tf_xc_true,              XF_EAGER, true,  0},
    {"false",               0,  0, tf_xc_false,             XF_EAGER, true,  0},
    {"boolean",             1,  1, tf_xc_boolean,           XF_EAGER, true,  0},
    {"boolean-from-string", 1,  1, tf_xc_from_string,       XF_EAGER, true,  0},
    {"not",                 1,  1, tf_xc_not,               XF_EAGER, true,  0},
    {"if",                  3,  3, tf_xc_if,                XF_LAZY,  true,  0},
    {"coalesce",            2,  2, tf_xc_coalesce,          XF_LAZY,  true,  0},
    {"once",                1,  1, tf_xc_once,              XF_LAZY,  true,  0},
    {"checklist",           2, -1, tf_xc_checklist,         XF_EAGER, true,  0},
    {"weighted-checklist",  2, -1, tf_xc_weighted,          XF_EAGER, true,  2},
    {"depend",              1, -1, tf_xc_depend,            XF_EAGER, true,  0},
    {"version",             0,  0, tf_xc_version,           XF_EAGER, true,  0},
    {"property",            1,  1, tf_xc_unknown,           XF_EAGER, true,  0},
    {"extract-signed",      2,  2, tf_xc_unknown,           XF_EAGER, true,  0},
    {"lang",                1,  1, tf_xc_unknown,           XF_EAGER, false, 0},
    /* numbers */
    {"number",              0,  1, tf_xc_number,            XF_EAGER, true,  0},
    {"int",                 1,  1, tf_xc_int,               XF_EAGER, true,  0},
    {"round",               1,  2, tf_xc_round,             XF_EAGER, true,  0},
    {"floor",               1,  1, tf_xc_math,              XF_EAGER, false, 0},
    {"ceiling",             1,  1, tf_xc_math,              XF_EAGER, false, 0},
    {"abs",                 1,  1, tf_xc_math,              XF_EAGER, true,  0},
    {"sqrt",                1,  1, tf_xc_math,              XF_EAGER, true,  0},
    {"exp",                 1,  1, tf_xc_math,              XF_EAGER, true,  0},
    {"exp10",               1,  1, tf_xc_math,              XF_EAGER, true,  0},
    {"log",                 1,  1, tf_xc_math,              XF_EAGER, true,  0},
    {"log10",               1,  1, tf_xc_math,              XF_EAGER, true,  0},
    {"sin",                 1,  1, tf_xc_math,              XF_EAGER, true,  0},
    {"cos",                 1,  1, tf_xc_math,              XF_EAGER, true,  0},
    {"tan",                 1,  1, tf_xc_math,              XF_EAGER, true,  0},
    {"asin",                1,  1, tf_xc_math,              XF_EAGER, true,  0},
    {"acos",                1,  1, tf_xc_math,              XF_EAGER, true,  0},
    {"atan",                1,  1, tf_xc_math,              XF_EAGER, true,  0},
    {"atan2",               2,  2, tf_xc_math2,             XF_EAGER, true,  0},
    {"pow",                 2,  2, tf_xc_math2,             XF_EAGER, true,  0},
    {"pi",                  0,  0, tf_xc_pi,                XF_EAGER, true,  0},
    {"sum",                 1,  1, tf_xc_sum,               XF_EAGER, true,  0},
    {"min",                 0, -1, tf_xc_min,               XF_EAGER, true,  0},
    {"max",                 0, -1, tf_xc_max,               XF_EAGER, true,  0},
    {"random",              0,  0, tf_xc_random,            XF_EAGER, true,  0},
    /* nodes */
    {"last",                0,  0, tf_xc_last,              XF_EAGER, false, 0},
    {"position",            0,  1, tf_xc_position,          XF_EAGER, true,  0},
    {"count",               1,  1, tf_xc_count,             XF_EAGER, true,  0},
    {"count-non-empty",     1,  1, tf_xc_count_non_empty,   XF_EAGER, true,  0},
    {"name",                0,  1, tf_xc_name,              XF_EAGER, false, 0},
    {"local-name",          0,  1, tf_xc_name,              XF_EAGER, false, 0},
    {"current",             0,  0, tf_xc_current,           XF_EAGER, true,  0},
    {"instance",            1,  1, tf_xc_instance,          XF_EAGER, true,  0},
    {"pulldata",            4,  4, tf_xc_pulldata,          XF_EAGER, true,  0},
    {"randomize",           1,  2, tf_xc_randomize,         XF_EAGER, true,  0},
    {"indexed-repeat",      3, 11, tf_xc_indexed_repeat,    XF_LAZY,  true,  1},
    /* choices and texts of the form */
    {"selected",            2,  2, tf_xc_selected,          XF_EAGER, true,  0},
    {"is-selected",         2,  2, tf_xc_selected,          XF_EAGER, true,  0},
    {"selected-at",         2,  2, tf_xc_selected_at,       XF_EAGER, true,  0},
    {"count-selected",      1,  1, tf_xc_count_selected,    XF_EAGER, true,  0},
    {"jr:choice-name",      2,  2, tf_xc_choice_name,       XF_EAGER, true,  0},
    {"jr:itext",            1,  1, tf_xc_itext,             XF_EAGER, true,  0},
    /* dates */
    {"today",               0,  0, tf_xc_today,             XF_EAGER, true,  0},
    {"now",                 0,  0, tf_xc_now,               XF_EAGER, true,  0},
    {"date",                1,  1, tf_xc_date,              XF_EAGER, true,  0},
    {"date-time",           1,  1, tf_xc_date_time,         XF_EAGER, true,  0},
    {"format-date",         2,  2, tf_xc_format_date,       XF_EAGER, true,  0},
    {"format-date-time",    2,  2, tf_xc_format_date,       XF_EAGER, true,  0},
    {"decimal-date-time",   1,  1, tf_xc_decimal_date_time, XF_EAGER, true,  0},
    {"decimal-time",        1,  1, tf_xc_decimal_time,      XF_EAGER, true,  0},
    /* places */
    {"area",                1,  1, tf_xc_area,              XF_EAGER, true,  0},
    {"enclosed-area",       1,  1, tf_xc_area,              XF_EAGER, true,  0},
    {"distance",            1, -1, tf_xc_distance,          XF_EAGER, true,  0},
    {"geofence",            2,  2, tf_xc_geofence,          XF_EAGER, true,  0},
};
/* clang-format on */
const size_t tf_n_xfunctions = sizeof tf_xfunctions / sizeof *tf_xfunctions;

const struct xfunction *tf_xfunction(const char *name)
{
    for (size_t k = 0; k < tf_n_xfunctions; k++)
        if (strcmp(tf_xfunctions[k].name, name) == 0)
            return &tf_xfunctions[k];
    return NULL;
}
